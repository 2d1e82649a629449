//! Terminal backend that writes as few bytes as possible.
//!
//! [`TerminalScreen`] is a ratatui backend that stores the content of the terminal, and writes only
//! the differences. If a band of whole rows moved up or down, the terminal first scrolls that band
//! (DECSTBM with SU and SD). Scrolling a list then rewrites one row instead of all rows. A frame is
//! one write inside synchronized output. A frame without changes writes nothing.
//!
//! ratatui's cells cannot contain hyperlinks (OSC 8), so the links are passed separately. A row
//! whose links changed is rewritten. A frame is not scrolled if it or the previous frame has links.

use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::{Buffer, Cell},
    layout::{Position, Rect, Size},
    style::{Color, Modifier},
};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::ui::Links;

/// Sequences that begin and end a synchronized update; terminals without support ignore them.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Maximum number of unchanged cells to rewrite rather than skip, because a cursor jump takes at
/// least four bytes.
const JUMP: usize = 4;

/// Approximate number of bytes that set, scroll and reset a scroll region.
const SCROLL_COST: usize = 20;

/// Function that returns the size of the terminal, in columns and rows.
pub type SizeOf = Box<dyn Fn() -> io::Result<Size>>;

/// Backend of ratatui that writes to a terminal.
pub struct TerminalScreen<W> {
    out: W,
    size: SizeOf,
    /// Content of the terminal.
    shown: Buffer,
    /// Content of the next frame.
    next: Buffer,
    /// Rows that may differ between `shown` and `next`.
    touched: Vec<bool>,
    /// Bytes to write for this frame.
    frame: Vec<u8>,
    /// Position of the terminal's cursor, if known.
    at: Option<Position>,
    pen: Pen,
    /// Links of the next frame.
    links: Rc<RefCell<Links>>,
    /// Links in the terminal.
    shown_links: Links,
    /// Link of the characters written next, if any.
    link: Option<Arc<str>>,
    cursor: Cursor,
    wanted: Cursor,
    /// Number of frames that were written. Frames without changes do not count.
    pub frames: usize,
    /// Duration of the last write.
    took: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Cursor {
    visible: bool,
    position: Position,
}

impl<W: Write> TerminalScreen<W> {
    /// Creates a blank screen with a hidden cursor at the top left.
    pub fn new(out: W, size: SizeOf) -> Self {
        let hidden = Cursor { visible: false, position: Position::ORIGIN };
        Self {
            out,
            size,
            shown: Buffer::empty(Rect::ZERO),
            next: Buffer::empty(Rect::ZERO),
            touched: Vec::new(),
            frame: Vec::with_capacity(16 * 1024),
            at: None,
            pen: Pen::default(),
            links: Rc::default(),
            shown_links: Links::default(),
            link: None,
            cursor: hidden,
            wanted: hidden,
            frames: 0,
            took: Duration::ZERO,
        }
    }

    /// Returns the shared cell that receives the links of the next frame.
    pub fn links(&self) -> Rc<RefCell<Links>> {
        Rc::clone(&self.links)
    }

    /// Adds bytes that draw nothing, such as OSC 52, to the next frame.
    pub fn pass(&mut self, bytes: &[u8]) {
        self.frame.extend_from_slice(bytes);
    }

