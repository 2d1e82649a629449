//! The system's keyring: Secret Service over D-Bus, Keychain, Credential Manager.
//!
//! Some keyrings limit a value's length (Credential Manager: 2,560 bytes). A longer value is split
//! into parts, which are written under separate names before the entry that refers to them. A
//! concurrent reader gets the old value, the new value or an error, never a mixture.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{LARGEST, SecretStore, VaultError};
use crate::domain::{Secret, export};

/// Maximum size of the value of one entry, in bytes.
const PIECE: usize = 2_400;

/// Content of an entry whose value is split.
#[derive(Serialize, Deserialize)]
struct SplitValue {
    #[serde(rename = "credenza_parts")]
    count: usize,
    round: String,
    sha256: String,
}

/// Entries with a name and bytes as the value: the keyring, or its substitute in a test.
pub(super) trait KeyringEntries {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError>;
    fn set(&self, name: &str, value: &[u8]) -> Result<(), VaultError>;
    fn delete(&self, name: &str) -> Result<(), VaultError>;
}

pub(super) struct KeyringStore;

pub(super) use system::probe;

#[cfg(feature = "keyring")]
mod system {
    use keyring::{Entry, Error};
    use zeroize::Zeroizing;

    use super::{KeyringEntries, KeyringStore};
    use crate::vault::VaultError;

    const SERVICE: &str = "credenza";

    /// Checks that a keyring is available.
    pub(in crate::vault) fn probe() -> Result<(), VaultError> {
        Entry::store_status().as_ref().copied().map_err(failed)
    }

    impl KeyringEntries for KeyringStore {
        fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
            match Entry::new(SERVICE, name).and_then(|entry| entry.get_secret()) {
                Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
                Err(Error::NoEntry) => Ok(None),
                Err(error) => Err(failed(&error)),
            }
        }

        fn set(&self, name: &str, value: &[u8]) -> Result<(), VaultError> {
            let entry = Entry::new(SERVICE, name);
            entry.and_then(|entry| entry.set_secret(value)).map_err(|error| failed(&error))
        }

        fn delete(&self, name: &str) -> Result<(), VaultError> {
            match Entry::new(SERVICE, name).and_then(|entry| entry.delete_credential()) {
                Ok(()) | Err(Error::NoEntry) => Ok(()),
                Err(error) => Err(failed(&error)),
            }
        }
    }

    /// Converts a keyring error, and omits text that could be part of a stored value.
    fn failed(error: &Error) -> VaultError {
        let why = match error {
            Error::PlatformFailure(inner) => match inner.to_string() {
                text if text.contains("Failed to connect to address") => {
                    "no D-Bus session".to_owned()
                }
                text if text.contains("org.freedesktop.secrets") => {
                    "no program provides org.freedesktop.secrets".to_owned()
                }
                text => text,
            },
            Error::NoStorageAccess(inner) => format!("it is locked ({inner})"),
            Error::NoDefaultStore => "none available".to_owned(),
            Error::TooLong(_, limit) => format!("it stores at most {limit} bytes"),
            _ => "it denied the request".to_owned(),
        };
        let why = crate::domain::text::shown(&why).chars().take(200).collect();
        VaultError::Unavailable(why)
    }
}

/// Substitute in a build without keyring support. Every call fails, so that other stores are used.
#[cfg(not(feature = "keyring"))]
mod system {
    use zeroize::Zeroizing;

    use super::{KeyringEntries, KeyringStore};
    use crate::vault::VaultError;

    fn absent() -> VaultError {
        VaultError::Unavailable("this build has no keyring support".to_owned())
    }

    pub(in crate::vault) fn probe() -> Result<(), VaultError> {
        Err(absent())
    }

    impl KeyringEntries for KeyringStore {
        fn get(&self, _: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
            Err(absent())
        }

        fn set(&self, _: &str, _: &[u8]) -> Result<(), VaultError> {
            Err(absent())
        }

        fn delete(&self, _: &str) -> Result<(), VaultError> {
            Err(absent())
        }
    }
}

impl<T: KeyringEntries + Send + Sync> SecretStore for T {
    fn read(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        let Some(bytes) = self.get(name)? else { return Ok(None) };
        let bytes = match serde_json::from_slice::<SplitValue>(&bytes) {
            Ok(parts) => match joined(self, name, &parts)? {
                Some(bytes) => bytes,
                None => return Ok(None),
            },
            Err(_) => bytes,
        };
        let text = std::str::from_utf8(&bytes);
        let text = text.map_err(|_| VaultError::Unavailable("its entry is not text".to_owned()))?;
        Ok(Some(Secret::new(text.to_owned())))
    }

