//! Core of the console: the model, messages, effects, and the function that applies messages.
//!
//! Only [`update`] changes the model. It does no I/O. It returns the work to do as [`Effect`]s, and
//! the results arrive as [`Msg`]s.
//!
//! Messages and effects refer to a stored secret by a [`SecretRef`]. Only three of them contain the
//! secret itself: the result of a reveal, the one-time password of a login test, and user input for
//! a store or an issuer ([`screens::sign_in::Typed`]). `Debug` prints none of these secrets.
//!
//! | module | content |
//! |---|---|
//! | [`screens`] | one module per screen: state, keys, title, drawing |
//! | [`list`], [`rows`] | lists of the tabs |
//! | `commands` | keys and pastes that are handled the same way on every screen |
//! | `answers` | results of effects |
//! | `mouse` | clicks and the wheel |
//! | `needs` | availability of commands, with the reason if one is not available |
//! | [`view`] | frame around every screen |
//! | [`linear`] | frames as lines of text, for screen readers |
//! | [`work`] | long operation in progress |
//! | [`preview`] | selected credential beside the list |
//! | [`setup`], [`workspace`], [`lock`] | initial state, managed workspace, write lock |

mod answers;
pub mod auditor;
mod commands;
pub mod linear;
pub mod list;
pub mod lock;
mod message;
mod mouse;
mod needs;
pub mod notice;
pub mod preview;
pub mod remote;
pub mod rows;
pub mod screens;
pub mod scroll;
pub mod setup;
#[cfg(test)]
mod tests;
pub mod view;
pub mod work;
pub mod workspace;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::{
    api::{Capabilities, Explanation, Me, PageQuery, Scope},
    auth::session::SessionInfo,
    domain::{
        Kind, Untrusted,
        evidence::KnownUses,
        filter::FilterContext,
        preferences::{ChosenColumns, Timers},
        profile::Method,
    },
    keys::{Chord, Keymap},
};
use list::List;
use lock::Lock;
pub use message::{
    AuditEffect, AuditMsg, ClipboardEffect, ClipboardMsg, Copied, CopyError, CredentialEffect,
    CredentialMsg, Effect, KeepPrevious, ListEffect, ListMsg, LocalError, Msg, NewFile,
    OpenRotation, PastChange, ProfileEffect, ProfileMsg, RotationEffect, RotationMsg, RotationStep,
    Saved, SecretRef, ServerEffect, ServerMsg, SessionEffect, SessionMsg, Timer, ViewsEffect,
};
use notice::{Failure, Notice, Tone};
use remote::Ticket;
pub use screens::Screen;
use screens::{audit::AuditPanel, expiring::ExpiringPanel, form::FormSchema};
pub use setup::{ConsoleFacts, Setup};
pub use workspace::Workspace;

/// Maximum number of rows that a search on the server requests.
const SEARCH_SIZE: u32 = 100;

/// Requested page size of a list.
pub const PAGE_SIZE: u32 = 1000;

/// Display time of a notice.
const NOTICE: Duration = Duration::from_secs(5);

