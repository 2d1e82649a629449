//! Dynamic client registration (RFC 7591) and management (RFC 7592).
//!
//! The protocol cannot list clients or rotate secrets. Without its registration access token, a
//! client can never be managed again. Credenza therefore keeps a [`Register`] with the client ID,
//! management URL and token of every client that it registered or imported. A server may return a
//! new token in any response, which immediately revokes the old one. The new token is stored before
//! the rest of the response is used.
//!
//! Tests with real servers showed further rules. A server may revoke a token that is sent to
//! another client's URL, so a token is sent only to the URL of the client that it belongs to.
//! Members set by the server must not be sent back. Members omitted from an update fall back to
//! defaults, which can turn a public client into a confidential one, so the whole object is always
//! sent.

use std::sync::Arc;

use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;
use tokio::sync::RwLock;

use super::{
    Abilities, Access, Answer, ApiError, Capabilities, CredentialsApi, Http, Me, Page, PageQuery,
    RotationRequest, Secrecy, Written,
    http::{Body, Call},
    json_object::{self, Object},
    metadata,
};
use crate::domain::{
    Client, Credential, CredentialRef, Draft, Kind, Secret, Untrusted,
    credential::Record,
    draft::{Change, Field, FieldRules, Fields},
    jwt,
    semantics::{self, ClientScope, Hosts, Loopback, Semantics},
};

/// Exact comparison of URLs. For native apps, every server ignores the port of a loopback address
/// (RFC 8252 section 7.3). Some servers also ignore the port for other clients.
pub const SEMANTICS: Semantics = Semantics {
    source: "RFC 7591; RFC 8252 section 7.3",
    loopback: Some(Loopback {
        hosts: Hosts::Named,
        every_scheme: false,
        registered_port: true,
        clients: ClientScope::Native,
    }),
    ..semantics::EXACT
};

pub(super) const SPA: &[Field] =
    &[Field::Name, Field::LoginUrl, Field::Callbacks, Field::LogoutUrls, Field::Scopes];

const M2M: &[Field] = &[Field::Name, Field::Callbacks, Field::Scopes];

/// Members set by the server, which are not sent back (RFC 7592 section 2.2). The secret is not
/// sent either: servers keep it, and some reject a request that contains it.
const SET_BY_SERVER: [&str; 5] = [
    "client_secret",
    "registration_access_token",
    "registration_client_uri",
    "client_id_issued_at",
    "client_secret_expires_at",
];

/// Volatile and secret members, which are not part of a version.
const NO_VERSION: [&str; 4] = [
    "client_secret",
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
];

/// Maximum page size. Each client requires its own request.
const PAGE_LIMIT: u32 = 100;

/// Number of clients read in parallel.
const AT_ONCE: usize = 4;

/// Registered client, with the data to manage it.
#[derive(Debug)]
pub struct RegisteredClient {
    /// The client ID that the server assigned.
    pub client_id: Untrusted,
    /// Name as last read from the server.
    pub name: Untrusted,
    /// Kind as last read from the server.
    pub kind: Kind,
    /// Management URL (`registration_client_uri`).
    pub uri: String,
    /// Registration access token, which authorizes the management of this client.
    pub token: Secret,
    /// Registration time, if the first response contained it. Many servers do not repeat it later.
    pub created_at: Option<Timestamp>,
}

/// Registered client without its management data, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The client ID that the server assigned.
    pub client_id: Untrusted,
    /// Name as last read from the server.
    pub name: Untrusted,
    /// Kind as last read from the server.
    pub kind: Kind,
}

/// Encrypted store of registered clients. The caller must hold the lock during every method except
/// [`Register::lock`].
pub trait Register: Send + Sync {
    /// Locks out other processes until the result is dropped. Otherwise one process could use a
    /// token that another one has just replaced.
    fn lock(&self) -> Answer<'_, Box<dyn Send>>;

    /// Returns all clients, without their tokens.
    fn list(&self) -> Answer<'_, Vec<Listed>>;

    /// Returns one client with its token, or `None` if it is not in the register.
    fn get(&self, client_id: &Untrusted) -> Answer<'_, Option<RegisteredClient>>;

    /// Stores a client, or updates its entry.
    ///
    /// # Errors
    /// [`ApiError::Local`] if no permanent store accepts the entry.
    fn keep<'a>(&'a self, entry: &'a RegisteredClient) -> Answer<'a, ()>;

    /// Removes a client from the register. The client on the server is not changed.
    fn forget(&self, client_id: &Untrusted) -> Answer<'_, ()>;

    /// Checks that an entry can be stored. Called before a write, so that the token of a new client
    /// is not lost.
    fn is_ready(&self) -> Answer<'_, ()>;
}

