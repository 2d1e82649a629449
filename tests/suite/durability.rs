//! A server killed at any moment loses no write that it acknowledged.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rustix::process::Signal;
use serde_json::json;

use crate::serve::Process;

/// Number of times that the server is killed.
const TIMES: usize = 12;

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let arguments = ["--data", data.to_str().unwrap(), "--rate-limit", "1000000"];
    let mut acknowledged: Vec<(String, String)> = Vec::new();
    let mut deleted: Vec<String> = Vec::new();

    for round in 0..TIMES {
        let process = Arc::new(Process::start(&arguments));
        let caller = process.caller();
        // Every acknowledged client must exist, with its last acknowledged name.
        let list = caller.get("/v3/oauth-clients?pageSize=1000").await;
        let held = list.body["data"].as_array().unwrap();
        for (id, name) in &acknowledged {
            let found = held.iter().find(|client| client["client_id"] == **id);
            let found = found.unwrap_or_else(|| panic!("{id} is lost after {round} kills"));
            assert_eq!(&found["name"], name, "an edit of {id} is lost");
        }
        for id in &deleted {
            assert!(!held.iter().any(|client| client["client_id"] == **id), "{id} is back");
        }

        // Kills the server during the writes below, a little later in each round.
        let killed = Arc::new(AtomicBool::new(false));
        let writes = 2 + round * 3;
        for count in 0.. {
            if count == writes {
                let (process, killed) = (Arc::clone(&process), Arc::clone(&killed));
                std::thread::spawn(move || {
                    killed.store(true, Ordering::SeqCst);
                    process.signal(Signal::KILL);
                });
            }
            let Some(made) = attempt(
                &caller,
                "POST",
                "/v3/oauth-clients",
                json!({ "app_type": "m2m", "name": "first" }),
            )
            .await
            else {
                break;
            };
            let id = made["client_id"].as_str().unwrap().to_owned();
            acknowledged.push((id.clone(), "first".to_owned()));
            let path = format!("/v3/oauth-clients/{id}");
            let name = format!("second of {round}");
            let Some(_) = attempt(&caller, "PATCH", &path, json!({ "name": name })).await else {
                acknowledged.pop(); // not acknowledged, so either name is valid
                break;
            };
            acknowledged.last_mut().unwrap().1 = name;
            if count % 3 == 2 {
                // An unacknowledged deletion may have happened or not, so the client is no longer
                // checked.
                let (id, _) = acknowledged.remove(0);
                let path = format!("/v3/oauth-clients/{id}");
                let Some(_) = attempt(&caller, "DELETE", &path, json!(null)).await else { break };
                deleted.push(id);
            }
        }
        assert!(killed.load(Ordering::SeqCst), "the server ended by itself");
    }
    assert!(acknowledged.len() > TIMES && deleted.len() > TIMES);
}

/// Sends a request and returns the response body; `None` if the server died before it responded.
async fn attempt(
    caller: &crate::common::server::Caller,
    method: &str,
    path: &str,
    body: serde_json::Value,
) -> Option<serde_json::Value> {
    let request = crate::common::server::client()
        .request(method.parse().unwrap(), format!("{}{path}", caller.base_url))
        .bearer_auth(caller.bearer.expose())
        .header("content-type", "application/json")
        .body(body.to_string());
    let response = request.send().await.ok()?;
    let status = response.status();
    let text = response.text().await.ok()?;
    assert!(status.is_success(), "{method} {path}: {status} {text}");
    Some(serde_json::from_str(&text).unwrap_or_default())
}