/// State of the console.
#[derive(Debug)]
pub struct Model {
    /// Time of the last message.
    pub now: Timestamp,
    /// Size of the terminal, in columns and rows.
    pub size: (u16, u16),
    /// Workspace that the console manages.
    pub workspace: Workspace,
    /// Active key bindings.
    pub keymap: Arc<Keymap>,
    /// Configured durations of a reveal, of a secret in the clipboard, and of unlocked writing.
    pub timers: Timers,
    /// API base URL, for display and copying.
    pub base_url: Untrusted,
    /// Session of the open profile, once it is known.
    pub session: Option<SessionInfo>,
    /// State of the write lock.
    pub lock: Lock,
    /// Default sign-in method at this terminal.
    pub usual: Method,
    /// Properties of the terminal, the clipboards and the session store.
    pub facts: ConsoleFacts,
    /// Signed-in user, once the server has reported it.
    pub me: Option<Me>,
    /// Features of the server, once it has reported them.
    pub capabilities: Option<Capabilities>,
    /// State of the connection to the server.
    pub connection: ConnectionState,
    /// Lists by owner filter and kind.
    lists: Box<[[List; 4]; 2]>,
    /// Kind of credential on the selected tab.
    pub kind: Kind,
    /// Last selected tabs, by workspace name.
    last_tabs: BTreeMap<String, Kind>,
    /// Owner filter of the lists.
    pub scope: Scope,
    /// Screens over the list. The last one is on top and has the focus.
    pub screens: Vec<Screen>,
    /// Keys of an incomplete chord.
    pub pending: Vec<Chord>,
    /// Undo history of the focused text field.
    undo: commands::Undo,
    /// Keys that were pressed before the first rows arrived. They are handled afterwards, unless a
    /// screen or an error appears instead of the rows.
    typed_ahead: Vec<Chord>,
    /// Current notice, shown in the lower rule.
    pub notice: Option<Notice>,
    /// Number of rotations of this profile that are in progress.
    pub rotations: usize,
    /// Evidence of use from log files.
    pub known_uses: KnownUses,
    /// Last error, until it is dismissed or a later action succeeds.
    pub failure: Option<Failure>,
    /// Action that waits for the newest version of its credential.
    pub opening: Option<PendingAction>,
    /// Number of writes in progress.
    pub writes: usize,
    /// Last write, kept while it may have to be retried.
    sent: Option<Effect>,
    /// Wait before the retry of a rate-limited write.
    pub held: Option<PendingRetry>,
    /// True if the console quits once all writes are complete.
    pub quitting: bool,
    /// True if a termination signal arrived.
    ended: bool,
    /// True if the next ctrl-c discards unsaved input and quits.
    quit_armed: bool,
    /// True if the previous key requested the deletion of a saved view, so that the same key
    /// confirms the deletion.
    view_armed: bool,
    /// True if the console responds to the mouse.
    pub mouse: bool,
    /// Time and position of the last click, to recognize a double click.
    last_click: Option<(Timestamp, (u16, u16))>,
    /// Sequence number of the last copied secret. The timer of an older secret does not clear the
    /// clipboard.
    clipboard: u64,
    session_number: u64,
    /// Auditor of single credentials in lists, details and forms.
    pub auditor: auditor::Auditor,
    /// Last selected figure of the overview: its position and kind.
    last_figure: (usize, Kind),
    /// Last closed Expiring tab, kept so that the tab reopens with its rows.
    last_expiring: Option<Box<ExpiringPanel>>,
    /// Last closed audit screen, with its owner filter, kept so that the screen reopens at the same
    /// position.
    last_audit: Option<(Scope, Box<AuditPanel>)>,
    /// Preview of the selected credential.
    pub preview: preview::Preview,
    /// True if lists show the audit columns.
    pub wide: bool,
    /// Chosen columns of each list. Lists with the audit columns do not use them.
    pub columns: ChosenColumns,
    /// Generation of the open workspace. Results of an older one are dropped.
    round: u64,
    counter: u64,
}

/// State of the connection to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// The connection is being established.
    Connecting,
    /// The connection is established.
    Ready,
    /// The last attempt failed, or the user has signed out.
    Failed,
}

/// Wait before the retry of a rate-limited write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingRetry {
    /// Sequence number of the wait. Timers of an older wait are ignored.
    pub number: u64,
    /// End of the wait.
    pub until: Timestamp,
    /// User who requested the write. The write must not be sent for another user.
    who: Option<Untrusted>,
}

/// Action on a credential once its newest version has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Open the edit form.
    Edit,
    /// Open the edit form, and its text in an editor.
    EditText,
    /// Open a create form with the same values.
    CreateLike,
    /// Ask the user to confirm the deletion.
    Delete,
    /// Ask the user to confirm the rotation.
    Rotate,
    /// Preview the fix of the finding under the detail cursor.
    Fix,
}

/// Action that waits for the newest version of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAction {
    /// Ticket of the read request.
    pub ticket: Ticket,
    /// Action after the read.
    pub then: Then,
    /// Number of open screens when the action was requested. If it has changed, the action is
    /// dropped.
    pub depth: usize,
}

