//! Applies timers and the results of effects to the model.

mod sessions;
pub(super) mod writes;

use std::time::Duration;

use jiff::SignedDuration;

use super::{
    ConnectionState, Copied, CopyError, Effect, Model, Msg, Screen, SecretRef, Timer, Tone,
    commands::token_tick,
    list::Fetch,
    preview,
    remote::Ticket,
    screens::{
        OneOf as _,
        access_token::{self, AccessTokenPanel},
        audit,
        confirm::{self, Confirm},
        detail::{self, Detail, Peek},
        expiring,
        form::{self, Form, FormStage},
        history, marked,
        once::OncePanel,
        overview, rotations, sign_in, views,
    },
    view::Layout,
};
use crate::{
    api::{ApiError, Explanation, Scope},
    app::{
        AuditEffect, ClipboardEffect, ClipboardMsg, CredentialMsg, ListMsg, RotationMsg,
        ServerEffect, ServerMsg,
    },
    clipboard::{Cleared, CopyRoute},
    domain::{Credential, Draft, Kind, Secret},
};
use writes::{created, deleted, edited, rotated, wrote};

/// Update interval of a countdown.
const SECOND: Duration = Duration::from_secs(1);

/// Applies a result or a timer. If a profile is open and a result means that the user is signed
/// out, the sign-in screen opens over the current screen.
pub(super) fn take(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let signed_out = model.workspace.profile.is_some() && sessions::is_signed_out(&msg);
    // After a failed write, the credential may no longer exist or the outcome may be unknown, so
    // the Expiring tab is loaded again even after a failure.
    let written = matches!(
        &msg,
        Msg::Credential(
            CredentialMsg::Created(_)
                | CredentialMsg::Edited(_)
                | CredentialMsg::Rotated(_)
                | CredentialMsg::Deleted(_)
                | CredentialMsg::MarkedChanged { .. }
        ) | Msg::Rotation(RotationMsg::Ended { .. })
    );
    let mut effects = taken(model, msg);
    if written {
        model.last_expiring = None;
        effects.extend(expiring::again(model));
    }
    if signed_out {
        let failure = model.failure.take();
        let reason = failure.map(|failure| failure.0.why);
        effects.extend(sign_in::show(model, reason));
    }
    effects
}

fn taken(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Timer(timer) => due(model, timer),
        Msg::Server(msg) => server(model, msg),
        Msg::List(msg) => list(model, msg),
        Msg::Credential(msg) => credential(model, msg),
        Msg::Clipboard(msg) => clipboard(model, msg),
        Msg::Session(msg) => sessions::session(model, msg),
        Msg::Profile(msg) => sessions::profile(model, msg),
        Msg::Audit(msg) => audit::answered(model, msg),
        Msg::Views(answer) => views::answered(model, answer),
        Msg::History { ticket, result } => history::answered(model, ticket, result),
        Msg::Rotation(msg) => rotations::answered(model, msg),
        Msg::KnownUses(workspace, known) => {
            if workspace == model.workspace.name {
                model.known_uses = *known;
            }
            Vec::new()
        }
        // `update` handles these messages itself.
        Msg::Key(_)
        | Msg::Paste(_)
        | Msg::Burst(_)
        | Msg::Click { .. }
        | Msg::Wheel { .. }
        | Msg::EditedText(_)
        | Msg::Resize { .. }
        | Msg::Hide
        | Msg::SlowTerminal
        | Msg::End => Vec::new(),
    }
}

fn server(model: &mut Model, msg: ServerMsg) -> Vec<Effect> {
    match msg {
        ServerMsg::Connected { round, result } if round == model.round => connected(model, result),
        ServerMsg::Connected { .. } => Vec::new(),
        ServerMsg::Me(Ok(me)) => {
            model.me = Some(me);
            Vec::new()
        }
        // The user's name is optional: lists work without it.
        ServerMsg::Me(Err(_)) => Vec::new(),
        ServerMsg::Capabilities(Ok(capabilities)) => {
            model.base_url = capabilities.base_url.clone();
            model.auditor.set_place(model.workspace.profile.as_ref(), &capabilities);
            model.capabilities = Some(*capabilities);
            // Lists of kinds that the provider lacks may have been requested before the
            // capabilities were known.
            for kind in Kind::ALL.into_iter().filter(|kind| !model.has(*kind)).collect::<Vec<_>>() {
                for scope in [Scope::Mine, Scope::Organization] {
                    *model.list_of_mut(scope, kind) = super::list::List::default();
                }
            }
            if !model.capabilities.as_ref().is_some_and(|all| all.organization) {
                model.scope = Scope::Mine;
            }
            if !model.has(model.kind) {
                let first = model.tabs().find(|kind| model.has(*kind));
                model.kind = first.unwrap_or(model.kind);
            }
            let mut effects = model.load();
            effects.extend(model.count_others());
            effects.extend(overview::connected(model));
            effects
        }
        ServerMsg::Capabilities(Err(error)) => {
            if model.capabilities.is_none() && model.failure.is_none() {
                model.fail(error.explain("Could not read the server's capabilities"));
            }
            Vec::new()
        }
    }
}

