//! Messages and effects of the console, with their data.

use std::{borrow::Cow, time::Duration};

use jiff::Timestamp;

use super::{Workspace, list::Cached, remote::Ticket, screens};
use crate::{
    api::{ApiError, Capabilities, Explanation, Me, Page, PageQuery, Scope},
    app::screens::{
        access_token::Issued,
        audit::Audited,
        expiring::FleetExpiries,
        marked::{MarkedChange, MarkedPlan, MarkedResult},
        overview::Changes,
        profiles::ProfileEntry,
        sign_in::{SignedIn, Typed},
    },
    auth::{probe::DetectedApi, session::SessionInfo, sign_in::SignInStep},
    clipboard::{Cleared, ClipboardError, CopyRoute},
    domain::{
        Credential, CredentialRef, Draft, Kind, Profile, Secret, Untrusted,
        audit::{Policy, Suppression},
        draft::Change,
        evidence::KnownUses,
        expiry::{Expiring, Snooze, Snoozes},
        preferences::SavedView,
        profile::Method,
    },
    keys::Chord,
    ui::Click,
    vault::{Ask, Stored},
};

/// Reference to a secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// Secret of a credential, read from the server on demand.
    Stored(CredentialRef),
    /// Secret that the server returned only once, in the secret cache.
    Once(CredentialRef),
    /// Access token of the client with this ID, in the secret cache.
    AccessToken(Untrusted),
}

/// Type of a copied value, for the notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// Client ID or token ID.
    Id(Kind),
    /// Client IDs or token IDs, with their number.
    Ids(Kind, usize),
    /// Name of a credential.
    Name,
    /// Login URL of a list row.
    Url,
    /// API base URL of the workspace.
    BaseUrl,
    /// Other value, such as a line of a detail page.
    Value,
    /// Text of the last error.
    Failure,
    /// Client secret or API access token.
    Secret(Kind),
    /// OAuth access token that was issued to a client.
    AccessToken,
    /// Address of a login page.
    LoginPage,
}

impl Copied {
    /// Returns the name of the value for a notice.
    #[must_use]
    pub fn title(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Ids(kind, count) => return format!("{count} {}s", kind.id_label()).into(),
            Self::Id(kind) => kind.id_label(),
            Self::Name => "Name",
            Self::Url => "URL",
            Self::BaseUrl => "API base URL",
            Self::Value => "Value",
            Self::Failure => "Error message",
            Self::Secret(Kind::Token) => "API access token",
            Self::Secret(_) => "Client secret",
            Self::AccessToken => "Access token",
            Self::LoginPage => "Login page address",
        })
    }

    /// Returns true if the value must be cleared from the clipboard.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Secret(_) | Self::AccessToken)
    }
}

/// Result of a write, without the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Credential after the write.
    pub credential: Credential,
    /// True if the response contained a secret, which is now in the secret cache
    /// ([`SecretRef::Once`]).
    pub secret: bool,
    /// JSON names of members whose values differ from the intended result of the write.
    pub side_effects: Vec<Untrusted>,
}

/// Reason why a value was not copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyError {
    /// The secret could not be read.
    Api(ApiError),
    /// No clipboard accepted the value.
    Clipboard(ClipboardError),
}

/// Failure on this machine, with the error text of its cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocalError {
    /// The configuration cannot be read or written, or the audit policy cannot be read.
    #[error("{0}")]
    Config(String),
    /// A report or an export cannot be written.
    #[error("Could not write the file: {0}")]
    File(String),
    /// The audit policy cannot be written.
    #[error("Could not change the suppressions: {0}")]
    Suppression(String),
    /// The history of changes cannot be read.
    #[error("Could not read the history: {0}")]
    History(String),
    /// The snoozed expiries cannot be read or written.
    #[error("Could not change the snoozed expiries: {0}")]
    Snoozes(String),
    /// The rotations in progress cannot be read.
    #[error("Could not read the rotations: {0}")]
    Rotations(String),
}

