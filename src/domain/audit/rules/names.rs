//! Rules about the names, descriptions and metadata of credentials.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use jiff::civil::Date;
use regex_lite::Regex;

use super::{ALL, CLIENTS, Check, Hit, RULE, Rule, Verdict, url_lists::stage_of};
use crate::domain::{
    audit::{
        AuditContext, Fact, FixKind, Persona, Severity, Subject,
        names::{NamedEnvironment, is_one_of, words},
    },
    profile::Environment,
    text,
};

const NAME: &[Fact] = &[Fact::Name];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "NAM03",
        slug: "placeholder-name",
        severity: Severity::Low,
        fix_kind: FixKind::Rename,
        kinds: ALL,
        facts: NAME,
        title: "Name is a placeholder",
        why: "The purpose of the credential is unknown when it has to be reviewed",
        advice: "Name it after its purpose",
        source: "OWASP NHI1",
        check: Check::Whole(|subject, _| {
            let name = subject.credential.name().raw();
            let single = ["test", "tmp", "temp", "foo", "bar", "baz", "asdf", "qwerty", "untitled"];
            let phrases = [
                ["my", "app"],
                ["my", "client"],
                ["my", "token"],
                ["copy", "of"],
                ["new", "client"],
                ["new", "app"],
                ["new", "token"],
                ["default", "app"],
                ["default", "client"],
                ["no", "name"],
            ];
            let mut first = words(name);
            let begin = [first.next().unwrap_or_default(), first.next().unwrap_or_default()];
            let placeholder = words(name).any(|word| is_one_of(word, &single))
                || phrases.iter().any(|phrase| {
                    begin.iter().zip(phrase).all(|(word, it)| word.eq_ignore_ascii_case(it))
                });
            placeholder.then(|| named(subject)).into()
        }),
        ..RULE
    },
    Rule {
        id: "NAM04",
        slug: "convention",
        severity: Severity::Low,
        fix_kind: FixKind::Rename,
        kinds: ALL,
        facts: NAME,
        title: "Name does not follow the policy's pattern",
        why: "Reviews and scripts rely on the pattern",
        advice: "Rename it, or change name_pattern in the policy",
        source: "your policy",
        check: Check::Whole(|subject, context| match &context.policy.name_pattern {
            Some(pattern) => {
                (!pattern.is_match(subject.credential.name().raw())).then(|| named(subject)).into()
            }
            None => Verdict::Unknown,
        }),
        ..RULE
    },
    Rule {
        id: "NAM05",
        slug: "control-in-name",
        severity: Severity::High,
        fix_kind: FixKind::Rename,
        kinds: ALL,
        facts: NAME,
        title: "Name has control or invisible characters",
        why: "They can change what a terminal or a log shows",
        advice: "Rename it",
        source: "CWE-150; CWE-451",
        check: Check::Whole(|subject, _| {
            text::has_deceptive(subject.credential.name().raw()).then(|| named(subject)).into()
        }),
        ..RULE
    },
    Rule {
        id: "NAM06",
        slug: "name-environment-mismatch",
        kinds: CLIENTS,
        facts: NAME,
        title: "Name and URLs belong to different environments",
        why: "A production client can be mistaken for a test client",
        advice: "Rename it, or remove the URLs of the other environment",
        source: "OWASP NHI8",
        check: Check::Whole(mismatch),
        ..RULE
    },
    Rule {
        id: "NAM07",
        slug: "secret-in-metadata",
        severity: Severity::High,
        fix_kind: FixKind::Rotate,
        kinds: ALL,
        facts: NAME,
        title: "Public field looks like a secret",
        why: "All users who can list credentials can read it",
        advice: "Remove the value, and rotate the secret it belongs to",
        source: "OWASP NHI2; CWE-312",
        check: Check::Whole(|subject, _| {
            // The value is left out, so that a report does not contain the secret.
            let mut hits = Vec::new();
            if looks_secret(subject.credential.name().raw()) {
                hits.push(Hit::at(Fact::Name, None));
            }
            let about = subject.posture().and_then(|posture| posture.description.as_ref());
            if about.is_some_and(|it| looks_secret(it.raw())) {
                hits.push(Hit::at(Fact::Description, None));
            }
            for (name, value) in &subject.credential.record().unknown {
                if has_secret(name.raw(), value.raw()) {
                    hits.push(Hit::at(Fact::Metadata, None).noting(name.shown()));
                }
            }
            hits.into()
        }),
        ..RULE
    },
    Rule {
        id: "NAM08",
        slug: "no-description",
        severity: Severity::Info,
        persona: Persona::Pedantic,
        kinds: CLIENTS,
        facts: &[Fact::Description],
        title: "Client has no description",
        why: "Its purpose and contact are unknown",
        advice: "Add a description with its purpose and a contact",
        source: "keycloak-config-verifyer",
        check: Check::Whole(|subject, _| {
            let about = subject.posture().and_then(|posture| posture.description.as_ref());
            Verdict::when(about.is_none_or(|it| it.raw().trim().is_empty()))
        }),
        ..RULE
    },
    Rule {
        id: "NAM09",
        slug: "past-date-in-name",
        severity: Severity::Low,
        persona: Persona::Auditor,
        fix_kind: FixKind::Delete,
        kinds: ALL,
        facts: NAME,
        title: "Name suggests a temporary credential",
        why: "Temporary credentials that are never deleted are rarely reviewed",
        advice: "Delete it, or rename it",
        source: "OWASP NHI1",
        check: Check::Whole(past),
        ..RULE
    },
];

