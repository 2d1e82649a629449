//! Differences between two snapshots.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::domain::{Credential, Kind, Untrusted, objects::CredentialObject};

/// Members that change without an edit, so they are not compared.
const MOVING: [&str; 2] = ["last_used_at", "updated_at"];

/// Members that are compared even if one version lacks them, because they are omitted if empty or
/// off. Any other missing member is not compared, because the provider usually does not support or
/// return it.
const ABSENT_IS_EMPTY: [&str; 3] = ["application_type", "grant_types", "organization_usage"];

/// Difference between two versions of one credential.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Kind of the credential.
    pub kind: Kind,
    /// Client ID or token ID.
    pub id: Untrusted,
    /// Name in the newer version, or the last known name of a removed credential.
    pub name: Untrusted,
    /// Kind of difference.
    pub what: ChangeKind,
}

/// Kind of difference.
#[derive(Debug, Clone, PartialEq)]
pub enum ChangeKind {
    /// The credential is new.
    Added,
    /// The credential was removed.
    Removed,
    /// Members of the credential differ.
    Changed(Vec<MemberChange>),
}

/// Change of one member. A null value means that the member is null or missing.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberChange {
    /// Name of the member.
    pub member: String,
    /// Previous value.
    pub before: Value,
    /// New value.
    pub after: Value,
}

impl MemberChange {
    /// Returns the added and the removed entries, if both values are lists.
    #[must_use]
    pub fn entries(&self) -> Option<(Vec<&Value>, Vec<&Value>)> {
        let (before, after) = (self.before.as_array()?, self.after.as_array()?);
        let came = after.iter().filter(|it| !before.contains(it)).collect();
        let went = before.iter().filter(|it| !after.contains(it)).collect();
        Some((came, went))
    }
}

/// Returns the differences between two sets of credentials, clients first, then by ID. Ignores the
/// times of last use and last change, and the members of credentials that could not be read.
#[must_use]
pub fn diff(before: &[Credential], after: &[Credential]) -> Vec<Difference> {
    let keyed = |all: &[Credential]| -> BTreeMap<(bool, Untrusted), usize> {
        let key = |it: &Credential| (it.kind() == Kind::Token, it.id().clone());
        all.iter().enumerate().map(|(at, it)| (key(it), at)).collect()
    };
    let (old, new) = (keyed(before), keyed(after));
    let difference = |credential: &Credential, what| Difference {
        kind: credential.kind(),
        id: credential.id().clone(),
        name: credential.name().clone(),
        what,
    };
    let mut found = BTreeMap::new();
    for (key, at) in &old {
        if !new.contains_key(key) {
            found.insert(key.clone(), difference(&before[*at], ChangeKind::Removed));
        }
    }
    for (key, at) in &new {
        let now = &after[*at];
        let Some(then) = old.get(key).map(|at| &before[*at]) else {
            found.insert(key.clone(), difference(now, ChangeKind::Added));
            continue;
        };
        let is_read = then.record().unreadable.is_none() && now.record().unreadable.is_none();
        if then != now && is_read {
            let changes = changes(&members(then), &members(now));
            if !changes.is_empty() {
                found.insert(key.clone(), difference(now, ChangeKind::Changed(changes)));
            }
        }
    }
    found.into_values().collect()
}

