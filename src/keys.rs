//! The single table of commands and keys.
//!
//! Dispatch, the footer, the searchable help (also the command palette), the book, the man page and `credenza keys`
//! are all generated from [`TABLE`]. It depends on neither the model nor the terminal: what a command requires is
//! data ([`Need`]), which the dispatcher checks.

pub mod chord;
mod command;
pub mod docs;
mod keymap;
mod table;

pub use chord::{Chord, Key};
pub use command::{
    AppCommand, Command, CredentialCommand, DialogCommand, EntryCommand, Equivalent,
    FindingsCommand, ListCommand, Move, OpenCommand, ScreenCommand, ValueCommand,
};
pub use keymap::{Keymap, KeymapRow, Override};
pub use table::TABLE;

/// `CopyId` as `copy-id`.
fn kebab(camel: &str) -> String {
    let mut out = String::with_capacity(camel.len() + 4);
    for c in camel.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Scope of a key. Scopes are searched from the innermost to the outermost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyScope {
    /// Everywhere.
    Global,
    /// While an error is shown.
    Failure,
    /// The list of a tab.
    List,
    /// The filter line above a list.
    Filter,
    /// Choice of the kind to create.
    Chooser,
    /// One credential, shown.
    Detail,
    /// A form.
    Form,
    /// Changes to review.
    Review,
    /// Changes by another user.
    Conflict,
    /// The prompt before typed changes are discarded.
    Discard,
    /// A deletion or rotation confirmed by typing a name.
    Confirm,
    /// Deletion of the marked credentials.
    DeleteMarked,
    /// An OAuth access token.
    AccessToken,
    /// Version and environment.
    About,
    /// The help, which is the command palette.
    Help,
    /// A value shown on its own line for manual selection.
    PlainValue,
    /// Tokens and secrets by expiry.
    Expiring,
    /// Figures about all lists.
    Overview,
    /// Audit of all credentials.
    Audit,
    /// Suppression of a finding.
    Suppress,
    /// The suppressed findings.
    Suppressions,
    /// The saved views.
    Views,
    /// The name for a saved view.
    ViewName,
    /// Page with an explanation.
    Page,
    /// Choice of a profile.
    Profiles,
    /// Form for a new profile.
    ProfileForm,
    /// Secret, shown once.
    Once,
    /// The prompt whether a secret is stored safely.
    OnceLeaving,
    /// The ways to sign in.
    SignIn,
    /// A secret or an address typed to sign in.
    SignInSecret,
    /// A sign-in waiting for a browser.
    SignInWaiting,
    /// Unlocking of writing.
    Unlock,
    /// Passphrase for the session file.
    Passphrase,
}

impl KeyScope {
    /// Heading in the documentation.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::Failure => "A failure on the screen",
            Self::List => "Lists",
            Self::Filter => "Filter line",
            Self::Chooser => "Create",
            Self::Detail => "A credential",
            Self::Form => "Forms",
            Self::Review => "Review before saving",
            Self::Conflict => "Changed by someone else",
            Self::Discard => "Discard changes?",
            Self::Confirm => "Confirm by name",
            Self::DeleteMarked => "Delete the marked credentials",
            Self::AccessToken => "OAuth access token",
            Self::Help => "Help",
            Self::About => "About",
            Self::PlainValue => "Value to select by hand",
            Self::Page => "An explanation",
            Self::Suppress => "Suppress finding",
            Self::Suppressions => "Suppressions",
            Self::Views => "Saved views",
            Self::ViewName => "Name of a view",
            Self::Audit => "Audit",
            Self::Expiring => "Expiring",
            Self::Overview => "Overview",
            Self::Profiles => "Profiles",
            Self::ProfileForm => "New profile",
            Self::Once => "Secret, shown once",
            Self::OnceLeaving => "Leave the secret?",
            Self::SignIn => "Sign-in methods",
            Self::SignInSecret => "Sign-in secret or address",
            Self::SignInWaiting => "Waiting for sign-in",
            Self::Unlock => "Unlock writing",
            Self::Passphrase => "Passphrase for the session file",
        }
    }

    /// Its name in the configuration, such as `list`.
    #[must_use]
    pub fn name(self) -> String {
        kebab(&format!("{self:?}"))
    }

    /// True if plain characters are text input here.
    #[must_use]
    pub const fn takes_text(self) -> bool {
        matches!(
            self,
            Self::Filter
                | Self::Form
                | Self::Confirm
                | Self::DeleteMarked
                | Self::Help
                | Self::ProfileForm
                | Self::SignInSecret
                | Self::Unlock
                | Self::Suppress
                | Self::ViewName
                | Self::Passphrase
        )
    }
}

/// Precondition of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Something is selected.
    Selection,
    /// The user owns the selected credential.
    Own,
    /// The user owns the selected credential, or rows are marked; of those, each is checked by itself.
    OwnOrMarked,
    /// Writing is unlocked.
    Writable,
    /// A profile is open.
    Profile,
    /// Waiting for a login page.
    LoginPage,
    /// The selected credential is an OAuth client that can get access tokens here.
    Issuable,
    /// The provider can create a credential of some kind.
    Creation,
    /// The provider can rotate its secret.
    Rotation,
    /// The provider can edit it.
    Editing,
    /// The provider can delete it.
    Deletion,
    /// Its secret is readable.
    Revealing,
    /// The provider has other OAuth clients.
    Others,
    /// The provider has an organization view.
    Organization,
    /// The credential has a URL to copy.
    Url,
    /// The cursor is on an audit finding.
    Finding,
    /// Everything was audited.
    Audit,
    /// An access token was issued.
    AccessToken,
}

