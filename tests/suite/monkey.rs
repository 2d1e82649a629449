//! Random keys, clicks, pastes and sizes, and arbitrary responses, in any order and partly missing:
//! the console never panics, and can draw every frame.

use credenza::{
    api::{Abilities, Access, ApiError, Capabilities, Me, Page, PageQuery, Secrecy},
    app::{
        self, AuditEffect, AuditMsg, ClipboardEffect, ClipboardMsg, ConsoleFacts, CopyError,
        CredentialEffect, CredentialMsg, Effect, ListEffect, ListMsg, LocalError, Model, Msg,
        OpenRotation, PastChange, ProfileEffect, ProfileMsg, RotationEffect, RotationMsg,
        RotationStep, Saved, ServerEffect, ServerMsg, SessionEffect, SessionMsg, Setup,
        ViewsEffect, Workspace,
        linear::Narrator,
        screens::{
            access_token::Issued,
            audit::Audited,
            confirm::Confirm,
            expiring::FleetExpiries,
            form::Form,
            marked::{MarkedChange, MarkedPlan, MarkedResult},
            overview::Changes,
            profiles::ProfileEntry,
            sign_in::SignedIn,
            unlock::Unlock,
        },
    },
    auth::{device::Visit, probe::DetectedApi, session::SessionInfo, sign_in::SignInStep},
    clipboard::{Channel, ChannelError, Cleared, ClipboardError, CopyRoute},
    domain::{
        Client, Credential, Kind, Owner, Profile, Secret, Token, Visibility,
        audit::{self, AuditContext, Policy, ProfileInfo, RuleSelection},
        columns::Column,
        credential::Record,
        destination::{Destination, DestinationStore},
        draft::{Field, FieldRules},
        expiry::{Expiries, Snoozes},
        jwt::Claims,
        preferences::SavedView,
        profile::{Environment, Method, Provider, Word as _},
        snapshot::{ChangeKind, Difference, MemberChange, Snapshot},
    },
    keys::{Chord, Key, KeyScope, TABLE, chord::parse_sequence},
    ui::{ClickTargets, Palette, Theme},
    vault::{Ask, StoreKind, Stored},
};
use jiff::{SignedDuration, Timestamp};
use ratatui::{Terminal, backend::TestBackend};

use crate::common::noon;

const STEPS: usize = 200_000;

/// Number of steps between two drawn frames.
const DRAWN: usize = 40;

struct Monkey {
    state: u64,
    now: Timestamp,
    pending: Vec<Effect>,
    /// Clickable parts of the last drawn frame.
    targets: ClickTargets,
}

