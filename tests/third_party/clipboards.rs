//! Copying to the clipboard inside real terminal multiplexers. Around GNU screen, an outer tmux
//! acts as the terminal: it stores in its buffer the text that a terminal would store in its
//! clipboard.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use crate::counterparts::{Started, binary, credenza};

/// tmux server with a private socket, killed on drop.
struct Tmux(String);

impl Tmux {
    fn new(name: &str) -> Self {
        Self(format!("clipboards-{}-{name}", std::process::id()))
    }

    fn runs(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.0, "-f", "/dev/null"]).args(arguments).env_remove("TMUX");
        command.output().unwrap()
    }

    fn waits(&self, what: &str, done: impl Fn() -> bool) {
        let begun = Instant::now();
        while !done() {
            let pane = self.runs(&["capture-pane", "-p"]);
            let pane = String::from_utf8_lossy(&pane.stdout).into_owned();
            assert!(begun.elapsed() < Duration::from_secs(20), "{what}: {pane}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.runs(&["kill-server"]);
    }
}

/// Writes a script `copy.sh` that copies the ID of the client `Robot`. `errors` is a shell
/// redirection of the program's standard error; it can be empty.
fn script(server: &Started, home: &Path, errors: &str) {
    let script = format!(
        "export HOME={} CREDENZA_BASE_URL={} CREDENZA_TOKEN={}\n{} copy Robot id {errors}\nsleep 30\n",
        home.display(),
        server.text("base_url"),
        server.text("token"),
        binary(),
    );
    std::fs::write(home.join("copy.sh"), script).unwrap();
}

fn robot(server: &Started, home: &Path) -> String {
    let output = Command::new(binary())
        .args(["create", "m2m", "--name", "Robot", "--secret-file", "secret", "-o", "json"])
        .current_dir(home)
        .env("HOME", home)
        .env("CREDENZA_BASE_URL", server.text("base_url"))
        .env("CREDENZA_TOKEN", server.text("token"))
        .env("CREDENZA_STORE", "memory")
        .output()
        .unwrap();
    let made: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    made["client_id"].as_str().unwrap().to_owned()
}

#[test]
fn copies_leave_gnu_screen() {
    let server = credenza();
    let home = tempfile::tempdir().unwrap();
    let id = robot(&server, home.path());
    // GNU screen passes the copy to the terminal around it.
    script(&server, home.path(), "");
    let terminal = Tmux::new("screen");
    let sockets = home.path().join("sockets");
    std::fs::create_dir(&sockets).unwrap();
    std::fs::set_permissions(&sockets, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .unwrap();
    let screen = format!(
        "cd {} && env -u TMUX SCREENDIR={} screen -c /dev/null sh copy.sh",
        home.path().display(),
        sockets.display(),
    );
    terminal.runs(&["new-session", "-d", "-x", "100", "-y", "30", "sleep 60"]);
    terminal.runs(&["set", "-s", "set-clipboard", "on"]);
    terminal.runs(&["new-window", &screen]);
    terminal.waits("the ID arrives outside of screen", || {
        terminal.runs(&["show-buffer"]).stdout == id.as_bytes()
    });
}

#[test]
fn copies_that_stay_in_tmux_say_so() {
    let server = credenza();
    let home = tempfile::tempdir().unwrap();
    let id = robot(&server, home.path());
    script(&server, home.path(), "2>said");
    let tmux = Tmux::new("alone");
    // The terminal around tmux is a Linux console, which has no clipboard and answers no queries.
    let attached = format!("tmux -L {} -f /dev/null new-session 'sh copy.sh'", tmux.0);
    let mut console = Command::new("script")
        .args(["-qfc", &attached, "/dev/null"])
        .current_dir(home.path())
        .env_remove("TMUX")
        .env("TERM", "linux")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = || std::fs::read_to_string(home.path().join("said")).unwrap_or_default();
    tmux.waits("the command reports that the copy stays in tmux", || !said().is_empty());
    assert!(said().contains("the terminal does not accept it from tmux"), "{}", said());
    assert_eq!(tmux.runs(&["show-buffer"]).stdout, id.as_bytes());
    console.kill().unwrap();
    let output = console.wait_with_output().unwrap();
    let sent = String::from_utf8_lossy(&output.stdout);
    assert!(!sent.contains("\u{1b}]52;"), "no copy was sent to the terminal");
}
