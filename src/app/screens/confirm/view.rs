//! Draws the confirmation of a risky action.

use crate::{
    app::{
        Model,
        screens::{
            confirm::{Confirm, ConfirmedAction, TypedName},
            rotate,
        },
    },
    domain::{Untrusted, age, credential::BUILT_IN, text},
    ui::{Canvas, Paint, Rect},
};

/// Height of the dialog, in lines.
pub const LINES: u16 = 15;

pub fn draw(model: &Model, confirm: &Confirm, canvas: &mut Canvas<'_>, room: Rect) {
    let width = room.width.saturating_sub(4);
    let it = &confirm.credential;
    let record = it.record();
    let mut y = room.y;
    canvas.text(2, y, width, &it.name().clipped(usize::from(width)), Paint::Bold);
    let id = format!("{}  {}", it.kind().id_label(), it.id().clipped(64));
    canvas.text(2, y + 1, width, &id, Paint::Plain);
    let used = match (record.last_used_at, record.reports_last_used) {
        (Some(at), _) if age::ago(model.now, at) == "now" => "used just now".to_owned(),
        (Some(at), _) => format!("last used {} ago", age::ago(model.now, at)),
        (None, true) => "never used".to_owned(),
        (None, false) => "last use not reported".to_owned(),
    };
    canvas.text(2, y + 2, width, &used, Paint::Plain);
    let space = u16::from(room.height > 10);
    y += 3;
    let known = model.known_uses.of(it).filter(|_| confirm.step == ConfirmedAction::Delete);
    if let Some(known) = known {
        y += canvas.paragraph(2, y, width, 2, &known.sentence(), Paint::Plain);
    }
    y += space;
    let built_in = if record.built_in { format!("{BUILT_IN} ") } else { String::new() };
    let impact = match confirm.step {
        ConfirmedAction::EditBuiltIn => built_in.clone(),
        ConfirmedAction::Delete => {
            let after = model.after_deletion(it.kind());
            format!("{built_in}{} {after}", it.kind().deletion_impact())
        }
        ConfirmedAction::Rotate if !confirm.to.is_empty() => {
            let to = confirm.to.iter().map(|name| text::shown(name)).collect::<Vec<_>>().join(", ");
            let previous = match confirm.keep {
                None => {
                    "The previous secret stops working immediately, before delivery.".to_owned()
                }
                Some(keep) => format!("The previous secret stays valid {}.", rotate::kept(keep)),
            };
            format!("A new secret is issued and delivered to {to}. {previous}")
        }
        ConfirmedAction::Rotate => {
            let tokens = if model
                .capabilities
                .as_ref()
                .is_some_and(|all| all.of(it.kind()).rotation_ends_tokens)
            {
                "Its access tokens stop working immediately."
            } else {
                "Access tokens already issued may work for up to 24 hours."
            };
            format!(
                "The old secret stops working immediately or after the server's grace period. Update every service that uses it. {tokens}"
            )
        }
    };
    y += canvas.paragraph(2, y, width, 3 + u16::from(record.built_in), &impact, Paint::Bad) + space;

    let word = Untrusted::from(confirm.credential.confirmation_word());
    let ask = if it.name().is_typeable() {
        "Type the name to continue:"
    } else {
        "The name cannot be typed. Type the ID:"
    };
    let asked = canvas.text(2, y, width, ask, Paint::Plain);
    canvas.text(3 + asked, y, width.saturating_sub(asked + 1), &word.shown(), Paint::Bold);
    canvas.field(2, y + 1, width.min(66), &confirm.typed, !confirm.busy);
    let (hint, paint) = match (&confirm.problem, confirm.check()) {
        (Some(problem), _) => (format!("! {problem}"), Paint::Bad),
        (None, TypedName::Empty) => (String::new(), Paint::Dim),
        (None, TypedName::Missing(rest)) => {
            (format!("missing: {:?}", rest.clipped(40)), Paint::Dim)
        }
        (None, TypedName::Differs(at)) => (format!("! differs at character {at}"), Paint::Bad),
        (None, TypedName::Right) => ("the name matches".to_owned(), Paint::Plain),
    };
    canvas.text(2, y + 2, width, &hint, paint);
    y += 3 + space;
    if confirm.busy {
        canvas.text(2, y, width, "Waiting for the server…", Paint::Plain);
        return;
    }
    let cancel = canvas.text(2, y, width, "esc  Cancel", Paint::Plain);
    let go = format!("enter  {}", confirm.step.verb());
    let paint = if confirm.check() == TypedName::Right { Paint::Alarm } else { Paint::Dim };
    canvas.text(2 + cancel + 4, y, width, &go, paint);
}
