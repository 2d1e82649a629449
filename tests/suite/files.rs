//! Audits of other tools' configuration files: findings name the file and the line, and an
//! unreadable file does not hide the findings in other files.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

/// Runs `credenza audit` in the folder of the test files.
fn audit(arguments: &[&str]) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    audit_in(&folder, arguments)
}

fn audit_in(folder: &Path, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_credenza"))
        .arg("audit")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", home.path())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Returns `file:line rule id field value` of every finding of medium severity or higher.
fn findings(arguments: &[&str]) -> Vec<String> {
    let arguments = [arguments, &["--output", "jsonl", "--min-severity", "medium"]].concat();
    let output = audit(&arguments);
    let written = text(&output.stdout);
    assert!(!written.contains("only-in-this-test"), "a secret is printed");
    let text = |value: &Value, name: &str| match &value[name] {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    let line = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        let names = ["rule", "id", "field", "value"].map(|name| text(&value, name));
        format!("{}:{} {}", text(&value, "file"), text(&value, "line"), names.join(" "))
    };
    let mut lines: Vec<String> = written.lines().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn a_realm_is_audited_with_its_defaults_and_placeholders() {
    assert_eq!(
        findings(&["realm.json"]),
        [
            "realm.json:11 URL05 storefront callbacks[1] *",
            "realm.json:20 AUT05 billing grant_types -",
            "realm.json:21 GRA02 billing grant_types[0] password",
            "realm.json:22 SEC12 billing client_secret -",
        ]
    );
    let whole = audit(&["realm.json", "--include-built-in", "--output", "jsonl"]);
    assert!(text(&whole.stdout).contains("\"account\""));
}

#[test]
fn a_client_inherits_the_lifetime_of_its_realm() {
    let folder = tempfile::tempdir().unwrap();
    let realm = |seconds: u32| {
        format!(
            r#"{{"realm":"r","accessTokenLifespan":{seconds},"clients":[{{"clientId":"a","publicClient":true,"redirectUris":["https://app.acme-shop.dev/cb"]}},{{"clientId":"b","publicClient":true,"redirectUris":["https://b.acme-shop.dev/cb"],"attributes":{{"access.token.lifespan":"300"}}}}]}}"#
        )
    };
    for (seconds, expected) in [(86_400, 1), (300, 0)] {
        std::fs::write(folder.path().join("r.json"), realm(seconds)).unwrap();
        let output = audit_in(folder.path(), &["r.json", "--rules", "GRA12", "--output", "jsonl"]);
        assert_eq!(text(&output.stdout).lines().count(), expected, "{}", text(&output.stdout));
    }
}

#[test]
fn a_kubernetes_resource_is_audited_through_its_aliases() {
    assert_eq!(
        findings(&["realm-import.yaml"]),
        [
            "realm-import.yaml:14 FLT01 kiosk callbacks[0] https://kiosk.acme-shop.dev/*",
            "realm-import.yaml:14 FLT01 kiosk-2 callbacks[0] https://kiosk.acme-shop.dev/*",
            "realm-import.yaml:14 URL09 kiosk callbacks[0] https://kiosk.acme-shop.dev/*",
            "realm-import.yaml:14 URL09 kiosk-2 callbacks[0] https://kiosk.acme-shop.dev/*",
            "realm-import.yaml:15 URL02 kiosk callbacks[1] http://kiosk.acme-shop.dev/cb",
            "realm-import.yaml:15 URL02 kiosk-2 callbacks[1] http://kiosk.acme-shop.dev/cb",
            "realm-import.yaml:16 ORG01 kiosk allowed_origins[0] *",
        ]
    );
}

#[test]
fn a_tenant_of_auth0_is_audited() {
    assert_eq!(
        findings(&["tenant.yaml"]),
        [
            "tenant.yaml:12 GRA01 Storefront grant_types implicit",
            "tenant.yaml:9 URL02 Storefront callbacks[0] http://shop.acme-shop.dev/callback",
        ]
    );
}

#[test]
fn authelia_is_audited_with_its_former_names() {
    assert_eq!(
        findings(&["authelia.yml"]),
        [
            "authelia.yml:13 SEC12 wiki client_secret -",
            "authelia.yml:16 URL02 wiki callbacks[1] http://wiki.acme-shop.dev/callback",
            "authelia.yml:16 URL34 wiki callbacks[1] http://wiki.acme-shop.dev/callback",
            "authelia.yml:17 GRA01 wiki grant_types implicit",
        ]
    );
}

#[test]
fn authelia_requires_pkce_of_public_clients() {
    let folder = tempfile::tempdir().unwrap();
    for (setting, expected) in [("", 0), ("    enforce_pkce: never\n", 1)] {
        let clients = "    clients:\n      - client_id: kiosk\n        public: true\n        redirect_uris: ['https://kiosk.acme-shop.dev/cb']\n";
        let file = format!("identity_providers:\n  oidc:\n{setting}{clients}");
        std::fs::write(folder.path().join("a.yml"), file).unwrap();
        let output = audit_in(folder.path(), &["a.yml", "--rules", "GRA04", "--output", "jsonl"]);
        assert_eq!(text(&output.stdout).lines().count(), expected, "{setting}");
    }
}

#[test]
fn static_clients_of_dex_are_audited() {
    assert_eq!(
        findings(&["dex.yaml"]),
        [
            "dex.yaml:10 URL02 grafana callbacks[0] http://grafana.acme-shop.dev/callback",
            "dex.yaml:11 SEC12 grafana client_secret -",
        ]
    );
}

#[test]
fn grants_of_dex_are_those_of_its_whole_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let clients = "staticClients:\n- id: a\n  redirectURIs: ['https://a.acme-shop.dev/cb']\n";
    for (oauth2, expected) in [
        ("", ""),
        ("oauth2:\n  responseTypes: [code, id_token]\n", ""),
        ("oauth2:\n  responseTypes: [code, token]\n", "GRA01"),
        ("oauth2:\n  responseTypes: [code, token]\n  grantTypes: [authorization_code]\n", ""),
        ("oauth2:\n  grantTypes: [password]\n", ""),
        ("oauth2:\n  passwordConnector: local\n", "GRA02"),
    ] {
        std::fs::write(folder.path().join("d.yaml"), format!("{oauth2}{clients}")).unwrap();
        let arguments = ["d.yaml", "--rules", "GRA01,GRA02", "--output", "jsonl"];
        let said = text(&audit_in(folder.path(), &arguments).stdout);
        assert_eq!(said.contains("GRA"), !expected.is_empty(), "{oauth2}: {said}");
        assert!(said.contains(expected), "{oauth2}: {said}");
    }
}

#[test]
fn a_blueprint_of_authentik_is_audited() {
    assert_eq!(
        findings(&["blueprint.yaml"]),
        [
            "blueprint.yaml:13 GRA12 wiki access_token_lifetime -",
            "blueprint.yaml:17 URL02 wiki callbacks[0] http://wiki.acme-shop.dev/callback",
            "blueprint.yaml:19 URL05 wiki callbacks[1] *",
        ]
    );
}

#[test]
fn okta_entra_and_cognito_are_read_from_a_state() {
    assert_eq!(
        findings(&["clouds.tfstate"]),
        [
            "clouds.tfstate:107 SEC12 5tgBackend client_secret -",
            "clouds.tfstate:13 SEC12 0oaPortal client_secret -",
            "clouds.tfstate:14 GRA02 0oaPortal grant_types[2] password",
            "clouds.tfstate:18 URL02 0oaPortal callbacks[1] http://portal.acme-shop.dev/cb",
            "clouds.tfstate:18 URL34 0oaPortal callbacks[1] http://portal.acme-shop.dev/cb",
            "clouds.tfstate:44 GRA01 6f1a4b2c-0000-4000-8000-000000000001 grant_types implicit",
            "clouds.tfstate:66 SEC01 9b2d0000-0000-4000-8000-000000000002 client_secrets -",
            "clouds.tfstate:67 SEC12 9b2d0000-0000-4000-8000-000000000002 client_secret -",
            "clouds.tfstate:79 GRA12 4h1kSite access_token_lifetime -",
            "clouds.tfstate:80 GRA01 4h1kSite grant_types implicit",
            "clouds.tfstate:83 URL03 4h1kSite callbacks[1] http://localhost:3000/cb",
        ]
    );
}

#[test]
fn a_comment_suppresses_a_finding_of_its_line_until_its_day() {
    let folder = tempfile::tempdir().unwrap();
    let file = "staticClients:\n\
                - id: a\n  redirectURIs:\n  - http://a.acme-shop.dev/cb # credenza: ignore URL02 until 2027-01-31 because the proxy adds TLS\n\
                # credenza: ignore URL02, SEC12 until 2027-01-31 because it moves next week\n\
                - id: b\n  secret: only-in-this-test\n  redirectURIs: ['http://b.acme-shop.dev/cb']\n\
                - id: c\n  redirectURIs: ['http://c.acme-shop.dev/cb'] # credenza: ignore URL02\n";
    std::fs::write(folder.path().join("dex.yaml"), file).unwrap();
    let run = |day: &str| {
        let output = audit_in(
            folder.path(),
            &["dex.yaml", "--now", day, "--output", "jsonl", "--min-severity", "medium"],
        );
        let rows = text(&output.stdout);
        let open = |row: &&str| !row.contains("\"suppressed\"");
        (rows.lines().filter(open).count(), text(&output.stderr))
    };
    let (open, said) = run("2026-11-29");
    assert_eq!(open, 1, "{said}");
    assert!(said.contains("dex.yaml:10: Suppression comment ignored"), "{said}");
    let (open, said) = run("2027-02-01");
    assert_eq!(open, 4, "{said}");
    assert!(said.contains("dex.yaml:4: The suppression expired on 2027-01-31"), "{said}");
}

#[test]
fn a_file_is_compared_with_the_server_and_names_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = r#"{
  "realm": "shop",
  "clients": [
    {
      "clientId": "web",
      "publicClient": true,
      "redirectUris": [
        "https://shop.acme-shop.dev/callback",
        "https://old.acme-shop.dev/callback"
      ]
    },
    { "clientId": "ci", "redirectUris": ["$(env:CI)/cb", "https://ci.acme-shop.dev/cb"] },
    { "clientId": "removed", "redirectUris": ["https://r.acme-shop.dev/cb"] }
  ]
}"#;
    let now = r#"{
  "schema": "credenza.snapshot/v1", "taken_at": "2026-11-29T12:00:00Z",
  "profile": { "name": "prod", "provider": "keycloak", "base_url": "https://id.acme-shop.dev/realms/shop" },
  "clients": [
    { "client_id": "web", "name": "web", "app_type": "spa", "grant_types": ["authorization_code"],
      "callbacks": ["https://new.acme-shop.dev/callback", "https://shop.acme-shop.dev/callback"] },
    { "client_id": "ci", "name": "ci", "app_type": "web, confidential", "grant_types": ["authorization_code"],
      "callbacks": ["https://ci-7.acme-shop.dev/cb", "https://ci.acme-shop.dev/cb"] },
    { "client_id": "portal", "name": "Portal", "app_type": "spa", "callbacks": [] },
    { "client_id": "account", "name": "account", "app_type": "other", "built_in": true }
  ],
  "tokens": [{ "id": "t1", "name": "Token" }]
}"#;
    std::fs::write(folder.path().join("realm.json"), file).unwrap();
    std::fs::write(folder.path().join("now.json"), now).unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_credenza"))
            .args(["diff", "realm.json", "now.json"])
            .args(arguments)
            .current_dir(folder.path())
            .env_clear()
            .env("HOME", folder.path())
            .output()
            .unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, said, errors) = run(&[]);
    let expected = "+ spa Portal (portal)\n\
                    - other removed (removed)  realm.json:13\n\
                    ~ spa web (web)  realm.json:5\n    \
                    callbacks: - https://old.acme-shop.dev/callback  realm.json:9\n    \
                    callbacks: + https://new.acme-shop.dev/callback  realm.json:7\n\
                    1 added, 1 removed, 1 changed\n";
    assert_eq!((code, &*said), (Some(3), expected), "{errors}");
    let (code, said, _) = run(&["--managed", "--output", "json"]);
    let value: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(code, Some(3));
    assert_eq!(value["differences"].as_array().unwrap().len(), 2, "{said}");
    assert_eq!(value["differences"][1]["changes"][0]["line"], 7, "{said}");
    std::fs::write(folder.path().join("now.json"), now.replace("\"keycloak\"", "\"auth0\""))
        .unwrap();
    let (code, _, errors) = run(&[]);
    assert_eq!(code, Some(1));
    assert!(
        errors.contains("has clients of keycloak, but the profile prod is for auth0"),
        "{errors}"
    );
}

