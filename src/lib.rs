pub mod api;
pub mod auth;
pub mod domain;
pub mod server;
