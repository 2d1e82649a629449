//! Storage of sessions: the OS keyring, else an encrypted file, else memory. Never in clear text.
//!
//! A [`SessionStore`] tries its stores in order. A value is saved to the first that takes it; the last one is memory,
//! and the caller learns of it, with the reasons. Stores block, some of them while a prompt is open, so every call
//! runs on its own thread with a time limit.

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

/// Time limit for the check for a keyring at start-up.
const PROBE: Duration = Duration::from_millis(200);

/// Time limit of a call. A keyring may ask the user for its password.
const CALL: Duration = Duration::from_secs(60);

/// The longest that a call may take where no one can be asked.
const HEADLESS_CALL: Duration = Duration::from_secs(3);

/// Time limit of the file: the user may be typing its passphrase.
const FILE_CALL: Duration = Duration::from_secs(600);

/// A place where sessions rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// The system's keyring.
    Keyring,
    /// A file encrypted under a passphrase.
    File,
    /// This process.
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
    /// It is not there.
    #[error("{0}")]
    Unavailable(String),
    /// It did not answer in time.
    #[error("it did not respond within {}", seconds(*.0))]
    Slow(Duration),
    /// The keyring has the session that was kept last, and did not answer in time.
    #[error("the keyring did not respond within {}, so it is unknown whether you are signed in", seconds(*.0))]
    Unknown(Duration),
    /// The file needs a passphrase, and no one gave one.
    #[error("the encrypted file requires a passphrase, and there is no terminal to ask for it")]
    NoPassphrase,
    /// The passphrase is another one.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The file could not be read as what it should be, and was set aside.
    #[error("{path} is damaged and was moved to {aside}. Sign in again")]
    Damaged {
        /// The file.
        path: String,
        /// New path of the damaged file.
        aside: String,
    },
    /// The file cannot be used.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: String,
        /// Error text of the system.
        why: String,
    },
    /// The file was written by a newer program.
    #[error("{0} was written by a newer version of Credenza")]
    Newer(String),
    /// The value is larger than any session.
    #[error("sessions larger than {0} KiB are not stored")]
    TooLarge(usize),
}

/// A wait in words: `200 ms`, `3 s`.
fn seconds(wait: Duration) -> String {
    if wait < Duration::from_secs(1) {
        format!("{} ms", wait.as_millis())
    } else {
        format!("{} s", wait.as_secs())
    }
}

/// The largest value that is kept, in KiB.
const LARGEST: usize = 256;

/// A store. Calls block.
trait Store: Send + Sync {
    fn read(&self, name: &str) -> Result<Option<Secret>, VaultError>;
    fn write(&self, name: &str, value: &Secret) -> Result<(), VaultError>;
    fn remove(&self, name: &str) -> Result<(), VaultError>;

    /// Removes what another store has now, as far as no one has to be asked for that.
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
    /// Nowhere: gone when the program ends.
    Memory,
}

/// Purpose of a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// To open the existing file.
    Existing,
    /// To open it after a wrong one.
    Again,
    /// To make a new file.
    New,
}

/// Asks a person for a passphrase; `None` when no one can be asked, or no one wants to.
pub type Passphrase = Arc<dyn Fn(Ask) -> Option<Secret> + Send + Sync>;

/// Store that took a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Store.
    pub place: StoreKind,
    /// Reason why no better store took it.
    pub why: Option<String>,
}

/// The ladder of stores.
pub struct SessionStore {
    stores: Vec<(StoreKind, Arc<dyn Store>)>,
    memory: Memory,
    /// Reasons why stores are unavailable.
    missing: Vec<String>,
    remembered: Option<PathBuf>,
    /// Time waited for a keyring that holds the last session.
    unanswered: Option<Duration>,
    limit: Duration,
}

