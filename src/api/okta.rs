//! Okta: the OpenID Connect apps of an organization, in the Apps API
//! (<https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Application/>). The
//! base URL is that of the organization, for example `https://acme.okta.com`.
//!
//! A client has at most two secrets, each with an ID and a state. `PUT` replaces the whole app.
//! Access tokens of apps come from a custom authorization server, such as
//! `https://acme.okta.com/oauth2/default`, which is the issuer of the profile. The organization
//! itself issues only tokens for Okta's own API.

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Abilities, Access, AddedSecret, Answer, ApiError, Capabilities, CredentialsApi, Http, Me,
    Overlap, Page, PageQuery, RotationRequest, Written,
    http::{Body, Call, Reply, next_of},
    json_object::{self, Object},
    metadata, rows,
};
use crate::domain::{
    Client, Credential, CredentialRef, Draft, Kind, Secret, Untrusted,
    credential::{NATIVE, Posture, Record, Refresh, SecretAge},
    draft::{Change, Field, FieldRules, FieldValue, Fields},
    semantics::{self, Semantics, Wildcard},
};

/// URL comparison rules. If the app allows wildcards, `*` in the first label of a redirect URI's
/// host is a wildcard. Logout URLs have no wildcards. Loopback ports are compared.
pub const SEMANTICS: Semantics = Semantics {
    source: "Okta, Support for Wildcard Redirect URIs",
    wildcard: Wildcard::Label,
    logout_alike: false,
    ..semantics::EXACT
};

const SPA: &[Field] = &[Field::Name, Field::LoginUrl, Field::Callbacks, Field::LogoutUrls];
const M2M: &[Field] = &[Field::Name];

/// Maximum page size of the API (`limit`).
const PAGE_LIMIT: u32 = 200;

/// Members that the server sets. A `PUT` omits them.
const READ_ONLY: [&str; 7] =
    ["id", "orn", "status", "created", "lastUpdated", "_links", "_embedded"];

/// Members that vary between reads, or are secret.
const VOLATILE: [&str; 4] = ["lastUpdated", "_links", "_embedded", "client_secret"];

/// Returns the version of an app. The secret is excluded, because only responses to writes contain
/// it.
fn version(app: &Object) -> String {
    let mut app = app.clone();
    oauth_mut(&mut app, "credentials").remove("client_secret");
    // A deletion changes the status before it deletes the app, so the status is excluded.
    app.remove("status");
    json_object::version(&app, &VOLATILE)
}

/// Members of an app that are not shown as JSON, because they are shown in another way or are
/// links.
const KNOWN: [&str; 9] = [
    "label",
    "status",
    "created",
    "lastUpdated",
    "credentials",
    "settings",
    "_links",
    "_embedded",
    "signOnMode",
];

/// Members of `credentials.oauthClient` that are not shown as JSON.
const KNOWN_CREDENTIALS: [&str; 4] =
    ["client_id", "client_secret", "token_endpoint_auth_method", "pkce_required"];

/// Members of `settings.oauthClient` that are not shown as JSON.
const KNOWN_SETTINGS: [&str; 6] = [
    "application_type",
    "initiate_login_uri",
    "redirect_uris",
    "post_logout_redirect_uris",
    "grant_types",
    "response_types",
];

/// [`CredentialsApi`] for an Okta organization.
pub struct Okta {
    http: Http,
    base_url: String,
    issuer: Option<String>,
}

impl Okta {
    /// Creates a provider for the organization that `http` connects to. `issuer` is the custom
    /// authorization server that issues the access tokens of apps.
    #[must_use]
    pub fn new(http: Http, base_url: &str, issuer: Option<&str>) -> Self {
        // A token that is not a JWT is an API token, which has its own scheme.
        let http = http.of_api().with_scheme_of_opaque("SSWS");
        let issuer = issuer.filter(|it| it.contains("/oauth2/")).map(str::to_owned);
        Self { http, base_url: base_url.to_owned(), issuer }
    }

