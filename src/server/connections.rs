//! Connections of the embedded server, limited in number and time.
//!
//! Each connection uses a file descriptor, so the number of connections is kept below the limit of
//! the process. At the limit, a new connection replaces the connection that has been idle longest.
//! If no connection is idle, the new connection is closed. A request head must arrive within
//! [`HEAD_TIME`], which is also the idle timeout, and a body within [`BODY_TIME`].

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
    extract::{FromRequestParts, Request, State},
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

use super::{
    AppState,
    oauth::OAuthError,
    problem::{Problem, ProblemCode},
};

/// Timeout for a request head, and for an idle connection.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// Timeout for a request body.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Time allowed for open requests to finish on shutdown.
const STOP_TIME: Duration = Duration::from_millis(500);

/// Maximum size of a request head, in bytes. A larger head is rejected with status 431.
const HEAD_LIMIT: usize = 32 * 1024;

/// Maximum size of a request body of the credentials API, in bytes.
const API_BODY_LIMIT: usize = 1024 * 1024;

/// Maximum size of a request body of the authorization server and its pages, in bytes.
const OAUTH_BODY_LIMIT: usize = 64 * 1024;

/// Maximum number of connections, unless the limit of open files requires fewer.
const CONNECTION_LIMIT: usize = 256;

/// Number of file descriptors reserved for the database, the terminal and other files.
const OTHER_FILES: usize = 24;

/// IP address of the caller of a request, from the connection or reported by a trusted proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(IpAddr);

impl Peer {
    /// Returns the network whose callers share limits: the IPv4 address, or the /64 prefix of an
    /// IPv6 address, which is usually assigned to one subscriber.
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

/// Sort key for eviction: connections without an active request come before busy ones, and the
/// least recently used connection comes first within each group.
type Slot = (bool, u64);

/// Open connections. Dropping the sender of a connection closes the connection.
#[derive(Default)]
struct OpenConnections {
    line: Mutex<BTreeMap<Slot, oneshot::Sender<()>>>,
    clock: AtomicU64,
}

impl OpenConnections {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Slot, oneshot::Sender<()>>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    /// Adds a connection. At the limit, closes the connection that has been idle longest; returns
    /// `None` if all connections are busy.
    fn add(&self, end: oneshot::Sender<()>, limit: usize) -> Option<Slot> {
        let mut all = self.lock();
        while all.len() >= limit {
            let first = all.first_entry().filter(|first| !first.key().0)?;
            first.remove();
        }
        let place = (false, self.now());
        all.insert(place, end);
        Some(place)
    }

    /// Updates the position of a connection after a request starts or ends; returns its new key.
    fn moved(&self, from: Slot, busy: bool) -> Slot {
        let mut all = self.lock();
        let to = (busy, self.now());
        if let Some(end) = all.remove(&from) {
            all.insert(to, end);
        }
        to
    }

    fn remove(&self, at: Slot) {
        self.lock().remove(&at);
    }

    /// Closes the connection that has been idle longest, if one is idle.
    fn end_one(&self) {
        let mut all = self.lock();
        if let Some(first) = all.first_entry().filter(|first| !first.key().0) {
            first.remove();
        }
    }
}

/// Serves requests until `stop` resolves. Open requests then get [`STOP_TIME`] to finish. With
/// `forwarded`, the address of a caller is the last address in `X-Forwarded-For`, which a trusted
/// proxy sets. If the header is missing or invalid, the address of the connection is used.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    forwarded: bool,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let open = Arc::new(OpenConnections::default());
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
                // The process is probably out of file descriptors. Closes one idle connection and
                // pauses briefly.
                tracing::warn!(%error, "could not accept a connection");
                open.end_one();
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let (end, mut ended) = oneshot::channel();
        let Some(first) = open.add(end, limit) else { continue };

        let place = Arc::new(Mutex::new(first));
        let router = TowerToHyperService::new(router.clone());
        let service = {
            let (open, place) = (Arc::clone(&open), Arc::clone(&place));
            service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
                move_to(&open, &place, true);
                let peer = caller(request.headers(), forwarded).unwrap_or(address.ip());
                request.extensions_mut().insert(Peer(peer));
                let answer = router.call(request);
                let (open, place) = (Arc::clone(&open), Arc::clone(&place));
                async move {
                    let answer = answer.await;
                    move_to(&open, &place, false);
                    answer
                }
            })
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_LIMIT)
            .serve_connection(TokioIo::new(stream), service);
        let (open, mut stopped) = (Arc::clone(&open), stopped.clone());
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
            open.remove(*place.lock().unwrap_or_else(PoisonError::into_inner));
        });
    }
    drop(listener);
    drop(stopped);
    let _ = stopping.send(true);
    let _ = tokio::time::timeout(STOP_TIME, stopping.closed()).await;
    Ok(())
}