    fn write(&self, name: &str, value: &Secret) -> Result<(), VaultError> {
        let bytes = value.expose().as_bytes();
        if bytes.len() > LARGEST * 1024 {
            return Err(VaultError::TooLarge(LARGEST));
        }
        let before = parts_of(self, name)?;
        if bytes.len() <= PIECE {
            self.set(name, bytes)?;
        } else {
            let parts = SplitValue {
                count: bytes.len().div_ceil(PIECE),
                round: format!("{:016x}", rand::random::<u64>()),
                sha256: export::hex(&Sha256::digest(bytes)),
            };
            for (index, piece) in bytes.chunks(PIECE).enumerate() {
                self.set(&part(name, &parts.round, index), piece)?;
            }
            let head = serde_json::to_vec(&parts).unwrap_or_default();
            self.set(name, &head)?;
        }
        forget(self, name, before)
    }

    fn remove(&self, name: &str) -> Result<(), VaultError> {
        let before = parts_of(self, name)?;
        self.delete(name)?;
        forget(self, name, before)
    }
}

fn part(name: &str, round: &str, index: usize) -> String {
    format!("{name}/{round}/{index}")
}

fn parts_of(entries: &impl KeyringEntries, name: &str) -> Result<Option<SplitValue>, VaultError> {
    Ok(entries.get(name)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn forget(
    entries: &impl KeyringEntries,
    name: &str,
    parts: Option<SplitValue>,
) -> Result<(), VaultError> {
    let Some(parts) = parts else { return Ok(()) };
    let many = parts.count.min(LARGEST * 1024 / PIECE + 1);
    (0..many).try_for_each(|index| entries.delete(&part(name, &parts.round, index)))
}

/// Assembles a value from its parts. Fails if a part is missing or was changed.
fn joined(
    entries: &impl KeyringEntries,
    name: &str,
    parts: &SplitValue,
) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
    let mut all = Zeroizing::new(Vec::new());
    for index in 0..parts.count.min(LARGEST * 1024 / PIECE + 1) {
        let Some(piece) = entries.get(&part(name, &parts.round, index))? else {
            return Err(VaultError::Unavailable("a part of its entry is missing".to_owned()));
        };
        all.extend_from_slice(&piece);
    }
    if export::hex(&Sha256::digest(&all)) != parts.sha256 {
        return Err(VaultError::Unavailable("the parts of its entry do not match".to_owned()));
    }
    Ok(Some(all))
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::Mutex};

    use super::*;

    /// Keyring with the value limit of Credential Manager.
    #[derive(Default)]
    struct Small(Mutex<HashMap<String, Vec<u8>>>);

    impl KeyringEntries for Small {
        fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
            Ok(self.0.lock().expect("a lock").get(name).cloned().map(Zeroizing::new))
        }

        fn set(&self, name: &str, value: &[u8]) -> Result<(), VaultError> {
            if value.len() > 2_560 {
                return Err(VaultError::Unavailable("too long".to_owned()));
            }
            self.0.lock().expect("a lock").insert(name.to_owned(), value.to_vec());
            Ok(())
        }

        fn delete(&self, name: &str) -> Result<(), VaultError> {
            self.0.lock().expect("a lock").remove(name);
            Ok(())
        }
    }

    #[test]
    fn long_values_are_parted_and_nothing_is_left_of_older_ones() {
        let small = Small::default();
        let read = || small.read("a").expect("read").map(|it| it.expose().to_owned());
        for length in [10_000, 2_400, 2_401, 200_000, 3] {
            let value = "x".repeat(length);
            small.write("a", &Secret::new(value.clone())).expect("written");
            assert_eq!(read(), Some(value));
            let entries = small.0.lock().expect("a lock").len();
            assert_eq!(entries, if length <= PIECE { 1 } else { 1 + length.div_ceil(PIECE) });
        }
        let huge = Secret::new("x".repeat(LARGEST * 1024 + 1));
        assert_eq!(small.write("a", &huge), Err(VaultError::TooLarge(LARGEST)));
        small.write("a", &Secret::new("y".repeat(9_000))).expect("written");
        small.remove("a").expect("removed");
        assert!(small.0.lock().expect("a lock").is_empty());
    }

    #[test]
    fn parts_that_do_not_fit_are_no_value() {
        let small = Small::default();
        small.write("a", &Secret::new("x".repeat(5_000))).expect("written");
        let name = small.0.lock().expect("a lock").keys().find(|key| key.ends_with("/1")).cloned();
        small.set(&name.expect("a part"), b"tampered").expect("set");
        assert!(small.read("a").is_err());
    }
}
