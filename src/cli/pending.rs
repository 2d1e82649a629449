//! State that an interrupted command leaves for the next one: secrets that are not yet delivered,
//! and create requests whose outcome is unknown.

use std::{fmt::Write as _, path::PathBuf};

use color_eyre::eyre::{Result, WrapErr as _, eyre};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Exit, context::Context, prompt::say, secret_output::SecretOutput};
use crate::{
    domain::{Credential, Draft, Secret, age, export, profile::Word as _, text},
    files,
    vault::SessionStore,
};

/// Name of the list of pending secrets in the session store, and prefix of the names of the
/// secrets. Sessions are stored under profile names, which have no slash, so no session has such a
/// name.
const INDEX: &str = "pending-secrets/";

/// Record of a secret that is not yet delivered. The secret itself is in the session store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PendingSecret {
    /// Name of the credential's profile.
    pub profile: String,
    /// Kind of the credential, such as `m2m`.
    pub kind: String,
    /// Client ID or token ID.
    pub id: String,
    /// Time at which the secret was stored.
    pub at: Timestamp,
}

impl PendingSecret {
    fn vault_key(&self) -> String {
        format!("{INDEX}{}/{}/{}", self.profile, self.kind, self.id)
    }
}

async fn index(vault: &SessionStore) -> Result<Vec<PendingSecret>> {
    let text = vault.load(INDEX).await.map_err(|error| eyre!("{error}"))?;
    let text = text.as_ref().map_or("[]", |text| text.expose());
    serde_json::from_str(text).wrap_err(
        "Could not read the list of pending secrets: it is damaged. Rotate the affected clients to get new secrets",
    )
}

async fn write_index(vault: &SessionStore, all: &[PendingSecret]) -> Result<()> {
    let text = serde_json::to_string(all)?;
    vault.save_for_good(INDEX, &Secret::new(text)).await?;
    Ok(())
}

/// Stores a secret that is not yet delivered.
///
/// # Errors
/// Returns an error if the session store cannot save the secret, or if its list of pending secrets
/// is damaged.
pub async fn keep(
    context: &Context,
    profile: &str,
    credential: &Credential,
    secret: &Secret,
) -> Result<()> {
    let vault = context.auth.store().await;
    let pending = PendingSecret {
        profile: profile.to_owned(),
        kind: credential.kind().word().to_owned(),
        id: credential.id().raw().to_owned(),
        at: Timestamp::now(),
    };
    // The secret is stored first, because an incomplete list can be fixed by hand, but a lost
    // secret cannot be recovered.
    vault.save_for_good(&pending.vault_key(), secret).await?;
    let mut all = index(&vault).await?;
    all.retain(|it| it.vault_key() != pending.vault_key());
    all.push(pending);
    write_index(&vault, &all).await
}

/// Returns the pending secret of a credential; `None` if there is none.
///
/// # Errors
/// Returns an error if the session store cannot be read.
pub async fn kept(
    context: &Context,
    profile: &str,
    credential: &Credential,
) -> Result<Option<Secret>> {
    let vault = context.auth.store().await;
    let (kind, id) = (credential.kind().word(), credential.id().raw());
    let is_its = |it: &&PendingSecret| it.profile == profile && it.kind == kind && it.id == id;
    let all = index(&vault).await?;
    let Some(place) = all.iter().find(is_its).map(PendingSecret::vault_key) else {
        return Ok(None);
    };
    vault.load(&place).await.map_err(|error| eyre!("{error}"))
}

/// Checks that a secret can be stored.
///
/// # Errors
/// Returns an error if the session store cannot be read or written.
pub async fn check(context: &Context) -> Result<()> {
    let vault = context.auth.store().await;
    let all = index(&vault).await?;
    write_index(&vault, &all).await
}

/// Removes a pending secret that was delivered without [`deliver`].
///
/// # Errors
/// Returns an error if the session store cannot be read or written.
pub async fn forget(context: &Context, profile: &str, credential: &Credential) -> Result<()> {
    let vault = context.auth.store().await;
    let (kind, id) = (credential.kind().word(), credential.id().raw());
    let is_its = |it: &PendingSecret| it.profile == profile && it.kind == kind && it.id == id;
    let mut all = index(&vault).await?;
    let Some(at) = all.iter().position(is_its) else { return Ok(()) };
    let place = all.remove(at).vault_key();
    write_index(&vault, &all).await?;
    vault.remove(&place).await.map_err(|error| eyre!("{error}"))
}

