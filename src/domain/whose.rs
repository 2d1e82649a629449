//! Finds mentions of credentials in pasted text: authorize URLs, tokens, log lines and bare IDs.
//!
//! Nothing is verified or sent. Tokens are decoded without a check of their signatures.

use std::collections::BTreeSet;

use url::Url;

use super::{Credential, Kind, Untrusted, jwt, matching, semantics::Semantics};

/// Minimum length, in bytes, of an ID that is recognized as a word in a text. A shorter ID, such as
/// `app`, is recognized only as the value of a member such as `client_id`, or as the whole text.
const SHORTEST: usize = 8;

/// Names of a client's ID in URLs, tokens and logs of OAuth, OpenID Connect, Keycloak, Okta and
/// Entra ID.
pub(super) const ID_NAMES: [&str; 7] =
    ["client_id", "clientId", "clientid", "azp", "cid", "appid", "client"];

/// Authorization request (RFC 6749 section 4.1.1), with the parameters that a URL or a log line
/// contains.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthorizeRequest {
    /// Value of `client_id`.
    pub client_id: Untrusted,
    /// Value of `redirect_uri`.
    pub redirect_uri: Option<Untrusted>,
    /// Value of `response_type`.
    pub response_type: Option<Untrusted>,
    /// Scopes in `scope`.
    pub scopes: Vec<Untrusted>,
    /// Value of `code_challenge_method`; `plain` if the request has a challenge without a method
    /// (RFC 7636 section 4.3), `None` if it has no challenge.
    pub challenge: Option<Untrusted>,
    /// True if the request comes from a URL, which contains all its parameters.
    pub is_complete: bool,
}

/// Claims of a token, without the token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenClue {
    /// Issuer, from `iss`.
    pub issuer: Option<Untrusted>,
    /// IDs in the token, with the names of their claims.
    pub ids: Vec<(&'static str, Untrusted)>,
    /// Expiry time, from `exp`.
    pub expires_at: Option<jiff::Timestamp>,
}

/// Mentions of credentials in a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clues {
    /// The text, without surrounding white space.
    text: String,
    /// Values of members such as `client_id`, with the name of the member.
    members: BTreeSet<(String, String)>,
    /// Authorization requests in the text.
    pub requests: Vec<AuthorizeRequest>,
    /// Tokens in the text.
    pub tokens: Vec<TokenClue>,
}

