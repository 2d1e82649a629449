//! URL of a credential in two forms: parsed by the WHATWG rules, and as text.
//!
//! The parser normalizes backslashes, tabs and unusual IP addresses, but servers compare URLs byte
//! by byte. Rules about the notation therefore read the text.

use std::{borrow::Cow, collections::HashSet};

use url::{ParseError, Position, Url};

use super::{
    fact::Fact,
    host::{self, Class},
};

/// URL, origin or referer of a credential.
#[derive(Debug)]
pub struct UrlEntry<'a> {
    /// Field that contains the entry.
    pub fact: Fact,
    /// Position in the list, from 0; `None` for a single value.
    pub at: Option<u32>,
    /// Text in the credential.
    pub raw: &'a str,
    /// Parts of the effective URL. If the provider supports relative URLs, the effective URL is the
    /// absolute URL to which the text resolves.
    pub parts: UrlParts<'a>,
    /// Result of the WHATWG parser. A port with a wildcard is removed from its input.
    pub url: Result<Url, ParseError>,
    /// Class of the host.
    pub class: Class,
    /// Range of the registrable domain in the host.
    registrable: Option<std::ops::Range<usize>>,
    /// True if the host belongs to a tunnel, a sandbox or a preview.
    pub is_ephemeral: bool,
    /// True if other people can get names under the same suffix.
    pub is_shared: bool,
    /// True if the entry is derived from the login URL. It then has the same findings as that URL, so
    /// most rules skip it.
    pub derived: bool,
    /// True if a `*` is a wildcard only at the end of the entry.
    pub is_prefix: bool,
    /// Relation to the other entries of its list.
    pub twins: Twins,
}

/// Relation of an entry to the other entries of its list.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Twins {
    /// Index, in the credential's list, of the first earlier entry with the same folded form
    /// ([`UrlEntry::folded`]), but a different text.
    pub alike: Option<u32>,
    /// True if an earlier entry has the same text.
    pub again: bool,
    /// True if the list also contains the same URL with https.
    pub with_https: bool,
}

/// Parts of a URL in its original text (RFC 3986 appendix B).
#[derive(Debug, Default, Clone, Copy)]
pub struct UrlParts<'a> {
    /// Text before the first colon outside the query and fragment; empty if there is none.
    pub scheme: &'a str,
    /// True if `//` follows the scheme.
    pub has_authority: bool,
    /// User information: the text before the last `@` of the authority.
    pub userinfo: Option<&'a str>,
    /// Host, with the brackets of an IPv6 address.
    pub host: &'a str,
    /// Port, without its colon; empty if missing.
    pub port: &'a str,
    /// Path, with its leading slash if it has one.
    pub path: &'a str,
    /// Query, without its question mark.
    pub query: Option<&'a str>,
    /// Fragment, without its number sign.
    pub fragment: Option<&'a str>,
}

