//! Sign-in to the open profile. The screens below keep their state.

pub(super) mod view;

use std::sync::Arc;

use jiff::Timestamp;
use tui_input::InputRequest;
use zeroize::Zeroizing;

use crate::{
    app::{
        ClipboardEffect, ConnectionState, Copied, Effect, Model, SessionEffect, Tone,
        remote::Ticket, screens::Behavior,
    },
    auth::{session::SessionInfo, sign_in::SignInStep},
    domain::{
        Profile, Secret,
        profile::{Method, Provider},
    },
    keys::{DialogCommand, KeyScope, ScreenCommand, ValueCommand},
    ui::{Canvas, Rect},
    vault::Stored,
};

/// Secret that the user typed. It is compared by identity and never printed.
#[derive(Debug, Clone)]
pub struct Typed(Arc<Secret>);

impl Typed {
    /// Returns a copy of the secret, for sending.
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

/// Field for a secret, which shows only its length.
#[derive(Default)]
pub struct SecretField(Zeroizing<String>);

/// Maximum length of a secret, in bytes.
const LONGEST: usize = 16 * 1024;

impl SecretField {
    /// Appends a character. Ignores control characters, and input beyond 16 KiB.
    pub fn push(&mut self, c: char) {
        if self.0.capacity() == 0 {
            self.0.reserve(LONGEST); // reallocation would leave copies in memory
        }
        if !c.is_control() && self.0.len() + c.len_utf8() <= LONGEST {
            self.0.push(c);
        }
    }

    /// Deletes the last character.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Clears the field, and overwrites the secret in memory.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Applies an editing request. Supports only insertion and deletion at the end, and clearing.
    pub fn handle(&mut self, request: InputRequest) {
        match request {
            InputRequest::InsertChar(c) => self.push(c),
            InputRequest::DeletePrevChar => self.pop(),
            InputRequest::DeleteLine => self.clear(),
            _ => {}
        }
    }

    /// Replaces the input with the first line of a text, trimmed.
    pub fn paste(&mut self, text: &str) {
        self.clear();
        let line = text.lines().next().unwrap_or_default();
        line.trim().chars().for_each(|c| self.push(c));
    }

    /// Returns the number of characters.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.chars().count()
    }

    /// Takes the trimmed input out of the field; `None` if it is empty.
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

/// Session of a successful sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Method, expiry and user of the session, without its tokens.
    pub about: SessionInfo,
    /// Store that contains the session.
    pub kept: Stored,
}

/// Stage of a sign-in: choice of a method, input or waiting.
#[derive(Debug)]
pub enum SignInStage {
    /// The user chooses a method.
    Choosing,
    /// The user enters a secret, token or address.
    Typing(SecretField),
    /// A response from the issuer, or a user action in the browser, is pending.
    Waiting {
        /// Ticket of the pending attempt.
        ticket: Ticket,
        /// Step for the user, once known.
        step: Option<SignInStep>,
        /// Input, restored if it is rejected.
        typed: Option<Typed>,
    },
}

/// Sign-in screen.
#[derive(Debug)]
pub struct SignIn {
    /// Reason why the screen opened, unless the user opened it.
    pub reason: Option<String>,
    /// Available sign-in methods.
    pub ways: Vec<Method>,
    /// Index of the method under the cursor.
    pub cursor: usize,
    /// Current stage.
    pub stage: SignInStage,
    /// Page to open in a browser, once known.
    pub page: Option<SignInStep>,
    /// Reason why the input was rejected.
    pub problem: Option<String>,
}

impl SignIn {
    /// Creates the screen with the methods of a profile, and the cursor on the default method.
    #[must_use]
    pub fn new(profile: &Profile, usual: Method, reason: Option<String>) -> Self {
        // A client registration profile without a client ID can only use an existing initial access
        // token (RFC 7591 section 3).
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
        Self { reason, ways, cursor, stage: SignInStage::Choosing, page: None, problem: None }
    }

    /// Returns the method under the cursor.
    #[must_use]
    pub fn way(&self) -> Method {
        self.ways.get(self.cursor).copied().unwrap_or(Method::Browser)
    }

    /// Moves the cursor by one method, without wrapping.
    pub fn go(&mut self, down: bool) {
        let last = self.ways.len().saturating_sub(1);
        self.cursor =
            if down { (self.cursor + 1).min(last) } else { self.cursor.saturating_sub(1) };
    }

    /// Handles a failed sign-in: returns to the field with its input and the reason, or to the
    /// choice of methods. Returns true if the field shows the reason.
    pub fn failed(&mut self, why: &str) -> bool {
        let stage = std::mem::replace(&mut self.stage, SignInStage::Choosing);
        // A pasted redirect address works only once, so it is not restored.
        let kept = match stage {
            SignInStage::Waiting { typed, .. } if self.page.is_none() => typed,
            _ => None,
        };
        self.page = None;
        let Some(typed) = kept else { return false };
        let mut field = SecretField::default();
        field.paste(typed.copy().expose());
        self.stage = SignInStage::Typing(field);
        self.problem = Some(why.to_owned());
        true
    }

