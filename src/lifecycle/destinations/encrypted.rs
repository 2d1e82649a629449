//! Encrypted files: values of a sops file, and credentials of systemd. Their programs get the secret
//! on standard input, never as an argument.

use std::path::Path;

use zeroize::Zeroizing;

use super::{Reason, check_file, run, run_quietly};
use crate::{domain::Secret, files, process};

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn installed(program: &str) -> Result<(), Reason> {
    let found = process::find(program);
    found.map(|_| ()).ok_or_else(|| format!("{program:?} is not on the PATH").into())
}

/// Returns the index of a value in the syntax of sops.
fn index(key: &str) -> String {
    if key.starts_with('[') { key.to_owned() } else { format!("[{}]", serde_json::json!(key)) }
}

/// Checks that the file can be decrypted and replaced.
pub(super) async fn check_sops(path: &str) -> Result<(), Reason> {
    installed("sops")?;
    if !Path::new(path).is_file() {
        return Err("the file does not exist. Create it with sops, which knows its keys".into());
    }
    files::check_replaceable(Path::new(path))
        .map_err(|error| format!("it cannot be replaced: {error}"))?;
    decrypted(path).await.map(|_| ())
}

async fn decrypted(path: &str) -> Result<Zeroizing<Vec<u8>>, Reason> {
    run(&words(&["sops", "decrypt", "--output-type", "json", path]), None).await
}

/// Reads a value; `None` if the file has no value at the index.
pub(super) async fn read_sops(path: &str, key: &str) -> Result<Option<String>, Reason> {
    let index = index(key);
    let extract = words(&["sops", "decrypt", "--extract", &index, path]);
    let Ok(text) = run_quietly(&extract, None).await else {
        // The same failure means a missing value or a missing decryption key.
        return decrypted(path).await.map(|_| None);
    };
    let text = String::from_utf8(text.to_vec()).map_err(|_| "the value is not UTF-8")?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Sets a value. sops keeps the other values and the recipients, and encrypts the file again.
pub(super) async fn write_sops(path: &str, key: &str, secret: &Secret) -> Result<(), Reason> {
    let json = Secret::new(serde_json::Value::from(secret.expose()).to_string());
    let set = words(&["sops", "set", "--value-stdin", path, &index(key)]);
    run(&set, Some(&json)).await.map(|_| ())
}

/// Removes a value that did not exist before the rotation.
pub(super) async fn unset_sops(path: &str, key: &str) -> Result<(), Reason> {
    run(&words(&["sops", "unset", path, &index(key)]), None).await.map(|_| ())
}

/// Checks the program and the file.
pub(super) fn check_credential(path: &str) -> Result<(), Reason> {
    installed("systemd-creds")?;
    check_file(path)
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

/// Encrypts a secret for this machine, and replaces the file with it.
pub(super) async fn write_credential(
    path: &str,
    name: &str,
    secret: &Secret,
) -> Result<(), Reason> {
    let name = format!("--name={name}");
    let encrypt = words(&["systemd-creds", "encrypt", &name, "-", "-"]);
    let encrypted = run(&encrypt, Some(secret)).await?;
    Ok(files::replace_alike(Path::new(path), &encrypted)?)
}