fn list(model: &mut Model, msg: ListMsg) -> Vec<Effect> {
    match msg {
        ListMsg::Found { scope, kind, result: Ok(page) } => {
            let auditor = model.auditor.clone();
            model.list_of_mut(scope, kind).found(&page.entries, &auditor);
            Vec::new()
        }
        // Search is optional, and the list itself reports server errors.
        ListMsg::Found { result: Err(_), .. } => Vec::new(),
        ListMsg::Recalled { round, .. } if round != model.round => Vec::new(),
        ListMsg::Recalled { cached, .. } => {
            let auditor = model.auditor.clone();
            model.list_of_mut(cached.scope, cached.kind).recall(&cached, &auditor);
            Vec::new()
        }
        ListMsg::Page { ticket, scope, kind, result } => page(model, ticket, scope, kind, result),
        ListMsg::Exported { what, result: Ok(file) } => {
            vec![model.say(Tone::Good, &format!("{what} exported to {file}"))]
        }
        ListMsg::Exported { result: Err(error), .. } => {
            vec![model.say(Tone::Refused, &error.to_string())]
        }
        ListMsg::ExpiriesCame { ticket, count } => {
            expiring::came(model, ticket, count);
            Vec::new()
        }
        ListMsg::Expiries { ticket, result } => expiring::answered(model, ticket, result),
        ListMsg::Changes { ticket, result } => overview::compared(model, ticket, result),
        ListMsg::Snoozed { profile, result } => expiring::snoozed(model, &profile, result),
        ListMsg::SnapshotKept(result) => overview::snapshot_kept(model, result),
        ListMsg::Total { scope, kind, result } => {
            if let Ok(Some(total)) = result {
                model.list_of_mut(scope, kind).total = Some(total);
            }
            Vec::new()
        }
    }
}

fn credential(model: &mut Model, msg: CredentialMsg) -> Vec<Effect> {
    use CredentialMsg::{Created, Deleted, Edited, MarkedChanged, Rotated};
    let changes =
        matches!(msg, Created(_) | Edited(_) | Rotated(_) | Deleted(_) | MarkedChanged { .. });
    if changes {
        model.preview.outdate();
    }
    match msg {
        CredentialMsg::Shown { ticket, result } => shown(model, ticket, result),
        CredentialMsg::Created(result) => wrote(model, result, created),
        CredentialMsg::Edited(result) => wrote(model, result, edited),
        CredentialMsg::Rotated(result) => wrote(model, result, rotated),
        CredentialMsg::Deleted(result) => wrote(model, result, deleted),
        CredentialMsg::MarkedPlanned { ticket, result } => marked::planned(model, ticket, result),
        CredentialMsg::MarkedChanged { ticket, result } => marked::answered(model, ticket, result),
        CredentialMsg::Issued { ticket, result } => access_token::issued(model, ticket, result),
        CredentialMsg::Revealed { ticket, result } => revealed(model, ticket, result),
        CredentialMsg::LoginStep { ticket, step, password } => {
            let mut panels = model.screens_of::<AccessTokenPanel>();
            if let Some(panel) = panels.find(|panel| panel.issued.is_for(ticket)) {
                panel.page = Some(step);
                panel.password = password;
            }
            Vec::new()
        }
    }
}

