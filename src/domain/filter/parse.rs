//! Parses filters and points at syntax errors.

use jiff::civil::Date;

use super::{Filter, Label, Moment, Order, OwnerTerm, Pattern, Term, Test};
use crate::domain::{
    Kind,
    audit::{Severity, rules},
    profile::Word as _,
};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

const KEYS: &str = "type, name, id, owner, url, api, source, grant, scope, has, age, created, used, expires, callbacks, secrets, secret-age, secret-expires, is";

/// Error in a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Start of the invalid part, in characters from 0.
    pub at: usize,
    /// Length of the invalid part, in characters.
    pub length: usize,
    /// Error text, without a final period.
    pub text: String,
}

impl FilterError {
    /// Returns the filter, carets under the invalid part, and the error text.
    #[must_use]
    pub fn pointed(&self, filter: &str) -> String {
        // Invisible characters are escaped before columns are counted.
        let chars: Vec<char> = filter.chars().collect();
        let width = |part: &[char]| {
            let text: String = part.iter().collect();
            unicode_width::UnicodeWidthStr::width(&*crate::domain::text::shown(&text))
        };
        let (before, rest) = chars.split_at(self.at.min(chars.len()));
        let marked = width(&rest[..self.length.min(rest.len())]).max(1);
        format!(
            "{}\n{}{} {}",
            crate::domain::text::shown(filter),
            " ".repeat(width(before)),
            "^".repeat(marked),
            self.text
        )
    }
}

/// A word of the filter and its position, in characters.
struct Piece {
    at: usize,
    text: String,
    quoted: bool,
}

/// Splits a filter at spaces outside quotes.
fn pieces(text: &str) -> Result<Vec<Piece>, FilterError> {
    let mut pieces = Vec::new();
    let mut open: Option<Piece> = None;
    let mut quote = None;
    for (at, c) in text.chars().enumerate() {
        match (c, quote) {
            ('"', Some(_)) => quote = None,
            ('"', None) => {
                quote = Some(at);
                let piece = open.get_or_insert(Piece { at, text: String::new(), quoted: false });
                // Only a quote at the start makes a plain word: `url:"a b"` still has the key
                // `url`.
                piece.quoted |= piece.text.trim_start_matches('!').is_empty();
            }
            (c, None) if c.is_whitespace() => pieces.extend(open.take()),
            (c, _) => {
                open.get_or_insert(Piece { at, text: String::new(), quoted: false }).text.push(c);
            }
        }
    }
    if let Some(at) = quote {
        return Err(FilterError { at, length: 1, text: "missing closing quote".into() });
    }
    pieces.extend(open);
    Ok(pieces)
}

pub(super) fn filter(text: &str) -> Result<Filter, FilterError> {
    let terms = pieces(text)?.iter().map(term).collect::<Result<_, _>>()?;
    Ok(Filter { terms })
}

fn term(piece: &Piece) -> Result<Term, FilterError> {
    let (negated, text) = match piece.text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, piece.text.as_str()),
    };
    let at = piece.at + usize::from(negated);
    let wrong = |at: usize, text: &str, why: String| FilterError {
        at,
        length: text.chars().count().max(1),
        text: why,
    };
    if text.starts_with('!') && !piece.quoted {
        return Err(wrong(at, "!", "one ! is enough".into()));
    }
    if text.is_empty() {
        let why = if negated { "give a term to negate, such as !used" } else { "empty value" };
        return Err(wrong(piece.at, &piece.text, why.into()));
    }
    let test = if piece.quoted {
        Test::Word(text.to_lowercase())
    } else if let Some(why) = foreign(text) {
        return Err(wrong(at, text, why));
    } else if let Some(rest) = text.strip_prefix('~') {
        if rest.is_empty() {
            return Err(wrong(at, text, "give the letters, such as ~stloc".into()));
        }
        Test::Fuzzy(rest.to_owned())
    } else if let Some(test) = flag(text) {
        test
    } else if let Some((key, operator, value)) = cut(text) {
        let value_at = at + text.chars().count() - value.chars().count();
        keyed(key, operator, value).map_err(|(about, why)| match about {
            TermPart::Key => wrong(at, key, why),
            TermPart::Operator => wrong(at + key.chars().count(), operator, why),
            TermPart::Value => wrong(value_at, value, why),
        })?
    } else {
        Test::Word(text.to_lowercase())
    };
    Ok(Term { negated, test })
}

