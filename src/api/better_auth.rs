//! Better Auth's OAuth provider and API keys
//! (<https://www.better-auth.com/docs/plugins/oauth-provider>), limited to the signed-in user's own
//! clients and keys. The base URL is that of the Better Auth routes, for example
//! `https://host/api/auth`.
//!
//! An update changes only the members in the request. The server silently ignores members that it
//! does not support. A secret or key is returned only once, when it is created.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Abilities, Answer, ApiError, Capabilities, CredentialsApi, Http, Me, Page, PageQuery,
    RotationRequest, Secrecy, Written,
    capabilities::token_rotation,
    http::{Body, Call},
    json_object::{self, Object},
    metadata, rows,
};
use crate::domain::{
    Credential, CredentialRef, Draft, Kind, Secret, Token, TokenDraft, Untrusted,
    credential::Record,
    draft::{self, Change, Field, FieldRules, Fields},
    semantics::{self, ClientScope, Hosts, Loopback, Semantics},
};

/// Comparison of redirect URIs in version 1.7 of the OAuth provider. Version 1.6 also compares the
/// port of localhost.
pub const SEMANTICS: Semantics = Semantics {
    source: "Better Auth, @better-auth/oauth-provider, findRegisteredRedirectUri",
    loopback: Some(Loopback {
        hosts: Hosts::Named,
        every_scheme: false,
        registered_port: true,
        clients: ClientScope::Every,
    }),
    logout_alike: false,
    ..semantics::EXACT
};

const SPA: &[Field] = &[Field::Name, Field::Callbacks, Field::LogoutUrls, Field::Scopes];
/// Form fields of an M2M client. Redirect URIs are included, because version 1.6 requires them.
const M2M: &[Field] = &[Field::Name, Field::Callbacks, Field::Scopes];
const TOKEN: &[Field] = &[Field::Name, Field::Expires];

/// Maximum page size of the API key list.
const PAGE_LIMIT: u32 = 100;

const ONCE: &str = "Better Auth shows a secret only once, when it is created";

/// [`CredentialsApi`] for a Better Auth server.
pub struct BetterAuth {
    http: Http,
    base_url: String,
}

