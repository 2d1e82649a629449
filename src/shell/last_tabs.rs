//! Last open tab of each workspace, stored in the state directory.

use std::{collections::BTreeMap, path::Path};

use crate::{
    domain::{Kind, profile::Word as _},
    files,
};

const FILE: &str = "last-tabs.json";

/// Returns the last tab by workspace name; empty if the file cannot be read.
#[must_use]
pub fn read(state: &Path) -> BTreeMap<String, Kind> {
    let text = std::fs::read_to_string(state.join(FILE)).unwrap_or_default();
    let all: BTreeMap<String, String> = serde_json::from_str(&text).unwrap_or_default();
    all.into_iter().filter_map(|(name, word)| Some((name, Kind::of_word(&word)?))).collect()
}

/// Writes the last tab of each workspace, if it changed. A failure is only logged, because a lost
/// tab is harmless.
pub(super) fn write(state: &Path, tabs: &BTreeMap<String, Kind>) {
    if *tabs == read(state) {
        return;
    }
    let all: BTreeMap<&str, &str> =
        tabs.iter().map(|(name, kind)| (name.as_str(), kind.word())).collect();
    let text = serde_json::to_string(&all).unwrap_or_default();
    let written = files::private_directory(state)
        .and_then(|()| files::replace(&state.join(FILE), text.as_bytes()));
    if let Err(error) = written {
        tracing::warn!(%error, "could not remember the tab");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state");
        assert!(read(&state).is_empty());
        let tabs =
            BTreeMap::from([("acme".to_owned(), Kind::M2m), ("local".to_owned(), Kind::Spa)]);
        write(&state, &tabs);
        assert_eq!(read(&state), tabs);
        std::fs::write(state.join(FILE), "{").expect("a file");
        assert!(read(&state).is_empty());
    }
}
