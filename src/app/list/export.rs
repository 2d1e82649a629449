//! Export of the marked rows of a list, or of all rows that match the filter.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{
    app::{
        Effect, ListEffect, Model, NewFile,
        list::Fetch,
        notice::Tone,
        rows::{RowId, Rows},
    },
    domain::{
        Kind, Untrusted,
        audit::Severity,
        columns::{Column, WIDE},
        export,
        profile::Word as _,
    },
};

/// Writes the marked rows, or else all matching rows, to a new CSV file in the current directory,
/// with the columns of `credenza list --wide`.
pub(super) fn export(model: &mut Model) -> Vec<Effect> {
    let list = model.list();
    let marked = list.marked();
    let rows = if marked.is_empty() { list.order.clone() } else { marked };
    if rows.is_empty() {
        return vec![model.say(Tone::Refused, "There are no rows to export")];
    }
    let kind = model.kind;
    let head = WIDE.iter().map(|column| column.word().into()).collect();
    let lines = rows.iter().map(|row| cells(&list.rows, *row, kind));
    let file = NewFile {
        name: format!("credenza-{}-{}.csv", kind.word(), model.now.strftime("%Y%m%d-%H%M%S")),
        text: export::csv(std::iter::once(head).chain(lines)),
    };
    let unit = if rows.len() == 1 { "row" } else { "rows" };
    let is_partial = list.is_incomplete() || matches!(list.fetch, Fetch::Failed(_));
    let of = if is_partial { " of an incomplete list" } else { "" };
    vec![Effect::List(ListEffect::Export { what: format!("{} {unit}{of}", rows.len()), file })]
}

fn cells(rows: &Rows, row: RowId, kind: Kind) -> Vec<Cow<'_, str>> {
    let text =
        |text: Option<Untrusted>| text.map(|it| it.raw().to_owned()).unwrap_or_default().into();
    let Some(shown) = rows.get(row) else { return Vec::new() };
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default().into();
    WIDE.iter()
        .map(|column| match column {
            Column::Name => text(rows.name(row)),
            Column::Id => text(rows.id(row)),
            Column::Type => kind.word().into(),
            Column::About => shown.about.into(),
            Column::Owner => shown.owner.map_or("", |owner| owner.raw()).into(),
            Column::Created => time(shown.created),
            Column::Used => time(shown.used),
            Column::Expires if kind == Kind::Token => time(shown.expires.flatten()),
            Column::Callbacks if kind != Kind::Token => shown.callbacks.to_string().into(),
            Column::Expires | Column::Callbacks => "".into(),
            _ => shown.counts.worst().map_or("", Severity::word).into(),
        })
        .collect()
}