    async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Reply, ApiError> {
        let path = [&["api", "v1", "apps"], path].concat();
        let call = Call { path: &path, query, body, any_type: true, ..Call::default() };
        self.http.call(method, call).await.map_err(map_error)
    }

    /// Returns the app with this client ID. The ID of an app is usually also its client ID. If no
    /// app has this ID, the list is searched for an app with this custom client ID.
    async fn object(&self, client_id: &Untrusted) -> Result<Object, ApiError> {
        let is_it = |app: &Object| {
            oauth(app, "credentials").get("client_id") == Some(&json!(client_id.raw()))
        };
        let missing = match self.call(Method::GET, &[client_id.raw()], &[], Body::Empty).await {
            Ok(reply) => {
                let app: Object = reply.json()?;
                if is_it(&app) {
                    return Ok(app);
                }
                ApiError::NotFound { said: "no app has this client ID".into() }
            }
            Err(error @ ApiError::NotFound { .. }) => error,
            Err(error) => return Err(error),
        };
        // Callers may also pass a name. The list is not searched for a name with spaces, because
        // client IDs usually contain none.
        if client_id.raw().chars().any(char::is_whitespace) {
            return Err(missing);
        }
        let mut after: Option<String> = None;
        loop {
            let (apps, next) = self.list(PAGE_LIMIT, after.as_deref()).await?;
            let next = next.filter(|next| Some(next) != after.as_ref());
            let found = apps.into_iter().find_map(|app| match app {
                Value::Object(app) if is_it(&app) => Some(app),
                _ => None,
            });
            match (found, next) {
                (Some(app), _) => return Ok(app),
                (None, None) => return Err(missing),
                (None, next) => after = next,
            }
        }
    }

    /// Returns one page of all apps, and the cursor of the next page.
    async fn list(
        &self,
        size: u32,
        after: Option<&str>,
    ) -> Result<(Vec<Value>, Option<String>), ApiError> {
        let size = size.min(PAGE_LIMIT).to_string();
        let mut query = vec![("limit", size.as_str())];
        query.extend(after.map(|after| ("after", after)));
        let reply = self.call(Method::GET, &[], &query, Body::Empty).await?;
        Ok((reply.json()?, next_of(&reply, "after")))
    }

    /// Returns the current app if it has the expected version.
    async fn newest(&self, id: &Untrusted, expected: Option<&str>) -> Result<Object, ApiError> {
        let object = self.object(id).await?;
        json_object::unchanged(expected, &version(&object))?;
        Ok(object)
    }

    /// Returns the secrets of an app, the newest one first.
    async fn secrets(&self, app_id: &str) -> Result<Vec<Object>, ApiError> {
        let path = [app_id, "credentials", "secrets"];
        let mut secrets: Vec<Object> =
            self.call(Method::GET, &path, &[], Body::Empty).await?.json()?;
        secrets.sort_by_key(|secret| std::cmp::Reverse(json_object::time(secret, "created")));
        Ok(secrets)
    }

    /// Activates or deactivates an app.
    async fn set_active(&self, app_id: &str, active: bool) -> Result<(), ApiError> {
        let path = [app_id, "lifecycle", action(active)];
        self.call(Method::POST, &path, &[], Body::Empty).await.map(|_| ())
    }

    async fn on_secret(
        &self,
        method: Method,
        app_id: &str,
        secret: &Untrusted,
        action: &[&str],
    ) -> Result<(), ApiError> {
        let path = [&[app_id, "credentials", "secrets", secret.raw()], action].concat();
        self.call(method, &path, &[], Body::Empty).await.map(|_| ())
    }

    /// Deletes a secret. An active secret is deactivated first, because only an inactive secret can
    /// be deleted.
    async fn delete_secret(&self, app_id: &str, secret: &Object) -> Result<(), ApiError> {
        let id = json_object::text(secret, "id").unwrap_or_default();
        if is_active(secret) {
            self.on_secret(Method::POST, app_id, &id, &["lifecycle", action(false)]).await?;
        }
        self.on_secret(Method::DELETE, app_id, &id, &[]).await
    }

