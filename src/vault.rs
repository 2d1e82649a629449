//! Session storage: the OS keyring, else an encrypted file, else memory. No session is written in
//! clear text.
//!
//! A [`SessionStore`] tries its stores in order and saves a value to the first store that accepts
//! it. The last store is memory. If a preferred store fails, the caller receives the reasons. A
//! call can block, for example while a prompt is open, so each call runs on its own thread with a
//! timeout.

mod file;
mod keyring;

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use strum::{EnumString, IntoStaticStr, VariantNames};
use tokio::{sync::oneshot, time::timeout};

use crate::{domain::Secret, files};
use file::FileStore;
pub use file::NAME as FILE;
use keyring::KeyringStore;

/// Time limit for detecting a keyring that was neither configured nor used last.
const PROBE: Duration = Duration::from_millis(200);

/// Time limit of a keyring call. It is long, because the keyring may prompt for its password.
const CALL: Duration = Duration::from_secs(60);

/// Time limit of a keyring call on Linux without a display, where no prompt can open.
const HEADLESS_CALL: Duration = Duration::from_secs(3);

/// Time limit of a call to the encrypted file. The user may be typing the passphrase meanwhile.
const FILE_CALL: Duration = Duration::from_secs(600);

/// A kind of session store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// The system's keyring.
    Keyring,
    /// A file encrypted under a passphrase.
    File,
    /// Memory of this process; lost on exit.
    Memory,
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keyring => "the system's keyring",
            Self::File => "a file encrypted with your passphrase",
            Self::Memory => "memory, for this run only",
        })
    }
}

/// Failure of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The store cannot be used, for this reason.
    #[error("{0}")]
    Unavailable(String),
    /// The store did not respond within this time.
    #[error("it did not respond within {}", seconds(*.0))]
    Slow(Duration),
    /// The keyring may have the latest session, but did not respond within this time.
    #[error("the keyring did not respond within {}, so it is unknown whether you are signed in", seconds(*.0))]
    Unknown(Duration),
    /// The encrypted file requires a passphrase, and none was given or entered.
    #[error("the encrypted file requires a passphrase, and none was given or entered")]
    NoPassphrase,
    /// The passphrase is wrong.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The file was damaged and has been renamed.
    #[error("{path} is damaged and was moved to {aside}. Sign in again")]
    Damaged {
        /// Path of the file.
        path: String,
        /// New path of the damaged file.
        aside: String,
    },
    /// The file cannot be used.
    #[error("{path}: {why}")]
    File {
        /// Path of the file.
        path: String,
        /// Reason, such as the error text of the system.
        why: String,
    },
    /// A newer version of Credenza wrote the file.
    #[error("{0} was written by a newer version of Credenza")]
    Newer(String),
    /// The value exceeds this limit, in KiB.
    #[error("sessions larger than {0} KiB are not stored")]
    TooLarge(usize),
    /// No store accepted a value that must not be lost. Contains the reasons.
    #[error("{0}")]
    NotSaved(String),
}

/// Formats a duration, such as `200 ms` or `3 s`.
fn seconds(wait: Duration) -> String {
    if wait < Duration::from_secs(1) {
        format!("{} ms", wait.as_millis())
    } else {
        format!("{} s", wait.as_secs())
    }
}

/// Maximum size of a value, in KiB.
const LARGEST: usize = 256;

/// Store of named secrets. Calls may block.
trait SecretStore: Send + Sync {
    fn read(&self, name: &str) -> Result<Option<Secret>, VaultError>;
    fn write(&self, name: &str, value: &Secret) -> Result<(), VaultError>;
    fn remove(&self, name: &str) -> Result<(), VaultError>;

    /// Removes an outdated value. The encrypted file keeps the value if the file has not been
    /// unlocked yet.
    fn remove_unasked(&self, name: &str) -> Result<(), VaultError> {
        self.remove(name)
    }
}

/// Configured store.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    clap::ValueEnum,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum StoreChoice {
    /// The system's keyring, else an encrypted file, else memory.
    #[default]
    Auto,
    /// The system's keyring.
    Keyring,
    /// A file encrypted under a passphrase.
    File,
    /// Not stored: lost when the program ends.
    Memory,
}

