//! Run that changes the marked credentials one at a time, after the user has typed the number of
//! credentials to confirm.

mod change;
mod view;

use std::{fmt::Write as _, time::Duration};

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    api::{ApiError, Scope},
    app::{
        CredentialEffect, Effect, LONGEST_WAIT, Model, Timer,
        answers::writes,
        remote::Ticket,
        screens::{Behavior, OneOf as _, ScreenSubject, once::Cause, typed},
        scroll::Scroll,
    },
    domain::{
        Credential, CredentialRef, Draft, Kind, Untrusted, Visibility, age,
        audit::{
            Finding,
            fix::{all_fixed, is_safe},
        },
        cli_command::CliCommand,
    },
    keys::{DialogCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};
pub use change::{MarkedChange, MarkedPlan, MarkedResult};

/// Maximum number of IDs in the equivalent CLI command. The console shows no command for more
/// credentials.
const MOST_IDS: usize = 20;

/// Reason why a run ended after another user signed in.
const OTHER_USER: &str = "Stopped: another user signed in";

/// Marked credential, its change, and the progress of the change.
#[derive(Debug)]
pub struct MarkedTarget {
    kind: Kind,
    id: Untrusted,
    name: Untrusted,
    /// Text beside the name, such as the last use or the findings to fix.
    about: String,
    /// Lines that describe the change, if they are known before it is made.
    preview: Vec<String>,
    change: MarkedChange,
    state: TargetState,
    /// Members that the server changed in addition to the requested members.
    side_effects: Option<String>,
}

/// Progress of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetState {
    /// The change is not planned yet.
    Unplanned,
    /// The change is ready to start.
    Waiting,
    /// The change is pending.
    Running,
    /// The credential was changed or deleted. A credential to delete may already have been missing.
    Done,
    /// The credential already had the new values.
    Unchanged,
    /// The credential is excluded from the run, for this reason.
    Kept(String),
    /// The change failed, for this reason.
    Failed(String),
}

impl TargetState {
    /// Returns the reason why the credential was not changed.
    fn reason(&self) -> Option<&str> {
        match self {
            Self::Kept(why) | Self::Failed(why) => Some(why),
            Self::Unplanned | Self::Waiting | Self::Running | Self::Done | Self::Unchanged => None,
        }
    }
}

/// Stage of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkedStage {
    /// The credentials are read to plan their changes.
    Planning,
    /// The user must type the number of credentials.
    Asking,
    /// Credentials are being changed.
    Running {
        /// True if the run stops after the current credential.
        stopping: bool,
    },
    /// The run has ended.
    Done,
}

/// Kind of a run. Determines the verb in the texts of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkedVerb {
    /// The credentials are deleted.
    Delete,
    /// One field of each credential is edited.
    Change,
    /// The fixes of findings are applied.
    Fix,
}

impl MarkedVerb {
    /// Returns the infinitive, the present participle and the past participle.
    const fn forms(self) -> [&'static str; 3] {
        match self {
            Self::Delete => ["delete", "deleting", "deleted"],
            Self::Change => ["change", "changing", "changed"],
            Self::Fix => ["fix", "fixing", "fixed"],
        }
    }
}

/// Run over the marked credentials, with the result for each.
#[derive(Debug)]
pub struct MarkedRun {
    verb: MarkedVerb,
    title: String,
    /// Sentence about the change, shown before the confirmation.
    about: String,
    ticket: Ticket,
    targets: Vec<MarkedTarget>,
    typed: Input,
    stage: MarkedStage,
    /// Wait that the server requested, in seconds.
    waits: Option<u64>,
    /// User who opened the screen; the run stops if another user signs in.
    who: Option<Untrusted>,
    /// Reason why the run ended early, if it did.
    ended: Option<String>,
    scroll: Scroll,
}

impl MarkedRun {
    /// Returns the number of targets in a state.
    fn count(&self, is: impl Fn(&TargetState) -> bool) -> usize {
        self.targets.iter().filter(|target| is(&target.state)).count()
    }

