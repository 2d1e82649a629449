//! Providers against recorded responses of real servers (`tests/cassettes`, written by
//! `tests/third_party/run --record`). A test fails if the requests of its provider or the
//! results of the conformance suite differ from the recording.

use credenza::{domain::profile::Provider, server::Config};

use crate::common::{
    cassette::{self, Counterpart},
    server::Served,
};

async fn replays(name: &str) {
    let cassette = cassette::read(name);
    let (report, mistakes) = cassette::replay(&cassette).await;
    assert!(mistakes.is_empty(), "{}\n{}", cassette.server, mistakes.join("\n"));
    assert_eq!(report, cassette.report, "{}", cassette.server);
}

#[tokio::test]
async fn keycloak_replays() {
    replays("keycloak").await;
}

#[tokio::test]
async fn hydra_replays() {
    replays("hydra").await;
}

#[tokio::test]
async fn gitea_replays() {
    replays("gitea").await;
}

#[tokio::test]
async fn openbao_replays() {
    replays("openbao").await;
}

#[tokio::test]
async fn better_auth_replays() {
    replays("better-auth").await;
}

#[tokio::test]
async fn oidc_provider_replays() {
    replays("oidc-provider").await;
}

#[tokio::test]
async fn django_oauth_toolkit_replays() {
    replays("django-oauth-toolkit").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recording_is_replayed_and_another_request_is_noticed() {
    let served = Served::start(&Config::default());
    let bearer = served.minter.bearer().unwrap();
    let counterpart = Counterpart {
        server: "the embedded server",
        provider: Provider::Contract,
        origin: &served.base_url,
        path: "",
        token: bearer.expose(),
        scopes: &[],
    };
    let mut made = cassette::record(&counterpart).await;
    assert!(
        made.report.iter().any(|line| line.starts_with("m2m rotates works")),
        "{:#?}",
        made.report
    );
    let (report, mistakes) = cassette::replay(&made).await;
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    assert_eq!(report, made.report);
    let text = serde_json::to_string(&made).unwrap();
    assert!(!text.contains(bearer.expose()) && !text.contains(&served.base_url));

    made.forget("PATCH ");
    let (report, mistakes) = cassette::replay(&made).await;
    assert!(mistakes.iter().any(|it| it.starts_with("not recorded: PATCH ")), "{mistakes:#?}");
    assert_ne!(report, made.report);
}
