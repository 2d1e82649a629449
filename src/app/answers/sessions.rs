//! Applies the results of session and profile effects.

use std::time::Duration;

use crate::{
    api::{ApiError, Explanation},
    app::{
        ClipboardMsg, ConnectionState, CopyError, CredentialMsg, Effect, ListMsg, Model, Msg,
        ProfileEffect, ProfileMsg, Screen, ServerEffect, ServerMsg, SessionMsg, Timer, Tone,
        list::List,
        lock::Lock,
        remote::Ticket,
        screens::{
            OneOf as _,
            audit::AuditPanel,
            expiring::{self, ExpiringPanel},
            help::verb,
            marked,
            overview::Overview,
            passphrase::Question,
            profiles::{Picker, ProfileForm},
            sign_in::{self, SecretField, SignIn, SignInStage, SignedIn},
        },
    },
    auth::session::SessionInfo,
    domain::age,
    vault::{StoreKind, Stored},
};

/// Time from the warning to the expiry of a session that cannot be renewed, in seconds.
const WARNING: i64 = 300;

pub(super) fn session(model: &mut Model, msg: SessionMsg) -> Vec<Effect> {
    match msg {
        SessionMsg::Read { about, kept } => {
            if let Some(Stored { place: StoreKind::Memory, why: Some(why) }) = kept {
                model.fail(unkept(&model.workspace.name, &why));
            }
            began(model, about)
        }
        SessionMsg::PassphraseWanted(ask) => {
            model.open(Question::new(ask));
            Vec::new()
        }
        SessionMsg::Step { ticket, step } => {
            if let Some(sign_in) = waiting_sign_in(model, ticket) {
                sign_in.page = Some(step.clone());
                sign_in.stage = SignInStage::Waiting { ticket, step: Some(step), typed: None };
            }
            Vec::new()
        }
        SessionMsg::Waits(ticket) => {
            if let Some(sign_in) = waiting_sign_in(model, ticket) {
                sign_in.stage = SignInStage::Typing(SecretField::default());
            }
            Vec::new()
        }
        SessionMsg::SignedIn { ticket, result } => signed_in(model, ticket, result),
        SessionMsg::SignedOut(result) => signed_out(model, result),
    }
}

pub(super) fn profile(model: &mut Model, msg: ProfileMsg) -> Vec<Effect> {
    match msg {
        ProfileMsg::Read(read) => {
            let open = model.workspace.name.clone();
            if let Ok(entries) = &read {
                verb::profiles_came(model, entries);
            }
            let Some(picker) = model.screens_of::<Picker>().next_back() else {
                let why = read.err().map(|error| error.to_string());
                return why.map(|why| model.say(Tone::Refused, &why)).into_iter().collect();
            };
            let failed = match read {
                Ok(entries) => {
                    picker.fill(entries, &open);
                    None
                }
                Err(error) => Some(error.to_string()),
            };
            if let Some(why) = failed {
                model.screens.retain(|screen| !screen.is::<Picker>());
                model.fail(Explanation {
                    what: "Could not read the profiles".to_owned(),
                    why,
                    next: "Correct the file, then press P again.".to_owned(),
                });
            }
            Vec::new()
        }
        ProfileMsg::Switched { round, result: Ok(workspace) } => {
            model.switch(round, *workspace);
            vec![Effect::Server(ServerEffect::Connect)]
        }
        ProfileMsg::Switched { round, result: Err(error) } => {
            // The old workspace stays open, but its connection was dropped.
            let workspace = model.workspace.clone();
            model.switch(round, workspace);
            model.connection = ConnectionState::Failed;
            model.fail(error.explain("Could not open the profile"));
            Vec::new()
        }
        ProfileMsg::Probed { ticket, result } => {
            if let Some(form) = model.screens_of::<ProfileForm>().next() {
                form.saw(ticket, result);
            }
            Vec::new()
        }
        // A switch would discard the screens below: a form, or a secret that is shown once.
        ProfileMsg::Added(Ok(name)) if model.loses_below() => {
            model.screens.retain(|screen| !screen.is::<ProfileForm>() && !screen.is::<Picker>());
            let text =
                format!("Profile {name} added. Close the open screens, then press P to open it");
            vec![model.say(Tone::Plain, &text)]
        }
        ProfileMsg::Added(Ok(name)) => {
            vec![Effect::Profile(ProfileEffect::Switch(Some(name)))]
        }
        ProfileMsg::Added(Err(error)) => {
            model.screens_of::<ProfileForm>().for_each(|form| form.saving = false);
            model.fail(Explanation {
                what: "Could not save the profile".to_owned(),
                why: error.to_string(),
                next: "Your input is kept. Correct the cause, then save again.".to_owned(),
            });
            Vec::new()
        }
    }
}

