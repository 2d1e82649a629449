//! Credentials as code: `credenza export`, `plan` and `apply`, as processes.

use std::{fs, time::Duration};

use serde_json::json;

use credenza::{domain::draft::Field, readers::document::Document};

use crate::{
    common::proxy::{Proxy, Trouble},
    plain::{Ran, Shell, fits},
};

fn write(shell: &Shell, text: &str) {
    let schema = "schema: credenza.manifest/v1\n";
    fs::write(shell.file("wanted.yaml"), format!("{schema}{text}")).unwrap();
}

fn names(shell: &Shell) -> Vec<String> {
    let all = shell.run(&["list", "--output", "json"]).fine().json();
    let names = all.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned());
    names.collect()
}

/// Adds the destinations `own`, a file for each client, and `copy`, a file for all of them.
fn configure(shell: &Shell) {
    let config = shell.file(".config/credenza/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    let [own, copy] =
        ["own-{client_id}", "copy"].map(|name| shell.file(name).display().to_string());
    let text = format!(
        "[destinations.own]\ntype = \"file\"\npath = {own:?}\n[destinations.copy]\ntype = \"file\"\npath = {copy:?}\n"
    );
    fs::write(&config, text).unwrap();
}

/// Checks that the destination `own` contains the client's current secret.
#[track_caller]
fn assert_delivered(shell: &Shell, name: &str) {
    let shown = shell.run(&["show", name, "--output", "json"]).fine().json();
    let file = shell.file(&format!("own-{}", shown["client_id"].as_str().unwrap()));
    let real = shell.run(&["secret", name, "--reveal"]).fine().out;
    assert_eq!(fs::read_to_string(file).unwrap().trim(), real.trim());
}

/// The plan for an exported manifest of all seeded credentials has no changes, even though some
/// names and URLs are odd.
#[test]
fn exported_manifest_matches_the_server() {
    let shell = Shell::new(&["--seed", "60"]);
    shell.run(&["export", "all.yaml"]).fine();
    let text = fs::read_to_string(shell.file("all.yaml")).unwrap();
    assert_eq!(text.matches("  - kind: ").count(), 180);
    assert!(!text.contains("secret"), "no secrets");
    let document = Document::parse(text.clone()).unwrap();
    fits("manifest", &document.roots()[0].value());
    let planned = shell.run(&["plan", "all.yaml"]).fine();
    assert_eq!(planned.out, "The server matches the manifest.\n");
    // Only the selected credentials are in the manifest, and another export has the same order.
    shell.run(&["export", "--where", "type:m2m", "m2m.yaml"]).fine();
    let m2m = fs::read_to_string(shell.file("m2m.yaml")).unwrap();
    assert_eq!(m2m.matches("  - kind: m2m").count(), 60);
    assert_eq!(shell.run(&["export"]).fine().out, text);
}

#[test]
fn plan_is_applied_once_and_refused_after_a_change() {
    let shell = Shell::new(&[]);
    let sync = shell.create_m2m("Sync");
    shell.create_m2m("Old");
    let wanted = format!(
        "credentials:\n  - kind: m2m\n    id: {sync}\n    name: Nightly sync\n  - kind: spa\n    name: Shop\n    callbacks: [\"https://shop.acme.dev/cb\"]\n"
    );
    write(&shell, &wanted);
    let plan = ["plan", "wanted.yaml", "--prune", "Old", "--out", "plan.json"];
    let planned = shell.run(&plan);
    assert_eq!(planned.code, 3, "{}", planned.said);
    let lines: Vec<&str> = planned.out.lines().collect();
    assert_eq!(
        lines
            .iter()
            .filter(|line| !line.starts_with(' '))
            .map(|line| line.split(' ').next())
            .collect::<Vec<_>>(),
        [Some("edit"), Some("create"), Some("delete"), Some("Planned:")]
    );
    assert!(lines.contains(&"  Name: Sync -> Nightly sync"), "{}", planned.out);
    assert_eq!(names(&shell), ["Old", "Sync"], "a plan changes nothing");
    fits("plan", &shell.run(&[&plan[..], &["--output", "json"]].concat()).json());

    // A change after the plan is not overwritten, and a manifest that changed needs a new plan.
    shell.run(&["edit", &sync, "--name", "Mine"]).fine();
    let apply = ["apply", "plan.json", "--confirm-count", "3"];
    shell.run(&apply).refused(1, "changed on the server since the plan was made");
    shell.run(&["edit", &sync, "--name", "Sync"]).fine();
    shell.run(&apply).refused(1, "changed on the server since the plan was made");
    assert_eq!(shell.run(&plan).code, 3);
    write(&shell, &wanted.replace("Shop", "Store"));
    shell.run(&apply).refused(1, "The manifest changed since the plan was made");
    write(&shell, &wanted);

    shell.run(&["apply", "plan.json"]).refused(2, "add --confirm-count 3");
    let applied = shell.run(&apply).fine();
    assert!(applied.out.ends_with("3 of 3 done, 0 failed, 0 not tried.\n"), "{}", applied.out);
    assert_eq!(names(&shell), ["Nightly sync", "Shop"]);
    let again = shell.run(&["apply", "plan.json"]).fine();
    assert!(again.said.contains("Already done: 3 of 3 steps."), "{}", again.said);
    assert_eq!(shell.run(&["plan", "wanted.yaml"]).code, 0);

    // A credential that is no longer in the manifest is reported, and is not changed.
    let (_, shop) = wanted.split_once("  - kind: spa").unwrap();
    write(&shell, &format!("credentials:\n  - kind: spa{shop}"));
    let planned = shell.run(&["plan", "wanted.yaml"]).fine();
    let left = format!("To delete it: --prune {sync}\n");
    assert!(
        planned.said.starts_with("No longer in the manifest: Nightly sync"),
        "{}",
        planned.said
    );
    assert!(planned.said.ends_with(&left), "{}", planned.said);
    let pruned = shell.run(&["plan", "wanted.yaml", "--prune", &sync]);
    assert!(pruned.code == 3 && !pruned.said.contains("No longer"), "{}", pruned.said);
}

/// The server executes the first write, but the program is killed before it gets the response. The
/// next run creates only the remaining clients.
#[test]
fn killed_apply_continues_where_it_was() {
    let shell = Shell::new(&[]);
    let proxy = Proxy::start(shell.server.hello["base_url"].as_str().unwrap());
    write(
        &shell,
        "credentials:\n  - {kind: m2m, name: One, secret_to: [own]}\n  - {kind: m2m, name: Two}\n  - {kind: m2m, name: Three, secret_to: [own]}\n",
    );
    configure(&shell);
    let plan = shell.run_at(&proxy.base_url, &["plan", "wanted.yaml", "--out", "plan.json"], "");
    assert_eq!(plan.code, 3, "{}", plan.said);
    proxy.has(Trouble::AnswerLate(Duration::from_secs(600)));
    let apply = ["apply", "plan.json", "--confirm-count", "3"];
    let mut child = shell.command(&proxy.base_url, &apply).spawn().unwrap();
    while names(&shell).is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "the program waits for the response");
    }
    child.kill().unwrap();
    child.wait().unwrap();

    proxy.has(Trouble::None);
    // The first client exists, but its secret is not yet at its destination.
    let rest = ["apply", "plan.json", "--confirm-count", "3"];
    let rest = shell.run_at(&proxy.base_url, &rest, "").fine();
    assert!(rest.out.starts_with("done    One"), "{}", rest.out);
    for name in ["One", "Three"] {
        assert_delivered(&shell, name);
    }
    let again = shell.run_at(&proxy.base_url, &["apply", "plan.json"], "").fine();
    assert!(again.said.contains("Already done: 3 of 3 steps."), "{}", again.said);
    let mut all = names(&shell);
    all.sort();
    assert_eq!(all, ["One", "Three", "Two"]);
}

