//! Cases that the conformance suite cannot produce: clients made elsewhere, servers that limit
//! requests or stop, and actions that only an operator can do.

use std::sync::Arc;

use credenza::{
    api::{
        ApiError, Bearer, CredentialsApi, Http, PageQuery, ProviderDeps, RotationRequest, Scope,
        Trust, Written, http::Fixed, provider,
    },
    conformance,
    domain::{
        ClientDraft, CredentialRef, Draft, Kind, Profile, Secret, Untrusted,
        draft::{Change, Field, FieldValue},
        profile::Provider,
    },
};
use serde_json::{Value as Json, json};

use crate::servers::{better_auth, gitea, hydra, keycloak, machine_token, openbao, operate};

pub fn api(
    kind: Provider,
    url: &str,
    token: Option<&str>,
    issuer: Option<&str>,
) -> Arc<dyn CredentialsApi> {
    let bearer = token
        .map(|token| Arc::new(Fixed(Arc::new(Secret::new(token.to_owned())))) as Arc<dyn Bearer>);
    let profile = Profile {
        provider: kind,
        base_url: url.to_owned(),
        issuer: issuer.map(str::to_owned),
        ..Profile::default()
    };
    let http = Http::new(url, bearer, &Trust::default()).unwrap();
    provider(&profile, http, ProviderDeps::default()).unwrap()
}

fn first(kind: Kind, size: u32) -> PageQuery {
    PageQuery::first(kind, Scope::Mine, size)
}

/// Adds a redirect URI to a client of kind Other; returns the result of the edit. Also checks that
/// an edit of the previous version is rejected.
async fn with_another_callback(api: &dyn CredentialsApi, id: &Untrusted) -> Written {
    let before = api.show(CredentialRef::new(Kind::Other, id.clone())).await.unwrap();
    assert_eq!(before.kind(), Kind::Other);
    let mut lines: Vec<String> =
        before.client().unwrap().callbacks.iter().map(|it| it.raw().to_owned()).collect();
    let old = FieldValue::Lines(lines.clone());
    lines.push("https://portal.example.com/another".into());
    let change = Change { field: Field::Callbacks, before: old, after: FieldValue::Lines(lines) };
    let version = before.record().version.clone();
    let written = api
        .edit(CredentialRef::new(Kind::Other, id.clone()), version.clone(), vec![change.clone()])
        .await
        .unwrap();
    let again = api.edit(CredentialRef::new(Kind::Other, id.clone()), version, vec![change]).await;
    assert_eq!(again.unwrap_err(), ApiError::Changed, "an edit of an older version is rejected");
    written
}

