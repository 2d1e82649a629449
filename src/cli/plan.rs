//! Plan of a command, formatted as text or as JSON with the results, and its exit code.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{Exit, Printed, list::ShowFormat};
use crate::domain::{
    Credential, Draft,
    draft::{Change, Field, FieldValue, change_lines, split_grant},
    export,
    profile::Word as _,
    text,
};

/// Maximum number of steps, and of skipped credentials, in a plan's text. Does not limit the steps
/// of an [`APPLY`] plan.
const SHOWN: usize = 50;

/// Verb of a plan with several kinds of actions.
pub const APPLY: &str = "apply";

/// Action on one credential.
#[derive(Debug, Clone)]
pub enum PlannedAction {
    /// Creation with these values.
    Create(Vec<(Field, FieldValue)>),
    /// Edit with these changes, and the IDs of the audit rules whose findings it fixes. Only
    /// `audit --fix` sets IDs.
    Change(Vec<Change>, Vec<&'static str>),
    /// Rotation of the secret.
    Rotate,
    /// Delivery of a new secret, after a rotation or a creation, with the names or descriptions of
    /// its destinations.
    Deliver(Vec<String>),
    /// Deletion of the credential, with the recorded evidence of its use.
    Delete(Option<String>),
}

/// Step for one credential.
#[derive(Debug, Clone)]
pub struct PlanStep {
    /// Credential to act on; for a creation, a preview of it.
    pub credential: Credential,
    /// Action on the credential.
    pub action: PlannedAction,
}

/// State of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    /// Not done yet.
    Planned,
    /// Done successfully.
    Done,
    /// Failed, with the reason.
    Failed(String),
    /// Unknown outcome, with the reason.
    Unknown(String),
    /// Not tried, because an earlier step failed or has an unknown outcome.
    NotTried,
}

/// Planned steps of a command.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Verb of the action in messages, such as `delete`. For [`APPLY`], each step has its own verb.
    pub verb: &'static str,
    /// Steps, in the order in which they run.
    pub steps: Vec<PlanStep>,
    /// Credentials that this command does not change, and the reasons.
    pub skipped: Vec<(Credential, String)>,
}

impl Plan {
    /// Creates a plan with one step.
    #[must_use]
    pub fn one(verb: &'static str, credential: Credential, action: PlannedAction) -> Self {
        Self { verb, steps: vec![PlanStep { credential, action }], skipped: Vec::new() }
    }

    /// Returns the output of a dry run.
    #[must_use]
    pub fn dry_run(&self, output: ShowFormat) -> Printed {
        let planned = vec![StepState::Planned; self.steps.len()];
        Printed::fine(match output {
            ShowFormat::Json => self.json(&planned, true),
            ShowFormat::Table => {
                let (text, verb, count) = (self.text(), self.verb, self.steps.len());
                if verb == APPLY {
                    format!("{text}Planned: {count}. Nothing was changed.\n")
                } else {
                    format!("{text}Would {verb} {count}. Nothing was changed.\n")
                }
            }
        })
    }

    /// Formats the steps and the skipped credentials as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Steps of several kinds are all shown, so that no deletion is hidden.
        let shown = if self.verb == APPLY { self.steps.len() } else { SHOWN };
        for PlanStep { credential, action } in self.steps.iter().take(shown) {
            let verb = if self.verb == APPLY { action.verb() } else { self.verb };
            let _ = writeln!(out, "{verb} {}", described(credential));
            out.push_str(&action.lines(credential));
        }
        if self.steps.len() > shown {
            let _ = writeln!(out, "… and {} more", self.steps.len() - shown);
        }
        for (credential, why) in self.skipped.iter().take(SHOWN) {
            let why = why.replace('\n', "\n  ");
            let _ = writeln!(out, "leave {} unchanged\n  {why}", described(credential));
        }
        if self.skipped.len() > SHOWN {
            let _ = writeln!(out, "… and {} more", self.skipped.len() - SHOWN);
        }
        out
    }

    /// Returns the exit code for the results of the steps: 5 if an outcome is unknown, 4 if a
    /// credential was not changed, else 0.
    #[must_use]
    pub fn exit(&self, states: &[StepState]) -> Exit {
        if states.iter().any(|state| matches!(state, StepState::Unknown(_))) {
            return Exit::Unknown;
        }
        let all = self.skipped.is_empty() && states.iter().all(|state| *state == StepState::Done);
        if all { Exit::Fine } else { Exit::Partial }
    }

    /// Formats the steps and their results, and the skipped credentials, as JSON.
    #[must_use]
    pub fn json(&self, states: &[StepState], dry_run: bool) -> String {
        let steps = self.steps.iter().zip(states).map(|(step, state)| {
            let mut object = step.object();
            let (word, why) = match state {
                StepState::Planned => ("planned", None),
                StepState::Done => ("done", None),
                StepState::Failed(why) => ("failed", Some(why)),
                StepState::Unknown(why) => ("unknown", Some(why)),
                StepState::NotTried => ("not_tried", None),
            };
            object["state"] = word.into();
            if let Some(why) = why {
                object["why"] = why.as_str().into();
            }
            object
        });
        let skipped = self.skipped.iter().map(|(credential, why)| {
            let mut object = identity(credential);
            object["state"] = "skipped".into();
            object["why"] = why.as_str().into();
            object
        });
        let steps: Vec<Json> = steps.chain(skipped).collect();
        let schema = "credenza.plan/v1";
        export::json(
            &json!({ "schema": schema, "verb": self.verb, "dry_run": dry_run, "steps": steps }),
            true,
        ) + "\n"
    }
}

