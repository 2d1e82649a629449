//! Summaries of the other profiles of an audit, for rules that compare environments.

use foldhash::{HashMap, HashMapExt as _};

use super::{Fact, ProfileInfo, entry::UrlEntry, names::folded};
use crate::domain::{Client, Credential, Kind, Untrusted, profile::Environment};

/// Profile that an audit compares with the audited one.
#[derive(Debug)]
pub struct OtherProfile {
    /// Name of the profile.
    pub name: String,
    /// Environment of the profile; `None` if unknown.
    pub environment: Option<Environment>,
    /// Base URL of the API.
    pub base_url: String,
    /// True if some credentials of the profile could not be read.
    pub is_partial: bool,
    /// OAuth clients of the profile, without built-in ones.
    clients: Vec<OtherClient>,
    /// Positions in `clients`, by client ID.
    by_id: HashMap<String, usize>,
    /// Positions in `clients`, by kind and folded name; `None` if several clients have the name.
    by_name: HashMap<(Kind, String), Option<usize>>,
    /// Positions in `clients`, by the host of a redirect URI.
    by_host: HashMap<String, Vec<usize>>,
}

/// Client of an [`OtherProfile`].
#[derive(Debug)]
pub struct OtherClient {
    /// Client ID.
    pub id: Untrusted,
    /// Settings that environments usually share ([`settings`]).
    pub settings: Vec<(Fact, String)>,
}

impl OtherProfile {
    /// Summarizes a profile.
    #[must_use]
    pub fn of(place: &ProfileInfo, credentials: &[Credential], is_partial: bool) -> Self {
        let mut profile = Self {
            name: place.name.clone(),
            environment: place.environment,
            base_url: place.base_url.clone(),
            is_partial,
            clients: Vec::new(),
            by_id: HashMap::new(),
            by_name: HashMap::new(),
            by_host: HashMap::new(),
        };
        for credential in credentials.iter().filter(|it| !it.record().built_in) {
            let Some(client) = credential.client() else { continue };
            let at = profile.clients.len();
            profile.by_id.insert(credential.id().raw().to_owned(), at);
            let name = folded(credential.name().raw());
            if !name.is_empty() {
                let key = (credential.kind(), name);
                profile.by_name.entry(key).and_modify(|it| *it = None).or_insert(Some(at));
            }
            for (_, host) in hosts(client) {
                profile.by_host.entry(host).or_default().push(at);
            }
            let id = credential.id().clone();
            profile.clients.push(OtherClient { id, settings: settings(client) });
        }
        profile
    }

    /// True if the environment of the profile is production.
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.environment == Some(Environment::Prod)
    }

    /// Returns true if both profiles show the same system: the same base URL, and a credential that
    /// both have. Accounts and tenants of one service share its base URL only.
    #[must_use]
    pub fn is_same_system(&self, base_url: &str, credentials: &[Credential]) -> bool {
        let is_known = |it: &Credential| self.by_id.contains_key(it.id().raw());
        self.base_url == base_url && (credentials.is_empty() || credentials.iter().any(is_known))
    }

    /// Returns the counterpart of a client: the one with the same ID or, without such a client, the
    /// only one with the same kind and folded name. `name` is `None` if the name of the client is
    /// not unique.
    #[must_use]
    pub fn counterpart(&self, of: &Credential, name: Option<&str>) -> Option<&OtherClient> {
        let by_name = || self.by_name.get(&(of.kind(), name?.to_owned())).copied().flatten();
        let at = self.by_id.get(of.id().raw()).copied().or_else(by_name)?;
        self.clients.get(at)
    }

    /// Returns a client with a redirect URI on this host, other than the one with the ID `except`,
    /// and the number of clients that have one.
    #[must_use]
    pub fn client_at(&self, host: &str, except: &Untrusted) -> Option<(&OtherClient, usize)> {
        let all = self.by_host.get(host)?;
        let mut clients = all.iter().filter_map(|at| self.clients.get(*at));
        Some((clients.find(|client| client.id != *except)?, all.len()))
    }
}

/// Returns the host of each http and https redirect URI with its position in the list. Omits
/// relative URIs, wildcards, addresses and this machine.
#[must_use]
pub fn hosts(client: &Client) -> Vec<(u32, String)> {
    let mut hosts: Vec<(u32, String)> = Vec::new();
    for (at, uri) in (0..).zip(&client.callbacks) {
        let entry = UrlEntry::new(Fact::Callbacks, Some(at), uri.raw());
        let is_public = entry.is_web() && !entry.host_is_pattern() && !entry.is_loopback();
        let host = entry.name().filter(|_| is_public);
        if let Some(host) = host.filter(|host| !hosts.iter().any(|(_, own)| own == host)) {
            hosts.push((at, host.to_owned()));
        }
    }
    hosts
}

/// Returns the known settings of a client that are usually the same in all environments: grant
/// types, authentication method, PKCE and response types. URLs and lifetimes differ on purpose.
#[must_use]
pub fn settings(client: &Client) -> Vec<(Fact, String)> {
    let sorted = |list: &[Untrusted]| {
        let mut list: Vec<&str> = list.iter().map(Untrusted::raw).collect();
        list.sort_unstable();
        list.join(" ")
    };
    let posture = client.posture.as_deref();
    let pkce = posture.and_then(|it| it.code_challenge.as_ref());
    let responses = posture.and_then(|it| it.response_types.as_deref());
    let settings = [
        (Fact::GrantTypes, (!client.grant_types.is_empty()).then(|| sorted(&client.grant_types))),
        (Fact::AuthMethod, client.auth_method.as_ref().map(|it| it.raw().to_owned())),
        (Fact::Pkce, pkce.map(|it| it.as_ref().map_or("none", Untrusted::raw).to_owned())),
        (Fact::ResponseTypes, responses.map(sorted)),
    ];
    settings.into_iter().filter_map(|(fact, value)| Some((fact, value?))).collect()
}
