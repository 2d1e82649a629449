//! Loopback listener for the browser's redirect (RFC 8252 section 7.3).
//!
//! The listener accepts one response, on one path, within three minutes. Other requests get an
//! error page and change nothing, so that no other page or program can end the sign-in.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use url::{Host, Url};

use super::code::Attempt;
use crate::{api::ApiError, domain::Secret};

/// Maximum time for the user to complete the sign-in in the browser.
pub const LIMIT: Duration = Duration::from_secs(180);

/// Maximum time for a connection to send its request.
const REQUEST_LIMIT: Duration = Duration::from_secs(5);

/// Maximum size of a request, in bytes.
const SIZE_LIMIT: usize = 16 * 1024;

/// Path of the redirect URI for a sign-in to Credenza.
const PATH: &str = "/callback";

/// Listener that waits for the browser's redirect.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    redirect_uri: String,
    path: String,
}

impl Listener {
    /// Listens on 127.0.0.1, or on `::1` if that fails. Chooses a free port if `port` is `None`.
    ///
    /// # Errors
    /// [`ApiError::Local`] if neither address can be bound, for example because the port is in use.
    pub async fn bind(port: Option<u16>) -> Result<Self, ApiError> {
        let wanted = port.unwrap_or(0);
        let socket = match TcpListener::bind(("127.0.0.1", wanted)).await {
            Ok(socket) => Ok(socket),
            Err(_) => TcpListener::bind(("::1", wanted)).await,
        };
        let (socket, address) = opened(socket, wanted)?;
        Ok(Self { socket, redirect_uri: format!("http://{address}{PATH}"), path: PATH.to_owned() })
    }

    /// Listens on the port of a redirect URI, which must be on this machine.
    ///
    /// # Errors
    /// [`ApiError::Local`] if the URI does not use http on this machine, or if the port cannot be
    /// bound, for example because it is in use.
    pub async fn at(redirect_uri: &str) -> Result<Self, ApiError> {
        let url = Url::parse(redirect_uri).ok().filter(|url| url.scheme() == "http");
        let place = url.as_ref().and_then(|url| Some((url.host()?, url.port_or_known_default()?)));
        let socket = match place {
            Some((Host::Ipv4(ip), port)) if ip.is_loopback() => TcpListener::bind((ip, port)).await,
            Some((Host::Ipv6(ip), port)) if ip.is_loopback() => TcpListener::bind((ip, port)).await,
            Some((Host::Domain("localhost"), port)) => TcpListener::bind(("127.0.0.1", port)).await,
            _ => {
                return Err(ApiError::Local {
                    why: "The redirect URI does not use http on this machine.".to_owned(),
                    next: "Use a redirect URI with http on 127.0.0.1.",
                });
            }
        };
        let port = place.map_or(0, |(_, port)| port);
        let (socket, _) = opened(socket, port)?;
        let path = url.map(|url| url.path().to_owned()).unwrap_or_default();
        Ok(Self { socket, redirect_uri: redirect_uri.to_owned(), path })
    }

    /// Returns the redirect URI, for the authorization request.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Waits for the redirect that belongs to `attempt`, and returns the query of the redirect.
    ///
    /// # Errors
    /// [`ApiError::TimedOut`] after three minutes.
    pub async fn wait(self, attempt: &Attempt) -> Result<Secret, ApiError> {
        // Browsers open connections that they may never use. Each connection is read in its own
        // task, so that an idle connection does not delay others.
        let (outbox, mut inbox) = mpsc::channel(16);
        let work = async {
            loop {
                tokio::select! {
                    accepted = self.socket.accept() => match accepted {
                        Ok((mut stream, _)) => {
                            let outbox = outbox.clone();
                            tokio::spawn(async move {
                                let read = timeout(REQUEST_LIMIT, read_target(&mut stream)).await;
                                let _ = outbox.send((stream, read.ok().flatten())).await;
                            });
                        }
                        // Possibly out of file descriptors; retry a moment later.
                        Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                    },
                    Some((mut stream, target)) = inbox.recv() => {
                        let target: Option<Secret> = target;
                        let (status, page) = match target {
                            Some(target) => match self.answer(attempt, target.expose()) {
                                Ok(query) => {
                                    respond(&mut stream, "200 OK", DONE).await;
                                    return query;
                                }
                                Err(refusal) => refusal,
                            },
                            None => ("400 Bad Request", NOT_OURS),
                        };
                        respond(&mut stream, status, page).await;
                    }
                }
            }
        };
        timeout(LIMIT, work).await.map_err(|_| ApiError::TimedOut { seconds: LIMIT.as_secs() })
    }

