//! Rotations in progress on this machine, as a page of text. A command continues them.

use crate::{
    app::{
        Effect, LocalError, Model, OpenRotation, Tone,
        remote::Ticket,
        screens::page::{PageLine, TextPage},
    },
    domain::{age, text},
};

/// Maximum width of a text, in terminal columns.
const WIDTH: usize = 200;

/// Opens the page with the rotations of the profile.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    if model.workspace.is_demo() {
        let text = "Not available in demo mode: nothing is saved";
        return vec![model.say(Tone::Refused, text)];
    }
    let lines = vec![PageLine::new("", "Reading the rotations…".to_owned())];
    let ticket = model.ticket();
    let mut page = TextPage::new("Rotations".to_owned(), lines, &["rotate", "status"]);
    page.ticket = Some(ticket);
    model.open(page);
    vec![read(model, ticket)]
}

/// Counts the rotations for the header. The demo has none.
pub(in crate::app) fn count(model: &mut Model) -> Option<Effect> {
    let ticket = model.ticket();
    (!model.workspace.is_demo()).then(|| read(model, ticket))
}

fn read(model: &Model, ticket: Ticket) -> Effect {
    Effect::ReadRotations { ticket, profile: model.workspace.name.clone() }
}

/// Sets the number in the header, and fills the page that requested the rotations.
pub(in crate::app) fn answered(
    model: &mut Model,
    ticket: Ticket,
    result: Result<Vec<OpenRotation>, LocalError>,
) -> Vec<Effect> {
    if let Ok(rotations) = &result {
        model.rotations = rotations.len();
    }
    let now = model.now;
    let Some(page) = model.screens_of::<TextPage>().find(|page| page.ticket == Some(ticket)) else {
        return Vec::new();
    };
    page.ticket = None;
    page.lines = match result {
        Err(error) => vec![PageLine::new("", format!("{error}."))],
        Ok(rotations) if rotations.is_empty() => vec![
            PageLine::new("", "No rotation is in progress.".to_owned()),
            PageLine::new("", "Start one: credenza rotate ID --to DESTINATION".to_owned()),
        ],
        Ok(rotations) => rotations.iter().flat_map(|it| lines(it, now)).collect(),
    };
    Vec::new()
}

/// Returns the lines of one rotation: its client, its steps, and the commands for the next step.
fn lines(rotation: &OpenRotation, now: jiff::Timestamp) -> Vec<PageLine> {
    let shown = |text: &str| text::clip(&text::shown(text), WIDTH).into_owned();
    let started = age::since(now, rotation.started_at);
    let (name, client) = (rotation.name.clipped(60), rotation.client_id.clipped(60));
    let mut lines = vec![
        PageLine::new("rotation", format!("{name} ({client}), started {started}")),
        PageLine::new(" ", rotation.progress.clone()),
    ];
    for (destination, is_done) in &rotation.deliveries {
        let state = if *is_done { "delivered to" } else { "not delivered to" };
        lines.push(PageLine::new(" ", format!("{state} {}", shown(destination))));
    }
    let id = shown(&rotation.id);
    for (verb, effect) in &rotation.next {
        lines.push(PageLine::new(" ", format!("credenza rotate {verb} {id}  {effect}")));
    }
    lines.push(PageLine::new("", String::new()));
    lines
}