/// [`CredentialsApi`] for a registration endpoint.
#[derive(Clone)]
pub struct Registration {
    http: Http,
    endpoint: String,
    issuer: String,
    register: Arc<dyn Register>,
    /// Read-locked by running operations, so that [`CredentialsApi::settled`] can wait for them.
    busy: Arc<RwLock<()>>,
}

/// Runs `work` in a separate task that continues if the caller is dropped, because the server may
/// have replaced a token that only `work` has received. If `work` has not started yet, it is
/// dropped with the caller.
async fn apart<T: Send + 'static>(
    it: &Registration,
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    let lock = it.register.lock().await?;
    let busy = Arc::clone(&it.busy).read_owned().await;
    let task = tokio::spawn(async move {
        let result = work.await;
        drop((lock, busy));
        result
    });
    task.await.unwrap_or_else(|_| {
        Err(ApiError::Local {
            why: "The operation on this client was interrupted.".into(),
            next: "Check the current state before you repeat it.",
        })
    })
}

impl Registration {
    /// Creates a provider for the registration endpoint of an issuer.
    #[must_use]
    pub fn new(http: Http, endpoint: &str, issuer: &str, register: Arc<dyn Register>) -> Self {
        Self {
            http: http.of_api(),
            endpoint: endpoint.to_owned(),
            issuer: issuer.to_owned(),
            register,
            busy: Arc::default(),
        }
    }

    async fn entry(&self, id: &Untrusted) -> Result<RegisteredClient, ApiError> {
        self.register.get(id).await?.ok_or_else(|| ApiError::NotFound {
            said: "the client is not in this profile's register of clients".into(),
        })
    }

    /// Calls a client's management URL with its token, and stores a changed token, URL, name or
    /// kind from the response.
    async fn manage(
        &self,
        entry: &mut RegisteredClient,
        method: Method,
        body: Body,
    ) -> Result<Object, ApiError> {
        let writes = method == Method::PUT;
        let answer = self.ask(entry, method, body).await?;
        if answer.is_empty() {
            return Ok(answer);
        }
        match self.keep(entry, &answer).await {
            // The server executed the update, so it must not be reported as failed.
            Err(error) if writes => Err(json_object::unread(&error)),
            other => other.map(|()| answer),
        }
    }

    /// Calls a client's management URL with its token. The response may contain a new token, which
    /// the caller must store.
    async fn ask(
        &self,
        entry: &RegisteredClient,
        method: Method,
        body: Body,
    ) -> Result<Object, ApiError> {
        let (writes, deletes) = (method == Method::PUT, method == Method::DELETE);
        let result = {
            let call = Call {
                url: Some(&entry.uri),
                bearer: Some(&entry.token),
                body,
                any_type: deletes,
                ..Call::default()
            };
            self.http.call(method, call).await
        };
        let reply = match result {
            Ok(reply) => reply,
            Err(error) => return Err(managed(error, writes)),
        };
        if reply.body.is_empty() || deletes {
            return Ok(Object::new());
        }
        reply.json().map(metadata::with_scalars)
    }

    /// Updates the token, URL, name and kind of an entry from a response, and stores the entry if
    /// one of them has changed.
    async fn keep(&self, entry: &mut RegisteredClient, answer: &Object) -> Result<(), ApiError> {
        let before = (entry.name.clone(), entry.kind, entry.uri.clone());
        let mut changed = false;
        if let Some(token) = json_object::text(answer, "registration_access_token")
            && token.raw() != entry.token.expose()
        {
            entry.token = Secret::new(token.raw().to_owned());
            changed = true;
        }
        // The token is never sent to another origin, so a URL on another origin is ignored.
        if let Some(uri) = json_object::text(answer, "registration_client_uri")
            && self.http.same_origin(uri.raw()).is_ok()
        {
            uri.raw().clone_into(&mut entry.uri);
        }
        if json_object::has(answer, "client_id") {
            entry.name = json_object::text(answer, "client_name").unwrap_or_default();
            entry.kind = kind(answer, entry.kind);
        }
        changed |= before != (entry.name.clone(), entry.kind, entry.uri.clone());
        if changed { self.register.keep(entry).await } else { Ok(()) }
    }

