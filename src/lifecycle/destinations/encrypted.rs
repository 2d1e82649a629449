//! Encrypted files: values in sops files, and systemd credentials. The programs `sops` and
//! `systemd-creds` receive the secret on standard input, never as an argument.

use std::path::Path;

use serde_json::Value;
use zeroize::Zeroizing;

use super::{Reason, run};
use crate::{domain::Secret, files, process};

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn installed(program: &str) -> Result<(), Reason> {
    let found = process::find(program);
    found.map(|_| ()).ok_or_else(|| format!("{program:?} is not on the PATH").into())
}

/// Converts a key to an index in sops syntax. A key that is already an index is returned unchanged.
fn index(key: &str) -> String {
    if key.starts_with('[') { key.to_owned() } else { format!("[{}]", serde_json::json!(key)) }
}

/// Checks the version of sops, that the file can be written and decrypted, and that an existing
/// value is a string.
pub(super) async fn check_sops(path: &str, key: &str) -> Result<(), Reason> {
    installed("sops")?;
    let help = run(&words(&["sops", "set", "--help"]), None).await?;
    if !String::from_utf8_lossy(&help).contains("--value-stdin") {
        return Err("this sops cannot read a value from standard input. Use 3.11 or newer".into());
    }
    // sops writes the file in place. A missing file is not created, because it has no recipients.
    let opened = std::fs::OpenOptions::new().write(true).open(path);
    opened.map_err(|error| format!("the file cannot be opened for writing: {error}"))?;
    read_sops(path, key).await.map(|_| ())
}

/// Parses an index such as `["oauth"]["secret"]` into map keys and list positions; `None` if it is
/// invalid.
fn steps(index: &str) -> Option<Vec<Value>> {
    let inner = index.strip_prefix('[')?.strip_suffix(']')?;
    inner.split("][").map(|step| serde_json::from_str(step).ok()).collect()
}

/// Reads a value; `None` if the file has no value at the index. A value that is not a string is an
/// error, because writing the secret would overwrite a whole map or list.
pub(super) async fn read_sops(path: &str, key: &str) -> Result<Option<String>, Reason> {
    let steps =
        steps(&index(key)).ok_or_else(|| format!("{key} is not an index in the syntax of sops"))?;
    let text = run(&words(&["sops", "decrypt", "--output-type", "json", path]), None).await?;
    let all: Value = serde_json::from_slice(&text).map_err(|_| "sops did not return JSON")?;
    let mut value = Some(&all);
    for step in &steps {
        value = match step {
            Value::String(member) => value.and_then(|value| value.get(member)),
            step => {
                let position = step.as_u64().and_then(|it| usize::try_from(it).ok());
                value.zip(position).and_then(|(value, position)| value.get(position))
            }
        };
    }
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("the value of {key} is not a string").into()),
    }
}

/// Sets a value. sops keeps the other values and the recipients, and encrypts the file again.
pub(super) async fn write_sops(path: &str, key: &str, secret: &Secret) -> Result<(), Reason> {
    let json = Secret::new(Value::from(secret.expose()).to_string());
    let set = words(&["sops", "set", "--value-stdin", path, &index(key)]);
    run(&set, Some(&json)).await.map(|_| ())
}

/// Removes a value that did not exist before the rotation.
pub(super) async fn unset_sops(path: &str, key: &str) -> Result<(), Reason> {
    run(&words(&["sops", "unset", "--idempotent", path, &index(key)]), None).await.map(|_| ())
}

/// Checks the file, and that this user can encrypt secrets for this machine. Other users may have
/// read permission, because the file is encrypted, and `systemd-creds` creates it with this
/// permission.
pub(super) async fn check_credential(path: &str, name: &str) -> Result<(), Reason> {
    installed("systemd-creds")?;
    match std::fs::metadata(path) {
        Ok(known) if !known.is_file() => return Err("it is not a regular file".into()),
        Ok(known) if is_writable_by_others(&known) => {
            return Err("other users can write to it. Run chmod o-w on it".into());
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        Ok(_) | Err(_) => {}
    }
    files::check_replaceable(Path::new(path))
        .map_err(|error| format!("it cannot be replaced: {error}"))?;
    encrypted(name, &Secret::new("test".to_owned())).await.map(|_| ())
}

fn is_writable_by_others(known: &std::fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        std::os::unix::fs::MetadataExt::mode(known) & 0o002 != 0
    }
    #[cfg(not(unix))]
    {
        let _ = known;
        false
    }
}

/// Encrypts a secret for this machine.
async fn encrypted(name: &str, secret: &Secret) -> Result<Zeroizing<Vec<u8>>, Reason> {
    let name = format!("--name={name}");
    run(&words(&["systemd-creds", "encrypt", &name, "-", "-"]), Some(secret)).await
}

/// Decrypts a credential; `None` if the file does not exist.
pub(super) async fn read_credential(path: &str, name: &str) -> Result<Option<Secret>, Reason> {
    if !Path::new(path).exists() {
        return Ok(None);
    }
    let name = format!("--name={name}");
    let text = run(&words(&["systemd-creds", "decrypt", &name, path, "-"]), None).await?;
    let text = std::str::from_utf8(&text).map_err(|_| "the credential is not UTF-8")?;
    Ok(Some(Secret::new(text.to_owned())))
}

/// Encrypts a secret for this machine, and replaces the file with the result.
pub(super) async fn write_credential(
    path: &str,
    name: &str,
    secret: &Secret,
) -> Result<(), Reason> {
    let encrypted = encrypted(name, secret).await?;
    Ok(files::replace_alike(Path::new(path), &encrypted)?)
}
