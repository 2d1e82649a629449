//! `credenza audit suppress`, `suppressions` and `unsuppress`: edits and lists the suppressions of
//! the policy.

use std::borrow::Cow;

use color_eyre::eyre::{Result, eyre};
use jiff::Timestamp;
use serde_json::json;

use super::{
    Exit, Printed,
    list::ShowFormat,
    output::{table, terminal_columns},
    prompt::say,
};
use crate::{
    config,
    domain::{
        age,
        audit::{Policy, Rule, Suppression},
        export,
    },
};

/// Adds a suppression to the policy, for the findings of a rule about the credential with the ID
/// `client`. With `value`, only findings about this value are suppressed. `until` is the last day
/// of the suppression: a duration, a date or a time.
///
/// # Errors
/// Returns an error if an argument is invalid, or if the policy cannot be written.
pub(super) fn add(
    rule: &Rule,
    client: &str,
    value: Option<String>,
    reason: &str,
    until: &str,
) -> Result<Printed> {
    let expires = age::parse_last_day(until, Timestamp::now())
        .map_err(|why| Exit::usage(format!("--until {until:?}: {why}")))?;
    let reason = reason.trim();
    if reason.is_empty() {
        let text = "--reason is empty. Give a reason for the suppression";
        return Err(Exit::usage(text.to_owned()));
    }
    let suppression = Suppression {
        rule: rule.id.to_owned(),
        client: client.to_owned(),
        value,
        reason: reason.to_owned(),
        expires,
    };
    let file = config::suppress(std::slice::from_ref(&suppression))?;
    say(&format!("Suppressed until {}. Saved to {}", suppression.expires, file.display()));
    Ok(Printed::fine(String::new()))
}

/// Returns the suppressions of the policy as a table or JSON.
///
/// # Errors
/// Returns an error if the policy cannot be read.
pub(super) fn list(output: ShowFormat) -> Result<Printed> {
    let Policy { suppressions, .. } = config::policy(&config::policy_file()?)?;
    if output == ShowFormat::Json {
        let all: Vec<_> = suppressions
            .iter()
            .map(|it| {
                json!({ "rule": it.rule, "client": it.client, "value": it.value, "reason": it.reason, "expires": it.expires.to_string() })
            })
            .collect();
        return Ok(Printed::fine(export::json(&all, true) + "\n"));
    }
    if suppressions.is_empty() {
        say("Nothing is suppressed.");
        return Ok(Printed::fine(String::new()));
    }
    let rows: Vec<Vec<Cow<'_, str>>> = suppressions
        .iter()
        .map(|it| {
            let value = it.value.as_deref().unwrap_or("any");
            vec![
                Cow::from(&it.rule),
                it.expires.to_string().into(),
                Cow::from(&it.client),
                value.into(),
                Cow::from(&it.reason),
            ]
        })
        .collect();
    let head = ["RULE", "UNTIL", "CLIENT", "VALUE", "REASON"];
    Ok(Printed::fine(table(&head, &rows, terminal_columns())))
}

/// Removes the suppression with this rule, client and value from the policy. Without `value`,
/// removes only a suppression of all values.
///
/// # Errors
/// Returns an error if the suppression does not exist, or if the policy cannot be read or written.
pub(super) fn remove(rule: &Rule, client: &str, value: Option<&str>) -> Result<Printed> {
    let policy = config::policy(&config::policy_file()?)?;
    let is_it = |it: &&Suppression| {
        it.rule == rule.id && it.client == client && it.value.as_deref() == value
    };
    let found = policy
        .suppressions
        .iter()
        .find(is_it)
        .ok_or_else(|| eyre!("No such suppression. List them: credenza audit suppressions"))?;
    let file = config::unsuppress(found)?;
    say(&format!("Removed the suppression of {} from {}", rule.id, file.display()));
    Ok(Printed::fine(String::new()))
}
