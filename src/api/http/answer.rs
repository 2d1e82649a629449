//! Extracts the next-page cursor, the rate-limit wait and the error from a response.

use jiff::Timestamp;
use reqwest::{StatusCode, header};
use serde_json::Value;
use url::Url;

use super::Reply;
use crate::{
    api::ApiError,
    domain::{FieldProblem, Untrusted},
};

/// Returns the cursor of the next page: the value of a query parameter of the `next` URL in the
/// `Link` header (RFC 8288). The URL itself is not requested, because it may be on another origin.
pub(in crate::api) fn next_of(reply: &Reply, parameter: &str) -> Option<String> {
    // A URL may contain commas and semicolons, so each link is split at its angle brackets.
    let mut links = reply.link.as_deref()?.split('<').skip(1).filter_map(|it| it.split_once('>'));
    let (address, _) = links.find(|(_, parameters)| {
        let mut parameters = parameters.split([';', ',']).map(str::trim);
        parameters.any(|it| it == "rel=\"next\"" || it == "rel=next")
    })?;
    let address = Url::parse("http://localhost").ok()?.join(address).ok()?;
    address.query_pairs().find(|(name, _)| name == parameter).map(|(_, value)| value.into_owned())
}

/// Returns the time to wait before a retry, in seconds: `Retry-After` as a number or a date (RFC
/// 9110 section 10.2.3). Better Auth, OpenBao, Auth0, Okta and Rauthy send other headers, which are
/// also accepted.
pub(super) fn wait(headers: &header::HeaderMap) -> Option<u64> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let now = Timestamp::now().as_second();
    let until = |second: i64| u64::try_from(second - now).unwrap_or(0);
    let date =
        |text: &str| Some(until(jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second()));
    text("retry-after")
        .and_then(|text| text.parse().ok().or_else(|| date(text)))
        .or_else(|| text("x-retry-after")?.parse().ok())
        .or_else(|| {
            match text("x-ratelimit-reset").or_else(|| text("x-rate-limit-reset"))?.parse().ok()? {
                // OpenBao sends a number of seconds, Auth0 and Okta a Unix time.
                seconds @ 0..1_000_000_000 => u64::try_from(seconds).ok(),
                moment => Some(until(moment)),
            }
        })
        .or_else(|| Some(until(text("x-retry-not-before")?.parse().ok()?)))
}

/// Converts an error response to an [`ApiError`]. A body that is not JSON is not quoted, because it
/// may be a whole web page. If `oauth` is true, a string `error` in a response with status 400 or
/// 401 is the error code of an authorization server (RFC 6749 section 5.2), unless the body
/// contains `code` or `status`. In all other cases, `error` is part of the error text.
pub(super) fn error_of(
    status: StatusCode,
    body: &[u8],
    retry_after: Option<u64>,
    oauth: bool,
) -> ApiError {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let member = |name: &str| body.get(name).and_then(Value::as_str);
    let said = Untrusted::from(said(&body));
    let mut problems: Vec<FieldProblem> = Vec::new();
    if let Some(fields) = body.get("fields").and_then(Value::as_object) {
        for (pointer, text) in fields {
            let text = text.as_str().unwrap_or("is invalid");
            problems.extend(FieldProblem::from_wire(pointer, text.into()));
        }
    }
    let is_oauth = oauth
        && body.get("error").is_some_and(Value::is_string)
        && body.get("code").is_none()
        && body.get("status").is_none();
    match status.as_u16() {
        400 | 401 if is_oauth => ApiError::Refused {
            error: member("error").unwrap_or("error").into(),
            said: member("error_description").unwrap_or_default().into(),
        },
        401 => ApiError::Unauthorized { said },
        403 if member("code") == Some("plan_required") => ApiError::PlanRequired {
            plan: member("required_plan").unwrap_or("a larger plan").into(),
        },
        403 => ApiError::Forbidden { said },
        404 => ApiError::NotFound { said },
        409 => ApiError::Conflict { said, problems },
        412 => ApiError::Changed,
        400 | 422 => ApiError::Invalid { said, problems },
        429 => ApiError::Limited { seconds: retry_after.unwrap_or(30).clamp(1, 3600) },
        other => ApiError::Server {
            status: other,
            said,
            request_id: member("request_id")
                .or_else(|| body.pointer("/error/innerError/request-id")?.as_str())
                .map(Untrusted::from),
        },
    }
}

