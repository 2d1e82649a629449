//! Export of the marked rows of a list, or of all rows that match the filter.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{
    app::{
        Effect, ListEffect, Model, NewFile,
        notice::Tone,
        rows::{RowId, Rows},
    },
    domain::{Untrusted, audit::Severity, columns::Column, export, profile::Word as _},
};

/// Exported columns: those of `credenza list --wide` that a row has.
const COLUMNS: [Column; 9] = [
    Column::Name,
    Column::Type,
    Column::Id,
    Column::About,
    Column::Owner,
    Column::Created,
    Column::Used,
    Column::Expires,
    Column::Worst,
];

/// Writes the rows to a new CSV file in the current directory.
pub(super) fn export(model: &mut Model) -> Vec<Effect> {
    let list = model.list();
    let marked = list.marked();
    let rows = if marked.is_empty() { list.order.clone() } else { marked };
    if rows.is_empty() {
        return vec![model.say(Tone::Refused, "There are no rows to export")];
    }
    let kind = model.kind;
    let head = COLUMNS.iter().map(|column| column.word().into()).collect();
    let lines = rows.iter().map(|row| cells(&list.rows, *row, kind.word()));
    let file = NewFile {
        name: format!("credenza-{}-{}.csv", kind.word(), model.now.strftime("%Y%m%d-%H%M%S")),
        text: export::csv(std::iter::once(head).chain(lines)),
    };
    vec![Effect::List(ListEffect::Export { count: rows.len(), file })]
}

fn cells<'a>(rows: &'a Rows, row: RowId, kind: &'a str) -> Vec<Cow<'a, str>> {
    let text =
        |text: Option<Untrusted>| text.map(|it| it.raw().to_owned()).unwrap_or_default().into();
    let Some(shown) = rows.get(row) else { return Vec::new() };
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default().into();
    COLUMNS
        .iter()
        .map(|column| match column {
            Column::Name => text(rows.name(row)),
            Column::Id => text(rows.id(row)),
            Column::Type => kind.into(),
            Column::About => shown.about.into(),
            Column::Owner => shown.owner.map_or("", |owner| owner.raw()).into(),
            Column::Created => time(shown.created),
            Column::Used => time(shown.used),
            Column::Expires => time(shown.expires.flatten()),
            _ => shown.counts.worst().map_or("", Severity::word).into(),
        })
        .collect()
}
