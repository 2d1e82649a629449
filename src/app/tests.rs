//! Tests of the console's core: messages in, effects out.

mod providers;

use super::*;
use crate::{
    api::{Access, ApiError, Page},
    app::{
        AuditEffect, AuditMsg, ClipboardEffect, ClipboardMsg, CredentialEffect, CredentialMsg,
        ListEffect, ListMsg, ProfileMsg, ServerEffect, ServerMsg, SessionEffect, SessionMsg,
        ViewsEffect,
        list::Cached,
        screens::{
            access_token::{AccessTokenPanel, Issued},
            detail::{self, Detail},
            form::{self, Form},
            profiles::ProfileEntry,
            sign_in::{self, SignIn, SignedIn},
        },
    },
    auth::session::SessionInfo,
    clipboard::CopyRoute,
    domain::{
        Client, Credential, CredentialRef, Owner, Profile, Secret, audit::Policy,
        credential::Record, draft::Field, preferences::SavedView,
    },
    keys::{Chord, Key, chord::parse_sequence},
    vault::{StoreKind, Stored},
};

fn noon() -> Timestamp {
    Timestamp::from_second(1_795_262_400).expect("a time")
}

fn saved(id: &str, name: &str) -> Saved {
    Saved { credential: client(id, name, "ada"), secret: false, side_effects: Vec::new() }
}

fn client(id: &str, name: &str, owner: &str) -> Credential {
    let owner = Owner {
        user_id: owner.into(),
        email: format!("{owner}@acme.dev").into(),
        ..Owner::default()
    };
    let record = Record {
        id: id.into(),
        name: name.into(),
        owner: Some(owner),
        version: Some("\"1\"".into()),
        ..Record::default()
    };
    Credential::M2m(Client { record, ..Client::default() })
}

/// Returns a console on the M2M tab with two clients, one of them owned by another user.
fn model() -> Model {
    let mut model = Model::new(Setup::named("acme", "https://api.acme.dev"), noon());
    send(&mut model, Msg::Resize { columns: 120, rows: 40 });
    send(
        &mut model,
        Msg::Server(ServerMsg::Connected { round: 0, result: Ok("https://api.acme.dev".into()) }),
    );
    let me = Me { user_id: "ada".into(), email: "ada@acme.dev".into(), ..Me::default() };
    send(&mut model, Msg::Server(ServerMsg::Me(Ok(me))));
    let mut capabilities = Capabilities::basic("https://api.acme.dev");
    capabilities.issuer = Some("https://auth.acme.dev".into());
    for abilities in &mut capabilities.kinds {
        abilities.rotate = Access::Allowed;
    }
    capabilities.organization = true;
    send(&mut model, Msg::Server(ServerMsg::Capabilities(Ok(Box::new(capabilities)))));
    let effects = keys(&mut model, "3");
    let Some(Effect::List(ListEffect::FetchPage { ticket, query })) = effects.first() else {
        unreachable!("{effects:?}")
    };
    let entries = vec![client("id-a", "Alpha", "ada"), client("id-b", "Beta", "grace")];
    let page = Page { entries, total: Some(2), next: None };
    assert_eq!(
        send(
            &mut model,
            Msg::List(ListMsg::Page {
                ticket: *ticket,
                scope: query.scope,
                kind: query.kind,
                result: Ok(page)
            })
        ),
        []
    );
    model
}

fn send(model: &mut Model, msg: Msg) -> Vec<Effect> {
    update(model, noon(), msg)
}

/// Sends keys, and returns the effects of the last key.
fn keys(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for chord in parse_sequence(keys) {
        effects = send(model, Msg::Key(chord));
    }
    effects
}

/// Returns the IDs of the credentials that the effects request.
fn reads(effects: &[Effect]) -> Vec<&str> {
    let read = |effect| match effect {
        &Effect::Credential(CredentialEffect::Show { ref of, .. }) => Some(of.id.raw()),
        _ => None,
    };
    effects.iter().filter_map(read).collect()
}

#[test]
fn the_preview_reads_a_credential_once_the_cursor_has_rested() {
    let mut model = model();
    assert_eq!(keys(&mut model, "down up"), [], "a narrow terminal shows no preview");
    let armed = send(&mut model, Msg::Resize { columns: 200, rows: 50 });
    assert!(matches!(armed[..], [Effect::After { timer: Timer::Preview(_), .. }]), "{armed:?}");
    let early = model.preview.timer();
    assert_eq!(reads(&keys(&mut model, "down")), [] as [&str; 0], "moving reads nothing");
    assert_eq!(send(&mut model, Msg::Timer(early)), [], "the cursor has moved since");
    let rested = model.preview.timer();
    let effects = send(&mut model, Msg::Timer(rested));
    assert_eq!(reads(&effects), ["id-b"]);
    let Some(Effect::Credential(CredentialEffect::Show { ticket, .. })) = effects.first() else {
        unreachable!("{effects:?}")
    };
    let result = Ok(client("id-b", "Beta", "grace"));
    send(&mut model, Msg::Credential(CredentialMsg::Shown { ticket: *ticket, result }));
    assert!(model.preview.shown().is_some_and(|it| it.credential.value().is_some()));

    // A credential that was read before comes from the cache until the list is reloaded.
    keys(&mut model, "up down");
    let again = model.preview.timer();
    assert_eq!(send(&mut model, Msg::Timer(again)), []);
    keys(&mut model, "ctrl-r");
    let changed = model.preview.timer();
    assert_eq!(reads(&send(&mut model, Msg::Timer(changed))), ["id-b"]);
}

/// Types text, letter by letter.
fn typed(model: &mut Model, text: &str) {
    for letter in text.chars() {
        send(model, Msg::Key(Chord::char(letter)));
    }
}

fn said(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| notice.text.as_str())
}

