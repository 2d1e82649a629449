//! Dialog for the passphrase of the session file. It opens when the session store requires the
//! passphrase.

mod view;

use jiff::Timestamp;
use tui_input::InputRequest;

use crate::{
    app::{
        Effect, Model, SessionEffect,
        screens::{
            Behavior,
            sign_in::{SecretField, Typed},
        },
    },
    keys::{DialogCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
    vault::Ask,
};

/// Minimum length of a new passphrase that the user types, in characters. A shorter
/// `CREDENZA_PASSPHRASE` only causes a warning.
pub const SHORTEST: usize = 8;

/// Dialog to enter a passphrase.
#[derive(Debug)]
pub struct Question {
    /// Purpose of the passphrase.
    pub ask: Ask,
    /// Field for the passphrase.
    pub field: SecretField,
    /// First of the two inputs that a new file requires.
    pub first: Option<Typed>,
    /// Error in the input.
    pub problem: Option<&'static str>,
}

impl Question {
    /// Creates the dialog with an empty field.
    #[must_use]
    pub fn new(ask: Ask) -> Self {
        Self { ask, field: SecretField::default(), first: None, problem: None }
    }

    /// Handles the enter key. Returns `None` while more input is required, and `Some(None)` if the
    /// user entered no passphrase.
    pub fn submit(&mut self) -> Option<Option<Typed>> {
        self.problem = None;
        let typed = self.field.take();
        let length = |typed: &Typed| typed.copy().expose().chars().count();
        let long_enough = typed.as_ref().is_some_and(|typed| length(typed) >= SHORTEST);
        match (self.ask, typed, self.first.take()) {
            (Ask::Existing | Ask::Again, typed, _) => Some(typed),
            (Ask::New, None, None) => Some(None),
            (Ask::New, Some(_), None) if !long_enough => {
                self.problem = Some("needs at least 8 characters");
                None
            }
            (Ask::New, Some(typed), None) => {
                self.first = Some(typed);
                None
            }
            (Ask::New, again, Some(first)) => {
                if again.is_some_and(|again| again.copy().expose() == first.copy().expose()) {
                    return Some(Some(first));
                }
                self.problem = Some("does not match. Type the new passphrase again");
                None
            }
        }
    }
}

impl Behavior for Question {
    fn scope(&self) -> KeyScope {
        KeyScope::Passphrase
    }

    fn title(&self, _: &Model) -> String {
        "Passphrase for your sessions".to_owned()
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, canvas, room);
        0
    }

    fn dialog(&self) -> Option<u16> {
        Some(view::LINES)
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(question) = model.top_mut::<Self>() else { return Vec::new() };
        if command != ScreenCommand::Dialog(DialogCommand::Submit) {
            return Vec::new();
        }
        match question.submit() {
            Some(typed) => {
                model.screens.pop();
                vec![Effect::Session(SessionEffect::Passphrase(typed))]
            }
            None => Vec::new(),
        }
    }

    fn closed(self, _: &mut Model) -> Vec<Effect> {
        // The session store waits for a response. `None` means no passphrase.
        vec![Effect::Session(SessionEffect::Passphrase(None))]
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        self.field.handle(request);
    }

    fn paste(&mut self, text: &str, _: Timestamp) -> Result<(), &'static str> {
        self.field.paste(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types a text and submits the dialog. Returns the passphrase, or `?` if the dialog requires
    /// more input.
    fn answer(question: &mut Question, text: &str) -> String {
        text.chars().for_each(|c| question.field.push(c));
        match question.submit() {
            None => "?".to_owned(),
            Some(typed) => typed.map(|it| it.copy().expose().to_owned()).unwrap_or_default(),
        }
    }

    #[test]
    fn a_new_passphrase_is_typed_twice_and_an_old_one_once() {
        let mut old = Question::new(Ask::Existing);
        assert_eq!(answer(&mut old, "short"), "short");
        let mut new = Question::new(Ask::New);
        assert_eq!(answer(&mut new, "short"), "?");
        assert_eq!(new.problem, Some("needs at least 8 characters"));
        assert_eq!(answer(&mut new, "long enough"), "?");
        assert_eq!(answer(&mut new, "long enouhg"), "?");
        assert!(new.problem.is_some());
        assert_eq!(answer(&mut new, "long enough"), "?");
        assert_eq!(answer(&mut new, "long enough"), "long enough");
        assert_eq!(answer(&mut Question::new(Ask::New), ""), "");
    }
}