/// Returns the error text of a response, from the members that servers use: `error` with a
/// description (RFC 6749, Hydra), `message` (Gitea, Auth0), `errorMessage` (Keycloak), `errors`
/// (Vault), an object in `error` with a code and a message (Microsoft Graph), or `errorSummary`
/// with causes (Okta).
fn said(body: &Value) -> String {
    let graph = body.get("error").into_iter().flat_map(|error| {
        ["code", "message"].into_iter().filter_map(|name| error.get(name)?.as_str())
    });
    let causes = body.get("errorCauses").and_then(Value::as_array).into_iter().flatten();
    let causes = causes.filter_map(|it| it.get("errorSummary")?.as_str());
    let members = [
        "error",
        "message",
        "errorMessage",
        "errorSummary",
        "description",
        "error_description",
        "error_hint",
    ];
    let single = members.into_iter().filter_map(|name| body.get(name)?.as_str());
    let several = body.get("errors").and_then(Value::as_array).into_iter().flatten();
    let mut parts: Vec<&str> = Vec::new();
    let all = graph.chain(single).chain(causes).chain(several.filter_map(Value::as_str));
    for part in all.map(str::trim) {
        if !part.is_empty() && !parts.iter().any(|known| known.contains(part)) {
            parts.push(part);
        }
    }
    if parts.is_empty() {
        return by_field(body);
    }
    parts.join(": ")
}

/// Returns GitLab's validation errors: `message` is an object with a list of errors for each field.
fn by_field(body: &Value) -> String {
    let fields = body.get("message").and_then(Value::as_object).into_iter().flatten();
    let lines = fields.flat_map(|(field, errors)| {
        let errors = errors.as_array().into_iter().flatten().filter_map(Value::as_str);
        errors.map(move |error| format!("{field} {error}"))
    });
    lines.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_in_a_link() {
        let link = "</c?page_size=2&page_token=a>; rel=\"first\",</c?page_size=2&page_token=b%3D>; rel=\"next\"";
        let reply = |link: &str| Reply { link: Some(link.to_owned()), ..Reply::default() };
        assert_eq!(next_of(&reply(link), "page_token").as_deref(), Some("b="));
        assert_eq!(next_of(&reply("</c?page_token=a>; rel=\"first\""), "page_token"), None);
        assert_eq!(next_of(&Reply::default(), "page_token"), None);
        let comma = "</c?q=a,b;c&page_token=d>; title=\"x\"; rel=\"next\"";
        assert_eq!(next_of(&reply(comma), "page_token").as_deref(), Some("d"));
    }

    #[test]
    fn every_server_says_its_reason_in_its_own_member() {
        for (body, expected) in [
            (
                r#"{"error":"invalid_redirect_uri","error_description":"bad"}"#,
                "invalid_redirect_uri: bad",
            ),
            (r#"{"errorMessage":"Client x already exists"}"#, "Client x already exists"),
            (
                r#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#,
                "1 error occurred:\n\t* permission denied",
            ),
            (r#"{"message":"token is required","url":"x"}"#, "token is required"),
            (r#"{"error":{"a":1},"message":"m"}"#, "m"),
            (
                r#"{"error":{"code":"Request_BadRequest","message":"No app."}}"#,
                "Request_BadRequest: No app.",
            ),
            (
                r#"{"errorCode":"E1","errorSummary":"Failed","errorCauses":[{"errorSummary":"uri: bad"}]}"#,
                "Failed: uri: bad",
            ),
            (
                r#"{"message":{"value":["is invalid"],"key":["is too long"]}}"#,
                "key is too long, value is invalid",
            ),
        ] {
            assert_eq!(said(&serde_json::from_str(body).unwrap()), expected);
        }
    }

    #[test]
    fn a_wait_is_read_in_every_spelling() {
        let wait_of = |name: &'static str, value: &str| {
            let mut headers = header::HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            wait(&headers)
        };
        assert_eq!(wait_of("retry-after", "7"), Some(7));
        assert_eq!(wait_of("x-retry-after", "9"), Some(9));
        assert_eq!(wait_of("x-ratelimit-reset", "5"), Some(5));
        assert_eq!(wait_of("retry-after", "Sun, 22 Nov 2015 00:00:00 GMT"), Some(0), "over");
        assert_eq!(wait_of("x-other", "5"), None);
    }

    #[test]
    fn statuses_become_reasons() {
        let error = |status, body: &str| error_of(status, body.as_bytes(), Some(7), false);
        assert_eq!(
            error(StatusCode::FORBIDDEN, r#"{"code":"plan_required","required_plan":"Large"}"#),
            ApiError::PlanRequired { plan: "Large".into() }
        );
        assert_eq!(error(StatusCode::TOO_MANY_REQUESTS, ""), ApiError::Limited { seconds: 7 });
        assert_eq!(
            error(
                StatusCode::UNPROCESSABLE_ENTITY,
                r#"{"error":"No","fields":{"callbacks[1]":"is bad","x":"?"}}"#
            ),
            ApiError::Invalid {
                said: "No".into(),
                problems: vec![FieldProblem::at(
                    crate::domain::draft::Field::Callbacks,
                    1,
                    "is bad"
                )],
            }
        );
        assert_eq!(
            error(StatusCode::BAD_GATEWAY, "<html>"),
            ApiError::Server { status: 502, said: "".into(), request_id: None }
        );
    }
}
