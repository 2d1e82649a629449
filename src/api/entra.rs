//! Microsoft Entra ID: the app registrations of a tenant, in Microsoft Graph v1.0
//! (<https://learn.microsoft.com/graph/api/resources/application>). The base URL is that of Graph,
//! for example `https://graph.microsoft.com`. The issuer contains the tenant ID:
//! `https://login.microsoftonline.com/TENANT-ID/v2.0`.
//!
//! An app registration has no type. Credenza derives the kind of the client from the platforms of
//! its redirect URIs (`spa`, `web` and `publicClient`), from its credentials and from its API
//! settings. A client can have several secrets, each with an ID and an expiry.
//!
//! Graph is eventually consistent: a change may take seconds to become visible, and the next
//! request may not find a new object. Credenza therefore repeats a request or a read for up to 8
//! seconds until the change is visible.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Abilities, Access, AddedSecret, Answer, ApiError, Capabilities, CredentialsApi, Http, Me,
    Overlap, Page, PageQuery, RotationRequest, Scope, Secrecy, Written,
    http::{Body, Call, Reply},
    json_object::{self, Object},
    rows,
};
use crate::domain::{
    Client, Credential, CredentialRef, Draft, FieldProblem, Kind, Secret, Untrusted,
    credential::{Owner, Posture, Record, SecretAge},
    draft::{Change, Field, FieldRules, FieldValue, Fields},
    semantics::{self, ClientScope, Hosts, Loopback, Semantics, Wildcard},
};

/// URL comparison rules. The port of a loopback redirect URI is ignored. A wildcard in the
/// first label of the host, which only Entra's app manifest editor accepts, matches one label or a
/// part of it.
pub const SEMANTICS: Semantics = Semantics {
    source: "Microsoft identity platform, Redirect URI outline and restrictions",
    wildcard: Wildcard::Label,
    loopback: Some(Loopback {
        hosts: Hosts::Named,
        every_scheme: true,
        registered_port: true,
        clients: ClientScope::Every,
    }),
    ..semantics::EXACT
};

const SPA: &[Field] = &[Field::Name, Field::Callbacks];
const M2M: &[Field] = &[Field::Name];

/// Maximum number of clients that are requested at once. Graph allows 999, but so many large
/// objects could exceed the size limit for a response.
const PAGE_LIMIT: u32 = 500;

/// Delays before a request is repeated, or before an object is read again, because a change may not
/// be visible yet; 7.75 s in total.
const DELAYS: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Lifetime of a new secret for a client without a valid secret: the default of the Entra admin
/// center. Otherwise, a new secret gets the lifetime of the newest valid secret.
const SECRET_LIFETIME: SignedDuration = SignedDuration::from_hours(180 * 24);

/// Reason why a secret cannot be read.
const ONCE: &str = "Entra ID shows a secret once, when it is created";

/// Display name of the secrets that Credenza adds.
const SECRET_NAME: &str = "Credenza";

/// Platforms of redirect URIs, with their names in the Other tab.
const PLATFORMS: [(&str, &str); 3] =
    [("web", "web"), ("publicClient", "native"), ("spa", "single-page")];

/// Members that vary between responses for the same object, or that depend on other members:
/// `redirectUriSettings` repeats the redirect URIs of its platform.
const VOLATILE: [&str; 4] =
    ["@odata.context", "@odata.type", "createdDateTime", "redirectUriSettings"];

/// Members that are not shown as JSON, because they are shown elsewhere or belong to the response.
/// [`unknown`] adds the settings of the platforms, and the metadata of keys and secrets.
const KNOWN: [&str; 10] = [
    "@odata.context",
    "@odata.type",
    "appId",
    "displayName",
    "createdDateTime",
    "passwordCredentials",
    "keyCredentials",
    "spa",
    "web",
    "publicClient",
];

/// Permissions that allow reading app registrations; one of them is required.
const READERS: [&str; 6] = [
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Directory.AccessAsUser.All",
];

/// Permissions that allow changing app registrations; one of them is required.
const WRITERS: [&str; 4] = [
    "Application.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    "Directory.ReadWrite.All",
    "Directory.AccessAsUser.All",
];

/// [`CredentialsApi`] for an Entra tenant.
pub struct Entra {
    http: Http,
    base_url: String,
    issuer: Option<String>,
}

/// Access of the caller, from the claims of the access token.
struct Caller {
    /// Permissions; `None` if the token does not contain them.
    permissions: Option<Vec<String>>,
    /// True if the caller is a user, and not an application.
    is_user: bool,
}

impl Entra {
    /// Creates a provider for the Graph service that `http` connects to.
    #[must_use]
    pub fn new(http: Http, base_url: &str, issuer: Option<&str>) -> Self {
        let (base_url, issuer) = (base_url.to_owned(), issuer.map(str::to_owned));
        Self { http: http.of_api(), base_url, issuer }
    }

