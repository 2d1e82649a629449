//! What keys and pastes do.

mod audit;
mod cli_equivalent;
mod detail;
mod forms;
mod panels;
mod sessions;
mod typing;
mod views;

use std::{sync::Arc, time::Duration};

pub(super) use detail::opened;
use forms::{on_confirm, on_form};
use panels::{get_token, on_access_token, on_help, on_once};
pub(super) use sessions::sign_in;
pub(super) use typing::paste;
use typing::{request, text};

use super::{
    Chooser, Connection, Copied, Detail, Effect, Form, Help, Layer, Model, PendingAction,
    SecretRef, Then, Timer, Tone, detail::Peek, form::Stage,
};
use crate::{
    api::{Access, Scope},
    domain::{Kind, Untrusted, preferences::SortBy},
    keys::{Chord, Command, Key, Resolved},
};

/// Takes a key.
pub(super) fn key(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let scopes = model.scopes();
    let quit_armed = std::mem::take(&mut model.quit_armed);
    let view_armed = std::mem::take(&mut model.view_armed);
    if !model.pending.is_empty() && chord == Chord::key(Key::Esc) {
        model.pending.clear();
        return Vec::new();
    }
    let keymap = Arc::clone(&model.keymap);
    match keymap.resolve(&model.pending, chord, &scopes, |need| model.meets(need)) {
        Resolved::Run(Command::QuitNow) => {
            model.pending.clear();
            model.quit_armed = quit_armed;
            quit(model)
        }
        Resolved::Run(command) => {
            model.pending.clear();
            model.view_armed = view_armed && command == Command::DeleteView;
            run(model, command)
        }
        Resolved::Refused(_, need) => {
            model.pending.clear();
            let reason = model.refusal(need);
            vec![model.say(Tone::Refused, &reason)]
        }
        Resolved::Wait => {
            model.pending.push(chord);
            Vec::new()
        }
        Resolved::Text(chord) => {
            if let Some(request) = request(chord) {
                text(model, request);
            }
            Vec::new()
        }
        Resolved::Unbound => {
            model.pending.clear();
            Vec::new()
        }
    }
}

/// Ends because somebody outside asked for it: saves under way are waited for, typed text is not.
pub(super) fn end(model: &mut Model) -> Vec<Effect> {
    model.hide_secrets();
    (model.quitting, model.ended) = (true, true);
    if model.writes == 0 { vec![Effect::Quit] } else { Vec::new() }
}

fn quit(model: &mut Model) -> Vec<Effect> {
    if model.is_typing() && !model.quit_armed && model.writes == 0 {
        model.quit_armed = true;
        let once = model.layers.iter().any(|layer| matches!(layer, Layer::Once(_)));
        let text = if once {
            "This secret is not shown again: Ctrl-C again drops it and quits"
        } else {
            "What you typed is not saved: Ctrl-C again drops it and quits"
        };
        return vec![model.say(Tone::Plain, text)];
    }
    model.quitting = true;
    if model.writes > 0 {
        return vec![model.say(Tone::Plain, "Waiting for the save to end, then quitting")];
    }
    vec![Effect::Quit]
}

