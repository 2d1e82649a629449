//! Keycloak's Admin REST API (<https://www.keycloak.org/docs-api/latest/rest-api/>). The base URL
//! is that of the realm, `https://host/realms/NAME`, which is also its issuer.
//!
//! A PUT replaces some members and merges others, depending on the version. If
//! `authorizationServicesEnabled` is missing, a PUT deletes every resource, policy and permission
//! of the client. In version 25, it also changes flags and issues a new secret. An edit therefore
//! sends the whole representation that was read, except `secret` and `access`. Keycloak stores
//! redirect URIs as an unordered set.

mod events;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::{
    Abilities, Access, Answer, ApiError, Capabilities, CredentialsApi, Http, Me, Overlap, Page,
    PageQuery, RotationRequest, Written,
    http::{Body, Call, Reply},
    json_object::{self, Object},
    metadata, rows,
};
use crate::domain::{
    Client, Credential, CredentialRef, Draft, FieldProblem, Kind, Secret, Untrusted, certificate,
    credential::{NATIVE, Posture, Record, SecretAge},
    draft::{self, Change, Field, FieldRules, Fields},
    evidence::RecordedUses,
    semantics::{self, ClientScope, Hosts, Loopback, Origins, Semantics, Wildcard},
    urls,
};

/// URL comparison rules of version 25 and newer. Older versions compare the port of `[::1]`, and
/// their wildcard in `https://host*` also matches longer host names. Version 22 resolves `..` in a
/// path.
pub const SEMANTICS: Semantics = Semantics {
    source: "Keycloak, RedirectUtils.java and WebOriginsUtils.java; server administration guide, OIDC clients",
    wildcard: Wildcard::Prefix,
    loopback: Some(Loopback {
        hosts: Hosts::Named,
        every_scheme: false,
        registered_port: false,
        clients: ClientScope::Every,
    }),
    origins: Origins::Any,
    relative: true,
    words: true,
    // Scopes that Keycloak 26 added or removed in a test import of a realm of another version.
    own_scopes: &[
        "acr",
        "AuthnContextClassRef",
        "basic",
        "role_list",
        "roles",
        "service_account",
        "web-origins",
    ],
    ..semantics::EXACT
};

const SPA: &[Field] = &[
    Field::Name,
    Field::ClientId,
    Field::LoginUrl,
    Field::Callbacks,
    Field::LogoutUrls,
    Field::AllowedOrigins,
];

const M2M: &[Field] = &[Field::Name, Field::ClientId];

/// Attribute with the post-logout redirect URIs, joined by [`SEPARATOR`].
const LOGOUT: &str = "post.logout.redirect.uris";
const SEPARATOR: &str = "##";

/// Attribute with the expiry of the previous secret, if the realm has a rotation policy.
const ROTATED_UNTIL: &str = "client.secret.rotated.expiration.time";

/// Members that correspond to fields of a client or determine its kind, or that are not shown. All
/// other members are unknown members.
const KNOWN: [&str; 14] = [
    "id",
    "clientId",
    "name",
    "secret",
    "baseUrl",
    "redirectUris",
    "webOrigins",
    "attributes",
    "access",
    "enabled",
    "publicClient",
    "serviceAccountsEnabled",
    "standardFlowEnabled",
    "protocol",
];

/// Client IDs of the built-in clients of every realm. The realm `master` has one more built-in
/// client for each realm, such as `acme-realm`.
const BUILT_IN: [&str; 6] = [
    "account",
    "account-console",
    "admin-cli",
    "broker",
    "realm-management",
    "security-admin-console",
];

/// Maximum page size. Keycloak builds the whole representation of each client, so a page of 1,000
/// clients took a small server more than ten seconds.
const PAGE_LIMIT: u32 = 200;

/// [`CredentialsApi`] for one realm of a Keycloak server.
pub struct Keycloak {
    http: Http,
    base_url: String,
    realm: String,
    /// Path segments before `realms` in the base URL, such as `auth` on old servers.
    prefix: Vec<String>,
}

