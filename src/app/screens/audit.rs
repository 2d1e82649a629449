//! Audit screen: findings of all credentials, grouped by credential or rule.

mod view;

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    api::ApiError,
    app::{
        AuditEffect, AuditMsg, CredentialEffect, Effect, Model, Tone,
        list::List,
        message,
        remote::{Remote, Ticket},
        screens::{
            self, Behavior, OneOf as _, Screen, ScreenSubject, Tab,
            detail::Detail,
            marked,
            page::{self, TextPage},
            typed,
        },
        scroll::Scroll,
    },
    domain::{
        Credential, CredentialRef, Draft, Kind, Untrusted,
        audit::{
            AuditContext, Counts, Finding, Group, Policy, Report, Severity, explain as explanation,
            fix,
            formats::{self, Format, Style},
            rules::Check,
        },
        cli_command::CliCommand,
        profile::Word as _,
        snapshot::Snapshot,
    },
    keys::{FindingsCommand, KeyScope, ListCommand, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Identity of a finding: rule ID, credential, and pointer to the value.
type FindingKey = (&'static str, Option<(Kind, Untrusted)>, String);

/// Identity of a marked row: a hash of the rule, the credential, the fact, the severity, and the
/// affected values.
type MarkKey = u64;

/// Audited credentials and their findings.
#[derive(Debug)]
pub struct Audited {
    /// Snapshot of the audited credentials.
    pub snapshot: Snapshot,
    /// Profile, time and policy of the audit.
    pub context: AuditContext,
    /// Findings of the audit.
    pub report: Report,
    /// Number of open findings of each severity.
    pub counts: Counts,
}

impl Audited {
    /// Creates the result of an audit, and counts its open findings.
    #[must_use]
    pub fn new(snapshot: Snapshot, context: AuditContext, report: Report) -> Self {
        let counts = report.counts();
        Self { snapshot, context, report, counts }
    }

    /// Returns the credential of a finding; `None` if the finding is about the profile or this
    /// machine.
    #[must_use]
    pub fn credential(&self, finding: &Finding) -> Option<&Credential> {
        self.snapshot.credentials.get(finding.subject? as usize)
    }

    /// Returns the identity of a finding, which is independent of its position in the report.
    fn key(&self, finding: &Finding) -> FindingKey {
        let about = self.credential(finding).map(|it| (it.kind(), it.id().clone()));
        (finding.rule.id, about, finding.pointer())
    }

    /// Returns the identity of a row for marks.
    fn mark_key(&self, group: &Group<'_>) -> MarkKey {
        let Finding { rule, fact, severity, .. } = group.first;
        let about = self.credential(group.first).map(|it| (it.kind(), it.id()));
        let values: Vec<_> = group.findings().map(|it| &it.value).collect();
        let mut hasher = DefaultHasher::new();
        (rule.id, about, fact, severity.word(), values).hash(&mut hasher);
        hasher.finish()
    }
}

/// Row of the audit screen: a group heading, or one or more findings shown as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditRow {
    /// Heading of a group of findings.
    Head {
        /// Title of the group, safe to show.
        title: String,
        /// Number of matching findings by severity. Findings shown as one row count once.
        counts: Counts,
        /// Report index of the group's first matching finding.
        first: usize,
        /// True if the group's findings are hidden.
        folded: bool,
    },
    /// Finding with one or more affected values.
    Finding {
        /// Report index of the finding for the first value.
        place: usize,
        /// Number of affected values.
        values: usize,
        /// Identity of the row for marks.
        mark: MarkKey,
    },
}

/// Audit screen: findings, filter and cursor.
#[derive(Debug)]
pub struct AuditPanel {
    /// Audited credentials and findings.
    pub audited: Remote<Arc<Audited>>,
    /// Number of credentials read so far.
    pub came: usize,
    /// True if findings are grouped by rule instead of by credential.
    pub by_rule: bool,
    /// Number of open findings by severity.
    pub counts: Counts,
    /// Filter of the findings: words and `rule:` terms.
    pub filter: Input,
    /// True if the filter has the focus.
    pub filtering: bool,
    /// Minimum severity of visible findings.
    pub least: Severity,
    /// Titles of folded groups.
    folded: HashSet<String>,
    /// Marked rows. A row whose values change is no longer marked.
    marks: HashSet<MarkKey>,
    /// Number of findings that match the filter and the minimum severity, and number of all
    /// findings. Findings shown as one row count once.
    pub passing: (usize, usize),
    /// Rows that match the filter and the minimum severity, without the findings of folded groups.
    pub rows: Vec<AuditRow>,
    /// Cursor and visible window.
    pub scroll: Scroll,
}

impl AuditPanel {
    /// Creates a panel for an audit that was just requested.
    #[must_use]
    pub fn new(ticket: Ticket) -> Self {
        Self {
            audited: Remote::asked(ticket),
            came: 0,
            by_rule: false,
            counts: Counts::default(),
            filter: Input::default(),
            filtering: false,
            least: Severity::Info,
            folded: HashSet::new(),
            marks: HashSet::new(),
            passing: (0, 0),
            rows: Vec::new(),
            scroll: Scroll { cursor: 0, top: 0, height: 1 },
        }
    }

    /// Discards the findings and all settings, except the grouping and the height.
    pub fn clear(&mut self) {
        let (by_rule, height) = (self.by_rule, self.scroll.height);
        *self = Self { by_rule, ..Self::new(Ticket(0)) };
        self.scroll.height = height;
    }

    /// Rebuilds the rows. The cursor stays on the same finding.
    pub fn arrange(&mut self) {
        let key = self.key();
        self.lay_out(key.as_ref());
    }

    /// Returns the report index of the finding under the cursor; on a heading, of the first finding
    /// below it.
    #[must_use]
    pub fn place(&self) -> Option<usize> {
        self.rows.get(self.scroll.cursor).map(|row| match row {
            AuditRow::Finding { place, .. } | AuditRow::Head { first: place, .. } => *place,
        })
    }

    /// Returns the finding under the cursor; `None` if there are no rows.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        self.audited.value()?.report.findings.get(self.place()?)
    }

    /// Returns the credential of the finding under the cursor; `None` if there are no rows, or the
    /// finding is about the profile or this machine.
    #[must_use]
    pub fn credential(&self) -> Option<&Credential> {
        self.audited.value()?.credential(self.finding()?)
    }

    /// Returns the open findings of one credential from the rules that compare several credentials.
    /// Empty until an audit is loaded.
    #[must_use]
    pub fn compared(&self, kind: Kind, id: &Untrusted) -> Vec<Finding> {
        let Some(audited) = self.audited.value() else { return Vec::new() };
        let mut credentials = audited.snapshot.credentials.iter();
        let at = credentials.position(|it| it.kind() == kind && it.id() == id);
        let at = at.map(|at| at as u32);
        let findings = audited.report.open().filter(|it| at.is_some() && it.subject == at);
        findings
            .filter(|it| matches!(it.rule.check, Check::Fleet(_)))
            .map(|it| Finding { subject: None, ..it.clone() })
            .collect()
    }

    /// Returns the identity of the finding under the cursor.
    fn key(&self) -> Option<FindingKey> {
        Some(self.audited.value()?.key(self.finding()?))
    }

    /// Stores an audit result and rebuilds the rows. The cursor stays on the same finding. Returns
    /// false, and changes nothing, if the result does not belong to the pending request.
    pub fn answer(&mut self, ticket: Ticket, result: Result<Arc<Audited>, ApiError>) -> bool {
        let key = self.key();
        if !self.audited.answer(ticket, result) {
            return false;
        }
        // Rows whose findings were fixed or suppressed are no longer marked.
        if let Some(audited) = self.audited.value().filter(|_| !self.marks.is_empty()) {
            let groups = audited.report.by_credential().into_iter().flat_map(|(_, groups)| groups);
            let known: HashSet<MarkKey> = groups.map(|it| audited.mark_key(&it)).collect();
            self.marks.retain(|key| known.contains(key));
        }
        self.lay_out(key.as_ref());
        true
    }

    /// Rebuilds the rows and moves the cursor to the wanted finding. If that finding is not listed,
    /// the cursor stays on its row number.
    fn lay_out(&mut self, wanted: Option<&FindingKey>) {
        let Some(audited) = self.audited.value().cloned() else { return };
        self.counts = audited.report.counts();
        self.build(&audited);
        let is_wanted = |row: &AuditRow| {
            let (AuditRow::Finding { place, .. }
            | AuditRow::Head { first: place, folded: true, .. }) = row
            else {
                return false;
            };
            Some(&audited.key(&audited.report.findings[*place])) == wanted
        };
        let place = self.rows.iter().position(is_wanted).unwrap_or(self.scroll.cursor);
        self.scroll.place(place, self.rows.len());
    }

    /// Returns the groups of findings, by rule or by credential, with their titles.
    fn groups(by_rule: bool, audited: &Audited) -> Vec<(String, Vec<Group<'_>>)> {
        if by_rule {
            let rules = audited.report.by_rule().into_iter();
            rules.map(|(rule, groups)| (format!("{} {}", rule.id, rule.title), groups)).collect()
        } else {
            let credentials = audited.report.by_credential().into_iter();
            let of = |at: Option<u32>| audited.snapshot.credentials.get(at? as usize);
            credentials.map(|(subject, groups)| (title_of(of(subject)), groups)).collect()
        }
    }

    /// Returns the groups of findings with their titles, reduced to the findings that match the
    /// filter and the severity. Calls `count` with the number of rows of each group before the
    /// reduction.
    fn matching<'a>(
        &self,
        audited: &'a Audited,
        mut count: impl FnMut(usize),
    ) -> Vec<(String, Vec<Group<'a>>)> {
        let words = Words::new(self.filter.value());
        let wanted = |group: &Group<'_>| {
            let credential = audited.credential(group.first);
            group.first.severity >= self.least && words.match_group(group, credential)
        };
        let mut groups = Self::groups(self.by_rule, audited);
        for (_, groups) in &mut groups {
            count(groups.len());
            groups.retain(&wanted);
        }
        groups
    }

    /// Builds the rows that match the filter and the severity, without the findings of folded
    /// groups.
    fn build(&mut self, audited: &Audited) {
        let (mut rows, mut passing, mut all) = (Vec::new(), 0, 0);
        for (title, groups) in self.matching(audited, |count| all += count) {
            passing += groups.len();
            let Some(first) = groups.first().map(|group| group.place) else { continue };
            let folded = self.folded.contains(&title);
            rows.push(AuditRow::Head { title, counts: Counts::of(&groups), first, folded });
            if !folded {
                let found = groups.iter();
                rows.extend(found.map(|it| AuditRow::Finding {
                    place: it.place,
                    values: it.count(),
                    mark: audited.mark_key(it),
                }));
            }
        }
        (self.rows, self.passing) = (rows, (passing, all));
    }

    /// Marks or unmarks the row under the cursor, or all matching rows of the group under the
    /// cursor, and moves to the next row.
    fn mark(&mut self) {
        let Some(audited) = self.audited.value().cloned() else { return };
        let keys = match self.rows.get(self.scroll.cursor) {
            Some(AuditRow::Finding { mark, .. }) => vec![*mark],
            Some(AuditRow::Head { title, .. }) => {
                let groups = self.matching(&audited, |_| ());
                let own = groups.iter().filter(|(other, _)| other == title);
                own.flat_map(|(_, groups)| groups).map(|it| audited.mark_key(it)).collect()
            }
            None => Vec::new(),
        };
        self.toggle_marks(keys);
        self.go(1);
    }

    /// Marks all rows that match the filter and the severity; unmarks them if all are marked.
    fn mark_all(&mut self) {
        let Some(audited) = self.audited.value().cloned() else { return };
        let groups = self.matching(&audited, |_| ());
        let keys = groups.iter().flat_map(|(_, groups)| groups);
        let keys = keys.map(|it| audited.mark_key(it)).collect();
        self.toggle_marks(keys);
    }

    /// Marks rows, or unmarks them if all are marked.
    fn toggle_marks(&mut self, keys: Vec<MarkKey>) {
        if keys.iter().all(|key| self.marks.contains(key)) {
            for key in &keys {
                self.marks.remove(key);
            }
        } else {
            self.marks.extend(keys);
        }
    }

    /// Returns the findings of the marked rows, in the order of the credentials.
    fn marked(&self) -> Vec<&Finding> {
        let Some(audited) = self.audited.value().filter(|_| !self.marks.is_empty()) else {
            return Vec::new();
        };
        let groups = audited.report.by_credential().into_iter().flat_map(|(_, groups)| groups);
        let marked = groups.filter(|group| self.marks.contains(&audited.mark_key(group)));
        marked.flat_map(|group| group.findings().collect::<Vec<_>>()).collect()
    }

    /// Folds or unfolds the group under the cursor, and moves the cursor to its heading.
    fn fold(&mut self) {
        let to = self.scroll.cursor + 1;
        let heads = self.rows.get(..to.min(self.rows.len())).unwrap_or_default();
        let Some(place) = heads.iter().rposition(is_head) else {
            return;
        };
        if let Some(AuditRow::Head { title, .. }) = self.rows.get(place)
            && !self.folded.remove(title)
        {
            self.folded.insert(title.clone());
        }
        self.scroll.cursor = place;
        self.lay_out(None);
    }

    /// Folds all visible groups, or unfolds them if all are folded. Moves the cursor to the first
    /// row.
    fn fold_all(&mut self) {
        let titles = self.rows.iter().filter_map(|row| match row {
            AuditRow::Head { title, .. } => Some(title.clone()),
            AuditRow::Finding { .. } => None,
        });
        let titles: Vec<String> = titles.collect();
        if titles.iter().all(|title| self.folded.contains(title)) {
            for title in &titles {
                self.folded.remove(title);
            }
        } else {
            self.folded.extend(titles);
        }
        self.scroll.cursor = 0;
        self.lay_out(None);
    }

    /// Sets the filter, and ends its input.
    pub fn set_filter(&mut self, text: &str) {
        self.filtering = false;
        self.filter = text.into();
        self.arrange();
    }

    /// Clears the filter and ends its input. Returns false if the filter was empty and did not have
    /// the focus.
    fn clear_filter(&mut self) -> bool {
        if !self.filtering && self.filter.value().is_empty() {
            return false;
        }
        self.filtering = false;
        self.filter.reset();
        self.arrange();
        true
    }

    /// Moves the cursor by a number of rows, up if negative, and scrolls it into view.
    pub fn go(&mut self, rows: isize) {
        self.scroll.go(rows, self.rows.len());
    }

    /// Moves the cursor to the next or previous finding. Returns false if there is none.
    pub fn go_to_next(&mut self, forward: bool) -> bool {
        self.go_to(forward, |row| matches!(row, AuditRow::Finding { .. }))
    }

    /// Moves the cursor to the next or previous row that `wanted` accepts. Returns false if there
    /// is none.
    fn go_to(&mut self, forward: bool, wanted: fn(&AuditRow) -> bool) -> bool {
        let found = if forward {
            let rest = self.rows.get(self.scroll.cursor + 1..).unwrap_or_default();
            rest.iter().position(wanted).map(|distance| self.scroll.cursor + 1 + distance)
        } else {
            self.rows[..self.scroll.cursor.min(self.rows.len())].iter().rposition(wanted)
        };
        if let Some(place) = found {
            self.scroll.place(place, self.rows.len());
        }
        found.is_some()
    }
}

