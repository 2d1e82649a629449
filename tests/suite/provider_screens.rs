//! Screens that appear only with some providers: clients of kind Other, missing kinds, secrets that
//! are shown once, rate limits. There is no server; the tests insert the responses of a provider.

use std::sync::Arc;

use credenza::{
    api::{Abilities, Access, ApiError, Capabilities, Me, Page, Scope, Secrecy},
    app::{CredentialMsg, ListMsg, Msg, Saved, ServerMsg, list::Fetch, remote::Ticket},
    domain::{
        Client, Credential, Kind, Secret,
        credential::Record,
        draft::{Field, FieldRules},
    },
    keys::chord::parse_sequence,
    shell::connection::Target,
};

use crate::{
    common::desk::{ASCII, COLOR, Desk, MONO},
    screens::{SIZES, keep},
};

fn client(kind: Kind, name: &str, app_type: Option<&str>) -> Credential {
    let record = Record {
        id: format!("{}-id", name.to_lowercase().replace(' ', "-")).as_str().into(),
        name: name.into(),
        version: Some("1".into()),
        has: credenza::domain::draft::Fields::of(&[Field::Name, Field::Callbacks]),
        ..Record::default()
    };
    let client = Client {
        record,
        callbacks: vec!["https://portal.example.com/cb".into()],
        app_type: app_type.map(Into::into),
        ..Client::default()
    };
    Credential::of_client(kind, client)
}

/// Returns the capabilities of a provider without tokens. It shows a secret once, and issues a new
/// secret with every edit of a client of kind Other.
fn capabilities() -> Capabilities {
    let all = Abilities {
        secrecy: Secrecy::Once("Acme shows a secret once, when it is made".into()),
        shape: FieldRules::open(&[Field::Name, Field::Callbacks]),
        ..Abilities::all()
    };
    let spa = Abilities { secrecy: Secrecy::None, ..all.clone() };
    let other = Abilities {
        create: Access::no("Web applications are made on Acme's own page"),
        edit_rotates: true,
        ..all.clone()
    };
    Capabilities::of_clients("https://id.acme.example", "Acme", spa, all, other)
}

struct Console(Desk);

impl Console {
    fn new(columns: u16, rows: u16, theme: credenza::ui::Theme) -> Self {
        let bearer = Arc::new(Secret::new("x".into()));
        let target = Target::Remote { base_url: "http://127.0.0.1:9".into(), bearer };
        let mut console = Self(Desk::new("acme", target, columns, rows, theme));
        console.take(Msg::Resize { columns, rows });
        console.take(Msg::Server(ServerMsg::Connected {
            round: 0,
            result: Ok("https://id.acme.example".into()),
        }));
        console.take(Msg::Server(ServerMsg::Me(Ok(Me {
            email: "ada@acme.example".into(),
            ..Me::default()
        }))));
        console.take(Msg::Server(ServerMsg::Capabilities(Ok(Box::new(capabilities())))));
        console
    }

    fn take(&mut self, msg: Msg) {
        self.0.console.take(msg);
    }

    fn press(&mut self, keys: &str) {
        for chord in parse_sequence(keys) {
            self.take(Msg::Key(chord));
        }
    }

    fn types(&mut self, text: &str) {
        self.take(Msg::Paste(text.to_owned()));
    }

    fn ticket(&self, kind: Kind) -> Ticket {
        match &self.0.console.model.list_of(Scope::Mine, kind).fetch {
            Fetch::Loading { ticket, .. } => *ticket,
            other => panic!("{other:?}"),
        }
    }

    fn lists(&mut self, kind: Kind, entries: Vec<Credential>, more: bool) {
        let page = Page { entries, total: more.then_some(9000), next: more.then(String::new) };
        self.take(Msg::List(ListMsg::Page {
            ticket: self.ticket(kind),
            scope: Scope::Mine,
            kind,
            result: Ok(page),
        }));
    }

    fn keep(mut self, name: &str, theme: credenza::ui::Theme) {
        self.0.console.draw().unwrap();
        self.0.catch_up();
        let (columns, rows) = self.0.console.model.size;
        keep(&format!("{name}_{columns}x{rows}"), &self.0, theme);
    }
}

fn at_every_size(name: &str, theme: credenza::ui::Theme, steps: impl Fn(&mut Console)) {
    for (columns, rows) in SIZES {
        let mut console = Console::new(columns, rows, theme);
        steps(&mut console);
        console.keep(name, theme);
    }
}

fn others() -> Vec<Credential> {
    vec![
        client(Kind::Other, "Portal", Some("web, confidential")),
        client(Kind::Other, "Handheld \u{202e}evil", Some("native")),
    ]
}

#[tokio::test]
async fn other_clients_have_a_tab_of_their_own() {
    for theme in [COLOR, MONO, ASCII] {
        at_every_size("other_list", theme, |console| {
            console.press("4");
            console.lists(Kind::Other, others(), false);
        });
    }
}

#[tokio::test]
async fn a_kind_that_a_provider_lacks_says_why() {
    at_every_size("no_tokens", COLOR, |console| console.press("1"));
}

#[tokio::test]
async fn a_secret_is_shown_once() {
    let made = || Saved {
        credential: client(Kind::M2m, "Nightly sync", None),
        secret: true,
        side_effects: Vec::new(),
    };
    for theme in [COLOR, MONO] {
        at_every_size("once", theme, |console| {
            console.take(Msg::Credential(CredentialMsg::Created(Ok(made()))));
        });
    }
    at_every_size("once_leaving", COLOR, |console| {
        console.take(Msg::Credential(CredentialMsg::Rotated(Ok(made()))));
        console.press("esc");
    });
}

#[tokio::test]
async fn an_edit_that_makes_a_new_secret_warns_before() {
    at_every_size("edit_rotates", COLOR, |console| {
        console.press("4");
        console.lists(Kind::Other, others(), false);
        console.press("G e");
        let ticket = console.0.console.model.opening.clone().unwrap().ticket;
        let credential = client(Kind::Other, "Portal", Some("web, confidential"));
        console.take(Msg::Credential(CredentialMsg::Shown { ticket, result: Ok(credential) }));
        console.types(" 2");
        console.press("ctrl-s");
    });
}

#[tokio::test]
async fn waits_are_counted_down() {
    at_every_size("list_waits", COLOR, |console| {
        console.lists(Kind::Spa, vec![client(Kind::Spa, "Shop", None)], true);
        let limited = Err(ApiError::Limited { seconds: 12 });
        console.take(Msg::List(ListMsg::Page {
            ticket: console.ticket(Kind::Spa),
            scope: Scope::Mine,
            kind: Kind::Spa,
            result: limited,
        }));
    });
    at_every_size("list_stopped", COLOR, |console| {
        console.lists(Kind::Spa, vec![client(Kind::Spa, "Shop", None)], true);
        console.press("esc");
    });
    at_every_size("write_waits", COLOR, |console| {
        console.press("a 3");
        console.types("Robot");
        console.press("ctrl-s");
        console
            .take(Msg::Credential(CredentialMsg::Created(Err(ApiError::Limited { seconds: 12 }))));
    });
}
