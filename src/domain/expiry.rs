//! Expiry of tokens, client secrets, certificates of clients, registration access tokens, and
//! sessions. Parts that never expire, and parts with an unknown expiry, are only counted.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    Credential, CredentialRef, Kind, Untrusted,
    credential::{Expiry, SecretAge},
    profile::Word as _,
};

/// Days before an expiry at which a notification is due.
pub const THRESHOLDS: [i64; 6] = [90, 60, 30, 14, 7, 1];

/// Numbers of expiries in the next 90 days, in columns of three days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExpiryChart([usize; Self::COLUMNS]);

impl ExpiryChart {
    /// Number of columns.
    pub const COLUMNS: usize = 30;

    /// Seconds in a column.
    const COLUMN: i64 = 3 * 24 * 60 * 60;

    /// Counts an expiry that is `left` seconds away. Ignores a past expiry, and an expiry beyond
    /// the chart.
    pub fn add(&mut self, left: i64) {
        let column = usize::try_from(left.div_euclid(Self::COLUMN)).ok();
        if let Some(count) = column.and_then(|column| self.0.get_mut(column)) {
            *count += 1;
        }
    }

    /// Adds the counts of another chart.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }

    /// Returns the number of expiries in each column, the nearest days first.
    #[must_use]
    pub const fn counts(&self) -> &[usize; Self::COLUMNS] {
        &self.0
    }

    /// Returns true if the chart contains no expiry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|count| *count == 0)
    }
}

/// Part of a credential that expires, or a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiringPart {
    /// The API access token.
    Token,
    /// A secret of the client.
    Secret,
    /// A certificate with which the client authenticates.
    Certificate,
    /// The registration access token of the client.
    RegistrationToken,
    /// The session of a profile.
    Session,
}

impl ExpiringPart {
    /// Returns the word for the part, such as `token`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Secret => "secret",
            Self::Certificate => "certificate",
            Self::RegistrationToken => "registration token",
            Self::Session => "session",
        }
    }
}

/// Part of a credential, or a session, with a known expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    /// Kind of the credential; `None` for a session.
    pub kind: Option<Kind>,
    /// Client ID, token ID, or name of the profile.
    pub id: Untrusted,
    /// Name of the credential, or sign-in method of the session.
    pub name: Untrusted,
    /// Email address or login name of the owner, if known.
    pub owner: Option<Untrusted>,
    /// Part that expires.
    pub part: ExpiringPart,
    /// Time of the expiry.
    pub at: Timestamp,
    /// Snooze that the user set; `None` if the expiry is not snoozed.
    pub snooze: Option<Snooze>,
}

impl Expiring {
    /// Returns a reference to the credential; `None` for a session.
    #[must_use]
    pub fn reference(&self) -> Option<CredentialRef> {
        Some(CredentialRef::new(self.kind?, self.id.clone()))
    }
}

/// Request to ignore an expiry until a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snooze {
    /// Last day, in UTC.
    pub until: Date,
    /// Reason for the snooze.
    pub reason: String,
}

/// Snoozed expiries of one profile. A renewed token or secret has a new expiry, which is not
/// snoozed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Snoozes(BTreeMap<String, Snooze>);

impl Snoozes {
    fn key(it: &Expiring) -> String {
        let kind = it.kind.map_or("session", Kind::word);
        format!("{kind} {} {} {}", it.part.word(), it.at.as_second(), it.id.raw())
    }

    /// Sets or removes the snooze of an expiry. Also removes all snoozes that have ended.
    pub fn set(&mut self, expiring: &Expiring, snooze: Option<Snooze>, now: Timestamp) {
        let today = now.to_zoned(TimeZone::UTC).date();
        self.0.retain(|_, it| it.until >= today);
        match snooze {
            Some(snooze) => self.0.insert(Self::key(expiring), snooze),
            None => self.0.remove(&Self::key(expiring)),
        };
    }
}

/// Expiries of a list of credentials.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expiries {
    /// Known expiries, including past expiries, the earliest first. Snoozed expiries are at the
    /// end.
    pub dated: Vec<Expiring>,
    /// Number of parts and sessions that never expire.
    pub never: usize,
    /// Number of parts and sessions whose expiry is unknown.
    pub unknown: usize,
}

