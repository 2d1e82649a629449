//! Applies the results of writes.

use jiff::SignedDuration;

use super::SECOND;
use crate::{
    api::{ApiError, Explanation, Scope, Secrecy},
    app::{
        CredentialEffect, Effect, LONGEST_WAIT, Model, PendingRetry, Saved, Screen, Timer, Tone,
        list::Fetch,
        remote::Remote,
        screens::{
            OneOf as _,
            confirm::Confirm,
            detail::{Detail, Peek},
            form::{Form, FormStage, Purpose},
            once::{Cause, OncePanel},
            passphrase::Question,
            rotate::RotationForm,
            sign_in::SignIn,
            unlock::Unlock,
        },
    },
    domain::{Credential, CredentialRef, Untrusted, Visibility, draft::Field},
};

/// Applies the result of a write. If the user quit or a termination signal arrived, the console
/// exits after the last write. If a write fails after the user quit, the console stays open, so
/// that the user sees the error and keeps the input. After a signal, the console exits despite the
/// error.
pub(super) fn wrote<T>(
    model: &mut Model,
    result: Result<T, ApiError>,
    then: impl FnOnce(&mut Model, Result<T, ApiError>) -> Vec<Effect>,
) -> Vec<Effect> {
    model.writes = model.writes.saturating_sub(1);
    // A rate-limited request had no effect, so it is sent again after the wait.
    if let (Err(ApiError::Limited { seconds: seconds @ ..=LONGEST_WAIT }), Some(_), false) =
        (&result, &model.sent, model.quitting)
    {
        let wait = SignedDuration::from_secs(i64::try_from(*seconds).unwrap_or(60));
        let number = model.ticket().0;
        let until = model.now.checked_add(wait).unwrap_or(model.now);
        model.held = Some(PendingRetry { number, until, who: model.who() });
        return vec![Effect::After { wait: SECOND, timer: Timer::Resend(number) }];
    }
    model.sent = None;
    let failed = result.is_err();
    let mut effects = then(model, result);
    effects.extend(stay_for_secret(model));
    if model.quitting && failed && !model.ended {
        model.quitting = false;
    }
    if model.quitting && model.writes == 0 {
        effects.push(Effect::Quit);
    }
    effects
}

/// Keeps the console open for a secret that is shown only once, even if the user quit before it
/// arrived. Returns the notice, if quitting was canceled.
pub(in crate::app) fn stay_for_secret(model: &mut Model) -> Option<Effect> {
    let stays = model.quitting && model.has_open::<OncePanel>() && !model.ended;
    stays.then(|| {
        model.quitting = false;
        model.say(Tone::Plain, "Did not quit: this secret is shown only once")
    })
}

/// Handles one second of the wait before the retry of a rate-limited write. At the end of the wait,
/// the write is retried, unless another user signed in or writing was locked.
pub(super) fn resend(model: &mut Model, number: u64) -> Vec<Effect> {
    let Some(held) = model.held.clone().filter(|held| held.number == number) else {
        return Vec::new();
    };
    if held.until > model.now {
        return vec![Effect::After { wait: SECOND, timer: Timer::Resend(number) }];
    }
    model.held = None;
    let Some(write) = model.sent.take() else { return Vec::new() };
    if held.who == model.who() && model.lock.is_open(model.now) {
        return vec![model.send(write)];
    }
    model.drop_held();
    let text = "Retry canceled: writing was locked, or another user signed in";
    vec![model.say(Tone::Refused, text)]
}

