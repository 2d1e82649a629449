pub mod api;
pub mod app;
pub mod auth;
pub mod domain;
pub mod keys;
pub mod server;
pub mod ui;
