//! Rotation of client secrets with delivery to destinations, and the [`history`] of all changes.
//!
//! A [`rotation::Rotation`] replaces a client's secret in repeatable steps. Its [`journal`] records
//! the progress. The secrets are in the session store, never in the journal. [`destinations`]
//! checks, reads and writes the places that receive the new secret. [`snapshots`] keeps earlier
//! versions of the credentials, without secrets. [`profile_file`] keeps evidence of use and snoozed
//! expiries.

pub mod destinations;
pub mod history;
pub mod journal;
pub mod profile_file;
pub mod rotation;
pub mod snapshots;
