//! Frame of all screens. From top to bottom: workspace and user; tabs or title; a horizontal rule;
//! the content; a horizontal rule with the notice and the position; key hints. Drawing never
//! changes the model.

use std::fmt::Write as _;

use ratatui::Frame;
use tui_input::Input;

use super::{
    ConnectionState, Model, Screen, list,
    list::view::severity_paint,
    lock::Lock,
    notice::{Failure, Tone},
    screens::{Behavior as _, OneOf as _, Tab, confirm::Confirm, detail::Detail, form::Form},
};
use crate::{
    domain::{
        Kind, age,
        audit::Severity,
        expiry::ExpiryChart,
        profile::{Environment, Word as _},
        text,
    },
    keys::{self, AppCommand, Chord, Command, KeymapRow, ListCommand, OpenCommand, ScreenCommand},
    ui::{Buffer, Canvas, Click, ClickTargets, Links, Paint, Position, Rect, Theme},
};

/// Minimum terminal size, in columns and rows.
pub const SMALLEST: (u16, u16) = (60, 15);

/// True if the terminal is too small, so that only the required size is shown.
pub(super) const fn is_too_small((columns, rows): (u16, u16)) -> bool {
    columns < SMALLEST.0 || rows < SMALLEST.1
}

/// Result of drawing a frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drawn {
    /// Number of list rows built.
    pub rows: usize,
    /// Parts of the screen that respond to clicks.
    pub targets: ClickTargets,
    /// Parts of the screen that the terminal links to a URL.
    pub links: Links,
}

/// Minimum terminal width, in columns, to show the selected credential beside the list.
pub(super) const BESIDE: u16 = 140;

/// Minimum terminal height, in lines, to show the selected credential below the list.
pub(super) const BELOW: u16 = 45;

/// Minimum terminal size, in columns and rows, to show a dialog as a box.
const BOXED: (u16, u16) = (80, 24);

/// Maximum width of a dialog, in columns.
const DIALOG: u16 = 70;

/// Number of lines above the rows of the list: the horizontal rule with the filter, and the column
/// titles.
const ABOVE_ROWS: u16 = 2;

/// Height of the failure panel, in lines.
const FAILURE: u16 = 5;

/// Areas of the list and of the selected credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Area between the two horizontal rules, without the failure panel.
    pub content: Rect,
    /// Area of the list.
    pub list: Rect,
    /// Area of the selected credential, on a large terminal.
    pub preview: Option<Rect>,
}

impl Layout {
    /// Returns the layout for the size of the terminal, less the failure panel if it is visible.
    pub fn of(model: &Model) -> Self {
        let (width, height) = model.size;
        let failure = if model.failure.is_some() { FAILURE } else { 0 };
        let content = Rect { x: 0, y: 3, width, height: height.saturating_sub(5 + failure) };
        // The list area includes the horizontal rule above the list, which shows the filter.
        let list = Rect { y: 2, height: content.height + 1, ..content };
        if width >= BESIDE {
            let list = Rect { width: list_share(width).max(80), ..list };
            let x = list.width + 1;
            let preview = Rect { x, width: width - x, ..content };
            Self { content, list, preview: Some(preview) }
        } else if height >= BELOW {
            let list = Rect { height: list_share(list.height), ..list };
            let y = list.bottom() + 1;
            let preview = Rect { y, height: content.bottom().saturating_sub(y), ..content };
            Self { content, list, preview: Some(preview) }
        } else {
            Self { content, list, preview: None }
        }
    }

    /// Returns the number of list rows that fit.
    pub fn rows(&self) -> usize {
        usize::from(self.list.height.saturating_sub(ABOVE_ROWS).max(1))
    }

    /// Returns the number of visible lines of a screen, or of the preview if `preview` is true and
    /// the layout has a preview area.
    pub fn lines(&self, preview: bool) -> usize {
        let room = self.preview.filter(|_| preview).unwrap_or(self.content);
        usize::from(room.height.max(1))
    }
}

/// Returns the number of columns or lines that a list keeps beside or above its preview: 55 percent
/// of `whole`.
pub(super) const fn list_share(whole: u16) -> u16 {
    (whole as u32 * 11 / 20) as u16
}

