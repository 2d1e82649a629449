//! Terraform and `OpenTofu`: state files (version 4), and the output of `terraform show -json` for
//! plans and states (<https://developer.hashicorp.com/terraform/internals/json-format>).

mod cognito;
mod entra;
mod okta;

use serde_json::{Map, Value, json};

use super::{ClientNode, MemberPath, Node, document::member, texts};
use crate::domain::{audit::Fact, profile::Provider};

/// Maximum depth of nested modules.
const DEEPEST: usize = 20;

pub(super) fn find(root: Node<'_>) -> Option<Vec<ClientNode<'_>>> {
    // A state can be large, so its members are parsed only once.
    let members = root.members();
    let mut found = Vec::new();
    if member(&members, "format_version").is_some() {
        let values = ["planned_values", "values"];
        let values = values.into_iter().find_map(|name| member(&members, name));
        // An empty state has no modules.
        if let Some(module) = values.and_then(|values| values.get("root_module")) {
            of_module(module, 0, &mut found);
        }
        return Some(found);
    }
    member(&members, "terraform_version")?;
    for resource in member(&members, "resources")?.entries() {
        of_resource(resource, &mut found);
    }
    Some(found)
}

fn of_module<'a>(module: Node<'a>, depth: usize, found: &mut Vec<ClientNode<'a>>) {
    let members = module.members();
    let entries = |name: &str| member(&members, name).map(Node::entries).unwrap_or_default();
    for resource in entries("resources") {
        of_resource(resource, found);
    }
    if depth < DEEPEST {
        for child in entries("child_modules") {
            of_module(child, depth + 1, found);
        }
    }
}

/// Adds the clients of a resource. The attributes of the resource are in `values` (`terraform show
/// -json`) or in `instances` (state file).
fn of_resource<'a>(resource: Node<'a>, found: &mut Vec<ClientNode<'a>>) {
    let members = resource.members();
    let text = |name: &str| member(&members, name).and_then(Node::text);
    let kind = text("type");
    let Some(kind) = kind.as_deref().filter(|_| text("mode").as_deref() != Some("data")) else {
        return;
    };
    let of: fn(Node<'a>) -> ClientNode<'a> = match kind {
        "keycloak_openid_client" => |node| ClientNode {
            secret: "secret",
            convert: of_keycloak,
            is_relative: super::keycloak::has_no_root,
            ..ClientNode::new(node, Provider::Keycloak, keycloak_paths)
        },
        "auth0_client" => |node| ClientNode {
            convert: of_auth0,
            ..ClientNode::new(node, Provider::Auth0, super::auth0::paths)
        },
        "okta_app_oauth" => |node| ClientNode {
            convert: okta::convert,
            complete: Some(okta::complete),
            vendor: Some("Okta"),
            ..ClientNode::new(node, Provider::Registration, okta::paths)
        },
        "azuread_application" | "azuread_application_registration" => |node| ClientNode {
            convert: entra::of_application,
            complete: Some(entra::complete_application),
            vendor: Some("Entra ID"),
            has_login_url: false,
            ..ClientNode::new(node, Provider::Registration, entra::application_paths)
        },
        "azuread_application_redirect_uris" => |node| ClientNode {
            convert: entra::of_redirect_uris,
            vendor: Some("Entra ID"),
            has_login_url: false,
            ..ClientNode::new(node, Provider::Registration, entra::redirect_uris_paths)
        },
        "azuread_application_password" | "azuread_service_principal_password" => {
            |node| ClientNode {
                convert: entra::of_password,
                complete: Some(entra::complete_password),
                vendor: Some("Entra ID"),
                has_login_url: false,
                ..ClientNode::new(node, Provider::Registration, entra::password_paths)
            }
        }
        "aws_cognito_user_pool_client" => |node| ClientNode {
            convert: cognito::convert,
            complete: Some(cognito::complete),
            vendor: Some("Cognito"),
            has_login_url: false,
            ..ClientNode::new(node, Provider::Registration, cognito::paths)
        },
        _ => return,
    };
    let instances = member(&members, "instances").map(Node::entries).unwrap_or_default();
    // A deposed instance was replaced, and the next apply destroys it.
    let instances = instances.into_iter().filter(|it| it.get("deposed").is_none());
    let attributes = instances.filter_map(|it| it.get("attributes"));
    found.extend(member(&members, "values").into_iter().chain(attributes).map(of));
}

/// Copies attributes under other names. Skips absent and null attributes, because a plan omits
/// values that are known only after the apply.
fn renamed(attributes: &Map<String, Value>, names: &[(&str, &str)]) -> Map<String, Value> {
    let known = names.iter().filter_map(|(from, to)| {
        let value = attributes.get(*from).filter(|value| !value.is_null())?;
        Some(((*to).to_owned(), value.clone()))
    });
    known.collect()
}

/// Replaces absent lists with a placeholder, because a plan omits values that are known only after
/// the apply.
fn unknown_lists(
    attributes: &Map<String, Value>,
    client: &mut Map<String, Value>,
    names: &[(&str, &str)],
) {
    for (from, to) in names {
        if !attributes.contains_key(*from) {
            client.insert((*to).to_owned(), json!(["${X}"]));
        }
    }
}

