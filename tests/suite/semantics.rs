//! Rules of the providers for comparing URLs, as Credenza implements them. Tests with real servers
//! are in `tests/third_party`.

use credenza::{
    api,
    domain::{
        Client, Untrusted,
        profile::Provider,
        semantics::{MatchAnswer, Semantics, UriReading},
    },
};

const KEYCLOAK: &Semantics = api::semantics(Provider::Keycloak);
const AUTH0: &Semantics = api::semantics(Provider::Auth0);

fn client() -> Client {
    let callbacks = ["https://a.dev/cb", "/console/*"].map(Untrusted::from).to_vec();
    Client { callbacks, organizations: true, ..Client::default() }
}

fn accepts(semantics: &'static Semantics, entry: &str, sent: &str) -> bool {
    let client = client();
    let base_url = "https://id.dev/auth/realms/acme";
    let reading = UriReading { semantics, client: &client, is_public: true, base_url };
    matches!(reading.redirect(entry, sent), MatchAnswer::Accepts(_))
}

#[test]
fn prefixes_are_compared_without_the_query() {
    for (entry, sent, expected) in [
        ("https://a.dev/*", "https://a.dev/cb?x=1", true),
        ("https://a.dev/*", "https://a.dev", true),
        ("https://a.dev/*", "https://a.dev/a/../b", false),
        ("https://a.dev/*", "https://u@a.dev/a", false),
        ("https://a.dev*", "https://a.dev.evil/", false),
        ("https://a.dev:*", "https://a.dev:8443/", true),
        ("https://*.a.dev/cb", "https://b.a.dev/cb", false),
        ("*", "https://any.dev/x", true),
        ("*", "com.app:/cb", false),
        ("com.app:*", "com.app:/cb", true),
        ("http://localhost/cb", "http://localhost:1234/cb", true),
        ("http://localhost:80/cb", "http://localhost:1234/cb", false),
        ("http://localhost:*", "http://localhost:1234/cb", true),
        ("http://localhost*", "http://localhost:1234/cb", true),
        ("/console/*", "https://id.dev/console/x", true),
        ("https://a.dev/cb", "https://a.dev/cb?x=1", false),
    ] {
        assert_eq!(accepts(KEYCLOAK, entry, sent), expected, "{entry} {sent}");
    }
}

#[test]
fn labels_are_one_label() {
    for (entry, sent, expected) in [
        ("https://*.example.com/cb", "https://a.example.com/cb", true),
        ("https://*.example.com/cb", "https://a.b.example.com/cb", false),
        ("https://*.example.com/cb", "https://example.com/cb", false),
        ("https://pre-*-suf.example.com", "https://pre-x-suf.example.com", true),
        ("https://*.com", "https://a.com", false),
        ("https://sub.*.example.com", "https://sub.a.example.com", false),
        ("https://{organization_name}.a.dev/cb", "https://globex.a.dev/cb", true),
        ("https://a.dev/{organization_name}", "https://a.dev/globex", false),
    ] {
        assert_eq!(accepts(AUTH0, entry, sent), expected, "{entry} {sent}");
    }
}

#[test]
fn words_stand_for_the_callbacks() {
    let client = client();
    let base_url = "https://id.dev/realms/acme";
    let reading = UriReading { semantics: KEYCLOAK, client: &client, is_public: true, base_url };
    let yes = MatchAnswer::Accepts(None);
    assert_eq!(reading.logout("+", "https://a.dev/cb"), yes);
    assert_eq!(reading.logout("-", "https://a.dev/cb"), MatchAnswer::Refuses);
    assert_eq!(reading.origin("+", "https://a.dev"), yes);
    assert_eq!(reading.origin("+", "https://id.dev"), yes, "relative URLs use its origin");
    assert_eq!(reading.origin("+", "https://b.dev"), MatchAnswer::Refuses);
    assert_eq!(reading.origin("*", "https://b.dev"), yes);
}
