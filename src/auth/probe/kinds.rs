//! Detection of the provider at a URL, from responses to requests without a token.

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

/// Provider detected at a URL.
pub struct Guess {
    /// Base URL for a profile: the given URL; for Better Auth, possibly with `/api/auth` added; for
    /// Microsoft Graph, only the origin of the given URL.
    pub base_url: String,
    /// Detected provider.
    pub provider: Provider,
    /// Description of the detected server for the user, such as `Keycloak, realm acme`.
    pub what: String,
}

impl Guess {
    fn new(base_url: &str, provider: Provider, what: impl Into<String>) -> Self {
        Self { base_url: base_url.to_owned(), provider, what: what.into() }
    }
}

/// Detects the provider by its host name or by a characteristic response, without a token.
///
/// # Errors
/// [`ApiError`] if the URL is invalid, the server cannot be reached or fails, its provider is not
/// recognized, or the URL is not a base URL: Keycloak without a realm, or Hydra's public URL.
pub async fn guess(base_url: &str, trust: &Trust) -> Result<Guess, ApiError> {
    let http = Http::new(base_url, None, trust)?.of_api();
    if let Some(guess) = entra(base_url) {
        return Ok(guess);
    }
    // A contract server rejects this request, because it has no token. Any other server may reject
    // it too, so a rejection counts only after the other providers were ruled out.
    let path = ["v3", "credentials", "capabilities"];
    let contract = get(&http, &path, &[]).await;
    match &contract {
        Ok(_) => {
            return Ok(Guess::new(
                base_url,
                Provider::Contract,
                "supports the credentials contract",
            ));
        }
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
        // Any server may reject requests without a token. A contract server also reports its issuer
        // (RFC 9728).
        Err(ApiError::Unauthorized { .. } | ApiError::Forbidden { .. })
            if super::issuer_named_by(base_url, trust).await.is_ok_and(|it| it.is_some()) =>
        {
            Ok(Guess::new(base_url, Provider::Contract, "supports the credentials contract"))
        }
        Err(
            ApiError::NotFound { .. }
            | ApiError::NotJson { .. }
            | ApiError::Unauthorized { .. }
            | ApiError::Forbidden { .. },
        )
        | Ok(_) => Err(ApiError::Unusable { why: unknown(base_url) }),
        Err(error) => Err(error),
    }
}

/// Returns the error message for a URL at which no provider was detected. Suggests the probable
/// base URL if there is one, and the options that set the provider.
fn unknown(base_url: &str) -> String {
    let kinds = "To set the provider yourself: --offline --provider KIND";
    match meant(base_url) {
        Some(meant) => format!("This is not a base URL. Try {meant}. {kinds}"),
        None => format!("No known credentials API found at {base_url}. {kinds}"),
    }
}

/// Derives the base URL from another URL of the server: a document below `/.well-known/`, or an
/// OpenID Connect endpoint, the admin console or the admin API of Keycloak. Returns `None` for any
/// other URL.
fn meant(base_url: &str) -> Option<String> {
    if let Some(issuer) = base_url
        .split_once("/.well-known/")
        .map(|(issuer, _)| issuer)
        .or_else(|| base_url.split_once("/protocol/openid-connect").map(|(issuer, _)| issuer))
    {
        return Some(issuer.to_owned());
    }
    let (server, rest) = base_url.split_once("/admin/")?;
    let rest = rest.strip_prefix("realms/").unwrap_or(rest);
    let (page, hash) = rest.split_once('#').unwrap_or((rest, ""));
    let chosen = hash.trim_start_matches('/').split('/').next().filter(|it| !it.is_empty());
    let realm = chosen.or_else(|| page.split('/').next()).filter(|it| !it.is_empty())?;
    Some(format!("{server}/realms/{realm}"))
}

async fn get(http: &Http, path: &[&str], query: &[(&str, &str)]) -> Result<Reply, ApiError> {
    http.call(Method::GET, Call { path, query, ..Call::default() }).await
}

async fn object(http: &Http, path: &[&str]) -> Option<Map<String, Value>> {
    get(http, path, &[]).await.ok()?.json().ok()
}

/// Hosts of Microsoft Graph: the global service and the national clouds
/// (<https://learn.microsoft.com/graph/deployments>).
const GRAPH: [&str; 4] = [
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
];

