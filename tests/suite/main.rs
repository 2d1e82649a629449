//! Integration tests, in one binary so that they link once.
//!
//! | file | content |
//! |---|---|
//! | `contract` | behavior that the API contract requires of the embedded server, over HTTP |
//! | `openapi` | the OpenAPI document matches the code |
//! | `durability` | a server killed at any moment loses no write that it acknowledged |
//! | `serve` | `credenza serve` as a process |
//! | `journeys` | complete user tasks in the console, with the embedded server |
//! | `sign_in` | sign-in methods, session renewal and sign-out |
//! | `authorize` | sign-ins at the embedded authorization server, and attacks on them |
//! | `audit` | reports in every format, and the seeded fleet |
//! | `server_limits` | limits of the embedded server |
//! | `corpus` | realistic configurations with their expected findings |
//! | `files` | audits of other tools' configuration files |
//! | `plain` | commands without the console, as processes |
//! | `accounts` | commands for profiles, sign-in and registration, and `doctor`, as processes |
//! | `lifecycle` | rotations that deliver the new secret, and the history of changes |
//! | `manifest` | credentials as code: export, plan and apply, as processes |
//! | `trouble` | failures of a server |
//! | `list_cache` | the lists that the console caches on disk |
//! | `outcomes` | writes whose response is lost |
//! | `screens`, `provider_screens` | screens of the console, at three sizes and in three styles |
//! | `carto` | OAuth clients through the `carto` command |
//! | `registration` | failures during dynamic registration |
//! | `destinations` | GitHub Actions secrets and GitLab variables, with a fake server |
//! | `examples` | the example repositories in `docs/examples` |
//! | `linear`, `links` | linear mode, and hyperlinks in the output of the console |
//! | `cassettes` | providers against recorded responses of real servers |
//! | `providers` | requests of the providers, and their interpretation of responses |
//! | `entra`, `okta` | Microsoft Graph and Okta: requests, and the interpretation of responses |
//! | `semantics` | rules of the providers for comparing URLs |
//! | `conformance` | the conformance suite, on servers that pass and fail |
//! | `terminal` | the real program in a pseudo-terminal |
//! | `leaks` | secrets do not leak |
//! | `hostile` | any text from an API is safe on screen |
//! | `mouse` | clicks and the wheel in the console |
//! | `monkey` | random keys, clicks, pastes, sizes and responses |
//! | `budget` | limits on bytes, writes, rows and wake-ups |
//! | `pictures`, `docs` | committed files match the code |
//! | `layers` | imports between modules, and crates of other layers |
//! | `prose` | language of sources and documents |

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
mod destinations;
mod docs;
mod durability;
mod entra;
mod examples;
mod files;
mod hostile;
mod journeys;
mod layers;
mod leaks;
mod lifecycle;
mod linear;
mod links;
mod list_cache;
mod manifest;
mod monkey;
mod mouse;
mod okta;
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
