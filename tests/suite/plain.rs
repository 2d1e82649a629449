//! Commands without the console, run as child processes, as a shell or a script runs them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::serve::Process;

/// Shell without a terminal: a home directory, and the server that its commands use.
pub struct Shell {
    pub server: Process,
    home: tempfile::TempDir,
}

/// Exit code and output of a command.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub said: String,
}

impl Ran {
    /// Runs a command whose input and outputs are pipes.
    pub fn of(mut command: Command, input: &str) -> Self {
        use std::io::Write as _;

        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code().unwrap(),
            out: text(output.stdout),
            said: text(output.stderr),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    #[track_caller]
    pub fn fine(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.said);
        self
    }

    #[track_caller]
    pub fn refused(self, code: i32, with: &str) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.said);
        assert!(self.said.contains(with), "{:?} is not in: {}", with, self.said);
        self
    }
}

impl Shell {
    pub fn new(arguments: &[&str]) -> Self {
        let server = Process::start(&[&["--ephemeral"], arguments].concat());
        Self { server, home: tempfile::tempdir().unwrap() }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_at(self.server.hello["base_url"].as_str().unwrap(), arguments, "")
    }

    /// Returns a command for the API at a base URL, with the server's token.
    pub fn command(&self, base_url: &str, arguments: &[&str]) -> Command {
        let mut command = self.own_command(&[&["--base-url", base_url], arguments].concat());
        command.env("CREDENZA_TOKEN", self.server.hello["token"].as_str().unwrap());
        command
    }

    /// Returns a command in the shell's home, without a token.
    pub fn own_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_credenza"));
        command
            .args(arguments)
            .current_dir(self.home.path())
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run_at(&self, base_url: &str, arguments: &[&str], input: &str) -> Ran {
        Ran::of(self.command(base_url, arguments), input)
    }

