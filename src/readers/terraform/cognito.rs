//! Amazon Cognito: `aws_cognito_user_pool_client`
//! (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cognito_user_pool_client>).

use serde_json::{Map, Value, json};

use super::super::{MemberPath, texts};
use crate::domain::{Client, audit::Fact, credential::Refresh};

/// Flow names in Cognito, and the corresponding grant types.
const FLOWS: [(&str, &str); 3] = [
    ("code", "authorization_code"),
    ("implicit", "implicit"),
    ("client_credentials", "client_credentials"),
];

pub(super) fn convert(attributes: &mut Map<String, Value>) {
    let mut client = super::renamed(
        attributes,
        &[
            ("id", "client_id"),
            ("name", "client_name"),
            ("callback_urls", "redirect_uris"),
            ("logout_urls", "post_logout_redirect_uris"),
            ("client_secret", "client_secret"),
        ],
    );
    super::unknown_lists(attributes, &mut client, &[("callback_urls", "redirect_uris")]);
    let flows = texts(attributes, "allowed_oauth_flows");
    let mut grants: Vec<&str> =
        FLOWS.iter().filter(|(flow, _)| flows.contains(flow)).map(|(_, grant)| *grant).collect();
    if grants.contains(&"authorization_code")
        && texts(attributes, "explicit_auth_flows").contains(&"ALLOW_REFRESH_TOKEN_AUTH")
    {
        grants.push("refresh_token");
    }
    client
        .insert("grant_types".into(), json!(if uses_oauth(attributes) { grants } else { vec![] }));
    client.insert("scope".into(), json!(texts(attributes, "allowed_oauth_scopes").join(" ")));
    let secret = client.get("client_secret").and_then(Value::as_str).unwrap_or_default();
    let public = secret.is_empty() && attributes.get("generate_secret") != Some(&json!(true));
    let method = if public { "none" } else { "client_secret_basic" };
    client.insert("token_endpoint_auth_method".into(), json!(method));
    super::with_id(&mut client);
    *attributes = client;
}

/// Returns true if the client may use OAuth. If `allowed_oauth_flows_user_pool_client` is not true,
/// the client can use only Cognito's own API, and its flows and callback URLs have no effect.
fn uses_oauth(attributes: &Map<String, Value>) -> bool {
    attributes.get("allowed_oauth_flows_user_pool_client") == Some(&json!(true))
}

pub(super) fn complete(attributes: &Map<String, Value>, client: &mut Client) {
    let first = |name: &str| attributes.get(name)?.as_array()?.first();
    let Some(posture) = client.posture.as_mut() else { return };
    posture.no_grants = !uses_oauth(attributes);
    let validity = attributes.get("access_token_validity").and_then(Value::as_u64);
    let unit = first("token_validity_units").and_then(|units| units.get("access_token"));
    let unit = match unit.and_then(Value::as_str) {
        Some("seconds") => 1,
        Some("minutes") => 60,
        Some("days") => 86_400,
        _ => 3_600,
    };
    // 0 means the default of one hour, which is not recorded as a setting.
    posture.token_lifetime =
        validity.filter(|count| *count > 0).and_then(|count| count.checked_mul(unit));
    let rotation = first("refresh_token_rotation");
    posture.refresh = rotation
        .and_then(|it| it.get("feature"))
        .map(|feature| Refresh { rotates: Some(feature == "ENABLED"), ..Refresh::default() });
}

pub(super) fn paths(fact: Fact, _: Option<&str>) -> MemberPath {
    match fact {
        Fact::Name => &["name"],
        Fact::Callbacks => &["callback_urls"],
        Fact::LogoutUrls => &["logout_urls"],
        Fact::GrantTypes => &["allowed_oauth_flows"],
        Fact::Scopes => &["allowed_oauth_scopes"],
        Fact::TokenLifetime => &["access_token_validity"],
        Fact::Refresh => &["refresh_token_rotation"],
        Fact::AuthMethod => &["generate_secret"],
        Fact::StoredSecret => &["client_secret"],
        _ => &["id"],
    }
}
