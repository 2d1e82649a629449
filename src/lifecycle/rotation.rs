//! Rotates the secret of a client. The steps are: issue, deliver, test, wait, retire.
//!
//! An interrupted rotation can be resumed, because the journal is written before and after each
//! step, every step can be repeated, and the issued secret is in the session store until the
//! rotation ends. [`can_abort`] determines whether it can also be aborted. If the provider allows
//! only one secret, a [`twin`] of the client can take its place.

pub mod start;
pub mod twin;

use std::{collections::BTreeMap, io, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{
    destinations::{self, DestinationError, Former},
    journal::{Delivered, Delivery, Journal, Journals, RetireWhen, RotationStage},
};
use crate::{
    api::{Abilities, ApiError, CredentialsApi, Overlap, Secrecy},
    auth::proof::{Proof, Prover},
    domain::{
        Credential, CredentialRef, Kind, Secret, Untrusted, credential::SecretAge,
        destination::Destination,
    },
    vault::{SessionStore, VaultError},
};

/// Number of seconds to wait before each attempt to use a new secret. The sum is two minutes,
/// because a server can take that long to distribute the secret to all its nodes.
const PATIENCE: [u64; 8] = [0, 1, 2, 4, 8, 15, 30, 60];

/// Failure of a step. The journal contains the progress before the failure.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// An API call failed or was rejected.
    #[error("{what}")]
    Api {
        /// Failed action, such as `Could not read the client`.
        what: &'static str,
        /// Error from the API.
        error: ApiError,
    },
    /// The server lists no active secret of the client with an ID, so the previous secret could not
    /// be revoked later.
    #[error("The server lists no active secret of this client with an ID")]
    SecretsNotListed,
    /// The server rejected the request for a new secret, so nothing was changed.
    #[error("Could not issue a new secret")]
    NotIssued(ApiError),
    /// The server rejected the creation of the second client, so nothing was changed.
    #[error("Could not create the new client")]
    NotCreated(ApiError),
    /// The second client was deleted, or another program changed its secret.
    #[error("The new client was deleted, or another program changed its secret")]
    TwinChanged,
    /// The second client is not delivered yet, so the first one cannot be deleted.
    #[error("The new client is not in use yet. Deliver its ID and secret before you finish")]
    NotDelivered,
    /// A destination could not be checked, read or written.
    #[error("{0}")]
    Destination(#[from] DestinationError),
    /// The session store could not be read or written.
    #[error("Could not use the session store: {0}")]
    Vault(#[from] VaultError),
    /// The journal could not be written, or the secrets could not be serialized.
    #[error("Could not write the journal of the rotation: {0}")]
    Journal(#[from] io::Error),
    /// A destination of the journal was removed from the configuration, or its settings changed.
    #[error(
        "The destination {name} was changed or removed. It was {described}. Restore its settings in the configuration (or in the kubeconfig), or skip it with --skip {name}"
    )]
    UnknownDestination {
        /// Name of the destination.
        name: String,
        /// Type and address of the destination when the rotation started.
        described: String,
    },
    /// The value at a destination differs from the delivered value.
    #[error("The value at destination {0} differs from the delivered one")]
    Differs(String),
    /// The issuer rejects the new secret.
    #[error("The issuer rejects the new secret ({from}): {said}")]
    Rejected {
        /// Source of the tried copy, or the time of the attempt.
        from: String,
        /// Error text from the issuer.
        said: String,
    },
    /// The client's current secret was not issued by this rotation, because another program changed
    /// it.
    #[error(
        "The client's current secret is not from this rotation, because another program changed it"
    )]
    Superseded,
    /// The rotation cannot be aborted, for this reason.
    #[error("{0}")]
    CannotAbort(String),
    /// The stored secrets are missing or damaged.
    #[error(
        "The secrets of this rotation are not in the session store. If they are in a keyring, unlock it first"
    )]
    SecretsMissing,
}

/// Secrets of a rotation, serialized as JSON in the session store.
#[derive(Default, Serialize, Deserialize)]
struct Secrets {
    new: Option<String>,
    previous: Option<String>,
    /// Former content of each destination.
    destinations: BTreeMap<String, Former>,
}

