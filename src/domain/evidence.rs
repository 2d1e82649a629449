//! Evidence of use: log lines that contain the ID of a client, or events that a server recorded,
//! with their times.
//!
//! A line or event with an error, such as a rejected client secret, does not prove use and is
//! counted separately.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, BuildError, MatchKind};
use jiff::{Timestamp, civil::DateTime, fmt::strtime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{Credential, age, profile::Word as _, text, whose::ID_NAMES};

/// Minimum length of an ID that is recognized anywhere in a line. A shorter ID is recognized only as
/// the value of a member such as `client_id`.
const SHORTEST: usize = 8;

/// Names of members in JSON logs that can contain a time in seconds or milliseconds since 1970.
const EPOCH_NAMES: [&str; 4] = ["\"time\":", "\"timestamp\":", "\"ts\":", "\"@timestamp\":"];

/// Log lines or events about one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Number of lines or events without an error.
    pub uses: u64,
    /// Number of lines or events with an error.
    pub failures: u64,
    /// Earliest time of a use.
    pub first: Option<Timestamp>,
    /// Latest time of a use.
    pub last: Option<Timestamp>,
    /// Open sessions of users who signed in through the client; `None` if unknown.
    pub sessions: Option<OpenSessions>,
}

impl Evidence {
    /// Returns true if there is no use, no failure and no open session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.uses + self.failures == 0 && self.sessions.is_none_or(OpenSessions::is_empty)
    }

    /// Counts a line or an event.
    pub fn count(&mut self, at: Option<Timestamp>, is_failure: bool) {
        if is_failure {
            self.failures += 1;
            return;
        }
        self.uses += 1;
        if let Some(at) = at {
            widen(&mut self.first, &mut self.last, at);
        }
    }
}

/// Numbers of open sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct OpenSessions {
    /// Sessions of signed-in users.
    pub active: u64,
    /// Sessions that a refresh token with the scope `offline_access` keeps open.
    pub offline: u64,
}

impl OpenSessions {
    /// Returns true if no session is open.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.active + self.offline == 0
    }
}

/// Log lines or events that were read, and the period that they cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Number of lines or events.
    pub entries: u64,
    /// Number of lines or events with a time.
    pub dated: u64,
    /// Start of the period.
    pub from: Option<Timestamp>,
    /// End of the period.
    pub to: Option<Timestamp>,
}

impl Coverage {
    /// Counts a line or an event, and extends the period to its time.
    pub fn count(&mut self, at: Option<Timestamp>) {
        self.entries += 1;
        if let Some(at) = at {
            self.dated += 1;
            widen(&mut self.from, &mut self.to, at);
        }
    }
}

/// Uses of clients that a server recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordedUses {
    /// Evidence by client ID.
    pub clients: BTreeMap<String, Evidence>,
    /// True if the open sessions were read. A client without an entry then has no open sessions.
    pub has_sessions: bool,
    /// Events that were read, and the period that they cover. The period ends at the time of the
    /// request.
    pub coverage: Coverage,
    /// Events that the server does not record, one sentence each.
    pub notes: Vec<String>,
    /// Reasons why events or sessions are missing.
    pub incomplete: Vec<String>,
}

impl RecordedUses {
    /// Returns the evidence about a client.
    #[must_use]
    pub fn of(&self, client_id: &str) -> Evidence {
        let found = self.clients.get(client_id).copied().unwrap_or_default();
        let sessions = self.has_sessions.then(|| found.sessions.unwrap_or_default());
        Evidence { sessions, ..found }
    }
}

/// Logs that were searched, and the period that they cover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchedLogs {
    /// Names of the log files.
    pub names: String,
    /// Earliest time in the logs.
    pub from: Timestamp,
    /// Latest time in the logs.
    pub to: Timestamp,
}

/// Evidence about one credential from earlier searches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KnownUse {
    /// Time of the latest use and the logs that contain it; `None` if no search found a use. The time
    /// is `None` if the log line has no time.
    pub last: Option<(Option<Timestamp>, SearchedLogs)>,
    /// Logs of the latest search that found no use.
    pub without: Option<SearchedLogs>,
    /// Open sessions, and the time at which they were counted; `None` if unknown.
    #[serde(default)]
    pub sessions: Option<(OpenSessions, Timestamp)>,
}

impl KnownUse {
    /// Describes the evidence and its limits in one to three sentences.
    #[must_use]
    pub fn sentence(&self) -> String {
        let sessions = self.sessions.map(|(sessions, at)| {
            let OpenSessions { active, offline } = sessions;
            let sessions = if offline == 0 {
                format!("Open sessions: {active}")
            } else {
                format!("Open sessions: {active}, offline: {offline}")
            };
            format!("{sessions} ({}).", age::utc(at))
        });
        let parts = [self.searched(), sessions.unwrap_or_default()];
        parts.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
    }

