use super::*;
use crate::{
    app::auditor::Auditor,
    domain::{
        Client, Owner, Token,
        columns::{self, Column, Row as ListRow},
        credential::Record,
        draft::{Field, Fields},
        filter::{AuditedCredential, Found},
        objects::CredentialObject,
        preferences::sort_word,
    },
};

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
        // The match would span the end of one row and the start of the next.
        ("dev/cbfleet", vec![]),
    ] {
        assert_eq!(found(&rows, words, None), expected, "{words}");
        assert_eq!(
            found(&rows, words, Some(&[0, 1, 2])),
            expected,
            "{words:?}, in a given list of rows"
        );
    }
}

#[test]
fn sorting_ignores_case_and_can_be_turned_round() {
    let rows = rows();
    let mut order = rows.ids();
    rows.sort(&mut order, Column::Name, false);
    assert_eq!(order, [1, 0, 2]);
    rows.sort(&mut order, Column::Name, true);
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

/// Returns clients that differ in every sortable column; some values are missing.
fn unequal_fleet() -> Vec<Credential> {
    let client = |text: &str| {
        serde_json::from_str::<CredentialObject>(text).expect("a client").into_client()
    };
    vec![
        client(
            r#"{"client_id":"1","name":"b","created_at":"2026-01-03T00:00:00Z","last_used_at":null,
            "owner":{"user_id":"u","email":"z@a.dev"},"callbacks":["https://a.dev/cb","https://a.dev/2"]}"#,
        ),
        client(
            r#"{"client_id":"2","name":"C","created_at":"2026-01-01T00:00:00Z",
            "owner":null,"callbacks":["http://a.dev/cb"]}"#,
        ),
        client(
            r#"{"client_id":"3","name":"a","last_used_at":"2026-01-02T00:00:00Z","callbacks":[],
            "owner":{"user_id":"v","email":"b@a.dev"}}"#,
        ),
    ]
}

#[test]
fn a_list_is_sorted_like_the_console() {
    let (fleet, auditor) = (unequal_fleet(), Auditor::default());
    let mut rows = Rows::default();
    for credential in &fleet {
        rows.push(credential, &auditor.audit_one(credential));
    }
    for column in Column::SORTED {
        for turned in [false, true] {
            let mut order = rows.ids();
            rows.sort(&mut order, column, turned);
            let console: Vec<&Credential> = order.iter().map(|row| &fleet[*row as usize]).collect();
            let key = |credential: &Credential| {
                let findings: Vec<Found> = auditor
                    .audit_one(credential)
                    .into_iter()
                    .map(|finding| (finding.rule, finding.severity))
                    .collect();
                column.key(&ListRow {
                    credential,
                    findings: &findings,
                    now: Timestamp::UNIX_EPOCH,
                    profile: None,
                })
            };
            let mut list: Vec<&Credential> = fleet.iter().collect();
            columns::sort(&mut list, |credential| key(credential), |_| (), turned);
            let ids = |all: &[&Credential]| {
                all.iter().map(|it| it.id().raw().to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(ids(&list), ids(&console), "{}", sort_word((column, turned)));
        }
    }
}

#[test]
fn filters_read_a_row_like_its_credential() {
    let record = || Record { id: "a".into(), name: "A".into(), ..Record::default() };
    let client = Client {
        record: record(),
        login_url: Some("https://login.acme.dev/".into()),
        enabled: Some(false),
        ..Client::default()
    };
    let app = Client { app_type: Some("saml".into()), enabled: None, ..client.clone() };
    let scoped = Token { record: record(), scopes: vec!["repo".into()], ..Token::default() };
    let apis = Token { record: record(), apis: vec!["sql".into()], ..Token::default() };
    for credential in [
        Credential::Spa(client),
        Credential::Other(app),
        Credential::Token(scoped),
        Credential::Token(apis),
    ] {
        let mut rows = Rows::default();
        rows.push(&credential, &[]);
        for term in [
            "url:https://login.*",
            "url:disabled",
            "api:repo",
            "api:sql",
            "scope:repo",
            "expires:never",
            "!expires:never",
        ] {
            let filter = Filter::parse(term).expect("a filter");
            let mut matcher = Matcher::new(&filter, FilterContext::default());
            let direct =
                matcher.accepts(&AuditedCredential { credential: &credential, findings: &[] });
            let packed = !found(&rows, term, None).is_empty();
            assert_eq!(packed, direct, "{term} of {credential:?}");
        }
    }
    let mut rows = Rows::default();
    let record = Record { missing: Fields::of(&[Field::Expires]), ..record() };
    rows.push(&Credential::Token(Token { record, ..Token::default() }), &[]);
    assert!(
        found(&rows, "expires:never", None).is_empty(),
        "an unknown expiry is not expires:never"
    );
}
