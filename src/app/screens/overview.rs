//! Overview screen. Its figures count the credentials in all lists by kind, age, last use, expiry
//! and worst finding, and the changes since the last kept snapshot. A figure opens the list,
//! filtered to the counted credentials, or a page with the changes. A figure for values that the
//! server does not report opens nothing.

mod view;

use jiff::Timestamp;

use crate::{
    api::{ApiError, Scope},
    app::{
        ConnectionState, Effect, ListEffect, Model, Tone,
        list::Fetch,
        remote::{Remote, Ticket},
        screens::{
            self, Behavior, ScreenSubject, history,
            page::{PageLine, TextPage},
        },
        scroll::Scroll,
        view::thousands,
    },
    domain::{
        Kind, age,
        cli_command::CliCommand,
        overview::{FIGURES, Figure, Figures, change_figure},
        profile::Word as _,
        snapshot::{ChangeKind, Difference},
    },
    keys::{KeyScope, ListCommand, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Overview screen: the figures of each kind, and the selected figure.
#[derive(Debug)]
pub struct Overview {
    scope: Scope,
    /// Figures by kind.
    figures: [Figures; 4],
    /// Visible figures, as indexes into [`FIGURES`].
    rows: Vec<usize>,
    /// Kinds that have a tab.
    kinds: Vec<Kind>,
    scroll: Scroll,
    /// Kind of the selected column.
    kind: Kind,
    /// Number of visible lines.
    lines: usize,
    /// Changes since the last kept snapshot; `None` if no snapshot is kept.
    changes: Remote<Option<Box<Changes>>>,
}

/// Changes of the credentials since a kept snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// Time of the snapshot.
    pub since: Timestamp,
    /// Differences of all kinds.
    pub differences: Vec<Difference>,
    /// False if the snapshot or a current list lacks credentials that could not be read.
    pub is_complete: bool,
}

impl Overview {
    /// Returns the total of a figure over all kinds.
    fn total(&self, figure: usize) -> u32 {
        self.kinds.iter().map(|kind| self.figures[*kind as usize].count(figure)).sum()
    }

    fn selected(&self) -> usize {
        self.rows.get(self.scroll.cursor).copied().unwrap_or(0)
    }

    fn changes(&self) -> Option<&Changes> {
        self.changes.value()?.as_deref()
    }

    /// Returns the filter that selects the credentials of the selected figure; `None` if the figure
    /// counts changes, or values that the server does not report.
    fn filter(&self) -> Option<String> {
        let built_in = self.figures[self.kind as usize].has_built_in();
        FIGURES.get(self.selected())?.filter(self.kind, built_in)
    }

    /// Hides optional figures that are 0, and hides the changes if no snapshot is kept. The same
    /// figure stays selected. If it is hidden, the next visible figure is selected, or else the
    /// first.
    fn arrange(&mut self) {
        let is_shown = |place: &usize| match FIGURES[*place] {
            figure if figure.is_change() => self.changes().is_some(),
            figure => !figure.is_optional() || self.total(*place) > 0,
        };
        let selected = self.selected();
        self.rows = (0..FIGURES.len()).filter(is_shown).collect();
        let place = self.rows.iter().position(|row| *row >= selected).unwrap_or(0);
        self.scroll.fit(self.lines.saturating_sub(usize::from(view::ABOVE_ROWS)), self.rows.len());
        self.scroll.place(place, self.rows.len());
    }

    fn step(&mut self, forward: bool) {
        let count = self.kinds.len().max(1);
        let place = self.kinds.iter().position(|kind| *kind == self.kind).unwrap_or(0);
        let next = (place + if forward { 1 } else { count - 1 }) % count;
        self.kind = self.kinds.get(next).copied().unwrap_or(self.kind);
    }
}

impl Behavior for Overview {
    fn scope(&self) -> KeyScope {
        KeyScope::Overview
    }

    fn title(&self, _: &Model) -> String {
        match self.scope {
            Scope::Mine => "Overview".to_owned(),
            Scope::Organization => "Overview of the organization".to_owned(),
        }
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, model, canvas, room)
    }

    fn position(&self) -> Option<(usize, usize)> {
        self.scroll.position(self.rows.len())
    }

    fn fit(&mut self, lines: usize) {
        self.lines = lines;
        self.arrange();
    }

    fn point(&mut self, cell: usize, _: Timestamp) {
        let columns = self.kinds.len().max(1);
        self.scroll.place(cell / columns, self.rows.len());
        self.kind = self.kinds.get(cell % columns).copied().unwrap_or(self.kind);
    }

    fn subject(&self) -> ScreenSubject<'_> {
        ScreenSubject::Nothing
    }

    fn cli_command(&self, workspace: &[&str], _: Timestamp) -> Option<CliCommand> {
        if FIGURES.get(self.selected()).is_some_and(Figure::is_change) {
            return Some(CliCommand::new(workspace, diff_words(self.scope)));
        }
        let kind = if self.kind == Kind::Token { "tokens" } else { self.kind.word() };
        let filter = self.filter()?;
        let mut words = vec!["list", kind];
        if !filter.is_empty() {
            words.extend(["--where", &filter]);
        }
        if self.scope == Scope::Organization {
            words.push("--organization");
        }
        Some(CliCommand::new(workspace, &words))
    }

    fn closed(self, model: &mut Model) -> Vec<Effect> {
        model.last_figure = (self.selected(), self.kind);
        vec![Effect::List(ListEffect::StopChanges)]
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(overview) = model.top_mut::<Self>() else { return Vec::new() };
        match command {
            ScreenCommand::Move(step) => {
                let count = overview.rows.len();
                overview.scroll.go(step.rows(overview.scroll.page()), count);
            }
            ScreenCommand::List(ListCommand::NextTab) => overview.step(true),
            ScreenCommand::List(ListCommand::PreviousTab) => overview.step(false),
            ScreenCommand::List(ListCommand::Open) => return open(model),
            ScreenCommand::List(ListCommand::KeepSnapshot) => return keep_snapshot(model),
            ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => {}
        }
        Vec::new()
    }
}

