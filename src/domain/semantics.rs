//! Rules by which a provider compares redirect URIs, logout URLs and origins with the entries of a
//! client. The [`Semantics`] of a provider are defined in that provider's module below
//! `src/api`, with the source of the rules.
//!
//! Only the rules of current server versions are implemented. If a server neither documents its
//! rules nor publishes its source code, URLs are compared exactly (RFC 9700 section 2.1).

use std::borrow::Cow;

use url::Url;

use super::{
    Client, Untrusted,
    audit::entry::{UrlParts, is_web},
};

/// Comparison rules of one provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Semantics {
    /// The document or source code that states the rules.
    pub source: &'static str,
    /// Meaning of `*` in a redirect URI.
    pub wildcard: Wildcard,
    /// Redirect URIs whose port is ignored (RFC 8252 section 7.3); `None` if ports are always
    /// compared.
    pub loopback: Option<Loopback>,
    /// True if logout URLs are compared like redirect URIs; otherwise they are compared exactly.
    pub logout_alike: bool,
    /// True if case and one trailing slash are ignored in redirect URIs.
    pub folds: bool,
    /// Meaning of `*` in an origin for CORS.
    pub origins: Origins,
    /// True if an entry that starts with `/` is relative to the root URL of the client or, if it
    /// has none, to the server.
    pub relative: bool,
    /// True if, in logout URLs and origins, `+` means the redirect URIs or their origins, and `-`
    /// means none.
    pub words: bool,
    /// True if `{organization_name}` matches an organization's name in clients that organizations
    /// use.
    pub organizations: bool,
    /// Default scopes that the server adds to clients or removes from them without a request.
    pub own_scopes: &'static [&'static str],
}

/// Meaning of `*` in a redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wildcard {
    /// No meaning: `*` is an ordinary character.
    Letter,
    /// At the end, `*` matches any continuation. Alone, it matches every http and https URL.
    Prefix,
    /// In the first label of the host, `*` matches one label or a part of it.
    Label,
}

/// Meaning of `*` in an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origins {
    /// Alone, `*` matches every origin.
    Any,
    /// As the first label of the host, `*` matches one label.
    Label,
    /// As the first label of the host, `*` matches one or more labels.
    Labels,
}

/// Loopback redirect URIs whose port is ignored.
#[derive(Debug, PartialEq, Eq)]
pub struct Loopback {
    /// Hosts whose port is ignored.
    pub hosts: Hosts,
    /// True if the port is ignored for any scheme; otherwise only for http.
    pub every_scheme: bool,
    /// True if the registered URL's port is ignored too; otherwise the registered URL must not have
    /// a port.
    pub registered_port: bool,
    /// Clients that the rule applies to.
    pub clients: ClientScope,
}

/// Loopback hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// 127.0.0.0/8.
    V4,
    /// 127.0.0.0/8 and `[::1]`.
    Addresses,
    /// 127.0.0.1, `[::1]` and localhost.
    Named,
}

/// Clients that a rule applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientScope {
    /// All clients.
    Every,
    /// Public clients.
    Public,
    /// Native apps that use an IP address as the host. For other clients and for `localhost`, the
    /// result depends on the server.
    Native,
}

/// Exact comparison, except for CORS origins, where a leading `*.` covers every subdomain.
pub const EXACT: Semantics = Semantics {
    source: "RFC 9700 section 2.1",
    wildcard: Wildcard::Letter,
    loopback: None,
    logout_alike: true,
    folds: false,
    origins: Origins::Labels,
    relative: false,
    words: false,
    organizations: false,
    own_scopes: &[],
};

impl Default for &'static Semantics {
    fn default() -> Self {
        &EXACT
    }
}

/// Result of comparing an entry with a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatchAnswer {
    /// The entry accepts the URL, under the condition in the text, if any.
    Accepts(Option<String>),
    /// The entry does not accept the URL.
    Refuses,
    /// The result depends on the server, for the given reason.
    Depends(&'static str),
}

impl MatchAnswer {
    fn when(accepts: bool) -> Self {
        if accepts { Self::Accepts(None) } else { Self::Refuses }
    }
}

/// Reason why a result depends on the server: only the loopback port differs.
const PORTS_DIFFER: &str =
    "only the loopback port differs, and not every server compares it (RFC 8252 section 7.3)";

/// Entries of one client, as its provider interprets them.
#[derive(Debug, Clone, Copy)]
pub struct UriReading<'a> {
    /// Comparison rules of the provider.
    pub semantics: &'static Semantics,
    /// Client that has the entries.
    pub client: &'a Client,
    /// True if the client is public (RFC 6749 section 2.1).
    pub is_public: bool,
    /// Base URL of the profile, against which relative entries are resolved.
    pub base_url: &'a str,
}