    /// Returns the number of targets that remain to be changed.
    fn left(&self) -> usize {
        self.count(|state| matches!(state, TargetState::Unplanned | TargetState::Waiting))
    }

    /// Returns the number of credentials that are excluded or whose change has started, and the
    /// total number; `None` if the run is not changing credentials.
    pub fn progress(&self) -> Option<(usize, usize)> {
        let MarkedStage::Running { .. } = self.stage else { return None };
        Some((self.targets.len() - self.left(), self.targets.len()))
    }

    /// Returns true once the user has typed the number of credentials to change.
    fn is_confirmed(&self) -> bool {
        self.left() > 0 && self.typed.value().trim() == self.left().to_string()
    }

    /// Returns true if lines below the rows describe the row under the cursor.
    fn previews(&self) -> bool {
        let has_more =
            |target: &MarkedTarget| !target.preview.is_empty() || target.state.reason().is_some();
        self.targets.iter().any(has_more)
    }

    /// Returns the number of lines that describe the row under the cursor, on a screen with this
    /// number of lines.
    fn preview_lines(&self, lines: usize) -> usize {
        match (self.previews(), lines < view::ROOMY) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => 3,
        }
    }

    /// Returns the number of lines above and below the rows.
    fn around(&self, lines: usize) -> usize {
        let preview = self.preview_lines(lines);
        view::AROUND + if preview > 0 { preview + 1 } else { 0 }
    }

    /// Returns a summary of the results, such as `3 deleted, 1 failed`.
    fn summary(&self) -> String {
        let [_, _, past] = self.verb.forms();
        let parts = [
            (self.count(|state| *state == TargetState::Unchanged), "unchanged"),
            (self.count(|state| matches!(state, TargetState::Failed(_))), "failed"),
            (self.count(|state| matches!(state, TargetState::Kept(_))), "kept"),
            (self.left(), "not tried"),
        ];
        let done = self.count(|state| *state == TargetState::Done);
        let parts = parts.iter().filter(|part| part.0 > 0);
        parts
            .fold(format!("{done} {past}"), |text, (count, what)| format!("{text}, {count} {what}"))
    }
}

impl Behavior for MarkedRun {
    fn scope(&self) -> KeyScope {
        if self.stage == MarkedStage::Done { KeyScope::Page } else { KeyScope::Marked }
    }

