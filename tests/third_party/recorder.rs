//! Fake service that records the requests of a provider, for comparison with those of the vendor's
//! own program.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use serde_json::{Value as Json, json};

/// Fake tenant that records requests and returns a prepared response.
pub struct Recorder {
    pub url: String,
    seen: Arc<Mutex<Vec<Json>>>,
    answer: Arc<Mutex<Json>>,
    by_request: Arc<Mutex<HashMap<String, Json>>>,
    after_write: Arc<Mutex<Option<Json>>>,
}

impl Recorder {
    pub fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let recorder = Arc::new(Self {
            url,
            seen: Arc::default(),
            answer: Arc::default(),
            by_request: Arc::default(),
            after_write: Arc::default(),
        });
        let serving = Arc::clone(&recorder);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = Arc::clone(&serving);
                std::thread::spawn(move || while serve(&stream, &serving).is_some() {});
            }
        });
        recorder
    }

    pub fn answers(&self, answer: Json) {
        *self.answer.lock().unwrap() = answer;
    }

    /// Sets the response to one request, such as `GET /api/v1/apps/app`.
    pub fn answers_to(&self, request: &str, answer: Json) {
        self.by_request.lock().unwrap().insert(request.to_owned(), answer);
    }

    /// Sets the response to the next write, and to all requests after it.
    pub fn answers_after_write(&self, answer: Json) {
        *self.after_write.lock().unwrap() = Some(answer);
    }

    /// Returns the query of a request since the last [`Self::take`].
    pub fn query(&self, at: usize) -> Json {
        self.seen.lock().unwrap()[at]["query"].clone()
    }

    pub fn take(&self) -> Vec<Json> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

fn serve(mut stream: &TcpStream, recorder: &Recorder) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|count| *count > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let url = url::Url::parse("http://localhost").ok()?.join(target).ok()?;
    let query: serde_json::Map<String, Json> =
        url.query_pairs().map(|(name, value)| (name.into_owned(), json!(value))).collect();
    let body: Json = serde_json::from_slice(&body).unwrap_or(Json::Null);
    recorder
        .seen
        .lock()
        .unwrap()
        .push(json!({ "method": method, "path": url.path(), "query": query, "body": body }));
    if method != "GET"
        && let Some(after) = recorder.after_write.lock().unwrap().take()
    {
        recorder.answers(after);
    }
    let by_request = recorder.by_request.lock().unwrap();
    let answer = match by_request.get(&format!("{method} {}", url.path())) {
        Some(answer) => answer.to_string(),
        None => recorder.answer.lock().unwrap().to_string(),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        answer.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(answer.as_bytes()).ok()
}
