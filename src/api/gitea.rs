//! Gitea and Forgejo (<https://docs.gitea.com/development/oauth2-provider>): the user's own OAuth2
//! applications and access tokens.
//!
//! Every edit of an application issues a new secret. Omitted members fall back to defaults, so an
//! edit sends all editable members. There is no client credentials grant, so every confidential
//! application is a web application. The endpoints for access tokens require Basic authentication,
//! with the user's name and an access token as the password.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{
    Abilities, Access, Answer, ApiError, Capabilities, CredentialsApi, Http, Me, Page, PageQuery,
    RotationRequest, Secrecy, Written,
    capabilities::token_rotation,
    fleet::MOST_PAGES,
    http::{Body, Call, Reply},
    json_object::{self, Object},
    metadata, rows,
};
use crate::domain::{
    Client, Credential, CredentialRef, Draft, Kind, Secret, Token, TokenDraft, Untrusted,
    credential::Record,
    draft::{Change, Field, FieldRules, Fields},
    semantics::{self, ClientScope, Hosts, Loopback, Semantics},
};

/// Comparison of redirect URIs: case and one trailing slash are ignored. For a public client, the
/// port on 127.0.0.0/8 is also ignored if the registered URI has no port.
pub const SEMANTICS: Semantics = Semantics {
    source: "Gitea, models/auth/oauth2.go, ContainsRedirectURI",
    loopback: Some(Loopback {
        hosts: Hosts::V4,
        every_scheme: false,
        registered_port: false,
        clients: ClientScope::Public,
    }),
    folds: true,
    ..semantics::EXACT
};

const SPA: &[Field] = &[Field::Name, Field::Callbacks];
const TOKEN: &[Field] = &[Field::Name, Field::Scopes];

/// Maximum page size in the default configuration (`MAX_RESPONSE_ITEMS`).
const PAGE_LIMIT: u32 = 50;

const ONCE: &str = "Gitea shows a secret only once, when it is created";

/// Secret members of an application, which are not part of its version.
const SECRET: [&str; 1] = ["client_secret"];

/// [`CredentialsApi`] for a Gitea or Forgejo server.
pub struct Gitea {
    http: Http,
    base_url: String,
    user: OnceCell<Me>,
}

impl Gitea {
    /// Creates a provider for the server that `http` connects to. The base URL is that of the
    /// server's web pages.
    #[must_use]
    pub fn new(http: Http, base_url: &str) -> Self {
        Self { http: http.of_api(), base_url: base_url.to_owned(), user: OnceCell::new() }
    }

    async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Reply, ApiError> {
        let full = [&["api", "v1"], path].concat();
        // Only the token endpoints reject a bearer token and require Basic authentication.
        let user = match path {
            ["users", user, "tokens", ..] => Some(*user),
            _ => None,
        };
        let call =
            Call { path: &full, query, body, basic: user, any_type: true, ..Call::default() };
        self.http.call(method, call).await.map_err(map_error)
    }

    async fn user(&self) -> Result<Me, ApiError> {
        let read = || async {
            let user: Object = self.call(Method::GET, &["user"], &[], Body::Empty).await?.json()?;
            Ok(Me {
                user_id: json_object::text(&user, "login").unwrap_or_default(),
                email: json_object::text(&user, "email").unwrap_or_default(),
                role: if user.get("is_admin") == Some(&json!(true)) { "admin" } else { "" }.into(),
            })
        };
        self.user.get_or_try_init(read).await.cloned()
    }

    /// Returns the objects of one page, the total if the server reports it, and the cursor of the
    /// next page.
    async fn list(
        &self,
        path: &[&str],
        query: &PageQuery,
    ) -> Result<(Vec<Object>, Option<u64>, Option<String>), ApiError> {
        // The cursor contains the page number and the number of rows before it, because the server
        // may return smaller pages than requested.
        let (page, before) =
            query.after.as_deref().and_then(|it| it.split_once('/')).unwrap_or(("1", "0"));
        let size = query.size.min(PAGE_LIMIT);
        let limit = size.to_string();
        let pairs = [("page", page), ("limit", limit.as_str())];
        let reply = self.call(Method::GET, path, &pairs, Body::Empty).await?;
        let objects: Vec<Object> = reply.json()?;
        let number: u64 = page.parse().unwrap_or(1);
        let seen = before.parse::<u64>().unwrap_or(0) + objects.len() as u64;
        let more = !objects.is_empty() && reply.total.is_none_or(|total| seen < total);
        let next = more.then(|| format!("{}/{seen}", number + 1));
        Ok((objects, reply.total, next))
    }

    /// Returns the application with the given client ID, and the number that identifies the
    /// application in API paths.
    async fn application(&self, id: &Untrusted) -> Result<(String, Object), ApiError> {
        let mut query = PageQuery::first(Kind::Spa, super::Scope::Mine, PAGE_LIMIT);
        for _ in 0..MOST_PAGES {
            let (objects, _, next) = self.list(&APPLICATIONS, &query).await?;
            let is_it = |it: &Object| it.get("client_id").and_then(Value::as_str) == Some(id.raw());
            if let Some(object) = objects.into_iter().find(is_it) {
                return Ok((object.get("id").map(Value::to_string).unwrap_or_default(), object));
            }
            if next.is_none() {
                return Err(ApiError::NotFound { said: "no such application".into() });
            }
            query.after = next;
        }
        Err(ApiError::Malformed { why: "the list of applications does not end".into() })
    }