    async fn call(&self, method: Method, path: &[&str], body: Body) -> Result<Reply, ApiError> {
        let path = [&["v1.0"], path].concat();
        let call = Call { path: &path, body, ..Call::default() };
        self.http.call(method, call).await.map_err(map_error)
    }

    /// Sends a GET request to a URL that the server returned, or to a path with a query. The query
    /// must already be encoded, because Graph requires `%20` for a space, but form encoding would
    /// produce `+`.
    async fn get(&self, url: &str) -> Result<Object, ApiError> {
        let call = Call { url: Some(url), ..Call::default() };
        self.http.call(Method::GET, call).await.map_err(map_error)?.json()
    }

    /// Returns the items of all pages of a list.
    async fn all(&self, path: &str) -> Result<Vec<Object>, ApiError> {
        let (mut all, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(url) = next {
            let mut page = self.get(&url).await?;
            next = next_page(&page, &url);
            if let Some(Value::Array(list)) = page.remove("value") {
                all.extend(list.into_iter().filter_map(|it| match it {
                    Value::Object(object) => Some(object),
                    _ => None,
                }));
            }
        }
        Ok(all)
    }

    /// Returns the app registration with this client ID.
    async fn object(&self, id: &Untrusted) -> Result<Object, ApiError> {
        let missing = || ApiError::NotFound { said: "no app registration has this ID".into() };
        // A GUID needs no escaping in OData or in a URL.
        if !id.raw().bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
            return Err(missing());
        }
        let url = format!("/v1.0/applications?$filter=appId%20eq%20'{}'", id.raw());
        self.all(&url).await?.into_iter().next().ok_or_else(missing)
    }

    /// Returns the current app registration if it has the expected version.
    async fn newest(&self, id: &Untrusted, version: Option<&str>) -> Result<Object, ApiError> {
        let object = self.object(id).await?;
        json_object::unchanged(version, &json_object::version(&object, &VOLATILE))?;
        Ok(object)
    }

    /// Reads an app registration repeatedly, until it exists and `is_current` returns true for it, or
    /// until all [`DELAYS`] have elapsed. Returns the last state.
    async fn read_until(
        &self,
        object_id: &str,
        is_current: impl Fn(&Object) -> bool + Send + Sync,
    ) -> Result<Object, ApiError> {
        let path = ["applications", object_id];
        let read = || async { self.call(Method::GET, &path, Body::Empty).await?.json() };
        let is_early = |read: &Result<Object, ApiError>| match read {
            Ok(object) => !is_current(object),
            Err(error) => is_not_found(error),
        };
        repeated(read, is_early).await
    }

    /// Sends a POST request that refers to a new object. Repeats the request after each of the
    /// [`DELAYS`] while the object is not visible yet.
    async fn post_to_new(&self, path: &[&str], body: &Value) -> Result<Object, ApiError> {
        let send = || self.call(Method::POST, path, Body::Json(body.clone()));
        repeated(send, |sent| sent.as_ref().is_err_and(is_too_early)).await?.json()
    }

    /// Adds a secret with the lifetime of the newest valid secret of `object`, or with
    /// [`SECRET_LIFETIME`] if there is no such secret.
    async fn add_password(&self, object: &Object) -> Result<AddedSecret, ApiError> {
        let lifetime = in_force(object).first().and_then(|newest| {
            Some(newest.expires_at.flatten()?.duration_since(newest.created_at?))
        });
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
        let end = now.checked_add(lifetime.unwrap_or(SECRET_LIFETIME)).unwrap_or(Timestamp::MAX);
        let body = json!({ "passwordCredential": {
            "displayName": SECRET_NAME,
            "startDateTime": now.to_string(),
            "endDateTime": end.to_string(),
        } });
        let path = ["applications", object_id(object)?, "addPassword"];
        let answer = self.post_to_new(&path, &body).await?;
        let text = answer.get("secretText").and_then(Value::as_str);
        let secret = text.ok_or_else(|| ApiError::Malformed { why: "it has no secret".into() })?;
        Ok(AddedSecret {
            secret: Secret::new(secret.to_owned()),
            id: json_object::text(&answer, "keyId"),
        })
    }

    /// Waits until a new secret is visible. Returns the app registration, or `None` instead of an
    /// error if it cannot be read, so that the new secret is not lost.
    async fn wait_for_secret(&self, before: &Object, added: &AddedSecret) -> Option<Object> {
        let is_visible = |after: &Object| {
            added.id.is_none() || secrets(after).iter().any(|it| it.id == added.id)
        };
        self.read_until(object_id(before).ok()?, is_visible).await.ok()
    }

    async fn remove_password(&self, object: &Object, secret: &Untrusted) -> Result<(), ApiError> {
        let body = Body::Json(json!({ "keyId": secret.raw() }));
        let path = ["applications", object_id(object)?, "removePassword"];
        self.call(Method::POST, &path, body).await.map(|_| ())
    }

