//! Linear mode for screen readers: frames become lines of text that are only ever appended.
//!
//! A frame is drawn on an off-screen buffer, without boxes, rules and charts. The differences from
//! the previous frame are then appended as lines, which the screen reader reads out: the title and
//! the content of a new screen, the item under the cursor after a move, new lines, and messages.

use unicode_width::UnicodeWidthStr as _;

use super::{
    Model, Screen,
    list::{Fetch, List},
    screens::{Behavior, ScreenSubject, detail::Detail},
    view::{self, MASK, is_too_small, thousands},
};
use crate::{
    domain::{Kind, Untrusted, age, audit::Severity, profile::Word as _, text},
    keys::Chord,
    ui::{self, Buffer, Click, Rect, Theme},
};

/// Size of the model in linear mode, in columns and rows: as wide and high as possible without a
/// preview beside or below a list.
pub const SIZE: (u16, u16) = (view::BESIDE - 1, view::BELOW - 1);

/// First row of the content, below the header, the title and a rule.
const CONTENT: usize = 3;

/// Title of a screen, number of open screens, and ID of its credential.
type Identity = (String, usize, Untrusted);

/// Turns frames into lines of text.
#[derive(Debug, Default)]
pub struct Narrator {
    /// Previous frame, but with the last status of a loaded list, and with the hints that were read
    /// out last.
    before: Frame,
    /// Number of the last notice.
    notice: u64,
    /// True if the last line has no line break yet, because typed characters may follow.
    open: bool,
}

/// Content of a frame, as text.
#[derive(Debug, Default)]
struct Frame {
    identity: Identity,
    header: String,
    /// Status on the rule of a list or of the audit, such as the number of matching rows; empty on
    /// other screens.
    status: String,
    content: Vec<String>,
    /// Lines of the content to read out, without the rows of a list, the item and the text field.
    read: Vec<String>,
    /// Cell under the cursor in a row with several cells, with its column title.
    cell: String,
    /// Item under the cursor, such as the row of a list; empty if there is none, and while the user
    /// types in its line or in the filter of the list.
    item: String,
    /// Line of the text field with the focus; empty if there is none.
    field: String,
    hints: String,
    /// Message about a rate-limit wait, without the remaining time; empty if there is no wait.
    wait: &'static str,
    is_filtering: bool,
    /// Keys of an unfinished chord.
    pending: Vec<Chord>,
    failure: String,
}

impl Narrator {
    /// Forgets the previous frame, so that the next frame is read out completely.
    pub fn forget(&mut self) {
        *self = Self { open: self.open, ..Self::default() };
    }

    /// Returns the text to append for a frame; empty if nothing has changed. Lines end with a
    /// carriage return and a line feed.
    pub fn frame(&mut self, model: &Model, theme: Theme) -> String {
        let is_ascii = !theme.unicode;
        let mut frame = Frame::of(model, Theme { unicode: true, ..theme });
        let before = &mut self.before;
        let is_new = frame.identity != before.identity;
        // While a list loads, its count changes with every page.
        let settled = !model.list().is_loading();
        let mut lines: Vec<String> = Vec::new();
        if frame.header != before.header {
            lines.push(frame.header.clone());
        }
        if frame.failure != before.failure {
            lines.extend(frame.failure.lines().map(|line| text::shown(line).into_owned()));
        }
        if is_new {
            lines.push(frame.identity.0.clone());
        }
        if frame.status != before.status && settled && !frame.is_filtering {
            lines.push(frame.status.clone());
        }
        if frame.wait != before.wait {
            lines.push(frame.wait.to_owned());
        }
        let is_added = |line: &&String| is_new || !before.content.contains(*line);
        lines.extend(frame.read.iter().filter(is_added).cloned());
        if frame.item != before.item || is_new {
            lines.push(frame.item.clone());
        } else if frame.cell != before.cell {
            lines.push(frame.cell.clone());
        }
        let other_keys = is_new
            || frame.failure != before.failure
            || (frame.pending != before.pending && !before.pending.is_empty());
        if !other_keys {
            frame.hints = std::mem::take(&mut before.hints);
        } else if frame.hints != before.hints {
            lines.push(format!("Keys: {}", frame.hints));
        }
        if let Some(notice) = model.notice.as_ref().filter(|notice| notice.id != self.notice) {
            self.notice = notice.id;
            lines.push(notice.text.clone());
        }
        let typed = frame.field.strip_prefix(&before.field).filter(|_| !before.field.is_empty());
        let echo = match typed.filter(|_| !is_new && lines.is_empty()) {
            Some("") => "",
            Some(typed) if !frame.is_filtering => typed,
            // While the user types a filter, the number of matches is read out after the text.
            _ if frame.is_filtering && !before.field.is_empty() && frame.field != before.field => {
                lines.push(format!("{}, {}", frame.field, frame.status));
                ""
            }
            _ => {
                lines.push(frame.field.clone());
                ""
            }
        };
        if !settled {
            frame.status = std::mem::take(&mut before.status);
        }
        let said = self.said(&lines, echo, !frame.field.is_empty());
        self.before = frame;
        if is_ascii { ui::ascii(&said).into_owned() } else { said }
    }

