//! Edit of one field that can be applied to many drafts.

use super::{Draft, Field, FieldRules, FieldValue, Fields};
use crate::domain::{Kind, text};

/// Edit of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldEdit {
    /// Field to change.
    pub field: Field,
    /// Change of its value.
    pub action: EditAction,
}

/// Change of the value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditAction {
    /// Replace the value.
    Set(FieldValue),
    /// Add an entry at the end of a list. A list that already has the entry stays unchanged.
    Add(String),
    /// Remove an entry from a list.
    Remove(String),
}

/// Rules of a provider for edits of one kind, for [`FieldEdit::apply`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EditRules {
    /// Supported fields.
    pub shape: FieldRules,
    /// Fields that cannot be changed after creation.
    pub fixed: Fields,
    /// True if it is not an error to remove an entry that the list does not contain.
    pub lenient: bool,
}

/// Reason why a draft cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The kind of credential, or the provider, does not have the field, or the field is not a
    /// list.
    #[error("{} of this provider have no {:?}", .0.plural(), .1.label())]
    NoField(Kind, Field),
    /// The field cannot be changed after creation.
    #[error("{} cannot be changed after creation", .0.label())]
    Fixed(Field),
    /// The list is derived from the login URL.
    #[error("The URL lists are derived from the login URL")]
    Derived,
    /// The list does not have the entry to remove.
    #[error("{}: no entry {}{}", field.label(), text::shown(entry), near(similar.as_deref()))]
    NoEntry {
        /// List without the entry.
        field: Field,
        /// Entry to remove.
        entry: String,
        /// Entry of the list that differs only in case or in trailing slashes.
        similar: Option<String>,
    },
}

fn near(similar: Option<&str>) -> String {
    similar.map_or_else(String::new, |entry| format!("; did you mean {}?", text::shown(entry)))
}

impl FieldEdit {
    /// Applies the edit to a draft. Does not validate the new value.
    ///
    /// # Errors
    /// Returns an error, and leaves the draft unchanged, if the field cannot be edited, or if a
    /// list does not contain the entry to remove and the rules are not lenient.
    pub fn apply(&self, draft: &mut Draft, rules: EditRules) -> Result<(), EditError> {
        let (kind, field) = (draft.kind(), self.field);
        if Field::LISTS.contains(&field) && draft.derives_urls() {
            return Err(EditError::Derived);
        }
        let mut own = draft.all_values().into_iter();
        let Some((_, now)) = own.find(|(own, _)| *own == field && rules.shape.offers(kind, field))
        else {
            return Err(EditError::NoField(kind, field));
        };
        if rules.fixed.has(field) {
            return Err(EditError::Fixed(field));
        }
        let value = match (&self.action, now) {
            (EditAction::Set(value), _) => value.clone(),
            (EditAction::Add(entry), FieldValue::Lines(mut list)) => {
                if !list.contains(entry) {
                    list.push(entry.clone());
                }
                FieldValue::Lines(list)
            }
            (EditAction::Remove(entry), FieldValue::Lines(mut list)) => {
                match list.iter().position(|own| own == entry) {
                    Some(at) => {
                        list.remove(at);
                    }
                    None if rules.lenient => {}
                    None => {
                        let bare = |text: &str| text.trim_end_matches('/').to_lowercase();
                        let similar = list.into_iter().find(|own| bare(own) == bare(entry));
                        return Err(EditError::NoEntry { field, entry: entry.clone(), similar });
                    }
                }
                FieldValue::Lines(list)
            }
            (EditAction::Add(_) | EditAction::Remove(_), _) => {
                return Err(EditError::NoField(kind, field));
            }
        };
        draft.set(field, value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::draft::ClientDraft;

    const RULES: EditRules = EditRules {
        shape: FieldRules { fields: Fields::CONTRACT, strict: true },
        fixed: Fields::of(&[Field::Visibility]),
        lenient: false,
    };

    fn spa() -> Draft {
        let callbacks = vec!["https://a.example/cb".to_owned()];
        Draft::Spa(ClientDraft { callbacks, ..ClientDraft::default() })
    }

    fn edited(mut draft: Draft, field: Field, action: EditAction) -> Result<Draft, String> {
        let edit = FieldEdit { field, action };
        edit.apply(&mut draft, RULES).map(|()| draft).map_err(|error| error.to_string())
    }

    #[test]
    fn entries_are_added_once_and_removed() {
        let entry = || "https://b.example/cb".to_owned();
        let more = edited(spa(), Field::Callbacks, EditAction::Add(entry())).expect("added");
        let Draft::Spa(client) = &more else { unreachable!() };
        assert_eq!(client.callbacks, ["https://a.example/cb", "https://b.example/cb"]);
        assert_eq!(
            edited(more.clone(), Field::Callbacks, EditAction::Add(entry())),
            Ok(more.clone())
        );
        assert_eq!(edited(more, Field::Callbacks, EditAction::Remove(entry())), Ok(spa()));
    }

    #[test]
    fn refusals_name_the_field() {
        let remove = |entry: &str| EditAction::Remove(entry.to_owned());
        let derived = Draft::Spa(ClientDraft { use_default_urls: true, ..ClientDraft::default() });
        for (draft, field, action, error) in [
            (
                spa(),
                Field::Callbacks,
                remove("https://A.example/cb/"),
                "Allowed callback URLs: no entry https://A.example/cb/; did you mean https://a.example/cb?",
            ),
            (
                spa(),
                Field::Visibility,
                EditAction::Set(FieldValue::Switch(true)),
                "Organization cannot be changed after creation",
            ),
            (
                spa(),
                Field::Scopes,
                EditAction::Add("read".to_owned()),
                "SPA OAuth Clients of this provider have no \"Scopes\"",
            ),
            (
                derived,
                Field::Callbacks,
                remove("https://a.example/cb"),
                "The URL lists are derived from the login URL",
            ),
        ] {
            assert_eq!(edited(draft, field, action), Err(error.to_owned()));
        }
    }
}
