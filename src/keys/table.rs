//! Rows of [`TABLE`], in the order of the help.

use super::{
    AppCommand as App, Binding, Command, Command as C, CredentialCommand as Credential,
    DialogCommand as Dialog, EntryCommand as Entry, FindingsCommand as Findings, KeyScope,
    ListCommand as List, Move, Need, OpenCommand as Open, ScreenCommand as S,
    ValueCommand as Value,
};
use crate::domain::{audit::Severity, columns::Column};

const NONE: &[Need] = &[];
const ONE: &[Need] = &[Need::Selection];
const EDIT: &[Need] = &[Need::Selection, Need::Own, Need::Editing, Need::Writable];
const EDIT_MARKED: &[Need] = &[Need::Selection, Need::OwnOrMarked, Need::Editing, Need::Writable];
const DELETE: &[Need] = &[Need::Selection, Need::OwnOrMarked, Need::Deletion, Need::Writable];
const ROTATE: &[Need] = &[Need::Selection, Need::Own, Need::Rotation, Need::Writable];
const SECRET: &[Need] = &[Need::Selection, Need::Own, Need::Revealing];
const ISSUE: &[Need] = &[Need::Selection, Need::Issuable, Need::Own];

const fn row(
    command: Command,
    scope: KeyScope,
    chords: &'static [&'static str],
    label: &'static str,
    help: &'static str,
) -> Binding {
    Binding { command, scope, chords, label, help, needs: NONE, danger: false, footer: 0 }
}

impl Binding {
    const fn needs(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }

    const fn footer(mut self, place: u8) -> Self {
        self.footer = place;
        self
    }

    const fn danger(mut self) -> Self {
        self.danger = true;
        self
    }
}

