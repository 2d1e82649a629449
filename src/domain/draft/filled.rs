//! Applies a draft to a credential, for checks before the draft is sent.

use super::{ClientDraft, Draft, TokenDraft};
use crate::domain::{Client, Credential, Grant, Kind, Token, Untrusted, urls};

impl Draft {
    /// Returns the credential that results from applying the draft to `base`. Without a base, or
    /// with a base of the wrong type, starts from an empty credential. Values that only the server
    /// assigns stay unchanged or unknown.
    #[must_use]
    pub fn filled(&self, base: Option<&Credential>) -> Credential {
        let mut credential = match (self, base.cloned()) {
            (Self::Token(draft), Some(Credential::Token(token))) => {
                Credential::Token(token_of(draft, token))
            }
            (Self::Token(draft), _) => Credential::Token(token_of(draft, Token::default())),
            (Self::Spa(draft) | Self::M2m(draft) | Self::Other(draft), base) => {
                let client = match base {
                    Some(
                        Credential::Spa(client)
                        | Credential::M2m(client)
                        | Credential::Other(client),
                    ) => client,
                    _ => Client::default(),
                };
                Credential::of_client(self.kind(), client_of(draft, client, self.kind()))
            }
        };
        let (name, visibility) = match self {
            Self::Token(draft) => (&draft.name, draft.visibility),
            Self::Spa(draft) | Self::M2m(draft) | Self::Other(draft) => {
                (&draft.name, draft.visibility)
            }
        };
        let record = credential.record_mut();
        record.name = name.as_str().into();
        record.visibility = visibility;
        credential
    }
}

fn untrusted(list: &[String]) -> Vec<Untrusted> {
    list.iter().filter(|text| !text.is_empty()).map(|text| text.as_str().into()).collect()
}

fn client_of(draft: &ClientDraft, base: Client, kind: Kind) -> Client {
    let mut client = Client { scopes: untrusted(&draft.scopes), ..base };
    if kind == Kind::M2m {
        client.callbacks = untrusted(&draft.callbacks);
        return client;
    }
    client.login_url =
        Some(&draft.login_url).filter(|url| !url.is_empty()).map(|url| url.as_str().into());
    client.use_default_urls = draft.use_default_urls;
    let derived = draft.use_default_urls.then(|| urls::derive(&draft.login_url)).flatten();
    let lists = match &derived {
        Some(it) => [&it.callbacks, &it.logout_urls, &it.web_origins, &it.allowed_origins],
        None => [&draft.callbacks, &draft.logout_urls, &draft.web_origins, &draft.allowed_origins],
    };
    let [callbacks, logout_urls, web_origins, allowed_origins] = lists.map(|list| untrusted(list));
    Client { callbacks, logout_urls, web_origins, allowed_origins, ..client }
}

fn token_of(draft: &TokenDraft, base: Token) -> Token {
    Token {
        apis: untrusted(&draft.apis),
        grants: draft
            .grants
            .iter()
            .map(|(connection, source)| Grant {
                connection: connection.as_str().into(),
                source: source.as_str().into(),
            })
            .collect(),
        referers: untrusted(&draft.referers),
        expires_at: draft.expires_at,
        scopes: untrusted(&draft.scopes),
        ..base
    }
}
