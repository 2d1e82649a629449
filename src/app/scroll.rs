//! Cursor over rows, and the visible window.

/// Cursor over rows, and the visible window that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scroll {
    /// Index of the row under the cursor.
    pub cursor: usize,
    /// Index of the first visible row.
    pub top: usize,
    /// Number of visible rows, at least one.
    pub height: usize,
}

impl Default for Scroll {
    fn default() -> Self {
        Self { cursor: 0, top: 0, height: 1 }
    }
}

impl Scroll {
    /// Moves the cursor by a number of rows within `count` rows, without wrapping.
    pub fn go(&mut self, rows: isize, count: usize) {
        self.place(self.cursor.saturating_add_signed(rows), count);
    }

    /// Moves the cursor to a row, at most to the last of `count` rows, and scrolls it into view.
    pub fn place(&mut self, cursor: usize, count: usize) {
        self.cursor = cursor.min(count.saturating_sub(1));
        let lowest = count.saturating_sub(self.height);
        let least = (self.cursor + 1).saturating_sub(self.height);
        self.top = self.top.min(self.cursor).max(least).min(lowest);
    }

    /// Changes the number of visible rows, and keeps the cursor in view.
    pub fn fit(&mut self, height: usize, count: usize) {
        self.height = height.max(1);
        self.place(self.cursor, count);
    }

    /// Returns the position of the cursor, counted from 1, and the number of rows. Returns `None`
    /// if all rows are visible.
    #[must_use]
    pub fn position(&self, count: usize) -> Option<(usize, usize)> {
        (count > self.height).then_some((self.cursor + 1, count))
    }

    /// Returns the number of rows by which page up and page down move the cursor.
    #[must_use]
    pub fn page(&self) -> isize {
        isize::try_from(self.height).unwrap_or(isize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_follows_the_cursor_and_no_further() {
        let mut scroll = Scroll { height: 3, ..Scroll::default() };
        let mut shown = Vec::new();
        for rows in [2, 1, 1, -1, -2, isize::MAX, -1, isize::MIN] {
            scroll.go(rows, 6);
            shown.push((scroll.cursor, scroll.top));
        }
        assert_eq!(shown, [(2, 0), (3, 1), (4, 2), (3, 2), (1, 1), (5, 3), (4, 3), (0, 0)]);
        scroll.go(1, 0);
        assert_eq!((scroll.cursor, scroll.top), (0, 0), "an empty list has no second row");
    }
}
