//! Handles keys and pastes, and passes them to the top screen or to the list.

use std::{sync::Arc, time::Duration};

use tui_input::{Input, InputRequest};

use super::{
    ConnectionState, Copied, Effect, Model, PendingAction, SecretRef, Then, Timer, Tone, list,
    mouse,
    screens::{
        self, Screen, ScreenSubject,
        audit::{self, AuditPanel},
        chooser::Chooser,
        detail::Detail,
        edit_marked,
        expiring::{self, ExpiringPanel},
        marked,
        once::OncePanel,
        overview::{self, Overview},
        plain_value::PlainValue,
        rotations, sign_in,
    },
    view::is_too_small,
};
use crate::{
    api::{Access, Scope},
    app::{ClipboardEffect, CredentialEffect, ServerEffect},
    domain::{
        CredentialRef, Kind, Untrusted, cli_command::CliCommand, preferences::sort_word,
        profile::Word as _,
    },
    keys::{
        AppCommand, Binding, Chord, Command, CredentialCommand, DialogCommand, EntryCommand, Key,
        KeyResult, Need, OpenCommand, ScreenCommand,
    },
};

/// Maximum number of keys kept until the first rows arrive.
const MOST_TYPED_AHEAD: usize = 64;

/// Returns true if a key must wait for the first rows, because it has no effect without rows, or
/// because earlier keys wait.
fn waits(model: &Model, resolved: &KeyResult) -> bool {
    match resolved {
        KeyResult::Run(Command::App(
            AppCommand::Quit | AppCommand::QuitNow | AppCommand::Back | AppCommand::Suspend,
        )) => false,
        KeyResult::Run(Command::Screen(ScreenCommand::Move(_)))
        | KeyResult::Refused(
            _,
            Need::Selection | Need::Own | Need::OwnOrMarked | Need::Issuable | Need::Url,
        ) => true,
        KeyResult::Run(Command::Credential(CredentialCommand::Create)) | KeyResult::Refused(..)
            if model.connection == ConnectionState::Connecting =>
        {
            true
        }
        KeyResult::Run(_)
        | KeyResult::Refused(..)
        | KeyResult::Wait
        | KeyResult::Text(_)
        | KeyResult::Unbound => !model.typed_ahead.is_empty(),
    }
}

/// Runs the command of a key, passes the key to a text field, or stores it until the first rows
/// arrive.
pub(super) fn key(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let scopes = model.scopes();
    let quit_armed = std::mem::take(&mut model.quit_armed);
    let view_armed = std::mem::take(&mut model.view_armed);
    if !model.pending.is_empty() && chord == Chord::key(Key::Esc) {
        model.pending.clear();
        return Vec::new();
    }
    let keymap = Arc::clone(&model.keymap);
    let resolved = keymap.resolve(&model.pending, chord, &scopes, |need| model.meets(need));
    if model.is_starting() {
        if waits(model, &resolved) {
            // The start of a chord must wait with its end. Otherwise the next key would be taken as
            // part of the chord.
            let pending = std::mem::take(&mut model.pending);
            model.typed_ahead.extend(pending.into_iter().chain([chord]));
            model.typed_ahead.truncate(MOST_TYPED_AHEAD);
            return Vec::new();
        }
        model.typed_ahead.clear();
    }
    match resolved {
        KeyResult::Run(Command::App(AppCommand::QuitNow)) => {
            model.pending.clear();
            model.quit_armed = quit_armed;
            quit(model)
        }
        // A terminal this small cannot show the effect of other keys.
        _ if is_too_small(model.size) => Vec::new(),
        KeyResult::Run(command) => {
            model.pending.clear();
            model.view_armed = view_armed
                && command == Command::Screen(ScreenCommand::Entry(EntryCommand::DeleteView));
            run(model, command)
        }
        KeyResult::Refused(_, need) => {
            model.pending.clear();
            let reason = model.refusal(need);
            vec![model.say(Tone::Refused, &reason)]
        }
        KeyResult::Wait => {
            model.pending.push(chord);
            Vec::new()
        }
        KeyResult::Text(chord) if chord.undoes() => undo(model),
        KeyResult::Text(chord) => {
            if let Some(request) = request(chord) {
                let letter = matches!(request, InputRequest::InsertChar(c) if c != ' ');
                remember(model, letter && model.undo.typing);
                text(model, request);
                model.undo.typing = matches!(request, InputRequest::InsertChar(_));
            }
            Vec::new()
        }
        KeyResult::Unbound => {
            if model.pending.is_empty() {
                return go_to_number(model, chord);
            }
            model.pending.clear();
            Vec::new()
        }
    }
}

