//! No edit loses data. Clients with many members that Credenza does not support are edited by
//! commands, and most are renamed in the console. The representations on the server before and
//! after an edit may differ only in the requested member, apart from those that [`settled`]
//! ignores.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    counterparts::binary,
    providers::Person,
    servers::{
        self, better_auth, gitea, hydra, keycloak, oidc_with_registration, older_better_auth,
        older_keycloak, older_oidc_with_registration, older_openbao, openbao, operate,
    },
};

/// Edit by a command: its arguments, the JSON pointer of the member that it changes, and the new
/// value.
struct Edit {
    arguments: Vec<String>,
    member: &'static str,
    to: Value,
}

fn edit(arguments: &[&str], member: &'static str, to: Value) -> Edit {
    Edit { arguments: arguments.iter().map(|it| (*it).to_owned()).collect(), member, to }
}

fn rename(to: &str, member: &'static str) -> Edit {
    edit(&["edit", "--name", to, "--", "ID"], member, json!(to))
}

fn add(list: &str, url: &str, member: &'static str, to: Value) -> Edit {
    edit(&["add-url", "--", "ID", list, url], member, to)
}

/// Returns the value with sorted arrays, because servers may reorder them. Omits members that are
/// null, and members that servers change with a write.
fn settled(value: Value) -> Value {
    const MOVING: [&str; 5] = [
        "updated_at",
        "registration_access_token",
        "updatedAt",
        "client_secret_expires_at",
        "client_id_issued_at",
    ];
    match value {
        Value::Array(list) => {
            let mut list: Vec<Value> = list.into_iter().map(settled).collect();
            list.sort_by_key(Value::to_string);
            Value::Array(list)
        }
        Value::Object(object) => object
            .into_iter()
            .filter(|(name, value)| !MOVING.contains(&name.as_str()) && !value.is_null())
            .map(|(name, value)| (name, settled(value)))
            .collect(),
        other => other,
    }
}

/// Runs edits one after the other; after each edit, `state` may differ only in the edited member.
fn only_what_was_asked(person: &Person, id: &str, edits: Vec<Edit>, state: impl Fn() -> Value) {
    let state = || settled(state());
    for Edit { arguments, member, to } in edits {
        let before = state();
        let words: Vec<&str> =
            arguments.iter().map(|it| if it == "ID" { id } else { it }).collect();
        let said = person.runs(&[&["--profile", "it"], &words[..]].concat(), "");
        assert!(said.ok, "{words:?}: {}{}", said.out, said.err);
        assert!(!said.err.contains("also changed"), "{words:?}: {}", said.err);
        let mut expected = before;
        *expected.pointer_mut(member).unwrap_or_else(|| panic!("no {member} in {id}")) =
            settled(to);
        assert_same(&format!("{id}: {words:?}"), &expected, &state());
    }
}

/// The plan for an exported manifest of all clients has no changes.
#[track_caller]
fn matches_its_manifest(person: &Person) {
    let manifest = person.file("manifest.yaml", "");
    person.must(&["--profile", "it", "export", &manifest], "");
    let text = std::fs::read_to_string(&manifest).unwrap();
    assert!(text.contains("  - kind: "), "{text}");
    let said = person.must(&["--profile", "it", "plan", &manifest], "");
    assert_eq!(said, "The server matches the manifest.\n", "{text}");
}

/// An export for another tool matches the clients on the server, and contains no secrets.
#[track_caller]
fn matches_its_export(person: &Person, format: &str) {
    let file = person.file(&format!("{format}.yaml"), "");
    person.must(&["--profile", "it", "export", "--as", format, &file], "");
    let said = person.must(&["--profile", "it", "diff", &file, "--managed"], "");
    assert_eq!(said, "Nothing changed.\n", "{format}");
    let audited = person.runs(&["audit", &file, "--output", "json"], "");
    let audit: Value =
        serde_json::from_str(&audited.out).unwrap_or_else(|_| panic!("{}", audited.err));
    let rules = audit["findings"].as_array().unwrap().iter().map(|it| &it["rule"]);
    assert!(rules.clone().count() > 0 && rules.clone().all(|it| it != "SEC12"), "{audit}");
}

#[track_caller]
fn assert_same(what: &str, expected: &Value, found: &Value) {
    if expected != found {
        let lines = |value: &Value| serde_json::to_string_pretty(value).unwrap();
        let (expected, found) = (lines(expected), lines(found));
        let gone = expected.lines().filter(|line| !found.contains(line)).collect::<Vec<_>>();
        let came = found.lines().filter(|line| !expected.contains(line)).collect::<Vec<_>>();
        panic!("{what}\n- {}\n+ {}", gone.join("\n- "), came.join("\n+ "));
    }
}

