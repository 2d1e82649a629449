//! Limits of the embedded server: no caller can fill its memory, exhaust its connections or find
//! out which users exist. Access tokens are rejected once their client is deleted. After a
//! rotation, they are rejected unless the request keeps them.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use credenza::{domain::Secret, server::Config};
use serde_json::json;

use crate::{
    common::{
        person::Person,
        server::{Answer, Caller, Served, client, config},
    },
    serve::Process,
};

const MIB: u64 = 1024 * 1024;

fn resident(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Sends similar requests one after the other, and returns the distinct status codes.
async fn flood(count: usize, send: impl AsyncFn(usize) -> u16) -> Vec<u16> {
    let mut seen = Vec::new();
    for at in 0..count {
        let status = send(at).await;
        if !seen.contains(&status) {
            seen.push(status);
        }
    }
    seen
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn floods_without_credentials_do_not_fill_the_memory() {
    let process = Process::start(&["--ephemeral", "--rate-limit", "1000000000"]);
    let base_url = process.hello["base_url"].as_str().unwrap().to_owned();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
    let client = client.redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let post = async |path: &str, form: &[(&str, &str)]| {
        let sent = client.post(format!("{base_url}{path}")).form(form).send().await.unwrap();
        sent.status().as_u16()
    };
    post("/oauth/token", &[("grant_type", "client_credentials")]).await;
    let before = resident(&process);

    let filler = "x".repeat(60_000);
    let statuses = flood(5_000, async |at| {
        let id = format!("{at}{filler}");
        let form =
            [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", "x")];
        post("/oauth/token", &form).await
    })
    .await;
    assert_eq!(statuses, [401]);
    let large = "x".repeat(1_000_000);
    let form =
        [("grant_type", "client_credentials"), ("client_id", &large), ("client_secret", "x")];
    assert_eq!(post("/oauth/token", &form).await, 413);

    let statuses = flood(5_000, async |_| {
        let scope = ["read:maps"; 50].join(" ");
        post("/oauth/device/code", &[("client_id", "credenza"), ("scope", &scope)]).await
    })
    .await;
    assert_eq!(statuses, [200]);

    let state = "s".repeat(2_000);
    let url = format!(
        "{base_url}/oauth/authorize?response_type=code&client_id=credenza&redirect_uri=\
         http%3A%2F%2F127.0.0.1%3A1%2Fcallback&code_challenge={}&code_challenge_method=S256&state={state}",
        "c".repeat(43),
    );
    let statuses =
        flood(20_000, async |_| client.get(&url).send().await.unwrap().status().as_u16()).await;
    assert_eq!(statuses, [303]);

    let grown = resident(&process).saturating_sub(before);
    assert!(grown < 64 * MIB, "the server grew by {} MiB", grown / MIB);
}

/// Starts a server with a limit on open file descriptors.
fn with_descriptors(descriptors: u32) -> Process {
    let mut child: Child = Command::new("sh")
        .args(["-c", "ulimit -n \"$1\"; exec \"$2\" serve --ephemeral --listen 127.0.0.1:0", "sh"])
        .args([&descriptors.to_string(), env!("CARGO_BIN_EXE_credenza")])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let out = child.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
    Process { child, hello: serde_json::from_str(&line).unwrap() }
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn half_open_connections_leave_room_for_others() {
    for (descriptors, connections) in [(256, 200), (256, 300), (60, 55)] {
        let process = with_descriptors(descriptors);
        let base_url = process.hello["base_url"].as_str().unwrap();
        let address = base_url.strip_prefix("http://").unwrap();
        let half_open: Vec<TcpStream> = (0..connections)
            .map(|_| {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.write_all(b"GET /.well-known/openid-configuration HTTP/1.1\r\n").unwrap();
                stream
            })
            .collect();
        let asked = Instant::now();
        let url = format!("{base_url}/.well-known/openid-configuration");
        let answer = client().get(url).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert!(asked.elapsed() < Duration::from_secs(1), "{descriptors}: {:?}", asked.elapsed());
        drop(half_open);
    }
}

#[test]
fn heads_and_bodies_have_limits() {
    let served = Served::start(&config());
    let address = served.base_url.strip_prefix("http://").unwrap();
    let send = |text: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = [0; 4096];
        let read = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    };
    let head = format!("GET / HTTP/1.1\r\nhost: a\r\nx-filler: {}\r\n\r\n", "x".repeat(100_000));
    let answer = send(&head);
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let announced =
        "POST /v3/tokens HTTP/1.1\r\nhost: a\r\ncontent-length: 2000000\r\n\r\n".to_owned();
    let answer = send(&announced);
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("too_large"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
}

async fn token(served: &Served, id: &str, secret: &str) -> String {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
        ("audience", "credenza-api"),
    ];
    let answer = crate::common::server::token(&served.base_url, &form).await;
    answer.body["access_token"].as_str().unwrap().to_owned()
}

async fn status_of(served: &Served, token: &str) -> u16 {
    let caller =
        Caller { base_url: served.base_url.clone(), bearer: Secret::new(token.to_owned()) };
    caller.get("/v3/me").await.status
}

#[tokio::test]
async fn access_tokens_end_with_a_rotation_and_a_deletion() {
    let served = Served::start(&config());
    let ada = served.ada();
    let made = ada.post("/v3/oauth-clients", json!({ "app_type": "m2m", "name": "Sync" })).await;
    let id = made.body["client_id"].as_str().unwrap().to_owned();
    let secret = |answer: &Answer| answer.body["client_secret"].as_str().unwrap().to_owned();
    let first = token(&served, &id, &secret(&made)).await;
    assert_eq!(status_of(&served, &first).await, 200);

    let path = format!("/v3/oauth-clients/{id}");
    let planned =
        ada.send("POST", &format!("{path}/rotate-secret?keep_tokens=true"), &[], None).await;
    assert_eq!(status_of(&served, &first).await, 200, "a planned rotation keeps tokens");

    let leaked = ada.send("POST", &format!("{path}/rotate-secret"), &[], None).await;
    assert_ne!(secret(&planned), secret(&leaked));
    assert_eq!(status_of(&served, &first).await, 401);
    let second = token(&served, &id, &secret(&leaked)).await;
    assert_eq!(status_of(&served, &second).await, 200);

    ada.delete(&path).await;
    assert_eq!(status_of(&served, &second).await, 401);
}

#[tokio::test]
async fn odd_requests_are_refused_in_the_shape_of_the_contract() {
    let served = Served::start(&config());
    let ada = served.ada();
    ada.post("/v3/oauth-clients", json!({ "app_type": "m2m", "name": "Sync" })).await;
    for (path, status, code) in [
        (format!("/v3/oauth-clients?search={}", "x".repeat(25_000)), 400, "malformed"),
        ("/v3/oauth-clients?search=%00".to_owned(), 400, "malformed"),
        ("/v3/oauth-clients?page=2147483648".to_owned(), 400, "malformed"),
        ("/v3/oauth-clients?page=0".to_owned(), 400, "malformed"),
        ("/v3/oauth-clients/%ff".to_owned(), 404, "not_found"),
        ("/v3/tokens/x?include=client_secret".to_owned(), 400, "malformed"),
    ] {
        let answer = ada.get(&path).await;
        let shown = &path[..path.len().min(60)];
        assert_eq!((answer.status, answer.code()), (status, code), "{shown}");
        assert_eq!(answer.body["request_id"], answer.header("x-request-id"), "{shown}");
    }
    let raw = async |path: &str, kind: &str, body: &str| {
        let request = client()
            .post(format!("{}{path}", served.base_url))
            .bearer_auth(ada.bearer.expose())
            .header("content-type", kind)
            .body(body.to_owned());
        crate::common::server::answer(request).await
    };
    let token = r#"{"allowed_apis":["sql"],"grants":[["dw","*"]]}"#;
    for (path, kind, body, status) in [
        ("/v3/oauth-clients", "application/json", r#"["Sync","spa"]"#, 400),
        ("/v3/oauth-clients", "application/jsonx", r#"{"app_type":"m2m","name":"A"}"#, 400),
        ("/v3/oauth-clients", "application/json", r#"{"app_type":"m2m","name":null}"#, 422),
        ("/v3/tokens", "application/json", token, 422),
        ("/oauth/token", "application/json", r#"["client_credentials"]"#, 400),
        ("/oauth/token", "application/json", r#"{"grant_type":null}"#, 400),
    ] {
        assert_eq!(raw(path, kind, body).await.status, status, "{body}");
    }
    let good = r#"{"app_type":"m2m","name":"A"}"#;
    let charset = raw("/v3/oauth-clients", "application/json; charset=utf-8", good).await;
    assert_eq!(charset.status, 201);
}

#[tokio::test]
async fn errors_of_the_store_have_the_id_of_their_request() {
    let served = Served::start(&config());
    let missing = served.ada().get("/v3/oauth-clients/nothing").await;
    assert_eq!(missing.status, 404);
    assert!(missing.header("x-request-id").starts_with("req_"));
    assert_eq!(missing.body["request_id"], missing.header("x-request-id"));
}

/// Returns the URL at which a sign-in to the console begins.
fn authorize(served: &Served) -> String {
    let callback = "http%3A%2F%2F127.0.0.1%3A1%2Fcallback";
    format!(
        "{}/oauth/authorize?response_type=code&client_id=credenza&redirect_uri={callback}\
         &code_challenge={}&code_challenge_method=S256",
        served.base_url,
        "c".repeat(43),
    )
}

#[tokio::test]
async fn wrong_passwords_tell_nothing_about_who_exists() {
    let served = Served::start(&config());
    let attempt = async |name: &str| {
        let mut person = Person::new(name, "wrong password");
        let page = person.open(&authorize(&served)).await;
        let fields = [("username", name), ("password", "wrong password")];
        let answer = person.send(&page, "login", &fields).await;
        let hidden = [answer.hidden("request"), answer.hidden("csrf"), name.to_owned()];
        let text = hidden.iter().fold(answer.text, |text, hidden| text.replace(hidden, "_"));
        (answer.status, text)
    };
    // The clock is fixed, so the fifth attempt is throttled for both users.
    let mut answers = Vec::new();
    for name in ["ada", "unknown-user"] {
        let mut of_name = Vec::new();
        for _ in 0..5 {
            of_name.push(attempt(name).await);
        }
        assert_eq!(of_name.iter().map(|it| it.0).collect::<Vec<_>>(), [401, 401, 401, 401, 429]);
        answers.push(of_name);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(attempt("ada@acme.dev").await.0, 429, "the same user by another name");
}

#[tokio::test]
async fn the_cookie_is_bound_to_its_server() {
    let cookie = async |served: &Served| {
        let browser = reqwest::Client::builder().no_proxy().tls_certs_only([]);
        let browser = browser.redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let begun = browser.get(authorize(served)).send().await.unwrap();
        begun.headers()["set-cookie"].to_str().unwrap().to_owned()
    };
    let served = Served::start(&config());
    let port = served.base_url.rsplit(':').next().unwrap();
    let plain = cookie(&served).await;
    assert!(plain.starts_with(&format!("credenza_browser_{port}=")), "{plain}");
    assert!(plain.contains("Path=/oauth;") && !plain.contains("Secure"), "{plain}");

    let public = Some("https://login.acme.dev".to_owned());
    let behind_tls = cookie(&Served::start(&Config { public_url: public, ..config() })).await;
    assert!(behind_tls.starts_with("__Host-credenza_browser="), "{behind_tls}");
    assert!(behind_tls.contains("Path=/;") && behind_tls.contains("Secure"), "{behind_tls}");
}
