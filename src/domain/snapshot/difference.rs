//! What changed between two snapshots.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::domain::{Credential, Kind, Untrusted, objects::Object};

/// Members that change without anybody changing anything.
const MOVING: [&str; 2] = ["last_used_at", "updated_at"];

/// What happened to one credential.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: Untrusted,
    /// Its name, the newer one.
    pub name: Untrusted,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Members differ.
    Changed(Vec<MemberChange>),
}

/// What happened to one member; null is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberChange {
    /// Its name.
    pub member: String,
    /// What it was.
    pub before: Value,
    /// What it is.
    pub after: Value,
}

impl MemberChange {
    /// The entries that came and those that went, where both sides are lists.
    #[must_use]
    pub fn entries(&self) -> Option<(Vec<&Value>, Vec<&Value>)> {
        let (before, after) = (self.before.as_array()?, self.after.as_array()?);
        let came = after.iter().filter(|it| !before.contains(it)).collect();
        let went = before.iter().filter(|it| !after.contains(it)).collect();
        Some((came, went))
    }
}

/// What was done to one fleet to make it the other, ordered by kind and id. When something was last used
/// or changed is left out: that moves by itself.
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
            found.insert(key.clone(), difference(&before[*at], What::Removed));
        }
    }
    for (key, at) in &new {
        let now = &after[*at];
        let Some(then) = old.get(key).map(|at| &before[*at]) else {
            found.insert(key.clone(), difference(now, What::Added));
            continue;
        };
        if then != now {
            let changes = changes(&members(then), &members(now));
            if !changes.is_empty() {
                found.insert(key.clone(), difference(now, What::Changed(changes)));
            }
        }
    }
    found.into_values().collect()
}

fn members(credential: &Credential) -> Map<String, Value> {
    match serde_json::to_value(Object::of(credential)) {
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
        .map(|name| MemberChange {
            member: name.clone(),
            before: get(before, name),
            after: get(after, name),
        })
        .filter(|change| change.before != change.after)
        .collect()
}
