//! Journals of rotations: one file per rotation in the state directory, without secrets. A journal
//! is written before and after every step.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    domain::{age, destination::Destination, export},
    files::{self, Locked},
};

/// Name and version of the format of journal files.
const SCHEMA: &str = "credenza.rotation/v1";

/// Name and version of the format of a journal with a twin. An earlier version of Credenza would
/// deliver the secret in place of the client ID, so it must not read such a journal.
const TWIN_SCHEMA: &str = "credenza.rotation/v2";

/// Time between the deactivation and the deletion of a previous secret. During this time, a
/// consumer that still uses the secret fails, and an abort can activate the secret again.
const PARKED: SignedDuration = SignedDuration::from_hours(24);

/// Stage of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RotationStage {
    /// Nothing was changed yet.
    Preflight,
    /// A new secret may have been issued.
    Issuing,
    /// The new secret is in the session store.
    Issued,
    /// Every destination that is not skipped has the new secret.
    Delivered,
    /// The new secret and its copies were checked, as far as possible; the previous secret is not
    /// revoked yet.
    Watching,
    /// The previous secret is being deactivated.
    Parking,
    /// The previous secret is inactive, so a consumer that still uses it fails. Until it is
    /// deleted, an abort activates it again.
    Parked,
    /// The request to revoke the previous secret may have been sent.
    Retiring,
    /// The previous secret was revoked; the stored secrets are not deleted yet.
    Retired,
    /// The rotation is complete.
    Closed,
    /// The previous secret is being restored at the destinations and on the server.
    Aborting,
    /// The previous secret was restored; the stored secrets are not deleted yet.
    Restored,
    /// The rotation was aborted, and the client uses the previous secret.
    Aborted,
}

impl RotationStage {
    /// Returns true if the rotation is complete or aborted, so no step remains.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Aborted)
    }
}

/// Condition for revoking the previous secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetireWhen {
    /// The user finishes the rotation with a command.
    Finished,
    /// This number of seconds has passed since [`Journal::delivered_at`].
    After(i64),
    /// The server has reported no use of the previous secret for this number of seconds, counted
    /// from the delivery at the earliest.
    Unused(i64),
}

/// Value that a destination gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivered {
    /// The new secret.
    #[default]
    Secret,
    /// The client ID of the twin.
    ClientId,
}

/// Second client that replaces the rotated one, with the same settings but another ID and secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Twin {
    /// Temporary name; after the first client is deleted, the twin receives the name of that
    /// client.
    pub name: String,
    /// Client ID to request; `None` if the provider assigns the ID.
    pub chosen_id: Option<String>,
    /// Client ID; `None` before the creation.
    pub client_id: Option<String>,
}

/// State of the delivery to one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Name of the destination.
    pub destination: String,
    /// Value that the destination gets.
    #[serde(default)]
    pub value: Delivered,
    /// Type and address of the destination when the rotation started.
    pub described: String,
    /// SHA-256 of all settings of the destination. The settings are not stored, because the
    /// arguments of a command may be sensitive.
    fingerprint: String,
    /// True if a write was started.
    pub attempted: bool,
    /// Time of the delivery; `None` before the delivery.
    pub delivered_at: Option<Timestamp>,
    /// True if the copy was read back and equals the delivered value.
    pub compared: bool,
}

impl Delivery {
    /// Creates the initial state of a delivery of the twin's client ID.
    #[must_use]
    pub fn of_id(destination: &Destination) -> Self {
        Self { value: Delivered::ClientId, ..Self::to(destination) }
    }

    /// Creates the initial state of a delivery of the new secret.
    #[must_use]
    pub fn to(destination: &Destination) -> Self {
        Self {
            destination: destination.name.clone(),
            value: Delivered::Secret,
            described: destination.store.described(),
            fingerprint: fingerprint(destination),
            attempted: false,
            delivered_at: None,
            compared: false,
        }
    }

    /// Returns true if a destination still has the settings it had when the rotation started.
    #[must_use]
    pub fn is_to(&self, destination: &Destination) -> bool {
        self.fingerprint == fingerprint(destination)
    }
}

fn fingerprint(destination: &Destination) -> String {
    export::hex(&Sha256::digest(format!("{destination:?}")))
}

