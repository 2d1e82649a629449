//! The command line: clap's types, one file a command. Commands parse, call and print.

mod api_session;
pub mod audit;
mod bulk;
pub mod complete;
pub mod conformance;
pub mod console;
pub mod context;
pub mod create;
pub mod delete;
pub mod docs;
pub mod doctor;
pub mod edit;
pub mod environment;
mod fix;
mod fleet;
mod json_output;
pub mod list;
pub mod login;
pub mod login_test;
pub mod output;
mod pending;
mod plan;
pub mod profile;
pub mod prompt;
pub mod register;
pub mod request;
pub mod rotate;
pub mod secret;
mod secret_output;
pub mod serve;
pub mod settings;
pub mod snapshot;
pub mod view;
mod write;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::{ArgValueCandidates, Shell};
use color_eyre::eyre::Report;

use crate::{clipboard::Choice, config, domain::audit::Severity, vault::StoreChoice};

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

    /// Time limit of each request in seconds
    #[arg(long, global = true, value_name = "SECONDS", env = "CREDENZA_TIMEOUT", hide_env_values = true, value_parser = clap::value_parser!(u64).range(1..=600), hide_short_help = true)]
    pub timeout: Option<u64>,

    /// Number of times a rate-limited request is sent again
    #[arg(long, global = true, value_name = "N", env = "CREDENZA_RETRIES", hide_env_values = true, value_parser = clap::value_parser!(u32).range(0..=100), hide_short_help = true)]
    pub retries: Option<u32>,

    /// Where sessions rest; CREDENZA_STORE says the same.
    #[arg(long, value_enum, global = true, value_name = "WHERE", hide_short_help = true)]
    pub store: Option<StoreChoice>,

    /// How to copy; CREDENZA_CLIPBOARD says the same.
    #[arg(long, value_enum, global = true, value_name = "HOW", hide_short_help = true)]
    pub clipboard: Option<Choice>,
}

impl ConsoleArgs {
    /// The base URL to open: the one that is named, else the one of `CREDENZA_BASE_URL`, unless a profile
    /// is named.
    #[must_use]
    pub fn base_url(&self) -> Option<String> {
        let profile = self.profile.is_some() || config::variable("CREDENZA_PROFILE").is_some();
        let from_environment = || config::variable("CREDENZA_BASE_URL").filter(|_| !profile);
        self.base_url.clone().or_else(from_environment)
    }
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
    /// 5: it is not known whether a change was made.
    Unknown,
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
            Exit::Unknown => 5,
            Exit::Found(severity) => 11 + severity as u8,
        })
    }
}

impl Exit {
    /// An error that ends a command with 2.
    pub fn usage(text: String) -> Report {
        Report::new(UsageError(text))
    }

    /// An error that ends a command with 5.
    pub fn unknown(text: String) -> Report {
        Report::new(UnknownOutcome(text))
    }

    /// How a command ends that failed like this.
    #[must_use]
    pub fn of(error: &Report) -> Self {
        if error.is::<UsageError>() {
            Self::Usage
        } else if error.is::<UnknownOutcome>() {
            Self::Unknown
        } else {
            Self::Failed
        }
    }
}

/// A command that cannot be used like this.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

/// A write of which it is not known whether it was carried out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UnknownOutcome(String);

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

/// A command that printed for itself.
impl From<ExitCode> for Printed {
    fn from(code: ExitCode) -> Self {
        Self { text: String::new(), code }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List credentials.
    #[command(alias = "ls")]
    List(Box<list::ListArgs>),
    /// Show everything of one credential, and what an audit finds in it. Its secret stays hidden.
    #[command(aliases = ["get", "describe"])]
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
    #[command(alias = "rm")]
    Delete(Box<delete::DeleteArgs>),
    /// Give a client a new secret, after its name was typed or given.
    Rotate(rotate::RotateArgs),
    /// Copy a client id, a name, a URL or a secret to the clipboard.
    Copy(secret::CopyArgs),
    /// Get a secret that the server shows: into a file, a descriptor, a command, or onto the screen.
    Secret(secret::SecretArgs),
    /// Get an OAuth access token with an M2M client, and show what it says.
    Token(secret::TokenArgs),
    /// Try the login of a SPA client, as a browser app would run it.
    LoginTest(login_test::LoginTestArgs),
    /// Run a program with the ID and the secret of a credential in its environment.
    Exec(environment::ExecArgs),
    /// Write a credential as a .env file.
    Env(environment::EnvArgs),
    /// Open the provider's own page about a credential in a browser.
    Open(secret::OpenArgs),
    /// Send one request to the API, with the session of the profile.
    Api(Box<request::RequestArgs>),
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
    /// The saved views of lists, which `f` in the console brings back.
    #[command(subcommand)]
    View(view::ViewCommand),
    /// Serve the credentials API and its authorization server.
    Serve(serve::ServeArgs),
    /// Read and change the configuration file.
    #[command(subcommand)]
    Config(settings::ConfigCommand),
    /// Manage profiles: which API, and how to sign in to it.
    #[command(subcommand)]
    Profile(Box<profile::ProfileCommand>),
    /// Sign in to a profile.
    Login(login::LoginArgs),
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
        #[arg(long, short, value_enum, default_value = "text", value_name = "FORMAT")]
        output: Output,
    },
    /// Try what a credentials API promises, on the live API of a profile or of --base-url: it makes
    /// credentials of its own and deletes them again.
    Conformance(conformance::ConformanceArgs),
    /// The clients that were registered dynamically (RFC 7591) from a profile.
    #[command(subcommand)]
    Register(register::RegisterCommand),
    /// Check this terminal, the clipboard, the files, the vault and the profiles.
    Doctor {
        /// How to write it.
        #[arg(long, short, value_enum, default_value = "text", value_name = "FORMAT")]
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

/// How a command writes what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::keys::{self, Equivalent};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_key_command_has_its_command_or_a_reason() {
        for row in keys::TABLE {
            let Equivalent::Command(path) = row.command.equivalent() else { continue };
            let mut command = Cli::command();
            for word in path.split(' ') {
                let inner = command.find_subcommand(word).cloned();
                command = inner.unwrap_or_else(|| panic!("{}: no {path}", row.command.name()));
            }
        }
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
                let has_value = argument.get_action().takes_values();
                assert!(places.contains(&name) || !says || !has_value, "{name}");
            }
            commands.extend(command.get_subcommands().cloned());
        }
    }
}
