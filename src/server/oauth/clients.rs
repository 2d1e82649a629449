//! Clients of the authorization server: the stored clients, and the console.

use rusqlite::Connection;

use super::CONSOLE;
use crate::{
    domain::{Kind, urls},
    server::store::{StoreError, StoredBody, credentials},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Registered {
    pub id: String,
    pub name: String,
    what: RegisteredKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum RegisteredKind {
    /// Credenza console: a public native client with a redirect URI on any loopback port (RFC 8252
    /// section 7.3).
    Console,
    /// SPA client with its redirect URIs and CORS origins.
    Spa { callbacks: Vec<String>, origins: Vec<String> },
    /// M2M client, which users cannot sign in with.
    M2m,
}

/// Returns the client with this ID. `None` if the ID is unknown or belongs to a credential that is
/// not an OAuth client, such as an API access token.
pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<Registered>, StoreError> {
    if id == CONSOLE {
        let name = "Credenza console".to_owned();
        return Ok(Some(Registered { id: id.to_owned(), name, what: RegisteredKind::Console }));
    }
    let Some(stored) = credentials::get(connection, id)? else { return Ok(None) };
    let what = match stored.kind {
        Kind::Spa => spa(stored.body),
        Kind::M2m => RegisteredKind::M2m,
        Kind::Token | Kind::Other => return Ok(None),
    };
    Ok(Some(Registered { id: stored.id, name: stored.name, what }))
}

fn spa(body: StoredBody) -> RegisteredKind {
    let derived =
        body.login_url.as_deref().filter(|_| body.use_default_urls).and_then(urls::derive);
    match derived {
        Some(derived) => {
            RegisteredKind::Spa { callbacks: derived.callbacks, origins: derived.allowed_origins }
        }
        None => {
            let mut origins = body.allowed_origins;
            // As in Auth0 and CARTO, pages on the origin of a callback may call the token endpoint.
            origins.extend(body.callbacks.iter().filter_map(|url| urls::origin_of(url)));
            origins.extend(body.web_origins);
            RegisteredKind::Spa { callbacks: body.callbacks, origins }
        }
    }
}

impl Registered {
    /// True if users can sign in with the client.
    pub fn signs_in(&self) -> bool {
        self.what != RegisteredKind::M2m
    }

    /// True for the console, the only client that may use the device flow. A SPA client signs in
    /// through the browser that it runs in, and an M2M client has no users.
    pub fn is_console(&self) -> bool {
        self.what == RegisteredKind::Console
    }

    /// True if the client may use a redirect URI. The URI of a SPA client must match a registered
    /// URI exactly (RFC 9700 section 2.1). The console may use `/callback` on any port of a
    /// loopback IP address (RFC 8252 section 7.3).
    pub fn takes_redirect(&self, uri: &str) -> bool {
        match &self.what {
            RegisteredKind::Spa { callbacks, .. } => callbacks.iter().any(|known| known == uri),
            RegisteredKind::M2m => false,
            RegisteredKind::Console => {
                ["http://127.0.0.1:", "http://[::1]:"].into_iter().any(|start| {
                    let port =
                        uri.strip_prefix(start).and_then(|rest| rest.strip_suffix("/callback"));
                    port.is_some_and(|port| {
                        port.parse::<u16>()
                            .is_ok_and(|number| number > 0 && number.to_string() == port)
                    })
                })
            }
        }
    }

    /// True if pages on an origin may read responses from the token endpoint. Always false for the
    /// console and M2M clients.
    pub fn allows_origin(&self, origin: &str) -> bool {
        let RegisteredKind::Spa { origins, .. } = &self.what else { return false };
        origins.iter().any(|known| match known.split_once("://*.") {
            Some((scheme, domain)) => origin
                .strip_prefix(scheme)
                .and_then(|rest| rest.strip_prefix("://"))
                .and_then(|host| host.strip_suffix(domain))
                .is_some_and(|label| label.ends_with('.') && label.len() > 1),
            None => known == origin,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(what: RegisteredKind) -> Registered {
        Registered { id: "a".into(), name: "A".into(), what }
    }

    #[test]
    fn redirects_are_compared_exactly() {
        let body = StoredBody {
            callbacks: vec!["http://127.0.0.1:5173/cb".into()],
            allowed_origins: vec!["https://*.acme.dev".into()],
            ..StoredBody::default()
        };
        let spa = client(spa(body));
        assert!(spa.takes_redirect("http://127.0.0.1:5173/cb"));
        for other in
            ["http://127.0.0.1:5174/cb", "http://127.0.0.1:5173/cb/", "http://127.0.0.1:5173/cb?x"]
        {
            assert!(!spa.takes_redirect(other), "{other}");
        }
        assert!(spa.allows_origin("http://127.0.0.1:5173"));
        assert!(spa.allows_origin("https://a.acme.dev"));
        for other in ["https://acme.dev", "https://evil-acme.dev", "http://a.acme.dev", "null"] {
            assert!(!spa.allows_origin(other), "{other}");
        }
    }

    #[test]
    fn the_console_comes_back_to_any_port_of_this_machine_and_nowhere_else() {
        let console = client(RegisteredKind::Console);
        for good in ["http://127.0.0.1:1/callback", "http://[::1]:65535/callback"] {
            assert!(console.takes_redirect(good), "{good}");
        }
        for bad in [
            "http://localhost:1/callback",
            "https://127.0.0.1:1/callback",
            "http://127.0.0.1:1/callback?x=1",
            "http://127.0.0.1:1/other",
            "http://127.0.0.1.evil.example/callback",
            "http://evil@127.0.0.1:1/callback",
            "http://127.0.0.1:1@evil.example/callback",
            "http://127.0.0.1/callback",
            "http://127.0.0.1:/callback",
            "http://127.0.0.1:+1/callback",
            "http://127.0.0.1:01/callback",
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:65536/callback",
            "http://127.1:1/callback",
            "HTTP://127.0.0.1:1/callback",
            "http://127.0.0.1:1/./callback",
        ] {
            assert!(!console.takes_redirect(bad), "{bad}");
        }
    }
}
