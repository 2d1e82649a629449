//! Audit policy of the credentials' owners: a naming pattern, sensitive sources, and suppressions
//! with a reason and an expiry.
//!
//! ```toml
//! name_pattern = "^[a-z]+-[a-z-]+$"
//! sensitive = ["acme.pii.*"]
//!
//! [[suppress]]
//! rule = "URL03"
//! client = "k3Jd81sLq0ZtR4nV7bYx2mWc9PfHgA6u"
//! value = "http://localhost:5173/callback" # optional; without it, every value is suppressed
//! reason = "the e2e tests of sprint 12 use it"
//! expires = 2027-01-31
//! ```

use jiff::civil::Date;
use regex_lite::Regex;
use toml_edit::{Document, DocumentMut, Item, Table};
use wildmatch::WildMatch;

use super::{Finding, FindingState, rules};
use crate::domain::{Credential, Untrusted};

/// Audit policy, written by the owners of the credentials.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Regular expression that the name of every credential must match; `None` skips the check.
    pub name_pattern: Option<Regex>,
    /// Patterns of sources that tokens should not read, with the wildcards `*` and `?`.
    pub sensitive: Vec<String>,
    /// Suppressions, in the order of the policy file.
    pub suppressions: Vec<Suppression>,
}

/// Suppression of one rule's findings about one credential, until a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// ID of the rule, such as `URL03`.
    pub rule: String,
    /// ID of the client or token; empty for findings that are not about a credential, such as
    /// findings about the profile.
    pub client: String,
    /// Offending value to suppress; `None` suppresses every value.
    pub value: Option<String>,
    /// Reason for the suppression. A policy with a blank reason is invalid.
    pub reason: String,
    /// Last day on which the suppression applies.
    pub expires: Date,
}

/// Error in the text of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// Line of the error, from 1.
    pub line: usize,
    /// Description of the error, without its position.
    pub text: String,
}

impl Policy {
    /// Parses a policy from TOML.
    ///
    /// # Errors
    /// Returns the first error if the text is not TOML, a key is unknown, a required key is
    /// missing, or a value is invalid.
    pub fn read(text: &str) -> Result<Self, PolicyError> {
        let line = |at: usize| 1 + text.get(..at).unwrap_or(text).matches('\n').count();
        let wrong = |item: &Item, text: String| PolicyError {
            line: line(item.span().map_or(0, |span| span.start)),
            text,
        };
        let document = Document::parse(text).map_err(|error| PolicyError {
            line: line(error.span().map_or(0, |span| span.start)),
            text: error.message().to_owned(),
        })?;
        let mut policy = Self::default();
        for (key, item) in document.iter() {
            match key {
                "name_pattern" => {
                    let pattern = item.as_str().unwrap_or_default();
                    let regex = Regex::new(pattern).ok().filter(|_| !pattern.is_empty());
                    let regex = regex.ok_or_else(|| {
                        wrong(item, "name_pattern is not a regular expression".into())
                    })?;
                    policy.name_pattern = Some(regex);
                }
                "sensitive" => {
                    let list = item.as_array().map(|list| {
                        list.iter().map(|it| it.as_str().map(str::to_owned)).collect::<Option<_>>()
                    });
                    policy.sensitive = list
                        .flatten()
                        .ok_or_else(|| wrong(item, "sensitive must be a list of strings".into()))?;
                }
                "suppress" => {
                    let tables = item.as_array_of_tables().ok_or_else(|| {
                        wrong(item, "suppress must be a list of tables: use [[suppress]]".into())
                    })?;
                    for table in tables {
                        let at = line(table.span().map_or(0, |span| span.start));
                        let suppression = suppression(table).map_err(|(member, text)| {
                            let place = member.and_then(|member| table.get(member)?.span());
                            PolicyError { line: place.map_or(at, |span| line(span.start)), text }
                        })?;
                        policy.suppressions.push(suppression);
                    }
                }
                other => {
                    return Err(wrong(
                        item,
                        format!("unknown key {other:?}: use name_pattern, sensitive or suppress"),
                    ));
                }
            }
        }
        Ok(policy)
    }

