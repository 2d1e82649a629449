//! Messages, effects, and their data.

use std::{borrow::Cow, time::Duration};

use jiff::Timestamp;

use super::{Workspace, list::Cached, remote::Ticket, screens};
use crate::{
    api::{ApiError, Capabilities, Explanation, Me, Page, PageQuery, Scope},
    app::screens::{
        access_token::Issued,
        audit::Audited,
        expiring::FleetExpiries,
        profiles::ProfileEntry,
        sign_in::{SignedIn, Typed},
    },
    auth::{probe::DetectedApi, session::SessionInfo, sign_in::SignInStep},
    clipboard::{Cleared, ClipboardError, CopyRoute},
    domain::{
        Credential, CredentialRef, Draft, Kind, Profile, Secret, Untrusted,
        audit::{Policy, Suppression},
        draft::Change,
        preferences::SavedView,
        profile::Method,
    },
    keys::Chord,
    vault::{Ask, Stored},
};

/// Names a secret without holding it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// Secret of a credential, readable on the server.
    Stored(CredentialRef),
    /// Secret that the server sent once, in the secret cache.
    Once(CredentialRef),
    /// Access token of a client, in the secret cache.
    AccessToken(Untrusted),
}

/// Copied value, for the notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// A client id or token id.
    Id(Kind),
    /// This many client IDs or token IDs.
    Ids(Kind, usize),
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
    /// The address of a login page.
    LoginPage,
}

impl Copied {
    /// Name in a sentence.
    #[must_use]
    pub fn title(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Ids(kind, count) => return format!("{count} {}s", kind.id_label()).into(),
            Self::Id(kind) => kind.id_label(),
            Self::Name => "Name",
            Self::Url => "URL",
            Self::BaseUrl => "API base URL",
            Self::Value => "Value",
            Self::Failure => "Failure",
            Self::Secret(Kind::Token) => "API access token",
            Self::Secret(_) => "Client secret",
            Self::AccessToken => "Access token",
            Self::LoginPage => "Address",
        })
    }

    /// True if it must be cleared from the clipboard.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Secret(_) | Self::AccessToken)
    }
}

/// Credential after it was created or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Credential after the write.
    pub credential: Credential,
    /// True if the response had a secret, which is then in the secret cache ([`SecretRef::Once`]).
    pub secret: bool,
    /// Members that changed without being asked for.
    pub side_effects: Vec<Untrusted>,
}

/// Failure of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyError {
    /// The secret could not be read.
    Api(ApiError),
    /// No clipboard took it.
    Clipboard(ClipboardError),
}

/// Failure on this machine, in the words of its cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocalError {
    /// The configuration or the audit policy cannot be read or written.
    #[error("{0}")]
    Config(String),
    /// A report cannot be written.
    #[error("Could not write the report: {0}")]
    Report(String),
    /// The audit policy cannot be written.
    #[error("Could not change the suppressions: {0}")]
    Suppression(String),
}

/// Time of a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The notice with this number has been shown long enough.
    Notice(u64),
    /// A second of a reveal has passed.
    Peek,
    /// Part of an access token's lifetime has passed.
    TokenLeft,
    /// The secret with this number leaves the clipboard.
    Clipboard(u64),
    /// A second of a list's wait has passed.
    Retry(Scope, Kind),
    /// The server's wait before the next deletion of this run has passed.
    DeleteNext(Ticket),
    /// A second of the wait with this number, before a retry of a write, has passed.
    Resend(u64),
    /// Writing is locked again.
    Relock,
    /// The session is about to expire.
    SessionEnds(u64),
    /// The cursor of the list has rested since the move with this number.
    Preview(u64),
}

/// All messages.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a message is moved twice, and a credential in it once"
)]
pub enum Msg {
    /// A key.
    Key(Chord),
    /// A paste.
    Paste(String),
    /// Characters and line breaks that arrived at once, as pasted text does without bracketed paste.
    Burst(Vec<Chord>),
    /// Another terminal size.
    Resize {
        /// Its width.
        columns: u16,
        /// Its height.
        rows: u16,
    },
    /// The terminal window lost the focus, or is about to be left: secrets are masked.
    Hide,
    /// The terminal is slow, so the shell draws fewer bytes from now on.
    SlowTerminal,
    /// A signal asked to end (TERM, HUP, INT).
    End,
    /// A timer is due.
    Timer(Timer),
    /// Connection, capabilities and user.
    Server(ServerMsg),
    /// Rows of lists.
    List(ListMsg),
    /// Results about single credentials, and tokens that they get.
    Credential(CredentialMsg),
    /// Results of copies.
    Clipboard(ClipboardMsg),
    /// The session of the open profile.
    Session(SessionMsg),
    /// Profiles.
    Profile(ProfileMsg),
    /// The audit and its policy.
    Audit(AuditMsg),
    /// Saved views, after a read, save or deletion.
    Views(screens::views::ViewsMsg),
}