impl<'a> UrlParts<'a> {
    /// Splits a text into its parts, without validation or decoding.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        let (text, fragment) = cut(text, '#');
        let (text, query) = cut(text, '?');
        let Some((scheme, rest)) = text.split_once(':') else {
            return Self { path: text, query, fragment, ..Self::default() };
        };
        let Some(rest) = rest.strip_prefix("//") else {
            return Self { scheme, path: rest, query, fragment, ..Self::default() };
        };
        let end = rest.find(['/', '\\']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (userinfo, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        let colon = match place.rfind(']') {
            Some(end) => place[end..].find(':').map(|at| end + at),
            None => place.rfind(':'),
        };
        let (host, port) =
            colon.map_or((place, ""), |at| (&place[..at], place.get(at + 1..).unwrap_or("")));
        Self { scheme, has_authority: true, userinfo, host, port, path, query, fragment }
    }

    /// True if the text begins with a URL scheme (RFC 3986 section 3.1).
    #[must_use]
    pub fn has_scheme(&self) -> bool {
        self.scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && self
                .scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    }
}

fn cut(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

impl<'a> UrlEntry<'a> {
    /// Parses the text `raw` of a field. `at` is its position in the list, from 0; `None` for a
    /// single value.
    #[must_use]
    pub fn new(fact: Fact, at: Option<u32>, raw: &'a str) -> Self {
        Self::after(None, fact, at, raw)
    }

    /// Parses an entry like [`Self::new`]. If the entry `before` has the same host and class, copies
    /// the properties of its host instead of computing them again.
    #[must_use]
    pub fn after(before: Option<&Self>, fact: Fact, at: Option<u32>, raw: &'a str) -> Self {
        Self::resolved(before, fact, at, raw, raw)
    }

    /// Parses an entry whose effective URL may differ from its text, such as a relative URL. `raw`
    /// is the text in the credential, and `text` is the effective URL.
    #[must_use]
    pub fn resolved(
        before: Option<&Self>,
        fact: Fact,
        at: Option<u32>,
        raw: &'a str,
        text: &'a str,
    ) -> Self {
        let parts = UrlParts::of(text);
        let url = if parts.port.contains('*') {
            Url::parse(&text.replacen(&format!(":{}", parts.port), "", 1))
        } else {
            Url::parse(text)
        };
        // The host of a private-use scheme, such as capacitor://localhost, is a name inside an app,
        // not a machine.
        let web = url.as_ref().ok().filter(|url| is_web(url.scheme()));
        let class = web.map_or(Class::None, Class::of);
        let mut entry = Self {
            fact,
            at,
            raw,
            parts,
            url,
            class,
            registrable: None,
            is_ephemeral: false,
            is_shared: false,
            derived: false,
            is_prefix: false,
            twins: Twins::default(),
        };
        // Only public and reserved names have a registrable domain.
        if let Some(name) = entry.name().filter(|_| matches!(class, Class::Name | Class::Reserved))
        {
            if let Some(before) = before.filter(|it| it.class == class && it.name() == Some(name)) {
                entry.registrable.clone_from(&before.registrable);
                (entry.is_ephemeral, entry.is_shared) = (before.is_ephemeral, before.is_shared);
                return entry;
            }
            let registrable = host::registrable(name).and_then(|own| {
                let end = name.trim_end_matches('.').len();
                end.checked_sub(own.len()).map(|start| start..end)
            });
            let ephemeral = host::is_ephemeral(name);
            let shared = ephemeral || host::is_shared(name);
            entry.registrable = registrable;
            (entry.is_ephemeral, entry.is_shared) = (ephemeral, shared);
        }
        entry
    }

    /// Returns the parsed URL, or `None` if the parser rejects it.
    #[must_use]
    pub fn parsed(&self) -> Option<&Url> {
        self.url.as_ref().ok()
    }

    /// Returns the scheme in lower case; empty if the URL is invalid.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.parsed().map_or("", Url::scheme)
    }

    /// True for an http or https URL.
    #[must_use]
    pub fn is_web(&self) -> bool {
        is_web(self.scheme())
    }

    /// True if requests to the URL are sent over a network in clear text. False if
    /// [`Self::matches_anything`] or [`Self::is_open_ended`] is true, because such a wildcard is a
    /// worse defect with its own finding.
    #[must_use]
    pub fn is_plain_http(&self) -> bool {
        self.scheme() == "http"
            && !self.is_loopback()
            && !self.is_open_ended()
            && !self.matches_anything()
    }

    /// Returns the normalized host name; `None` for an IP address, an invalid URL, or a URL without
    /// a host.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.parsed().and_then(Url::domain)
    }

    /// Returns the registrable domain of the host, if it has one.
    #[must_use]
    pub fn registrable(&self) -> Option<&str> {
        self.name()?.get(self.registrable.clone()?)
    }

