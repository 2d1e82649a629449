//! Journals of rotations: one file each in the state directory, without secrets, written before and after every step.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    domain::{destination::Destination, export},
    files::{self, Locked},
};

/// Format of the files.
const SCHEMA: &str = "credenza.rotation/v1";

/// Progress of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RotationStage {
    /// Nothing was changed yet.
    Preflight,
    /// A new secret may have been issued.
    Issuing,
    /// The new secret is in the session store.
    Issued,
    /// Every destination has it.
    Delivered,
    /// The delivered copies work; the previous secret is kept for its consumers.
    Watching,
    /// The previous secret is being ended.
    Retiring,
    /// The previous secret was ended; the stored secrets are not deleted yet.
    Retired,
    /// The rotation is complete.
    Closed,
    /// The previous secret is being restored.
    Aborting,
    /// The previous secret was restored; the stored secrets are not deleted yet.
    Restored,
    /// The rotation ended with the previous secret.
    Aborted,
}

impl RotationStage {
    /// True if nothing is left to do.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Aborted)
    }
}

/// Condition for ending the previous secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetireWhen {
    /// The user finishes the rotation.
    Finished,
    /// A number of seconds after the delivery.
    After(i64),
    /// The server has seen no use of it for a number of seconds since the delivery.
    Unused(i64),
}

/// State of one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Name of the destination.
    pub destination: String,
    /// Type and address of the destination when the rotation started.
    pub described: String,
    /// SHA-256 of all settings of the destination; arguments of a command may be sensitive.
    fingerprint: String,
    /// True if a write was started.
    pub attempted: bool,
    /// Time of the delivery.
    pub delivered_at: Option<Timestamp>,
    /// True if the copy was read back and is the same.
    pub compared: bool,
}

impl Delivery {
    /// Delivery to a destination, not started.
    #[must_use]
    pub fn to(destination: &Destination) -> Self {
        Self {
            destination: destination.name.clone(),
            described: destination.store.described(),
            fingerprint: fingerprint(destination),
            attempted: false,
            delivered_at: None,
            compared: false,
        }
    }

    /// True if a destination still has the settings it had when the rotation started.
    #[must_use]
    pub fn is_to(&self, destination: &Destination) -> bool {
        self.fingerprint == fingerprint(destination)
    }
}

fn fingerprint(destination: &Destination) -> String {
    export::hex(&Sha256::digest(format!("{destination:?}")))
}

/// Journal of one rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    schema: String,
    /// Identifies the rotation.
    pub id: String,
    /// Name of the profile.
    pub profile: String,
    /// Base URL of its server.
    pub base_url: String,
    /// Kind of the client.
    pub kind: String,
    /// Client ID.
    pub client_id: String,
    /// Name of the client.
    pub name: String,
    /// Start time.
    pub started_at: Timestamp,
    /// Progress.
    pub stage: RotationStage,
    /// Stage to return to if an abort turns out to be impossible.
    pub aborting_from: Option<RotationStage>,
    /// Condition for ending the previous secret.
    pub retire: RetireWhen,
    /// Destinations.
    pub deliveries: Vec<Delivery>,
    /// IDs of all secrets before the rotation, if the provider has IDs.
    pub known_ids: Vec<String>,
    /// ID of the previous secret, if the provider has IDs.
    pub previous_id: Option<String>,
    /// True if the previous secret worked beside the new one; `None` if that is unknown.
    pub previous_works: Option<bool>,
    /// ID of the new secret, if the provider has IDs.
    pub secret_id: Option<String>,
    /// Time when every destination had the new secret.
    pub delivered_at: Option<Timestamp>,
    /// Reason why the new secret could not be tried.
    pub unproven: Option<String>,
    /// End time.
    pub ended_at: Option<Timestamp>,
}

