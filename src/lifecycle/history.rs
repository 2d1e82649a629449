//! History of the changes and secret reads by Credenza, in a JSON Lines file in the state
//! directory, without secrets.
//!
//! Each line contains the SHA-256 of the line before it, so [`History::verify`] detects changed,
//! removed and inserted lines. Only a comparison with a separate copy of the last hash detects a
//! changed last line, removed last lines, or a file with recomputed hashes.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    api::{
        AddedSecret, Answer, ApiError, Capabilities, CredentialsApi, Me, Page, PageQuery,
        RotationRequest, Written,
    },
    domain::{
        Credential, CredentialRef, Draft, Kind, Secret, Untrusted,
        draft::{self, Change},
        evidence::RecordedUses,
        export,
        profile::Word as _,
    },
    files,
};

/// Maximum time to wait until another process that writes an entry releases the lock.
const PATIENCE: Duration = Duration::from_secs(2);

/// Maximum number of credentials whose values are kept in memory, for the record of a deletion.
const MOST_SHOWN: usize = 10_000;

/// Record of one change, or of one read of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// SHA-256 of the previous line, in hexadecimal; empty for the first line.
    pub previous: String,
    /// Time at which the attempt ended.
    pub at: Timestamp,
    /// Operating system user who ran the action, such as `ada` or `uid 1000`; empty if unknown.
    pub user: String,
    /// Name of the profile of the credential.
    pub profile: String,
    /// Recorded action: `create`, `edit`, `rotate`, `add-secret`, `retire-secret`,
    /// `withdraw-secret`, `activate-secret`, `deactivate-secret`, `read-secret`, `enable`,
    /// `disable`, `delete`, `undo` or `restore`. An `undo` entry follows the entry of the edit that
    /// carried it out, and a `restore` entry follows the entry of the creation, unless the provider
    /// restored the credential itself.
    pub action: String,
    /// Kind of the credential, such as `m2m`.
    pub kind: String,
    /// Client ID or token ID; empty for a creation without a successful response.
    pub id: String,
    /// Name of the credential. Set for a successful creation, edit, rotation or restore, and for
    /// the deletion of a credential that was read before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Changed fields of an edit, each an object with the members `field`, `before` and `after`.
    /// For a creation, the fields that were set, without `before`; for a deletion, the last values,
    /// without `after`; for `restore`, the new ID as `client_id`, without `before`. Empty for other
    /// actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Value>,
    /// Result of the action: `done`, `failed`, or `unknown` if the server may have made the change.
    pub outcome: String,
    /// For `undo`, time of the entry that was undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Timestamp>,
    /// For `undo`, time of the entry of the edit that carried out the undo; `None` if nothing was
    /// left to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Timestamp>,
}

impl HistoryEntry {
    /// Creates an entry for a successful action, without changes. Without `user`, it contains the
    /// user ID of the process.
    #[must_use]
    pub fn done(action: &str, user: Option<String>, profile: &str, of: &CredentialRef) -> Self {
        Self {
            previous: String::new(),
            at: Timestamp::now(),
            user: user.unwrap_or_else(system_user),
            profile: profile.to_owned(),
            action: action.to_owned(),
            kind: of.kind.word().to_owned(),
            id: of.id.raw().to_owned(),
            name: None,
            changes: Vec::new(),
            outcome: "done".to_owned(),
            of: None,
            by: None,
        }
    }
}

/// Edit that can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastEdit {
    /// Entry of the edit.
    pub entry: HistoryEntry,
    /// Changes of the edit.
    pub changes: Vec<Change>,
}

/// Returns the last edit of a profile that can be undone. `entries` are sorted, oldest first. With
/// `id`, only edits of that credential are considered. Ignores failed edits, edits without changes,
/// edits that were undone, edits that undid another edit, edits of deleted credentials, and edits
/// with a field that this version does not support. Includes an edit with an unknown result,
/// because undoing it has no effect if the server did not apply it.
#[must_use]
pub fn last_edit(entries: &[HistoryEntry], profile: &str, id: Option<&str>) -> Option<PastEdit> {
    let mut edits: Vec<PastEdit> = Vec::new();
    for entry in entries.iter().filter(|it| it.profile == profile && it.outcome != "failed") {
        match entry.action.as_str() {
            "delete" => edits.retain(|it| it.entry.id != entry.id),
            "undo" => edits.retain(|it| it.entry.id != entry.id || !is_undone(&it.entry, entry)),
            "edit" => {
                let changes = entry.changes.iter().map(draft::recorded).collect::<Option<Vec<_>>>();
                if let Some(changes) = changes.filter(|changes| !changes.is_empty()) {
                    edits.push(PastEdit { entry: entry.clone(), changes });
                }
            }
            _ => {}
        }
    }
    edits.into_iter().rfind(|it| id.is_none_or(|id| it.entry.id == id))
}