impl SessionStore {
    /// Finds out what there is. `directory` is for the file and for what is remembered.
    ///
    /// With [`StoreChoice::Auto`] the place that was used last comes first. The keyring is asked for a
    /// sign of life: for 200 ms where it may have nothing, for as long as any call where it was used last.
    pub async fn open(choice: StoreChoice, directory: &Path, passphrase: Passphrase) -> Self {
        let file = || -> Arc<dyn Store> { Arc::new(FileStore::new(directory, passphrase.clone())) };
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

    /// A vault in memory alone.
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

    /// Store that will be tried first, and the reason why no better one is.
    #[must_use]
    pub fn first(&self) -> Stored {
        let place = self.stores.first().map_or(StoreKind::Memory, |(place, _)| *place);
        Stored { place, why: self.missing.first().cloned() }
    }

    /// The session of a name, wherever it is.
    ///
    /// # Errors
    /// What the first store that failed said, if no other had it; [`VaultError::Unknown`] where it may be
    /// in a keyring that did not answer.
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

    /// Keeps a session in the first store that takes it, and takes it out of all others.
    pub async fn save(&self, name: &str, value: &Secret) -> Stored {
        let mut why = self.missing.clone();
        let mut kept = None;
        for (place, store) in &self.stores {
            let key = name.to_owned();
            let store = Arc::clone(store);
            if kept.is_some() {
                let _ = blocking(self.limit_of(*place), move || store.remove_unasked(&key)).await;
                continue;
            }
            let copy = Secret::new(value.expose().to_owned());
            match blocking(self.limit_of(*place), move || store.write(&key, &copy)).await {
                Ok(()) => kept = Some(*place),
                Err(error) => why.push(format!("not in {place}: {error}")),
            }
        }
        let why = (!why.is_empty()).then(|| why.join("; "));
        match kept {
            Some(place) => {
                let _ = self.memory.remove(name);
                self.remember(place);
                Stored { place, why }
            }
            None => {
                // What the stores still have is older than this, and may be used up.
                for (place, store) in &self.stores {
                    let (store, key) = (Arc::clone(store), name.to_owned());
                    let _ =
                        blocking(self.limit_of(*place), move || store.remove_unasked(&key)).await;
                }
                let _ = self.memory.write(name, value);
                Stored { place: StoreKind::Memory, why }
            }
        }
    }

    /// Keeps something that nothing can replace in the first store that takes it. What is kept already
    /// stays if none does, and memory is no place for it.
    ///
    /// # Errors
    /// Why no store took it.
    pub async fn save_for_good(&self, name: &str, value: &Secret) -> Result<StoreKind, String> {
        let mut why = self.missing.clone();
        for (index, (place, store)) in self.stores.iter().enumerate() {
            let copy = Secret::new(value.expose().to_owned());
            let (key, here) = (name.to_owned(), Arc::clone(store));
            match blocking(self.limit_of(*place), move || here.write(&key, &copy)).await {
                Ok(()) => {
                    // No other store may have an older one: the one before would be read first.
                    let others = self.stores.iter().enumerate().filter(|(at, _)| *at != index);
                    for (_, (place, store)) in others {
                        let (key, store) = (name.to_owned(), Arc::clone(store));
                        let limit = self.limit_of(*place);
                        let _ = blocking(limit, move || store.remove_unasked(&key)).await;
                    }
                    self.remember(*place);
                    return Ok(*place);
                }
                Err(error) => why.push(format!("not in {place}: {error}")),
            }
        }
        Err(if why.is_empty() { "memory is the only store".to_owned() } else { why.join("; ") })
    }

    /// Forgets a session everywhere.
    ///
    /// # Errors
    /// What the first store that failed said; the others have forgotten it.
    pub async fn remove(&self, name: &str) -> Result<(), VaultError> {
        let mut result = self.memory.remove(name);
        for (place, store) in &self.stores {
            let (store, key) = (Arc::clone(store), name.to_owned());
            let removed = blocking(self.limit_of(*place), move || store.remove(&key)).await;
            result = result.and(removed);
        }
        result
    }

    /// Tries every store with its own value, and says how each did.
    pub async fn examine(&self) -> Vec<(StoreKind, Result<(), VaultError>)> {
        let mut found = Vec::new();
        for (place, store) in &self.stores {
            let store = Arc::clone(store);
            // Only read: a new file would need a passphrase, and writing could raise a prompt.
            let limit = self.limit_of(*place);
            let result = blocking(limit, move || store.read("credenza-doctor")).await;
            found.push((*place, result.map(|_| ())));
        }
        found
    }

    /// Reasons why stores are unavailable.
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

/// Runs something that may block for ever, and gives up on it after a while. The thread is left
/// behind then: a blocking task of the runtime would hold the program when it ends.
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

impl Store for Memory {
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
            let word = words.lock().expect("free").pop().expect("asked three times at most");
            Some(Secret::new(word.to_owned()))
        });
        let third = SessionStore::open(StoreChoice::File, &here, later).await;
        assert!(third.load("acme").await.is_ok_and(|it| it.is_some()), "asked until it is right");
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
        // No file may ask for a gibibyte, or for 64 MiB sixteen times and more.
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
        assert!(vault.load("acme").await.expect("known").is_some(), "what is found is enough");
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