    /// Completes a new client: adds the service principal that it requires to get tokens and, for
    /// an M2M client, a secret.
    async fn complete(&self, object: &Object, kind: Kind) -> Result<Option<AddedSecret>, ApiError> {
        let body = json!({ "appId": object.get("appId") });
        self.post_to_new(&["servicePrincipals"], &body).await?;
        Ok(match kind {
            Kind::M2m => Some(self.add_password(object).await?),
            _ => None,
        })
    }

    /// Deletes a client whose setup failed with `error`. Returns the error to report, which
    /// contains the client ID if the deletion failed.
    async fn abandoned(&self, object: &Object, error: ApiError) -> ApiError {
        let Ok(id) = object_id(object) else { return error };
        let path = ["applications", id];
        let delete = || self.call(Method::DELETE, &path, Body::Empty);
        // The new client may not be visible yet.
        let deleted = repeated(delete, |it| it.as_ref().is_err_and(is_not_found)).await;
        let why = error.explain("").why;
        // The error must not be uncertain, because the outcome is known.
        if deleted.is_ok() {
            return ApiError::Local {
                why: format!("The setup of the new client failed: {why}"),
                next: "The client was deleted again. Try again later.",
            };
        }
        let id = json_object::text(object, "appId").unwrap_or_default();
        ApiError::Local {
            why: format!("Client {} was created, but its setup failed: {why}", id.shown()),
            next: "It could not be deleted either. Delete it: credenza delete.",
        }
    }

    async fn caller(&self) -> Caller {
        let claims = self.http.claims().await.unwrap_or_default();
        let scopes = claims.get("scp").and_then(Value::as_str);
        let scopes = scopes.map(|it| it.split(' ').map(str::to_owned).collect());
        let roles = claims.get("roles").and_then(Value::as_array);
        let roles =
            roles.map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        let is_user = claims.get("idtyp").and_then(Value::as_str) != Some("app");
        Caller { permissions: if is_user { scopes } else { roles }, is_user }
    }
}

/// Returns the URL of the next page; `None` at the end of a list. A link to the current page also
/// ends the list, because it would be followed forever.
fn next_page(page: &Object, current: &str) -> Option<String> {
    let next = page.get("@odata.nextLink")?.as_str()?;
    (next != current).then(|| next.to_owned())
}

fn object_id(object: &Object) -> Result<&str, ApiError> {
    let id = object.get("id").and_then(Value::as_str);
    id.ok_or_else(|| ApiError::Malformed { why: "the app registration has no id".into() })
}

/// Makes an attempt, and repeats it after each of the [`DELAYS`] while `is_early` returns true for
/// its result. Returns the last result.
async fn repeated<T, Attempt: Future<Output = Result<T, ApiError>>>(
    attempt: impl Fn() -> Attempt,
    is_early: impl Fn(&Result<T, ApiError>) -> bool,
) -> Result<T, ApiError> {
    for delay in DELAYS {
        let result = attempt().await;
        if !is_early(&result) {
            return result;
        }
        tokio::time::sleep(delay).await;
    }
    attempt().await
}

const fn is_not_found(error: &ApiError) -> bool {
    matches!(error, ApiError::NotFound { .. })
}

/// Returns true if the error means that a new object is not yet visible on all servers of Graph.
fn is_too_early(error: &ApiError) -> bool {
    match error {
        ApiError::NotFound { .. } => true,
        // Graph rejects a service principal if its app registration is not visible yet.
        ApiError::Invalid { said, .. } | ApiError::Forbidden { said } => {
            said.raw().contains("valid application object")
                || said.raw().contains("must in the local tenant")
        }
        _ => false,
    }
}

fn map_error(error: ApiError) -> ApiError {
    error.at_field(&[
        ("redirecturi", Field::Callbacks),
        ("reply url", Field::Callbacks),
        ("displayname", Field::Name),
    ])
}

/// Returns true if the error means that Graph did not find the secret.
fn is_missing_secret(error: &ApiError) -> bool {
    match error {
        ApiError::NotFound { .. } => true,
        ApiError::Invalid { said, .. } => said.raw().contains("No password credential found"),
        _ => false,
    }
}

/// Returns the error for a single-page application without redirect URIs. Entra would store it, but
/// nothing would distinguish it from an M2M client.
fn no_callbacks() -> ApiError {
    let why = "A single-page application must have a redirect URI";
    ApiError::Invalid { said: why.into(), problems: vec![FieldProblem::of(Field::Callbacks, why)] }
}

/// Replaces [`ApiError::NotFound`] with [`ApiError::Conflict`] if an object in the recycle bin
/// cannot be restored. Otherwise the error would mean that the recycle bin does not contain the
/// object.
fn in_recycle_bin(error: ApiError) -> ApiError {
    match error {
        ApiError::NotFound { said } => ApiError::Conflict { said, problems: Vec::new() },
        other => other,
    }
}

