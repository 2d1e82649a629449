//! Any server that speaks the contract of `assets/openapi.yaml`.
//!
//! A tolerant reader: members in snake or camel case, lists bare or in an envelope, unknown members
//! kept. Secrets that a server should not have sent are dropped here and reach nothing else.

mod wire;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use wire::{CapabilitiesWire, ClientWire, CommonWire, MeWire, TokenWire};

use super::{
    Answer, ApiError, Capabilities, Created, CredentialsApi, Http, Me, Page, PageQuery, Scope,
    http::{Body, Call, Reply},
};
use crate::domain::{
    Credential, Draft, Kind, Secret, Untrusted,
    credential::Record,
    draft::{self, Change, Field},
};

/// The contract over one HTTP client.
pub struct Contract {
    http: Http,
    base_url: String,
}

impl Contract {
    /// A provider for the server behind `http`; `base_url` is shown until the server names its own.
    #[must_use]
    pub fn new(http: Http, base_url: &str) -> Self {
        Self { http, base_url: base_url.to_owned() }
    }

    async fn one(&self, method: Method, kind: Kind, call: Call<'_>) -> Result<Created, ApiError> {
        let reply = self.http.call(method, call).await?;
        let version = reply.version.clone();
        read_one(kind, &reply).map(|mut created| {
            record_mut(&mut created.credential).version = version;
            created
        })
    }
}

impl CredentialsApi for Contract {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        Box::pin(async {
            let call = Call { path: &["v3", "credentials", "capabilities"], ..Call::default() };
            match self.http.call(Method::GET, call).await {
                Ok(reply) => Ok(reply.json::<CapabilitiesWire>()?.read(&self.base_url)),
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
            let (page, size) = (query.page.to_string(), query.size.to_string());
            let mut pairs = vec![
                ("page", page.as_str()),
                ("pageSize", size.as_str()),
                ("order_by", "name"),
                ("order_direction", "asc"),
            ];
            match query.kind {
                Kind::Token => {}
                Kind::Spa => pairs.push(("app_type", "spa")),
                Kind::M2m => pairs.push(("app_type", "non_interactive")),
            }
            if query.scope == Scope::Organization {
                pairs.push(("scope", "organization"));
            }
            let call = Call { path: collection(query.kind), query: &pairs, ..Call::default() };
            let reply = self.http.call(Method::GET, call).await?;
            match query.kind {
                Kind::Token => read_page(&reply, query, |wire: TokenWire| Some(wire.read())),
                Kind::Spa | Kind::M2m => {
                    // A server without the filter sends both types.
                    read_page(&reply, query, |wire: ClientWire| {
                        Some(wire.read()).filter(|client| client.kind() == query.kind)
                    })
                }
            }
        })
    }

    fn show(&self, kind: Kind, id: Untrusted) -> Answer<'_, Credential> {
        Box::pin(async move {
            let call = Call { path: &member(kind, &id), ..Call::default() };
            Ok(self.one(Method::GET, kind, call).await?.credential)
        })
    }

    fn secret(&self, kind: Kind, id: Untrusted) -> Answer<'_, Secret> {
        Box::pin(async move {
            let query = [("include", secret_member(kind))];
            let call = Call { path: &member(kind, &id), query: &query, ..Call::default() };
            let created = self.one(Method::GET, kind, call).await?;
            created.secret.ok_or_else(|| ApiError::Malformed {
                why: format!("it has no {}, although it was asked for", secret_member(kind)),
            })
        })
    }

    fn create(&self, draft: Draft, attempt: String) -> Answer<'_, Created> {
        Box::pin(async move {
            let headers = [("idempotency-key", attempt.as_str())];
            let call = Call {
                path: collection(draft.kind()),
                headers: &headers,
                body: Body::Json(written(&draft)),
                ..Call::default()
            };
            self.one(Method::POST, draft.kind(), call).await
        })
    }

    fn edit(
        &self,
        kind: Kind,
        id: Untrusted,
        version: Option<String>,
        changes: Vec<Change>,
    ) -> Answer<'_, Credential> {
        Box::pin(async move {
            let mut body = Map::new();
            for change in changes {
                let (name, value) = member_of(change.field, change.after);
                body.insert(name.to_owned(), value);
            }
            let headers = if_match(version.as_deref());
            let call = Call {
                path: &member(kind, &id),
                headers: &headers,
                body: Body::Json(Value::Object(body)),
                ..Call::default()
            };
            Ok(self.one(Method::PATCH, kind, call).await?.credential)
        })
    }

    fn rotate(&self, kind: Kind, id: Untrusted, version: Option<String>) -> Answer<'_, Created> {
        Box::pin(async move {
            let headers = if_match(version.as_deref());
            let path = [&member(kind, &id)[..], &["rotate-secret"]].concat();
            let call = Call { path: &path, headers: &headers, ..Call::default() };
            self.one(Method::POST, kind, call).await
        })
    }

    fn delete(&self, kind: Kind, id: Untrusted, version: Option<String>) -> Answer<'_, ()> {
        Box::pin(async move {
            let headers = if_match(version.as_deref());
            let call = Call { path: &member(kind, &id), headers: &headers, ..Call::default() };
            self.http.call(Method::DELETE, call).await.map(|_| ())
        })
    }
}

const fn collection(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Token => &["v3", "tokens"],
        Kind::Spa | Kind::M2m => &["v3", "oauth-clients"],
    }
}

fn member(kind: Kind, id: &Untrusted) -> [&str; 3] {
    let [root, name] = match kind {
        Kind::Token => ["v3", "tokens"],
        Kind::Spa | Kind::M2m => ["v3", "oauth-clients"],
    };
    [root, name, id.raw()]
}