fn ticket_of(effects: &[Effect]) -> Ticket {
    match effects {
        [
            Effect::Credential(
                CredentialEffect::Show { ticket, .. }
                | CredentialEffect::IssueToken { ticket, .. }
                | CredentialEffect::Reveal { ticket, .. },
            ),
        ] => *ticket,
        other => unreachable!("{other:?}"),
    }
}

/// Opens the form of the selected client.
fn editing(model: &mut Model) {
    let ticket = ticket_of(&keys(model, "e"));
    send(
        model,
        Msg::Credential(CredentialMsg::Shown {
            ticket,
            result: Ok(client("id-a", "Alpha", "ada")),
        }),
    );
}

#[test]
fn copying_an_id_carries_it_and_claims_nothing_yet() {
    let mut model = model();
    assert_eq!(
        keys(&mut model, "c"),
        [Effect::Clipboard(ClipboardEffect::Copy {
            what: Copied::Id(Kind::M2m),
            text: "id-a".into()
        })]
    );
    assert_eq!(said(&model), "");
    send(
        &mut model,
        Msg::Clipboard(ClipboardMsg::Copied {
            what: Copied::Id(Kind::M2m),
            result: Ok(CopyRoute::Native),
        }),
    );
    assert_eq!(said(&model), "Client ID copied");
}

#[test]
fn what_a_policy_accepts_is_no_finding_in_lists_and_details() {
    let mut model = model();
    let ticket = ticket_of(&keys(&mut model, "enter"));
    let test = client("id-a", "test client", "ada");
    send(&mut model, Msg::Credential(CredentialMsg::Shown { ticket, result: Ok(test.clone()) }));
    let found = |model: &Model| {
        let detail = model.top_as::<Detail>();
        detail.into_iter().flat_map(|it| &it.findings).map(|it| it.rule.id).collect::<Vec<_>>()
    };
    let before = found(&model);
    let rule = *before.first().expect("a finding");
    let text = format!(
        "[[suppress]]\nrule = \"{rule}\"\nclient = \"id-a\"\nreason = \"known\"\nexpires = 2099-01-01\n"
    );
    let policy = Policy::read(&text).expect("a policy");
    let effects = send(&mut model, Msg::Audit(AuditMsg::Policy(Ok(Box::new(policy)))));
    assert!(
        matches!(effects[..], [Effect::List(ListEffect::FetchPage { .. })]),
        "the list is read again: {effects:?}"
    );
    assert!(!found(&model).contains(&rule) && found(&model).len() < before.len());
    // An unchanged policy reloads nothing.
    let mut other = self::model();
    assert_eq!(send(&mut other, Msg::Audit(AuditMsg::Policy(Ok(Box::default())))), []);
}

#[test]
fn a_suppression_is_removed_only_by_the_same_key_twice() {
    let mut model = model();
    let policy = Policy::read(
        "[[suppress]]\nrule = 'URL03'\nclient = 'id-a'\nreason = 'x'\nexpires = 2027-01-31\n",
    );
    let policy = Box::new(policy.expect("a policy"));
    send(&mut model, Msg::Audit(AuditMsg::Policy(Ok(policy))));
    keys(&mut model, "5 I D down");
    assert!(keys(&mut model, "D").iter().all(|effect| matches!(effect, Effect::After { .. })));
    let effects = keys(&mut model, "D");
    let [Effect::Audit(AuditEffect::RemoveSuppression(removed))] = &effects[..] else {
        unreachable!("{effects:?}")
    };
    assert_eq!(removed.rule, "URL03");
}

#[test]
fn a_rule_about_the_whole_fleet_filters_no_list() {
    let mut model = model();
    keys(&mut model, "/");
    typed(&mut model, "!has:NAM01");
    assert!(model.list().order.is_empty(), "unknown values match neither way");
    let mistake = model.list().mistake.as_ref().map(|it| it.text.clone()).unwrap_or_default();
    assert!(mistake.contains("Press 5 to audit all"), "{mistake}");
}

#[test]
fn a_view_is_deleted_only_by_the_same_key_twice() {
    let mut model = model();
    keys(&mut model, "f");
    let view = SavedView { name: "old".into(), ..SavedView::default() };
    send(&mut model, Msg::Views(Ok((vec![view], None))));
    assert!(
        !keys(&mut model, "D ? esc D").contains(&Effect::Views(ViewsEffect::Delete("old".into())))
    );
    assert!(!keys(&mut model, "z D").contains(&Effect::Views(ViewsEffect::Delete("old".into()))));
    assert!(keys(&mut model, "D").contains(&Effect::Views(ViewsEffect::Delete("old".into()))));
}

#[test]
fn copying_a_secret_carries_only_its_name() {
    let mut model = model();
    let which = SecretRef::Stored(CredentialRef::new(Kind::M2m, "id-a".into()));
    assert_eq!(
        keys(&mut model, "Y s"),
        [Effect::Clipboard(ClipboardEffect::CopySecret {
            what: Copied::Secret(Kind::M2m),
            secret: which
        })]
    );
    let effects = send(
        &mut model,
        Msg::Clipboard(ClipboardMsg::Copied {
            what: Copied::Secret(Kind::M2m),
            result: Ok(CopyRoute::Native),
        }),
    );
    let Some(Effect::After { timer: Timer::Clipboard(first), .. }) = effects.first() else {
        unreachable!()
    };
    assert_eq!(said(&model), "Client secret copied; cleared in 45 s");

    // A newer copy restarts the timer; the older timer clears nothing.
    send(
        &mut model,
        Msg::Clipboard(ClipboardMsg::Copied {
            what: Copied::Secret(Kind::M2m),
            result: Ok(CopyRoute::Native),
        }),
    );
    assert_eq!(send(&mut model, Msg::Timer(Timer::Clipboard(*first))), []);
    let newest = Timer::Clipboard(model.clipboard);
    assert_eq!(
        send(&mut model, Msg::Timer(newest)),
        [Effect::Clipboard(ClipboardEffect::Clear { asked: false })]
    );
}

