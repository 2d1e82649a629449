//! Counts the credentials of a list by age, last use, expiry and worst finding, and the changes
//! since a snapshot. Each count has a filter that selects its credentials, except the counts of
//! unknown values and of changes.

use jiff::Timestamp;

use super::{
    Kind, audit::Severity, credential::Expiry, expiry::ExpiryChart, filter::Filtered,
    snapshot::ChangeKind,
};

const DAY: i64 = 24 * 60 * 60;

/// Definition of a count on the overview screen, such as the number of credentials created in the
/// last 30 days.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// Heading of the group that the figure belongs to.
    pub group: &'static str,
    /// Name of the range of values that the figure counts.
    pub label: &'static str,
    /// Filter for tokens, and filter for clients; `None` for unknown values and changes, which no
    /// filter selects.
    filters: Option<(&'static str, &'static str)>,
}

impl Figure {
    /// Returns true if the figure is hidden while its count is 0. This applies to unknown values
    /// and to built-in clients. Callers must check [`Self::is_change`] first.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.filters.is_none_or(|(_, client)| client == BUILT_IN_FILTER)
    }

    /// Returns true if the figure counts changes since a snapshot.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.group == CHANGES_GROUP
    }

    /// Returns the filter that selects the credentials of this figure; `None` for unknown values
    /// and changes. `built_in` is true if the list contains built-in clients, which the filters of
    /// all other figures then exclude.
    #[must_use]
    pub fn filter(&self, kind: Kind, built_in: bool) -> Option<String> {
        let (token, client) = self.filters?;
        let filter = if kind == Kind::Token { token } else { client };
        let without = if built_in && filter != BUILT_IN_FILTER { "!is:built-in" } else { "" };
        Some(format!("{filter} {without}").trim().to_owned())
    }
}

const fn same(group: &'static str, label: &'static str, filter: &'static str) -> Figure {
    Figure { group, label, filters: Some((filter, filter)) }
}

const fn expiry(label: &'static str, token: &'static str, client: &'static str) -> Figure {
    Figure { group: "Expires", label, filters: Some((token, client)) }
}

const fn unknown(group: &'static str) -> Figure {
    Figure { group, label: "unknown", filters: None }
}

const fn change(label: &'static str) -> Figure {
    Figure { group: CHANGES_GROUP, label, filters: None }
}

/// Group of the figures for changes. As the heading of this group, the screen shows the age of the
/// snapshot.
const CHANGES_GROUP: &str = "Changes";

const BUILT_IN_FILTER: &str = "is:built-in";

/// All figures, in the order in which the screen shows them.
pub const FIGURES: [Figure; 28] = [
    same("All", "credentials", ""),
    same("All", "built in", BUILT_IN_FILTER),
    same("Created", "up to 30 d", "age<=30d"),
    same("Created", "30 to 180 d", "age>30d age<=180d"),
    same("Created", "180 d to 1 y", "age>180d age<=1y"),
    same("Created", "over 1 y", "age>1y"),
    unknown("Created"),
    same("Last used", "up to 1 d", "used<=1d"),
    same("Last used", "1 to 30 d", "used>1d used<=30d"),
    same("Last used", "30 to 90 d", "used>30d used<=90d"),
    same("Last used", "over 90 d", "used>90d"),
    same("Last used", "never", "!used"),
    unknown("Last used"),
    expiry("expired", "expired", "secret-expired"),
    expiry("in 30 d", "expires<=30d", "secret-expires<=30d"),
    expiry("in 30 to 90 d", "expires>30d expires<=90d", "secret-expires>30d secret-expires<=90d"),
    expiry("later", "expires>90d", "secret-expires>90d"),
    expiry("never", "expires:never", "secret-expires:never"),
    unknown("Expires"),
    same("Severity", "critical", "has:critical"),
    same("Severity", "high", "has:high !has:critical"),
    same("Severity", "medium", "has:medium !has:high"),
    same("Severity", "low", "has:low !has:medium"),
    same("Severity", "info", "has:info !has:low"),
    same("Severity", "none", "!has:info"),
    change("added"),
    change("changed"),
    change("removed"),
];

