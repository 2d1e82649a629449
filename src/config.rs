//! Where things are and how they are wanted: the environment, the XDG directories, `config.toml`.
//!
//! A flag beats a variable, a variable beats the file, the file beats the default.

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
        preferences::{Timers, View},
        profile::Profile,
    },
    files, keys,
    vault::StoreChoice,
};

pub use workstation::workstation;

/// An environment variable, if it is set to something.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// How the console looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Look {
    /// As the environment asks (`NO_COLOR`).
    #[default]
    Auto,
    /// With the terminal's 16 colours.
    Colour,
    /// Without any colour.
    Mono,
}

/// What the configuration file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The profiles, in the order of the file.
    pub profiles: Vec<Profile>,
    /// The profile that is opened unless another one is named.
    pub default_profile: Option<String>,
    /// Where sessions rest.
    pub store: StoreChoice,
    /// How the console looks.
    pub look: Look,
    /// How to copy.
    pub clipboard: Option<clipboard::Choice>,
    /// False where the console keeps no list on disk.
    pub cache: Option<bool>,
    /// How long things last.
    pub timers: Timers,
    /// Saved views, in the order of the file.
    pub views: Vec<View>,
    /// Other keys.
    pub keys: Vec<keys::Override>,
}

impl Settings {
    /// The profile of a name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// The names of all profiles, for a message.
    #[must_use]
    pub fn names(&self) -> String {
        if self.profiles.is_empty() {
            return "none yet".to_owned();
        }
        self.profiles.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// The configuration file: where it is, and what is in it.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// Where it is.
    pub path: PathBuf,
}

impl ConfigFile {
    /// `credenza/config.toml` in the XDG config directory, or what `CREDENZA_CONFIG` names.
    ///
    /// # Errors
    /// When there is no home directory.
    pub fn find() -> Result<Self> {
        if let Some(path) = variable("CREDENZA_CONFIG") {
            return Ok(Self { path: PathBuf::from(path) });
        }
        Ok(Self { path: strategy()?.config_dir().join("credenza").join("config.toml") })
    }

    /// What it says; a file that is not there says nothing.
    ///
    /// # Errors
    /// When it cannot be read, and when there are mistakes in it: each with file, line and fix.
    pub fn load(&self) -> Result<Settings> {
        let settings = self.read(&self.text()?)?;
        self.check_owner(&settings)?;
        Ok(settings)
    }

    /// Refuses a `token_command` in a file that others can change: they could run programs as this user.
    fn check_owner(&self, settings: &Settings) -> Result<()> {
        let commands = settings.profiles.iter().any(|profile| !profile.token_command.is_empty());
        let mode = files::loose_mode(&self.path).ok().flatten().unwrap_or_default();
        if commands && mode & 0o022 != 0 {
            return Err(eyre!(
                "{0} can be changed by others (mode {mode:03o}), and it has a token_command, which is run as you: \
                 run chmod go-w {0}",
                self.path.display()
            ));
        }
        Ok(())
    }

    fn read(&self, text: &str) -> Result<Settings> {
        file::read(text).map_err(|faults| {
            let lines: Vec<_> =
                faults.iter().map(|fault| format!("{}:{fault}", self.path.display())).collect();
            eyre!("The configuration has mistakes; nothing was changed.\n{}", lines.join("\n"))
        })
    }

    /// Changes it: `edit` makes the new text from the old. The result must be free of mistakes.
    ///
    /// # Errors
    /// When it cannot be read, edited or written; the old file is then still there.
    pub fn change(
        &self,
        edit: impl FnOnce(&str) -> Result<String, toml_edit::TomlError>,
    ) -> Result<Settings> {
        // A link stays a link: what it leads to is changed.
        let real = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let directory = real.parent().filter(|it| !it.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        if !directory.exists() {
            files::private_directory(directory)
                .wrap_err_with(|| format!("Cannot make {}", directory.display()))?;
        }
        let lock = files::lock(&real.with_extension("lock"))
            .wrap_err_with(|| format!("Cannot lock {}", self.path.display()))?;
        let before = self.text()?;
        self.read(&before)?;
        let text = edit(&before)?;
        let settings = file::read(&text).map_err(|faults| {
            let lines: Vec<_> =
                faults.iter().map(|it| format!("{}; {}", it.what, it.fix)).collect();
            eyre!("{}", lines.join("\n"))
        })?;
        files::replace(&real, text.as_bytes())
            .wrap_err_with(|| format!("Cannot write {}", self.path.display()))?;
        drop(lock);
        Ok(settings)
    }

    /// Text of the file; empty where there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn text(&self) -> Result<String> {
        match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            other => other.wrap_err_with(|| format!("Cannot read {}", self.path.display())),
        }
    }
}

/// Where the local workspace keeps its data: `credenza` in the XDG data directory.
///
/// # Errors
/// When there is no home directory.
pub fn data_directory() -> Result<PathBuf> {
    Ok(strategy()?.data_dir().join("credenza"))
}

/// Where sessions, locks and the log are: `credenza` in the XDG state directory.
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

/// The person's home directory.
///
/// # Errors
/// When there is none.
pub fn home() -> Result<PathBuf> {
    Ok(strategy()?.home_dir().to_owned())
}

/// The policy's name, looked for in the current directory and in every one above.
pub const POLICY: &str = ".credenza-audit.toml";

/// The audit's policy: the one here or above, else `audit.toml` beside the configuration. It need not be
/// there.
///
/// # Errors
/// When there is no current directory, or no place for a configuration.
pub fn policy_file() -> Result<PathBuf> {
    let here = std::env::current_dir().wrap_err("There is no current directory")?;
    let above = here.ancestors().map(|directory| directory.join(POLICY)).find(|it| it.is_file());
    let beside = || Ok(ConfigFile::find()?.path.with_file_name("audit.toml"));
    above.map_or_else(beside, Ok)
}

/// Reads a policy; one that is not there wants nothing.
///
/// # Errors
/// When it cannot be read, or says something that is not known, with the line.
pub fn policy(file: &Path) -> Result<Policy> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Policy::default()),
        Err(error) => {
            return Err(error).wrap_err_with(|| format!("{} cannot be read", file.display()));
        }
    };
    Policy::read(&text)
        .map_err(|error| eyre!("{}, line {}: {}", file.display(), error.line, error.text))
}

/// Adds a suppression to the policy in force, which is created where there is none. Returns its file.
///
/// # Errors
/// When the policy cannot be read or written. One that cannot be read is not appended to.
pub fn suppress(suppression: &Suppression) -> Result<PathBuf> {
    let file = policy_file()?;
    policy(&file)?;
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    files::append(&file, &format!("\n{}", suppression.toml()))
        .wrap_err_with(|| format!("{} cannot be written", file.display()))?;
    Ok(file)
}

/// Where the log goes; `None` unless `CREDENZA_LOG` asks for one.
#[must_use]
pub fn log_file() -> Option<PathBuf> {
    variable("CREDENZA_LOG")?;
    Some(state_directory().ok()?.join("credenza.log"))
}

fn strategy() -> Result<impl etcetera::BaseStrategy> {
    etcetera::choose_base_strategy().wrap_err("There is no home directory: set HOME")
}
