//! Deletion of the marked credentials, one at a time, after the user has typed the number of
//! credentials.

mod view;

use std::time::Duration;

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    api::ApiError,
    app::{
        CredentialEffect, Effect, LONGEST_WAIT, Model, Timer,
        remote::Ticket,
        screens::{Behavior, OneOf as _, ScreenSubject, typed},
        scroll::Scroll,
    },
    domain::{CredentialRef, Kind, Untrusted, cli_command::CliCommand},
    keys::{DialogCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Maximum number of IDs in the equivalent CLI command. The console shows no command for more
/// credentials.
const MOST_IDS: usize = 20;

/// Marked credential, and the state of its deletion.
#[derive(Debug)]
pub struct MarkedTarget {
    /// ID of the credential.
    pub id: Untrusted,
    /// Name of the credential.
    pub name: Untrusted,
    /// Time of last use, if reported.
    pub used: Option<Timestamp>,
    /// True if the provider reports the last use.
    pub reports_last_used: bool,
    /// Progress and result of the deletion.
    pub state: TargetState,
}

/// Progress of one deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetState {
    /// The deletion has not started.
    Waiting,
    /// The deletion is pending.
    Running,
    /// The credential was deleted, or no longer existed.
    Deleted,
    /// The credential is excluded from the run, for this reason.
    Kept(String),
    /// The deletion failed, for this reason.
    Failed(String),
}

/// Stage of the deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteStage {
    /// The user must type the number of credentials.
    Asking,
    /// Credentials are being deleted.
    Running {
        /// True if the run stops after the current credential.
        stopping: bool,
    },
    /// The run has ended.
    Done,
}

/// Deletion of the marked credentials, with the result for each.
#[derive(Debug)]
pub struct DeleteMarked {
    kind: Kind,
    ticket: Ticket,
    targets: Vec<MarkedTarget>,
    typed: Input,
    stage: DeleteStage,
    /// Wait that the server requested, in seconds.
    waits: Option<u64>,
    /// User who opened the screen; the run stops if another user signs in.
    who: Option<Untrusted>,
    /// Reason why the run ended early, if it did.
    ended: Option<String>,
    scroll: Scroll,
}

impl DeleteMarked {
    /// Returns the number of targets in a state.
    fn count(&self, is: impl Fn(&TargetState) -> bool) -> usize {
        self.targets.iter().filter(|target| is(&target.state)).count()
    }

    /// Returns the number of targets that remain to be deleted.
    fn left(&self) -> usize {
        self.count(|state| *state == TargetState::Waiting)
    }

    /// Returns true once the user has typed the number of credentials to delete.
    fn is_confirmed(&self) -> bool {
        self.left() > 0 && self.typed.value().trim() == self.left().to_string()
    }

    /// Returns a summary of the results, such as `3 deleted, 1 failed`.
    fn summary(&self) -> String {
        let deleted = self.count(|state| *state == TargetState::Deleted);
        let failed = self.count(|state| matches!(state, TargetState::Failed(_)));
        let (kept, left) = (self.count(|state| matches!(state, TargetState::Kept(_))), self.left());
        let parts = [(failed, "failed"), (kept, "kept"), (left, "not tried")];
        let parts = parts.iter().filter(|part| part.0 > 0);
        parts.fold(format!("{deleted} deleted"), |text, (count, what)| {
            format!("{text}, {count} {what}")
        })
    }
}

impl Behavior for DeleteMarked {
    fn scope(&self) -> KeyScope {
        if self.stage == DeleteStage::Done { KeyScope::Page } else { KeyScope::DeleteMarked }
    }

