//! Preferences that the configuration keeps: the order of a list, saved views, time limits.

use super::{
    columns::Column,
    filter::{Filter, FilterError},
    profile::Word as _,
};

/// The longest name, in characters.
const NAME_LIMIT: usize = 40;

/// A filter, an order and the columns, under a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// Its name.
    pub name: String,
    /// What it lets through; nothing is everything.
    pub filter: String,
    /// By what rows are sorted, and whether that is turned round.
    pub sort: (Column, bool),
    /// Whether it shows the columns that an audit looks at.
    pub wide: bool,
}

impl View {
    /// What is wrong with its name, as half a sentence after it.
    ///
    /// # Errors
    /// When it cannot be a name.
    pub fn check_name(name: &str) -> Result<(), &'static str> {
        if name.trim() != name || name.is_empty() {
            Err("is empty, or has a space at an end")
        } else if name.chars().count() > NAME_LIMIT {
            Err("is longer than 40 characters")
        } else if crate::domain::text::shown(name) != name {
            Err("has characters that nobody sees")
        } else {
            Ok(())
        }
    }

    /// Whether its filter can be read.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn check_filter(&self) -> Result<(), FilterError> {
        Filter::parse(&self.filter).map(|_| ())
    }
}

/// An order as `list --sort` takes it: a column, and a - before it where it is turned round.
#[must_use]
pub fn sort_word((by, turned): (Column, bool)) -> String {
    format!("{}{}", if turned { "-" } else { "" }, by.word())
}

/// The order of [`sort_word`]'s text.
#[must_use]
pub fn sort_of(word: &str) -> Option<(Column, bool)> {
    let bare = word.strip_prefix('-');
    Some((
        Column::of_word(bare.unwrap_or(word)).filter(|it| Column::SORTED.contains(it))?,
        bare.is_some(),
    ))
}

/// Time limits of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// How long a secret stays in sight, in seconds.
    pub peek: i64,
    /// How long a copied secret may stay in the clipboard, in seconds; 0 leaves it there.
    pub clipboard: u64,
    /// How long writing stays unlocked, in minutes.
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
        assert_eq!(sort_of("colour"), None);
    }
}
