//! Auth0's Management API v2 (<https://auth0.com/docs/api/management/v2/clients/get-clients>). The
//! base URL is that of the tenant, for example `https://acme.eu.auth0.com`. The audience of the
//! access tokens is the base URL followed by `/api/v2/`.
//!
//! The scopes of the token determine the available actions and whether responses contain secrets.
//! Up to 1,000 clients are listed by page number, with a total. Longer lists use checkpoint
//! pagination, which has no total.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Abilities, Access, Answer, ApiError, Capabilities, CredentialsApi, Http, Me, Page, PageQuery,
    RotationRequest, Secrecy, Written,
    http::{Body, Call, Reply},
    json_object::{self, Object},
    metadata, rows,
};
use crate::domain::{
    Client, Credential, CredentialRef, Draft, Kind, Secret, Untrusted,
    credential::{NATIVE, Posture, Record, Refresh, is_for_organizations},
    draft::{self, Change, Field, FieldRules, Fields},
    semantics::{self, Origins, Semantics, Wildcard},
};

/// URL comparison rules. A wildcard or placeholder is allowed in the first label of a host.
/// Loopback ports are compared, because no exception for them is documented.
pub const SEMANTICS: Semantics = Semantics {
    source: "Auth0, Subdomain URL Placeholders",
    wildcard: Wildcard::Label,
    origins: Origins::Label,
    organizations: true,
    ..semantics::EXACT
};

const SPA: &[Field] = &[
    Field::Name,
    Field::LoginUrl,
    Field::Callbacks,
    Field::LogoutUrls,
    Field::WebOrigins,
    Field::AllowedOrigins,
];
const M2M: &[Field] = &[Field::Name];

/// Maximum page size of the API (`per_page` and `take`).
const PAGE_LIMIT: u32 = 100;

/// Maximum number of clients that can be listed by page number.
const PAGES_END: u64 = 1000;

const SECRET: [&str; 1] = ["client_secret"];

const KNOWN: [&str; 12] = [
    "client_id",
    "client_secret",
    "name",
    "app_type",
    "initiate_login_uri",
    "callbacks",
    "allowed_logout_urls",
    "web_origins",
    "allowed_origins",
    "grant_types",
    "token_endpoint_auth_method",
    "tenant",
];

/// [`CredentialsApi`] for an Auth0 tenant.
pub struct Auth0 {
    http: Http,
    base_url: String,
}

impl Auth0 {
    /// Creates a provider for the tenant that `http` connects to.
    #[must_use]
    pub fn new(http: Http, base_url: &str) -> Self {
        Self { http: http.of_api(), base_url: base_url.to_owned() }
    }

    async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Reply, ApiError> {
        let path = [&["api", "v2", "clients"], path].concat();
        let call = Call { path: &path, query, body, any_type: true, ..Call::default() };
        self.http.call(method, call).await.map_err(map_error)
    }

    async fn object(&self, id: &Untrusted) -> Result<Object, ApiError> {
        self.call(Method::GET, &[id.raw()], &[], Body::Empty).await?.json()
    }

    async fn newest(&self, id: &Untrusted, version: Option<&str>) -> Result<Object, ApiError> {
        let object = self.object(id).await?;
        json_object::unchanged(version, &json_object::version(&object, &SECRET))?;
        Ok(object)
    }

    /// Returns the scopes of the token, or `None` if there is no token, or if the token is opaque
    /// or has no `scope` claim.
    async fn scopes(&self) -> Option<Vec<String>> {
        let claims = self.http.claims().await?;
        let scope = claims.get("scope")?.as_str()?;
        Some(scope.split_ascii_whitespace().map(str::to_owned).collect())
    }

    /// Reads the client again after a write; if the read fails, the response to the write is used.
    /// The result contains the secret only if the read did not return the secret.
    async fn written(&self, answer: &Object) -> Result<Written, ApiError> {
        let id = json_object::text(answer, "client_id").unwrap_or_default();
        let again = self.object(&id).await;
        let object = again.as_ref().unwrap_or(answer);
        let readable = again.as_ref().is_ok_and(|object| object.contains_key("client_secret"));
        let secret = metadata::secret(answer).filter(|_| !readable);
        Ok(Written::from(read(object)?).with_secret(secret))
    }
}

