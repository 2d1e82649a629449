//! Draws an issued access token, or the login page of a login test.

use crate::{
    app::{
        Model,
        screens::{
            access_token::{AccessTokenPanel, Issued},
            detail::Peek,
            sign_in::view::page,
        },
        view::{MASK, shown_secret},
    },
    domain::age,
    ui::{Canvas, Paint, Rect},
};

const LABEL: u16 = 16;

pub fn draw(model: &Model, panel: &AccessTokenPanel, canvas: &mut Canvas<'_>, room: Rect) {
    if let Some(step) = &panel.page {
        let width = room.width - 4;
        let mut y = page(step, canvas, width, room.y);
        if let Some(password) = &panel.password {
            let user = model.me.as_ref().map(|me| me.email.clipped(40)).unwrap_or_default();
            let line = format!("Log in as {user} with this one-time password:");
            canvas.text(2, y, width, &line, Paint::Plain);
            canvas.text(2, y + 1, width, password.expose(), Paint::Bold);
            y += 3;
        }
        canvas.text(2, y, width, "Waiting for the browser, up to three minutes…", Paint::Plain);
        let note = "This test does not change the client.";
        canvas.text(2, y + 1, width, note, Paint::Dim);
        return;
    }
    let Some(issued) = panel.issued.value() else {
        canvas.text(2, room.y, room.width - 4, "Requesting a token…", Paint::Plain);
        return;
    };
    let width = room.width.saturating_sub(LABEL + 4);
    let mut rows: Vec<(String, String, Paint)> = Vec::new();
    for (label, value, paint) in lines(model, panel, issued, canvas) {
        for (index, part) in canvas.wrap(&value, width).into_iter().enumerate() {
            rows.push((if index == 0 { label.clone() } else { String::new() }, part, paint));
        }
    }
    let top = panel.top.min(rows.len().saturating_sub(usize::from(room.height)));
    for (line, (label, value, paint)) in
        rows.iter().skip(top).take(usize::from(room.height)).enumerate()
    {
        let y = room.y + line as u16;
        canvas.text(2, y, LABEL - 1, label, Paint::Dim);
        canvas.text(2 + LABEL, y, width, value, *paint);
    }
}

fn lines(
    model: &Model,
    panel: &AccessTokenPanel,
    issued: &Issued,
    canvas: &Canvas<'_>,
) -> Vec<(String, String, Paint)> {
    let mut all = Vec::new();
    let mut add =
        |label: &str, value: String, paint: Paint| all.push((label.to_owned(), value, paint));
    let token = match &panel.peek {
        Peek::Open { secret, .. } => {
            let left = panel.peek.seconds_left(model.now).unwrap_or(0);
            (shown_secret(canvas, secret.expose(), left), Paint::Bold)
        }
        Peek::Asked(_) => (format!("{MASK}  reading…"), Paint::Plain),
        Peek::Masked => {
            (format!("{MASK}  x to show, Y t to copy; kept in memory only"), Paint::Plain)
        }
    };
    add("Access token", token.0, token.1);
    match issued.expires_at {
        Some(at) if at <= model.now => {
            add("Expires", format!("{}  (expired)", age::utc(at)), Paint::Bad);
        }
        Some(at) => {
            let left = (at.as_second() - model.now.as_second()).unsigned_abs();
            // In linear mode, each step of a countdown would be read out.
            let text = if canvas.is_linear() {
                age::utc(at)
            } else {
                format!("{}  ({} left)", age::utc(at), age::precise(left))
            };
            add("Expires", text, Paint::Plain);
        }
        None => add("Expires", "not reported by the server".to_owned(), Paint::Dim),
    }
    if issued.scopes.is_empty() {
        add("Scopes", "none reported".to_owned(), Paint::Dim);
    }
    for (index, scope) in issued.scopes.iter().enumerate() {
        add(if index == 0 { "Scopes" } else { "" }, scope.shown().into_owned(), Paint::Plain);
    }
    add("Issuer", issued.issuer.shown().into_owned(), Paint::Plain);
    match &issued.claims {
        None => {
            add("Claims", "opaque token: its content cannot be decoded".to_owned(), Paint::Dim);
        }
        Some(claims) => {
            add("Signature", format!("{} (not verified)", claims.algorithm.shown()), Paint::Plain);
            for (name, value) in &claims.claims {
                add(&name.clipped(usize::from(LABEL)), value.shown().into_owned(), Paint::Plain);
            }
        }
    }
    all
}
