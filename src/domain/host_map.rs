//! Rules that replace hosts in URLs, for credentials that are copied between environments.

use std::str::FromStr;

/// Rule that replaces a host and the names below it, or an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRule {
    from: Side,
    to: Side,
}

/// Host with an optional port and scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Side {
    scheme: Option<String>,
    host: String,
    port: Option<String>,
}

impl Side {
    fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text),
        };
        let (host, port) = split_port(authority);
        let is_plain = |c: char| c.is_alphanumeric() || "-._[]:".contains(c);
        let is_host = !host.is_empty() && host.chars().all(is_plain);
        let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
        (is_host && is_port).then(|| Self {
            scheme,
            host: host.to_ascii_lowercase(),
            port: port.map(str::to_owned),
        })
    }
}

/// Splits `host:port`. An IPv6 address is in brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

impl FromStr for HostRule {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be FROM=TO, both hosts such as staging.acme.dev=acme.dev, or both origins such as http://localhost:3000=https://acme.dev";
        let (from, to) = text.split_once('=').ok_or(FORM)?;
        match (Side::parse(from), Side::parse(to)) {
            (Some(from), Some(to)) if from.scheme.is_some() == to.scheme.is_some() => {
                Ok(Self { from, to })
            }
            _ => Err(FORM),
        }
    }
}

impl HostRule {
    /// Returns the URL with the host replaced; `None` if the rule does not match the URL. The path,
    /// query and fragment are unchanged. The port is kept, unless the rule replaces an origin or
    /// has a port on either side.
    #[must_use]
    pub fn apply(&self, url: &str) -> Option<String> {
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            // A custom scheme without an authority, such as com.acme.app:/callback.
            None if url.contains(":/") => return None,
            None => (None, url),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = split_port(authority);
        let is_scheme = match (&self.from.scheme, scheme) {
            (None, _) => true,
            (Some(wanted), found) => found.is_some_and(|it| it.eq_ignore_ascii_case(wanted)),
        };
        // A rule for an origin without a port matches only URLs without a port.
        let is_port = match &self.from.port {
            None => self.from.scheme.is_none() || port.is_none(),
            wanted => wanted.as_deref() == port,
        };
        let below = host.to_ascii_lowercase().strip_suffix(self.from.host.as_str())?.len();
        let is_host = below == 0 || host[..below].ends_with('.');
        if !is_scheme || !is_port || !is_host {
            return None;
        }
        let mut out = String::new();
        if let Some(scheme) = self.to.scheme.as_deref().or(scheme) {
            out.push_str(scheme);
            out.push_str("://");
        }
        out.push_str(&host[..below]);
        out.push_str(&self.to.host);
        let replaces_port =
            self.from.port.is_some() || self.to.port.is_some() || self.to.scheme.is_some();
        let port = if replaces_port { self.to.port.as_deref() } else { port };
        if let Some(port) = port {
            out.push(':');
            out.push_str(port);
        }
        out.push_str(path);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_names_below_it_are_replaced() {
        let rule: HostRule = "staging.acme.dev=acme.dev".parse().unwrap();
        for (url, mapped) in [
            (
                "https://staging.acme.dev/cb?x=staging.acme.dev",
                "https://acme.dev/cb?x=staging.acme.dev",
            ),
            ("https://Shop.Staging.acme.dev:8443", "https://Shop.acme.dev:8443"),
            ("https://*.staging.acme.dev/*", "https://*.acme.dev/*"),
            ("staging.acme.dev/*", "acme.dev/*"),
        ] {
            assert_eq!(rule.apply(url).as_deref(), Some(mapped));
        }
        for other in [
            "https://notstaging.acme.dev/",
            "https://acme.dev/",
            "https://staging.acme.dev.evil.example/",
            "https://evil.example/?next=https://staging.acme.dev/",
            "https://user@evil.example/",
            "com.acme:/staging.acme.dev",
            "/callback",
            "+",
            "",
        ] {
            assert_eq!(rule.apply(other), None, "{other}");
        }
    }

    #[test]
    fn origin_is_replaced_with_its_scheme_and_port() {
        let rule: HostRule = "http://localhost:3000=https://app.acme.dev".parse().unwrap();
        let mapped = rule.apply("http://localhost:3000/cb");
        assert_eq!(mapped.as_deref(), Some("https://app.acme.dev/cb"));
        assert_eq!(rule.apply("http://localhost:3001/cb"), None);
        assert_eq!(rule.apply("https://localhost:3000/cb"), None);
        let rule: HostRule = "https://a.example=https://b.example:8443".parse().unwrap();
        assert_eq!(rule.apply("https://a.example").as_deref(), Some("https://b.example:8443"));
        assert_eq!(rule.apply("https://a.example:9000"), None, "another origin");
        let rule: HostRule = "[::1]:3000=app.acme.dev".parse().unwrap();
        assert_eq!(rule.apply("http://[::1]:3000/").as_deref(), Some("http://app.acme.dev/"));
    }

    #[test]
    fn rule_has_two_hosts_or_two_origins() {
        for wrong in ["a.example", "=b", "a=", "a=https://b", "a/b=c", "a:x=b", "a b=c", "a=b=c"] {
            assert!(wrong.parse::<HostRule>().is_err(), "{wrong}");
        }
    }
}
