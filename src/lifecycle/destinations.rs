//! Checks, reads and writes the destinations of a secret. Failed requests are not retried, and no
//! error contains a secret.

mod encrypted;
mod hosted;
mod kubernetes;

use std::{io, path::Path, process::Stdio, sync::Arc, time::Duration};

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    api::{
        ApiError, Http, Trust,
        http::{Body, Call, Fixed},
    },
    domain::{
        Secret,
        destination::{
            ActionsSecret, Destination, DestinationStore, KvEntry, TokenSource, get_from_env,
            lines_in_env, restore_in_env, set_in_env,
        },
        text,
    },
    files, process,
};

/// Time limit of a program that reads or writes a destination, or prints a token.
const PROGRAM_LIMIT: Duration = Duration::from_secs(60);

/// Failure to use, read, write or restore a destination.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Could not {what} destination {name}: {why}")]
pub struct DestinationError {
    /// Name of the destination.
    pub name: String,
    /// Failed action: `use`, `read`, `write to` or `restore`.
    pub what: &'static str,
    /// Reason for the failure; never contains a secret.
    pub why: String,
}

/// Reason for a failure, before the name of the destination is added.
struct Reason(String);

impl From<String> for Reason {
    fn from(why: String) -> Self {
        Self(why)
    }
}

