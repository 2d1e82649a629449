//! `credenza conformance`: checks a live API against the contract.

use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode, sync::Arc};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use zeroize::Zeroizing;

use super::{
    ConsoleArgs, Output, Printed,
    context::{Context, explained, given_token, runtime, trust},
    prompt::{confirm, say},
};
use crate::{
    api::{Bearer, Http, http::Fixed},
    conformance::{
        self,
        behavior::{self, Bench},
        contract::{self, Wire},
    },
    domain::{
        Profile, Secret,
        profile::{Method, Provider},
    },
};

/// Arguments of `conformance`.
#[derive(Debug, Clone, Args)]
pub struct ConformanceArgs {
    /// Base URL of a contract server, with the bearer token in CREDENZA_TOKEN. Default: the profile.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// File with another user's access token, to check isolation between users.
    #[arg(long, value_name = "FILE")]
    pub other_token_file: Option<PathBuf>,
    /// Scope or policy for API tokens, where the server requires one; repeatable.
    #[arg(long, value_name = "SCOPE")]
    pub token_scope: Vec<String>,
    /// Do not ask before creating and deleting test credentials.
    #[arg(long)]
    pub yes: bool,
    /// Output format.
    #[arg(long, short, value_enum, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
}

/// Runs the conformance checks. The exit code is 1 if a check fails.
///
/// # Errors
/// Returns an error if the configuration is invalid, if no token is available, if the token of the
/// other user cannot be read, if the API cannot be reached, or if the user does not confirm.
pub fn run(console: &ConsoleArgs, args: &ConformanceArgs) -> Result<Printed> {
    let context = Context::load(console)?;
    let profile = match &args.base_url {
        Some(url) => Profile {
            name: "conformance".into(),
            base_url: url.trim_end_matches('/').to_owned(),
            ..Profile::default()
        },
        None => context.profile(None)?,
    };
    agree(context.strictest(&profile), args.yes)?;
    let trust = trust(&profile)?;
    let report = runtime()?.block_on(async {
        let failed = |error| explained(&error, "Could not test the API");
        let bearer: Option<Arc<dyn Bearer>> = match given_token() {
            Some(token) => Some(Arc::new(Fixed(token))),
            None if args.base_url.is_some() => {
                return Err(eyre!("--base-url needs a bearer token in CREDENZA_TOKEN"));
            }
            None => None,
        };
        let api = match &bearer {
            Some(bearer) => context.open_with(&profile, Arc::clone(bearer)).await?,
            None => context.open(&profile).await?,
        };
        // A local register and CARTO's command ignore the bearer token, so isolation between users
        // cannot be checked.
        let shared = matches!(profile.provider, Provider::Registration | Provider::Carto);
        let other = match &args.other_token_file {
            Some(path) if !shared => {
                let text = std::fs::read_to_string(path).map(Zeroizing::new);
                let text = text.wrap_err_with(|| format!("Could not read {}", path.display()))?;
                let bearer = fixed(Secret::new(text.trim().to_owned()));
                Some(context.open_with(&profile, bearer).await?)
            }
            _ => None,
        };
        let anonymous = match profile.sign_in {
            Some(Method::None) => None,
            // Without a token, a registration profile would return the local register, and a CARTO
            // profile would use the account of CARTO's command.
            _ if shared => None,
            _ => {
                let bearer = fixed(Secret::new("credenza-check-no-token".into()));
                Some(context.open_with(&profile, bearer).await?)
            }
        };
        let capabilities = api.capabilities().await.map_err(failed)?;
        let mut report = behavior::run(&Bench {
            issue: conformance::issue(&capabilities, &trust),
            api,
            other,
            anonymous,
            scopes: args.token_scope.clone(),
            name: Box::new(conformance::name),
        })
        .await;
        if let (Provider::Contract, Some(bearer)) = (profile.provider, bearer) {
            let http = |bearer| Http::new(&profile.base_url, bearer, &trust).map(Http::of_api);
            let wire = Wire {
                with_token: http(Some(bearer)).map_err(failed)?,
                without: http(None).map_err(failed)?,
            };
            contract::run(&wire, &mut report).await;
        }
        Ok::<_, color_eyre::eyre::Report>(report)
    })?;
    let text = match args.output {
        Output::Text => report.text(),
        Output::Json => format!("{:#}\n", report.json()),
    };
    let code = ExitCode::from(u8::from(report.failures().next().is_some()));
    Ok(Printed { text, code })
}

fn fixed(token: Secret) -> Arc<dyn Bearer> {
    Arc::new(Fixed(Arc::new(token)))
}

/// Prompts for confirmation before the first write, unless `yes` is true. For a production or
/// read-only profile, always requires its name, typed at the terminal.
fn agree(profile: &Profile, yes: bool) -> Result<()> {
    let (name, url) = (&profile.name, &profile.base_url);
    let terminal = std::io::stdin().is_terminal();
    say(&format!(
        "This creates and deletes about 20 test credentials at {url}. Their names start with {}.",
        conformance::PREFIX
    ));
    if profile.starts_locked() {
        if !terminal {
            return Err(eyre!(
                "{name} is production or read-only. Run this command in a terminal to type its name"
            ));
        }
        say(&format!("{name} is production or read-only. Type its name to continue:"));
        let mut typed = String::new();
        std::io::stdin().read_line(&mut typed)?;
        if typed.trim() != name {
            return Err(eyre!(
                "The typed name is not the profile's name, {name}. Nothing was done"
            ));
        }
        return Ok(());
    }
    if yes || (terminal && confirm("Continue? [y/N] ")) {
        return Ok(());
    }
    Err(eyre!("Nothing was done. Answer y, or add --yes"))
}
