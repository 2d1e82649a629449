//! What keys and pastes do.

use std::time::Duration;

use tui_input::InputRequest;

use super::{
    AccessTokenPanel, Chooser, Confirm, Connection, Copied, Detail, Effect, Form, Help, Layer,
    Model, Opening, SecretRef, Then, Timer, Tone,
    confirm::{Focus, Step},
    detail::Peek,
    form::{Purpose, Stage},
    remote::{Remote, Ticket},
    rows::SortBy,
};
use crate::{
    api::{Access, Scope},
    domain::{Draft, Kind, Untrusted},
    keys::{self, Chord, Command, Key, Resolved},
};

/// Takes a key.
pub(super) fn key(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let scopes = model.scopes();
    let quit_armed = std::mem::take(&mut model.quit_armed);
    if !model.pending.is_empty() && chord == Chord::key(Key::Esc) {
        model.pending.clear();
        return Vec::new();
    }
    match keys::resolve(&model.pending, chord, &scopes, |need| model.meets(need)) {
        Resolved::Run(Command::QuitNow) => {
            model.pending.clear();
            model.quit_armed = quit_armed;
            quit(model)
        }
        Resolved::Run(command) => {
            model.pending.clear();
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

/// Takes a paste: into a field, or nowhere, because pasted text must not press keys.
pub(super) fn paste(model: &mut Model, pasted: &str) -> Vec<Effect> {
    model.pending.clear();
    let now = model.now;
    if model.layers.is_empty() && !model.list().filtering {
        return vec![model.say(Tone::Plain, "A paste goes into a field; press / to filter by it")];
    }
    let line = pasted.lines().next().unwrap_or_default().to_owned();
    match model.layers.last_mut() {
        Some(Layer::Form(form)) if matches!(form.stage, Stage::Editing) => form.paste(pasted, now),
        Some(
            Layer::Form(_)
            | Layer::Chooser(_)
            | Layer::Detail(_)
            | Layer::AccessToken(_)
            | Layer::Bare { .. },
        ) => {
            return vec![model.say(Tone::Plain, "There is no field here to paste into")];
        }
        Some(Layer::Confirm(_) | Layer::Help(_)) | None => {
            for c in line.chars() {
                text(model, InputRequest::InsertChar(c));
            }
        }
    }
    Vec::new()
}

/// Ends because somebody outside asked for it: saves under way are waited for, typed text is not.
pub(super) fn end(model: &mut Model) -> Vec<Effect> {
    model.hide_secrets();
    model.quitting = true;
    if model.writes == 0 { vec![Effect::Quit] } else { Vec::new() }
}

fn quit(model: &mut Model) -> Vec<Effect> {
    let typed =
        model.layers.iter().any(|layer| matches!(layer, Layer::Form(form) if form.is_dirty()));
    if typed && !model.quit_armed && model.writes == 0 {
        model.quit_armed = true;
        return vec![
            model.say(Tone::Plain, "What you typed is not saved: Ctrl-C again drops it and quits"),
        ];
    }
    model.quitting = true;
    if model.writes > 0 {
        return vec![model.say(Tone::Plain, "Waiting for the save to end, then quitting")];
    }
    vec![Effect::Quit]
}

/// Gives a request to the text field that has the focus.
fn text(model: &mut Model, request: InputRequest) {
    let now = model.now;
    match model.layers.last_mut() {
        None => {
            let list = model.list_mut();
            list.filter.handle(request);
            list.refilter();
        }
        Some(Layer::Form(form)) if matches!(form.stage, Stage::Editing) => {
            form.edit_text(request, now);
        }
        Some(Layer::Confirm(confirm)) if confirm.focus == Focus::Name && !confirm.busy => {
            confirm.typed.handle(request);
            confirm.problem = None;
        }
        Some(Layer::Help(help)) => {
            help.search.handle(request);
            help.cursor = 0;
            help.top = 0;
        }
        _ => {}
    }
}

fn request(chord: Chord) -> Option<InputRequest> {
    use InputRequest as R;
    Some(match (chord.ctrl, chord.key) {
        (false, Key::Char(c)) => R::InsertChar(c),
        (false, Key::Backspace) | (true, Key::Char('h')) => R::DeletePrevChar,
        (false, Key::Delete) => R::DeleteNextChar,
        (false, Key::Left) => R::GoToPrevChar,
        (false, Key::Right) => R::GoToNextChar,
        (true, Key::Left) => R::GoToPrevWord,
        (true, Key::Right) => R::GoToNextWord,
        (_, Key::Home) | (true, Key::Char('a')) => R::GoToStart,
        (_, Key::End) | (true, Key::Char('e')) => R::GoToEnd,
        (true, Key::Char('u')) => R::DeleteLine,
        (true, Key::Char('k')) => R::DeleteTillEnd,
        (true, Key::Char('w')) => R::DeletePrevWord,
        _ => return None,
    })
}

/// Carries out a command.
pub(super) fn run(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Help if is_waiting(model) => vec![model.say(Tone::Plain, WAITING)],
        Command::Help => {
            let scopes = model.scopes();
            model.layers.push(Layer::Help(Box::new(Help::new(scopes))));
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
        Command::Create => {
            model.layers.push(Layer::Chooser(Chooser { kind: model.kind }));
            Vec::new()
        }
        Command::CopyId | Command::CopyName | Command::CopyUrl | Command::CopySecret => {
            copy(model, command)
        }
        Command::Edit => open(model, Then::Edit),
        Command::CreateLike => open(model, Then::CreateLike),
        Command::Delete => open(model, Then::Delete),
        Command::Rotate => open(model, Then::Rotate),
        Command::GetToken => get_token(model),
        Command::ShowTokens => choose(model, Kind::Token),
        Command::ShowSpa => choose(model, Kind::Spa),
        Command::ShowM2m => choose(model, Kind::M2m),
        other => match model.layers.last_mut() {
            None => on_list(model, other),
            Some(Layer::Chooser(_)) => on_chooser(model, other),
            Some(Layer::Detail(_)) => on_detail(model, other),
            Some(Layer::Form(_)) => on_form(model, other),
            Some(Layer::Confirm(_)) => on_confirm(model, other),
            Some(Layer::AccessToken(_)) => on_access_token(model, other),
            Some(Layer::Help(_)) => on_help(model, other),
            Some(Layer::Bare { .. }) => Vec::new(),
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
        _ => false,
    }
}

/// Goes one step back: an inner question first, then the layer.
fn back(model: &mut Model) -> Vec<Effect> {
    if is_waiting(model) {
        return vec![model.say(Tone::Plain, WAITING)];
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
    match model.layers.pop() {
        Some(Layer::AccessToken(panel)) => {
            vec![Effect::Forget(SecretRef::AccessToken(panel.client_id))]
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
            vec![Effect::CopySecret(Copied::Secret(kind), SecretRef::Stored(kind, id))]
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
    model.opening = Some(Opening { ticket, then });
    vec![Effect::Show(ticket, kind, id)]
}

fn get_token(model: &mut Model) -> Vec<Effect> {
    let again = match model.top() {
        Some(Layer::AccessToken(panel)) => Some((panel.client_id.clone(), panel.name.clone())),
        _ => None,
    };
    let Some((client_id, name)) = again.or_else(|| subject(model).map(|(_, id, name)| (id, name)))
    else {
        return Vec::new();
    };
    let Some(issuer) = model.capabilities.as_ref().and_then(|all| all.issuer.clone()) else {
        return vec![
            model.say(Tone::Refused, "This server does not say where access tokens are issued"),
        ];
    };
    let audience = model.capabilities.as_ref().and_then(|all| all.audience.clone());
    let ticket = model.ticket();
    if let Some(Layer::AccessToken(panel)) = model.layers.last_mut() {
        panel.issued.ask(ticket);
        panel.peek = Peek::Masked;
    } else {
        let panel = AccessTokenPanel {
            client_id: client_id.clone(),
            name,
            issued: Remote::asked(ticket),
            peek: Peek::Masked,
            top: 0,
        };
        model.layers.push(Layer::AccessToken(Box::new(panel)));
    }
    vec![Effect::IssueToken { ticket, client_id, issuer, audience }]
}

/// Why a kind cannot be created here.
fn refused_kind(model: &Model, kind: Kind) -> Option<String> {
    match model.capabilities.as_ref().map(|all| all.create(kind)) {
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
        Command::AcceptFilter => list.filtering = false,
        Command::ClearFilter => {
            list.filtering = false;
            list.filter.reset();
            list.refilter();
        }
        Command::SortByName => list.sort_by(SortBy::Name),
        Command::SortByCreated => list.sort_by(SortBy::Created),
        Command::SortByUsed => list.sort_by(SortBy::Used),
        Command::SortByExpiry => list.sort_by(SortBy::Expires),
        Command::NextTab | Command::PreviousTab => {
            let step = if command == Command::NextTab { 1 } else { Kind::ALL.len() - 1 };
            model.kind = Kind::ALL[(model.kind as usize + step) % Kind::ALL.len()];
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
            let form = Form::create(kind, &model.apis());
            model.layers.pop();
            model.layers.push(Layer::Form(Box::new(form)));
        }
        _ => {}
    }
    Vec::new()
}

fn on_detail(model: &mut Model, command: Command) -> Vec<Effect> {
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
                    model.layers.push(Layer::Bare { label: label.to_owned(), value });
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

fn peek(peek: &mut Peek, ticket: Ticket, secret: SecretRef) -> Vec<Effect> {
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

fn on_access_token(model: &mut Model, command: Command) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(Layer::AccessToken(panel)) = model.layers.last_mut() else { return Vec::new() };
    let there = panel.issued.value().is_some();
    let secret = SecretRef::AccessToken(panel.client_id.clone());
    match command {
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

fn on_help(model: &mut Model, command: Command) -> Vec<Effect> {
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

fn on_form(model: &mut Model, command: Command) -> Vec<Effect> {
    let now = model.now;
    let apis = model.apis();
    let Some(Layer::Form(form)) = model.layers.last_mut() else { return Vec::new() };
    if command == Command::Submit && matches!(form.stage, Stage::Editing) {
        return if form.enter(now) { save(model) } else { Vec::new() };
    }
    match (command, &mut form.stage) {
        (Command::NextField, Stage::Editing) => form.go(true, now),
        (Command::PreviousField, Stage::Editing) => form.go(false, now),
        (Command::Save, Stage::Editing) => return save(model),
        (Command::Confirm, Stage::Review(_)) => return send_edit(model),
        (Command::Confirm, Stage::Discard) => {
            model.layers.pop();
        }
        (Command::Up, Stage::Conflict(conflict)) => {
            conflict.cursor = conflict.cursor.saturating_sub(1);
        }
        (Command::Down, Stage::Conflict(conflict)) => {
            conflict.cursor = (conflict.cursor + 1).min(conflict.mine.len().saturating_sub(1));
        }
        (Command::TakeMine | Command::TakeTheirs, Stage::Conflict(conflict)) => {
            if let Some(mine) = conflict.mine.get_mut(conflict.cursor) {
                *mine = command == Command::TakeMine;
            }
        }
        (Command::Confirm, Stage::Conflict(_)) => {
            if let Stage::Conflict(conflict) = std::mem::replace(&mut form.stage, Stage::Editing) {
                form.merge(*conflict, &apis, now);
                return vec![model.say(
                    Tone::Plain,
                    "Merged with their version: look it over, then save with Ctrl-S",
                )];
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Checks a form and sends it, or shows what it would change.
fn save(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let Some(form) = model.form_mut() else { return Vec::new() };
    if !form.check_all(now) {
        let count = form.problems.len();
        let text = if count == 1 {
            "One thing has to be corrected first".to_owned()
        } else {
            format!("{count} things have to be corrected first")
        };
        return vec![model.say(Tone::Refused, &text)];
    }
    match form.purpose {
        Purpose::Edit(_) => {
            let changes = form.changes(now);
            if changes.is_empty() {
                return vec![model.say(Tone::Plain, "Nothing was changed")];
            }
            form.stage = Stage::Review(changes);
            Vec::new()
        }
        Purpose::Create => {
            let draft = form.draft(now);
            // The same draft again is the same attempt: a server that knows the key creates it once.
            // An expiry such as 90d moves with the clock, so it is taken from the first time.
            let same = form.sent.as_ref().is_some_and(|sent| same_but_time(sent, &draft));
            let draft = match form.sent.take() {
                Some(sent) if same => sent,
                _ => {
                    form.attempt += 1;
                    draft
                }
            };
            form.sent = Some(draft.clone());
            form.stage = Stage::Saving;
            let attempt = form.attempt;
            model.writes += 1;
            vec![Effect::Create(draft, attempt)]
        }
    }
}

fn same_but_time(a: &Draft, b: &Draft) -> bool {
    match (a, b) {
        (Draft::Token(a), Draft::Token(b)) => {
            let mut b = b.clone();
            if a.expires_at.is_some() && b.expires_at.is_some() {
                b.expires_at = a.expires_at;
            }
            *a == b
        }
        _ => a == b,
    }
}

fn send_edit(model: &mut Model) -> Vec<Effect> {
    let Some(form) = model.form_mut() else { return Vec::new() };
    let Purpose::Edit(original) = &form.purpose else { return Vec::new() };
    let record = original.credential.record();
    let (id, version) = (record.id.clone(), record.version.clone());
    let Stage::Review(changes) = std::mem::replace(&mut form.stage, Stage::Saving) else {
        return Vec::new();
    };
    let kind = form.kind;
    model.writes += 1;
    vec![Effect::Edit(kind, id, version, changes)]
}

fn on_confirm(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(confirm) = model.confirm_mut() else { return Vec::new() };
    if confirm.busy {
        return Vec::new();
    }
    match (command, confirm.focus) {
        (Command::NextField, _) => confirm.go(true),
        (Command::PreviousField, _) => confirm.go(false),
        (Command::Accept, Focus::Name) => confirm.check(),
        (Command::Accept, Focus::Cancel) => {
            model.layers.pop();
            return vec![model.say(Tone::Plain, "Nothing was done")];
        }
        (Command::Accept, Focus::Go) if confirm.is_right() => {
            confirm.busy = true;
            let (step, kind) = (confirm.step, confirm.credential.kind());
            let record = confirm.credential.record();
            let (id, version) = (record.id.clone(), record.version.clone());
            model.writes += 1;
            return vec![match step {
                Step::Delete => Effect::Delete(kind, id, version),
                Step::Rotate => Effect::Rotate(kind, id, version),
            }];
        }
        _ => {}
    }
    Vec::new()
}

/// Opens what was asked for, now that the credential is read.
pub(super) fn opened(model: &mut Model, then: Then, credential: crate::domain::Credential) {
    let apis = model.apis();
    model.layers.push(match then {
        Then::Edit => Layer::Form(Box::new(Form::edit(credential, &apis))),
        Then::CreateLike => Layer::Form(Box::new(Form::create_like(&credential, &apis))),
        Then::Delete => Layer::Confirm(Box::new(Confirm::new(Step::Delete, credential))),
        Then::Rotate => Layer::Confirm(Box::new(Confirm::new(Step::Rotate, credential))),
    });
}

/// How long until the time left of a token has to be written anew.
pub(super) fn token_tick(left: i64) -> Effect {
    let wait = if left > 120 { 60 } else { 1 };
    Effect::After(Duration::from_secs(wait), Timer::TokenLeft)
}
