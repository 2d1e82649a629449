//! Frame of all screens: workspace and user on top, the title, two rules with the content between them, and a footer
//! from the key table. Views change nothing.

use std::fmt::Write as _;

use ratatui::Frame;

use super::{
    Connection, Model, list,
    list::view::severity_paint,
    lock::Lock,
    notice::{Failure, Tone},
    screens::{confirm::Confirm, form::Form},
};
use crate::{
    domain::{
        Kind,
        audit::Severity,
        profile::{Environment, Word as _},
        text,
    },
    keys::{self, Chord, Row},
    ui::{Canvas, Paint, Rect, Theme},
};

/// Minimum terminal size.
pub const SMALLEST: (u16, u16) = (60, 15);

/// Result of drawing a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drawn {
    /// Number of list rows built.
    pub rows: usize,
}

/// Draws the model.
pub fn draw(model: &Model, theme: Theme, frame: &mut Frame<'_>) -> Drawn {
    let area = frame.area();
    let mut canvas = Canvas::new(frame.buffer_mut(), area, theme);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let needed = format!("Need {}x{}", SMALLEST.0, SMALLEST.1);
        canvas.text(0, area.height / 2, area.width, &needed, Paint::Plain);
        return Drawn::default();
    }
    let width = area.width;
    header(model, &mut canvas, width);
    canvas.rule(2, width);
    canvas.rule(area.height - 2, width);
    let failure = model.failure.as_ref();
    let room = Rect {
        x: 0,
        y: 3,
        width,
        height: area.height - 5 - if failure.is_some() { FAILURE } else { 0 },
    };
    let mut drawn = Drawn::default();
    match model.top() {
        None => drawn.rows = list::view::draw(model, &mut canvas, room),
        Some(screen) => {
            let screen = screen.behavior();
            canvas.text(1, 1, width - 2, &screen.title(model), Paint::Title);
            drawn.rows = screen.draw(model, &mut canvas, room);
        }
    }
    if let Some(failure) = failure {
        draw_failure(failure, &mut canvas, area);
    }
    footer(model, &mut canvas, area);
    if let Some(cursor) = canvas.cursor() {
        frame.set_cursor_position(cursor);
    }
    drawn
}

/// Height of the failure panel.
const FAILURE: u16 = 5;

/// Lines of the list besides rows: header, tabs, two rules, filter, column heads, footer.
const ABOVE_ROWS: u16 = 7;

/// Lines of a screen besides content: header, title, two rules, footer.
const AROUND_SCREEN: u16 = 5;

/// Number of list rows on a terminal of this height, and of lines on a screen.
pub(super) fn rows(height: u16, failure: bool) -> (usize, usize) {
    let left = height.saturating_sub(if failure { FAILURE } else { 0 });
    let rest = |lines: u16| usize::from(left.saturating_sub(lines).max(1));
    (rest(ABOVE_ROWS), rest(AROUND_SCREEN))
}

