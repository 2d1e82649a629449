//! Columns of a list: their values and sort keys.

use std::{borrow::Cow, cmp::Reverse};

use jiff::Timestamp;
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::{
    Credential, Visibility, age,
    audit::{Counts, Severity},
    credential::SecretSummary,
    filter::{Found, Label, lines_of},
    profile::Word as _,
};

/// Credential in one row of a list, and the data that its columns require.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// Credential in the row.
    pub credential: &'a Credential,
    /// Findings about the credential.
    pub findings: &'a [Found],
    /// Current time, for computing ages.
    pub now: Timestamp,
    /// Name of the profile; `None` in the list of a single profile.
    pub profile: Option<&'a str>,
}

/// Column of a list.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, EnumString, IntoStaticStr, VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Column {
    /// Name of the credential.
    #[default]
    Name,
    /// Kind of the credential.
    Type,
    /// Client ID or token ID.
    Id,
    /// Login URL or type of a client; APIs or scopes of a token.
    About,
    /// Email address or login name of the owner.
    Owner,
    /// Creation time.
    Created,
    /// Time of the last change.
    Updated,
    /// Time of last use.
    Used,
    /// Expiry of a token.
    Expires,
    /// Number of callbacks.
    Callbacks,
    /// Number of active secrets; for display, also their earliest expiry.
    Secrets,
    /// URLs, origins and referers, separated by spaces.
    Urls,
    /// APIs that accept a token.
    Apis,
    /// Sources that a token may read, and their connections.
    Sources,
    /// OAuth grant types of a client.
    Grants,
    /// Visibility: private or organization.
    Visibility,
    /// Number of findings of each severity for display; the worst severity for programs.
    Worst,
    /// IDs of the rules that have findings.
    Findings,
    /// Name of the profile, in a list of several profiles.
    Profile,
}

/// Default columns of a table.
pub const USUAL: [Column; 6] =
    [Column::Name, Column::Type, Column::Id, Column::About, Column::Created, Column::Used];

/// Columns of the wide table, for an audit.
pub const WIDE: [Column; 10] = [
    Column::Name,
    Column::Type,
    Column::Id,
    Column::About,
    Column::Owner,
    Column::Created,
    Column::Used,
    Column::Expires,
    Column::Callbacks,
    Column::Worst,
];

impl Column {
    /// Columns that the console can sort by.
    pub const SORTED: [Self; 7] = [
        Self::Name,
        Self::Created,
        Self::Used,
        Self::Expires,
        Self::Owner,
        Self::Callbacks,
        Self::Worst,
    ];

    /// Returns true if the column requires findings, so that credentials must be audited.
    #[must_use]
    pub const fn asks_findings(self) -> bool {
        matches!(self, Self::Worst | Self::Findings)
    }

    /// Returns the text of a cell for display, unescaped and with ages instead of times.
    #[must_use]
    pub fn shown<'a>(self, row: &Row<'a>) -> Cow<'a, str> {
        let ago = |at: Option<Timestamp>| {
            Cow::Owned(at.map_or_else(String::new, |at| age::ago(row.now, at)))
        };
        let record = row.credential.record();
        match self {
            Self::Created => ago(record.created_at),
            Self::Updated => ago(record.updated_at),
            Self::Used if record.last_used_at.is_none() && record.reports_last_used => {
                "never".into()
            }
            Self::Used => ago(record.last_used_at),
            Self::Expires => match row.credential {
                Credential::Token(token) => match token.expiry() {
                    None => "".into(),
                    Some(None) => "never".into(),
                    Some(Some(at)) if at <= row.now => "expired".into(),
                    Some(Some(at)) => age::ago(row.now, at).into(),
                },
                _ => "".into(),
            },
            Self::Secrets => match secrets(row) {
                None => "".into(),
                Some(SecretSummary { active, expires: Some(Some(at)), .. }) => {
                    let ends = if at <= row.now {
                        "expired".to_owned()
                    } else {
                        format!("ends {}", age::ago(row.now, at))
                    };
                    format!("{active}, {ends}").into()
                }
                Some(SecretSummary { active, .. }) => active.to_string().into(),
            },
            Self::Findings => self.text(row),
            Self::Worst => match counts(row) {
                counts if counts.worst().is_none() => "ok".into(),
                counts => counts.words().into(),
            },
            _ => self.text(row),
        }
    }

    /// Returns the text of a cell for programs, unescaped and with times in RFC 3339 format.
    #[must_use]
    pub fn text<'a>(self, row: &Row<'a>) -> Cow<'a, str> {
        let credential = row.credential;
        let record = credential.record();
        let at =
            |at: Option<Timestamp>| Cow::Owned(at.map_or_else(String::new, |at| at.to_string()));
        let lines = |wanted: Label| {
            let mut found: Vec<String> = Vec::new();
            lines_of(credential, &mut |(label, text)| {
                if label == wanted && !found.iter().any(|known| known == text) {
                    found.push(text.to_owned());
                }
                false
            });
            Cow::Owned(found.join(" "))
        };
        match self {
            Self::Name => record.name.raw().into(),
            Self::Profile => row.profile.unwrap_or_default().into(),
            Self::Type => credential.kind().word().into(),
            Self::Id => record.id.raw().into(),
            Self::About => credential.about().into(),
            Self::Owner => record.owner.as_ref().map_or("", |owner| owner.email.raw()).into(),
            Self::Created => at(record.created_at),
            Self::Updated => at(record.updated_at),
            Self::Used => at(record.last_used_at),
            Self::Expires => match credential {
                Credential::Token(token) => at(token.expires_at),
                _ => "".into(),
            },
            Self::Callbacks => match credential.client() {
                Some(client) => client.callbacks.len().to_string().into(),
                None => "".into(),
            },
            Self::Secrets => {
                secrets(row).map_or(Cow::Borrowed(""), |it| it.active.to_string().into())
            }
            Self::Urls => lines(Label::Url),
            Self::Apis => lines(Label::Api),
            Self::Sources => lines(Label::Source),
            Self::Grants => lines(Label::Grant),
            Self::Visibility => match record.visibility {
                Visibility::Private => "private".into(),
                Visibility::Organization => "organization".into(),
            },
            Self::Worst => counts(row).worst().map_or("", Severity::word).into(),
            Self::Findings => {
                let mut rules: Vec<&str> = row.findings.iter().map(|(rule, _)| rule.id).collect();
                rules.dedup();
                rules.join(" ").into()
            }
        }
    }

    /// Returns the sort key of a row. [`sort`] puts rows without a value last in both directions.
    #[must_use]
    pub fn key(self, row: &Row<'_>) -> SortKey {
        let record = row.credential.record();
        let moment = |at: Option<Timestamp>| {
            at.map_or(SortKey::Nothing, |at| SortKey::Number(at.as_second()))
        };
        match self {
            Self::Created => moment(record.created_at),
            Self::Updated => moment(record.updated_at),
            Self::Used if record.last_used_at.is_none() && record.reports_last_used => {
                SortKey::Number(i64::MIN) // never
            }
            Self::Used => moment(record.last_used_at),
            Self::Expires => match row.credential {
                Credential::Token(token) => moment(token.expires_at),
                _ => SortKey::Nothing,
            },
            // The largest number of callbacks sorts first.
            Self::Callbacks => row.credential.client().map_or(SortKey::Nothing, |client| {
                SortKey::Number(-(client.callbacks.len() as i64))
            }),
            // Known expiries sort first, the earliest at the top. Other rows follow by number of
            // secrets, the largest first.
            Self::Secrets => {
                secrets(row).map_or(SortKey::Nothing, |it| match it.expires.flatten() {
                    Some(at) => SortKey::Number(at.as_second()),
                    None => SortKey::Number(i64::MAX - it.active as i64),
                })
            }
            // The worst finding sorts first.
            Self::Worst => match counts(row) {
                counts if counts.worst().is_none() => SortKey::Nothing,
                counts => SortKey::Worst(Reverse(counts)),
            },
            Self::Findings => SortKey::Number(-(row.findings.len() as i64)),
            _ => match self.text(row) {
                text if text.is_empty() => SortKey::Nothing,
                text => SortKey::Text(text.to_lowercase()),
            },
        }
    }
}

