//! The register of clients that were registered dynamically, in the vault: an index of ids and names, and
//! one value a client with its registration access token.
//!
//! It outlives the profile's session, and the profile itself: whoever loses it can never manage those
//! clients again.

use std::{path::PathBuf, sync::Arc};

use serde_json::{Value, json};

use super::keeper;
use crate::{
    api::{
        Answer, ApiError,
        registration::{Entry, Listed, Register},
    },
    domain::{Kind, Secret, Untrusted},
    vault::{Vault, VaultError},
};

/// The register of one profile.
pub struct VaultRegister {
    vault: Arc<Vault>,
    state: PathBuf,
    profile: String,
}

impl VaultRegister {
    /// The register of the profile of this name; `state` is for the lock.
    #[must_use]
    pub fn new(vault: Arc<Vault>, state: PathBuf, profile: &str) -> Self {
        Self { vault, state, profile: profile.to_owned() }
    }

    // No profile's name has a slash, so these are no session's names.
    fn index(&self) -> String {
        format!("register/{}", self.profile)
    }

    fn place(&self, client_id: &Untrusted) -> String {
        format!("{}/{}", self.index(), client_id.raw())
    }

    async fn read(&self, name: &str) -> Result<Option<Value>, ApiError> {
        let text = self.vault.load(name).await.map_err(|error| unreadable(&error))?;
        text.map(|text| {
            serde_json::from_str(text.expose()).map_err(|_| ApiError::Unusable {
                why: "The register of clients is damaged: what is in the vault is not what was written".into(),
            })
        })
        .transpose()
    }

    async fn write(&self, name: &str, value: &Value) -> Result<(), ApiError> {
        let kept = self.vault.save_for_good(name, &Secret::new(value.to_string())).await;
        kept.map(|_| ()).map_err(|why| ApiError::Unusable {
            why: format!(
                "The register of clients can be kept nowhere, and a client whose token is not kept can never be managed: {why}"
            ),
        })
    }

    async fn listed(&self) -> Result<Vec<Listed>, ApiError> {
        let index = self.read(&self.index()).await?.unwrap_or_default();
        let entries = index.as_array().into_iter().flatten();
        let text = |entry: &Value, name: &str| {
            Untrusted::from(entry.get(name).and_then(Value::as_str).unwrap_or_default())
        };
        Ok(entries
            .map(|entry| Listed {
                client_id: text(entry, "client_id"),
                name: text(entry, "name"),
                kind: kind_of(text(entry, "kind").raw()),
            })
            .collect())
    }

    async fn write_index(&self, entries: &[Listed]) -> Result<(), ApiError> {
        let index: Value = entries
            .iter()
            .map(|Listed { client_id, name, kind }| {
                json!({ "client_id": client_id.raw(), "name": name.raw(), "kind": word(*kind) })
            })
            .collect();
        self.write(&self.index(), &index).await
    }
}

fn unreadable(error: &VaultError) -> ApiError {
    ApiError::Unusable { why: format!("The register of clients cannot be read: {error}") }
}

const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Spa => "spa",
        Kind::M2m => "m2m",
        Kind::Token | Kind::Other => "other",
    }
}

fn kind_of(word: &str) -> Kind {
    match word {
        "spa" => Kind::Spa,
        "m2m" => Kind::M2m,
        _ => Kind::Other,
    }
}

impl Register for VaultRegister {
    fn lock(&self) -> Answer<'_, Box<dyn Send>> {
        Box::pin(async {
            let name = format!("{}.register", self.profile);
            let lock = keeper::locked(&self.state, &name).await?;
            Ok(Box::new(lock) as Box<dyn Send>)
        })
    }

    fn list(&self) -> Answer<'_, Vec<Listed>> {
        Box::pin(self.listed())
    }

    fn get(&self, client_id: &Untrusted) -> Answer<'_, Option<Entry>> {
        let client_id = client_id.clone();
        Box::pin(async move {
            let Some(value) = self.read(&self.place(&client_id)).await? else { return Ok(None) };
            let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
            Ok(Some(Entry {
                name: text("name").into(),
                kind: kind_of(text("kind")),
                created_at: text("created_at").parse().ok(),
                uri: text("uri").to_owned(),
                token: Secret::new(text("token").to_owned()),
                client_id,
            }))
        })
    }

    fn keep<'a>(&'a self, entry: &'a Entry) -> Answer<'a, ()> {
        Box::pin(async {
            let value = json!({
                "created_at": entry.created_at.map(|at| at.to_string()),
                "name": entry.name.raw(),
                "kind": word(entry.kind),
                "uri": entry.uri,
                "token": entry.token.expose(),
            });
            // The token first: an index without it can be mended by hand, a lost token cannot.
            self.write(&self.place(&entry.client_id), &value).await?;
            let mut all = self.listed().await?;
            let listed = Listed {
                client_id: entry.client_id.clone(),
                name: entry.name.clone(),
                kind: entry.kind,
            };
            match all.iter_mut().find(|known| known.client_id == entry.client_id) {
                Some(known) if *known == listed => return Ok(()),
                Some(known) => *known = listed,
                None => all.push(listed),
            }
            self.write_index(&all).await
        })
    }

    fn forget(&self, client_id: &Untrusted) -> Answer<'_, ()> {
        let client_id = client_id.clone();
        Box::pin(async move {
            let mut all = self.listed().await?;
            all.retain(|known| known.client_id != client_id);
            self.write_index(&all).await?;
            let place = self.place(&client_id);
            self.vault.remove(&place).await.map_err(|error| unreadable(&error))
        })
    }

    fn is_ready(&self) -> Answer<'_, ()> {
        Box::pin(async {
            let all = self.listed().await?;
            self.write_index(&all).await
        })
    }
}