impl Drop for Secrets {
    fn drop(&mut self) {
        self.new.iter_mut().chain(self.previous.iter_mut()).for_each(Zeroize::zeroize);
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

/// Rotation in progress: its journal, and all services that it uses.
pub struct Rotation<'a> {
    /// API that manages the client.
    pub api: &'a dyn CredentialsApi,
    /// Actions that the API supports for the client's kind.
    pub abilities: &'a Abilities,
    /// Issuer that checks secrets, or the reason why none is available.
    pub prover: Result<&'a Prover, String>,
    /// Session store that keeps the secrets until the rotation ends.
    pub vault: &'a SessionStore,
    /// Directory in which the journal is saved.
    pub journals: &'a Journals,
    /// Destinations in the configuration.
    pub destinations: &'a [Destination],
    /// Names of destinations to skip; the user updates them by hand.
    pub skip: &'a [String],
    /// Source of the current time.
    pub clock: fn() -> Timestamp,
    /// Function that shows a progress message to the user.
    pub report: &'a (dyn Fn(&str) + Sync),
    /// Kind of the client whose secret is rotated.
    pub kind: Kind,
    /// Journal of this rotation.
    pub journal: Journal,
}

/// Returns true if a rotation can be aborted. This requires that the previous secret or client
/// stays valid beside the new one, or that the secret can be read and set again.
#[must_use]
pub fn can_abort(abilities: &Abilities, journal: &Journal) -> bool {
    if journal.twin.is_some() {
        return true;
    }
    match abilities.overlap {
        Overlap::Several => true,
        Overlap::Policy => abilities.secrecy == Secrecy::Readable,
        Overlap::None => false,
    }
}

impl Rotation<'_> {
    /// Checks every destination of the journal with [`destinations::check`].
    ///
    /// # Errors
    /// [`RotationError::UnknownDestination`] if a destination was changed or removed, and
    /// [`RotationError::Destination`] if a destination cannot be used.
    pub async fn preflight(&self) -> Result<(), RotationError> {
        for delivery in &self.journal.deliveries {
            destinations::check(self.destination(&delivery.destination)?).await?;
        }
        Ok(())
    }

    /// Runs the remaining steps of the rotation, or of its abort, until the rotation ends or waits.
    /// It waits in [`RotationStage::Watching`], in [`RotationStage::Parked`] and, after the
    /// creation of a twin, in [`RotationStage::Issued`].
    ///
    /// # Errors
    /// Returns the [`RotationError`] of the first failed step. Another call repeats that step. If
    /// nothing was changed yet, the failure aborts the rotation instead.
    pub async fn advance(&mut self) -> Result<(), RotationError> {
        self.run(false).await
    }

    /// Runs the remaining steps like [`Self::advance`], but revokes the previous secret without
    /// waiting for [`Journal::retire`], and even if the issuer could not check the new secret.
    ///
    /// # Errors
    /// [`RotationError::NotDelivered`] if the twin is not delivered yet. Otherwise, the errors of
    /// [`Self::advance`].
    pub async fn finish(&mut self) -> Result<(), RotationError> {
        use RotationStage::{Delivered, Issued, Issuing, Preflight};

        let early = matches!(self.journal.stage, Preflight | Issuing | Issued | Delivered);
        if early && self.journal.twin.is_some() {
            return Err(RotationError::NotDelivered);
        }
        self.run(true).await
    }

    async fn run(&mut self, finish: bool) -> Result<(), RotationError> {
        let from = self.journal.stage;
        let resumed = from != RotationStage::Preflight;
        let creates = matches!(from, RotationStage::Preflight | RotationStage::Issuing);
        let (mut tried, mut due) = (false, finish);
        loop {
            match self.journal.stage {
                RotationStage::Preflight => {
                    let prepared = self.prepare().await;
                    if prepared.is_err() {
                        // Nothing was changed, so nothing is left to resume.
                        self.forget().await?;
                        self.end(RotationStage::Aborted)?;
                    }
                    prepared?;
                }
                RotationStage::Issuing => self.issue(resumed).await?,
                // The user first gives the twin the roles that its consumers need.
                RotationStage::Issued if creates && self.journal.twin.is_some() => return Ok(()),
                RotationStage::Issued => self.deliver().await?,
                RotationStage::Delivered => {
                    self.prove().await?;
                    tried = true;
                }
                RotationStage::Watching => {
                    // Checked only once, because trying the previous secret counts as a use of the
                    // secret.
                    due = due || self.nothing_to_end() || self.is_due().await?;
                    if !due {
                        return Ok(());
                    }
                    if !tried {
                        // Delivers and tries again, because a destination may have been skipped,
                        // and copies may have changed in the meantime.
                        self.enter(RotationStage::Issued)?;
                        continue;
                    }
                    if self.journal.unproven.is_some() && !finish && !self.nothing_to_end() {
                        return Ok(());
                    }
                    self.check_current(&self.secrets().await?).await?;
                    // An overlap of 0 is a request to delete the previous secret without waiting.
                    let parks = !finish && self.journal.retire != RetireWhen::After(0);
                    let can_park = match self.journal.twin {
                        Some(_) => self.abilities.disables,
                        None => self.abilities.deactivates_secrets,
                    };
                    self.enter(if parks && can_park {
                        RotationStage::Parking
                    } else {
                        RotationStage::Retiring
                    })?;
                }
                // Even if the server rejects the deactivation, the deletion may succeed.
                RotationStage::Parking if finish => self.enter(RotationStage::Retiring)?,
                RotationStage::Parking => self.park().await?,
                RotationStage::Parked => {
                    let due = self.journal.deletion_due().is_none_or(|due| due <= (self.clock)());
                    if !due && !finish {
                        return Ok(());
                    }
                    if self.is_undelivered() {
                        // A destination was skipped before.
                        self.enter(RotationStage::Issued)?;
                        continue;
                    }
                    let secrets = self.secrets().await?;
                    self.check_current(&secrets).await?;
                    self.check_copies(&secrets).await?;
                    self.check_accepted(&secrets, "before the previous one is deleted").await?;
                    self.enter(RotationStage::Retiring)?;
                }
                RotationStage::Retiring => self.retire().await?,
                RotationStage::Retired => {
                    self.forget().await?;
                    self.end(RotationStage::Closed)?;
                }
                RotationStage::Aborting | RotationStage::Restored => return self.abort().await,
                RotationStage::Closed | RotationStage::Aborted => return Ok(()),
            }
        }
    }

