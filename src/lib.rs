//! Credenza: a terminal console and a command-line tool for OAuth credentials.
//!
//! # Invariants
//!
//! 1. [`app::update`] is the only function that changes the model, and it does no IO.
//! 2. [`app::view`] and the `view.rs` of each screen draw with [`ui`] and do not change the model.
//!    In [`app`], only these files use ratatui.
//! 3. Every side effect is an [`app::Effect`], executed in [`shell::effects`].
//! 4. One table, [`keys::TABLE`], defines all keys. The footer, help, palette, book and man page
//!    are generated from it.
//! 5. Secrets and untrusted strings have their own types ([`domain::Secret`],
//!    [`domain::Untrusted`]), which cannot be printed by accident.
//! 6. Every action in the console, except navigation and display, also exists as a command. The
//!    console and the command call the same code.
//! 7. The console uses HTTP for every backend, including its embedded server.
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
