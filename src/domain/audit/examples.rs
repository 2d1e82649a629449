//! Examples of all rules, for the tests, `audit explain` and the book.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{
    AuditContext, Policy, ProfileInfo, Report, Rule, RuleSelection, UnknownRule, Workstation,
    engine, others::OtherProfile,
};
use crate::domain::{
    Credential,
    audit::{Persona, Severity},
    objects::CredentialObject,
    profile::{Environment, Word as _},
    semantics::{EXACT, Origins, Semantics, Wildcard},
    snapshot::Snapshot,
};

const TABLE: &str = include_str!("examples.txt");

/// URL rules of a server like Keycloak, for examples with relative URLs, `+` and `-`.
const RELATIVE: Semantics = Semantics {
    wildcard: Wildcard::Prefix,
    origins: Origins::Any,
    relative: true,
    words: true,
    ..EXACT
};

/// URL rules of a server like Auth0, for examples with `{organization_name}`.
const ORGANIZATIONS: Semantics =
    Semantics { wildcard: Wildcard::Label, organizations: true, ..EXACT };

/// Expected result of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExampleAnswer {
    /// The rule finds a defect.
    Fail,
    /// The rule finds no defect.
    Pass,
    /// The rule lacks data.
    Unknown,
}

impl ExampleAnswer {
    const WORDS: [(&'static str, Self); 3] =
        [("fail", Self::Fail), ("pass", Self::Pass), ("unknown", Self::Unknown)];

    /// Returns the word for the result in the table of examples, such as `fail`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Pass => "pass",
            Self::Unknown => "unknown",
        }
    }
}

/// Line of the table of examples.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// ID of the rule.
    pub rule: &'static str,
    /// Expected result of the rule.
    pub answer: ExampleAnswer,
    /// Words that set the context, followed by the credentials, the profile or the machine as JSON.
    pub text: &'static str,
}

/// Returns all examples, in the order of the table.
pub fn all() -> impl Iterator<Item = Example> {
    TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(|line| {
        let (rule, rest) = line.split_once(' ')?;
        let (word, text) = rest.trim_start().split_once(' ')?;
        let (_, answer) = ExampleAnswer::WORDS.into_iter().find(|(known, _)| *known == word)?;
        Some(Example { rule, answer, text: text.trim_start() })
    })
}

/// Returns the examples of one rule.
pub fn of(rule: &Rule) -> impl Iterator<Item = Example> {
    let id = rule.id;
    all().filter(move |example| example.rule == id)
}

/// Returns the time of the examples, 2026-01-01 in UTC.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Input of an audit, made from an example.
#[derive(Debug)]
pub struct Scene {
    /// Credentials of the example.
    pub credentials: Vec<Credential>,
    /// Context of the audit.
    pub context: AuditContext,
}

/// Error in the line of an example.
#[derive(Debug, thiserror::Error)]
pub enum ExampleError {
    /// An unknown word before the credential.
    #[error("unknown word {0} in an example")]
    Word(String),
    /// An invalid policy.
    #[error("{0}")]
    Policy(String),
    /// An invalid credential.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// An unknown rule.
    #[error(transparent)]
    Rule(#[from] UnknownRule),
}

impl Example {
    /// Parses the example into the input of an audit.
    ///
    /// # Errors
    /// Returns an error if a word before the credential is unknown, or if the policy or a
    /// credential is invalid.
    pub fn scene(&self) -> Result<Scene, ExampleError> {
        let mut context = AuditContext::new(now(), ProfileInfo::default());
        let (before, mut rest) = match self.text.rsplit_once(" ; ") {
            Some((before, rest)) => (Some(before), rest),
            None => (None, self.text),
        };
        if let Some(policy) = before.and_then(|it| it.strip_prefix("policy ")) {
            let lines = policy.replace(" # ", "\n");
            context.policy =
                Policy::read(&lines).map_err(|error| ExampleError::Policy(error.text))?;
        }
        if let Some(pinned) = before.and_then(|it| it.strip_prefix("pinned ")) {
            let pinned = credentials(pinned, false)?;
            context.pinned = Some(Snapshot::new(now(), ProfileInfo::default(), pinned, Vec::new()));
        }
        let others = before.and_then(|it| it.strip_prefix("others "));
        let (mut kind, mut list) = ("spa", false);
        while let Some((word, more)) =
            rest.split_once(' ').filter(|_| !rest.starts_with(['{', '[']))
        {
            match word {
                "prod" => context.place.environment = Some(Environment::Prod),
                "staging" => context.place.environment = Some(Environment::Staging),
                "relative" => context.place.semantics = &RELATIVE,
                "organizations" => context.place.semantics = &ORGANIZATIONS,
                "fleet" | "tokens" => (kind, list) = (word, true),
                "token" | "m2m" | "other" | "place" | "machine" => kind = word,
                other => match other.strip_prefix("self=") {
                    Some(host) => context.place.trusted_hosts.push(host.to_owned()),
                    None => return Err(ExampleError::Word(other.to_owned())),
                },
            }
            rest = more;
        }
        if let Some(others) = others {
            // The other profile is production, or staging if the example's profile is production.
            let environment = match context.place.environment {
                Some(Environment::Prod) => Environment::Staging,
                _ => Environment::Prod,
            };
            let name = environment.word().to_owned();
            let place =
                ProfileInfo { name, environment: Some(environment), ..ProfileInfo::default() };
            context.others =
                vec![Arc::new(OtherProfile::of(&place, &credentials(others, false)?, false))];
        }
        let credentials = match kind {
            "place" => {
                let place: ExamplePlace = serde_json::from_str(rest)?;
                context.place.base_url = place.base_url;
                Vec::new()
            }
            "machine" => {
                let machine: MachineObject = serde_json::from_str(rest)?;
                context.workstation = Some(Workstation {
                    lax_files: machine.lax_files,
                    clear_sessions: machine.clear_sessions,
                    foreign_token: machine.foreign_token,
                    weak_tls: machine.weak_tls,
                    secrets_in_environment: machine.secrets_in_environment,
                });
                Vec::new()
            }
            _ if list => credentials(rest, kind == "tokens")?,
            _ => vec![credential(serde_json::from_str(rest)?, kind)?],
        };
        Ok(Scene { credentials, context })
    }

