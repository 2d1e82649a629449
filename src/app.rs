//! The console's core: a model, messages, effects, and one pure function.
//!
//! [`update`] is the only function that changes the model. It does no IO: what has to be done is
//! answered as [`Effect`]s, and what comes of them arrives as [`Msg`]s. Secrets are not part of
//! messages or effects, which carry a [`SecretRef`]; only a reveal brings one into the model, for
//! seconds.
//!
//! | room | what it is for |
//! |---|---|
//! | [`list`], [`rows`] | the lists of the tabs |
//! | [`detail`], [`form`], [`confirm`], [`chooser`], [`access_token`], [`help`] | what lies over a list |
//! | `commands` | what keys do |
//! | `answers` | what comes back from effects |

pub mod access_token;
mod answers;
pub mod chooser;
mod commands;
pub mod confirm;
pub mod detail;
pub mod form;
pub mod help;
pub mod list;
pub mod notice;
pub mod remote;
pub mod rows;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    api::{ApiError, Capabilities, Explanation, Me, Page, PageQuery, Scope},
    domain::{Credential, Draft, Kind, Secret, Untrusted, draft::Change},
    keys::{self, Chord, Need},
};
use access_token::{AccessTokenPanel, Issued};
use chooser::Chooser;
use confirm::Confirm;
use detail::Detail;
use form::Form;
use help::Help;
use list::List;
use notice::{Failure, Notice, Tone};
use remote::Ticket;

/// Rows asked for at once.
pub const PAGE_SIZE: u32 = 1000;

/// How long a line of good news stays.
const NOTICE: Duration = Duration::from_secs(5);

/// How long a copied secret may stay in the clipboard.
pub const CLIPBOARD: Duration = Duration::from_secs(45);

/// Everything the console knows.
#[derive(Debug)]
pub struct Model {
    /// The time of the last message.
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// What the workspace is called: `local`, `demo`, or a host.
    pub workspace: String,
    /// The API base URL, to show and copy.
    pub base_url: Untrusted,
    /// Who is signed in.
    pub me: Option<Me>,
    /// What the server can do.
    pub capabilities: Option<Capabilities>,
    /// Whether the server has been reached.
    pub connection: Connection,
    /// The lists, by whose and by kind.
    lists: [[List; 3]; 2],
    /// Which tab is open.
    pub kind: Kind,
    /// Whose credentials are listed.
    pub scope: Scope,
    /// What lies over the list; the last is on top and has the keys.
    pub layers: Vec<Layer>,
    /// The first keys of a chord of several.
    pub pending: Vec<Chord>,
    /// One line in the footer's place.
    pub notice: Option<Notice>,
    /// What went wrong, until it is dismissed.
    pub failure: Option<Failure>,
    /// A credential that is being read so that something can be done with it.
    pub opening: Option<Opening>,
    /// Writes under way.
    pub writes: usize,
    /// Whether the console ends when the writes have.
    pub quitting: bool,
    /// Whether a second Ctrl-C drops what was typed.
    quit_armed: bool,
    /// The secret in the clipboard that has to be cleared, by its number.
    clipboard: u64,
    counter: u64,
}

/// Whether the server has been reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// On the way.
    Connecting,
    /// Yes.
    Ready,
    /// No.
    Failed,
}

/// What can lie over a list.
#[derive(Debug)]
pub enum Layer {
    /// What to create.
    Chooser(Chooser),
    /// One credential.
    Detail(Box<Detail>),
    /// A form.
    Form(Box<Form>),
    /// A step to confirm.
    Confirm(Box<Confirm>),
    /// An access token.
    AccessToken(Box<AccessTokenPanel>),
    /// The help.
    Help(Box<Help>),
    /// A value on a line of its own.
    Bare {
        /// What it is.
        label: String,
        /// The value.
        value: Untrusted,
    },
}

