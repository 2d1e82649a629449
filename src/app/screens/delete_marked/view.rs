//! Draws the deletion of the marked credentials.

use crate::{
    app::{
        Model,
        screens::delete_marked::{DeleteMarked, DeleteStage, MarkedTarget, TargetState},
        view::thousands,
    },
    domain::age,
    ui::{Canvas, Paint, Rect},
};

/// Number of lines above and below the rows.
pub const AROUND: usize = 7;

/// Width of the column for the last use, in terminal columns.
const USED: u16 = 18;

/// Draws the screen. Returns the number of rows built.
pub fn draw(model: &Model, screen: &DeleteMarked, canvas: &mut Canvas<'_>, room: Rect) -> usize {
    let width = room.width.saturating_sub(4);
    let impact = format!("This cannot be undone. {}", screen.kind.deletion_impact());
    canvas.paragraph(2, room.y, width, 2, &impact, Paint::Bad);
    let height = room.height.saturating_sub(AROUND as u16).max(1);
    let top = room.y + 3;
    let rows = screen.targets.iter().enumerate().skip(screen.scroll.top);
    let mut built = 0;
    for (y, (at, target)) in (top..top + height).zip(rows) {
        if at == screen.scroll.cursor {
            canvas.text(0, y, 1, ">", Paint::Accent);
        }
        row(model, target, canvas, y, width);
        if at == screen.scroll.cursor {
            canvas.select(y);
        }
        built += 1;
    }
    below(screen, canvas, top + height + 1, width);
    built
}

fn row(model: &Model, target: &MarkedTarget, canvas: &mut Canvas<'_>, y: u16, width: u16) {
    let used = match (target.used, target.reports_last_used) {
        (Some(at), _) if age::ago(model.now, at) == "now" => "used just now".to_owned(),
        (Some(at), _) => format!("used {} ago", age::ago(model.now, at)),
        (None, true) => "never used".to_owned(),
        (None, false) => "last use unknown".to_owned(),
    };
    let (state, paint) = match &target.state {
        TargetState::Waiting => ("", Paint::Plain),
        TargetState::Running => ("deleting…", Paint::Plain),
        TargetState::Deleted => ("deleted", Paint::Good),
        TargetState::Kept(why) => (why.as_str(), Paint::Dim),
        TargetState::Failed(why) => (why.as_str(), Paint::Bad),
    };
    let name = width.saturating_sub(USED) / 2;
    let shown = if target.name.raw().is_empty() { &target.id } else { &target.name };
    canvas.text(2, y, name, &shown.clipped(usize::from(name)), Paint::Plain);
    canvas.text(4 + name, y, USED, &used, Paint::Plain);
    let x = 4 + name + USED;
    canvas.text(x, y, (width + 2).saturating_sub(x), state, paint);
}

fn below(screen: &DeleteMarked, canvas: &mut Canvas<'_>, y: u16, width: u16) {
    let (left, all) = (screen.left(), screen.targets.len());
    match screen.stage {
        DeleteStage::Asking if left == 0 => {
            let text = "None of the marked credentials can be deleted here.";
            canvas.text(2, y, width, text, Paint::Plain);
        }
        DeleteStage::Asking => {
            let ask = format!("Type {left} to delete {}:", if left == 1 { "it" } else { "them" });
            let asked = canvas.text(2, y, width, &ask, Paint::Plain);
            canvas.field(3 + asked, y, 10, &screen.typed, true);
            let cancel = canvas.text(2, y + 2, width, "esc  Cancel", Paint::Plain);
            let paint = if screen.is_confirmed() { Paint::Alarm } else { Paint::Dim };
            let go = format!("enter  Delete {}", thousands(left as u64));
            canvas.text(2 + cancel + 4, y + 2, width, &go, paint);
        }
        DeleteStage::Running { stopping } => {
            let done =
                screen.count(|state| !matches!(state, TargetState::Waiting | TargetState::Running));
            let line = match screen.waits {
                Some(seconds) => format!("Rate limited. Retrying in {seconds} s."),
                None => format!("{} of {} done.", thousands(done as u64), thousands(all as u64)),
            };
            canvas.text(2, y, width, &line, Paint::Plain);
            let hint = if stopping { "Stopping…" } else { "esc  Stop after this one" };
            canvas.text(2, y + 2, width, hint, Paint::Plain);
        }
        DeleteStage::Done => {
            let used = canvas.text(2, y, width, &format!("{}.", screen.summary()), Paint::Bold);
            if let Some(why) = &screen.ended {
                canvas.text(3 + used, y, width.saturating_sub(used + 1), why, Paint::Bad);
            }
            if screen.count(|state| *state != TargetState::Deleted) > 0 {
                let hint = "Credentials that were not deleted stay marked in the list.";
                canvas.text(2, y + 2, width, hint, Paint::Plain);
            }
        }
    }
}