    /// Returns true if a delivery is pending for a destination that is not in [`Self::skip`].
    fn is_undelivered(&self) -> bool {
        let mut left = self.journal.deliveries.iter().filter(|it| it.delivered_at.is_none());
        left.any(|it| !self.skip.contains(&it.destination))
    }

    /// Restores the destinations and the previous secret, and withdraws the new one.
    ///
    /// # Errors
    /// [`RotationError::CannotAbort`] if the previous secret was revoked, or if the secret or a
    /// destination cannot be restored. A rotation in progress can then be resumed. Otherwise,
    /// returns the error of the first failed step.
    pub async fn abort(&mut self) -> Result<(), RotationError> {
        let before = self.journal.stage;
        match before {
            RotationStage::Retiring | RotationStage::Retired | RotationStage::Closed => {
                return cannot_abort(
                    "The previous secret may already be revoked. Resume the rotation, then rotate again",
                );
            }
            RotationStage::Aborted => return Ok(()),
            RotationStage::Preflight | RotationStage::Restored => {
                self.forget().await?;
                return self.end(RotationStage::Aborted);
            }
            RotationStage::Issuing
            | RotationStage::Issued
            | RotationStage::Delivered
            | RotationStage::Watching
            | RotationStage::Parking
            | RotationStage::Parked
            | RotationStage::Aborting => {}
        }
        let secrets = self.secrets().await?;
        let back = self.journal.aborting_from.unwrap_or(before);
        let result = self.undo(&secrets, back).await;
        if let Err(RotationError::CannotAbort(_)) = &result {
            // Nothing was withdrawn, so the rotation can be resumed.
            let to = self.resumed_from(back);
            self.journal.aborting_from = None;
            self.enter(to)?;
        }
        result?;
        self.enter(RotationStage::Restored)?;
        self.forget().await?;
        self.end(RotationStage::Aborted)
    }

    /// Returns the stage at which a rotation continues if it cannot be aborted. Destinations that
    /// the abort may have restored receive the new secret again.
    fn resumed_from(&mut self, before: RotationStage) -> RotationStage {
        if self.journal.stage != RotationStage::Aborting || before == RotationStage::Issuing {
            return before;
        }
        for delivery in self.journal.deliveries.iter_mut().filter(|it| it.attempted) {
            (delivery.delivered_at, delivery.compared) = (None, false);
        }
        RotationStage::Issued
    }

    /// Restores the destinations, and withdraws the new secret on the server. `from` is the stage
    /// before the abort.
    async fn undo(&mut self, secrets: &Secrets, from: RotationStage) -> Result<(), RotationError> {
        self.check_abort(secrets).await?;
        self.journal.aborting_from = Some(from);
        self.enter(RotationStage::Aborting)?;
        if self.journal.parked_at.is_some() {
            self.set_previous_active(true).await?;
            self.say(match self.journal.twin {
                Some(_) => "Enabled the previous client again.",
                None => "Activated the previous secret again.",
            });
            self.journal.parked_at = None;
            self.journals.write(&self.journal)?;
        }
        // If both secrets work, the destinations are restored first. Otherwise they keep the new
        // secret until the previous one works again.
        if let Some(twin) = self.journal.twin.clone() {
            self.restore(secrets).await?;
            return self.withdraw_twin(&twin).await;
        }
        if self.abilities.overlap == Overlap::Several || self.previous_still_works(secrets).await {
            self.restore(secrets).await?;
            self.withdraw(secrets).await?;
        } else {
            self.withdraw(secrets).await?;
            self.restore(secrets).await?;
        }
        if self.abilities.overlap == Overlap::Policy && secrets.new.is_some() {
            // After the withdrawal, the server treats the withdrawn secret as the previous one, and
            // may still accept it.
            self.retire_secret(None).await?;
        }
        Ok(())
    }