/// What is to be done with a credential once it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Edit it.
    Edit,
    /// Make one like it.
    CreateLike,
    /// Ask whether to delete it.
    Delete,
    /// Ask whether to give it a new secret.
    Rotate,
}

/// A credential that is being read so that something can be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Which request.
    pub ticket: Ticket,
    /// What then.
    pub then: Then,
}

/// Names a secret without holding it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// The secret of a credential; the server has it.
    Stored(Kind, Untrusted),
    /// The access token that a client got; the strongbox has it.
    AccessToken(Untrusted),
}

/// What a copy was of, for the line that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// A client id or token id.
    Id(Kind),
    /// A name.
    Name,
    /// A URL.
    Url,
    /// The API base URL.
    BaseUrl,
    /// Some other value.
    Value,
    /// A failure's text.
    Failure,
    /// A client secret or an API access token.
    Secret(Kind),
    /// An OAuth access token.
    AccessToken,
}

impl Copied {
    /// Its name in a sentence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Id(kind) => kind.id_label(),
            Self::Name => "Name",
            Self::Url => "URL",
            Self::BaseUrl => "API base URL",
            Self::Value => "Value",
            Self::Failure => "Failure",
            Self::Secret(Kind::Token) => "API access token",
            Self::Secret(_) => "Client secret",
            Self::AccessToken => "Access token",
        }
    }

    /// Whether it must not stay in the clipboard.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Secret(_) | Self::AccessToken)
    }
}

/// How a copy was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Into this machine's clipboard; it can be checked and cleared.
    Native,
    /// Into tmux, which passes it on.
    Tmux,
    /// Into tmux and this machine's clipboard.
    TmuxAndNative,
    /// To the terminal, which does not answer (OSC 52).
    Terminal,
}

/// Why something could not be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyError {
    /// The secret could not be read.
    Api(ApiError),
    /// No clipboard took it; the sentence says what was tried.
    Clipboard(String),
}

/// What became of a secret in the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleared {
    /// It is gone.
    Yes,
    /// Something else was copied since; that was left alone.
    NotOurs,
    /// tmux forgot it; the terminal that tmux passed it on to may still hold it.
    TmuxOnly,
    /// The terminal was asked to, and does not answer.
    Asked,
    /// The terminal may still hold it: that cannot be checked, so nothing was done unasked.
    TerminalKeeps,
    /// Nothing here can clear it.
    Cannot,
}

/// A moment that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The line with this number has been read.
    Notice(u64),
    /// A second of a peek is over.
    Peek,
    /// Some time of an access token is over.
    TokenLeft,
    /// The secret with this number leaves the clipboard.
    Clipboard(u64),
    /// The server may be asked for a list again.
    Retry(Scope, Kind),
}

/// Everything that can happen.
#[derive(Debug)]
pub enum Msg {
    /// A key.
    Key(Chord),
    /// A paste.
    Paste(String),
    /// Another terminal size.
    Resize(u16, u16),
    /// The terminal window lost the focus, or is about to be left: nothing secret stays in sight.
    Hide,
    /// Somebody asked from outside to end (TERM, HUP, INT).
    End,
    /// Something asked for is due.
    Timer(Timer),
    /// The server is there, at this base URL; or not.
    Connected(Result<String, ApiError>),
    /// Who is signed in.
    Me(Result<Me, ApiError>),
    /// What the server can do.
    Capabilities(Result<Capabilities, ApiError>),
    /// A page of a list.
    Page(Ticket, Scope, Kind, Result<Page, ApiError>),
    /// How many a list has.
    Total(Scope, Kind, Result<Option<u64>, ApiError>),
    /// A credential that was asked for.
    Shown(Ticket, Result<Credential, ApiError>),
    /// A credential was made, or not.
    Created(Result<Credential, ApiError>),
    /// A credential was changed, or not.
    Edited(Result<Credential, ApiError>),
    /// A credential got a new secret, or not.
    Rotated(Result<Credential, ApiError>),
    /// A credential was deleted, or not.
    Deleted(Result<(), ApiError>),
    /// An access token was issued, or not.
    Issued(Ticket, Result<Issued, ApiError>),
    /// A secret may be seen.
    Revealed(Ticket, Result<Secret, ApiError>),
    /// Something was copied, or not.
    Copied(Copied, Result<Delivery, CopyError>),
    /// A secret was cleared from the clipboard, or not.
    ClipboardCleared(Cleared),
}