#[test]
fn every_delivery_is_worded_as_what_it_is() {
    let mut model = model();
    for (delivery, text) in [
        (CopyRoute::Native, "Name copied"),
        (CopyRoute::Tmux, "Name copied to the tmux buffer and your terminal"),
        (
            CopyRoute::TmuxAlone,
            "Name copied to the tmux buffer (paste with prefix ]). Your terminal does not accept it from tmux",
        ),
        (CopyRoute::TmuxAndNative, "Name copied, also to the tmux buffer"),
        (CopyRoute::Terminal, "Name sent to your terminal (terminals do not confirm this)"),
    ] {
        send(
            &mut model,
            Msg::Clipboard(ClipboardMsg::Copied { what: Copied::Name, result: Ok(delivery) }),
        );
        assert_eq!(said(&model), text);
    }
}

#[test]
fn what_is_somebody_elses_is_refused_with_the_owner() {
    let mut model = model();
    for refused in ["j e", "D", "R", "Y s", "t"] {
        assert!(matches!(keys(&mut model, refused)[..], [Effect::After { .. }]), "{refused}");
        assert!(said(&model).starts_with("Read-only: owned by grace@acme.dev"), "{refused}");
    }
    assert_eq!(
        keys(&mut model, "c"),
        [Effect::Clipboard(ClipboardEffect::Copy {
            what: Copied::Id(Kind::M2m),
            text: "id-b".into()
        })]
    );
}

#[test]
fn a_newer_notice_is_not_cleared_by_an_older_timer() {
    let mut model = model();
    let first = send(
        &mut model,
        Msg::Clipboard(ClipboardMsg::Copied { what: Copied::Name, result: Ok(CopyRoute::Native) }),
    );
    let [Effect::After { timer, .. }] = first[..] else { unreachable!() };
    send(
        &mut model,
        Msg::Clipboard(ClipboardMsg::Copied { what: Copied::Url, result: Ok(CopyRoute::Native) }),
    );
    send(&mut model, Msg::Timer(timer));
    assert_eq!(said(&model), "URL copied");
}

#[test]
fn an_answer_to_an_older_request_is_dropped() {
    let mut model = model();
    let old = ticket_of(&keys(&mut model, "enter"));
    keys(&mut model, "ctrl-r");
    send(
        &mut model,
        Msg::Credential(CredentialMsg::Shown {
            ticket: old,
            result: Ok(client("id-a", "Late", "ada")),
        }),
    );
    let Some(detail) = model.top_as::<Detail>() else { unreachable!() };
    assert!(detail.credential.is_loading());
}

#[test]
fn an_answer_for_a_screen_that_was_left_changes_nothing() {
    let mut model = model();
    let ticket = ticket_of(&keys(&mut model, "enter"));
    keys(&mut model, "esc");
    assert_eq!(
        send(
            &mut model,
            Msg::Credential(CredentialMsg::Shown { ticket, result: Err(ApiError::Changed) })
        ),
        []
    );
    assert!(model.screens.is_empty());
}

#[test]
fn quitting_waits_for_a_write() {
    let mut model = model();
    editing(&mut model);
    let effects = keys(&mut model, "2 ctrl-s enter");
    assert!(
        matches!(effects[..], [Effect::Credential(CredentialEffect::Edit { .. })]),
        "{effects:?}"
    );
    assert!(!send(&mut model, Msg::End).contains(&Effect::Quit));
    let effects =
        send(&mut model, Msg::Credential(CredentialMsg::Edited(Ok(saved("id-a", "Alpha2")))));
    assert_eq!(effects.last(), Some(&Effect::Quit));
}

#[test]
fn a_person_who_quits_stays_when_the_save_fails() {
    let mut model = model();
    editing(&mut model);
    keys(&mut model, "2 ctrl-s enter ctrl-c");
    assert!(model.quitting);
    let effects = send(
        &mut model,
        Msg::Credential(CredentialMsg::Edited(Err(ApiError::TimedOut { seconds: 10 }))),
    );
    assert!(!effects.contains(&Effect::Quit) && model.failure.is_some());
    assert!(model.top_as::<Form>().is_some(), "the input is kept");
}

#[test]
fn what_was_asked_for_does_not_open_over_something_else() {
    let mut model = model();
    let ticket = ticket_of(&keys(&mut model, "e"));
    keys(&mut model, "a 3");
    send(
        &mut model,
        Msg::Credential(CredentialMsg::Shown {
            ticket,
            result: Ok(client("id-a", "Alpha", "ada")),
        }),
    );
    assert_eq!(model.screens.len(), 1, "the form that is being filled in");
    let Some(form) = model.top_as::<Form>() else { unreachable!() };
    assert!(matches!(form.purpose, form::Purpose::Create));
}

#[test]
fn an_access_token_arrives_under_the_help_too() {
    let mut model = model();
    let ticket = ticket_of(&keys(&mut model, "t"));
    keys(&mut model, "?");
    let issued = Issued { claims: None, expires_at: None, scopes: vec![], issuer: "x".into() };
    send(&mut model, Msg::Credential(CredentialMsg::Issued { ticket, result: Ok(issued) }));
    keys(&mut model, "esc");
    let Some(panel) = model.top_as::<AccessTokenPanel>() else { unreachable!() };
    assert!(panel.issued.value().is_some());
}

#[test]
fn what_was_saved_while_the_list_was_loading_is_not_lost_to_older_rows() {
    let mut model = model();
    let effects = keys(&mut model, "ctrl-r");
    let Some(Effect::List(ListEffect::FetchPage { ticket, .. })) = effects.first() else {
        unreachable!()
    };
    let ticket = *ticket;
    send(&mut model, Msg::Credential(CredentialMsg::Created(Ok(saved("id-c", "Gamma")))));
    let older = Page { entries: vec![client("id-a", "Alpha", "ada")], total: Some(1), next: None };
    let effects = send(
        &mut model,
        Msg::List(ListMsg::Page { ticket, scope: Scope::Mine, kind: Kind::M2m, result: Ok(older) }),
    );
    assert!(
        matches!(effects[..], [Effect::List(ListEffect::FetchPage { .. })]),
        "the list is requested again"
    );
}

