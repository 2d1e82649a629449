//! Behavior that the API contract requires of the embedded server, over HTTP.

use credenza::{
    domain::Secret,
    server::{Config, SubscriptionPlan, seed::Seed},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::{Value, json};

use crate::common::server::{Caller, Served, answer, client, config, token};

fn spa(name: &str) -> Value {
    json!({ "app_type": "spa", "name": name, "initiate_login_uri": "https://stores.acme.dev/login" })
}

fn m2m(name: &str) -> Value {
    json!({ "app_type": "non_interactive", "name": name })
}

fn api_token(name: &str) -> Value {
    json!({
        "name": name,
        "allowed_apis": ["maps", "sql"],
        "grants": [{ "connection_name": "carto_dw", "source": "acme.retail.stores" }],
    })
}

fn id(body: &Value) -> String {
    body["client_id"].as_str().or(body["id"].as_str()).unwrap().to_owned()
}

#[tokio::test]
async fn a_client_lives_from_create_to_delete() {
    let served = Served::start(&config());
    let ada = served.ada();
    let made = ada.post("/v3/oauth-clients", spa("Store locator")).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.body["client_secret"].as_str().unwrap().len(), 64);
    assert_eq!(made.body["created_at"], "2026-11-21T12:00:00Z");
    let path = format!("/v3/oauth-clients/{}", id(&made.body));

    let edited = ada.patch(&path, json!({ "name": "Shop finder" })).await;
    assert_eq!((edited.status, &edited.body["name"]), (200, &json!("Shop finder")));
    assert_ne!(edited.etag(), made.etag());
    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(ada.get(&path).await.status, 404);
    assert_eq!(ada.delete(&path).await.status, 404);
}

#[tokio::test]
async fn default_urls_follow_the_login_url() {
    let served = Served::start(&config());
    let ada = served.ada();
    let made = ada.post("/v3/oauth-clients", spa("Store locator")).await;
    assert_eq!(made.body["use_default_urls"], true);
    assert_eq!(made.body["callbacks"], json!(["https://stores.acme.dev/login"]));
    assert_eq!(made.body["allowed_logout_urls"], json!(["https://stores.acme.dev/login"]));
    assert_eq!(made.body["web_origins"], json!(["https://stores.acme.dev"]));
    assert_eq!(made.body["allowed_origins"], json!(["https://stores.acme.dev"]));

    let path = format!("/v3/oauth-clients/{}", id(&made.body));
    let moved = ada.patch(&path, json!({ "initiate_login_uri": "https://new.acme.dev/" })).await;
    assert_eq!(moved.body["callbacks"], json!(["https://new.acme.dev/"]));

    let off = json!({ "use_default_urls": false, "callbacks": ["https://new.acme.dev/cb"] });
    let listed = ada.patch(&path, off).await;
    assert_eq!(listed.body["callbacks"], json!(["https://new.acme.dev/cb"]));
    assert_eq!(
        listed.body["web_origins"],
        json!(["https://new.acme.dev"]),
        "an omitted member stays unchanged"
    );
}

#[tokio::test]
async fn secrets_are_in_no_list_and_read_again_only_when_asked_for() {
    let served = Served::start(&config());
    let ada = served.ada();
    let client = ada.post("/v3/oauth-clients", m2m("Sync")).await;
    let token = ada.post("/v3/tokens", api_token("Map")).await;
    let client_secret = client.body["client_secret"].as_str().unwrap();
    let token_value = token.body["token"].as_str().unwrap();

    for path in ["/v3/oauth-clients", "/v3/tokens"] {
        let list = ada.get(path).await.body.to_string();
        assert!(!list.contains(client_secret) && !list.contains(token_value), "{path}");
        assert!(!list.contains("\"client_secret\":"), "{path}");
    }
    let path = format!("/v3/oauth-clients/{}", id(&client.body));
    assert_eq!(ada.get(&path).await.body.get("client_secret"), None);
    let again = ada.get(&format!("{path}?include=client_secret")).await;
    assert_eq!(again.body["client_secret"], client_secret);
    let path = format!("/v3/tokens/{}", id(&token.body));
    assert_eq!(ada.get(&path).await.body.get("token"), None);
    assert_eq!(ada.get(&format!("{path}?include=token")).await.body["token"], token_value);
    assert_eq!(ada.get(&format!("{path}?include=client_secret")).await.status, 400);
}

