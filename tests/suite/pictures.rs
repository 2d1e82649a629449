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

#[tokio::test]
async fn list() {
    let (_served, mut desk) = desk().await;
    desk.keys("2 / ").await.text("acme store").await;
    keep(&desk, "filter");
    desk.keys("esc g g j j").await;
    keep(&desk, "list");
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
