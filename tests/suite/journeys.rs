//! Complete user tasks in the console, with the embedded server.

use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};

use credenza::{
    app::{Msg, Timer},
    config::ConfigFile,
    domain::{
        CredentialRef, Kind,
        destination::{Destination, DestinationStore},
    },
    lifecycle::{
        history::{History, HistoryEntry},
        journal::{Delivery, Journal, Journals, RotationStage},
    },
    server::{Config, SubscriptionPlan, seed::Seed},
    shell::{HostAction, connection::Target},
};
use jiff::SignedDuration;
use serde_json::json;

use crate::{
    common::{
        desk::{COLOR, Desk},
        noon,
        server::{Served, config},
    },
    list_cache, sign_in,
};

#[tokio::test]
async fn a_developer_copies_a_client_id() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.sees("1 API Access Tokens 4").sees("2 SPA OAuth Clients 12").sees("3 M2M OAuth Clients 7");
    desk.keys("2 / ").await.text("locator").await.keys("enter").await;
    desk.sees("1 of 12").sees("> Store locator").sees_no("Delivery zones");
    desk.keys("c").await.sees("Client ID sent to your terminal");
    let listed = served.ada().get("/v3/oauth-clients?search=locator").await;
    assert_eq!(desk.copied(), listed.body["data"][0]["client_id"]);
    desk.keys("esc").await.sees("Delivery zones");
}

#[tokio::test]
async fn a_spa_client_is_created_with_default_urls() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("a").await.sees("Create new").sees("For a browser app with user sign-in");
    desk.keys("2").await.sees("SPA OAuth Clients › New");
    desk.text("Shop finder").await.keys("tab").await.text("https://shop.acme.dev/in").await;
    desk.sees("= https://shop.acme.dev/in").sees("= https://shop.acme.dev");
    desk.keys("ctrl-s").await.sees("Shop finder created").sees("SPA OAuth Clients › Shop finder");
    desk.keys("esc").await.sees("> Shop finder").sees("2 SPA OAuth Clients 13");
    let made = served.ada().get("/v3/oauth-clients?search=Shop").await;
    assert_eq!(made.body["data"][0]["callbacks"], json!(["https://shop.acme.dev/in"]));
}

#[tokio::test]
async fn a_spa_client_is_created_with_pasted_lists() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("a 2").await.text("Listed").await.keys("tab tab space tab").await;
    desk.paste("https://a.acme.dev/cb, https://b.acme.dev/cb\nhttp://b.example/cb").await;
    desk.sees("- https://a.acme.dev/cb").sees("- https://b.acme.dev/cb");
    desk.sees("! must use https (http is for this machine only)");
    desk.keys("ctrl-s").await.sees("1 field has an error");
    // The focus is on the invalid row: `ctrl-u` empties it, and `backspace` removes it.
    desk.keys("ctrl-u backspace")
        .await
        .sees_no("b.example")
        .keys("ctrl-s")
        .await
        .sees("Listed created");
    let made = served.ada().get("/v3/oauth-clients?search=Listed").await;
    let callbacks = json!(["https://a.acme.dev/cb", "https://b.acme.dev/cb"]);
    assert_eq!(made.body["data"][0]["callbacks"], callbacks);
}

#[tokio::test]
async fn an_m2m_client_is_created_and_gets_a_token() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("a 3").await.text("Tile baker").await.keys("ctrl-s").await.sees("Tile baker created");
    desk.keys("t").await.sees("Tile baker › Access token").sees("24 h left");
    desk.sees("write:credentials").sees("ES256").sees("user_ada");
    assert_eq!(desk.console.effects.secrets_kept(), 1);
    desk.keys("Y t").await.sees("Access token sent to your terminal");
    assert_eq!(desk.copied().split('.').count(), 3, "a JWT");
    desk.keys("x").await.sees("(masked in 20 s)");
    desk.later(20, Timer::Peek).await.sees("••••").sees_no("masked in");
    desk.later(3600, Timer::TokenLeft).await.sees("22 h 59 min left");
    desk.keys("esc esc").await;
    assert_eq!(desk.console.effects.secrets_kept(), 0, "forgotten when its panel closes");
    let used = served.ada().get("/v3/oauth-clients?search=Tile%20baker").await;
    assert_eq!(used.body["data"][0]["last_used_at"], "2026-11-21T12:00:00Z");
}

#[tokio::test]
async fn several_are_created_one_after_the_other() {
    let served = Served::start(&config());
    let mut desk = Desk::at(&served, 120, 40).await;
    for (name, count) in [("One", 1), ("Two", 2), ("Two", 3)] {
        desk.keys("a 3").await.text(name).await.keys("ctrl-s").await;
        desk.sees(&format!("{name} created")).keys("esc").await;
        desk.sees(&format!("3 M2M OAuth Clients {count}"));
    }
    desk.keys("a 2").await.text("App").await.keys("tab").await.text("https://a.example/").await;
    desk.keys("ctrl-s").await.sees("App created");
}

