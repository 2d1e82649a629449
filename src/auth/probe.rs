//! Detection of the API at a URL: its provider and the issuer of its tokens.

mod kinds;

use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::discovery::{self, Metadata};
use crate::{
    api::{ApiError, Http, Trust, http::Call},
    domain::{
        profile::{CARTO_ISSUER, Provider},
        urls,
    },
};
use kinds::Guess;

/// API that was detected at a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectedApi {
    /// API base URL, which may differ from the given one.
    pub base_url: String,
    /// Detected provider.
    pub provider: Provider,
    /// Issuer of the API's tokens, if one was found.
    pub issuer: Option<String>,
    /// Client ID for this console, if the issuer announces one.
    pub console_client: Option<String>,
    /// Observations that explain the result to the user.
    pub saw: Vec<String>,
}

/// Detects the API at a URL without signing in. Adds https if the URL has no scheme.
///
/// # Errors
/// [`ApiError`] if the server cannot be reached or has no known credentials API, or if the URL is
/// not a base URL of the API.
pub async fn look(text: &str, trust: &Trust) -> Result<DetectedApi, ApiError> {
    let text = text.trim().trim_end_matches('/');
    let base_url = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut saw = Vec::new();
    let (base_url, provider) = match carto_tenant(&base_url, trust).await {
        Some(api) => {
            saw.push(format!("a CARTO workspace, whose API is {api}"));
            (api, Provider::Carto)
        }
        None if is_carto(&base_url) => {
            saw.push("CARTO's API".to_owned());
            (base_url, Provider::Carto)
        }
        None => {
            let Guess { base_url, provider, what } = kinds::guess(&base_url, trust).await?;
            saw.push(what);
            (base_url, provider)
        }
    };
    let metadata = find_issuer(&base_url, provider, trust).await;
    match &metadata {
        Some(it) => {
            saw.push(format!("access tokens are issued by {}", it.issuer));
            if it.device_authorization_endpoint.is_some() {
                saw.push("the device flow is supported, so sign-in works over SSH".to_owned());
            }
        }
        None if provider == Provider::Hydra => saw.push(
            "Hydra's public URL issues the tokens: set it as issuer. The admin API requires no token, so sign_in is none"
                .to_owned(),
        ),
        None => saw.push("no issuer found: set one, or use a token".to_owned()),
    }
    let metadata = metadata.unwrap_or_default();
    Ok(DetectedApi {
        base_url,
        provider,
        console_client: metadata.console_client,
        issuer: (!metadata.issuer.is_empty()).then_some(metadata.issuer),
        saw,
    })
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    authorization_servers: Vec<String>,
}

/// Returns the first issuer in an API's metadata (RFC 9728) that uses https or is on this machine;
/// `None` if there is no such issuer, or no readable metadata.
///
/// # Errors
/// [`ApiError`] if the API cannot be reached, its certificate is rejected, or its URL is not
/// allowed.
pub async fn issuer_named_by(base_url: &str, trust: &Trust) -> Result<Option<String>, ApiError> {
    let http = Http::new(base_url, None, trust)?;
    let path = [".well-known", "oauth-protected-resource"];
    match http.call(Method::GET, Call { path: &path, ..Call::default() }).await {
        Ok(reply) => {
            let named = reply.json::<Resource>().map(|it| it.authorization_servers);
            let mut named = named.unwrap_or_default().into_iter();
            Ok(named.find(|issuer| urls::check_login(issuer).is_ok()))
        }
        Err(
            error @ (ApiError::Unreachable { .. }
            | ApiError::Untrusted { .. }
            | ApiError::TimedOut { .. }
            | ApiError::Unusable { .. }),
        ) => Err(error),
        Err(_) => Ok(None),
    }
}

async fn find_issuer(base_url: &str, provider: Provider, trust: &Trust) -> Option<Metadata> {
    let mut candidates = Vec::new();
    candidates.extend(issuer_named_by(base_url, trust).await.ok().flatten());
    candidates.push(base_url.to_owned());
    if provider == Provider::Carto {
        // A self-hosted CARTO installation that does not use CARTO's cloud is its own issuer, at
        // `/auth-api`.
        candidates.extend(urls::origin_of(base_url).map(|origin| format!("{origin}/auth-api")));
        candidates.push(CARTO_ISSUER.to_owned());
    }
    for issuer in candidates {
        if let Ok(metadata) = discovery::discover(&issuer, trust).await {
            return Some(metadata);
        }
    }
    None
}

fn is_carto(base_url: &str) -> bool {
    Url::parse(base_url)
        .is_ok_and(|url| url.host_str().is_some_and(|host| host.ends_with(".api.carto.com")))
}

/// Returns the API base URL of a CARTO workspace, from the `config.yaml` of its domain. `None` if
/// the given URL is already a URL of CARTO's API, or does not belong to a workspace.
async fn carto_tenant(base_url: &str, trust: &Trust) -> Option<String> {
    if is_carto(base_url) {
        return None;
    }
    let http = Http::new(base_url, None, trust).ok()?;
    let call = Call { path: &["config.yaml"], any_type: true, ..Call::default() };
    let reply = http.call(Method::GET, call).await.ok()?;
    let api = api_of(std::str::from_utf8(&reply.body).ok()?)?;
    urls::check_login(&api).ok()?;
    Some(api.trim_end_matches('/').to_owned())
}

/// Returns `apis.baseUrl` of a workspace's `config.yaml`, the only member used.
fn api_of(yaml: &str) -> Option<String> {
    let mut inside = false;
    for line in yaml.lines() {
        let indented = line.starts_with([' ', '\t']);
        if !indented {
            inside = line.trim_end() == "apis:";
        } else if inside && let Some(value) = line.trim().strip_prefix("baseUrl:") {
            let value = value.trim().trim_matches(['"', '\'']);
            return (!value.is_empty()).then(|| value.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::profile::CARTO_REGIONS;

    #[test]
    fn the_api_of_a_workspace_is_found_in_its_configuration() {
        let yaml = "account:\n  baseUrl: https://no\napis:\n  workspaceUrl: https://w\n  baseUrl: \"https://gcp-us-east1.api.carto.com/\"\n";
        assert_eq!(api_of(yaml).as_deref(), Some("https://gcp-us-east1.api.carto.com/"));
        assert_eq!(api_of("apis: x\n  baseUrl: https://no\n"), None);
        assert_eq!(api_of("<html>"), None);
    }

    #[test]
    fn cartos_hosts_are_known_and_look_alikes_are_not() {
        assert!(CARTO_REGIONS.iter().all(|(_, region)| is_carto(region)));
        assert!(is_carto("https://gcp-us-east1.api.carto.com"));
        assert!(is_carto("https://onp-acme.api.carto.com"));
        assert!(!is_carto("https://api.carto.com.evil.example"));
    }
}
