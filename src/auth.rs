//! Sign-in and sessions.
//!
//! | module | content |
//! |---|---|
//! | [`discovery`] | endpoints of an issuer |
//! | [`tokens`] | token endpoint: request, refresh, revoke |
//! | [`code`] | authorization code with PKCE: request and response |
//! | [`callback`] | listener on loopback for the browser's redirect |
//! | [`device`] | device flow |
//! | [`carto_cli`], [`carto_command`] | session of the CARTO CLI, and calls to it |
//! | [`session`] | tokens of a sign-in, and the user they are for |
//! | [`session_manager`] | session of a profile: loaded, renewed and stored |
//! | [`probe`] | detection of the API at a URL |
//! | [`sign_in`] | sign-in methods of a profile |
//! | [`login_test`], [`proof`] | tests of a client's login flow and of its secret |
//! | [`open`] | API of a profile, with the dependencies of its provider |
//! | [`register`] | dynamically registered clients, in the session store |

pub mod callback;
pub mod carto_cli;
pub mod carto_command;
pub mod code;
pub mod device;
pub mod discovery;
pub mod login_test;
pub mod open;
pub mod probe;
pub mod proof;
pub mod register;
pub mod session;
pub mod session_manager;
pub mod sign_in;
pub mod tokens;

pub use session::Session;
pub use session_manager::SessionManager;
