//! `credenza profile`: lists, shows, adds, edits and removes profiles, and sets the default one.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use color_eyre::eyre::{Result, eyre};
use serde_json::{Value, json};

use super::{
    ConsoleArgs, Exit, Output, complete,
    context::{Context, LOCAL, explained, forget_lists, runtime, trust},
};
use crate::{
    auth::{SessionManager, probe},
    config::edit,
    domain::{
        Profile,
        profile::{CARTO_REGIONS, Environment, Method, Provider, Word},
    },
};

/// Subcommands of `profile`.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles.
    List {
        /// Output format.
        #[arg(long, short, value_enum, default_value = "text", value_name = "FORMAT")]
        output: Output,
    },
    /// Add a profile. Detects the API at the URL and its token issuer.
    Add(ProfileArgs),
    /// Edit a profile.
    Edit(ProfileArgs),
    /// Remove a profile and its session.
    Remove {
        /// Profile name.
        #[arg(add = ArgValueCandidates::new(complete::profiles))]
        name: String,
    },
    /// Set the default profile.
    Use {
        /// Profile name.
        #[arg(add = ArgValueCandidates::new(complete::profiles))]
        name: String,
    },
    /// Show a profile.
    Show {
        /// Profile name; without one, the default profile.
        #[arg(add = ArgValueCandidates::new(complete::profiles))]
        name: Option<String>,
        /// Output format.
        #[arg(long, short, value_enum, default_value = "text", value_name = "FORMAT")]
        output: Output,
    },
    /// List the API base URLs of CARTO's regions.
    Regions,
}

/// Settings of a profile. An empty value removes a setting; port 0 removes the port.
#[derive(Debug, Clone, Args)]
pub struct ProfileArgs {
    /// Name.
    pub name: String,
    /// Provider: contract, carto, keycloak, hydra, registration, openbao, better-auth, gitea, auth0,
    /// entra or okta. Default: detected from the URL.
    #[arg(long, value_name = "KIND")]
    pub provider: Option<String>,
    /// API base URL, or the workspace domain of a self-hosted CARTO.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Issuer of the API's access tokens.
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Audience of the API's access tokens.
    #[arg(long, value_name = "TEXT")]
    pub audience: Option<String>,
    /// Client ID used to sign in.
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Scopes to request, separated by spaces.
    #[arg(long, value_name = "SCOPES")]
    pub scopes: Option<String>,
    /// Default sign-in method.
    #[arg(long, value_name = "HOW")]
    pub sign_in: Option<String>,
    /// Environment: prod, staging or dev. prod starts read-only.
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
    /// Start read-only (true or false).
    #[arg(long, value_name = "BOOL")]
    pub read_only: Option<bool>,
    /// Hosts that an audit treats as your own, separated by spaces.
    #[arg(long, value_name = "HOSTS")]
    pub trusted_hosts: Option<String>,
    /// PEM file with additional CA certificates.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<String>,
    /// Local port for the browser's redirect. Default: a free port.
    #[arg(long, value_name = "PORT")]
    pub callback_port: Option<u16>,
    /// Command that prints an access token, as one argument with words separated by spaces.
    #[arg(long, value_name = "COMMAND")]
    pub token_command: Option<String>,
    /// Organization to sign in to, for CARTO's SSO.
    #[arg(long, value_name = "ID")]
    pub organization: Option<String>,
    /// Header for the token instead of "Authorization: Bearer", such as x-api-key.
    #[arg(long, value_name = "NAME")]
    pub token_header: Option<String>,
    /// Registration endpoint, if the issuer's metadata has none (RFC 7591).
    #[arg(long, value_name = "URL")]
    pub registration_endpoint: Option<String>,
    /// Path of CARTO's OAuth clients, if known. Default: the carto command is used.
    #[arg(long, value_name = "PATH")]
    pub oauth_clients_path: Option<String>,
    /// Do not contact the URL.
    #[arg(long)]
    pub offline: bool,
}