/// Keeps a snapshot of the current credentials. Not available in the demo or without a connection.
fn keep_snapshot(model: &mut Model) -> Vec<Effect> {
    if model.workspace.is_demo() {
        let text = "Not available in demo mode: nothing is saved";
        return vec![model.say(Tone::Refused, text)];
    }
    if model.connection != ConnectionState::Ready {
        return Vec::new();
    }
    let Some(overview) = model.top_as::<Overview>() else { return Vec::new() };
    let keep = ListEffect::KeepSnapshot { scope: overview.scope, now: model.now };
    vec![model.say(Tone::Plain, "Keeping a snapshot…"), Effect::List(keep)]
}

/// Reports the result of keeping a snapshot, and compares with the new snapshot.
pub(in crate::app) fn snapshot_kept(
    model: &mut Model,
    result: Result<(usize, bool), ApiError>,
) -> Vec<Effect> {
    match result {
        Ok((count, is_complete)) => {
            let part = if is_complete { "" } else { ", incomplete" };
            let text = format!("Snapshot kept: {} credentials{part}", thousands(count as u64));
            let mut effects = vec![model.say(Tone::Good, &text)];
            effects.extend(compare(model));
            effects
        }
        Err(error) => {
            model.fail(error.explain("Could not keep a snapshot"));
            Vec::new()
        }
    }
}

/// Requests the changes since the last kept snapshot for the open overview. Requests nothing
/// without a connection or in the demo.
fn compare(model: &mut Model) -> Vec<Effect> {
    if model.connection != ConnectionState::Ready || model.workspace.is_demo() {
        return Vec::new();
    }
    let ticket = model.ticket();
    let Some(overview) = model.screens_of::<Overview>().next_back() else { return Vec::new() };
    overview.changes.ask(ticket);
    vec![Effect::List(ListEffect::FetchChanges { ticket, scope: overview.scope })]
}

/// Applies the changes since the last kept snapshot, or reports the error.
pub(in crate::app) fn compared(
    model: &mut Model,
    ticket: Ticket,
    result: Result<Option<Box<Changes>>, ApiError>,
) -> Vec<Effect> {
    let Some(overview) = model.screens_of::<Overview>().next_back() else { return Vec::new() };
    let error = result.as_ref().err().cloned();
    if overview.changes.answer(ticket, result) {
        recount(model);
        if let Some(error) = error {
            let text = format!("Could not compare with the kept snapshot: {}", error.sentence());
            return vec![model.say(Tone::Refused, &text)];
        }
    }
    Vec::new()
}

/// Opens the list of the selected column with the filter of the selected figure, or the page with
/// the selected changes. Shows a notice if the figure has no filter.
fn open(model: &mut Model) -> Vec<Effect> {
    let Some(overview) = model.top_as::<Overview>() else { return Vec::new() };
    let (kind, figure) = (overview.kind, overview.selected());
    if let Some(changes) = overview.changes().filter(|_| FIGURES[figure].is_change()) {
        let page = changes_page(changes, (kind, figure), overview.scope);
        model.open(page);
        return Vec::new();
    }
    let Some(filter) = overview.filter() else {
        let text = "No filter selects values that the server does not report";
        return vec![model.say(Tone::Refused, text)];
    };
    let mut effects = screens::close_tab(model);
    model.kind = kind;
    let list = model.list_mut();
    list.filtering = false;
    list.filter = filter.into();
    model.refilter();
    effects.extend(model.load());
    effects
}

