//! Getting OAuth access tokens.
//!
//! Today that is one flow: client credentials, which tries out an M2M client. Browser and device
//! sign-in come into rooms beside it.

pub mod client_credentials;
pub mod discovery;

pub use client_credentials::AccessToken;
