//! The session store with a real Secret Service that is unlocked, locked, absent, slow or silent.

use std::{
    io::Write as _,
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use crate::counterparts::{binary, credenza, repository};

/// Account with a D-Bus session, whose Secret Service is in the given state.
struct Account {
    home: tempfile::TempDir,
    state: &'static str,
    store: &'static str,
}

impl Account {
    fn new(state: &'static str, store: &'static str) -> Self {
        Self { home: tempfile::tempdir().unwrap(), state, store }
    }

    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home.path())
            .env("CREDENZA_STORE", self.store)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a script of commands in one D-Bus session.
    fn run(&self, script: &str, input: &str) -> Output {
        let service = repository("tests/third_party/secret_service.sh");
        let script = format!("credenza() {{ {} \"$@\"; }}\n{script}", binary());
        let arguments = [self.state, "bash", "-c", &script];
        let mut child = self.command(&service, &arguments).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    fn holds(&self, text: &str) -> bool {
        fn search(directory: &Path, text: &[u8]) -> bool {
            std::fs::read_dir(directory).unwrap().any(|entry| {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    return search(&path, text);
                }
                let bytes = std::fs::read(&path).unwrap_or_default(); // a socket cannot be read
                bytes.windows(text.len()).any(|window| window == text)
            })
        }
        search(self.home.path(), text.as_bytes())
    }
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

const LIFE: &str = "credenza profile add acme --base-url \"$URL\" >/dev/null
credenza login --with token
credenza whoami
credenza doctor --output json >doctor.json; echo doctor: $?
credenza logout
credenza whoami || echo gone";

#[test]
fn an_unlocked_keyring_holds_a_session_and_nothing_is_on_disk() {
    let server = credenza();
    let token = server.text("token");
    let account = Account::new("unlocked", "auto");
    let script = format!("cd; export URL={}\n{LIFE}", server.text("base_url"));
    let text = said(&account.run(&script, token));
    for line in [
        "The session is stored in the system's keyring.",
        "ada@acme.dev, editor, on acme",
        "doctor: 0",
        "Signed out of acme",
        "gone",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!account.holds(token), "the token is on disk in clear text");
    assert!(!account.home.path().join(".local/state/credenza/sessions.vault").exists());
}

#[test]
fn a_long_session_is_parted_and_found_again() {
    let account = Account::new("unlocked", "keyring");
    let long = format!("canary{}", "x".repeat(9_000));
    let script =
        "cd; credenza profile add acme --base-url https://api.example.com --offline >/dev/null
credenza login --with token
credenza login --with token <<<second >/dev/null 2>&1
credenza doctor >/dev/null || true
dbus-send --session --print-reply --dest=org.freedesktop.secrets \\
  /org/freedesktop/secrets/collection/login org.freedesktop.DBus.Properties.Get \\
  string:org.freedesktop.Secret.Collection string:Items | grep -c 'object path'";
    let output = account.run(script, &long);
    let text = said(&output);
    assert!(text.contains("The session is stored in the system's keyring."), "{text}");
    let left = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert_eq!(left, "1", "the long session's parts were deleted: {text}");
    assert!(!account.holds("canary"));
}

#[test]
fn without_a_usable_keyring_a_file_takes_it_and_that_is_said() {
    for (state, why) in [
        ("locked", "not in the system's keyring: it is locked"),
        ("absent", "no keyring: no program provides org.freedesktop.secrets"),
        ("nowhere", "no keyring: no D-Bus session"),
    ] {
        let server = credenza();
        let token = server.text("token");
        let account = Account::new(state, "auto");
        let script = format!(
            "cd; export URL={} CREDENZA_PASSPHRASE='a passphrase'\n{LIFE}",
            server.text("base_url")
        );
        let text = said(&account.run(&script, token));
        assert!(text.contains("a file encrypted with your passphrase"), "{state}: {text}");
        assert!(text.contains(why), "{state}: {text}");
        assert!(text.contains("ada@acme.dev, editor"), "{state}: {text}");
        assert!(text.contains("gone"), "{state}: {text}");
        assert!(!account.holds(token), "{state}: the token is on disk in clear text");
    }
}

#[test]
fn failed_requested_keyring_is_an_error_never_clear_text() {
    for state in ["locked", "absent", "nowhere"] {
        let account = Account::new(state, "keyring");
        let script =
            "cd; credenza profile add acme --base-url https://api.example.com --offline >/dev/null
credenza login --with token || echo refused";
        let text = said(&account.run(script, "canary-token"));
        assert!(text.contains("refused"), "{state}: {text}");
        assert!(!account.holds("canary-token"), "{state}");
    }
}

/// A bus that accepts connections and never responds must not delay a start noticeably.
#[test]
fn a_bus_that_never_answers_costs_less_than_300_ms() {
    let account = Account::new("nowhere", "auto");
    let socket = account.home.path().join("bus");
    let listener = UnixListener::bind(&socket).unwrap();
    let held = std::thread::spawn(move || {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept() {
            held.push(stream);
        }
    });
    let once = |address: &str| {
        let begun = Instant::now();
        let output = account
            .command(Path::new(binary()), &["doctor", "--output", "json"])
            .env("DBUS_SESSION_BUS_ADDRESS", address)
            .output()
            .unwrap();
        (said(&output), begun.elapsed())
    };
    // Use the shortest of three runs, because other load on the machine only adds time.
    let run = |address: &str| {
        let mut times: Vec<_> = (0..3).map(|_| once(address)).collect();
        times.sort_by_key(|(_, time)| *time);
        times.swap_remove(0)
    };
    let (text, silent) = run(&format!("unix:path={}", socket.display()));
    assert!(text.contains("it did not respond within"), "{text}");
    let (text, nobody) = run("unix:path=/nonexistent");
    assert!(text.contains("no D-Bus session"), "{text}");
    let cost = silent.saturating_sub(nobody);
    println!("a silent bus costs {} ms", cost.as_millis());
    assert!(cost < Duration::from_millis(300), "{silent:?} against {nobody:?}");
    drop(held);
}

/// Starts a bus that forwards to the real bus after a delay. The file `real` contains the address
/// of the real bus.
fn slow_bus(socket: &Path, real: std::path::PathBuf, delay: Duration) {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let real = real.clone();
            std::thread::spawn(move || {
                std::thread::sleep(delay);
                let address = std::fs::read_to_string(real).unwrap();
                let path = address.trim().trim_start_matches("unix:path=").split(',').next();
                let bus = UnixStream::connect(path.unwrap()).unwrap();
                let (mut from, mut to) = (client.try_clone().unwrap(), bus.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                let (mut from, mut to) = (bus, client);
                let _ = std::io::copy(&mut from, &mut to);
            });
        }
    });
}

#[test]
fn slow_keyring_is_not_taken_for_a_sign_out() {
    let server = credenza();
    let token = server.text("token");
    let account = Account::new("unlocked", "auto");
    let home = account.home.path();
    for (name, delay) in [("late", 300), ("silent", 30_000)] {
        slow_bus(&home.join(name), home.join("real"), Duration::from_millis(delay));
    }
    let script = format!(
        "cd; echo $DBUS_SESSION_BUS_ADDRESS >real
         credenza profile add acme --base-url {} >/dev/null
         credenza login --with token
         export DBUS_SESSION_BUS_ADDRESS=unix:path=$HOME/late
         credenza whoami
         export DBUS_SESSION_BUS_ADDRESS=unix:path=$HOME/silent
         credenza whoami && echo done",
        server.text("base_url")
    );
    let text = said(&account.run(&script, token));
    assert!(text.contains("ada@acme.dev, editor, on acme"), "a late response is accepted: {text}");
    let unknown = "did not respond within 3 s, so it is unknown whether you are signed in";
    assert!(text.contains(unknown) && !text.contains("done"), "{text}");
}
