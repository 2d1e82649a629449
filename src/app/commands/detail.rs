//! What keys do in a detail view, and what they open from it.

use crate::{
    app::{
        Confirm, Effect, Form, Layer, Model, SecretRef, Then, Tone, confirm::Step, detail::Peek,
        remote::Ticket,
    },
    domain::{Credential, audit::Remedy},
    keys::Command,
};

pub(super) fn on_detail(model: &mut Model, command: Command) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(Layer::Detail(detail)) = model.layers.last_mut() else { return Vec::new() };
    match command {
        Command::Up => detail.go(-1),
        Command::Down => detail.go(1),
        Command::Top => detail.cursor = 0,
        Command::Bottom => detail.go(isize::MAX),
        Command::Peek => {
            let secret = SecretRef::Stored(detail.kind, detail.id.clone());
            return peek(&mut detail.peek, ticket, secret);
        }
        Command::Select => {
            let line = detail.lines().into_iter().nth(detail.cursor);
            match line.and_then(|line| Some((line.label, line.value.copied()?))) {
                Some((label, value)) => {
                    model.layers.push(Layer::PlainValue { label: label.to_owned(), value });
                }
                None => {
                    return vec![
                        model.say(Tone::Refused, "x shows the secret; nothing else is here"),
                    ];
                }
            }
        }
        _ => {}
    }
    Vec::new()
}

pub(super) fn peek(peek: &mut Peek, ticket: Ticket, secret: SecretRef) -> Vec<Effect> {
    match peek {
        Peek::Masked => {
            *peek = Peek::Asked(ticket);
            vec![Effect::Reveal(ticket, secret)]
        }
        Peek::Asked(_) | Peek::Open { .. } => {
            *peek = Peek::Masked;
            Vec::new()
        }
    }
}

/// Opens what was asked for, now that the credential is read.
pub(in crate::app) fn opened(model: &mut Model, then: Then, credential: Credential) -> Vec<Effect> {
    let means = model.means(credential.kind());
    model.layers.push(match then {
        Then::Edit if credential.record().built_in => {
            Layer::Confirm(Box::new(Confirm::new(Step::EditBuiltIn, credential)))
        }
        Then::Mend if credential.record().built_in => {
            let text = "No fix: the server made this client for itself. Press e to edit it";
            return vec![model.say(Tone::Refused, text)];
        }
        Then::Edit => Layer::Form(Box::new(Form::edit(credential, means))),
        Then::CreateLike => Layer::Form(Box::new(Form::create_like(&credential, means))),
        Then::Delete => Layer::Confirm(Box::new(Confirm::new(Step::Delete, credential))),
        Then::Rotate => Layer::Confirm(Box::new(Confirm::new(Step::Rotate, credential))),
        Then::Mend => {
            let mut form = Form::edit(credential, means);
            let remedy = model.finding().map(|(finding, _)| finding.rule.remedy);
            if !form.mend(&model.findings()) {
                let text = match remedy {
                    Some(Remedy::Rename) => "Another name mends that: edit it",
                    Some(Remedy::Rotate) => "A new secret mends that: rotate it",
                    Some(Remedy::Recreate) => {
                        "A new one mends that: create it, then delete this one"
                    }
                    Some(Remedy::Delete) => "Deleting or disabling it mends that",
                    Some(Remedy::Safe | Remedy::Consent | Remedy::Manual) | None => {
                        "No program can mend that: K says what a person can do"
                    }
                };
                return vec![model.say(Tone::Refused, text)];
            }
            Layer::Form(Box::new(form))
        }
    });
    Vec::new()
}
