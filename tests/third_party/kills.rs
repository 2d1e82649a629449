//! Commands and consoles that are killed at many points of a create and a rotation, and a copy in
//! tmux whose command is ended by a signal.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    counterparts::{Started, binary, credenza},
    preservation::Console,
};

/// Number of times that each command is killed.
const KILLS: u32 = 100;
/// Number of times that the console is killed during each kind of write.
const CONSOLE_KILLS: u32 = 10;

fn command(server: &Started, home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .env("CREDENZA_BASE_URL", server.text("base_url"))
        .env("CREDENZA_TOKEN", server.text("token"))
        .env("CREDENZA_STORE", "file")
        .env("CREDENZA_PASSPHRASE", "a passphrase of the tests")
        .stdin(Stdio::null());
    command
}

fn ran(server: &Started, home: &Path, arguments: &[&str]) -> Output {
    command(server, home, arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Starts a command and kills it after this time.
fn killed(server: &Started, home: &Path, arguments: &[&str], after: Duration) {
    let mut child = command(server, home, arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    let _ = child.kill();
    let _ = child.wait();
}

/// Runs a command to its end; returns twice its duration, within which later runs are killed. The
/// write happens late and durations vary, so a single duration would be too short.
fn reach(server: &Started, home: &Path, arguments: &[&str]) -> Duration {
    let begun = Instant::now();
    assert!(ran(server, home, arguments).status.success());
    begun.elapsed() * 2
}

/// Returns the content of a file; `None` if it is missing or contains only reserved space.
fn delivered(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[test]
fn killed_creates_lose_no_secret_and_make_no_second_client() {
    let server = credenza();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let reach = reach(&server, home, &["create", "m2m", "--name", "X", "--secret-file", "x"]);
    let (mut before, mut after) = (0, 0);
    for kill in 0..KILLS {
        let (name, first, second) =
            (format!("Robot {kill}"), format!("first-{kill}"), format!("second-{kill}"));
        let create = |file| ["create", "m2m", "--name", &name, "--secret-file", file];
        killed(&server, home, &create(&first), reach * kill / KILLS);
        let listed = || -> Value {
            let filter = ["list", "m2m", "-o", "json"];
            let all: Value = serde_json::from_str(&out(&ran(&server, home, &filter))).unwrap();
            let own = all.as_array().unwrap().iter().filter(|it| it["name"] == *name);
            own.cloned().collect()
        };
        if listed().as_array().unwrap().is_empty() {
            before += 1;
        } else {
            after += 1;
        }
        // If the secret was not delivered, the same command creates the client, or reports the
        // existing one.
        let arrived = delivered(&home.join(&first)).is_some();
        let again = (!arrived).then(|| ran(&server, home, &create(&second)));
        let all = listed();
        assert_eq!(all.as_array().unwrap().len(), 1, "{kill}: {again:?}");
        let secret = out(&ran(&server, home, &["secret", &name, "--reveal"]));
        for file in [&first, &second] {
            if let Some(kept) = delivered(&home.join(file)) {
                assert_eq!(kept, secret.trim(), "{kill}");
            }
        }
        assert_eq!(secret.trim().len(), 64, "{kill}");
    }
    assert!(before > 0 && after > 0, "kills before ({before}) and after ({after}) the write");
}

#[test]
fn killed_rotations_lose_no_secret() {
    let server = credenza();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    ran(&server, home, &["create", "m2m", "--name", "Robot", "--secret-file", "created"]);
    let rotate = ["rotate", "Robot", "--confirm", "Robot", "--secret-file"];
    let reach = reach(&server, home, &[&rotate[..], &["usual"]].concat());
    let secret = || out(&ran(&server, home, &["secret", "Robot", "--reveal"])).trim().to_owned();
    let (mut old, mut new) = (0, 0);
    for kill in 0..KILLS {
        let (before, file) = (secret(), format!("rotated-{kill}"));
        killed(&server, home, &[&rotate[..], &[file.as_str()]].concat(), reach * kill / KILLS);
        let now = secret();
        if now == before {
            old += 1;
        } else {
            new += 1;
        }
        match delivered(&home.join(&file)) {
            Some(kept) => assert_eq!(kept, now, "{kill}: the delivered secret works"),
            None => assert_eq!(now.len(), 64, "{kill}: the secret can be read again"),
        }
    }
    assert!(old > 0 && new > 0, "kills before ({old}) and after ({new}) the rotation");
}

/// The console is killed at several points of a create and a rotation. At most one client may
/// exist, and its secret must be readable.
#[test]
fn killed_consoles_lose_no_secret_and_make_no_second_client() {
    let server = credenza();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let variables = format!("CREDENZA_TOKEN={}", server.text("token"));
    let base_url = format!("--base-url {}", server.text("base_url"));
    let secret = |name: &str| out(&ran(&server, home, &["secret", name, "--reveal"]));
    let mut made = 0;
    for kill in 0..CONSOLE_KILLS {
        let name = format!("Console-{kill}");
        let console = Console::start(home, &variables, &base_url);
        console.sees("1 API Access Tokens");
        console.until("Create", || console.keys(&["3", "a"]));
        console.until("ctrl-s save", || console.keys(&["3"]));
        console.keys(&[&name, "C-s"]);
        std::thread::sleep(Duration::from_millis(u64::from(kill * 15)));
        console.kill();
        let named = [".[] | select(.name == \"", &name, "\") | .client_id"].concat();
        let ids = out(&ran(&server, home, &["list", "m2m", "--jq", &named]));
        assert!(ids.lines().count() <= 1, "{kill}: {ids}");
        if ids.is_empty() {
            continue;
        }
        made += 1;
        assert_eq!(secret(&name).trim().len(), 64, "{kill}: the secret can be read");
        let console = Console::start(home, &variables, &base_url);
        console.until("Console-", || console.keys(&["3"]));
        console.keys(&["/", &name, "Enter"]);
        console.sees(&format!("/ {name}"));
        console.keys(&["R"]);
        console.sees("Type the name");
        console.keys(&[&name, "Enter", "Tab", "Enter"]);
        std::thread::sleep(Duration::from_millis(u64::from(kill * 15)));
        console.kill();
        assert_eq!(secret(&name).trim().len(), 64, "{kill}: the secret can be read");
    }
    assert!(made > 0, "every kill was before the write");
}

/// A secret copied in tmux is removed from tmux's buffer even if a signal ends the command.
#[test]
fn secret_leaves_the_tmux_buffer_with_the_command() {
    let server = credenza();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    ran(&server, home, &["create", "m2m", "--name", "Robot", "--secret-file", "created"]);
    for signal in ["TERM", "HUP", "INT"] {
        let socket = format!("copy-{}-{signal}", std::process::id());
        let tmux = |arguments: &[&str]| {
            let output = Command::new("tmux").args(["-L", &socket]).args(arguments).output();
            String::from_utf8(output.unwrap().stdout).unwrap()
        };
        let copy = format!(
            "env -i HOME={} PATH=/usr/bin:/bin TERM=tmux-256color TMUX=\"$TMUX\" CREDENZA_BASE_URL={} \
             CREDENZA_TOKEN={} {} copy Robot secret",
            home.display(),
            server.text("base_url"),
            server.text("token"),
            binary(),
        );
        tmux(&["-f", "/dev/null", "new-session", "-d", "-s", "keep", "sleep 600"]);
        tmux(&["new-window", "-d", "-n", "copy", &copy]);
        let waits = |what: &dyn Fn() -> bool| {
            let begun = Instant::now();
            while !what() {
                assert!(
                    begun.elapsed() < Duration::from_secs(20),
                    "{signal}: {}",
                    tmux(&["list-windows"])
                );
                std::thread::sleep(Duration::from_millis(50));
            }
        };
        waits(&|| !tmux(&["list-buffers"]).is_empty());
        let pid = tmux(&["list-panes", "-t", "copy", "-F", "#{pane_pid}"]);
        let children = format!("pkill -{signal} -P {0}; kill -{signal} {0}", pid.trim());
        Command::new("sh").args(["-c", &children]).output().unwrap();
        waits(&|| tmux(&["list-buffers"]).is_empty());
        assert!(tmux(&["list-sessions"]).starts_with("keep:"), "{signal}: tmux still runs");
        tmux(&["kill-server"]);
    }
}