const fn is_head(row: &AuditRow) -> bool {
    matches!(row, AuditRow::Head { .. })
}

/// Returns the title of the group of a credential, or of the findings without a credential.
fn title_of(credential: Option<&Credential>) -> String {
    credential.map_or_else(
        || "The profile and this machine".to_owned(),
        |it| format!("{}  {} {}", it.name().shown(), it.kind().word(), it.id().shown()),
    )
}

/// Words of a filter, in lower case.
struct Words(Vec<String>);

impl Words {
    fn new(filter: &str) -> Self {
        Self(filter.to_lowercase().split_whitespace().map(str::to_owned).collect())
    }

    /// Returns true if each word occurs in the rule, message, credential or values of a group. A
    /// word such as `rule:URL03` or `rule:URL*` must match the rule.
    fn match_group(&self, group: &Group<'_>, credential: Option<&Credential>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let finding = group.first;
        let mut text =
            format!("{} {} {}", finding.rule.slug, group.message(), title_of(credential));
        for value in group.findings().filter_map(|it| it.value.as_ref()) {
            text.push(' ');
            text.push_str(value.raw());
        }
        let (text, id) = (text.to_lowercase(), finding.rule.id.to_lowercase());
        self.0.iter().all(|word| match word.strip_prefix("rule:") {
            Some(rule) => match rule.strip_suffix('*') {
                Some(family) => id.starts_with(family),
                None => id == rule || finding.rule.slug == rule,
            },
            None => id.contains(word) || text.contains(word),
        })
    }
}

