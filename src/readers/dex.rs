//! Dex: `staticClients` of its configuration, or of the Helm chart's values
//! (<https://dexidp.io/docs/configuration/custom-scopes-claims-clients/>).

use serde_json::{Map, Value, json};

use super::{ClientNode, Node, Path};
use crate::domain::{audit::Fact, profile::Provider};

pub(super) fn find(root: Node<'_>) -> Option<Vec<ClientNode<'_>>> {
    // `config` is the Helm chart's, and `dex` that of a chart with several parts.
    let configs = [&[][..], &["config"], &["dex", "config"]];
    let config = |path: &[&str]| root.at(path)?.get("staticClients");
    let clients = configs.into_iter().find_map(config)?;
    let of = |node| ClientNode {
        secret: "secret",
        convert: of_static_client,
        // `/device/callback` is Dex's own page.
        is_relative: |_| true,
        has_login_url: false,
        ..ClientNode::new(node, Provider::Registration, paths)
    };
    Some(clients.entries().into_iter().map(of).collect())
}

fn of_static_client(client: &mut Map<String, Value>) {
    let public = client.get("public") == Some(&json!(true));
    let id = ["id", "idEnv", "name"].into_iter().find_map(|name| client.get(name)).cloned();
    let id = id.unwrap_or_else(|| json!("(no id)"));
    let mut read = Map::new();
    read.insert("client_name".into(), client.get("name").cloned().unwrap_or_else(|| id.clone()));
    read.insert("client_id".into(), id);
    if let Some(secret) = client.remove("secret") {
        read.insert("secret".into(), secret);
    }
    // Without redirect URIs, a public client is limited to localhost and to a page that shows the code.
    let redirects = client.remove("redirectURIs").unwrap_or_else(|| json!(["${default}"]));
    read.insert("redirect_uris".into(), redirects);
    if let Some(logout) = client.remove("postLogoutRedirectURIs") {
        read.insert("post_logout_redirect_uris".into(), logout);
    }
    read.insert("grant_types".into(), json!(["authorization_code"]));
    let method = if public { "none" } else { "client_secret_basic" };
    read.insert("token_endpoint_auth_method".into(), json!(method));
    *client = read;
}

fn paths(fact: Fact, _: Option<&str>) -> Path {
    match fact {
        Fact::Callbacks => &["redirectURIs"],
        Fact::LogoutUrls => &["postLogoutRedirectURIs"],
        Fact::StoredSecret => &["secret"],
        Fact::AuthMethod => &["public"],
        _ => &["id"],
    }
}
