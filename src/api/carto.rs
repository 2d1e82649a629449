//! CARTO accounts. API access tokens use CARTO's documented API. OAuth clients use a configured
//! path or the `carto` command.
//!
//! CARTO documents no REST API for OAuth clients. If the profile sets `oauth_clients_path`, that
//! path is used like the OAuth client path of the contract. Otherwise OAuth clients are managed
//! with the `carto` command (`carto credentials … --json`), if the command is installed and signed
//! in. Only some of the command's outputs are documented, so the parser accepts several formats.
//! The command's edit options are not documented, so Credenza does not edit clients with the
//! command. With `--json` the command deletes without confirmation, so Credenza requires a
//! confirmation itself.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Abilities, Access, AddedSecret, Answer, ApiError, Capabilities, CredentialsApi, Me, Page,
    PageQuery, RotationRequest, Secrecy, Written,
    contract::{self, Contract},
};
use crate::domain::{
    Credential, CredentialRef, Draft, Kind, Secret, Untrusted,
    draft::{Change, Field, FieldRules, Fields},
    semantics::{self, Semantics},
};

/// Exact comparison of URLs, because CARTO documents no other rule.
pub const SEMANTICS: Semantics = semantics::EXACT;

/// Form fields for which the command has options.
const SPA: &[Field] = &[
    Field::Name,
    Field::LoginUrl,
    Field::Callbacks,
    Field::LogoutUrls,
    Field::WebOrigins,
    Field::AllowedOrigins,
];

/// Runner of the `carto` command. No shell is involved, and the arguments never contain a secret.
pub trait CommandRunner: Send + Sync {
    /// Returns the subject (`sub`) of the command's access token, if it has one.
    fn account(&self) -> Option<String>;

    /// Runs the command and returns its JSON output, or `null` if it prints nothing.
    fn run(&self, arguments: Vec<String>) -> Answer<'_, Value>;
}

/// Method of access to OAuth clients.
pub enum ClientsRoute {
    /// A path of the API, set in the profile.
    Path,
    /// The `carto` command.
    Command(Arc<dyn CommandRunner>),
    /// No access: neither a path nor the command is available.
    None,
}

/// [`CredentialsApi`] for a CARTO account. OAuth clients are accessed through a [`ClientsRoute`].
pub struct Carto {
    contract: Contract,
    clients: ClientsRoute,
}

impl Carto {
    /// Creates a provider. For [`ClientsRoute::Path`], the path must already be set with
    /// [`Contract::with_clients_at`].
    #[must_use]
    pub fn new(contract: Contract, clients: ClientsRoute) -> Self {
        Self { contract, clients }
    }

    /// Returns the command that manages credentials of a kind, or `None` if the API manages them.
    ///
    /// # Errors
    /// [`ApiError::Unusable`] if the access tokens of the profile and of the command do not have
    /// the same subject, or if there is no access to OAuth clients.
    async fn command(&self, kind: Kind) -> Result<Option<&dyn CommandRunner>, ApiError> {
        let command = match (&self.clients, kind) {
            (_, Kind::Token) | (ClientsRoute::Path, _) => return Ok(None),
            (ClientsRoute::Command(command), _) => &**command,
            (ClientsRoute::None, _) => return Err(ApiError::Unusable { why: NOTHING.into() }),
        };
        let claims = self.contract.http().claims().await.unwrap_or_default();
        let ours = claims.get("sub").and_then(Value::as_str);
        if ours.is_some() && ours == command.account().as_deref() {
            return Ok(Some(command));
        }
        Err(ApiError::Unusable {
            why: "The carto command and this profile are signed in as different users, according to their access tokens. Sign in to both as the same user".into(),
        })
    }
}

const NOTHING: &str = "CARTO documents no API for OAuth clients. Install the carto command and \
                       sign in with it, or set oauth_clients_path in the profile";

/// Returns the argument of the `carto` command that selects a kind of client.
const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::M2m => "m2m",
        _ => "spa",
    }
}

fn arguments(words: &[&str]) -> Vec<String> {
    let all = ["credentials"].iter().chain(words).chain(&["--json"]);
    all.map(|word| (*word).to_owned()).collect()
}