/// Purpose of a passphrase prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Open the existing file.
    Existing,
    /// Open the existing file, after a wrong passphrase.
    Again,
    /// Create a new file.
    New,
}

impl Ask {
    /// Returns a passphrase that was given in advance; `None` after a wrong passphrase.
    #[must_use]
    pub fn given(self, passphrase: &str) -> Option<Secret> {
        (self != Self::Again).then(|| Secret::new(passphrase.to_owned()))
    }
}

/// Function that prompts the user for a passphrase. Returns `None` if no prompt is possible, or if
/// the user declines.
pub type Passphrase = Arc<dyn Fn(Ask) -> Option<Secret> + Send + Sync>;

/// Store that accepted a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Kind of the store.
    pub place: StoreKind,
    /// Reasons why the preferred stores did not accept the session, if any.
    pub why: Option<String>,
}

/// Storage of sessions in several stores, which are tried in order. Memory is the last store for a
/// save, but is read first.
pub struct SessionStore {
    stores: Vec<(StoreKind, Arc<dyn SecretStore>)>,
    memory: Memory,
    /// Reasons why stores are unavailable.
    missing: Vec<String>,
    remembered: Option<PathBuf>,
    /// Time waited for a keyring that may have the last session; `None` unless the keyring timed
    /// out.
    unanswered: Option<Duration>,
    limit: Duration,
}

