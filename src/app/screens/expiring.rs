//! Tokens and client secrets by expiry, the next first.

mod view;

use jiff::Timestamp;

use crate::{
    api::{ApiError, Scope},
    app::{
        CredentialEffect, Effect, ListEffect, Model,
        remote::{Remote, Ticket},
        screens::{Behavior, Screen, ScreenSubject, Tab, detail::Detail},
        scroll::Scroll,
    },
    domain::{
        CredentialRef,
        cli_command::CliCommand,
        expiry::{Expiries, Expiring},
    },
    keys::{KeyScope, ListCommand, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Expiries of all lists that could be read.
#[derive(Debug)]
pub struct FleetExpiries {
    /// The expiries.
    pub expiries: Expiries,
    /// Reasons why lists are incomplete.
    pub incomplete: Vec<String>,
}

/// The expiring tokens and client secrets.
#[derive(Debug)]
pub struct ExpiringPanel {
    read: Remote<FleetExpiries>,
    /// Number of credentials read so far.
    came: usize,
    scroll: Scroll,
}

impl ExpiringPanel {
    fn rows(&self) -> &[Expiring] {
        self.read.value().map_or(&[], |read| &read.expiries.dated)
    }

    fn selected(&self) -> Option<&Expiring> {
        self.rows().get(self.scroll.cursor)
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
        let count = self.rows().len();
        self.scroll.fit(rows.saturating_sub(usize::from(view::ABOVE_ROWS)), count);
    }

    fn subject(&self) -> ScreenSubject<'_> {
        self.selected().map_or(ScreenSubject::Nothing, |it| ScreenSubject::Credential {
            kind: it.kind,
            id: &it.id,
            name: &it.name,
            owner: it.owner.as_ref(),
            is_read: true,
        })
    }

    fn cli_command(&self, workspace: &[&str], _: Timestamp) -> Option<CliCommand> {
        Some(CliCommand::new(workspace, &["expiring", "--within", "90d"]))
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let ticket = model.ticket();
        let Some(panel) = model.top_mut::<Self>() else { return Vec::new() };
        match command {
            ScreenCommand::Move(step) => {
                let count = panel.rows().len();
                panel.scroll.go(step.rows(panel.scroll.page()), count);
                Vec::new()
            }
            ScreenCommand::List(ListCommand::Open) => {
                let Some(it) = panel.selected() else { return Vec::new() };
                let of = CredentialRef::new(it.kind, it.id.clone());
                let detail = Detail::new(of.kind, of.id.clone(), it.name.clone(), ticket);
                model.open(detail);
                vec![Effect::Credential(CredentialEffect::Show { ticket, of })]
            }
            ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => Vec::new(),
        }
    }
}

/// Opens it, and reads every list.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    model.screens.push(Screen::Expiring(Box::new(ExpiringPanel {
        read: Remote::asked(ticket),
        came: 0,
        scroll: Scroll::default(),
    })));
    vec![fetch(ticket, model.scope, model.now)]
}

const fn fetch(ticket: Ticket, scope: Scope, now: Timestamp) -> Effect {
    Effect::List(ListEffect::FetchExpiries { ticket, scope, now })
}

/// Reads the lists again, if the tab is open.
pub(in crate::app) fn again(model: &mut Model) -> Vec<Effect> {
    let (ticket, scope, now) = (model.ticket(), model.scope, model.now);
    let Some(panel) = model.screens_of::<ExpiringPanel>().next_back() else { return Vec::new() };
    panel.read.ask(ticket);
    panel.came = 0;
    vec![fetch(ticket, scope, now)]
}

/// Counts credentials read for the tab.
pub(in crate::app) fn came(model: &mut Model, ticket: Ticket, count: usize) {
    if let Some(panel) = model.screens_of::<ExpiringPanel>().next_back()
        && panel.read.is_for(ticket)
    {
        panel.came += count;
    }
}

/// Applies the result. The cursor stays on its credential.
pub(in crate::app) fn answered(
    model: &mut Model,
    ticket: Ticket,
    result: Result<Box<FleetExpiries>, ApiError>,
) -> Vec<Effect> {
    let failure = result.as_ref().err().map(|error| error.explain("Could not read the expiries"));
    let Some(panel) = model.screens_of::<ExpiringPanel>().next_back() else { return Vec::new() };
    let before = panel.selected().map(|it| (it.kind, it.id.clone(), it.at));
    if !panel.read.answer(ticket, result.map(|read| *read)) {
        return Vec::new();
    }
    let is_before = |it: &Expiring| before == Some((it.kind, it.id.clone(), it.at));
    let cursor = panel.rows().iter().position(is_before).unwrap_or(panel.scroll.cursor);
    let count = panel.rows().len();
    panel.scroll.place(cursor, count);
    if let Some(failure) = failure {
        model.fail(failure);
    }
    Vec::new()
}
