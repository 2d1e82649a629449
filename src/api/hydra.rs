//! Ory Hydra's admin API (<https://www.ory.sh/docs/hydra/reference/api>). The base URL is that of
//! the admin port, which requires no token. The issuer is the public URL of the server, set in the
//! profile.
//!
//! An edit is a JSON Patch (RFC 6902) of the changed members, because a PUT would revoke the
//! registration access token of a client that registered itself. Newer servers rotate secrets with
//! a separate call, and the old secrets stay valid until they are deleted. On older servers, a
//! patch replaces the secret immediately.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Abilities, Answer, ApiError, Capabilities, CredentialsApi, Http, Me, Overlap, Page, PageQuery,
    RotationRequest, Secrecy, Written,
    http::{Body, Call, Reply, next_of},
    json_object::{self, Object},
    metadata, rows,
};
use crate::domain::{
    Credential, CredentialRef, Draft, Kind, Secret, Untrusted,
    draft::{Change, Field, FieldRules, Fields},
    semantics::{self, ClientScope, Hosts, Loopback, Semantics},
};

/// Comparison of redirect URIs in fosite 0.49: the port is ignored for a loopback IP address, but
/// compared for localhost.
pub const SEMANTICS: Semantics = Semantics {
    source: "Ory fosite, authorize_helper.go",
    loopback: Some(Loopback {
        hosts: Hosts::Addresses,
        every_scheme: false,
        registered_port: true,
        clients: ClientScope::Every,
    }),
    logout_alike: false,
    ..semantics::EXACT
};

const SPA: &[Field] = &[
    Field::Name,
    Field::ClientId,
    Field::Callbacks,
    Field::LogoutUrls,
    Field::AllowedOrigins,
    Field::Scopes,
];

const M2M: &[Field] = &[Field::Name, Field::ClientId, Field::Scopes];

/// Members that any write may change, so a difference is not a side effect.
const VOLATILE: [&str; 2] = ["updated_at", "client_secret"];

/// Maximum page size of the API (`page_size`).
const PAGE_LIMIT: u32 = 500;

/// [`CredentialsApi`] for an Ory Hydra server.
pub struct Hydra {
    http: Http,
    base_url: String,
    issuer: Option<String>,
}

impl Hydra {
    /// Creates a provider for the admin API that `http` connects to. `issuer` is the public URL of
    /// the server.
    #[must_use]
    pub fn new(http: Http, base_url: &str, issuer: Option<&str>) -> Self {
        Self {
            http: http.of_api(),
            base_url: base_url.to_owned(),
            issuer: issuer.map(str::to_owned),
        }
    }

    async fn call(&self, method: Method, path: &[&str], body: Body) -> Result<Reply, ApiError> {
        let path = [&["admin", "clients"], path].concat();
        let call = Call { path: &path, body, ..Call::default() };
        self.http.call(method, call).await.map_err(metadata::map_error)
    }

    async fn object(&self, id: &Untrusted) -> Result<Object, ApiError> {
        self.call(Method::GET, &[id.raw()], Body::Empty).await?.json()
    }

    /// Reads a client again, and fails if `version` is no longer current.
    async fn newest(&self, id: &Untrusted, version: Option<&str>) -> Result<Object, ApiError> {
        let object = self.object(id).await?;
        json_object::unchanged(version, &json_object::version(&object, &metadata::SECRET))?;
        Ok(object)
    }

    async fn patch(&self, id: &Untrusted, patch: Vec<Value>) -> Result<Object, ApiError> {
        self.call(Method::PATCH, &[id.raw()], Body::Json(Value::Array(patch))).await?.json()
    }

    /// Reads the client again after a write, because responses to writes omit members. If the read
    /// fails, the response to the write is used. The secret always comes from that response.
    async fn written(&self, answer: Object) -> Result<Written, ApiError> {
        let secret = metadata::secret(&answer);
        let id = json_object::text(&answer, "client_id").unwrap_or_default();
        let object = self.object(&id).await.unwrap_or(answer);
        Ok(Written::from(read(&object)?).with_secret(secret))
    }
}

pub(super) fn read(object: &Object) -> Result<Credential, ApiError> {
    metadata::read(object, Fields::of(SPA))
}

/// Returns the patch operation that sets a member. `add` replaces an existing member (RFC 6902
/// section 4.1).
fn op(member: &str, value: &Value) -> Value {
    json!({ "op": "add", "path": format!("/{member}"), "value": value })
}

