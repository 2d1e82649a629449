//! `credenza undo`: reverts an edit that is recorded in the history. `credenza restore`: creates a
//! deleted credential again from the history or from a snapshot.

use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use serde_json::json;

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::{ApiArgs, ApiSession, not_in_demo, refused},
    create,
    edit::{self, WantedChanges},
    prompt::say,
    secret_output::{SecretOutput, SecretOutputArgs},
    snapshot,
    write::{WriteArgs, handed_over, with_api},
};
use crate::{
    api::{ApiError, Written},
    config,
    domain::{
        Credential, CredentialRef, Draft, Kind, Untrusted, age, draft, profile::Word as _,
        snapshot::Snapshot, text,
    },
    lifecycle::history::{self, History, HistoryEntry, PastEdit},
};

/// Arguments of `undo`.
#[derive(Debug, Clone, Args)]
pub struct UndoArgs {
    /// Client ID, token ID or most recent name. Default: the last edited credential of the profile.
    pub id: Option<String>,
    /// Name of a built-in client, to confirm the change.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Common options of commands that write.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Reverts the last edit of the profile, or of one credential, that was made with Credenza on this
/// machine. Later changes by others are kept. An edit that was undone is not found again, so a
/// second `undo` reverts the edit before it.
///
/// # Errors
/// Returns an error if no edit is recorded, if the credential no longer exists, or if a value was
/// changed after the edit. Also the errors of [`edit::edit`].
pub fn undo(console: &ConsoleArgs, args: &UndoArgs) -> Result<Printed> {
    not_in_demo(console, &args.write.api)?;
    with_api(console, &args.write.api, async |session| {
        let past = entries()?;
        let PastEdit { entry, changes } = last_edit(session, &past, args.id.as_deref())?;
        let kind =
            Kind::of_word(&entry.kind).ok_or_else(|| eyre!("Unknown kind in the history"))?;
        let of = CredentialRef::new(kind, Untrusted::from(entry.id.as_str()));
        let found = session.show(&of).await.map_err(|error| match error {
            ApiError::NotFound { .. } => eyre!(
                "{} no longer exists.\nCreate it again: credenza restore {}",
                text::shown(&entry.id),
                text::shown(&entry.id)
            ),
            error => refused(&error, "Could not read the credential"),
        })?;
        let edits = draft::reversal(&changes, &Draft::of(&found)).map_err(|why| {
            eyre!(
                "Could not undo the edit: {why}.\nChange the credential yourself: credenza edit {}",
                found.id().shown()
            )
        })?;
        let user = match entry.user.as_str() {
            "" => "an unknown user".into(),
            user => text::shown(user),
        };
        say(&format!("Edit to undo: {}, by {user}", age::utc(entry.at)));
        let wanted = WantedChanges { edits, lenient: true };
        let printed =
            edit::changed(session, &found, &wanted, &args.write, args.confirm.as_deref()).await?;
        if !args.write.dry_run {
            record_undo(session, &entry, &of, past.len())?;
        }
        Ok(printed)
    })
}

/// Records that an edit was undone, so that the next `undo` finds the edit before it. `before` is
/// the number of history entries before the undo.
fn record_undo(
    session: &ApiSession,
    undone: &HistoryEntry,
    of: &CredentialRef,
    before: usize,
) -> Result<()> {
    let own = |it: &&HistoryEntry| {
        it.action == "edit" && it.profile == undone.profile && it.id == undone.id
    };
    let by = entries()?.get(before..).and_then(|new| new.iter().rfind(own).map(|it| it.at));
    let entry = HistoryEntry {
        of: Some(undone.at),
        by,
        ..HistoryEntry::done("undo", config::user(), &session.profile.name, of)
    };
    record(entry)
}

fn record(entry: HistoryEntry) -> Result<()> {
    let history = History::below(&config::state_directory()?);
    history.add(entry).wrap_err_with(|| format!("Could not write {}", history.path().display()))
}

fn entries() -> Result<Vec<HistoryEntry>> {
    let history = History::below(&config::state_directory()?);
    history.all().wrap_err_with(|| format!("Could not read {}", history.path().display()))
}

fn last_edit(session: &ApiSession, entries: &[HistoryEntry], id: Option<&str>) -> Result<PastEdit> {
    let profile = &session.profile.name;
    // A name refers to the credential that had this name last.
    let named = |id: &str| {
        let is_it = |it: &&HistoryEntry| {
            it.profile == *profile && (it.id == id || it.name.as_deref() == Some(id))
        };
        entries.iter().rfind(is_it).map_or_else(|| id.to_owned(), |it| it.id.clone())
    };
    let id = id.map(named);
    history::last_edit(entries, profile, id.as_deref()).ok_or_else(|| {
        let of = id.as_deref().map_or_else(String::new, |id| format!(" of {}", text::shown(id)));
        eyre!("No edit{of} to undo in this profile: only edits made with Credenza on this machine are recorded")
    })
}

/// Arguments of `restore`.
#[derive(Debug, Clone, Args)]
pub struct RestoreArgs {
    /// Client ID, token ID or most recent name of the deleted credential.
    pub id: String,
    /// Snapshot file. Default: the history, or the newest kept snapshot that has the credential.
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Use the snapshots of the credentials shared with the organization.
    #[arg(long)]
    pub organization: bool,
    /// Idempotency-Key, by which the server recognizes a repeated request.
    #[arg(long, value_name = "KEY", value_parser = create::idempotency_key)]
    pub idempotency_key: Option<String>,
    /// Destination of the new secret.
    #[command(flatten)]
    pub keep: SecretOutputArgs,
    /// Common options of commands that write.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Deleted credential, with the values to create it again.
struct Lost {
    of: CredentialRef,
    name: Untrusted,
    draft: Draft,
    /// Source of the values, with its time.
    source: String,
}

/// Creates a deleted credential again with the values that the history recorded at its deletion, or
/// with those of a snapshot. The secret is new. The ID is also new, unless the provider accepts a
/// given ID. If the client is in the recycle bin of the provider and `--from` is not given, the
/// client is restored from there, with its ID and its secrets.
///
/// # Errors
/// Returns an error if neither the history nor a snapshot has the credential, or if the credential
/// still exists or was already restored. Also the errors of [`create::create`].
pub fn restore(console: &ConsoleArgs, args: &RestoreArgs) -> Result<Printed> {
    not_in_demo(console, &args.write.api)?;
    let to = args.keep.reserve_unless(args.write.dry_run)?;
    let api = ApiArgs { creates: !args.write.dry_run, ..args.write.api.clone() };
    with_api(console, &api, async |session| {
        let past = entries()?;
        if let Some(printed) = from_recycle_bin(session, &past, args).await? {
            return Ok(printed);
        }
        let lost = match in_history(session, &past, args) {
            Some(lost) => lost,
            None => in_snapshots(session, args)?,
        };
        let id = lost.of.id.shown();
        if let Some(new) = history::restored_as(&past, &session.profile.name, lost.of.id.raw()) {
            let of = CredentialRef::new(lost.of.kind, new.into());
            if session.show(&of).await.is_ok() {
                let new = text::shown(new);
                return Err(eyre!(
                    "{id} was already restored as {new}.\nShow it: credenza show {new}"
                ));
            }
        }
        match session.show(&lost.of).await {
            Err(ApiError::NotFound { .. }) => {}
            Err(error) => return Err(refused(&error, &format!("Could not look up {id}"))),
            Ok(_) => {
                return Err(eyre!("{id} still exists.\nRevert its last edit: credenza undo {id}"));
            }
        }
        say(&format!(
            "Values of {}: from {}. Not restored: the secret, settings that Credenza does not edit and, with most servers, the ID",
            lost.name.shown(),
            lost.source
        ));
        let shape = session.capabilities.of(lost.of.kind).shape;
        let draft = lost.draft.offered(shape, lost.of.id.raw());
        let (keep, write, key) = (&args.keep, &args.write, args.idempotency_key.clone());
        let wanted = create::Creation { draft, key, keep, write };
        create::created(session, wanted, to, |made| {
            let new = made.id();
            if *new != lost.of.id {
                let new = new.shown();
                say(&format!(
                    "Its ID is now {new} (was {id}). Update every consumer of the old ID"
                ));
            }
            let profile = &session.profile.name;
            let entry = HistoryEntry {
                changes: vec![json!({ "field": "client_id", "after": new.raw() })],
                ..HistoryEntry::done("restore", config::user(), profile, &lost.of)
            };
            if let Err(error) = record(entry) {
                say(&format!("credenza: {error:#}"));
            }
        })
        .await
    })
}

/// Restores the client from the recycle bin of the provider. Returns `None` if the provider has no
/// recycle bin, if the recycle bin does not contain the client, or if a snapshot is given. In a dry
/// run, nothing is restored, and `None` is returned if the history has the client.
async fn from_recycle_bin(
    session: &ApiSession,
    entries: &[HistoryEntry],
    args: &RestoreArgs,
) -> Result<Option<Printed>> {
    if args.from.is_some() || !session.capabilities.kinds.iter().any(|it| it.restores) {
        return Ok(None);
    }
    let deleted = history::deleted(entries, &session.profile.name, &args.id);
    let of = deleted.map_or_else(
        || CredentialRef::new(Kind::Other, args.id.as_str().into()),
        |(entry, draft)| CredentialRef::new(draft.kind(), entry.id.as_str().into()),
    );
    if args.write.dry_run {
        say(&format!(
            "Would restore {} from the recycle bin of the provider, if it contains the client",
            of.id.shown()
        ));
        // If the recycle bin does not contain the client, the values of the history are used, so
        // the plan must show them.
        let known = in_history(session, entries, args).is_some();
        return Ok((!known).then(|| Printed::fine(String::new())));
    }
    let writer = session.writer(args.write.unlock.as_deref())?;
    match writer.restore(&of).await {
        Ok(restored) => {
            say("Restored from the provider's recycle bin, with its ID and its secrets");
            let output = args.write.output;
            let made = Written::from(restored);
            handed_over(session, made, SecretOutput::None, output, "Restored").await.map(Some)
        }
        Err(ApiError::NotFound { .. }) => Ok(None),
        Err(error) => Err(refused(&error, &format!("Could not restore {}", of.id.shown()))),
    }
}

/// Returns the credential from the history; `None` if a snapshot or `--organization` is given, or
/// if no deletion with values is recorded.
fn in_history(session: &ApiSession, entries: &[HistoryEntry], args: &RestoreArgs) -> Option<Lost> {
    if args.from.is_some() || args.organization {
        return None;
    }
    let (entry, draft) = history::deleted(entries, &session.profile.name, &args.id)?;
    Some(Lost {
        of: CredentialRef::new(draft.kind(), entry.id.as_str().into()),
        name: entry.name.as_deref().unwrap_or(&entry.id).into(),
        draft,
        source: format!("its deletion on {}", age::utc(entry.at)),
    })
}

/// Returns the credential from the given snapshot, or else from the newest kept snapshot that has
/// the credential.
fn in_snapshots(session: &ApiSession, args: &RestoreArgs) -> Result<Lost> {
    let find = |snapshot: &Snapshot| -> Result<Option<Lost>> {
        let is_it = |it: &&Credential| {
            let is_named = it.id().raw() == args.id || it.name().raw() == args.id;
            is_named && it.record().unreadable.is_none()
        };
        let found: Vec<&Credential> = snapshot.credentials.iter().filter(is_it).collect();
        let found = match found.as_slice() {
            [] => return Ok(None),
            [one] => *one,
            all => {
                let ids: Vec<_> = all.iter().map(|it| it.id().shown()).collect();
                let ids = ids.join(", ");
                return Err(Exit::usage(format!(
                    "Several credentials have this name. Use an ID: {ids}"
                )));
            }
        };
        Ok(Some(Lost {
            of: found.reference(),
            name: found.name().clone(),
            draft: Draft::of(found),
            source: format!("the snapshot of {}", age::utc(snapshot.taken_at)),
        }))
    };
    if let Some(file) = &args.from {
        let name = text::shown(&file.display().to_string()).into_owned();
        return find(&snapshot::read(file)?)?
            .ok_or_else(|| eyre!("{name} has no credential {}", text::shown(&args.id)));
    }
    let store = snapshot::store(session, args.organization)?;
    for kept in store.all().wrap_err(snapshot::UNREADABLE_STORE)?.iter().rev() {
        // A damaged file must not hide an older snapshot.
        match snapshot::read(&kept.path) {
            Ok(snapshot) => {
                if let Some(found) = find(&snapshot)? {
                    return Ok(found);
                }
            }
            Err(error) => say(&format!("credenza: {error:#}")),
        }
    }
    Err(eyre!(
        "Neither the history nor a kept snapshot of this profile has {}.\nSpecify a snapshot file: --from FILE",
        text::shown(&args.id)
    ))
}
