//! Native clipboard, served by a separate thread.
//!
//! Under X11, the clipboard's content disappears with its owner, so one `arboard::Clipboard` lives
//! as long as the program. An unresponsive X server blocks the thread forever, so callers wait for
//! at most two seconds.

use std::{
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};
use zeroize::Zeroizing;

use super::{ChannelError, fingerprint};

const LIMIT: Duration = Duration::from_secs(2);

enum Job {
    Set { text: Zeroizing<String>, secret: bool, done: oneshot::Sender<Result<(), ChannelError>> },
    Clear { ours: [u8; 32], done: oneshot::Sender<Result<bool, ChannelError>> },
}

/// Sender of jobs to the clipboard thread, which starts with the first job.
#[derive(Default)]
pub(super) struct Native(Option<Sender<Job>>);

impl Native {
    /// Copies a text; a secret is marked so that clipboard histories skip it.
    pub async fn set(&mut self, text: &str, secret: bool) -> Result<(), ChannelError> {
        let (done, result) = oneshot::channel();
        self.send(Job::Set { text: Zeroizing::new(text.to_owned()), secret, done })?;
        answer(result).await
    }

    /// Clears the clipboard if its text has this fingerprint. Returns false if the clipboard
    /// is empty or has other content.
    ///
    /// # Errors
    /// [`ChannelError`] if the clipboard cannot be read or cleared. It may then still have the
    /// text.
    pub async fn clear(&mut self, ours: [u8; 32]) -> Result<bool, ChannelError> {
        let (done, result) = oneshot::channel();
        self.send(Job::Clear { ours, done })?;
        answer(result).await
    }

    fn send(&mut self, job: Job) -> Result<(), ChannelError> {
        if self.0.is_none() {
            let (jobs, inbox) = channel();
            std::thread::Builder::new()
                .name("clipboard".to_owned())
                .spawn(move || work(&inbox))
                .map_err(ChannelError::system)?;
            self.0 = Some(jobs);
        }
        let sent = self.0.as_ref().map(|jobs| jobs.send(job).is_ok());
        if sent == Some(true) { Ok(()) } else { Err(ChannelError::ThreadEnded) }
    }
}

/// Waits for the result of a job, up to [`LIMIT`].
async fn answer<T>(result: oneshot::Receiver<Result<T, ChannelError>>) -> Result<T, ChannelError> {
    match timeout(LIMIT, result).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(ChannelError::ThreadEnded),
        Err(_) => Err(ChannelError::DisplayHangs),
    }
}

fn clear(clipboard: &mut arboard::Clipboard, ours: [u8; 32]) -> Result<bool, ChannelError> {
    match clipboard.get_text().map(Zeroizing::new) {
        Ok(text) if fingerprint(&text) == ours => {
            clipboard.clear().map_err(ChannelError::system)?;
            Ok(true)
        }
        // `ContentNotAvailable` means that the clipboard is empty or has content other than text.
        Ok(_) | Err(arboard::Error::ContentNotAvailable) => Ok(false),
        Err(error) => Err(ChannelError::system(error)),
    }
}

fn work(inbox: &Receiver<Job>) {
    let mut clipboard = None;
    while let Ok(job) = inbox.recv() {
        if clipboard.is_none() {
            clipboard = arboard::Clipboard::new().ok();
        }
        match (job, &mut clipboard) {
            (Job::Set { done, .. }, None) => {
                let _ = done.send(Err(ChannelError::NoDisplay));
            }
            (Job::Clear { done, .. }, None) => {
                let _ = done.send(Err(ChannelError::NoDisplay));
            }
            // The caller has stopped waiting and uses another channel, so nothing would clear this
            // copy.
            (Job::Set { done, .. }, Some(_)) if done.is_closed() => {}
            (Job::Set { text, secret, done }, Some(clipboard)) => {
                let result = set(clipboard, &text, secret).map_err(ChannelError::system);
                if done.send(result).is_err() && secret {
                    let _ = clear(clipboard, fingerprint(&text));
                }
            }
            (Job::Clear { ours, done }, Some(clipboard)) => {
                let _ = done.send(clear(clipboard, ours));
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn set(clipboard: &mut arboard::Clipboard, text: &str, secret: bool) -> Result<(), arboard::Error> {
    use arboard::SetExtLinux as _;
    let set = clipboard.set();
    if secret { set.exclude_from_history().text(text) } else { set.text(text) }
}

#[cfg(target_os = "macos")]
fn set(clipboard: &mut arboard::Clipboard, text: &str, secret: bool) -> Result<(), arboard::Error> {
    use arboard::SetExtApple as _;
    let set = clipboard.set();
    if secret { set.exclude_from_history().text(text) } else { set.text(text) }
}

#[cfg(windows)]
fn set(clipboard: &mut arboard::Clipboard, text: &str, secret: bool) -> Result<(), arboard::Error> {
    use arboard::SetExtWindows as _;
    let set = clipboard.set();
    if secret {
        set.exclude_from_monitoring().exclude_from_history().text(text)
    } else {
        set.text(text)
    }
}
