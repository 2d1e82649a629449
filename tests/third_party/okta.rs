//! The tests cannot use Okta. Instead, they read the answers that its Terraform provider recorded,
//! and compare the requests with the recorded ones and with those of Okta's client library.

use std::{process::Stdio, sync::Arc};

use credenza::{
    api::{
        Bearer, CredentialsApi, Http, ProviderDeps, RotationRequest, Trust, http::Fixed, provider,
    },
    domain::{
        ClientDraft, Credential, CredentialRef, Draft, Kind, Profile, Secret, Untrusted,
        draft::{Change, Field, FieldValue},
        export::is_empty_value,
        profile::Provider,
    },
};
use serde_json::{Value, json};

use crate::{
    counterparts::node,
    recorder::Recorder,
    recordings::{Exchange, recordings},
};

fn okta(url: &str) -> Arc<dyn CredentialsApi> {
    let bearer: Arc<dyn Bearer> = Arc::new(Fixed(Arc::new(Secret::new("00anAPItoken".into()))));
    let profile =
        Profile { provider: Provider::Okta, base_url: url.to_owned(), ..Profile::default() };
    let http = Http::new(url, Some(bearer), &Trust::default()).unwrap();
    provider(&profile, http, ProviderDeps::default()).unwrap()
}

fn is_app(answer: &Value) -> bool {
    answer["signOnMode"] == "OPENID_CONNECT"
}

fn client_id(app: &Value) -> &str {
    app["credentials"]["oauthClient"]["client_id"].as_str().unwrap()
}

async fn shown(app: &Value) -> Credential {
    let recorder = Recorder::start();
    recorder.answers(app.clone());
    let secrets = format!("GET /api/v1/apps/{}/credentials/secrets", client_id(app));
    recorder.answers_to(&secrets, json!([]));
    let of = CredentialRef::new(Kind::Other, client_id(app).into());
    okta(&recorder.url).show(of).await.unwrap()
}

/// Lists the members of an app that the details of the client do not have.
async fn lost(app: &Value) -> Vec<String> {
    let credential = shown(app).await;
    let client = credential.client().unwrap();
    let raw = |list: &[Untrusted]| json!(list.iter().map(Untrusted::raw).collect::<Vec<_>>());
    let text = |text: Option<&Untrusted>| json!(text.map(Untrusted::raw));
    let responses = client.posture.as_ref().and_then(|it| it.response_types.clone());
    let interpreted = json!({
        "label": credential.name().raw(),
        "client_id": credential.id().raw(),
        "initiate_login_uri": text(client.login_url.as_ref()),
        "redirect_uris": raw(&client.callbacks),
        "post_logout_redirect_uris": raw(&client.logout_urls),
        "grant_types": raw(&client.grant_types),
        "response_types": raw(&responses.unwrap_or_default()),
        "token_endpoint_auth_method": text(client.auth_method.as_ref()),
    });
    // Links lead to other requests. The type, the state and the secret are shown in other ways.
    let elsewhere = [
        "_links",
        "settings",
        "credentials",
        "oauthClient",
        "application_type",
        "signOnMode",
        "status",
        "client_secret",
        "pkce_required",
        "created",
        "lastUpdated",
    ];
    let unknown = &credential.record().unknown;
    let is_lost = |name: &str, value: &Value| {
        let is_unknown = unknown.iter().any(|(own, _)| own.raw() == name)
            || name == "id" && app["id"] == app["credentials"]["oauthClient"]["client_id"];
        !is_empty_value(value)
            && !elsewhere.contains(&name)
            && !is_unknown
            && interpreted.get(name) != Some(value)
    };
    let parts =
        ["", "/settings", "/credentials", "/settings/oauthClient", "/credentials/oauthClient"];
    let members = parts.into_iter().flat_map(|part| {
        let members = app.pointer(part).unwrap().as_object().unwrap();
        members.iter().map(move |(name, value)| (part, name, value))
    });
    members
        .filter(|(_, name, value)| is_lost(name, value))
        .map(|(part, name, _)| format!("{part}/{name}"))
        .collect()
}

