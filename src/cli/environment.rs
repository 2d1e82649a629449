//! `credenza exec` and `credenza env`: pass a credential to a program in environment variables, or
//! write it as a `.env` file.

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _, eyre};

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::ApiSession,
    fleet,
    list::WhichArgs,
    prompt::say,
    secret::{around, read_secret},
    secret_output::SecretOutputArgs,
    write::with_api,
};
use crate::{
    api::Secrecy,
    domain::{
        Credential, Kind, Secret,
        snippet::{self, Snippet},
    },
    process,
};

/// Arguments of `exec`.
#[derive(Debug, Clone, Args)]
pub struct ExecArgs {
    /// Credential.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Program and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Arguments of `env`.
#[derive(Debug, Clone, Args)]
pub struct EnvArgs {
    /// Credential.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Destination of the variables.
    #[command(flatten)]
    pub keep: SecretOutputArgs,
}

/// Runs a program with the variables of a credential in its environment, and returns its exit code.
/// On Unix, the program replaces this process, except with the local workspace or the demo.
///
/// # Errors
/// Returns an error if the program is not found (exit code 2) or cannot be run, or if the
/// credential or its secret cannot be read.
pub fn exec(console: &ConsoleArgs, args: &ExecArgs) -> Result<Printed> {
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(Exit::usage("Specify a program to run after --".to_owned()));
    };
    if process::find(program).is_none() {
        return Err(Exit::usage(format!("{program:?} is not on the PATH, or not executable")));
    }
    let mut variables = Vec::new();
    let mut ended = None;
    with_api(console, &args.which.api, async |session| {
        let (found, secret) = with_secret(session, &args.which).await?;
        variables = snippet::variables(&found, &around(session).await, secret.as_ref());
        if session.is_local() {
            // The workspace's server stops with this process, so this process must outlive the
            // program.
            let mut child = process::command(program);
            child
                .args(arguments)
                .envs(variables.iter().map(|(name, value)| (name, value.expose())));
            let status = child.status().await;
            let status = status.wrap_err_with(|| format!("Could not run {program}"))?;
            ended = Some(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1));
        }
        Ok(Printed::fine(String::new()))
    })?;
    if let Some(code) = ended {
        return Ok(Printed { text: String::new(), code: code.into() });
    }
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.expose())).collect();
    let code = process::run_with(program, arguments, &variables)
        .wrap_err_with(|| format!("Could not run {program}"))?;
    Ok(Printed { text: String::new(), code })
}

/// Writes a `.env` file to the terminal, a file, a file descriptor or another program.
///
/// # Errors
/// Returns an error if no destination is given (exit code 2), if the credential or its secret
/// cannot be read, or if the file cannot be delivered.
pub fn env(console: &ConsoleArgs, args: &EnvArgs) -> Result<Printed> {
    args.keep.wanted("the file with the secret")?;
    let to = args.keep.reserve()?;
    with_api(console, &args.which.api, async |session| {
        let (found, secret) = with_secret(session, &args.which).await?;
        let around = around(session).await;
        if session.is_local() {
            say("The local workspace's URLs work only while a server runs. Run credenza serve");
        }
        let text = snippet::write(Snippet::Env, &found, &around, secret.as_ref())
            .map_err(|why| eyre!("{why}"))?;
        to.put(&Secret::new(text))?;
        Ok(Printed::fine(String::new()))
    })
}

/// Returns the selected credential, and its secret unless it has none.
async fn with_secret(
    session: &ApiSession,
    which: &WhichArgs,
) -> Result<(Credential, Option<Secret>)> {
    let found = fleet::named(session, &which.id, which.kind).await?;
    let public =
        found.kind() == Kind::Spa || session.capabilities.of(found.kind()).secrecy == Secrecy::None;
    let secret = if public { None } else { Some(read_secret(session, &found).await?) };
    Ok((found, secret))
}
