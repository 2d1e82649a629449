//! One credential in full, with a cursor over its values and its secret masked.

use jiff::Timestamp;

use super::{
    auditor::Auditor,
    remote::{Remote, Ticket},
};
use crate::domain::{
    Credential, Kind, Secret, Untrusted, Visibility, age,
    audit::{Finding, Severity, groups},
    draft::{Field, grant_line},
    semantics,
};

/// The detail view.
#[derive(Debug)]
pub struct Detail {
    /// Which kind.
    pub kind: Kind,
    /// Which one.
    pub id: Untrusted,
    /// Its name as the list had it, until it is loaded.
    pub name: Untrusted,
    /// The credential.
    pub credential: Remote<Credential>,
    /// The value under the cursor.
    pub cursor: usize,
    /// The first line on the screen.
    pub top: usize,
    /// The secret, while it may be seen.
    pub peek: Peek,
    /// What an audit found in it, the worst first.
    pub findings: Vec<Finding>,
    /// Findings in it that only the comparison with others brings.
    pub compared: Vec<Finding>,
    /// What was looked at for that.
    audited: Option<Credential>,
    /// The finding that the cursor goes to once it is there: a rule's id, and the place.
    pub wanted: Option<(&'static str, String)>,
}

/// Whether a secret is in sight.
#[derive(Debug, Default)]
pub enum Peek {
    /// Masked.
    #[default]
    Masked,
    /// Asked for.
    Asked(Ticket),
    /// In sight until the moment named.
    Open {
        /// The secret.
        secret: Secret,
        /// When it is masked again.
        until: Timestamp,
    },
}

impl Peek {
    /// Seconds until it is masked again, rounded up.
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

/// One line of the detail view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The label; empty on the further lines of a list.
    pub label: &'static str,
    /// The value.
    pub value: Value,
}

/// What a line holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Something that can be copied.
    Text(Untrusted),
    /// A word of the provider's, and what it stands for.
    Word(Untrusted, &'static str),
    /// A moment, and how long ago that is.
    Time(Timestamp),
    /// The moment until which something works, or has worked.
    Until(Timestamp),
    /// Nothing, and what that means.
    Nothing(&'static str),
    /// The secret.
    Secret,
    /// A remark.
    Remark(&'static str),
    /// A member of the provider's that this program does not know.
    Unknown(Untrusted, Untrusted),
    /// What an audit found in the value above, by its place among the findings.
    Finding(usize, Severity, String),
}

impl Value {
    /// What is read of it, safe to show; a secret has its own way to be seen.
    #[must_use]
    pub fn written(&self, now: Timestamp) -> String {
        match self {
            Self::Text(text) => text.shown().into_owned(),
            Self::Word(word, meaning) => format!("{}  ({meaning})", word.shown()),
            Self::Time(at) => format!("{}  ({})", age::utc(*at), age::ago(now, *at)),
            Self::Until(at) if *at > now => {
                format!("works until {}  ({})", age::utc(*at), age::ago(now, *at))
            }
            Self::Until(at) => format!("ended {}  ({} ago)", age::utc(*at), age::ago(now, *at)),
            Self::Nothing(text) | Self::Remark(text) => (*text).to_owned(),
            Self::Unknown(name, text) => format!("{}: {}", name.shown(), text.shown()),
            Self::Secret => String::new(),
            Self::Finding(_, _, text) => text.clone(),
        }
    }

    /// What is copied of it.
    #[must_use]
    pub fn copied(&self) -> Option<Untrusted> {
        match self {
            Self::Text(text) | Self::Word(text, _) | Self::Unknown(_, text) => Some(text.clone()),
            Self::Time(at) | Self::Until(at) => Some(age::utc(*at).into()),
            Self::Nothing(_) | Self::Secret | Self::Remark(_) | Self::Finding(..) => None,
        }
    }
}

impl Detail {
    /// A view whose credential was just asked for.
    #[must_use]
    pub fn new(kind: Kind, id: Untrusted, name: Untrusted, ticket: Ticket) -> Self {
        Self {
            kind,
            id,
            name,
            credential: Remote::asked(ticket),
            cursor: 0,
            top: 0,
            peek: Peek::Masked,
            findings: Vec::new(),
            compared: Vec::new(),
            audited: None,
            wanted: None,
        }
    }

    /// A view of a credential that is there already.
    #[must_use]
    pub fn of(credential: Credential) -> Self {
        Self {
            kind: credential.kind(),
            id: credential.id().clone(),
            name: credential.name().clone(),
            credential: Remote::Ready(credential),
            cursor: 0,
            top: 0,
            peek: Peek::Masked,
            findings: Vec::new(),
            compared: Vec::new(),
            audited: None,
            wanted: None,
        }
    }

    /// The value under the cursor.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        self.lines().into_iter().nth(self.cursor).map(|line| line.value)
    }

    /// Moves the cursor by lines.
    pub fn go(&mut self, lines: isize) {
        let last = self.lines().len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(lines).min(last);
    }

    /// Brings the cursor into a window of `height` lines.
    pub fn scroll(&mut self, height: usize) {
        let height = height.max(1);
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(height));
    }

    /// Every line, in the order of the form.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let lines = self.credential.value().map(lines).unwrap_or_default();
        with_findings(lines, &self.findings, self.credential.value())
    }