fn waiting_sign_in(model: &mut Model, ticket: Ticket) -> Option<&mut SignIn> {
    model.screens_of::<SignIn>().find(|sign_in| sign_in.ticket() == Some(ticket))
}

fn began(model: &mut Model, about: SessionInfo) -> Vec<Effect> {
    let warn = match (about.ends, about.renewable) {
        // If the session expires within the warning time, the warning appears immediately.
        (Some(ends), false) if ends > model.now => {
            let wait = ends.as_second() - model.now.as_second() - WARNING;
            Some(u64::try_from(wait).unwrap_or(0))
        }
        _ => None,
    };
    model.session = Some(about);
    model.counter += 1;
    model.session_number = model.counter;
    let timer = Timer::SessionEnds(model.session_number);
    warn.map(|wait| Effect::After { wait: Duration::from_secs(wait), timer }).into_iter().collect()
}

/// Shows a notice that the session is about to expire.
pub(super) fn ends(model: &mut Model) -> Vec<Effect> {
    let Some(ends) = model.session.as_ref().and_then(|about| about.ends) else { return Vec::new() };
    let text = format!("The session expires at {}. Press L i to sign in again", age::utc(ends));
    vec![model.say(Tone::Plain, &text)]
}

fn signed_in(model: &mut Model, ticket: Ticket, result: Result<SignedIn, ApiError>) -> Vec<Effect> {
    let waits = |it: &Screen| SignIn::of(it).is_some_and(|it| it.ticket() == Some(ticket));
    let Some(place) = model.screens.iter().position(waits) else { return Vec::new() };
    let SignedIn { about, kept } = match result {
        Ok(signed_in) => signed_in,
        Err(error) => {
            let explanation = error.explain("Sign-in failed");
            let screen = model.screens.get_mut(place).and_then(SignIn::of_mut);
            if !screen.is_some_and(|sign_in| sign_in.failed(&explanation.why)) {
                model.fail(explanation);
            }
            return Vec::new();
        }
    };
    model.screens.remove(place);
    model.failure = None;
    let before = model.who();
    if before.is_none() || before != about.who {
        // A different user must not see these rows, and did not request the waiting write.
        model.lists_mut().for_each(List::clear);
        (model.me, model.last_audit, model.last_expiring) = (None, None, None);
        model.preview.forget();
        model.screens.retain(|screen| !screen.is::<ExpiringPanel>() && !screen.is::<Overview>());
        match model.connection {
            ConnectionState::Ready => model.screens_of::<AuditPanel>().for_each(AuditPanel::clear),
            _ => model.screens.retain(|screen| !screen.is::<AuditPanel>()),
        }
        if model.held.is_some() {
            model.drop_held();
        }
    }
    let who = about.who.as_ref().map(|who| format!(" as {}", who.clipped(40))).unwrap_or_default();
    if let (StoreKind::Memory, Some(why)) = (kept.place, &kept.why) {
        model.fail(unkept(&model.workspace.name, why));
    }
    let text = format!("Signed in{who}. The session is stored in {}", kept.place);
    let mut effects = vec![model.say(Tone::Good, &text)];
    effects.extend(began(model, about));
    if model.connection == ConnectionState::Ready {
        effects.extend(expiring::again(model));
        effects.extend(model.audit_again());
        effects.extend(marked::resume_planning(model));
        effects.extend([
            Effect::Server(ServerEffect::FetchMe),
            Effect::Server(ServerEffect::FetchCapabilities),
        ]);
        effects.extend(model.reload(model.scope, model.kind));
        effects.extend(model.count_others());
    } else {
        model.connection = ConnectionState::Connecting;
        effects.push(Effect::Server(ServerEffect::Connect));
    }
    effects
}

