//! Finds the registered URLs that accept a URL sent by an app. For each other registered URL, finds
//! the first difference from the sent URL.
//!
//! Redirect URIs, logout URLs and origins are compared by the provider's rules ([`semantics`]).
//! Referers are compared by the rules of CARTO: `*` matches one or more characters, and `?` matches
//! exactly one.

use super::{
    Client, Credential, Untrusted,
    draft::Field,
    semantics::{self, MatchAnswer, Semantics, UriReading, Wildcard},
    urls,
};

/// Result of comparing one entry with a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// List that contains the entry.
    pub field: Field,
    /// Registered entry.
    pub entry: Untrusted,
    /// Result of the comparison.
    pub answer: MatchAnswer,
    /// First difference, if the entry does not accept the URL. Always `None` for referers and for
    /// the keywords `+` and `-`.
    pub difference: Option<TextDifference>,
}

impl Compared {
    /// Returns true if the entry accepts the URL.
    #[must_use]
    pub const fn accepts(&self) -> bool {
        matches!(self.answer, MatchAnswer::Accepts(_))
    }
}

/// First position at which a registered URL and a sent URL differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextDifference {
    /// Byte offset in both texts.
    pub at: usize,
    /// Column in both texts, in characters from 0.
    pub column: usize,
    /// Reason for the mismatch: a clause in lower case, without a period.
    pub why: &'static str,
}

/// Compares a URL with the entries of a credential by the provider's rules. Origins are compared
/// only if the URL has no path, query or fragment. Entries that accept the URL come first, then
/// entries with a result that depends on the server. Within a list, the most similar entries come
/// first. Relative entries are resolved against the root URL of the client or, without a root URL,
/// the server of the base URL.
#[must_use]
pub fn compare(
    credential: &Credential,
    url: &str,
    semantics: &'static Semantics,
    base_url: &str,
) -> Vec<Compared> {
    let mut all: Vec<Compared> = match credential {
        Credential::Token(token) => {
            let referers = token.referers.iter();
            let compared = referers.map(|entry| Compared {
                field: Field::Referers,
                answer: if referer_matches(entry.raw(), url) {
                    MatchAnswer::Accepts(None)
                } else {
                    MatchAnswer::Refuses
                },
                difference: None,
                entry: entry.clone(),
            });
            compared.collect()
        }
        Credential::Spa(client) | Credential::M2m(client) | Credential::Other(client) => {
            let is_public = matches!(credential, Credential::Spa(_))
                || client.auth_method.as_ref().is_some_and(|it| it.raw() == "none");
            clients(&UriReading { semantics, client, is_public, base_url }, url)
        }
    };
    all.sort_by_key(|it| {
        let near = it.difference.as_ref().map_or(0, |difference| difference.at);
        let rank = match it.answer {
            MatchAnswer::Accepts(_) => 0,
            MatchAnswer::Depends(_) => 1,
            MatchAnswer::Refuses => 2,
        };
        (rank, it.field, std::cmp::Reverse(near))
    });
    all
}

fn clients(reading: &UriReading<'_>, url: &str) -> Vec<Compared> {
    let Client { callbacks, logout_urls, web_origins, allowed_origins, .. } = reading.client;
    let compared = |field, entry: &Untrusted, answer: MatchAnswer, sent: &str| {
        let resolved = reading.resolved(entry.raw());
        let pointed = answer == MatchAnswer::Refuses && semantics::meaning(entry.raw()).is_none();
        let difference = pointed.then(|| differ(&resolved, sent, reading.semantics));
        Compared { field, entry: entry.clone(), answer, difference }
    };
    let redirects = callbacks
        .iter()
        .map(|entry| compared(Field::Callbacks, entry, reading.redirect(entry.raw(), url), url));
    let logout = logout_urls
        .iter()
        .map(|entry| compared(Field::LogoutUrls, entry, reading.logout(entry.raw(), url), url));
    let mut all: Vec<Compared> = redirects.chain(logout).collect();
    // Browsers send origins without a path, so a URL with a path is not compared with origins.
    if let Some(origin) = urls::origin_of(url).filter(|_| is_bare(url)) {
        for (field, list) in
            [(Field::WebOrigins, web_origins), (Field::AllowedOrigins, allowed_origins)]
        {
            all.extend(list.iter().map(|entry| {
                let answer = match field {
                    Field::WebOrigins => reading.web_origin(entry.raw(), &origin),
                    _ => reading.origin(entry.raw(), &origin),
                };
                compared(field, entry, answer, &origin)
            }));
        }
    }
    all
}

/// Returns true if a URL has no path, query or fragment.
fn is_bare(url: &str) -> bool {
    let parts = super::audit::entry::UrlParts::of(url);
    parts.path.is_empty() && parts.query.is_none() && parts.fragment.is_none()
}

