//! Drawing on a buffer: text that never leaves its area, whatever it contains.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use tui_input::Input;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::theme::{Paint, Theme};
use crate::domain::text;

/// A buffer with a look.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    theme: Theme,
    cursor: Option<Position>,
}

impl<'a> Canvas<'a> {
    /// A canvas over part of a buffer.
    pub fn new(buffer: &'a mut Buffer, area: Rect, theme: Theme) -> Self {
        Self { buffer, area, theme, cursor: None }
    }

    /// Position of the terminal's cursor: the focus, for screen readers and magnifiers.
    pub const fn cursor(&self) -> Option<Position> {
        self.cursor
    }

    /// Places the terminal's cursor.
    pub fn put_cursor(&mut self, x: u16, y: u16) {
        let position = Position { x, y };
        if self.area.contains(position) {
            self.cursor = Some(position);
        }
    }

    /// The width in columns of our own text.
    pub fn width(&self, text: &str) -> u16 {
        u16::try_from(self.glyphs(text).width()).unwrap_or(u16::MAX)
    }

    /// Writes one line, truncated to `width` columns; returns the columns used.
    pub fn text(&mut self, x: u16, y: u16, width: u16, text: &str, paint: Paint) -> u16 {
        if y >= self.area.height || x >= self.area.width {
            return 0;
        }
        let width = width.min(self.area.width - x);
        let shown = self.glyphs(text);
        let line = text::clip(&shown, usize::from(width));
        let line = if self.theme.unicode { line } else { Cow::Owned(line.replace('…', "~")) };
        let (end, _) =
            self.buffer.set_stringn(x, y, &line, usize::from(width), self.theme.style(paint));
        end.saturating_sub(x)
    }

    /// A horizontal line.
    pub fn rule(&mut self, y: u16, width: u16) {
        let glyph = if self.theme.unicode { "─" } else { "-" };
        self.text(0, y, width, &glyph.repeat(usize::from(width)), Paint::Dim);
    }

    /// Writes text over several lines, broken anywhere; returns the number of lines.
    pub fn wrapped(
        &mut self,
        x: u16,
        y: u16,
        width: u16,
        height: u16,
        text: &str,
        paint: Paint,
    ) -> u16 {
        let lines = wrap(&self.glyphs(text), width);
        let mut used = 0;
        for line in lines.iter().take(usize::from(height)) {
            self.text(x, y + used, width, line, paint);
            used += 1;
        }
        used
    }

    /// Writes text over several lines, broken between words; the last line is truncated.
    pub fn paragraph(
        &mut self,
        x: u16,
        y: u16,
        width: u16,
        height: u16,
        text: &str,
        paint: Paint,
    ) -> u16 {
        let mut lines: Vec<String> = vec![String::new()];
        for word in text.split(' ') {
            let count = lines.len();
            let Some(line) = lines.last_mut() else { break };
            let full = line.width() + 1 + word.width() > usize::from(width);
            if line.is_empty() {
                line.push_str(word);
            } else if full && count < usize::from(height) {
                lines.push(word.to_owned());
            } else {
                line.push(' ');
                line.push_str(word);
            }
        }
        for (index, line) in lines.iter().enumerate() {
            self.text(x, y + index as u16, width, line, paint);
        }
        lines.len() as u16
    }

    /// A text field; with focus it is underlined and has the terminal's cursor.
    pub fn field(&mut self, x: u16, y: u16, width: u16, input: &Input, focused: bool) {
        let room = usize::from(width.saturating_sub(1)).max(1);
        // Typed text is untrusted too, because it may have been pasted.
        let before: String = input.value().chars().take(input.cursor()).collect();
        let before = text::shown(&before).into_owned();
        let shown = text::shown(input.value());
        let skip = before.width().saturating_sub(room);
        let visible = skip_columns(&shown, skip);
        if focused {
            let blank = " ".repeat(usize::from(width));
            self.text(x, y, width, &blank, Paint::Field);
        }
        self.text(x, y, width, &visible, if focused { Paint::Field } else { Paint::Plain });
        if focused {
            let column = before.width().saturating_sub(skip);
            self.put_cursor(x + u16::try_from(column).unwrap_or(0).min(width.saturating_sub(1)), y);
        }
    }

    /// Converts our glyphs to ASCII and escapes other characters, for terminals without UTF-8.
    fn glyphs<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.theme.unicode || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let plain: String = text
            .chars()
            .map(|c| match c {
                '─' => '-',
                '·' => '-',
                '›' | '→' => '>',
                '•' => '*',
                '↑' => '^',
                '↓' => 'v',
                '✓' => '+',
                '…' => '~',
                other => other,
            })
            .collect();
        Cow::Owned(text::shown_ascii(&plain).into_owned())
    }
}

/// Wraps text to lines of at most `width` columns.
pub fn wrap(text: &str, width: u16) -> Vec<String> {
    let width = usize::from(width.max(1));
    let mut lines = vec![String::new()];
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let columns = grapheme.width();
        if used + columns > width {
            lines.push(String::new());
            used = 0;
        }
        used += columns;
        if let Some(line) = lines.last_mut() {
            line.push_str(grapheme);
        }
    }
    lines
}

fn skip_columns(text: &str, columns: usize) -> String {
    let mut skipped = 0;
    text.graphemes(true)
        .skip_while(|grapheme| {
            let skip = skipped < columns;
            skipped += grapheme.width();
            skip
        })
        .collect()
}
