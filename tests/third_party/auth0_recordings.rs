//! Auth0's responses, recorded by its Terraform provider. Every recorded client is read without
//! loss, and an edit sends the recorded requests.

use credenza::domain::{
    Credential, CredentialRef, Draft, Untrusted, draft, export::is_empty_value,
};
use serde_json::{Map, Value, json};

use crate::{
    auth0::{ALL, api},
    recorder::Recorder,
    recordings::{Exchange, recordings},
};

/// Returns true if the response is a complete client of `/api/v2/clients`.
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

/// Returns the members of a response that are missing from the client's details.
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
        // The details show `app_type` as the kind, and never contain the secret.
        let elsewhere = ["app_type", "client_secret"].contains(&name.as_str());
        !is_empty_value(value) && !elsewhere && !is_unknown && interpreted.get(*name) != Some(value)
    };
    answer.as_object().unwrap().keys().filter(is_lost).cloned().collect()
}

#[tokio::test]
async fn recorded_clients_are_read_without_loss() {
    let (mut count, all) = (0, recordings("auth0"));
    let is_there = !all.is_empty();
    for (name, exchanges) in all {
        for exchange in exchanges.iter().filter(|it| is_client(it)) {
            assert_eq!(lost(&exchange.answer).await, Vec::<String>::new(), "{name}");
            count += 1;
        }
    }
    assert!(!is_there || count >= 100, "{count} recorded clients");
    // The check must find a lost member.
    let odd =
        json!({ "client_id": "a", "grant_types": [], "callbacks": ["https://a.example/", 1] });
    assert_eq!(lost(&odd).await, ["callbacks"]);
}

/// Repeats a recorded write as an edit of the client, from its state before the write to its state
/// after it. Returns the members that the edit sent, or the first difference from the recording.
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
        return Err("the edited client differs from the recorded one".to_owned());
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
    let (mut sent, all) = (Vec::new(), recordings("auth0"));
    let is_there = !all.is_empty();
    for (name, exchanges) in all {
        let mut before: Option<&Value> = None;
        for exchange in exchanges.iter().filter(|it| is_client(it)) {
            if let (Some(before), "PATCH") = (before, exchange.method.as_str()) {
                let members = repeated(before, exchange).await;
                let members = members.unwrap_or_else(|why| panic!("{name}: {why}"));
                // The check must fail for a changed recording.
                if let Some(first) = members.first() {
                    let mut changed = exchange.sent.clone();
                    changed[first] = json!("changed");
                    let changed = Exchange {
                        method: exchange.method.clone(),
                        path: exchange.path.clone(),
                        query: exchange.query.clone(),
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
