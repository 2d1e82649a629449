//! Parses the claims of an access token (RFC 7519) without verifying its signature.
//!
//! The console shows a token's claims. The API that receives the token verifies it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Secret, Untrusted, credential::Expiry};

/// Readable claims of an access token, without the token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// Signature algorithm, from the header; `?` if the header has none.
    pub algorithm: Untrusted,
    /// Name and value of each claim except the scopes, sorted by name. Times are formatted.
    pub claims: Vec<(Untrusted, Untrusted)>,
    /// Scopes of the token.
    pub scopes: Vec<Untrusted>,
    /// Time of the expiry, from `exp`.
    pub expires_at: Option<Timestamp>,
}

/// Parses the header and the claims of a JWT in compact form; `None` for an opaque token.
#[must_use]
pub fn read(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let header = object(parts.next()?)?;
    let payload = object(parts.next()?)?;
    parts.next()?;
    if parts.next().is_some() {
        return None;
    }
    let expires_at =
        payload.get("exp").and_then(Value::as_i64).and_then(|s| Timestamp::from_second(s).ok());
    let scopes = match payload.get("scope").or_else(|| payload.get("scp")) {
        Some(Value::String(text)) => text.split_whitespace().map(Untrusted::from).collect(),
        Some(Value::Array(items)) => {
            items.iter().filter_map(Value::as_str).map(Untrusted::from).collect()
        }
        _ => Vec::new(),
    };
    let claims = payload
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "scope" | "scp"))
        .map(|(name, value)| (Untrusted::from(name.as_str()), written(name, value)))
        .collect();
    let algorithm = Untrusted::from(header.get("alg").and_then(Value::as_str).unwrap_or("?"));
    Some(Claims { algorithm, claims, scopes, expires_at })
}

/// Returns the expiry of a token: unknown for an opaque token, and never for a JWT without `exp`.
/// Keycloak sets `exp` to 0 if the token never expires.
#[must_use]
pub fn expiry(token: &Secret) -> Expiry {
    let Some(claims) = read(token.expose()) else { return Expiry::Unknown };
    claims.expires_at.filter(|at| at.as_second() > 0).map_or(Expiry::Never, Expiry::At)
}

/// Returns the raw claims of a JWT; `None` for an opaque token.
#[must_use]
pub fn payload(token: &str) -> Option<Map<String, Value>> {
    object(token.split('.').nth(1)?)
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn written(name: &str, value: &Value) -> Untrusted {
    let time = matches!(name, "exp" | "iat" | "nbf" | "auth_time")
        .then(|| value.as_i64().and_then(|s| Timestamp::from_second(s).ok()))
        .flatten();
    match (time, value) {
        (Some(at), _) => super::age::utc(at).into(),
        (None, Value::String(text)) => text.as_str().into(),
        (None, other) => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.sig", encode(r#"{"alg":"ES256"}"#), encode(payload))
    }

    #[test]
    fn claims_scopes_and_end_are_read() {
        let claims = read(&token(
            r#"{"iss":"https://auth.example/","exp":1795262400,"scope":"read:maps write:maps"}"#,
        ))
        .expect("a JWT");
        assert_eq!(claims.algorithm.raw(), "ES256");
        assert_eq!(claims.scopes, ["read:maps".into(), "write:maps".into()]);
        assert_eq!(claims.expires_at.map(jiff::Timestamp::as_second), Some(1_795_262_400));
        let names: Vec<_> = claims.claims.iter().map(|(name, _)| name.raw()).collect();
        assert_eq!(names, ["exp", "iss"]);
    }

    #[test]
    fn opaque_and_broken_tokens_are_not_claims() {
        for text in ["", "opaque", "a.b", "a.b.c", "a.b.c.d"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
