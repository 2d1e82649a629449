//! Reads each row of a list separately, so that an unreadable row does not hide the other rows.

use serde_json::Value;

use super::{ApiError, PageQuery, json_object::Object};
use crate::domain::{Client, Credential, Kind, Token, Untrusted, credential::Record};

/// Members that may contain the ID of a credential, in search order.
const IDS: [&str; 4] = ["client_id", "clientId", "clientID", "id"];
const NAMES: [&str; 5] = ["name", "client_name", "clientName", "title", "clientId"];

/// Converts the rows of the requested kinds. An unreadable row becomes a placeholder with the row's
/// ID and name, and with the reason ([`Record::unreadable`]).
pub(super) fn read(
    rows: &[Value],
    query: &PageQuery,
    kind_of: impl Fn(&Object) -> Kind,
    read: impl Fn(&Object) -> Result<Credential, ApiError>,
) -> Vec<Credential> {
    let one = |(at, row): (usize, &Value)| match row.as_object() {
        Some(object) => {
            let kind = kind_of(object);
            let read = || read(object).unwrap_or_else(|error| unreadable(kind, row, at, &error));
            query.wants(kind).then(read)
        }
        None => {
            let error = ApiError::Malformed { why: "it is not an object".to_owned() };
            Some(unreadable(query.kind, row, at, &error))
        }
    };
    rows.iter().enumerate().filter_map(one).collect()
}

/// Returns a placeholder for an unreadable row. If the row has no ID, the placeholder's ID is `row`
/// and the position on the page, counted from 1.
pub(super) fn unreadable(kind: Kind, row: &Value, at: usize, error: &ApiError) -> Credential {
    let member =
        |names: &[&str]| names.iter().find_map(|name| row.get(name)?.as_str()).map(Untrusted::from);
    let id = member(&IDS).unwrap_or_else(|| format!("row {}", at + 1).into());
    let name = member(&NAMES).unwrap_or_else(|| id.clone());
    let record = Record::unreadable(id, name, error.explain("").why);
    match kind {
        Kind::Token => Credential::Token(Token { record, ..Token::default() }),
        kind => Credential::of_client(kind, Client { record, ..Client::default() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::Scope;

    #[test]
    fn an_odd_row_keeps_its_id_and_hides_no_other() {
        let rows =
            [json!({ "client_id": "a" }), json!(null), json!({ "client_id": "b", "name": 7 })];
        let read = read(
            &rows,
            &PageQuery::first(Kind::M2m, Scope::Mine, 10),
            |_| Kind::M2m,
            |row| match row.get("name") {
                Some(_) => Err(ApiError::Malformed { why: "its name is a number".to_owned() }),
                None => Ok(unreadable(Kind::M2m, &json!(row), 0, &ApiError::Changed)),
            },
        );
        let ids: Vec<_> = read.iter().map(|it| it.id().raw()).collect();
        assert_eq!(ids, ["a", "row 2", "b"]);
        let why = read[2].record().unreadable.as_ref().map(|it| it.raw().to_owned());
        assert!(why.is_some_and(|why| why.contains("its name is a number")));
    }
}