    async fn newest(
        &self,
        id: &Untrusted,
        version: Option<&str>,
    ) -> Result<(String, Object), ApiError> {
        let (number, object) = self.application(id).await?;
        json_object::unchanged(version, &json_object::version(&object, &SECRET))?;
        Ok((number, object))
    }

    /// Sends all editable members of the application as an update. Every update issues a new
    /// secret.
    async fn write(&self, number: &str, object: &Object) -> Result<Written, ApiError> {
        let members =
            ["name", "redirect_uris", "confidential_client", "skip_secondary_authorization"];
        let body: Object = members
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), object.get(name)?.clone())))
            .collect();
        let path = [&APPLICATIONS[..], &[number]].concat();
        let reply = self.call(Method::PATCH, &path, &[], Body::Json(body.into())).await?;
        let answer: Object = reply.json()?;
        let side_effects = json_object::side_effects(object, &answer, &SECRET);
        Ok(written(&answer)?.with_side_effects(side_effects))
    }

    async fn token(&self, id: &Untrusted) -> Result<Credential, ApiError> {
        let user = self.user().await?;
        let mut query = PageQuery::first(Kind::Token, super::Scope::Mine, PAGE_LIMIT);
        for _ in 0..MOST_PAGES {
            let (objects, _, next) =
                self.list(&["users", user.user_id.raw(), "tokens"], &query).await?;
            let tokens: Vec<Credential> = objects.iter().map(read_token).collect();
            if let Some(token) = tokens.into_iter().find(|token| token.id() == id) {
                return Ok(token);
            }
            if next.is_none() {
                return Err(ApiError::NotFound { said: "no such token".into() });
            }
            query.after = next;
        }
        Err(ApiError::Malformed { why: "the list of tokens does not end".into() })
    }

    async fn create_token(&self, token: TokenDraft) -> Result<Written, ApiError> {
        let user = self.user().await?;
        let body = json!({ "name": token.name, "scopes": token.scopes });
        let path = ["users", user.user_id.raw(), "tokens"];
        let reply = self.call(Method::POST, &path, &[], Body::Json(body)).await?;
        let mut answer: Object = reply.json()?;
        let secret = match answer.remove("sha1") {
            Some(Value::String(secret)) => Some(Secret::new(secret)),
            _ => None,
        };
        let made = read_token(&answer);
        // The response has placeholder dates in the year 1, so read the token from the list.
        let credential = self.token(&made.id().clone()).await.unwrap_or(made);
        Ok(Written::from(credential).with_secret(secret))
    }
}

const APPLICATIONS: [&str; 3] = ["user", "applications", "oauth2"];

/// Assigns validation errors to fields, and maps the misleading error for another user's
/// application.
fn map_error(error: ApiError) -> ApiError {
    match error {
        invalid @ ApiError::Invalid { .. } => invalid.at_field(&[
            ("[redirecturis]", Field::Callbacks),
            ("redirect uri", Field::Callbacks),
            ("scope", Field::Scopes),
            ("name", Field::Name),
        ]),
        // For another user's application, the server returns 500 instead of 403.
        ApiError::Server { status: 500, said, .. } if said.raw().contains("UID mismatch") => {
            ApiError::Forbidden { said: "the application belongs to another user".into() }
        }
        other => other,
    }
}

fn kind(object: &Object) -> Kind {
    if object.get("confidential_client") == Some(&json!(true)) { Kind::Other } else { Kind::Spa }
}

fn read(object: &Object) -> Result<Credential, ApiError> {
    let id = json_object::text(object, "client_id")
        .ok_or_else(|| ApiError::Malformed { why: "the application has no client_id".into() })?;
    let kind = kind(object);
    let known = [
        "id",
        "name",
        "client_id",
        "client_secret",
        "redirect_uris",
        "created",
        "confidential_client",
    ];
    let client = Client {
        record: Record {
            id,
            name: json_object::text(object, "name").unwrap_or_default(),
            created_at: time(object, "created"),
            version: Some(json_object::version(object, &SECRET)),
            unknown: json_object::unknown(object, &known),
            has: Fields::of(SPA),
            ..Record::default()
        },
        callbacks: json_object::list(object, "redirect_uris"),
        auth_method: (kind == Kind::Spa).then(|| "none".into()),
        app_type: (kind == Kind::Other).then(|| "web, confidential".into()),
        ..Client::default()
    };
    Ok(Credential::of_client(kind, client))
}

/// Converts an application and its new secret. A public application does not use its secret, so the
/// secret is dropped.
fn written(object: &Object) -> Result<Written, ApiError> {
    let secret = metadata::secret(object).filter(|_| kind(object) == Kind::Other);
    Ok(Written::from(read(object)?).with_secret(secret))
}

