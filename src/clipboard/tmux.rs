//! Copies text into a tmux buffer. tmux forwards the text to the outer terminal.

use std::{process::Stdio, time::Duration};

use tokio::{io::AsyncWriteExt as _, process::Child, time::timeout};
use zeroize::Zeroizing;

use super::{ChannelError, fingerprint};
use crate::process;

/// Name of the tmux buffer for secrets.
const BUFFER: &str = "credenza";

/// Time limit for each operation with tmux.
const LIMIT: Duration = Duration::from_secs(2);

/// Copies a text into the tmux buffer and to the terminal (tmux 3.2 or newer). The text is passed
/// through a pipe, because other users can read process arguments.
///
/// Secrets are copied into a named buffer, so that they can be cleared after later copies. Other
/// texts are copied into an unnamed buffer, because tmux's paste key inserts the newest unnamed
/// buffer.
///
/// Returns true if an outer terminal accepts the copy from tmux, or if this is unknown.
pub(super) async fn load(text: &str, secret: bool) -> Result<bool, ChannelError> {
    let work = async {
        let named: &[&str] = if secret {
            &["load-buffer", "-b", BUFFER, "-w", "-"]
        } else {
            &["load-buffer", "-w", "-"]
        };
        let mut child = tmux(named)?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(text.as_bytes()).await.map_err(ChannelError::system)?;
        }
        let status = child.wait().await.map_err(ChannelError::system)?;
        if !status.success() {
            return Err(ChannelError::OldTmux);
        }
        Ok(())
    };
    timeout(LIMIT, work).await.unwrap_or(Err(ChannelError::TmuxHangs))?;
    // The text is in the buffer already, so an error of this check is ignored.
    let asked = async {
        let output = tmux(&["show-messages", "-T"]).ok()?.wait_with_output().await.ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let known = timeout(LIMIT, asked).await.ok().flatten();
    Ok(passes_on(&known.unwrap_or_default()))
}

/// True if any outer terminal supports copying, according to its capability `Ms` (tmux(1)), or if
/// tmux does not list the capability.
fn passes_on(terminals: &str) -> bool {
    let mut known = terminals.lines().filter(|line| line.contains(" Ms: ")).peekable();
    known.peek().is_none() || known.any(|line| !line.contains("[missing]"))
}

/// Deletes the buffer for secrets if its text has this fingerprint. Returns false if the buffer
/// does not exist or contains different text.
///
/// # Errors
/// [`ChannelError`] if tmux cannot be started, does not respond, or does not delete the buffer.
pub(super) async fn clear(ours: [u8; 32]) -> Result<bool, ChannelError> {
    let work = async {
        let child = tmux(&["show-buffer", "-b", BUFFER])?;
        let output = child.wait_with_output().await.map_err(ChannelError::system)?;
        let held = Zeroizing::new(output.stdout);
        let same = std::str::from_utf8(&held).is_ok_and(|text| fingerprint(text) == ours);
        if !same {
            return Ok(false);
        }
        let mut child = tmux(&["delete-buffer", "-b", BUFFER])?;
        let status = child.wait().await.map_err(ChannelError::system)?;
        if status.success() { Ok(true) } else { Err(ChannelError::OldTmux) }
    };
    timeout(LIMIT, work).await.unwrap_or(Err(ChannelError::TmuxHangs))
}

fn tmux(arguments: &[&str]) -> Result<Child, ChannelError> {
    process::command("tmux")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| ChannelError::NoTmux(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::passes_on;

    #[test]
    fn terminal_without_the_capability_gets_nothing() {
        let with = " 150: Ms: (string) \\033]52;%p1%s;%p2%s\\a";
        let without = " 150: Ms: [missing]";
        assert!(passes_on(with) && !passes_on(without));
        assert!(passes_on(&format!("{without}\n{with}")), "one of two terminals");
        assert!(passes_on(""), "an older tmux does not report it");
    }
}
