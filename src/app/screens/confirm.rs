//! A step that cannot be undone: its name is typed, and the default button cancels.

mod view;

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    api::ApiError,
    app::{
        CredentialEffect, Effect, Model, Tone,
        screens::{Behavior, form::Form, typed, unlock},
    },
    domain::{
        Credential,
        cli_command::{self, CliCommand},
    },
    keys::{Command, Scope},
    ui::{Canvas, Rect},
};

/// Action to confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Delete it.
    Delete,
    /// Give it a new secret.
    Rotate,
    /// Open the form of a client that the server made for itself.
    EditBuiltIn,
}

impl Step {
    /// The word on the button.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Rotate => "Rotate secret",
            Self::EditBuiltIn => "Edit",
        }
    }
}

/// Focus. Enter never confirms from the name field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Focus {
    /// The field for the name.
    Name,
    /// The button that cancels.
    Cancel,
    /// The button that does it; out of reach until the name is right.
    Go,
}

/// The question and what was answered so far.
#[derive(Debug)]
pub struct Confirm {
    /// Action.
    pub step: Step,
    /// To what, as it was when the question was asked.
    pub credential: Credential,
    /// The name that was typed.
    pub typed: Input,
    /// Focus.
    pub focus: Focus,
    /// Error in the name, after Enter.
    pub problem: Option<String>,
    /// True while the action is running.
    pub busy: bool,
}

impl Confirm {
    /// Asks about a step.
    #[must_use]
    pub fn new(step: Step, credential: Credential) -> Self {
        Self {
            step,
            credential,
            typed: Input::default(),
            focus: Focus::Name,
            problem: None,
            busy: false,
        }
    }

    /// True if the typed name is right.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.typed.value() == self.credential.confirmation_word()
    }

    /// Moves the focus; the button that does it is passed over while the name is wrong.
    pub fn go(&mut self, forward: bool) {
        self.focus = match (self.focus, forward) {
            (Focus::Name, true) => Focus::Cancel,
            (Focus::Cancel, true) if self.is_right() => Focus::Go,
            (Focus::Name, false) if self.is_right() => Focus::Go,
            (Focus::Go | Focus::Name, false) => Focus::Cancel,
            (Focus::Cancel, _) | (Focus::Go, true) => Focus::Name,
        };
    }

    /// Looks at the name after Enter: the focus continues to the buttons, or the problem is named.
    pub fn check(&mut self) {
        if self.is_right() {
            self.problem = None;
            self.focus = Focus::Cancel;
            return;
        }
        let typed = self.typed.value();
        let same = typed
            .chars()
            .zip(self.credential.confirmation_word().chars())
            .take_while(|(a, b)| a == b)
            .count();
        self.problem = Some(if typed.is_empty() {
            "type the name to continue".to_owned()
        } else if same == typed.chars().count() {
            "the name is incomplete".to_owned()
        } else {
            format!("differs at character {}", same + 1)
        });
    }
}

impl Behavior for Confirm {
    fn scope(&self) -> Scope {
        Scope::Confirm
    }

    fn title(&self, _: &Model) -> String {
        format!("{} › {}", self.step.verb(), self.credential.name().clipped(50))
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(model, self, canvas, room);
        0
    }

    fn run(model: &mut Model, command: Command) -> Vec<Effect> {
        let open = model.lock.is_open(model.now);
        let Some(confirm) = model.top_mut::<Self>() else { return Vec::new() };
        if confirm.busy {
            return Vec::new();
        }
        match (command, confirm.focus) {
            (Command::NextField, _) => confirm.go(true),
            (Command::PreviousField, _) => confirm.go(false),
            (Command::Accept, Focus::Name) => confirm.check(),
            (Command::Accept, Focus::Cancel) => {
                model.screens.pop();
                return vec![model.say(Tone::Plain, "Cancelled; no changes were made")];
            }
            (Command::Accept, Focus::Go) if confirm.is_right() && !open => {
                return unlock::toggle(model);
            }
            (Command::Accept, Focus::Go) if confirm.is_right() => {
                let kind = confirm.credential.kind();
                let record = confirm.credential.record();
                let (id, version) = (record.id.clone(), record.version.clone());
                let write = match confirm.step {
                    Step::Delete => {
                        Effect::Credential(CredentialEffect::Delete { kind, id, version })
                    }
                    Step::Rotate => {
                        Effect::Credential(CredentialEffect::Rotate { kind, id, version })
                    }
                    Step::EditBuiltIn => {
                        let form = Form::edit(confirm.credential.clone(), model.means(kind));
                        model.screens.pop();
                        model.open(form);
                        return Vec::new();
                    }
                };
                confirm.busy = true;
                return vec![model.send(write)];
            }
            _ => {}
        }
        Vec::new()
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        if self.focus == Focus::Name && !self.busy {
            self.typed.handle(request);
            self.problem = None;
        }
    }

    fn paste(&mut self, text: &str, now: Timestamp) -> Result<(), &'static str> {
        typed(self, text, now);
        Ok(())
    }

    fn is_waiting(&self) -> bool {
        self.busy
    }

    fn cli_command(&self, workspace: &[&str], _: Timestamp) -> Option<CliCommand> {
        let verb = match self.step {
            Step::Delete => "delete",
            Step::Rotate => "rotate",
            Step::EditBuiltIn => return None,
        };
        Some(cli_command::confirmed(workspace, verb, &self.credential))
    }
}

/// Takes the newest version of a credential that had changed, and asks again.
pub(in crate::app) fn newest(
    model: &mut Model,
    result: Result<Credential, ApiError>,
) -> Vec<Effect> {
    let Some(confirm) = model.screens_of::<Confirm>().next_back() else { return Vec::new() };
    confirm.busy = false;
    match result {
        Ok(credential) => {
            confirm.credential = credential;
            confirm.typed.reset();
            confirm.focus = Focus::Name;
            confirm.problem =
                Some("it was changed in the meantime. Check it again, then type the name".into());
        }
        Err(error) => model.fail(error.explain("Could not read the newest version")),
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Client, credential::Record};

    fn question() -> Confirm {
        let record = Record { name: "Nightly sync".into(), ..Record::default() };
        Confirm::new(Step::Delete, Credential::M2m(Client { record, ..Client::default() }))
    }

    #[test]
    fn the_button_is_out_of_reach_until_the_name_is_right() {
        let mut confirm = question();
        confirm.go(true);
        confirm.go(true);
        assert_eq!(confirm.focus, Focus::Name, "round past the button");
        confirm.typed = "Nightly sync".into();
        confirm.check();
        assert_eq!(confirm.focus, Focus::Cancel, "the default is to cancel");
        confirm.go(true);
        assert_eq!(confirm.focus, Focus::Go);
    }

    #[test]
    fn a_wrong_name_says_where_it_differs() {
        let mut confirm = question();
        for (typed, said) in [
            ("", "type the name to continue"),
            ("Nightly", "the name is incomplete"),
            ("Nightly zync", "differs at character 9"),
        ] {
            confirm.typed = typed.into();
            confirm.check();
            assert_eq!(confirm.problem.as_deref(), Some(said));
            assert_eq!(confirm.focus, Focus::Name);
        }
    }
}