impl PlannedAction {
    /// Returns the verb of the action.
    pub(super) const fn verb(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Change(..) => "edit",
            Self::Rotate => "rotate",
            Self::Deliver(_) => "deliver",
            Self::Delete(_) => "delete",
        }
    }

    /// Describes the values, the destinations or the impact of the action, on indented lines.
    fn lines(&self, credential: &Credential) -> String {
        match self {
            Self::Create(values) => values.iter().fold(String::new(), |mut out, (field, value)| {
                let _ = writeln!(out, "  {}: {}", field.label(), value.shown(*field));
                out
            }),
            Self::Change(changes, rules) if rules.is_empty() => {
                indented(&change_lines(&whole(credential, changes)))
            }
            Self::Change(changes, rules) => {
                let lines = indented(&change_lines(&whole(credential, changes)));
                format!("  fixes {}\n{lines}", rules.join(", "))
            }
            Self::Rotate => {
                "  Its current secret stops working. Its access tokens may stop working too.\n"
                    .to_owned()
            }
            Self::Deliver(places) => places.iter().fold(String::new(), |mut out, place| {
                let _ = writeln!(out, "  Deliver a new secret to {}", text::shown(place));
                out
            }),
            Self::Delete(evidence) => {
                let impact = format!("  {}\n", credential.kind().deletion_impact());
                evidence.iter().fold(impact, |mut out, evidence| {
                    let _ = writeln!(out, "  {}", text::shown(evidence));
                    out
                })
            }
        }
    }
}

impl PlanStep {
    pub(super) fn object(&self) -> Json {
        let mut object = identity(&self.credential);
        object["action"] = self.action.verb().into();
        match &self.action {
            PlannedAction::Create(values) => {
                let change = |(field, value): &(Field, FieldValue)| json!({ "field": field.wire(), "after": raw(*field, value) });
                object["changes"] = values.iter().map(change).collect();
            }
            PlannedAction::Change(changes, rules) => {
                let change = |it: &Change| json!({ "field": it.field.wire(), "before": raw(it.field, &it.before), "after": raw(it.field, &it.after) });
                object["changes"] = whole(&self.credential, changes).iter().map(change).collect();
                if !rules.is_empty() {
                    object["rules"] = json!(rules);
                }
            }
            PlannedAction::Deliver(places) => object["destinations"] = json!(places),
            PlannedAction::Delete(Some(evidence)) => object["evidence_of_use"] = json!(evidence),
            PlannedAction::Rotate | PlannedAction::Delete(None) => {}
        }
        object
    }
}

/// Converts a value to the contract's JSON.
fn raw(field: Field, value: &FieldValue) -> Json {
    match (field, value) {
        (Field::Visibility, FieldValue::Switch(true)) => json!("organization"),
        (Field::Visibility, FieldValue::Switch(false)) => json!("private"),
        (Field::Grants, FieldValue::Lines(lines)) => lines
            .iter()
            .map(|line| {
                let (connection, source) = split_grant(line);
                json!({ "connection_name": connection, "source": source })
            })
            .collect(),
        (_, FieldValue::Line(line)) => json!(line),
        (_, FieldValue::Switch(on)) => json!(on),
        (_, FieldValue::Lines(lines)) => json!(lines),
    }
}

/// Adds the implied changes: if the URL lists become derived from the login URL, the derived values
/// replace the current ones.
fn whole(credential: &Credential, changes: &[Change]) -> Vec<Change> {
    let mut all = changes.to_vec();
    let derived =
        |it: &Change| it.field == Field::UseDefaultUrls && it.after == FieldValue::Switch(true);
    if !changes.iter().any(derived) {
        return all;
    }
    let before = Draft::of(credential);
    let mut after = before.clone();
    for change in changes {
        after.set(change.field, change.after.clone());
    }
    let mut own = Draft::of(&after.filled(Some(credential)));
    own.set(Field::UseDefaultUrls, FieldValue::Switch(false));
    let had = before.values();
    let lists = own.values().into_iter().filter(|(field, _)| Field::LISTS.contains(field));
    all.extend(lists.filter_map(|(field, after)| {
        let (_, before) = had.iter().find(|(own, _)| *own == field)?;
        (*before != after).then(|| Change { field, before: before.clone(), after })
    }));
    all
}

/// Returns the kind, ID and name of a credential. The ID is null if it is not known before the
/// credential is created.
fn identity(credential: &Credential) -> Json {
    let id = Some(credential.id().raw()).filter(|id| !id.is_empty());
    json!({ "kind": credential.kind().word(), "id": id, "name": credential.name().raw() })
}

fn indented(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |text, line| text + "  " + line + "\n")
}

/// Describes a credential by its name, kind and ID.
#[must_use]
pub fn described(credential: &Credential) -> String {
    let (name, id) = (credential.name(), credential.id());
    let name = if name.raw().is_empty() { "(no name)".into() } else { name.shown() };
    let kind = credential.kind().singular();
    if id.raw().is_empty() {
        format!("{name} ({kind})")
    } else {
        format!("{name} ({kind}, {})", id.shown())
    }
}