    async fn previous_still_works(&self, secrets: &Secrets) -> bool {
        match (self.prover.clone(), secrets.previous()) {
            (Ok(prover), Some(previous)) => {
                prover.prove(self.kind, self.id().raw(), &previous).await == Proof::Works
            }
            _ => false,
        }
    }

    /// Rejects an abort that would leave the client or a destination without a working secret.
    async fn check_abort(&self, secrets: &Secrets) -> Result<(), RotationError> {
        if !can_abort(self.abilities, &self.journal) {
            return cannot_abort(
                "The server replaced the previous secret and cannot restore it. Resume the rotation instead",
            );
        }
        let unknown = |delivery: &&Delivery| {
            let former = secrets.destinations.get(&delivery.destination);
            delivery.attempted
                && delivery.value == Delivered::Secret
                && !self.skip.contains(&delivery.destination)
                && secrets.previous.is_none()
                && matches!(former, None | Some(Former::Unknown))
        };
        if let Some(delivery) = self.journal.deliveries.iter().find(unknown) {
            return cannot_abort(&format!(
                "The former content of destination {0} is unknown, and the new secret there would stop working. Set its secret by hand and add --skip {0}, or resume the rotation instead",
                delivery.destination
            ));
        }
        if self.journal.twin.is_some() {
            return match self.show().await {
                Err(RotationError::Api { error: ApiError::NotFound { .. }, .. }) => {
                    cannot_abort("The previous client was deleted. Resume the rotation instead")
                }
                other => other.map(|_| ()),
            };
        }
        if self.abilities.overlap != Overlap::Several {
            return Ok(());
        }
        let client = self.show().await?;
        let parked = self.journal.parked_at.is_some();
        let works = client.secrets().iter().any(|secret| {
            (secret.active || parked)
                && secret.id.as_ref().map(Untrusted::raw) == self.journal.previous_id.as_deref()
        });
        if works {
            return Ok(());
        }
        cannot_abort("The previous secret was deactivated or deleted. Resume the rotation instead")
    }

    async fn restore(&self, secrets: &Secrets) -> Result<(), RotationError> {
        let unknown = Former::Unknown;
        for delivery in self.journal.deliveries.iter().filter(|it| it.attempted) {
            if self.skip.contains(&delivery.destination) {
                self.say(&format!("Skipped destination {}. Check it.", delivery.destination));
                continue;
            }
            let destination = self.destination(&delivery.destination)?;
            let former = secrets.destinations.get(&delivery.destination).unwrap_or(&unknown);
            let previous = match delivery.value {
                Delivered::Secret => secrets.previous(),
                Delivered::ClientId => Some(Secret::new(self.journal.client_id.clone())),
            };
            if destinations::restore(destination, former, previous.as_ref()).await? {
                self.say(&format!("Restored destination {}.", destination.name));
            } else {
                self.say(&format!(
                    "Could not restore destination {}: its former content is unknown. Set its secret by hand.",
                    destination.name
                ));
            }
        }
        Ok(())
    }

    /// Withdraws the new secret, if one was issued.
    async fn withdraw(&self, secrets: &Secrets) -> Result<(), RotationError> {
        let previous = secrets.previous();
        if self.abilities.secrecy == Secrecy::Readable {
            let current = self.current_secret().await?;
            if Some(current.expose()) == previous.as_ref().map(Secret::expose) {
                return Ok(()); // restored by an earlier attempt, or never replaced
            }
        }
        let added = match &self.journal.secret_id {
            Some(id) => vec![Some(Untrusted::from(id.clone()))],
            None if self.abilities.overlap == Overlap::Several => {
                self.only_unknown_secret(&self.show().await?)?.into_iter().map(Some).collect()
            }
            None => vec![None],
        };
        for id in added {
            let result = self
                .api
                .withdraw_secret(CredentialRef::new(self.kind, self.id()), id, previous.as_ref())
                .await;
            match result {
                Ok(()) => self.say("Withdrew the new secret."),
                Err(ApiError::Forbidden { said }) => {
                    return Err(RotationError::CannotAbort(format!(
                        "The previous secret cannot be restored: {}. Resume the rotation instead",
                        said.shown()
                    )));
                }
                Err(error) => return Err(api_error("Could not withdraw the new secret")(error)),
            }
        }
        Ok(())
    }