fn redirect_uris(object: &Object, platform: &str) -> Vec<Untrusted> {
    let platform = object.get(platform).and_then(Value::as_object);
    platform.map_or_else(Vec::new, |it| json_object::list(it, "redirectUris"))
}

fn is_on(object: &Object, platform: &str) -> bool {
    !redirect_uris(object, platform).is_empty()
}

fn entries<'a>(object: &'a Object, name: &str) -> impl Iterator<Item = &'a Object> {
    let list = object.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_object)
}

/// Returns true if public client flows are allowed: the device code flow, and sign-in with a user
/// name and password.
fn is_fallback_public(object: &Object) -> bool {
    object.get("isFallbackPublicClient") == Some(&Value::Bool(true))
}

/// Returns true if the client can authenticate with a secret or a key that has not expired.
fn has_credentials(object: &Object) -> bool {
    !in_force(object).is_empty() || valid_keys(object) > 0
}

/// Returns the number of keys that have not expired.
fn valid_keys(object: &Object) -> usize {
    let now = Timestamp::now();
    let is_valid =
        |key: &&Object| json_object::time(key, "endDateTime").is_none_or(|end| end > now);
    entries(object, "keyCredentials").filter(is_valid).count()
}

/// Returns true if the app registration defines scopes or roles, which other clients can request.
fn is_api(object: &Object) -> bool {
    let api = object.get("api").and_then(Value::as_object);
    let has_scopes = api.is_some_and(|api| entries(api, "oauth2PermissionScopes").count() > 0);
    has_scopes || entries(object, "appRoles").count() > 0
}

/// Returns the kind of a client. For [`Kind::Other`], the second value describes its type: the
/// platforms, `public client` or `API`, or that a single-page application has credentials.
fn kind(object: &Object) -> (Kind, Option<Untrusted>) {
    let platforms: Vec<_> = PLATFORMS.iter().filter(|(name, _)| is_on(object, name)).collect();
    match platforms.as_slice() {
        // An app with a secret or a key also has a backend.
        [("spa", _)] if has_credentials(object) => {
            (Kind::Other, Some("single-page, with credentials".into()))
        }
        [("spa", _)] => (Kind::Spa, None),
        [] if is_fallback_public(object) => (Kind::Other, Some("public client".into())),
        [] if is_api(object) && !has_credentials(object) => (Kind::Other, Some("API".into())),
        [] => (Kind::M2m, None),
        some => {
            let names: Vec<_> = some.iter().map(|(_, name)| *name).collect();
            (Kind::Other, Some(names.join(", ").into()))
        }
    }
}

/// Returns the metadata of the secrets, the newest one first.
fn secrets(object: &Object) -> Vec<SecretAge> {
    let one = |secret: &Object| SecretAge {
        id: json_object::text(secret, "keyId"),
        created_at: json_object::time(secret, "startDateTime"),
        // Every secret expires.
        expires_at: json_object::time(secret, "endDateTime").map(Some),
        active: true,
        ..SecretAge::default()
    };
    let mut secrets: Vec<_> = entries(object, "passwordCredentials").map(one).collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.created_at));
    secrets
}

/// Returns the secrets that have not expired, the newest one first.
fn in_force(object: &Object) -> Vec<SecretAge> {
    let now = Timestamp::now();
    let is_valid = |it: &SecretAge| it.expires_at.flatten().is_none_or(|end| end > now);
    secrets(object).into_iter().filter(is_valid).collect()
}

/// Returns the grant types that an app registration allows. Entra has no list of them.
fn grant_types(object: &Object, kind: Kind) -> Vec<Untrusted> {
    let mut grants = match kind {
        Kind::M2m => vec!["client_credentials"],
        _ if PLATFORMS.iter().any(|(name, _)| is_on(object, name)) => {
            vec!["authorization_code", "refresh_token"]
        }
        _ => Vec::new(),
    };
    if issues(object, "enableAccessTokenIssuance") {
        grants.push("implicit");
    }
    if is_fallback_public(object) {
        grants.extend(["urn:ietf:params:oauth:grant-type:device_code", "password"]);
    }
    grants.into_iter().map(Untrusted::from).collect()
}

/// Returns true if `setting` allows the authorization endpoint to issue tokens.
fn issues(object: &Object, setting: &str) -> bool {
    let settings = object.get("web").and_then(|web| web.get("implicitGrantSettings"));
    settings.and_then(|it| it.get(setting)) == Some(&Value::Bool(true))
}

