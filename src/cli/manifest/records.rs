//! Entries that are recorded on this machine: new clients whose secrets are not yet delivered, and
//! the credentials that each applied manifest listed.

use std::path::{Path, PathBuf};

use color_eyre::eyre::{Result, WrapErr as _};
use serde::{Deserialize, Serialize};

use crate::{
    cli::api_session::ApiSession,
    domain::{
        Kind,
        draft::{Field, FieldValue},
        manifest::ManifestEntry,
        profile::Word as _,
    },
    files,
};

/// Kind, ID and name of a manifest entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct EntryRecord {
    /// Key of the server, followed by the path of the manifest for managed credentials.
    of: String,
    kind: String,
    id: Option<String>,
    name: String,
}

/// File with records of entries, in the state directory.
pub(super) struct EntryRecords {
    path: PathBuf,
    of: String,
}

impl EntryRecords {
    /// Returns the records of the server's new clients whose secrets are not yet delivered.
    pub(super) fn undelivered(session: &ApiSession) -> Self {
        let path = session.context.auth.state.join("undelivered-secrets.json");
        Self { path, of: session.server_key().to_owned() }
    }

    /// Returns the records of the server's credentials that a manifest listed when it was applied.
    /// `manifest` is an absolute path.
    pub(super) fn managed(session: &ApiSession, manifest: &Path) -> Self {
        let path = session.context.auth.state.join("managed-credentials.json");
        Self { path, of: format!("{} {}", session.server_key(), manifest.display()) }
    }

    fn record(&self, entry: &ManifestEntry) -> EntryRecord {
        EntryRecord {
            of: self.of.clone(),
            kind: entry.kind.word().to_owned(),
            id: entry.id.clone(),
            name: entry.name().to_owned(),
        }
    }

    fn all(&self) -> Vec<EntryRecord> {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn write(&self, all: &[EntryRecord]) -> Result<()> {
        if let Some(directory) = self.path.parent() {
            files::private_directory(directory)?;
        }
        files::replace(&self.path, serde_json::to_string(all)?.as_bytes())
            .wrap_err_with(|| format!("Could not write {}", self.path.display()))
    }

    /// Returns the recorded entries, with no values except their names.
    pub(super) fn entries(&self) -> Vec<ManifestEntry> {
        let own = self.all().into_iter().filter(|it| it.of == self.of);
        let entry = |it: EntryRecord| {
            Some(ManifestEntry {
                kind: Kind::of_word(&it.kind)?,
                id: it.id,
                values: vec![(Field::Name, FieldValue::Line(it.name))],
                expires_at: None,
                secret_to: Vec::new(),
                line: 0,
            })
        };
        own.filter_map(entry).collect()
    }

    /// Returns true if the entry is recorded.
    pub(super) fn has(&self, entry: &ManifestEntry) -> bool {
        self.all().contains(&self.record(entry))
    }

    /// Records the entries that are not yet recorded.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub(super) fn add(&self, entries: &[ManifestEntry]) -> Result<()> {
        let mut all = self.all();
        let before = all.len();
        for entry in entries {
            let record = self.record(entry);
            if !all.contains(&record) {
                all.push(record);
            }
        }
        if all.len() > before { self.write(&all) } else { Ok(()) }
    }

    /// Removes the record of an entry.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub(super) fn remove(&self, entry: &ManifestEntry) -> Result<()> {
        let mut all = self.all();
        let (record, before) = (self.record(entry), all.len());
        all.retain(|it| *it != record);
        if all.len() < before { self.write(&all) } else { Ok(()) }
    }
}
