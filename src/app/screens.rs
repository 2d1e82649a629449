//! Screens that open over a list. Each module contains the state, key scope and title of one
//! screen; its `view.rs` draws the screen.
//!
//! To add a screen, add a module, an entry in `screens!`, and rows in the key table.

pub mod about;
pub mod access_token;
pub mod audit;
pub mod chooser;
pub mod columns;
pub mod confirm;
pub mod detail;
pub mod edit_marked;
pub mod expiring;
pub mod form;
pub mod help;
pub mod history;
pub mod marked;
pub mod once;
pub mod overview;
pub mod page;
pub mod passphrase;
pub mod plain_value;
pub mod profiles;
pub mod rotate;
pub mod rotations;
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

/// Behavior of a screen. Only the first four methods are required.
pub(super) trait Behavior {
    /// Returns the key scope, which can depend on the screen's state.
    fn scope(&self) -> KeyScope;

    /// Returns the title of the page or dialog.
    fn title(&self, model: &Model) -> String;

    /// Draws the screen. Returns the number of list rows built.
    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize;

    /// Runs a command while this screen is on top.
    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect>
    where
        Self: Sized;

    /// Returns to the previous step within the screen, stops a running operation, or warns about
    /// unsaved input. Returns `None` if the caller must close the screen instead.
    fn back(_: &mut Model) -> Option<Vec<Effect>>
    where
        Self: Sized,
    {
        None
    }

    /// Runs after the screen was closed, for example to keep its state for the next time. Returns
    /// the effects of closing.
    fn closed(self, _: &mut Model) -> Vec<Effect>
    where
        Self: Sized,
    {
        Vec::new()
    }

    /// Passes an editing request to the focused text field.
    fn text(&mut self, _: InputRequest, _: Timestamp) {}

    /// Inserts pasted text into the focused field.
    ///
    /// # Errors
    /// Returns the reason if no field accepts text.
    fn paste(&mut self, _: &str, _: Timestamp) -> Result<(), &'static str> {
        Err("No field to paste into")
    }

    /// Moves the cursor to a row or field that was clicked.
    fn point(&mut self, _: usize, _: Timestamp) {}

    /// Returns the focused text field, so that its edits can be undone; `None` if no text field has
    /// the focus, or if the field contains a secret.
    fn input(&mut self) -> Option<&mut Input> {
        None
    }

    /// True while the screen waits for a result and must stay open.
    fn is_waiting(&self) -> bool {
        false
    }

    /// True if closing would lose input, or a secret that is shown once.
    fn would_lose(&self) -> bool {
        false
    }

    /// Returns the height of a dialog, in lines and without its frame; `None` for a page.
    fn dialog(&self) -> Option<u16> {
        None
    }

    /// Returns the tab that contains the screen; `None` if the screen has a title instead.
    fn tab(&self) -> Option<Tab> {
        None
    }

    /// Returns the position of the cursor, counted from 1, and the number of lines. Returns `None`
    /// if all lines are visible.
    fn position(&self) -> Option<(usize, usize)> {
        None
    }

    /// Sets the number of visible content rows.
    fn fit(&mut self, _: usize) {}

    /// Audits the credential or draft on the screen.
    fn audit(&mut self, _: &Auditor, _: Timestamp) {}

    /// Returns the visibility of the secret on the screen, if there is one.
    fn peek(&mut self) -> Option<&mut Peek> {
        None
    }

    /// Returns the credential that commands apply to.
    fn subject(&self) -> ScreenSubject<'_> {
        ScreenSubject::OfList
    }

    /// Returns the finding under the cursor and its credential. The credential is `None` if the
    /// finding is about the profile or this machine.
    fn finding(&self) -> Option<(&Finding, Option<&Credential>)> {
        None
    }

    /// Returns all findings on the screen.
    fn findings(&self) -> &[Finding] {
        &[]
    }

    /// Returns the page that the user must open in a browser; `None` if no sign-in or login test
    /// waits for a page.
    fn login_page(&self) -> Option<&SignInStep> {
        None
    }

    /// Returns the equivalent CLI command; `None` if there is none. The arguments are the options
    /// that select the workspace, and the current time.
    fn cli_command(&self, _: &[&str], _: Timestamp) -> Option<CliCommand> {
        None
    }
}

/// Tab other than the lists of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Audit of all credentials.
    Audit,
    /// Expiring tokens and secrets.
    Expiring,
}

/// Credential that commands apply to.
#[derive(Debug)]
pub(super) enum ScreenSubject<'a> {
    /// Row under the cursor of the list.
    OfList,
    /// No credential.
    Nothing,
    /// Credential on the screen.
    Credential {
        kind: Kind,
        id: &'a Untrusted,
        name: &'a Untrusted,
        /// Email address of the owner, if the provider reports it.
        owner: Option<&'a Untrusted>,
        /// True once the credential is loaded.
        is_read: bool,
    },
}

impl<'a> ScreenSubject<'a> {
    /// Creates the subject for a loaded credential.
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

/// Screen type that can be extracted from [`Screen`].
pub trait OneOf: Sized + 'static {
    /// Returns the screen, if it is of this type.
    fn of(screen: &Screen) -> Option<&Self>;

    /// Returns the screen mutably, if it is of this type.
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

            /// Returns the [`Behavior::run`] function of this type of screen.
            pub(super) fn runner(&self) -> fn(&mut Model, ScreenCommand) -> Vec<Effect> {
                match self {
                    $(Self::$name(_) => <$kind>::run,)*
                }
            }