/// Assigns a validation error without field errors to the form field whose member name occurs in
/// the server's message.
fn map_error(error: ApiError) -> ApiError {
    let ApiError::Invalid { said, problems } = error else { return error };
    let text = said.raw();
    let fields = SPA.iter().filter_map(|field| Some((*field, member(*field)?)));
    // The longest name is tried first, because a message about another member may also contain
    // `name`.
    let mut named: Vec<_> = fields.filter(|(_, member)| text.contains(member)).collect();
    named.sort_by_key(|(_, member)| std::cmp::Reverse(member.len()));
    let found = named.first().map(|(field, _)| *field);
    let problem = |field| crate::domain::FieldProblem::of(field, said.clipped(160));
    let problems =
        if problems.is_empty() { found.map(problem).into_iter().collect() } else { problems };
    ApiError::Invalid { said, problems }
}

const fn member(field: Field) -> Option<&'static str> {
    match field {
        Field::Name
        | Field::LoginUrl
        | Field::Callbacks
        | Field::LogoutUrls
        | Field::WebOrigins
        | Field::AllowedOrigins => Some(field.wire()),
        _ => None,
    }
}

fn kind(object: &Object) -> Kind {
    match object.get("app_type").and_then(Value::as_str) {
        Some("spa") => Kind::Spa,
        Some("non_interactive") => Kind::M2m,
        _ => Kind::Other,
    }
}

/// Returns the audit facts that the form does not contain (Auth0 Management API, clients). If the
/// token's scopes hide a member, the member is absent and its value is unknown.
fn posture(object: &Object) -> Posture {
    let inner = |name: &str| object.get(name).and_then(Value::as_object);
    let refresh = inner("refresh_token").map(|it| Refresh {
        rotates: it.get("rotation_type").and_then(Value::as_str).map(|kind| kind == "rotating"),
        expires: it.get("expiration_type").and_then(Value::as_str).map(|kind| kind == "expiring"),
        leeway: it.get("leeway").and_then(Value::as_u64),
        bound: None,
    });
    let tokens = inner("jwt_configuration");
    Posture {
        description: object
            .contains_key("description")
            .then(|| json_object::text(object, "description").unwrap_or_default()),
        id_token_alg: tokens
            .and_then(|it| it.get("alg"))
            .and_then(Value::as_str)
            .map(Untrusted::from),
        refresh,
        cross_origin: object
            .get("cross_origin_authentication")
            .or_else(|| object.get("cross_origin_auth"))
            .and_then(Value::as_bool),
        ..Posture::default()
    }
}

/// Returns the authentication method. For a client with keys or certificates,
/// `token_endpoint_auth_method` is null, and `client_authentication_methods` contains the method.
fn auth_method(object: &Object) -> Option<Untrusted> {
    json_object::text(object, "token_endpoint_auth_method").or_else(|| {
        let methods = object.get("client_authentication_methods")?.as_object()?;
        let (method, _) = methods.iter().find(|(_, it)| !json_object::is_empty(it))?;
        Some(method.as_str().into())
    })
}

pub(super) fn read(object: &Object) -> Result<Credential, ApiError> {
    let id = json_object::text(object, "client_id")
        .ok_or_else(|| ApiError::Malformed { why: "the client has no client_id".into() })?;
    let kind = kind(object);
    let client = Client {
        record: Record {
            id,
            name: json_object::text(object, "name").unwrap_or_default(),
            version: Some(json_object::version(object, &SECRET)),
            unknown: json_object::unknown(object, &KNOWN),
            // Auth0 itself creates the global client of a tenant.
            built_in: object.get("global") == Some(&Value::Bool(true)),
            has: Fields::of(SPA),
            ..Record::default()
        },
        login_url: json_object::text(object, "initiate_login_uri"),
        native: object.get("app_type").and_then(Value::as_str) == Some(NATIVE),
        organizations: is_for_organizations(
            object.get("organization_usage").and_then(Value::as_str),
        ),
        callbacks: json_object::list(object, "callbacks"),
        logout_urls: json_object::list(object, "allowed_logout_urls"),
        web_origins: json_object::list(object, "web_origins"),
        allowed_origins: json_object::list(object, "allowed_origins"),
        grant_types: json_object::list(object, "grant_types"),
        auth_method: auth_method(object),
        posture: Some(Box::new(posture(object))),
        app_type: (kind == Kind::Other)
            .then(|| json_object::text(object, "app_type").unwrap_or_else(|| "no type".into())),
        ..Client::default()
    };
    Ok(Credential::of_client(kind, client))
}

