//! OAuth clients with the member names of RFC 7591 section 2 and OpenID Connect Dynamic Client
//! Registration. Ory Hydra, Better Auth and registration endpoints use these names.

use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::{
    ApiError,
    json_object::{self, Object},
};
use crate::domain::{
    Client, Credential, Draft, Kind, Untrusted, certificate,
    credential::{NATIVE, Posture, Record, SecretAge},
    draft::{self, Change, Field, Fields},
    urls,
};

/// Secret members. They are never shown, and are not part of a version.
pub(super) const SECRET: [&str; 2] = ["client_secret", "registration_access_token"];

/// Members that correspond to fields of [`Client`], or are secret. All other members are unknown
/// members.
const KNOWN: [&str; 15] = [
    "client_id",
    "client_secret",
    "registration_access_token",
    "client_name",
    "redirect_uris",
    "post_logout_redirect_uris",
    "initiate_login_uri",
    "allowed_cors_origins",
    "grant_types",
    "token_endpoint_auth_method",
    "application_type",
    "scope",
    "client_id_issued_at",
    "created_at",
    "updated_at",
];

/// Converts a JSON object to a client. `has` is the set of form fields that the provider supports.
///
/// # Errors
/// [`ApiError::Malformed`] if the object has no client ID.
pub(super) fn read(object: &Object, has: Fields) -> Result<Credential, ApiError> {
    let id = json_object::text(object, "client_id")
        .ok_or_else(|| ApiError::Malformed { why: "the client has no client_id".into() })?;
    let kind = kind(object);
    let scope = json_object::text(object, "scope").unwrap_or_default();
    let record = Record {
        id,
        name: json_object::text(object, "client_name").unwrap_or_default(),
        created_at: time(object, "client_id_issued_at").or_else(|| time(object, "created_at")),
        updated_at: time(object, "updated_at"),
        version: Some(json_object::version(object, &SECRET)),
        unknown: json_object::unknown(object, &KNOWN),
        has,
        ..Record::default()
    };
    let client = Client {
        record,
        login_url: json_object::text(object, "initiate_login_uri"),
        callbacks: json_object::list(object, "redirect_uris"),
        logout_urls: json_object::list(object, "post_logout_redirect_uris"),
        allowed_origins: json_object::list(object, "allowed_cors_origins"),
        grant_types: json_object::list(object, "grant_types"),
        auth_method: json_object::text(object, "token_endpoint_auth_method"),
        native: is_registered_native(object),
        scopes: scope.raw().split_ascii_whitespace().map(Untrusted::from).collect(),
        app_type: (kind == Kind::Other).then(|| kind_word(object).into()),
        posture: Some(Box::new(posture(object))),
        ..Client::default()
    };
    Ok(Credential::of_client(kind, client))
}

/// Returns the audit facts that the form does not contain (RFC 7591 sections 2 and 3.2.1, OpenID
/// Connect Registration).
fn posture(object: &Object) -> Posture {
    let listed =
        |name: &str| json_object::has(object, name).then(|| json_object::list(object, name));
    // 0 means that the secret never expires. No member contains the creation time of the secret.
    let ends = object
        .get("client_secret_expires_at")
        .and_then(Value::as_i64)
        .map(|at| Timestamp::from_second(at).ok().filter(|_| at > 0));
    let method = json_object::text(object, "token_endpoint_auth_method");
    let public = method.is_some_and(|method| method.raw() == "none");
    let secret = ends.filter(|_| !public).map(|expires_at| {
        vec![SecretAge { expires_at: Some(expires_at), active: true, ..SecretAge::default() }]
    });
    Posture {
        response_types: listed("response_types"),
        id_token_alg: json_object::text(object, "id_token_signed_response_alg"),
        secrets: secret,
        certificates: certificates(object),
        ..Posture::default()
    }
}

/// Returns the expiry of the certificates in the client's keys, if the client authenticates with a
/// key (RFC 7523, RFC 8705).
fn certificates(object: &Object) -> Vec<Timestamp> {
    const WITH_KEYS: [&str; 2] = ["private_key_jwt", "self_signed_tls_client_auth"];
    let method = object.get("token_endpoint_auth_method").and_then(Value::as_str);
    match object.get("jwks") {
        Some(keys) if method.is_some_and(|it| WITH_KEYS.contains(&it)) => {
            certificate::expiries_of_keys(keys)
        }
        _ => Vec::new(),
    }
}

