//! What keys do about profiles, signing in, and the lock on writing.

use crate::{
    app::{
        Connection, Copied, Effect, Layer, Model, Timer, Tone,
        lock::{Lock, Unlock},
        profiles::{Picker, ProfileForm},
        remote::Remote,
        sign_in::{SecretField, SignIn, Stage},
    },
    auth::sign_in::Step,
    domain::profile::Method,
    keys::Command,
};

/// Opens the choice of profiles.
pub(super) fn profiles(model: &mut Model) -> Vec<Effect> {
    if model.writes > 0 {
        return vec![model.say(Tone::Refused, "A save is under way: wait for it first")];
    }
    model.layers.push(Layer::Profiles(Picker::default()));
    vec![Effect::ReadProfiles]
}

/// Opens the sign-in over whatever is on the screen, once.
pub(in crate::app) fn sign_in(model: &mut Model, reason: Option<String>) -> Vec<Effect> {
    let Some(profile) = &model.workspace.profile else { return Vec::new() };
    if !model.layers.iter().any(|layer| matches!(layer, Layer::SignIn(_))) {
        let sign_in = SignIn::new(profile, model.usual, reason);
        model.layers.push(Layer::SignIn(Box::new(sign_in)));
    }
    Vec::new()
}

pub(super) fn sign_out(model: &mut Model) -> Vec<Effect> {
    if model.writes > 0 {
        return vec![model.say(Tone::Refused, "A save is under way: wait for it first")];
    }
    vec![model.say(Tone::Plain, "Signing out…"), Effect::SignOut]
}

/// Locks writing, or asks for the name that unlocks it.
pub(super) fn toggle_writing(model: &mut Model) -> Vec<Effect> {
    match model.lock {
        Lock::None => {
            vec![model.say(
                Tone::Plain,
                "Writing is not locked here: the profile is neither prod nor read_only",
            )]
        }
        lock if lock.is_open(model.now) => {
            model.lock = Lock::Locked;
            vec![model.say(Tone::Plain, "Writing is locked")]
        }
        _ => {
            model.layers.push(Layer::Unlock(Unlock::default()));
            Vec::new()
        }
    }
}

pub(super) fn on_unlock(model: &mut Model, command: Command) -> Vec<Effect> {
    let name = model.workspace.name.clone();
    let Some(Layer::Unlock(unlock)) = model.layers.last_mut() else { return Vec::new() };
    if command != Command::Submit {
        return Vec::new();
    }
    if unlock.typed.value().trim() != name {
        unlock.problem = Some("is not the profile's name");
        return Vec::new();
    }
    model.layers.pop();
    let minutes = model.timers.unlock;
    model.lock = Lock::open_for(minutes, model.now);
    let wait = std::time::Duration::from_secs(u64::try_from(minutes * 60).unwrap_or(0));
    let text = format!("Writing is unlocked for {minutes} minutes; W locks it");
    vec![Effect::After(wait, Timer::Relock), model.say(Tone::Good, &text)]
}

pub(super) fn on_profiles(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(Layer::Profiles(picker)) = model.layers.last_mut() else { return Vec::new() };
    if picker.opening {
        return Vec::new();
    }
    match command {
        Command::Up => picker.go(false),
        Command::Down => picker.go(true),
        Command::AddProfile => {
            model.layers.push(Layer::ProfileForm(Box::default()));
        }
        Command::Accept => {
            let Some(entry) = picker.selected() else { return Vec::new() };
            let name = entry.name.clone();
            if entry.title() == model.workspace.name {
                model.layers.pop();
                return Vec::new();
            }
            if model.is_typing() {
                let text = "What you typed in a form below is not saved: leave it first";
                return vec![model.say(Tone::Refused, text)];
            }
            let Some(Layer::Profiles(picker)) = model.layers.last_mut() else { return Vec::new() };
            picker.opening = true;
            return vec![Effect::SwitchProfile(name)];
        }
        _ => {}
    }
    Vec::new()
}

