//! Draws the detail view of a credential.

use crate::{
    app::{
        Model,
        list::view::severity_paint,
        remote::Remote,
        screens::detail::{Detail, DetailValue, Peek},
        view::{MASK, shown_secret},
    },
    domain::Kind,
    ui::{Canvas, Click, Paint, Rect},
};

/// Width of the labels, in columns.
const LABEL: u16 = 24;

pub fn draw(model: &Model, detail: &Detail, canvas: &mut Canvas<'_>, room: Rect, focused: bool) {
    if detail.credential.value().is_none() {
        let text = match &detail.credential {
            Remote::Failed { .. } => "Could not read the credential. Press ctrl-r to retry.",
            _ => "Loading…",
        };
        canvas.text(2, room.y, room.width - 4, text, Paint::Plain);
        return;
    }
    let lines = detail.lines();
    let width = room.width.saturating_sub(LABEL + 4);
    let texts: Vec<_> =
        lines.iter().map(|line| written(model, detail, &line.value, canvas, width)).collect();
    let heights: Vec<u16> = texts.iter().map(|(lines, _)| lines.len() as u16).collect();
    // Values with several lines can push the cursor out of view, so scroll further down.
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
        let first = y;
        canvas.text(2, y, LABEL - 1, line.label, Paint::Dim);
        let (texts, paint) = &texts[index];
        for text in texts.iter().take(usize::from(room.bottom() - y)) {
            let used = canvas.text(2 + LABEL, y, width, text, *paint);
            if let DetailValue::Text(value) = &line.value
                && focused
            {
                canvas.link(Rect { x: 2 + LABEL, y, width: used, height: 1 }, value.raw());
            }
            y += 1;
        }
        if focused {
            canvas.respond(Rect { y: first, height: y - first, ..room }, Click::Row(index));
        }
        if focused && index == detail.scroll.cursor {
            canvas.text(0, first, 1, ">", Paint::Accent);
            canvas.put_cursor(0, first);
            (first..y).for_each(|y| canvas.select(y));
        }
    }
}

/// Wraps a value into lines, and selects its color. Sentences break between words. Values break at
/// any character, so that no value is truncated.
fn written(
    model: &Model,
    detail: &Detail,
    value: &DetailValue,
    canvas: &Canvas<'_>,
    width: u16,
) -> (Vec<String>, Paint) {
    let paint = match value {
        DetailValue::Secret => {
            let (text, paint) = secret(model, detail, canvas);
            let open = matches!(detail.peek, Peek::Open { .. });
            let lines =
                if open { canvas.wrap(&text, width) } else { canvas.wrap_words(&text, width) };
            return (lines, paint);
        }
        DetailValue::Nothing(_) | DetailValue::Unknown(..) => Paint::Dim,
        DetailValue::Text(_)
        | DetailValue::Word(..)
        | DetailValue::Time(_)
        | DetailValue::Expiry(..)
        | DetailValue::SecretAge(_)
        | DetailValue::Changes(_)
        | DetailValue::Remark(_) => Paint::Plain,
        DetailValue::Finding(_, severity, _) => severity_paint(*severity),
    };
    let mut text = value.written(model.now);
    if let Some(tenths) = value.elapsed_tenths(model.now).filter(|_| !canvas.is_linear()) {
        text = format!("{text}  {}{}", "█".repeat(tenths), "·".repeat(10 - tenths));
    }
    let parts = value.time_line(model.now);
    if !parts.is_empty() && !canvas.is_linear() {
        let part = |is_changed: bool| if is_changed { '█' } else { '·' };
        text.push_str("  ");
        text.extend(parts.into_iter().map(part));
    }
    let lines = match value {
        DetailValue::Finding(..)
        | DetailValue::Changes(_)
        | DetailValue::Remark(_)
        | DetailValue::Nothing(_)
        | DetailValue::SecretAge(_) => canvas.wrap_words(&text, width),
        _ => canvas.wrap(&text, width),
    };
    (lines, paint)
}

fn secret(model: &Model, detail: &Detail, canvas: &Canvas<'_>) -> (String, Paint) {
    match &detail.peek {
        Peek::Open { secret, .. } => {
            let left = detail.peek.seconds_left(model.now).unwrap_or(0);
            (shown_secret(canvas, secret.expose(), left), Paint::Bold)
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