/// Everything the console does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Reach the server.
    Connect,
    /// Ask who is signed in.
    FetchMe,
    /// Ask what the server can do.
    FetchCapabilities,
    /// Ask for a page of a list; a newer request for the list ends this one.
    FetchPage(Ticket, PageQuery),
    /// Ask how many a list has.
    FetchTotal(Scope, Kind),
    /// Ask for a credential.
    Show(Ticket, Kind, Untrusted),
    /// Make a credential; the number tells attempts apart that differ.
    Create(Draft, u64),
    /// Change a credential.
    Edit(Kind, Untrusted, Option<String>, Vec<Change>),
    /// Give a credential a new secret.
    Rotate(Kind, Untrusted, Option<String>),
    /// Delete a credential.
    Delete(Kind, Untrusted, Option<String>),
    /// Get an access token with a client.
    IssueToken {
        /// Which request.
        ticket: Ticket,
        /// The client.
        client_id: Untrusted,
        /// Where.
        issuer: Untrusted,
        /// For whom.
        audience: Option<Untrusted>,
    },
    /// Bring a secret into the model.
    Reveal(Ticket, SecretRef),
    /// Drop a secret from the strongbox, and whatever is on its way there.
    Forget(SecretRef),
    /// Copy something that is no secret.
    Copy(Copied, Untrusted),
    /// Copy a secret.
    CopySecret(Copied, SecretRef),
    /// Clear the clipboard if what is in it came from here.
    ClearClipboard {
        /// Whether a person asked: then a terminal is told to clear blindly.
        asked: bool,
    },
    /// Send a message later.
    After(Duration, Timer),
    /// Draw the whole screen again.
    Redraw,
    /// Go to the shell.
    Suspend,
    /// End the console.
    Quit,
}

impl Model {
    /// A console that has not reached its server yet.
    #[must_use]
    pub fn new(workspace: &str, base_url: &str, now: Timestamp) -> Self {
        Self {
            now,
            size: (80, 24),
            workspace: workspace.to_owned(),
            base_url: base_url.into(),
            me: None,
            capabilities: None,
            connection: Connection::Connecting,
            lists: Default::default(),
            kind: Kind::Token,
            scope: Scope::Mine,
            layers: Vec::new(),
            pending: Vec::new(),
            notice: None,
            failure: None,
            opening: None,
            writes: 0,
            quitting: false,
            quit_armed: false,
            clipboard: 0,
            counter: 0,
        }
    }

    /// The list of a tab.
    #[must_use]
    pub fn list_of(&self, scope: Scope, kind: Kind) -> &List {
        &self.lists[scope as usize][kind as usize]
    }

    fn list_of_mut(&mut self, scope: Scope, kind: Kind) -> &mut List {
        &mut self.lists[scope as usize][kind as usize]
    }

    /// The list on show.
    #[must_use]
    pub fn list(&self) -> &List {
        self.list_of(self.scope, self.kind)
    }

    fn list_mut(&mut self) -> &mut List {
        self.list_of_mut(self.scope, self.kind)
    }

    /// What is on top.
    #[must_use]
    pub fn top(&self) -> Option<&Layer> {
        self.layers.last()
    }

    /// What commands are about: the top, or what the help lies over.
    fn subject_layer(&self) -> Option<&Layer> {
        self.layers.iter().rev().find(|layer| !matches!(layer, Layer::Help(_)))
    }

