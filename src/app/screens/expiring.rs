//! Tokens and client secrets by expiry, earliest first.

mod view;

use jiff::Timestamp;

use crate::{
    api::{ApiError, Scope},
    app::{
        Effect, ListEffect, LocalError, Model, Tone,
        remote::{Remote, Ticket},
        screens::{
            self, Behavior, OneOf as _, Screen, ScreenSubject, Tab, detail, suppress::SuppressForm,
        },
        scroll::Scroll,
    },
    domain::{
        cli_command::CliCommand,
        expiry::{Expiries, Expiring, Snoozes},
    },
    keys::{KeyScope, ListCommand, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Expiries from all lists that could be read.
#[derive(Debug, Clone)]
pub struct FleetExpiries {
    /// Expiries of tokens and client secrets.
    pub expiries: Expiries,
    /// Reasons why lists are incomplete.
    pub incomplete: Vec<String>,
}

/// Screen with the tokens and client secrets that expire.
#[derive(Debug)]
pub struct ExpiringPanel {
    scope: Scope,
    read: Remote<FleetExpiries>,
    /// Number of credentials read so far.
    came: usize,
    scroll: Scroll,
    /// Height of the screen, in lines.
    lines: usize,
}

impl ExpiringPanel {
    fn rows(&self) -> &[Expiring] {
        self.read.value().map_or(&[], |read| &read.expiries.dated)
    }

    fn selected(&self) -> Option<&Expiring> {
        self.rows().get(self.scroll.cursor)
    }

    /// Fits the rows into the space between the column titles and the note about incomplete lists.
    fn arrange(&mut self) {
        let count = self.rows().len();
        let is_incomplete = self.read.value().is_some_and(|read| !read.incomplete.is_empty());
        let around = usize::from(view::ABOVE_ROWS) + usize::from(is_incomplete);
        self.scroll.fit(self.lines.saturating_sub(around), count);
    }
}

impl Behavior for ExpiringPanel {
    fn scope(&self) -> KeyScope {
        KeyScope::Expiring
    }

    fn title(&self, _: &Model) -> String {
        "Expiring".to_owned()
    }

    fn tab(&self) -> Option<Tab> {
        Some(Tab::Expiring)
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, model.now, canvas, room)
    }

    fn position(&self) -> Option<(usize, usize)> {
        self.scroll.position(self.rows().len())
    }

    fn fit(&mut self, rows: usize) {
        self.lines = rows;
        self.arrange();
    }

    fn subject(&self) -> ScreenSubject<'_> {
        let selected = self.selected().and_then(|it| Some((it.kind?, it)));
        selected.map_or(ScreenSubject::Nothing, |(kind, it)| ScreenSubject::Credential {
            kind,
            id: &it.id,
            name: &it.name,
            owner: it.owner.as_ref(),
            is_read: true,
        })
    }

    fn cli_command(&self, workspace: &[&str], _: Timestamp) -> Option<CliCommand> {
        let words: &[&str] = match self.scope {
            Scope::Mine => &["expiring", "--within", "90d"],
            Scope::Organization => &["expiring", "--within", "90d", "--organization"],
        };
        Some(CliCommand::new(workspace, words))
    }

    fn closed(self, model: &mut Model) -> Vec<Effect> {
        if self.scope == model.scope {
            model.last_expiring = Some(Box::new(self));
        }
        vec![Effect::List(ListEffect::StopExpiries)]
    }

    fn point(&mut self, row: usize, _: Timestamp) {
        self.scroll.place(row, self.rows().len());
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(panel) = model.top_mut::<Self>() else { return Vec::new() };
        match command {
            ScreenCommand::Move(step) => {
                let count = panel.rows().len();
                panel.scroll.go(step.rows(panel.scroll.page()), count);
                Vec::new()
            }
            ScreenCommand::List(ListCommand::Open) => {
                let Some(it) = panel.selected() else { return Vec::new() };
                let Some(of) = it.reference() else { return Vec::new() };
                let name = it.name.clone();
                detail::show(model, of, name)
            }
            ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => Vec::new(),
        }
    }
}

/// Opens the screen with the expiries, and reads every list.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    let mut effects = screens::close_tab(model);
    let ticket = model.ticket();
    // The previous rows stay visible until the lists are read again.
    let panel = match model.last_expiring.take().filter(|panel| panel.scope == model.scope) {
        Some(mut panel) => {
            panel.read.ask(ticket);
            panel.came = 0;
            panel
        }
        None => Box::new(ExpiringPanel {
            scope: model.scope,
            read: Remote::asked(ticket),
            came: 0,
            scroll: Scroll::default(),
            lines: 1,
        }),
    };
    model.screens.push(Screen::Expiring(panel));
    effects.push(fetch(ticket, model.scope, model.now));
    effects
}