fn clipboard(model: &mut Model, msg: ClipboardMsg) -> Vec<Effect> {
    match msg {
        ClipboardMsg::Copied { what, result } => copied(model, what, result),
        ClipboardMsg::Taken(secret) => {
            let is_its = |it: &&mut OncePanel| secret == SecretRef::Once(it.reference());
            model.screens_of::<OncePanel>().filter(is_its).for_each(|panel| panel.taken = true);
            Vec::new()
        }
        ClipboardMsg::Cleared(cleared) => {
            let (tone, text) = match cleared {
                Cleared::Yes => (Tone::Good, "Clipboard cleared"),
                Cleared::NotOurs => {
                    (Tone::Plain, "Clipboard not cleared: it no longer has the secret")
                }
                Cleared::Failed => (
                    Tone::Refused,
                    "Could not clear the clipboard. It may still have the secret. Press Y x to retry",
                ),
                Cleared::Asked => (
                    Tone::Plain,
                    "Clear request sent to your terminal (terminals do not confirm this)",
                ),
                Cleared::TmuxOnly => (
                    Tone::Plain,
                    "Secret removed from tmux. Your terminal's own clipboard may still have it",
                ),
                Cleared::TerminalKeeps => (
                    Tone::Plain,
                    "Your terminal's clipboard may still have the secret. Press Y x to clear it",
                ),
                Cleared::Cannot => (
                    Tone::Plain,
                    "Nothing to clear: no secret was copied, or it was already cleared or replaced",
                ),
            };
            vec![model.say(tone, text)]
        }
    }
}

fn due(model: &mut Model, timer: Timer) -> Vec<Effect> {
    match timer {
        Timer::Notice(id) => {
            if model.notice.as_ref().is_some_and(|notice| notice.id == id) {
                model.notice = None;
            }
            Vec::new()
        }
        Timer::Peek => {
            let now = model.now;
            let mut open = false;
            let all = model.screens.iter_mut();
            for peek in all.filter_map(|screen| screen.behavior_mut().peek()) {
                match peek {
                    Peek::Open { until, .. } if *until <= now => *peek = Peek::Masked,
                    Peek::Open { .. } => open = true,
                    Peek::Masked | Peek::Asked(_) => {}
                }
            }
            if open {
                vec![Effect::After { wait: Duration::from_secs(1), timer: Timer::Peek }]
            } else {
                Vec::new()
            }
        }
        Timer::TokenLeft => {
            let now = model.now;
            let Some(panel) = model.screens_of::<AccessTokenPanel>().next() else {
                return Vec::new();
            };
            let ends = panel.issued.value().and_then(|issued| issued.expires_at);
            let left = ends.map(|ends| ends.as_second() - now.as_second());
            left.filter(|left| *left > 0).map(token_tick).into_iter().collect()
        }
        Timer::Clipboard(id) if id == model.clipboard => {
            vec![Effect::Clipboard(ClipboardEffect::Clear { asked: false })]
        }
        Timer::Clipboard(_) => Vec::new(),
        Timer::Relock => sessions::relock(model),
        Timer::SessionEnds(number) if number == model.session_number => sessions::ends(model),
        Timer::SessionEnds(_) => Vec::new(),
        Timer::Retry(scope, kind) => {
            let Fetch::Waiting { until, .. } = model.list_of(scope, kind).fetch else {
                return Vec::new();
            };
            if until > model.now {
                return vec![Effect::After { wait: SECOND, timer: Timer::Retry(scope, kind) }];
            }
            let ticket = model.ticket();
            for kind in model.together(kind) {
                model.list_of_mut(scope, kind).go_on(ticket);
            }
            vec![model.fetch(ticket, scope, kind)]
        }
        Timer::Resend(number) => writes::resend(model, number),
        Timer::NextMarked(ticket) => marked::continue_after_wait(model, ticket),
        Timer::Preview(number) => preview::rested(model, number),
    }
}

fn connected(model: &mut Model, result: Result<String, ApiError>) -> Vec<Effect> {
    match result {
        Ok(base_url) => {
            model.connection = ConnectionState::Ready;
            model.base_url = base_url.into();
            let mut effects = vec![
                Effect::Audit(AuditEffect::ReadPolicy),
                Effect::Server(ServerEffect::FetchCapabilities),
                Effect::Server(ServerEffect::FetchMe),
            ];
            effects.extend(model.reload(model.scope, model.kind));
            effects.extend(model.count_others());
            effects.extend(rotations::count(model));
            // These screens may have been opened before the connection was established.
            effects.extend(model.audit_again());
            effects.extend(expiring::again(model));
            effects.extend(overview::connected(model));
            effects
        }
        Err(error) => {
            model.connection = ConnectionState::Failed;
            model.fail(error.explain("Could not open the workspace"));
            Vec::new()
        }
    }
}