fn header(model: &Model, canvas: &mut Canvas<'_>, width: u16) {
    let mut x = canvas.text(1, 0, width - 1, "credenza", Paint::Title);
    let mut who = String::new();
    match model.workspace.environment() {
        // Unmistakable with and without colors.
        Some(Environment::Prod) => {
            x += 1 + canvas.text(2 + x, 0, width.saturating_sub(x + 2), " PROD ", Paint::Alarm);
            who = format!(" {}", model.workspace.name);
        }
        Some(environment) => {
            let _ = write!(who, " · {} ({environment})", model.workspace.name);
        }
        None => {
            let _ = write!(who, " · {}", model.workspace.name);
        }
    }
    match model.lock {
        Lock::None => {}
        Lock::OpenUntil(until) if model.now < until => {
            let _ = write!(who, " · WRITING until {}", clock(until));
        }
        _ => who.push_str(" · read-only"),
    }
    // The workspace and its write lock are never cut in favor of the URL.
    let essential = x + canvas.width(&who) + 2;
    if let Some(me) = &model.me {
        for part in [&me.email, &me.role] {
            if !part.raw().is_empty() {
                who.push_str(" · ");
                who.push_str(&part.clipped(40));
            }
        }
    }
    if let Some((about, ends)) = model.session.as_ref().and_then(|it| Some((it, it.ends?))) {
        let renewed = if about.renewable { ", renewed" } else { "" };
        let _ = write!(who, " · until {}{renewed}", clock(ends));
    }
    match model.connection {
        Connection::Connecting => who.push_str(" · connecting…"),
        Connection::Failed => who.push_str(" · not connected"),
        Connection::Ready => {}
    }
    let room = (width / 2).min(width.saturating_sub(essential + 10)).max(8);
    let url = model.base_url.clipped(usize::from(room));
    let label = "API base URL ";
    let right = format!("{url}  B copy");
    let needed = canvas.width(&right) + 1;
    let left = width.saturating_sub(needed);
    let labeled = left.saturating_sub(canvas.width(label));
    x += canvas.text(1 + x, 0, left.saturating_sub(x + 2), &who, Paint::Plain);
    if !url.is_empty() {
        if labeled > x + 2 {
            canvas.text(labeled, 0, canvas.width(label), label, Paint::Dim);
        }
        let after = canvas.text(left, 0, width - left, &url, Paint::Plain);
        canvas.text(left + after, 0, needed, "  B copy", Paint::Dim);
    }
}

/// Time of day in UTC: unlike a countdown, it does not tick.
fn clock(at: jiff::Timestamp) -> String {
    at.strftime("%H:%M UTC").to_string()
}

fn draw_failure(failure: &Failure, canvas: &mut Canvas<'_>, area: Rect) {
    let top = area.height - 2 - FAILURE;
    let Failure(explanation) = failure;
    canvas.rule(top, area.width);
    canvas.text(2, top, area.width - 4, &format!(" ! {} ", explanation.what), Paint::Bad);
    let width = area.width - 4;
    canvas.paragraph(2, top + 1, width, 2, &explanation.why, Paint::Plain);
    canvas.paragraph(2, top + 3, width, 2, &explanation.next, Paint::Bold);
}

/// Key hints: help first, then by priority until the line is full.
fn footer(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let (y, width) = (area.height - 1, area.width);
    let scopes = model.scopes();
    let typing = scopes.iter().any(|scope| scope.takes_text());
    let all = model.keymap.rows();
    let help = all.iter().find(|row| row.binding.command == keys::Command::Help);
    let mut x = 1;
    if let Some(help) = help {
        x += item(canvas, x, y, width, help.first_key(typing), help.binding.label);
    }
    if !model.pending.is_empty() {
        let typed: Vec<_> = model.pending.iter().map(Chord::to_string).collect();
        x += canvas.text(
            x,
            y,
            width.saturating_sub(x),
            &format!("{} …   ", typed.join(" ")),
            Paint::Accent,
        );
        for (rest, row) in model.keymap.continuations(&model.pending, &scopes) {
            x += item(canvas, x, y, width, &rest, row.binding.label);
        }
        return;
    }
    let waiting = model.top_as::<Form>().is_some() || model.top_as::<Confirm>().is_some();
    if let (Some(held), true, None) = (&model.held, waiting, &model.failure) {
        let left = (held.until.as_second() - model.now.as_second()).max(0);
        let line = format!("· Rate limited. Retrying in {left} s   esc to cancel");
        canvas.text(x, y, width.saturating_sub(x + 1), &line, Paint::Bold);
        return;
    }
    if let Some(notice) = &model.notice {
        let (mark, paint) = match notice.tone {
            Tone::Good => ("✓ ", Paint::Good),
            Tone::Plain => ("· ", Paint::Bold),
            Tone::Refused => ("! ", Paint::Bad),
        };
        let line = format!("{mark}{}", notice.text);
        canvas.text(x, y, width.saturating_sub(x + 1), &line, paint);
        return;
    }
    let shown = |row: &&Row| {
        let binding = row.binding;
        binding.footer > 0
            && scopes.contains(&binding.scope)
            && binding.command != keys::Command::Help
            && !row.chords.is_empty()
            && row.can_be_pressed(typing)
            && binding.needs.iter().all(|need| model.meets(*need))
    };
    let mut rows: Vec<&Row> = all.iter().filter(shown).collect();
    let depth = |scope: keys::Scope| scopes.iter().position(|known| *known == scope);
    rows.sort_by_key(|row| (depth(row.binding.scope), row.binding.footer));
    for row in rows {
        let (key, label) = (row.first_key(typing), row.binding.label);
        if x + canvas.width(key) + canvas.width(label) + 1 >= width {
            break;
        }
        x += item(canvas, x, y, width, key, label);
    }
}

