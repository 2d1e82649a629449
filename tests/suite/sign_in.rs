//! Sign-in methods, session renewal and sign-out, with the real console and the embedded server.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use credenza::{
    api::{Bearer as _, Trust},
    app::{Msg, Timer},
    auth::{Session, SessionManager, session_manager, sign_in},
    config::ConfigFile,
    domain::{
        Profile, Secret,
        profile::{Environment, Method},
    },
    server::{Config, seed::Seed, store::User},
    shell::effects::AppDirs,
    vault::{SessionStore, StoreChoice, StoreKind},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::common::{
    desk::{Desk, nowhere},
    person::Person,
    server::Served,
};

/// Starts a server with the current time, because sessions use the system clock.
pub fn served() -> Served {
    let config =
        Config { seed: Seed::Demo, device_interval: 0, clock: Timestamp::now, ..Config::default() };
    Served::start(&config)
}

pub fn profile(served: &Served) -> Profile {
    Profile { name: "acme".to_owned(), base_url: served.base_url.clone(), ..Profile::default() }
}

fn person(served: &Served) -> Person {
    Person::new("ada", served.minter.one_time_password().expose())
}

/// Presses `key`, which copies the URL that the user must open; returns that URL.
async fn address(desk: &mut Desk, key: &str) -> String {
    desk.copies(key).await
}

/// Starts a console on a profile without a session.
async fn signed_out(served: &Served) -> Desk {
    let mut desk = Desk::profile(&profile(served), nowhere(), 160, 40);
    desk.start().await;
    desk.sees("Sign in › acme").sees("Not signed in to acme");
    desk
}

#[tokio::test]
async fn over_ssh_a_code_is_typed_into_a_browser_elsewhere() {
    let served = served();
    let mut desk = signed_out(&served).await;
    desk.until("enter", "check that it shows this code").await;
    desk.sees("Waiting for your approval in the browser");
    let url = address(&mut desk, "c").await;
    for line in credenza::domain::qr::lines(&url).unwrap() {
        desk.sees(&line);
    }
    let page = person(&served).sign_in(&url, "approve").await;
    assert!(page.title().starts_with("Success"), "{}", page.text);
    desk.wait_for("Signed in as ada@acme.dev").await.wait_for("2 SPA OAuth Clients 12").await;
    // The user and the counts arrive in separate responses, in either order.
    desk.sees("for this run only").wait_for("acme (dev) · ada@acme.dev").await;

    desk.until("L o", "Signed out, session deleted").await.sees("Sign in › acme");
}

#[tokio::test]
async fn on_this_machine_the_browser_comes_back_by_itself() {
    let served = served();
    let mut desk = signed_out(&served).await;
    desk.keys("up").await.until("enter", "Waiting for the browser").await;
    let url = address(&mut desk, "c").await;
    let page = person(&served).sign_in(&url, "approve").await;
    assert!(page.text.contains("Return to the terminal"), "{}", page.text);
    desk.wait_for("2 SPA OAuth Clients 12").await.sees("ada@acme.dev");
}

#[tokio::test]
async fn without_a_way_back_the_address_is_pasted_and_never_shown() {
    let served = served();
    let mut desk = signed_out(&served).await;
    desk.keys("down").await.until("enter", "paste its address here").await;
    let url = address(&mut desk, "ctrl-y").await;
    let page = person(&served).sign_in(&url, "approve").await;
    let code = page.url.query_pairs().find(|(key, _)| key == "code").unwrap().1.into_owned();

    desk.paste("https://evil.example/callback?code=x").await;
    desk.until("enter", "does not start with http://127.0.0.1").await;
    desk.keys("esc").await.until("enter", "paste its address here").await;
    let url = address(&mut desk, "ctrl-y").await;
    let page = person(&served).sign_in(&url, "approve").await;
    desk.paste(page.url.as_str()).await.sees("characters, not shown").sees_no(&code);
    desk.until("enter", "2 SPA OAuth Clients 12").await.sees("ada@acme.dev");
}

#[tokio::test]
async fn refusing_in_the_browser_leads_back_to_the_ways() {
    let served = served();
    let mut desk = signed_out(&served).await;
    desk.until("enter", "check that it shows this code").await;
    let url = address(&mut desk, "c").await;
    person(&served).sign_in(&url, "deny").await;
    desk.wait_for("access_denied").await.sees("Sign-in failed");
    desk.keys("esc").await.sees("Browser on any device, with a code");
}

