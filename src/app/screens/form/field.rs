//! Field of a form: a line, a switch, a multiple choice, a list of lines, or a list of pairs.

use tui_input::{Input, InputRequest};

use crate::{
    app::screens::form::{FormSchema, input},
    domain::{
        Draft,
        draft::{Field as Id, FieldValue},
    },
};

/// Field of a form, with its control and hint.
#[derive(Debug)]
pub struct FormField {
    /// Identifier of the field.
    pub id: Id,
    /// Control that contains the input.
    pub control: Control,
    /// Hint, shown while the field has the focus.
    pub hint: &'static str,
}

/// Input control of a field.
#[derive(Debug)]
pub enum Control {
    /// One line of text.
    Line(Input),
    /// Switch, with its texts for off and on.
    Switch(bool, [&'static str; 2]),
    /// Multiple choice: options, each with true if it is selected.
    Choice(Vec<(String, bool)>),
    /// List of lines, with at least one row.
    Lines(Vec<Input>),
    /// Pairs of a connection and a source, with at least one row.
    Pairs(Vec<[Input; 2]>),
}

/// Position that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FocusTarget {
    /// Index of the field.
    pub field: usize,
    /// Index of the row of the field, or of the option of a choice.
    pub row: usize,
    /// Column of a pair: 0 for the connection, 1 for the source.
    pub column: usize,
}

/// True if the provider derives a field while default URLs are on.
#[must_use]
pub const fn is_derived(id: Id) -> bool {
    matches!(id, Id::Callbacks | Id::LogoutUrls | Id::WebOrigins | Id::AllowedOrigins)
}

/// Returns the form fields for the kind of a draft, filled with the values of the draft.
pub(super) fn fields(draft: &Draft, means: &FormSchema, creating: bool) -> Vec<FormField> {
    let mut fields = Vec::new();
    let mut values = draft.all_values();
    if creating && let Draft::Spa(client) | Draft::M2m(client) | Draft::Other(client) = draft {
        values.push((Id::ClientId, FieldValue::Line(client.client_id.clone())));
    }
    if let Draft::Spa(spa) | Draft::Other(spa) = draft {
        // Derived lists keep their input, so toggling the switch does not discard the URLs.
        for (id, list) in [
            (Id::Callbacks, &spa.callbacks),
            (Id::LogoutUrls, &spa.logout_urls),
            (Id::WebOrigins, &spa.web_origins),
            (Id::AllowedOrigins, &spa.allowed_origins),
        ] {
            if !values.iter().any(|(known, _)| *known == id) {
                values.push((id, FieldValue::Lines(list.clone())));
            }
        }
    }
    let place = |id: &Id| Id::ALL.iter().position(|known| known == id);
    values.sort_by_key(|(id, _)| place(id));
    let kind = draft.kind();
    values.retain(|(id, _)| means.shape.offers(kind, *id) && (creating || !means.fixed.has(*id)));
    for (id, value) in values {
        let control = match (id, value, draft) {
            (Id::Grants, _, Draft::Token(token)) => {
                let pairs = token.grants.iter().map(|(c, s)| [input(c), input(s)]);
                Control::Pairs(at_least_one(pairs.collect(), || [input(""), input("")]))
            }
            (Id::Apis, FieldValue::Lines(chosen), _) => {
                let known = means.apis.iter().map(|api| api.raw().to_owned());
                let mut options: Vec<_> =
                    known.map(|api| (api.clone(), chosen.contains(&api))).collect();
                for api in chosen {
                    if !options.iter().any(|(known, _)| *known == api) {
                        options.push((api, true));
                    }
                }
                Control::Choice(options)
            }
            (_, FieldValue::Line(text), _) => Control::Line(input(&text)),
            (_, FieldValue::Lines(lines), _) => {
                let lines = lines.iter().map(|line| input(line)).collect();
                Control::Lines(at_least_one(lines, || input("")))
            }
            (_, FieldValue::Switch(on), _) => Control::Switch(on, words(id)),
        };
        fields.push(FormField { id, control, hint: hint(id) });
    }
    if creating && matches!(draft, Draft::Token(_)) && means.shape.fields.has(Id::Expires) {
        // A token expires by default. The user must clear the field for a token without expiry.
        let last = fields.last().is_some_and(|field: &FormField| field.id == Id::Visibility);
        let place = fields.len() - usize::from(last);
        let control = Control::Line(input("90d"));
        fields.insert(place, FormField { id: Id::Expires, control, hint: hint(Id::Expires) });
    }
    fields
}

impl FormField {
    /// Returns the text of a line; empty for other controls.
    #[must_use]
    pub fn line(&self) -> String {
        match &self.control {
            Control::Line(input) => input.value().to_owned(),
            _ => String::new(),
        }
    }