    /// True if the host is this machine, even with a wildcard at the end of the host or in the port.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.class == Class::Loopback || is_web(self.parts.scheme) && is_local_text(self.parts.host)
    }

    /// Returns the origin as browsers send it: scheme, lower-case host, and the port unless it is
    /// the default (RFC 6454 section 6.2). For private-use schemes, the result is the scheme and
    /// host, as web views send them. `None` if the URL is invalid or has no host.
    #[must_use]
    pub fn serialized_origin(&self) -> Option<String> {
        let url = self.parsed()?;
        if self.is_web() {
            return Some(url.origin().ascii_serialization());
        }
        let host = url.host_str().filter(|host| !host.is_empty())?;
        let private = self.parts.has_scheme() && self.parts.has_authority;
        private.then(|| format!("{}://{}", url.scheme(), host.to_ascii_lowercase()))
    }

    /// True for `*`, or if the host is `*` and [`Self::has_wildcard`] is true.
    #[must_use]
    pub fn matches_anything(&self) -> bool {
        self.raw.trim() == "*" || self.parts.host == "*" && self.has_wildcard()
    }

    /// True if the entry contains a `*`. With [`UrlEntry::is_prefix`], the `*` must be the last
    /// character, and the entry must have no query.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        if self.is_prefix {
            self.raw.ends_with('*') && !self.raw.contains('?')
        } else {
            self.raw.contains('*')
        }
    }

    /// True if a wildcard ends the host or follows the digits of the port, so that more characters
    /// can follow. False if [`Self::matches_anything`] is true.
    #[must_use]
    pub fn is_open_ended(&self) -> bool {
        let port = self.parts.port;
        !self.matches_anything()
            && self.parts.has_authority
            && self.has_wildcard()
            && (self.parts.host.ends_with('*') || port.ends_with('*') && port.len() > 1)
    }

    /// True if a wildcard precedes other text in the host, as in `*.acme.dev`. False if the
    /// provider supports wildcards only at the end.
    #[must_use]
    pub fn has_host_wildcard(&self) -> bool {
        !self.matches_anything()
            && !self.is_open_ended()
            && !self.is_prefix
            && self.parts.host.contains('*')
    }

    /// True if the entry is `*`, the host contains a wildcard, or a wildcard follows the digits of
    /// the port.
    #[must_use]
    pub fn host_is_pattern(&self) -> bool {
        self.raw == "*" || self.parts.host.contains('*') || self.is_open_ended()
    }

    /// Returns the part of the host after the label with the last wildcard, such as `acme.dev` of
    /// `*.acme.dev`; `None` without a wildcard, or if this label is the last.
    #[must_use]
    pub fn below_wildcard(&self) -> Option<&str> {
        let (_, rest) = self.parts.host.rsplit_once('*')?;
        let rest = rest.split_once('.').map_or("", |(_, rest)| rest);
        (!rest.is_empty()).then_some(rest)
    }

    /// Returns `scheme://host[:port]` of a web URL; `None` for other schemes, invalid URLs, and
    /// URLs with user information.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        let url = self.parsed().filter(|_| self.is_web())?;
        // User information would be part of the slice.
        (url.username().is_empty() && url.password().is_none())
            .then(|| &url[..Position::BeforePath])
    }

    /// Returns the URL in a normalized form for comparison: as the WHATWG parser writes it, without
    /// trailing slashes, and with percent escapes in upper case. An invalid URL, or one with a
    /// wildcard in the port, is unchanged.
    #[must_use]
    pub fn folded(&self) -> Cow<'_, str> {
        let parsed = self.parsed().filter(|_| !self.parts.port.contains('*'));
        let Some(url) = parsed else { return Cow::Borrowed(self.raw) };
        let text = url.as_str();
        let text = text.trim_end_matches('/');
        if !text.contains('%') {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut upper = 0;
        for c in text.chars() {
            out.push(if upper > 0 { c.to_ascii_uppercase() } else { c });
            upper = if c == '%' { 2 } else { u8::saturating_sub(upper, 1) };
        }
        Cow::Owned(out)
    }

    /// Compares the entries of a list with each other, and stores the results in
    /// [`UrlEntry::twins`]. Sorts the positions once instead of comparing all pairs.
    pub fn compare(list: &mut [Self]) {
        if list.len() < 2 {
            return;
        }
        let twins = {
            let folded: Vec<Cow<'_, str>> = list.iter().map(UrlEntry::folded).collect();
            let mut order: Vec<usize> = (0..list.len()).collect();
            order.sort_unstable_by_key(|at| (&*folded[*at], list[*at].raw, *at));
            let mut twins = vec![Twins::default(); list.len()];
            for group in order.chunk_by(|one, other| folded[*one] == folded[*other]) {
                // `first` is the first entry of the group, and `second` the first one with a
                // different text.
                let Some(&first) = group.iter().min() else { continue };
                let written = |at: &&usize| list[**at].raw != list[first].raw;
                let second = group.iter().filter(written).min().copied();
                for (place, &at) in group.iter().enumerate() {
                    let raw = list[at].raw;
                    let other = if raw == list[first].raw { second } else { Some(first) };
                    twins[at].alike = other.filter(|it| *it < at).and_then(|it| list[it].at);
                    twins[at].again = place > 0 && list[group[place - 1]].raw == raw;
                }
            }
            let insecure = |entry: &Self| entry.raw.strip_prefix("http://");
            if list.iter().any(|entry| insecure(entry).is_some()) {
                let secure: HashSet<&str> =
                    list.iter().filter_map(|entry| entry.raw.strip_prefix("https://")).collect();
                for (twins, entry) in twins.iter_mut().zip(&*list) {
                    twins.with_https = insecure(entry).is_some_and(|rest| secure.contains(rest));
                }
            }
            twins
        };
        for (entry, twins) in list.iter_mut().zip(twins) {
            entry.twins = twins;
        }
    }

    /// Returns the decoded keys of the query.
    pub fn query_keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.parsed().into_iter().flat_map(|url| url.query_pairs().map(|(key, _)| key))
    }
}

