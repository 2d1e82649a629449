//! External signals: TERM, HUP, INT and QUIT shut down the console cleanly, and TSTP suspends it.

use std::io;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Action that a signal requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(unix), expect(dead_code, reason = "only Ctrl-C exists there"))]
pub(super) enum Signal {
    /// Exit, with the signal's number.
    End(u8),
    /// Suspend the process.
    Suspend,
}

/// Number of SIGINT, which Ctrl-C sends.
pub(super) const INTERRUPT: u8 = 2;

/// Number of SIGQUIT, which Ctrl-\ sends.
pub(super) const QUIT: u8 = 3;

/// Starts listening for signals. The returned channel receives their actions.
#[cfg(unix)]
pub(super) fn listen() -> io::Result<UnboundedReceiver<Signal>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (outbox, inbox) = unbounded_channel();
    let suspend = rustix::process::Signal::TSTP.as_raw();
    for (kind, meaning) in [
        (SignalKind::hangup(), Signal::End(1)),
        (SignalKind::interrupt(), Signal::End(INTERRUPT)),
        (SignalKind::quit(), Signal::End(QUIT)),
        (SignalKind::terminate(), Signal::End(15)),
        (SignalKind::from_raw(suspend), Signal::Suspend),
    ] {
        let mut stream = signal(kind)?;
        let outbox = outbox.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if outbox.send(meaning).is_err() {
                    return;
                }
            }
        });
    }
    Ok(inbox)
}

/// Starts listening for Ctrl-C, the only signal on this platform.
#[cfg(not(unix))]
pub(super) fn listen() -> io::Result<UnboundedReceiver<Signal>> {
    let (outbox, inbox) = unbounded_channel();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if outbox.send(Signal::End(INTERRUPT)).is_err() {
                return;
            }
        }
    });
    Ok(inbox)
}
