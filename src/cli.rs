//! The command line: clap's types, one file a command. Commands parse, call and print.

pub mod audit;
mod bulk;
mod columns;
pub mod complete;
pub mod conformance;
pub mod console;
pub mod context;
pub mod create;
pub mod delete;
mod desk;
pub mod docs;
pub mod doctor;
pub mod edit;
mod fix;
mod fleet;
mod keep;
pub mod list;
pub mod login;
mod output;
pub mod person;
mod plan;
pub mod profile;
pub mod register;
pub mod rotate;
pub mod secret;
pub mod serve;
pub mod snapshot;
mod write;

use std::{fmt, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use clap_complete::{ArgValueCandidates, Shell};
use color_eyre::eyre::Report;

use crate::{clipboard::Choice, config::StoreChoice, domain::audit::Severity, keys};

/// Manage OAuth clients and API access tokens from the terminal.
///
/// Without a command the console opens: the default profile, or the one that --profile names; without
/// any profile the local workspace, a demo with --demo, or any server that speaks the credentials
/// contract with --base-url and a bearer token in CREDENZA_TOKEN.
#[derive(Debug, Parser)]
#[command(name = "credenza", version, max_term_width = 100)]
pub struct Cli {
    /// What to do; nothing opens the console.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// How the console is opened.
    #[command(flatten)]
    pub console: ConsoleArgs,
}

/// How the console is opened.
#[derive(Debug, Clone, Default, Args)]
pub struct ConsoleArgs {
    /// Open a throw-away workspace with example data.
    #[arg(long, conflicts_with_all = ["base_url", "profile"])]
    pub demo: bool,

    /// Open the credentials API at this base URL, with the bearer token in CREDENZA_TOKEN.
    #[arg(long, value_name = "URL", conflicts_with = "profile")]
    pub base_url: Option<String>,

    /// The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace.
    #[arg(long, global = true, value_name = "NAME", add = ArgValueCandidates::new(complete::profiles))]
    pub profile: Option<String>,

    /// Where sessions rest; CREDENZA_STORE says the same.
    #[arg(long, value_enum, global = true, value_name = "WHERE", hide_short_help = true)]
    pub store: Option<StoreChoice>,

    /// How to copy; CREDENZA_CLIPBOARD says the same.
    #[arg(long, value_enum, global = true, value_name = "HOW", hide_short_help = true)]
    pub clipboard: Option<Choice>,
}

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: it did what was asked.
    Fine,
    /// 1: it could not.
    Failed,
    /// 2: it cannot be used like this.
    Usage,
    /// 3: nothing to audit, nothing that matches; for `diff` something changed.
    Nothing,
    /// 4: only a part: some could not be read, or were not done.
    Partial,
    /// 11 to 15: the worst finding, from info to critical.
    Found(Severity),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Nothing => 3,
            Exit::Partial => 4,
            Exit::Found(severity) => 11 + severity as u8,
        })
    }
}

impl Exit {
    /// An error that ends a command with 2.
    pub fn usage(text: String) -> Report {
        Report::new(UsageError(text))
    }

    /// How a command ends that failed like this.
    #[must_use]
    pub fn of(error: &Report) -> Self {
        if error.is::<UsageError>() { Self::Usage } else { Self::Failed }
    }
}

/// A command that cannot be used like this.
#[derive(Debug)]
struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// What a command prints, and how it ends.
#[derive(Debug)]
pub struct Printed {
    /// For standard output.
    pub text: String,
    /// The exit code.
    pub code: ExitCode,
}

