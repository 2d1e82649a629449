//! Change that is made to each of the marked credentials.

use crate::{
    app::Saved,
    domain::{
        Draft,
        audit::{Finding, fix},
        draft::{self, Change, EditRules, FieldEdit},
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
    Fix(Vec<Finding>, EditRules),
}

impl MarkedChange {
    /// Returns the fields of a credential that the change affects, with their new values; empty if
    /// the credential has these values already, and for a deletion.
    ///
    /// # Errors
    /// The field cannot be edited, no fix applies, or a new value violates the provider's rules.
    pub fn changes(&self, before: &Draft) -> Result<Vec<Change>, String> {
        let (after, rules) = match self {
            Self::Delete => return Ok(Vec::new()),
            Self::Edit(edit, rules) => {
                let mut after = before.clone();
                edit.apply(&mut after, *rules).map_err(|error| error.to_string())?;
                (after, rules)
            }
            Self::Fix(findings, rules) => {
                let (after, _) = fix::all_fixed(before.clone(), findings);
                if after == *before {
                    return Err("No automatic fix applies to its current values".to_owned());
                }
                (after, rules)
            }
        };
        let changes = draft::changes(before, &after);
        match after.problems_in(rules.shape).first() {
            Some(problem) if !changes.is_empty() => Err(problem.sentence()),
            _ => Ok(changes),
        }
    }
}

/// State of a marked credential after its change.
#[derive(Debug)]
pub enum MarkedResult {
    /// The credential was deleted.
    Deleted,
    /// The credential was changed.
    Changed(Box<Saved>),
    /// The credential already had the new values.
    Unchanged,
}
