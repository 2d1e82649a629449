//! Help: a searchable list of the active keys, and the command palette. Over the screens in
//! [`WITH_VERBS`], the help also accepts commands with an argument.

pub mod verb;
mod view;

use std::sync::Arc;

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    app::{Effect, Model, commands, screens::Behavior, scroll::Scroll},
    domain::profile::Word as _,
    keys::{Command, DialogCommand, KeyScope, Keymap, KeymapRow, OpenCommand, ScreenCommand},
    ui::{Canvas, Rect},
};
use verb::{Choices, Verb, WITH_VERBS};

/// Searchable help for the keys of the screen below the help.
#[derive(Debug)]
pub struct Help {
    /// Active key bindings.
    pub keymap: Arc<Keymap>,
    /// Key scopes, innermost first.
    pub scopes: Vec<KeyScope>,
    /// Search text.
    pub search: Input,
    /// Cursor and visible window.
    pub scroll: Scroll,
    /// True if commands with an argument apply.
    has_verbs: bool,
    choices: Choices,
}

/// Row of the help.
#[derive(Debug, Clone)]
pub enum HelpRow<'a> {
    /// Command without an argument, and its keys.
    Key(&'a KeymapRow),
    /// Command whose argument is not typed yet.
    Verb(Verb),
    /// Command with an argument.
    Argument(Verb, String),
}

impl Help {
    /// Creates the help for the keys of these scopes.
    #[must_use]
    pub fn new(keymap: Arc<Keymap>, scopes: Vec<KeyScope>) -> Self {
        let has_verbs = scopes.iter().any(|scope| WITH_VERBS.contains(scope));
        Self {
            keymap,
            scopes,
            search: Input::default(),
            scroll: Scroll::default(),
            has_verbs,
            choices: Choices::default(),
        }
    }

    /// Returns the text that is shown if there are no rows.
    #[must_use]
    pub fn nothing(&self) -> &'static str {
        self.typed().map_or("No matches.", |(verb, _)| verb.hint(&self.choices))
    }

    /// Returns the typed verb and the start of its argument; `None` if no verb is typed, or if
    /// commands with an argument do not apply.
    fn typed(&self) -> Option<(Verb, &str)> {
        Verb::parse(self.search.value()).filter(|_| self.has_verbs)
    }

    /// Returns the commands that match the search by words or by key. If a verb is typed, returns
    /// its matching arguments first.
    #[must_use]
    pub fn rows(&self) -> Vec<HelpRow<'_>> {
        if let Some((verb, typed)) = self.typed() {
            let arguments = verb.arguments(typed, &self.choices).into_iter();
            let arguments = arguments.map(|text| HelpRow::Argument(verb, text));
            // The words may also be a search, such as "sort by name".
            let is_search = !typed.is_empty() && verb != Verb::Whose;
            let searched = if is_search { self.keys() } else { Vec::new() };
            return arguments.chain(searched.into_iter().map(HelpRow::Key)).collect();
        }
        let search = self.search.value().trim().to_lowercase();
        let matches = |verb: &Verb| {
            let text = format!("{} {}", verb.usage(), verb.help()).to_lowercase();
            search.split_whitespace().all(|word| text.contains(word))
        };
        let keys = self.keys().into_iter().map(HelpRow::Key);
        let verbs = Verb::ALL.into_iter().filter(|_| self.has_verbs);
        keys.chain(verbs.filter(matches).map(HelpRow::Verb)).collect()
    }

    /// Returns the key table rows that match the search: each command once, from its innermost
    /// scope.
    fn keys(&self) -> Vec<&KeymapRow> {
        let search = self.search.value().trim();
        let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
        let matches = |row: &KeymapRow| {
            let binding = row.binding;
            let text = format!("{} {} {}", binding.label, binding.help, binding.scope.title())
                .to_lowercase();
            row.chords.iter().any(|keys| keys == search)
                || words.iter().all(|word| text.contains(word))
        };
        let mut rows: Vec<&KeymapRow> = Vec::new();
        for scope in &self.scopes {
            let of_scope = |row: &&KeymapRow| {
                row.binding.scope == *scope
                    && row.binding.command != Command::Open(OpenCommand::Help)
            };
            for row in self.keymap.rows().iter().filter(of_scope) {
                let command = row.binding.command;
                if matches(row) && !rows.iter().any(|known| known.binding.command == command) {
                    rows.push(row);
                }
            }
        }
        rows
    }

    /// Returns the row under the cursor; `None` if no row matches the search.
    #[must_use]
    pub fn selected(&self) -> Option<HelpRow<'_>> {
        self.rows().into_iter().nth(self.scroll.cursor)
    }

    /// Moves the cursor by a number of rows; a negative number moves it up.
    pub fn go(&mut self, rows: isize) {
        self.scroll.go(rows, self.rows().len());
    }
}