    /// The scopes of the keys that apply now, from the innermost outwards.
    #[must_use]
    pub fn scopes(&self) -> Vec<keys::Scope> {
        let mut scopes = Vec::with_capacity(3);
        if self.failure.is_some() {
            scopes.push(keys::Scope::Failure);
        }
        scopes.push(self.scope_of_top());
        scopes.push(keys::Scope::Global);
        scopes
    }

    fn scope_of_top(&self) -> keys::Scope {
        match self.top() {
            None if self.list().filtering => keys::Scope::Filter,
            None => keys::Scope::List,
            Some(Layer::Chooser(_)) => keys::Scope::Chooser,
            Some(Layer::Detail(_)) => keys::Scope::Detail,
            Some(Layer::Form(form)) => match form.stage {
                form::Stage::Review(_) => keys::Scope::Review,
                form::Stage::Conflict(_) => keys::Scope::Conflict,
                form::Stage::Discard => keys::Scope::Discard,
                form::Stage::Editing | form::Stage::Saving | form::Stage::ReadingTheirs => {
                    keys::Scope::Form
                }
            },
            Some(Layer::Confirm(_)) => keys::Scope::Confirm,
            Some(Layer::AccessToken(_)) => keys::Scope::AccessToken,
            Some(Layer::Help(_)) => keys::Scope::Help,
            Some(Layer::Bare { .. }) => keys::Scope::Bare,
        }
    }

    /// Whether what a command needs is there.
    #[must_use]
    pub fn meets(&self, need: Need) -> bool {
        match need {
            Need::Selection => match self.subject_layer() {
                Some(Layer::Detail(detail)) => detail.credential.value().is_some(),
                _ => self.list().selected().is_some(),
            },
            Need::Own => self.owner_of_selection().is_none(),
            Need::M2m => self.selected_kind() == Kind::M2m,
            Need::Client => self.selected_kind() != Kind::Token,
            Need::Rotation => self.capabilities.as_ref().is_some_and(|all| all.rotate),
            Need::Organization => self.capabilities.as_ref().is_some_and(|all| all.organization),
            Need::Url => {
                let list = self.list();
                let row = list.selected().and_then(|row| list.rows.get(row));
                self.kind == Kind::Spa && row.is_some_and(|row| !row.about.is_empty())
            }
        }
    }

    /// Why a command is refused, as precisely as is known.
    #[must_use]
    pub fn refusal(&self, need: Need) -> String {
        match (need, self.owner_of_selection()) {
            (Need::Own, Some(owner)) => format!(
                "Read-only: it belongs to {}; only its owner sees its secret, changes or deletes it",
                owner.clipped(40)
            ),
            _ => need.sentence().to_owned(),
        }
    }

    /// The owner of what is selected, if that is somebody else.
    fn owner_of_selection(&self) -> Option<Untrusted> {
        let mine = self.me.as_ref().map(|me| &me.email);
        let owner = match self.subject_layer() {
            Some(Layer::Detail(detail)) => detail
                .credential
                .value()
                .and_then(|it| it.record().owner.as_ref())
                .map(|owner| &owner.email),
            _ => {
                let list = self.list();
                list.selected().and_then(|row| list.rows.get(row)).and_then(|row| row.owner)
            }
        };
        owner
            .filter(|owner| Some(*owner) != mine && !owner.raw().is_empty() && mine.is_some())
            .cloned()
    }

    fn selected_kind(&self) -> Kind {
        match self.subject_layer() {
            Some(Layer::Detail(detail)) => detail.kind,
            _ => self.kind,
        }
    }

    /// The APIs that a token can be made for.
    fn apis(&self) -> Vec<Untrusted> {
        match &self.capabilities {
            Some(all) => all.apis.clone(),
            None => crate::domain::grants::APIS.map(Untrusted::from).to_vec(),
        }
    }

    fn ticket(&mut self) -> Ticket {
        self.counter += 1;
        Ticket(self.counter)
    }

