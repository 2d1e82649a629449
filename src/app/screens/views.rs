//! Screen to apply, save and delete views: named filters with a sort order and columns.

mod view;

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    app::{
        Effect, LocalError, Model, Tone, ViewsEffect,
        screens::{Behavior, help::verb, typed},
    },
    domain::preferences::SavedView,
    keys::{Command, DialogCommand, EntryCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Saved views, and the name of the view that was just saved; or the error.
pub type ViewsMsg = Result<(Vec<SavedView>, Option<String>), LocalError>;

/// Screen to choose, save or delete a view.
#[derive(Debug, Default)]
pub struct Views {
    /// Views, once loaded.
    pub entries: Option<Vec<SavedView>>,
    /// Index of the view under the cursor.
    pub cursor: usize,
    /// Current settings of the list, to be saved as a view.
    pub current: SavedView,
    /// Name of a new view, while the user types it.
    pub naming: Option<Input>,
    /// Error in the name.
    pub problem: Option<String>,
    /// Reason why the views could not be read.
    pub failed: Option<String>,
}

impl Views {
    /// Shows the views. If the view `name` was just saved, moves the cursor to that view and closes
    /// the name field.
    pub fn fill(&mut self, entries: Vec<SavedView>, name: Option<&str>) {
        let named = name.and_then(|name| entries.iter().position(|view| view.name == name));
        self.cursor = named.unwrap_or(self.cursor).min(entries.len().saturating_sub(1));
        self.entries = Some(entries);
        self.failed = None;
        if name.is_some() {
            self.naming = None;
        }
    }

    /// Shows the error, and keeps the typed name.
    pub fn fail(&mut self, why: &str) {
        match &self.naming {
            Some(_) => self.problem = Some(why.to_owned()),
            None => self.failed = Some(why.to_owned()),
        }
    }

    /// Moves the cursor by one view, without wrapping.
    pub fn go(&mut self, down: bool) {
        let last = self.entries.as_ref().map_or(0, |all| all.len().saturating_sub(1));
        self.cursor =
            if down { (self.cursor + 1).min(last) } else { self.cursor.saturating_sub(1) };
    }

    /// Returns the view under the cursor; `None` if no view is loaded.
    #[must_use]
    pub fn selected(&self) -> Option<&SavedView> {
        self.entries.as_ref()?.get(self.cursor)
    }

    /// Returns the view to save if its name is valid; otherwise, stores the error. `None` also if
    /// the name field is closed.
    pub fn named(&mut self) -> Option<SavedView> {
        let name = self.naming.as_ref()?.value().trim().to_owned();
        match SavedView::check_name(&name) {
            Ok(()) => Some(SavedView { name, ..self.current.clone() }),
            Err(why) => {
                self.problem = Some(format!("The name {why}"));
                None
            }
        }
    }
}

impl Behavior for Views {
    fn scope(&self) -> KeyScope {
        if self.naming.is_some() { KeyScope::ViewName } else { KeyScope::Views }
    }

    fn title(&self, _: &Model) -> String {
        "Saved views".to_owned()
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, canvas, room);
        0
    }

    fn point(&mut self, row: usize, _: Timestamp) {
        let count = self.entries.as_ref().map_or(0, Vec::len);
        self.cursor = row.min(count.saturating_sub(1));
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let armed = std::mem::take(&mut model.view_armed);
        if model.workspace.is_demo() && matches!(command, ScreenCommand::Entry(_)) {
            let text = "Not available in demo mode: views are saved in your own configuration";
            return vec![model.say(Tone::Refused, text)];
        }
        let Some(views) = model.top_mut::<Self>() else { return Vec::new() };
        match command {
            ScreenCommand::Move(step) => views.go(step.is_down()),
            ScreenCommand::Dialog(DialogCommand::Accept) => {
                let Some(view) = views.selected().cloned() else { return Vec::new() };
                model.screens.pop();
                return apply(model, view);
            }
            ScreenCommand::Entry(EntryCommand::SaveView) if views.entries.is_some() => {
                match views.current.check_filter() {
                    Ok(()) => {
                        views.naming = Some(Input::default());
                        views.problem = None;
                    }
                    Err(_) => {
                        let text = "Invalid filter. Correct it, then save the view";
                        return vec![model.say(Tone::Refused, text)];
                    }
                }
            }
            ScreenCommand::Dialog(DialogCommand::Submit) => {
                if let Some(view) = views.named() {
                    return vec![Effect::Views(ViewsEffect::Save(view))];
                }
            }
            ScreenCommand::Entry(EntryCommand::DeleteView) => {
                let Some(name) = views.selected().map(|view| view.name.clone()) else {
                    return Vec::new();
                };
                if !armed {
                    model.view_armed = true;
                    let key = model.keymap.key_of(KeyScope::Views, Command::Screen(command));
                    let text = format!(
                        "Press {key} again to delete the view {name}, any other key to keep it"
                    );
                    return vec![model.say(Tone::Plain, &text)];
                }
                let said = model.say(Tone::Plain, &format!("Deleting the view {name}…"));
                return vec![said, Effect::Views(ViewsEffect::Delete(name))];
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
        // Going back from the name field returns to the views.
        model.top_mut::<Self>()?.naming.take().map(|_| Vec::new())
    }

    fn input(&mut self) -> Option<&mut Input> {
        self.naming.as_mut()
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        if let Some(name) = &mut self.naming {
            name.handle(request);
            self.problem = None;
        }
    }

    fn paste(&mut self, text: &str, now: Timestamp) -> Result<(), &'static str> {
        typed(self, text, now);
        Ok(())
    }
}

/// Opens the saved views.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    let list = model.list();
    let filter = list.filter.value().trim().to_owned();
    let current = SavedView { name: String::new(), filter, sort: list.sort, wide: model.wide };
    model.open(Views { current, ..Views::default() });
    vec![Effect::Views(ViewsEffect::Read)]
}

/// Shows the views after they were read or changed, or shows the error.
pub(in crate::app) fn answered(model: &mut Model, result: ViewsMsg) -> Vec<Effect> {
    match result {
        Ok((entries, saved)) => {
            verb::views_came(model, &entries);
            if let Some(views) = model.screens_of::<Views>().next() {
                views.fill(entries, saved.as_deref());
            }
            let text = saved.map(|name| format!("Saved as {name}"));
            text.map(|text| model.say(Tone::Good, &text)).into_iter().collect()
        }
        Err(error) => {
            let why = error.to_string();
            if let Some(views) = model.screens_of::<Views>().next() {
                views.fail(&why);
            }
            vec![model.say(Tone::Refused, &why)]
        }
    }
}

/// Applies the filter, sort order and columns of a view to the visible list.
pub(in crate::app) fn apply(model: &mut Model, view: SavedView) -> Vec<Effect> {
    let said =
        model.say(Tone::Plain, &format!("View {}. Press esc to clear its filter", view.name));
    model.wide = view.wide;
    let list = model.list_mut();
    list.filter = Input::new(view.filter);
    list.order_by(view.sort);
    model.refilter();
    let mut effects = model.search();
    effects.push(said);
    effects
}