fn page(
    model: &mut Model,
    ticket: Ticket,
    scope: Scope,
    kind: Kind,
    result: Result<crate::api::Page, ApiError>,
) -> Vec<Effect> {
    let now = model.now;
    let list = model.list_of_mut(scope, kind);
    let current = matches!(&list.fetch, Fetch::Loading { ticket: t, .. } if *t == ticket);
    if !current {
        return Vec::new();
    }
    let together = model.together(kind);
    // A read can be repeated safely, so the list itself waits, with a visible countdown, and
    // retries.
    if let Err(ApiError::Limited { seconds }) = result {
        for kind in together {
            model.list_of_mut(scope, kind).wait(ticket, now, seconds);
        }
        return vec![Effect::After { wait: SECOND, timer: Timer::Retry(scope, kind) }];
    }
    let failed = result.as_ref().err().cloned();
    let auditor = model.auditor.clone();
    let mut result = result;
    for other in together.into_iter().filter(|it| *it != kind) {
        let part = part_of(other, &mut result);
        model.list_of_mut(scope, other).answer(ticket, part, &auditor);
    }
    let next = model.list_of_mut(scope, kind).answer(ticket, result, &auditor);
    // Even without a failed request, the list fails if its pages never end.
    let failed = failed.or_else(|| match &model.list_of(scope, kind).fetch {
        Fetch::Failed(error) => Some(error.clone()),
        _ => None,
    });
    if let Some(error) = failed {
        model.fail(error.explain("Could not load the list"));
        return Vec::new();
    }
    if next.is_some() {
        return vec![model.fetch(ticket, scope, kind)];
    }
    let mut outdated = false;
    for kind in model.together(kind) {
        outdated |= std::mem::take(&mut model.list_of_mut(scope, kind).outdated);
    }
    if outdated {
        return model.reload(scope, kind);
    }
    check_possible_duplicate(model)
}

/// Takes the rows of one kind out of a page with several kinds. If `page` is an error, returns a
/// copy of the error.
fn part_of(
    kind: Kind,
    page: &mut Result<crate::api::Page, ApiError>,
) -> Result<crate::api::Page, ApiError> {
    match page {
        Ok(page) => {
            let entries = page.entries.extract_if(.., |it| it.kind() == kind).collect();
            Ok(crate::api::Page { entries, total: None, next: page.next.clone() })
        }
        Err(error) => Err(error.clone()),
    }
}

/// Shows a notice if a form's credential may have been created: the result of the creation is
/// unknown, and one of the user's own lists contains a credential with the same name.
fn check_possible_duplicate(model: &mut Model) -> Vec<Effect> {
    let sent = |screen: &Screen| {
        let form = Form::of(screen).filter(|form| form.uncertain)?;
        Some((form.kind, form.sent.as_ref().map(Draft::name)?.to_owned()))
    };
    let found = model.screens.iter().filter_map(sent).any(|(kind, name)| {
        !name.is_empty() && model.list_of(Scope::Mine, kind).rows.has_name(&name)
    });
    if found {
        let text = "A credential with this name is in the list now, so it was probably created. Press esc to leave the form";
        return vec![model.say(Tone::Plain, text)];
    }
    Vec::new()
}

fn shown(model: &mut Model, ticket: Ticket, result: Result<Credential, ApiError>) -> Vec<Effect> {
    let Some(result) = model.preview.answer(ticket, result) else { return Vec::new() };
    if let Some(opening) = model.opening.take_if(|opening| opening.ticket == ticket) {
        if opening.depth != model.screens.len() {
            return Vec::new();
        }
        match result {
            Ok(credential) => return detail::opened(model, opening.then, credential),
            Err(error) => model.fail(error.explain("Could not read the credential")),
        }
        return Vec::new();
    }
    let waits = |it: &&mut Screen| it.is::<Form>() || it.is::<Confirm>();
    if let Some(screen) = model.screens.iter_mut().rev().find(waits) {
        if Form::of(screen).is_some_and(|form| matches!(form.stage, FormStage::ReadingTheirs)) {
            return form::theirs(model, result);
        }
        if Confirm::of(screen).is_some_and(|confirm| confirm.busy) {
            return confirm::newest(model, result);
        }
    }
    let failure = result.as_ref().err().map(|error| error.explain("Could not read the credential"));
    let mut came = None;
    if let Some(detail) = model.screens_of::<Detail>().next() {
        came = result.as_ref().ok().cloned();
        if !detail.credential.answer(ticket, result) {
            return Vec::new();
        }
    }
    if let Some(credential) = came {
        if Layout::of(model).preview.is_some() {
            model.preview.renew(&credential);
        }
        refresh_row(model, &credential);
        return history::of_detail(model).into_iter().collect();
    } else if let Some(failure) = failure {
        model.fail(failure);
    }
    Vec::new()
}