/// Domains of Okta's organizations.
const OKTA: [&str; 5] =
    [".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com", ".okta.mil"];

/// Detects Microsoft Graph by its host name, without a request.
fn entra(base_url: &str) -> Option<Guess> {
    let url = Url::parse(base_url).ok()?;
    GRAPH.contains(&url.host_str()?).then(|| {
        let origin = url.origin().ascii_serialization();
        Guess::new(&origin, Provider::Entra, "Microsoft Graph, which manages an Entra ID tenant")
    })
}

/// Detects Keycloak by the member `token-service` in the public document of a realm. Returns an
/// error if the base URL is that of a Keycloak server, without a realm.
async fn keycloak(base_url: &str, http: &Http) -> Option<Result<Guess, ApiError>> {
    if let Some(realm) = object(http, &[]).await
        && realm.contains_key("token-service")
    {
        let name = realm.get("realm").and_then(Value::as_str).unwrap_or_default();
        let what = format!("Keycloak, realm {}", crate::domain::text::shown(name));
        return Some(Ok(Guess::new(base_url, Provider::Keycloak, what)));
    }
    // Every Keycloak server has the realm `master`, so this request also detects a URL without a
    // realm.
    let master = object(http, &["realms", "master"]).await?;
    master.contains_key("token-service").then(|| {
        Err(ApiError::Unusable {
            why: format!(
                "This is a Keycloak server. Add a realm to the URL: {base_url}/realms/NAME"
            ),
        })
    })
}

async fn openbao(base_url: &str, http: &Http) -> Option<Guess> {
    let status = object(http, &["v1", "sys", "seal-status"]).await?;
    let sealed = status.get("sealed")?.as_bool()?;
    let version = status.get("version").and_then(Value::as_str).unwrap_or_default();
    // OpenBao reports the date of its commit. Vault reports the date of its build instead.
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

/// Detects Better Auth at the base URL, or below it at the usual path `/api/auth`. Without a
/// session, `get-session` returns `null`.
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

/// Detects Ory Hydra's admin API, which lists clients without authentication and reports their
/// total number.
async fn hydra(base_url: &str, http: &Http) -> Option<Guess> {
    let reply = get(http, &["admin", "clients"], &[("page_size", "1")]).await.ok()?;
    reply.json::<Vec<Value>>().ok()?;
    reply.total?;
    let version = object(http, &["version"]).await.unwrap_or_default();
    let version = version.get("version").and_then(Value::as_str).unwrap_or_default();
    let what = format!("Ory Hydra's admin API {}", crate::domain::text::shown(version));
    Some(Guess::new(base_url, Provider::Hydra, what))
}

/// Detects a server with issuer metadata: Auth0 and Okta by their host names, an issuer with a
/// registration endpoint (RFC 7591), or Hydra's public URL. Returns an error for Hydra's public URL
/// without a registration endpoint, because clients cannot be managed there.
async fn issuer(base_url: &str, trust: &Trust) -> Option<Result<Guess, ApiError>> {
    let host = Url::parse(base_url).ok()?.host_str()?.to_owned();
    let metadata = discovery::discover(base_url, trust).await.ok()?;
    if OKTA.iter().any(|domain| host.ends_with(domain)) {
        return Some(Ok(Guess::new(base_url, Provider::Okta, "an Okta organization")));
    }
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
                "{origin} is Ory Hydra's public URL. Clients are managed at its admin URL, usually port 4445. Use the admin URL as the base URL, and this URL as the issuer"
            ),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn other_addresses_of_a_server_lead_to_its_base_url() {
        for (given, expected) in [
            (
                "https://id.dev/realms/acme/.well-known/openid-configuration",
                "https://id.dev/realms/acme",
            ),
            (
                "https://id.dev/realms/acme/protocol/openid-connect/auth",
                "https://id.dev/realms/acme",
            ),
            ("https://id.dev/admin/master/console/#/acme/clients", "https://id.dev/realms/acme"),
            ("https://id.dev/auth/admin/realms/acme", "https://id.dev/auth/realms/acme"),
        ] {
            assert_eq!(meant(given).as_deref(), Some(expected));
        }
        assert_eq!(meant("https://id.dev/api"), None);
    }
}
