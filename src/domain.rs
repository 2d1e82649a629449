//! Pure types and rules of the credentials domain: no IO, no clock, no terminal.
//!
//! What a credential is ([`credential`]), what a valid one looks like ([`urls`], [`grants`],
//! [`draft`]), how two versions of one differ ([`draft::changes`]), and the two types that guard
//! everything sensitive: [`Secret`] and [`Untrusted`].

pub mod age;
pub mod audit;
pub mod cli_command;
pub mod columns;
pub mod credential;
pub mod draft;
pub mod export;
pub mod filter;
pub mod grants;
pub mod jwt;
pub mod matching;
pub mod objects;
pub mod passphrase;
pub mod preferences;
pub mod profile;
pub mod secret;
pub mod semantics;
pub mod snapshot;
pub mod snippet;
pub mod text;
pub mod urls;

pub use credential::{Client, Credential, Grant, Kind, Owner, Token, Visibility};
pub use draft::{ClientDraft, Draft, Problem, TokenDraft};
pub use profile::Profile;
pub use secret::Secret;
pub use text::Untrusted;