/// True for http and https.
pub(in crate::domain) fn is_web(scheme: &str) -> bool {
    matches!(scheme, "http" | "https")
}

/// True if a host is `localhost`, `127.0.0.1` or `[::1]`, ignoring wildcards at its end.
pub(in crate::domain) fn is_local_text(host: &str) -> bool {
    let host = host.trim_end_matches('*');
    host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_without_repairing_it() {
        let parts = UrlParts::of("https://user@[::1]:80\\a/b?c#d");
        assert_eq!(
            (parts.scheme, parts.userinfo, parts.host, parts.port),
            ("https", Some("user"), "[::1]", "80")
        );
        assert_eq!((parts.path, parts.query, parts.fragment), ("\\a/b", Some("c"), Some("d")));
        assert_eq!(UrlParts::of("com.acme:/cb").path, "/cb");
        assert!(!UrlParts::of("//acme.dev").has_scheme());
    }

    #[test]
    fn wildcards_are_told_apart() {
        let kinds = |raw| {
            let entry = UrlEntry::new(Fact::Callbacks, None, raw);
            (entry.matches_anything(), entry.is_open_ended(), entry.has_host_wildcard())
        };
        for (raw, expected) in [
            ("*", (true, false, false)),
            ("https://*", (true, false, false)),
            ("https://*/cb", (true, false, false)),
            ("https://acme.dev*", (false, true, false)),
            ("https://acme.dev:443*", (false, true, false)),
            ("https://acme.dev:*/cb", (false, false, false)),
            ("https://*.acme.dev/cb", (false, false, true)),
            ("https://acme.dev/*", (false, false, false)),
        ] {
            assert_eq!(kinds(raw), expected, "{raw}");
        }
    }

    #[test]
    fn entries_of_a_list_are_compared_as_one_by_one() {
        let all =
            ["https://a.dev/", "http://a.dev", "https://A.dev", "https://a.dev/", "https://b.dev"];
        let at = |at, raw| UrlEntry::new(Fact::Callbacks, Some(at), raw);
        let mut list: Vec<UrlEntry<'_>> =
            (0..).zip(all).map(|(index, raw)| at(index, raw)).collect();
        // Position 5 is missing, because `list` contains only entries that are URLs.
        list.push(at(6, "https://a.dev"));
        list.push(at(7, "https://B.dev"));
        UrlEntry::compare(&mut list);
        let alike: Vec<Option<u32>> = list.iter().map(|entry| entry.twins.alike).collect();
        assert_eq!(alike, [None, None, Some(0), Some(2), None, Some(0), Some(4)]);
        let again: Vec<bool> = list.iter().map(|entry| entry.twins.again).collect();
        assert_eq!(again, [false, false, false, true, false, false, false]);
        assert!(list[1].twins.with_https && !list[0].twins.with_https);
    }

    #[test]
    fn folding_takes_away_what_people_do_not_see() {
        let folded = |raw| UrlEntry::new(Fact::Callbacks, None, raw).folded().into_owned();
        assert_eq!(folded("https://ACME.dev:443/%e4/"), folded("https://acme.dev/%E4"));
        assert_ne!(folded("https://acme.dev/A"), folded("https://acme.dev/a"));
        assert_ne!(folded("https://acme.dev:*/cb"), folded("https://acme.dev/cb"));
    }
}