impl Printed {
    /// It did what was asked.
    #[must_use]
    pub fn fine(text: String) -> Self {
        Self { text, code: Exit::Fine.into() }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List credentials.
    List(Box<list::ListArgs>),
    /// Show everything of one credential, and what an audit finds in it. Its secret stays hidden.
    Show(list::ShowArgs),
    /// Create a SPA client, an M2M client or a token.
    #[command(subcommand)]
    Create(create::CreateCommand),
    /// Change what is named of a credential, or of many, and nothing else.
    Edit(Box<edit::EditArgs>),
    /// Add URLs to one list of a credential.
    AddUrl(edit::UrlArgs),
    /// Remove URLs from one list of a credential.
    RmUrl(edit::UrlArgs),
    /// Delete credentials for good, after their names were typed or given.
    Delete(Box<delete::DeleteArgs>),
    /// Give a client a new secret, after its name was typed or given.
    Rotate(rotate::RotateArgs),
    /// Copy a client id, a name, a URL or a secret to the clipboard.
    Copy(secret::CopyArgs),
    /// Get a secret that the server shows: into a file, a descriptor, a command, or onto the screen.
    Secret(secret::SecretArgs),
    /// Get an OAuth access token with an M2M client, and show what it says.
    Token(secret::TokenArgs),
    /// Say which registered URL accepts a URL, or which byte differs.
    Match(secret::MatchArgs),
    /// Print a credential as an app's configuration, with a placeholder for its secret.
    Snippet(secret::SnippetArgs),
    /// Audit credentials: a profile, or a snapshot. The exit code tells the worst finding.
    Audit(Box<audit::AuditArgs>),
    /// Write every credential to one file, without any secret.
    Snapshot(snapshot::SnapshotArgs),
    /// Tell what changed between two snapshots, or since one.
    Diff(snapshot::DiffArgs),
    /// Serve the credentials API and its authorization server.
    Serve(ServeArgs),
    /// Manage profiles: which API, and how to sign in to it.
    #[command(subcommand)]
    Profile(Box<ProfileCommand>),
    /// Sign in to a profile.
    Login(LoginArgs),
    /// Sign out of a profile: its tokens are given back and forgotten.
    Logout {
        /// Which profile; otherwise the default one.
        #[arg(add = ArgValueCandidates::new(complete::profiles))]
        name: Option<String>,
    },
    /// Say who is signed in to a profile, and for how long.
    Whoami {
        /// Which profile; otherwise the default one.
        #[arg(add = ArgValueCandidates::new(complete::profiles))]
        name: Option<String>,
        /// How to write it.
        #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
        output: Output,
    },
    /// Try what a credentials API promises, on the live API of a profile or of --base-url: it makes
    /// credentials of its own and deletes them again.
    Conformance(ConformanceArgs),
    /// The clients that were registered dynamically (RFC 7591) from a profile.
    #[command(subcommand)]
    Register(RegisterCommand),
    /// Check this terminal, the clipboard, the files, the vault and the profiles.
    Doctor {
        /// How to write it.
        #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
        output: Output,
    },
    /// Print every key and what it does.
    Keys {
        /// Print names and keys as the configuration file writes them.
        #[arg(long)]
        names: bool,
    },
    /// Print the man page (roff).
    Man,
    /// Print completions for a shell: they ask this program, so names and ids are completed too.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// What is tried.
#[derive(Debug, Clone, Args)]
pub struct ConformanceArgs {
    /// A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// A file with the access token of somebody else, to try that they are kept out.
    #[arg(long, value_name = "FILE")]
    pub other_token_file: Option<PathBuf>,
    /// A scope or policy that API tokens are made with, where they need one; may be given again.
    #[arg(long, value_name = "SCOPE")]
    pub token_scope: Vec<String>,
    /// Do not ask before credentials are made and deleted.
    #[arg(long)]
    pub yes: bool,
    /// How to write it.
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
}

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

/// How a command writes what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What can be done with profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles.
    List {
        /// How to write it.
        #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
        output: Output,
    },
    /// Add a profile. Its URL is looked at first: what speaks there, and who issues its tokens.
    Add(ProfileArgs),
    /// Change what is named of a profile, and nothing else.
    Edit(ProfileArgs),
    /// Remove a profile and the session it has.
    Remove {
        /// Which profile.
        #[arg(add = ArgValueCandidates::new(complete::profiles))]
        name: String,
    },
    /// Make a profile the default.
    Use {
        /// Which profile.
        #[arg(add = ArgValueCandidates::new(complete::profiles))]
        name: String,
    },
    /// Show a profile.
    Show {
        /// Which profile; otherwise the default one.
        #[arg(add = ArgValueCandidates::new(complete::profiles))]
        name: Option<String>,
        /// How to write it.
        #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
        output: Output,
    },
    /// List the API base URLs of CARTO's regions.
    Regions,
}

/// What a profile says. An empty text takes a setting away, and port 0 the port.
#[derive(Debug, Clone, Args)]
pub struct ProfileArgs {
    /// Its name.
    pub name: String,
    /// What it speaks: contract, carto, keycloak, hydra, registration, openbao, better-auth, gitea or
    /// auth0. Otherwise the URL is looked at.
    #[arg(long, value_name = "KIND")]
    pub provider: Option<String>,
    /// The API base URL; for CARTO the domain of a self-hosted workspace will do.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Who issues its access tokens.
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// The audience to ask access tokens for.
    #[arg(long, value_name = "TEXT")]
    pub audience: Option<String>,
    /// The client that signs in.
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// The scopes to ask for, separated by spaces.
    #[arg(long, value_name = "SCOPES")]
    pub scopes: Option<String>,
    /// How to sign in unless told otherwise.
    #[arg(long, value_name = "HOW")]
    pub sign_in: Option<String>,
    /// What depends on it: prod, staging or dev. prod starts read-only.
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
    /// Whether it starts read-only.
    #[arg(long, value_name = "BOOL")]
    pub read_only: Option<bool>,
    /// Hosts that are your own, separated by spaces.
    #[arg(long, value_name = "HOSTS")]
    pub trusted_hosts: Option<String>,
    /// Certificates to trust beside the platform's, in PEM.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<String>,
    /// The port that a browser comes back to; otherwise a free one.
    #[arg(long, value_name = "PORT")]
    pub callback_port: Option<u16>,
    /// A command that prints an access token, in one text: words separated by spaces.
    #[arg(long, value_name = "COMMAND")]
    pub token_command: Option<String>,
    /// The organisation to sign in to, for CARTO's SSO.
    #[arg(long, value_name = "ID")]
    pub organization: Option<String>,
    /// The header that the token goes into, where it is not "Authorization: Bearer", as in x-api-key.
    #[arg(long, value_name = "NAME")]
    pub token_header: Option<String>,
    /// Where clients are registered, where the issuer does not say (RFC 7591).
    #[arg(long, value_name = "URL")]
    pub registration_endpoint: Option<String>,
    /// The path of CARTO's OAuth clients, for whoever knows one; else the carto command is used.
    #[arg(long, value_name = "PATH")]
    pub oauth_clients_path: Option<String>,
    /// Do not look at the URL.
    #[arg(long)]
    pub offline: bool,
}

/// How to sign in.
#[derive(Debug, Clone, Args)]
pub struct LoginArgs {
    /// Which profile; otherwise the default one.
    #[arg(add = ArgValueCandidates::new(complete::profiles))]
    pub name: Option<String>,
    /// browser, device, paste, machine, token or carto-cli; an API that asks for no token has none. machine and token read the secret from
    /// standard input.
    #[arg(long, value_name = "HOW")]
    pub with: Option<String>,
    /// Read the secret or the token from this file.
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Read the secret or the token from this file descriptor.
    #[arg(long, value_name = "N", conflicts_with = "secret_file")]
    pub secret_fd: Option<u32>,
    /// Use the CARTO CLI's session without asking.
    #[arg(long)]
    pub agree: bool,
    /// Do not start a browser; print the address only.
    #[arg(long)]
    pub no_browser: bool,
}

/// How the server is run.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4180")]
    pub listen: String,

