//! Provider module for servers that implement `assets/openapi.yaml`, called "the contract".
//!
//! Parsing is tolerant: members may be in snake or camel case, lists may have an envelope, and
//! unknown members of a single object are kept. Secrets are dropped from responses that should not
//! contain any, so that no other module receives them.

mod wire;

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json, value::RawValue};
use wire::{CapabilitiesWire, MeWire, SecretWire};

use super::{
    AddedSecret, Answer, ApiError, Capabilities, CredentialsApi, Http, Me, Page, PageQuery,
    RotationRequest, Scope, Secrecy, Written,
    http::{Body, Call, Reply},
    rows,
};
use crate::domain::{
    Credential, CredentialRef, Draft, Kind, Secret, Untrusted,
    draft::{self, Change, Field, Fields},
    objects::CredentialObject,
    semantics::{self, Semantics},
};

/// Exact comparison of URLs (`assets/openapi.yaml`).
pub const SEMANTICS: Semantics = semantics::EXACT;

/// [`CredentialsApi`] for a server that implements the contract.
pub struct Contract {
    http: Http,
    base_url: String,
    /// Path segments of the OAuth client collection, below the base URL.
    clients: Vec<String>,
    /// True once the server's capabilities have been read and allow reading a secret again.
    readable: AtomicBool,
}

impl Contract {
    /// Creates a provider for the server that `http` connects to. `base_url` is shown until the
    /// server reports its base URL.
    #[must_use]
    pub fn new(http: Http, base_url: &str) -> Self {
        Self {
            http: http.of_api(),
            base_url: base_url.to_owned(),
            clients: vec!["v3".to_owned(), "oauth-clients".to_owned()],
            readable: AtomicBool::new(false),
        }
    }

    /// Sets the path of the OAuth client collection, relative to the base URL.
    #[must_use]
    pub fn with_clients_at(mut self, path: &str) -> Self {
        self.clients = path.split('/').filter(|it| !it.is_empty()).map(str::to_owned).collect();
        self
    }

    pub(super) const fn http(&self) -> &Http {
        &self.http
    }

    fn collection(&self, kind: Kind) -> Vec<&str> {
        match kind {
            Kind::Token => vec!["v3", "tokens"],
            Kind::Spa | Kind::M2m | Kind::Other => {
                self.clients.iter().map(String::as_str).collect()
            }
        }
    }

    fn member<'a>(&'a self, kind: Kind, id: &'a Untrusted) -> Vec<&'a str> {
        let mut path = self.collection(kind);
        path.push(id.raw());
        path
    }

    /// Removes the secret from the result of a write, if the secret can be read again.
    fn without_readable_secret(&self, mut written: Written) -> Written {
        if self.readable.load(Ordering::Relaxed) {
            written.secret = None;
        }
        written
    }