/// Replaces a list of one string with that string, in members that must be strings (RFC 7591, RFC
/// 7592). Some servers return such lists.
pub(super) fn with_scalars(mut object: Object) -> Object {
    const TEXTS: [&str; 8] = [
        "client_id",
        "client_name",
        "client_secret",
        "token_endpoint_auth_method",
        "application_type",
        "scope",
        "registration_client_uri",
        "registration_access_token",
    ];
    for name in TEXTS {
        if let Some(Value::Array(list)) = object.get_mut(name)
            && list.len() == 1
            && list[0].is_string()
        {
            let only = list.remove(0);
            object.insert(name.into(), only);
        }
    }
    object
}

/// Returns the kind of a client. A client without `grant_types` has the authorization code grant
/// (RFC 7591 section 2).
pub(super) fn kind(object: &Object) -> Kind {
    let grants = json_object::list(object, "grant_types");
    let has = |grant: &str| grants.iter().any(|it| it.raw() == grant);
    let code = has("authorization_code") || has("implicit") || grants.is_empty();
    let method = json_object::text(object, "token_endpoint_auth_method");
    let public = method.is_some_and(|method| method.raw() == "none");
    match (code, public, is_native(object)) {
        (false, _, _) if has("client_credentials") => Kind::M2m,
        (true, true, false) => Kind::Spa,
        _ => Kind::Other,
    }
}

/// Returns true if the client is registered as a native app (OpenID Connect Registration section
/// 2).
fn is_registered_native(object: &Object) -> bool {
    json_object::text(object, "application_type").is_some_and(|it| it.raw() == NATIVE)
}

/// Returns true for a native app, according to its redirect URIs or its registered type. The type
/// is ignored if all redirect URIs are on loopback ([`is_on_loopback`]).
fn is_native(object: &Object) -> bool {
    let redirects = json_object::list(object, "redirect_uris");
    let named = is_registered_native(object);
    urls::is_native(redirects.iter().map(Untrusted::raw)) || named && !is_on_loopback(object)
}

/// Returns true if there are redirect URIs, and all of them use http on a loopback host. A browser
/// app in development has such URIs, and some servers require the type "native" for it (OpenID
/// Connect Registration section 2).
pub(super) fn is_on_loopback(object: &Object) -> bool {
    let uris = json_object::list(object, "redirect_uris");
    let is_local = |uri: &Untrusted| {
        Url::parse(uri.raw()).is_ok_and(|url| url.scheme() == "http" && urls::is_loopback(&url))
    };
    !uris.is_empty() && uris.iter().all(is_local)
}

fn kind_word(object: &Object) -> String {
    let method = json_object::text(object, "token_endpoint_auth_method").unwrap_or_default();
    match method.raw() {
        _ if is_native(object) || is_registered_native(object) => NATIVE.to_owned(),
        "none" => "public".to_owned(),
        "" => "web".to_owned(),
        method => format!("web, {method}"),
    }
}

pub(super) fn time(object: &Object, name: &str) -> Option<Timestamp> {
    match object.get(name)? {
        Value::Number(seconds) => Timestamp::from_second(seconds.as_i64()?).ok(),
        _ => json_object::time(object, name),
    }
}

/// Returns the members that define the kind of a client. Without them, servers default to a
/// confidential client with the authorization code grant (RFC 7591 section 2).
pub(super) fn essential(kind: Kind) -> Vec<(&'static str, Value)> {
    match kind {
        Kind::M2m => vec![
            ("grant_types", json!(["client_credentials"])),
            ("response_types", json!([])),
            ("token_endpoint_auth_method", json!("client_secret_basic")),
            ("redirect_uris", json!([])),
        ],
        Kind::Spa => vec![
            ("grant_types", json!(["authorization_code", "refresh_token"])),
            ("response_types", json!(["code"])),
            ("token_endpoint_auth_method", json!("none")),
        ],
        Kind::Token | Kind::Other => Vec::new(),
    }
}

/// Returns the request body that creates the client of a draft, with the fields that the provider
/// supports.
pub(super) fn written(draft: &Draft, has: Fields) -> Object {
    let mut body: Object =
        essential(draft.kind()).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for (field, value) in draft.values() {
        if has.has(field) && !value.is_empty() {
            put(&mut body, field, value);
        }
    }
    body
}

