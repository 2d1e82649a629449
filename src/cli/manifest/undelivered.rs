//! Record of new clients whose secret has not reached its destinations, for a repeated `apply`.

use std::path::PathBuf;

use color_eyre::eyre::{Result, WrapErr as _};
use serde::{Deserialize, Serialize};

use crate::{
    cli::api_session::ApiSession,
    domain::{manifest::ManifestEntry, profile::Word as _},
    files,
};

/// New client whose secret is due at its destinations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Undelivered {
    /// Server of the client, as in [`ApiSession::server_key`].
    server: String,
    kind: String,
    id: Option<String>,
    name: String,
}

/// File with the records, in the state directory.
pub(super) struct UndeliveredSecrets {
    path: PathBuf,
    server: String,
}

impl UndeliveredSecrets {
    pub(super) fn new(session: &ApiSession) -> Self {
        let path = session.context.auth.state.join("undelivered-secrets.json");
        Self { path, server: session.server_key().to_owned() }
    }

    fn record(&self, entry: &ManifestEntry) -> Undelivered {
        Undelivered {
            server: self.server.clone(),
            kind: entry.kind.word().to_owned(),
            id: entry.id.clone(),
            name: entry.name().to_owned(),
        }
    }

    fn all(&self) -> Vec<Undelivered> {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn write(&self, all: &[Undelivered]) -> Result<()> {
        if let Some(directory) = self.path.parent() {
            files::private_directory(directory)?;
        }
        files::replace(&self.path, serde_json::to_string(all)?.as_bytes())?;
        Ok(())
    }

    /// Returns true if the client of an entry was created without delivery of its secret.
    pub(super) fn has(&self, entry: &ManifestEntry) -> bool {
        self.all().contains(&self.record(entry))
    }

    /// Records a client before it is created.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn remember(&self, entry: &ManifestEntry) -> Result<()> {
        let mut all = self.all();
        let record = self.record(entry);
        if all.contains(&record) {
            return Ok(());
        }
        all.push(record);
        self.write(&all).wrap_err("Could not record the delivery, so nothing was sent")
    }

    /// Removes the record of a client.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn forget(&self, entry: &ManifestEntry) -> Result<()> {
        let mut all = self.all();
        let (record, before) = (self.record(entry), all.len());
        all.retain(|it| *it != record);
        if all.len() < before { self.write(&all) } else { Ok(()) }
    }
}
