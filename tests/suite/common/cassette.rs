//! Cassettes: recorded requests of the conformance suite to a real server, with the responses, and
//! a loopback server that replays the responses.
//!
//! `tests/third_party/run --record` writes the cassettes. A replay reports requests that
//! were not recorded, have a different body, or are missing, because a provider must keep sending
//! the requests that a real server accepted.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use credenza::{
    api::{Trust, http::Fixed},
    auth::open::AuthContext,
    conformance::{self, PREFIX, behavior},
    domain::{
        Profile, Secret,
        profile::{Provider, Word as _},
    },
    vault::{Passphrase, StoreChoice},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Names of the response headers that are recorded and forwarded, because providers use them.
const HEADERS: [&str; 6] =
    ["content-type", "etag", "link", "location", "retry-after", "x-total-count"];

/// Names of JSON members and form fields whose values are masked. The recorded secrets are no
/// longer valid, but a committed file must not appear to contain secrets.
const SECRETS: [&str; 10] = [
    "secret",
    "client_secret",
    "clientSecret",
    "registrationAccessToken",
    "registration_access_token",
    "key",
    "sha1",
    "access_token",
    "id_token",
    "token",
];

/// Placeholder for the server's address in a cassette.
const BASE: &str = "{{base}}";

#[derive(Serialize, Deserialize)]
pub struct Cassette {
    /// Name and version of the server.
    pub server: String,
    provider: String,
    /// Path of the profile's base URL below the server's address.
    path: String,
    scopes: Vec<String>,
    /// Claims of the access token from which a provider may read roles; `None` if the token is not
    /// a JWT.
    claims: Option<Value>,
    /// Results of the conformance suite, one line per check.
    pub report: Vec<String>,
    /// Response bodies by their hash, because many are equal.
    bodies: BTreeMap<String, String>,
    exchanges: Vec<Exchange>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Exchange {
    /// Method, path and query of the request, such as `GET /clients?page=1`.
    request: String,
    sent: Value,
    status: u16,
    headers: BTreeMap<String, String>,
    /// Hash of the response body, a key of `Cassette::bodies`.
    body: String,
}

impl Cassette {
    /// Removes the recorded requests that begin with `request`.
    #[allow(dead_code, reason = "one of the two test binaries that share this file needs it")]
    pub fn forget(&mut self, request: &str) {
        self.exchanges.retain(|it| !it.request.starts_with(request));
    }
}

pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cassettes").join(format!("{name}.json"))
}

