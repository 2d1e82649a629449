//! Session file encrypted with a passphrase. argon2id derives the key, and XChaCha20-Poly1305
//! encrypts the sessions.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    XChaCha20Poly1305,
    aead::{Aead as _, KeyInit as _},
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::{Ask, LARGEST, Passphrase, SecretStore, VaultError};
use crate::{
    domain::{
        Secret,
        passphrase::{self, Cost, FOR_FILES},
    },
    files,
};

/// Name of the encrypted session file.
pub const NAME: &str = "sessions.vault";

/// Maximum memory that a file may specify for key derivation, in KiB. The value is limited, because
/// another program could have written the file.
const MOST_MEMORY: u32 = 256 * 1024;

/// Maximum work that a file may specify for key derivation: memory in KiB times passes.
/// [`FOR_FILES`] uses about a fifth of this limit.
const MOST_WORK: u64 = 1024 * 1024;

/// Maximum number of damaged files to keep.
const DAMAGED_KEPT: usize = 3;

#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(rename = "credenza_vault")]
    version: u32,
    kdf: String,
    memory_kib: u32,
    passes: u32,
    salt: String,
    /// Second half of the derived key, which distinguishes a wrong passphrase from a damaged file.
    check: String,
    nonce: String,
    #[serde(rename = "sealed")]
    bytes: String,
}

/// Derived key and its parameters.
struct FileKey {
    salt: [u8; 16],
    cost: Cost,
    /// The first half is the encryption key; the second half is compared with the file's `check`.
    bytes: Zeroizing<[u8; 64]>,
}

/// Maximum number of passphrase attempts.
const ATTEMPTS: usize = 3;

type Sessions = BTreeMap<String, Zeroizing<String>>;

pub(super) struct FileStore {
    path: PathBuf,
    passphrase: Passphrase,
    key: Mutex<Option<FileKey>>,
}

impl FileStore {
    pub fn new(directory: &Path, passphrase: Passphrase) -> Self {
        Self { path: directory.join(NAME), passphrase, key: Mutex::default() }
    }

    fn io(&self, error: &io::Error) -> VaultError {
        VaultError::File { path: self.path.display().to_string(), why: error.to_string() }
    }

    /// Reads and decrypts the file; `None` if the file does not exist. Prompts for the passphrase
    /// if `key` does not match, and renames a damaged file.
    fn open(&self, key: &mut Option<FileKey>) -> Result<Option<Sessions>, VaultError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.io(&error)),
        };
        if let Ok(Some(mode)) = files::loose_mode(&self.path) {
            let why = format!("readable by other users (mode {mode:03o}). Run chmod 600 on it");
            return Err(VaultError::File { path: self.path.display().to_string(), why });
        }
        let Some((sealed, salt)) = parse(&bytes) else {
            return Err(if is_newer(&bytes) {
                VaultError::Newer(self.path.display().to_string())
            } else {
                self.set_aside()
            });
        };
        let cost = Cost { memory: sealed.memory_kib, passes: sealed.passes };
        let check = STANDARD.decode(&sealed.check).unwrap_or_default();
        let is_right = |key: &FileKey| bool::from(check.as_slice().ct_eq(&key.bytes[32..]));
        let known = key.take().filter(|key| key.salt == salt && key.cost == cost);
        let used = match known.filter(is_right) {
            Some(known) => known,
            None => self.unlock(salt, cost, is_right)?,
        };
        match unseal(key.insert(used), &sealed) {
            Some(sessions) => Ok(Some(sessions)),
            None => Err(self.set_aside()),
        }
    }

    /// Prompts for the passphrase until it is right, at most [`ATTEMPTS`] times.
    fn unlock(
        &self,
        salt: [u8; 16],
        cost: Cost,
        is_right: impl Fn(&FileKey) -> bool,
    ) -> Result<FileKey, VaultError> {
        let first = (self.passphrase)(Ask::Existing).ok_or(VaultError::NoPassphrase)?;
        let more = std::iter::from_fn(|| (self.passphrase)(Ask::Again)).take(ATTEMPTS - 1);
        for passphrase in std::iter::once(first).chain(more) {
            let key = derive(&passphrase, salt, cost)?;
            if is_right(&key) {
                return Ok(key);
            }
        }
        Err(VaultError::WrongPassphrase)
    }

    fn set_aside(&self) -> VaultError {
        let name = format!("{NAME}.damaged-{:08x}", rand::random::<u32>());
        let aside = self.path.with_file_name(name);
        match fs::rename(&self.path, &aside) {
            Ok(()) => {
                self.remove_older(&aside);
                VaultError::Damaged {
                    path: self.path.display().to_string(),
                    aside: aside.display().to_string(),
                }
            }
            Err(error) => self.io(&error),
        }
    }

    /// Removes older damaged files, so that [`DAMAGED_KEPT`] are left, including `newest`.
    fn remove_older(&self, newest: &Path) {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        let damaged = format!("{NAME}.damaged-");
        let mut older: Vec<_> = fs::read_dir(directory)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(&damaged))
            .map(|entry| entry.path())
            .filter(|path| path != newest)
            .collect();
        older.sort_by_key(|path| fs::metadata(path).and_then(|it| it.modified()).ok());
        let spare = (older.len() + 1).saturating_sub(DAMAGED_KEPT);
        for path in older.into_iter().take(spare) {
            let _ = fs::remove_file(path);
        }
    }

    /// Reads, changes and writes the file while holding a lock against other processes. Creates a
    /// missing file, and prompts for a new passphrase unless a key is in memory.
    fn change(&self, change: impl FnOnce(&mut Sessions)) -> Result<(), VaultError> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        let mut key = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.path.exists() && key.is_none() {
            let passphrase = (self.passphrase)(Ask::New).ok_or(VaultError::NoPassphrase)?;
            let mut salt = [0; 16];
            rand::fill(&mut salt);
            *key = Some(derive(&passphrase, salt, FOR_FILES)?);
        }
        files::private_directory(directory).map_err(|error| self.io(&error))?;
        let _lock =
            files::lock(&self.path.with_extension("lock")).map_err(|error| self.io(&error))?;
        let mut sessions = self.open(&mut key)?.unwrap_or_default();
        change(&mut sessions);
        let Some(key) = key.as_ref() else { return Err(VaultError::NoPassphrase) };
        let sealed = seal(key, &sessions)?;
        files::replace(&self.path, &sealed).map_err(|error| self.io(&error))
    }
}

