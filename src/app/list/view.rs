//! List screen: tabs, filter line, column heads, visible rows.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::{
    api::{Access, Scope},
    app::{
        Connection, Model,
        list::{Fetch, List},
        rows::Row,
        view::{clipped, tabs, thousands},
    },
    domain::{
        Kind, age,
        audit::Severity,
        columns::Column,
        draft::{Field, Fields},
        profile::Word as _,
    },
    ui::{Canvas, Paint, Rect},
};

/// Width of the mark before a row.
const MARK: u16 = 2;

/// Column: its head, position and width.
#[derive(Clone, Copy)]
struct Placed {
    head: &'static str,
    column: Column,
    x: u16,
    width: u16,
}

/// Draws the screen; returns the number of rows built.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
    let list = model.list();
    tabs(model, canvas, room.width);
    if let Some(why) = refusal(model) {
        let width = room.width.saturating_sub(4);
        canvas.paragraph(2, room.y + 3, width, 3, &why, Paint::Bold);
        canvas.text(2, room.y + 7, width, "Press tab for the next tab.", Paint::Plain);
        return 0;
    }
    let fields =
        model.capabilities.as_ref().map_or(Fields::CONTRACT, |all| all.of(model.kind).shape.fields);
    let columns = columns(model, fields, room.width);
    for column in &columns {
        canvas.text(column.x, room.y + 1, column.width, column.head, Paint::Dim);
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
        if place == list.scroll.cursor {
            canvas.text(0, y, 1, ">", Paint::Accent);
            if !list.filtering {
                canvas.put_cursor(0, y);
            }
        }
        for column in &columns {
            cell(canvas, model.now, row, *column, y);
        }
        built += 1;
    }
    built
}

/// Reason why the provider has no list of this kind.
fn refusal(model: &Model) -> Option<String> {
    let all = model.capabilities.as_ref()?;
    all.of(model.kind).list.refusal().map(|why| why.clipped(200))
}

fn cell(canvas: &mut Canvas<'_>, now: Timestamp, row: Row<'_>, placed: Placed, y: u16) {
    let ago = |at: Option<Timestamp>, none: &str| {
        at.map_or_else(|| none.to_owned(), |at| age::ago(now, at))
    };
    let text = match placed.column {
        Column::Name if row.name.is_empty() => "(no name)".into(),
        Column::Name => row.name.to_owned(),
        Column::Id => row.id.to_owned(),
        Column::About => row.about.to_owned(),
        Column::Owner => row.owner.map(|owner| owner.clipped(60)).unwrap_or_default(),
        Column::Created => ago(row.created, ""),
        Column::Used => ago(row.used, if row.reports_last_used { "never" } else { "" }),
        Column::Expires => ago(row.expires, "never"),
        Column::Callbacks => row.callbacks.to_string(),
        Column::Worst => match row.worst {
            Some((worst, count)) => format!("{} {count}", worst.word()),
            None => "ok".to_owned(),
        },
        // The console's rows have no others.
        _ => String::new(),
    };
    let paint = match (placed.column, row.worst) {
        (Column::Worst, Some((worst, _))) => severity_paint(worst),
        (Column::Worst, None) => Paint::Dim,
        _ => Paint::Plain,
    };
    canvas.text(placed.x, y, placed.width, &text, paint);
}

/// Color of a severity; its word has the same meaning.
pub(in crate::app) const fn severity_paint(severity: Severity) -> Paint {
    match severity {
        Severity::Critical | Severity::High => Paint::Severe,
        Severity::Medium => Paint::Warning,
        Severity::Low => Paint::Plain,
        Severity::Info => Paint::Dim,
    }
}

