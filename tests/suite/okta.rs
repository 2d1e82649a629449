//! Requests for Okta's Apps API, and the interpretation of its responses. The responses have the
//! shapes of those that Okta's Terraform provider recorded.

use std::sync::Arc;

use credenza::{
    api::{
        self, ApiError, CredentialsApi, Http, PageQuery, ProviderDeps, RotationRequest, Scope,
        Trust, http::Fixed,
    },
    domain::{
        ClientDraft, Credential, CredentialRef, Draft, Kind, Profile, Secret,
        audit::{self, AuditContext, ProfileInfo, RuleSelection},
        draft::{Change, Field, FieldValue},
        profile::Provider,
    },
};
use serde_json::{Value, json};

use crate::common::faulty::{Fault, Faulty};

const APP: &str = "/api/v1/apps/0oa1";
const SECRETS: &str = "/api/v1/apps/0oa1/credentials/secrets";

fn app(client_id: &str, kind: &str) -> Value {
    json!({
        "id": "0oa1", "orn": "orn:okta:idp:00o1:apps:oidc_client:0oa1", "name": "oidc_client",
        "label": "Sync", "status": "ACTIVE", "signOnMode": "OPENID_CONNECT",
        "created": "2026-02-02T11:12:29.000Z", "lastUpdated": "2026-02-02T11:12:31.000Z",
        "visibility": { "autoLaunch": false, "hide": { "iOS": true, "web": true } },
        "credentials": {
            "userNameTemplate": { "template": "${source.login}", "type": "BUILT_IN" },
            "oauthClient": { "autoKeyRotation": true, "client_id": client_id,
                "token_endpoint_auth_method": "client_secret_basic", "pkce_required": false },
        },
        "settings": { "app": {}, "notes": { "admin": "call Ada first", "enduser": null },
            "oauthClient": {
                "redirect_uris": ["https://sync.example/cb"], "response_types": ["code"],
                "grant_types": ["authorization_code"], "application_type": kind,
                "consent_method": "TRUSTED", "wildcard_redirect": "DISABLED" } },
        "_links": { "self": { "href": "https://acme.okta.com/api/v1/apps/0oa1" } },
    })
}

fn secret(id: &str, created: &str, status: &str) -> Value {
    json!({ "id": id, "created": created, "lastUpdated": created, "status": status,
        "client_secret": format!("value of {id}"), "secret_hash": "bKZDqPjUA" })
}

fn organization(app: &Value, secrets: &Value) -> Faulty {
    let faulty = Faulty::start();
    faulty.on(&format!("GET {APP} "), Fault::json(200, &app.to_string()));
    faulty.on(&format!("GET {SECRETS}"), Fault::json(200, &secrets.to_string()));
    for request in ["PUT", "POST", "DELETE"] {
        faulty.on(&format!("{request} {APP}"), Fault::json(200, "{}"));
    }
    let added = secret("new", "2026-12-01T00:00:00.000Z", "ACTIVE");
    faulty.on(&format!("POST {SECRETS} "), Fault::json(201, &added.to_string()));
    faulty
}

fn okta(faulty: &Faulty) -> Arc<dyn CredentialsApi> {
    let base_url = faulty.base_url.clone();
    let profile = Profile { provider: Provider::Okta, base_url, ..Profile::default() };
    let bearer = Arc::new(Fixed(Arc::new(Secret::new("00anAPItoken".to_owned()))));
    let http = Http::new(&profile.base_url, Some(bearer), &Trust::default()).unwrap();
    api::provider(&profile, http, ProviderDeps::default()).unwrap()
}

fn client(id: &str) -> CredentialRef {
    CredentialRef::new(Kind::M2m, id.into())
}

/// Returns the requests that change something: method and path.
fn writes(faulty: &Faulty) -> Vec<String> {
    let seen = faulty.seen.lock().unwrap();
    let lines = seen.iter().map(|(line, _)| line.trim_end_matches(" HTTP/1.1").to_owned());
    lines.filter(|line| !line.starts_with("GET")).collect()
}

