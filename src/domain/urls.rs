//! Validation of a client's URLs, and the lists derived from its login URL.
//!
//! The console, the server and the audit share these rules. URLs are parsed with a WHATWG parser.
//! The raw text is checked too, because the parser corrects invalid input and servers may not.

use url::{Host, Url};

use super::audit::entry::{UrlParts, is_local_text};

/// Error in a URL. The text follows the label of the field.
pub type UrlProblem = &'static str;

/// Maximum length of a URL, in bytes.
pub const LIMIT: usize = 2048;

/// Lists that a provider derives from the login URL while default URLs are on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The only redirect URI: the login URL.
    pub callbacks: Vec<String>,
    /// The only logout URL: the login URL.
    pub logout_urls: Vec<String>,
    /// The login URL's origin.
    pub web_origins: Vec<String>,
    /// The login URL's origin, for CORS.
    pub allowed_origins: Vec<String>,
}

/// Derives the lists from a login URL; `None` if [`check_login`] rejects it.
#[must_use]
pub fn derive(login_url: &str) -> Option<Derived> {
    check_login(login_url).ok()?;
    let origin = origin_of(login_url)?;
    Some(Derived {
        callbacks: vec![login_url.to_owned()],
        logout_urls: vec![login_url.to_owned()],
        web_origins: vec![origin.clone()],
        allowed_origins: vec![origin],
    })
}

/// Removes `https://` and one trailing slash from a URL, for display in a list. Returns URLs with
/// another scheme unchanged.
#[must_use]
pub fn short(url: &str) -> &str {
    url.strip_prefix("https://").map_or(url, |rest| rest.strip_suffix('/').unwrap_or(rest))
}

/// Returns the origin of a URL: `scheme://host[:port]`. `None` if the text is not a URL, or if its
/// scheme has no origin.
#[must_use]
pub fn origin_of(url: &str) -> Option<String> {
    let origin = Url::parse(url).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

/// Returns true if the URL's host is this machine: 127.0.0.0/8, `::1`, `localhost` and names below
/// it.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Returns true for redirect URIs of a native app: there is at least one, and each has a
/// private-use scheme or is a loopback http URL without a fixed port (RFC 8252 sections 7.1 and
/// 7.3). A fixed port suggests a browser app under development.
pub fn is_native<'a>(redirects: impl Iterator<Item = &'a str>) -> bool {
    let is_native = |text: &str| {
        let parts = UrlParts::of(text);
        match parts.scheme.to_ascii_lowercase().as_str() {
            "http" => is_local_text(parts.host) && matches!(parts.port, "" | "*"),
            "https" | "javascript" | "data" | "vbscript" | "file" | "blob" | "about" => false,
            _ => parts.has_scheme(),
        }
    };
    let mut redirects = redirects.peekable();
    redirects.peek().is_some() && redirects.all(is_native)
}

/// Validates an application login URL, a base URL or an issuer: https, or http on this machine.
///
/// # Errors
/// Returns an error if the URL is invalid, has another scheme, or uses plain http to another
/// machine.
pub fn check_login(text: &str) -> Result<(), UrlProblem> {
    let url = parse(text)?;
    secure(&url)
}

/// Validates a redirect URI or a logout URL (RFC 6749 section 3.1.2, RFC 9700 section 2.1).
///
/// # Errors
/// Returns an error if the URL is invalid, contains a wildcard, has a scheme that is not allowed,
/// or uses plain http to another machine.
pub fn check_redirect(text: &str) -> Result<(), UrlProblem> {
    let url = parse(text)?;
    if text.contains('*') {
        return Err("must not contain a wildcard, because URLs are compared exactly");
    }
    match url.scheme() {
        "http" | "https" => secure(&url),
        "javascript" | "data" | "vbscript" | "file" | "blob" | "about" | "view-source" => {
            Err("has a scheme that browsers run or open locally")
        }
        scheme if scheme.contains('.') => Ok(()), // a private-use scheme, RFC 8252 section 7.1
        _ => Err("must start with https:// (or http:// on this machine)"),
    }
}