/// Returns the audit facts that the form does not contain.
fn posture(object: &Object, kind: Kind) -> Posture {
    let has_code = kind != Kind::M2m && PLATFORMS.iter().any(|(name, _)| is_on(object, name));
    // `enableIdTokenIssuance` alone does not indicate the implicit flow, because the hybrid flow also
    // requires it.
    let responses = [
        ("code", has_code),
        ("code id_token", issues(object, "enableIdTokenIssuance")),
        ("token", issues(object, "enableAccessTokenIssuance")),
    ];
    let responses =
        responses.into_iter().filter_map(|(name, is_allowed)| is_allowed.then_some(name));
    let certificates = entries(object, "keyCredentials");
    Posture {
        description: object
            .contains_key("description")
            .then(|| json_object::text(object, "description").unwrap_or_default()),
        response_types: Some(responses.map(Untrusted::from).collect()),
        // Entra requires PKCE for the redirect URIs of single-page applications.
        code_challenge: (kind == Kind::Spa).then(|| Some("S256".into())),
        secrets: Some(secrets(object)),
        certificates: certificates.filter_map(|it| json_object::time(it, "endDateTime")).collect(),
        ..Posture::default()
    }
}

/// Returns the authentication method, if the kind of the client or its keys and secrets determine
/// it.
fn auth_method(object: &Object, kind: Kind) -> Option<Untrusted> {
    let (secrets, keys) = (in_force(object).len(), valid_keys(object));
    let is_native = is_on(object, "publicClient") && !is_on(object, "web");
    match (kind, secrets, keys) {
        (Kind::Spa, ..) => Some("none".into()),
        (Kind::Other, 0, 0) if is_native => Some("none".into()),
        (_, 0, 1..) => Some("private_key_jwt".into()),
        _ => None,
    }
}

/// Returns true if a value is an object whose members are all `false`.
fn is_all_false(value: &Value) -> bool {
    value.as_object().is_some_and(|it| it.values().all(|it| *it == Value::Bool(false)))
}

/// Returns the members that the form does not show: those that Credenza does not interpret, the
/// settings of the platforms, and the metadata of keys and secrets. The object never contains the
/// value of a secret, but it contains the first characters (`hint`), which are omitted.
fn unknown(object: &Object) -> Vec<(Untrusted, Untrusted)> {
    let mut all = json_object::unknown(object, &KNOWN);
    for (platform, _) in PLATFORMS {
        if let Some(Value::Object(mut settings)) = object.get(platform).cloned() {
            settings.remove("redirectUris");
            // This member repeats the redirect URIs, with their order.
            settings.remove("redirectUriSettings");
            settings.retain(|_, value| !json_object::is_empty(value) && !is_all_false(value));
            if !settings.is_empty() {
                all.push((platform.into(), Value::Object(settings).to_string().into()));
            }
        }
    }
    for (list, name) in [("keyCredentials", "certificate"), ("passwordCredentials", "secret")] {
        for entry in entries(object, list) {
            let public = ["keyId", "displayName", "type", "usage", "customKeyIdentifier"];
            let shown: Object = entry
                .iter()
                .filter(|(name, value)| {
                    public.contains(&name.as_str()) && !json_object::is_empty(value)
                })
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            all.push((name.into(), Value::Object(shown).to_string().into()));
        }
    }
    all
}

pub(super) fn read(object: &Object) -> Result<Credential, ApiError> {
    let id = json_object::text(object, "appId")
        .ok_or_else(|| ApiError::Malformed { why: "the app registration has no appId".into() })?;
    let (kind, app_type) = kind(object);
    let client = Client {
        record: Record {
            id,
            name: json_object::text(object, "displayName").unwrap_or_default(),
            created_at: json_object::time(object, "createdDateTime"),
            version: Some(json_object::version(object, &VOLATILE)),
            unknown: unknown(object),
            has: Fields::of(SPA),
            ..Record::default()
        },
        callbacks: PLATFORMS.iter().flat_map(|(name, _)| redirect_uris(object, name)).collect(),
        grant_types: grant_types(object, kind),
        auth_method: auth_method(object, kind),
        native: kind == Kind::Other && is_on(object, "publicClient"),
        posture: Some(Box::new(posture(object, kind))),
        app_type,
        ..Client::default()
    };
    Ok(Credential::of_client(kind, client))
}

/// Converts a directory object to an owner. A service principal can also own an app registration.
fn owner(object: &Object) -> Owner {
    let name = ["userPrincipalName", "mail", "displayName"];
    Owner {
        user_id: json_object::text(object, "id").unwrap_or_default(),
        email: name.iter().find_map(|it| json_object::text(object, it)).unwrap_or_default(),
        active: object.get("accountEnabled").and_then(Value::as_bool),
        ..Owner::default()
    }
}