impl Keycloak {
    /// Creates a provider for the realm in `base_url`.
    ///
    /// # Errors
    /// [`ApiError::Unusable`] if `base_url` is not the URL of a realm.
    pub fn new(http: Http, base_url: &str) -> Result<Self, ApiError> {
        let unusable = || {
            ApiError::Unusable {
            why: "The base URL of a Keycloak profile must be a realm URL, such as https://host/realms/acme"
                .into(),
        }
        };
        // The segments are decoded, because each request encodes them again.
        let url = Url::parse(base_url).map_err(|_| unusable())?;
        let segments = url.path_segments().into_iter().flatten().filter(|it| !it.is_empty());
        let mut prefix: Vec<String> =
            segments.map(|it| percent_decode_str(it).decode_utf8_lossy().into_owned()).collect();
        let realm = prefix.pop().ok_or_else(unusable)?;
        if prefix.pop().as_deref() != Some("realms") {
            return Err(unusable());
        }
        let http = http.of_api().at_origin();
        Ok(Self { http, base_url: base_url.to_owned(), realm, prefix })
    }

    /// Calls a path below the realm's clients.
    async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Reply, ApiError> {
        self.realm_call(method, &[&["clients"], path].concat(), query, body).await
    }

    /// Calls a path below the realm.
    async fn realm_call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Reply, ApiError> {
        let mut full: Vec<&str> = self.prefix.iter().map(String::as_str).collect();
        full.extend(["admin", "realms", &self.realm]);
        full.extend(path);
        let call = Call { path: &full, query, body, ..Call::default() };
        self.http.call(method, call).await.map_err(metadata::map_error)
    }

    /// Returns the client with the given client ID. The object also contains the internal ID of the
    /// client, which calls for a single client require.
    async fn object(&self, id: &Untrusted) -> Result<Object, ApiError> {
        let query = [("clientId", id.raw())];
        let reply = self.call(Method::GET, &[], &query, Body::Empty).await?;
        let found: Vec<Object> = reply.json()?;
        let is_it = |it: &Object| it.get("clientId").and_then(Value::as_str) == Some(id.raw());
        found
            .into_iter()
            .find(is_it)
            .ok_or_else(|| ApiError::NotFound { said: "the realm has no such client".into() })
    }

    /// Returns a client and its internal ID, if `version` is still current.
    async fn newest(
        &self,
        id: &Untrusted,
        version: Option<&str>,
    ) -> Result<(Object, String), ApiError> {
        let object = self.object(id).await?;
        json_object::unchanged(version, &version_of(&object))?;
        let handle = handle(&object)?;
        Ok((object, handle))
    }

    /// Reads a client again after a write.
    async fn again(&self, id: &Untrusted) -> Result<Written, ApiError> {
        let object = self.object(id).await.map_err(|error| json_object::unread(&error))?;
        Ok(read(&object)?.into())
    }

    /// Returns true if the token has one of these management roles, or does not report its roles.
    async fn has_role(&self, named: [&str; 2]) -> bool {
        let roles = self.roles().await;
        roles.is_none_or(|roles| roles.iter().any(|role| named.contains(&role.as_str())))
    }

