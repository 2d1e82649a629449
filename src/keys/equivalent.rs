//! The command that does what a key does, or the reason why none is needed.

use super::Command;

/// A way to do a key's work without the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equivalent {
    /// By this command, as in `profile add`.
    Command(&'static str),
    /// Not at all, because it is about the console itself.
    Console(&'static str),
}

impl Command {
    /// The command that does the same.
    #[must_use]
    pub const fn equivalent(self) -> Equivalent {
        use Equivalent::{Command as By, Console as Only};

        const MOVES: Equivalent = Only("moves the focus or the view");
        const ANSWERS: Equivalent = Only("answers a dialog, which a command has as flags");
        const SHOWS: Equivalent = Only("changes what the screen shows");

        match self {
            Self::Help => By("keys"),
            Self::Quit | Self::QuitNow | Self::Suspend => Only("ends or leaves the console"),
            Self::Refresh => Only("each command reads the server"),
            Self::Redraw => SHOWS,
            Self::CopyBaseUrl
            | Self::CopyId
            | Self::CopyName
            | Self::CopyUrl
            | Self::CopySecret => By("copy"),
            Self::ClearClipboard => Only("copy clears what it copied itself"),
            Self::DismissFailure | Self::CopyFailure => Only("a command prints its error"),
            Self::Up
            | Self::Down
            | Self::Top
            | Self::Bottom
            | Self::HalfUp
            | Self::HalfDown
            | Self::PageUp
            | Self::PageDown
            | Self::NextTab
            | Self::PreviousTab
            | Self::NextField
            | Self::PreviousField
            | Self::NextFinding
            | Self::PreviousFinding => MOVES,
            Self::ShowTokens
            | Self::ShowSpa
            | Self::ShowM2m
            | Self::ShowOther
            | Self::ToggleOrganization
            | Self::Filter
            | Self::ClearFilter
            | Self::AcceptFilter
            | Self::SortByName
            | Self::SortByCreated
            | Self::SortByUsed
            | Self::SortByExpiry
            | Self::SortByOwner
            | Self::SortByCallbacks
            | Self::SortByWorst
            | Self::ToggleWide => By("list"),
            Self::Open => By("show"),
            Self::Explain => By("audit explain"),
            Self::PreviewFix | Self::ShowAudit => By("audit"),
            Self::ToggleGrouping => SHOWS,
            Self::SaveReport => By("audit"),
            Self::Views => By("view list"),
            Self::SaveView => By("view save"),
            Self::DeleteView => By("view delete"),
            Self::Suppress => By("audit suppress"),
            Self::ShowCommand => Only("shows the command itself"),
            Self::Peek => By("secret"),
            Self::Create | Self::CreateLike => By("create"),
            Self::Edit => By("edit"),
            Self::Delete => By("delete"),
            Self::Rotate => By("rotate"),
            Self::GetToken | Self::CopyToken | Self::PeekToken => By("token"),
            Self::Select => SHOWS,
            Self::Back
            | Self::Submit
            | Self::Accept
            | Self::Save
            | Self::Confirm
            | Self::TakeMine
            | Self::TakeTheirs => ANSWERS,
            Self::Profiles => By("profile list"),
            Self::SignIn => By("login"),
            Self::SignOut => By("logout"),
            Self::ToggleWriting => Only("a command takes --unlock"),
            Self::AddProfile | Self::Probe => By("profile add"),
            Self::CopyPage => Only("login and login-test print the address"),
        }
    }
}