#[test]
fn an_export_of_an_incomplete_list_says_so() {
    let exported = |model: &mut Model| match &keys(model, "x")[..] {
        [Effect::List(ListEffect::Export { what, .. })] => what.clone(),
        other => unreachable!("{other:?}"),
    };
    let mut model = model();
    assert_eq!(exported(&mut model), "2 rows");
    let effects = keys(&mut model, "ctrl-r");
    let Some(Effect::List(ListEffect::FetchPage { ticket, .. })) = effects.first() else {
        unreachable!()
    };
    let lost = ApiError::Malformed { why: "no JSON".into() };
    let page =
        ListMsg::Page { ticket: *ticket, scope: Scope::Mine, kind: Kind::M2m, result: Err(lost) };
    send(&mut model, Msg::List(page));
    keys(&mut model, "esc");
    assert_eq!(exported(&mut model), "2 rows of an incomplete list");
}

#[test]
fn nothing_is_created_before_the_server_is_reached() {
    let mut model = Model::new(Setup::named("acme", "https://api.acme.dev"), noon());
    keys(&mut model, "a");
    assert!(model.screens.is_empty());
    let failed = ApiError::Malformed { why: "no JSON".into() };
    send(&mut model, Msg::Server(ServerMsg::Connected { round: 0, result: Err(failed) }));
    assert!(model.screens.is_empty());
    keys(&mut model, "esc a");
    assert!(said(&model).starts_with("Not connected"));
}

#[test]
fn keys_typed_before_the_first_rows_wait_for_them() {
    let mut model = Model::new(Setup::named("acme", "https://api.acme.dev"), noon());
    send(&mut model, Msg::Resize { columns: 120, rows: 40 });
    assert_eq!(keys(&mut model, "down c"), []);
    assert!(model.notice.is_none());
    let connected = Ok("https://api.acme.dev".into());
    let effects =
        send(&mut model, Msg::Server(ServerMsg::Connected { round: 0, result: connected }));
    let list = effects.iter().find_map(|effect| match effect {
        Effect::List(ListEffect::FetchPage { ticket, query }) => Some((*ticket, query.clone())),
        _ => None,
    });
    let (ticket, query) = list.expect("the list is read");
    let page = Page {
        entries: vec![client("id-a", "Alpha", "ada"), client("id-b", "Beta", "ada")],
        total: Some(2),
        next: None,
    };
    let page = ListMsg::Page { ticket, scope: query.scope, kind: query.kind, result: Ok(page) };
    let effects = send(&mut model, Msg::List(page));
    let copies = |effect: &Effect| matches!(effect, Effect::Clipboard(ClipboardEffect::Copy { text, .. }) if text.raw() == "id-b");
    assert!(effects.iter().any(copies), "{effects:?}");
}

#[test]
fn keys_typed_ahead_never_keep_the_console_from_quitting() {
    let mut model = Model::new(Setup::named("acme", "https://api.acme.dev"), noon());
    keys(&mut model, "g g j");
    assert_eq!(keys(&mut model, "ctrl-c"), [Effect::Quit]);
}

#[test]
fn keys_typed_ahead_are_not_pressed_on_a_failure_or_a_screen() {
    let mut model = Model::new(Setup::named("acme", "https://api.acme.dev"), noon());
    keys(&mut model, "down enter y");
    let failed = ApiError::Malformed { why: "no JSON".into() };
    send(&mut model, Msg::Server(ServerMsg::Connected { round: 0, result: Err(failed) }));
    assert!(model.failure.is_some() && model.screens.is_empty());
    assert!(model.typed_ahead.is_empty());
}

#[test]
fn an_edit_sends_only_what_changed_and_the_version_it_started_from() {
    let mut model = model();
    editing(&mut model);
    let effects = keys(&mut model, "2 ctrl-s enter");
    let [Effect::Credential(CredentialEffect::Edit { of, version, changes })] = &effects[..] else {
        unreachable!("{effects:?}")
    };
    assert_eq!((of.kind, of.id.raw(), version.as_deref()), (Kind::M2m, "id-a", Some("\"1\"")));
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].after, crate::domain::draft::FieldValue::Line("Alpha2".into()));
}

#[test]
fn while_a_write_is_under_way_its_screen_stays() {
    let mut model = model();
    editing(&mut model);
    keys(&mut model, "2 ctrl-s enter");
    for pressed in ["esc", "f1", "ctrl-s", "x"] {
        assert!(
            !keys(&mut model, pressed)
                .iter()
                .any(|effect| matches!(effect, Effect::Credential(CredentialEffect::Edit { .. })))
        );
        assert!(model.top_as::<Form>().is_some(), "{pressed}");
    }
}

#[test]
fn a_version_that_is_too_old_is_met_by_reading_theirs() {
    let mut model = model();
    editing(&mut model);
    keys(&mut model, "2 ctrl-s enter");
    let effects = send(&mut model, Msg::Credential(CredentialMsg::Edited(Err(ApiError::Changed))));
    let ticket = ticket_of(&effects);
    send(
        &mut model,
        Msg::Credential(CredentialMsg::Shown {
            ticket,
            result: Ok(client("id-a", "Theirs", "ada")),
        }),
    );
    assert_eq!(model.scopes()[0], crate::keys::KeyScope::Conflict);
    assert!(model.failure.is_none());
}

