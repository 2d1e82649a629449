//! Commands, grouped by the part of the console that runs them.

use super::kebab;
use crate::domain::{audit::Severity, columns::Column, profile::Word as _};

/// Command of the console that can be bound to keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Command that is not specific to one screen.
    App(AppCommand),
    /// Command that opens a screen.
    Open(OpenCommand),
    /// Command for a credential, such as copying its ID or creating one.
    Credential(CredentialCommand),
    /// Command that the top screen or the list handles.
    Screen(ScreenCommand),
}

/// Command that is not specific to one screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the key table describes each variant")]
pub enum AppCommand {
    Back,
    ClearClipboard,
    CopyBaseUrl,
    CopyFailure,
    DismissFailure,
    NextFinding,
    PreviousFinding,
    Quit,
    QuitNow,
    Redraw,
    Refresh,
    ShowCommand,
    ShowM2m,
    ShowOther,
    ShowSpa,
    ShowTokens,
    SignOut,
    Suspend,
    ToggleMouse,
}

/// Command that opens a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the key table describes each variant")]
pub enum OpenCommand {
    About,
    ChooseColumns,
    Explain,
    GetToken,
    Help,
    Profiles,
    ShowAudit,
    ShowExpiring,
    ShowHistory,
    ShowOverview,
    ShowProfileHistory,
    ShowRotations,
    SignIn,
    Snooze,
    Suppress,
    Suppressions,
    ToggleWriting,
    Views,
}

/// Command for a credential: the selected, marked or new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the key table describes each variant")]
pub enum CredentialCommand {
    CopyId,
    CopyName,
    CopySecret,
    CopyUrl,
    Create,
    CreateLike,
    Delete,
    Edit,
    EditText,
    PreviewFix,
    Rotate,
}

/// Command that a screen runs. The table binds each to the scopes of the screens that support it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScreenCommand {
    /// Movement of the cursor or the view.
    Move(Move),
    /// Action on a list, such as filtering, sorting, marking or exporting rows.
    List(ListCommand),
    /// Action on the audit, such as grouping, folding or saving a report.
    Audit(FindingsCommand),
    /// Input for a form or dialog, such as saving or moving to the next field.
    Dialog(DialogCommand),
    /// Action on the value that a screen shows.
    Value(ValueCommand),
    /// Action on a saved view, a suppression, a profile, a column of a list, a destination or a
    /// rotation.
    Entry(EntryCommand),
}

/// Movement of the cursor or the view, by rows or pages, or to the first or last row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the key table describes each variant")]
pub enum Move {
    Bottom,
    Down,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
    Top,
    Up,
}

impl Move {
    /// Returns the number of rows to move in a view of `page` rows; negative is up. `isize::MIN`
    /// and `isize::MAX` mean the first and the last row.
    #[must_use]
    pub fn rows(self, page: isize) -> isize {
        match self {
            Self::Bottom => isize::MAX,
            Self::Down => 1,
            Self::HalfDown => (page / 2).max(1),
            Self::HalfUp => -(page / 2).max(1),
            Self::PageDown => page,
            Self::PageUp => -page,
            Self::Top => isize::MIN,
            Self::Up => -1,
        }
    }

    /// Returns true if the movement is toward the last row.
    #[must_use]
    pub const fn is_down(self) -> bool {
        matches!(self, Self::Bottom | Self::Down | Self::HalfDown | Self::PageDown)
    }
}

/// Command of a list of credentials or findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the key table describes each variant")]
pub enum ListCommand {
    AcceptFilter,
    ClearFilter,
    Export,
    Filter,
    KeepSnapshot,
    Mark,
    MarkAll,
    NextTab,
    Open,
    PreviousTab,
    SortBy(Column),
    ToggleOrganization,
    ToggleWide,
}

/// Command of the audit screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the key table describes each variant")]
pub enum FindingsCommand {
    Fold,
    FoldAll,
    LeastSeverity(Severity),
    NextGroup,
    PreviousGroup,
    SaveReport,
    ToggleGrouping,
}

