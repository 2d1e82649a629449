//! Example data: a small varied workspace for the demo, or any number of realistic credentials.
//!
//! Names, IDs and URLs depend only on a fixed seed, so screenshots and tests are reproducible.
//! Secrets are random, because a user may continue to use the example data.

mod faults;

use jiff::{SignedDuration, Timestamp};

use super::{
    keys::LETTERS,
    records::{body_of, new_secret},
    store::{
        self, Store, StoreError, User,
        credentials::{self, New},
    },
};
use crate::domain::{ClientDraft, Draft, Kind, TokenDraft, Visibility};

/// Example data for an empty store. A store with credentials is left unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Seed {
    /// No example data.
    #[default]
    Nothing,
    /// A small workspace with a variety of credentials.
    Demo,
    /// This number of credentials of each kind, and additional credentials shared by colleagues.
    Many(u32),
}

/// Adds the example data if the store has no credentials.
pub(super) fn apply(store: &mut Store, seed: Seed, now: Timestamp) -> Result<(), StoreError> {
    let examples = match seed {
        Seed::Nothing => return Ok(()),
        Seed::Demo => demo(),
        Seed::Many(many) => Box::new(invented(many).map(|(example, _)| example)),
    };
    store.with(|connection, at_rest| {
        // Counted inside the transaction, because two processes may open the same data at the same
        // time.
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        if credentials::count(&transaction)? > 0 {
            return Ok(());
        }
        for user in colleagues() {
            store::add_user(&transaction, &user)?;
        }
        let mut ids = Numbers(0x5EED);
        for example in examples {
            let kind = example.draft.kind();
            let expires_at = example.expires_in.map(|days| later(now, days));
            let (name, visibility, body) = body_of(example.draft);
            let id = match kind {
                Kind::Token => format!("tok_{}", ids.letters(16)),
                Kind::Spa | Kind::M2m | Kind::Other => ids.letters(32),
            };
            let new = New {
                id: &id,
                kind,
                owner: &example.owner.user_id,
                name: &name,
                visibility,
                body: &body,
                secret: &new_secret(kind),
                created_at: later(now, -example.age),
                last_used_at: example.used.map(|days| later(now, -days)),
                expires_at,
            };
            credentials::insert(&transaction, at_rest, &new)?;
        }
        transaction.commit()?;
        Ok(())
    })
}

/// Returns the other users of the example organization: an admin, an editor and a viewer.
#[must_use]
pub fn colleagues() -> [User; 3] {
    [User::new("grace", "admin"), User::new("linus", "editor"), User::new("vera", "viewer")]
}

struct SeedClient {
    draft: Draft,
    owner: User,
    /// Days since creation.
    age: i64,
    /// Days since last use; `None` means never.
    used: Option<i64>,
    /// Days until expiry, negative for an expiry in the past; `None` means never.
    expires_in: Option<i64>,
}

fn later(now: Timestamp, days: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(now)
}