    /// Issues a secret. If the client already has the maximum number of secrets, deletes the inactive
    /// one of `secrets` first. Fails if both are active.
    async fn issue(&self, app_id: &str, secrets: &[Object]) -> Result<AddedSecret, ApiError> {
        /// Maximum number of secrets of a client.
        const MOST: usize = 2;
        if secrets.len() < MOST {
            return self.post_secret(app_id).await;
        }
        let Some(inactive) = secrets.iter().find(|it| !is_active(it)) else {
            return Err(ApiError::Local {
                why: "The client has two active secrets, and Okta allows no third one.".to_owned(),
                next: "Deactivate the one that is not in use, in the Okta Admin Console.",
            });
        };
        self.delete_secret(app_id, inactive).await?;
        self.post_secret(app_id).await.map_err(|error| {
            if error.is_uncertain() {
                return error;
            }
            ApiError::Local {
                why: format!(
                    "The inactive secret was deleted to make room, but no new one was issued: {}",
                    error.explain("").why
                ),
                next: "The active secret still works. Try again later.",
            }
        })
    }

    async fn post_secret(&self, app_id: &str) -> Result<AddedSecret, ApiError> {
        let path = [app_id, "credentials", "secrets"];
        let answer: Object =
            self.call(Method::POST, &path, &[], Body::Json(json!({}))).await?.json()?;
        let secret = metadata::secret(&answer)
            .ok_or_else(|| ApiError::Malformed { why: "it has no secret".into() })?;
        Ok(AddedSecret { secret, id: json_object::text(&answer, "id") })
    }

    /// Returns the permissions of an OAuth access token; `None` if the token has no `scp` claim,
    /// for example an API token, which has the permissions of its administrator.
    async fn scopes(&self) -> Option<Vec<String>> {
        let claims = self.http.claims().await?;
        let scopes = claims.get("scp")?.as_array()?;
        Some(scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }
}

fn map_error(error: ApiError) -> ApiError {
    error.at_field(&[
        ("post_logout_redirect_uri", Field::LogoutUrls),
        ("postlogoutredirecturi", Field::LogoutUrls),
        ("redirect_uri", Field::Callbacks),
        ("redirecturi", Field::Callbacks),
        ("initiate_login_uri", Field::LoginUrl),
        ("initiateloginuri", Field::LoginUrl),
        ("label", Field::Name),
    ])
}

/// Returns the member `oauthClient` of `credentials` or `settings`; empty if there is none.
fn oauth<'a>(app: &'a Object, part: &str) -> &'a Object {
    static NONE: LazyLock<Object> = LazyLock::new(Object::new);
    let inner = app.get(part).and_then(|it| it.get("oauthClient")).and_then(Value::as_object);
    inner.unwrap_or(&NONE)
}

fn oauth_mut<'a>(app: &'a mut Object, part: &str) -> &'a mut Object {
    let part = object_at(app, part);
    object_at(part, "oauthClient")
}

/// Returns the object in a member, and creates it if the member has no object.
fn object_at<'a>(object: &'a mut Object, name: &str) -> &'a mut Object {
    let value = object.entry(name).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(inner) => inner,
        _ => unreachable!("it was just set"),
    }
}

/// Returns true if an app of a list is an OAuth client.
fn is_client(app: &Value) -> bool {
    let id = app.pointer("/credentials/oauthClient/client_id");
    app.get("signOnMode") == Some(&json!("OPENID_CONNECT")) && id.is_some_and(Value::is_string)
}

/// Returns the name of the request that changes the state of an app or a secret.
const fn action(active: bool) -> &'static str {
    if active { "activate" } else { "deactivate" }
}

fn is_active(object: &Object) -> bool {
    object.get("status").and_then(Value::as_str) == Some("ACTIVE")
}

/// Returns the ID of the app, which differs from a custom client ID.
fn app_id(app: &Object) -> Result<&str, ApiError> {
    let id = app.get("id").and_then(Value::as_str);
    id.ok_or_else(|| ApiError::Malformed { why: "the app has no id".into() })
}

