//! Output of linear mode, as the bytes that a screen reader receives.

use credenza::app::Timer;

use crate::common::{
    desk::{ASCII, COLOR, Desk},
    server::Served,
};

async fn desk(served: &Served) -> Desk {
    let mut desk = Desk::with(served, 80, 24, COLOR.linear()).await;
    desk.said();
    desk
}

/// Returns the lines of the output since the last call. Checks that the output only appends text.
#[track_caller]
fn lines(desk: &mut Desk) -> Vec<String> {
    let said = desk.said();
    let is_drawn = |c: char| {
        matches!(c, '\u{2500}'..='\u{259f}' | '\u{2800}'..='\u{28ff}')
            || c.is_control() && !matches!(c, '\r' | '\n')
    };
    assert!(!said.contains(is_drawn), "{said:?}");
    said.split("\r\n").map(str::to_owned).collect()
}

#[tokio::test]
async fn one_line_describes_the_row_under_the_cursor() {
    let served = Served::demo();
    let mut desk = desk(&served).await;
    desk.keys("3 j").await;
    let said = lines(&mut desk);
    assert_eq!(said[0], "M2M OAuth Clients");
    let (first, second) = (
        "1 of 7, CI smoke tests, M2M, used now, 1 medium, 1 low findings",
        "2 of 7, Geocoding batch, M2M, used 2 d ago",
    );
    assert!(said.iter().any(|line| line == first), "{said:?}");
    assert_eq!(said[said.len() - 2..], [second, ""]);
    desk.keys("j k").await;
    assert_eq!(lines(&mut desk).len(), 3, "one line for each move");
    desk.keys("ctrl-l").await;
    desk.console.redraw().unwrap();
    desk.catch_up();
    assert!(lines(&mut desk).contains(&second.to_owned()), "a redraw reads the screen again");
}

#[tokio::test]
async fn a_digit_moves_to_the_choice_with_its_number() {
    let served = Served::demo();
    let mut desk = desk(&served).await;
    desk.keys("3 enter").await;
    lines(&mut desk);
    desk.keys("3").await;
    let said = lines(&mut desk);
    assert!(said[said.len() - 2].starts_with("3 of "), "{said:?}");
    desk.keys("esc C").await;
    lines(&mut desk);
    desk.keys("9").await;
    assert!(lines(&mut desk)[0].starts_with("6 of 6, "), "a larger number selects the last choice");
    desk.keys("2").await;
    assert!(lines(&mut desk)[0].starts_with("2 of "));
}

#[tokio::test]
async fn a_filter_is_echoed_and_its_matches_are_counted() {
    let served = Served::demo();
    let mut desk = desk(&served).await;
    desk.keys("2").await;
    lines(&mut desk);
    desk.keys("/").await;
    assert_eq!(lines(&mut desk)[0], "/");
    for (letter, line) in [
        ("s", "/ s, 12, name ↑, mine"),
        ("t", "/ st, 5 of 12, name ↑, mine"),
        ("o", "/ sto, 2 of 12, name ↑, mine"),
    ] {
        desk.text(letter).await;
        assert_eq!(lines(&mut desk), ["", line]);
    }
    desk.keys("backspace").await;
    assert_eq!(lines(&mut desk), ["", "/ st, 5 of 12, name ↑, mine"]);
    desk.text("o").await;
    lines(&mut desk);
    desk.keys("enter").await;
    assert!(lines(&mut desk).join("\n").contains("\n1 of 2, Store analytics, SPA, "));
}