#[tokio::test]
async fn a_token_is_created_with_grants_and_an_expiry() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("a 1").await.text("New map").await;
    // `down space` selects `maps`, the second API. The next fields are the connection and the
    // source of a grant.
    desk.keys("tab down space tab").await.text("carto_dw").await;
    desk.keys("tab").await.text("acme.retail.*").await;
    desk.keys("tab").await.text("https://stores.acme.dev").await;
    desk.sees("needs a slash at the end").text("/*").await;
    desk.keys("tab").await.sees("90d").keys("ctrl-u").await.text("soon").await.keys("tab").await;
    desk.sees("! use 90d, 12h or a date");
    desk.keys("shift-tab ctrl-u")
        .await
        .text("30d")
        .await
        .keys("ctrl-s")
        .await
        .sees("New map created");
    let made = served.ada().get("/v3/tokens?search=New%20map").await;
    let made = &made.body["data"][0];
    assert_eq!(made["allowed_apis"], json!(["maps"]));
    assert_eq!(
        made["grants"],
        json!([{ "connection_name": "carto_dw", "source": "acme.retail.*" }])
    );
    assert_eq!(made["referers"], json!(["https://stores.acme.dev/*"]));
    assert_eq!(made["expiration_date"], "2026-12-21T12:00:00Z");
}

#[tokio::test]
async fn imports_stands_alone() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("a 1 tab space down down space tab").await;
    desk.sees("! must not combine imports, which can write, with another API");
}

#[tokio::test]
async fn an_edit_shows_what_it_changes_before_it_saves() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("2 / ").await.text("fleet dashboard").await.keys("enter e").await;
    desk.sees("SPA OAuth Clients › Fleet dashboard › Edit");
    desk.keys("ctrl-s").await.sees("No changes");
    desk.text(" 2")
        .await
        .keys("tab tab tab end enter")
        .await
        .text("https://fleet.acme.dev/two")
        .await;
    desk.keys("ctrl-s").await.sees("Changes to save:");
    desk.sees("- Fleet dashboard").sees("+ Fleet dashboard 2").sees("+ https://fleet.acme.dev/two");
    desk.keys("esc").await.sees("› Edit").keys("ctrl-s enter").await.sees("saved");
    let saved = served.ada().get("/v3/oauth-clients?search=Fleet%20dashboard%202").await;
    let callbacks = json!([
        "https://fleet.acme.dev/callback",
        "https://fleet.acme.dev/two",
        "https://fleet.acme.dev/silent-renew",
    ]);
    assert_eq!(saved.body["data"][0]["callbacks"], callbacks);
}

#[tokio::test]
async fn two_edits_of_one_client_are_merged() {
    let served = Served::demo();
    let ada = served.ada();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("2 / ").await.text("store locator").await.keys("enter e").await;
    desk.text(" mine").await;
    let listed = ada.get("/v3/oauth-clients?search=store%20locator").await;
    let path =
        format!("/v3/oauth-clients/{}", listed.body["data"][0]["client_id"].as_str().unwrap());
    let theirs =
        json!({ "name": "Store locator theirs", "initiate_login_uri": "https://new.acme.dev/" });
    assert_eq!(ada.patch(&path, theirs).await.status, 200);

    desk.keys("ctrl-s enter").await.sees("Another user changed this credential just now");
    desk.sees("They changed Application login URL: https://new.acme.dev/");
    desk.sees("(x) mine    Store locator mine").sees("( ) theirs  Store locator theirs");
    desk.keys("t").await.sees("(x) theirs  Store locator theirs");
    desk.keys("m enter").await.sees("Merged with the other version").sees("https://new.acme.dev/");
    desk.keys("ctrl-s").await.sees("- Store locator theirs").sees("+ Store locator mine");
    desk.keys("enter").await.sees("Store locator mine saved");
    let saved = ada.get(&path).await;
    assert_eq!(saved.body["name"], "Store locator mine");
    assert_eq!(saved.body["initiate_login_uri"], "https://new.acme.dev/");
}

#[tokio::test]
async fn enter_deletes_once_the_name_is_exact() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("3 / ").await.text("report").await.keys("enter D").await;
    desk.sees("Every service that uses this client stops getting tokens")
        .sees("last used 190 d ago");
    desk.keys("enter").await.text("Report").await.sees(r#"missing: " mailer""#);
    desk.text(" Mailer").await.keys("enter").await.sees("differs at character 8");
    desk.keys("esc").await.sees("Report mailer").keys("D").await.text("Report mailer").await;
    desk.sees("the name matches").keys("enter").await;
    desk.sees("Report mailer deleted").sees("3 M2M OAuth Clients 6");
    assert_eq!(served.ada().get("/v3/oauth-clients?search=Report").await.body["page"]["total"], 0);
}

#[tokio::test]
async fn expiring_tab_lists_the_next_first_and_follows_changes() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("6")
        .await
        .sees("1 in 30 d")
        .sees("Expiring 1")
        .sees("8 never")
        .sees("> in 12 d     token   ");
    let id = desk.copies("c").await;
    desk.sees("Token ID sent to your terminal").keys("enter").await.sees(&id).sees("Referers");
    desk.keys("esc D").await.text("Isoline script").await.keys("enter").await;
    desk.sees("Isoline script deleted")
        .sees_no(" 1 in 30 d ")
        .sees_no("Expiring 1")
        .sees("> in 51 d     token   ");
    // The number keys open other tabs from the Expiring tab, too.
    desk.keys("5").await.sees("Audit").keys("esc").await.keys("6 2").await;
    desk.sees("Store locator").sees_no("next 90 d").sees("6 Expiring");
}

#[tokio::test]
async fn overview_figure_opens_the_list_with_its_filter() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("0").await.sees("23 credentials").keys("G tab enter").await;
    desk.sees("/ !has:info").sees("9 of 12").sees("2 SPA OAuth Clients 12");
    // The reopened overview selects the same figure again.
    desk.keys("0 @").await.sees("list spa --where '!has:info'");
    desk.keys("esc 3").await.sees("> ").sees_no("/ !has").sees_no("Overview");
}

