//! Screens over a list: one module per screen, with its state, keys and title. Its `view.rs` draws it.
//!
//! A new screen is a module, a line in the list of `screens!`, and its rows in the key table.

pub mod about;
pub mod access_token;
pub mod audit;
pub mod chooser;
pub mod confirm;
pub mod delete_marked;
pub mod detail;
pub mod expiring;
pub mod form;
pub mod help;
pub mod once;
pub mod overview;
pub mod page;
pub mod passphrase;
pub mod plain_value;
pub mod profiles;
pub mod sign_in;
pub mod suppress;
pub mod suppressions;
pub mod unlock;
pub mod views;

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use super::{Effect, Model, auditor::Auditor};
use crate::{
    auth::sign_in::SignInStep,
    domain::{Credential, Kind, Untrusted, audit::Finding, cli_command::CliCommand},
    keys::{KeyScope, OpenCommand, ScreenCommand},
    ui::{Canvas, Rect},
};
use detail::Peek;

/// Methods of a screen. Only the first four are required.
pub(super) trait Behavior {
    /// Scope of its keys.
    fn scope(&self) -> KeyScope;

    /// Title.
    fn title(&self, model: &Model) -> String;

    /// Draws it. Returns the number of list rows built.
    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize;

    /// Runs a command while this screen is on top.
    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect>
    where
        Self: Sized;

    /// Goes back one step inside the screen; `None` if there is none, and the screen closes.
    fn back(_: &mut Model) -> Option<Vec<Effect>>
    where
        Self: Sized,
    {
        None
    }

    /// Effects after it was closed.
    fn closed(self, _: &mut Model) -> Vec<Effect>
    where
        Self: Sized,
    {
        Vec::new()
    }

    /// Passes a request to the focused text field.
    fn text(&mut self, _: InputRequest, _: Timestamp) {}

    /// Takes pasted text.
    ///
    /// # Errors
    /// Reason why no field takes it.
    fn paste(&mut self, _: &str, _: Timestamp) -> Result<(), &'static str> {
        Err("No field to paste into")
    }

    /// Field with the focus, for undoing; none for secrets.
    fn input(&mut self) -> Option<&mut Input> {
        None
    }

    /// True while it waits for a result, and must stay.
    fn is_waiting(&self) -> bool {
        false
    }

    /// True if closing would lose input, or a secret that is shown once.
    fn would_lose(&self) -> bool {
        false
    }

    /// Number of lines of a dialog; `None` for a page.
    fn dialog(&self) -> Option<u16> {
        None
    }

    /// Tab that it is, instead of a page with a title.
    fn tab(&self) -> Option<Tab> {
        None
    }

    /// Number of the line under the cursor, from 1, and of all lines, if not all are visible.
    fn position(&self) -> Option<(usize, usize)> {
        None
    }

    /// Sets the number of visible content rows.
    fn fit(&mut self, _: usize) {}

    /// Audits its content.
    fn audit(&mut self, _: &Auditor, _: Timestamp) {}

    /// Secret that may be visible.
    fn peek(&mut self) -> Option<&mut Peek> {
        None
    }

    /// Subject of commands here.
    fn subject(&self) -> ScreenSubject<'_> {
        ScreenSubject::OfList
    }

    /// Finding under the cursor, and its credential.
    fn finding(&self) -> Option<(&Finding, Option<&Credential>)> {
        None
    }

    /// Group of the finding under the cursor.
    fn findings(&self) -> &[Finding] {
        &[]
    }

    /// Page for the user to open in a browser.
    fn login_page(&self) -> Option<&SignInStep> {
        None
    }

    /// Equivalent command; `workspace` are its options.
    fn cli_command(&self, _: &[&str], _: Timestamp) -> Option<CliCommand> {
        None
    }
}

/// Tab beside those of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The audit.
    Audit,
    /// Expiring tokens and secrets.
    Expiring,
}

/// Subject of commands.
#[derive(Debug)]
pub(super) enum ScreenSubject<'a> {
    /// Row under the list's cursor.
    OfList,
    /// None.
    Nothing,
    /// This one.
    Credential {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: &'a Untrusted,
        /// Name.
        name: &'a Untrusted,
        /// Address of its owner, if the provider reports it.
        owner: Option<&'a Untrusted>,
        /// True once it is loaded.
        is_read: bool,
    },
}

impl<'a> ScreenSubject<'a> {
    /// A loaded credential.
    fn of(credential: &'a Credential) -> Self {
        Self::Credential {
            kind: credential.kind(),
            id: credential.id(),
            name: credential.name(),
            owner: credential.record().owner.as_ref().map(|owner| &owner.email),
            is_read: true,
        }
    }
}