impl Behavior for AuditPanel {
    fn scope(&self) -> KeyScope {
        if self.filtering { KeyScope::Filter } else { KeyScope::Audit }
    }

    fn back(model: &mut Model) -> Option<Vec<Effect>> {
        let panel = model.top_mut::<Self>()?;
        let had_marks = !panel.marks.is_empty();
        if !panel.clear_filter() {
            panel.marks.clear();
            return had_marks.then(Vec::new);
        }
        Some(Vec::new())
    }

    fn input(&mut self) -> Option<&mut Input> {
        Some(&mut self.filter)
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        self.filter.handle(request);
        self.arrange();
    }

    fn paste(&mut self, text: &str, now: Timestamp) -> Result<(), &'static str> {
        if !self.filtering {
            return Err("No text field has the focus. Press / to filter, then paste");
        }
        typed(self, text, now);
        Ok(())
    }

    fn title(&self, _: &Model) -> String {
        "Audit".to_owned()
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, canvas, room)
    }

    fn point(&mut self, row: usize, _: Timestamp) {
        self.filtering = false;
        self.scroll.place(row, self.rows.len());
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(panel) = model.top_mut::<Self>() else { return Vec::new() };
        let page = panel.scroll.page();
        match command {
            ScreenCommand::Move(step) => panel.go(step.rows(page)),
            ScreenCommand::Audit(FindingsCommand::ToggleGrouping) => {
                panel.by_rule = !panel.by_rule;
                panel.arrange();
            }
            ScreenCommand::List(ListCommand::Filter) => panel.filtering = true,
            ScreenCommand::List(ListCommand::AcceptFilter) => panel.filtering = false,
            ScreenCommand::List(ListCommand::ClearFilter) => {
                panel.clear_filter();
            }
            ScreenCommand::Audit(FindingsCommand::LeastSeverity(least)) => {
                panel.least = least;
                panel.arrange();
            }
            ScreenCommand::Audit(FindingsCommand::Fold) => panel.fold(),
            ScreenCommand::Audit(FindingsCommand::FoldAll) => panel.fold_all(),
            ScreenCommand::Audit(FindingsCommand::NextGroup) => {
                panel.go_to(true, is_head);
            }
            ScreenCommand::Audit(FindingsCommand::PreviousGroup) => {
                panel.go_to(false, is_head);
            }
            ScreenCommand::List(ListCommand::Mark) => panel.mark(),
            ScreenCommand::List(ListCommand::MarkAll) => panel.mark_all(),
            ScreenCommand::List(ListCommand::Open) => return open_credential(model),
            ScreenCommand::Audit(FindingsCommand::SaveReport) => {
                let report = panel.audited.value().map(|audited| written(audited));
                return report
                    .map(|it| Effect::Audit(AuditEffect::SaveReport(it)))
                    .into_iter()
                    .collect();
            }
            ScreenCommand::List(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => {}
        }
        Vec::new()
    }

    fn closed(self, model: &mut Model) -> Vec<Effect> {
        model.last_audit = Some((model.scope, Box::new(self)));
        Vec::new()
    }

    fn tab(&self) -> Option<Tab> {
        Some(Tab::Audit)
    }

    fn position(&self) -> Option<(usize, usize)> {
        self.scroll.position(self.rows.len())
    }

    fn fit(&mut self, room: usize) {
        self.scroll.fit(room.saturating_sub(view::ABOVE), self.rows.len());
    }

    fn subject(&self) -> ScreenSubject<'_> {
        self.credential().map_or(ScreenSubject::Nothing, ScreenSubject::of)
    }

    fn finding(&self) -> Option<(&Finding, Option<&Credential>)> {
        Some((self.finding()?, self.credential()))
    }

    fn findings(&self) -> &[Finding] {
        self.audited.value().map_or(&[], |audited| &audited.report.findings)
    }

    fn cli_command(&self, workspace: &[&str], _: Timestamp) -> Option<CliCommand> {
        Some(CliCommand::new(workspace, &["audit"]))
    }
}

