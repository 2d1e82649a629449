//! Hyperlinks (OSC 8) in the output of the console.

use credenza::ui::Theme;

use crate::common::{
    desk::{COLOR, Desk, Link},
    server::Served,
};

/// Returns the URL and the text of each link drawn since the last call.
fn links(desk: &mut Desk) -> Vec<(String, String)> {
    let all = std::mem::take(&mut desk.terminal.callbacks_mut().1);
    let screen = desk.terminal.screen();
    let text = |link: &Link| {
        let (row, column) = link.at;
        let (end_row, end) = link.end.expect("every link ends");
        assert_eq!(end_row, row, "a link ends on its row");
        screen.contents_between(row, column, row, end)
    };
    all.iter().map(|link| (link.url.clone(), text(link))).collect()
}

#[tokio::test]
async fn urls_and_rule_sources_are_links_where_the_terminal_opens_them() {
    let served = Served::demo();
    let theme = Theme { links: true, ..COLOR };
    let mut desk = Desk::with(&served, 120, 30, theme).await;
    desk.keys("2").await.text("/").await.text("Store locator").await.keys("enter enter").await;
    desk.sees("Store locator").sees("Allowed callback URLs");
    let found = links(&mut desk);
    assert!(!found.is_empty());
    for (url, text) in &found {
        assert!(
            url.starts_with("https://") && url.trim_end_matches('/') == text.trim_end_matches('/'),
            "{found:?}"
        );
    }
    // Moving the cursor rewrites the changed cells of a link as a link.
    desk.keys("G").await;
    assert!(links(&mut desk).iter().all(|(url, text)| url.contains(text.as_str())));

    desk.keys("esc esc 5").await.text("/").await.text("URL").await.keys("enter").await;
    desk.keys("K").await.sees("source");
    let source = links(&mut desk);
    assert_eq!(source.len(), 1, "{source:?}");
    assert!(source[0].0.starts_with("https://www.rfc-editor.org/rfc/rfc"), "{source:?}");
    assert!(source[0].1.starts_with("RFC "), "{source:?}");
    // Closing the page also removes its links.
    desk.keys("esc").await;
    assert_eq!(links(&mut desk), []);

    let mut plain = Desk::at(&served, 120, 30).await;
    plain.keys("2 enter").await.sees("Allowed callback URLs");
    assert_eq!(links(&mut plain), [], "no links if the terminal does not support them");
}
