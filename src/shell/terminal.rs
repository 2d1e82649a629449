//! Takes over the terminal, and restores it even after an error or a panic.
//!
//! [`restore`] runs at the end of [`super::run`], before a suspension, before an editor starts,
//! when the [`Guard`] is dropped, and in the panic hook. The function runs every step even if one
//! fails.

use std::{
    io::{self, IsTerminal as _, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::{
    cursor::{Hide, Show},
    event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange},
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::layout::Size;

/// True while the console owns the terminal.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// True if the console only appends lines, so that the screen is neither switched nor cleared.
static LINEAR: AtomicBool = AtomicBool::new(false);

/// Returns the reason why the console cannot run on this terminal, if any. Linear mode
/// also runs on a terminal without cursor control.
#[must_use]
pub fn unusable(linear: bool) -> Option<&'static str> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Some("The console requires a terminal for input and output.");
    }
    match std::env::var("TERM") {
        _ if linear => None,
        Ok(term) if term == "dumb" => {
            Some("The console does not support this terminal (TERM=dumb).")
        }
        Err(_) if cfg!(unix) => Some("The console cannot detect this terminal (TERM is not set)."),
        _ => None,
    }
}

/// Returns the size of the terminal, in columns and rows. A closed terminal reports 0 x 0.
pub(super) fn size() -> io::Result<Size> {
    let (width, height) = crossterm::terminal::size()?;
    Ok(Size { width, height })
}

/// Standard output without a buffer, because the screen writes whole frames.
#[derive(Debug, Default)]
pub struct TerminalOutput;

impl Write for TerminalOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        #[cfg(unix)]
        return Ok(rustix::io::write(io::stdout(), bytes)?);
        #[cfg(not(unix))]
        io::stdout().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

/// Guard that owns the terminal and restores it when dropped.
pub struct Guard(());

impl Guard {
    /// Takes over the terminal: enables raw mode and, except on a dumb terminal, bracketed paste.
    /// Unless `linear` is true, also enables the alternate screen and focus events, and hides the
    /// cursor. Sends no queries to the terminal.
    ///
    /// # Errors
    /// Returns an error if the terminal cannot be set up. Partial changes are undone.
    pub fn enter(linear: bool) -> io::Result<Self> {
        LINEAR.store(linear, Ordering::SeqCst);
        TAKEN.store(true, Ordering::SeqCst);
        let guard = Self(());
        take()?;
        Ok(guard)
    }

    /// Restores the terminal before the guard is dropped.
    pub fn leave(&mut self) {
        restore();
    }

    /// Restores the terminal, runs another program on it, and takes over the terminal again.
    ///
    /// # Errors
    /// Returns an error if the terminal cannot be taken over again.
    pub async fn lend<T>(&mut self, program: impl Future<Output = T>) -> io::Result<T> {
        restore();
        let result = program.await;
        TAKEN.store(true, Ordering::SeqCst);
        take()?;
        Ok(result)
    }

    /// Restores the terminal, stops this job, and takes over the terminal again when the job is
    /// resumed. Does nothing if no shell could resume the job.
    ///
    /// # Errors
    /// Returns an error if the job cannot be stopped, or the terminal cannot be taken over again.
    pub fn suspend(&mut self) -> io::Result<()> {
        // In the session leader's process group, such as with `ssh -t host credenza` or in a
        // container, no shell with job control can resume the job.
        #[cfg(unix)]
        if rustix::process::getsid(None)? == rustix::process::getpgrp() {
            return Ok(());
        }
        restore();
        // The signal is STOP, because TSTP is caught. The whole process group receives it, because
        // the shell waits for every process of a job.
        #[cfg(unix)]
        rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?;
        TAKEN.store(true, Ordering::SeqCst);
        take()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Stops this process while another program uses the terminal, until the shell resumes the job.
pub(super) fn stop() {
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        let _ = kill_process(getpid(), Signal::STOP);
    }
}

/// True for a terminal that would print control sequences as text.
fn is_dumb() -> bool {
    std::env::var("TERM").map_or(cfg!(unix), |term| term == "dumb")
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    if LINEAR.load(Ordering::SeqCst) {
        return if is_dumb() { Ok(()) } else { execute!(io::stdout(), EnableBracketedPaste) };
    }
    execute!(io::stdout(), EnterAlternateScreen, Hide, EnableBracketedPaste, EnableFocusChange)
}

/// Returns the sequence that turns reports of clicks and of the wheel on or off (modes 1000 and
/// 1006 of xterm). Unlike crossterm's sequence, it does not turn on reports of every movement,
/// because the terminal would then send bytes over SSH whenever the mouse moves.
pub const fn mouse(on: bool) -> &'static [u8] {
    if on { b"\x1b[?1000h\x1b[?1006h" } else { b"\x1b[?1006l\x1b[?1000l" }
}

/// Restores the terminal; does nothing if the console does not own it.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if LINEAR.load(Ordering::SeqCst) {
        if !is_dumb() {
            let _ = execute!(out, DisableBracketedPaste);
        }
        let _ = disable_raw_mode();
        return;
    }
    // Ends a partial frame, so that the terminal shows later output. Clears the screen, so that no
    // secret stays in a scrollback that includes the alternate screen.
    let _ = out.write_all(b"\x1b[?2026l\x1b[r\x1b[m\x1b[H\x1b[2J");
    let _ = out.write_all(mouse(false));
    let _ = execute!(out, DisableFocusChange);
    let _ = execute!(out, DisableBracketedPaste);
    let _ = execute!(out, LeaveAlternateScreen);
    let _ = execute!(out, Show);
    let _ = disable_raw_mode();
}

/// Returns true while the console owns the terminal.
#[must_use]
pub fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}