/// Returns true for the edit that an `undo` entry refers to, and for the edit that carried out the
/// undo.
fn is_undone(edit: &HistoryEntry, undo: &HistoryEntry) -> bool {
    [undo.of, undo.by].contains(&Some(edit.at))
}

/// History file, `history.jsonl`.
#[derive(Debug, Clone)]
pub struct History(PathBuf);

impl History {
    /// Returns the history with the file `history.jsonl` in a state directory. The file need not
    /// exist.
    #[must_use]
    pub fn below(state: &Path) -> Self {
        Self(state.join("history.jsonl"))
    }

    /// Returns the path of the history file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Appends an entry with the hash of the line before it.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or written, if other users can access the
    /// directory, or if another process does not release its lock in time.
    pub fn add(&self, mut entry: HistoryEntry) -> io::Result<()> {
        let directory = self.0.parent().unwrap_or(Path::new("."));
        files::private_directory(directory)?;
        let _lock = self.locked()?;
        let text = self.text()?;
        // An interrupted write may have left an incomplete last line. The new entry then starts on
        // the next line.
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        entry.previous = text.lines().last().map(digest).unwrap_or_default();
        files::append(&self.0, &format!("{gap}{}\n", serde_json::to_string(&entry)?))
    }

    /// Locks the history against other processes. Waits at most [`PATIENCE`], because the result of
    /// the change is shown only after the entry is written.
    fn locked(&self) -> io::Result<files::Locked> {
        let path = self.0.with_extension("lock");
        let begun = Instant::now();
        loop {
            if let Some(lock) = files::try_lock(&path)? {
                return Ok(lock);
            }
            if begun.elapsed() > PATIENCE {
                return Err(io::Error::other("another process has locked it"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Returns the content of the file; empty if the file does not exist. Invalid UTF-8 is
    /// replaced, so that a line cut inside a character does not make the other lines unreadable.
    fn text(&self) -> io::Result<String> {
        match fs::read(&self.0) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error),
        }
    }

    /// Returns all entries, oldest first; empty if the file does not exist. Skips invalid lines;
    /// [`Self::verify`] reports the first one.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn all(&self) -> io::Result<Vec<HistoryEntry>> {
        Ok(self.text()?.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Checks the chain of hashes. Returns the number of entries and the hash of the last line. The
    /// hash is empty if there are no entries.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read. The inner error is the number, from 1, of the
    /// first line that is not an entry or does not contain the hash of the line before it.
    pub fn verify(&self) -> io::Result<Result<(usize, String), usize>> {
        let text = self.text()?;
        let (mut before, mut count) = (String::new(), 0);
        for (at, line) in text.lines().enumerate() {
            let entry: Option<HistoryEntry> = serde_json::from_str(line).ok();
            if entry.is_none_or(|entry| entry.previous != before) {
                return Ok(Err(at + 1));
            }
            before = digest(line);
            count += 1;
        }
        Ok(Ok((count, before)))
    }
}

fn digest(line: &str) -> String {
    export::hex(&Sha256::digest(line))
}

/// Wrapper of a credentials API that records each change and each read of a secret.
pub struct Recorded {
    api: Arc<dyn CredentialsApi>,
    history: History,
    profile: String,
    user: String,
    clock: fn() -> Timestamp,
    /// Reports the error message if an entry could not be written. The change itself is not
    /// affected.
    failed: fn(&str),
    /// Credentials that were read. Their values are recorded with their deletion.
    shown: Mutex<HashMap<CredentialRef, Credential>>,
}

impl Recorded {
    /// Wraps an API to record its changes and its reads of secrets. Without `user`, the entries
    /// contain the user ID of the process.
    #[must_use]
    pub fn new(
        api: Arc<dyn CredentialsApi>,
        history: History,
        profile: &str,
        user: Option<String>,
        clock: fn() -> Timestamp,
        failed: fn(&str),
    ) -> Self {
        let (profile, user) = (profile.to_owned(), user.unwrap_or_else(system_user));
        Self { api, history, profile, user, clock, failed, shown: Mutex::default() }
    }

    fn shown(&self) -> MutexGuard<'_, HashMap<CredentialRef, Credential>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn record<T>(
        &self,
        (action, kind, id): (&str, Kind, &Untrusted),
        name: Option<&Untrusted>,
        changes: Vec<Value>,
        result: &Result<T, ApiError>,
    ) {
        let outcome = match result {
            Ok(_) => "done",
            Err(error) if error.is_uncertain() => "unknown",
            Err(_) => "failed",
        };
        let of = CredentialRef::new(kind, id.clone());
        let entry = HistoryEntry {
            at: (self.clock)(),
            name: name.map(|name| name.raw().to_owned()),
            changes,
            outcome: outcome.to_owned(),
            ..HistoryEntry::done(action, Some(self.user.clone()), &self.profile, &of)
        };
        let history = self.history.clone();
        let added = tokio::task::spawn_blocking(move || history.add(entry)).await;
        if let Err(error) = added.map_err(io::Error::other).and_then(|added| added) {
            (self.failed)(&format!(
                "Could not record the action in {}: {error}",
                self.history.path().display()
            ));
        }
    }

    /// Records a change whose response contains the credential. Uses the ID and name from the
    /// response, or the ID in `what` if the change failed.
    async fn record_written(
        &self,
        what: (&str, Kind, &Untrusted),
        changes: Vec<Value>,
        result: &Result<Written, ApiError>,
    ) {
        let (action, kind, id) = what;
        let written = result.as_ref().ok().map(|written| &written.credential);
        let id = written.map_or(id, Credential::id);
        self.record((action, kind, id), written.map(Credential::name), changes, result).await;
    }
}

/// Returns the values that a deleted credential had, so that it can be created again.
fn last_values(last: &Credential) -> Vec<Value> {
    let draft = Draft::of(last);
    let ends = match &draft {
        Draft::Token(token) => token.expires_at,
        Draft::Spa(_) | Draft::M2m(_) | Draft::Other(_) => None,
    };
    let ends = ends.map(|at| (draft::Field::Expires, draft::FieldValue::Line(at.to_string())));
    let values = draft.all_values().into_iter().chain(ends);
    let is_set = |(_, value): &(draft::Field, draft::FieldValue)| !value.is_empty();
    values
        .filter(is_set)
        .map(|(field, set)| json!({ "field": field.wire(), "before": value(&set) }))
        .collect()
}

/// Returns the last deletion of a credential in a profile, and a draft with the values that it had.
/// `None` if no deletion is recorded, if the last deletion has no values, or if this version does
/// not support its kind or one of its fields. `id` is the credential's ID or last name. A deletion
/// with an unknown result is included; the caller must check that the credential no longer exists.
#[must_use]
pub fn deleted(entries: &[HistoryEntry], profile: &str, id: &str) -> Option<(HistoryEntry, Draft)> {
    let is_it = |it: &&HistoryEntry| {
        it.action == "delete"
            && it.outcome != "failed"
            && it.profile == profile
            && (it.id == id || it.name.as_deref() == Some(id))
    };
    let entry = entries.iter().rfind(is_it).filter(|it| !it.changes.is_empty())?;
    let mut draft = Draft::new(Kind::of_word(&entry.kind)?);
    // A new draft may derive its URL lists from the login URL. This draft must do so only if the
    // recorded values contain the switch.
    draft.set(draft::Field::UseDefaultUrls, draft::FieldValue::Switch(false));
    for change in &entry.changes {
        let (field, value) = draft::recorded_value(change, "before")?;
        match (field, &value, &mut draft) {
            (draft::Field::Expires, draft::FieldValue::Line(at), Draft::Token(token)) => {
                token.expires_at = Some(at.parse().ok()?);
            }
            _ => draft.set(field, value),
        }
    }
    Some((entry.clone(), draft))
}

/// Returns the ID that a deleted credential received when it was restored; `None` if it was not
/// restored after its last deletion.
#[must_use]
pub fn restored_as<'a>(entries: &'a [HistoryEntry], profile: &str, id: &str) -> Option<&'a str> {
    let of_id = |it: &&HistoryEntry| it.profile == profile && it.id == id;
    let counts = |it: &&HistoryEntry| match it.action.as_str() {
        "delete" => true,
        "restore" => it.outcome == "done",
        _ => false,
    };
    let last = entries.iter().filter(of_id).rfind(counts)?;
    last.changes.first().filter(|_| last.action == "restore")?["after"].as_str()
}

/// Returns the user ID of the process, such as `uid 1000`; empty on systems other than Unix. It is
/// recorded if the environment has no user name, for example in a cron job.
fn system_user() -> String {
    #[cfg(unix)]
    {
        format!("uid {}", rustix::process::getuid().as_raw())
    }
    #[cfg(not(unix))]
    {
        String::new()
    }
}

fn value(value: &draft::FieldValue) -> Value {
    match value {
        draft::FieldValue::Line(line) => json!(line),
        draft::FieldValue::Switch(on) => json!(on),
        draft::FieldValue::Lines(lines) => json!(lines),
    }
}

impl CredentialsApi for Recorded {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        self.api.capabilities()
    }