#[tokio::test]
async fn list_has_only_openid_connect_apps_and_follows_links() {
    // Okta sends a line for each link, and the one of the next page is the second.
    const NEXT: &[(&str, &str)] = &[
        ("link", "<https://acme.okta.com/api/v1/apps?limit=200>; rel=\"self\""),
        ("link", "<https://acme.okta.com/api/v1/apps?after=abc&limit=200>; rel=\"next\""),
    ];
    let faulty = Faulty::start();
    let saml = json!({ "id": "0oa2", "label": "Payroll", "signOnMode": "SAML_2_0" });
    // Okta's own apps have no client ID.
    let own = json!({ "id": "0oa4", "name": "saasure", "label": "Okta Admin Console",
        "signOnMode": "OPENID_CONNECT", "credentials": { "signing": { "kid": "k" } },
        "settings": { "app": {} } });
    let rows = json!([app("0oa1", "browser"), saml, own]).to_string();
    faulty.on("GET /api/v1/apps?limit=200 ", Fault::Answer(200, NEXT, rows));
    let rows = json!([app("0oa3", "web")]).to_string();
    faulty.on("GET /api/v1/apps?limit=200&after=abc", Fault::json(200, &rows));
    let api = okta(&faulty);
    let query = PageQuery { every_client: true, ..PageQuery::first(Kind::Spa, Scope::Mine, 1000) };
    let page = api.page(query.clone()).await.unwrap();
    let last = api.page(PageQuery { after: page.next.clone(), ..query }).await.unwrap();
    let kinds: Vec<Kind> = page.entries.iter().chain(&last.entries).map(Credential::kind).collect();
    assert_eq!((kinds, last.next), (vec![Kind::Spa, Kind::Other], None));
    let seen = faulty.seen.lock().unwrap();
    assert!(seen[0].1.contains("authorization: SSWS 00anAPItoken"), "{}", seen[0].1);
}

/// An app whose client ID was chosen has another ID, by which the API addresses the app.
#[tokio::test]
async fn custom_client_id_is_found() {
    let faulty = organization(&app("nightly-sync", "service"), &json!([]));
    let missing = json!({ "errorCode": "E0000007", "errorSummary": "Not found: nightly-sync" });
    faulty.on("GET /api/v1/apps/nightly-sync ", Fault::json(404, &missing.to_string()));
    let rows = json!([app("nightly-sync", "service")]).to_string();
    faulty.on("GET /api/v1/apps?limit=200", Fault::json(200, &rows));
    let shown = okta(&faulty).show(client("nightly-sync")).await.unwrap();
    assert_eq!((shown.kind(), shown.id().raw()), (Kind::M2m, "nightly-sync"));
    let unknown = &shown.record().unknown;
    assert!(unknown.contains(&("id".into(), "\"0oa1\"".into())), "{unknown:?}");
    okta(&faulty).set_enabled(client("nightly-sync"), false).await.unwrap();
    assert_eq!(writes(&faulty), [format!("POST {APP}/lifecycle/deactivate")]);
}

/// An edit replaces the app: members that Credenza does not interpret stay, those that the server
/// sets are omitted, and an empty secret keeps the current one.
#[tokio::test]
async fn edit_replaces_the_whole_app() {
    let before = app("0oa1", "web");
    let faulty = organization(&before, &json!([]));
    let lines = |uri: &str| FieldValue::Lines(vec![uri.to_owned()]);
    let change = Change {
        field: Field::Callbacks,
        before: lines("https://sync.example/cb"),
        after: lines("https://sync.example/new"),
    };
    okta(&faulty).edit(client("0oa1"), None, vec![change]).await.unwrap();
    let mut expected = before;
    for name in ["id", "orn", "status", "created", "lastUpdated", "_links"] {
        expected.as_object_mut().unwrap().remove(name);
    }
    expected["settings"]["oauthClient"]["redirect_uris"] = json!(["https://sync.example/new"]);
    expected["credentials"]["oauthClient"]["client_secret"] = json!("");
    assert_eq!(faulty.bodies(&format!("PUT {APP}")), [expected]);
}