    /// Deletes the secret with the given ID. Succeeds if the secret does not exist.
    async fn delete_secret(
        &self,
        kind: Kind,
        id: &Untrusted,
        secret: &str,
    ) -> Result<(), ApiError> {
        let mut path = self.member(kind, id);
        path.extend(["secrets", secret]);
        let call = Call { path: &path, ..Call::default() };
        match self.http.call(Method::DELETE, call).await {
            Ok(_) | Err(ApiError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn one(&self, method: Method, kind: Kind, call: Call<'_>) -> Result<Written, ApiError> {
        let reply = self.http.call(method, call).await?;
        let version = reply.version.clone();
        read_one(kind, &reply).map(|mut written| {
            written.credential.record_mut().version = version;
            written
        })
    }
}

impl CredentialsApi for Contract {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        Box::pin(async {
            let call = Call { path: &["v3", "credentials", "capabilities"], ..Call::default() };
            match self.http.call(Method::GET, call).await {
                Ok(reply) => {
                    let all = reply.json::<CapabilitiesWire>()?.read(&self.base_url);
                    let readable = all.of(Kind::M2m).secrecy == Secrecy::Readable;
                    self.readable.store(readable, Ordering::Relaxed);
                    Ok(all)
                }
                Err(ApiError::NotFound { .. }) => Ok(Capabilities::basic(&self.base_url)),
                Err(error) => Err(error),
            }
        })
    }

    fn me(&self) -> Answer<'_, Me> {
        Box::pin(async {
            let call = Call { path: &["v3", "me"], ..Call::default() };
            let me: MeWire = self.http.call(Method::GET, call).await?.json()?;
            Ok(Me { user_id: me.user_id.into(), email: me.email.into(), role: me.role.into() })
        })
    }

    fn page(&self, query: PageQuery) -> Answer<'_, Page> {
        Box::pin(async move {
            // The pages of the contract are numbered from 1, and the cursor is the page number.
            let page = query.after.as_deref().unwrap_or("1");
            let size = query.size.to_string();
            let mut pairs = vec![
                ("page", page),
                ("pageSize", size.as_str()),
                ("order_by", "name"),
                ("order_direction", "asc"),
            ];
            match query.kind {
                Kind::Token => {}
                Kind::Spa => pairs.push(("app_type", "spa")),
                Kind::M2m => pairs.push(("app_type", "non_interactive")),
                Kind::Other => return Ok(Page::default()),
            }
            if query.scope == Scope::Organization {
                pairs.push(("scope", "organization"));
            }
            pairs.extend(query.search.iter().map(|text| ("search", text.as_str())));
            let path = self.collection(query.kind);
            let call = Call { path: &path, query: &pairs, ..Call::default() };
            let reply = self.http.call(Method::GET, call).await?;
            // Parsing a large page on this thread would delay other requests and the console.
            let read = tokio::task::spawn_blocking(move || read_page(&reply, &query)).await;
            read.unwrap_or_else(|failed| match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(ApiError::Local {
                    why: "Could not read the page: the program is exiting.".into(),
                    next: "Try again.",
                }),
            })
        })
    }

    fn page_at(&self, number: u32, _: u32) -> Option<String> {
        Some((number + 1).to_string())
    }

    fn show(&self, of: CredentialRef) -> Answer<'_, Credential> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            let call = Call { path: &self.member(kind, &id), ..Call::default() };
            Ok(self.one(Method::GET, kind, call).await?.credential)
        })
    }

    fn secret(&self, of: CredentialRef) -> Answer<'_, Secret> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            let query = [("include", secret_member(kind))];
            let call = Call { path: &self.member(kind, &id), query: &query, ..Call::default() };
            let read = self.one(Method::GET, kind, call).await?;
            read.secret.ok_or_else(|| ApiError::Malformed {
                why: format!("the requested {} is missing", secret_member(kind)),
            })
        })
    }

    fn create(&self, draft: Draft, attempt: String) -> Answer<'_, Written> {
        Box::pin(async move {
            let headers = [("idempotency-key", attempt.as_str())];
            let call = Call {
                path: &self.collection(draft.kind()),
                headers: &headers,
                body: Body::Json(written(&draft)),
                ..Call::default()
            };
            self.one(Method::POST, draft.kind(), call)
                .await
                .map(|written| self.without_readable_secret(written))
        })
    }

    fn edit(
        &self,
        of: CredentialRef,
        version: Option<String>,
        changes: Vec<Change>,
    ) -> Answer<'_, Written> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            let mut body = Map::new();
            for change in changes {
                let (name, value) = member_of(change.field, change.after);
                body.insert(name.to_owned(), value);
            }
            let headers = if_match(version.as_deref());
            let call = Call {
                path: &self.member(kind, &id),
                headers: &headers,
                body: Body::Json(Value::Object(body)),
                ..Call::default()
            };
            self.one(Method::PATCH, kind, call).await.map(Written::without_secret)
        })
    }

    fn rotate(&self, of: CredentialRef, rotation: RotationRequest) -> Answer<'_, Written> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            let headers = if_match(rotation.version.as_deref());
            let keep_tokens = [("keep_tokens", "true")];
            let query = if rotation.keep_tokens { &keep_tokens[..] } else { &[] };
            let mut path = self.member(kind, &id);
            path.push("rotate-secret");
            let call = Call { path: &path, query, headers: &headers, ..Call::default() };
            self.one(Method::POST, kind, call)
                .await
                .map(|written| self.without_readable_secret(written))
        })
    }

    fn add_secret(&self, of: CredentialRef) -> Answer<'_, AddedSecret> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            let mut path = self.member(kind, &id);
            path.push("secrets");
            let call = Call { path: &path, ..Call::default() };
            let made: SecretWire = self.http.call(Method::POST, call).await?.json()?;
            let secret = made.client_secret.map(Secret::new).ok_or_else(|| {
                ApiError::Malformed { why: "the response has no client_secret".into() }
            })?;
            Ok(AddedSecret { secret, id: Some(made.secret_id.into()) })
        })
    }

    fn retire_secret(&self, of: CredentialRef, previous: Option<Untrusted>) -> Answer<'_, ()> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            match previous {
                Some(previous) => self.delete_secret(kind, &id, previous.raw()).await,
                None => Err(ApiError::Forbidden { said: "the previous secret has no ID".into() }),
            }
        })
    }

    fn withdraw_secret<'a>(
        &'a self,
        of: CredentialRef,
        added: Option<Untrusted>,
        _: Option<&'a Secret>,
    ) -> Answer<'a, ()> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            match added {
                Some(added) => self.delete_secret(kind, &id, added.raw()).await,
                None => Err(ApiError::Forbidden { said: "the new secret has no ID".into() }),
            }
        })
    }

    fn set_secret_active(
        &self,
        of: CredentialRef,
        secret: Untrusted,
        active: bool,
    ) -> Answer<'_, ()> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            let mut path = self.member(kind, &id);
            path.extend(["secrets", secret.raw()]);
            let body = Body::Json(json!({ "active": active }));
            let call = Call { path: &path, body, ..Call::default() };
            self.http.call(Method::PATCH, call).await.map(|_| ())
        })
    }

    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            let headers = if_match(version.as_deref());
            let call = Call { path: &self.member(kind, &id), headers: &headers, ..Call::default() };
            self.http.call(Method::DELETE, call).await.map(|_| ())
        })
    }
}