/// The secret of a new client goes to its destination, and never to the terminal.
#[test]
fn secret_of_a_new_client_is_delivered() {
    let shell = Shell::new(&[]);
    configure(&shell);
    let place = shell.file("copy");
    write(&shell, "credentials:\n  - kind: m2m\n    name: Sync\n    secret_to: [elsewhere]\n");
    shell.run(&["plan", "wanted.yaml"]).refused(2, "Unknown destination \"elsewhere\"");
    let two = "credentials:\n  - {kind: m2m, name: A, secret_to: [copy]}\n  - {kind: m2m, name: B, secret_to: [copy]}\n";
    write(&shell, two);
    let shared = "The destination copy would get the secrets of 2 clients";
    shell.run(&["plan", "wanted.yaml"]).refused(2, shared);
    write(&shell, "credentials:\n  - {kind: m2m, name: A}\n  - {kind: m2m, name: B}\n");
    let pruned = shell.run(&["plan", "wanted.yaml", "--prune", "Odl"]);
    assert!(
        pruned.said.contains("--prune Odl: no credential has this ID or name."),
        "{}",
        pruned.said
    );
    write(&shell, "credentials:\n  - kind: m2m\n    name: Sync\n    secret_to: [copy]\n");
    shell.run(&["plan", "wanted.yaml", "--out", "plan.json"]);
    let applied = shell.run(&["apply", "plan.json", "--confirm-count", "1"]).fine();
    let secret = fs::read_to_string(&place).unwrap();
    let real = shell.run(&["secret", "Sync", "--reveal"]).fine().out;
    assert_eq!(secret.trim(), real.trim());
    assert!(!applied.out.contains(secret.trim()) && !applied.said.contains(secret.trim()));
}

