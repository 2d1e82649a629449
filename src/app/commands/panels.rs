//! What keys do in the access token panel and in the help.

use super::{detail::peek, run, sessions, subject};
use crate::{
    app::{
        AccessTokenPanel, Copied, Effect, Layer, Model, SecretRef, Tone, detail::Peek,
        remote::Remote,
    },
    domain::Kind,
    keys::Command,
};

pub(super) fn on_access_token(model: &mut Model, command: Command) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(Layer::AccessToken(panel)) = model.layers.last_mut() else { return Vec::new() };
    let there = panel.issued.value().is_some();
    let secret = SecretRef::AccessToken(panel.client_id.clone());
    match command {
        Command::CopyPage => {
            let page = panel.page.as_ref().map(sessions::page_of);
            let copy = |page: String| Effect::Copy(Copied::LoginPage, page.into());
            return page.map(copy).into_iter().collect();
        }
        Command::Up => panel.top = panel.top.saturating_sub(1),
        Command::Down => panel.top += 1,
        Command::CopyToken if there => {
            return vec![Effect::CopySecret(Copied::AccessToken, secret)];
        }
        Command::PeekToken if there => return peek(&mut panel.peek, ticket, secret),
        _ => {}
    }
    Vec::new()
}

/// Asks for an access token with a client, or tries its login, in a panel of its own.
pub(super) fn get_token(model: &mut Model) -> Vec<Effect> {
    let again = match model.top() {
        Some(Layer::AccessToken(panel)) => {
            Some((panel.kind, panel.client_id.clone(), panel.name.clone()))
        }
        _ => None,
    };
    let Some((kind, client_id, name)) = again.or_else(|| subject(model)) else {
        return Vec::new();
    };
    let Some(issuer) = model.capabilities.as_ref().and_then(|all| all.issuer.clone()) else {
        let text = "It is not known yet where access tokens are issued";
        return vec![model.say(Tone::Refused, text)];
    };
    let audience = model.capabilities.as_ref().and_then(|all| all.audience.clone());
    let scope = model.capabilities.as_ref().and_then(|all| all.token_scope);
    let ticket = model.ticket();
    // Nothing stays in sight below another screen.
    model.hide_secrets();
    if let Some(Layer::AccessToken(panel)) = model.layers.last_mut() {
        panel.issued.ask(ticket);
        panel.peek = Peek::Masked;
        (panel.page, panel.password) = (None, None);
    } else {
        let panel = AccessTokenPanel {
            kind,
            page: None,
            password: None,
            client_id: client_id.clone(),
            name,
            issued: Remote::asked(ticket),
            peek: Peek::Masked,
            top: 0,
        };
        model.layers.push(Layer::AccessToken(Box::new(panel)));
    }
    vec![match kind {
        Kind::Spa => Effect::TryLogin { ticket, client_id, issuer, audience },
        Kind::M2m | Kind::Token | Kind::Other => {
            Effect::IssueToken { ticket, client_id, issuer, audience, scope }
        }
    }]
}

pub(super) fn on_once(model: &mut Model, command: Command) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(Layer::Once(panel)) = model.layers.last_mut() else { return Vec::new() };
    let secret = SecretRef::Once(panel.kind, panel.id.clone());
    match command {
        Command::Peek => peek(&mut panel.peek, ticket, secret),
        Command::Confirm => {
            model.layers.pop();
            vec![Effect::Forget(secret)]
        }
        _ => Vec::new(),
    }
}

pub(super) fn on_help(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(Layer::Help(help)) = model.layers.last_mut() else { return Vec::new() };
    let height = isize::try_from(help.height).unwrap_or(1);
    match command {
        Command::Up => help.go(-1),
        Command::Down => help.go(1),
        Command::PageUp => help.go(-height),
        Command::PageDown => help.go(height),
        Command::Accept => {
            let Some(binding) = help.selected() else { return Vec::new() };
            model.layers.pop();
            if let Some(need) = binding.needs.iter().find(|need| !model.meets(**need)) {
                let reason = model.refusal(*need);
                return vec![model.say(Tone::Refused, &reason)];
            }
            return run(model, binding.command);
        }
        _ => {}
    }
    Vec::new()
}
