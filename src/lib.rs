//! Credenza: a terminal console and a command-line tool for OAuth credentials.
//!
//! # Invariants
//!
//! 1. [`app::update`] is the only function that changes the model, and it does no IO.
//! 2. [`app::view`] and the `view.rs` of each screen draw with [`ui`] and change nothing; ratatui is used only there
//!    and in [`shell::screen`].
//! 3. Every side effect is an [`app::Effect`], executed in [`shell::effects`].
//! 4. Every key lives in one table, [`keys::TABLE`]; footer, help, palette, book and man page are
//!    generated from it.
//! 5. A secret and an untrusted string each have a type ([`domain::Secret`], [`domain::Untrusted`]),
//!    and neither can be printed by accident.
//! 6. Every action in the console also exists as a command; both call the same code.
//! 7. The console speaks HTTP to every backend, its own embedded server included.
//!
//! `docs/architecture.md` describes the modules, the allowed imports, and the path of one key press
//! and of one finding through the code. `docs/writing-a-provider.md` describes how to add a
//! provider.

pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod clipboard;
pub mod config;
pub mod conformance;
pub mod domain;
pub mod files;
pub mod keys;
pub mod lifecycle;
pub mod process;
pub mod readers;
pub mod report;
pub mod server;
pub mod shell;
pub mod ui;
pub mod vault;