impl Model {
    /// Returns the number of open findings by severity from the audit screen that is open or was
    /// closed last. `None` if there is no result, or if the audit used another owner filter.
    pub(in crate::app) fn audit_counts(&self) -> Option<Counts> {
        let last = self.last_audit.as_ref().filter(|(scope, _)| *scope == self.scope);
        let open = self.screens.iter().find_map(AuditPanel::of);
        let panel = open.or_else(|| last.map(|(_, panel)| &**panel))?;
        panel.audited.value().map(|_| panel.counts)
    }

    /// Returns true if the audit screen is on top or directly below the help screen, and has marks.
    pub(in crate::app) fn has_marked_findings(&self) -> bool {
        let panel = self.subject_screen().and_then(AuditPanel::of);
        panel.is_some_and(|panel| !panel.marks.is_empty())
    }

    /// Returns the marked findings of the audit screen, or else those in the row under the cursor,
    /// with their credentials.
    pub(in crate::app) fn chosen_findings(&self) -> Vec<(&Finding, Option<&Credential>)> {
        if self.has_marked_findings()
            && let Some(panel) = self.subject_screen().and_then(AuditPanel::of)
            && let Some(audited) = panel.audited.value()
        {
            let marked = panel.marked().into_iter();
            return marked.map(|it| (it, audited.credential(it))).collect();
        }
        let credential = self.finding().and_then(|(_, credential)| credential);
        self.findings().map(|it| (it, credential)).collect()
    }

