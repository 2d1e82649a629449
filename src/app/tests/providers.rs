//! Tests of differences between providers: secrets shown once, missing kinds, rate limits.

use super::*;
use crate::{
    api::{Abilities, Access, Secrecy},
    app::{
        ClipboardEffect, ClipboardMsg, CredentialEffect, CredentialMsg, ListEffect, ListMsg,
        ServerMsg,
        screens::{
            chooser::Chooser, detail::Detail, form::Form, marked::MarkedPlan, once::OncePanel,
        },
    },
    domain::draft::{Field, FieldRules, Fields},
    keys::Need,
};

/// Returns the timer of a rate-limited write.
fn waits(effects: &[Effect]) -> Timer {
    match effects {
        [Effect::After { wait, timer: timer @ Timer::Resend(_) }]
            if *wait == Duration::from_secs(1) =>
        {
            *timer
        }
        other => unreachable!("{other:?}"),
    }
}

/// Returns a console whose provider sends secrets only once.
fn model_of_once() -> Model {
    let mut model = model();
    let mut all = model.capabilities.clone().expect("capabilities");
    all.kinds[Kind::M2m as usize].secrecy = Secrecy::Once("Acme shows a secret once".into());
    send(&mut model, Msg::Server(ServerMsg::Capabilities(Ok(Box::new(all)))));
    model
}

#[test]
fn a_secret_that_is_shown_once_cannot_be_left_by_a_stray_key() {
    let mut model = model_of_once();
    assert_eq!(keys(&mut model, "Y s").len(), 1, "a notice with the reason");
    assert_eq!(said(&model), "Acme shows a secret once");
    let made = Saved { secret: true, ..saved("id-n", "New") };
    send(&mut model, Msg::Credential(CredentialMsg::Created(Ok(made))));
    let top = |model: &Model| model.top_as::<OncePanel>().is_some();
    assert!(top(&model));
    for stray in ["q", "enter", "q", "esc", "n", "q", "esc", "ctrl-c"] {
        assert!(!keys(&mut model, stray).contains(&Effect::Quit), "{stray}");
        assert!(top(&model), "{stray}");
    }
    let once = SecretRef::Once(CredentialRef::new(Kind::M2m, "id-n".into()));
    let copy = Effect::Clipboard(ClipboardEffect::CopySecret {
        what: Copied::Secret(Kind::M2m),
        secret: once.clone(),
    });
    assert_eq!(keys(&mut model, "Y s"), [copy]);
    send(&mut model, Msg::Clipboard(ClipboardMsg::Taken(once.clone())));
    assert!(model.top_as::<OncePanel>().is_some_and(|panel| panel.taken));
    assert!(
        matches!(
            keys(&mut model, "t")[..],
            [Effect::Credential(CredentialEffect::IssueToken { .. })]
        ),
        "the secret can be tested"
    );
    keys(&mut model, "esc");
    keys(&mut model, "esc");
    assert_eq!(keys(&mut model, "y"), [Effect::Credential(CredentialEffect::Forget(once))]);
    assert!(model.top_as::<Detail>().is_some());
}

#[test]
fn where_nothing_can_be_created_no_form_is_opened() {
    let mut model = model();
    let mut all = model.capabilities.clone().expect("capabilities");
    for abilities in &mut all.kinds {
        abilities.create = Access::no("Acme makes them elsewhere");
    }
    send(&mut model, Msg::Server(ServerMsg::Capabilities(Ok(Box::new(all.clone())))));
    assert!(!model.meets(Need::Creation));
    for chord in ["a", "A"] {
        keys(&mut model, chord);
        assert_eq!(said(&model), "Acme makes them elsewhere", "{chord}");
        assert!(model.top().is_none(), "{chord}");
    }
    all.kinds[Kind::M2m as usize].create = Access::Allowed;
    send(&mut model, Msg::Server(ServerMsg::Capabilities(Ok(Box::new(all)))));
    keys(&mut model, "a");
    assert!(model.top_as::<Chooser>().is_some(), "one kind is enough");
}

