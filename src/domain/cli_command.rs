//! Builds the command line that has the same effect as an action in the console.

use super::{
    Credential, Draft, Visibility,
    draft::{self, Change, Field, FieldValue},
    profile::Word as _,
    snippet::shell,
};

/// Names of the URL lists in the values of `--add-url` and `--rm-url`.
const LISTS: [(Field, &str); 5] = [
    (Field::Callbacks, "callback"),
    (Field::LogoutUrls, "logout"),
    (Field::WebOrigins, "web-origin"),
    (Field::AllowedOrigins, "allowed-origin"),
    (Field::Referers, "referer"),
];

/// Command line, as unquoted words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CliCommand(Vec<String>);

impl CliCommand {
    /// Creates a command from the flags that select a workspace, such as `--profile acme`, and the
    /// subcommand with its arguments.
    #[must_use]
    pub fn new(workspace: &[&str], words: &[&str]) -> Self {
        let all = ["credenza"].iter().chain(workspace).chain(words);
        Self(all.map(|word| (*word).to_owned()).collect())
    }

    fn with(mut self, flag: &str, value: &str) -> Self {
        self.0.push(flag.to_owned());
        self.0.push(value.to_owned());
        self
    }

    fn with_all<'a>(self, flag: &str, values: impl IntoIterator<Item = &'a String>) -> Self {
        let filled = values.into_iter().filter(|value| !value.is_empty());
        filled.fold(self, |command, value| command.with(flag, value))
    }

    /// Returns the command line, quoted for a POSIX shell.
    #[must_use]
    pub fn line(&self) -> String {
        self.0.iter().map(|word| shell(word)).collect::<Vec<_>>().join(" ")
    }
}

/// Returns the command that runs the subcommand `verb` on a credential, with `--confirm` and the
/// confirmation word of the credential.
#[must_use]
pub fn confirmed(workspace: &[&str], verb: &str, credential: &Credential) -> CliCommand {
    let command = CliCommand::new(workspace, &[verb, credential.id().raw()]);
    command.with("--confirm", credential.confirmation_word())
}

/// Returns the command that creates a credential from a draft. The client ID is omitted, because
/// `create` has no flag for it. An expiry is written as an RFC 3339 timestamp in UTC.
#[must_use]
pub fn create(workspace: &[&str], draft: &Draft) -> CliCommand {
    let command = CliCommand::new(workspace, &["create", draft.kind().word()]);
    let shared = |command: CliCommand, visibility: Visibility| {
        let mut command = command;
        if visibility == Visibility::Organization {
            command.0.push("--shared".to_owned());
        }
        command
    };
    match draft {
        Draft::Token(token) => {
            let grants: Vec<String> = token
                .grants
                .iter()
                .map(|(connection, source)| format!("{connection}={source}"))
                .collect();
            let command =
                if token.name.is_empty() { command } else { command.with("--name", &token.name) };
            let command = command
                .with_all("--api", &token.apis)
                .with_all("--grant", &grants)
                .with_all("--referer", &token.referers)
                .with_all("--scope", &token.scopes);
            let command = match token.expires_at {
                Some(at) => command.with("--expires", &at.to_string()),
                None => command,
            };
            shared(command, token.visibility)
        }
        Draft::Spa(client) | Draft::M2m(client) | Draft::Other(client) => {
            let mut command = command.with("--name", &client.name);
            if matches!(draft, Draft::M2m(_)) {
                command = command.with_all("--callback", &client.callbacks);
            } else {
                command = command.with_all("--login-url", [&client.login_url]);
                if !client.use_default_urls {
                    command = command
                        .with_all("--callback", &client.callbacks)
                        .with_all("--logout-url", &client.logout_urls)
                        .with_all("--web-origin", &client.web_origins)
                        .with_all("--allowed-origin", &client.allowed_origins);
                }
            }
            shared(command.with_all("--scope", &client.scopes), client.visibility)
        }
    }
}