impl Model {
    /// Creates the state of a console that is not connected yet.
    #[must_use]
    pub fn new(setup: Setup, now: Timestamp) -> Self {
        let Setup { workspace, base_url, keymap, timers, usual, facts, tabs, columns, mouse } =
            setup;
        let kind = tabs.get(&workspace.name).copied().unwrap_or(Kind::Token);
        Self {
            lock: lock_of(&workspace),
            auditor: auditor::Auditor::new(workspace.profile.as_ref(), None),
            last_audit: None,
            last_expiring: None,
            last_figure: (0, kind),
            preview: preview::Preview::default(),
            wide: false,
            columns,
            session: None,
            session_number: 0,
            round: 0,
            usual,
            facts,
            now,
            size: (80, 24),
            workspace,
            keymap,
            timers,
            base_url: base_url.into(),
            me: None,
            capabilities: None,
            connection: ConnectionState::Connecting,
            lists: Box::default(),
            kind,
            last_tabs: tabs,
            scope: Scope::Mine,
            screens: Vec::new(),
            pending: Vec::new(),
            undo: commands::Undo::default(),
            typed_ahead: Vec::new(),
            notice: None,
            rotations: 0,
            known_uses: KnownUses::default(),
            failure: None,
            opening: None,
            writes: 0,
            sent: None,
            held: None,
            quitting: false,
            ended: false,
            quit_armed: false,
            view_armed: false,
            mouse,
            last_click: None,
            clipboard: 0,
            counter: 0,
        }
    }

    /// Switches to another workspace and drops the state of the old one.
    fn switch(&mut self, round: u64, workspace: Workspace) {
        let base_url = workspace.profile.as_ref().map_or("", |profile| &profile.base_url);
        let setup = Setup {
            base_url: base_url.to_owned(),
            workspace,
            keymap: Arc::clone(&self.keymap),
            timers: self.timers,
            usual: self.usual,
            facts: self.facts.clone(),
            tabs: self.last_tabs(),
            columns: self.columns.clone(),
            mouse: self.mouse,
        };
        let fresh = Self::new(setup, self.now);
        // The sequence numbers continue, so that late results of the old workspace are recognized.
        let (size, clipboard, counter) = (self.size, self.clipboard, self.counter);
        let wide = self.wide;
        *self = Self { size, clipboard, wide, round, counter, ..fresh };
    }

    /// Returns the last selected tab of each workspace by name, including the open one. The tab of
    /// the demo is not recorded.
    #[must_use]
    pub fn last_tabs(&self) -> BTreeMap<String, Kind> {
        let mut tabs = self.last_tabs.clone();
        if !self.workspace.is_demo() {
            tabs.insert(self.workspace.name.clone(), self.kind);
        }
        tabs
    }

    /// Returns the list for an owner filter and a kind.
    #[must_use]
    pub fn list_of(&self, scope: Scope, kind: Kind) -> &List {
        &self.lists[scope as usize][kind as usize]
    }

    fn list_of_mut(&mut self, scope: Scope, kind: Kind) -> &mut List {
        &mut self.lists[scope as usize][kind as usize]
    }

    fn lists_mut(&mut self) -> impl Iterator<Item = &mut List> {
        self.lists.iter_mut().flatten()
    }

    /// Returns true while the first rows of the visible list are expected, and no other screen or
    /// error is shown.
    fn is_starting(&self) -> bool {
        let list = self.list();
        let expects_rows = match self.connection {
            ConnectionState::Connecting => true,
            ConnectionState::Ready => {
                matches!(list.fetch, list::Fetch::Idle | list::Fetch::Loading { .. })
            }
            ConnectionState::Failed => false,
        };
        expects_rows
            && self.has(self.kind)
            && list.rows.is_empty()
            && self.screens.is_empty()
            && self.failure.is_none()
    }

    /// Returns the visible list.
    #[must_use]
    pub fn list(&self) -> &List {
        self.list_of(self.scope, self.kind)
    }

    fn list_mut(&mut self) -> &mut List {
        self.list_of_mut(self.scope, self.kind)
    }

    /// Returns the form fields that the provider supports for a kind, and their rules. Until the
    /// capabilities are known, the form fields of the contract are returned.
    fn form_schema(&self, kind: Kind) -> FormSchema {
        let basic;
        let all = match &self.capabilities {
            Some(all) => all,
            None => {
                basic = Capabilities::basic("");
                &basic
            }
        };
        let abilities = all.of(kind);
        FormSchema {
            apis: all.apis.clone(),
            shape: abilities.shape,
            fixed: abilities.fixed,
            edit_rotates: abilities.edit_rotates,
        }
    }

