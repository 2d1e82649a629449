//! Clients with the member names of RFC 7591: Ory Hydra (one, a list, or JSON Lines), any
//! registration endpoint, client ID metadata documents, and `OAuth2Client` resources of
//! hydra-maester.

use serde_json::{Map, Value, json};

use super::{ClientNode, MemberPath, Node};
use crate::domain::{audit::Fact, profile::Provider};

/// Members that identify a Hydra client, because neither RFC 7591 nor OpenID Connect Registration
/// defines them.
const HYDRA: [&str; 4] =
    ["skip_consent", "skip_logout_consent", "jwt_bearer_grant_access_token_lifespan", "owner"];

/// Member names in hydra-maester, each with the corresponding name in RFC 7591
/// (<https://github.com/ory/hydra-maester/blob/master/api/v1alpha1/oauth2client_types.go>).
const MAESTER: [(&str, &str); 11] = [
    ("clientName", "client_name"),
    ("grantTypes", "grant_types"),
    ("responseTypes", "response_types"),
    ("redirectUris", "redirect_uris"),
    ("postLogoutRedirectUris", "post_logout_redirect_uris"),
    ("allowedCorsOrigins", "allowed_cors_origins"),
    ("tokenEndpointAuthMethod", "token_endpoint_auth_method"),
    ("audience", "audience"),
    ("scope", "scope"),
    ("skipConsent", "skip_consent"),
    ("jwksUri", "jwks_uri"),
];

pub(super) fn find(root: Node<'_>) -> Option<Vec<ClientNode<'_>>> {
    if root.get("kind").and_then(Node::text).as_deref() == Some("OAuth2Client") {
        return Some(vec![ClientNode {
            convert: of_maester,
            ..ClientNode::new(root, Provider::Hydra, maester_paths)
        }]);
    }
    let listed = root.entries();
    let clients = if listed.is_empty() { vec![root] } else { listed };
    clients.iter().any(is_client).then(|| clients.into_iter().map(registered).collect())
}

fn registered(node: Node<'_>) -> ClientNode<'_> {
    let hydra = HYDRA.iter().any(|name| node.get(name).is_some());
    let provider = if hydra { Provider::Hydra } else { Provider::Registration };
    ClientNode { convert: with_id, ..ClientNode::new(node, provider, paths) }
}

fn is_client(node: &Node<'_>) -> bool {
    let members = node.members();
    let has = |name: &str| members.iter().any(|(own, _)| own == name);
    has("redirect_uris")
        || has("token_endpoint_auth_method")
        || (has("client_id") || has("client_name")) && has("grant_types")
}

/// Uses the name as the client ID if the ID is absent, because a registration request has no ID
/// yet.
fn with_id(client: &mut Map<String, Value>) {
    let name = client.get("client_name").cloned().unwrap_or_else(|| json!("(no client_id)"));
    client.entry("client_id").or_insert(name);
}

fn of_maester(resource: &mut Map<String, Value>) {
    let text = |path: &str| resource.get("metadata").and_then(|it| it.get(path)).cloned();
    let mut client = Map::new();
    client.insert("client_id".into(), text("name").unwrap_or_else(|| json!("(no name)")));
    let spec = resource.get("spec").and_then(Value::as_object);
    for (name, value) in spec.into_iter().flatten() {
        if let Some((_, standard)) = MAESTER.iter().find(|(own, _)| own == name) {
            client.insert((*standard).to_owned(), value.clone());
        }
    }
    if let Some(Value::Array(scopes)) = spec.and_then(|spec| spec.get("scopeArray")) {
        let scopes: Vec<&str> = scopes.iter().filter_map(Value::as_str).collect();
        client.insert("scope".into(), json!(scopes.join(" ")));
    }
    let name = client.get("client_id").cloned().unwrap_or_default();
    client.entry("client_name").or_insert(name);
    *resource = client;
}

pub(super) fn paths(fact: Fact, _: Option<&str>) -> MemberPath {
    match fact {
        Fact::LoginUrl => &["initiate_login_uri"],
        Fact::Callbacks => &["redirect_uris"],
        Fact::LogoutUrls => &["post_logout_redirect_uris"],
        Fact::AllowedOrigins => &["allowed_cors_origins"],
        Fact::GrantTypes => &["grant_types"],
        Fact::ResponseTypes => &["response_types"],
        Fact::AuthMethod => &["token_endpoint_auth_method"],
        Fact::IdTokenAlg => &["id_token_signed_response_alg"],
        Fact::Scopes => &["scope"],
        Fact::StoredSecret => &["client_secret"],
        Fact::Name => &["client_name"],
        _ => &["client_id"],
    }
}

fn maester_paths(fact: Fact, _: Option<&str>) -> MemberPath {
    match fact {
        Fact::Callbacks => &["spec", "redirectUris"],
        Fact::LogoutUrls => &["spec", "postLogoutRedirectUris"],
        Fact::AllowedOrigins => &["spec", "allowedCorsOrigins"],
        Fact::GrantTypes => &["spec", "grantTypes"],
        Fact::ResponseTypes => &["spec", "responseTypes"],
        Fact::AuthMethod => &["spec", "tokenEndpointAuthMethod"],
        Fact::Scopes => &["spec", "scope"],
        _ => &["metadata", "name"],
    }
}