#[test]
fn a_file_inside_a_file_is_not_dropped_because_it_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let file = "kind: ConfigMap\ndata:\n  good.yaml: |\n    staticClients:\n    - id: a\n      redirectURIs: ['https://a.acme-shop.dev/cb']\n  bad.yaml: |\n    staticClients:\n    - id: b\n      redirectURIs: [\n";
    std::fs::write(folder.path().join("map.yaml"), file).unwrap();
    let output = audit_in(folder.path(), &["map.yaml"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(said.contains("in an embedded file"), "{said}");
}

#[test]
fn a_machine_client_of_okta_has_no_implicit_grant() {
    let folder = tempfile::tempdir().unwrap();
    let state = r#"{"version":4,"terraform_version":"1.9","resources":[{"mode":"managed","type":"okta_app_oauth","name":"m","instances":[{"attributes":{"client_id":"0oa","label":"M","type":"service","grant_types":["client_credentials"],"response_types":["token"],"redirect_uris":[],"token_endpoint_auth_method":"private_key_jwt"}}]},{"mode":"managed","type":"aws_cognito_user_pool_client","name":"c","instances":[{"attributes":{"id":"c","name":"c","access_token_validity":18446744073709551615,"callback_urls":[]}}]}]}"#;
    std::fs::write(folder.path().join("a.tfstate"), state).unwrap();
    let output = audit_in(folder.path(), &["a.tfstate", "--output", "jsonl"]);
    assert!(!text(&output.stdout).contains("GRA"), "{}", text(&output.stdout));
}

#[test]
fn a_grant_that_no_client_grant_uses_is_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let client = "clients:\n- name: Shop\n  app_type: regular_web\n  callbacks: ['https://shop.acme-shop.dev/cb']\n  grant_types: [authorization_code, client_credentials]\n";
    for (grants, expected) in [
        ("", 1),
        ("clientGrants: []\n", 0),
        ("clientGrants:\n- client_id: Shop\n  audience: https://api.acme-shop.dev\n", 1),
    ] {
        std::fs::write(folder.path().join("tenant.yaml"), format!("{client}{grants}")).unwrap();
        let arguments = ["tenant.yaml", "--rules", "AUT05", "--output", "jsonl"];
        let output = audit_in(folder.path(), &arguments);
        assert_eq!(text(&output.stdout).lines().count(), expected, "{grants}");
    }
}

