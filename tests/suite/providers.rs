//! Requests of the providers to a fake server, and their interpretation of its responses. Tests
//! with real servers are in `tests/third_party`.

use std::{process::Command, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use credenza::{
    api::{
        self, Access, Bearer, CredentialsApi, Http, ProviderDeps, RotationRequest, Scope, Trust,
        auth0::Auth0, fleet, http::Fixed, hydra::Hydra, keycloak::Keycloak,
    },
    auth::open,
    domain::{
        CredentialRef, Kind, Profile, Secret,
        draft::{Change, Field, FieldValue as Text},
        evidence::OpenSessions,
        profile::Provider,
    },
};
use serde_json::{Value, json};

use crate::common::faulty::{Fault, Faulty};

const CLIENTS: &str = "/admin/realms/acme/clients";

fn keycloak(faulty: &Faulty) -> Keycloak {
    let base = format!("{}/realms/acme", faulty.base_url);
    let bearer = Arc::new(Fixed(Arc::new(Secret::new("a token".into()))));
    let http = Http::new(&base, Some(bearer), &Trust::default()).unwrap();
    Keycloak::new(http, &base).unwrap()
}

/// Returns a Keycloak client with members that Credenza does not support, and with members that
/// affect other members.
fn rich() -> Value {
    json!({
        "id": "0000-1", "clientId": "portal", "name": "Portal", "secret": "canary",
        "publicClient": false, "bearerOnly": false, "standardFlowEnabled": true,
        "serviceAccountsEnabled": true, "authorizationServicesEnabled": true,
        "frontchannelLogout": true, "redirectUris": ["https://a.example/cb"],
        "attributes": { "x.y": "z", "post.logout.redirect.uris": "+" },
        "protocolMappers": [{ "name": "aud", "config": { "a": "b" } }],
        "access": { "view": true, "configure": true, "manage": true },
    })
}

fn rename(to: &str) -> Vec<Change> {
    let text = |text: &str| Text::Line(text.to_owned());
    vec![Change { field: Field::Name, before: text("Portal"), after: text(to) }]
}

/// Hydra sends a link to a next page even if the list is empty.
#[tokio::test]
async fn list_of_a_fresh_hydra_ends() {
    const HEADERS: &[(&str, &str)] = &[
        ("content-type", "application/json"),
        ("link", "</admin/clients?page_size=500&page_token=eyJwYWdlIjoiMSJ9>; rel=\"next\""),
    ];
    let faulty = Faulty::start();
    let empty = Fault::Answer(200, HEADERS, "[]".to_owned());
    faulty.on("GET /admin/clients?", empty);
    let http = Http::new(&faulty.base_url, None, &Trust::default()).unwrap();
    let hydra = Hydra::new(http, &faulty.base_url, None);
    let page = hydra.page(api::PageQuery::first(Kind::Spa, Scope::Mine, 100)).await.unwrap();
    assert_eq!((page.entries.len(), page.next), (0, None));
}

#[tokio::test]
async fn keycloak_edit_sends_the_whole_client() {
    let faulty = Faulty::start();
    faulty.on(&format!("GET {CLIENTS}?"), Fault::json(200, &json!([rich()]).to_string()));
    faulty.on(&format!("PUT {CLIENTS}/0000-1"), Fault::Answer(204, &[], String::new()));
    let api = keycloak(&faulty);
    api.edit(CredentialRef::new(Kind::Other, "portal".into()), None, rename("Shop")).await.unwrap();
    let mut expected = rich();
    expected["name"] = json!("Shop");
    let members = expected.as_object_mut().unwrap();
    // Sending the secret would undo a rotation by another administrator.
    members.remove("secret");
    members.remove("access");
    assert_eq!(faulty.bodies(&format!("PUT {CLIENTS}")), [expected]);
}

/// Auth0 merges the sent members into the client (`PATCH /api/v2/clients/{id}`), so an edit sends
/// only the changed member.
#[tokio::test]
async fn auth0_edit_sends_the_changed_member_alone() {
    let faulty = Faulty::start();
    let client = json!({
        "client_id": "portal", "name": "Portal", "app_type": "spa", "is_first_party": true,
        "callbacks": ["https://a.example/cb"], "allowed_logout_urls": [], "grant_types": ["authorization_code"],
        "addons": { "samlp": { "audience": "urn:a" } }, "mobile": { "ios": { "team_id": "T" } },
        "refresh_token": { "rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0 },
        "client_metadata": { "team": "maps" },
    });
    let mut renamed = client.clone();
    renamed["name"] = json!("Shop");
    let one = "/api/v2/clients/portal";
    let answers = vec![client.to_string(), renamed.to_string()];
    faulty.on(&format!("GET {one}"), Fault::InTurn(answers));
    faulty.on(&format!("PATCH {one}"), Fault::json(200, &renamed.to_string()));
    let bearer = Arc::new(Fixed(Arc::new(Secret::new("a token".into()))));
    let http = Http::new(&faulty.base_url, Some(bearer), &Trust::default()).unwrap();
    let api = Auth0::new(http, &faulty.base_url);
    let written = api
        .edit(CredentialRef::new(Kind::Spa, "portal".into()), None, rename("Shop"))
        .await
        .unwrap();
    assert_eq!(faulty.bodies(&format!("PATCH {one}")), [json!({ "name": "Shop" })]);
    assert_eq!(written.side_effects, []);
}

#[tokio::test]
async fn unrequested_changes_are_reported() {
    let faulty = Faulty::start();
    let mut client = rich();
    faulty.on(&format!("GET {CLIENTS}?"), Fault::json(200, &json!([client]).to_string()));
    let api = keycloak(&faulty);
    let read = api.show(CredentialRef::new(Kind::Other, "portal".into())).await.unwrap();
    let version = read.record().version.clone();
    // The server changes a flag and issues a new secret, as Keycloak 25 does with a partial object.
    client["frontchannelLogout"] = json!(false);
    client["secret"] = json!("another");
    client["name"] = json!("Shop");
    let later = json!([client]).to_string();
    let first = json!([rich()]).to_string();
    faulty.on(&format!("GET {CLIENTS}?"), Fault::InTurn(vec![first, later]));
    faulty.on(&format!("PUT {CLIENTS}/0000-1"), Fault::Answer(204, &[], String::new()));
    let written = api
        .edit(CredentialRef::new(Kind::Other, "portal".into()), version, rename("Shop"))
        .await
        .unwrap();
    assert_eq!(written.side_effects, ["frontchannelLogout".into(), "secret".into()]);
}

/// Runs a command with a profile of a Keycloak realm on the faulty server; returns exit code,
/// stdout and stderr.
fn with_keycloak(faulty: &Faulty, arguments: &[&str]) -> (Option<i32>, String, String) {
    let home = tempfile::tempdir().unwrap();
    let credenza = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_credenza"));
        command.args(arguments).env_clear().env("HOME", home.path()).env("CREDENZA_TOKEN", "t");
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let base = format!("{}/realms/acme", faulty.base_url);
    let add = ["profile", "add", "kc", "--offline", "--provider", "keycloak", "--env", "prod"];
    let added = credenza(&[&add[..], &["--base-url", &base, "--issuer", &base]].concat());
    assert_eq!(added.0, Some(0), "{}", added.2);
    credenza(arguments)
}

#[test]
fn fix_leaves_a_redirect_uri_and_the_clients_of_the_server() {
    let client = |id: &str, name: &str, uris: Value| {
        json!({
            "id": format!("0000-{id}"), "clientId": id, "name": name, "enabled": true,
            "protocol": "openid-connect", "publicClient": true, "standardFlowEnabled": true,
            "redirectUris": uris, "attributes": {},
        })
    };
    let uris = json!(["com.acme.field:/cb", "http://127.0.0.1/cb"]);
    let console = json!(["/admin/acme/console/*"]);
    let clients = json!([
        client("field-app", "Field app", uris),
        client("portal", "Portal", json!(["http://localhost:3000/cb"])),
        client("security-admin-console", "${client_security-admin-console}", console.clone()),
        client("account-console", "${client_account-console}", json!(["/realms/acme/account/*"])),
    ]);
    let faulty = Faulty::start();
    faulty.on(&format!("GET {CLIENTS}"), Fault::json(200, &clients.to_string()));
    let arguments = ["audit", "--fix=all", "--dry-run", "--output", "json"];
    let (_, out, said) = with_keycloak(&faulty, &arguments);
    let plan: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{said}"));
    for step in plan["steps"].as_array().unwrap() {
        let built_in = step["id"].as_str().unwrap().contains("console");
        assert!(!built_in || step["state"] == "skipped", "{step}");
        for change in step["changes"].as_array().into_iter().flatten() {
            let callbacks = change["field"] == "callbacks";
            assert!(!callbacks || change["after"] != json!([]), "{step}");
        }
    }
    // An edit of a single built-in client requires its name as confirmation.
    let edit = ["rm-url", "account-console", "callback", "/realms/acme/account/*"];
    let one = json!([client("account-console", "", json!(["/realms/acme/account/*"]))]);
    faulty.on(&format!("GET {CLIENTS}?clientId"), Fault::json(200, &one.to_string()));
    let (code, _, said) = with_keycloak(&faulty, &[&edit[..], &["--unlock", "kc"]].concat());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("add --confirm"), "{said}");
    assert_eq!(faulty.count("PUT"), 0);
}

/// Realm names are percent-encoded exactly once, even if they are already encoded in the base URL.
#[tokio::test]
async fn realms_with_odd_names_are_found() {
    for (written, called) in [
        ("mein%20realm", "mein%20realm"),
        ("b\u{fc}ro", "b%C3%BCro"),
        ("b%C3%BCro", "b%C3%BCro"),
        ("a%2Fb", "a%2Fb"),
        ("50%25", "50%25"),
        ("what%3F", "what%3F"),
        ("n%23", "n%23"),
    ] {
        let faulty = Faulty::start();
        let list = format!("GET /admin/realms/{called}/clients?");
        faulty.on(&list, Fault::json(200, &json!([rich()]).to_string()));
        let base = format!("{}/realms/{written}", faulty.base_url);
        let bearer = Arc::new(Fixed(Arc::new(Secret::new("a token".into()))));
        let http = Http::new(&base, Some(bearer), &Trust::default()).unwrap();
        let api = Keycloak::new(http, &base).unwrap();
        let read = api.show(CredentialRef::new(Kind::Other, "portal".into())).await;
        assert!(read.is_ok(), "{written}: {read:?}");
    }
}

/// If a client cannot authenticate with a secret, reading and rotating its secret fail with the
/// reason.
#[tokio::test]
async fn clients_without_a_secret_are_not_given_one() {
    for (members, reason) in [
        (json!({ "clientAuthenticatorType": "client-jwt" }), "client-jwt"),
        (json!({ "clientAuthenticatorType": "client-x509" }), "client-x509"),
        (json!({ "protocol": "saml" }), "SAML"),
        (json!({ "bearerOnly": true }), "bearer-only"),
        (json!({ "publicClient": true }), "public"),
    ] {
        let faulty = Faulty::start();
        let mut client = rich();
        for (name, value) in members.as_object().unwrap() {
            client[name] = value.clone();
        }
        faulty.on(&format!("GET {CLIENTS}?"), Fault::json(200, &json!([client]).to_string()));
        let api = keycloak(&faulty);
        let id = || "portal".into();
        let secret =
            api.secret(CredentialRef::new(Kind::Other, id())).await.unwrap_err().explain("").why;
        let rotated = api
            .rotate(CredentialRef::new(Kind::Other, id()), RotationRequest::default())
            .await
            .unwrap_err();
        assert!(secret.contains(reason) && rotated.explain("").why.contains(reason), "{secret}");
        assert_eq!(faulty.count("POST"), 0, "{reason}");
    }
}

/// An account with permissions on single clients has no role for them in its token, so a missing
/// role must not rule out lists and edits.
#[tokio::test]
async fn roles_of_a_token_are_no_verdict() {
    let faulty = Faulty::start();
    let claims =
        json!({ "resource_access": { "realm-management": { "roles": ["query-clients"] } } });
    let encoded = URL_SAFE_NO_PAD.encode(claims.to_string());
    let bearer = Arc::new(Fixed(Arc::new(Secret::new(format!("e30.{encoded}.x")))));
    let base = format!("{}/realms/acme", faulty.base_url);
    let http = Http::new(&base, Some(bearer), &Trust::default()).unwrap();
    let capabilities = Keycloak::new(http, &base).unwrap().capabilities().await.unwrap();
    let spa = capabilities.of(Kind::Spa);
    assert_eq!((&spa.list, &spa.edit), (&Access::Allowed, &Access::Allowed));
    assert_ne!(spa.create, Access::Allowed, "permissions on single clients do not allow a create");
}

/// Returns a page of a list of `all` clients, with the three kinds in turn.
fn page_of_clients(first: usize, size: usize, all: usize) -> String {
    let clients = (first..all.min(first + size)).map(|number| {
        let (public, service) = (number % 3 == 0, number % 3 == 1);
        json!({
            "id": format!("uuid-{number}"), "clientId": format!("client-{number}"),
            "publicClient": public, "standardFlowEnabled": !service, "serviceAccountsEnabled": service,
            "attributes": {},
        })
    });
    Value::Array(clients.collect()).to_string()
}

/// Starts a fake Keycloak server with this many clients, in pages of 200.
fn keycloak_with(clients: usize) -> Faulty {
    let faulty = Faulty::start();
    for first in (0..=9000).step_by(200) {
        let path = format!("GET {CLIENTS}?first={first}&max=200");
        faulty.on(&path, Fault::json(200, &page_of_clients(first, 200, clients)));
    }
    faulty
}

/// Keycloak has one list of clients. It is read once for all kinds, several pages at a time, and
/// each kind gets its rows.
#[tokio::test]
async fn one_list_is_read_once_for_every_kind() {
    let faulty = keycloak_with(900);
    let api = keycloak(&faulty);
    let capabilities = api.capabilities().await.unwrap();
    let kinds = fleet::kinds(&capabilities);
    let mut came = 0;
    let read = fleet::read(&api, &capabilities, &kinds, Scope::Mine, |rows| came += rows).await;
    assert_eq!((read.failed.len(), read.credentials.len(), came), (0, 900, 900));
    let counted = |kind| read.credentials.iter().filter(|it| it.kind() == kind).count();
    assert_eq!([Kind::Spa, Kind::M2m, Kind::Other].map(counted), [300; 3]);
    let mut asked: Vec<String> =
        faulty.seen.lock().unwrap().iter().map(|(line, _)| line.clone()).collect();
    // Without a total, up to three pages after the last one are requested.
    assert!((5..=8).contains(&asked.len()), "{asked:?}");
    asked.sort();
    asked.dedup();
    assert_eq!(faulty.count("GET"), asked.len(), "each page once: {asked:?}");
}

/// A short list is read page by page, because requesting pages ahead saves time only for a long
/// list.
#[tokio::test]
async fn short_list_is_not_asked_for_pages_that_it_has_not() {
    let faulty = keycloak_with(259);
    let api = keycloak(&faulty);
    let capabilities = api.capabilities().await.unwrap();
    let kinds = fleet::kinds(&capabilities);
    let read = fleet::read(&api, &capabilities, &kinds, Scope::Mine, |_| {}).await;
    assert_eq!((read.credentials.len(), faulty.count("GET")), (259, 2));
}

/// A provider with a single list of clients must declare this. Otherwise each tab would request
/// that list again.
#[tokio::test]
async fn providers_with_one_list_read_it_once() {
    let one = r#"{"data":{"keys":["a"],"key_info":{"a":{"client_id":"a"}}}}"#;
    for (provider, list, answer) in [
        (Provider::Gitea, "GET /api/v1/user/applications/oauth2", "[]"),
        (Provider::BetterAuth, "GET /oauth2/get-clients", "[]"),
        (Provider::OpenBao, "GET /v1/identity/oidc/client", one),
    ] {
        let faulty = Faulty::start();
        faulty.on(list, Fault::json(200, answer));
        let profile = Profile { base_url: faulty.base_url.clone(), provider, ..Profile::default() };
        let bearer: Arc<dyn Bearer> = Arc::new(Fixed(Arc::new(Secret::new("it".into()))));
        let http = open::http(&profile, Some(bearer), &Trust::default()).unwrap();
        let api = api::provider(&profile, http, ProviderDeps::default()).unwrap();
        let capabilities = api.capabilities().await.unwrap();
        let kinds = [Kind::Spa, Kind::M2m, Kind::Other];
        fleet::read(&*api, &capabilities, &kinds, Scope::Mine, |_| {}).await;
        assert_eq!(faulty.count(list), 1, "{provider:?}");
    }
}

/// Events that moved to the next page are counted once, errors do not count as uses, and the notes
/// list the event types that the realm does not record.
#[tokio::test]
async fn recorded_events_of_a_realm_are_counted_once() {
    let faulty = Faulty::start();
    let of = |path: &str| format!("GET /admin/realms/acme{path}");
    let config = json!({ "eventsEnabled": true, "enabledEventTypes": ["LOGIN", "CLIENT_LOGIN"] });
    faulty.on(&of("/events/config"), Fault::json(200, &config.to_string()));
    let event = |id: usize, kind: &str, client: &str| {
        json!({ "id": id.to_string(), "time": 1_796_078_484_000_i64 - 1000 * i64::try_from(id).unwrap(),
                "type": kind, "clientId": client })
    };
    let mut first = vec![event(0, "CLIENT_LOGIN_ERROR", "sync"), event(1, "CLIENT_UPDATE", "shop")];
    first.extend((2..1000).map(|id| event(id, "CLIENT_LOGIN", "sync")));
    let second = [event(999, "CLIENT_LOGIN", "sync"), event(1000, "LOGIN", "shop")];
    faulty.on(&of("/events?first=0&max=1000"), Fault::json(200, &json!(first).to_string()));
    faulty.on(&of("/events?first=1000&max=1000"), Fault::json(200, &json!(second).to_string()));
    let stats = json!([{ "clientId": "shop", "active": "2", "offline": "1" }]);
    faulty.on(&of("/client-session-stats"), Fault::json(200, &stats.to_string()));

    let found = keycloak(&faulty).recorded_uses().await.unwrap();
    let (sync, shop) = (found.of("sync"), found.of("shop"));
    assert_eq!((sync.uses, sync.failures, shop.uses), (998, 1, 1));
    assert_eq!(sync.last.unwrap().as_millisecond(), 1_796_078_482_000);
    assert_eq!(shop.sessions, Some(OpenSessions { active: 2, offline: 1 }));
    assert_eq!(sync.sessions, Some(OpenSessions::default()));
    assert_eq!(found.coverage.entries, 1001);
    let missing = "The realm does not record these events: CODE_TO_TOKEN, REFRESH_TOKEN.";
    assert_eq!((found.notes, found.incomplete), (vec![missing.to_owned()], Vec::new()));

    // Without the role that session statistics require, events are still counted.
    faulty.on(&of("/client-session-stats"), Fault::json(403, "{}"));
    let found = keycloak(&faulty).recorded_uses().await.unwrap();
    assert_eq!((found.of("sync").uses, found.of("sync").sessions), (998, None));
    assert!(found.incomplete[0].contains("required role: view-realm"), "{:?}", found.incomplete);
}

/// A rate-limited page is requested again, and the following pages are requested one by one.
#[tokio::test]
async fn limited_page_is_asked_for_again() {
    let faulty = keycloak_with(1300);
    let limited = Fault::Answer(429, &[("retry-after", "1")], String::new());
    let page = format!("GET {CLIENTS}?first=400&max=200");
    faulty.after(&format!("GET {CLIENTS}?first=0"), &page, limited);
    faulty.after(&page, &page, Fault::json(200, &page_of_clients(400, 200, 1300)));
    let api = keycloak(&faulty);
    let capabilities = api.capabilities().await.unwrap();
    let kinds = [Kind::Spa, Kind::M2m, Kind::Other];
    let read = fleet::read(&api, &capabilities, &kinds, Scope::Mine, |_| {}).await;
    let mut ids: Vec<_> = read.credentials.iter().map(|it| it.id().raw().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((read.failed.len(), ids.len()), (0, 1300));
}
