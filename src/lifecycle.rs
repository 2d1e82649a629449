//! Life of a secret: rotations that deliver it to its consumers, and the [`history`] of all changes.
//!
//! A [`rotation::Rotation`] takes a client from one secret to the next by steps that can be repeated. Its
//! [`journal`] says how far it got; the secrets are in the session store, never in the journal.
//! [`destinations`] are the places that get the new secret.

pub mod destinations;
pub mod history;
pub mod journal;
pub mod rotation;