    pub fn create_m2m(&self, name: &str) -> String {
        let made = self.run(&["create", "m2m", "--name", name, "--output", "json"]).fine().json();
        made["client_id"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_list_is_filtered_sorted_and_written_in_every_form() {
    let shell = Shell::new(&["--seed", "60"]);
    let all = shell.run(&["list", "--output", "json"]).fine().json();
    assert_eq!(all.as_array().unwrap().len(), 180);
    let m2m = shell.run(&["list", "m2m", "--output", "jsonl"]).fine();
    assert_eq!(m2m.out.lines().count(), 60);
    for line in m2m.out.lines() {
        let object: Value = serde_json::from_str(line).unwrap();
        assert_eq!(object["kind"], "m2m");
        assert_eq!(object.get("client_secret"), None);
    }
    let old = shell
        .run(&[
            "list",
            "--where",
            "type:spa age>500d",
            "--sort",
            "-created",
            "--columns",
            "name,created",
            "--output",
            "csv",
        ])
        .fine();
    let days: Vec<&str> =
        old.out.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert!(days.len() > 2 && days.is_sorted_by(|a, b| a >= b), "{days:?}");
    let table = shell.run(&["list", "tokens", "--wide"]).fine();
    assert!(table.out.starts_with("NAME"), "{}", table.out);
    assert!(!table.out.contains('\u{1b}'), "plain when piped");
    let markdown = shell.run(&["list", "--columns", "id,worst", "--output", "md"]).fine();
    assert!(markdown.out.starts_with("| id | worst |\n|---|---|\n"));
}

#[test]
fn a_saved_view_lists_as_the_console_shows_it() {
    let shell = Shell::new(&["--seed", "30"]);
    let config = shell.file(".config/credenza/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    let view = "[views.tokens]\nfilter = \"type:token\"\nsort = \"-name\"\nwide = true\n";
    std::fs::write(&config, view).unwrap();
    let list = shell.run(&["list", "--view", "tokens", "--output", "csv"]).fine();
    assert!(list.out.lines().next().unwrap().ends_with("callbacks,worst"), "{}", list.out);
    assert_eq!(list.out.lines().count(), 31);
    let narrowed =
        shell.run(&["list", "--view", "tokens", "--where", "Store", "--columns", "name"]).fine();
    let names: Vec<&str> = narrowed.out.lines().skip(1).collect();
    assert!(names.iter().all(|name| name.contains("Store")) && names.is_sorted_by(|a, b| a >= b));
    shell.run(&["view", "save", "worst", "--where", "type:spa", "--sort", "worst"]).fine();
    let worst = shell.run(&["list", "--view", "worst", "--columns", "worst"]).fine().out;
    assert!(worst.starts_with("WORST\n1 high"), "the worst first: {worst}");
    shell.run(&["view", "save", "x", "--where", "age>9x"]).refused(2, "^^ use a duration");
    let saved = shell.run(&["view", "list", "--output", "json"]).fine().json();
    assert_eq!(
        saved[1],
        json!({"name": "worst", "filter": "type:spa", "sort": "worst", "wide": false})
    );
    shell.run(&["view", "delete", "worst"]).fine();
    shell.run(&["view", "delete", "worst"]).refused(1, "Unknown view \"worst\"");
    shell.run(&["list", "--view", "old"]).refused(2, "Unknown view \"old\". Views: tokens");
}

#[test]
fn a_shell_completes_names_ids_and_rules() {
    let shell = Shell::new(&[]);
    let id = shell.create_m2m("Nightly sync");
    let base_url = shell.server.hello["base_url"].as_str().unwrap();
    let complete = |kind: &str, words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_credenza"))
            .args([&["--", "credenza"], words].concat())
            .env_clear()
            .env("HOME", shell.home.path())
            .env("CREDENZA_TOKEN", shell.server.hello["token"].as_str().unwrap())
            .env("CREDENZA_COMPLETE", kind)
            .env("_CLAP_COMPLETE_INDEX", words.len().to_string())
            .env("_CLAP_IFS", "\n")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    let show = |begun| ["show", "--base-url", base_url, begun];
    assert_eq!(complete("fish", &show("night")), format!("Nightly sync\t{id}"));
    assert_eq!(complete("bash", &show("Nightly\\ s")), "Nightly\\ sync");
    assert_eq!(complete("bash", &show(&id[..6])), id);
    assert_eq!(complete("bash", &["audit", "explain", "URL0"]).lines().count(), 9);
    // An unreachable server gives no completions and no error output.
    assert_eq!(complete("bash", &["show", "--base-url", "http://127.0.0.1:9", "x"]), "");
}

/// Bash splits words at colons and does not expand aliases. Words with colons, and the arguments of
/// aliases, must be completed nevertheless.
#[test]
#[cfg(unix)]
fn bash_completes_behind_urls_and_aliases() {
    let shell = Shell::new(&[]);
    let id = shell.create_m2m("Nightly sync");
    shell.run(&["create", "m2m", "--name", "https://a.dev/x", "--secret-fd", "1"]).fine();
    let base_url = shell.server.hello["base_url"].as_str().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_credenza")).parent().unwrap();
    // Like readline, pass the word that begins after the last word break.
    let complete = |alias: &str, line: &str, word: &str| {
        let script = format!(
            "shopt -s expand_aliases; {alias}\nsource <(credenza completions bash)\n\
             COMP_LINE=$1 COMP_POINT=${{#1}} COMP_TYPE=9; _credenza credenza \"$2\" ''\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"; complete -p"
        );
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let output = Command::new("bash")
            .args(["--norc", "-c", &script, "bash", line, word])
            .env_clear()
            .env("HOME", shell.home.path())
            .env("PATH", path)
            .env("CREDENZA_TOKEN", shell.server.hello["token"].as_str().unwrap())
            .output()
            .unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let first = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let line = format!("credenza --base-url {base_url} show night");
    assert_eq!(first(complete("", &line, "night")), "Nightly\\ sync");
    let line = format!("credenza --base-url {base_url} show {}", &id[..5]);
    assert_eq!(first(complete("", &line, &id[..5])), id);
    let line = format!("credenza show --base-url={base_url} https://a");
    assert_eq!(first(complete("", &line, "//a")), "//a.dev/x");

    let alias = format!("alias c='credenza --base-url {base_url}'");
    let completed = complete(&alias, "c show night", "night");
    assert!(completed.contains("-F _credenza c\n"), "{completed}");
    assert_eq!(first(completed), "Nightly\\ sync");
}

#[test]
fn arguments_that_cannot_be_read_are_pointed_at() {
    let shell = Shell::new(&[]);
    shell
        .run(&["list", "--where", "a tpye:m2m"])
        .refused(2, "a tpye:m2m\n  ^^^^ unknown key tpye; did you mean type?");
    shell.run(&["list", "--sort", "color"]).refused(2, "Unknown column \"color\"");
    shell.run(&["audit", "--rules", "URL99"]).refused(2, "credenza audit rules");
    shell
        .run(&["create", "token", "--api", "sql", "--grant", "carto_dw"])
        .refused(2, "has no source. Use CONNECTION=SOURCE");
    shell
        .run(&["create", "spa", "--name", "x", "--login-url", "http://acme.dev/"])
        .refused(2, "must use https");
    shell.run(&["show", "nobody"]).refused(1, "No credential has the ID or name nobody");
    shell.run(&["edit", "nobody"]).refused(2, "No change given. Use --name");
}

#[test]
fn a_credential_lives_from_its_making_to_its_end() {
    let shell = Shell::new(&[]);
    let id = shell.create_m2m("Nightly sync");
    let shown = shell.run(&["show", "Nightly sync"]).fine();
    assert!(shown.out.contains(&id) && shown.out.contains("(hidden"), "{}", shown.out);

    let secret = shell.run(&["secret", &id, "--reveal"]).fine().out.trim().to_owned();
    assert!(secret.len() >= 32);
    let claims = shell.run(&["token", &id, "--output", "json"]).fine().json();
    assert_eq!(claims["claims"]["client_id"], json!(id));
    let bearer = shell.run(&["token", &id, "--reveal"]).fine().out;
    assert_eq!(bearer.trim().split('.').count(), 3);

    shell.run(&["edit", &id, "--name", "Nightly sync 2"]).fine();
    shell.run(&["rotate", &id, "--confirm", "Nightly sync 2"]).fine();
    let rotated = shell.run(&["secret", &id, "--reveal"]).fine().out;
    assert_ne!(rotated.trim(), secret);

    shell.run(&["delete", &id, "--confirm", "Nightly sync 2"]).fine();
    shell.run(&["show", &id]).refused(1, "No credential has the ID");
}

/// The login test of a SPA client acts like a browser app, and changes only the time at which the
/// client was last used.
#[test]
fn a_login_is_tried_by_a_command() {
    use std::io::{BufRead as _, BufReader};

    let shell = Shell::new(&[]);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let callback = format!("http://{free}/cb");
    shell.run(&["create", "spa", "--name", "App", "--callback", &callback]).fine();
    shell.run(&["create", "spa", "--name", "Elsewhere", "--callback", "https://a.dev/"]).fine();
    let before = shell.run(&["show", "App", "-o", "json"]).fine().json();
    let base_url = shell.server.hello["base_url"].as_str().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_credenza"))
        .args(["login-test", "App", "--no-browser", "-o", "json", "--base-url", base_url])
        .env_clear()
        .env("HOME", shell.home.path())
        .env("CREDENZA_TOKEN", shell.server.hello["token"].as_str().unwrap())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    let page = said.lines().map(Result::unwrap).find(|line| line.trim().starts_with("http"));
    let password = shell.server.hello["password"].as_str().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut person = crate::common::person::Person::new("ada", password);
        person.sign_in(page.unwrap().trim(), "approve").await;
    });
    let output = child.wait_with_output().unwrap();
    let claims: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(claims["claims"]["client_id"], before["client_id"]);
    assert!(claims.get("access_token").is_none(), "{claims}");
    let mut after = shell.run(&["show", "App", "-o", "json"]).fine().json();
    after["last_used_at"] = before["last_used_at"].clone();
    assert_eq!(after, before);
    shell.run(&["login-test", "Elsewhere", "--no-browser"]).refused(1, "uses http on this machine");
}

/// Commands that only read do not create the local workspace; `create` does.
#[test]
fn reading_makes_no_workspace() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_credenza"))
            .args(arguments)
            .env_clear()
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let data = home.path().join(".local/share/credenza");
    for arguments in [&["list", "-o", "json"][..], &["audit", "--exit-zero"], &["show", "x"]] {
        run(arguments);
        assert!(!data.exists(), "{arguments:?}");
    }
    assert_eq!(run(&["list", "-o", "json"]), (0, "[]\n".to_owned()));
    assert_eq!(run(&["create", "m2m", "--name", "First", "--secret-fd", "1"]).0, 0);
    assert!(data.exists());
    assert!(run(&["list", "-o", "json"]).1.contains("First"));
}

#[test]
fn flags_that_are_missing_or_wrong_end_as_documented() {
    let shell = Shell::new(&[]);
    shell.create_m2m("Robot");
    let base_url = shell.server.hello["base_url"].as_str().unwrap();
    shell.run(&["config", "set", "profiles.prod.base_url", base_url]).fine();
    shell.run(&["config", "set", "profiles.prod.env", "prod"]).fine();
    let on_prod = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_credenza"))
            .args(["--profile", "prod"])
            .args(arguments)
            .env_clear()
            .env("HOME", shell.home.path())
            .env("CREDENZA_TOKEN", shell.server.hello["token"].as_str().unwrap())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        output.status.code().unwrap()
    };
    let edit = ["edit", "Robot", "--name", "Other"];
    assert_eq!(on_prod(&edit), 2, "--unlock is missing");
    assert_eq!(on_prod(&[&edit[..], &["--unlock", "dev"]].concat()), 1, "the name differs");
    assert_eq!(on_prod(&[&edit[..], &["--unlock", "prod"]].concat()), 0);
    shell.run(&["delete", "Other"]).refused(2, "add --confirm");
    let none = ["delete", "--where", "name:nothing"];
    shell.run(&none).fine();
    let counted = [&none[..], &["--confirm-count", "5"]].concat();
    shell.run(&counted).fine();
    shell.run(&["serve", "--listen", "nowhere"]).refused(2, "use host:port");
}

#[test]
#[cfg(unix)]
fn a_command_in_a_file_that_others_can_change_is_not_run() {
    use std::os::unix::fs::PermissionsExt as _;

    let shell = Shell::new(&[]);
    shell.run(&["config", "set", "profiles.acme.base_url", "https://api.acme.dev"]).fine();
    shell.run(&["config", "set", "profiles.acme.token_command", "[\"touch\", \"ran\"]"]).fine();
    let path = shell.run(&["config", "path"]).fine().out;
    let mode = |mode| std::fs::set_permissions(path.trim(), std::fs::Permissions::from_mode(mode));
    for loose in [0o666, 0o620] {
        mode(loose).unwrap();
        shell.run(&["list"]).refused(1, "is writable by other users");
    }
    mode(0o644).unwrap();
    shell.run(&["list"]).fine();
}

#[test]
#[cfg(unix)]
fn closed_standard_error_stops_nothing() {
    let shell = Shell::new(&[]);
    let script =
        "\"$CREDENZA\" create m2m --name Robot --secret-file secret 2> >(exec <&-); echo $?";
    let output = Command::new("bash")
        .args(["-c", script])
        .current_dir(shell.home.path())
        .env_clear()
        .env("CREDENZA", env!("CARGO_BIN_EXE_credenza"))
        .env("HOME", shell.home.path())
        .env("CREDENZA_BASE_URL", shell.server.hello["base_url"].as_str().unwrap())
        .env("CREDENZA_TOKEN", shell.server.hello["token"].as_str().unwrap())
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.starts_with("Created M2M OAuth Client Robot") && out.ends_with("\n0\n"), "{out}");
    assert_eq!(std::fs::read(shell.file("secret")).unwrap().len(), 64);
}