    /// Returns the time and the user that a filter compares with. The user is `None` until the
    /// server has reported it.
    fn setting(&self) -> FilterContext {
        let me = self.me.as_ref();
        let me = me.map(|me| (me.user_id.raw().to_owned(), me.email.raw().to_owned()));
        FilterContext { now: self.now, me }
    }

    /// Applies the filter line to the visible list.
    fn refilter(&mut self) {
        let setting = self.setting();
        self.list_mut().refilter(setting);
    }

    /// Searches the server for the longest word of the filter, if the provider supports search and
    /// rows may be missing.
    fn search(&self) -> Vec<Effect> {
        let list = self.list();
        let searches = self.capabilities.as_ref().is_some_and(|all| all.searches);
        let Some(word) = list.word().filter(|_| searches && list.is_incomplete()) else {
            return Vec::new();
        };
        let first = PageQuery::first(self.kind, self.scope, SEARCH_SIZE);
        vec![Effect::List(ListEffect::Search(PageQuery { search: Some(word.to_owned()), ..first }))]
    }

    fn ticket(&mut self) -> Ticket {
        self.counter += 1;
        Ticket(self.counter)
    }

    fn say(&mut self, tone: Tone, text: &str) -> Effect {
        self.counter += 1;
        let id = self.counter;
        self.notice = Some(Notice::new(id, tone, text));
        Effect::After { wait: NOTICE, timer: Timer::Notice(id) }
    }

    fn fail(&mut self, explanation: Explanation) {
        self.failure = Some(Failure(explanation));
    }

    /// Requests the visible list if the server is connected and the list is
    /// [`list::Fetch::Idle`]. A stopped or failed list is not requested again.
    fn load(&mut self) -> Vec<Effect> {
        match self.list().fetch {
            list::Fetch::Idle if self.connection == ConnectionState::Ready => {
                self.reload(self.scope, self.kind)
            }
            _ => Vec::new(),
        }
    }

    /// Requests the row counts of the other tabs, if unknown.
    fn count_others(&self) -> Vec<Effect> {
        // Without the capabilities, it is unknown which lists are read together.
        if self.capabilities.is_none() {
            return Vec::new();
        }
        let unknown = |kind: &Kind| {
            let list = self.list_of(self.scope, *kind);
            // Lists that are read together get their counts with their rows.
            let alone = self.together(*kind).len() == 1;
            let counted =
                list.total.is_some() || list.cached_at.is_none() && list.count().is_some();
            *kind != self.kind && !counted && alone
        };
        let others = self.tabs().filter(|kind| self.has(*kind)).filter(unknown);
        others
            .map(|kind| Effect::List(ListEffect::FetchTotal { scope: self.scope, kind }))
            .collect()
    }

    fn reload(&mut self, scope: Scope, kind: Kind) -> Vec<Effect> {
        if !self.has(kind) {
            return Vec::new();
        }
        let ticket = self.ticket();
        for kind in self.together(kind) {
            self.list_of_mut(scope, kind).ask(ticket);
        }
        vec![self.fetch(ticket, scope, kind)]
    }

    /// Returns the kinds whose lists are read together with that of `kind`.
    fn together(&self, kind: Kind) -> Vec<Kind> {
        self.capabilities.as_ref().map_or_else(|| vec![kind], |all| all.together(kind))
    }

    /// Returns the effect that requests the next page of a list.
    fn fetch(&self, ticket: Ticket, scope: Scope, kind: Kind) -> Effect {
        let after = self.list_of(scope, kind).reading.after().map(str::to_owned);
        let every_client = self.together(kind).len() > 1;
        let first = PageQuery::first(kind, scope, PAGE_SIZE);
        Effect::List(ListEffect::FetchPage {
            ticket,
            query: PageQuery { after, every_client, ..first },
        })
    }

    /// Returns the user of the session, if the tokens of the session contain a user.
    fn who(&self) -> Option<Untrusted> {
        self.session.as_ref().and_then(|session| session.who.clone())
    }

