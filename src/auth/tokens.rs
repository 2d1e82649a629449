//! Requests to the token endpoint (RFC 6749 sections 3.2 and 5) and to the revocation endpoint
//! (RFC 7009) of an issuer.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded;
use zeroize::Zeroize as _;

use super::discovery::Metadata;
use crate::{
    api::{
        ApiError, Http, Trust,
        http::{Body, Call, FormText, Reply},
    },
    domain::{Secret, Untrusted, jwt},
};

/// Client that authenticates at a token endpoint.
#[derive(Debug)]
pub struct ClientAuth<'a> {
    /// Client ID.
    pub id: &'a str,
    /// Client secret; `None` for a public client.
    pub secret: Option<&'a Secret>,
}

/// Response of a token endpoint.
#[derive(Debug)]
pub struct Tokens {
    /// Access token, always a bearer token.
    pub access: Secret,
    /// Refresh token, if the server sent one.
    pub refresh: Option<Secret>,
    /// ID token (OpenID Connect Core section 2), if the server sent one.
    pub id: Option<Secret>,
    /// Lifetime of the access token in seconds, if the server states it.
    pub expires_in: Option<i64>,
    /// Granted scopes; empty if the server does not state them.
    pub scope: Vec<Untrusted>,
}

impl Tokens {
    /// Returns the claims of the access token; `None` if the token is opaque.
    #[must_use]
    pub fn claims(&self) -> Option<jwt::Claims> {
        jwt::read(self.access.expose())
    }

    /// Returns the expiry of the access token: from its lifetime if the response states it, else
    /// from its claims. `None` if neither has an expiry. `now` is the time of the response.
    #[must_use]
    pub fn ends(&self, now: Timestamp) -> Option<Timestamp> {
        match self.expires_in {
            Some(seconds) => Timestamp::from_second(now.as_second().saturating_add(seconds)).ok(),
            None => self.claims().and_then(|claims| claims.expires_at),
        }
    }
}

#[derive(Deserialize)]
struct Wire {
    access_token: String,
    token_type: Option<String>,
    refresh_token: Option<String>,
    id_token: Option<String>,
    expires_in: Option<Value>,
    scope: Option<String>,
}

/// Sends a token request. If the server rejects the client authentication but supports a second
/// authentication method, the request is repeated with that method.
///
/// # Errors
/// [`ApiError::Refused`] with the server's reason, [`ApiError::Unusable`] if the issuer supports no
/// authentication method of the client, [`ApiError::Malformed`] if the response has no usable
/// bearer token, or a transport error.
pub async fn ask(
    metadata: &Metadata,
    trust: &Trust,
    client: &ClientAuth<'_>,
    pairs: &[(&str, &str)],
) -> Result<Tokens, ApiError> {
    let http = Http::new(&metadata.token_endpoint, None, trust)?;
    read(post_authenticated(&http, metadata, client, pairs).await?)
}

/// Posts a form. If the server rejects the client authentication but supports a second
/// authentication method, posts the form again with that method.
async fn post_authenticated(
    http: &Http,
    metadata: &Metadata,
    client: &ClientAuth<'_>,
    pairs: &[(&str, &str)],
) -> Result<Reply, ApiError> {
    let mut refused = None;
    for way in ways(metadata, client) {
        match post(http, way, client, pairs).await {
            Err(ApiError::Refused { error, said }) if error.raw() == "invalid_client" => {
                refused.get_or_insert(ApiError::Refused { error, said });
            }
            result => return result,
        }
    }
    Err(refused.unwrap_or_else(|| ApiError::Unusable {
        why: "The issuer supports no authentication method of this client".into(),
    }))
}

/// Revokes a token (RFC 7009). Does nothing if the issuer has no revocation endpoint.
///
/// # Errors
/// [`ApiError`] if the issuer rejects the revocation or cannot be reached.
pub async fn revoke(
    metadata: &Metadata,
    trust: &Trust,
    client: &ClientAuth<'_>,
    token: &Secret,
    hint: &str,
) -> Result<(), ApiError> {
    let Some(endpoint) = &metadata.revocation_endpoint else { return Ok(()) };
    let http = Http::new(endpoint, None, trust)?;
    let pairs = [("token", token.expose()), ("token_type_hint", hint)];
    post_authenticated(&http, metadata, client, &pairs).await.map(|_| ())
}