impl From<&str> for Reason {
    fn from(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<ApiError> for Reason {
    fn from(error: ApiError) -> Self {
        Self(error.explain("").why.trim_end_matches('.').to_owned())
    }
}

/// Content of a destination before the rotation.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Former {
    /// Content of a file, lines that set a variable, value of a key, or output of a program.
    Text(Box<str>),
    /// The destination had no content.
    Absent,
    /// The destination is not readable, or the program that reads it failed.
    Unknown,
}

impl Drop for Former {
    fn drop(&mut self) {
        if let Self::Text(text) = self {
            text.zeroize();
        }
    }
}

fn named<T>(
    destination: &Destination,
    what: &'static str,
    result: Result<T, Reason>,
) -> Result<T, DestinationError> {
    result.map_err(|Reason(why)| DestinationError { name: destination.name.clone(), what, why })
}

/// Returns the destinations of one client, each with its current location ([`pinned`]). Omits
/// destinations that cannot be used for the client. A rotation that requires an omitted destination
/// fails, because the destination is unknown.
#[must_use]
pub fn of_client(all: &[Destination], client_id: &str) -> Vec<Destination> {
    all.iter().filter_map(|it| it.of_client(client_id).ok()).map(pinned).collect()
}

/// Returns the destination with its current location. For a Kubernetes secret, reads the server,
/// and a context or namespace that is not configured, from the kubeconfig. An unreadable kubeconfig
/// leaves the destination unchanged.
#[must_use]
pub fn pinned(destination: Destination) -> Destination {
    let store = match destination.store {
        DestinationStore::Kubernetes(secret) => {
            DestinationStore::Kubernetes(kubernetes::pinned(secret))
        }
        other => other,
    };
    Destination { store, ..destination }
}

/// Checks that a destination can be written to, as far as possible without writing.
///
/// # Errors
/// [`DestinationError`] if the destination cannot be used, for example because a program is
/// missing, a token is rejected, or git tracks a `.env` file.
pub async fn check(destination: &Destination) -> Result<(), DestinationError> {
    let result = match &destination.store {
        DestinationStore::File { path } => check_file(path),
        DestinationStore::EnvFile { path, .. } => check_env_file(path).await,
        DestinationStore::Command { write, read } => [write, read]
            .into_iter()
            .filter_map(|words| words.first())
            .find(|program| process::find(program).is_none())
            .map_or(Ok(()), |program| {
                Err(format!("{program:?} is not on the PATH, or not executable").into())
            }),
        DestinationStore::Kv(entry) => read_entry(entry).await.map(|_| ()),
        DestinationStore::GiteaActions(secret) => check_actions(secret).await,
        DestinationStore::GithubActions { secret, environment } => {
            hosted::check_github(secret, environment.as_deref()).await
        }
        DestinationStore::GitlabVariable(variable) => {
            hosted::read_gitlab(variable).await.map(|_| ())
        }
        DestinationStore::Kubernetes(secret) => kubernetes::check(secret).await,
        DestinationStore::Sops { path, key } => encrypted::check_sops(path, key).await,
        DestinationStore::SystemdCredential { path, credential } => {
            encrypted::check_credential(path, credential).await
        }
    };
    named(destination, "use", result)
}

/// Returns the secret at a destination. Removes trailing line breaks from the content of a file and
/// the output of a program. `None` if the destination has no secret, or is not readable
/// ([`DestinationStore::is_readable`]).
///
/// # Errors
/// [`DestinationError`] if reading fails.
pub async fn read(destination: &Destination) -> Result<Option<Secret>, DestinationError> {
    let result = match &destination.store {
        DestinationStore::File { path } => read_text(path).map(|text| {
            text.map(|text| Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
        }),
        DestinationStore::EnvFile { path, variable } => read_text(path)
            .map(|text| text.and_then(|text| get_from_env(&text, variable).map(Secret::new))),
        DestinationStore::Command { read, .. } if read.is_empty() => Ok(None),
        DestinationStore::Command { read, .. } => printed(read).await.map(Some),
        DestinationStore::Kv(entry) => read_entry(entry).await.map(|found| {
            let text = found.data.get(&entry.key).and_then(Value::as_str);
            text.map(|text| Secret::new(text.to_owned()))
        }),
        DestinationStore::GiteaActions(_) | DestinationStore::GithubActions { .. } => Ok(None),
        DestinationStore::GitlabVariable(variable) => {
            hosted::read_gitlab(variable).await.map(|found| found.map(Secret::new))
        }
        DestinationStore::Kubernetes(secret) => {
            kubernetes::read(secret).await.map(|found| found.map(Secret::new))
        }
        DestinationStore::Sops { path, key } => {
            encrypted::read_sops(path, key).await.map(|found| found.map(Secret::new))
        }
        DestinationStore::SystemdCredential { path, credential } => {
            encrypted::read_credential(path, credential).await
        }
    };
    named(destination, "read", result)
}

/// Returns the content of a destination, for a later [`restore`].
///
/// # Errors
/// [`DestinationError`] if the destination cannot be read, or has a value that [`restore`] cannot
/// write. If the program of a [`DestinationStore::Command`] fails, the content is
/// [`Former::Unknown`] instead.
pub async fn former(destination: &Destination) -> Result<Former, DestinationError> {
    let held = |text: Option<&str>| text.map_or(Former::Absent, |text| Former::Text(text.into()));
    let result = match &destination.store {
        DestinationStore::File { path } | DestinationStore::SystemdCredential { path, .. } => {
            read_text(path).map(|found| held(found.as_ref().map(|it| it.as_str())))
        }
        DestinationStore::EnvFile { path, variable } => read_text(path).and_then(|found| {
            let lines = lines_in_env(found.as_ref().map_or("", |it| it.as_str()), variable);
            let lines = lines.ok_or("its value spans several lines, which is not supported")?;
            Ok(if lines.is_empty() { Former::Absent } else { held(Some(&lines.join("\n"))) })
        }),
        DestinationStore::Command { read, .. } if read.is_empty() => Ok(Former::Unknown),
        // A program also fails if the entry does not exist, so the content is unknown.
        DestinationStore::Command { read, .. } => {
            Ok(printed(read).await.map_or(Former::Unknown, |it| held(Some(it.expose()))))
        }
        DestinationStore::Kv(entry) => {
            read_entry(entry).await.and_then(|found| match found.data.get(&entry.key) {
                None => Ok(Former::Absent),
                Some(Value::String(value)) => Ok(held(Some(value))),
                Some(_) => Err(format!("its key {} is not a string", entry.key).into()),
            })
        }
        DestinationStore::GiteaActions(_) | DestinationStore::GithubActions { .. } => {
            Ok(Former::Unknown)
        }
        DestinationStore::GitlabVariable(variable) => {
            hosted::read_gitlab(variable).await.map(|found| held(found.as_deref()))
        }
        DestinationStore::Kubernetes(secret) => {
            kubernetes::read(secret).await.map(|found| held(found.as_deref()))
        }
        DestinationStore::Sops { path, key } => {
            encrypted::read_sops(path, key).await.map(|found| held(found.as_deref()))
        }
    };
    named(destination, "read", result)
}

/// Restores the former content of a destination. Writes `previous`, the previous secret of the
/// client, if the former content is unknown. Returns false, without writing, if both are unknown.
///
/// # Errors
/// [`DestinationError`] if writing fails.
pub async fn restore(
    destination: &Destination,
    former: &Former,
    previous: Option<&Secret>,
) -> Result<bool, DestinationError> {
    let result = match (&destination.store, former) {
        (_, Former::Unknown) => {
            return match previous {
                Some(previous) => write(destination, previous).await.map(|()| true),
                None => Ok(false),
            };
        }
        (
            DestinationStore::File { path } | DestinationStore::SystemdCredential { path, .. },
            Former::Text(text),
        ) => files::replace_alike(Path::new(path), text.as_bytes()).map_err(Reason::from),
        (
            DestinationStore::File { path } | DestinationStore::SystemdCredential { path, .. },
            Former::Absent,
        ) => match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        },
        (DestinationStore::EnvFile { path, variable }, former) => {
            let lines: Vec<&str> = match former {
                Former::Text(text) => text.split('\n').collect(),
                _ => Vec::new(),
            };
            read_text(path).and_then(|text| {
                let text = text.unwrap_or_default();
                let restored = Zeroizing::new(restore_in_env(&text, variable, &lines));
                Ok(files::replace_alike(Path::new(path), restored.as_bytes())?)
            })
        }
        (DestinationStore::Kv(entry), former) => {
            let value = match former {
                Former::Text(text) => Some(Value::from(&**text)),
                _ => None,
            };
            write_entry(entry, value).await
        }
        (DestinationStore::GitlabVariable(variable), Former::Absent) => {
            hosted::delete_gitlab(variable).await
        }
        (DestinationStore::Kubernetes(secret), Former::Absent) => kubernetes::remove(secret).await,
        (DestinationStore::Sops { path, key }, Former::Absent) => {
            encrypted::unset_sops(path, key).await
        }
        (_, Former::Text(text)) => {
            let former = Secret::new(text.to_string());
            return write(destination, &former).await.map(|()| true);
        }
        (_, Former::Absent) => Ok(()),
    };
    named(destination, "restore", result).map(|()| true)
}

/// Writes a secret to a destination.
///
/// # Errors
/// [`DestinationError`] if writing fails. A plain file, a `.env` file or a systemd credential then
/// keeps its previous content, because it is replaced atomically. A destination of another type may
/// lose its previous content.
pub async fn write(destination: &Destination, secret: &Secret) -> Result<(), DestinationError> {
    let result = match &destination.store {
        DestinationStore::File { path } => {
            files::replace_alike(Path::new(path), secret.expose().as_bytes()).map_err(Reason::from)
        }
        DestinationStore::EnvFile { path, variable } => write_env(path, variable, secret).await,
        DestinationStore::Command { write, .. } => fed(write, secret).await,
        DestinationStore::Kv(entry) => write_entry(entry, Some(Value::from(secret.expose()))).await,
        DestinationStore::GiteaActions(actions) => write_actions(actions, secret).await,
        DestinationStore::GithubActions { secret: actions, environment } => {
            hosted::write_github(actions, environment.as_deref(), secret).await
        }
        DestinationStore::GitlabVariable(variable) => hosted::write_gitlab(variable, secret).await,
        DestinationStore::Kubernetes(of) => kubernetes::write(of, secret).await,
        DestinationStore::Sops { path, key } => encrypted::write_sops(path, key, secret).await,
        DestinationStore::SystemdCredential { path, credential } => {
            encrypted::write_credential(path, credential, secret).await
        }
    };
    named(destination, "write to", result)
}

fn check_file(path: &str) -> Result<(), Reason> {
    let named = Path::new(path);
    let path = match std::fs::canonicalize(named) {
        Ok(path) => path,
        Err(_) if std::fs::symlink_metadata(named).is_ok() => {
            return Err("it is a link to a file that does not exist".into());
        }
        Err(_) => named.to_owned(),
    };
    match std::fs::metadata(&path) {
        Ok(known) if !known.is_file() => return Err("it is not a regular file".into()),
        Ok(known) => {
            if let Some(mode) = files::open_to_others(&known) {
                return Err(format!(
                    "other users can read or write it (mode {mode:03o}). Run chmod o-rwx on it"
                )
                .into());
            }
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        Err(_) => {}
    }
    files::check_replaceable(&path)
        .map_err(|error| format!("it cannot be replaced: {error}").into())
}

/// Checks a `.env` file. Rejects a file that git tracks, because the secret would be committed.
/// Also rejects a file if git fails, for example because another user owns the repository. Without
/// git, checks only the file itself.
async fn check_env_file(path: &str) -> Result<(), Reason> {
    check_file(path)?;
    let path = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path))?;
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err("it has no file name".into());
    };
    if !process::is_installed("git") {
        return Ok(());
    }
    let mut git = process::command("git");
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_"))
    {
        git.env_remove(name);
    }
    let output = git
        .env("LC_ALL", "C")
        .arg("-C")
        .arg(directory)
        .args(["ls-files", "--error-unmatch", "--"])
        .arg(name)
        .stdin(Stdio::null())
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => Err("git tracks it, so the secret would be committed. Add it to .gitignore and run git rm --cached on it".into()),
        Some(1) => Ok(()),
        Some(128) if said.contains("not a git repository") => Ok(()),
        _ => {
            let line = said.lines().next().unwrap_or_default();
            Err(format!("git could not check whether it tracks the file: {}", text::shown(line))
                .into())
        }
    }
}