    fn audit_mut(&mut self) -> Option<&mut AuditPanel> {
        self.screens_of().next()
    }

    /// Repeats the audit if the audit screen is open, because the findings may be outdated.
    pub(in crate::app) fn audit_again(&mut self) -> Vec<Effect> {
        let (ticket, scope, now) = (self.ticket(), self.scope, self.now);
        let Some(panel) = self.audit_mut() else { return Vec::new() };
        panel.audited.ask(ticket);
        panel.came = 0;
        vec![Effect::Audit(AuditEffect::Run { ticket, scope, now })]
    }
}

/// Opens the audit screen and starts an audit.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    let mut effects = screens::close_tab(model);
    let ticket = model.ticket();
    // Keep the cursor position, the filter and the grouping when the screen is reopened.
    let panel = match model.last_audit.take() {
        Some((scope, mut panel)) if scope == model.scope => {
            panel.audited.ask(ticket);
            panel.came = 0;
            panel
        }
        _ => Box::new(AuditPanel::new(ticket)),
    };
    model.screens.push(Screen::Audit(panel));
    effects.push(Effect::Audit(AuditEffect::Run { ticket, scope: model.scope, now: model.now }));
    effects
}

/// Opens the credential that the selected finding is about, with the cursor on that finding. Shows
/// a notice if the finding is not about a credential.
fn open_credential(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(panel) = model.audit_mut() else { return Vec::new() };
    let (Some(credential), Some(finding)) = (panel.credential(), panel.finding()) else {
        return vec![
            model.say(Tone::Plain, "This finding is not about a credential. Press K to explain it"),
        ];
    };
    let (kind, id, name) = (credential.kind(), credential.id().clone(), credential.name().clone());
    let wanted = (finding.rule.id, finding.pointer());
    let mut detail = Detail::new(kind, id.clone(), name, ticket);
    detail.wanted = Some(wanted);
    detail.compared = panel.compared(kind, &id);
    if model.top_as::<Detail>().is_some() {
        model.screens.pop();
    }
    model.open(detail);
    vec![Effect::Credential(CredentialEffect::Show { ticket, of: CredentialRef::new(kind, id) })]
}

