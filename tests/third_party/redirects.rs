//! Redirect URIs that real servers accept, compared with the predictions of `credenza match`. A
//! client is registered with one redirect URI, and requests are sent with others.

use std::{collections::BTreeMap, process::Command};

use credenza::{
    api,
    domain::{
        Client, Credential, CredentialRef, Kind, Untrusted, matching, profile::Provider,
        semantics::MatchAnswer,
    },
};
use serde_json::{Value as Json, json};

use crate::{
    edges::api as provider_api,
    servers::{
        Server, administrator, django, gitea, hydra, keycloak, machine_token,
        oidc_with_registration, older_keycloak, operate,
    },
};

/// Registered redirect URI, and the redirect URIs that are sent.
type Case = (&'static str, &'static [&'static str]);

/// Redirect URIs of web pages, for every server.
const WEB: &[Case] = &[
    (
        "https://app.example/cb",
        &[
            "https://app.example/cb",
            "https://app.example/cb/",
            "https://app.example/CB",
            "https://app.example:443/cb",
            "https://app.example/cb?x=1",
            "https://app.example/",
            "https://evil.example/cb",
            "http://app.example/cb",
            "https://app.example/%63b",
            "https://app.example/cb#f",
            "https://app.example/cb?",
            "https://user@app.example/cb",
            "https://app.example//cb",
            "https://app.example/x/../cb",
            "https://www.app.example/cb",
            "https://app.example.evil.example/cb",
        ],
    ),
    (
        "https://app.example/cb?a=1",
        &["https://app.example/cb?a=1", "https://app.example/cb?a=2", "https://app.example/cb"],
    ),
    (
        "https://app.example:8443/cb",
        &["https://app.example:8443/cb", "https://app.example/cb", "https://app.example:9443/cb"],
    ),
    (
        "https://app.example/",
        &["https://app.example/", "https://app.example/cb", "https://app.example.evil/"],
    ),
    (
        "https://app.example/a/b",
        &["https://app.example/a/b", "https://app.example/a/../a/b", "https://app.example/a/b/c"],
    ),
];

/// Redirect URIs on loopback.
const LOOPBACK: &[Case] = &[
    (
        "http://127.0.0.1/cb",
        &[
            "http://127.0.0.1/cb",
            "http://127.0.0.1:1234/cb",
            "http://127.0.0.1:1234/cb?x=1",
            "http://127.0.0.1:1234/other",
            "http://127.0.0.2:1234/cb",
            "https://127.0.0.1:1234/cb",
        ],
    ),
    (
        "http://localhost/cb",
        &[
            "http://localhost/cb",
            "http://localhost:1234/cb",
            "http://127.0.0.1:1234/cb",
            "http://localhost.evil.example:1234/cb",
        ],
    ),
    (
        "http://127.0.0.1:8080/cb",
        &["http://127.0.0.1:8080/cb", "http://127.0.0.1:1234/cb", "http://127.0.0.1/cb"],
    ),
    (
        "http://localhost:8080/cb",
        &["http://localhost:8080/cb", "http://localhost:1234/cb", "http://localhost:8080/other"],
    ),
    ("http://[::1]:8080/cb", &["http://[::1]:8080/cb", "http://[::1]:8080/other"]),
];

/// Redirect URIs with a special meaning in Keycloak.
const KEYCLOAK: &[Case] = &[
    (
        "https://app.example/*",
        &[
            "https://app.example/",
            "https://app.example",
            "https://app.example/cb?x=1",
            "https://app.example/a/b",
            "https://app.example.evil/",
            "https://u@app.example/a",
            "https://app.example/a/../../b",
            "https://app.example/a%2f%2e%2e%2fb",
            "https://app.example/a/%2e%2e/b",
            "http://app.example/",
        ],
    ),
    ("https://*.app.example/cb", &["https://a.app.example/cb", "https://*.app.example/cb"]),
    ("https://app.example/*/cb", &["https://app.example/x/cb"]),
    (
        "https://app.example:*",
        &["https://app.example:8443/", "https://app.example:8443/x?y=1", "https://app.example/"],
    ),
    (
        "http://localhost:*",
        &["http://localhost:8080/login/x", "http://localhost:1/", "https://localhost:1/"],
    ),
    ("http://localhost:3000/*", &["http://localhost:3000/cb", "http://localhost:3001/cb"]),
    ("*", &["https://any.example/x", "http://localhost:1/", "com.app:/cb"]),
    ("com.app:/cb", &["com.app:/cb", "com.app:/other", "com.other:/cb"]),
    ("com.app:*", &["com.app:/cb", "com.app://x/cb"]),
    (
        "/below/*",
        &[
            "https://root.example/below/x",
            "https://root.example/other",
            "https://evil.example/below/x",
        ],
    ),
];

/// Sends a request, as a POST if `form` is not empty; returns the response with its headers.
fn asked(url: &str, headers: &[&str], form: &[(&str, &str)]) -> String {
    let mut command = Command::new("curl");
    command.args(["-sS", "-i", "-m", "60", "--noproxy", "*", url]);
    for header in headers {
        command.args(["-H", header]);
    }
    for (name, value) in form {
        command.args(["--data-urlencode", &format!("{name}={value}")]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs).finish()
}

/// Returns Credenza's prediction: true if the server accepts the redirect URI, `None` if that
/// depends on the server.
fn said(credential: &Credential, sent: &str, provider: Provider, base_url: &str) -> Option<bool> {
    let all = matching::compare(credential, sent, api::semantics(provider), base_url);
    let callbacks = all.iter().filter(|it| it.field == credenza::domain::draft::Field::Callbacks);
    let answers: Vec<&MatchAnswer> = callbacks.map(|it| &it.answer).collect();
    if answers.iter().any(|it| matches!(it, MatchAnswer::Accepts(_))) {
        return Some(true);
    }
    (!answers.iter().any(|it| matches!(it, MatchAnswer::Depends(_)))).then_some(false)
}

/// Comparison of Credenza's predictions with the responses of a server.
struct Comparison {
    server: &'static str,
    decided: usize,
    open: usize,
    wrong: BTreeMap<String, (bool, String)>,
}

impl Comparison {
    const fn of(server: &'static str) -> Self {
        Self { server, decided: 0, open: 0, wrong: BTreeMap::new() }
    }

    fn pair(
        &mut self,
        registered: &str,
        sent: &str,
        said: Option<bool>,
        answer: &str,
        accepted: bool,
    ) {
        match said {
            None => self.open += 1,
            Some(said) => {
                self.decided += 1;
                if said != accepted {
                    let head = answer.lines().next().unwrap_or_default().to_owned();
                    self.wrong.insert(format!("{registered} <- {sent}"), (said, head));
                }
            }
        }
    }

    fn ends(self, least: usize) {
        let Self { server, decided, open, wrong } = self;
        assert!(wrong.is_empty(), "{server}: {wrong:#?}");
        assert!(
            decided >= least,
            "{server}: only {decided} pairs are predicted, {open} depend on the server"
        );
    }
}

fn pairs<'a>(cases: &'a [&'static [Case]]) -> impl Iterator<Item = Case> + 'a {
    cases.iter().flat_map(|list| list.iter().copied())
}

#[tokio::test]
async fn keycloak_accepts_what_is_said() {
    for version in ["26.7.3", "24.0.5"] {
        let server = if version == "26.7.3" { keycloak() } else { older_keycloak(version) };
        let token = if version == "26.7.3" {
            let path = format!("{}/realms/master/protocol/openid-connect/token", server.url);
            machine_token(&path, "bootstrap", "bootstrap-secret")
        } else {
            administrator(&server)
        };
        keycloak_agrees(&server, version, &token).await;
    }
}

async fn keycloak_agrees(server: &Server, version: &'static str, token: &str) {
    let bearer = format!("authorization: Bearer {token}");
    let realms = format!("{}/admin/realms", server.url);
    let realm = json!({ "realm": "acme", "enabled": true, "sslRequired": "none" });
    operate("POST", &realms, &[&bearer], Some(&realm));
    let base_url = format!("{}/realms/acme", server.url);
    let api = provider_api(Provider::Keycloak, &base_url, Some(token), None);
    let mut comparison = Comparison::of(version);
    for (number, (registered, all)) in pairs(&[WEB, LOOPBACK, KEYCLOAK]).enumerate() {
        let id = format!("client-{number}");
        let client = json!({
            "clientId": id, "publicClient": true, "standardFlowEnabled": true,
            "rootUrl": "https://root.example", "redirectUris": [registered],
        });
        operate("POST", &format!("{realms}/acme/clients"), &[&bearer], Some(&client));
        let read = api.show(CredentialRef::new(Kind::Spa, id.as_str().into())).await.unwrap();
        for sent in all {
            let query = encoded(&[
                ("client_id", &id),
                ("response_type", "code"),
                ("scope", "openid"),
                ("redirect_uri", sent),
            ]);
            let answer =
                asked(&format!("{base_url}/protocol/openid-connect/auth?{query}"), &[], &[]);
            let accepted = answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 302");
            assert!(accepted || answer.contains("redirect_uri"), "{registered} {sent}: {answer}");
            let said = said(&read, sent, Provider::Keycloak, &base_url);
            comparison.pair(registered, sent, said, &answer, accepted);
        }
    }
    comparison.ends(70);
}

#[tokio::test]
async fn hydra_accepts_what_is_said() {
    let (server, public) = hydra();
    let api = provider_api(Provider::Hydra, &server.url, None, Some(&public));
    let mut comparison = Comparison::of("Hydra");
    for (number, (registered, all)) in pairs(&[WEB, LOOPBACK]).enumerate() {
        let id = format!("client-{number}");
        let client = json!({
            "client_id": id, "token_endpoint_auth_method": "none", "scope": "openid",
            "grant_types": ["authorization_code"], "response_types": ["code"],
            "redirect_uris": [registered],
        });
        operate("POST", &format!("{}/admin/clients", server.url), &[], Some(&client));
        let read = api.show(CredentialRef::new(Kind::Spa, id.as_str().into())).await.unwrap();
        for sent in all {
            let query = encoded(&[
                ("client_id", &id),
                ("response_type", "code"),
                ("scope", "openid"),
                ("state", "a-state-of-the-tests"),
                ("code_challenge_method", "S256"),
                ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
                ("redirect_uri", sent),
            ]);
            let answer = asked(&format!("{public}/oauth2/auth?{query}"), &[], &[]);
            let accepted = answer.contains("login_challenge=");
            assert!(accepted || answer.contains("redirect"), "{registered} {sent}: {answer}");
            let said = said(&read, sent, Provider::Hydra, &server.url);
            comparison.pair(registered, sent, said, &answer, accepted);
        }
    }
    comparison.ends(40);
}

#[tokio::test]
async fn gitea_accepts_what_is_said() {
    let server = gitea();
    let token = server.file("dev.token");
    let bearer = format!("authorization: token {token}");
    let api = provider_api(Provider::Gitea, &server.url, Some(&token), None);
    let mut comparison = Comparison::of("Gitea");
    for public in [true, false] {
        for (registered, all) in pairs(&[WEB, LOOPBACK]) {
            let application = json!({
                "name": "Redirects", "confidential_client": !public, "redirect_uris": [registered],
            });
            let url = format!("{}/api/v1/user/applications/oauth2", server.url);
            let made = operate("POST", &url, &[&bearer], Some(&application));
            let id = made["client_id"].as_str().unwrap();
            let kind = if public { Kind::Spa } else { Kind::Other };
            let read = api.show(CredentialRef::new(kind, id.into())).await.unwrap();
            for sent in all {
                // The token endpoint checks the redirect URI before the code, so no user has to
                // sign in.
                let form = [
                    ("grant_type", "authorization_code"),
                    ("client_id", id),
                    ("client_secret", made["client_secret"].as_str().unwrap_or_default()),
                    ("code", "no-code"),
                    ("redirect_uri", sent),
                ];
                let endpoint = format!("{}/login/oauth/access_token", server.url);
                let answer = asked(&endpoint, &[], &form);
                let refused = answer.contains("redirect");
                assert!(refused || answer.contains("client is not authorized"), "{sent}: {answer}");
                let said = said(&read, sent, Provider::Gitea, &server.url);
                comparison.pair(registered, sent, said, &answer, !refused);
            }
        }
    }
    comparison.ends(70);
}

/// Returns a dynamically registered client, from its issuer's response.
fn registered(answer: &Json, redirect: &str) -> Credential {
    Credential::Spa(Client {
        callbacks: vec![Untrusted::from(redirect)],
        native: answer["application_type"] == "native",
        ..Client::default()
    })
}

#[test]
fn oidc_provider_accepts_what_is_said() {
    let server = oidc_with_registration(false);
    let issuer = server.text("issuer");
    let mut comparison = Comparison::of("oidc-provider");
    for (native, cases) in [(false, WEB), (true, LOOPBACK)] {
        for (redirect, all) in cases {
            let client = json!({
                "redirect_uris": [redirect], "token_endpoint_auth_method": "none",
                "application_type": if native { "native" } else { "web" },
                "grant_types": ["authorization_code"], "response_types": ["code"],
            });
            let initial = "authorization: Bearer initial-token";
            let made = operate("POST", &format!("{issuer}/reg"), &[initial], Some(&client));
            let id = made["client_id"].as_str().unwrap_or_else(|| panic!("{redirect}: {made}"));
            for sent in *all {
                let query = encoded(&[
                    ("client_id", id),
                    ("response_type", "code"),
                    ("scope", "openid"),
                    ("code_challenge_method", "S256"),
                    ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
                    ("redirect_uri", sent),
                ]);
                let answer = asked(&format!("{issuer}/auth?{query}"), &[], &[]);
                let accepted = answer.starts_with("HTTP/1.1 303");
                assert!(accepted || answer.contains("redirect_uri"), "{redirect} {sent}: {answer}");
                let said = said(&registered(&made, redirect), sent, Provider::Registration, issuer);
                comparison.pair(redirect, sent, said, &answer, accepted);
            }
        }
    }
    comparison.ends(40);
}

#[test]
fn django_oauth_toolkit_accepts_what_is_said() {
    let server = django(3600);
    let issuer = server.text("issuer");
    let alice = "authorization: Bearer alice-initial-token";
    let mut comparison = Comparison::of("django-oauth-toolkit");
    for (redirect, all) in pairs(&[WEB, LOOPBACK]) {
        let client = json!({
            "redirect_uris": [redirect], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code"], "response_types": ["code"],
        });
        let made = operate("POST", &format!("{issuer}/register/"), &[alice], Some(&client));
        let id = made["client_id"].as_str().unwrap_or_else(|| panic!("{redirect}: {made}"));
        for sent in all {
            let query = encoded(&[
                ("client_id", id),
                ("response_type", "code"),
                ("code_challenge_method", "S256"),
                ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
                ("redirect_uri", sent),
            ]);
            let answer = asked(&format!("{issuer}/authorize/?{query}"), &[alice], &[]);
            let refused = answer.starts_with("HTTP/1.0 400");
            assert!(refused || answer.starts_with("HTTP/1.0 200"), "{redirect} {sent}: {answer}");
            let said = said(&registered(&made, redirect), sent, Provider::Registration, issuer);
            comparison.pair(redirect, sent, said, &answer, !refused);
        }
    }
    comparison.ends(40);
}