#[tokio::test]
async fn overview_counts_the_changes_since_the_kept_snapshot() {
    let (served, home) = (sign_in::served(), tempfile::tempdir().unwrap());
    let (mut desk, _) = list_cache::signed_in(&served, home.path()).await;
    desk.keys("0").await.sees("Severity").sees_no("removed");
    desk.until("S", "Snapshot kept: 23 credentials").await;
    desk.settle().await;
    desk.sees("Past hour  added");
    let ada = served.ada();
    let listed = ada.get("/v3/oauth-clients?app_type=spa&search=Store").await;
    let id = listed.body["data"][0]["client_id"].as_str().unwrap().to_owned();
    let path = format!("/v3/oauth-clients/{id}");
    ada.patch(&path, json!({ "name": "Shop analytics" })).await;
    desk.keys("ctrl-r").await.settle().await;
    desk.keys("G k tab").await.sees("Past hour  added").keys("@").await.sees("diff --since last");
    desk.keys("esc enter").await.sees("SPA OAuth Clients changed since");
    desk.sees("Shop analytics").sees("name: Store analytics → Shop analytics");
    desk.keys("esc j enter").await.sees("No SPA OAuth Clients were removed.");
}

#[tokio::test]
async fn open_rotations_are_in_the_header_and_on_a_page() {
    let (served, home) = (sign_in::served(), tempfile::tempdir().unwrap());
    let journals = Journals::below(&home.path().join("state"));
    let mut journal = Journal::new("acme", &served.base_url, noon());
    journal.name = "Nightly sync".to_owned();
    journal.stage = RotationStage::Issued;
    let vault = Destination {
        name: "vault".to_owned(),
        store: DestinationStore::File { path: "/run/secret".to_owned() },
    };
    journal.deliveries = vec![Delivery::to(&vault)];
    journals.write(&journal).unwrap();
    journals.write(&Journal::new("another", &served.base_url, noon())).unwrap();
    let (mut desk, _) = list_cache::signed_in(&served, home.path()).await;
    desk.sees("1 rotation in progress").keys("g r").await.sees("Rotations");
    desk.sees("Nightly sync")
        .sees("delivered to 0 of 1")
        .sees("not delivered to vault: file /run/secret");

    journal.stage = RotationStage::Closed;
    journals.write(&journal).unwrap();
    desk.keys("esc g r").await.sees("No rotation is in progress.").sees_no("1 rotation");
}

/// A snoozed expiry is not counted and moves to the end; the second press ends the snooze.
#[tokio::test]
async fn expiry_is_snoozed_with_a_reason() {
    let (served, home) = (sign_in::served(), tempfile::tempdir().unwrap());
    let (mut desk, _) = list_cache::signed_in(&served, home.path()).await;
    desk.keys("6").await;
    let first = desk.screen().lines().find(|line| line.starts_with('>')).unwrap().to_owned();
    desk.keys("n").await.sees("Snooze expiry").text("replaced in January").await;
    desk.keys("enter enter").await.sees("1 snoozed");
    let after = desk.screen().lines().find(|line| line.starts_with('>')).unwrap().to_owned();
    assert_ne!(first, after, "the row moved to the end");
    desk.keys("G").await.sees("snoozed to 2026-12-05: replaced").keys("n").await.sees_no("snoozed");
    desk.keys("g g").await;
    assert!(desk.screen().contains(&first), "{}", desk.screen());
}

#[tokio::test]
async fn detail_has_a_time_line_of_recorded_changes() {
    let (served, home) = (sign_in::served(), tempfile::tempdir().unwrap());
    let body = json!({ "app_type": "non_interactive", "name": "Deploy bot" });
    let made = served.ada().post("/v3/oauth-clients", body).await.body;
    let of = CredentialRef::new(Kind::M2m, made["client_id"].as_str().unwrap().into());
    let history = History::below(&home.path().join("state"));
    for (days, action) in [(30, "create"), (15, "edit"), (14, "read-secret"), (0, "rotate")] {
        let at = noon() - SignedDuration::from_hours(24 * days);
        let entry = HistoryEntry::done(action, Some("ada".to_owned()), "acme", &of);
        history.add(HistoryEntry { at, ..entry }).unwrap();
    }
    let (mut desk, _) = list_cache::signed_in(&served, home.path()).await;
    desk.keys("3 /").await.text("Deploy bot").await.keys("enter enter").await;
    desk.sees("changed 3 times since 2026-10-22  █·········█········█");
}

/// The delete confirmation shows the last use that `credenza used` found in the logs.
#[tokio::test]
async fn deletion_shows_the_last_use_in_the_logs() {
    let (served, home) = (sign_in::served(), tempfile::tempdir().unwrap());
    let name = "Deploy bot";
    let body = json!({ "app_type": "non_interactive", "name": name });
    let made = served.ada().post("/v3/oauth-clients", body).await.body;
    let id = made["client_id"].as_str().unwrap();
    let log = home.path().join("access.log");
    let lines = format!(
        "2026-03-01T10:00:00Z POST /token client_id={id} 200\n2026-03-09T10:00:00Z GET /health 200\n"
    );
    fs::write(&log, lines).unwrap();
    let bearer = served.ada().bearer;
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_credenza"))
        .args(["used", "--base-url", &served.base_url, "--from"])
        .arg(&log)
        .env_clear()
        .env("HOME", home.path())
        .env("CREDENZA_TOKEN", bearer.expose())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let target = Target::Remote { base_url: served.base_url.clone(), bearer: Arc::new(bearer) };
    let state = home.path().join(".local/state/credenza");
    let mut desk = Desk::reading(target, state, 120, 30).await;
    desk.keys("3 /").await.text(name).await.keys("enter D").await;
    desk.sees("Last use in access.log: 2026-03-01 10:00 UTC. The log ends on")
        .sees("2026-03-09 10:00 UTC.");
}

