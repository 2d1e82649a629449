//! Form for one edit of all marked credentials.

mod view;

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    app::{
        Effect, Model, Tone,
        screens::{
            Behavior, ScreenSubject,
            marked::{self, MarkedChange},
            typed,
        },
    },
    domain::{
        Draft, Kind,
        draft::{ClientDraft, EditAction, EditRules, Field, FieldEdit, FieldValue},
        text,
    },
    keys::{DialogCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Line of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FormLine {
    Field,
    Change,
    Entry,
}

/// Form for one edit of the marked credentials.
#[derive(Debug)]
pub struct EditMarked {
    kind: Kind,
    count: usize,
    rules: EditRules,
    /// Fields that can be edited together, with true for a switch and false for a list.
    fields: Vec<(Field, bool)>,
    field: usize,
    /// True to turn a switch on, or to add an entry to a list.
    positive: bool,
    entry: Input,
    focus: FormLine,
    /// Error in the input.
    problem: Option<String>,
}

impl EditMarked {
    /// Returns the selected field, and true if it is a switch.
    fn selected(&self) -> (Field, bool) {
        self.fields[self.field.min(self.fields.len() - 1)]
    }

    /// Returns the label of the selected change.
    fn change(&self) -> &'static str {
        match (self.selected(), self.positive) {
            ((Field::Visibility, _), true) => "shared with the organization",
            ((Field::Visibility, _), false) => "private",
            ((_, true), true) => "on",
            ((_, true), false) => "off",
            ((_, false), true) => "add",
            ((_, false), false) => "remove",
        }
    }

    /// Returns the lines of the form. A switch has no entry.
    fn lines(&self) -> &'static [FormLine] {
        if self.selected().1 {
            &[FormLine::Field, FormLine::Change]
        } else {
            &[FormLine::Field, FormLine::Change, FormLine::Entry]
        }
    }

    /// Moves the focus to the next or previous line. Returns false if there is no such line.
    fn go(&mut self, forward: bool) -> bool {
        let lines = self.lines();
        let at = lines.iter().position(|line| *line == self.focus).unwrap_or(0);
        let to = if forward { at + 1 } else { at.wrapping_sub(1) };
        let Some(line) = lines.get(to) else { return false };
        self.focus = *line;
        true
    }

    /// Selects the next or previous choice of the line with the focus.
    fn choose(&mut self, forward: bool) {
        match self.focus {
            FormLine::Field => {
                let step = if forward { 1 } else { self.fields.len() - 1 };
                self.field = (self.field + step) % self.fields.len();
            }
            FormLine::Change => self.positive = !self.positive,
            FormLine::Entry => {}
        }
        self.problem = None;
    }

    /// Returns the edit and its description. If the entry is missing, stores the error, focuses the
    /// entry, and returns `None`.
    fn finished(&mut self) -> Option<(FieldEdit, String)> {
        let (field, is_switch) = self.selected();
        let label = field.label();
        if is_switch {
            let action = EditAction::Set(FieldValue::Switch(self.positive));
            let about = format!("{label}: {}", self.change());
            return Some((FieldEdit { field, action }, about));
        }
        let entry = self.entry.value().trim().to_owned();
        if entry.is_empty() {
            self.focus = FormLine::Entry;
            self.problem = Some("An entry is required".to_owned());
            return None;
        }
        let about = format!("{label}: {} {}", self.change(), text::shown(&entry));
        let action = if self.positive { EditAction::Add(entry) } else { EditAction::Remove(entry) };
        Some((FieldEdit { field, action }, about))
    }
}

impl Behavior for EditMarked {
    fn scope(&self) -> KeyScope {
        KeyScope::EditMarked
    }

    fn title(&self, _: &Model) -> String {
        format!("Change {} marked {}", self.count, self.kind.plural())
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, canvas, room);
        0
    }

    fn dialog(&self) -> Option<u16> {
        Some(view::LINES)
    }

    fn subject(&self) -> ScreenSubject<'_> {
        ScreenSubject::Nothing
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(form) = model.top_mut::<Self>() else { return Vec::new() };
        match command {
            ScreenCommand::Move(step) => form.choose(step.is_down()),
            ScreenCommand::Dialog(DialogCommand::NextField) => {
                form.go(true);
            }
            ScreenCommand::Dialog(DialogCommand::PreviousField) => {
                form.go(false);
            }
            ScreenCommand::Dialog(DialogCommand::Submit) if !form.go(true) => {
                let rules = form.rules;
                if let Some((edit, about)) = form.finished() {
                    model.screens.pop();
                    return marked::edit(model, &MarkedChange::Edit(edit, rules), about);
                }
            }
            ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => {}
        }
        Vec::new()
    }

    fn input(&mut self) -> Option<&mut Input> {
        (self.focus == FormLine::Entry).then_some(&mut self.entry)
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        match (self.focus, request) {
            (FormLine::Entry, request) => {
                self.entry.handle(request);
                self.problem = None;
            }
            (_, InputRequest::GoToNextChar | InputRequest::InsertChar(' ')) => self.choose(true),
            (_, InputRequest::GoToPrevChar) => self.choose(false),
            _ => {}
        }
    }

    fn paste(&mut self, text: &str, now: Timestamp) -> Result<(), &'static str> {
        if self.focus != FormLine::Entry {
            return Err("Go to the entry with tab, then paste");
        }
        typed(self, text, now);
        Ok(())
    }
}

/// Opens the form for the marked rows of the list, or shows the reason why they cannot be edited
/// together.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    let kind = model.kind;
    let Some(abilities) = model.capabilities.as_ref().map(|all| all.of(kind)) else {
        return vec![model.say(Tone::Refused, "The server is not ready yet")];
    };
    let rules = EditRules { shape: abilities.shape, fixed: abilities.fixed, lenient: true };
    let fields: Vec<(Field, bool)> = empty_draft(kind)
        .all_values()
        .into_iter()
        .filter(|(field, _)| rules.shape.offers(kind, *field) && !rules.fixed.has(*field))
        .filter_map(|(field, value)| match value {
            FieldValue::Switch(_) => Some((field, true)),
            FieldValue::Lines(_) => Some((field, false)),
            // Names and login URLs differ from client to client.
            FieldValue::Line(_) => None,
        })
        .collect();
    if fields.is_empty() {
        let text = format!("{} have no fields that can be edited together", kind.plural());
        return vec![model.say(Tone::Refused, &text)];
    }
    let count = model.list().marks.len();
    model.open(EditMarked {
        kind,
        count,
        rules,
        fields,
        field: 0,
        positive: true,
        entry: Input::default(),
        focus: FormLine::Field,
        problem: None,
    });
    Vec::new()
}

/// Returns an empty draft that contains all fields of `kind`.
fn empty_draft(kind: Kind) -> Draft {
    match kind {
        // `Draft::new` turns default URLs on, which would remove the lists of URLs from the draft.
        Kind::Spa => Draft::Spa(ClientDraft::default()),
        Kind::Token | Kind::M2m | Kind::Other => Draft::new(kind),
    }
}
