//! Error reports of the program itself: the panic report, the log and the final error message.
//!
//! Reports and the log must not contain a secret: they include no environment variables and no
//! captured arguments, and each logged value is selected explicitly.

use std::{fmt::Write as _, io::Write as _, sync::Mutex};

use color_eyre::{
    config::HookBuilder,
    eyre::{Report, Result},
};
use tracing_subscriber::EnvFilter;

use crate::{config, files, shell::terminal};

/// Installs the panic report and, if `CREDENZA_LOG` is set, the log.
///
/// # Errors
/// Returns an error if a report is already installed, if the log file cannot be opened, or if other
/// users can access its directory.
pub fn install() -> Result<()> {
    let hooks = HookBuilder::new()
        .display_env_section(false)
        .panic_section("This is a bug in Credenza. Saved changes are not affected.");
    let (panic, error) = hooks.into_hooks();
    error.install()?;
    let report = panic.into_panic_hook();
    std::panic::set_hook(Box::new(move |info| {
        let had_terminal = terminal::is_taken();
        terminal::restore();
        report(info);
        if had_terminal {
            // Exits even after a panic in a background thread, because the console would otherwise
            // draw over the report.
            #[expect(
                clippy::exit,
                reason = "the terminal is restored, and no other thread may take it over"
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

/// Prints a fatal error to standard error.
pub fn say(error: &Report) {
    // If standard error is closed, the exit code alone reports the failure.
    let _ = write!(std::io::stderr(), "{}", text_of(error));
}

/// Formats an error and its causes, without the passwords in URLs. Omits a cause whose text is
/// already part of the message.
fn text_of(error: &Report) -> String {
    let mut out = format!("credenza: {error}\n");
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !out.contains(cause.trim_end_matches('.')) {
            let _ = writeln!(out, "  because: {cause}");
        }
    }
    without_passwords(&out)
}

/// Replaces each password in a URL with `…`. The URLs may come from an argument or a file.
fn without_passwords(text: &str) -> String {
    let password = regex_lite::Regex::new(r"(://[^/\s:@]*):[^/\s]*@");
    password.map_or_else(|_| text.to_owned(), |it| it.replace_all(text, "$1:…@").into_owned())
}

#[cfg(test)]
mod tests {
    use color_eyre::eyre::{WrapErr as _, eyre};

    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let inner = || Err::<(), _>(eyre!("Address in use"));
        let quoted = inner().wrap_err("Cannot listen: Address in use").expect_err("fails");
        assert_eq!(text_of(&quoted), "credenza: Cannot listen: Address in use\n");
        let other = inner().wrap_err("Cannot listen").expect_err("fails");
        assert_eq!(text_of(&other), "credenza: Cannot listen\n  because: Address in use\n");
    }

    #[test]
    fn a_password_in_a_url_is_not_told() {
        let error = eyre!("https://ada:s3c%2Fret@api.acme.dev/x and http://:p@a cannot be used");
        let said = text_of(&error);
        assert!(!said.contains("s3c"), "{said}");
        assert_eq!(
            without_passwords("https://ada:p@ss@api.acme.dev/ is no https://api.acme.dev:8443/x@y"),
            "https://ada:…@api.acme.dev/ is no https://api.acme.dev:8443/x@y"
        );
    }
}