    /// Reads clients from the server, several in parallel, and returns them in order. For a client
    /// that cannot be read, the record contains the reason.
    ///
    /// # Errors
    /// [`ApiError::Unreachable`], [`ApiError::Untrusted`] or [`ApiError::Limited`] if a request
    /// fails with this error, because the remaining requests would fail too.
    async fn read_all(&self, listed: &[Listed]) -> Result<Vec<Credential>, ApiError> {
        let mut credentials = Vec::with_capacity(listed.len());
        for batch in listed.chunks(AT_ONCE) {
            let mut tasks = tokio::task::JoinSet::new();
            for (at, one) in batch.iter().enumerate() {
                let (it, id) = (self.clone(), one.client_id.clone());
                tasks.spawn(async move {
                    let asked = async {
                        let entry = it.entry(&id).await?;
                        let answer = it.ask(&entry, Method::GET, Body::Empty).await?;
                        Ok((entry, answer))
                    };
                    (at, asked.await)
                });
            }
            let mut answers = tasks.join_all().await;
            answers.sort_by_key(|(at, _)| *at);
            // The register is one file, so only one task writes it.
            for ((_, answer), listed) in answers.into_iter().zip(batch) {
                credentials.push(self.read_one(listed, answer).await?);
            }
        }
        Ok(credentials)
    }

    async fn read_one(
        &self,
        listed: &Listed,
        answer: Result<(RegisteredClient, Object), ApiError>,
    ) -> Result<Credential, ApiError> {
        let read = async {
            let (mut entry, object) = answer?;
            self.keep(&mut entry, &object).await?;
            read(&object, &entry)
        };
        match read.await {
            Ok(credential) => Ok(credential),
            Err(
                error @ (ApiError::Unreachable { .. }
                | ApiError::Untrusted { .. }
                | ApiError::Limited { .. }),
            ) => Err(error),
            Err(error) => {
                let (id, name) = (listed.client_id.clone(), listed.name.clone());
                let record = Record::unreadable(id, name, error.sentence());
                Ok(Credential::of_client(listed.kind, Client { record, ..Client::default() }))
            }
        }
    }

    /// Returns the current object of a client, if `version` is still current.
    async fn newest(
        &self,
        entry: &mut RegisteredClient,
        version: Option<&str>,
    ) -> Result<Object, ApiError> {
        let object = self.manage(entry, Method::GET, Body::Empty).await?;
        json_object::unchanged(version, &json_object::version(&object, &NO_VERSION))?;
        Ok(object)
    }

    /// Reads the client again after a write. If the read fails, the response to the write is used.
    /// The result contains the secret unless the read also returned the secret. `expected` is the
    /// intended result of an edit.
    async fn written(
        &self,
        entry: &mut RegisteredClient,
        answer: &Object,
        expected: Option<&Object>,
    ) -> Result<Written, ApiError> {
        let again = self.manage(entry, Method::GET, Body::Empty).await;
        if let Ok(object) = &again
            && let Ok(credential) = read(object, entry)
        {
            let secret = metadata::secret(answer).filter(|_| metadata::secret(object).is_none());
            let side_effects = expected
                .map(|expected| json_object::side_effects(expected, object, &SET_BY_SERVER))
                .unwrap_or_default();
            return Ok(Written::from(credential)
                .with_secret(secret)
                .with_side_effects(side_effects));
        }
        let mut credential = read(answer, entry)?;
        let note = match again {
            // A failure to store a new token must be reported, without losing the secret.
            Err(ApiError::Local { why, .. }) => Some(why.trim_end_matches('.').to_owned()),
            Err(ApiError::Redirected { to }) => Some(format!(
                "The client can only be managed at {}, which is not the profile's server. Its registration token was not sent there",
                to.shown()
            )),
            _ => None,
        };
        if let Some(note) = note {
            credential.record_mut().notes.push(note.into());
        }
        Ok(Written::from(credential).with_secret(metadata::secret(answer)))
    }
}

/// Maps errors of management calls. The rejection of a client's own token must not be reported as a
/// missing session of the user.
fn managed(error: ApiError, writes: bool) -> ApiError {
    match error {
        ApiError::Unauthorized { .. } | ApiError::Refused { .. } => ApiError::Forbidden {
            said: "the client's registration access token was rejected: the client was deleted, or another machine has the newer token. Remove it from this list with credenza register forget".into(),
        },
        ApiError::Broken { .. } | ApiError::TimedOut { .. } if writes => ApiError::Broken {
            why: "the response was lost, possibly with a new registration access token. If the old one is rejected from now on, only the server's administrator can manage this client".into(),
        },
        other => metadata::map_error(other),
    }
}

/// Returns the kind of a client. If the response does not contain the authentication method,
/// `known` is returned.
fn kind(object: &Object, known: Kind) -> Kind {
    if json_object::has(object, "token_endpoint_auth_method") {
        metadata::kind(object)
    } else {
        known
    }
}

