//! In-memory cache of access tokens, and of secrets that a server sends only once. Each entry is
//! removed when its panel closes.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    api::Written,
    app::{Saved, SecretRef},
    domain::Secret,
};

/// Cached secrets, by the reference that messages contain instead of the secret.
#[derive(Default)]
pub(super) struct SecretCache(Mutex<HashMap<SecretRef, Secret>>);

impl SecretCache {
    pub fn keep(&self, which: SecretRef, secret: Secret) {
        self.lock().insert(which, secret);
    }

    pub fn forget(&self, which: &SecretRef) {
        self.lock().remove(which);
    }

    /// Moves the secret of a response into the cache, and returns the response without the secret.
    pub fn saved(&self, Written { credential, secret, side_effects }: Written) -> Saved {
        let came = secret.is_some();
        if let Some(secret) = secret {
            self.keep(SecretRef::Once(credential.reference()), secret);
        }
        Saved { credential, secret: came, side_effects }
    }

    /// Returns a copy of a cached secret; `None` if it is not cached.
    pub fn copy(&self, which: &SecretRef) -> Option<Secret> {
        self.lock().get(which).map(|secret| Secret::new(secret.expose().to_owned()))
    }

    pub fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SecretRef, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
