//! Where a secret goes that a command has in its hands: to the screen only if asked, to a file that only
//! its owner can read, to a file descriptor, or to another program's standard input.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _, eyre};

use super::{Exit, person::say};
use crate::{domain::Secret, files, process};

/// Where a secret goes.
#[derive(Debug, Clone, Default, Args)]
#[group(multiple = false)]
pub struct KeepArgs {
    /// Print it.
    #[arg(long)]
    pub reveal: bool,
    /// Write it to a new file that only you can read.
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Write it to this file descriptor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub secret_fd: Option<u32>,
    /// Hand it to a command's standard input, as in 'pass insert -m oauth/sync'. The words are separated
    /// by spaces; no shell reads them.
    #[arg(long, value_name = "COMMAND")]
    pub exec: Option<String>,
}

impl KeepArgs {
    /// Whether it was said where it goes.
    #[must_use]
    pub const fn is_given(&self) -> bool {
        self.reveal || self.secret_file.is_some() || self.secret_fd.is_some() || self.exec.is_some()
    }

    /// Wants it to be said.
    ///
    /// # Errors
    /// What can be said.
    pub fn wanted(&self, what: &str) -> Result<()> {
        if self.is_given() {
            return Ok(());
        }
        Err(Exit::usage(format!(
            "Say where {what} goes: --reveal prints it, --secret-file FILE, --secret-fd N, or --exec 'pass insert -m NAME'"
        )))
    }

    /// Checks before anything is done that the secret will have a place.
    ///
    /// # Errors
    /// When the file is there already, or its directory, the descriptor or the program is not.
    pub fn check(&self) -> Result<()> {
        if let Some(number) = self.secret_fd {
            descriptor(number)?;
        }
        if let Some(command) = &self.exec {
            let program = command.split_whitespace().next().unwrap_or_default();
            let there = Path::new(program).components().count() > 1 && Path::new(program).is_file();
            if program.is_empty() || !(there || process::is_installed(program)) {
                return Err(Exit::usage(format!("There is no program {program:?} to hand it to")));
            }
        }
        let Some(path) = &self.secret_file else { return Ok(()) };
        if path.exists() {
            return Err(eyre!("{} is there already: name a new file", path.display()));
        }
        let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
        if directory.is_some_and(|directory| !directory.is_dir()) {
            return Err(eyre!("There is no directory for {}", path.display()));
        }
        Ok(())
    }

    /// Puts a secret where it goes; answers what is printed.
    ///
    /// # Errors
    /// When it cannot be put there. The secret is then lost to this command, never printed.
    pub fn put(&self, secret: &Secret) -> Result<String> {
        if self.reveal {
            // A secret that a terminal would obey is written out like anything else.
            return Ok(format!("{}\n", crate::domain::text::shown(secret.expose())));
        }
        if let Some(path) = &self.secret_file {
            let mut file = files::private()
                .write(true)
                .create_new(true)
                .open(path)
                .wrap_err_with(|| format!("{} cannot be written", path.display()))?;
            file.write_all(secret.expose().as_bytes())?;
            file.sync_all()?;
            say(&format!("Written to {}, which only you can read.", path.display()));
        } else if let Some(number) = self.secret_fd {
            into_descriptor(number, secret)?;
        } else if let Some(command) = &self.exec {
            hand_over(command, secret)?;
        }
        Ok(String::new())
    }
}

/// Writes to a descriptor that the shell opened.
fn into_descriptor(number: u32, secret: &Secret) -> Result<()> {
    descriptor(number)?.write_all(secret.expose().as_bytes())?;
    Ok(())
}

fn descriptor(number: u32) -> Result<std::fs::File> {
    std::fs::OpenOptions::new()
        .write(true)
        .open(Path::new("/dev/fd").join(number.to_string()))
        .wrap_err_with(|| format!("File descriptor {number} cannot be written"))
}

fn hand_over(command: &str, secret: &Secret) -> Result<()> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let Some((program, arguments)) = words.split_first() else {
        return Err(Exit::usage("--exec needs a command".to_owned()));
    };
    let status = process::fed(program, arguments, secret.expose().as_bytes())
        .wrap_err_with(|| format!("{program} cannot be started"))?;
    if status.success() {
        Ok(())
    } else {
        Err(eyre!("{program} took the secret, and ended with {status}"))
    }
}