    fn answer(
        &self,
        attempt: &Attempt,
        target: &str,
    ) -> Result<Secret, (&'static str, &'static str)> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path != self.path {
            return Err(("404 Not Found", NOT_OURS));
        }
        if !attempt.is_answered_by(query) {
            return Err(("400 Bad Request", NOT_OURS));
        }
        Ok(Secret::new(query.to_owned()))
    }
}

fn opened(
    socket: std::io::Result<TcpListener>,
    port: u16,
) -> Result<(TcpListener, SocketAddr), ApiError> {
    let opened = socket.and_then(|socket| socket.local_addr().map(|address| (socket, address)));
    opened.map_err(|error| ApiError::Local {
        why: format!("Could not listen on port {port} for the browser's redirect: {error}."),
        next: "Check which program uses the port, then try again.",
    })
}

/// Reads a request and returns the target of a GET. Returns `None` for another method, for an
/// invalid or incomplete request, or for a request larger than [`SIZE_LIMIT`].
async fn read_target(stream: &mut TcpStream) -> Option<Secret> {
    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(2048));
    loop {
        let mut chunk = zeroize::Zeroizing::new([0_u8; 2048]);
        let count = stream.read(&mut chunk[..]).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        if bytes.len() > SIZE_LIMIT {
            return None;
        }
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&bytes) {
            Ok(httparse::Status::Complete(_)) => {
                let target = request.path.filter(|_| request.method == Some("GET"))?;
                return Some(Secret::new(target.to_owned()));
            }
            Ok(httparse::Status::Partial) => {}
            Err(_) => return None,
        }
    }
}

async fn respond(stream: &mut TcpStream, status: &str, page: &str) {
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Security-Policy: default-src 'none'\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

const DONE: &str = "<!doctype html><html lang=\"en\"><title>Credenza</title>\
    <h1>Return to the terminal</h1><p>The sign-in continues there. You can close this page.</p></html>";

const NOT_OURS: &str = "<!doctype html><html lang=\"en\"><title>Credenza</title>\
    <h1>Unknown sign-in</h1><p>No sign-in is waiting for this address. Nothing was changed.</p></html>";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{code::GrantRequest, discovery::Metadata};

    async fn send(uri: &str, request: &[u8]) -> String {
        let url = Url::parse(uri).expect("a URL");
        let place = (url.host_str().expect("a host"), url.port().expect("a port"));
        let mut stream = TcpStream::connect(place).await.expect("connected");
        stream.write_all(request).await.expect("sent");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn one_answer_is_taken_and_every_other_request_changes_nothing() {
        let listener = Listener::bind(None).await.expect("a port");
        let uri = listener.redirect_uri().to_owned();
        let metadata = Metadata {
            authorization_endpoint: Some("https://auth.example.com/a".into()),
            ..Metadata::default()
        };
        let attempt = Attempt::new(&metadata, "app", &uri, GrantRequest::default()).expect("begun");
        let state = Url::parse(&attempt.url).expect("a URL");
        let state =
            state.query_pairs().find(|(key, _)| key == "state").expect("a state").1.into_owned();
        let waiting = tokio::spawn(async move {
            let query = listener.wait(&attempt).await.expect("an answer");
            query.expose().to_owned()
        });
        // Browsers open idle connections, which must not delay others.
        let place = &uri["http://".len()..uri.len() - PATH.len()];
        let _silent = TcpStream::connect(place).await.expect("connected");
        let huge = [b"GET /callback?x=", vec![b'a'; SIZE_LIMIT + 4096].as_slice()].concat();
        for (request, status) in [
            (b"GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), "404"),
            (b"GET /callback?code=c&state=wrong HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), "400"),
            (format!("POST /callback?state={state} HTTP/1.1\r\n\r\n").into_bytes(), "400"),
            (b"\x16\x03\x01 not http\r\n\r\n".to_vec(), "400"),
            (huge, ""),
        ] {
            let answer = send(&uri, &request).await;
            assert!(answer.contains(status), "{status}: {answer}");
            assert!(!answer.contains("200 OK"), "{answer}");
        }
        let good = format!("GET /callback?code=c0de&state={state} HTTP/1.1\r\nHost: x\r\n\r\n");
        let answer = send(&uri, good.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(!answer.contains("c0de") && answer.contains("Referrer-Policy: no-referrer"));
        assert_eq!(waiting.await.expect("ended"), format!("code=c0de&state={state}"));
        assert!(TcpStream::connect(&uri["http://".len()..uri.len() - PATH.len()]).await.is_err());
    }

    #[tokio::test]
    async fn only_this_machine_can_be_listened_on() {
        for uri in ["https://127.0.0.1:9/cb", "http://192.0.2.1:9/cb", "http://example.com/cb", "x"]
        {
            assert!(Listener::at(uri).await.is_err(), "{uri}");
        }
    }
}
