//! Session after a sign-in: the tokens, and the API they are for.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::tokens::Tokens;
use crate::domain::{
    Profile, Secret, Untrusted,
    credential::Expiry,
    jwt,
    profile::{Method, Word as _},
};

/// Maximum safety margin, in seconds: an access token counts as expired at most this long before
/// its expiry.
const EARLY: i64 = 60;

/// Tokens of a signed-in user or client.
#[derive(Debug)]
pub struct Session {
    /// Sign-in method.
    pub method: Method,
    /// Base URL of the API that the tokens are for.
    pub base_url: String,
    /// Issuer of the tokens; `None` if Credenza did not request them.
    pub issuer: Option<String>,
    /// ID of the client that requested the tokens; for tokens from another source, the profile's
    /// client ID, if any.
    pub client_id: Option<String>,
    /// Access token for the API.
    pub access: Arc<Secret>,
    /// Refresh token, if the issuer sent one.
    pub refresh: Option<Secret>,
    /// Secret of an M2M client, used to request the next access token.
    pub client_secret: Option<Secret>,
    /// Expiry of the access token, if known.
    pub ends: Option<Timestamp>,
    /// Time at which Credenza received the tokens.
    pub since: Timestamp,
    /// Email address, user name, name or subject of the user, if known.
    pub who: Option<Untrusted>,
}

/// Method, expiry and user of a session, without its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// Sign-in method.
    pub method: Method,
    /// Expiry of the access token, if known.
    pub ends: Option<Timestamp>,
    /// True if a refresh token or a client secret can renew the session. A session manager also
    /// sets true for a session from the token command. False for a session from the CARTO CLI,
    /// although Credenza may read a new token from its file.
    pub renewable: bool,
    /// Email address, user name, name or subject of the user, if known.
    pub who: Option<Untrusted>,
}

impl SessionInfo {
    /// Returns the session information for an API that requires no token.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self { method: Method::None, ends: None, renewable: false, who: None }
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    v: u32,
    method: String,
    base_url: String,
    issuer: Option<String>,
    client_id: Option<String>,
    access_token: Zeroizing<String>,
    refresh_token: Option<Zeroizing<String>>,
    client_secret: Option<Zeroizing<String>>,
    ends: Option<i64>,
    since: i64,
    who: Option<String>,
}

impl Session {
    /// Creates a session from tokens that were received at `now`, without an issuer or a client
    /// secret.
    #[must_use]
    pub fn new(profile: &Profile, method: Method, tokens: Tokens, now: Timestamp) -> Self {
        let ends = tokens.ends(now);
        let who = [&tokens.id, &Some(copy(&tokens.access))]
            .into_iter()
            .flatten()
            .filter_map(|token| jwt::payload(token.expose()))
            .find_map(|claims| {
                ["email", "preferred_username", "name", "sub"]
                    .iter()
                    .find_map(|key| claims.get(*key)?.as_str().map(Untrusted::from))
            });
        Self {
            method,
            base_url: profile.base_url.clone(),
            issuer: None,
            client_id: profile.client_id.clone(),
            access: Arc::new(tokens.access),
            refresh: tokens.refresh,
            client_secret: None,
            ends,
            since: now,
            who,
        }
    }

    /// Creates a session from an access token without a refresh token.
    #[must_use]
    pub fn of_token(profile: &Profile, method: Method, token: Secret, now: Timestamp) -> Self {
        let tokens =
            Tokens { access: token, refresh: None, id: None, expires_in: None, scope: Vec::new() };
        Self::new(profile, method, tokens, now)
    }

    /// Returns the time after which the user must sign in again. A refresh token may expire earlier
    /// if the server ends an idle session, and each renewal can extend its lifetime. Unknown for an
    /// opaque refresh token, and for a client secret.
    #[must_use]
    pub fn expiry(&self) -> Expiry {
        match (&self.refresh, &self.client_secret) {
            (_, Some(_)) => Expiry::Unknown,
            (Some(token), None) => jwt::expiry(token),
            (None, None) => self.ends.map_or(Expiry::Unknown, Expiry::At),
        }
    }

    /// True if a refresh token or a client secret can renew the session.
    #[must_use]
    pub fn is_renewable(&self) -> bool {
        self.refresh.is_some() || self.client_secret.is_some()
    }

