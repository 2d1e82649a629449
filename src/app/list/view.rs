//! Draws a list: filter line, column heads and visible rows.

use std::fmt::Write as _;

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    api::{Access, Scope},
    app::{
        ConnectionState, Model,
        list::{Fetch, List},
        rows::ShownRow,
        view::{self, clipped, thousands},
    },
    domain::{
        Kind, age,
        audit::{Counts, Severity},
        columns::Column,
        draft::{Field, Fields},
        preferences::ChosenColumn,
        profile::Word as _,
        text, urls,
    },
    keys::{Command, ListCommand, ScreenCommand},
    ui::{Canvas, Click, Paint, Rect},
};

/// Width of the cursor and the mark before a row, in terminal columns.
const MARK: u16 = 2;

/// Width of an ID that is shortened in the middle, in terminal columns.
const SHORT_ID: u16 = 11;

/// Maximum width of an ID that a person may have chosen, in terminal columns. Longer IDs are
/// assumed to be random.
const READABLE_ID: u16 = 24;

/// Space between table columns, in terminal columns.
const GAP: u16 = 2;

/// Table column with its position on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Placed {
    head: &'static str,
    column: Column,
    x: u16,
    width: u16,
}

/// Draws the list, or the reason why it is not available. Returns the number of rows drawn.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, room: Rect, focused: bool) -> usize {
    let list = model.list();
    if let Some(why) = refusal(model) {
        let width = room.width.saturating_sub(4);
        canvas.paragraph(2, room.y + 3, width, 3, &why, Paint::Bold);
        canvas.text(2, room.y + 7, width, "Press tab for the next tab.", Paint::Plain);
        return 0;
    }
    let columns = columns(model, room.width);
    for column in &columns {
        let sorted = list.sort.0 == column.column;
        let arrow = if list.sort.1 { " ↓" } else { " ↑" };
        let head = format!("{}{}", column.head, if sorted { arrow } else { "" });
        canvas.text(column.x, room.y + 1, column.width, &head, Paint::Dim);
        if Column::SORTED.contains(&column.column) {
            let sort = ScreenCommand::List(ListCommand::SortBy(column.column));
            let part = Rect { x: column.x, y: room.y + 1, width: column.width, height: 1 };
            canvas.respond(part, Click::Run(Command::Screen(sort)));
        }
    }
    filter_line(model, list, canvas, room);
    let rows = Rect { y: room.y + 2, height: room.height.saturating_sub(2), ..room };
    if list.order.is_empty() {
        empty(model, list, canvas, rows);
        return 0;
    }
    let mut built = 0;
    for (line, place) in
        (list.scroll.top..list.order.len()).take(usize::from(rows.height)).enumerate()
    {
        let Some(row) = list.order.get(place).and_then(|row| list.rows.get(*row)) else { continue };
        let y = rows.y + line as u16;
        canvas.respond_row(y, Click::ListRow(place));
        for column in &columns {
            cell(canvas, model.now, row, *column, y);
            if !list.filter.value().is_empty() {
                mark_matches(canvas, list, row, *column, y);
            }
        }
        if !list.marks.is_empty()
            && list.rows.id(list.order[place]).is_some_and(|id| list.marks.contains(&id))
        {
            canvas.text(1, y, 1, "✓", Paint::Accent);
        }
        if place == list.scroll.cursor {
            canvas.text(0, y, 1, ">", Paint::Accent);
            if focused {
                canvas.select(y);
            }
            if focused && !list.filtering {
                canvas.put_cursor(0, y);
            }
        }
        built += 1;
    }
    built
}

/// Highlights the words of the filter in the name, in the kind-specific column, and in an ID that
/// is not shortened.
fn mark_matches(canvas: &mut Canvas<'_>, list: &List, row: ShownRow<'_>, placed: Placed, y: u16) {
    let text = match placed.column {
        Column::Name => row.name,
        Column::Id if row.id.width() <= usize::from(placed.width) => row.id,
        Column::About => urls::short(row.about),
        _ => return,
    };
    // Match offsets are in bytes, which equal terminal columns only in ASCII text.
    if !text.is_ascii() {
        return;
    }
    let lower = text.to_ascii_lowercase();
    for word in list.words().filter(|word| !word.is_empty()) {
        for (at, _) in lower.match_indices(word) {
            let at = at as u16;
            let width = (word.len() as u16).min(placed.width.saturating_sub(at));
            canvas.mark(placed.x + at, y, width);
        }
    }
}

