//! Messages on standard error, and prompts at the terminal.

use std::io::{IsTerminal as _, Read, Write as _};

use color_eyre::eyre::{Result, WrapErr as _, eyre};

use crate::domain::Secret;

/// Prints a message to standard error.
pub fn say(text: &str) {
    // A closed standard error must not stop the command.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Prompts for the answer to a yes-or-no question. Returns true for `y`, `Y` or `yes`, and false
/// for any other answer or without a terminal.
pub fn confirm(question: &str) -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    ask(question);
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

fn ask(question: &str) {
    let _ = write!(std::io::stderr(), "{question}");
}

/// Prompts for input without echo. Returns `None` if no input can be read, for example without a
/// terminal.
#[must_use]
pub fn prompt(text: &str) -> Option<Secret> {
    rpassword::prompt_password(text).ok().map(Secret::new)
}

/// Reads a secret of at most 1 MiB, and removes white space around it.
///
/// # Errors
/// Returns an error if the secret cannot be read, is longer than 1 MiB, or is not UTF-8.
pub fn read_all(from: impl Read) -> Result<Secret> {
    const LIMIT: u64 = 1024 * 1024;
    let mut text = zeroize::Zeroizing::new(String::new());
    from.take(LIMIT + 1).read_to_string(&mut text).wrap_err("Could not read the secret")?;
    if text.len() as u64 > LIMIT {
        return Err(eyre!("Could not read the secret: it is longer than 1 MiB"));
    }
    Ok(Secret::new(text.trim().to_owned()))
}

/// Prompts for a line of input, with echo.
///
/// # Errors
/// Returns an error if standard input cannot be read, or was closed (Ctrl-D).
pub fn ask_line(question: &str) -> Result<String> {
    ask(question);
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line).wrap_err("Could not read the input")?;
    if read == 0 {
        return Err(eyre!("Canceled. Nothing was changed"));
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
