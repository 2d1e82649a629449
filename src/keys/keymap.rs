//! Active keys: the defaults in [`TABLE`] with the overrides from the configuration.

use super::{Binding, Chord, Command, KeyResult, KeyScope, Need, TABLE, chord};

/// New keys for a command in a scope; an empty list removes its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The scope's name, as returned by [`KeyScope::name`].
    pub scope: String,
    /// The command's name, as returned by [`super::Command::name`].
    pub command: String,
    /// New key sequences, in the notation of [`Binding::chords`].
    pub chords: Vec<String>,
}

/// Row of [`TABLE`] with its active keys.
#[derive(Debug)]
pub struct KeymapRow {
    /// Row of the table, with the default keys.
    pub binding: &'static Binding,
    /// Active key sequences, as written in the table or the configuration.
    pub chords: Vec<String>,
    parsed: Vec<Vec<Chord>>,
}

impl KeymapRow {
    fn new(binding: &'static Binding, chords: Vec<String>) -> Self {
        let parsed = chords.iter().map(|chords| chord::parse_sequence(chords)).collect();
        Self { binding, chords, parsed }
    }

    /// Returns the key sequence to display; empty if the row has no key. With `typing`, prefers a
    /// sequence that a text field does not consume.
    #[must_use]
    pub fn first_key(&self, typing: bool) -> &str {
        let place = self.usable(typing).unwrap_or(0);
        self.chords.get(place).map_or("", String::as_str)
    }

    /// Returns true if the row has a usable key. With `typing`, keys that a text field consumes are
    /// not usable.
    #[must_use]
    pub fn can_be_pressed(&self, typing: bool) -> bool {
        self.usable(typing).is_some()
    }

    fn usable(&self, typing: bool) -> Option<usize> {
        let usable =
            |keys: &[Chord]| !typing || keys.first().is_some_and(|first| !first.is_text_editing());
        self.parsed.iter().position(|keys| usable(keys))
    }
}

/// All rows of [`TABLE`] with their active keys.
#[derive(Debug)]
pub struct Keymap(Vec<KeymapRow>);

impl Default for Keymap {
    fn default() -> Self {
        let chords = |row: &Binding| row.chords.iter().map(|keys| (*keys).to_owned()).collect();
        Self(TABLE.iter().map(|row| KeymapRow::new(row, chords(row))).collect())
    }
}

/// Reason why an [`Override`] is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// The scope does not exist.
    #[error("unknown scope {0:?}")]
    Scope(String),
    /// The scope has no command of this name.
    #[error("unknown command {command:?} in {scope}")]
    Command {
        /// Command name in the configuration.
        command: String,
        /// Name of the scope.
        scope: String,
    },
    /// The text is not a key sequence.
    #[error("{0:?} is not a key")]
    NoKey(String),
    /// The scope has a text field that uses the first key of this sequence.
    #[error("{chord} is needed for typing in {scope}")]
    Typing {
        /// Key sequence in the configuration.
        chord: String,
        /// Name of the scope.
        scope: String,
    },
    /// The command deletes or replaces data, and the key is easy to press by accident.
    #[error("{chord} is too easy to press by accident for {label}")]
    TooEasy {
        /// Key sequence in the configuration.
        chord: String,
        /// Label of the command.
        label: &'static str,
    },
    /// Another command of the scope has this key sequence, or one sequence is a prefix of the
    /// other.
    #[error("{chord} is already bound to {label} in {scope}")]
    Taken {
        /// Key sequence in the configuration.
        chord: String,
        /// Label of the other command.
        label: &'static str,
        /// Name of the scope of both commands.
        scope: String,
    },
}

impl Keymap {
    /// Applies overrides to the default keys.
    ///
    /// # Errors
    /// Returns the first error if an override has an unknown scope or command, or a key sequence
    /// that is invalid, reserved or already used.
    pub fn new(overrides: &[Override]) -> Result<Self, KeymapError> {
        let (keymap, faults) = Self::changed(overrides);
        faults.into_iter().next().map_or(Ok(keymap), |(_, why)| Err(why))
    }

