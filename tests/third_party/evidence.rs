//! Evidence of use from the events and sessions of a Keycloak realm, and the expiry of a client's
//! certificate and of Credenza's session.

use serde_json::{Value, json};

use crate::{
    providers::Person,
    servers::{administrator, keycloak, machine_token, older_keycloak, operate},
};

#[test]
fn events_of_a_realm_are_evidence_of_use() {
    for server in [keycloak(), older_keycloak("22.0.5")] {
        let bearer = || format!("authorization: Bearer {}", administrator(&server));
        let realm: Value =
            serde_json::from_str(include_str!("servers/keycloak/realm.json")).unwrap();
        let admin = format!("{}/admin/realms", server.url);
        operate("POST", &admin, &[&bearer()], Some(&realm));
        let person = Person::new();
        let url = format!("{}/realms/acme", server.url);
        let add = ["profile", "add", "it", "--base-url", &url, "--client-id", "credenza-viewer"];
        person.must(&add, "");
        let used = |more: &[&str], token: &str| {
            let mut command = person
                .command(&[&["used", "--profile", "it", "--events", "-o", "json"], more].concat());
            let output = command.env("CREDENZA_TOKEN", token).output().unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (output.status.code(), text(&output.stdout), text(&output.stderr))
        };
        let endpoint = format!("{url}/protocol/openid-connect/token");
        let viewer = machine_token(&endpoint, "credenza-viewer", "credenza-viewer-secret");
        let (code, _, said) = used(&[], &viewer);
        assert!(code == Some(1) && said.contains("required role: view-events"), "{said}");

        let (code, _, said) = used(&[], &administrator(&server));
        assert!(code == Some(4) && said.contains("The realm records no events."), "{said}");

        let config = format!("{admin}/acme/events/config");
        operate("PUT", &config, &[&bearer()], Some(&json!({ "eventsEnabled": true })));
        machine_token(&endpoint, "credenza-admin", "credenza-admin-secret");
        let refused = ["-d", "grant_type=client_credentials"];
        let wrong = std::process::Command::new("curl")
            .args(["-sS", "-m", "60", "--noproxy", "*", &endpoint, "-u", "credenza-nobody:wrong"])
            .args(refused)
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&wrong.stdout).contains("\"error\""));
        let (code, out, said) = used(&[], &administrator(&server));
        assert_eq!(code, Some(0), "{said}");
        let found: Value = serde_json::from_str(&out).unwrap();
        let of = |id: &str| {
            let mut all = found["credentials"].as_array().unwrap().iter();
            all.find(|it| it["id"] == id).cloned().unwrap_or_default()
        };
        let admin = of("credenza-admin");
        assert_eq!((&admin["uses"], &admin["active_sessions"]), (&json!(1), &json!(0)), "{out}");
        let nobody = of("credenza-nobody");
        assert_eq!((&nobody["uses"], &nobody["failures"]), (&json!(0), &json!(1)), "{out}");
        assert_eq!(of("credenza-viewer"), Value::Null, "{out}");
        assert_eq!(found["events"], 2, "{out}");
        let note = "The realm does not record these events: REFRESH_TOKEN.";
        assert!(said.contains(note), "{said}");
    }
}

/// The certificate of a client that signs JWTs has a known expiry. The session is renewed with a
/// client secret, so its expiry is unknown.
#[test]
fn certificates_and_sessions_of_a_realm_expire() {
    let server = keycloak();
    let bearer = format!("authorization: Bearer {}", administrator(&server));
    let realm: Value = serde_json::from_str(include_str!("servers/keycloak/realm.json")).unwrap();
    let admin = format!("{}/admin/realms", server.url);
    operate("POST", &admin, &[&bearer], Some(&realm));
    let bearer = format!("authorization: Bearer {}", administrator(&server));
    let person = Person::new();
    let (key, certificate) = (person.file("key.pem", ""), person.file("certificate.pem", ""));
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=sync", "-days", "20"])
        .args(["-keyout", &key, "-out", &certificate])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let pem = std::fs::read_to_string(&certificate).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let client = json!({ "clientId": "signs", "serviceAccountsEnabled": true, "standardFlowEnabled": false,
        "clientAuthenticatorType": "client-jwt", "attributes": { "jwt.credential.certificate": base64 } });
    operate("POST", &format!("{admin}/acme/clients"), &[&bearer], Some(&client));

    let url = format!("{}/realms/acme", server.url);
    let add = ["profile", "add", "it", "--base-url", &url, "--client-id", "credenza-viewer"];
    person.must(&add, "");
    person.must(&["login", "it", "--with", "machine"], "credenza-viewer-secret");
    let expiring = ["expiring", "--profile", "it", "--sessions", "-o", "json"];
    let found: Value = serde_json::from_str(&person.runs(&expiring, "").out).unwrap();
    let parts = found["expiring"].as_array().unwrap();
    assert_eq!(
        (parts.len(), &parts[0]["part"], &parts[0]["id"]),
        (1, &json!("certificate"), &json!("signs"))
    );
    let before = person.runs(&["expiring", "--profile", "it", "-o", "json"], "");
    let before: Value = serde_json::from_str(&before.out).unwrap();
    assert_eq!(found["unknown"], before["unknown"].as_u64().unwrap() + 1, "the session");
}
