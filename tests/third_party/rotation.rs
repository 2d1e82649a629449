//! Rotations on Keycloak with a rotation policy, delivered to OpenBao's key-value engine and to
//! Gitea Actions. Rotations in the local workspace, delivered to `pass`, to a sops file, to a
//! systemd credential, and to Kubernetes.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    counterparts::repository,
    providers::Person,
    servers::{Server, gitea, keycloak, kubernetes, machine_token, openbao, operate, operate_with},
};

/// Header with the root token of OpenBao.
pub const ROOT: &str = "x-vault-token: root";

/// Creates the realm `acme`, whose policy keeps the previous secret valid for an hour; returns the
/// authorization header of an administrator.
fn realm_with_policy(server: &Server) -> String {
    let endpoint = format!("{}/realms/master/protocol/openid-connect/token", server.url);
    let token = machine_token(&endpoint, "bootstrap", "bootstrap-secret");
    let bearer = format!("authorization: Bearer {token}");
    let realm: Value = serde_json::from_str(include_str!("servers/keycloak/realm.json")).unwrap();
    operate("POST", &format!("{}/admin/realms", server.url), &[&bearer], Some(&realm));
    let profiles = json!({"profiles": [{"name": "rotate", "executors": [{"executor": "secret-rotation",
        "configuration": {"expiration-period": 86400, "rotated-expiration-period": 3600,
        "remaining-rotation-period": 600}}]}]});
    let policies = format!("{}/admin/realms/acme/client-policies", server.url);
    operate("PUT", &format!("{policies}/profiles"), &[&bearer], Some(&profiles));
    let rules = json!({"policies": [{"name": "all", "enabled": true, "profiles": ["rotate"],
        "conditions": [{"condition": "client-access-type", "configuration": {"type": ["confidential"]}}]}]});
    operate("PUT", &format!("{policies}/policies"), &[&bearer], Some(&rules));
    bearer
}

/// Returns true if a token request with this secret succeeds.
pub fn accepts(endpoint: &str, id: &str, secret: &str) -> bool {
    let output = std::process::Command::new("curl")
        .args(["-sS", "-m", "60", "--noproxy", "*", endpoint, "-u", &format!("{id}:{secret}")])
        .args(["-d", "grant_type=client_credentials", "-o", "/dev/null", "-w", "%{http_code}"])
        .output()
        .unwrap();
    output.stdout == b"200"
}

