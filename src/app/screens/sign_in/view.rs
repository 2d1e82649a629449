//! Draws the sign-in: choice of a method, secret input, and waiting for a browser.

use crate::{
    app::{
        Model,
        screens::sign_in::{SecretField, SignIn, SignInStage},
    },
    auth::{device::Visit, sign_in::SignInStep},
    domain::{age, profile::Method, text},
    ui::{Canvas, Click, Paint, Rect},
};

/// Minimum number of terminal columns that a QR code leaves for the text and its margins.
const BESIDE_CODE: u16 = 36;

pub fn draw(model: &Model, sign_in: &SignIn, canvas: &mut Canvas<'_>, room: Rect) {
    let mut width = room.width.saturating_sub(4);
    let mut y = room.y;
    if let SignInStage::Waiting { step: Some(SignInStep::Visit(visit)), .. } = &sign_in.stage {
        width -= code(visit, canvas, room);
    }
    if let Some(profile) = &model.workspace.profile {
        // The configured address lets the user recognize a lookalike of the server.
        let line = text::shown(&profile.base_url).into_owned();
        canvas.text(2, y, width, &line, Paint::Dim);
        y += 1;
    }
    if let (Some(reason), SignInStage::Choosing) = (&sign_in.reason, &sign_in.stage) {
        y += canvas.paragraph(2, y, width, 2, reason, Paint::Plain);
        if model.screens.len() > 1 {
            canvas.text(2, y, width, "Open screens keep their input.", Paint::Dim);
            y += 1;
        }
    }
    y += u16::from(room.height > 14);
    match &sign_in.stage {
        SignInStage::Choosing => ways(sign_in, canvas, room, y),
        SignInStage::Typing(field) => {
            if let Some(step) = &sign_in.page {
                y = page(step, canvas, width, y);
            }
            let (label, hint) = match sign_in.way() {
                Method::Machine => ("Client secret", "Client secret of the profile's M2M client."),
                Method::Paste => (
                    "Address",
                    "Sign in there. When the browser fails to load a page, paste its address here.",
                ),
                _ => ("Access token", "An existing token."),
            };
            y += canvas.paragraph(2, y, width, 2, hint, Paint::Plain);
            secret(label, field, canvas, width, y);
            if let Some(problem) = &sign_in.problem {
                canvas.paragraph(2, y + 1, width, 3, &format!("! {problem}"), Paint::Bad);
            }
        }
        SignInStage::Waiting { step, .. } => {
            if let Some(step) = step {
                y = page(step, canvas, width, y);
            }
            let line = match step {
                None => "Contacting the issuer…",
                Some(SignInStep::Browse { .. }) => "Waiting for the browser, up to three minutes…",
                Some(SignInStep::Visit(_)) => "Waiting for your approval in the browser…",
            };
            canvas.text(2, y, width, line, Paint::Plain);
        }
    }
}

/// Draws a field for a secret, which shows only its length.
pub(in crate::app) fn secret(
    label: &str,
    field: &SecretField,
    canvas: &mut Canvas<'_>,
    width: u16,
    y: u16,
) {
    let x = 2 + canvas.text(2, y, width, label, Paint::Bold) + 2;
    let shown = match field.count() {
        0 => "paste or type; not shown".to_owned(),
        1 => "1 character, not shown".to_owned(),
        many => format!("{many} characters, not shown"),
    };
    let paint = if field.count() == 0 { Paint::Dim } else { Paint::Field };
    canvas.text(x, y, width.saturating_sub(x), &shown, paint);
    canvas.put_cursor(x, y);
}

/// Draws a QR code of the address on the right, if there is room and the canvas supports Unicode.
/// Returns the number of columns that the code and its margins occupy; 0 if it is not drawn.
fn code(visit: &Visit, canvas: &mut Canvas<'_>, room: Rect) -> u16 {
    let Some(lines) = visit.qr_code().filter(|_| canvas.draws_blocks()) else { return 0 };
    let width = lines.first().map_or(0, |line| canvas.width(line));
    if room.width < width + BESIDE_CODE || usize::from(room.height) < lines.len() {
        return 0;
    }
    let x = room.right() - width - 1;
    for (y, line) in (room.y..).zip(&lines) {
        canvas.text(x, y, width, line, Paint::Code);
    }
    width + 2
}

fn ways(sign_in: &SignIn, canvas: &mut Canvas<'_>, room: Rect, mut y: u16) {
    let roomy = room.height > 12;
    let width = room.width.saturating_sub(8);
    for (index, way) in sign_in.ways.iter().enumerate() {
        let selected = index == sign_in.cursor;
        if y >= room.bottom() {
            return;
        }
        if selected {
            canvas.text(1, y, 1, ">", Paint::Accent);
            canvas.put_cursor(1, y);
        }
        let paint = if selected { Paint::Bold } else { Paint::Plain };
        canvas.text(3, y, width, way.title(), paint);
        canvas.respond_row(y, Click::Row(index));
        y += 1;
        if (roomy || selected) && y < room.bottom() {
            canvas.text(6, y, width, way.when_to_use(), Paint::Dim);
            canvas.respond_row(y, Click::Row(index));
            y += 1;
        }
    }
}

/// Draws an address as a link, on at most `height` lines. Returns the number of lines.
fn address(canvas: &mut Canvas<'_>, y: u16, (width, height): (u16, u16), url: &str) -> u16 {
    let shown = text::shown(url);
    let lines = canvas.wrapped(2, y, width, height, &shown, Paint::Bold);
    let width = canvas.width(&shown).min(width);
    canvas.link(Rect { x: 2, y, width, height: lines }, url);
    lines
}

/// Draws the address to open and, for the device flow, the user code and its expiry. Returns the
/// next free line.
pub(in crate::app) fn page(
    step: &SignInStep,
    canvas: &mut Canvas<'_>,
    width: u16,
    mut y: u16,
) -> u16 {
    match step {
        SignInStep::Browse { url, opened } => {
            let line = if *opened {
                "Opened your browser. If nothing happened, open this:"
            } else {
                "Open this in a browser:"
            };
            canvas.text(2, y, width, line, Paint::Plain);
            y += 1;
            y += address(canvas, y, (width, 8), url);
        }
        SignInStep::Visit(visit) => {
            canvas.text(2, y, width, "Open this in any browser:", Paint::Plain);
            y += 1;
            y += address(canvas, y, (width, 4), visit.page().raw());
            let user_code = visit.user_code.clipped(32);
            let (mut x, used) = (2, canvas.text(2, y, width, visit.prompt(), Paint::Plain));
            // The code must not be truncated. If it does not fit after the prompt, it is drawn on
            // the next line.
            if used + canvas.width(&user_code) > width {
                y += 1;
            } else {
                x += used;
            }
            canvas.text(x, y, width, &user_code, Paint::Accent);
            y += 1;
            let ends = format!("The code expires at {}.", age::utc(visit.ends));
            canvas.text(2, y, width, &ends, Paint::Dim);
            y += 1;
        }
    }
    y + 1
}
