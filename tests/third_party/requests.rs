//! Number of requests to real servers by a console that opens every tab, and by `list all`. Each
//! list must be requested only once.

use std::{io, path::PathBuf, process::Command, sync::Arc};

use credenza::{
    app::{Msg, Setup, Workspace},
    clipboard::{Choice, ClipboardPlan},
    config::ConfigFile,
    domain::{
        Profile, Secret,
        audit::Workstation,
        profile::{Provider, Word as _},
    },
    keys::chord::parse_sequence,
    shell::{
        Console, ConsoleParts, connection::Target, effects::AppDirs, screen::TerminalScreen,
        status::TerminalStatus,
    },
    ui::Theme,
    vault::StoreChoice,
};
use jiff::Timestamp;
use ratatui::layout::Size;
use serde_json::{Value, json};

use crate::{
    cassette::{Counterpart, Recorder},
    counterparts::binary,
    servers::{better_auth, gitea, hydra, keycloak, machine_token, openbao, operate},
};

/// Returns a console on a profile, without files on disk. The output of the console is discarded.
fn console(profile: &Profile, token: &str) -> Console<io::Sink> {
    let nowhere = PathBuf::from("/nonexistent/credenza");
    let token = Arc::new(Secret::new(token.to_owned()));
    Console::new(ConsoleParts {
        screen: TerminalScreen::new(io::sink(), Box::new(|| Ok(Size { width: 120, height: 30 }))),
        setup: Setup {
            workspace: Workspace::of(profile.clone()),
            base_url: profile.base_url.clone(),
            ..Setup::default()
        },
        target: Target::Profile(Box::new(profile.clone()), Some(token)),
        rest: AppDirs {
            config: ConfigFile { path: nowhere.join("config.toml") },
            store: StoreChoice::Memory,
            state: nowhere.clone(),
            home: nowhere.clone(),
            data: nowhere,
            lists: None,
            workstation: |_| Workstation::default(),
            passphrase: None,
            open_browser: |_| false,
        },
        theme: Theme::COLOR,
        adapts: false,
        status: TerminalStatus::default(),
        clipboard: ClipboardPlan::new(Choice::Osc52, |_| None),
        clock: Timestamp::now,
    })
    .unwrap()
}

/// Checks the number of requests: `start` for a console that opens every tab, and `list` for
/// `list all`.
async fn asks(it: &Counterpart<'_>, start: usize, list: usize) {
    let (base, recorder) = Recorder::start(it.origin).await;
    let base_url = format!("{base}{}", it.path);
    let profile = Profile {
        name: "it".into(),
        base_url: base_url.clone(),
        provider: it.provider,
        ..Profile::default()
    };
    let mut console = console(&profile, it.token);
    console.start().unwrap();
    console.settle().await.unwrap();
    for tab in "1 2 3 4".split(' ').flat_map(parse_sequence) {
        console.take(Msg::Key(tab));
        console.settle().await.unwrap();
    }
    let started = recorder.requests();

    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(binary());
        command.args(arguments).env("HOME", home.path()).env("CREDENZA_TOKEN", it.token);
        command.env_remove("XDG_CONFIG_HOME").env("CREDENZA_STORE", "file");
        tokio::task::block_in_place(|| command.output().unwrap())
    };
    let word = it.provider.word();
    let add = ["profile", "add", "it", "--base-url", &base_url, "--provider", word, "--offline"];
    assert!(run(&add).status.success());
    recorder.requests();
    let output = run(&["list", "all", "--output", "jsonl"]);
    assert!(output.status.success(), "{output:?}");
    let listed = recorder.requests();

    let counts = (started.len(), listed.len());
    assert_eq!(counts, (start, list), "{}: {started:#?} {listed:#?}", it.server);
}

#[tokio::test(flavor = "multi_thread")]
async fn keycloak_is_read_once() {
    let server = keycloak();
    let token = |realm: &str, id: &str, secret: &str| {
        let path = format!("{}/realms/{realm}/protocol/openid-connect/token", server.url);
        machine_token(&path, id, secret)
    };
    let mut realm: Value =
        serde_json::from_str(include_str!("servers/keycloak/realm.json")).unwrap();
    let client = |number: usize| {
        json!({ "clientId": format!("many-{number:03}"), "publicClient": number.is_multiple_of(2),
            "serviceAccountsEnabled": !number.is_multiple_of(2) })
    };
    realm["clients"].as_array_mut().unwrap().extend((0..250).map(client));
    let bearer =
        format!("authorization: Bearer {}", token("master", "bootstrap", "bootstrap-secret"));
    operate("POST", &format!("{}/admin/realms", server.url), &[&bearer], Some(&realm));
    let token = token("acme", "credenza-admin", "credenza-admin-secret");
    let counterpart = Counterpart {
        server: "Keycloak",
        provider: Provider::Keycloak,
        origin: &server.url,
        path: "/realms/acme",
        token: &token,
        scopes: &[],
    };
    asks(&counterpart, 2, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hydra_is_read_once() {
    let (server, _) = hydra();
    for number in 0..150 {
        let body = json!({ "client_name": format!("many-{number:03}"),
            "grant_types": [if number % 2 == 0 { "authorization_code" } else { "client_credentials" }] });
        operate("POST", &format!("{}/admin/clients", server.url), &[], Some(&body));
    }
    let counterpart = Counterpart {
        server: "Ory Hydra",
        provider: Provider::Hydra,
        origin: &server.url,
        path: "",
        token: "none",
        scopes: &[],
    };
    asks(&counterpart, 1, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gitea_is_read_once() {
    let server = gitea();
    let bearer = format!("authorization: token {}", server.file("dev.token"));
    for number in 0..60 {
        let body = json!({ "name": format!("many-{number:03}"),
            "confidential_client": number % 2 == 0, "redirect_uris": ["https://a.example/cb"] });
        let url = format!("{}/api/v1/user/applications/oauth2", server.url);
        operate("POST", &url, &[&bearer], Some(&body));
    }
    let counterpart = Counterpart {
        server: "Gitea",
        provider: Provider::Gitea,
        origin: &server.url,
        path: "",
        token: &server.file("dev.token"),
        scopes: &[],
    };
    asks(&counterpart, 4, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openbao_is_read_once() {
    let server = openbao();
    for number in 0..30 {
        let kind = if number % 2 == 0 { "public" } else { "confidential" };
        let url = format!("{}/v1/identity/oidc/client/many-{number:03}", server.url);
        let body = json!({ "client_type": kind, "redirect_uris": ["https://a.example/cb"] });
        operate("POST", &url, &["x-vault-token: root"], Some(&body));
    }
    let counterpart = Counterpart {
        server: "OpenBao",
        provider: Provider::OpenBao,
        origin: &server.url,
        path: "",
        token: "root",
        scopes: &[],
    };
    asks(&counterpart, 5, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn better_auth_is_read_once() {
    let server = better_auth(false);
    let url = server.text("url");
    let body = json!({ "email": "ann@example.test", "name": "ann", "password": "correct horse" });
    let answer = operate("POST", &format!("{url}/sign-up/email"), &[], Some(&body));
    let counterpart = Counterpart {
        server: "Better Auth",
        provider: Provider::BetterAuth,
        origin: url.trim_end_matches("/api/auth"),
        path: "/api/auth",
        token: answer["token"].as_str().unwrap(),
        scopes: &[],
    };
    asks(&counterpart, 3, 2).await;
}