impl Need {
    /// Default message when it is not met.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Selection => "Nothing is selected",
            Self::Finding => "No finding here",
            Self::AccessToken => "No access token yet",
            Self::Audit => "No audit yet. Press 5 in a list to run one",
            Self::Own | Self::OwnOrMarked => "Read-only: owned by another user",
            Self::Writable => "Profile is read-only. Press W to unlock",
            Self::LoginPage => "No address here",
            Self::Profile => "No profile open. Press P to choose or add one",
            Self::Issuable => "Only SPA and M2M clients get OAuth access tokens here",
            Self::Creation => "This server does not support creating credentials",
            Self::Rotation => "This server cannot rotate secrets",
            Self::Editing => "This server does not support editing it",
            Self::Deletion => "This server does not support deleting it",
            Self::Revealing => "This server does not show its secret",
            Self::Others => "This server has no other OAuth clients",
            Self::Organization => "This server has no organization view",
            Self::Url => "No URL here",
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Binding {
    /// Command.
    pub command: Command,
    /// Scope.
    pub scope: KeyScope,
    /// Its chords; the keys of a chord are separated by spaces.
    pub chords: &'static [&'static str],
    /// Two or three words for the footer.
    pub label: &'static str,
    /// One sentence for the help.
    pub help: &'static str,
    /// Preconditions.
    pub needs: &'static [Need],
    /// True if it destroys data on the server.
    pub danger: bool,
    /// Position in the footer, from 1; 0 hides it.
    pub footer: u8,
}

/// Result of a key press.
#[derive(Debug, PartialEq, Eq)]
pub enum KeyResult {
    /// This command.
    Run(Command),
    /// A command whose requirement is not met.
    Refused(Command, Need),
    /// A prefix of longer chords.
    Wait,
    /// Text or an editing key for the focused field.
    Text(Chord),
    /// Nothing.
    Unbound,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(keys: &str, scopes: &[KeyScope]) -> KeyResult {
        let sequence = chord::parse_sequence(keys);
        let (last, before) = sequence.split_last().expect("a key");
        Keymap::default().resolve(before, *last, scopes, |_| true)
    }

    #[test]
    fn every_chord_of_the_table_can_be_written_and_read() {
        for binding in TABLE {
            assert!(!binding.chords.is_empty(), "{:?} has no key", binding.command);
            for chords in binding.chords {
                let parsed = chord::parse_sequence(chords);
                assert!(!parsed.is_empty(), "{chords}");
                let written: Vec<_> = parsed.iter().map(Chord::to_string).collect();
                assert_eq!(written.join(" "), *chords);
            }
        }
    }

    #[test]
    fn no_chord_means_two_things_and_none_hides_a_longer_one() {
        for a in TABLE {
            for b in TABLE {
                for x in a.chords {
                    for y in b.chords {
                        let same = std::ptr::eq(a, b) && x == y;
                        if a.scope == b.scope && !same {
                            let (x, y) = (chord::parse_sequence(x), chord::parse_sequence(y));
                            assert!(!y.starts_with(&x), "{:?} and {:?}", a.command, b.command);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn destruction_is_never_on_enter_or_a_scrolling_key() {
        for binding in TABLE.iter().filter(|binding| binding.danger) {
            for chords in binding.chords {
                assert!(!["enter", "ctrl-d", "ctrl-k"].contains(chords), "{:?}", binding.command);
            }
        }
    }

    #[test]
    fn everything_has_a_default_that_needs_neither_alt_nor_altgr() {
        let plain = |chords: &&&str| {
            chords.split(' ').all(|key| {
                !key.starts_with("alt-")
                    && !["[", "]", "{", "}", "\\", "@", "~", "|"].contains(&key)
            })
        };
        for binding in TABLE {
            assert!(binding.chords.iter().any(|chords| plain(&chords)), "{:?}", binding.command);
        }
    }

    #[test]
    fn keys_resolve_from_the_innermost_scope() {
        assert_eq!(
            run("c", &[KeyScope::List, KeyScope::Global]),
            KeyResult::Run(Command::Credential(CredentialCommand::CopyId))
        );
        assert_eq!(run("g", &[KeyScope::List, KeyScope::Global]), KeyResult::Wait);
        assert_eq!(
            run("g g", &[KeyScope::List, KeyScope::Global]),
            KeyResult::Run(Command::Screen(ScreenCommand::Move(Move::Top)))
        );
        assert_eq!(
            run("Y s", &[KeyScope::List, KeyScope::Global]),
            KeyResult::Run(Command::Credential(CredentialCommand::CopySecret))
        );
        assert_eq!(run("g x", &[KeyScope::List, KeyScope::Global]), KeyResult::Unbound);
        assert!(matches!(run("q", &[KeyScope::Form, KeyScope::Global]), KeyResult::Text(_)));
        assert_eq!(
            run("ctrl-s", &[KeyScope::Form, KeyScope::Global]),
            KeyResult::Run(Command::Screen(ScreenCommand::Dialog(DialogCommand::Save)))
        );
    }

    #[test]
    fn an_unmet_need_refuses() {
        let chord = Chord::char('e');
        assert_eq!(
            Keymap::default().resolve(&[], chord, &[KeyScope::List], |need| need != Need::Own),
            KeyResult::Refused(Command::Credential(CredentialCommand::Edit), Need::Own)
        );
    }
}