#[tokio::test]
async fn users_see_own_and_shared_credentials() {
    let served = Served::start(&Config { seed: Seed::Many(3), ..config() });
    let (ada, grace) = (served.ada(), served.other_user("grace", "admin"));
    let hidden = grace.post("/v3/oauth-clients", m2m("Hidden")).await;
    let mut shared = m2m("Shared");
    shared["visibility"] = json!("organization");
    let shared = grace.post("/v3/oauth-clients", shared).await;

    let mine = ada.get("/v3/oauth-clients?app_type=m2m").await;
    assert_eq!(mine.body["page"]["total"], 3, "only the seeded clients of Ada");
    let all = ada.get("/v3/oauth-clients?app_type=m2m&scope=organization").await;
    let names: Vec<_> = all.body["data"].as_array().unwrap().iter().map(|c| &c["name"]).collect();
    assert!(names.contains(&&json!("Shared")) && !names.contains(&&json!("Hidden")));

    let path = format!("/v3/oauth-clients/{}", id(&shared.body));
    assert_eq!(ada.get(&path).await.status, 200);
    for refused in [
        ada.get(&format!("{path}?include=client_secret")).await,
        ada.patch(&path, json!({ "name": "Mine now" })).await,
        ada.delete(&path).await,
        ada.send("POST", &format!("{path}/rotate-secret"), &[], None).await,
    ] {
        assert_eq!((refused.status, refused.code()), (403, "not_owner"));
    }
    let path = format!("/v3/oauth-clients/{}", id(&hidden.body));
    assert_eq!(ada.get(&path).await.status, 404, "a private client of another user is not found");
    assert_eq!(ada.delete(&path).await.status, 404);
}

#[tokio::test]
async fn m2m_clients_need_the_plan() {
    for (plan, status) in [
        (SubscriptionPlan::Professional, 403),
        (SubscriptionPlan::EnterpriseMedium, 403),
        (SubscriptionPlan::EnterpriseLarge, 201),
        (SubscriptionPlan::EnterpriseExtraLarge, 201),
    ] {
        let served = Served::start(&Config { plan, ..config() });
        let made = served.ada().post("/v3/oauth-clients", m2m("Sync")).await;
        assert_eq!(made.status, status, "{plan:?}");
        if status == 403 {
            assert_eq!(made.code(), "plan_required");
            assert_eq!(made.body["required_plan"], "Enterprise Large");
        }
        let capabilities = served.ada().get("/v3/credentials/capabilities").await;
        assert_eq!(capabilities.body["types"]["m2m"]["create"], status == 201);
    }
}

#[tokio::test]
async fn viewers_look_and_do_not_touch() {
    let served = Served::start(&Config { seed: Seed::Demo, ..config() });
    let vera = served.other_user("vera", "viewer");
    assert_eq!(vera.get("/v3/tokens?scope=organization").await.status, 200);
    let refused = vera.post("/v3/tokens", api_token("Map")).await;
    assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    let capabilities = vera.get("/v3/credentials/capabilities").await;
    assert_eq!(capabilities.body["types"]["spa"]["create"], false);
    assert_eq!(vera.get("/v3/me").await.body["role"], "viewer");
}