/// Lists the pending secrets, without their values.
///
/// # Errors
/// Returns an error if the session store cannot be read.
pub async fn list(context: &Context) -> Result<String> {
    let all = index(&*context.auth.store().await).await?;
    if all.is_empty() {
        return Ok("No pending secrets.\n".to_owned());
    }
    Ok(all.iter().fold(String::new(), |mut out, it| {
        let (profile, id) = (text::shown(&it.profile), text::shown(&it.id));
        let _ = writeln!(out, "{:<5}  {id}  {profile}  {}", it.kind, age::utc(it.at));
        out
    }))
}

/// Delivers a pending secret, and removes it from the session store.
///
/// # Errors
/// Returns an error if no secret is pending for the ID, if several profiles have a secret for it
/// and `profile` is `None`, or if the session store or the delivery fails. If the delivery fails,
/// the secret stays pending.
pub async fn deliver(
    context: &Context,
    id: &str,
    profile: Option<&str>,
    to: SecretOutput,
) -> Result<()> {
    let vault = context.auth.store().await;
    let mut all = index(&vault).await?;
    let matches = |it: &PendingSecret| it.id == id && profile.is_none_or(|own| it.profile == own);
    let mut found = all.iter().enumerate().filter(|(_, it)| matches(it));
    let (at, first) = found.next().ok_or_else(|| {
        eyre!("No pending secret for {}. List them: credenza secret pending", text::shown(id))
    })?;
    // If one profile has secrets of two kinds for the ID, each run of the command delivers one.
    if found.any(|(_, it)| it.profile != first.profile) {
        return Err(Exit::usage(format!(
            "Several profiles have a pending secret for {}. Select one with --profile. List them: credenza secret pending",
            text::shown(id)
        )));
    }
    let place = all[at].vault_key();
    let secret = vault.load(&place).await.map_err(|error| eyre!("{error}"))?;
    let secret = secret.ok_or_else(|| {
        let id = text::shown(id);
        eyre!("Could not deliver the secret of {id}: it is no longer in the session store.\nIssue a new one: credenza rotate {id}")
    })?;
    to.put(&secret)?;
    all.remove(at);
    write_index(&vault, &all).await?;
    vault.remove(&place).await.map_err(|error| eyre!("{error}"))?;
    say("Delivered, and removed from the session store.");
    Ok(())
}

/// Time for which the record of a create request with an unknown outcome is valid.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(10);

/// Create request whose outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingCreate {
    /// Hash of the profile and the draft.
    digest: String,
    /// Idempotency key.
    pub key: String,
    /// Time of the attempt.
    pub at: Timestamp,
}

/// File with the create requests whose outcome is unknown, in the state directory.
pub struct PendingCreates(PathBuf);

impl PendingCreates {
    /// Returns the file in the state directory, which may not exist yet.
    #[must_use]
    pub fn new(context: &Context) -> Self {
        Self(context.auth.state.join("pending-creates.json"))
    }

    fn all(&self) -> Vec<PendingCreate> {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        let all: Vec<PendingCreate> = serde_json::from_str(&text).unwrap_or_default();
        let now = Timestamp::now();
        all.into_iter().filter(|it| now.duration_since(it.at) < REMEMBERED).collect()
    }

    fn write(&self, all: &[PendingCreate]) -> Result<()> {
        if all.is_empty() {
            return match std::fs::remove_file(&self.0) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            };
        }
        if let Some(directory) = self.0.parent() {
            files::private_directory(directory)?;
        }
        Ok(files::replace(&self.0, serde_json::to_string(all)?.as_bytes())?)
    }

    /// Returns the recorded attempt to create the same draft in the last ten minutes, if any.
    #[must_use]
    pub fn find(&self, profile: &str, draft: &Draft) -> Option<PendingCreate> {
        let digest = digest(profile, draft);
        self.all().into_iter().find(|it| it.digest == digest)
    }

    /// Records an attempt before it is sent.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written, because an unrecorded create request could
    /// be repeated by mistake.
    pub fn remember(&self, profile: &str, draft: &Draft, key: &str) -> Result<()> {
        let mut all = self.all();
        let digest = digest(profile, draft);
        all.retain(|it| it.digest != digest);
        all.push(PendingCreate { digest, key: key.to_owned(), at: Timestamp::now() });
        self.write(&all).wrap_err("Could not record the attempt, so nothing was sent")
    }

    /// Removes an attempt with a known outcome.
    pub fn forget(&self, profile: &str, draft: &Draft) {
        let mut all = self.all();
        let digest = digest(profile, draft);
        all.retain(|it| it.digest != digest);
        if let Err(error) = self.write(&all) {
            tracing::warn!(%error, "could not remove the record of a finished create request");
        }
    }
}

fn digest(profile: &str, draft: &Draft) -> String {
    let text = format!("{profile}\n{draft:?}");
    export::hex(&Sha256::digest(text))
}
