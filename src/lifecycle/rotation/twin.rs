//! Twin of a client that can have only one secret: a second client with the same settings. Its ID
//! and its secret are delivered, and the first client is deleted.

use super::{Rotation, RotationError, Secrets, api_error};
use crate::{
    api::{ApiError, PageQuery, Scope, Secrecy, Written},
    domain::{
        Credential, CredentialRef, Draft,
        draft::{self, Field, NAME_LIMIT},
    },
    lifecycle::journal::{RotationStage, Twin},
};

/// Page size for the search for the twin of an interrupted attempt.
const PAGE: u32 = 100;

/// Returns the twin that a rotation will create. Its name contains the ID of the rotation until the
/// first client is deleted, so that the twin of an interrupted attempt can be found.
#[must_use]
pub fn planned(client: &Credential, rotation: &str, chooses_id: bool) -> Twin {
    let room = NAME_LIMIT - rotation.len() - 1;
    let former: String = client.name().raw().chars().take(room).collect();
    let name = format!("{} {rotation}", former.trim_end()).trim_start().to_owned();
    let short = rotation.trim_start_matches("rot_");
    Twin {
        name,
        chosen_id: chooses_id.then(|| format!("{}-{short}", client.id().raw())),
        client_id: None,
    }
}

/// Returns the values of a twin, copied from the client for all fields that the provider supports.
#[must_use]
pub fn draft(client: &Credential, twin: &Twin, shape: draft::FieldRules) -> Draft {
    let mut draft = Draft::of(client).offered(shape, twin.chosen_id.as_deref().unwrap_or_default());
    draft.set(Field::Name, draft::FieldValue::Line(twin.name.clone()));
    draft
}

