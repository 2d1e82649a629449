//! Microsoft Entra ID: resources of the `azuread` provider for applications, their redirect URIs,
//! and their passwords
//! (<https://registry.terraform.io/providers/hashicorp/azuread/latest/docs/resources/application>).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::{MemberPath, texts};
use crate::domain::{
    Client,
    audit::Fact,
    credential::{NATIVE, SecretAge},
};

/// Returns a nested block, which is a list with one entry.
fn block<'a>(attributes: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    attributes.get(name)?.as_array()?.first()?.as_object()
}

fn redirects<'a>(attributes: &'a Map<String, Value>, platform: &str) -> Vec<&'a str> {
    block(attributes, platform).map(|it| texts(it, "redirect_uris")).unwrap_or_default()
}

pub(super) fn of_application(attributes: &mut Map<String, Value>) {
    let (web, spa, native) = (
        redirects(attributes, "web"),
        redirects(attributes, "single_page_application"),
        redirects(attributes, "public_client"),
    );
    let implicit = block(attributes, "web").and_then(|web| block(web, "implicit_grant"));
    let issues = |name: &str| implicit.and_then(|it| it.get(name)) == Some(&json!(true));
    let mut grants = Vec::new();
    if !(web.is_empty() && spa.is_empty() && native.is_empty()) {
        grants.push("authorization_code");
    }
    // Issuing ID tokens does not imply the implicit grant, because the hybrid flow also requires ID
    // tokens.
    if issues("access_token_issuance_enabled") {
        grants.push("implicit");
    }
    let passwords = attributes.get("password").and_then(Value::as_array);
    let secret = passwords.into_iter().flatten().find_map(|it| it.get("value")?.as_str());
    let signs_in = !grants.is_empty();
    if !signs_in && passwords.is_some_and(|passwords| !passwords.is_empty()) {
        grants.push("client_credentials");
    }
    let mut client = Map::new();
    // An application registration has its redirect URIs in other resources.
    let stated = ["web", "single_page_application", "public_client"];
    let urls = if stated.iter().any(|name| attributes.contains_key(*name)) {
        json!([&*web, &*spa, &*native].concat())
    } else {
        json!(["${X}"])
    };
    client.insert("redirect_uris".into(), urls);
    // Without a grant type, the application may be an API that requests no tokens.
    if !grants.is_empty() {
        client.insert("grant_types".into(), json!(grants));
        let method = if web.is_empty() && signs_in { "none" } else { "client_secret_basic" };
        client.insert("token_endpoint_auth_method".into(), json!(method));
    }
    if web.is_empty() && spa.is_empty() && !native.is_empty() {
        client.insert("application_type".into(), json!(NATIVE));
    }
    if let Some(secret) = secret {
        client.insert("client_secret".into(), json!(secret));
    }
    let logout = block(attributes, "web").and_then(|web| web.get("logout_url"));
    if let Some(logout) = logout.and_then(Value::as_str).filter(|url| !url.is_empty()) {
        client.insert("post_logout_redirect_uris".into(), json!([logout]));
    }
    // Before version 3 of the Terraform provider, the attribute was named `application_id`.
    let names = [
        ("client_id", "client_id"),
        ("application_id", "client_id"),
        ("display_name", "client_name"),
    ];
    client.extend(super::renamed(attributes, &names));
    super::with_id(&mut client);
    *attributes = client;
}

pub(super) fn complete_application(attributes: &Map<String, Value>, client: &mut Client) {
    let passwords = attributes.get("password").and_then(Value::as_array);
    let ages = passwords.into_iter().flatten().filter_map(Value::as_object).map(age).collect();
    if let Some(posture) = client.posture.as_mut() {
        // Passwords can also be separate resources, so the secrets are unknown if the list is
        // empty.
        posture.secrets = Some(ages).filter(|ages: &Vec<SecretAge>| !ages.is_empty());
    }
}

/// Copies the attributes in `names` from a resource that refers to its application by path. Reduces
/// the path `/applications/ID` or `/servicePrincipals/ID` to the ID.
fn of_part(attributes: &Map<String, Value>, names: &[(&str, &str)]) -> Map<String, Value> {
    let mut client = super::renamed(attributes, names);
    if let Some(Value::String(id)) = client.get_mut("client_id") {
        let path = |start: &str| id.strip_prefix(start).map(str::to_owned);
        if let Some(own) = path("/applications/").or_else(|| path("/servicePrincipals/")) {
            *id = own;
        }
    }
    client
}

pub(super) fn of_password(attributes: &mut Map<String, Value>) {
    let names = [
        ("application_id", "client_id"),
        ("application_object_id", "client_id"),
        ("service_principal_id", "client_id"),
        ("display_name", "client_name"),
        ("value", "client_secret"),
    ];
    let mut client = of_part(attributes, &names);
    client.insert("grant_types".into(), json!(["client_credentials"]));
    client.insert("token_endpoint_auth_method".into(), json!("client_secret_basic"));
    super::with_id(&mut client);
    *attributes = client;
}

/// Converts `azuread_application_redirect_uris`: the redirect URIs of one platform of an
/// application registration.
pub(super) fn of_redirect_uris(attributes: &mut Map<String, Value>) {
    let platform = attributes.get("type").and_then(Value::as_str).unwrap_or_default();
    let method = if platform == "Web" { "client_secret_basic" } else { "none" };
    let names = [("application_id", "client_id"), ("redirect_uris", "redirect_uris")];
    let mut client = of_part(attributes, &names);
    super::unknown_lists(attributes, &mut client, &[("redirect_uris", "redirect_uris")]);
    client.insert("grant_types".into(), json!(["authorization_code"]));
    client.insert("token_endpoint_auth_method".into(), json!(method));
    if platform == "PublicClient" {
        client.insert("application_type".into(), json!(NATIVE));
    }
    super::with_id(&mut client);
    *attributes = client;
}

pub(super) fn redirect_uris_paths(fact: Fact, _: Option<&str>) -> MemberPath {
    match fact {
        Fact::Callbacks => &["redirect_uris"],
        _ => &["application_id"],
    }
}

pub(super) fn complete_password(attributes: &Map<String, Value>, client: &mut Client) {
    if let Some(posture) = client.posture.as_mut() {
        posture.secrets = Some(vec![age(attributes)]);
    }
}

fn age(password: &Map<String, Value>) -> SecretAge {
    let time = |name: &str| -> Option<Timestamp> { password.get(name)?.as_str()?.parse().ok() };
    SecretAge {
        created_at: time("start_date"),
        expires_at: time("end_date").map(Some),
        active: true,
        ..SecretAge::default()
    }
}

pub(super) fn application_paths(fact: Fact, value: Option<&str>) -> MemberPath {
    match (fact, value) {
        (Fact::Name, _) => &["display_name"],
        (Fact::LogoutUrls, _) => &["web", "logout_url"],
        (Fact::StoredSecret | Fact::Secrets, _) => &["password"],
        (Fact::GrantTypes, Some("implicit")) => &["web", "implicit_grant"],
        // Redirect URIs can be in three blocks, so the value is searched for.
        (Fact::Callbacks, _) => &[],
        _ => &["client_id"],
    }
}

pub(super) fn password_paths(fact: Fact, _: Option<&str>) -> MemberPath {
    match fact {
        Fact::Name => &["display_name"],
        Fact::StoredSecret => &["value"],
        Fact::Secrets => &["start_date"],
        _ => &["key_id"],
    }
}
