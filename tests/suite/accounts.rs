//! Commands for profiles, sign-in and dynamic client registration, and `doctor`, run as child
//! processes.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::Arc,
};

use credenza::{
    api::{Page, PageQuery, Scope},
    config,
    domain::{Client, Credential, Kind, Profile, credential::Record},
    server::Config,
    shell::list_cache::ListCache,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::common::{
    contents_below,
    faulty::{Fault, Faulty},
    files_below,
    person::Person,
    server::Served,
};

/// User account with a temporary home directory, initially empty.
struct Account {
    home: tempfile::TempDir,
}

impl Account {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.home.path().join(inside)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_credenza"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("CREDENZA_STORE", "file")
            .env("CREDENZA_PASSPHRASE", "canary passphrase")
            .env("CREDENZA_LOG", "trace")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    #[track_caller]
    fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, err) = texts(&output);
        assert!(output.status.success(), "{arguments:?}: {out}{err}");
        out
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, err) = texts(&output);
        assert!(!output.status.success(), "{arguments:?}: {out}{err}");
        err
    }

    fn given(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn served() -> Served {
    Served::start(&Config { device_interval: 0, clock: Timestamp::now, ..Config::default() })
}

#[test]
fn profiles_are_added_shown_changed_chosen_and_removed() {
    let (served, account) = (served(), Account::new());
    let url = served.base_url.as_str();
    assert!(account.says(&["profile", "list"]).contains("No profiles yet"));
    let added = account.says(&["profile", "add", "prod", "--base-url", url, "--env", "prod"]);
    assert!(added.contains("supports the credentials contract"), "{added}");
    assert!(added.contains("credenza login prod"), "{added}");
    account.says(&["profile", "add", "test", "--base-url", url, "--client-id", "mine"]);

    let shown: Value =
        serde_json::from_str(&account.says(&["profile", "show", "prod", "--output", "json"]))
            .unwrap();
    assert_eq!(
        (&shown["issuer"], &shown["client_id"], &shown["env"], &shown["read_only"]),
        (&json!(url), &json!("credenza"), &json!("prod"), &json!(true))
    );
    // Adding a second profile does not change the default.
    assert!(account.says(&["profile", "list"]).contains("* prod"));
    account.says(&["profile", "use", "test"]);
    assert!(account.says(&["profile", "list"]).contains("* test"));

    let edited = account.says(&["profile", "edit", "test", "--env", "staging", "--client-id", ""]);
    assert!(edited.contains("Changed test"));
    let text = std::fs::read_to_string(account.path(".config/credenza/config.toml")).unwrap();
    assert!(text.contains("env = \"staging\"") && !text.contains("mine"), "{text}");

    let removed = account.says(&["profile", "remove", "test"]);
    assert!(removed.contains("Removed test"), "{removed}");
    assert!(account.says(&["profile", "list"]).starts_with("* prod"));
}

#[test]
fn mistakes_say_what_failed_why_and_what_to_do() {
    let account = Account::new();
    for (arguments, says) in [
        (&["profile", "add", "x"][..], "--base-url URL"),
        (
            &["profile", "add", "a/b", "--base-url", "https://x.example", "--offline"],
            "--name must consist of letters",
        ),
        (&["profile", "add", "x", "--base-url", "http://x.example", "--offline"], "must use https"),
        (&["profile", "add", "x", "--base-url", "http://127.0.0.1:9"], "--offline"),
        (
            &["profile", "add", "x", "--base-url", "https://x", "--env", "live"],
            "prod, staging, dev",
        ),
        (&["login"], "No profiles yet"),
        (&["login", "x"], "Unknown profile \"x\""),
        (&["logout", "x"], "Unknown profile \"x\""),
    ] {
        let said = account.fails(arguments);
        assert!(said.starts_with("credenza: "), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
        assert!(!said.contains("src/"), "source location in the error: {said}");
    }
    std::fs::create_dir_all(account.path(".config/credenza")).unwrap();
    let path = account.path(".config/credenza/config.toml");
    std::fs::write(&path, "store = \"clear\"\n[profiles.x]\nbase_url = \"https://x.example\"\n")
        .unwrap();
    let said = account.fails(&["profile", "list"]);
    assert!(said.contains("config.toml:1: store is \"clear\"; use one of: auto"), "{said}");
    let before = std::fs::read_to_string(&path).unwrap();
    account.fails(&["profile", "use", "x"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before, "the file is unchanged");
}

#[test]
fn the_example_configuration_is_what_the_program_reads() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/config.example.toml"))
            .unwrap();
    let settings = config::file::read(&text).unwrap_or_else(|faults| panic!("{faults:?}"));
    assert!(settings.profiles.len() >= 4);
    // The example must name these settings, at least in a comment.
    for setting in [
        "default_profile",
        "store",
        "theme",
        "clipboard",
        "peek",
        "unlock",
        "[keys.list]",
        "provider",
        "issuer",
        "audience",
        "client_id",
        "scopes",
        "sign_in",
        "env",
        "read_only",
        "trusted_hosts",
        "ca_file",
        "callback_port",
        "token_command",
        "organization",
        "token_header",
        "registration_endpoint",
        "oauth_clients_path",
    ] {
        assert!(text.contains(setting), "{setting}");
    }
    let uncommented: String = text
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
        .fold(String::new(), |all, line| all + line + "\n");
    config::file::read(&uncommented).unwrap_or_else(|faults| panic!("{faults:?}"));
}

/// Signs in by device flow, searches the arguments, standard error and all files of the program for
/// secrets, and signs out.
#[tokio::test(flavor = "multi_thread")]
async fn signing_in_by_device_flow_leaves_nothing_secret_behind() {
    let (served, account) = (served(), Account::new());
    account.says(&["profile", "add", "acme", "--base-url", &served.base_url]);
    let mut child = account.command(&["login", "--with", "device"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    let url = loop {
        let line = lines.next().expect("an address").unwrap();
        said.push_str(&line);
        if line.contains("user_code=") {
            break line.trim().to_owned();
        }
    };
    let arguments = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
    let password = served.minter.one_time_password();
    let page = Person::new("ada", password.expose()).sign_in(&url, "approve").await;
    assert!(page.title().starts_with("Success"));
    for line in lines {
        said.push_str(&line.unwrap());
    }
    assert!(child.wait().unwrap().success(), "{said}");
    assert!(said.contains("Signed in to acme as ada@acme.dev"), "{said}");

    let who: Value = serde_json::from_str(&account.says(&["whoami", "--output", "json"])).unwrap();
    assert_eq!((&who["user"], &who["renewable"]), (&json!("ada@acme.dev"), &json!(true)));
    let mut places =
        vec![("arguments".to_owned(), arguments), ("standard error".to_owned(), said.into_bytes())];
    #[cfg(unix)]
    for path in files_below(account.home.path()) {
        use std::os::unix::fs::PermissionsExt;
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
    places.extend(contents_below(account.home.path()));
    assert!(places.iter().any(|(place, _)| place.ends_with("sessions.vault")));
    assert!(
        places.iter().any(|(place, bytes)| place.ends_with("credenza.log") && !bytes.is_empty())
    );
    for (place, bytes) in &places {
        // Refresh tokens begin with `rt_`, and JWTs with `eyJ`.
        for secret in ["rt_", "eyJ", "canary passphrase", password.expose()] {
            let held = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!held, "{place} contains {secret}");
        }
    }
    let mut locked_out = account.command(&["logout"]);
    let output = locked_out.env("CREDENZA_PASSPHRASE", "a wrong one").output().unwrap();
    assert!(texts(&output).1.contains("passphrase is wrong"), "{output:?}");
    let output = account.run(&["logout"]);
    assert!(texts(&output).1.contains("Signed out of acme"), "{output:?}");
    assert!(account.fails(&["whoami"]).contains("Not signed in to acme"));
}

#[test]
fn secrets_are_read_from_stdin_file_descriptor_or_command() {
    let (served, account) = (served(), Account::new());
    let token = served.minter.bearer().unwrap();
    let url = served.base_url.as_str();
    account.says(&["profile", "add", "acme", "--base-url", url]);
    let output = account.given(&["login", "--with", "token"], token.expose());
    assert!(output.status.success(), "{output:?}");
    assert!(account.says(&["whoami"]).starts_with("ada@acme.dev, editor, on acme"));
    assert!(
        texts(&account.given(&["login", "--with", "token"], "not a token"))
            .1
            .contains("Invalid token")
    );

    let file = account.path("token");
    std::fs::write(&file, token.expose()).unwrap();
    account.run(&["logout"]);
    account.says(&["login", "--with", "token", "--secret-file", file.to_str().unwrap()]);
    account.says(&["whoami"]);
    #[cfg(unix)]
    {
        account.run(&["logout"]);
        let output =
            account.given(&["login", "--with", "token", "--secret-fd", "0"], token.expose());
        assert!(output.status.success(), "{output:?}");
    }
    // The token command must not inherit the passphrase.
    let script = account.path("script");
    let body =
        format!("#!/bin/sh\n[ -z \"$CREDENZA_PASSPHRASE\" ] || exit 9\ncat {}\n", file.display());
    std::fs::write(&script, body).unwrap();
    let command = format!("/bin/sh {}", script.display());
    let arguments = ["profile", "add", "cmd", "--base-url", url, "--token-command", &command];
    account.says(&arguments);
    assert!(account.says(&["whoami", "cmd"]).starts_with("ada@acme.dev"));
}

#[tokio::test]
async fn all_profiles_are_listed_together_and_a_dead_one_is_named() {
    let (one, two, account) = (served(), served(), Account::new());
    for (name, served) in [("one", &one), ("two", &two)] {
        let body = json!({ "app_type": "m2m", "name": format!("Robot of {name}") });
        served.ada().post("/v3/oauth-clients", body).await;
        account.says(&["profile", "add", name, "--base-url", &served.base_url]);
        let token = served.minter.bearer().unwrap();
        let output = account.given(&["login", name, "--with", "token"], token.expose());
        assert!(output.status.success(), "{output:?}");
    }
    let dead = ["profile", "add", "dead", "--base-url", "http://127.0.0.1:9", "--offline"];
    account.says(&dead);
    let output = account.run(&["list", "--all-profiles", "--sort", "-name", "-o", "jsonl"]);
    let (out, err) = texts(&output);
    assert_eq!(output.status.code(), Some(4), "incomplete: {err}");
    assert!(err.contains("incomplete list: dead: "), "{err}");
    let rows: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let named = |row: &Value| (row["profile"].clone(), row["name"].clone());
    let expected = ["two", "one"].map(|it| (json!(it), json!(format!("Robot of {it}"))));
    assert_eq!(rows.iter().map(named).collect::<Vec<_>>(), expected);
    let mut given = account.command(&["list", "--all-profiles"]);
    let given = given.env("CREDENZA_TOKEN", "canary").output().unwrap();
    assert_eq!(given.status.code(), Some(2), "the token is for one server");
    assert_eq!(account.run(&["--demo", "list", "--all-profiles"]).status.code(), Some(2));
    let audit = account.run(&["audit", "--all-profiles", "--fail-on", "critical", "-o", "json"]);
    let (out, err) = texts(&audit);
    assert_eq!(audit.status.code(), Some(4), "{err}");
    assert!(err.contains("dead: "), "{err}");
    let reports: Value = serde_json::from_str(&out).unwrap();
    let names = reports.as_array().unwrap().iter().map(|it| it["profile"]["name"].clone());
    assert_eq!(names.collect::<Vec<_>>(), [json!("one"), json!("two")]);
    let sarif = account.run(&["audit", "--all-profiles", "-o", "sarif"]);
    assert_eq!(sarif.status.code(), Some(2), "a SARIF report has one profile");
    // The group does not include the dead profile.
    let config = account.home.path().join(".config/credenza/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        format!("{text}\n[groups]\nlive = [\"two\", \"one\"]\nold = [\"gone\"]\n"),
    )
    .unwrap();
    let table = account.says(&["list", "--group", "live"]);
    assert!(table.contains("Robot of one") && table.contains("Robot of two"), "{table}");
    let wrong = |group: &str| texts(&account.run(&["expiring", "--group", group])).1;
    assert!(
        wrong("love").contains("Unknown group \"love\". Groups: live, old."),
        "{}",
        wrong("love")
    );
    assert!(wrong("old").contains("The group old contains the unknown profile \"gone\""));
    account.says(&["profile", "remove", "dead"]);
    let table = account.says(&["list", "--all-profiles"]);
    assert!(table.starts_with("PROFILE  NAME"), "{table}");
    let table = account.says(&["audit", "--all-profiles", "--exit-zero"]);
    assert!(table.starts_with("one\n\n") && table.contains("\n\ntwo\n\n"), "{table}");

    // Two environments with one redirect host are only found by comparing their profiles.
    account.says(&["profile", "edit", "one", "--env", "prod"]);
    for profile in ["one", "two"] {
        let name = format!("Shop of {profile}");
        let callback = "https://shop.acme.dev/cb";
        let create = ["create", "spa", "--name", &name, "--callback", callback];
        account.says(&[&["--profile", profile], &create[..], &["--unlock", profile]].concat());
    }
    let rule = ["audit", "--rules", "FLT06", "--exit-zero"];
    let table = account.says(&[&rule[..], &["--all-profiles"]].concat());
    let [one, two] = table.split("\n\ntwo\n\n").collect::<Vec<_>>()[..] else { panic!("{table}") };
    assert!(
        two.contains("Callback host belongs to a production client (")
            && two.contains("in profile one")
    );
    assert!(!one.contains("FLT06"), "{one}");
    let alone = account.says(&[&["--profile", "two"], &rule[..]].concat());
    assert!(alone.contains("no findings") && alone.contains("0 passed"), "{alone}");
}

/// The lists that the console cached name the owner of an ID while the server cannot be reached.
#[tokio::test]
async fn whose_uses_the_cached_lists_of_an_unreachable_server() {
    let account = Account::new();
    account.says(&["profile", "add", "dead", "--base-url", "http://127.0.0.1:9", "--offline"]);
    let output = account.run(&["whose", "k3Jd81sLq0ZtR4nV"]);
    assert_eq!(output.status.code(), Some(1), "no cached list");
    let profile = Profile {
        name: "dead".to_owned(),
        base_url: "http://127.0.0.1:9".to_owned(),
        ..Profile::default()
    };
    let record =
        Record { id: "k3Jd81sLq0ZtR4nV".into(), name: "Nightly sync".into(), ..Record::default() };
    let client = Credential::M2m(Client { record, ..Client::default() });
    let query = PageQuery::first(Kind::M2m, Scope::Mine, 100);
    let page = Page { entries: vec![client], ..Page::default() };
    let cache = ListCache::of(&account.path(".cache/credenza/lists"), &profile);
    Arc::new(cache).took(query, Ok(page)).await.unwrap();
    for selection in [&[][..], &["--all-profiles"]] {
        let line = "client k3Jd81sLq0ZtR4nV failed to authenticate";
        let output = account.run(&[&["whose", line], selection].concat());
        let (out, err) = texts(&output);
        assert!(output.status.success(), "{out}{err}");
        assert!(out.contains("Nightly sync") && out.contains("cached     20"), "{out}");
        assert!(err.contains("127.0.0.1:9") || err.contains("Not signed in"), "{err}");
    }
    // A token in the environment may belong to another user.
    let mut other = account.command(&["whose", "k3Jd81sLq0ZtR4nV"]);
    assert_eq!(other.env("CREDENZA_TOKEN", "canary").output().unwrap().status.code(), Some(1));
    // A server that returned its lists is not searched in the cache.
    let served = served();
    account.says(&["profile", "add", "live", "--base-url", &served.base_url]);
    let token = served.minter.bearer().unwrap();
    account.given(&["login", "live", "--with", "token"], token.expose());
    let record = Record { id: "deletedClient0001".into(), ..Record::default() };
    let page = Page {
        entries: vec![Credential::M2m(Client { record, ..Client::default() })],
        ..Page::default()
    };
    let profile = Profile {
        name: "live".to_owned(),
        base_url: served.base_url.clone(),
        ..Profile::default()
    };
    let cache = ListCache::of(&account.path(".cache/credenza/lists"), &profile);
    let query = PageQuery::first(Kind::M2m, Scope::Mine, 100);
    Arc::new(cache).took(query, Ok(page)).await.unwrap();
    let output = account.run(&["whose", "deletedClient0001", "--all-profiles"]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
}

#[test]
fn the_token_in_the_environment_goes_to_the_profiles_own_origin() {
    let (served, account) = (served(), Account::new());
    account.says(&["profile", "add", "acme", "--base-url", &served.base_url]);
    let token = served.minter.bearer().unwrap();
    let output =
        account.command(&["whoami"]).env("CREDENZA_TOKEN", token.expose()).output().unwrap();
    assert!(texts(&output).0.starts_with("ada@acme.dev"), "{output:?}");
    // A session is bound to its base URL, so a profile with another URL has no session.
    let output = account.given(&["login", "--with", "token"], token.expose());
    assert!(output.status.success());
    let other = served.base_url.replace("127.0.0.1", "localhost");
    account.says(&["profile", "edit", "acme", "--base-url", &other]);
    assert!(account.fails(&["whoami"]).contains("Not signed in"));
}

#[test]
fn the_carto_clis_session_is_read_only_after_a_yes() {
    let account = Account::new();
    let url = "https://gcp-us-east1.api.carto.com";
    account.says(&[
        "profile",
        "add",
        "carto",
        "--base-url",
        url,
        "--provider",
        "carto",
        "--offline",
    ]);
    let file = account.path(".carto_credentials.json");
    let text = r#"{"current_profile":"a","profiles":{"a":{"token":"canary","tenant_id":"gcp-us-east1","user_email":"ada@acme.dev"}}}"#;
    std::fs::write(&file, text).unwrap();
    assert!(account.fails(&["login", "--with", "carto-cli"]).contains("--agree"));
    let output = account.run(&["login", "--with", "carto-cli", "--agree"]);
    let said = texts(&output).1;
    assert!(output.status.success() && said.contains("as ada@acme.dev"), "{said}");
    assert!(!said.contains("canary"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "the file is unchanged");
}

#[test]
fn the_doctor_finds_what_is_wrong_and_says_so_by_its_exit_code() {
    let (served, account) = (served(), Account::new());
    account.says(&["profile", "add", "acme", "--base-url", &served.base_url]);
    let output = account.run(&["doctor", "--output", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{report:#}");
    let text = account.says(&["doctor"]);
    for line in ["responds", "agrees with the server's", "core dumps are off", "No problems found."]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("canary passphrase"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let vault =
            account.given(&["login", "--with", "token"], served.minter.bearer().unwrap().expose());
        assert!(vault.status.success());
        let file = account.path(".local/state/credenza/sessions.vault");
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let output = account.run(&["doctor"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(texts(&output).0.contains("Run chmod 600 on it"), "{}", texts(&output).0);
    }
    drop(served);
    let output = account.run(&["doctor", "--output", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["findings"].as_u64().unwrap() >= 1);
    assert!(report.to_string().contains("Could not reach"), "{report:#}");
}

/// The program disables core dumps, which would write the secrets in memory to disk.
#[test]
#[cfg(target_os = "linux")]
fn a_program_that_is_killed_badly_leaves_no_core() {
    let account = Account::new();
    let mut child = account
        .command(&["serve", "--ephemeral", "--listen", "127.0.0.1:0"])
        .current_dir(account.home.path())
        .spawn()
        .unwrap();
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    let status = Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    child.wait().unwrap();
    let left: Vec<_> = std::fs::read_dir(account.home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("core"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn without_any_keyring_a_start_is_not_held_up() {
    let account = Account::new();
    let output = account
        .command(&["doctor", "--output", "json"])
        .env("CREDENZA_STORE", "auto")
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = report.to_string();
    #[cfg(target_os = "linux")]
    assert!(text.contains("no keyring: no D-Bus session"), "{text}");
    assert!(text.contains("a file encrypted with your passphrase"), "{text}");
}

/// Starts a server with dynamic registration (RFC 7591), and client management (RFC 7592) if
/// `managed`.
fn registers(managed: bool) -> Faulty {
    let faulty = Faulty::start();
    let url = &faulty.base_url;
    let metadata = json!({
        "issuer": url, "token_endpoint": format!("{url}/token"),
        "registration_endpoint": format!("{url}/register"),
    });
    faulty.on("GET /.well-known/openid-configuration", Fault::json(200, &metadata.to_string()));
    let client = json!({
        "client_id": "abc", "client_name": "Robot", "client_secret": "once",
        "grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
    });
    let mut made = client.clone();
    if managed {
        made["registration_client_uri"] = json!(format!("{url}/register/abc"));
        made["registration_access_token"] = json!("its-own");
    }
    faulty.on("POST /register", Fault::json(201, &made.to_string()));
    faulty.on("GET /register/abc", Fault::json(200, &client.to_string()));
    faulty
}

const NO_TOKEN: &str = r#"{"error":"invalid_token","error_description":"no token"}"#;

#[test]
fn open_registration_needs_no_sign_in() {
    let (faulty, account) = (registers(true), Account::new());
    let added = account.says(&["profile", "add", "it", "--base-url", &faulty.base_url]);
    assert!(added.contains("credenza --profile it create spa"), "{added}");
    account.says(&["create", "m2m", "--name", "Robot"]);
    assert!(account.says(&["list", "m2m"]).contains("Robot"));
    assert!(account.says(&["whoami"]).contains("it"), "succeeds without a sign-in");
    let seen = faulty.seen.lock().unwrap();
    let (_, head) = seen.iter().find(|(line, _)| line.starts_with("POST /register")).unwrap();
    assert!(!head.to_lowercase().contains("authorization:"), "{head}");
}

#[cfg(unix)]
#[test]
fn whoami_without_a_sign_in_leaves_the_vault_alone() {
    use std::os::unix::fs::PermissionsExt;
    let account = Account::new();
    let open = ["profile", "add", "open", "--base-url", "http://127.0.0.1:9", "--offline"];
    account.says(&[&open[..], &["--provider", "hydra", "--sign-in", "none"]].concat());
    // Reading a damaged vault moves it away, so a vault that still exists was not read.
    let vault = account.path(".local/state/credenza/sessions.vault");
    std::fs::create_dir_all(vault.parent().unwrap()).unwrap();
    std::fs::write(&vault, "damaged").unwrap();
    std::fs::set_permissions(&vault, PermissionsExt::from_mode(0o600)).unwrap();
    assert!(account.says(&["whoami", "open"]).contains("open"));
    assert!(vault.exists(), "the vault was read");
}

#[test]
fn closed_registration_names_the_token_it_requires() {
    let (faulty, account) = (registers(true), Account::new());
    faulty.on("POST /register", Fault::json(401, NO_TOKEN));
    account.says(&["profile", "add", "it", "--base-url", &faulty.base_url]);
    let failed = account.fails(&["create", "m2m", "--name", "Robot"]);
    assert!(failed.contains("requires an initial access token"), "{failed}");
    // The profile has no client ID, so `login` uses the method `token` by default.
    let output = account.given(&["login", "it"], "initial\n");
    assert!(output.status.success(), "{:?}", texts(&output));
}

#[cfg(unix)]
#[test]
fn token_command_runs_for_each_registration() {
    use std::os::unix::fs::PermissionsExt;
    let (faulty, account) = (registers(true), Account::new());
    let (command, runs) = (account.path("tokens"), account.path("runs"));
    let script = format!("#!/bin/sh\necho run >>{0}\nwc -l <{0} | tr -d ' '\n", runs.display());
    std::fs::write(&command, script).unwrap();
    std::fs::set_permissions(&command, PermissionsExt::from_mode(0o700)).unwrap();
    let (url, command) = (faulty.base_url.as_str(), command.display().to_string());
    account.says(&["profile", "add", "it", "--base-url", url, "--token-command", &command]);
    assert!(account.fails(&["login", "it"]).contains("runs for each registration"));
    account.says(&["list", "m2m"]);
    account.says(&["doctor"]);
    account.says(&["whoami"]);
    assert!(!runs.exists(), "reading does not run the command");
    account.says(&["create", "m2m", "--name", "Robot"]);
    account.says(&["create", "m2m", "--name", "Robot"]);
    let seen = faulty.seen.lock().unwrap();
    let sent: Vec<_> = seen
        .iter()
        .filter(|(line, _)| line.starts_with("POST /register"))
        .filter_map(|(_, head)| head.lines().find(|line| line.starts_with("authorization:")))
        .collect();
    assert_eq!(sent, ["authorization: Bearer 1", "authorization: Bearer 2"]);
}

#[test]
fn registered_clients_belong_to_their_issuer() {
    let (first, second, account) = (registers(true), registers(true), Account::new());
    account.says(&["profile", "add", "it", "--base-url", &first.base_url]);
    account.says(&["create", "m2m", "--name", "Robot"]);
    let (url, old) = (second.base_url.as_str(), first.base_url.as_str());
    let moved = account.says(&["profile", "edit", "it", "--base-url", url, "--issuer", url]);
    assert!(
        moved.contains(&format!("Clients registered at {old} stay in the session store")),
        "{moved}"
    );
    assert!(account.says(&["register", "list"]).contains("is empty. Add a client"));
    assert!(!account.says(&["list", "m2m"]).contains("Robot"));
    account.says(&["profile", "add", "old", "--base-url", old]);
    assert!(account.says(&["register", "list", "--profile", "old"]).contains("abc"));
}

#[test]
fn conformance_names_the_clients_that_a_server_keeps() {
    let (faulty, account) = (registers(false), Account::new());
    account.says(&["profile", "add", "it", "--base-url", &faulty.base_url]);
    let output = account.run(&["conformance", "--yes"]);
    let (out, err) = texts(&output);
    assert!(!output.status.success(), "{out}{err}");
    assert!(out.contains("could not be deleted: abc"), "{out}{err}");
}