/// Carries out a command.
pub(super) fn run(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Help if is_waiting(model) => vec![model.say(Tone::Plain, WAITING)],
        Command::Help => {
            let scopes = model.scopes();
            model.layers.push(Layer::Help(Box::new(Help::new(Arc::clone(&model.keymap), scopes))));
            Vec::new()
        }
        Command::Quit | Command::QuitNow => quit(model),
        Command::Redraw => vec![Effect::Redraw],
        Command::Suspend => {
            model.hide_secrets();
            vec![Effect::Suspend]
        }
        Command::Refresh => refresh(model),
        Command::CopyBaseUrl => vec![Effect::Copy(Copied::BaseUrl, model.base_url.clone())],
        Command::ClearClipboard => vec![Effect::ClearClipboard { asked: true }],
        Command::DismissFailure => {
            model.failure = None;
            Vec::new()
        }
        Command::CopyFailure => match &model.failure {
            Some(failure) => vec![Effect::Copy(Copied::Failure, failure.0.text().into())],
            None => Vec::new(),
        },
        Command::Back => back(model),
        Command::Create if model.connection != Connection::Ready => {
            vec![model.say(Tone::Refused, "The server has not been reached; ctrl-r tries again")]
        }
        Command::Create => {
            let kind = if model.kind == Kind::Other { Kind::Spa } else { model.kind };
            model.layers.push(Layer::Chooser(Chooser { kind }));
            Vec::new()
        }
        Command::CopyId | Command::CopyName | Command::CopyUrl | Command::CopySecret => {
            copy(model, command)
        }
        Command::Edit => open(model, Then::Edit),
        Command::CreateLike => open(model, Then::CreateLike),
        Command::Delete => open(model, Then::Delete),
        Command::Rotate => open(model, Then::Rotate),
        Command::PreviewFix => open(model, Then::Mend),
        Command::Explain => audit::explain(model),
        Command::ShowAudit => audit::show(model),
        Command::ShowCommand => cli_equivalent::show(model),
        Command::Suppress => audit::suppress(model),
        Command::Views => views::show(model),
        Command::NextFinding => audit::step(model, true),
        Command::PreviousFinding => audit::step(model, false),
        Command::GetToken => get_token(model),
        Command::ShowTokens => choose(model, Kind::Token),
        Command::ShowSpa => choose(model, Kind::Spa),
        Command::ShowM2m => choose(model, Kind::M2m),
        Command::ShowOther => choose(model, Kind::Other),
        Command::Profiles => sessions::profiles(model),
        Command::SignIn => sign_in(model, None),
        Command::SignOut => sessions::sign_out(model),
        Command::ToggleWriting => sessions::toggle_writing(model),
        other => match model.layers.last_mut() {
            None => on_list(model, other),
            Some(Layer::Chooser(_)) => on_chooser(model, other),
            Some(Layer::Detail(_)) => detail::on_detail(model, other),
            Some(Layer::Form(_)) => on_form(model, other),
            Some(Layer::Confirm(_)) => on_confirm(model, other),
            Some(Layer::AccessToken(_)) => on_access_token(model, other),
            Some(Layer::Once(_)) => on_once(model, other),
            Some(Layer::Help(_)) => on_help(model, other),
            Some(Layer::Profiles(_)) => sessions::on_profiles(model, other),
            Some(Layer::ProfileForm(_)) => sessions::on_profile_form(model, other),
            Some(Layer::SignIn(_)) => sessions::on_sign_in(model, other),
            Some(Layer::Unlock(_)) => sessions::on_unlock(model, other),
            Some(Layer::Passphrase(_)) => sessions::on_passphrase(model, other),
            Some(Layer::Audit(_)) => audit::on_audit(model, other),
            Some(Layer::Suppress(_)) => audit::on_suppress(model, other),
            Some(Layer::Views(_)) => views::on_views(model, other),
            Some(Layer::Page(page)) => {
                let height = isize::try_from(model.size.1).unwrap_or(24) - 6;
                match other {
                    Command::Up => page.go(-1),
                    Command::Down => page.go(1),
                    Command::PageUp => page.go(-height),
                    Command::PageDown => page.go(height),
                    _ => {}
                }
                Vec::new()
            }
            Some(Layer::PlainValue { .. }) => Vec::new(),
        },
    }
}

fn refresh(model: &mut Model) -> Vec<Effect> {
    if model.connection == Connection::Failed {
        model.connection = Connection::Connecting;
        model.failure = None;
        return vec![Effect::Connect];
    }
    let ticket = model.ticket();
    if let Some(Layer::Detail(detail)) = model.layers.last_mut() {
        detail.credential.ask(ticket);
        return vec![Effect::Show(ticket, detail.kind, detail.id.clone())];
    }
    if let Some(Layer::Audit(_)) = model.layers.last() {
        return model.audit_again();
    }
    let mut effects = model.reload(model.scope, model.kind);
    effects.extend([Effect::FetchCapabilities, Effect::FetchMe]);
    effects
}

const WAITING: &str = "Waiting for the server's answer";

/// Whether the top layer waits for a write, and must stay where it is until the answer comes.
fn is_waiting(model: &Model) -> bool {
    match model.top() {
        Some(Layer::Form(form)) => matches!(form.stage, Stage::Saving | Stage::ReadingTheirs),
        Some(Layer::Confirm(confirm)) => confirm.busy,
        Some(Layer::Profiles(picker)) => picker.opening,
        Some(Layer::ProfileForm(form)) => form.saving,
        _ => false,
    }
}

