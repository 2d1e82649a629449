//! Providers against real servers, as a user would test them: add a profile, sign in, run
//! `credenza conformance`. The result is committed under `tests/matrix`, and the book's table is
//! generated from it. `UPDATE_MATRIX=1` updates the committed result.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    counterparts::{Started, binary},
    servers::{
        self, better_auth, django, gitea, hydra, keycloak, machine_token, oidc_with_registration,
        openbao, operate,
    },
};

/// User with a temporary home directory and an encrypted session file.
pub struct Person(tempfile::TempDir);

pub struct Said {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

impl Person {
    pub const PASSPHRASE: &str = "a passphrase of the tests";

    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn home(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.home().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// Returns the program with arguments and the environment of the user.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .env("HOME", self.home())
            .env("CREDENZA_PASSPHRASE", Self::PASSPHRASE)
            .env("CREDENZA_STORE", "file")
            .env("RUST_BACKTRACE", "0")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_STATE_HOME")
            .env_remove("CREDENZA_TOKEN")
            .env_remove("CREDENZA_PROFILE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn runs(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = self.command(arguments).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { ok: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    pub fn must(&self, arguments: &[&str], input: &str) -> String {
        let said = self.runs(arguments, input);
        assert!(said.ok, "credenza {}: {}{}", arguments.join(" "), said.out, said.err);
        said.out
    }

    /// Runs the conformance suite with the profile `it`, and compares the result with the committed
    /// result.
    fn conforms(&self, name: &str, more: &[&str]) {
        let arguments =
            [&["conformance", "--profile", "it", "--yes", "--output", "json"], more].concat();
        let said = self.runs(&arguments, "");
        let report: Value = serde_json::from_str(&said.out)
            .unwrap_or_else(|_| panic!("{name}: {}{}", said.out, said.err));
        let lines: Vec<String> = report["checks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|check| {
                let text = |name: &str| check[name].as_str().unwrap_or("-").to_owned();
                let line = format!("{:<6} {:<21} {}", text("kind"), text("name"), text("outcome"));
                match check["why"].as_str() {
                    Some(why) => format!("{line}: {why}"),
                    None => line,
                }
            })
            .collect();
        let found = format!("{}\n", lines.join("\n"));
        assert!(said.ok, "{name}\n{found}{}", said.err);
        let path = servers::matrix(&format!("{name}.txt"));
        if std::env::var_os("UPDATE_MATRIX").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &found).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            found, committed,
            "{name}: differs from the committed result; UPDATE_MATRIX=1 updates it"
        );
    }
}

/// Returns the profile `it` as JSON.
fn shown(person: &Person) -> Value {
    serde_json::from_str(&person.must(&["profile", "show", "it", "--output", "json"], "")).unwrap()
}

#[test]
fn keycloak_conforms() {
    let mut server = keycloak();
    let token = |realm: &str, id: &str, secret: &str| {
        let path = format!("{}/realms/{realm}/protocol/openid-connect/token", server.url);
        machine_token(&path, id, secret)
    };
    let realm: Value = serde_json::from_str(include_str!("servers/keycloak/realm.json")).unwrap();
    let bearer =
        format!("authorization: Bearer {}", token("master", "bootstrap", "bootstrap-secret"));
    operate("POST", &format!("{}/admin/realms", server.url), &[&bearer], Some(&realm));

    let person = Person::new();
    let url = format!("{}/realms/acme", server.url);
    let said = person.runs(&["profile", "add", "it", "--base-url", &server.url], "");
    assert!(said.err.contains("Add a realm to the URL"), "{}", said.err);
    let add = ["profile", "add", "it", "--base-url", &url, "--client-id", "credenza-admin"];
    let said = person.must(&add, "");
    assert!(said.contains("Keycloak, realm acme"), "{said}");
    assert_eq!(shown(&person)["provider"], "keycloak");
    person.must(&["login", "it", "--with", "machine"], "credenza-admin-secret");
    let other = person.file("viewer", &token("acme", "credenza-viewer", "credenza-viewer-secret"));
    person.conforms("keycloak", &["--other-token-file", &other]);

    // With this policy, the previous secret works for an hour. The result of the suite must be the
    // same.
    let master = token("master", "bootstrap", "bootstrap-secret");
    let bearer = format!("authorization: Bearer {master}");
    let policies = format!("{}/admin/realms/acme/client-policies", server.url);
    let profiles = json!({"profiles": [{"name": "rotate", "executors": [{"executor": "secret-rotation",
        "configuration": {"expiration-period": 86400, "rotated-expiration-period": 3600,
        "remaining-rotation-period": 600}}]}]});
    operate("PUT", &format!("{policies}/profiles"), &[&bearer], Some(&profiles));
    let rules = json!({"policies": [{"name": "all", "enabled": true, "profiles": ["rotate"],
        "conditions": [{"condition": "client-access-type", "configuration": {"type": ["confidential"]}}]}]});
    operate("PUT", &format!("{policies}/policies"), &[&bearer], Some(&rules));
    person.conforms("keycloak", &["--other-token-file", &other]);

    // A viewer can run the suite, and its report names the missing role.
    let viewer = Person::new();
    viewer
        .must(&["profile", "add", "it", "--base-url", &url, "--client-id", "credenza-viewer"], "");
    viewer.must(&["login", "it", "--with", "machine"], "credenza-viewer-secret");
    let said = viewer.runs(&["conformance", "--profile", "it", "--yes"], "");
    assert!(
        said.ok && said.out.contains("Your account has no manage-clients role"),
        "{}",
        said.out
    );

    server.kill();
    let said = person.runs(&["whoami", "it"], "");
    assert!(said.err.contains("Could not reach") || said.ok, "{}{}", said.out, said.err);
    let said = person.runs(&["conformance", "--profile", "it", "--yes"], "");
    assert!(
        !said.ok && said.out.contains("Could not reach") | said.err.contains("Could not reach")
    );
}