fn differ(registered: &str, sent: &str, semantics: &Semantics) -> TextDifference {
    let common: usize = registered
        .chars()
        .zip(sent.chars())
        .take_while(|(one, other)| one == other)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let column = registered[..common].chars().count();
    let (left, right) = (&registered[common..], &sent[common..]);
    let (one, other) = (OriginParts::of(registered), OriginParts::of(sent));
    let why = if registered.contains('*') && semantics.wildcard == Wildcard::Letter {
        "wildcards are not supported: URLs are compared character by character"
    } else if registered.contains('*') && has_idle_wildcard(registered, semantics) {
        match semantics.wildcard {
            Wildcard::Prefix => "a wildcard works only at the end, without a query",
            _ => "only one wildcard is allowed, in the first label of the host",
        }
    } else if registered.contains('*') {
        "the wildcard does not match the URL"
    } else if matches!((left, right), ("/", "") | ("", "/")) {
        "only one ends with a slash"
    } else if one.scheme != other.scheme {
        "the schemes differ"
    } else if one.host.eq_ignore_ascii_case(other.host) && one.host != other.host {
        "the hosts differ in case"
    } else if one.host != other.host {
        "the hosts differ"
    } else if one.port != other.port {
        "the ports differ; a default port is not ignored"
    } else if registered.eq_ignore_ascii_case(sent) {
        "they differ in case"
    } else if left.starts_with('?') || right.starts_with('?') {
        "only one has this query"
    } else if left.starts_with('%') || right.starts_with('%') {
        "only one is percent-encoded"
    } else if registered.get(..common).is_some_and(|same| same.contains(['?', '#'])) {
        "the queries or fragments differ"
    } else {
        "the paths differ"
    };
    TextDifference { at: common, column, why }
}

struct OriginParts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: &'a str,
}

impl<'a> OriginParts<'a> {
    fn of(text: &'a str) -> Self {
        let parts = super::audit::entry::UrlParts::of(text);
        Self { scheme: parts.scheme, host: parts.host, port: parts.port }
    }
}

/// Returns true if the provider does not interpret a `*` of a registered URL as a wildcard.
fn has_idle_wildcard(registered: &str, semantics: &Semantics) -> bool {
    match semantics.wildcard {
        Wildcard::Letter => true,
        Wildcard::Prefix => !registered.ends_with('*') || registered.contains('?'),
        Wildcard::Label => {
            let label = OriginParts::of(registered).host.split('.').next().unwrap_or_default();
            !label.contains('*') || registered.matches('*').count() > 1
        }
    }
}

/// Returns true if a referer pattern matches the full address that a browser sends. `*` matches one
/// or more characters, and `?` matches exactly one.
#[must_use]
pub fn referer_matches(pattern: &str, address: &str) -> bool {
    // The library's `*` matches zero or more characters; `?*` matches one or more.
    wildmatch::WildMatch::new(&pattern.replace('*', "?*")).matches(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::semantics::EXACT;

    fn spa(callbacks: &[&str], origins: &[&str]) -> Credential {
        let list = |all: &[&str]| all.iter().map(|it| Untrusted::from(*it)).collect();
        Credential::Spa(Client {
            callbacks: list(callbacks),
            allowed_origins: list(origins),
            ..Client::default()
        })
    }

    #[test]
    fn first_difference_is_named() {
        for (registered, sent, at, why) in [
            ("https://a.dev/cb", "https://a.dev/cb/", 16, "only one ends with a slash"),
            ("https://a.dev/cb", "http://a.dev/cb", 4, "the schemes differ"),
            ("https://A.dev/cb", "https://a.dev/cb", 8, "the hosts differ in case"),
            ("https://a.dev/cb", "https://b.dev/cb", 8, "the hosts differ"),
            (
                "https://a.dev/cb",
                "https://a.dev:443/cb",
                13,
                "the ports differ; a default port is not ignored",
            ),
            ("https://a.dev/cb", "https://a.dev/Cb", 14, "they differ in case"),
            ("https://a.dev/cb", "https://a.dev/cb?x=1", 16, "only one has this query"),
            ("https://a.dev/cb?x=1", "https://a.dev/cb?x=2", 19, "the queries or fragments differ"),
            (
                "https://a.dev/",
                "https://a.dev:3000/",
                13,
                "the ports differ; a default port is not ignored",
            ),
        ] {
            let all = compare(&spa(&[registered], &[]), sent, &EXACT, "");
            let difference = all[0].difference.clone().expect("they differ");
            assert_eq!((difference.at, difference.why), (at, why), "{registered} {sent}");
        }
    }

    #[test]
    fn the_one_that_accepts_comes_first_and_then_the_nearest() {
        let client =
            spa(&["https://x.dev/", "https://a.dev/c", "https://a.dev/cb"], &["https://*.dev"]);
        let all = compare(&client, "https://a.dev/cb", &EXACT, "");
        let compared: Vec<(&str, bool)> =
            all.iter().map(|it| (it.entry.raw(), it.accepts())).collect();
        assert_eq!(
            compared,
            [("https://a.dev/cb", true), ("https://a.dev/c", false), ("https://x.dev/", false)]
        );
        assert!(compare(&client, "https://a.dev", &EXACT, "")[0].accepts(), "an origin is covered");
    }

    #[test]
    fn referers_are_matched_as_carto_does() {
        for (pattern, address, matches) in [
            ("https://a.dev*", "https://a.dev/", true),
            ("https://a.dev/*", "https://a.dev/", false),
            ("https://a.dev/*", "https://a.dev/map", true),
            ("https://a.dev", "https://a.dev/", false),
            ("https://?.dev/", "https://a.dev/", true),
        ] {
            assert_eq!(referer_matches(pattern, address), matches, "{pattern} {address}");
        }
    }
}