impl Rotation<'_> {
    /// Creates the twin, and stores its secret in the session store.
    pub(super) async fn issue_twin(
        &mut self,
        twin: Twin,
        resumed: bool,
    ) -> Result<(), RotationError> {
        let mut secrets = self.secrets().await?;
        if secrets.new.is_none() {
            let made = match self.find_twin(&twin, resumed).await? {
                Some(found) if self.abilities.secrecy == Secrecy::Readable => Written::from(found),
                found => {
                    if let Some(found) = found {
                        self.delete_client(found.reference()).await?;
                        self.say("Deleted the client of the interrupted attempt.");
                    }
                    // Clears the ID of a deleted client, so that a later attempt searches for the
                    // new client.
                    self.journal.twin = Some(Twin { client_id: None, ..twin.clone() });
                    self.journals.write(&self.journal)?;
                    self.create_twin(&twin, resumed).await?
                }
            };
            let of = made.credential.reference();
            // The ID is recorded before the secret is stored, so that a later attempt finds the
            // client.
            self.journal.twin = Some(Twin { client_id: Some(of.id.raw().to_owned()), ..twin });
            self.journals.write(&self.journal)?;
            let secret = match made.secret {
                Some(secret) => secret,
                None => {
                    let read = self.api.secret(of.clone()).await;
                    read.map_err(api_error("Could not read the secret of the new client"))?
                }
            };
            secrets.new = Some(secret.expose().to_owned());
            if let Err(error) = self.store(&secrets).await {
                // No other copy of the secret exists, so the client cannot be used.
                let _ = self.api.delete(of, None).await;
                return Err(error);
            }
            self.say(&format!(
                "Created the client {}. Its secret is in the session store.",
                of.id.shown()
            ));
        }
        self.enter(RotationStage::Issued)
    }

    async fn create_twin(&mut self, twin: &Twin, resumed: bool) -> Result<Written, RotationError> {
        let draft = draft(&self.show().await?, twin, self.abilities.shape);
        // Each attempt has a new idempotency key, because with a used key, the server would return
        // the deleted client.
        let attempt = format!("{:032x}", rand::random::<u128>());
        match self.api.create(draft, attempt).await {
            Ok(made) => Ok(made),
            Err(error) if !resumed && !error.is_uncertain() => {
                self.forget().await?;
                self.end(RotationStage::Aborted)?;
                Err(RotationError::NotCreated(error))
            }
            Err(error) => Err(api_error("Could not create the new client")(error)),
        }
    }

    /// Returns the twin, if it exists. With `search`, also searches for its chosen ID or its name,
    /// because the journal may not have its ID.
    async fn find_twin(
        &self,
        twin: &Twin,
        search: bool,
    ) -> Result<Option<Credential>, RotationError> {
        let chosen = twin.chosen_id.as_ref().filter(|_| search);
        for id in twin.client_id.iter().chain(chosen) {
            let of = CredentialRef::new(self.kind, id.as_str().into());
            match self.api.show(of).await {
                Ok(found) => return Ok(Some(found)),
                Err(ApiError::NotFound { .. }) => {}
                Err(error) => return Err(api_error("Could not read the new client")(error)),
            }
        }
        if twin.chosen_id.is_some() {
            return Ok(None);
        }
        if !search {
            return Ok(None);
        }
        let mut query = PageQuery::first(self.kind, Scope::Mine, PAGE);
        loop {
            let page = self.api.page(query.clone()).await;
            let page = page.map_err(api_error("Could not search for the new client"))?;
            let found = page.entries.into_iter().find(|it| it.name().raw() == twin.name);
            if found.is_some() {
                return Ok(found);
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(None),
            }
        }
    }

    /// Fails with [`RotationError::TwinChanged`] if the twin was deleted. If the API can read
    /// secrets, also fails if the twin has another secret.
    pub(super) async fn check_twin(
        &self,
        twin: &Twin,
        secrets: &Secrets,
    ) -> Result<(), RotationError> {
        let Some(found) = self.find_twin(twin, false).await? else {
            return Err(RotationError::TwinChanged);
        };
        if self.abilities.secrecy == Secrecy::Readable {
            let current = self.api.secret(found.reference()).await;
            let current =
                current.map_err(api_error("Could not read the secret of the new client"))?;
            if current.expose() != secrets.issued()?.expose() {
                return Err(RotationError::TwinChanged);
            }
        }
        Ok(())
    }

    /// Deletes the twin, if it exists.
    pub(super) async fn withdraw_twin(&self, twin: &Twin) -> Result<(), RotationError> {
        if let Some(found) = self.find_twin(twin, true).await? {
            self.delete_client(found.reference()).await?;
            self.say("Deleted the new client.");
        }
        Ok(())
    }

    /// Deletes the first client, and gives its name to the twin. If the server rejects the name,
    /// the error is only reported, because the name is not essential.
    pub(super) async fn replace_with(&self, twin: &Twin) -> Result<(), RotationError> {
        let of = CredentialRef::new(self.kind, self.id());
        // This read provides the values that the history records with the deletion, for a later
        // restore.
        match self.api.show(of.clone()).await {
            Ok(_) => {
                self.delete_client(of).await?;
                self.say(&format!("Deleted the client {}.", self.id().shown()));
            }
            Err(ApiError::NotFound { .. }) => {
                self.say(&format!("The client {} is already deleted.", self.id().shown()));
            }
            Err(error) => return Err(api_error("Could not read the client")(error)),
        }
        let Some(found) = self.find_twin(twin, false).await? else {
            return Err(RotationError::TwinChanged);
        };
        let before = Draft::of(&found);
        let mut after = before.clone();
        after.set(Field::Name, draft::FieldValue::Line(self.journal.name.clone()));
        let changes = draft::changes(&before, &after);
        if changes.is_empty() {
            return Ok(());
        }
        let version = found.record().version.clone();
        if let Err(error) = self.api.edit(found.reference(), version, changes).await {
            self.say(&error.explain("The new client keeps its temporary name").text());
        }
        Ok(())
    }

    async fn delete_client(&self, of: CredentialRef) -> Result<(), RotationError> {
        match self.api.delete(of, None).await {
            Ok(()) | Err(ApiError::NotFound { .. }) => Ok(()),
            Err(error) => Err(api_error("Could not delete the client")(error)),
        }
    }
}
