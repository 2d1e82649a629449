//! JSON objects of providers without `ETag`: versions, side effects and unknown members.
//!
//! Only the contract has an `ETag`, so the version of another provider's object is a hash of its
//! members. A write reads the object again first and continues only if the hash is the same. A
//! change between that read and the write is not detected.

use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::ApiError;
pub(super) use crate::domain::export::is_empty_value as is_empty;
use crate::domain::{Untrusted, draft, export};

/// JSON object as a provider returns it.
pub(super) type Object = Map<String, Value>;

/// Returns the version of an object: a hash of its members, except those in `without`, which are
/// volatile or secret.
pub(super) fn version(object: &Object, without: &[&str]) -> String {
    let kept: Object = object
        .iter()
        .filter(|(name, _)| !without.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), ordered(value)))
        .collect();
    export::hex(&Sha256::digest(Value::Object(kept).to_string()))
}

/// Returns the value with its lists of strings sorted at any depth, because some servers return
/// sets in varying order.
fn ordered(value: &Value) -> Value {
    match value {
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(ordered).collect();
            if list.iter().all(Value::is_string) {
                list.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            }
            Value::Array(list)
        }
        Value::Object(object) => {
            object.iter().map(|(name, value)| (name.clone(), ordered(value))).collect()
        }
        other => other.clone(),
    }
}

/// Checks that `version` equals `newest`. `None` skips the check.
///
/// # Errors
/// [`ApiError::Changed`] if the versions differ.
pub(super) fn unchanged(version: Option<&str>, newest: &str) -> Result<(), ApiError> {
    match version {
        Some(version) if version != newest => Err(ApiError::Changed),
        _ => Ok(()),
    }
}

/// Returns the names of members that differ from the intended result of a write. `expected` is the
/// object before the write, with the changes applied. Members in `volatile` are ignored, and an
/// empty member equals a missing one. The name of a nested member is its path, joined with dots.
pub(super) fn side_effects(expected: &Object, after: &Object, volatile: &[&str]) -> Vec<Untrusted> {
    let mut names: Vec<&String> = expected.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let member = |object: &Object, name: &str| {
        object.get(name).filter(|value| !is_empty(value)).map(ordered)
    };
    let mut differing = Vec::new();
    for name in names.into_iter().filter(|name| !volatile.contains(&name.as_str())) {
        match (member(expected, name), member(after, name)) {
            (before, after) if before == after => {}
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                let inner = side_effects(&before, &after, volatile);
                differing.extend(inner.iter().map(|it| format!("{name}.{}", it.raw()).into()));
            }
            _ => differing.push(name.as_str().into()),
        }
    }
    differing
}

/// Returns the names and values of the members that are not in `known`, for display. Empty members
/// are omitted, and values that may be secret are hidden at any depth.
pub(super) fn unknown(object: &Object, known: &[&str]) -> Vec<(Untrusted, Untrusted)> {
    object
        .iter()
        .filter(|(name, value)| !known.contains(&name.as_str()) && !is_empty(value))
        .map(|(name, value)| {
            (
                name.as_str().into(),
                cleaned(name, value, Some(HIDDEN)).unwrap_or_default().to_string().into(),
            )
        })
        .collect()
}

/// Text that replaces possible secrets in the details of a client.
const HIDDEN: &str = "(hidden: it may be secret)";

/// Private members of a JSON Web Key (RFC 7517, RFC 7518 section 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "k", "oth"];

/// Returns the object without the members that may be secret, at any depth.
pub(super) fn without_secrets(object: &Object) -> Object {
    members(object, |name| name, None)
}

/// Returns the value with each possible secret replaced by `hidden`, or removed if `hidden` is
/// `None`. The private members of a JSON Web Key are always removed. Keycloak stores private keys
/// and old secrets in a client's attributes. Auth0 returns signing keys and secrets of add-ons.
fn cleaned<'a>(name: &'a str, value: &'a Value, hidden: Option<&str>) -> Option<Value> {
    match value {
        Value::String(text) if may_be_secret(name, text) => hidden.map(Value::from),
        Value::Array(list) => {
            let kept: Vec<Value> = list.iter().filter_map(|it| cleaned(name, it, hidden)).collect();
            (list.is_empty() || !kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Object(key) if key.contains_key("kty") => {
            let mut key = key.clone();
            key.retain(|name, _| !PRIVATE.contains(&name.as_str()));
            Some(Value::Object(key))
        }
        // In Auth0, this member contains only the IDs of public keys.
        Value::Object(inner) if name == "private_key_jwt" && has_only_ids(inner) => {
            Some(value.clone())
        }
        Value::Object(inner) => {
            // In Auth0, `refresh_token` contains the settings of refresh tokens.
            let is_secret = is_sensitive(name) && name != "refresh_token";
            let named = |inside: &'a str| if is_secret { name } else { inside };
            Some(Value::Object(members(inner, named, hidden)))
        }
        other => Some(other.clone()),
    }
}

/// Returns true if the only member is a list `credentials`, whose objects contain only an `id`.
fn has_only_ids(object: &Object) -> bool {
    let credentials = object.get("credentials").and_then(Value::as_array);
    let is_id = |it: &Value| it.as_object().is_some_and(|it| it.keys().all(|name| name == "id"));
    object.len() == 1 && credentials.is_some_and(|all| all.iter().all(is_id))
}

fn members<'a>(
    object: &'a Object,
    named: impl Fn(&'a str) -> &'a str,
    hidden: Option<&str>,
) -> Object {
    let kept = object
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), cleaned(named(name), value, hidden)?)));
    kept.collect()
}

