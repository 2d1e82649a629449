//! Destinations of a secret: standard output, a private file, a file descriptor, or another
//! program's standard input.
//!
//! A destination is reserved before the secret is requested ([`SecretOutputArgs::reserve`]). If the
//! delivery of a new secret still fails, the command saves the secret in the session store, and
//! `credenza secret pending` delivers it.

use std::{
    fs::File,
    io::{Seek as _, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _, eyre};

use super::{Exit, prompt::say};
use crate::{
    domain::{Secret, text},
    files, process,
};

/// Number of bytes written to a new file to reserve disk space; enough for common secrets.
const RESERVED: usize = 4096;

/// Destination of a secret.
#[derive(Debug, Clone, Default, Args)]
#[group(multiple = false)]
pub struct SecretOutputArgs {
    /// Print the secret.
    #[arg(long)]
    pub reveal: bool,
    /// New file for the secret, with mode 0600.
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// File descriptor to write the secret to.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub secret_fd: Option<u32>,
    /// Command that receives the secret on standard input, such as 'pass insert -m oauth/sync'. Words are separated
    /// by spaces; no shell is used.
    #[arg(long, value_name = "COMMAND")]
    pub exec: Option<String>,
}

impl SecretOutputArgs {
    /// True if a destination is given.
    #[must_use]
    pub const fn is_given(&self) -> bool {
        self.reveal || self.secret_file.is_some() || self.secret_fd.is_some() || self.exec.is_some()
    }

    /// Checks that a destination is given. `what` describes the secret in the error.
    ///
    /// # Errors
    /// Returns a usage error (exit code 2) if no destination is given.
    pub fn wanted(&self, what: &str) -> Result<()> {
        if self.is_given() {
            return Ok(());
        }
        Err(Exit::usage(format!(
            "No destination for {what}. Use --reveal to print it, --secret-file FILE, --secret-fd N, or --exec 'pass insert -m NAME'"
        )))
    }

    /// Reserves the destination, except in a dry run. Must be called before other files are opened,
    /// because otherwise a number in `--secret-fd` that the user did not open could refer to one of
    /// those files.
    ///
    /// # Errors
    /// The errors of [`Self::reserve`].
    pub fn reserve_unless(&self, dry_run: bool) -> Result<SecretOutput> {
        if dry_run { Ok(SecretOutput::None) } else { self.reserve() }
    }

    /// Opens or checks the destination before the secret is requested. A new file is filled
    /// immediately, to detect a full disk, and deleted if no secret is written to it. Returns
    /// [`SecretOutput::None`] without a destination.
    ///
    /// # Errors
    /// Returns an error if the file exists or cannot be written, if the descriptor is not open for
    /// writing, if the program is not found or not executable, or if the reader closed the
    /// descriptor or standard output.
    pub fn reserve(&self) -> Result<SecretOutput> {
        if let Some(path) = &self.secret_file {
            return ReservedFile::new(path).map(SecretOutput::File);
        }
        if let Some(number) = self.secret_fd {
            return descriptor(number).map(|file| SecretOutput::Descriptor(number, file));
        }
        if let Some(command) = &self.exec {
            let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
            let program = words.first().map_or("", String::as_str);
            return match process::find(program) {
                Some(_) => Ok(SecretOutput::Program(words)),
                None => {
                    Err(Exit::usage(format!("{program:?} is not on the PATH, or not executable")))
                }
            };
        }
        if !self.reveal {
            return Ok(SecretOutput::None);
        }
        if has_no_reader(&std::io::stdout()) {
            return Err(eyre!("Could not write to standard output: the reader closed it"));
        }
        Ok(SecretOutput::Screen)
    }
}

/// Destination that was opened or checked.
#[derive(Debug)]
pub enum SecretOutput {
    /// Standard output.
    Screen,
    /// New file, deleted if no secret is written to it.
    File(ReservedFile),
    /// Number of a descriptor that the parent process opened, and a duplicate of this descriptor.
    Descriptor(u32, File),
    /// Program and its arguments; it receives the secret on standard input.
    Program(Vec<String>),
    /// No destination: nothing is written.
    None,
}

impl SecretOutput {
    /// Writes a secret to the destination.
    ///
    /// # Errors
    /// Returns an error if the write or the program fails. The caller still has the secret.
    pub fn put(self, secret: &Secret) -> Result<()> {
        match self {
            // Control characters are escaped, because a secret from a server can contain terminal
            // sequences.
            Self::Screen => print(&text::shown_lines(secret.expose()))?,
            Self::File(file) => {
                let path = file.path.clone();
                file.put(secret).wrap_err_with(|| format!("Could not write {}", path.display()))?;
                say(&format!("Wrote {} (mode 0600).", path.display()));
            }
            Self::Descriptor(number, mut file) => file
                .write_all(secret.expose().as_bytes())
                .wrap_err_with(|| format!("Could not write to file descriptor {number}"))?,
            Self::Program(words) => hand_over(&words, secret)?,
            Self::None => {}
        }
        Ok(())
    }
}

/// Writes a text to standard output and flushes it, so that a closed pipe is detected while the
/// caller still has the secret.
///
/// # Errors
/// Returns an error if standard output cannot be written.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .wrap_err("Could not write to standard output")
}