fn unkept(name: &str, why: &str) -> Explanation {
    Explanation {
        what: "The session is kept in memory for this run only".to_owned(),
        why: format!("No store is available: {why}."),
        next: format!("Run credenza login {name} to store it with a passphrase."),
    }
}

fn signed_out(model: &mut Model, wrong: Option<Explanation>) -> Vec<Effect> {
    let workspace = model.workspace.clone();
    model.switch(model.round, workspace);
    model.connection = ConnectionState::Failed;
    let mut effects = sign_in::show(model, Some("You signed out.".to_owned()));
    match wrong {
        None => effects.push(model.say(Tone::Good, "Signed out, session deleted")),
        Some(explanation) => model.fail(explanation),
    }
    effects
}

/// Locks writing at the end of the unlocked period, unless the user has unlocked it again.
pub(super) fn relock(model: &mut Model) -> Vec<Effect> {
    match model.lock {
        Lock::OpenUntil(until) if until <= model.now => {
            model.lock = Lock::Locked;
            vec![model.say(Tone::Plain, "Writing is locked again. Press W to unlock")]
        }
        _ => Vec::new(),
    }
}

/// Returns true if a result means that the user is signed out.
pub(super) fn is_signed_out(msg: &Msg) -> bool {
    fn of<T>(result: &Result<T, ApiError>) -> bool {
        result.as_ref().is_err_and(ApiError::is_signed_out)
    }
    match msg {
        Msg::Server(ServerMsg::Connected { result, .. }) => of(result),
        Msg::Server(ServerMsg::Me(result)) => of(result),
        Msg::Server(ServerMsg::Capabilities(result)) => of(result),
        Msg::List(ListMsg::Page { result, .. }) => of(result),
        Msg::List(ListMsg::Total { result, .. }) => of(result),
        Msg::List(ListMsg::Expiries { result, .. }) => of(result),
        Msg::List(ListMsg::Changes { result, .. }) => of(result),
        Msg::List(ListMsg::SnapshotKept(result)) => of(result),
        Msg::Credential(CredentialMsg::Shown { result, .. }) => of(result),
        Msg::Credential(
            CredentialMsg::Created(result)
            | CredentialMsg::Edited(result)
            | CredentialMsg::Rotated(result),
        ) => of(result),
        Msg::Credential(CredentialMsg::Deleted(result)) => of(result),
        Msg::Credential(CredentialMsg::MarkedPlanned { result, .. }) => of(result),
        Msg::Credential(CredentialMsg::MarkedChanged { result, .. }) => of(result),
        Msg::Credential(CredentialMsg::Revealed { result, .. }) => of(result),
        Msg::Clipboard(ClipboardMsg::Copied { result: Err(CopyError::Api(error)), .. }) => {
            error.is_signed_out()
        }
        // Access tokens come from the issuer, so their errors do not concern the session.
        Msg::Credential(CredentialMsg::Issued { .. } | CredentialMsg::LoginStep { .. })
        | Msg::Key(_)
        | Msg::Paste(_)
        | Msg::Burst(_)
        | Msg::Click { .. }
        | Msg::Wheel { .. }
        | Msg::EditedText(_)
        | Msg::Resize { .. }
        | Msg::Hide
        | Msg::SlowTerminal
        | Msg::End
        | Msg::Timer(_)
        // Search is optional, and the list itself reports server errors.
        | Msg::List(
            ListMsg::Recalled { .. }
            | ListMsg::Found { .. }
            | ListMsg::ExpiriesCame { .. }
            | ListMsg::Snoozed { .. }
            | ListMsg::Exported { .. },
        )
        | Msg::Clipboard(_)
        | Msg::Session(_)
        | Msg::Profile(_)
        | Msg::Audit(_)
        | Msg::Views(_)
        | Msg::History { .. }
        | Msg::Rotation(_)
        | Msg::KnownUses(..) => false,
    }
}
