//! Form to create or edit a credential: fields, focus, validation and review of an edit.

mod text;
mod view;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    api::ApiError,
    app::{
        CredentialEffect, Effect, Model, Tone,
        auditor::Auditor,
        screens::{Behavior, unlock},
    },
    domain::{
        Credential, CredentialRef, Draft, FieldProblem, Kind, Untrusted, age,
        audit::{Finding, Severity, fix},
        cli_command::{self, CliCommand},
        draft::{self, Change, Field as Id, FieldRules, FieldValue, Fields, Merge},
        grants, urls,
    },
    keys::{Command, DialogCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

pub mod field;

pub use field::{Control, FocusTarget, FormField};

/// Purpose of a form: creation or edit.
#[derive(Debug)]
pub enum Purpose {
    /// Create a credential.
    Create,
    /// Edit a credential.
    Edit(Box<Original>),
}

/// Credential and draft before an edit.
#[derive(Debug)]
pub struct Original {
    /// Credential as it was read.
    pub credential: Credential,
    /// Draft without changes.
    pub draft: Draft,
}

/// Number of rows by which page up and page down move the focus.
const PAGE: isize = 10;

/// State of a form, from editing to saving.
#[derive(Debug)]
pub enum FormStage {
    /// The fields can be edited.
    Editing,
    /// The user reviews the changes before they are saved.
    Review(Vec<Change>),
    /// A save is pending.
    Saving,
    /// The user is asked whether to discard the input.
    Discard,
    /// The version that another user saved is being read.
    ReadingTheirs,
    /// The user resolves conflicts with the version of another user.
    Conflict(Box<Conflict>),
}

/// Conflict between two edits of one credential.
#[derive(Debug)]
pub struct Conflict {
    /// Version that the other user saved.
    pub theirs: Credential,
    /// Merge of both edits, and the fields that both changed.
    pub merge: Merge,
    /// For each conflict, true to keep this user's value.
    pub mine: Vec<bool>,
    /// Index of the conflict under the cursor.
    pub cursor: usize,
}

/// Fields of a form, and the rules for their values.
#[derive(Debug, Clone)]
pub struct FormSchema {
    /// APIs that a token can be issued for.
    pub apis: Vec<Untrusted>,
    /// Fields and their rules.
    pub shape: FieldRules,
    /// Fields that cannot be changed after creation.
    pub fixed: Fields,
    /// True if every edit issues a new secret.
    pub edit_rotates: bool,
}

/// Form to create or edit a credential.
#[derive(Debug)]
pub struct Form {
    /// Kind of the credential.
    pub kind: Kind,
    /// Purpose: creation or edit.
    pub purpose: Purpose,
    /// Fields of this provider, and their rules.
    pub means: FormSchema,
    /// Fields, from top to bottom.
    pub fields: Vec<FormField>,
    /// Index of the focused position in [`Form::stops`].
    pub focus: usize,
    /// Index of the first visible line.
    pub top: usize,
    /// Current stage.
    pub stage: FormStage,
    /// Errors of the visited fields and errors from the server, in the order of the fields.
    pub problems: Vec<FieldProblem>,
    /// Findings in the input: field, entry, severity and message.
    findings: Vec<(Id, Option<usize>, Severity, String)>,
    /// Draft that was audited last.
    audited: Option<Draft>,
    /// Errors reported by the server. Editing a field removes the errors of that field.
    refused: Vec<FieldProblem>,
    /// Derived URLs that were filled into each list when default URLs were turned off.
    seeded: HashMap<Id, Vec<String>>,
    /// Visited fields; other fields show no errors yet.
    visited: HashMap<Id, bool>,
    /// Draft that the form started from. Values that have no form field are taken from this draft.
    base: Draft,
    /// Draft of the unedited form, to detect changes.
    pristine: Draft,
    /// Edited text that could not be parsed. Opened again so that the user can correct it.
    rejected: Option<String>,
    /// Draft that was sent last to create the credential.
    pub sent: Option<Draft>,
    /// Idempotency key of the last attempt to create the credential, unique in this run of the
    /// console, so that the attempt can be repeated safely.
    pub attempt: u64,
    /// True if the response to the last attempt was lost.
    pub uncertain: bool,
}

impl Form {
    /// Creates a form for a new credential, with default values.
    #[must_use]
    pub fn create(kind: Kind, means: FormSchema) -> Self {
        Self::new(Draft::new(kind), Purpose::Create, means)
    }

    /// Creates a form for a new credential with the values of `credential`, and `(copy)` in the
    /// name.
    #[must_use]
    pub fn create_like(credential: &Credential, means: FormSchema) -> Self {
        let mut draft = Draft::of(credential);
        let name = format!("{} (copy)", draft.name());
        draft.set(Id::Name, FieldValue::Line(name));
        Self::new(draft, Purpose::Create, means)
    }

    /// Turns an edit of a deleted credential into the creation of another credential with the same
    /// values.
    pub fn create_again(&mut self, now: Timestamp) {
        let draft = self.draft(now);
        let pristine = Draft::new(self.kind);
        *self = Self { pristine, ..Self::new(draft, Purpose::Create, self.means.clone()) };
    }

    /// Creates a form to edit a credential.
    #[must_use]
    pub fn edit(credential: Credential, means: FormSchema) -> Self {
        let draft = Draft::of(&credential);
        let original = Original { credential, draft: draft.clone() };
        Self::new(draft, Purpose::Edit(Box::new(original)), means)
    }

    fn new(mut draft: Draft, purpose: Purpose, means: FormSchema) -> Self {
        let creating = matches!(purpose, Purpose::Create);
        if !means.shape.fields.has(Id::UseDefaultUrls) {
            draft.set(Id::UseDefaultUrls, FieldValue::Switch(false));
        }
        let mut form = Self {
            kind: draft.kind(),
            purpose,
            fields: field::fields(&draft, &means, creating),
            means,
            focus: 0,
            top: 0,
            stage: FormStage::Editing,
            problems: Vec::new(),
            findings: Vec::new(),
            audited: None,
            refused: Vec::new(),
            seeded: HashMap::new(),
            visited: HashMap::new(),
            pristine: draft.clone(),
            base: draft,
            rejected: None,
            sent: None,
            attempt: 0,
            uncertain: false,
        };
        form.pristine = form.draft(Timestamp::UNIX_EPOCH);
        form
    }

    /// True if the input differs from the input of the unedited form.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.draft(Timestamp::UNIX_EPOCH) != self.pristine
    }

    /// Returns the draft that the input describes. An expiry such as `90d` starts at `now`. An
    /// empty or invalid expiry yields a token that does not expire.
    #[must_use]
    pub fn draft(&self, now: Timestamp) -> Draft {
        // Values that have no form field stay unchanged.
        let mut draft = self.base.clone();
        for field in &self.fields {
            let value = match &field.control {
                Control::Line(_) => FieldValue::Line(field.line()),
                Control::Switch(..) => FieldValue::Switch(field.is_on()),
                Control::Choice(_) | Control::Lines(_) => FieldValue::Lines(field.lines()),
                Control::Pairs(_) => continue,
            };
            draft.set(field.id, value);
        }
        if let Draft::Token(token) = &mut draft {
            if let Some(grants) = self.field(Id::Grants) {
                token.grants = grants.pairs();
            }
            if let Some(expires) = self.field(Id::Expires) {
                token.expires_at = age::parse_expiry(&expires.line(), now).ok();
            }
        }
        draft
    }

    /// Returns a field by its ID, if the form has it.
    #[must_use]
    pub fn field(&self, id: Id) -> Option<&FormField> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// Returns false for the lists of URLs while default URLs are on, because the provider then
    /// derives their entries. Returns true for all other fields.
    #[must_use]
    pub fn is_shown(&self, id: Id) -> bool {
        let derived = self.field(Id::UseDefaultUrls).is_some_and(FormField::is_on);
        !(derived && field::is_derived(id))
    }

    /// Returns the lists that the provider will derive; `None` if default URLs are off or not in
    /// the form, or if the login URL is not usable.
    #[must_use]
    pub fn derived(&self) -> Option<urls::Derived> {
        let on = self.field(Id::UseDefaultUrls)?.is_on();
        on.then(|| urls::derive(&self.field(Id::LoginUrl)?.line())).flatten()
    }

    /// Returns the positions that can have the focus, from top to bottom.
    #[must_use]
    pub fn stops(&self) -> Vec<FocusTarget> {
        let mut stops = Vec::new();
        for (index, field) in self.fields.iter().enumerate() {
            if self.is_shown(field.id) {
                stops.extend(field.stops(index));
            }
        }
        stops
    }

    /// Returns the position that has the focus; `None` if the form has no positions.
    #[must_use]
    pub fn stop(&self) -> Option<FocusTarget> {
        self.stops().get(self.focus).copied()
    }

    /// Moves the focus to the next or previous field, or between the connection and the source of a
    /// pair. Wraps at the first and last field. Marks the previously focused field as visited.
    pub fn go(&mut self, forward: bool, now: Timestamp) {
        let stops = self.stops();
        let Some(at) = stops.get(self.focus).copied() else { return };
        let source = |it: &FocusTarget| it.field == at.field && it.row == at.row && it.column == 1;
        let after = stops.iter().position(|it| it.field > at.field).unwrap_or(0);
        let before = match stops.iter().rposition(|it| it.field < at.field) {
            Some(last) => stops[last].field,
            None => stops.last().map_or(0, |last| last.field),
        };
        let first_of = |field| stops.iter().position(|it| it.field == field).unwrap_or(0);
        let focus = match (forward, stops.iter().position(source)) {
            (true, Some(source)) if at.column == 0 => source,
            (true, _) => after,
            (false, Some(source)) if at.column == 1 => source - 1,
            (false, _) => first_of(before),
        };
        self.focus_at(focus, now);
    }

    /// Returns the number of fields with errors. A field can have several errors.
    fn wrong_fields(&self) -> usize {
        self.problems.iter().map(|problem| problem.field).collect::<HashSet<_>>().len()
    }

    /// Moves the focus by a number of positions in [`Form::stops`], without wrapping.
    fn go_rows(&mut self, rows: isize, now: Timestamp) {
        let last = self.stops().len().saturating_sub(1);
        self.focus_at(self.focus.saturating_add_signed(rows).min(last), now);
    }

    fn focus_at(&mut self, focus: usize, now: Timestamp) {
        if let Some(stop) = self.stop() {
            self.visited.insert(self.fields[stop.field].id, true);
        }
        self.focus = focus;
        self.check(now);
    }

    /// True if the last position has the focus.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.focus + 1 >= self.stops().len()
    }

    /// Passes an editing request to the focused field, and validates the form. Space toggles a
    /// switch or an option.
    pub fn edit_text(&mut self, request: tui_input::InputRequest, now: Timestamp) {
        let Some(stop) = self.stop() else { return };
        let derived = self.derived();
        let field = &mut self.fields[stop.field];
        // `=` moves to the source, so that a grant can be typed as it is shown: connection =
        // source.
        let equals = request == tui_input::InputRequest::InsertChar('=');
        if equals && stop.column == 0 && matches!(field.control, Control::Pairs(_)) {
            self.go(true, now);
            return;
        }
        let before = field.stops(stop.field).len();
        if field.edit(stop, request) {
            let id = field.id;
            // If the focused row was removed, the focus moves to the row above, never to another
            // field.
            let removed = before.saturating_sub(field.stops(stop.field).len());
            if stop.row > 0 {
                self.focus -= removed.min(self.focus);
            }
            self.refused.retain(|problem| problem.field != id);
        }
        self.rejected = None;
        self.follow_default_urls(derived);
        self.focus = self.focus.min(self.stops().len().saturating_sub(1));
        self.check(now);
    }

    /// Fills or empties the lists of URLs after default URLs were turned off or on. `derived`
    /// contains the derived lists before the change.
    fn follow_default_urls(&mut self, derived: Option<urls::Derived>) {
        match (derived, self.field(Id::UseDefaultUrls).map(FormField::is_on)) {
            (Some(derived), Some(false)) => self.seed(derived),
            (None, Some(true)) => self.unseed(),
            _ => {}
        }
    }

    /// Fills empty lists with the URLs that the provider would have derived, so that the user can
    /// edit the URLs.
    fn seed(&mut self, derived: urls::Derived) {
        for (id, list) in [
            (Id::Callbacks, derived.callbacks),
            (Id::LogoutUrls, derived.logout_urls),
            (Id::WebOrigins, derived.web_origins),
            (Id::AllowedOrigins, derived.allowed_origins),
        ] {
            let field = self.fields.iter_mut().find(|field| field.id == id);
            if let Some(field) = field.filter(|field| field.lines().iter().all(String::is_empty)) {
                field.control = Control::Lines(list.iter().map(|line| input(line)).collect());
                self.seeded.insert(id, list);
            }
        }
    }

    /// Empties lists whose filled-in URLs were not edited, because the provider derives these URLs
    /// again.
    fn unseed(&mut self) {
        for (id, list) in self.seeded.drain() {
            let field = self.fields.iter_mut().find(|field| field.id == id);
            if let Some(field) = field.filter(|field| field.lines() == list) {
                field.control = Control::Lines(vec![input("")]);
            }
        }
    }

    /// Opens the form as text in an editor. If the last text could not be parsed, opens that text.
    pub fn edit_as_text(&self) -> Vec<Effect> {
        vec![Effect::EditText(self.as_text())]
    }

    fn as_text(&self) -> String {
        self.rejected.clone().unwrap_or_else(|| text::write(self))
    }

    /// Replaces the input with text from an external editor, and validates the form.
    ///
    /// # Errors
    /// Returns an error if the text cannot be parsed. The form is then unchanged, and the text is
    /// kept so that the user can correct it.
    fn take_text(&mut self, edited: String, now: Timestamp) -> Result<(), String> {
        let derived = self.derived();
        if let Err(why) = text::read(self, &edited) {
            self.rejected = Some(edited);
            return Err(why);
        }
        self.rejected = None;
        self.refused.clear();
        self.follow_default_urls(derived);
        self.visited.extend(self.fields.iter().map(|field| (field.id, true)));
        self.focus = self.focus.min(self.stops().len().saturating_sub(1));
        self.check(now);
        Ok(())
    }

    /// Pastes text at the focus. In a list, each entry of the text becomes a row.
    pub fn paste_lines(&mut self, text: &str, now: Timestamp) {
        let Some(stop) = self.stop() else { return };
        let field = &mut self.fields[stop.field];
        let moved = field.paste(stop, text);
        self.rejected = None;
        let id = field.id;
        self.refused.retain(|problem| problem.field != id);
        self.focus += moved;
        self.visited.insert(id, true);
        self.check(now);
    }

    /// Handles the enter key: adds a row to the focused list, or moves the focus to the next
    /// position. Returns true at the last position, where enter saves the form.
    pub fn enter(&mut self, now: Timestamp) -> bool {
        let Some(stop) = self.stop() else { return true };
        if self.fields[stop.field].add_row(stop) {
            self.focus += 1;
            self.check(now);
            return false;
        }
        if self.is_at_end() {
            return true;
        }
        self.go_rows(1, now);
        false
    }

    /// Validates all fields, and moves the focus to the first error. Returns true if there are no
    /// errors.
    pub fn check_all(&mut self, now: Timestamp) -> bool {
        for field in &self.fields {
            self.visited.insert(field.id, true);
        }
        // Errors of an earlier attempt may be outdated; the server checks the new draft.
        self.refused.clear();
        self.check(now);
        let Some(problem) = self.problems.first().cloned() else { return true };
        self.focus_on(&problem);
        false
    }

    /// Shows errors from the server, and moves the focus to the first error.
    pub fn refuse(&mut self, problems: &[FieldProblem], now: Timestamp) {
        // Errors of fields that the form does not have are shown in the failure panel.
        self.refused = problems.to_vec();
        let here: Vec<Id> = self.fields.iter().map(|field| field.id).collect();
        self.refused.retain(|problem| here.contains(&problem.field));
        self.check(now);
        if let Some(problem) = self.problems.first().cloned() {
            self.focus_on(&problem);
        }
    }

    /// Returns the error of the row `entry` of a field, or of the field itself if `entry` is
    /// `None`.
    #[must_use]
    pub fn problem(&self, id: Id, entry: Option<usize>) -> Option<&FieldProblem> {
        self.problems.iter().find(|problem| problem.field == id && problem.entry == entry)
    }

    /// Returns a hint about a valid entry that is probably a mistake.
    #[must_use]
    pub fn hint(&self, id: Id, entry: usize) -> Option<&'static str> {
        match id {
            Id::Referers => grants::referer_hint(self.field(id)?.lines().get(entry)?),
            _ => None,
        }
    }

    /// Audits the draft if it has changed since the last audit. Does nothing unless the form is
    /// being edited.
    pub fn audit_draft(&mut self, auditor: &Auditor, now: Timestamp) {
        if !matches!(self.stage, FormStage::Editing) {
            return;
        }
        let draft = self.draft(now);
        if self.audited.as_ref() == Some(&draft) {
            return;
        }
        let base = match &self.purpose {
            Purpose::Edit(original) => Some(&original.credential),
            Purpose::Create => None,
        };
        let credential = draft.filled(base);
        let findings = auditor.audit_one(&credential).into_iter().filter_map(|finding| {
            let id = finding.fact.field()?;
            let entry = finding.entry.map(|at| at as usize);
            Some((id, entry, finding.severity, finding.line()))
        });
        self.findings = findings.collect();
        self.audited = Some(draft);
    }

    /// Returns the worst finding for each row of a field, by row; the key `None` is the field
    /// itself. Omits findings with severity `Info`. Empty until the field is visited.
    #[must_use]
    pub fn worst_findings(&self, field: &FormField) -> HashMap<Option<usize>, (Severity, &str)> {
        let mut worst = HashMap::new();
        if self.visited.contains_key(&field.id) {
            let row_of = field.entry_rows();
            for (id, entry, severity, text) in &self.findings {
                if *id == field.id && *severity > Severity::Info {
                    worst.entry(entry.map(&row_of)).or_insert((*severity, text.as_str()));
                }
            }
        }
        worst
    }

    /// Applies automatic fixes for findings to the draft, and opens the review. Returns false if
    /// there is no automatic fix.
    pub fn fix(&mut self, findings: &[Finding]) -> bool {
        let Purpose::Edit(original) = &self.purpose else { return false };
        let after = findings.iter().fold(original.draft.clone(), |draft, finding| {
            fix::fixed(&draft, finding).unwrap_or(draft)
        });
        let changes = draft::changes(&original.draft, &after);
        if changes.is_empty() {
            return false;
        }
        self.fields = field::fields(&after, &self.means, false);
        self.base = after;
        self.stage = FormStage::Review(changes);
        true
    }

    /// Returns the changes that an edit would save; empty for a creation.
    #[must_use]
    pub fn changes(&self, now: Timestamp) -> Vec<Change> {
        match &self.purpose {
            Purpose::Create => Vec::new(),
            Purpose::Edit(original) => draft::changes(&original.draft, &self.draft(now)),
        }
    }

    /// Returns the labels of the changed fields that the server did not save.
    #[must_use]
    pub fn ignored(&self, saved: &Credential) -> Vec<&'static str> {
        let Purpose::Edit(original) = &self.purpose else { return Vec::new() };
        let wanted = self.draft(Timestamp::UNIX_EPOCH);
        let wanted = draft::changes(&original.draft, &wanted);
        draft::ignored(&original.draft, &wanted, &Draft::of(saved))
    }

    /// Restarts the edit from the other user's version, with both edits merged.
    pub fn merge(&mut self, conflict: Conflict, now: Timestamp) {
        let Conflict { theirs, merge, mine, .. } = conflict;
        let mut merged = merge.merged;
        for (change, mine) in merge.conflicts.into_iter().zip(mine) {
            if mine {
                merged.set(change.field, change.after);
            }
        }
        let base = Draft::of(&theirs);
        self.fields = field::fields(&merged, &self.means, false);
        self.base = merged;
        self.purpose = Purpose::Edit(Box::new(Original { credential: theirs, draft: base }));
        self.stage = FormStage::Editing;
        self.focus = 0;
        self.refused.clear();
        self.check(now);
    }

    fn check(&mut self, now: Timestamp) {
        let mut found = self.draft(now).problems_in(self.means.shape);
        if matches!(self.purpose, Purpose::Create)
            && let Some(field) = self.field(Id::Expires)
            && !field.line().is_empty()
            && let Err(error) = age::parse_expiry(&field.line(), now)
        {
            found.push(FieldProblem::of(Id::Expires, error.to_string()));
        }
        if let Purpose::Edit(original) = &self.purpose {
            // A new token may have an empty name, because the server then generates a name. For an
            // existing token, the name is required.
            if original.credential.kind() == Kind::Token
                && self.means.shape.strict
                && self.draft(now).name().is_empty()
            {
                found.insert(0, FieldProblem::of(Id::Name, "is required"));
            }
        }
        for problem in &mut found {
            if let (Some(entry), Some(field)) = (problem.entry, self.field(problem.field)) {
                problem.entry = Some(field.entry_rows()(entry));
            }
        }
        let server = self.refused.iter().cloned();
        self.problems = found
            .into_iter()
            .filter(|problem| self.visited.contains_key(&problem.field))
            .chain(server)
            .filter(|problem| self.is_shown(problem.field))
            .collect();
        let order =
            |problem: &FieldProblem| self.fields.iter().position(|field| field.id == problem.field);
        let mut problems = std::mem::take(&mut self.problems);
        problems.sort_by_key(|problem| (order(problem), problem.entry));
        self.problems = problems;
    }

    fn focus_on(&mut self, problem: &FieldProblem) {
        let place = self.stops().iter().position(|stop| {
            self.fields[stop.field].id == problem.field
                && problem.entry.is_none_or(|row| stop.row == row)
        });
        if let Some(place) = place {
            self.focus = place;
        }
    }
}