fn demo() -> Box<dyn Iterator<Item = SeedClient>> {
    let mine = User::seeded;
    let [grace, linus, _] = colleagues();
    let list = |urls: &[&str]| urls.iter().map(|&url| url.to_owned()).collect::<Vec<_>>();
    let spa = |name: &str, login: &str, age, used| SeedClient {
        draft: Draft::Spa(ClientDraft {
            name: name.into(),
            login_url: login.into(),
            use_default_urls: true,
            ..ClientDraft::default()
        }),
        owner: mine(),
        age,
        used,
        expires_in: None,
    };
    let listed =
        |name: &str, login: &str, callbacks: &[&str], origins: &[&str], age, used| SeedClient {
            draft: Draft::Spa(ClientDraft {
                name: name.into(),
                login_url: login.into(),
                use_default_urls: false,
                callbacks: list(callbacks),
                logout_urls: list(&callbacks[..1]),
                web_origins: list(origins),
                allowed_origins: list(origins),
                ..ClientDraft::default()
            }),
            owner: mine(),
            age,
            used,
            expires_in: None,
        };
    let m2m = |name: &str, age, used| SeedClient {
        draft: Draft::M2m(ClientDraft { name: name.into(), ..ClientDraft::default() }),
        owner: mine(),
        age,
        used,
        expires_in: None,
    };
    let token =
        |name: &str, apis: &[&str], grants: &[(&str, &str)], referers: &[&str], expires_in| {
            SeedClient {
                draft: Draft::Token(TokenDraft {
                    name: name.into(),
                    apis: list(apis),
                    grants: grants.iter().map(|&(c, s)| (c.to_owned(), s.to_owned())).collect(),
                    referers: list(referers),
                    ..TokenDraft::default()
                }),
                owner: mine(),
                age: 40,
                used: None,
                expires_in,
            }
        };
    let shared = |mut example: SeedClient, owner: &User| {
        example.owner = owner.clone();
        match &mut example.draft {
            Draft::Token(token) => token.visibility = Visibility::Organization,
            Draft::Spa(client) | Draft::M2m(client) | Draft::Other(client) => {
                client.visibility = Visibility::Organization;
            }
        }
        example
    };
    let examples = vec![
        spa("Store locator", "https://stores.acme.dev/", 3, Some(0)),
        spa("Store analytics", "https://analytics.acme.dev/", 41, Some(1)),
        spa("Delivery zones", "https://zones.acme.dev/app", 120, Some(9)),
        spa("Field survey (Zürich)", "https://survey.acme.dev/", 15, None),
        listed(
            "Fleet dashboard",
            "https://fleet.acme.dev/",
            &["https://fleet.acme.dev/callback", "https://fleet.acme.dev/silent-renew"],
            &["https://fleet.acme.dev"],
            210,
            Some(2),
        ),
        listed(
            "Fleet dashboard (staging)",
            "https://fleet.staging.acme.dev/",
            &["https://fleet.staging.acme.dev/callback", "http://localhost:5173/callback"],
            &["https://fleet.staging.acme.dev", "http://localhost:5173"],
            95,
            Some(30),
        ),
        listed(
            "MCP inspector",
            "https://mcp.acme.dev/",
            &["http://localhost:8000/callback", "http://127.0.0.1:6274/oauth/callback"],
            &["http://localhost:8000"],
            7,
            Some(4),
        ),
        spa("東京 demo map", "https://tokyo.acme.dev/", 64, None),
        spa("Retail heatmap", "https://heat.acme.dev/", 512, Some(400)),
        spa("Parcel viewer", "https://parcels.acme.dev/", 33, Some(3)),
        shared(spa("Price atlas", "https://prices.acme.dev/", 80, Some(0)), &mine()),
        spa("Local playground", "http://localhost:3000/", 1, None),
        m2m("Nightly sync", 300, Some(0)),
        m2m("Warehouse import", 48, Some(1)),
        m2m("Report mailer", 610, Some(190)),
        m2m("Geocoding batch", 12, Some(2)),
        m2m("CI smoke tests", 90, Some(0)),
        m2m("Old ETL (to be removed)", 900, None),
        shared(m2m("Tile warmer", 27, Some(0)), &mine()),
        token(
            "Store map",
            &["maps"],
            &[("carto_dw", "acme.retail.stores")],
            &["https://stores.acme.dev/*"],
            None,
        ),
        token(
            "Open data portal",
            &["maps", "sql"],
            &[("carto_dw", "acme.open.*")],
            &["https://data.acme.dev/*"],
            Some(51),
        ),
        token("Isoline script", &["lds"], &[("carto_dw", "*")], &[], Some(12)),
        token(
            "Sensor upload",
            &["imports"],
            &[("bigquery_iot", "iot.raw.sensors")],
            &[],
            Some(300),
        ),
        shared(spa("City pulse", "https://pulse.acme.dev/", 55, Some(1)), &grace),
        shared(spa("Campus map", "https://campus.acme.dev/", 20, None), &linus),
        shared(m2m("Address cleaner", 140, Some(0)), &grace),
        shared(
            token("Grace's preview", &["maps"], &[("carto_dw", "acme.lab.*")], &[], None),
            &grace,
        ),
    ];
    Box::new(examples.into_iter())
}

