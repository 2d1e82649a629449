//! Loopback proxy that disturbs writes. In most cases the server executes the write, but the
//! client does not receive its result.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Disturbance of writes. Reads and token requests always pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Writes pass.
    None,
    /// The write is executed, and the connection closes before the response.
    AnswerLost,
    /// The write is executed, and half of the response arrives.
    AnswerCut,
    /// The write is executed, and the response arrives after this time.
    AnswerLate(Duration),
    /// The write is executed, and the response is 500.
    FailsAfterwards,
    /// The write is not executed, and the connection closes.
    RequestLost,
    /// The next write gets 429 and is not executed; later ones pass.
    LimitedOnce,
}

/// Running proxy at `base_url` in front of a server.
pub struct Proxy {
    pub base_url: String,
    trouble: Arc<Mutex<Trouble>>,
}

impl Proxy {
    pub fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let trouble = Arc::new(Mutex::new(Trouble::None));
        let (server, shared) =
            (server.trim_start_matches("http://").to_owned(), Arc::clone(&trouble));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (server, trouble) = (server.clone(), Arc::clone(&shared));
                std::thread::spawn(move || pass(stream, &server, &trouble));
            }
        });
        Self { base_url, trouble }
    }

    /// Sets the disturbance of the following writes.
    pub fn has(&self, trouble: Trouble) {
        *self.trouble.lock().unwrap() = trouble;
    }
}

/// Forwards the only request of a connection, and applies the disturbance if it is a write.
fn pass(client: TcpStream, server: &str, trouble: &Mutex<Trouble>) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut client = client;
    let trouble = if head.starts_with("GET ") || head.contains("/oauth/token") {
        Trouble::None
    } else {
        let mut trouble = trouble.lock().unwrap();
        let now = *trouble;
        if now == Trouble::LimitedOnce {
            *trouble = Trouble::None;
        }
        now
    };
    let close =
        "content-length: 2\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{}";
    match trouble {
        Trouble::RequestLost => return None,
        Trouble::LimitedOnce => {
            let head = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\n";
            return client.write_all(format!("{head}{close}").as_bytes()).ok();
        }
        _ => {}
    }
    let mut onward = TcpStream::connect(server).ok()?;
    onward.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).ok()?;
    onward.write_all(&body).ok()?;
    let mut answer = Vec::new();
    onward.read_to_end(&mut answer).ok()?;
    match trouble {
        Trouble::AnswerLost => None,
        Trouble::AnswerCut => client.write_all(&answer[..answer.len() / 2]).ok(),
        Trouble::AnswerLate(wait) => {
            std::thread::sleep(wait);
            client.write_all(&answer).ok()
        }
        Trouble::FailsAfterwards => {
            client.write_all(format!("HTTP/1.1 500 Oops\r\n{close}").as_bytes()).ok()
        }
        _ => client.write_all(&answer).ok(),
    }
}
