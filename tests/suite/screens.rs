//! Screens of the console in color at three sizes, and some in monochrome and ASCII, too. A
//! snapshot contains the text and, below it, the style of each cell: `b`old, `d`im, `u`nderlined,
//! `r`eversed, `s`elected, and digits for colors.

use std::fmt::Write as _;

use credenza::{
    app::Timer,
    domain::{Profile, profile::Environment},
    server::{Config, SubscriptionPlan, seed::Seed},
    ui::Theme,
};

use crate::common::{
    desk::{ASCII, COLOR, Desk, MONO, nowhere},
    server::{Served, config},
};

pub const SIZES: [(u16, u16); 3] = [(60, 15), (80, 24), (120, 30)];

/// Presses keys to reach a screen, and compares it with its snapshot at every size. A step that
/// begins with `"` is typed as text.
async fn snapshots(name: &str, keys: &[&str], theme: Theme) {
    let public_url = Some("http://127.0.0.1:4180".to_owned());
    let served = Served::start(&Config {
        seed: Seed::Demo,
        plan: SubscriptionPlan::EnterpriseLarge,
        public_url,
        ..config()
    });
    for (columns, rows) in SIZES {
        let mut desk = Desk::with(&served, columns, rows, theme).await;
        for step in keys {
            match step.strip_prefix('"') {
                Some(text) => desk.text(text).await,
                None => desk.keys(step).await,
            };
        }
        keep(&format!("{name}_{columns}x{rows}"), &desk, theme);
    }
}

/// Compares a screen and its style map with the committed snapshot.
pub fn keep(name: &str, desk: &Desk, theme: Theme) {
    let look = match theme {
        theme if theme == COLOR => "",
        theme if theme == MONO => "_mono",
        _ => "_ascii",
    };
    let picture = format!("{}\n{}", desk.screen(), looks(desk));
    insta::assert_snapshot!(format!("{name}{look}"), picture);
}

/// Like [`snapshots`], on a profile whose console starts with the sign-in. The step `"BEARER`
/// pastes a bearer token of the server.
async fn profile_snapshots(name: &str, environment: Environment, keys: &[&str], theme: Theme) {
    let public_url = Some("http://127.0.0.1:4180".to_owned());
    let served = Served::start(&Config { seed: Seed::Demo, public_url, ..config() });
    let bearer = served.minter.bearer().unwrap();
    for (columns, rows) in SIZES {
        let profile = Profile {
            name: "acme-eu".to_owned(),
            base_url: "https://api.acme.example".to_owned(),
            environment,
            ..Profile::default()
        };
        let real = Profile { base_url: served.base_url.clone(), ..profile.clone() };
        let mut desk = Desk::profile_as(&profile, &real, nowhere(), columns, rows, theme);
        desk.start().await;
        for step in keys {
            match step.strip_prefix('"') {
                Some("BEARER") => desk.paste(bearer.expose()).await,
                Some(text) => desk.text(text).await,
                None => desk.keys(step).await,
            };
        }
        keep(&format!("{name}_{columns}x{rows}"), &desk, theme);
    }
}

#[tokio::test]
async fn signing_in() {
    profile_snapshots("sign_in", Environment::Dev, &[], COLOR).await;
    let secret = ["down down enter", "\"not shown"];
    profile_snapshots("sign_in_secret", Environment::Dev, &secret, COLOR).await;
}

#[tokio::test]
async fn production() {
    let signed_in = ["down down down enter", "\"BEARER", "enter", "2"];
    profile_snapshots("prod_list", Environment::Prod, &signed_in, COLOR).await;
    profile_snapshots("prod_list", Environment::Prod, &signed_in, MONO).await;
    let unlock = [&signed_in[..], &["W", "\"acme"]].concat();
    profile_snapshots("unlock", Environment::Prod, &unlock, COLOR).await;
    let unlocked = [&signed_in[..], &["W", "\"acme-eu", "enter"]].concat();
    profile_snapshots("prod_unlocked", Environment::Prod, &unlocked, COLOR).await;
}

#[tokio::test]
async fn profiles() {
    profile_snapshots("profiles", Environment::Dev, &["esc", "P"], COLOR).await;
    let form = ["esc", "P", "a", "\"a b", "tab", "\"http://example.com", "ctrl-s"];
    profile_snapshots("profile_form", Environment::Dev, &form, COLOR).await;
}