const THINGS: [&str; 16] = [
    "Store", "Fleet", "Parcel", "Delivery", "Retail", "Sensor", "Network", "Branch", "Site",
    "Route", "Census", "Harbour", "Forest", "Weather", "Transit", "Energy",
];
const USES: [&str; 12] = [
    "locator",
    "analytics",
    "dashboard",
    "viewer",
    "planner",
    "heatmap",
    "monitor",
    "portal",
    "survey",
    "catalog",
    "forecast",
    "explorer",
];
const STAGES: [&str; 5] = ["prod", "staging", "dev", "demo", "qa"];

fn invented(many: u32) -> impl Iterator<Item = (SeedClient, Option<&'static faults::Fault>)> {
    let mut numbers = Numbers(0xCA27_0000);
    let [grace, linus, _] = colleagues();
    // Credentials shared by colleagues are additional, so that the user owns exactly `many`
    // credentials of each kind.
    let theirs = (many / 25).clamp(2.min(many), 2_000);
    (0..many + theirs).flat_map(move |index| {
        let mut pick = |below: u64| numbers.below(below);
        let (thing, use_) = (THINGS[pick(16)], USES[pick(12)]);
        let stage = STAGES[pick(5)];
        let name = format!("{thing} {use_} {stage} {index:06}");
        let host = format!("{}-{use_}-{index}.{stage}.acme.dev", thing.to_lowercase());
        let (owner, visibility) = match index.checked_sub(many) {
            Some(n) if n % 2 == 0 => (grace.clone(), Visibility::Organization),
            Some(_) => (linus.clone(), Visibility::Organization),
            None if index % 40 == 7 => (User::seeded(), Visibility::Organization),
            None => (User::seeded(), Visibility::Private),
        };
        let age = i64::try_from(pick(900)).unwrap_or(0);
        let used = (pick(5) > 0).then(|| i64::try_from(pick(200)).unwrap_or(0).min(age));
        let login_url = format!("https://{host}/");
        let defaults = pick(3) > 0;
        let callbacks = (0..=pick(3)).map(|n| format!("https://{host}/callback/{n}")).collect();
        let origins = vec![format!("https://{host}")];
        let spa = ClientDraft {
            name: name.clone(),
            login_url: login_url.clone(),
            use_default_urls: defaults,
            callbacks,
            logout_urls: vec![login_url],
            web_origins: origins.clone(),
            allowed_origins: origins,
            visibility,
            ..ClientDraft::default()
        };
        let apis: Vec<String> = match pick(4) {
            0 => vec!["sql".into()],
            1 => vec!["maps".into(), "sql".into()],
            2 => vec!["lds".into()],
            _ => vec!["maps".into()],
        };
        let token = TokenDraft {
            name: name.clone(),
            apis,
            grants: vec![("carto_dw".into(), format!("acme.{use_}.t{index}"))],
            referers: if pick(2) == 0 { Vec::new() } else { vec![format!("https://{host}/*")] },
            visibility,
            ..TokenDraft::default()
        };
        let expires_in = (pick(2) == 0).then(|| i64::try_from(pick(365)).unwrap_or(0) + 1);
        let m2m = Draft::M2m(ClientDraft { name, visibility, ..ClientDraft::default() });
        [(Draft::Spa(spa), None), (m2m, None), (Draft::Token(token), expires_in)].map(
            |(draft, expires_in)| {
                let fault = if index < many { faults::of(&draft, index) } else { None };
                let owner = owner.clone();
                let mut example = SeedClient { draft, owner, age, used, expires_in };
                if let Some(fault) = fault {
                    faults::plant(fault, &mut example, index);
                }
                (example, fault)
            },
        )
    })
}

/// Returns the faults planted by [`Seed::Many`], which an audit must find: for each fault, the IDs
/// of the rules that report it, and the name of the credential. Other rules may report more
/// findings.
pub fn planted(many: u32) -> impl Iterator<Item = (&'static [&'static str], String)> {
    invented(many).filter_map(|(example, fault)| {
        fault.map(|fault| (fault.rules, example.draft.name().to_owned()))
    })
}

/// Pseudo-random sequence (SplitMix64) that depends on its seed only, not on the platform.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> usize {
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    fn letters(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(LETTERS[self.below(62)])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_planted_that_the_contract_refuses() {
        for (example, fault) in invented(1000) {
            let rules = fault.map(|fault| fault.rules);
            assert_eq!(example.draft.problems(), [], "{:?} {rules:?}", example.draft);
        }
    }
}
