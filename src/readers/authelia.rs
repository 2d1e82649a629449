//! Authelia: `identity_providers.oidc.clients` of its configuration
//! (<https://www.authelia.com/configuration/identity-providers/openid-connect/clients/>).

use serde_json::{Map, Value, json};

use super::{ClientNode, Complete, MemberPath, Node};
use crate::domain::{Client, audit::Fact, profile::Provider};

/// Member names before Authelia 4.38, each with its current name.
const FORMER: [(&str, &str); 4] = [
    ("id", "client_id"),
    ("secret", "client_secret"),
    ("description", "client_name"),
    ("userinfo_signing_algorithm", "userinfo_signed_response_alg"),
];

/// Prefix of a plain-text secret, which current versions require.
const PLAIN: &str = "$plaintext$";

pub(super) fn find(root: Node<'_>) -> Option<Vec<ClientNode<'_>>> {
    let provider = root.at(&["identity_providers", "oidc"])?;
    let clients = provider.get("clients")?.entries();
    let enforced = provider.get("enforce_pkce").and_then(Node::text);
    let plain = provider.get("enable_pkce_plain_challenge").map(Node::value);
    let accepts_plain = plain == Some(Value::Bool(true));
    let complete: Complete = match enforced.as_deref() {
        _ if accepts_plain => with_plain_pkce,
        Some("never") => with_own_pkce,
        Some("always") => |written, client| {
            require_pkce(Some(own_method(written).unwrap_or("S256")), client);
        },
        // The default is `public_clients_only`.
        _ => with_public_pkce,
    };
    let of = |node| ClientNode {
        convert: with_defaults,
        complete: Some(complete),
        has_login_url: false,
        vendor: Some("Authelia"),
        ..ClientNode::new(
            node,
            Provider::Registration,
            if node.get("id").is_some() { former_paths } else { paths },
        )
    };
    Some(clients.into_iter().map(of).collect())
}

/// Renames former members, removes secrets that are hashes, and adds Authelia's defaults for absent
/// members.
fn with_defaults(client: &mut Map<String, Value>) {
    client.retain(|_, value| !value.is_null());
    for (former, name) in FORMER {
        if let Some(value) = client.remove(former) {
            client.entry(name).or_insert(value);
        }
    }
    let secret = client.get("client_secret").and_then(Value::as_str);
    match secret.map(|secret| secret.strip_prefix(PLAIN)) {
        Some(Some(plain)) => {
            let plain = json!(plain);
            client.insert("client_secret".into(), plain);
        }
        Some(None) if secret.is_some_and(is_hash) => {
            client.remove("client_secret");
        }
        // Older versions accepted a plain-text secret without the prefix.
        Some(None) | None => {}
    }
    let public = is_public(client);
    if public {
        client.insert("token_endpoint_auth_method".into(), json!("none"));
    }
    if let Some(Value::String(one)) = client.get("redirect_uris") {
        let one = json!([one]);
        client.insert("redirect_uris".into(), one);
    }
    let scopes = client.get("scopes").and_then(Value::as_array);
    let scopes: Vec<&str> = match scopes {
        Some(scopes) => scopes.iter().filter_map(Value::as_str).collect(),
        None => vec!["openid", "groups", "profile", "email"],
    };
    let scope = json!(scopes.join(" "));
    client.insert("scope".into(), scope);
    for (name, value) in [
        ("grant_types", json!(["authorization_code"])),
        ("response_types", json!(["code"])),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
    ] {
        client.entry(name).or_insert(value);
    }
    let name = client.get("client_id").cloned().unwrap_or_else(|| json!("(no client_id)"));
    client.entry("client_id").or_insert_with(|| name.clone());
    client.entry("client_name").or_insert(name);
}

/// Returns true for a hash in the Modular Crypt Format: `$2b$…`, `$pbkdf2-sha512$…`.
fn is_hash(secret: &str) -> bool {
    secret.strip_prefix('$').is_some_and(|rest| rest.contains('$'))
}

fn is_public(client: &Map<String, Value>) -> bool {
    client.get("public") == Some(&json!(true))
}

/// Returns the PKCE method that the settings of the client require; `None` if they require no PKCE.
/// The settings of a client take precedence over those of the provider.
fn own_method(written: &Map<String, Value>) -> Option<&str> {
    let method = written.get("pkce_challenge_method").and_then(Value::as_str);
    let method = method.filter(|method| !method.is_empty());
    method.or_else(|| (written.get("require_pkce") == Some(&json!(true))).then_some("S256"))
}

fn require_pkce(method: Option<&str>, client: &mut Client) {
    if let Some(posture) = client.posture.as_mut() {
        posture.code_challenge = Some(method.map(Into::into));
    }
}

/// Applies `enforce_pkce: public_clients_only`: PKCE is required for public clients, and for
/// clients whose own settings require it.
fn with_public_pkce(written: &Map<String, Value>, client: &mut Client) {
    let method = own_method(written).or_else(|| is_public(written).then_some("S256"));
    if method.is_some() {
        require_pkce(method, client);
    }
}

fn with_own_pkce(written: &Map<String, Value>, client: &mut Client) {
    require_pkce(own_method(written), client);
}

/// Applies only an explicit method. The method of a client without this setting is unknown, because
/// the provider also accepts `plain`.
fn with_plain_pkce(written: &Map<String, Value>, client: &mut Client) {
    if written.contains_key("pkce_challenge_method") {
        with_own_pkce(written, client);
    }
}

fn paths(fact: Fact, _: Option<&str>) -> MemberPath {
    match fact {
        Fact::Callbacks => &["redirect_uris"],
        Fact::GrantTypes => &["grant_types"],
        Fact::ResponseTypes => &["response_types"],
        Fact::AuthMethod => &["token_endpoint_auth_method"],
        Fact::IdTokenAlg => &["id_token_signed_response_alg"],
        Fact::Scopes => &["scopes"],
        Fact::Pkce => &["require_pkce"],
        Fact::StoredSecret => &["client_secret"],
        _ => &["client_id"],
    }
}

fn former_paths(fact: Fact, value: Option<&str>) -> MemberPath {
    match fact {
        Fact::StoredSecret => &["secret"],
        Fact::Name => &["id"],
        _ => paths(fact, value),
    }
}