/// Other users may read the configuration, which contains no secrets, but must not be able to
/// change it.
#[test]
#[cfg(unix)]
fn readable_configuration_is_no_finding() {
    use std::os::unix::fs::PermissionsExt as _;

    let shell = Shell::new(&[]);
    shell.run(&["config", "set", "timers.peek", "30"]).fine();
    let path = shell.run(&["config", "path"]).fine().out;
    for (mode, code) in [(0o644, 3), (0o664, 14)] {
        std::fs::set_permissions(path.trim(), std::fs::Permissions::from_mode(mode)).unwrap();
        let found = shell.run(&["audit", "--rules", "DOC01"]);
        assert_eq!(found.code, code, "{mode:o}: {}{}", found.out, found.said);
    }
}

/// Clients that a server created for itself are audited only on request.
#[test]
fn built_in_clients_are_audited_on_request() {
    let shell = Shell::new(&[]);
    let client = |id: &str, built_in: bool| {
        format!(
            r#"{{"client_id":"{id}","name":"{id}","app_type":"spa","built_in":{built_in},
                "callbacks":["http://{id}.acme.dev/*"]}}"#
        )
    };
    let text = format!(
        r#"{{"schema":"credenza.snapshot/v1","taken_at":"2026-11-26T12:00:00Z",
            "profile":{{"name":"case","env":"prod","provider":"keycloak","base_url":"https://id.acme.dev"}},
            "clients":[{},{}]}}"#,
        client("account", true),
        client("own", false)
    );
    std::fs::write(shell.file("a.json"), text).unwrap();
    let file = shell.file("a.json").display().to_string();
    let found = |more: &[&str]| {
        let ran =
            shell.run(&[&["audit", &file, "-o", "json", "--exit-zero"], more].concat()).fine();
        let ids: std::collections::BTreeSet<String> = ran.json()["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it["id"].as_str().map(str::to_owned))
            .collect();
        (ids.into_iter().collect::<Vec<_>>(), ran.said)
    };
    let (ids, said) = found(&[]);
    assert_eq!(ids, ["own"]);
    assert!(said.contains("not audited: 1 (audit them with --include-built-in)"), "{said}");
    assert_eq!(found(&["--include-built-in"]).0, ["account", "own"]);
}

