//! User choices that are stored in the state directory: the last open tab of each workspace, and
//! the columns of each list.

use std::{collections::BTreeMap, path::Path};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    domain::{
        Kind,
        columns::Column,
        preferences::{ChosenColumn, ChosenColumns},
        profile::Word as _,
    },
    files,
};

const TABS: &str = "last-tabs.json";
const COLUMNS: &str = "columns.json";

/// Columns by kind, each with its width, as in the file.
type StoredColumns = BTreeMap<String, Vec<(String, Option<u16>)>>;

/// Returns the last tab by workspace name; empty if the file cannot be read.
#[must_use]
pub fn tabs(state: &Path) -> BTreeMap<String, Kind> {
    let all: BTreeMap<String, String> = read(state, TABS);
    all.into_iter().filter_map(|(name, word)| Some((name, Kind::of_word(&word)?))).collect()
}

/// Writes the last tab of each workspace, if it changed.
pub(super) fn write_tabs(state: &Path, last: &BTreeMap<String, Kind>) {
    if *last != tabs(state) {
        let all: BTreeMap<&str, &str> =
            last.iter().map(|(name, kind)| (name.as_str(), kind.word())).collect();
        write(state, TABS, &all);
    }
}

/// Returns the chosen columns of each list. Omits unknown and repeated columns. Returns the default
/// columns if the file cannot be read.
#[must_use]
pub fn columns(state: &Path) -> ChosenColumns {
    let mut chosen = ChosenColumns::default();
    let stored: StoredColumns = read(state, COLUMNS);
    for (kind, columns) in stored {
        let Some(kind) = Kind::of_word(&kind) else { continue };
        let list = &mut chosen[kind as usize];
        for (word, width) in columns {
            let Some(column) = Column::of_word(&word) else { continue };
            if !list.iter().any(|it| it.column == column) {
                let width = width.filter(|width| ChosenColumn::WIDTHS.contains(width));
                list.push(ChosenColumn { column, width });
            }
        }
    }
    chosen
}

/// Writes the chosen columns of each list.
pub(super) fn write_columns(state: &Path, chosen: &ChosenColumns) {
    let words = |columns: &[ChosenColumn]| {
        columns.iter().map(|it| (it.column.word().to_owned(), it.width)).collect()
    };
    let stored: StoredColumns = Kind::ALL
        .into_iter()
        .map(|kind| (kind.word().to_owned(), words(&chosen[kind as usize])))
        .filter(|(_, columns): &(String, Vec<_>)| !columns.is_empty())
        .collect();
    write(state, COLUMNS, &stored);
}

fn read<T: DeserializeOwned + Default>(state: &Path, file: &str) -> T {
    let text = std::fs::read_to_string(state.join(file)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Writes a file. A failure is only logged, because a lost choice is harmless.
fn write(state: &Path, file: &str, value: &impl Serialize) {
    let text = serde_json::to_string(value).unwrap_or_default();
    let written = files::private_directory(state)
        .and_then(|()| files::replace(&state.join(file), text.as_bytes()));
    if let Err(error) = written {
        tracing::warn!(%error, file, "could not remember a choice");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state");
        assert!(tabs(&state).is_empty());
        let last =
            BTreeMap::from([("acme".to_owned(), Kind::M2m), ("local".to_owned(), Kind::Spa)]);
        write_tabs(&state, &last);
        assert_eq!(tabs(&state), last);
        let mut chosen = ChosenColumns::default();
        chosen[Kind::Spa as usize] = vec![
            ChosenColumn { column: Column::Name, width: Some(24) },
            ChosenColumn { column: Column::Owner, width: None },
        ];
        write_columns(&state, &chosen);
        assert_eq!(columns(&state), chosen);
        for file in [TABS, COLUMNS] {
            std::fs::write(state.join(file), "{").expect("a file");
        }
        assert!(tabs(&state).is_empty());
        assert_eq!(columns(&state), ChosenColumns::default());
    }
}