#[tokio::test]
async fn error_names_the_field_and_the_causes() {
    let faulty = organization(&app("0oa1", "web"), &json!([]));
    let error = json!({ "errorCode": "E0000001", "errorSummary": "Api validation failed: settings",
        "errorCauses": [{ "errorSummary": "redirect_uris: must be a valid URI" }] });
    faulty.on(&format!("PUT {APP}"), Fault::json(400, &error.to_string()));
    let error = okta(&faulty).edit(client("0oa1"), None, Vec::new()).await.unwrap_err();
    let said = "Api validation failed: settings: redirect_uris: must be a valid URI";
    let ApiError::Invalid { said: actual, problems } = &error else { panic!("{error:?}") };
    assert_eq!((actual.raw(), problems[0].field), (said, Field::Callbacks));
}

/// A client has two secrets at most, so an inactive one makes room for the new one.
#[tokio::test]
async fn rotation_deletes_the_inactive_and_the_previous_secret() {
    let secrets = json!([
        secret("old", "2025-01-01T00:00:00.000Z", "INACTIVE"),
        secret("current", "2026-01-01T00:00:00.000Z", "ACTIVE"),
    ]);
    let faulty = organization(&app("0oa1", "service"), &secrets);
    let api = okta(&faulty);
    assert_eq!(api.secret(client("0oa1")).await.unwrap().expose(), "value of current");
    let written = api.rotate(client("0oa1"), RotationRequest::default()).await.unwrap();
    assert!(written.secret.is_none(), "the secret can be read");
    let expected = [
        format!("DELETE {SECRETS}/old"),
        format!("POST {SECRETS}"),
        format!("POST {SECRETS}/current/lifecycle/deactivate"),
        format!("DELETE {SECRETS}/current"),
    ];
    assert_eq!(writes(&faulty), expected);
    let added = api.add_secret(client("0oa1")).await.unwrap();
    assert_eq!((added.secret.expose(), added.id), ("value of new", Some("new".into())));
    // The error names what was done before it.
    faulty.on(&format!("POST {SECRETS} "), Fault::json(403, "{}"));
    let error = api.add_secret(client("0oa1")).await.unwrap_err();
    let ApiError::Local { why, .. } = &error else { panic!("{error:?}") };
    assert!(why.contains("The inactive secret was deleted"), "{why}");
}

#[tokio::test]
async fn third_active_secret_is_refused() {
    let secrets = json!([
        secret("one", "2025-01-01T00:00:00.000Z", "ACTIVE"),
        secret("two", "2026-01-01T00:00:00.000Z", "ACTIVE"),
    ]);
    let faulty = organization(&app("0oa1", "service"), &secrets);
    let error = okta(&faulty).add_secret(client("0oa1")).await.unwrap_err();
    assert!(
        matches!(&error, ApiError::Local { why, .. } if why.contains("two active")),
        "{error:?}"
    );
    assert_eq!(writes(&faulty), Vec::<String>::new());
    // A state that is already set is not set again, so an interrupted step can be repeated.
    okta(&faulty).set_secret_active(client("0oa1"), "one".into(), true).await.unwrap();
    okta(&faulty).set_enabled(client("0oa1"), true).await.unwrap();
    assert_eq!(writes(&faulty), Vec::<String>::new());
}

/// Without the permission for secrets, the client is shown without them. Other failures are not
/// taken for a client without secrets.
#[tokio::test]
async fn unreadable_secrets_are_not_missing_secrets() {
    let faulty = organization(&app("0oa1", "service"), &json!([]));
    faulty.on(&format!("GET {SECRETS}"), Fault::json(403, "{}"));
    let shown = okta(&faulty).show(client("0oa1")).await.unwrap();
    assert_eq!(shown.client().unwrap().secrets(), None);
    faulty.on(&format!("GET {SECRETS}"), Fault::json(500, "{}"));
    assert!(okta(&faulty).show(client("0oa1")).await.is_err());
}