impl Model {
    /// Returns the number of expiries in the next 30 days, with past but without snoozed expiries;
    /// `None` until the expiries are read with the current owner filter.
    pub(in crate::app) fn expiring_soon(&self) -> Option<usize> {
        let open = self.screens.iter().find_map(ExpiringPanel::of);
        let panel = open.or(self.last_expiring.as_deref()).filter(|it| it.scope == self.scope)?;
        Some(view::until(&panel.read.value()?.expiries, self.now, 30))
    }
}

/// Opens the form to snooze the expiry under the cursor, or ends its snooze.
pub(in crate::app) fn snooze(model: &mut Model) -> Vec<Effect> {
    if model.workspace.is_demo() {
        let text = "Not available in demo mode: nothing is saved";
        return vec![model.say(Tone::Refused, text)];
    }
    let Some(panel) = model.top_as::<ExpiringPanel>() else { return Vec::new() };
    let Some(expiring) = panel.selected().cloned() else { return Vec::new() };
    if expiring.snooze.is_some() {
        let (expiring, now) = (Box::new(expiring), model.now);
        return vec![Effect::List(ListEffect::Snooze { expiring, snooze: None, now })];
    }
    model.open(SuppressForm::snooze(expiring));
    Vec::new()
}

/// Updates the snoozed state of all expiries after a snooze was added or ended, or shows the error.
/// The cursor keeps its row number.
pub(in crate::app) fn snoozed(
    model: &mut Model,
    profile: &str,
    result: Result<Box<Snoozes>, LocalError>,
) -> Vec<Effect> {
    if profile != model.workspace.name {
        return Vec::new();
    }
    let snoozes = match result {
        Ok(snoozes) => snoozes,
        Err(error) => return vec![model.say(Tone::Refused, &error.to_string())],
    };
    let now = model.now;
    let open = model.screens.iter_mut().find_map(ExpiringPanel::of_mut);
    let panels = open.into_iter().chain(model.last_expiring.as_deref_mut());
    for panel in panels {
        if let Some(read) = panel.read.value_mut() {
            read.expiries.snooze(&snoozes, now);
        }
    }
    Vec::new()
}

const fn fetch(ticket: Ticket, scope: Scope, now: Timestamp) -> Effect {
    Effect::List(ListEffect::FetchExpiries { ticket, scope, now })
}

/// Reads the lists again if the tab with the expiries is open.
pub(in crate::app) fn again(model: &mut Model) -> Vec<Effect> {
    let (ticket, scope, now) = (model.ticket(), model.scope, model.now);
    let Some(panel) = model.screens_of::<ExpiringPanel>().next_back() else { return Vec::new() };
    panel.read.ask(ticket);
    panel.came = 0;
    vec![fetch(ticket, scope, now)]
}

/// Adds `count` to the number of credentials read so far, unless `ticket` is outdated.
pub(in crate::app) fn came(model: &mut Model, ticket: Ticket, count: usize) {
    if let Some(panel) = model.screens_of::<ExpiringPanel>().next_back()
        && panel.read.is_for(ticket)
    {
        panel.came += count;
    }
}

/// Applies the expiries that were read, or shows the error. The cursor stays on the same
/// credential.
pub(in crate::app) fn answered(
    model: &mut Model,
    ticket: Ticket,
    result: Result<Box<FleetExpiries>, ApiError>,
) -> Vec<Effect> {
    let failure = result.as_ref().err().map(|error| error.explain("Could not read the expiries"));
    let Some(panel) = model.screens_of::<ExpiringPanel>().next_back() else { return Vec::new() };
    let before = panel.selected().map(|it| (it.reference(), it.at));
    if !panel.read.answer(ticket, result.map(|read| *read)) {
        return Vec::new();
    }
    // A rotation changes the expiry of a secret. The new row is then found by the credential alone.
    let found = before.and_then(|(of, at)| {
        let is_its = |it: &&Expiring| it.reference() == of;
        let rows = panel.rows();
        let same = rows.iter().position(|it| is_its(&it) && it.at == at);
        same.or_else(|| rows.iter().position(|it| is_its(&it)))
    });
    panel.scroll.place(found.unwrap_or(panel.scroll.cursor), panel.rows().len());
    panel.arrange();
    if let Some(failure) = failure {
        model.fail(failure);
    }
    Vec::new()
}