fn kind(app: &Object) -> Kind {
    match oauth(app, "settings").get("application_type").and_then(Value::as_str) {
        Some("browser") => Kind::Spa,
        Some("service") => Kind::M2m,
        _ => Kind::Other,
    }
}

/// Returns true if a client uses the authorization endpoint. Okta also sets the response type `token`
/// for an M2M client, which cannot use this endpoint.
fn uses_response_types(settings: &Object) -> bool {
    let grants = json_object::list(settings, "grant_types");
    grants.iter().any(|it| matches!(it.raw(), "authorization_code" | "implicit"))
}

/// Returns the audit facts that the form does not contain.
fn posture(app: &Object) -> Posture {
    let (settings, credentials) = (oauth(app, "settings"), oauth(app, "credentials"));
    let refresh = settings.get("refresh_token").and_then(Value::as_object).map(|it| Refresh {
        rotates: it.get("rotation_type").and_then(Value::as_str).map(|kind| kind == "ROTATE"),
        leeway: it.get("leeway").and_then(Value::as_u64),
        ..Refresh::default()
    });
    let requires_pkce = credentials.get("pkce_required").and_then(Value::as_bool);
    Posture {
        response_types: (uses_response_types(settings) && settings.contains_key("response_types"))
            .then(|| json_object::list(settings, "response_types")),
        // Okta supports S256 only.
        code_challenge: requires_pkce.map(|required| required.then(|| "S256".into())),
        refresh,
        ..Posture::default()
    }
}

/// Returns the members that the form does not show, at each level that Credenza interprets.
fn unknown(app: &Object) -> Vec<(Untrusted, Untrusted)> {
    let mut all = json_object::unknown(app, &KNOWN);
    // The ID of the app is shown only if it differs from the client ID.
    let (settings, credentials) = (oauth(app, "settings"), oauth(app, "credentials"));
    all.retain(|(name, _)| name.raw() != "id" || app.get("id") != credentials.get("client_id"));
    let shown = |name: &&str| *name != "response_types" || uses_response_types(settings);
    let known: Vec<&str> = KNOWN_SETTINGS.into_iter().filter(shown).collect();
    all.extend(json_object::unknown(settings, &known));
    all.extend(json_object::unknown(credentials, &KNOWN_CREDENTIALS));
    for part in ["settings", "credentials"] {
        let inner = app.get(part).and_then(Value::as_object);
        all.extend(inner.into_iter().flat_map(|it| json_object::unknown(it, &["oauthClient"])));
    }
    all
}

fn secret_age(secret: &Object) -> SecretAge {
    SecretAge {
        id: json_object::text(secret, "id"),
        created_at: json_object::time(secret, "created"),
        expires_at: Some(None), // Okta's secrets do not expire.
        active: is_active(secret),
        ..SecretAge::default()
    }
}

pub(super) fn read(app: &Object) -> Result<Credential, ApiError> {
    let (settings, credentials) = (oauth(app, "settings"), oauth(app, "credentials"));
    let id = json_object::text(credentials, "client_id")
        .ok_or_else(|| ApiError::Malformed { why: "the app has no client_id".into() })?;
    let kind = kind(app);
    let app_type = json_object::text(settings, "application_type");
    let client = Client {
        record: Record {
            id,
            name: json_object::text(app, "label").unwrap_or_default(),
            created_at: json_object::time(app, "created"),
            updated_at: json_object::time(app, "lastUpdated"),
            version: Some(version(app)),
            unknown: unknown(app),
            has: Fields::of(SPA),
            ..Record::default()
        },
        login_url: json_object::text(settings, "initiate_login_uri"),
        callbacks: json_object::list(settings, "redirect_uris"),
        logout_urls: json_object::list(settings, "post_logout_redirect_uris"),
        grant_types: json_object::list(settings, "grant_types"),
        auth_method: json_object::text(credentials, "token_endpoint_auth_method"),
        native: app_type.as_ref().is_some_and(|it| it.raw() == NATIVE),
        enabled: app.contains_key("status").then(|| is_active(app)),
        posture: Some(Box::new(posture(app))),
        app_type: (kind == Kind::Other).then(|| app_type.unwrap_or_else(|| "no type".into())),
        ..Client::default()
    };
    Ok(Credential::of_client(kind, client))
}

