//! Reversal of an earlier edit, merged with the changes that were made since.

use serde_json::Value;

use super::{Change, Draft, EditAction, Field, FieldEdit, FieldValue};

/// Reason why an edit cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// The current value is neither the value before the edit nor the value after it.
    #[error(
        "{} has changed since: it is now {}, but the edit set it to {}",
        field.label(), now.shown(*field), after.shown(*field)
    )]
    ChangedSince {
        /// Changed field.
        field: Field,
        /// Current value.
        now: FieldValue,
        /// Value that the edit had set.
        after: FieldValue,
    },
    /// The edit replaced the URL lists with derived lists, and the history does not contain the
    /// former lists.
    #[error(
        "it replaced the URL lists with derived ones, and the history does not contain the former lists"
    )]
    ListsUnknown,
}

/// Returns the edits that undo `changes` in the current state of a credential. In a list,
/// only the entries that the edit added or removed are changed. Entries added later are kept.
///
/// # Errors
/// Returns an error if a text or a switch has neither the value before nor the value after the
/// edit, or if the former URL lists are unknown.
pub fn reversal(changes: &[Change], now: &Draft) -> Result<Vec<FieldEdit>, UndoError> {
    let values = now.all_values();
    let derives =
        |it: &Change| it.field == Field::UseDefaultUrls && it.after == FieldValue::Switch(true);
    if changes.iter().any(derives) && now.derives_urls() {
        return Err(UndoError::ListsUnknown);
    }
    let mut edits = Vec::new();
    for Change { field, before, after } in changes {
        let mut edit = |action| edits.push(FieldEdit { field: *field, action });
        if let (FieldValue::Lines(before), FieldValue::Lines(after)) = (before, after) {
            let missing = |own: &[String], other: &[String]| -> Vec<String> {
                own.iter().filter(|entry| !other.contains(entry)).cloned().collect()
            };
            missing(after, before).into_iter().map(EditAction::Remove).for_each(&mut edit);
            missing(before, after).into_iter().map(EditAction::Add).for_each(&mut edit);
            continue;
        }
        let Some((_, now)) = values.iter().find(|(own, _)| own == field) else { continue };
        match now {
            now if now == before => {}
            now if now == after => edit(EditAction::Set(before.clone())),
            now => {
                let (field, now, after) = (*field, now.clone(), after.clone());
                return Err(UndoError::ChangedSince { field, now, after });
            }
        }
    }
    // URL lists can be edited only while they are not derived from the login URL.
    let order = |edit: &FieldEdit| match edit.action {
        EditAction::Set(FieldValue::Switch(false)) => 0,
        EditAction::Set(FieldValue::Switch(true)) => 2,
        _ => 1,
    };
    edits.sort_by_key(order);
    Ok(edits)
}

/// Parses a recorded change. `None` if its field is unknown, or a value has an unexpected type.
#[must_use]
pub fn recorded(change: &Value) -> Option<Change> {
    let (field, before) = recorded_value(change, "before")?;
    let (_, after) = recorded_value(change, "after")?;
    Some(Change { field, before, after })
}

/// Parses the field of a recorded change, and its value in the member `side`.
#[must_use]
pub fn recorded_value(change: &Value, side: &str) -> Option<(Field, FieldValue)> {
    let field = change["field"].as_str()?;
    let field = Field::ALL.into_iter().find(|it| it.wire() == field)?;
    let value = match &change[side] {
        Value::String(line) => FieldValue::Line(line.clone()),
        Value::Bool(on) => FieldValue::Switch(*on),
        Value::Array(lines) => {
            let lines = lines.iter().map(|line| line.as_str().map(str::to_owned));
            FieldValue::Lines(lines.collect::<Option<_>>()?)
        }
        Value::Null | Value::Number(_) | Value::Object(_) => return None,
    };
    Some((field, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::draft::ClientDraft;

    fn lines(all: &[&str]) -> FieldValue {
        FieldValue::Lines(all.iter().map(|it| (*it).to_owned()).collect())
    }

    fn line(text: &str) -> FieldValue {
        FieldValue::Line(text.to_owned())
    }

    fn change(field: Field, before: FieldValue, after: FieldValue) -> Change {
        Change { field, before, after }
    }

    #[test]
    fn only_the_entries_of_the_edit_are_reversed() {
        let edit = change(Field::Callbacks, lines(&["a", "b"]), lines(&["b", "c"]));
        let now = Draft::Spa(ClientDraft {
            callbacks: ["b", "c", "later"].map(str::to_owned).to_vec(),
            ..ClientDraft::default()
        });
        let edits = reversal(&[edit], &now).unwrap();
        let actions: Vec<&EditAction> = edits.iter().map(|edit| &edit.action).collect();
        let expected = [EditAction::Remove("c".into()), EditAction::Add("a".into())];
        assert_eq!(actions, expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_third_value_is_not_overwritten() {
        let edit = [change(Field::Name, line("Old"), line("New"))];
        let named = |name: &str| {
            Draft::Spa(ClientDraft { name: name.to_owned(), ..ClientDraft::default() })
        };
        let edits = reversal(&edit, &named("New")).unwrap();
        assert_eq!(edits[0].action, EditAction::Set(line("Old")));
        assert_eq!(reversal(&edit, &named("Old")).unwrap(), []);
        let error = reversal(&edit, &named("Third")).unwrap_err().to_string();
        assert_eq!(error, "Name has changed since: it is now Third, but the edit set it to New");
    }

    #[test]
    fn lists_that_were_derived_are_derived_again_last() {
        let edit = [
            change(Field::UseDefaultUrls, FieldValue::Switch(true), FieldValue::Switch(false)),
            change(Field::Callbacks, lines(&["a"]), lines(&["b"])),
        ];
        let now = Draft::Spa(ClientDraft { callbacks: vec!["b".into()], ..ClientDraft::default() });
        let edits = reversal(&edit, &now).unwrap();
        assert_eq!(edits.last().unwrap().field, Field::UseDefaultUrls);
    }

    #[test]
    fn lists_that_an_edit_dropped_are_not_restored_from_derived_ones() {
        let edit =
            [change(Field::UseDefaultUrls, FieldValue::Switch(false), FieldValue::Switch(true))];
        let now = Draft::Spa(ClientDraft { use_default_urls: true, ..ClientDraft::default() });
        assert_eq!(reversal(&edit, &now), Err(UndoError::ListsUnknown));
    }

    #[test]
    fn a_recorded_change_keeps_its_type() {
        let json = serde_json::json!({"field": "callbacks", "before": ["a"], "after": []});
        let read = recorded(&json);
        assert_eq!(read, Some(change(Field::Callbacks, lines(&["a"]), lines(&[]))));
        assert_eq!(recorded(&serde_json::json!({"field": "nope", "before": 1, "after": 2})), None);
    }
}