/// Returns the reason why the list of the visible kind is not available.
fn refusal(model: &Model) -> Option<String> {
    let all = model.capabilities.as_ref()?;
    all.of(model.kind).list.refusal().map(|why| why.clipped(200))
}

fn cell(canvas: &mut Canvas<'_>, now: Timestamp, row: ShownRow<'_>, placed: Placed, y: u16) {
    let ago = |at: Option<Timestamp>, none: &str| {
        at.map_or_else(|| none.to_owned(), |at| age::ago(now, at))
    };
    let text = match placed.column {
        Column::Name if row.name.is_empty() => "(no name)".into(),
        Column::Name => row.name.to_owned(),
        Column::Id => text::shorten(row.id, usize::from(placed.width)).into_owned(),
        Column::About => urls::short(row.about).to_owned(),
        Column::Owner => row.owner.map(|owner| owner.clipped(60)).unwrap_or_default(),
        Column::Created => ago(row.created, ""),
        Column::Used => ago(row.used, if row.reports_last_used { "never" } else { "" }),
        Column::Expires => row.expires.map(|at| ago(at, "never")).unwrap_or_default(),
        Column::Callbacks => row.callbacks.to_string(),
        Column::Worst => return findings(canvas, row.counts, placed, y),
        // The console shows no other columns.
        _ => String::new(),
    };
    canvas.text(placed.x, y, placed.width, &text, Paint::Plain);
}

/// Draws the number of findings by severity, such as `1 high, 3 medium`, as far as they fit. Draws
/// `ok` if there are no findings.
fn findings(canvas: &mut Canvas<'_>, counts: Counts, placed: Placed, y: u16) {
    if counts.worst().is_none() {
        canvas.text(placed.x, y, placed.width, "ok", Paint::Dim);
    }
    let (mut x, end) = (placed.x, placed.x + placed.width);
    for (severity, count) in counts.found() {
        let comma = if x > placed.x { ", " } else { "" };
        let text = format!("{count} {}", severity.word());
        if x > placed.x && x + canvas.width(comma) + canvas.width(&text) > end {
            break;
        }
        x += canvas.text(x, y, end - x, comma, Paint::Plain);
        x += canvas.text(x, y, end - x, &text, severity_paint(severity));
    }
}

/// Returns the color of a severity. The severity is also written as a word, for terminals without
/// color.
pub(in crate::app) const fn severity_paint(severity: Severity) -> Paint {
    match severity {
        Severity::Critical | Severity::High => Paint::Severe,
        Severity::Medium => Paint::Warning,
        Severity::Low => Paint::Plain,
        Severity::Info => Paint::Dim,
    }
}

/// Column that a list of the visible kind can show, if it fits.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Title above the values.
    pub head: &'static str,
    /// Values that the column shows.
    pub column: Column,
    /// Minimum width, in terminal columns.
    least: u16,
    /// Maximum width, in terminal columns.
    most: u16,
    /// Priority; a smaller number gets space first. `None` for a column that is not shown by
    /// default.
    pub rank: Option<u8>,
}

/// Returns the columns that the visible list can show, in the default order.
pub fn available(model: &Model) -> Vec<Candidate> {
    let fields =
        model.capabilities.as_ref().map_or(Fields::CONTRACT, |all| all.of(model.kind).shape.fields);
    let (kind, organization) = (model.kind, model.scope == Scope::Organization);
    let widths = model.list().rows.widths();
    let empty = model.list().rows.is_empty();
    let mut all = Vec::new();
    let mut add = |head: &'static str, column, least: u16, most: u16, rank: Option<u8>| {
        // The head must also have space for the arrow of the sort order.
        let most = most.max(least).max(head.len() as u16 + 2);
        all.push(Candidate { head, column, least, most, rank });
    };
    add("NAME", Column::Name, 20, widths.name.min(60), Some(0));
    add(id_head(kind), Column::Id, widths.id.clamp(9, SHORT_ID), widths.id, Some(1));
    let about = match kind {
        Kind::Token if fields.has(Field::Apis) => Some("APIS"),
        Kind::Token if fields.has(Field::Scopes) => Some("SCOPES"),
        Kind::Spa if fields.has(Field::LoginUrl) => Some("LOGIN URL"),
        Kind::Other => Some("TYPE"),
        // A column without values is omitted.
        Kind::Token | Kind::Spa | Kind::M2m => None,
    };
    // In the organization's list, the owner is more useful than the kind-specific column.
    let owner = widths.owner.min(40);
    if organization {
        add("OWNER", Column::Owner, 12, owner, Some(2));
    }
    if let Some(head) = about {
        let rank = if kind == Kind::Other { 2 } else { 6 };
        let rank = (!organization && !model.wide).then_some(rank);
        add(head, Column::About, 12, widths.about.min(44), rank);
    }
    if kind == Kind::Token {
        add("EXPIRES", Column::Expires, 9, 9, Some(3));
    }
    // A column without values would waste space.
    add("CREATED", Column::Created, 9, 9, (widths.created || empty).then_some(7));
    add("USED", Column::Used, 9, 9, (widths.used || empty).then_some(5));
    // The wide layout is for audits, so findings take precedence over the expiry.
    add("FINDINGS", Column::Worst, 10, widths.findings, Some(if model.wide { 2 } else { 4 }));
    if !organization {
        add("OWNER", Column::Owner, 12, owner, model.wide.then_some(3));
    }
    if matches!(kind, Kind::Spa | Kind::Other) {
        add("CALLBACKS", Column::Callbacks, 11, 11, model.wide.then_some(4));
    }
    all
}