    /// Joins typed characters and lines. The line of a text field stays open, so that typed
    /// characters follow on the same line.
    fn said(&mut self, lines: &[String], echo: &str, has_field: bool) -> String {
        let mut said = echo.to_owned();
        self.open |= !echo.is_empty();
        for line in lines.iter().filter(|line| !line.is_empty()) {
            if std::mem::replace(&mut self.open, true) {
                said.push_str("\r\n");
            }
            said.push_str(line);
        }
        if !has_field {
            said.push_str(self.end());
        }
        said
    }

    /// Returns the line break that ends an unfinished line; empty if there is no such line.
    pub fn end(&mut self) -> &'static str {
        if std::mem::take(&mut self.open) { "\r\n" } else { "" }
    }
}

impl Frame {
    /// Draws the model, and returns the content of the frame.
    fn of(model: &Model, theme: Theme) -> Self {
        let (width, height) = model.size;
        if is_too_small(model.size) {
            return Self::default();
        }
        let area = Rect { x: 0, y: 0, width, height };
        let mut buffer = Buffer::empty(area);
        let (drawn, cursor) = view::draw_on(model, theme, &mut buffer, area);
        let rows: Vec<String> = (0..height).map(|y| row(&buffer, y)).collect();
        let (rows, raw): (Vec<String>, _) = (rows.iter().map(|row| spoken(row)).collect(), rows);
        let top = model.top().map(Screen::behavior);
        let title =
            top.map_or_else(|| model.kind.plural().to_owned(), |screen| screen.title(model));
        // The rule below the title has text only on screens with a filter: the filter on the left,
        // and the status on the right.
        let status = raw[2].trim_end().rsplit("   ").next().unwrap_or_default();
        let (status, filter) =
            (status.trim(), raw[2].trim_end().strip_suffix(status).unwrap_or_default());
        let status = status.replace(" · ", ", ");
        let typing = model.scopes().iter().any(|scope| scope.takes_text());
        let line = |y: u16| rows[usize::from(y)].clone();
        let content = CONTENT..usize::from(height - 2);
        let position = top.and_then(Behavior::position);
        // Returns a row of the top screen; a row that can be selected starts with its number.
        let numbered = |y: u16| match drawn.targets.at((1, y)) {
            Some(Click::Row(row)) => {
                let count = position.map_or_else(|| drawn.targets.rows(), |it| it.1);
                let place = thousands(row as u64 + 1);
                format!("{place} of {}, {}", thousands(count as u64), line(y))
            }
            _ => line(y),
        };
        let field = match cursor.filter(|_| typing).map(|at| at.y) {
            None => String::new(),
            Some(2) => spoken(filter),
            Some(y) => numbered(y),
        };
        let field_row = cursor.filter(|_| typing).map(|at| at.y);
        let marked = content.clone().find(|y| raw[*y].starts_with('>')).map(|y| y as u16);
        let item_row = marked.or_else(|| cursor.filter(|_| !typing).map(|at| at.y));
        let item = match (top, item_row) {
            // While the user types a filter, the number of matches is read out instead.
            (None, _) if typing => String::new(),
            (None, _) => item(model, model.list()),
            (Some(_), Some(y)) if cursor.is_some_and(|at| typing && at.y == y) => String::new(),
            (Some(_), Some(y)) => numbered(y),
            (Some(_), None) => String::new(),
        };
        // On a tab and in a long list, only the item under the cursor is read out, not the other
        // rows.
        let has_tab = top.is_none_or(|screen| screen.tab().is_some());
        let is_long = position.is_some() && model.top_as::<Detail>().is_none();
        let filtering = cursor.is_some_and(|at| typing && at.y == 2);
        let has_rows = match top {
            None => model.list().selected().is_some(),
            Some(_) => filtering || !typing && !item.is_empty(),
        };
        let is_list = has_rows && (has_tab || is_long);
        // The first line of a list with rows has the column titles.
        let is_row = |y: usize| match drawn.targets.at((1, y as u16)) {
            Some(Click::ListRow(_) | Click::Row(_)) => true,
            Some(Click::Run(_)) | None => top.is_none() && y == CONTENT,
        };
        let cell = match cursor {
            Some(at) if !typing && at.x > 1 && top.is_some() => {
                let above = content.clone().rev().filter(|y| *y < usize::from(at.y));
                let is_cell =
                    |y: usize| matches!(drawn.targets.at((at.x, y as u16)), Some(Click::Row(_)));
                let head = above.into_iter().find(|y| !is_cell(*y));
                let head = head.map(|y| word_at(&raw[y], at.x)).unwrap_or_default();
                format!("{head} {}", word_at(&raw[usize::from(at.y)], at.x))
            }
            _ => String::new(),
        };
        let is_read = |y: &usize| !(rows[*y].is_empty() || is_list && is_row(*y));
        let is_later = |y: usize| [item_row, field_row].contains(&Some(y as u16));
        let shown: Vec<usize> = content.filter(is_read).collect();
        let read = shown.iter().filter(|y| !is_later(**y)).map(|y| rows[*y].clone()).collect();
        let content = shown.into_iter().map(|y| rows[y].clone()).collect();
        let hints = line(height - 1);
        // Moving the cursor on a tab does not change the identity of its screen.
        let id = match top.filter(|screen| screen.tab().is_none()).map(Behavior::subject) {
            Some(ScreenSubject::Credential { id, .. }) => id.clone(),
            Some(ScreenSubject::OfList | ScreenSubject::Nothing) | None => Untrusted::default(),
        };
        let wait = match (&model.held, &model.list().fetch) {
            (Some(_), _) => "Rate limited. Retrying automatically; press esc to cancel.",
            (None, Fetch::Waiting { .. }) if top.is_none() => {
                "Rate limited. Retrying automatically; press esc to stop."
            }
            (None, _) => "",
        };
        Self {
            identity: (title, model.screens.len(), id),
            header: line(0),
            status,
            content,
            read,
            cell,
            item,
            field,
            hints,
            wait,
            is_filtering: filtering,
            pending: model.pending.clone(),
            failure: model.failure.as_ref().map(|it| it.0.text()).unwrap_or_default(),
        }
    }
}