pub(super) fn created(model: &mut Model, result: Result<Saved, ApiError>) -> Vec<Effect> {
    let now = model.now;
    match result {
        Ok(Saved { credential, secret, side_effects: _ }) => {
            model.failure = None;
            let form = model.screens_of::<Form>().next_back();
            let shape = form.as_ref().map(|form| form.means.shape).unwrap_or_default();
            let sent = form.and_then(|form| form.sent.take());
            let left_out: Vec<&str> = sent
                .map(|sent| sent.left_out(&credential, shape))
                .unwrap_or_default()
                .into_iter()
                .map(Field::label)
                .collect();
            model.screens.retain(Screen::is::<SignIn>);
            (model.kind, model.scope) = (credential.kind(), Scope::Mine);
            let readable = model
                .capabilities
                .as_ref()
                .is_none_or(|all| all.of(credential.kind()).secrecy == Secrecy::Readable);
            let text = format!(
                "{} created. Press c to copy its {}{}",
                credential.name().clipped(40),
                credential.kind().id_label(),
                if readable { ", Y s to copy its secret" } else { "" }
            );
            let mut effects = upsert(model, &credential);
            once(model, &credential, secret, Cause::Created);
            model.screens.insert(0, Detail::loaded(credential).into());
            let (tone, text) = if left_out.is_empty() {
                (Tone::Good, text)
            } else {
                let fields = left_out.join(", ");
                (Tone::Refused, format!("Created, but the server changed or dropped: {fields}"))
            };
            // The panel with the secret already reports the result.
            if !secret || !left_out.is_empty() {
                effects.push(model.say(tone, &text));
            }
            effects
        }
        Err(error) => {
            let Some(form) = model.screens_of::<Form>().next_back() else { return Vec::new() };
            form.stage = FormStage::Editing;
            form.refuse(error.problems(), now);
            form.uncertain = error.is_uncertain();
            let kind = form.kind;
            if !error.is_uncertain() {
                // After a server error, a retry must use the same idempotency key, which depends on
                // the draft.
                if !matches!(error, ApiError::Server { .. }) {
                    form.sent = None;
                }
                model.fail(error.explain("Could not create the credential"));
                return Vec::new();
            }
            let explanation =
                error.explain("Could not confirm the creation: the response was lost");
            let next = "Nothing is retried automatically. The list is being reloaded: look for the credential there before you save again.";
            model.fail(Explanation { next: next.to_owned(), ..explanation });
            model.reload(Scope::Mine, kind)
        }
    }
}

/// Opens the panel with a secret that the server returns only once. Does nothing if `secret` is
/// false, because the write then issued no such secret.
pub(in crate::app) fn once(model: &mut Model, credential: &Credential, secret: bool, cause: Cause) {
    if !secret {
        return;
    }
    // A sign-in, passphrase or unlock screen that opened in the meantime stays on top.
    let came_up = |it: &Screen| it.is::<SignIn>() || it.is::<Question>() || it.is::<Unlock>();
    let place = model.screens.iter().position(came_up).unwrap_or(model.screens.len());
    model.screens.insert(place, OncePanel::new(credential, cause).into());
}

fn upsert(model: &mut Model, credential: &Credential) -> Vec<Effect> {
    let (kind, auditor) = (credential.kind(), model.auditor.clone());
    for scope in [Scope::Mine, Scope::Organization] {
        let list = model.list_of_mut(scope, kind);
        let shared = credential.record().visibility == Visibility::Organization;
        match (&list.fetch, scope) {
            (Fetch::Idle, _) => {
                list.wanted = Some(credential.id().clone());
            }
            (_, Scope::Mine) => list.upsert(credential, &auditor),
            (_, Scope::Organization) if shared => list.upsert(credential, &auditor),
            (_, Scope::Organization) => list.remove(credential.id()),
        }
    }
    model.load()
}

pub(super) fn edited(model: &mut Model, result: Result<Saved, ApiError>) -> Vec<Effect> {
    let now = model.now;
    let ticket = model.ticket();
    match result {
        Ok(Saved { credential, secret, side_effects }) => {
            model.failure = None;
            let closed = model.close_waiting();
            let form = closed.as_ref().and_then(Form::of);
            let ignored = form.map(|form| form.ignored(&credential)).unwrap_or_default();
            let name = credential.name().clipped(40);
            let (tone, text) = if !ignored.is_empty() {
                let fields = ignored.join(", ");
                (Tone::Refused, format!("Saved, but the server ignored: {fields}"))
            } else if !side_effects.is_empty() {
                let members = Untrusted::list(&side_effects, 5);
                (Tone::Refused, format!("Saved, but the server also changed: {members}"))
            } else {
                (Tone::Good, format!("{name} saved"))
            };
            let ignored = !ignored.is_empty() || !side_effects.is_empty();
            once(model, &credential, secret, Cause::Edited);
            let mut effects = replace(model, credential);
            if !secret || ignored {
                effects.push(model.say(tone, &text));
            }
            effects
        }
        Err(ApiError::Changed) => {
            let Some(form) = model.screens_of::<Form>().next_back() else { return Vec::new() };
            let Purpose::Edit(original) = &form.purpose else { return Vec::new() };
            let id = original.credential.id().clone();
            form.stage = FormStage::ReadingTheirs;
            vec![Effect::Credential(CredentialEffect::Show {
                ticket,
                of: CredentialRef::new(form.kind, id),
            })]
        }
        Err(error @ ApiError::NotFound { .. }) => deleted_elsewhere(model, &error),
        Err(error) => {
            if let Some(form) = model.screens_of::<Form>().next_back() {
                form.stage = FormStage::Editing;
                form.refuse(error.problems(), now);
            }
            let what = if error.is_uncertain() {
                "Could not confirm the change: the response was lost"
            } else {
                "Could not save the credential"
            };
            model.fail(error.explain(what));
            Vec::new()
        }
    }
}