/// The plan, the steps, and the abort of a rotation whose secret is delivered to a file.
#[tokio::test]
async fn rotation_is_planned_delivered_and_aborted() {
    let (served, home) = (sign_in::served(), tempfile::tempdir().unwrap());
    let body = json!({ "app_type": "non_interactive", "name": "Deploy bot" });
    served.ada().post("/v3/oauth-clients", body).await;
    let (config, place) = (home.path().join("config.toml"), home.path().join("copy"));
    fs::write(&config, format!("[destinations.copy]\ntype = \"file\"\npath = {place:?}\n"))
        .unwrap();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
    let (mut desk, _) = list_cache::signed_in_and_configured(&served, home.path()).await;

    desk.keys("3 /").await.text("Deploy bot").await.keys("enter R").await;
    desk.sees("Deploy bot › Rotate the secret").sees("[ ] copy");
    desk.sees("Previous secret: valid until you finish the rotation");
    desk.sees("No destination chosen: the console shows the new secret.");
    desk.keys("space").await.sees("[x] copy").sees("Credenza writes the new secret, reads it back");
    desk.keys("down space ctrl-g").await.sees("--to copy --overlap 1d").keys("esc enter").await;
    desk.sees("issued and delivered to copy.").sees("secret stays valid for 1 day.");
    desk.text("Deploy bot")
        .await
        .until("enter", "In progress: the previous secret is due to end on ")
        .await;
    desk.sees("Delivered to copy, and compared the copy.")
        .sees("The issuer accepts the new secret.");
    let secret = fs::read_to_string(&place).unwrap();
    desk.sees_no(&secret).keys("esc").await.sees("1 rotation in progress");
    desk.keys("g r").await.sees("delivered to copy: file ");
    desk.keys("A").await.sees("Pressing A again restores the destinations");
    desk.keys("j A").await.sees("Pressing A again");
    desk.until("A", "Aborted: Deploy bot keeps its previous secret.").await;
    assert!(!place.exists(), "the file did not exist before");
    desk.keys("esc").await.sees("No rotation is in progress.").sees_no("1 rotation in");
    // Without a destination, the server replaces the secret, and the plan closes.
    desk.keys("esc R enter").await.sees("The old secret stops working").text("Deploy bot").await;
    desk.until("enter", "Deploy bot has a new secret").await.sees_no("Destinations that get");
}

#[tokio::test]
async fn marked_clients_are_deleted_after_their_number_is_typed() {
    let served = Served::demo();
    let ada = served.ada();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("3 space space j space").await.sees("3 marked");
    let copied = desk.copies("c").await;
    let marked: Vec<String> = copied.lines().map(str::to_owned).collect();
    let path = |id: &str| format!("/v3/oauth-clients/{id}");
    // Another program changes a client after it was listed.
    ada.patch(&path(&marked[0]), json!({ "name": "Needed after all" })).await;
    desk.keys("D enter").await.sees("Type 3 to delete them").sees("enter  Delete 3");
    desk.text("2").await.keys("enter").await.sees("Type 3 to delete them");
    desk.keys("backspace").await.text("3").await.keys("enter").await;
    desk.sees("2 deleted, 1 failed").sees("Changed since it was listed");
    desk.keys("enter").await.sees("1 marked").sees("3 M2M OAuth Clients 5");
    assert_eq!(ada.get(&path(&marked[0])).await.status, 200);
    assert_eq!(ada.get(&path(&marked[1])).await.status, 404);
    desk.keys("esc").await.sees_no("marked");
}

#[tokio::test]
async fn one_change_is_made_to_all_marked_clients() {
    let served = Served::demo();
    let ada = served.ada();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("2 / ").await.text("MCP").await.keys("enter space esc").await.sees("1 marked");
    desk.keys("/ ").await.text("\"Delivery zones\"").await.keys("enter space esc").await;
    let ids = desk.copies("c").await;
    desk.keys("e").await.sees("Change 2 marked SPA OAuth Clients").sees("< Default URLs >");
    desk.keys("right tab tab").await.text("https://new.acme.dev/cb").await.keys("enter").await;
    // The plan is made from the current values, before anything is changed.
    desk.sees("Allowed callback URLs: add https://new.acme.dev/cb").sees("Type 1 to change it");
    desk.sees("The URL lists are derived from the login URL");
    desk.keys("down").await.sees("Allowed callback URLs: + https://new.acme.dev/cb");
    desk.text("1").await.keys("enter").await.sees("1 changed, 1 kept");
    desk.keys("esc").await.sees("1 marked");
    let mut changed = 0;
    for id in ids.lines() {
        let client = ada.get(&format!("/v3/oauth-clients/{id}")).await.body;
        let callbacks = client["callbacks"].as_array().cloned().unwrap_or_default();
        changed += usize::from(callbacks.contains(&json!("https://new.acme.dev/cb")));
    }
    assert_eq!(changed, 1);
}

#[tokio::test]
async fn marked_findings_are_fixed_together() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("5 *").await.sees("marked");
    desk.keys("F").await.sees("Fix marked findings").sees("without an automatic fix: 21");
    desk.sees("URL03, ORG08").sees("Allowed callback URLs: - http://localhost:5173/callback");
    desk.text("1").await.keys("enter").await.sees("1 fixed.");
    // The fixed findings are neither listed nor marked, and the others stay marked.
    desk.keys("esc").await.sees("· 21 marked").sees_no("URL03");
    desk.keys("esc").await.sees_no("marked").sees("Audit");
}

