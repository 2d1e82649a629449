//! Rotations of the profile that are in progress on this machine, and the steps of the running
//! rotation.

mod view;

use jiff::Timestamp;

use crate::{
    app::{
        Effect, KeepPrevious, LocalError, Model, OpenRotation, RotationEffect, RotationMsg,
        RotationStep, Tone,
        remote::Ticket,
        screens::{
            Behavior,
            page::{PageLine, TextPage},
            unlock,
        },
    },
    domain::{CredentialRef, Untrusted, cli_command::CliCommand},
    keys::{Command, EntryCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Label of a page's first line; further lines have a blank label, which indents them.
const STEPS: &str = "steps";

/// List of the rotations in progress.
#[derive(Debug)]
pub struct Rotations {
    /// Rotations, or the error; `None` while they are read.
    listed: Option<Result<Vec<OpenRotation>, LocalError>>,
    /// Ticket of the last request for the rotations.
    ticket: Ticket,
    cursor: usize,
    /// Action whose key was pressed, and the ID of its rotation. Pressing the key again runs the
    /// action.
    armed: Option<(RotationStep, String)>,
}

impl Rotations {
    fn all(&self) -> &[OpenRotation] {
        match &self.listed {
            Some(Ok(rotations)) => rotations,
            _ => &[],
        }
    }

    fn cursor(&self) -> usize {
        self.cursor.min(self.all().len().saturating_sub(1))
    }
}

impl Behavior for Rotations {
    fn scope(&self) -> KeyScope {
        KeyScope::Rotations
    }

    fn title(&self, _: &Model) -> String {
        "Rotations".to_owned()
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, model.now, canvas, room)
    }

    fn point(&mut self, row: usize, _: Timestamp) {
        self.cursor = row;
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(screen) = model.top_mut::<Self>() else { return Vec::new() };
        let armed = screen.armed.take();
        let (cursor, count) = (screen.cursor(), screen.all().len());
        let step = match command {
            ScreenCommand::Move(step) => {
                screen.cursor = if step.is_down() {
                    (cursor + 1).min(count.saturating_sub(1))
                } else {
                    cursor.saturating_sub(1)
                };
                return Vec::new();
            }
            ScreenCommand::Entry(EntryCommand::ResumeRotation) => RotationStep::Resume,
            ScreenCommand::Entry(EntryCommand::FinishRotation) => RotationStep::Finish,
            ScreenCommand::Entry(EntryCommand::AbortRotation) => RotationStep::Abort,
            ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => return Vec::new(),
        };
        let Some(rotation) = screen.all().get(cursor).cloned() else { return Vec::new() };
        let Some((_, effect)) = rotation.next.iter().find(|(possible, _)| *possible == step) else {
            let text = format!("Not possible now: {}", rotation.progress);
            return vec![model.say(Tone::Refused, &text)];
        };
        if step != RotationStep::Resume && armed != Some((step, rotation.id.clone())) {
            screen.armed = Some((step, rotation.id.clone()));
            let key = model.keymap.key_of(KeyScope::Rotations, Command::Screen(command));
            let text = format!("Pressing {key} again {effect}. Any other key cancels");
            return vec![model.say(Tone::Plain, &text)];
        }
        if !model.lock.is_open(model.now) {
            return unlock::toggle(model);
        }
        let ticket = model.ticket();
        let title = format!("{} › {}", rotation.name.clipped(50), step.title());
        model.open(steps_page(title, "Reading the rotation…", ticket));
        model.writes += 1;
        vec![Effect::Rotation(RotationEffect::Continue { ticket, id: rotation.id, step })]
    }

    fn cli_command(&self, _: &[&str], _: Timestamp) -> Option<CliCommand> {
        Some(CliCommand::new(&[], &["rotate", "status"]))
    }
}

/// Opens the list of the profile's rotations.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    if model.workspace.is_demo() {
        let text = "Not available in demo mode: nothing is saved";
        return vec![model.say(Tone::Refused, text)];
    }
    let ticket = model.ticket();
    model.open(Rotations { listed: None, ticket, cursor: 0, armed: None });
    vec![read(model, ticket)]
}