impl SessionStore {
    /// Detects the available stores. `directory` contains the encrypted file and the name of the
    /// last-used store.
    ///
    /// With [`StoreChoice::Auto`], the last-used store comes first. A keyring that was configured
    /// or used last has the full time limit to respond. Any other keyring has 200 ms.
    pub async fn open(choice: StoreChoice, directory: &Path, passphrase: Passphrase) -> Self {
        let file =
            || -> Arc<dyn SecretStore> { Arc::new(FileStore::new(directory, passphrase.clone())) };
        let headless =
            !["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|it| std::env::var_os(it).is_some());
        let mut vault = Self {
            stores: Vec::new(),
            memory: Memory::default(),
            missing: Vec::new(),
            remembered: (choice == StoreChoice::Auto).then(|| directory.join("vault.json")),
            unanswered: None,
            limit: if headless && cfg!(target_os = "linux") { HEADLESS_CALL } else { CALL },
        };
        if matches!(choice, StoreChoice::Auto | StoreChoice::Keyring) {
            let holds_session =
                choice == StoreChoice::Keyring || vault.last_used() == Some(StoreKind::Keyring);
            let wait = if holds_session { vault.limit } else { PROBE };
            match blocking(wait, keyring::probe).await {
                Ok(()) => vault.stores.push((StoreKind::Keyring, Arc::new(KeyringStore))),
                Err(error) => {
                    vault.unanswered = match error {
                        VaultError::Slow(wait) if holds_session => Some(wait),
                        _ => None,
                    };
                    vault.missing.push(format!("no keyring: {error}"));
                }
            }
        }
        if matches!(choice, StoreChoice::Auto | StoreChoice::File) {
            vault.stores.push((StoreKind::File, file()));
        }
        if vault.last_used() == Some(StoreKind::File) {
            vault.stores.reverse();
        }
        vault
    }

    /// Creates a session store that uses memory only.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            stores: Vec::new(),
            memory: Memory::default(),
            missing: Vec::new(),
            remembered: None,
            unanswered: None,
            limit: CALL,
        }
    }

    /// Returns the store that is tried first, and the reason why a preferred store is unavailable,
    /// if any.
    #[must_use]
    pub fn first(&self) -> Stored {
        let place = self.stores.first().map_or(StoreKind::Memory, |(place, _)| *place);
        Stored { place, why: self.missing.first().cloned() }
    }

    /// Returns the session `name` from memory, or from the first store that has it; `None` if no
    /// store has the session.
    ///
    /// # Errors
    /// Returns the error of the first store that failed, if no other store has the session.
    /// [`VaultError::Unknown`] if the session may be in a keyring that timed out.
    pub async fn load(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        if let Some(found) = self.memory.read(name)? {
            return Ok(Some(found));
        }
        let mut failed = None;
        for (place, store) in &self.stores {
            let (store, key) = (Arc::clone(store), name.to_owned());
            match blocking(self.limit_of(*place), move || store.read(&key)).await {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(?place, %error, "could not read a store");
                    failed.get_or_insert(error);
                }
            }
        }
        match (self.unanswered, failed) {
            (Some(wait), _) => Err(VaultError::Unknown(wait)),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        }
    }

    /// Saves a session to the first store that accepts it, else in memory. Deletes older values
    /// from all other stores, except from an encrypted file that was not unlocked yet.
    pub async fn save(&self, name: &str, value: &Secret) -> Stored {
        let (kept, why) = self.write_to_first(name, value).await;
        let why = (!why.is_empty()).then(|| why.join("; "));
        match kept {
            Some(place) => {
                let _ = self.memory.remove(name);
                Stored { place, why }
            }
            None => {
                // The values in the stores are outdated, and their refresh tokens may already be
                // used.
                self.remove_from_others(name, None).await;
                let _ = self.memory.write(name, value);
                Stored { place: StoreKind::Memory, why }
            }
        }
    }

    /// Writes a value to the first store that accepts it. Deletes older values from all other
    /// stores, because an earlier store would be read first. Returns the store that accepted the
    /// value, and the reasons why earlier stores did not.
    async fn write_to_first(&self, name: &str, value: &Secret) -> (Option<StoreKind>, Vec<String>) {
        let mut why = self.missing.clone();
        for (index, (place, store)) in self.stores.iter().enumerate() {
            let copy = Secret::new(value.expose().to_owned());
            let (key, store) = (name.to_owned(), Arc::clone(store));
            match blocking(self.limit_of(*place), move || store.write(&key, &copy)).await {
                Ok(()) => {
                    self.remove_from_others(name, Some(index)).await;
                    self.remember(*place);
                    return (Some(*place), why);
                }
                Err(error) => why.push(format!("not in {place}: {error}")),
            }
        }
        (None, why)
    }

    /// Deletes a value from every store except the store at the index `kept`, with
    /// [`SecretStore::remove_unasked`]. Errors are ignored.
    async fn remove_from_others(&self, name: &str, kept: Option<usize>) {
        let others = self.stores.iter().enumerate().filter(|(at, _)| Some(*at) != kept);
        for (_, (place, store)) in others {
            let (key, store) = (name.to_owned(), Arc::clone(store));
            let _ = blocking(self.limit_of(*place), move || store.remove_unasked(&key)).await;
        }
    }

    /// Saves an irreplaceable value to the first store that accepts it, never to memory only. If no
    /// store accepts the value, the previous value is kept.
    ///
    /// # Errors
    /// [`VaultError::NotSaved`] if no store accepted the value.
    pub async fn save_for_good(&self, name: &str, value: &Secret) -> Result<StoreKind, VaultError> {
        let (kept, why) = self.write_to_first(name, value).await;
        if let Some(place) = kept {
            return Ok(place);
        }
        let only_memory = || "memory is the only store".to_owned();
        Err(VaultError::NotSaved(if why.is_empty() { only_memory() } else { why.join("; ") }))
    }

    /// Deletes a session from every available store. A store that was unavailable when the session
    /// store was opened keeps its value.
    ///
    /// # Errors
    /// Returns the error of the first store that failed. The other stores are still tried.
    pub async fn remove(&self, name: &str) -> Result<(), VaultError> {
        let mut result = self.memory.remove(name);
        for (place, store) in &self.stores {
            let (store, key) = (Arc::clone(store), name.to_owned());
            let removed = blocking(self.limit_of(*place), move || store.remove(&key)).await;
            result = result.and(removed);
        }
        result
    }

    /// Tests every store except memory by reading a name that no session uses. Returns each result.
    pub async fn examine(&self) -> Vec<(StoreKind, Result<(), VaultError>)> {
        let mut found = Vec::new();
        for (place, store) in &self.stores {
            let store = Arc::clone(store);
            // The test does not write, because a new file would require a passphrase, and a keyring
            // could open a prompt.
            let limit = self.limit_of(*place);
            let result = blocking(limit, move || store.read("credenza-doctor")).await;
            found.push((*place, result.map(|_| ())));
        }
        found
    }

    /// Returns the reasons why stores are unavailable.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    fn limit_of(&self, place: StoreKind) -> Duration {
        if place == StoreKind::File { FILE_CALL } else { self.limit }
    }

    fn last_used(&self) -> Option<StoreKind> {
        let text = std::fs::read_to_string(self.remembered.as_ref()?).ok()?;
        let value: serde_json::Value = serde_json::from_str(&text).ok()?;
        match value.get("store")?.as_str()? {
            "file" => Some(StoreKind::File),
            "keyring" => Some(StoreKind::Keyring),
            _ => None,
        }
    }

    fn remember(&self, place: StoreKind) {
        let Some(path) = &self.remembered else { return };
        let word = if place == StoreKind::File { "file" } else { "keyring" };
        let text = serde_json::json!({ "store": word }).to_string();
        let made = path.parent().map_or(Ok(()), files::private_directory);
        if let Err(error) = made.and_then(|()| files::replace(path, text.as_bytes())) {
            tracing::warn!(%error, "could not record which store was used");
        }
    }
}

