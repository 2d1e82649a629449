//! Configuration: the environment, the XDG directories, `config.toml`.
//!
//! A flag overrides a variable, a variable overrides the file, and the file overrides the default.

pub mod edit;
pub mod file;
mod workstation;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use color_eyre::eyre::{Result, WrapErr as _, eyre};
use etcetera::BaseStrategy as _;
use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::{
    clipboard,
    domain::{
        audit::{Policy, Suppression},
        destination::Destination,
        preferences::{SavedView, Timers},
        profile::Profile,
    },
    files, keys,
    vault::StoreChoice,
};

pub use workstation::workstation;

/// Environment variable, if it is not empty.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Name of the system's user.
#[must_use]
pub fn user() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable)
}

/// Look of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Look {
    /// As the environment asks (`NO_COLOR`).
    #[default]
    Auto,
    /// With the terminal's 16 colors.
    Color,
    /// Without any color.
    Mono,
}

/// Settings of the configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Profiles, in the order of the file.
    pub profiles: Vec<Profile>,
    /// Default profile.
    pub default_profile: Option<String>,
    /// Configured session store.
    pub store: StoreChoice,
    /// Look of the console.
    pub look: Look,
    /// True to save bytes of the terminal connection, false not to; by default, when it proves to be slow.
    pub low_bandwidth: Option<bool>,
    /// Clipboard to use.
    pub clipboard: Option<clipboard::Choice>,
    /// False to keep no lists on disk.
    pub cache: Option<bool>,
    /// Configured durations.
    pub timers: Timers,
    /// Destinations of rotated secrets, in the order of the file.
    pub destinations: Vec<Destination>,
    /// Saved views, in the order of the file.
    pub views: Vec<SavedView>,
    /// Other keys.
    pub keys: Vec<keys::Override>,
}

impl Settings {
    /// Profile with a name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// Names of all profiles, for a message.
    #[must_use]
    pub fn names(&self) -> String {
        if self.profiles.is_empty() {
            return "none yet".to_owned();
        }
        self.profiles.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Configuration file: its path and content.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// Path.
    pub path: PathBuf,
}

impl ConfigFile {
    /// `credenza/config.toml` in the XDG config directory, or `CREDENZA_CONFIG`.
    ///
    /// # Errors
    /// When there is no home directory.
    pub fn find() -> Result<Self> {
        if let Some(path) = variable("CREDENZA_CONFIG") {
            return Ok(Self { path: PathBuf::from(path) });
        }
        Ok(Self { path: strategy()?.config_dir().join("credenza").join("config.toml") })
    }

    /// Reads the settings; a missing file has none.
    ///
    /// # Errors
    /// When it cannot be read, or has errors: each with file, line and fix.
    pub fn load(&self) -> Result<Settings> {
        let settings = self.read(&self.text()?)?;
        self.check_owner(&settings)?;
        Ok(settings)
    }

    /// Rejects a command in a file that others can write: they could run programs as this user.
    fn check_owner(&self, settings: &Settings) -> Result<()> {
        let commands = settings.profiles.iter().any(|profile| !profile.token_command.is_empty())
            || settings.destinations.iter().any(|it| it.store.runs_program());
        let mode = files::loose_mode(&self.path).ok().flatten().unwrap_or_default();
        if commands && mode & 0o022 != 0 {
            return Err(eyre!(
                "{0} is writable by other users (mode {mode:03o}), and its commands run as you. Run chmod go-w {0}",
                self.path.display()
            ));
        }
        Ok(())
    }

    fn read(&self, text: &str) -> Result<Settings> {
        file::read(text).map_err(|faults| {
            let lines: Vec<_> =
                faults.iter().map(|fault| format!("{}:{fault}", self.path.display())).collect();
            eyre!("The configuration has errors. Nothing was changed.\n{}", lines.join("\n"))
        })
    }