/// Console in a private tmux server.
pub struct Console(String);

impl Console {
    fn open(person: &Person) -> Self {
        let passphrase = format!("CREDENZA_PASSPHRASE='{}'", Person::PASSPHRASE);
        Self::start(person.home(), &passphrase, "--profile it")
    }

    /// Starts the console with additional variables and arguments.
    pub fn start(home: &std::path::Path, variables: &str, arguments: &str) -> Self {
        let name = format!("credenza-{}", rand::random::<u64>());
        let run = format!(
            "env -i HOME={} PATH=/usr/bin:/bin TERM=tmux-256color LANG=C.UTF-8 CREDENZA_STORE=file \
             {variables} {} {arguments}",
            home.display(),
            binary()
        );
        let console = Self(name);
        console.tmux(&["new-session", "-d", "-x", "120", "-y", "40", "-s", &console.0, &run]);
        console
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-L", &self.0]).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys", "-t", &self.0], keys].concat());
    }

    pub fn sees(&self, text: &str) {
        self.until(text, || {});
    }

    /// Kills the console with SIGKILL.
    pub fn kill(&self) {
        let pid = self.tmux(&["list-panes", "-a", "-F", "#{pane_pid}"]);
        Command::new("kill").args(["-9", pid.trim()]).output().unwrap();
    }

    /// Calls `again` until the screen shows `text`. Panics after 30 seconds.
    pub fn until(&self, text: &str, again: impl Fn()) {
        let begun = Instant::now();
        loop {
            let screen = self.tmux(&["capture-pane", "-p", "-t", &self.0]);
            if screen.contains(text) {
                return;
            }
            again();
            assert!(begun.elapsed() < Duration::from_secs(30), "no {text:?} in:\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// Renames a client in the console; afterwards, `state` may differ only in the client's name.
fn renamed_in_the_console(
    person: &Person,
    tab: &str,
    name: &str,
    member: &str,
    state: impl Fn() -> Value,
) {
    let before = settled(state());
    let console = Console::open(person);
    console.sees("OAuth Clients");
    // The console ignores this key while it loads, so the key is repeated until the list appears.
    console.until(name, || console.keys(&[tab]));
    console.keys(&["/", name, "Enter"]);
    console.sees(&format!("/ {name}"));
    console.keys(&["e"]);
    console.sees("ctrl-s save");
    console.keys(&["End", "x", "C-s"]);
    console.sees("Changes to save:");
    console.keys(&["C-s"]);
    console.sees("saved");
    let mut expected = before;
    *expected.pointer_mut(member).unwrap() = json!(format!("{name}x"));
    assert_same(&format!("{name} in the console"), &expected, &settled(state()));
}

fn keeps_on_keycloak(server: &servers::Server) {
    let admin = servers::administrator(server);
    let master = format!("authorization: Bearer {admin}");
    let realm: Value = serde_json::from_str(include_str!("servers/keycloak/realm.json")).unwrap();
    operate("POST", &format!("{}/admin/realms", server.url), &[&master], Some(&realm));
    let person = Person::new();
    let url = format!("{}/realms/acme", server.url);
    person.must(&["profile", "add", "it", "--base-url", &url, "--client-id", "credenza-admin"], "");
    person.must(&["login", "it", "--with", "machine"], "credenza-admin-secret");
    let file =
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/third_party/servers/keycloak/realm.json");
    let said = person.must(&["--profile", "it", "diff", file], "");
    assert_eq!(said, "Nothing changed.\n", "the realm as it was imported");
    let clients = format!("{}/admin/realms/acme/clients", server.url);
    let uris = json!(["https://a.example/cb"]);
    let attributes = json!({ "x.y": "z", "post.logout.redirect.uris": "https://a.example/bye",
        "access.token.lifespan": "120", "client.session.idle.timeout": "60" });
    let mappers = json!([{ "name": "aud", "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": { "included.custom.audience": "api", "access.token.claim": "true" } }]);
    let portal = json!({ "clientId": "portal", "name": "Portal", "publicClient": false,
        "serviceAccountsEnabled": true, "authorizationServicesEnabled": true,
        "standardFlowEnabled": true, "redirectUris": uris, "webOrigins": ["+"],
        "baseUrl": "https://a.example/", "frontchannelLogout": true, "consentRequired": true,
        "attributes": attributes, "protocolMappers": mappers });
    let shop = json!({ "clientId": "shop", "name": "Shop", "publicClient": true, "redirectUris": uris,
        "baseUrl": "https://a.example/", "frontchannelLogout": false, "attributes": attributes });
    let robot = json!({ "clientId": "robot", "name": "Robot", "publicClient": false,
        "standardFlowEnabled": false, "serviceAccountsEnabled": true, "protocolMappers": mappers });
    let bearer = json!({ "clientId": "bear", "name": "Bear", "bearerOnly": true });
    let saml = json!({ "clientId": "saml", "name": "SAML", "protocol": "saml", "redirectUris": uris,
        "frontchannelLogout": true, "attributes": { "saml.assertion.signature": "true" } });
    for client in [&portal, &shop, &robot, &bearer, &saml] {
        operate("POST", &clients, &[&master], Some(client));
        let id = client["clientId"].as_str().unwrap();
        let found = operate("GET", &format!("{clients}?clientId={id}"), &[&master], None);
        let one = format!("{clients}/{}", found[0]["id"].as_str().unwrap());
        let handle = found[0]["id"].clone();
        if id == "portal" {
            let scopes =
                json!({ "name": "document", "uris": ["/d/*"], "scopes": [{ "name": "read" }] });
            operate(
                "POST",
                &format!("{one}/authz/resource-server/resource"),
                &[&master],
                Some(&scopes),
            );
            let policy = json!({ "name": "policy", "clients": [handle] });
            let policies = format!("{one}/authz/resource-server/policy/client");
            operate("POST", &policies, &[&master], Some(&policy));
        }
        let state = || {
            let mut all = json!({ "client": operate("GET", &one, &[&master], None) });
            for related in [
                "client-secret",
                "authz/resource-server/settings",
                "protocol-mappers/models",
                "default-client-scopes",
                "optional-client-scopes",
                "scope-mappings",
            ] {
                all[related] = operate("GET", &format!("{one}/{related}"), &[&master], None);
            }
            all
        };
        let mut edits = vec![rename(&format!("{id} renamed"), "/client/name")];
        if ["portal", "shop"].contains(&id) {
            let (base, more) = ("https://b.example/", "https://b.example/cb");
            let logout = "https://a.example/bye##https://b.example/bye";
            let origins = if id == "portal" {
                json!(["+", "https://b.example"])
            } else {
                json!(["https://a.example", "https://b.example"])
            };
            edits.extend([
                edit(&["edit", "--login-url", base, "--", "ID"], "/client/baseUrl", json!(base)),
                add(
                    "callback",
                    more,
                    "/client/redirectUris",
                    json!(["https://a.example/cb", more]),
                ),
                add(
                    "logout",
                    "https://b.example/bye",
                    "/client/attributes/post.logout.redirect.uris",
                    json!(logout),
                ),
            ]);
            if id == "portal" {
                edits.push(add(
                    "allowed-origin",
                    "https://b.example",
                    "/client/webOrigins",
                    origins,
                ));
            }
        }
        if id == "saml" {
            let both = json!(["https://a.example/cb", "https://b.example/cb"]);
            edits.push(add("callback", "https://b.example/cb", "/client/redirectUris", both));
        }
        only_what_was_asked(&person, id, edits, state);
        if id == "portal" || id == "robot" {
            let tab = if id == "portal" { "4" } else { "3" };
            renamed_in_the_console(&person, tab, &format!("{id} renamed"), "/client/name", state);
        }
    }
    let snapshot = person.file("snapshot.json", "");
    person.must(&["--profile", "it", "snapshot", &snapshot], "");
    let said = person.must(&["--profile", "it", "diff", &snapshot], "");
    assert_eq!(said, "Nothing changed.\n");
    let said = person.must(&["--profile", "it", "diff", file, "--managed"], "");
    assert_eq!(said, "Nothing changed.\n", "the clients of the file");
    matches_its_manifest(&person);
    matches_its_export(&person, "keycloak-config-cli");
}

#[test]
fn keycloak_keeps_every_member() {
    keeps_on_keycloak(&keycloak());
}

#[test]
fn older_keycloaks_keep_every_member() {
    for version in ["25.0.6", "24.0.5", "22.0.5"] {
        keeps_on_keycloak(&older_keycloak(version));
    }
}

#[test]
fn hydra_keeps_every_member() {
    let (server, public) = hydra();
    let person = Person::new();
    person.must(&["profile", "add", "it", "--base-url", &server.url, "--issuer", &public], "");
    let clients = format!("{}/admin/clients", server.url);
    let common = json!({
        "client_id": "portal", "client_name": "Portal", "redirect_uris": ["https://a.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "metadata": { "team": ["a", "b"], "n": 1 }, "contacts": ["ops@example.com"],
        "audience": ["https://api.example"], "scope": "openid offline",
        "post_logout_redirect_uris": ["https://a.example/bye"],
        "allowed_cors_origins": ["https://a.example"], "skip_consent": true,
        "authorization_code_grant_access_token_lifespan": "10m0s",
    });
    let keys = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "k", "use": "sig", "alg": "ES256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" }] });
    for (id, member, value) in
        [("with-keys", "jwks", keys), ("keys-by-url", "jwks_uri", json!("https://a.example/jwks"))]
    {
        let mut client = common.clone();
        client["client_id"] = json!(id);
        client[member] = value;
        client["token_endpoint_auth_method"] = json!("private_key_jwt");
        let made = operate("POST", &clients, &[], Some(&client));
        assert_eq!(made["client_id"], id, "{made}");
        let one = format!("{clients}/{id}");
        let state = || operate("GET", &one, &[], None);
        let two = |name: &str| {
            json!([format!("https://a.example{name}"), format!("https://b.example{name}")])
        };
        let edits = vec![
            rename("Renamed", "/client_name"),
            add("callback", "https://b.example/cb", "/redirect_uris", two("/cb")),
            add("logout", "https://b.example/bye", "/post_logout_redirect_uris", two("/bye")),
            add("allowed-origin", "https://b.example", "/allowed_cors_origins", two("")),
        ];
        only_what_was_asked(&person, id, edits, state);
    }
    let state = || operate("GET", &format!("{clients}/with-keys"), &[], None);
    operate("DELETE", &format!("{clients}/keys-by-url"), &[], None);
    renamed_in_the_console(&person, "4", "Renamed", "/client_name", state);
    matches_its_manifest(&person);
    matches_its_export(&person, "hydra-maester");
}