#[test]
fn a_revealed_secret_that_nobody_waits_for_is_dropped() {
    let mut model = model();
    let ticket = ticket_of(&keys(&mut model, "enter"));
    send(
        &mut model,
        Msg::Credential(CredentialMsg::Shown {
            ticket,
            result: Ok(client("id-a", "Alpha", "ada")),
        }),
    );
    let ticket = ticket_of(&keys(&mut model, "x"));
    keys(&mut model, "x"); // masked again before the result arrived
    assert_eq!(
        send(
            &mut model,
            Msg::Credential(CredentialMsg::Revealed {
                ticket,
                result: Ok(Secret::new("canary".into()))
            })
        ),
        []
    );
    let Some(detail) = model.top_as::<Detail>() else { unreachable!() };
    assert!(matches!(detail.peek, detail::Peek::Masked));
}

#[test]
fn closing_the_token_panel_forgets_the_token() {
    let mut model = model();
    let effects = keys(&mut model, "t");
    assert!(
        matches!(&effects[..], [Effect::Credential(CredentialEffect::IssueToken { client_id, .. })] if client_id.raw() == "id-a")
    );
    assert_eq!(
        keys(&mut model, "esc"),
        [Effect::Credential(CredentialEffect::Forget(SecretRef::AccessToken("id-a".into())))]
    );
}

#[test]
fn without_an_issuer_no_token_can_be_asked_for() {
    let mut model = model();
    let capabilities = Capabilities::basic("https://api.acme.dev");
    send(&mut model, Msg::Server(ServerMsg::Capabilities(Ok(Box::new(capabilities)))));
    keys(&mut model, "t");
    assert_eq!(said(&model), "This server does not report its token issuer");
}

#[test]
fn a_limit_on_the_list_is_waited_for() {
    let mut model = model();
    let effects = keys(&mut model, "ctrl-r");
    let Some(Effect::List(ListEffect::FetchPage { ticket, .. })) = effects.first() else {
        unreachable!()
    };
    let limited = Err(ApiError::Limited { seconds: 7 });
    let effects = send(
        &mut model,
        Msg::List(ListMsg::Page {
            ticket: *ticket,
            scope: Scope::Mine,
            kind: Kind::M2m,
            result: limited,
        }),
    );
    let retry = Timer::Retry(Scope::Mine, Kind::M2m);
    assert_eq!(
        effects,
        [Effect::After { wait: Duration::from_secs(1), timer: retry }],
        "the countdown is redrawn every second"
    );
    assert!(model.failure.is_none(), "a rate limit is not a failure");
    assert!(matches!(send(&mut model, Msg::Timer(retry))[..], [Effect::After { .. }]), "too early");
    let later = model.now.checked_add(jiff::SignedDuration::from_secs(7)).unwrap();
    let effects = update(&mut model, later, Msg::Timer(retry));
    assert!(matches!(effects[..], [Effect::List(ListEffect::FetchPage { .. })]));
    assert_eq!(send(&mut model, Msg::Timer(retry)), [], "the request is already pending");
}

/// If the server supports search, a filter over a list that is still loading also searches on the
/// server. The rows that the search finds appear before their page is loaded, and only once.
#[test]
fn filter_of_an_incomplete_list_asks_the_server() {
    let mut model = model();
    model.capabilities.as_mut().unwrap().searches = true;
    let effects = keys(&mut model, "2");
    let Some(Effect::List(ListEffect::FetchPage { ticket, query })) = effects.first() else {
        unreachable!()
    };
    let page = |entries, next: Option<&str>| {
        Ok(Page { entries, total: Some(3), next: next.map(str::to_owned) })
    };
    let spa = |id, name| {
        Credential::of_client(Kind::Spa, client(id, name, "ada").client().unwrap().clone())
    };
    let first = page(vec![spa("id-c", "Gamma")], Some("2"));
    let effects = send(
        &mut model,
        Msg::List(ListMsg::Page {
            ticket: *ticket,
            scope: query.scope,
            kind: Kind::Spa,
            result: first,
        }),
    );
    let [Effect::List(ListEffect::FetchPage { ticket: second, .. })] = effects[..] else {
        unreachable!("{effects:?}")
    };
    keys(&mut model, "/");
    for c in "zet".chars() {
        send(&mut model, Msg::Key(Chord::char(c)));
    }
    let effects = keys(&mut model, "enter");
    let [Effect::List(ListEffect::Search(asked))] = &effects[..] else {
        unreachable!("{effects:?}")
    };
    assert_eq!((asked.search.as_deref(), asked.kind), (Some("zet"), Kind::Spa));
    let found = page(vec![spa("id-z", "Zeta")], None);
    assert_eq!(
        send(
            &mut model,
            Msg::List(ListMsg::Found { scope: asked.scope, kind: Kind::Spa, result: found })
        ),
        []
    );
    assert_eq!(model.list().order.len(), 1, "shown before its page is loaded");
    let last = page(vec![spa("id-d", "Delta"), spa("id-z", "Zeta")], None);
    send(
        &mut model,
        Msg::List(ListMsg::Page {
            ticket: second,
            scope: query.scope,
            kind: Kind::Spa,
            result: last,
        }),
    );
    assert_eq!((model.list().rows.len(), model.list().order.len()), (3, 1), "no duplicate");
    keys(&mut model, "/");
    assert_eq!(keys(&mut model, "enter"), [], "a complete list needs no search");
}

/// A sign-in as another user clears the lists.
#[test]
fn another_user_begins_with_empty_lists() {
    let mut model = model();
    model.workspace.profile = Some(Profile { name: "acme".into(), ..Profile::default() });
    let about = |who: &str| SessionInfo { who: Some(who.into()), ..SessionInfo::anonymous() };
    model.session = Some(about("ada"));
    for (who, rows) in [("ada", 2), ("grace", 0)] {
        sign_in::show(&mut model, None);
        let effects = keys(&mut model, "enter");
        let [Effect::Session(SessionEffect::SignIn { ticket, .. })] = effects[..] else {
            unreachable!("{effects:?}")
        };
        let kept = Stored { place: StoreKind::File, why: None };
        let signed_in = SignedIn { about: about(who), kept };
        send(&mut model, Msg::Session(SessionMsg::SignedIn { ticket, result: Ok(signed_in) }));
        assert_eq!(model.list_of(Scope::Mine, Kind::M2m).rows.len(), rows, "{who}");
        assert_eq!(model.me.is_some(), who == "ada");
    }
}