fn named(subject: &Subject<'_>) -> Hit {
    Hit::here().with(subject.credential.name().raw())
}

fn mismatch(subject: &Subject<'_>, context: &AuditContext) -> Verdict {
    let name = subject.credential.name().raw();
    let Some(said) = NamedEnvironment::of_text(name) else { return Verdict::Pass };
    let hosts: Vec<NamedEnvironment> = subject.of(Fact::Callbacks).filter_map(stage_of).collect();
    let real = said == NamedEnvironment::Prod;
    let by_host = hosts.iter().find(|stage| (**stage == NamedEnvironment::Prod) != real);
    if let Some(stage) =
        by_host.filter(|_| hosts.iter().all(|it| (*it == NamedEnvironment::Prod) != real))
    {
        let note = format!("name: {}, callbacks: {}", said.word(), stage.word());
        return Verdict::Fail(vec![named(subject).noting(note)]);
    }
    let profile = context.place.environment;
    let other = match profile {
        Some(Environment::Prod) => !real,
        Some(Environment::Staging) => real,
        // `dev` is the default environment, so the user may not have set it deliberately.
        Some(Environment::Dev) | None => false,
    };
    let note = || format!("name: {}, profile: {}", said.word(), profile.unwrap_or_default());
    other.then(|| named(subject).noting(note())).into()
}

/// Formats of well-known secrets.
static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(AKIA|ASIA)[0-9A-Z]{16}",
        r"|gh[pousr]_[A-Za-z0-9]{36}",
        r"|github_pat_[A-Za-z0-9_]{22,}",
        r"|glpat-[A-Za-z0-9_-]{20}",
        r"|xox[abprs]-[A-Za-z0-9-]{10,}",
        r"|sk_(live|test)_[A-Za-z0-9]{16,}",
        r"|AIza[0-9A-Za-z_-]{35}",
        r"|GOCSPX-[A-Za-z0-9_-]{20,}",
        r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
        r"|-----BEGIN [A-Z ]*PRIVATE KEY",
        r"|://[^/\s:@]+:[^/\s:@]{3,}@",
        r"|(?i)(password|passwd|secret|api[_-]?key)\s*[=:]\s*\S{6,}",
    ))
    .ok()
});

/// Marker strings: each format of [`SHAPES`] contains one of them, except the URL with a password.
static MARKS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let marks = [
        "AKIA",
        "ASIA",
        "AIza",
        "eyJ",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "glpat-",
        "xoxa-",
        "xoxb-",
        "xoxp-",
        "xoxr-",
        "xoxs-",
        "sk_live_",
        "sk_test_",
        "GOCSPX-",
        "-----BEGIN",
        "password",
        "passwd",
        "secret",
        "apikey",
        "api_key",
        "api-key",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(marks).ok()
});

/// Returns true if a text may match [`SHAPES`]. Other texts skip the slow search.
fn may_have_shape(text: &str) -> bool {
    MARKS.as_ref().is_none_or(|marks| marks.is_match(text))
        || text.contains("://") && text.contains('@')
}

/// Returns true if a text of at least 12 bytes has the format of a well-known secret, or contains a
/// word that looks random.
pub(in crate::domain) fn looks_secret(text: &str) -> bool {
    text.len() >= 12
        && ((may_have_shape(text) && SHAPES.as_ref().is_some_and(|shapes| shapes.is_match(text)))
            || text
                .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '_' | '-'))
                .any(is_random))
}

