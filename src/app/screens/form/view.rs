//! Draws the form, the review of an edit, and the resolution of conflicts.

use jiff::Timestamp;

use crate::{
    app::{
        list::view::severity_paint,
        screens::form::{
            Conflict, Control, FocusTarget, Form, FormField, FormStage, Purpose,
            field::{is_derived, words},
        },
        view::dialog,
    },
    domain::{
        Untrusted, age,
        audit::Severity,
        draft::{Change, Field as Id, FieldValue},
    },
    ui::{Canvas, Click, Paint, Rect},
};

/// Width of the labels, in columns.
const LABEL: u16 = 25;

/// Line of a form, before scrolling.
enum FormLine<'a> {
    /// Control, with its label on the first line.
    Control { label: &'a str, field: &'a FormField, stop: FocusTarget },
    /// Error of the field or row above.
    Problem(String),
    /// Hint about the row above.
    Remark(String),
    /// Finding about the field or row above.
    Finding(Severity, &'a str),
    /// List that the provider derives.
    Derived { label: &'static str, value: String },
    /// Value that cannot be changed.
    Fixed { label: &'static str, value: String },
    /// Space between fields.
    Space,
}

pub fn draw(form: &Form, now: Timestamp, canvas: &mut Canvas<'_>, room: Rect) {
    match &form.stage {
        FormStage::Editing => fields(form, canvas, room),
        FormStage::Saving | FormStage::ReadingTheirs => {
            fields(form, canvas, room);
            let text = if matches!(form.stage, FormStage::Saving) {
                "Saving…"
            } else {
                "Reading their version…"
            };
            canvas.text(room.width - 24, 1, 22, text, Paint::Accent);
        }
        FormStage::Discard => {
            fields(form, canvas, room);
            dialog(canvas, room, "Discard your changes?", 1, |canvas, room| {
                let text = "y  Discard    esc  Keep editing";
                canvas.text(2, room.y, room.width - 4, text, Paint::Plain);
            });
        }
        FormStage::Review(changes) => review(form, changes, canvas, room),
        FormStage::Conflict(conflict) => meeting(conflict, now, canvas, room),
    }
}

fn fields(form: &Form, canvas: &mut Canvas<'_>, room: Rect) {
    let (lines, focus) = lines(form);
    let hint_row = room.y + room.height - 1;
    let space = usize::from(room.height.saturating_sub(2)).max(1);
    // Keep the focused line and its messages visible.
    let focus_end = (focus + 3).min(lines.len());
    let top = focus_end.saturating_sub(space).min(focus);
    for (row, line) in lines.iter().skip(top).take(space).enumerate() {
        draw_line(form, line, canvas, room.y + row as u16, room.width);
    }
    if lines.len() > top + space {
        canvas.text(room.width - 8, hint_row - 1, 7, "↓ more", Paint::Dim);
    }
    if let Some(stop) = form.stop() {
        let hint = form.fields.get(stop.field).map_or("", |field| field.hint);
        canvas.text(2, hint_row, room.width - 4, hint, Paint::Dim);
    }
}

fn lines(form: &Form) -> (Vec<FormLine<'_>>, usize) {
    let mut lines = Vec::new();
    let mut focus = 0;
    let focused = form.stop();
    let derived = form.derived();
    for (index, field) in form.fields.iter().enumerate() {
        if !form.is_shown(field.id) {
            if let Some(derived) = &derived {
                let value = match field.id {
                    Id::Callbacks => &derived.callbacks,
                    Id::LogoutUrls => &derived.logout_urls,
                    Id::WebOrigins => &derived.web_origins,
                    _ => &derived.allowed_origins,
                };
                lines.push(FormLine::Derived { label: field.id.label(), value: value.join(", ") });
            }
            continue;
        }
        let rows = match &field.control {
            Control::Line(_) | Control::Switch(..) => 1,
            Control::Choice(options) => options.len(),
            Control::Lines(rows) => rows.len(),
            Control::Pairs(rows) => rows.len(),
        };
        let findings = form.worst_findings(field);
        for row in 0..rows {
            let label = if row == 0 { field.id.label() } else { "" };
            if focused.is_some_and(|stop| stop.field == index && stop.row == row) {
                focus = lines.len();
            }
            lines.push(FormLine::Control {
                label,
                field,
                stop: FocusTarget { field: index, row, column: 0 },
            });
            if let Some(problem) = form.problem(field.id, Some(row)) {
                lines.push(FormLine::Problem(problem.text.shown().into_owned()));
            } else if let Some(&(severity, text)) = findings.get(&Some(row)) {
                lines.push(FormLine::Finding(severity, text));
            } else if let Some(hint) = form.hint(field.id, row) {
                lines.push(FormLine::Remark(hint.to_owned()));
            }
        }
        if let Some(problem) = form.problem(field.id, None) {
            lines.push(FormLine::Problem(problem.text.shown().into_owned()));
        } else if let Some(&(severity, text)) = findings.get(&None) {
            lines.push(FormLine::Finding(severity, text));
        }
        if !is_derived(field.id)
            || form.fields.get(index + 1).is_none_or(|next| !is_derived(next.id))
        {
            lines.push(FormLine::Space);
        }
    }
    if let Purpose::Edit(original) = &form.purpose
        && let crate::domain::Credential::Token(token) = &original.credential
    {
        let value = token.expires_at.map_or_else(|| "never".to_owned(), crate::domain::age::utc);
        let value = format!("{value}  (set at creation; cannot be changed)");
        lines.push(FormLine::Fixed { label: Id::Expires.label(), value });
    }
    (lines, focus)
}

fn draw_line(form: &Form, line: &FormLine<'_>, canvas: &mut Canvas<'_>, y: u16, width: u16) {
    let x = 2 + LABEL;
    let room = width.saturating_sub(x + 2);
    match line {
        FormLine::Space => {}
        FormLine::Problem(text) => {
            canvas.text(x, y, room, &format!("! {text}"), Paint::Bad);
        }
        FormLine::Remark(text) => {
            canvas.text(x, y, room, &format!("· {text}"), Paint::Dim);
        }
        FormLine::Finding(severity, text) => {
            let text = format!("{}{text}", severity.mark());
            canvas.text(x, y, room, &text, severity_paint(*severity));
        }
        FormLine::Derived { label, value } => {
            canvas.text(2, y, LABEL - 1, label, Paint::Dim);
            canvas.text(x, y, room, &format!("= {value}"), Paint::Dim);
        }
        FormLine::Fixed { label, value } => {
            canvas.text(2, y, LABEL - 1, label, Paint::Dim);
            canvas.text(x, y, room, value, Paint::Dim);
        }
        FormLine::Control { label, field, stop } => {
            let at = form.stop().filter(|at| at.field == stop.field && at.row == stop.row);
            if at.is_some() {
                canvas.text(0, y, 1, ">", Paint::Accent);
            }
            if let Some(place) = form.stops().iter().position(|it| it == stop) {
                canvas.respond_row(y, Click::Row(place));
            }
            let labeled = at.is_some() || form.stop().is_some_and(|at| at.field == stop.field);
            canvas.text(2, y, LABEL - 1, label, if labeled { Paint::Bold } else { Paint::Plain });
            control(canvas, field, *stop, at, x, y, room);
        }
    }
}

fn control(
    canvas: &mut Canvas<'_>,
    field: &FormField,
    stop: FocusTarget,
    at: Option<FocusTarget>,
    x: u16,
    y: u16,
    room: u16,
) {
    match &field.control {
        Control::Line(input) => canvas.field(x, y, room.min(70), input, at.is_some()),
        Control::Lines(rows) => {
            if let Some(input) = rows.get(stop.row) {
                canvas.text(x, y, 1, "-", Paint::Dim);
                canvas.field(x + 2, y, room.saturating_sub(2).min(70), input, at.is_some());
            }
        }
        Control::Pairs(rows) => {
            let Some([connection, source]) = rows.get(stop.row) else { return };
            let first = (room / 3).clamp(8, 24);
            let focused = |column| at.is_some_and(|at| at.column == column);
            canvas.text(x, y, 1, "-", Paint::Dim);
            canvas.field(x + 2, y, first, connection, focused(0));
            canvas.text(x + 2 + first, y, 3, " = ", Paint::Dim);
            canvas.field(x + 5 + first, y, room.saturating_sub(first + 5), source, focused(1));
        }
        Control::Switch(on, words) => {
            let text = format!("[{}] {}", if *on { "x" } else { " " }, words[usize::from(*on)]);
            canvas.text(x, y, room, &text, if at.is_some() { Paint::Bold } else { Paint::Plain });
            if at.is_some() {
                canvas.put_cursor(x + 1, y);
            }
        }
        Control::Choice(options) => {
            let Some((name, on)) = options.get(stop.row) else { return };
            let name = Untrusted::from(name.as_str()).clipped(40);
            let text = format!("[{}] {name}", if *on { "x" } else { " " });
            canvas.text(x, y, room, &text, if at.is_some() { Paint::Bold } else { Paint::Plain });
            if at.is_some() {
                canvas.put_cursor(x + 1, y);
            }
        }
    }
}

/// Draws the changes of an edit: removed lines with `-`, added lines with `+`.
fn review(form: &Form, changes: &[Change], canvas: &mut Canvas<'_>, room: Rect) {
    canvas.text(2, room.y, room.width - 4, "Changes to save:", Paint::Bold);
    let mut y = room.y + 2;
    if form.means.edit_rotates {
        let warning = "Every edit on this server issues a new secret, shown once. The old secret stops working when you save.";
        y = room.y
            + 1
            + canvas.paragraph(2, room.y + 1, room.width - 4, 3, warning, Paint::Bad)
            + 1;
    }
    let end = room.y + room.height;
    for change in changes {
        if y >= end {
            canvas.text(2, end - 1, room.width - 4, "… and more", Paint::Bold);
            return;
        }
        canvas.text(2, y, room.width - 4, change.field.label(), Paint::Plain);
        y += 1;
        for (sign, text) in difference(change) {
            if y >= end {
                canvas.text(2, end - 1, room.width - 4, "… and more", Paint::Bold);
                return;
            }
            let paint = if sign == '+' { Paint::Good } else { Paint::Bad };
            canvas.text(4, y, room.width - 6, &format!("{sign} {text}"), paint);
            y += 1;
        }
        y += 1;
    }
}

/// Returns the removed and added lines of a change, each with its sign.
fn difference(change: &Change) -> Vec<(char, String)> {
    let shown = |text: &str| Untrusted::from(text).shown().into_owned();
    match (&change.before, &change.after) {
        (FieldValue::Lines(before), FieldValue::Lines(after)) => {
            let gone =
                before.iter().filter(|line| !after.contains(line)).map(|line| ('-', shown(line)));
            let come =
                after.iter().filter(|line| !before.contains(line)).map(|line| ('+', shown(line)));
            let all: Vec<_> = gone.chain(come).collect();
            if all.is_empty() {
                vec![('+', "the same entries in another order".to_owned())]
            } else {
                all
            }
        }
        (before, after) => {
            vec![('-', one_line(change.field, before)), ('+', one_line(change.field, after))]
        }
    }
}

/// Formats a value on one line, with the same texts as the form.
fn one_line(id: Id, value: &FieldValue) -> String {
    match value {
        FieldValue::Line(text) if text.is_empty() => "(empty)".to_owned(),
        FieldValue::Line(text) => Untrusted::from(text.as_str()).shown().into_owned(),
        FieldValue::Switch(on) => words(id)[usize::from(*on)].to_owned(),
        FieldValue::Lines(lines) if lines.is_empty() => "(none)".to_owned(),
        FieldValue::Lines(lines) => Untrusted::from(lines.join(", ")).shown().into_owned(),
    }
}

/// Draws the other user's changes without a conflict, then both values of each conflict, with the
/// selected value marked.
fn meeting(conflict: &Conflict, now: Timestamp, canvas: &mut Canvas<'_>, room: Rect) {
    let width = room.width - 4;
    let line = match conflict.theirs.record().updated_at {
        // The server's clock may be ahead.
        Some(at) if at > now => "Another user changed this credential just now.".to_owned(),
        Some(at) if age::ago(now, at) == "now" => {
            "Another user changed this credential just now.".to_owned()
        }
        Some(at) => format!("Another user changed this credential {} ago.", age::ago(now, at)),
        None => "Another user changed this credential in the meantime.".to_owned(),
    };
    canvas.text(2, room.y, width, &line, Paint::Bold);
    let mut y = room.y + 2;
    let theirs = conflict
        .merge
        .theirs
        .iter()
        .filter(|their| !conflict.merge.conflicts.iter().any(|both| both.field == their.field));
    for change in theirs {
        let line = format!(
            "They changed {}: {}",
            change.field.label(),
            one_line(change.field, &change.after)
        );
        canvas.text(2, y, width, &line, Paint::Plain);
        y += 1;
    }
    if conflict.merge.conflicts.is_empty() {
        canvas.text(
            2,
            y + 1,
            width,
            "Your changes are in other fields, so they can be merged.",
            Paint::Plain,
        );
        canvas.text(2, y + 2, width, "Press enter to merge.", Paint::Plain);
        return;
    }
    for (index, (change, mine)) in conflict.merge.conflicts.iter().zip(&conflict.mine).enumerate() {
        y += 1;
        if index == conflict.cursor {
            canvas.text(0, y, 1, ">", Paint::Accent);
            canvas.put_cursor(0, y);
        }
        let label = format!("Both changed {}", change.field.label());
        canvas.text(2, y, width, &label, Paint::Plain);
        let lines = [(*mine, "mine  ", &change.after), (!*mine, "theirs", &change.before)];
        for (row, (kept, whose, value)) in lines.into_iter().enumerate() {
            let text = format!(
                "({}) {whose}  {}",
                if kept { "x" } else { " " },
                one_line(change.field, value)
            );
            let paint = if kept { Paint::Bold } else { Paint::Dim };
            canvas.text(4, y + 1 + row as u16, width - 2, &text, paint);
        }
        y += 3;
    }
}
