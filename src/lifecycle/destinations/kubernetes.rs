//! Kubernetes secrets, written with server-side apply through the cluster's API.

use std::time::Duration;

use k8s_openapi::api::core::v1::Secret as ClusterSecret;
use kube::{
    Api, Client, Config,
    api::{Patch, PatchParams},
    config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig, KubeconfigError},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Reason;
use crate::{
    domain::{Secret, destination::KubernetesSecret, export, text, urls},
    process,
};

/// Time limit for a response, and for the sign-in program in the kubeconfig.
const LIMIT: Duration = super::PROGRAM_LIMIT;

/// Returns the secret with its server and, if they are not configured, its context and namespace
/// from the kubeconfig. A rotation compares these values with those at its start, because the
/// kubeconfig may change in the meantime.
pub(super) fn pinned(of: KubernetesSecret) -> KubernetesSecret {
    // An unreadable kubeconfig is reported by the check.
    let Ok(file) = kubeconfig(&of) else { return of };
    let name = of.context.clone().or_else(|| file.current_context.clone());
    let context = file.contexts.iter().find(|it| Some(&it.name) == name.as_ref());
    let context = context.and_then(|it| it.context.as_ref());
    let cluster = file.clusters.iter().find(|it| context.is_some_and(|of| of.cluster == it.name));
    let namespace = context.map(|it| it.namespace.clone().unwrap_or_else(|| "default".to_owned()));
    KubernetesSecret {
        context: name,
        namespace: of.namespace.clone().or(namespace),
        server: cluster.and_then(|it| it.cluster.as_ref()?.server.clone()),
        ..of
    }
}

fn kubeconfig(of: &KubernetesSecret) -> Result<Kubeconfig, KubeconfigError> {
    match &of.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    }
}

fn unusable(error: &dyn std::error::Error) -> Reason {
    format!("the kubeconfig cannot be used: {}", text::shown(&chain(error))).into()
}

/// Connects to the namespace of a secret with the settings in the kubeconfig. The sign-in program
/// in the kubeconfig, if any, runs without a terminal and without Credenza's secrets in its
/// environment.
async fn secrets(of: &KubernetesSecret) -> Result<Api<ClusterSecret>, Reason> {
    let file = kubeconfig(of).map_err(|error| unusable(&error))?;
    let options = KubeConfigOptions { context: of.context.clone(), ..KubeConfigOptions::default() };
    let mut config =
        Config::from_custom_kubeconfig(file, &options).await.map_err(|error| unusable(&error))?;
    if let Err(why) = urls::check_login(&config.cluster_url.to_string()) {
        return Err(format!("the address of the cluster {why}").into());
    }
    if config.accept_invalid_certs {
        return Err(
            "the kubeconfig disables certificate verification (insecure-skip-tls-verify)".into()
        );
    }
    config.default_retry = false;
    config.read_timeout = Some(LIMIT);
    if let Some(exec) = &mut config.auth_info.exec {
        exec.interactive_mode = Some(ExecInteractiveMode::Never);
        exec.drop_env = Some(process::PRIVATE.map(str::to_owned).to_vec());
    }
    let namespace = of.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
    // This runs the sign-in program, and waits for it.
    let connecting = tokio::task::spawn_blocking(move || Client::try_from(config));
    let client = tokio::time::timeout(LIMIT, connecting).await;
    let client =
        client.map_err(|_| "the sign-in program in the kubeconfig did not finish in time")?;
    let client = client.map_err(|error| error.to_string())?;
    Ok(Api::namespaced(client.map_err(|error| refused(&error))?, &namespace))
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
        // The original error contains the output and the environment variables of the program.
        kube::Error::Auth(_) => {
            "the sign-in program in the kubeconfig failed. Test it: kubectl get secrets".to_owned()
        }
        other => chain(other),
    };
    text::shown(why.trim_end_matches('.')).into_owned().into()
}

/// Maximum length of a field manager's name, in bytes.
const MANAGER: usize = 128;

/// Returns the parameters for applying a key. Each key has its own field manager, because the API
/// removes keys that a manager applied before and no longer sends.
fn manager(key: &str) -> PatchParams {
    let mut name = format!("credenza-{key}");
    if name.len() > MANAGER {
        name = format!("credenza-{}", export::hex(&Sha256::digest(key)));
    }
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

/// Checks that the key can be read and written. The write is a server-side dry run.
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

/// Sets a key, and creates the secret if it does not exist. Keeps other keys. Overwrites the
/// value even if another program, such as Helm, owns it.
pub(super) async fn write(of: &KubernetesSecret, secret: &Secret) -> Result<(), Reason> {
    let api = secrets(of).await?;
    let patched = api.patch(&of.secret, &manager(&of.key), &Patch::Apply(body(of, secret))).await;
    patched.map(|_| ()).map_err(|error| refused(&error))
}

/// Removes a key that did not exist before the rotation. Does not delete the secret.
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