/// Assigns redirect URIs to platforms. An existing URI keeps its platform. A new URI is added to
/// the first platform that has redirect URIs, or to `web`. Returns the platforms that change.
fn placed(object: &Object, uris: &[String]) -> Object {
    let current: Vec<(&str, Vec<String>)> = PLATFORMS
        .iter()
        .map(|(name, _)| {
            let uris = redirect_uris(object, name);
            (*name, uris.iter().map(|it| it.raw().to_owned()).collect())
        })
        .collect();
    let main = current.iter().find(|(_, uris)| !uris.is_empty()).map_or("web", |(name, _)| *name);
    let platform_of = |uri: &String| {
        let found = current.iter().find(|(_, uris)| uris.contains(uri));
        found.map_or(main, |(name, _)| *name)
    };
    let targets: Vec<(&str, &String)> = uris.iter().map(|uri| (platform_of(uri), uri)).collect();
    let mut body = Object::new();
    for (name, before) in &current {
        let after: Vec<&String> =
            targets.iter().filter(|(target, _)| target == name).map(|(_, uri)| *uri).collect();
        if after.iter().copied().ne(before.iter()) {
            body.insert((*name).to_owned(), json!({ "redirectUris": after }));
        }
    }
    body
}

/// Returns the members to send for an edit.
fn patch(object: &Object, changes: Vec<Change>) -> Result<Object, ApiError> {
    let mut body = Object::new();
    for change in changes {
        match (change.field, change.after) {
            (Field::Callbacks, FieldValue::Lines(uris)) => {
                let is_single_page =
                    is_on(object, "spa") && !is_on(object, "web") && !is_on(object, "publicClient");
                if uris.is_empty() && is_single_page {
                    return Err(no_callbacks());
                }
                body.extend(placed(object, &uris));
            }
            (Field::Name, value) => {
                body.insert("displayName".to_owned(), json_object::json(value));
            }
            _ => {}
        }
    }
    Ok(body)
}

/// Returns the expected object after a PATCH with `body`. Members of a platform that are not in
/// `body` stay unchanged.
fn patched(object: &Object, body: &Object) -> Object {
    let mut after = object.clone();
    for (name, value) in body {
        match (after.get_mut(name), value) {
            (Some(Value::Object(current)), Value::Object(new)) => current.extend(new.clone()),
            _ => {
                after.insert(name.clone(), value.clone());
            }
        }
    }
    after
}

/// Returns the scope to request for Graph. It includes the permissions that an administrator
/// granted.
#[must_use]
pub fn default_scope(base_url: &str) -> &'static str {
    match base_url {
        url if url.contains("//dod-graph.microsoft.us") => {
            "https://dod-graph.microsoft.us/.default"
        }
        url if url.contains("//graph.microsoft.us") => "https://graph.microsoft.us/.default",
        url if url.contains("//microsoftgraph.chinacloudapi.cn") => {
            "https://microsoftgraph.chinacloudapi.cn/.default"
        }
        _ => "https://graph.microsoft.com/.default",
    }
}