    fn searched(&self) -> String {
        let names = |logs: &SearchedLogs| text::clip(&text::shown(&logs.names), 60).into_owned();
        let without = |logs: &SearchedLogs| {
            let (from, to) = (age::utc(logs.from), age::utc(logs.to));
            format!("No use in {} from {from} to {to}.", names(logs))
        };
        match (&self.last, &self.without) {
            (None, None) => String::new(),
            (None, Some(logs)) => format!("{} Use at other times is unknown.", without(logs)),
            (Some((at, logs)), later) => {
                let later = later.as_ref().filter(|it| it.from >= logs.to).map(without);
                let end =
                    later.unwrap_or_else(|| format!("The log ends on {}.", age::utc(logs.to)));
                match at {
                    Some(at) => format!("Last use in {}: {}. {end}", names(logs), age::utc(*at)),
                    None => format!("Used in {}, at an unknown time. {end}", names(logs)),
                }
            }
        }
    }
}

/// Evidence of use that earlier searches found in log files and recorded events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KnownUses {
    credentials: BTreeMap<String, KnownUse>,
}

impl KnownUses {
    /// Returns the evidence about a credential; `None` if no search recorded any result for it.
    #[must_use]
    pub fn of(&self, credential: &Credential) -> Option<&KnownUse> {
        self.credentials.get(&key(credential))
    }

    /// Adds the result of a search in the named logs at the time `now`. If the logs have no times,
    /// only the open sessions are added.
    pub fn add(
        &mut self,
        credential: &Credential,
        found: &Evidence,
        coverage: &Coverage,
        logs: &str,
        now: Timestamp,
    ) {
        let period = coverage.from.zip(coverage.to);
        if period.is_none() && found.sessions.is_none() {
            return;
        }
        let known = self.credentials.entry(key(credential)).or_default();
        if let Some(sessions) = found.sessions {
            known.sessions = Some((sessions, now));
        }
        let Some((from, to)) = period else { return };
        let logs = SearchedLogs { names: logs.to_owned(), from, to };
        if found.uses == 0 {
            known.without = Some(logs);
        } else if known.last.as_ref().is_none_or(|(last, _)| *last <= found.last) {
            known.last = Some((found.last, logs));
        }
    }
}

fn key(credential: &Credential) -> String {
    format!("{} {}", credential.kind().word(), credential.id().raw())
}

/// Search for IDs in the lines of log files.
#[derive(Debug)]
pub struct LogSearch {
    ids: Vec<String>,
    automaton: AhoCorasick,
    /// Evidence of each ID, in the order of `ids`.
    pub found: Vec<Evidence>,
    /// Lines that were read.
    pub coverage: Coverage,
}

impl LogSearch {
    /// Prepares the search for IDs.
    ///
    /// # Errors
    /// Returns an error if the IDs are longer than 2 GiB in total.
    pub fn new(ids: Vec<String>) -> Result<Self, BuildError> {
        let automaton =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&ids)?;
        let found = vec![Evidence::default(); ids.len()];
        Ok(Self { ids, automaton, found, coverage: Coverage::default() })
    }

    /// Searches one line.
    pub fn line(&mut self, line: &str) {
        let at = time_of(line);
        self.coverage.count(at);
        let is_failure = has_error(line);
        let mut seen: Vec<usize> = Vec::new();
        for found in self.automaton.find_iter(line) {
            let place = found.pattern().as_usize();
            let id = &self.ids[place];
            let is_named = id.len() >= SHORTEST || is_value(&line[..found.start()]);
            let is_whole = is_bounded(line, found.start(), found.end());
            if id.is_empty() || !is_whole || !is_named || seen.contains(&place) {
                continue;
            }
            seen.push(place);
            self.found[place].count(at, is_failure);
        }
    }
}

fn widen(from: &mut Option<Timestamp>, to: &mut Option<Timestamp>, at: Timestamp) {
    *from = Some(from.map_or(at, |from| from.min(at)));
    *to = Some(to.map_or(at, |to| to.max(at)));
}

/// Returns true if the text from `start` to `end` is not part of a longer word.
fn is_bounded(line: &str, start: usize, end: usize) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || "-_".contains(c);
    let mut after = line[end..].chars();
    let ends = match (after.next(), after.next()) {
        (Some('.'), Some(next)) => !is_word(next),
        (Some(next), _) => !is_word(next),
        (None, _) => true,
    };
    let mut before = line[..start].chars().rev();
    let starts = match (before.next(), before.next()) {
        (Some('.'), Some(previous)) => !is_word(previous),
        (Some(previous), _) => !is_word(previous),
        (None, _) => true,
    };
    starts && ends
}