/// Applies changes to a client object. An empty string removes its member. A field without a member
/// ([`member`]) is ignored.
pub(super) fn apply(object: &mut Object, changes: &[Change]) {
    for change in changes {
        put(object, change.field, change.after.clone());
    }
}

fn put(object: &mut Object, field: Field, value: draft::FieldValue) {
    let Some(name) = member(field) else { return };
    let value = match (field, value) {
        (Field::Scopes, draft::FieldValue::Lines(scopes)) => json!(scopes.join(" ")),
        (_, value) => json_object::json(value),
    };
    if value.as_str().is_some_and(str::is_empty) {
        object.remove(name);
    } else {
        object.insert(name.into(), value);
    }
}

/// Returns the member name of a form field, or `None` if no member corresponds to the field.
pub(super) const fn member(field: Field) -> Option<&'static str> {
    match field {
        Field::Name => Some("client_name"),
        Field::LoginUrl => Some("initiate_login_uri"),
        Field::Callbacks => Some("redirect_uris"),
        Field::LogoutUrls => Some("post_logout_redirect_uris"),
        Field::AllowedOrigins => Some("allowed_cors_origins"),
        Field::Scopes => Some("scope"),
        Field::ClientId => Some("client_id"),
        _ => None,
    }
}

/// Returns the client secret in a response, or `None` if it is missing or empty.
pub(super) fn secret(object: &Object) -> Option<crate::domain::Secret> {
    let secret = object.get("client_secret")?.as_str().filter(|text| !text.is_empty())?;
    Some(crate::domain::Secret::new(secret.to_owned()))
}

/// Converts a rejection by an authorization server to a validation error, and assigns it to the
/// form field that the server's message mentions. Servers identify the field only in the error text
/// (RFC 7591 section 3.2.2).
pub(super) fn map_error(error: ApiError) -> ApiError {
    let error = match error {
        ApiError::Refused { error, said } => {
            let said = format!("{}: {}", error.raw(), said.raw()).into();
            ApiError::Invalid { said, problems: Vec::new() }
        }
        other => other,
    };
    error.at_field(&[
        ("post_logout", Field::LogoutUrls),
        ("post-logout", Field::LogoutUrls),
        ("redirect", Field::Callbacks),
        ("cors", Field::AllowedOrigins),
        ("origin url", Field::AllowedOrigins),
        ("initiate_login", Field::LoginUrl),
        ("base url", Field::LoginUrl),
        ("scope", Field::Scopes),
        ("client_name", Field::Name),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(value: &Value) -> Kind {
        kind(value.as_object().expect("an object"))
    }

    #[test]
    fn kinds_are_told_by_grants_and_authentication() {
        let code = ["authorization_code"];
        for (client, expected) in [
            (json!({"grant_types": ["client_credentials"]}), Kind::M2m),
            (json!({"grant_types": code, "token_endpoint_auth_method": "none"}), Kind::Spa),
            (json!({"token_endpoint_auth_method": "none"}), Kind::Spa),
            (json!({"grant_types": code}), Kind::Other),
            (json!({"grant_types": ["authorization_code", "client_credentials"]}), Kind::Other),
            (
                json!({"grant_types": code, "token_endpoint_auth_method": "none",
                       "application_type": "native", "redirect_uris": ["app:/cb"]}),
                Kind::Other,
            ),
            (
                json!({"grant_types": code, "token_endpoint_auth_method": "none",
                       "application_type": "native", "redirect_uris": ["http://localhost:3000/cb"]}),
                Kind::Spa,
            ),
            (
                json!({"grant_types": code, "token_endpoint_auth_method": "none",
                       "application_type": "native",
                       "redirect_uris": ["http://localhost.example.com:3000/cb"]}),
                Kind::Other,
            ),
            (
                json!({"grant_types": ["urn:ietf:params:oauth:grant-type:device_code"],
                       "token_endpoint_auth_method": "none"}),
                Kind::Other,
            ),
        ] {
            assert_eq!(kind_of(&client), expected, "{client}");
        }
    }

    #[test]
    fn a_refusal_points_at_its_field() {
        let error = ApiError::Refused {
            error: "invalid_redirect_uri".into(),
            said: "must not contain fragments".into(),
        };
        assert_eq!(map_error(error).problems()[0].field, Field::Callbacks);
        assert_eq!(map_error(ApiError::Changed), ApiError::Changed);
    }
}
