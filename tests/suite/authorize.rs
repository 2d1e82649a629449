//! Sign-ins at the embedded authorization server: browser and device flows, and protection against
//! stolen codes and tokens, forged forms and password guessing.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use credenza::{
    domain::Secret,
    server::{Config, seed::Seed},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::common::{
    person::{Person, token},
    server::{Served, client, config},
};

const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-one-0123456789";
const BACK: &str = "http://127.0.0.1:9/callback";

fn served() -> Served {
    let served = Served::start(&Config { seed: Seed::Demo, device_interval: 5, ..config() });
    served.minter.set_password(&Secret::new("correct horse".to_owned())).unwrap();
    served
}

fn ada() -> Person {
    Person::new("ada@acme.dev", "correct horse")
}

fn authorize(served: &Served, change: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", "credenza"),
        ("redirect_uri", BACK),
        ("state", "xyz"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("scope", "openid email offline_access read:credentials"),
        ("nonce", "n-1"),
    ];
    for (key, value) in change {
        pairs.retain(|(known, _)| known != key);
        if !value.is_empty() {
            pairs.push((key, value));
        }
    }
    let mut url = reqwest::Url::parse(&format!("{}/oauth/authorize", served.base_url)).unwrap();
    url.query_pairs_mut().extend_pairs(pairs);
    url.to_string()
}

fn answer(page: &crate::common::person::Page, key: &str) -> Option<String> {
    page.url.query_pairs().find(|(known, _)| known == key).map(|(_, value)| value.into_owned())
}

async fn redeem(served: &Served, code: &str, verifier: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "credenza"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", verifier),
    ];
    token(&served.base_url, &form).await
}

async fn refresh(served: &Served, refresh_token: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "credenza"),
        ("refresh_token", refresh_token),
    ];
    token(&served.base_url, &form).await
}

