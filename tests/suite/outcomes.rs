//! Writes whose response is lost. Commands and the console look up their outcome on the server.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use credenza::domain::Secret;
use serde_json::Value;

use crate::{
    common::{
        desk::{COLOR, Desk},
        proxy::{Proxy, Trouble},
    },
    serve::Process,
};

/// Server, a proxy in front of it, and the home directory of a user.
struct Shell {
    server: Process,
    proxy: Proxy,
    home: tempfile::TempDir,
}

struct Ran {
    code: i32,
    out: String,
    said: String,
}

impl Shell {
    fn new() -> Self {
        let server = Process::start(&["--ephemeral"]);
        let proxy = Proxy::start(server.hello["base_url"].as_str().unwrap());
        Self { server, proxy, home: tempfile::tempdir().unwrap() }
    }

    fn at(&self, base_url: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_credenza"));
        command.args(["--timeout", "1", "--base-url", base_url]).args(arguments);
        self.ran(&mut command)
    }

    /// Runs a command in a clean environment, with the server's token.
    fn ran(&self, command: &mut Command) -> Ran {
        command
            .env_clear()
            .env("CREDENZA", env!("CARGO_BIN_EXE_credenza"))
            .env("CREDENZA_BASE_URL", self.server.hello["base_url"].as_str().unwrap())
            .env("HOME", self.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("CREDENZA_STORE", "file")
            .env("CREDENZA_PASSPHRASE", "a passphrase of the tests")
            .env("CREDENZA_TOKEN", self.server.hello["token"].as_str().unwrap())
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (out, said) = (text(output.stdout), text(output.stderr));
        Ran { code: output.status.code().unwrap(), out, said }
    }

    /// Runs a command through the proxy, with a disturbance of its writes.
    fn run(&self, trouble: Trouble, arguments: &[&str]) -> Ran {
        self.proxy.has(trouble);
        self.at(&self.proxy.base_url, arguments)
    }

    /// Returns the credentials on the server, read without the proxy.
    fn holds(&self) -> Vec<Value> {
        let base_url = self.server.hello["base_url"].as_str().unwrap();
        let ran = self.at(base_url, &["list", "--output", "json"]);
        serde_json::from_str(&ran.out).unwrap()
    }

    fn m2m(&self, name: &str) -> String {
        let made = self.run(Trouble::None, &["create", "m2m", "--name", name, "--output", "json"]);
        let made: Value = serde_json::from_str(&made.out).unwrap();
        made["client_id"].as_str().unwrap().to_owned()
    }

    fn secret(&self, id: &str) -> String {
        self.run(Trouble::None, &["secret", id, "--reveal"]).out
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

/// Disturbances that affect only the response; the server executes the write.
const DONE: [Trouble; 4] = [
    Trouble::AnswerLost,
    Trouble::AnswerCut,
    Trouble::AnswerLate(Duration::from_millis(1500)),
    Trouble::FailsAfterwards,
];

#[test]
fn lost_answer_of_a_create_is_looked_up() {
    for trouble in DONE {
        let shell = Shell::new();
        let file = shell.file("secret");
        let to = ["--secret-file", file.to_str().unwrap()];
        let ran = shell.run(trouble, &[&["create", "m2m", "--name", "Robot"], &to[..]].concat());
        assert_eq!(ran.code, 0, "{trouble:?}: {}", ran.said);
        let held = shell.holds();
        assert_eq!(held.len(), 1, "{trouble:?}");
        let id = held[0]["client_id"].as_str().unwrap();
        assert!(ran.out.contains(id), "{trouble:?}: {}", ran.out);
        let kept = std::fs::read_to_string(&file).unwrap();
        assert_eq!(shell.secret(id).trim(), kept, "{trouble:?}");
    }
}

#[test]
fn lost_answer_of_an_edit_is_looked_up() {
    for trouble in DONE {
        let shell = Shell::new();
        let id = shell.m2m("Robot");
        let ran = shell.run(trouble, &["edit", &id, "--name", "Other"]);
        assert_eq!(ran.code, 0, "{trouble:?}: {}", ran.said);
        assert_eq!(shell.holds()[0]["name"], "Other", "{trouble:?}");
    }
}

#[test]
fn lost_answer_of_a_rotation_is_looked_up() {
    for trouble in DONE {
        let shell = Shell::new();
        let id = shell.m2m("Robot");
        let (old, file) = (shell.secret(&id), shell.file("secret"));
        let to = ["--secret-file", file.to_str().unwrap()];
        let rotate = ["rotate", &id, "--confirm", "Robot"];
        let ran = shell.run(trouble, &[&rotate[..], &to[..]].concat());
        assert_eq!(ran.code, 0, "{trouble:?}: {}", ran.said);
        let (new, kept) = (shell.secret(&id), std::fs::read_to_string(&file).unwrap());
        assert_eq!(new.trim(), kept, "{trouble:?}");
        assert_ne!(old, new, "{trouble:?}");
    }
}

#[test]
fn lost_answer_of_a_deletion_is_looked_up() {
    for trouble in DONE {
        let shell = Shell::new();
        let id = shell.m2m("Robot");
        let ran = shell.run(trouble, &["delete", &id, "--confirm", "Robot"]);
        assert_eq!(ran.code, 0, "{trouble:?}: {}", ran.said);
        assert!(ran.out.contains("Deleted Robot"), "{}", ran.out);
        assert_eq!(shell.holds().len(), 0, "{trouble:?}");
    }
}

#[test]
fn write_that_cannot_be_settled_is_unknown() {
    let shell = Shell::new();
    let id = shell.m2m("Robot");
    let old = shell.secret(&id);
    for (arguments, said) in [
        (vec!["edit", &id, "--name", "Other"], "that Robot ("),
        (vec!["rotate", &id, "--confirm", "Robot", "--reveal"], "that the secret of Robot ("),
        (vec!["delete", &id, "--confirm", "Robot"], "that Robot (M2M"),
        (vec!["create", "m2m", "--name", "New"], "that the M2M OAuth Client was created"),
    ] {
        let ran = shell.run(Trouble::RequestLost, &arguments);
        assert_eq!(ran.code, 5, "{arguments:?}: {}", ran.said);
        assert!(ran.said.contains("Could not confirm") && ran.said.contains(said), "{}", ran.said);
        assert_eq!(ran.out, "", "{arguments:?}");
    }
    assert_eq!(shell.holds()[0]["name"], "Robot");
    assert_eq!((shell.holds().len(), shell.secret(&id)), (1, old));
}

#[test]
fn write_that_was_never_sent_is_not_done() {
    let shell = Shell::new();
    let id = shell.m2m("Robot");
    // A closed port refuses the connection, so the write was certainly not sent.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ran = shell.at(&format!("http://{nowhere}"), &["edit", &id, "--name", "Other"]);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(ran.said.contains("Could not reach"), "{}", ran.said);
}

#[test]
fn limit_on_the_first_request_is_waited_for() {
    let shell = Shell::new();
    let id = shell.m2m("Robot");
    let ran = shell.run(Trouble::LimitedOnce, &["edit", &id, "--name", "Other"]);
    assert_eq!((ran.code, shell.holds()[0]["name"].as_str()), (0, Some("Other")), "{}", ran.said);
}

#[test]
fn bulk_plan_states_what_is_unknown() {
    let shell = Shell::new();
    for name in ["One", "Two"] {
        shell.m2m(name);
    }
    let delete = ["delete", "--where", "type:m2m", "--confirm-count", "2", "--output", "json"];
    let ran = shell.run(Trouble::RequestLost, &delete);
    assert_eq!(ran.code, 5, "{}", ran.said);
    let plan: Value = serde_json::from_str(&ran.out).unwrap();
    let states: Vec<&str> =
        plan["steps"].as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["unknown", "not_tried"]);
    // Repeating the command executes the remaining steps.
    let ran = shell.run(Trouble::AnswerLost, &delete);
    assert_eq!((ran.code, shell.holds().len()), (0, 0), "{}{}", ran.out, ran.said);
}

#[tokio::test]
async fn repeated_create_finds_the_earlier_client() {
    let shell = Shell::new();
    let create = ["create", "m2m", "--name", "Robot"];
    let ran = shell.run(Trouble::RequestLost, &create);
    assert_eq!(ran.code, 5, "{}", ran.said);
    assert!(ran.said.contains("--idempotency-key"), "{}", ran.said);
    let pending = shell.file(".local/state/credenza/pending-creates.json");
    assert!(pending.exists(), "the create is recorded while its outcome is unknown");
    // The first request was delayed, and reaches the server only now.
    let body = serde_json::json!({ "app_type": "m2m", "name": "Robot" });
    shell.server.caller().post("/v3/oauth-clients", body).await;
    let ran = shell.run(Trouble::None, &create);
    assert_eq!(ran.code, 5, "{}", ran.said);
    assert!(ran.said.contains("Nothing was created now"), "{}", ran.said);
    assert_eq!(shell.holds().len(), 1, "never two clients");
}

/// Runs a shell script in which `$CREDENZA` is the program, against the server without the proxy.
#[cfg(unix)]
fn script(shell: &Shell, script: &str) -> Ran {
    let mut command = Command::new("bash");
    command.args(["--norc", "--noprofile", "-c", script]).current_dir(shell.home.path());
    shell.ran(&mut command)
}

#[test]
#[cfg(target_os = "linux")]
fn destination_that_cannot_take_a_secret_is_refused_first() {
    let shell = Shell::new();
    let id = shell.m2m("Robot");
    let old = shell.secret(&id);
    let rotate = format!("$CREDENZA rotate {id} --confirm Robot");
    for (to, why) in [
        ("--secret-file /proc/x", "Could not write /proc/x"),
        ("--secret-file link", "link already exists"),
        ("--secret-file /dev/full", "/dev/full already exists"),
        ("--secret-file nowhere/file", "Could not write nowhere/file"),
        ("--secret-file pipe", "pipe already exists"),
        ("--exec ./not-executable", "not executable"),
        ("--exec no-such-program", "not on the PATH"),
        ("--secret-fd 9", "Could not write to file descriptor 9"),
        ("--secret-fd 3 3<readable", "it is read-only"),
        ("--secret-fd 3 3> >(exec true)", "the reader closed it"),
    ] {
        let prepare = "ln -sf missing link; [ -p pipe ] || mkfifo pipe; touch not-executable; echo x >readable";
        let wait = if to.contains("exec true") { "sleep 0.2; " } else { "" };
        let run = if wait.is_empty() {
            format!("{prepare}; {rotate} {to}")
        } else {
            format!("{prepare}; exec 3> >(exec true); wait $!; {rotate} --secret-fd 3")
        };
        let ran = script(&shell, &run);
        assert_ne!(ran.code, 0, "{to}");
        assert!(ran.said.contains(why), "{to}: {}", ran.said);
        assert_eq!(shell.secret(&id), old, "{to}: no request was sent");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn descriptor_is_written_at_its_offset() {
    let shell = Shell::new();
    let id = shell.m2m("Robot");
    let secret = shell.secret(&id);
    // The program's log file may already use the given descriptor number. The secret must not be
    // written to the log file.
    let get = format!("export CREDENZA_LOG=trace; $CREDENZA secret {id} --secret-fd");
    for number in 3..12 {
        let ran = script(&shell, &format!("{get} {number}"));
        assert!(ran.said.contains("Could not write"), "{number}: {}", ran.said);
    }
    let get = format!("$CREDENZA secret {id} --secret-fd 3");
    let ran = script(&shell, &format!("echo before >log; exec 3>>log; {get} && {get}; cat log"));
    let secret = secret.trim();
    assert_eq!(ran.out, format!("before\n{secret}{secret}"), "{}", ran.said);
}

#[test]
#[cfg(unix)]
fn undelivered_secret_is_pending_until_it_is_delivered() {
    let shell = Shell::new();
    let id = shell.m2m("Robot");
    let ran = script(&shell, &format!("$CREDENZA rotate {id} --confirm Robot --exec false"));
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(ran.said.contains("The secret is in the session store"), "{}", ran.said);
    assert!(script(&shell, "$CREDENZA secret pending").out.contains(&id));
    let deliver = format!("$CREDENZA secret pending {id}");
    let failed = script(&shell, &format!("{deliver} --exec false"));
    assert_eq!(failed.code, 1, "{}", failed.said);
    let ran = script(&shell, &format!("{deliver} --reveal"));
    assert_eq!(ran.out, shell.secret(&id), "{}", ran.said);
    assert!(script(&shell, "$CREDENZA secret pending").out.contains("No pending secrets"));
}

#[test]
fn pending_secret_of_another_profile_is_not_delivered() {
    let shell = Shell::new();
    let id = shell.m2m("Robot");
    script(&shell, &format!("$CREDENZA rotate {id} --confirm Robot --exec false"));
    let other = format!("$CREDENZA --profile other secret pending {id} --reveal");
    let ran = script(&shell, &other);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.said);
    assert!(script(&shell, "$CREDENZA secret pending").out.contains(&id));
}

#[test]
fn list_of_a_server_that_never_ends_it_ends() {
    let faulty = crate::common::faulty::Faulty::start();
    let row =
        r#"{"data":[{"client_id":"a","name":"A","app_type":"non_interactive"}],"page":{"size":1}}"#;
    faulty.on("GET /v3/oauth-clients", crate::common::faulty::Fault::json(200, row));
    let shell = Shell::new();
    let ran = shell.at(&faulty.base_url, &["list", "m2m"]);
    assert_eq!(ran.code, 4, "{}{}", ran.out, ran.said);
    assert!(ran.said.contains("repeats earlier rows"), "{}", ran.said);
    assert_eq!(
        ran.out.lines().filter(|line| line.starts_with("A  ")).count(),
        1,
        "each row once: {}",
        ran.out
    );
}

/// A plan changes nothing if the server returns a different credential than the one listed.
#[test]
fn plan_leaves_another_credential_alone() {
    let faulty = crate::common::faulty::Faulty::start();
    let one =
        |id: &str| format!(r#"{{"client_id":"{id}","name":"Robot","app_type":"non_interactive"}}"#);
    let json = |body: &str| crate::common::faulty::Fault::json(200, body);
    faulty.on("GET /v3/oauth-clients?", json(&format!("[{}]", one("a"))));
    faulty.on("GET /v3/oauth-clients/a", json(&one("b")));
    let shell = Shell::new();
    let plans = [&["edit", "--shared", "true"][..], &["delete"]];
    for plan in plans {
        let count = ["--where", "name:Robot", "--confirm-count", "1"];
        let ran = shell.at(&faulty.base_url, &[plan, &count].concat());
        assert_eq!(ran.code, 4, "{plan:?}: {}{}", ran.out, ran.said);
        assert!(
            ran.out.contains("Requested a, but the server returned b"),
            "{plan:?}: {}",
            ran.out
        );
    }
    assert_eq!(faulty.count("PATCH") + faulty.count("DELETE"), 0);
}

async fn console(shell: &Shell) -> Desk {
    let token = shell.server.hello["token"].as_str().unwrap().to_owned();
    Desk::remote(&shell.proxy.base_url, std::sync::Arc::new(Secret::new(token)), 120, 30, COLOR)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn console_looks_up_lost_answers() {
    for trouble in [Trouble::AnswerLost, Trouble::AnswerCut, Trouble::FailsAfterwards] {
        let shell = Shell::new();
        let id = shell.m2m("Robot");
        let old = shell.secret(&id);
        let mut desk = console(&shell).await;
        desk.keys("3").await.sees("> Robot");
        shell.proxy.has(trouble);
        desk.keys("e end x ctrl-s ctrl-s").await.sees("Robotx saved");
        assert_eq!(shell.holds()[0]["name"], "Robotx", "{trouble:?}");
        shell.proxy.has(trouble);
        desk.keys("R R o b o t x enter").await.sees("has a new secret");
        assert_ne!(shell.secret(&id), old, "{trouble:?}");
        shell.proxy.has(trouble);
        desk.keys("D R o b o t x enter").await.sees("Robotx deleted");
        assert_eq!(shell.holds().len(), 0, "{trouble:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn console_says_when_the_outcome_is_unknown() {
    let shell = Shell::new();
    shell.m2m("Robot");
    let mut desk = console(&shell).await;
    desk.keys("3").await.sees("> Robot");
    shell.proxy.has(Trouble::RequestLost);
    desk.keys("e end x ctrl-s ctrl-s").await.sees("Could not confirm the change");
    assert_eq!(shell.holds()[0]["name"], "Robot");
}
