//! Changes of an edit, and the merge of two edits of the same credential.

use std::collections::BTreeMap;

use super::{ClientDraft, Draft, Field, FieldValue};

/// Change to one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Changed field.
    pub field: Field,
    /// Value before the change.
    pub before: FieldValue,
    /// Value after the change.
    pub after: FieldValue,
}

/// Returns the changes that turn `before` into `after`, field by field.
#[must_use]
pub fn changes(before: &Draft, after: &Draft) -> Vec<Change> {
    let old: BTreeMap<Field, FieldValue> = before.all_values().into_iter().collect();
    let lists = match before {
        // If the lists were derived before the change, the new lists are compared with the derived
        // entries.
        Draft::Spa(client) | Draft::Other(client) => {
            Draft::Spa(ClientDraft { use_default_urls: false, ..client.clone() }).values()
        }
        _ => Vec::new(),
    };
    let derived: BTreeMap<Field, FieldValue> = lists.into_iter().collect();
    after
        .all_values()
        .into_iter()
        .filter_map(|(field, after)| {
            let before = old.get(&field).or_else(|| derived.get(&field))?.clone();
            (!is_same(&before, &after)).then_some(Change { field, before, after })
        })
        .collect()
}

/// Returns the labels of the changed fields that the server did not save. `wanted` contains the
/// requested changes to `before`.
#[must_use]
pub fn ignored(before: &Draft, wanted: &[Change], saved: &Draft) -> Vec<&'static str> {
    let still = changes(before, saved);
    let is_ignored = |change: &&Change| !still.iter().any(|it| it.field == change.field);
    wanted.iter().filter(is_ignored).map(|change| change.field.label()).collect()
}

/// Returns true for equal values. The order of list entries is ignored.
#[must_use]
pub fn is_same(one: &FieldValue, other: &FieldValue) -> bool {
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort_unstable();
        list
    };
    match (one, other) {
        (FieldValue::Lines(one), FieldValue::Lines(other)) => sorted(one) == sorted(other),
        _ => one == other,
    }
}

/// Result of merging two edits of the same credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The other user's version, with the fields that only my edit changed.
    pub merged: Draft,
    /// Fields that both edits changed to different values: the other user's value is in `before`,
    /// mine in `after`.
    pub conflicts: Vec<Change>,
    /// Changes of the other user's edit.
    pub theirs: Vec<Change>,
}

/// Merges my edit of `base` with another user's edit. In [`Merge::merged`], a conflicting field has
/// the other user's value.
#[must_use]
pub fn merge(base: &Draft, mine: &Draft, theirs: &Draft) -> Merge {
    let their_changes = changes(base, theirs);
    let mut merged = theirs.clone();
    let mut conflicts = Vec::new();
    for change in changes(base, mine) {
        match their_changes.iter().find(|their| their.field == change.field) {
            Some(their) if !is_same(&their.after, &change.after) => conflicts.push(Change {
                field: change.field,
                before: their.after.clone(),
                after: change.after,
            }),
            Some(_) => {}
            None => merged.set(change.field, change.after),
        }
    }
    Merge { merged, conflicts, theirs: their_changes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_uris_of_a_service_come_and_go() {
        let with = |list: &[&str]| {
            let callbacks = list.iter().map(|it| (*it).to_owned()).collect();
            Draft::M2m(ClientDraft { callbacks, ..ClientDraft::default() })
        };
        let (none, one) = (with(&[]), with(&["https://a.dev/cb"]));
        for (before, after) in [(&none, &one), (&one, &none)] {
            let changed = changes(before, after);
            let fields: Vec<Field> = changed.iter().map(|it| it.field).collect();
            assert_eq!(fields, [Field::Callbacks]);
        }
        assert_eq!(changes(&one, &one), []);
    }

    #[test]
    fn the_same_entries_in_another_order_are_no_conflict() {
        let with = |list: &[&str]| {
            let callbacks = list.iter().map(|it| (*it).to_owned()).collect();
            Draft::M2m(ClientDraft { callbacks, ..ClientDraft::default() })
        };
        let mine = with(&["https://a.dev/", "https://b.dev/"]);
        let theirs = with(&["https://b.dev/", "https://a.dev/"]);
        assert_eq!(merge(&with(&[]), &mine, &theirs).conflicts, []);
    }
}