#[tokio::test]
async fn tokens_follow_the_rules_of_tokens() {
    let served = Served::start(&config());
    let ada = served.ada();
    let wrong = |changes: Value| {
        let mut body = api_token("Map");
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    for (changes, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "name": "\u{200b}\u{200b}" }), "name"),
        (json!({ "allowed_apis": [] }), "allowed_apis"),
        (json!({ "allowed_apis": ["imports", "sql"] }), "allowed_apis"),
        (json!({ "grants": [] }), "grants"),
        (json!({ "grants": [{ "connection_name": "dw", "source": "*.*" }] }), "grants[0]"),
        (json!({ "referers": ["acme.dev"] }), "referers[0]"),
        (
            json!({ "grants": vec![json!({ "connection_name": "dw", "source": "*" }); 101] }),
            "grants",
        ),
        (
            json!({ "grants": [{ "connection_name": "dw", "source": "x".repeat(8193) }] }),
            "grants[0]",
        ),
    ] {
        let refused = ada.post("/v3/tokens", wrong(changes)).await;
        assert_eq!((refused.status, refused.code()), (422, "validation_failed"), "{field}");
        assert!(refused.body["fields"][field].is_string(), "{field}: {}", refused.body);
    }
    let past = wrong(json!({ "expiration_date": "2026-11-20T00:00:00Z" }));
    let past = ada.post("/v3/tokens", past).await;
    assert_eq!((past.status, past.code()), (409, "conflict"), "a date in the past is a conflict");
    assert!(past.body["fields"]["expiration_date"].is_string(), "{}", past.body);
    assert_eq!(
        ada.post("/v3/tokens", wrong(json!({ "allowed_apis": ["imports"] }))).await.status,
        201
    );

    let taken = ada.post("/v3/tokens", api_token("Map")).await;
    assert_eq!((taken.status, taken.code()), (409, "name_taken"));

    let mut unnamed = api_token("");
    unnamed.as_object_mut().unwrap().remove("name");
    let unnamed = ada.post("/v3/tokens", unnamed).await;
    assert!(unnamed.body["name"].as_str().unwrap().starts_with("tk_"));

    let ending = wrong(json!({ "name": "Ending", "expiration_date": "2027-01-31T00:00:00Z" }));
    let ending = ada.post("/v3/tokens", ending).await;
    assert_eq!(ending.body["expiration_date"], "2027-01-31T00:00:00Z");
    let path = format!("/v3/tokens/{}", id(&ending.body));
    let later = ada.patch(&path, json!({ "expiration_date": "2028-01-01T00:00:00Z" })).await;
    assert!(
        later.body["fields"]["expiration_date"].is_string(),
        "the expiry can only be set at creation"
    );
}

#[tokio::test]
async fn bodies_that_are_wrong_say_how() {
    let served = Served::start(&config());
    let ada = served.ada();
    for (body, status, field) in [
        (json!({ "name": "x" }), 422, "app_type"),
        (
            json!({ "app_type": "spa", "name": "", "initiate_login_uri": "https://a.example/" }),
            422,
            "name",
        ),
        (json!({ "app_type": "spa", "name": "<b>" }), 422, "name"),
        (
            json!({ "app_type": "spa", "name": "x", "initiate_login_uri": "http://a.example/" }),
            422,
            "initiate_login_uri",
        ),
        (json!({ "app_type": "spa", "name": "x", "use_default_urls": false }), 422, "callbacks"),
        (json!({ "app_type": "m2m", "name": "x", "callbacks": [] }), 422, "callbacks"),
    ] {
        let refused = ada.post("/v3/oauth-clients", body.clone()).await;
        assert_eq!(refused.status, status, "{body}");
        assert!(refused.body["fields"][field].is_string(), "{body}: {}", refused.body);
        assert!(refused.body["request_id"].as_str().unwrap().starts_with("req_"));
    }
    let unknown = ada.post("/v3/oauth-clients", json!({ "name": "x", "callbackz": [] })).await;
    assert_eq!(unknown.status, 422);
    assert!(unknown.body["description"].as_str().unwrap().contains("callbackz"));

    let raw = |body: &'static str, media_type: &'static str| {
        client()
            .post(format!("{}/v3/oauth-clients", served.base_url))
            .bearer_auth(ada.bearer.expose())
            .header("content-type", media_type)
            .body(body)
    };
    assert_eq!(answer(raw("{", "application/json")).await.status, 400);
    assert_eq!(answer(raw("{}", "text/plain")).await.status, 400);
    assert_eq!(ada.get("/v3/oauth-clients?page=0").await.status, 400);
    assert_eq!(ada.get("/v3/oauth-clients?pageSize=1001").await.status, 400);
    assert_eq!(ada.get("/v3/nothing").await.status, 404);
    assert_eq!(ada.send("PUT", "/v3/tokens", &[], None).await.status, 405);
    let camel = json!({ "appType": "spa", "name": "x", "initiateLoginUri": "https://a.example/" });
    assert_eq!(ada.post("/v3/oauth-clients", camel).await.status, 201);
}

