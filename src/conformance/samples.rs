//! Helpers of the suite: sample drafts, sample edits, and reading of all pages of a list.

use std::collections::BTreeSet;

use super::behavior::{Bench, CheckOutcome, must, tried};
use crate::{
    api::{Abilities, CredentialsApi, PageQuery, Scope},
    domain::{
        Draft, Kind, Untrusted,
        draft::{Change, Field, FieldValue},
    },
};

/// Returns a draft with a sample value for most of the fields that the kind has.
pub(super) fn draft(bench: &Bench, abilities: &Abilities, kind: Kind, name: &str) -> Draft {
    let mut draft = Draft::new(kind);
    let fields = abilities.shape.fields;
    let callbacks = vec!["https://app.example.com/callback".to_owned()];
    for (field, value) in [
        (Field::Name, FieldValue::Line(name.to_owned())),
        (Field::UseDefaultUrls, FieldValue::Switch(false)),
        (Field::LoginUrl, FieldValue::Line("https://app.example.com/".into())),
        (Field::Callbacks, FieldValue::Lines(callbacks)),
        (Field::LogoutUrls, FieldValue::Lines(vec!["https://app.example.com/".into()])),
        (Field::WebOrigins, FieldValue::Lines(vec!["https://app.example.com".into()])),
        (Field::AllowedOrigins, FieldValue::Lines(vec!["https://app.example.com".into()])),
        (Field::Apis, FieldValue::Lines(vec!["sql".into()])),
        (Field::Grants, FieldValue::Lines(vec!["carto_dw = demo.public.stores".into()])),
    ] {
        // M2M clients have no redirect URIs.
        let of_service = kind == Kind::M2m && field == Field::Callbacks;
        if fields.has(field) && !of_service || field == Field::UseDefaultUrls {
            draft.set(field, value);
        }
    }
    if let (Kind::Token, true) = (kind, fields.has(Field::Scopes)) {
        draft.set(Field::Scopes, FieldValue::Lines(bench.scopes.clone()));
    }
    draft
}

/// Reads all pages of the caller's credentials of a kind. Returns the IDs of the credentials and
/// the number of pages.
pub(super) async fn walk(
    api: &dyn CredentialsApi,
    kind: Kind,
    size: u32,
) -> CheckOutcome<(Vec<Untrusted>, usize)> {
    let (mut ids, mut pages, mut seen) = (Vec::new(), 0, BTreeSet::new());
    let mut query = PageQuery::first(kind, Scope::Mine, size);
    loop {
        let page = tried("listing", api.page(query.clone()).await)?;
        pages += 1;
        ids.extend(page.entries.iter().map(|entry| entry.id().clone()));
        let Some(next) = page.next else { return Ok((ids, pages)) };
        must(seen.insert(next.clone()), "the pages repeat")?;
        must(pages < 100_000, "the pages do not end")?;
        query.after = Some(next);
    }
}

/// Returns a change of the redirect URIs, or of the name if there are no redirect URIs or they
/// cannot be edited; `None` if the name cannot be edited either. `turn` makes the added URI unique.
pub(super) fn change(
    bench: &Bench,
    abilities: &Abilities,
    before: &Draft,
    turn: u32,
) -> Option<Change> {
    let fields = abilities.shape.fields;
    let open = |field: Field| fields.has(field) && !abilities.fixed.has(field);
    let values = before.values();
    let current = |wanted: Field| {
        values.iter().find(|(field, _)| *field == wanted).map(|(_, value)| value.clone())
    };
    let (field, after) = if open(Field::Callbacks) && current(Field::Callbacks).is_some() {
        let Some(FieldValue::Lines(mut lines)) = current(Field::Callbacks) else { return None };
        lines.push(format!("https://app.example.com/callback/{turn}"));
        (Field::Callbacks, FieldValue::Lines(lines))
    } else if open(Field::Name) {
        (Field::Name, FieldValue::Line((bench.name)()))
    } else {
        return None;
    };
    Some(Change { field, before: current(field)?, after })
}

/// True if a member may change with any edit: the modification time, or the registration URL.
pub(super) fn changes_by_itself(name: &str) -> bool {
    ["updated_at", "updatedAt", "registration_client_uri"].contains(&name)
}