/// One kind of screen.
pub trait OneOf: Sized + 'static {
    /// Returns the screen, if it is of this kind.
    fn of(screen: &Screen) -> Option<&Self>;

    /// Mutable version of the same.
    fn of_mut(screen: &mut Screen) -> Option<&mut Self>;
}

macro_rules! screens {
    ($($(#[$doc:meta])* $name:ident($kind:ty),)*) => {
        /// Screens that can be open over a list.
        #[derive(Debug)]
        pub enum Screen {
            $($(#[$doc])* $name(Box<$kind>),)*
        }

        $(
            impl From<$kind> for Screen {
                fn from(screen: $kind) -> Self {
                    Self::$name(Box::new(screen))
                }
            }

            impl OneOf for $kind {
                fn of(screen: &Screen) -> Option<&Self> {
                    if let Screen::$name(screen) = screen { Some(screen) } else { None }
                }

                fn of_mut(screen: &mut Screen) -> Option<&mut Self> {
                    if let Screen::$name(screen) = screen { Some(screen) } else { None }
                }
            }
        )*

        impl Screen {
            pub(super) fn behavior(&self) -> &dyn Behavior {
                match self {
                    $(Self::$name(screen) => &**screen,)*
                }
            }

            pub(super) fn behavior_mut(&mut self) -> &mut dyn Behavior {
                match self {
                    $(Self::$name(screen) => &mut **screen,)*
                }
            }

            /// Function that runs a command on screens of this kind.
            pub(super) fn runner(&self) -> fn(&mut Model, ScreenCommand) -> Vec<Effect> {
                match self {
                    $(Self::$name(_) => <$kind>::run,)*
                }
            }

            /// Function that goes back from screens of this kind.
            pub(super) fn way_back(&self) -> fn(&mut Model) -> Option<Vec<Effect>> {
                match self {
                    $(Self::$name(_) => <$kind>::back,)*
                }
            }

            pub(super) fn closed(self, model: &mut Model) -> Vec<Effect> {
                match self {
                    $(Self::$name(screen) => screen.closed(model),)*
                }
            }
        }
    };
}

screens! {
    /// Version and environment.
    About(about::About),
    /// An access token.
    AccessToken(access_token::AccessTokenPanel),
    /// Audit of all credentials.
    Audit(audit::AuditPanel),
    /// Choice of the kind to create.
    Chooser(chooser::Chooser),
    /// Confirmation of a step.
    Confirm(confirm::Confirm),
    /// Deletion of the marked credentials.
    DeleteMarked(delete_marked::DeleteMarked),
    /// One credential.
    Detail(detail::Detail),
    /// Tokens and secrets by expiry.
    Expiring(expiring::ExpiringPanel),
    /// A form.
    Form(form::Form),
    /// The help.
    Help(help::Help),
    /// Secret, shown once.
    Once(once::OncePanel),
    /// Figures about all lists.
    Overview(overview::Overview),
    /// Page with an explanation.
    Page(page::TextPage),
    /// Passphrase for the session file.
    Passphrase(passphrase::Question),
    /// Value on its own line.
    PlainValue(plain_value::PlainValue),
    /// A new profile.
    ProfileForm(profiles::ProfileForm),
    /// Choice of a profile.
    Profiles(profiles::Picker),
    /// Signing in.
    SignIn(sign_in::SignIn),
    /// Suppression of a finding.
    Suppress(suppress::SuppressForm),
    /// The suppressed findings.
    Suppressions(suppressions::Suppressions),
    /// Unlocking of writing.
    Unlock(unlock::Unlock),
    /// The saved views.
    Views(views::Views),
}

/// Opens the screen of a command.
pub(super) fn open(model: &mut Model, command: OpenCommand) -> Vec<Effect> {
    match command {
        OpenCommand::About => about::show(model),
        OpenCommand::Explain => audit::explain(model),
        OpenCommand::GetToken => access_token::show(model),
        OpenCommand::Help => help::show(model),
        OpenCommand::Profiles => profiles::show(model),
        OpenCommand::ShowAudit => audit::show(model),
        OpenCommand::ShowExpiring => expiring::show(model),
        OpenCommand::ShowOverview => overview::show(model),
        OpenCommand::SignIn => sign_in::show(model, None),
        OpenCommand::Suppress => suppress::show(model),
        OpenCommand::Suppressions => suppressions::show(model),
        OpenCommand::ToggleWriting => unlock::toggle(model),
        OpenCommand::Views => views::show(model),
    }
}

/// Closes the top screen if it replaces the list, because another tab follows.
pub(super) fn close_tab(model: &mut Model) -> Vec<Effect> {
    let is_tab = |screen: &Screen| {
        screen.is::<expiring::ExpiringPanel>() || screen.is::<overview::Overview>()
    };
    match model.screens.pop_if(|screen| is_tab(screen)) {
        Some(screen) => screen.closed(model),
        None => Vec::new(),
    }
}

/// Types the first line of a text into the focused field.
fn typed(screen: &mut impl Behavior, text: &str, now: Timestamp) {
    for c in text.lines().next().unwrap_or_default().chars() {
        screen.text(InputRequest::InsertChar(c), now);
    }
}

impl Screen {
    /// True for one kind of screen.
    #[must_use]
    pub fn is<T: OneOf>(&self) -> bool {
        T::of(self).is_some()
    }
}

impl Model {
    /// Top screen.
    #[must_use]
    pub fn top(&self) -> Option<&Screen> {
        self.screens.last()
    }

    /// Top screen, if it is of this kind.
    #[must_use]
    pub fn top_as<T: OneOf>(&self) -> Option<&T> {
        self.screens.last().and_then(T::of)
    }

    pub(super) fn top_mut<T: OneOf>(&mut self) -> Option<&mut T> {
        self.screens.last_mut().and_then(T::of_mut)
    }

    /// Screens of a kind, from the lowest to the top.
    pub(super) fn screens_of<T: OneOf>(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.screens.iter_mut().filter_map(T::of_mut)
    }

    /// True while a screen of this kind is open.
    #[must_use]
    pub fn has_open<T: OneOf>(&self) -> bool {
        self.screens.iter().any(Screen::is::<T>)
    }

    /// Opens a screen on top of all.
    pub(super) fn open(&mut self, screen: impl Into<Screen>) {
        self.screens.push(screen.into());
    }

    /// Screen that commands apply to: the top, or the one below the help.
    pub(super) fn subject_screen(&self) -> Option<&Screen> {
        self.screens.iter().rev().find(|screen| !screen.is::<help::Help>())
    }

    /// Active key scopes, from the innermost outwards.
    #[must_use]
    pub fn scopes(&self) -> Vec<KeyScope> {
        let mut scopes = Vec::with_capacity(3);
        if self.failure.is_some() {
            scopes.push(KeyScope::Failure);
        }
        scopes.push(self.scope_of_top());
        scopes.push(KeyScope::Global);
        scopes
    }

    pub(super) fn scope_of_top(&self) -> KeyScope {
        match self.top() {
            Some(screen) => screen.behavior().scope(),
            None if self.list().filtering => KeyScope::Filter,
            None => KeyScope::List,
        }
    }

    /// Finding under the cursor, and its credential, if the top screen has any.
    pub(super) fn finding(&self) -> Option<(&Finding, Option<&Credential>)> {
        self.subject_screen()?.behavior().finding()
    }

    /// Group of the finding under the cursor.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let Some(screen) = self.subject_screen().map(Screen::behavior) else { return Vec::new() };
        let Some((finding, _)) = screen.finding() else { return Vec::new() };
        screen.findings().iter().filter(|it| it.is_one_with(finding)).cloned().collect()
    }

    /// Masks all visible secrets.
    pub(super) fn hide_secrets(&mut self) {
        for peek in self.screens.iter_mut().filter_map(|screen| screen.behavior_mut().peek()) {
            *peek = Peek::Masked;
        }
    }

    /// True if leaving would lose the input of a form, or a secret that is shown once.
    pub(super) fn is_typing(&self) -> bool {
        self.screens.iter().any(|screen| screen.behavior().would_lose())
    }

    /// True if leaving this workspace would lose something below the profile forms.
    pub(super) fn loses_below(&self) -> bool {
        let below = self.screens.iter().filter(|screen| !screen.is::<profiles::ProfileForm>());
        below.into_iter().any(|screen| screen.behavior().would_lose())
    }

    /// Cancels a pending retry; its form keeps the input.
    pub(super) fn drop_held(&mut self) {
        self.held = None;
        self.sent = None;
        if let Some(form) = self.screens_of::<form::Form>().next_back() {
            form.stage = form::FormStage::Editing;
        }
        if let Some(confirm) = self.screens_of::<confirm::Confirm>().next_back() {
            confirm.busy = false;
        }
    }

    /// Closes the screen that waited for a write, and keeps screens above it.
    pub(super) fn close_waiting(&mut self) -> Option<Screen> {
        let waits = |it: &Screen| it.is::<form::Form>() || it.is::<confirm::Confirm>();
        self.screens.iter().rposition(waits).map(|place| self.screens.remove(place))
    }
}