/// Returns one character for the style of each cell, without rows that have no style, and the
/// position of the cursor.
fn looks(desk: &Desk) -> String {
    let screen = desk.terminal.screen();
    let (rows, columns) = screen.size();
    let mut out = String::from("── looks ──\n");
    for row in 0..u16::from(rows) {
        let mut line = String::new();
        for column in 0..u16::from(columns) {
            let cell = screen.cell(row, column).unwrap();
            line.push(match cell.fgcolor() {
                _ if cell.bgcolor() == vt100::Color::Idx(4) => 's',
                vt100::Color::Idx(color) => char::from(b'0' + color),
                _ if cell.inverse() => 'r',
                _ if cell.underline() => 'u',
                _ if cell.bold() => 'b',
                _ if cell.dim() => 'd',
                _ => '.',
            });
        }
        let line = line.trim_end_matches('.');
        if !line.is_empty() {
            let _ = writeln!(out, "{row:>2} {line}");
        }
    }
    let (row, column) = screen.cursor_position();
    let _ =
        write!(out, "cursor {row},{column}{}", if screen.hide_cursor() { " hidden" } else { "" });
    out
}

#[tokio::test]
async fn the_list() {
    snapshots("list_tokens", &[], COLOR).await;
    snapshots("list_spa", &["2 j"], COLOR).await;
    snapshots("list_m2m", &["3"], COLOR).await;
    snapshots("list_filtered", &["2 /", "\"store"], COLOR).await;
    snapshots("list_nothing_found", &["2 /", "\"no such"], COLOR).await;
    snapshots("list_organization", &["2 o j"], COLOR).await;
}

#[tokio::test]
async fn the_list_without_color_and_in_ascii() {
    snapshots("list_spa", &["2 j"], MONO).await;
    snapshots("list_spa", &["2 j"], ASCII).await;
}

/// The selected credential is shown beside the list on a terminal with at least 140 columns. On a
/// narrower terminal with at least 45 rows, it is shown below the list.
#[tokio::test]
async fn the_preview() {
    let public_url = Some("http://127.0.0.1:4180".to_owned());
    let served = Served::start(&Config { seed: Seed::Demo, public_url, ..config() });
    for (columns, rows) in [(200, 50), (140, 30), (100, 50)] {
        let mut desk = Desk::with(&served, columns, rows, COLOR).await;
        desk.keys("2 j j j").await.rest().await;
        keep(&format!("preview_{columns}x{rows}"), &desk, COLOR);
        desk.keys("enter j").await;
        keep(&format!("preview_focused_{columns}x{rows}"), &desk, COLOR);
        desk.keys("D").await;
        keep(&format!("preview_delete_{columns}x{rows}"), &desk, COLOR);
        desk.keys("esc esc 5 ] ] j").await;
        keep(&format!("preview_audit_{columns}x{rows}"), &desk, COLOR);
    }
}

#[tokio::test]
async fn the_details() {
    snapshots("detail_spa", &["2 enter j j"], COLOR).await;
    snapshots("detail_m2m", &["3 enter"], COLOR).await;
    snapshots("detail_token", &["j enter"], COLOR).await;
    snapshots("detail_spa", &["2 enter j j"], MONO).await;
    snapshots("detail_spa", &["2 enter j j"], ASCII).await;
}

#[tokio::test]
async fn creating() {
    snapshots("chooser", &["a j"], COLOR).await;
    snapshots("columns", &["2 C down space > >"], COLOR).await;
    snapshots("create_spa", &["a 2", "\"Shop", "tab", "\"http://shop.example/", "tab"], COLOR)
        .await;
    snapshots(
        "create_spa_lists",
        &["a 2 tab tab space tab", "\"https://a.example/#x", "tab"],
        COLOR,
    )
    .await;
    snapshots("create_m2m", &["a 3", "\"Sync"], COLOR).await;
    snapshots("create_token", &["a 1 tab tab space ctrl-s"], COLOR).await;
    snapshots("create_token", &["a 1 tab tab space ctrl-s"], MONO).await;
}

#[tokio::test]
async fn editing_and_leaving() {
    snapshots("review", &["2 e", "\" 2", "tab ctrl-u", "\"https://new.acme.dev/", "ctrl-s"], COLOR)
        .await;
    snapshots("discard", &["2 e", "\" 2", "esc"], COLOR).await;
}

#[tokio::test]
async fn deleting() {
    snapshots("delete", &["3 D", "\"Nightly", "enter"], COLOR).await;
    snapshots("delete_ready", &["3 j j D", "\"Nightly sync"], COLOR).await;
    snapshots("delete_ready", &["3 j j D", "\"Nightly sync"], MONO).await;
    snapshots("marked", &["3 space j space"], COLOR).await;
    snapshots("marked", &["3 space j space"], MONO).await;
    snapshots("delete_marked", &["3 * D", "\"7"], COLOR).await;
    snapshots("edit_marked", &["2 * e", "right tab tab"], COLOR).await;
    snapshots("edit_marked", &["2 * e", "right tab tab"], ASCII).await;
    snapshots("delete_marked_done", &["3 space space D", "\"2", "enter"], COLOR).await;
}