#[test]
fn hydra_conforms() {
    let (mut server, public) = hydra();
    let person = Person::new();
    let said = person.runs(&["profile", "add", "it", "--base-url", &public], "");
    assert!(said.err.contains("Ory Hydra's public URL"), "{}", said.err);
    let said =
        person.must(&["profile", "add", "it", "--base-url", &server.url, "--issuer", &public], "");
    assert!(said.contains("Ory Hydra's admin API v2.3.0"), "{said}");
    assert_eq!(shown(&person)["sign_in"], "none");
    let said = person.runs(&["login", "it"], "");
    assert!(said.err.contains("requires no token"), "{}", said.err);
    person.conforms("hydra", &[]);
    server.kill();
    let said = person.runs(&["conformance", "--profile", "it", "--yes"], "");
    assert!(!said.ok && said.out.contains("Could not reach"), "{}{}", said.out, said.err);
}

#[test]
fn openbao_conforms_and_says_what_a_token_may_not() {
    let server = openbao();
    let person = Person::new();
    let said = person.must(&["profile", "add", "it", "--base-url", &server.url], "");
    assert!(said.contains("OpenBao 2.7.2"), "{said}");
    person.must(&["login", "it", "--with", "token"], "root");
    let root = "x-vault-token: root";
    let reader = "path \"identity/oidc/client\" {capabilities=[\"list\"]}\n\
                  path \"identity/oidc/client/*\" {capabilities=[\"read\"]}";
    let policy = format!("{}/v1/sys/policies/acl/reader", server.url);
    operate("PUT", &policy, &[root], Some(&json!({ "policy": reader })));
    let create = format!("{}/v1/auth/token/create", server.url);
    let body = json!({ "policies": ["reader"], "ttl": "1h" });
    let made = operate("POST", &create, &[root], Some(&body));
    let token = made["auth"]["client_token"].as_str().unwrap();
    let other = person.file("reader", token);
    person.conforms("openbao", &["--other-token-file", &other, "--token-scope", "default"]);

    let limited = Person::new();
    limited.must(&["profile", "add", "it", "--base-url", &server.url], "");
    limited.must(&["login", "it", "--with", "token"], token);
    let said = limited.runs(&["conformance", "--profile", "it", "--yes"], "");
    assert!(said.ok, "{}{}", said.out, said.err);
    assert!(said.out.contains("do not allow create on identity/oidc/client"), "{}", said.out);

    operate("PUT", &format!("{}/v1/sys/seal", server.url), &[root], None);
    let said = person.runs(&["whoami", "it"], "");
    assert!(said.err.contains("Vault is sealed"), "{}", said.err);
}

#[test]
fn better_auth_conforms() {
    let server = better_auth(false);
    let url = server.text("url");
    let sign_up = |name: &str| {
        let email = format!("{name}@example.test");
        let body = json!({ "email": email, "name": name, "password": "correct horse" });
        let answer = operate("POST", &format!("{url}/sign-up/email"), &[], Some(&body));
        answer["token"].as_str().unwrap().to_owned()
    };
    let (ann, bob) = (sign_up("ann"), sign_up("bob"));
    let person = Person::new();
    let origin = url.trim_end_matches("/api/auth");
    let said = person.must(&["profile", "add", "it", "--base-url", origin], "");
    assert!(said.contains("Better Auth"), "{said}");
    assert_eq!(shown(&person)["base_url"], url);
    person.must(&["login", "it", "--with", "token"], &ann);
    let said = person.must(&["whoami", "it"], "");
    assert!(said.contains("ann@example.test"), "{said}");
    let other = person.file("bob", &bob);
    person.conforms("better-auth", &["--other-token-file", &other]);

    // An API key is sent in a separate header.
    let bearer = format!("authorization: Bearer {ann}");
    let key = operate(
        "POST",
        &format!("{url}/api-key/create"),
        &[&bearer],
        Some(&json!({ "name": "cli" })),
    );
    let machine = Person::new();
    machine.must(&["profile", "add", "it", "--base-url", url, "--token-header", "x-api-key"], "");
    machine.must(&["login", "it", "--with", "token"], key["key"].as_str().unwrap());
    let said = machine.must(&["whoami", "it"], "");
    assert!(said.contains("ann@example.test"), "{said}");
}