/// Starts a rotation that delivers the new secret, and opens the page with its steps.
pub(in crate::app) fn start(
    model: &mut Model,
    of: CredentialRef,
    name: &Untrusted,
    to: Vec<String>,
    keep: Option<KeepPrevious>,
) -> Vec<Effect> {
    let ticket = model.ticket();
    let title = format!("{} › Rotate the secret", name.clipped(50));
    model.open(steps_page(title, "Checking the destinations…", ticket));
    model.writes += 1;
    vec![Effect::Rotation(RotationEffect::Start { ticket, of, to, keep })]
}

/// Returns the page on which the steps of a rotation appear.
fn steps_page(title: String, first: &str, ticket: Ticket) -> TextPage {
    let lines = vec![PageLine::new(STEPS, first.to_owned())];
    let mut page = TextPage::new(title, lines, &["rotate", "status"]);
    page.ticket = Some(ticket);
    page
}

/// Returns the effect that reads the rotations, for their count in the header; `None` in the demo.
pub(in crate::app) fn count(model: &mut Model) -> Option<Effect> {
    let ticket = model.ticket();
    (!model.workspace.is_demo()).then(|| read(model, ticket))
}

fn read(model: &Model, ticket: Ticket) -> Effect {
    let profile = model.workspace.name.clone();
    Effect::Rotation(RotationEffect::Read { ticket, profile })
}

pub(in crate::app) fn answered(model: &mut Model, msg: RotationMsg) -> Vec<Effect> {
    match msg {
        RotationMsg::Read { ticket, profile, result } => {
            if profile != model.workspace.name {
                return Vec::new();
            }
            if let Ok(rotations) = &result {
                model.rotations = rotations.len();
            }
            if let Some(screen) = model.screens_of::<Rotations>().find(|it| it.ticket == ticket) {
                screen.listed = Some(result);
            }
            Vec::new()
        }
        RotationMsg::Step { ticket, text } => {
            if let Some(page) = steps(model, ticket) {
                add(page, text);
            }
            Vec::new()
        }
        RotationMsg::Ended { ticket, result } => ended(model, ticket, result),
    }
}

/// Shows the result on the page of the rotation, or as a notice if the page was closed. Then reads
/// the rotations again and, after success, the list. If the user requested to quit, the console
/// quits after the last pending write, unless the rotation failed. After a signal, the console
/// quits even if the rotation failed.
fn ended(model: &mut Model, ticket: Ticket, result: Result<String, String>) -> Vec<Effect> {
    model.writes = model.writes.saturating_sub(1);
    if model.quitting && result.is_err() && !model.ended {
        model.quitting = false;
    }
    let mut effects = Vec::new();
    if model.quitting && model.writes == 0 {
        effects.push(Effect::Quit);
    }
    if result.is_ok() {
        effects.extend(model.reload(model.scope, model.kind));
    }
    let (tone, text) = match result {
        Ok(text) => (Tone::Good, text),
        Err(text) => (Tone::Refused, text),
    };
    match steps(model, ticket) {
        Some(page) => {
            page.ticket = None;
            add(page, String::new());
            text.lines().for_each(|line| add(page, line.to_owned()));
        }
        None => effects.push(model.say(tone, text.lines().next().unwrap_or_default())),
    }
    let ticket = model.ticket();
    if let Some(screen) = model.screens_of::<Rotations>().next_back() {
        screen.ticket = ticket;
    }
    effects.push(read(model, ticket));
    effects
}

fn steps(model: &mut Model, ticket: Ticket) -> Option<&mut TextPage> {
    model.screens_of::<TextPage>().find(|page| page.ticket == Some(ticket))
}

/// Adds a line, and scrolls to it if the end was visible.
fn add(page: &mut TextPage, text: String) {
    let was_at_end = page.top + page.height >= page.lines.len();
    page.lines.push(PageLine::new(" ", text));
    if was_at_end {
        page.top = page.lines.len().saturating_sub(page.height);
    }
}
