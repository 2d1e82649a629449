//! Clipboard: channels of an environment, and one function for all copies.
//!
//! Inside tmux, `tmux load-buffer -w -` comes first (with default options it is the only way out of tmux); over SSH,
//! OSC 52; with a display, the native clipboard, which alone can be read back and thus cleared reliably.

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

/// Clipboard of this process.
pub struct Clipboard {
    plan: ClipboardPlan,
    native: Native,
    terminal: UnboundedSender<Vec<u8>>,
    held: Option<Held>,
}

/// Secret that we copied: its fingerprint and destination.
struct Held {
    fingerprint: [u8; 32],
    delivery: CopyRoute,
}

impl Clipboard {
    /// Clipboard that follows a plan; bytes for the terminal go through `terminal`.
    #[must_use]
    pub fn new(plan: ClipboardPlan, terminal: UnboundedSender<Vec<u8>>) -> Self {
        Self { plan, native: Native::default(), terminal, held: None }
    }

    /// Copies a text along the plan. The only function that copies.
    ///
    /// # Errors
    /// No channel took it.
    pub async fn copy(&mut self, text: &str, secret: bool) -> Result<CopyRoute, ClipboardError> {
        let mut tried = Vec::new();
        // True if tmux took it, and true if it passes it on.
        let (mut tmux, mut native) = (None, false);
        for channel in self.plan.channels.clone() {
            let result = match channel {
                Channel::Tmux => tmux::load(text, secret).await.map(|passes| tmux = Some(passes)),
                Channel::Native => self.native.set(text, secret).await.map(|()| native = true),
                // Only as a fallback: delivery cannot be confirmed.
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

    /// Clears what we copied. Unless the user asked (`asked`), only where it can be verified that it is still ours.
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
            (CopyRoute::Terminal, ..) if asked => {
                let inside = self.plan.channels.contains(&Channel::Screen);
                let clear = if inside { osc52::clear_in_screen() } else { osc52::CLEAR.to_vec() };
                let _ = self.terminal.send(clear);
                Cleared::Asked
            }
            (CopyRoute::Terminal, ..) => {
                self.held = Some(held); // still there to be cleared when a user asks
                Cleared::TerminalKeeps
            }
            (_, _, Some(true)) => Cleared::TmuxOnly,
            (_, Some(true), _) => Cleared::Yes,
            _ => Cleared::NotOurs,
        }
    }

    fn hold(&mut self, text: &str, secret: bool, delivery: CopyRoute) -> CopyRoute {
        if secret {
            self.held = Some(Held { fingerprint: fingerprint(text), delivery });
        } else if delivery == CopyRoute::Terminal {
            self.held = None; // what a terminal held before is overwritten
        }
        delivery
    }
}

fn fingerprint(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}