/// Returns true if the value of a member such as `client_id` follows the text.
fn is_value(before: &str) -> bool {
    let name = before.trim_end_matches(['"', '\'', '\\', ' ']);
    let name = name.strip_suffix([':', '=']).unwrap_or(name);
    let name = name.trim_end_matches(['"', '\'', '\\', ' ']);
    name.len() < before.len() && ID_NAMES.iter().any(|id| name.ends_with(id))
}

/// Returns true for a line with an OAuth error, an error event of Keycloak, or the HTTP status 4xx or
/// 5xx of an access log.
fn has_error(line: &str) -> bool {
    let words = ["_ERROR", "error=", "\"error\":\"", "\\\"error\\\":", "invalid_client"];
    let is_error = words.iter().any(|word| line.contains(word));
    let status = line.match_indices("\" ").any(|(at, _)| {
        let rest = &line.as_bytes()[at + 2..];
        matches!(rest, [b'4' | b'5', b, c, b' ', ..] if b.is_ascii_digit() && c.is_ascii_digit())
    });
    is_error || status
}

/// Returns the time of a line. Tries, in this order: a date and time of RFC 3339 or ISO 8601, the
/// access-log format of web servers, and a number of seconds or milliseconds in JSON. A time without
/// a zone is taken as UTC.
fn time_of(line: &str) -> Option<Timestamp> {
    iso(line).or_else(|| access_log(line)).or_else(|| epoch(line))
}