    /// Removes all suppressions of the same findings as `removed` from the text of a policy, and
    /// keeps all other text. Returns `None` if there is no such suppression, or if the text is not TOML.
    #[must_use]
    pub fn without(text: &str, removed: &Suppression) -> Option<String> {
        let mut document: DocumentMut = text.parse().ok()?;
        let tables = document.get_mut("suppress")?.as_array_of_tables_mut()?;
        let count = tables.len();
        tables.retain(|table| !suppression(table).is_ok_and(|own| own.is_like(removed)));
        (tables.len() < count).then(|| document.to_string())
    }

    /// Returns true if the policy has no settings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.name_pattern.is_none() && self.sensitive.is_empty() && self.suppressions.is_empty()
    }

    /// Returns true if one of the patterns in `sensitive` matches the source.
    #[must_use]
    pub fn is_sensitive(&self, source: &str) -> bool {
        self.sensitive.iter().any(|pattern| WildMatch::new(pattern).matches(source))
    }

    /// Sets the state of every finding that a suppression covers to [`FindingState::Suppressed`].
    /// Ignores suppressions that expired before `today`.
    pub fn apply(&self, findings: &mut [Finding], credentials: &[Credential], today: Date) {
        if self.suppressions.is_empty() {
            return;
        }
        for finding in findings {
            let id =
                finding.subject.and_then(|at| credentials.get(at as usize)).map(Credential::id);
            let id = id.map_or("", Untrusted::raw);
            let value = finding.value.as_ref().map(Untrusted::raw);
            let accepts = |it: &Suppression| {
                it.rule == finding.rule.id
                    && it.client == id
                    && it.value.as_deref().is_none_or(|own| Some(own) == value)
                    && it.expires >= today
            };
            if let Some(at) = self.suppressions.iter().position(accepts) {
                finding.state = FindingState::Suppressed(at as u32);
            }
        }
    }
}

impl Suppression {
    /// Returns true if both suppressions have the same rule, client and value.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.rule == other.rule && self.client == other.client && self.value == other.value
    }

    /// Formats the suppression as a `[[suppress]]` table of a policy.
    #[must_use]
    pub fn toml(&self) -> String {
        let mut table = Table::new();
        table["rule"] = toml_edit::value(&self.rule);
        table["client"] = toml_edit::value(&self.client);
        if let Some(value) = &self.value {
            table["value"] = toml_edit::value(value);
        }
        table["reason"] = toml_edit::value(&self.reason);
        let date = self.expires.to_string().parse::<toml_edit::Datetime>();
        table["expires"] =
            date.map_or_else(|_| toml_edit::value(self.expires.to_string()), toml_edit::value);
        format!("[[suppress]]\n{table}")
    }
}

