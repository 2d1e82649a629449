//! Failures of a server. The console reports what failed, why, and what to do. Forms keep their
//! input, lists keep their rows, and a write that is not safe to repeat is sent only once.

use std::sync::Arc;

use credenza::{
    api::Scope,
    app::Timer,
    domain::{Kind, Secret},
};

use crate::common::{
    desk::{COLOR, Desk},
    faulty::{Fault, Faulty},
};

const ROWS: &str =
    r#"{"data":[{"id":"tok_1","name":"Store map","allowed_apis":["maps"]}],"page":{"total":1}}"#;

async fn desk(faulty: &Faulty) -> Desk {
    let bearer = Arc::new(Secret::new("canary-bearer".to_owned()));
    Desk::remote(&faulty.base_url, bearer, 120, 30, COLOR).await
}

#[tokio::test]
async fn every_failure_of_a_list_is_worded_and_loses_nothing() {
    let html = Fault::Answer(200, &[("content-type", "text/html")], "<html>Sign in</html>".into());
    let elsewhere =
        Fault::Answer(302, &[("location", "https://evil.example/steal")], String::new());
    let cases = [
        (
            Fault::json(401, r#"{"error":"Token expired","status":401}"#),
            "rejected the bearer token: Token expired",
            "CREDENZA_TOKEN",
        ),
        (
            Fault::json(403, r#"{"error":"Not here"}"#),
            "Permission denied: Not here",
            "Ask an administrator",
        ),
        (Fault::json(404, r#"{"error":"Gone"}"#), "Not found: Gone", "check the base URL"),
        (
            Fault::json(500, r#"{"error":"Oops","request_id":"req_7"}"#),
            "status 500: Oops (request req_7)",
            "report it with the request ID",
        ),
        (
            Fault::json(502, "<html>Bad gateway</html>"),
            "status 502: no reason given",
            "Try again in a moment",
        ),
        (
            Fault::Truncated(ROWS.into()),
            "closed before the response was complete",
            "Check the current state",
        ),
        (
            Fault::json(200, r#"{"data":[{"id":"tok"#),
            "it is truncated",
            "no proxy changes its responses",
        ),
        (
            Fault::json(200, r#"{"data":7}"#),
            "not have the expected members",
            "is that of a credentials API",
        ),
        (html, "The response is text/html instead of JSON", "may come from a web page"),
        (elsewhere, "redirects to https://evil.example/steal", "the profile's origin"),
        (Fault::Huge(200), "larger than 16 MiB", "is that of a credentials API"),
        (Fault::HangUp, "closed before the response was complete", "Check the current state"),
    ];
    for (fault, why, next) in cases {
        let faulty = Faulty::start();
        faulty.on("GET /v3/tokens", Fault::json(200, ROWS));
        let mut desk = desk(&faulty).await;
        desk.sees("> Store map");
        faulty.on("GET /v3/tokens", fault);
        desk.keys("ctrl-r").await;
        desk.sees("! Could not load the list").sees(why).sees(next);
        desk.sees("> Store map").sees("stale").sees_no("canary");
        desk.keys("y f").await;
        assert!(desk.copied().contains(why), "the failure can be copied: {}", desk.copied());
        desk.keys("esc").await.sees_no(why);
        faulty.on("GET /v3/tokens", Fault::json(200, ROWS));
        desk.keys("ctrl-r").await.sees_no("stale");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let base_url = format!("http://{nobody}");
    let bearer = Arc::new(Secret::new("canary-bearer".to_owned()));
    let mut desk = Desk::remote(&base_url, bearer, 120, 30, COLOR).await;
    desk.sees(&format!("Could not reach {base_url}")).sees("Check the address, the network");
    desk.sees("Could not load the list. Press ctrl-r to retry.");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_ten_seconds() {
    let faulty = Faulty::start();
    faulty.on("GET /v3/tokens", Fault::Silence);
    let mut desk = desk(&faulty).await;
    desk.sees("did not respond within 10 seconds").sees("Check the current state");
}

#[tokio::test]
async fn a_wait_that_the_server_asks_for_is_kept_and_then_tried_again() {
    let faulty = Faulty::start();
    let limited = Fault::Answer(429, &[("retry-after", "7")], r#"{"error":"Slow down"}"#.into());
    faulty.on("GET /v3/tokens", limited);
    let mut desk = desk(&faulty).await;
    desk.sees("retrying in 7 s");
    let asked = faulty.count("GET /v3/tokens?");
    faulty.on("GET /v3/tokens", Fault::json(200, ROWS));
    desk.later(7, Timer::Retry(Scope::Mine, Kind::Token))
        .await
        .sees("> Store map")
        .sees_no("retrying in");
    assert_eq!(faulty.count("GET /v3/tokens?"), asked + 1, "one retry, after the wait");
}

#[tokio::test]
async fn server_rejection_is_shown_at_its_field() {
    let faulty = Faulty::start();
    let refused = r#"{"error":"Some members are wrong","status":422,"code":"validation_failed",
                      "fields":{"initiate_login_uri":"is on the blocked list","logo_uri":"?"}}"#;
    faulty.on("POST /v3/oauth-clients", Fault::json(422, refused));
    let mut desk = desk(&faulty).await;
    desk.keys("a 2")
        .await
        .text("Shop")
        .await
        .keys("tab")
        .await
        .text("https://shop.acme.dev/")
        .await;
    desk.keys("tab ctrl-s")
        .await
        .sees("! is on the blocked list")
        .sees("Could not create the credential");
    desk.sees("https://shop.acme.dev/").sees("> Application login URL");
    desk.keys("esc").await.sees("SPA OAuth Clients › New").text("x").await.sees_no("blocked list");

    let taken =
        r#"{"error":"Taken","status":409,"code":"name_taken","fields":{"name":"is taken"}}"#;
    faulty.on("POST /v3/oauth-clients", Fault::json(409, taken));
    desk.keys("ctrl-s").await.sees("! is taken").sees("Conflict with an existing credential");
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_repeated_by_itself() {
    let lost = [
        Fault::HangUp,
        Fault::Truncated(
            r#"{"client_id":"abc","client_secret":"canary-secret","name":"Shop"}"#.into(),
        ),
        Fault::json(201, r#"{"client_id":"abc","client_secret":"canary-secret"#),
    ];
    for fault in lost {
        let faulty = Faulty::start();
        faulty.on("POST /v3/oauth-clients", fault);
        let mut desk = desk(&faulty).await;
        desk.keys("a 3").await.text("Shop").await;
        let page = r#"{"data":[{"client_id":"abc","name":"Shop","app_type":"non_interactive"}],"page":{"total":1}}"#;
        faulty.on("GET /v3/oauth-clients", Fault::json(200, page));
        desk.keys("ctrl-s")
            .await
            .sees("Could not confirm the creation: the response was lost")
            .sees_no("canary");
        assert_eq!(faulty.count("POST /v3/oauth-clients"), 1);
        desk.sees("A credential with this name is in the list now").sees("Shop");

        // Saving again sends the same idempotency key, so a server that supports it creates no
        // second client.
        desk.keys("ctrl-s").await;
        let seen = faulty.seen.lock().unwrap().clone();
        let keys: Vec<_> = seen
            .iter()
            .filter(|(line, _)| line.starts_with("POST"))
            .filter_map(|(_, head)| head.lines().find(|line| line.starts_with("idempotency-key")))
            .collect();
        assert_eq!(keys.len(), 2);
        assert_eq!(keys[0], keys[1]);
    }
}

#[tokio::test]
async fn an_edit_that_fails_keeps_the_form() {
    let faulty = Faulty::start();
    let client = r#"{"client_id":"abc","name":"Sync","app_type":"non_interactive"}"#;
    faulty.on("GET /v3/oauth-clients?", Fault::json(200, &format!("[{client}]")));
    faulty.on("GET /v3/oauth-clients/abc", Fault::Answer(200, &[("etag", "\"7\"")], client.into()));
    faulty.on("PATCH /v3/oauth-clients/abc", Fault::json(500, r#"{"error":"Disk full"}"#));
    let mut desk = desk(&faulty).await;
    desk.keys("3 e").await.text(" 2").await.keys("ctrl-s enter").await;
    // A write that fails inside the server may have been executed.
    desk.sees("Could not confirm the change").sees("status 500: Disk full").sees("Sync 2");
    let seen = faulty.seen.lock().unwrap().clone();
    let patch = seen.iter().find(|(line, _)| line.starts_with("PATCH")).unwrap();
    assert!(patch.1.contains("if-match: \"7\""), "{}", patch.1);
    faulty.on("PATCH /v3/oauth-clients/abc", Fault::json(403, r#"{"error":"Frozen"}"#));
    desk.keys("ctrl-s enter").await.sees("Permission denied: Frozen").sees("Sync 2");
}

#[tokio::test]
async fn what_is_gone_already_needs_no_deleting() {
    let faulty = Faulty::start();
    let client = r#"{"client_id":"abc","name":"Sync","app_type":"non_interactive"}"#;
    faulty.on("GET /v3/oauth-clients?", Fault::json(200, &format!("[{client}]")));
    faulty.on("GET /v3/oauth-clients/abc", Fault::json(200, client));
    faulty.on("DELETE /v3/oauth-clients/abc", Fault::json(404, "{}"));
    let mut desk = desk(&faulty).await;
    desk.keys("3 D").await.text("Sync").await.keys("enter").await.sees("Sync was already deleted");
}

#[tokio::test]
async fn the_bearer_goes_to_its_origin_alone() {
    let (faulty, other) = (Faulty::start(), Faulty::start());
    let location: &'static str =
        Box::leak(format!("{}/v3/tokens", other.base_url).into_boxed_str());
    let headers: &'static [(&str, &str)] = Box::leak(Box::new([("location", location)]));
    faulty.on("GET /v3/tokens", Fault::Answer(307, headers, String::new()));
    let mut desk = desk(&faulty).await;
    desk.sees("redirects to");
    assert_eq!(other.seen.lock().unwrap().len(), 0, "the redirect was not followed");
}

#[tokio::test]
async fn mismatched_issuer_gets_no_secret() {
    let faulty = Faulty::start();
    let capabilities = format!(
        r#"{{"issuer":"{0}","audience":"x","types":{{"m2m":{{"create":true}}}}}}"#,
        faulty.base_url
    );
    faulty.on("GET /v3/credentials/capabilities", Fault::json(200, &capabilities));
    let client = r#"{"client_id":"abc","name":"Sync","app_type":"m2m","client_secret":"canary"}"#;
    faulty.on("GET /v3/oauth-clients", Fault::json(200, &format!("[{client}]")));
    faulty.on("GET /v3/oauth-clients/abc", Fault::json(200, client));
    let metadata =
        r#"{"issuer":"https://other.example","token_endpoint":"https://other.example/token"}"#;
    faulty.on("GET /.well-known/openid-configuration", Fault::json(200, metadata));
    let mut desk = desk(&faulty).await;
    desk.keys("3 t").await.sees("Could not get an access token").sees("another issuer");
    assert_eq!(faulty.count("POST"), 0);

    let metadata = format!(r#"{{"issuer":"{0}","token_endpoint":"{0}/token"}}"#, faulty.base_url);
    faulty.on("GET /.well-known/openid-configuration", Fault::json(200, &metadata));
    let refused = r#"{"error":"invalid_client","error_description":"Unknown client"}"#;
    faulty.on("POST /token", Fault::json(401, refused));
    desk.keys("esc t")
        .await
        .sees("reported invalid_client: Unknown client")
        .sees("its secret was not rotated");
    desk.sees_no("canary");
}
