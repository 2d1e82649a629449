//! The tests that see Credenza from outside, one binary so that they link once.
//!
//! | file | what it shows |
//! |---|---|
//! | `contract` | what the embedded server promises, over HTTP |
//! | `openapi` | the contract's document and the code say the same |
//! | `durability` | a server killed at any moment loses nothing it acknowledged |
//! | `serve` | `credenza serve` as a process |
//! | `journeys` | people using the console against a real server |
//! | `sign_in` | people signing in, with every way, and staying signed in |
//! | `authorize` | the embedded authorization server against browsers and thieves |
//! | `audit` | reports in every format, and the seeded fleet |
//! | `plain` | the plain commands as processes |
//! | `accounts` | `credenza profile`, `login`, `logout`, `whoami` and `doctor` as processes |
//! | `trouble` | servers that fail in every way |
//! | `list_cache` | the console's last lists on disk |
//! | `outcomes` | writes whose answer is lost |
//! | `screens`, `provider_screens` | every screen, at three sizes and in three looks |
//! | `carto` | the `carto` command, and what it may not do |
//! | `registration` | dynamic registration where things go wrong |
//! | `cassettes` | providers against recorded answers of real servers |
//! | `providers` | what providers send, and what they make of answers |
//! | `conformance` | the conformance suite, on servers that pass and fail |
//! | `terminal` | the real program in a pseudo-terminal |
//! | `leaks` | a secret is nowhere it should not be |
//! | `hostile` | any text from an API draws safely |
//! | `monkey` | random keys, pastes, sizes and answers |
//! | `budget` | bytes, writes, rows and wake-ups |
//! | `pictures`, `docs`, `layers` | what is committed is what the code makes; who may know whom |

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