/// Parses a word that is a complete term, without a key.
fn flag(word: &str) -> Option<Test> {
    match word {
        "used" => Some(Test::WasUsed),
        "expired" => Some(Test::Expired),
        "secret-expired" => Some(Test::SecretExpired),
        _ => None,
    }
}

/// Returns a hint for an operator of another filter language, which would otherwise be treated as a
/// word.
fn foreign(text: &str) -> Option<String> {
    let why = match text {
        "AND" | "&&" | "&" => "leave it out: all terms must match",
        "OR" | "||" | "|" => {
            "OR is not supported; separate values of one key with commas, such as type:spa,m2m"
        }
        "NOT" => "put a ! before the term, such as !used",
        _ if text.starts_with(['<', '>', '=', ':']) => {
            "write key, operator and value without spaces, such as age>90d"
        }
        _ => return None,
    };
    Some(format!("{why}. Quote it to search for the word"))
}

/// Splits a term into key, operator and value; `None` for a plain word. An address (`https://…`,
/// `localhost:3000`) is a plain word.
fn cut(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.find([':', '<', '>', '='])?;
    let (key, rest) = text.split_at(at);
    if rest.starts_with('=') {
        // Other query languages use `=` and `!=`. After a known key, these are split off as an
        // operator, so that the term is an error and not a search for a word.
        let key = key.trim_end_matches('!');
        return is_key(key).then(|| (key, &text[key.len()..=at], &text[at + 1..]));
    }
    let length = if rest.starts_with("<=") || rest.starts_with(">=") { 2 } else { 1 };
    let (operator, value) = rest.split_at(length);
    let address = value.starts_with("//")
        || (operator == ":" && value.starts_with(|c: char| c.is_ascii_digit()) && !is_key(key));
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphabetic() || c == '-' || c == '_');
    (plain && !address).then_some((key, operator, value))
}

fn is_key(key: &str) -> bool {
    KEYS.split(", ").any(|known| known.eq_ignore_ascii_case(key))
}

enum TermPart {
    Key,
    Operator,
    Value,
}

fn keyed(key: &str, operator: &str, value: &str) -> Result<Test, (TermPart, String)> {
    let key = &*key.to_lowercase();
    if flag(key).is_some() && !is_key(key) {
        return Err((TermPart::Operator, format!("use {key} or !{key} without a value")));
    }
    if !is_key(key) {
        let why = match nearest(key) {
            Some(near) => format!("unknown key {key}; did you mean {near}?"),
            None => {
                format!("unknown key {key}; the keys are {KEYS}. Quote it to search for the word")
            }
        };
        return Err((TermPart::Key, why));
    }
    let order = match operator {
        "<" => Some(Order::Less),
        "<=" => Some(Order::AtMost),
        ">" => Some(Order::More),
        ">=" => Some(Order::AtLeast),
        _ => None,
    };
    let compares = matches!(
        key,
        "age"
            | "created"
            | "used"
            | "expires"
            | "callbacks"
            | "secrets"
            | "secret-age"
            | "secret-expires"
    );
    let never = matches!(key, "expires" | "secret-expires") && value.eq_ignore_ascii_case("never");
    match (compares, order) {
        (true, None) if !never => {
            let also = match key {
                "expires" => ", or expires:never",
                "secret-expires" => ", or secret-expires:never",
                "used" => ", or !used for never",
                _ => "",
            };
            return Err((TermPart::Operator, format!("use {key}<… or {key}>…{also}")));
        }
        (false, None) if operator != ":" => {
            return Err((TermPart::Operator, format!("use {key}:…, or !{key}:… to exclude")));
        }
        (false, Some(_)) => return Err((TermPart::Operator, format!("use {key}:…"))),
        _ => {}
    }
    let order = order.unwrap_or(Order::Less);
    if value.split(',').all(str::is_empty) {
        let example = super::TERMS.iter().find(|term| {
            term.example.strip_prefix(key).is_some_and(|rest| rest.starts_with([':', '<', '>']))
        });
        let example = example.map_or("", |term| term.example);
        return Err((TermPart::Operator, format!("missing value, such as {example}")));
    }
    let bad = |why: ValueError| (TermPart::Value, why.to_string());
    let patterns = || value.split(',').filter(|it| !it.is_empty()).map(Pattern::new).collect();
    Ok(match key {
        "type" => Test::Kinds(value.split(',').map(kind).collect::<Result<_, _>>().map_err(bad)?),
        "name" => Test::Name(patterns()),
        "id" => Test::Id(patterns()),
        "owner" => {
            let owner = |text: &str| match &*text.to_lowercase() {
                "me" => OwnerTerm::Me,
                "none" => OwnerTerm::NoOwner,
                text => OwnerTerm::Named(Pattern::new(text)),
            };
            Test::Owner(value.split(',').filter(|it| !it.is_empty()).map(owner).collect())
        }
        "url" => Test::Line(Label::Url, patterns()),
        "api" => Test::Line(Label::Api, patterns()),
        "source" => Test::Line(Label::Source, patterns()),
        "grant" => Test::Line(Label::Grant, patterns()),
        "scope" => Test::Line(Label::Scope, patterns()),
        "has" => match Severity::of_word(&value.to_lowercase()) {
            Some(severity) => Test::Worst(severity),
            None if value.eq_ignore_ascii_case("any") => Test::Worst(Severity::Info),
            None => Test::Rule(
                rules::find(value)
                    .map(|rule| rule.id)
                    .ok_or_else(|| bad(ValueError::RuleOrSeverity))?,
            ),
        },
        "age" => Test::Age(order, Moment::Span(span(value).map_err(bad)?)),
        "created" => Test::Age(order, Moment::Day(day(value).map_err(bad)?)),
        "used" => Test::Used(order, moment(value).map_err(bad)?),
        "expires" if never => Test::NeverExpires,
        "expires" => Test::Expires(order, moment(value).map_err(bad)?),
        "secrets" => Test::Secrets(order, value.parse().map_err(|_| bad(ValueError::Number))?),
        "secret-age" => Test::SecretAge(order, Moment::Span(span(value).map_err(bad)?)),
        "secret-expires" if never => Test::SecretNeverExpires,
        "secret-expires" => Test::SecretExpires(order, moment(value).map_err(bad)?),
        "callbacks" => Test::Callbacks(order, value.parse().map_err(|_| bad(ValueError::Number))?),
        _ => {
            let word = value.to_lowercase();
            flag(&word)
                .or(match &*word {
                    "shared" => Some(Test::Shared),
                    "disabled" => Some(Test::Disabled),
                    "built-in" => Some(Test::BuiltIn),
                    "default-urls" => Some(Test::DefaultUrls),
                    _ => None,
                })
                .ok_or_else(|| bad(ValueError::Flag))?
        }
    })
}

