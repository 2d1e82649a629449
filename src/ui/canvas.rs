//! Canvas that draws on a part of a buffer and clips text to that part.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::{Modifier, Style},
    symbols::border,
    widgets::{Block, Clear, Widget as _},
};
use tui_input::Input;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{
    click::{Click, ClickTargets},
    link::Links,
    theme::{Paint, Theme},
};
use crate::domain::text;

/// Frame of a dialog on terminals without UTF-8.
const ASCII_FRAME: border::Set<'_> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Part of a buffer, drawn with a theme. Positions are relative to the part.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    theme: Theme,
    cursor: Option<Position>,
    targets: ClickTargets,
    links: Links,
}

impl<'a> Canvas<'a> {
    /// Creates a canvas over part of a buffer.
    pub fn new(buffer: &'a mut Buffer, area: Rect, theme: Theme) -> Self {
        let (targets, links) = (ClickTargets::default(), Links::default());
        Self { buffer, area, theme, cursor: None, targets, links }
    }

    /// Draws on a part of this canvas, and returns the result of `draw`. A focused part determines
    /// the position of the terminal's cursor.
    pub fn part<R>(
        &mut self,
        part: Rect,
        focused: bool,
        draw: impl FnOnce(&mut Canvas<'_>) -> R,
    ) -> R {
        let (x, y) = (self.area.x + part.x, self.area.y + part.y);
        let area = Rect { x, y, ..part }.intersection(self.area);
        let mut canvas = Canvas::new(&mut *self.buffer, area, self.theme);
        let result = draw(&mut canvas);
        let (cursor, targets, links) = canvas.finish();
        if focused {
            self.cursor = cursor;
        }
        self.targets.append(targets);
        self.links.append(links);
        result
    }

    /// Makes a part of the canvas respond to clicks.
    pub fn respond(&mut self, part: Rect, click: Click) {
        let (x, y) = (self.area.x + part.x, self.area.y + part.y);
        self.targets.push(Rect { x, y, ..part }.intersection(self.area), click);
    }

    /// Makes a whole row of the canvas respond to clicks.
    pub fn respond_row(&mut self, y: u16, click: Click) {
        self.respond(Rect { x: 0, y, width: self.area.width, height: 1 }, click);
    }

    /// Links a part of the canvas to a URL, if the terminal supports links and is not slow. Links
    /// nothing if the URL is not a plain HTTPS URL.
    pub fn link(&mut self, part: Rect, url: &str) {
        if !self.theme.links || self.theme.low_bandwidth {
            return;
        }
        let (x, y) = (self.area.x + part.x, self.area.y + part.y);
        self.links.push(Rect { x, y, ..part }.intersection(self.area), url);
    }

    /// Removes all click targets and links drawn so far, because a dialog covers them.
    pub fn ignore_clicks(&mut self) {
        self.targets = ClickTargets::default();
        self.links = Links::default();
    }

    /// Ends drawing. Returns the position of the terminal's cursor (`None` if not set), the parts
    /// that respond to clicks, and the links. The cursor marks the focus for screen readers and
    /// magnifiers.
    #[must_use]
    pub fn finish(self) -> (Option<Position>, ClickTargets, Links) {
        (self.cursor, self.targets, self.links)
    }

    /// Sets the position of the terminal's cursor; ignored outside the canvas.
    pub fn put_cursor(&mut self, x: u16, y: u16) {
        if x < self.area.width && y < self.area.height {
            self.cursor = Some(Position { x: self.area.x + x, y: self.area.y + y });
        }
    }

    /// Highlights a row over the whole width. Replaces the styles of its text, except the underline
    /// of a match. Does nothing if [`Theme::low_bandwidth`] is set.
    pub fn select(&mut self, y: u16) {
        if y < self.area.height && !self.theme.low_bandwidth {
            let row = Rect { y: self.area.y + y, height: 1, ..self.area };
            let style = self.theme.style(Paint::Selected);
            for position in row.positions() {
                if let Some(cell) = self.buffer.cell_mut(position) {
                    let matched = cell.modifier & Modifier::UNDERLINED;
                    cell.set_style(Style::reset()).set_style(style.add_modifier(matched));
                }
            }
        }
    }

    /// Marks drawn text as matched by a filter. Does nothing if [`Theme::low_bandwidth`] is set.
    pub fn mark(&mut self, x: u16, y: u16, width: u16) {
        if !self.theme.low_bandwidth {
            let area = Rect { x: self.area.x + x, y: self.area.y + y, width, height: 1 };
            self.buffer.set_style(area.intersection(self.area), self.theme.style(Paint::Match));
        }
    }

    /// Dims a part that is the background of a dialog. Does nothing if [`Theme::low_bandwidth`] is
    /// set.
    pub fn dim(&mut self, part: Rect) {
        if !self.theme.low_bandwidth {
            let (x, y) = (self.area.x + part.x, self.area.y + part.y);
            let area = Rect { x, y, ..part }.intersection(self.area);
            self.buffer.set_style(area, Style::reset().patch(self.theme.style(Paint::Dim)));
        }
    }

    /// Erases the canvas. Also erases a wide character that extends into the canvas from the left,
    /// because the terminal would draw its right half over the first column.
    pub fn clear(&mut self) {
        Clear.render(self.area, self.buffer);
        let Some(left) = self.area.x.checked_sub(1) else { return };
        for y in self.area.top()..self.area.bottom() {
            if let Some(cell) = self.buffer.cell_mut((left, y))
                && cell.symbol().width() > 1
            {
                cell.set_symbol(" ");
            }
        }
    }

    /// Draws a frame around the edge, with a title in its top line.
    pub fn frame(&mut self, title: &str, paint: Paint) {
        debug_assert!(!self.theme.linear, "a linear screen has no boxes");
        let set = if self.theme.unicode { border::PLAIN } else { ASCII_FRAME };
        let style = self.theme.style(Paint::Dim);
        Block::bordered().border_set(set).border_style(style).render(self.area, self.buffer);
        self.text(2, 0, self.area.width.saturating_sub(4), &format!(" {title} "), paint);
    }

    /// Draws a vertical line of `height` rows, downward from a position. Draws nothing if
    /// [`Theme::linear`] is set.
    pub fn vertical(&mut self, x: u16, y: u16, height: u16) {
        if self.theme.linear {
            return;
        }
        let glyph = if self.theme.unicode { "│" } else { "|" };
        for line in y..y + height {
            self.text(x, line, 1, glyph, Paint::Dim);
        }
    }

    /// Returns the width of text in columns, as [`Self::text`] draws it.
    pub fn width(&self, text: &str) -> u16 {
        u16::try_from(self.glyphs(text).width()).unwrap_or(u16::MAX)
    }

    /// Writes one line, truncated to `width` columns. Returns the number of columns used.
    pub fn text(&mut self, x: u16, y: u16, width: u16, text: &str, paint: Paint) -> u16 {
        if y >= self.area.height || x >= self.area.width {
            return 0;
        }
        let width = width.min(self.area.width - x);
        let shown = self.glyphs(text);
        let line = text::clip(&shown, usize::from(width));
        let line = if self.theme.unicode { line } else { Cow::Owned(line.replace('…', "~")) };
        let (left, y) = (self.area.x + x, self.area.y + y);
        // The reset prevents styles drawn earlier from affecting this text.
        let style = Style::reset().patch(self.theme.style(paint));
        let (end, _) = self.buffer.set_stringn(left, y, &line, usize::from(width), style);
        end.saturating_sub(left)
    }

    /// Returns true if pictures can be drawn with non-ASCII glyphs.
    #[must_use]
    pub const fn draws_blocks(&self) -> bool {
        self.theme.unicode && !self.theme.linear
    }

    /// Returns true in linear mode.
    #[must_use]
    pub const fn is_linear(&self) -> bool {
        self.theme.linear
    }

    /// Returns the glyph of a chart bar for `count`. With Unicode, the glyph is a block whose
    /// height increases up to a count of 7. Without Unicode, the glyph is a digit, or `+` above 9.
    /// A dot means zero.
    #[must_use]
    pub fn bar(&self, count: usize) -> char {
        const BARS: [char; 8] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇'];
        const DIGITS: [char; 11] = ['.', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+'];
        if self.theme.unicode {
            BARS[count.min(BARS.len() - 1)]
        } else {
            DIGITS[count.min(DIGITS.len() - 1)]
        }
    }

    /// Draws a horizontal line of `width` columns from the left edge. Draws nothing if
    /// [`Theme::linear`] is set.
    pub fn rule(&mut self, y: u16, width: u16) {
        if self.theme.linear {
            return;
        }
        let glyph = if self.theme.unicode { "─" } else { "-" };
        self.text(0, y, width, &glyph.repeat(usize::from(width)), Paint::Dim);
    }

    /// Wraps text at any character, so that no line is wider than `width` columns.
    pub fn wrap(&self, text: &str, width: u16) -> Vec<String> {
        wrap(&self.glyphs(text), width)
    }

    /// Wraps text between words. A word wider than `width` columns is not broken.
    pub fn wrap_words(&self, text: &str, width: u16) -> Vec<String> {
        wrap_words(&self.glyphs(text), width, u16::MAX)
    }

    /// Writes text over at most `height` lines, broken at any character. Returns the number of
    /// lines.
    pub fn wrapped(
        &mut self,
        x: u16,
        y: u16,
        width: u16,
        height: u16,
        text: &str,
        paint: Paint,
    ) -> u16 {
        let lines = self.wrap(text, width);
        let mut used = 0;
        for line in lines.iter().take(usize::from(height)) {
            self.text(x, y + used, width, line, paint);
            used += 1;
        }
        used
    }

    /// Writes text over at most `height` lines, broken between words. Lines that are still too wide
    /// are truncated. Returns the number of lines.
    pub fn paragraph(
        &mut self,
        x: u16,
        y: u16,
        width: u16,
        height: u16,
        text: &str,
        paint: Paint,
    ) -> u16 {
        let lines = wrap_words(&self.glyphs(text), width, height);
        for (index, line) in lines.iter().enumerate() {
            self.text(x, y + index as u16, width, line, paint);
        }
        lines.len() as u16
    }

    /// Draws a text field. A focused field is underlined and contains the terminal's cursor.
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

    /// Applies [`ascii`] on terminals without UTF-8.
    fn glyphs<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.theme.unicode { Cow::Borrowed(text) } else { ascii(text) }
    }
}

/// Replaces the console's own glyphs with ASCII characters, and escapes other non-ASCII characters.
/// CRLF line breaks stay unchanged.
pub fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let plain: String = text
        .chars()
        .map(|c| match c {
            '─' => '-',
            '│' => '|',
            '·' => '-',
            '›' | '→' | '▸' => '>',
            '▾' => 'v',
            '•' => '*',
            '↑' => '^',
            '↓' => 'v',
            '✓' => '+',
            '…' => '~',
            '█' => '#',
            other => other,
        })
        .collect();
    let lines = plain.split("\r\n").map(|line| text::shown_ascii(line).into_owned());
    Cow::Owned(lines.collect::<Vec<_>>().join("\r\n"))
}

/// Wraps text between words, to at most `height` lines. A line with one long word, and the last
/// line, may be wider than `width` columns.
fn wrap_words(text: &str, width: u16, height: u16) -> Vec<String> {
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
    lines
}

/// Wraps text to lines of at most `width` columns.
fn wrap(text: &str, width: u16) -> Vec<String> {
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