    /// The finding under the cursor, or the first of the value under it.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        let lines = self.lines();
        let after = lines.get(self.cursor..)?.iter().enumerate();
        for (distance, line) in after {
            match line.value {
                Value::Finding(at, ..) => return self.findings.get(at),
                _ if distance > 0 => return None,
                _ => {}
            }
        }
        None
    }

    /// Audits it again, by another policy.
    pub fn audit_again(&mut self, auditor: &Auditor) {
        self.audited = None;
        self.audit(auditor);
    }

    /// Audits what came, and goes to the finding that is wanted.
    pub fn audit(&mut self, auditor: &Auditor) {
        let Some(credential) = self.credential.value() else { return };
        if self.audited.as_ref() != Some(credential) {
            // A changed credential has to be compared with the others anew.
            if self.audited.as_ref().is_some_and(|it| it != credential) {
                self.compared.clear();
            }
            self.findings = auditor.audit_one(credential);
            self.findings.extend(self.compared.iter().cloned());
            self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            self.audited = Some(credential.clone());
        }
        let Some((rule, pointer)) = self.wanted.take() else { return };
        let wanted = |it: &Finding| it.rule.id == rule && it.pointer() == pointer;
        let groups = groups(&self.findings, |_| true);
        let at = groups.iter().find(|group| group.findings().any(wanted)).map(|group| group.place);
        let line = self
            .lines()
            .iter()
            .position(|line| matches!(line.value, Value::Finding(own, ..) if Some(own) == at));
        self.cursor = line.unwrap_or(self.cursor);
    }
}