/// Journal of one rotation: its parameters and its progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    schema: String,
    /// ID of the rotation, such as `rot_0123456789`.
    pub id: String,
    /// Name of the profile that contains the client.
    pub profile: String,
    /// Base URL of the profile's server.
    pub base_url: String,
    /// Kind of the client, such as `m2m`.
    pub kind: String,
    /// ID of the client whose secret is rotated.
    pub client_id: String,
    /// Name of the client at the start of the rotation.
    pub name: String,
    /// Time when the rotation started.
    pub started_at: Timestamp,
    /// Current stage.
    pub stage: RotationStage,
    /// Stage in which an abort started. If the abort is impossible, the rotation continues from
    /// this stage or, if destinations may have been restored, from [`RotationStage::Issued`].
    /// `None` without an abort.
    pub aborting_from: Option<RotationStage>,
    /// Client that replaces the rotated client; `None` if the rotated client receives a new secret.
    #[serde(default)]
    pub twin: Option<Twin>,
    /// Condition for revoking the previous secret, or for deleting the client that has a twin.
    pub retire: RetireWhen,
    /// State of the delivery to each destination.
    pub deliveries: Vec<Delivery>,
    /// IDs of all secrets before the rotation, if the provider has IDs.
    pub known_ids: Vec<String>,
    /// ID of the previous secret, if the provider has IDs.
    pub previous_id: Option<String>,
    /// True if the issuer still accepted the previous secret when the new one was tried, false if
    /// the issuer rejected it; `None` if this is unknown.
    pub previous_works: Option<bool>,
    /// ID of the new secret, if the provider has IDs.
    pub secret_id: Option<String>,
    /// Time of the last delivery to a destination that was not skipped; `None` before. Without
    /// destinations, time when the new secret became available.
    pub delivered_at: Option<Timestamp>,
    /// Reason why the issuer could not check the new secret; `None` before the check, or if the
    /// check succeeded.
    pub unproven: Option<String>,
    /// Time when the previous secret was deactivated, or the client that has a twin was disabled;
    /// `None` while the secret or the client is active.
    #[serde(default)]
    pub parked_at: Option<Timestamp>,
    /// Time when the rotation was completed or aborted; `None` while it is in progress.
    pub ended_at: Option<Timestamp>,
}

impl Journal {
    /// Creates the journal of a rotation that starts at `now`, with a random ID. The caller sets
    /// the client, the deliveries and the condition for revoking the previous secret.
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
            twin: None,
            retire: RetireWhen::Finished,
            deliveries: Vec::new(),
            known_ids: Vec::new(),
            previous_id: None,
            previous_works: None,
            secret_id: None,
            delivered_at: None,
            unproven: None,
            parked_at: None,
            ended_at: None,
        }
    }

    /// Returns the name of the rotation's secrets in the session store. It cannot collide with a
    /// profile, because no profile name contains a slash.
    #[must_use]
    pub fn vault_key(&self) -> String {
        format!("rotation/{}", self.id)
    }

    /// Describes the progress in a few words.
    #[must_use]
    pub fn progress(&self) -> String {
        let delivered = self.deliveries.iter().filter(|it| it.delivered_at.is_some()).count();
        let all = self.deliveries.len();
        let previous = if self.twin.is_some() { "previous client" } else { "previous secret" };
        match self.stage {
            RotationStage::Preflight => "not started".to_owned(),
            RotationStage::Issuing => "issuing a new secret".to_owned(),
            RotationStage::Issued if self.twin.is_some() && delivered == 0 => {
                "created the new client; it may need roles".to_owned()
            }
            RotationStage::Issued => format!("delivered to {delivered} of {all}"),
            RotationStage::Delivered => "delivered, not tested yet".to_owned(),
            RotationStage::Watching => match (self.retire, self.due()) {
                (_, Some(due)) => format!("the {previous} is due to end on {}", age::utc(due)),
                (RetireWhen::Unused(seconds), _) => {
                    format!("waiting for {} without use of the {previous}", age::span(seconds))
                }
                _ => format!("the {previous} is valid until the rotation is finished"),
            },
            RotationStage::Parking => format!("deactivating the {previous}"),
            RotationStage::Parked => match self.deletion_due() {
                Some(due) => {
                    format!("the {previous} is inactive; deletion due on {}", age::utc(due))
                }
                None => format!("the {previous} is inactive"),
            },
            RotationStage::Retiring | RotationStage::Retired => format!("ending the {previous}"),
            RotationStage::Closed => "complete".to_owned(),
            RotationStage::Aborting | RotationStage::Restored => {
                format!("restoring the {previous}")
            }
            RotationStage::Aborted => "aborted".to_owned(),
        }
    }

    /// Returns the time when the previous secret may be revoked; `None` unless the condition is
    /// [`RetireWhen::After`] and the secret was delivered.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        match self.retire {
            RetireWhen::After(seconds) => {
                Timestamp::from_second(self.delivered_at?.as_second().checked_add(seconds)?).ok()
            }
            RetireWhen::Finished | RetireWhen::Unused(_) => None,
        }
    }

    /// Returns the time when a deactivated secret or a disabled client may be deleted; `None` if
    /// neither is deactivated.
    #[must_use]
    pub fn deletion_due(&self) -> Option<Timestamp> {
        self.parked_at.and_then(|at| at.checked_add(PARKED).ok())
    }
}

