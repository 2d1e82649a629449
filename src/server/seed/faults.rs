//! Common mistakes that the server accepts, planted in realistic credentials at fixed indexes so
//! that an audit has findings.

use super::SeedClient;
use crate::domain::{ClientDraft, Draft, TokenDraft};

/// Difference between the indexes of successive credentials with a fault.
const EVERY: u32 = 20;

/// Index, from 0, of the first credential with a fault. A seed with at most this number of
/// credentials of each kind has no faults.
const FIRST: u32 = 13;

/// A planted mistake: the audit rules that report it, and the change that causes it.
pub(super) struct Fault {
    pub rules: &'static [&'static str],
    pub spoil: Spoil,
}

/// Change that plants a fault. Each function also receives the index of the credential, for values
/// that must be unique.
#[derive(Clone, Copy)]
pub(super) enum Spoil {
    Client(fn(&mut ClientDraft, u32)),
    Token(fn(&mut TokenDraft, u32)),
    /// Sets the expiry, in days from now. A negative number is an expiry in the past.
    Ends(i64),
}

const fn client(rules: &'static [&'static str], spoil: fn(&mut ClientDraft, u32)) -> Fault {
    Fault { rules, spoil: Spoil::Client(spoil) }
}

const fn token(rules: &'static [&'static str], spoil: fn(&mut TokenDraft, u32)) -> Fault {
    Fault { rules, spoil: Spoil::Token(spoil) }
}

/// Faults of SPA clients. Before the change, [`plant`] replaces the client with a client without
/// findings, which has explicit URL lists and no stage in its name.
pub(super) const SPA: &[Fault] = &[
    client(&["URL03"], |it, n| it.callbacks.push(format!("http://localhost:9999/cb/{n}"))),
    client(&["URL03"], |it, n| it.callbacks.push(format!("http://localhost:5173/cb/{n}"))),
    client(&["ORG07", "URL30"], |it, n| {
        it.callbacks.push(format!("https://{:08x}.ngrok-free.app/cb", n.wrapping_mul(0x9E37_79B1)));
    }),
    client(&["ORG07", "URL17"], |it, n| {
        it.callbacks.push(format!("https://10.0.{}.7/cb", n % 250));
    }),
    client(&["ORG07", "URL18"], |it, n| it.callbacks.push(format!("https://169.254.169.254/{n}"))),
    client(&["ORG07", "URL29"], |it, n| {
        it.callbacks.push(format!("https://app{n}.your-domain.com/cb"));
    }),
    client(&["URL13"], |it, n| it.callbacks.push(format!("dev.acme.app{n}:/callback"))),
    client(&["URL26"], |it, _| it.callbacks.iter_mut().for_each(|url| url.push_str("?state=1"))),
    client(&["URL32"], |it, _| it.callbacks.push(format!("{}/", it.callbacks[0]))),
    client(&["URL36"], |it, _| {
        let more: Vec<String> = (0..12).map(|n| format!("{}/{n}", it.callbacks[0])).collect();
        it.callbacks.extend(more);
    }),
    client(&["ORG07", "URL19"], |it, n| it.callbacks.push(format!("https://intranet{n}/cb"))),
    client(&["ORG07", "URL24"], |it, n| it.callbacks.push(format!("https://app{n}.acrne.dev/cb"))),
    client(&["FLT01", "ORG07"], |it, _| {
        it.callbacks.push("https://one-for-all.acme.dev/callback".into());
    }),
    client(&["LGN07"], |it, n| it.logout_urls.push(format!("https://hall{n}.gallery.org/bye"))),
    client(&["ORG05"], |it, _| it.allowed_origins.push("https://*.acme.dev".into())),
    client(&["ORG06"], |it, n| it.web_origins.push(format!("https://hall{n}.gallery.org"))),
    client(&["ORG06", "ORG08"], |it, _| it.allowed_origins.push("http://localhost:9999".into())),
    client(&["NAM05"], |it, n| it.name = format!("Survey\u{200b} {n}")),
    client(&["NAM01", "NAM03"], |it, _| it.name = "test".into()),
];

/// Faults of M2M clients, planted without any other change.
pub(super) const M2M: &[Fault] = &[
    client(&["FLT03"], |it, _| it.name.insert_str(0, "Shared ")),
    client(&["NAM05"], |it, n| it.name = format!("Sync \u{202e}{n}")),
    client(&["NAM01", "NAM03"], |it, _| it.name = "untitled".into()),
];

/// Faults of tokens. Before a change to the draft, [`plant`] sets the APIs `maps` and `sql` and one
/// referer. The token has one grant, for one table.
pub(super) const TOKENS: &[Fault] = &[
    token(&["TOK05"], |it, _| it.grants[0].1 = "*".into()),
    token(&["TOK06"], |it, n| it.grants[0].1 = format!("acme.set{n}.*")),
    token(&["TOK08"], |it, n| it.referers = vec![format!("https://*.site{n}.acme.dev/*")]),
    token(&["TOK09"], |it, n| it.referers = vec![format!("http://site{n}.acme.dev/*")]),
    token(&["TOK10"], |it, n| it.referers = vec![format!("https://site{n}.acme.dev/map")]),
    token(&["TOK11"], |it, _| it.referers.push("http://localhost:9999/*".into())),
    token(&["TOK13"], |it, _| it.apis = vec!["imports".into()]),
    token(&["TOK06", "TOK16"], |it, _| {
        let (connection, source) = it.grants[0].clone();
        let project: Vec<&str> = source.split('.').take(2).collect();
        it.grants.push((connection, format!("{}.*", project.join("."))));
    }),
    Fault { rules: &["TOK03"], spoil: Spoil::Ends(-5) },
    Fault { rules: &["TOK02"], spoil: Spoil::Ends(900) },
];

/// Returns the fault to plant in the credential with the index `number`; `None` for most
/// credentials.
pub(super) fn of(draft: &Draft, number: u32) -> Option<&'static Fault> {
    let all = match draft {
        Draft::Spa(_) => SPA,
        Draft::M2m(_) => M2M,
        Draft::Token(_) => TOKENS,
        Draft::Other(_) => return None,
    };
    let turn = number.checked_sub(FIRST).filter(|it| it % EVERY == 0)? / EVERY;
    all.get(turn as usize % all.len())
}

/// Plants a fault in an example. Does nothing if the fault is for another kind of credential.
pub(super) fn plant(fault: &Fault, example: &mut SeedClient, number: u32) {
    match (&mut example.draft, fault.spoil) {
        (Draft::Spa(draft), Spoil::Client(spoil)) => {
            let origin = format!("https://shop{number}.acme.dev");
            *draft = ClientDraft {
                name: format!("Shop {number}"),
                login_url: format!("{origin}/"),
                callbacks: vec![format!("{origin}/callback")],
                logout_urls: vec![format!("{origin}/")],
                web_origins: vec![origin.clone()],
                allowed_origins: vec![origin],
                visibility: draft.visibility,
                ..ClientDraft::default()
            };
            spoil(draft, number);
        }
        (Draft::M2m(draft), Spoil::Client(spoil)) => spoil(draft, number),
        (Draft::Token(draft), Spoil::Token(spoil)) => {
            let site = format!("https://site{number}.acme.dev/*");
            (draft.apis, draft.referers) = (vec!["maps".into(), "sql".into()], vec![site]);
            spoil(draft, number);
        }
        (Draft::Token(_), Spoil::Ends(days)) => example.expires_in = Some(days),
        _ => {}
    }
}
