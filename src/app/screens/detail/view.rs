//! One credential in full.

use crate::{
    app::{
        Model,
        list::view::severity_paint,
        remote::Remote,
        screens::detail::{Detail, Line, Peek, Value},
        view::MASK,
    },
    domain::Kind,
    ui::{Canvas, Paint, Rect, wrap},
};

/// Columns of the labels.
const LABEL: u16 = 24;

pub fn draw(model: &Model, detail: &Detail, canvas: &mut Canvas<'_>, room: Rect) {
    if detail.credential.value().is_none() {
        let text = match &detail.credential {
            Remote::Failed { .. } => "Could not read it. Press ctrl-r to retry.",
            _ => "Loading…",
        };
        canvas.text(2, room.y, room.width - 4, text, Paint::Plain);
        return;
    }
    let lines = detail.lines();
    let width = room.width.saturating_sub(LABEL + 4);
    let heights: Vec<u16> = lines.iter().map(|line| height(model, detail, line, width)).collect();
    // Multi-line values may push the cursor out of view; scroll down then.
    let mut top = detail.scroll.top;
    while top < detail.scroll.cursor
        && heights[top..=detail.scroll.cursor].iter().sum::<u16>() > room.height
    {
        top += 1;
    }
    let mut y = room.y;
    for (index, line) in lines.iter().enumerate().skip(top) {
        if y >= room.y + room.height {
            break;
        }
        if index == detail.scroll.cursor {
            canvas.text(0, y, 1, ">", Paint::Accent);
            canvas.put_cursor(0, y);
        }
        canvas.text(2, y, LABEL - 1, line.label, Paint::Dim);
        let room_left = room.y + room.height - y;
        let (text, paint) = written(model, detail, &line.value);
        if matches!(line.value, Value::Finding(..)) {
            // One line identifies it; K shows the rest.
            canvas.text(2 + LABEL, y, width, &text, paint);
            y += 1;
            continue;
        }
        y += canvas.wrapped(2 + LABEL, y, width, room_left, &text, paint).max(1);
    }
}

fn height(model: &Model, detail: &Detail, line: &Line, width: u16) -> u16 {
    if matches!(line.value, Value::Finding(..)) {
        return 1;
    }
    let (text, _) = written(model, detail, &line.value);
    u16::try_from(wrap(&text, width).len()).unwrap_or(u16::MAX).max(1)
}

fn written(model: &Model, detail: &Detail, value: &Value) -> (String, Paint) {
    let paint = match value {
        Value::Secret => return secret(model, detail),
        Value::Nothing(_) | Value::Unknown(..) => Paint::Dim,
        Value::Text(_) | Value::Word(..) | Value::Time(_) | Value::Until(_) | Value::Remark(_) => {
            Paint::Plain
        }
        Value::Finding(_, severity, _) => severity_paint(*severity),
    };
    (value.written(model.now), paint)
}

fn secret(model: &Model, detail: &Detail) -> (String, Paint) {
    match &detail.peek {
        Peek::Open { secret, .. } => {
            let left = detail.peek.seconds_left(model.now).unwrap_or(0);
            let shown = crate::domain::text::shown(secret.expose());
            (format!("{shown}  (masked in {left} s)"), Paint::Bold)
        }
        Peek::Asked(_) => (format!("{MASK}  reading…"), Paint::Plain),
        Peek::Masked if !model.meets(crate::keys::Need::Own) => {
            ("visible to its owner only".to_owned(), Paint::Dim)
        }
        Peek::Masked if !model.meets(crate::keys::Need::Revealing) => {
            let why = model.refusal(crate::keys::Need::Revealing);
            (why, Paint::Dim)
        }
        Peek::Masked if detail.kind == Kind::Spa => {
            (format!("{MASK}  not needed by a browser app"), Paint::Plain)
        }
        Peek::Masked => (format!("{MASK}  x to show, Y s to copy"), Paint::Plain),
    }
}