impl CredentialsApi for Entra {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        Box::pin(async {
            let caller = self.caller().await;
            let granted = caller.permissions.as_deref();
            let access = |one_of: &[&str]| Access::granted(granted, one_of, "permission");
            let write = access(&WRITERS);
            let m2m = Abilities {
                list: access(&READERS),
                create: write.clone(),
                edit: write.clone(),
                delete: write.clone(),
                rotate: write,
                overlap: Overlap::Several,
                secrecy: Secrecy::Once(ONCE.into()),
                restores: true,
                shape: FieldRules::open(M2M),
                ..Abilities::all()
            };
            let spa = Abilities { shape: FieldRules::open(SPA), ..m2m.clone() }.public();
            let other = Abilities { shape: FieldRules::open(SPA), ..m2m.clone() }.made_elsewhere();
            Ok(Capabilities {
                issuer: self.issuer.as_deref().map(Untrusted::from),
                token_scope: Some(default_scope(&self.base_url)),
                organization: caller.is_user,
                only_owners_write: false,
                ..Capabilities::of_clients(&self.base_url, "Entra ID", spa, m2m, other)
                    .with_one_list()
            })
        })
    }

    fn me(&self) -> Answer<'_, Me> {
        Box::pin(async {
            let claims = self.http.claims().await.unwrap_or_default();
            let claim = |names: &[&str]| {
                names.iter().find_map(|it| json_object::text(&claims, it)).unwrap_or_default()
            };
            let email = claim(&["upn", "preferred_username", "unique_name", "app_displayname"]);
            Ok(Me { user_id: claim(&["oid", "appid"]), email, role: "".into() })
        })
    }

    fn page(&self, query: PageQuery) -> Answer<'_, Page> {
        Box::pin(async move {
            if query.kind == Kind::Token {
                return Ok(Page::default());
            }
            let url = match &query.after {
                Some(next) => next.clone(),
                None => {
                    let list = match query.scope {
                        Scope::Mine if self.caller().await.is_user => "me/ownedObjects",
                        _ => "applications",
                    };
                    format!("/v1.0/{list}?$top={}", query.size.min(PAGE_LIMIT))
                }
            };
            let mut page = self.get(&url).await?;
            let mut objects = match page.remove("value") {
                Some(Value::Array(list)) => list,
                _ => Vec::new(),
            };
            // The list of owned objects also contains groups and service principals.
            objects.retain(|it| {
                let kind = it.get("@odata.type").and_then(Value::as_str);
                kind.is_none_or(|kind| kind == "#microsoft.graph.application")
            });
            let entries = rows::read(&objects, &query, |it| kind(it).0, read);
            Ok(Page { entries, total: None, next: next_page(&page, &url) })
        })
    }

    /// Returns the client with its owners and federated credentials, which a list omits. If the
    /// caller may not read these, the client is returned without them.
    fn show(&self, of: CredentialRef) -> Answer<'_, Credential> {
        Box::pin(async move {
            let object = self.object(&of.id).await?;
            let mut credential = read(&object)?;
            let below = format!("/v1.0/applications/{}", object_id(&object)?);
            let record = credential.record_mut();
            if let Ok(owners) = self.all(&format!("{below}/owners")).await {
                record.reports_owner = true;
                record.owner = owners.first().map(owner);
                if owners.len() > 1 {
                    let names: Vec<_> =
                        owners.iter().map(|it| owner(it).email.raw().to_owned()).collect();
                    record.unknown.push(("owners".into(), json!(names).to_string().into()));
                }
            }
            let federated = self.all(&format!("{below}/federatedIdentityCredentials")).await;
            for entry in federated.unwrap_or_default() {
                let shown = Value::Object(json_object::without_secrets(&entry)).to_string();
                record.unknown.push(("federatedIdentityCredential".into(), shown.into()));
            }
            Ok(credential)
        })
    }

    fn secret(&self, _: CredentialRef) -> Answer<'_, Secret> {
        Box::pin(async { Err(ApiError::Forbidden { said: ONCE.into() }) })
    }

    fn create(&self, draft: Draft, _: String) -> Answer<'_, Written> {
        Box::pin(async move {
            let kind = draft.kind();
            // Other tenants can use the client only if an administrator changes the audience.
            let mut body = json!({ "signInAudience": "AzureADMyOrg" });
            for (field, value) in draft.values() {
                match field {
                    Field::Name => body["displayName"] = json_object::json(value),
                    Field::Callbacks if kind == Kind::Spa && !value.is_empty() => {
                        body["spa"] = json!({ "redirectUris": json_object::json(value) });
                    }
                    _ => {}
                }
            }
            if kind == Kind::Spa && body.get("spa").is_none() {
                return Err(no_callbacks());
            }
            let reply = self.call(Method::POST, &["applications"], Body::Json(body)).await?;
            let object: Object = reply.json()?;
            let secret = match self.complete(&object, kind).await {
                Ok(secret) => secret,
                Err(error) => return Err(self.abandoned(&object, error).await),
            };
            // A read may not find the client yet, so the response to the creation, which is
            // complete, is used.
            let mut credential = read(&object)?;
            if kind == Kind::M2m {
                let days = SECRET_LIFETIME.as_hours() / 24;
                let note = format!("The secret expires after {days} days");
                credential.record_mut().notes.push(note.into());
            }
            Ok(Written::from(credential).with_secret(secret.map(|it| it.secret)))
        })
    }

    fn edit(
        &self,
        of: CredentialRef,
        version: Option<String>,
        changes: Vec<Change>,
    ) -> Answer<'_, Written> {
        Box::pin(async move {
            let before = self.newest(&of.id, version.as_deref()).await?;
            let body = patch(&before, changes)?;
            let path = ["applications", object_id(&before)?];
            self.call(Method::PATCH, &path, Body::Json(body.clone().into())).await?;
            let expected = patched(&before, &body);
            let differing = |after: &Object| json_object::side_effects(&expected, after, &VOLATILE);
            // Compare only the members that were sent, because other members may never match.
            let is_current = |after: &Object| {
                !differing(after).iter().any(|it| {
                    let member = it.raw().split('.').next().unwrap_or_default();
                    body.contains_key(member)
                })
            };
            let after = self.read_until(path[1], is_current).await;
            let after = after.map_err(|error| json_object::unread(&error))?;
            let side_effects = differing(&after);
            Ok(Written::from(read(&after)?).with_side_effects(side_effects))
        })
    }

    /// Adds a secret, and removes the newest previous secret that has not expired. Older secrets
    /// stay valid, because they may belong to other consumers.
    fn rotate(
        &self,
        of: CredentialRef,
        RotationRequest { version, .. }: RotationRequest,
    ) -> Answer<'_, Written> {
        Box::pin(async move {
            let before = self.newest(&of.id, version.as_deref()).await?;
            let added = self.add_password(&before).await?;
            let mut notes: Vec<Untrusted> = Vec::new();
            let previous = in_force(&before);
            if let Some(id) = previous.first().and_then(|newest| newest.id.as_ref())
                && let Err(error) = self.remove_password(&before, id).await
            {
                // The new secret must not be lost, so this error is only reported in a note.
                let why = error.explain("").why;
                notes.push(
                    format!("Could not remove the previous secret, so it may still work: {why}")
                        .into(),
                );
            }
            match previous.len() {
                0 | 1 => {}
                2 => notes.push("1 older secret still works".into()),
                count => notes.push(format!("{} older secrets still work", count - 1).into()),
            }
            let after = self.wait_for_secret(&before, &added).await;
            // The new secret must not be lost because of a failed read.
            let mut credential = read(after.as_ref().unwrap_or(&before))?;
            credential.record_mut().notes = notes;
            Ok(Written::from(credential).with_secret(Some(added.secret)))
        })
    }

    fn add_secret(&self, of: CredentialRef) -> Answer<'_, AddedSecret> {
        Box::pin(async move {
            let before = self.object(&of.id).await?;
            let added = self.add_password(&before).await?;
            self.wait_for_secret(&before, &added).await;
            Ok(added)
        })
    }

    fn retire_secret(&self, of: CredentialRef, previous: Option<Untrusted>) -> Answer<'_, ()> {
        Box::pin(async move {
            let Some(previous) = previous else { return Ok(()) };
            let object = self.object(&of.id).await?;
            let is_there = secrets(&object).iter().any(|it| it.id.as_ref() == Some(&previous));
            if is_there { self.remove_password(&object, &previous).await } else { Ok(()) }
        })
    }

    /// Removes the new secret. It may not be visible yet, so the request is repeated while Graph does
    /// not find it.
    fn withdraw_secret<'a>(
        &'a self,
        of: CredentialRef,
        added: Option<Untrusted>,
        _: Option<&'a Secret>,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let Some(added) = added else { return Ok(()) };
            let object = self.object(&of.id).await?;
            let remove = || self.remove_password(&object, &added);
            match repeated(remove, |it| it.as_ref().is_err_and(is_missing_secret)).await {
                // If Graph does not find the secret after all retries, an earlier attempt has
                // removed it.
                Err(error) if is_missing_secret(&error) => Ok(()),
                result => result,
            }
        })
    }

    fn restore(&self, of: CredentialRef) -> Answer<'_, Credential> {
        Box::pin(async move {
            let deleted = "/v1.0/directory/deletedItems/microsoft.graph";
            let find = async |kind: &str| -> Result<Option<String>, ApiError> {
                let all = self.all(&format!("{deleted}.{kind}?$top=100")).await?;
                let found = all.iter().find(|it| it.get("appId") == Some(&json!(of.id.raw())));
                found.map(|it| object_id(it).map(str::to_owned)).transpose()
            };
            let restore = async |object: &str| {
                let path = ["directory", "deletedItems", object, "restore"];
                self.call(Method::POST, &path, Body::Empty).await
            };
            let application = find("application").await?;
            let principal = find("servicePrincipal").await?;
            match &application {
                Some(application) => {
                    restore(application).await.map_err(in_recycle_bin)?;
                }
                // An earlier attempt may have restored only the app registration.
                None if principal.is_some() && self.object(&of.id).await.is_ok() => {}
                None => {
                    return Err(ApiError::NotFound {
                        said: "the deleted items of the tenant do not contain this client".into(),
                    });
                }
            }
            // Restoring an app registration does not restore its service principal. Both were
            // deleted together.
            if let Some(principal) = principal
                && let Err(error) = restore(&principal).await
            {
                return Err(ApiError::Local {
                    why: format!(
                        "The client was restored without its service principal, so it gets no tokens: {}",
                        error.explain("").why
                    ),
                    next: "Restore it again in a moment: credenza restore.",
                });
            }
            let find = || self.object(&of.id);
            let object = repeated(find, |it| it.as_ref().is_err_and(is_not_found)).await;
            read(&object.map_err(|error| json_object::unread(&error))?)
        })
    }

    /// Returns the URL of the app registration in the Entra admin center, or `None` for a national
    /// cloud.
    fn web_page(&self, credential: &Credential) -> Option<String> {
        let page = "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Overview";
        let is_global = self.base_url.contains("//graph.microsoft.com");
        is_global.then(|| format!("{page}/appId/{}", credential.id().raw()))
    }

    /// Moves the app registration to the deleted items of the tenant, from which it can be restored
    /// for 30 days.
    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()> {
        Box::pin(async move {
            let object = self.newest(&of.id, version.as_deref()).await?;
            let path = ["applications", object_id(&object)?];
            self.call(Method::DELETE, &path, Body::Empty).await.map(|_| ())
        })
    }
}