/// Moves the cursor to the next or previous finding. If a detail screen is on top, opens the
/// credential of that finding.
pub(in crate::app) fn step(model: &mut Model, forward: bool) -> Vec<Effect> {
    let Some(panel) = model.audit_mut() else { return Vec::new() };
    if !panel.go_to_next(forward) {
        let text = if forward { "Last finding shown" } else { "First finding shown" };
        return vec![model.say(Tone::Plain, text)];
    }
    if model.top_as::<Detail>().is_some() { open_credential(model) } else { Vec::new() }
}

/// Returns the report as a Markdown file, named after the workspace and the time of the audit.
fn written(audited: &Audited) -> message::NewFile {
    let Audited { snapshot, context, report, counts: _ } = audited;
    let input = formats::Input { report, snapshot, digest: "", places: None, context, fixed: None };
    let name: String = snapshot
        .place
        .name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect();
    let name = name.trim_start_matches('.').to_owned();
    let name = if name.is_empty() { "workspace".to_owned() } else { name };
    let moment = context.now.strftime("%Y%m%d-%H%M%S");
    message::NewFile {
        name: format!("credenza-audit-{name}-{moment}.md"),
        text: formats::write(Format::Markdown, &input, Style::default()),
    }
}

/// Opens the confirmation to fix the marked findings, or else those in the row under the cursor.
/// Shows a notice if none can be fixed.
pub(in crate::app) fn fix_marked(model: &mut Model) -> Vec<Effect> {
    if model.capabilities.is_none() {
        return vec![model.say(Tone::Refused, "The server has not reported its features yet")];
    }
    let chosen = model.chosen_findings();
    let all = chosen.len();
    let mut by_credential: Vec<(Credential, Vec<Finding>)> = Vec::new();
    for (finding, credential) in chosen {
        let Some(credential) = credential else { continue };
        let is_same = |(last, _): &&mut (Credential, Vec<Finding>)| {
            last.reference() == credential.reference()
        };
        match by_credential.last_mut().filter(is_same) {
            Some((_, findings)) => findings.push(finding.clone()),
            None => by_credential.push((credential.clone(), vec![finding.clone()])),
        }
    }
    let mut fixable = 0;
    by_credential.retain_mut(|(credential, findings)| {
        let draft = Draft::of(credential);
        findings.retain(|finding| fix::fixed(&draft, finding).is_some());
        fixable += findings.len();
        !findings.is_empty()
    });
    if by_credential.is_empty() {
        let text =
            "None of the marked findings has an automatic fix. Press K to see the manual fix";
        return vec![model.say(Tone::Refused, text)];
    }
    marked::fix(model, by_credential, all - fixable)
}