/// Purpose of a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The display time of the notice with this number is over.
    Notice(u64),
    /// One second of the display time of a revealed secret has passed.
    Peek,
    /// The displayed lifetime of an access token must be updated.
    TokenLeft,
    /// The secret with this number must be cleared from the clipboard.
    Clipboard(u64),
    /// One second of the rate-limit wait of a list has passed.
    Retry(Scope, Kind),
    /// The rate-limit wait before the next read or change of this run is over.
    NextMarked(Ticket),
    /// One second of the rate-limit wait with this number, before the retry of a write, has passed.
    Resend(u64),
    /// The period of unlocked writing is over.
    Relock,
    /// The session with this number is about to expire.
    SessionEnds(u64),
    /// The list cursor has stayed on its row since the move with this number.
    Preview(u64),
}

/// Message to the console: input, a timer, or the result of an effect.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a message is moved twice, and a credential in it once"
)]
pub enum Msg {
    /// Key pressed by the user.
    Key(Chord),
    /// Text of a bracketed paste.
    Paste(String),
    /// Characters and line breaks that arrived together, as pasted text does without bracketed
    /// paste.
    Burst(Vec<Chord>),
    /// Click with the left mouse button.
    Click {
        /// Column and row of the screen, from 0.
        at: (u16, u16),
        /// Effect of a click on that position of the drawn frame, added by the shell.
        on: Option<Click>,
    },
    /// Turn of the mouse wheel, or a similar gesture, by one step.
    Wheel {
        /// True if the wheel turned toward the last row.
        down: bool,
    },
    /// Text after the user closed the editor, or the reason why it is not available.
    EditedText(Result<String, String>),
    /// New size of the terminal.
    Resize {
        /// Width, in columns.
        columns: u16,
        /// Height, in rows.
        rows: u16,
    },
    /// The terminal window lost the focus, or the console is about to be suspended. Secrets are
    /// masked.
    Hide,
    /// The terminal is slow, so the shell sends fewer bytes from now on.
    SlowTerminal,
    /// A termination signal arrived (TERM, HUP, INT).
    End,
    /// End of a timer.
    Timer(Timer),
    /// Result of connecting to the server, or of reading its capabilities or the signed-in user.
    Server(ServerMsg),
    /// Rows, row counts or expiries of lists, or the result of an export, a snapshot or a snooze.
    List(ListMsg),
    /// Result of reading, changing or using a single credential.
    Credential(CredentialMsg),
    /// Result of copying a value or clearing the clipboard.
    Clipboard(ClipboardMsg),
    /// Progress or result of reading the session, signing in or signing out.
    Session(SessionMsg),
    /// Result of reading, opening, detecting or adding a profile.
    Profile(ProfileMsg),
    /// Result of an audit, or of a change to its policy.
    Audit(AuditMsg),
    /// Saved views, after a read, save or deletion.
    Views(screens::views::ViewsMsg),
    /// Recorded changes, the newest first.
    History {
        /// Ticket of the page that shows them.
        ticket: Ticket,
        /// Recorded changes, or the error.
        result: Result<Vec<PastChange>, LocalError>,
    },
    /// Rotations in progress, or the progress of a rotation.
    Rotation(RotationMsg),
    /// Evidence of use from log files for the profile with this name; empty if it cannot be read.
    KnownUses(String, Box<KnownUses>),
}

/// Change that the history of this machine records.
#[derive(Debug, Clone, PartialEq)]
pub struct PastChange {
    /// Time of the change.
    pub at: Timestamp,
    /// Operating system user who made the change; empty if unknown.
    pub user: Untrusted,
    /// Recorded action, such as `edit`.
    pub action: String,
    /// Name of the credential, if recorded.
    pub name: Option<Untrusted>,
    /// ID of the credential; empty for a failed creation.
    pub id: Untrusted,
    /// `done`, `failed` or `unknown`.
    pub outcome: String,
    /// Changed fields, each an object with `field`, `before` and `after`.
    pub changes: Vec<serde_json::Value>,
}

