//! Command line: clap's types, and one module per command. Commands parse arguments, call other
//! modules and print results.

mod api_session;
pub mod audit;
mod audit_files;
mod bulk;
pub mod complete;
pub mod conformance;
pub mod console;
pub mod context;
pub mod create;
pub mod delete;
pub mod docs;
pub mod doctor;
mod drift;
pub mod edit;
pub mod environment;
pub mod expiring;
mod fix;
mod fleet;
pub mod help;
pub mod history;
mod json_output;
pub mod list;
pub mod login;
pub mod login_test;
pub mod manifest;
pub mod output;
mod pending;
mod plan;
pub mod profile;
pub mod prompt;
pub mod register;
pub mod request;
pub mod rotate;
pub mod rotation;
pub mod secret;
mod secret_output;
pub mod serve;
pub mod settings;
pub mod snapshot;
mod suppressions;
pub mod undo;
pub mod used;
pub mod view;
pub mod whose;
mod write;

use std::{path::PathBuf, process::ExitCode, sync::LazyLock};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::{ArgValueCandidates, Shell};
use color_eyre::eyre::Report;

use crate::{clipboard::Choice, config, domain::audit::Severity, vault::StoreChoice};

/// Manage OAuth clients and API access tokens from the terminal.
///
/// Without a command, open the console with the default profile or the one given by --profile; without any profile,
/// the local workspace. --demo opens a demo. --base-url opens any server with the credentials contract, with a bearer
/// token in CREDENZA_TOKEN.
#[derive(Debug, Parser)]
#[command(name = "credenza", version, long_version = long_version(), max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// Command to run; without one, the console opens.
    #[command(subcommand)]
    pub command: Option<MainCommand>,

    /// Options of the console.
    #[command(flatten)]
    pub console: ConsoleArgs,
}

/// Returns the version, commit and features of the build, for `--version`.
fn long_version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let features = [
            ("clipboard-native", cfg!(feature = "clipboard-native")),
            ("keyring", cfg!(feature = "keyring")),
        ];
        let enabled: Vec<&str> =
            features.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
        let features = if enabled.is_empty() { "none".to_owned() } else { enabled.join(", ") };
        format!(
            "{}\ncommit: {}\nfeatures: {features}",
            env!("CARGO_PKG_VERSION"),
            env!("CREDENZA_COMMIT")
        )
    });
    &VERSION
}

/// Options of the console.
#[derive(Debug, Clone, Default, Args)]
pub struct ConsoleArgs {
    /// Open a temporary workspace with example data.
    #[arg(long, conflicts_with_all = ["base_url", "profile"])]
    pub demo: bool,

    /// Append lines of text instead of drawing screens, for screen readers (or `CREDENZA_LINEAR=1`).
    #[arg(long)]
    pub linear: bool,

    /// Base URL of a credentials API to open, with the bearer token in CREDENZA_TOKEN.
    #[arg(long, value_name = "URL", conflicts_with = "profile")]
    pub base_url: Option<String>,

    /// Profile to use (or CREDENZA_PROFILE). "local" is the local workspace.
    #[arg(long, global = true, value_name = "NAME", add = ArgValueCandidates::new(complete::profiles))]
    pub profile: Option<String>,

    /// Time limit of each request in seconds
    #[arg(long, global = true, value_name = "SECONDS", env = "CREDENZA_TIMEOUT", hide_env_values = true, value_parser = clap::value_parser!(u64).range(1..=600), hide_short_help = true)]
    pub timeout: Option<u64>,

    /// Maximum number of retries of a rate-limited request
    #[arg(long, global = true, value_name = "N", env = "CREDENZA_RETRIES", hide_env_values = true, value_parser = clap::value_parser!(u32).range(0..=100), hide_short_help = true)]
    pub retries: Option<u32>,

    /// Session store (or CREDENZA_STORE).
    #[arg(long, value_enum, global = true, value_name = "WHERE", hide_short_help = true)]
    pub store: Option<StoreChoice>,

    /// Clipboard to copy to (or CREDENZA_CLIPBOARD).
    #[arg(long, value_enum, global = true, value_name = "HOW", hide_short_help = true)]
    pub clipboard: Option<Choice>,
}

