//! HTTP-level checks of a server that implements the contract. Each check quotes a sentence of
//! `assets/openapi.yaml`.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{
    name,
    report::{ConformanceReport, Outcome},
};
use crate::api::{
    ApiError, Http,
    http::{Body, Call, Reply},
};

type WireOutcome<T = ()> = std::result::Result<T, Outcome>;

/// HTTP clients for the server under test.
pub struct Wire {
    /// Client with write access.
    pub with_token: Http,
    /// Client without a token.
    pub without: Http,
}

struct PlainClient {
    id: String,
    version: String,
}

/// Runs the checks, adds the results to `report`, and deletes the test client. If the client cannot
/// be created as required, the remaining checks are skipped.
pub async fn run(wire: &Wire, report: &mut ConformanceReport) {
    let mut note = |name, sentence, result| report.note(name, None, sentence, result);
    note("asks for a token", "No valid bearer token", unauthorized(wire).await);
    let attempt = name();
    let (client, result) = create(wire, &attempt).await;
    let failed = result.is_err();
    note("create on the wire", "Create a client. The response contains its secret.", result);
    let Some(client) = client else { return };
    if failed {
        // Delete the client even if the remaining checks cannot run.
        let _ = gone(wire, &client).await;
        return;
    }
    let sentence = "Unique key that makes the request safe to retry for 24 hours";
    note("idempotency key", sentence, repeated(wire, &attempt, &client).await);
    let sentence = "The clients, never with `client_secret`.";
    note("lists no secrets", sentence, secretless(wire).await);
    let sentence = "Position of this page.";
    note("page", sentence, paged(wire).await);
    let sentence =
        "Secret, only in responses to creation and rotation, and with `?include=client_secret`.";
    note("include", sentence, included(wire, &client).await);
    let sentence = "Its version";
    note("etag", sentence, versioned(wire, &client).await);
    let sentence = "The credential was changed since the version in `If-Match`";
    note("if-match", sentence, stale(wire, &client).await);
    let sentence = "Members are missing or invalid; `fields` lists the errors";
    note("fields", sentence, pointed(wire, &client).await);
    let sentence = "Not found, or not visible to the caller";
    note("not found", sentence, missing(wire).await);
    let sentence = "Deleted";
    note("gone", sentence, gone(wire, &client).await);
}