    fn me(&self) -> Answer<'_, Me> {
        self.api.me()
    }

    fn page(&self, query: PageQuery) -> Answer<'_, Page> {
        self.api.page(query)
    }

    fn page_at(&self, number: u32, size: u32) -> Option<String> {
        self.api.page_at(number, size)
    }

    fn show(&self, of: CredentialRef) -> Answer<'_, Credential> {
        Box::pin(async move {
            let result = self.api.show(of).await;
            if let Ok(credential) = &result {
                let mut shown = self.shown();
                if shown.len() >= MOST_SHOWN {
                    shown.clear();
                }
                shown.insert(credential.reference(), credential.clone());
            }
            result
        })
    }

    fn secret(&self, of: CredentialRef) -> Answer<'_, Secret> {
        Box::pin(async move {
            let result = self.api.secret(of.clone()).await;
            self.record(("read-secret", of.kind, &of.id), None, Vec::new(), &result).await;
            result
        })
    }

    fn create(&self, draft: Draft, attempt: String) -> Answer<'_, Written> {
        Box::pin(async move {
            let kind = draft.kind();
            let change = |(field, set): (draft::Field, draft::FieldValue)| {
                (!set.is_unset()).then(|| json!({ "field": field.wire(), "after": value(&set) }))
            };
            let changes = draft.values().into_iter().filter_map(change).collect();
            let result = self.api.create(draft, attempt).await;
            let none = Untrusted::default();
            self.record_written(("create", kind, &none), changes, &result).await;
            result
        })
    }

    fn edit(
        &self,
        of: CredentialRef,
        version: Option<String>,
        changes: Vec<Change>,
    ) -> Answer<'_, Written> {
        Box::pin(async move {
            let change = |it: &Change| json!({ "field": it.field.wire(), "before": value(&it.before), "after": value(&it.after) });
            let recorded = changes.iter().map(change).collect();
            let result = self.api.edit(of.clone(), version, changes).await;
            self.record_written(("edit", of.kind, &of.id), recorded, &result).await;
            result
        })
    }

    fn rotate(&self, of: CredentialRef, rotation: RotationRequest) -> Answer<'_, Written> {
        Box::pin(async move {
            let result = self.api.rotate(of.clone(), rotation).await;
            self.record_written(("rotate", of.kind, &of.id), Vec::new(), &result).await;
            result
        })
    }

    fn add_secret(&self, of: CredentialRef) -> Answer<'_, AddedSecret> {
        Box::pin(async move {
            let result = self.api.add_secret(of.clone()).await;
            self.record(("add-secret", of.kind, &of.id), None, Vec::new(), &result).await;
            result
        })
    }

    fn retire_secret(&self, of: CredentialRef, previous: Option<Untrusted>) -> Answer<'_, ()> {
        Box::pin(async move {
            let result = self.api.retire_secret(of.clone(), previous).await;
            self.record(("retire-secret", of.kind, &of.id), None, Vec::new(), &result).await;
            result
        })
    }

    fn withdraw_secret<'a>(
        &'a self,
        of: CredentialRef,
        added: Option<Untrusted>,
        previous: Option<&'a Secret>,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let result = self.api.withdraw_secret(of.clone(), added, previous).await;
            self.record(("withdraw-secret", of.kind, &of.id), None, Vec::new(), &result).await;
            result
        })
    }

    fn set_secret_active(
        &self,
        of: CredentialRef,
        secret: Untrusted,
        active: bool,
    ) -> Answer<'_, ()> {
        Box::pin(async move {
            let result = self.api.set_secret_active(of.clone(), secret, active).await;
            let action = if active { "activate-secret" } else { "deactivate-secret" };
            self.record((action, of.kind, &of.id), None, Vec::new(), &result).await;
            result
        })
    }

    fn set_enabled(&self, of: CredentialRef, enabled: bool) -> Answer<'_, ()> {
        Box::pin(async move {
            let result = self.api.set_enabled(of.clone(), enabled).await;
            let action = if enabled { "enable" } else { "disable" };
            self.record((action, of.kind, &of.id), None, Vec::new(), &result).await;
            result
        })
    }

    fn recorded_uses(&self) -> Answer<'_, RecordedUses> {
        self.api.recorded_uses()
    }

    fn native_object(&self, of: CredentialRef) -> Answer<'_, Map<String, Value>> {
        self.api.native_object(of)
    }

    fn web_page(&self, credential: &Credential) -> Option<String> {
        self.api.web_page(credential)
    }

    fn settled(&self) -> Answer<'_, ()> {
        self.api.settled()
    }

    fn restore(&self, of: CredentialRef) -> Answer<'_, Credential> {
        Box::pin(async move {
            let result = self.api.restore(of.clone()).await;
            let restored = result.as_ref().ok();
            let change = |_| json!({ "field": "client_id", "after": of.id.raw() });
            let changes = restored.map(change).into_iter().collect();
            if !matches!(result, Err(ApiError::NotFound { .. })) {
                let name = restored.map(Credential::name);
                self.record(("restore", of.kind, &of.id), name, changes, &result).await;
            }
            result
        })
    }

    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()> {
        Box::pin(async move {
            // A rejected deletion may be repeated, so the values are kept until it succeeds.
            let last = self.shown().get(&of).cloned();
            let result = self.api.delete(of.clone(), version).await;
            if result.is_ok() {
                self.shown().remove(&of);
            }
            let (name, values) = match &last {
                Some(last) => (Some(last.name()), last_values(last)),
                None => (None, Vec::new()),
            };
            self.record(("delete", of.kind, &of.id), name, values, &result).await;
            result
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str) -> HistoryEntry {
        let of = CredentialRef::new(Kind::M2m, "sync".into());
        HistoryEntry {
            at: Timestamp::UNIX_EPOCH,
            ..HistoryEntry::done(action, Some("ada".to_owned()), "it", &of)
        }
    }

    /// A failed attempt must not hide the ID with which the client was restored.
    #[test]
    fn failed_restore_does_not_count() {
        let restored = HistoryEntry {
            changes: vec![json!({ "field": "client_id", "after": "new" })],
            ..entry("restore")
        };
        let failed = HistoryEntry { outcome: "failed".to_owned(), ..entry("restore") };
        let entries = [entry("delete"), restored, failed];
        assert_eq!(restored_as(&entries, "it", "sync"), Some("new"));
        assert_eq!(restored_as(&entries[..1], "it", "sync"), None);
    }

    #[test]
    fn changed_removed_and_inserted_lines_are_found() {
        let directory = tempfile::tempdir().expect("a directory");
        let history = History::below(&directory.path().join("state"));
        assert_eq!(history.verify().expect("none"), Ok((0, String::new())));
        for action in ["create", "edit", "rotate", "delete"] {
            history.add(entry(action)).expect("added");
        }
        let text = fs::read_to_string(history.path()).expect("a file");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(history.verify().expect("read"), Ok((4, digest(lines[3]))));
        assert_eq!(history.all().expect("read").len(), 4);
        #[cfg(unix)]
        assert_eq!(files::loose_mode(history.path()).expect("a mode"), None);
        for (damaged, line) in [
            (text.replace("\"edit\"", "\"show\""), 3),
            ([lines[0], lines[2], lines[3], ""].join("\n"), 2),
            ([lines[0], lines[1], lines[1], lines[2], ""].join("\n"), 3),
            (format!("{text}{{\"previous\""), 5),
        ] {
            fs::write(history.path(), damaged).expect("written");
            assert_eq!(history.verify().expect("read"), Err(line));
        }
        // The next entry starts on a new line.
        history.add(entry("edit")).expect("added");
        assert_eq!(history.all().expect("read").len(), 5);
    }
}
