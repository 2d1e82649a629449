//! Draws the dialog for the passphrase of the session file.

use super::Question;
use crate::{
    app::screens::sign_in::view::secret,
    ui::{Canvas, Paint, Rect},
    vault::Ask,
};

/// Height of the dialog, in lines.
pub const LINES: u16 = 7;

pub fn draw(question: &Question, canvas: &mut Canvas<'_>, room: Rect) {
    let width = room.width.saturating_sub(4);
    let text = match question.ask {
        Ask::Existing => "Your sessions are stored in a file encrypted with a passphrase.",
        Ask::Again => "Wrong passphrase. Try again, or press esc to stay signed out.",
        Ask::New => {
            "No keyring is available. A passphrase encrypts your session in a file; leave it empty to keep the session for this run only."
        }
    };
    let mut y = room.y + canvas.paragraph(2, room.y, width, 3, text, Paint::Plain) + 1;
    let label = match (question.ask, &question.first) {
        (Ask::Existing | Ask::Again, _) => "Passphrase",
        (Ask::New, None) => "New passphrase",
        (Ask::New, Some(_)) => "Repeat passphrase",
    };
    secret(label, &question.field, canvas, width, y);
    y += 1;
    if let Some(problem) = question.problem {
        canvas.text(2, y, width, &format!("! {problem}"), Paint::Bad);
    }
}
