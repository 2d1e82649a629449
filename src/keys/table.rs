//! The rows. Order is the order of the help.

use super::{Binding, Command, Command as C, Need, Scope};
use crate::domain::columns::Column;

const NONE: &[Need] = &[];
const ONE: &[Need] = &[Need::Selection];
const EDIT: &[Need] = &[Need::Selection, Need::Own, Need::Editing, Need::Writable];
const DELETE: &[Need] = &[Need::Selection, Need::Own, Need::Deletion, Need::Writable];
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
#[rustfmt::skip] // a row a line, or nobody can read it as a table
pub static TABLE: &[Binding] = &[
    row(C::Help, Scope::Global, &["?", "f1", ":"], "help", "Search the keys that apply here, and run one with Enter.").footer(1),
    row(C::About, Scope::Global, &["g i"], "about", "Show version, base URL, terminal, clipboards and session store."),
    row(C::Back, Scope::Global, &["esc", "q"], "back", "Go one step back."),
    row(C::QuitNow, Scope::Global, &["ctrl-c"], "quit", "Quit. A save that is under way is waited for."),
    row(C::Refresh, Scope::Global, &["ctrl-r"], "refresh", "Load again what is on the screen."),
    row(C::CopyBaseUrl, Scope::Global, &["B"], "copy base URL", "Copy the API base URL."),
    row(C::ClearClipboard, Scope::Global, &["Y x"], "clear clipboard", "Clear the clipboard if what is in it came from here."),
    row(C::Redraw, Scope::Global, &["ctrl-l"], "redraw", "Draw the whole screen again."),
    row(C::Suspend, Scope::Global, &["ctrl-z"], "suspend", "Go to the shell; fg comes back."),

    row(C::DismissFailure, Scope::Failure, &["esc"], "dismiss", "Dismiss the failure.").footer(2),
    row(C::CopyFailure, Scope::Failure, &["y f"], "copy failure", "Copy the text of the failure.").footer(3),

    row(C::Open, Scope::List, &["enter", "right", "l"], "view", "Show everything of the selected credential.").needs(ONE).footer(2),
    row(C::CopyId, Scope::List, &["c", "y i"], "copy ID", "Copy the client ID, or the ID of a token.").needs(ONE).footer(3),
    row(C::Create, Scope::List, &["a"], "create", "Create a SPA client, an M2M client or a token.").needs(&[Need::Writable, Need::Creation]).footer(4),
    row(C::GetToken, Scope::List, &["t"], "get token", "Get an OAuth access token with an M2M client, or try the login of a SPA client.").needs(ISSUE).footer(5),
    row(C::Edit, Scope::List, &["e"], "edit", "Edit the selected credential.").needs(EDIT).footer(6),
    row(C::Delete, Scope::List, &["D"], "delete", "Delete the selected credential, after its name was typed.").needs(DELETE).danger().footer(7),
    row(C::Filter, Scope::List, &["/"], "filter", "Show only rows that a filter lets through: words, or terms such as type:m2m age>90d !used has:high.").footer(8),
    row(C::ToggleOrganization, Scope::List, &["o"], "mine/organisation", "Switch between your own and what the organisation made visible.").needs(&[Need::Organization]).footer(9),
    row(C::Quit, Scope::List, &["q"], "quit", "Quit.").footer(10),
    row(C::ClearFilter, Scope::List, &["esc"], "clear filter", "Clear the filter; without one, stop loading."),
    row(C::CreateLike, Scope::List, &["A"], "create like this", "Create a new one that starts as a copy of the selected.").needs(&[Need::Selection, Need::Writable, Need::Creation]),
    row(C::CopySecret, Scope::List, &["Y s", "Y t"], "copy secret", "Copy the secret (or the token) without showing it.").needs(SECRET),
    row(C::CopyName, Scope::List, &["y n"], "copy name", "Copy the name.").needs(ONE),
    row(C::CopyUrl, Scope::List, &["y u"], "copy URL", "Copy the login URL.").needs(&[Need::Selection, Need::Url]),
    row(C::CopyBaseUrl, Scope::List, &["y b"], "copy base URL", "Copy the API base URL."),
    row(C::Rotate, Scope::List, &["R"], "rotate secret", "Give the client a new secret, after its name was typed.").needs(ROTATE).danger(),
    row(C::Profiles, Scope::List, &["P"], "profiles", "Choose another profile, or add one."),
    row(C::SignIn, Scope::List, &["L i"], "sign in", "Sign in to this profile.").needs(&[Need::Profile]),
    row(C::SignOut, Scope::List, &["L o"], "sign out", "Sign out of this profile: its tokens are given back and forgotten.").needs(&[Need::Profile]),
    row(C::ToggleWriting, Scope::List, &["W"], "unlock/lock writing", "Unlock writing for some minutes after the profile's name was typed; again locks it."),
    row(C::ShowTokens, Scope::List, &["1"], "tokens", "Show the API access tokens."),
    row(C::ShowSpa, Scope::List, &["2"], "SPA clients", "Show the SPA OAuth clients."),
    row(C::ShowM2m, Scope::List, &["3"], "M2M clients", "Show the M2M OAuth clients."),
    row(C::ShowOther, Scope::List, &["4"], "other clients", "Show the other OAuth clients: native, regular web, device.").needs(&[Need::Others]),
    row(C::ShowAudit, Scope::List, &["5"], "audit", "Audit everything: findings by credential or by rule."),
    row(C::ShowCommand, Scope::List, &["ctrl-g", "@"], "as command", "Show the command that does the same."),
    row(C::NextTab, Scope::List, &["tab"], "next tab", "Go to the next tab."),
    row(C::PreviousTab, Scope::List, &["shift-tab"], "previous tab", "Go to the previous tab."),
    row(C::Up, Scope::List, &["up", "k", "ctrl-p"], "up", "Go one row up."),
    row(C::Down, Scope::List, &["down", "j", "ctrl-n"], "down", "Go one row down."),
    row(C::Top, Scope::List, &["home", "g g"], "top", "Go to the first row."),
    row(C::Bottom, Scope::List, &["end", "G"], "bottom", "Go to the last row."),
    row(C::HalfDown, Scope::List, &["ctrl-d"], "half page down", "Go half a page down."),
    row(C::HalfUp, Scope::List, &["ctrl-u"], "half page up", "Go half a page up."),
    row(C::PageDown, Scope::List, &["pagedown", "ctrl-f"], "page down", "Go a page down."),
    row(C::PageUp, Scope::List, &["pageup", "ctrl-b"], "page up", "Go a page up."),
    row(C::SortBy(Column::Name), Scope::List, &["s n"], "sort by name", "Sort by name; again turns it round."),
    row(C::SortBy(Column::Created), Scope::List, &["s a"], "sort by age", "Sort by age; again turns it round."),
    row(C::SortBy(Column::Used), Scope::List, &["s u"], "sort by last use", "Sort by last use; again turns it round."),
    row(C::SortBy(Column::Expires), Scope::List, &["s e"], "sort by expiry", "Sort by expiry; again turns it round."),
    row(C::SortBy(Column::Owner), Scope::List, &["s o"], "sort by owner", "Sort by owner; again turns it round."),
    row(C::SortBy(Column::Callbacks), Scope::List, &["s c"], "sort by callbacks", "Sort by the number of callbacks; again turns it round."),
    row(C::SortBy(Column::Worst), Scope::List, &["s w"], "sort by worst", "Sort by the worst finding of an audit; again turns it round."),
    row(C::ToggleWide, Scope::List, &["w"], "wide", "Show the columns that an audit looks at: worst, owner, callbacks; again the usual ones."),

    row(C::Views, Scope::List, &["f"], "views", "Choose a saved view: a filter, an order and the columns; or save what is on show."),

    row(C::AcceptFilter, Scope::Filter, &["enter", "tab"], "keep filter", "Keep the filter and go back to the rows.").footer(2),
    row(C::ClearFilter, Scope::Filter, &["esc"], "clear filter", "Clear the filter.").footer(3),
    row(C::Up, Scope::Filter, &["up", "ctrl-p"], "up", "Go one row up."),
    row(C::Down, Scope::Filter, &["down", "ctrl-n"], "down", "Go one row down."),
    row(C::PageDown, Scope::Filter, &["pagedown"], "page down", "Go a page down."),
    row(C::PageUp, Scope::Filter, &["pageup"], "page up", "Go a page up."),

    row(C::Accept, Scope::Chooser, &["enter", "right", "l"], "choose", "Fill in the form of this kind.").footer(2),
    row(C::Up, Scope::Chooser, &["up", "k"], "up", "Go one kind up."),
    row(C::Down, Scope::Chooser, &["down", "j", "tab"], "down", "Go one kind down."),
    row(C::ShowTokens, Scope::Chooser, &["1"], "token", "Create an API access token."),
    row(C::ShowSpa, Scope::Chooser, &["2"], "SPA client", "Create a SPA OAuth client."),
    row(C::ShowM2m, Scope::Chooser, &["3"], "M2M client", "Create an M2M OAuth client."),
    row(C::Back, Scope::Chooser, &["esc", "q", "left", "h"], "back", "Go back.").footer(3),

    row(C::CopyId, Scope::Detail, &["c", "y i"], "copy ID", "Copy the client ID, or the ID of a token.").needs(ONE).footer(2),
    row(C::Peek, Scope::Detail, &["x"], "peek", "Show the secret for some seconds; again hides it.").needs(SECRET).footer(3),
    row(C::CopySecret, Scope::Detail, &["Y s", "Y t"], "copy secret", "Copy the secret (or the token) without showing it.").needs(SECRET).footer(4),
    row(C::GetToken, Scope::Detail, &["t"], "get token", "Get an OAuth access token with this M2M client, or try the login of this SPA client.").needs(ISSUE).footer(5),
    row(C::Edit, Scope::Detail, &["e"], "edit", "Edit it.").needs(EDIT).footer(6),
    row(C::Delete, Scope::Detail, &["D"], "delete", "Delete it, after its name was typed.").needs(DELETE).danger().footer(7),
    row(C::Rotate, Scope::Detail, &["R"], "rotate secret", "Give the client a new secret, after its name was typed.").needs(ROTATE).danger(),
    row(C::ToggleWriting, Scope::Detail, &["W"], "unlock/lock writing", "Unlock writing for some minutes after the profile's name was typed; again locks it."),
    row(C::Select, Scope::Detail, &["enter"], "to select", "Show the value on a line of its own, to be selected by hand.").needs(ONE),
    row(C::Explain, Scope::Detail, &["K"], "explain", "Explain the finding under the cursor: what is wrong, where that comes from, examples.").needs(&[Need::Finding]).footer(9),
    row(C::PreviewFix, Scope::Detail, &["F"], "fix", "Show what would mend the finding under the cursor, and do it after a look.").needs(&[Need::Finding, Need::Own, Need::Editing, Need::Writable]).footer(10),
    row(C::NextFinding, Scope::Detail, &["n", "] f"], "next finding", "Go to the next finding of the audit, in whichever credential it is.").needs(&[Need::Audit]),
    row(C::PreviousFinding, Scope::Detail, &["N", "[ f"], "previous finding", "Go to the finding of the audit before.").needs(&[Need::Audit]),
    row(C::Suppress, Scope::Detail, &["i"], "accept", "Accept the finding under the cursor, for a reason and until a day.").needs(&[Need::Finding]),
    row(C::ShowCommand, Scope::Detail, &["ctrl-g", "@"], "as command", "Show the command that does the same."),
    row(C::CopyUrl, Scope::Detail, &["y u"], "copy value", "Copy the value under the cursor.").needs(ONE),
    row(C::CopyName, Scope::Detail, &["y n"], "copy name", "Copy the name.").needs(ONE),
    row(C::CopyBaseUrl, Scope::Detail, &["y b"], "copy base URL", "Copy the API base URL."),
    row(C::CreateLike, Scope::Detail, &["A"], "create like this", "Create a new one that starts as a copy of this.").needs(&[Need::Selection, Need::Writable, Need::Creation]),
    row(C::Up, Scope::Detail, &["up", "k"], "up", "Go one value up."),
    row(C::Down, Scope::Detail, &["down", "j"], "down", "Go one value down."),
    row(C::Top, Scope::Detail, &["home", "g g"], "top", "Go to the first value."),
    row(C::Bottom, Scope::Detail, &["end", "G"], "bottom", "Go to the last value."),
    row(C::Back, Scope::Detail, &["esc", "q", "left", "h"], "back", "Go back to the list.").footer(8),

    row(C::Save, Scope::Form, &["ctrl-s"], "save", "Check and save; an edit shows first what it changes.").footer(2),
    row(C::NextField, Scope::Form, &["tab", "down"], "next", "Go to the next field.").footer(3),
    row(C::PreviousField, Scope::Form, &["shift-tab", "up"], "previous", "Go to the previous field."),
    row(C::Submit, Scope::Form, &["enter"], "next, add a row", "Go on: to the next field, into a new row of a list, or to saving."),
    row(C::ShowCommand, Scope::Form, &["ctrl-g"], "as command", "Show the command that does the same."),
    row(C::Back, Scope::Form, &["esc"], "cancel", "Leave the form; typed changes are asked about.").footer(4),

    row(C::Confirm, Scope::Review, &["enter", "ctrl-s"], "save these changes", "Save these changes.").footer(2),
    row(C::ShowCommand, Scope::Review, &["ctrl-g", "@"], "as command", "Show the command that does the same."),
    row(C::Back, Scope::Review, &["esc", "q"], "go on editing", "Go back to the form.").footer(3),

    row(C::Up, Scope::Conflict, &["up", "k"], "up", "Go to the field before."),
    row(C::Down, Scope::Conflict, &["down", "j", "tab"], "down", "Go to the next field."),
    row(C::TakeMine, Scope::Conflict, &["m"], "take mine", "Keep my value of this field.").footer(3),
    row(C::TakeTheirs, Scope::Conflict, &["t"], "take theirs", "Keep their value of this field.").footer(4),
    row(C::Confirm, Scope::Conflict, &["enter"], "merge", "Merge both and go back to the form.").footer(2),
    row(C::Back, Scope::Conflict, &["esc", "q"], "go on editing", "Go back to the form as it was.").footer(5),

    row(C::Confirm, Scope::Discard, &["y"], "discard", "Drop what was typed.").footer(2),
    row(C::Back, Scope::Discard, &["esc", "n", "enter"], "go on editing", "Go back to the form.").footer(3),

    row(C::NextField, Scope::Confirm, &["tab", "down"], "next", "Go to the next button.").footer(2),
    row(C::PreviousField, Scope::Confirm, &["shift-tab", "up"], "previous", "Go to the previous button."),
    row(C::Accept, Scope::Confirm, &["enter"], "press", "Press the button that has the focus.").footer(3),
    row(C::ShowCommand, Scope::Confirm, &["ctrl-g"], "as command", "Show the command that does the same."),
    row(C::Back, Scope::Confirm, &["esc"], "cancel", "Cancel: nothing happens.").footer(4),

    row(C::CopySecret, Scope::Once, &["Y s", "Y t"], "copy secret", "Copy the secret without showing it.").footer(2),
    row(C::Peek, Scope::Once, &["x"], "peek", "Show the secret for some seconds; again hides it.").footer(3),
    row(C::CopyId, Scope::Once, &["c", "y i"], "copy ID", "Copy the client ID, or the ID of a token.").footer(4),
    row(C::GetToken, Scope::Once, &["t"], "get token", "Try the secret: get an OAuth access token with it.").needs(&[Need::Issuable]).footer(5),
    row(C::Back, Scope::Once, &["esc", "q"], "leave", "Leave, after one more question: the secret is not shown again.").footer(6),

    row(C::Confirm, Scope::OnceLeaving, &["y"], "leave", "Leave: the secret is forgotten here.").footer(2),
    row(C::Back, Scope::OnceLeaving, &["esc", "n", "enter"], "stay", "Go back to the secret.").footer(3),

    row(C::CopyToken, Scope::AccessToken, &["Y t", "Y s"], "copy token", "Copy the access token without showing it.").footer(2),
    row(C::CopyPage, Scope::AccessToken, &["c"], "copy address", "Copy the address of the login page, while it is waited for.").needs(&[Need::LoginPage]).footer(1),
    row(C::PeekToken, Scope::AccessToken, &["x"], "peek", "Show the access token for some seconds; again hides it.").footer(3),
    row(C::GetToken, Scope::AccessToken, &["t"], "new token", "Get another access token.").footer(4),
    row(C::Up, Scope::AccessToken, &["up", "k"], "up", "Scroll up."),
    row(C::Down, Scope::AccessToken, &["down", "j"], "down", "Scroll down."),
    row(C::ShowCommand, Scope::AccessToken, &["ctrl-g", "@"], "as command", "Show the command that does the same."),
    row(C::Back, Scope::AccessToken, &["esc", "q", "left", "h"], "back", "Go back and forget the token.").footer(5),

    row(C::CopyAbout, Scope::About, &["c", "y v"], "copy", "Copy all of it.").footer(2),
    row(C::Back, Scope::About, &["esc", "q", "enter"], "back", "Go back.").footer(3),

    row(C::Accept, Scope::Help, &["enter"], "run", "Run the selected command.").footer(2),
    row(C::Up, Scope::Help, &["up", "ctrl-p"], "up", "Go one row up."),
    row(C::Down, Scope::Help, &["down", "ctrl-n", "tab"], "down", "Go one row down."),
    row(C::PageDown, Scope::Help, &["pagedown"], "page down", "Go a page down."),
    row(C::PageUp, Scope::Help, &["pageup"], "page up", "Go a page up."),
    row(C::Back, Scope::Help, &["esc"], "close", "Close the help.").footer(3),

    row(C::Accept, Scope::Profiles, &["enter", "right", "l"], "open", "Open this profile.").footer(2),
    row(C::AddProfile, Scope::Profiles, &["a"], "add", "Add a profile.").footer(3),
    row(C::Up, Scope::Profiles, &["up", "k"], "up", "Go one profile up."),
    row(C::Down, Scope::Profiles, &["down", "j", "tab"], "down", "Go one profile down."),
    row(C::Back, Scope::Profiles, &["esc", "q", "left", "h"], "back", "Go back.").footer(4),

    row(C::Save, Scope::ProfileForm, &["ctrl-s"], "save and open", "Write the profile and open it.").footer(2),
    row(C::Probe, Scope::ProfileForm, &["ctrl-t"], "look at the URL", "Look at what answers at the base URL, and who issues its tokens.").footer(3),
    row(C::NextField, Scope::ProfileForm, &["tab", "enter"], "next", "Go to the next field.").footer(4),
    row(C::PreviousField, Scope::ProfileForm, &["shift-tab"], "previous", "Go to the previous field."),
    row(C::Down, Scope::ProfileForm, &["down"], "next offer", "Offer the next kind of API, or CARTO's next region as the base URL."),
    row(C::Up, Scope::ProfileForm, &["up"], "previous offer", "Offer the kind of API before, or CARTO's region before as the base URL."),
    row(C::Back, Scope::ProfileForm, &["esc"], "cancel", "Leave the form.").footer(5),

    row(C::Accept, Scope::SignIn, &["enter", "right", "l"], "sign in", "Sign in this way.").footer(2),
    row(C::Up, Scope::SignIn, &["up", "k"], "up", "Go one way up."),
    row(C::Down, Scope::SignIn, &["down", "j", "tab"], "down", "Go one way down."),
    row(C::Profiles, Scope::SignIn, &["P"], "profiles", "Choose another profile, or add one.").footer(3),
    row(C::Back, Scope::SignIn, &["esc", "q", "left", "h"], "not now", "Go back without signing in; what was typed below is kept.").footer(4),

    row(C::Submit, Scope::SignInSecret, &["enter"], "sign in", "Sign in with what was typed or pasted.").footer(2),
    row(C::CopyPage, Scope::SignInSecret, &["ctrl-y"], "copy address", "Copy the address of the page.").needs(&[Need::LoginPage]).footer(3),
    row(C::Back, Scope::SignInSecret, &["esc"], "back", "Forget what was typed and go back to the ways.").footer(4),

    row(C::CopyPage, Scope::SignInWaiting, &["c"], "copy address", "Copy the address of the page.").footer(2),
    row(C::Back, Scope::SignInWaiting, &["esc", "q"], "cancel", "End this sign-in.").footer(3),

    row(C::Submit, Scope::Unlock, &["enter"], "unlock", "Unlock writing, if the name is right.").footer(2),
    row(C::Back, Scope::Unlock, &["esc"], "cancel", "Leave it locked.").footer(3),

    row(C::Submit, Scope::Passphrase, &["enter"], "go on", "Go on with this passphrase; an empty one keeps the session out of any file.").footer(2),
    row(C::Back, Scope::Passphrase, &["esc"], "without it", "Go on without the file.").footer(3),

    row(C::Open, Scope::Audit, &["enter", "right", "l"], "view", "Show the credential of this finding, and the finding in it.").footer(2),
    row(C::NextFinding, Scope::Audit, &["n", "] f"], "next finding", "Go to the next finding."),
    row(C::PreviousFinding, Scope::Audit, &["N", "[ f"], "previous finding", "Go to the finding before."),
    row(C::Explain, Scope::Audit, &["K"], "explain", "Explain the rule: what is wrong, where that comes from, examples.").needs(&[Need::Finding]).footer(3),
    row(C::PreviewFix, Scope::Audit, &["F"], "fix", "Show what would mend this finding, and do it after a look.").needs(&[Need::Finding, Need::Own, Need::Editing, Need::Writable]).footer(4),
    row(C::ToggleGrouping, Scope::Audit, &["tab", "g r"], "by rule/credential", "Group the findings by rule, or by credential.").footer(5),
    row(C::SaveReport, Scope::Audit, &["S"], "save report", "Write the report to a Markdown file in the current directory.").needs(&[Need::Finding]).footer(6),
    row(C::Up, Scope::Audit, &["up", "k", "ctrl-p"], "up", "Go one row up."),
    row(C::Down, Scope::Audit, &["down", "j", "ctrl-n"], "down", "Go one row down."),
    row(C::Top, Scope::Audit, &["home", "g g"], "top", "Go to the first row."),
    row(C::Bottom, Scope::Audit, &["end", "G"], "bottom", "Go to the last row."),
    row(C::PageDown, Scope::Audit, &["pagedown", "ctrl-f"], "page down", "Go a page down."),
    row(C::PageUp, Scope::Audit, &["pageup", "ctrl-b"], "page up", "Go a page up."),
    row(C::Suppress, Scope::Audit, &["i"], "accept", "Accept this finding, for a reason and until a day.").needs(&[Need::Finding]),
    row(C::ShowCommand, Scope::Audit, &["ctrl-g", "@"], "as command", "Show the command that does the same."),
    row(C::Back, Scope::Audit, &["esc", "q", "left", "h"], "back", "Go back to the list.").footer(7),

    row(C::Submit, Scope::Suppress, &["enter"], "accept it", "Go on to the day; from there accept the finding.").footer(2),
    row(C::NextField, Scope::Suppress, &["tab", "down"], "next", "Go to the other field.").footer(3),
    row(C::PreviousField, Scope::Suppress, &["shift-tab", "up"], "previous", "Go to the other field."),
    row(C::Back, Scope::Suppress, &["esc"], "cancel", "Leave the finding as it is.").footer(4),

    row(C::Accept, Scope::Views, &["enter", "right", "l"], "show", "Show the list as this view says.").footer(2),
    row(C::SaveView, Scope::Views, &["a"], "save", "Save what the list shows under a name.").footer(3),
    row(C::DeleteView, Scope::Views, &["D"], "delete", "Delete this view; it takes the same key twice.").footer(4),
    row(C::Up, Scope::Views, &["up", "k"], "up", "Go one view up."),
    row(C::Down, Scope::Views, &["down", "j", "tab"], "down", "Go one view down."),
    row(C::Back, Scope::Views, &["esc", "q", "left", "h"], "back", "Go back to the list.").footer(5),

    row(C::Submit, Scope::ViewName, &["enter"], "save", "Save it under this name; one that has the name already is replaced.").footer(2),
    row(C::Back, Scope::ViewName, &["esc"], "cancel", "Save nothing.").footer(3),

    row(C::Up, Scope::Page, &["up", "k"], "up", "Scroll up.").footer(3),
    row(C::Down, Scope::Page, &["down", "j"], "down", "Scroll down.").footer(2),
    row(C::PageDown, Scope::Page, &["pagedown", "ctrl-f"], "page down", "Scroll a page down."),
    row(C::PageUp, Scope::Page, &["pageup", "ctrl-b"], "page up", "Scroll a page up."),
    row(C::ShowCommand, Scope::Page, &["ctrl-g", "@"], "as command", "Show the command that does the same."),
    row(C::Back, Scope::Page, &["esc", "q", "enter", "left", "h"], "back", "Go back.").footer(4),

    row(C::Back, Scope::PlainValue, &["esc", "q", "enter", "left", "h"], "back", "Go back.").footer(2),
];