impl BetterAuth {
    /// Creates a provider for the Better Auth routes that `http` connects to.
    #[must_use]
    pub fn new(http: Http, base_url: &str) -> Self {
        Self { http: http.of_api(), base_url: base_url.to_owned() }
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<T, ApiError> {
        let call = Call { path, query, body, any_type: true, ..Call::default() };
        let reply = self.http.call(method, call).await.map_err(map_error)?;
        if reply.body.is_empty() {
            return serde_json::from_value(Value::Null)
                .map_err(|_| ApiError::Malformed { why: "it is empty".into() });
        }
        reply.json()
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Object, ApiError> {
        self.call(Method::GET, path, query, Body::Empty).await
    }

    async fn post(&self, path: &[&str], body: Value) -> Result<Object, ApiError> {
        self.call(Method::POST, path, &[], Body::Json(body)).await
    }

    async fn client(&self, id: &Untrusted) -> Result<Object, ApiError> {
        self.get(&["oauth2", "get-client"], &[("client_id", id.raw())]).await
    }

    async fn key(&self, id: &Untrusted) -> Result<Object, ApiError> {
        self.get(&["api-key", "get"], &[("id", id.raw())]).await
    }

    async fn newest(
        &self,
        kind: Kind,
        id: &Untrusted,
        version: Option<&str>,
    ) -> Result<Object, ApiError> {
        let (object, newest) = if kind == Kind::Token {
            let key = self.key(id).await?;
            let newest = key_version(&key);
            (key, newest)
        } else {
            let client = self.client(id).await?;
            let newest = json_object::version(&client, &metadata::SECRET);
            (client, newest)
        };
        json_object::unchanged(version, &newest)?;
        Ok(object)
    }

    async fn create_key(&self, token: TokenDraft) -> Result<Written, ApiError> {
        let mut body = json!({ "name": token.name });
        if let Some(at) = token.expires_at {
            body["expiresIn"] = json!((at.as_second() - Timestamp::now().as_second()).max(1));
        }
        let mut answer = self.post(&["api-key", "create"], body).await?;
        let secret = match answer.remove("key") {
            Some(Value::String(key)) => Some(Secret::new(key)),
            _ => None,
        };
        Ok(Written::from(read_key(&answer)?).with_secret(secret))
    }
}

/// Replaces misleading statuses with the actual error, and assigns validation errors to form
/// fields.
fn map_error(error: ApiError) -> ApiError {
    match error {
        // For a missing session, the server returns 401 with a message; for another user's client,
        // 401 with an empty body.
        ApiError::Unauthorized { said } if said.raw().is_empty() => {
            ApiError::Forbidden { said: "the credential belongs to another user".into() }
        }
        ApiError::Forbidden { said } if said.raw().contains("API key") => {
            ApiError::Unauthorized { said }
        }
        invalid @ ApiError::Invalid { .. } => metadata::map_error(invalid)
            .at_field(&[("expires", Field::Expires), ("name", Field::Name)]),
        other => other,
    }
}

fn read(object: &Object) -> Result<Credential, ApiError> {
    let mut credential = metadata::read(object, Fields::of(SPA))?;
    if let Credential::Spa(client) | Credential::M2m(client) | Credential::Other(client) =
        &mut credential
    {
        client.enabled = object.get("disabled").and_then(Value::as_bool).map(|off| !off);
    }
    Ok(credential)
}

/// Returns the version of an API key: a hash of the members that do not change when the key is
/// used.
fn key_version(key: &Object) -> String {
    let uses = ["lastRequest", "requestCount", "remaining", "updatedAt", "lastRefillAt"];
    json_object::version(key, &uses)
}

fn read_key(key: &Object) -> Result<Credential, ApiError> {
    let id = json_object::text(key, "id")
        .ok_or_else(|| ApiError::Malformed { why: "the key has no id".into() })?;
    let time =
        |name: &str| key.get(name).and_then(Value::as_str).and_then(|text| text.parse().ok());
    let known = [
        "id",
        "key",
        "name",
        "createdAt",
        "updatedAt",
        "lastRequest",
        "expiresAt",
        "configId",
        "referenceId",
    ];
    let record = Record {
        name: json_object::text(key, "name").unwrap_or_default(),
        id,
        created_at: time("createdAt"),
        updated_at: time("updatedAt"),
        last_used_at: time("lastRequest"),
        reports_last_used: true,
        version: Some(key_version(key)),
        unknown: json_object::unknown(key, &known),
        has: Fields::of(TOKEN),
        ..Record::default()
    };
    Ok(Credential::Token(Token { record, expires_at: time("expiresAt"), ..Token::default() }))
}

impl CredentialsApi for BetterAuth {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        Box::pin(async {
            let once = Secrecy::Once(ONCE.into());
            let all = Abilities {
                secrecy: once.clone(),
                shape: FieldRules::open(SPA),
                ..Abilities::all()
            };
            let spa = all.clone().public();
            let m2m = Abilities { shape: FieldRules::open(M2M), ..all.clone() };
            let token = Abilities {
                rotate: token_rotation(),
                shape: FieldRules::open(TOKEN),
                ..all.clone()
            };
            let other = all.made_elsewhere();
            Ok(Capabilities {
                issuer: Some(self.base_url.as_str().into()),
                ..Capabilities::of_kinds(&self.base_url, [token, spa, m2m, other]).with_one_list()
            })
        })
    }

    fn me(&self) -> Answer<'_, Me> {
        Box::pin(async {
            // Without a session, the server returns `null`, not an error.
            let answer: Option<Object> =
                self.call(Method::GET, &["get-session"], &[], Body::Empty).await?;
            let user = answer.as_ref().and_then(|it| it.get("user")).and_then(Value::as_object);
            let user = user.ok_or_else(|| ApiError::Unauthorized { said: "no session".into() })?;
            Ok(Me {
                user_id: json_object::text(user, "id").unwrap_or_default(),
                email: json_object::text(user, "email").unwrap_or_default(),
                role: json_object::text(user, "role").unwrap_or_default(),
            })
        })
    }

