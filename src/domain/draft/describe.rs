//! Description of the changes of a draft, for a plan.

use super::{Change, Field, FieldValue};
use crate::domain::text;

/// Describes changes: one line for each changed value, and for each added or removed list entry.
/// Adds a line for duplicates that were removed, and a warning if all redirect URIs were removed.
/// The lines are safe to show.
#[must_use]
pub fn change_lines(changes: &[Change]) -> Vec<String> {
    let mut lines = Vec::new();
    for change in changes {
        let label = change.field.label();
        if let (FieldValue::Lines(before), FieldValue::Lines(after)) =
            (&change.before, &change.after)
        {
            if change.field == Field::Callbacks && !before.is_empty() && after.is_empty() {
                let warning =
                    "No redirect URI is left, so users can no longer sign in with this client.";
                lines.push(warning.to_owned());
            }
            let gone = before.iter().filter(|it| !after.contains(it));
            lines.extend(gone.map(|gone| format!("{label}: - {}", text::shown(gone))));
            let new = after.iter().filter(|it| !before.contains(it));
            lines.extend(new.map(|new| format!("{label}: + {}", text::shown(new))));
            if before.len() > after.len() && after.iter().all(|it| before.contains(it)) {
                let gone = before.len() - after.len();
                let distinct = before.iter().filter(|it| !after.contains(it)).count();
                if distinct < gone {
                    lines.push(format!("{label}: duplicates removed: {}", gone - distinct));
                }
            }
        } else {
            let (before, after) =
                (change.before.shown(change.field), change.after.shown(change.field));
            lines.push(format!("{label}: {before} -> {after}"));
        }
    }
    lines
}

impl FieldValue {
    /// Returns the value on one line, safe to show.
    #[must_use]
    pub fn shown(&self, field: Field) -> String {
        match (self, field) {
            (Self::Line(line), _) if line.is_empty() => "(none)".to_owned(),
            (Self::Line(line), _) => text::shown(line).into_owned(),
            (Self::Switch(on), Field::Visibility) => {
                if *on { "organization" } else { "private" }.to_owned()
            }
            (Self::Switch(on), _) => if *on { "on" } else { "off" }.to_owned(),
            (Self::Lines(lines), _) => {
                lines.iter().map(|line| text::shown(line)).collect::<Vec<_>>().join(" ")
            }
        }
    }
}