/// Connection, capabilities and user.
#[derive(Debug)]
pub enum ServerMsg {
    /// Connection to this base URL, or the error.
    Connected {
        /// Generation of the workspace.
        round: u64,
        /// The base URL.
        result: Result<String, ApiError>,
    },
    /// Signed-in user.
    Me(Result<Me, ApiError>),
    /// Features of the server.
    Capabilities(Result<Box<Capabilities>, ApiError>),
}

/// Rows of lists.
#[derive(Debug)]
pub enum ListMsg {
    /// Part of a list that the workspace had last, from the cache.
    Recalled {
        /// Generation of the workspace, as in [`ServerMsg::Connected`].
        round: u64,
        /// The part.
        cached: Cached,
    },
    /// Rows that the server found while the list is still loading.
    Found {
        /// Owner filter of the list.
        scope: Scope,
        /// Of which kind.
        kind: Kind,
        /// The rows.
        result: Result<Page, ApiError>,
    },
    /// A page.
    Page {
        /// Request it belongs to.
        ticket: Ticket,
        /// Owner filter of the list.
        scope: Scope,
        /// Of which kind.
        kind: Kind,
        /// The page.
        result: Result<Page, ApiError>,
    },
    /// Number of credentials read for the Expiring tab.
    ExpiriesCame {
        /// Request it belongs to.
        ticket: Ticket,
        /// Number of additional credentials.
        count: usize,
    },
    /// Expiries of all lists.
    Expiries {
        /// Request it belongs to.
        ticket: Ticket,
        /// The expiries.
        result: Result<Box<FleetExpiries>, ApiError>,
    },
    /// Number of rows of a list.
    Total {
        /// Owner filter of the list.
        scope: Scope,
        /// Of which kind.
        kind: Kind,
        /// Number, if the server reports it.
        result: Result<Option<u64>, ApiError>,
    },
}

/// Results about single credentials, and tokens that they get.
#[derive(Debug)]
pub enum CredentialMsg {
    /// Requested credential.
    Shown {
        /// Request it belongs to.
        ticket: Ticket,
        /// The credential.
        result: Result<Credential, ApiError>,
    },
    /// Result of a create.
    Created(Result<Saved, ApiError>),
    /// Result of an edit.
    Edited(Result<Saved, ApiError>),
    /// Result of a rotation.
    Rotated(Result<Saved, ApiError>),
    /// Result of a deletion.
    Deleted(Result<(), ApiError>),
    /// Result for one of the marked credentials.
    MarkedDeleted {
        /// Run it belongs to.
        ticket: Ticket,
        /// The result.
        result: Result<(), ApiError>,
    },
    /// Result of a token request.
    Issued {
        /// Request it belongs to.
        ticket: Ticket,
        /// Public part of the token.
        result: Result<Issued, ApiError>,
    },
    /// Page of a login test.
    LoginStep {
        /// Attempt it belongs to.
        ticket: Ticket,
        /// The page.
        step: SignInStep,
        /// One-time password for that page, on the embedded server.
        password: Option<Secret>,
    },
    /// Revealed secret.
    Revealed {
        /// Request it belongs to.
        ticket: Ticket,
        /// The secret.
        result: Result<Secret, ApiError>,
    },
}

/// Results of copies.
#[derive(Debug)]
pub enum ClipboardMsg {
    /// Result of a copy.
    Copied {
        /// Copied value.
        what: Copied,
        /// Way the text was delivered.
        result: Result<CopyRoute, CopyError>,
    },
    /// A secret that is shown once was copied.
    Taken(SecretRef),
    /// Result of clearing the clipboard.
    Cleared(Cleared),
}