/// A failed delivery does not lose the secret. Once the destination is corrected, `apply` delivers
/// it.
#[test]
fn failed_delivery_is_repeated() {
    let shell = Shell::new(&[]);
    configure(&shell);
    write(&shell, "credentials:\n  - kind: m2m\n    name: Sync\n    secret_to: [own]\n");
    shell.run(&["plan", "wanted.yaml", "--out", "plan.json"]);
    let config = shell.file(".config/credenza/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let missing = shell.file("missing/own-{client_id}").display().to_string();
    let own = shell.file("own-{client_id}").display().to_string();
    fs::write(&config, text.replace(&own, &missing)).unwrap();
    let apply = ["apply", "plan.json", "--confirm-count", "1"];
    let failed = shell.run(&apply);
    assert_eq!(failed.code, 4, "{}", failed.out);
    assert!(failed.out.contains("exists, but its secret was not delivered"), "{}", failed.out);

    fs::write(&config, text).unwrap();
    shell.run(&["plan", "wanted.yaml", "--out", "second.json"]);
    for plan in ["plan.json", "second.json"] {
        let applied = shell.run(&["apply", plan, "--confirm-count", "1"]).fine();
        let done = if plan == "plan.json" { "done    Sync" } else { "Nothing to apply." };
        assert!(applied.out.contains(done), "{plan}: {}", applied.out);
    }
    assert_delivered(&shell, "Sync");
}

#[test]
fn mistakes_are_reported_with_their_lines() {
    let shell = Shell::new(&[]);
    for name in ["Twin", "Twin"] {
        shell.create_m2m(name);
    }
    for (text, said) in [
        (
            "credentials:\n  - kind: spa\n    nam: Shop\n",
            "wanted.yaml:4: unknown member nam; did you mean name?",
        ),
        (
            "credentials:\n  - kind: web\n    name: Shop\n",
            "wanted.yaml:3: kind must be spa, m2m, token or other",
        ),
        ("credentials:\n  - kind: m2m\n", "wanted.yaml:3: an entry must have a name or an id"),
        (
            "credentials:\n  - {kind: spa, name: 5}\n",
            "wanted.yaml:3: name must be a string. Quote it",
        ),
        (
            "credentials:\n  - {kind: m2m, name: A}\n  - {kind: m2m, name: A}\n",
            "wanted.yaml:4: the entry on line 3 is for the same credential",
        ),
        (
            "server: https://other.example\ncredentials: []\n",
            "The manifest is for https://other.example, but the profile is for",
        ),
        (
            "credentials:\n  - {kind: m2m, name: Twin}\n",
            "wanted.yaml:3: Twin: 2 credentials of this kind have this name. Add the id",
        ),
        (
            "credentials:\n  - {kind: m2m, id: abc, name: A}\n",
            "wanted.yaml:3: A: no M2M OAuth Client has this id",
        ),
        (
            "credentials:\n  - {kind: spa, name: A, callbacks: [\"http://a.example/\"]}\n",
            "wanted.yaml:3: A: Allowed callback URLs, entry 1 must use https",
        ),
        (
            "credentials:\n  - {kind: spa, name: A, secret_to: [copy]}\n",
            "wanted.yaml:3: A: Unknown destination \"copy\"",
        ),
        (
            "credentials:\n  - {kind: m2m, name: A, scope: [read]}\n",
            "wanted.yaml:3: A: M2M OAuth Clients of this provider have no \"Scopes\"",
        ),
        ("credentials: [\n", "wanted.yaml is not a manifest"),
    ] {
        write(&shell, text);
        shell.run(&["plan", "wanted.yaml"]).refused(2, said);
    }
    fs::write(shell.file("wanted.yaml"), "schema: credenza.manifest/v2\n").unwrap();
    shell
        .run(&["plan", "wanted.yaml"])
        .refused(2, "wanted.yaml:1: schema must be credenza.manifest/v1");
    shell.run(&["apply", "wanted.yaml"]).refused(2, "wanted.yaml is not a plan file");
}

/// Editors complete and check a manifest with the published schema.
#[test]
fn schema_has_every_field() {
    let text = include_str!("../../assets/schemas.json");
    let schema: serde_json::Value = serde_json::from_str(text).unwrap();
    let members = &schema["$defs"]["manifest_entry"]["properties"];
    for field in Field::ALL {
        // The member `id` selects an existing client, or sets the client ID of a new one.
        let is_id = field == Field::ClientId;
        assert_eq!(members.get(field.wire()).is_none(), is_id, "{}", field.wire());
    }
}

/// Home with a local workspace and the profile `prod` for the shell's server, signed in.
struct TwoProfiles(Shell);

impl TwoProfiles {
    fn new() -> Self {
        let two = Self(Shell::new(&[]));
        let hello = &two.0.server.hello;
        let text = |name: &str| hello[name].as_str().unwrap().to_owned();
        two.run(&["profile", "add", "prod", "--base-url", &text("base_url")], "").fine();
        two.run(&["login", "prod", "--with", "token"], &text("token")).fine();
        two
    }

    fn run(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.0.own_command(arguments);
        command.env("CREDENZA_STORE", "file").env("CREDENZA_PASSPHRASE", "two profiles");
        Ran::of(command, input)
    }
}

#[test]
fn copies_have_the_hosts_of_the_other_environment() {
    let two = TwoProfiles::new();
    let local = |arguments: &[&str]| two.run(&[&["--profile", "local"], arguments].concat(), "");
    let login = "https://shop.staging.acme.dev/";
    local(&["create", "spa", "--name", "Shop", "--login-url", login]).fine();
    local(&["add-url", "Shop", "callback", "https://other.example/cb", "--own-lists"]).fine();
    local(&["create", "m2m", "--name", "Sync"]).fine();
    let copy = ["copy-to", "prod", "Shop", "Sync", "--map", "staging.acme.dev=acme.dev"];
    let planned = local(&[&copy[..], &["--dry-run"]].concat()).fine();
    assert!(
        planned.out.contains("Application login URL: https://shop.acme.dev/"),
        "{}",
        planned.out
    );
    local(&copy).refused(2, "add --confirm-count 2");
    local(&[&copy[..], &["--confirm-count", "2"]].concat()).fine();
    let made =
        two.run(&["show", "Shop", "--profile", "prod", "--output", "json"], "").fine().json();
    let callbacks = json!(["https://shop.acme.dev/", "https://other.example/cb"]);
    assert_eq!(made["callbacks"], callbacks, "{made}");
    local(&[&["copy-to", "prod", "Sync", "Sync", "--dry-run"][..]].concat()).fine();
    // A repeated copy finds the credentials by name, and copies what changed.
    assert_eq!(local(&copy).fine().out, "Nothing to apply.\n");
    local(&["rm-url", "Shop", "callback", "https://other.example/cb"]).fine();
    let planned = local(&[&copy[..], &["--dry-run"]].concat()).fine();
    assert!(planned.out.starts_with("edit Shop"), "{}", planned.out);

    local(&["copy-to", "local", "Shop"]).refused(2, "local is the current profile");
    let typo = ["copy-to", "prod", "Shop", "--map", "stagin.acme.dev=acme.dev"];
    local(&typo).refused(2, "The rule 1 of --map matches no URL");
    local(&["copy-to", "prod", "Shop", "--map", "acme.dev"]).refused(2, "must be FROM=TO");
    two.0.run(&["copy-to", "prod", "Shop"]).refused(2, "CREDENZA_TOKEN is a token for one server");
}