#[tokio::test]
async fn the_ids_of_marked_rows_are_copied_together() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("2 / ").await.text("store").await.keys("enter * esc").await;
    desk.sees("2 marked");
    assert_eq!(desk.copies("c").await.lines().count(), 2);
    desk.sees("2 Client IDs sent to your terminal");
    desk.keys("* *").await.sees_no("marked");
}

#[tokio::test]
async fn a_client_that_changed_is_not_deleted_unseen() {
    let served = Served::demo();
    let ada = served.ada();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("3 / ").await.text("report").await.keys("enter D").await;
    let listed = ada.get("/v3/oauth-clients?search=report").await;
    let path =
        format!("/v3/oauth-clients/{}", listed.body["data"][0]["client_id"].as_str().unwrap());
    ada.patch(&path, json!({ "name": "Report mailer, in use again" })).await;
    desk.text("Report mailer").await.keys("enter").await;
    desk.sees("the credential was changed").sees("Report mailer, in use again");
    assert_eq!(ada.get(&path).await.status, 200);
    desk.text("Report mailer, in use again").await.keys("enter").await.sees("deleted");
}

#[tokio::test]
async fn secret_is_copied_unseen_and_revealed_for_seconds() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("3 enter").await;
    let listed = served.ada().get("/v3/oauth-clients?app_type=m2m&pageSize=1").await;
    let id = listed.body["data"][0]["client_id"].as_str().unwrap().to_owned();
    let shown = served.ada().get(&format!("/v3/oauth-clients/{id}?include=client_secret")).await;
    let secret = shown.body["client_secret"].as_str().unwrap();

    desk.keys("Y s").await.sees("Client secret sent to your terminal").sees_no(secret);
    assert_eq!(desk.copied(), secret);
    desk.keys("x").await.sees(secret).sees("(masked in 20 s)");
    desk.later(5, Timer::Peek).await.sees("(masked in 15 s)");
    desk.keys("x").await.sees_no(secret);
    desk.keys("x").await.sees(secret);
    desk.later(20, Timer::Peek).await.sees_no(secret);
    desk.keys("x").await.sees(secret);
    desk.send(Msg::Hide).await;
    desk.sees_no(secret);
    desk.keys("x").await.sees(secret).resize(100, 30).await.sees_no(secret);
}

#[tokio::test]
async fn a_secret_in_a_terminals_clipboard_is_cleared_when_asked() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("3 Y s").await.later(45, Timer::Clipboard(0)).await;
    let clipboard = desk.console.effects.in_flight();
    assert_eq!(clipboard, 0);
    desk.keys("Y x").await.sees("Clear request sent to your terminal");
    desk.keys("Y x").await.sees("Nothing to clear: no secret was copied");
}

#[tokio::test]
async fn a_rotated_secret_replaces_the_old_one() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("3 Y s").await;
    let old = desk.copied().to_owned();
    desk.keys("R").await.sees("The old secret stops working immediately or after");
    desk.text("CI smoke tests").await.keys("enter").await.sees("has a new secret");
    desk.keys("Y s").await;
    assert_ne!(desk.copied(), old);
}

#[tokio::test]
async fn rows_are_sorted_by_what_is_asked() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    let first = |desk: &Desk| desk.screen().lines().nth(4).unwrap().to_owned();
    desk.keys("2").await;
    assert!(first(&desk).contains("Delivery zones"));
    desk.keys("s n g g").await.sees("name ↓");
    assert!(first(&desk).contains("東京 demo map"));
    desk.keys("s a g g").await.sees("created ↑");
    assert!(first(&desk).contains("Retail heatmap"));
    desk.keys("s u s u g g").await.sees("last used ↓");
    assert!(first(&desk).contains("now"));
}

#[tokio::test]
async fn what_belongs_to_others_is_read_only_and_says_why() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("2 o").await.sees("organization").sees("City pulse").sees("grace@acme.dev");
    desk.sees("1 API Access Tokens 1").sees("2 SPA OAuth Clients 3").sees("3 M2M OAuth Clients 2");
    desk.keys("j e").await.sees("Read-only: owned by grace@acme.dev");
    desk.keys("D").await.sees("Read-only").keys("Y s").await.sees("Read-only");
    desk.keys("enter").await.sees("visible to its owner only").keys("x").await.sees("Read-only");
    desk.keys("c").await.sees("Client ID sent");
    desk.keys("esc /")
        .await
        .text("price")
        .await
        .keys("enter e")
        .await
        .sees("SPA OAuth Clients › Price atlas › Edit");
}

#[tokio::test]
async fn a_kind_that_the_plan_lacks_is_dimmed_with_its_reason() {
    let served = Served::start(&Config {
        plan: SubscriptionPlan::EnterpriseSmall,
        seed: Seed::Demo,
        ..config()
    });
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("a").await.sees("Not available: M2M clients require the Enterprise Large");
    desk.keys("3").await.sees("M2M clients require the Enterprise Large plan").sees("Create new");
}

#[tokio::test]
async fn an_empty_list_teaches() {
    let served = Served::start(&config());
    let mut desk = Desk::at(&served, 80, 24).await;
    desk.keys("2")
        .await
        .sees("No SPA OAuth Clients yet.")
        .sees("For a browser app")
        .sees("Press a to create one.");
    desk.keys("o").await.sees("No SPA OAuth Clients are shared");
}

