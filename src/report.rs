//! Failures of the program itself: the panic report, and the log.
//!
//! Neither may hold a secret: no environment, no captured arguments, and what is logged is chosen
//! word by word.

use std::sync::Mutex;

use color_eyre::{
    config::HookBuilder,
    eyre::{Report, Result},
};
use tracing_subscriber::EnvFilter;

use crate::{config, files, shell::terminal};

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
        if let Some(directory) = path.parent() {
            files::private_directory(directory)?;
        }
        let file = files::private().append(true).create(true).open(&path)?;
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(filter))
            .with_writer(Mutex::new(file))
            .with_ansi(false)
            .init();
    }
    Ok(())
}

/// Says why the program cannot go on.
#[expect(clippy::print_stderr, reason = "there is no screen to say it on")]
pub fn say(error: &Report) {
    eprintln!("credenza: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}