/// Returns true if a string may be secret. Times, booleans, public keys such as Keycloak's
/// `jwt.credential.certificate`, and settings such as Hydra's `access_token_strategy` are not
/// secret, even if the name of the member suggests a secret.
fn may_be_secret(name: &str, text: &str) -> bool {
    let ends = ["_lifespan", "_strategy", "certificate", "public.key", ".kid"];
    let is_setting = ends.iter().any(|end| name.ends_with(end));
    let is_switch = matches!(text, "true" | "false");
    let is_named = is_sensitive(name) && !is_setting && !is_switch && !is_moment(name, text);
    is_named || text.contains("PRIVATE KEY-----")
}

/// Returns true if a member's name suggests that its value is secret.
fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = [
        "secret",
        "private",
        "password",
        "passphrase",
        "signing_key",
        "api_key",
        "apikey",
        "access_token",
        "accesstoken",
        "refresh_token",
        "api_token",
        "apitoken",
        "credential",
        // Add-ons of Auth0: Azure Blob Storage, Azure Service Bus, and Azure Mobile Services.
        "accesskey",
        "access_key",
        "saskey",
        "sas_key",
        "masterkey",
        "master_key",
    ];
    words.iter().any(|word| name.contains(word))
}

/// Returns true if a string is a time and the member's name refers to time. Such a value is not
/// secret, even if the name contains `secret`.
fn is_moment(name: &str, text: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let timely =
        ["time", "expir", "_at", ".at", "lifespan", "age"].iter().any(|it| name.contains(it));
    let seconds = text.len() <= 13 && text.bytes().all(|byte| byte.is_ascii_digit());
    timely && (seconds || text.parse::<jiff::Timestamp>().is_ok())
}

/// Returns the error for a write that succeeded, but whose result could not be read. Such a write
/// must not be repeated.
pub(super) fn unread(error: &ApiError) -> ApiError {
    ApiError::Unread { why: error.explain("").why }
}

/// Returns the time in a member, or `None` if the member is missing or is not an RFC 3339 time.
pub(super) fn time(object: &Object, name: &str) -> Option<Timestamp> {
    object.get(name)?.as_str()?.parse().ok()
}

/// Returns a string member, or `None` if the member is missing, empty or not a string. A list with
/// one string is also accepted, because some servers return such a list instead of the string.
pub(super) fn text(object: &Object, name: &str) -> Option<Untrusted> {
    let text = match object.get(name)? {
        Value::Array(list) if list.len() == 1 => list[0].as_str(),
        other => other.as_str(),
    };
    text.filter(|text| !text.is_empty()).map(Untrusted::from)
}

/// Returns the strings in a list; empty if the member is missing or not a list. A single string is
/// also accepted, because some servers return it instead of a list.
pub(super) fn list(object: &Object, name: &str) -> Vec<Untrusted> {
    match object.get(name) {
        Some(Value::Array(list)) => {
            list.iter().filter_map(Value::as_str).map(Untrusted::from).collect()
        }
        Some(Value::String(text)) if !text.is_empty() => vec![text.as_str().into()],
        _ => Vec::new(),
    }
}

/// Returns true if a member is present. `null` counts as absent (RFC 7591 section 2).
pub(super) fn has(object: &Object, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null())
}