/// New file for a secret, deleted on drop if no secret was written.
#[derive(Debug)]
pub struct ReservedFile {
    path: PathBuf,
    file: Option<File>,
}

impl ReservedFile {
    fn new(path: &Path) -> Result<Self> {
        let mut options = files::private();
        let file = options.read(true).write(true).create_new(true).open(path);
        let file = file.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                eyre!("{} already exists. Use a new file name", path.display())
            }
            _ => eyre!("Could not write {}: {error}", path.display()),
        })?;
        let mut reserved = Self { path: path.to_owned(), file: Some(file) };
        reserved.fill().wrap_err_with(|| format!("Could not write {}", path.display()))?;
        Ok(reserved)
    }

    fn fill(&mut self) -> std::io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(&[b'\n'; RESERVED])?;
        file.sync_all()
    }

    fn put(mut self, secret: &Secret) -> std::io::Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let bytes = secret.expose().as_bytes();
        let written = file
            .rewind()
            .and_then(|()| file.write_all(bytes))
            .and_then(|()| file.set_len(bytes.len() as u64))
            .and_then(|()| file.sync_all());
        if written.is_err() {
            let _ = std::fs::remove_file(&self.path);
        }
        written
    }
}

impl Drop for ReservedFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Duplicates a file descriptor that the parent process opened, and checks that it is writable.
fn descriptor(number: u32) -> Result<File> {
    let failed = |why: String| eyre!("Could not write to file descriptor {number}: {why}");
    let file = files::descriptor(number).map_err(|error| failed(error.to_string()))?;
    #[cfg(unix)]
    {
        use rustix::fs::{OFlags, fcntl_getfl};
        let flags = fcntl_getfl(&file).map_err(|error| failed(error.to_string()))?;
        if flags.intersection(OFlags::ACCMODE) == OFlags::RDONLY {
            return Err(failed("it is read-only".to_owned()));
        }
    }
    if has_no_reader(&file) {
        return Err(failed("the reader closed it".to_owned()));
    }
    Ok(file)
}

/// True if the other end of a pipe or socket was closed.
#[cfg(unix)]
fn has_no_reader(file: &impl std::os::fd::AsFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut polled = [PollFd::new(file, PollFlags::OUT)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut polled, Some(&now)).is_ok()
        && polled[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

#[cfg(not(unix))]
const fn has_no_reader<T>(_: &T) -> bool {
    false
}

fn hand_over(words: &[String], secret: &Secret) -> Result<()> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Exit::usage("--exec needs a command".to_owned()));
    };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let status = process::fed(program, &arguments, secret.expose().as_bytes())
        .wrap_err_with(|| format!("Could not start {program}"))?;
    if status.success() { Ok(()) } else { Err(eyre!("{program} failed with {status}")) }
}