impl Behavior for Help {
    fn scope(&self) -> KeyScope {
        KeyScope::Help
    }

    fn title(&self, _: &Model) -> String {
        "Help › keys and commands".to_owned()
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(model, self, canvas, room);
        0
    }

    fn point(&mut self, row: usize, _: Timestamp) {
        self.scroll.place(row, self.rows().len());
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(help) = model.top_mut::<Self>() else { return Vec::new() };
        let page = help.scroll.page();
        match command {
            ScreenCommand::Move(step) => help.go(step.rows(page)),
            ScreenCommand::Dialog(DialogCommand::Accept) => {
                let binding = match help.selected() {
                    None => return Vec::new(),
                    Some(HelpRow::Verb(verb)) => {
                        help.search = format!("{} ", verb.word()).into();
                        help.scroll.place(0, help.rows().len());
                        return Vec::new();
                    }
                    Some(HelpRow::Argument(verb, argument)) => {
                        let choices = std::mem::take(&mut help.choices);
                        model.screens.pop();
                        return verb.run(model, &argument, &choices);
                    }
                    Some(HelpRow::Key(row)) => row.binding,
                };
                model.screens.pop();
                return commands::run_binding(model, binding);
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
        Some(&mut self.search)
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        self.search.handle(request);
        self.scroll.place(0, self.rows().len());
    }

    /// Pastes all lines as one, because `:whose` searches them.
    fn paste(&mut self, text: &str, _: Timestamp) -> Result<(), &'static str> {
        /// Maximum number of characters.
        const LONGEST: usize = 8 << 10;
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for c in words.chars().take(LONGEST) {
            self.search.handle(InputRequest::InsertChar(c));
        }
        self.scroll.place(0, self.rows().len());
        Ok(())
    }

    fn position(&self) -> Option<(usize, usize)> {
        self.scroll.position(self.rows().len())
    }

    fn fit(&mut self, room: usize) {
        self.scroll.fit(room.saturating_sub(view::ABOVE), self.rows().len());
    }
}

/// Opens the help for the screen on top.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    let scopes = model.scopes();
    model.open(Help::new(Arc::clone(&model.keymap), scopes));
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::columns::Column,
        keys::{AppCommand, CredentialCommand, ListCommand},
    };

    fn found(search: &str) -> Vec<Command> {
        let mut help = Help::new(Arc::default(), vec![KeyScope::List, KeyScope::Global]);
        help.search = search.into();
        help.keys().iter().map(|row| row.binding.command).collect()
    }

    #[test]
    fn arguments_continue_what_is_typed() {
        let mut help = Help::new(Arc::default(), vec![KeyScope::List, KeyScope::Global]);
        let mut texts = |search: &str| -> Vec<String> {
            help.search = search.into();
            let rows = help.rows();
            let text = |row: HelpRow<'_>| match row {
                HelpRow::Argument(_, text) => Some(text),
                HelpRow::Key(_) | HelpRow::Verb(_) => None,
            };
            rows.into_iter().filter_map(text).collect()
        };
        assert_eq!(texts("sort us"), ["used", "-used"]);
        assert_eq!(texts("tab ex"), ["expiring"]);
        assert_eq!(texts("open Store locator"), ["Store locator"]);
        assert_eq!(texts("open "), Vec::<String>::new());
        assert_eq!(texts("sort"), Vec::<String>::new(), "without a space, keys are searched");
    }

    #[test]
    fn rows_are_found_by_words_and_by_key() {
        assert_eq!(
            found("sort age"),
            [Command::Screen(ScreenCommand::List(ListCommand::SortBy(Column::Created)))]
        );
        assert!(found("c").contains(&Command::Credential(CredentialCommand::CopyId)));
        assert_eq!(found("ctrl-r"), [Command::App(AppCommand::Refresh)]);
        assert_eq!(found("no such thing"), []);
    }

    #[test]
    fn every_command_of_the_scopes_is_there_once() {
        let all = found("");
        let mut once = all.clone();
        once.dedup();
        assert_eq!(all, once);
        assert!(
            all.contains(&Command::Credential(CredentialCommand::Delete))
                && all.contains(&Command::App(AppCommand::CopyBaseUrl))
        );
    }
}
