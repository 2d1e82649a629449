//! A new account over a real SSH connection, inside a real tmux: add a profile, sign in by device
//! flow, list, sign out. Then the account's files, and the arguments and environments of its
//! processes, are searched for secrets.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::counterparts::{binary, browse, credenza};

const PASSPHRASE: &str = "canary passphrase";
const ACCOUNT: &str = "credenza-test";

/// sshd on loopback with a temporary account.
struct Machine {
    folder: tempfile::TempDir,
    port: u16,
    sshd: Child,
}

fn must(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{program} {arguments:?}");
}

impl Machine {
    fn start() -> Self {
        let _ = Command::new("userdel").args(["-rf", ACCOUNT]).stderr(Stdio::null()).status();
        must("useradd", &["-m", "-s", "/bin/bash", "-p", "*", ACCOUNT]);
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        for key in ["host", "user"] {
            must("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &path(key)]);
        }
        fs::copy(path("user.pub"), path("authorized")).unwrap();
        fs::set_permissions(path("authorized"), fs::Permissions::from_mode(0o644)).unwrap();
        // The account may not be able to read the target directory, so the program is copied.
        fs::copy(binary(), path("credenza")).unwrap();
        fs::set_permissions(path("credenza"), fs::Permissions::from_mode(0o755)).unwrap();
        let _ = fs::create_dir("/run/sshd");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\n\
             PasswordAuthentication no\nUsePAM no\nStrictModes no\nPidFile none\n",
            path("host"),
            path("authorized")
        );
        fs::write(path("sshd_config"), config).unwrap();
        let sshd = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f", &path("sshd_config")])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let machine = Self { folder, port, sshd };
        Machine::until("sshd", || machine.ssh("true").0);
        machine
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Runs a script over SSH; returns whether it succeeded, and its output.
    fn ssh(&self, script: &str) -> (bool, String) {
        let (port, key) = (self.port.to_string(), self.path("user"));
        let host = format!("{ACCOUNT}@127.0.0.1");
        let output = Command::new("ssh")
            .args(["-q", "-tt", "-p", &port, "-i", &key])
            .args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
            .args([&host, &format!("export LANG=C.UTF-8; {script}")])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn type_(&self, keys: &str) {
        let (done, said) = self.ssh(&format!("tmux send-keys -t work {keys}"));
        assert!(done, "{said}");
    }

    fn screen(&self) -> String {
        self.ssh("tmux capture-pane -J -p -t work").1.replace('\r', "")
    }

    fn sees(&self, text: &str) -> String {
        let mut screen = String::new();
        Self::until(&format!("{text:?} on the screen:\n{}", self.screen()), || {
            screen = self.screen();
            screen.contains(text)
        });
        screen
    }

    fn until(what: &str, mut done: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !done() {
            assert!(begun.elapsed() < Duration::from_secs(30), "waited for {what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.ssh("tmux kill-server");
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
        let _ = Command::new("pkill").args(["-KILL", "-u", ACCOUNT]).status();
        let _ = Command::new("userdel").args(["-rf", ACCOUNT]).stderr(Stdio::null()).status();
    }
}

#[test]
fn a_clean_account_signs_in_lists_and_signs_out() {
    let server = credenza();
    let machine = Machine::start();
    let program = machine.path("credenza");
    let (done, said) =
        machine.ssh("tmux -f /dev/null new-session -d -s work -x 120 -y 30 'bash --norc'");
    assert!(done, "{said}");
    let enter = |line: &str| machine.type_(&format!("'{line}' Enter"));

    enter("export PS1=ready CREDENZA_LOG=trace; ulimit -c unlimited; clear");
    machine.sees("ready");
    enter(&format!("{program} profile add acme --base-url {}", server.text("base_url")));
    machine.sees("credenza login acme");
    enter(&format!("clear; {program} login"));
    let screen = machine.sees("check that it shows this code");
    let url = screen.split_whitespace().find(|word| word.contains("user_code=")).unwrap();
    let (_, title) = browse(url, "ada", server.text("password")).ended();
    assert!(title.starts_with("Success"), "{title}");
    machine.sees("New passphrase");
    enter(PASSPHRASE);
    machine.sees("Repeat passphrase");
    enter(PASSPHRASE);
    let screen = machine.sees("The session is stored in");
    assert!(screen.contains("ada@acme.dev") && !screen.contains(PASSPHRASE), "{screen}");

    enter(&format!("clear; {program}"));
    machine.sees("Passphrase for your sessions");
    enter(PASSPHRASE);
    machine.sees("SPA OAuth Clients 3");
    let (processes, environments) = all_processes();
    // SIGABRT must not leave a core dump.
    machine.ssh("pkill -ABRT -u $USER -x credenza");
    machine.sees("ready");
    enter(&format!("clear; {program} logout"));
    machine.sees("Passphrase for your sessions");
    enter(PASSPHRASE);
    machine.sees("Signed out of acme");

    let mut places = vec![("arguments".into(), processes), ("environments".into(), environments)];
    let home = Path::new("/home").join(ACCOUNT);
    files(&home, &mut places);
    assert!(places.iter().any(|(place, _): &(String, _)| place.ends_with("sessions.vault")));
    assert!(places.iter().any(|(place, _)| place.ends_with("credenza.log")));
    for (place, bytes) in &places {
        assert!(!place.contains("core"), "{place} was left");
        for secret in [PASSPHRASE, "rt_", "eyJhbGci", server.text("password")] {
            let held = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!held, "{place} holds {secret}");
        }
    }
}

/// Returns the arguments and the environments of all processes of the account.
fn all_processes() -> (Vec<u8>, Vec<u8>) {
    let (mut arguments, mut environments) = (Vec::new(), Vec::new());
    let pids = Command::new("pgrep").args(["-u", ACCOUNT]).output().unwrap();
    for pid in String::from_utf8_lossy(&pids.stdout).lines() {
        arguments.extend(fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default());
        environments.extend(fs::read(format!("/proc/{pid}/environ")).unwrap_or_default());
    }
    let text = String::from_utf8_lossy(&arguments).into_owned();
    assert!(text.contains("credenza"), "the console was running: {text}");
    (arguments, environments)
}

fn files(directory: &Path, places: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, places);
        } else {
            places.push((path.display().to_string(), fs::read(&path).unwrap_or_default()));
        }
    }
}