/// Only an inactive app can be deleted. If the deletion fails, the app keeps working, or the error
/// says that it may not.
#[tokio::test]
async fn refused_deletion_activates_the_app_again() {
    let faulty = organization(&app("0oa1", "service"), &json!([]));
    let denied = json!({ "errorCode": "E0000006", "errorSummary":
        "You do not have permission to perform the requested action" });
    faulty.on(&format!("DELETE {APP}"), Fault::json(403, &denied.to_string()));
    let error = okta(&faulty).delete(client("0oa1"), None).await.unwrap_err();
    assert!(matches!(error, ApiError::Forbidden { .. }), "{error:?}");
    let expected = [
        format!("POST {APP}/lifecycle/deactivate"),
        format!("DELETE {APP}"),
        format!("POST {APP}/lifecycle/activate"),
    ];
    assert_eq!(writes(&faulty), expected);
    // Okta's calls for a state have no body, but a length.
    let has_length = |(_, whole): &(String, String)| whole.contains("content-length: 0");
    assert!(faulty.seen.lock().unwrap().iter().any(has_length));

    faulty.on(&format!("POST {APP}/lifecycle/activate"), Fault::json(500, "{}"));
    let error = okta(&faulty).delete(client("0oa1"), None).await.unwrap_err();
    let ApiError::Local { why, .. } = &error else { panic!("{error:?}") };
    assert!(why.contains("deactivated, but not deleted"), "{why}");

    // The response to the deletion was lost, and the app no longer exists.
    faulty.on(&format!("DELETE {APP}"), Fault::json(502, "{}"));
    faulty.on(&format!("POST {APP}/lifecycle/activate"), Fault::json(404, "{}"));
    okta(&faulty).delete(client("0oa1"), None).await.unwrap();
}

/// The response to a creation has the secret, which must not be part of the version.
#[tokio::test]
async fn new_client_has_the_version_of_a_read() {
    let mut created = app("0oa1", "service");
    created["credentials"]["oauthClient"]["client_secret"] = json!("a secret");
    let faulty = organization(&app("0oa1", "service"), &json!([]));
    faulty.on("POST /api/v1/apps?activate=true", Fault::json(200, &created.to_string()));
    let draft = ClientDraft { name: "Sync".into(), ..ClientDraft::default() };
    let made = okta(&faulty).create(Draft::M2m(draft), String::new()).await.unwrap();
    let read = okta(&faulty).show(client("0oa1")).await.unwrap();
    assert_eq!(made.credential.record().version, read.record().version);
}

/// Okta gives M2M clients the response type of the implicit grant, which they cannot use.
#[tokio::test]
async fn m2m_client_has_no_implicit_grant() {
    let mut service = app("0oa1", "service");
    service["settings"]["oauthClient"]["response_types"] = json!(["token"]);
    service["settings"]["oauthClient"]["grant_types"] = json!(["client_credentials"]);
    let shown = okta(&organization(&service, &json!([]))).show(client("0oa1")).await.unwrap();
    let context = AuditContext::new(jiff::Timestamp::now(), ProfileInfo::default());
    let findings = audit::audit_one(&shown, &context, &RuleSelection::default());
    let ids: Vec<&str> = findings.iter().map(|it| it.rule.id).collect();
    assert!(!ids.contains(&"GRA01"), "{ids:?}");
}

#[tokio::test]
async fn new_clients_have_okta_types() {
    let faulty = Faulty::start();
    faulty.on(
        "POST /api/v1/apps?activate=true",
        Fault::json(200, &app("0oa1", "browser").to_string()),
    );
    let draft = || ClientDraft {
        name: "Shop".into(),
        callbacks: vec!["https://shop.example/cb".into()],
        use_default_urls: false,
        ..ClientDraft::default()
    };
    okta(&faulty).create(Draft::Spa(draft()), String::new()).await.unwrap();
    okta(&faulty).create(Draft::M2m(draft()), String::new()).await.unwrap();
    let bodies = faulty.bodies("POST /api/v1/apps?activate=true");
    let at = |body: &Value, path: &str| body.pointer(path).cloned().unwrap_or_default();
    let types: Vec<_> =
        bodies.iter().map(|it| at(it, "/settings/oauthClient/application_type")).collect();
    assert_eq!(types, ["browser", "service"]);
    let methods =
        bodies.iter().map(|it| at(it, "/credentials/oauthClient/token_endpoint_auth_method"));
    assert_eq!(methods.collect::<Vec<_>>(), ["none", "client_secret_basic"]);
    assert_eq!(
        at(&bodies[0], "/settings/oauthClient/redirect_uris"),
        json!(["https://shop.example/cb"])
    );
    assert_eq!(at(&bodies[0], "/label"), json!("Shop"));
}
