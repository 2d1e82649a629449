//! Input of a rule about one credential: its parsed URLs and known facts.

use std::collections::HashMap;

use super::{
    AuditContext,
    entry::UrlEntry,
    fact::{Fact, Facts},
    host::Class,
};
use jiff::Timestamp;

use crate::domain::{
    Client, Credential, Kind, Token, Untrusted,
    credential::{NATIVE, Posture, SecretAge},
    draft::Field,
    profile::Environment,
    semantics::{EXACT, Semantics, UriReading, Wildcard},
    urls,
};

/// Credential with its parsed URLs and known facts.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Credential to check.
    pub credential: &'a Credential,
    /// Facts that the provider reports.
    pub known: Facts,
    /// URLs, origins and referers, in form order. A client without a redirect flow has only its
    /// origins.
    pub entries: Vec<UrlEntry<'a>>,
    /// Current time, for computing ages and expiries.
    pub now: Timestamp,
    /// True if the environment of the profile is `prod`, or if a callback is an https URL with a
    /// public host outside shared domains.
    pub prod: bool,
    /// True if the provider supports the keyword `+`, which allows the origins of the callbacks,
    /// and a list of origins contains it.
    pub origins_follow: bool,
}

/// Absolute URLs of the relative entries. The keys are the relative entries.
pub type ResolvedSubject = HashMap<String, String>;

/// Returns the absolute URL of each relative entry, if the provider supports relative entries.
#[must_use]
pub fn resolved(credential: &Credential, context: &AuditContext) -> ResolvedSubject {
    let semantics = context.place.semantics;
    let Some(client) = credential.client().filter(|_| semantics.relative) else {
        return ResolvedSubject::new();
    };
    let reading =
        UriReading { semantics, client, is_public: false, base_url: &context.place.base_url };
    let urls = client.callbacks.iter().chain(&client.logout_urls).chain(&client.login_url);
    let relative = urls.map(Untrusted::raw).filter(|url| url.starts_with('/'));
    relative.map(|url| (url.to_owned(), reading.resolved(url).into_owned())).collect()
}

impl<'a> Subject<'a> {
    /// Parses the URLs of a credential. A relative URL is parsed as its absolute URL from
    /// `resolved`.
    #[must_use]
    pub fn new(
        credential: &'a Credential,
        resolved: &'a ResolvedSubject,
        context: &AuditContext,
    ) -> Self {
        let mut subject = Self {
            credential,
            known: known(credential),
            entries: Vec::new(),
            now: context.now,
            prod: false,
            origins_follow: false,
        };
        let semantics = context.place.semantics;
        match credential {
            Credential::Token(token) => {
                subject.read(Fact::Referers, &token.referers, resolved, &EXACT);
            }
            Credential::Spa(client) | Credential::M2m(client) | Credential::Other(client) => {
                // Without a redirect flow, redirect URIs are unused. SAML URLs are not OAuth
                // redirect URIs.
                let redirects = redirects(client);
                if let Some(url) = client.login_url.as_ref().filter(|_| redirects) {
                    let text = resolved.get(url.raw()).map_or(url.raw(), String::as_str);
                    let entry = UrlEntry::resolved(None, Fact::LoginUrl, None, url.raw(), text);
                    subject.entries.push(entry);
                }
                if redirects {
                    subject.read(Fact::Callbacks, &client.callbacks, resolved, semantics);
                    subject.read(Fact::LogoutUrls, &client.logout_urls, resolved, semantics);
                }
                subject.read(Fact::WebOrigins, &client.web_origins, resolved, semantics);
                subject.read(Fact::AllowedOrigins, &client.allowed_origins, resolved, semantics);
                let origins = client.web_origins.iter().chain(&client.allowed_origins);
                subject.origins_follow =
                    semantics.words && origins.into_iter().any(|it| it.raw() == "+");
                if client.use_default_urls {
                    subject.mark_derived();
                }
            }
        }
        subject.prod = context.place.environment == Some(Environment::Prod)
            || subject.of(Fact::Callbacks).any(is_public_https);
        subject
    }