impl Clues {
    /// Finds the mentions in a text.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut clues = Self { text: text.trim().to_owned(), ..Self::default() };
        for word in
            text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`'))
        {
            if let Some(at) = word.find("http://").or_else(|| word.find("https://")) {
                clues.url(word[at..].trim_end_matches([',', ';', ')', ']', '.']));
            }
            clues.token(word);
        }
        clues.pairs(text);
        clues
    }

    fn url(&mut self, text: &str) {
        let Ok(url) = Url::parse(text) else { return };
        let value = |name: &str| {
            let found = url.query_pairs().find(|(own, _)| own == name);
            found.map(|(_, value)| Untrusted::from(&*value))
        };
        let Some(client_id) = value("client_id") else { return };
        self.requests.push(AuthorizeRequest {
            client_id,
            redirect_uri: value("redirect_uri"),
            response_type: value("response_type"),
            scopes: words(value("scope")),
            challenge: value("code_challenge")
                .map(|_| value("code_challenge_method").unwrap_or_else(|| "plain".into())),
            is_complete: true,
        });
    }

    /// Decodes a JWT in a word. A JWT starts with `eyJ`, which is `{"` in Base64.
    fn token(&mut self, word: &str) {
        let Some(at) = word.find("eyJ") else { return };
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let token: &str = word[at..].split(|c| !is_part(c)).next().unwrap_or_default();
        if token.split('.').count() != 3 {
            return;
        }
        let Some(claims) = jwt::payload(token) else { return };
        self.text = self.text.replace(token, "");
        let text = |name: &str| claims.get(name).and_then(|it| it.as_str()).map(Untrusted::from);
        let names = ["client_id", "azp", "cid", "appid", "sub", "jti"];
        self.tokens.push(TokenClue {
            issuer: text("iss"),
            ids: names.into_iter().filter_map(|name| Some((name, text(name)?))).collect(),
            expires_at: jwt::read(token).and_then(|claims| claims.expires_at),
        });
    }

    /// Finds client IDs and redirect URIs by their names: `clientId=store, redirect_uri=https://…`
    /// in a log, `"client_id": "store"` in JSON.
    fn pairs(&mut self, text: &str) {
        let mut request = AuthorizeRequest::default();
        let names = ID_NAMES.into_iter().chain(["redirect_uri", "redirectUri"]);
        for name in names {
            for (at, _) in text.match_indices(name) {
                let before = text[..at].chars().next_back();
                if before.is_some_and(|c| {
                    c.is_alphanumeric() || matches!(c, '_' | '-' | '%' | '?' | '&')
                }) {
                    continue;
                }
                let Some(value) = assigned(&text[at + name.len()..]) else { continue };
                if name.starts_with("redirect") {
                    request.redirect_uri.get_or_insert_with(|| value.into());
                } else {
                    self.members.insert((name.to_owned(), value.to_owned()));
                    if request.client_id.raw().is_empty() {
                        request.client_id = value.into();
                    }
                }
            }
        }
        if request.redirect_uri.is_some() && !request.client_id.raw().is_empty() {
            self.requests.push(request);
        }
    }

    /// Returns a phrase for the part of the text that mentions the credential with this ID and name,
    /// such as `azp of the token`; `None` if the text does not mention it.
    #[must_use]
    pub fn mention(&self, id: &Untrusted, name: &Untrusted) -> Option<String> {
        let id = id.raw();
        if self.text == id {
            return Some("the ID itself".to_owned());
        }
        if self.requests.iter().any(|it| it.is_complete && it.client_id.raw() == id) {
            return Some("client_id of the authorize URL".to_owned());
        }
        let claims = self.tokens.iter().flat_map(|token| &token.ids);
        if let Some((name, _)) = claims.into_iter().find(|(_, value)| value.raw() == id) {
            return Some(format!("{name} of the token"));
        }
        if let Some((name, _)) = self.members.iter().find(|(_, value)| value == id) {
            return Some(format!("{name} in the text"));
        }
        if self.text == name.raw() {
            return Some("the name itself".to_owned());
        }
        (id.len() >= SHORTEST && occurs(&self.text, id)).then(|| "the ID in the text".to_owned())
    }

    /// Returns the first authorization request of the client with this ID; `None` if the text has no
    /// such request.
    #[must_use]
    pub fn request_of(&self, id: &Untrusted) -> Option<&AuthorizeRequest> {
        self.requests.iter().find(|it| it.client_id == *id)
    }
}

fn words(text: Option<Untrusted>) -> Vec<Untrusted> {
    text.map(|text| text.raw().split_whitespace().map(Untrusted::from).collect())
        .unwrap_or_default()
}

/// Returns the value after a name: `=value`, `: "value"`, `="value"`.
fn assigned(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches(['"', '\'']).trim_start();
    let rest = rest.strip_prefix(['=', ':'])?.trim_start();
    let (value, end): (&str, &[char]) = match rest.chars().next()? {
        '"' => (&rest[1..], &['"']),
        '\'' => (&rest[1..], &['\'']),
        _ => (rest, &[' ', ',', ';', '&', '\n', '\r', '\t', ')', '}', ']', '"', '<']),
    };
    Some(value.split(end).next().unwrap_or_default()).filter(|value| !value.is_empty())
}

/// Returns true if an ID occurs in a text as a whole word.
fn occurs(text: &str, id: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(id).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(is_part)
            && !text[at + id.len()..].chars().next().is_some_and(is_part)
    })
}

