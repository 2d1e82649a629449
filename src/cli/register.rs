//! `credenza register`: manages the local register of dynamically registered clients (RFC 7591).

use std::{fmt::Write as _, io::IsTerminal as _};

use clap::Subcommand;
use color_eyre::eyre::{Result, eyre};

use super::{
    ConsoleArgs,
    context::{Context, explained, runtime},
    prompt::{prompt, read_all},
};
use crate::{
    api::{
        ApiError,
        registration::{Register as _, RegisteredClient},
    },
    auth::{register::VaultRegister, tokens},
    conformance::report::word,
    domain::{CredentialRef, Kind, Untrusted, profile::Provider},
};

/// Subcommands of `register`.
#[derive(Debug, Subcommand)]
pub enum RegisterCommand {
    /// List the clients in the profile's register.
    List,
    /// Import a client that was registered elsewhere, with its registration access token from
    /// standard input.
    Import {
        /// Client ID.
        client_id: String,
        /// `registration_client_uri` of the client.
        #[arg(long, value_name = "URL")]
        uri: String,
    },
    /// Remove a client from the register. Without another copy of its registration access token, it can no longer be
    /// managed.
    Forget {
        /// Client ID.
        client_id: String,
        /// Client ID again, to confirm.
        #[arg(long, value_name = "ID")]
        confirm: String,
    },
}

/// Lists, imports or removes clients in the profile's register. Returns the text to print.
///
/// # Errors
/// Returns an error if the profile does not use dynamic registration, if the input is invalid, if
/// the client to import is already in the register, if the client to remove is not in the register,
/// or if the register or the server fails.
///
/// If the server rejects the token or the URL of a client to import, or if the URL belongs to
/// another client, the client is removed from the register again. After other server errors, the
/// client stays in the register.
pub fn run(console: &ConsoleArgs, command: &RegisterCommand) -> Result<String> {
    let context = Context::load(console)?;
    let profile = context.profile(None)?;
    if profile.provider != Provider::Registration {
        return Err(eyre!(
            "Profile {} does not use dynamic registration, so it has no register. List its clients: credenza list",
            profile.name
        ));
    }
    runtime()?.block_on(async {
        let vault = context.auth.store().await;
        let register = VaultRegister::new(vault, context.auth.state.clone(), &profile);
        let failed = |error| explained(&error, "Could not use the client register");
        match command {
            RegisterCommand::List => {
                let lock = register.lock().await.map_err(failed)?;
                let all = register.list().await.map_err(failed)?;
                drop(lock);
                if all.is_empty() {
                    return Ok(format!(
                        "The register of {} is empty. Add a client: credenza create, or credenza register import\n",
                        profile.name
                    ));
                }
                Ok(all.iter().fold(String::new(), |mut out, entry| {
                    let (id, name) = (entry.client_id.shown(), entry.name.shown());
                    let _ = writeln!(out, "{:<5}  {id}  {name}", word(entry.kind));
                    out
                }))
            }
            RegisterCommand::Import { client_id, uri } => {
                let token = if std::io::stdin().is_terminal() {
                    prompt("Registration access token: ")
                } else {
                    Some(read_all(std::io::stdin().lock())?)
                };
                let token = token.ok_or_else(|| eyre!("No token given"))?;
                if !tokens::is_token(token.expose()) {
                    return Err(eyre!("Invalid token: it must be printable ASCII characters without spaces"));
                }
                let client_id = Untrusted::from(client_id.as_str());
                let lock = register.lock().await.map_err(failed)?;
                if register.get(&client_id).await.map_err(failed)?.is_some() {
                    return Err(eyre!(
                        "This client is already in the register. If its token no longer works, run credenza register forget first"
                    ));
                }
                let entry = RegisteredClient {
                    name: client_id.clone(),
                    client_id: client_id.clone(),
                    kind: Kind::Other,
                    uri: uri.clone(),
                    token,
                    created_at: None,
                };
                register.keep(&entry).await.map_err(failed)?;
                drop(lock);
                // Read the client once, to get its name and kind, and to check the token.
                let api = context.open(&profile).await?;
                let forget = async || {
                    let _lock = register.lock().await.map_err(failed)?;
                    register.forget(&client_id).await.map_err(failed)
                };
                match api.show(CredentialRef::new(Kind::Other, client_id.clone())).await {
                    Ok(credential) if *credential.id() != client_id => {
                        forget().await?;
                        Err(eyre!(
                            "That URL belongs to {}. Nothing was imported",
                            credential.id().shown()
                        ))
                    }
                    Ok(credential) => Ok(format!(
                        "Imported {} ({}).\n",
                        credential.name().clipped(60),
                        credential.kind()
                    )),
                    // The token or the URL does not belong to this client, so the new entry is
                    // unusable.
                    Err(
                        error @ (ApiError::Forbidden { .. }
                        | ApiError::NotFound { .. }
                        | ApiError::Redirected { .. }),
                    ) => {
                        forget().await?;
                        Err(explained(&error, "Could not import the client"))
                    }
                    Err(error) => {
                        Err(explained(&error, "Imported, but could not read the client yet"))
                    }
                }
            }
            RegisterCommand::Forget { client_id, confirm } => {
                if client_id != confirm {
                    return Err(eyre!("--confirm is not the client ID. Nothing was removed"));
                }
                let id = Untrusted::from(client_id.as_str());
                let _lock = register.lock().await.map_err(failed)?;
                if register.get(&id).await.map_err(failed)?.is_none() {
                    return Err(eyre!("No client in the register has this ID"));
                }
                register.forget(&id).await.map_err(failed)?;
                Ok(format!("Removed {} from the register. It still exists on the server.\n", id.shown()))
            }
        }
    })
}
