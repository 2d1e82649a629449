//! `credenza view`: saved views of the console and the commands.

use std::borrow::Cow;

use clap::Subcommand;
use clap_complete::ArgValueCandidates;
use color_eyre::eyre::{Result, eyre};
use serde_json::json;

use super::{
    Exit, Printed, complete,
    list::ShowFormat,
    output::{table, terminal_columns},
};
use crate::{
    config::{ConfigFile, edit},
    domain::{
        export,
        preferences::{SavedView, sort_of, sort_word},
    },
};

/// Subcommands of `view`.
#[derive(Debug, Clone, Subcommand)]
pub enum ViewCommand {
    /// List the saved views.
    List {
        /// Output format.
        #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
        output: ShowFormat,
    },
    /// Save a view, replacing one with the same name.
    Save {
        /// Name.
        name: String,
        /// Filter.
        #[arg(long = "where", value_name = "FILTER", default_value = "")]
        filter: String,
        /// Column to sort by; a leading - reverses it.
        #[arg(long, value_name = "COLUMN", default_value = "name", allow_hyphen_values = true)]
        sort: String,
        /// Show the audit columns.
        #[arg(long, short)]
        wide: bool,
    },
    /// Delete a saved view. Credentials are not affected.
    Delete {
        /// Name.
        #[arg(add = ArgValueCandidates::new(complete::views))]
        name: String,
    },
}

/// Lists, saves or deletes views.
///
/// # Errors
/// Returns an error if the view does not exist or is invalid, or if the configuration cannot be
/// read or written.
pub fn run(command: &ViewCommand) -> Result<Printed> {
    let file = ConfigFile::find()?;
    match command {
        ViewCommand::List { output } => Ok(Printed::fine(listed(&file.load()?.views, *output))),
        ViewCommand::Save { name, filter, sort, wide } => {
            SavedView::check_name(name).map_err(|why| Exit::usage(format!("The name {why}")))?;
            let sort = sort_of(sort).ok_or_else(|| {
                Exit::usage(format!("Invalid sort column {sort:?}: use name, created, used, expires, owner, callbacks or worst"))
            })?;
            let view = SavedView {
                name: name.clone(),
                filter: filter.trim().to_owned(),
                sort,
                wide: *wide,
            };
            view.check_filter().map_err(|error| {
                Exit::usage(format!("Invalid filter:\n{}", error.pointed(&view.filter)))
            })?;
            file.change(|text| edit::with_view(text, &view))?;
            Ok(Printed::fine(format!("Saved as {name}: credenza list --view {name:?}\n")))
        }
        ViewCommand::Delete { name } => {
            if !file.load()?.views.iter().any(|view| view.name == *name) {
                return Err(eyre!("Unknown view {name:?}. List them: credenza view list"));
            }
            file.change(|text| edit::without_view(text, name))?;
            Ok(Printed::fine(format!("Deleted the view {name}\n")))
        }
    }
}

fn listed(views: &[SavedView], output: ShowFormat) -> String {
    match output {
        ShowFormat::Json => {
            let object = |view: &SavedView| {
                json!({
                    "name": view.name,
                    "filter": view.filter,
                    "sort": sort_word(view.sort),
                    "wide": view.wide,
                })
            };
            export::json(&views.iter().map(object).collect::<Vec<_>>(), true) + "\n"
        }
        ShowFormat::Table => {
            let row = |view: &SavedView| {
                let wide = if view.wide { "yes" } else { "" };
                [view.name.clone(), view.filter.clone(), sort_word(view.sort), wide.to_owned()]
                    .map(Cow::Owned)
                    .to_vec()
            };
            let rows: Vec<_> = views.iter().map(row).collect();
            table(&["name", "filter", "sort", "wide"], &rows, terminal_columns())
        }
    }
}
