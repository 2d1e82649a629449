//! What came of an audit, of its policy and reports, and the saved views.

use std::sync::Arc;

use crate::{
    api::ApiError,
    app::{Effect, Layer, Model, Msg, Tone, audit::Audited, list::List, remote::Ticket},
    domain::audit::Policy,
};

/// Takes one of these answers.
pub(super) fn answered(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::AuditCame(ticket, came) => {
            if let Some(panel) = model.audit_mut()
                && panel.audited.is_for(ticket)
            {
                panel.came += came;
            }
            Vec::new()
        }
        Msg::Audited(ticket, result) => audited(model, ticket, result),
        Msg::Policy(Ok(policy)) => governed(model, *policy),
        Msg::Policy(Err(why)) => {
            vec![model.say(Tone::Refused, &format!("The audit's policy cannot be read: {why}"))]
        }
        Msg::Suppressed(Ok(file)) => {
            let said = model.say(Tone::Good, &format!("Accepted in {file}"));
            let mut effects = vec![said, Effect::ReadPolicy];
            effects.extend(model.audit_again());
            effects
        }
        Msg::Suppressed(Err(why)) => vec![model.say(Tone::Refused, &why)],
        Msg::Views(Ok((entries, saved))) => {
            let said = saved.as_ref().map(|name| format!("Saved as {name}"));
            if let Some(views) = model.views_mut() {
                views.fill(entries, saved.as_deref());
            }
            said.map(|text| model.say(Tone::Good, &text)).into_iter().collect()
        }
        Msg::Views(Err(why)) => {
            if let Some(views) = model.views_mut() {
                views.fail(&why);
            }
            vec![model.say(Tone::Refused, &why)]
        }
        Msg::ReportSaved(Ok(file)) => {
            vec![model.say(Tone::Good, &format!("Report written to {file}"))]
        }
        Msg::ReportSaved(Err(why)) => vec![model.say(Tone::Refused, &why)],
        _ => Vec::new(),
    }
}

/// Takes over a policy, and reads again what was audited without it.
fn governed(model: &mut Model, policy: Policy) -> Vec<Effect> {
    if !model.auditor.set_policy(policy) {
        return Vec::new();
    }
    let auditor = model.auditor.clone();
    for layer in &mut model.layers {
        if let Layer::Detail(detail) = layer {
            detail.audit_again(&auditor);
        }
    }
    model.lists_mut().for_each(List::outdate);
    model.load()
}

fn audited(
    model: &mut Model,
    ticket: Ticket,
    result: Result<Box<Audited>, ApiError>,
) -> Vec<Effect> {
    let failure = result.as_ref().err().map(|error| error.explain("Nothing could be audited"));
    let Some(panel) = model.audit_mut() else { return Vec::new() };
    if !panel.answer(ticket, result.map(Arc::from)) {
        return Vec::new();
    }
    if let Some(failure) = failure {
        model.fail(failure);
    }
    Vec::new()
}