    /// True if the access token has expired or expires within 60 seconds, or within a fifth of its
    /// lifetime if that is shorter. False if its expiry is unknown.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|ends| {
            // With a fixed margin of 60 seconds, a token that is valid for one or two minutes would
            // hardly be used.
            let early = EARLY.min((ends.as_second() - self.since.as_second()) / 5);
            ends.as_second() - early <= now.as_second()
        })
    }

    /// Returns the method, expiry and user of the session, without its tokens.
    #[must_use]
    pub fn about(&self) -> SessionInfo {
        SessionInfo {
            method: self.method,
            ends: self.ends,
            renewable: self.is_renewable(),
            who: self.who.clone(),
        }
    }

    /// True if the session is for the profile's current API. The tokens must not be sent to another
    /// API.
    #[must_use]
    pub fn is_for(&self, profile: &Profile) -> bool {
        self.base_url == profile.base_url
    }

    /// Serializes the session, including its tokens, for the session store.
    #[must_use]
    pub fn to_secret(&self) -> Secret {
        let kept = |secret: &Option<Secret>| {
            secret.as_ref().map(|secret| Zeroizing::new(secret.expose().to_owned()))
        };
        let wire = Wire {
            v: 1,
            method: self.method.word().to_owned(),
            base_url: self.base_url.clone(),
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            access_token: Zeroizing::new(self.access.expose().to_owned()),
            refresh_token: kept(&self.refresh),
            client_secret: kept(&self.client_secret),
            ends: self.ends.map(Timestamp::as_second),
            since: self.since.as_second(),
            who: self.who.as_ref().map(|who| who.raw().to_owned()),
        };
        Secret::new(serde_json::to_string(&wire).unwrap_or_default())
    }

    /// Parses the output of [`Session::to_secret`]; returns `None` for any other text.
    #[must_use]
    pub fn from_secret(text: &Secret) -> Option<Self> {
        let wire: Wire = serde_json::from_str(text.expose()).ok()?;
        let secret = |text: Zeroizing<String>| Secret::new(text.to_string());
        Some(Self {
            method: Method::of_word(&wire.method)?,
            base_url: wire.base_url,
            issuer: wire.issuer,
            client_id: wire.client_id,
            access: Arc::new(secret(wire.access_token)),
            refresh: wire.refresh_token.map(secret),
            client_secret: wire.client_secret.map(secret),
            ends: wire.ends.and_then(|ends| Timestamp::from_second(ends).ok()),
            since: Timestamp::from_second(wire.since).ok()?,
            who: wire.who.map(Untrusted::from),
        })
    }
}

/// Copies a secret. [`Secret`] has no `Clone`, so that every copy is explicit.
pub(super) fn copy(secret: &Secret) -> Secret {
    Secret::new(secret.expose().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn session(lives: i64) -> Session {
        let profile = Profile { base_url: "https://api.example".into(), ..Profile::default() };
        let tokens = Tokens {
            access: Secret::new("canary-a".into()),
            refresh: Some(Secret::new("canary-r".into())),
            id: None,
            expires_in: Some(lives),
            scope: Vec::new(),
        };
        Session::new(&profile, Method::Device, tokens, at(1_000))
    }

    #[test]
    fn a_session_survives_the_vault_and_never_prints_itself() {
        let one = session(3600);
        let two = Session::from_secret(&one.to_secret()).expect("read");
        assert_eq!(two.about(), one.about());
        assert_eq!((two.access.expose(), two.since), ("canary-a", at(1_000)));
        assert!(!format!("{two:?}").contains("canary"));
        assert!(Session::from_secret(&Secret::new("{}".into())).is_none());
    }

    /// Keycloak's refresh tokens are JWTs, and its offline tokens have no expiry.
    #[test]
    fn session_lasts_as_long_as_its_refresh_token() {
        let with = |refresh: Option<&str>| {
            let refresh = refresh.map(|token| Secret::new(token.to_owned()));
            Session { refresh, ..session(60) }.expiry()
        };
        assert_eq!(with(None), Expiry::At(at(1_060)));
        assert_eq!(with(Some("opaque")), Expiry::Unknown);
        // {"alg":"none"} with {"exp":5000} and with {}.
        assert_eq!(with(Some("eyJhbGciOiJub25lIn0.eyJleHAiOjUwMDB9.")), Expiry::At(at(5_000)));
        assert_eq!(with(Some("eyJhbGciOiJub25lIn0.e30.")), Expiry::Never);
        let machine = Session { client_secret: Some(Secret::new("x".into())), ..session(60) };
        assert_eq!(machine.expiry(), Expiry::Unknown);
    }

    #[test]
    fn a_token_is_given_up_early_but_a_short_one_is_used() {
        assert!(!session(3600).is_over(at(4_539)));
        assert!(session(3600).is_over(at(4_540)));
        assert!(!session(10).is_over(at(1_007)));
        assert!(session(10).is_over(at(1_008)));
    }
}
