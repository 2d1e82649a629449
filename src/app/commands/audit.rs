//! What keys do in the audit of everything.

use crate::{
    app::{
        Detail, Effect, Layer, Model, Report, Tone,
        audit::{AuditPanel, Audited},
        page::{self, Page},
        suppress::SuppressForm,
    },
    domain::audit::{
        explain as explanation,
        formats::{self, Format, Input, Style},
    },
    keys::Command,
};

/// Opens the audit, and begins it.
pub(super) fn show(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    // The place in it and how it was grouped outlive its being closed.
    let panel = match model.last_audit.take() {
        Some((scope, mut panel)) if scope == model.scope => {
            panel.audited.ask(ticket);
            panel.came = 0;
            panel
        }
        _ => Box::new(AuditPanel::new(ticket)),
    };
    model.layers.push(Layer::Audit(panel));
    vec![Effect::Audit(ticket, model.scope, model.now)]
}

pub(super) fn on_audit(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(panel) = model.audit_mut() else { return Vec::new() };
    let page = isize::try_from(panel.height).unwrap_or(1);
    match command {
        Command::Up => panel.go(-1),
        Command::Down => panel.go(1),
        Command::Top => panel.go(isize::MIN),
        Command::Bottom => panel.go(isize::MAX),
        Command::PageUp => panel.go(-page),
        Command::PageDown => panel.go(page),
        Command::ToggleGrouping => {
            panel.by_rule = !panel.by_rule;
            panel.arrange();
        }
        Command::Open => return open(model),
        Command::SaveReport => {
            let report = panel.audited.value().map(|audited| written(audited));
            return report.map(Effect::SaveReport).into_iter().collect();
        }
        _ => {}
    }
    Vec::new()
}

/// Shows the credential of the finding under the cursor, with the cursor on the finding.
fn open(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(panel) = model.audit_mut() else { return Vec::new() };
    let (Some(credential), Some(finding)) = (panel.credential(), panel.finding()) else {
        return vec![model.say(Tone::Plain, "This is about no credential: K explains it")];
    };
    let (kind, id, name) = (credential.kind(), credential.id().clone(), credential.name().clone());
    let wanted = (finding.rule.id, finding.pointer());
    let mut detail = Detail::new(kind, id.clone(), name, ticket);
    detail.wanted = Some(wanted);
    detail.compared = panel.compared(kind, &id);
    if matches!(model.top(), Some(Layer::Detail(_))) {
        model.layers.pop();
    }
    model.layers.push(Layer::Detail(Box::new(detail)));
    vec![Effect::Show(ticket, kind, id)]
}

/// Goes to the next finding or the one before; from a credential to wherever that is.
pub(super) fn step(model: &mut Model, forward: bool) -> Vec<Effect> {
    let Some(panel) = model.audit_mut() else { return Vec::new() };
    if !panel.go_to_next(forward) {
        let text = if forward { "This is the last finding" } else { "This is the first finding" };
        return vec![model.say(Tone::Plain, text)];
    }
    if matches!(model.top(), Some(Layer::Detail(_))) { open(model) } else { Vec::new() }
}

/// The report as a file for a ticket.
fn written(audited: &Audited) -> Report {
    let Audited { snapshot, ground, report, counts: _ } = audited;
    let input = Input { report, snapshot, text: "", uri: "", ground, mended: None };
    let name: String = snapshot
        .place
        .name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect();
    let name = name.trim_start_matches('.').to_owned();
    let name = if name.is_empty() { "workspace".to_owned() } else { name };
    let moment = ground.now.strftime("%Y%m%d-%H%M%S");
    Report {
        name: format!("credenza-audit-{name}-{moment}.md"),
        text: formats::write(Format::Markdown, &input, Style::default()),
    }
}

/// Asks why the finding under the cursor is accepted.
pub(super) fn suppress(model: &mut Model) -> Vec<Effect> {
    if model.workspace.is_demo() {
        let text = "The demo keeps nothing: what is accepted stands in your own policy";
        return vec![model.say(Tone::Refused, text)];
    }
    let form = model.finding().map(|(finding, about)| SuppressForm::new(finding, about));
    if let Some(form) = form {
        model.layers.push(Layer::Suppress(Box::new(form)));
    }
    Vec::new()
}

pub(super) fn on_suppress(model: &mut Model, command: Command) -> Vec<Effect> {
    let now = model.now;
    let Some(Layer::Suppress(form)) = model.layers.last_mut() else { return Vec::new() };
    match command {
        Command::NextField | Command::PreviousField => form.second = !form.second,
        Command::Submit if !form.second => form.second = true,
        Command::Submit => {
            if let Some(suppression) = form.finished(now) {
                model.layers.pop();
                return vec![Effect::Suppress(suppression)];
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Explains the rule of the finding under the cursor.
pub(super) fn explain(model: &mut Model) -> Vec<Effect> {
    if let Some(rule) = model.finding().map(|(finding, _)| finding.rule) {
        let lines = explanation::lines(rule).into_iter();
        let lines = lines.map(|(label, text)| page::Line { label, text }).collect();
        let title = format!("{} {}", rule.id, rule.slug);
        model.layers.push(Layer::Page(Box::new(Page::new(title, lines))));
    }
    Vec::new()
}