/// Rotations in progress, or the progress of a rotation that delivers the new secret.
#[derive(Debug)]
pub enum RotationMsg {
    /// Rotations in progress.
    Read {
        /// Ticket of the request.
        ticket: Ticket,
        /// Name of the profile or workspace.
        profile: String,
        /// Rotations of the profile, or the error.
        result: Result<Vec<OpenRotation>, LocalError>,
    },
    /// A step was completed.
    Step {
        /// Ticket of the rotation.
        ticket: Ticket,
        /// Sentence about the step.
        text: String,
    },
    /// The rotation is complete, waits, or failed.
    Ended {
        /// Ticket of the rotation.
        ticket: Ticket,
        /// State of the rotation, or the error: sentences on one or more lines.
        result: Result<String, String>,
    },
}

/// Rotation in progress on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRotation {
    /// ID of the rotation, for its commands.
    pub id: String,
    /// Name of the client.
    pub name: Untrusted,
    /// Client ID.
    pub client_id: Untrusted,
    /// Time at which the rotation started.
    pub started_at: Timestamp,
    /// Progress in a few words.
    pub progress: String,
    /// Name of each destination, and true if the new secret was delivered to it.
    pub deliveries: Vec<(String, bool)>,
    /// Steps that are possible now, each with its effect.
    pub next: Vec<(RotationStep, &'static str)>,
}

/// Step by which the user continues or ends a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationStep {
    /// Repeat a failed step, or revoke the previous secret once the revocation is due.
    Resume,
    /// Revoke the previous secret now.
    Finish,
    /// Restore the destinations and the previous secret.
    Abort,
}

impl RotationStep {
    /// Returns the title of the step.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Resume => "Continue the rotation",
            Self::Finish => "Finish the rotation",
            Self::Abort => "Abort the rotation",
        }
    }
}

/// Time for which the previous secret stays valid after the delivery of the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepPrevious {
    /// Until the user finishes the rotation.
    UntilFinished,
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// Thirty days.
    Month,
}

impl KeepPrevious {
    /// Returns the next choice; the last choice is followed by the first.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::UntilFinished => Self::Day,
            Self::Day => Self::Week,
            Self::Week => Self::Month,
            Self::Month => Self::UntilFinished,
        }
    }

    /// Returns the number of days; `None` for [`Self::UntilFinished`].
    #[must_use]
    pub const fn days(self) -> Option<u8> {
        match self {
            Self::UntilFinished => None,
            Self::Day => Some(1),
            Self::Week => Some(7),
            Self::Month => Some(30),
        }
    }

    /// Returns the value of `--overlap`; `None` for [`Self::UntilFinished`].
    #[must_use]
    pub const fn overlap(self) -> Option<&'static str> {
        match self {
            Self::UntilFinished => None,
            Self::Day => Some("1d"),
            Self::Week => Some("7d"),
            Self::Month => Some("30d"),
        }
    }
}

/// Result of connecting to the server, or of reading its capabilities or the signed-in user.
#[derive(Debug)]
pub enum ServerMsg {
    /// Result of connecting to the server.
    Connected {
        /// Generation of the workspace; results of an older generation are dropped.
        round: u64,
        /// Base URL of the connected server, or the error.
        result: Result<String, ApiError>,
    },
    /// Result of reading the signed-in user.
    Me(Result<Me, ApiError>),
    /// Result of reading the features of the server.
    Capabilities(Result<Box<Capabilities>, ApiError>),
}