#[test]
fn a_write_that_a_server_has_no_time_for_is_sent_again_when_it_has() {
    let mut model = model();
    keys(&mut model, "a 3");
    typed(&mut model, "Robot");
    let sent = keys(&mut model, "ctrl-s");
    let [write @ Effect::Credential(CredentialEffect::Create { .. })] = &sent[..] else {
        unreachable!("{sent:?}")
    };
    let effects = send(
        &mut model,
        Msg::Credential(CredentialMsg::Created(Err(ApiError::Limited { seconds: 5 }))),
    );
    let timer = waits(&effects);
    assert!(model.failure.is_none(), "a rate limit is not a failure");
    assert_eq!(model.writes, 0);
    assert!(matches!(send(&mut model, Msg::Timer(timer))[..], [Effect::After { .. }]));
    let later = model.now.checked_add(jiff::SignedDuration::from_secs(5)).expect("a time");
    let effects = update(&mut model, later, Msg::Timer(timer));
    assert_eq!(effects, std::slice::from_ref(write), "the same attempt");
    assert_eq!((model.writes, model.held), (1, None));
}

#[test]
fn deletions_wait_for_the_server_and_stop_when_asked() {
    let mut model = model();
    keys(&mut model, "space space");
    // Beta belongs to another user.
    assert_eq!(keys(&mut model, "D"), []);
    typed(&mut model, "1");
    let sent = keys(&mut model, "enter");
    let [Effect::Credential(CredentialEffect::ChangeMarked { ticket, .. })] = sent[..] else {
        unreachable!("{sent:?}")
    };
    assert_eq!(model.writes, 1);
    let answer = |result| Msg::Credential(CredentialMsg::MarkedChanged { ticket, result });
    let effects = send(&mut model, answer(Err(ApiError::Limited { seconds: 5 })));
    let [Effect::After { timer, .. }] = effects[..] else { unreachable!("{effects:?}") };
    assert_eq!(send(&mut model, Msg::Timer(timer)), sent, "the same change is retried");
    assert_eq!(model.writes, 1);
    send(&mut model, answer(Err(ApiError::Limited { seconds: 5 })));
    assert_eq!(model.writes, 1, "a wait is part of the run");
    keys(&mut model, "esc");
    assert_eq!(model.writes, 0);
    assert_eq!(send(&mut model, Msg::Timer(timer)), [], "stopped");
    keys(&mut model, "enter");
    assert!(model.screens.is_empty() && model.list().marks.len() == 2);
}

#[test]
fn a_change_of_marked_rows_is_planned_before_it_is_confirmed() {
    let mut model = model();
    keys(&mut model, "space space e");
    // The form starts on visibility, the only field that marked M2M clients offer here.
    let sent = keys(&mut model, "enter enter");
    let [Effect::Credential(CredentialEffect::PlanMarked { ticket, .. })] = sent[..] else {
        unreachable!("{sent:?}")
    };
    let planned = |result| Msg::Credential(CredentialMsg::MarkedPlanned { ticket, result });
    let effects = send(&mut model, planned(Err(ApiError::Limited { seconds: 5 })));
    let [Effect::After { timer, .. }] = effects[..] else { unreachable!("{effects:?}") };
    assert_eq!(send(&mut model, Msg::Timer(timer)), sent, "the read is repeated after the wait");
    typed(&mut model, "1");
    assert_eq!(keys(&mut model, "enter"), [], "an unplanned change cannot be confirmed");
    assert_eq!(model.writes, 0);
    // Beta belongs to another user, so one credential is left.
    assert_eq!(send(&mut model, planned(Ok(MarkedPlan::Change(vec!["one line".to_owned()])))), []);
    typed(&mut model, "1");
    let sent = keys(&mut model, "enter");
    assert!(
        matches!(sent[..], [Effect::Credential(CredentialEffect::ChangeMarked { .. })]),
        "{sent:?}"
    );
}

#[test]
fn marks_lift_no_refusal_but_those_of_commands_for_marked_rows() {
    let mut model = model();
    keys(&mut model, "space");
    // The cursor is on Beta, which belongs to another user.
    for key in ["R", "Y s", "t"] {
        keys(&mut model, key);
        let notice = model.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
        assert!(notice.contains("owned by grace"), "{key}: {notice}");
    }
    keys(&mut model, "D");
    assert_eq!(model.screens.len(), 1, "the marked row is the user's own");
}