/// In linear mode, moves the cursor of the top screen to the row with the typed number, or to the
/// last row if there are fewer rows.
fn go_to_number(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let Key::Char(digit) = chord.key else { return Vec::new() };
    let number = digit.to_digit(10).map_or(0, |digit| digit as usize);
    if model.facts.linear && number > 0 { mouse::row(model, number - 1) } else { Vec::new() }
}

/// Quits after a signal. Running writes are completed first, but unsaved input is discarded.
pub(super) fn end(model: &mut Model) -> Vec<Effect> {
    model.hide_secrets();
    (model.quitting, model.ended) = (true, true);
    if model.writes == 0 { vec![Effect::Quit] } else { Vec::new() }
}

fn quit(model: &mut Model) -> Vec<Effect> {
    if model.is_typing() && !model.quit_armed && model.writes == 0 {
        model.quit_armed = true;
        let once = model.has_open::<OncePanel>();
        let text = if once {
            "This secret is not shown again. Press ctrl-c again to discard it and quit"
        } else {
            "Your input is not saved. Press ctrl-c again to discard it and quit"
        };
        return vec![model.say(Tone::Plain, text)];
    }
    model.quitting = true;
    if model.writes > 0 {
        return vec![model.say(Tone::Plain, "Saving, then quitting")];
    }
    vec![Effect::Quit]
}

/// Maximum number of steps that can be undone.
const MOST_UNDONE: usize = 100;

/// Undo history of the focused text field. Any command other than an edit clears it.
#[derive(Debug, Default)]
pub(super) struct Undo {
    texts: Vec<String>,
    /// True if the last edit inserted a character. The characters of a word are undone in one step.
    typing: bool,
}

/// Returns the focused text field of the top screen, or the filter line if no screen is open.
/// `None` if the screen has no focused text field, or the field contains a secret.
fn focused(model: &mut Model) -> Option<&mut Input> {
    if model.screens.is_empty() {
        return Some(&mut model.list_mut().filter);
    }
    model.screens.last_mut()?.behavior_mut().input()
}

/// Records the text before an edit, unless the edit continues a word.
fn remember(model: &mut Model, continues_word: bool) {
    if continues_word {
        return;
    }
    let Some(text) = focused(model).map(|input| input.value().to_owned()) else { return };
    let texts = &mut model.undo.texts;
    if texts.last() == Some(&text) {
        return;
    }
    if texts.len() == MOST_UNDONE {
        texts.remove(0);
    }
    texts.push(text);
}

/// Undoes the last edit of the focused text field.
fn undo(model: &mut Model) -> Vec<Effect> {
    let Some(now) = focused(model).map(|input| input.value().to_owned()) else {
        return Vec::new();
    };
    model.undo.typing = false;
    let earlier = loop {
        match model.undo.texts.pop() {
            Some(text) if text == now => {}
            other => break other,
        }
    };
    let Some(earlier) = earlier else {
        return vec![model.say(Tone::Plain, "Nothing to undo in this field")];
    };
    if let Some(input) = focused(model) {
        *input = Input::new(earlier);
    }
    // Any request makes the screen validate the restored text.
    text(model, InputRequest::GoToEnd);
    Vec::new()
}

/// Runs a command and clears the undo history. Help does not open while the top screen waits for a
/// result.
pub(super) fn run(model: &mut Model, command: Command) -> Vec<Effect> {
    model.undo = Undo::default();
    if command == Command::Open(OpenCommand::Help) && is_waiting(model) {
        return vec![model.say(Tone::Plain, WAITING)];
    }
    match command {
        Command::Open(command) => screens::open(model, command),
        Command::App(command) => run_app(model, command),
        Command::Credential(command) => run_credential(model, command),
        Command::Screen(command) => match model.top().map(Screen::runner) {
            Some(run) => run(model, command),
            None => list::run(model, command),
        },
    }
}

/// Runs the command of a key binding, or shows the reason why it is not available.
pub(super) fn run_binding(model: &mut Model, binding: &Binding) -> Vec<Effect> {
    if let Some(need) = binding.needs.iter().find(|need| !model.meets(**need)) {
        let reason = model.refusal(*need);
        return vec![model.say(Tone::Refused, &reason)];
    }
    run(model, binding.command)
}

