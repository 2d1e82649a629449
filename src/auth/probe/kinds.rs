//! Which kind of API answers at a URL: each provider has a mark of its own, which it shows to anybody.

use reqwest::Method;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    api::{
        ApiError, Http, Trust,
        http::{Call, Reply},
    },
    auth::discovery,
    domain::{profile::Provider, urls},
};

/// What a URL seems to be.
pub struct Guess {
    /// The base URL for a profile, which may be another one than was asked for.
    pub base_url: String,
    /// What it speaks.
    pub provider: Provider,
    /// What was seen.
    pub what: String,
}

impl Guess {
    fn new(base_url: &str, provider: Provider, what: impl Into<String>) -> Self {
        Self { base_url: base_url.to_owned(), provider, what: what.into() }
    }
}

/// Looks for every provider's mark, without a token.
///
/// # Errors
/// [`ApiError`] when the server cannot be reached, or shows no mark that is known.
pub async fn guess(base_url: &str, trust: &Trust) -> Result<Guess, ApiError> {
    let http = Http::new(base_url, None, trust)?.of_api();
    // The contract refuses strangers there; so may anything else, so the marks of the others come first.
    let path = ["v3", "credentials", "capabilities"];
    let contract = get(&http, &path, &[]).await;
    match &contract {
        Ok(_) => return Ok(Guess::new(base_url, Provider::Contract, "it speaks the contract")),
        Err(
            error @ (ApiError::Unreachable { .. }
            | ApiError::Untrusted { .. }
            | ApiError::TimedOut { .. }
            | ApiError::Unusable { .. }),
        ) => return Err(error.clone()),
        Err(_) => {}
    }
    if let Some(guess) = keycloak(base_url, &http).await {
        return guess;
    }
    if let Some(guess) = openbao(base_url, &http).await {
        return Ok(guess);
    }
    if let Some(guess) = gitea(base_url, &http).await {
        return Ok(guess);
    }
    if let Some(guess) = better_auth(base_url, trust).await {
        return Ok(guess);
    }
    if let Some(guess) = hydra(base_url, &http).await {
        return Ok(guess);
    }
    if let Some(guess) = issuer(base_url, trust).await {
        return guess;
    }
    match contract {
        Err(ApiError::Unauthorized { .. }) => {
            Ok(Guess::new(base_url, Provider::Contract, "it speaks the contract"))
        }
        Err(ApiError::Forbidden { .. }) => {
            Ok(Guess::new(base_url, Provider::Contract, "it answers as the contract may"))
        }
        Err(ApiError::NotFound { .. } | ApiError::NotJson { .. }) | Ok(_) => {
            Err(ApiError::NotFound {
                said: "no credentials API that is known answers there; its kind can be said: --offline --provider KIND".into(),
            })
        }
        Err(error) => Err(error),
    }
}

async fn get(http: &Http, path: &[&str], query: &[(&str, &str)]) -> Result<Reply, ApiError> {
    http.call(Method::GET, Call { path, query, ..Call::default() }).await
}

async fn object(http: &Http, path: &[&str]) -> Option<Map<String, Value>> {
    get(http, path, &[]).await.ok()?.json().ok()
}

/// A realm says its name, its key and where its tokens come from.
async fn keycloak(base_url: &str, http: &Http) -> Option<Result<Guess, ApiError>> {
    if let Some(realm) = object(http, &[]).await
        && realm.contains_key("token-service")
    {
        let name = realm.get("realm").and_then(Value::as_str).unwrap_or_default();
        let what = format!("a Keycloak, realm {}", crate::domain::text::shown(name));
        return Some(Ok(Guess::new(base_url, Provider::Keycloak, what)));
    }
    // Every Keycloak has this realm, so the address of the server alone is known too.
    let master = object(http, &["realms", "master"]).await?;
    master.contains_key("token-service").then(|| {
        Err(ApiError::Unusable {
            why: format!("This is a Keycloak. Name one of its realms: {base_url}/realms/NAME"),
        })
    })
}

async fn openbao(base_url: &str, http: &Http) -> Option<Guess> {
    let status = object(http, &["v1", "sys", "seal-status"]).await?;
    let sealed = status.get("sealed")?.as_bool()?;
    let version = status.get("version").and_then(Value::as_str).unwrap_or_default();
    // OpenBao dates its commit, Vault its build.
    let name = if status.contains_key("commit_date") { "OpenBao" } else { "Vault" };
    let state = if sealed { ", sealed now" } else { "" };
    let what = format!("{name} {}{state}", crate::domain::text::shown(version));
    Some(Guess::new(base_url, Provider::OpenBao, what))
}

async fn gitea(base_url: &str, http: &Http) -> Option<Guess> {
    let settings = object(http, &["api", "v1", "settings", "api"]).await?;
    settings.get("max_response_items")?;
    let version = object(http, &["api", "v1", "version"]).await?;
    let version = version.get("version")?.as_str()?.to_owned();
    let forgejo = object(http, &["api", "forgejo", "v1", "version"]).await.is_some();
    let name = if forgejo { "Forgejo" } else { "Gitea" };
    let what = format!("{name} {}", crate::domain::text::shown(&version));
    Some(Guess::new(base_url, Provider::Gitea, what))
}

/// Its routes are usually below `/api/auth`. Without a session it answers `null`.
async fn better_auth(base_url: &str, trust: &Trust) -> Option<Guess> {
    for base in [base_url.to_owned(), format!("{base_url}/api/auth")] {
        let http = Http::new(&base, None, trust).ok()?.of_api();
        let Some(answer) = object(&http, &["ok"]).await else { continue };
        let session = get(&http, &["get-session"], &[]).await;
        let session = session.ok().and_then(|reply| reply.json::<Value>().ok());
        if answer.get("ok") == Some(&Value::Bool(true)) && session == Some(Value::Null) {
            return Some(Guess::new(&base, Provider::BetterAuth, "Better Auth"));
        }
    }
    None
}

/// The admin port lists clients to whoever reaches it.
async fn hydra(base_url: &str, http: &Http) -> Option<Guess> {
    let reply = get(http, &["admin", "clients"], &[("page_size", "1")]).await.ok()?;
    reply.json::<Vec<Value>>().ok()?;
    reply.total?;
    let version = object(http, &["version"]).await.unwrap_or_default();
    let version = version.get("version").and_then(Value::as_str).unwrap_or_default();
    let what = format!("Ory Hydra's admin API {}", crate::domain::text::shown(version));
    Some(Guess::new(base_url, Provider::Hydra, what))
}

/// What only an issuer's metadata tell.
async fn issuer(base_url: &str, trust: &Trust) -> Option<Result<Guess, ApiError>> {
    let host = Url::parse(base_url).ok()?.host_str()?.to_owned();
    let metadata = discovery::discover(base_url, trust).await.ok()?;
    if host.ends_with(".auth0.com") {
        return Some(Ok(Guess::new(base_url, Provider::Auth0, "an Auth0 tenant")));
    }
    if metadata.registration_endpoint.is_some() {
        let what = "an issuer that registers clients (RFC 7591)";
        return Some(Ok(Guess::new(base_url, Provider::Registration, what)));
    }
    let origin = urls::origin_of(base_url).unwrap_or_default();
    metadata.is_hydra.then(|| {
        Err(ApiError::Unusable {
            why: format!(
                "{origin} is Ory Hydra's public address. Clients are managed at its admin address, usually port 4445: use that as the base URL, and this one as the issuer"
            ),
        })
    })
}
