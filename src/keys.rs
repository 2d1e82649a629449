//! The single table of commands and keys.
//!
//! Key dispatch uses [`TABLE`]. The footer, the searchable help (also the command palette), the
//! book, the man page and the output of `credenza keys` are generated from it. The table depends on
//! neither the model nor the terminal: the preconditions of a command are data ([`Need`]), which
//! the dispatcher checks.

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

/// Converts the name of a variant, such as `CopyId`, to `copy-id`.
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

/// Part of the console in which a key binding applies. A key press is looked up in the active
/// scopes, from the innermost to the outermost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyScope {
    /// Commands available on every screen.
    Global,
    /// Error message on the screen.
    Failure,
    /// List of credentials of a tab.
    List,
    /// Filter line above a list of credentials or the audit.
    Filter,
    /// Selection of the kind of credential to create.
    Chooser,
    /// Choice of the columns of a list.
    Columns,
    /// Details of one credential.
    Detail,
    /// Form for creating or editing a credential.
    Form,
    /// Review of changes before they are saved.
    Review,
    /// Conflict with changes by another user.
    Conflict,
    /// Prompt before the input of a form is discarded.
    Discard,
    /// Confirmation of a deletion or rotation by typing the name.
    Confirm,
    /// Confirmation of a change to the marked credentials, by typing their number.
    Marked,
    /// Form for one edit of the marked credentials.
    EditMarked,
    /// Issued OAuth access token.
    AccessToken,
    /// Version and environment of Credenza.
    About,
    /// Searchable help, which is also the command palette.
    Help,
    /// A value shown on its own line for manual selection.
    PlainValue,
    /// Tokens and client secrets, sorted by expiry.
    Expiring,
    /// Counts of credentials by age, last use, expiry and worst finding.
    Overview,
    /// Audit of all credentials.
    Audit,
    /// Form that suppresses a finding or snoozes an expiry.
    Suppress,
    /// List of suppressed findings.
    Suppressions,
    /// Plan of a rotation that can deliver the new secret.
    RotationPlan,
    /// List of the rotations in progress.
    Rotations,
    /// List of saved views.
    Views,
    /// Text field for the name of a view to save.
    ViewName,
    /// Scrollable text, such as the explanation of an audit rule or the result of a deletion.
    Page,
    /// List of profiles.
    Profiles,
    /// Form for a new profile.
    ProfileForm,
    /// New secret that the provider sends only once.
    Once,
    /// Prompt before leaving a secret that is not shown again.
    OnceLeaving,
    /// List of sign-in methods.
    SignIn,
    /// Text field for a secret, a token or the address of a callback, during a sign-in.
    SignInSecret,
    /// Sign-in that waits for the issuer or for the user in a browser.
    SignInWaiting,
    /// Prompt that unlocks writing.
    Unlock,
    /// Prompt for the passphrase of the session file.
    Passphrase,
}

impl KeyScope {
    /// Returns the heading of the scope in the documentation.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::Failure => "Error message",
            Self::List => "Lists",
            Self::Filter => "Filter line",
            Self::Chooser => "Create",
            Self::Columns => "Columns of a list",
            Self::Detail => "A credential",
            Self::Form => "Forms",
            Self::Review => "Review before saving",
            Self::Conflict => "Changed by another user",
            Self::Discard => "Discard changes?",
            Self::Confirm => "Confirm by name",
            Self::Marked => "Change the marked credentials",
            Self::EditMarked => "Edit the marked credentials",
            Self::AccessToken => "OAuth access token",
            Self::Help => "Help",
            Self::About => "About",
            Self::PlainValue => "Value to select by hand",
            Self::Page => "Text to scroll",
            Self::Suppress => "Suppress or snooze",
            Self::Suppressions => "Suppressions",
            Self::RotationPlan => "Rotate the secret",
            Self::Rotations => "Rotations",
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

    /// Returns the name of the scope in the configuration file, such as `list`.
    #[must_use]
    pub fn name(self) -> String {
        kebab(&format!("{self:?}"))
    }

