//! Secrets in a configuration file are tested at the server from which it was exported.

use serde_json::Value;

use crate::{
    providers::Person,
    servers::{administrator, keycloak, operate},
};

#[test]
fn secrets_in_a_realm_export_are_tested_at_keycloak() {
    let server = keycloak();
    let admin = format!("authorization: Bearer {}", administrator(&server));
    let text = include_str!("servers/keycloak/realm.json");
    let realm: Value = serde_json::from_str(text).unwrap();
    operate("POST", &format!("{}/admin/realms", server.url), &[&admin], Some(&realm));
    let person = Person::new();
    // One secret was rotated after the export.
    let export =
        person.file("realm.json", &text.replace("credenza-viewer-secret", "a former secret"));
    let issuer = format!("{}/realms/acme", server.url);
    let audit = ["audit", &export, "--rules", "SEC12", "--output", "json", "--prove", &issuer];
    let refused = person.runs(&audit, "");
    assert!(!refused.ok && refused.err.contains("No secret was sent."), "{}", refused.err);

    let said = person.runs(&[&audit[..], &["--confirm-count", "3"]].concat(), "");
    let report: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err));
    let mut found: Vec<[&str; 3]> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| ["id", "severity", "message"].map(|name| it[name].as_str().unwrap()))
        .collect();
    found.sort_unstable();
    let accepted = format!("Client secret is in the file in clear text (accepted by {issuer})");
    let rejected = format!("Client secret is in the file in clear text (rejected by {issuer})");
    assert_eq!(
        found,
        [
            ["credenza-admin", "critical", &accepted],
            ["credenza-nobody", "critical", &accepted],
            ["credenza-viewer", "high", &rejected],
        ]
    );
    assert!(said.err.contains("2 of 3 secrets can be used at"), "{}", said.err);
    assert!(
        !said.out.contains("-secret\"") && !said.err.contains("former"),
        "no secret is printed"
    );
}
