//! JSON files in the state directory, one set per profile and base URL: evidence of use from log
//! files, and snoozed expiries. They contain no secrets.

use std::{
    fs, io,
    marker::PhantomData,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    domain::{evidence::KnownUses, expiry::Snoozes},
    files,
};

/// File with a value of the type `T`.
#[derive(Debug, Clone)]
pub struct ProfileFile<T> {
    path: PathBuf,
    value: PhantomData<T>,
}

/// Returns the file with the evidence of use. The file name depends on the base URL, because
/// another server can have different credentials with the same IDs.
#[must_use]
pub fn evidence(state: &Path, profile: &str, base_url: &str) -> ProfileFile<KnownUses> {
    ProfileFile::at(state, "evidence", profile, base_url)
}

/// Returns the file with the snoozed expiries.
#[must_use]
pub fn snoozes(state: &Path, profile: &str, base_url: &str) -> ProfileFile<Snoozes> {
    ProfileFile::at(state, "snoozed", profile, base_url)
}

impl<T: Serialize + DeserializeOwned + Default> ProfileFile<T> {
    fn at(state: &Path, folder: &str, profile: &str, base_url: &str) -> Self {
        let name = files::name_for(&format!("{profile}\n{base_url}"));
        Self { path: state.join(folder).join(name).with_extension("json"), value: PhantomData }
    }

    /// Reads the value. Returns the default if the file does not exist.
    ///
    /// # Errors
    /// Returns an error if the file exists but cannot be read or parsed.
    pub fn read(&self) -> io::Result<T> {
        use io::ErrorKind::{NotADirectory, NotFound};

        match fs::read(&self.path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(T::default()),
            Err(error) => Err(error),
        }
    }

    /// Replaces the value.
    ///
    /// # Errors
    /// Returns an error if the directory or the file cannot be written, or if other users can
    /// access the directory.
    pub fn write(&self, value: &T) -> io::Result<()> {
        if let Some(directory) = self.path.parent() {
            files::private_directory(directory)?;
        }
        files::replace(&self.path, &serde_json::to_vec(value)?)
    }
}