    /// Writes the bytes queued by [`Self::pass`], then `text`, without a synchronized update.
    /// Writes nothing if both are empty.
    ///
    /// # Errors
    /// Returns an error if the terminal cannot be written to.
    pub fn append(&mut self, text: &[u8]) -> io::Result<()> {
        self.frame.extend_from_slice(text);
        if !self.frame.is_empty() {
            self.out.write_all(&std::mem::take(&mut self.frame))?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Returns the duration of the last write; zero if the last frame had no changes.
    pub const fn took(&self) -> Duration {
        self.took
    }

    /// Returns the output to which frames are written.
    pub fn out_mut(&mut self) -> &mut W {
        &mut self.out
    }

    fn fit(&mut self) -> io::Result<()> {
        let Size { width, height } = (self.size)()?;
        let area = Rect::new(0, 0, width, height);
        if self.shown.area != area {
            self.shown = Buffer::empty(area);
            self.next = Buffer::empty(area);
            self.touched = vec![false; usize::from(height)];
        }
        Ok(())
    }

    fn row(buffer: &Buffer, y: u16) -> &[Cell] {
        let width = usize::from(buffer.area.width);
        let start = usize::from(y) * width;
        buffer.content.get(start..start + width).unwrap_or(&[])
    }

    /// Scrolls a band of rows in the terminal, if that saves bytes.
    fn scroll(&mut self) {
        let rows: Vec<u16> =
            (0..self.next.area.height).filter(|y| self.touched[usize::from(*y)]).collect();
        let (Some(&first), Some(&last)) = (rows.first(), rows.last()) else { return };
        if rows.len() < 3 {
            return;
        }
        let before: Vec<u64> =
            (first..=last).map(|y| fingerprint(Self::row(&self.shown, y))).collect();
        let after: Vec<u64> =
            (first..=last).map(|y| fingerprint(Self::row(&self.next, y))).collect();
        let (before, after, count) = (&before, &after, before.len());
        // Returns the rows that are up to date after scrolling by `by` rows.
        let moved = |by: isize| {
            (0..count).filter(move |row| {
                row.checked_add_signed(by).and_then(|from| before.get(from)) == Some(&after[*row])
            })
        };
        let stay = moved(0).count();
        let Some((by, right)) = (1..count as isize)
            .flat_map(|by| [by, -by])
            .map(|by| (by, moved(by).count()))
            .max_by_key(|(by, right)| (*right, -by.abs()))
        else {
            return;
        };
        let width = usize::from(self.next.area.width);
        if right <= stay || (right - stay) * width / 2 < SCROLL_COST {
            return;
        }
        let (Some(top), Some(bottom)) = (moved(by).next(), moved(by).next_back()) else { return };
        let distance = by.unsigned_abs();
        let (top, bottom) =
            if by > 0 { (top, bottom + distance) } else { (top - distance, bottom) };
        let (top, bottom) = (usize::from(first) + top, usize::from(first) + bottom);
        self.set_pen(Pen::default());
        let letter = if by > 0 { 'S' } else { 'T' };
        let _ = write!(self.frame, "\x1b[{};{}r\x1b[{distance}{letter}\x1b[r", top + 1, bottom + 1);
        self.at = Some(Position::ORIGIN); // resetting the region moves the cursor there
        let band = &mut self.shown.content[top * width..(bottom + 1) * width];
        let gap = (distance * width).min(band.len());
        if by > 0 {
            band.rotate_left(gap);
            let keep = band.len() - gap;
            band[keep..].fill(Cell::EMPTY);
        } else {
            band.rotate_right(gap);
            band[..gap].fill(Cell::EMPTY);
        }
        self.touched[top..=bottom].fill(true);
    }

    /// Writes the changed cells of a row, or the whole row if its links changed.
    fn write_row(&mut self, y: u16, links: &Links, has_new_links: bool) {
        let width = self.next.area.width;
        let start = usize::from(y) * usize::from(width);
        let next: Vec<Cell> = Self::row(&self.next, y).to_vec();
        let mut shown: Vec<Cell> = Self::row(&self.shown, y).to_vec();
        let differs = (0..next.len()).find(|x| next[*x] != shown[*x]);
        let Some(first) = differs.or(has_new_links.then_some(0)) else { return };
        // Terminals disagree about the width of some characters, so a row with such a character is
        // rewritten completely.
        let whole =
            has_new_links || next.iter().chain(&shown).any(|cell| cell.symbol().width() != 1);
        let first = if whole { 0 } else { first };
        // Blanks up to the end of the row are erased with one sequence, in their background color.
        // On terminals that erase with the default background, such as GNU screen, only the text of
        // a row is highlighted.
        let blank = |cell: &&Cell| cell.symbol() == " " && cell.modifier.is_empty();
        let tail = next.last().filter(blank).cloned().unwrap_or(Cell::EMPTY);
        let end = next.iter().rposition(|cell| *cell != tail).map_or(0, |last| last + 1);
        // Many new blanks between texts are erased in the same way, and the cursor then jumps over
        // them.
        let blanks = (first..end).filter(|x| next[*x] == tail && shown[*x] != tail).count();
        let erased = (first..end).filter(|x| next[*x] != tail && shown[*x] == next[*x]).count();
        if !whole && blanks > erased + JUMP {
            self.reach(first as u16, y, &next);
            self.set_pen(pen_of(&tail));
            self.frame.extend_from_slice(b"\x1b[K");
            shown[first..].fill(tail.clone());
        }
        let erase = (end..next.len()).filter(|x| shown[*x] != tail).count();
        let stop = if erase > 3 || whole { end } else { next.len() };
        let mut x = first;
        while x < stop {
            let cell = &next[x];
            let columns = cell.symbol().width().max(1);
            if whole || *cell != shown[x] {
                self.reach(x as u16, y, &next);
                self.set_pen(pen_of(cell));
                self.set_link(links.at(x as u16, y));
                let symbol = fitting(cell.symbol(), next.len() - x);
                self.frame.extend_from_slice(symbol.as_bytes());
                let after = x + columns;
                // After the last column a wrap is pending, and after a wide character the position
                // is uncertain.
                self.at =
                    (columns == 1 && after < next.len()).then_some(Position { x: after as u16, y });
            }
            x += columns;
        }
        self.set_link(None);
        if stop == end && end < next.len() && (erase > 0 || whole) {
            self.reach(end as u16, y, &next);
            self.set_pen(pen_of(&tail));
            self.frame.extend_from_slice(b"\x1b[K");
        }
        self.shown.content[start..start + next.len()].clone_from_slice(&next);
    }

    /// Moves the cursor to a cell of `row`, with as few bytes as possible.
    fn reach(&mut self, x: u16, y: u16, row: &[Cell]) {
        match self.at {
            Some(at) if at == Position { x, y } => {}
            Some(at) if at.y == y && at.x < x => {
                let between = &row[usize::from(at.x)..usize::from(x)];
                let plain = |cell: &Cell| {
                    pen_of(cell) == self.pen && cell.symbol().len() == 1 && self.link.is_none()
                };
                if usize::from(x - at.x) <= JUMP && between.iter().all(plain) {
                    for cell in between {
                        self.frame.extend_from_slice(cell.symbol().as_bytes());
                    }
                } else {
                    let _ = write!(self.frame, "\x1b[{}C", x - at.x);
                }
            }
            Some(at) if at.y + 1 == y && x < 10 => {
                self.frame.extend_from_slice(b"\r\n");
                if x > 0 {
                    let _ = write!(self.frame, "\x1b[{x}C");
                }
            }
            _ => {
                let _ = write!(self.frame, "\x1b[{};{}H", y + 1, x + 1);
            }
        }
        self.at = Some(Position { x, y });
    }

    /// Begins or ends a link. All parts of a link have the same ID, so that the terminal marks them
    /// together.
    fn set_link(&mut self, link: Option<&Arc<str>>) {
        if self.link.as_ref() == link {
            return;
        }
        self.link = link.cloned();
        let _ = match link {
            Some(url) => write!(self.frame, "\x1b]8;id={:x};{url}\x1b\\", identity(url)),
            None => write!(self.frame, "\x1b]8;;\x1b\\"),
        };
    }

    fn set_pen(&mut self, pen: Pen) {
        if pen == self.pen {
            return;
        }
        if pen == Pen::default() {
            self.frame.extend_from_slice(b"\x1b[m");
            self.pen = pen;
            return;
        }
        let mut codes: Vec<String> = Vec::new();
        if self.pen != Pen::default() {
            codes.push("0".to_owned());
        }
        for (modifier, code) in [
            (Modifier::BOLD, "1"),
            (Modifier::DIM, "2"),
            (Modifier::UNDERLINED, "4"),
            (Modifier::REVERSED, "7"),
        ] {
            if pen.modifier.contains(modifier) {
                codes.push(code.to_owned());
            }
        }
        codes.extend(color(pen.fg, 30));
        codes.extend(color(pen.bg, 40));
        let _ = write!(self.frame, "\x1b[{}m", codes.join(";"));
        self.pen = pen;
    }
}

/// Returns the SGR code of one of the 16 ANSI colors, or of a color of a user's theme (ISO 8613-6).
/// `base` is 30 for the foreground and 40 for the background. `None` for the default color and for
/// indexed colors, which no theme contains.
fn color(color: Color, base: u8) -> Option<String> {
    let bright = base + 60;
    let code = match color {
        Color::Black => base,
        Color::Red => base + 1,
        Color::Green => base + 2,
        Color::Yellow => base + 3,
        Color::Blue => base + 4,
        Color::Magenta => base + 5,
        Color::Cyan => base + 6,
        Color::Gray => base + 7,
        Color::DarkGray => bright,
        Color::LightRed => bright + 1,
        Color::LightGreen => bright + 2,
        Color::LightYellow => bright + 3,
        Color::LightBlue => bright + 4,
        Color::LightMagenta => bright + 5,
        Color::LightCyan => bright + 6,
        Color::White => bright + 7,
        Color::Rgb(red, green, blue) => {
            return Some(format!("{};2;{red};{green};{blue}", base + 8));
        }
        Color::Reset | Color::Indexed(_) => return None,
    };
    Some(code.to_string())
}

/// Returns the symbol, or only its first character if a terminal that does not support emoji
/// sequences would write past the end of the row.
fn fitting(symbol: &str, room: usize) -> &str {
    // Such a terminal draws each character of a joined emoji separately. VS16 widens the character
    // before it to two columns.
    let columns = |c: char| if c == '\u{fe0f}' { 1 } else { c.width().unwrap_or(0) };
    let widest: usize = symbol.chars().map(columns).sum();
    match symbol.chars().next() {
        Some(first) if widest > room => &symbol[..first.len_utf8()],
        _ => symbol,
    }
}

fn pen_of(cell: &Cell) -> Pen {
    Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
}

/// Returns a hash of a URL, as the ID of its link. Different URLs rarely have the same hash.
fn identity(url: &str) -> u16 {
    url.bytes().fold(0, |id: u16, byte| id.wrapping_mul(31).wrapping_add(byte.into()))
}

fn fingerprint(row: &[Cell]) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    for cell in row {
        cell.symbol().hash(&mut hasher);
        cell.modifier.bits().hash(&mut hasher);
        cell.fg.hash(&mut hasher);
        cell.bg.hash(&mut hasher);
    }
    hasher.finish()
}

impl<W: Write> Backend for TerminalScreen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        if self.shown.area.is_empty() {
            self.fit()?;
        }
        for (x, y, cell) in content {
            if let Some(place) = self.next.cell_mut((x, y)) {
                place.clone_from(cell);
                self.touched[usize::from(y)] = true;
            }
            // ratatui does not send the cell covered by a wide character, so that cell is blanked
            // here.
            for under in 1..cell.symbol().width() as u16 {
                if let Some(place) = self.next.cell_mut((x + under, y)) {
                    *place = Cell::EMPTY;
                }
            }
        }
        let links = self.links.take();
        if links.is_empty() && self.shown_links.is_empty() {
            self.scroll();
        }
        for y in 0..self.next.area.height {
            let is_touched = std::mem::take(&mut self.touched[usize::from(y)]);
            let has_new_links = !links.is_same_row(&self.shown_links, y);
            if is_touched || has_new_links {
                self.write_row(y, &links, has_new_links);
            }
        }
        self.shown_links = links;
        self.set_pen(Pen::default());
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.wanted.visible = false;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.wanted.visible = true;
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.wanted.position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.wanted.position = position.into();
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.fit()?;
        // The cursor is hidden, too, because its state is unknown after a suspension.
        self.frame.extend_from_slice(b"\x1b[m\x1b[?25l\x1b[H\x1b[2J");
        self.cursor.visible = false;
        self.pen = Pen::default();
        self.shown_links = Links::default();
        self.at = Some(Position::ORIGIN);
        self.shown.reset();
        self.next.reset();
        self.touched.fill(false);
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        self.clear()
    }

    fn size(&self) -> io::Result<Size> {
        (self.size)()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: (self.size)()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() && self.cursor == self.wanted {
            self.took = Duration::ZERO;
            return Ok(());
        }
        let Cursor { visible, position } = self.wanted;
        if visible && self.at != Some(position) {
            let _ = write!(self.frame, "\x1b[{};{}H", position.y + 1, position.x + 1);
            self.at = Some(position);
        }
        if visible != self.cursor.visible {
            self.frame.extend_from_slice(if visible { b"\x1b[?25h" } else { b"\x1b[?25l" });
        }
        self.cursor = self.wanted;
        let mut bytes = Vec::with_capacity(BEGIN.len() + self.frame.len() + END.len());
        bytes.extend_from_slice(BEGIN);
        bytes.append(&mut self.frame);
        bytes.extend_from_slice(END);
        self.frames += 1;
        let begun = Instant::now();
        self.out.write_all(&bytes)?;
        self.out.flush()?;
        self.took = begun.elapsed();
        Ok(())
    }
}