/// Converts a response to a client. The version excludes volatile members, so that it is comparable
/// with the version of a later read.
fn read(object: &Object, entry: &RegisteredClient) -> Result<Credential, ApiError> {
    let mut credential = metadata::read(object, Fields::of(SPA))?;
    let known = kind(object, entry.kind);
    if let Some(client) = credential.client().filter(|_| credential.kind() != known) {
        let client = Client { app_type: None, ..client.clone() };
        credential = Credential::of_client(known, client);
    }
    let record = credential.record_mut();
    record.version = Some(json_object::version(object, &NO_VERSION));
    record.created_at = record.created_at.or(entry.created_at);
    if let Some(client) = credential.client_mut() {
        client.posture.get_or_insert_default().registration_token = Some(jwt::expiry(&entry.token));
    }
    Ok(credential)
}

impl CredentialsApi for Registration {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        Box::pin(async {
            let rotate = Access::no(
                "Dynamic registration cannot rotate secrets (RFC 7592). Create a new client and delete this one",
            );
            let spa = Abilities {
                rotate: rotate.clone(),
                secrecy: Secrecy::None,
                shape: FieldRules::open(SPA),
                ..Abilities::all()
            };
            let m2m = Abilities { rotate, shape: FieldRules::open(M2M), ..Abilities::all() };
            let other = Abilities {
                create: Access::no("Clients of this kind can only be imported"),
                shape: FieldRules::open(SPA),
                ..m2m.clone()
            };
            Ok(Capabilities {
                issuer: Some(self.issuer.as_str().into()),
                ..Capabilities::of_clients(&self.endpoint, "Dynamic registration", spa, m2m, other)
            })
        })
    }

    fn me(&self) -> Answer<'_, Me> {
        // The protocol has no users: a registration belongs to the holder of its token.
        Box::pin(async { Ok(Me::default()) })
    }

    fn page(&self, query: PageQuery) -> Answer<'_, Page> {
        let it = self.clone();
        Box::pin(apart(self, async move {
            let all = it.register.list().await?;
            let ours: Vec<Listed> =
                all.into_iter().filter(|entry| entry.kind == query.kind).collect();
            let first: usize = query.after.and_then(|it| it.parse().ok()).unwrap_or(0);
            let size = query.size.min(PAGE_LIMIT) as usize;
            let total = Some(ours.len() as u64);
            let last = ours.len().min(first + size);
            let entries = it.read_all(ours.get(first..last).unwrap_or_default()).await?;
            let next = (last < ours.len()).then(|| last.to_string());
            Ok(Page { entries, total, next })
        }))
    }

    fn show(&self, of: CredentialRef) -> Answer<'_, Credential> {
        let id = of.id;
        let it = self.clone();
        Box::pin(apart(self, async move {
            let mut entry = it.entry(&id).await?;
            let object = it.manage(&mut entry, Method::GET, Body::Empty).await?;
            read(&object, &entry)
        }))
    }

    fn secret(&self, of: CredentialRef) -> Answer<'_, Secret> {
        let id = of.id;
        let it = self.clone();
        Box::pin(apart(self, async move {
            let mut entry = it.entry(&id).await?;
            let object = it.manage(&mut entry, Method::GET, Body::Empty).await?;
            metadata::secret(&object).ok_or_else(|| ApiError::Forbidden {
                said: "this server sent the secret once, when it was created".into(),
            })
        }))
    }

    fn create(&self, draft: Draft, _: String) -> Answer<'_, Written> {
        let it = self.clone();
        Box::pin(apart(self, async move { it.register_client(&draft).await }))
    }

    fn edit(
        &self,
        of: CredentialRef,
        version: Option<String>,
        changes: Vec<Change>,
    ) -> Answer<'_, Written> {
        let CredentialRef { kind, id } = of;
        let it = self.clone();
        Box::pin(apart(self, async move {
            it.register.is_ready().await?;
            let mut entry = it.entry(&id).await?;
            let mut body = it.newest(&mut entry, version.as_deref()).await?;
            // A null or empty member is equal to a missing one (RFC 7591 section 2), and some
            // servers reject the empty values that they returned.
            body.retain(|name, value| {
                !SET_BY_SERVER.contains(&name.as_str()) && !json_object::is_empty(value)
            });
            metadata::apply(&mut body, &changes);
            body.insert("client_id".into(), json!(id.raw()));
            // The server would apply its defaults to the update if these members were missing.
            for (name, value) in metadata::essential(kind) {
                body.entry(name).or_insert(value);
            }
            let sent = Body::Json(body.clone().into());
            let answer = it.manage(&mut entry, Method::PUT, sent).await?;
            it.written(&mut entry, &answer, Some(&body)).await
        }))
    }

    fn rotate(&self, _: CredentialRef, _: RotationRequest) -> Answer<'_, Written> {
        Box::pin(async {
            Err(ApiError::Forbidden {
                said: "dynamic registration cannot rotate secrets (RFC 7592)".into(),
            })
        })
    }

    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()> {
        let id = of.id;
        let it = self.clone();
        Box::pin(apart(self, async move {
            let mut entry = it.entry(&id).await?;
            it.newest(&mut entry, version.as_deref()).await.map_err(|error| match error {
                // RFC 7592 section 2.1: a missing client is reported as 401, so a 404 may come from
                // a proxy.
                ApiError::NotFound { .. } => ApiError::Forbidden {
                    said: "the client's management URL returned 404, which does not prove that the client was deleted (RFC 7592)".into(),
                },
                other => other,
            })?;
            match it.manage(&mut entry, Method::DELETE, Body::Empty).await {
                Ok(_) => {}
                // None of these statuses confirms the deletion (RFC 7592 section 2.3).
                Err(ApiError::NotFound { .. } | ApiError::Server { status: 405 | 501, .. }) => {
                    return Err(ApiError::Forbidden {
                        said: "this server does not delete clients: it returned 404, 405 or 501 for the DELETE of RFC 7592. The client still exists, and its registration access token is kept".into(),
                    });
                }
                Err(error) => return Err(error),
            }
            match it.manage(&mut entry, Method::GET, Body::Empty).await {
                Ok(_) => Err(ApiError::Conflict {
                    said: "the server reported the client as deleted, but still returns it".into(),
                    problems: Vec::new(),
                }),
                // The client's token was rejected, so the client no longer exists (RFC 7592 section
                // 2.3).
                Err(ApiError::Forbidden { .. } | ApiError::NotFound { .. }) => {
                    it.register.forget(&id).await
                }
                // Without proof of the deletion, the token is kept, because the client could not be
                // managed without it.
                Err(error) => Err(error),
            }
        }))
    }

    fn settled(&self) -> Answer<'_, ()> {
        Box::pin(async {
            drop(self.busy.write().await);
            Ok(())
        })
    }
}

