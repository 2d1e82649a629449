//! The command line: clap's types, one file a command. Commands parse, call and print.

pub mod console;
pub mod doctor;
pub mod serve;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::{clipboard::Choice, keys};

/// Manage OAuth clients and API access tokens from the terminal.
///
/// Without a command the console opens: the local workspace, a demo with --demo, or any server that
/// speaks the credentials contract with --base-url and a bearer token in CREDENZA_TOKEN.
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
#[derive(Debug, Clone, Args)]
pub struct ConsoleArgs {
    /// Open a throw-away workspace with example data.
    #[arg(long, conflicts_with = "base_url")]
    pub demo: bool,

    /// Open the credentials API at this base URL, with the bearer token in CREDENZA_TOKEN.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,

    /// How to copy; CREDENZA_CLIPBOARD says the same.
    #[arg(long, value_enum, global = true, value_name = "HOW")]
    pub clipboard: Option<Choice>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the credentials API and its authorization server.
    Serve(ServeArgs),
    /// Say how this terminal, the clipboard and the files will be used.
    Doctor,
    /// Print every key and what it does.
    Keys,
    /// Print the man page (roff).
    Man,
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
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
    // Writing to memory cannot fail.
    let _ = clap_mangen::Man::new(Cli::command()).render(&mut out);
    let mut page = String::from_utf8_lossy(&out).into_owned();
    page.push_str(&keys::docs::roff());
    page
}

/// The completions of a shell.
#[must_use]
pub fn completions(shell: Shell) -> String {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "credenza", &mut out);
    String::from_utf8_lossy(&out).into_owned()
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
                assert!(!name.contains("secret") && !name.contains("token"), "{name}");
            }
            commands.extend(command.get_subcommands().cloned());
        }
    }
}
