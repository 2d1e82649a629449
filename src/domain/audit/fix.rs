//! Fixes of findings.

use super::{Fact, Finding, FixKind, entry::UrlEntry};
use crate::domain::{
    Draft, Untrusted,
    draft::{Field, FieldValue},
    text,
};

/// Edit of one URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fix {
    /// `https` instead of `http`.
    UseHttps,
    /// `127.0.0.1` instead of `localhost`.
    UseLoopbackAddress,
    /// The entry goes.
    Remove,
    /// Removes the part from `#` on.
    DropFragment,
    /// Removes invisible characters.
    Trim,
    /// Removes reserved parameters.
    DropReservedQuery,
    /// Keeps scheme, host and port only.
    KeepOrigin,
    /// Adds the callback's origin to the list for CORS.
    AddOrigin,
    /// Lets a referer match its whole site.
    MatchSite,
}

/// Draft after the fix; `None` if there is no automatic one, or not for this draft.
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
            // The later one: of two equal entries, the first is meant.
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
                    // It may have been fixed in the meantime.
                    let twice = list.iter().filter(|entry| *entry == value).count() > 1;
                    if finding.rule.fix_kind == FixKind::Safe && !twice {
                        return None;
                    }
                    // Without a redirect URI no one can sign in with the client, so this needs a person.
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

/// True if the fix does not change accepted URLs. Removing invisible characters does, unless they are around the
/// text: inside, they may distinguish two hosts or schemes.
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