impl UriReading<'_> {
    /// Returns the absolute URL of an entry. A relative entry is resolved against the root URL of
    /// the client or, if it has none, the server. Other entries are unchanged.
    #[must_use]
    pub fn resolved<'b>(&self, entry: &'b str) -> Cow<'b, str> {
        if !self.semantics.relative || !entry.starts_with('/') {
            return Cow::Borrowed(entry);
        }
        let server = || self.base_url.split("/realms/").next().unwrap_or_default();
        let origin = || super::urls::origin_of(self.base_url).unwrap_or_default();
        let root = match self.client.root_url.as_ref().map(Untrusted::raw) {
            None | Some("") => Cow::Owned(origin()),
            Some("${authBaseUrl}" | "${authAdminUrl}") => Cow::Borrowed(server()),
            Some(root) => Cow::Borrowed(root),
        };
        Cow::Owned(format!("{root}{entry}"))
    }

    /// Compares a registered redirect URI with the redirect URI that an app sends.
    #[must_use]
    pub fn redirect(&self, entry: &str, sent: &str) -> MatchAnswer {
        let entry = &*self.resolved(entry);
        let direct = self.matches(entry, sent);
        if direct != MatchAnswer::Refuses {
            return direct;
        }
        let Some(loopback) = &self.semantics.loopback else { return direct };
        let Some(bare) = loopback.without_port(sent) else { return direct };
        let agrees = if loopback.registered_port {
            loopback.without_port(entry).is_some_and(|entry| entry == bare)
        } else {
            matches!(self.matches(entry, &bare), MatchAnswer::Accepts(_))
        };
        match loopback.clients {
            _ if !agrees => MatchAnswer::Refuses,
            ClientScope::Every => MatchAnswer::Accepts(None),
            ClientScope::Public => MatchAnswer::when(self.is_public),
            ClientScope::Native if self.client.native && !bare.starts_with("http://localhost") => {
                MatchAnswer::Accepts(None)
            }
            ClientScope::Native => MatchAnswer::Depends(PORTS_DIFFER),
        }
    }

    /// Compares a registered logout URL with the logout URL that an app sends.
    #[must_use]
    pub fn logout(&self, entry: &str, sent: &str) -> MatchAnswer {
        match entry {
            "-" if self.semantics.words => MatchAnswer::Refuses,
            "+" if self.semantics.words => self.any_callback(|it| self.redirect(it, sent)),
            _ if self.semantics.logout_alike => self.redirect(entry, sent),
            _ => MatchAnswer::when(entry == sent),
        }
    }

    /// Compares a registered CORS origin with the origin that a browser sends.
    #[must_use]
    pub fn origin(&self, entry: &str, sent: &str) -> MatchAnswer {
        let label = |most: fn(&str) -> bool| {
            let (scheme, rest) = entry.split_once("://*.")?;
            let host = sent.strip_prefix(scheme)?.strip_prefix("://")?;
            let label = host.strip_suffix(rest)?.strip_suffix('.')?;
            Some(!label.is_empty() && most(label))
        };
        let covered = match self.semantics.origins {
            Origins::Any => entry == "*",
            Origins::Label => label(|label| !label.contains('.')).unwrap_or(false),
            Origins::Labels => label(|_| true).unwrap_or(false),
        };
        if covered || entry == sent {
            return MatchAnswer::Accepts(None);
        }
        if entry == "+" && self.semantics.words {
            // Like the server, this comparison does not normalize the scheme and the authority.
            return self.any_callback(|it| {
                let it = self.resolved(it);
                let parts = UrlParts::of(&it);
                let host =
                    it.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next());
                MatchAnswer::when(
                    host.is_some_and(|host| format!("{}://{host}", parts.scheme) == sent),
                )
            });
        }
        self.organization(entry, sent).unwrap_or(MatchAnswer::Refuses)
    }

    /// Compares a registered origin for silent authentication with the origin that a browser sends.
    /// With [`Origins::Labels`], `*.` applies to CORS only, so the comparison is exact.
    #[must_use]
    pub fn web_origin(&self, entry: &str, sent: &str) -> MatchAnswer {
        match self.semantics.origins {
            Origins::Labels => MatchAnswer::when(entry == sent),
            _ => self.origin(entry, sent),
        }
    }

    fn any_callback(&self, asked: impl Fn(&str) -> MatchAnswer) -> MatchAnswer {
        let answers = self.client.callbacks.iter().map(|it| asked(it.raw()));
        answers
            .max_by_key(|it| matches!(it, MatchAnswer::Accepts(_)))
            .unwrap_or(MatchAnswer::Refuses)
    }

    /// Compares an entry with a URL, including the port.
    fn matches(&self, entry: &str, sent: &str) -> MatchAnswer {
        if entry == sent {
            return MatchAnswer::when(self.has_usable_scheme(entry, sent));
        }
        if self.semantics.folds && folded(entry) == folded(sent) {
            return MatchAnswer::Accepts(None);
        }
        match self.semantics.wildcard {
            Wildcard::Letter => {}
            Wildcard::Prefix => {
                let covers = has_prefix(entry, sent) && self.has_usable_scheme(entry, sent);
                return MatchAnswer::when(covers);
            }
            Wildcard::Label if has_label(entry, sent) => return MatchAnswer::Accepts(None),
            Wildcard::Label => {}
        }
        self.organization(entry, sent).unwrap_or(MatchAnswer::Refuses)
    }

    /// Returns true if an entry can accept the scheme of a URL. With [`Wildcard::Prefix`], a scheme
    /// other than http and https must be part of the entry, so that `*` does not accept it.
    fn has_usable_scheme(&self, entry: &str, sent: &str) -> bool {
        let scheme = UrlParts::of(sent).scheme;
        self.semantics.wildcard != Wildcard::Prefix
            || is_web(scheme)
            || entry.starts_with(&format!("{scheme}:"))
    }

    /// Compares an entry that has an organization placeholder; `None` if organizations do not use
    /// the client, or if the entry has no placeholder or does not match.
    fn organization(&self, entry: &str, sent: &str) -> Option<MatchAnswer> {
        if !self.semantics.organizations || !self.client.organizations {
            return None;
        }
        let (before, after) = entry.split_once(ORGANIZATION)?;
        let name = label_between(sent, before, after).filter(|_| before.ends_with("://"))?;
        Some(MatchAnswer::Accepts(Some(format!("for the organization {name}"))))
    }
}