fn run_app(model: &mut Model, command: AppCommand) -> Vec<Effect> {
    match command {
        AppCommand::Quit | AppCommand::QuitNow => quit(model),
        AppCommand::Redraw => vec![Effect::Redraw],
        AppCommand::ToggleMouse => mouse::toggle(model),
        AppCommand::Suspend => {
            model.hide_secrets();
            vec![Effect::Suspend]
        }
        AppCommand::Refresh => refresh(model),
        AppCommand::CopyBaseUrl => vec![Effect::Clipboard(ClipboardEffect::Copy {
            what: Copied::BaseUrl,
            text: model.base_url.clone(),
        })],
        AppCommand::ClearClipboard => {
            vec![Effect::Clipboard(ClipboardEffect::Clear { asked: true })]
        }
        AppCommand::DismissFailure => {
            model.failure = None;
            Vec::new()
        }
        AppCommand::CopyFailure => match &model.failure {
            Some(failure) => vec![Effect::Clipboard(ClipboardEffect::Copy {
                what: Copied::Failure,
                text: failure.0.text().into(),
            })],
            None => Vec::new(),
        },
        AppCommand::Back => back(model),
        AppCommand::ShowCommand => show_command(model),
        AppCommand::NextFinding => audit::step(model, true),
        AppCommand::PreviousFinding => audit::step(model, false),
        AppCommand::ShowTokens => choose(model, Kind::Token),
        AppCommand::ShowSpa => choose(model, Kind::Spa),
        AppCommand::ShowM2m => choose(model, Kind::M2m),
        AppCommand::ShowOther => choose(model, Kind::Other),
        AppCommand::SignOut => sign_in::sign_out(model),
    }
}

fn run_credential(model: &mut Model, command: CredentialCommand) -> Vec<Effect> {
    match command {
        CredentialCommand::Create if model.connection != ConnectionState::Ready => {
            vec![model.say(Tone::Refused, "Not connected. Press ctrl-r to retry")]
        }
        CredentialCommand::Create => {
            let kind = if model.kind == Kind::Other { Kind::Spa } else { model.kind };
            model.open(Chooser { kind });
            Vec::new()
        }
        CredentialCommand::CopyId => copy_id(model),
        CredentialCommand::CopyName => copy_name(model),
        CredentialCommand::CopyUrl => copy_url(model),
        CredentialCommand::CopySecret => copy_secret(model),
        CredentialCommand::Edit if model.acts_on_marks() => edit_marked::show(model),
        CredentialCommand::Edit => open(model, Then::Edit),
        CredentialCommand::EditText => open(model, Then::EditText),
        CredentialCommand::CreateLike => open(model, Then::CreateLike),
        CredentialCommand::Delete if model.acts_on_marks() => marked::delete(model),
        CredentialCommand::Delete => open(model, Then::Delete),
        CredentialCommand::Rotate => open(model, Then::Rotate),
        CredentialCommand::PreviewFix if model.has_marked_findings() => audit::fix_marked(model),
        CredentialCommand::PreviewFix => open(model, Then::Fix),
    }
}

fn refresh(model: &mut Model) -> Vec<Effect> {
    if model.connection == ConnectionState::Failed {
        model.connection = ConnectionState::Connecting;
        model.failure = None;
        return vec![Effect::Server(ServerEffect::Connect)];
    }
    let ticket = model.ticket();
    if let Some(detail) = model.top_mut::<Detail>() {
        detail.credential.ask(ticket);
        return vec![Effect::Credential(CredentialEffect::Show { ticket, of: detail.reference() })];
    }
    if model.top_as::<AuditPanel>().is_some() {
        return model.audit_again();
    }
    if model.top_as::<ExpiringPanel>().is_some() {
        return expiring::again(model);
    }
    if model.top_as::<Overview>().is_some() {
        return overview::again(model);
    }
    model.preview.outdate();
    let mut effects = model.reload(model.scope, model.kind);
    effects.extend(rotations::count(model));
    effects.extend([
        Effect::Server(ServerEffect::FetchCapabilities),
        Effect::Server(ServerEffect::FetchMe),
    ]);
    effects
}

const WAITING: &str = "Waiting for the server";

/// Returns true if the top screen waits for a result, and must stay open until it arrives.
fn is_waiting(model: &Model) -> bool {
    model.top().is_some_and(|screen| screen.behavior().is_waiting())
}