/// A cached list arrives in parts. The server's first page may arrive before the last part.
#[test]
fn cached_list_comes_in_parts() {
    let mut model = model();
    let effects = keys(&mut model, "2");
    let Some(Effect::List(ListEffect::FetchPage { ticket, query })) = effects.first() else {
        unreachable!()
    };
    let part = |id, name, last| {
        let client = client(id, name, "ada").client().unwrap().clone();
        let (scope, kind) = (query.scope, Kind::Spa);
        let credentials = vec![Credential::of_client(kind, client)];
        Msg::List(ListMsg::Recalled {
            round: 0,
            cached: Cached { scope, kind, taken_at: noon(), credentials, last },
        })
    };
    send(&mut model, part("id-c", "Gamma", false));
    assert_eq!(model.list().order.len(), 1, "the first rows are shown");
    let fresh = client("id-z", "Zeta", "ada").client().unwrap().clone();
    let entries = vec![Credential::of_client(Kind::Spa, fresh)];
    let page = |entries, next: Option<&str>| {
        Ok(Page { entries, total: Some(1), next: next.map(str::to_owned) })
    };
    let first = page(entries, Some("2"));
    let effects = send(
        &mut model,
        Msg::List(ListMsg::Page {
            ticket: *ticket,
            scope: query.scope,
            kind: Kind::Spa,
            result: first,
        }),
    );
    let [Effect::List(ListEffect::FetchPage { ticket: second, .. })] = effects[..] else {
        unreachable!("{effects:?}")
    };
    send(&mut model, part("id-a", "Alpha", true));
    let shown: Vec<_> =
        model.list().order.iter().filter_map(|row| model.list().rows.id(*row)).collect();
    assert_eq!(shown, ["id-a".into(), "id-c".into()], "sorted after the last part");
    send(
        &mut model,
        Msg::List(ListMsg::Page {
            ticket: second,
            scope: query.scope,
            kind: Kind::Spa,
            result: page(Vec::new(), None),
        }),
    );
    assert_eq!(model.list().rows.len(), 1, "the server's rows replace the cached rows");
    send(&mut model, part("id-b", "Beta", true));
    assert_eq!(model.list().rows.len(), 1, "a late part is ignored");
}

#[test]
fn a_paste_into_the_list_presses_no_keys() {
    let mut model = model();
    assert!(matches!(send(&mut model, Msg::Paste("Dqq".into()))[..], [Effect::After { .. }]));
    assert!(model.screens.is_empty());
}

#[test]
fn letters_in_a_field_are_letters() {
    let mut model = model();
    keys(&mut model, "a 3 q D t ?");
    let Some(form) = model.top_as::<Form>() else { unreachable!() };
    assert_eq!(form.draft(noon()).name(), "qDt?");
}

#[test]
fn an_unfinished_chord_is_dropped_by_esc_and_by_a_key_that_leads_nowhere() {
    let mut model = model();
    keys(&mut model, "g");
    assert_eq!(model.pending.len(), 1);
    keys(&mut model, "esc");
    assert!(model.pending.is_empty());
    assert_eq!(keys(&mut model, "g c"), [], "not a copy");
    assert_eq!(keys(&mut model, "c").len(), 1);
}

#[test]
fn a_lost_delete_is_said_to_be_uncertain_and_can_be_tried_again() {
    let mut model = model();
    let ticket = ticket_of(&keys(&mut model, "D"));
    send(
        &mut model,
        Msg::Credential(CredentialMsg::Shown {
            ticket,
            result: Ok(client("id-a", "Alpha", "ada")),
        }),
    );
    send(&mut model, Msg::Paste("Alpha".into()));
    let effects = keys(&mut model, "enter");
    assert_eq!(
        effects,
        [Effect::Credential(CredentialEffect::Delete {
            of: CredentialRef::new(Kind::M2m, "id-a".into()),
            version: Some("\"1\"".into())
        })]
    );
    send(
        &mut model,
        Msg::Credential(CredentialMsg::Deleted(Err(ApiError::TimedOut { seconds: 10 }))),
    );
    let failure = model.failure.as_ref().expect("a failure");
    assert_eq!(failure.0.what, "Could not confirm the deletion: the response was lost");
    assert_eq!(
        keys(&mut model, "enter").len(),
        1,
        "the name is still typed and the button has the focus"
    );
}

#[test]
fn a_name_that_nobody_can_type_is_confirmed_by_the_id() {
    let mut model = model();
    let ticket = ticket_of(&keys(&mut model, "D"));
    send(
        &mut model,
        Msg::Credential(CredentialMsg::Shown {
            ticket,
            result: Ok(client("id-a", "Al\u{202e}pha", "ada")),
        }),
    );
    send(&mut model, Msg::Paste("id-a".into()));
    assert!(matches!(
        keys(&mut model, "enter")[..],
        [Effect::Credential(CredentialEffect::Delete { .. })]
    ));
}

