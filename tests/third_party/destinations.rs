//! Secrets that Hydra shows once: each is delivered, kept in the session store, or never issued.

use serde_json::Value;

use crate::{
    providers::Person,
    servers::{hydra, machine_token, operate},
};

#[test]
fn secret_of_hydra_is_delivered_or_pending_or_was_never_made() {
    let (server, public) = hydra();
    let person = Person::new();
    person.must(&["profile", "add", "it", "--base-url", &server.url, "--issuer", &public], "");
    let clients = || -> Vec<Value> {
        let all = operate("GET", &format!("{}/admin/clients", server.url), &[], None);
        all.as_array().unwrap().clone()
    };
    let run = |words: &[&str]| person.runs(&[&["--profile", "it"], words].concat(), "");

    // A destination that cannot take a secret is refused before a request is sent.
    std::os::unix::fs::symlink("/nowhere/at/all", person.home().join("dangling")).unwrap();
    let dangling = person.home().join("dangling").display().to_string();
    let taken = person.file("taken", "x");
    for to in [
        ["--secret-file", &dangling],
        ["--secret-file", &taken],
        ["--secret-file", "/dev/full"],
        ["--secret-file", "/nowhere/at/all"],
        ["--secret-fd", "77"],
        ["--exec", "no-such-program"],
    ] {
        let said = run(&[&["create", "m2m", "--name", "Robot"], &to[..]].concat());
        assert!(!said.ok, "{to:?}");
        assert_eq!(clients().len(), 0, "{to:?}: {}", said.err);
    }

    // A delivery that fails after the create leaves the secret in the session store.
    let said = run(&["create", "m2m", "--name", "Robot", "--exec", "false"]);
    assert!(!said.ok && said.err.contains("is in the session store"), "{}", said.err);
    let all = clients();
    assert_eq!(all.len(), 1);
    let id = all[0]["client_id"].as_str().unwrap();
    let endpoint = format!("{public}/oauth2/token");
    let endpoint = endpoint.replace("//oauth2", "/oauth2");
    let secret = person.must(&["--profile", "it", "secret", "pending", id, "--reveal"], "");
    assert!(!machine_token(&endpoint, id, secret.trim()).is_empty());

    let rotate = ["rotate", id, "--confirm", "Robot"];
    let said = run(&[&rotate[..], &["--exec", "false"]].concat());
    assert!(!said.ok && said.err.contains("is in the session store"), "{}", said.err);
    let file = person.home().join("rotated");
    let to = file.display().to_string();
    person.must(&["--profile", "it", "secret", "pending", id, "--secret-file", &to], "");
    let rotated = std::fs::read_to_string(&file).unwrap();
    assert_ne!(rotated, secret.trim());
    assert!(!machine_token(&endpoint, id, &rotated).is_empty());
}
