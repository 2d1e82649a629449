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

    /// Whether it must not stay in the clipboard.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Secret(_) | Self::AccessToken)
    }
}

/// A credential that was just made or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// What it is now.
    pub credential: Credential,
    /// Whether the answer had its secret, which the secret cache then has ([`SecretRef::Once`]).
    pub secret: bool,
    /// Members that changed although nothing asked for it.
    pub side_effects: Vec<Untrusted>,
}

/// Why something could not be copied.
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
    /// The server is there, at this base URL; or not. The number tells which workspace was meant.
    Connected(u64, Result<String, ApiError>),
    /// Part of a list that the workspace had last, from the cache. The number is that of [`Msg::Connected`].
    Recalled(u64, Cached),
    /// Rows of a list that the server found, while the list itself is still on its way.
    Searched(Scope, Kind, Result<Page, ApiError>),
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
    Created(Result<Saved, ApiError>),
    /// A credential was changed, or not.
    Edited(Result<Saved, ApiError>),
    /// A credential got a new secret, or not.
    Rotated(Result<Saved, ApiError>),
    /// A credential was deleted, or not.
    Deleted(Result<(), ApiError>),
    /// An access token was issued, or not.
    Issued(Ticket, Result<Issued, ApiError>),
    /// So many more credentials were read for an audit.
    AuditCame(Ticket, usize),
    /// Everything was audited, or not.
    Audited(Ticket, Result<Box<Audited>, ApiError>),
    /// The audit's policy was read, or why it cannot be.
    Policy(Result<Box<Policy>, String>),
    /// A finding was accepted in this policy, or why not.
    Suppressed(Result<String, String>),
    /// The saved views, and the name of the one that was just saved; or why they cannot be read.
    Views(screens::views::Answer),
    /// A report was written to this file, or why not.
    ReportSaved(Result<String, String>),
    /// A secret may be seen.
    Revealed(Ticket, Result<Secret, ApiError>),
    /// Something was copied, or not.
    Copied(Copied, Result<Delivery, CopyError>),
    /// A secret that is shown once was copied.
    Taken(SecretRef),
    /// A secret was cleared from the clipboard, or not.
    ClipboardCleared(Cleared),
    /// The session was read, or renewed and kept somewhere.
    Session(About, Option<Stored>),
    /// The vault needs the passphrase of its file.
    PassphraseWanted(Ask),
    /// What a person has to do to sign in.
    SignInStep(Ticket, Step),
    /// The sign-in waits for an address to be pasted.
    SignInWaits(Ticket),
    /// Somebody signed in, or not.
    SignedIn(Ticket, Result<SignedIn, ApiError>),
    /// Somebody signed out; what went wrong in forgetting or in telling the issuer.
    SignedOut(Option<Explanation>),
    /// The profiles, or what is wrong with the configuration.
    Profiles(Result<Vec<Entry>, String>),
    /// Another profile is open, or not; answers to older numbers are not for it.
    Switched(u64, Result<Box<Workspace>, ApiError>),
    /// What a URL leads to.
    Probed(Ticket, Result<Found, ApiError>),
    /// The profile of this name was written, or why not.
    ProfileAdded(Result<String, String>),
    /// Where a browser has to go to try a client's login, and a password that works there once.
    LoginStep(Ticket, Step, Option<Secret>),
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
    /// Reach the server.
    Connect,
    /// Ask who is signed in.
    FetchMe,
    /// Ask what the server can do.
    FetchCapabilities,
    /// Ask for a page of a list; a newer request for the list ends this one.
    FetchPage(Ticket, PageQuery),
    /// Ask for the rows of a list that contain a text.
    Search(PageQuery),
    /// End that request.
    StopPage(Scope, Kind),
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
        /// The scope that the request has to name, where there is one.
        scope: Option<&'static str>,
    },
    /// Try the login of a SPA client.
    TryLogin {
        /// Which attempt.
        ticket: Ticket,
        /// The client.
        client_id: Untrusted,
        /// Where.
        issuer: Untrusted,
        /// For whom.
        audience: Option<Untrusted>,
    },
    /// Sign in to the profile that is open; a newer sign-in ends this one.
    SignIn {
        /// Which attempt.
        ticket: Ticket,
        /// How.
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
    /// Read the profiles.
    ReadProfiles,
    /// Go to another profile; `None` is the local workspace.
    SwitchProfile(Option<String>),
    /// Look at a URL.
    Probe(Ticket, String),
    /// Write a profile.
    AddProfile(Box<Profile>),
    /// Read everything and audit it as of a moment; a newer audit ends this one.
    Audit(Ticket, Scope, Timestamp),
    /// Read the audit's policy.
    ReadPolicy,
    /// Accept a finding in the audit's policy.
    Suppress(Suppression),
    /// Read the saved views.
    ReadViews,
    /// Save a view, in the place of the one that had its name.
    SaveView(View),
    /// Delete the view of this name.
    DeleteView(String),
    /// Write the report of the audit on the screen.
    SaveReport(Report),
    /// Bring a secret into the model.
    Reveal(Ticket, SecretRef),
    /// Drop a secret from the secret cache, and whatever is on its way there.
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
