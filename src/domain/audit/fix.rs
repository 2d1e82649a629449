//! Automatic fixes of findings.

use super::{Fact, Finding, FixKind, entry::UrlEntry};
use crate::domain::{
    Draft, Untrusted,
    draft::{Field, FieldValue},
    text,
};

/// Edit that fixes a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fix {
    /// Replaces `http` with `https`.
    UseHttps,
    /// Replaces `localhost` with `127.0.0.1`.
    UseLoopbackAddress,
    /// Removes the entry.
    Remove,
    /// Removes the fragment and its `#`.
    DropFragment,
    /// Removes invisible characters, and spaces around the text.
    Trim,
    /// Removes query parameters that OAuth reserves for responses.
    DropReservedQuery,
    /// Keeps scheme, host and port only.
    KeepOrigin,
    /// Adds the origin of a redirect URI to the list of origins for CORS.
    AddOrigin,
    /// Replaces the path of a referer with `*`.
    MatchSite,
}

/// Returns the draft after the automatic fix of a finding, or `None` if there is no such fix for
/// this draft.
#[must_use]
pub fn fixed(draft: &Draft, finding: &Finding) -> Option<Draft> {
    if !matches!(finding.rule.fix_kind, FixKind::Safe | FixKind::Consent) {
        return None;
    }
    let fix = finding.rule.fix?;
    let value = finding.value.as_ref().map(Untrusted::raw)?;
    let field = finding.fact.field()?;
    let (_, now) = draft.values().into_iter().find(|(own, _)| *own == field)?;
    let mut after = draft.clone();
    match now {
        FieldValue::Line(line) if line == value && fix != Fix::Remove => {
            after.set(field, FieldValue::Line(edited(fix, finding.fact, value)?));
        }
        FieldValue::Lines(mut list) => {
            // Of two equal entries, change the later one: it is the redundant one.
            let at = list.iter().rposition(|entry| entry == value)?;
            match fix {
                Fix::AddOrigin => {
                    let callback = UrlEntry::new(finding.fact, None, value);
                    let origin = callback.origin()?.to_owned();
                    let values = draft.values();
                    let (_, FieldValue::Lines(mut origins)) =
                        values.into_iter().find(|(own, _)| *own == Field::AllowedOrigins)?
                    else {
                        return None;
                    };
                    origins.push(origin);
                    after.set(Field::AllowedOrigins, FieldValue::Lines(origins));
                    return Some(after);
                }
                Fix::Remove => {
                    // A safe fix only removes a duplicate, and an earlier fix may have removed it
                    // already.
                    let twice = list.iter().filter(|entry| *entry == value).count() > 1;
                    if finding.rule.fix_kind == FixKind::Safe && !twice {
                        return None;
                    }
                    // Without a redirect URI the client cannot be used to sign in, so the user must
                    // decide.
                    if field == Field::Callbacks && list.len() == 1 {
                        return None;
                    }
                    list.remove(at);
                }
                _ => {
                    let new = edited(fix, finding.fact, value)?;
                    if list.contains(&new) {
                        list.remove(at);
                    } else {
                        list[at] = new;
                    }
                }
            }
            after.set(field, FieldValue::Lines(list));
        }
        _ => return None,
    }
    (after != *draft).then_some(after)
}

/// True if the fix does not change accepted URLs. Invisible characters inside a URL may distinguish
/// two hosts or schemes, so removing them is not safe.
#[must_use]
pub fn is_safe(finding: &Finding) -> bool {
    let inside = |value: &Untrusted| text::has_deceptive(value.raw().trim());
    finding.rule.fix_kind == FixKind::Safe
        && !(finding.rule.fix == Some(Fix::Trim) && finding.value.as_ref().is_some_and(inside))
}

fn edited(fix: Fix, fact: Fact, raw: &str) -> Option<String> {
    let entry = UrlEntry::new(fact, None, raw);
    Some(match fix {
        Fix::UseHttps => format!("https{}", raw.get(entry.parts.scheme.len()..)?),
        Fix::UseLoopbackAddress => {
            let at = raw.to_ascii_lowercase().find("localhost")?;
            format!("{}127.0.0.1{}", &raw[..at], &raw[at + "localhost".len()..])
        }
        Fix::DropFragment => raw.split('#').next()?.to_owned(),
        Fix::Trim => {
            let visible: String = raw.chars().filter(|c| !text::is_deceptive(*c)).collect();
            visible.trim().to_owned()
        }
        Fix::DropReservedQuery => {
            let mut url = entry.parsed()?.clone();
            let reserved = ["code", "state", "error", "access_token", "id_token", "token", "iss"];
            let kept: Vec<(String, String)> = url
                .query_pairs()
                .filter(|(key, _)| !reserved.contains(&key.as_ref()))
                .map(|(key, value)| (key.into_owned(), value.into_owned()))
                .collect();
            if kept.is_empty() {
                url.set_query(None);
            } else {
                url.query_pairs_mut().clear().extend_pairs(kept);
            }
            url.into()
        }
        Fix::KeepOrigin => {
            let plain = raw.replace("://*.", "://wildcard.");
            let plain = UrlEntry::new(fact, None, &plain);
            let origin = plain.is_web().then(|| plain.serialized_origin()).flatten()?;
            origin.replace("://wildcard.", "://*.")
        }
        Fix::MatchSite => {
            let end = raw.find("://")? + 3;
            let after = raw[end..].find('/').map_or(raw.len(), |at| end + at);
            format!("{}*", &raw[..after])
        }
        Fix::Remove | Fix::AddOrigin => return None,
    })
}
