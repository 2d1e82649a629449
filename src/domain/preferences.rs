//! Preferences in the configuration: sort order, saved views, timeouts.

use super::{
    columns::Column,
    filter::{Filter, FilterError},
    profile::Word as _,
};

/// Maximum length of a view's name, in characters.
const NAME_LIMIT: usize = 40;

/// A named filter, sort order and set of columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SavedView {
    /// Name of the view.
    pub name: String,
    /// Filter; empty matches everything.
    pub filter: String,
    /// Sort column, and true if the order is reversed.
    pub sort: (Column, bool),
    /// True if the view shows the audit columns.
    pub wide: bool,
}

impl SavedView {
    /// Validates a view's name. The error text completes a sentence that starts with the name.
    ///
    /// # Errors
    /// Returns an error if the name is empty, is longer than 40 characters, starts or ends with a
    /// space, or has invisible characters.
    pub fn check_name(name: &str) -> Result<(), &'static str> {
        if name.trim() != name || name.is_empty() {
            Err("is empty, or starts or ends with a space")
        } else if name.chars().count() > NAME_LIMIT {
            Err("is longer than 40 characters")
        } else if crate::domain::text::shown(name) != name {
            Err("has invisible characters")
        } else {
            Ok(())
        }
    }

    /// Validates the view's filter.
    ///
    /// # Errors
    /// Returns an error with the position of the invalid part if the filter is invalid.
    pub fn check_filter(&self) -> Result<(), FilterError> {
        Filter::parse(&self.filter).map(|_| ())
    }
}

/// Column that the user chose for a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChosenColumn {
    /// Column to show.
    pub column: Column,
    /// Width in terminal columns; `None` fits the width to the values.
    pub width: Option<u16>,
}

impl ChosenColumn {
    /// Valid widths.
    pub const WIDTHS: std::ops::RangeInclusive<u16> = 8..=80;
}

/// Chosen columns by kind, in order; empty for the default columns.
pub type ChosenColumns = [Vec<ChosenColumn>; 4];

/// Returns a sort order in the syntax of `list --sort`: a column, with `-` in front to reverse.
#[must_use]
pub fn sort_word((by, turned): (Column, bool)) -> String {
    format!("{}{}", if turned { "-" } else { "" }, by.word())
}

/// Parses the text of [`sort_word`]; `None` for a column that the console cannot sort by.
#[must_use]
pub fn sort_of(word: &str) -> Option<(Column, bool)> {
    let bare = word.strip_prefix('-');
    Some((
        Column::of_word(bare.unwrap_or(word)).filter(|it| Column::SORTED.contains(it))?,
        bare.is_some(),
    ))
}

/// Timeouts of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// Time in seconds that a secret stays visible.
    pub peek: i64,
    /// Time in seconds after which a copied secret is removed from the clipboard; 0 means never.
    pub clipboard: u64,
    /// Time in minutes that writing stays unlocked.
    pub unlock: i64,
}

impl Default for Timers {
    fn default() -> Self {
        Self { peek: 20, clipboard: 45, unlock: 10 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_written_and_read() {
        for (sort, word) in [
            ((Column::Name, false), "name"),
            ((Column::Created, true), "-created"),
            ((Column::Worst, false), "worst"),
            ((Column::Callbacks, true), "-callbacks"),
        ] {
            assert_eq!(sort_word(sort), word);
            assert_eq!(sort_of(word), Some(sort));
        }
        assert_eq!(sort_of("color"), None);
    }
}
