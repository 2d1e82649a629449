//! API tokens of OpenBao, identified by their accessors.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::OpenBao;
use crate::{
    api::{
        ApiError, Page, PageQuery, Written,
        http::Body,
        json_object::{self, Object},
    },
    domain::{
        Credential, FieldProblem, Secret, Token, TokenDraft, Untrusted,
        credential::Record,
        draft::{Field, Fields},
    },
};

pub(super) const TOKEN: &[Field] = &[Field::Name, Field::Scopes, Field::Expires];

/// Maximum page size of tokens. Each token requires its own lookup call.
const TOKENS_A_PAGE: usize = 50;

impl OpenBao {
    async fn accessors(&self) -> Result<Vec<String>, ApiError> {
        let data = self.data(Method::GET, &["auth", "token", "accessors"], Body::Empty).await?;
        let mut all: Vec<String> =
            json_object::list(&data, "keys").iter().map(|it| it.raw().to_owned()).collect();
        all.sort();
        Ok(all)
    }

    pub(super) async fn token(&self, accessor: &str) -> Result<Credential, ApiError> {
        let body = Body::Json(json!({ "accessor": accessor }));
        let result = self.data(Method::POST, &["auth", "token", "lookup-accessor"], body).await;
        match result {
            Ok(data) => Ok(read_token(&data)),
            // For an expired or revoked token, the server returns 400 instead of 404.
            Err(ApiError::Invalid { said, .. }) if said.raw().contains("invalid accessor") => {
                Err(ApiError::NotFound { said })
            }
            Err(error) => Err(error),
        }
    }

    /// Returns a page of tokens. A token that expires or is revoked between the list and its lookup
    /// is omitted.
    pub(super) async fn tokens(&self, query: &PageQuery) -> Result<Page, ApiError> {
        let accessors = self.accessors().await?;
        // The list is read again for every page and may change, so the cursor is an accessor
        // instead of a number.
        let after = query.after.as_deref().unwrap_or_default();
        let from = accessors.partition_point(|accessor| accessor.as_str() <= after);
        let size = TOKENS_A_PAGE.min(query.size as usize).max(1);
        let to = (from + size).min(accessors.len());
        let mut entries = Vec::new();
        for accessor in accessors.get(from..to).unwrap_or_default() {
            match self.token(accessor).await {
                Ok(token) => entries.push(token),
                Err(ApiError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let next = (to < accessors.len()).then(|| accessors[to - 1].clone());
        Ok(Page { entries, total: Some(accessors.len() as u64), next })
    }

    pub(super) async fn create_token(&self, token: TokenDraft) -> Result<Written, ApiError> {
        if token.scopes.is_empty() {
            let said = "set at least one policy: without one, the token gets all your policies";
            return Err(ApiError::Invalid {
                said: said.into(),
                problems: vec![FieldProblem::of(Field::Scopes, said)],
            });
        }
        // The server replaces special characters in the display name, so the name is also stored in
        // the metadata.
        let mut body = json!({
            "display_name": token.name,
            "meta": { "name": token.name },
            "policies": token.scopes,
        });
        if let Some(at) = token.expires_at {
            let left = (at.as_second() - Timestamp::now().as_second()).max(1);
            body["ttl"] = json!(format!("{left}s"));
            body["explicit_max_ttl"] = json!(format!("{left}s"));
        }
        let mut answer =
            self.call(Method::POST, &["auth", "token", "create"], Body::Json(body)).await?;
        let auth = answer.remove("auth");
        let text =
            |name: &str| auth.as_ref().and_then(|auth| auth.get(name)?.as_str().map(str::to_owned));
        let (Some(secret), Some(accessor)) = (text("client_token"), text("accessor")) else {
            return Err(ApiError::Malformed { why: "it has no token".into() });
        };
        // A failed lookup must not lose the new token, so the known values are used instead.
        let known = || {
            Credential::Token(Token {
                record: Record {
                    id: accessor.as_str().into(),
                    name: token.name.as_str().into(),
                    has: Fields::of(TOKEN),
                    ..Record::default()
                },
                expires_at: token.expires_at,
                scopes: token.scopes.iter().map(|it| it.as_str().into()).collect(),
                ..Token::default()
            })
        };
        let credential = self.token(&accessor).await.unwrap_or_else(|_| known());
        Ok(Written::from(credential).with_secret(Some(Secret::new(secret))))
    }
}

fn read_token(data: &Object) -> Credential {
    let time = |name: &str| match data.get(name)? {
        Value::Number(seconds) => Timestamp::from_second(seconds.as_i64()?).ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let named = data.get("meta").and_then(|meta| meta.get("name")).and_then(Value::as_str);
    let display = json_object::text(data, "display_name").unwrap_or_default();
    // The member `id` could be the token itself, so it is never shown. A lookup by accessor returns
    // an empty `id`.
    let known = [
        "id",
        "accessor",
        "display_name",
        "policies",
        "creation_time",
        "expire_time",
        "ttl",
        "meta",
        "issue_time",
    ];
    Credential::Token(Token {
        record: Record {
            id: json_object::text(data, "accessor").unwrap_or_default(),
            name: named.map_or(display, Untrusted::from),
            created_at: time("creation_time"),
            unknown: json_object::unknown(data, &known),
            has: Fields::of(TOKEN),
            ..Record::default()
        },
        expires_at: time("expire_time"),
        scopes: json_object::list(data, "policies"),
        ..Token::default()
    })
}
