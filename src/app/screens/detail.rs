//! Detail view of a credential, with a cursor over the values and a masked secret.

mod view;

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    app::{
        CredentialEffect, Effect, Model, SecretRef, Then, Tone,
        auditor::Auditor,
        remote::{Remote, Ticket},
        screens::{
            Behavior, Screen, ScreenSubject, audit,
            confirm::{Confirm, ConfirmedAction},
            form::Form,
            plain_value::PlainValue,
            rotate,
        },
        scroll::Scroll,
    },
    domain::{
        Credential, CredentialRef, Kind, Secret, Untrusted, Visibility, age,
        audit::{Finding, FixKind, Severity, groups},
        cli_command::CliCommand,
        credential::SecretAge,
        draft::{Field, grant_line},
        semantics,
        whose::{AuthorizeRequest, Obstacle},
    },
    keys::{KeyScope, ScreenCommand, ValueCommand},
    ui::{Canvas, Rect},
};

/// Detail view of a credential.
#[derive(Debug)]
pub struct Detail {
    /// Kind of the credential.
    pub kind: Kind,
    /// ID of the credential.
    pub id: Untrusted,
    /// Name from the list, used until the credential is loaded.
    pub name: Untrusted,
    /// Credential, loaded from the server.
    pub credential: Remote<Credential>,
    /// Cursor and visible window.
    pub scroll: Scroll,
    /// Visibility of the secret.
    pub peek: Peek,
    /// Findings, most severe first.
    pub findings: Vec<Finding>,
    /// Findings from rules that compare credentials.
    pub compared: Vec<Finding>,
    /// Authorization request that the user pasted, and its conflicts with the registration.
    pub(in crate::app) request: Option<(AuthorizeRequest, Vec<Obstacle>)>,
    /// Version of the credential that was last audited.
    audited: Option<Credential>,
    /// Rule ID and pointer of the finding to which the cursor moves after the next audit.
    pub wanted: Option<(&'static str, String)>,
    /// Ticket of the request for the recorded changes.
    pub(in crate::app) history: Ticket,
    /// Times of the changes that were made with Credenza, latest first.
    pub(in crate::app) changes: Vec<Timestamp>,
}

/// Visibility of a secret.
#[derive(Debug, Default)]
pub enum Peek {
    /// The secret is masked.
    #[default]
    Masked,
    /// The secret is being read.
    Asked(Ticket),
    /// The secret is visible.
    Open {
        /// Revealed secret.
        secret: Secret,
        /// Time at which the secret is masked again.
        until: Timestamp,
    },
}

impl Peek {
    /// Returns the seconds until the secret is masked again, rounded up; `None` if it is not
    /// visible.
    #[must_use]
    pub fn seconds_left(&self, now: Timestamp) -> Option<i64> {
        match self {
            Self::Open { until, .. } => {
                let left = until.as_millisecond() - now.as_millisecond();
                Some((left + 999).div_euclid(1000).max(0))
            }
            _ => None,
        }
    }
}

/// Line of the detail view: a label and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetailLine {
    /// Label; empty for all but the first line of a list, and for a finding below its value.
    pub label: &'static str,
    /// Value to show.
    pub value: DetailValue,
}