impl ConsoleArgs {
    /// Returns the base URL to open: `--base-url`, or else `CREDENZA_BASE_URL` unless `--profile`
    /// or `CREDENZA_PROFILE` selects a profile.
    #[must_use]
    pub fn base_url(&self) -> Option<String> {
        let profile = self.profile.is_some() || config::variable("CREDENZA_PROFILE").is_some();
        let from_environment = || config::variable("CREDENZA_BASE_URL").filter(|_| !profile);
        self.base_url.clone().or_else(from_environment)
    }
}

/// Error for an invalid argument value. Its text describes the valid values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(&'static str);

/// Exit code of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: success.
    Fine,
    /// 1: failure.
    Failed,
    /// 2: usage error.
    Usage,
    /// 3: negative result: nothing to audit, no match (`match`, `whose`, `used`), differences
    /// (`diff`, `plan`), or expiring credentials (`expiring`).
    Nothing,
    /// 4: partial result.
    Partial,
    /// 5: unknown outcome of a change.
    Unknown,
    /// 11 to 15: worst finding, from info to critical.
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
    /// Creates an error with exit code 2.
    pub fn usage(text: String) -> Report {
        Report::new(UsageError(text))
    }

    /// Creates an error with exit code 5.
    pub fn unknown(text: String) -> Report {
        Report::new(UnknownOutcome(text))
    }

    /// Returns the exit code for an error: 2 for a usage error, 5 for an unknown outcome, else 1.
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

/// Error with exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

/// Error with exit code 5: a change whose outcome is unknown.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UnknownOutcome(String);

/// Output and exit code of a command.
#[derive(Debug)]
pub struct Printed {
    /// Text for standard output.
    pub text: String,
    /// Exit code of the process.
    pub code: ExitCode,
}

impl Printed {
    /// Creates the output of a successful command.
    #[must_use]
    pub fn fine(text: String) -> Self {
        Self { text, code: Exit::Fine.into() }
    }
}

/// Result of a command that has already printed its output.
impl From<ExitCode> for Printed {
    fn from(code: ExitCode) -> Self {
        Self { text: String::new(), code }
    }
}