#[tokio::test]
async fn a_machine_signs_in_with_its_clients_secret() {
    let served = served();
    let ada = served.ada();
    let made = ada.post("/v3/oauth-clients", json!({ "app_type": "m2m", "name": "Robot" })).await;
    let secret = made.body["client_secret"].as_str().unwrap().to_owned();
    let robot = Profile {
        client_id: made.body["client_id"].as_str().map(str::to_owned),
        audience: Some("credenza-api".to_owned()),
        sign_in: Some(Method::Machine),
        ..profile(&served)
    };
    let mut desk = Desk::profile(&robot, nowhere(), 120, 30);
    desk.start().await;
    desk.keys("enter").await.sees("Client secret");
    desk.text("wrong").await.keys("enter").await.sees("5 characters, not shown").sees("! ");
    desk.paste(&secret).await.sees("64 characters, not shown").sees_no("! ");
    desk.sees_no(&secret).keys("enter").await.sees("2 SPA OAuth Clients 12");
    assert!(!format!("{:?}", desk.console.model).contains(&secret));
}

#[tokio::test]
async fn a_wrong_token_is_not_stored_and_stays_in_its_field() {
    let served = served();
    let mut desk = signed_out(&served).await;
    desk.keys("down down down enter").await.text("wrong-token").await.keys("enter").await;
    desk.sees("11 characters, not shown")
        .sees("! The server rejected the bearer token")
        .sees_no("stored in");
    let bearer = served.minter.bearer().unwrap();
    desk.paste(bearer.expose()).await.keys("enter").await.sees("2 SPA OAuth Clients 12");
}

#[tokio::test]
async fn a_session_that_ends_in_the_middle_of_a_form_loses_nothing() {
    let served = served();
    let bearer = served.minter.bearer().unwrap();
    let mut desk = signed_out(&served).await;
    desk.keys("down down down enter").await.paste(bearer.expose()).await.keys("enter").await;
    desk.sees("2 SPA OAuth Clients 12").keys("a 3").await.text("Night sync").await;
    revoke(&served, bearer.expose()).await;

    desk.keys("ctrl-s").await.sees("Sign in › acme").sees("Open screens keep their input");
    let again = served.minter.bearer().unwrap();
    desk.keys("down down down enter").await.paste(again.expose()).await.keys("enter").await;
    desk.sees("Night sync").sees("M2M OAuth Clients › New").keys("ctrl-s").await;
    desk.sees("Night sync created");
}