/// Lists are compared as sets, so a different order is not reported.
#[test]
fn another_order_is_no_difference() {
    let shell = Shell::new(&[]);
    let snapshot = |callbacks: &str, scopes: &str| {
        format!(
            r#"{{"schema":"credenza.snapshot/v1","taken_at":"2026-11-26T12:00:00Z",
                "profile":{{"name":"case","env":"prod","provider":"keycloak","base_url":"https://id.acme.dev"}},
                "clients":[{{"client_id":"web","name":"Web","app_type":"spa","callbacks":{callbacks},
                "default_scopes":{scopes}}}]}}"#
        )
    };
    let write = |name: &str, text: String| {
        std::fs::write(shell.file(name), text).unwrap();
        shell.file(name).display().to_string()
    };
    let a = r#"["https://a.dev/","https://b.dev/"]"#;
    let b = r#"["https://b.dev/","https://a.dev/"]"#;
    let before = write("before.json", snapshot(a, r#"["email","profile"]"#));
    let after = write("after.json", snapshot(b, r#"["profile","email"]"#));
    let other = write("other.json", snapshot(b, r#"["profile"]"#));
    assert_eq!(shell.run(&["diff", &before, &after]).code, 0);
    assert_eq!(shell.run(&["diff", &before, &other]).code, 3);
    let drift = |file: &str| {
        shell.run(&[
            "audit",
            file,
            "--pinned",
            &before,
            "--rules",
            "FLT05",
            "-o",
            "json",
            "--exit-zero",
        ])
    };
    assert_eq!(drift(&after).fine().json()["findings"], json!([]));
    assert_ne!(drift(&other).fine().json()["findings"], json!([]));
}

#[test]
fn passwords_in_urls_are_not_printed() {
    let shell = Shell::new(&[]);
    for arguments in [
        &["profile", "add", "x", "--base-url", "https://ada:s3cret@127.0.0.1:9/"][..],
        &["list", "--base-url", "ftp://ada:s3cret@acme.dev"],
        &["serve", "--ephemeral", "--listen", "https://ada:s3cret@acme.dev"],
        &["api", "GET", "https://ada:s3cret@acme.dev/"],
    ] {
        let ran = shell.run(arguments);
        assert_ne!(ran.code, 0, "{arguments:?}");
        assert!(!ran.said.contains("s3cret"), "{arguments:?}: {}", ran.said);
    }
}

#[test]
fn lists_are_selected_limited_and_formatted() {
    let shell = Shell::new(&[]);
    let id = shell.create_m2m("Nightly sync");
    shell.create_m2m("Weekly sync");
    let out = |arguments: &[&str]| shell.run(arguments).fine().out;
    assert_eq!(out(&["list", "m2m", "--jq", ".[].name"]), "Nightly sync\nWeekly sync\n");
    assert_eq!(out(&["show", "Nightly sync", "--jq", ".client_id"]), format!("{id}\n"));
    let template = "{% for it in data %}{{ it.name }};{% endfor %}";
    assert_eq!(out(&["list", "m2m", "--template", template]), "Nightly sync;Weekly sync;");
    assert_eq!(out(&["list", "m2m", "--limit", "1", "--jq", "length"]), "1\n");
    let rows = out(&["list", "m2m", "-o", "csv", "--columns", "name", "--no-headers"]);
    assert_eq!(rows, "Nightly sync\nWeekly sync\n");
    let table = out(&["list", "m2m", "--columns", "name", "--no-headers", "--limit", "1"]);
    assert_eq!(table, "Nightly sync\n");
    shell.run(&["list", "--jq", ".[] | nme"]).refused(2, "there is no such filter");
    shell.run(&["list", "--jq", ".", "--template", "x"]).refused(2, "cannot be used with");
}

#[test]
fn a_token_is_edited_member_by_member() {
    let shell = Shell::new(&[]);
    shell.run(&["create", "token", "--name", "Map", "--api", "sql", "--grant", "dw=a.b.c"]).fine();
    shell
        .run(&[
            "edit",
            "Map",
            "--add-api",
            "maps",
            "--add-grant",
            "dw=a.b.d",
            "--rm-grant",
            "dw=a.b.c",
            "--add-url",
            "referer=https://acme.dev/*",
        ])
        .fine();
    let now = shell.run(&["show", "Map", "-o", "json"]).fine().json();
    assert_eq!(now["allowed_apis"], json!(["sql", "maps"]));
    assert_eq!(now["grants"], json!([{ "connection_name": "dw", "source": "a.b.d" }]));
    assert_eq!(now["referers"], json!(["https://acme.dev/*"]));
    shell.run(&["edit", "Map", "--rm-api", "sql"]).fine();
    let now = shell.run(&["show", "Map", "-o", "json"]).fine().json();
    assert_eq!(now["allowed_apis"], json!(["maps"]));
    shell.run(&["edit", "Map", "--add-grant", "dw"]).refused(2, "has no source");
    shell.run(&["edit", "Map", "--rm-api", "lds"]).refused(1, "no entry lds");
}

#[test]
fn a_credential_is_created_like_another() {
    let shell = Shell::new(&[]);
    let list = ["--callback", "https://a.dev/cb", "--web-origin", "https://a.dev"];
    shell.run(&[&["create", "spa", "--name", "First", "--shared"][..], &list].concat()).fine();
    shell.run(&["create", "spa", "--name", "Second", "--from", "First"]).fine();
    let second = shell.run(&["show", "Second", "-o", "json"]).fine().json();
    assert_eq!(second["callbacks"], json!(["https://a.dev/cb"]));
    assert_eq!(second["web_origins"], json!(["https://a.dev"]));
    assert_eq!(second["visibility"], json!("organization"));
    let other =
        ["create", "spa", "--name", "Third", "--from", "First", "--callback", "https://b.dev/"];
    shell.run(&other).fine();
    let third = shell.run(&["show", "Third", "-o", "json"]).fine().json();
    assert_eq!(third["callbacks"], json!(["https://b.dev/"]));
    assert_eq!(third["web_origins"], json!(["https://a.dev"]));
    shell.run(&["create", "token", "--name", "Map", "--api", "sql", "--grant", "dw=*"]).fine();
    shell.run(&["create", "token", "--name", "Map 2", "--from", "Map"]).fine();
    let map = shell.run(&["show", "Map 2", "-o", "json"]).fine().json();
    assert_eq!(map["grants"], json!([{ "connection_name": "dw", "source": "*" }]));
    shell.run(&["create", "m2m", "--name", "X", "--from", "First"]).refused(1, "No ");
}

#[test]
#[cfg(unix)]
fn a_program_gets_a_credential_in_its_environment_only() {
    let shell = Shell::new(&[]);
    let id = shell.create_m2m("Nightly sync");
    let secret = shell.run(&["secret", &id, "--reveal"]).fine().out.trim().to_owned();
    let script = "echo $OAUTH_CLIENT_ID $OAUTH_CLIENT_SECRET ${CREDENZA_TOKEN-none}; \
                  tr '\\0' ' ' </proc/$$/cmdline | grep -c $OAUTH_CLIENT_SECRET; exit 7";
    let ran = shell.run(&["exec", "Nightly sync", "--", "sh", "-c", script]);
    assert_eq!(ran.code, 7, "the program's own exit code: {}", ran.said);
    assert_eq!(ran.out, format!("{id} {secret} none\n0\n"));
    shell.run(&["exec", "Nightly sync", "--", "no-such-program"]).refused(2, "not on the PATH");
    shell.run(&["exec", "nothing", "--", "true"]).refused(1, "No credential has the ID");

    // The server of a temporary workspace runs as long as the executed program.
    let script = "address=${API_BASE_URL#http://}; exec 3<>/dev/tcp/${address/://} && echo open";
    let output = Command::new(env!("CARGO_BIN_EXE_credenza"))
        .args(["exec", "--demo", "CI smoke tests", "--", "bash", "-c", script])
        .env("HOME", shell.home.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "open\n");

    shell.run(&["env", "Nightly sync"]).refused(2, "--reveal");
    let printed = shell.run(&["env", "Nightly sync", "--reveal"]).fine().out;
    assert!(printed.contains(&format!("OAUTH_CLIENT_SECRET={secret}\n")), "{printed}");
    shell.run(&["env", "Nightly sync", "--secret-file", ".env"]).fine();
    assert_eq!(std::fs::read_to_string(shell.file(".env")).unwrap(), printed);
}

#[test]
fn the_api_is_asked_by_hand() {
    let shell = Shell::new(&[]);
    assert_eq!(shell.run(&["api", "get", "/v3/me", "--jq", ".email"]).fine().out, "ada@acme.dev\n");
    let made = shell
        .run(&["api", "POST", "v3/oauth-clients", "-f", "app_type=m2m", "-f", "name=By hand"])
        .fine()
        .json();
    let id = made["client_id"].as_str().unwrap();
    let path = format!("/v3/oauth-clients/{id}");
    let body = r#"{"name":"Renamed"}"#;
    let base_url = shell.server.hello["base_url"].as_str().unwrap();
    let renamed = shell.run_at(base_url, &["api", "PATCH", &path, "--input", "-"], body).fine();
    assert_eq!(renamed.json()["name"], "Renamed");
    shell.run(&["api", "DELETE", &path]).fine();
    shell.run(&["api", "GET", &path]).refused(1, "No such OAuth client");
    shell.run(&["api", "GET", "https://evil.example/"]).refused(1, "evil.example");
    let found =
        shell.run(&["api", "GET", "v3/oauth-clients?search=https://a.dev", "--jq", ".page.total"]);
    assert_eq!(found.fine().out, "0\n");
    shell.run(&["api", "POST", "v3/tokens", "-f", "grants:=[}"]).refused(2, "is not JSON");
}

#[test]
fn settings_are_read_and_changed_and_mistakes_are_refused() {
    let shell = Shell::new(&[]);
    let out = |arguments: &[&str]| shell.run(arguments).fine().out;
    let path = out(&["config", "path"]);
    out(&["config", "set", "timers.peek", "30"]);
    out(&["config", "set", "store", "file"]);
    out(&["config", "set", "profiles.prod.base_url", "https://api.acme.dev"]);
    std::fs::write(path.trim(), std::fs::read_to_string(path.trim()).unwrap() + "# kept\n")
        .unwrap();
    out(&["config", "set", "profiles.prod.read_only", "true"]);
    assert_eq!(out(&["config", "get", "timers.peek"]), "30\n");
    let all = out(&["config", "list"]);
    assert!(all.contains("store = file\n") && all.contains("profiles.prod.read_only = true\n"));
    assert!(std::fs::read_to_string(path.trim()).unwrap().contains("# kept"));
    shell
        .run(&["config", "set", "timers.peek", "soon"])
        .refused(2, "Could not set timers.peek to soon");
    shell.run(&["config", "set", "color", "red"]).refused(2, "color");
    shell.run(&["config", "get", "theme"]).refused(1, "is not set");
    out(&["config", "unset", "timers.peek"]);
    shell.run(&["config", "get", "timers.peek"]).refused(1, "is not set");
    shell.run(&["config", "unset", "tymers.peek"]).refused(1, "is not set");
    shell.run(&["config", "set", "store.x", "1"]).refused(2, "Could not set");
}

#[test]
fn a_finding_is_suppressed_by_a_command() {
    let shell = Shell::new(&[]);
    let login = "http://localhost:3000/";
    shell.run(&["create", "spa", "--name", "Test", "--login-url", login]).fine();
    let audit = || shell.run(&["audit", "-o", "json", "--exit-zero"]).fine().json();
    let before = audit();
    let finding = before["findings"].as_array().unwrap().iter().find(|it| it["id"].is_string());
    let (rule, client) = (finding.unwrap()["rule"].as_str(), finding.unwrap()["id"].as_str());
    let suppress = ["audit", "suppress", rule.unwrap(), "--client", client.unwrap()];
    shell.run(&suppress).refused(2, "--reason");
    let said = [&suppress[..], &["--reason", "A test", "--until", "9d"]].concat();
    assert!(shell.run(&said).fine().said.contains("Suppressed until"));
    assert_eq!(before["summary"]["suppressed"], 0);
    assert_ne!(audit()["summary"]["suppressed"], 0);
    shell.run(&["audit", "suppress", "URL99", "--reason", "x"]).refused(2, "Unknown rule");
    let listed = shell.run(&["audit", "suppressions", "--output", "json"]).json();
    assert_eq!(listed[0]["reason"], "A test");
    let undo = ["audit", "unsuppress", rule.unwrap(), "--client", client.unwrap()];
    shell.run(&[&undo[..], &["--value", "other"]].concat()).refused(1, "No such suppression");
    shell.run(&undo).fine();
    assert_eq!(audit()["summary"]["suppressed"], 0);
    shell.run(&undo).refused(1, "No such suppression");
    let today = jiff::Timestamp::now().to_string();
    let last_day = [&suppress[..], &["--reason", "Today", "--until", &today[..10]]].concat();
    assert!(shell.run(&last_day).fine().said.contains(&today[..10]), "the last day is included");
}

#[test]
fn invalid_arguments_exit_with_2() {
    let shell = Shell::new(&[]);
    for (args, said) in [
        (&["login", "--with", "magic"][..], "Unknown sign-in method"),
        (&["profile", "add", "x", "--base-url", "https://a.dev", "--provider", "y"], "--provider"),
        (&["expiring", "--notify", " "], "--notify needs a command"),
    ] {
        shell.run(args).refused(2, said);
    }
}

#[test]
fn rotation_ends_access_tokens_unless_they_are_kept() {
    let shell = Shell::new(&[]);
    shell.run(&["create", "m2m", "--name", "Sync", "--secret-file", "secret"]).fine();
    shell.run(&["token", "Sync", "--secret-file", "token"]).fine();
    let access = std::fs::read_to_string(shell.home.path().join("token")).unwrap();
    let caller = crate::common::server::Caller {
        base_url: shell.server.hello["base_url"].as_str().unwrap().to_owned(),
        bearer: credenza::domain::Secret::new(access),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let status = || runtime.block_on(caller.get("/v3/me")).status;
    assert_eq!(status(), 200);
    let rotate = ["rotate", "Sync", "--confirm", "Sync", "--secret-fd", "1"];
    shell.run(&[&rotate[..], &["--keep-tokens"]].concat()).fine();
    assert_eq!(status(), 200);
    shell.run(&rotate).fine();
    assert_eq!(status(), 401);
}

#[test]
fn nothing_is_deleted_or_rotated_without_its_name() {
    let shell = Shell::new(&[]);
    let id = shell.create_m2m("Keep me");
    // Users paste the suggested command into a shell, so a name from the server must be quoted.
    let hostile = shell.create_m2m("$(touch x)");
    shell.run(&["delete", &hostile]).refused(2, "add --confirm '$(touch x)'");
    shell.run(&["delete", &hostile, "--confirm", "$(touch x)"]).fine();
    // Standard input is a pipe, so there is no prompt, and `--confirm` is required.
    shell.run(&["delete", &id]).refused(2, "add --confirm 'Keep me'");
    shell.run(&["delete", &id, "--output", "json"]).refused(2, "Nothing was changed");
    shell.run(&["delete", &id, "--confirm", "keep me"]).refused(1, "Nothing was changed");
    shell.run(&["rotate", &id]).refused(2, "Nothing was changed");
    shell.run(&["delete", "--where", "name:Keep*"]).refused(2, "add --confirm-count 1");
    shell
        .run(&["delete", "--where", "name:Keep*", "--confirm-count", "2"])
        .refused(1, "matching credentials is 1");
    for dry in [
        vec!["delete", &id, "--dry-run"],
        vec!["rotate", &id, "--dry-run"],
        vec!["edit", &id, "--name", "x", "--dry-run"],
        vec!["delete", "--where", "Keep", "--dry-run"],
        vec!["create", "m2m", "--name", "x", "--dry-run"],
    ] {
        assert!(shell.run(&dry).fine().out.contains("Would "), "{dry:?}");
    }
    assert_eq!(shell.run(&["list", "--output", "json"]).json().as_array().unwrap().len(), 1);
    shell.run(&["show", "Keep me"]).fine();
}

#[test]
fn single_urls_are_added_and_removed() {
    let shell = Shell::new(&[]);
    let made = shell
        .run(&[
            "create",
            "spa",
            "--name",
            "Shop",
            "--login-url",
            "https://shop.acme.dev/",
            "--callback",
            "https://shop.acme.dev/cb",
            "--web-origin",
            "https://shop.acme.dev",
            "--output",
            "json",
        ])
        .fine()
        .json();
    let id = made["client_id"].as_str().unwrap();
    shell.run(&["add-url", id, "callback", "https://shop.acme.dev/two"]).fine();
    let same = shell.run(&["add-url", id, "callback", "https://shop.acme.dev/two"]).fine();
    assert!(same.out.contains("Nothing was changed"));
    shell
        .run(&["rm-url", id, "callback", "https://shop.acme.dev/TWO/"])
        .refused(1, "did you mean https://shop.acme.dev/two?");
    shell.run(&["rm-url", id, "callback", "https://shop.acme.dev/cb"]).fine();
    let now = shell.run(&["show", id, "--output", "json"]).fine().json();
    assert_eq!(now["callbacks"], json!(["https://shop.acme.dev/two"]));
    assert_eq!(now["web_origins"], made["web_origins"]);

    let matched = shell.run(&["match", id, "https://shop.acme.dev/two"]).fine();
    assert!(matched.out.contains("accepted by Allowed callback URLs"));
    let near = shell.run(&["match", id, "https://shop.acme.dev/Two"]);
    assert_eq!(near.code, 3);
    assert!(near.out.contains("^ byte 22: they differ in case"), "{}", near.out);
}

#[test]
fn many_are_changed_by_one_command_that_can_be_repeated() {
    let shell = Shell::new(&["--seed", "30"]);
    let filter = "type:spa !is:default-urls";
    let url = "callback=https://new.acme.dev/cb";
    let plan = shell.run(&["edit", "--where", filter, "--add-url", url, "--dry-run"]).fine().out;
    let count = plan.lines().filter(|line| line.contains("+ https://new")).count().to_string();
    let edit = ["edit", "--where", filter, "--add-url", url, "--confirm-count", &count];
    let done = shell.run(&edit).fine();
    assert!(done.out.ends_with(&format!("{count} of {count} done, 0 failed, 0 not tried.\n")));
    assert!(shell.run(&edit).fine().out.contains("Nothing to change"));
}

#[test]
fn bulk_action_reports_a_failed_step_and_continues() {
    let shell = Shell::new(&[]);
    for (name, lists) in [("Own", Some("https://own.acme.dev/cb")), ("Derived", None)] {
        let url = "https://shop.acme.dev/";
        let mut create = vec!["create", "spa", "--name", name, "--login-url", url];
        create.extend(lists.iter().flat_map(|callback| ["--callback", callback]));
        shell.run(&create).fine();
    }
    let edit = ["edit", "--where", "type:spa", "--add-url", "callback=https://new.acme.dev/cb"];
    let done = shell.run(&[&edit[..], &["--confirm-count", "1", "--output", "json"]].concat());
    assert_eq!(done.code, 4, "{}{}", done.out, done.said);
    let plan = done.json();
    fits("plan", &plan);
    let told: Vec<_> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["name"].as_str().unwrap(), step["state"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("Own", "done"), ("Derived", "skipped")]);
    assert!(plan["steps"][1]["why"].as_str().unwrap().contains("--default-urls false"));
    let own = shell.run(&["show", "Own", "--output", "json"]).fine().json();
    assert_eq!(own["callbacks"][1], "https://new.acme.dev/cb");
    // Derived URLs replace the registered URLs, and the plan must show both.
    let derive = shell.run(&["edit", "Own", "--default-urls", "true", "--dry-run"]).fine().out;
    assert!(derive.contains("- https://own.acme.dev/cb"), "{derive}");
    assert!(derive.contains("+ https://shop.acme.dev/\n"), "{derive}");
    shell.run(&["delete", "Own", "Own"]).refused(2, "is given twice");
    shell.run(&["delete", "Own", "Derived"]).refused(2, "--confirm Own --confirm Derived");
    let both = ["delete", "Own", "Derived", "--confirm", "Own", "--confirm", "Derived"];
    let gone = shell.run(&[&both[..], &["--output", "json"]].concat()).fine().json();
    fits("plan", &gone);
    assert_eq!(gone["steps"][1]["state"], "done");
}

#[test]
fn create_shows_its_plan_and_refuses_to_lose_the_secret() {
    let shell = Shell::new(&[]);
    let token = ["create", "token", "--api", "maps", "--grant", "carto_dw=a.b.c"];
    let plan = shell.run(&[&token[..], &["--expires", "2030-01-31", "--dry-run"]].concat()).fine();
    assert!(plan.out.contains("  Expires: 2030-01-31"), "{}", plan.out);
    let spa = ["create", "spa", "--name", "x", "--login-url", "https://x.acme.dev/", "--dry-run"];
    let derived = shell.run(&spa).fine().out;
    assert!(derived.contains("Allowed callback URLs: https://x.acme.dev/"), "{derived}");
    shell
        .run(&["create", "m2m", "--name", "x", "--scope", "a"])
        .refused(2, "have no \"Scopes\". Nothing was created");
    shell
        .run(&["create", "token", "--api", "tiles", "--grant", "carto_dw=a.b.c"])
        .refused(2, "use sql, maps, imports, lds or mcp");
    let made = shell.run(&["create", "m2m", "--name", "Sync"]).fine();
    assert!(made.said.contains("Get its secret: credenza secret"), "{}", made.said);
}

#[test]
fn a_secret_goes_where_it_was_said_and_nowhere_else() {
    let shell = Shell::new(&[]);
    let id = shell.create_m2m("Canary");
    let secret = shell.run(&["secret", &id, "--reveal"]).fine().out.trim().to_owned();
    shell.run(&["secret", &id]).refused(2, "No destination for the secret");

    let file = shell.file("secret.txt");
    let path = file.to_str().unwrap();
    let kept = shell.run(&["secret", &id, "--secret-file", path]).fine();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), secret);
    assert!(!kept.out.contains(&secret) && !kept.said.contains(&secret));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    shell.run(&["secret", &id, "--secret-file", path]).refused(1, "already exists");
    assert_eq!(shell.run(&["secret", &id, "--exec", "cat"]).fine().out, secret);
    shell.run(&["secret", &id, "--exec", "false"]).refused(1, "false failed with");

    for arguments in [
        vec!["show", &id],
        vec!["show", &id, "--output", "json"],
        vec!["list", "--output", "json"],
        vec!["snapshot"],
        vec!["audit", "--output", "json", "--exit-zero"],
        vec!["snippet", &id, "--as", "env"],
        vec!["snippet", &id, "--as", "curl"],
        vec!["snippet", &id, "--as", "python"],
        vec!["snippet", &id, "--as", "terraform"],
        vec!["snippet", &id, "--as", "json"],
        vec!["delete", &id, "--dry-run"],
    ] {
        let ran = shell.run(&arguments).fine();
        assert!(!ran.out.contains(&secret) && !ran.said.contains(&secret), "{arguments:?}");
    }
}

#[test]
fn the_local_workspace_belongs_to_the_user_of_the_system() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_credenza"))
            .args(arguments)
            .env_clear()
            .env("HOME", home.path())
            .env("USER", "maria")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["create", "spa", "--name", "Map", "--callback", "http://127.0.0.1:3000/cb"]);
    let listed: Value = serde_json::from_str(&run(&["list", "--output", "jsonl"])).unwrap();
    assert_eq!(listed["owner"]["email"], "maria");
}

#[test]
fn a_snapshot_is_the_fleet_and_two_of_them_are_compared() {
    let shell = Shell::new(&["--seed", "20"]);
    let (before, after) = (shell.file("a.json"), shell.file("b.json"));
    let path = |file: &Path| file.to_str().unwrap().to_owned();
    shell.run(&["snapshot", &path(&before)]).fine();
    let text = std::fs::read_to_string(&before).unwrap();
    let snapshot: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(snapshot["schema"], "credenza.snapshot/v1");
    assert_eq!(snapshot["clients"].as_array().unwrap().len(), 40);
    assert_eq!(snapshot["tokens"].as_array().unwrap().len(), 20);

    let gone = snapshot["clients"][0]["client_id"].as_str().unwrap().to_owned();
    let name = snapshot["clients"][0]["name"].as_str().unwrap().to_owned();
    shell.run(&["delete", &gone, "--confirm", &name]).fine();
    let id = shell.create_m2m("New");
    shell.run(&["edit", snapshot["tokens"][0]["id"].as_str().unwrap(), "--name", "Renamed"]).fine();
    shell.run(&["snapshot", &path(&after)]).fine();

    let words = shell.run(&["diff", &path(&before), &path(&after)]);
    assert_eq!(words.code, 3, "differences (`diff`)");
    assert!(words.out.contains(&format!("+ m2m New ({id})")), "{}", words.out);
    assert!(words.out.contains("    name: ") && words.out.contains("-> Renamed"), "{}", words.out);
    assert!(words.out.ends_with("1 added, 1 removed, 1 changed\n"));
    let live = shell.run(&["diff", &path(&before), "--output", "json"]).json();
    assert_eq!(live["differences"].as_array().unwrap().len(), 3);
    let same = shell.run(&["diff", &path(&after)]).fine();
    assert_eq!(same.out, "Nothing changed.\n");

    let pinned = ["audit", "--pinned", &path(&before), "--rules", "FLT05"];
    assert!(shell.run(&pinned).out.contains("(added)"));
    // Two removed credentials are two findings, although no existing credential belongs to them.
    let second = snapshot["clients"][1]["client_id"].as_str().unwrap();
    let name = snapshot["clients"][1]["name"].as_str().unwrap();
    shell.run(&["delete", second, "--confirm", name]).fine();
    let report = shell.run(&[&pinned[..], &["-o", "md"]].concat()).out;
    for id in [gone.as_str(), second] {
        assert!(report.contains(&format!("{id} removed")), "{report}");
    }
}

#[test]
fn the_current_credentials_are_compared_with_a_kept_snapshot() {
    let shell = Shell::new(&["--seed", "4"]);
    let none = ["diff", "--since", "last"];
    shell.run(&none).refused(1, "Keep one: credenza snapshot --keep 30");
    assert_eq!(shell.run(&["snapshot", "--kept"]).fine().out, "");
    let kept = shell.run(&["snapshot", "--keep", "1"]).fine();
    assert!(kept.said.contains("snapshot of 12 credentials saved to "), "{}", kept.said);
    assert_eq!(shell.run(&none).fine().out, "Nothing changed.\n");

    let id = shell.create_m2m("New");
    let changed = shell.run(&none);
    assert_eq!(changed.code, 3);
    assert!(changed.out.starts_with(&format!("+ m2m New ({id})\n")), "{}", changed.out);
    assert!(changed.said.contains("Compared with the snapshot of "), "{}", changed.said);
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    assert_eq!(shell.run(&["diff", "--since", &day]).code, 3, "a date includes the whole day");
    shell.run(&["diff", "--since", "7d"]).refused(1, "No kept snapshot is that old");
    shell.run(&["diff", "--since", "soon"]).refused(2, "use a duration such as 7d");
    shell.run(&["snapshot", "--keep", "3", "--demo"]).refused(1, "Not available in demo mode");

    shell.run(&["snapshot", "--keep", "1"]).fine();
    let table = shell.run(&["snapshot", "--kept"]).fine().out;
    assert_eq!(table.lines().count(), 2, "the older one is deleted: {table}");
}

#[test]
fn log_files_prove_the_use_of_clients() {
    let shell = Shell::new(&[]);
    let (used, unused) = (shell.create_m2m("Used"), shell.create_m2m("Unused"));
    let log = shell.file("access.log");
    let line = |status: u16, time: &str| {
        format!(
            "10.0.0.1 - - [{time} +0000] \"POST /token?client_id={used} HTTP/1.1\" {status} 9 \"-\" \"x\"\n"
        )
    };
    let long = "x".repeat(3 << 20) + &used + "\n";
    let text = line(200, "01/Nov/2026:08:00:00") + &line(401, "02/Nov/2026:08:00:00") + &long;
    std::fs::write(&log, text).unwrap();
    let path = log.to_str().unwrap();
    let found = shell.run(&["used", "--from", path, "-o", "json"]).fine().json();
    assert_eq!(found["lines"], 3, "an overlong line counts as one line");
    let found = found["credentials"].as_array().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["uses"], &found[0]["failures"]), (&json!(1), &json!(1)));
    assert_eq!(found[0]["last_used_at"], "2026-11-01T08:00:00Z");
    let table = shell.run(&["used", "--from", path]).fine();
    assert!(table.out.contains("2026-11-01 08:00 UTC ("), "{}", table.out);
    assert!(
        table.said.contains("3 lines from 2026-11-01 08:00 UTC to 2026-11-02"),
        "{}",
        table.said
    );
    let plan = shell.run(&["delete", "--where", "name:Used", "--dry-run"]).fine().out;
    assert!(plan.contains("  Last use in access.log: 2026-11-01 08:00 UTC."), "{plan}");
    let rest = shell.run(&["used", "--from", path, "--unused"]).fine().out;
    assert!(rest.contains(&unused) && !rest.contains(&used), "{rest}");

    // A snapshot also contains the IDs, so no server is needed.
    let snapshot = shell.file("fleet.json");
    shell.run(&["snapshot", snapshot.to_str().unwrap()]).fine();
    let offline = ["used", "--from", path, "--snapshot", snapshot.to_str().unwrap()];
    assert!(shell.run(&offline).fine().out.contains(&used));
    shell.run(&["used", "--from", "/nonexistent"]).refused(1, "Could not read /nonexistent");
}

