//! Register of dynamically registered clients in the session store: an index of IDs, names and
//! kinds, and one entry per client with its registration access token.
//!
//! A register belongs to an issuer, and outlives the profile and its session, because a client
//! cannot be managed without its registration access token.

use std::{path::PathBuf, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::session_manager;
use crate::{
    api::{
        Answer, ApiError,
        registration::{Listed, Register, RegisteredClient},
    },
    domain::{Kind, Profile, Secret, Untrusted, urls},
    vault::{SessionStore, VaultError},
};

/// Register of the clients at one issuer.
pub struct VaultRegister {
    vault: Arc<SessionStore>,
    state: PathBuf,
    issuer: String,
    base_url: String,
    profile: String,
}

impl VaultRegister {
    /// Creates the register for the issuer at which the profile registers clients. `state` is the
    /// directory of its lock file.
    #[must_use]
    pub fn new(vault: Arc<SessionStore>, state: PathBuf, profile: &Profile) -> Self {
        let issuer = profile.registers_at().trim_end_matches('/').to_owned();
        let (base_url, profile) = (profile.base_url.clone(), profile.name.clone());
        Self { vault, state, issuer, base_url, profile }
    }

    // Sessions are stored under profile names, which have no slash, and URLs have no space. The
    // names below are therefore unique in the session store.
    fn index(&self) -> String {
        format!("register/{}", self.issuer)
    }

    fn vault_key(&self, client_id: &Untrusted) -> String {
        format!("{} {}", self.index(), client_id.raw())
    }

    /// Returns the name of the old index: versions before 0.2 had one register per profile name.
    fn index_by_name(&self) -> String {
        format!("register/{}", self.profile)
    }

    /// Moves clients from the old index into `known` and this register, if their registration URI
    /// is on the server of the base URL. Clients of other servers stay in the old index until the
    /// profile has the base URL of their server.
    async fn adopt(&self, known: &mut Vec<Listed>) -> Result<(), ApiError> {
        let by_name = self.index_by_name();
        let Some(old) = self.read(&by_name).await? else { return Ok(()) };
        let (mut adopted, mut left) = (Vec::new(), Vec::new());
        for listed in entries(&old) {
            let name = format!("{by_name}/{}", listed.client_id.raw());
            let Some(value) = self.read(&name).await? else { continue };
            let uri = value.get("uri").and_then(Value::as_str).unwrap_or_default();
            if urls::origin_of(uri) != urls::origin_of(&self.base_url) {
                left.push(listed);
                continue;
            }
            adopted.push(name);
            // An existing entry is newer than the old one and must not be overwritten. Such an
            // entry exists if an earlier migration stopped before it wrote the index.
            let place = self.vault_key(&listed.client_id);
            if self.read(&place).await?.is_none() {
                self.write(&place, &value).await?;
            }
            if !known.iter().any(|it| it.client_id == listed.client_id) {
                known.push(listed);
            }
        }
        if adopted.is_empty() {
            return Ok(());
        }
        self.write_index(&self.index(), known).await?;
        // If the adopted clients stayed in the old index, a client that is deleted later would be
        // adopted again.
        self.write_index(&by_name, &left).await?;
        for name in adopted {
            self.vault.remove(&name).await.map_err(|error| unreadable(&error))?;
        }
        Ok(())
    }

    async fn read(&self, name: &str) -> Result<Option<Value>, ApiError> {
        let text = self.vault.load(name).await.map_err(|error| unreadable(&error))?;
        text.map(|text| {
            serde_json::from_str(text.expose()).map_err(|_| ApiError::Local {
                why: "The register of clients is damaged: the stored data is not valid JSON."
                    .into(),
                next: CHECK_STORE,
            })
        })
        .transpose()
    }

    async fn write(&self, name: &str, value: &Value) -> Result<(), ApiError> {
        let kept = self.vault.save_for_good(name, &Secret::new(value.to_string())).await;
        kept.map(|_| ()).map_err(|why| ApiError::Local {
            why: format!(
                "Could not store the register of clients: {why}. Without its stored token, a client cannot be managed."
            ),
            next: CHECK_STORE,
        })
    }

    async fn listed(&self) -> Result<Vec<Listed>, ApiError> {
        let mut known = entries(&self.read(&self.index()).await?.unwrap_or_default());
        self.adopt(&mut known).await?;
        Ok(known)
    }

    /// Returns the stored entry of a client, moved from the old index if necessary.
    async fn stored(&self, client_id: &Untrusted) -> Result<Option<Value>, ApiError> {
        let place = self.vault_key(client_id);
        match self.read(&place).await? {
            Some(value) => Ok(Some(value)),
            None => {
                self.listed().await?; // the entry may still be in the old index
                self.read(&place).await
            }
        }
    }

    async fn write_index(&self, name: &str, entries: &[Listed]) -> Result<(), ApiError> {
        let index: Value = entries
            .iter()
            .map(|Listed { client_id, name, kind }| {
                json!({ "client_id": client_id.raw(), "name": name.raw(), "kind": word(*kind) })
            })
            .collect();
        self.write(name, &index).await
    }
}

fn entries(index: &Value) -> Vec<Listed> {
    let text = |entry: &Value, name: &str| {
        Untrusted::from(entry.get(name).and_then(Value::as_str).unwrap_or_default())
    };
    let listed = |entry: &Value| Listed {
        client_id: text(entry, "client_id"),
        name: text(entry, "name"),
        kind: kind_of(text(entry, "kind").raw()),
    };
    index.as_array().into_iter().flatten().map(listed).collect()
}

fn unreadable(error: &VaultError) -> ApiError {
    ApiError::Local {
        why: format!("Could not read the register of clients: {error}."),
        next: CHECK_STORE,
    }
}

const CHECK_STORE: &str = "Run credenza doctor to check the session store.";

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
            // The issuer is a URL, which is not a valid file name.
            let name = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.issuer)) + ".register";
            let lock = session_manager::locked(&self.state, &name).await?;
            Ok(Box::new(lock) as Box<dyn Send>)
        })
    }

    fn list(&self) -> Answer<'_, Vec<Listed>> {
        Box::pin(self.listed())
    }

    fn get(&self, client_id: &Untrusted) -> Answer<'_, Option<RegisteredClient>> {
        let client_id = client_id.clone();
        Box::pin(async move {
            let Some(value) = self.stored(&client_id).await? else { return Ok(None) };
            let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
            Ok(Some(RegisteredClient {
                name: text("name").into(),
                kind: kind_of(text("kind")),
                created_at: text("created_at").parse().ok(),
                uri: text("uri").to_owned(),
                token: Secret::new(text("token").to_owned()),
                client_id,
            }))
        })
    }

    fn keep<'a>(&'a self, entry: &'a RegisteredClient) -> Answer<'a, ()> {
        Box::pin(async {
            let value = json!({
                "created_at": entry.created_at.map(|at| at.to_string()),
                "name": entry.name.raw(),
                "kind": word(entry.kind),
                "uri": entry.uri,
                "token": entry.token.expose(),
            });
            // The token is written first, because a missing index entry can be added by hand, but a
            // lost token cannot be recovered.
            self.write(&self.vault_key(&entry.client_id), &value).await?;
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
            self.write_index(&self.index(), &all).await
        })
    }

    fn forget(&self, client_id: &Untrusted) -> Answer<'_, ()> {
        let client_id = client_id.clone();
        Box::pin(async move {
            let mut all = self.listed().await?;
            all.retain(|known| known.client_id != client_id);
            self.write_index(&self.index(), &all).await?;
            let place = self.vault_key(&client_id);
            self.vault.remove(&place).await.map_err(|error| unreadable(&error))
        })
    }

    fn is_ready(&self) -> Answer<'_, ()> {
        Box::pin(async {
            let all = self.listed().await?;
            self.write_index(&self.index(), &all).await
        })
    }
}