/// Runs a subcommand, and returns its output.
///
/// # Errors
/// Returns an error if the configuration cannot be read or written, if an argument is invalid, if
/// the profile does not exist, or already exists for `add`, if no API is detected at the URL of a
/// new profile, or if the session of a removed profile cannot be deleted.
pub fn run(console: &ConsoleArgs, command: &ProfileCommand) -> Result<String> {
    if let ProfileCommand::Regions = command {
        let lines = CARTO_REGIONS.iter().map(|(name, url)| format!("{name:<10} {url}\n"));
        return Ok(lines.collect());
    }
    let context = Context::load(console)?;
    match command {
        ProfileCommand::List { output } => Ok(list(&context, *output)),
        ProfileCommand::Show { name, output } => {
            let profile = context.profile(name.as_deref())?;
            Ok(show(&profile, *output))
        }
        ProfileCommand::Add(args) => {
            if args.name == LOCAL {
                return Err(Exit::usage(format!(
                    "The name {LOCAL} is reserved for the local workspace. Choose another name"
                )));
            }
            if context.settings.profile(&args.name).is_some() {
                let name = &args.name;
                return Err(eyre!(
                    "The profile {name} already exists. Change it: credenza profile edit {name}"
                ));
            }
            let mut profile = Profile { name: args.name.clone(), ..Profile::default() };
            apply(&mut profile, args)?;
            let saw = if args.offline {
                String::new()
            } else {
                look(&mut profile, args.provider.is_some())?
            };
            write(&context, &profile)?;
            let first = context.settings.profiles.is_empty();
            // The only profile is the implicit default, and must stay the default when a second one
            // is added.
            if let (None, [only]) =
                (&context.settings.default_profile, context.settings.profiles.as_slice())
            {
                context.file.change(|text| edit::with_default(text, &only.name))?;
            }
            let name = &profile.name;
            let next = if profile.sign_in == Some(Method::None) {
                "No sign-in needed. Open it: credenza".to_owned()
            } else if !profile.needs_session() {
                format!(
                    "Register a client: credenza --profile {name} create spa\n\
                     If the server requires an initial access token, store it first: credenza login {name}"
                )
            } else {
                format!("Sign in: credenza login {name}")
            };
            Ok(format!(
                "{saw}Added {}.{}\n{next}\n",
                profile.name,
                if first { " It is the only profile, so it is the default." } else { "" },
            ))
        }
        ProfileCommand::Edit(args) => {
            let mut profile = context.profile(Some(&args.name))?;
            let before = profile.clone();
            apply(&mut profile, args)?;
            if profile == before {
                return Ok("Nothing was changed.\n".to_owned());
            }
            write(&context, &profile)?;
            let moved = profile.base_url != before.base_url;
            let again = if moved && profile.needs_session() {
                " Its session was for the old URL. Sign in again."
            } else {
                ""
            };
            let registered = profile.provider == Provider::Registration
                && profile.registers_at() != before.registers_at();
            let kept = if registered {
                format!(
                    "\nClients registered at {} stay in the session store. To manage them, add a profile with that base URL.",
                    before.registers_at()
                )
            } else {
                String::new()
            };
            Ok(format!("Changed {}.{again}{kept}\n", profile.name))
        }
        ProfileCommand::Remove { name } => {
            let profile = context.profile(Some(name))?;
            let removed = profile.clone();
            let out = runtime()?.block_on(async {
                let sessions = SessionManager::new(context.session(profile).await?, |_, _| {});
                Ok::<_, color_eyre::eyre::Report>(sessions.sign_out().await)
            })?;
            if let (Err(_), Some(wrong)) = (&out.forgotten, out.wrong()) {
                return Err(eyre!("{}", wrong.text()).wrap_err("Could not remove the profile"));
            }
            context.file.change(|text| edit::without_profile(text, name))?;
            forget_lists(&removed);
            let told = out.wrong().map(|wrong| format!("\n{}: {}", wrong.what, wrong.why));
            Ok(format!("Removed {name} and its session.{}\n", told.unwrap_or_default()))
        }
        ProfileCommand::Use { name } => {
            context.profile(Some(name))?;
            context.file.change(|text| edit::with_default(text, name))?;
            Ok(format!("{name} is now the default.\n"))
        }
        ProfileCommand::Regions => Ok(String::new()),
    }
}

fn write(context: &Context, profile: &Profile) -> Result<()> {
    if let Some((field, why)) = profile.problems().into_iter().next() {
        let field = field.replace('_', "-");
        return Err(eyre!("--{field} {why}").wrap_err("Could not save the profile"));
    }
    trust(profile)?;
    context.file.change(|text| edit::with_profile(text, profile)).map(|_| ())
}

