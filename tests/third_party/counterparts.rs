//! Real servers and browsers, started by a test and stopped at its end.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// Secret of the machine client at the OpenID provider. Its special characters must survive the
/// encodings of Basic and POST authentication.
pub const MACHINE_SECRET: &str = "a secret: with/odd+letters%";

pub fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_credenza")
}

pub fn repository(inside: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(inside)
}

/// Running program that prints one line of JSON when it is ready.
pub struct Started {
    pub said: Value,
    child: Child,
}

impl Started {
    pub fn new(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line:?}"));
        Self { said, child }
    }

    pub fn text(&self, name: &str) -> &str {
        self.said[name].as_str().unwrap_or_else(|| panic!("no {name}"))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn node(script: &str, arguments: &[&str]) -> Command {
    let folder = repository("target/third-party");
    let mut command = Command::new("node");
    command.arg(folder.join(script)).args(arguments).current_dir(folder).stderr(Stdio::null());
    command
}

/// Starts node-oidc-provider, which accepts any user and password.
pub fn oidc_provider() -> Started {
    Started::new(node("oidc.mjs", &[]).env("MACHINE_SECRET", MACHINE_SECRET))
}

/// Starts a browser app that signs in at an issuer.
pub fn browser_app(issuer: &str) -> Started {
    Started::new(&mut node("app.mjs", &[issuer]))
}

/// Starts a server over TLS, with this certificate and key.
pub fn tls_server(certificate: &str, key: &str) -> Started {
    Started::new(&mut node("tls.mjs", &[certificate, key]))
}

/// Starts `credenza serve` with a user whose password it prints.
pub fn credenza() -> Started {
    let arguments = [
        "serve",
        "--ephemeral",
        "--seed",
        "3",
        "--listen",
        "127.0.0.1:0",
        "--device-interval",
        "1",
        "--credentials-file",
        "-",
    ];
    Started::new(Command::new(binary()).args(arguments).env_remove("CREDENZA_LOG"))
}

/// Running Chromium in which a user signs in.
pub struct Browsing {
    child: Child,
    _home: tempfile::TempDir,
}

/// Starts Chromium at a page, where the user signs in.
pub fn browse(url: &str, user: &str, password: &str) -> Browsing {
    let home = tempfile::tempdir().unwrap();
    let child = node("browse.mjs", &[url, user, password])
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_CACHE_HOME", home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    Browsing { child, _home: home }
}

impl Browsing {
    /// Waits until Chromium ends; returns its last URL and the title of the page.
    pub fn ended(self) -> (String, String) {
        let output = self.child.wait_with_output().unwrap();
        assert!(output.status.success(), "Chromium failed");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        (text("last"), text("title"))
    }
}