#[tokio::test]
async fn the_help() {
    snapshots("help", &["2 ?"], COLOR).await;
    snapshots("help_search", &["2 ?", "\"sort"], COLOR).await;
    snapshots("help_search", &["2 ?", "\"sort"], ASCII).await;
    snapshots("pending", &["2 y"], COLOR).await;
}

#[tokio::test]
async fn about() {
    snapshots("about", &["g i"], COLOR).await;
    snapshots("about", &["g i"], ASCII).await;
}

#[tokio::test]
async fn an_access_token() {
    let served = Served::start(&Config { seed: Seed::Demo, ..config() });
    for (columns, rows) in SIZES {
        let mut desk = Desk::at(&served, columns, rows).await;
        desk.keys("3 t").await.later(0, Timer::TokenLeft).await;
        // The ID of the token and the port differ in each run.
        let text = desk.screen();
        let kept: Vec<_> = text
            .lines()
            .filter(|line| {
                !["http://127", "  jti ", "client_id", "sub "]
                    .iter()
                    .any(|part| line.contains(part))
            })
            .collect();
        insta::assert_snapshot!(format!("access_token_{columns}x{rows}"), kept.join("\n"));
    }
}

#[tokio::test]
async fn a_failure() {
    let faulty = crate::common::faulty::Faulty::start();
    let answer = r#"{"error":"The maintenance window lasts until noon","request_id":"req_7"}"#;
    faulty.on("GET /v3/tokens", crate::common::faulty::Fault::json(503, answer));
    for theme in [COLOR, MONO] {
        for (columns, rows) in SIZES {
            let bearer = std::sync::Arc::new(credenza::domain::Secret::new("x".into()));
            let mut desk = Desk::remote(&faulty.base_url, bearer, columns, rows, theme).await;
            desk.sees("Could not load the list");
            let text: Vec<_> = desk.screen().lines().skip(1).map(str::to_owned).collect();
            let look = if theme == COLOR { "" } else { "_mono" };
            insta::assert_snapshot!(format!("failure_{columns}x{rows}{look}"), text.join("\n"));
        }
    }
}

#[tokio::test]
async fn no_screen_fails_at_any_size() {
    let served = Served::start(&Config { seed: Seed::Demo, ..config() });
    for keys in [
        "2",
        "2 enter",
        "3 t",
        "a",
        "a 1",
        "a 2",
        "2 e",
        "3 D",
        "?",
        "2 enter enter",
        "5",
        "6",
        "6 D",
        "0",
        "0 G",
    ] {
        let mut desk = Desk::at(&served, 100, 30).await;
        desk.keys(keys).await;
        for (columns, rows) in
            [(1, 1), (10, 3), (40, 10), (59, 15), (60, 14), (60, 15), (61, 16), (300, 100)]
        {
            desk.resize(columns, rows).await;
        }
    }
}

#[tokio::test]
async fn expiring() {
    snapshots("expiring", &["6"], COLOR).await;
    snapshots("expiring", &["6", "j"], ASCII).await;
}

#[tokio::test]
async fn overview() {
    snapshots("overview", &["0", "j j tab"], COLOR).await;
    snapshots("overview", &["0", "j j tab"], MONO).await;
    snapshots("overview", &["0", "G"], ASCII).await;
}

#[tokio::test]
async fn auditing() {
    snapshots("audit", &["5"], COLOR).await;
    snapshots("audit", &["5"], MONO).await;
    snapshots("audit_by_rule", &["5", "tab", "j"], COLOR).await;
    snapshots("audit_filtered", &["5", "z", "/", "\"rule:org* fleet", "enter", "3"], COLOR).await;
    snapshots("fix_marked", &["5", "* F"], COLOR).await;
    snapshots("audit_marked", &["5", "space space"], MONO).await;
    snapshots("explain", &["5", "K"], COLOR).await;
    snapshots("suppress", &["5", "i"], COLOR).await;
    snapshots("list_wide", &["2", "w"], COLOR).await;
    snapshots("list_mistake", &["2", "/", "\"age>9x"], COLOR).await;
    snapshots("audit_detail", &["2", "/", "\"staging", "enter", "enter"], COLOR).await;
}
