//! Sign-in and sessions.
//!
//! | room | what it is for |
//! |---|---|
//! | [`discovery`] | where an issuer's endpoints are |
//! | [`tokens`] | the token endpoint: asking, refreshing, giving back |
//! | [`code`] | authorization code with PKCE: the request, and what comes back |
//! | [`callback`] | the listener on loopback that the browser comes back to |
//! | [`device`] | the device flow |
//! | [`carto_cli`] | the session of the CARTO CLI |
//! | [`session`] | what signing in leaves: tokens, and whom they are for |
//! | [`probe`] | what a URL leads to |
//! | [`sign_in`] | the ways to sign in to a profile |
//! | [`open`] | the API of a profile, with what its provider needs |
//! | [`register`] | the clients that were registered dynamically, in the vault |
//! | [`carto_command`] | the `carto` command |
//! | [`keeper`] | the session of a profile: read from the vault, renewed, kept |

pub mod callback;
pub mod carto_cli;
pub mod carto_command;
pub mod code;
pub mod device;
pub mod discovery;
pub mod keeper;
pub mod login_test;
pub mod open;
pub mod probe;
pub mod proof;
pub mod register;
pub mod session;
pub mod sign_in;
pub mod tokens;

pub use keeper::SessionManager;
pub use session::Session;