    fn page(&self, query: PageQuery) -> Answer<'_, Page> {
        Box::pin(async move {
            if query.kind == Kind::Token {
                let from = query.after.as_deref().unwrap_or("0");
                let size = query.size.min(PAGE_LIMIT).to_string();
                let pairs = [("limit", size.as_str()), ("offset", from)];
                let answer = self.get(&["api-key", "list"], &pairs).await?;
                let keys = answer.get("apiKeys").and_then(Value::as_array);
                let keys = keys.map(Vec::as_slice).unwrap_or_default();
                let entries = rows::read(keys, &query, |_| Kind::Token, read_key);
                let total = answer.get("total").and_then(Value::as_u64);
                let seen = from.parse().unwrap_or(0) + entries.len() as u64;
                let full = entries.len() >= query.size.min(PAGE_LIMIT) as usize;
                let more = !entries.is_empty() && total.map_or(full, |total| seen < total);
                return Ok(Page { entries, total, next: more.then(|| seen.to_string()) });
            }
            let clients: Option<Vec<Value>> =
                self.call(Method::GET, &["oauth2", "get-clients"], &[], Body::Empty).await?;
            let clients = clients.unwrap_or_default();
            let entries = rows::read(&clients, &query, metadata::kind, read);
            Ok(Page { total: Some(entries.len() as u64), entries, next: None })
        })
    }

    fn show(&self, of: CredentialRef) -> Answer<'_, Credential> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            if kind == Kind::Token {
                return read_key(&self.key(&id).await?);
            }
            read(&self.client(&id).await?)
        })
    }

    fn secret(&self, _: CredentialRef) -> Answer<'_, Secret> {
        Box::pin(async { Err(ApiError::Forbidden { said: ONCE.into() }) })
    }

    fn create(&self, draft: Draft, _: String) -> Answer<'_, Written> {
        Box::pin(async move {
            if let Draft::Token(token) = draft {
                return self.create_key(token).await;
            }
            let mut body = metadata::written(&draft, Fields::of(SPA));
            // The server rejects an empty list of redirect URIs, but accepts a missing list.
            body.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
            if metadata::is_on_loopback(&body) {
                body.insert("application_type".into(), json!("native"));
            }
            let answer = self.post(&["oauth2", "create-client"], body.into()).await?;
            Ok(Written::from(read(&answer)?).with_secret(metadata::secret(&answer)))
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
            let mut expected = self.newest(kind, &id, version.as_deref()).await?;
            if kind == Kind::Token {
                let mut body = json!({ "keyId": id.raw() });
                for change in &changes {
                    if let (Field::Name, draft::FieldValue::Line(name)) =
                        (change.field, &change.after)
                    {
                        body["name"] = json!(name);
                    }
                }
                read_key(&self.post(&["api-key", "update"], body).await?).map(Written::from)
            } else {
                let mut update = Object::new();
                metadata::apply(&mut update, &changes);
                for change in &changes {
                    if let Some(member) = metadata::member(change.field) {
                        update.entry(member).or_insert_with(|| json!(""));
                    }
                }
                if update.contains_key("redirect_uris") {
                    let native = metadata::is_on_loopback(&update);
                    let was_native = metadata::is_on_loopback(&expected);
                    if native != was_native {
                        let word = if native { "native" } else { "web" };
                        update.insert("application_type".into(), json!(word));
                    }
                }
                expected.extend(update.clone());
                let body = json!({ "client_id": id.raw(), "update": update });
                self.post(&["oauth2", "update-client"], body).await?;
                let after = self.client(&id).await.map_err(|error| json_object::unread(&error))?;
                let volatile = ["updated_at", "client_secret"];
                let side_effects = json_object::side_effects(&expected, &after, &volatile);
                Ok(Written::from(read(&after)?).with_side_effects(side_effects))
            }
        })
    }

    fn rotate(
        &self,
        of: CredentialRef,
        RotationRequest { version, .. }: RotationRequest,
    ) -> Answer<'_, Written> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            self.newest(kind, &id, version.as_deref()).await?;
            let body = json!({ "client_id": id.raw() });
            let answer = self.post(&["oauth2", "client", "rotate-secret"], body).await?;
            let secret = metadata::secret(&answer);
            let client = self.client(&id).await.unwrap_or(answer);
            Ok(Written::from(read(&client)?).with_secret(secret))
        })
    }

    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            self.newest(kind, &id, version.as_deref()).await?;
            let (path, body): ([&str; 2], Value) = match kind {
                Kind::Token => (["api-key", "delete"], json!({ "keyId": id.raw() })),
                _ => (["oauth2", "delete-client"], json!({ "client_id": id.raw() })),
            };
            let _: Option<Value> = self.call(Method::POST, &path, &[], Body::Json(body)).await?;
            Ok(())
        })
    }
}