impl Registration {
    async fn register_client(&self, draft: &Draft) -> Result<Written, ApiError> {
        self.register.is_ready().await?;
        let mut body = metadata::written(draft, Fields::of(SPA));
        if draft.kind() == Kind::Spa && metadata::is_on_loopback(&body) {
            // OpenID Connect Registration section 2: a web client may not use http on loopback.
            body.insert("application_type".into(), json!("native"));
        }
        let call =
            Call { url: Some(&self.endpoint), body: Body::Json(body.into()), ..Call::default() };
        let reply = self.http.call(Method::POST, call).await.map_err(denied)?;
        let answer = reply.json().map(metadata::with_scalars)?;
        let text = |name: &str| json_object::text(&answer, name);
        let client_id = text("client_id")
            .ok_or_else(|| ApiError::Malformed { why: "it has no client_id".into() })?;
        let mut entry = RegisteredClient {
            client_id,
            name: text("client_name").unwrap_or_default(),
            kind: kind(&answer, draft.kind()),
            uri: String::new(),
            token: Secret::new(String::new()),
            created_at: metadata::time(&answer, "client_id_issued_at"),
        };
        let (Some(uri), Some(token)) =
            (text("registration_client_uri"), text("registration_access_token"))
        else {
            // The client exists, but has no management data, so it can only be shown.
            let mut credential = read(&answer, &entry)?;
            let note = "This server does not support RFC 7592, so Credenza cannot manage or list the client";
            credential.record_mut().notes.push(note.into());
            return Ok(Written::from(credential).with_secret(metadata::secret(&answer)));
        };
        uri.raw().clone_into(&mut entry.uri);
        entry.token = Secret::new(token.raw().to_owned());
        if let Err(error) = self.register.keep(&entry).await {
            // Without its token the client could never be managed, so it is deleted again.
            if self.manage(&mut entry, Method::DELETE, Body::Empty).await.is_ok() {
                let _ = self.register.forget(&entry.client_id).await;
            }
            return Err(error);
        }
        self.written(&mut entry, &answer, None).await
    }
}

/// Maps the rejection of the initial access token. Some servers return 400 for a missing token
/// (`access_denied`), instead of 401.
fn denied(error: ApiError) -> ApiError {
    match error {
        ApiError::Invalid { said, .. }
            if ["access_denied", "invalid_token"].iter().any(|it| said.raw().starts_with(it)) =>
        {
            ApiError::Unauthorized { said }
        }
        other => metadata::map_error(other),
    }
}
