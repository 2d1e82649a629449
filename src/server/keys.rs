//! The key that encrypts secrets at rest, and the key that signs access tokens.

use std::{fs, io, io::Read as _, path::Path};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use chacha20poly1305::{
    XChaCha20Poly1305,
    aead::{Aead as _, KeyInit as _, Payload},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::Jwk};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::store::{DATABASE, Store, StoreError};
use crate::{domain::Secret, files};

/// Name of the file with the encryption key, in the directory of the database.
pub const KEY_FILE: &str = "secrets.key";

const NONCE: usize = 24;

/// Reason why a key could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key file could not be read or written.
    #[error("could not use the key file {path}: {source}")]
    File {
        /// Path of the file.
        path: String,
        /// Error from the operating system.
        source: io::Error,
    },
    /// Other users have permissions on the key file.
    #[error(
        "the key file {0} is readable by other users. Run chmod 600 on it, then rotate the secrets"
    )]
    Loose(String),
    /// The key file is a dangling link.
    #[error("the key file {0} links to a missing file. Restore that file")]
    Dangling(String),
    /// The key file is missing, although data was encrypted with the key.
    #[error(
        "the key file {0} is missing, and the data was encrypted with it. Restore the file from a backup. Without it, no secret can be read. To start over, move credentials.db away"
    )]
    Missing(String),
    /// The key file has the wrong length.
    #[error("the key file {0} is damaged: it must be 32 bytes")]
    Damaged(String),
    /// The data was encrypted with another key, or was modified.
    #[error("could not decrypt a stored secret: the key file does not belong to this data")]
    Wrong,
    /// The signing key cannot be created or used.
    #[error("the signing key is not usable")]
    Signing,
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Returns the reason why the data in a directory cannot be decrypted: the key file is missing, or
/// is a dangling link. `None` if there is no data, or if the key file exists.
#[must_use]
pub fn missing(directory: &Path) -> Option<String> {
    let data = fs::metadata(directory.join(DATABASE)).ok()?;
    let path = directory.join(KEY_FILE);
    if data.len() == 0 || path.exists() {
        return None;
    }
    let shown = path.display().to_string();
    let is_link = fs::symlink_metadata(&path).is_ok();
    let error = if is_link { KeyError::Dangling(shown) } else { KeyError::Missing(shown) };
    Some(error.to_string())
}

/// Key that encrypts and decrypts secrets at rest, with XChaCha20-Poly1305 and random nonces.
pub struct AtRest(XChaCha20Poly1305);

impl AtRest {
    /// Creates a random key that is never stored.
    #[must_use]
    pub fn random() -> Self {
        let mut key = Zeroizing::new([0_u8; 32]);
        rand::fill(&mut key[..]);
        Self::from_bytes(&key)
    }

    /// Reads the key from [`KEY_FILE`] in the data directory. Creates a missing file with mode 0600
    /// only if `create` is true, because a new key cannot decrypt existing data.
    ///
    /// # Errors
    /// [`KeyError`] if the file cannot be read or created, is damaged, is accessible to other
    /// users, or is missing while `create` is false.
    pub fn in_directory(directory: &Path, create: bool) -> Result<Self, KeyError> {
        let path = directory.join(KEY_FILE);
        let shown = path.display().to_string();
        match Self::in_file(&path, &shown) {
            Err(KeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            read => return read,
        }
        if fs::symlink_metadata(&path).is_ok_and(|known| known.is_symlink()) {
            return Err(KeyError::Dangling(shown));
        }
        if !create {
            return Err(KeyError::Missing(shown));
        }
        let mut key = Zeroizing::new([0_u8; 32]);
        rand::fill(&mut key[..]);
        let created = files::create(&path, &key[..]);
        created.map_err(|source| KeyError::File { path: shown.clone(), source })?;
        // Another process may have created the file at the same time, so the key is read back from
        // the file.
        Self::in_file(&path, &shown)
    }

    fn in_file(path: &Path, shown: &str) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: shown.to_owned(), source };
        let file = fs::File::open(path).map_err(failed)?;
        if files::loose_mode(path).map_err(failed)?.is_some() {
            return Err(KeyError::Loose(shown.to_owned()));
        }
        let mut bytes = Zeroizing::new(Vec::new());
        file.take(33).read_to_end(&mut bytes).map_err(failed)?;
        let key: &[u8; 32] =
            bytes.as_slice().try_into().map_err(|_| KeyError::Damaged(shown.to_owned()))?;
        Ok(Self::from_bytes(key))
    }

    fn from_bytes(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Encrypts `plain` for the record `id`; the ciphertext is bound to that record.
    ///
    /// # Errors
    /// [`KeyError::Wrong`] if the cipher rejects the input, which happens only for extreme lengths.
    pub fn seal(&self, id: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut nonce = [0_u8; NONCE];
        rand::fill(&mut nonce);
        let payload = Payload { msg: plain, aad: id.as_bytes() };
        let sealed = self.0.encrypt(&nonce.into(), payload).map_err(|_| KeyError::Wrong)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Decrypts the output of [`AtRest::seal`] for the same record.
    ///
    /// # Errors
    /// [`KeyError::Wrong`] if the key, the record or the data does not match.
    pub fn open(&self, id: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(KeyError::Wrong)?;
        let payload = Payload { msg: sealed, aad: id.as_bytes() };
        self.0.decrypt(&(*nonce).into(), payload).map(Zeroizing::new).map_err(|_| KeyError::Wrong)
    }

    /// Decrypts the output of [`AtRest::seal`] for the same record, as UTF-8 text.
    ///
    /// # Errors
    /// [`KeyError::Wrong`] if the key, the record or the data does not match, or if the text is not
    /// UTF-8.
    pub fn open_secret(&self, id: &str, sealed: &[u8]) -> Result<Secret, KeyError> {
        let plain = self.open(id, sealed)?;
        let text = std::str::from_utf8(&plain).map_err(|_| KeyError::Wrong)?;
        Ok(Secret::new(text.to_owned()))
    }
}

/// ES256 key pair that signs JWTs, and verifies JWTs signed with the same key.
pub struct Signer {
    key: EncodingKey,
    check: DecodingKey,
    public: Jwk,
    id: String,
}

impl Signer {
    /// Loads the signing key from the store; creates the key if the store has none.
    ///
    /// # Errors
    /// [`KeyError`] if the key cannot be created, read or decrypted.
    pub fn load(store: &mut Store) -> Result<Self, KeyError> {
        let pkcs8 = match store.signing_key()? {
            Some(sealed) => store.at_rest().open("signing-key", &sealed)?,
            None => {
                let made = EcdsaKeyPair::generate_pkcs8(
                    &ECDSA_P256_SHA256_FIXED_SIGNING,
                    &SystemRandom::new(),
                )
                .map_err(|_| KeyError::Signing)?;
                let sealed = store.at_rest().seal("signing-key", made.as_ref())?;
                let kept = store.keep_signing_key(&sealed)?;
                store.at_rest().open("signing-key", &kept)?
            }
        };
        let key = EncodingKey::from_ec_der(&pkcs8);
        let mut public =
            Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(|_| KeyError::Signing)?;
        let id = public
            .thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256)
            .map_err(|_| KeyError::Signing)?;
        public.common.key_id = Some(id.clone());
        let check = DecodingKey::from_jwk(&public).map_err(|_| KeyError::Signing)?;
        Ok(Self { key, check, public, id })
    }

    /// Signs claims as a JWT. `kind` is the type in the header `typ`: `at+jwt` for access tokens
    /// (RFC 9068 section 2.1).
    ///
    /// # Errors
    /// [`KeyError::Signing`] if the claims cannot be serialized or signed.
    pub fn sign<T: Serialize>(&self, kind: &str, claims: &T) -> Result<String, KeyError> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.id.clone());
        header.typ = Some(kind.to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|_| KeyError::Signing)
    }

    /// Verifies the signature of a JWT and returns its claims; `None` if the JWT is invalid. The
    /// caller must check the expiry, the issuer and the audience.
    #[must_use]
    pub fn verify<T: DeserializeOwned + Clone>(&self, token: &str) -> Option<T> {
        let mut rules = Validation::new(Algorithm::ES256);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        jsonwebtoken::decode(token, &self.check, &rules).ok().map(|data| data.claims)
    }

    /// Returns the public key for the JWKS (RFC 7517).
    #[must_use]
    pub fn public(&self) -> &Jwk {
        &self.public
    }
}

