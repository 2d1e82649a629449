//! Preferences kept in the configuration: sort order, saved views, timeouts.

use super::{
    columns::Column,
    filter::{Filter, FilterError},
    profile::Word as _,
};

/// Maximum length of a name, in characters.
const NAME_LIMIT: usize = 40;

/// A named filter, sort order and set of columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SavedView {
    /// Name.
    pub name: String,
    /// Filter; empty matches everything.
    pub filter: String,
    /// The sort column, and whether it is reversed.
    pub sort: (Column, bool),
    /// True if it shows the audit columns.
    pub wide: bool,
}

impl SavedView {
    /// Validates the name; the error is phrased to follow it.
    ///
    /// # Errors
    /// The name is invalid.
    pub fn check_name(name: &str) -> Result<(), &'static str> {
        if name.trim() != name || name.is_empty() {
            Err("is empty, or has a space at an end")
        } else if name.chars().count() > NAME_LIMIT {
            Err("is longer than 40 characters")
        } else if crate::domain::text::shown(name) != name {
            Err("has invisible characters")
        } else {
            Ok(())
        }
    }

    /// Validates its filter.
    ///
    /// # Errors
    /// The error and its position.
    pub fn check_filter(&self) -> Result<(), FilterError> {
        Filter::parse(&self.filter).map(|_| ())
    }
}

/// A sort order as `list --sort` takes it: a column, with `-` in front to reverse.
#[must_use]
pub fn sort_word((by, turned): (Column, bool)) -> String {
    format!("{}{}", if turned { "-" } else { "" }, by.word())
}

/// Parses the text of [`sort_word`].
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
    /// Time that a secret stays visible, in seconds.
    pub peek: i64,
    /// Time that a copied secret stays in the clipboard, in seconds; 0 keeps it.
    pub clipboard: u64,
    /// Time that writing stays unlocked, in minutes.
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
