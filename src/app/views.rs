//! Saved views: a filter, an order and the columns, under a name.

use tui_input::Input;

use super::rows::SortBy;
use crate::domain::{
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

/// The saved views, one of them to be chosen.
#[derive(Debug, Default)]
pub struct Views {
    /// The views, once they are read.
    pub entries: Option<Vec<View>>,
    /// The row under the cursor.
    pub cursor: usize,
    /// What the list below shows, to be saved.
    pub current: View,
    /// The name that it is saved under, while that is typed.
    pub naming: Option<Input>,
    /// What is wrong with that name.
    pub problem: Option<String>,
    /// Why the views could not be read.
    pub failed: Option<String>,
}

impl Views {
    /// Takes the views; the cursor goes to the one of this name.
    pub fn fill(&mut self, entries: Vec<View>, name: Option<&str>) {
        let named = name.and_then(|name| entries.iter().position(|view| view.name == name));
        self.cursor = named.unwrap_or(self.cursor).min(entries.len().saturating_sub(1));
        self.entries = Some(entries);
        self.failed = None;
        if name.is_some() {
            self.naming = None;
        }
    }

    /// Takes why that failed; what was typed stays.
    pub fn fail(&mut self, why: &str) {
        match &self.naming {
            Some(_) => self.problem = Some(why.to_owned()),
            None => self.failed = Some(why.to_owned()),
        }
    }

    /// Moves the cursor.
    pub fn go(&mut self, down: bool) {
        let last = self.entries.as_ref().map_or(0, |all| all.len().saturating_sub(1));
        self.cursor =
            if down { (self.cursor + 1).min(last) } else { self.cursor.saturating_sub(1) };
    }

    /// The view under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&View> {
        self.entries.as_ref()?.get(self.cursor)
    }

    /// What is saved under the name that was typed; else what is wrong with it is noted.
    pub fn named(&mut self) -> Option<View> {
        let name = self.naming.as_ref()?.value().trim().to_owned();
        match View::check_name(&name) {
            Ok(()) => Some(View { name, ..self.current.clone() }),
            Err(why) => {
                self.problem = Some(format!("The name {why}"));
                None
            }
        }
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
