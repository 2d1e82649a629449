//! The README's pictures, drawn from real frames. `UPDATE_DOCS=1 cargo test pictures` writes them.

use credenza::server::{Config, seed::Seed};

use crate::common::{
    assert_committed,
    desk::Desk,
    server::{Served, config},
    svg,
};

async fn desk() -> (Served, Desk) {
    let public_url = Some("http://127.0.0.1:4180".to_owned());
    let served = Served::start(&Config { seed: Seed::Demo, public_url, ..config() });
    let desk = Desk::at(&served, 110, 26).await;
    (served, desk)
}

fn keep(desk: &Desk, name: &str) {
    assert_committed(&format!("assets/{name}.svg"), &svg::draw(desk.terminal.screen()));
}

/// The animation of the README: a client is found, its finding is fixed, and its ID is copied.
#[tokio::test]
async fn demo() {
    let (_served, mut desk) = desk().await;
    let mut frames = Vec::new();
    for (keys, tenths) in [
        ("2", 15),
        ("/", 8),
        ("s", 3),
        ("t", 3),
        ("a", 3),
        ("g", 10),
        ("enter", 10),
        ("enter", 25),
        ("j j j j j j", 15),
        ("F", 30),
        ("enter", 30),
        ("c", 25),
        ("esc", 10),
        ("5", 20),
        ("j", 10),
        ("K", 35),
    ] {
        desk.keys(keys).await;
        frames.push((svg::rows(desk.terminal.screen()), tenths));
    }
    assert_committed("assets/demo.svg", &svg::animate(desk.terminal.screen(), &frames));
}

#[tokio::test]
async fn filter() {
    let (_served, mut desk) = desk().await;
    desk.keys("2 / ").await.text("acme store").await;
    keep(&desk, "filter");
}

#[tokio::test]
async fn create() {
    let (_served, mut desk) = desk().await;
    desk.keys("a 2").await.text("Shop finder").await.keys("tab").await;
    desk.text("http://shop.acme.dev/login").await.keys("tab").await;
    keep(&desk, "create");
}

#[tokio::test]
async fn detail() {
    let (_served, mut desk) = desk().await;
    desk.keys("2 / ").await.text("fleet dashboard (").await.keys("enter enter j j").await;
    keep(&desk, "detail");
}

#[tokio::test]
async fn delete() {
    let (_served, mut desk) = desk().await;
    desk.keys("3 D").await.text("CI smoke test").await.keys("enter").await;
    keep(&desk, "delete");
}

#[tokio::test]
async fn help() {
    let (_served, mut desk) = desk().await;
    desk.keys("2 ?").await.text("copy").await;
    keep(&desk, "help");
}
