//! Requests for Microsoft Graph, and the interpretation of its responses. The responses have the
//! shapes of those that `Azure/azure-cli` recorded (commit fd3b3d8c, `test_app_credential.yaml`).

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use credenza::{
    api::{
        self, Access, ApiError, CredentialsApi, Http, Overlap, PageQuery, ProviderDeps,
        RotationRequest, Scope, Trust, http::Fixed,
    },
    domain::{
        ClientDraft, CredentialRef, Draft, Kind, Profile, Secret, Untrusted,
        audit::{self, AuditContext, ProfileInfo, RuleSelection},
        draft::{Change, Field, FieldValue},
        profile::Provider,
    },
};
use serde_json::{Value, json};

use crate::common::faulty::{Fault, Faulty};

const APP_ID: &str = "afb85a07-e312-4d49-b75b-9db4e2d683cd";
const FIND: &str =
    "GET /v1.0/applications?$filter=appId%20eq%20%27afb85a07-e312-4d49-b75b-9db4e2d683cd%27";
const OBJECT: &str = "/v1.0/applications/765eb0e3-acb3-475d-9a98-ee6892f081c8";

/// Returns an app registration as Graph returns it: every member, most of them empty.
fn registration(changes: &Value) -> Value {
    let mut registration = json!({
        "id": "765eb0e3-acb3-475d-9a98-ee6892f081c8", "deletedDateTime": null, "appId": APP_ID,
        "applicationTemplateId": null, "disabledByMicrosoftStatus": null,
        "createdDateTime": "2022-05-07T06:52:40Z", "displayName": "Nightly sync",
        "description": null, "groupMembershipClaims": null, "identifierUris": [],
        "isDeviceOnlyAuthSupported": null, "isFallbackPublicClient": null, "notes": null,
        "publisherDomain": "acme.onmicrosoft.com", "serviceManagementReference": null,
        "signInAudience": "AzureADMyOrg", "tags": [], "tokenEncryptionKeyId": null,
        "api": { "requestedAccessTokenVersion": 2, "oauth2PermissionScopes": [] },
        "appRoles": [], "keyCredentials": [], "passwordCredentials": [],
        "publicClient": { "redirectUris": [] }, "requiredResourceAccess": [],
        "web": { "homePageUrl": null, "logoutUrl": null, "redirectUris": [],
            "implicitGrantSettings": { "enableAccessTokenIssuance": false, "enableIdTokenIssuance": false } },
        "spa": { "redirectUris": [] },
    });
    let object = registration.as_object_mut().unwrap();
    object.extend(changes.as_object().unwrap().clone());
    registration
}

fn password(id: &str, start: &str, end: &str) -> Value {
    json!({ "customKeyIdentifier": null, "displayName": "key1", "endDateTime": end, "hint": "yXo",
        "keyId": id, "secretText": null, "startDateTime": start })
}

fn list(registrations: &[Value]) -> String {
    json!({ "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications",
        "value": registrations })
    .to_string()
}