/// True if the screen at `place` is drawn in the preview area: a detail view directly over the
/// list, on a large terminal.
pub(super) fn is_preview(model: &Model, place: usize) -> bool {
    place == 0
        && model.screens.first().is_some_and(Screen::is::<Detail>)
        && Layout::of(model).preview.is_some()
}

/// Draws a frame of the console, or only the required size if the terminal is too small.
pub fn draw(model: &Model, theme: Theme, frame: &mut Frame<'_>) -> Drawn {
    let area = frame.area();
    let (drawn, cursor) = draw_on(model, theme, frame.buffer_mut(), area);
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
    drawn
}

/// Draws a frame on a buffer. Returns the position of the cursor, if it is visible.
pub(super) fn draw_on(
    model: &Model,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) -> (Drawn, Option<Position>) {
    let theme = model.workspace.tint().map_or(theme, |tint| theme.tinted(tint));
    let mut canvas = Canvas::new(buffer, area, theme);
    if is_too_small((area.width, area.height)) {
        let needed = format!("Need {}x{}", SMALLEST.0, SMALLEST.1);
        canvas.text(0, area.height / 2, area.width, &needed, Paint::Plain);
        return (Drawn::default(), None);
    }
    let layout = Layout::of(model);
    header(model, &mut canvas, area.width);
    canvas.rule(2, area.width);
    canvas.rule(area.height - 2, area.width);
    // Dialogs are drawn over the topmost page.
    let page = model.screens.iter().rposition(|screen| screen.behavior().dialog().is_none());
    let rows = draw_page(model, &layout, page, &mut canvas);
    let dialogs = page.map_or(0, |page| page + 1);
    if let Some(screen) = model.screens.get(dialogs..).and_then(<[_]>::last) {
        let screen = screen.behavior();
        let lines = screen.dialog().unwrap_or_default();
        let title = screen.title(model);
        dialog(&mut canvas, layout.content, &title, lines, |canvas, room| {
            screen.draw(model, canvas, room)
        });
    }
    which_key(model, &mut canvas, layout.content);
    if let Some(failure) = model.failure.as_ref().filter(|_| !theme.linear) {
        draw_failure(failure, &mut canvas, area);
    }
    status(model, &mut canvas, area);
    footer(model, &mut canvas, area);
    let (cursor, targets, links) = canvas.finish();
    (Drawn { rows, targets, links }, cursor)
}

/// Draws the list and the selected credential, or the page over them. Returns the number of rows
/// built.
fn draw_page(
    model: &Model,
    layout: &Layout,
    page: Option<usize>,
    canvas: &mut Canvas<'_>,
) -> usize {
    let content = layout.content;
    let over = page.and_then(|page| Some((page, model.screens.get(page)?)));
    if let Some((place, screen)) = over.filter(|(place, _)| !is_preview(model, *place)) {
        let screen = screen.behavior();
        if let Some(tab) = screen.tab() {
            tabs(model, canvas, content.width, Some(tab));
        } else {
            let focused = place + 1 == model.screens.len();
            let paint = if focused { Paint::Title } else { Paint::Dim };
            canvas.text(1, 1, content.width - 2, &screen.title(model), paint);
        }
        return screen.draw(model, canvas, content);
    }
    tabs(model, canvas, content.width, None);
    let focused = model.screens.is_empty();
    let rows = canvas.part(layout.list, focused, |canvas| {
        let Rect { width, height, .. } = layout.list;
        list::view::draw(model, canvas, Rect { x: 0, y: 0, width, height }, focused)
    });
    if let Some(preview) = layout.preview {
        let screen = over.and_then(|(_, screen)| Detail::of(screen));
        if let Some(detail) = screen.or_else(|| model.preview.shown()) {
            canvas.respond(preview, run(ScreenCommand::List(ListCommand::Open)));
            let focused = screen.is_some() && model.screens.len() == 1;
            draw_preview(model, detail, layout, (preview, focused), canvas);
        }
        if preview.x > 0 {
            canvas.vertical(preview.x - 1, content.y, content.height);
        }
    }
    rows
}