pub(super) fn json(value: draft::FieldValue) -> Value {
    match value {
        draft::FieldValue::Line(text) => Value::from(text),
        draft::FieldValue::Switch(on) => Value::from(on),
        draft::FieldValue::Lines(lines) => Value::from(lines),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> Object {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_version_tells_changes_from_order_and_secrets() {
        let version = |value: Value| version(&object(&value), &["secret"]);
        let first = version(json!({"a": ["x", "y"], "b": {"c": 1}, "secret": "s"}));
        assert_eq!(first, version(json!({"b": {"c": 1}, "a": ["y", "x"], "secret": "t"})));
        assert_ne!(first, version(json!({"a": ["x", "y"], "b": {"c": 2}})));
        assert_eq!(unchanged(Some(&first), &first), Ok(()));
        assert_eq!(unchanged(None, &first), Ok(()), "no earlier read");
        assert_eq!(unchanged(Some("older"), &first), Err(ApiError::Changed));
    }

    #[test]
    fn side_effects_name_each_member_that_nobody_asked_for() {
        let expected = json!({"name": "new", "off": false, "uris": ["b", "a"], "jwks": {},
            "attributes": {"pkce": "S256", "kept": "1"}, "at": 1});
        let after = json!({"name": "new", "off": true, "uris": ["a", "b"], "gone": null,
            "attributes": {"kept": "1"}, "at": 2});
        let found = side_effects(&object(&expected), &object(&after), &["at"]);
        assert_eq!(found, ["attributes.pkce".into(), "off".into()]);
        assert_eq!(side_effects(&object(&after), &object(&after), &[]), []);
    }

    /// An export contains settings whose names only resemble the names of secrets.
    #[test]
    fn object_without_secrets_keeps_its_settings() {
        let read = object(&json!({
            "secret": "s", "registrationAccessToken": "t", "clientAuthenticatorType": "client-secret",
            "attributes": { "saml.signing.private.key": "MII", "client.secret.rotated": "r",
                "client_credentials.use_refresh_token": "true", "use.refresh.tokens": "false",
                "jwt.credential.certificate": "MIID" },
            "client_authentication_methods": { "private_key_jwt": { "credentials": [{ "id": "cred_1" }] } },
            "refresh_token": { "rotation_type": "rotating" }, "access_token_strategy": "jwt",
            "client_credentials_grant_access_token_lifespan": "1h0m0s",
            "addons": { "aws": { "secret_access_key": "k" }, "azure_blob": { "storageAccessKey": "k" },
                "azure_sb": { "sasKey": "k" }, "wams": { "masterkey": "k" } },
            "metadata": { "credentials": { "user": "a", "pass": "k" }, "pem": "-----BEGIN PRIVATE KEY-----" }, "signing_keys": [{ "pkcs7": "p" }],
            "jwks": { "keys": [{ "kty": "oct", "k": "k", "kid": "1" }] },
        }));
        assert_eq!(
            Value::Object(without_secrets(&read)),
            json!({
                "clientAuthenticatorType": "client-secret",
                "attributes": { "client_credentials.use_refresh_token": "true",
                    "use.refresh.tokens": "false", "jwt.credential.certificate": "MIID" },
                "client_authentication_methods":
                    { "private_key_jwt": { "credentials": [{ "id": "cred_1" }] } },
                "refresh_token": { "rotation_type": "rotating" }, "access_token_strategy": "jwt",
                "client_credentials_grant_access_token_lifespan": "1h0m0s",
                "addons": { "aws": {}, "azure_blob": {}, "azure_sb": {}, "wams": {} },
                "metadata": { "credentials": {} }, "signing_keys": [{}],
                "jwks": { "keys": [{ "kty": "oct", "kid": "1" }] },
            })
        );
    }

    #[test]
    fn what_is_unknown_is_shown_unless_it_is_empty() {
        let read = object(&json!({"id": 1, "tos": "", "jwks": {}, "logo": "l", "off": false}));
        let shown = unknown(&read, &["id"]);
        assert_eq!(shown, [("logo".into(), "\"l\"".into()), ("off".into(), "false".into())]);
        let read = object(&json!({
            "saml.signing.private.key": "MII", "client_secret_expires_at": 0,
            "client.secret.creation.time": "1795323938",
        }));
        let shown: Vec<String> =
            unknown(&read, &[]).iter().map(|(_, value)| value.raw().to_owned()).collect();
        let hidden = "\"(hidden: it may be secret)\"";
        assert_eq!(shown, ["\"1795323938\"", "0", hidden]);
        let read = object(&json!({
            "addons": { "firebase": { "client_email": "a@b.c", "private_key_id": "canary" } },
            "jwks": { "keys": [{ "kty": "EC", "x": "public", "d": "canary" }] },
            "old_secret": "4821-9f3c-canary", "password": ["canary"],
        }));
        let text = format!("{:?}", unknown(&read, &[]));
        assert!(
            !text.contains("canary") && text.contains("public") && text.contains("a@b.c"),
            "{text}"
        );
    }
}
