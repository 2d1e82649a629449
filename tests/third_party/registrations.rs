//! Registrations that pile up on real servers: 42 of 60 dynamically registered clients are
//! identical. A filter selects them, a plan deletes them, and the history restores one.

use serde_json::{Value, json};

use crate::{
    providers::Person,
    servers::{administrator, hydra, keycloak, oidc_with_registration, operate},
};

const IDENTICAL: usize = 42;
const DIFFERENT: usize = 18;
const CALLBACK: &str = "https://claude.example/api/mcp/auth_callback";

/// Returns the metadata (RFC 7591) of each client to register.
fn registrations() -> Vec<Value> {
    let one = |name: String, callback: String| {
        json!({ "client_name": name, "redirect_uris": [callback],
            "grant_types": ["authorization_code"], "response_types": ["code"],
            "token_endpoint_auth_method": "none" })
    };
    let identical = (0..IDENTICAL).map(|_| one("Claude".into(), CALLBACK.into()));
    let different =
        (0..DIFFERENT).map(|at| one(format!("App {at}"), format!("https://app{at}.example/cb")));
    identical.chain(different).collect()
}

fn register_all(endpoint: &str, headers: &[&str]) {
    for metadata in registrations() {
        let answer = operate("POST", endpoint, headers, Some(&metadata));
        assert!(answer["client_id"].is_string(), "{answer}");
    }
}

/// Lists, deletes and restores the identical clients of the profile `it`. If the server reports
/// creation times, the newest one is not a finding.
fn clean_up(person: &Person, reports_created: bool) {
    let ids = |filter: &str| -> Vec<String> {
        let list = ["list", "--profile", "it", "--where", filter, "-o", "json"];
        let rows: Value = serde_json::from_str(&person.must(&list, "")).unwrap();
        let id = |row: &Value| row["client_id"].as_str().unwrap().to_owned();
        rows.as_array().unwrap().iter().map(id).collect()
    };
    let identical = ids("has:FLT07");
    let kept = usize::from(reports_created);
    assert_eq!(identical.len(), IDENTICAL - kept);
    assert_eq!(ids("name:App*").len(), DIFFERENT);
    let delete = ["delete", "--profile", "it", "--where", "has:FLT07"];
    let plan = person.must(&[&delete[..], &["--dry-run"]].concat(), "");
    assert!(plan.contains(&format!("Would delete {}.", IDENTICAL - kept)), "{plan}");
    let count = (IDENTICAL - kept).to_string();
    person.must(&[&delete[..], &["--confirm-count", &count]].concat(), "");
    assert_eq!(ids("name:Claude").len(), kept);
    assert_eq!(ids("name:App*").len(), DIFFERENT);
    let said = person.must(&["restore", "--profile", "it", "--", &identical[0]], "");
    assert!(said.contains("Claude"), "{said}");
    assert_eq!(ids("name:Claude").len(), kept + 1);
}

#[test]
fn identical_registrations_of_keycloak_are_found_and_deleted() {
    let server = keycloak();
    let bearer = || format!("authorization: Bearer {}", administrator(&server));
    let realm: Value = serde_json::from_str(include_str!("servers/keycloak/realm.json")).unwrap();
    let admin = format!("{}/admin/realms", server.url);
    operate("POST", &admin, &[&bearer()], Some(&realm));
    let access = json!({ "count": IDENTICAL + DIFFERENT, "expiration": 600 });
    let access = operate(
        "POST",
        &format!("{admin}/acme/clients-initial-access"),
        &[&bearer()],
        Some(&access),
    );
    let url = format!("{}/realms/acme", server.url);
    let initial = format!("authorization: Bearer {}", access["token"].as_str().unwrap());
    register_all(&format!("{url}/clients-registrations/openid-connect"), &[&initial]);
    let person = Person::new();
    person.must(&["profile", "add", "it", "--base-url", &url, "--client-id", "credenza-admin"], "");
    person.must(&["login", "it", "--with", "machine"], "credenza-admin-secret");
    clean_up(&person, false);
}

#[test]
fn identical_registrations_of_hydra_are_found_and_deleted() {
    let (server, public) = hydra();
    register_all(&format!("{public}/oauth2/register"), &[]);
    let person = Person::new();
    person.must(&["profile", "add", "it", "--base-url", &server.url, "--issuer", &public], "");
    clean_up(&person, true);
}

/// The server lists no clients, so the register of this machine has those that Credenza registered.
#[test]
fn identical_registrations_of_oidc_provider_are_found_and_deleted() {
    let server = oidc_with_registration(false);
    let person = Person::new();
    person.must(&["profile", "add", "it", "--base-url", server.text("issuer")], "");
    person.must(&["login", "it", "--with", "token"], "initial-token");
    for client in registrations() {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (name, callback) = (text(&client["client_name"]), text(&client["redirect_uris"][0]));
        let create = ["create", "spa", "--profile", "it", "--name", &name, "--callback", &callback];
        person.must(&create, "");
    }
    clean_up(&person, true);
}