/// Replaces older versions of a credential in the lists and the detail view, and repeats the audit
/// if its screen is open.
fn replace(model: &mut Model, credential: Credential) -> Vec<Effect> {
    let mut effects = upsert(model, &credential);
    effects.extend(model.audit_again());
    if let Some(detail) = model.screens_of::<Detail>().find(|it| it.id == *credential.id()) {
        detail.peek = Peek::Masked;
        detail.name = credential.name().clone();
        detail.credential = Remote::Ready(credential);
    }
    effects
}

pub(super) fn rotated(model: &mut Model, result: Result<Saved, ApiError>) -> Vec<Effect> {
    match result {
        Ok(Saved { credential, secret, side_effects: _ }) => {
            model.failure = None;
            model.close_waiting();
            // The screen with the rotation plan is below the confirmation, so it is closed too.
            model.screens.retain(|screen| !screen.is::<RotationForm>());
            let text =
                format!("{} has a new secret. Press Y s to copy it", credential.name().clipped(40));
            once(model, &credential, secret, Cause::Rotated);
            let mut effects = replace(model, credential);
            if !secret {
                effects.push(model.say(Tone::Good, &text));
            }
            effects
        }
        Err(error) => step_failed(
            model,
            &error,
            "Could not rotate the secret",
            "Could not confirm the rotation: the response was lost",
        ),
    }
}

/// Handles an edit of a credential that no longer exists. The next save of the form creates the
/// credential again, if the provider allows that.
fn deleted_elsewhere(model: &mut Model, error: &ApiError) -> Vec<Effect> {
    let now = model.now;
    let mut explanation = error.explain("Could not save the credential");
    let Some(form) = model.screens_of::<Form>().next_back() else { return Vec::new() };
    form.stage = FormStage::Editing;
    let kind = form.kind;
    if let Purpose::Edit(original) = &form.purpose {
        let id = original.credential.id().clone();
        model.remove_row(kind, &id);
    }
    if model.refused_kind(kind).is_none()
        && let Some(form) = model.screens_of::<Form>().next_back()
    {
        form.create_again(now);
        explanation.next = "Press ctrl-s to create it again with these values and a new ID and secret. Press esc to leave.".into();
    }
    model.fail(explanation);
    Vec::new()
}

pub(super) fn deleted(model: &mut Model, result: Result<(), ApiError>) -> Vec<Effect> {
    let gone_before = matches!(result, Err(ApiError::NotFound { .. }));
    match result {
        Ok(()) | Err(ApiError::NotFound { .. }) => {
            let closed = model.close_waiting();
            let Some(confirm) = closed.as_ref().and_then(Confirm::of) else { return Vec::new() };
            model.failure = None;
            let of = confirm.credential.reference();
            model
                .screens
                .retain(|screen| Detail::of(screen).is_none_or(|detail| detail.id != of.id));
            model.remove_row(of.kind, &of.id);
            let name = confirm.credential.name().clipped(40);
            let text = if gone_before {
                format!("{name} was already deleted")
            } else {
                format!("{name} deleted")
            };
            vec![model.say(Tone::Good, &text)]
        }
        Err(error) => step_failed(
            model,
            &error,
            "Could not delete the credential",
            "Could not confirm the deletion: the response was lost",
        ),
    }
}

/// Handles a failed deletion or rotation. The confirmation stays open, and the newest version is
/// read if the credential has changed.
fn step_failed(model: &mut Model, error: &ApiError, what: &str, lost: &str) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(confirm) = model.screens_of::<Confirm>().next_back() else { return Vec::new() };
    if *error == ApiError::Changed {
        // The dialog stays busy until the newest version arrives.
        let of = confirm.credential.reference();
        return vec![Effect::Credential(CredentialEffect::Show { ticket, of })];
    }
    confirm.busy = false;
    model.fail(error.explain(if error.is_uncertain() { lost } else { what }));
    Vec::new()
}