fn time(object: &Object, name: &str) -> Option<Timestamp> {
    // A time in the year 1 means "never".
    json_object::time(object, name).filter(|at| at.as_second() > 0)
}

fn read_token(object: &Object) -> Credential {
    let created_at = time(object, "created_at");
    let known = ["id", "name", "sha1", "scopes", "created_at", "last_used_at"];
    Credential::Token(Token {
        record: Record {
            id: object.get("id").map(Value::to_string).unwrap_or_default().into(),
            name: json_object::text(object, "name").unwrap_or_default(),
            created_at,
            // For a token that was never used, the server returns the creation time as the last
            // use.
            last_used_at: time(object, "last_used_at").filter(|at| Some(*at) != created_at),
            reports_last_used: true,
            unknown: json_object::unknown(object, &known),
            has: Fields::of(TOKEN),
            ..Record::default()
        },
        scopes: json_object::list(object, "scopes"),
        ..Token::default()
    })
}

impl CredentialsApi for Gitea {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        Box::pin(async {
            let all = Abilities {
                secrecy: Secrecy::Once(ONCE.into()),
                shape: FieldRules::open(SPA),
                ..Abilities::all()
            };
            let spa = all.clone().public();
            let token = Abilities {
                edit: Access::no("A token cannot be changed. Create a new one and delete this one"),
                rotate: token_rotation(),
                shape: FieldRules::open(TOKEN),
                ..all.clone()
            };
            let other = Abilities {
                create: Access::no("Web applications are created on Gitea's own page"),
                edit_rotates: true,
                ..all
            };
            let m2m =
                Abilities::none("Gitea has no client credentials grant, so it has no M2M clients");
            Ok(Capabilities {
                issuer: Some(self.base_url.as_str().into()),
                ..Capabilities::of_kinds(&self.base_url, [token, spa, m2m, other]).with_one_list()
            })
        })
    }

    fn me(&self) -> Answer<'_, Me> {
        Box::pin(self.user())
    }

    fn page(&self, query: PageQuery) -> Answer<'_, Page> {
        Box::pin(async move {
            if query.kind == Kind::M2m {
                return Ok(Page::default());
            }
            if query.kind == Kind::Token {
                let user = self.user().await?;
                let path = ["users", user.user_id.raw(), "tokens"];
                let (objects, total, next) = self.list(&path, &query).await?;
                return Ok(Page { entries: objects.iter().map(read_token).collect(), total, next });
            }
            let (objects, _, next) = self.list(&APPLICATIONS, &query).await?;
            let objects: Vec<Value> = objects.into_iter().map(Value::Object).collect();
            let entries = rows::read(&objects, &query, kind, read);
            Ok(Page { entries, total: None, next })
        })
    }

    fn show(&self, of: CredentialRef) -> Answer<'_, Credential> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            if kind == Kind::Token {
                return self.token(&id).await;
            }
            read(&self.application(&id).await?.1)
        })
    }

    fn secret(&self, _: CredentialRef) -> Answer<'_, Secret> {
        Box::pin(async { Err(ApiError::Forbidden { said: ONCE.into() }) })
    }

    fn create(&self, draft: Draft, _: String) -> Answer<'_, Written> {
        Box::pin(async move {
            let client = match draft {
                Draft::Token(token) => return self.create_token(token).await,
                Draft::Spa(client) | Draft::M2m(client) | Draft::Other(client) => client,
            };
            let body = json!({
                "name": client.name,
                "redirect_uris": client.callbacks,
                "confidential_client": false,
            });
            let reply = self.call(Method::POST, &APPLICATIONS, &[], Body::Json(body)).await?;
            written(&reply.json()?)
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
            if kind == Kind::Token {
                return Err(ApiError::Forbidden { said: "a token cannot be changed".into() });
            }
            let (number, mut object) = self.newest(&id, version.as_deref()).await?;
            for change in changes {
                let member = match change.field {
                    Field::Name => "name",
                    Field::Callbacks => "redirect_uris",
                    _ => continue,
                };
                object.insert(member.into(), json_object::json(change.after));
            }
            self.write(&number, &object).await
        })
    }

    fn web_page(&self, _: &Credential) -> Option<String> {
        let page = "user/settings/applications";
        Some(format!("{}/{page}", self.base_url.trim_end_matches('/')))
    }

    fn rotate(
        &self,
        of: CredentialRef,
        RotationRequest { version, .. }: RotationRequest,
    ) -> Answer<'_, Written> {
        let id = of.id;
        Box::pin(async move {
            let (number, object) = self.newest(&id, version.as_deref()).await?;
            self.write(&number, &object).await
        })
    }

    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            if kind == Kind::Token {
                let user = self.user().await?;
                let path = ["users", user.user_id.raw(), "tokens", id.raw()];
                return self.call(Method::DELETE, &path, &[], Body::Empty).await.map(|_| ());
            }
            let (number, _) = self.newest(&id, version.as_deref()).await?;
            let path = [&APPLICATIONS[..], &[number.as_str()]].concat();
            self.call(Method::DELETE, &path, &[], Body::Empty).await.map(|_| ())
        })
    }
}