/// Creates a text field with the cursor at the end of its text.
#[must_use]
pub fn input(text: &str) -> Input {
    Input::new(text.to_owned())
}

impl Behavior for Form {
    fn scope(&self) -> KeyScope {
        match self.stage {
            FormStage::Review(_) => KeyScope::Review,
            FormStage::Conflict(_) => KeyScope::Conflict,
            FormStage::Discard => KeyScope::Discard,
            FormStage::Editing | FormStage::Saving | FormStage::ReadingTheirs => KeyScope::Form,
        }
    }

    fn title(&self, _: &Model) -> String {
        match &self.purpose {
            Purpose::Create => format!("{} › New", self.kind.plural()),
            Purpose::Edit(original) => {
                let name = original.credential.name().clipped(40);
                format!("{} › {name} › Edit", self.kind.plural())
            }
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, model.now, canvas, room);
        0
    }

    fn point(&mut self, row: usize, now: Timestamp) {
        if matches!(self.stage, FormStage::Editing) {
            self.focus_at(row, now);
        }
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let now = model.now;
        // Writing may have been locked while the form was open.
        let open = model.lock.is_open(now);
        let Some(form) = model.top_mut::<Self>() else { return Vec::new() };
        match (command, &mut form.stage) {
            (ScreenCommand::Dialog(DialogCommand::NextField), FormStage::Editing) => {
                form.go(true, now);
            }
            (ScreenCommand::Dialog(DialogCommand::PreviousField), FormStage::Editing) => {
                form.go(false, now);
            }
            (ScreenCommand::Move(step), FormStage::Editing) => form.go_rows(step.rows(PAGE), now),
            (ScreenCommand::Dialog(DialogCommand::Submit), FormStage::Editing) => {
                return if form.enter(now) { save(model) } else { Vec::new() };
            }
            (ScreenCommand::Dialog(DialogCommand::Save), FormStage::Editing) => return save(model),
            (ScreenCommand::Dialog(DialogCommand::EditText), FormStage::Editing) => {
                return form.edit_as_text();
            }
            (ScreenCommand::Dialog(DialogCommand::Confirm), FormStage::Review(_)) if !open => {
                return unlock::toggle(model);
            }
            (ScreenCommand::Dialog(DialogCommand::Confirm), FormStage::Review(_)) => {
                return send_edit(model);
            }
            (ScreenCommand::Dialog(DialogCommand::Confirm), FormStage::Discard) => {
                model.screens.pop();
            }
            (ScreenCommand::Move(step), FormStage::Conflict(conflict)) => {
                conflict.cursor = if step.is_down() {
                    (conflict.cursor + 1).min(conflict.mine.len().saturating_sub(1))
                } else {
                    conflict.cursor.saturating_sub(1)
                };
            }
            (
                ScreenCommand::Dialog(side @ (DialogCommand::TakeMine | DialogCommand::TakeTheirs)),
                FormStage::Conflict(conflict),
            ) => {
                if let Some(mine) = conflict.mine.get_mut(conflict.cursor) {
                    *mine = side == DialogCommand::TakeMine;
                }
            }
            (ScreenCommand::Dialog(DialogCommand::Confirm), FormStage::Conflict(_)) => {
                if let FormStage::Conflict(conflict) =
                    std::mem::replace(&mut form.stage, FormStage::Editing)
                {
                    form.merge(*conflict, now);
                    return vec![model.say(
                        Tone::Plain,
                        "Merged with the other version. Check the values, then save with ctrl-s",
                    )];
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn back(model: &mut Model) -> Option<Vec<Effect>> {
        let form = model.top_mut::<Self>()?;
        form.stage = match form.stage {
            FormStage::Editing if form.is_dirty() => FormStage::Discard,
            FormStage::Review(_) | FormStage::Discard | FormStage::Conflict(_) => {
                FormStage::Editing
            }
            FormStage::Editing | FormStage::Saving | FormStage::ReadingTheirs => return None,
        };
        Some(Vec::new())
    }

    fn input(&mut self) -> Option<&mut Input> {
        let stop = self.stop().filter(|_| matches!(self.stage, FormStage::Editing))?;
        self.fields.get_mut(stop.field)?.input_mut(stop)
    }

    fn text(&mut self, request: InputRequest, now: Timestamp) {
        if matches!(self.stage, FormStage::Editing) {
            self.edit_text(request, now);
        }
    }

    fn paste(&mut self, text: &str, now: Timestamp) -> Result<(), &'static str> {
        if !matches!(self.stage, FormStage::Editing) {
            return Err("No field to paste into");
        }
        self.paste_lines(text, now);
        Ok(())
    }

    fn is_waiting(&self) -> bool {
        matches!(self.stage, FormStage::Saving | FormStage::ReadingTheirs)
    }

    fn would_lose(&self) -> bool {
        self.is_dirty()
    }

    fn audit(&mut self, auditor: &Auditor, now: Timestamp) {
        self.audit_draft(auditor, now);
    }

    fn cli_command(&self, workspace: &[&str], now: Timestamp) -> Option<CliCommand> {
        match (&self.purpose, &self.stage) {
            (Purpose::Edit(original), FormStage::Review(changes)) => {
                cli_command::edit(workspace, &original.credential, changes)
            }
            (Purpose::Edit(original), _) => {
                let changes = cli_command::changes(&original.credential, &self.draft(now));
                cli_command::edit(workspace, &original.credential, &changes)
            }
            (Purpose::Create, _) => Some(cli_command::create(workspace, &self.draft(now))),
        }
    }
}

/// Handles the result of an editor that was opened with [`Form::edit_as_text`].
pub(in crate::app) fn edited_text(
    model: &mut Model,
    result: Result<String, String>,
) -> Vec<Effect> {
    let now = model.now;
    let key = Command::Screen(ScreenCommand::Dialog(DialogCommand::EditText));
    let key = model.keymap.key_of(KeyScope::Form, key).to_owned();
    // Another screen, such as a sign-in, may have opened over the form meanwhile.
    let Some(form) = model.screens_of::<Form>().next_back() else { return Vec::new() };
    let said = match result {
        Ok(text) if text == form.as_text() => {
            let text = "The text was not changed. An editor that opens a window needs an option such as --wait";
            return vec![model.say(Tone::Plain, text)];
        }
        Ok(text) => {
            form.take_text(text, now).map_err(|why| format!("{why}. Press {key} to correct it"))
        }
        Err(why) => Err(format!("The form is unchanged: {why}")),
    };
    match said {
        Ok(()) => Vec::new(),
        Err(text) => vec![model.say(Tone::Refused, &text)],
    }
}

/// Validates the form, then sends a create request or opens the review of an edit. If writing is
/// locked, opens the unlock dialog instead.
fn save(model: &mut Model) -> Vec<Effect> {
    if !model.lock.is_open(model.now) {
        return unlock::toggle(model);
    }
    let now = model.now;
    let attempt = model.ticket().0;
    let Some(form) = model.top_mut::<Form>() else { return Vec::new() };
    if !form.check_all(now) {
        let count = form.wrong_fields();
        let text = if count == 1 {
            "1 field has an error".to_owned()
        } else {
            format!("{count} fields have errors")
        };
        return vec![model.say(Tone::Refused, &text)];
    }
    match form.purpose {
        Purpose::Edit(_) => {
            let changes = form.changes(now);
            if changes.is_empty() {
                return vec![model.say(Tone::Plain, "No changes")];
            }
            form.stage = FormStage::Review(changes);
            Vec::new()
        }
        Purpose::Create => {
            let draft = form.draft(now);
            // An unchanged draft repeats the attempt with the same idempotency key. A server with
            // support for the key then creates only one credential. An expiry such as 90d depends
            // on the time, so the expiry is taken from the first attempt.
            let same = form.sent.as_ref().is_some_and(|sent| same_but_time(sent, &draft));
            let draft = match form.sent.take() {
                Some(sent) if same => sent,
                _ => {
                    form.attempt = attempt;
                    draft
                }
            };
            form.sent = Some(draft.clone());
            form.stage = FormStage::Saving;
            let attempt = form.attempt;
            vec![model.send(Effect::Credential(CredentialEffect::Create { draft, attempt }))]
        }
    }
}

fn same_but_time(a: &Draft, b: &Draft) -> bool {
    match (a, b) {
        (Draft::Token(a), Draft::Token(b)) => {
            let mut b = b.clone();
            if a.expires_at.is_some() && b.expires_at.is_some() {
                b.expires_at = a.expires_at;
            }
            *a == b
        }
        _ => a == b,
    }
}

fn send_edit(model: &mut Model) -> Vec<Effect> {
    let Some(form) = model.top_mut::<Form>() else { return Vec::new() };
    let Purpose::Edit(original) = &form.purpose else { return Vec::new() };
    let record = original.credential.record();
    let (id, version) = (record.id.clone(), record.version.clone());
    let FormStage::Review(changes) = std::mem::replace(&mut form.stage, FormStage::Saving) else {
        return Vec::new();
    };
    let kind = form.kind;
    vec![model.send(Effect::Credential(CredentialEffect::Edit {
        of: CredentialRef::new(kind, id),
        version,
        changes,
    }))]
}

/// Shows the conflict between the edit and the version that another user saved, or the error if
/// that version could not be read.
pub(in crate::app) fn theirs(
    model: &mut Model,
    result: Result<Credential, ApiError>,
) -> Vec<Effect> {
    let now = model.now;
    let Some(form) = model.screens_of::<Form>().next_back() else { return Vec::new() };
    form.stage = FormStage::Editing;
    match (result, &form.purpose) {
        (Ok(theirs), Purpose::Edit(original)) => {
            let merge = draft::merge(&original.draft, &form.draft(now), &Draft::of(&theirs));
            let mine = vec![true; merge.conflicts.len()];
            form.stage = FormStage::Conflict(Box::new(Conflict { theirs, merge, mine, cursor: 0 }));
        }
        (Err(error), _) => model.fail(error.explain("Could not read the other user's version")),
        (Ok(_), Purpose::Create) => {}
    }
    Vec::new()
}
