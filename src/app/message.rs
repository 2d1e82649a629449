//! Messages, effects, and what they carry.

use std::time::Duration;

use jiff::Timestamp;

use super::{Workspace, list::Cached, remote::Ticket, screens};
use crate::{
    api::{ApiError, Capabilities, Explanation, Me, Page, PageQuery, Scope},
    app::screens::{
        access_token::Issued,
        audit::Audited,
        profiles::Entry,
        sign_in::{SignedIn, Typed},
    },
    auth::{probe::Found, session::About, sign_in::Step},
    clipboard::{Cleared, Delivery},
    domain::{
        Credential, Draft, Kind, Profile, Secret, Untrusted,
        audit::{Policy, Suppression},
        draft::Change,
        preferences::View,
        profile::Method,
    },
    keys::Chord,
    vault::{Ask, Stored},
};

/// Names a secret without holding it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// The secret of a credential; the server has it.
    Stored(Kind, Untrusted),
    /// The secret of a credential, which the server sent once; the secret cache has it.
    Once(Kind, Untrusted),
    /// The access token that a client got; the secret cache has it.
    AccessToken(Untrusted),
}

/// Copied value, for the notice.
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
    /// The address of a login page.
    LoginPage,
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
            Self::LoginPage => "Address",
        }
    }

    /// True if it must be cleared from the clipboard.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Secret(_) | Self::AccessToken)
    }
}

/// A credential that was just made or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Credential after the write.
    pub credential: Credential,
    /// True if the response had a secret, which is then in the secret cache ([`SecretRef::Once`]).
    pub secret: bool,
    /// Members that changed although nothing asked for it.
    pub side_effects: Vec<Untrusted>,
}

/// Failure of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyError {
    /// The secret could not be read.
    Api(ApiError),
    /// No clipboard took it; the sentence says what was tried.
    Clipboard(String),
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
    /// A second of the wait before the server may be asked for a list again is over.
    Retry(Scope, Kind),
    /// A second of the wait with this number, before a write may be sent again, is over.
    Resend(u64),
    /// Writing is locked again.
    Relock,
    /// The sign-in is about to end.
    SessionEnds(u64),
}

/// Everything that can happen.
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
    /// Another terminal size.
    Resize {
        /// Its width.
        columns: u16,
        /// Its height.
        rows: u16,
    },
    /// The terminal window lost the focus, or is about to be left: nothing secret stays in sight.
    Hide,
    /// A signal asked to end (TERM, HUP, INT).
    End,
    /// A timer is due.
    Timer(Timer),
    /// The server was reached, and says who and what.
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
    /// The saved views, after one was read, saved or deleted.
    Views(screens::views::Answer),
}

/// The server was reached, and says who and what.
#[derive(Debug)]
pub enum ServerMsg {
    /// The server is there, at this base URL; or not.
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
    /// Rows that the server found, while the list itself is still on its way.
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
    /// Number of rows of a list.
    Total {
        /// Owner filter of the list.
        scope: Scope,
        /// Of which kind.
        kind: Kind,
        /// The number, where the server says.
        result: Result<Option<u64>, ApiError>,
    },
}

/// Results about single credentials, and tokens that they get.
#[derive(Debug)]
pub enum CredentialMsg {
    /// A credential that was asked for.
    Shown {
        /// Request it belongs to.
        ticket: Ticket,
        /// The credential.
        result: Result<Credential, ApiError>,
    },
    /// A credential was created, or not.
    Created(Result<Saved, ApiError>),
    /// A credential was edited, or not.
    Edited(Result<Saved, ApiError>),
    /// A credential got a new secret, or not.
    Rotated(Result<Saved, ApiError>),
    /// A credential was deleted, or not.
    Deleted(Result<(), ApiError>),
    /// An access token was issued, or not.
    Issued {
        /// Request it belongs to.
        ticket: Ticket,
        /// Public part of the token.
        result: Result<Issued, ApiError>,
    },
    /// The page on which a client's login is tried.
    LoginStep {
        /// Attempt it belongs to.
        ticket: Ticket,
        /// The page.
        step: Step,
        /// A password that works there once, on the server inside this program.
        password: Option<Secret>,
    },
    /// A secret may be seen.
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
    /// Something was copied, or not.
    Copied {
        /// Copied value.
        what: Copied,
        /// Way the text was delivered.
        result: Result<Delivery, CopyError>,
    },
    /// A secret that is shown once was copied.
    Taken(SecretRef),
    /// A secret was cleared from the clipboard, or not.
    Cleared(Cleared),
}

