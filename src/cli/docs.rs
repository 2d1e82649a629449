//! Generated parts of the book and the man pages: commands, filters and exit codes.

use std::{fmt::Write as _, path::Path};

use clap::CommandFactory as _;
use color_eyre::eyre::Result;

use super::Cli;
use crate::{domain::filter::TERMS, keys};

/// Exit codes of the program, with their meanings.
pub const EXITS: [(&str, &str); 9] = [
    ("0", "success; an audit found nothing at or above its threshold"),
    ("1", "failure: the API, a file or an unknown name"),
    ("2", "usage error: an argument, a filter, no terminal or no token"),
    (
        "3",
        "negative result: nothing to audit, no match (`match`, `whose`), differences (`diff`), expiring credentials (`expiring`)",
    ),
    ("4", "partial result: some items could not be read or changed"),
    ("5", "unknown outcome: the response to a change was lost"),
    ("11 to 15", "worst finding of an audit: info, low, medium, high, critical"),
    ("101", "a bug in Credenza; the report contains its location in the code"),
    ("128 + n", "terminated by signal n"),
];

/// Returns the description of the filter language, shown after a command's long help.
#[must_use]
pub fn filters() -> String {
    let mut out = String::from("Filters (a credential must match all terms):\n");
    for term in TERMS {
        let _ = writeln!(out, "  {:<20} {}", term.example, term.meaning);
    }
    out
}

/// Returns the exit codes as text for a terminal.
#[must_use]
pub fn exits() -> String {
    EXITS.iter().fold(String::from("Exit codes:\n"), |mut out, (code, meaning)| {
        let _ = writeln!(out, "  {code:<10} {meaning}");
        out
    })
}

/// Formats a Markdown table with two columns.
fn table(head: [&str; 2], rows: impl Iterator<Item = (String, String)>) -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let mut out = format!("| {} | {} |\n|---|---|\n", head[0], head[1]);
    for (one, other) in rows {
        let _ = writeln!(out, "| {} | {} |", cell(&one), cell(&other));
    }
    out
}

/// Returns the table of the commands (Markdown).
#[must_use]
pub fn commands() -> String {
    let mut cli = Cli::command();
    cli.build();
    let mut rows = vec![("`credenza`".to_owned(), "Open the console.".to_owned())];
    gather(&cli, "credenza", &mut rows);
    table(["command", "what it does"], rows.into_iter())
}

fn gather(command: &clap::Command, parent: &str, rows: &mut Vec<(String, String)>) {
    // clap adds a `help` subcommand to each command with subcommands. Only the top-level `help` is
    // a command of Credenza.
    let inner = |it: &&clap::Command| it.get_name() != "help" || parent == "credenza";
    for command in command.get_subcommands().filter(inner) {
        let name = format!("{parent} {}", command.get_name());
        let alone = command.get_subcommands().filter(inner).count() == 0;
        if alone || !command.is_subcommand_required_set() {
            let places: Vec<String> = command
                .get_positionals()
                .map(|argument| {
                    let value = argument
                        .get_value_names()
                        .and_then(|names| names.first())
                        .map_or_else(|| argument.get_id().to_string(), ToString::to_string)
                        .to_uppercase();
                    let many = argument.get_num_args().is_some_and(|range| range.max_values() > 1);
                    let value = if many { format!("{value}…") } else { value };
                    let value = if argument.is_last_set() { format!("-- {value}") } else { value };
                    if argument.is_required_set() { value } else { format!("[{value}]") }
                })
                .collect();
            let usage = [vec![name.clone()], places].concat().join(" ");
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            rows.push((format!("`{usage}`"), format!("{}.", about.trim_end_matches('.'))));
        }
        gather(command, &name, rows);
    }
}

/// Returns the table of the filter language (Markdown).
#[must_use]
pub fn filter_table() -> String {
    let row = |term: &crate::domain::filter::TermDoc| {
        (format!("`{}`", term.example), term.meaning.to_owned())
    };
    table(["term", "matches"], TERMS.iter().map(row))
}

/// Returns the table of the exit codes (Markdown).
#[must_use]
pub fn exit_table() -> String {
    let row = |(code, meaning): &(&str, &str)| ((*code).to_owned(), (*meaning).to_owned());
    table(["exit code", "meaning"], EXITS.iter().map(row))
}

/// Returns the man page sections about filters and exit codes (roff).
#[must_use]
pub fn roff() -> String {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('-', "\\-").replace('`', "");
    let mut out = String::from(".SH FILTERS\nA credential must match all terms.\n");
    for term in TERMS {
        let _ = writeln!(out, ".TP\n\\fB{}\\fR\n{}", escaped(term.example), escaped(term.meaning));
    }
    out.push_str(".SH EXIT STATUS\n");
    for (code, meaning) in EXITS {
        let _ = writeln!(out, ".TP\n\\fB{code}\\fR\n{}", escaped(meaning));
    }
    out
}

/// Returns the man page of the program: commands, filters, exit codes and keys (roff).
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
    page.push_str(&roff());
    page.push_str(&keys::docs::roff());
    page
}

/// Writes a man page for each command, such as `credenza-list.1`. The page `credenza.1` covers all
/// commands. Returns a success message.
///
/// # Errors
/// Returns an error if the directory cannot be written.
pub fn write_man_pages(directory: &Path) -> Result<String> {
    std::fs::create_dir_all(directory)?;
    let mut cli = Cli::command();
    cli.build();
    clap_mangen::generate_to(cli, directory)?;
    std::fs::write(directory.join("credenza.1"), man_page())?;
    Ok(format!("Wrote the man pages to {}.\n", directory.display()))
}

/// Appends the sections of a command and its subcommands to a man page. A command without arguments
/// besides the global ones has no section.
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