#[tokio::test]
async fn a_body_over_one_mebibyte_is_refused() {
    let served = Served::start(&config());
    let mut body = spa("x");
    body["callbacks"] = json!(["x".repeat(1 << 20)]);
    let refused = served.ada().post("/v3/oauth-clients", body).await;
    assert_eq!((refused.status, refused.code()), (413, "too_large"));
}

#[tokio::test]
async fn lists_are_paged_searched_and_ordered() {
    let served = Served::start(&config());
    let ada = served.ada();
    for name in ["bravo", "Alpha", "charlie", "100%", "a_b"] {
        assert_eq!(ada.post("/v3/oauth-clients", m2m(name)).await.status, 201);
    }
    let names = |body: &Value| -> Vec<String> {
        let list = body["data"].as_array().unwrap();
        list.iter().map(|client| client["name"].as_str().unwrap().to_owned()).collect()
    };
    let first = ada.get("/v3/oauth-clients?pageSize=2").await;
    assert_eq!(names(&first.body), ["100%", "a_b"]);
    assert_eq!(first.body["page"], json!({ "current": 1, "size": 2, "total": 5 }));
    let third = ada.get("/v3/oauth-clients?pageSize=2&page=3").await;
    assert_eq!(names(&third.body), ["charlie"]);
    assert_eq!(names(&ada.get("/v3/oauth-clients?pageSize=2&page=4").await.body), [""; 0]);
    let turned = ada.get("/v3/oauth-clients?order_by=name&order_direction=desc&pageSize=1").await;
    assert_eq!(names(&turned.body), ["charlie"]);
    assert_eq!(names(&ada.get("/v3/oauth-clients?search=ALPHA").await.body), ["Alpha"]);
    let member = ada.get("/v3/oauth-clients?search=callbacks").await;
    assert_eq!(member.body["page"]["total"], 0, "member names do not match");
    assert_eq!(
        names(&ada.get("/v3/oauth-clients?search=%25").await.body),
        ["100%"],
        "% is not a wildcard"
    );
    assert_eq!(names(&ada.get("/v3/oauth-clients?search=a_b").await.body), ["a_b"]);
    let query = "SELECT \"a b\" FROM t\\u";
    let grants = json!([{ "connection_name": "warehouse", "source": query }]);
    let body = json!({ "name": "quoted", "allowed_apis": ["sql"], "grants": grants });
    assert_eq!(ada.post("/v3/tokens", body).await.status, 201);
    for search in ["%22a%20b%22", "%22", "t%5Cu"] {
        let found = ada.get(&format!("/v3/tokens?search={search}")).await;
        assert_eq!(found.body["page"]["total"], 1, "{search}");
    }
}