#[test]
fn the_answer_to_a_save_finds_its_form_below_a_sign_in() {
    let refused = || ApiError::Unauthorized { said: "ended".into() };
    let saving = || {
        let mut model = model();
        model.workspace = Workspace::of(crate::domain::Profile::default());
        keys(&mut model, "a 3 N ctrl-s");
        assert_eq!(model.writes, 1);
        // Another request fails first, so the sign-in opens over the form that is being saved.
        send(&mut model, Msg::Server(ServerMsg::Me(Err(refused()))));
        assert!(model.top_as::<SignIn>().is_some());
        model
    };
    let mut model = saving();
    send(&mut model, Msg::Credential(CredentialMsg::Created(Err(refused()))));
    assert!(model.top_as::<SignIn>().is_some(), "one sign-in, still on top");
    keys(&mut model, "esc");
    let Some(form) = model.top_as::<Form>() else { unreachable!("{:?}", model.top()) };
    assert!(matches!(form.stage, form::FormStage::Editing) && form.is_dirty(), "the input is kept");

    let mut model = saving();
    send(&mut model, Msg::Credential(CredentialMsg::Created(Ok(saved("id-n", "N")))));
    assert!(model.top_as::<SignIn>().is_some(), "the sign-in stays open");
    keys(&mut model, "esc");
    assert!(model.top_as::<Detail>().is_some());
}

#[test]
fn another_profile_is_not_opened_over_what_was_typed() {
    let mut model = model();
    model.workspace = Workspace::of(crate::domain::Profile::default());
    keys(&mut model, "a 3 N ctrl-s");
    send(
        &mut model,
        Msg::Credential(CredentialMsg::Created(Err(ApiError::Unauthorized {
            said: "ended".into(),
        }))),
    );
    keys(&mut model, "P");
    let entry = ProfileEntry { name: Some("other".into()), ..ProfileEntry::local() };
    send(&mut model, Msg::Profile(ProfileMsg::Read(Ok(vec![entry]))));
    assert_eq!(keys(&mut model, "up enter").len(), 1, "only a notice with the reason");
    assert!(said(&model).contains("unsaved changes"), "{}", said(&model));
}

#[test]
fn what_an_older_workspace_still_answers_is_not_taken() {
    let mut model = model();
    let other = Workspace::named("other");
    assert_eq!(
        send(
            &mut model,
            Msg::Profile(ProfileMsg::Switched { round: 1, result: Ok(Box::new(other)) })
        ),
        [Effect::Server(ServerEffect::Connect)]
    );
    assert_eq!(
        send(
            &mut model,
            Msg::Server(ServerMsg::Connected {
                round: 0,
                result: Ok("https://old.example".into())
            })
        ),
        []
    );
    assert_eq!((model.connection, model.base_url.raw()), (ConnectionState::Connecting, ""));
}

/// Returns the label of the focused field, and the focused row in that field.
fn focus(model: &Model) -> (&'static str, usize) {
    let form = model.top_as::<Form>().expect("a form");
    let stop = form.stop().expect("a field");
    (form.fields[stop.field].id.label(), stop.row)
}

/// Returns a field of the top form.
fn field(model: &Model, id: Field) -> &form::FormField {
    model.top_as::<Form>().and_then(|form| form.field(id)).expect("a field")
}

#[test]
fn tab_goes_by_field_and_arrows_go_by_row() {
    let mut model = model();
    keys(&mut model, "a 2 tab tab space tab");
    assert_eq!(focus(&model), ("Allowed callback URLs", 0));
    let lines: Vec<_> = (0..50).map(|n| format!("https://a.example/{n}")).collect();
    send(&mut model, Msg::Paste(lines.join("\n")));
    keys(&mut model, "up pageup pagedown");
    assert_eq!(focus(&model), ("Allowed callback URLs", 48));
    keys(&mut model, "tab");
    assert_eq!(focus(&model), ("Allowed logout URLs", 0));
    keys(&mut model, "shift-tab down");
    assert_eq!(focus(&model), ("Allowed callback URLs", 1));
    keys(&mut model, "shift-tab shift-tab shift-tab shift-tab");
    assert_eq!(focus(&model), ("Organization", 0), "from the first field to the last");
}

#[test]
fn edits_of_a_field_are_undone_by_words_and_deletions() {
    let mut model = model();
    keys(&mut model, "a 2");
    typed(&mut model, "Store locator");
    keys(&mut model, "ctrl-u");
    assert_eq!(field(&model, Field::Name).line(), "");
    for expected in ["Store locator", "Store", ""] {
        keys(&mut model, "ctrl-7");
        assert_eq!(field(&model, Field::Name).line(), expected);
    }
    keys(&mut model, "ctrl-_");
    assert_eq!(said(&model), "Nothing to undo in this field");
    typed(&mut model, "Map");
    keys(&mut model, "ctrl-w ctrl-y");
    assert_eq!(field(&model, Field::Name).line(), "Map", "ctrl-y inserts the last deleted text");
    keys(&mut model, "tab shift-tab ctrl-_");
    assert_eq!(field(&model, Field::Name).line(), "Map", "leaving a field clears its history");
}

#[test]
fn a_burst_is_pasted_into_a_field_and_pressed_elsewhere() {
    let burst = |text: &str| {
        let chord = |c| if c == '\n' { Chord::key(Key::Enter) } else { Chord::char(c) };
        Msg::Burst(text.chars().map(chord).collect())
    };
    let mut model = model();
    keys(&mut model, "a 2");
    send(&mut model, burst("Store locator\nof the north"));
    assert_eq!(field(&model, Field::Name).line(), "Store locator of the north");
    assert_eq!(focus(&model).0, "Name");
    keys(&mut model, "esc esc");
    let mut list = self::model();
    send(&mut list, burst("jjk\n"));
    assert!(!list.screens.is_empty(), "enter opens the row");
}

#[test]
fn lists_start_with_the_derived_urls_when_default_urls_are_turned_off() {
    let mut model = model();
    keys(&mut model, "a 2 tab");
    typed(&mut model, "https://shop.example/login");
    keys(&mut model, "tab space");
    assert_eq!(field(&model, Field::Callbacks).lines(), ["https://shop.example/login"]);
    assert_eq!(field(&model, Field::WebOrigins).lines(), ["https://shop.example"]);
}