impl Expiries {
    /// Adds the expiries of more credentials. Skips built-in clients, the secrets of SPA clients,
    /// and inactive secrets. Skips expired secrets if the client has a valid secret, and expired
    /// certificates if it has a valid certificate. An unreadable credential counts as unknown. A
    /// client that authenticates with a secret counts as unknown if its secrets are not reported.
    pub fn add<'a>(
        &mut self,
        credentials: impl IntoIterator<Item = &'a Credential>,
        now: Timestamp,
    ) {
        for credential in credentials {
            let record = credential.record();
            if record.built_in {
                continue;
            }
            if record.unreadable.is_some() {
                self.unknown += 1;
                continue;
            }
            let posture = credential.client().and_then(|client| client.posture.as_deref());
            if let Some(expiry) = posture.and_then(|it| it.registration_token) {
                self.count(credential, ExpiringPart::RegistrationToken, expiry);
            }
            let certificates = posture.map_or(&[][..], |it| &it.certificates);
            let one_is_valid = certificates.iter().any(|at| *at > now);
            for at in certificates.iter().filter(|at| **at > now || !one_is_valid) {
                self.count(credential, ExpiringPart::Certificate, Expiry::At(*at));
            }
            match credential {
                Credential::Token(token) => {
                    self.count(credential, ExpiringPart::Token, token.expiry().into());
                }
                Credential::Spa(_) => {}
                Credential::M2m(client) | Credential::Other(client) => {
                    let method = client.auth_method.as_ref().map(Untrusted::raw);
                    let uses_secret = match method {
                        Some(method) => method.starts_with("client_secret"),
                        None => matches!(credential, Credential::M2m(_)),
                    };
                    match client.secrets() {
                        Some(secrets) => {
                            let active = || secrets.iter().filter(|secret| secret.active);
                            let works = |secret: &SecretAge| {
                                secret.expires_at.flatten().is_none_or(|at| at > now)
                            };
                            let one_works = active().any(works);
                            for secret in active().filter(|it| works(it) || !one_works) {
                                let expiry = secret.expires_at.into();
                                self.count(credential, ExpiringPart::Secret, expiry);
                            }
                        }
                        None if uses_secret => self.unknown += 1,
                        None => {}
                    }
                }
            }
        }
        self.sort();
    }

    fn sort(&mut self) {
        let key = |it: &Expiring| (it.snooze.is_some(), it.at);
        self.dated.sort_by(|a, b| (key(a), a.id.raw()).cmp(&(key(b), b.id.raw())));
    }

    /// Marks the snoozed expiries, and moves them to the end.
    pub fn snooze(&mut self, snoozes: &Snoozes, now: Timestamp) {
        let today = now.to_zoned(TimeZone::UTC).date();
        for it in &mut self.dated {
            let snooze = snoozes.0.get(&Snoozes::key(it)).filter(|it| it.until >= today);
            it.snooze = snooze.cloned();
        }
        self.sort();
    }

    /// Returns the known expiries that are not snoozed, the earliest first.
    #[must_use]
    pub fn due(&self) -> &[Expiring] {
        &self.dated[..self.dated.partition_point(|it| it.snooze.is_none())]
    }

    fn count(&mut self, credential: &Credential, part: ExpiringPart, expiry: Expiry) {
        let owner = credential.record().owner.as_ref();
        self.add_part(expiry, |at| Expiring {
            kind: Some(credential.kind()),
            id: credential.id().clone(),
            name: credential.name().clone(),
            owner: owner.map(|owner| owner.email.clone()).filter(|it| !it.raw().is_empty()),
            part,
            at,
            snooze: None,
        });
    }

    /// Adds the expiry of a profile's session. `method` is the sign-in method, `who` the user.
    pub fn add_session(
        &mut self,
        profile: &str,
        method: &str,
        who: Option<Untrusted>,
        expiry: Expiry,
    ) {
        self.add_part(expiry, |at| Expiring {
            kind: None,
            id: profile.into(),
            name: method.into(),
            owner: who,
            part: ExpiringPart::Session,
            at,
            snooze: None,
        });
        self.sort();
    }

    fn add_part(&mut self, expiry: Expiry, with: impl FnOnce(Timestamp) -> Expiring) {
        match expiry {
            Expiry::Unknown => self.unknown += 1,
            Expiry::Never => self.never += 1,
            Expiry::At(at) => self.dated.push(with(at)),
        }
    }
}