#[tokio::test]
async fn an_edit_of_an_older_version_is_refused() {
    let served = Served::start(&config());
    let ada = served.ada();
    let made = ada.post("/v3/oauth-clients", spa("Store locator")).await;
    let path = format!("/v3/oauth-clients/{}", id(&made.body));
    let old = made.etag();
    let newer = ada.send("PATCH", &path, &[("if-match", &old)], Some(json!({ "name": "A" }))).await;
    assert_eq!(newer.status, 200);
    for refused in [
        ada.send("PATCH", &path, &[("if-match", &old)], Some(json!({ "name": "B" }))).await,
        ada.send("DELETE", &path, &[("if-match", &old)], None).await,
        ada.send("POST", &format!("{path}/rotate-secret"), &[("if-match", &old)], None).await,
    ] {
        assert_eq!((refused.status, refused.code()), (412, "version_mismatch"));
    }
    let current = ada.send("DELETE", &path, &[("if-match", &newer.etag())], None).await;
    assert_eq!(current.status, 204);
}

#[tokio::test]
async fn a_create_can_be_repeated_without_making_two() {
    let served = Served::start(&config());
    let ada = served.ada();
    let key = [("idempotency-key", "attempt-1")];
    let first = ada.send("POST", "/v3/oauth-clients", &key, Some(spa("Once"))).await;
    let second = ada.send("POST", "/v3/oauth-clients", &key, Some(spa("Once"))).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.body, second.body);
    assert_eq!(ada.get("/v3/oauth-clients").await.body["page"]["total"], 1);

    let other = ada.send("POST", "/v3/oauth-clients", &key, Some(spa("Other"))).await;
    assert_eq!((other.status, other.code()), (409, "idempotency_key_reused"));
    let grace = served.other_user("grace", "admin");
    let theirs = grace.send("POST", "/v3/oauth-clients", &key, Some(spa("Once"))).await;
    assert_eq!(theirs.status, 401, "the user is not in the store");

    // The client has changed since the first request, so the first response cannot be repeated. A
    // response with the new name and the new secret would be wrong.
    let path = format!("/v3/oauth-clients/{}", id(&first.body));
    ada.patch(&path, json!({ "name": "Renamed" })).await;
    ada.post(&format!("{path}/rotate-secret"), json!({})).await;
    let changed = ada.send("POST", "/v3/oauth-clients", &key, Some(spa("Once"))).await;
    assert_eq!((changed.status, changed.code()), (409, "conflict"), "{}", changed.body);
    assert!(changed.body["error"].as_str().unwrap().contains(&id(&first.body)));

    ada.delete(&path).await;
    let gone = ada.send("POST", "/v3/oauth-clients", &key, Some(spa("Once"))).await;
    assert_eq!((gone.status, gone.code()), (409, "conflict"));
}

#[tokio::test]
async fn callers_are_known_and_counted() {
    let served = Served::start(&Config { requests_per_minute: 12, ..config() });
    let url = format!("{}/v3/tokens", served.base_url);
    let none = answer(client().get(&url)).await;
    assert_eq!(
        (none.status, none.code(), none.header("www-authenticate")),
        (401, "unauthorized", "Bearer")
    );
    assert_eq!(answer(client().get(&url).bearer_auth("x.y.z")).await.code(), "unauthorized");
    let other = Served::start(&config());
    let foreign = other.ada().bearer;
    assert_eq!(
        answer(client().get(&url).bearer_auth(foreign.expose())).await.code(),
        "unauthorized"
    );

    let ada = served.ada();
    assert_eq!(ada.get("/v3/tokens").await.status, 200);
    assert_eq!(ada.get("/v3/tokens").await.status, 200);
    let limited = ada.get("/v3/tokens").await;
    assert_eq!(
        (limited.status, limited.code(), limited.header("retry-after")),
        (429, "rate_limited", "5")
    );
}