#[test]
fn gitea_conforms() {
    let server = gitea();
    let person = Person::new();
    let said = person.must(&["profile", "add", "it", "--base-url", &server.url], "");
    assert!(said.contains("Gitea 1.26.0"), "{said}");
    person.must(&["login", "it", "--with", "token"], &server.file("dev.token"));
    let said = person.must(&["whoami", "it"], "");
    assert!(said.contains("dev@example.test"), "{said}");
    let other = person.file("boss", &server.file("boss.token"));
    person.conforms("gitea", &["--other-token-file", &other, "--token-scope", "read:user"]);
}

/// Runs the suite with a server's dynamic registration, and requires that it passes.
pub fn registers_at(issuer: &str, initial: &str) {
    let person = Person::new();
    // The profile is added offline, so the registration endpoint must be given.
    let path = if issuer.contains("/realms/") {
        "clients-registrations/openid-connect"
    } else {
        "oauth2/register"
    };
    let endpoint = format!("{issuer}/{path}");
    let add = [
        "profile",
        "add",
        "it",
        "--offline",
        "--provider",
        "registration",
        "--base-url",
        issuer,
        "--registration-endpoint",
        &endpoint,
    ];
    person.must(&add, "");
    person.must(&["login", "it", "--with", "token"], initial);
    let said = person.runs(&["conformance", "--profile", "it", "--yes"], "");
    assert!(said.ok, "{}{}", said.out, said.err);
    assert!(said.out.contains("ok  issues"), "{}", said.out);
}

fn registers(name: &str, server: &Started, initial: &str) {
    let issuer = server.text("issuer");
    let person = Person::new();
    let said = person.must(&["profile", "add", "it", "--base-url", issuer], "");
    assert!(said.contains("an issuer that registers clients"), "{said}");
    // With a wrong initial access token, no client is registered.
    person.must(&["login", "it", "--with", "token"], "not-that-token");
    let said = person.runs(&["conformance", "--profile", "it", "--yes"], "");
    assert!(!said.ok && said.out.contains("rejected the bearer token"), "{}", said.out);
    person.must(&["login", "it", "--with", "token"], initial);
    person.conforms(name, &[]);
    assert!(
        person
            .must(&["register", "list", "--profile", "it"], "")
            .contains("is empty. Add a client")
    );
}

#[test]
fn dynamic_registration_conforms_at_oidc_provider() {
    registers("oidc-provider", &oidc_with_registration(false), "initial-token");
    registers("oidc-provider", &oidc_with_registration(true), "initial-token");
}

#[test]
fn dynamic_registration_conforms_at_django_oauth_toolkit() {
    registers("django-oauth-toolkit", &django(3600), "alice-initial-token");
    // With an expired initial access token, no client is registered.
    let ended = django(0);
    let person = Person::new();
    person.must(&["profile", "add", "it", "--base-url", ended.text("issuer")], "");
    person.must(&["login", "it", "--with", "token"], "alice-initial-token");
    let said = person.runs(&["conformance", "--profile", "it", "--yes"], "");
    assert!(!said.ok && said.out.contains("rejected the bearer token"), "{}", said.out);
}

#[test]
fn a_client_that_was_registered_elsewhere_is_taken_over() {
    let server = oidc_with_registration(false);
    let issuer = server.text("issuer");
    let wanted = json!({ "client_name": "Elsewhere", "redirect_uris": ["https://a.example/cb"] });
    let made = operate(
        "POST",
        &format!("{issuer}/reg"),
        &["authorization: Bearer initial-token"],
        Some(&wanted),
    );
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let (id, uri, token) =
        (text("client_id"), text("registration_client_uri"), text("registration_access_token"));
    let person = Person::new();
    person.must(&["profile", "add", "it", "--base-url", issuer], "");
    person.must(&["login", "it", "--with", "token"], "initial-token");
    let import = ["register", "import", &format!("--uri={uri}"), "--", &id];
    let said = person.runs(&import, "a-wrong-token");
    assert!(
        !said.ok && said.err.contains("registration access token was rejected"),
        "{}",
        said.err
    );
    let foreign = ["register", "import", "--uri=http://127.0.0.1:9/reg/x", "--", &id];
    let said = person.runs(&foreign, &token);
    assert!(!said.ok && said.err.contains("redirects to"), "{}", said.err);
    let said = person.must(&import, &token);
    assert!(said.contains("Imported Elsewhere"), "{said}");
    assert!(person.must(&["register", "list"], "").contains(&id));
    let forget = ["register", "forget", &format!("--confirm={id}"), "--", &id];
    person.must(&forget, "");
    assert!(!person.must(&["register", "list"], "").contains(&id));
    // No file may contain a token in clear text.
    for entry in walk(person.home()) {
        let bytes = std::fs::read(&entry).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&token) && !text.contains("initial-token"), "{}", entry.display());
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path) } else { vec![path] }
        })
        .collect()
}