/// The session of the open profile.
#[derive(Debug)]
pub enum SessionMsg {
    /// It was read, or renewed.
    Read {
        /// Facts about the token.
        about: About,
        /// Store of a renewed session.
        kept: Option<Stored>,
    },
    /// The vault needs the passphrase of its file.
    PassphraseWanted(Ask),
    /// Step of a sign-in that the user must take.
    Step {
        /// Sign-in it belongs to.
        ticket: Ticket,
        /// Step to take.
        step: Step,
    },
    /// The sign-in waits for an address to be pasted.
    Waits(Ticket),
    /// A sign-in succeeded, or not.
    SignedIn {
        /// Sign-in it belongs to.
        ticket: Ticket,
        /// The session.
        result: Result<SignedIn, ApiError>,
    },
    /// The session is forgotten; what went wrong with that, or in telling the issuer.
    SignedOut(Option<Explanation>),
}

/// Profiles.
#[derive(Debug)]
pub enum ProfileMsg {
    /// The profiles, or what is wrong with the configuration.
    Read(Result<Vec<Entry>, String>),
    /// Another profile is open, or not.
    Switched {
        /// Number of the workspace from now on: answers to older numbers are not for it.
        round: u64,
        /// The workspace.
        result: Result<Box<Workspace>, ApiError>,
    },
    /// The kind of API at a URL.
    Probed {
        /// Request it belongs to.
        ticket: Ticket,
        /// Detected API.
        result: Result<Found, ApiError>,
    },
    /// The profile of this name was written, or why not.
    Added(Result<String, String>),
}

/// The audit and its policy.
#[derive(Debug)]
pub enum AuditMsg {
    /// More credentials were read for an audit.
    Came {
        /// Audit it belongs to.
        ticket: Ticket,
        /// Number of additional credentials.
        count: usize,
    },
    /// The audit is done, or failed.
    Done {
        /// Audit it belongs to.
        ticket: Ticket,
        /// Audited credentials and findings.
        result: Result<Box<Audited>, ApiError>,
    },
    /// The policy was read, or why it cannot be.
    Policy(Result<Box<Policy>, String>),
    /// A finding was accepted in this policy, or why not.
    Suppressed(Result<String, String>),
    /// A report was written to this file, or why not.
    ReportSaved(Result<String, String>),
}

/// The text of a report, and the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file's name, without a directory.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Everything the console does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Reach the server, and ask it who and what.
    Server(ServerEffect),
    /// Read lists.
    List(ListEffect),
    /// Read and change single credentials, and get tokens with them.
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
    /// Draw the whole screen again.
    Redraw,
    /// Go to the shell.
    Suspend,
    /// End the console.
    Quit,
}

/// Reach the server, and ask it who and what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEffect {
    /// Reach the server.
    Connect,
    /// Ask who is signed in.
    FetchMe,
    /// Ask what the server can do.
    FetchCapabilities,
}

/// Read lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListEffect {
    /// Ask for a page; a newer request for the list ends this one.
    FetchPage {
        /// Request it belongs to.
        ticket: Ticket,
        /// Page to read.
        query: PageQuery,
    },
    /// Ask for the rows that contain a text.
    Search(PageQuery),
    /// End the request for a page.
    StopPage {
        /// Owner filter of the list.
        scope: Scope,
        /// Of which kind.
        kind: Kind,
    },
    /// Ask how many rows a list has.
    FetchTotal {
        /// Owner filter of the list.
        scope: Scope,
        /// Of which kind.
        kind: Kind,
    },
}