const fn secret_member(kind: Kind) -> &'static str {
    match kind {
        Kind::Token => "token",
        Kind::Spa | Kind::M2m | Kind::Other => "client_secret",
    }
}

fn if_match(version: Option<&str>) -> Vec<(&'static str, &str)> {
    version.map(|version| ("if-match", version)).into_iter().collect()
}

/// Returns the request body that creates the credential of a draft.
fn written(draft: &Draft) -> Value {
    let mut body = Map::new();
    for (field, value) in draft.values() {
        if !Fields::CONTRACT.has(field) {
            continue;
        }
        let (name, value) = member_of(field, value);
        body.insert(name.to_owned(), value);
    }
    match draft {
        Draft::Spa(spa) => {
            body.insert("app_type".into(), json!("spa"));
            if spa.login_url.is_empty() {
                body.remove(Field::LoginUrl.wire());
            }
        }
        Draft::M2m(_) | Draft::Other(_) => {
            body.insert("app_type".into(), json!("non_interactive"));
        }
        Draft::Token(token) => {
            if token.name.is_empty() {
                body.remove(Field::Name.wire());
            }
            if let Some(at) = token.expires_at {
                body.insert(Field::Expires.wire().into(), json!(at));
            }
        }
    }
    Value::Object(body)
}

fn member_of(field: Field, value: draft::FieldValue) -> (&'static str, Value) {
    let value = match (field, value) {
        (Field::Visibility, draft::FieldValue::Switch(on)) => {
            json!(if on { "organization" } else { "private" })
        }
        (Field::Grants, draft::FieldValue::Lines(lines)) => lines
            .iter()
            .map(|line| draft::split_grant(line))
            .map(|(connection, source)| json!({ "connection_name": connection, "source": source }))
            .collect(),
        (Field::LoginUrl, draft::FieldValue::Line(text)) if text.is_empty() => Value::Null,
        (_, draft::FieldValue::Line(text)) => json!(text),
        (_, draft::FieldValue::Switch(on)) => json!(on),
        (_, draft::FieldValue::Lines(lines)) => json!(lines),
    };
    (field.wire(), value)
}

#[derive(Default, Deserialize)]
struct PageWire {
    total: Option<u64>,
    /// Page size that the server used, which may be smaller than the requested size.
    size: Option<u64>,
}

fn read_page(reply: &Reply, query: &PageQuery) -> Result<Page, ApiError> {
    let (rows, page) = rows_of(reply, query)?;
    let count = rows.len() as u64;
    // A server that does not support the `app_type` filter returns clients of both kinds.
    let entries: Vec<Credential> = rows.into_iter().filter(|it| it.kind() == query.kind).collect();
    let Some(page) = page else {
        return Ok(Page { total: Some(entries.len() as u64), entries, next: None });
    };
    let size = page.size.unwrap_or(u64::from(query.size));
    let number: u64 = query.after.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1);
    let seen = number * size;
    let last = count == 0 || page.total.map_or(count < size, |total| seen >= total);
    let next = (!last).then(|| (number + 1).to_string());
    Ok(Page { entries, total: page.total, next })
}