#[tokio::test]
async fn an_m2m_client_gets_a_token_that_its_keys_vouch_for() {
    let served = Served::start(&config());
    let ada = served.ada();
    let made = ada.post("/v3/oauth-clients", m2m("Sync")).await;
    assert_eq!(made.body["last_used_at"], Value::Null);
    let (client_id, secret) = (id(&made.body), made.body["client_secret"].as_str().unwrap());
    let form = |audience| {
        [
            ("grant_type", "client_credentials"),
            ("client_id", client_id.as_str()),
            ("client_secret", secret),
            ("audience", audience),
        ]
    };
    let issued = token(&served.base_url, &form("credenza-api")).await;
    assert_eq!((issued.status, &issued.body["expires_in"]), (200, &json!(86400)));
    assert_eq!(issued.header("cache-control"), "no-store");

    let metadata =
        answer(client().get(format!("{}/.well-known/openid-configuration", served.base_url))).await;
    assert_eq!(metadata.body["issuer"], served.base_url);
    let rfc8414 =
        answer(client().get(format!("{}/.well-known/oauth-authorization-server", served.base_url)))
            .await;
    assert_eq!(metadata.body, rfc8414.body);
    let jwks = answer(client().get(metadata.body["jwks_uri"].as_str().unwrap())).await;
    let keys: JwkSet = serde_json::from_value(jwks.body).unwrap();
    let mut rules = Validation::new(Algorithm::ES256);
    rules.validate_exp = false; // the server's clock has a fixed time
    rules.set_audience(&["credenza-api"]);
    rules.set_issuer(&[&served.base_url]);
    let key = DecodingKey::from_jwk(&keys.keys[0]).unwrap();
    let access_token = issued.body["access_token"].as_str().unwrap();
    let claims = jsonwebtoken::decode::<Value>(access_token, &key, &rules).unwrap().claims;
    assert_eq!(claims["sub"], json!(client_id));
    assert_eq!(claims["user_id"], "user_ada", "the client acts as its owner");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86400);

    let used = ada.get(&format!("/v3/oauth-clients/{client_id}")).await;
    assert_eq!(used.body["last_used_at"], "2026-11-21T12:00:00Z");
    assert_eq!(used.etag(), made.etag(), "use does not change the version");

    let with_it = client().get(format!("{}/v3/me", served.base_url)).bearer_auth(access_token);
    assert_eq!(answer(with_it).await.body["email"], "ada@acme.dev");
    assert_eq!(token(&served.base_url, &form("other")).await.body["error"], "invalid_target");
}

#[tokio::test]
async fn a_rotated_secret_and_a_deleted_client_get_no_more_tokens() {
    let served = Served::start(&config());
    let ada = served.ada();
    let made = ada.post("/v3/oauth-clients", m2m("Sync")).await;
    let client_id = id(&made.body);
    let old = made.body["client_secret"].as_str().unwrap().to_owned();
    let ask = async |secret: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id.as_str()),
            ("client_secret", secret),
            ("audience", "credenza-api"),
        ];
        token(&served.base_url, &form).await
    };
    assert_eq!(ask(&old).await.status, 200);
    let path = format!("/v3/oauth-clients/{client_id}");
    let rotated = ada.send("POST", &format!("{path}/rotate-secret"), &[], None).await;
    let new = rotated.body["client_secret"].as_str().unwrap().to_owned();
    assert_ne!(old, new);
    assert_eq!(ask(&old).await.body["error"], "invalid_client");
    assert_eq!(ask(&new).await.status, 200);
    ada.delete(&path).await;
    let refused = ask(&new).await;
    assert_eq!((refused.status, &refused.body["error"]), (401, &json!("invalid_client")));
}