/// Read and change single credentials, and get tokens with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialEffect {
    /// Ask for a credential.
    Show {
        /// Request it belongs to.
        ticket: Ticket,
        /// Of which kind.
        kind: Kind,
        /// Its id.
        id: Untrusted,
    },
    /// Create one.
    Create {
        /// Draft to save.
        draft: Draft,
        /// Tells attempts apart that differ.
        attempt: u64,
    },
    /// Change one.
    Edit {
        /// Of which kind.
        kind: Kind,
        /// Its id.
        id: Untrusted,
        /// The version that the changes are about.
        version: Option<String>,
        /// The changes.
        changes: Vec<Change>,
    },
    /// Give one a new secret.
    Rotate {
        /// Of which kind.
        kind: Kind,
        /// Its id.
        id: Untrusted,
        /// The version that was confirmed.
        version: Option<String>,
    },
    /// Delete one.
    Delete {
        /// Of which kind.
        kind: Kind,
        /// Its id.
        id: Untrusted,
        /// The version that was confirmed.
        version: Option<String>,
    },
    /// Get an access token with a client.
    IssueToken {
        /// Request it belongs to.
        ticket: Ticket,
        /// The client.
        client_id: Untrusted,
        /// The issuer that is asked.
        issuer: Untrusted,
        /// The API that the token is for.
        audience: Option<Untrusted>,
        /// The scope that the request has to name, where there is one.
        scope: Option<&'static str>,
    },
    /// Try the login of a SPA client.
    TryLogin {
        /// Attempt it belongs to.
        ticket: Ticket,
        /// The client.
        client_id: Untrusted,
        /// The issuer that is asked.
        issuer: Untrusted,
        /// The API that the token is for.
        audience: Option<Untrusted>,
    },
    /// Bring a secret into the model.
    Reveal {
        /// Request it belongs to.
        ticket: Ticket,
        /// The secret.
        secret: SecretRef,
    },
    /// Drop a secret from the secret cache, and whatever is on its way there.
    Forget(SecretRef),
}

/// Copy, and clear what was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClipboardEffect {
    /// Copy something that is no secret.
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
    /// Clear the clipboard if what is in it came from here.
    Clear {
        /// True if the user asked; terminals are then cleared without confirmation.
        asked: bool,
    },
}

/// Sign in and out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEffect {
    /// Sign in to the profile that is open; a newer sign-in ends this one.
    SignIn {
        /// Attempt it belongs to.
        ticket: Ticket,
        /// Sign-in method.
        method: Method,
        /// A secret, a token or an address.
        typed: Option<Typed>,
    },
    /// End the sign-in that is under way.
    CancelSignIn,
    /// Answer the vault, which waits for the passphrase of its file.
    Passphrase(Option<Typed>),
    /// Sign out of the profile that is open.
    SignOut,
}

/// Read, add and open profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileEffect {
    /// Read them.
    Read,
    /// Open another one; `None` is the local workspace.
    Switch(Option<String>),
    /// Find out which kind of API is at a URL.
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
    /// Read everything and audit it; a newer audit ends this one.
    Run {
        /// Audit it belongs to.
        ticket: Ticket,
        /// Owner filter.
        scope: Scope,
        /// The moment that ages count to.
        now: Timestamp,
    },
    /// Read the policy.
    ReadPolicy,
    /// Accept a finding in the policy.
    Suppress(Suppression),
    /// Write the report of the audit on the screen.
    SaveReport(Report),
}

/// Read and change the saved views.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewsEffect {
    /// Read them.
    Read,
    /// Save one, in the place of the one that had its name.
    Save(View),
    /// Delete the one of this name.
    Delete(String),
}