async fn revoke(served: &Served, token: &str) {
    let form = [("client_id", "credenza"), ("token", token)];
    let url = format!("{}/oauth/revoke", served.base_url);
    let request = crate::common::server::client().post(url).form(&form);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn rejected_token_renews_the_session_silently() {
    let served = served();
    let target = tempfile::tempdir().unwrap();
    let (sessions, _) = two_managers(&served, target.path()).await;
    let old = sessions.current().await.unwrap();
    revoke(&served, old.expose()).await;
    let new = sessions.renew(&old).await.unwrap().expect("renewed");
    assert_ne!(new.expose(), old.expose());
    assert_eq!(
        sessions.renew(&old).await.unwrap().expect("the renewed session again").expose(),
        new.expose()
    );
    assert_eq!(me(&served, &new).await, 200);
}

async fn me(served: &Served, token: &Secret) -> u16 {
    let url = format!("{}/v3/me", served.base_url);
    let request = crate::common::server::client().get(url).bearer_auth(token.expose());
    request.send().await.unwrap().status().as_u16()
}

/// Returns the session managers of two processes of the same user, after one sign-in.
async fn two_managers(
    served: &Served,
    directory: &std::path::Path,
) -> (SessionManager, SessionManager) {
    two_managers_at(served, directory, Timestamp::now).await
}

async fn two_managers_at(
    served: &Served,
    directory: &std::path::Path,
    clock: fn() -> Timestamp,
) -> (SessionManager, SessionManager) {
    let state = directory.join("state");
    let passphrase: credenza::vault::Passphrase =
        Arc::new(|_| Some(Secret::new("one passphrase".to_owned())));
    let vault = SessionStore::open(StoreChoice::File, &state, passphrase.clone()).await;
    let desk = session_manager::SessionContext {
        profile: profile(served),
        trust: Trust::default(),
        vault: Arc::new(vault),
        state: state.clone(),
        home: directory.to_owned(),
        clock,
    };
    let other = SessionStore::open(StoreChoice::File, &state, passphrase).await;
    let other = session_manager::SessionContext { vault: Arc::new(other), ..desk.clone() };
    let way = sign_in::SignInFlow::new(&desk.profile, &desk.trust, Timestamp::now).await.unwrap();
    let attempt = way.paste().unwrap();
    let page = person(served).sign_in(&attempt.url, "approve").await;
    let address = Secret::new(page.url.to_string());
    let session = way.pasted(attempt, &address).await.unwrap();
    let first = SessionManager::new(desk, |_, _| {});
    assert_eq!(first.keep(session).await.place, StoreKind::File);
    (first, SessionManager::new(other, |_, _| {}))
}

#[tokio::test]
async fn session_from_the_token_command_is_renewable_wherever_it_is_announced() {
    let (served, directory) = (served(), tempfile::tempdir().unwrap());
    let token = served.minter.bearer().unwrap().expose().to_owned();
    let profile = Profile { token_command: vec!["echo".into(), token], ..profile(&served) };
    let context = session_manager::SessionContext {
        profile,
        trust: Trust::default(),
        vault: Arc::new(SessionStore::in_memory()),
        state: directory.path().join("state"),
        home: directory.path().to_owned(),
        clock: Timestamp::now,
    };
    let announced = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&announced);
    let manager =
        SessionManager::new(context, move |info, _| seen.lock().unwrap().push(info.renewable));
    let first = manager.current().await.unwrap();
    manager.renew(&first).await.unwrap().expect("the command ran again");
    assert_eq!(*announced.lock().unwrap(), [true, true]);
    assert!(manager.about().await.unwrap().renewable);
}

#[tokio::test]
async fn two_processes_that_renew_at_once_do_not_lose_the_newer_token() {
    let served = served();
    let directory = tempfile::tempdir().unwrap();
    let (one, two) = two_managers(&served, directory.path()).await;
    let old = one.current().await.unwrap();
    assert_eq!(two.current().await.unwrap().expose(), old.expose());
    // A refresh token works once: if both managers had used it, the server would have revoked all
    // tokens of the sign-in.
    let (first, second) = tokio::join!(one.renew(&old), two.renew(&old));
    let (first, second) = (first.unwrap().unwrap(), second.unwrap().unwrap());
    assert_eq!(first.expose(), second.expose());
    let third = one.renew(&first).await.unwrap().expect("the newer refresh token was kept");
    assert_eq!(me(&served, &third).await, 200);

    assert!(one.sign_out().await.wrong().is_none());
    assert_eq!(me(&served, &third).await, 401, "revoked");
    assert!(two.renew(&first).await.unwrap().is_none(), "after sign-out, only a new sign-in works");
}

/// Another process signs in to a different API under the same profile name, after an edit of the
/// profile.
#[tokio::test]
async fn token_of_another_api_is_not_used_after_the_profile_was_edited() {
    let served = served();
    let directory = tempfile::tempdir().unwrap();
    let (one, two) = two_managers(&served, directory.path()).await;
    let old = one.current().await.unwrap();
    let elsewhere = "https://elsewhere.example".to_owned();
    let edited = Profile { base_url: elsewhere, ..profile(&served) };
    let token = Secret::new("token-of-elsewhere".to_owned());
    two.keep(Session::of_token(&edited, Method::Token, token, Timestamp::now())).await;
    assert!(one.renew(&old).await.unwrap().is_none(), "the first process is signed out");
}

/// Another process signs in as another user of the same API.
#[tokio::test]
async fn session_of_another_user_is_not_adopted_by_a_renewal() {
    let served = served();
    let directory = tempfile::tempdir().unwrap();
    let (one, two) = two_managers(&served, directory.path()).await;
    let old = one.current().await.unwrap();
    let token = served.minter.bearer_for(&User::new("grace", "admin")).unwrap();
    let grace = Session::of_token(&profile(&served), Method::Token, token, Timestamp::now());
    two.keep(grace).await;
    assert!(one.renew(&old).await.unwrap().is_none(), "the first process is signed out");
}

static LATER: AtomicI64 = AtomicI64::new(0);