    fn say(&mut self, tone: Tone, text: &str) -> Effect {
        self.counter += 1;
        let id = self.counter;
        self.notice = Some(Notice::new(id, tone, text));
        Effect::After(NOTICE, Timer::Notice(id))
    }

    fn fail(&mut self, explanation: Explanation) {
        self.failure = Some(Failure(explanation));
    }

    /// Masks everything that is in sight.
    fn hide_secrets(&mut self) {
        for layer in &mut self.layers {
            match layer {
                Layer::Detail(detail) => detail.peek = detail::Peek::Masked,
                Layer::AccessToken(panel) => panel.peek = detail::Peek::Masked,
                _ => {}
            }
        }
    }

    /// Loads the list on show, unless it is there or on its way.
    fn load(&mut self) -> Vec<Effect> {
        match self.list().fetch {
            list::Fetch::Idle if self.connection == Connection::Ready => {
                self.reload(self.scope, self.kind)
            }
            _ => Vec::new(),
        }
    }

    /// Asks how many the other tabs have, where that is not known.
    fn count_others(&self) -> Vec<Effect> {
        let unknown =
            |kind: &Kind| *kind != self.kind && self.list_of(self.scope, *kind).count().is_none();
        let others = Kind::ALL.into_iter().filter(unknown);
        others.map(|kind| Effect::FetchTotal(self.scope, kind)).collect()
    }

    fn reload(&mut self, scope: Scope, kind: Kind) -> Vec<Effect> {
        let ticket = self.ticket();
        self.list_of_mut(scope, kind).ask(ticket);
        vec![Effect::FetchPage(ticket, PageQuery { kind, scope, page: 1, size: PAGE_SIZE })]
    }

    /// The top layer, if it is a form.
    fn form_mut(&mut self) -> Option<&mut Form> {
        match self.layers.last_mut() {
            Some(Layer::Form(form)) => Some(form),
            _ => None,
        }
    }

    fn confirm_mut(&mut self) -> Option<&mut Confirm> {
        match self.layers.last_mut() {
            Some(Layer::Confirm(confirm)) => Some(confirm),
            _ => None,
        }
    }
}

/// What the console does when it starts.
#[must_use]
pub fn start() -> Vec<Effect> {
    vec![Effect::Connect]
}

/// Takes a message and answers what has to be done. The only function that changes a model.
pub fn update(model: &mut Model, now: Timestamp, msg: Msg) -> Vec<Effect> {
    model.now = now;
    let effects = match msg {
        Msg::Key(chord) => commands::key(model, chord),
        Msg::Paste(text) => commands::paste(model, &text),
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            model.hide_secrets();
            Vec::new()
        }
        Msg::Hide => {
            model.hide_secrets();
            Vec::new()
        }
        Msg::End => commands::end(model),
        other => answers::take(model, other),
    };
    fit(model);
    effects
}

/// Gives everything that scrolls the height that the screen has for it.
fn fit(model: &mut Model) {
    let rows = usize::from(model.size.1);
    let failure = usize::from(model.failure.is_some()) * FAILURE_HEIGHT;
    let room = rows.saturating_sub(LIST_CHROME + failure).max(1);
    for list in model.lists.iter_mut().flatten() {
        if list.height != room {
            list.resize(room);
        }
    }
    let room = rows.saturating_sub(LAYER_CHROME + failure).max(1);
    match model.layers.last_mut() {
        Some(Layer::Detail(detail)) => {
            detail.go(0);
            detail.scroll(room);
        }
        Some(Layer::Help(help)) => {
            help.height = room.saturating_sub(2).max(1);
            help.go(0);
        }
        _ => {}
    }
}

/// Lines of the list screen that are not rows: header, tabs, two rules, filter, column heads, footer.
pub const LIST_CHROME: usize = 7;

/// Lines of the other screens that are not content: header, title, two rules, footer.
pub const LAYER_CHROME: usize = 5;

/// Lines of the failure panel.
pub const FAILURE_HEIGHT: usize = 5;