/// Returns the chosen or default columns that fit. The detail view shows the values of all columns.
fn columns(model: &Model, width: u16) -> Vec<Placed> {
    let all = available(model);
    let chosen = &model.columns[model.kind as usize];
    if model.wide || chosen.is_empty() {
        return place(all.into_iter().filter(|it| it.rank.is_some()).collect(), width);
    }
    let candidate = |(rank, it): (u8, &ChosenColumn)| {
        let known = all.iter().find(|known| known.column == it.column)?;
        // The name gets space first, wherever its column is.
        let rank = Some(if it.column == Column::Name { 0 } else { rank });
        Some(match it.width {
            Some(chosen) => {
                let fixed = chosen.min(width.saturating_sub(MARK));
                Candidate { least: fixed, most: fixed, rank, ..*known }
            }
            None => Candidate { rank, ..*known },
        })
    };
    place((1..).zip(chosen).filter_map(candidate).collect(), width)
}

/// Places the columns that fit, and distributes the remaining width: first to names, then to
/// readable IDs, to other columns, and last to random IDs.
fn place(mut all: Vec<Candidate>, width: u16) -> Vec<Placed> {
    let mut ranked = all.clone();
    ranked.sort_by_key(|it| it.rank);
    let mut free = (width + GAP).saturating_sub(MARK);
    let mut shown = Vec::new();
    for it in ranked {
        if free >= it.least + GAP {
            free -= it.least + GAP;
            shown.push(it.column);
        }
    }
    all.retain(|it| shown.contains(&it.column));
    let mut widths: Vec<u16> = all.iter().map(|it| it.least).collect();
    let mut grow = |wanted: &dyn Fn(&Candidate) -> bool| {
        for (it, width) in all.iter().zip(&mut widths).filter(|(it, _)| wanted(it)) {
            let more = (it.most - *width).min(free);
            // A longer but still incomplete ID is of no use.
            if it.column != Column::Id || *width + more == it.most {
                *width += more;
                free -= more;
            }
        }
    };
    grow(&|it| it.column == Column::Name);
    grow(&|it| it.column == Column::Id && it.most <= READABLE_ID);
    grow(&|it| it.column != Column::Id);
    grow(&|_| true);
    let mut x = MARK;
    all.iter()
        .zip(widths)
        .map(|(it, width)| {
            let placed = Placed { head: it.head, column: it.column, x, width };
            x += width + GAP;
            placed
        })
        .collect()
}

const fn id_head(kind: Kind) -> &'static str {
    match kind {
        Kind::Token => "TOKEN ID",
        Kind::Spa | Kind::M2m | Kind::Other => "CLIENT ID",
    }
}

/// Draws the filter on the left of the rule, and the count, sort order and owner filter on the
/// right.
fn filter_line(model: &Model, list: &List, canvas: &mut Canvas<'_>, room: Rect) {
    let (at, filter) = ((room.y, room.width), (&list.filter, list.filtering));
    view::filter_line(canvas, at, &status(model, list), filter);
    if let Some(mistake) = &list.mistake {
        // The message is shown below the error, in place of the column heads.
        let before: String = list.filter.value().chars().take(mistake.at).collect();
        let x = (4 + canvas.width(&before)).min(room.width / 2);
        canvas.text(0, room.y + 1, room.width, &" ".repeat(usize::from(room.width)), Paint::Plain);
        let line = format!("^ {}", mistake.text);
        canvas.text(x, room.y + 1, room.width.saturating_sub(x), &line, Paint::Bad);
    }
}