    /// Returns the first error of each invalid override, with the index of the override.
    #[must_use]
    pub fn faults(overrides: &[Override]) -> Vec<(usize, KeymapError)> {
        Self::changed(overrides).1
    }

    /// Returns all rows, in the order of [`TABLE`].
    #[must_use]
    pub fn rows(&self) -> &[KeymapRow] {
        &self.0
    }

    /// Returns the key sequence to display for a command in a scope; empty if the command has no
    /// key there.
    #[must_use]
    pub fn key_of(&self, scope: KeyScope, command: Command) -> &str {
        let is_it = |row: &&KeymapRow| row.binding.scope == scope && row.binding.command == command;
        self.0.iter().find(is_it).map_or("", |row| row.first_key(scope.takes_text()))
    }

    /// Returns the default keys with the overrides, and the first error of each invalid override.
    /// Applies all overrides before checking for conflicts, so two commands can swap keys.
    fn changed(overrides: &[Override]) -> (Self, Vec<(usize, KeymapError)>) {
        let mut keymap = Self::default();
        let mut faults = Vec::new();
        let mut places = Vec::new();
        for (index, change) in overrides.iter().enumerate() {
            match keymap.place(change) {
                Ok(place) => {
                    let binding = keymap.0[place].binding;
                    keymap.0[place] = KeymapRow::new(binding, change.chords.clone());
                    places.push((index, place));
                }
                Err(why) => faults.push((index, why)),
            }
        }
        for (index, place) in places {
            let wrong =
                overrides[index].chords.iter().find_map(|text| keymap.check(place, text).err());
            faults.extend(wrong.map(|why| (index, why)));
        }
        (keymap, faults)
    }

    fn place(&self, change: &Override) -> Result<usize, KeymapError> {
        let Override { scope, command, .. } = change;
        let in_scope = |row: &KeymapRow| row.binding.scope.name() == *scope;
        if !self.0.iter().any(in_scope) {
            return Err(KeymapError::Scope(scope.clone()));
        }
        let found = |row: &KeymapRow| in_scope(row) && row.binding.command.name() == *command;
        let place = self.0.iter().position(found);
        place.ok_or_else(|| KeymapError::Command { command: command.clone(), scope: scope.clone() })
    }

    /// Checks that a key sequence is valid for a row and does not conflict with another row of the
    /// scope.
    fn check(&self, place: usize, text: &str) -> Result<(), KeymapError> {
        let binding = self.0[place].binding;
        let wanted: Option<Vec<Chord>> = text.split(' ').map(Chord::parse).collect();
        let chord = || text.to_owned();
        let wanted = wanted.ok_or_else(|| KeymapError::NoKey(chord()))?;
        let scope = binding.scope.name();
        if binding.scope.takes_text() && wanted.first().is_some_and(Chord::is_text_editing) {
            return Err(KeymapError::Typing { chord: chord(), scope });
        }
        if binding.danger && ["enter", "ctrl-d", "ctrl-k"].contains(&text) {
            return Err(KeymapError::TooEasy { chord: chord(), label: binding.label });
        }
        for (other, row) in self.0.iter().enumerate() {
            let clashes = |keys: &Vec<Chord>| keys.starts_with(&wanted) || wanted.starts_with(keys);
            if other != place
                && row.binding.scope == binding.scope
                && row.parsed.iter().any(clashes)
            {
                return Err(KeymapError::Taken { chord: chord(), label: row.binding.label, scope });
            }
        }
        Ok(())
    }