async fn call(
    http: &Http,
    method: Method,
    path: &[&str],
    body: Body,
    headers: &[(&'static str, &str)],
    query: &[(&str, &str)],
) -> std::result::Result<Reply, ApiError> {
    let call = Call { path, query, headers, body, ..Call::default() };
    http.call(method, call).await
}

fn fails(why: impl Into<String>) -> Outcome {
    Outcome::Fails(why.into())
}

fn said(what: &str, error: &ApiError) -> Outcome {
    fails(format!("{what}: {}", error.explain("").why))
}

fn must(holds: bool, otherwise: impl Into<String>) -> WireOutcome {
    if holds { Ok(()) } else { Err(fails(otherwise)) }
}

fn object(reply: &Reply) -> WireOutcome<Map<String, Value>> {
    reply.json().map_err(|error| said("the response is not an object", &error))
}

const CLIENTS: [&str; 2] = ["v3", "oauth-clients"];

async fn unauthorized(wire: &Wire) -> WireOutcome {
    match call(&wire.without, Method::GET, &CLIENTS, Body::Empty, &[], &[]).await {
        Err(ApiError::Unauthorized { said }) => {
            must(!said.raw().is_empty(), "the 401 response has no code in `error`")
        }
        Err(error) => Err(said("a request without a token is not rejected with 401", &error)),
        Ok(_) => Err(fails("the list does not require a token")),
    }
}

fn wanted(name: &str) -> Value {
    json!({
        "name": name, "app_type": "spa", "use_default_urls": false,
        "callbacks": ["https://app.example.com/callback"],
    })
}

async fn post(wire: &Wire, attempt: &str) -> WireOutcome<Reply> {
    let headers = [("idempotency-key", attempt)];
    let body = Body::Json(wanted(attempt));
    let reply = call(&wire.with_token, Method::POST, &CLIENTS, body, &headers, &[]).await;
    reply.map_err(|error| said("creating the client failed", &error))
}

/// Creates a client. Returns the client (`None` if the request failed or the response has no ID)
/// and the result of the response checks.
async fn create(wire: &Wire, attempt: &str) -> (Option<PlainClient>, WireOutcome) {
    let answer = async {
        let reply = post(wire, attempt).await?;
        let body = object(&reply)?;
        Ok::<_, Outcome>((reply, body))
    };
    let (reply, body) = match answer.await {
        Ok(answer) => answer,
        Err(outcome) => return (None, Err(outcome)),
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = text("client_id").to_owned();
    let result = must(reply.status == 201, format!("the status is {}, not 201", reply.status))
        .and_then(|()| must(!id.is_empty(), "the response has no client_id"))
        .and_then(|()| must(!text("client_secret").is_empty(), "the response has no client_secret"))
        .and_then(|()| must(reply.version.is_some(), "the response has no ETag"));
    let version = reply.version.unwrap_or_default();
    ((!id.is_empty()).then_some(PlainClient { id, version }), result)
}

async fn repeated(wire: &Wire, attempt: &str, client: &PlainClient) -> WireOutcome {
    let body = object(&post(wire, attempt).await?)?;
    let same = body.get("client_id").and_then(Value::as_str) == Some(&client.id);
    if !same && let Some(id) = body.get("client_id").and_then(Value::as_str) {
        let path = [&CLIENTS[..], &[id]].concat();
        let _ = call(&wire.with_token, Method::DELETE, &path, Body::Empty, &[], &[]).await;
    }
    must(same, "repeating the request with the same key created a second client")
}

async fn secretless(wire: &Wire) -> WireOutcome {
    let reply = call(&wire.with_token, Method::GET, &CLIENTS, Body::Empty, &[], &[]).await;
    let reply = reply.map_err(|error| said("reading the list failed", &error))?;
    let text = String::from_utf8_lossy(&reply.body);
    must(
        !text.contains("\"client_secret\"") && !text.contains("\"clientSecret\""),
        "the list contains secrets",
    )
}

async fn paged(wire: &Wire) -> WireOutcome {
    let query = [("page", "1"), ("pageSize", "1"), ("app_type", "spa")];
    let reply = call(&wire.with_token, Method::GET, &CLIENTS, Body::Empty, &[], &query).await;
    let body: Value = reply
        .and_then(|reply| reply.json())
        .map_err(|error| said("reading the list failed", &error))?;
    if body.is_array() {
        return Err(Outcome::NotOffered("the list is an array without pages".into()));
    }
    let data = body.get("data").and_then(Value::as_array);
    let data = data.ok_or_else(|| fails("the response has no `data`"))?;
    must(data.len() <= 1, format!("a page of size 1 has {} entries", data.len()))?;
    let total = body.get("page").and_then(|page| page.get("total")).and_then(Value::as_u64);
    must(
        total.is_some_and(|total| total > 0),
        "`page.total` is missing, or is not a positive number",
    )
}

fn path_of(client: &PlainClient) -> Vec<&str> {
    [&CLIENTS[..], &[client.id.as_str()]].concat()
}

async fn included(wire: &Wire, client: &PlainClient) -> WireOutcome {
    let path = path_of(client);
    let read = async |query: &[(&str, &str)]| {
        let reply = call(&wire.with_token, Method::GET, &path, Body::Empty, &[], query).await;
        object(&reply.map_err(|error| said("reading the client failed", &error))?)
    };
    must(
        !read(&[]).await?.contains_key("client_secret"),
        "a read without `include` returns the secret",
    )?;
    let with = read(&[("include", "client_secret")]).await?;
    if with.contains_key("client_secret") {
        return Ok(());
    }
    Err(Outcome::NotOffered("the server does not return the secret again".into()))
}

async fn versioned(wire: &Wire, client: &PlainClient) -> WireOutcome {
    let reply = call(&wire.with_token, Method::GET, &path_of(client), Body::Empty, &[], &[]).await;
    let reply = reply.map_err(|error| said("reading the client failed", &error))?;
    must(
        reply.version.as_deref() == Some(&client.version),
        "reading the client returns another ETag than creating it",
    )
}

async fn stale(wire: &Wire, client: &PlainClient) -> WireOutcome {
    let path = path_of(client);
    let rename = async |version: &str| {
        let body = Body::Json(json!({ "name": name() }));
        call(&wire.with_token, Method::PATCH, &path, body, &[("if-match", version)], &[]).await
    };
    let reply = rename(&client.version)
        .await
        .map_err(|error| said("an edit of the newest version failed", &error))?;
    must(
        reply.version.as_deref().is_some_and(|version| version != client.version),
        "an edit does not change the ETag",
    )?;
    match rename(&client.version).await {
        Err(ApiError::Changed) => Ok(()),
        Err(error) => Err(said("an edit of an outdated version is not rejected with 412", &error)),
        Ok(_) => Err(fails("an edit of an outdated version is accepted")),
    }
}

async fn pointed(wire: &Wire, client: &PlainClient) -> WireOutcome {
    let body = Body::Json(json!({ "callbacks": ["https://app.example.com/", "not a url"] }));
    match call(&wire.with_token, Method::PATCH, &path_of(client), body, &[], &[]).await {
        Err(ApiError::Invalid { problems, .. }) => must(
            problems.iter().any(|problem| problem.pointer() == "callbacks[1]"),
            "`fields` does not name callbacks[1]",
        ),
        Err(error) => Err(said("an invalid callback URL is not rejected with 400 or 422", &error)),
        Ok(_) => Err(fails("an invalid callback URL is accepted")),
    }
}

async fn missing(wire: &Wire) -> WireOutcome {
    let id = name();
    let path = [&CLIENTS[..], &[id.as_str()]].concat();
    match call(&wire.with_token, Method::GET, &path, Body::Empty, &[], &[]).await {
        Err(ApiError::NotFound { .. }) => Ok(()),
        Err(error) => Err(said("an unknown client ID is not rejected with 404", &error)),
        Ok(_) => Err(fails("a client that was never created is found")),
    }
}

async fn gone(wire: &Wire, client: &PlainClient) -> WireOutcome {
    let path = path_of(client);
    let delete =
        async || call(&wire.with_token, Method::DELETE, &path, Body::Empty, &[], &[]).await;
    let reply = delete().await.map_err(|error| said("deleting the client failed", &error))?;
    must(reply.status == 204, format!("the status is {}, not 204", reply.status))?;
    match delete().await {
        Err(ApiError::NotFound { .. }) => Ok(()),
        Err(error) => Err(said("a second deletion is not rejected with 404", &error)),
        Ok(_) => Err(fails("a second deletion succeeds")),
    }
}
