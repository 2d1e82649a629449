//! Integration tests, in one binary so that they link once.
//!
//! | file | content |
//! |---|---|
//! | `contract` | behavior that the embedded server promises, over HTTP |
//! | `openapi` | the OpenAPI document matches the code |
//! | `durability` | a server killed at any moment loses nothing it acknowledged |
//! | `serve` | `credenza serve` as a process |
//! | `journeys` | complete tasks in the console against a real server |
//! | `sign_in` | every sign-in method, session renewal and sign-out |
//! | `authorize` | the embedded authorization server: browsers, stolen codes and tokens |
//! | `audit` | reports in every format, and the seeded fleet |
//! | `plain` | the plain commands as processes |
//! | `accounts` | `credenza profile`, `login`, `logout`, `whoami` and `doctor` as processes |
//! | `trouble` | servers that fail in every way |
//! | `list_cache` | the lists that the console caches on disk |
//! | `outcomes` | writes whose response is lost |
//! | `screens`, `provider_screens` | every screen, at three sizes and in three styles |
//! | `carto` | OAuth clients through the `carto` command |
//! | `registration` | failures during dynamic registration |
//! | `cassettes` | providers against recorded responses of real servers |
//! | `providers` | requests of the providers, and their reading of responses |
//! | `conformance` | the conformance suite, on servers that pass and fail |
//! | `terminal` | the real program in a pseudo-terminal |
//! | `leaks` | secrets do not leak |
//! | `hostile` | any text from an API is safe on screen |
//! | `monkey` | random keys, pastes, sizes and responses |
//! | `budget` | bytes, writes, rows and wake-ups |
//! | `pictures`, `docs`, `layers` | committed files match the code; imports between modules |

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod audit;
mod authorize;
mod budget;
mod carto;
mod cassettes;
mod common;
mod conformance;
mod contract;
mod corpus;
mod docs;
mod durability;
mod files;
mod hostile;
mod journeys;
mod layers;
mod leaks;
mod lifecycle;
mod list_cache;
mod monkey;
mod openapi;
mod outcomes;
mod pictures;
mod plain;
mod prose;
mod provider_screens;
mod providers;
mod registration;
mod screens;
mod semantics;
mod serve;
mod server_limits;
mod sign_in;
mod terminal;
mod trouble;