fn move_to(open: &OpenConnections, place: &Mutex<Slot>, busy: bool) {
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    *place = open.moved(*place, busy);
}

/// Returns the address of the caller that the proxy reports; `None` if `forwarded` is false, or if
/// the header is missing or invalid.
fn caller(headers: &header::HeaderMap, forwarded: bool) -> Option<IpAddr> {
    let mut lines = headers.get_all("x-forwarded-for").iter().filter(|_| forwarded);
    // The proxy adds the last entry. The caller can forge the earlier entries.
    lines.next_back()?.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

/// Receives the whole request body before the request is processed. Rejects a body that exceeds the
/// size limit or the time limit.
pub(super) async fn receive_body(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let oauth = request.uri().path().starts_with("/oauth/");
    let api = request.uri().path().starts_with("/v3/");
    let limit = if api { API_BODY_LIMIT } else { OAUTH_BODY_LIMIT };
    let (parts, body) = request.into_parts();
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let chunked = parts.headers.contains_key(header::TRANSFER_ENCODING);
    let received = async {
        if announced.is_some_and(|length| length > limit) {
            return Err(ProblemCode::TooLarge);
        }
        // Large bodies, and bodies of unknown length, require a permit, because together they could
        // exhaust the memory.
        let _place = match announced {
            Some(length) if length > OAUTH_BODY_LIMIT => state.large_bodies.acquire().await.ok(),
            None if api && chunked => state.large_bodies.acquire().await.ok(),
            _ => None,
        };
        // The timeout excludes the wait for a permit, which depends on other callers.
        let bytes = tokio::time::timeout(BODY_TIME, to_bytes(body, limit)).await;
        let bytes = bytes.map_err(|_| ProblemCode::RequestTimeout)?;
        bytes.map_err(|_| ProblemCode::TooLarge)
    };
    let code = match received.await {
        Ok(bytes) => return next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(code) => code,
    };
    let text = if code == ProblemCode::TooLarge {
        format!("The body exceeds {limit} bytes, or is incomplete")
    } else {
        format!("The body did not arrive within {} s", BODY_TIME.as_secs())
    };
    let mut response = if oauth {
        OAuthError::of_body(code.status(), text).into_response()
    } else {
        Problem::new(code, text).into_response()
    };
    // The remaining body is never read, so the connection cannot be reused.
    response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    response
}

/// Returns the maximum number of connections: [`CONNECTION_LIMIT`], or fewer if the limit of open
/// files requires it, but at least 8.
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

/// Returns true for an error of one connection, rather than of the listener.
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
    fn the_least_recently_used_connection_without_a_request_gives_way() {
        let open = OpenConnections::default();
        let mut ends = Vec::new();
        let mut places = Vec::new();
        for _ in 0..3 {
            let (end, ended) = oneshot::channel();
            places.push(open.add(end, 3).expect("room"));
            ends.push(ended);
        }
        let busy = open.moved(places[0], true);
        let (end, _second) = oneshot::channel();
        assert!(open.add(end, 3).is_some());
        let closed: Vec<_> = ends
            .iter_mut()
            .map(|ended| matches!(ended.try_recv(), Err(oneshot::error::TryRecvError::Closed)))
            .collect();
        assert_eq!(closed, [false, true, false]);
        open.moved(busy, false);
        let (end, _third) = oneshot::channel();
        assert!(open.add(end, 3).is_some());
        assert!(ends[2].try_recv().is_err() && ends[0].try_recv().is_err());
    }

    #[test]
    fn a_connection_is_refused_where_every_other_has_a_request() {
        let open = OpenConnections::default();
        let (end, mut ended) = oneshot::channel();
        let place = open.add(end, 1).expect("room");
        open.moved(place, true);
        let (end, _refused) = oneshot::channel();
        assert_eq!(open.add(end, 1), None);
        assert!(matches!(ended.try_recv(), Err(oneshot::error::TryRecvError::Empty)));
    }

    #[test]
    fn the_proxys_own_entry_names_the_caller() {
        let mut headers = header::HeaderMap::new();
        headers.append("x-forwarded-for", "192.0.2.66, 192.0.2.1".parse().expect("a value"));
        assert_eq!(caller(&headers, true), "192.0.2.1".parse().ok());
        assert_eq!(caller(&headers, false), None);
        assert_eq!(caller(&header::HeaderMap::new(), true), None);
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