#[tokio::test]
async fn two_secrets_work_until_one_is_deactivated_or_deleted() {
    let served = Served::start(&config());
    let ada = served.ada();
    let made = ada.post("/v3/oauth-clients", m2m("Sync")).await;
    let client_id = id(&made.body);
    let old = made.body["client_secret"].as_str().unwrap().to_owned();
    let status = async |secret: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id.as_str()),
            ("client_secret", secret),
            ("audience", "credenza-api"),
        ];
        token(&served.base_url, &form).await.status
    };
    let path = format!("/v3/oauth-clients/{client_id}");
    let secrets = format!("{path}/secrets");

    let added = ada.post(&secrets, json!(null)).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let new = added.body["client_secret"].as_str().unwrap().to_owned();
    assert_eq!((status(&old).await, status(&new).await), (200, 200));
    assert_eq!(ada.post(&secrets, json!(null)).await.status, 409, "at most two secrets");

    let listed = ada.get(&secrets).await.body["data"].clone();
    let [newest, oldest] = [0, 1].map(|at| listed[at]["secret_id"].as_str().unwrap().to_owned());
    assert_eq!(newest, added.body["secret_id"]);
    assert!(listed[1]["last_used_at"].is_string() && listed[0].get("client_secret").is_none());
    assert_eq!(ada.get(&path).await.body["client_secrets"], listed);
    let revealed = ada.get(&format!("{path}?include=client_secret")).await;
    assert_eq!(revealed.body["client_secret"], new, "the newest secret");

    let edit = |active: bool| json!({ "active": active });
    let oldest = format!("{secrets}/{oldest}");
    assert_eq!(ada.patch(&oldest, edit(false)).await.status, 200);
    assert_eq!((status(&old).await, status(&new).await), (401, 200));
    assert_eq!(ada.patch(&oldest, edit(true)).await.status, 200);
    assert_eq!(status(&old).await, 200, "deactivation is reversible");

    assert_eq!(ada.delete(&oldest).await.status, 204);
    assert_eq!((status(&old).await, status(&new).await), (401, 200));
    let last = format!("{secrets}/{newest}");
    assert_eq!(ada.delete(&last).await.status, 409);
    assert_eq!(ada.patch(&last, edit(false)).await.status, 409);
    assert_eq!(ada.delete(&oldest).await.status, 404);
}

#[tokio::test]
async fn the_token_endpoint_refuses_in_the_standards_words() {
    let served = Served::start(&config());
    let ada = served.ada();
    let browser = ada.post("/v3/oauth-clients", spa("Browser")).await;
    let service = ada.post("/v3/oauth-clients", m2m("Service")).await;
    let secret = service.body["client_secret"].as_str().unwrap();
    let service_id = id(&service.body);
    let browser_id = id(&browser.body);
    let browser_secret = browser.body["client_secret"].as_str().unwrap();
    for (form, error) in [
        (vec![], "invalid_request"),
        (vec![("grant_type", "password")], "unsupported_grant_type"),
        (vec![("grant_type", "client_credentials")], "invalid_client"),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", "nobody"),
                ("client_secret", "x"),
            ],
            "invalid_client",
        ),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", &service_id),
                ("client_secret", "x"),
            ],
            "invalid_client",
        ),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", &service_id),
                ("client_secret", secret),
            ],
            "invalid_request",
        ),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", &browser_id),
                ("client_secret", browser_secret),
            ],
            "unauthorized_client",
        ),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", &service_id),
                ("client_secret", secret),
                ("audience", "credenza-api"),
                ("scope", "write:everything"),
            ],
            "invalid_scope",
        ),
    ] {
        let refused = token(&served.base_url, &form).await;
        assert_eq!(refused.body["error"], error, "{form:?}");
        assert!(refused.body["error_description"].is_string());
    }
    let basic = client()
        .post(format!("{}/oauth/token", served.base_url))
        .basic_auth(&service_id, Some(secret))
        .form(&[
            ("grant_type", "client_credentials"),
            ("audience", "credenza-api"),
            ("scope", "read:maps"),
        ]);
    assert_eq!(answer(basic).await.body["scope"], "read:maps");
    let as_json = client()
        .post(format!("{}/oauth/token", served.base_url))
        .header("content-type", "application/json")
        .body(json!({
            "grant_type": "client_credentials", "client_id": service_id, "client_secret": secret,
            "audience": "credenza-api",
        }).to_string());
    assert_eq!(answer(as_json).await.status, 200);
}