    /// Audits the example with its rule, and returns the result.
    ///
    /// # Errors
    /// Returns an error if the example is invalid, or if its rule is unknown.
    pub fn asked(&self) -> Result<ExampleAnswer, ExampleError> {
        let report = self.audited()?;
        let tally = report.total();
        Ok(if tally.fail > 0 || !report.findings.is_empty() {
            ExampleAnswer::Fail
        } else if tally.unknown > 0 {
            ExampleAnswer::Unknown
        } else {
            ExampleAnswer::Pass
        })
    }
}

impl Example {
    /// Audits the example with only its rule, and returns the report.
    ///
    /// # Errors
    /// Returns an error if the example is invalid, or if its rule is unknown.
    pub fn audited(&self) -> Result<Report, ExampleError> {
        let Scene { credentials, context } = self.scene()?;
        let named = [self.rule.to_owned()];
        let selection = RuleSelection::new(Persona::Auditor, Severity::Info, &named, &[])?;
        Ok(engine::audit(&credentials, &context, &selection))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ExamplePlace {
    base_url: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MachineObject {
    lax_files: Vec<String>,
    clear_sessions: bool,
    foreign_token: Option<String>,
    weak_tls: Option<String>,
    secrets_in_environment: Vec<String>,
}

fn credentials(text: &str, tokens: bool) -> Result<Vec<Credential>, ExampleError> {
    let all: Vec<Value> = serde_json::from_str(text)?;
    all.into_iter()
        .map(|value| {
            let token = tokens || value.get("id").is_some();
            credential(value, if token { "token" } else { "spa" })
        })
        .collect()
}

fn credential(mut value: Value, kind: &str) -> Result<Credential, ExampleError> {
    if let Some(object) = value.as_object_mut() {
        let id = if kind == "token" { "id" } else { "client_id" };
        object.entry(id).or_insert_with(|| "a".into());
        if kind == "m2m" || kind == "other" {
            object.insert("app_type".into(), kind.into());
        }
    }
    let object: CredentialObject = serde_json::from_value(value)?;
    Ok(if kind == "token" { object.into_token() } else { object.into_client() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::rules;

    #[test]
    fn every_example_is_answered_as_it_says() {
        let wrong: Vec<String> = all()
            .filter_map(|example| match example.asked() {
                Ok(answer) if answer == example.answer => None,
                Ok(answer) => Some(format!(
                    "{} returns {} instead of {}: {}",
                    example.rule,
                    answer.word(),
                    example.answer.word(),
                    example.text
                )),
                Err(why) => Some(format!("{} {}: {why}", example.rule, example.text)),
            })
            .collect();
        assert_eq!(wrong, Vec::<String>::new(), "{}", wrong.join("\n"));
    }

    #[test]
    fn every_line_of_the_table_is_an_example_of_a_rule() {
        let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(lines.count(), all().count());
        for example in all() {
            assert!(rules::find(example.rule).is_some(), "{}", example.rule);
        }
    }

    #[test]
    fn every_rule_has_examples_of_each_answer() {
        // These rules use facts that every credential has, count unknown values as a finding, or
        // are about files.
        let never_unknown = [
            "SEC09", "SEC12", "USE04", "NAM01", "NAM02", "NAM03", "NAM05", "NAM06", "NAM07",
            "TOK17", "FLT03", "POL01",
        ];
        for rule in rules::all() {
            for (word, answer) in ExampleAnswer::WORDS {
                let has = of(rule).any(|example| example.answer == answer);
                let may_lack = answer == ExampleAnswer::Unknown && never_unknown.contains(&rule.id);
                assert!(has || may_lack, "{} has no example with the result {word}", rule.id);
            }
        }
    }

    #[test]
    fn ids_and_slugs_are_unique() {
        let mut names: Vec<&str> =
            rules::all().iter().flat_map(|rule| [rule.id, rule.slug]).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(rules::all().len() > 130, "{}", rules::all().len());
    }

    #[test]
    fn what_is_said_ends_like_a_sentence_that_others_go_on() {
        for rule in rules::all() {
            for text in [rule.title, rule.why, rule.advice, rule.source] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", rule.id);
            }
        }
    }
}
