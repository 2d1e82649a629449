//! The embedded server on loopback, and a minimal client for it.

use std::{net::TcpListener, thread::JoinHandle};

use credenza::{
    domain::Secret,
    server::{Config, Minter, Server, seed::Seed, store::User},
};
use serde_json::Value;
use tokio::sync::oneshot;

use super::noon;

/// Running server, stopped on drop.
pub struct Served {
    pub base_url: String,
    pub minter: Minter,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Returns the default configuration of the tests: in memory, without data, at a fixed time.
pub fn config() -> Config {
    Config { clock: noon, ..Config::default() }
}

impl Served {
    pub fn start(config: &Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server::open(config, listener).unwrap();
        let base_url = format!("http://{}", server.address().unwrap());
        let minter = server.minter();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime
                .block_on(server.serve(async {
                    let _ = stopped.await;
                }))
                .unwrap();
        });
        Self { base_url, minter, stop: Some(stop), thread: Some(thread) }
    }

    /// Starts a server with the example data.
    pub fn demo() -> Self {
        Self::start(&Config { seed: Seed::Demo, ..config() })
    }

    /// Returns a caller with the token of the workspace's owner.
    pub fn ada(&self) -> Caller {
        Caller { base_url: self.base_url.clone(), bearer: self.minter.bearer().unwrap() }
    }

    /// Returns a caller with the token of another user of the same organization.
    pub fn other_user(&self, name: &str, role: &str) -> Caller {
        let bearer = self.minter.bearer_for(&User::new(name, role)).unwrap();
        Caller { base_url: self.base_url.clone(), bearer }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Caller of the API with a bearer token.
pub struct Caller {
    pub base_url: String,
    pub bearer: Secret,
}

/// Response of the server. `body` is null if the response is not JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn etag(&self) -> String {
        self.header("etag").to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }
}

impl Caller {
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, &[], Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None).await
    }

    /// Sends a request and checks the response against the OpenAPI document.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let method_name = method.parse().unwrap();
        let mut request = client()
            .request(method_name, format!("{}{path}", self.base_url))
            .bearer_auth(self.bearer.expose());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = answer(request).await;
        crate::openapi::assert_documented(method, path, &answer);
        answer
    }
}

/// Sends a token request as a form and checks the response against the OpenAPI document.
pub async fn token(base_url: &str, form: &[(&str, &str)]) -> Answer {
    let answer = answer(client().post(format!("{base_url}/oauth/token")).form(form)).await;
    crate::openapi::assert_documented("POST", "/oauth/token", &answer);
    answer
}

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status, headers, body }
}

pub fn client() -> reqwest::Client {
    // A client is bound to the Tokio runtime that created it. Each test has its own runtime, so
    // tests cannot share a client.
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}