    /// Returns the caller's roles for managing this realm, if the token reports them. The token is
    /// not verified, so the roles are only a hint.
    async fn roles(&self) -> Option<Vec<String>> {
        let claims = self.http.claims().await?;
        let access = claims.get("resource_access")?;
        let of = |client: &str| access.get(client)?.get("roles")?.as_array().cloned();
        let roles = of("realm-management").or_else(|| of(&format!("{}-realm", self.realm)))?;
        Some(roles.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }
}

fn handle(object: &Object) -> Result<String, ApiError> {
    json_object::text(object, "id")
        .map(|id| id.raw().to_owned())
        .ok_or_else(|| ApiError::Malformed { why: "the client has no id".into() })
}

fn version_of(object: &Object) -> String {
    json_object::version(object, &["secret", "access"])
}

fn is(object: &Object, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn attribute<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get("attributes")?.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn is_saml(object: &Object) -> bool {
    object.get("protocol").and_then(Value::as_str) == Some("saml")
}

/// Returns the time in an attribute, stored in Unix seconds. 0 means that no time is set.
fn moment(object: &Object, name: &str) -> Option<Timestamp> {
    let seconds = attribute(object, name)?.parse().ok().filter(|seconds| *seconds > 0)?;
    Timestamp::from_second(seconds).ok()
}

/// Returns true for a native app. Keycloak does not report the application type, so it is derived
/// from the redirect URIs ([`urls::is_native`]) and from the web origins, which only a browser app
/// needs.
fn is_native(object: &Object) -> bool {
    let redirects = json_object::list(object, "redirectUris");
    is(object, "publicClient")
        && is(object, "standardFlowEnabled")
        && urls::is_native(redirects.iter().map(Untrusted::raw))
        && (json_object::list(object, "webOrigins").is_empty()
            || redirects.iter().any(|it| !it.raw().starts_with("http")))
}

/// Returns true if Keycloak created the client for its own use.
fn is_built_in(object: &Object) -> bool {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let (id, name) = (text("clientId"), text("name"));
    // A user can create a client `shop-realm`, but a client that Keycloak creates for the realm has
    // the name "shop Realm".
    let realm = id
        .strip_suffix("-realm")
        .is_some_and(|realm| name == format!("{realm} Realm") && is(object, "bearerOnly"));
    BUILT_IN.contains(&id) || name.starts_with("${client_") || realm
}

fn kind(object: &Object) -> Kind {
    let oidc =
        object.get("protocol").and_then(Value::as_str).is_none_or(|it| it == "openid-connect");
    let (public, code) = (is(object, "publicClient"), is(object, "standardFlowEnabled"));
    if is_built_in(object) || is(object, "bearerOnly") || !oidc || is_native(object) {
        Kind::Other
    } else if public && code {
        Kind::Spa
    } else if !public && !code && is(object, "serviceAccountsEnabled") {
        Kind::M2m
    } else {
        Kind::Other
    }
}

fn kind_word(object: &Object) -> &'static str {
    if is_built_in(object) {
        "built in"
    } else if is_saml(object) {
        "SAML"
    } else if is(object, "bearerOnly") {
        "bearer only"
    } else if is_native(object) {
        NATIVE
    } else if is(object, "publicClient") {
        "public, no browser flow"
    } else {
        "web, confidential"
    }
}

/// Returns the audit facts that the form does not contain. Every list response contains the whole
/// representation, so a missing attribute means that the feature is off. For example, PKCE is not
/// enforced if its attribute is missing.
fn posture(object: &Object) -> Posture {
    let text = |name: &str| attribute(object, name);
    let seconds = |name: &str| text(name).and_then(|text| text.parse::<u64>().ok());
    let at = |name: &str| moment(object, name);
    let mut secrets = vec![SecretAge {
        id: None,
        created_at: at("client.secret.creation.time"),
        expires_at: Some(at("client.secret.expiration.time")),
        active: true,
        reports_last_used: false,
        last_used_at: None,
    }];
    // With a rotation policy, the previous secret works until it expires.
    secrets.extend(at(ROTATED_UNTIL).map(|until| SecretAge {
        id: None,
        created_at: at("client.secret.rotated.creation.time"),
        expires_at: Some(Some(until)),
        active: true,
        reports_last_used: false,
        last_used_at: None,
    }));
    let has_attributes = object.get("attributes").is_some_and(Value::is_object);
    Posture {
        description: Some(json_object::text(object, "description").unwrap_or_default()),
        code_challenge: has_attributes
            .then(|| text("pkce.code.challenge.method").map(Untrusted::from)),
        id_token_alg: text("id.token.signed.response.alg").map(Untrusted::from),
        token_lifetime: seconds("access.token.lifespan"),
        full_scope: object.get("fullScopeAllowed").and_then(Value::as_bool),
        default_scopes: object
            .contains_key("defaultClientScopes")
            .then(|| json_object::list(object, "defaultClientScopes")),
        secrets: has_attributes.then(|| if uses_secret(object) { secrets } else { Vec::new() }),
        certificates: certificates(object),
        ..Posture::default()
    }
}

/// Returns the expiry of the certificates of a client that signs JWTs with a stored key. Keycloak
/// does not store the keys behind `jwks.url`.
fn certificates(object: &Object) -> Vec<Timestamp> {
    let method = object.get("clientAuthenticatorType").and_then(Value::as_str);
    let is_on = |name: &str| attribute(object, name) == Some("true");
    if method != Some("client-jwt") || is_on("use.jwks.url") {
        Vec::new()
    } else if is_on("use.jwks.string") {
        let keys = attribute(object, "jwks.string").and_then(|it| serde_json::from_str(it).ok());
        keys.map_or_else(Vec::new, |keys| certificate::expiries_of_keys(&keys))
    } else {
        let stored = attribute(object, "jwt.credential.certificate");
        stored.and_then(certificate::expiry).into_iter().collect()
    }
}

/// Returns true for an OAuth client. SAML and bearer-only clients are not OAuth clients, even if a
/// switch for an OAuth flow is on.
fn is_oauth(object: &Object) -> bool {
    let protocol = object.get("protocol").and_then(Value::as_str);
    protocol.is_none_or(|it| it == "openid-connect") && !is(object, "bearerOnly")
}

/// Returns the enabled grant types; none for a SAML or bearer-only client. Members of the client
/// enable four of the grant types, and attributes enable the other grant types
/// (<https://www.keycloak.org/docs/latest/server_admin/#_oidc_clients>).
fn grants(object: &Object) -> Vec<Untrusted> {
    let switches = [
        ("standardFlowEnabled", "authorization_code"),
        ("implicitFlowEnabled", "implicit"),
        ("directAccessGrantsEnabled", "password"),
        ("serviceAccountsEnabled", "client_credentials"),
    ];
    let attributes = [
        (
            "oauth2.device.authorization.grant.enabled",
            "urn:ietf:params:oauth:grant-type:device_code",
        ),
        ("standard.token.exchange.enabled", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("oidc.ciba.grant.enabled", "urn:openid:params:grant-type:ciba"),
    ];
    if !is_oauth(object) {
        return Vec::new();
    }
    let switched = switches.into_iter().filter(|(member, _)| is(object, member));
    let on = attributes.into_iter().filter(|(name, _)| attribute(object, name) == Some("true"));
    switched.chain(on).map(|(_, grant)| grant.into()).collect()
}

/// Returns the reason why a client has no usable secret, or `None` if it has one.
fn secretless(object: &Object) -> Option<String> {
    let method = object.get("clientAuthenticatorType").and_then(Value::as_str).unwrap_or_default();
    let why = if is_saml(object) {
        "a SAML client has no OAuth secret".to_owned()
    } else if is(object, "bearerOnly") {
        "a bearer-only client does not request tokens".to_owned()
    } else if is(object, "publicClient") {
        "a public client has no secret".to_owned()
    } else if uses_secret(object) {
        return None;
    } else {
        format!("this client authenticates with {}", crate::domain::text::shown(method))
    };
    Some(why)
}

/// Returns true if the client authenticates with its secret. Other confidential clients sign a JWT
/// or use a certificate.
fn uses_secret(object: &Object) -> bool {
    let method = object.get("clientAuthenticatorType").and_then(Value::as_str);
    is_oauth(object)
        && !is(object, "publicClient")
        && method.is_none_or(|it| it.starts_with("client-secret"))
}

/// Returns true for a member that has its default value, and for a SAML member of an OIDC client. A
/// client has dozens of such members, so they are shown together.
fn is_usual(name: &str, value: &str, saml: bool) -> bool {
    const ON: [&str; 3] = [
        "use.refresh.tokens",
        "backchannel.logout.session.required",
        "frontchannel.logout.session.required",
    ];
    let value = value.trim_matches('"');
    match name {
        "fullScopeAllowed" => value == "true",
        "notBefore" => value == "0",
        "nodeReRegistrationTimeout" => matches!(value, "-1" | "0"),
        "clientAuthenticatorType" => value == "client-secret",
        _ if ON.contains(&name) => value == "true",
        _ if !saml && name.starts_with("saml") => true,
        _ => matches!(value, "false" | "{}"),
    }
}

pub(super) fn read(object: &Object) -> Result<Credential, ApiError> {
    let id = json_object::text(object, "clientId")
        .ok_or_else(|| ApiError::Malformed { why: "the client has no clientId".into() })?;
    let kind = kind(object);
    let mut unknown = json_object::unknown(object, &KNOWN);
    if let Some(attributes) = object.get("attributes").and_then(Value::as_object) {
        // The attributes contain the previous secret in clear text, so it is skipped.
        unknown.extend(json_object::unknown(attributes, &[LOGOUT, "client.secret.rotated"]));
    }
    let saml = is_saml(object);
    let usual: Vec<Untrusted> = unknown
        .extract_if(.., |(name, value)| is_usual(name.raw(), value.raw(), saml))
        .map(|(name, _)| name)
        .collect();
    if !usual.is_empty() {
        let names = Untrusted::list(&usual, usual.len());
        unknown.push((format!("{} at their defaults", usual.len()).into(), names.into()));
    }
    let grants = grants(object);
    let method = if is(object, "publicClient") {
        Some("none".into())
    } else {
        json_object::text(object, "clientAuthenticatorType")
    };
    let logout = attribute(object, LOGOUT).unwrap_or_default();
    let client = Client {
        record: Record {
            // Built-in clients have a placeholder as their name, which Keycloak's pages translate.
            name: json_object::text(object, "name")
                .filter(|name| !name.raw().starts_with("${"))
                .unwrap_or_else(|| id.clone()),
            id,
            version: Some(version_of(object)),
            built_in: is_built_in(object),
            unknown,
            has: Fields::of(SPA),
            ..Record::default()
        },
        login_url: json_object::text(object, "baseUrl"),
        root_url: json_object::text(object, "rootUrl").filter(|it| !it.raw().is_empty()),
        callbacks: json_object::list(object, "redirectUris"),
        logout_urls: logout
            .split(SEPARATOR)
            .filter(|it| !it.is_empty())
            .map(Untrusted::from)
            .collect(),
        allowed_origins: json_object::list(object, "webOrigins"),
        posture: Some(Box::new(Posture {
            // An exported file may omit a switch that has its default value. A server never omits a
            // switch.
            no_grants: grants.is_empty()
                && (!is_oauth(object) || json_object::has(object, "standardFlowEnabled")),
            ..posture(object)
        })),
        grant_types: grants,
        auth_method: method,
        app_type: (kind == Kind::Other).then(|| kind_word(object).into()),
        enabled: object.get("enabled").and_then(Value::as_bool),
        old_secret_until: moment(object, ROTATED_UNTIL),
        ..Client::default()
    };
    Ok(Credential::of_client(kind, client))
}

/// Sets a field's value in Keycloak's representation. Empty values are sent, because an omitted
/// member keeps its old value.
fn put(object: &mut Object, field: Field, value: draft::FieldValue) {
    let member = match field {
        Field::Name => "name",
        Field::LoginUrl => "baseUrl",
        Field::Callbacks => "redirectUris",
        Field::AllowedOrigins => "webOrigins",
        Field::LogoutUrls => {
            let draft::FieldValue::Lines(lines) = value else { return };
            let attributes = object.entry("attributes").or_insert_with(|| json!({}));
            if let Some(attributes) = attributes.as_object_mut() {
                attributes.insert(LOGOUT.into(), json!(lines.join(SEPARATOR)));
            }
            return;
        }
        _ => return,
    };
    object.insert(member.into(), json_object::json(value));
}

/// Returns the request body that creates the client of a draft.
fn written(draft: &Draft) -> Object {
    let browser = draft.kind() == Kind::Spa;
    let mut body = Object::new();
    for (name, value) in [
        ("protocol", json!("openid-connect")),
        ("enabled", json!(true)),
        ("publicClient", json!(browser)),
        ("standardFlowEnabled", json!(browser)),
        ("serviceAccountsEnabled", json!(!browser)),
        ("implicitFlowEnabled", json!(false)),
        ("directAccessGrantsEnabled", json!(false)),
    ] {
        body.insert(name.into(), value);
    }
    if browser {
        // PKCE is enforced (RFC 9700 section 2.1.1).
        body.insert("attributes".into(), json!({ "pkce.code.challenge.method": "S256" }));
    }
    for (field, value) in draft.values() {
        if !matches!(&value, draft::FieldValue::Line(text) if text.is_empty()) {
            put(&mut body, field, value);
        }
    }
    if let Draft::Spa(client) | Draft::M2m(client) = draft
        && !client.client_id.is_empty()
    {
        body.insert("clientId".into(), json!(client.client_id));
    }
    body
}

impl CredentialsApi for Keycloak {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        Box::pin(async {
            // Creating a client requires a role. With fine-grained permissions, an account can
            // manage individual clients without a role, so all other actions are left to the
            // server's checks.
            let create = Access::when(
                self.has_role(["manage-clients", "create-client"]).await,
                "Your account has no manage-clients role in this realm",
            );
            let overlap = Overlap::Policy;
            let all = Abilities {
                create,
                overlap,
                disables: true,
                shape: FieldRules::open(SPA),
                ..Abilities::all()
            };
            let spa = all.clone().public();
            let m2m = Abilities { shape: FieldRules::open(M2M), ..all.clone() };
            let other = all.made_elsewhere();
            Ok(Capabilities {
                issuer: Some(self.base_url.as_str().into()),
                searches: true,
                ..Capabilities::of_clients(&self.base_url, "Keycloak", spa, m2m, other)
                    .with_one_list()
            })
        })
    }

    fn me(&self) -> Answer<'_, Me> {
        Box::pin(async {
            let claims = self.http.claims().await.unwrap_or_default();
            let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
            let name = ["email", "preferred_username", "azp"].map(text);
            let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            Ok(Me { user_id: text("sub").into(), email: name.into(), role: "".into() })
        })
    }