#[tokio::test]
async fn commands_with_arguments_are_completed_and_run() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("2 :").await.text("so").await.sees(":sort COLUMN").text("rt us").await;
    desk.sees("sort                  used").keys("down enter").await.sees("last used ↓");
    desk.keys(":").await.text("filter !used").await.keys("enter").await.sees("/ !used");
    // A search that begins with a command verb, such as `sort`, still finds commands by title.
    desk.keys(":").await.text("sort by name").await.sees("Sort by name").keys("esc").await;
    desk.keys(":").await.text(":view ").await.sees("No saved view matches").keys("esc").await;
    desk.keys(":").await.text("tab other").await.keys("enter").await;
    desk.sees("This server has no other OAuth clients").keys("j j k").await.sees("SPA OAuth");
    desk.keys(":").await.text("filter age>").await.keys("enter").await.sees("Invalid filter");
    desk.keys("esc :").await.text("open store loc").await.keys("enter").await;
    desk.sees("Store locator").sees("Allowed callback URLs");
    desk.keys("esc :").await.text("open nothing").await.keys("enter").await;
    desk.sees("No loaded credential in this tab matches nothing");
    // A pasted authorize URL opens its client, and the details show why the login fails.
    let served_id = served.ada().get("/v3/oauth-clients?app_type=spa").await;
    let store =
        served_id.body["data"].as_array().unwrap().iter().find(|it| it["name"] == "Store locator");
    let id = store.unwrap()["client_id"].as_str().unwrap().to_owned();
    let request = format!(
        "whose https://id.acme.dev/authorize?client_id={id}&response_type=code&redirect_uri=https%3A%2F%2Fstores.acme.dev%2Fother"
    );
    desk.keys(":").await.text(&request).await.keys("enter").await;
    desk.sees("SPA OAuth Clients › Store locator").sees("Pasted login");
    desk.sees("No callback accepts redirect_uri");
    desk.keys("esc :").await.text("whose nothing at all").await.keys("enter").await;
    desk.sees("The text mentions no loaded credential");
    desk.keys(":").await.text("tab expi").await.keys("enter").await.sees("EXPIRES");
    // The commands also work while another screen is open, and close that screen.
    desk.keys(":").await.text("tab audit").await.keys("enter").await.sees("5 high");
    desk.keys(":").await.text("filter rule:TOK05").await.keys("enter").await;
    desk.sees("Token reads a whole connection").sees_no("SEC01").sees("1 of 24");
    desk.keys("j enter :").await.text("tab m2m").await.keys("enter").await;
    desk.sees("> CI smoke tests").sees_no("Token reads");
}

#[tokio::test]
async fn the_help_finds_and_runs_a_command() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("2 ?").await.sees("Search").text("base url").await.sees("Copy the API base URL.");
    desk.keys("enter").await.sees("API base URL sent to your terminal");
    assert_eq!(desk.copied(), served.base_url);
    desk.keys("?").await.text("no such").await.sees("No matches.").keys("esc").await;
    desk.keys("y").await.sees("y …").sees("i copy ID").keys("n").await.sees("Name sent");
    assert_eq!(desk.copied(), "Delivery zones");
}

#[tokio::test]
async fn typed_changes_are_not_lost_by_a_stray_key() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("a 3").await.text("Half typed").await.keys("esc").await.sees("Discard your changes?");
    desk.keys("esc").await.sees("Half typed");
    desk.keys("ctrl-c").await.sees("ctrl-c again to discard it and quit");
    assert_eq!(desk.outside, []);
    desk.keys("tab ctrl-c").await;
    assert_eq!(desk.outside, [], "only two presses in a row quit");
    desk.keys("ctrl-c").await;
    assert_eq!(desk.outside, [HostAction::Quit]);
}

#[tokio::test]
async fn a_new_client_can_start_as_a_copy() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("2 / ").await.text("mcp").await.keys("enter A").await.sees("MCP inspector (copy)");
    desk.keys("ctrl-s")
        .await
        .sees("MCP inspector (copy) created")
        .sees("http://127.0.0.1:6274/oauth/callback");
}

#[tokio::test]
async fn a_value_can_be_shown_to_be_selected_by_hand() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 80, 24).await;
    desk.keys("2 enter j enter").await.sees("Client ID › select it");
    let id = desk.screen().lines().nth(3).unwrap().to_owned();
    assert_eq!(id.len(), 32, "nothing else is on its line: {id:?}");
    desk.keys("esc y u").await;
    assert_eq!(desk.copied(), id);
}

#[tokio::test]
async fn the_local_workspace_is_a_server_in_the_same_process() {
    let config = Config { seed: Seed::Demo, ..config() };
    let mut desk = Desk::new("demo", Target::Local(Box::new(config)), 120, 30, COLOR);
    desk.console.start().unwrap();
    desk.catch_up();
    desk.sees("connecting…");
    desk.start().await;
    desk.sees("credenza · demo · ada@acme.dev · editor").sees("http://127.0.0.1:");
    desk.keys("3 t").await.sees("24 h left");
    desk.keys("esc q").await;
    assert_eq!(desk.outside, [HostAction::Quit]);
    desk.console.effects.shut_down().await;
}

#[tokio::test]
async fn long_list_loads_in_pages_and_keeps_its_place_on_refresh() {
    let served = Served::start(&Config { seed: Seed::Many(1200), ..config() });
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("2").await.sees("2 SPA OAuth Clients 1,200").keys("G").await;
    let last = desk.screen().lines().rev().find(|line| line.starts_with('>')).unwrap().to_owned();
    desk.keys("ctrl-r").await.sees(&last);
    desk.keys("/").await.text("000777").await.sees("1 of 1,200");
}