/// Returns the names of the members that differ between two objects.
fn differing(before: &Json, after: &Json) -> Vec<String> {
    let (before, after) = (before.as_object().unwrap(), after.as_object().unwrap());
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

#[tokio::test]
async fn a_web_client_of_keycloak_is_edited_without_loss() {
    let server = keycloak();
    let token = |realm: &str, id: &str, secret: &str| {
        let path = format!("{}/realms/{realm}/protocol/openid-connect/token", server.url);
        machine_token(&path, id, secret)
    };
    let realm: Json = serde_json::from_str(include_str!("servers/keycloak/realm.json")).unwrap();
    let master =
        format!("authorization: Bearer {}", token("master", "bootstrap", "bootstrap-secret"));
    operate("POST", &format!("{}/admin/realms", server.url), &[&master], Some(&realm));
    let admin = token("acme", "credenza-admin", "credenza-admin-secret");
    let bearer = format!("authorization: Bearer {admin}");
    let clients = format!("{}/admin/realms/acme/clients", server.url);
    let portal = json!({
        "clientId": "portal / ümlaut", "name": "Portal", "publicClient": false, "standardFlowEnabled": true,
        "description": "of the marketing people", "consentRequired": true, "rootUrl": "https://portal.example.com",
        "redirectUris": ["https://portal.example.com/*"], "attributes": {"access.token.lifespan": "120"},
        "defaultClientScopes": ["email"],
    });
    operate("POST", &clients, &[&bearer], Some(&portal));
    let raw = || {
        let all = operate("GET", &clients, &[&bearer], None);
        let it =
            all.as_array().unwrap().iter().find(|it| it["clientId"] == portal["clientId"]).cloned();
        it.unwrap()
    };
    let before = raw();
    let api = api(Provider::Keycloak, &format!("{}/realms/acme", server.url), Some(&admin), None);
    let written = with_another_callback(&*api, &"portal / ümlaut".into()).await;
    assert!(written.secret.is_none(), "an edit issues no secret");
    assert_eq!(differing(&before, &raw()), ["redirectUris"]);
    // Built-in clients are also listed under Other, with their ID as the name.
    let page = api.page(first(Kind::Other, 100)).await.unwrap();
    assert!(page.entries.iter().any(|it| it.name().raw() == "realm-management"));

    // The same server supports dynamic registration; its admin API issues initial access tokens.
    let initial = format!("{}/admin/realms/acme/clients-initial-access", server.url);
    let made =
        operate("POST", &initial, &[&bearer], Some(&json!({ "count": 50, "expiration": 3600 })));
    crate::providers::registers_at(
        &format!("{}/realms/acme", server.url),
        made["token"].as_str().unwrap(),
    );
}

#[tokio::test]
async fn hydra_web_client_edit_is_lossless_and_stop_is_reported() {
    let (mut server, public) = hydra();
    let clients = format!("{}/admin/clients", server.url);
    let portal = json!({
        "client_id": "portal", "client_name": "Portal", "grant_types": ["authorization_code"],
        "redirect_uris": ["https://portal.example.com/cb"], "metadata": {"team": ["a", "b"], "n": 1},
        "contacts": ["ops@example.com"], "skip_consent": true, "audience": ["https://api.example.com"],
        "authorization_code_grant_access_token_lifespan": "10m",
    });
    operate("POST", &clients, &[], Some(&portal));
    let raw = || operate("GET", &format!("{clients}/portal"), &[], None);
    let before = raw();
    let api = api(Provider::Hydra, &server.url, None, Some(&public));
    with_another_callback(&*api, &"portal".into()).await;
    let mut changed = differing(&before, &raw());
    changed.retain(|name| name != "updated_at");
    assert_eq!(changed, ["redirect_uris"]);

    crate::providers::registers_at(&public, "no-token-is-needed");

    for n in 0..5 {
        let draft = ClientDraft { name: format!("bulk {n}"), ..ClientDraft::default() };
        api.create(Draft::M2m(draft), n.to_string()).await.unwrap();
    }
    let page = api.page(first(Kind::M2m, 2)).await.unwrap();
    assert!(page.next.is_some());
    server.kill();
    let error = api.page(PageQuery { after: page.next, ..first(Kind::M2m, 2) }).await.unwrap_err();
    assert!(matches!(error, ApiError::Unreachable { .. } | ApiError::Broken { .. }), "{error:?}");
}

#[tokio::test]
async fn an_edit_of_a_web_application_of_gitea_brings_a_new_secret() {
    let server = gitea();
    let token = server.file("dev.token");
    let bearer = format!("authorization: Bearer {token}");
    let applications = format!("{}/api/v1/user/applications/oauth2", server.url);
    let portal = json!({
        "name": "Portal", "redirect_uris": ["https://portal.example.com/cb"], "confidential_client": true,
        "skip_secondary_authorization": false,
    });
    let made = operate("POST", &applications, &[&bearer], Some(&portal));
    let id: Untrusted = made["client_id"].as_str().unwrap_or_else(|| panic!("{made}")).into();
    let api = api(Provider::Gitea, &server.url, Some(&token), None);
    let capabilities = api.capabilities().await.unwrap();
    assert!(capabilities.of(Kind::Other).edit_rotates, "users are warned before an edit");
    let written = with_another_callback(&*api, &id).await;
    let new = written.secret.expect("the edit returns the new secret");
    assert_ne!(Some(new.expose()), made["client_secret"].as_str());
    let after = operate("GET", &format!("{applications}/{}", made["id"]), &[&bearer], None);
    let changed = differing(&made, &after);
    assert_eq!(changed, ["client_secret", "redirect_uris"], "the client is still confidential");
    // Only the newest secret is accepted. The error for a bad refresh token shows whether the
    // secret was accepted.
    let tries = |secret: &str| {
        let url = format!("{}/login/oauth/access_token", server.url);
        let body = json!({ "grant_type": "refresh_token", "refresh_token": "x",
            "client_id": id.raw(), "client_secret": secret });
        operate("POST", &url, &[], Some(&body))["error"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(tries(new.expose()), "unauthorized_client");
    assert_eq!(tries(made["client_secret"].as_str().unwrap()), "invalid_client");
    let rotated = api
        .rotate(CredentialRef::new(Kind::Other, id.clone()), RotationRequest::default())
        .await
        .unwrap();
    assert_eq!(tries(rotated.secret.unwrap().expose()), "unauthorized_client");
    assert_eq!(tries(new.expose()), "invalid_client");
}

#[tokio::test]
async fn a_limit_of_openbao_is_a_wait() {
    let server = openbao();
    let root = "x-vault-token: root";
    let quotas = format!("{}/v1/sys/quotas", server.url);
    let headers = json!({ "enable_rate_limit_response_headers": true });
    operate("POST", &format!("{quotas}/config"), &[root], Some(&headers));
    let limit = json!({ "rate": 2, "interval": "10s", "path": "identity/" });
    operate("POST", &format!("{quotas}/rate-limit/t"), &[root], Some(&limit));
    let api = api(Provider::OpenBao, &server.url, Some("root"), None);
    let mut last = Ok(());
    for _ in 0..4 {
        last = api.page(first(Kind::Spa, 10)).await.map(|_| ());
    }
    let Err(ApiError::Limited { seconds }) = last else { panic!("{last:?}") };
    assert!((1..=10).contains(&seconds), "{seconds}");
    operate("DELETE", &format!("{quotas}/rate-limit/t"), &[root], None);
    assert_eq!(
        api.page(first(Kind::Spa, 10)).await.unwrap().entries.len(),
        0,
        "OpenBao returns 404 for an empty list"
    );

    // A client with the same name is not overwritten, and an invalid name is an error at its field.
    let draft =
        |name: &str| Draft::M2m(ClientDraft { name: name.into(), ..ClientDraft::default() });
    api.create(draft("robot"), String::new()).await.unwrap();
    let taken = api.create(draft("robot"), String::new()).await.unwrap_err();
    assert!(matches!(taken, ApiError::Conflict { .. }), "{taken:?}");
    let odd = api.create(draft("a robot"), String::new()).await.unwrap_err();
    assert_eq!(odd.problems()[0].field, Field::Name);
    // A token without policies would get all policies of its creator.
    let all = Draft::Token(credenza::domain::TokenDraft { name: "t".into(), ..Default::default() });
    let refused = api.create(all, String::new()).await.unwrap_err();
    assert_eq!(refused.problems()[0].field, Field::Scopes);
    // The token of the current session cannot be deleted.
    let me = operate("GET", &format!("{}/v1/auth/token/lookup-self", server.url), &[root], None);
    let own: Untrusted = me["data"]["accessor"].as_str().unwrap().into();
    let error = api.delete(CredentialRef::new(Kind::Token, own), None).await.unwrap_err();
    assert!(matches!(error, ApiError::Forbidden { .. }), "{error:?}");
}

#[tokio::test]
async fn better_auth_client_gets_tokens_after_operator_grant() {
    let server = better_auth(true);
    let url = server.text("url");
    let body = json!({ "email": "ann@example.test", "name": "ann", "password": "correct horse" });
    let ann = operate("POST", &format!("{url}/sign-up/email"), &[], Some(&body));
    let api = api(Provider::BetterAuth, url, ann["token"].as_str(), None);
    let capabilities = api.capabilities().await.unwrap();
    let issue = conformance::issue(&capabilities, &Trust::default()).unwrap();
    let draft = ClientDraft { name: "robot".into(), ..ClientDraft::default() };
    let made = api.create(Draft::M2m(draft), String::new()).await.unwrap();
    let id = made.credential.id().clone();
    let old = made.secret.unwrap();
    let copy = |secret: &Secret| Secret::new(secret.expose().to_owned());
    let refused = issue(id.clone(), copy(&old)).await.unwrap_err();
    assert!(matches!(refused, ApiError::Refused { .. }), "{refused:?}");
    let grant = json!({ "client_id": id.raw(), "scopes": ["read:things"] });
    operate("POST", server.text("operator"), &[], Some(&grant));
    issue(id.clone(), copy(&old)).await.unwrap();
    let rotated = api
        .rotate(CredentialRef::new(Kind::M2m, id.clone()), RotationRequest::default())
        .await
        .unwrap();
    issue(id.clone(), rotated.secret.unwrap()).await.unwrap();
    assert!(issue(id.clone(), old).await.is_err(), "the old secret is refused");

    // A browser app in development has a loopback callback, which the server accepts only for
    // native clients.
    let local = ClientDraft {
        name: "dev".into(),
        callbacks: vec!["http://localhost:3000/cb".into()],
        ..ClientDraft::default()
    };
    let made = api.create(Draft::Spa(local), String::new()).await.unwrap();
    assert_eq!(made.credential.kind(), Kind::Spa);

    // The server has a rate limit, which it reports in a non-standard header.
    let mut last = Ok(());
    for _ in 0..120 {
        last = api.page(first(Kind::Spa, 10)).await.map(|_| ());
        if last.is_err() {
            break;
        }
    }
    let Err(ApiError::Limited { seconds }) = last else { panic!("{last:?}") };
    assert!((1..=10).contains(&seconds), "{seconds}");
}