/// Reason why an authorization request fails, and the command that fixes the problem, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Reason, in one or two sentences.
    pub why: String,
    /// Arguments of the `credenza` command that registers the missing value; `None` if no command
    /// fixes the problem.
    pub fix: Option<Vec<String>>,
}

impl AuthorizeRequest {
    /// Returns the reasons why a server would reject this request, as far as the client's
    /// registration shows them.
    #[must_use]
    pub fn obstacles(
        &self,
        credential: &Credential,
        semantics: &'static Semantics,
        base_url: &str,
    ) -> Vec<Obstacle> {
        let Some(client) = credential.client() else { return Vec::new() };
        let id = credential.id().raw().to_owned();
        let mut found = Vec::new();
        let mut add = |why: String, fix: Option<Vec<String>>| found.push(Obstacle { why, fix });
        if client.enabled == Some(false) {
            add("The client is disabled.".to_owned(), None);
        }
        match &self.redirect_uri {
            Some(sent) => {
                let compared = matching::compare(credential, sent.raw(), semantics, base_url);
                let callbacks: Vec<_> = compared
                    .iter()
                    .filter(|it| it.field == super::draft::Field::Callbacks)
                    .collect();
                if !callbacks.iter().any(|it| it.accepts()) {
                    let mut why = format!("No callback accepts redirect_uri {}.", sent.shown());
                    if let Some((nearest, difference)) =
                        callbacks.iter().find_map(|it| Some((it, it.difference.as_ref()?)))
                    {
                        why = format!(
                            "{why} The nearest, {}, differs at character {}: {}.",
                            nearest.entry.shown(),
                            difference.column + 1,
                            difference.why
                        );
                    }
                    let fix = ["add-url", &id, "callback", sent.raw()].map(str::to_owned).to_vec();
                    add(why, Some(fix));
                }
            }
            None if self.is_complete && client.callbacks.len() > 1 => add(
                format!(
                    "The URL has no redirect_uri, and the client has {} callbacks.",
                    client.callbacks.len()
                ),
                None,
            ),
            None => {}
        }
        if !self.is_complete {
            return found;
        }
        match &self.response_type {
            None => add("The URL has no response_type.".to_owned(), None),
            Some(wanted) if wanted.raw() == "code" => {}
            Some(wanted) => {
                let grants = client.grant_types.iter().any(|it| it.raw() == "implicit");
                if !grants && !client.grant_types.is_empty() {
                    add(
                        format!(
                            "response_type {} uses the implicit flow, which is disabled for this client.",
                            wanted.shown()
                        ),
                        None,
                    );
                }
            }
        }
        let is_public = credential.kind() == Kind::Spa
            || client.auth_method.as_ref().is_some_and(|method| method.raw() == "none");
        match self.challenge.as_ref().map(Untrusted::raw) {
            None if is_public
                && self.response_type.as_ref().is_some_and(|it| it.raw() == "code") =>
            {
                add("The URL has no code_challenge. A public client requires PKCE with S256 (RFC 9700 section 2.1.1).".to_owned(), None);
            }
            Some("plain") => add(
                "code_challenge_method is plain, which servers should refuse. Use S256.".to_owned(),
                None,
            ),
            _ => {}
        }
        if !client.scopes.is_empty() {
            let standard = ["openid", "offline_access"];
            for scope in &self.scopes {
                let known = client.scopes.contains(scope) || standard.contains(&scope.raw());
                if !known {
                    let why = format!("The client does not have the scope {}.", scope.shown());
                    let fix = ["edit", &id, "--add-scope", scope.raw()].map(str::to_owned).to_vec();
                    add(why, Some(fix));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Client, credential::Record, semantics::EXACT};

    fn spa(id: &str, name: &str, callbacks: &[&str]) -> Credential {
        let record = Record { id: id.into(), name: name.into(), ..Record::default() };
        let callbacks = callbacks.iter().map(|it| (*it).into()).collect();
        Credential::Spa(Client { record, callbacks, ..Client::default() })
    }

    #[test]
    fn client_is_named_by_what_servers_and_browsers_show() {
        let store = spa("store-locator", "Store locator", &[]);
        for (text, found) in [
            ("store-locator\n", Some("the ID itself")),
            ("Store locator", Some("the name itself")),
            (
                "https://id.acme.dev/auth?response_type=code&client_id=store-locator&scope=openid",
                Some("client_id of the authorize URL"),
            ),
            // Keycloak's log.
            (
                "WARN type=\"LOGIN_ERROR\", clientId=\"store-locator\", error=\"invalid_redirect_uri\"",
                Some("clientId in the text"),
            ),
            (r#"{"client_id": "store-locator"}"#, Some("client_id in the text")),
            ("no client store-locator here", Some("the ID in the text")),
            ("https://acme.dev/store-locator-v2/", None),
            ("a store locator", None),
        ] {
            assert_eq!(
                Clues::read(text).mention(store.id(), store.name()).as_deref(),
                found,
                "{text}"
            );
        }
    }

    #[test]
    fn short_ids_count_only_where_an_id_stands() {
        let app = spa("app", "App", &[]);
        assert_eq!(Clues::read("open the app").mention(app.id(), app.name()), None);
        assert!(Clues::read("client_id=app").mention(app.id(), app.name()).is_some());
    }

    #[test]
    fn token_is_decoded_and_not_kept() {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let payload = r#"{"iss":"https://id.acme.dev","azp":"store-locator","exp":1700000000}"#;
        let token = format!("{}.{}.c2ln", encode(r#"{"alg":"RS256"}"#), encode(payload));
        let clues = Clues::read(&format!("Authorization: Bearer {token}"));
        assert_eq!(
            clues.tokens[0].issuer.as_ref().map(Untrusted::raw),
            Some("https://id.acme.dev")
        );
        let store = spa("store-locator", "Store locator", &[]);
        assert_eq!(clues.mention(store.id(), store.name()).as_deref(), Some("azp of the token"));
        assert!(!format!("{clues:?}").contains("c2ln"), "{clues:?}");
    }

    #[test]
    fn obstacles_of_a_request_name_the_difference_and_the_edit() {
        let store = spa("store-locator", "", &["https://stores.acme.dev/callback"]);
        let read = |query: &str| {
            let url = format!("https://id.acme.dev/auth?client_id=store-locator&{query}");
            let clues = Clues::read(&url);
            let request = clues.request_of(store.id()).expect("a request").clone();
            request.obstacles(&store, &EXACT, "https://id.acme.dev")
        };
        let good = "response_type=code&code_challenge=x&code_challenge_method=S256&redirect_uri=https%3A%2F%2Fstores.acme.dev%2Fcallback";
        assert_eq!(read(good), []);
        let [slash] = &read(&format!("{good}%2F"))[..] else { unreachable!("one") };
        assert!(slash.why.contains("differs at character 33"), "{}", slash.why);
        assert_eq!(
            slash.fix.as_deref().map(|it| it.join(" ")).as_deref(),
            Some("add-url store-locator callback https://stores.acme.dev/callback/")
        );
        let all = read("redirect_uri=https%3A%2F%2Fstores.acme.dev%2Fcallback&response_type=code");
        assert!(all[0].why.contains("no code_challenge"), "{all:?}");
    }

    #[test]
    fn log_line_with_a_redirect_is_a_request() {
        let store = spa("store", "", &["https://stores.acme.dev/callback"]);
        let line = "type=LOGIN_ERROR, clientId=store, error=invalid_redirect_uri, redirect_uri=https://stores.acme.dev/cb";
        let clues = Clues::read(line);
        let request = clues.request_of(store.id()).expect("a request");
        let all = request.obstacles(&store, &EXACT, "https://id.acme.dev");
        assert_eq!(all.len(), 1, "{all:?}");
    }
}