/// Sorts rows by a key, then by ID; `turned` reverses the order. Rows without a value stay last in
/// both directions.
///
/// A large list is sorted in parallel, in at most one part per processor.
pub fn sort<T: Copy + Send + Sync, I: Ord + Send>(
    rows: &mut [T],
    key: impl Fn(&T) -> SortKey + Sync,
    id: impl Fn(&T) -> I + Sync,
    turned: bool,
) {
    let by_key = |a: &(SortKey, I, T), b: &(SortKey, I, T)| (&a.0, &a.1).cmp(&(&b.0, &b.1));
    let sort_part = |part: &[T]| {
        let mut keyed: Vec<_> = part.iter().map(|row| (key(row), id(row), *row)).collect();
        keyed.sort_by(by_key);
        keyed
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (own, others) =
        rows.split_at(rows.len().div_ceil(threads).max(SMALLEST_PART).min(rows.len()));
    let mut keyed = std::thread::scope(|scope| {
        let parts = others.chunks(own.len().max(1));
        let running: Vec<_> = parts.map(|part| scope.spawn(|| sort_part(part))).collect();
        let mut keyed = sort_part(own);
        for part in running {
            match part.join() {
                Ok(part) => keyed.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        keyed
    });
    // The standard library's stable sort merges the sorted parts in linear time.
    keyed.sort_by(by_key);
    if turned {
        keyed.reverse();
        keyed.sort_by_key(|(key, ..)| *key == SortKey::Nothing);
    }
    for (row, (.., sorted)) in rows.iter_mut().zip(keyed) {
        *row = sorted;
    }
}

/// Minimum number of rows per thread, except for the last thread.
const SMALLEST_PART: usize = 5_000;

/// Sort key of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    /// A number, or a time in Unix seconds.
    Number(i64),
    /// Text in lower case.
    Text(String),
    /// Number of findings of each severity, the worst first.
    Worst(Reverse<Counts>),
    /// No value.
    Nothing,
}

fn secrets(row: &Row<'_>) -> Option<SecretSummary> {
    row.credential.client().and_then(SecretSummary::of)
}

fn counts(row: &Row<'_>) -> Counts {
    let mut counts = Counts::default();
    for (_, severity) in row.findings {
        counts.add(*severity);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::{SMALLEST_PART, SortKey, sort};

    #[test]
    fn a_list_sorted_in_parts_has_the_order_of_one_sort() {
        let key = |number: &usize| match number % 100 {
            0 => SortKey::Nothing,
            rest => SortKey::Number(rest as i64),
        };
        let shuffled: Vec<usize> = (0..SMALLEST_PART * 5).map(|at| at * 7_919 % 25_000).collect();
        for turned in [false, true] {
            let mut expected = shuffled.clone();
            expected.sort_by_key(|number| (key(number), *number));
            if turned {
                expected.reverse();
                expected.sort_by_key(|number| key(number) == SortKey::Nothing);
            }
            let mut sorted = shuffled.clone();
            sort(&mut sorted, key, |number| *number, turned);
            assert_eq!(sorted, expected);
        }
    }
}
