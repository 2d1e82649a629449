//! OpenBao, and HashiCorp Vault where it has the same paths: identity OIDC clients
//! (<https://openbao.org/api-docs/secret/identity/oidc-provider/>) and API tokens by their
//! accessors.
//!
//! A client is identified by its name, which cannot be changed. A write to an existing name changes
//! that client, so Credenza first checks that the name of a new client is not in use. The server
//! reports no dates for clients. A token is shown only once, when it is created, and cannot be
//! changed. The accessor of a token serves as its ID.

mod tokens;

use reqwest::Method;
use serde_json::{Value, json};

use tokens::TOKEN;

use super::{
    Abilities, Access, Answer, ApiError, Capabilities, CredentialsApi, Http, Me, Page, PageQuery,
    RotationRequest, Secrecy, Written,
    capabilities::token_rotation,
    http::{Body, Call},
    json_object::{self, Object},
    metadata, rows,
};
use crate::domain::{
    Client, Credential, CredentialRef, Draft, FieldProblem, Kind, Secret, Untrusted,
    credential::Record,
    draft::{self, Change, Field, FieldRules, Fields},
    semantics::{self, ClientScope, Hosts, Loopback, Semantics},
};

/// Comparison of redirect URIs in the OIDC provider: the port of a loopback host is ignored for
/// every scheme.
pub const SEMANTICS: Semantics = Semantics {
    source: "OpenBao, store_oidc_provider.go, validRedirect",
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

/// Members that correspond to fields of [`Client`], or are secret. All other members are unknown
/// members.
const KNOWN: [&str; 4] = ["client_id", "client_secret", "client_type", "redirect_uris"];

const CLIENTS: [&str; 3] = ["identity", "oidc", "client"];

/// [`CredentialsApi`] for an OpenBao server.
pub struct OpenBao {
    http: Http,
    base_url: String,
    issuer: String,
}

impl OpenBao {
    /// Creates a provider for the server that `http` connects to. Without `issuer`, the issuer is
    /// the server's default OIDC provider.
    #[must_use]
    pub fn new(http: Http, base_url: &str, issuer: Option<&str>) -> Self {
        let own =
            || format!("{}/v1/identity/oidc/provider/default", base_url.trim_end_matches('/'));
        Self {
            http: http.of_api(),
            base_url: base_url.to_owned(),
            issuer: issuer.map_or_else(own, str::to_owned),
        }
    }

    async fn call(&self, method: Method, path: &[&str], body: Body) -> Result<Object, ApiError> {
        let query: &[(&str, &str)] = if method == Method::GET
            && matches!(path, ["identity", "oidc", "client"] | ["auth", "token", "accessors"])
        {
            &[("list", "true")]
        } else {
            &[]
        };
        let path = [&["v1"], path].concat();
        let call = Call { path: &path, query, body, any_type: true, ..Call::default() };
        let reply = self.http.call(method, call).await.map_err(map_error)?;
        if reply.body.is_empty() { Ok(Object::new()) } else { reply.json() }
    }

    async fn data(&self, method: Method, path: &[&str], body: Body) -> Result<Object, ApiError> {
        let mut answer = self.call(method, path, body).await?;
        match answer.remove("data") {
            Some(Value::Object(data)) => Ok(data),
            _ => Err(ApiError::Malformed { why: "it contains no data".into() }),
        }
    }

    /// Returns all clients by name. The server returns 404 for an empty list.
    async fn clients(&self) -> Result<Object, ApiError> {
        match self.data(Method::GET, &CLIENTS, Body::Empty).await {
            Ok(mut data) => match data.remove("key_info") {
                Some(Value::Object(clients)) => Ok(clients),
                _ => Ok(Object::new()),
            },
            Err(ApiError::NotFound { said }) if said.raw().is_empty() => Ok(Object::new()),
            Err(error) => Err(error),
        }
    }

    /// Returns the name of the client with the given client ID.
    async fn name(&self, id: &Untrusted) -> Result<String, ApiError> {
        let clients = self.clients().await?;
        let is_it =
            |client: &Value| client.get("client_id").and_then(Value::as_str) == Some(id.raw());
        clients
            .into_iter()
            .find(|(_, client)| is_it(client))
            .map(|(name, _)| name)
            .ok_or_else(|| ApiError::NotFound { said: "no client with this ID".into() })
    }

    async fn client(&self, name: &str) -> Result<Object, ApiError> {
        self.data(Method::GET, &[&CLIENTS[..], &[name]].concat(), Body::Empty).await
    }

    /// Reads a client again after a write.
    async fn again(&self, name: &str) -> Result<Written, ApiError> {
        let client = self.client(name).await.map_err(|error| json_object::unread(&error))?;
        Ok(read(name, &client)?.into())
    }

    async fn newest(
        &self,
        id: &Untrusted,
        version: Option<&str>,
    ) -> Result<(String, Object), ApiError> {
        let name = self.name(id).await?;
        let client = self.client(&name).await?;
        json_object::unchanged(version, &version_of(&client))?;
        Ok((name, client))
    }

    async fn create_client(&self, draft: &Draft) -> Result<Written, ApiError> {
        let name = draft.name();
        if !is_name(name) {
            let said = "must consist of letters, digits and '_'; '.' and '-' only in the middle";
            return Err(ApiError::Invalid {
                said: format!("a client's name {said}").into(),
                problems: vec![FieldProblem::of(Field::Name, said)],
            });
        }
        match self.client(name).await {
            Err(ApiError::NotFound { .. }) => {}
            Ok(_) => {
                return Err(ApiError::Conflict {
                    said: "a client with this name exists, and a write would change it".into(),
                    problems: vec![FieldProblem::of(Field::Name, "is taken")],
                });
            }
            Err(error) => return Err(error),
        }
        let body = match draft {
            Draft::M2m(_) => json!({
                "client_type": "confidential", "client_credentials": true, "authorization_code": false,
            }),
            Draft::Spa(client) | Draft::Other(client) => json!({
                "client_type": "public", "redirect_uris": client.callbacks, "assignments": ["allow_all"],
            }),
            Draft::Token(_) => json!({}),
        };
        let path = [&CLIENTS[..], &[name]].concat();
        self.call(Method::POST, &path, Body::Json(body)).await?;
        // The response is empty, so read the client to get its ID and secret.
        self.again(name).await
    }

    /// Returns the capabilities of the token on the paths that this module uses, or `None` if the
    /// server does not report them.
    async fn allowed(&self) -> Option<Object> {
        let paths = [
            "identity/oidc/client",
            PROBED,
            "auth/token/accessors",
            "auth/token/create",
            "auth/token/revoke-accessor",
        ];
        let body = Body::Json(json!({ "paths": paths }));
        self.data(Method::POST, &["sys", "capabilities-self"], body).await.ok()
    }
}

/// Example path of a client, used to query the token's capabilities on clients.
const PROBED: &str = "identity/oidc/client/credenza";

/// Replaces misleading errors: without a valid token, the server returns 403 instead of 401.
/// Assigns errors about redirect URIs to their form field.
fn map_error(error: ApiError) -> ApiError {
    match error {
        ApiError::Forbidden { said } if said.raw() == "permission denied" => {
            ApiError::Unauthorized { said: "the token is unknown or has expired".into() }
        }
        ApiError::Invalid { said, problems } if said.raw().contains("redirect_uris") => {
            let problems = if problems.is_empty() {
                vec![FieldProblem::of(Field::Callbacks, said.clipped(160))]
            } else {
                problems
            };
            ApiError::Invalid { said, problems }
        }
        other => other,
    }
}

fn is_name(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(word)
        && name.ends_with(word)
        && name.chars().all(|c| word(c) || ".-".contains(c))
}

fn version_of(client: &Object) -> String {
    json_object::version(client, &["client_secret"])
}

fn is(client: &Object, name: &str) -> Option<bool> {
    client.get(name).and_then(Value::as_bool)
}

fn kind(client: &Object) -> Kind {
    let public = client.get("client_type").and_then(Value::as_str) == Some("public");
    // A server without these flags supports only the authorization code flow.
    let code = is(client, "authorization_code").unwrap_or(true);
    let machine = is(client, "client_credentials").unwrap_or(false);
    match (public, code, machine) {
        (true, _, _) => Kind::Spa,
        (false, false, true) => Kind::M2m,
        _ => Kind::Other,
    }
}

fn read(name: &str, client: &Object) -> Result<Credential, ApiError> {
    let id = json_object::text(client, "client_id")
        .ok_or_else(|| ApiError::Malformed { why: "the client has no client_id".into() })?;
    let kind = kind(client);
    let public = client.get("client_type").and_then(Value::as_str) == Some("public");
    let grants = [
        ("authorization_code", is(client, "authorization_code").unwrap_or(true)),
        ("client_credentials", is(client, "client_credentials").unwrap_or(false)),
    ];
    let record = Record {
        id,
        name: name.into(),
        version: Some(version_of(client)),
        unknown: json_object::unknown(client, &KNOWN),
        has: Fields::of(SPA),
        ..Record::default()
    };
    let client = Client {
        record,
        callbacks: json_object::list(client, "redirect_uris"),
        grant_types: grants
            .into_iter()
            .filter(|(_, on)| *on)
            .map(|(name, _)| name.into())
            .collect(),
        auth_method: public.then(|| "none".into()),
        app_type: (kind == Kind::Other).then(|| "web, confidential".into()),
        ..Client::default()
    };
    Ok(Credential::of_client(kind, client))
}

impl CredentialsApi for OpenBao {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        Box::pin(async {
            let allowed = self.allowed().await;
            let may = |path: &str, what: &str| {
                let Some(all) = &allowed else { return true };
                let list = json_object::list(all, path);
                list.iter().any(|it| it.raw() == what || it.raw() == "root")
            };
            let access = |path: &'static str, what: &str| {
                Access::when(
                    may(path, what),
                    format!("Your token's policies do not allow {what} on {path}"),
                )
            };
            let all = Abilities {
                list: access("identity/oidc/client", "list"),
                create: access(PROBED, "create"),
                edit: access(PROBED, "update"),
                delete: access(PROBED, "delete"),
                rotate: Access::no(
                    "OpenBao cannot rotate secrets. Create a new client and delete this one",
                ),
                fixed: Fields::of(&[Field::Name]),
                shape: FieldRules::open(SPA),
                ..Abilities::all()
            };
            let spa = all.clone().public();
            let m2m = Abilities {
                edit: Access::no("An M2M client has no editable fields on this server"),
                shape: FieldRules::open(M2M),
                ..all.clone()
            };
            let other = all.made_elsewhere();
            let token = Abilities {
                list: Access::when(
                    may("auth/token/accessors", "list") && may("auth/token/accessors", "sudo"),
                    "Your token's policies do not allow list and sudo on auth/token/accessors",
                ),
                create: access("auth/token/create", "update"),
                edit: Access::no("A token cannot be changed. Create a new one and delete this one"),
                delete: access("auth/token/revoke-accessor", "update"),
                rotate: token_rotation(),
                secrecy: Secrecy::Once("OpenBao shows a token once, when it is created".into()),
                shape: FieldRules::open(TOKEN),
                ..Abilities::all()
            };
            Ok(Capabilities {
                issuer: Some(self.issuer.as_str().into()),
                token_scope: Some("openid"),
                ..Capabilities::of_kinds(&self.base_url, [token, spa, m2m, other]).with_one_list()
            })
        })
    }

    fn me(&self) -> Answer<'_, Me> {
        Box::pin(async {
            let data =
                self.data(Method::GET, &["auth", "token", "lookup-self"], Body::Empty).await?;
            let policies = json_object::list(&data, "policies");
            let policies: Vec<&str> = policies.iter().map(Untrusted::raw).collect();
            Ok(Me {
                user_id: json_object::text(&data, "entity_id").unwrap_or_default(),
                email: json_object::text(&data, "display_name").unwrap_or_default(),
                role: policies.join(" ").into(),
            })
        })
    }

    fn page(&self, query: PageQuery) -> Answer<'_, Page> {
        Box::pin(async move {
            if query.kind == Kind::Token {
                return self.tokens(&query).await;
            }
            let clients = self.clients().await?;
            let objects = clients.iter().filter_map(|(name, it)| Some((name, it.as_object()?)));
            let ours = objects.filter(|(_, client)| query.wants(kind(client)));
            let one = |(at, (name, client)): (usize, (&String, &Object))| {
                read(name, client).unwrap_or_else(|error| {
                    rows::unreadable(kind(client), &Value::Object(client.clone()), at, &error)
                })
            };
            let entries: Vec<Credential> = ours.enumerate().map(one).collect();
            // The server has no pagination and returns all clients in one response.
            Ok(Page { total: Some(entries.len() as u64), entries, next: None })
        })
    }

    fn show(&self, of: CredentialRef) -> Answer<'_, Credential> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            if kind == Kind::Token {
                return self.token(id.raw()).await;
            }
            let name = self.name(&id).await?;
            read(&name, &self.client(&name).await?)
        })
    }

    fn secret(&self, of: CredentialRef) -> Answer<'_, Secret> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            let hidden = |said: &str| ApiError::Forbidden { said: said.into() };
            if kind == Kind::Token {
                return Err(hidden("a token is shown once, when it is created"));
            }
            let name = self.name(&id).await?;
            let client = self.client(&name).await?;
            metadata::secret(&client).ok_or_else(|| hidden("a public client has no secret"))
        })
    }

    fn create(&self, draft: Draft, _: String) -> Answer<'_, Written> {
        Box::pin(async move {
            match draft {
                Draft::Token(token) => self.create_token(token).await,
                client => self.create_client(&client).await,
            }
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
            let (name, mut expected) = self.newest(&id, version.as_deref()).await?;
            let mut body = Object::new();
            for change in changes {
                match (change.field, change.after) {
                    (Field::Callbacks, draft::FieldValue::Lines(lines)) => {
                        body.insert("redirect_uris".into(), json!(lines));
                    }
                    (field, _) => {
                        let said = "cannot be changed after a client is created";
                        return Err(ApiError::Invalid {
                            said: format!("{} {said}", field.label()).into(),
                            problems: vec![FieldProblem::of(field, said)],
                        });
                    }
                }
            }
            expected.extend(body.clone());
            let path = [&CLIENTS[..], &[name.as_str()]].concat();
            self.call(Method::POST, &path, Body::Json(body.into())).await?;
            let after = self.client(&name).await.map_err(|error| json_object::unread(&error))?;
            let side_effects = json_object::side_effects(&expected, &after, &[]);
            Ok(Written::from(read(&name, &after)?).with_side_effects(side_effects))
        })
    }

    fn rotate(&self, _: CredentialRef, _: RotationRequest) -> Answer<'_, Written> {
        Box::pin(async {
            Err(ApiError::Forbidden { said: "OpenBao cannot rotate secrets".into() })
        })
    }

    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            if kind == Kind::Token {
                let own =
                    self.data(Method::GET, &["auth", "token", "lookup-self"], Body::Empty).await;
                if own.is_ok_and(|own| json_object::text(&own, "accessor").as_ref() == Some(&id)) {
                    return Err(ApiError::Forbidden {
                        said: "the token belongs to your current session".into(),
                    });
                }
                self.token(id.raw()).await?;
                let body = Body::Json(json!({ "accessor": id.raw() }));
                return self
                    .call(Method::POST, &["auth", "token", "revoke-accessor"], body)
                    .await
                    .map(|_| ());
            }
            let (name, _) = self.newest(&id, version.as_deref()).await?;
            let path = [&CLIENTS[..], &[name.as_str()]].concat();
            self.call(Method::DELETE, &path, Body::Empty).await.map(|_| ())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_server_has_a_path_for() {
        for good in ["a", "my-m2m", "a.b_c", "_x9"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a b", "a/b", "ä", ".a"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