impl CredentialsApi for Hydra {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        Box::pin(async {
            let all = Abilities {
                secrecy: Secrecy::Once("Hydra shows a secret once, when it is created".into()),
                overlap: Overlap::Policy,
                shape: FieldRules::open(SPA),
                ..Abilities::all()
            };
            let spa = all.clone().public();
            let m2m = Abilities { shape: FieldRules::open(M2M), ..all.clone() };
            let other = all.made_elsewhere();
            Ok(Capabilities {
                issuer: self.issuer.as_deref().map(Untrusted::from),
                ..Capabilities::of_clients(&self.base_url, "Hydra", spa, m2m, other).with_one_list()
            })
        })
    }

    fn me(&self) -> Answer<'_, Me> {
        // The admin API has no users.
        Box::pin(async { Ok(Me::default()) })
    }

    fn page(&self, query: PageQuery) -> Answer<'_, Page> {
        Box::pin(async move {
            if query.kind == Kind::Token {
                return Ok(Page::default());
            }
            let size = query.size.min(PAGE_LIMIT).to_string();
            let mut pairs = vec![("page_size", size.as_str())];
            pairs.extend(query.after.as_deref().map(|token| ("page_token", token)));
            let call = Call { path: &["admin", "clients"], query: &pairs, ..Call::default() };
            let reply = self.http.call(Method::GET, call).await?;
            let objects: Vec<Value> = reply.json()?;
            Ok(Page {
                entries: rows::read(&objects, &query, metadata::kind, read),
                // The total of the server includes clients of every kind.
                total: None,
                // An empty list also has a link to a next page.
                next: next_of(&reply, "page_token").filter(|_| !objects.is_empty()),
            })
        })
    }

    fn native_object(&self, of: CredentialRef) -> Answer<'_, Object> {
        Box::pin(async move { Ok(json_object::without_secrets(&self.object(&of.id).await?)) })
    }

    fn show(&self, of: CredentialRef) -> Answer<'_, Credential> {
        let id = of.id;
        Box::pin(async move { read(&self.object(&id).await?) })
    }

    fn secret(&self, _: CredentialRef) -> Answer<'_, Secret> {
        Box::pin(async {
            Err(ApiError::Forbidden {
                said: "Hydra shows a secret once, when it is created".into(),
            })
        })
    }

    fn create(&self, draft: Draft, _: String) -> Answer<'_, Written> {
        Box::pin(async move {
            let mut body = metadata::written(&draft, Fields::of(SPA));
            if let Draft::Spa(client) | Draft::M2m(client) = &draft
                && !client.client_id.is_empty()
            {
                body.insert("client_id".into(), json!(client.client_id));
            }
            let reply = self.call(Method::POST, &[], Body::Json(body.into())).await?;
            self.written(reply.json()?).await
        })
    }

    fn edit(
        &self,
        of: CredentialRef,
        version: Option<String>,
        changes: Vec<Change>,
    ) -> Answer<'_, Written> {
        let id = of.id;
        Box::pin(async move {
            let before = self.newest(&id, version.as_deref()).await?;
            let mut changed = Object::new();
            metadata::apply(&mut changed, &changes);
            // `metadata::apply` drops an empty string, but the patch must contain it to clear the
            // member.
            for change in &changes {
                if let Some(member) = metadata::member(change.field) {
                    changed.entry(member).or_insert_with(|| json!(""));
                }
            }
            let mut expected = before.clone();
            expected.extend(changed.clone());
            let mut patch: Vec<Value> =
                changed.into_iter().map(|(member, value)| op(&member, &value)).collect();
            // Hydra returns an empty key set together with a `jwks_uri`, but rejects a client with
            // both.
            if json_object::text(&before, "jwks_uri").is_some() && before.contains_key("jwks") {
                patch.push(op("jwks", &Value::Null));
            }
            let answer = self.patch(&id, patch).await?;
            let id = json_object::text(&answer, "client_id").unwrap_or(id);
            let after = self.object(&id).await.map_err(|error| json_object::unread(&error))?;
            let side_effects = json_object::side_effects(&expected, &after, &VOLATILE);
            Ok(Written::from(read(&after)?)
                .with_secret(metadata::secret(&answer))
                .with_side_effects(side_effects))
        })
    }

    fn rotate(
        &self,
        of: CredentialRef,
        RotationRequest { version, .. }: RotationRequest,
    ) -> Answer<'_, Written> {
        let id = of.id;
        Box::pin(async move {
            self.newest(&id, version.as_deref()).await?;
            let path = [id.raw(), "secrets", "rotate"];
            let answer = match self.call(Method::POST, &path, Body::Empty).await {
                Ok(reply) => reply.json()?,
                // The client exists, so 404 or 405 means that the server is too old to support this
                // call.
                Err(ApiError::NotFound { .. } | ApiError::Server { status: 405, .. }) => {
                    let secret = super::made_secret();
                    let patch = vec![op("client_secret", &json!(secret.expose()))];
                    self.patch(&id, patch).await?
                }
                Err(error) => return Err(error),
            };
            self.written(answer).await
        })
    }

    /// Deletes the previous secrets. Older servers lack this call, but have no previous secrets,
    /// because a rotation replaces the secret immediately.
    fn retire_secret(&self, of: CredentialRef, _: Option<Untrusted>) -> Answer<'_, ()> {
        let id = of.id;
        Box::pin(async move {
            let path = [id.raw(), "secrets", "rotate"];
            match self.call(Method::DELETE, &path, Body::Empty).await {
                Ok(_) | Err(ApiError::NotFound { .. } | ApiError::Server { status: 405, .. }) => {
                    Ok(())
                }
                Err(error) => Err(error),
            }
        })
    }

    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()> {
        let id = of.id;
        Box::pin(async move {
            self.newest(&id, version.as_deref()).await?;
            self.call(Method::DELETE, &[id.raw()], Body::Empty).await.map(|_| ())
        })
    }
}
