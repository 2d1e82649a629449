//! Lists that the console caches on disk: shown before the server responds, read-only, and deleted
//! with the session.

use std::{fs, path::Path, sync::Arc};

use credenza::{config::ConfigFile, domain::Secret, shell::effects::AppDirs, vault::StoreChoice};

use crate::{
    common::{
        desk::{Desk, nowhere},
        server::Served,
    },
    sign_in::{profile, served},
};

fn rest(home: &Path) -> AppDirs {
    AppDirs {
        store: StoreChoice::File,
        state: home.join("state"),
        lists: Some(home.join("lists")),
        passphrase: Some(Arc::new(Secret::new("a passphrase of the tests".into()))),
        ..nowhere()
    }
}

/// Starts a console and signs in with a token; returns the console and the token.
pub async fn signed_in(served: &Served, home: &Path) -> (Desk, Secret) {
    signed_in_with(served, rest(home)).await
}

/// Like [`signed_in`], but with the configuration in the home directory.
pub async fn signed_in_and_configured(served: &Served, home: &Path) -> (Desk, Secret) {
    let config = ConfigFile { path: home.join("config.toml") };
    signed_in_with(served, AppDirs { config, ..rest(home) }).await
}

async fn signed_in_with(served: &Served, rest: AppDirs) -> (Desk, Secret) {
    let mut desk = Desk::profile(&profile(served), rest, 120, 30);
    desk.start().await;
    let bearer = served.minter.bearer().unwrap();
    desk.keys("down down down enter").await.paste(bearer.expose()).await;
    desk.until("enter", "2 SPA OAuth Clients 12").await;
    desk.settle().await; // until every list is loaded and written
    (desk, bearer)
}

fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .flat_map(|it| if it.path().is_dir() { files(&it.path()) } else { vec![it.path()] })
        .collect()
}

#[tokio::test]
async fn last_lists_open_before_the_server_answers() {
    let (served, home) = (served(), tempfile::tempdir().unwrap());
    let (mut desk, bearer) = signed_in(&served, home.path()).await;
    desk.keys("2").await.sees("Store locator").sees_no(" ago");
    drop(desk);

    let written = files(&home.path().join("lists"));
    assert!(!written.is_empty());
    for file in &written {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let text = fs::read_to_string(file).unwrap();
        assert!(!text.contains(bearer.expose()) && !text.contains("secret"), "{text}");
    }

    let profile = profile(&served);
    drop(served);
    let mut desk = Desk::profile(&profile, rest(home.path()), 120, 30);
    desk.start().await;
    desk.keys("2").await.sees("Store locator").sees("12 · cached ").sees(" ago · name");
    // The ID of a cached row can be copied, but the row cannot be opened.
    let id = desk.copies("c").await;
    assert_eq!(id.len(), 32);
    desk.keys("enter").await.sees_no("Allowed callback URLs");
    desk.keys("esc esc ctrl-r").await.sees("Store locator").sees("12 · cached ");
}

#[tokio::test]
async fn signing_out_deletes_the_cached_lists() {
    let (served, home) = (served(), tempfile::tempdir().unwrap());
    let (mut desk, _) = signed_in(&served, home.path()).await;
    assert!(!files(&home.path().join("lists")).is_empty());
    desk.keys("L o").await;
    assert!(files(&home.path().join("lists")).is_empty());
}

#[tokio::test]
async fn another_user_does_not_see_the_lists() {
    let (served, home) = (served(), tempfile::tempdir().unwrap());
    let (mut desk, _) = signed_in(&served, home.path()).await;
    desk.keys("2").await.sees("Store locator");
    drop(desk);
    let hold = |name: &str| {
        let all = files(&home.path().join("lists"));
        all.iter().any(|file| fs::read_to_string(file).unwrap().contains(name))
    };
    assert!(hold("Store locator"));

    // The session is deleted, and another user signs in.
    fs::remove_file(home.path().join("state/sessions.vault")).unwrap();
    let other = served.other_user("vera", "viewer").bearer;
    let mut desk = Desk::profile(&profile(&served), rest(home.path()), 120, 30);
    desk.start().await;
    desk.keys("down down down enter").await.paste(other.expose()).await;
    desk.until("enter", "2 SPA OAuth Clients 0").await;
    desk.settle().await;
    assert!(!hold("Store locator"), "the cached lists were deleted");
    desk.keys("2").await.sees_no("Store locator");
}

#[tokio::test]
async fn a_fresh_list_replaces_the_cached_one() {
    let (served, home) = (served(), tempfile::tempdir().unwrap());
    let (mut desk, _) = signed_in(&served, home.path()).await;
    desk.keys("2").await.sees("Store locator");
    drop(desk);

    let listed = served.ada().get("/v3/oauth-clients?search=Store%20locator").await;
    let id = listed.body["data"][0]["client_id"].as_str().unwrap().to_owned();
    served.ada().delete(&format!("/v3/oauth-clients/{id}")).await;
    // A damaged file is ignored.
    for file in files(&home.path().join("lists")) {
        if file.ends_with("mine-token.jsonl") {
            fs::write(file, "{\"schema\":\"credenza.list/v1\"").unwrap();
        }
    }
    let mut desk = Desk::profile(&profile(&served), rest(home.path()), 120, 30);
    desk.start().await;
    desk.keys("2").await.sees("2 SPA OAuth Clients 11").sees_no("Store locator").sees_no(" ago");
    desk.keys("1").await.sees("1 API Access Tokens 4");
}

#[tokio::test]
async fn the_history_lists_the_changes_of_this_machine() {
    let (served, home) = (served(), tempfile::tempdir().unwrap());
    let (mut desk, _) = signed_in(&served, home.path()).await;
    desk.keys("2 H").await.sees("Delivery zones › History").sees("No changes are recorded.");
    desk.keys("esc e tab ctrl-u").await.text("https://new.acme.dev/").await;
    desk.keys("ctrl-s enter").await.sees("Delivery zones saved");
    desk.keys("H").await.sees("edited").sees("Delivery zones");
    desk.sees("initiate_login_uri: https://zones.acme.dev/app → https://new.acme.dev/");
    desk.keys("ctrl-g").await.sees("credenza history ");
    desk.keys("esc esc esc g h").await.sees("acme › History").sees("edited");
}