fn shifted() -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(LATER.load(Ordering::SeqCst))
}

/// A suspended console continues with the session that another process renewed meanwhile.
#[tokio::test]
async fn suspended_process_continues_the_renewed_session() {
    let served = served();
    let directory = tempfile::tempdir().unwrap();
    let (one, two) = two_managers_at(&served, directory.path(), shifted).await;
    let old = two.current().await.unwrap();
    let newer = one.renew(&old).await.unwrap().unwrap();
    // The access token that the other process stored has expired, too. Only the refresh token that
    // it stored still works.
    LATER.store(2 * 3600, Ordering::SeqCst);
    let latest = two.current().await.unwrap();
    LATER.store(0, Ordering::SeqCst);
    assert!(latest.expose() != old.expose() && latest.expose() != newer.expose());
    assert_eq!(me(&served, &latest).await, 200, "the server did not revoke the sign-in for reuse");
}

/// A request that is abandoned during a renewal does not lose the renewed session.
#[tokio::test]
async fn giving_up_a_request_does_not_lose_the_session() {
    let served = served();
    let directory = tempfile::tempdir().unwrap();
    let (one, _) = two_managers(&served, directory.path()).await;
    let old = one.current().await.unwrap();
    for patience in [0, 1, 5, 20] {
        let limit = std::time::Duration::from_millis(patience);
        let _ = tokio::time::timeout(limit, one.renew(&old)).await;
    }
    let now = one.current().await.unwrap();
    let next = one.renew(&now).await.unwrap().expect("the session can still be renewed");
    assert_eq!(me(&served, &next).await, 200);
}

#[tokio::test]
async fn production_unlocks_by_name_and_relocks() {
    let served = served();
    let prod = Profile { environment: Environment::Prod, ..profile(&served) };
    let mut desk = Desk::profile(&prod, nowhere(), 120, 30);
    desk.start().await;
    let bearer = served.minter.bearer().unwrap();
    desk.keys("down down down enter").await.paste(bearer.expose()).await.keys("enter").await;
    desk.sees(" PROD  acme · read-only")
        .keys("a")
        .await
        .sees("Profile is read-only. Press W to unlock");
    desk.keys("2 D").await.sees("Profile is read-only. Press W");
    desk.keys("W")
        .await
        .text("acm")
        .await
        .keys("enter")
        .await
        .sees("is not the name of the profile");
    desk.text("e").await.keys("enter").await.sees("Writing is unlocked for 10 minutes");
    desk.sees("WRITING until").keys("a 3").await.text("Night sync").await;
    // Ten minutes pass while the form is open.
    desk.later(601, Timer::Relock).await.sees("Writing is locked again");
    desk.keys("ctrl-s").await.sees("Unlock writing › acme").text("acme").await.keys("enter").await;
    desk.sees("Night sync").keys("ctrl-s").await.sees("Night sync created");
    desk.keys("esc W").await.sees("Writing is locked");

    // A confirmation or an edit review that was opened while unlocked does not bypass the lock.
    desk.keys("W").await.text("acme").await.keys("enter D").await;
    desk.text("Night sync").await.keys("tab tab").await;
    desk.later(601, Timer::Relock).await.keys("enter").await.sees("Unlock writing › acme");
    desk.text("acme").await.keys("enter").await.sees("Delete M2M OAuth Client").keys("esc e").await;
    desk.text(" two").await.keys("ctrl-s").await.sees("Night sync two");
    desk.later(601, Timer::Relock).await.keys("enter").await.sees("Unlock writing › acme");
    desk.text("acme").await.keys("enter enter").await.sees("saved");
    let listed = served.ada().get("/v3/oauth-clients?search=Night").await;
    assert_eq!(listed.body["data"][0]["name"], "Night sync two");
}