/// Characters of IDs and secrets.
pub(super) const LETTERS: &[u8; 62] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Returns `prefix`, followed by `length` random letters and digits.
#[must_use]
pub fn random_id(prefix: &str, length: usize) -> String {
    let mut out = String::with_capacity(prefix.len() + length);
    out.push_str(prefix);
    while out.len() < prefix.len() + length {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes);
        for byte in bytes {
            // 248 = 4 * 62. Bytes from 248 on are skipped, because they would make some characters
            // more likely.
            if byte < 248 && out.len() < prefix.len() + length {
                out.push(char::from(LETTERS[usize::from(byte % 62)]));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_for_one_record_does_not_open_for_another() {
        let key = AtRest::random();
        let sealed = key.seal("client-a", b"canary").expect("seals");
        assert!(!sealed.windows(6).any(|window| window == b"canary"));
        assert_eq!(key.open_secret("client-a", &sealed).expect("opens").expose(), "canary");
        assert!(matches!(key.open("client-b", &sealed), Err(KeyError::Wrong)));
        assert!(matches!(AtRest::random().open("client-a", &sealed), Err(KeyError::Wrong)));
        assert!(matches!(key.open("client-a", &sealed[..10]), Err(KeyError::Wrong)));
    }

    #[test]
    #[cfg(unix)]
    fn the_key_file_is_private_kept_and_refused_when_loose() {
        use std::os::unix::fs::PermissionsExt as _;

        let directory = tempfile::tempdir().expect("a directory");
        let sealed = AtRest::in_directory(directory.path(), true)
            .expect("made")
            .seal("a", b"x")
            .expect("seals");
        assert!(
            AtRest::in_directory(directory.path(), true).expect("kept").open("a", &sealed).is_ok()
        );

        let path = directory.path().join(KEY_FILE);
        assert_eq!(fs::metadata(&path).expect("exists").permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("loosened");
        assert!(matches!(AtRest::in_directory(directory.path(), true), Err(KeyError::Loose(_))));
    }

    #[test]
    #[cfg(unix)]
    fn a_key_file_that_is_missing_or_a_dangling_link_is_not_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(KEY_FILE);
        let open = |create| AtRest::in_directory(directory.path(), create).err();
        assert!(matches!(open(false), Some(KeyError::Missing(_))));
        assert!(!path.exists());
        std::os::unix::fs::symlink(directory.path().join("elsewhere"), &path).expect("a link");
        assert!(matches!(open(true), Some(KeyError::Dangling(_))));
        assert!(!directory.path().join("elsewhere").exists());
    }

    #[test]
    fn ids_have_their_length_and_differ() {
        let (a, b) = (random_id("tok_", 16), random_id("tok_", 16));
        assert_eq!(a.len(), 20);
        assert_ne!(a, b);
    }
}
