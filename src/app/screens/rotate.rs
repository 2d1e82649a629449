//! Plan of a rotation: the destinations that get the new secret, and the time for which the previous
//! one stays valid. Without a destination, the console shows the new secret itself.

mod view;

use jiff::Timestamp;

use crate::{
    app::{
        Effect, KeepPrevious, Model,
        screens::{
            Behavior, Screen, ScreenSubject,
            confirm::{Confirm, ConfirmedAction},
        },
    },
    domain::{Credential, Kind, cli_command::CliCommand, destination::Destination},
    keys::{DialogCommand, EntryCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Plan of the rotation of one client.
#[derive(Debug)]
pub struct RotationForm {
    /// Client, as last read.
    pub credential: Credential,
    /// Configured destinations for this client; true if the destination gets the new secret.
    pub destinations: Vec<(Destination, bool)>,
    /// Time for which the previous secret stays valid; `None` if the server invalidates it
    /// immediately.
    pub keep: Option<KeepPrevious>,
    /// Row under the cursor: a destination, or the line about the previous secret.
    cursor: usize,
}

impl RotationForm {
    fn rows(&self) -> usize {
        self.destinations.len() + usize::from(self.keep.is_some())
    }

    fn cursor(&self) -> usize {
        self.cursor.min(self.rows().saturating_sub(1))
    }

    /// Returns the names of the chosen destinations.
    fn chosen(&self) -> Vec<String> {
        let chosen = self.destinations.iter().filter(|(_, is_chosen)| *is_chosen);
        chosen.map(|(destination, _)| destination.name.clone()).collect()
    }

    fn toggle(&mut self) {
        let cursor = self.cursor();
        match self.destinations.get_mut(cursor) {
            Some((_, is_chosen)) => *is_chosen = !*is_chosen,
            None => self.keep = self.keep.map(KeepPrevious::next),
        }
    }
}

/// Returns the screen that starts a rotation: the plan if the new secret can be delivered to a
/// configured destination, or else the confirmation.
pub(in crate::app) fn screen(model: &Model, credential: Credential) -> Screen {
    let places = model.facts.destinations.iter();
    let of_client = |it: &Destination| it.of_client(credential.id().raw()).ok();
    let destinations: Vec<_> = places.filter_map(of_client).map(|it| (it, false)).collect();
    let abilities = model.capabilities.as_ref().map(|all| all.of(credential.kind()));
    let is_usable = credential.kind() != Kind::Spa && !model.workspace.is_demo();
    match abilities {
        Some(abilities) if is_usable && !destinations.is_empty() => {
            let keeps = abilities.keeps_previous_secret(&credential);
            let keep = keeps.then_some(KeepPrevious::UntilFinished);
            RotationForm { credential, destinations, keep, cursor: 0 }.into()
        }
        _ => Confirm::new(ConfirmedAction::Rotate, credential).into(),
    }
}

impl Behavior for RotationForm {
    fn scope(&self) -> KeyScope {
        KeyScope::RotationPlan
    }

    fn title(&self, _: &Model) -> String {
        format!("{} › Rotate the secret", self.credential.name().clipped(50))
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, canvas, room);
        0
    }

    fn point(&mut self, row: usize, _: Timestamp) {
        self.cursor = row;
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(form) = model.top_mut::<Self>() else { return Vec::new() };
        match command {
            ScreenCommand::Move(step) if step.is_down() => {
                form.cursor = (form.cursor() + 1).min(form.rows().saturating_sub(1));
            }
            ScreenCommand::Move(_) => form.cursor = form.cursor().saturating_sub(1),
            ScreenCommand::Entry(EntryCommand::ToggleDestination) => form.toggle(),
            ScreenCommand::Dialog(DialogCommand::Accept) => {
                let mut confirm = Confirm::new(ConfirmedAction::Rotate, form.credential.clone());
                confirm.to = form.chosen();
                confirm.keep = form.keep;
                model.open(confirm);
            }
            ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => {}
        }
        Vec::new()
    }

    fn subject(&self) -> ScreenSubject<'_> {
        ScreenSubject::Credential {
            kind: self.credential.kind(),
            id: self.credential.id(),
            name: self.credential.name(),
            owner: None,
            is_read: true,
        }
    }

    fn cli_command(&self, workspace: &[&str], _: Timestamp) -> Option<CliCommand> {
        Some(command(workspace, &self.credential, &self.chosen(), self.keep))
    }
}

/// Returns the command that starts the same rotation.
pub(in crate::app) fn command(
    workspace: &[&str],
    client: &Credential,
    to: &[String],
    keep: Option<KeepPrevious>,
) -> CliCommand {
    let mut words = vec!["rotate", client.id().raw()];
    words.extend(to.iter().flat_map(|name| ["--to", name]));
    match keep {
        _ if to.is_empty() => {}
        None => words.push("--replace"),
        Some(keep) => words.extend(keep.overlap().into_iter().flat_map(|it| ["--overlap", it])),
    }
    CliCommand::new(workspace, &words)
}

/// Returns the end of a sentence about the time for which the previous secret is valid.
pub(in crate::app) fn kept(keep: KeepPrevious) -> String {
    match keep.days() {
        None => "until you finish the rotation".to_owned(),
        Some(1) => "for 1 day".to_owned(),
        Some(days) => format!("for {days} days"),
    }
}
