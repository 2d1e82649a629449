//! Manifests on real servers: one is applied to Keycloak, the secret of its new client is delivered
//! to OpenBao, and a client is copied from Keycloak to Hydra.

use std::fs;

use serde_json::{Value, json};

use crate::{
    providers::Person,
    rotation::{ROOT, accepts},
    servers::{administrator, hydra, keycloak, openbao, operate},
};

/// Returns the realm's client with this ID; null if it does not exist.
fn client(clients: &str, admin: &str, id: &str) -> Value {
    let found = operate("GET", &format!("{clients}?clientId={id}"), &[admin], None);
    found.get(0).cloned().unwrap_or_default()
}

#[test]
fn manifest_is_applied_on_keycloak_and_copied_to_hydra() {
    let (server, bao, (target, public)) = (keycloak(), openbao(), hydra());
    let admin = format!("authorization: Bearer {}", administrator(&server));
    let realm: Value = serde_json::from_str(include_str!("servers/keycloak/realm.json")).unwrap();
    operate("POST", &format!("{}/admin/realms", server.url), &[&admin], Some(&realm));
    let clients = format!("{}/admin/realms/acme/clients", server.url);
    let kept = json!({ "x.y": "z", "pkce.code.challenge.method": "S256" });
    for (id, name) in [("portal", "Portal"), ("former", "Former")] {
        let new = json!({ "clientId": id, "name": name, "publicClient": true, "attributes": kept,
            "redirectUris": ["https://shop.staging.acme.dev/cb"] });
        operate("POST", &clients, &[&admin], Some(&new));
    }

    let person = Person::new();
    let url = format!("{}/realms/acme", server.url);
    let add = ["profile", "add", "it", "--base-url", &url, "--client-id", "credenza-admin"];
    person.must(&add, "");
    person.must(&["login", "it", "--with", "machine"], "credenza-admin-secret");
    person.must(&["profile", "add", "ory", "--base-url", &target.url, "--issuer", &public], "");
    let config = person.home().join(".config/credenza/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let root = person.file("root.token", "root");
    let destination = format!(
        "[destinations.bao]\ntype = \"openbao\"\naddress = \"{}\"\npath = \"apps/sync\"\ntoken_command = [\"cat\", \"{root}\"]\n",
        bao.url
    );
    fs::write(&config, format!("{text}\n{destination}")).unwrap();
    let run = |words: &[&str]| person.runs(&[&["--profile", "it"], words].concat(), "");

    let manifest = person.file(
        "wanted.yaml",
        "schema: credenza.manifest/v1\ncredentials:\n  - kind: spa\n    id: portal\n    callbacks: [\"https://shop.staging.acme.dev/login\"]\n  - kind: m2m\n    id: nightly-sync\n    name: Nightly sync\n    secret_to: [bao]\n",
    );
    let plan = person.file("plan.json", "");
    let words = ["plan", &manifest, "--prune", "former", "--out", &plan];
    let planned = run(&words);
    assert!(!planned.ok && planned.out.contains("Planned: 3."), "{}{}", planned.out, planned.err);
    assert!(!client(&clients, &admin, "former").is_null(), "a plan changes nothing");
    let applied = run(&["apply", &plan, "--confirm-count", "3"]);
    assert!(applied.ok, "{}{}", applied.out, applied.err);

    let portal = client(&clients, &admin, "portal");
    assert_eq!(portal["redirectUris"], json!(["https://shop.staging.acme.dev/login"]));
    assert_eq!((&portal["attributes"]["x.y"], &portal["name"]), (&json!("z"), &json!("Portal")));
    assert!(client(&clients, &admin, "former").is_null(), "--prune must delete the client former");
    let entry = format!("{}/v1/secret/data/apps/sync", bao.url);
    let stored = operate("GET", &entry, &[ROOT], None)["data"]["data"]["client_secret"].clone();
    let endpoint = format!("{url}/protocol/openid-connect/token");
    assert!(accepts(&endpoint, "nightly-sync", stored.as_str().unwrap()));
    let output = [applied.out, applied.err].concat();
    assert!(!output.contains(stored.as_str().unwrap()), "the secret is never printed");
    assert_eq!(
        person.must(&["--profile", "it", "plan", &manifest], ""),
        "The server matches the manifest.\n"
    );

    let public = "schema: credenza.manifest/v1\ncredentials:\n  - {kind: spa, name: Web, secret_to: [bao]}\n";
    let refused = run(&["plan", &person.file("public.yaml", public)]);
    assert!(refused.err.contains("a SPA OAuth Client has no secret"), "{}", refused.err);

    // URLs that the local workspace derives from the login URL are registered on Keycloak.
    let login = "https://derived.acme.dev/";
    let local = ["--profile", "local", "create", "spa", "--name", "Derived", "--login-url", login];
    person.must(&local, "");
    let copy = ["--profile", "local", "copy-to", "it", "Derived", "--confirm-count", "1"];
    person.must(&copy, "");
    let all = operate("GET", &clients, &[&admin], None);
    let is_derived = |it: &&Value| it["name"] == "Derived";
    let derived = all.as_array().unwrap().iter().find(is_derived).unwrap();
    assert_eq!(derived["redirectUris"], json!([login]), "{derived}");

    // The secret of a public client is not requested.
    let copy =
        ["copy-to", "ory", "portal", "--map", "staging.acme.dev=acme.dev", "--deliver-to", "bao"];
    let copied = run(&[&copy[..], &["--confirm-count", "1"]].concat());
    assert!(copied.ok, "{}{}", copied.out, copied.err);
    let made = operate("GET", &format!("{}/admin/clients/portal", target.url), &[], None);
    assert_eq!(made["redirect_uris"], json!(["https://shop.acme.dev/login"]), "{made}");
    assert_eq!(made["token_endpoint_auth_method"], "none", "{made}");
    let again = run(&copy);
    assert_eq!(again.out, "Nothing to apply.\n", "{}", again.err);
}
