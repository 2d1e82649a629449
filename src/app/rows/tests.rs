use super::*;
use crate::domain::{Client, Owner, credential::Record, preferences::SortBy};

fn spa(name: &str, id: &str, callback: &str, owner: &str) -> Credential {
    Credential::Spa(Client {
        record: Record {
            id: id.into(),
            name: name.into(),
            owner: Some(Owner {
                user_id: owner.into(),
                email: format!("{owner}@acme.dev").into(),
                ..Owner::default()
            }),
            ..Record::default()
        },
        callbacks: vec![callback.into()],
        ..Client::default()
    })
}

fn rows() -> Rows {
    let mut rows = Rows::default();
    rows.push(&spa("Store locator", "k3Jd", "https://stores.acme.dev/cb", "ada"), &[]);
    rows.push(&spa("fleet", "Tt5x", "http://localhost:3000/", "ada"), &[]);
    rows.push(&spa("Zürich", "QQQQ", "https://zrh.acme.dev/", "grace"), &[]);
    rows
}

fn found(rows: &Rows, words: &str, among: Option<&[RowId]>) -> Vec<RowId> {
    rows.passing(&Filter::parse(words).expect("a filter"), &FilterContext::default(), among)
}

#[test]
fn words_are_found_in_names_ids_urls_and_owners() {
    let rows = rows();
    for (words, expected) in [
        ("store", vec![0]),
        ("STORE", vec![0]),
        ("tt5", vec![1]),
        ("localhost", vec![1]),
        ("acme store", vec![0]),
        ("ZÜRICH", vec![2]),
        ("grace", vec![2]),
        ("https", vec![0, 2]),
        ("", vec![0, 1, 2]),
        ("nowhere", vec![]),
        // it would begin in one field and end in the next row
        ("dev/cbfleet", vec![]),
    ] {
        assert_eq!(found(&rows, words, None), expected, "{words}");
        assert_eq!(found(&rows, words, Some(&[0, 1, 2])), expected, "{words}, narrowed");
    }
}

#[test]
fn sorting_ignores_case_and_can_be_turned_round() {
    let rows = rows();
    let mut order = rows.ids();
    rows.sort(&mut order, SortBy::Name, false);
    assert_eq!(order, [1, 0, 2]);
    rows.sort(&mut order, SortBy::Name, true);
    assert_eq!(order, [2, 0, 1]);
}

#[test]
fn a_deceptive_id_is_shown_escaped_and_copied_as_it_came() {
    let mut rows = rows();
    let row = rows.push(&spa("x", "k3\u{200b}Jd", "", "ada"), &[]);
    assert_eq!(rows.get(row).expect("a row").id, "k3<U+200B>Jd");
    assert_eq!(rows.id(row).expect("an id").raw(), "k3\u{200b}Jd");
    assert_eq!(rows.find(&"k3\u{200b}Jd".into()), Some(row));
    assert_eq!(rows.find(&"k3<U+200B>Jd".into()), None);
}

#[test]
fn removed_rows_are_found_no_more() {
    let mut rows = rows();
    rows.remove(1);
    assert_eq!(rows.len(), 2);
    assert_eq!(found(&rows, "fleet", None), Vec::<RowId>::new());
    assert_eq!(rows.find(&"Tt5x".into()), None);
    assert_eq!(rows.ids(), [0, 2]);
}