#[test]
fn rotation_on_keycloak_reaches_openbao_and_gitea() {
    let (server, bao, forge) = (keycloak(), openbao(), gitea());
    let bearer = realm_with_policy(&server);
    let boss = format!("authorization: token {}", forge.file("boss.token").trim());
    let repository = json!({ "name": "shop", "auto_init": true });
    operate("POST", &format!("{}/api/v1/user/repos", forge.url), &[&boss], Some(&repository));
    let entry = format!("{}/v1/secret/data/apps/shop", bao.url);
    let before = json!({ "data": { "user": "shop", "client_secret": "former" } });
    operate("POST", &entry, &[ROOT], Some(&before));

    let person = Person::new();
    let url = format!("{}/realms/acme", server.url);
    let add = ["profile", "add", "it", "--base-url", &url, "--client-id", "credenza-admin"];
    person.must(&add, "");
    person.must(&["login", "it", "--with", "machine"], "credenza-admin-secret");
    let config = person.home().join(".config/credenza/config.toml");
    let root = person.file("root.token", "root");
    let boss_token = person.file("boss.token", forge.file("boss.token").trim());
    let text = fs::read_to_string(&config).unwrap();
    let destinations = format!(
        "[destinations.bao]\ntype = \"openbao\"\naddress = \"{}\"\npath = \"apps/shop\"\ntoken_command = [\"cat\", \"{root}\"]\n\
         [destinations.bao_id]\ntype = \"openbao\"\naddress = \"{}\"\npath = \"apps/shop\"\nkey = \"client_id\"\ntoken_command = [\"cat\", \"{root}\"]\n\
         [destinations.ci]\ntype = \"gitea-actions\"\naddress = \"{}\"\nrepository = \"boss/shop\"\nsecret = \"OAUTH_SECRET\"\ntoken_command = [\"cat\", \"{boss_token}\"]\n",
        bao.url, bao.url, forge.url
    );
    fs::write(&config, format!("{text}\n{destinations}")).unwrap();

    let run = |words: &[&str]| person.runs(&[&["--profile", "it"], words].concat(), "");
    let must = |words: &[&str]| person.must(&[&["--profile", "it"], words].concat(), "");
    let endpoint = format!("{url}/protocol/openid-connect/token");
    let create = |name: &str| -> String {
        let made = must(&["create", "m2m", "--name", name, "--output", "json"]);
        let made: Value = serde_json::from_str(&made).unwrap();
        made["client_id"].as_str().unwrap().to_owned()
    };
    let id = create("Sync");
    let secret = || must(&["secret", &id, "--reveal"]).trim().to_owned();
    let stored = || operate("GET", &entry, &[ROOT], None)["data"]["data"].clone();
    let old = secret();

    let rotate = ["rotate", &*id, "--confirm", "Sync", "--to", "bao", "--to", "ci"];
    let said = run(&rotate);
    assert!(said.ok, "{}{}", said.out, said.err);
    let new = secret();
    assert_eq!(stored(), json!({ "user": "shop", "client_secret": new }), "other keys stay");
    let secrets = format!("{}/api/v1/repos/boss/shop/actions/secrets", forge.url);
    assert_eq!(operate("GET", &secrets, &[&boss], None)[0]["name"], "OAUTH_SECRET");
    assert!(old != new && accepts(&endpoint, &id, &old) && accepts(&endpoint, &id, &new));
    assert!(said.err.contains("Delivered to bao, and compared the copy."), "{}", said.err);

    let finished = run(&["rotate", "finish"]);
    assert!(finished.err.contains("The issuer rejects the previous secret."), "{}", finished.err);
    assert!(!accepts(&endpoint, &id, &old) && accepts(&endpoint, &id, &new));

    // After an abort, only the previous secret works, and the destination has it again.
    must(&rotate);
    let third = secret();
    assert_ne!(third, new);
    must(&["rotate", "abort"]);
    assert_eq!((secret(), stored()["client_secret"].as_str()), (new.clone(), Some(&*new)));
    assert!(accepts(&endpoint, &id, &new) && !accepts(&endpoint, &id, &third));

    // Each delivery and the restoration wrote one version, and nothing else did.
    let versions = operate("GET", &entry, &[ROOT], None)["data"]["metadata"]["version"].clone();
    assert_eq!(versions, 4, "the first content, two deliveries, and one restoration");

    // Without the policy, the secret is replaced immediately, which requires `--replace`.
    let policies = format!("{}/admin/realms/acme/client-policies/policies", server.url);
    operate("PUT", &policies, &[&bearer], Some(&json!({ "policies": [] })));
    let plain = create("Plain");
    let rotate = ["rotate", &*plain, "--confirm", "Plain", "--to", "bao"];
    let said = run(&rotate);
    assert!(!said.ok && said.err.contains("No rotation policy found"), "{}", said.err);
    let said = must(&[&rotate[..], &["--replace"]].concat());
    assert!(said.contains("Rotated the secret of Plain"), "{said}");
    let replaced = must(&["secret", &plain, "--reveal"]).trim().to_owned();
    assert_eq!(stored()["client_secret"], replaced);

    // A twin takes over without an outage, but has another ID.
    let twin = ["--twin", "--to", "bao", "--id-to", "bao_id"];
    let said = must(&[&rotate[..4], &twin[..]].concat());
    assert!(said.contains("Give it the roles and permissions of Plain."), "{said}");
    assert_eq!(stored()["client_secret"], replaced, "not delivered before the twin has its roles");
    must(&["rotate", "resume"]);
    let pair =
        || ["client_id", "client_secret"].map(|it| stored()[it].as_str().unwrap().to_owned());
    let [twin, secret] = pair();
    assert!(twin.starts_with(&format!("{plain}-")), "{twin}");
    assert!(accepts(&endpoint, &twin, &secret) && accepts(&endpoint, &plain, &replaced));
    must(&["rotate", "abort"]);
    assert_eq!(stored(), json!({ "user": "shop", "client_secret": replaced }));
    assert!(!accepts(&endpoint, &twin, &secret) && accepts(&endpoint, &plain, &replaced));
    must(&[&rotate[..4], &["--twin", "--to", "bao", "--id-to", "bao_id"][..]].concat());
    must(&["rotate", "resume"]);
    let said = must(&["rotate", "finish"]);
    let [twin, secret] = pair();
    assert!(said.contains(&format!("Replaced Plain ({plain}) with {twin}")), "{said}");
    assert!(accepts(&endpoint, &twin, &secret) && !accepts(&endpoint, &plain, &replaced));
    assert!(must(&["show", &twin]).contains("Plain"));
}

