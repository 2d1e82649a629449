//! Auth0 deploy CLI: `tenant.yaml`, and the files below `clients/` of its directory format
//! (<https://github.com/auth0/auth0-deploy-cli/blob/master/docs/resource-specific-documentation.md>).

use serde_json::{Map, Value};

use super::{ClientNode, MemberPath, Node};
use crate::domain::{audit::Fact, profile::Provider};

/// Values of `app_type` by which a client is recognized.
const TYPES: [&str; 4] = ["spa", "native", "regular_web", "non_interactive"];

pub(super) fn find(root: Node<'_>) -> Option<Vec<ClientNode<'_>>> {
    let of =
        |node| ClientNode { convert: with_id, ..ClientNode::new(node, Provider::Auth0, paths) };
    if is_client(&root) {
        return Some(vec![of(root)]);
    }
    let clients = root.get("clients").map(Node::entries).unwrap_or_default();
    let tenant = ["tenant", "clientGrants", "resourceServers", "connections", "databases"];
    let is_tenant = tenant.iter().any(|name| root.get(name).is_some());
    let known = clients.iter().any(is_client) || is_tenant && !clients.is_empty();
    let granted: Option<Vec<String>> = root.get("clientGrants").map(|grants| {
        let client = |grant: Node<'_>| grant.get("client_id").and_then(Node::text);
        grants.entries().into_iter().filter_map(client).collect()
    });
    let of_tenant =
        |node| ClientNode { idle_grant: idle_grant(node, granted.as_deref()), ..of(node) };
    known.then(|| clients.into_iter().map(of_tenant).collect())
}

/// Returns `client_credentials` if the file lists client grants, but none for this client, and the
/// client is not a machine client. Auth0 adds the grant type to new clients, but they can use it
/// only with a client grant.
fn idle_grant(client: Node<'_>, granted: Option<&[String]>) -> Option<&'static str> {
    let text = |name: &str| client.get(name).and_then(Node::text);
    let is_machine = text("app_type").as_deref() == Some("non_interactive");
    let is_idle = !is_machine && !granted?.contains(&text("name")?);
    is_idle.then_some("client_credentials")
}

fn is_client(node: &Node<'_>) -> bool {
    let kind = node.get("app_type").and_then(Node::text);
    kind.is_some_and(|kind| TYPES.contains(&&*kind)) && node.get("name").is_some()
}

/// Adds the name as the client ID if the file has no ID, because the tenant assigns the ID.
pub(super) fn with_id(client: &mut Map<String, Value>) {
    if let Some(name) = client.get("name").cloned() {
        client.entry("client_id").or_insert(name);
    }
}

pub(super) fn paths(fact: Fact, _: Option<&str>) -> MemberPath {
    match fact {
        Fact::LoginUrl => &["initiate_login_uri"],
        Fact::Callbacks => &["callbacks"],
        Fact::LogoutUrls => &["allowed_logout_urls"],
        Fact::WebOrigins => &["web_origins"],
        Fact::AllowedOrigins => &["allowed_origins"],
        Fact::GrantTypes => &["grant_types"],
        Fact::AuthMethod => &["token_endpoint_auth_method"],
        Fact::IdTokenAlg => &["jwt_configuration", "alg"],
        Fact::TokenLifetime => &["jwt_configuration", "lifetime_in_seconds"],
        Fact::Refresh => &["refresh_token"],
        Fact::CrossOrigin => &["cross_origin_authentication"],
        Fact::StoredSecret => &["client_secret"],
        Fact::Description => &["description"],
        _ => &["name"],
    }
}