#[tokio::test]
async fn a_client_is_created_and_its_secret_copied_and_it_is_deleted() {
    let served = Served::demo();
    let mut desk = desk(&served).await;
    desk.keys("3 a").await;
    let said = lines(&mut desk);
    assert!(said.contains(&"3 of 3, 3, M2M OAuth Client".to_owned()), "{said:?}");
    desk.keys("enter").await.text("Night job").await;
    let said = lines(&mut desk);
    assert_eq!(
        said[said.len() - 1],
        "1 of 2, Name, Night job",
        "typed characters follow the label"
    );
    desk.keys("ctrl-s").await;
    let said = lines(&mut desk).join("\n");
    assert!(said.contains("M2M OAuth Clients › Night job"), "{said}");
    assert!(said.contains("Client secret, hidden, x to show, Y s to copy"), "{said}");
    assert!(said.contains("Night job created. Press c to copy its Client ID"), "{said}");
    desk.keys("Y s").await;
    let copied = desk.said();
    // The only control sequence in the output is the one that writes to the clipboard.
    assert!(copied.contains("\u{1b}]52;") && copied.contains("Client secret"), "{copied:?}");
    desk.keys("D").await.text("Night jib").await;
    assert!(lines(&mut desk).contains(&"! differs at character 8".to_owned()));
    desk.keys("backspace backspace").await.text("ob").await.keys("enter").await;
    assert!(lines(&mut desk).join("\n").contains("Night job deleted"));
}

#[tokio::test]
async fn a_secret_that_is_shown_is_printed_once() {
    let served = Served::demo();
    let mut desk = desk(&served).await;
    desk.keys("3 enter x").await;
    let said = lines(&mut desk).join("\n");
    let line = said.lines().rfind(|line| line.contains("Client secret, ")).expect("the secret");
    let secret = line.rsplit(", ").next().expect("a value").to_owned();
    for _ in 0..3 {
        desk.later(1, Timer::Peek).await;
    }
    assert_eq!(lines(&mut desk), [""], "the countdown does not print it again");
    desk.later(20, Timer::Peek).await;
    let said = lines(&mut desk).join("\n");
    assert!(said.contains("hidden, x to show") && !said.contains(&secret), "{said}");
}

#[tokio::test]
async fn a_move_in_the_audit_reads_one_line() {
    let served = Served::demo();
    let mut desk = desk(&served).await;
    desk.keys("5").await;
    lines(&mut desk);
    for expected in
        ["2 of 35, high, SEC01", "3 of 35, high, USE02", "4 of 35, low, SEC02", "5 of 35, Isoline"]
    {
        desk.keys("j").await;
        let said = lines(&mut desk);
        assert!(said.len() == 2 && said[0].starts_with(expected), "{said:?}");
    }
}

#[tokio::test]
async fn unfinished_chords_and_messages_are_read() {
    let served = Served::demo();
    let mut desk = desk(&served).await;
    desk.keys("3 y").await;
    assert!(lines(&mut desk).join("\n").contains("copy name"));
    desk.keys("esc a enter").await.text("Ni").await;
    lines(&mut desk);
    desk.keys("ctrl-c").await;
    let said = lines(&mut desk);
    assert!(said.contains(
        &"Your input is not saved. Press ctrl-c again to discard it and quit".to_owned()
    ));
    assert_eq!(said[said.len() - 1], "1 of 2, Name, Ni", "the field is read again at the end");
    desk.text("g").await;
    assert_eq!(lines(&mut desk), ["g"]);
}

#[tokio::test]
async fn without_utf8_only_ascii_is_printed() {
    let served = Served::demo();
    let mut desk = Desk::with(&served, 80, 24, ASCII.linear()).await;
    desk.keys("2 j space 5 space j").await;
    let said = desk.said();
    assert!(said.is_ascii(), "{said}");
    assert!(said.contains("2 of 12, Field survey (Z<U+00FC>rich), SPA"), "{said}");
    assert!(said.contains("high, SEC01") && !said.contains("! high"), "{said}");
}

#[tokio::test]
async fn no_screen_draws_boxes_or_moves_the_cursor() {
    let served = Served::demo();
    let mut desk = desk(&served).await;
    for keys in [
        "5 j space z tab K esc i esc",
        "6 j esc",
        "0 j tab G esc",
        "? down esc",
        "C j esc",
        "f esc",
        "P esc",
        "W",
        "g i esc",
        "g h esc",
        "H esc",
        "2 enter j j @ esc esc",
        "2 * e esc D esc",
        "w w",
        "3 t x x esc",
        "L i",
    ] {
        desk.keys(keys).await;
        lines(&mut desk);
    }
    desk.resize(200, 50).await;
    assert_eq!(lines(&mut desk), [""], "the size of the terminal does not matter");
}