/// Draws the selected credential beside or below the list, with its name in the horizontal rule
/// above the credential.
fn draw_preview(
    model: &Model,
    detail: &Detail,
    layout: &Layout,
    (room, focused): (Rect, bool),
    canvas: &mut Canvas<'_>,
) {
    let y = room.y - 1;
    if room.x == 0 {
        canvas.rule(y, layout.content.width);
    }
    let title = format!(" {} ", detail.title(model));
    let paint = if focused { Paint::Open } else { Paint::Title };
    canvas.text(room.x + 1, y, room.width.saturating_sub(4), &title, paint);
    canvas.part(room, focused, |canvas| {
        let Rect { width, height, .. } = room;
        detail.draw_at(model, canvas, Rect { x: 0, y: 0, width, height }, focused);
    });
}

/// Draws a dialog in a box over the dimmed page. In linear mode, or if the terminal is too small
/// for the box, the dialog replaces the page.
pub(super) fn dialog<R>(
    canvas: &mut Canvas<'_>,
    room: Rect,
    title: &str,
    lines: u16,
    draw: impl FnOnce(&mut Canvas<'_>, Rect) -> R,
) -> R {
    canvas.ignore_clicks();
    let whole = Rect { x: 0, y: 0, width: room.width, height: room.height + room.y };
    let fits = !canvas.is_linear()
        && room.width >= BOXED.0
        && room.height + 5 >= BOXED.1
        && lines + 2 <= room.height;
    if !fits {
        let page = Rect { y: 1, height: room.height + 2, ..whole };
        return canvas.part(page, true, |canvas| {
            canvas.clear();
            canvas.text(1, 0, room.width - 2, title, Paint::Title);
            canvas.rule(1, room.width);
            draw(canvas, Rect { y: 2, ..room })
        });
    }
    // The header is not dimmed, so that the warning label of a production profile stays visible.
    canvas.dim(Rect { y: 1, height: whole.height - 1, ..whole });
    let (width, height) = (room.width.saturating_sub(4).min(DIALOG), lines + 2);
    let (x, y) = ((room.width - width) / 2, room.y + (room.height - height) / 3);
    canvas.part(Rect { x, y, width, height }, true, |canvas| {
        canvas.clear();
        canvas.frame(title, Paint::Title);
        let inner = Rect { x: 1, y: 1, width: width - 2, height: lines };
        canvas.part(inner, true, |canvas| draw(canvas, Rect { x: 0, y: 0, ..inner }))
    })
}

fn header(model: &Model, canvas: &mut Canvas<'_>, width: u16) {
    let mut x = canvas.text(1, 0, width - 1, "credenza", Paint::Title);
    let name = &model.workspace.name;
    let (gap, label) = match model.workspace.environment() {
        // The label must be unmistakable even without colors.
        Some(Environment::Prod) => {
            x += 1 + canvas.text(2 + x, 0, width.saturating_sub(x + 2), " PROD ", Paint::Alarm);
            (" ", name.clone())
        }
        Some(environment) => (" · ", format!("{name} ({environment})")),
        None => (" · ", name.clone()),
    };
    x += canvas.text(1 + x, 0, width.saturating_sub(x + 2), gap, Paint::Plain);
    let mut who = match model.lock {
        Lock::None => String::new(),
        Lock::OpenUntil(until) if model.now < until => {
            format!(" · WRITING until {}", clock(model.now, until))
        }
        _ => " · read-only".to_owned(),
    };
    if model.rotations > 0 {
        let plural = if model.rotations == 1 { "" } else { "s" };
        let _ = write!(who, " · {} rotation{plural} in progress", model.rotations);
    }
    // A long name is truncated to leave space for the write lock and the start of the URL.
    let room = width.saturating_sub(x + canvas.width(&who) + 20).max(width / 4);
    x += canvas.text(1 + x, 0, room, &label, Paint::Profile);
    // The URL is truncated first, because the workspace and its write lock must stay visible.
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
        let renewed = if about.renewable { ", renewable" } else { "" };
        let _ = write!(who, " · until {}{renewed}", clock(model.now, ends));
    }
    match model.connection {
        ConnectionState::Connecting => who.push_str(" · connecting…"),
        ConnectionState::Failed => who.push_str(" · not connected"),
        ConnectionState::Ready => {}
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
        let part = Rect { x: left, y: 0, width: needed, height: 1 };
        canvas.respond(part, Click::Run(Command::App(AppCommand::CopyBaseUrl)));
    }
}