#[tokio::test]
async fn a_token_does_what_its_scope_says_and_no_more() {
    let served = Served::start(&config());
    let ada = served.ada();
    let made = ada.post("/v3/oauth-clients", m2m("Sync")).await;
    let (client_id, secret) = (id(&made.body), made.body["client_secret"].as_str().unwrap());
    let limited = async |scope: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &client_id),
            ("client_secret", secret),
            ("audience", "credenza-api"),
            ("scope", scope),
        ];
        let issued = token(&served.base_url, &form).await;
        let bearer = issued.body["access_token"].as_str().unwrap().to_owned();
        Caller { base_url: served.base_url.clone(), bearer: Secret::new(bearer) }
    };
    let path = format!("/v3/oauth-clients/{client_id}");
    let maps = limited("read:maps").await;
    assert_eq!(maps.get("/v3/oauth-clients").await.status, 403);
    let reader = limited("read:credentials").await;
    assert_eq!(reader.get(&path).await.status, 200);
    assert_eq!(reader.get(&format!("{path}?include=client_secret")).await.status, 403);
    assert_eq!(reader.delete(&path).await.status, 403);
    let writer = limited("read:credentials write:credentials").await;
    assert_eq!(writer.get(&format!("{path}?include=client_secret")).await.status, 200);
}

#[tokio::test]
async fn only_the_own_client_revokes_a_token() {
    let served = Served::start(&config());
    let ada = served.ada();
    let mut clients = Vec::new();
    for name in ["One", "Two"] {
        let made = ada.post("/v3/oauth-clients", m2m(name)).await;
        clients.push((id(&made.body), made.body["client_secret"].as_str().unwrap().to_owned()));
    }
    let (one, two) = (&clients[0], &clients[1]);
    let issued = token(
        &served.base_url,
        &[
            ("grant_type", "client_credentials"),
            ("client_id", &one.0),
            ("client_secret", &one.1),
            ("audience", "credenza-api"),
        ],
    )
    .await;
    let access_token = issued.body["access_token"].as_str().unwrap();
    let works = || async {
        let me = client().get(format!("{}/v3/me", served.base_url)).bearer_auth(access_token);
        answer(me).await.status == 200
    };
    let revoke = |client_id: String, secret: String| {
        let url = format!("{}/oauth/revoke", served.base_url);
        let form = [
            ("client_id", client_id),
            ("client_secret", secret),
            ("token", access_token.to_owned()),
        ];
        async move { answer(client().post(url).form(&form)).await.status }
    };
    assert_eq!(revoke(two.0.clone(), two.1.clone()).await, 200);
    assert!(works().await, "another client cannot revoke the token");
    assert_eq!(revoke(one.0.clone(), "wrong".into()).await, 401);
    assert!(works().await);
    assert_eq!(revoke(one.0.clone(), one.1.clone()).await, 200);
    assert!(!works().await);
}

#[tokio::test]
async fn the_same_seed_makes_the_same_credentials_with_other_secrets() {
    let seeded = || Served::start(&Config { seed: Seed::Many(20), ..config() });
    let (a, b) = (seeded(), seeded());
    for path in ["/v3/oauth-clients?app_type=spa", "/v3/oauth-clients?app_type=m2m", "/v3/tokens"] {
        let (mut one, mut two) = (a.ada().get(path).await, b.ada().get(path).await);
        assert_eq!(one.body["page"]["total"], 20, "{path}");
        for client in
            [&mut one, &mut two].into_iter().flat_map(|it| it.body["data"].as_array_mut().unwrap())
        {
            // The IDs of secrets are random, so they differ between the two servers.
            for secret in
                client.get_mut("client_secrets").and_then(Value::as_array_mut).into_iter().flatten()
            {
                secret["secret_id"].take();
            }
        }
        assert_eq!(one.body, two.body, "{path}");
    }
    let first = &a.ada().get("/v3/tokens").await.body["data"][0];
    let path = format!("/v3/tokens/{}?include=token", id(first));
    let secrets = [
        a.ada().get(&path).await.body["token"].clone(),
        b.ada().get(&path).await.body["token"].clone(),
    ];
    assert_ne!(secrets[0], secrets[1]);
}