impl Monkey {
    fn number(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.state >> 33) as usize % below
    }

    fn word(&mut self) -> &'static str {
        const WORDS: [&str; 12] = [
            "",
            "a",
            "Store locator",
            "https://a.example/",
            "http://b.example",
            "\u{1b}[2J",
            "東京",
            "tok_1",
            "*",
            "carto_dw = x",
            "90d",
            "a,b\nc d",
        ];
        WORDS[self.number(WORDS.len())]
    }

    fn credential(&mut self, kind: Kind) -> Credential {
        let record = Record {
            id: format!("id{}", self.number(40)).into(),
            name: self.word().into(),
            owner: (self.number(3) > 0).then(|| Owner {
                user_id: "u".into(),
                email: self.word().into(),
                ..Owner::default()
            }),
            visibility: if self.number(2) == 0 {
                Visibility::Private
            } else {
                Visibility::Organization
            },
            created_at: (self.number(2) == 0).then_some(self.now),
            version: Some("\"1\"".into()),
            ..Record::default()
        };
        match kind {
            Kind::Token => Credential::Token(Token {
                record,
                apis: vec![self.word().into()],
                ..Token::default()
            }),
            Kind::Spa => Credential::Spa(Client {
                record,
                login_url: Some(self.word().into()),
                use_default_urls: self.number(2) == 0,
                callbacks: (0..self.number(4)).map(|_| self.word().into()).collect(),
                ..Client::default()
            }),
            Kind::M2m => Credential::M2m(Client { record, ..Client::default() }),
            Kind::Other => Credential::Other(Client { record, ..Client::default() }),
        }
    }

    fn saved(&mut self, kind: Kind) -> Saved {
        Saved {
            credential: self.credential(kind),
            secret: self.number(2) == 0,
            side_effects: Vec::new(),
        }
    }

    fn error(&mut self) -> ApiError {
        let said = self.word().into();
        match self.number(12) {
            0 => ApiError::Unauthorized { said },
            1 => ApiError::NotFound { said },
            2 => ApiError::Changed,
            3 => ApiError::TimedOut { seconds: 10 },
            4 => ApiError::Limited { seconds: 3 },
            5 => ApiError::Server { status: 500, said, request_id: None },
            6 => ApiError::Broken { why: said },
            7 => ApiError::PlanRequired { plan: said },
            8 => {
                let problems = ["name", "callbacks[3]", "grants", "visibility", "nothing"];
                let pointer = problems[self.number(problems.len())];
                let problem = credenza::domain::FieldProblem::from_wire(pointer, "is wrong".into());
                ApiError::Invalid { said, problems: problem.into_iter().collect() }
            }
            _ => ApiError::Changed,
        }
    }

    fn profile(&mut self) -> Profile {
        Profile {
            name: "acme".into(),
            base_url: self.word().into(),
            environment: Environment::all().nth(self.number(3)).unwrap(),
            ..Profile::default()
        }
    }

    fn visit(&mut self) -> Visit {
        Visit {
            uri: self.word().into(),
            complete: (self.number(2) == 0).then(|| self.word().into()),
            user_code: self.word().into(),
            ends: self.now,
        }
    }

    fn signed_in(&mut self) -> SignedIn {
        let about = SessionInfo {
            method: Method::Device,
            ends: (self.number(2) == 0).then_some(self.now),
            renewable: self.number(2) == 0,
            who: Some(self.word().into()),
        };
        SignedIn { about, kept: Stored { place: StoreKind::Memory, why: Some(self.word().into()) } }
    }

    fn result<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Result<T, ApiError> {
        if self.number(4) == 0 { Err(self.error()) } else { Ok(make(self)) }
    }

    fn views(&mut self) -> Vec<SavedView> {
        let sorts = [Column::Name, Column::Worst];
        (0..self.number(4))
            .map(|_| SavedView {
                name: self.word().into(),
                filter: self.word().into(),
                sort: (sorts[self.number(2)], self.number(2) == 0),
                wide: self.number(2) == 0,
            })
            .collect()
    }

    fn audited(&mut self) -> Audited {
        let kinds = Kind::ALL;
        let credentials = (0..self.number(9)).map(|at| self.credential(kinds[at % 4])).collect();
        let snapshot = Snapshot::new(self.now, ProfileInfo::default(), credentials, Vec::new());
        let context = AuditContext::new(self.now, ProfileInfo::default());
        let report = audit::audit(&snapshot.credentials, &context, &RuleSelection::default());
        Audited::new(snapshot, context, report)
    }

    /// Returns a random response to a pending effect; `None` if no effect is pending, or if the
    /// selected effect has no response.
    fn answer(&mut self) -> Option<Msg> {
        if self.pending.is_empty() {
            return None;
        }
        // Half of the time, respond to the newest effect, because otherwise sequences of dependent
        // requests would hardly ever complete.
        let newest = self.number(2) == 0;
        let which = if newest { self.pending.len() - 1 } else { self.number(self.pending.len()) };
        let effect = self.pending.swap_remove(which);
        Some(match effect {
            // Sometimes the vault requests its passphrase first.
            Effect::Server(ServerEffect::FetchMe) if self.number(6) == 0 => {
                Msg::Session(SessionMsg::PassphraseWanted(Ask::New))
            }
            Effect::Server(ServerEffect::Connect) => Msg::Server(ServerMsg::Connected {
                round: 0,
                result: self.result(|_| "http://127.0.0.1:9".to_owned()),
            }),
            Effect::Server(ServerEffect::FetchMe) => Msg::Server(ServerMsg::Me(
                self.result(|it| Me { email: it.word().into(), ..Me::default() }),
            )),
            Effect::List(ListEffect::Search(query)) => {
                let page = self.result(|it| {
                    let entries = (0..it.number(5)).map(|_| it.credential(query.kind)).collect();
                    Page { entries, total: None, next: None }
                });
                Msg::List(ListMsg::Found { scope: query.scope, kind: query.kind, result: page })
            }
            Effect::Server(ServerEffect::FetchCapabilities) => {
                let result = self.result(|it| {
                    let mut all = Capabilities::basic("http://127.0.0.1:9");
                    all.organization = it.number(2) == 0;
                    all.searches = it.number(2) == 0;
                    for kind in &mut all.kinds {
                        *kind = match it.number(6) {
                            0 => Abilities::none(it.word()),
                            1 => Abilities {
                                secrecy: Secrecy::Once(it.word().into()),
                                ..Abilities::all()
                            },
                            2 => Abilities {
                                edit_rotates: true,
                                shape: FieldRules::open(&[
                                    Field::Name,
                                    Field::Callbacks,
                                    Field::Scopes,
                                ]),
                                ..Abilities::all()
                            },
                            _ => Abilities::all(),
                        };
                    }
                    all.issuer = (it.number(2) == 0).then(|| "http://127.0.0.1:9".into());
                    all.one_list = it.number(2) == 0;
                    if it.number(3) == 0 {
                        all.kinds[it.number(4)].create = Access::Refused(it.word().into());
                    }
                    all
                });
                Msg::Server(ServerMsg::Capabilities(result.map(Box::new)))
            }
            Effect::List(ListEffect::FetchPage {
                ticket,
                query: PageQuery { kind, scope, every_client, .. },
            }) => {
                let page = self.result(|it| {
                    let kinds =
                        if every_client { [Kind::Spa, Kind::M2m, Kind::Other] } else { [kind; 3] };
                    let entry = |number: usize| kinds[number % 3];
                    let entries =
                        (0..it.number(60)).map(|number| it.credential(entry(number))).collect();
                    Page {
                        entries,
                        total: (it.number(2) == 0).then_some(99),
                        next: (it.number(3) == 0).then(|| it.word().into()),
                    }
                });
                Msg::List(ListMsg::Page { ticket, scope, kind, result: page })
            }
            Effect::List(ListEffect::FetchTotal { scope, kind }) => {
                Msg::List(ListMsg::Total { scope, kind, result: self.result(|_| Some(7)) })
            }
            Effect::Credential(CredentialEffect::Show { ticket, of, .. }) => {
                Msg::Credential(CredentialMsg::Shown {
                    ticket,
                    result: self.result(|it| it.credential(of.kind)),
                })
            }
            Effect::Credential(CredentialEffect::Create { draft, .. }) => {
                Msg::Credential(CredentialMsg::Created(self.result(|it| it.saved(draft.kind()))))
            }
            // Report conflicts often, because otherwise their screen would hardly ever be reached.
            Effect::Credential(CredentialEffect::Edit { .. }) if self.number(2) == 0 => {
                Msg::Credential(CredentialMsg::Edited(Err(ApiError::Changed)))
            }
            Effect::Credential(CredentialEffect::Edit { of, .. }) => {
                Msg::Credential(CredentialMsg::Edited(self.result(|it| it.saved(of.kind))))
            }
            Effect::Credential(CredentialEffect::Rotate { of, .. }) => {
                Msg::Credential(CredentialMsg::Rotated(self.result(|it| it.saved(of.kind))))
            }
            Effect::Credential(CredentialEffect::Delete { .. }) => {
                Msg::Credential(CredentialMsg::Deleted(self.result(|_| ())))
            }
            Effect::Credential(CredentialEffect::PlanMarked { ticket, .. }) => {
                let result = self.result(|it| match it.number(4) {
                    0 => MarkedPlan::Unchanged,
                    1 => MarkedPlan::Refused(it.word().to_owned()),
                    _ => MarkedPlan::Change(vec![it.word().to_owned()]),
                });
                Msg::Credential(CredentialMsg::MarkedPlanned { ticket, result })
            }
            Effect::Credential(CredentialEffect::ChangeMarked { ticket, of, change, .. }) => {
                let result = self.result(|it| match change {
                    MarkedChange::Delete => MarkedResult::Deleted,
                    _ if it.number(3) == 0 => MarkedResult::Unchanged,
                    _ => {
                        let ignored = if it.number(3) == 0 { vec!["Scopes"] } else { Vec::new() };
                        MarkedResult::Changed(Box::new(it.saved(of.kind)), ignored)
                    }
                });
                Msg::Credential(CredentialMsg::MarkedChanged { ticket, result })
            }
            Effect::Credential(CredentialEffect::IssueToken { ticket, .. }) => {
                Msg::Credential(CredentialMsg::Issued {
                    ticket,
                    result: self.result(|it| Issued {
                        claims: (it.number(2) == 0).then(Claims::default),
                        expires_at: (it.number(2) == 0).then_some(it.now),
                        scopes: vec![it.word().into()],
                        issuer: it.word().into(),
                    }),
                })
            }
            Effect::List(ListEffect::FetchExpiries { ticket, .. }) if self.number(4) == 0 => {
                Msg::List(ListMsg::ExpiriesCame { ticket, count: 7 })
            }
            Effect::List(ListEffect::FetchExpiries { ticket, now, .. }) => {
                let result = self.result(|it| {
                    let all: Vec<_> = (0..it.number(40))
                        .map(|_| {
                            let days = it.number(200) as i64 - 50;
                            let Credential::Token(token) = it.credential(Kind::Token) else {
                                unreachable!("a token was requested")
                            };
                            let expires_at = Some(now + SignedDuration::from_hours(24 * days));
                            Credential::Token(Token { expires_at, ..token })
                        })
                        .collect();
                    let mut expiries = Expiries::default();
                    expiries.add(&all, now);
                    let incomplete = (0..it.number(2)).map(|_| it.word().to_owned()).collect();
                    Box::new(FleetExpiries { expiries, incomplete })
                });
                Msg::List(ListMsg::Expiries { ticket, result })
            }
            Effect::List(ListEffect::FetchChanges { ticket, .. }) => {
                let result = self.result(|it| {
                    let changes = |it: &mut Self| {
                        let kinds = [
                            ChangeKind::Added,
                            ChangeKind::Removed,
                            ChangeKind::Changed(vec![MemberChange {
                                member: it.word().to_owned(),
                                before: serde_json::json!([it.word(), "same"]),
                                after: serde_json::json!(["same", it.word()]),
                            }]),
                        ];
                        let differences = kinds.into_iter().map(|what| Difference {
                            kind: Kind::ALL[it.number(4)],
                            id: it.word().into(),
                            name: it.word().into(),
                            what,
                        });
                        let differences = differences.collect();
                        Box::new(Changes { since: it.now, differences, is_complete: false })
                    };
                    (it.number(3) > 0).then(|| changes(it))
                });
                Msg::List(ListMsg::Changes { ticket, result })
            }
            Effect::List(ListEffect::Snooze { expiring, snooze, now }) => {
                let result = self.result(|_| {
                    let mut all = Snoozes::default();
                    all.set(&expiring, snooze, now);
                    Box::new(all)
                });
                let result = result.map_err(|_| LocalError::Snoozes("no".to_owned()));
                Msg::List(ListMsg::Snoozed { profile: "acme".to_owned(), result })
            }
            Effect::List(ListEffect::KeepSnapshot { .. }) => {
                Msg::List(ListMsg::SnapshotKept(self.result(|it| (it.number(9), false))))
            }
            Effect::Audit(AuditEffect::Run { ticket, .. }) if self.number(4) == 0 => {
                Msg::Audit(AuditMsg::Came { ticket, count: 7 })
            }
            Effect::Audit(AuditEffect::Run { ticket, .. }) => Msg::Audit(AuditMsg::Done {
                ticket,
                result: self.result(|it| Box::new(it.audited())),
            }),
            Effect::Audit(AuditEffect::ReadPolicy) => {
                let text = "[[suppress]]\nrule = \"OWN01\"\nclient = \"id-1\"\nreason = \"x\"\nexpires = 2099-01-01\n";
                let policy = |it: &mut Self| {
                    let text = if it.number(2) == 0 { text } else { "" };
                    Box::new(Policy::read(text).unwrap())
                };
                Msg::Audit(AuditMsg::Policy(
                    self.result(policy).map_err(|_| LocalError::Config("no".to_owned())),
                ))
            }
            Effect::Audit(AuditEffect::Suppress(_)) => Msg::Audit(AuditMsg::Suppressed(
                self.result(|_| "policy".to_owned())
                    .map_err(|_| LocalError::Config("no".to_owned())),
            )),
            Effect::Audit(AuditEffect::RemoveSuppression(_)) => {
                Msg::Audit(AuditMsg::SuppressionRemoved(
                    self.result(|_| "policy".to_owned())
                        .map_err(|_| LocalError::Config("no".to_owned())),
                ))
            }
            Effect::Views(ViewsEffect::Read | ViewsEffect::Delete(_)) => Msg::Views(
                self.result(|it| (it.views(), None))
                    .map_err(|_| LocalError::Config("no".to_owned())),
            ),
            Effect::ReadHistory { ticket, id, .. } => {
                let result = self.result(|it| {
                    vec![PastChange {
                        at: it.now,
                        user: it.word().into(),
                        action: "edit".to_owned(),
                        name: id,
                        id: it.word().into(),
                        outcome: it.word().to_owned(),
                        changes: vec![serde_json::json!({ "field": it.word(), "after": [1] })],
                    }]
                });
                let result = result.map_err(|_| LocalError::History("no".to_owned()));
                Msg::History { ticket, result }
            }
            Effect::ReadKnownUses => Msg::KnownUses(self.word().to_owned(), Box::default()),
            Effect::Rotation(RotationEffect::Read { ticket, profile }) => {
                let result = self.result(|it| {
                    let one = |it: &mut Self| OpenRotation {
                        id: it.word().to_owned(),
                        name: it.word().into(),
                        client_id: it.word().into(),
                        started_at: it.now,
                        progress: "delivered to 1 of 2".to_owned(),
                        deliveries: vec![
                            (it.word().to_owned(), true),
                            (it.word().to_owned(), false),
                        ],
                        next: vec![
                            (RotationStep::Resume, "continues the rotation"),
                            (RotationStep::Abort, "restores the previous secret"),
                        ],
                    };
                    (0..it.number(3)).map(|_| one(it)).collect()
                });
                let result = result.map_err(|_| LocalError::Rotations("no".to_owned()));
                Msg::Rotation(RotationMsg::Read { ticket, profile, result })
            }
            Effect::Rotation(
                RotationEffect::Start { ticket, .. } | RotationEffect::Continue { ticket, .. },
            ) => {
                let result = self.result(|it| it.word().to_owned());
                let result = result.map_err(|_| "no\nNothing was changed.".to_owned());
                Msg::Rotation(RotationMsg::Ended { ticket, result })
            }
            Effect::Views(ViewsEffect::Save(view)) => Msg::Views(
                self.result(|it| (it.views(), Some(view.name)))
                    .map_err(|_| LocalError::Config("no".to_owned())),
            ),
            Effect::Audit(AuditEffect::SaveReport(report)) => Msg::Audit(AuditMsg::ReportSaved(
                self.result(|_| report.name).map_err(|_| LocalError::Config("no".to_owned())),
            )),
            Effect::Credential(CredentialEffect::Reveal { ticket, .. }) => {
                Msg::Credential(CredentialMsg::Revealed {
                    ticket,
                    result: self.result(|it| Secret::new(it.word().into())),
                })
            }
            Effect::Clipboard(
                ClipboardEffect::Copy { what, .. } | ClipboardEffect::CopySecret { what, .. },
            ) => {
                let all = [
                    CopyRoute::Native,
                    CopyRoute::Tmux,
                    CopyRoute::TmuxAlone,
                    CopyRoute::TmuxAndNative,
                    CopyRoute::Terminal,
                ];
                let result = match self.number(7) {
                    0 => Err(CopyError::Clipboard(ClipboardError::Unavailable(vec![(
                        Channel::Tmux,
                        ChannelError::System(self.word().into()),
                    )]))),
                    1 => Err(CopyError::Api(self.error())),
                    other => Ok(all[other - 2]),
                };
                Msg::Clipboard(ClipboardMsg::Copied { what, result })
            }
            Effect::Clipboard(ClipboardEffect::Clear { .. }) => {
                let all = [
                    Cleared::Yes,
                    Cleared::NotOurs,
                    Cleared::Failed,
                    Cleared::Asked,
                    Cleared::Cannot,
                ];
                Msg::Clipboard(ClipboardMsg::Cleared(all[self.number(all.len())]))
            }
            Effect::After { wait, timer } => {
                self.now += SignedDuration::try_from(wait).unwrap();
                Msg::Timer(timer)
            }
            Effect::Credential(CredentialEffect::TryLogin { ticket, .. }) => {
                let page =
                    SignInStep::Browse { url: self.word().into(), opened: self.number(2) == 0 };
                Msg::Credential(CredentialMsg::LoginStep {
                    ticket,
                    step: page,
                    password: Some(Secret::new(self.word().into())),
                })
            }
            Effect::Session(SessionEffect::SignIn { ticket, method, .. }) => {
                match (self.number(3), method) {
                    (0, Method::Paste) => Msg::Session(SessionMsg::Waits(ticket)),
                    (0, Method::Machine) => {
                        Msg::Session(SessionMsg::PassphraseWanted(Ask::Existing))
                    }
                    (0, _) => Msg::Session(SessionMsg::Step {
                        ticket,
                        step: SignInStep::Visit(self.visit()),
                    }),
                    _ => Msg::Session(SessionMsg::SignedIn {
                        ticket,
                        result: self.result(Self::signed_in),
                    }),
                }
            }
            Effect::Session(SessionEffect::SignOut) => {
                let error = self.result(|_| ()).err();
                Msg::Session(SessionMsg::SignedOut(
                    error.map(|error| error.explain("Not signed out")),
                ))
            }
            Effect::Profile(ProfileEffect::Read) => {
                Msg::Profile(ProfileMsg::Read(if self.number(4) == 0 {
                    Err(LocalError::Config(self.word().into()))
                } else {
                    Ok((0..self.number(4)).map(|_| ProfileEntry::of(self.profile())).collect())
                }))
            }
            Effect::Profile(ProfileEffect::Switch(None)) => Msg::Profile(ProfileMsg::Switched {
                round: 0,
                result: self.result(|_| Box::new(Workspace::named("local"))),
            }),
            Effect::Profile(ProfileEffect::Switch(Some(_))) => Msg::Profile(ProfileMsg::Switched {
                round: 0,
                result: self.result(|it| Box::new(Workspace::of(it.profile()))),
            }),
            Effect::Profile(ProfileEffect::Probe { ticket, .. }) => {
                Msg::Profile(ProfileMsg::Probed {
                    ticket,
                    result: self.result(|it| DetectedApi {
                        base_url: it.word().into(),
                        provider: Provider::Contract,
                        issuer: Some(it.word().into()),
                        console_client: Some(it.word().into()),
                        saw: vec![it.word().into()],
                    }),
                })
            }
            Effect::Profile(ProfileEffect::Add(profile)) => {
                Msg::Profile(ProfileMsg::Added(if self.number(2) == 0 {
                    Ok(profile.name)
                } else {
                    Err(LocalError::Config("no".to_owned()))
                }))
            }
            Effect::Session(SessionEffect::Passphrase(_)) if self.number(2) == 0 => {
                Msg::Session(SessionMsg::PassphraseWanted(Ask::New))
            }
            Effect::EditText(text) => Msg::EditedText(match self.number(3) {
                0 => Err(self.word().into()),
                1 => Ok(self.word().into()),
                _ => Ok(text),
            }),
            Effect::Session(SessionEffect::Passphrase(_) | SessionEffect::CancelSignIn)
            | Effect::Credential(CredentialEffect::Forget(_))
            | Effect::List(
                ListEffect::StopPage { .. }
                | ListEffect::StopExpiries
                | ListEffect::StopChanges
                | ListEffect::Export { .. },
            )
            | Effect::Redraw
            | Effect::Suspend
            | Effect::Quit => return None,
        })
    }

    fn key(&mut self) -> Msg {
        const KEYS: [Key; 14] = [
            Key::Enter,
            Key::Esc,
            Key::Tab,
            Key::BackTab,
            Key::Backspace,
            Key::Delete,
            Key::Up,
            Key::Down,
            Key::Left,
            Key::Right,
            Key::Home,
            Key::End,
            Key::PageUp,
            Key::PageDown,
        ];
        Msg::Key(match self.number(6) {
            0 => Chord::key(KEYS[self.number(KEYS.len())]),
            1 => Chord::char(char::from(b' ' + self.number(95) as u8)),
            2 => Chord::ctrl(char::from(b'a' + self.number(26) as u8)),
            // Prefer keys that are bound to a command.
            _ => {
                let row = &TABLE[self.number(TABLE.len())];
                let keys = parse_sequence(row.chords[self.number(row.chords.len())]);
                keys[self.number(keys.len())]
            }
        })
    }

    /// Returns a click at a random position, or a step of the mouse wheel.
    fn mouse(&mut self, (columns, rows): (u16, u16)) -> Msg {
        if self.number(4) == 0 {
            return Msg::Wheel { down: self.number(2) == 0 };
        }
        let column = self.number(columns.into()) as u16;
        let at = (column, self.number(rows.into()) as u16);
        Msg::Click { at, on: self.targets.at(at) }
    }

    fn next(&mut self, model: &Model) -> Msg {
        match self.number(20) {
            0 => Msg::Paste(self.word().to_owned()),
            // Sizes below the minimum are rare, because the console ignores keys at such a size.
            1 => match self.number(10) {
                0 => Msg::Resize {
                    columns: 1 + self.number(70) as u16,
                    rows: 1 + self.number(20) as u16,
                },
                _ => Msg::Resize {
                    columns: 60 + self.number(160) as u16,
                    rows: 15 + self.number(50) as u16,
                },
            },
            2 if self.number(20) == 0 => Msg::Hide,
            2 => self.mouse(model.size),
            // Sometimes paste the name or number that a dialog requires, because otherwise no
            // dialog would ever be confirmed.
            3 => match (model.top_as::<Confirm>(), model.top_as::<Unlock>()) {
                (Some(confirm), _) => Msg::Paste(confirm.credential.confirmation_word().to_owned()),
                (_, Some(_)) => Msg::Paste(model.workspace.name.clone()),
                _ if model.scopes().contains(&KeyScope::Marked) => {
                    Msg::Paste((1 + self.number(3)).to_string())
                }
                _ => self.key(),
            },
            // Only the production profiles of this test are locked, and they are rarely open, so
            // press the key that unlocks more often.
            9 if self.number(20) == 0 => Msg::Key(Chord::char('W')),
            // Sometimes save a form, because otherwise two edits would hardly ever conflict.
            10 if model.top_as::<Form>().is_some() => match self.number(2) {
                0 => Msg::Key(Chord::ctrl('s')),
                _ => Msg::Key(Chord::key(Key::Enter)),
            },
            4..=8 => self.answer().unwrap_or_else(|| self.key()),
            _ => self.key(),
        }
    }
}