/// Starts a Graph that has one app registration.
fn graph(registration: &Value) -> Faulty {
    let faulty = Faulty::start();
    faulty.on(FIND, Fault::json(200, &list(std::slice::from_ref(registration))));
    faulty.on(&format!("GET {OBJECT} "), Fault::json(200, &registration.to_string()));
    faulty.on(&format!("GET {OBJECT}/owners"), Fault::json(200, r#"{"value":[]}"#));
    let federated = format!("GET {OBJECT}/federatedIdentityCredentials");
    faulty.on(&federated, Fault::json(200, r#"{"value":[]}"#));
    faulty
}

fn token(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.x", part(&json!({ "alg": "none" })), part(claims))
}

fn api_as(faulty: &Faulty, claims: &Value) -> Arc<dyn CredentialsApi> {
    let profile = Profile {
        provider: Provider::Entra,
        base_url: faulty.base_url.clone(),
        issuer: Some("https://login.microsoftonline.com/t/v2.0".to_owned()),
        ..Profile::default()
    };
    let bearer = Arc::new(Fixed(Arc::new(Secret::new(token(claims)))));
    let http = Http::new(&profile.base_url, Some(bearer), &Trust::default()).unwrap();
    api::provider(&profile, http, ProviderDeps::default()).unwrap()
}

fn entra(faulty: &Faulty) -> Arc<dyn CredentialsApi> {
    api_as(faulty, &json!({ "scp": "Application.ReadWrite.All User.Read", "upn": "ada@acme.dev" }))
}

fn client(kind: Kind) -> CredentialRef {
    CredentialRef::new(kind, APP_ID.into())
}

/// Requests other than GET: method and path.
fn writes(faulty: &Faulty) -> Vec<String> {
    let seen = faulty.seen.lock().unwrap();
    let lines = seen.iter().map(|(line, _)| line.trim_end_matches(" HTTP/1.1").to_owned());
    lines.filter(|line| !line.starts_with("GET")).collect()
}

#[tokio::test]
async fn platforms_and_credentials_determine_the_kind() {
    let uris = |uri: &str| json!({ "redirectUris": [uri] });
    let secret = json!([password("k", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")]);
    let scopes = json!({ "oauth2PermissionScopes": [{ "value": "read" }] });
    let expired = json!([password("k", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")]);
    for (members, kind, app_type) in [
        (
            json!({ "spa": uris("https://a.example/"), "passwordCredentials": expired }),
            Kind::Spa,
            None,
        ),
        (json!({ "spa": uris("https://a.example/") }), Kind::Spa, None),
        (json!({}), Kind::M2m, None),
        (json!({ "passwordCredentials": secret, "api": scopes }), Kind::M2m, None),
        (json!({ "api": scopes }), Kind::Other, Some("API")),
        (
            json!({ "spa": uris("https://a.example/"), "passwordCredentials": secret }),
            Kind::Other,
            Some("single-page, with credentials"),
        ),
        (json!({ "isFallbackPublicClient": true }), Kind::Other, Some("public client")),
        (
            json!({ "web": uris("https://a.example/"), "spa": uris("https://b.example/") }),
            Kind::Other,
            Some("web, single-page"),
        ),
    ] {
        let shown = entra(&graph(&registration(&members))).show(client(Kind::Other)).await.unwrap();
        let found = shown.client().unwrap().app_type.as_ref().map(|it| it.raw().to_owned());
        assert_eq!((shown.kind(), found.as_deref()), (kind, app_type), "{members}");
    }
}

#[tokio::test]
async fn details_have_secrets_owners_and_federated_credentials() {
    let object = registration(&json!({
        "passwordCredentials": [
            password("old", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            password("new", "2026-06-01T00:00:00Z", "2027-06-01T00:00:00Z"),
        ],
        "keyCredentials": [{ "displayName": "CN=sync", "endDateTime": "2027-02-01T00:00:00Z",
            "key": null, "keyId": "c", "type": "AsymmetricX509Cert", "usage": "Verify" }],
        "web": { "homePageUrl": "https://sync.example/", "redirectUris": [],
            "implicitGrantSettings": { "enableAccessTokenIssuance": false, "enableIdTokenIssuance": false } },
    }));
    let faulty = graph(&object);
    let owners = json!({ "value": [
        { "@odata.type": "#microsoft.graph.user", "id": "1", "userPrincipalName": "grace@acme.dev" },
        { "@odata.type": "#microsoft.graph.servicePrincipal", "id": "2", "displayName": "deployer" },
    ] });
    faulty.on(&format!("GET {OBJECT}/owners"), Fault::json(200, &owners.to_string()));
    let federated = json!({ "value": [{ "id": "f", "name": "Testing",
        "issuer": "https://token.actions.githubusercontent.com/",
        "subject": "repo:octo-org/octo-repo:environment:Production" }] });
    let path = format!("GET {OBJECT}/federatedIdentityCredentials");
    faulty.on(&path, Fault::json(200, &federated.to_string()));

    let shown = entra(&faulty).show(client(Kind::M2m)).await.unwrap();
    let ids: Vec<_> = shown.secrets().iter().map(|it| it.id.as_ref().unwrap().raw()).collect();
    assert_eq!(ids, ["new", "old"], "the newest first");
    let owner = shown.record().owner.as_ref().unwrap();
    assert_eq!((owner.email.raw(), owner.user_id.raw()), ("grace@acme.dev", "1"));
    let unknown = format!("{:?}", shown.record().unknown);
    for part in ["deployer", "octo-org/octo-repo", "CN=sync", "key1", "https://sync.example/"] {
        assert!(unknown.contains(part), "{part} in {unknown}");
    }
    assert!(!unknown.contains("yXo"), "the first characters of a secret: {unknown}");
    let posture = shown.client().unwrap().posture.as_ref().unwrap();
    assert_eq!(posture.certificates.len(), 1);
}

#[tokio::test]
async fn pages_follow_the_next_link_of_the_same_server() {
    let faulty = Faulty::start();
    let link = |host: &str| {
        json!({ "value": [registration(&json!({}))],
            "@odata.nextLink": format!("{host}/v1.0/applications?$top=500&$skiptoken=abc") })
        .to_string()
    };
    let first = "GET /v1.0/applications?$top=500 ";
    faulty.on(first, Fault::json(200, &link(&faulty.base_url)));
    faulty.on("GET /v1.0/applications?$top=500&$skiptoken=abc", Fault::json(200, &list(&[])));
    let api = entra(&faulty);
    let query = PageQuery::first(Kind::M2m, Scope::Organization, 1000);
    let page = api.page(query.clone()).await.unwrap();
    assert_eq!(page.entries.len(), 1);
    let last = api.page(PageQuery { after: page.next, ..query.clone() }).await.unwrap();
    assert_eq!((last.entries.len(), last.next), (0, None));

    faulty.on(first, Fault::json(200, &link("https://evil.example")));
    let page = api.page(query.clone()).await.unwrap();
    let stolen = api.page(PageQuery { after: page.next, ..query }).await;
    assert!(matches!(stolen, Err(ApiError::Redirected { .. })), "{stolen:?}");
}

#[tokio::test]
async fn own_clients_are_those_that_the_user_owns() {
    let faulty = Faulty::start();
    let own = registration(&json!({ "@odata.type": "#microsoft.graph.application" }));
    let group = json!({ "@odata.type": "#microsoft.graph.group", "id": "g" });
    faulty.on("GET /v1.0/me/ownedObjects?$top=500", Fault::json(200, &list(&[group, own])));
    faulty.on("GET /v1.0/applications?$top=500", Fault::json(200, &list(&[])));
    let query = || PageQuery::first(Kind::M2m, Scope::Mine, 1000);
    let user = entra(&faulty);
    assert_eq!(user.page(query()).await.unwrap().entries.len(), 1);
    assert!(user.capabilities().await.unwrap().organization);
    // An application has no `/me`.
    let app = json!({ "idtyp": "app", "roles": ["Application.Read.All"] });
    let app = api_as(&faulty, &app);
    assert_eq!(app.page(query()).await.unwrap().entries.len(), 0);
    let capabilities = app.capabilities().await.unwrap();
    let m2m = capabilities.of(Kind::M2m);
    assert_eq!((&m2m.list, m2m.overlap), (&Access::Allowed, Overlap::Several));
    let refusal = m2m.edit.refusal().unwrap().raw().to_owned();
    assert_eq!(refusal, "Your token has no Application.ReadWrite.All permission");
    assert!(!capabilities.organization);
}

#[tokio::test]
async fn new_m2m_client_gets_a_service_principal_and_a_secret() {
    let faulty = Faulty::start();
    faulty.on("POST /v1.0/applications ", Fault::json(201, &registration(&json!({})).to_string()));
    let early = json!({ "error": { "code": "Request_BadRequest", "message":
        "The appId 'afb85a07' of the service principal does not reference a valid application object." } });
    faulty.on("POST /v1.0/servicePrincipals", Fault::json(400, &early.to_string()));
    let principal = Fault::json(201, r#"{"id":"sp"}"#);
    faulty.after("POST /v1.0/servicePrincipals", "POST /v1.0/servicePrincipals", principal);
    let added = r#"{"keyId":"k","secretText":"the secret","hint":"the"}"#;
    faulty.on(&format!("POST {OBJECT}/addPassword"), Fault::json(200, added));

    let draft = ClientDraft { name: "Nightly sync".into(), ..ClientDraft::default() };
    let made = entra(&faulty).create(Draft::M2m(draft), String::new()).await.unwrap();
    assert_eq!(made.credential.kind(), Kind::M2m);
    assert_eq!(made.secret.unwrap().expose(), "the secret");
    let expected = json!({ "displayName": "Nightly sync", "signInAudience": "AzureADMyOrg" });
    assert_eq!(faulty.bodies("POST /v1.0/applications "), [expected]);
    let body = json!({ "appId": APP_ID });
    assert_eq!(faulty.bodies("POST /v1.0/servicePrincipals"), [body.clone(), body], "repeated");
    let body = &faulty.bodies(&format!("POST {OBJECT}/addPassword"))[0]["passwordCredential"];
    let time = |name: &str| body[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let lifetime = time("endDateTime").duration_since(time("startDateTime"));
    assert_eq!(lifetime.as_hours(), 180 * 24);
}

/// Without redirect URIs, nothing would distinguish a single-page application from an M2M client.
#[tokio::test]
async fn new_spa_client_needs_a_redirect_uri() {
    let faulty = Faulty::start();
    let draft = ClientDraft { name: "Shop".into(), ..ClientDraft::default() };
    let refused = entra(&faulty).create(Draft::Spa(draft), String::new()).await.unwrap_err();
    let problems: Vec<_> = refused.problems().iter().map(|it| it.field).collect();
    assert_eq!(problems, [Field::Callbacks]);
    assert!(faulty.seen.lock().unwrap().is_empty());
}

/// A client that cannot be completed is deleted again.
#[tokio::test]
async fn incomplete_client_is_deleted() {
    let faulty = Faulty::start();
    faulty.on("POST /v1.0/applications ", Fault::json(201, &registration(&json!({})).to_string()));
    let denied = json!({ "error": { "code": "Authorization_RequestDenied",
        "message": "Insufficient privileges to complete the operation." } });
    faulty.on("POST /v1.0/servicePrincipals", Fault::json(403, &denied.to_string()));
    faulty.on(&format!("DELETE {OBJECT}"), Fault::Answer(204, &[], String::new()));
    let draft = ClientDraft { name: "Nightly sync".into(), ..ClientDraft::default() };
    let error = entra(&faulty).create(Draft::M2m(draft), String::new()).await.unwrap_err();
    let said = "Authorization_RequestDenied: Insufficient privileges to complete the operation.";
    // The outcome is certain: the client does not exist.
    let ApiError::Local { why, .. } = &error else { panic!("{error:?}") };
    assert!(why.contains(said) && !error.is_uncertain(), "{why}");
    assert_eq!(writes(&faulty).last().unwrap(), &format!("DELETE {OBJECT}"));
}

fn callbacks(before: &[&str], after: &[&str]) -> Vec<Change> {
    let lines = |all: &[&str]| FieldValue::Lines(all.iter().map(|it| (*it).to_owned()).collect());
    vec![Change { field: Field::Callbacks, before: lines(before), after: lines(after) }]
}

/// A redirect URI stays on its platform, only changed members are sent, and a member that Graph
/// changes by itself is reported. The first response after the edit is still the old state.
#[tokio::test]
async fn edit_keeps_platforms_and_waits_for_the_new_state() {
    let (a, b, c) = ("https://a.example/", "https://b.example/", "https://c.example/");
    let of = |web: &[&str], spa: &[&str]| {
        let settings: Vec<Value> =
            web.iter().enumerate().map(|(at, uri)| json!({ "uri": uri, "index": at })).collect();
        registration(&json!({ "web": { "redirectUris": web, "logoutUrl": "https://a.example/out",
                "redirectUriSettings": settings },
            "spa": { "redirectUris": spa } }))
    };
    let before = of(&[a], &[b]);
    let faulty = graph(&before);
    faulty.on(&format!("PATCH {OBJECT}"), Fault::Answer(204, &[], String::new()));
    let mut after = of(&[a, c], &[b]);
    after["notes"] = json!("changed by a policy");
    let states = vec![before.to_string(), after.to_string()];
    faulty.on(&format!("GET {OBJECT} "), Fault::InTurn(states));
    let change = callbacks(&[a, b], &[a, b, c]);
    let written = entra(&faulty).edit(client(Kind::Other), None, change).await.unwrap();
    let body = json!({ "web": { "redirectUris": [a, c] } });
    assert_eq!(faulty.bodies(&format!("PATCH {OBJECT}")), [body]);
    let now: Vec<_> =
        written.credential.client().unwrap().callbacks.iter().map(Untrusted::raw).collect();
    assert_eq!(now, [a, c, b]);
    assert_eq!(written.side_effects, ["notes".into()]);

    let spa = graph(&registration(&json!({ "spa": { "redirectUris": [a] } })));
    let refused = entra(&spa).edit(client(Kind::Spa), None, callbacks(&[a], &[])).await;
    assert!(matches!(refused, Err(ApiError::Invalid { .. })), "{refused:?}");
    assert_eq!(writes(&spa), Vec::<String>::new());
}

/// A new secret has the lifetime of the newest valid secret, and only that one is removed.
#[tokio::test]
async fn rotation_replaces_the_newest_valid_secret() {
    let expired = password("expired", "2026-08-01T00:00:00Z", "2026-08-02T00:00:00Z");
    let old = password("old", "2025-01-01T00:00:00Z", "2099-01-01T00:00:00Z");
    let new = password("new", "2026-06-01T00:00:00Z", "2099-06-01T00:00:00Z");
    let before = registration(&json!({ "passwordCredentials": [old, new, expired] }));
    let faulty = graph(&before);
    let added = r#"{"keyId":"added","secretText":"the secret"}"#;
    faulty.on(&format!("POST {OBJECT}/addPassword"), Fault::json(200, added));
    faulty.on(&format!("POST {OBJECT}/removePassword"), Fault::Answer(204, &[], String::new()));
    let now = password("added", "2026-12-01T00:00:00Z", "2099-03-01T00:00:00Z");
    let after = registration(&json!({ "passwordCredentials": [old, now] }));
    faulty.on(&format!("GET {OBJECT} "), Fault::json(200, &after.to_string()));
    let api = entra(&faulty);
    let written = api.rotate(client(Kind::M2m), RotationRequest::default()).await.unwrap();
    assert_eq!(written.secret.unwrap().expose(), "the secret");
    let notes: Vec<_> = written.credential.record().notes.iter().map(Untrusted::raw).collect();
    assert_eq!(notes, ["1 older secret still works"]);
    assert_eq!(written.credential.secrets().len(), 2);
    let removed = faulty.bodies(&format!("POST {OBJECT}/removePassword"));
    assert_eq!(removed, [json!({ "keyId": "new" })]);
    let body = &faulty.bodies(&format!("POST {OBJECT}/addPassword"))[0]["passwordCredential"];
    let time = |name: &str| body[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let lifetime = time("endDateTime").duration_since(time("startDateTime")).as_hours();
    assert_eq!(lifetime, 24 * (73 * 365 + 18), "from June 2026 to June 2099");

    // A secret that is already removed counts as retired.
    api.retire_secret(client(Kind::M2m), Some("never there".into())).await.unwrap();
    assert_eq!(faulty.count(&format!("POST {OBJECT}/removePassword")), 1);
}

/// An expired secret is a finding, and a rotation can still replace it.
#[tokio::test]
async fn expired_secret_is_reported() {
    let expired = password("old", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z");
    let faulty = graph(&registration(&json!({ "passwordCredentials": [expired] })));
    let shown = entra(&faulty).show(client(Kind::M2m)).await.unwrap();
    assert!(shown.secrets()[0].active);
    let context = AuditContext::new(jiff::Timestamp::now(), ProfileInfo::default());
    let findings = audit::audit_one(&shown, &context, &RuleSelection::default());
    let ids: Vec<&str> = findings.iter().map(|it| it.rule.id).collect();
    assert!(ids.contains(&"SEC03"), "{ids:?}");
}

/// A new secret that must not stay valid is removed even while Graph does not show it yet.
#[tokio::test]
async fn withdrawn_secret_is_removed_although_it_is_not_visible() {
    let faulty = graph(&registration(&json!({})));
    let remove = format!("POST {OBJECT}/removePassword");
    let missing = json!({ "error": { "code": "Request_BadRequest",
        "message": "No password credential found with keyId 'added'." } });
    faulty.on(&remove, Fault::json(400, &missing.to_string()));
    faulty.after(&remove, &remove, Fault::Answer(204, &[], String::new()));
    entra(&faulty).withdraw_secret(client(Kind::M2m), Some("added".into()), None).await.unwrap();
    assert_eq!(faulty.count(&remove), 2);
}

#[tokio::test]
async fn deleted_client_is_restored_with_its_service_principal() {
    let faulty = graph(&registration(&json!({})));
    let deleted = "/v1.0/directory/deletedItems";
    let of =
        |id: &str| json!({ "value": [{ "id": "x", "appId": "x" }, { "id": id, "appId": APP_ID }] });
    for (kind, id) in
        [("application", "765eb0e3-acb3-475d-9a98-ee6892f081c8"), ("servicePrincipal", "sp")]
    {
        let path = format!("GET {deleted}/microsoft.graph.{kind}?$top=100");
        faulty.on(&path, Fault::json(200, &of(id).to_string()));
        faulty.on(&format!("POST {deleted}/{id}/restore"), Fault::json(200, "{}"));
    }
    let restored = entra(&faulty).restore(client(Kind::M2m)).await.unwrap();
    assert_eq!(restored.id().raw(), APP_ID);
    let expected = [
        format!("POST {deleted}/765eb0e3-acb3-475d-9a98-ee6892f081c8/restore"),
        format!("POST {deleted}/sp/restore"),
    ];
    assert_eq!(writes(&faulty), expected);
    let other = CredentialRef::new(Kind::M2m, "00000000-0000-0000-0000-000000000000".into());
    let missing = entra(&faulty).restore(other).await;
    assert!(matches!(missing, Err(ApiError::NotFound { .. })), "{missing:?}");

    // If only the service principal is left, an earlier attempt was interrupted.
    let path = format!("GET {deleted}/microsoft.graph.application?$top=100");
    faulty.on(&path, Fault::json(200, &list(&[])));
    entra(&faulty).restore(client(Kind::M2m)).await.unwrap();
    assert_eq!(writes(&faulty).len(), 3);
    // `NotFound` would lead to another client, so the failure has another error.
    faulty.on(&format!("POST {deleted}/sp/restore"), Fault::json(404, "{}"));
    let error = entra(&faulty).restore(client(Kind::M2m)).await.unwrap_err();
    let ApiError::Local { why, .. } = &error else { panic!("{error:?}") };
    assert!(why.contains("without its service principal"), "{why}");
}

/// A client ID is part of a filter expression.
#[tokio::test]
async fn id_cannot_change_the_filter() {
    let faulty = graph(&registration(&json!({})));
    let odd = CredentialRef::new(Kind::M2m, "x' or appId ne '".into());
    let error = entra(&faulty).delete(odd, None).await.unwrap_err();
    assert!(matches!(error, ApiError::NotFound { .. }), "{error:?}");
    assert!(faulty.seen.lock().unwrap().is_empty());
}