/// Returns the meaning of the keywords `+` and `-` ([`Semantics::words`]); `None` for any other
/// entry.
#[must_use]
pub fn meaning(entry: &str) -> Option<&'static str> {
    match entry {
        "+" => Some("the same as the callbacks"),
        "-" => Some("none"),
        _ => None,
    }
}

/// Placeholder for an organization's name.
pub const ORGANIZATION: &str = "{organization_name}";

impl Loopback {
    /// Removes the port from a loopback URL; `None` for any other URL.
    fn without_port(&self, text: &str) -> Option<String> {
        let parts = UrlParts::of(text);
        let of_scheme = parts.scheme == "http" || self.every_scheme;
        if !of_scheme || parts.userinfo.is_some() || !self.hosts.have(parts.host) {
            return None;
        }
        let after = text.get(parts.scheme.len() + "://".len() + parts.host.len()..)?;
        let after = match after.strip_prefix(':') {
            Some(port) => port.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => after,
        };
        Some(format!("{}://{}{after}", parts.scheme, parts.host))
    }
}

impl Hosts {
    fn have(self, host: &str) -> bool {
        let v4 = || host.parse::<core::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
        match self {
            Self::V4 => v4(),
            Self::Addresses => v4() || host == "[::1]",
            Self::Named => matches!(host, "127.0.0.1" | "[::1]" | "localhost"),
        }
    }
}

/// Returns a URL in lower case and without one trailing slash, for a comparison that ignores case
/// and the slash.
fn folded(text: &str) -> String {
    let text = text.to_lowercase();
    text.strip_suffix('/').map(str::to_owned).unwrap_or(text)
}

/// Returns true if a pattern that ends with `*` covers a URL. The URL, without its query and
/// fragment, must start with the text before the `*`, or be equal to that text without its trailing
/// slash. A URL with user information or `..` segments is not covered. `*` alone covers every URL.
fn has_prefix(pattern: &str, sent: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let parts = UrlParts::of(sent);
    let path = parts.path.to_ascii_lowercase();
    let path = path.replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\");
    let climbs = path.split(['/', '\\']).any(|segment| segment == "..");
    let Some(stem) = pattern.strip_suffix('*').filter(|stem| !stem.contains(['?', '#'])) else {
        return false;
    };
    if parts.userinfo.is_some() || climbs {
        return false;
    }
    // A host is never extended: https://app.example* means https://app.example/*.
    let mut stem = Cow::Borrowed(stem);
    if let Some((_, host)) = stem.split_once("://")
        && !host.is_empty()
        && !host.contains('/')
        && !host.ends_with(':')
    {
        stem = Cow::Owned(format!("{stem}/"));
    }
    let end = sent.find('?').or_else(|| sent.find('#')).unwrap_or(sent.len());
    let sent = &sent[..end];
    sent.starts_with(&*stem) || stem.strip_suffix('/').is_some_and(|stem| stem == sent)
}

/// Returns true if a pattern with `*` in the first label of its host covers a URL. `*` matches one
/// label or a part of it, and is never directly below a top-level domain.
fn has_label(pattern: &str, sent: &str) -> bool {
    let host = UrlParts::of(pattern).host;
    let Some((label, rest)) = host.split_once('.') else { return false };
    let web = pattern.starts_with("https://") || pattern.starts_with("http://");
    if !web || pattern.matches('*').count() != 1 || !label.contains('*') || !rest.contains('.') {
        return false;
    }
    let Some((before, after)) = pattern.split_once('*') else { return false };
    label_between(sent, before, after).is_some() && Url::parse(sent).is_ok()
}

/// Returns the text of a URL between `before` and `after`, if it can be a label of a host or a part
/// of a label.
fn label_between<'a>(sent: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let between = sent.strip_prefix(before)?.strip_suffix(after)?;
    let is_label = !between.is_empty() && !between.contains(['.', '/', ':', '@', '?', '#']);
    is_label.then_some(between)
}
