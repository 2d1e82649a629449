//! Credenza: a terminal console and a command-line tool for OAuth credentials.
//!
//! # Seven sentences that stay true
//!
//! 1. [`app::update`] is the only function that changes the model, and it does no IO.
//! 2. [`ui::view`] is the only code that knows ratatui (with the backend in [`shell::screen`]), and it
//!    changes nothing.
//! 3. Everything the app *does* is an [`app::Effect`], executed in [`shell::effects`].
//! 4. Every key lives in one table, [`keys::TABLE`]; footer, help, palette, README and man page are
//!    made from it.
//! 5. A secret and an untrusted string each have a type ([`domain::Secret`], [`domain::Untrusted`]),
//!    and neither can be printed by accident.
//! 6. Every action in the console also exists as a plain command; both call the same code.
//! 7. The console speaks HTTP to every backend, its own embedded server included.
//!
//! # The house
//!
//! ```text
//!  terminal ─┐                                   ┌─> view(&model) ─> frame ─> terminal
//!  timers ───┼─> Msg ─> update(&mut model) ──────┤
//!  tasks ────┘     ^                             └─> Vec<Effect>
//!                  └──────────── shell::effects ────────┘
//!                    api · auth · vault · clipboard · clock
//! ```
//!
//! Who may know whom, checked by `tests/suite/layers.rs`: [`domain`], [`keys`] ← [`api`], [`vault`] ←
//! [`auth`] ← [`app`] ← [`ui`], [`clipboard`] ← [`shell`] ← [`cli`]. [`server`] knows [`domain`] and
//! [`files`] alone; [`conformance`] knows [`api`] and [`auth`]. `domain`, `keys` and `app` know neither ratatui nor crossterm, tokio nor reqwest.
//! [`config`] reads `config.toml` and the environment; [`process`] is the one place that starts other
//! programs; [`files`] the one that writes files.
//!
//! How a request gets its bearer token: [`api::Http`] asks a [`api::Bearer`], which for a profile is
//! the [`auth::Keeper`] of its session. The keeper reads the session from the [`vault::Vault`], renews it
//! ahead of time and after a refusal, and keeps what came of it; nothing else sees a refresh token.
//!
//! What is wrong with credentials is found by [`domain::audit`], the same engine for a list's rows, a form that
//! is being typed, the console's audit and `credenza audit`. [`domain::filter`] is the one filter language, and
//! [`domain::snapshot`] the one file that a fleet is written to.
//!
//! Which kind of API a profile speaks to is a word in its configuration; [`auth::open`] makes the provider of
//! it, and `assets/providers.md` says how one is written. What a provider can do is data
//! ([`api::Capabilities`]), and what it promises is tried by [`conformance`], on a live one.
//!
//! # Where this departs from the plan
//!
//! - Tabs stand in the order of CARTO's screen (tokens, SPA, M2M), and `1` `2` `3` follow them.
//! - A SPA client has a secret, as CARTO's has; the console says that a browser app never needs it.
//! - Dialogs are screens between the same two rules, not boxes over the list: they work at 60x15, and
//!   nothing has to be read through a gap.

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
pub mod process;
pub mod report;
pub mod server;
pub mod shell;
pub mod ui;
pub mod vault;
