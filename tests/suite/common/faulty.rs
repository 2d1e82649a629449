//! Server with programmable faults, which returns a prepared response or fails in a prepared way.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// Reaction of the server to a request.
#[derive(Clone)]
pub enum Fault {
    /// Returns a status, headers and a body.
    Answer(u16, &'static [(&'static str, &'static str)], String),
    /// Announces the length of the body, sends half of it and closes the connection.
    Truncated(String),
    /// Returns each JSON body in turn, then repeats the last one.
    InTurn(Vec<String>),
    /// Sends this many MiB of a JSON string, and closes the connection before the end of the
    /// string.
    Huge(usize),
    /// Reads the request and closes the connection.
    HangUp,
    /// Reads the request and never responds.
    Silence,
}

impl Fault {
    pub fn json(status: u16, body: &str) -> Self {
        Self::Answer(status, &[], body.to_owned())
    }
}

/// Received requests: the request line, and the whole request with headers and body.
pub type Seen = Arc<Mutex<Vec<(String, String)>>>;

/// Server with programmable faults. A request without a fault receives an empty list page.
pub struct Faulty {
    pub base_url: String,
    pub seen: Seen,
    faults: Arc<Mutex<HashMap<String, Fault>>>,
    later: Later,
}

/// Faults that a request activates: prefix of that request, prefix of the affected requests, and
/// their fault.
type Later = Arc<Mutex<Vec<(String, String, Fault)>>>;

impl Faulty {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Seen::default();
        let faults: Arc<Mutex<HashMap<String, Fault>>> = Arc::default();
        let later = Later::default();
        let (theirs, log, then) = (Arc::clone(&faults), Arc::clone(&seen), Arc::clone(&later));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (faults, log) = (Arc::clone(&theirs), Arc::clone(&log));
                let then = Arc::clone(&then);
                std::thread::spawn(move || serve(stream, &faults, &then, &log));
            }
        });
        let faulty = Self { base_url, seen, faults, later };
        faulty.on("GET /v3/me", Fault::json(200, r#"{"user_id":"u","email":"ada@acme.dev"}"#));
        faulty.on("GET /v3/credentials/capabilities", Fault::json(404, "{}"));
        faulty
    }

    /// Sets the fault of requests that begin with `request`, once a request that begins with
    /// `first` has arrived.
    pub fn after(&self, first: &str, request: &str, fault: Fault) {
        let mut faults = self.later.lock().unwrap();
        faults.push((first.to_owned(), request.to_owned(), fault));
    }

    /// Sets the reaction to requests that begin with `request`, such as `GET /v3/tokens`. The
    /// longest matching prefix applies.
    pub fn on(&self, request: &str, fault: Fault) {
        self.faults.lock().unwrap().insert(request.to_owned(), fault);
    }

    /// Returns the JSON bodies of the requests that begin with `request`.
    pub fn bodies(&self, request: &str) -> Vec<serde_json::Value> {
        let seen = self.seen.lock().unwrap();
        let asked = seen.iter().filter(|(line, _)| line.starts_with(request));
        asked
            .filter_map(|(_, whole)| serde_json::from_str(whole.split_once("\r\n\r\n")?.1).ok())
            .collect()
    }

    pub fn count(&self, request: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|(line, _)| line.starts_with(request)).count()
    }
}

fn serve(stream: TcpStream, faults: &Mutex<HashMap<String, Fault>>, later: &Later, log: &Seen) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut out = stream;
    loop {
        let mut head = String::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let request = head.lines().next().unwrap_or_default().to_owned();
        head.push_str("\r\n");
        head.push_str(&String::from_utf8_lossy(&body));
        log.lock().unwrap().push((request.clone(), head));
        let fault = {
            let mut faults = faults.lock().unwrap();
            let known = faults.iter_mut().filter(|(key, _)| request.starts_with(key.as_str()));
            known.max_by_key(|(key, _)| key.len()).map(|(_, fault)| match fault {
                Fault::InTurn(bodies) if bodies.len() > 1 => Fault::json(200, &bodies.remove(0)),
                Fault::InTurn(bodies) => Fault::json(200, &bodies[0]),
                other => other.clone(),
            })
        };
        for (first, about, fault) in &*later.lock().unwrap() {
            if request.starts_with(first.as_str()) {
                faults.lock().unwrap().insert(about.clone(), fault.clone());
            }
        }
        let empty = r#"{"data":[],"page":{"current":1,"size":500,"total":0}}"#;
        let fault = fault.unwrap_or_else(|| Fault::json(200, empty));
        match fault {
            Fault::Answer(status, headers, body) => {
                let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                if !headers.iter().any(|(name, _)| *name == "content-type") {
                    text.push_str("content-type: application/json\r\n");
                }
                for (name, value) in headers {
                    let _ = write!(text, "{name}: {value}\r\n");
                }
                if out.write_all(format!("{text}\r\n{body}").as_bytes()).is_err() {
                    return;
                }
            }
            Fault::Truncated(body) => {
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let _ = out.write_all(head.as_bytes());
                let _ = out.write_all(&body.as_bytes()[..body.len() / 2]);
                return;
            }
            Fault::Huge(mebibytes) => {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n\"";
                let _ = out.write_all(head.as_bytes());
                let chunk = vec![b'x'; 1 << 20];
                for _ in 0..mebibytes {
                    if out.write_all(&chunk).is_err() {
                        return;
                    }
                }
                return;
            }
            Fault::InTurn(_) => unreachable!("replaced with one of its bodies above"),
            Fault::HangUp => return,
            Fault::Silence => {
                // Keeps the connection open until the client closes it.
                let mut rest = Vec::new();
                let _ = reader.read_to_end(&mut rest);
                return;
            }
        }
    }
}
