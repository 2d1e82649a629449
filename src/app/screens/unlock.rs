//! Confirmation before writing is unlocked: the user must type the profile's name.

mod view;

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    app::{
        Effect, Model, Timer, Tone,
        lock::Lock,
        screens::{Behavior, typed},
    },
    keys::{DialogCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Dialog to unlock writing.
#[derive(Debug, Default)]
pub struct Unlock {
    /// Name typed so far.
    pub typed: Input,
    /// Error in the input.
    pub problem: Option<&'static str>,
}

impl Behavior for Unlock {
    fn scope(&self) -> KeyScope {
        KeyScope::Unlock
    }

    fn title(&self, model: &Model) -> String {
        format!("Unlock writing › {}", model.workspace.name)
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(model, self, canvas, room);
        0
    }

    fn dialog(&self) -> Option<u16> {
        Some(view::LINES)
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let name = model.workspace.name.clone();
        let Some(unlock) = model.top_mut::<Self>() else { return Vec::new() };
        if command != ScreenCommand::Dialog(DialogCommand::Submit) {
            return Vec::new();
        }
        if unlock.typed.value().trim() != name {
            unlock.problem = Some("is not the name of the profile");
            return Vec::new();
        }
        model.screens.pop();
        let minutes = model.timers.unlock;
        model.lock = Lock::open_for(minutes, model.now);
        let wait = std::time::Duration::from_secs(u64::try_from(minutes * 60).unwrap_or(0));
        let text = format!("Writing is unlocked for {minutes} minutes. Press W to lock");
        vec![Effect::After { wait, timer: Timer::Relock }, model.say(Tone::Good, &text)]
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        self.typed.handle(request);
        self.problem = None;
    }

    fn paste(&mut self, text: &str, now: Timestamp) -> Result<(), &'static str> {
        typed(self, text, now);
        Ok(())
    }
}

/// Locks writing if it is unlocked; otherwise, opens the dialog to unlock it. For a profile
/// without a write lock, only shows a notice.
pub(in crate::app) fn toggle(model: &mut Model) -> Vec<Effect> {
    match model.lock {
        Lock::None => {
            vec![model.say(
                Tone::Plain,
                "Writing is not locked: the profile is neither prod nor read_only",
            )]
        }
        lock if lock.is_open(model.now) => {
            model.lock = Lock::Locked;
            vec![model.say(Tone::Plain, "Writing is locked")]
        }
        _ => {
            model.open(Unlock::default());
            Vec::new()
        }
    }
}
