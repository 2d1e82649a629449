//! Automatic fixes of findings.

use super::{Fact, Finding, FixKind, entry::UrlEntry};
use crate::domain::{
    Draft, Untrusted,
    draft::{Field, FieldValue},
    text,
};

/// Edit of a list entry or a URL that fixes a finding.
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
    /// Keeps only the scheme, the host and the port.
    KeepOrigin,
    /// Adds the origin of a redirect URI to the list of origins for CORS.
    AddOrigin,
    /// Replaces a referer with two: its origin with a slash, and a pattern for all of its pages.
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
            // If two entries are equal, change the later one, because it is redundant.
            let at = list.iter().rposition(|entry| entry == value)?;
            match fix {
                Fix::AddOrigin => {
                    let callback = UrlEntry::new(finding.fact, None, value);
                    let origin = callback.origin()?.to_owned();
                    // Browsers never send an origin with a wildcard, so no app needs one.
                    if origin.contains('*') {
                        return None;
                    }
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
                Fix::MatchSite => {
                    let site = format!("{}/", UrlEntry::new(finding.fact, None, value).origin()?);
                    list.remove(at);
                    for new in [site.clone(), format!("{site}*")] {
                        if !list.contains(&new) {
                            list.push(new);
                        }
                    }
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

/// Returns the draft after all fixes that apply, and the IDs of the rules whose findings were fixed.
#[must_use]
pub fn all_fixed<'a>(
    draft: Draft,
    findings: impl IntoIterator<Item = &'a Finding>,
) -> (Draft, Vec<&'static str>) {
    let mut rules: Vec<&'static str> = Vec::new();
    let draft = findings.into_iter().fold(draft, |draft, finding| match fixed(&draft, finding) {
        Some(after) => {
            if !rules.contains(&finding.rule.id) {
                rules.push(finding.rule.id);
            }
            after
        }
        None => draft,
    });
    (draft, rules)
}

/// True if the fix does not change which URLs are accepted. Invisible characters inside a URL may
/// distinguish two hosts or schemes, so removing them is not safe.
#[must_use]
pub fn is_safe(finding: &Finding) -> bool {
    let inside = |value: &Untrusted| text::has_deceptive(value.raw().trim());
    finding.rule.fix_kind == FixKind::Safe
        && !(finding.rule.fix == Some(Fix::Trim) && finding.value.as_ref().is_some_and(inside))
}

/// Returns the value after a fix. Returns `None` if the fix does not apply, or if the new value
/// would match everything and the old one does not.
fn edited(fix: Fix, fact: Fact, raw: &str) -> Option<String> {
    let entry = UrlEntry::new(fact, None, raw);
    let new = match fix {
        Fix::UseHttps => format!("https{}", raw.get(entry.parts.scheme.len()..)?),
        Fix::UseLoopbackAddress => {
            let at = raw.to_ascii_lowercase().find("localhost")?;
            format!("{}127.0.0.1{}", &raw[..at], &raw[at + "localhost".len()..])
        }
        Fix::DropFragment => raw.split('#').next()?.to_owned(),
        // Removing invisible characters could make a wildcard match more.
        Fix::Trim if raw.contains('*') && text::has_deceptive(raw.trim()) => return None,
        Fix::Trim => {
            let visible: String = raw.chars().filter(|c| !text::is_deceptive(*c)).collect();
            visible.trim().to_owned()
        }
        Fix::DropReservedQuery => {
            let reserved = ["code", "state", "error", "access_token", "id_token", "token", "iss"];
            // Edit the text instead of the parsed URL, because the parser normalizes other parts.
            let (head, rest) = raw.split_once('?')?;
            let (query, fragment) = rest.find('#').map_or((rest, ""), |at| rest.split_at(at));
            let is_kept = |pair: &&str| {
                let mut parsed = url::form_urlencoded::parse(pair.as_bytes());
                !parsed.any(|(key, _)| reserved.contains(&&*key))
            };
            let kept: Vec<&str> = query.split('&').filter(is_kept).collect();
            let mark = if kept.is_empty() { "" } else { "?" };
            format!("{head}{mark}{}{fragment}", kept.join("&"))
        }
        Fix::KeepOrigin => {
            let plain = raw.replace("://*.", "://wildcard.");
            let plain = UrlEntry::new(fact, None, &plain);
            let origin = plain.is_web().then(|| plain.serialized_origin()).flatten()?;
            origin.replace("://wildcard.", "://*.")
        }
        Fix::MatchSite | Fix::Remove | Fix::AddOrigin => return None,
    };
    let opens = UrlEntry::new(fact, None, &new).matches_anything() && !entry.matches_anything();
    (!opens).then_some(new)
}
