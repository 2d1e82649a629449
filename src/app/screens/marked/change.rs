//! Change that is made to each of the marked credentials.

use crate::{
    app::Saved,
    domain::{
        Draft,
        audit::{Finding, fix::all_fixed},
        draft::{self, Change, EditRules, Field, FieldEdit, FieldRules},
    },
};

/// Change to one of the marked credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkedChange {
    /// Delete the credential.
    Delete,
    /// Edit one field.
    Edit(FieldEdit, EditRules),
    /// Apply the fixes of findings.
    Fix(Vec<Finding>, FieldRules),
}

impl MarkedChange {
    /// Returns the fields of a credential that the change affects, with their new values; empty for
    /// a deletion, or if the credential already has these values.
    ///
    /// # Errors
    /// Returns a sentence with the reason if the field cannot be edited, if no redirect URI would
    /// be left, or if the changed credential violates the provider's rules.
    pub fn changes(&self, before: &Draft) -> Result<Vec<Change>, String> {
        let (after, shape) = match self {
            Self::Delete => return Ok(Vec::new()),
            Self::Edit(edit, rules) => {
                let mut after = before.clone();
                edit.apply(&mut after, *rules).map_err(|error| format!("{error}."))?;
                (after, rules.shape)
            }
            // A finding may have been fixed since the audit.
            Self::Fix(findings, shape) => (all_fixed(before.clone(), findings).0, *shape),
        };
        let changes = draft::changes(before, &after);
        let is_emptied = |change: &Change| {
            change.field == Field::Callbacks && !change.before.is_empty() && change.after.is_empty()
        };
        if changes.iter().any(is_emptied) {
            return Err("No redirect URI would be left.".to_owned());
        }
        match after.problems_in(shape).first() {
            Some(problem) if !changes.is_empty() => Err(format!("{}.", problem.sentence())),
            _ => Ok(changes),
        }
    }
}

/// Plan for a marked credential, made from its current values.
#[derive(Debug)]
pub enum MarkedPlan {
    /// Lines that describe the changes.
    Change(Vec<String>),
    /// The credential already has the new values.
    Unchanged,
    /// The change is not possible, for this reason.
    Refused(String),
}

/// State of a marked credential after its change.
#[derive(Debug)]
pub enum MarkedResult {
    /// The credential was deleted.
    Deleted,
    /// The credential was changed, except for these fields, which the server ignored.
    Changed(Box<Saved>, Vec<&'static str>),
    /// The credential already had the new values.
    Unchanged,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::draft::{ClientDraft, EditAction, Fields};

    const RULES: EditRules = EditRules {
        shape: FieldRules { fields: Fields::CONTRACT, strict: true },
        fixed: Fields::NONE,
        lenient: true,
    };

    #[test]
    fn a_run_never_removes_the_last_redirect_uri() {
        let uri = |path: &str| format!("https://app.acme.dev/{path}");
        let client = |callbacks: Vec<String>| {
            let (name, login_url) = ("Store".to_owned(), uri(""));
            Draft::Spa(ClientDraft { name, login_url, callbacks, ..ClientDraft::default() })
        };
        let action = EditAction::Remove(uri("a"));
        let edit = MarkedChange::Edit(FieldEdit { field: Field::Callbacks, action }, RULES);
        let changes = edit.changes(&client(vec![uri("a"), uri("b")])).expect("another is left");
        assert_eq!(changes.len(), 1);
        let refused = Err("No redirect URI would be left.".to_owned());
        assert_eq!(edit.changes(&client(vec![uri("a")])), refused);
        assert_eq!(edit.changes(&client(vec![uri("b")])), Ok(Vec::new()), "no such URI");
    }
}
