//! `credenza help`: prints the help of a command, or a short page of the book.

use std::{fmt::Write as _, sync::LazyLock};

use clap::CommandFactory as _;
use color_eyre::eyre::Result;
use regex_lite::Regex;

use super::{Cli, Exit, Printed, docs};

/// Name and Markdown source of a page.
type Topic = (&'static str, &'static str);

macro_rules! topics {
    ($($name:literal: $file:literal,)*) => {
        &[$(($name, include_str!(concat!("../../docs/", $file)))),*]
    };
}

const TOPICS: &[Topic] = topics! {
    "getting-started": "getting-started.md",
    "finding": "tasks/find-and-copy.md",
    "creating": "tasks/create-and-edit.md",
    "rotating": "tasks/rotate-and-delete.md",
    "audit-console": "tasks/audit.md",
    "audit-ci": "tasks/audit-ci.md",
    "audit-files": "tasks/audit-files.md",
    "drift": "tasks/drift.md",
    "as-code": "tasks/as-code.md",
    "ssh": "tasks/ssh-and-tmux.md",
    "screen-readers": "tasks/screen-readers.md",
    "profiles": "profiles.md",
    "secrets": "secrets.md",
    "providers": "providers/index.md",
    "keycloak": "providers/keycloak.md",
    "hydra": "providers/hydra.md",
    "openbao": "providers/openbao.md",
    "better-auth": "providers/better-auth.md",
    "gitea": "providers/gitea.md",
    "registration": "providers/registration.md",
    "auth0": "providers/auth0.md",
    "carto": "providers/carto.md",
    "contract": "contract.md",
    "json": "reference/json.md",
    "limitations": "limitations.md",
    "stability": "stability.md",
};

/// Names and titles of the generated pages.
const GENERATED: [(&str, &str); 2] = [("filters", "Filters"), ("exit-codes", "Exit codes")];

/// Returns the help of a command, or a topic. Without names, returns the help of the program and
/// the list of topics.
///
/// # Errors
/// Returns a usage error (exit code 2) if the topic or command is unknown.
pub fn run(names: &[String]) -> Result<Printed> {
    let mut cli = Cli::command();
    cli.build();
    let name = names.join(" ");
    let text = match names {
        [] => format!("{}\n{}", cli.render_help(), topics()),
        [name] if name == "topics" => topics(),
        [name] if name == "filters" => docs::filters(),
        [name] if name == "exit-codes" => docs::exits(),
        _ => match (command(&cli, names), topic(&name)) {
            (Some(mut command), _) => command.render_long_help().to_string(),
            (None, Some(text)) => plain(text),
            (None, None) => {
                return Err(Exit::usage(format!(
                    "Unknown command or topic {name:?}. List the topics: credenza help topics"
                )));
            }
        },
    };
    Ok(Printed::fine(text))
}

/// Returns the names and titles of all topics.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let pages = TOPICS.iter().map(|(name, text)| (*name, title(text)));
    pages.chain(GENERATED)
}

fn topics() -> String {
    let mut out = String::from("Topics (credenza help TOPIC):\n");
    for (name, title) in names() {
        let _ = writeln!(out, "  {name:<15} {title}");
    }
    out
}

fn title(text: &'static str) -> &'static str {
    text.lines().next().unwrap_or_default().trim_start_matches("# ")
}

fn topic(name: &str) -> Option<&'static str> {
    TOPICS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

fn command(cli: &clap::Command, names: &[String]) -> Option<clap::Command> {
    let mut command = cli;
    for name in names {
        command = command.find_subcommand(name)?;
    }
    Some(command.clone())
}

/// Converts Markdown to text for a terminal, without link targets, comments and code fences.
fn plain(text: &str) -> String {
    static LINK: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\[([^\]]+)\]\([^)]+\)").ok());
    let shown = |line: &&str| {
        let line = line.trim_start();
        !line.starts_with("```") && !line.starts_with("<!--")
    };
    let text: String = text.lines().filter(shown).flat_map(|line| [line, "\n"]).collect();
    match LINK.as_ref() {
        Some(link) => link.replace_all(&text, "$1").into_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_no_commands_and_print_without_markup() {
        let cli = Cli::command();
        for (name, title) in names() {
            assert!(cli.find_subcommand(name).is_none(), "{name} is a command");
            let page = run(&[name.to_owned()]).expect(name).text;
            assert!(!page.contains("](") && !page.contains("```"), "{name}: {page}");
            assert!(!title.is_empty(), "{name}");
        }
        assert!(run(&["profile".to_owned(), "add".to_owned()]).is_ok());
        assert!(run(&["nowhere".to_owned()]).is_err());
    }
}
