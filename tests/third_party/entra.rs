//! The tests cannot use Microsoft Entra ID. Instead, they compare the requests of its provider with
//! those of the Azure CLI, which Microsoft publishes (`az ad app`).

use std::{process::Command, sync::Arc};

use credenza::{
    api::{
        Bearer, CredentialsApi, Http, PageQuery, ProviderDeps, RotationRequest, Scope, Trust,
        http::Fixed, provider,
    },
    domain::{
        ClientDraft, CredentialRef, Draft, Kind, Profile, Secret,
        draft::{Change, Field, FieldValue},
        profile::Provider,
    },
};
use serde_json::{Value, json};

use crate::{counterparts::repository, recorder::Recorder};

const APP_ID: &str = "afb85a07-e312-4d49-b75b-9db4e2d683cd";
const OBJECT_ID: &str = "765eb0e3-acb3-475d-9a98-ee6892f081c8";

/// Answer to every request: a list with one app registration, and its members.
fn answer(name: &str, redirect_uris: &Value) -> Value {
    let mut answer = json!({
        "id": OBJECT_ID, "appId": APP_ID, "displayName": name, "keyCredentials": [],
        "web": { "redirectUris": redirect_uris }, "publicClient": { "redirectUris": ["myapp://cb"] },
        "passwordCredentials": [{ "keyId": "key", "startDateTime": "2026-06-01T00:00:00Z",
            "endDateTime": "2099-11-28T00:00:00Z" }],
    });
    answer["value"] = json!([answer.clone()]);
    answer["value"][0]["@odata.type"] = json!("#microsoft.graph.application");
    answer["keyId"] = json!("key");
    answer["secretText"] = json!("a secret");
    answer
}

fn entra(url: &str) -> Arc<dyn CredentialsApi> {
    let bearer: Arc<dyn Bearer> = Arc::new(Fixed(Arc::new(Secret::new("opaque".into()))));
    let profile =
        Profile { provider: Provider::Entra, base_url: url.to_owned(), ..Profile::default() };
    let http = Http::new(url, Some(bearer), &Trust::default()).unwrap();
    provider(&profile, http, ProviderDeps::default()).unwrap()
}

/// Returns the requests of every operation of the provider, except restoring, which the Azure CLI
/// does not support.
async fn our_requests() -> Vec<Value> {
    let recorder = Recorder::start();
    let uris = json!(["https://b.example/"]);
    recorder.answers(answer("Daily sync", &uris));
    let api = entra(&recorder.url);
    let of = || CredentialRef::new(Kind::Other, APP_ID.into());
    for scope in [Scope::Organization, Scope::Mine] {
        let page = api.page(PageQuery::first(Kind::Other, scope, 1000)).await.unwrap();
        assert_eq!(page.entries.len(), 1);
    }
    api.show(of()).await.unwrap();
    let draft = ClientDraft { name: "Nightly sync".into(), ..ClientDraft::default() };
    api.create(Draft::M2m(draft), String::new()).await.unwrap();
    api.rotate(of(), RotationRequest::default()).await.unwrap();
    let list = |uri: &str| FieldValue::Lines(vec![uri.to_owned(), "myapp://cb".to_owned()]);
    let name = |name: &str| FieldValue::Line(name.to_owned());
    let changes = vec![
        Change { field: Field::Name, before: name("Daily sync"), after: name("Hourly sync") },
        Change {
            field: Field::Callbacks,
            before: list("https://b.example/"),
            after: list("https://a.example/"),
        },
    ];
    recorder.answers_after_write(answer("Hourly sync", &json!(["https://a.example/"])));
    api.edit(of(), None, changes).await.unwrap();
    api.delete(of(), None).await.unwrap();
    recorder.take()
}

fn their_requests() -> Vec<Value> {
    let recorder = Recorder::start();
    recorder.answers(answer("Daily sync", &json!([])));
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(repository("target/third-party/azure/bin/python"))
        .arg(repository("tests/third_party/servers/azure/graph.py"))
        .args([&recorder.url, APP_ID, OBJECT_ID])
        .env("AZURE_CONFIG_DIR", home.path())
        .env("AZURE_CORE_COLLECT_TELEMETRY", "false")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    recorder.take()
}

/// Returns true if the Azure CLI sent each member of our body, with the same value. Times differ.
fn covers(theirs: &Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => ours.iter().all(|(name, value)| {
            let is_time = name.ends_with("DateTime") && value.is_string();
            theirs.get(name).is_some_and(|it| is_time && it.is_string() || covers(it, value))
        }),
        (theirs, ours) => theirs == ours,
    }
}

fn is_theirs(theirs: &[Value], ours: &Value) -> bool {
    let mut query = ours["query"].clone();
    // The Azure CLI does not choose the size of a page.
    query.as_object_mut().unwrap().remove("$top");
    theirs.iter().any(|it| {
        it["method"] == ours["method"]
            && it["path"] == ours["path"]
            && it["query"] == query
            && covers(&it["body"], &ours["body"])
    })
}

#[tokio::test]
async fn entra_requests_are_those_of_the_azure_cli() {
    let (ours, theirs) = (our_requests().await, their_requests());
    assert_eq!(ours.len(), 17, "{ours:#?}");
    for request in &ours {
        assert!(is_theirs(&theirs, request), "{request} is not in {theirs:#?}");
    }
    // Each of their writes is one of ours.
    let lines = |all: &[Value]| -> std::collections::BTreeSet<String> {
        let writes = all.iter().filter(|it| it["method"] != "GET");
        writes.map(|it| format!("{} {}", it["method"], it["path"])).collect()
    };
    assert_eq!(lines(&ours), lines(&theirs));
    // A changed request fails.
    for (pointer, wrong) in [("/method", json!("PUT")), ("/body", json!({ "displayname": "x" }))] {
        let mut changed = ours.iter().rfind(|it| it["method"] == "PATCH").unwrap().clone();
        *changed.pointer_mut(pointer).unwrap() = wrong;
        assert!(!is_theirs(&theirs, &changed), "{changed}");
    }
}