    /// Edits the file: `edit` makes the new text from the old. The result must be valid.
    ///
    /// # Errors
    /// When it cannot be read, edited or written; the old file is then kept.
    pub fn change(
        &self,
        edit: impl FnOnce(&str) -> Result<String, toml_edit::TomlError>,
    ) -> Result<Settings> {
        // A link stays a link: its target is changed.
        let real = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let directory = real.parent().filter(|it| !it.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        if !directory.exists() {
            files::private_directory(directory)
                .wrap_err_with(|| format!("Could not create {}", directory.display()))?;
        }
        let lock = files::lock(&real.with_extension("lock"))
            .wrap_err_with(|| format!("Could not lock {}", self.path.display()))?;
        let before = self.text()?;
        self.read(&before)?;
        let text = edit(&before)?;
        let settings = file::read(&text).map_err(|faults| {
            let lines: Vec<_> =
                faults.iter().map(|it| format!("{}; {}", it.what, it.fix)).collect();
            eyre!("{}", lines.join("\n"))
        })?;
        files::replace(&real, text.as_bytes())
            .wrap_err_with(|| format!("Could not write {}", self.path.display()))?;
        drop(lock);
        Ok(settings)
    }

    /// Text of the file; empty if missing.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn text(&self) -> Result<String> {
        match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            other => other.wrap_err_with(|| format!("Could not read {}", self.path.display())),
        }
    }
}

/// Data directory of the local workspace: `credenza` in the XDG data directory.
///
/// # Errors
/// When there is no home directory.
pub fn data_directory() -> Result<PathBuf> {
    Ok(strategy()?.data_dir().join("credenza"))
}

/// Directory of sessions, locks and the log: `credenza` in the XDG state directory.
///
/// # Errors
/// When there is no home directory.
pub fn state_directory() -> Result<PathBuf> {
    let strategy = strategy()?;
    let state = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Ok(state.join("credenza"))
}

/// Directory of the console's last lists: `credenza/lists` in the XDG cache directory.
///
/// # Errors
/// When there is no home directory.
pub fn lists_directory() -> Result<PathBuf> {
    Ok(strategy()?.cache_dir().join("credenza").join("lists"))
}

/// The user's home directory.
///
/// # Errors
/// When there is none.
pub fn home() -> Result<PathBuf> {
    Ok(strategy()?.home_dir().to_owned())
}

/// File name of a policy, searched in the current directory and above.
pub const POLICY: &str = ".credenza-audit.toml";

/// Policy of the audit: here or above, else `audit.toml` beside the configuration. It may be missing.
///
/// # Errors
/// When there is no current directory, or no configuration directory.
pub fn policy_file() -> Result<PathBuf> {
    let here = std::env::current_dir().wrap_err("The current directory does not exist")?;
    let above = here.ancestors().map(|directory| directory.join(POLICY)).find(|it| it.is_file());
    let beside = || Ok(ConfigFile::find()?.path.with_file_name("audit.toml"));
    above.map_or_else(beside, Ok)
}

/// Reads a policy; a missing one is empty.
///
/// # Errors
/// When it cannot be read, or is invalid, with the line.
pub fn policy(file: &Path) -> Result<Policy> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Policy::default()),
        Err(error) => {
            return Err(error).wrap_err_with(|| format!("Could not read {}", file.display()));
        }
    };
    Policy::read(&text)
        .map_err(|error| eyre!("{}, line {}: {}", file.display(), error.line, error.text))
}

/// Adds a suppression to the policy in effect, creating it if needed. Returns its path.
///
/// # Errors
/// When the policy cannot be read or written. An invalid one is not changed.
pub fn suppress(suppression: &Suppression) -> Result<PathBuf> {
    let file = policy_file()?;
    policy(&file)?;
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    files::append(&file, &format!("\n{}", suppression.toml()))
        .wrap_err_with(|| format!("Could not write {}", file.display()))?;
    Ok(file)
}

/// Removes a suppression from the policy; its other lines and comments stay.
///
/// # Errors
/// The policy cannot be read or written, or has no such suppression.
pub fn unsuppress(suppression: &Suppression) -> Result<PathBuf> {
    let file = policy_file()?;
    let text = std::fs::read_to_string(&file)
        .wrap_err_with(|| format!("Could not read {}", file.display()))?;
    let changed = Policy::without(&text, suppression)
        .ok_or_else(|| eyre!("{} has no such suppression", file.display()))?;
    files::replace(&file, changed.as_bytes())
        .wrap_err_with(|| format!("Could not write {}", file.display()))?;
    Ok(file)
}

/// Path of the log; `None` unless `CREDENZA_LOG` enables it.
#[must_use]
pub fn log_file() -> Option<PathBuf> {
    variable("CREDENZA_LOG")?;
    Some(state_directory().ok()?.join("credenza.log"))
}

fn strategy() -> Result<impl etcetera::BaseStrategy> {
    etcetera::choose_base_strategy().wrap_err("No home directory: set HOME")
}
