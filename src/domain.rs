//! Pure types and rules of the credentials domain: no I/O, no clock, no terminal.
//!
//! Texts that must not be printed unchanged have their own types: [`Secret`] and [`Untrusted`].

pub mod age;
pub mod audit;
pub mod calendar;
pub mod certificate;
pub mod cli_command;
pub mod columns;
pub mod credential;
pub mod destination;
pub mod draft;
pub mod evidence;
pub mod expiry;
pub mod export;
pub mod filter;
pub mod grants;
pub mod host_map;
pub mod jwt;
pub mod manifest;
pub mod matching;
pub mod objects;
pub mod overview;
pub mod passphrase;
pub mod preferences;
pub mod profile;
pub mod qr;
pub mod secret;
pub mod semantics;
pub mod snapshot;
pub mod snippet;
pub mod text;
pub mod tool_formats;
pub mod urls;
pub mod whose;
pub mod yaml;

pub use credential::{Client, Credential, CredentialRef, Grant, Kind, Owner, Token, Visibility};
pub use draft::{ClientDraft, Draft, FieldProblem, TokenDraft};
pub use profile::Profile;
pub use secret::Secret;
pub use text::Untrusted;
