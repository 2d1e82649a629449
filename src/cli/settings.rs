//! `credenza config`: reads and changes `config.toml`.

use clap::Subcommand;
use color_eyre::eyre::{Report, Result, eyre};

use super::{Exit, Printed};
use crate::{
    config::{ConfigFile, edit},
    domain::text,
};

/// Subcommands of `config`.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigCommand {
    /// Print the path of the configuration file.
    Path,
    /// Print all settings of the file, one per line.
    List,
    /// Print one setting.
    Get {
        /// Name of the setting, such as timers.peek
        key: String,
    },
    /// Change one setting. Comments and other settings are kept.
    Set {
        /// Name of the setting, such as timers.peek
        key: String,
        /// Value; as TOML if it is not a string
        value: String,
    },
    /// Remove one setting, so that its default applies.
    Unset {
        /// Name of the setting
        key: String,
    },
}

/// Reads or changes the configuration.
///
/// # Errors
/// Returns an error if the setting does not exist, if the file is invalid or would become invalid,
/// or if it cannot be read or written. After an error, the file is unchanged.
pub fn run(command: &ConfigCommand) -> Result<Printed> {
    let file = ConfigFile::find()?;
    match command {
        ConfigCommand::Path => Ok(Printed::fine(format!("{}\n", file.path.display()))),
        ConfigCommand::List => {
            let all = edit::settings(&file.text()?)?;
            let lines = all.iter().map(|(key, value)| format!("{key} = {}\n", text::shown(value)));
            Ok(Printed::fine(lines.fold(String::new(), |all, line| all + &line)))
        }
        ConfigCommand::Get { key } => {
            let all = edit::settings(&file.text()?)?;
            let found = all.into_iter().find(|(own, _)| own == key);
            match found {
                Some((_, value)) => Ok(Printed::fine(format!("{}\n", text::shown(&value)))),
                None => Err(not_set(&file, key)),
            }
        }
        ConfigCommand::Set { key, value } => {
            // Try the value as TOML, then as a string, so that strings need no quotes.
            let attempts = [value.clone(), toml_edit::Value::from(value.as_str()).to_string()];
            let mut wrong = None;
            for attempt in attempts {
                match file.change(|text| edit::with_setting(text, key, &attempt)) {
                    Ok(_) if is_set(&file, key)? => return Ok(Printed::fine(String::new())),
                    Ok(_) => wrong = Some(eyre!("a part of its name is already a setting")),
                    Err(error) => wrong = Some(error),
                }
            }
            let why = wrong.map_or_else(String::new, |error| format!("{error:#}"));
            Err(Exit::usage(format!(
                "Could not set {} to {}: {why}",
                text::shown(key),
                text::shown(value)
            )))
        }
        ConfigCommand::Unset { key } => {
            if !is_set(&file, key)? {
                return Err(not_set(&file, key));
            }
            file.change(|text| edit::without_setting(text, key)).map_err(|error| {
                Exit::usage(format!("Could not remove {}: {error:#}", text::shown(key)))
            })?;
            Ok(Printed::fine(String::new()))
        }
    }
}

fn is_set(file: &ConfigFile, key: &str) -> Result<bool> {
    Ok(edit::settings(&file.text()?)?.iter().any(|(own, _)| own == key))
}

fn not_set(file: &ConfigFile, key: &str) -> Report {
    eyre!(
        "{} is not set in {}. List the settings: credenza config list",
        text::shown(key),
        file.path.display()
    )
}