/// Goes one step back: an inner question first, then the layer.
fn back(model: &mut Model) -> Vec<Effect> {
    // What is only waited for has not been sent again yet, and need not be.
    if model.held.is_some() && is_waiting(model) {
        model.drop_held();
        return vec![model.say(Tone::Plain, "Not sent again: nothing was changed")];
    }
    if is_waiting(model) {
        return vec![model.say(Tone::Plain, WAITING)];
    }
    model.opening = None;
    if let Some(effects) = sessions::back(model) {
        return effects;
    }
    if views::back(model) {
        return Vec::new();
    }
    if let Some(form) = model.form_mut() {
        match form.stage {
            Stage::Editing if form.is_dirty() => {
                form.stage = Stage::Discard;
                return Vec::new();
            }
            Stage::Review(_) | Stage::Discard | Stage::Conflict(_) => {
                form.stage = Stage::Editing;
                return Vec::new();
            }
            Stage::Editing | Stage::Saving | Stage::ReadingTheirs => {}
        }
    }
    if let Some(Layer::ProfileForm(form)) = model.layers.last_mut()
        && form.is_dirty()
        && !form.leaving
    {
        form.leaving = true;
        return vec![model.say(Tone::Plain, "This profile is not saved: esc again drops it")];
    }
    if let Some(Layer::Once(panel)) = model.layers.last_mut() {
        panel.peek = Peek::Masked;
        panel.leaving = !panel.leaving;
        return Vec::new();
    }
    match model.layers.pop() {
        Some(Layer::AccessToken(panel)) => {
            vec![Effect::Forget(SecretRef::AccessToken(panel.client_id))]
        }
        Some(Layer::Audit(panel)) => {
            model.last_audit = Some((model.scope, panel));
            Vec::new()
        }
        // The vault waits for an answer; none is one.
        Some(Layer::Passphrase(_)) => vec![Effect::Passphrase(None)],
        Some(Layer::SignIn(_)) if sessions::left_signed_out(model) => {
            vec![
                model.say(
                    Tone::Plain,
                    "Nobody is signed in: L i signs in, P chooses another profile",
                ),
            ]
        }
        _ => Vec::new(),
    }
}

/// The credential that a command is about: kind, id and name.
fn subject(model: &Model) -> Option<(Kind, Untrusted, Untrusted)> {
    if let Some(Layer::Detail(detail)) = model.top() {
        let name = detail.credential.value().map_or(&detail.name, |it| it.name());
        return Some((detail.kind, detail.id.clone(), name.clone()));
    }
    if let Some(Layer::Audit(panel)) = model.top() {
        let credential = panel.credential()?;
        return Some((credential.kind(), credential.id().clone(), credential.name().clone()));
    }
    if let Some(Layer::Once(panel)) = model.top() {
        return Some((panel.kind, panel.id.clone(), panel.name.clone()));
    }
    let list = model.list();
    let row = list.selected()?;
    Some((model.kind, list.rows.id(row)?, list.rows.name(row)?))
}

fn copy(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some((kind, id, name)) = subject(model) else { return Vec::new() };
    match command {
        Command::CopyId => vec![Effect::Copy(Copied::Id(kind), id)],
        Command::CopyName => vec![Effect::Copy(Copied::Name, name)],
        Command::CopySecret => {
            let secret = match model.top() {
                Some(Layer::Once(_)) => SecretRef::Once(kind, id),
                _ => SecretRef::Stored(kind, id),
            };
            vec![Effect::CopySecret(Copied::Secret(kind), secret)]
        }
        _ => {
            let copied = match model.top() {
                Some(Layer::Detail(detail)) => detail
                    .value()
                    .and_then(|value| value.copied())
                    .map(|value| (Copied::Value, value)),
                _ => {
                    let list = model.list();
                    let row = list.selected().and_then(|row| list.rows.get(row));
                    row.map(|row| (Copied::Url, row.about.into()))
                }
            };
            match copied {
                Some((what, value)) => vec![Effect::Copy(what, value)],
                None => vec![model.say(Tone::Refused, "There is nothing to copy on this line")],
            }
        }
    }
}

/// Reads a credential anew, to do something with its newest version.
fn open(model: &mut Model, then: Then) -> Vec<Effect> {
    if matches!(then, Then::CreateLike)
        && let Some(refused) = refused_kind(model, subject(model).map_or(model.kind, |it| it.0))
    {
        return vec![model.say(Tone::Refused, &refused)];
    }
    let Some((kind, id, _)) = subject(model) else { return Vec::new() };
    let ticket = model.ticket();
    model.opening = Some(PendingAction { ticket, then, depth: model.layers.len() });
    vec![Effect::Show(ticket, kind, id)]
}