/// Returns the command that makes `changes` to a credential; `None` if `edit` has no flag for one
/// of the changes.
#[must_use]
pub fn edit(workspace: &[&str], credential: &Credential, changes: &[Change]) -> Option<CliCommand> {
    let mut command = CliCommand::new(workspace, &["edit", credential.id().raw()]);
    for change in changes {
        command = match (&change.after, change.field) {
            (FieldValue::Line(text), Field::Name) => command.with("--name", text),
            (FieldValue::Line(text), Field::LoginUrl) => command.with("--login-url", text),
            (FieldValue::Switch(on), Field::UseDefaultUrls) => {
                command.with("--default-urls", &on.to_string())
            }
            (FieldValue::Switch(on), Field::Visibility) => {
                command.with("--shared", &on.to_string())
            }
            (FieldValue::Lines(after), field) => {
                let url_list = LISTS.iter().find(|(own, _)| *own == field).map(|(_, list)| list);
                let (remove, add) = match field {
                    _ if url_list.is_some() => ("--rm-url", "--add-url"),
                    Field::Apis => ("--rm-api", "--add-api"),
                    Field::Grants => ("--rm-grant", "--add-grant"),
                    Field::Scopes => ("--rm-scope", "--add-scope"),
                    _ => return None,
                };
                let FieldValue::Lines(before) = &change.before else { return None };
                let named = |all: &[String], others: &[String]| -> Vec<String> {
                    let own = all.iter().filter(|entry| !others.contains(entry));
                    own.map(|entry| match url_list {
                        Some(list) => format!("{list}={entry}"),
                        None if field == Field::Grants => {
                            let (connection, source) = draft::split_grant(entry);
                            format!("{connection}={source}")
                        }
                        None => entry.clone(),
                    })
                    .collect()
                };
                command.with_all(remove, &named(before, after)).with_all(add, &named(after, before))
            }
            _ => return None,
        };
    }
    Some(command)
}

/// Returns the changes that a draft makes to a credential.
#[must_use]
pub fn changes(credential: &Credential, draft: &Draft) -> Vec<Change> {
    draft::changes(&Draft::of(credential), draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Client, ClientDraft, Token, credential::Record};

    #[test]
    fn commands_are_quoted_for_a_shell() {
        let draft = Draft::Spa(ClientDraft {
            name: "Ada's map; rm -rf ~".into(),
            login_url: "https://map.acme.dev/".into(),
            use_default_urls: true,
            ..ClientDraft::default()
        });
        assert_eq!(
            create(&["--profile", "acme"], &draft).line(),
            r"credenza --profile acme create spa --name 'Ada'\''s map; rm -rf ~' --login-url https://map.acme.dev/"
        );
    }

    #[test]
    fn redirect_uris_of_a_service_are_in_its_command() {
        let callbacks = vec!["https://a.dev/cb".to_owned()];
        let draft =
            Draft::M2m(ClientDraft { name: "A".into(), callbacks, ..ClientDraft::default() });
        let line = create(&[], &draft).line();
        assert_eq!(line, "credenza create m2m --name A --callback https://a.dev/cb");
    }

    #[test]
    fn an_edit_names_what_is_changed_and_nothing_else() {
        let client = Client {
            record: Record { id: "k3Jd".into(), name: "Map".into(), ..Record::default() },
            callbacks: vec!["https://a.dev/".into(), "https://b.dev/".into()],
            ..Client::default()
        };
        let credential = Credential::Spa(client);
        let mut draft = Draft::of(&credential);
        draft.set(
            Field::Callbacks,
            FieldValue::Lines(vec!["https://b.dev/".into(), "https://c.dev/".into()]),
        );
        let changes = changes(&credential, &draft);
        assert_eq!(
            edit(&[], &credential, &changes).map(|it| it.line()).as_deref(),
            Some(
                "credenza edit k3Jd --rm-url callback=https://a.dev/ --add-url callback=https://c.dev/"
            )
        );
    }

    #[test]
    fn edited_scopes_apis_and_grants_have_flags() {
        let record = || Record { id: "k3Jd".into(), ..Record::default() };
        let client = Client { record: record(), scopes: vec!["read".into()], ..Client::default() };
        let token = Token { record: record(), apis: vec!["sql".into()], ..Token::default() };
        for (credential, field, after, flags) in [
            (Credential::M2m(client), Field::Scopes, "write", "--rm-scope read --add-scope write"),
            (Credential::Token(token.clone()), Field::Apis, "maps", "--rm-api sql --add-api maps"),
            (
                Credential::Token(token),
                Field::Grants,
                "warehouse = public.stores",
                "--add-grant warehouse=public.stores",
            ),
        ] {
            let mut draft = Draft::of(&credential);
            draft.set(field, FieldValue::Lines(vec![after.to_owned()]));
            let line = edit(&[], &credential, &changes(&credential, &draft)).map(|it| it.line());
            assert_eq!(line, Some(format!("credenza edit k3Jd {flags}")));
        }
    }
}
