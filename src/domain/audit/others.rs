//! Summaries of the other profiles of an audit, for rules that compare environments.

use foldhash::{HashMap, HashMapExt as _};

use super::{Fact, ProfileInfo, entry::UrlEntry, names::folded};
use crate::domain::{Client, Credential, Untrusted, profile::Environment};

/// Profile that an audit compares with the audited one.
#[derive(Debug)]
pub struct OtherProfile {
    /// Name of the profile.
    pub name: String,
    /// Environment of the profile; `None` if unknown.
    pub environment: Option<Environment>,
    /// OAuth clients of the profile, without built-in ones.
    clients: Vec<OtherClient>,
    /// Positions in `clients`, by client ID.
    by_id: HashMap<String, usize>,
    /// Positions in `clients`, by folded name; `None` if several clients have the name.
    by_name: HashMap<String, Option<usize>>,
    /// Positions in `clients`, by the host of a redirect URI.
    by_host: HashMap<String, usize>,
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
    pub fn of(place: &ProfileInfo, credentials: &[Credential]) -> Self {
        let mut profile = Self {
            name: place.name.clone(),
            environment: place.environment,
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
                profile.by_name.entry(name).and_modify(|it| *it = None).or_insert(Some(at));
            }
            for host in hosts(client) {
                profile.by_host.entry(host).or_insert(at);
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

    /// Returns the counterpart of a client: the client with the same ID, or else the only client
    /// with the same name. `name` must be folded ([`folded`]).
    #[must_use]
    pub fn counterpart(&self, id: &Untrusted, name: &str) -> Option<&OtherClient> {
        let by_name = || self.by_name.get(name).copied().flatten();
        let at = self.by_id.get(id.raw()).copied().or_else(by_name)?;
        self.clients.get(at)
    }

    /// Returns a client with a redirect URI on this host.
    #[must_use]
    pub fn client_at(&self, host: &str) -> Option<&OtherClient> {
        self.clients.get(*self.by_host.get(host)?)
    }
}

/// Returns the host names of the redirect URIs, except loopback names and names with a wildcard.
fn hosts(client: &Client) -> Vec<String> {
    let entries =
        client.callbacks.iter().map(|uri| UrlEntry::new(Fact::Callbacks, None, uri.raw()));
    entries
        .filter(|entry| !entry.host_is_pattern() && !entry.is_loopback())
        .filter_map(|entry| entry.name().map(str::to_owned))
        .collect()
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
