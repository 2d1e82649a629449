//! Evidence of use from log files, kept in the state directory for the confirmation of deletions.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{domain::evidence::KnownUses, files};

/// Kept evidence of one profile.
#[derive(Debug, Clone)]
pub struct KeptEvidence {
    path: PathBuf,
}

impl KeptEvidence {
    /// Returns the evidence of a profile in a state directory. The base URL is part of the key,
    /// because another server can have other credentials with the same IDs.
    #[must_use]
    pub fn below(state: &Path, profile: &str, base_url: &str) -> Self {
        let name = files::name_for(&format!("{profile}\n{base_url}"));
        Self { path: state.join("evidence").join(name).with_extension("json") }
    }

    /// Reads the evidence; empty if there is none.
    ///
    /// # Errors
    /// The file exists and cannot be read.
    pub fn read(&self) -> io::Result<KnownUses> {
        use io::ErrorKind::{NotADirectory, NotFound};

        match fs::read(&self.path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if matches!(error.kind(), NotFound | NotADirectory) => {
                Ok(KnownUses::default())
            }
            Err(error) => Err(error),
        }
    }

    /// Replaces the evidence.
    ///
    /// # Errors
    /// IO errors, also if other users can access the directory.
    pub fn write(&self, known: &KnownUses) -> io::Result<()> {
        if let Some(directory) = self.path.parent() {
            files::private_directory(directory)?;
        }
        files::replace(&self.path, &serde_json::to_vec(known)?)
    }
}