    /// Returns the ticket of the pending attempt; `None` if no attempt is pending.
    #[must_use]
    pub const fn ticket(&self) -> Option<Ticket> {
        match &self.stage {
            SignInStage::Waiting { ticket, .. } => Some(*ticket),
            _ => None,
        }
    }
}

impl Behavior for SignIn {
    fn scope(&self) -> KeyScope {
        match self.stage {
            SignInStage::Choosing => KeyScope::SignIn,
            SignInStage::Typing(_) => KeyScope::SignInSecret,
            SignInStage::Waiting { .. } => KeyScope::SignInWaiting,
        }
    }

    fn title(&self, model: &Model) -> String {
        format!("Sign in › {}", model.workspace.name)
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(model, self, canvas, room);
        0
    }

    fn point(&mut self, row: usize, _: Timestamp) {
        // The user may be typing a secret for the current method, so the method must not change.
        if !matches!(self.stage, SignInStage::Choosing) {
            return;
        }
        self.cursor = row.min(self.ways.len().saturating_sub(1));
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let ticket = model.ticket();
        let has_command = model
            .workspace
            .profile
            .as_ref()
            .is_some_and(|profile| !profile.token_command.is_empty());
        let Some(sign_in) = model.top_mut::<Self>() else { return Vec::new() };
        let method = sign_in.way();
        match (command, &mut sign_in.stage) {
            (ScreenCommand::Move(step), SignInStage::Choosing) => sign_in.go(step.is_down()),
            (ScreenCommand::Dialog(DialogCommand::Accept), SignInStage::Choosing) => {
                (sign_in.page, sign_in.problem) = (None, None);
                if method == Method::Machine || (method == Method::Token && !has_command) {
                    sign_in.stage = SignInStage::Typing(SecretField::default());
                    return Vec::new();
                }
                sign_in.stage = SignInStage::Waiting { ticket, step: None, typed: None };
                return vec![Effect::Session(SessionEffect::SignIn {
                    ticket,
                    method,
                    typed: None,
                })];
            }
            (ScreenCommand::Dialog(DialogCommand::Submit), SignInStage::Typing(field)) => {
                let Some(typed) = field.take() else { return Vec::new() };
                sign_in.problem = None;
                sign_in.stage =
                    SignInStage::Waiting { ticket, step: None, typed: Some(typed.clone()) };
                return vec![Effect::Session(SessionEffect::SignIn {
                    ticket,
                    method,
                    typed: Some(typed),
                })];
            }
            (ScreenCommand::Value(ValueCommand::CopyPage), _) => {
                return match sign_in.page.as_ref().map(page_of) {
                    Some(page) => vec![Effect::Clipboard(ClipboardEffect::Copy {
                        what: Copied::LoginPage,
                        text: page.into(),
                    })],
                    None => vec![model.say(Tone::Refused, "No address yet")],
                };
            }
            _ => {}
        }
        Vec::new()
    }

    fn back(model: &mut Model) -> Option<Vec<Effect>> {
        let sign_in = model.top_mut::<Self>()?;
        match sign_in.stage {
            SignInStage::Choosing => None,
            SignInStage::Typing(_) | SignInStage::Waiting { .. } => {
                sign_in.stage = SignInStage::Choosing;
                sign_in.page = None;
                Some(vec![Effect::Session(SessionEffect::CancelSignIn)])
            }
        }
    }

    fn closed(self, model: &mut Model) -> Vec<Effect> {
        if model.connection != ConnectionState::Failed || !model.screens.is_empty() {
            return Vec::new();
        }
        let text = "Not signed in. Press L i to sign in or P to switch profiles";
        vec![model.say(Tone::Plain, text)]
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        if let SignInStage::Typing(field) = &mut self.stage {
            field.handle(request);
            self.problem = None;
        }
    }

    fn paste(&mut self, text: &str, _: Timestamp) -> Result<(), &'static str> {
        let SignInStage::Typing(field) = &mut self.stage else {
            return Err("Select a sign-in method first");
        };
        field.paste(text);
        self.problem = None;
        Ok(())
    }

    fn login_page(&self) -> Option<&SignInStep> {
        self.page.as_ref()
    }
}

/// Opens the sign-in over the current screen, unless a sign-in is open or the workspace has no
/// profile.
pub(in crate::app) fn show(model: &mut Model, reason: Option<String>) -> Vec<Effect> {
    let Some(profile) = &model.workspace.profile else { return Vec::new() };
    if !model.has_open::<SignIn>() {
        let sign_in = SignIn::new(profile, model.usual, reason);
        model.open(sign_in);
    }
    Vec::new()
}

pub(in crate::app) fn sign_out(model: &mut Model) -> Vec<Effect> {
    if model.writes > 0 {
        return vec![model.say(Tone::Refused, "A save is in progress. Wait for it to finish")];
    }
    vec![model.say(Tone::Plain, "Signing out…"), Effect::Session(SessionEffect::SignOut)]
}

/// Returns the address that the user must open.
pub(in crate::app) fn page_of(step: &SignInStep) -> String {
    match step {
        SignInStep::Browse { url, .. } => url.clone(),
        SignInStep::Visit(visit) => visit.page().raw().to_owned(),
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