/// Commands of the program.
#[derive(Debug, Subcommand)]
pub enum MainCommand {
    /// List credentials.
    #[command(alias = "ls")]
    List(Box<list::ListArgs>),
    /// Show one credential and its audit findings. The secret stays hidden.
    #[command(aliases = ["get", "describe"])]
    Show(list::ShowArgs),
    /// Create a SPA client, an M2M client or a token.
    #[command(subcommand)]
    Create(create::CreateCommand),
    /// Edit one credential, or all that match a filter.
    Edit(Box<edit::EditArgs>),
    /// Find evidence of use in log files, or in events that the server recorded.
    Used(used::UsedArgs),
    /// Revert the last edit that was made with Credenza on this machine.
    Undo(undo::UndoArgs),
    /// Create a deleted credential again, with the values from the history or a snapshot.
    Restore(Box<undo::RestoreArgs>),
    /// Add URLs to a list of a credential.
    AddUrl(edit::UrlArgs),
    /// Remove URLs from a list of a credential.
    RmUrl(edit::UrlArgs),
    /// Delete credentials. Prompts for their names.
    #[command(alias = "rm")]
    Delete(Box<delete::DeleteArgs>),
    /// Rotate the secret of a client, and deliver the new one. Prompts for its name.
    Rotate(Box<rotate::RotateArgs>),
    /// Copy a client ID, name, URL or secret to the clipboard.
    Copy(secret::CopyArgs),
    /// Read a secret from the server into a file, a file descriptor, a command or the terminal.
    Secret(secret::SecretArgs),
    /// Get an OAuth access token with an M2M client, and show its claims.
    Token(secret::TokenArgs),
    /// Test the login of a SPA client, as a browser app would run it.
    LoginTest(login_test::LoginTestArgs),
    /// Run a program with the ID and secret of a credential in its environment.
    Exec(environment::ExecArgs),
    /// Write a credential as a .env file.
    Env(environment::EnvArgs),
    /// Open a credential's page at the provider in a browser.
    Open(secret::OpenArgs),
    /// Send a request to the API with the profile's session.
    Api(Box<request::RequestArgs>),
    /// Check whether a credential accepts a URL, and show the nearest registered one.
    Match(secret::MatchArgs),
    /// Print the configuration of an app for a credential, with a placeholder for its secret.
    Snippet(secret::SnippetArgs),
    /// Audit the credentials of a profile or a snapshot. The exit code reports the worst finding.
    Audit(Box<audit::AuditArgs>),
    /// Export all credentials to a snapshot file, without secrets.
    Snapshot(snapshot::SnapshotArgs),
    /// Show the changes between two snapshots, or between a file and the server.
    Diff(snapshot::DiffArgs),
    /// Write a manifest of credentials, without secrets, to edit and apply.
    Export(manifest::ExportArgs),
    /// Show the changes that make the server match a manifest: exit code 3 if there are any.
    Plan(manifest::PlanArgs),
    /// Apply a plan file that credenza plan wrote.
    Apply(Box<manifest::ApplyArgs>),
    /// Copy credentials to another profile, and replace hosts in their URLs.
    CopyTo(Box<manifest::CopyArgs>),
    /// List tokens and secrets that expire soon or have expired: exit code 3 if any do.
    Expiring(expiring::ExpiringArgs),
    /// Find the credential for a client ID, URL, token or log line, and explain why its login fails.
    Whose(whose::WhoseArgs),
    /// List the changes made with Credenza on this machine.
    History(history::HistoryArgs),
    /// Manage saved views of lists (key f in the console).
    #[command(subcommand)]
    View(view::ViewCommand),
    /// Serve the credentials API and its authorization server.
    Serve(serve::ServeArgs),
    /// Read and edit the configuration file.
    #[command(subcommand)]
    Config(settings::ConfigCommand),
    /// Manage profiles: APIs and how to sign in to them.
    #[command(subcommand)]
    Profile(Box<profile::ProfileCommand>),
    /// Sign in to a profile.
    Login(login::LoginArgs),
    /// Sign out of a profile: revoke and delete its tokens.
    Logout {
        /// Profile name; without one, the default profile.
        #[arg(add = ArgValueCandidates::new(complete::profiles))]
        name: Option<String>,
    },
    /// Show who is signed in to a profile, and until when.
    Whoami {
        /// Profile name; without one, the default profile.
        #[arg(add = ArgValueCandidates::new(complete::profiles))]
        name: Option<String>,
        /// Output format.
        #[arg(long, short, value_enum, default_value = "text", value_name = "FORMAT")]
        output: Output,
    },
    /// Run the conformance checks against a live API (creates and deletes test credentials).
    Conformance(conformance::ConformanceArgs),
    /// Manage the clients that a profile registered dynamically (RFC 7591).
    #[command(subcommand)]
    Register(register::RegisterCommand),
    /// Check the terminal, clipboard, files, session store and profiles.
    Doctor {
        /// Output format.
        #[arg(long, short, value_enum, default_value = "text", value_name = "FORMAT")]
        output: Output,
    },
    /// Print all keys and their functions.
    Keys {
        /// Print names and keys in the notation of the configuration file.
        #[arg(long)]
        names: bool,
    },
    /// Print the man page (roff), or write a page for each command.
    Man {
        /// Directory to write one page for each command to.
        #[arg(long, value_name = "DIR")]
        directory: Option<PathBuf>,
    },
    /// Print the help of a command, or a page of the book: credenza help topics.
    Help {
        /// Command or topic.
        #[arg(value_name = "TOPIC", add = ArgValueCandidates::new(complete::topics))]
        topic: Vec<String>,
    },
    /// Print shell completions. They call this program, so they also complete names and IDs.
    Completions {
        /// Shell to complete for.
        shell: Shell,
    },
}

/// Output format of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Human-readable text.
    Text,
    /// Machine-readable JSON.
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
                // The values of these arguments are not secrets.
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
