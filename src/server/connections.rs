//! Connections of the embedded server: accepted, limited in number and time, ended in order.
//!
//! A connection that sends nothing costs a file descriptor, so there are never more than the process can
//! afford: at the limit, the connection that was idle the longest gives way to the new one. A head has to
//! arrive within [`HEAD_TIME`], which is also how long an idle connection stays open, and a body within
//! [`BODY_TIME`].

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request},
    http::{header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use hyper::{
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::oneshot};

use super::problem::{Code, Problem};

/// Time limit for the head of a request, and for an idle connection.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// Time limit for the body of a request.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Time that open requests get to finish when the server stops.
const STOP_TIME: Duration = Duration::from_millis(500);

/// Largest head of a request, in bytes. A larger one is answered with 431.
const HEAD_LIMIT: usize = 32 * 1024;

/// Largest body of a request to the credentials API, in bytes.
const API_BODY_LIMIT: usize = 1024 * 1024;

/// Largest body of a request to the authorization server and its pages, in bytes.
const OAUTH_BODY_LIMIT: usize = 64 * 1024;

/// Most connections at once, where the process may open enough files.
const CONNECTION_LIMIT: usize = 256;

/// Files that are kept for the database, the terminal and the like.
const OTHER_FILES: usize = 24;

/// Address of the peer that sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(IpAddr);

impl Peer {
    /// Network that shares limits: the address itself, and for IPv6 its /64, which one subscriber has whole.
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) => IpAddr::V4(address),
                None => {
                    let [a, b, c, d, ..] = address.segments();
                    IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
                }
            },
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let known = parts.extensions.get::<Self>().copied();
        Ok(known.unwrap_or(Self(IpAddr::V4(Ipv4Addr::LOCALHOST))))
    }
}

/// Open connections, by the last request of each.
#[derive(Default)]
struct Open(Mutex<BTreeMap<u64, oneshot::Sender<()>>>);

impl Open {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, oneshot::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a connection and ends the least recently used one where there are too many.
    fn add(&self, at: u64, end: oneshot::Sender<()>, limit: usize) {
        let mut all = self.lock();
        while all.len() >= limit {
            // Dropping the sender ends the connection.
            if all.pop_first().is_none() {
                break;
            }
        }
        all.insert(at, end);
    }

    /// Moves a connection to the end of the line.
    fn used(&self, before: u64, now: u64) {
        let mut all = self.lock();
        if let Some(end) = all.remove(&before) {
            all.insert(now, end);
        }
    }

    fn remove(&self, at: u64) {
        self.lock().remove(&at);
    }
}

/// Answers requests until `stop` resolves; open requests then get [`STOP_TIME`].
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let open = Arc::new(Open::default());
    let clock = Arc::new(AtomicU64::new(0));
    let limit = connection_limit();
    let (stopping, stopped) = tokio::sync::watch::channel(false);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, address) = match accepted {
            Ok(pair) => pair,
            Err(error) if is_about_one_connection(&error) => continue,
            Err(error) => {
                // Out of descriptors: the oldest connection gives way, and the listener gets a moment.
                tracing::warn!(%error, "a connection could not be accepted");
                open.lock().pop_first();
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let first = clock.fetch_add(1, Ordering::Relaxed);
        let (end, mut ended) = oneshot::channel();
        open.add(first, end, limit);

        let last = Arc::new(AtomicU64::new(first));
        let on_request = {
            let (open, clock, last) = (open.clone(), clock.clone(), last.clone());
            move |mut request: hyper::Request<hyper::body::Incoming>| {
                let now = clock.fetch_add(1, Ordering::Relaxed);
                open.used(last.swap(now, Ordering::Relaxed), now);
                request.extensions_mut().insert(Peer(address.ip()));
                request
            }
        };
        let router = TowerToHyperService::new(router.clone());
        let service = service_fn(move |request| router.call(on_request(request)));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_LIMIT)
            .serve_connection(TokioIo::new(stream), service);
        let (open, mut stopped) = (open.clone(), stopped.clone());
        tokio::spawn(async move {
            let mut connection = std::pin::pin!(connection);
            tokio::select! {
                _ = connection.as_mut() => {}
                _ = &mut ended => {}
                _ = stopped.changed() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
            open.remove(last.load(Ordering::Relaxed));
        });
    }
    drop(listener);
    drop(stopped);
    let _ = stopping.send(true);
    let _ = tokio::time::timeout(STOP_TIME, stopping.closed()).await;
    Ok(())
}

/// Receives the body of a request, within its limits of size and time, before anything else is done.
pub(super) async fn receive_body(request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/v3/");
    let limit = if api { API_BODY_LIMIT } else { OAUTH_BODY_LIMIT };
    let (parts, body) = request.into_parts();
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let received = if announced.is_some_and(|length| length > limit) {
        Err(Problem::new(Code::TooLarge, format!("The body is larger than {limit} bytes")))
    } else {
        match tokio::time::timeout(BODY_TIME, to_bytes(body, limit)).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_)) => Err(Problem::new(
                Code::TooLarge,
                format!("The body is larger than {limit} bytes, or incomplete"),
            )),
            Err(_) => Err(Problem::new(
                Code::RequestTimeout,
                format!("The body did not arrive within {} s", BODY_TIME.as_secs()),
            )),
        }
    };
    match received {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(problem) => {
            // The rest of the body is never read, so the connection cannot be used again.
            let mut response = problem.into_response();
            response
                .headers_mut()
                .insert(header::CONNECTION, header::HeaderValue::from_static("close"));
            response
        }
    }
}

/// Most connections at once: [`CONNECTION_LIMIT`], or as many as the limit of open files leaves.
fn connection_limit() -> usize {
    #[cfg(unix)]
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .and_then(|files| usize::try_from(files).ok())
        .unwrap_or(usize::MAX);
    #[cfg(not(unix))]
    let files = usize::MAX;
    files.saturating_sub(OTHER_FILES).clamp(8, CONNECTION_LIMIT)
}

/// True for an error of the connection that was accepted, not of the listener.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_connection_gives_way() {
        let open = Open::default();
        let mut ends: Vec<_> = (0..3)
            .map(|at| {
                let (end, ended) = oneshot::channel();
                open.add(at, end, 3);
                ended
            })
            .collect();
        open.used(0, 3);
        let (end, _ended) = oneshot::channel();
        open.add(4, end, 3);
        let closed: Vec<_> = ends
            .iter_mut()
            .map(|ended| matches!(ended.try_recv(), Err(oneshot::error::TryRecvError::Closed)))
            .collect();
        assert_eq!(closed, [false, true, false]);
    }

    #[test]
    fn addresses_of_one_subscriber_share_a_network() {
        let network = |text: &str| Peer(text.parse().expect("an address")).network();
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8:0:2::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