    /// Stores the data that later steps and an abort require: the IDs of the secrets, the current
    /// secret if it is readable, and the content of the destinations.
    async fn prepare(&mut self) -> Result<(), RotationError> {
        self.enter(RotationStage::Preflight)?;
        let client = self.show().await?;
        let known = client.secrets();
        let id_of = |secret: &SecretAge| secret.id.as_ref().map(|id| id.raw().to_owned());
        self.journal.known_ids = known.iter().filter_map(id_of).collect();
        // Providers that report IDs list the newest secret first. An expired one is replaced only if
        // no other is in use.
        let now = (self.clock)();
        let has_expired = |it: &SecretAge| it.expires_at.flatten().is_some_and(|end| end <= now);
        let active = || known.iter().filter(|secret| secret.active);
        let previous = active().find(|secret| !has_expired(secret)).or_else(|| active().next());
        self.journal.previous_id = previous.and_then(id_of);
        let needs_id = self.abilities.overlap == Overlap::Several && self.journal.twin.is_none();
        if needs_id && self.journal.previous_id.is_none() {
            return Err(RotationError::SecretsNotListed);
        }
        let mut secrets = Secrets::default();
        if self.abilities.secrecy == Secrecy::Readable {
            let current = self.current_secret().await?;
            if let Ok(prover) = self.prover.clone() {
                match prover.prove(self.kind, self.id().raw(), &current).await {
                    Proof::Works => self.say("The issuer accepts the current secret."),
                    Proof::Refused(said) => self.say(&format!(
                        "The issuer already rejects the current secret: {}",
                        said.shown()
                    )),
                    Proof::Unknown(why) => {
                        self.say(&format!("The current secret could not be tested: {why}"));
                    }
                }
            }
            secrets.previous = Some(current.expose().to_owned());
        }
        for delivery in &self.journal.deliveries {
            let destination = self.destination(&delivery.destination)?;
            let former = destinations::former(destination).await?;
            secrets.destinations.insert(destination.name.clone(), former);
        }
        self.store(&secrets).await?;
        self.enter(RotationStage::Issuing)
    }

    async fn issue(&mut self, resumed: bool) -> Result<(), RotationError> {
        if let Some(twin) = self.journal.twin.clone() {
            return self.issue_twin(twin, resumed).await;
        }
        let mut secrets = self.secrets().await?;
        if secrets.new.is_none() && resumed {
            self.recover(&mut secrets).await?;
        }
        if secrets.new.is_none() {
            let added = match self.api.add_secret(CredentialRef::new(self.kind, self.id())).await {
                Ok(added) => added,
                Err(error) if !resumed && !error.is_uncertain() => {
                    self.forget().await?;
                    self.end(RotationStage::Aborted)?;
                    return Err(RotationError::NotIssued(error));
                }
                Err(error) => return Err(api_error("Could not issue a new secret")(error)),
            };
            secrets.new = Some(added.secret.expose().to_owned());
            if let Err(error) = self.store(&secrets).await {
                // No other copy of the secret exists, so it must not remain active on the server.
                let (id, previous) = (added.id, secrets.previous());
                let _ = self
                    .api
                    .withdraw_secret(
                        CredentialRef::new(self.kind, self.id()),
                        id,
                        previous.as_ref(),
                    )
                    .await;
                return Err(error);
            }
            self.journal.secret_id = added.id.map(|id| id.raw().to_owned());
            self.say("Issued a new secret. It is in the session store.");
        }
        if self.journal.secret_id.is_none() && self.abilities.overlap == Overlap::Several {
            let found = self.only_unknown_secret(&self.show().await?)?;
            self.journal.secret_id = found.map(|id| id.raw().to_owned());
        }
        self.enter(RotationStage::Issued)
    }

    /// Recovers a secret that was issued before an interruption. If the API cannot read secrets,
    /// removes the secret from a client that can have several.
    async fn recover(&mut self, secrets: &mut Secrets) -> Result<(), RotationError> {
        if self.abilities.secrecy == Secrecy::Readable {
            let current = self.current_secret().await?;
            if secrets.previous.as_deref() != Some(current.expose()) {
                secrets.new = Some(current.expose().to_owned());
                self.store(secrets).await?;
                self.say("Found the secret that was issued before the interruption.");
            }
        } else if self.abilities.overlap == Overlap::Several
            && let Some(orphan) = self.only_unknown_secret(&self.show().await?)?
        {
            let removed = self
                .api
                .withdraw_secret(CredentialRef::new(self.kind, self.id()), Some(orphan), None)
                .await;
            removed.map_err(api_error("Could not remove the secret of the interrupted attempt"))?;
            self.say("Removed the secret of the interrupted attempt.");
        }
        Ok(())
    }