    /// Keep the data in this directory instead of the one of the local workspace.
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    pub data: Option<PathBuf>,

    /// Keep the data in memory, gone when the server ends.
    #[arg(long)]
    pub ephemeral: bool,

    /// Make this many example credentials on each tab, if there are none yet.
    #[arg(long, value_name = "N")]
    pub seed: Option<u32>,

    /// The account's plan; M2M clients need enterprise-large.
    #[arg(long, value_enum, value_name = "PLAN", default_value = "enterprise-large")]
    pub plan: crate::server::Plan,

    /// Requests that one caller may make in a minute.
    #[arg(long, value_name = "N", default_value_t = 6000, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate_limit: u32,

    /// Give the workspace's user the password in this file (its first line), for the login page.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// How long a signed-in user's access token lives, in seconds; it can be renewed.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(i64).range(5..))]
    pub session_seconds: i64,

    /// How long a waiting device should wait between two questions, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(i64).range(0..=60))]
    pub device_interval: i64,

    /// The base URL that clients use, when something in front of the server has another one.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,

    /// Listen in plain HTTP on an address that others can reach. Only behind something that does TLS:
    /// tokens and secrets cross the network as they are.
    #[arg(long)]
    pub plain_http: bool,
}

/// The man page: clap's part, and the keys.
#[must_use]
pub fn man_page() -> String {
    let mut out = Vec::new();
    let mut cli = Cli::command().mut_args(|argument| argument.hide_short_help(false));
    // Writing to memory cannot fail.
    let _ = clap_mangen::Man::new(cli.clone()).render(&mut out);
    let mut page = String::from_utf8_lossy(&out).into_owned();
    cli.build();
    for command in cli.get_subcommands().filter(|command| command.get_name() != "help") {
        describe(command, "CREDENZA", &mut page);
    }
    page.push_str(&docs::roff());
    page.push_str(&keys::docs::roff());
    page
}

/// A section for a command, and those for the commands below it.
fn describe(command: &clap::Command, parent: &str, page: &mut String) {
    let title = format!("{parent} {}", command.get_name().to_uppercase());
    if command
        .get_arguments()
        .any(|argument| !argument.is_global_set() && argument.get_id() != "help")
    {
        let mut out = Vec::new();
        let alone = command.clone().mut_args(|argument| {
            let hidden = argument.is_global_set() || argument.get_id() == "help";
            argument.hide(hidden)
        });
        let man = clap_mangen::Man::new(alone);
        let _ = man.render_description_section(&mut out);
        let _ = man.render_options_section(&mut out);
        let text = String::from_utf8_lossy(&out).into_owned();
        let text = text.replacen(".SH DESCRIPTION", &format!(".SH \"{title}\""), 1);
        page.push_str(&text.replace(".SH OPTIONS", ".PP"));
    }
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        describe(inner, &title, page);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_secret_can_be_an_argument() {
        let mut commands = vec![Cli::command()];
        while let Some(command) = commands.pop() {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                // These name a place, not a secret.
                let places = [
                    "secret_file",
                    "secret_fd",
                    "password_file",
                    "token_command",
                    "other_token_file",
                    "token_header",
                    "token_scope",
                ];
                let secret = ["secret", "token", "password", "passphrase"];
                let says = secret.iter().any(|word| name.contains(word));
                assert!(places.contains(&name) || !says, "{name}");
            }
            commands.extend(command.get_subcommands().cloned());
        }
    }
}
