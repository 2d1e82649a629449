//! Auth0's answers, which its Terraform provider recorded: every client is read without loss, and
//! the requests of an edit are those of the recording. The recordings are not part of this
//! repository; without them, the tests say so and check nothing.

use std::{io::Write as _, path::PathBuf};

use credenza::{
    domain::{Credential, CredentialRef, Draft, Untrusted, draft, export::is_empty_value},
    readers::document::Document,
};
use serde_json::{Map, Value, json};

use crate::{
    auth0::{ALL, Recorder, api},
    counterparts::repository,
};

/// One request for a client, with the JSON of request and answer.
struct Exchange {
    method: String,
    path: String,
    sent: Value,
    answer: Value,
}

/// Returns the exchanges of each recording; empty without the recordings.
fn recordings() -> Vec<(String, Vec<Exchange>)> {
    let folder = repository("../shared/tapes/auth0");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        let _ = writeln!(std::io::stderr(), "left out: no recordings in {}", folder.display());
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let document = Document::parse(std::fs::read_to_string(&path).unwrap()).unwrap();
            let tape = document.roots()[0].value();
            let json = |value: &Value| {
                serde_json::from_str(value.as_str().unwrap_or_default()).unwrap_or_default()
            };
            let exchange = |it: &Value| Exchange {
                method: it["request"]["method"].as_str().unwrap().to_owned(),
                path: url::Url::parse(it["request"]["url"].as_str().unwrap())
                    .unwrap()
                    .path()
                    .to_owned(),
                sent: json(&it["request"]["body"]),
                answer: json(&it["response"]["body"]),
            };
            let exchanges = tape["interactions"].as_array().unwrap().iter().map(exchange).collect();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), exchanges)
        })
        .collect()
}

/// Returns true for the answer of `/api/v2/clients` that has all members of a client.
fn is_client(exchange: &Exchange) -> bool {
    let answer = &exchange.answer;
    exchange.path.starts_with("/api/v2/clients")
        && !exchange.path.ends_with("/preview")
        && answer["client_id"].is_string()
        && answer["grant_types"].is_array()
}

async fn shown(answer: &Value) -> Credential {
    let recorder = Recorder::start();
    recorder.answers(answer.clone());
    let id: Untrusted = answer["client_id"].as_str().unwrap().into();
    let of = CredentialRef::new(credenza::domain::Kind::Other, id);
    api(&recorder.url, ALL).show(of).await.unwrap()
}

/// Lists the members of an answer that the details of the client do not have.
async fn lost(answer: &Value) -> Vec<String> {
    let credential = shown(answer).await;
    let client = credential.client().unwrap();
    let raw = |list: &[Untrusted]| json!(list.iter().map(Untrusted::raw).collect::<Vec<_>>());
    let text = |text: Option<&Untrusted>| json!(text.map(Untrusted::raw));
    let interpreted: Map<String, Value> = [
        ("client_id", json!(credential.id().raw())),
        ("name", json!(credential.name().raw())),
        ("initiate_login_uri", text(client.login_url.as_ref())),
        ("callbacks", raw(&client.callbacks)),
        ("allowed_logout_urls", raw(&client.logout_urls)),
        ("web_origins", raw(&client.web_origins)),
        ("allowed_origins", raw(&client.allowed_origins)),
        ("grant_types", raw(&client.grant_types)),
        ("token_endpoint_auth_method", text(client.auth_method.as_ref())),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let is_lost = |name: &&String| {
        let value = &answer[name.as_str()];
        let is_unknown = credential.record().unknown.iter().any(|(own, _)| own.raw() == **name);
        // The kind states the type, and the secret is never part of the details.
        let elsewhere = ["app_type", "client_secret"].contains(&name.as_str());
        !is_empty_value(value) && !elsewhere && !is_unknown && interpreted.get(*name) != Some(value)
    };
    answer.as_object().unwrap().keys().filter(is_lost).cloned().collect()
}

#[tokio::test]
async fn recorded_clients_are_read_without_loss() {
    let (mut count, all) = (0, recordings());
    let is_there = !all.is_empty();
    for (name, exchanges) in all {
        for exchange in exchanges.iter().filter(|it| is_client(it)) {
            assert_eq!(lost(&exchange.answer).await, Vec::<String>::new(), "{name}");
            count += 1;
        }
    }
    assert!(!is_there || count >= 100, "{count} recorded clients");
    // The check finds a member that is lost.
    let odd =
        json!({ "client_id": "a", "grant_types": [], "callbacks": ["https://a.example/", 1] });
    assert_eq!(lost(&odd).await, ["callbacks"]);
}

/// Edits the client from its recorded state before a write to that after it. Returns the members
/// that the edit sent, or the first difference from the recording.
async fn repeated(before: &Value, written: &Exchange) -> Result<Vec<String>, String> {
    let (old, new) = (shown(before).await, shown(&written.answer).await);
    let changes = draft::changes(&Draft::of(&old), &Draft::of(&new));
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let recorder = Recorder::start();
    recorder.answers(before.clone());
    recorder.answers_after_write(written.answer.clone());
    let edited = api(&recorder.url, ALL).edit(old.reference(), None, changes).await;
    let edited = edited.map_err(|error| error.explain("").why)?;
    if Draft::of(&edited.credential) != Draft::of(&new) {
        return Err("the answer to the edit was not read".to_owned());
    }
    let mut writes = recorder.take();
    writes.retain(|it| it["method"] != "GET");
    let [write] = writes.as_slice() else { return Err(format!("{writes:?}")) };
    if (write["method"].as_str(), write["path"].as_str())
        != (Some(&written.method), Some(&written.path))
    {
        return Err(format!("{write}"));
    }
    let sent = write["body"].as_object().unwrap();
    for (member, value) in sent {
        if written.sent.get(member) != Some(value) {
            return Err(format!("{member}: {value} instead of {:?}", written.sent.get(member)));
        }
    }
    Ok(sent.keys().cloned().collect())
}

#[tokio::test]
async fn edits_send_what_the_recordings_sent() {
    let (mut sent, all) = (Vec::new(), recordings());
    let is_there = !all.is_empty();
    for (name, exchanges) in all {
        let mut before: Option<&Value> = None;
        for exchange in exchanges.iter().filter(|it| is_client(it)) {
            if let (Some(before), "PATCH") = (before, exchange.method.as_str()) {
                let members = repeated(before, exchange).await;
                let members = members.unwrap_or_else(|why| panic!("{name}: {why}"));
                // A changed recording fails.
                if let Some(first) = members.first() {
                    let mut changed = exchange.sent.clone();
                    changed[first] = json!("changed");
                    let changed = Exchange {
                        method: exchange.method.clone(),
                        path: exchange.path.clone(),
                        sent: changed,
                        answer: exchange.answer.clone(),
                    };
                    assert!(repeated(before, &changed).await.is_err(), "{name}");
                }
                sent.extend(members);
            }
            before = Some(&exchange.answer);
        }
    }
    assert!(!is_there || sent.len() >= 5, "members in repeated edits: {sent:?}");
}