async fn me(served: &Served, body: &Value) -> u16 {
    let bearer = body["access_token"].as_str().unwrap();
    let url = format!("{}/v3/me", served.base_url);
    client().get(url).bearer_auth(bearer).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_person_signs_in_and_gets_what_was_agreed_to() {
    let served = served();
    let page = ada().sign_in(&authorize(&served, &[]), "approve").await;
    assert_eq!(answer(&page, "state").as_deref(), Some("xyz"));
    assert_eq!(answer(&page, "iss").as_deref(), Some(served.base_url.as_str()));
    let (status, body) = redeem(&served, &answer(&page, "code").unwrap(), VERIFIER).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["scope"], "openid email offline_access read:credentials");
    assert_eq!(me(&served, &body).await, 200);
    let id = body["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    let id: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(id).unwrap()).unwrap();
    assert_eq!(
        (&id["aud"], &id["nonce"], &id["email"]),
        (&json!("credenza"), &json!("n-1"), &json!("ada@acme.dev"))
    );
    // The access token has only the requested scopes, which do not permit a create.
    let form = json!({ "app_type": "m2m", "name": "X" });
    let made = client()
        .post(format!("{}/v3/oauth-clients", served.base_url))
        .bearer_auth(body["access_token"].as_str().unwrap())
        .header("content-type", "application/json")
        .body(form.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 403);
    // The API rejects an ID token.
    let identity = json!({ "access_token": body["id_token"] });
    assert_eq!(me(&served, &identity).await, 401);
}

#[tokio::test]
async fn reused_code_revokes_its_tokens() {
    let served = served();
    let mut ada = ada();
    let page = ada.sign_in(&authorize(&served, &[]), "approve").await;
    let code = answer(&page, "code").unwrap();
    let (_, tokens) = redeem(&served, &code, VERIFIER).await;
    assert_eq!(me(&served, &tokens).await, 200);
    let (status, body) = redeem(&served, &code, VERIFIER).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    assert_eq!(me(&served, &tokens).await, 401, "the reuse revokes all tokens of the sign-in");
    assert_eq!(refresh(&served, tokens["refresh_token"].as_str().unwrap()).await.0, 400);

    let page = ada.sign_in(&authorize(&served, &[]), "approve").await;
    let code = answer(&page, "code").unwrap();
    assert_eq!(redeem(&served, &code, "another-verifier-another-verifier-another-1").await.0, 400);
    assert_eq!(
        redeem(&served, &code, VERIFIER).await.0,
        400,
        "a failed attempt invalidates the code"
    );
}

#[tokio::test]
async fn a_refresh_token_works_once_and_its_reuse_ends_the_sign_in() {
    let served = served();
    let page = ada().sign_in(&authorize(&served, &[]), "approve").await;
    let (_, first) = redeem(&served, &answer(&page, "code").unwrap(), VERIFIER).await;
    let (status, second) = refresh(&served, first["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, 200, "{second}");
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(me(&served, &second).await, 200);
    let more = [
        ("grant_type", "refresh_token"),
        ("client_id", "credenza"),
        ("refresh_token", second["refresh_token"].as_str().unwrap()),
        ("scope", "write:credentials"),
    ];
    assert_eq!(token(&served.base_url, &more).await.1["error"], "invalid_scope");
    // A rejected request does not consume the refresh token.
    let (status, third) = refresh(&served, second["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, 200, "{third}");
    assert_eq!(refresh(&served, first["refresh_token"].as_str().unwrap()).await.0, 400);
    assert_eq!(me(&served, &second).await, 401, "the reuse revokes the whole family");
}

#[tokio::test]
async fn unregistered_redirect_uri_is_never_followed() {
    let served = served();
    for change in [
        [("redirect_uri", "https://evil.example/callback")],
        [("redirect_uri", "http://127.0.0.1:9/callback?x=1")],
        [("redirect_uri", "")],
        [("client_id", "nobody")],
        [("client_id", "")],
    ] {
        let page = ada().open(&authorize(&served, &change)).await;
        assert_eq!(page.status, 400, "{change:?}");
        assert!(page.url.as_str().starts_with(&served.base_url), "{change:?}: {}", page.url);
        assert!(page.text.contains("Sign-in failed"), "{}", page.text);
    }
    // Errors of a request with a valid client and redirect URI are sent to the redirect URI.
    for (change, error) in [
        ([("code_challenge", "")], "invalid_request"),
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("response_type", "token")], "unsupported_response_type"),
        ([("scope", "launch:missiles")], "invalid_scope"),
        ([("audience", "other")], "invalid_target"),
        ([("prompt", "none")], "consent_required"),
    ] {
        let page = ada().open(&authorize(&served, &change)).await;
        assert_eq!(answer(&page, "error").as_deref(), Some(error), "{change:?}");
        assert_eq!(answer(&page, "state").as_deref(), Some("xyz"));
    }
    let page = ada().sign_in(&authorize(&served, &[]), "deny").await;
    assert_eq!(answer(&page, "error").as_deref(), Some("access_denied"));
    assert_eq!(answer(&page, "code"), None);
}

#[tokio::test]
async fn a_form_of_another_site_or_another_browser_does_nothing() {
    let served = served();
    let mut ada = ada();
    let login = ada.open(&authorize(&served, &[])).await;
    let fields = [("username", "ada"), ("password", "correct horse")];
    let consent = ada.send(&login, "login", &fields).await;
    assert!(consent.text.contains("Credenza console"), "{}", consent.text);

    let mut thief = Person::new("x", "x");
    let page = thief.send(&consent, "consent", &[("decision", "approve")]).await;
    assert_eq!(page.status, 400, "another browser");
    let forged = [("request", consent.hidden("request")), ("csrf", "guess".to_owned())];
    let page = ada.open(&format!("{}/oauth/login?request=guess", served.base_url)).await;
    assert_eq!(page.status, 400);
    let url = format!("{}/oauth/consent", served.base_url);
    let plain = client().post(url).form(&forged).send().await.unwrap();
    assert_eq!(plain.status().as_u16(), 422, "a form without a decision is rejected");

    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(consent.headers[name], value);
    }
    let policy = consent.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(policy.contains("form-action 'self' http://127.0.0.1:9"), "{policy}");
    let approved = ada.send(&consent, "consent", &[("decision", "approve")]).await;
    assert!(answer(&approved, "code").is_some(), "the first browser can still approve");
    assert!(!consent.text.contains("<script"));
}

#[tokio::test]
async fn user_name_is_matched_in_any_case() {
    let user = Some("Ada@Acme.dev".to_owned());
    let served = Served::start(&Config { user, ..config() });
    served.minter.set_password(&Secret::new("correct horse".to_owned())).unwrap();
    for name in ["ada@acme.dev", "ADA"] {
        let mut person = ada();
        let login = person.open(&authorize(&served, &[])).await;
        let fields = [("username", name), ("password", "correct horse")];
        assert_eq!(person.send(&login, "login", &fields).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn wrong_passwords_are_throttled_and_reveal_no_user() {
    let served = served();
    let mut person = ada();
    let login = person.open(&authorize(&served, &[])).await;
    let mut seen = Vec::new();
    for name in ["ada", "nobody"] {
        let fields = [("username", name), ("password", "wrong")];
        let page = person.send(&login, "login", &fields).await;
        assert_eq!(page.status, 401);
        seen.push(page.text.replace(name, "").contains("Wrong user or password."));
    }
    assert_eq!(seen, [true, true]);
    let fields = [("username", "ada"), ("password", "wrong")];
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(person.send(&login, "login", &fields).await.status);
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    let right = [("username", "ada"), ("password", "correct horse")];
    let page = person.send(&login, "login", &right).await;
    assert_eq!(page.status, 429, "the right password is throttled, too");
    assert!(page.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn device_flow_errors_follow_the_rfc() {
    let served = served();
    let begin = || async {
        let form = [("client_id", "credenza"), ("scope", "openid offline_access")];
        let url = format!("{}/oauth/device/code", served.base_url);
        let answer = client().post(url).form(&form).send().await.unwrap();
        serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap()
    };
    let poll = |code: String| {
        let base_url = served.base_url.clone();
        async move {
            let form = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                ("client_id", "credenza"),
                ("device_code", code.as_str()),
            ];
            token(&base_url, &form).await
        }
    };
    let begun = begin().await;
    let code = begun["device_code"].as_str().unwrap().to_owned();
    assert_eq!(poll(code.clone()).await.1["error"], "authorization_pending");
    assert_eq!(poll(code.clone()).await.1["error"], "slow_down");
    let page = ada().open(&format!("{}/device?user_code=BBBB-BBBB", served.base_url)).await;
    assert!(page.text.contains("Unknown code"), "{}", page.text);
    let url = begun["verification_uri_complete"].as_str().unwrap();
    let page = ada().sign_in(url, "approve").await;
    assert!(page.title().starts_with("Success"));
    let (status, tokens) = poll(code.clone()).await;
    assert_eq!(status, 200, "{tokens}");
    assert!(tokens["refresh_token"].is_string() && tokens["id_token"].is_string());
    assert_eq!(poll(code).await.1["error"], "invalid_grant", "tokens are issued only once");

    let begun = begin().await;
    ada().sign_in(begun["verification_uri_complete"].as_str().unwrap(), "deny").await;
    let code = begun["device_code"].as_str().unwrap().to_owned();
    assert_eq!(poll(code).await.1["error"], "access_denied");
}

#[tokio::test]
async fn a_spa_client_made_here_works_in_a_browser_app() {
    let served = served();
    let body = json!({
        "app_type": "spa", "name": "<b>Shop</b>\u{202e}", "use_default_urls": true,
        "initiate_login_uri": "http://127.0.0.1:9/app",
    });
    let made = served.ada().post("/v3/oauth-clients", body).await;
    assert_eq!(made.status, 422, "the name is rejected: {:?}", made.body);
    let body = json!({
        "app_type": "spa", "name": "Shop & \"Co\"", "use_default_urls": true,
        "initiate_login_uri": "http://127.0.0.1:9/app",
    });
    let made = served.ada().post("/v3/oauth-clients", body).await;
    let id = made.body["client_id"].as_str().unwrap().to_owned();
    let change = [("client_id", id.as_str()), ("redirect_uri", "http://127.0.0.1:9/app")];
    let mut ada = ada();
    let login = ada.open(&authorize(&served, &change)).await;
    assert!(login.text.contains("Shop &amp; &quot;Co&quot;"), "{}", login.text);
    let page = ada.sign_in(&authorize(&served, &change), "approve").await;
    let code = answer(&page, "code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", &id),
        ("code", &code),
        ("redirect_uri", "http://127.0.0.1:9/app"),
        ("code_verifier", VERIFIER),
    ];
    let send = |origin: &'static str| {
        let request = client().post(format!("{}/oauth/token", served.base_url)).form(&form);
        async move { request.header("origin", origin).send().await.unwrap() }
    };
    let other = send("https://evil.example").await;
    assert!(
        other.headers().get("access-control-allow-origin").is_none(),
        "not an origin of the client"
    );
    let page = ada.sign_in(&authorize(&served, &change), "approve").await;
    let code = answer(&page, "code").unwrap();
    let form = [form[0], form[1], ("code", &code), form[3], form[4]];
    let request = client().post(format!("{}/oauth/token", served.base_url)).form(&form);
    let own = request.header("origin", "http://127.0.0.1:9").send().await.unwrap();
    assert_eq!(own.status(), 200);
    assert_eq!(own.headers()["access-control-allow-origin"], "http://127.0.0.1:9");
    let tokens: Value = serde_json::from_str(&own.text().await.unwrap()).unwrap();

    let url = format!("{}/v3/me", served.base_url);
    let asks = client()
        .request(reqwest::Method::OPTIONS, &url)
        .header("origin", "http://127.0.0.1:9")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization")
        .send()
        .await
        .unwrap();
    assert_eq!(asks.status(), 204);
    assert!(
        asks.headers()["access-control-allow-headers"].to_str().unwrap().contains("authorization")
    );
    assert_eq!(me(&served, &tokens).await, 200);

    // A deleted client cannot use its refresh tokens.
    served.ada().delete(&format!("/v3/oauth-clients/{id}")).await;
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let form =
        [("grant_type", "refresh_token"), ("client_id", &id), ("refresh_token", refresh_token)];
    assert_eq!(token(&served.base_url, &form).await.1["error"], "invalid_client");
}