#[tokio::test]
async fn an_auditor_walks_the_findings_and_fixes_one() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("5").await.sees("by credential").sees("Retail heatmap").sees("unknown");
    // Opens the credential of a finding, then the next finding, possibly of another credential.
    desk.keys("enter")
        .await
        .sees("esc back")
        .keys("] f")
        .await
        .keys("K")
        .await
        .sees("Examples as of");
    desk.keys("esc esc").await.sees("by credential").keys("tab").await.sees("by rule");
    desk.keys("esc").await;

    desk.keys("2 /").await.text("has:medium staging").await.keys("enter").await;
    desk.sees("> Fleet dashboard (staging)").sees_no("Retail heatmap");
    desk.keys("enter").await.sees("URL03").keys("j j j j j j").await;
    desk.keys("F").await.sees("Changes to save:").sees("- http://localhost:5173/callback");
    desk.keys("enter").await.sees_no("http://localhost:5173/callback");
    let now = served.ada().get("/v3/oauth-clients?search=staging").await;
    assert_eq!(
        now.body["data"][0]["callbacks"],
        json!(["https://fleet.staging.acme.dev/callback"])
    );
    // The audit opens in its last view, and a finding that is fixed there disappears.
    desk.keys("esc esc 5").await.sees("by rule").keys("tab").await;
    desk.sees("Allowed web origins 2: http://localhost:5173").keys("g").await;
    let mine = |screen: String| {
        let under_cursor = screen.lines().find(|line| line.starts_with('>')).map(str::to_owned);
        under_cursor.is_some_and(|line| line.contains("Allowed web origins 2: http://localhost"))
    };
    for _ in 0..40 {
        if !mine(desk.screen()) {
            desk.keys("j").await;
        }
    }
    assert!(mine(desk.screen()), "{}", desk.screen());
    desk.keys("F").await;
    desk.sees("Changes to save:").keys("enter").await;
    desk.sees("by credential").sees_no("Allowed web origins 2");
    // An invalid filter does not change the list, and cannot be applied.
    desk.keys("esc esc 2 /").await.text("zones").await.text(" age>9x").await;
    desk.keys("enter").await.sees("Invalid filter. Correct it").sees("1 of 12");
}

#[tokio::test]
async fn invalid_filter_is_marked_and_changes_nothing() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("2 /")
        .await
        .text("age>")
        .await
        .sees("^ missing value, such as age>90d")
        .sees("12 · name");
    desk.keys("ctrl-u").await.text("zones").await.sees("1 of 12");
    desk.text(" age>9x").await.sees("^ use a duration").sees("Delivery zones").sees("1 of 12");
    desk.keys("backspace").await.sees_no("use a duration").sees("1 of 12");
    desk.keys("ctrl-u")
        .await
        .text("!used type:spa")
        .await
        .sees("Field survey")
        .sees_no("Delivery zones");
}

#[tokio::test]
async fn a_form_says_while_one_types_what_an_audit_would_find() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("a 1").await.text("Wide open").await.keys("tab space").await;
    desk.keys("tab")
        .await
        .sees("> Grants")
        .text("carto_dw")
        .await
        .keys("tab")
        .await
        .text("*")
        .await;
    desk.keys("tab").await.sees("high TOK05: Token reads a whole connection");
}

/// A finding moves with its value if an empty row is added above.
#[tokio::test]
async fn a_finding_follows_its_row() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("a 2").await.text("Shop").await.keys("tab").await;
    desk.text("https://shop.acme.dev/").await.keys("tab space tab").await;
    desk.keys("ctrl-u").await.text("https://shop.acme.dev/a").await.keys("enter").await;
    desk.text("https://example.com/b").await.keys("tab shift-tab").await;
    let follows = |screen: &str| {
        let lines: Vec<&str> = screen.lines().collect();
        let at = lines.iter().position(|it| it.contains("https://example.com/b")).unwrap();
        lines[at + 1].contains("URL29")
    };
    assert!(follows(&desk.screen()), "{}", desk.screen());
    desk.keys("up enter").await;
    assert!(follows(&desk.screen()), "{}", desk.screen());
}

#[tokio::test]
async fn every_dialog_shows_the_command_that_does_the_same() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("2 /").await.text("zones").await.keys("enter ctrl-g").await;
    desk.sees("list spa --where zones")
        .keys("esc enter @")
        .await
        .sees(" show PlYmin1nmJ3gcgIkWGQ957bKf5zLOhfh");
    desk.keys("esc D ctrl-g")
        .await
        .sees("delete PlYmin1nmJ3gcgIkWGQ957bKf5zLOhfh --confirm 'Delivery zones'");
    desk.keys("esc esc esc esc a 3").await.text("Nightly").await.keys("ctrl-g").await;
    desk.sees("create m2m --name Nightly");
}