fn keeps_on_openbao(server: &servers::Server) {
    let person = Person::new();
    person.must(&["profile", "add", "it", "--base-url", &server.url], "");
    person.must(&["login", "it", "--with", "token"], "root");
    let root = "x-vault-token: root";
    let one = format!("{}/v1/identity/oidc/client/portal", server.url);
    let client = json!({ "client_type": "confidential", "redirect_uris": ["https://a.example/cb"],
        "assignments": ["allow_all"], "id_token_ttl": "30m", "access_token_ttl": "1h", "key": "default" });
    operate("POST", &one, &[root], Some(&client));
    let state = || operate("GET", &one, &[root], None)["data"].clone();
    let both = json!(["https://a.example/cb", "https://b.example/cb"]);
    let edits = vec![add("callback", "https://b.example/cb", "/redirect_uris", both)];
    only_what_was_asked(&person, "portal", edits, state);
    matches_its_manifest(&person);
}

#[test]
fn openbao_keeps_every_member() {
    keeps_on_openbao(&openbao());
    keeps_on_openbao(&older_openbao());
}

#[test]
fn gitea_keeps_every_member() {
    let server = gitea();
    let token = server.file("dev.token");
    let bearer = format!("authorization: Bearer {token}");
    let person = Person::new();
    person.must(&["profile", "add", "it", "--base-url", &server.url], "");
    person.must(&["login", "it", "--with", "token"], &token);
    let applications = format!("{}/api/v1/user/applications/oauth2", server.url);
    let portal = json!({ "name": "Portal", "redirect_uris": ["https://a.example/cb"],
        "confidential_client": false, "skip_secondary_authorization": true });
    let made = operate("POST", &applications, &[&bearer], Some(&portal));
    let state = || {
        let mut all = operate("GET", &format!("{applications}/{}", made["id"]), &[&bearer], None);
        // The server assigns a secret to a public client and changes that secret with each edit,
        // but never checks it.
        all.as_object_mut().unwrap().remove("client_secret");
        all
    };
    let both = json!(["https://a.example/cb", "https://b.example/cb"]);
    let edits = vec![
        rename("Renamed", "/name"),
        add("callback", "https://b.example/cb", "/redirect_uris", both),
    ];
    only_what_was_asked(&person, made["client_id"].as_str().unwrap(), edits, state);
    renamed_in_the_console(&person, "2", "Renamed", "/name", state);
    matches_its_manifest(&person);
}