/// Sets the member that corresponds to a form field.
fn put(app: &mut Object, field: Field, value: FieldValue) {
    let (part, name) = match field {
        Field::Name => {
            app.insert("label".to_owned(), json_object::json(value));
            return;
        }
        Field::LoginUrl => ("settings", "initiate_login_uri"),
        Field::Callbacks => ("settings", "redirect_uris"),
        Field::LogoutUrls => ("settings", "post_logout_redirect_uris"),
        _ => return,
    };
    // Okta rejects an empty URL, but accepts null.
    let value = if field == Field::LoginUrl && value.is_empty() {
        Value::Null
    } else {
        json_object::json(value)
    };
    oauth_mut(app, part).insert(name.to_owned(), value);
}

/// Returns the request body that creates the client of a draft.
fn created(draft: &Draft) -> Object {
    let (app_type, method, pkce, grants, responses): (_, _, _, &[&str], _) = match draft.kind() {
        Kind::M2m => ("service", "client_secret_basic", false, &["client_credentials"], "token"),
        _ => ("browser", "none", true, &["authorization_code", "refresh_token"], "code"),
    };
    let body = json!({
        "name": "oidc_client",
        "signOnMode": "OPENID_CONNECT",
        "credentials": { "oauthClient": {
            "autoKeyRotation": true,
            "pkce_required": pkce,
            "token_endpoint_auth_method": method,
        } },
        "settings": { "oauthClient": {
            "application_type": app_type,
            "grant_types": grants,
            "response_types": [responses],
        } },
    });
    let mut body = body.as_object().cloned().unwrap_or_default();
    for (field, value) in draft.values() {
        if !value.is_empty() {
            put(&mut body, field, value);
        }
    }
    body
}

/// Returns the body of a `PUT` for an app: its members, without those that the server sets.
fn replacement(app: &Object) -> Object {
    let mut body = app.clone();
    body.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    let credentials = oauth_mut(&mut body, "credentials");
    let method = credentials.get("token_endpoint_auth_method").and_then(Value::as_str);
    if method.is_some_and(|it| it.starts_with("client_secret")) {
        // An empty secret keeps the current one.
        credentials.insert("client_secret".to_owned(), json!(""));
    }
    body
}