pub fn read(name: &str) -> Cassette {
    let text = std::fs::read_to_string(path(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Server to record, and the token and scopes for the conformance suite.
pub struct Counterpart<'a> {
    pub server: &'a str,
    pub provider: Provider,
    /// Address of the server, without a path.
    pub origin: &'a str,
    pub path: &'a str,
    pub token: &'a str,
    pub scopes: &'a [&'a str],
}

/// Runs the conformance suite through a recording proxy; returns the recording.
pub async fn record(it: &Counterpart<'_>) -> Cassette {
    let (base, recorder) = Recorder::start(it.origin).await;
    let report = conforms(it.provider, &format!("{base}{}", it.path), it.token, it.scopes).await;
    let (bodies, mut exchanges) = std::mem::take(&mut *recorder.taken.lock().unwrap());
    let general = |text: &str| text.replace(&base, BASE);
    let bodies = bodies.into_iter().map(|(hash, text)| (hash, general(&text))).collect();
    for it in &mut exchanges {
        it.sent = serde_json::from_str(&general(&it.sent.to_string())).unwrap();
        it.headers.values_mut().for_each(|value| *value = general(value));
    }
    Cassette {
        server: it.server.to_owned(),
        provider: it.provider.word().to_owned(),
        path: it.path.to_owned(),
        scopes: it.scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        claims: claims(it.token),
        report,
        bodies,
        exchanges,
    }
}

/// Runs the conformance suite on a cassette; returns its report, and a message for each request
/// that was not recorded, has a different body, or is missing.
pub async fn replay(cassette: &Cassette) -> (Vec<String>, Vec<String>) {
    let mut waiting: HashMap<String, VecDeque<Exchange>> = HashMap::new();
    for it in &cassette.exchanges {
        waiting.entry(it.request.clone()).or_default().push_back(it.clone());
    }
    let player = Arc::new(Player {
        base: Mutex::default(),
        bodies: cassette.bodies.clone(),
        waiting: Mutex::new(waiting),
        mistakes: Mutex::default(),
    });
    let base = serve(axum::Router::new().fallback(play).with_state(Arc::clone(&player))).await;
    player.base.lock().unwrap().clone_from(&base);
    let provider = Provider::of_word(&cassette.provider).unwrap();
    let token = match &cassette.claims {
        Some(claims) => format!("e30.{}.e30", URL_SAFE_NO_PAD.encode(claims.to_string())),
        None => "recorded".to_owned(),
    };
    let scopes: Vec<&str> = cassette.scopes.iter().map(String::as_str).collect();
    let report = conforms(provider, &format!("{base}{}", cassette.path), &token, &scopes).await;
    let mut mistakes = std::mem::take(&mut *player.mistakes.lock().unwrap());
    let left = player.waiting.lock().unwrap();
    let left = left.values().flatten().map(|it| format!("missing: {}", it.request));
    mistakes.extend(left);
    (report, mistakes)
}

async fn conforms(provider: Provider, base_url: &str, token: &str, scopes: &[&str]) -> Vec<String> {
    let profile = Profile {
        name: "it".into(),
        base_url: base_url.to_owned(),
        provider,
        ..Profile::default()
    };
    let (trust, bearer) = (Trust::default(), Arc::new(Fixed(Arc::new(Secret::new(token.into())))));
    // Dynamic registration stores its clients in this directory.
    let home = tempfile::tempdir().unwrap();
    let passphrase: Passphrase =
        Arc::new(|_| Some(Secret::new("a passphrase of the tests".into())));
    let state = home.path().join("state");
    let auth = AuthContext::new(state, home.path().to_owned(), StoreChoice::File, passphrase);
    let api = auth.open(&profile, bearer).await.unwrap();
    let capabilities = api.capabilities().await.unwrap();
    let number = AtomicU32::new(0);
    let report = behavior::run(&behavior::Bench {
        issue: conformance::issue(&capabilities, &trust).filter(|_| provider == Provider::Keycloak),
        api,
        other: None,
        anonymous: None,
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        // Requests contain these names, so every run must generate the same names.
        name: Box::new(move || format!("{PREFIX}{}", number.fetch_add(1, Ordering::Relaxed))),
    })
    .await;
    let report = report.json();
    let checks = report["checks"].as_array().unwrap();
    let line = |check: &Value| {
        let text = |name: &str| check[name].as_str().unwrap_or("-").to_owned();
        [text("kind"), text("name"), text("outcome"), text("why")].join(" ")
    };
    checks.iter().map(line).collect()
}

async fn serve(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let payload = URL_SAFE_NO_PAD.decode(parts.nth(1)?).ok()?;
    let mut claims: Value = serde_json::from_slice(&payload).ok()?;
    // Other claims do not affect a provider, and may identify a user.
    claims.as_object_mut()?.retain(|name, _| name.ends_with("access"));
    Some(claims)
}

/// Parses a JSON body and masks its secrets. Masks any other body as a form, and
/// returns it as a string.
fn masked(text: &str) -> Value {
    fn mask(value: &mut Value) {
        match value {
            Value::Object(members) => members.iter_mut().for_each(|(name, value)| match value {
                Value::String(text) if is_made_here(text) => "made-here".clone_into(text),
                Value::String(text) if SECRETS.contains(&&**name) && !text.is_empty() => {
                    if !text.starts_with("masked-") {
                        *text = format!("masked-{}", hash(text));
                    }
                }
                value => mask(value),
            }),
            Value::Array(list) => list.iter_mut().for_each(mask),
            // A secret that the provider generates is different in each run.
            Value::String(text) if is_made_here(text) => "made-here".clone_into(text),
            _ => {}
        }
    }
    let Ok(mut value) = serde_json::from_str(text) else { return json!(masked_form(text)) };
    mask(&mut value);
    value
}

/// Masks the secrets of a form, such as a token request. Leaves other text unchanged.
fn masked_form(text: &str) -> String {
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, value))
            if SECRETS.contains(&name) && !value.is_empty() && !value.starts_with("masked-") =>
        {
            format!("{name}=masked-{}", hash(value))
        }
        _ => pair.to_owned(),
    };
    text.split('&').map(pair).collect::<Vec<_>>().join("&")
}

