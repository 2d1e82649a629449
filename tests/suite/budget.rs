//! Budgets that are counted, never timed: bytes and writes per key press, rows built per frame, and
//! wake-ups while idle. The terminal has 120x40 cells. Lists have 100,000 rows where the number of
//! rows could affect the result.

use credenza::{
    api::{Page, Scope},
    app::{ListMsg, Msg, ServerMsg, list::Fetch, remote::Ticket},
    domain::{Client, Credential, Kind, Owner, credential::Record},
    keys::chord::parse_sequence,
    shell::connection::Target,
    ui::Theme,
};

use crate::common::{
    desk::{COLOR, Desk},
    noon,
    server::{Served, config},
};

const ROWS: u32 = 100_000;

/// Output to the terminal, as the number of bytes and the number of writes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cost {
    bytes: usize,
    writes: usize,
}

fn client(number: u32) -> Credential {
    let url = format!("https://store-{number}.prod.acme.dev/");
    Credential::Spa(Client {
        record: Record {
            id: format!("{number:032x}").into(),
            name: format!("Store locator prod {number:06}").into(),
            owner: Some(Owner {
                user_id: "ada".into(),
                email: "ada@acme.dev".into(),
                ..Owner::default()
            }),
            created_at: Some(noon()),
            last_used_at: Some(noon()),
            ..Record::default()
        },
        login_url: Some(url.as_str().into()),
        callbacks: vec![format!("{url}callback").into()],
        ..Client::default()
    })
}

fn ticket(desk: &Desk, kind: Kind) -> Ticket {
    match &desk.console.model.list_of(Scope::Mine, kind).fetch {
        Fetch::Loading { ticket, .. } => *ticket,
        other => panic!("{other:?}"),
    }
}

/// Returns a console on the SPA tab with [`ROWS`] rows.
fn desk() -> Desk {
    desk_of(ROWS)
}

/// Returns a console on the SPA tab with `rows` rows, a multiple of 500. No server responds, so the
/// test sends the pages of the list as messages.
fn desk_of(rows: u32) -> Desk {
    desk_in(rows, COLOR)
}

fn desk_in(rows: u32, theme: Theme) -> Desk {
    let target = Target::Remote {
        base_url: "http://127.0.0.1:9".into(),
        bearer: std::sync::Arc::new(credenza::domain::Secret::new("x".into())),
    };
    let mut desk = Desk::new("acme", target, 120, 40, theme);
    desk.console.take(Msg::Resize { columns: 120, rows: 40 });
    desk.console.take(Msg::Server(ServerMsg::Connected {
        round: 0,
        result: Ok("http://127.0.0.1:9".into()),
    }));
    press(&mut desk, "2");
    let pages = rows / 500;
    for page in 0..pages {
        let entries = (0..500).map(|row| client(page * 500 + row)).collect();
        let page = Page {
            entries,
            total: Some(u64::from(rows)),
            next: (page + 1 != pages).then(|| (page + 1).to_string()),
        };
        let ticket = ticket(&desk, Kind::Spa);
        desk.console.take(Msg::List(ListMsg::Page {
            ticket,
            scope: Scope::Mine,
            kind: Kind::Spa,
            result: Ok(page),
        }));
    }
    cost(&mut desk);
    desk
}

fn press(desk: &mut Desk, keys: &str) {
    for chord in parse_sequence(keys) {
        desk.console.take(Msg::Key(chord));
    }
}

/// Draws a frame; returns the output to the terminal since the last [`Desk::catch_up`].
fn cost(desk: &mut Desk) -> Cost {
    desk.console.draw().unwrap();
    let writes = desk.tap.0.borrow();
    let cost = Cost { bytes: writes.iter().map(Vec::len).sum(), writes: writes.len() };
    drop(writes);
    desk.catch_up();
    cost
}

#[tokio::test]
async fn the_first_frame() {
    let mut desk = desk_of(1_000);
    let full = desk.console.redraw().map(|()| cost(&mut desk)).unwrap();
    assert!(full.bytes <= 6_000, "{full:?}");
    assert_eq!(full.writes, 1);
}

