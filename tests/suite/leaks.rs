//! Secrets do not leak: they are on the screen only while revealed, and never in `Debug` output,
//! the log, files or standard error.

use std::io::Read as _;

use credenza::server::{Config, seed::Seed};
use serde_json::json;

use crate::common::{
    contents_below,
    desk::Desk,
    server::{Served, config},
};

#[tokio::test]
async fn screen_and_model_hold_a_secret_only_while_revealed() {
    let served = Served::start(&Config { seed: Seed::Demo, ..config() });
    let ada = served.ada();
    let made = ada.post("/v3/oauth-clients", json!({ "app_type": "m2m", "name": "Canary" })).await;
    let secret = made.body["client_secret"].as_str().unwrap().to_owned();
    let bearer = ada.bearer.expose().to_owned();

    let mut desk = Desk::at(&served, 120, 30).await;
    let mut frames = Vec::new();
    // Actions that use the secret without showing it.
    for keys in [
        "3",
        "/ c a n a r y enter",
        "Y s",
        "enter",
        "Y s",
        "e",
        "esc",
        "t",
        "Y t",
        "esc",
        "R",
        "esc",
        "D",
        "esc",
        "y f",
        "ctrl-r",
    ] {
        for chord in credenza::keys::chord::parse_sequence(keys) {
            desk.outside.extend(desk.console.take(credenza::app::Msg::Key(chord)));
            desk.outside.extend(desk.console.settle().await.unwrap());
            for write in desk.tap.0.borrow().iter() {
                frames.extend_from_slice(write);
            }
            desk.catch_up();
        }
        for text in [&secret, &bearer] {
            desk.sees_no(text);
            assert!(
                !format!("{:?}", desk.console.model).contains(text.as_str()),
                "a secret is in the Debug output of the model after {keys}"
            );
        }
    }
    let frames = String::from_utf8_lossy(&frames).into_owned();
    assert!(!frames.contains(&secret) && !frames.contains(&bearer), "a secret is in a frame");
    assert!(desk.terminal.callbacks().0.contains(&secret), "copied on request");

    desk.keys("x").await.sees(&secret);
    assert!(!format!("{:?}", desk.console.model).contains(&secret), "Debug output has no secret");
}

#[tokio::test]
async fn a_copied_access_token_is_not_in_a_later_frame() {
    let served = Served::start(&Config { seed: Seed::Demo, ..config() });
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("3 t Y t").await;
    let token = desk.copied().to_owned();
    let head = &token[..40];
    desk.sees_no(head)
        .keys("x")
        .await
        .sees(head)
        .keys("x")
        .await
        .sees_no(head)
        .keys("esc")
        .await
        .sees_no(head);
    assert_eq!(desk.console.effects.secrets_kept(), 0);
}

/// Runs the program with the most verbose log level, and searches its log, files and stderr for
/// secrets.
#[test]
#[cfg(unix)]
fn files_and_logs_of_the_program_hold_no_secret() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        data.to_str().unwrap(),
        "--seed",
        "3",
        "--credentials-file",
        "-",
    ];
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_credenza"))
        .args(arguments)
        .env("HOME", home.path())
        .env("CREDENZA_LOG", "trace")
        .env_remove("XDG_STATE_HOME")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(child.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    let hello: serde_json::Value = serde_json::from_str(&line).unwrap();
    let base_url = hello["base_url"].as_str().unwrap();
    let bearer = hello["token"].as_str().unwrap().to_owned();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let secrets = runtime.block_on(async {
        let caller = crate::common::server::Caller {
            base_url: base_url.to_owned(),
            bearer: credenza::domain::Secret::new(bearer.clone()),
        };
        let made =
            caller.post("/v3/oauth-clients", json!({ "app_type": "m2m", "name": "Canary" })).await;
        let id = made.body["client_id"].as_str().unwrap().to_owned();
        let secret = made.body["client_secret"].as_str().unwrap().to_owned();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id.as_str()),
            ("client_secret", secret.as_str()),
            ("audience", "credenza-api"),
        ];
        let issued = crate::common::server::token(base_url, &form).await;
        let wrong = [
            ("grant_type", "client_credentials"),
            ("client_id", &id),
            ("client_secret", "canary-wrong"),
        ];
        crate::common::server::token(base_url, &wrong).await;
        let issued = issued.body["access_token"].as_str().unwrap().to_owned();
        vec![secret, issued, bearer, "canary-wrong".to_owned()]
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let mut places = vec![("standard error".to_owned(), said.into_bytes())];
    places.extend(contents_below(home.path()));
    assert!(
        places.iter().any(|(place, bytes)| place.ends_with("credenza.log") && !bytes.is_empty()),
        "there is a log"
    );
    for (place, bytes) in &places {
        for secret in &secrets {
            let held = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!held, "{place} holds a secret");
        }
    }
}