/// Rows, row counts or expiries of lists, or the result of an export, a snapshot or a snooze.
#[derive(Debug)]
pub enum ListMsg {
    /// Result of an export.
    Exported {
        /// Exported rows, for the notice: `2 rows`.
        what: String,
        /// File name, or the error.
        result: Result<String, LocalError>,
    },
    /// Part of a list from the cache.
    Recalled {
        /// Generation of the workspace, as in [`ServerMsg::Connected`].
        round: u64,
        /// Cached rows of the part.
        cached: Cached,
    },
    /// Result of a server search while the list is still loading.
    Found {
        /// Owner filter of the list.
        scope: Scope,
        /// Kind of the list.
        kind: Kind,
        /// Rows that were found, or the error.
        result: Result<Page, ApiError>,
    },
    /// Page of a list.
    Page {
        /// Ticket of the request.
        ticket: Ticket,
        /// Owner filter of the list.
        scope: Scope,
        /// Kind of the list.
        kind: Kind,
        /// Page, or the error.
        result: Result<Page, ApiError>,
    },
    /// Progress of reading credentials for the Expiring tab.
    ExpiriesCame {
        /// Ticket of the request.
        ticket: Ticket,
        /// Number of credentials read since the last progress message.
        count: usize,
    },
    /// Result of reading the expiries of all lists.
    Expiries {
        /// Ticket of the request.
        ticket: Ticket,
        /// Expiries, or the error if nothing could be read.
        result: Result<Box<FleetExpiries>, ApiError>,
    },
    /// Result of comparing the credentials with the last kept snapshot.
    Changes {
        /// Ticket of the request.
        ticket: Ticket,
        /// Changes, `None` if no snapshot is kept, or the error.
        result: Result<Option<Box<Changes>>, ApiError>,
    },
    /// Result of keeping a snapshot: the number of credentials in it, and true if every list could
    /// be read.
    SnapshotKept(Result<(usize, bool), ApiError>),
    /// Snoozed expiries after a change, or the error.
    Snoozed {
        /// Name of the profile or workspace.
        profile: String,
        /// All snoozed expiries of the profile, or the error.
        result: Result<Box<Snoozes>, LocalError>,
    },
    /// Result of counting the rows of a list.
    Total {
        /// Owner filter of the list.
        scope: Scope,
        /// Kind of the list.
        kind: Kind,
        /// Number of rows, or `None` if the server does not report it.
        result: Result<Option<u64>, ApiError>,
    },
}

/// Result of reading, changing or using a single credential.
#[derive(Debug)]
pub enum CredentialMsg {
    /// Result of reading a credential.
    Shown {
        /// Ticket of the request.
        ticket: Ticket,
        /// Credential, or the error.
        result: Result<Credential, ApiError>,
    },
    /// Result of creating a credential.
    Created(Result<Saved, ApiError>),
    /// Result of changing a credential.
    Edited(Result<Saved, ApiError>),
    /// Result of rotating a client secret.
    Rotated(Result<Saved, ApiError>),
    /// Result of deleting a credential.
    Deleted(Result<(), ApiError>),
    /// Plan for one of the marked credentials.
    MarkedPlanned {
        /// Ticket of the run.
        ticket: Ticket,
        /// Plan, or the error of the read.
        result: Result<MarkedPlan, ApiError>,
    },
    /// Result of changing one of the marked credentials.
    MarkedChanged {
        /// Ticket of the run.
        ticket: Ticket,
        /// State of the credential, or the error.
        result: Result<MarkedResult, ApiError>,
    },
    /// Result of a token request.
    Issued {
        /// Ticket of the request.
        ticket: Ticket,
        /// Claims, scopes and expiry of the token, or the error. The token itself is in the secret
        /// cache.
        result: Result<Issued, ApiError>,
    },
    /// Step of a login test that the user must take.
    LoginStep {
        /// Ticket of the attempt.
        ticket: Ticket,
        /// Step that the user must take in a browser.
        step: SignInStep,
        /// One-time password for the login page of the embedded server; `None` for other servers.
        password: Option<Secret>,
    },
    /// Result of reading a secret for display.
    Revealed {
        /// Ticket of the request.
        ticket: Ticket,
        /// Secret, or the error.
        result: Result<Secret, ApiError>,
    },
}

/// Result of copying a value or clearing the clipboard.
#[derive(Debug)]
pub enum ClipboardMsg {
    /// Result of copying a value.
    Copied {
        /// Type of the copied value.
        what: Copied,
        /// Route to the clipboard, or the error.
        result: Result<CopyRoute, CopyError>,
    },
    /// Reference to a secret that is shown only once and was copied.
    Taken(SecretRef),
    /// Result of clearing the clipboard.
    Cleared(Cleared),
}