fn keeps_on_better_auth(server: &crate::counterparts::Started) {
    let url = server.text("url");
    let body = json!({ "email": "ann@example.test", "name": "ann", "password": "correct horse" });
    let ann = operate("POST", &format!("{url}/sign-up/email"), &[], Some(&body));
    let token = ann["token"].as_str().unwrap();
    let bearer = format!("authorization: Bearer {token}");
    let person = Person::new();
    person.must(&["profile", "add", "it", "--base-url", url], "");
    person.must(&["login", "it", "--with", "token"], token);
    let portal = json!({ "client_name": "Portal", "redirect_uris": ["https://a.example/cb"],
        "contacts": ["ops@example.com"], "tos_uri": "https://a.example/tos", "scope": "openid profile",
        "software_id": "s-1", "policy_uri": "https://a.example/policy", "type": "web",
        "post_logout_redirect_uris": ["https://a.example/bye"] });
    let made = operate("POST", &format!("{url}/oauth2/create-client"), &[&bearer], Some(&portal));
    let id = made["client_id"].as_str().unwrap_or_else(|| panic!("{made}"));
    let state =
        || operate("GET", &format!("{url}/oauth2/get-client?client_id={id}"), &[&bearer], None);
    let two = |name: &str| {
        json!([format!("https://a.example{name}"), format!("https://b.example{name}")])
    };
    let edits = vec![
        rename("Renamed", "/client_name"),
        add("callback", "https://b.example/cb", "/redirect_uris", two("/cb")),
        add("logout", "https://b.example/bye", "/post_logout_redirect_uris", two("/bye")),
    ];
    only_what_was_asked(&person, id, edits, state);
    renamed_in_the_console(&person, "4", "Renamed", "/client_name", state);
    matches_its_manifest(&person);
}