/// Snapshot of a client with critical and medium findings, and a name that reports must escape.
const FAULTY: &str = r#"{
  "schema": "credenza.snapshot/v1",
  "taken_at": "2026-01-01T00:00:00Z",
  "profile": { "name": "acme", "env": "prod", "base_url": "https://api.acme.dev" },
  "clients": [
    {
      "client_id": "k3Jd",
      "name": "=cmd()|<b>",
      "app_type": "spa",
      "callbacks": [
        "https://app.acme.dev/cb",
        "http://localhost:5173/cb",
        "https://*"
      ]
    }
  ],
  "tokens": []
}
"#;

#[test]
fn an_audit_of_a_snapshot_ends_by_its_worst_finding() {
    let shell = Shell::new(&[]);
    let nowhere = "http://127.0.0.1:9";
    let audit =
        |arguments: &[&str]| shell.run_at(nowhere, &[&["audit", "-"], arguments].concat(), FAULTY);
    let found = audit(&[]);
    assert_eq!(found.code, 15);
    assert!(found.out.contains("URL05") && found.out.contains("URL03"), "{}", found.out);
    assert_eq!(audit(&["--exit-zero"]).code, 0);
    assert_eq!(audit(&["--ignore", "URL05"]).code, 0, "the other findings are medium");
    assert_eq!(audit(&["--ignore", "URL05", "--fail-on", "medium"]).code, 13);
    assert_eq!(audit(&["--rules", "URL11"]).code, 0);
    let json = audit(&["--output", "json"]).json();
    assert_eq!(json["schema"], "credenza.audit/v1");
    assert_eq!(json["audited_at"], "2026-01-01T00:00:00Z", "ages are as of the snapshot");
    assert_eq!(json["complete"], true);
    assert!(json["unknown"].as_array().unwrap().iter().any(|it| it["rule"] == "OWN01"));
    assert_eq!(
        audit(&["--output", "json"]).out,
        audit(&["--output", "json"]).out,
        "a second run has the same output"
    );

    let empty = r#"{"schema":"credenza.snapshot/v1","taken_at":"2026-01-01T00:00:00Z"}"#;
    assert_eq!(shell.run_at(nowhere, &["audit", "-"], empty).code, 3, "nothing to audit");
    let part = r#"{"schema":"credenza.snapshot/v1","taken_at":"2026-01-01T00:00:00Z","incomplete":["page 2 was refused"],"clients":[{"client_id":"a"}]}"#;
    let part = shell.run_at(nowhere, &["audit", "-"], part);
    assert_eq!(part.code, 4, "an incomplete snapshot is reported");
    assert!(
        part.out.contains("Not all credentials could be read: page 2 was refused"),
        "{}",
        part.out
    );
    shell.run_at(nowhere, &["audit", "-"], "{").refused(2, "it is truncated");
    shell.run_at(nowhere, &["audit", "-"], r#"{"schema":"x"}"#).refused(2, "unknown kind");
    // A pipe can be read only once.
    #[cfg(unix)]
    shell.run_at(nowhere, &["audit", "/dev/stdin"], r#"{"schema":"x"}"#).refused(2, "unknown kind");
    shell
        .run_at(nowhere, &["audit", "/nowhere.json"], "")
        .refused(2, "Could not read /nowhere.json");
}

#[test]
fn baseline_reports_only_new_and_suppressions_expire() {
    let shell = Shell::new(&[]);
    let nowhere = "http://127.0.0.1:9";
    let file = shell.file("base.json");
    let baseline = file.to_str().unwrap();
    let audit = |snapshot: &str, arguments: &[&str]| {
        shell.run_at(
            nowhere,
            &[&["audit", "-", "--baseline", baseline], arguments].concat(),
            snapshot,
        )
    };
    audit(FAULTY, &[]).refused(1, "--update-baseline writes a new one");
    assert_eq!(audit(FAULTY, &["--update-baseline"]).code, 0);
    assert_eq!(audit(FAULTY, &[]).code, 0, "the baseline contains the findings");
    let worse =
        FAULTY.replace("\"https://*\"", "\"https://*\",\n        \"http://new.acme.dev/cb\"");
    let new = audit(&worse, &["--output", "jsonl"]);
    assert_eq!(new.code, 14);
    assert!(new.out.contains("URL02") && !new.out.contains("URL05"), "{}", new.out);
    let better = FAULTY.replace(",\n        \"https://*\"", "");
    assert!(audit(&better, &[]).out.contains("more fixed"), "{}", audit(&better, &[]).out);

    let policy = |expires: &str| {
        let text = format!(
            "[[suppress]]\nrule = \"URL05\"\nclient = \"k3Jd\"\nreason = \"until the demo\"\nexpires = {expires}\n"
        );
        std::fs::write(shell.file(".credenza-audit.toml"), text).unwrap();
    };
    policy("2026-02-01");
    let accepted = shell.run_at(nowhere, &["audit", "-", "--output", "json"], FAULTY);
    assert_eq!(accepted.code, 0);
    assert_eq!(accepted.json()["suppressed"][0]["reason"], "until the demo");
    assert!(!accepted.said.contains("matches no finding"), "{}", accepted.said);
    let idle = shell.run_at(nowhere, &["audit", "-"], &better);
    assert!(
        idle.said.contains("The policy's suppression of URL05 for \"k3Jd\" matches no finding"),
        "{}",
        idle.said
    );
    policy("2025-12-31");
    let over = shell.run_at(nowhere, &["audit", "-"], FAULTY);
    assert_eq!(over.code, 15);
    assert!(over.out.contains("POL01"), "{}", over.out);
    std::fs::write(
        shell.file(".credenza-audit.toml"),
        "[[suppress]]\nrule = \"URL05\"\nexpires = 2027-01-31\n",
    )
    .unwrap();
    shell.run_at(nowhere, &["audit", "-"], FAULTY).refused(2, "line 1: reason is required");
}

#[test]
fn what_an_edit_can_fix_is_fixed_after_the_plan_was_agreed_to() {
    let shell = Shell::new(&[]);
    shell
        .run(&[
            "create",
            "spa",
            "--name",
            "Shop",
            "--login-url",
            "https://shop.acme.dev/",
            "--callback",
            "https://shop.acme.dev/cb",
            "--callback",
            "http://localhost:3000/cb",
        ])
        .fine();
    let plan = shell.run(&["audit", "--fix=all", "--dry-run"]).fine().out;
    assert!(plan.contains("Allowed callback URLs: - http://localhost:3000/cb"), "{plan}");
    shell.run(&["audit", "--fix=all"]).refused(2, "add --confirm-count 1");
    shell.run(&["audit", "--fix=all", "--confirm-count", "1"]).fine();
    let now = shell.run(&["show", "Shop", "--output", "json"]).fine().json();
    assert_eq!(now["callbacks"], json!(["https://shop.acme.dev/cb"]));
}

#[test]
fn rules_are_listed_and_explained_with_their_examples() {
    let shell = Shell::new(&[]);
    let rules = shell.run(&["audit", "rules", "--output", "json"]).fine().json();
    assert!(rules.as_array().unwrap().len() > 130);
    let explained = shell.run(&["audit", "explain", "http-redirect"]).fine().out;
    assert!(explained.starts_with("URL02 http-redirect\n"), "{explained}");
    assert!(explained.contains("RFC 9700 section 2.6") && explained.contains("  fails       {"));
    shell.run(&["audit", "explain", "URL99"]).refused(2, "Unknown rule");
}

#[test]
fn production_requires_its_name_before_a_write() {
    let shell = Shell::new(&[]);
    let config = shell.file(".config/credenza/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    let base_url = shell.server.hello["base_url"].as_str().unwrap();
    let text = format!(
        "[profiles.live]\nprovider = \"contract\"\nbase_url = \"{base_url}\"\nenv = \"prod\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_credenza"))
            .args(arguments)
            .env("HOME", shell.home.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("CREDENZA_CONFIG")
            .env("CREDENZA_TOKEN", shell.server.hello["token"].as_str().unwrap())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    };
    // The base URL of a production profile requires the same unlock as the profile.
    for place in [["--profile", "live"], ["--base-url", base_url]] {
        let create = ["create", "m2m", "--name", "Careful"];
        let (code, said) = run(&[&place[..], &create].concat());
        assert!(code == 2 && said.contains("add --unlock live"), "{place:?}: {said}");
        let (code, said) = run(&[&place[..], &create, &["--unlock", "live"]].concat());
        assert!(code == 0 && said.contains("Created"), "{place:?}: {said}");
    }
}

/// Checks a value against one of the schemas in `assets/schemas.json`.
#[track_caller]
pub fn fits(name: &str, value: &Value) {
    let text = include_str!("../../assets/schemas.json");
    let mut schema: Value = serde_json::from_str(text).unwrap();
    schema["$ref"] = json!(format!("#/$defs/{name}"));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let wrong: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "{name}");
}

#[test]
fn what_is_written_as_json_is_what_the_schemas_say() {
    let shell = Shell::new(&["--seed", "8"]);
    let file = shell.file("a.json");
    let path = file.to_str().unwrap();
    shell.run(&["snapshot", path]).fine();
    let snapshot: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    fits("snapshot", &snapshot);
    shell.create_m2m("New");
    fits("list", &shell.run(&["list", "--output", "json"]).fine().json());
    fits("client", &shell.run(&["show", "New", "--output", "json"]).fine().json());
    let revealed = ["create", "m2m", "--name", "Seen", "--reveal", "-o", "json"];
    fits("revealed", &shell.run(&revealed).fine().json());
    let grants = ["--api", "sql", "--grant", "dw=*"];
    let revealed = ["create", "token", "--name", "Seen too", "--reveal", "-o", "json"];
    fits("revealed", &shell.run(&[&revealed[..], &grants].concat()).fine().json());
    fits("audit", &shell.run(&["audit", "--output", "json", "--exit-zero"]).fine().json());
    fits("diff", &shell.run(&["diff", path, "--output", "json"]).json());
    for plan in [
        vec!["create", "spa", "--name", "x", "--login-url", "https://x.acme.dev/"],
        vec!["edit", "New", "--name", "Newer"],
        vec!["edit", "New", "--name", "New"],
        vec!["edit", "--where", "type:spa", "--add-url", "callback=https://x.acme.dev/"],
        vec!["rotate", "New"],
        vec!["delete", "New"],
        vec!["audit", "--fix=all"],
    ] {
        let arguments = [plan.as_slice(), &["--dry-run", "--output", "json"]].concat();
        fits("plan", &shell.run(&arguments).fine().json());
    }
    for line in shell.run(&["audit", "--output", "jsonl", "--exit-zero"]).fine().out.lines() {
        fits("finding", &serde_json::from_str(line).unwrap());
    }
    for name in ["snapshot", "client", "token", "finding", "audit", "plan", "diff", "manifest"] {
        let text = include_str!("../../assets/schemas.json");
        let mut schema: Value = serde_json::from_str(text).unwrap();
        schema["$ref"] = json!(format!("#/$defs/{name}"));
        assert!(!jsonschema::draft202012::new(&schema).unwrap().is_valid(&json!({})), "{name}");
    }
}

#[test]
fn words_of_other_tools_and_odd_names_are_understood() {
    let shell = Shell::new(&[]);
    let id = shell.create_m2m("..");
    assert!(shell.run(&["ls"]).fine().out.contains(&id));
    for verb in ["get", "describe", "show"] {
        assert!(shell.run(&[verb, ".."]).fine().out.contains(&id), "{verb}");
    }
    shell.run(&["show", ""]).refused(2, "An ID cannot be empty");
    shell.run(&["rm", &id, "--confirm", ".."]).fine();
}

#[test]
#[cfg(unix)]
fn snapshot_follows_links_and_writes_into_devices() {
    let shell = Shell::new(&[]);
    shell.create_m2m("Robot");
    let (target, link) = (shell.file("target.json"), shell.file("link.json"));
    std::fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    shell.run(&["snapshot", link.to_str().unwrap()]).fine();
    assert!(link.is_symlink(), "the link is not replaced");
    assert!(std::fs::read_to_string(&target).unwrap().contains("Robot"));
    shell.run(&["snapshot", "/dev/null"]).fine();
    assert!(!std::path::Path::new("/dev/null").is_file(), "the device is not replaced");
    std::fs::remove_file(&target).unwrap();
    shell
        .run(&["snapshot", link.to_str().unwrap()])
        .refused(1, "link to a file that does not exist");
}

#[test]
fn dry_run_leaves_the_baseline() {
    let shell = Shell::new(&["--seed", "5"]);
    let file = shell.file("baseline.json");
    let path = file.to_str().unwrap();
    let audit = ["audit", "--fix=all", "--dry-run", "--baseline", path, "--update-baseline"];
    shell.run(&audit);
    assert!(!file.exists());
}

#[test]
fn pasted_text_names_its_client_and_why_its_login_fails() {
    let shell = Shell::new(&[]);
    let create = ["create", "spa", "--name", "Store", "--callback", "https://stores.acme.dev/cb"];
    shell.run(&create).fine();
    let id = shell.run(&["list", "spa", "-o", "json"]).fine().json()[0]["client_id"].clone();
    let id = id.as_str().unwrap();
    let url = format!(
        "https://id.acme.dev/auth?client_id={id}&response_type=code&redirect_uri=https%3A%2F%2Fstores.acme.dev%2Fcb%2F"
    );
    let found = shell.run(&["whose", &url]).fine().out;
    assert!(found.starts_with("Store · SPA OAuth Client\n"), "{found}");
    assert!(found.contains(&format!("client ID  {id}")), "{found}");
    assert!(
        found.contains("The nearest, https://stores.acme.dev/cb, differs at character 27"),
        "{found}"
    );
    assert!(found.contains("no code_challenge"), "{found}");
    // The suggested command must work.
    let fix = found.lines().find_map(|line| line.trim().strip_prefix("fix")).unwrap();
    let words: Vec<&str> = fix.split_whitespace().skip(1).collect();
    shell.run(&words).fine();
    let json = shell.run(&["whose", &url, "-o", "json"]).fine().json();
    let obstacles = json["credentials"][0]["obstacles"].as_array().unwrap();
    assert_eq!(obstacles.len(), 1, "only PKCE is left: {json}");
    let nothing = shell.run(&["whose", "client_id=other"]);
    assert_eq!((nothing.code, &*nothing.out), (3, "The text mentions no known credential.\n"));
}

#[test]
fn what_expires_is_listed_counted_and_reported_once() {
    let shell = Shell::new(&[]);
    let token = |name: &str, expires: &[&str]| {
        let create = ["create", "token", "--name", name, "--api", "sql", "--grant", "dw=a.b.c"];
        shell.run(&[&create[..], expires].concat()).fine();
    };
    token("Lasting", &[]);
    shell.create_m2m("Sync");
    let quiet = shell.run(&["expiring"]).fine();
    assert_eq!(quiet.out, "");
    assert!(
        quiet.said.contains("within 30 d: 0. Never expiring: 2. No known expiry: 0."),
        "{}",
        quiet.said
    );

    token("Soon, really", &["--expires", "20d"]);
    token("Later", &["--expires", "80d"]);
    let soon = shell.run(&["expiring", "-o", "json"]);
    assert_eq!(soon.code, 3);
    let soon = soon.json();
    assert_eq!(soon["expiring"].as_array().unwrap().len(), 1);
    assert_eq!(soon["expiring"][0]["name"], "Soon, really");
    assert_eq!(shell.run(&["expiring", "--within", "90d"]).out.lines().count(), 3, "with a header");

    let calendar = shell.file("expiries.ics");
    shell.run(&["expiring", "--within", "1d", "--ics", calendar.to_str().unwrap()]).fine();
    let events = std::fs::read_to_string(&calendar).unwrap();
    assert_eq!(events.matches("BEGIN:VEVENT").count(), 2, "{events}");
    assert!(events.contains("SUMMARY:Expiry: token of Soon\\, really (127.0.0.1)"), "{events}");

    let told = shell.file("told");
    let notify = format!("tee -a {}", told.display());
    let call = ["expiring", "--within", "1d", "--notify", &notify];
    for _ in 0..2 {
        shell.run(&call).fine();
    }
    let lines = std::fs::read_to_string(&told).unwrap();
    let days: Vec<i64> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["days"].as_i64().unwrap())
        .collect();
    assert_eq!(days, [30, 90], "each threshold once");
    shell.run(&["expiring", "--within", "1d", "--notify", "false"]).fine();
    token("New", &["--expires", "2d"]);
    shell.run(&["expiring", "--within", "1d", "--notify", "false"]).refused(1, "false failed with");
}