fn put(object: &mut Object, field: Field, value: draft::FieldValue) {
    if let Some(member) = member(field) {
        object.insert(member.into(), json_object::json(value));
    }
}

fn written(draft: &Draft) -> Object {
    let mut body = Object::new();
    let (app_type, method, grants): (_, _, &[&str]) = match draft.kind() {
        Kind::M2m => ("non_interactive", "client_secret_post", &["client_credentials"]),
        _ => ("spa", "none", &["authorization_code", "refresh_token"]),
    };
    body.insert("app_type".into(), json!(app_type));
    body.insert("token_endpoint_auth_method".into(), json!(method));
    body.insert("grant_types".into(), json!(grants));
    body.insert("oidc_conformant".into(), json!(true));
    for (field, value) in draft.values() {
        if !value.is_empty() {
            put(&mut body, field, value);
        }
    }
    body
}

impl CredentialsApi for Auth0 {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        Box::pin(async {
            let scopes = self.scopes().await;
            let has =
                |scope: &str| scopes.as_ref().is_none_or(|all| all.iter().any(|it| it == scope));
            let access = |scope: &str| Access::granted(scopes.as_deref(), &[scope], "scope");
            let secrets = has("read:client_keys") || has("read:client_credentials");
            let all = Abilities {
                list: access("read:clients"),
                create: access("create:clients"),
                edit: access("update:clients"),
                delete: access("delete:clients"),
                rotate: access("update:client_keys"),
                secrecy: if secrets {
                    Secrecy::Readable
                } else {
                    Secrecy::Hidden("Your token has no read:client_keys scope".into())
                },
                shape: FieldRules::open(SPA),
                ..Abilities::all()
            };
            let m2m = Abilities { shape: FieldRules::open(M2M), ..all.clone() };
            let other = all.clone().made_elsewhere();
            let base = self.base_url.trim_end_matches('/');
            Ok(Capabilities {
                issuer: Some(format!("{base}/").into()),
                ..Capabilities::of_clients(&self.base_url, "Auth0", all, m2m, other).with_one_list()
            })
        })
    }

    fn me(&self) -> Answer<'_, Me> {
        Box::pin(async {
            let claims = self.http.claims().await.unwrap_or_default();
            let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
            Ok(Me { user_id: subject.into(), email: subject.into(), role: "".into() })
        })
    }

    fn page(&self, query: PageQuery) -> Answer<'_, Page> {
        Box::pin(async move {
            let types = match query.kind {
                Kind::Token => return Ok(Page::default()),
                Kind::Spa => "spa",
                Kind::M2m => "non_interactive",
                Kind::Other => "",
            };
            let size = query.size.min(PAGE_LIMIT);
            let count = size.to_string();
            let mut pairs = vec![("is_global", "false")];
            if !types.is_empty() && !query.every_client {
                pairs.push(("app_type", types));
            }
            let after = query.after.as_deref().unwrap_or("page=0");
            let by_page = after.strip_prefix("page=");
            match by_page {
                Some(page) => {
                    pairs.extend([
                        ("page", page),
                        ("per_page", &count),
                        ("include_totals", "true"),
                    ]);
                }
                None => {
                    pairs.push(("take", count.as_str()));
                    let from = after.strip_prefix("from=").filter(|from| !from.is_empty());
                    pairs.extend(from.map(|from| ("from", from)));
                }
            }
            let answer: Object = self.call(Method::GET, &[], &pairs, Body::Empty).await?.json()?;
            let total = answer.get("total").and_then(Value::as_u64);
            if by_page == Some("0") && total.is_some_and(|total| total > PAGES_END) {
                // Page numbers reach only the first 1,000 clients, so longer lists use checkpoint
                // pagination.
                let after = Some("from=".to_owned());
                return self.page(PageQuery { after, ..query }).await;
            }
            let objects = answer.get("clients").and_then(Value::as_array);
            let objects = objects.map(Vec::as_slice).unwrap_or_default();
            let next = match by_page {
                Some(page) => {
                    let page: u64 = page.parse().unwrap_or(0);
                    let seen = (page + 1) * u64::from(size);
                    let more = total.map_or(objects.len() >= size as usize, |all| seen < all);
                    (more && !objects.is_empty()).then(|| format!("page={}", page + 1))
                }
                None => {
                    json_object::text(&answer, "next").map(|next| format!("from={}", next.raw()))
                }
            };
            let entries = rows::read(objects, &query, kind, read);
            let total = total.filter(|_| query.kind != Kind::Other && !query.every_client);
            Ok(Page { entries, total, next })
        })
    }

    fn page_at(&self, number: u32, _: u32) -> Option<String> {
        Some(format!("page={number}"))
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
            metadata::secret(&self.object(&id).await?).ok_or_else(|| ApiError::Forbidden {
                said: "the response has no secret: the token needs the scope read:client_keys"
                    .into(),
            })
        })
    }

    fn create(&self, draft: Draft, _: String) -> Answer<'_, Written> {
        Box::pin(async move {
            let body = Body::Json(written(&draft).into());
            let answer: Object = self.call(Method::POST, &[], &[], body).await?.json()?;
            self.written(&answer).await
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
            let mut expected = self.newest(&id, version.as_deref()).await?;
            let mut body = Object::new();
            for change in changes {
                put(&mut body, change.field, change.after);
            }
            expected.extend(body.clone());
            let body = Body::Json(body.into());
            self.call(Method::PATCH, &[id.raw()], &[], body).await?;
            let after = self.object(&id).await.map_err(|error| json_object::unread(&error))?;
            let side_effects = json_object::side_effects(&expected, &after, &SECRET);
            Ok(Written::from(read(&after)?).with_side_effects(side_effects))
        })
    }

    /// Returns the URL of the client's settings page. The dashboard opens it in the tenant that the
    /// browser is signed in to
    /// (<https://auth0.com/docs/get-started/applications/application-settings>).
    fn web_page(&self, credential: &Credential) -> Option<String> {
        Some(format!("https://manage.auth0.com/#/applications/{}/settings", credential.id().raw()))
    }

    fn rotate(
        &self,
        of: CredentialRef,
        RotationRequest { version, .. }: RotationRequest,
    ) -> Answer<'_, Written> {
        let id = of.id;
        Box::pin(async move {
            self.newest(&id, version.as_deref()).await?;
            let path = [id.raw(), "rotate-secret"];
            let answer = self.call(Method::POST, &path, &[], Body::Empty).await?.json()?;
            self.written(&answer).await
        })
    }

    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()> {
        let id = of.id;
        Box::pin(async move {
            self.newest(&id, version.as_deref()).await?;
            self.call(Method::DELETE, &[id.raw()], &[], Body::Empty).await.map(|_| ())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The object is based on a recorded Auth0 response for a client that signs JWTs.
    #[test]
    fn client_with_keys_authenticates_with_them() {
        let mut object: Object = json!({ "client_id": "a", "app_type": "non_interactive",
            "token_endpoint_auth_method": null, "client_authentication_methods":
                { "private_key_jwt": { "credentials": [{ "id": "cred_1" }] } } })
        .as_object()
        .cloned()
        .unwrap_or_default();
        assert_eq!(auth_method(&object), Some("private_key_jwt".into()));
        object.insert("token_endpoint_auth_method".into(), json!("client_secret_post"));
        object.insert("client_authentication_methods".into(), Value::Null);
        assert_eq!(auth_method(&object), Some("client_secret_post".into()));
        object.remove("token_endpoint_auth_method");
        assert_eq!(auth_method(&object), None);
    }
}