    /// Parses the entries of a list. Some providers support keywords in all lists except the
    /// redirect URIs: `+` means the callbacks, which have their own entries, and `-` means no
    /// entry. Both are skipped.
    fn read(
        &mut self,
        fact: Fact,
        list: &'a [Untrusted],
        resolved: &'a ResolvedSubject,
        semantics: &Semantics,
    ) {
        let first = self.entries.len();
        for (at, url) in list.iter().map(Untrusted::raw).enumerate() {
            let redirects = matches!(fact, Fact::Callbacks | Fact::LogoutUrls);
            // Redirect URIs have no keywords, so `+` is a defect in their list.
            if semantics.words && fact != Fact::Callbacks && matches!(url, "+" | "-") {
                continue;
            }
            let text = resolved.get(url).map_or(url, String::as_str);
            let before = self.entries.last();
            let mut entry = UrlEntry::resolved(before, fact, Some(at as u32), url, text);
            entry.is_prefix = redirects && semantics.wildcard == Wildcard::Prefix;
            self.entries.push(entry);
        }
        UrlEntry::compare(&mut self.entries[first..]);
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

    /// Returns the entries of one list or field.
    pub fn of(&self, fact: Fact) -> impl Iterator<Item = &UrlEntry<'a>> {
        self.entries.iter().filter(move |entry| entry.fact == fact)
    }

    /// Returns the kind of the credential.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.credential.kind()
    }

    /// Returns the client, or `None` for a token.
    #[must_use]
    pub fn client(&self) -> Option<&'a Client> {
        self.credential.client()
    }

    /// Returns the token, or `None` for a client.
    #[must_use]
    pub const fn token(&self) -> Option<&'a Token> {
        match self.credential {
            Credential::Token(token) => Some(token),
            _ => None,
        }
    }

    /// Returns the settings of a client that its form does not contain; `None` for a token, or if
    /// the provider reports none.
    #[must_use]
    pub fn posture(&self) -> Option<&'a Posture> {
        self.client()?.posture.as_deref()
    }

    /// Returns the active secrets of a client; empty for a token, or if the secrets are unknown.
    pub fn active_secrets(&self) -> impl Iterator<Item = &'a SecretAge> {
        let secrets = self.posture().and_then(|posture| posture.secrets.as_deref());
        secrets.unwrap_or_default().iter().filter(|secret| secret.active)
    }

    /// Returns the active secrets that have not expired. A secret without a known expiry is
    /// included.
    pub fn secrets_in_force(&self) -> impl Iterator<Item = &'a SecretAge> {
        let now = self.now;
        self.active_secrets()
            .filter(move |it| it.expires_at.flatten().is_none_or(|expires_at| expires_at > now))
    }

    /// Returns true if the client is a native app according to its type or its redirect URIs (RFC
    /// 8252).
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.client().is_some_and(|client| {
            let named = client.app_type.as_ref().is_some_and(|it| it.raw() == NATIVE);
            named || urls::is_native(client.callbacks.iter().map(Untrusted::raw))
        })
    }

    /// Returns true if an OAuth grant type is among the known grant types of the client.
    #[must_use]
    pub fn has_grant(&self, grant: &str) -> bool {
        self.client().is_some_and(|client| client.grant_types.iter().any(|it| it.raw() == grant))
    }

    /// Returns true for a public client (RFC 6749 section 2.1): a SPA client, or a client with the
    /// authentication method `none`.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.kind() == Kind::Spa
            || self
                .client()
                .and_then(|client| client.auth_method.as_ref())
                .is_some_and(|method| method.raw() == "none")
    }
}

/// Returns true if a grant type that redirects to the client is enabled, or if the grant types are
/// unknown.
fn redirects(client: &Client) -> bool {
    let no_grants = client.posture.as_ref().is_some_and(|posture| posture.no_grants);
    let redirecting = ["authorization_code", "implicit", "hybrid"];
    let uses = |grant: &Untrusted| redirecting.contains(&grant.raw());
    !no_grants && (client.grant_types.is_empty() || client.grant_types.iter().any(uses))
}

fn is_public_https(entry: &UrlEntry<'_>) -> bool {
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
    known.add(Fact::Owner, owner.is_some() || record.reports_owner);
    known.add(Fact::OwnerRole, owner.is_some_and(|owner| owner.role.is_some()));
    known.add(Fact::OwnerActive, owner.is_some_and(|owner| owner.active.is_some()));
    known.add(Fact::OwnerLogin, owner.is_some_and(|owner| owner.last_login_at.is_some()));
    known.add(Fact::Created, record.created_at.is_some());
    known.add(Fact::Used, record.last_used_at.is_some() || record.reports_last_used);
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
