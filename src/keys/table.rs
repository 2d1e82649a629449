//! The rows, in help order.

use super::{
    AppCommand as App, Binding, Command, Command as C, CredentialCommand as Credential,
    DialogCommand as Dialog, EntryCommand as Entry, FindingsCommand as Findings,
    ListCommand as List, Move, Need, OpenCommand as Open, Scope, ScreenCommand as S,
    ValueCommand as Value,
};
use crate::domain::{audit::Severity, columns::Column};

const NONE: &[Need] = &[];
const ONE: &[Need] = &[Need::Selection];
const EDIT: &[Need] = &[Need::Selection, Need::Own, Need::Editing, Need::Writable];
const DELETE: &[Need] = &[Need::Selection, Need::OwnOrMarked, Need::Deletion, Need::Writable];
const ROTATE: &[Need] = &[Need::Selection, Need::Own, Need::Rotation, Need::Writable];
const SECRET: &[Need] = &[Need::Selection, Need::Own, Need::Revealing];
const ISSUE: &[Need] = &[Need::Selection, Need::Issuable, Need::Own];

const fn row(
    command: Command,
    scope: Scope,
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

/// Every command and its default keys.
#[rustfmt::skip] // one row per line keeps the table readable
pub static TABLE: &[Binding] = &[
    row(C::Open(Open::Help), Scope::Global, &["?", "f1", ":"], "help", "Search the keys that apply here; press enter to run one.").footer(1),
    row(C::Open(Open::About), Scope::Global, &["g i"], "about", "Show version, base URL, terminal, clipboards and session store."),
    row(C::App(App::Back), Scope::Global, &["esc", "q"], "back", "Go back one step."),
    row(C::App(App::QuitNow), Scope::Global, &["ctrl-c"], "quit", "Quit after a running save has finished."),
    row(C::App(App::Refresh), Scope::Global, &["ctrl-r"], "refresh", "Reload the current screen."),
    row(C::App(App::CopyBaseUrl), Scope::Global, &["B"], "copy base URL", "Copy the API base URL."),
    row(C::App(App::ClearClipboard), Scope::Global, &["Y x"], "clear clipboard", "Clear the clipboard if it still holds a value copied by Credenza."),
    row(C::App(App::Redraw), Scope::Global, &["ctrl-l"], "redraw", "Redraw the screen."),
    row(C::App(App::Suspend), Scope::Global, &["ctrl-z"], "suspend", "Suspend to the shell; fg resumes."),

    row(C::App(App::DismissFailure), Scope::Failure, &["esc"], "dismiss", "Dismiss the error.").footer(2),
    row(C::App(App::CopyFailure), Scope::Failure, &["y f"], "copy error", "Copy the text of the error.").footer(3),

    row(C::Screen(S::List(List::Open)), Scope::List, &["enter", "right", "l"], "open", "Show the details of the selected credential.").needs(ONE).footer(2),
    row(C::Credential(Credential::CopyId), Scope::List, &["c", "y i"], "copy ID", "Copy the client ID or token ID; of all marked rows, one a line.").needs(ONE).footer(3),
    row(C::Credential(Credential::Create), Scope::List, &["a"], "create", "Create a SPA client, M2M client or token.").needs(&[Need::Writable, Need::Creation]).footer(4),
    row(C::Open(Open::GetToken), Scope::List, &["t"], "get token", "Get an access token with an M2M client, or test the login of a SPA client.").needs(ISSUE).footer(5),
    row(C::Credential(Credential::Edit), Scope::List, &["e"], "edit", "Edit the selected credential.").needs(EDIT).footer(6),
    row(C::Credential(Credential::Delete), Scope::List, &["D"], "delete", "Delete the selected credential, or all marked ones; asks for its name, or their number.").needs(DELETE).danger().footer(7),
    row(C::Screen(S::List(List::Filter)), Scope::List, &["/"], "filter", "Filter rows by words or terms, such as type:m2m age>90d !used has:high.").footer(8),
    row(C::Screen(S::List(List::ToggleOrganization)), Scope::List, &["o"], "mine/organization", "Switch between your own credentials and those shared with the organization.").needs(&[Need::Organization]).footer(9),
    row(C::App(App::Quit), Scope::List, &["q"], "quit", "Quit.").footer(15),
    row(C::Screen(S::List(List::ClearFilter)), Scope::List, &["esc"], "clear filter", "Clear the filter, stop loading, or remove the marks."),
    row(C::Screen(S::List(List::Mark)), Scope::List, &["space"], "mark", "Mark or unmark the row and go down; c and D then apply to all marked rows.").needs(ONE).footer(14),
    row(C::Screen(S::List(List::MarkAll)), Scope::List, &["*"], "mark all", "Mark all rows that match the filter; press again to unmark them.").needs(ONE),
    row(C::Credential(Credential::CreateLike), Scope::List, &["A"], "duplicate", "Create a copy of the selected credential.").needs(&[Need::Selection, Need::Writable, Need::Creation]),
    row(C::Credential(Credential::CopySecret), Scope::List, &["Y s", "Y t"], "copy secret", "Copy the secret (or the token) without showing it.").needs(SECRET),
    row(C::Credential(Credential::CopyName), Scope::List, &["y n"], "copy name", "Copy the name.").needs(ONE),
    row(C::Credential(Credential::CopyUrl), Scope::List, &["y u"], "copy URL", "Copy the login URL.").needs(&[Need::Selection, Need::Url]),
    row(C::App(App::CopyBaseUrl), Scope::List, &["y b"], "copy base URL", "Copy the API base URL."),
    row(C::Credential(Credential::Rotate), Scope::List, &["R"], "rotate secret", "Issue a new secret; asks for the name.").needs(ROTATE).danger(),
    row(C::Open(Open::Profiles), Scope::List, &["P"], "profiles", "Switch profiles, or add one.").footer(11),
    row(C::Open(Open::SignIn), Scope::List, &["L i"], "sign in", "Sign in to this profile.").needs(&[Need::Profile]),
    row(C::App(App::SignOut), Scope::List, &["L o"], "sign out", "Sign out of this profile: revoke and delete its tokens.").needs(&[Need::Profile]),
    row(C::Open(Open::ToggleWriting), Scope::List, &["W"], "unlock/lock writing", "Unlock writing for a few minutes; press again to lock. Asks for the profile's name."),
    row(C::App(App::ShowTokens), Scope::List, &["1"], "tokens", "Show the API access tokens."),
    row(C::App(App::ShowSpa), Scope::List, &["2"], "SPA clients", "Show the SPA OAuth clients."),
    row(C::App(App::ShowM2m), Scope::List, &["3"], "M2M clients", "Show the M2M OAuth clients."),
    row(C::App(App::ShowOther), Scope::List, &["4"], "other clients", "Show the other OAuth clients: native, regular web, device.").needs(&[Need::Others]),
    row(C::Open(Open::ShowAudit), Scope::List, &["5"], "audit", "Audit all credentials; group findings by credential or rule.").footer(10),
    row(C::App(App::ShowCommand), Scope::List, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::Screen(S::List(List::NextTab)), Scope::List, &["tab"], "next tab", "Go to the next tab."),
    row(C::Screen(S::List(List::PreviousTab)), Scope::List, &["shift-tab"], "previous tab", "Go to the previous tab."),
    row(C::Screen(S::Move(Move::Up)), Scope::List, &["up", "k", "ctrl-p"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), Scope::List, &["down", "j", "ctrl-n"], "down", "Move down one row."),
    row(C::Screen(S::Move(Move::Top)), Scope::List, &["home", "g g"], "top", "Go to the first row."),
    row(C::Screen(S::Move(Move::Bottom)), Scope::List, &["end", "G"], "bottom", "Go to the last row."),
    row(C::Screen(S::Move(Move::HalfDown)), Scope::List, &["ctrl-d"], "half page down", "Move down half a page."),
    row(C::Screen(S::Move(Move::HalfUp)), Scope::List, &["ctrl-u"], "half page up", "Move up half a page."),
    row(C::Screen(S::Move(Move::PageDown)), Scope::List, &["pagedown", "ctrl-f"], "page down", "Move down one page."),
    row(C::Screen(S::Move(Move::PageUp)), Scope::List, &["pageup", "ctrl-b"], "page up", "Move up one page."),
    row(C::Screen(S::List(List::SortBy(Column::Name))), Scope::List, &["s n"], "sort by name", "Sort by name; press again to reverse."),
    row(C::Screen(S::List(List::SortBy(Column::Created))), Scope::List, &["s a"], "sort by age", "Sort by age; press again to reverse."),
    row(C::Screen(S::List(List::SortBy(Column::Used))), Scope::List, &["s u"], "sort by last use", "Sort by last use; press again to reverse."),
    row(C::Screen(S::List(List::SortBy(Column::Expires))), Scope::List, &["s e"], "sort by expiry", "Sort by expiry; press again to reverse."),
    row(C::Screen(S::List(List::SortBy(Column::Owner))), Scope::List, &["s o"], "sort by owner", "Sort by owner; press again to reverse."),
    row(C::Screen(S::List(List::SortBy(Column::Callbacks))), Scope::List, &["s c"], "sort by callbacks", "Sort by number of callbacks; press again to reverse."),
    row(C::Screen(S::List(List::SortBy(Column::Worst))), Scope::List, &["s w"], "sort by severity", "Sort by worst finding; press again to reverse."),
    row(C::Screen(S::List(List::ToggleWide)), Scope::List, &["w"], "wide", "Show the audit columns: findings, owner, callbacks; press again for the default ones.").footer(13),

    row(C::Open(Open::Views), Scope::List, &["f"], "views", "Open a saved view (filter, sort order and columns), or save the current one.").footer(12),

    row(C::Screen(S::List(List::AcceptFilter)), Scope::Filter, &["enter", "tab"], "apply filter", "Apply the filter and return to the rows.").footer(2),
    row(C::Screen(S::List(List::ClearFilter)), Scope::Filter, &["esc"], "clear filter", "Clear the filter.").footer(3),
    row(C::Screen(S::Move(Move::Up)), Scope::Filter, &["up", "ctrl-p"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), Scope::Filter, &["down", "ctrl-n"], "down", "Move down one row."),
    row(C::Screen(S::Move(Move::PageDown)), Scope::Filter, &["pagedown"], "page down", "Move down one page."),
    row(C::Screen(S::Move(Move::PageUp)), Scope::Filter, &["pageup"], "page up", "Move up one page."),

    row(C::Screen(S::Dialog(Dialog::Accept)), Scope::Chooser, &["enter", "right", "l"], "choose", "Open the form for this kind.").footer(2),
    row(C::Screen(S::Move(Move::Up)), Scope::Chooser, &["up", "k"], "up", "Move up one kind."),
    row(C::Screen(S::Move(Move::Down)), Scope::Chooser, &["down", "j", "tab"], "down", "Move down one kind."),
    row(C::App(App::ShowTokens), Scope::Chooser, &["1"], "token", "Create an API access token."),
    row(C::App(App::ShowSpa), Scope::Chooser, &["2"], "SPA client", "Create a SPA OAuth client."),
    row(C::App(App::ShowM2m), Scope::Chooser, &["3"], "M2M client", "Create an M2M OAuth client."),
    row(C::App(App::Back), Scope::Chooser, &["esc", "q", "left", "h"], "back", "Go back.").footer(3),

    row(C::Credential(Credential::CopyId), Scope::Detail, &["c", "y i"], "copy ID", "Copy the client ID or token ID.").needs(ONE).footer(2),
    row(C::Screen(S::Value(Value::Peek)), Scope::Detail, &["x"], "show secret", "Show the secret for a few seconds; press again to hide.").needs(SECRET).footer(3),
    row(C::Credential(Credential::CopySecret), Scope::Detail, &["Y s", "Y t"], "copy secret", "Copy the secret (or the token) without showing it.").needs(SECRET).footer(4),
    row(C::Open(Open::GetToken), Scope::Detail, &["t"], "get token", "Get an access token with this M2M client, or test the login of this SPA client.").needs(ISSUE).footer(5),
    row(C::Credential(Credential::Edit), Scope::Detail, &["e"], "edit", "Edit this credential.").needs(EDIT).footer(6),
    row(C::Credential(Credential::Delete), Scope::Detail, &["D"], "delete", "Delete this credential; asks for its name.").needs(DELETE).danger().footer(7),
    row(C::Credential(Credential::Rotate), Scope::Detail, &["R"], "rotate secret", "Issue a new secret; asks for the name.").needs(ROTATE).danger(),
    row(C::Open(Open::ToggleWriting), Scope::Detail, &["W"], "unlock/lock writing", "Unlock writing for a few minutes; press again to lock. Asks for the profile's name."),
    row(C::Screen(S::Value(Value::Select)), Scope::Detail, &["enter"], "select by hand", "Show the value alone, to select it by hand; on a finding, explain it.").needs(ONE),
    row(C::Open(Open::Explain), Scope::Detail, &["K"], "explain", "Explain this finding: defect, fix, source and examples.").needs(&[Need::Finding]).footer(9),
    row(C::Credential(Credential::PreviewFix), Scope::Detail, &["F"], "fix", "Preview and apply the fix for this finding.").needs(&[Need::Finding, Need::Own, Need::Editing, Need::Writable]).footer(10),
    row(C::App(App::NextFinding), Scope::Detail, &["n", "] f"], "next finding", "Go to the next finding of the audit, in any credential.").needs(&[Need::Audit]),
    row(C::App(App::PreviousFinding), Scope::Detail, &["N", "[ f"], "previous finding", "Go to the previous finding of the audit.").needs(&[Need::Audit]),
    row(C::Open(Open::Suppress), Scope::Detail, &["i"], "suppress", "Suppress this finding, with a reason and an expiry date.").needs(&[Need::Finding]),
    row(C::App(App::ShowCommand), Scope::Detail, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::Credential(Credential::CopyUrl), Scope::Detail, &["y u"], "copy value", "Copy the value under the cursor.").needs(ONE),
    row(C::Credential(Credential::CopyName), Scope::Detail, &["y n"], "copy name", "Copy the name.").needs(ONE),
    row(C::App(App::CopyBaseUrl), Scope::Detail, &["y b"], "copy base URL", "Copy the API base URL."),
    row(C::Credential(Credential::CreateLike), Scope::Detail, &["A"], "duplicate", "Create a copy of this credential.").needs(&[Need::Selection, Need::Writable, Need::Creation]),
    row(C::Screen(S::Move(Move::Up)), Scope::Detail, &["up", "k"], "up", "Move up one value."),
    row(C::Screen(S::Move(Move::Down)), Scope::Detail, &["down", "j"], "down", "Move down one value."),
    row(C::Screen(S::Move(Move::Top)), Scope::Detail, &["home", "g g"], "top", "Go to the first value."),
    row(C::Screen(S::Move(Move::Bottom)), Scope::Detail, &["end", "G"], "bottom", "Go to the last value."),
    row(C::App(App::Back), Scope::Detail, &["esc", "q", "left", "h"], "back", "Return to the list.").footer(8),

    row(C::Screen(S::Dialog(Dialog::Save)), Scope::Form, &["ctrl-s"], "save", "Validate and save; an edit shows its changes first.").footer(2),
    row(C::Screen(S::Dialog(Dialog::NextField)), Scope::Form, &["tab"], "next field", "Go to the next field.").footer(3),
    row(C::Screen(S::Dialog(Dialog::PreviousField)), Scope::Form, &["shift-tab"], "previous field", "Go to the previous field."),
    row(C::Screen(S::Move(Move::Down)), Scope::Form, &["down", "ctrl-n"], "down", "Go to the next row, or to the source of a grant."),
    row(C::Screen(S::Move(Move::Up)), Scope::Form, &["up", "ctrl-p"], "up", "Go to the previous row."),
    row(C::Screen(S::Move(Move::PageDown)), Scope::Form, &["pagedown"], "page down", "Go ten steps down."),
    row(C::Screen(S::Move(Move::PageUp)), Scope::Form, &["pageup"], "page up", "Go ten steps up."),
    row(C::Screen(S::Dialog(Dialog::Submit)), Scope::Form, &["enter"], "next / add row", "Go to the next field, add a row to a list, or save."),
    row(C::App(App::ShowCommand), Scope::Form, &["ctrl-g"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), Scope::Form, &["esc"], "cancel", "Leave the form; asks before it discards changes.").footer(4),

    row(C::Screen(S::Dialog(Dialog::Confirm)), Scope::Review, &["enter", "ctrl-s"], "save", "Save these changes.").footer(2),
    row(C::App(App::ShowCommand), Scope::Review, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), Scope::Review, &["esc", "q"], "keep editing", "Return to the form.").footer(3),

    row(C::Screen(S::Move(Move::Up)), Scope::Conflict, &["up", "k"], "up", "Go to the previous field."),
    row(C::Screen(S::Move(Move::Down)), Scope::Conflict, &["down", "j", "tab"], "down", "Go to the next field."),
    row(C::Screen(S::Dialog(Dialog::TakeMine)), Scope::Conflict, &["m"], "keep mine", "Keep your value of this field.").footer(3),
    row(C::Screen(S::Dialog(Dialog::TakeTheirs)), Scope::Conflict, &["t"], "keep theirs", "Keep their value of this field.").footer(4),
    row(C::Screen(S::Dialog(Dialog::Confirm)), Scope::Conflict, &["enter"], "merge", "Merge both and return to the form.").footer(2),
    row(C::App(App::Back), Scope::Conflict, &["esc", "q"], "keep editing", "Return to the form unchanged.").footer(5),

    row(C::Screen(S::Dialog(Dialog::Confirm)), Scope::Discard, &["y"], "discard", "Discard the changes.").footer(2),
    row(C::App(App::Back), Scope::Discard, &["esc", "n", "enter"], "keep editing", "Return to the form.").footer(3),

    row(C::Screen(S::Dialog(Dialog::Accept)), Scope::Confirm, &["enter"], "confirm", "Confirm, when the name matches.").footer(3),
    row(C::App(App::ShowCommand), Scope::Confirm, &["ctrl-g"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), Scope::Confirm, &["esc"], "cancel", "Cancel.").footer(4),

    row(C::Screen(S::Dialog(Dialog::Accept)), Scope::DeleteMarked, &["enter"], "delete", "Delete them, when their number is typed.").footer(2),
    row(C::Screen(S::Move(Move::Up)), Scope::DeleteMarked, &["up", "ctrl-p"], "up", "Scroll up."),
    row(C::Screen(S::Move(Move::Down)), Scope::DeleteMarked, &["down", "ctrl-n"], "down", "Scroll down."),
    row(C::Screen(S::Move(Move::PageDown)), Scope::DeleteMarked, &["pagedown"], "page down", "Scroll a page down."),
    row(C::Screen(S::Move(Move::PageUp)), Scope::DeleteMarked, &["pageup"], "page up", "Scroll a page up."),
    row(C::App(App::ShowCommand), Scope::DeleteMarked, &["ctrl-g"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), Scope::DeleteMarked, &["esc"], "cancel", "Cancel; during the deletion, stop after the current credential.").footer(3),

    row(C::Credential(Credential::CopySecret), Scope::Once, &["Y s", "Y t"], "copy secret", "Copy the secret without showing it.").footer(2),
    row(C::Screen(S::Value(Value::Peek)), Scope::Once, &["x"], "show secret", "Show the secret for a few seconds; press again to hide.").footer(3),
    row(C::Credential(Credential::CopyId), Scope::Once, &["c", "y i"], "copy ID", "Copy the client ID or token ID.").footer(4),
    row(C::Open(Open::GetToken), Scope::Once, &["t"], "get token", "Test the secret: get an access token with it.").needs(&[Need::Issuable]).footer(5),
    row(C::App(App::Back), Scope::Once, &["esc", "q"], "leave", "Leave; asks first, because the secret is not shown again.").footer(6),

    row(C::Screen(S::Dialog(Dialog::Confirm)), Scope::OnceLeaving, &["y"], "leave", "Leave; the secret is not shown again.").footer(2),
    row(C::App(App::Back), Scope::OnceLeaving, &["esc", "n", "enter"], "stay", "Return to the secret.").footer(3),

    row(C::Screen(S::Value(Value::CopyToken)), Scope::AccessToken, &["Y t", "Y s"], "copy token", "Copy the access token without showing it.").needs(&[Need::AccessToken]).footer(2),
    row(C::Screen(S::Value(Value::CopyPage)), Scope::AccessToken, &["c"], "copy address", "Copy the URL of the login page.").needs(&[Need::LoginPage]).footer(1),
    row(C::Screen(S::Value(Value::PeekToken)), Scope::AccessToken, &["x"], "show token", "Show the access token for a few seconds; press again to hide.").needs(&[Need::AccessToken]).footer(3),
    row(C::Open(Open::GetToken), Scope::AccessToken, &["t"], "new token", "Get another access token.").footer(4),
    row(C::Screen(S::Move(Move::Up)), Scope::AccessToken, &["up", "k"], "up", "Scroll up."),
    row(C::Screen(S::Move(Move::Down)), Scope::AccessToken, &["down", "j"], "down", "Scroll down."),
    row(C::App(App::ShowCommand), Scope::AccessToken, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), Scope::AccessToken, &["esc", "q", "left", "h"], "back", "Go back and discard the token.").footer(5),

    row(C::Screen(S::Value(Value::CopyAbout)), Scope::About, &["c", "y v"], "copy", "Copy this text.").footer(2),
    row(C::App(App::Back), Scope::About, &["esc", "q", "enter"], "back", "Go back.").footer(3),

    row(C::Screen(S::Dialog(Dialog::Accept)), Scope::Help, &["enter"], "run", "Run the selected command.").footer(2),
    row(C::Screen(S::Move(Move::Up)), Scope::Help, &["up", "ctrl-p"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), Scope::Help, &["down", "ctrl-n", "tab"], "down", "Move down one row."),
    row(C::Screen(S::Move(Move::PageDown)), Scope::Help, &["pagedown"], "page down", "Move down one page."),
    row(C::Screen(S::Move(Move::PageUp)), Scope::Help, &["pageup"], "page up", "Move up one page."),
    row(C::App(App::Back), Scope::Help, &["esc"], "close", "Close the help.").footer(3),

    row(C::Screen(S::Dialog(Dialog::Accept)), Scope::Profiles, &["enter", "right", "l"], "open", "Open this profile.").footer(2),
    row(C::Screen(S::Entry(Entry::AddProfile)), Scope::Profiles, &["a"], "add", "Add a profile.").footer(3),
    row(C::Screen(S::Move(Move::Up)), Scope::Profiles, &["up", "k"], "up", "Move up one profile."),
    row(C::Screen(S::Move(Move::Down)), Scope::Profiles, &["down", "j", "tab"], "down", "Move down one profile."),
    row(C::App(App::Back), Scope::Profiles, &["esc", "q", "left", "h"], "back", "Go back.").footer(4),

    row(C::Screen(S::Dialog(Dialog::Save)), Scope::ProfileForm, &["ctrl-s"], "save and open", "Save the profile and open it.").footer(2),
    row(C::Screen(S::Entry(Entry::Probe)), Scope::ProfileForm, &["ctrl-t"], "detect API", "Detect the API at the base URL, and its token issuer.").footer(3),
    row(C::Screen(S::Dialog(Dialog::NextField)), Scope::ProfileForm, &["tab", "enter"], "next", "Go to the next field.").footer(4),
    row(C::Screen(S::Dialog(Dialog::PreviousField)), Scope::ProfileForm, &["shift-tab"], "previous", "Go to the previous field."),
    row(C::Screen(S::Move(Move::Down)), Scope::ProfileForm, &["down"], "next choice", "Select the next kind of API, or CARTO's next region as the base URL."),
    row(C::Screen(S::Move(Move::Up)), Scope::ProfileForm, &["up"], "previous choice", "Select the previous kind of API, or CARTO's previous region as the base URL."),
    row(C::App(App::Back), Scope::ProfileForm, &["esc"], "cancel", "Leave the form.").footer(5),

    row(C::Screen(S::Dialog(Dialog::Accept)), Scope::SignIn, &["enter", "right", "l"], "sign in", "Sign in with this method.").footer(2),
    row(C::Screen(S::Move(Move::Up)), Scope::SignIn, &["up", "k"], "up", "Move up one method."),
    row(C::Screen(S::Move(Move::Down)), Scope::SignIn, &["down", "j", "tab"], "down", "Move down one method."),
    row(C::Open(Open::Profiles), Scope::SignIn, &["P"], "profiles", "Switch profiles, or add one.").footer(3),
    row(C::App(App::Back), Scope::SignIn, &["esc", "q", "left", "h"], "back", "Go back without signing in; your work below is kept.").footer(4),

    row(C::Screen(S::Dialog(Dialog::Submit)), Scope::SignInSecret, &["enter"], "sign in", "Sign in with this input.").footer(2),
    row(C::Screen(S::Value(Value::CopyPage)), Scope::SignInSecret, &["ctrl-y"], "copy address", "Copy the URL of the page.").needs(&[Need::LoginPage]).footer(3),
    row(C::App(App::Back), Scope::SignInSecret, &["esc"], "back", "Discard the input and return to the sign-in methods.").footer(4),

    row(C::Screen(S::Value(Value::CopyPage)), Scope::SignInWaiting, &["c"], "copy address", "Copy the URL of the page.").footer(2),
    row(C::App(App::Back), Scope::SignInWaiting, &["esc", "q"], "cancel", "Cancel this sign-in.").footer(3),

    row(C::Screen(S::Dialog(Dialog::Submit)), Scope::Unlock, &["enter"], "unlock", "Unlock writing if the name matches.").footer(2),
    row(C::App(App::Back), Scope::Unlock, &["esc"], "cancel", "Keep writing locked.").footer(3),

    row(C::Screen(S::Dialog(Dialog::Submit)), Scope::Passphrase, &["enter"], "continue", "Continue with this passphrase; leave it empty to keep the session in memory only.").footer(2),
    row(C::App(App::Back), Scope::Passphrase, &["esc"], "skip", "Continue without storing the session in a file.").footer(3),

    row(C::Screen(S::List(List::Open)), Scope::Audit, &["enter", "right", "l"], "open", "Open the credential at this finding.").footer(2),
    row(C::App(App::NextFinding), Scope::Audit, &["n", "] f"], "next finding", "Go to the next finding."),
    row(C::App(App::PreviousFinding), Scope::Audit, &["N", "[ f"], "previous finding", "Go to the previous finding."),
    row(C::Open(Open::Explain), Scope::Audit, &["K"], "explain", "Explain the rule: defect, fix, source and examples.").needs(&[Need::Finding]).footer(3),
    row(C::Credential(Credential::PreviewFix), Scope::Audit, &["F"], "fix", "Preview and apply the fix for this finding.").needs(&[Need::Finding, Need::Own, Need::Editing, Need::Writable]).footer(4),
    row(C::Screen(S::Audit(Findings::ToggleGrouping)), Scope::Audit, &["tab", "g r"], "by rule/credential", "Group the findings by rule or by credential.").footer(5),
    row(C::Screen(S::Audit(Findings::SaveReport)), Scope::Audit, &["S"], "save report", "Write the report to a Markdown file in the current directory.").needs(&[Need::Audit]).footer(9),
    row(C::Screen(S::List(List::Filter)), Scope::Audit, &["/"], "filter", "Filter findings by words, or by rule as in rule:URL*.").footer(6),
    row(C::Screen(S::Audit(Findings::Fold)), Scope::Audit, &["z"], "fold", "Fold or unfold this group.").footer(8),
    row(C::Screen(S::Audit(Findings::FoldAll)), Scope::Audit, &["Z"], "fold all", "Fold or unfold all groups."),
    row(C::Screen(S::Audit(Findings::NextGroup)), Scope::Audit, &["g j", "] ]"], "next group", "Go to the next group."),
    row(C::Screen(S::Audit(Findings::PreviousGroup)), Scope::Audit, &["g k", "[ ["], "previous group", "Go to the previous group."),
    row(C::Screen(S::Audit(Findings::LeastSeverity(Severity::Critical))), Scope::Audit, &["1"], "critical only", "Show critical findings only."),
    row(C::Screen(S::Audit(Findings::LeastSeverity(Severity::High))), Scope::Audit, &["2"], "high and above", "Show findings of high severity and above."),
    row(C::Screen(S::Audit(Findings::LeastSeverity(Severity::Medium))), Scope::Audit, &["3"], "medium and above", "Show findings of medium severity and above."),
    row(C::Screen(S::Audit(Findings::LeastSeverity(Severity::Low))), Scope::Audit, &["4"], "low and above", "Show findings of low severity and above."),
    row(C::Screen(S::Audit(Findings::LeastSeverity(Severity::Info))), Scope::Audit, &["5"], "all severities", "Show findings of all severities."),
    row(C::Screen(S::Move(Move::Up)), Scope::Audit, &["up", "k", "ctrl-p"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), Scope::Audit, &["down", "j", "ctrl-n"], "down", "Move down one row."),
    row(C::Screen(S::Move(Move::Top)), Scope::Audit, &["home", "g g"], "top", "Go to the first row."),
    row(C::Screen(S::Move(Move::Bottom)), Scope::Audit, &["end", "G"], "bottom", "Go to the last row."),
    row(C::Screen(S::Move(Move::PageDown)), Scope::Audit, &["pagedown", "ctrl-f"], "page down", "Move down one page."),
    row(C::Screen(S::Move(Move::PageUp)), Scope::Audit, &["pageup", "ctrl-b"], "page up", "Move up one page."),
    row(C::Open(Open::Suppress), Scope::Audit, &["i"], "suppress", "Suppress this finding, with a reason and an expiry date.").needs(&[Need::Finding]),
    row(C::Open(Open::Suppressions), Scope::Audit, &["I"], "suppressions", "Show the suppressed findings, to report them again."),
    row(C::App(App::ShowCommand), Scope::Audit, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), Scope::Audit, &["esc", "q", "left", "h"], "back", "Clear the filter, or return to the list.").footer(7),

    row(C::Screen(S::Entry(Entry::RemoveSuppression)), Scope::Suppressions, &["D"], "remove", "Remove this suppression; press twice.").danger().footer(2),
    row(C::Screen(S::Move(Move::Up)), Scope::Suppressions, &["up", "k"], "up", "Move up one row."),
    row(C::Screen(S::Move(Move::Down)), Scope::Suppressions, &["down", "j", "tab"], "down", "Move down one row."),
    row(C::App(App::Back), Scope::Suppressions, &["esc", "q", "left", "h"], "back", "Return to the audit.").footer(3),

    row(C::Screen(S::Dialog(Dialog::Submit)), Scope::Suppress, &["enter"], "suppress", "Go to the date, then suppress the finding.").footer(2),
    row(C::Screen(S::Dialog(Dialog::NextField)), Scope::Suppress, &["tab", "down"], "next", "Go to the other field.").footer(3),
    row(C::Screen(S::Dialog(Dialog::PreviousField)), Scope::Suppress, &["shift-tab", "up"], "previous", "Go to the other field."),
    row(C::App(App::Back), Scope::Suppress, &["esc"], "cancel", "Keep the finding.").footer(4),

    row(C::Screen(S::Dialog(Dialog::Accept)), Scope::Views, &["enter", "right", "l"], "apply", "Apply this view to the list.").footer(2),
    row(C::Screen(S::Entry(Entry::SaveView)), Scope::Views, &["a"], "save", "Save the current list as a view.").footer(3),
    row(C::Screen(S::Entry(Entry::DeleteView)), Scope::Views, &["D"], "delete", "Delete this view; press twice.").footer(4),
    row(C::Screen(S::Move(Move::Up)), Scope::Views, &["up", "k"], "up", "Move up one view."),
    row(C::Screen(S::Move(Move::Down)), Scope::Views, &["down", "j", "tab"], "down", "Move down one view."),
    row(C::App(App::Back), Scope::Views, &["esc", "q", "left", "h"], "back", "Return to the list.").footer(5),

    row(C::Screen(S::Dialog(Dialog::Submit)), Scope::ViewName, &["enter"], "save", "Save the view under this name; replaces a view with the same name.").footer(2),
    row(C::App(App::Back), Scope::ViewName, &["esc"], "cancel", "Cancel without saving.").footer(3),

    row(C::Screen(S::Move(Move::Up)), Scope::Page, &["up", "k"], "scroll up", "Scroll up.").footer(3),
    row(C::Screen(S::Move(Move::Down)), Scope::Page, &["down", "j"], "scroll down", "Scroll down.").footer(2),
    row(C::Screen(S::Move(Move::PageDown)), Scope::Page, &["pagedown", "ctrl-f"], "page down", "Scroll a page down."),
    row(C::Screen(S::Move(Move::PageUp)), Scope::Page, &["pageup", "ctrl-b"], "page up", "Scroll a page up."),
    row(C::App(App::ShowCommand), Scope::Page, &["ctrl-g", "@"], "show command", "Show the equivalent command."),
    row(C::App(App::Back), Scope::Page, &["esc", "q", "enter", "left", "h"], "back", "Go back.").footer(4),

    row(C::App(App::Back), Scope::PlainValue, &["esc", "q", "enter", "left", "h"], "back", "Go back.").footer(2),
];
