//! Configuration: environment variables, XDG directories, and `config.toml`.
//!
//! Flags override environment variables, environment variables override the file, and the file
//! overrides the defaults.

pub mod edit;
pub mod file;
mod workstation;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use color_eyre::eyre::{Result, WrapErr as _, eyre};
use etcetera::BaseStrategy as _;

use crate::{
    clipboard,
    domain::{
        audit::{Policy, Suppression},
        destination::Destination,
        preferences::{SavedView, Timers},
        profile::Profile,
    },
    files, keys,
    ui::Palette,
    vault::StoreChoice,
};
pub use workstation::workstation;

/// Returns the value of an environment variable; `None` if it is unset, empty or not UTF-8.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the name of the operating system user from `USER`, `LOGNAME` or `USERNAME`; `None` if
/// none of them is set.
#[must_use]
pub fn user() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable)
}

/// Settings of the configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Profiles, in the order of the file.
    pub profiles: Vec<Profile>,
    /// Groups of profiles, by name.
    pub groups: Vec<(String, Vec<String>)>,
    /// Name of the default profile.
    pub default_profile: Option<String>,
    /// Configured session store.
    pub store: StoreChoice,
    /// Name of the palette; `None` selects a palette by `NO_COLOR`.
    pub theme: Option<String>,
    /// Palettes of the file, by name.
    pub themes: Vec<(String, Palette)>,
    /// True to send fewer bytes to the terminal; `None` sends fewer bytes only after the terminal
    /// proves slow.
    pub low_bandwidth: Option<bool>,
    /// True to append lines of text instead of drawing screens, for screen readers.
    pub linear: bool,
    /// False to leave the mouse to the terminal; `None` enables mouse support.
    pub mouse: Option<bool>,
    /// False to disable the progress display in the terminal tab and the notification at the end of
    /// a long operation; `None` enables both if the terminal supports them.
    pub notify: Option<bool>,
    /// Configured clipboard; `None` selects channels by the environment.
    pub clipboard: Option<clipboard::Choice>,
    /// False to disable the cache of lists on disk; `None` enables it.
    pub cache: Option<bool>,
    /// Times after which a secret is hidden, the clipboard is cleared, and a profile is locked.
    pub timers: Timers,
    /// Destinations of rotated secrets, in the order of the file.
    pub destinations: Vec<Destination>,
    /// Saved views, in the order of the file.
    pub views: Vec<SavedView>,
    /// Key bindings that replace the defaults.
    pub keys: Vec<keys::Override>,
}

impl Settings {
    /// Returns the profile with this name, or `None` if there is none.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// Returns the palette with this name. Returns `None` if `name` is `None`, because the palette
    /// then depends on the environment.
    ///
    /// # Errors
    /// Returns `auto` and the names of all palettes, separated by commas, if no palette has this
    /// name.
    pub fn palette(&self, name: Option<&str>) -> Result<Option<Palette>, String> {
        let Some(name) = name else { return Ok(None) };
        let own = self.themes.iter().find(|(known, _)| known == name);
        own.map(|(_, palette)| *palette).or_else(|| Palette::built_in(name)).map(Some).ok_or_else(
            || {
                let built_in = Palette::BUILT_IN.iter().map(|(name, _)| *name);
                let own = self.themes.iter().map(|(name, _)| name.as_str());
                ["auto"].into_iter().chain(built_in).chain(own).collect::<Vec<_>>().join(", ")
            },
        )
    }

    /// Returns the names of all profiles for a message, separated by commas, or `none yet`.
    #[must_use]
    pub fn names(&self) -> String {
        if self.profiles.is_empty() {
            return "none yet".to_owned();
        }
        self.profiles.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Configuration file, which may be missing.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// Path of the file.
    pub path: PathBuf,
}

impl ConfigFile {
    /// Returns the file at `CREDENZA_CONFIG`, or else `credenza/config.toml` in the XDG config
    /// directory.
    ///
    /// # Errors
    /// Returns an error if `CREDENZA_CONFIG` is not set and there is no home directory.
    pub fn find() -> Result<Self> {
        if let Some(path) = variable("CREDENZA_CONFIG") {
            return Ok(Self { path: PathBuf::from(path) });
        }
        Ok(Self { path: strategy()?.config_dir().join("credenza").join("config.toml") })
    }

    /// Reads the settings. A missing file yields the defaults.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, if it has errors (each is reported with its
    /// line and fix), or if it contains a command and is writable by other users.
    pub fn load(&self) -> Result<Settings> {
        let settings = self.read(&self.text()?)?;
        self.check_owner(&settings)?;
        Ok(settings)
    }

    /// Rejects a file with a command if other users can write the file, because they could run
    /// programs as this user.
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