/// Returns true if a word looks random: 28 or more characters with both cases and digits, at least
/// 3.5 bits of Shannon entropy per character, and not made of words.
fn is_random(word: &str) -> bool {
    let bytes = word.as_bytes();
    if bytes.len() < 28
        || !bytes.iter().any(u8::is_ascii_digit)
        || !bytes.iter().any(u8::is_ascii_lowercase)
        || !bytes.iter().any(u8::is_ascii_uppercase)
    {
        return false;
    }
    let mut counts = [0_u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let length = f64::from(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    let bits: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum();
    bits >= 3.5 && !is_made_of_words(word)
}

/// Returns true if at least 70% of the letters and digits belong to words of three or more letters,
/// split at separators and case changes: `OrdersServiceEUWest1Production`. In random text, about a
/// third belong to such words.
fn is_made_of_words(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut in_words, mut all, mut at) = (0, 0, 0);
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let run =
            |from: usize, of: fn(&u8) -> bool| bytes[from..].iter().take_while(|it| of(it)).count();
        let upper = run(at, u8::is_ascii_uppercase);
        let lower = run(at + upper, u8::is_ascii_lowercase);
        let length = match (upper, lower) {
            (0, 0) => run(at, u8::is_ascii_digit),
            // In `EUWest` the last capital starts the next word.
            (2.., 1..) => upper - 1,
            (upper, lower) => upper + lower,
        };
        let is_word = upper + lower > 0 && length >= 3;
        in_words += if is_word { length } else { 0 };
        all += length;
        at += length;
    }
    in_words * 10 >= all * 7
}

/// Returns true if the value of a metadata member looks like a secret. In a JSON object, the value
/// of at least one member must look like a secret. Members with public values are ignored.
fn has_secret(name: &str, value: &str) -> bool {
    if is_public_member(name) || !looks_secret(value) {
        return false;
    }
    match serde_json::from_str(value) {
        Ok(serde_json::Value::Object(members)) => {
            members.iter().any(|(name, value)| has_secret(name, &value.to_string()))
        }
        _ => true,
    }
}

/// Returns true if the name of a member indicates a public value: an identifier, an address, a
/// certificate or public keys.
fn is_public_member(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends =
        ["_id", "clientid", "_uri", "_url", ".url", "certificate", "jwks", "x5c", "thumbprint"];
    ends.iter().any(|end| name.ends_with(end))
}

fn past(subject: &Subject<'_>, context: &AuditContext) -> Verdict {
    let name = subject.credential.name().raw();
    let today = context.today();
    if let Some(date) = last_day(name).filter(|date| *date < today) {
        return Verdict::Fail(vec![named(subject).noting(format!("{date} has passed"))]);
    }
    let passing = words(name).any(|word| is_one_of(word, &["temp", "temporary", "poc"]));
    let Some(made) = subject.credential.record().created_at else {
        return if passing { Verdict::Unknown } else { Verdict::Pass };
    };
    let days = context.days_since(made);
    (passing && days > 90).then(|| named(subject).noting(format!("created {days} days ago"))).into()
}

/// Returns the last day of the first date, quarter or year in a name. Quarters and years are
/// recognized from 2000 to 2099.
fn last_day(name: &str) -> Option<Date> {
    let bytes = name.as_bytes();
    for at in 0..bytes.len() {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        if before.is_some_and(u8::is_ascii_alphanumeric) {
            continue;
        }
        if let Some(date) = name.get(at..at + 10).and_then(|text| text.parse::<Date>().ok()) {
            return Some(date);
        }
        let year = |text: &str| text.parse::<i16>().ok().filter(|year| (2000..2100).contains(year));
        let Some(rest) = name.get(at..) else { continue };
        if let Some(year) = rest.get(..4).and_then(year) {
            let more = rest.get(4..).unwrap_or_default();
            let quarter = more.trim_start_matches(['-', ' ', '_']).strip_prefix(['q', 'Q']);
            if let Some(quarter) = quarter.and_then(|it| it.chars().next()?.to_digit(10)) {
                return end_of_quarter(year, quarter);
            }
            if !more.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                return Date::new(year, 12, 31).ok();
            }
        }
    }
    None
}

fn end_of_quarter(year: i16, quarter: u32) -> Option<Date> {
    let (month, day) = match quarter {
        1 => (3, 31),
        2 => (6, 30),
        3 => (9, 30),
        4 => (12, 31),
        _ => return None,
    };
    Date::new(year, month, day).ok()
}