#[test]
fn clients_of_hydra_are_audited_in_both_forms() {
    assert_eq!(
        findings(&["hydra.jsonl", "oauth2client.yaml"]),
        [
            "hydra.jsonl:2 GRA01 portal grant_types implicit",
            "hydra.jsonl:2 SEC12 portal client_secret -",
            "oauth2client.yaml:6 GRA01 reports grant_types implicit",
            "oauth2client.yaml:8 URL02 reports callbacks[0] http://reports.acme-shop.dev/cb",
        ]
    );
}

#[test]
fn terraform_is_audited_as_state_and_plan() {
    assert_eq!(
        findings(&["terraform.tfstate", "plan.json"]),
        [
            "plan.json:14 URL02 Storefront callbacks[0] http://shop.acme-shop.dev/callback",
            "terraform.tfstate:14 SEC12 billing client_secret -",
            "terraform.tfstate:15 GRA01 billing grant_types implicit",
            "terraform.tfstate:19 URL09 billing callbacks[0] https://billing.acme-shop.dev/*",
        ]
    );
}

#[test]
fn a_folder_is_searched_and_every_format_names_the_place() {
    let sarif = audit(&[".", "--output", "sarif"]);
    let log: Value = serde_json::from_slice(&sarif.stdout).unwrap();
    let artifacts = log["runs"][0]["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.len(), 10, "JSON Lines files are not searched: {artifacts:?}");
    let results = log["runs"][0]["results"].as_array().unwrap();
    let place = |it: &Value| it["locations"][0]["physicalLocation"].clone();
    let is_wild = |it: &&Value| {
        it["ruleId"] == "URL05" && place(it)["artifactLocation"]["uri"] == "realm.json"
    };
    let place = place(results.iter().find(is_wild).unwrap());
    assert_eq!(place["artifactLocation"]["uri"], "realm.json");
    let region = serde_json::json!({ "startLine": 11, "startColumn": 9 });
    assert_eq!(place["region"], region);

    let github = text(&audit(&["realm.json", "--output", "github"]).stdout);
    let line = "::error file=realm.json,line=11,col=9,title=URL05 URL matches every address::";
    assert!(github.contains(line), "{github}");
    let gitlab: Value =
        serde_json::from_slice(&audit(&["realm.json", "--output", "gitlab"]).stdout).unwrap();
    let wild = gitlab.as_array().unwrap().iter().find(|it| it["severity"] == "blocker").unwrap();
    assert_eq!(
        wild["location"],
        serde_json::json!({ "path": "realm.json", "lines": { "begin": 11 } })
    );
    let junit = text(&audit(&["realm.json", "--output", "junit"]).stdout);
    assert!(junit.contains("file=\"realm.json\" line=\"11\""), "{junit}");
    let markdown = text(&audit(&["realm.json", "./realm.json", "--output", "md"]).stdout);
    assert!(
        markdown.contains("| `realm.json:11` |") && !markdown.contains("| API |"),
        "{markdown}"
    );
    assert!(markdown.contains("| Credentials | 3 |"), "the file is read once: {markdown}");
    let table = text(&audit(&["realm.json"]).stdout);
    assert!(
        table.contains("storefront  realm.json:6") && table.contains("URL05  line 11"),
        "{table}"
    );
}

#[test]
fn a_placeholder_causes_no_finding_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let realm = r##"{"realm":"r","accessTokenLifespan":${LIFE:-300},"clients":[
        {"clientId":"a","publicClient":"true","rootUrl":"?ROOT?","baseUrl":"/","redirectUris":["/*","%URL%/cb","$HOST/cb"],
         "webOrigins":["#{ORIGIN}#"],"attributes":{"pkce.code.challenge.method":"${PKCE}","post.logout.redirect.uris":"${URL}/*##@@B@@"}},
        {"clientId":"b","standardFlowEnabled":false,"serviceAccountsEnabled":true,"secret":"?UUID?",
         "attributes":{"client.secret.creation.time":"1500000000"}}]}"##;
    std::fs::write(folder.path().join("realm.json"), realm).unwrap();
    let tenant = "clients:\n  - name: a\n    app_type: spa\n    token_endpoint_auth_method: none\n    callbacks: @@CALLBACKS@@\n    web_origins: [@@ORIGIN@@]\n    grant_types: [authorization_code]\ntemplates:\n  - subject: Welcome to {{ application.name }}!\n";
    std::fs::write(folder.path().join("tenant.yaml"), tenant).unwrap();
    let output = audit_in(folder.path(), &[".", "--output", "jsonl", "--min-severity", "low"]);
    assert_eq!(text(&output.stdout), "", "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn keycloak_takes_a_star_for_a_wildcard_only_at_the_end() {
    let client = |urls: &str| {
        format!(
            r#"{{"clientId":"a","publicClient":true,"redirectUris":[{urls}],"webOrigins":[],"attributes":{{"pkce.code.challenge.method":"S256"}}}}"#
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let rules = |urls: &str| {
        std::fs::write(folder.path().join("a.json"), client(urls)).unwrap();
        let output =
            audit_in(folder.path(), &["a.json", "--output", "jsonl", "--min-severity", "medium"]);
        let rule = |line: &str| {
            serde_json::from_str::<Value>(line).unwrap()["rule"].as_str().unwrap().to_owned()
        };
        text(&output.stdout).lines().map(rule).collect::<Vec<_>>()
    };
    assert_eq!(
        rules(r#""https://*.acme-shop.dev/cb","https://app.acme-shop.dev/*/cb""#),
        Vec::<String>::new()
    );
    assert_eq!(rules(r#""https://app.acme-shop.dev/*""#), ["URL09"]);
}

#[test]
fn resources_of_several_kinds_are_read_from_one_stream() {
    let folder = tempfile::tempdir().unwrap();
    let stream = "kind: KeycloakClient\nspec:\n  client:\n    clientId: a\n    implicitFlowEnabled: true\n    secret: 123456789\n---\nkind: OAuth2Client\nmetadata: {name: b}\nspec: {grantTypes: [implicit]}\n";
    std::fs::write(folder.path().join("all.yaml"), stream).unwrap();
    let output =
        audit_in(folder.path(), &["all.yaml", "--rules", "GRA01,SEC12", "--output", "csv"]);
    let found = text(&output.stdout);
    let lines: Vec<&str> =
        found.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(lines, ["GRA01", "SEC12", "GRA01"], "{found}");
}

#[cfg(unix)]
#[test]
fn a_name_of_a_file_reaches_no_terminal_raw() {
    let folder = tempfile::tempdir().unwrap();
    let name = "a\u{1b}[31m\n::error::x.json";
    std::fs::write(folder.path().join(name), r#"{"clientId":"a","redirectUris":["*"]}"#).unwrap();
    std::fs::write(folder.path().join(format!("b{name}")), [0xFF, 0xFE, 0x7B, 0x00]).unwrap();
    for format in ["table", "json", "sarif", "github", "gitlab", "junit", "csv", "md"] {
        let output = audit_in(folder.path(), &[".", "--output", format]);
        for stream in [&output.stdout, &output.stderr] {
            let written = text(stream);
            assert!(!written.contains('\u{1b}'), "{format}: {written}");
            assert!(
                !written.lines().any(|line| line.starts_with("::error::x")),
                "{format}: {written}"
            );
        }
        assert_ne!(output.status.code(), Some(0), "{format}");
    }
    let alone = audit_in(folder.path(), &[&format!("b{name}")]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(!text(&alone.stderr).contains('\u{1b}'));
}

#[test]
fn a_file_that_cannot_be_read_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let client = r#"{"clientId":"a","publicClient":true,"redirectUris":["https://a.acme-shop.dev/cb"],"webOrigins":[],"attributes":{"pkce.code.challenge.method":"S256"}}"#;
    write("good.json", client);
    write("broken.json", &format!("{{\"clients\": [{client},]}}"));
    write(
        "twice.json",
        r#"{"clientId":"b","publicClient":true,"publicClient":false,"standardFlowEnabled":false}"#,
    );
    write("package.json", r#"{"name":"unrelated","dependencies":{}}"#);
    write("tab.yaml", "clientId: a\n\tredirectUris: []\n");
    write(
        "chart.yaml",
        "clientId: {{ .Values.id }}\n{{- if .Values.x }}\nredirectUris: []\n{{- end }}\n",
    );
    write("ignored.json", &client.replace("https://a.acme-shop.dev/cb", "*"));
    write(".gitignore", "ignored.json\n");

    let output = audit_in(folder.path(), &["."]);
    let (said, told) = (text(&output.stderr), text(&output.stdout));
    for part in [
        "broken.json: it is not JSON (line 1, column ",
        "tab.yaml: it is not YAML: ",
        "twice.json:1: the member \"publicClient\" is repeated, and its last value was used",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(told.contains("2 credentials, "), "{told}");
    assert!(said.contains("Skipped chart.yaml: it is a template"), "{said}");
    assert!(said.contains("Skipped 1 file without OAuth clients."), "{said}");
    assert_eq!(output.status.code(), Some(4), "partial: {told}");

    let output = audit_in(folder.path(), &["broken.json"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let output = audit_in(folder.path(), &["package.json"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("package.json: unknown kind of configuration file"), "{said}");
    let output = audit_in(folder.path(), &["nowhere.json"]);
    assert!(text(&output.stderr).contains("Could not read nowhere.json"));
}