#[test]
fn better_auth_keeps_every_member() {
    keeps_on_better_auth(&better_auth(false));
    keeps_on_better_auth(&older_better_auth());
}

fn keeps_where_it_registers(issuer: &str, path: &str, initial: &str, more: &Value) {
    let person = Person::new();
    person.must(&["profile", "add", "it", "--base-url", issuer], "");
    person.must(&["login", "it", "--with", "token"], initial);
    let mut wanted = json!({ "client_name": "Portal", "redirect_uris": ["https://a.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"] });
    wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let headers = [format!("authorization: Bearer {initial}")];
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let made = operate("POST", &format!("{issuer}{path}"), &headers, Some(&wanted));
    let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let (id, uri) = (text("client_id"), text("registration_client_uri"));
    let import = ["register", "import", &format!("--uri={uri}"), "--", &id];
    person.must(&import, &text("registration_access_token"));
    // These servers keep a registration access token across updates.
    let own = format!("authorization: Bearer {}", text("registration_access_token"));
    let state = || operate("GET", &uri, &[&own], None);
    let both = json!(["https://a.example/cb", "https://b.example/cb"]);
    let edits = vec![
        rename("Renamed", "/client_name"),
        add("callback", "https://b.example/cb", "/redirect_uris", both),
    ];
    only_what_was_asked(&person, &id, edits, state);
    renamed_in_the_console(&person, "4", "Renamed", "/client_name", state);
    // The listing must show the added URL.
    let listed = person.must(&["--profile", "it", "list", "--output", "json"], "");
    assert!(listed.contains("https://b.example/cb"), "{listed}");
    matches_its_manifest(&person);
}

/// Returns members that RFC 7591 and OpenID Connect Registration define and these servers accept,
/// and two undefined members.
fn registered_members() -> Value {
    json!({
        "contacts": ["ops@example.com"], "logo_uri": "https://a.example/logo.png",
        "client_uri": "https://a.example", "policy_uri": "https://a.example/policy",
        "tos_uri": "https://a.example/tos", "default_max_age": 60, "require_auth_time": true,
        "initiate_login_uri": "https://a.example/login", "subject_type": "public",
        "id_token_signed_response_alg": "RS256", "software_id": "s-1", "unknown_member": "u",
        "another_unknown": { "deep": [1] }, "scope": "openid",
    })
}

#[test]
fn registered_clients_keep_every_member() {
    let members = registered_members();
    let newest = oidc_with_registration(true);
    keeps_where_it_registers(newest.text("issuer"), "/reg", "initial-token", &members);
    let older = older_oidc_with_registration();
    keeps_where_it_registers(older.text("issuer"), "/reg", "initial-token", &members);
}
