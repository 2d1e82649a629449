//! The help: every key that applies here, searchable, and the command palette.

use tui_input::Input;

use crate::keys::{Binding, Command, Scope, TABLE};

/// The help over the screen that it was asked from.
#[derive(Debug)]
pub struct Help {
    /// The scopes that it explains, from the innermost outwards.
    pub scopes: Vec<Scope>,
    /// What is searched for.
    pub search: Input,
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row on the screen.
    pub top: usize,
    /// How many rows the screen has room for.
    pub height: usize,
}

impl Help {
    /// The help for some scopes.
    #[must_use]
    pub fn new(scopes: Vec<Scope>) -> Self {
        Self { scopes, search: Input::default(), cursor: 0, top: 0, height: 1 }
    }

    /// The rows that match the search: by words, or by the key itself.
    #[must_use]
    pub fn rows(&self) -> Vec<&'static Binding> {
        let search = self.search.value().trim();
        let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
        let matches = |binding: &Binding| {
            let text = format!("{} {} {}", binding.label, binding.help, binding.scope.title())
                .to_lowercase();
            binding.chords.contains(&search) || words.iter().all(|word| text.contains(word))
        };
        let mut rows: Vec<&Binding> = Vec::new();
        for scope in &self.scopes {
            for binding in TABLE.iter().filter(|b| b.scope == *scope && b.command != Command::Help)
            {
                if matches(binding) && !rows.iter().any(|known| known.command == binding.command) {
                    rows.push(binding);
                }
            }
        }
        rows
    }

    /// The row under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&'static Binding> {
        self.rows().get(self.cursor).copied()
    }

    /// Moves the cursor by rows.
    pub fn go(&mut self, rows: isize) {
        let last = self.rows().len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(rows).min(last);
        let height = self.height.max(1);
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(search: &str) -> Vec<Command> {
        let mut help = Help::new(vec![Scope::List, Scope::Global]);
        help.search = search.into();
        help.rows().iter().map(|row| row.command).collect()
    }

    #[test]
    fn rows_are_found_by_words_and_by_key() {
        assert_eq!(found("sort age"), [Command::SortByCreated]);
        assert!(found("c").contains(&Command::CopyId));
        assert_eq!(found("ctrl-r"), [Command::Refresh]);
        assert_eq!(found("no such thing"), []);
    }

    #[test]
    fn every_command_of_the_scopes_is_there_once() {
        let all = found("");
        let mut once = all.clone();
        once.dedup();
        assert_eq!(all, once);
        assert!(all.contains(&Command::Delete) && all.contains(&Command::CopyBaseUrl));
    }
}