/// Why a kind cannot be created here.
fn refused_kind(model: &Model, kind: Kind) -> Option<String> {
    match model.capabilities.as_ref().map(|all| &all.of(kind).create) {
        Some(Access::Refused(why)) => Some(why.shown().into_owned()),
        _ => None,
    }
}

/// `1`, `2`, `3`: a tab on the list, a kind in the chooser.
fn choose(model: &mut Model, kind: Kind) -> Vec<Effect> {
    if let Some(Layer::Chooser(chooser)) = model.layers.last_mut() {
        chooser.kind = kind;
        return on_chooser(model, Command::Accept);
    }
    model.kind = kind;
    model.load()
}

fn on_list(model: &mut Model, command: Command) -> Vec<Effect> {
    let height = isize::try_from(model.list().height).unwrap_or(1);
    let last = model.list().order.len();
    let list = model.list_mut();
    match command {
        Command::Up => list.go(-1),
        Command::Down => list.go(1),
        Command::Top => list.place(0),
        Command::Bottom => list.place(last),
        Command::HalfUp => list.go(-(height / 2).max(1)),
        Command::HalfDown => list.go((height / 2).max(1)),
        Command::PageUp => list.go(-height),
        Command::PageDown => list.go(height),
        Command::Filter => list.filtering = true,
        Command::AcceptFilter if list.mistake.is_some() => {
            let text = "The filter cannot be read: correct it, or clear it with esc";
            return vec![model.say(Tone::Refused, text)];
        }
        Command::AcceptFilter => {
            list.filtering = false;
            return model.search();
        }
        Command::ClearFilter => {
            let had = list.filtering || !list.filter.value().is_empty();
            list.filtering = false;
            list.filter.reset();
            model.refilter();
            let list = model.list_mut();
            if !had && list.is_loading() {
                let (scope, together) = (model.scope, model.together(model.kind));
                // Any of them may be the one that reads for all.
                for kind in &together {
                    model.list_of_mut(scope, *kind).stop();
                }
                return together.into_iter().map(|kind| Effect::StopPage(scope, kind)).collect();
            }
        }
        Command::SortByName => list.sort_by(SortBy::Name),
        Command::SortByCreated => list.sort_by(SortBy::Created),
        Command::SortByUsed => list.sort_by(SortBy::Used),
        Command::SortByExpiry => list.sort_by(SortBy::Expires),
        Command::SortByOwner => list.sort_by(SortBy::Owner),
        Command::SortByCallbacks => list.sort_by(SortBy::Callbacks),
        Command::SortByWorst => list.sort_by(SortBy::Worst),
        Command::ToggleWide => model.wide = !model.wide,
        Command::NextTab | Command::PreviousTab => {
            let tabs: Vec<Kind> = model.tabs().collect();
            let step = if command == Command::NextTab { 1 } else { tabs.len() - 1 };
            let place = tabs.iter().position(|kind| *kind == model.kind).unwrap_or(0);
            model.kind = tabs[(place + step) % tabs.len()];
            return model.load();
        }
        Command::ToggleOrganization => {
            model.scope = match model.scope {
                Scope::Mine => Scope::Organization,
                Scope::Organization => Scope::Mine,
            };
            let mut effects = model.load();
            effects.extend(model.count_others());
            return effects;
        }
        Command::Open => {
            let Some((kind, id, name)) = subject(model) else { return Vec::new() };
            let ticket = model.ticket();
            let detail = Detail::new(kind, id.clone(), name, ticket);
            model.layers.push(Layer::Detail(Box::new(detail)));
            return vec![Effect::Show(ticket, kind, id)];
        }
        _ => {}
    }
    Vec::new()
}

fn on_chooser(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(Layer::Chooser(chooser)) = model.layers.last_mut() else { return Vec::new() };
    match command {
        Command::Up => chooser.go(false),
        Command::Down => chooser.go(true),
        Command::Accept => {
            let kind = chooser.kind;
            if let Some(refused) = refused_kind(model, kind) {
                return vec![model.say(Tone::Refused, &refused)];
            }
            let form = Form::create(kind, model.means(kind));
            model.layers.pop();
            model.layers.push(Layer::Form(Box::new(form)));
        }
        _ => {}
    }
    Vec::new()
}

/// How long until the time left of a token has to be written anew.
pub(super) fn token_tick(left: i64) -> Effect {
    let wait = if left > 120 { 60 } else { 1 };
    Effect::After(Duration::from_secs(wait), Timer::TokenLeft)
}