/// Returns true for 256 bits in hexadecimal, the format of `api::made_secret`.
fn is_made_here(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..9])
}

fn line(method: &Method, uri: &Uri) -> String {
    format!("{method} {}", uri.path_and_query().map_or("/", |it| it.as_str()))
}

/// Proxy that records requests and responses.
pub struct Recorder {
    client: reqwest::Client,
    origin: String,
    base: Mutex<String>,
    taken: Mutex<(BTreeMap<String, String>, Vec<Exchange>)>,
}

impl Recorder {
    /// Starts a proxy to the server at `origin`; returns the URL of the proxy, and the proxy.
    pub async fn start(origin: &str) -> (String, Arc<Self>) {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let recorder = Arc::new(Self {
            client,
            origin: origin.to_owned(),
            base: Mutex::default(),
            taken: Mutex::default(),
        });
        let router = axum::Router::new().fallback(pass).with_state(Arc::clone(&recorder));
        let base = serve(router).await;
        recorder.base.lock().unwrap().clone_from(&base);
        (base, recorder)
    }

    /// Returns the method, path and query of each request since the last call.
    #[allow(dead_code, reason = "one of the two test binaries that share this file needs it")]
    pub fn requests(&self) -> Vec<String> {
        let taken = std::mem::take(&mut *self.taken.lock().unwrap());
        taken.1.into_iter().map(|exchange| exchange.request).collect()
    }
}

async fn pass(
    State(it): State<Arc<Recorder>>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    sent: Bytes,
) -> Response {
    let base = it.base.lock().unwrap().clone();
    let request = line(&method, &uri);
    let url = format!("{}{}", it.origin, uri.path_and_query().map_or("/", |it| it.as_str()));
    // The server's tokens contain its host name, so requests must contain that name, not the
    // proxy's. In responses, the server's address is replaced with the proxy's, so that later
    // requests are recorded, too.
    headers.remove("host");
    headers.remove("content-length");
    let sent = String::from_utf8_lossy(&sent).replace(&base, &it.origin);
    let asked = it.client.request(method, url).headers(headers).body(sent.clone());
    let answer = asked.send().await.unwrap();
    let status = answer.status().as_u16();
    let kept = |name: &str| {
        let value = answer.headers().get(name)?.to_str().ok()?;
        Some((name.to_owned(), value.replace(&it.origin, &base)))
    };
    let headers: BTreeMap<String, String> = HEADERS.into_iter().filter_map(kept).collect();
    let text = answer.text().await.unwrap().replace(&it.origin, &base);
    let body = match masked(&text) {
        Value::String(text) => text,
        value => value.to_string(),
    };
    let exchange = Exchange {
        request,
        sent: masked(&sent.replace(&it.origin, &base)),
        status,
        headers: headers.clone(),
        body: hash(&body),
    };
    {
        let mut taken = it.taken.lock().unwrap();
        taken.0.insert(exchange.body.clone(), body);
        taken.1.push(exchange);
    }
    answered(status, &headers, text)
}

struct Player {
    base: Mutex<String>,
    bodies: BTreeMap<String, String>,
    waiting: Mutex<HashMap<String, VecDeque<Exchange>>>,
    mistakes: Mutex<Vec<String>>,
}

async fn play(State(it): State<Arc<Player>>, method: Method, uri: Uri, sent: Bytes) -> Response {
    let request = line(&method, &uri);
    let base = it.base.lock().unwrap().clone();
    let recorded = it.waiting.lock().unwrap().get_mut(&request).and_then(VecDeque::pop_front);
    let wrong = |why: String| {
        it.mistakes.lock().unwrap().push(why);
        answered(599, &BTreeMap::new(), String::new())
    };
    let Some(recorded) = recorded else { return wrong(format!("not recorded: {request}")) };
    let sent = masked(&String::from_utf8_lossy(&sent).replace(&base, BASE));
    if sent != recorded.sent {
        return wrong(format!(
            "{request}: the body is {sent}, but the recorded body is {}",
            recorded.sent
        ));
    }
    let headers =
        recorded.headers.into_iter().map(|(name, value)| (name, value.replace(BASE, &base)));
    answered(recorded.status, &headers.collect(), it.bodies[&recorded.body].replace(BASE, &base))
}

fn answered(status: u16, headers: &BTreeMap<String, String>, body: String) -> Response {
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body)).unwrap()
}