fn members(credential: &Credential) -> Map<String, Value> {
    match serde_json::to_value(CredentialObject::of(credential)) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn changes(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<MemberChange> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let get = |members: &Map<String, Value>, name: &str| {
        members.get(name).cloned().unwrap_or(Value::Null)
    };
    names
        .into_iter()
        .filter(|name| !MOVING.contains(&name.as_str()))
        .filter(|name| {
            let in_both = before.contains_key(*name) && after.contains_key(*name);
            in_both || ABSENT_IS_EMPTY.contains(&name.as_str())
        })
        .map(|name| MemberChange {
            member: name.clone(),
            before: get(before, name),
            after: get(after, name),
        })
        .filter(|change| {
            member(&change.member, &change.before) != member(&change.member, &change.after)
        })
        .collect()
}

/// Sorts the lists in a member of an object. The scopes in `scope` are one string (RFC 6749).
fn member(name: &str, value: &Value) -> Value {
    match value {
        Value::String(scopes) if name == "scope" => {
            let mut scopes: Vec<&str> = scopes.split_whitespace().collect();
            scopes.sort_unstable();
            Value::String(scopes.join(" "))
        }
        value => settled(value),
    }
}

/// Sorts the lists in a value: URIs, origins, grant types and grants are sets, and some servers
/// change their order. Also removes the [`MOVING`] members, which client secrets have too.
fn settled(value: &Value) -> Value {
    match value {
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(settled).collect();
            list.sort_by_cached_key(Value::to_string);
            Value::Array(list)
        }
        Value::Object(members) => {
            let settled = |(name, value): (&String, &Value)| (name.clone(), member(name, value));
            let compared = |(name, _): &(&String, &Value)| !MOVING.contains(&name.as_str());
            members.iter().filter(compared).map(settled).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{
        Client,
        audit::ProfileInfo,
        credential::{Posture, Record, SecretAge},
        draft::{Field, Fields},
        snapshot::Snapshot,
    };

    fn client(has: &[Field]) -> Client {
        let record = Record {
            id: "a".into(),
            name: "A".into(),
            has: Fields::of(has),
            built_in: true,
            ..Record::default()
        };
        Client { record, callbacks: vec!["https://a.example/cb".into()], ..Client::default() }
    }

    /// Returns the credential after a round trip through a snapshot.
    fn stored(credential: &Credential) -> Credential {
        let all = vec![credential.clone()];
        let text =
            Snapshot::new(Timestamp::UNIX_EPOCH, ProfileInfo::default(), all, Vec::new()).write();
        Snapshot::read(&text).expect("a snapshot").credentials.remove(0)
    }

    #[test]
    fn a_use_of_a_secret_is_no_change() {
        let used = |at: Option<&str>| {
            let secret = SecretAge {
                id: Some("1".into()),
                last_used_at: at.map(|at| at.parse().expect("a time")),
                ..SecretAge::default()
            };
            let posture = Posture { secrets: Some(vec![secret]), ..Posture::default() };
            let posture = Some(Box::new(posture));
            Credential::M2m(Client { posture, ..client(&Field::ALL) })
        };
        let (before, after) = (used(None), used(Some("2026-11-30T12:00:00Z")));
        assert_eq!(diff(&[before], &[after]), []);
    }

    #[test]
    fn scopes_in_another_order_are_no_change() {
        let scopes = |all: &[&str]| {
            let scopes = all.iter().map(|scope| (*scope).into()).collect();
            Credential::M2m(Client { scopes, ..client(&Field::ALL) })
        };
        let both = scopes(&["read", "write"]);
        let count = |after: Credential| diff(std::slice::from_ref(&both), &[after]).len();
        assert_eq!(count(scopes(&["write", "read"])), 0);
        assert_eq!(count(scopes(&["read"])), 1);
    }

    #[test]
    fn switch_that_is_omitted_while_off_is_compared() {
        let off = Credential::Spa(client(&Field::ALL));
        for on in [
            Client { native: true, ..client(&Field::ALL) },
            Client { organizations: true, ..client(&Field::ALL) },
        ] {
            assert_eq!(diff(&[stored(&off)], &[Credential::Spa(on)]).len(), 1);
        }
    }

    #[test]
    fn provider_without_a_member_changes_nothing_of_it() {
        let shapes: [&[Field]; 4] = [
            &[Field::Name],
            &[Field::Name, Field::Callbacks],
            &[Field::Name, Field::Callbacks, Field::Scopes],
            &Field::ALL,
        ];
        for has in shapes {
            for live in [Credential::Spa(client(has)), Credential::M2m(client(has))] {
                let differences = diff(&[stored(&live)], std::slice::from_ref(&live));
                assert_eq!(differences, [], "{has:?}");
            }
        }
    }

    #[test]
    fn removed_callback_is_a_change_and_an_unreadable_one_is_not() {
        let before = client(&Field::ALL);
        let emptied = Client { callbacks: Vec::new(), ..before.clone() };
        let before = Credential::Spa(before);
        let found = diff(&[stored(&before)], &[Credential::Spa(emptied)]);
        let ChangeKind::Changed(changes) = &found[0].what else { unreachable!("{found:?}") };
        assert_eq!(changes[0].member, "callbacks");
        let record = Record::unreadable("a".into(), "A".into(), "401");
        let unread = Credential::Spa(Client { record, ..Client::default() });
        assert_eq!(diff(&[before], std::slice::from_ref(&unread)), []);
        assert_eq!(stored(&unread).record().unreadable, Some("401".into()));
    }
}