/// Parses the rows of a page, and the total and page size in its envelope, if any. Parsing the page
/// in one pass keeps lists of 100,000 rows fast. A page with an unreadable row is parsed again row
/// by row, so that only that row is reported as unreadable.
fn rows_of(
    reply: &Reply,
    query: &PageQuery,
) -> Result<(Vec<Credential>, Option<PageWire>), ApiError> {
    let at_once = match query.kind {
        Kind::Token => list_of(reply).map(|(rows, page)| (each(rows, |TokenRow(it)| it), page)),
        _ => list_of(reply).map(|(rows, page)| (each(rows, |ClientRow(it)| it), page)),
    };
    if let Ok(read) = at_once {
        return Ok(read);
    }
    let (rows, page) = list_of::<Box<RawValue>>(reply)?;
    let one = |(at, row): (usize, Box<RawValue>)| {
        let object = serde_json::from_str::<CredentialObject>(row.get()).map_err(|_| {
            // The parser's own message could quote a secret.
            ApiError::Malformed { why: "a member has an unexpected type".to_owned() }
        });
        let read = object.and_then(|object| credential_of(object, query.kind));
        read.unwrap_or_else(|error| {
            let row: Value = serde_json::from_str(row.get()).unwrap_or_default();
            let said = ["app_type", "appType"].iter().find_map(|name| row.get(*name)?.as_str());
            let kind = match said {
                Some("spa") => Kind::Spa,
                Some("m2m" | "non_interactive") => Kind::M2m,
                _ => query.kind,
            };
            rows::unreadable(kind, &row, at, &error)
        })
    };
    Ok((rows.into_iter().enumerate().map(one).collect(), page))
}

/// Converts row wrappers to credentials. `collect` reuses the allocation of the vector.
fn each<T>(rows: Vec<T>, credential: impl FnMut(T) -> Credential) -> Vec<Credential> {
    rows.into_iter().map(credential).collect()
}

/// Client in a list. Each client is converted while the page is parsed, because the intermediate
/// objects of a whole page would require several times the memory.
#[derive(Deserialize)]
#[serde(try_from = "CredentialObject<'_>")]
struct ClientRow(Credential);

impl TryFrom<CredentialObject<'_>> for ClientRow {
    type Error = &'static str;

    fn try_from(mut object: CredentialObject<'_>) -> Result<Self, Self::Error> {
        // `into_client` assumes an object from a file, and would report the secret as stored in the
        // file.
        object.client_secret = None;
        if object.is_client() { Ok(Self(object.into_client())) } else { Err(NO_CLIENT) }
    }
}

/// API token in a list, converted while the page is parsed.
#[derive(Deserialize)]
#[serde(from = "CredentialObject<'_>")]
struct TokenRow(Credential);

impl From<CredentialObject<'_>> for TokenRow {
    fn from(object: CredentialObject<'_>) -> Self {
        Self(object.into_token())
    }
}

/// Parses a list response. The second value contains the total and page size, or is `None` without
/// an envelope.
fn list_of<T: DeserializeOwned>(reply: &Reply) -> Result<(Vec<T>, Option<PageWire>), ApiError> {
    if reply.body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Ok((reply.json()?, None));
    }
    let Envelope { data, page } = reply.json()?;
    Ok((data, Some(page.unwrap_or_default())))
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: Vec<T>,
    page: Option<PageWire>,
}

const NO_CLIENT: &str = "the client has no client_id";

/// Converts an object to a token if `kind` is [`Kind::Token`]; otherwise to a client, whose kind
/// depends on the object.
fn credential_of(object: CredentialObject, kind: Kind) -> Result<Credential, ApiError> {
    match kind {
        Kind::Token => Ok(object.into_token()),
        Kind::Spa | Kind::M2m | Kind::Other => {
            let client = ClientRow::try_from(object).map(|ClientRow(client)| client);
            client.map_err(|why| ApiError::Malformed { why: why.to_owned() })
        }
    }
}

fn read_one(kind: Kind, reply: &Reply) -> Result<Written, ApiError> {
    let mut object: CredentialObject = reply.json()?;
    let secret = match kind {
        Kind::Token => object.token.take(),
        Kind::Spa | Kind::M2m | Kind::Other => object.client_secret.take(),
    };
    let mut credential = credential_of(object, kind)?;
    let all: Map<String, Value> = reply.json()?;
    // Only clients have `enabled` and `client_secrets`, so these are unknown members of a token.
    let has_place = |name: &str| {
        CredentialObject::KNOWN.contains(&name)
            || ["enabled", "client_secrets"].contains(&name) && kind != Kind::Token
    };
    credential.record_mut().unknown = all
        .into_iter()
        .filter(|(name, _)| !has_place(name))
        .map(|(name, value)| (name.into(), value.to_string().into()))
        .collect();
    Ok(Written::from(credential).with_secret(secret.map(Secret::new)))
}