    fn title(&self, _: &Model) -> String {
        format!("Delete marked {}", self.kind.plural())
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(model, self, canvas, room)
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(screen) = model.top_mut::<Self>() else { return Vec::new() };
        let (count, page) = (screen.targets.len(), screen.scroll.page());
        match command {
            ScreenCommand::Move(step) => screen.scroll.go(step.rows(page), count),
            ScreenCommand::Dialog(DialogCommand::Accept)
                if screen.stage == DeleteStage::Asking && screen.is_confirmed() =>
            {
                screen.stage = DeleteStage::Running { stopping: false };
                let ticket = screen.ticket;
                return next(model, ticket);
            }
            ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => {}
        }
        Vec::new()
    }

    fn back(model: &mut Model) -> Option<Vec<Effect>> {
        let screen = model.top_mut::<Self>()?;
        let DeleteStage::Running { stopping } = &mut screen.stage else { return None };
        *stopping = true;
        let ticket = screen.ticket;
        Some(continue_after_wait(model, ticket))
    }

    fn input(&mut self) -> Option<&mut Input> {
        (self.stage == DeleteStage::Asking).then_some(&mut self.typed)
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        if self.stage == DeleteStage::Asking {
            self.typed.handle(request);
        }
    }

    fn paste(&mut self, text: &str, now: Timestamp) -> Result<(), &'static str> {
        typed(self, text, now);
        Ok(())
    }

    fn position(&self) -> Option<(usize, usize)> {
        self.scroll.position(self.targets.len())
    }

    fn fit(&mut self, rows: usize) {
        self.scroll.fit(rows.saturating_sub(view::AROUND).max(1), self.targets.len());
    }

    fn subject(&self) -> ScreenSubject<'_> {
        ScreenSubject::Nothing
    }

    fn cli_command(&self, workspace: &[&str], _: Timestamp) -> Option<CliCommand> {
        let ids: Vec<&str> = self
            .targets
            .iter()
            .filter(|target| target.state == TargetState::Waiting)
            .map(|target| target.id.raw())
            .collect();
        let fits = (1..=MOST_IDS).contains(&ids.len());
        fits.then(|| CliCommand::new(workspace, &[&["delete"], ids.as_slice()].concat()))
    }
}

/// Opens the confirmation for the marked rows of the list.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let list = model.list();
    let target = |row| {
        let shown = list.rows.get(row)?;
        let kept = match shown.owner {
            _ if shown.built_in => Some("built-in: delete it individually".to_owned()),
            Some(owner) if model.is_other(owner) => Some(format!("owned by {}", owner.clipped(40))),
            _ => None,
        };
        Some(MarkedTarget {
            id: list.rows.id(row)?,
            name: list.rows.name(row)?,
            used: shown.used,
            reports_last_used: shown.reports_last_used,
            state: kept.map_or(TargetState::Waiting, TargetState::Kept),
        })
    };
    let targets: Vec<MarkedTarget> = list.marked().into_iter().filter_map(target).collect();
    model.open(DeleteMarked {
        kind: model.kind,
        ticket,
        targets,
        typed: Input::default(),
        stage: DeleteStage::Asking,
        waits: None,
        who: model.who(),
        ended: None,
        scroll: Scroll::default(),
    });
    Vec::new()
}

/// Starts the next deletion, or ends the run.
fn next(model: &mut Model, ticket: Ticket) -> Vec<Effect> {
    let open = model.lock.is_open(model.now);
    let (quitting, who) = (model.quitting, model.who());
    let Some(screen) = run_of(model, ticket) else { return Vec::new() };
    let DeleteStage::Running { stopping } = screen.stage else { return Vec::new() };
    if !open {
        screen.ended = Some("Writing was locked. Press esc, then W to unlock".to_owned());
    }
    if screen.who != who {
        screen.ended = Some("Stopped: another user signed in".to_owned());
    }
    let may = open && !stopping && !quitting && screen.ended.is_none();
    let at = screen.targets.iter().position(|target| target.state == TargetState::Waiting);
    let Some((at, target)) =
        at.filter(|_| may).and_then(|at| Some((at, screen.targets.get_mut(at)?)))
    else {
        screen.stage = DeleteStage::Done;
        screen.waits = None;
        return Vec::new();
    };
    target.state = TargetState::Running;
    let effect = CredentialEffect::DeleteMarked {
        ticket: screen.ticket,
        of: CredentialRef::new(screen.kind, target.id.clone()),
        name: target.name.clone(),
    };
    let count = screen.targets.len();
    screen.scroll.place(at, count);
    model.writes += 1;
    vec![Effect::Credential(effect)]
}

