//! The conformance suite: the embedded server passes it, and servers that violate the contract do
//! not.

use std::sync::Arc;

use credenza::{
    api::{Bearer, Http, Trust, contract::Contract, http::Fixed},
    conformance::{
        self, CheckResult, ConformanceReport, Outcome,
        behavior::{self, Bench},
        contract::{self, Wire},
        report::word,
    },
    domain::Secret,
};

use crate::common::{
    assert_committed,
    faulty::{Fault, Faulty},
    server::{Served, config},
};

fn http(base: &str, token: Option<&str>) -> Http {
    let bearer =
        token.map(|token| Arc::new(Fixed(Arc::new(Secret::new(token.into())))) as Arc<dyn Bearer>);
    Http::new(base, bearer, &Trust::default()).unwrap().of_api()
}

fn bench(base: &str, token: &str, other: Option<&str>) -> Bench {
    let api = |token: &str| Arc::new(Contract::new(http(base, Some(token)), base));
    Bench {
        api: api(token),
        other: other.map(|token| api(token) as _),
        anonymous: Some(api("no-token")),
        issue: None,
        scopes: Vec::new(),
        name: Box::new(conformance::name),
    }
}

async fn on_the_wire(base: &str, token: &str) -> ConformanceReport {
    let wire = Wire { with_token: http(base, Some(token)), without: http(base, None) };
    let mut report = ConformanceReport::default();
    contract::run(&wire, &mut report).await;
    report
}

/// Returns the report in the format of `tests/matrix`.
fn lines(report: &ConformanceReport) -> String {
    let line = |check: &CheckResult| {
        let kind = check.kind.map_or("-", word);
        let (outcome, why) = match &check.outcome {
            Outcome::Works => ("works", String::new()),
            Outcome::NotOffered(why) => ("not_offered", format!(": {why}")),
            Outcome::Fails(why) => ("fails", format!(": {why}")),
        };
        format!("{kind:<6} {:<21} {outcome}{why}\n", check.name)
    };
    report.checks.iter().map(line).collect()
}

fn failing(report: &ConformanceReport) -> Vec<&'static str> {
    report.failures().map(|check| check.name).collect()
}

#[tokio::test]
async fn the_embedded_server_keeps_the_contract() {
    let server = Served::start(&config());
    let ada = server.ada().bearer.expose().to_owned();
    let grace = server.other_user("grace", "editor").bearer.expose().to_owned();
    let mut bench = bench(&server.base_url, &ada, Some(&grace));
    let capabilities = bench.api.capabilities().await.unwrap();
    bench.issue = conformance::issue(&capabilities, &Trust::default());
    let report = behavior::run(&bench).await;
    assert_committed("tests/matrix/contract.txt", &lines(&report));
    assert_eq!(failing(&report), Vec::<&str>::new());
    let report = on_the_wire(&server.base_url, &ada).await;
    assert_eq!(failing(&report), Vec::<&str>::new(), "{}", report.text());
    assert_eq!(report.checks.len(), 11);
    // Each check must quote a sentence of the contract.
    let contract = include_str!("../../assets/openapi.yaml");
    for check in &report.checks {
        assert!(contract.contains(check.sentence), "{}", check.sentence);
    }
}

#[tokio::test]
async fn a_broken_promise_is_found_and_its_sentence_named() {
    let faulty = Faulty::start();
    // The server requires no token, and returns 200 instead of 201 for a create.
    let client = r#"{"client_id":"c","client_secret":"s","name":"n","app_type":"spa"}"#;
    faulty.on(
        "GET /v3/oauth-clients",
        Fault::json(200, r#"[{"client_id":"c","client_secret":"s"}]"#),
    );
    faulty.on("GET /v3/oauth-clients/", Fault::json(200, client));
    faulty.on("POST /v3/oauth-clients", Fault::json(200, client));
    faulty.on("PATCH /v3/oauth-clients", Fault::json(200, client));
    faulty.on("DELETE /v3/oauth-clients", Fault::json(200, "{}"));
    let report = on_the_wire(&faulty.base_url, "x").await;
    assert_eq!(failing(&report), ["asks for a token", "create on the wire"]);
    let text = report.text();
    assert!(text.contains("FAILS: the status is 200, not 201"), "{text}");
    assert!(text.contains("Create a client. The response contains its secret."), "{text}");
}