/// Cancels a pending retry, returns to the previous step inside the top screen, or closes the
/// screen.
fn back(model: &mut Model) -> Vec<Effect> {
    // A rate-limited write had no effect, so it can be canceled while it waits for its retry.
    if model.held.is_some() && is_waiting(model) {
        model.drop_held();
        return vec![model.say(Tone::Plain, "Retry canceled; no changes were made")];
    }
    if is_waiting(model) {
        return vec![model.say(Tone::Plain, WAITING)];
    }
    model.opening = None;
    if let Some(back) = model.top().map(Screen::way_back)
        && let Some(effects) = back(model)
    {
        return effects;
    }
    match model.screens.pop() {
        Some(screen) => screen.closed(model),
        None => Vec::new(),
    }
}

impl Model {
    /// Returns the kind, ID and name of the credential that commands apply to.
    pub(super) fn subject(&self) -> Option<(Kind, Untrusted, Untrusted)> {
        match self.top().map_or(ScreenSubject::OfList, |screen| screen.behavior().subject()) {
            ScreenSubject::OfList => {
                let list = self.list();
                let row = list.selected()?;
                Some((self.kind, list.rows.id(row)?, list.rows.name(row)?))
            }
            ScreenSubject::Nothing => None,
            ScreenSubject::Credential { kind, id, name, .. } => {
                Some((kind, id.clone(), name.clone()))
            }
        }
    }

    /// Returns the reason why a credential of a kind cannot be created, or `None` if it can or the
    /// capabilities are unknown.
    pub(super) fn refused_kind(&self, kind: Kind) -> Option<String> {
        match self.capabilities.as_ref().map(|all| &all.of(kind).create) {
            Some(Access::Refused(why)) => Some(why.shown().into_owned()),
            _ => None,
        }
    }
}

/// Copies the IDs of the marked rows, one per line, if commands apply to marked rows. Otherwise
/// copies the ID of the selected credential.
fn copy_id(model: &mut Model) -> Vec<Effect> {
    if model.acts_on_marks() {
        let list = model.list();
        let marked = list.marked();
        let ids: Vec<Untrusted> = marked.iter().filter_map(|row| list.rows.id(*row)).collect();
        let text = ids.iter().map(Untrusted::raw).collect::<Vec<_>>().join("\n").into();
        return copy(Copied::Ids(model.kind, ids.len()), text);
    }
    let Some((kind, id, _)) = model.subject() else { return Vec::new() };
    copy(Copied::Id(kind), id)
}

fn copy_name(model: &mut Model) -> Vec<Effect> {
    let Some((_, _, name)) = model.subject() else { return Vec::new() };
    copy(Copied::Name, name)
}

fn copy_secret(model: &mut Model) -> Vec<Effect> {
    let Some((kind, id, _)) = model.subject() else { return Vec::new() };
    let what = Copied::Secret(kind);
    let secret = match model.top_as::<OncePanel>() {
        Some(_) => SecretRef::Once(CredentialRef::new(kind, id)),
        None => SecretRef::Stored(CredentialRef::new(kind, id)),
    };
    vec![Effect::Clipboard(ClipboardEffect::CopySecret { what, secret })]
}

/// Copies the value under the cursor of a detail page, or the login URL of the selected row.
fn copy_url(model: &mut Model) -> Vec<Effect> {
    let copied = match model.top_as::<Detail>() {
        Some(detail) => {
            detail.value().and_then(|value| value.copied()).map(|value| (Copied::Value, value))
        }
        None => {
            let list = model.list();
            let row = list.selected().and_then(|row| list.rows.get(row));
            row.and_then(|row| row.login_url).map(|url| (Copied::Url, url.into()))
        }
    };
    match copied {
        Some((what, value)) => copy(what, value),
        None => vec![model.say(Tone::Refused, "Nothing to copy on this line")],
    }
}

fn copy(what: Copied, text: Untrusted) -> Vec<Effect> {
    vec![Effect::Clipboard(ClipboardEffect::Copy { what, text })]
}

/// Reads a credential again, so that the action applies to its newest version.
fn open(model: &mut Model, then: Then) -> Vec<Effect> {
    if matches!(then, Then::CreateLike)
        && let Some(refused) = model.refused_kind(model.subject().map_or(model.kind, |it| it.0))
    {
        return vec![model.say(Tone::Refused, &refused)];
    }
    let Some((kind, id, _)) = model.subject() else { return Vec::new() };
    let ticket = model.ticket();
    model.opening = Some(PendingAction { ticket, then, depth: model.screens.len() });
    vec![Effect::Credential(CredentialEffect::Show { ticket, of: CredentialRef::new(kind, id) })]
}