#[test]
fn a_write_that_waits_can_be_dropped() {
    let mut model = model();
    keys(&mut model, "a 3");
    typed(&mut model, "Robot");
    keys(&mut model, "ctrl-s");
    let timer = waits(&send(
        &mut model,
        Msg::Credential(CredentialMsg::Created(Err(ApiError::Limited { seconds: 5 }))),
    ));
    keys(&mut model, "esc");
    let later = model.now.checked_add(jiff::SignedDuration::from_secs(9)).expect("a time");
    assert_eq!(update(&mut model, later, Msg::Timer(timer)), []);
    assert!(
        model.top_as::<Form>().is_some_and(super::super::screens::form::Form::is_dirty),
        "the input is kept"
    );

    // The second save starts its own wait; the timer of the first wait must not resend it.
    keys(&mut model, "ctrl-s");
    assert_eq!(send(&mut model, Msg::Timer(timer)), []);
    let second = waits(&send(
        &mut model,
        Msg::Credential(CredentialMsg::Created(Err(ApiError::Limited { seconds: 5 }))),
    ));
    assert_ne!(timer, second);
    assert_eq!(send(&mut model, Msg::Timer(timer)), []);
    assert!(matches!(
        update(&mut model, later, Msg::Timer(second))[..],
        [Effect::Credential(CredentialEffect::Create { .. })]
    ));
}

#[test]
fn a_write_that_waits_is_not_sent_once_writing_is_locked_again() {
    let mut model = model();
    keys(&mut model, "a 3");
    typed(&mut model, "Robot");
    keys(&mut model, "ctrl-s");
    let timer = waits(&send(
        &mut model,
        Msg::Credential(CredentialMsg::Created(Err(ApiError::Limited { seconds: 5 }))),
    ));
    model.lock = Lock::Locked;
    let later = model.now.checked_add(jiff::SignedDuration::from_secs(9)).expect("a time");
    assert!(matches!(update(&mut model, later, Msg::Timer(timer))[..], [Effect::After { .. }]));
    assert!(said(&model).starts_with("Retry canceled"), "{}", said(&model));
    assert!(
        model.top_as::<Form>().is_some_and(super::super::screens::form::Form::is_dirty),
        "the input is kept"
    );
}

#[test]
fn a_secret_is_shown_also_where_somebody_wanted_to_quit() {
    let mut model = model();
    keys(&mut model, "a 3");
    typed(&mut model, "Robot");
    keys(&mut model, "ctrl-s");
    keys(&mut model, "ctrl-c");
    assert!(model.quitting);
    // The capabilities report a readable secret, but the response contains it anyway.
    let made = Saved { secret: true, ..saved("id-n", "Robot") };
    let effects = send(&mut model, Msg::Credential(CredentialMsg::Created(Ok(made))));
    assert!(!effects.contains(&Effect::Quit));
    assert!(model.top_as::<OncePanel>().is_some());
}

#[test]
fn an_edit_form_that_is_not_touched_changes_nothing_whatever_a_provider_has() {
    let full = Client {
        record: Record { id: "id-a".into(), name: "A".into(), ..Record::default() },
        login_url: Some("https://a.example/".into()),
        callbacks: vec!["https://a.example/cb".into()],
        logout_urls: vec!["https://a.example/".into()],
        web_origins: vec!["https://a.example".into()],
        allowed_origins: vec!["https://a.example".into()],
        scopes: vec!["read".into()],
        ..Client::default()
    };
    let credential = Credential::Spa(full);
    for field in Field::ALL {
        for fixed in [false, true] {
            let means = FormSchema {
                apis: Vec::new(),
                shape: FieldRules::open(&[Field::Name, field]),
                fixed: if fixed { Fields::of(&[Field::Name]) } else { Fields::NONE },
                edit_rotates: false,
            };
            let form = Form::edit(credential.clone(), means);
            assert_eq!(form.changes(noon()), [], "{field:?}");
        }
    }
}

#[test]
fn what_a_server_finds_wrong_with_a_field_that_is_not_there_blocks_nothing() {
    let mut model = model();
    keys(&mut model, "a 3");
    typed(&mut model, "Robot");
    keys(&mut model, "ctrl-s");
    let problem = crate::domain::FieldProblem::of(Field::Callbacks, "must contain members");
    let error = ApiError::Invalid { said: "redirect_uris".into(), problems: vec![problem] };
    send(&mut model, Msg::Credential(CredentialMsg::Created(Err(error))));
    assert!(model.failure.is_some(), "the error is shown");
    assert!(
        matches!(
            keys(&mut model, "ctrl-s")[..],
            [Effect::Credential(CredentialEffect::Create { .. })]
        ),
        "the user can save again"
    );
}

