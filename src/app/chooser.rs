//! What to create: one of the three kinds, each with a sentence on when to use it.

use crate::domain::Kind;

/// The choice, and the cursor on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chooser {
    /// The kind under the cursor.
    pub kind: Kind,
}

impl Chooser {
    /// Goes up or down; the ends are ends.
    pub fn go(&mut self, down: bool) {
        let place = Kind::ALL.iter().position(|kind| *kind == self.kind).unwrap_or(0);
        let place = if down { place + 1 } else { place.saturating_sub(1) };
        self.kind = Kind::ALL[place.min(Kind::ALL.len() - 1)];
    }
}