/// Handles the number keys: selects a kind in the chooser, or a tab of the list.
fn choose(model: &mut Model, kind: Kind) -> Vec<Effect> {
    if let Some(chooser) = model.top_mut::<Chooser>() {
        chooser.kind = kind;
        return run(model, Command::Screen(ScreenCommand::Dialog(DialogCommand::Accept)));
    }
    let mut effects = screens::close_tab(model);
    model.kind = kind;
    effects.extend(model.load());
    effects
}

/// Shows the equivalent shell command on a separate screen, so that the user can select the text.
fn show_command(model: &mut Model) -> Vec<Effect> {
    let Some(command) = cli_command(model) else {
        return vec![model.say(Tone::Refused, "No equivalent command")];
    };
    let label = "Equivalent command".to_owned();
    model.open(PlainValue { label, value: command.line().into() });
    Vec::new()
}

fn cli_command(model: &Model) -> Option<CliCommand> {
    let name = &model.workspace.name;
    let base_url = model.base_url.raw();
    let workspace: &[&str] = match (&model.workspace.profile, name.as_str()) {
        (Some(_), _) => &["--profile", name],
        (None, "demo") => &["--demo"],
        (None, "local") => &[],
        (None, _) => &["--base-url", base_url],
    };
    if let Some(screen) = model.top() {
        return screen.behavior().cli_command(workspace, model.now);
    }
    let kind = match model.kind {
        Kind::Token => "tokens",
        kind => kind.word(),
    };
    let mut words = vec!["list", kind];
    let filter = model.list().filter.value();
    if !filter.is_empty() {
        words.extend(["--where", filter]);
    }
    let sort = sort_word(model.list().sort);
    if sort != "name" {
        words.extend(["--sort", &sort]);
    }
    let chosen = &model.columns[model.kind as usize];
    let columns = chosen.iter().map(|it| it.column.word()).collect::<Vec<_>>().join(",");
    if model.wide {
        words.push("--wide");
    } else if !columns.is_empty() {
        words.extend(["--columns", &columns]);
    }
    if model.scope == Scope::Organization {
        words.push("--organization");
    }
    Some(CliCommand::new(workspace, &words))
}

/// Handles a paste. The text is inserted into a field or rejected, because pasted text must not act
/// as keys.
pub(super) fn paste(model: &mut Model, pasted: &str) -> Vec<Effect> {
    model.pending.clear();
    if is_too_small(model.size) {
        return Vec::new();
    }
    model.undo.typing = false;
    remember(model, false);
    let now = model.now;
    let taken = if let Some(screen) = model.screens.last_mut() {
        screen.behavior_mut().paste(pasted, now)
    } else if model.list().filtering {
        for c in pasted.lines().next().unwrap_or_default().chars() {
            text(model, InputRequest::InsertChar(c));
        }
        Ok(())
    } else {
        Err("No text field has the focus. Press / to filter, then paste")
    };
    match taken {
        Ok(()) => Vec::new(),
        Err(why) => vec![model.say(Tone::Plain, why)],
    }
}

/// Handles a burst of keys: as pasted text if a text field has the focus, else as single keys.
pub(super) fn burst(model: &mut Model, chords: &[Chord]) -> Vec<Effect> {
    if model.scopes().iter().any(|scope| scope.takes_text()) {
        let text = chords.iter().map(|chord| match chord.key {
            Key::Char(c) => c,
            Key::Tab => ' ',
            _ => '\n',
        });
        return paste(model, &text.collect::<String>());
    }
    chords.iter().flat_map(|chord| key(model, *chord)).collect()
}

/// Passes a request to the focused text field.
fn text(model: &mut Model, request: InputRequest) {
    let now = model.now;
    match model.screens.last_mut() {
        Some(screen) => screen.behavior_mut().text(request, now),
        None => {
            model.list_mut().filter.handle(request);
            model.refilter();
        }
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
        (true, Key::Delete) => R::DeleteNextWord,
        (_, Key::Home) | (true, Key::Char('a')) => R::GoToStart,
        (_, Key::End) | (true, Key::Char('e')) => R::GoToEnd,
        (true, Key::Char('u')) => R::DeleteLine,
        (true, Key::Char('k')) => R::DeleteTillEnd,
        (true, Key::Char('w')) => R::DeletePrevWord,
        (true, Key::Char('y')) => R::Yank,
        _ => return None,
    })
}

/// Returns the timer for the next update of a token's remaining lifetime. `left` is that lifetime
/// in seconds.
pub(super) fn token_tick(left: i64) -> Effect {
    let wait = if left > 120 { 60 } else { 1 };
    Effect::After { wait: Duration::from_secs(wait), timer: Timer::TokenLeft }
}