/// Columns that fit; the detail view has the others.
fn columns(model: &Model, fields: Fields, width: u16) -> Vec<Placed> {
    let (kind, scope) = (model.kind, model.scope);
    let id = if kind == Kind::Token { 20 } else { 32 };
    let name = if width < 80 { 22 } else { 28 };
    let mut wanted = vec![("NAME", Column::Name, name), (id_head(kind), Column::Id, id)];
    let about: Option<(&str, Column)> = match (scope, kind) {
        (Scope::Organization, _) => Some(("OWNER", Column::Owner)),
        (Scope::Mine, Kind::Token) if fields.has(Field::Apis) => Some(("APIS", Column::About)),
        (Scope::Mine, Kind::Token) if fields.has(Field::Scopes) => Some(("SCOPES", Column::About)),
        (Scope::Mine, Kind::Spa) if fields.has(Field::LoginUrl) => {
            Some(("LOGIN URL", Column::About))
        }
        // A column without values is omitted.
        (Scope::Mine, Kind::Token | Kind::Spa) => None,
        (Scope::Mine, Kind::M2m) => None,
        (Scope::Mine, Kind::Other) => Some(("TYPE", Column::About)),
    };
    let mut times = vec![("CREATED", Column::Created, 8), ("USED", Column::Used, 8)];
    if kind == Kind::Token {
        times = vec![
            ("EXPIRES", Column::Expires, 9),
            ("CREATED", Column::Created, 8),
            ("USED", Column::Used, 8),
        ];
    }
    // Audit columns come before columns that only help to recognize a row.
    let worst = ("WORST", Column::Worst, 10);
    if model.wide {
        wanted.push(worst);
        if scope == Scope::Mine {
            times.push(("OWNER", Column::Owner, 20));
        }
        if kind != Kind::Token && kind != Kind::M2m {
            times.push(("CALLBACKS", Column::Callbacks, 9));
        }
    } else {
        times.push(worst);
    }
    let about = about.filter(|_| !model.wide || scope == Scope::Organization);
    let used =
        |all: &[(&str, Column, u16)]| MARK + all.iter().map(|(_, _, width)| width + 2).sum::<u16>();
    // In the organization's list, the owner matters more than the creation time.
    let (about_width, beside) = match (scope, kind) {
        (Scope::Organization, _) => (12, 0),
        (Scope::Mine, Kind::Token) => (10, 10),
        (Scope::Mine, Kind::Spa | Kind::M2m) => (20, 10),
        // There, the type matters more than the creation time.
        (Scope::Mine, Kind::Other) => (12, 0),
    };
    if let Some((head, column)) = about
        && used(&wanted) + about_width + beside <= width
    {
        let rest: u16 = times.iter().map(|(_, _, width)| width + 2).sum();
        let free = width.saturating_sub(used(&wanted) + rest + 2).clamp(about_width, 44);
        wanted.push((head, column, free));
    }
    for time in times {
        if used(&wanted) + time.2 <= width {
            wanted.push(time);
        }
    }
    let mut x = MARK;
    wanted
        .into_iter()
        .map(|(head, column, width)| {
            let placed = Placed { head, column, x, width };
            x += width + 2;
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

/// Filter on the left; count, sort order and owner filter on the right.
fn filter_line(model: &Model, list: &List, canvas: &mut Canvas<'_>, room: Rect) {
    let status = status(model, list);
    let taken = canvas.width(&status) + 1;
    canvas.text(room.width.saturating_sub(taken), room.y, taken, &status, Paint::Plain);
    let space = room.width.saturating_sub(taken + 5);
    if list.filtering || !list.filter.value().is_empty() {
        canvas.text(1, room.y, 1, "/", Paint::Key);
        canvas.field(3, room.y, space, &list.filter, list.filtering);
    }
    if let Some(mistake) = &list.mistake {
        // Below an error, in place of the heads.
        let before: String = list.filter.value().chars().take(mistake.at).collect();
        let x = (3 + canvas.width(&before)).min(room.width / 2);
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
                Connection::Failed => "Not connected. Press ctrl-r to retry.",
                Connection::Connecting | Connection::Ready => "Loading…",
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
        }
    }
}