/// Directory with the journals of all rotations.
#[derive(Debug, Clone)]
pub struct Journals(PathBuf);

impl Journals {
    /// Returns the journals in the subdirectory `rotations` of a state directory. The subdirectory
    /// need not exist.
    #[must_use]
    pub fn below(state: &Path) -> Self {
        Self(state.join("rotations"))
    }

    fn path(&self, id: &str) -> PathBuf {
        self.0.join(format!("{id}.json"))
    }

    /// Writes a journal to disk, replacing its file atomically.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written, or if other users can access the directory.
    /// The previous file is then unchanged.
    pub fn write(&self, journal: &Journal) -> io::Result<()> {
        files::private_directory(&self.0)?;
        let schema = if journal.twin.is_some() { TWIN_SCHEMA } else { SCHEMA };
        let journal = Journal { schema: schema.to_owned(), ..journal.clone() };
        files::replace(&self.path(&journal.id), &serde_json::to_vec_pretty(&journal)?)
    }

    /// Returns all journals, oldest first; empty if the directory does not exist. An unreadable
    /// file is an error, because its rotation may be in progress.
    ///
    /// # Errors
    /// Returns an error if a journal cannot be read, is damaged or has another format.
    pub fn all(&self) -> io::Result<Vec<Journal>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            // Temporary files and lock files have other extensions.
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let failed = |why: String| io::Error::other(format!("{}: {why}", path.display()));
            let journal: Journal = fs::read(&path)
                .and_then(|bytes| Ok(serde_json::from_slice(&bytes)?))
                .map_err(|error| failed(error.to_string()))?;
            if ![SCHEMA, TWIN_SCHEMA].contains(&&*journal.schema) {
                return Err(failed("it was written by another version".to_owned()));
            }
            all.push(journal);
        }
        all.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
        Ok(all)
    }

    /// Locks the client of a journal against other rotations. Returns `None` if the client is
    /// already locked.
    ///
    /// # Errors
    /// Returns an error if the lock file cannot be created or locked, or if other users can access
    /// the directory.
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

    /// Version 0.2.0 wrote journals without the members for twins and deactivated secrets.
    #[test]
    fn journals_of_earlier_versions_are_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let journals = Journals::below(directory.path());
        let mut journal = Journal::new("it", "https://it.example", Timestamp::UNIX_EPOCH);
        let place = Destination {
            name: "copy".to_owned(),
            store: crate::domain::destination::DestinationStore::File { path: "/x".to_owned() },
        };
        journal.deliveries = vec![Delivery::to(&place)];
        journals.write(&journal).expect("written");
        let path = journals.path(&journal.id);
        let text = fs::read_to_string(&path).expect("a journal");
        let mut old: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let object = old.as_object_mut().expect("an object");
        assert!(object.remove("twin").is_some() && object.remove("parked_at").is_some());
        object["deliveries"][0].as_object_mut().expect("a delivery").remove("value");
        fs::write(&path, old.to_string()).expect("an older journal");
        assert_eq!(journals.all().expect("read"), [journal]);
    }

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
        assert!(journals.all().is_err(), "a damaged journal is not skipped");
    }
}