#[tokio::test]
async fn session_file_asks_for_its_passphrase() {
    let (served, directory) = (served(), tempfile::tempdir().unwrap());
    let state = directory.path().join("state");
    let rest = || AppDirs { store: StoreChoice::File, state: state.clone(), ..nowhere() };
    let bearer = served.minter.bearer().unwrap();
    let mut desk = Desk::profile(&profile(&served), rest(), 120, 30);
    desk.start().await;
    desk.keys("down down down enter").await.paste(bearer.expose()).await;
    desk.until("enter", "New passphrase").await;
    desk.give("one passphrase").until("enter", "Repeat passphrase").await;
    desk.give("one passphrase").until("enter", "2 SPA OAuth Clients 12").await;
    desk.sees("The session is stored in a file encrypted with your passphrase");

    // In the next run, a wrong passphrase is reported, and the right one opens the file.
    let mut desk = Desk::profile(&profile(&served), rest(), 120, 30);
    desk.console.start().unwrap();
    desk.wait_for("Your sessions are stored in a file").await.give("wrong");
    desk.until("enter", "Wrong passphrase. Try again").await;
    desk.give("one passphrase").until("enter", "2 SPA OAuth Clients 12").await;
    assert!(!format!("{:?}", desk.console.model).contains("one passphrase"));
}

#[tokio::test]
async fn profile_is_added_opened_and_left_without_restart() {
    let (served, directory) = (served(), tempfile::tempdir().unwrap());
    let path = directory.path().join("config/config.toml");
    let rest = AppDirs { config: ConfigFile { path: path.clone() }, ..nowhere() };
    let here = Profile { name: "first".to_owned(), ..profile(&served) };
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    std::fs::write(&path, format!("# mine\n[profiles.first]\nbase_url = {:?}\n", here.base_url))
        .unwrap();
    let mut desk = Desk::profile(&here, rest, 120, 30);
    desk.start().await;
    desk.keys("esc P").await.sees("* first").sees("local");
    desk.keys("a").await.sees("Profiles › new").text("second").await.keys("tab down").await;
    desk.sees("gcp-us-east1.api.carto.com");
    desk.keys("ctrl-u").await.text(&served.base_url).await;
    desk.until("tab", "supports the credentials contract").await;
    desk.sees("the device flow is supported, so sign-in works over SSH").sees("credenza");
    desk.keys("tab ctrl-u").await.text("staging").await;
    desk.until("ctrl-s", "Sign in › second").await;
    desk.sees("second (staging)").sees("Not signed in to second");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# mine\n[profiles.first]"), "{text}");
    assert!(text.contains("[profiles.second]") && text.contains("env = \"staging\""), "{text}");

    desk.keys("P").await.sees("* second").keys("up").await;
    desk.until("enter", "Sign in › first").await.sees("first (dev)");
}

#[tokio::test]
async fn login_test_uses_the_clients_callback_and_changes_nothing() {
    let served = served();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ada = served.ada();
    let body = json!({
        "app_type": "spa", "name": "AA shop", "use_default_urls": false,
        "initiate_login_uri": "https://shop.acme.dev/",
        "callbacks": ["https://shop.acme.dev/cb", format!("http://127.0.0.1:{port}/cb")],
        "allowed_logout_urls": [], "web_origins": [], "allowed_origins": [],
    });
    let made = ada.post("/v3/oauth-clients", body).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    let path = format!("/v3/oauth-clients/{}", made.body["client_id"].as_str().unwrap());
    let before = ada.get(&path).await;
    let mut desk = Desk::at(&served, 160, 40).await;
    desk.keys("2").await.sees("> AA shop").until("t", "Waiting for the browser").await;
    desk.sees("AA shop › Login test").sees("This test does not change the client");
    let url = address(&mut desk, "c").await;
    person(&served).sign_in(&url, "approve").await;
    desk.wait_for("Expires").await.sees("ada@acme.dev").sees("client_id").sees("Login test");
    let after = ada.get(&path).await;
    assert_eq!(
        (before.etag(), &before.body["callbacks"]),
        (after.etag(), &after.body["callbacks"])
    );

    // A client without a loopback callback cannot be tested, and the console shows the reason.
    desk.keys("esc / ").await.text("Store locator").await.keys("enter t").await;
    desk.sees("No callback of this client").sees("never changes the client");
}

#[tokio::test]
async fn leaving_a_login_test_frees_its_port() {
    let served = served();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let body = json!({
        "app_type": "spa", "name": "AA shop", "use_default_urls": true,
        "initiate_login_uri": format!("http://127.0.0.1:{port}/in"),
    });
    served.ada().post("/v3/oauth-clients", body).await;
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("2").await.until("t", "Waiting for the browser").await.keys("esc").await;
    desk.until("t", "Waiting for the browser").await.keys("esc").await.sees("> AA shop");
    desk.send(Msg::Hide).await;
}
