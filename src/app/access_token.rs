//! An OAuth access token that a client just got, by itself or by a login that was tried: its claims,
//! scopes and time left.
//!
//! The token itself stays in the shell's secret cache and is forgotten when the panel closes.

use jiff::Timestamp;

use super::{detail::Peek, remote::Remote};
use crate::{
    auth::sign_in::Step,
    domain::{Kind, Secret, Untrusted, jwt::Claims},
};

/// What is known of an issued token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its claims; `None` for an opaque token.
    pub claims: Option<Claims>,
    /// When it ends, where the server or the token says.
    pub expires_at: Option<Timestamp>,
    /// What it allows.
    pub scopes: Vec<Untrusted>,
    /// Who issued it.
    pub issuer: Untrusted,
}

/// The panel.
#[derive(Debug)]
pub struct AccessTokenPanel {
    /// Whether it is a SPA client, whose login is tried.
    pub kind: Kind,
    /// The client's id.
    pub client_id: Untrusted,
    /// The client's name.
    pub name: Untrusted,
    /// The token.
    pub issued: Remote<Issued>,
    /// The token itself, while it may be seen.
    pub peek: Peek,
    /// The first line on the screen.
    pub top: usize,
    /// Where a browser has to go, while a login is tried.
    pub page: Option<Step>,
    /// What works once on the login page of the workspace inside this program.
    pub password: Option<Secret>,
}
