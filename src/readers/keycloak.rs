//! Keycloak: realm exports and imports, partial exports, single clients, files of
//! keycloak-config-cli, and Kubernetes resources (`KeycloakRealmImport`, `KeycloakRealm`,
//! `KeycloakClient`).
//!
//! The defaults for absent members were determined by imports into Keycloak 26.

use serde_json::{Map, Value, json};

use super::{ClientNode, MemberPath, Node, texts};
use crate::domain::{audit::Fact, profile::Provider, text::is_placeholder, urls};

/// Members by which an object with `clientId` is recognized as a Keycloak client.
const TYPICAL: [&str; 7] = [
    "publicClient",
    "redirectUris",
    "standardFlowEnabled",
    "serviceAccountsEnabled",
    "bearerOnly",
    "clientAuthenticatorType",
    "directAccessGrantsEnabled",
];

pub(super) fn find(root: Node<'_>) -> Option<Vec<ClientNode<'_>>> {
    // A full export of several realms is a list of realms.
    let realms = root.entries();
    let realms = if realms.is_empty() { vec![root] } else { realms };
    let found: Vec<Vec<ClientNode<'_>>> = realms.into_iter().filter_map(clients).collect();
    (!found.is_empty()).then(|| found.into_iter().flatten().collect())
}

fn client(node: Node<'_>, lifespan: Option<u64>) -> ClientNode<'_> {
    ClientNode {
        secret: "secret",
        convert: with_defaults,
        lifespan,
        is_relative: has_no_root,
        ..ClientNode::new(node, Provider::Keycloak, paths)
    }
}

/// Returns the clients of a realm, or a single client; `None` for another object.
fn clients(object: Node<'_>) -> Option<Vec<ClientNode<'_>>> {
    let kind = object.get("kind").and_then(Node::text);
    let realm = match kind.as_deref() {
        Some("KeycloakRealmImport" | "KeycloakRealm") => object.at(&["spec", "realm"])?,
        Some("KeycloakClient") => {
            return object.at(&["spec", "client"]).map(|it| vec![client(it, None)]);
        }
        _ if is_client(&object) => return Some(vec![client(object, None)]),
        _ => object,
    };
    let clients = realm.get("clients").map(Node::entries)?;
    let named = |node: &Node<'_>| node.get("clientId").is_some();
    let is_realm = kind.is_some() || realm.get("realm").is_some();
    let lifespan = realm.get("accessTokenLifespan").and_then(|it| it.value().as_u64());
    let all = clients.iter().map(|node| client(*node, lifespan)).collect();
    (is_realm || clients.iter().any(named)).then_some(all)
}

fn is_client(node: &Node<'_>) -> bool {
    let members = node.members();
    let has = |name: &str| members.iter().any(|(own, _)| own == name);
    has("clientId") && TYPICAL.iter().any(|name| has(name))
}

/// Returns true if the client has no root URL, or only a placeholder. The base of its relative URLs
/// is then unknown.
pub(super) fn has_no_root(client: &Map<String, Value>) -> bool {
    let root = client.get("rootUrl").and_then(Value::as_str).unwrap_or_default();
    root.is_empty() || is_placeholder(root)
}

/// Normalizes the values of a client, and adds the defaults that Keycloak sets for absent members
/// on import.
fn with_defaults(client: &mut Map<String, Value>) {
    client.retain(|_, value| !value.is_null());
    let switches = TYPICAL.iter().chain(&["enabled", "implicitFlowEnabled", "fullScopeAllowed"]);
    for name in switches {
        // Keycloak also accepts the strings "true" and "false".
        if let Some(value) = client.get_mut(*name)
            && let Some(on) = value.as_str().and_then(|text| text.parse::<bool>().ok())
        {
            *value = json!(on);
        }
    }
    if let Some(Value::String(urls)) = client
        .get_mut("attributes")
        .and_then(|attributes| attributes.get_mut("post.logout.redirect.uris"))
    {
        let kept: Vec<&str> = urls.split("##").filter(|url| !is_placeholder(url)).collect();
        *urls = if kept.is_empty() { "${X}".to_owned() } else { kept.join("##") };
    }
    let text = |name: &str| client.get(name).and_then(Value::as_str);
    let saml = text("protocol") == Some("saml");
    if !saml && !client.contains_key("webOrigins") {
        let redirects = texts(client, "redirectUris").into_iter();
        let mut origins: Vec<String> =
            redirects.filter_map(|url| urls::origin_of(url.trim_end_matches('*'))).collect();
        origins.sort_unstable();
        origins.dedup();
        client.insert("webOrigins".into(), json!(origins));
    }
    let consent = client.get("consentRequired") == Some(&json!(true));
    for (name, value) in [
        ("protocol", json!("openid-connect")),
        ("enabled", json!(true)),
        ("standardFlowEnabled", json!(true)),
        ("implicitFlowEnabled", json!(false)),
        ("directAccessGrantsEnabled", json!(false)),
        ("serviceAccountsEnabled", json!(false)),
        ("publicClient", json!(false)),
        ("bearerOnly", json!(false)),
        ("fullScopeAllowed", json!(!consent)),
        ("clientAuthenticatorType", json!("client-secret")),
        ("attributes", json!({})),
    ] {
        client.entry(name).or_insert(value);
    }
    for name in ["redirectUris", "webOrigins"] {
        if let Some(Value::Array(list)) = client.get_mut(name) {
            list.retain(|entry| entry.as_str() != Some(""));
        }
    }
    if let Some(Value::Object(attributes)) = client.get_mut("attributes") {
        attributes.entry("post.logout.redirect.uris").or_insert_with(|| json!("+"));
    }
}

pub(super) fn paths(fact: Fact, value: Option<&str>) -> MemberPath {
    match (fact, value) {
        (Fact::LoginUrl, _) => &["baseUrl"],
        (Fact::Callbacks, _) => &["redirectUris"],
        (Fact::LogoutUrls, _) => &["attributes", "post.logout.redirect.uris"],
        (Fact::AllowedOrigins, _) => &["webOrigins"],
        (Fact::GrantTypes, Some("implicit")) => &["implicitFlowEnabled"],
        (Fact::GrantTypes, Some("password")) => &["directAccessGrantsEnabled"],
        (Fact::GrantTypes, Some("client_credentials")) => &["serviceAccountsEnabled"],
        (Fact::GrantTypes, Some(grant)) if grant.ends_with("device_code") => {
            &["attributes", "oauth2.device.authorization.grant.enabled"]
        }
        (Fact::GrantTypes, Some(grant)) if grant.ends_with("token-exchange") => {
            &["attributes", "standard.token.exchange.enabled"]
        }
        (Fact::GrantTypes, Some(grant)) if grant.ends_with("ciba") => {
            &["attributes", "oidc.ciba.grant.enabled"]
        }
        (Fact::GrantTypes, _) => &["standardFlowEnabled"],
        (Fact::Secrets, _) => &["attributes", "client.secret.creation.time"],
        (Fact::AuthMethod, _) => &["clientAuthenticatorType"],
        (Fact::Pkce, _) => &["attributes", "pkce.code.challenge.method"],
        (Fact::IdTokenAlg, _) => &["attributes", "id.token.signed.response.alg"],
        (Fact::TokenLifetime, _) => &["attributes", "access.token.lifespan"],
        (Fact::FullScope, _) => &["fullScopeAllowed"],
        (Fact::DefaultScopes, _) => &["defaultClientScopes"],
        (Fact::StoredSecret, _) => &["secret"],
        (Fact::Enabled, _) => &["enabled"],
        (Fact::Description, _) => &["description"],
        _ => &["clientId"],
    }
}