#[tokio::test]
async fn recorded_apps_are_read_without_loss() {
    let (mut count, all) = (0, recordings("okta"));
    let is_there = !all.is_empty();
    for (name, exchanges) in all {
        for exchange in exchanges.iter().filter(|it| is_app(&it.answer)) {
            assert_eq!(lost(&exchange.answer).await, Vec::<String>::new(), "{name}");
            let (kind, read) = (
                &exchange.answer["settings"]["oauthClient"]["application_type"],
                shown(&exchange.answer).await,
            );
            let expected = match kind.as_str().unwrap() {
                "browser" => Kind::Spa,
                "service" => Kind::M2m,
                _ => Kind::Other,
            };
            assert_eq!(read.kind(), expected, "{name}");
            let secret = exchange.answer["credentials"]["oauthClient"]["client_secret"].as_str();
            assert!(secret.is_none_or(|it| !format!("{read:?}").contains(it)), "{name}");
            count += 1;
        }
    }
    assert!(!is_there || count >= 40, "{count} recorded apps");
    // The check finds a member that is lost.
    let odd = json!({ "id": "a", "label": "a", "settings": { "oauthClient": { "redirect_uris": [7] } },
        "credentials": { "oauthClient": { "client_id": "a", "token_endpoint_auth_method": 7 } } });
    let expected = ["redirect_uris", "token_endpoint_auth_method"];
    let parts = ["/settings/oauthClient/", "/credentials/oauthClient/"];
    assert_eq!(lost(&odd).await, [0, 1].map(|at| format!("{}{}", parts[at], expected[at])));
}

/// Returns the first member of `ours` that `theirs` does not have, or has with another value.
fn difference(theirs: &Value, ours: &Value, at: &str) -> Option<String> {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => ours.iter().find_map(|(name, value)| {
            let at = format!("{at}/{name}");
            match theirs.get(name) {
                Some(it) => difference(it, value, &at),
                None => Some(at),
            }
        }),
        (theirs, ours) => (theirs != ours).then(|| format!("{at}: {ours} instead of {theirs}")),
    }
}

/// Creates an M2M client with the recorded values. The body is the recorded one, apart from members
/// that Credenza leaves to Okta's defaults.
async fn created(name: &str) -> Value {
    let recorder = Recorder::start();
    recorder.answers(json!({ "credentials": { "oauthClient": { "client_id": "a" } } }));
    let draft = ClientDraft { name: name.to_owned(), ..ClientDraft::default() };
    okta(&recorder.url).create(Draft::M2m(draft), String::new()).await.unwrap();
    recorder.take().remove(0)
}

#[tokio::test]
async fn created_app_is_one_that_the_recordings_create() {
    let all = recordings("okta");
    let created_by_them = |it: &&Exchange| {
        it.method == "POST"
            && it.path == "/api/v1/apps"
            && it.sent["settings"]["oauthClient"]["application_type"] == "service"
            && it.sent["settings"]["oauthClient"]["grant_types"] == json!(["client_credentials"])
    };
    let theirs: Vec<&Exchange> =
        all.iter().flat_map(|(_, exchanges)| exchanges.iter().filter(created_by_them)).collect();
    for theirs in &theirs {
        let name = theirs.sent["label"].as_str().unwrap();
        let ours = created(name).await;
        assert_eq!((&ours["method"], &ours["path"]), (&json!("POST"), &json!("/api/v1/apps")));
        assert_eq!(ours["query"], json!({ "activate": "true" }));
        assert_eq!(theirs.query, "activate=true");
        // The recorded services authenticate with keys, and ours with a secret.
        let mut recorded = theirs.sent.clone();
        recorded["credentials"]["oauthClient"]["token_endpoint_auth_method"] =
            json!("client_secret_basic");
        assert_eq!(difference(&recorded, &ours["body"], ""), None);
        recorded["settings"]["oauthClient"]["response_types"] = json!(["code"]);
        assert!(difference(&recorded, &ours["body"], "").is_some(), "a changed recording fails");
    }
    assert!(all.is_empty() || theirs.len() >= 2, "recorded creations: {}", theirs.len());
}