#[test]
fn loading_can_be_stopped_and_what_came_stays() {
    let mut model = model();
    let effects = keys(&mut model, "2");
    let Some(Effect::List(ListEffect::FetchPage { ticket, .. })) = effects.first() else {
        unreachable!()
    };
    let page = Page {
        entries: vec![client("id-x", "X", "ada")],
        total: Some(9000),
        next: Some("more".into()),
    };
    let effects = send(
        &mut model,
        Msg::List(ListMsg::Page {
            ticket: *ticket,
            scope: Scope::Mine,
            kind: Kind::Spa,
            result: Ok(page),
        }),
    );
    let Some(Effect::List(ListEffect::FetchPage { ticket, query })) = effects.first() else {
        unreachable!()
    };
    assert_eq!(query.after.as_deref(), Some("more"));
    assert_eq!(
        keys(&mut model, "esc"),
        [Effect::List(ListEffect::StopPage { scope: Scope::Mine, kind: Kind::Spa })]
    );
    let late = Msg::List(ListMsg::Page {
        ticket: *ticket,
        scope: Scope::Mine,
        kind: Kind::Spa,
        result: Ok(Page::default()),
    });
    assert_eq!(send(&mut model, late), [], "a late page is ignored");
    assert_eq!(model.list().order.len(), 1);
    assert!(matches!(keys(&mut model, "ctrl-r")[0], Effect::List(ListEffect::FetchPage { .. })));
}

#[test]
fn a_provider_without_tokens_opens_on_what_it_has() {
    let mut model = Model::new(Setup::named("acme", "https://id.acme.dev"), noon());
    send(
        &mut model,
        Msg::Server(ServerMsg::Connected { round: 0, result: Ok("https://id.acme.dev".into()) }),
    );
    assert_eq!(model.kind, Kind::Token);
    let all = Abilities::all();
    let all =
        Capabilities::of_clients("https://id.acme.dev", "Acme", all.clone(), all.clone(), all);
    let effects = send(&mut model, Msg::Server(ServerMsg::Capabilities(Ok(Box::new(all)))));
    assert_eq!(model.kind, Kind::Spa);
    assert!(matches!(
        effects[..],
        [
            Effect::List(ListEffect::FetchPage { .. }),
            Effect::List(ListEffect::FetchTotal { kind: Kind::M2m, .. }),
            Effect::List(ListEffect::FetchTotal { kind: Kind::Other, .. }),
        ]
    ));
    assert_eq!(model.tabs().count(), 4, "the provider's other clients have a tab");
    keys(&mut model, "4");
    assert_eq!(model.kind, Kind::Other);
    keys(&mut model, "a");
    assert!(model.top_as::<Chooser>().is_some_and(|it| it.kind == Kind::Spa));
    keys(&mut model, "1");
    assert_eq!(said(&model), "Acme has no API access tokens");
}

#[test]
fn what_a_server_leaves_out_is_said() {
    let mut model = model();
    let mut all = model.capabilities.clone().expect("capabilities");
    all.kinds[Kind::Spa as usize].shape =
        FieldRules::open(&[Field::Name, Field::Callbacks, Field::LogoutUrls]);
    send(&mut model, Msg::Server(ServerMsg::Capabilities(Ok(Box::new(all)))));
    keys(&mut model, "a 2");
    typed(&mut model, "Shop");
    keys(&mut model, "tab");
    typed(&mut model, "https://shop.acme.dev/cb");
    keys(&mut model, "tab");
    typed(&mut model, "https://shop.acme.dev/bye");
    assert!(matches!(
        keys(&mut model, "ctrl-s")[..],
        [Effect::Credential(CredentialEffect::Create { .. })]
    ));
    let record = Record { id: "s".into(), name: "Shop".into(), ..Record::default() };
    let made =
        Client { record, callbacks: vec!["https://shop.acme.dev/cb".into()], ..Client::default() };
    let made = Saved { credential: Credential::Spa(made), secret: false, side_effects: Vec::new() };
    send(&mut model, Msg::Credential(CredentialMsg::Created(Ok(made))));
    assert_eq!(said(&model), "Created, but the server changed or dropped: Allowed logout URLs");
}
