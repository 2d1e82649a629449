//! Clicks and the wheel in the console.

use credenza::config::ConfigFile;

use crate::common::{
    desk::{Desk, pass},
    server::Served,
};

#[tokio::test]
async fn a_click_selects_and_a_double_click_opens() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.click("2 SPA OAuth").await.sees("> Delivery zones");
    desk.click("Price atlas").await.sees("> Price atlas");
    desk.click("Price atlas").await.sees("SPA OAuth Clients › Price atlas");
    pass(1);
    desk.click("esc back").await.sees("> Price atlas");
}

#[tokio::test]
async fn a_click_on_a_column_head_sorts_and_one_on_a_hint_runs_its_command() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("2").await.click("CREATED").await.sees("created ↑");
    pass(1);
    desk.click("CREATED").await.sees("created ↓");
    desk.click("a create").await.sees("Create new");
}

#[tokio::test]
async fn a_dialog_covers_the_page_beneath() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("a").await.sees("Create new");
    desk.click("5 Audit").await.sees("Create new");
    desk.click("For a browser app").await;
    desk.click("For a browser app").await.sees("SPA OAuth Clients › New");
    desk.click("Application login URL").await.wheel(true).await.text("https://a.acme.dev").await;
    desk.sees("= https://a.acme.dev");
}

#[tokio::test]
async fn a_click_on_another_field_detects_the_api_as_tab_does() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("P a tab").await.text(&served.base_url).await;
    desk.click("Name").await.sees("supports the credentials contract");
}

#[tokio::test]
async fn a_click_keeps_a_view_that_one_key_would_have_deleted() {
    let served = Served::demo();
    let folder = tempfile::tempdir().unwrap();
    let config = ConfigFile { path: folder.path().join("config.toml") };
    let views = "[views.one]\nfilter = \"a\"\n[views.two]\nfilter = \"b\"\n";
    std::fs::write(&config.path, views).unwrap();
    let mut desk = Desk::configured(&served, config, 120, 30).await;
    desk.keys("f D").await.sees("Press D again to delete the view one");
    desk.click("two").await;
    desk.keys("D").await.sees("Press D again to delete the view two");
}

#[tokio::test]
async fn the_wheel_moves_by_three_rows() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    desk.keys("2").await.sees("> Delivery zones").wheel(true).await;
    assert_eq!(desk.console.model.list().scroll.cursor, 3);
    desk.wheel(false).await.sees("> Delivery zones");
}

#[tokio::test]
async fn the_preview_gets_the_focus_and_gives_it_back() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 160, 40).await;
    desk.keys("2").await.rest().await;
    desk.click("Client ID  ").await;
    assert_eq!(desk.console.model.screens.len(), 1, "the preview has the focus");
    pass(1);
    desk.click("Price atlas").await.sees("> Price atlas");
    assert!(desk.console.model.screens.is_empty(), "the list has the focus");
}

#[tokio::test]
async fn a_value_for_selection_by_hand_turns_the_mouse_off() {
    let served = Served::demo();
    let mut desk = Desk::at(&served, 120, 30).await;
    assert!(desk.console.model.takes_mouse());
    desk.keys("ctrl-g").await;
    assert!(!desk.console.model.takes_mouse(), "the terminal must select the value");
    desk.keys("esc M").await.sees("Mouse off");
    assert!(!desk.console.model.takes_mouse());
    desk.keys("M").await.sees("Mouse on. Hold shift to select text");
}