fn run_of(model: &mut Model, ticket: Ticket) -> Option<&mut DeleteMarked> {
    model.screens.iter_mut().filter_map(DeleteMarked::of_mut).find(|it| it.ticket == ticket)
}

/// Applies the result of the running deletion.
pub(in crate::app) fn answered(
    model: &mut Model,
    ticket: Ticket,
    result: Result<(), ApiError>,
) -> Vec<Effect> {
    // An error cancels quitting, so that the user sees the error, unless a signal requested the
    // exit. A short rate limit does not cancel it, because the deletion is retried.
    let limited = matches!(result, Err(ApiError::Limited { seconds: ..=LONGEST_WAIT }));
    if result.is_err() && !limited && !model.ended {
        model.quitting = false;
    }
    if let Err(error) = &result
        && error.is_signed_out()
    {
        model.fail(error.explain("Could not delete the credential"));
    }
    let effects = applied(model, ticket, result);
    and_quit(model, effects)
}

fn and_quit(model: &Model, mut effects: Vec<Effect>) -> Vec<Effect> {
    if model.quitting && model.writes == 0 {
        effects.push(Effect::Quit);
    }
    effects
}

fn done(model: &mut Model) {
    model.writes = model.writes.saturating_sub(1);
}

fn applied(model: &mut Model, ticket: Ticket, result: Result<(), ApiError>) -> Vec<Effect> {
    let Some(screen) = run_of(model, ticket) else {
        done(model);
        return Vec::new();
    };
    let is_running = |target: &&mut MarkedTarget| target.state == TargetState::Running;
    let Some(target) = screen.targets.iter_mut().find(is_running) else {
        done(model);
        return Vec::new();
    };
    match result {
        Ok(()) | Err(ApiError::NotFound { .. }) => {
            target.state = TargetState::Deleted;
            let (kind, id) = (screen.kind, target.id.clone());
            model.remove_row(kind, &id);
        }
        Err(ApiError::Limited { seconds: seconds @ ..=LONGEST_WAIT }) => {
            target.state = TargetState::Waiting;
            // The run continues after the wait, so it still counts as a pending write.
            screen.waits = Some(seconds);
            let wait = Duration::from_secs(seconds.max(1));
            return vec![Effect::After { wait, timer: Timer::DeleteNext(ticket) }];
        }
        Err(error) => {
            let why = error.sentence();
            // These errors concern only this credential. After any other error, the next deletion
            // would fail too.
            let about_it = matches!(
                error,
                ApiError::Changed
                    | ApiError::Conflict { .. }
                    | ApiError::Forbidden { .. }
                    | ApiError::Invalid { .. }
            );
            if !about_it {
                screen.ended = Some(format!("Stopped: {why}"));
            }
            target.state = TargetState::Failed(match error {
                ApiError::Changed => "changed since it was listed".to_owned(),
                _ if error.is_uncertain() => format!("unknown whether it was deleted: {why}"),
                _ => why,
            });
        }
    }
    done(model);
    next(model, ticket)
}

/// Continues the run after the wait that the server requested, or ends the run if the user stops it
/// during the wait.
pub(in crate::app) fn continue_after_wait(model: &mut Model, ticket: Ticket) -> Vec<Effect> {
    let Some(screen) = run_of(model, ticket) else { return Vec::new() };
    if screen.waits.take().is_none() {
        return Vec::new();
    }
    done(model);
    let effects = next(model, ticket);
    and_quit(model, effects)
}