/// An edit replaces the whole app, so it must contain all members that a recorded `PUT` contains.
#[tokio::test]
async fn edited_app_keeps_what_the_recordings_send() {
    let (mut count, all) = (0, recordings("okta"));
    let is_there = !all.is_empty();
    for (name, exchanges) in all {
        let mut before: Option<&Value> = None;
        for exchange in &exchanges {
            let is_put = exchange.method == "PUT" && is_app(&exchange.answer);
            if let (Some(before), true) = (before, is_put) {
                let recorder = Recorder::start();
                recorder.answers(before.clone());
                let text = |text: &str| FieldValue::Line(text.to_owned());
                let old = before["label"].as_str().unwrap();
                let change =
                    Change { field: Field::Name, before: text(old), after: text("Renamed") };
                let of = CredentialRef::new(Kind::Other, client_id(before).into());
                let written = okta(&recorder.url).edit(of, None, vec![change]).await.unwrap();
                // The recorder does not apply the change.
                assert_eq!(written.side_effects, ["label".into()]);
                let writes = recorder.take();
                let [put] =
                    &writes.iter().filter(|it| it["method"] == "PUT").collect::<Vec<_>>()[..]
                else {
                    panic!("{writes:?}")
                };
                assert_eq!(put["path"], json!(exchange.path));
                let mut expected = exchange.sent.clone();
                expected["label"] = json!("Renamed");
                assert_eq!(difference(&put["body"], &expected, ""), None, "{name}");
                expected["visibility"]["hide"]["web"] = json!("changed");
                assert!(
                    difference(&put["body"], &expected, "").is_some(),
                    "a changed recording fails"
                );
                count += 1;
            }
            if is_app(&exchange.answer) {
                before = Some(&exchange.answer);
            }
        }
    }
    assert!(!is_there || count >= 1, "recorded edits: {count}");
}

/// Returns the requests for secrets and states, which the recordings do not contain.
async fn our_requests() -> Vec<Value> {
    let recorder = Recorder::start();
    let secret = |id: &str, created: &str, status: &str| json!({ "id": id, "created": created, "status": status, "client_secret": "s" });
    let of = || CredentialRef::new(Kind::M2m, "app".into());
    let app = json!({ "id": "app", "status": "ACTIVE", "label": "Sync", "signOnMode": "OPENID_CONNECT",
        "credentials": { "oauthClient": { "client_id": "app" } },
        "settings": { "oauthClient": { "application_type": "service" } } });
    recorder.answers_to("GET /api/v1/apps/app", app);
    let secrets = json!([
        secret("one", "2026-01-01T00:00:00.000Z", "ACTIVE"),
        secret("two", "2025-01-01T00:00:00.000Z", "INACTIVE")
    ]);
    recorder.answers_to("GET /api/v1/apps/app/credentials/secrets", secrets);
    recorder.answers(secret("new", "2026-12-01T00:00:00.000Z", "ACTIVE"));
    let api = okta(&recorder.url);
    let shown = api.show(of()).await.unwrap();
    let active: Vec<bool> = shown.secrets().iter().map(|it| it.active).collect();
    assert_eq!(active, [true, false]);
    assert_eq!(api.secret(of()).await.unwrap().expose(), "s");
    api.rotate(of(), RotationRequest::default()).await.unwrap();
    api.set_secret_active(of(), "two".into(), true).await.unwrap();
    api.set_secret_active(of(), "one".into(), false).await.unwrap();
    api.retire_secret(of(), Some("one".into())).await.unwrap();
    api.set_enabled(of(), false).await.unwrap();
    api.set_enabled(of(), true).await.unwrap();
    api.delete(of(), None).await.unwrap();
    recorder.take()
}

#[tokio::test]
async fn requests_for_secrets_are_those_of_oktas_own_library() {
    let ours = our_requests().await;
    let recorder = Recorder::start();
    let output = node("okta.mjs", &[&recorder.url])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    let theirs = recorder.take();
    let line = |it: &Value| format!("{} {}", it["method"], it["path"]);
    let theirs: Vec<String> = theirs.iter().map(line).collect();
    assert!(theirs.len() >= 9, "{theirs:?}");
    for ours in ours.iter().map(line) {
        assert!(theirs.contains(&ours), "{ours} is not in {theirs:?}");
    }
    assert!(!theirs.contains(&"\"POST\" \"/api/v1/apps/app/credentials/secrets/one\"".to_owned()));
}
