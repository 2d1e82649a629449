//! Tests with real programs, such as OAuth servers, Chromium, a Secret Service, sshd, tmux and GNU
//! screen.
//!
//! `tests/third_party/run` installs these programs and runs the tests; `cargo test` alone skips
//! the tests.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod auth0;
mod auth0_recordings;
#[path = "../suite/common/cassette.rs"]
mod cassette;
mod cassettes;
mod clipboards;
mod counterparts;
mod destinations;
mod edges;
mod endless;
mod entra;
mod evidence;
mod kills;
mod manifest;
mod okta;
mod over_ssh;
mod preservation;
mod proof;
mod providers;
mod recorder;
mod recordings;
mod redirects;
mod registrations;
mod requests;
mod rotation;
mod sarif;
mod servers;
mod sign_in;
mod tls;
mod vault;