/// Opens a page that explains the rule of the finding under the cursor.
pub(in crate::app) fn explain(model: &mut Model) -> Vec<Effect> {
    if let Some(rule) = model.finding().map(|(finding, _)| finding.rule) {
        let line = |(label, text)| {
            let link = rule.source_url().filter(|_| label == explanation::SOURCE);
            page::PageLine { label, text, link }
        };
        let lines = explanation::lines(rule).into_iter().map(line).collect();
        let title = format!("{} {}", rule.id, rule.slug);
        model.open(TextPage::new(title, lines, &["audit", "explain", rule.id]));
    }
    Vec::new()
}

/// Applies the result of an audit effect.
pub(in crate::app) fn answered(model: &mut Model, msg: AuditMsg) -> Vec<Effect> {
    match msg {
        AuditMsg::Came { ticket, count: came } => {
            if let Some(panel) = model.audit_mut()
                && panel.audited.is_for(ticket)
            {
                panel.came += came;
            }
            Vec::new()
        }
        AuditMsg::Done { ticket, result } => audited(model, ticket, result),
        AuditMsg::Policy(Ok(policy)) => governed(model, *policy),
        AuditMsg::Policy(Err(why)) => {
            vec![model.say(Tone::Refused, &format!("Could not read the audit policy: {why}"))]
        }
        AuditMsg::Suppressed(Ok(file)) => policy_changed(model, &format!("Suppressed in {file}")),
        AuditMsg::SuppressionRemoved(Ok(file)) => {
            policy_changed(model, &format!("Suppression removed from {file}"))
        }
        AuditMsg::ReportSaved(Ok(file)) => {
            vec![model.say(Tone::Good, &format!("Report written to {file}"))]
        }
        AuditMsg::Suppressed(Err(error))
        | AuditMsg::SuppressionRemoved(Err(error))
        | AuditMsg::ReportSaved(Err(error)) => {
            vec![model.say(Tone::Refused, &error.to_string())]
        }
    }
}

/// Shows a notice, reads the changed policy from its file, and repeats the audit.
fn policy_changed(model: &mut Model, said: &str) -> Vec<Effect> {
    let said = model.say(Tone::Good, said);
    let mut effects = vec![said, Effect::Audit(AuditEffect::ReadPolicy)];
    effects.extend(model.audit_again());
    effects
}

/// Applies a policy. If it has changed, audits open credentials again, marks all lists as outdated,
/// and reloads the visible list.
fn governed(model: &mut Model, policy: Policy) -> Vec<Effect> {
    if !model.auditor.set_policy(policy) {
        return Vec::new();
    }
    let auditor = model.auditor.clone();
    for detail in model.screens_of::<Detail>() {
        detail.audit_again(&auditor);
    }
    model.preview.audit_again(&auditor);
    model.lists_mut().for_each(List::outdate);
    model.load()
}

