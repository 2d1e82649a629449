//! Draws the change of the marked credentials.

use crate::{
    app::{
        screens::marked::{MarkedRun, MarkedStage, MarkedTarget, MarkedVerb, TargetState},
        view::thousands,
    },
    ui::{Canvas, Paint, Rect},
};

/// Number of lines above and below the rows, without the lines about the row under the cursor.
pub const AROUND: usize = 7;

/// Minimum height of the screen, in lines, to show more than one line about the row under the
/// cursor.
pub const ROOMY: usize = 16;

/// Width of the column beside the name, in terminal columns.
const ABOUT: u16 = 18;

/// Draws the screen. Returns the number of rows built.
pub fn draw(screen: &MarkedRun, canvas: &mut Canvas<'_>, room: Rect) -> usize {
    let width = room.width.saturating_sub(4);
    let paint = if screen.verb == MarkedVerb::Delete { Paint::Bad } else { Paint::Bold };
    canvas.paragraph(2, room.y, width, 2, &screen.about, paint);
    let height = room.height.saturating_sub(screen.around(usize::from(room.height)) as u16).max(1);
    let top = room.y + 3;
    let rows = screen.targets.iter().enumerate().skip(screen.scroll.top);
    let mut built = 0;
    for (y, (at, target)) in (top..top + height).zip(rows) {
        if at == screen.scroll.cursor {
            canvas.text(0, y, 1, ">", Paint::Accent);
        }
        row(screen, target, canvas, y, width);
        if at == screen.scroll.cursor {
            canvas.select(y);
        }
        built += 1;
    }
    let (y, height) = (top + height + 1, screen.preview_lines(usize::from(room.height)) as u16);
    if let Some(target) = screen.targets.get(screen.scroll.cursor) {
        match target.state.reason() {
            Some(why) => {
                canvas.paragraph(2, y, width, height, why, Paint::Plain);
            }
            None => {
                let shown = usize::from(height);
                let more = target.preview.len().saturating_sub(shown);
                for (place, (y, line)) in (y..y + height).zip(&target.preview).enumerate() {
                    let mut room = width;
                    if more > 0 && place + 1 == shown {
                        let text = format!("  … and {more} more");
                        let used = canvas.width(&text);
                        room = room.saturating_sub(used);
                        canvas.text(2 + room, y, used, &text, Paint::Bold);
                    }
                    canvas.text(2, y, room, line, Paint::Plain);
                }
            }
        }
    }
    let preview = if height > 0 { height + 1 } else { 0 };
    below(screen, canvas, y + preview, width);
    built
}

fn row(screen: &MarkedRun, target: &MarkedTarget, canvas: &mut Canvas<'_>, y: u16, width: u16) {
    let [_, running, past] = screen.verb.forms();
    let running = format!("{running}…");
    let (state, paint) = match &target.state {
        TargetState::Unplanned | TargetState::Waiting => ("", Paint::Plain),
        TargetState::Running => (running.as_str(), Paint::Plain),
        TargetState::Done => (past, Paint::Good),
        TargetState::Unchanged => ("unchanged", Paint::Dim),
        TargetState::Kept(why) => (why.as_str(), Paint::Dim),
        TargetState::Failed(why) => (why.as_str(), Paint::Bad),
    };
    let name = width.saturating_sub(ABOUT) / 2;
    let shown = if target.name.raw().is_empty() { &target.id } else { &target.name };
    canvas.text(2, y, name, &shown.clipped(usize::from(name)), Paint::Plain);
    canvas.text(4 + name, y, ABOUT, &target.about, Paint::Plain);
    let x = 4 + name + ABOUT + 1;
    let used = canvas.text(x, y, (width + 2).saturating_sub(x), state, paint);
    if let Some(members) = &target.side_effects {
        let text = format!("; the server also changed {members}");
        canvas.text(x + used, y, (width + 2).saturating_sub(x + used), &text, Paint::Warning);
    }
}

fn below(screen: &MarkedRun, canvas: &mut Canvas<'_>, y: u16, width: u16) {
    let (left, all) = (screen.left(), screen.targets.len());
    let [verb, running, past] = screen.verb.forms();
    match screen.stage {
        MarkedStage::Planning => {
            let planned = screen.count(|state| *state != TargetState::Unplanned);
            let text = match screen.waits {
                Some(seconds) => format!("Rate limited. Retrying in {seconds} s."),
                None if canvas.is_linear() => "Reading the current values.".to_owned(),
                None => format!(
                    "Reading the current values: {} of {}.",
                    thousands(planned as u64),
                    thousands(all as u64)
                ),
            };
            canvas.text(2, y, width, &text, Paint::Plain);
            canvas.text(2, y + 2, width, "esc  Cancel", Paint::Plain);
        }
        MarkedStage::Asking if left == 0 => {
            let text = if screen.count(|state| *state != TargetState::Unchanged) == 0 {
                "All marked credentials already have this value.".to_owned()
            } else {
                format!("None of the marked credentials can be {past} here.")
            };
            canvas.text(2, y, width, &text, Paint::Plain);
        }
        MarkedStage::Asking => {
            let ask = format!("Type {left} to {verb} {}:", if left == 1 { "it" } else { "them" });
            let asked = canvas.text(2, y, width, &ask, Paint::Plain);
            canvas.field(3 + asked, y, 10, &screen.typed, true);
            let cancel = canvas.text(2, y + 2, width, "esc  Cancel", Paint::Plain);
            let paint = match (screen.is_confirmed(), screen.verb) {
                (false, _) => Paint::Dim,
                (true, MarkedVerb::Delete) => Paint::Alarm,
                (true, MarkedVerb::Change | MarkedVerb::Fix) => Paint::Bold,
            };
            let verb = match screen.verb {
                MarkedVerb::Delete => "Delete",
                MarkedVerb::Change => "Change",
                MarkedVerb::Fix => "Fix",
            };
            let go = format!("enter  {verb} {}", thousands(left as u64));
            canvas.text(2 + cancel + 4, y + 2, width, &go, paint);
        }
        MarkedStage::Running { stopping } => {
            let done =
                screen.count(|state| !matches!(state, TargetState::Waiting | TargetState::Running));
            let line = match screen.waits {
                Some(seconds) => format!("Rate limited. Retrying in {seconds} s."),
                None if canvas.is_linear() => format!("{running}…"),
                None => format!("{} of {} done.", thousands(done as u64), thousands(all as u64)),
            };
            canvas.text(2, y, width, &line, Paint::Plain);
            let hint = if stopping { "Stopping…" } else { "esc  Stop after this one" };
            canvas.text(2, y + 2, width, hint, Paint::Plain);
        }
        MarkedStage::Done => {
            let used = canvas.text(2, y, width, &format!("{}.", screen.summary()), Paint::Bold);
            if let Some(why) = &screen.ended {
                canvas.text(3 + used, y, width.saturating_sub(used + 1), why, Paint::Bad);
            }
            let settled = [TargetState::Done, TargetState::Unchanged];
            if screen.count(|state| !settled.contains(state)) > 0 {
                let hint = "Credentials that failed, were kept or were not tried stay marked.";
                canvas.text(2, y + 2, width, hint, Paint::Plain);
            }
        }
    }
}