/// The session of the open profile.
#[derive(Debug)]
pub enum SessionMsg {
    /// Session was read or renewed.
    Read {
        /// Facts about the token.
        about: SessionInfo,
        /// Store of a renewed session.
        kept: Option<Stored>,
    },
    /// The session store needs the passphrase of its file.
    PassphraseWanted(Ask),
    /// Step of a sign-in that the user must take.
    Step {
        /// Sign-in it belongs to.
        ticket: Ticket,
        /// Step to take.
        step: SignInStep,
    },
    /// The sign-in waits for a pasted address.
    Waits(Ticket),
    /// Result of a sign-in.
    SignedIn {
        /// Sign-in it belongs to.
        ticket: Ticket,
        /// The session.
        result: Result<SignedIn, ApiError>,
    },
    /// Result of a sign-out, and errors of deleting or revoking.
    SignedOut(Option<Explanation>),
}

/// Profiles.
#[derive(Debug)]
pub enum ProfileMsg {
    /// Profiles, or the errors of the configuration.
    Read(Result<Vec<ProfileEntry>, LocalError>),
    /// Result of opening a profile.
    Switched {
        /// Generation of the workspace from now on; results of older ones are dropped.
        round: u64,
        /// The workspace.
        result: Result<Box<Workspace>, ApiError>,
    },
    /// Detected kind of API at a URL.
    Probed {
        /// Request it belongs to.
        ticket: Ticket,
        /// Detected API.
        result: Result<DetectedApi, ApiError>,
    },
    /// Result of saving the profile with this name.
    Added(Result<String, LocalError>),
}

/// The audit and its policy.
#[derive(Debug)]
pub enum AuditMsg {
    /// Number of credentials read for an audit.
    Came {
        /// Audit it belongs to.
        ticket: Ticket,
        /// Number of additional credentials.
        count: usize,
    },
    /// Result of the audit.
    Done {
        /// Audit it belongs to.
        ticket: Ticket,
        /// Audited credentials and findings.
        result: Result<Box<Audited>, ApiError>,
    },
    /// Result of reading the policy.
    Policy(Result<Box<Policy>, LocalError>),
    /// Result of a suppression.
    Suppressed(Result<String, LocalError>),
    /// Result of removing a suppression.
    SuppressionRemoved(Result<String, LocalError>),
    /// Result of saving a report.
    ReportSaved(Result<String, LocalError>),
}

/// The text of a report, and the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedReport {
    /// File name, without a directory.
    pub name: String,
    /// The text.
    pub text: String,
}

/// All effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Connect to the server; read its capabilities and the user.
    Server(ServerEffect),
    /// Read lists.
    List(ListEffect),
    /// Read and change single credentials, and get tokens.
    Credential(CredentialEffect),
    /// Copy, and clear what was copied.
    Clipboard(ClipboardEffect),
    /// Sign in and out.
    Session(SessionEffect),
    /// Read, add and open profiles.
    Profile(ProfileEffect),
    /// Audit, and change the policy.
    Audit(AuditEffect),
    /// Read and change the saved views.
    Views(ViewsEffect),
    /// Send a message later.
    After {
        /// Delay.
        wait: Duration,
        /// The message.
        timer: Timer,
    },
    /// Redraw the screen.
    Redraw,
    /// Suspend to the shell.
    Suspend,
    /// End the console.
    Quit,
}

/// Connect to the server; read its capabilities and the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEffect {
    /// Reach the server.
    Connect,
    /// Read the signed-in user.
    FetchMe,
    /// Read the capabilities.
    FetchCapabilities,
}

/// Read lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListEffect {
    /// Request a page; a newer request for the list cancels this one.
    FetchPage {
        /// Request it belongs to.
        ticket: Ticket,
        /// Page to read.
        query: PageQuery,
    },
    /// Search for rows with a text.
    Search(PageQuery),
    /// Cancel the request of a page.
    StopPage {
        /// Owner filter of the list.
        scope: Scope,
        /// Of which kind.
        kind: Kind,
    },
    /// Read every list for the Expiring tab; a newer request cancels this one.
    FetchExpiries {
        /// Request it belongs to.
        ticket: Ticket,
        /// Owner filter.
        scope: Scope,
        /// Time that decides which secrets have expired.
        now: Timestamp,
    },
    /// Cancel that.
    StopExpiries,
    /// Count the rows of a list.
    FetchTotal {
        /// Owner filter of the list.
        scope: Scope,
        /// Of which kind.
        kind: Kind,
    },
}