    async fn deliver(&mut self) -> Result<(), RotationError> {
        let secrets = self.secrets().await?;
        let mut last = None;
        for at in 0..self.journal.deliveries.len() {
            let Delivery { destination, delivered_at, .. } = &self.journal.deliveries[at];
            if delivered_at.is_some() {
                continue;
            }
            if self.skip.contains(destination) {
                self.say(&format!("Skipped destination {destination}. It lacks the new secret."));
                continue;
            }
            let value = self.value(&self.journal.deliveries[at], &secrets)?;
            self.journal.deliveries[at].attempted = true;
            self.journals.write(&self.journal)?;
            let destination = self.destination(&self.journal.deliveries[at].destination)?;
            destinations::write(destination, &value).await?;
            let readable = destination.store.is_readable();
            if readable {
                check_copy(destination, &value).await?;
            }
            let how = if readable { "and compared the copy" } else { "which cannot be read back" };
            self.say(&format!("Delivered to {}, {how}.", destination.name));
            last = Some((self.clock)());
            let delivery = &mut self.journal.deliveries[at];
            (delivery.delivered_at, delivery.compared) = (last, readable);
            self.journals.write(&self.journal)?;
        }
        // The overlap starts at the last delivery, so that the consumers of every destination have
        // its full length.
        let now = (self.clock)();
        self.journal.delivered_at = last.or(self.journal.delivered_at).or(Some(now));
        self.enter(RotationStage::Delivered)
    }

    /// Returns the value to deliver to a destination.
    fn value(&self, delivery: &Delivery, secrets: &Secrets) -> Result<Secret, RotationError> {
        Ok(match delivery.value {
            Delivered::Secret => secrets.issued()?,
            Delivered::ClientId => Secret::new(self.new_id().raw().to_owned()),
        })
    }

    /// Compares each readable copy with the value that was delivered. Fails if a copy differs; the
    /// next attempt then delivers the value to that destination again.
    async fn check_copies(&mut self, secrets: &Secrets) -> Result<(), RotationError> {
        for at in 0..self.journal.deliveries.len() {
            let delivery = &self.journal.deliveries[at];
            if !delivery.compared || self.skip.contains(&delivery.destination) {
                continue;
            }
            let value = self.value(delivery, secrets)?;
            let checked = check_copy(self.destination(&delivery.destination)?, &value).await;
            if let Err(RotationError::Differs(_)) = &checked {
                let delivery = &mut self.journal.deliveries[at];
                (delivery.delivered_at, delivery.compared) = (None, false);
                self.enter(RotationStage::Issued)?;
            }
            checked?;
        }
        Ok(())
    }

    /// Compares the copies. Then tries the new secret at the issuer, and also the stored previous
    /// secret, unless the result for the previous secret is already known.
    async fn prove(&mut self) -> Result<(), RotationError> {
        let secrets = self.secrets().await?;
        let new = secrets.issued()?;
        self.check_copies(&secrets).await?;
        self.journal.unproven = match self.prover.clone() {
            Err(why) => Some(why),
            Ok(prover) => self.try_patiently(prover, &new).await?,
        };
        match &self.journal.unproven {
            Some(why) => self.say(&format!("The new secret could not be tested: {why}")),
            None => self.say("The issuer accepts the new secret."),
        }
        if let (Ok(prover), Some(previous), None) =
            (self.prover.clone(), secrets.previous(), self.journal.previous_works)
        {
            let proof = prover.prove(self.kind, self.id().raw(), &previous).await;
            self.journal.previous_works = match proof {
                Proof::Works => Some(true),
                Proof::Refused(_) => Some(false),
                Proof::Unknown(_) => None,
            };
        }
        self.enter(RotationStage::Watching)
    }

    /// Tries the new secret for two minutes ([`PATIENCE`]). Returns `None` if the issuer accepts
    /// it, or the reason why it could not be checked. Fails if the issuer still rejects it at the
    /// end.
    async fn try_patiently(
        &self,
        prover: &Prover,
        secret: &Secret,
    ) -> Result<Option<String>, RotationError> {
        let mut said = Untrusted::default();
        for wait in PATIENCE {
            tokio::time::sleep(Duration::from_secs(wait)).await;
            match prover.prove(self.kind, self.new_id().raw(), secret).await {
                Proof::Works => return Ok(None),
                Proof::Unknown(why) => return Ok(Some(why)),
                Proof::Refused(words) => {
                    if wait == 1 {
                        self.say(
                            "The issuer does not accept the new secret yet. Retrying for 2 minutes.",
                        );
                    }
                    said = words;
                }
            }
        }
        let from = "from the session store, equal to each copy that was read back".to_owned();
        Err(RotationError::Rejected { from, said: said.shown().into_owned() })
    }

    /// Returns true if the previous secret no longer works, because the server replaced it or the
    /// issuer rejected it.
    fn nothing_to_end(&self) -> bool {
        if self.journal.twin.is_some() {
            return false;
        }
        match self.abilities.overlap {
            Overlap::None => true,
            Overlap::Policy => self.journal.previous_works == Some(false),
            // The secret works until it is deleted, even if the issuer rejected one attempt.
            Overlap::Several => false,
        }
    }

