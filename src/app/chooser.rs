//! What to create: one of the three kinds, each with a sentence on when to use it.

use crate::domain::Kind;

/// What can be created here: the other clients are made elsewhere.
pub const KINDS: [Kind; 3] = [Kind::Token, Kind::Spa, Kind::M2m];

/// The choice, and the cursor on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chooser {
    /// The kind under the cursor.
    pub kind: Kind,
}

impl Chooser {
    /// Goes up or down; the ends are ends.
    pub fn go(&mut self, down: bool) {
        let place = KINDS.iter().position(|kind| *kind == self.kind).unwrap_or(0);
        let place = if down { place + 1 } else { place.saturating_sub(1) };
        self.kind = KINDS[place.min(KINDS.len() - 1)];
    }
}
