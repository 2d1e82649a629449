//! Key chords: normalized key events of the terminal, and their names in the key table, such as
//! `ctrl-s`.

use std::fmt;

/// A key, without modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants have the names of the keys")]
pub enum Key {
    /// Character, with Shift already applied.
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F1,
}

/// Key with or without Ctrl. Alt is not supported, because some terminals and keyboard layouts
/// reserve it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    /// Key without its modifiers.
    pub key: Key,
    /// True if Ctrl is held.
    pub ctrl: bool,
}

const NAMES: [(&str, Key); 16] = [
    ("enter", Key::Enter),
    ("esc", Key::Esc),
    ("tab", Key::Tab),
    ("shift-tab", Key::BackTab),
    ("backspace", Key::Backspace),
    ("delete", Key::Delete),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("home", Key::Home),
    ("end", Key::End),
    ("pageup", Key::PageUp),
    ("pagedown", Key::PageDown),
    ("f1", Key::F1),
    ("space", Key::Char(' ')),
];

impl Chord {
    /// Creates a chord of a key without modifiers.
    #[must_use]
    pub const fn key(key: Key) -> Self {
        Self { key, ctrl: false }
    }

    /// Creates a chord of a character without modifiers.
    #[must_use]
    pub const fn char(c: char) -> Self {
        Self::key(Key::Char(c))
    }

    /// Creates a chord of Ctrl and a character.
    #[must_use]
    pub const fn ctrl(c: char) -> Self {
        Self { key: Key::Char(c), ctrl: true }
    }

    /// Returns true if a text field uses the chord to insert a character, move the cursor, delete
    /// text or undo a change.
    #[must_use]
    pub const fn is_text_editing(&self) -> bool {
        match (self.ctrl, self.key) {
            (false, Key::Char(_) | Key::Backspace | Key::Delete)
            | (true, Key::Delete)
            | (_, Key::Left | Key::Right | Key::Home | Key::End) => true,
            (true, Key::Char(c)) => matches!(c, 'a' | 'e' | 'k' | 'u' | 'w' | 'h' | '_' | '7'),
            _ => false,
        }
    }

    /// Returns true for `ctrl-y`. Unless it is bound to a command, `ctrl-y` inserts deleted text,
    /// as in readline.
    #[must_use]
    pub const fn yanks(&self) -> bool {
        self.ctrl && matches!(self.key, Key::Char('y'))
    }

    /// Returns true for `ctrl-_`, which undoes a change in a text field, as in readline. Some
    /// terminals send it as `ctrl-7`.
    #[must_use]
    pub const fn undoes(&self) -> bool {
        self.ctrl && matches!(self.key, Key::Char('_' | '7'))
    }

    /// Parses a character or a key name such as `enter`, with or without the prefix `ctrl-`.
    /// Returns `None` for an unknown name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (ctrl, name) = match text.strip_prefix("ctrl-") {
            Some(name) => (true, name),
            None => (false, text),
        };
        let mut letters = name.chars();
        let key = match (letters.next(), letters.next()) {
            (Some(c), None) => Key::Char(c),
            _ => NAMES.iter().find(|(known, _)| *known == name)?.1,
        };
        Some(Self { key, ctrl })
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        match (NAMES.iter().find(|(_, key)| *key == self.key), self.key) {
            (Some((name, _)), _) => f.write_str(name),
            (None, Key::Char(c)) => write!(f, "{c}"),
            (None, _) => Ok(()),
        }
    }
}

/// Parses chords separated by spaces, such as `g g`. Unknown chords are skipped.
#[must_use]
pub fn parse_sequence(text: &str) -> Vec<Chord> {
    text.split(' ').filter_map(Chord::parse).collect()
}