/// Returns the smallest of [`THRESHOLDS`] that covers the remaining time, in days. Returns 0 after
/// the expiry, and `None` if no threshold covers the remaining time.
#[must_use]
pub fn threshold(now: Timestamp, at: Timestamp) -> Option<i64> {
    let left = at.as_second() - now.as_second();
    if left <= 0 {
        return Some(0);
    }
    THRESHOLDS.into_iter().rev().find(|days| left <= days * 24 * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Client, Token,
        credential::{Posture, Record, SecretAge},
        draft::{Field, Fields},
    };

    fn at(day: &str) -> Timestamp {
        format!("{day}T00:00:00Z").parse().expect("a day")
    }

    fn client(secrets: Option<Vec<SecretAge>>) -> Client {
        Client {
            posture: Some(Box::new(Posture { secrets, ..Posture::default() })),
            ..Client::default()
        }
    }

    /// A snooze ends after its day, and does not apply to the expiry of a renewed token.
    #[test]
    fn snoozed_expiries_are_at_the_end_until_their_day() {
        let token = |id: &str, expires| {
            let record = Record { id: id.into(), ..Record::default() };
            Credential::Token(Token { record, expires_at: Some(expires), ..Token::default() })
        };
        let now = at("2026-11-21");
        let mut expiries = Expiries::default();
        expiries.add(&[token("a", at("2026-12-01")), token("b", at("2026-12-02"))], now);
        let mut snoozes = Snoozes::default();
        let snooze = Snooze { until: Date::constant(2026, 11, 30), reason: "known".to_owned() };
        snoozes.set(&expiries.dated[0], Some(snooze), now);
        let ids = |expiries: &Expiries| -> Vec<String> {
            expiries.due().iter().map(|it| it.id.raw().to_owned()).collect()
        };
        expiries.snooze(&snoozes, now);
        assert_eq!((ids(&expiries), expiries.dated.len()), (vec!["b".to_owned()], 2));
        expiries.snooze(&snoozes, at("2026-12-01"));
        assert_eq!(ids(&expiries), ["a", "b"]);
        let mut renewed = Expiries::default();
        renewed.add(&[token("a", at("2027-12-01"))], now);
        renewed.snooze(&snoozes, now);
        assert_eq!(ids(&renewed), ["a"]);
    }

    #[test]
    fn known_never_and_unknown_are_told_apart() {
        let secret = |expires_at, active| SecretAge { expires_at, active, ..SecretAge::default() };
        let token = |has| Token { record: Record { has, ..Record::default() }, ..Token::default() };
        let ending = Token { expires_at: Some(at("2026-12-01")), ..Token::default() };
        let all = [
            Credential::Token(token(Fields::of(&[Field::Expires]))),
            Credential::Token(token(Fields::NONE)),
            Credential::Token(ending),
            Credential::Spa(client(Some(vec![secret(Some(Some(at("2026-01-01"))), true)]))),
            Credential::M2m(client(None)),
            Credential::M2m(client(Some(vec![
                secret(Some(Some(at("2026-11-01"))), true),
                secret(Some(Some(at("2026-10-01"))), false),
                secret(Some(None), true),
                secret(None, true),
            ]))),
            Credential::Other(client(None)),
        ];
        let mut expiries = Expiries::default();
        expiries.add(&all, at("2026-10-15"));
        let dated: Vec<_> = expiries.dated.iter().map(|it| (it.part, it.at)).collect();
        assert_eq!(
            dated,
            [(ExpiringPart::Secret, at("2026-11-01")), (ExpiringPart::Token, at("2026-12-01"))]
        );
        assert_eq!((expiries.never, expiries.unknown), (2, 3));
    }

    /// An expired certificate is ignored if the client has a valid one. A session has no
    /// credential.
    #[test]
    fn certificates_registration_tokens_and_sessions_expire() {
        let with = |certificates: &[&str], registration_token| {
            let certificates = certificates.iter().map(|day| at(day)).collect();
            let posture = Posture {
                certificates,
                registration_token,
                secrets: Some(Vec::new()),
                ..Posture::default()
            };
            Credential::M2m(Client { posture: Some(Box::new(posture)), ..Client::default() })
        };
        let all = [
            with(&["2026-09-01", "2027-01-01"], Some(Expiry::At(at("2026-12-01")))),
            with(&["2026-10-01"], Some(Expiry::Never)),
            with(&[], Some(Expiry::Unknown)),
        ];
        let mut expiries = Expiries::default();
        expiries.add(&all, at("2026-11-01"));
        expiries.add_session("prod", "browser", None, Expiry::At(at("2026-11-02")));
        let dated: Vec<_> =
            expiries.dated.iter().map(|it| (it.part.word(), it.kind, it.at)).collect();
        assert_eq!(
            dated,
            [
                ("certificate", Some(Kind::M2m), at("2026-10-01")),
                ("session", None, at("2026-11-02")),
                ("registration token", Some(Kind::M2m), at("2026-12-01")),
                ("certificate", Some(Kind::M2m), at("2027-01-01")),
            ]
        );
        assert_eq!((expiries.never, expiries.unknown), (1, 1));
    }

    #[test]
    fn thresholds_are_the_smallest_that_cover_the_time_left() {
        let now = at("2026-11-01");
        for (day, reached) in [
            ("2027-06-01", None),
            ("2027-01-30", Some(90)),
            ("2026-12-01", Some(30)),
            ("2026-11-08", Some(7)),
            ("2026-11-02", Some(1)),
            ("2026-11-01", Some(0)),
            ("2026-10-01", Some(0)),
        ] {
            assert_eq!(threshold(now, at(day)), reached, "{day}");
        }
    }
}