#[test]
fn two_hundred_thousand_steps() {
    // This seed reaches every screen; most seeds do not.
    let mut monkey = Monkey {
        state: 0x00C0_0001,
        now: noon(),
        pending: app::start(),
        targets: ClickTargets::default(),
    };
    let workspace = Workspace::of(monkey.profile());
    let place = |path: &str| Destination {
        name: path.trim_matches('/').to_owned(),
        store: DestinationStore::File { path: path.to_owned() },
    };
    let destinations = vec![place("/run/secret"), place("/srv/{client_id}")];
    let facts = ConsoleFacts { destinations, ..ConsoleFacts::default() };
    let mut model = Model::new(
        Setup { workspace, usual: Method::Machine, facts, ..Setup::default() },
        monkey.now,
    );
    let mut seen = std::collections::HashSet::new();
    let mut narrator = Narrator::default();
    for step in 0..STEPS {
        let msg = monkey.next(&model);
        let effects = app::update(&mut model, monkey.now, msg);
        monkey.pending.extend(effects);
        if monkey.pending.len() > 200 {
            // Only timers, page requests and `Forget` are dropped. An effect that a form waits for
            // must get a response.
            let droppable = |effect: &Effect| {
                matches!(
                    effect,
                    Effect::After { .. }
                        | Effect::List(ListEffect::FetchPage { .. })
                        | Effect::Credential(CredentialEffect::Forget(_))
                )
            };
            if let Some(place) = monkey.pending.iter().position(droppable) {
                monkey.pending.remove(place);
            }
        }
        seen.extend(model.scopes());
        if step % DRAWN == 0 {
            let (columns, rows) = model.size;
            let theme = Theme {
                palette: if step % 3 == 0 { Palette::COLOR } else { Palette::HIGH_CONTRAST },
                unicode: step % 5 > 0,
                low_bandwidth: step % 7 == 0,
                linear: false,
                links: true,
            };
            let said = narrator.frame(&model, theme.linear());
            assert!(!said.contains(|c: char| c.is_control() && !"\r\n".contains(c)), "{said:?}");
            let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
            terminal
                .draw(|frame| monkey.targets = app::view::draw(&model, theme, frame).targets)
                .unwrap();
        }
        if model.quitting {
            model.quitting = false; // quitting must not end the test early
            model.writes = 0;
        }
    }
    let missed: Vec<_> =
        TABLE.iter().map(|row| row.scope).filter(|it| !seen.contains(it)).collect();
    assert!(missed.is_empty(), "the test did not reach {missed:?}");
}
