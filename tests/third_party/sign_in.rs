//! Every sign-in flow, at node-oidc-provider and at the embedded server, with a real browser.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use credenza::{
    api::{Bearer as _, Trust},
    auth::{
        Session, SessionManager, session_manager,
        sign_in::{self, SignInStep},
    },
    domain::{Profile, Secret, profile::Method},
    vault::SessionStore,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::counterparts::{
    Browsing, MACHINE_SECRET, Started, browse, browser_app, credenza, oidc_provider,
};

static LATER: AtomicI64 = AtomicI64::new(0);

/// Returns the current time plus the seconds in `LATER`.
fn clock() -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(LATER.load(Ordering::SeqCst))
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

/// Server to sign in at, with the credentials of its user.
struct Server {
    started: Started,
    issuer: String,
    client_id: Option<&'static str>,
    user: &'static str,
    password: String,
    /// URL that accepts only a valid access token.
    checked_at: String,
}

fn servers() -> [Server; 2] {
    let (theirs, ours) = (oidc_provider(), credenza());
    let (issuer, base_url) = (theirs.text("issuer").to_owned(), ours.text("base_url").to_owned());
    [
        Server {
            checked_at: format!("{issuer}/me"),
            started: theirs,
            issuer,
            client_id: Some("console"),
            user: "ada",
            password: "any".to_owned(),
        },
        Server {
            checked_at: format!("{base_url}/v3/me"),
            password: ours.text("password").to_owned(),
            started: ours,
            issuer: base_url,
            client_id: None, // the server announces a client ID
            user: "ada@acme.dev",
        },
    ]
}

impl Server {
    fn profile(&self) -> Profile {
        Profile {
            name: "there".to_owned(),
            base_url: self.issuer.clone(),
            issuer: Some(self.issuer.clone()),
            client_id: self.client_id.map(str::to_owned),
            ..Profile::default()
        }
    }

    async fn way(&self) -> sign_in::SignInFlow {
        sign_in::SignInFlow::new(&self.profile(), &Trust::default(), clock).await.unwrap()
    }

    fn person(&self, url: &str) -> Browsing {
        browse(url, self.user, &self.password)
    }

    async fn accepts(&self, token: &Secret) -> bool {
        let request = client().get(&self.checked_at).bearer_auth(token.expose());
        request.send().await.unwrap().status() == 200
    }

    fn sessions(&self, directory: &Path) -> SessionManager {
        let desk = session_manager::SessionContext {
            profile: self.profile(),
            trust: Trust::default(),
            vault: Arc::new(SessionStore::in_memory()),
            state: directory.join("state"),
            home: directory.to_owned(),
            clock,
        };
        SessionManager::new(desk, |_, _| {})
    }

    /// Uses a session, renews it before it expires and after a refusal, and revokes it.
    async fn lives(&self, session: Session) {
        assert!(
            session.who.as_ref().is_some_and(|who| who.raw().starts_with("ada")),
            "{session:?}"
        );
        let directory = tempfile::tempdir().unwrap();
        let sessions = self.sessions(directory.path());
        sessions.keep(session).await;
        let first = sessions.current().await.unwrap();
        assert!(self.accepts(&first).await);
        LATER.store(3_590, Ordering::SeqCst);
        let second = sessions.current().await.unwrap();
        LATER.store(0, Ordering::SeqCst);
        assert_ne!(first.expose(), second.expose(), "renewed ahead of time");
        assert!(self.accepts(&second).await);
        let third = sessions.renew(&second).await.unwrap().expect("renewed after a refusal");
        assert!(self.accepts(&third).await);
        assert!(sessions.sign_out().await.wrong().is_none());
        assert!(!self.accepts(&third).await, "revoked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_browser_on_this_machine() {
    for server in servers() {
        let way = server.way().await;
        let browsing = Mutex::new(None);
        let open = |url: &str| {
            *browsing.lock().unwrap() = Some(server.person(url));
            true
        };
        let session = way.browser(open, |_| {}).await.unwrap();
        let (last, title) = browsing.lock().unwrap().take().unwrap().ended();
        assert!(last.starts_with("http://127.0.0.1:"), "{last}");
        assert_eq!(title, "Credenza", "the page that leads back to the terminal");
        assert_eq!(session.method, Method::Browser);
        server.lives(session).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_code_in_a_browser_elsewhere() {
    for server in servers() {
        let way = server.way().await;
        let browsing = Mutex::new(None);
        let tell = |step: SignInStep| {
            let SignInStep::Visit(visit) = step else { panic!("{step:?}") };
            let page = visit.complete.expect("a page with the code in it");
            *browsing.lock().unwrap() = Some(server.person(page.raw()));
        };
        let session = way.device(tell).await.unwrap();
        let (_, title) = browsing.lock().unwrap().take().unwrap().ended();
        assert!(title.to_lowercase().contains("success"), "{title}");
        server.lives(session).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_pasting_the_address_that_a_browser_ends_on() {
    for server in servers() {
        let way = server.way().await;
        let attempt = way.paste().unwrap();
        let (last, _) = server.person(&attempt.url).ended();
        let session = way.pasted(attempt, &Secret::new(last.clone())).await.unwrap();
        // The same URL for another attempt is rejected before a request is sent.
        let other = way.paste().unwrap();
        assert!(way.pasted(other, &Secret::new(last)).await.is_err());
        server.lives(session).await;
    }
}

#[tokio::test]
async fn as_a_machine_that_proves_itself_either_way() {
    let [theirs, ours] = servers();
    for client_id in ["machine-basic", "machine-post"] {
        let profile = Profile { client_id: Some(client_id.to_owned()), ..theirs.profile() };
        let way = sign_in::SignInFlow::new(&profile, &Trust::default(), clock).await.unwrap();
        let session = way.machine(Secret::new(MACHINE_SECRET.to_owned())).await.unwrap();
        assert!(session.is_renewable() && session.ends.is_some(), "{client_id}");
        let wrong = way.machine(Secret::new("wrong".to_owned())).await.unwrap_err();
        assert!(format!("{wrong:?}").contains("invalid_client"), "{client_id}: {wrong:?}");
    }
    let made = made(&ours, json!({ "app_type": "m2m", "name": "Robot" })).await;
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let profile = Profile {
        client_id: Some(text("client_id")),
        audience: Some("credenza-api".to_owned()),
        ..ours.profile()
    };
    let way = sign_in::SignInFlow::new(&profile, &Trust::default(), clock).await.unwrap();
    let session = way.machine(Secret::new(text("client_secret"))).await.unwrap();
    assert!(ours.accepts(&session.access).await);
}

async fn made(ours: &Server, body: Value) -> Value {
    let request = client()
        .post(format!("{}/v3/oauth-clients", ours.issuer))
        .bearer_auth(ours.started.text("token"))
        .header("content-type", "application/json")
        .body(body.to_string());
    serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
}

/// A SPA client of the embedded server lets users of a real browser app sign in: redirect, PKCE,
/// CORS, and an API call.
#[tokio::test]
async fn a_browser_app_with_a_client_made_here() {
    let [_, ours] = servers();
    let app = browser_app(&ours.issuer);
    let url = app.text("url");
    let body = json!({
        "app_type": "spa", "name": "Browser app", "use_default_urls": true, "initiate_login_uri": url,
    });
    let made = made(&ours, body).await;
    let first = format!("{url}?client={}", made["client_id"].as_str().unwrap());
    let (last, title) = ours.person(&first).ended();
    assert!(last.starts_with(url) && last.contains("code="), "{last}");
    assert_eq!(title, "Success: ada@acme.dev");
}