fn read_text(path: &str) -> Result<Option<Zeroizing<String>>, Reason> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn write_env(path: &str, variable: &str, secret: &Secret) -> Result<(), Reason> {
    // The file may have been added to git since the check.
    check_env_file(path).await?;
    let text = read_text(path)?.unwrap_or_default();
    let set = set_in_env(&text, variable, secret.expose()).map(Zeroizing::new);
    let set = set.ok_or("the secret has characters that a .env file cannot represent")?;
    Ok(files::replace_alike(Path::new(path), set.as_bytes())?)
}

/// Runs a program with `input` on its standard input, and returns its output. Fails if the program
/// cannot be started, exits with a code other than 0, or runs longer than [`PROGRAM_LIMIT`]. The
/// program's messages go to [`process::stderr`].
async fn run(words: &[String], input: Option<&Secret>) -> Result<Zeroizing<Vec<u8>>, Reason> {
    use tokio::io::AsyncWriteExt as _;

    let Some((program, arguments)) = words.split_first() else {
        return Err("its command is empty".into());
    };
    let mut child = process::command(program)
        .args(arguments)
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(process::stderr())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("could not start {program}: {error}"))?;
    let stdin = child.stdin.take();
    let work = async {
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            // Errors are ignored, because a program may close its input before reading all of it.
            let _ = stdin.write_all(input.expose().as_bytes()).await;
        }
        child.wait_with_output().await
    };
    let output = tokio::time::timeout(PROGRAM_LIMIT, work)
        .await
        .map_err(|_| format!("{program} took more than {} s", PROGRAM_LIMIT.as_secs()))??;
    let text = Zeroizing::new(output.stdout);
    if output.status.success() {
        Ok(text)
    } else {
        Err(format!("{program} failed with {}", output.status).into())
    }
}