fn iso(line: &str) -> Option<Timestamp> {
    let bytes = line.as_bytes();
    let digits = |at: usize, count: usize| {
        bytes.get(at..at + count).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let start = memchr::memchr_iter(b'-', bytes).find_map(|at| {
        let start = at.checked_sub(4)?;
        let is_date = digits(start, 4) && digits(start + 5, 2) && digits(start + 8, 2);
        let is_time = matches!(bytes.get(start + 10), Some(b'T' | b' ')) && digits(start + 11, 2);
        (is_date && is_time).then_some(start)
    })?;
    let rest = &line[start..];
    let length = rest.char_indices().skip(11).find(|(_, c)| !"0123456789:.,+-Zz".contains(*c));
    let text =
        rest[..length.map_or(rest.len(), |(at, _)| at)].replace(',', ".").replacen(' ', "T", 1);
    let text = text.trim_end_matches(['.', ':', '-', '+']);
    text.parse::<Timestamp>().ok().or_else(|| {
        let read: DateTime = text.parse().ok()?;
        Some(read.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

fn access_log(line: &str) -> Option<Timestamp> {
    let (_, rest) = line.split_once('[')?;
    let (text, _) = rest.split_once(']')?;
    strtime::parse("%d/%b/%Y:%H:%M:%S %z", text).ok()?.to_timestamp().ok()
}

fn epoch(line: &str) -> Option<Timestamp> {
    let number = EPOCH_NAMES.iter().find_map(|name| {
        let (_, rest) = line.split_once(name)?;
        let rest = rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse::<i64>().ok()
    })?;
    // Seconds have ten digits until the year 2286.
    if number >= 100_000_000_000 {
        Timestamp::from_millisecond(number).ok()
    } else {
        Timestamp::from_second(number).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No sentence describes the period between two searches as a period without use.
    #[test]
    fn known_uses_state_only_what_was_searched() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let record = crate::domain::credential::Record { id: "sync".into(), ..Default::default() };
        let client = Credential::M2m(crate::domain::Client { record, ..Default::default() });
        let covered = |from: &str, to: &str| Coverage {
            from: Some(at(from)),
            to: Some(at(to)),
            ..Coverage::default()
        };
        let (january, december) = (
            covered("2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z"),
            covered("2026-12-01T00:00:00Z", "2026-12-31T00:00:00Z"),
        );
        let now = at("2027-01-01T00:00:00Z");
        let mut known = KnownUses::default();
        let sentence = |known: &KnownUses| known.of(&client).expect("known").sentence();
        known.add(&client, &Evidence::default(), &january, "old.log", now);
        known.add(&client, &Evidence::default(), &december, "new.log", now);
        assert_eq!(
            sentence(&known),
            "No use in new.log from 2026-12-01 00:00 UTC to 2026-12-31 00:00 UTC. Use at other times is unknown."
        );
        let used =
            Evidence { uses: 1, last: Some(at("2026-01-05T00:00:00Z")), ..Evidence::default() };
        known.add(&client, &used, &january, "old.log", now);
        assert_eq!(
            sentence(&known),
            "Last use in old.log: 2026-01-05 00:00 UTC. No use in new.log from 2026-12-01 00:00 UTC to 2026-12-31 00:00 UTC."
        );
        let mut known = KnownUses::default();
        known.add(&client, &Evidence { uses: 1, ..Evidence::default() }, &january, "old.log", now);
        assert_eq!(
            sentence(&known),
            "Used in old.log, at an unknown time. The log ends on 2026-01-31 00:00 UTC."
        );
        let mut known = KnownUses::default();
        let sessions = Some(OpenSessions { active: 2, offline: 1 });
        let open = Evidence { sessions, ..Evidence::default() };
        known.add(&client, &open, &Coverage::default(), "events", now);
        assert_eq!(sentence(&known), "Open sessions: 2, offline: 1 (2027-01-01 00:00 UTC).");
    }

    const KEYCLOAK: &str = r#"2026-11-30 17:13:23,097 DEBUG [org.keycloak.events] (executor-thread-1) type="CLIENT_LOGIN", realmId="6ec84ee1", realmName="acme", clientId="shop", userId="null", ipAddress="127.0.0.1", grant_type="client_credentials""#;
    const REFUSED: &str = r#"2026-11-30 17:14:00,000 WARN  [org.keycloak.events] (executor-thread-1) type="CLIENT_LOGIN_ERROR", realmName="acme", clientId="shop", error="invalid_client_credentials""#;
    const NGINX: &str = r#"10.0.0.1 - - [01/Dec/2026:08:00:00 +0100] "GET /auth?client_id=k3Jd81sLq0ZtR4nV&redirect_uri=x HTTP/1.1" 302 0 "-" "curl""#;
    const EVENT: &str = r#"{"time": 1672831989826, "type": "CLIENT_LOGIN", "clientId": "shop"}"#;

    fn searched(lines: &[&str]) -> LogSearch {
        let ids = ["shop", "k3Jd81sLq0ZtR4nV", "unused-client"].map(str::to_owned).to_vec();
        let mut search = LogSearch::new(ids).unwrap();
        for line in lines {
            search.line(line);
        }
        search
    }

    #[test]
    fn uses_and_failures_are_counted_with_their_times() {
        let search = searched(&[KEYCLOAK, REFUSED, NGINX, EVENT, "shop.acme.dev is up", ""]);
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let shop = Evidence {
            uses: 2,
            failures: 1,
            first: at("2023-01-04T11:33:09.826Z"),
            last: at("2026-11-30T17:13:23.097Z"),
            sessions: None,
        };
        assert_eq!(search.found[0], shop);
        let other = search.found[1];
        assert_eq!((other.uses, other.last), (1, at("2026-12-01T07:00:00Z")));
        assert_eq!(search.found[2], Evidence::default());
        let coverage = search.coverage;
        assert_eq!((coverage.entries, coverage.dated, coverage.to), (6, 4, other.last));
    }

    #[test]
    fn an_id_inside_a_longer_word_is_no_use() {
        let line = "client=k3Jd81sLq0ZtR4nVx id=xk3Jd81sLq0ZtR4nV the shop was used";
        let search = searched(&[line]);
        assert!(search.found.iter().all(|it| *it == Evidence::default()));
        let escaped = r#"{"message":"type=\"LOGIN\", clientId=\"shop\", ipAddress=\"x\""}"#;
        assert_eq!(searched(&[escaped]).found[0].uses, 1);
    }

    #[test]
    fn an_http_error_is_a_failure() {
        let refused = NGINX.replace("\" 302 ", "\" 400 ");
        assert_eq!(searched(&[&refused]).found[1].failures, 1);
    }

    #[test]
    fn times_of_common_formats_are_read() {
        for (line, time) in [
            ("2026-11-30T17:13:23.5+01:00 x", Some("2026-11-30T16:13:23.5Z")),
            ("x 2026-11-30 17:13:23 y", Some("2026-11-30T17:13:23Z")),
            (r#"{"ts":1767225600}"#, Some("2026-01-01T00:00:00Z")),
            (r#"{"@timestamp":"2026-11-30T17:13:23Z"}"#, Some("2026-11-30T17:13:23Z")),
            ("Nov 30 17:13:23 host x", None),
            ("2026-13-45 99:99:99", None),
            ("1234-56", None),
        ] {
            let expected = time.map(|text| text.parse::<Timestamp>().unwrap());
            assert_eq!(time_of(line), expected, "{line}");
        }
    }
}