/// Value on a line of the detail view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DetailValue {
    /// Value that can be copied.
    Text(Untrusted),
    /// Special value such as `+`, and its meaning.
    Word(Untrusted, &'static str),
    /// Time, shown with its age.
    Time(Timestamp),
    /// Creation time, if known, and expiry of a credential; shown as the expiry with its age.
    Expiry(Option<Timestamp>, Timestamp),
    /// State, age, expiry and last use of one client secret.
    SecretAge(SecretAge),
    /// Text shown for an empty value.
    Nothing(&'static str),
    /// Secret, masked or revealed.
    Secret,
    /// Explanatory text that cannot be copied.
    Remark(&'static str),
    /// Times of recorded changes, latest first.
    Changes(Vec<Timestamp>),
    /// Name and value of a response member that Credenza does not recognize.
    Unknown(Untrusted, Untrusted),
    /// Finding: its index in the findings of the detail page, severity and text.
    Finding(usize, Severity, String),
}

/// Number of segments in a timeline of changes.
const TIME_LINE: usize = 20;

/// Formats the number of recorded changes and the date of the first change.
fn changed(times: &[Timestamp]) -> String {
    let since = |at: &Timestamp| at.to_zoned(TimeZone::UTC).date().to_string();
    match times {
        [] => String::new(),
        [once] => format!("changed once, on {}", since(once)),
        [.., first] => format!("changed {} times since {}", times.len(), since(first)),
    }
}

impl DetailValue {
    /// Returns the value as text that is safe to show. Empty for a secret, which the view draws
    /// itself.
    #[must_use]
    pub fn written(&self, now: Timestamp) -> String {
        match self {
            Self::Text(text) => text.shown().into_owned(),
            Self::Word(word, meaning) => format!("{}  ({meaning})", word.shown()),
            Self::Time(at) | Self::Expiry(_, at) => {
                format!("{}  ({})", age::utc(*at), age::ago(now, *at))
            }
            Self::SecretAge(secret) => secret.described(now),
            Self::Nothing(text) | Self::Remark(text) => (*text).to_owned(),
            Self::Changes(times) => changed(times),
            Self::Unknown(name, text) => format!("{}: {}", name.shown(), text.shown()),
            Self::Secret => String::new(),
            Self::Finding(_, _, text) => text.clone(),
        }
    }

    /// Returns the elapsed tenths of the lifetime of a token or an active secret. `None` for other
    /// values, outside the lifetime, and if the creation time or the expiry is missing.
    #[must_use]
    pub fn elapsed_tenths(&self, now: Timestamp) -> Option<usize> {
        let (from, until) = match self {
            Self::Expiry(from, until) => ((*from)?, *until),
            Self::SecretAge(secret) if secret.active => (secret.created_at?, secret.expires_at??),
            _ => return None,
        };
        let (age, life) =
            (now.as_second() - from.as_second(), until.as_second() - from.as_second());
        let is_alive = (0..life).contains(&age);
        usize::try_from(age * 10 / life.max(1)).ok().filter(|_| is_alive)
    }

    /// Returns the text to copy; `None` if the value cannot be copied.
    #[must_use]
    pub fn copied(&self) -> Option<Untrusted> {
        match self {
            Self::Text(text) | Self::Word(text, _) | Self::Unknown(_, text) => Some(text.clone()),
            Self::Time(at) | Self::Expiry(_, at) => Some(age::utc(*at).into()),
            Self::Nothing(_)
            | Self::Secret
            | Self::SecretAge(_)
            | Self::Changes(_)
            | Self::Remark(_)
            | Self::Finding(..) => None,
        }
    }

    /// Returns a timeline of the recorded changes, from the first change to `now`. A segment is
    /// true if it contains a change. Empty for other values and for a single change.
    #[must_use]
    pub fn time_line(&self, now: Timestamp) -> Vec<bool> {
        let Self::Changes(times) = self else { return Vec::new() };
        let (Some(first), 2..) = (times.last(), times.len()) else { return Vec::new() };
        let span = (now.as_second() - first.as_second()).max(1);
        let mut parts = vec![false; TIME_LINE];
        for at in times {
            let place = (at.as_second() - first.as_second()) * TIME_LINE as i64 / span;
            let place = usize::try_from(place).unwrap_or_default().min(TIME_LINE - 1);
            parts[place] = true;
        }
        parts
    }
}

impl Detail {
    /// Returns the kind and ID of the credential.
    #[must_use]
    pub fn reference(&self) -> CredentialRef {
        CredentialRef::new(self.kind, self.id.clone())
    }

    /// Creates the view of a credential that was just requested.
    #[must_use]
    pub fn new(kind: Kind, id: Untrusted, name: Untrusted, ticket: Ticket) -> Self {
        Self {
            kind,
            id,
            name,
            credential: Remote::asked(ticket),
            scroll: Scroll::default(),
            peek: Peek::Masked,
            findings: Vec::new(),
            compared: Vec::new(),
            request: None,
            audited: None,
            wanted: None,
            history: Ticket::default(),
            changes: Vec::new(),
        }
    }

    /// Creates the view of a loaded credential.
    #[must_use]
    pub fn loaded(credential: Credential) -> Self {
        let (kind, id, name) = (credential.kind(), credential.id(), credential.name());
        let view = Self::new(kind, id.clone(), name.clone(), Ticket::default());
        Self { credential: Remote::Ready(credential), ..view }
    }

    /// Creates the view of a credential that was read before and is being read again.
    #[must_use]
    pub fn refreshing(credential: Credential, ticket: Ticket) -> Self {
        let mut view = Self::loaded(credential);
        view.credential.ask(ticket);
        view
    }

    /// Draws the view, with a cursor if `focused`.
    pub(in crate::app) fn draw_at(
        &self,
        model: &Model,
        canvas: &mut Canvas<'_>,
        room: Rect,
        focused: bool,
    ) {
        view::draw(model, self, canvas, room, focused);
    }

    /// Returns the value under the cursor; `None` until the credential is loaded.
    #[must_use]
    pub fn value(&self) -> Option<DetailValue> {
        self.lines().into_iter().nth(self.scroll.cursor).map(|line| line.value)
    }

    /// Moves the cursor by a number of lines; a negative number moves it up.
    pub fn go(&mut self, lines: isize) {
        self.scroll.go(lines, self.lines().len());
    }

    /// Returns all lines, with findings below their values and other findings at the end. Empty
    /// until the credential is loaded.
    #[must_use]
    pub fn lines(&self) -> Vec<DetailLine> {
        let mut lines = self.credential.value().map(lines).unwrap_or_default();
        if !lines.is_empty() && !self.changes.is_empty() {
            let times = ["Created", "Updated", "Last used"];
            let after = lines.iter().rposition(|line| times.contains(&line.label));
            let changes =
                DetailLine { label: "Changes", value: DetailValue::Changes(self.changes.clone()) };
            lines.insert(after.map_or(lines.len(), |at| at + 1), changes);
        }
        if let Some((_, obstacles)) = self.request.as_ref().filter(|_| !lines.is_empty()) {
            let after = lines.iter().position(|line| line.label == self.kind.id_label());
            let at = after.map_or(0, |at| at + 1);
            let value = |it: &Obstacle| DetailValue::Text(it.why.as_str().into());
            let mut values: Vec<DetailValue> = obstacles.iter().map(value).collect();
            if values.is_empty() {
                values.push(DetailValue::Remark("no conflict with the registration found"));
            }
            let labels = std::iter::once("Pasted login").chain(std::iter::repeat(""));
            let own = labels.zip(values).map(|(label, value)| DetailLine { label, value });
            lines.splice(at..at, own);
        }
        with_findings(lines, &self.findings, self.credential.value())
    }

    /// Returns the finding under the cursor. On a value, returns the finding on the next line;
    /// `None` if that line is not a finding.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        let lines = self.lines();
        let after = lines.get(self.scroll.cursor..)?.iter().enumerate();
        for (distance, line) in after {
            match line.value {
                // A finding with a label does not belong to the value above it.
                DetailValue::Finding(at, ..) if distance == 0 || line.label.is_empty() => {
                    return self.findings.get(at);
                }
                _ if distance > 0 => return None,
                _ => {}
            }
        }
        None
    }

    /// Audits the credential again after the audit policy has changed.
    pub fn audit_again(&mut self, auditor: &Auditor) {
        self.audited = None;
        self.audit_credential(auditor);
    }

    /// Audits the credential if it has changed, and moves the cursor to the finding in `wanted`.
    pub fn audit_credential(&mut self, auditor: &Auditor) {
        let Some(credential) = self.credential.value() else { return };
        if self.audited.as_ref() != Some(credential) {
            // Findings of comparisons with other credentials are outdated after a change.
            if self.audited.as_ref().is_some_and(|it| it != credential) {
                self.compared.clear();
            }
            self.findings = auditor.audit_one(credential);
            self.findings.extend(self.compared.iter().cloned());
            self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            self.audited = Some(credential.clone());
            if let Some((request, obstacles)) = &mut self.request {
                *obstacles = auditor.obstacles(request, credential);
            }
        }
        let Some((rule, pointer)) = self.wanted.take() else { return };
        let wanted = |it: &Finding| it.rule.id == rule && it.pointer() == pointer;
        let groups = groups(&self.findings, |_| true);
        let at = groups.iter().find(|group| group.findings().any(wanted)).map(|group| group.place);
        let line = self.lines().iter().position(
            |line| matches!(line.value, DetailValue::Finding(own, ..) if Some(own) == at),
        );
        self.scroll.cursor = line.unwrap_or(self.scroll.cursor);
    }
}

/// Inserts findings below their values; findings without a value come last.
fn with_findings(
    mut lines: Vec<DetailLine>,
    findings: &[Finding],
    credential: Option<&Credential>,
) -> Vec<DetailLine> {
    // Inserted in reverse order, so that findings of one value stay in order.
    for group in groups(findings, |_| true).iter().rev() {
        let finding = group.first;
        let text = format!("{}{}", finding.severity.mark(), group.line(credential));
        let value = DetailValue::Finding(group.place, finding.severity, text);
        let entry = finding.entry.unwrap_or(0) as usize;
        let first = finding
            .fact
            .label()
            .and_then(|label| lines.iter().position(|line| line.label == label));
        // The entries of a list start on the line with its label. Findings between the entries do
        // not count.
        let place = first.map(|first| {
            let mut seen = 0;
            let mut place = first;
            for (index, line) in lines.iter().enumerate().skip(first + 1) {
                if !line.label.is_empty() {
                    break;
                }
                if !matches!(line.value, DetailValue::Finding(..)) {
                    seen += 1;
                    if seen > entry {
                        break;
                    }
                    place = index;
                }
            }
            place + 1
        });
        let label = if place.is_some() { "" } else { "Audit" };
        lines.insert(place.unwrap_or(lines.len()), DetailLine { label, value });
    }
    lines
}

/// Returns the values of a credential, one per line, without findings.
#[must_use]
pub fn lines(credential: &Credential) -> Vec<DetailLine> {
    let mut all = DetailLines::default();
    let record = credential.record();
    all.text("Name", &record.name);
    all.text(credential.kind().id_label(), &record.id);
    all.add(credential.kind().secret_label(), DetailValue::Secret);
    let has = |field: Field| record.has.has(field);
    match credential {
        Credential::Token(token) => {
            let grants: Vec<_> = token.grants.iter().map(grant_line).collect();
            for (field, list, none) in [
                (Field::Apis, &token.apis, "none"),
                (Field::Grants, &grants, "none"),
                (Field::Referers, &token.referers, "any page may use the token"),
                (Field::Scopes, &token.scopes, "none"),
            ] {
                if has(field) {
                    all.list(field.label(), list, none);
                }
            }
            let none = if token.expiry().is_some() { "never" } else { "not reported" };
            let expiry = |at| DetailValue::Expiry(record.created_at, at);
            let value = token.expires_at.map_or(DetailValue::Nothing(none), expiry);
            all.add(Field::Expires.label(), value);
        }
        Credential::Spa(client) | Credential::Other(client) => {
            if let Some(app_type) = &client.app_type {
                all.text("Type", app_type);
            }
            match &client.login_url {
                Some(url) => all.text(Field::LoginUrl.label(), url),
                None if has(Field::LoginUrl) => {
                    all.add(Field::LoginUrl.label(), DetailValue::Nothing("none"));
                }
                None => {}
            }
            let defaults = if client.use_default_urls {
                "on: the lists below are derived from the login URL"
            } else {
                "off: the lists below are used unchanged"
            };
            if has(Field::UseDefaultUrls) {
                all.add(Field::UseDefaultUrls.label(), DetailValue::Remark(defaults));
            }
            for (field, list) in [
                (Field::Callbacks, &client.callbacks),
                (Field::LogoutUrls, &client.logout_urls),
                (Field::WebOrigins, &client.web_origins),
                (Field::AllowedOrigins, &client.allowed_origins),
            ] {
                if has(field) {
                    all.urls(field.label(), list);
                }
            }
        }
        Credential::M2m(_) => {}
    }
    if let Some(client) = credential.client() {
        if has(Field::Scopes) {
            all.list(Field::Scopes.label(), &client.scopes, "none");
        }
        if let Some(enabled) = client.enabled {
            let state = if enabled { "enabled" } else { "disabled: it cannot be used" };
            all.add("State", DetailValue::Remark(state));
        }
        for (at, secret) in client.secrets().unwrap_or_default().iter().enumerate() {
            let label = if at == 0 { "Secrets" } else { "" };
            all.add(label, DetailValue::SecretAge(secret.clone()));
        }
        if !client.grant_types.is_empty() {
            all.list("Grant types", &client.grant_types, "none");
        }
        if let Some(method) = &client.auth_method {
            all.text("Authentication", method);
        }
    }
    if let Some(owner) = &record.owner {
        all.text("Owner", if owner.email.raw().is_empty() { &owner.user_id } else { &owner.email });
    }
    if has(Field::Visibility) {
        all.add(
            Field::Visibility.label(),
            DetailValue::Remark(match record.visibility {
                Visibility::Private => "private: visible to you only",
                Visibility::Organization => "visible to the organization, without its secret",
            }),
        );
    }
    for (label, at) in [
        ("Created", record.created_at),
        ("Updated", record.updated_at),
        ("Last used", record.last_used_at),
    ] {
        // A time that the provider does not report is omitted. A reported last use may be "never".
        if at.is_some() || (label == "Last used" && record.reports_last_used) {
            all.time(label, at, "never");
        }
    }
    for note in &record.notes {
        all.text("Note", note);
    }
    for (name, value) in &record.unknown {
        all.add("Other", DetailValue::Unknown(name.clone(), value.clone()));
    }
    all.0
}

#[derive(Default)]
struct DetailLines(Vec<DetailLine>);

impl DetailLines {
    fn add(&mut self, label: &'static str, value: DetailValue) {
        self.0.push(DetailLine { label, value });
    }

    fn text(&mut self, label: &'static str, value: &Untrusted) {
        self.add(label, DetailValue::Text(value.clone()));
    }

    fn time(&mut self, label: &'static str, at: Option<Timestamp>, none: &'static str) {
        self.add(label, at.map_or(DetailValue::Nothing(none), DetailValue::Time));
    }

    fn list(&mut self, label: &'static str, values: &[Untrusted], none: &'static str) {
        self.each(label, values, none, |value| DetailValue::Text(value.clone()));
    }

    /// Adds a list of URLs, which may contain the special values `+` and `-`.
    fn urls(&mut self, label: &'static str, values: &[Untrusted]) {
        self.each(label, values, "none", |value| match semantics::meaning(value.raw()) {
            Some(meaning) => DetailValue::Word(value.clone(), meaning),
            None => DetailValue::Text(value.clone()),
        });
    }

    fn each(
        &mut self,
        label: &'static str,
        values: &[Untrusted],
        none: &'static str,
        written: impl Fn(&Untrusted) -> DetailValue,
    ) {
        if values.is_empty() {
            self.add(label, DetailValue::Nothing(none));
        }
        for (index, value) in values.iter().enumerate() {
            self.add(if index == 0 { label } else { "" }, written(value));
        }
    }
}

impl Behavior for Detail {
    fn scope(&self) -> KeyScope {
        KeyScope::Detail
    }

    fn title(&self, _: &Model) -> String {
        let name = self.credential.value().map_or(&self.name, |it| it.name());
        format!("{} › {}", self.kind.plural(), name.clipped(60))
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        self.draw_at(model, canvas, room, true);
        0
    }

    fn position(&self) -> Option<(usize, usize)> {
        self.scroll.position(self.lines().len())
    }

    fn point(&mut self, row: usize, _: Timestamp) {
        self.scroll.place(row, self.lines().len());
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let ticket = model.ticket();
        let Some(detail) = model.top_mut::<Self>() else { return Vec::new() };
        match command {
            ScreenCommand::Move(step) => detail.go(step.rows(detail.scroll.page())),
            ScreenCommand::Value(ValueCommand::Peek) => {
                let secret = SecretRef::Stored(detail.reference());
                return peek(&mut detail.peek, ticket, secret);
            }
            ScreenCommand::Value(ValueCommand::Select) => {
                if let Some(DetailValue::Finding(..)) = detail.value() {
                    return audit::explain(model);
                }
                let line = detail.lines().into_iter().nth(detail.scroll.cursor);
                match line.and_then(|line| Some((line.label, line.value.copied()?))) {
                    Some((label, value)) => {
                        model.open(PlainValue { label: label.to_owned(), value });
                    }
                    None => {
                        let text = match detail.value() {
                            Some(DetailValue::Secret) => "Press x to show the secret",
                            _ => "No value on this line",
                        };
                        return vec![model.say(Tone::Refused, text)];
                    }
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

    fn fit(&mut self, room: usize) {
        self.scroll.fit(room, self.lines().len());
    }

    fn audit(&mut self, auditor: &Auditor, _: Timestamp) {
        self.audit_credential(auditor);
    }

    fn peek(&mut self) -> Option<&mut Peek> {
        Some(&mut self.peek)
    }

    fn subject(&self) -> ScreenSubject<'_> {
        match self.credential.value() {
            Some(credential) => ScreenSubject::of(credential),
            None => {
                let Self { kind, id, name, .. } = self;
                ScreenSubject::Credential { kind: *kind, id, name, owner: None, is_read: false }
            }
        }
    }

    fn finding(&self) -> Option<(&Finding, Option<&Credential>)> {
        Some((self.finding()?, self.credential.value()))
    }

    fn findings(&self) -> &[Finding] {
        &self.findings
    }

    fn cli_command(&self, workspace: &[&str], _: Timestamp) -> Option<CliCommand> {
        Some(CliCommand::new(workspace, &["show", self.id.raw()]))
    }
}

/// Opens the detail view of a credential, and requests the credential.
pub(in crate::app) fn show(model: &mut Model, of: CredentialRef, name: Untrusted) -> Vec<Effect> {
    let ticket = model.ticket();
    model.open(Detail::new(of.kind, of.id.clone(), name, ticket));
    vec![Effect::Credential(CredentialEffect::Show { ticket, of })]
}

pub(in crate::app) fn peek(peek: &mut Peek, ticket: Ticket, secret: SecretRef) -> Vec<Effect> {
    match peek {
        Peek::Masked => {
            *peek = Peek::Asked(ticket);
            vec![Effect::Credential(CredentialEffect::Reveal { ticket, secret })]
        }
        Peek::Asked(_) | Peek::Open { .. } => {
            *peek = Peek::Masked;
            Vec::new()
        }
    }
}

/// Opens the form or confirmation for an action after its credential has been loaded. Shows a
/// notice instead if a fix cannot be automated.
pub(in crate::app) fn opened(model: &mut Model, then: Then, credential: Credential) -> Vec<Effect> {
    let means = model.form_schema(credential.kind());
    let screen: Screen = match then {
        Then::Edit | Then::EditText if credential.record().built_in => {
            Confirm::new(ConfirmedAction::EditBuiltIn, credential).into()
        }
        Then::Fix if credential.record().built_in => {
            let text =
                "No automatic fix: the server created this client for itself. Press e to edit it";
            return vec![model.say(Tone::Refused, text)];
        }
        Then::Edit => Form::edit(credential, means).into(),
        Then::EditText => {
            let form = Form::edit(credential, means);
            let effects = form.edit_as_text();
            model.open(form);
            return effects;
        }
        Then::CreateLike => Form::create_like(&credential, means).into(),
        Then::Delete => {
            model.open(Confirm::new(ConfirmedAction::Delete, credential));
            // The demo has no evidence of use.
            return if model.workspace.is_demo() {
                Vec::new()
            } else {
                vec![Effect::ReadKnownUses]
            };
        }
        Then::Rotate => rotate::screen(model, credential),
        Then::Fix => {
            let mut form = Form::edit(credential, means);
            let fix_kind = model.finding().map(|(finding, _)| finding.rule.fix_kind);
            let findings: Vec<Finding> = model.findings().cloned().collect();
            if !form.fix(&findings) {
                let text = match fix_kind {
                    Some(FixKind::Rename) => "To fix this, rename it: press e",
                    Some(FixKind::Rotate) => "To fix this, rotate the secret: press R",
                    Some(FixKind::Recreate) => {
                        "To fix this, create a replacement, then delete this one"
                    }
                    Some(FixKind::Delete) => "To fix this, delete or disable it",
                    Some(FixKind::Safe | FixKind::Consent | FixKind::Manual) | None => {
                        "No automatic fix. Press K for advice"
                    }
                };
                return vec![model.say(Tone::Refused, text)];
            }
            form.into()
        }
    };
    model.open(screen);
    Vec::new()
}