pub(super) fn on_profile_form(model: &mut Model, command: Command) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(Layer::ProfileForm(form)) = model.layers.last_mut() else { return Vec::new() };
    let look = match command {
        Command::NextField => form.go(true),
        Command::PreviousField => form.go(false),
        Command::Up | Command::Down => {
            if !form.offer(command == Command::Down) {
                return look_at(form, ticket, command == Command::Down);
            }
            None
        }
        Command::Probe => Some(form.value(crate::app::profiles::ProfileField::BaseUrl).to_owned())
            .filter(|url| !url.is_empty()),
        Command::Save if !form.saving => {
            if let Some(profile) = form.profile() {
                form.saving = true;
                return vec![Effect::AddProfile(Box::new(profile))];
            }
            None
        }
        _ => None,
    };
    let Some(url) = look else { return Vec::new() };
    form.found = Some(Remote::asked(ticket));
    vec![Effect::Probe(ticket, url)]
}

/// Up and down go from field to field where there is nothing to offer.
fn look_at(form: &mut ProfileForm, ticket: crate::app::remote::Ticket, down: bool) -> Vec<Effect> {
    match form.go(down) {
        Some(url) => {
            form.found = Some(Remote::asked(ticket));
            vec![Effect::Probe(ticket, url)]
        }
        None => Vec::new(),
    }
}

pub(super) fn on_sign_in(model: &mut Model, command: Command) -> Vec<Effect> {
    let ticket = model.ticket();
    let has_command =
        model.workspace.profile.as_ref().is_some_and(|profile| !profile.token_command.is_empty());
    let Some(Layer::SignIn(sign_in)) = model.layers.last_mut() else { return Vec::new() };
    let method = sign_in.way();
    match (command, &mut sign_in.stage) {
        (Command::Up, Stage::Choosing) => sign_in.go(false),
        (Command::Down, Stage::Choosing) => sign_in.go(true),
        (Command::Accept, Stage::Choosing) => {
            sign_in.page = None;
            if method == Method::Machine || (method == Method::Token && !has_command) {
                sign_in.stage = Stage::Typing(SecretField::default());
                return Vec::new();
            }
            sign_in.stage = Stage::Waiting { ticket, step: None };
            return vec![Effect::SignIn { ticket, method, typed: None }];
        }
        (Command::Submit, Stage::Typing(field)) => {
            let Some(typed) = field.take() else { return Vec::new() };
            sign_in.stage = Stage::Waiting { ticket, step: None };
            return vec![Effect::SignIn { ticket, method, typed: Some(typed) }];
        }
        (Command::CopyPage, _) => {
            return match sign_in.page.as_ref().map(page_of) {
                Some(page) => vec![Effect::Copy(Copied::LoginPage, page.into())],
                None => vec![model.say(Tone::Refused, "There is no address here yet")],
            };
        }
        _ => {}
    }
    Vec::new()
}

pub(super) fn on_passphrase(model: &mut Model, command: Command) -> Vec<Effect> {
    let Some(Layer::Passphrase(question)) = model.layers.last_mut() else { return Vec::new() };
    if command != Command::Submit {
        return Vec::new();
    }
    match question.submit() {
        Some(typed) => {
            model.layers.pop();
            vec![Effect::Passphrase(typed)]
        }
        None => Vec::new(),
    }
}

/// One step back from the sign-in: what is under way ends, what was typed is forgotten.
pub(super) fn back(model: &mut Model) -> Option<Vec<Effect>> {
    let Some(Layer::SignIn(sign_in)) = model.layers.last_mut() else { return None };
    match sign_in.stage {
        Stage::Choosing => None,
        Stage::Typing(_) | Stage::Waiting { .. } => {
            sign_in.stage = Stage::Choosing;
            sign_in.page = None;
            Some(vec![Effect::CancelSignIn])
        }
    }
}

/// The address that a person has to open.
pub(super) fn page_of(step: &Step) -> String {
    match step {
        Step::Browse { url, .. } => url.clone(),
        Step::Visit(visit) => visit.complete.as_ref().unwrap_or(&visit.uri).raw().to_owned(),
    }
}

/// Whether the sign-in was left without signing in, with nothing behind it.
pub(super) fn left_signed_out(model: &Model) -> bool {
    model.connection == Connection::Failed && model.layers.is_empty()
}
