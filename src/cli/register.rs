//! `credenza register`: the clients that were registered dynamically from a profile.

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
        registration::{Entry, Register as _},
    },
    auth::{register::VaultRegister, tokens},
    conformance::report::word,
    domain::{Kind, Untrusted, profile::Provider},
};

/// What can be done with a register of clients.
#[derive(Debug, Subcommand)]
pub enum RegisterCommand {
    /// List the clients in the profile's register.
    List,
    /// Take over a client that was registered elsewhere; its registration access token is read from
    /// standard input.
    Import {
        /// Its client id.
        client_id: String,
        /// Where it is managed: the `registration_client_uri`.
        #[arg(long, value_name = "URL")]
        uri: String,
    },
    /// Forget a client. Whoever has no other copy of its registration access token can never manage it
    /// again.
    Forget {
        /// Its client id.
        client_id: String,
        /// The same again, to confirm.
        #[arg(long, value_name = "ID")]
        confirm: String,
    },
}

/// Lists, imports or forgets.
///
/// # Errors
/// When the profile has no register, or it cannot be read or kept.
pub fn run(console: &ConsoleArgs, command: &RegisterCommand) -> Result<String> {
    let context = Context::load(console)?;
    let profile = context.profile(None)?;
    if profile.provider != Provider::Registration {
        return Err(eyre!(
            "{} is no profile for dynamic registration: its clients are where the server lists them",
            profile.name
        ));
    }
    runtime()?.block_on(async {
        let vault = context.vault().await;
        let register = VaultRegister::new(vault, context.state.clone(), &profile);
        let failed = |error| explained(&error, "The register of clients cannot be used");
        match command {
            RegisterCommand::List => {
                let lock = register.lock().await.map_err(failed)?;
                let all = register.list().await.map_err(failed)?;
                drop(lock);
                if all.is_empty() {
                    return Ok(format!("No client was registered from {} yet.\n", profile.name));
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
                let token = token.ok_or_else(|| eyre!("No token was given"))?;
                if !tokens::is_token(token.expose()) {
                    return Err(eyre!("That is no token: it must be printable and without spaces"));
                }
                let client_id = Untrusted::from(client_id.as_str());
                let lock = register.lock().await.map_err(failed)?;
                if register.get(&client_id).await.map_err(failed)?.is_some() {
                    return Err(eyre!(
                        "It is in the register already, with a token of its own: forget it first if that does not work any more"
                    ));
                }
                let entry = Entry {
                    name: client_id.clone(),
                    client_id: client_id.clone(),
                    kind: Kind::Other,
                    uri: uri.clone(),
                    token,
                    created_at: None,
                };
                register.keep(&entry).await.map_err(failed)?;
                drop(lock);
                // Reading it tells its name and kind, and whether the token is right.
                let api = context.open(&profile, |_, _| {}).await?.api;
                let forget = async || {
                    let _lock = register.lock().await.map_err(failed)?;
                    register.forget(&client_id).await.map_err(failed)
                };
                match api.show(Kind::Other, client_id.clone()).await {
                    Ok(credential) if *credential.id() != client_id => {
                        forget().await?;
                        Err(eyre!(
                            "That address is the one of {}: nothing was taken over",
                            credential.id().shown()
                        ))
                    }
                    Ok(credential) => Ok(format!(
                        "Took over {} ({}).\n",
                        credential.name().clipped(60),
                        credential.kind()
                    )),
                    // The token is not this client's, or the address is not the server's.
                    Err(
                        error @ (ApiError::Forbidden { .. }
                        | ApiError::NotFound { .. }
                        | ApiError::Redirected { .. }),
                    ) => {
                        forget().await?;
                        Err(explained(&error, "It was not taken over"))
                    }
                    Err(error) => {
                        Err(explained(&error, "It was taken over, but could not be read yet"))
                    }
                }
            }
            RegisterCommand::Forget { client_id, confirm } => {
                if client_id != confirm {
                    return Err(eyre!("--confirm names another client: nothing was forgotten"));
                }
                let id = Untrusted::from(client_id.as_str());
                let _lock = register.lock().await.map_err(failed)?;
                if register.get(&id).await.map_err(failed)?.is_none() {
                    return Err(eyre!("There is no client of this id in the register"));
                }
                register.forget(&id).await.map_err(failed)?;
                Ok(format!("Forgot {}. It still exists at the server.\n", id.shown()))
            }
        }
    })
}