impl Journal {
    /// Journal of a rotation that starts now.
    #[must_use]
    pub fn new(profile: &str, base_url: &str, now: Timestamp) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            id: format!("rot_{:010x}", rand::random::<u64>() & 0xff_ffff_ffff),
            profile: profile.to_owned(),
            base_url: base_url.to_owned(),
            kind: String::new(),
            client_id: String::new(),
            name: String::new(),
            started_at: now,
            stage: RotationStage::Preflight,
            aborting_from: None,
            retire: RetireWhen::Finished,
            deliveries: Vec::new(),
            known_ids: Vec::new(),
            previous_id: None,
            previous_works: None,
            secret_id: None,
            delivered_at: None,
            unproven: None,
            ended_at: None,
        }
    }

    /// Name of its secrets in the session store. No profile name has a slash.
    #[must_use]
    pub fn vault_key(&self) -> String {
        format!("rotation/{}", self.id)
    }

    /// Time when the previous secret may be ended, if the clock decides.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        match self.retire {
            RetireWhen::After(seconds) => {
                Timestamp::from_second(self.delivered_at?.as_second().checked_add(seconds)?).ok()
            }
            RetireWhen::Finished | RetireWhen::Unused(_) => None,
        }
    }
}

/// Journals of all rotations.
#[derive(Debug, Clone)]
pub struct Journals(PathBuf);

impl Journals {
    /// Journals in a state directory.
    #[must_use]
    pub fn below(state: &Path) -> Self {
        Self(state.join("rotations"))
    }

    fn path(&self, id: &str) -> PathBuf {
        self.0.join(format!("{id}.json"))
    }

    /// Writes a journal to disk.
    ///
    /// # Errors
    /// IO errors; the previous journal is unchanged.
    pub fn write(&self, journal: &Journal) -> io::Result<()> {
        files::private_directory(&self.0)?;
        files::replace(&self.path(&journal.id), &serde_json::to_vec_pretty(journal)?)
    }

    /// All journals, oldest first. A file that cannot be read is an error: it may be a rotation in progress.
    ///
    /// # Errors
    /// IO errors, and files of another format.
    pub fn all(&self) -> io::Result<Vec<Journal>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            // A file that is being written has another extension.
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let failed = |why: String| io::Error::other(format!("{}: {why}", path.display()));
            let journal: Journal = fs::read(&path)
                .and_then(|bytes| Ok(serde_json::from_slice(&bytes)?))
                .map_err(|error| failed(error.to_string()))?;
            if journal.schema != SCHEMA {
                return Err(failed("it was written by another version".to_owned()));
            }
            all.push(journal);
        }
        all.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
        Ok(all)
    }

    /// Locks a client against other processes that rotate it; `None` if one does.
    ///
    /// # Errors
    /// IO errors.
    pub fn lock(&self, journal: &Journal) -> io::Result<Option<Locked>> {
        files::private_directory(&self.0)?;
        let client = format!("{}\n{}", journal.profile, journal.client_id);
        let name = export::hex(&Sha256::digest(client)[..8]);
        files::try_lock(&self.0.join(format!("{name}.lock")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journals_are_read_as_they_were_written() {
        let directory = tempfile::tempdir().expect("a directory");
        let journals = Journals::below(directory.path());
        assert_eq!(journals.all().expect("none"), []);
        let mut journal = Journal::new("it", "https://it.example", Timestamp::UNIX_EPOCH);
        journal.retire = RetireWhen::After(60);
        journal.delivered_at = Some(Timestamp::UNIX_EPOCH);
        journals.write(&journal).expect("written");
        assert_eq!(journals.all().expect("read"), [journal.clone()]);
        assert_eq!(journal.due().map(Timestamp::as_second), Some(60));
        let held = journals.lock(&journal).expect("locked");
        assert!(held.is_some() && journals.lock(&journal).expect("tried").is_none());
        fs::write(directory.path().join("rotations/other.json"), "{").expect("a file");
        assert!(journals.all().is_err(), "a damaged one is not skipped");
    }
}