/// Formats a time in UTC, with the date unless it is today. Unlike a countdown, a fixed time needs
/// no redraw.
fn clock(now: jiff::Timestamp, at: jiff::Timestamp) -> String {
    let date = |at: jiff::Timestamp| at.strftime("%Y-%m-%d").to_string();
    if date(now) == date(at) { at.strftime("%H:%M UTC").to_string() } else { age::utc(at) }
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

/// Draws the cursor position, and the notice or the wait before a retry, on the lower horizontal
/// rule, where they hide no key hints.
fn status(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let (y, width) = (area.height - 2, area.width);
    let position = match model.top() {
        Some(screen) => screen.behavior().position(),
        None => model.list().scroll.position(model.list().order.len()),
    };
    let mut end = width;
    if let Some((place, count)) = position {
        let text = format!(" {}/{} ", thousands(place as u64), thousands(count as u64));
        end = width.saturating_sub(canvas.width(&text) + 2);
        // Not dim: each move redraws the position, and a style change would send more bytes.
        canvas.text(end, y, width - end, &text, Paint::Plain);
    }
    let space = end.saturating_sub(4);
    let waiting = model.top_as::<Form>().is_some() || model.top_as::<Confirm>().is_some();
    if let (Some(held), true, None) = (&model.held, waiting, &model.failure) {
        let left = (held.until.as_second() - model.now.as_second()).max(0);
        let line = format!(" · Rate limited. Retrying in {left} s. Press esc to cancel ");
        canvas.text(2, y, space, &line, Paint::Bold);
    } else if let Some(notice) = &model.notice {
        let (mark, paint) = match notice.tone {
            Tone::Good => ("✓", Paint::Good),
            Tone::Plain => ("·", Paint::Bold),
            Tone::Refused => ("!", Paint::Bad),
        };
        canvas.text(2, y, space, &format!(" {mark} {} ", notice.text), paint);
    }
}

/// Draws the filter and the count on the horizontal rule above the rows. The filter is an input
/// field while it has the focus.
pub(super) fn filter_line(
    canvas: &mut Canvas<'_>,
    (y, width): (u16, u16),
    count: &str,
    (filter, focused): (&Input, bool),
) {
    let line = Rect { x: 0, y, width, height: 1 };
    canvas.respond(line, run(ScreenCommand::List(ListCommand::Filter)));
    let count = format!(" {count} ");
    let from = width.saturating_sub(canvas.width(&count) + 2);
    canvas.text(from, y, width.saturating_sub(from + 1), &count, Paint::Plain);
    let width = from.saturating_sub(6);
    if focused {
        canvas.text(1, y, 3, " / ", Paint::Key);
        canvas.field(4, y, width, filter, true);
    } else if !filter.value().is_empty() {
        canvas.text(1, y, 3, " / ", Paint::Key);
        canvas.text(4, y, width, &format!("{} ", text::shown(filter.value())), Paint::Plain);
    }
}

/// Draws the keys that complete a chord, in a box over the bottom of the page.
fn which_key(model: &Model, canvas: &mut Canvas<'_>, room: Rect) {
    if model.pending.is_empty() {
        return;
    }
    let scopes = model.scopes();
    let rest: Vec<_> = model.keymap.continuations(&model.pending, &scopes).collect();
    let key = rest.iter().map(|(key, _)| canvas.width(key)).max().unwrap_or(0);
    let label = rest.iter().map(|(_, row)| canvas.width(row.binding.label)).max().unwrap_or(0);
    let column = key + label + 4;
    let columns = (room.width.saturating_sub(2) / column).max(1);
    let lines = (rest.len() as u16).div_ceil(columns).min(room.height.saturating_sub(1));
    let part = Rect { y: room.bottom() - lines - 1, height: lines + 1, ..room };
    canvas.part(part, false, |canvas| {
        canvas.clear();
        canvas.rule(0, part.width);
        let typed: Vec<_> = model.pending.iter().map(Chord::to_string).collect();
        let title = format!(" {} … ", typed.join(" "));
        canvas.text(2, 0, part.width - 4, &title, Paint::Accent);
        for (index, (chord, row)) in rest.iter().enumerate() {
            let index = index as u16;
            // Fill columns first, in the order of the help.
            let (x, y) = (2 + index / lines * column, 1 + index % lines);
            canvas.text(x, y, key, chord, Paint::Key);
            canvas.text(x + key + 1, y, label, row.binding.label, Paint::Plain);
        }
    });
}

/// Draws the key hints: help first, then by scope and priority until the line is full. During an
/// unfinished chord, draws only the key that cancels the chord.
fn footer(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let (y, width) = (area.height - 1, area.width);
    let scopes = model.scopes();
    let typing = scopes.iter().any(|scope| scope.takes_text());
    let all = model.keymap.rows();
    let help = all.iter().find(|row| row.binding.command == Command::Open(OpenCommand::Help));
    let mut x = 1;
    if !model.pending.is_empty() {
        item(canvas, x, y, width, "esc", "cancel");
        return;
    }
    if let Some(help) = help {
        let used = item(canvas, x, y, width, help.first_key(typing), help.binding.label);
        canvas.respond(Rect { x, y, width: used - 2, height: 1 }, Click::Run(help.binding.command));
        x += used;
    }
    let shown = |row: &&KeymapRow| {
        let binding = row.binding;
        binding.footer > 0
            && scopes.contains(&binding.scope)
            && binding.command != Command::Open(OpenCommand::Help)
            && !row.chords.is_empty()
            && row.can_be_pressed(typing)
            && binding.needs.iter().all(|need| model.meets(*need))
    };
    let mut rows: Vec<&KeymapRow> = all.iter().filter(shown).collect();
    let depth = |scope: keys::KeyScope| scopes.iter().position(|known| *known == scope);
    rows.sort_by_key(|row| (depth(row.binding.scope), row.binding.footer));
    for row in rows {
        let (key, label) = (row.first_key(typing), row.binding.label);
        if x + canvas.width(key) + canvas.width(label) + 1 >= width {
            break;
        }
        let used = item(canvas, x, y, width, key, label);
        let part = Rect { x, y, width: used - 2, height: 1 };
        canvas.respond(part, Click::Run(row.binding.command));
        x += used;
    }
}

fn item(canvas: &mut Canvas<'_>, x: u16, y: u16, width: u16, key: &str, label: &str) -> u16 {
    let mut used = canvas.text(x, y, width.saturating_sub(x), key, Paint::Key);
    used += canvas.text(x + used + 1, y, width.saturating_sub(x + used + 1), label, Paint::Plain);
    used + 4
}

/// Draws the tab bar. On a narrow terminal, shortens the names, never the counts.
fn tabs(model: &Model, canvas: &mut Canvas<'_>, width: u16, open: Option<Tab>) {
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
    let soon = model.expiring_soon().filter(|count| *count > 0);
    let soon = soon.map_or_else(String::new, |count| format!(" {}", thousands(count as u64)));
    let lists: u16 = model.tabs().map(|kind| canvas.width(&label(kind, false)) + 5).sum();
    let needed = lists + (AUDIT.len() + BETWEEN.len() + EXPIRING.len() + soon.len()) as u16 + 1;
    let mut x = 1;
    for (index, kind) in model.tabs().enumerate() {
        let paint = match kind {
            kind if kind == model.kind && open.is_none() => Paint::Open,
            kind if model.has(kind) => Paint::Plain,
            _ => Paint::Dim,
        };
        let from = x;
        // In the audit, number keys select severities, so the tabs show no numbers.
        if open != Some(Tab::Audit) {
            x += canvas.text(x, 1, width.saturating_sub(x), &format!("{} ", index + 1), Paint::Dim);
        }
        x += canvas.text(x, 1, width.saturating_sub(x), &label(kind, needed > width), paint);
        let command = match kind {
            Kind::Token => AppCommand::ShowTokens,
            Kind::Spa => AppCommand::ShowSpa,
            Kind::M2m => AppCommand::ShowM2m,
            Kind::Other => AppCommand::ShowOther,
        };
        let part = Rect { x: from, y: 1, width: x - from, height: 1 };
        canvas.respond(part, Click::Run(Command::App(command)));
        x += 3;
    }
    let from = x;
    let x = audit_tab(model, canvas, x, width, (open, soon.len()));
    let part = Rect { x: from, y: 1, width: x - from, height: 1 };
    canvas.respond(part, Click::Run(Command::Open(OpenCommand::ShowAudit)));
    let mut x = x + BETWEEN.len() as u16;
    let part = Rect { x, y: 1, width: width.saturating_sub(x), height: 1 };
    canvas.respond(part, Click::Run(Command::Open(OpenCommand::ShowExpiring)));
    let left = usize::from(width.saturating_sub(x));
    if open.is_none() {
        x += canvas.text(x, 1, width.saturating_sub(x), &EXPIRING[..2], Paint::Dim);
    }
    let paint = if open == Some(Tab::Expiring) { Paint::Open } else { Paint::Plain };
    // On a narrow terminal, the name is shortened so that the count fits.
    let end = match left.saturating_sub(soon.len()) {
        space if space >= EXPIRING.len() => EXPIRING.len(),
        space if space >= EXPIRING_CUT => EXPIRING_CUT,
        _ => 2,
    };
    x += canvas.text(x, 1, width.saturating_sub(x), &EXPIRING[2..end], paint);
    canvas.text(x, 1, width.saturating_sub(x), &soon, Paint::Warning);
}

const AUDIT: &str = "5 Audit";
const EXPIRING: &str = "6 Expiring";

/// Length of the shortened [`EXPIRING`], in bytes, for a terminal without room for the whole word.
const EXPIRING_CUT: usize = "6 Exp".len();

const BETWEEN: &str = "   ";

/// Draws the audit tab with the counts of findings of at least medium severity. Abbreviates each
/// severity to a letter if the words do not fit. Returns the column after the tab.
fn audit_tab(
    model: &Model,
    canvas: &mut Canvas<'_>,
    mut x: u16,
    width: u16,
    (open, expiring): (Option<Tab>, usize),
) -> u16 {
    let counts = model.audit_counts().unwrap_or_default();
    let counts: Vec<(Severity, String, String)> = counts
        .found()
        .filter(|(severity, _)| *severity >= Severity::Medium)
        .map(|(severity, count)| {
            let letter = severity.word()[..1].to_uppercase();
            (severity, format!(" {count} {}", severity.word()), format!(" {count}{letter}"))
        })
        .collect();
    let words: usize = counts.iter().map(|(_, words, _)| words.len()).sum();
    let after = BETWEEN.len() + EXPIRING.len() + expiring;
    let narrow = usize::from(x) + AUDIT.len() + words + after > usize::from(width);
    if open != Some(Tab::Audit) {
        x += canvas.text(x, 1, width.saturating_sub(x), "5 ", Paint::Dim);
    }
    let paint = if open == Some(Tab::Audit) { Paint::Open } else { Paint::Plain };
    x += canvas.text(x, 1, width.saturating_sub(x), "Audit", paint);
    for (severity, words, letters) in counts {
        let text = if narrow { letters } else { words };
        x += canvas.text(x, 1, width.saturating_sub(x), &text, severity_paint(severity));
    }
    x
}

const CHART: &str = "next 90 d ";

/// Width of [`expiry_chart`], in terminal columns.
pub(super) const CHART_WIDTH: u16 = (CHART.len() + ExpiryChart::COLUMNS) as u16;

/// Draws the expiries of the next 90 days as a line of bars. Draws nothing in linear mode, or if
/// there are no such expiries.
pub(super) fn expiry_chart(canvas: &mut Canvas<'_>, x: u16, y: u16, chart: &ExpiryChart) {
    if chart.is_empty() || canvas.is_linear() {
        return;
    }
    let x = x + canvas.text(x, y, CHART_WIDTH, CHART, Paint::Dim);
    let bars: String = chart.counts().iter().map(|count| canvas.bar(*count)).collect();
    canvas.text(x, y, CHART_WIDTH, &bars, Paint::Plain);
}

/// Returns a click that runs a command of the list or of the top screen.
const fn run(command: ScreenCommand) -> Click {
    Click::Run(Command::Screen(command))
}

/// Formats a number with separators: `1234567` as `1,234,567`.
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

/// Returns a shown secret, with the seconds until it is masked. In linear mode, omits the
/// countdown, because each step would print the secret again.
pub(super) fn shown_secret(canvas: &Canvas<'_>, secret: &str, left: i64) -> String {
    let secret = text::shown(secret);
    if canvas.is_linear() { secret.into_owned() } else { format!("{secret}  (masked in {left} s)") }
}

/// Mask of a secret. Its constant length does not reveal the secret's length.
pub(super) const MASK: &str = "••••••••••••";

/// Truncates server text to a width in columns.
pub(super) fn clipped(text: &str, columns: u16) -> String {
    text::clip(text, usize::from(columns)).into_owned()
}