#[tokio::test]
async fn what_the_list_shows_is_saved_under_a_name_and_comes_back() {
    let served = Served::demo();
    let home = tempfile::tempdir().unwrap();
    let config = ConfigFile { path: home.path().join("config.toml") };
    std::fs::write(&config.path, "# mine\nstore = \"memory\"\n").unwrap();
    let mut desk = Desk::configured(&served, config.clone(), 140, 30).await;
    desk.keys("f").await.sees("No views yet").keys("esc 2 /").await;
    desk.text("age>90d").await.keys("enter s w w f").await;
    desk.sees("Current: age>90d · by worst · wide").keys("a enter").await;
    desk.sees("! The name is empty").text("old ones").await.keys("enter").await;
    desk.sees("Saved as old ones").sees("> old ones  age>90d · by worst · wide");
    let text = std::fs::read_to_string(&config.path).unwrap();
    assert_eq!(
        text,
        "# mine\nstore = \"memory\"\n\n[views.\"old ones\"]\nfilter = \"age>90d\"\nsort = \"worst\"\nwide = true\n"
    );

    desk.keys("esc esc w s n").await.sees("Store locator").keys("f enter").await;
    desk.sees("/ age>90d").sees_no("Store locator").sees("OWNER");
    desk.keys("f D").await.sees("Press D again to delete the view old ones").keys("down D D").await;
    desk.sees("No views yet");
    assert!(!std::fs::read_to_string(&config.path).unwrap().contains("old ones"));
}

#[tokio::test]
async fn a_finding_is_accepted_for_a_reason_and_until_a_day() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("5 i").await.sees("Suppress finding").sees("SEC01 Secret is old: Report mailer");
    desk.keys("enter enter").await.sees("! A reason is required");
    desk.text("read by one script").await.keys("enter ctrl-u").await.text("tomorrow").await;
    desk.keys("enter").await.sees("use 90d, 12h or a date");
    desk.keys("esc").await.sees("by credential");
}

/// A finding about several values has one fix for all of them.
#[tokio::test]
async fn a_defect_of_a_whole_list_is_fixed_at_once() {
    let served = Served::demo();
    let client = json!({
        "name": "Half finished", "app_type": "spa", "use_default_urls": false,
        "initiate_login_uri": "https://half.acme.dev/login",
        "callbacks": [
            "https://half.acme.dev/cb", "https://one.example.com/cb", "https://two.example.com/cb",
        ],
        "allowed_logout_urls": [], "web_origins": [], "allowed_origins": [],
    });
    let made = served.ada().post("/v3/oauth-clients", client).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("2 /").await.text("half finished").await.keys("enter enter").await;
    desk.sees("URL29 callbacks (2 of 3)");
    for _ in 0..20 {
        if !desk.screen().lines().any(|line| line.starts_with('>') && line.contains("URL29")) {
            desk.keys("j").await;
        }
    }
    desk.keys("F").await.sees("- https://one.example.com/cb").sees("- https://two.example.com/cb");
    desk.keys("enter").await.sees_no("URL29");
    let now = served.ada().get("/v3/oauth-clients?search=half").await;
    assert_eq!(now.body["data"][0]["callbacks"], json!(["https://half.acme.dev/cb"]));
}

#[tokio::test]
async fn about_is_copied_as_a_whole() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 80, 24).await;
    desk.keys("g i").await.sees("About Credenza").sees("xterm-256color 80x24");
    let copied = desk.copies("c").await;
    assert!(copied.starts_with("Version        credenza "), "{copied}");
    assert!(copied.contains(&served.base_url), "{copied}");
    desk.keys("esc").await.sees_no("About Credenza");
}

#[tokio::test]
async fn the_columns_of_a_list_are_chosen_moved_and_sized() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("2 C").await.sees("Columns of the SPA OAuth Clients").sees("> [x] NAME");
    desk.keys("space").await.sees("The name is always shown");
    // The second column is the client ID, the third the login URL.
    desk.keys("down down space").await.sees("> [ ] LOGIN URL");
    desk.keys("down down down down down down").await.sees("> [ ] CALLBACKS").keys("space").await;
    desk.keys("K K K K K K K").await.sees("> [x] CALLBACKS");
    desk.keys("> >").await.sees("20 columns").keys("esc").await;
    let screen = desk.screen();
    let heads = screen.lines().nth(3).unwrap();
    let words: Vec<&str> = heads.split_whitespace().filter(|word| *word != "↑").collect();
    assert_eq!(
        words,
        ["CALLBACKS", "NAME", "CLIENT", "ID", "CREATED", "USED", "FINDINGS"],
        "{screen}"
    );
    assert_eq!(heads.find("NAME"), Some(2 + 20 + 2), "{screen}");
    desk.keys("ctrl-g").await.sees("--columns callbacks,name,id,created,used,worst");
    desk.keys("esc C r esc").await.sees("LOGIN URL").sees_no("CALLBACKS");
}

#[tokio::test]
async fn a_long_list_is_edited_as_text() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("2 E").await.sees("SPA OAuth Clients › Delivery zones › Edit");
    let Some(HostAction::EditText(text)) = desk.outside.pop() else { panic!("no text") };
    assert!(text.starts_with("# Delivery zones\n"), "{text}");
    let wrong = text.replace("name = ", "nome = ");
    desk.send(Msg::EditedText(Ok(wrong.clone()))).await;
    desk.sees("the form has no field \"nome\". Press ctrl-o to correct it").keys("ctrl-o").await;
    let again = desk.outside.pop();
    assert_eq!(again, Some(HostAction::EditText(wrong)), "the rejected text is edited again");

    let edited = text
        .replace("use_default_urls = true", "use_default_urls = false")
        .replace("name = \"Delivery zones\"", "name = \"Delivery areas\"");
    desk.send(Msg::EditedText(Ok(edited))).await;
    desk.keys("ctrl-s").await.sees("- Delivery zones").sees("+ Delivery areas");
    desk.keys("enter").await.sees("Delivery areas saved");
    desk.keys("E").await;
    desk.send(Msg::EditedText(Err("the editor vi ended with exit status: 1".to_owned()))).await;
    desk.sees("The form is unchanged: the editor vi ended with");
}