async fn fed(words: &[String], secret: &Secret) -> Result<(), Reason> {
    run(words, Some(secret)).await.map(|_| ())
}

/// Runs a program and returns its output without trailing line breaks.
async fn printed(words: &[String]) -> Result<Secret, Reason> {
    let text = run(words, None).await?;
    let text = std::str::from_utf8(&text).map_err(|_| "the output of its command is not UTF-8")?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

async fn token(source: &TokenSource) -> Result<Arc<Secret>, Reason> {
    let text = match source {
        TokenSource::Variable(name) => {
            let value = std::env::var(name).ok().filter(|value| !value.trim().is_empty());
            Zeroizing::new(value.ok_or_else(|| format!("the variable {name} is not set"))?)
        }
        TokenSource::Command(words) => {
            Zeroizing::new(printed(words).await?.expose().lines().next().unwrap_or("").to_owned())
        }
    };
    Ok(Arc::new(Secret::new(text.trim().to_owned())))
}

/// Creates an HTTP client for the API of a destination, authenticated with the token from `source`.
async fn http(address: &str, source: &TokenSource) -> Result<Http, Reason> {
    let bearer = Arc::new(Fixed(token(source).await?));
    Ok(Http::new(address, Some(bearer), &Trust::default())?)
}

/// Keys and values of an entry, and its version for check-and-set writes.
#[derive(Default)]
struct KvContent {
    data: Map<String, Value>,
    version: u64,
}

/// Returns the path segments of an entry: `v1/MOUNT/data/PATH`.
fn kv_path<'a>(entry: &'a KvEntry) -> Vec<&'a str> {
    let words = |text: &'a str| text.split('/').filter(|word| !word.is_empty());
    ["v1"]
        .into_iter()
        .chain(words(&entry.mount))
        .chain(["data"])
        .chain(words(&entry.path))
        .collect()
}