            /// Returns the [`Behavior::back`] function of this type of screen.
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
    /// Version and environment, for bug reports.
    About(about::About),
    /// Access token issued to a client.
    AccessToken(access_token::AccessTokenPanel),
    /// Audit of all credentials.
    Audit(audit::AuditPanel),
    /// Choice of the kind of credential to create.
    Chooser(chooser::Chooser),
    /// Choice of the columns of a list.
    Columns(columns::ColumnChooser),
    /// Confirmation of a deletion, a rotation or an edit of a built-in client.
    Confirm(confirm::Confirm),
    /// Details of one credential.
    Detail(detail::Detail),
    /// Form for one edit of all marked credentials.
    EditMarked(edit_marked::EditMarked),
    /// Tokens and secrets by expiry.
    Expiring(expiring::ExpiringPanel),
    /// Form to create or edit a credential.
    Form(form::Form),
    /// Key bindings and command palette.
    Help(help::Help),
    /// Run that changes the marked credentials one at a time.
    Marked(marked::MarkedRun),
    /// Secret that the provider sends only once.
    Once(once::OncePanel),
    /// Number of credentials in all lists, by age, last use, expiry and worst finding.
    Overview(overview::Overview),
    /// Page of text, such as the explanation of a rule.
    Page(page::TextPage),
    /// Passphrase for the session file.
    Passphrase(passphrase::Question),
    /// Page with only one value, so that the user can select it with the mouse.
    PlainValue(plain_value::PlainValue),
    /// Form for a new profile.
    ProfileForm(profiles::ProfileForm),
    /// Choice of the profile to open.
    Profiles(profiles::Picker),
    /// Plan of a rotation.
    RotationForm(rotate::RotationForm),
    /// Rotations in progress.
    Rotations(rotations::Rotations),
    /// Sign-in to the open profile.
    SignIn(sign_in::SignIn),
    /// Form to suppress a finding.
    Suppress(suppress::SuppressForm),
    /// Suppressed findings.
    Suppressions(suppressions::Suppressions),
    /// Confirmation before writing is unlocked.
    Unlock(unlock::Unlock),
    /// Saved views of the list.
    Views(views::Views),
}

/// Runs a command that opens a screen.
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
        OpenCommand::ChooseColumns => columns::show(model),
        OpenCommand::ShowHistory => history::show(model, true),
        OpenCommand::ShowProfileHistory => history::show(model, false),
        OpenCommand::ShowRotations => rotations::show(model),
        OpenCommand::SignIn => sign_in::show(model, None),
        OpenCommand::Suppress => suppress::show(model),
        OpenCommand::Snooze => expiring::snooze(model),
        OpenCommand::Suppressions => suppressions::show(model),
        OpenCommand::ToggleWriting => unlock::toggle(model),
        OpenCommand::Views => views::show(model),
    }
}

/// Closes the top screen if it is the Expiring tab or the overview, before another tab opens.
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
    /// Returns true if the screen is of this type.
    #[must_use]
    pub fn is<T: OneOf>(&self) -> bool {
        T::of(self).is_some()
    }
}

impl Model {
    /// Returns the top screen; `None` if no screen is open over the list.
    #[must_use]
    pub fn top(&self) -> Option<&Screen> {
        self.screens.last()
    }

    /// Returns the top screen, if it is of this type.
    #[must_use]
    pub fn top_as<T: OneOf>(&self) -> Option<&T> {
        self.screens.last().and_then(T::of)
    }

    pub(super) fn top_mut<T: OneOf>(&mut self) -> Option<&mut T> {
        self.screens.last_mut().and_then(T::of_mut)
    }

    /// Returns the open screens of a type, from the bottom to the top.
    pub(super) fn screens_of<T: OneOf>(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.screens.iter_mut().filter_map(T::of_mut)
    }

    /// Returns true while a screen of this type is open.
    #[must_use]
    pub fn has_open<T: OneOf>(&self) -> bool {
        self.screens.iter().any(Screen::is::<T>)
    }

    /// Opens a screen on top of all others.
    pub(super) fn open(&mut self, screen: impl Into<Screen>) {
        self.screens.push(screen.into());
    }

    /// Returns the screen that commands apply to: the topmost screen other than the help.
    pub(super) fn subject_screen(&self) -> Option<&Screen> {
        self.screens.iter().rev().find(|screen| !screen.is::<help::Help>())
    }

    /// Returns the active key scopes, innermost first.
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

    /// Returns the finding under the cursor and its credential, if the screen has findings.
    pub(super) fn finding(&self) -> Option<(&Finding, Option<&Credential>)> {
        self.subject_screen()?.behavior().finding()
    }

    /// Returns the findings in the same row as the finding under the cursor, including that
    /// finding.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        let screen = self.subject_screen().map(Screen::behavior);
        let found = screen.and_then(|screen| Some((screen, screen.finding()?.0)));
        found.into_iter().flat_map(|(screen, finding)| {
            screen.findings().iter().filter(|it| it.is_one_with(finding))
        })
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

    /// True if leaving this workspace would lose input or a secret outside the profile forms.
    pub(super) fn loses_below(&self) -> bool {
        let below = self.screens.iter().filter(|screen| !screen.is::<profiles::ProfileForm>());
        below.into_iter().any(|screen| screen.behavior().would_lose())
    }

    /// Cancels a pending retry, and enables the form or confirmation that waited for it. The input
    /// is kept.
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

    /// Closes and returns the topmost form or confirmation, which waited for a write; `None` if
    /// none is open. Screens above it stay open.
    pub(super) fn close_waiting(&mut self) -> Option<Screen> {
        let waits = |it: &Screen| it.is::<form::Form>() || it.is::<confirm::Confirm>();
        self.screens.iter().rposition(waits).map(|place| self.screens.remove(place))
    }
}