/// Returns the page with the differences that a figure counts for one kind.
fn changes_page(changes: &Changes, (kind, figure): (Kind, usize), scope: Scope) -> TextPage {
    let label = FIGURES[figure].label;
    let since = age::utc(changes.since);
    let title = format!("Overview › {} {label} since {since}", kind.plural());
    let line = PageLine::new;
    let mut lines = Vec::new();
    let its = changes.differences.iter().filter(|it| it.kind == kind);
    let its: Vec<&Difference> = its.filter(|it| change_figure(&it.what) == figure).collect();
    for it in its.iter().take(MOST_CHANGES) {
        let text = format!("{} ({})", it.name.clipped(120), it.id.clipped(120));
        lines.push(line(label, text));
        if let ChangeKind::Changed(members) = &it.what {
            let members = members.iter().flat_map(history::change_lines);
            lines.extend(members.map(|text| line(" ", text)));
        }
    }
    let more = its.len().saturating_sub(MOST_CHANGES);
    if more > 0 {
        lines.push(line(
            "",
            format!("{} more not shown. Run: credenza diff --since last", thousands(more as u64)),
        ));
    }
    if its.is_empty() {
        lines.push(line("", format!("No {} were {label}.", kind.plural())));
    }
    if !changes.is_complete {
        let text = "The snapshot or a current list lacks credentials that could not be read.";
        lines.push(line("", text.to_owned()));
    }
    TextPage::new(title, lines, diff_words(scope))
}

/// Returns the words of the command that compares with the last kept snapshot.
const fn diff_words(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::Mine => &["diff", "--since", "last"],
        Scope::Organization => &["diff", "--since", "last", "--organization"],
    }
}

/// Maximum number of credentials on a page of changes.
const MOST_CHANGES: usize = 500;

/// Returns the kinds that have a tab and that the provider can list.
fn listed(model: &Model) -> Vec<Kind> {
    model.tabs().filter(|kind| model.has(*kind)).collect()
}

/// Opens the overview, and reads the lists that were not requested yet.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    let mut effects = screens::close_tab(model);
    let (selected, kind) = model.last_figure;
    let kinds = listed(model);
    let mut overview = Overview {
        scope: model.scope,
        figures: <[Figures; 4]>::default(),
        rows: (0..FIGURES.len()).collect(),
        kind: kinds.iter().copied().find(|it| *it == kind).unwrap_or(model.kind),
        kinds,
        scroll: Scroll::default(),
        lines: 1,
        changes: Remote::Ready(None),
    };
    overview.scroll.place(selected, FIGURES.len());
    model.open(overview);
    recount(model);
    effects.extend(read(model, |fetch| matches!(fetch, Fetch::Idle)));
    effects.extend(compare(model));
    effects
}

/// Reads every list again, except lists that are being read.
pub(in crate::app) fn again(model: &mut Model) -> Vec<Effect> {
    let mut effects =
        read(model, |fetch| !matches!(fetch, Fetch::Loading { .. } | Fetch::Waiting { .. }));
    effects.extend(compare(model));
    effects
}

/// Updates the open overview when the connection is ready or the capabilities are loaded, and reads
/// the lists that were not requested yet.
pub(in crate::app) fn connected(model: &mut Model) -> Vec<Effect> {
    if !model.has_open::<Overview>() {
        return Vec::new();
    }
    let kinds = listed(model);
    for overview in model.screens_of::<Overview>() {
        overview.kinds.clone_from(&kinds);
        if !kinds.contains(&overview.kind) {
            overview.kind = kinds.first().copied().unwrap_or(overview.kind);
        }
    }
    recount(model);
    let mut effects = read(model, |fetch| matches!(fetch, Fetch::Idle));
    // Called once for the connection and once for the capabilities, but one comparison is enough.
    if !model.screens_of::<Overview>().any(|overview| overview.changes.is_loading()) {
        effects.extend(compare(model));
    }
    effects
}

/// Requests the lists whose state `is_wanted` accepts. Lists that are read together are requested
/// once. Requests nothing without a connection.
fn read(model: &mut Model, is_wanted: impl Fn(&Fetch) -> bool) -> Vec<Effect> {
    if model.connection != ConnectionState::Ready {
        return Vec::new();
    }
    let kinds: Vec<Kind> = model.tabs().collect();
    let mut effects = Vec::new();
    let wanted: Vec<Kind> = kinds
        .into_iter()
        .filter(|kind| is_wanted(&model.list_of(model.scope, *kind).fetch))
        .collect();
    let mut requested: Vec<Kind> = Vec::new();
    for kind in wanted {
        if !requested.contains(&kind) {
            requested.extend(model.together(kind));
            effects.extend(model.reload(model.scope, kind));
        }
    }
    effects
}

/// Counts the rows again, if the overview is open.
pub(in crate::app) fn recount(model: &mut Model) {
    if !model.has_open::<Overview>() {
        return;
    }
    let now = model.now;
    let figures = Kind::ALL.map(|kind| {
        let mut figures = Figures::default();
        let list = model.list_of(model.scope, kind);
        list.rows.views().for_each(|view| figures.add(&view, now));
        figures
    });
    for overview in model.screens_of::<Overview>() {
        overview.figures.clone_from(&figures);
        for it in overview.changes.value().iter().copied().flatten().flat_map(|it| &it.differences)
        {
            overview.figures[it.kind as usize].add_change(&it.what);
        }
        overview.arrange();
    }
}