/// Parses a client in the output of the `carto` command, with members in snake or camel case.
pub(super) fn client_of(answer: Value, kind: Kind) -> Result<Written, ApiError> {
    let wrapped = ["data", "client", "credential"];
    let inner =
        wrapped.iter().find_map(|name| answer.get(name).filter(|it| it.is_object()).cloned());
    let mut object = inner.unwrap_or(answer);
    if let Some(object) = object.as_object_mut() {
        // The output does not distinguish SPA and M2M clients, so the requested kind is used.
        object.insert("app_type".into(), json!(if kind == Kind::M2m { "m2m" } else { "spa" }));
        object.remove("appType");
    }
    let body = object.to_string().into_bytes();
    read_one(kind, &Reply { body, ..Reply::default() })
}

/// Parses the clients in the output of the `carto` command: a list, or an object that contains a
/// list.
pub(super) fn clients_of(answer: Value, kind: Kind) -> Result<Vec<Credential>, ApiError> {
    let list = match answer {
        Value::Array(list) => list,
        Value::Object(object) => object
            .into_iter()
            .find_map(|(_, value)| match value {
                Value::Array(list) => Some(list),
                _ => None,
            })
            .ok_or_else(|| ApiError::Malformed { why: "it contains no list".into() })?,
        _ => return Err(ApiError::Malformed { why: "it is not a list".into() }),
    };
    list.into_iter().map(|client| Ok(client_of(client, kind)?.credential)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A known member is not repeated among the unknown members, and no unknown member is lost.
    #[test]
    fn members_are_shown_once() {
        let body = r#"{"client_id":"a","id":"a","name":"A","app_type":"spa","enabled":false,"scope":"read",
            "description":"x","metadata":{"note":"y"},"tenant":"eu"}"#;
        let others = |kind| {
            let reply = Reply { body: body.as_bytes().to_vec(), ..Reply::default() };
            let credential = read_one(kind, &reply).unwrap().credential;
            let unknown = credential.record().unknown.iter();
            unknown.map(|(name, _)| name.raw().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(others(Kind::Spa), ["description", "metadata", "tenant"]);
        assert_eq!(others(Kind::Token), ["description", "enabled", "metadata", "tenant"]);
    }

    fn reply(body: &str) -> Reply {
        Reply { body: body.as_bytes().to_vec(), ..Reply::default() }
    }

    #[test]
    fn both_spellings_are_read_and_the_rest_is_kept() {
        let read = read_one(
            Kind::M2m,
            &reply(r#"{"clientId":"abc","clientSecret":"s","title":"Sync","appType":"m2m","logo_uri":"x"}"#),
        )
        .expect("a client");
        assert_eq!(read.credential.id().raw(), "abc");
        assert_eq!(read.credential.name().raw(), "Sync");
        assert_eq!(read.credential.kind(), Kind::M2m);
        assert_eq!(read.secret.expect("a secret").expose(), "s");
        assert_eq!(read.credential.record().unknown, [("logo_uri".into(), "\"x\"".into())]);
    }

    #[test]
    fn lists_are_bare_or_in_an_envelope() {
        let query = PageQuery::first(Kind::Spa, Scope::Mine, 2);
        let read = |body: &str| read_page(&reply(body), &query).expect("a page");
        let bare = read(r#"[{"client_id":"a","client_secret":"leak"}]"#);
        assert_eq!((bare.entries.len(), bare.total, bare.next), (1, Some(1), None));
        let page = read(r#"{"data":[{"client_id":"a"},{"client_id":"b"}],"page":{"total":5}}"#);
        assert_eq!((page.entries.len(), page.total, page.next.as_deref()), (2, Some(5), Some("2")));
        let unknown = read(r#"{"data":[{"client_id":"a"}]}"#);
        assert_eq!((unknown.total, unknown.next), (None, None));
    }

    #[test]
    fn an_odd_row_does_not_hide_the_others() {
        let query = PageQuery::first(Kind::Spa, Scope::Mine, 9);
        let rows =
            r#"[{"client_id":"a"},{"client_id":"b","created_at":"yesterday"},{"name":"x"},7]"#;
        let page = read_page(&reply(rows), &query).expect("a page");
        let ids: Vec<_> = page.entries.iter().map(|it| it.id().raw()).collect();
        assert_eq!(ids, ["a", "b", "row 3", "row 4"]);
        let unreadable = page.entries.iter().filter(|it| it.record().unreadable.is_some());
        assert_eq!(unreadable.count(), 3);
    }

    #[test]
    fn a_broken_answer_is_described_without_its_content() {
        let error = read_one(Kind::Spa, &reply(r#"{"client_id":"a","client_secret":"canary"#));
        let Err(ApiError::Malformed { why }) = error else { unreachable!("not read") };
        assert_eq!(why, "it is truncated (line 1, column 40)");
    }
}