    /// Returns the entries of a list without empty rows, or the selected options of a choice; empty
    /// for other controls.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        match &self.control {
            Control::Lines(rows) => rows
                .iter()
                .map(|row| row.value().to_owned())
                .filter(|row| !row.is_empty())
                .collect(),
            Control::Choice(options) => {
                options.iter().filter(|(_, on)| *on).map(|(name, _)| name.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns the pairs of a connection and a source, without empty rows; empty for other
    /// controls.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        match &self.control {
            Control::Pairs(rows) => rows
                .iter()
                .filter(|row| !is_empty_pair(row))
                .map(|[a, b]| (a.value().to_owned(), b.value().to_owned()))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Returns true if the control is a switch that is on.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        matches!(self.control, Control::Switch(true, _))
    }

    /// Returns a function that maps the index of an entry to the index of its row. Empty rows are
    /// not entries.
    pub(super) fn entry_rows(&self) -> impl Fn(usize) -> usize + use<> {
        let filled: Vec<bool> = match &self.control {
            Control::Lines(rows) => rows.iter().map(|row| !row.value().is_empty()).collect(),
            Control::Pairs(rows) => rows.iter().map(|row| !is_empty_pair(row)).collect(),
            _ => Vec::new(),
        };
        let rows: Vec<usize> = (0..filled.len()).filter(|row| filled[*row]).collect();
        move |entry| rows.get(entry).copied().unwrap_or(entry)
    }

    pub(super) fn stops(&self, field: usize) -> Vec<FocusTarget> {
        let (rows, columns) = match &self.control {
            Control::Line(_) | Control::Switch(..) => (1, 1),
            Control::Choice(options) => (options.len(), 1),
            Control::Lines(rows) => (rows.len(), 1),
            Control::Pairs(rows) => (rows.len(), 2),
        };
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        places.map(|(row, column)| FocusTarget { field, row, column }).collect()
    }

    /// Returns the text field at a position; `None` for a switch or a choice.
    #[must_use]
    pub fn input(&self, stop: FocusTarget) -> Option<&Input> {
        match &self.control {
            Control::Line(input) => Some(input),
            Control::Lines(rows) => rows.get(stop.row),
            Control::Pairs(rows) => rows.get(stop.row).and_then(|row| row.get(stop.column)),
            Control::Switch(..) | Control::Choice(_) => None,
        }
    }

    /// Returns the text field at a position, mutably; `None` for a switch or a choice.
    pub fn input_mut(&mut self, stop: FocusTarget) -> Option<&mut Input> {
        match &mut self.control {
            Control::Line(input) => Some(input),
            Control::Lines(rows) => rows.get_mut(stop.row),
            Control::Pairs(rows) => rows.get_mut(stop.row).and_then(|row| row.get_mut(stop.column)),
            Control::Switch(..) | Control::Choice(_) => None,
        }
    }

    /// Handles an editing request. Space toggles switches and options. Deleting backward in an
    /// empty row removes the row unless it is the only one. Returns true if the field changed.
    pub(super) fn edit(&mut self, stop: FocusTarget, request: InputRequest) -> bool {
        let space = request == InputRequest::InsertChar(' ');
        let deletes =
            matches!(request, InputRequest::DeletePrevChar | InputRequest::DeletePrevWord);
        match &mut self.control {
            Control::Switch(on, _) => {
                *on ^= space;
                space
            }
            Control::Choice(options) => {
                if let Some((_, on)) = options.get_mut(stop.row) {
                    *on ^= space;
                }
                space
            }
            Control::Lines(rows)
                if deletes && rows.len() > 1 && rows[stop.row].value().is_empty() =>
            {
                rows.remove(stop.row);
                true
            }
            Control::Pairs(rows) if deletes && rows.len() > 1 && is_empty_pair(&rows[stop.row]) => {
                rows.remove(stop.row);
                true
            }
            _ => match self.input_mut(stop) {
                Some(input) => input.handle(request).is_some_and(|change| change.value),
                None => false,
            },
        }
    }

    /// Pastes text. Returns the number of positions by which the focus moves forward.
    pub(super) fn paste(&mut self, stop: FocusTarget, text: &str) -> usize {
        if let Control::Lines(rows) = &mut self.control {
            // Users paste lists from mail, JSON and comma-separated text.
            let mut entries = text
                .split([',', ' ', '\n', '\r', '\t'])
                .map(|entry| entry.trim_matches(['"', '\'', '[', ']']).trim())
                .filter(|entry| !entry.is_empty());
            let Some(first) = entries.next() else { return 0 };
            insert(&mut rows[stop.row], first);
            let more: Vec<Input> = entries.map(input).collect();
            let count = more.len();
            rows.splice(stop.row + 1..=stop.row, more);
            return count;
        }
        let pairs = pairs_in(text);
        if let Control::Pairs(rows) = &mut self.control
            && stop.column == 0
            && !pairs.is_empty()
        {
            let count = pairs.len() - 1;
            let kept = usize::from(!is_empty_pair(&rows[stop.row]));
            rows.splice(stop.row + kept..=stop.row, pairs);
            // Each pair has two positions; the focus moves to the source of the last pair.
            return 2 * (count + kept) + 1;
        }
        if let Some(input) = self.input_mut(stop) {
            // Line breaks become spaces, so that the user can see and correct them.
            let line = text.trim().replace(['\r', '\n', '\t'], " ");
            insert(input, &line);
        }
        0
    }

    /// Adds an empty row below the focused row of a list. Returns false without adding a row if the
    /// focused row is empty, if the connection of a pair has the focus, or if the control is not a
    /// list.
    pub(super) fn add_row(&mut self, stop: FocusTarget) -> bool {
        match &mut self.control {
            Control::Lines(rows) if !rows[stop.row].value().is_empty() => {
                rows.insert(stop.row + 1, input(""));
                true
            }
            Control::Pairs(rows) if stop.column == 1 && !is_empty_pair(&rows[stop.row]) => {
                rows.insert(stop.row + 1, [input(""), input("")]);
                true
            }
            _ => false,
        }
    }
}

/// Parses grants, one per line, such as `carto_dw = acme.retail.*`. Returns an empty list if any
/// line is not a grant.
fn pairs_in(text: &str) -> Vec<[Input; 2]> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let pair = |line: &str| {
        let (connection, source) = line.split_once('=')?;
        let (connection, source) = (connection.trim(), source.trim());
        let plain = !connection.is_empty() && !connection.contains(char::is_whitespace);
        plain.then(|| [input(connection), input(source)])
    };
    lines.map(pair).collect::<Option<_>>().unwrap_or_default()
}

fn insert(input: &mut Input, text: &str) {
    for c in text.chars() {
        input.handle(InputRequest::InsertChar(c));
    }
}

fn is_empty_pair([a, b]: &[Input; 2]) -> bool {
    a.value().is_empty() && b.value().is_empty()
}

fn at_least_one<T>(mut rows: Vec<T>, empty: impl Fn() -> T) -> Vec<T> {
    if rows.is_empty() {
        rows.push(empty());
    }
    rows
}

pub(super) const fn words(id: Id) -> [&'static str; 2] {
    match id {
        Id::UseDefaultUrls => {
            ["off: edit the lists yourself", "on: the lists are derived from the login URL"]
        }
        _ => ["private: visible to you only", "visible to the organization, without its secret"],
    }
}

const fn hint(id: Id) -> &'static str {
    match id {
        Id::Name => "display name; optional for a token",
        Id::LoginUrl => "page where users start to sign in; https, or http on this machine",
        Id::UseDefaultUrls => {
            "space switches; on: callbacks, logout URLs and origins are derived from the login URL"
        }
        Id::Callbacks => {
            "one per row, compared exactly; enter adds a row, backspace removes an empty one"
        }
        Id::LogoutUrls => "one per row; allowed redirects after sign-out",
        Id::WebOrigins => "one per row: scheme, host and port, such as https://app.example.com",
        Id::AllowedOrigins => "one per row, for CORS; https://*.example.com is allowed",
        Id::Apis => "space selects; imports allows writes, so select it alone",
        Id::Grants => {
            "connection = source: a table, project.dataset.*, a query, or * for everything"
        }
        Id::Referers => "one per row, with * and ?; empty: any page may use the token",
        Id::Expires => "90d, 12h or a date; empty: never. Cannot be changed later",
        Id::Scopes => "one per row; some providers call them policies or permissions",
        Id::ClientId => "empty: the server generates one. Cannot be changed later",
        Id::Visibility => "space switches; shared: others see that it exists, never its secret",
    }
}