#[test]
fn rotation_in_the_local_workspace_reaches_pass() {
    let person = Person::new();
    let with_home = |program: &str, arguments: &[&str]| {
        let output = std::process::Command::new(program)
            .args(arguments)
            .env("HOME", person.home())
            .output()
            .unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let key = ["--batch", "--passphrase", "", "--quick-gen-key", "test@example.test"];
    with_home("gpg", &key);
    with_home("pass", &["init", "test@example.test"]);
    let config = person.home().join(".config/credenza");
    fs::create_dir_all(&config).unwrap();
    let text = "[destinations.store]\ntype = \"pass\"\nentry = \"oauth/shop\"\n";
    fs::write(config.join("config.toml"), text).unwrap();

    person.must(&["create", "m2m", "--name", "Sync"], "");
    let rotate = ["rotate", "Sync", "--confirm", "Sync", "--to", "store", "--overlap", "0"];
    for _ in 0..2 {
        let said = person.runs(&rotate, "");
        assert!(said.ok, "{}{}", said.out, said.err);
        assert!(said.err.contains("Delivered to store, and compared the copy."), "{}", said.err);
        let secret = person.must(&["secret", "Sync", "--reveal"], "");
        assert_eq!(with_home("pass", &["show", "oauth/shop"]).trim(), secret.trim());
    }
    with_home("gpgconf", &["--kill", "all"]);
}

/// Runs a program with the user's sops key, and returns its output.
fn ran(person: &Person, program: &str, arguments: &[&str]) -> String {
    let output =
        std::process::Command::new(program).args(arguments).envs(sops_key(person)).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn sops_key(person: &Person) -> [(&'static str, String); 1] {
    [("SOPS_AGE_KEY_FILE", person.home().join("age.txt").display().to_string())]
}

#[test]
fn rotation_in_the_local_workspace_reaches_sops_and_systemd() {
    let person = Person::new();
    let path = |name: &str| person.home().join(name).display().to_string();
    let sops = repository("target/third-party/bin/sops").display().to_string();
    ran(&person, "age-keygen", &["-o", &path("age.txt")]);
    let recipient = ran(&person, "age-keygen", &["-y", &path("age.txt")]);
    let (file, credential) = (path("shop.yaml"), path("oauth.cred"));
    fs::write(&file, "user: shop\n").unwrap();
    ran(&person, &sops, &["encrypt", "--age", recipient.trim(), "--in-place", &file]);
    let config = person.home().join(".config/credenza");
    fs::create_dir_all(&config).unwrap();
    let text = format!(
        "[destinations.file]\ntype = \"sops\"\npath = {file:?}\nkey = '[\"oauth\"][\"secret\"]'\n\
         [destinations.unit]\ntype = \"systemd-credential\"\npath = {credential:?}\ncredential = \"oauth\"\n"
    );
    fs::write(config.join("config.toml"), text).unwrap();
    let bin = repository("target/third-party/bin").display().to_string();
    let run = |words: &[&str]| {
        let mut command = person.command(words);
        let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
        let output = command.env("PATH", path).envs(sops_key(&person)).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        (String::from_utf8(output.stdout).unwrap(), said)
    };
    run(&["create", "m2m", "--name", "Sync"]);
    let rotate = ["rotate", "Sync", "--confirm", "Sync", "--to", "file", "--to", "unit"];
    let stored = || {
        let in_sops =
            ran(&person, &sops, &["decrypt", "--extract", "[\"oauth\"][\"secret\"]", &file]);
        let name = "--name=oauth";
        let in_unit = ran(&person, "systemd-creds", &["decrypt", name, &credential, "-"]);
        [in_sops.trim().to_owned(), in_unit]
    };
    // An abort removes values that did not exist before.
    run(&rotate);
    run(&["rotate", "abort"]);
    assert!(!fs::exists(&credential).unwrap());
    let plain = ran(&person, &sops, &["decrypt", "--output-type", "json", &file]);
    assert!(!plain.contains("\"secret\""), "{plain}");

    let mut all = Vec::new();
    for _ in 0..2 {
        let (_, said) = run(&[&rotate[..], &["--overlap", "0"]].concat());
        assert!(said.contains("Delivered to file, and compared the copy."), "{said}");
        assert!(said.contains("Delivered to unit, and compared the copy."), "{said}");
        let (secret, _) = run(&["secret", "Sync", "--reveal"]);
        assert_eq!(stored(), [secret.trim(), secret.trim()]);
        all.push(secret.trim().to_owned());
    }
    assert_ne!(all[0], all[1]);
    assert_eq!(ran(&person, &sops, &["decrypt", "--extract", "[\"user\"]", &file]).trim(), "shop");
    let encrypted = fs::read_to_string(&file).unwrap() + &fs::read_to_string(&credential).unwrap();
    assert!(all.iter().all(|secret| !encrypted.contains(secret.as_str())));

    // Replacing a map would delete all its values, so a key that selects a map is refused.
    let config_text = fs::read_to_string(config.join("config.toml")).unwrap();
    let whole = config_text.replace("[\"oauth\"][\"secret\"]", "[\"oauth\"]");
    fs::write(config.join("config.toml"), whole).unwrap();
    let mut refused = person.command(&["rotate", "Sync", "--confirm", "Sync", "--to", "file"]);
    let path_with_sops = format!("{bin}:{}", std::env::var("PATH").unwrap());
    let output = refused.env("PATH", path_with_sops).envs(sops_key(&person)).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("is not a string"), "{said}");
    fs::write(config.join("config.toml"), config_text).unwrap();

    // An abort restores the previous values.
    run(&rotate);
    assert_ne!(stored()[0], all[1]);
    run(&["rotate", "abort"]);
    assert_eq!(stored(), [all[1].as_str(), all[1].as_str()]);
}

/// The ID and the secret of a twin are stored in two keys of one Kubernetes secret. Its other key
/// is not changed.
#[test]
fn rotation_in_the_local_workspace_reaches_kubernetes() {
    let (cluster, person) = (kubernetes(), Person::new());
    let kubeconfig = cluster.path("kubeconfig");
    let admin = cluster.file("tokens.csv").split(',').next().unwrap().to_owned();
    let secrets = format!("{}/api/v1/namespaces/apps/secrets", cluster.url);
    let api = |path: &str, body: Option<&Value>| -> Value {
        let (bearer, url) = (format!("authorization: Bearer {admin}"), format!("{secrets}{path}"));
        let method = if body.is_some() { "POST" } else { "GET" };
        operate_with(&["--cacert", &cluster.path("ca.crt")], method, &url, &[&bearer], body)
    };
    let key = |secret: &str, name: &str| -> Option<String> {
        let value = api(&format!("/{secret}"), None)["data"][name].as_str().map(str::to_owned)?;
        Some(String::from_utf8(STANDARD.decode(value).unwrap()).unwrap())
    };
    let before = json!({ "metadata": { "name": "shop" }, "stringData": { "user": "shop", "client_secret": "former" } });
    api("", Some(&before));
    let config = person.home().join(".config/credenza");
    fs::create_dir_all(&config).unwrap();
    let destination = |name: &str, more: &str| {
        format!(
            "[destinations.{name}]\ntype = \"kubernetes\"\nkubeconfig = \"{kubeconfig}\"\n{more}\n"
        )
    };
    let text = [
        destination("shop", "secret = \"shop\""),
        destination("shop_id", "secret = \"shop\"\nkey = \"client_id\""),
        destination("new", "secret = \"new\"\ncontext = \"admin\"\nnamespace = \"apps\""),
        destination("missing", "secret = \"missing\""),
        destination("elsewhere", "secret = \"shop\"\nnamespace = \"default\""),
    ]
    .concat();
    fs::write(config.join("config.toml"), text).unwrap();
    person.must(&["create", "m2m", "--name", "Sync"], "");
    let rotate = ["rotate", "Sync", "--confirm", "Sync", "--to"];
    for (name, why) in [
        ("missing", "User \"writer\" cannot create resource \"secrets\""),
        ("elsewhere", "User \"writer\" cannot get resource \"secrets\""),
    ] {
        let said = person.runs(&[&rotate[..], &[name]].concat(), "");
        assert!(!said.ok && said.err.contains(why), "{}", said.err);
    }

    person.must(&[&rotate[..], &["shop", "--to", "new"]].concat(), "");
    let secret = person.must(&["secret", "Sync", "--reveal"], "");
    assert_eq!(key("shop", "client_secret").as_deref(), Some(secret.trim()));
    assert_eq!(key("new", "client_secret"), key("shop", "client_secret"));
    assert_eq!(key("shop", "user").as_deref(), Some("shop"));
    // The kubeconfig now names another cluster or user, which must not get the secret.
    let kubeconfig_text = fs::read_to_string(&kubeconfig).unwrap();
    let other = kubeconfig_text.replace("current-context: writer", "current-context: admin");
    fs::write(&kubeconfig, other).unwrap();
    let said = person.runs(&["rotate", "finish"], "");
    assert!(said.err.contains("The destination shop was changed or removed"), "{}", said.err);
    fs::write(&kubeconfig, kubeconfig_text).unwrap();
    person.must(&["rotate", "abort"], "");
    assert_eq!(key("shop", "client_secret").as_deref(), Some("former"));
    assert_eq!(key("new", "client_secret"), None);

    person.must(&[&rotate[..], &["shop", "--twin", "--id-to", "shop_id"]].concat(), "");
    person.must(&["rotate", "resume"], "");
    person.must(&["rotate", "finish"], "");
    let shown = person.must(&["show", "Sync", "--output", "json"], "");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(key("shop", "client_id").as_deref(), shown["client_id"].as_str());
    let secret = person.must(&["secret", "Sync", "--reveal"], "");
    assert_eq!(key("shop", "client_secret").as_deref(), Some(secret.trim()));
}