impl CredentialsApi for Okta {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        Box::pin(async {
            let scopes = self.scopes().await;
            let access = |one_of: &[&str]| Access::granted(scopes.as_deref(), one_of, "scope");
            let manage = access(&["okta.apps.manage"]);
            let all = Abilities {
                list: access(&["okta.apps.read", "okta.apps.manage"]),
                create: manage.clone(),
                edit: manage.clone(),
                delete: manage.clone(),
                rotate: manage,
                overlap: Overlap::Several,
                deactivates_secrets: true,
                disables: true,
                shape: FieldRules::open(SPA),
                ..Abilities::all()
            };
            let spa = all.clone().public();
            let m2m = Abilities { shape: FieldRules::open(M2M), ..all.clone() };
            let other = all.made_elsewhere();
            Ok(Capabilities {
                issuer: self.issuer.as_deref().map(Untrusted::from),
                ..Capabilities::of_clients(&self.base_url, "Okta", spa, m2m, other).with_one_list()
            })
        })
    }

    fn me(&self) -> Answer<'_, Me> {
        Box::pin(async {
            let claims = self.http.claims().await.unwrap_or_default();
            let claim = |name: &str| json_object::text(&claims, name).unwrap_or_default();
            Ok(Me { user_id: claim("uid"), email: claim("sub"), role: "".into() })
        })
    }

    fn page(&self, query: PageQuery) -> Answer<'_, Page> {
        Box::pin(async move {
            if query.kind == Kind::Token {
                return Ok(Page::default());
            }
            let (mut apps, next) = self.list(query.size, query.after.as_deref()).await?;
            // The list also contains SAML and bookmark apps, and apps of Okta itself, which have no
            // client ID.
            apps.retain(is_client);
            Ok(Page { entries: rows::read(&apps, &query, kind, read), total: None, next })
        })
    }

    /// Returns the app with its secrets, which a list omits. If the caller may not read the
    /// secrets, the app is returned without them.
    fn show(&self, of: CredentialRef) -> Answer<'_, Credential> {
        Box::pin(async move {
            let app = self.object(&of.id).await?;
            let mut credential = read(&app)?;
            let secrets = match self.secrets(app_id(&app)?).await {
                Ok(secrets) => Some(secrets.iter().map(secret_age).collect()),
                Err(ApiError::Forbidden { .. }) => None,
                Err(error) => return Err(error),
            };
            if let Some(posture) = credential.client_mut().and_then(|it| it.posture.as_mut()) {
                posture.secrets = secrets;
            }
            Ok(credential)
        })
    }

    fn secret(&self, of: CredentialRef) -> Answer<'_, Secret> {
        Box::pin(async move {
            let app = self.object(&of.id).await?;
            let secrets = self.secrets(app_id(&app)?).await?;
            let newest = secrets.iter().find(|it| is_active(it)).and_then(metadata::secret);
            newest.ok_or_else(|| ApiError::NotFound {
                said: "the client has no active secret".into(),
            })
        })
    }

    fn create(&self, draft: Draft, _: String) -> Answer<'_, Written> {
        Box::pin(async move {
            let body = Body::Json(created(&draft).into());
            let query = [("activate", "true")];
            let answer: Object = self.call(Method::POST, &[], &query, body).await?.json()?;
            let mut credential = read(&answer)?;
            if draft.kind() == Kind::Spa {
                let note = "Users can sign in once the app is assigned to them in Okta";
                credential.record_mut().notes.push(note.into());
            }
            Ok(Written::from(credential))
        })
    }

    fn edit(
        &self,
        of: CredentialRef,
        version: Option<String>,
        changes: Vec<Change>,
    ) -> Answer<'_, Written> {
        Box::pin(async move {
            let mut expected = self.newest(&of.id, version.as_deref()).await?;
            let id = app_id(&expected)?.to_owned();
            for change in changes {
                put(&mut expected, change.field, change.after);
            }
            let body = Body::Json(replacement(&expected).into());
            self.call(Method::PUT, &[&id], &[], body).await?;
            // The response to the write contains the secret, but the response to a read does not.
            let after = self.call(Method::GET, &[&id], &[], Body::Empty).await;
            let after: Result<Object, ApiError> = after.and_then(|reply| reply.json());
            let after = after.map_err(|error| json_object::unread(&error))?;
            let side_effects = json_object::side_effects(&expected, &after, &VOLATILE);
            Ok(Written::from(read(&after)?).with_side_effects(side_effects))
        })
    }

    /// Adds a secret, and deletes the newest active secret that existed before. A client can have
    /// only two secrets. If it already has two, an inactive secret is deleted first.
    fn rotate(
        &self,
        of: CredentialRef,
        RotationRequest { version, .. }: RotationRequest,
    ) -> Answer<'_, Written> {
        Box::pin(async move {
            let app = self.newest(&of.id, version.as_deref()).await?;
            let id = app_id(&app)?;
            let previous = self.secrets(id).await?;
            self.issue(id, &previous).await?;
            let mut credential = read(&app)?;
            if let Some(newest) = previous.iter().find(|it| is_active(it))
                && let Err(error) = self.delete_secret(id, newest).await
            {
                let note = format!(
                    "Could not delete the previous secret, so it may still work: {}",
                    error.explain("").why
                );
                credential.record_mut().notes.push(note.into());
            }
            Ok(Written::from(credential))
        })
    }

    fn add_secret(&self, of: CredentialRef) -> Answer<'_, AddedSecret> {
        Box::pin(async move {
            let app = self.object(&of.id).await?;
            let id = app_id(&app)?;
            self.issue(id, &self.secrets(id).await?).await
        })
    }

    fn retire_secret(&self, of: CredentialRef, previous: Option<Untrusted>) -> Answer<'_, ()> {
        Box::pin(async move {
            let app = self.object(&of.id).await?;
            let id = app_id(&app)?;
            let secrets = self.secrets(id).await?;
            let found = secrets.iter().find(|it| json_object::text(it, "id") == previous);
            match found {
                Some(secret) if previous.is_some() => self.delete_secret(id, secret).await,
                _ => Ok(()),
            }
        })
    }

    fn withdraw_secret<'a>(
        &'a self,
        of: CredentialRef,
        added: Option<Untrusted>,
        _: Option<&'a Secret>,
    ) -> Answer<'a, ()> {
        self.retire_secret(of, added)
    }

    fn set_secret_active(
        &self,
        of: CredentialRef,
        secret: Untrusted,
        active: bool,
    ) -> Answer<'_, ()> {
        Box::pin(async move {
            let app = self.object(&of.id).await?;
            let id = app_id(&app)?;
            let secrets = self.secrets(id).await?;
            let found =
                secrets.iter().find(|it| json_object::text(it, "id").as_ref() == Some(&secret));
            // An interrupted attempt may already have changed the state.
            if found.is_some_and(|it| is_active(it) == active) {
                return Ok(());
            }
            self.on_secret(Method::POST, id, &secret, &["lifecycle", action(active)]).await
        })
    }

    fn set_enabled(&self, of: CredentialRef, enabled: bool) -> Answer<'_, ()> {
        Box::pin(async move {
            let app = self.object(&of.id).await?;
            if is_active(&app) == enabled {
                return Ok(());
            }
            self.set_active(app_id(&app)?, enabled).await
        })
    }

    /// Returns the URL of the app in the Okta Admin Console, whose host is that of the organization
    /// with `-admin` in its first label. Returns `None` for a custom domain, or if the ID of the
    /// app differs from its client ID.
    fn web_page(&self, credential: &Credential) -> Option<String> {
        let host = self.base_url.strip_prefix("https://")?;
        let (organization, domain) = host.split_once('.')?;
        let organization = organization.trim_end_matches("-admin");
        let is_okta =
            ["okta.com", "oktapreview.com", "okta-emea.com", "okta-gov.com"].contains(&domain);
        let has_own_id = credential.record().unknown.iter().any(|(name, _)| name.raw() == "id");
        (is_okta && !has_own_id).then(|| {
            let id = credential.id().raw();
            format!("https://{organization}-admin.{domain}/admin/app/oidc_client/instance/{id}")
        })
    }

    /// Deactivates the app, and deletes it. Only an inactive app can be deleted. If the deletion
    /// fails, the app is activated again.
    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()> {
        Box::pin(async move {
            let app = self.newest(&of.id, version.as_deref()).await?;
            let id = app_id(&app)?;
            let was_active = is_active(&app);
            let delete = async {
                if was_active {
                    self.set_active(id, false).await?;
                }
                self.call(Method::DELETE, &[id], &[], Body::Empty).await
            };
            let Err(error) = delete.await else { return Ok(()) };
            if !was_active {
                return Err(error);
            }
            // An app that still exists must keep working, so it is activated again.
            match self.set_active(id, true).await {
                // The request that failed deleted the app.
                Err(ApiError::NotFound { .. }) => Ok(()),
                Err(_) if !error.is_uncertain() => Err(ApiError::Local {
                    why: format!(
                        "The client was deactivated, but not deleted: {}",
                        error.explain("").why
                    ),
                    next: "It may still be inactive. Delete it again, or activate it in the Okta Admin Console.",
                }),
                _ => Err(error),
            }
        })
    }
}