/// Returns the word at a column of a row without wide characters; empty between words.
fn word_at(row: &str, column: u16) -> &str {
    let at = usize::from(column);
    let is_word = |word: &&str| {
        let start = word.as_ptr() as usize - row.as_ptr() as usize;
        let start = row[..start].chars().count();
        (start..start + word.chars().count()).contains(&at)
    };
    row.split_whitespace().find(is_word).unwrap_or_default()
}

/// Returns the text of a row. The second cell of a wide character is skipped.
fn row(buffer: &Buffer, y: u16) -> String {
    let mut text = String::new();
    let mut x = 0;
    while let Some(cell) = buffer.cell((x, y)) {
        text.push_str(cell.symbol());
        x += cell.symbol().width().max(1) as u16;
    }
    text
}

/// Returns a row as it is read out: columns are separated by commas, and the signs for the cursor,
/// a mark, a group, a severity and a hidden secret are omitted or replaced by words.
fn spoken(row: &str) -> String {
    let row = row.replace(MASK, "hidden");
    let row = row.trim();
    let row = row.strip_prefix('>').unwrap_or(row).trim();
    let (mark, row) = row.strip_prefix('✓').map_or(("", row), |rest| ("marked   ", rest.trim()));
    let (fold, row) = match (row.strip_prefix('▸'), row.strip_prefix('▾')) {
        (Some(rest), _) => ("folded   ", rest),
        (_, Some(rest)) => ("", rest),
        (None, None) => ("", row),
    };
    let is_severity =
        |rest: &&str| Severity::all().any(|severity| rest.starts_with(severity.word()));
    let sign = row.strip_prefix(['!', '*', '-']).and_then(|rest| rest.strip_prefix(' '));
    let row = sign.filter(is_severity).unwrap_or(row);
    let row = format!("{mark}{fold}{row}");
    let parts = row.split("  ").map(str::trim).filter(|part| !part.is_empty());
    // The overview draws a zero as a dot.
    let parts =
        parts.map(|part| if part == "·" { "0".to_owned() } else { part.replace(" · ", ", ") });
    parts.collect::<Vec<_>>().join(", ")
}

/// Describes the row under the cursor of a list, such as `3 of 41, Nightly sync, M2M, expires in
/// 6 d, 1 high finding`.
fn item(model: &Model, list: &List) -> String {
    let Some((id, row)) = list.selected().and_then(|id| Some((id, list.rows.get(id)?))) else {
        return String::new();
    };
    let (place, count) = (list.scroll.cursor + 1, list.order.len());
    let name = if row.name.is_empty() { row.id } else { row.name };
    let kind = match model.kind {
        Kind::Token => "token",
        Kind::Spa => "SPA",
        Kind::M2m => "M2M",
        Kind::Other => row.about,
    };
    let mut parts = vec![
        format!("{} of {}", thousands(place as u64), thousands(count as u64)),
        name.to_owned(),
        kind.to_owned(),
    ];
    if list.rows.id(id).is_some_and(|id| list.marks.contains(&id)) {
        parts.push("marked".to_owned());
    }
    if let Some(Some(at)) = row.expires {
        let verb = if at < model.now { "expired" } else { "expires" };
        parts.push(format!("{verb} {}", age::since(model.now, at)));
    }
    match (row.used, row.reports_last_used) {
        (Some(at), _) => parts.push(format!("used {}", age::since(model.now, at))),
        (None, true) => parts.push("never used".to_owned()),
        (None, false) => {}
    }
    if row.counts.worst().is_some() {
        let total: usize = row.counts.found().map(|(_, count)| count).sum();
        let findings = if total == 1 { "finding" } else { "findings" };
        parts.push(format!("{} {findings}", row.counts.words()));
    }
    parts.join(", ")
}
