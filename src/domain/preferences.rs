//! Preferences that the configuration keeps: the order of a list, saved views, time limits.

use super::{
    filter::{Filter, FilterError},
    profile::Word,
};
use strum::{EnumString, IntoStaticStr, VariantNames};

/// By what rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum SortBy {
    /// The name, without regard to case.
    #[default]
    Name,
    /// When it was made.
    Created,
    /// When it was last used; never comes first, and what nobody records last.
    Used,
    /// When it ends; never comes last.
    Expires,
    /// The owner's address; nobody comes last.
    Owner,
    /// How many callbacks it has; the most first.
    Callbacks,
    /// The worst finding, and how many there are of it; the worst first.
    Worst,
}

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
    pub sort: (SortBy, bool),
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
pub fn sort_word((by, turned): (SortBy, bool)) -> String {
    format!("{}{}", if turned { "-" } else { "" }, by.word())
}

/// The order of [`sort_word`]'s text.
#[must_use]
pub fn sort_of(word: &str) -> Option<(SortBy, bool)> {
    let bare = word.strip_prefix('-');
    Some((SortBy::of_word(bare.unwrap_or(word))?, bare.is_some()))
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
            ((SortBy::Name, false), "name"),
            ((SortBy::Created, true), "-created"),
            ((SortBy::Worst, false), "worst"),
            ((SortBy::Callbacks, true), "-callbacks"),
        ] {
            assert_eq!(sort_word(sort), word);
            assert_eq!(sort_of(word), Some(sort));
        }
        assert_eq!(sort_of("colour"), None);
    }
}