    /// Removes the rows of a credential that no longer exists.
    fn remove_row(&mut self, kind: Kind, id: &Untrusted) {
        for scope in [Scope::Mine, Scope::Organization] {
            self.list_of_mut(scope, kind).remove(id);
        }
    }

    /// Counts a write as running, and keeps its effect for a retry in case the write is rate
    /// limited. Returns the effect.
    fn send(&mut self, write: Effect) -> Effect {
        self.writes += 1;
        self.sent = Some(write.clone());
        write
    }
}

/// Longest wait before a rate-limited write is retried automatically, in seconds. If the server
/// requires a longer wait, an error is reported.
const LONGEST_WAIT: u64 = 120;

fn lock_of(workspace: &Workspace) -> Lock {
    match &workspace.profile {
        Some(profile) if profile.starts_locked() => Lock::Locked,
        _ => Lock::None,
    }
}

/// Returns the effects to run at startup.
#[must_use]
pub fn start() -> Vec<Effect> {
    vec![Effect::Server(ServerEffect::Connect)]
}

/// Applies a message to the model and returns the resulting effects.
pub fn update(model: &mut Model, now: Timestamp, msg: Msg) -> Vec<Effect> {
    model.now = now;
    model.auditor.set_now(now);
    let (screen, said) = (model.scope_of_top(), model.notice.as_ref().map(|notice| notice.id));
    let rows_came = matches!(msg, Msg::List(_) | Msg::Credential(_) | Msg::Audit(_));
    let mut effects = match msg {
        Msg::Key(chord) => commands::key(model, chord),
        Msg::Paste(text) => commands::paste(model, &text),
        Msg::Burst(chords) => commands::burst(model, &chords),
        Msg::Click { at, on } => mouse::click(model, at, on),
        Msg::Wheel { down } => mouse::wheel(model, down),
        Msg::EditedText(result) => screens::form::edited_text(model, result),
        Msg::Resize { columns, rows } => {
            model.size = (columns, rows);
            model.hide_secrets();
            Vec::new()
        }
        Msg::Hide => {
            model.hide_secrets();
            Vec::new()
        }
        Msg::SlowTerminal => {
            let text = "Slow terminal: rows are no longer highlighted. To change this, set low_bandwidth in the configuration";
            vec![model.say(Tone::Plain, text)]
        }
        Msg::End => commands::end(model),
        answer @ (Msg::Timer(_)
        | Msg::Server(_)
        | Msg::List(_)
        | Msg::Credential(_)
        | Msg::Clipboard(_)
        | Msg::Session(_)
        | Msg::Profile(_)
        | Msg::Audit(_)
        | Msg::Views(_)
        | Msg::History { .. }
        | Msg::Rotation(_)
        | Msg::KnownUses(..)) => answers::take(model, answer),
    };
    // A notice about one screen would be misleading on another screen.
    if model.scope_of_top() != screen && model.notice.as_ref().map(|notice| notice.id) == said {
        model.notice = None;
    }
    if rows_came {
        screens::overview::recount(model);
    }
    let Model { screens, auditor, .. } = &mut *model;
    if let Some(top) = screens.last_mut() {
        top.behavior_mut().audit(auditor, now);
    }
    fit(model);
    effects.extend(preview::follow(model));
    effects.extend(screens::help::verb::follow(model));
    if !model.typed_ahead.is_empty() && !model.is_starting() {
        let typed_ahead = std::mem::take(&mut model.typed_ahead);
        // The keys were meant for rows, so a screen or an error that appeared instead must not
        // receive them.
        let rows_came =
            model.screens.is_empty() && model.failure.is_none() && !model.list().rows.is_empty();
        for chord in typed_ahead.into_iter().filter(|_| rows_came) {
            effects.extend(update(model, now, Msg::Key(chord)));
        }
    }
    effects
}

/// Sets the number of visible rows of all lists and of the top screen.
fn fit(model: &mut Model) {
    let layout = view::Layout::of(model);
    let rows = layout.rows();
    for it in model.lists.iter_mut().flatten().filter(|it| it.scroll.height != rows) {
        it.resize(rows);
    }
    let preview = view::is_preview(model, model.screens.len().saturating_sub(1));
    if let Some(top) = model.screens.last_mut() {
        top.behavior_mut().fit(layout.lines(preview));
    }
}