    /// Resolves a key press. `pending` contains the earlier keys of an unfinished sequence.
    /// `scopes` are searched in order, from the innermost. If a scope has a text field and
    /// `pending` is empty, characters and editing keys go to the field. `meets` returns true if a
    /// precondition is met.
    pub fn resolve(
        &self,
        pending: &[Chord],
        chord: Chord,
        scopes: &[KeyScope],
        meets: impl Fn(Need) -> bool,
    ) -> KeyResult {
        let types = pending.is_empty() && scopes.iter().any(|scope| scope.takes_text());
        if types && chord.is_text_editing() {
            return KeyResult::Text(chord);
        }
        let typed: Vec<Chord> = pending.iter().copied().chain([chord]).collect();
        let mut wait = false;
        for &scope in scopes {
            for row in self.0.iter().filter(|row| row.binding.scope == scope) {
                for wanted in &row.parsed {
                    if *wanted == typed {
                        return match row.binding.needs.iter().find(|need| !meets(**need)) {
                            Some(need) => KeyResult::Refused(row.binding.command, *need),
                            None => KeyResult::Run(row.binding.command),
                        };
                    }
                    wait |= wanted.len() > typed.len() && wanted.starts_with(&typed);
                }
            }
            if wait {
                return KeyResult::Wait;
            }
        }
        if types && chord.yanks() { KeyResult::Text(chord) } else { KeyResult::Unbound }
    }

    /// Returns the rows of `scopes` that have a longer key sequence starting with `pending`, each
    /// with the remaining keys.
    pub fn continuations<'a>(
        &'a self,
        pending: &'a [Chord],
        scopes: &'a [KeyScope],
    ) -> impl Iterator<Item = (String, &'a KeymapRow)> + 'a {
        self.0.iter().filter(|row| scopes.contains(&row.binding.scope)).filter_map(move |row| {
            row.parsed.iter().find_map(|wanted| {
                let rest = wanted.strip_prefix(pending).filter(|rest| !rest.is_empty())?;
                Some((rest.iter().map(Chord::to_string).collect::<Vec<_>>().join(" "), row))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Command, CredentialCommand};

    fn change(scope: &str, command: &str, chords: &[&str]) -> Result<Keymap, KeymapError> {
        Keymap::new(&[Override {
            scope: scope.to_owned(),
            command: command.to_owned(),
            chords: chords.iter().map(|keys| (*keys).to_owned()).collect(),
        }])
    }

    #[test]
    fn keys_can_be_changed_and_the_old_ones_are_free() {
        let keymap = change("list", "copy-id", &["Z"]).expect("allowed");
        let run = |key| keymap.resolve(&[], Chord::char(key), &[KeyScope::List], |_| true);
        assert_eq!(run('Z'), KeyResult::Run(Command::Credential(CredentialCommand::CopyId)));
        assert_eq!(run('c'), KeyResult::Unbound);
        assert!(change("list", "copy-id", &[]).is_ok(), "a command may have no key");
        let to = |command: &str, key: &str| Override {
            scope: "list".to_owned(),
            command: command.to_owned(),
            chords: vec![key.to_owned()],
        };
        assert!(Keymap::new(&[to("edit", "c"), to("copy-id", "e")]).is_ok(), "swapped");
    }

    #[test]
    fn what_would_confuse_is_refused() {
        for (scope, command, chords, why) in [
            ("lists", "copy-id", &["C"][..], "unknown scope \"lists\""),
            ("list", "copy", &["C"], "unknown command \"copy\" in list"),
            ("list", "copy-id", &["hyper-x"], "\"hyper-x\" is not a key"),
            ("list", "copy-id", &["e"], "e is already bound to edit in list"),
            ("list", "copy-id", &["g"], "g is already bound to top in list"),
            ("list", "delete", &["ctrl-k"], "ctrl-k is too easy to press by accident for delete"),
            ("form", "save", &["s"], "s is needed for typing in form"),
        ] {
            let error = change(scope, command, chords).expect_err("refused");
            assert_eq!(error.to_string(), why);
        }
    }
}