/// Puts findings below the values that they are about; those about none of them come last.
fn with_findings(
    mut lines: Vec<Line>,
    findings: &[Finding],
    credential: Option<&Credential>,
) -> Vec<Line> {
    // From the last to the first, so that those of one value stand in their order.
    for group in groups(findings, |_| true).iter().rev() {
        let finding = group.first;
        let text = format!("{}{}", finding.severity.mark(), group.line(credential));
        let value = Value::Finding(group.place, finding.severity, text);
        let entry = finding.entry.unwrap_or(0) as usize;
        let first = finding
            .fact
            .label()
            .and_then(|label| lines.iter().position(|line| line.label == label));
        // Entries are the lines without a label that follow; findings among them do not count.
        let place = first.map(|first| {
            let mut seen = 0;
            let mut place = first;
            for (index, line) in lines.iter().enumerate().skip(first + 1) {
                if !line.label.is_empty() {
                    break;
                }
                if !matches!(line.value, Value::Finding(..)) {
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
        lines.insert(place.unwrap_or(lines.len()), Line { label, value });
    }
    lines
}

/// Everything that is known of a credential, line by line.
#[must_use]
pub fn lines(credential: &Credential) -> Vec<Line> {
    let mut all = Lines::default();
    let record = credential.record();
    all.text("Name", &record.name);
    all.text(credential.kind().id_label(), &record.id);
    all.add(credential.kind().secret_label(), Value::Secret);
    let has = |field: Field| record.has.has(field);
    match credential {
        Credential::Token(token) => {
            let grants: Vec<_> = token.grants.iter().map(grant_line).collect();
            for (field, list, none) in [
                (Field::Apis, &token.apis, "none"),
                (Field::Grants, &grants, "none"),
                (Field::Referers, &token.referers, "any page may send it"),
                (Field::Scopes, &token.scopes, "none"),
            ] {
                if has(field) {
                    all.list(field.label(), list, none);
                }
            }
            all.time(Field::Expires.label(), token.expires_at, "never");
        }
        Credential::Spa(client) | Credential::Other(client) => {
            if let Some(app_type) = &client.app_type {
                all.text("Type", app_type);
            }
            match &client.login_url {
                Some(url) => all.text(Field::LoginUrl.label(), url),
                None if has(Field::LoginUrl) => {
                    all.add(Field::LoginUrl.label(), Value::Nothing("none"));
                }
                None => {}
            }
            let defaults = if client.use_default_urls {
                "on: the lists below follow the login URL"
            } else {
                "off: the lists below are as written"
            };
            if has(Field::UseDefaultUrls) {
                all.add(Field::UseDefaultUrls.label(), Value::Remark(defaults));
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
            all.add("State", Value::Remark(state));
        }
        if let Some(until) = client.old_secret_until {
            all.add("Old secret", Value::Until(until));
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
            Value::Remark(match record.visibility {
                Visibility::Private => "private: nobody else sees it",
                Visibility::Organization => "visible to everybody, without its secret",
            }),
        );
    }
    for (label, at) in [
        ("Created", record.created_at),
        ("Updated", record.updated_at),
        ("Last used", record.last_used_at),
    ] {
        // What a provider does not record is absent; what it records may be "never".
        if at.is_some() || (label == "Last used" && record.reports_last_used) {
            all.time(label, at, "never");
        }
    }
    for note in &record.notes {
        all.text("Note", note);
    }
    for (name, value) in &record.unknown {
        all.add("Other", Value::Unknown(name.clone(), value.clone()));
    }
    all.0
}

#[derive(Default)]
struct Lines(Vec<Line>);

impl Lines {
    fn add(&mut self, label: &'static str, value: Value) {
        self.0.push(Line { label, value });
    }

    fn text(&mut self, label: &'static str, value: &Untrusted) {
        self.add(label, Value::Text(value.clone()));
    }

    fn time(&mut self, label: &'static str, at: Option<Timestamp>, none: &'static str) {
        self.add(label, at.map_or(Value::Nothing(none), Value::Time));
    }

    fn list(&mut self, label: &'static str, values: &[Untrusted], none: &'static str) {
        self.each(label, values, none, |value| Value::Text(value.clone()));
    }

    /// A list of URLs, in which a word can stand for the callbacks.
    fn urls(&mut self, label: &'static str, values: &[Untrusted]) {
        self.each(label, values, "none", |value| match semantics::meaning(value.raw()) {
            Some(meaning) => Value::Word(value.clone(), meaning),
            None => Value::Text(value.clone()),
        });
    }

    fn each(
        &mut self,
        label: &'static str,
        values: &[Untrusted],
        none: &'static str,
        written: impl Fn(&Untrusted) -> Value,
    ) {
        if values.is_empty() {
            self.add(label, Value::Nothing(none));
        }
        for (index, value) in values.iter().enumerate() {
            self.add(if index == 0 { label } else { "" }, written(value));
        }
    }
}