const fn secret_member(kind: Kind) -> &'static str {
    match kind {
        Kind::Token => "token",
        Kind::Spa | Kind::M2m => "client_secret",
    }
}

fn if_match(version: Option<&str>) -> Vec<(&'static str, &str)> {
    version.map(|version| ("if-match", version)).into_iter().collect()
}

/// A draft as the body of a create.
fn written(draft: &Draft) -> Value {
    let mut body = Map::new();
    for (field, value) in draft.values() {
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
        Draft::M2m { .. } => {
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

fn member_of(field: Field, value: draft::Value) -> (&'static str, Value) {
    let value = match (field, value) {
        (Field::Visibility, draft::Value::Switch(on)) => {
            json!(if on { "organization" } else { "private" })
        }
        (Field::Grants, draft::Value::Lines(lines)) => lines
            .iter()
            .map(|line| draft::split_grant(line))
            .map(|(connection, source)| json!({ "connection_name": connection, "source": source }))
            .collect(),
        (Field::LoginUrl, draft::Value::Line(text)) if text.is_empty() => Value::Null,
        (_, draft::Value::Line(text)) => json!(text),
        (_, draft::Value::Switch(on)) => json!(on),
        (_, draft::Value::Lines(lines)) => json!(lines),
    };
    (field.wire(), value)
}

#[derive(Deserialize)]
struct PageWire {
    total: Option<u64>,
    /// What the server made of the page size that was asked for.
    size: Option<u64>,
}

fn read_page<T>(
    reply: &Reply,
    query: PageQuery,
    read: impl Fn(T) -> Option<Credential>,
) -> Result<Page, ApiError>
where
    T: serde::de::DeserializeOwned,
{
    if reply.body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        let data: Vec<T> = reply.json()?;
        let entries: Vec<_> = data.into_iter().filter_map(read).collect();
        return Ok(Page { total: Some(entries.len() as u64), entries, last: true });
    }
    let Envelope { data, page } = reply.json()?;
    let size = page.as_ref().and_then(|page| page.size).unwrap_or(u64::from(query.size));
    let total = page.and_then(|page| page.total);
    let seen = u64::from(query.page) * size;
    let last = data.is_empty() || total.map_or((data.len() as u64) < size, |total| seen >= total);
    Ok(Page { entries: data.into_iter().filter_map(read).collect(), total, last })
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: Vec<T>,
    page: Option<PageWire>,
}

fn read_one(kind: Kind, reply: &Reply) -> Result<Created, ApiError> {
    let (mut credential, secret, known): (_, _, &[&str]) = match kind {
        Kind::Token => {
            let mut wire: TokenWire = reply.json()?;
            let secret = wire.token.take();
            (wire.read(), secret, TokenWire::KNOWN)
        }
        Kind::Spa | Kind::M2m => {
            let mut wire: ClientWire = reply.json()?;
            let secret = wire.client_secret.take();
            (wire.read(), secret, ClientWire::KNOWN)
        }
    };
    let all: Map<String, Value> = reply.json()?;
    record_mut(&mut credential).unknown = all
        .into_iter()
        .filter(|(name, _)| {
            let name = name.as_str();
            !known.contains(&name) && !CommonWire::KNOWN.contains(&name)
        })
        .map(|(name, value)| (name.into(), value.to_string().into()))
        .collect();
    Ok(Created { credential, secret: secret.map(Secret::new) })
}

fn record_mut(credential: &mut Credential) -> &mut Record {
    match credential {
        Credential::Token(token) => &mut token.record,
        Credential::Spa(client) | Credential::M2m(client) => &mut client.record,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &str) -> Reply {
        Reply { body: body.as_bytes().to_vec(), version: None, date: None }
    }

    #[test]
    fn both_spellings_are_read_and_the_rest_is_kept() {
        let created = read_one(
            Kind::M2m,
            &reply(r#"{"clientId":"abc","clientSecret":"s","title":"Sync","appType":"m2m","logo_uri":"x"}"#),
        )
        .expect("a client");
        assert_eq!(created.credential.id().raw(), "abc");
        assert_eq!(created.credential.name().raw(), "Sync");
        assert_eq!(created.credential.kind(), Kind::M2m);
        assert_eq!(created.secret.expect("a secret").expose(), "s");
        assert_eq!(created.credential.record().unknown, [("logo_uri".into(), "\"x\"".into())]);
    }

    #[test]
    fn lists_are_bare_or_in_an_envelope() {
        let query = PageQuery { kind: Kind::Spa, scope: Scope::Mine, page: 1, size: 2 };
        let read = |body: &str| {
            read_page(&reply(body), query, |wire: ClientWire| Some(wire.read())).expect("a page")
        };
        let bare = read(r#"[{"client_id":"a","client_secret":"leak"}]"#);
        assert_eq!((bare.entries.len(), bare.total, bare.last), (1, Some(1), true));
        let page = read(r#"{"data":[{"client_id":"a"},{"client_id":"b"}],"page":{"total":5}}"#);
        assert_eq!((page.entries.len(), page.total, page.last), (2, Some(5), false));
        let unknown = read(r#"{"data":[{"client_id":"a"}]}"#);
        assert_eq!((unknown.total, unknown.last), (None, true));
    }

    #[test]
    fn a_broken_answer_is_described_without_its_content() {
        let error = read_one(Kind::Spa, &reply(r#"{"client_id":"a","client_secret":"canary"#));
        let Err(ApiError::Malformed { why }) = error else { unreachable!("not read") };
        assert_eq!(why, "it ends in the middle (line 1, column 40)");
    }
}