    fn title(&self, _: &Model) -> String {
        self.title.clone()
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, canvas, room)
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(screen) = model.top_mut::<Self>() else { return Vec::new() };
        let (count, page) = (screen.targets.len(), screen.scroll.page());
        match command {
            ScreenCommand::Move(step) => screen.scroll.go(step.rows(page), count),
            ScreenCommand::Dialog(DialogCommand::Accept)
                if screen.stage == MarkedStage::Asking && screen.is_confirmed() =>
            {
                screen.stage = MarkedStage::Running { stopping: false };
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
        let MarkedStage::Running { stopping } = &mut screen.stage else { return None };
        *stopping = true;
        let ticket = screen.ticket;
        Some(continue_after_wait(model, ticket))
    }

    fn input(&mut self) -> Option<&mut Input> {
        (self.stage == MarkedStage::Asking).then_some(&mut self.typed)
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        if self.stage == MarkedStage::Asking {
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
        self.scroll.fit(rows.saturating_sub(self.around(rows)).max(1), self.targets.len());
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
        let fits = self.verb == MarkedVerb::Delete && (1..=MOST_IDS).contains(&ids.len());
        fits.then(|| CliCommand::new(workspace, &[&["delete"], ids.as_slice()].concat()))
    }
}

/// Opens the confirmation to delete the marked rows of the list.
pub(in crate::app) fn delete(model: &mut Model) -> Vec<Effect> {
    let title = format!("Delete marked {}", model.kind.plural());
    let about = format!("{} {}", model.after_deletion(model.kind), model.kind.deletion_impact());
    let targets = targets(model, &MarkedChange::Delete);
    open(model, MarkedVerb::Delete, title, about, targets);
    Vec::new()
}

/// Opens the confirmation to make one change to the marked rows of the list. `about` describes the
/// change.
pub(in crate::app) fn edit(model: &mut Model, change: &MarkedChange, about: String) -> Vec<Effect> {
    let title = format!("Change marked {}", model.kind.plural());
    let mut targets = targets(model, change);
    for target in targets.iter_mut().filter(|target| target.state == TargetState::Waiting) {
        target.state = TargetState::Unplanned;
    }
    let ticket = open(model, MarkedVerb::Change, title, about, targets);
    plan_next(model, ticket)
}

/// Opens the confirmation to fix findings, grouped by credential. `unfixable` is the number of
/// marked findings without an automatic fix.
pub(in crate::app) fn fix(
    model: &mut Model,
    findings: Vec<(Credential, Vec<Finding>)>,
    unfixable: usize,
) -> Vec<Effect> {
    let all = findings.iter().flat_map(|(_, findings)| findings);
    let unsafe_fixes = all.filter(|finding| !is_safe(finding)).count();
    let target = |(credential, findings): (Credential, Vec<Finding>)| {
        let record = credential.record();
        let (kind, owner) = (credential.kind(), record.owner.as_ref().map(|owner| &owner.email));
        let shape = model.capabilities.as_ref().map(|all| all.of(kind).shape);
        let (_, fixed) = all_fixed(Draft::of(&credential), &findings);
        let change = MarkedChange::Fix(findings, shape.unwrap_or_default());
        let kept = model.kept(&change, kind, owner, record.built_in);
        MarkedTarget {
            kind,
            id: credential.id().clone(),
            name: credential.name().clone(),
            about: fixed.join(", "),
            preview: Vec::new(),
            change,
            state: kept.map_or(TargetState::Unplanned, TargetState::Kept),
            side_effects: None,
        }
    };
    let targets = findings.into_iter().map(target).collect();
    let mut about = String::new();
    for (count, what) in [
        (unsafe_fixes, "Fixes that change which URLs are accepted"),
        (unfixable, "Findings without an automatic fix"),
    ] {
        if count > 0 {
            let gap = if about.is_empty() { "" } else { " " };
            let _ = write!(about, "{gap}{what}: {count}.");
        }
    }
    let ticket = open(model, MarkedVerb::Fix, "Fix marked findings".to_owned(), about, targets);
    plan_next(model, ticket)
}

impl Model {
    /// Returns the reason why a credential is excluded from a run; `None` if the run includes it.
    fn kept(
        &self,
        change: &MarkedChange,
        kind: Kind,
        owner: Option<&Untrusted>,
        built_in: bool,
    ) -> Option<String> {
        let deletes = *change == MarkedChange::Delete;
        let abilities = self.capabilities.as_ref().map(|all| all.of(kind));
        let refusal =
            abilities.and_then(|of| if deletes { &of.delete } else { &of.edit }.refusal());
        match owner {
            _ if refusal.is_some() => refusal.map(|why| why.clipped(80)),
            _ if built_in && deletes => Some("Built-in: delete it individually.".to_owned()),
            _ if built_in => Some("Built-in: edit it individually.".to_owned()),
            Some(owner) if self.is_other(owner) => Some(format!("Owned by {}.", owner.clipped(40))),
            _ if !deletes && abilities.is_some_and(|of| of.edit_rotates) => {
                Some("An edit issues a new secret: edit it individually.".to_owned())
            }
            _ => None,
        }
    }
}

/// Returns the marked rows of the list with their change.
fn targets(model: &Model, change: &MarkedChange) -> Vec<MarkedTarget> {
    let list = model.list();
    let target = |row| {
        let shown = list.rows.get(row)?;
        let kept = model.kept(change, model.kind, shown.owner, shown.built_in);
        Some(MarkedTarget {
            kind: model.kind,
            id: list.rows.id(row)?,
            name: list.rows.name(row)?,
            about: used(model.now, shown.used, shown.reports_last_used),
            preview: Vec::new(),
            change: change.clone(),
            state: kept.map_or(TargetState::Waiting, TargetState::Kept),
            side_effects: None,
        })
    };
    list.marked().into_iter().filter_map(target).collect()
}

fn used(now: Timestamp, used: Option<Timestamp>, reports_last_used: bool) -> String {
    match (used, reports_last_used) {
        (Some(at), _) if age::ago(now, at) == "now" => "used just now".to_owned(),
        (Some(at), _) => format!("used {} ago", age::ago(now, at)),
        (None, true) => "never used".to_owned(),
        (None, false) => "last use unknown".to_owned(),
    }
}

fn open(
    model: &mut Model,
    verb: MarkedVerb,
    title: String,
    about: String,
    targets: Vec<MarkedTarget>,
) -> Ticket {
    let (ticket, who) = (model.ticket(), model.who());
    model.open(MarkedRun {
        verb,
        title,
        about,
        ticket,
        targets,
        typed: Input::default(),
        stage: MarkedStage::Asking,
        waits: None,
        who,
        ended: None,
        scroll: Scroll::default(),
    });
    ticket
}

/// Reads the next credential whose change is not planned, or asks for the confirmation. Ends the
/// run if another user has signed in.
fn plan_next(model: &mut Model, ticket: Ticket) -> Vec<Effect> {
    let who = model.who();
    let Some(screen) = run_of(model, ticket) else { return Vec::new() };
    if screen.who != who {
        screen.ended = Some(OTHER_USER.to_owned());
        screen.stage = MarkedStage::Done;
        return Vec::new();
    }
    let next = screen.targets.iter().find(|target| target.state == TargetState::Unplanned);
    let Some(target) = next else {
        screen.stage = MarkedStage::Asking;
        return Vec::new();
    };
    screen.stage = MarkedStage::Planning;
    vec![Effect::Credential(CredentialEffect::PlanMarked {
        ticket,
        of: CredentialRef::new(target.kind, target.id.clone()),
        name: target.name.clone(),
        change: target.change.clone(),
    })]
}

/// Continues planning after a sign-in. The sign-in discards the response to the pending read.
pub(in crate::app) fn resume_planning(model: &mut Model) -> Vec<Effect> {
    let mut runs = model.screens.iter().filter_map(MarkedRun::of);
    let ticket = runs.find(|run| run.stage == MarkedStage::Planning).map(|run| run.ticket);
    ticket.map(|ticket| plan_next(model, ticket)).unwrap_or_default()
}

/// Returns true for an error that concerns only one credential. After any other error, the next
/// request would fail too.
const fn concerns_one(error: &ApiError) -> bool {
    matches!(
        error,
        ApiError::Changed
            | ApiError::Conflict { .. }
            | ApiError::Forbidden { .. }
            | ApiError::Invalid { .. }
            | ApiError::Local { .. }
            | ApiError::NotFound { .. }
    )
}

/// Applies the plan of a change, and plans the next change. A rate limit or a required sign-in
/// delays the run. Any other error that concerns more than this credential ends the run.
pub(in crate::app) fn planned(
    model: &mut Model,
    ticket: Ticket,
    result: Result<MarkedPlan, ApiError>,
) -> Vec<Effect> {
    let signs_in = model.workspace.profile.is_some();
    let Some(screen) = run_of(model, ticket) else { return Vec::new() };
    let is_next = |target: &&mut MarkedTarget| target.state == TargetState::Unplanned;
    let Some(target) = screen.targets.iter_mut().find(is_next) else { return Vec::new() };
    target.state = match result {
        Ok(MarkedPlan::Change(lines)) => {
            target.preview = lines;
            TargetState::Waiting
        }
        Ok(MarkedPlan::Unchanged) => TargetState::Unchanged,
        Ok(MarkedPlan::Refused(why)) => TargetState::Kept(why),
        Err(ApiError::Limited { seconds: seconds @ ..=LONGEST_WAIT }) => {
            screen.waits = Some(seconds);
            let wait = Duration::from_secs(seconds.max(1));
            return vec![Effect::After { wait, timer: Timer::NextMarked(ticket) }];
        }
        Err(ApiError::Changed) => TargetState::Kept("Changed since it was listed.".to_owned()),
        Err(error) if concerns_one(&error) => TargetState::Kept(error.sentence()),
        // The sign-in screen opens, and planning continues after the sign-in.
        Err(error) if error.is_signed_out() && signs_in => return Vec::new(),
        Err(error) => {
            screen.ended = Some(format!("Stopped: {}", error.sentence()));
            screen.stage = MarkedStage::Done;
            return Vec::new();
        }
    };
    plan_next(model, ticket)
}

/// Starts the next change, or ends the run.
fn next(model: &mut Model, ticket: Ticket) -> Vec<Effect> {
    let open = model.lock.is_open(model.now);
    let (quitting, who) = (model.quitting, model.who());
    let Some(screen) = run_of(model, ticket) else { return Vec::new() };
    let MarkedStage::Running { stopping } = screen.stage else { return Vec::new() };
    if !open {
        screen.ended = Some("Writing was locked. Press esc, then W to unlock".to_owned());
    }
    if screen.who != who {
        screen.ended = Some(OTHER_USER.to_owned());
    }
    let may = open && !stopping && !quitting && screen.ended.is_none();
    let at = screen.targets.iter().position(|target| target.state == TargetState::Waiting);
    let Some((at, target)) =
        at.filter(|_| may).and_then(|at| Some((at, screen.targets.get_mut(at)?)))
    else {
        screen.stage = MarkedStage::Done;
        screen.waits = None;
        // The audit runs only once, at the end. An audit after each change would restart an audit
        // that is still running.
        let mut effects = model.audit_again();
        effects.extend(model.load());
        return effects;
    };
    target.state = TargetState::Running;
    let effect = CredentialEffect::ChangeMarked {
        ticket: screen.ticket,
        of: CredentialRef::new(target.kind, target.id.clone()),
        name: target.name.clone(),
        change: target.change.clone(),
    };
    let count = screen.targets.len();
    screen.scroll.place(at, count);
    model.writes += 1;
    vec![Effect::Credential(effect)]
}

fn run_of(model: &mut Model, ticket: Ticket) -> Option<&mut MarkedRun> {
    model.screens.iter_mut().filter_map(MarkedRun::of_mut).find(|it| it.ticket == ticket)
}

/// Applies the result of the running change.
pub(in crate::app) fn answered(
    model: &mut Model,
    ticket: Ticket,
    result: Result<MarkedResult, ApiError>,
) -> Vec<Effect> {
    // Unless a signal requested the exit, an error cancels quitting, so that the user sees the
    // error. A short rate limit does not cancel quitting, because the change is retried.
    let limited = matches!(result, Err(ApiError::Limited { seconds: ..=LONGEST_WAIT }));
    if result.is_err() && !limited && !model.ended {
        model.quitting = false;
    }
    if let Err(error) = &result
        && error.is_signed_out()
    {
        let verb = run_of(model, ticket).map_or(MarkedVerb::Change, |screen| screen.verb);
        let [verb, ..] = verb.forms();
        model.fail(error.explain(&format!("Could not {verb} the credential")));
    }
    let effects = applied(model, ticket, result);
    and_quit(model, effects)
}

fn and_quit(model: &mut Model, mut effects: Vec<Effect>) -> Vec<Effect> {
    effects.extend(writes::stay_for_secret(model));
    if model.quitting && model.writes == 0 {
        effects.push(Effect::Quit);
    }
    effects
}

fn done(model: &mut Model) {
    model.writes = model.writes.saturating_sub(1);
}

fn applied(
    model: &mut Model,
    ticket: Ticket,
    result: Result<MarkedResult, ApiError>,
) -> Vec<Effect> {
    let Some(screen) = run_of(model, ticket) else {
        done(model);
        return Vec::new();
    };
    let is_running = |target: &&mut MarkedTarget| target.state == TargetState::Running;
    let Some(target) = screen.targets.iter_mut().find(is_running) else {
        done(model);
        return Vec::new();
    };
    let deletes = target.change == MarkedChange::Delete;
    let (kind, id) = (target.kind, target.id.clone());
    match result {
        Ok(MarkedResult::Deleted) => {
            target.state = TargetState::Done;
            model.remove_row(kind, &id);
        }
        Err(ApiError::NotFound { .. }) if deletes => {
            target.state = TargetState::Done;
            model.remove_row(kind, &id);
        }
        Ok(MarkedResult::Changed(saved, ignored)) => {
            let side_effects = &saved.side_effects;
            target.side_effects =
                (!side_effects.is_empty()).then(|| Untrusted::list(side_effects, 5));
            target.state = if ignored.is_empty() {
                TargetState::Done
            } else {
                TargetState::Failed(format!("The server ignored {}.", ignored.join(", ")))
            };
            let is_done = target.state == TargetState::Done;
            let unmarks = is_done && screen.verb == MarkedVerb::Change;
            changed(model, &saved.credential);
            if unmarks {
                unmark(model, kind, &id);
            }
            if saved.secret {
                writes::once(model, &saved.credential, true, Cause::Edited);
                if let Some(screen) = run_of(model, ticket) {
                    screen.ended = Some("Stopped: the server issued a new secret".to_owned());
                }
            }
        }
        Ok(MarkedResult::Unchanged) => {
            target.state = TargetState::Unchanged;
            if screen.verb == MarkedVerb::Change {
                unmark(model, kind, &id);
            }
        }
        Err(error @ ApiError::NotFound { .. }) => {
            target.state = TargetState::Failed(error.sentence());
            model.remove_row(kind, &id);
        }
        Err(ApiError::Limited { seconds: seconds @ ..=LONGEST_WAIT }) => {
            target.state = TargetState::Waiting;
            // The change is retried after the wait, so it still counts as a pending write.
            screen.waits = Some(seconds);
            let wait = Duration::from_secs(seconds.max(1));
            return vec![Effect::After { wait, timer: Timer::NextMarked(ticket) }];
        }
        Err(error) => {
            let why = error.sentence();
            if !concerns_one(&error) {
                screen.ended = Some(format!("Stopped: {why}"));
            }
            target.state = TargetState::Failed(match error {
                ApiError::Changed => "Changed since it was listed.".to_owned(),
                _ if error.is_uncertain() => {
                    let [_, _, past] = screen.verb.forms();
                    format!("Unknown whether it was {past}: {why}")
                }
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
    if screen.stage == MarkedStage::Planning {
        return plan_next(model, ticket);
    }
    done(model);
    let effects = next(model, ticket);
    and_quit(model, effects)
}

/// Updates the rows of a changed credential. Removes its row from the organization's list if the
/// credential is private.
fn changed(model: &mut Model, credential: &Credential) {
    let (kind, auditor) = (credential.kind(), model.auditor.clone());
    let shared = credential.record().visibility == Visibility::Organization;
    for scope in [Scope::Mine, Scope::Organization] {
        let list = model.list_of_mut(scope, kind);
        if scope == Scope::Organization && !shared {
            list.remove(credential.id());
        } else {
            list.update(credential, &auditor);
        }
    }
}

fn unmark(model: &mut Model, kind: Kind, id: &Untrusted) {
    for scope in [Scope::Mine, Scope::Organization] {
        model.list_of_mut(scope, kind).marks.remove(id);
    }
}