fn status(model: &Model, list: &List) -> String {
    let shown = list.order.len() as u64;
    let mut count = match (list.count(), &list.fetch) {
        (Some(total), Fetch::Loading { incoming: None, .. }) => {
            format!("{} of {} loaded", thousands(list.rows.len() as u64), thousands(total))
        }
        (Some(total), _) if total == shown => thousands(total),
        (Some(total), _) => format!("{} of {}", thousands(shown), thousands(total)),
        (None, Fetch::Loading { .. }) => "loading…".to_owned(),
        (None, _) => String::new(),
    };
    if let Some(at) = list.cached_at {
        let _ =
            write!(count, " · cached {} ago", age::span(model.now.as_second() - at.as_second()));
    }
    match &list.fetch {
        Fetch::Loading { incoming: Some(_), .. } => count.push_str(" · refreshing…"),
        Fetch::Waiting { until, .. } => {
            let left = (until.as_second() - model.now.as_second()).max(0);
            let _ = write!(count, " · rate limited, retrying in {left} s");
        }
        Fetch::Stopped => count.push_str(" · stopped, ctrl-r to load all"),
        Fetch::Failed(_) if !list.order.is_empty() && list.cached_at.is_none() => {
            count.push_str(" · stale");
        }
        _ => {}
    }
    if !list.marks.is_empty() {
        let _ = write!(count, " · {} marked", thousands(list.marks.len() as u64));
    }
    let by = match list.sort.0 {
        Column::Used => "last used",
        Column::Expires => "expiry",
        column => column.word(),
    };
    let direction = if list.sort.1 { "↓" } else { "↑" };
    let shared = model.capabilities.as_ref().is_none_or(|all| all.organization);
    let whose = match model.scope {
        // Without an organization view, the owner filter is omitted.
        Scope::Mine if !shared => "",
        Scope::Mine => "mine",
        Scope::Organization => "organization",
    };
    let sorted = format!("{by} {direction}");
    let parts = [count.trim_start_matches(" · "), &sorted, whose];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn empty(model: &Model, list: &List, canvas: &mut Canvas<'_>, room: Rect) {
    let width = room.width.saturating_sub(4);
    let y = room.y + 1;
    match &list.fetch {
        Fetch::Idle | Fetch::Loading { .. } if list.rows.is_empty() => {
            let text = match model.connection {
                ConnectionState::Failed => "Not connected. Press ctrl-r to retry.",
                ConnectionState::Connecting | ConnectionState::Ready => "Loading…",
            };
            if model.failure.is_none() {
                canvas.text(2, y, width, text, Paint::Plain);
            }
        }
        Fetch::Waiting { .. } if list.rows.is_empty() => {
            let text = "Rate limited. Retrying automatically; press esc to stop.";
            canvas.text(2, y, width, text, Paint::Plain);
        }
        Fetch::Stopped if list.rows.is_empty() => {
            canvas.text(2, y, width, "Loading stopped. Press ctrl-r to load.", Paint::Plain);
        }
        Fetch::Failed(_) if list.rows.is_empty() => {
            canvas.text(
                2,
                y,
                width,
                "Could not load the list. Press ctrl-r to retry.",
                Paint::Plain,
            );
        }
        _ if !list.filter.value().is_empty() => {
            let line = format!(
                "No matches for “{}”.",
                clipped(&crate::domain::text::shown(list.filter.value()), 40)
            );
            canvas.text(2, y, width, &line, Paint::Bold);
            canvas.text(2, y + 2, width, "Press esc to clear the filter.", Paint::Plain);
        }
        _ => {
            let creates = model
                .capabilities
                .as_ref()
                .is_none_or(|all| all.of(model.kind).create == Access::Allowed);
            let (title, key) = match model.scope {
                Scope::Mine if !creates => (format!("No {}.", model.kind.plural()), ""),
                Scope::Mine => {
                    (format!("No {} yet.", model.kind.plural()), "Press a to create one.")
                }
                Scope::Organization => (
                    format!("No {} are shared with the organization.", model.kind.plural()),
                    "Press o to show your own.",
                ),
            };
            canvas.text(2, y, width, &title, Paint::Bold);
            let used = canvas.paragraph(2, y + 2, width, 2, model.kind.when_to_use(), Paint::Plain);
            canvas.text(2, y + 3 + used, width, key, Paint::Plain);
            if model.workspace.profile.is_none() && !model.workspace.is_demo() {
                let hint = "Press P to connect to a server, or run credenza --demo.";
                canvas.text(2, y + 5 + used, width, hint, Paint::Dim);
            }
        }
    }
}