/// Runs a call on its own thread with a timeout, because the call may block forever. A blocking
/// task of the runtime would delay the exit of the program after a timeout.
async fn blocking<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    let (done, waiting) = oneshot::channel();
    let spawned = std::thread::Builder::new().name("vault".to_owned()).spawn(move || {
        let _ = done.send(work());
    });
    if let Err(error) = spawned {
        return Err(VaultError::Unavailable(error.to_string()));
    }
    match timeout(limit, waiting).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(VaultError::Unavailable("its thread ended".to_owned())),
        Err(_) => Err(VaultError::Slow(limit)),
    }
}

#[derive(Default)]
struct Memory(Mutex<HashMap<String, Secret>>);

impl Memory {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SecretStore for Memory {
    fn read(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        Ok(self.lock().get(name).map(|secret| Secret::new(secret.expose().to_owned())))
    }

    fn write(&self, name: &str, value: &Secret) -> Result<(), VaultError> {
        self.lock().insert(name.to_owned(), Secret::new(value.expose().to_owned()));
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), VaultError> {
        self.lock().remove(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(word: &'static str) -> Passphrase {
        Arc::new(move |_| Some(Secret::new(word.to_owned())))
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_session_rests_in_the_file_and_only_the_passphrase_opens_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let here = directory.path().join("state");
        let open = |word| SessionStore::open(StoreChoice::File, &here, asked(word));
        let vault = open("right").await;
        let kept = vault.save("acme", &secret("canary")).await;
        assert_eq!((kept.place, kept.why), (StoreKind::File, None));

        let again = open("right").await.load("acme").await.expect("read").expect("there");
        assert_eq!(again.expose(), "canary");
        let wrong = open("wrong").await.load("acme").await;
        assert_eq!(wrong.expect_err("refused"), VaultError::WrongPassphrase);
        let words = std::sync::Mutex::new(vec!["right", "wrong", "wrong"]);
        let later: Passphrase = Arc::new(move |_| {
            let word = words.lock().expect("free").pop().expect("at most three prompts");
            Some(Secret::new(word.to_owned()))
        });
        let third = SessionStore::open(StoreChoice::File, &here, later).await;
        assert!(
            third.load("acme").await.is_ok_and(|it| it.is_some()),
            "prompts until the passphrase is right"
        );
        for entry in std::fs::read_dir(&here).expect("listed") {
            let bytes = std::fs::read(entry.expect("an entry").path()).expect("read");
            assert!(!bytes.windows(6).any(|window| window == b"canary"));
        }
        vault.remove("acme").await.expect("removed");
        assert!(open("right").await.load("acme").await.expect("read").is_none());
    }

    #[tokio::test]
    async fn without_a_passphrase_it_is_kept_for_this_run_and_that_is_said() {
        let directory = tempfile::tempdir().expect("a directory");
        let nobody: Passphrase = Arc::new(|_| None);
        let vault = SessionStore::open(StoreChoice::File, directory.path(), nobody).await;
        let kept = vault.save("acme", &secret("canary")).await;
        assert_eq!(kept.place, StoreKind::Memory);
        assert!(kept.why.expect("a reason").contains("passphrase"));
        assert_eq!(vault.load("acme").await.expect("read").expect("there").expose(), "canary");
        assert_eq!(std::fs::read_dir(directory.path()).expect("listed").count(), 0);
    }

    #[tokio::test]
    async fn a_damaged_file_is_set_aside_and_reported() {
        let directory = tempfile::tempdir().expect("a directory");
        let here = directory.path().join("state");
        let open = || SessionStore::open(StoreChoice::File, &here, asked("right"));
        open().await.save("acme", &secret("canary")).await;
        let path = here.join(file::NAME);
        let text = std::fs::read_to_string(&path).expect("read");
        let expensive = |memory: u32, passes: u32| {
            let mut file: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            file["memory_kib"] = memory.into();
            file["passes"] = passes.into();
            file.to_string()
        };
        // A file may require at most 256 MiB, or at most 16 passes over 64 MiB.
        let (large, long) = (expensive(1024 * 1024, 1), expensive(64 * 1024, 17));
        let spoiled = text.replace("\"sealed\":\"", "\"sealed\":\"AAAA");
        for damaged in ["", "{", &spoiled, &large, &long] {
            files::replace(&path, damaged.as_bytes()).expect("written");
            let error = open().await.load("acme").await.expect_err("damaged");
            let VaultError::Damaged { aside, .. } = error else { unreachable!("{error}") };
            assert_eq!(std::fs::read_to_string(&aside).expect("kept"), damaged);
            assert!(!path.exists());
        }
        let names =
            std::fs::read_dir(&here).expect("listed").map(|it| it.expect("read").file_name());
        let damaged = names.filter(|name| name.to_string_lossy().contains("damaged")).count();
        assert_eq!(damaged, 3, "the last three are kept");
        let kept = open().await.save("acme", &secret("new")).await;
        assert_eq!(kept.place, StoreKind::File);
    }

    #[tokio::test]
    async fn silent_keyring_with_the_session_is_not_signed_out() {
        let vault = SessionStore { unanswered: Some(HEADLESS_CALL), ..SessionStore::in_memory() };
        let error = vault.load("acme").await.expect_err("not known");
        let said =
            "the keyring did not respond within 3 s, so it is unknown whether you are signed in";
        assert_eq!(error.to_string(), said);
        assert_eq!(VaultError::Slow(PROBE).to_string(), "it did not respond within 200 ms");
        vault.memory.write("acme", &secret("here")).expect("kept");
        assert!(
            vault.load("acme").await.expect("known").is_some(),
            "the session in memory is returned"
        );
    }

    /// Store that can be read and cleared, but not written.
    struct Full(Memory);

    impl SecretStore for Full {
        fn read(&self, name: &str) -> Result<Option<Secret>, VaultError> {
            self.0.read(name)
        }
        fn write(&self, _: &str, _: &Secret) -> Result<(), VaultError> {
            Err(VaultError::Slow(PROBE))
        }
        fn remove(&self, name: &str) -> Result<(), VaultError> {
            self.0.remove(name)
        }
    }

    #[tokio::test]
    async fn no_store_keeps_an_older_value_after_a_save() {
        let (first, second) = (Arc::new(Full(Memory::default())), Arc::new(Memory::default()));
        first.0.write("acme", &secret("old")).expect("written");
        let vault = SessionStore {
            stores: vec![(StoreKind::Keyring, first), (StoreKind::File, second)],
            ..SessionStore::in_memory()
        };
        assert_eq!(vault.save("acme", &secret("new")).await.place, StoreKind::File);
        let read = vault.load("acme").await.expect("readable").expect("there");
        assert_eq!(read.expose(), "new");
    }

    #[tokio::test]
    async fn a_store_that_never_answers_is_given_up_on() {
        let never = blocking(Duration::from_millis(20), || {
            std::thread::park();
            Ok(())
        });
        assert!(matches!(never.await, Err(VaultError::Slow(_))));
    }
}
