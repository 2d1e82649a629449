//! Records each server again, and compares the results of the conformance suite with those of the
//! committed cassette. `tests/third_party/run --record` writes the new recordings.

use credenza::domain::profile::Provider;
use serde_json::{Value, json};

use crate::{
    cassette::{self, Counterpart},
    counterparts::Started,
    servers::{
        better_auth, django, gitea, hydra, keycloak, machine_token, oidc_with_registration,
        openbao, operate,
    },
};

async fn compare(name: &str, counterpart: Counterpart<'_>) {
    let made = cassette::record(&counterpart).await;
    let (replayed, mistakes) = cassette::replay(&made).await;
    assert!(mistakes.is_empty() && replayed == made.report, "{name}: {mistakes:#?} {replayed:#?}");
    if std::env::var_os("RECORD").is_some() {
        let text = serde_json::to_string_pretty(&made).unwrap();
        std::fs::write(cassette::path(name), text + "\n").unwrap();
    }
    assert_eq!(made.report, cassette::read(name).report, "{name}: tests/third_party/run --record");
}

#[tokio::test(flavor = "multi_thread")]
async fn keycloak_answers_as_recorded() {
    let server = keycloak();
    let token = |realm: &str, id: &str, secret: &str| {
        let path = format!("{}/realms/{realm}/protocol/openid-connect/token", server.url);
        machine_token(&path, id, secret)
    };
    let realm: Value = serde_json::from_str(include_str!("servers/keycloak/realm.json")).unwrap();
    let bearer =
        format!("authorization: Bearer {}", token("master", "bootstrap", "bootstrap-secret"));
    operate("POST", &format!("{}/admin/realms", server.url), &[&bearer], Some(&realm));
    let token = token("acme", "credenza-admin", "credenza-admin-secret");
    let counterpart = Counterpart {
        server: "Keycloak 26.7.3",
        provider: Provider::Keycloak,
        origin: &server.url,
        path: "/realms/acme",
        token: &token,
        scopes: &[],
    };
    compare("keycloak", counterpart).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hydra_answers_as_recorded() {
    let (server, _) = hydra();
    let counterpart = Counterpart {
        server: "Ory Hydra 2.3.0",
        provider: Provider::Hydra,
        origin: &server.url,
        path: "",
        token: "none",
        scopes: &[],
    };
    compare("hydra", counterpart).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gitea_answers_as_recorded() {
    let server = gitea();
    let counterpart = Counterpart {
        server: "Gitea 1.26.0",
        provider: Provider::Gitea,
        origin: &server.url,
        path: "",
        token: &server.file("dev.token"),
        scopes: &["read:user"],
    };
    compare("gitea", counterpart).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openbao_answers_as_recorded() {
    let server = openbao();
    let counterpart = Counterpart {
        server: "OpenBao 2.7.2",
        provider: Provider::OpenBao,
        origin: &server.url,
        path: "",
        token: "root",
        scopes: &["default"],
    };
    compare("openbao", counterpart).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn better_auth_answers_as_recorded() {
    let server = better_auth(false);
    let url = server.text("url");
    let body = json!({ "email": "ann@example.test", "name": "ann", "password": "correct horse" });
    let answer = operate("POST", &format!("{url}/sign-up/email"), &[], Some(&body));
    let counterpart = Counterpart {
        server: "Better Auth 1.7",
        provider: Provider::BetterAuth,
        origin: url.trim_end_matches("/api/auth"),
        path: "/api/auth",
        token: answer["token"].as_str().unwrap(),
        scopes: &[],
    };
    compare("better-auth", counterpart).await;
}

async fn registers(name: &str, server: &str, started: &Started, token: &str) {
    let counterpart = Counterpart {
        server,
        provider: Provider::Registration,
        origin: started.text("issuer"),
        path: "",
        token,
        scopes: &[],
    };
    compare(name, counterpart).await;
}

/// The server issues a new registration access token with each update.
#[tokio::test(flavor = "multi_thread")]
async fn oidc_provider_answers_as_recorded() {
    let server = oidc_with_registration(false);
    registers("oidc-provider", "node-oidc-provider 9.13", &server, "initial-token").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn django_answers_as_recorded() {
    let server = django(3600);
    registers("django-oauth-toolkit", "django-oauth-toolkit 3.4", &server, "alice-initial-token")
        .await;
}
