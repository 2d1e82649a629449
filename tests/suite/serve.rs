//! `credenza serve`, run as a child process.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use credenza::domain::Secret;
use serde_json::{Value, json};

use crate::common::server::Caller;

/// Running child process `credenza serve`, with the JSON line that it printed.
pub struct Process {
    pub child: Child,
    pub hello: Value,
}

impl Process {
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_credenza"))
            .args(["serve", "--listen", "127.0.0.1:0", "--credentials-file", "-"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let hello = serde_json::from_str(&line).unwrap();
        Self { child, hello }
    }

    pub fn caller(&self) -> Caller {
        Caller {
            base_url: self.hello["base_url"].as_str().unwrap().to_owned(),
            bearer: Secret::new(self.hello["token"].as_str().unwrap().to_owned()),
        }
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_credenza")).args(arguments).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), text)
}

#[tokio::test]
async fn it_says_where_it_is_serves_and_ends_within_a_second_of_term() {
    let mut process = Process::start(&["--ephemeral", "--seed", "5"]);
    assert_eq!(process.hello["issuer"], process.hello["base_url"]);
    let caller = process.caller();
    let list = caller.get("/v3/oauth-clients?app_type=spa").await;
    assert_eq!(list.body["page"]["total"], 5);
    let asked = Instant::now();
    process.signal(rustix::process::Signal::TERM);
    assert!(process.child.wait().unwrap().success());
    assert!(asked.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn data_is_kept_in_private_files_with_no_secret_in_the_clear() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let arguments = ["--data", data.to_str().unwrap()];
    let process = Process::start(&arguments);
    let body = json!({ "app_type": "m2m", "name": "Kept" });
    let made = process.caller().post("/v3/oauth-clients", body).await;
    let secret = made.body["client_secret"].as_str().unwrap().to_owned();
    let path = format!("/v3/oauth-clients/{}", made.body["client_id"].as_str().unwrap());
    drop(process);

    assert!(!holds(&data, &secret), "the secret is stored in clear text");
    assert!(holds(&data, "Kept"), "names are stored in clear text");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data), 0o700);
        assert_eq!(mode(&data.join("secrets.key")), 0o600);
    }

    let process = Process::start(&arguments);
    let again = process.caller().get(&format!("{path}?include=client_secret")).await;
    assert_eq!(again.body["client_secret"], secret, "read back by the next process");
}

/// Secrets are written only to the file that `--credentials-file` specifies. The file is readable
/// only by its owner.
#[test]
#[cfg(unix)]
fn credentials_are_written_only_where_they_were_asked_for() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let (data, file) = (directory.path().join("data"), directory.path().join("credentials.json"));
    let start = |more: &[&str]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_credenza"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        (line, String::from_utf8(output.stderr).unwrap())
    };
    let (line, said) = start(&[]);
    assert!(line.contains("base_url") && !line.contains("token") && !line.contains("password"));
    assert!(said.contains("--credentials-file FILE"), "{said}");

    // The first start had no file to write the password to, so this start sets the password, once.
    let (line, _) = start(&["--credentials-file", file.to_str().unwrap()]);
    assert!(!line.contains("token") && !line.contains("password"), "{line}");
    let written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert!(written["token"].is_string() && written["password"].is_string());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let (line, _) = start(&["--credentials-file", "-"]);
    assert!(line.contains("token") && !line.contains("password"), "{line}");

    let (line, said) = start(&["--credentials-file", "/nowhere/at/all"]);
    assert!(line.is_empty() && said.contains("Could not write the credentials to"), "{said}");
}

/// If several servers start simultaneously on a new data directory, only the server that sets the
/// password prints it.
#[test]
fn first_starts_at_once_print_one_password() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let processes: Vec<_> = std::thread::scope(|scope| {
        let start = || Process::start(&["--data", data.to_str().unwrap()]);
        let starts: Vec<_> = (0..3).map(|_| scope.spawn(start)).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let passwords = processes.iter().filter(|it| it.hello["password"].is_string()).count();
    assert_eq!(passwords, 1);
}

#[test]
#[cfg(unix)]
fn a_key_that_is_missing_or_a_dangling_link_is_not_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let arguments = ["--data", data.to_str().unwrap()];
    drop(Process::start(&arguments));
    let key = data.join("secrets.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    let (code, said) = run(&serve);
    assert!(code == 1 && said.contains("is missing") && said.contains("backup"), "{said}");
    assert!(!key.exists());
    let doctor = || {
        let output = Command::new(env!("CARGO_BIN_EXE_credenza"))
            .arg("doctor")
            .env("XDG_DATA_HOME", directory.path().join("home"))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    std::fs::create_dir(directory.path().join("home")).unwrap();
    std::os::unix::fs::symlink(&data, directory.path().join("home/credenza")).unwrap();
    assert!(doctor().contains("! key") && doctor().contains("is missing"), "{}", doctor());
    std::os::unix::fs::symlink(data.join("elsewhere"), &key).unwrap();
    let (code, said) = run(&serve);
    assert!(code == 1 && said.contains("links to a missing file"), "{said}");
    std::fs::remove_file(&key).unwrap();
    std::fs::write(&key, kept).unwrap();
    assert!(!doctor().contains("! key"), "{}", doctor());
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    drop(Process::start(&arguments));
}

fn holds(directory: &Path, text: &str) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn it_does_not_listen_to_the_world_in_the_clear() {
    let (code, said) = run(&["serve", "--ephemeral", "--listen", "0.0.0.0:0"]);
    assert_eq!(code, 1);
    assert!(said.contains("only supports plain HTTP") && said.contains("--plain-http"), "{said}");
}

#[test]
fn an_address_that_is_taken_or_wrong_is_explained() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, said) = run(&["serve", "--ephemeral", "--listen", &address]);
    assert!(code == 1 && said.contains("another server may be running there"), "{said}");
    let (code, said) = run(&["serve", "--ephemeral", "--listen", "nowhere"]);
    assert!(code == 2 && said.contains("use host:port"), "{said}");
}

#[test]
#[cfg(unix)]
fn loose_files_are_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let data = directory.path();
    std::fs::set_permissions(data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    let (code, said) = run(&arguments);
    assert!(code == 1 && said.contains("chmod 700"), "{said}");
}
