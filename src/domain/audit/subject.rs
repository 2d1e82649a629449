//! One credential as rules see it: its URLs read once, and what is known of it.

use super::{
    Ground,
    entry::Entry,
    fact::{Fact, Facts},
    host::Class,
};
use crate::domain::{
    Client, Credential, Kind, Token, Untrusted,
    credential::{Posture, SecretAge},
    draft::Field,
    profile::Environment,
};

/// One credential as rules see it.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The credential.
    pub credential: &'a Credential,
    /// What is known of it.
    pub known: Facts,
    /// Its URLs, origins and referers, in the order of the form.
    pub entries: Vec<Entry<'a>>,
    /// Whether people's work depends on it: the profile says so, or it sends users to a public https host.
    pub prod: bool,
}

impl<'a> Subject<'a> {
    /// Reads a credential.
    #[must_use]
    pub fn new(credential: &'a Credential, ground: &Ground) -> Self {
        let mut subject =
            Self { credential, known: known(credential), entries: Vec::new(), prod: false };
        match credential {
            Credential::Token(token) => subject.read(Fact::Referers, &token.referers),
            Credential::Spa(client) | Credential::M2m(client) | Credential::Other(client) => {
                subject.entries.extend(
                    client.login_url.iter().map(|url| Entry::new(Fact::LoginUrl, None, url.raw())),
                );
                subject.read(Fact::Callbacks, &client.callbacks);
                subject.read(Fact::LogoutUrls, &client.logout_urls);
                subject.read(Fact::WebOrigins, &client.web_origins);
                subject.read(Fact::AllowedOrigins, &client.allowed_origins);
                if client.use_default_urls {
                    subject.mark_derived();
                }
            }
        }
        subject.prod = ground.place.environment == Some(Environment::Prod)
            || subject.of(Fact::Callbacks).any(is_public_https);
        subject
    }

    fn read(&mut self, fact: Fact, list: &'a [Untrusted]) {
        let first = self.entries.len();
        for (at, url) in list.iter().enumerate() {
            let entry = Entry::after(self.entries.last(), fact, Some(at as u32), url.raw());
            self.entries.push(entry);
        }
        Entry::compare(&mut self.entries[first..]);
    }

    fn mark_derived(&mut self) {
        let login = self.of(Fact::LoginUrl).next();
        let origin = login.and_then(|it| it.origin().map(str::to_owned));
        let Some(login) = login.map(|it| it.raw) else { return };
        for entry in &mut self.entries {
            entry.derived = match entry.fact {
                Fact::Callbacks | Fact::LogoutUrls => entry.raw == login,
                Fact::WebOrigins | Fact::AllowedOrigins => origin.as_deref() == Some(entry.raw),
                _ => false,
            };
        }
    }

    /// The entries of one list.
    pub fn of(&self, fact: Fact) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter().filter(move |entry| entry.fact == fact)
    }

    /// Which kind it is of.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.credential.kind()
    }

    /// The client; rules of tokens are not asked about one.
    #[must_use]
    pub fn client(&self) -> Option<&'a Client> {
        self.credential.client()
    }

    /// The token, if it is one.
    #[must_use]
    pub const fn token(&self) -> Option<&'a Token> {
        match self.credential {
            Credential::Token(token) => Some(token),
            _ => None,
        }
    }

    /// What is known of it beyond its form.
    #[must_use]
    pub fn posture(&self) -> Option<&'a Posture> {
        self.client()?.posture.as_deref()
    }

    /// The ages of its secrets that work.
    pub fn active_secrets(&self) -> impl Iterator<Item = &'a SecretAge> {
        let secrets = self.posture().and_then(|posture| posture.secrets.as_deref());
        secrets.unwrap_or_default().iter().filter(|secret| secret.active)
    }

    /// Whether it may use an OAuth grant, as far as is known.
    #[must_use]
    pub fn has_grant(&self, grant: &str) -> bool {
        self.client().is_some_and(|client| client.grant_types.iter().any(|it| it.raw() == grant))
    }

    /// Whether it is a public client: it has no secret that it could keep (RFC 6749 section 2.1).
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.kind() == Kind::Spa
            || self
                .client()
                .and_then(|client| client.auth_method.as_ref())
                .is_some_and(|method| method.raw() == "none")
    }
}

fn is_public_https(entry: &Entry<'_>) -> bool {
    entry.scheme() == "https"
        && matches!(entry.class, Class::Name | Class::Address)
        && !entry.is_shared
}

fn known(credential: &Credential) -> Facts {
    let record = credential.record();
    let mut known = Facts::default();
    let mut tells = |fact, field| known.add(fact, record.tells(field));
    tells(Fact::Name, Field::Name);
    match credential {
        Credential::Token(_) => {
            tells(Fact::Apis, Field::Apis);
            tells(Fact::Grants, Field::Grants);
            tells(Fact::Referers, Field::Referers);
            tells(Fact::Expires, Field::Expires);
        }
        Credential::Spa(_) | Credential::M2m(_) | Credential::Other(_) => {
            tells(Fact::LoginUrl, Field::LoginUrl);
            tells(Fact::Defaults, Field::UseDefaultUrls);
            tells(Fact::Callbacks, Field::Callbacks);
            tells(Fact::LogoutUrls, Field::LogoutUrls);
            tells(Fact::WebOrigins, Field::WebOrigins);
            tells(Fact::AllowedOrigins, Field::AllowedOrigins);
        }
    }
    let owner = record.owner.as_ref();
    known.add(Fact::Owner, owner.is_some() || record.records_owner);
    known.add(Fact::OwnerRole, owner.is_some_and(|owner| owner.role.is_some()));
    known.add(Fact::OwnerActive, owner.is_some_and(|owner| owner.active.is_some()));
    known.add(Fact::OwnerLogin, owner.is_some_and(|owner| owner.last_login_at.is_some()));
    known.add(Fact::Created, record.created_at.is_some());
    known.add(Fact::Used, record.last_used_at.is_some() || record.records_use);
    known.add(Fact::Metadata, !record.unknown.is_empty());
    if let Some(client) = credential.client() {
        let no_grants = client.posture.as_ref().is_some_and(|posture| posture.no_grants);
        known.add(Fact::GrantTypes, no_grants || !client.grant_types.is_empty());
        known.add(Fact::AuthMethod, client.auth_method.is_some());
        known.add(Fact::Scopes, record.tells(Field::Scopes) || !client.scopes.is_empty());
        known.add(Fact::Enabled, client.enabled.is_some());
        if let Some(posture) = client.posture.as_deref() {
            known.add(Fact::Description, posture.description.is_some());
            known.add(Fact::ResponseTypes, posture.response_types.is_some());
            known.add(Fact::Pkce, posture.code_challenge.is_some());
            known.add(Fact::IdTokenAlg, posture.id_token_alg.is_some());
            known.add(Fact::Refresh, posture.refresh.is_some());
            known.add(Fact::TokenLifetime, posture.token_lifetime.is_some());
            known.add(Fact::CrossOrigin, posture.cross_origin.is_some());
            known.add(Fact::FullScope, posture.full_scope.is_some());
            known.add(Fact::DefaultScopes, posture.default_scopes.is_some());
            known.add(Fact::Secrets, posture.secrets.is_some());
        }
    }
    known
}