    /// Returns true if the condition for revoking the previous secret is met.
    async fn is_due(&self) -> Result<bool, RotationError> {
        let now = (self.clock)();
        Ok(match self.journal.retire {
            RetireWhen::Finished => false,
            RetireWhen::After(_) => self.journal.due().is_some_and(|due| due <= now),
            RetireWhen::Unused(seconds) => {
                let client = self.show().await?;
                match self.journal.delivered_at {
                    Some(delivered) => self
                        .quiet_since(&client, delivered)
                        .is_some_and(|since| now.duration_since(since).as_secs() >= seconds),
                    None => false,
                }
            }
        })
    }

    /// Returns the time of the last use of the previous secret, or of the client that has a twin.
    /// Returns `delivered` if there was no use after it, and `None` if the server does not report
    /// uses.
    fn quiet_since(&self, client: &Credential, delivered: Timestamp) -> Option<Timestamp> {
        let used = if self.journal.twin.is_some() {
            let record = client.record();
            record.reports_last_used.then_some(record.last_used_at)
        } else {
            let previous = self.journal.previous_id.as_deref();
            let is_previous =
                |it: &&SecretAge| it.id.as_ref().is_some_and(|id| Some(id.raw()) == previous);
            let found = client.secrets().iter().find(is_previous);
            found.filter(|it| it.reports_last_used).map(|it| it.last_used_at)
        };
        Some(used?.map_or(delivered, |used| used.max(delivered)))
    }

    /// Fails with [`RotationError::Superseded`] if the new secret is no longer an active secret of
    /// the client. With a twin, runs [`Self::check_twin`] instead. Does nothing if the API can
    /// neither read nor list secrets.
    async fn check_current(&self, secrets: &Secrets) -> Result<(), RotationError> {
        if let Some(twin) = &self.journal.twin {
            return self.check_twin(twin, secrets).await;
        }
        if self.abilities.secrecy == Secrecy::Readable {
            if self.current_secret().await?.expose() != secrets.issued()?.expose() {
                return Err(RotationError::Superseded);
            }
        } else if self.abilities.overlap == Overlap::Several {
            let client = self.show().await?;
            let ours = self.journal.secret_id.as_deref();
            let is_ours = |it: &&SecretAge| it.id.as_ref().is_some_and(|id| Some(id.raw()) == ours);
            if !client.secrets().iter().filter(is_ours).any(|secret| secret.active) {
                return Err(RotationError::Superseded);
            }
        }
        Ok(())
    }

    /// Deactivates the previous secret, or disables the client that has a twin. Fails if the issuer
    /// then rejects the new secret.
    async fn park(&mut self) -> Result<(), RotationError> {
        let secrets = self.secrets().await?;
        self.check_current(&secrets).await?;
        // Recorded first, so that an abort after an interruption activates the secret again.
        self.journal.parked_at = Some((self.clock)());
        self.journals.write(&self.journal)?;
        self.set_previous_active(false).await?;
        self.say(match self.journal.twin {
            Some(_) => "Disabled the previous client.",
            None => "Deactivated the previous secret.",
        });
        self.check_ended(&secrets, "after the previous one was deactivated").await?;
        self.enter(RotationStage::Parked)
    }

    /// Deactivates or activates the previous secret, or the client that has a twin.
    async fn set_previous_active(&self, active: bool) -> Result<(), RotationError> {
        let client = CredentialRef::new(self.kind, self.id());
        let result = if self.journal.twin.is_some() {
            self.api.set_enabled(client, active).await
        } else {
            let previous = self.journal.previous_id.clone().map(Untrusted::from);
            let previous = previous.ok_or(RotationError::SecretsNotListed)?;
            self.api.set_secret_active(client, previous, active).await
        };
        match result {
            // A secret or client that another program deleted no longer works either.
            Err(ApiError::NotFound { .. }) if !active => Ok(()),
            result => result.map_err(api_error(match (&self.journal.twin, active) {
                (None, true) => "Could not activate the previous secret again",
                (None, false) => "Could not deactivate the previous secret",
                (Some(_), true) => "Could not enable the previous client again",
                (Some(_), false) => "Could not disable the previous client",
            })),
        }
    }

    /// Revokes the previous secret, or deletes the client that has a twin. Fails if the issuer then
    /// rejects the new secret.
    async fn retire(&mut self) -> Result<(), RotationError> {
        let secrets = self.secrets().await?;
        self.check_current(&secrets).await?;
        match &self.journal.twin {
            Some(twin) => self.replace_with(twin).await?,
            None => {
                self.retire_secret(self.journal.previous_id.clone().map(Untrusted::from)).await?;
            }
        }
        self.check_ended(&secrets, "after the previous one was revoked").await?;
        self.enter(RotationStage::Retired)
    }