/// Error in a term's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum ValueError {
    #[error("must be one of {}", Kind::all_words())]
    Kind,
    #[error("is neither a rule nor one of {}", Severity::all_words())]
    RuleOrSeverity,
    #[error("must be shared, disabled, built-in, default-urls, used, expired or secret-expired")]
    Flag,
    #[error("use a number")]
    Number,
    #[error("use a date, such as 2026-01-31")]
    Date,
    #[error("use a duration, such as 12h, 90d, 2w, 6mo or 1y")]
    Duration,
}

fn kind(word: &str) -> Result<Kind, ValueError> {
    Kind::named(word).ok_or(ValueError::Kind)
}

fn moment(text: &str) -> Result<Moment, ValueError> {
    if text.contains('-') { day(text).map(Moment::Day) } else { span(text).map(Moment::Span) }
}

fn day(text: &str) -> Result<Date, ValueError> {
    text.parse().map_err(|_| ValueError::Date)
}

/// Parses a duration, such as `90d`, into seconds. A number without a unit means days.
fn span(text: &str) -> Result<i64, ValueError> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = match &*unit.to_lowercase() {
        "h" => HOUR,
        "" | "d" => DAY,
        "w" => 7 * DAY,
        "mo" => 30 * DAY,
        "y" => 365 * DAY,
        _ => 0,
    };
    let seconds = number.parse::<i64>().ok().and_then(|number| number.checked_mul(unit));
    seconds.filter(|_| unit > 0).ok_or(ValueError::Duration)
}

/// Returns the first known key that differs from a mistyped key by at most one letter, regardless
/// of the order of the letters. Ignores known keys with two letters.
fn nearest(key: &str) -> Option<&'static str> {
    let letters = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let missing = |one: &[char], other: &[char]| {
        let mut rest = other.to_vec();
        one.iter()
            .filter(|letter| match rest.iter().position(|it| it == *letter) {
                Some(at) => {
                    rest.remove(at);
                    false
                }
                None => true,
            })
            .count()
    };
    let own = letters(key);
    KEYS.split(", ").find(|known| {
        let known = letters(known);
        missing(&own, &known) <= 1 && missing(&known, &own) <= 1 && known.len() > 2
    })
}