/// Progress or result of reading the session, signing in or signing out.
#[derive(Debug)]
pub enum SessionMsg {
    /// The session was read from its store or renewed.
    Read {
        /// Sign-in method, user and expiry of the session, without its tokens.
        about: SessionInfo,
        /// Store of the session, if it was renewed.
        kept: Option<Stored>,
    },
    /// The session store requires the passphrase of its file.
    PassphraseWanted(Ask),
    /// Step of a sign-in that the user must take.
    Step {
        /// Ticket of the sign-in.
        ticket: Ticket,
        /// Step to take.
        step: SignInStep,
    },
    /// The sign-in waits until the user pastes an address.
    Waits(Ticket),
    /// Result of a sign-in.
    SignedIn {
        /// Ticket of the sign-in.
        ticket: Ticket,
        /// New session and its store, without tokens, or the error.
        result: Result<SignedIn, ApiError>,
    },
    /// Result of a sign-out, with the error if the session was not deleted or revoked.
    SignedOut(Option<Explanation>),
}

/// Result of reading, opening, detecting or adding a profile.
#[derive(Debug)]
pub enum ProfileMsg {
    /// Result of reading the profiles from the configuration.
    Read(Result<Vec<ProfileEntry>, LocalError>),
    /// Result of opening a profile.
    Switched {
        /// New generation of the workspace; results of older generations are dropped.
        round: u64,
        /// Opened workspace, or the error.
        result: Result<Box<Workspace>, ApiError>,
    },
    /// Result of detecting the API at a URL.
    Probed {
        /// Ticket of the request.
        ticket: Ticket,
        /// Detected API, or the error.
        result: Result<DetectedApi, ApiError>,
    },
    /// Result of adding a profile, with its name.
    Added(Result<String, LocalError>),
}

/// Result of an audit, or of a change to its policy.
#[derive(Debug)]
pub enum AuditMsg {
    /// Progress of reading credentials for an audit.
    Came {
        /// Ticket of the audit.
        ticket: Ticket,
        /// Number of credentials read since the last progress message.
        count: usize,
    },
    /// Result of the audit.
    Done {
        /// Ticket of the audit.
        ticket: Ticket,
        /// Audited credentials and findings, or the error if nothing could be read.
        result: Result<Box<Audited>, ApiError>,
    },
    /// Result of reading the policy file.
    Policy(Result<Box<Policy>, LocalError>),
    /// Result of suppressing a finding, with the path of the policy file.
    Suppressed(Result<String, LocalError>),
    /// Result of removing a suppression, with the path of the policy file.
    SuppressionRemoved(Result<String, LocalError>),
    /// Result of saving a report, with its file name.
    ReportSaved(Result<String, LocalError>),
}

/// File to create in the current directory: a report or an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// File name, without a directory.
    pub name: String,
    /// Content of the file.
    pub text: String,
}

/// Side effect that the shell executes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Connect to the server; read its capabilities and the user.
    Server(ServerEffect),
    /// Read, search, count, compare and export lists, keep snapshots, and snooze expiries.
    List(ListEffect),
    /// Read and change single credentials, and get tokens.
    Credential(CredentialEffect),
    /// Copy values, and clear copied secrets.
    Clipboard(ClipboardEffect),
    /// Sign in and out.
    Session(SessionEffect),
    /// Read, add and open profiles.
    Profile(ProfileEffect),
    /// Run audits, and change the audit policy.
    Audit(AuditEffect),
    /// Read and change the saved views.
    Views(ViewsEffect),
    /// Read the recorded changes of a profile, or of one of its credentials.
    ReadHistory {
        /// Ticket of the page that shows the changes.
        ticket: Ticket,
        /// Name of the profile or workspace.
        profile: String,
        /// ID of the credential; `None` for all.
        id: Option<Untrusted>,
    },
    /// Read, start or continue rotations.
    Rotation(RotationEffect),
    /// Read the evidence of use from earlier searches in log files.
    ReadKnownUses,
    /// Send a timer message after a delay.
    After {
        /// Time until the message is sent.
        wait: Duration,
        /// Timer in the message.
        timer: Timer,
    },
    /// Redraw the whole screen, for example after another program wrote to the terminal.
    Redraw,
    /// Suspend the console and return to the shell.
    Suspend,
    /// Let the user edit a text in an editor.
    EditText(String),
    /// Quit the console.
    Quit,
}