/// Validates an origin: scheme, host and port only. If `wildcard` is true, as for CORS,
/// `https://*.host` is allowed too.
///
/// # Errors
/// Returns an error if the text is not an origin, uses plain http to another machine, or contains a
/// wildcard that is not allowed.
pub fn check_origin(text: &str, wildcard: bool) -> Result<(), UrlProblem> {
    let plain = if wildcard { text.replacen("://*.", "://wildcard.", 1) } else { text.to_owned() };
    if plain.contains('*') {
        return Err(if wildcard {
            "may have a wildcard only as the first label, such as https://*.example.com"
        } else {
            "must not contain a wildcard"
        });
    }
    let url = parse(&plain)?;
    secure(&url)?;
    let bare = plain.find("://").is_some_and(|at| !plain[at + 3..].contains('/'));
    if !bare || url.query().is_some() {
        return Err("must be an origin: scheme, host and port, without a slash or path");
    }
    Ok(())
}

fn parse(text: &str) -> Result<Url, UrlProblem> {
    if text.is_empty() {
        return Err("is empty");
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("must not contain spaces (write %20) or control characters");
    }
    if text.contains('\\') {
        return Err("must not contain a backslash");
    }
    if text.len() > LIMIT {
        return Err("is longer than 2,048 bytes");
    }
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => {
            "must be a full URL, such as https://app.example.com/"
        }
        url::ParseError::EmptyHost => "has no host",
        url::ParseError::InvalidPort => "has a port that is not a number up to 65535",
        _ => "is not a URL",
    })?;
    if text.contains('#') {
        return Err("must not have a fragment (#…)");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user or password");
    }
    Ok(url)
}

fn secure(url: &Url) -> Result<(), UrlProblem> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err("must use https (http is for this machine only)"),
        _ => Err("must start with https:// (or http:// on this machine)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects() {
        for good in [
            "https://app.example.com/callback",
            "https://app.example.com/callback?tenant=1",
            "http://localhost:5173/callback",
            "http://127.0.0.1:6274/oauth/callback",
            "http://[::1]:8000/",
            "com.example.app:/oauth",
        ] {
            assert_eq!(check_redirect(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "app.example.com",
            "http://app.example.com/callback",
            "https://app.example.com/#done",
            "https://*.example.com/",
            "javascript:alert(1)",
            "myapp:/callback",
            "https://user@app.example.com/",
            "https://app.example.com/a b",
            "https:\\\\app.example.com",
            "https://app.example.com:99999/",
        ] {
            assert!(check_redirect(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn origins() {
        for good in
            ["https://app.example.com", "https://app.example.com:8443", "http://localhost:3000"]
        {
            assert_eq!(check_origin(good, false), Ok(()), "{good}");
        }
        assert_eq!(check_origin("https://*.example.com", true), Ok(()));
        for bad in [
            "https://app.example.com/",
            "https://app.example.com/path",
            "https://app.example.com?x",
            "https://*.example.com",
            "http://app.example.com",
            "*",
            "null",
        ] {
            assert!(check_origin(bad, false).is_err(), "{bad}");
        }
        assert!(check_origin("https://a.*.example.com", true).is_err());
    }

    #[test]
    fn defaults_come_from_the_login_url() {
        let derived = derive("https://stores.acme.dev/login").expect("usable");
        assert_eq!(derived.callbacks, ["https://stores.acme.dev/login"]);
        assert_eq!(derived.logout_urls, ["https://stores.acme.dev/login"]);
        assert_eq!(derived.web_origins, ["https://stores.acme.dev"]);
        assert_eq!(derived.allowed_origins, ["https://stores.acme.dev"]);
        assert_eq!(derive("http://stores.acme.dev/"), None);
    }
}