/// Read and change single credentials, and get tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialEffect {
    /// Read a credential.
    Show {
        /// Request it belongs to.
        ticket: Ticket,
        /// The credential.
        of: CredentialRef,
    },
    /// Create one.
    Create {
        /// Draft to save.
        draft: Draft,
        /// Distinguishes attempts.
        attempt: u64,
    },
    /// Change one.
    Edit {
        /// The credential.
        of: CredentialRef,
        /// Version that the changes apply to.
        version: Option<String>,
        /// The changes.
        changes: Vec<Change>,
    },
    /// Rotate a secret.
    Rotate {
        /// The credential.
        of: CredentialRef,
        /// Confirmed version.
        version: Option<String>,
    },
    /// Delete one.
    Delete {
        /// The credential.
        of: CredentialRef,
        /// Confirmed version.
        version: Option<String>,
    },
    /// Read one of the marked credentials again, and delete it if it still has this name.
    DeleteMarked {
        /// Run it belongs to.
        ticket: Ticket,
        /// The credential.
        of: CredentialRef,
        /// Confirmed name.
        name: Untrusted,
    },
    /// Get an access token.
    IssueToken {
        /// Request it belongs to.
        ticket: Ticket,
        /// The client.
        client_id: Untrusted,
        /// Issuer to ask.
        issuer: Untrusted,
        /// Audience of the token.
        audience: Option<Untrusted>,
        /// Scope that the request must name, if any.
        scope: Option<&'static str>,
    },
    /// Test the login of a SPA client.
    TryLogin {
        /// Attempt it belongs to.
        ticket: Ticket,
        /// The client.
        client_id: Untrusted,
        /// Issuer to ask.
        issuer: Untrusted,
        /// Audience of the token.
        audience: Option<Untrusted>,
    },
    /// Reveal a secret.
    Reveal {
        /// Request it belongs to.
        ticket: Ticket,
        /// The secret.
        secret: SecretRef,
    },
    /// Remove a secret from the cache, and cancel its request.
    Forget(SecretRef),
}

/// Copy, and clear what was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClipboardEffect {
    /// Copy a value that is not secret.
    Copy {
        /// Value to copy.
        what: Copied,
        /// The text.
        text: Untrusted,
    },
    /// Copy a secret.
    CopySecret {
        /// Value to copy.
        what: Copied,
        /// The secret.
        secret: SecretRef,
    },
    /// Clear the clipboard if it holds a value copied here.
    Clear {
        /// True if the user asked; terminals are then cleared without confirmation.
        asked: bool,
    },
}

/// Sign in and out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEffect {
    /// Sign in to the open profile; a newer sign-in cancels this one.
    SignIn {
        /// Attempt it belongs to.
        ticket: Ticket,
        /// Sign-in method.
        method: Method,
        /// Secret, token or address.
        typed: Option<Typed>,
    },
    /// Cancel the running sign-in.
    CancelSignIn,
    /// Answer the session store's passphrase question.
    Passphrase(Option<Typed>),
    /// Sign out of the open profile.
    SignOut,
}

/// Read, add and open profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileEffect {
    /// Read them.
    Read,
    /// Open another profile; `None` is the local workspace.
    Switch(Option<String>),
    /// Detect the API at a URL.
    Probe {
        /// Request it belongs to.
        ticket: Ticket,
        /// The URL.
        url: String,
    },
    /// Write one.
    Add(Box<Profile>),
}

/// Audit, and change the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditEffect {
    /// Read and audit everything; a newer audit cancels this one.
    Run {
        /// Audit it belongs to.
        ticket: Ticket,
        /// Owner filter.
        scope: Scope,
        /// Time to compute ages at.
        now: Timestamp,
    },
    /// Read the policy.
    ReadPolicy,
    /// Suppress a finding in the policy.
    Suppress(Suppression),
    /// Remove a suppression from the policy.
    RemoveSuppression(Suppression),
    /// Save the report of the visible audit.
    SaveReport(SavedReport),
}

/// Read and change the saved views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewsEffect {
    /// Read them.
    Read,
    /// Save a view, replacing one with the same name.
    Save(SavedView),
    /// Delete the view with this name.
    Delete(String),
}
