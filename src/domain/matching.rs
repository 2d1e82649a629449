//! Which registered URL accepts a URL that an app sends, and if none does, which byte differs.
//!
//! Redirect URIs are compared letter by letter (RFC 9700 section 2.1); origins as browsers send them
//! (RFC 6454 section 6.2), with `*.` for CORS; referers with `*` and `?` as CARTO does, `*` being one
//! character or more.

use super::{Client, Credential, Untrusted, draft::Field, urls};

/// How one entry stands to the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The list.
    pub field: Field,
    /// The entry.
    pub entry: Untrusted,
    /// Whether it accepts the URL.
    pub accepts: bool,
    /// Where they differ; none where it accepts, or nothing can be pointed at.
    pub difference: Option<Difference>,
}

/// Where two texts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The byte, from 0.
    pub at: usize,
    /// The column of both, in characters from 0.
    pub column: usize,
    /// What it is about.
    pub why: &'static str,
}

/// Compares a URL with every entry of a credential, those that accept it first, then the nearest.
#[must_use]
pub fn compare(credential: &Credential, url: &str) -> Vec<Compared> {
    let mut all: Vec<Compared> = Vec::new();
    match credential {
        Credential::Token(token) => {
            all.extend(token.referers.iter().map(|entry| Compared {
                field: Field::Referers,
                accepts: referer_matches(entry.raw(), url),
                difference: None,
                entry: entry.clone(),
            }));
        }
        Credential::Spa(client) | Credential::M2m(client) | Credential::Other(client) => {
            let Client { callbacks, logout_urls, web_origins, allowed_origins, .. } = client;
            for (field, list) in [(Field::Callbacks, callbacks), (Field::LogoutUrls, logout_urls)] {
                all.extend(list.iter().map(|entry| exactly(field, entry, url)));
            }
            // What has a path is no origin, and no browser sends it as one.
            if let Some(origin) = urls::origin_of(url).filter(|_| is_bare(url)) {
                all.extend(web_origins.iter().map(|it| exactly(Field::WebOrigins, it, &origin)));
                all.extend(allowed_origins.iter().map(|entry| {
                    let exact = exactly(Field::AllowedOrigins, entry, &origin);
                    let covered = covers(entry.raw(), &origin);
                    let difference = if covered { None } else { exact.difference };
                    Compared { accepts: exact.accepts || covered, difference, ..exact }
                }));
            }
        }
    }
    all.sort_by_key(|it| {
        let near = it.difference.as_ref().map_or(0, |difference| difference.at);
        (!it.accepts, it.field, std::cmp::Reverse(near))
    });
    all
}

/// Whether nothing stands after the host and the port.
fn is_bare(url: &str) -> bool {
    let parts = super::audit::entry::Parts::of(url);
    parts.path.is_empty() && parts.query.is_none() && parts.fragment.is_none()
}

fn exactly(field: Field, entry: &Untrusted, url: &str) -> Compared {
    let accepts = entry.raw() == url;
    let difference = (!accepts).then(|| differ(entry.raw(), url));
    Compared { field, entry: entry.clone(), accepts, difference }
}

/// Where a registered URL and the one that was sent part.
fn differ(registered: &str, sent: &str) -> Difference {
    let common: usize = registered
        .chars()
        .zip(sent.chars())
        .take_while(|(one, other)| one == other)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let column = registered[..common].chars().count();
    let (left, right) = (&registered[common..], &sent[common..]);
    let (one, other) = (Parts::of(registered), Parts::of(sent));
    let why = if registered.contains('*') {
        "a wildcard stands for itself here: URLs are compared letter by letter"
    } else if left == "/" || right == "/" {
        "one ends with a slash and the other does not"
    } else if one.scheme != other.scheme {
        "the schemes differ"
    } else if one.host.eq_ignore_ascii_case(other.host) && one.host != other.host {
        "the hosts differ in their case"
    } else if one.host != other.host {
        "the hosts differ"
    } else if one.port != other.port {
        "the ports differ; a default port that is written out counts"
    } else if registered.eq_ignore_ascii_case(sent) {
        "they differ in their case"
    } else if left.starts_with('?') || right.starts_with('?') {
        "one has a query that the other has not"
    } else if left.starts_with('%') || right.starts_with('%') {
        "one is percent-encoded where the other is not"
    } else {
        "the paths differ"
    };
    Difference { at: common, column, why }
}

struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let parts = super::audit::entry::Parts::of(text);
        Self { scheme: parts.scheme, host: parts.host, port: parts.port }
    }
}

/// Whether `https://*.acme.dev` covers an origin: one label or more in the wildcard's place.
fn covers(pattern: &str, origin: &str) -> bool {
    let Some((scheme, rest)) = pattern.split_once("://*.") else { return false };
    let start = format!("{scheme}://");
    let end = format!(".{rest}");
    origin
        .strip_prefix(&start)
        .and_then(|host| host.strip_suffix(&end))
        .is_some_and(|label| !label.is_empty())
}

/// Whether a referer pattern matches the whole address that a browser sends: `*` is one character or
/// more, `?` is one.
#[must_use]
pub fn referer_matches(pattern: &str, address: &str) -> bool {
    // The common wildcard means "any number": one that has to be something is `?*`.
    wildmatch::WildMatch::new(&pattern.replace('*', "?*")).matches(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spa(callbacks: &[&str], origins: &[&str]) -> Credential {
        let list = |all: &[&str]| all.iter().map(|it| Untrusted::from(*it)).collect();
        Credential::Spa(Client {
            callbacks: list(callbacks),
            allowed_origins: list(origins),
            ..Client::default()
        })
    }

    #[test]
    fn what_differs_is_told() {
        for (registered, sent, at, why) in [
            (
                "https://a.dev/cb",
                "https://a.dev/cb/",
                16,
                "one ends with a slash and the other does not",
            ),
            ("https://a.dev/cb", "http://a.dev/cb", 4, "the schemes differ"),
            ("https://A.dev/cb", "https://a.dev/cb", 8, "the hosts differ in their case"),
            ("https://a.dev/cb", "https://b.dev/cb", 8, "the hosts differ"),
            (
                "https://a.dev/cb",
                "https://a.dev:443/cb",
                13,
                "the ports differ; a default port that is written out counts",
            ),
            ("https://a.dev/cb", "https://a.dev/Cb", 14, "they differ in their case"),
            (
                "https://a.dev/cb",
                "https://a.dev/cb?x=1",
                16,
                "one has a query that the other has not",
            ),
        ] {
            let all = compare(&spa(&[registered], &[]), sent);
            let difference = all[0].difference.clone().expect("they differ");
            assert_eq!((difference.at, difference.why), (at, why), "{registered} {sent}");
        }
    }

    #[test]
    fn the_one_that_accepts_comes_first_and_then_the_nearest() {
        let client =
            spa(&["https://x.dev/", "https://a.dev/c", "https://a.dev/cb"], &["https://*.dev"]);
        let all = compare(&client, "https://a.dev/cb");
        let told: Vec<(&str, bool)> = all.iter().map(|it| (it.entry.raw(), it.accepts)).collect();
        assert_eq!(
            told,
            [("https://a.dev/cb", true), ("https://a.dev/c", false), ("https://x.dev/", false)]
        );
        assert!(compare(&client, "https://a.dev")[0].accepts, "an origin is covered");
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
