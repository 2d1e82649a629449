//! Screens over a list: one module per screen, with its state, keys and title. Its `view.rs` draws it.
//!
//! A new screen is a module, a line in the list of `screens!`, and its rows in the key table.

pub mod about;
pub mod access_token;
pub mod audit;
pub mod chooser;
pub mod confirm;
pub mod detail;
pub mod form;
pub mod help;
pub mod once;
pub mod page;
pub mod passphrase;
pub mod plain_value;
pub mod profiles;
pub mod sign_in;
pub mod suppress;
pub mod unlock;
pub mod views;

use jiff::Timestamp;
use tui_input::InputRequest;

use super::{Effect, Model, auditor::Auditor};
use crate::{
    auth::sign_in::Step,
    domain::{Credential, Kind, Untrusted, audit::Finding, cli_command::CliCommand},
    keys::{Command, Scope},
    ui::{Canvas, Rect},
};
use detail::Peek;

/// Methods of a screen. Only the first four are required.
pub(super) trait Behavior {
    /// The scope of its keys.
    fn scope(&self) -> Scope;

    /// Title.
    fn title(&self, model: &Model) -> String;

    /// Draws it. Answers how many rows of a long list were built for that.
    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize;

    /// Carries out a command while this screen is on top.
    fn run(model: &mut Model, command: Command) -> Vec<Effect>
    where
        Self: Sized;

    /// Goes one step back inside the screen; `None` where there is no such step, and the screen closes.
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

    /// Gives a request to the text field that has the focus.
    fn text(&mut self, _: InputRequest, _: Timestamp) {}

    /// Takes pasted text.
    ///
    /// # Errors
    /// Why there is no place for it.
    fn paste(&mut self, _: &str, _: Timestamp) -> Result<(), &'static str> {
        Err("No field to paste into")
    }

    /// True while it waits for an answer, and must stay where it is until that comes.
    fn is_waiting(&self) -> bool {
        false
    }

    /// True where closing would lose what was typed, or what is shown only once.
    fn would_lose(&self) -> bool {
        false
    }

    /// Takes how many rows there are for its content.
    fn fit(&mut self, _: usize) {}

    /// Audits what it shows.
    fn audit(&mut self, _: &Auditor, _: Timestamp) {}

    /// A secret that may be in sight.
    fn peek(&mut self) -> Option<&mut Peek> {
        None
    }

    /// The credential that commands are about here.
    fn subject(&self) -> Subject<'_> {
        Subject::OfList
    }

    /// The finding under the cursor, and the credential that it is about.
    fn finding(&self) -> Option<(&Finding, Option<&Credential>)> {
        None
    }

    /// The findings that the one under the cursor is one of.
    fn findings(&self) -> &[Finding] {
        &[]
    }

    /// The page that a person has to open in a browser.
    fn login_page(&self) -> Option<&Step> {
        None
    }

    /// The command that does the same; `workspace` are its options.
    fn cli_command(&self, _: &[&str], _: Timestamp) -> Option<CliCommand> {
        None
    }
}

/// The credential that commands are about.
#[derive(Debug)]
pub(super) enum Subject<'a> {
    /// The one under the list's cursor.
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
        /// Address of its owner, where the provider says.
        owner: Option<&'a Untrusted>,
        /// True once it is read.
        is_read: bool,
    },
}

impl<'a> Subject<'a> {
    /// A credential that is read.
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

/// One kind of screen among all.
pub trait OneOf: Sized + 'static {
    /// The screen, if it is of this kind.
    fn of(screen: &Screen) -> Option<&Self>;