/// All commands with their scopes and default keys.
#[rustfmt::skip] // one row per line keeps the table readable
pub static TABLE: &[Binding] = &[
    row(C::Open(Open::Help), KeyScope::Global, &["?", "f1", ":"], "help", "Search the keys that apply here, or type a command such as sort -used; press enter to run it.").footer(1),
    row(C::Open(Open::About), KeyScope::Global, &["g i"], "about", "Show version, base URL, terminal, clipboards and session store."),
    row(C::App(App::Back), KeyScope::Global, &["esc", "q"], "back", "Go back one step."),
    row(C::App(App::QuitNow), KeyScope::Global, &["ctrl-c"], "quit", "Quit after a running save has finished."),
    row(C::App(App::Refresh), KeyScope::Global, &["ctrl-r"], "refresh", "Reload the current screen."),
    row(C::App(App::CopyBaseUrl), KeyScope::Global, &["B"], "copy base URL", "Copy the API base URL."),
    row(C::App(App::ClearClipboard), KeyScope::Global, &["Y x"], "clear clipboard", "Clear the clipboard if it still contains a value copied by Credenza."),
    row(C::App(App::Redraw), KeyScope::Global, &["ctrl-l"], "redraw", "Redraw the screen."),
    row(C::App(App::ToggleMouse), KeyScope::Global, &["M"], "mouse", "Turn the mouse on or off; while it is off, dragging selects text."),
    row(C::App(App::Suspend), KeyScope::Global, &["ctrl-z"], "suspend", "Suspend to the shell; fg resumes."),

    row(C::App(App::DismissFailure), KeyScope::Failure, &["esc"], "dismiss", "Dismiss the error.").footer(2),
    row(C::App(App::CopyFailure), KeyScope::Failure, &["y f"], "copy error", "Copy the text of the error.").footer(3),

    row(C::Screen(S::List(List::Open)), KeyScope::List, &["enter", "right", "l"], "open", "Show the details of the selected credential.").needs(ONE).footer(2),
    row(C::Credential(Credential::CopyId), KeyScope::List, &["c", "y i"], "copy ID", "Copy the client ID or token ID; with marks, one per line.").needs(ONE).footer(3),
    row(C::Credential(Credential::Create), KeyScope::List, &["a"], "create", "Create a SPA client, M2M client or token.").needs(&[Need::Writable, Need::Creation]).footer(4),
    row(C::Open(Open::GetToken), KeyScope::List, &["t"], "get token", "Get an access token with an M2M client, or test the login of a SPA client.").needs(ISSUE).footer(5),
    row(C::Credential(Credential::Edit), KeyScope::List, &["e"], "edit", "Edit the selected credential; with marks, make one change to all marked ones.").needs(EDIT_MARKED).footer(6),
    row(C::Credential(Credential::EditText), KeyScope::List, &["E"], "edit as text", "Edit the selected credential as text in your editor, then review the changes in the form.").needs(EDIT),
    row(C::Credential(Credential::Delete), KeyScope::List, &["D"], "delete", "Delete the selected credential, or all marked ones; asks for its name, or their number.").needs(DELETE).danger().footer(7),
    row(C::Screen(S::List(List::Filter)), KeyScope::List, &["/"], "filter", "Filter rows by words or terms, such as type:m2m age>90d !used has:high.").footer(8),
    row(C::Screen(S::List(List::ToggleOrganization)), KeyScope::List, &["o"], "mine/organization", "Switch between your own credentials and those shared with the organization.").needs(&[Need::Organization]).footer(9),
    row(C::App(App::Quit), KeyScope::List, &["q"], "quit", "Quit.").footer(15),
    row(C::Screen(S::List(List::ClearFilter)), KeyScope::List, &["esc"], "clear filter", "Clear the filter, stop loading, or remove the marks."),
    row(C::Screen(S::List(List::Mark)), KeyScope::List, &["space"], "mark", "Mark or unmark the row and go down; c, e and D then apply to all marked rows.").needs(ONE).footer(14),
    row(C::Screen(S::List(List::MarkAll)), KeyScope::List, &["*"], "mark all", "Mark all rows that match the filter; press again to unmark them.").needs(ONE),
    row(C::Screen(S::List(List::Export)), KeyScope::List, &["x"], "export", "Write the marked rows, or all that match, to a new CSV file in the current directory.").needs(ONE),
    row(C::Credential(Credential::CreateLike), KeyScope::List, &["A"], "duplicate", "Create a copy of the selected credential.").needs(&[Need::Selection, Need::Writable, Need::Creation]),
    row(C::Credential(Credential::CopySecret), KeyScope::List, &["Y s", "Y t"], "copy secret", "Copy the secret (or the token) without showing it.").needs(SECRET),
    row(C::Credential(Credential::CopyName), KeyScope::List, &["y n"], "copy name", "Copy the name.").needs(ONE),
    row(C::Credential(Credential::CopyUrl), KeyScope::List, &["y u"], "copy URL", "Copy the login URL.").needs(&[Need::Selection, Need::Url]),
    row(C::App(App::CopyBaseUrl), KeyScope::List, &["y b"], "copy base URL", "Copy the API base URL."),
    row(C::Credential(Credential::Rotate), KeyScope::List, &["R"], "rotate secret", "Issue a new secret; asks for the name.").needs(ROTATE).danger(),
    row(C::Open(Open::Profiles), KeyScope::List, &["P"], "profiles", "Switch profiles, or add one.").footer(11),
    row(C::Open(Open::SignIn), KeyScope::List, &["L i"], "sign in", "Sign in to this profile.").needs(&[Need::Profile]),
    row(C::App(App::SignOut), KeyScope::List, &["L o"], "sign out", "Sign out of this profile: revoke and delete its tokens.").needs(&[Need::Profile]),
    row(C::Open(Open::ToggleWriting), KeyScope::List, &["W"], "unlock/lock writing", "Unlock writing for a few minutes; press again to lock. Asks for the profile's name."),
    row(C::App(App::ShowTokens), KeyScope::List, &["1"], "tokens", "Show the API access tokens."),
    row(C::App(App::ShowSpa), KeyScope::List, &["2"], "SPA clients", "Show the SPA OAuth clients."),
    row(C::App(App::ShowM2m), KeyScope::List, &["3"], "M2M clients", "Show the M2M OAuth clients."),
    row(C::App(App::ShowOther), KeyScope::List, &["4"], "other clients", "Show the other OAuth clients: native, regular web, device.").needs(&[Need::Others]),
    row(C::Open(Open::ShowAudit), KeyScope::List, &["5"], "audit", "Audit all credentials; group findings by credential or rule.").footer(10),
    row(C::Open(Open::ShowExpiring), KeyScope::List, &["6"], "expiring", "Show tokens and client secrets by expiry, soonest first."),
    row(C::Open(Open::ShowOverview), KeyScope::List, &["0"], "overview", "Count the credentials by age, last use, expiry and worst finding.").footer(16),
    row(C::App(App::ShowCommand), KeyScope::List, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::Screen(S::List(List::NextTab)), KeyScope::List, &["tab"], "next tab", "Go to the next tab."),
    row(C::Screen(S::List(List::PreviousTab)), KeyScope::List, &["shift-tab"], "previous tab", "Go to the previous tab."),
    row(C::Screen(S::Move(Move::Up)), KeyScope::List, &["up", "k", "ctrl-p"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::List, &["down", "j", "ctrl-n"], "down", "Move down one row."),
    row(C::Screen(S::Move(Move::Top)), KeyScope::List, &["home", "g g"], "top", "Go to the first row."),
    row(C::Screen(S::Move(Move::Bottom)), KeyScope::List, &["end", "G"], "bottom", "Go to the last row."),
    row(C::Screen(S::Move(Move::HalfDown)), KeyScope::List, &["ctrl-d"], "half page down", "Move down half a page."),
    row(C::Screen(S::Move(Move::HalfUp)), KeyScope::List, &["ctrl-u"], "half page up", "Move up half a page."),
    row(C::Screen(S::Move(Move::PageDown)), KeyScope::List, &["pagedown", "ctrl-f"], "page down", "Move down one page."),
    row(C::Screen(S::Move(Move::PageUp)), KeyScope::List, &["pageup", "ctrl-b"], "page up", "Move up one page."),
    row(C::Screen(S::List(List::SortBy(Column::Name))), KeyScope::List, &["s n"], "sort by name", "Sort by name; press again to reverse."),
    row(C::Screen(S::List(List::SortBy(Column::Created))), KeyScope::List, &["s a"], "sort by age", "Sort by age; press again to reverse."),
    row(C::Screen(S::List(List::SortBy(Column::Used))), KeyScope::List, &["s u"], "sort by last use", "Sort by last use; press again to reverse."),
    row(C::Screen(S::List(List::SortBy(Column::Expires))), KeyScope::List, &["s e"], "sort by expiry", "Sort by expiry; press again to reverse."),
    row(C::Screen(S::List(List::SortBy(Column::Owner))), KeyScope::List, &["s o"], "sort by owner", "Sort by owner; press again to reverse."),
    row(C::Screen(S::List(List::SortBy(Column::Callbacks))), KeyScope::List, &["s c"], "sort by callbacks", "Sort by number of callbacks; press again to reverse."),
    row(C::Screen(S::List(List::SortBy(Column::Worst))), KeyScope::List, &["s w"], "sort by severity", "Sort by worst finding; press again to reverse."),
    row(C::Screen(S::List(List::ToggleWide)), KeyScope::List, &["w"], "wide", "Show the audit columns: findings, owner, callbacks; press again for the default ones.").footer(13),

    row(C::Open(Open::ShowHistory), KeyScope::List, &["H"], "history", "Show the recorded changes of the selected credential.").needs(ONE),
    row(C::Open(Open::ShowProfileHistory), KeyScope::List, &["g h"], "profile history", "Show the recorded changes of all credentials of this profile."),
    row(C::Open(Open::ShowRotations), KeyScope::List, &["g r"], "rotations", "Show the rotations in progress, with their destinations and next steps."),
    row(C::Open(Open::ChooseColumns), KeyScope::List, &["C"], "columns", "Choose the columns of this list, their order and their widths."),
    row(C::Open(Open::Views), KeyScope::List, &["f"], "views", "Open a saved view (filter, sort order and columns), or save the current one.").footer(12),

    row(C::Screen(S::List(List::AcceptFilter)), KeyScope::Filter, &["enter", "tab"], "apply filter", "Apply the filter and return to the rows.").footer(2),
    row(C::Screen(S::List(List::ClearFilter)), KeyScope::Filter, &["esc"], "clear filter", "Clear the filter.").footer(3),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Filter, &["up", "ctrl-p"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Filter, &["down", "ctrl-n"], "down", "Move down one row."),
    row(C::Screen(S::Move(Move::PageDown)), KeyScope::Filter, &["pagedown"], "page down", "Move down one page."),
    row(C::Screen(S::Move(Move::PageUp)), KeyScope::Filter, &["pageup"], "page up", "Move up one page."),

    row(C::Screen(S::Dialog(Dialog::Accept)), KeyScope::Chooser, &["enter", "right", "l"], "choose", "Open the form for this kind.").footer(2),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Chooser, &["up", "k"], "up", "Move up one kind."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Chooser, &["down", "j", "tab"], "down", "Move down one kind."),
    row(C::App(App::ShowTokens), KeyScope::Chooser, &["1"], "token", "Create an API access token."),
    row(C::App(App::ShowSpa), KeyScope::Chooser, &["2"], "SPA client", "Create a SPA OAuth client."),
    row(C::App(App::ShowM2m), KeyScope::Chooser, &["3"], "M2M client", "Create an M2M OAuth client."),
    row(C::App(App::Back), KeyScope::Chooser, &["esc", "q", "left", "h"], "back", "Go back.").footer(3),

    row(C::Screen(S::Entry(Entry::ToggleColumn)), KeyScope::Columns, &["space", "enter"], "show/hide", "Show or hide this column.").footer(2),
    row(C::Screen(S::Entry(Entry::MoveColumnDown)), KeyScope::Columns, &["J"], "move down", "Move this column to the right.").footer(3),
    row(C::Screen(S::Entry(Entry::MoveColumnUp)), KeyScope::Columns, &["K"], "move up", "Move this column to the left.").footer(4),
    row(C::Screen(S::Entry(Entry::WidenColumn)), KeyScope::Columns, &["+", ">"], "wider", "Make this column wider.").footer(5),
    row(C::Screen(S::Entry(Entry::NarrowColumn)), KeyScope::Columns, &["-", "<"], "narrower", "Make this column narrower; below 8 columns, fit it to the values.").footer(6),
    row(C::Screen(S::Entry(Entry::ResetColumns)), KeyScope::Columns, &["r"], "default", "Restore the default columns.").footer(7),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Columns, &["up", "k"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Columns, &["down", "j", "tab"], "down", "Move down one row."),
    row(C::App(App::Back), KeyScope::Columns, &["esc", "q", "left", "h"], "back", "Return to the list.").footer(8),

    row(C::Credential(Credential::CopyId), KeyScope::Detail, &["c", "y i"], "copy ID", "Copy the client ID or token ID.").needs(ONE).footer(2),
    row(C::Screen(S::Value(Value::Peek)), KeyScope::Detail, &["x"], "show secret", "Show the secret for a few seconds; press again to hide.").needs(SECRET).footer(3),
    row(C::Credential(Credential::CopySecret), KeyScope::Detail, &["Y s", "Y t"], "copy secret", "Copy the secret (or the token) without showing it.").needs(SECRET).footer(4),
    row(C::Open(Open::GetToken), KeyScope::Detail, &["t"], "get token", "Get an access token with this M2M client, or test the login of this SPA client.").needs(ISSUE).footer(5),
    row(C::Credential(Credential::Edit), KeyScope::Detail, &["e"], "edit", "Edit this credential.").needs(EDIT).footer(6),
    row(C::Credential(Credential::EditText), KeyScope::Detail, &["E"], "edit as text", "Edit this credential as text in your editor, then review the changes in the form.").needs(EDIT),
    row(C::Credential(Credential::Delete), KeyScope::Detail, &["D"], "delete", "Delete this credential; asks for its name.").needs(DELETE).danger().footer(7),
    row(C::Credential(Credential::Rotate), KeyScope::Detail, &["R"], "rotate secret", "Issue a new secret; asks for the name.").needs(ROTATE).danger(),
    row(C::Open(Open::ToggleWriting), KeyScope::Detail, &["W"], "unlock/lock writing", "Unlock writing for a few minutes; press again to lock. Asks for the profile's name."),
    row(C::Screen(S::Value(Value::Select)), KeyScope::Detail, &["enter"], "select by hand", "Show the value alone, to select it by hand; on a finding, explain it.").needs(ONE),
    row(C::Open(Open::Explain), KeyScope::Detail, &["K"], "explain", "Explain this finding: defect, fix, source and examples.").needs(&[Need::Finding]).footer(9),
    row(C::Credential(Credential::PreviewFix), KeyScope::Detail, &["F"], "fix", "Preview and apply the fix for this finding.").needs(&[Need::Finding, Need::Own, Need::Editing, Need::Writable]).footer(10),
    row(C::App(App::NextFinding), KeyScope::Detail, &["n", "] f"], "next finding", "Go to the next finding of the audit, in any credential.").needs(&[Need::Audit]),
    row(C::App(App::PreviousFinding), KeyScope::Detail, &["N", "[ f"], "previous finding", "Go to the previous finding of the audit.").needs(&[Need::Audit]),
    row(C::Open(Open::Suppress), KeyScope::Detail, &["i"], "suppress", "Suppress this finding, with a reason and an expiry date.").needs(&[Need::Finding]),
    row(C::Open(Open::ShowHistory), KeyScope::Detail, &["H"], "history", "Show the recorded changes of this credential.").needs(ONE),
    row(C::App(App::ShowCommand), KeyScope::Detail, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::Credential(Credential::CopyUrl), KeyScope::Detail, &["y u"], "copy value", "Copy the value under the cursor.").needs(ONE),
    row(C::Credential(Credential::CopyName), KeyScope::Detail, &["y n"], "copy name", "Copy the name.").needs(ONE),
    row(C::App(App::CopyBaseUrl), KeyScope::Detail, &["y b"], "copy base URL", "Copy the API base URL."),
    row(C::Credential(Credential::CreateLike), KeyScope::Detail, &["A"], "duplicate", "Create a copy of this credential.").needs(&[Need::Selection, Need::Writable, Need::Creation]),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Detail, &["up", "k"], "up", "Move up one value."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Detail, &["down", "j"], "down", "Move down one value."),
    row(C::Screen(S::Move(Move::Top)), KeyScope::Detail, &["home", "g g"], "top", "Go to the first value."),
    row(C::Screen(S::Move(Move::Bottom)), KeyScope::Detail, &["end", "G"], "bottom", "Go to the last value."),
    row(C::App(App::Back), KeyScope::Detail, &["esc", "q", "left", "h"], "back", "Return to the list.").footer(8),

    row(C::Screen(S::Dialog(Dialog::Save)), KeyScope::Form, &["ctrl-s"], "save", "Validate and save; an edit is reviewed first.").footer(2),
    row(C::Screen(S::Dialog(Dialog::EditText)), KeyScope::Form, &["ctrl-o"], "edit as text", "Edit all fields as text in your editor (VISUAL or EDITOR)."),
    row(C::Screen(S::Dialog(Dialog::NextField)), KeyScope::Form, &["tab"], "next field", "Go to the next field.").footer(3),
    row(C::Screen(S::Dialog(Dialog::PreviousField)), KeyScope::Form, &["shift-tab"], "previous field", "Go to the previous field."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Form, &["down", "ctrl-n"], "down", "Go to the next row, or to the source of a grant."),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Form, &["up", "ctrl-p"], "up", "Go to the previous row."),
    row(C::Screen(S::Move(Move::PageDown)), KeyScope::Form, &["pagedown"], "page down", "Go ten steps down."),
    row(C::Screen(S::Move(Move::PageUp)), KeyScope::Form, &["pageup"], "page up", "Go ten steps up."),
    row(C::Screen(S::Dialog(Dialog::Submit)), KeyScope::Form, &["enter"], "next / add row", "Go to the next field, add a row to a list, or save."),
    row(C::App(App::ShowCommand), KeyScope::Form, &["ctrl-g"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), KeyScope::Form, &["esc"], "cancel", "Leave the form; asks before it discards changes.").footer(4),

    row(C::Screen(S::Dialog(Dialog::Confirm)), KeyScope::Review, &["enter", "ctrl-s"], "save", "Save these changes.").footer(2),
    row(C::App(App::ShowCommand), KeyScope::Review, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), KeyScope::Review, &["esc", "q"], "keep editing", "Return to the form.").footer(3),

    row(C::Screen(S::Move(Move::Up)), KeyScope::Conflict, &["up", "k"], "up", "Go to the previous field."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Conflict, &["down", "j", "tab"], "down", "Go to the next field."),
    row(C::Screen(S::Dialog(Dialog::TakeMine)), KeyScope::Conflict, &["m"], "keep mine", "Keep your value for this field.").footer(3),
    row(C::Screen(S::Dialog(Dialog::TakeTheirs)), KeyScope::Conflict, &["t"], "keep theirs", "Keep their value for this field.").footer(4),
    row(C::Screen(S::Dialog(Dialog::Confirm)), KeyScope::Conflict, &["enter"], "merge", "Merge both versions and return to the form.").footer(2),
    row(C::App(App::Back), KeyScope::Conflict, &["esc", "q"], "keep editing", "Return to the form unchanged.").footer(5),

    row(C::Screen(S::Dialog(Dialog::Confirm)), KeyScope::Discard, &["y"], "discard", "Discard the changes.").footer(2),
    row(C::App(App::Back), KeyScope::Discard, &["esc", "n", "enter"], "keep editing", "Return to the form.").footer(3),

    row(C::Screen(S::Dialog(Dialog::Accept)), KeyScope::Confirm, &["enter"], "confirm", "Confirm if the name matches.").footer(3),
    row(C::App(App::ShowCommand), KeyScope::Confirm, &["ctrl-g"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), KeyScope::Confirm, &["esc"], "cancel", "Cancel.").footer(4),

    row(C::Screen(S::Dialog(Dialog::Submit)), KeyScope::EditMarked, &["enter"], "next", "Go to the next field; in the last one, list the credentials to confirm.").footer(2),
    row(C::Screen(S::Dialog(Dialog::NextField)), KeyScope::EditMarked, &["tab"], "next field", "Go to the next field."),
    row(C::Screen(S::Dialog(Dialog::PreviousField)), KeyScope::EditMarked, &["shift-tab"], "previous field", "Go to the previous field."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::EditMarked, &["down"], "next choice", "Select the next choice, or use right and left.").footer(3),
    row(C::Screen(S::Move(Move::Up)), KeyScope::EditMarked, &["up"], "previous choice", "Select the previous choice."),
    row(C::App(App::Back), KeyScope::EditMarked, &["esc"], "cancel", "Return to the list and keep the marks.").footer(4),

    row(C::Screen(S::Dialog(Dialog::Accept)), KeyScope::Marked, &["enter"], "confirm", "Change, fix or delete them if the typed number matches.").footer(2),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Marked, &["up", "ctrl-p"], "up", "Scroll up."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Marked, &["down", "ctrl-n"], "down", "Scroll down."),
    row(C::Screen(S::Move(Move::PageDown)), KeyScope::Marked, &["pagedown"], "page down", "Scroll a page down."),
    row(C::Screen(S::Move(Move::PageUp)), KeyScope::Marked, &["pageup"], "page up", "Scroll a page up."),
    row(C::App(App::ShowCommand), KeyScope::Marked, &["ctrl-g"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), KeyScope::Marked, &["esc"], "cancel", "Cancel; while it runs, stop after the current credential.").footer(3),

    row(C::Credential(Credential::CopySecret), KeyScope::Once, &["Y s", "Y t"], "copy secret", "Copy the secret without showing it.").footer(2),
    row(C::Screen(S::Value(Value::Peek)), KeyScope::Once, &["x"], "show secret", "Show the secret for a few seconds; press again to hide.").footer(3),
    row(C::Credential(Credential::CopyId), KeyScope::Once, &["c", "y i"], "copy ID", "Copy the client ID or token ID.").footer(4),
    row(C::Open(Open::GetToken), KeyScope::Once, &["t"], "get token", "Test the secret: get an access token with it.").needs(&[Need::Issuable]).footer(5),
    row(C::App(App::Back), KeyScope::Once, &["esc", "q"], "leave", "Leave; asks first, because the secret is not shown again.").footer(6),

    row(C::Screen(S::Dialog(Dialog::Confirm)), KeyScope::OnceLeaving, &["y"], "leave", "Leave; the secret is not shown again.").footer(2),
    row(C::App(App::Back), KeyScope::OnceLeaving, &["esc", "n", "enter"], "stay", "Return to the secret.").footer(3),

    row(C::Screen(S::Value(Value::CopyToken)), KeyScope::AccessToken, &["Y t", "Y s"], "copy token", "Copy the access token without showing it.").needs(&[Need::AccessToken]).footer(2),
    row(C::Screen(S::Value(Value::CopyPage)), KeyScope::AccessToken, &["c"], "copy address", "Copy the URL of the login page.").needs(&[Need::LoginPage]).footer(1),
    row(C::Screen(S::Value(Value::PeekToken)), KeyScope::AccessToken, &["x"], "show token", "Show the access token for a few seconds; press again to hide.").needs(&[Need::AccessToken]).footer(3),
    row(C::Open(Open::GetToken), KeyScope::AccessToken, &["t"], "new token", "Get another access token.").footer(4),
    row(C::Screen(S::Move(Move::Up)), KeyScope::AccessToken, &["up", "k"], "up", "Scroll up."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::AccessToken, &["down", "j"], "down", "Scroll down."),
    row(C::App(App::ShowCommand), KeyScope::AccessToken, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), KeyScope::AccessToken, &["esc", "q", "left", "h"], "back", "Go back and discard the token.").footer(5),

    row(C::Screen(S::Value(Value::CopyAbout)), KeyScope::About, &["c", "y v"], "copy", "Copy this text.").footer(2),
    row(C::App(App::Back), KeyScope::About, &["esc", "q", "enter"], "back", "Go back.").footer(3),

    row(C::Screen(S::Dialog(Dialog::Accept)), KeyScope::Help, &["enter"], "run", "Run the selected command.").footer(2),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Help, &["up", "ctrl-p"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Help, &["down", "ctrl-n", "tab"], "down", "Move down one row."),
    row(C::Screen(S::Move(Move::PageDown)), KeyScope::Help, &["pagedown"], "page down", "Move down one page."),
    row(C::Screen(S::Move(Move::PageUp)), KeyScope::Help, &["pageup"], "page up", "Move up one page."),
    row(C::App(App::Back), KeyScope::Help, &["esc"], "close", "Close the help.").footer(3),

    row(C::Screen(S::Dialog(Dialog::Accept)), KeyScope::Profiles, &["enter", "right", "l"], "open", "Open this profile.").footer(2),
    row(C::Screen(S::Entry(Entry::AddProfile)), KeyScope::Profiles, &["a"], "add", "Add a profile.").footer(3),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Profiles, &["up", "k"], "up", "Move up one profile."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Profiles, &["down", "j", "tab"], "down", "Move down one profile."),
    row(C::App(App::Back), KeyScope::Profiles, &["esc", "q", "left", "h"], "back", "Go back.").footer(4),

    row(C::Screen(S::Dialog(Dialog::Save)), KeyScope::ProfileForm, &["ctrl-s"], "save and open", "Save the profile and open it.").footer(2),
    row(C::Screen(S::Entry(Entry::Probe)), KeyScope::ProfileForm, &["ctrl-t"], "detect API", "Detect the API at the base URL, and its token issuer.").footer(3),
    row(C::Screen(S::Dialog(Dialog::NextField)), KeyScope::ProfileForm, &["tab", "enter"], "next", "Go to the next field.").footer(4),
    row(C::Screen(S::Dialog(Dialog::PreviousField)), KeyScope::ProfileForm, &["shift-tab"], "previous", "Go to the previous field."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::ProfileForm, &["down"], "next choice", "Select the next kind of API, or CARTO's next region as the base URL."),
    row(C::Screen(S::Move(Move::Up)), KeyScope::ProfileForm, &["up"], "previous choice", "Select the previous kind of API, or CARTO's previous region as the base URL."),
    row(C::App(App::Back), KeyScope::ProfileForm, &["esc"], "cancel", "Leave the form.").footer(5),

    row(C::Screen(S::Dialog(Dialog::Accept)), KeyScope::SignIn, &["enter", "right", "l"], "sign in", "Sign in with this method.").footer(2),
    row(C::Screen(S::Move(Move::Up)), KeyScope::SignIn, &["up", "k"], "up", "Move up one method."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::SignIn, &["down", "j", "tab"], "down", "Move down one method."),
    row(C::Open(Open::Profiles), KeyScope::SignIn, &["P"], "profiles", "Switch profiles, or add one.").footer(3),
    row(C::App(App::Back), KeyScope::SignIn, &["esc", "q", "left", "h"], "back", "Go back without signing in; unsaved input is kept.").footer(4),

    row(C::Screen(S::Dialog(Dialog::Submit)), KeyScope::SignInSecret, &["enter"], "sign in", "Sign in with this input.").footer(2),
    row(C::Screen(S::Value(Value::CopyPage)), KeyScope::SignInSecret, &["ctrl-y"], "copy address", "Copy the URL of the page.").needs(&[Need::LoginPage]).footer(3),
    row(C::App(App::Back), KeyScope::SignInSecret, &["esc"], "back", "Discard the input and return to the sign-in methods.").footer(4),

    row(C::Screen(S::Value(Value::CopyPage)), KeyScope::SignInWaiting, &["c"], "copy address", "Copy the URL of the page.").footer(2),
    row(C::App(App::Back), KeyScope::SignInWaiting, &["esc", "q"], "cancel", "Cancel this sign-in.").footer(3),

    row(C::Screen(S::Dialog(Dialog::Submit)), KeyScope::Unlock, &["enter"], "unlock", "Unlock writing if the name matches.").footer(2),
    row(C::App(App::Back), KeyScope::Unlock, &["esc"], "cancel", "Keep writing locked.").footer(3),

    row(C::Screen(S::Dialog(Dialog::Submit)), KeyScope::Passphrase, &["enter"], "continue", "Continue with this passphrase; leave it empty to keep the session in memory only.").footer(2),
    row(C::App(App::Back), KeyScope::Passphrase, &["esc"], "skip", "Continue without storing the session in a file.").footer(3),

    row(C::Screen(S::List(List::Open)), KeyScope::Audit, &["enter", "right", "l"], "open", "Open the credential at this finding.").footer(2),
    row(C::App(App::NextFinding), KeyScope::Audit, &["n", "] f"], "next finding", "Go to the next finding."),
    row(C::App(App::PreviousFinding), KeyScope::Audit, &["N", "[ f"], "previous finding", "Go to the previous finding."),
    row(C::Open(Open::Explain), KeyScope::Audit, &["K"], "explain", "Explain the rule: defect, fix, source and examples.").needs(&[Need::Finding]).footer(3),
    row(C::Credential(Credential::PreviewFix), KeyScope::Audit, &["F"], "fix", "Preview and apply the fix for this finding; with marks, fix all marked findings.").needs(&[Need::Finding, Need::OwnOrMarked, Need::Editing, Need::Writable]).footer(4),
    row(C::Screen(S::Audit(Findings::ToggleGrouping)), KeyScope::Audit, &["tab", "g r"], "by rule/credential", "Group the findings by rule or by credential.").footer(5),
    row(C::Screen(S::Audit(Findings::SaveReport)), KeyScope::Audit, &["S"], "save report", "Write the report to a Markdown file in the current directory.").needs(&[Need::Audit]).footer(9),
    row(C::Screen(S::List(List::Filter)), KeyScope::Audit, &["/"], "filter", "Filter findings by words, or by rule, such as rule:URL*.").footer(6),
    row(C::Screen(S::Audit(Findings::Fold)), KeyScope::Audit, &["z"], "fold", "Fold or unfold this group.").footer(8),
    row(C::Screen(S::Audit(Findings::FoldAll)), KeyScope::Audit, &["Z"], "fold all", "Fold or unfold all groups."),
    row(C::Screen(S::Audit(Findings::NextGroup)), KeyScope::Audit, &["g j", "] ]"], "next group", "Go to the next group."),
    row(C::Screen(S::Audit(Findings::PreviousGroup)), KeyScope::Audit, &["g k", "[ ["], "previous group", "Go to the previous group."),
    row(C::Screen(S::Audit(Findings::LeastSeverity(Severity::Critical))), KeyScope::Audit, &["1"], "critical only", "Show critical findings only."),
    row(C::Screen(S::Audit(Findings::LeastSeverity(Severity::High))), KeyScope::Audit, &["2"], "high and above", "Show findings of high severity and above."),
    row(C::Screen(S::Audit(Findings::LeastSeverity(Severity::Medium))), KeyScope::Audit, &["3"], "medium and above", "Show findings of medium severity and above."),
    row(C::Screen(S::Audit(Findings::LeastSeverity(Severity::Low))), KeyScope::Audit, &["4"], "low and above", "Show findings of low severity and above."),
    row(C::Screen(S::Audit(Findings::LeastSeverity(Severity::Info))), KeyScope::Audit, &["5"], "all severities", "Show findings of all severities."),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Audit, &["up", "k", "ctrl-p"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Audit, &["down", "j", "ctrl-n"], "down", "Move down one row."),
    row(C::Screen(S::Move(Move::Top)), KeyScope::Audit, &["home", "g g"], "top", "Go to the first row."),
    row(C::Screen(S::Move(Move::Bottom)), KeyScope::Audit, &["end", "G"], "bottom", "Go to the last row."),
    row(C::Screen(S::Move(Move::PageDown)), KeyScope::Audit, &["pagedown", "ctrl-f"], "page down", "Move down one page."),
    row(C::Screen(S::Move(Move::PageUp)), KeyScope::Audit, &["pageup", "ctrl-b"], "page up", "Move up one page."),
    row(C::Open(Open::Suppress), KeyScope::Audit, &["i"], "suppress", "Suppress this finding, or all marked ones, with a reason and an expiry date.").needs(&[Need::Finding]),
    row(C::Screen(S::List(List::Mark)), KeyScope::Audit, &["space"], "mark", "Mark or unmark the finding, or those of the group, and go down; F and i then apply to all marked ones.").needs(&[Need::Finding]).footer(10),
    row(C::Screen(S::List(List::MarkAll)), KeyScope::Audit, &["*"], "mark all", "Mark all findings that match the filter; press again to unmark them.").needs(&[Need::Finding]),
    row(C::Open(Open::Suppressions), KeyScope::Audit, &["I"], "suppressions", "Show the suppressed findings; suppressions can be removed."),
    row(C::App(App::ShowCommand), KeyScope::Audit, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), KeyScope::Audit, &["esc", "q", "left", "h"], "back", "Clear the filter, or return to the list.").footer(7),

    row(C::Screen(S::List(List::Open)), KeyScope::Expiring, &["enter", "right", "l"], "open", "Open the credential.").needs(ONE).footer(2),
    row(C::Open(Open::Snooze), KeyScope::Expiring, &["n"], "snooze", "Ignore this expiry until a date, with a reason; press again to end the snooze.").footer(5),
    row(C::Credential(Credential::CopyId), KeyScope::Expiring, &["c", "y i"], "copy ID", "Copy the client ID or token ID.").needs(ONE).footer(3),
    row(C::Credential(Credential::Rotate), KeyScope::Expiring, &["R"], "rotate secret", "Issue a new secret; asks for the name.").needs(ROTATE).danger().footer(4),
    row(C::Credential(Credential::Edit), KeyScope::Expiring, &["e"], "edit", "Edit this credential.").needs(EDIT),
    row(C::Credential(Credential::Delete), KeyScope::Expiring, &["D"], "delete", "Delete this credential; asks for its name.").needs(DELETE).danger().footer(5),
    row(C::App(App::ShowTokens), KeyScope::Expiring, &["1"], "tokens", "Show the API access tokens."),
    row(C::App(App::ShowSpa), KeyScope::Expiring, &["2"], "SPA clients", "Show the SPA OAuth clients."),
    row(C::App(App::ShowM2m), KeyScope::Expiring, &["3"], "M2M clients", "Show the M2M OAuth clients."),
    row(C::App(App::ShowOther), KeyScope::Expiring, &["4"], "other clients", "Show the other OAuth clients.").needs(&[Need::Others]),
    row(C::Open(Open::ShowAudit), KeyScope::Expiring, &["5"], "audit", "Audit all credentials."),
    row(C::Open(Open::ShowOverview), KeyScope::Expiring, &["0"], "overview", "Count the credentials by age, last use, expiry and worst finding."),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Expiring, &["up", "k", "ctrl-p"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Expiring, &["down", "j", "ctrl-n"], "down", "Move down one row."),
    row(C::Screen(S::Move(Move::Top)), KeyScope::Expiring, &["home", "g g"], "top", "Go to the first row."),
    row(C::Screen(S::Move(Move::Bottom)), KeyScope::Expiring, &["end", "G"], "bottom", "Go to the last row."),
    row(C::Screen(S::Move(Move::HalfDown)), KeyScope::Expiring, &["ctrl-d"], "half page down", "Move down half a page."),
    row(C::Screen(S::Move(Move::HalfUp)), KeyScope::Expiring, &["ctrl-u"], "half page up", "Move up half a page."),
    row(C::Screen(S::Move(Move::PageDown)), KeyScope::Expiring, &["pagedown", "ctrl-f"], "page down", "Move down one page."),
    row(C::Screen(S::Move(Move::PageUp)), KeyScope::Expiring, &["pageup", "ctrl-b"], "page up", "Move up one page."),
    row(C::App(App::ShowCommand), KeyScope::Expiring, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), KeyScope::Expiring, &["esc", "q", "left", "h"], "back", "Return to the list.").footer(6),

    row(C::Screen(S::List(List::Open)), KeyScope::Overview, &["enter"], "show these", "Open the list with the filter of the selected figure.").footer(2),
    row(C::Screen(S::List(List::NextTab)), KeyScope::Overview, &["right", "l", "tab"], "next column", "Move to the next kind of credential.").footer(3),
    row(C::Screen(S::List(List::PreviousTab)), KeyScope::Overview, &["left", "h", "shift-tab"], "previous column", "Move to the previous kind of credential."),
    row(C::Screen(S::List(List::KeepSnapshot)), KeyScope::Overview, &["S"], "keep snapshot", "Keep a snapshot of all credentials, to count the changes since then.").footer(6),
    row(C::App(App::ShowTokens), KeyScope::Overview, &["1"], "tokens", "Show the API access tokens."),
    row(C::App(App::ShowSpa), KeyScope::Overview, &["2"], "SPA clients", "Show the SPA OAuth clients."),
    row(C::App(App::ShowM2m), KeyScope::Overview, &["3"], "M2M clients", "Show the M2M OAuth clients."),
    row(C::App(App::ShowOther), KeyScope::Overview, &["4"], "other clients", "Show the other OAuth clients.").needs(&[Need::Others]),
    row(C::Open(Open::ShowAudit), KeyScope::Overview, &["5"], "audit", "Audit all credentials.").footer(4),
    row(C::Open(Open::ShowExpiring), KeyScope::Overview, &["6"], "expiring", "Show tokens and client secrets by expiry, soonest first.").footer(5),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Overview, &["up", "k", "ctrl-p"], "up", "Move up one figure."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Overview, &["down", "j", "ctrl-n"], "down", "Move down one figure."),
    row(C::Screen(S::Move(Move::Top)), KeyScope::Overview, &["home", "g g"], "top", "Go to the first figure."),
    row(C::Screen(S::Move(Move::Bottom)), KeyScope::Overview, &["end", "G"], "bottom", "Go to the last figure."),
    row(C::Screen(S::Move(Move::PageDown)), KeyScope::Overview, &["pagedown", "ctrl-f"], "page down", "Move down one page."),
    row(C::Screen(S::Move(Move::PageUp)), KeyScope::Overview, &["pageup", "ctrl-b"], "page up", "Move up one page."),
    row(C::App(App::ShowCommand), KeyScope::Overview, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), KeyScope::Overview, &["esc", "q"], "back", "Return to the list.").footer(7),

    row(C::Screen(S::Entry(Entry::RemoveSuppression)), KeyScope::Suppressions, &["D"], "remove", "Remove this suppression; press twice.").danger().footer(2),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Suppressions, &["up", "k"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Suppressions, &["down", "j", "tab"], "down", "Move down one row."),
    row(C::App(App::Back), KeyScope::Suppressions, &["esc", "q", "left", "h"], "back", "Return to the audit.").footer(3),

    row(C::Screen(S::Entry(Entry::ToggleDestination)), KeyScope::RotationPlan, &["space"], "choose", "Include or exclude the destination, or change how long the previous secret stays valid.").footer(2),
    row(C::Screen(S::Dialog(Dialog::Accept)), KeyScope::RotationPlan, &["enter"], "continue", "Confirm the rotation by typing the name.").footer(3),
    row(C::Screen(S::Move(Move::Up)), KeyScope::RotationPlan, &["up", "k", "shift-tab"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::RotationPlan, &["down", "j", "tab"], "down", "Move down one row."),
    row(C::App(App::ShowCommand), KeyScope::RotationPlan, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), KeyScope::RotationPlan, &["esc", "q", "left", "h"], "cancel", "Cancel the rotation.").footer(4),

    row(C::Screen(S::Entry(Entry::ResumeRotation)), KeyScope::Rotations, &["enter"], "continue", "Repeat a failed step, or revoke the previous secret once it is due.").footer(2),
    row(C::Screen(S::Entry(Entry::FinishRotation)), KeyScope::Rotations, &["F"], "finish", "End the previous secret now; press twice.").danger().footer(3),
    row(C::Screen(S::Entry(Entry::AbortRotation)), KeyScope::Rotations, &["A"], "abort", "Restore the destinations and the previous secret; press twice.").danger().footer(4),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Rotations, &["up", "k"], "up", "Move up one rotation."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Rotations, &["down", "j", "tab"], "down", "Move down one rotation."),
    row(C::App(App::ShowCommand), KeyScope::Rotations, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), KeyScope::Rotations, &["esc", "q", "left", "h"], "back", "Return to the list.").footer(5),

    row(C::Screen(S::Dialog(Dialog::Submit)), KeyScope::Suppress, &["enter"], "save", "Go to the date, then save.").footer(2),
    row(C::Screen(S::Dialog(Dialog::NextField)), KeyScope::Suppress, &["tab", "down"], "next", "Go to the other field.").footer(3),
    row(C::Screen(S::Dialog(Dialog::PreviousField)), KeyScope::Suppress, &["shift-tab", "up"], "previous", "Go to the other field."),
    row(C::App(App::Back), KeyScope::Suppress, &["esc"], "cancel", "Cancel without saving.").footer(4),

    row(C::Screen(S::Dialog(Dialog::Accept)), KeyScope::Views, &["enter", "right", "l"], "apply", "Apply this view to the list.").footer(2),
    row(C::Screen(S::Entry(Entry::SaveView)), KeyScope::Views, &["a"], "save", "Save the current list as a view.").footer(3),
    row(C::Screen(S::Entry(Entry::DeleteView)), KeyScope::Views, &["D"], "delete", "Delete this view; press twice.").danger().footer(4),
    row(C::Screen(S::Move(Move::Up)), KeyScope::Views, &["up", "k"], "up", "Move up one view."),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Views, &["down", "j", "tab"], "down", "Move down one view."),
    row(C::App(App::Back), KeyScope::Views, &["esc", "q", "left", "h"], "back", "Return to the list.").footer(5),

    row(C::Screen(S::Dialog(Dialog::Submit)), KeyScope::ViewName, &["enter"], "save", "Save the view under this name; replaces a view with the same name.").footer(2),
    row(C::App(App::Back), KeyScope::ViewName, &["esc"], "cancel", "Cancel without saving.").footer(3),

    row(C::Screen(S::Move(Move::Up)), KeyScope::Page, &["up", "k"], "scroll up", "Scroll up.").footer(3),
    row(C::Screen(S::Move(Move::Down)), KeyScope::Page, &["down", "j"], "scroll down", "Scroll down.").footer(2),
    row(C::Screen(S::Move(Move::PageDown)), KeyScope::Page, &["pagedown", "ctrl-f"], "page down", "Scroll a page down."),
    row(C::Screen(S::Move(Move::PageUp)), KeyScope::Page, &["pageup", "ctrl-b"], "page up", "Scroll a page up."),
    row(C::App(App::ShowCommand), KeyScope::Page, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), KeyScope::Page, &["esc", "q", "enter", "left", "h"], "back", "Go back.").footer(4),

    row(C::App(App::Back), KeyScope::PlainValue, &["esc", "q", "enter", "left", "h"], "back", "Go back.").footer(2),
];
