//! GitHub Actions secrets and GitLab CI/CD variables.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_box::{PublicKey, aead::OsRng};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Reason, http};
use crate::{
    api::{
        ApiError,
        http::{Body, Call},
    },
    domain::{
        Secret,
        destination::{ActionsSecret, GitlabVariable},
    },
};

/// Returns the path of the secrets of a repository or environment.
fn github_path<'a>(
    actions: &'a ActionsSecret,
    environment: Option<&'a str>,
) -> Result<Vec<&'a str>, Reason> {
    let (owner, name) = actions.repository.split_once('/').ok_or("repository is not OWNER/NAME")?;
    let mut path = vec!["repos", owner, name];
    match environment {
        Some(environment) => path.extend(["environments", environment, "secrets"]),
        None => path.extend(["actions", "secrets"]),
    }
    Ok(path)
}

/// Public key that encrypts the secrets of a repository or environment, and the ID of the key.
struct GithubKey {
    id: String,
    key: PublicKey,
}

/// Reads the public key. The request also checks the address, the repository and the token, but not
/// the permission to write.
async fn github_key(
    actions: &ActionsSecret,
    environment: Option<&str>,
) -> Result<GithubKey, Reason> {
    let http = http(&actions.address, &actions.token).await?;
    let mut path = github_path(actions, environment)?;
    path.push("public-key");
    let reply = http.call(Method::GET, Call { path: &path, ..Call::default() }).await?;
    let value: Value = reply.json()?;
    let text = |member: &str| value[member].as_str().unwrap_or_default().to_owned();
    let bytes =
        STANDARD.decode(text("key")).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let bytes = bytes.ok_or("the response has no valid public key")?;
    Ok(GithubKey { id: text("key_id"), key: PublicKey::from(bytes) })
}

/// Checks the address, the repository and the token.
pub(super) async fn check_github(
    actions: &ActionsSecret,
    environment: Option<&str>,
) -> Result<(), Reason> {
    github_key(actions, environment).await.map(|_| ())
}

/// Creates or updates a secret, encrypted for the repository in a libsodium sealed box
/// (<https://docs.github.com/en/rest/actions/secrets>). The API does not return the secret.
pub(super) async fn write_github(
    actions: &ActionsSecret,
    environment: Option<&str>,
    secret: &Secret,
) -> Result<(), Reason> {
    let GithubKey { id, key } = github_key(actions, environment).await?;
    let sealed = key.seal(&mut OsRng, secret.expose().as_bytes());
    let sealed = sealed.map_err(|_| "the secret could not be encrypted for the repository")?;
    let http = http(&actions.address, &actions.token).await?;
    let mut path = github_path(actions, environment)?;
    path.push(&actions.secret);
    let body = json!({ "encrypted_value": STANDARD.encode(sealed), "key_id": id });
    let call = Call { path: &path, body: Body::Json(body), any_type: true, ..Call::default() };
    http.call(Method::PUT, call).await?;
    Ok(())
}

/// Returns the path of a project's variables.
fn gitlab_path(variable: &GitlabVariable) -> [&str; 5] {
    ["api", "v4", "projects", &variable.project, "variables"]
}

/// Query parameter that selects the environment scope. A project can have variables with the same
/// name in different scopes.
const SCOPE: &str = "filter[environment_scope]";

/// Reads the value of a variable (<https://docs.gitlab.com/api/project_level_variables/>). Returns
/// `None` if the variable does not exist.
pub(super) async fn read_gitlab(variable: &GitlabVariable) -> Result<Option<String>, Reason> {
    let http = http(&variable.address, &variable.token).await?;
    let path = [&gitlab_path(variable)[..], &[&variable.variable]].concat();
    let query = [(SCOPE, variable.scope.as_str())];
    let call = Call { path: &path, query: &query, ..Call::default() };
    let value: Value = match http.call(Method::GET, call).await {
        Ok(reply) => reply.json()?,
        Err(ApiError::NotFound { .. }) => {
            // GitLab also returns 404 for a project that does not exist or is not visible to the
            // token. A request for the project distinguishes these cases. A request for the list of
            // variables would too, but its response contains all their values.
            let path = &gitlab_path(variable)[..4];
            http.call(Method::GET, Call { path, ..Call::default() }).await?;
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    match &value["value"] {
        Value::String(text) => Ok(Some(text.clone())),
        // GitLab never returns the value of a variable that is masked and hidden.
        _ => {
            Err("the variable is hidden, so its value cannot be compared. Use a variable that is only masked".into())
        }
    }
}

/// Updates the value of a variable and keeps its other properties, or creates a masked variable.
pub(super) async fn write_gitlab(variable: &GitlabVariable, secret: &Secret) -> Result<(), Reason> {
    let exists = read_gitlab(variable).await?.is_some();
    let http = http(&variable.address, &variable.token).await?;
    let mut path = gitlab_path(variable).to_vec();
    if exists {
        path.push(&variable.variable);
        let query = [(SCOPE, variable.scope.as_str())];
        let body = Body::Json(json!({ "value": secret.expose() }));
        http.call(Method::PUT, Call { path: &path, query: &query, body, ..Call::default() })
            .await?;
        return Ok(());
    }
    let body = json!({
        "key": variable.variable,
        "value": secret.expose(),
        "environment_scope": variable.scope,
        "masked": true,
        "raw": true,
    });
    http.call(Method::POST, Call { path: &path, body: Body::Json(body), ..Call::default() })
        .await?;
    Ok(())
}

/// Deletes a variable that did not exist before the rotation.
pub(super) async fn delete_gitlab(variable: &GitlabVariable) -> Result<(), Reason> {
    let http = http(&variable.address, &variable.token).await?;
    let path = [&gitlab_path(variable)[..], &[&variable.variable]].concat();
    let query = [(SCOPE, variable.scope.as_str())];
    let call = Call { path: &path, query: &query, any_type: true, ..Call::default() };
    match http.call(Method::DELETE, call).await {
        Ok(_) | Err(ApiError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