/// Returns the arguments that create a client. Each value is joined to its option with `=`, because
/// a separate value that starts with a dash could be parsed as an option.
fn creation(draft: &Draft) -> Vec<String> {
    let mut words = vec!["create".to_owned(), word(draft.kind()).to_owned()];
    let mut add = |option: &str, value: &str| words.push(format!("--{option}={value}"));
    if let Draft::Spa(client) | Draft::M2m(client) | Draft::Other(client) = draft {
        add("title", &client.name);
        if draft.kind() != Kind::M2m {
            if !client.login_url.is_empty() {
                add("login-uri", &client.login_url);
            }
            for (option, urls) in [
                ("callback", &client.callbacks),
                ("logout-url", &client.logout_urls),
                ("web-origin", &client.web_origins),
                ("allowed-origin", &client.allowed_origins),
            ] {
                for url in urls {
                    add(option, url);
                }
            }
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    arguments(&words)
}

fn no_rotation() -> ApiError {
    ApiError::Forbidden { said: "CARTO cannot rotate secrets".into() }
}

/// Returns the ID, or an error if the ID is empty or the command could parse it as an option.
fn plain(id: &Untrusted) -> Result<&str, ApiError> {
    if id.raw().starts_with('-') || id.raw().is_empty() {
        return Err(ApiError::Unusable { why: "The carto command does not accept this ID".into() });
    }
    Ok(id.raw())
}

impl CredentialsApi for Carto {
    fn capabilities(&self) -> Answer<'_, Capabilities> {
        Box::pin(async {
            let mut all = self.contract.capabilities().await?;
            let clients = match &self.clients {
                ClientsRoute::Path => return Ok(all),
                ClientsRoute::None => Abilities::none(NOTHING),
                ClientsRoute::Command(_) => Abilities {
                    edit: Access::no(
                        "The edit options of the carto command are not documented. Edit the client in CARTO",
                    ),
                    rotate: Access::no(
                        "CARTO cannot rotate secrets. Create a new client and delete this one",
                    ),
                    secrecy: Secrecy::Readable,
                    shape: FieldRules { fields: Fields::of(SPA), strict: true },
                    ..Abilities::all()
                },
            };
            all.kinds[Kind::Spa as usize] = clients.clone();
            all.kinds[Kind::M2m as usize] = clients;
            Ok(all)
        })
    }

    fn me(&self) -> Answer<'_, Me> {
        self.contract.me()
    }

    fn page(&self, query: PageQuery) -> Answer<'_, Page> {
        Box::pin(async move {
            if query.kind == Kind::Other
                || (query.kind != Kind::Token && matches!(self.clients, ClientsRoute::None))
            {
                return Ok(Page::default());
            }
            match self.command(query.kind).await? {
                None => self.contract.page(query).await,
                Some(command) => {
                    let answer = command.run(arguments(&["list", word(query.kind)])).await?;
                    let entries = contract::clients_of(answer, query.kind)?;
                    Ok(Page { total: Some(entries.len() as u64), entries, next: None })
                }
            }
        })
    }

    fn show(&self, of: CredentialRef) -> Answer<'_, Credential> {
        Box::pin(async move {
            let Some(command) = self.command(of.kind).await? else {
                return self.contract.show(of).await;
            };
            let answer = command.run(arguments(&["get", word(of.kind), plain(&of.id)?])).await?;
            Ok(contract::client_of(answer, of.kind)?.credential)
        })
    }

    fn secret(&self, of: CredentialRef) -> Answer<'_, Secret> {
        Box::pin(async move {
            let Some(command) = self.command(of.kind).await? else {
                return self.contract.secret(of).await;
            };
            let answer = command.run(arguments(&["get", word(of.kind), plain(&of.id)?])).await?;
            contract::client_of(answer, of.kind)?.secret.ok_or_else(|| ApiError::Forbidden {
                said: "the carto command did not print the secret. CARTO's own page shows it"
                    .into(),
            })
        })
    }

    fn create(&self, draft: Draft, attempt: String) -> Answer<'_, Written> {
        Box::pin(async move {
            let kind = draft.kind();
            let Some(command) = self.command(kind).await? else {
                return self.contract.create(draft, attempt).await;
            };
            // CARTO does not document whether the secret can be read again, so the result contains
            // it.
            contract::client_of(command.run(creation(&draft)).await?, kind)
        })
    }

    fn edit(
        &self,
        of: CredentialRef,
        version: Option<String>,
        changes: Vec<Change>,
    ) -> Answer<'_, Written> {
        Box::pin(async move {
            match self.command(of.kind).await? {
                None => self.contract.edit(of, version, changes).await,
                Some(_) => Err(ApiError::Forbidden {
                    said: "the edit options of the carto command are not documented".into(),
                }),
            }
        })
    }

    fn rotate(&self, of: CredentialRef, rotation: RotationRequest) -> Answer<'_, Written> {
        Box::pin(async move {
            match self.command(of.kind).await? {
                None => self.contract.rotate(of, rotation).await,
                Some(_) => Err(no_rotation()),
            }
        })
    }

    fn add_secret(&self, of: CredentialRef) -> Answer<'_, AddedSecret> {
        match self.clients {
            ClientsRoute::Path => self.contract.add_secret(of),
            ClientsRoute::None | ClientsRoute::Command(_) => Box::pin(async { Err(no_rotation()) }),
        }
    }

    fn retire_secret(&self, of: CredentialRef, previous: Option<Untrusted>) -> Answer<'_, ()> {
        match self.clients {
            ClientsRoute::Path => self.contract.retire_secret(of, previous),
            ClientsRoute::None | ClientsRoute::Command(_) => Box::pin(async { Err(no_rotation()) }),
        }
    }

    fn withdraw_secret<'a>(
        &'a self,
        of: CredentialRef,
        added: Option<Untrusted>,
        previous: Option<&'a Secret>,
    ) -> Answer<'a, ()> {
        match self.clients {
            ClientsRoute::Path => self.contract.withdraw_secret(of, added, previous),
            ClientsRoute::None | ClientsRoute::Command(_) => Box::pin(async { Err(no_rotation()) }),
        }
    }

    fn set_secret_active(
        &self,
        of: CredentialRef,
        secret: Untrusted,
        active: bool,
    ) -> Answer<'_, ()> {
        match self.clients {
            ClientsRoute::Path => self.contract.set_secret_active(of, secret, active),
            ClientsRoute::None | ClientsRoute::Command(_) => Box::pin(async { Err(no_rotation()) }),
        }
    }

    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()> {
        Box::pin(async move {
            let Some(command) = self.command(of.kind).await? else {
                return self.contract.delete(of, version).await;
            };
            command.run(arguments(&["delete", word(of.kind), plain(&of.id)?])).await.map(|_| ())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClientDraft;

    #[test]
    fn the_command_gets_its_values_one_by_one() {
        let draft = Draft::Spa(ClientDraft {
            name: "--yes".into(),
            login_url: "https://a.example/".into(),
            callbacks: vec!["https://a.example/cb".into(), "https://a.example/cb2".into()],
            ..ClientDraft::default()
        });
        assert_eq!(
            creation(&draft),
            [
                "credentials",
                "create",
                "spa",
                "--title=--yes",
                "--login-uri=https://a.example/",
                "--callback=https://a.example/cb",
                "--callback=https://a.example/cb2",
                "--json",
            ]
        );
        assert!(plain(&"--yes".into()).is_err());
    }

    #[test]
    fn what_the_command_prints_is_read_whatever_its_shape() {
        let one = serde_json::json!({"clientId": "abc", "clientSecret": "s", "title": "Shop"});
        let made = contract::client_of(one.clone(), Kind::Spa).expect("a client");
        assert_eq!((made.credential.id().raw(), made.credential.name().raw()), ("abc", "Shop"));
        assert_eq!(made.secret.expect("a secret").expose(), "s");
        for shape in [
            serde_json::json!([one]),
            serde_json::json!({"data": [one]}),
            serde_json::json!({"spa": [one]}),
            serde_json::json!({"credentials": [one]}),
        ] {
            assert_eq!(contract::clients_of(shape, Kind::Spa).expect("a list").len(), 1);
        }
        assert!(contract::clients_of(serde_json::json!({"error": "no"}), Kind::Spa).is_err());
    }
}
