//! Confirmation of a risky action: the user must type the exact name of the credential, or its ID
//! if the name cannot be typed.

mod view;

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    api::ApiError,
    app::{
        CredentialEffect, Effect, KeepPrevious, Model,
        screens::{
            Behavior,
            form::Form,
            rotate::{self, RotationForm},
            rotations, typed, unlock,
        },
    },
    domain::{
        Credential, Untrusted,
        cli_command::{self, CliCommand},
    },
    keys::{DialogCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Action to confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmedAction {
    /// Delete the credential.
    Delete,
    /// Rotate the secret of the credential.
    Rotate,
    /// Open the edit form of a built-in client.
    EditBuiltIn,
}

impl ConfirmedAction {
    /// Returns the verb of the action, for titles and key labels.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Rotate => "Rotate secret",
            Self::EditBuiltIn => "Edit",
        }
    }
}

/// Confirmation dialog, with the name typed so far.
#[derive(Debug)]
pub struct Confirm {
    /// Action to confirm.
    pub step: ConfirmedAction,
    /// Credential as last read; the action applies to this version.
    pub credential: Credential,
    /// Name typed so far.
    pub typed: Input,
    /// Message below the field, for example about a change of the credential by another user.
    pub problem: Option<String>,
    /// True while the action is running.
    pub busy: bool,
    /// Destinations of the new secret of a rotation. If the list is empty, the console shows the
    /// secret.
    pub to: Vec<String>,
    /// Time for which the previous secret stays valid after the delivery of the new secret; `None`
    /// if the server revokes the previous secret immediately. Ignored without a destination.
    pub keep: Option<KeepPrevious>,
}

/// Result of comparing the typed name with the required one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedName {
    /// Nothing is typed.
    Empty,
    /// Start of the required name. Contains the characters that are still missing.
    Missing(Untrusted),
    /// Different from the required name. Contains the position of the first wrong character,
    /// starting at 1.
    Differs(usize),
    /// Exact match.
    Right,
}

impl Confirm {
    /// Creates the dialog for an action, with an empty field.
    #[must_use]
    pub fn new(step: ConfirmedAction, credential: Credential) -> Self {
        Self {
            step,
            credential,
            typed: Input::default(),
            problem: None,
            busy: false,
            to: Vec::new(),
            keep: None,
        }
    }

    /// Compares the typed text with the name, or with the ID if the name cannot be typed.
    #[must_use]
    pub fn check(&self) -> TypedName {
        let (typed, wanted) = (self.typed.value(), self.credential.confirmation_word());
        if typed == wanted {
            return TypedName::Right;
        }
        match wanted.strip_prefix(typed) {
            _ if typed.is_empty() => TypedName::Empty,
            Some(rest) => TypedName::Missing(rest.into()),
            None => {
                let pairs = typed.chars().zip(wanted.chars());
                TypedName::Differs(1 + pairs.take_while(|(a, b)| a == b).count())
            }
        }
    }
}

impl Behavior for Confirm {
    fn scope(&self) -> KeyScope {
        KeyScope::Confirm
    }

    fn title(&self, _: &Model) -> String {
        match self.step {
            ConfirmedAction::Rotate => {
                format!("Rotate the secret of the {}", self.credential.kind())
            }
            ConfirmedAction::Delete | ConfirmedAction::EditBuiltIn => {
                format!("{} {}", self.step.verb(), self.credential.kind())
            }
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(model, self, canvas, room);
        0
    }

    fn dialog(&self) -> Option<u16> {
        Some(view::LINES)
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let open = model.lock.is_open(model.now);
        let Some(confirm) = model.top_mut::<Self>() else { return Vec::new() };
        if confirm.busy {
            return Vec::new();
        }
        if command != ScreenCommand::Dialog(DialogCommand::Accept) {
            return Vec::new();
        }
        // The line below the field already shows the difference.
        if confirm.check() != TypedName::Right {
            return Vec::new();
        }
        if !open {
            return unlock::toggle(model);
        }
        let kind = confirm.credential.kind();
        let of = confirm.credential.reference();
        let version = confirm.credential.record().version.clone();
        let write = match confirm.step {
            ConfirmedAction::Delete => Effect::Credential(CredentialEffect::Delete { of, version }),
            ConfirmedAction::Rotate if !confirm.to.is_empty() => {
                let (to, keep) = (std::mem::take(&mut confirm.to), confirm.keep);
                let name = confirm.credential.name().clone();
                model.screens.pop();
                // The form with the rotation plan is the screen under this dialog.
                if model.top_as::<RotationForm>().is_some() {
                    model.screens.pop();
                }
                return rotations::start(model, of, &name, to, keep);
            }
            ConfirmedAction::Rotate => Effect::Credential(CredentialEffect::Rotate { of, version }),
            ConfirmedAction::EditBuiltIn => {
                let form = Form::edit(confirm.credential.clone(), model.form_schema(kind));
                model.screens.pop();
                model.open(form);
                return Vec::new();
            }
        };
        confirm.busy = true;
        vec![model.send(write)]
    }

    fn input(&mut self) -> Option<&mut Input> {
        (!self.busy).then_some(&mut self.typed)
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        if !self.busy {
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
        if !self.to.is_empty() {
            return Some(rotate::command(workspace, &self.credential, &self.to, self.keep));
        }
        let verb = match self.step {
            ConfirmedAction::Delete => "delete",
            ConfirmedAction::Rotate => "rotate",
            ConfirmedAction::EditBuiltIn => return None,
        };
        Some(cli_command::confirmed(workspace, verb, &self.credential))
    }
}

/// Shows the newest version of a changed credential and requires the name again, or shows the error
/// if that version could not be read.
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
            confirm.problem = Some(
                "the credential was changed. Check the values, then type the name again".into(),
            );
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
        Confirm::new(
            ConfirmedAction::Delete,
            Credential::M2m(Client { record, ..Client::default() }),
        )
    }

    #[test]
    fn a_wrong_name_says_where_it_differs() {
        let mut confirm = question();
        for (typed, check) in [
            ("", TypedName::Empty),
            ("Nightly syn", TypedName::Missing("c".into())),
            ("Nightly zync", TypedName::Differs(9)),
            ("Nightly syncs", TypedName::Differs(13)),
            ("nightly sync", TypedName::Differs(1)),
            ("Nightly sync", TypedName::Right),
        ] {
            confirm.typed = typed.into();
            assert_eq!(confirm.check(), check);
        }
    }
}