/// Uses the name as the client ID if the ID is absent, as in a plan that creates the client.
fn with_id(client: &mut Map<String, Value>) {
    let name = client.get("client_name").cloned().unwrap_or_else(|| json!("(no ID yet)"));
    client.entry("client_id").or_insert(name);
}

/// Converts the attributes of `keycloak_openid_client`:
/// <https://registry.terraform.io/providers/keycloak/keycloak/latest/docs/resources/openid_client>
fn of_keycloak(attributes: &mut Map<String, Value>) {
    let mut client = renamed(
        attributes,
        &[
            ("client_id", "clientId"),
            ("name", "name"),
            ("description", "description"),
            ("enabled", "enabled"),
            ("client_secret", "secret"),
            ("client_authenticator_type", "clientAuthenticatorType"),
            ("standard_flow_enabled", "standardFlowEnabled"),
            ("implicit_flow_enabled", "implicitFlowEnabled"),
            ("direct_access_grants_enabled", "directAccessGrantsEnabled"),
            ("service_accounts_enabled", "serviceAccountsEnabled"),
            ("valid_redirect_uris", "redirectUris"),
            ("web_origins", "webOrigins"),
            ("root_url", "rootUrl"),
            ("base_url", "baseUrl"),
            ("full_scope_allowed", "fullScopeAllowed"),
        ],
    );
    let lists = [("valid_redirect_uris", "redirectUris"), ("web_origins", "webOrigins")];
    unknown_lists(attributes, &mut client, &lists);
    let text = |name: &str| attributes.get(name).and_then(Value::as_str).unwrap_or_default();
    // The Terraform provider sends every switch, so an absent switch is off.
    for name in ["standardFlowEnabled", "implicitFlowEnabled", "directAccessGrantsEnabled"] {
        client.entry(name).or_insert_with(|| json!(false));
    }
    client.insert("publicClient".into(), json!(text("access_type") == "PUBLIC"));
    client.insert("bearerOnly".into(), json!(text("access_type") == "BEARER-ONLY"));
    let mut more = Map::new();
    for (from, to) in [
        ("pkce_code_challenge_method", "pkce.code.challenge.method"),
        ("access_token_lifespan", "access.token.lifespan"),
    ] {
        if !text(from).is_empty() {
            more.insert(to.to_owned(), json!(text(from)));
        }
    }
    for (from, to) in [
        ("oauth2_device_authorization_grant_enabled", "oauth2.device.authorization.grant.enabled"),
        ("standard_token_exchange_enabled", "standard.token.exchange.enabled"),
    ] {
        if attributes.get(from) == Some(&Value::Bool(true)) {
            more.insert(to.to_owned(), json!("true"));
        }
    }
    let logout = texts(attributes, "valid_post_logout_redirect_uris");
    if !logout.is_empty() {
        more.insert("post.logout.redirect.uris".to_owned(), json!(logout.join("##")));
    }
    client.insert("attributes".into(), Value::Object(more));
    *attributes = client;
}

fn keycloak_paths(fact: Fact, value: Option<&str>) -> MemberPath {
    match (fact, value) {
        (Fact::Name, _) => &["name"],
        (Fact::LoginUrl, _) => &["base_url"],
        (Fact::Callbacks, _) => &["valid_redirect_uris"],
        (Fact::LogoutUrls, _) => &["valid_post_logout_redirect_uris"],
        (Fact::AllowedOrigins, _) => &["web_origins"],
        (Fact::GrantTypes, Some("implicit")) => &["implicit_flow_enabled"],
        (Fact::GrantTypes, Some("password")) => &["direct_access_grants_enabled"],
        (Fact::GrantTypes, Some("client_credentials")) => &["service_accounts_enabled"],
        (Fact::GrantTypes, Some(grant)) if grant.ends_with("device_code") => {
            &["oauth2_device_authorization_grant_enabled"]
        }
        (Fact::GrantTypes, Some(grant)) if grant.ends_with("token-exchange") => {
            &["standard_token_exchange_enabled"]
        }
        (Fact::GrantTypes, _) => &["standard_flow_enabled"],
        (Fact::AuthMethod, _) => &["client_authenticator_type"],
        (Fact::Pkce, _) => &["pkce_code_challenge_method"],
        (Fact::TokenLifetime, _) => &["access_token_lifespan"],
        (Fact::FullScope, _) => &["full_scope_allowed"],
        (Fact::StoredSecret, _) => &["client_secret"],
        (Fact::Enabled, _) => &["enabled"],
        (Fact::Description, _) => &["description"],
        _ => &["client_id"],
    }
}

/// Converts the attributes of `auth0_client`
/// (<https://registry.terraform.io/providers/auth0/auth0/latest/docs/resources/client>), where
/// nested blocks are lists with one entry.
fn of_auth0(attributes: &mut Map<String, Value>) {
    for name in ["jwt_configuration", "refresh_token"] {
        let only = attributes.get_mut(name).and_then(Value::as_array_mut).and_then(Vec::pop);
        match only {
            Some(block) => attributes.insert(name.to_owned(), block),
            None => attributes.remove(name),
        };
    }
    attributes.retain(|_, value| !value.is_null());
    super::auth0::with_id(attributes);
}
