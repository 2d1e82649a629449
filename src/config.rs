//! Where things are: the environment and the XDG directories.

use std::path::PathBuf;

use color_eyre::eyre::{Result, WrapErr as _};
use etcetera::BaseStrategy as _;

/// An environment variable, if it is set to something.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where the local workspace keeps its data: `credenza` in the XDG data directory.
///
/// # Errors
/// When there is no home directory.
pub fn data_directory() -> Result<PathBuf> {
    Ok(strategy()?.data_dir().join("credenza"))
}

/// Where the log goes; `None` unless `CREDENZA_LOG` asks for one.
#[must_use]
pub fn log_file() -> Option<PathBuf> {
    variable("CREDENZA_LOG")?;
    let strategy = strategy().ok()?;
    let state = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Some(state.join("credenza").join("credenza.log"))
}

fn strategy() -> Result<impl etcetera::BaseStrategy> {
    etcetera::choose_base_strategy().wrap_err("There is no home directory: set HOME")
}