const BUILT_IN: usize = 1;
const CREATED: usize = 2;
const USED: usize = 7;
const EXPIRES: usize = 13;
const WORST: usize = 19;
const CHANGES: usize = 25;

/// Returns the index of the figure that counts a difference.
#[must_use]
pub const fn change_figure(what: &ChangeKind) -> usize {
    CHANGES
        + match what {
            ChangeKind::Added => 0,
            ChangeKind::Changed(_) => 1,
            ChangeKind::Removed => 2,
        }
}

/// Counts of the credentials of one list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    counts: [u32; FIGURES.len()],
    /// Expiries of the next 90 days.
    pub chart: ExpiryChart,
}

impl Figures {
    /// Counts a credential. A built-in client is counted only in the figure for built-in clients.
    pub fn add(&mut self, view: &impl Filtered, now: Timestamp) {
        if view.is_built_in() {
            self.counts[BUILT_IN] += 1;
            return;
        }
        let since = |at: Timestamp| now.as_second() - at.as_second();
        let created = match view.created() {
            Some(at) => bucket(since(at), &[30 * DAY, 180 * DAY, 365 * DAY]),
            None => 4,
        };
        let used = match view.used() {
            Some(at) => bucket(since(at), &[DAY, 30 * DAY, 90 * DAY]),
            None if view.reports_last_used() => 4,
            None => 5,
        };
        let worst = match view.worst() {
            Some(severity) => Severity::Critical as usize - severity as usize,
            None => 5,
        };
        for place in [0, CREATED + created, USED + used, WORST + worst] {
            self.counts[place] += 1;
        }
        let Some(expiry) = expiry_of(view) else { return };
        let place = match expiry {
            Expiry::At(at) if at <= now => 0,
            Expiry::At(at) => {
                let left = -since(at);
                self.chart.add(left);
                1 + bucket(left, &[30 * DAY, 90 * DAY])
            }
            Expiry::Never => 4,
            Expiry::Unknown => 5,
        };
        self.counts[EXPIRES + place] += 1;
    }

    /// Counts a credential that differs between a snapshot and the current list.
    pub const fn add_change(&mut self, what: &ChangeKind) {
        self.counts[change_figure(what)] += 1;
    }

    /// Returns the count of the figure at an index of [`FIGURES`].
    #[must_use]
    pub fn count(&self, figure: usize) -> u32 {
        self.counts.get(figure).copied().unwrap_or(0)
    }

    /// Returns true if the list has clients that the server created for itself.
    #[must_use]
    pub const fn has_built_in(&self) -> bool {
        self.counts[BUILT_IN] > 0
    }
}

/// Returns the index of the range that contains a value. Each limit belongs to the range below it.
fn bucket(value: i64, limits: &[i64]) -> usize {
    limits.iter().position(|limit| value <= *limit).unwrap_or(limits.len())
}

