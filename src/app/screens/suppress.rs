//! Form to suppress findings, or to snooze an expiry, with a reason and an expiry date.

mod view;

use std::collections::HashSet;

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    app::{
        AuditEffect, Effect, ListEffect, Model, Tone,
        screens::{Behavior, typed},
    },
    domain::{
        Credential, Untrusted, age,
        audit::{Finding, Suppression},
        expiry::{Expiring, Snooze},
    },
    keys::{DialogCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Default durations of a suppression and of a snooze.
const USUAL: &str = "90d";
const SNOOZE: &str = "14d";

/// Subject of the form.
#[derive(Debug)]
enum SuppressSubject {
    /// Rule, credential and value of each finding, without duplicates.
    Findings(Vec<(&'static str, Untrusted, Option<Untrusted>)>),
    /// Expiry to snooze.
    Expiry(Box<Expiring>),
}

/// Form for the reason and the last day of suppressions or a snooze.
#[derive(Debug)]
pub struct SuppressForm {
    subject: SuppressSubject,
    /// Description of the subject, for the user.
    pub about: String,
    /// Reason for the suppression or snooze.
    pub reason: Input,
    /// Expiry: a duration or a date.
    pub until: Input,
    /// True if the expiry has the focus.
    pub second: bool,
    /// Error in the input.
    pub problem: Option<String>,
}

impl SuppressForm {
    /// Creates the form for findings with their credentials; `None` without findings.
    #[must_use]
    pub fn new(findings: &[(&Finding, Option<&Credential>)]) -> Option<Self> {
        let mut all: Vec<(&'static str, Untrusted, Option<Untrusted>)> = Vec::new();
        for (finding, credential) in findings {
            let client = credential.map(|it| it.id().clone()).unwrap_or_default();
            let one = (finding.rule.id, client, finding.value.clone());
            if !all.contains(&one) {
                all.push(one);
            }
        }
        let about = described(findings)?;
        Some(Self::of(SuppressSubject::Findings(all), about, USUAL))
    }

    /// Creates the form to snooze an expiry.
    #[must_use]
    pub fn snooze(expiring: Expiring) -> Self {
        let about = format!(
            "{} of {}: expires on {}",
            expiring.part.word(),
            expiring.name.clipped(60),
            age::utc(expiring.at)
        );
        Self::of(SuppressSubject::Expiry(Box::new(expiring)), about, SNOOZE)
    }

    fn of(subject: SuppressSubject, about: String, until: &str) -> Self {
        let (reason, until) = (Input::default(), Input::new(until.to_owned()));
        Self { subject, about, reason, until, second: false, problem: None }
    }

    /// Returns the hint below the fields.
    pub(super) const fn hint(&self) -> &'static str {
        match self.subject {
            SuppressSubject::Findings(_) => {
                "Expiry date, such as 2027-01-31 or 90d. The suppression is saved in the audit policy and ends after that day."
            }
            SuppressSubject::Expiry(_) => {
                "Last day, such as 2027-01-31 or 14d. Until then, the expiry is not counted, and credenza expiring does not list it."
            }
        }
    }

    /// Returns the focused field.
    pub const fn input(&mut self) -> &mut Input {
        if self.second { &mut self.until } else { &mut self.reason }
    }

    /// Returns the effect if the input is valid; otherwise, stores the error and focuses the field
    /// with the error.
    pub fn finished(&mut self, now: Timestamp) -> Option<Effect> {
        let reason = self.reason.value().trim().to_owned();
        if reason.is_empty() {
            self.second = false;
            self.problem = Some("A reason is required".to_owned());
            return None;
        }
        match age::parse_last_day(self.until.value(), now) {
            Ok(expires) => Some(match &self.subject {
                SuppressSubject::Findings(findings) => {
                    let suppression =
                        |(rule, client, value): &(&str, Untrusted, Option<Untrusted>)| {
                            Suppression {
                                rule: (*rule).to_owned(),
                                client: client.raw().to_owned(),
                                value: value.as_ref().map(|value| value.raw().to_owned()),
                                reason: reason.clone(),
                                expires,
                            }
                        };
                    let all = findings.iter().map(suppression).collect();
                    Effect::Audit(AuditEffect::Suppress(all))
                }
                SuppressSubject::Expiry(expiring) => Effect::List(ListEffect::Snooze {
                    expiring: expiring.clone(),
                    snooze: Some(Snooze { until: expires, reason }),
                    now,
                }),
            }),
            Err(error) => {
                self.second = true;
                self.problem = Some(error.to_string());
                None
            }
        }
    }
}

impl Behavior for SuppressForm {
    fn scope(&self) -> KeyScope {
        KeyScope::Suppress
    }

    fn title(&self, _: &Model) -> String {
        match &self.subject {
            SuppressSubject::Findings(all) if all.len() == 1 => "Suppress finding".to_owned(),
            SuppressSubject::Findings(all) => format!("Suppress {} findings", all.len()),
            SuppressSubject::Expiry(_) => "Snooze expiry".to_owned(),
        }
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, canvas, room);
        0
    }

    fn dialog(&self) -> Option<u16> {
        Some(view::LINES)
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let now = model.now;
        let Some(form) = model.top_mut::<Self>() else { return Vec::new() };
        match command {
            ScreenCommand::Dialog(DialogCommand::NextField | DialogCommand::PreviousField) => {
                form.second = !form.second;
            }
            ScreenCommand::Dialog(DialogCommand::Submit) if !form.second => form.second = true,
            ScreenCommand::Dialog(DialogCommand::Submit) => {
                if let Some(effect) = form.finished(now) {
                    model.screens.pop();
                    return vec![effect];
                }
            }
            ScreenCommand::Move(_)
            | ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => {}
        }
        Vec::new()
    }

    fn input(&mut self) -> Option<&mut Input> {
        Some(Self::input(self))
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        self.input().handle(request);
        self.problem = None;
    }

    fn paste(&mut self, text: &str, now: Timestamp) -> Result<(), &'static str> {
        typed(self, text, now);
        Ok(())
    }
}

/// In demo mode, returns a notice that the command is not available, because suppressions would
/// change the user's own policy. Returns `None` outside demo mode.
pub(super) fn refused_in_demo(model: &mut Model) -> Option<Vec<Effect>> {
    let text = "Not available in demo mode: suppressions are saved in your own policy";
    model.workspace.is_demo().then(|| vec![model.say(Tone::Refused, text)])
}

/// Describes findings: the rule, the credential, and the value or the number of values. For several
/// rules or credentials, only the numbers of findings, rules and credentials. `None` without
/// findings.
fn described(findings: &[(&Finding, Option<&Credential>)]) -> Option<String> {
    let ((first, credential), others) = findings.split_first()?;
    let id = |it: Option<&Credential>| it.map(|it| it.id().clone());
    if others.iter().any(|(other, own)| other.rule != first.rule || id(*own) != id(*credential)) {
        let rules: HashSet<&str> = findings.iter().map(|(it, _)| it.rule.id).collect();
        let credentials: HashSet<Untrusted> =
            findings.iter().filter_map(|(_, own)| id(*own)).collect();
        let count = |count: usize, what: &str| {
            format!("{count} {what}{}", if count == 1 { "" } else { "s" })
        };
        return Some(format!(
            "{} of {} and {}",
            count(findings.len(), "finding"),
            count(rules.len(), "rule"),
            count(credentials.len(), "credential"),
        ));
    }
    let named = credential.map_or_else(
        || "the profile and this machine".to_owned(),
        |it| format!("{} ({})", it.name().clipped(40), it.id().clipped(40)),
    );
    let values = match (&first.value, others.len()) {
        (_, more @ 1..) => format!(", {}: {} values", first.location(), more + 1),
        (Some(value), 0) => format!(", {}: {}", first.location(), value.clipped(60)),
        (None, 0) => String::new(),
    };
    Some(format!("{} {}: {named}{values}", first.rule.id, first.rule.title))
}

/// Opens the form to suppress the finding under the cursor, or the marked findings. Shows only a
/// notice in demo mode.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    if let Some(refused) = refused_in_demo(model) {
        return refused;
    }
    let form = SuppressForm::new(&model.chosen_findings());
    if let Some(form) = form {
        model.open(form);
    }
    Vec::new()
}