fn audited(
    model: &mut Model,
    ticket: Ticket,
    result: Result<Box<Audited>, ApiError>,
) -> Vec<Effect> {
    let failure = result.as_ref().err().map(|error| error.explain("Audit failed"));
    let Some(panel) = model.audit_mut() else { return Vec::new() };
    if !panel.answer(ticket, result.map(Arc::from)) {
        return Vec::new();
    }
    if let Some(failure) = failure {
        model.fail(failure);
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{
        audit::{ProfileInfo, RuleSelection, audit},
        objects::CredentialObject,
    };

    fn audited(names: &[(&str, &str)]) -> Arc<Audited> {
        let client = |(id, name): &(&str, &str)| {
            let text = format!(
                r#"{{"client_id":"{id}","name":"{name}","callbacks":["http://app.acme.dev/{id}"]}}"#
            );
            serde_json::from_str::<CredentialObject>(&text).expect("a client").into_client()
        };
        let (now, place) = (Timestamp::UNIX_EPOCH, ProfileInfo::default());
        let clients = names.iter().map(client).collect();
        let snapshot = Snapshot::new(now, place.clone(), clients, Vec::new());
        let context = AuditContext::new(now, place);
        let report = audit(&snapshot.credentials, &context, &RuleSelection::default());
        Arc::new(Audited::new(snapshot, context, report))
    }

    #[test]
    fn the_cursor_stays_on_its_finding_when_others_come() {
        let mut panel = AuditPanel::new(Ticket(1));
        assert!(panel.answer(Ticket(1), Ok(audited(&[("b", "Store"), ("c", "Map")]))));
        while panel.credential().is_none_or(|it| it.id().raw() != "c") {
            assert!(panel.go_to_next(true), "client c has a finding");
        }
        let before = panel.key();
        panel.audited.ask(Ticket(2));
        let all = [("a", "Shop"), ("b", "Store"), ("c", "Map")];
        assert!(panel.answer(Ticket(2), Ok(audited(&all))));
        assert_eq!(panel.key(), before);
    }

    fn shown(panel: &AuditPanel) -> Vec<String> {
        let audited = panel.audited.value().expect("audited");
        let row = |row: &AuditRow| match row {
            AuditRow::Head { title, folded: false, .. } => title.clone(),
            AuditRow::Head { title, .. } => format!("{title} (folded)"),
            AuditRow::Finding { place, .. } => audited.report.findings[*place].rule.id.to_owned(),
        };
        panel.rows.iter().map(row).collect()
    }

    #[test]
    fn findings_are_filtered_by_words_rule_and_severity() {
        let mut panel = AuditPanel::new(Ticket(1));
        panel.answer(Ticket(1), Ok(audited(&[("a", "Store"), ("b", "Store"), ("c", "Map")])));
        let all = panel.passing.1;
        for (filter, expected) in [
            ("store rule:nam*", vec!["Store  spa a", "NAM01", "Store  spa b", "NAM01"]),
            ("rule:NAM01 spa b", vec!["Store  spa b", "NAM01"]),
            ("no such", vec![]),
        ] {
            panel.filter = filter.into();
            panel.arrange();
            assert_eq!(shown(&panel), expected, "{filter}");
            let count = expected.iter().filter(|row| **row == "NAM01").count();
            assert_eq!(panel.passing, (count, all));
        }
        assert!(panel.clear_filter());
        assert_eq!(panel.passing, (all, all));
        panel.least = Severity::Critical;
        panel.arrange();
        assert_eq!(panel.rows, []);
    }

    #[test]
    fn marks_tell_rows_apart_and_a_heading_marks_its_group() {
        let mut panel = AuditPanel::new(Ticket(1));
        panel.answer(Ticket(1), Ok(audited(&[("a", "Store"), ("b", "Store")])));
        let rows = |panel: &AuditPanel| panel.passing.0;
        let all = rows(&panel);
        panel.mark_all();
        assert_eq!(panel.marks.len(), all, "each row has its own mark");
        panel.mark_all();
        assert!(panel.marks.is_empty() && panel.marked().is_empty());
        panel.mark();
        let count = panel.marks.len();
        assert!((1..all).contains(&count), "the heading marks the rows of its group: {count}");
        panel.mark();
        assert_eq!(panel.marks.len(), count - 1, "the row below it was marked");
        // The marks of a deleted client are dropped.
        panel.audited.ask(Ticket(2));
        panel.answer(Ticket(2), Ok(audited(&[("c", "Map")])));
        assert!(panel.marks.is_empty());
    }

    #[test]
    fn a_folded_group_keeps_its_heading() {
        let mut panel = AuditPanel::new(Ticket(1));
        panel.filter = "rule:NAM01".into();
        panel.answer(Ticket(1), Ok(audited(&[("a", "Store"), ("b", "Store")])));
        panel.go(1);
        panel.fold();
        assert_eq!(shown(&panel), ["Store  spa a (folded)", "Store  spa b", "NAM01"]);
        assert_eq!(panel.scroll.cursor, 0, "on the heading");
        assert_eq!(panel.credential().map(|it| it.id().raw()), Some("a"), "the folded group");
        panel.arrange();
        assert_eq!(panel.scroll.cursor, 0);
        panel.go_to(true, is_head);
        assert_eq!(panel.scroll.cursor, 1);
        panel.fold_all();
        assert_eq!(shown(&panel), ["Store  spa a (folded)", "Store  spa b (folded)"]);
        panel.fold_all();
        assert_eq!(panel.rows.len(), 4);
    }

    #[test]
    fn findings_of_comparing_go_with_their_credential() {
        let mut panel = AuditPanel::new(Ticket(1));
        panel.answer(Ticket(1), Ok(audited(&[("a", "Store"), ("b", "Store"), ("c", "Map")])));
        let rules = |id: &str| {
            let found = panel.compared(Kind::Spa, &id.into());
            found.iter().map(|it| it.rule.id).collect::<Vec<_>>()
        };
        assert_eq!(rules("a"), ["NAM01"]);
        assert_eq!(rules("c"), [] as [&str; 0]);
    }
}