    /// Fails if the issuer rejects the new secret.
    async fn check_accepted(&self, secrets: &Secrets, when: &str) -> Result<(), RotationError> {
        if let Ok(prover) = self.prover.clone() {
            let proof = prover.prove(self.kind, self.new_id().raw(), &secrets.issued()?).await;
            if let Proof::Refused(said) = proof {
                let from = when.to_owned();
                return Err(RotationError::Rejected { from, said: said.shown().into_owned() });
            }
        }
        Ok(())
    }

    /// Fails if the issuer rejects the new secret. Otherwise, tries the previous one and reports
    /// the result.
    async fn check_ended(&self, secrets: &Secrets, when: &str) -> Result<(), RotationError> {
        self.check_accepted(secrets, when).await?;
        if let (Ok(prover), Some(previous)) = (self.prover.clone(), secrets.previous()) {
            match prover.prove(self.kind, self.id().raw(), &previous).await {
                Proof::Refused(_) => self.say("The issuer rejects the previous secret."),
                Proof::Works => self.say(
                    "The previous secret still works. Check it later, or delete it at the provider.",
                ),
                Proof::Unknown(why) => {
                    self.say(&format!("The previous secret could not be tested: {why}"));
                }
            }
        }
        Ok(())
    }

    async fn retire_secret(&self, previous: Option<Untrusted>) -> Result<(), RotationError> {
        let retired =
            self.api.retire_secret(CredentialRef::new(self.kind, self.id()), previous).await;
        retired.map_err(api_error("Could not revoke the previous secret"))
    }

    fn id(&self) -> Untrusted {
        self.journal.client_id.clone().into()
    }

    /// Returns the ID of the client that has the new secret.
    fn new_id(&self) -> Untrusted {
        let twin = self.journal.twin.as_ref().and_then(|twin| twin.client_id.clone());
        twin.map_or_else(|| self.id(), Untrusted::from)
    }

    fn say(&self, text: &str) {
        (self.report)(text);
    }

    async fn show(&self) -> Result<Credential, RotationError> {
        let shown = self.api.show(CredentialRef::new(self.kind, self.id())).await;
        shown.map_err(api_error("Could not read the client"))
    }

    async fn current_secret(&self) -> Result<Secret, RotationError> {
        let secret = self.api.secret(CredentialRef::new(self.kind, self.id())).await;
        secret.map_err(api_error("Could not read the current secret"))
    }

    /// Returns the ID of the secret that the client did not have before the rotation; `None` if
    /// there is none. Fails if there are several such secrets, because another program must have
    /// issued one of them.
    fn only_unknown_secret(&self, client: &Credential) -> Result<Option<Untrusted>, RotationError> {
        let ids = client.secrets().iter().filter_map(|secret| secret.id.clone());
        let known = |id: &Untrusted| self.journal.known_ids.iter().any(|known| known == id.raw());
        let mut unknown = ids.filter(|id| !known(id));
        match (unknown.next(), unknown.next()) {
            (_, Some(_)) => Err(RotationError::Superseded),
            (found, None) => Ok(found),
        }
    }

    fn destination(&self, name: &str) -> Result<&Destination, RotationError> {
        let delivery = self.journal.deliveries.iter().find(|it| it.destination == name);
        let described = delivery.map(|it| it.described.as_str()).unwrap_or_default();
        self.destinations
            .iter()
            .find(|it| it.name == name && delivery.is_some_and(|delivery| delivery.is_to(it)))
            .ok_or_else(|| RotationError::UnknownDestination {
                name: name.to_owned(),
                described: described.to_owned(),
            })
    }

    fn enter(&mut self, stage: RotationStage) -> Result<(), RotationError> {
        let mut entered = self.journal.clone();
        entered.stage = stage;
        self.journals.write(&entered)?;
        self.journal = entered;
        Ok(())
    }

    fn end(&mut self, stage: RotationStage) -> Result<(), RotationError> {
        self.journal.ended_at = Some((self.clock)());
        self.enter(stage)
    }

    async fn secrets(&self) -> Result<Secrets, RotationError> {
        let stored = self.vault.load(&self.journal.vault_key()).await?;
        let stored = stored.ok_or(RotationError::SecretsMissing)?;
        serde_json::from_str(stored.expose()).map_err(|_| RotationError::SecretsMissing)
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

/// Fails with [`RotationError::Differs`] if the copy at a destination is not the delivered value.
async fn check_copy(destination: &Destination, value: &Secret) -> Result<(), RotationError> {
    let copy = destinations::read(destination).await?;
    if copy.as_ref().map(Secret::expose) == Some(value.expose()) {
        return Ok(());
    }
    Err(RotationError::Differs(destination.name.clone()))
}

fn cannot_abort(why: &str) -> Result<(), RotationError> {
    Err(RotationError::CannotAbort(why.to_owned()))
}

fn api_error(what: &'static str) -> impl Fn(ApiError) -> RotationError {
    move |error| RotationError::Api { what, error }
}