    /// Replaces the text of the file with the result of `edit`, and returns the new settings. A
    /// missing file is created. Concurrent changes by other processes wait for a lock.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, locked or written, if `edit` fails, or if the
    /// old or the new text is invalid. The file is then unchanged.
    pub fn change(
        &self,
        edit: impl FnOnce(&str) -> Result<String, toml_edit::TomlError>,
    ) -> Result<Settings> {
        // Replace the target of a symbolic link, not the link.
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

    /// Reads the text of the file, which is empty if the file is missing.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn text(&self) -> Result<String> {
        match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            other => other.wrap_err_with(|| format!("Could not read {}", self.path.display())),
        }
    }
}

/// Returns the data directory of the local workspace: `credenza` in the XDG data directory.
///
/// # Errors
/// Returns an error if there is no home directory.
pub fn data_directory() -> Result<PathBuf> {
    Ok(strategy()?.data_dir().join("credenza"))
}

/// Returns the directory of sessions, locks and the log: `credenza` in the XDG state directory, or
/// in the data directory on systems without a state directory.
///
/// # Errors
/// Returns an error if there is no home directory.
pub fn state_directory() -> Result<PathBuf> {
    let strategy = strategy()?;
    let state = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Ok(state.join("credenza"))
}

/// Returns the directory of the console's cached lists: `credenza/lists` in the XDG cache
/// directory.
///
/// # Errors
/// Returns an error if there is no home directory.
pub fn lists_directory() -> Result<PathBuf> {
    Ok(strategy()?.cache_dir().join("credenza").join("lists"))
}

/// Returns the user's home directory.
///
/// # Errors
/// Returns an error if there is no home directory.
pub fn home() -> Result<PathBuf> {
    Ok(strategy()?.home_dir().to_owned())
}

/// File name of an audit policy, searched in the current directory and its parent directories.
pub const POLICY: &str = ".credenza-audit.toml";

/// Returns the path of the audit policy: [`POLICY`] in the current directory or the nearest parent
/// directory that has it, or else `audit.toml` beside the configuration file. The file may be
/// missing.
///
/// # Errors
/// Returns an error if there is no current directory, or if [`POLICY`] is not found and
/// [`ConfigFile::find`] fails.
pub fn policy_file() -> Result<PathBuf> {
    let here = std::env::current_dir().wrap_err("The current directory does not exist")?;
    let above = here.ancestors().map(|directory| directory.join(POLICY)).find(|it| it.is_file());
    let beside = || Ok(ConfigFile::find()?.path.with_file_name("audit.toml"));
    above.map_or_else(beside, Ok)
}

/// Reads an audit policy. A missing file yields an empty policy.
///
/// # Errors
/// Returns an error if the file cannot be read, or if it is invalid. The message contains the line
/// of the mistake.
pub fn policy(file: &Path) -> Result<Policy> {
    Ok(policy_and_text(file)?.0)
}

/// Reads an audit policy and its text; both are empty if the file is missing.
fn policy_and_text(file: &Path) -> Result<(Policy, String)> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.wrap_err_with(|| format!("Could not read {}", file.display()))?,
    };
    let policy = Policy::read(&text)
        .map_err(|error| eyre!("{}, line {}: {}", file.display(), error.line, error.text))?;
    Ok((policy, text))
}

/// Adds suppressions to the policy in effect, which is created if it is missing. Replaces older
/// suppressions of the same findings. Returns the path of the policy.
///
/// # Errors
/// Returns an error if the policy cannot be read or written, or is invalid. An invalid policy is
/// not changed.
pub fn suppress(suppressions: &[Suppression]) -> Result<PathBuf> {
    let file = policy_file()?;
    let (_, mut text) = policy_and_text(&file)?;
    for suppression in suppressions {
        text = Policy::without(&text, suppression).unwrap_or(text);
    }
    for suppression in suppressions {
        text = text + "\n" + &suppression.toml();
    }
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    files::replace_alike(&file, text.as_bytes())
        .wrap_err_with(|| format!("Could not write {}", file.display()))?;
    Ok(file)
}

/// Removes all suppressions of the same findings as `suppression` from the policy in effect, and
/// keeps all other text. Returns the path of the policy.
///
/// # Errors
/// Returns an error if the policy cannot be read or written, or does not contain the suppression.
pub fn unsuppress(suppression: &Suppression) -> Result<PathBuf> {
    let file = policy_file()?;
    let text = std::fs::read_to_string(&file)
        .wrap_err_with(|| format!("Could not read {}", file.display()))?;
    let changed = Policy::without(&text, suppression)
        .ok_or_else(|| eyre!("{} has no such suppression", file.display()))?;
    files::replace_alike(&file, changed.as_bytes())
        .wrap_err_with(|| format!("Could not write {}", file.display()))?;
    Ok(file)
}

/// Returns the path of the log; `None` if `CREDENZA_LOG` is not set or there is no home directory.
#[must_use]
pub fn log_file() -> Option<PathBuf> {
    variable("CREDENZA_LOG")?;
    Some(state_directory().ok()?.join("credenza.log"))
}

fn strategy() -> Result<impl etcetera::BaseStrategy> {
    etcetera::choose_base_strategy().wrap_err("No home directory: set HOME")
}
