//! Rotation of a client's secret: issue, deliver, prove, watch, retire.
//!
//! Every step writes the journal before and after it acts, and can be repeated. At every moment a secret that works is
//! in the session store or at a destination, so a rotation that was interrupted anywhere is resumed or aborted.

use std::{collections::BTreeMap, io, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{
    destinations::{self, DestinationError},
    journal::{Delivery, Journal, Journals, RetireWhen, Stage},
};
use crate::{
    api::{Abilities, ApiError, CredentialsApi, Overlap, Secrecy},
    auth::proof::{Proof, Prover},
    domain::{Credential, Kind, Secret, Untrusted, destination::Destination},
    vault::{SessionStore, VaultError},
};

/// Waits between attempts with a new secret: servers need up to two minutes until every node knows it.
const PATIENCE: [u64; 8] = [0, 1, 2, 4, 8, 15, 30, 60];

/// Failure of a step. The journal keeps the progress up to it.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The server failed or refused.
    #[error("{what}")]
    Api {
        /// Failed action.
        what: &'static str,
        /// Error of the server.
        error: ApiError,
    },
    /// A destination failed.
    #[error("{0}")]
    Destination(#[from] DestinationError),
    /// The session store failed.
    #[error("Could not use the session store: {0}")]
    Vault(#[from] VaultError),
    /// The journal could not be written or read.
    #[error("Could not write the journal of the rotation: {0}")]
    Journal(#[from] io::Error),
    /// A destination of the journal is not in the configuration.
    #[error("The destination {0} is not in the configuration")]
    UnknownDestination(String),
    /// The copy at a destination differs from what was written.
    #[error("The secret at destination {0} differs from the new one after writing")]
    Differs(String),
    /// The issuer rejects the new secret.
    #[error("The issuer rejects the new secret ({from}): {said}")]
    Rejected {
        /// Source of the tried copy.
        from: String,
        /// Words of the issuer.
        said: String,
    },
    /// The previous secret cannot be restored.
    #[error("{0}")]
    CannotAbort(String),
    /// The stored secrets are missing or damaged.
    #[error("The secrets of this rotation are not in the session store")]
    SecretsMissing,
}

/// Secrets of a rotation, as the session store holds them.
#[derive(Default, Serialize, Deserialize)]
struct Secrets {
    new: Option<String>,
    previous: Option<String>,
    /// Former content of each destination.
    destinations: BTreeMap<String, String>,
}

impl Drop for Secrets {
    fn drop(&mut self) {
        let texts = self.new.iter_mut().chain(self.previous.iter_mut());
        texts.chain(self.destinations.values_mut()).for_each(Zeroize::zeroize);
    }
}

impl Secrets {
    fn issued(&self) -> Result<Secret, RotationError> {
        self.new.clone().map(Secret::new).ok_or(RotationError::SecretsMissing)
    }

    fn previous(&self) -> Option<Secret> {
        self.previous.clone().map(Secret::new)
    }
}

/// A rotation in progress, with everything it acts on.
pub struct Rotation<'a> {
    /// Server of the client.
    pub api: &'a dyn CredentialsApi,
    /// Abilities for the client's kind.
    pub abilities: &'a Abilities,
    /// Issuer that checks secrets, or the reason why there is none.
    pub prover: Result<&'a Prover, String>,
    /// Store of the secrets.
    pub vault: &'a SessionStore,
    /// Journals.
    pub journals: &'a Journals,
    /// Configured destinations.
    pub destinations: &'a [Destination],
    /// Clock.
    pub clock: fn() -> Timestamp,
    /// Receives a sentence about each step.
    pub report: &'a (dyn Fn(&str) + Sync),
    /// Kind of the client.
    pub kind: Kind,
    /// The journal.
    pub journal: Journal,
}

impl Rotation<'_> {
    /// Checks everything that can be checked without a change. The client is the one of the journal.
    ///
    /// # Errors
    /// The reason against the rotation.
    pub async fn preflight(&self) -> Result<(), RotationError> {
        for delivery in &self.journal.deliveries {
            destinations::check(self.destination(&delivery.destination)?).await?;
        }
        Ok(())
    }

    /// Continues until the rotation is complete, or has to wait ([`Stage::Watching`]).
    ///
    /// # Errors
    /// The first failed step; calling it again repeats that step.
    pub async fn advance(&mut self) -> Result<(), RotationError> {
        let resumed = self.journal.stage != Stage::Preflight;
        loop {
            match self.journal.stage {
                Stage::Preflight => self.prepare().await?,
                Stage::Issuing => self.issue(resumed).await?,
                Stage::Issued => self.deliver().await?,
                Stage::Delivered => self.prove().await?,
                Stage::Watching if self.may_retire().await? => self.enter(Stage::Retiring)?,
                Stage::Retiring => self.retire().await?,
                Stage::Aborting => self.abort().await?,
                Stage::Watching | Stage::Closed | Stage::Aborted => return Ok(()),
            }
        }
    }

    /// Ends the previous secret now, whatever the condition for that was.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub async fn finish(&mut self) -> Result<(), RotationError> {
        self.advance().await?;
        if self.journal.stage == Stage::Watching {
            self.enter(Stage::Retiring)?;
            self.advance().await?;
        }
        Ok(())
    }

    /// Restores the destinations and the previous secret.
    ///
    /// # Errors
    /// [`RotationError::CannotAbort`] if the previous secret is ended or unknown to the server; otherwise the first
    /// failed step.
    pub async fn abort(&mut self) -> Result<(), RotationError> {
        match self.journal.stage {
            Stage::Closed | Stage::Retiring => {
                let why = "The previous secret was ended already. Rotate again instead";
                return Err(RotationError::CannotAbort(why.to_owned()));
            }
            Stage::Aborted => return Ok(()),
            Stage::Preflight => {
                self.forget().await?;
                return self.end(Stage::Aborted);
            }
            _ => {}
        }
        let Some(secrets) = self.stored().await? else {
            // An earlier attempt was interrupted after its last step.
            return match self.journal.stage {
                Stage::Aborting => self.end(Stage::Aborted),
                _ => Err(RotationError::SecretsMissing),
            };
        };
        let withdrawn_first = self.abilities.overlap != Overlap::Several;
        if withdrawn_first {
            // The previous secret may not work, so consumers keep the new one until it does.
            self.withdraw(&secrets).await?;
        }
        self.enter(Stage::Aborting)?;
        for delivery in &self.journal.deliveries {
            let destination = self.destination(&delivery.destination)?;
            let former = secrets.destinations.get(&delivery.destination);
            // What cannot be read held the previous secret, because its consumers worked.
            let assumed = secrets.previous.as_ref().filter(|_| !destination.store.is_readable());
            match former.or(assumed) {
                Some(former) => {
                    let former = Secret::new(former.clone());
                    match destinations::write(destination, &former).await {
                        Ok(()) => self.say(&format!("Restored destination {}.", destination.name)),
                        // It failed before, so it has its former content unless it is not atomic.
                        Err(error) if delivery.delivered_at.is_none() => {
                            self.say(&format!("{error}. It was not written before; check it."));
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                None if delivery.delivered_at.is_none() => {}
                None => self.say(&format!(
                    "Destination {} held no secret before. Remove the withdrawn one there.",
                    delivery.destination
                )),
            }
        }
        if !withdrawn_first {
            self.withdraw(&secrets).await?;
        }
        self.forget().await?;
        self.end(Stage::Aborted)
    }

    async fn withdraw(&self, secrets: &Secrets) -> Result<(), RotationError> {
        // Without an ID, a secret that was never received cannot be named.
        let added = match &self.journal.secret_id {
            Some(id) => Some(Untrusted::from(id.clone())),
            None if self.abilities.overlap == Overlap::Several => {
                match self.unknown_secret(&self.show().await?) {
                    Some(id) => Some(id),
                    None => return Ok(()),
                }
            }
            None => None,
        };
        let previous = secrets.previous();
        if self.abilities.secrecy == Secrecy::Readable {
            let current = self.api.secret(self.kind, self.id()).await;
            let current = current.map_err(api_error("Could not read the current secret"))?;
            if Some(current.expose()) == previous.as_ref().map(Secret::expose) {
                return Ok(());
            }
        }
        let result = self.api.withdraw_secret(self.kind, self.id(), added, previous.as_ref()).await;
        match result {
            Ok(()) => {
                self.say("Withdrew the new secret.");
                Ok(())
            }
            Err(ApiError::Forbidden { said }) => Err(RotationError::CannotAbort(format!(
                "The previous secret cannot be restored: {}. Resume the rotation instead",
                said.shown()
            ))),
            Err(error) => Err(api_error("Could not withdraw the new secret")(error)),
        }
    }

    /// Stores what a rollback needs.
    async fn prepare(&mut self) -> Result<(), RotationError> {
        let client = self.show().await?;
        let newest = newest_id(&client);
        let mut secrets = Secrets::default();
        if self.abilities.secrecy == Secrecy::Readable {
            let secret = self.api.secret(self.kind, self.id()).await;
            let secret = secret.map_err(api_error("Could not read the current secret"))?;
            secrets.previous = Some(secret.expose().to_owned());
        }
        for delivery in &self.journal.deliveries {
            let destination = self.destination(&delivery.destination)?;
            if let Some(found) = destinations::read(destination).await.unwrap_or(None) {
                secrets.destinations.insert(destination.name.clone(), found.expose().to_owned());
            }
        }
        self.store(&secrets).await?;
        self.journal.previous_id = newest.map(|id| id.raw().to_owned());
        self.enter(Stage::Issuing)
    }

    async fn issue(&mut self, resumed: bool) -> Result<(), RotationError> {
        let mut secrets = self.secrets().await?;
        if secrets.new.is_none() && resumed {
            self.recover(&mut secrets).await?;
        }
        if secrets.new.is_none() {
            let added = self.api.add_secret(self.kind, self.id()).await;
            let added = added.map_err(api_error("Could not issue a new secret"))?;
            secrets.new = Some(added.secret.expose().to_owned());
            self.journal.secret_id = added.id.as_ref().map(|id| id.raw().to_owned());
            if let Err(error) = self.store(&secrets).await {
                // Nothing else holds it, so it must not stay on the server.
                let previous = secrets.previous();
                let id = added.id;
                let _ = self.api.withdraw_secret(self.kind, self.id(), id, previous.as_ref()).await;
                return Err(error);
            }
            self.say("Issued a new secret. It is in the session store.");
        }
        if self.journal.secret_id.is_none() && self.journal.previous_id.is_some() {
            let newest = newest_id(&self.show().await?);
            self.journal.secret_id = newest.map(|id| id.raw().to_owned());
        }
        self.enter(Stage::Issued)
    }

    /// Finds a secret that was issued before an interruption, or removes one that cannot be read.
    async fn recover(&mut self, secrets: &mut Secrets) -> Result<(), RotationError> {
        let client = self.show().await?;
        if self.abilities.secrecy == Secrecy::Readable {
            let now = self.api.secret(self.kind, self.id()).await;
            let now = now.map_err(api_error("Could not read the current secret"))?;
            if secrets.previous.as_deref() != Some(now.expose()) {
                secrets.new = Some(now.expose().to_owned());
                self.journal.secret_id = newest_id(&client).map(|id| id.raw().to_owned());
                self.store(secrets).await?;
                self.say("Found the secret that was issued before the interruption.");
            }
        } else if let Some(orphan) = self.unknown_secret(&client) {
            let withdrawn =
                self.api.withdraw_secret(self.kind, self.id(), Some(orphan), None).await;
            withdrawn
                .map_err(api_error("Could not remove the secret of the interrupted attempt"))?;
            self.say("Removed the secret of the interrupted attempt.");
        }
        Ok(())
    }

    async fn deliver(&mut self) -> Result<(), RotationError> {
        let secrets = self.secrets().await?;
        let new = secrets.issued()?;
        for at in 0..self.journal.deliveries.len() {
            let Delivery { destination, delivered_at, .. } = &self.journal.deliveries[at];
            if delivered_at.is_some() {
                continue;
            }
            let destination = self.destination(destination)?;
            destinations::write(destination, &new).await?;
            let readable = destination.store.is_readable();
            if readable {
                let copy = destinations::read(destination).await?;
                if copy.as_ref().map(Secret::expose) != Some(new.expose()) {
                    return Err(RotationError::Differs(destination.name.clone()));
                }
            }
            let how = if readable { "and compared the copy" } else { "which cannot be read back" };
            self.say(&format!("Delivered to {}, {how}.", destination.name));
            let now = (self.clock)();
            let delivery = &mut self.journal.deliveries[at];
            (delivery.delivered_at, delivery.compared) = (Some(now), readable);
            self.journals.write(&self.journal)?;
        }
        self.journal.delivered_at = Some((self.clock)());
        self.enter(Stage::Delivered)
    }

    /// Tries each delivered copy, then the previous secret.
    async fn prove(&mut self) -> Result<(), RotationError> {
        let secrets = self.secrets().await?;
        let new = secrets.issued()?;
        match self.prover.clone() {
            Err(why) => {
                self.say(&format!("The new secret was not tried: {why}"));
                self.journal.unproven = Some(why);
            }
            Ok(prover) => {
                let mut copies = vec![("the session store".to_owned(), new)];
                for delivery in self.journal.deliveries.iter().filter(|it| it.compared) {
                    let destination = self.destination(&delivery.destination)?;
                    if let Some(copy) = destinations::read(destination).await? {
                        copies.push((format!("destination {}", destination.name), copy));
                    }
                }
                self.journal.unproven = None;
                for (from, copy) in &copies {
                    if let Some(why) = self.try_patiently(prover, from, copy).await? {
                        self.say(&format!("The copy in {from} was not tried: {why}"));
                        self.journal.unproven = Some(why);
                    } else {
                        self.say(&format!("The issuer accepts the copy in {from}."));
                    }
                }
                if let Some(previous) = secrets.previous() {
                    let proof = prover.prove(self.kind, self.id().raw(), &previous).await;
                    self.journal.previous_works = match proof {
                        Proof::Works => Some(true),
                        Proof::Refused(_) => Some(false),
                        Proof::Unknown(_) => None,
                    };
                }
            }
        }
        self.enter(Stage::Watching)
    }

    /// Tries a new secret until the issuer knows it; returns the reason if the issuer gives no answer about it.
    async fn try_patiently(
        &self,
        prover: &Prover,
        from: &str,
        secret: &Secret,
    ) -> Result<Option<String>, RotationError> {
        let mut said = Untrusted::default();
        for wait in PATIENCE {
            tokio::time::sleep(Duration::from_secs(wait)).await;
            match prover.prove(self.kind, self.id().raw(), secret).await {
                Proof::Works => return Ok(None),
                Proof::Unknown(why) => return Ok(Some(why)),
                Proof::Refused(words) => {
                    if wait == 1 {
                        self.say("The issuer does not accept the new secret yet. Retrying for 2 minutes.");
                    }
                    said = words;
                }
            }
        }
        Err(RotationError::Rejected { from: from.to_owned(), said: said.shown().into_owned() })
    }

    /// True if the condition for ending the previous secret is met, or there is nothing left to end.
    async fn may_retire(&self) -> Result<bool, RotationError> {
        if self.abilities.overlap == Overlap::None || self.journal.previous_works == Some(false) {
            return Ok(true);
        }
        let now = (self.clock)();
        Ok(match self.journal.retire {
            RetireWhen::Finished => false,
            RetireWhen::After(_) => self.journal.due().is_some_and(|due| due <= now),
            RetireWhen::Unused(seconds) => {
                let Some(delivered) = self.journal.delivered_at else { return Ok(false) };
                let used = self.previous_last_used().await?;
                let quiet_since = used.flatten().map_or(delivered, |used| used.max(delivered));
                used.is_some() && now.duration_since(quiet_since).as_secs() >= seconds
            }
        })
    }

    /// Last use of the previous secret; `None` if the server does not report it, `Some(None)` if it was never used.
    ///
    /// # Errors
    /// When the client cannot be read.
    pub async fn previous_last_used(&self) -> Result<Option<Option<Timestamp>>, RotationError> {
        let Some(previous) = &self.journal.previous_id else { return Ok(None) };
        let client = self.show().await?;
        let secrets = secrets_of(&client);
        let found = secrets.iter().find(|it| it.id.as_ref().is_some_and(|id| id.raw() == previous));
        Ok(found.map(|secret| secret.last_used_at))
    }

    async fn retire(&mut self) -> Result<(), RotationError> {
        // Missing if an earlier attempt was interrupted after its last step.
        let previous = self.stored().await?.and_then(|secrets| secrets.previous());
        let kept = self.journal.secret_id.clone().map(Untrusted::from);
        let retired = self.api.retire_secrets(self.kind, self.id(), kept).await;
        retired.map_err(api_error("Could not end the previous secret"))?;
        if let (Ok(prover), Some(previous)) = (self.prover.clone(), previous) {
            match prover.prove(self.kind, self.id().raw(), &previous).await {
                Proof::Refused(_) => self.say("The issuer rejects the previous secret."),
                Proof::Works => self.say(
                    "The previous secret still works. Check it later, or end it at the provider.",
                ),
                Proof::Unknown(why) => {
                    self.say(&format!("The previous secret was not tried: {why}"));
                }
            }
        }
        self.forget().await?;
        self.end(Stage::Closed)
    }

    fn id(&self) -> Untrusted {
        self.journal.client_id.clone().into()
    }

    fn say(&self, text: &str) {
        (self.report)(text);
    }

    async fn show(&self) -> Result<Credential, RotationError> {
        let shown = self.api.show(self.kind, self.id()).await;
        shown.map_err(api_error("Could not read the client"))
    }

    /// A secret that is not the previous one.
    fn unknown_secret(&self, client: &Credential) -> Option<Untrusted> {
        let previous = self.journal.previous_id.as_deref();
        let mut ids = secrets_of(client).iter().filter_map(|secret| secret.id.clone());
        ids.find(|id| Some(id.raw()) != previous)
    }

    fn destination(&self, name: &str) -> Result<&Destination, RotationError> {
        let found = self.destinations.iter().find(|it| it.name == name);
        found.ok_or_else(|| RotationError::UnknownDestination(name.to_owned()))
    }

    fn enter(&mut self, stage: Stage) -> Result<(), RotationError> {
        self.journal.stage = stage;
        Ok(self.journals.write(&self.journal)?)
    }

    fn end(&mut self, stage: Stage) -> Result<(), RotationError> {
        self.journal.ended_at = Some((self.clock)());
        self.enter(stage)
    }

    async fn secrets(&self) -> Result<Secrets, RotationError> {
        self.stored().await?.ok_or(RotationError::SecretsMissing)
    }

    async fn stored(&self) -> Result<Option<Secrets>, RotationError> {
        let stored = self.vault.load(&self.journal.vault_key()).await?;
        let read = |text: Secret| serde_json::from_str(text.expose());
        stored.map(read).transpose().map_err(|_| RotationError::SecretsMissing)
    }

    async fn store(&self, secrets: &Secrets) -> Result<(), RotationError> {
        let text = Zeroizing::new(serde_json::to_string(secrets).map_err(io::Error::from)?);
        let secret = Secret::new(text.to_string());
        self.vault.save_for_good(&self.journal.vault_key(), &secret).await?;
        Ok(())
    }

    async fn forget(&self) -> Result<(), RotationError> {
        Ok(self.vault.remove(&self.journal.vault_key()).await?)
    }
}

fn api_error(what: &'static str) -> impl Fn(ApiError) -> RotationError {
    move |error| RotationError::Api { what, error }
}

fn secrets_of(client: &Credential) -> &[crate::domain::credential::SecretAge] {
    let posture = client.client().and_then(|client| client.posture.as_deref());
    posture.and_then(|posture| posture.secrets.as_deref()).unwrap_or_default()
}

/// ID of the newest secret; providers with IDs list it first.
fn newest_id(client: &Credential) -> Option<Untrusted> {
    secrets_of(client).iter().find(|secret| secret.active)?.id.clone()
}
