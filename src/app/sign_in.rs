//! Signing in to the profile that is open: over whatever is on the screen, which stays as it is.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::remote::Ticket;
use crate::{
    auth::{session::About, sign_in::Step},
    domain::{
        Profile, Secret,
        profile::{Method, Provider},
    },
    vault::Stored,
};

/// A secret on its way from a field to where it is used. It is compared by identity and never printed.
#[derive(Debug, Clone)]
pub struct Typed(Arc<Secret>);

impl Typed {
    /// The secret, for the moment in which it is sent.
    #[must_use]
    pub fn copy(&self) -> Secret {
        Secret::new(self.0.expose().to_owned())
    }
}

impl PartialEq for Typed {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Typed {}

/// A field for a secret: it shows how much was typed, and never what.
#[derive(Default)]
pub struct SecretField(Zeroizing<String>);

/// The longest secret that is typed or pasted, in bytes.
const LONGEST: usize = 16 * 1024;

impl SecretField {
    /// Takes a character.
    pub fn push(&mut self, c: char) {
        if self.0.capacity() == 0 {
            self.0.reserve(LONGEST); // growing would leave copies behind
        }
        if !c.is_control() && self.0.len() < LONGEST {
            self.0.push(c);
        }
    }

    /// Takes the last one back.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many characters there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.chars().count()
    }

    /// Takes what was typed out of the field; `None` when that is nothing.
    pub fn take(&mut self) -> Option<Typed> {
        let text = std::mem::take(&mut self.0);
        let text = text.trim();
        (!text.is_empty()).then(|| Typed(Arc::new(Secret::new(text.to_owned()))))
    }
}

impl std::fmt::Debug for SecretField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretField(…)")
    }
}

/// What came of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The session.
    pub about: About,
    /// Where it rests.
    pub kept: Stored,
}

/// How far a sign-in is.
#[derive(Debug)]
pub enum Stage {
    /// A way is being chosen.
    Choosing,
    /// A secret, a token or an address is being typed.
    Typing(SecretField),
    /// The issuer is being asked, or a person has to do something in a browser.
    Waiting {
        /// Which attempt.
        ticket: Ticket,
        /// What the person has to do, once that is known.
        step: Option<Step>,
    },
}

/// The sign-in screen.
#[derive(Debug)]
pub struct SignIn {
    /// Why it came up, if nobody asked for it.
    pub reason: Option<String>,
    /// The ways there are.
    pub ways: Vec<Method>,
    /// The way under the cursor.
    pub cursor: usize,
    /// How far it is.
    pub stage: Stage,
    /// Where the person has to go for pasting.
    pub page: Option<Step>,
}

impl SignIn {
    /// The ways to sign in to a profile, the usual one under the cursor.
    #[must_use]
    pub fn new(profile: &Profile, usual: Method, reason: Option<String>) -> Self {
        // The others need a client, and an initial access token comes from none (RFC 7591 section 3).
        let mut ways = match (profile.provider, &profile.client_id) {
            (Provider::Registration, None) => vec![Method::Token],
            _ => {
                vec![Method::Browser, Method::Device, Method::Paste, Method::Machine, Method::Token]
            }
        };
        let wanted = profile.sign_in == Some(Method::CartoCli);
        if profile.provider == Provider::Carto || wanted {
            ways.push(Method::CartoCli);
        }
        let usual = if profile.takes_pasted_token() { Method::Token } else { usual };
        let first = profile.sign_in.unwrap_or(usual);
        let cursor = ways.iter().position(|way| *way == first).unwrap_or(0);
        Self { reason, ways, cursor, stage: Stage::Choosing, page: None }
    }

    /// The way under the cursor.
    #[must_use]
    pub fn way(&self) -> Method {
        self.ways.get(self.cursor).copied().unwrap_or(Method::Browser)
    }

    /// Moves the cursor.
    pub fn go(&mut self, down: bool) {
        let last = self.ways.len().saturating_sub(1);
        self.cursor =
            if down { (self.cursor + 1).min(last) } else { self.cursor.saturating_sub(1) };
    }

    /// The attempt that is under way.
    #[must_use]
    pub const fn ticket(&self) -> Option<Ticket> {
        match &self.stage {
            Stage::Waiting { ticket, .. } => Some(*ticket),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_secret_never_prints_itself() {
        let mut field = SecretField::default();
        for c in " canary\u{1b}\n".chars() {
            field.push(c);
        }
        assert_eq!(field.count(), 7);
        assert!(!format!("{field:?}").contains("canary"));
        let typed = field.take().expect("something");
        assert_eq!(typed.copy().expose(), "canary");
        assert!(!format!("{typed:?}").contains("canary"));
        assert!(field.take().is_none());
    }

    #[test]
    fn the_profiles_own_way_comes_first() {
        let profile = Profile { sign_in: Some(Method::Machine), ..Profile::default() };
        assert_eq!(SignIn::new(&profile, Method::Device, None).way(), Method::Machine);
        assert_eq!(SignIn::new(&Profile::default(), Method::Device, None).way(), Method::Device);
    }
}
