//! `credenza serve` as a process.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use credenza::domain::Secret;
use serde_json::{Value, json};

use crate::common::server::Caller;

/// A server in a process of its own.
pub struct Process {
    pub child: Child,
    pub hello: Value,
}

impl Process {
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_credenza"))
            .args(["serve", "--listen", "127.0.0.1:0"])
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

    assert!(!holds(&data, &secret), "the secret rests in the clear");
    assert!(holds(&data, "Kept"), "names do");
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
    assert!(said.contains("speaks plain HTTP only") && said.contains("--plain-http"), "{said}");
}

#[test]
fn an_address_that_is_taken_or_wrong_is_explained() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, said) = run(&["serve", "--ephemeral", "--listen", &address]);
    assert!(code == 1 && said.contains("is another server running there?"), "{said}");
    let (code, said) = run(&["serve", "--ephemeral", "--listen", "nowhere"]);
    assert!(code == 1 && said.contains("write host:port"), "{said}");
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