/// Reads an entry (<https://openbao.org/api-docs/secret/kv/kv-v2/>). A missing entry has version 0,
/// and a deleted entry has no keys but keeps its version.
async fn read_entry(entry: &KvEntry) -> Result<KvContent, Reason> {
    let http = http(&entry.address, &entry.token).await?;
    let path = kv_path(entry);
    let reply = match http.call(Method::GET, Call { path: &path, ..Call::default() }).await {
        Ok(reply) => reply,
        Err(ApiError::NotFound { .. }) => {
            // The server also returns 404 for a deleted entry. Its version is in the metadata.
            let mut path = path;
            path[1 + entry.mount.split('/').filter(|it| !it.is_empty()).count()] = "metadata";
            let call = Call { path: &path, ..Call::default() };
            return match http.call(Method::GET, call).await {
                Ok(reply) => {
                    let value: Value = reply.json()?;
                    let version = value["data"]["current_version"].as_u64().unwrap_or_default();
                    Ok(KvContent { data: Map::new(), version })
                }
                Err(ApiError::NotFound { .. }) => Ok(KvContent::default()),
                Err(error) => Err(error.into()),
            };
        }
        Err(error) => return Err(error.into()),
    };
    let value: Value = reply.json()?;
    let version = value["data"]["metadata"]["version"].as_u64();
    let version =
        version.ok_or("the response has no version. The engine must be key-value version 2")?;
    let data = value["data"]["data"].as_object().cloned().unwrap_or_default();
    Ok(KvContent { data, version })
}

/// Sets or removes one key of an entry. Fails if the entry changes between the read and the write
/// (check-and-set).
async fn write_entry(entry: &KvEntry, value: Option<Value>) -> Result<(), Reason> {
    let KvContent { mut data, version } = read_entry(entry).await?;
    match value {
        Some(value) => data.insert(entry.key.clone(), value),
        None => data.remove(&entry.key),
    };
    let http = http(&entry.address, &entry.token).await?;
    let body = Body::Json(json!({ "options": { "cas": version }, "data": data }));
    let path = kv_path(entry);
    http.call(Method::POST, Call { path: &path, body, ..Call::default() }).await?;
    Ok(())
}

fn actions_path(actions: &ActionsSecret) -> Result<Vec<&str>, Reason> {
    let (owner, name) = actions.repository.split_once('/').ok_or("repository is not OWNER/NAME")?;
    Ok(vec!["api", "v1", "repos", owner, name, "actions", "secrets"])
}

/// Checks the address, the repository and the token by listing the secrets. A token that can only
/// read passes this check.
async fn check_actions(actions: &ActionsSecret) -> Result<(), Reason> {
    let http = http(&actions.address, &actions.token).await?;
    let path = actions_path(actions)?;
    http.call(Method::GET, Call { path: &path, ..Call::default() }).await?;
    Ok(())
}

/// Creates or updates a secret (<https://docs.gitea.com/api/>, `updateRepoSecret`). The API does
/// not return the secret.
async fn write_actions(actions: &ActionsSecret, secret: &Secret) -> Result<(), Reason> {
    let http = http(&actions.address, &actions.token).await?;
    let mut path = actions_path(actions)?;
    path.push(&actions.secret);
    let body = Body::Json(json!({ "data": secret.expose() }));
    let call = Call { path: &path, body, any_type: true, ..Call::default() };
    http.call(Method::PUT, call).await?;
    Ok(())
}