/// Applies the given arguments to a profile. An empty value removes an optional setting.
fn apply(profile: &mut Profile, args: &ProfileArgs) -> Result<()> {
    fn word<W: Word>(flag: &str, text: &str) -> Result<W> {
        W::of_word(text).ok_or_else(|| {
            Exit::usage(format!("Invalid --{flag} {text:?}: use one of {}", W::all_words()))
        })
    }
    let set = |field: &mut Option<String>, given: &Option<String>| {
        if let Some(text) = given {
            *field = Some(text.clone()).filter(|text| !text.is_empty());
        }
    };
    if let Some(text) = &args.provider {
        profile.provider = word::<Provider>("provider", text)?;
    }
    if let Some(url) = &args.base_url {
        url.trim_end_matches('/').clone_into(&mut profile.base_url);
    }
    set(&mut profile.issuer, &args.issuer);
    set(&mut profile.audience, &args.audience);
    set(&mut profile.client_id, &args.client_id);
    set(&mut profile.ca_file, &args.ca_file);
    set(&mut profile.organization, &args.organization);
    set(&mut profile.token_header, &args.token_header);
    set(&mut profile.registration_endpoint, &args.registration_endpoint);
    set(&mut profile.oauth_clients_path, &args.oauth_clients_path);
    if let Some(scopes) = &args.scopes {
        profile.scopes = scopes.split_whitespace().map(str::to_owned).collect();
    }
    if let Some(text) = &args.sign_in {
        profile.sign_in =
            if text.is_empty() { None } else { Some(word::<Method>("sign-in", text)?) };
    }
    if let Some(text) = &args.env {
        profile.environment = word::<Environment>("env", text)?;
    }
    profile.read_only = args.read_only.unwrap_or(profile.read_only);
    if let Some(port) = args.callback_port {
        profile.callback_port = Some(port).filter(|port| *port > 0);
    }
    if let Some(hosts) = &args.trusted_hosts {
        profile.trusted_hosts = hosts.split_whitespace().map(str::to_owned).collect();
    }
    if let Some(command) = &args.token_command {
        profile.token_command = command.split_whitespace().map(str::to_owned).collect();
    }
    Ok(())
}

/// Detects the API at the profile's base URL, and updates the profile with the result. Keeps the
/// provider if `said` is true. Keeps an issuer or client ID that is already set, and does not set
/// the client ID if the issuer is set. Returns the observations as text.
fn look(profile: &mut Profile, said: bool) -> Result<String> {
    if profile.base_url.is_empty() {
        return Err(eyre!("Missing --base-url URL. CARTO's URLs: credenza profile regions"));
    }
    let trust = trust(profile)?;
    let found = runtime()?.block_on(probe::look(&profile.base_url, &trust)).map_err(|error| {
        let report = explained(&error, "No usable API found");
        eyre!("{report}\nTo add it anyway, use --offline")
    })?;
    profile.base_url = found.base_url;
    if !said {
        profile.provider = found.provider;
    }
    if profile.provider == Provider::Hydra && profile.sign_in.is_none() {
        profile.sign_in = Some(Method::None);
    }
    if profile.client_id.is_none() && profile.issuer.is_none() {
        profile.client_id = found.console_client;
    }
    if profile.issuer.is_none() {
        profile.issuer = found.issuer;
    }
    Ok(found.saw.iter().fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "  {}", crate::domain::text::shown(line));
        out
    }))
}

fn list(context: &Context, output: Output) -> String {
    let default = context.chosen(None);
    let profiles = &context.settings.profiles;
    if output == Output::Json {
        let all: Vec<Value> = profiles.iter().map(value).collect();
        return format!("{:#}\n", json!({ "default": default, "profiles": all }));
    }
    if profiles.is_empty() {
        return "No profiles yet. Add one: credenza profile add NAME --base-url URL\n".to_owned();
    }
    let width = profiles.iter().map(|profile| profile.name.len()).max().unwrap_or(0);
    profiles.iter().fold(String::new(), |mut out, profile| {
        let mark = if default == Some(&profile.name) { '*' } else { ' ' };
        let (name, environment) = (&profile.name, profile.environment.word());
        let _ = writeln!(out, "{mark} {name:<width$}  {environment:<7}  {}", profile.base_url);
        out
    })
}

fn show(profile: &Profile, output: Output) -> String {
    let value = value(profile);
    if output == Output::Json {
        return format!("{value:#}\n");
    }
    let Value::Object(members) = value else { return String::new() };
    members.into_iter().filter(|(_, value)| !value.is_null()).fold(
        String::new(),
        |mut out, (name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(out, "{name:<15} {}", crate::domain::text::shown(&text));
            out
        },
    )
}

fn value(profile: &Profile) -> Value {
    json!({
        "name": profile.name,
        "provider": profile.provider.word(),
        "base_url": profile.base_url,
        "issuer": profile.issuer,
        "audience": profile.audience,
        "client_id": profile.client_id,
        "scopes": (!profile.scopes.is_empty()).then_some(&profile.scopes),
        "sign_in": profile.sign_in.map(Word::word),
        "env": profile.environment.word(),
        "tint": profile.tint.map(Word::word),
        "read_only": profile.starts_locked(),
        "trusted_hosts": (!profile.trusted_hosts.is_empty()).then_some(&profile.trusted_hosts),
        "ca_file": profile.ca_file,
        "callback_port": profile.callback_port,
        "token_command": (!profile.token_command.is_empty()).then_some(&profile.token_command),
        "organization": profile.organization,
        "token_header": profile.token_header,
        "registration_endpoint": profile.registration_endpoint,
        "oauth_clients_path": profile.oauth_clients_path,
    })
}