/// Effect on rotations that deliver the new secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RotationEffect {
    /// Read the rotations in progress.
    Read {
        /// Ticket of the request.
        ticket: Ticket,
        /// Name of the profile or workspace.
        profile: String,
    },
    /// Start a rotation.
    Start {
        /// Ticket of the page that shows the steps.
        ticket: Ticket,
        /// Client whose secret is rotated.
        of: CredentialRef,
        /// Names of the destinations.
        to: Vec<String>,
        /// Time for which the previous secret stays valid; `None` if the server revokes it
        /// immediately.
        keep: Option<KeepPrevious>,
    },
    /// Continue or end a rotation.
    Continue {
        /// Ticket of the page that shows the steps.
        ticket: Ticket,
        /// ID of the rotation.
        id: String,
        /// Step to run.
        step: RotationStep,
    },
}

/// Effect on the connection: connect to the server, or read its capabilities or the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEffect {
    /// Open a connection to the server.
    Connect,
    /// Read the signed-in user.
    FetchMe,
    /// Read the features of the server.
    FetchCapabilities,
}

/// Effect that reads, searches, counts, compares or exports lists, cancels a read, keeps a
/// snapshot, or snoozes an expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListEffect {
    /// Request a page; a newer request for the list cancels this one.
    FetchPage {
        /// Ticket of the request.
        ticket: Ticket,
        /// Page to read.
        query: PageQuery,
    },
    /// Search the server for rows that contain a text.
    Search(PageQuery),
    /// Cancel the page request of a list.
    StopPage {
        /// Owner filter of the list.
        scope: Scope,
        /// Kind of the list.
        kind: Kind,
    },
    /// Read every list for the Expiring tab; a newer request cancels this one.
    FetchExpiries {
        /// Ticket of the request.
        ticket: Ticket,
        /// Owner filter of the credentials.
        scope: Scope,
        /// Current time, which determines the secrets that have expired.
        now: Timestamp,
    },
    /// Write rows to a new file.
    Export {
        /// Exported rows, for the notice: `2 rows`.
        what: String,
        /// File to write.
        file: NewFile,
    },
    /// Cancel the read for the Expiring tab.
    StopExpiries,
    /// Compare every list with the last kept snapshot; a newer request cancels this one.
    FetchChanges {
        /// Ticket of the request.
        ticket: Ticket,
        /// Owner filter of the credentials.
        scope: Scope,
    },
    /// Cancel the comparison with the last kept snapshot.
    StopChanges,
    /// Set or remove the snooze of an expiry.
    Snooze {
        /// Expiry to snooze.
        expiring: Box<Expiring>,
        /// Snooze; `None` removes it.
        snooze: Option<Snooze>,
        /// Current time.
        now: Timestamp,
    },
    /// Keep a snapshot of every list.
    KeepSnapshot {
        /// Owner filter of the credentials.
        scope: Scope,
        /// Current time.
        now: Timestamp,
    },
    /// Count the rows of a list.
    FetchTotal {
        /// Owner filter of the list.
        scope: Scope,
        /// Kind of the list.
        kind: Kind,
    },
}