impl SecretStore for FileStore {
    fn read(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        let mut key = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        let sessions = self.open(&mut key)?;
        Ok(sessions.and_then(|mut all| all.remove(name)).map(|text| Secret::new(text.to_string())))
    }

    fn write(&self, name: &str, value: &Secret) -> Result<(), VaultError> {
        if value.expose().len() > LARGEST * 1024 {
            return Err(VaultError::TooLarge(LARGEST));
        }
        self.change(|sessions| {
            sessions.insert(name.to_owned(), Zeroizing::new(value.expose().to_owned()));
        })
    }

    fn remove_unasked(&self, name: &str) -> Result<(), VaultError> {
        let open = self.key.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if open { self.remove(name) } else { Ok(()) }
    }

    fn remove(&self, name: &str) -> Result<(), VaultError> {
        if !self.path.exists() {
            return Ok(());
        }
        self.change(|sessions| {
            sessions.remove(name);
        })
    }
}

/// Returns true if a newer version of Credenza wrote the file. Such a file is neither read nor
/// renamed.
fn is_newer(bytes: &[u8]) -> bool {
    let version = serde_json::from_slice::<serde_json::Value>(bytes).ok();
    version.and_then(|file| file.get("credenza_vault")?.as_u64()).is_some_and(|it| it > 1)
}

fn parse(bytes: &[u8]) -> Option<(Sealed, [u8; 16])> {
    let sealed: Sealed = serde_json::from_slice(bytes).ok()?;
    let sane = sealed.version == 1
        && sealed.kdf == "argon2id"
        && (8..=MOST_MEMORY).contains(&sealed.memory_kib)
        && sealed.passes >= 1
        && u64::from(sealed.memory_kib) * u64::from(sealed.passes) <= MOST_WORK;
    let salt = STANDARD.decode(&sealed.salt).ok()?.try_into().ok()?;
    sane.then_some((sealed, salt))
}

fn derive(passphrase: &Secret, salt: [u8; 16], cost: Cost) -> Result<FileKey, VaultError> {
    let bytes = passphrase::key(passphrase, &salt, cost).ok_or_else(|| {
        VaultError::Unavailable("could not derive a key from the passphrase".to_owned())
    })?;
    Ok(FileKey { salt, cost, bytes })
}

fn cipher(key: &FileKey) -> XChaCha20Poly1305 {
    let mut half = Zeroizing::new([0; 32]);
    half.copy_from_slice(&key.bytes[..32]);
    XChaCha20Poly1305::new((&*half).into())
}

fn seal(key: &FileKey, sessions: &Sessions) -> Result<Vec<u8>, VaultError> {
    let wrong = || VaultError::Unavailable("could not encrypt the sessions".to_owned());
    let mut plain = serde_json::to_vec(sessions).map_err(|_| wrong())?;
    let mut nonce = [0_u8; 24];
    rand::fill(&mut nonce);
    let sealed = cipher(key).encrypt(&nonce.into(), plain.as_slice());
    plain.zeroize();
    let file = Sealed {
        version: 1,
        kdf: "argon2id".to_owned(),
        memory_kib: key.cost.memory,
        passes: key.cost.passes,
        salt: STANDARD.encode(key.salt),
        check: STANDARD.encode(&key.bytes[32..]),
        nonce: STANDARD.encode(nonce),
        bytes: STANDARD.encode(sealed.map_err(|_| wrong())?),
    };
    serde_json::to_vec(&file).map_err(|_| wrong())
}

fn unseal(key: &FileKey, sealed: &Sealed) -> Option<Sessions> {
    let nonce: [u8; 24] = STANDARD.decode(&sealed.nonce).ok()?.try_into().ok()?;
    let bytes = STANDARD.decode(&sealed.bytes).ok()?;
    let plain = Zeroizing::new(cipher(key).decrypt(&nonce.into(), bytes.as_slice()).ok()?);
    serde_json::from_slice(&plain).ok()
}