/// Parses one `[[suppress]]` table. An error has the key that is invalid or missing.
fn suppression(table: &Table) -> Result<Suppression, (Option<&str>, String)> {
    for (key, _) in table {
        if !["rule", "client", "value", "reason", "expires"].contains(&key) {
            let text = format!("unknown key {key:?}: use rule, client, value, reason or expires");
            return Err((Some(key), text));
        }
    }
    for key in ["rule", "client", "value", "reason"] {
        if table.get(key).is_some_and(|item| item.as_str().is_none()) {
            return Err((Some(key), format!("{key} must be a quoted string")));
        }
    }
    let text = |key: &str| table.get(key).and_then(Item::as_str).map(str::to_owned);
    let needed = |key: &'static str, why: &str| {
        text(key)
            .filter(|it| !it.trim().is_empty())
            .ok_or_else(|| (Some(key), format!("{key} is required: {why}")))
    };
    let named = needed("rule", "the ID of a rule, such as URL03")?;
    let rule =
        rules::find(&named).ok_or_else(|| (Some("rule"), format!("unknown rule {named:?}")))?;
    let expires = table
        .get("expires")
        .map(|item| {
            item.as_datetime()
                .map_or_else(|| item.as_str().unwrap_or_default().to_owned(), ToString::to_string)
        })
        .and_then(|text| text.parse::<Date>().ok())
        .ok_or_else(|| {
            (Some("expires"), "expires is required: the last day, such as 2027-01-31".to_owned())
        })?;
    Ok(Suppression {
        rule: rule.id.to_owned(),
        client: text("client").unwrap_or_default(),
        value: text("value"),
        reason: needed("reason", "explain why the finding is suppressed")?,
        expires,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let written = Suppression {
            rule: "URL03".into(),
            client: "a\"b\\c\n\u{202e}".into(),
            value: Some("http://localhost/\"]]\nrule = 'x'".into()),
            reason: "it's \"fine\"".into(),
            expires: Date::constant(2027, 1, 31),
        };
        let text = format!("sensitive = ['a.*']\n\n{}\n{}", written.toml(), written.toml());
        let policy = Policy::read(&text).expect("a policy");
        assert_eq!(policy.suppressions, [written.clone(), written.clone()]);
        assert!(policy.is_sensitive("a.b") && !policy.is_sensitive("b.a"));
        let later = Suppression { expires: Date::constant(2028, 1, 31), ..written };
        let left = Policy::without(&text, &later).expect("both tables are removed");
        assert_eq!(Policy::read(&left).expect("a policy").suppressions, []);
    }

    #[test]
    fn value_that_is_not_text_is_an_error() {
        let table = "[[suppress]]\nrule = 'URL03'\nreason = 'x'\nexpires = 2027-01-31\n";
        for key in ["value", "client"] {
            let error = Policy::read(&format!("{table}{key} = 5173\n")).expect_err("not a text");
            assert_eq!((error.line, error.text), (5, format!("{key} must be a quoted string")));
        }
    }

    #[test]
    fn one_suppression_is_removed_and_the_rest_stays() {
        let text = "# ours\nsensitive = ['a.*']\n\n[[suppress]]\nrule = 'URL03'\nclient = 'a'\nreason = 'x'\nexpires = 2027-01-31\n\n# keep\n[[suppress]]\nrule = 'URL02'\nclient = 'b'\nreason = 'y'\nexpires = 2027-01-31\n";
        let policy = Policy::read(text).expect("a policy");
        let left = Policy::without(text, &policy.suppressions[0]).expect("the suppression exists");
        assert!(left.contains("# ours") && left.contains("# keep"), "{left}");
        let left_policy = Policy::read(&left).expect("a policy");
        assert_eq!(left_policy.suppressions, policy.suppressions[1..]);
        assert_eq!(Policy::without(&left, &policy.suppressions[0]), None);
    }

    #[test]
    fn a_mistake_names_its_line() {
        for (text, line, says) in [
            ("sensitive = 3", 1, "a list of strings"),
            ("\nname_pattern = '('", 2, "not a regular expression"),
            ("a = 1", 1, "unknown key"),
            ("\n\n[[suppress]]\nrule = 'URL99'", 4, "unknown rule"),
            ("[[suppress]]\nrule = 'URL03'\nfoo = 1", 3, "unknown key \"foo\""),
            ("[[suppress]]\nrule = 'URL03'\nreason = 'x'\nexpires = 7", 4, "expires is required"),
            ("[[suppress]]\nrule = 'URL03'\nexpires = 2027-01-31", 1, "reason is required"),
            ("[[suppress]]\nrule = 'URL03'\nreason = 'x'", 1, "expires is required"),
            ("x = [", 1, ""),
        ] {
            let error = Policy::read(text).expect_err(text);
            assert_eq!(error.line, line, "{text}");
            assert!(error.text.contains(says), "{text}: {}", error.text);
        }
    }
}