fn item(canvas: &mut Canvas<'_>, x: u16, y: u16, width: u16, key: &str, label: &str) -> u16 {
    let mut used = canvas.text(x, y, width.saturating_sub(x), key, Paint::Key);
    used += canvas.text(x + used + 1, y, width.saturating_sub(x + used + 1), label, Paint::Plain);
    used + 4
}

/// The tab bar of the list screen; on a narrow one the names are shortened, never the counts.
pub(super) fn tabs(model: &Model, canvas: &mut Canvas<'_>, width: u16) {
    let label = |kind: Kind, narrow: bool| {
        let name = match (narrow, kind) {
            (false, kind) => kind.plural(),
            (true, Kind::Token) => "Tokens",
            (true, Kind::Spa) => "SPA",
            (true, Kind::M2m) => "M2M",
            (true, Kind::Other) => "Other",
        };
        let count = model.list_of(model.scope, kind).count().filter(|_| model.has(kind));
        count.map_or_else(|| name.to_owned(), |count| format!("{name} {}", thousands(count)))
    };
    let lists: u16 = model.tabs().map(|kind| canvas.width(&label(kind, false)) + 5).sum();
    let needed = lists + AUDIT.len() as u16 + 1;
    let mut x = 1;
    for (index, kind) in model.tabs().enumerate() {
        let paint = match kind {
            kind if kind == model.kind => Paint::Open,
            kind if model.has(kind) => Paint::Plain,
            _ => Paint::Dim,
        };
        x += canvas.text(x, 1, width.saturating_sub(x), &format!("{} ", index + 1), Paint::Dim);
        x += canvas.text(x, 1, width.saturating_sub(x), &label(kind, needed > width), paint);
        x += 3;
    }
    audit_tab(model, canvas, x, width);
}

const AUDIT: &str = "5 Audit";

/// Audit in the tab bar, with its findings by severity; words if there is room.
fn audit_tab(model: &Model, canvas: &mut Canvas<'_>, mut x: u16, width: u16) {
    let counts = model.audit_counts().into_iter().flatten();
    let counts: Vec<(Severity, String, String)> = counts
        .filter(|(severity, count)| *count > 0 && *severity >= Severity::Medium)
        .map(|(severity, count)| {
            let letter = severity.word()[..1].to_uppercase();
            (severity, format!(" {count} {}", severity.word()), format!(" {count}{letter}"))
        })
        .collect();
    let words: usize = counts.iter().map(|(_, words, _)| words.len()).sum();
    let narrow = usize::from(x) + AUDIT.len() + words > usize::from(width);
    x += canvas.text(x, 1, width.saturating_sub(x), "5 ", Paint::Dim);
    x += canvas.text(x, 1, width.saturating_sub(x), "Audit", Paint::Plain);
    for (severity, words, letters) in counts {
        let text = if narrow { letters } else { words };
        x += canvas.text(x, 1, width.saturating_sub(x), &text, severity_paint(severity));
    }
}

/// `1234567` as `1,234,567`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Mask of constant length.
pub(super) const MASK: &str = "••••••••••••";

/// Server text, cut to a width.
pub(super) fn clipped(text: &str, columns: u16) -> String {
    text::clip(text, usize::from(columns)).into_owned()
}