    /// The same, to be changed.
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
            pub(super) fn runner(&self) -> fn(&mut Model, Command) -> Vec<Effect> {
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
    /// The audit of everything.
    Audit(audit::AuditPanel),
    /// Choice of the kind to create.
    Chooser(chooser::Chooser),
    /// A step to confirm.
    Confirm(confirm::Confirm),
    /// One credential.
    Detail(detail::Detail),
    /// A form.
    Form(form::Form),
    /// The help.
    Help(help::Help),
    /// A secret that is shown once.
    Once(once::OncePanel),
    /// A page that explains something.
    Page(page::Page),
    /// The passphrase of the session file.
    Passphrase(passphrase::Question),
    /// A value on its own line.
    PlainValue(plain_value::PlainValue),
    /// A new profile.
    ProfileForm(profiles::ProfileForm),
    /// The choice of a profile.
    Profiles(profiles::Picker),
    /// Signing in.
    SignIn(sign_in::SignIn),
    /// The question why a finding is accepted.
    Suppress(suppress::SuppressForm),
    /// The question before writing is unlocked.
    Unlock(unlock::Unlock),
    /// The saved views.
    Views(views::Views),
}

/// Opens the screen that a command is for; `None` for a command that opens none.
pub(super) fn opened_by(model: &mut Model, command: Command) -> Option<Vec<Effect>> {
    Some(match command {
        Command::About => about::show(model),
        Command::Explain => audit::explain(model),
        Command::GetToken => access_token::show(model),
        Command::Help => help::show(model),
        Command::Profiles => profiles::show(model),
        Command::ShowAudit => audit::show(model),
        Command::SignIn => sign_in::show(model, None),
        Command::Suppress => suppress::show(model),
        Command::ToggleWriting => unlock::toggle(model),
        Command::Views => views::show(model),
        _ => return None,
    })
}

/// Types the first line of a text into the field that has the focus.
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
    /// The screen on top.
    #[must_use]
    pub fn top(&self) -> Option<&Screen> {
        self.screens.last()
    }

    /// The screen on top, if it is of this kind.
    #[must_use]
    pub fn top_as<T: OneOf>(&self) -> Option<&T> {
        self.screens.last().and_then(T::of)
    }

    pub(super) fn top_mut<T: OneOf>(&mut self) -> Option<&mut T> {
        self.screens.last_mut().and_then(T::of_mut)
    }

    /// The screens of a kind, from the lowest to the top.
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

    /// The screen that commands are about: the top, or what the help is over.
    pub(super) fn subject_screen(&self) -> Option<&Screen> {
        self.screens.iter().rev().find(|screen| !screen.is::<help::Help>())
    }

    /// The scopes of the keys that apply now, from the innermost outwards.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        let mut scopes = Vec::with_capacity(3);
        if self.failure.is_some() {
            scopes.push(Scope::Failure);
        }
        scopes.push(self.scope_of_top());
        scopes.push(Scope::Global);
        scopes
    }

    pub(super) fn scope_of_top(&self) -> Scope {
        match self.top() {
            Some(screen) => screen.behavior().scope(),
            None if self.list().filtering => Scope::Filter,
            None => Scope::List,
        }
    }

    /// The finding under the cursor, and the credential that it is about, where the top has any.
    pub(super) fn finding(&self) -> Option<(&Finding, Option<&Credential>)> {
        self.subject_screen()?.behavior().finding()
    }

    /// The findings that are read as one with the one under the cursor.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let Some(screen) = self.subject_screen().map(Screen::behavior) else { return Vec::new() };
        let Some((finding, _)) = screen.finding() else { return Vec::new() };
        screen.findings().iter().filter(|it| it.is_one_with(finding)).cloned().collect()
    }

    /// Masks everything that is in sight.
    pub(super) fn hide_secrets(&mut self) {
        for peek in self.screens.iter_mut().filter_map(|screen| screen.behavior_mut().peek()) {
            *peek = Peek::Masked;
        }
    }

    /// True where a form is open with something typed, or a secret that is shown once: leaving would lose it.
    pub(super) fn is_typing(&self) -> bool {
        self.screens.iter().any(|screen| screen.behavior().would_lose())
    }

    /// True where leaving this workspace would lose something that is below the forms for profiles.
    pub(super) fn loses_below(&self) -> bool {
        let below = self.screens.iter().filter(|screen| !screen.is::<profiles::ProfileForm>());
        below.into_iter().any(|screen| screen.behavior().would_lose())
    }

    /// Lets go of a write that was to be sent again; what was typed for it is still there.
    pub(super) fn drop_held(&mut self) {
        self.held = None;
        self.sent = None;
        if let Some(form) = self.screens_of::<form::Form>().next_back() {
            form.stage = form::Stage::Editing;
        }
        if let Some(confirm) = self.screens_of::<confirm::Confirm>().next_back() {
            confirm.busy = false;
        }
    }

    /// Closes what waited for a write, and leaves what came up over it.
    pub(super) fn close_waiting(&mut self) -> Option<Screen> {
        let waits = |it: &Screen| it.is::<form::Form>() || it.is::<confirm::Confirm>();
        self.screens.iter().rposition(waits).map(|place| self.screens.remove(place))
    }
}