/// Returns the expiry of a token, or the earliest expiry of a client's active secrets. `None` if
/// the client has no active secret, or if it is not an M2M client and its secrets are unknown.
fn expiry_of(view: &impl Filtered) -> Option<Expiry> {
    if view.kind() == Kind::Token {
        return Some(Expiry::from(view.expires()));
    }
    let secrets = match view.secrets() {
        None if view.kind() == Kind::M2m => return Some(Expiry::Unknown),
        secrets => secrets.filter(|secrets| secrets.active > 0)?,
    };
    Some(Expiry::from(secrets.expires))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Client, Credential, Token,
        audit::rules,
        credential::{Posture, Record, SecretAge},
        filter::{AuditedCredential, Filter, FilterContext, Found, Matcher},
    };

    const NOW: &str = "2026-11-30T12:00:00.5Z";

    /// Returns `None` and the times at each limit, before and after [`NOW`]. Each time is also
    /// returned one second earlier and one second later.
    fn times() -> Vec<Option<Timestamp>> {
        let now: Timestamp = NOW.parse().unwrap();
        let mut times = vec![None];
        for days in [0, 1, 30, 90, 180, 365, 4000] {
            for offset in [-1, 0, 1] {
                for sign in [-1, 1] {
                    let seconds = now.as_second() + sign * days * DAY + offset;
                    times.push(Some(Timestamp::from_second(seconds).unwrap()));
                }
            }
        }
        times
    }

    fn record(number: usize, at: Option<Timestamp>) -> Record {
        Record {
            id: format!("{number}").into(),
            created_at: at,
            last_used_at: at,
            reports_last_used: number.is_multiple_of(2),
            built_in: number % 7 == 3,
            ..Record::default()
        }
    }

    fn token(number: usize, at: Option<Timestamp>) -> Credential {
        let record = record(number, at);
        Credential::Token(Token { record, expires_at: at, ..Token::default() })
    }

    fn client(number: usize, at: Option<Timestamp>) -> Client {
        let expires_at = (!number.is_multiple_of(3)).then_some(at);
        let secret =
            SecretAge { active: !number.is_multiple_of(5), expires_at, ..SecretAge::default() };
        let secrets = (!number.is_multiple_of(4)).then(|| vec![secret]);
        let posture = Some(Box::new(Posture { secrets, ..Posture::default() }));
        Client { record: record(number, at), posture, ..Client::default() }
    }

    #[test]
    fn each_figure_counts_what_its_filter_selects() {
        let now: Timestamp = NOW.parse().unwrap();
        let rule = rules::find("URL01").unwrap();
        let severities = Severity::WORST_FIRST.map(Some).into_iter().chain([None]).cycle();
        for kind in Kind::ALL {
            let credentials = times().into_iter().enumerate().map(|(number, at)| match kind {
                Kind::Token => token(number, at),
                Kind::Spa => Credential::Spa(client(number, at)),
                Kind::M2m => Credential::M2m(client(number, at)),
                Kind::Other => Credential::Other(client(number, at)),
            });
            let audited: Vec<(Credential, Vec<Found>)> = credentials
                .zip(severities.clone())
                .map(|(it, severity)| (it, severity.map(|it| (rule, it)).into_iter().collect()))
                .collect();
            let views = || {
                audited
                    .iter()
                    .map(|(credential, findings)| AuditedCredential { credential, findings })
            };
            let mut figures = Figures::default();
            views().for_each(|view| figures.add(&view, now));
            assert!(figures.has_built_in());
            for (place, figure) in FIGURES.iter().enumerate() {
                let Some(filter) = figure.filter(kind, true) else { continue };
                let parsed = Filter::parse(&filter).unwrap();
                let mut matcher = Matcher::new(&parsed, FilterContext { now, me: None });
                let selected = views().filter(|view| matcher.accepts(view)).count();
                assert_eq!(figures.count(place) as usize, selected, "{kind:?} {filter}");
            }
            for group in ["Created", "Last used", "Severity"] {
                let counts = FIGURES.iter().enumerate().filter(|(_, it)| it.group == group);
                let sum: u32 = counts.map(|(place, _)| figures.count(place)).sum();
                assert_eq!(sum, figures.count(0), "{group} covers every credential");
            }
        }
    }

    #[test]
    fn an_expiry_is_in_the_column_of_its_day() {
        let now: Timestamp = NOW.parse().unwrap();
        let mut figures = Figures::default();
        for days in [0, 2, 3, 89, 90, 91] {
            let at = Timestamp::from_second(now.as_second() + days * DAY + 1).ok();
            let credential = token(0, at);
            figures.add(&AuditedCredential { credential: &credential, findings: &[] }, now);
        }
        let counts = figures.chart.counts();
        assert_eq!((counts[0], counts[1], counts[29]), (2, 1, 1));
        assert_eq!(counts.iter().sum::<usize>(), 4);
    }
}