#[tokio::test]
async fn a_move_inside_the_page() {
    let mut desk = desk();
    for keys in ["down", "down", "up", "down"] {
        press(&mut desk, keys);
        let cost = cost(&mut desk);
        assert!(cost.bytes <= 240 && cost.writes == 1, "{cost:?}");
    }
}

#[tokio::test]
async fn a_move_on_a_slow_terminal() {
    let mut desk = desk_in(1_000, Theme { low_bandwidth: true, ..COLOR });
    for keys in ["down", "down", "up", "down"] {
        press(&mut desk, keys);
        let cost = cost(&mut desk);
        assert!(cost.bytes <= 75 && cost.writes == 1, "{cost:?}");
    }
}

#[tokio::test]
async fn a_scroll_by_one() {
    let mut desk = desk();
    press(&mut desk, &"down ".repeat(60));
    cost(&mut desk);
    for _ in 0..50 {
        press(&mut desk, "down");
        let cost = cost(&mut desk);
        assert!(cost.bytes <= 450 && cost.writes == 1, "{cost:?}");
    }
    // A full redraw must produce the same screen as scrolling.
    let scrolled = desk.screen();
    desk.console.redraw().unwrap();
    desk.catch_up();
    assert_eq!(desk.screen(), scrolled);
    press(&mut desk, &"up ".repeat(40));
    cost(&mut desk);
    press(&mut desk, "up");
    let up = cost(&mut desk);
    assert!(up.bytes <= 450 && up.writes == 1, "{up:?}");
}

#[tokio::test]
async fn two_hundred_downs_at_once() {
    let mut desk = desk();
    press(&mut desk, &"down ".repeat(200));
    let cost = cost(&mut desk);
    assert!(cost.bytes <= 6_000 && cost.writes == 1, "{cost:?}");
    desk.sees("> Store locator prod 000200");
}

#[tokio::test]
async fn a_letter_in_the_filter_that_changes_no_row() {
    let mut desk = desk();
    press(&mut desk, "/");
    cost(&mut desk);
    press(&mut desk, "s");
    let cost = cost(&mut desk);
    assert!(cost.bytes <= 600 && cost.writes == 1, "{cost:?}");
}

#[tokio::test]
async fn only_the_rows_in_sight_are_built() {
    let mut desk = desk();
    for keys in ["down", "pagedown", "G", "g g", "/ 7", "enter"] {
        press(&mut desk, keys);
        cost(&mut desk);
        assert!(desk.console.drawn.rows <= 34, "{keys}: {:?}", desk.console.drawn);
    }
}

/// The keyring uses the thread pool of the crate `blocking`. From version 1.7.0 of that crate on,
/// idle threads never end, and each wakes up twice a second.
#[test]
fn keyring_threads_become_idle() {
    let lock = include_str!("../../Cargo.lock");
    let (_, after) = lock.split_once("name = \"blocking\"\nversion = \"").expect("blocking");
    assert!(after.starts_with("1.6."), "check that idle threads end in the newer version");
}

#[tokio::test]
async fn nothing_happens_when_nothing_happens() {
    let mut desk = desk_of(1_000);
    press(&mut desk, "down");
    cost(&mut desk);
    for _ in 0..100 {
        assert_eq!(cost(&mut desk), Cost::default(), "nothing changed, so nothing is written");
    }
    desk.send(Msg::Hide).await; // waits until the policy is read
    assert_eq!(desk.console.effects.timers(), 0, "no timer is armed");
    assert_eq!(desk.console.effects.in_flight(), 0);
}

#[tokio::test]
async fn real_workspace_becomes_idle() {
    let served = Served::start(&config());
    let mut desk = Desk::at(&served, 120, 40).await;
    desk.keys("2 3 1 o o").await;
    assert_eq!(desk.console.effects.in_flight(), 0);
    assert_eq!(desk.console.effects.timers(), 0);
    desk.console.draw().unwrap();
    assert!(desk.tap.0.borrow().is_empty());
}

#[tokio::test]
async fn a_frame_that_draws_the_same_writes_nothing() {
    let mut desk = desk_of(1_000);
    desk.console.take(Msg::Hide); // changes nothing on the screen
    assert_eq!(cost(&mut desk), Cost::default());
}
