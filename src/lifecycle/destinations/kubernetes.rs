//! Secrets of Kubernetes, written by server-side apply through the API of the cluster.

use k8s_openapi::api::core::v1::Secret as ClusterSecret;
use kube::{
    Api, Client, Config,
    api::{Patch, PatchParams},
    config::{KubeConfigOptions, Kubeconfig, KubeconfigError},
};
use serde_json::{Value, json};

use super::Reason;
use crate::domain::{Secret, destination::KubernetesSecret, text};

/// Returns the secret with the current context, if it names none: the context may change between the
/// steps of a rotation.
pub(super) fn pinned(of: KubernetesSecret) -> KubernetesSecret {
    if of.context.is_some() {
        return of;
    }
    // An unreadable kubeconfig is reported by the check.
    let context = kubeconfig(&of).ok().and_then(|file| file.current_context);
    KubernetesSecret { context, ..of }
}

fn kubeconfig(of: &KubernetesSecret) -> Result<Kubeconfig, KubeconfigError> {
    match &of.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    }
}

/// Connects to the namespace of a secret, with the context of the kubeconfig.
async fn secrets(of: &KubernetesSecret) -> Result<Api<ClusterSecret>, Reason> {
    let file = kubeconfig(of);
    let unusable = |why: String| format!("the kubeconfig cannot be used: {}", text::shown(&why));
    let file = file.map_err(|error| unusable(chain(&error)))?;
    let options = KubeConfigOptions { context: of.context.clone(), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(file, &options).await;
    let config = config.map_err(|error| unusable(chain(&error)))?;
    let namespace = of.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    let client = Client::try_from(config).map_err(|error| unusable(chain(&error)))?;
    Ok(Api::namespaced(client, &namespace))
}

/// Returns the messages of an error and of its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = inner.source();
    }
    said
}

fn refused(error: &kube::Error) -> Reason {
    let why = match error {
        kube::Error::Api(status) => status.message.clone(),
        other => chain(other),
    };
    text::shown(why.trim_end_matches('.')).into_owned().into()
}

/// Returns the name under which a key is applied. Each key has its own, because the API removes the
/// keys that a manager applied before and no longer sends. Its limit is 128 characters.
fn manager(key: &str) -> PatchParams {
    let name: String = format!("credenza-{key}").chars().take(128).collect();
    PatchParams::apply(&name).force()
}

fn body(of: &KubernetesSecret, secret: &Secret) -> Value {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": of.secret },
        "data": { &of.key: STANDARD.encode(secret.expose()) },
    })
}

/// Checks that the key can be read and written. The write is a dry run of the server.
pub(super) async fn check(of: &KubernetesSecret) -> Result<(), Reason> {
    let api = secrets(of).await?;
    let found = api.get_opt(&of.secret).await.map_err(|error| refused(&error))?;
    if found.as_ref().is_some_and(|secret| secret.immutable == Some(true)) {
        return Err("the secret is immutable, so its values cannot be changed".into());
    }
    let current = match found {
        Some(found) => value(found, &of.key)?,
        None => None,
    };
    let current = Secret::new(current.unwrap_or_default());
    let dry_run = PatchParams { dry_run: true, ..manager(&of.key) };
    let patched = api.patch(&of.secret, &dry_run, &Patch::Apply(body(of, &current))).await;
    patched.map(|_| ()).map_err(|error| refused(&error))
}

fn value(secret: ClusterSecret, key: &str) -> Result<Option<String>, Reason> {
    let bytes = secret.data.and_then(|mut data| data.remove(key));
    let text = bytes.map(|bytes| String::from_utf8(bytes.0)).transpose();
    text.map_err(|_| format!("its key {key} is not text").into())
}

/// Reads a key; `None` if the secret or the key does not exist.
pub(super) async fn read(of: &KubernetesSecret) -> Result<Option<String>, Reason> {
    let found = secrets(of).await?.get_opt(&of.secret).await;
    match found.map_err(|error| refused(&error))? {
        Some(found) => value(found, &of.key),
        None => Ok(None),
    }
}

/// Sets a key, and creates the secret if it does not exist. Other keys stay. A value that another
/// program owns, such as Helm, is overwritten.
pub(super) async fn write(of: &KubernetesSecret, secret: &Secret) -> Result<(), Reason> {
    let api = secrets(of).await?;
    let patched = api.patch(&of.secret, &manager(&of.key), &Patch::Apply(body(of, secret))).await;
    patched.map(|_| ()).map_err(|error| refused(&error))
}

/// Removes a key that did not exist before the rotation. The secret itself stays.
pub(super) async fn remove(of: &KubernetesSecret) -> Result<(), Reason> {
    let api = secrets(of).await?;
    let nothing = Patch::Merge(json!({ "data": { &of.key: null } }));
    let params =
        PatchParams { field_manager: Some("credenza".to_owned()), ..PatchParams::default() };
    match api.patch(&of.secret, &params, &nothing).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        Err(error) => Err(refused(&error)),
    }
}
