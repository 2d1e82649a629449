//! History of changes made with Credenza on this machine, as a page of text.

use serde_json::Value;

use crate::{
    app::{
        Effect, LocalError, Model, PastChange, Tone,
        remote::Ticket,
        screens::{
            detail::Detail,
            page::{PageLine, TextPage},
        },
    },
    domain::{Untrusted, age, snapshot::MemberChange, text},
};

/// Maximum number of changes on a page.
const MOST: usize = 200;

/// Maximum width of a value, in terminal columns.
const WIDTH: usize = 300;

/// Opens the history of the selected credential, or of the whole profile.
pub(in crate::app) fn show(model: &mut Model, of_selected: bool) -> Vec<Effect> {
    if model.workspace.is_demo() {
        let text = "Not available in demo mode: changes are not recorded";
        return vec![model.say(Tone::Refused, text)];
    }
    let selected = model.subject().filter(|_| of_selected);
    let profile = model.workspace.name.clone();
    let id = selected.as_ref().map(|(_, id, _)| id.clone());
    let title = match &selected {
        Some((_, _, name)) => format!("{} › History", name.clipped(60)),
        None => format!("{} › History", Untrusted::from(profile.as_str()).clipped(60)),
    };
    let lines = vec![PageLine::new("", "Reading the history…".to_owned())];
    let mut command = vec!["history"];
    command.extend(id.as_ref().map(Untrusted::raw));
    let ticket = model.ticket();
    let mut page = TextPage::new(title, lines, &command);
    page.ticket = Some(ticket);
    model.open(page);
    vec![Effect::ReadHistory { ticket, profile, id }]
}

/// Applies the history to the detail view or the page that requested it. The detail view ignores an
/// error.
pub(in crate::app) fn answered(
    model: &mut Model,
    ticket: Ticket,
    result: Result<Vec<PastChange>, LocalError>,
) -> Vec<Effect> {
    let now = model.now;
    let is_its = |detail: &&mut Detail| detail.history == ticket;
    if let (Some(detail), Ok(changes)) = (model.screens_of::<Detail>().find(is_its), &result) {
        detail.changes = changes.iter().filter(|it| is_change(it)).map(|it| it.at).collect();
        return Vec::new();
    }
    let Some(page) = model.screens_of::<TextPage>().find(|page| page.ticket == Some(ticket)) else {
        return Vec::new();
    };
    page.ticket = None;
    let line = |text: String| PageLine::new("", text);
    page.lines = match result {
        Err(error) => vec![line(format!("{error}."))],
        Ok(changes) if changes.is_empty() => vec![
            line("No changes are recorded.".to_owned()),
            line("Only changes made with Credenza on this machine are recorded.".to_owned()),
        ],
        Ok(changes) => {
            let left = changes.len().saturating_sub(MOST);
            let mut lines: Vec<PageLine> =
                changes.iter().take(MOST).flat_map(|change| written(change, now)).collect();
            if left > 0 {
                lines.push(line(format!(
                    "{left} older changes not shown. Run: credenza history --limit 10000"
                )));
            }
            lines
        }
    };
    Vec::new()
}

/// Returns true for a completed change. Reading a secret is recorded, but is not a change.
fn is_change(past: &PastChange) -> bool {
    past.outcome == "done" && past.action != "read-secret"
}

/// Requests the recorded changes of the credential on the detail page. The demo records no changes.
pub(in crate::app) fn of_detail(model: &mut Model) -> Option<Effect> {
    if model.workspace.is_demo() {
        return None;
    }
    let (ticket, profile) = (model.ticket(), model.workspace.name.clone());
    let detail = model.screens_of::<Detail>().next()?;
    detail.history = ticket;
    Some(Effect::ReadHistory { ticket, profile, id: Some(detail.id.clone()) })
}

/// Returns the lines of one change.
fn written(change: &PastChange, now: jiff::Timestamp) -> Vec<PageLine> {
    let mut text = format!("{} ({})", age::utc(change.at), age::since(now, change.at));
    if let Some(name) = &change.name {
        text = format!("{text}  {}", name.clipped(60));
    } else if !change.id.raw().is_empty() {
        text = format!("{text}  {}", change.id.clipped(60));
    }
    if !change.user.raw().is_empty() {
        text = format!("{text}  by {}", change.user.clipped(40));
    }
    match change.outcome.as_str() {
        "done" => {}
        "failed" => text.push_str("  failed"),
        _ => text.push_str("  result unknown"),
    }
    let label = match change.action.as_str() {
        "create" => "created",
        "edit" => "edited",
        "rotate" => "rotated",
        "add-secret" => "secret +",
        "retire-secret" => "secret -",
        "deactivate-secret" => "secret off",
        "activate-secret" => "secret on",
        "disable" => "disabled",
        "enable" => "enabled",
        "withdraw-secret" => "secret undo",
        "read-secret" => "secret read",
        "delete" => "deleted",
        "undo" => "undone",
        "restore" => "restored",
        _ => "other",
    };
    let mut lines = vec![PageLine::new(label, text)];
    let details = change.changes.iter().map(recorded).flat_map(|it| change_lines(&it));
    // The blank label indents the line like the text above.
    lines.extend(details.map(|text| PageLine::new(" ", text)));
    lines
}

/// Returns a recorded change of a field.
fn recorded(change: &Value) -> MemberChange {
    let field = text::shown(change["field"].as_str().unwrap_or_default()).into_owned();
    let (before, after) = (change["before"].clone(), change["after"].clone());
    MemberChange { member: field, before, after }
}

/// Returns the lines of one changed field: the removed and added entries of a list, or both values.
pub(in crate::app) fn change_lines(change: &MemberChange) -> Vec<String> {
    let MemberChange { member: field, before, after } = change;
    if let Some((came, went)) = change.entries() {
        let went = went.into_iter().map(|it| ('-', it));
        let came = came.into_iter().map(|it| ('+', it));
        return went
            .chain(came)
            .map(|(sign, it)| format!("{field}: {sign} {}", value(it)))
            .collect();
    }
    vec![match before {
        Value::Null => format!("{field}: {}", value(after)),
        _ => format!("{field}: {} → {}", value(before), value(after)),
    }]
}

fn value(value: &Value) -> String {
    let written = match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    };
    text::clip(&text::shown(&written), WIDTH).into_owned()
}
