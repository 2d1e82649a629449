//! Clipboard access through channels that a plan selects according to the environment.
//!
//! The channels, in this order:
//!
//! - inside tmux, `tmux load-buffer -w -`, which with default options is the only way to the outer
//!   terminal;
//! - with a local display, the native clipboard, which can be read back, and thus cleared reliably;
//! - over SSH and as a fallback, OSC 52.

#[cfg(feature = "clipboard-native")]
mod native;
#[cfg(not(feature = "clipboard-native"))]
#[path = "clipboard/no_native.rs"]
mod native;
pub mod osc52;
mod outcome;
pub mod plan;
mod tmux;

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::UnboundedSender;

pub use outcome::{ChannelError, Cleared, ClipboardError, CopyRoute};
pub use plan::{Channel, Choice, ClipboardPlan, Multiplexer};

use native::Native;

/// Clipboard access with a plan. Stores a fingerprint of the last copied secret, so that the secret
/// can be cleared.
pub struct Clipboard {
    plan: ClipboardPlan,
    native: Native,
    terminal: UnboundedSender<Vec<u8>>,
    held: Option<Held>,
}

/// Fingerprint and route of the last copied secret.
struct Held {
    fingerprint: [u8; 32],
    delivery: CopyRoute,
}

impl Clipboard {
    /// Creates a clipboard that follows a plan. The receiver of `terminal` must write the bytes to
    /// the terminal.
    #[must_use]
    pub fn new(plan: ClipboardPlan, terminal: UnboundedSender<Vec<u8>>) -> Self {
        Self { plan, native: Native::default(), terminal, held: None }
    }

    /// Copies a text through tmux and the native clipboard, if the plan contains them. If
    /// neither accepts the text, copies it with OSC 52. With `secret`, clipboard histories skip the
    /// text where possible, and [`Self::clear`] can clear it.
    ///
    /// # Errors
    /// [`ClipboardError`] if the plan has no channels, or if all of them fail.
    pub async fn copy(&mut self, text: &str, secret: bool) -> Result<CopyRoute, ClipboardError> {
        let mut tried = Vec::new();
        // `tmux` is `Some` if tmux accepted the text, and `Some(true)` if an outer terminal accepts
        // copies from tmux.
        let (mut tmux, mut native) = (None, false);
        for channel in self.plan.channels.clone() {
            let result = match channel {
                Channel::Tmux => tmux::load(text, secret).await.map(|passes| tmux = Some(passes)),
                Channel::Native => self.native.set(text, secret).await.map(|()| native = true),
                // OSC 52 is only a fallback, because its delivery cannot be confirmed.
                Channel::Terminal | Channel::Screen if tmux.is_some() || native => continue,
                Channel::Terminal | Channel::Screen => {
                    let bytes = if channel == Channel::Screen {
                        osc52::encode_in_screen(text)
                    } else {
                        osc52::encode(text)
                    };
                    if let Some(bytes) = bytes {
                        let _ = self.terminal.send(bytes);
                        return Ok(self.hold(text, secret, CopyRoute::Terminal));
                    }
                    Err(ChannelError::TooLong)
                }
            };
            if let Err(why) = result {
                tried.push((channel, why));
            }
        }
        let delivery = match (tmux, native) {
            (Some(_), true) => CopyRoute::TmuxAndNative,
            (Some(true), false) => CopyRoute::Tmux,
            (Some(false), false) => CopyRoute::TmuxAlone,
            (None, true) => CopyRoute::Native,
            (None, false) if tried.is_empty() => {
                return Err(ClipboardError::Disabled);
            }
            (None, false) => return Err(ClipboardError::Unavailable(tried)),
        };
        Ok(self.hold(text, secret, delivery))
    }

    /// Clears the last copied secret, if the clipboard still has it. The clipboard of a terminal
    /// cannot be read, so it is only cleared if the user requested this (`asked`). After a failure,
    /// another call tries again.
    pub async fn clear(&mut self, asked: bool) -> Cleared {
        let Some(held) = self.held.take() else { return Cleared::Cannot };
        let native = match held.delivery {
            CopyRoute::Native | CopyRoute::TmuxAndNative => {
                Some(self.native.clear(held.fingerprint).await)
            }
            _ => None,
        };
        let tmux = match held.delivery {
            CopyRoute::Tmux | CopyRoute::TmuxAlone | CopyRoute::TmuxAndNative => {
                Some(tmux::clear(held.fingerprint).await)
            }
            _ => None,
        };
        match (held.delivery, native, tmux) {
            (_, Some(Err(_)), _) | (_, _, Some(Err(_))) => {
                self.held = Some(held); // for another attempt
                Cleared::Failed
            }
            (CopyRoute::Terminal, ..) if asked => {
                let inside = self.plan.channels.contains(&Channel::Screen);
                let clear = if inside { osc52::clear_in_screen() } else { osc52::CLEAR.to_vec() };
                let _ = self.terminal.send(clear);
                Cleared::Asked
            }
            (CopyRoute::Terminal, ..) => {
                self.held = Some(held); // for a later request by the user
                Cleared::TerminalKeeps
            }
            (_, _, Some(Ok(true))) => Cleared::TmuxOnly,
            (_, Some(Ok(true)), _) => Cleared::Yes,
            _ => Cleared::NotOurs,
        }
    }

    fn hold(&mut self, text: &str, secret: bool, delivery: CopyRoute) -> CopyRoute {
        if secret {
            self.held = Some(Held { fingerprint: fingerprint(text), delivery });
        } else if delivery == CopyRoute::Terminal
            && self.held.as_ref().is_some_and(|held| held.delivery == CopyRoute::Terminal)
        {
            // The text overwrote the secret in the terminal. A secret in tmux or in the native
            // clipboard is not overwritten.
            self.held = None;
        }
        delivery
    }
}

fn fingerprint(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}