    fn page(&self, query: PageQuery) -> Answer<'_, Page> {
        Box::pin(async move {
            if query.kind == Kind::Token {
                return Ok(Page::default());
            }
            let first: usize = query.after.as_deref().and_then(|it| it.parse().ok()).unwrap_or(0);
            let limit = query.size.min(PAGE_LIMIT);
            let (at, size) = (first.to_string(), limit.to_string());
            let mut pairs = vec![("first", at.as_str()), ("max", size.as_str())];
            // Keycloak searches client IDs only.
            pairs.extend(
                query.search.iter().flat_map(|it| [("clientId", it.as_str()), ("search", "true")]),
            );
            let reply = self.call(Method::GET, &[], &pairs, Body::Empty).await?;
            let objects: Vec<Value> = reply.json()?;
            // Every realm has clients, so an empty list means that the account may not view them.
            let shown = ["view-clients", "manage-clients"];
            if first == 0
                && query.search.is_none()
                && objects.is_empty()
                && !self.has_role(shown).await
            {
                return Err(ApiError::Forbidden {
                    said: "the account has no view-clients role in this realm, and no permission for a single client".into(),
                });
            }
            Ok(Page {
                entries: rows::read(&objects, &query, kind, read),
                total: None,
                next: (objects.len() >= limit as usize)
                    .then(|| (first + objects.len()).to_string()),
            })
        })
    }

    fn page_at(&self, number: u32, size: u32) -> Option<String> {
        Some((u64::from(number) * u64::from(size.min(PAGE_LIMIT))).to_string())
    }

    fn native_object(&self, of: CredentialRef) -> Answer<'_, Object> {
        Box::pin(async move { Ok(json_object::without_secrets(&self.object(&of.id).await?)) })
    }

    fn show(&self, of: CredentialRef) -> Answer<'_, Credential> {
        let id = of.id;
        Box::pin(async move { read(&self.object(&id).await?) })
    }

    fn secret(&self, of: CredentialRef) -> Answer<'_, Secret> {
        let id = of.id;
        Box::pin(async move {
            let object = self.object(&id).await?;
            if let Some(why) = secretless(&object) {
                return Err(ApiError::Forbidden { said: why.into() });
            }
            let path = [handle(&object)?, "client-secret".into()];
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let answer: Object = self.call(Method::GET, &path, &[], Body::Empty).await?.json()?;
            let secret = answer.get("value").and_then(Value::as_str);
            secret
                .map(|secret| Secret::new(secret.to_owned()))
                .ok_or_else(|| ApiError::Forbidden { said: "this client has no secret".into() })
        })
    }

    fn create(&self, draft: Draft, _: String) -> Answer<'_, Written> {
        Box::pin(async move {
            let body = Body::Json(written(&draft).into());
            let reply = self.call(Method::POST, &[], &[], body).await?;
            let location = reply.location.unwrap_or_default();
            let handle = location.rsplit('/').next().filter(|it| !it.is_empty());
            let handle = handle.ok_or_else(|| ApiError::Malformed {
                why: "the response has no location of the new client".into(),
            })?;
            let read_again = async {
                let reply = self.call(Method::GET, &[handle], &[], Body::Empty).await?;
                read(&reply.json()?)
            };
            Ok(read_again.await.map_err(|error| json_object::unread(&error))?.into())
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
            let (mut expected, handle) = self.newest(&id, version.as_deref()).await?;
            for change in &changes {
                put(&mut expected, change.field, change.after.clone());
            }
            let mut body = expected.clone();
            // An omitted secret stays unchanged. Sending it would undo a rotation by another
            // administrator.
            body.remove("secret");
            body.remove("access");
            self.call(Method::PUT, &[&handle], &[], Body::Json(body.into())).await?;
            let after = self.object(&id).await.map_err(|error| json_object::unread(&error))?;
            let side_effects = json_object::side_effects(&expected, &after, &["access"]);
            Ok(Written::from(read(&after)?).with_side_effects(side_effects))
        })
    }

    fn recorded_uses(&self) -> Answer<'_, RecordedUses> {
        Box::pin(events::recorded_uses(self))
    }

    /// Returns the URL of the client list in the admin console. The page of one client requires its
    /// internal ID, which a credential does not contain.
    fn web_page(&self, _: &Credential) -> Option<String> {
        let (prefix, realm) = (self.prefix.join("/"), &self.realm);
        let root = format!("{}/{prefix}", self.http.origin());
        let root = root.trim_end_matches('/');
        Some(format!("{root}/admin/{realm}/console/#/{realm}/clients"))
    }

    fn rotate(
        &self,
        of: CredentialRef,
        RotationRequest { version, .. }: RotationRequest,
    ) -> Answer<'_, Written> {
        let id = of.id;
        Box::pin(async move {
            let (object, handle) = self.newest(&id, version.as_deref()).await?;
            if let Some(why) = secretless(&object) {
                // Keycloak would create a secret that the client cannot use.
                let said = Untrusted::from(why);
                let problems = vec![FieldProblem::of(Field::Name, said.clone())];
                return Err(ApiError::Invalid { said, problems });
            }
            self.call(Method::POST, &[&handle, "client-secret"], &[], Body::Empty).await?;
            self.again(&id).await
        })
    }

    /// Revokes the previous secret, which a rotation policy of the realm keeps valid (Server
    /// Administration, "OIDC client secret rotation").
    fn retire_secret(&self, of: CredentialRef, _: Option<Untrusted>) -> Answer<'_, ()> {
        let id = of.id;
        Box::pin(async move {
            let (_, handle) = self.newest(&id, None).await?;
            let path = [&*handle, "client-secret", "rotated"];
            match self.call(Method::DELETE, &path, &[], Body::Empty).await {
                Ok(_) | Err(ApiError::NotFound { .. }) => Ok(()),
                Err(error) => Err(error),
            }
        })
    }

    /// Makes the previous secret the current one again. With a rotation policy, the withdrawn
    /// secret becomes the previous one, which [`CredentialsApi::retire_secret`] revokes.
    fn withdraw_secret<'a>(
        &'a self,
        of: CredentialRef,
        _: Option<Untrusted>,
        previous: Option<&'a Secret>,
    ) -> Answer<'a, ()> {
        let id = of.id;
        Box::pin(async move {
            let Some(previous) = previous else {
                return Err(ApiError::Forbidden { said: "the previous secret is unknown".into() });
            };
            let (mut object, handle) = self.newest(&id, None).await?;
            object.insert("secret".to_owned(), json!(previous.expose()));
            object.remove("access");
            self.call(Method::PUT, &[&handle], &[], Body::Json(object.into())).await.map(|_| ())
        })
    }

    fn set_enabled(&self, of: CredentialRef, enabled: bool) -> Answer<'_, ()> {
        let id = of.id;
        Box::pin(async move {
            let (mut object, handle) = self.newest(&id, None).await?;
            object.insert("enabled".to_owned(), json!(enabled));
            // As in an edit: an omitted secret stays unchanged.
            object.remove("secret");
            object.remove("access");
            self.call(Method::PUT, &[&handle], &[], Body::Json(object.into())).await.map(|_| ())
        })
    }

    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()> {
        let id = of.id;
        Box::pin(async move {
            let (_, handle) = self.newest(&id, version.as_deref()).await?;
            self.call(Method::DELETE, &[&handle], &[], Body::Empty).await.map(|_| ())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(more: &Value) -> Client {
        let mut object = json!({ "clientId": "a", "protocol": "openid-connect", "attributes": {} });
        for (name, value) in more.as_object().cloned().unwrap_or_default() {
            object[name] = value;
        }
        let object = object.as_object().cloned().unwrap_or_default();
        read(&object).expect("a client").client().expect("a client").clone()
    }

    fn grants(client: &Client) -> Vec<&str> {
        client.grant_types.iter().map(Untrusted::raw).collect()
    }

    #[test]
    fn grants_are_read_from_switches_and_attributes() {
        let tv = client(&json!({ "publicClient": true,
            "attributes": { "oauth2.device.authorization.grant.enabled": "true" } }));
        assert_eq!(grants(&tv), ["urn:ietf:params:oauth:grant-type:device_code"]);
        let gateway = client(&json!({ "serviceAccountsEnabled": true,
            "clientAuthenticatorType": "client-jwt",
            "attributes": { "standard.token.exchange.enabled": "true", "oidc.ciba.grant.enabled": "true" } }));
        assert_eq!(
            grants(&gateway),
            [
                "client_credentials",
                "urn:ietf:params:oauth:grant-type:token-exchange",
                "urn:openid:params:grant-type:ciba",
            ]
        );
        let secrets = gateway.posture.as_ref().and_then(|it| it.secrets.clone());
        assert_eq!(secrets, Some(Vec::new()), "a client that signs JWTs has no secret");
    }

    #[test]
    fn members_at_their_defaults_stand_in_one_line() {
        let client = client(&json!({ "surrogateAuthRequired": false, "notBefore": 0,
            "consentRequired": true, "attributes": { "saml.encrypt": "false", "saml.artifact": "x",
            "use.refresh.tokens": "false", "acr.loa.map": "{}" } }));
        let lines: Vec<(&str, &str)> =
            client.record.unknown.iter().map(|(name, value)| (name.raw(), value.raw())).collect();
        let usual = "notBefore, surrogateAuthRequired, acr.loa.map, saml.artifact, saml.encrypt";
        assert_eq!(
            lines,
            [
                ("consentRequired", "true"),
                ("use.refresh.tokens", "\"false\""),
                ("5 at their defaults", usual),
            ]
        );
    }

    #[test]
    fn a_client_without_a_flow_is_known_to_have_none() {
        for without in [
            json!({ "publicClient": true, "standardFlowEnabled": false }),
            json!({ "bearerOnly": true, "standardFlowEnabled": true }),
            json!({ "protocol": "saml", "standardFlowEnabled": true }),
        ] {
            let read = client(&without);
            assert_eq!(grants(&read), Vec::<&str>::new(), "{without}");
            assert!(read.posture.is_some_and(|it| it.no_grants), "{without}");
        }
    }
}