    /// Returns true if the scope has a text field that receives plain characters.
    #[must_use]
    pub const fn takes_text(self) -> bool {
        matches!(
            self,
            Self::Filter
                | Self::Form
                | Self::Confirm
                | Self::Marked
                | Self::EditMarked
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
    /// A credential is selected.
    Selection,
    /// The user owns the selected credential.
    Own,
    /// The user owns the selected credential, or rows are marked. The owner of each marked row is
    /// checked separately.
    OwnOrMarked,
    /// Writing is unlocked.
    Writable,
    /// A profile is open.
    Profile,
    /// The screen has the URL of a login page.
    LoginPage,
    /// The selected client can get access tokens in Credenza, and the token issuer is known.
    Issuable,
    /// The provider can create at least one kind of credential.
    Creation,
    /// The provider can rotate the secret of the selected credential.
    Rotation,
    /// The provider can edit the selected credential, or audit findings are marked.
    Editing,
    /// The provider can delete the selected credential.
    Deletion,
    /// The provider can return the secret of the selected credential.
    Revealing,
    /// The provider can list OAuth clients other than SPA and M2M clients.
    Others,
    /// The provider has an organization view.
    Organization,
    /// The selected SPA client has a login URL.
    Url,
    /// The cursor is on an audit finding.
    Finding,
    /// The audit of all credentials is open.
    Audit,
    /// The screen has an issued access token.
    AccessToken,
}

impl Need {
    /// Returns the default message for an unmet precondition. A more specific reason, such as the
    /// provider's, takes precedence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Selection => "Nothing is selected",
            Self::Finding => "No finding under the cursor",
            Self::AccessToken => "No access token yet",
            Self::Audit => "No audit yet. Press 5 in a list to run one",
            Self::Own | Self::OwnOrMarked => "Read-only: owned by another user",
            Self::Writable => "Profile is read-only. Press W to unlock",
            Self::LoginPage => "No login page to copy",
            Self::Profile => "No profile open. Press P to choose or add one",
            Self::Issuable => "Only SPA and M2M clients get OAuth access tokens here",
            Self::Creation => "This server does not support creating credentials",
            Self::Rotation => "This server cannot rotate secrets",
            Self::Editing => "This server does not support editing this credential",
            Self::Deletion => "This server does not support deleting this credential",
            Self::Revealing => "This server does not return the secret of this credential",
            Self::Others => "This server has no other OAuth clients",
            Self::Organization => "This server has no organization view",
            Self::Url => "No login URL to copy",
        }
    }
}

/// Row of [`TABLE`]: a command in a scope, with its keys and texts.
#[derive(Debug)]
pub struct Binding {
    /// Command that the keys run.
    pub command: Command,
    /// Scope in which the keys apply.
    pub scope: KeyScope,
    /// Default key sequences. A space separates the chords of a sequence, as in `g g`.
    pub chords: &'static [&'static str],
    /// Label in the footer and in messages, one to three words.
    pub label: &'static str,
    /// Sentence for the help and the documentation.
    pub help: &'static str,
    /// Preconditions, in order: the first unmet one is reported.
    pub needs: &'static [Need],
    /// True if the command deletes or replaces data. Such a command cannot be bound to a key that
    /// is easy to press by accident.
    pub danger: bool,
    /// Position among the commands of the scope in the footer, from 1. The footer omits a command
    /// with 0.
    pub footer: u8,
}

/// Result of a key press.
#[derive(Debug, PartialEq, Eq)]
pub enum KeyResult {
    /// Command to run: its key sequence is complete and its preconditions are met.
    Run(Command),
    /// Command that cannot run, and its first unmet precondition.
    Refused(Command, Need),
    /// Prefix of a longer key sequence.
    Wait,
    /// Character or editing key for the text field of the scope.
    Text(Chord),
    /// Key sequence to which no command is bound.
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
            Keymap::default().resolve(&[], chord, &[KeyScope::Detail], |need| need != Need::Own),
            KeyResult::Refused(Command::Credential(CredentialCommand::Edit), Need::Own)
        );
    }
}