/// Command of forms and dialogs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the key table describes each variant")]
pub enum DialogCommand {
    Accept,
    Confirm,
    EditText,
    NextField,
    PreviousField,
    Save,
    Submit,
    TakeMine,
    TakeTheirs,
}

/// Command for a value that a screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the key table describes each variant")]
pub enum ValueCommand {
    CopyAbout,
    CopyPage,
    CopyToken,
    Peek,
    PeekToken,
    Select,
}

/// Command for a saved view, a suppression, a profile, a column of a list, a destination or a
/// rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the key table describes each variant")]
pub enum EntryCommand {
    AbortRotation,
    AddProfile,
    DeleteView,
    FinishRotation,
    MoveColumnDown,
    MoveColumnUp,
    NarrowColumn,
    Probe,
    RemoveSuppression,
    ResetColumns,
    ResumeRotation,
    SaveView,
    ToggleColumn,
    ToggleDestination,
    WidenColumn,
}

/// Command-line counterpart of a console command, or the reason why it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equivalent {
    /// Name of the corresponding command, such as `audit explain`.
    Command(&'static str),
    /// Reason why the command line has no counterpart.
    Console(&'static str),
}

const MOVES: Equivalent = Equivalent::Console("moves the focus or the view");
const ANSWERS: Equivalent =
    Equivalent::Console("fills in or confirms a dialog; a command has flags for this");
const SHOWS: Equivalent = Equivalent::Console("changes what the screen shows");

impl Command {
    /// Returns the name of the command in the configuration file, such as `copy-id`.
    #[must_use]
    pub fn name(self) -> String {
        let variant = match self {
            Self::App(it) => format!("{it:?}"),
            Self::Open(it) => format!("{it:?}"),
            Self::Credential(it) => format!("{it:?}"),
            Self::Screen(ScreenCommand::Move(it)) => format!("{it:?}"),
            Self::Screen(ScreenCommand::List(ListCommand::SortBy(column))) => {
                return format!("sort-by-{}", column.word());
            }
            Self::Screen(ScreenCommand::List(it)) => format!("{it:?}"),
            Self::Screen(ScreenCommand::Audit(FindingsCommand::LeastSeverity(severity))) => {
                return format!("least-severity-{}", severity.word());
            }
            Self::Screen(ScreenCommand::Audit(it)) => format!("{it:?}"),
            Self::Screen(ScreenCommand::Dialog(it)) => format!("{it:?}"),
            Self::Screen(ScreenCommand::Value(it)) => format!("{it:?}"),
            Self::Screen(ScreenCommand::Entry(it)) => format!("{it:?}"),
        };
        kebab(&variant)
    }

    /// Returns the command-line counterpart, or the reason why the command has none.
    #[must_use]
    pub const fn equivalent(self) -> Equivalent {
        match self {
            Self::App(it) => it.equivalent(),
            Self::Open(it) => it.equivalent(),
            Self::Credential(it) => it.equivalent(),
            Self::Screen(it) => it.equivalent(),
        }
    }
}

impl AppCommand {
    const fn equivalent(self) -> Equivalent {
        use Equivalent::{Command as By, Console as Only};

        match self {
            Self::Quit | Self::QuitNow | Self::Suspend => Only("ends or leaves the console"),
            Self::Refresh => Only("each command requests the current data"),
            Self::Redraw | Self::ToggleMouse => SHOWS,
            Self::CopyBaseUrl => By("copy"),
            Self::ClearClipboard => Only("the copy command clears the clipboard itself"),
            Self::DismissFailure | Self::CopyFailure => Only("a command prints its error"),
            Self::NextFinding | Self::PreviousFinding => MOVES,
            Self::ShowTokens | Self::ShowSpa | Self::ShowM2m | Self::ShowOther => By("list"),
            Self::ShowCommand => Only("shows the command itself"),
            Self::Back => ANSWERS,
            Self::SignOut => By("logout"),
        }
    }
}

impl OpenCommand {
    const fn equivalent(self) -> Equivalent {
        use Equivalent::{Command as By, Console as Only};

        match self {
            Self::Help => By("keys"),
            Self::About => By("doctor"),
            Self::ChooseColumns => By("list"),
            Self::Explain => By("audit explain"),
            Self::ShowAudit => By("audit"),
            Self::ShowExpiring => By("expiring"),
            Self::ShowHistory | Self::ShowProfileHistory => By("history"),
            Self::ShowRotations => By("rotate"),
            Self::ShowOverview => Only("counts the rows of list --where"),
            Self::Views => By("view list"),
            Self::Suppress => By("audit suppress"),
            Self::Snooze => Only("credenza expiring omits snoozed expiries"),
            Self::Suppressions => By("audit suppressions"),
            Self::GetToken => By("token"),
            Self::Profiles => By("profile list"),
            Self::SignIn => By("login"),
            Self::ToggleWriting => Only("a command takes --unlock"),
        }
    }
}

impl CredentialCommand {
    const fn equivalent(self) -> Equivalent {
        use Equivalent::Command as By;

        match self {
            Self::CopyId | Self::CopyName | Self::CopyUrl | Self::CopySecret => By("copy"),
            Self::PreviewFix => By("audit"),
            Self::Create | Self::CreateLike => By("create"),
            Self::Edit | Self::EditText => By("edit"),
            Self::Delete => By("delete"),
            Self::Rotate => By("rotate"),
        }
    }
}

impl ScreenCommand {
    const fn equivalent(self) -> Equivalent {
        use Equivalent::{Command as By, Console as Only};

        match self {
            Self::Move(_) => MOVES,
            Self::List(it) => match it {
                ListCommand::NextTab | ListCommand::PreviousTab => MOVES,
                ListCommand::ToggleOrganization
                | ListCommand::Export
                | ListCommand::Filter
                | ListCommand::ClearFilter
                | ListCommand::AcceptFilter
                | ListCommand::SortBy(_)
                | ListCommand::ToggleWide => By("list"),
                ListCommand::Open => By("show"),
                ListCommand::KeepSnapshot => By("snapshot"),
                ListCommand::Mark | ListCommand::MarkAll => {
                    Only("a command takes several IDs, or --where")
                }
            },
            Self::Audit(it) => match it {
                FindingsCommand::NextGroup | FindingsCommand::PreviousGroup => MOVES,
                FindingsCommand::LeastSeverity(_) | FindingsCommand::SaveReport => By("audit"),
                FindingsCommand::ToggleGrouping
                | FindingsCommand::Fold
                | FindingsCommand::FoldAll => SHOWS,
            },
            Self::Dialog(it) => match it {
                DialogCommand::NextField | DialogCommand::PreviousField => MOVES,
                DialogCommand::EditText => Only("opens an editor; a command takes options"),
                DialogCommand::Submit
                | DialogCommand::Accept
                | DialogCommand::Save
                | DialogCommand::Confirm
                | DialogCommand::TakeMine
                | DialogCommand::TakeTheirs => ANSWERS,
            },
            Self::Value(it) => match it {
                ValueCommand::Select => SHOWS,
                ValueCommand::Peek => By("secret"),
                ValueCommand::CopyToken | ValueCommand::PeekToken => By("token"),
                ValueCommand::CopyAbout => By("doctor"),
                ValueCommand::CopyPage => Only("login and login-test print the address"),
            },
            Self::Entry(it) => match it {
                EntryCommand::SaveView => By("view save"),
                EntryCommand::DeleteView => By("view delete"),
                EntryCommand::RemoveSuppression => By("audit unsuppress"),
                EntryCommand::AbortRotation
                | EntryCommand::FinishRotation
                | EntryCommand::ResumeRotation
                | EntryCommand::ToggleDestination => By("rotate"),
                EntryCommand::AddProfile | EntryCommand::Probe => By("profile add"),
                EntryCommand::MoveColumnDown
                | EntryCommand::MoveColumnUp
                | EntryCommand::NarrowColumn
                | EntryCommand::ResetColumns
                | EntryCommand::ToggleColumn
                | EntryCommand::WidenColumn => By("list"),
            },
        }
    }
}
