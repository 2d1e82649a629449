//! Okta: `okta_app_oauth`
//! (<https://registry.terraform.io/providers/okta/okta/latest/docs/resources/app_oauth>).

use serde_json::{Map, Value, json};

use super::super::MemberPath;
use crate::domain::{
    Client,
    audit::Fact,
    credential::{NATIVE, Refresh},
};

pub(super) fn convert(attributes: &mut Map<String, Value>) {
    let kind = attributes.get("type").and_then(Value::as_str).map(str::to_owned);
    let mut client = super::renamed(
        attributes,
        &[
            ("client_id", "client_id"),
            ("label", "client_name"),
            ("redirect_uris", "redirect_uris"),
            ("post_logout_redirect_uris", "post_logout_redirect_uris"),
            ("login_uri", "initiate_login_uri"),
            ("grant_types", "grant_types"),
            ("response_types", "response_types"),
            ("token_endpoint_auth_method", "token_endpoint_auth_method"),
            ("client_secret", "client_secret"),
        ],
    );
    super::unknown_lists(attributes, &mut client, &[("redirect_uris", "redirect_uris")]);
    // Okta sets the response type `token` for a machine client, which cannot use it.
    let grants = client.get("grant_types").and_then(Value::as_array);
    let uses_responses = |grant: &Value| grant == "authorization_code" || grant == "implicit";
    if !grants.is_some_and(|grants| grants.iter().any(uses_responses)) {
        client.remove("response_types");
    }
    if kind.as_deref() == Some("native") {
        client.insert("application_type".into(), json!(NATIVE));
    }
    super::with_id(&mut client);
    *attributes = client;
}

pub(super) fn complete(attributes: &Map<String, Value>, client: &mut Client) {
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    client.enabled = text("status").map(|status| status == "ACTIVE");
    let Some(posture) = client.posture.as_mut() else { return };
    posture.code_challenge = attributes
        .get("pkce_required")
        .and_then(Value::as_bool)
        .map(|required| required.then(|| "S256".into()));
    posture.refresh = text("refresh_token_rotation").map(|rotation| Refresh {
        rotates: Some(rotation == "ROTATE"),
        leeway: attributes.get("refresh_token_leeway").and_then(Value::as_u64),
        ..Refresh::default()
    });
}

pub(super) fn paths(fact: Fact, _: Option<&str>) -> MemberPath {
    match fact {
        Fact::Name => &["label"],
        Fact::LoginUrl => &["login_uri"],
        Fact::Callbacks => &["redirect_uris"],
        Fact::LogoutUrls => &["post_logout_redirect_uris"],
        Fact::GrantTypes => &["grant_types"],
        Fact::ResponseTypes => &["response_types"],
        Fact::AuthMethod => &["token_endpoint_auth_method"],
        Fact::Pkce => &["pkce_required"],
        Fact::Refresh => &["refresh_token_rotation"],
        Fact::StoredSecret => &["client_secret"],
        Fact::Enabled => &["status"],
        _ => &["client_id"],
    }
}