#[test]
fn keys_do_nothing_while_the_terminal_is_too_small_to_show_it() {
    let mut model = model();
    send(&mut model, Msg::Resize { columns: 40, rows: 10 });
    assert_eq!(keys(&mut model, "D a"), []);
    assert!(model.screens.is_empty());
    assert_eq!(keys(&mut model, "ctrl-c"), [Effect::Quit]);

    // The first ctrl-c must not discard typed input; the second one quits.
    send(&mut model, Msg::Resize { columns: 80, rows: 24 });
    keys(&mut model, "a 3");
    typed(&mut model, "Sync");
    send(&mut model, Msg::Resize { columns: 40, rows: 10 });
    send(&mut model, Msg::Paste("pasted".to_owned()));
    assert!(!keys(&mut model, "ctrl-c").contains(&Effect::Quit));
    assert_eq!(keys(&mut model, "ctrl-c"), [Effect::Quit]);
    assert_eq!(field(&model, Field::Name).line(), "Sync");
}

#[test]
fn a_late_preview_changes_nothing_else() {
    let mut model = model();
    send(&mut model, Msg::Resize { columns: 200, rows: 50 });
    let rested = model.preview.timer();
    let effects = send(&mut model, Msg::Timer(rested));
    let Some(Effect::Credential(CredentialEffect::Show { ticket, .. })) = effects.first() else {
        unreachable!("{effects:?}")
    };
    let ticket = *ticket;
    keys(&mut model, "down");
    let rested = model.preview.timer();
    assert_eq!(reads(&send(&mut model, Msg::Timer(rested))), ["id-b"]);
    let late = Err(ApiError::TimedOut { seconds: 10 });
    send(&mut model, Msg::Credential(CredentialMsg::Shown { ticket, result: late }));
    assert_eq!(model.failure, None, "the credential is no longer shown");
    let shown = model.preview.shown().expect("a preview");
    assert_eq!((shown.id.raw(), shown.credential.is_loading()), ("id-b", true));
}

#[test]
fn an_edit_of_what_was_deleted_does_not_hang_where_nothing_can_be_created() {
    let mut model = model();
    if let Some(all) = &mut model.capabilities {
        for abilities in &mut all.kinds {
            abilities.create = Access::Refused("no".into());
        }
    }
    editing(&mut model);
    keys(&mut model, "2 ctrl-s enter");
    let gone = ApiError::NotFound { said: "gone".into() };
    send(&mut model, Msg::Credential(CredentialMsg::Edited(Err(gone))));
    assert!(matches!(
        model.top_as::<Form>().map(|form| &form.stage),
        Some(form::FormStage::Editing)
    ));
    let id = "id-a".into();
    assert_eq!(model.list().rows.find(&id), None, "its row was removed");
}

#[test]
fn seeded_lists_follow_the_login_url_until_they_are_edited() {
    let mut model = model();
    keys(&mut model, "a 2 tab");
    typed(&mut model, "https://a.example/");
    keys(&mut model, "tab space space shift-tab ctrl-u");
    typed(&mut model, "https://b.example/");
    keys(&mut model, "tab space");
    assert_eq!(field(&model, Field::Callbacks).lines(), ["https://b.example/"]);
}

#[test]
fn ctrl_delete_deletes_the_next_word() {
    let mut model = model();
    keys(&mut model, "a 3");
    typed(&mut model, "Nightly sync");
    keys(&mut model, "home ctrl-delete");
    assert_eq!(field(&model, Field::Name).line(), "sync");
}

#[test]
fn backspace_in_an_empty_last_row_stays_in_its_list() {
    for (open, list, pasted) in [
        ("a 2 tab tab space tab", Field::Callbacks, "https://a.example/\nhttps://b.example/"),
        ("a 1 tab tab", Field::Grants, "pg = a\npg = b"),
    ] {
        let mut model = model();
        keys(&mut model, open);
        send(&mut model, Msg::Paste(pasted.to_owned()));
        keys(&mut model, "enter");
        let focus = |model: &Model| {
            let form = model.top_as::<Form>().expect("a form");
            form.stop().map(|stop| (form.fields[stop.field].id, stop.row))
        };
        let (at, row) = focus(&model).expect("a field");
        assert_eq!(at, list);
        keys(&mut model, "backspace");
        assert_eq!(focus(&model), Some((list, row - 1)));
    }
}

#[test]
fn grants_are_typed_and_pasted_as_lists_show_them() {
    let mut model = model();
    keys(&mut model, "a 1 tab tab");
    typed(&mut model, "carto_dw=acme.retail.*");
    keys(&mut model, "enter");
    send(&mut model, Msg::Paste("bq = acme.open.*\npg=public.stores\n".to_owned()));
    typed(&mut model, "_eu");
    let form::Control::Pairs(pairs) = &field(&model, Field::Grants).control else { unreachable!() };
    let pairs: Vec<_> = pairs.iter().map(|[a, b]| (a.value(), b.value())).collect();
    let expected =
        [("carto_dw", "acme.retail.*"), ("bq", "acme.open.*"), ("pg", "public.stores_eu")];
    assert_eq!(pairs, expected);
}

#[test]
fn what_was_deleted_elsewhere_while_it_was_edited_can_be_created_again() {
    let mut model = model();
    editing(&mut model);
    keys(&mut model, "2 ctrl-s enter");
    let gone = ApiError::NotFound { said: "gone".into() };
    send(&mut model, Msg::Credential(CredentialMsg::Edited(Err(gone))));
    assert!(model.failure.as_ref().is_some_and(|it| it.0.next.contains("create it again")));
    let effects = keys(&mut model, "ctrl-s");
    let [Effect::Credential(CredentialEffect::Create { draft, .. })] = &effects[..] else {
        unreachable!("{effects:?}")
    };
    assert_eq!(draft.name(), "Alpha2");
}