/// Effect that reads or changes a single credential or its secret, or gets a token for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialEffect {
    /// Read a credential.
    Show {
        /// Ticket of the request.
        ticket: Ticket,
        /// Reference to the credential.
        of: CredentialRef,
    },
    /// Create a credential.
    Create {
        /// Draft to save.
        draft: Draft,
        /// Idempotency key of the attempt, unique in this run of the console.
        attempt: u64,
    },
    /// Change a credential.
    Edit {
        /// Reference to the credential.
        of: CredentialRef,
        /// Version that the changes apply to.
        version: Option<String>,
        /// Fields to change, with their new values.
        changes: Vec<Change>,
    },
    /// Replace the secret of a client.
    Rotate {
        /// Reference to the credential.
        of: CredentialRef,
        /// Version that the user confirmed.
        version: Option<String>,
    },
    /// Delete a credential.
    Delete {
        /// Reference to the credential.
        of: CredentialRef,
        /// Version that the user confirmed.
        version: Option<String>,
    },
    /// Read one of the marked credentials, and plan its change if it still has this name.
    PlanMarked {
        /// Ticket of the run.
        ticket: Ticket,
        /// Reference to the credential.
        of: CredentialRef,
        /// Name of the marked row.
        name: Untrusted,
        /// Change to plan.
        change: MarkedChange,
    },
    /// Read one of the marked credentials again, and change it if it still has this name.
    ChangeMarked {
        /// Ticket of the run.
        ticket: Ticket,
        /// Reference to the credential.
        of: CredentialRef,
        /// Name that the user confirmed.
        name: Untrusted,
        /// Change to make.
        change: MarkedChange,
    },
    /// Request an access token for an M2M client.
    IssueToken {
        /// Ticket of the request.
        ticket: Ticket,
        /// ID of the client that requests the token.
        client_id: Untrusted,
        /// Issuer of the token.
        issuer: Untrusted,
        /// Audience of the token.
        audience: Option<Untrusted>,
        /// Scope that the token request must include, if any.
        scope: Option<&'static str>,
    },
    /// Test the login of a SPA client.
    TryLogin {
        /// Ticket of the attempt.
        ticket: Ticket,
        /// ID of the client whose login is tested.
        client_id: Untrusted,
        /// Issuer of the token.
        issuer: Untrusted,
        /// Audience of the token.
        audience: Option<Untrusted>,
    },
    /// Read a secret for display.
    Reveal {
        /// Ticket of the request.
        ticket: Ticket,
        /// Reference to the secret.
        secret: SecretRef,
    },
    /// Remove a secret from the cache. For an access token, cancel its request and a login test.
    Forget(SecretRef),
}

/// Effect that copies a value or clears the clipboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClipboardEffect {
    /// Copy a value that is not secret.
    Copy {
        /// Type of the value.
        what: Copied,
        /// Text to copy.
        text: Untrusted,
    },
    /// Copy a secret without passing it through the model.
    CopySecret {
        /// Type of the value.
        what: Copied,
        /// Reference to the secret.
        secret: SecretRef,
    },
    /// Clear the clipboard if it contains a secret that the console copied.
    Clear {
        /// True if the user requested the clearing. Otherwise, the clipboard of a terminal is not
        /// cleared, because its content cannot be checked.
        asked: bool,
    },
}

/// Effect that signs in to or out of the open profile, cancels a sign-in, or answers a passphrase
/// request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEffect {
    /// Sign in to the open profile; a newer sign-in cancels this one.
    SignIn {
        /// Ticket of the attempt.
        ticket: Ticket,
        /// Sign-in method.
        method: Method,
        /// Secret, token or address that the user typed.
        typed: Option<Typed>,
    },
    /// Cancel the running sign-in.
    CancelSignIn,
    /// Answer the passphrase request of the session store; `None` declines it.
    Passphrase(Option<Typed>),
    /// Sign out of the open profile.
    SignOut,
}

/// Effect that reads, adds or opens profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileEffect {
    /// Read the profiles from the configuration.
    Read,
    /// Open another profile; `None` opens the local workspace.
    Switch(Option<String>),
    /// Detect the API at a URL.
    Probe {
        /// Ticket of the request.
        ticket: Ticket,
        /// Base URL of the API.
        url: String,
    },
    /// Add a profile to the configuration.
    Add(Box<Profile>),
}

/// Effect that runs an audit, or reads or changes the audit policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditEffect {
    /// Read and audit all credentials; a newer audit cancels this one.
    Run {
        /// Ticket of the audit.
        ticket: Ticket,
        /// Owner filter of the credentials.
        scope: Scope,
        /// Time that ages and expiries are compared with.
        now: Timestamp,
    },
    /// Read the audit policy file.
    ReadPolicy,
    /// Suppress findings in the policy.
    Suppress(Vec<Suppression>),
    /// Remove a suppression from the policy.
    RemoveSuppression(Suppression),
    /// Save the report of the visible audit in the current directory.
    SaveReport(NewFile),
}

/// Effect that reads or changes the saved views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewsEffect {
    /// Read the saved views from the configuration.
    Read,
    /// Save a view, replacing one with the same name.
    Save(SavedView),
    /// Delete the view with this name.
    Delete(String),
}
