//! Classification of hosts, without network access.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Class of a host, determined without a DNS lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// This machine: 127.0.0.0/8, `::1`, `localhost` and names under it.
    Loopback,
    /// Private network address: RFC 1918, RFC 6598, `fc00::/7`, the unspecified address.
    Private,
    /// Link-local address (169.254.0.0/16, `fe80::/10`), or the name of a cloud metadata service.
    LinkLocal,
    /// Name that only a local resolver can resolve: a single label, or a name below `.local`,
    /// `.internal` or a similar suffix.
    Internal,
    /// Name reserved for documentation and tests (RFC 2606, RFC 6761).
    Reserved,
    /// Any other address.
    Address,
    /// Any other name.
    Name,
    /// No host, or an empty one.
    None,
}

impl Class {
    /// Returns the class of a URL's host.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        match url.host() {
            Some(Host::Ipv4(ip)) => of_v4(ip),
            Some(Host::Ipv6(ip)) => of_v6(ip),
            Some(Host::Domain(name)) => of_name(name),
            None => Self::None,
        }
    }

    /// True if the host can only be this machine, or a machine on the local network.
    #[must_use]
    pub const fn is_local(self) -> bool {
        matches!(self, Self::Loopback | Self::Private | Self::LinkLocal | Self::Internal)
    }
}

fn of_v4(ip: Ipv4Addr) -> Class {
    let [a, b, ..] = ip.octets();
    if ip.is_loopback() {
        Class::Loopback
    } else if ip.is_link_local() {
        Class::LinkLocal
    } else if ip.is_private() || ip.is_unspecified() || (a == 100 && (64..128).contains(&b)) {
        Class::Private
    } else {
        Class::Address
    }
}

fn of_v6(ip: Ipv6Addr) -> Class {
    if let Some(v4) = ip.to_ipv4_mapped() {
        // RFC 8252 section 7.3 names only `127.0.0.1` and `::1`, so a mapped loopback address gets
        // no loopback exemption.
        return match of_v4(v4) {
            Class::Loopback => Class::Private,
            class => class,
        };
    }
    if ip.is_loopback() {
        Class::Loopback
    } else if ip.is_unicast_link_local() {
        Class::LinkLocal
    } else if ip.is_unique_local() || ip.is_unspecified() {
        Class::Private
    } else {
        Class::Address
    }
}

fn of_name(name: &str) -> Class {
    let name = name.trim_end_matches('.');
    let below = |suffix: &str| {
        name.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if below("localhost") {
        Class::Loopback
    } else if ["metadata.google.internal", "metadata.azure.internal", "instance-data.ec2.internal"]
        .contains(&name)
    {
        Class::LinkLocal
    } else if ["test", "invalid", "example", "example.com", "example.net", "example.org"]
        .iter()
        .any(|suffix| below(suffix))
    {
        Class::Reserved
    } else if name.is_empty() {
        Class::None
    } else if !name.contains('.')
        || ["local", "internal", "lan", "home.arpa", "corp", "intranet"]
            .iter()
            .any(|suffix| below(suffix))
    {
        Class::Internal
    } else {
        Class::Name
    }
}

/// Suffixes of short-lived tunnels, sandboxes and previews.
const EPHEMERAL: [&str; 24] = [
    "ngrok.io",
    "ngrok.app",
    "ngrok.dev",
    "ngrok-free.app",
    "ngrok-free.dev",
    "trycloudflare.com",
    "loca.lt",
    "localtunnel.me",
    "localhost.run",
    "lhr.life",
    "serveo.net",
    "tunnelto.dev",
    "pagekite.me",
    "devtunnels.ms",
    "github.dev",
    "githubpreview.dev",
    "gitpod.io",
    "codesandbox.io",
    "csb.app",
    "stackblitz.io",
    "webcontainer.io",
    "repl.co",
    "replit.dev",
    "cloudshell.dev",
];

/// True if a name belongs to a tunnel, a sandbox, or the preview of a commit or branch.
#[must_use]
pub fn is_ephemeral(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    if EPHEMERAL.iter().any(|suffix| is_below(name, suffix)) {
        return true;
    }
    let label = name.split('.').next().unwrap_or_default();
    // Examples: https://app-git-branch-team.vercel.app, https://app-9xk2f1qav-team.vercel.app,
    // https://65f1c0ffee--app.netlify.app, https://deploy-preview-12--app.netlify.app,
    // https://a1b2c3d4.app.pages.dev
    (is_below(name, "vercel.app") && (label.contains("-git-") || has_hash(label, 9)))
        || (is_below(name, "netlify.app") && label.contains("--"))
        || (name.strip_suffix(".pages.dev").is_some_and(|rest| rest.contains('.')))
}

/// True if a part between dashes looks like a hash: it has `length` characters and contains both
/// digits and letters.
fn has_hash(label: &str, length: usize) -> bool {
    label.split('-').any(|part| {
        part.len() == length
            && part.bytes().any(|b| b.is_ascii_digit())
            && part.bytes().any(|b| b.is_ascii_alphabetic())
    })
}

/// True if a name equals a suffix or is below it.
#[must_use]
pub fn is_below(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// True if anyone can get a name below the same suffix: the suffix is in the Public Suffix List's
/// private section, or the name is ephemeral.
#[must_use]
pub fn is_shared(name: &str) -> bool {
    is_ephemeral(name)
        || psl::suffix(name.trim_end_matches('.').as_bytes())
            .is_some_and(|suffix| suffix.typ() == Some(psl::Type::Private))
}

/// True if anyone can register a name directly below this one: the name is a public suffix, the
/// suffix of a tunnel, sandbox or preview service, or a single label.
#[must_use]
pub fn is_suffix(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let known = psl::suffix(name.as_bytes());
    known.is_some_and(|suffix| suffix.is_known() && suffix.as_bytes() == name.as_bytes())
        || EPHEMERAL.contains(&name)
        || !name.contains('.')
}

/// Returns the registrable domain, such as `acme.dev` for `app.acme.dev` (publicsuffix.org); `None`
/// for a public suffix.
#[must_use]
pub fn registrable(name: &str) -> Option<&str> {
    let name = name.trim_end_matches('.');
    psl::domain(name.as_bytes()).and_then(|domain| std::str::from_utf8(domain.as_bytes()).ok())
}

/// True if an address has an unusual notation: `0x7f.1`, `2130706433`, `127.1`.
#[must_use]
pub fn is_odd_spelling(raw_host: &str, url: &Url) -> bool {
    let bare = raw_host.trim_start_matches('[').trim_end_matches(']');
    match url.host() {
        Some(Host::Ipv4(ip)) => bare.trim_end_matches('.') != ip.to_string(),
        Some(Host::Ipv6(ip)) => bare.parse::<IpAddr>().ok() != Some(IpAddr::V6(ip)),
        _ => false,
    }
}
