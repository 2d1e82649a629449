//! Snapshots kept in the state directory, to compare the current credentials with those of an
//! earlier day. Each profile and scope has a directory of files, named by the time of the snapshot.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};

use crate::{api::Scope, domain::snapshot::Snapshot, files};

/// Format of a file name without its extension: the time of the snapshot in UTC.
const NAME: &str = "%Y-%m-%dT%H%M%SZ";

/// Snapshots of one profile and scope.
#[derive(Debug, Clone)]
pub struct KeptSnapshots {
    directory: PathBuf,
}

/// File with a kept snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSnapshot {
    /// Time of the snapshot, to the second.
    pub taken_at: Timestamp,
    /// Path of the file.
    pub path: PathBuf,
}

impl KeptSnapshots {
    /// Returns the snapshots of a profile and scope in a state directory. The directory name also
    /// depends on the base URL, because credentials of different servers cannot be compared.
    #[must_use]
    pub fn below(state: &Path, profile: &str, base_url: &str, scope: Scope) -> Self {
        let name = files::name_for(&format!("{profile}\n{base_url}\n{scope:?}"));
        Self { directory: state.join("snapshots").join(name) }
    }

    /// Writes a snapshot and returns its path. With `most`, then deletes the oldest snapshots so
    /// that at most this number remains. Never deletes the new snapshot. Deletes no snapshots if
    /// the new one is incomplete.
    ///
    /// # Errors
    /// Returns an error if the snapshot cannot be written, or if an old one cannot be deleted.
    pub fn keep(&self, snapshot: &Snapshot, most: Option<usize>) -> io::Result<PathBuf> {
        files::private_directory(&self.directory)?;
        let name = snapshot.taken_at.to_zoned(TimeZone::UTC).strftime(NAME).to_string();
        let path = self.directory.join(name).with_extension("json");
        files::replace(&path, snapshot.write().as_bytes())?;
        if let Some(most) = most.filter(|_| snapshot.incomplete.is_empty()) {
            let all = self.all()?;
            let old = all.iter().filter(|it| it.path != path);
            for it in old.take(all.len().saturating_sub(most.max(1))) {
                fs::remove_file(&it.path)?;
            }
        }
        Ok(path)
    }

    /// Returns the kept snapshots, oldest first. Ignores other files.
    ///
    /// # Errors
    /// Returns an error if the directory exists but cannot be read.
    pub fn all(&self) -> io::Result<Vec<KeptSnapshot>> {
        use io::ErrorKind::{NotADirectory, NotFound};

        let entries = match fs::read_dir(&self.directory) {
            Err(error) if matches!(error.kind(), NotFound | NotADirectory) => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let is_json = path.extension().is_some_and(|it| it == "json");
            let name = path.file_stem().and_then(|it| it.to_str()).filter(|_| is_json);
            let taken_at = name.and_then(|name| {
                let read = jiff::civil::DateTime::strptime(NAME, name).ok()?;
                Some(read.to_zoned(TimeZone::UTC).ok()?.timestamp())
            });
            all.extend(taken_at.map(|taken_at| KeptSnapshot { taken_at, path }));
        }
        all.sort_by_key(|it| it.taken_at);
        Ok(all)
    }

    /// Returns the newest snapshot that was taken at or before a time.
    ///
    /// # Errors
    /// Returns an error if the directory exists but cannot be read.
    pub fn at(&self, time: Timestamp) -> io::Result<Option<KeptSnapshot>> {
        Ok(self.all()?.into_iter().rfind(|it| it.taken_at <= time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::ProfileInfo;

    fn snapshot(at: &str) -> Snapshot {
        Snapshot::new(at.parse().unwrap(), ProfileInfo::default(), Vec::new(), Vec::new())
    }

    #[test]
    fn the_oldest_snapshots_are_deleted() {
        let home = tempfile::tempdir().unwrap();
        let kept = KeptSnapshots::below(home.path(), "p", "https://a.example", Scope::Mine);
        assert_eq!(kept.all().unwrap(), [], "a missing directory is empty");
        for day in ["01", "03", "02"] {
            kept.keep(&snapshot(&format!("2026-11-{day}T08:00:00.5Z")), Some(2)).unwrap();
        }
        let days = |kept: &KeptSnapshots| -> Vec<String> {
            kept.all().unwrap().iter().map(|it| it.taken_at.to_string()).collect()
        };
        assert_eq!(days(&kept), ["2026-11-02T08:00:00Z", "2026-11-03T08:00:00Z"]);
        kept.keep(&snapshot("2026-11-01T08:00:00Z"), Some(1)).unwrap();
        assert_eq!(days(&kept), ["2026-11-01T08:00:00Z"], "the new snapshot is kept");
        let incomplete = Snapshot {
            incomplete: vec!["no permission".to_owned()],
            ..snapshot("2026-11-05T08:00:00Z")
        };
        kept.keep(&incomplete, Some(1)).unwrap();
        assert_eq!(days(&kept).len(), 2, "an incomplete snapshot deletes no others");
        let other =
            KeptSnapshots::below(home.path(), "p", "https://a.example", Scope::Organization);
        assert_eq!(other.all().unwrap(), []);
    }

    #[test]
    fn the_newest_snapshot_that_is_old_enough_is_found() {
        let home = tempfile::tempdir().unwrap();
        let kept = KeptSnapshots::below(home.path(), "p", "https://a.example", Scope::Mine);
        for day in ["01", "02", "04"] {
            kept.keep(&snapshot(&format!("2026-11-{day}T08:00:00Z")), Some(30)).unwrap();
        }
        fs::write(kept.directory.join("notes.json"), "{}").unwrap();
        let found = |at: &str| {
            let found = kept.at(at.parse().unwrap()).unwrap();
            found.map(|it| it.taken_at.to_string())
        };
        assert_eq!(found("2026-11-03T07:00:00Z").as_deref(), Some("2026-11-02T08:00:00Z"));
        assert_eq!(found("2026-11-02T08:00:00Z").as_deref(), Some("2026-11-02T08:00:00Z"));
        assert_eq!(found("2026-11-01T07:59:59Z"), None);
    }
}