/// Updates the row of a credential that was read, if its name or last use has changed.
fn refresh_row(model: &mut Model, credential: &Credential) {
    let (scope, kind) = (model.scope, credential.kind());
    let auditor = model.auditor.clone();
    let list = model.list_of_mut(scope, kind);
    let Some(row) = list.rows.find(credential.id()) else { return };
    let same = list.rows.get(row).is_some_and(|row| {
        row.name == credential.name().shown() && row.used == credential.record().last_used_at
    });
    if !same {
        list.refresh(credential, &auditor);
    }
}

fn revealed(model: &mut Model, ticket: Ticket, result: Result<Secret, ApiError>) -> Vec<Effect> {
    let until =
        model.now.checked_add(SignedDuration::from_secs(model.timers.peek)).unwrap_or(model.now);
    let asked = |screen: &mut Screen| {
        let peek = screen.behavior_mut().peek();
        peek.is_some_and(|peek| matches!(peek, Peek::Asked(asked) if *asked == ticket))
    };
    let Some(place) = model.screens.iter_mut().position(asked) else { return Vec::new() };
    let screen = &mut model.screens[place];
    let secret = match result {
        Ok(secret) => secret,
        Err(error) => {
            if let Some(peek) = screen.behavior_mut().peek() {
                *peek = Peek::Masked;
            }
            model.fail(error.explain("Could not read the secret"));
            return Vec::new();
        }
    };
    if let Some(peek) = screen.behavior_mut().peek() {
        *peek = Peek::Open { secret, until };
    }
    if let Some(panel) = OncePanel::of_mut(screen) {
        panel.taken = true;
    }
    vec![Effect::After { wait: Duration::from_secs(1), timer: Timer::Peek }]
}

fn copied(model: &mut Model, what: Copied, result: Result<CopyRoute, CopyError>) -> Vec<Effect> {
    let title = what.title();
    let delivery = match result {
        Ok(delivery) => delivery,
        Err(CopyError::Api(error)) => {
            model.fail(error.explain(&format!("Could not copy: {title}")));
            return Vec::new();
        }
        Err(CopyError::Clipboard(error)) => {
            model.fail(Explanation {
                what: format!("Could not copy: {title}"),
                why: error.to_string(),
                next: "Press enter on a value to select it by hand. Run credenza doctor to see the selected clipboard channels."
                    .to_owned(),
            });
            return Vec::new();
        }
    };
    let sent = match delivery {
        CopyRoute::Native => format!("{title} copied"),
        CopyRoute::Tmux => format!("{title} copied to the tmux buffer and your terminal"),
        CopyRoute::TmuxAlone => {
            // The paste key of newer tmux versions skips named buffers, in which secrets are
            // stored.
            let key = if what.is_secret() { "=" } else { "]" };
            format!(
                "{title} copied to the tmux buffer (paste with prefix {key}). Your terminal does not accept it from tmux"
            )
        }
        CopyRoute::TmuxAndNative => format!("{title} copied, also to the tmux buffer"),
        CopyRoute::Terminal => {
            format!("{title} sent to your terminal (terminals do not confirm this)")
        }
    };
    if !what.is_secret() {
        return vec![model.say(Tone::Good, &sent)];
    }

    model.counter += 1;
    model.clipboard = model.counter;
    let after = model.timers.clipboard;
    let then = match delivery {
        CopyRoute::Terminal => "press Y x to clear it".to_owned(),
        _ if after == 0 => "press Y x to clear it".to_owned(),
        CopyRoute::Tmux => format!("only the tmux buffer is cleared, in {after} s"),
        _ => format!("cleared in {after} s"),
    };
    let said = model.say(Tone::Good, &format!("{sent}; {then}"));
    if after == 0 {
        return vec![said];
    }
    vec![
        Effect::After {
            wait: Duration::from_secs(after),
            timer: Timer::Clipboard(model.clipboard),
        },
        said,
    ]
}
