//! `credenza history`: lists the changes made on this machine, or verifies the history file.

use std::{borrow::Cow, fmt::Write as _};

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use serde_json::{Value, json};

use super::{
    Printed,
    list::ShowFormat,
    output::{table, terminal_columns},
    prompt::say,
};
use crate::{
    config,
    domain::{age, export, text},
    lifecycle::history::{History, HistoryEntry},
};

/// Arguments of `history`.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct HistoryArgs {
    /// Subcommand that checks the history.
    #[command(subcommand)]
    pub command: Option<HistoryCommand>,
    /// Client ID, token ID or name. Default: all credentials.
    pub id: Option<String>,
    /// Maximum number of entries; the newest are shown.
    #[arg(long, value_name = "N", default_value = "50")]
    pub limit: usize,
    /// Output format. JSON includes the changed values.
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ShowFormat,
}

/// Subcommands of `history`.
#[derive(Debug, Clone, Subcommand)]
pub enum HistoryCommand {
    /// Check that no entry was changed, removed or inserted.
    Verify,
}

/// Lists the changes made with Credenza on this machine, or verifies the history file.
///
/// # Errors
/// Returns an error if the history cannot be read, or if it fails verification.
pub fn run(args: &HistoryArgs) -> Result<Printed> {
    let history = History::below(&config::state_directory()?);
    let failed = || format!("Could not read {}", history.path().display());
    if args.command.is_some() {
        return match history.verify().wrap_err_with(failed)? {
            Ok((0, _)) => Ok(Printed::fine("No history yet\n".to_owned())),
            Ok((count, last)) => {
                Ok(Printed::fine(format!("{count} entries verified. Last hash: {last}\n")))
            }
            Err(line) => Err(eyre!(
                "Could not verify line {line} of {}: the file was changed, or a write was interrupted",
                history.path().display()
            )),
        };
    }
    let mut all = history.all().wrap_err_with(failed)?;
    let names = |id: &str, all: &[HistoryEntry]| {
        all.iter().rev().find_map(|it| it.name.clone().filter(|_| it.id == id))
    };
    if let Some(wanted) = &args.id {
        let ids: Vec<String> = all
            .iter()
            .filter(|it| it.id == *wanted || it.name.as_deref() == Some(wanted))
            .map(|it| it.id.clone())
            .collect();
        all.retain(|it| ids.contains(&it.id));
    }
    let from = all.len().saturating_sub(args.limit);
    if args.output == ShowFormat::Json {
        return Ok(Printed::fine(export::json(&json!(all[from..]), true) + "\n"));
    }
    if all.is_empty() {
        say("No history yet. Changes made with Credenza on this machine are listed here.");
        return Ok(Printed::fine(String::new()));
    }
    let rows: Vec<Vec<Cow<'_, str>>> = all[from..]
        .iter()
        .map(|it| {
            let name = it.name.clone().or_else(|| names(&it.id, &all)).unwrap_or_default();
            let mut what = it.action.clone();
            if it.outcome != "done" {
                let _ = write!(what, " ({})", it.outcome);
            }
            vec![
                age::utc(it.at).into(),
                Cow::from(&it.profile),
                Cow::from(&it.user),
                what.into(),
                name.into(),
                Cow::from(&it.id),
                fields(&it.changes).into(),
            ]
        })
        .collect();
    let head = ["WHEN", "PROFILE", "USER", "ACTION", "NAME", "id", "FIELDS"];
    Ok(Printed::fine(table(&head, &rows, terminal_columns())))
}

/// Returns the names of the changed fields, separated by commas.
fn fields(changes: &[Value]) -> String {
    let names = changes.iter().filter_map(|change| change["field"].as_str());
    names.map(|name| text::shown(name).into_owned()).collect::<Vec<_>>().join(", ")
}
