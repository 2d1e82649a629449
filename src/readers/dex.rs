//! Dex: `staticClients` of its configuration, or of the Helm chart's values
//! (<https://dexidp.io/docs/configuration/custom-scopes-claims-clients/>).

use serde_json::{Map, Value, json};

use super::{ClientNode, MemberPath, Node};
use crate::domain::{audit::Fact, profile::Provider};

pub(super) fn find(root: Node<'_>) -> Option<Vec<ClientNode<'_>>> {
    // The Helm chart has the configuration in `config`; a parent chart has it in `dex.config`.
    let configs = [&[][..], &["config"], &["dex", "config"]];
    let config = |path: &[&str]| {
        let config = root.at(path)?;
        Some((config.get("staticClients")?, config.get("oauth2")))
    };
    let (clients, oauth2) = configs.into_iter().find_map(config)?;
    let texts = |name: &str| -> Vec<String> {
        let list = oauth2.and_then(|it| it.get(name)).map(Node::entries).unwrap_or_default();
        list.into_iter().filter_map(Node::text).collect()
    };
    let allowed = texts("grantTypes");
    let may = |grant: &str| allowed.is_empty() || allowed.iter().any(|it| it == grant);
    let mut grants = Vec::new();
    if texts("responseTypes").iter().any(|it| it == "token") && may("implicit") {
        grants.push("implicit");
    }
    // Dex supports the password grant only with a password connector.
    if oauth2.is_some_and(|it| it.get("passwordConnector").is_some()) && may("password") {
        grants.push("password");
    }
    let of = |node| ClientNode {
        grants: grants.clone(),
        secret: "secret",
        convert: of_static_client,
        // A redirect URI such as `/device/callback` is a path of Dex itself.
        is_relative: |_| true,
        has_login_url: false,
        vendor: Some("Dex"),
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
    // A public client without redirect URIs may use only localhost, or a page that shows the code.
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

fn paths(fact: Fact, _: Option<&str>) -> MemberPath {
    match fact {
        Fact::Callbacks => &["redirectURIs"],
        Fact::LogoutUrls => &["postLogoutRedirectURIs"],
        Fact::StoredSecret => &["secret"],
        Fact::AuthMethod => &["public"],
        _ => &["id"],
    }
}