/// Client authentication method (RFC 6749 section 2.3.1).
#[derive(Clone, Copy)]
enum Way {
    Public,
    Basic,
    Post,
}

fn ways(metadata: &Metadata, client: &ClientAuth<'_>) -> Vec<Way> {
    if client.secret.is_none() {
        return vec![Way::Public];
    }
    let known = |name: &str| metadata.client_auth.iter().any(|way| way == name);
    [("client_secret_basic", Way::Basic), ("client_secret_post", Way::Post)]
        .into_iter()
        .filter(|(name, _)| known(name))
        .map(|(_, way)| way)
        .collect()
}

async fn post(
    http: &Http,
    way: Way,
    client: &ClientAuth<'_>,
    pairs: &[(&str, &str)],
) -> Result<Reply, ApiError> {
    let (form, basic) = written(way, client, pairs);
    let headers: Vec<_> = basic.iter().map(|value| ("authorization", value.expose())).collect();
    let body = Body::Form(FormText(form));
    http.call(Method::POST, Call { headers: &headers, body, ..Call::default() }).await
}

/// Returns the encoded form, and the value of the Authorization header for HTTP Basic
/// authentication.
fn written(way: Way, client: &ClientAuth<'_>, pairs: &[(&str, &str)]) -> (Secret, Option<Secret>) {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    let mut basic = None;
    match (way, client.secret) {
        (Way::Basic, Some(secret)) => {
            let half =
                |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = Secret::new(format!("{}:{}", half(client.id), half(secret.expose())));
            basic = Some(Secret::new(format!("Basic {}", STANDARD.encode(pair.expose()))));
        }
        (Way::Post, Some(secret)) => {
            form.append_pair("client_id", client.id).append_pair("client_secret", secret.expose());
        }
        _ => {
            form.append_pair("client_id", client.id);
        }
    }
    (Secret::new(form.finish()), basic)
}

/// True if a text can be sent in a header as a bearer token: printable ASCII without spaces, and
/// not empty. RFC 6750 section 2.1 allows fewer characters.
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn read(mut reply: crate::api::http::Reply) -> Result<Tokens, ApiError> {
    let wire: Result<Wire, ApiError> = reply.json();
    reply.body.zeroize();
    let Wire { access_token, token_type, refresh_token, id_token, expires_in, scope } = wire?;
    let malformed = |why: &str| ApiError::Malformed { why: why.to_owned() };
    if token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(malformed("its tokens are not bearer tokens"));
    }
    if !is_token(&access_token) {
        return Err(malformed("its access token has characters that are not allowed in a header"));
    }
    let seconds = match expires_in {
        Some(Value::Number(number)) => number.as_f64().map(|seconds| seconds as i64),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    Ok(Tokens {
        access: Secret::new(access_token),
        refresh: refresh_token.filter(|text| !text.is_empty()).map(Secret::new),
        id: id_token.map(Secret::new),
        expires_in: seconds.map(|seconds| seconds.clamp(0, 10 * 365 * 86_400)),
        scope: scope.unwrap_or_default().split_whitespace().map(Untrusted::from).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::http::Reply;

    fn answer(body: &str) -> Result<Tokens, ApiError> {
        read(Reply { body: body.as_bytes().to_vec(), ..Reply::default() })
    }

    #[test]
    fn answers_of_many_servers_are_read() {
        let tokens = answer(
            r#"{"access_token":"a.b","token_type":"bearer","expires_in":"3600","scope":"x  y","refresh_token":""}"#,
        )
        .expect("tokens");
        assert_eq!((tokens.expires_in, tokens.scope.len()), (Some(3600), 2));
        assert!(tokens.refresh.is_none());
        let tokens = answer(r#"{"access_token":"a","expires_in":-5}"#).expect("tokens");
        assert_eq!(tokens.expires_in, Some(0));
    }

    #[test]
    fn what_cannot_be_a_bearer_token_is_refused_without_being_quoted() {
        for body in [
            r#"{"access_token":"canary\r\nX-Evil: 1"}"#,
            r#"{"access_token":""}"#,
            r#"{"access_token":"canary","token_type":"DPoP"}"#,
            r#"{"access_token":42}"#,
            "canary",
        ] {
            let error = answer(body).expect_err("refused");
            assert!(matches!(error, ApiError::Malformed { .. }), "{body}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
}
