//! Failures of the program itself: the panic report, and the log.
//!
//! Neither may hold a secret: no environment, no captured arguments, and what is logged is chosen
//! word by word.

use std::{fs, io, path::Path, sync::Mutex};

use color_eyre::{config::HookBuilder, eyre::Result};
use tracing_subscriber::EnvFilter;

use crate::{config, shell::terminal};

/// Sets up panic reports and, if `CREDENZA_LOG` asks for it, the log.
///
/// # Errors
/// When it was done before, or the log file cannot be opened.
pub fn install() -> Result<()> {
    let hooks = HookBuilder::new()
        .display_env_section(false)
        .panic_section("This is a bug in Credenza. What was saved is saved.");
    let (panic, error) = hooks.into_hooks();
    error.install()?;
    let report = panic.into_panic_hook();
    std::panic::set_hook(Box::new(move |info| {
        let had_terminal = terminal::is_taken();
        terminal::restore();
        report(info);
        if had_terminal {
            // Whichever thread it was: a console that drew on would draw over the report.
            #[expect(
                clippy::exit,
                reason = "the terminal is back, and no other thread may take it again"
            )]
            std::process::exit(101);
        }
    }));
    if let (Some(filter), Some(path)) = (config::variable("CREDENZA_LOG"), config::log_file()) {
        let file = open_private(&path)?;
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(filter))
            .with_writer(Mutex::new(file))
            .with_ansi(false)
            .init();
    }
    Ok(())
}

/// Opens a file for appending that only its owner can read, in a directory of the same kind.
fn open_private(path: &Path) -> io::Result<fs::File> {
    if let Some(directory) = path.parent() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
