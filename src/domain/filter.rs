//! The filter language. The console accepts a filter after `/`, and the commands after `--where`.
//!
//! All terms must match: `type:m2m age>90d !used nightly`. [`TERMS`] documents every kind of term.
//! The help, the book and the man page are generated from this list.

mod matcher;
mod parse;

pub use matcher::{AuditedCredential, Filtered, Label, LabeledText, Matcher, lines_of};
pub use parse::FilterError;

use jiff::{Timestamp, civil::Date};

use super::{
    Kind,
    audit::{Rule, Severity},
};

/// Documentation of one kind of term.
#[derive(Debug, Clone, Copy)]
pub struct TermDoc {
    /// Valid example of the term.
    pub example: &'static str,
    /// Meaning of the term.
    pub meaning: &'static str,
}

const fn term(example: &'static str, meaning: &'static str) -> TermDoc {
    TermDoc { example, meaning }
}

/// Every kind of term, with an example.
pub const TERMS: &[TermDoc] = &[
    term(
        "store",
        "the name, ID, a URL, an API, a source or the owner contains the word, ignoring case",
    ),
    term("\"used up\"", "the same fields contain the quoted text, which may be a reserved word"),
    term("~stloc", "the name contains the letters in this order"),
    term("type:spa,m2m", "one of these kinds: token, spa, m2m, other"),
    term(
        "name:*(staging)",
        "the name contains the text; a pattern with * or ? must match the whole name",
    ),
    term("id:k3Jd", "the client ID or token ID"),
    term("owner:me", "owned by you; also owner:grace or owner:none"),
    term("url:*.ngrok*", "one of its URLs, origins or referers"),
    term("api:maps,sql", "token for one of these APIs"),
    term("source:*.retail.*", "source that a token may read"),
    term("grant:implicit", "OAuth grant type that a client may use"),
    term("scope:*admin*", "scope that a client may request"),
    term("has:high", "has a finding of this severity or worse: info, low, medium, high, critical"),
    term("has:URL03", "has a finding of this rule"),
    term("age>90d", "created longer ago than this; units: h, d, w, mo, y"),
    term("created<2026-01-01", "created before this date"),
    term("used>90d", "last used longer ago than this; also with a date, such as used<2026-01-01"),
    term("used", "has been used; !used: never used"),
    term("expires<30d", "token that expires within this time; also with a date, or expires:never"),
    term("expired", "expired token"),
    term("callbacks>5", "more callbacks than this"),
    term("secrets>1", "more active secrets than this"),
    term("secret-age>90d", "client whose oldest active secret was created longer ago than this"),
    term(
        "secret-expires<30d",
        "client with a secret that expires within this time; also with a date, or secret-expires:never",
    ),
    term("secret-expired", "client with an active secret that has expired"),
    term(
        "is:shared",
        "shared with the organization; also is:disabled, is:built-in and is:default-urls",
    ),
    term(
        "!type:token",
        "a ! negates any term; an unknown value matches neither a term nor its negation",
    ),
];

/// Parsed filter. All its terms must match.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Word(String),
    Fuzzy(String),
    Kinds(Vec<Kind>),
    Name(Vec<Pattern>),
    Id(Vec<Pattern>),
    Owner(Vec<OwnerTerm>),
    Line(Label, Vec<Pattern>),
    Worst(Severity),
    Rule(&'static str),
    Age(Order, Moment),
    Used(Order, Moment),
    WasUsed,
    Expires(Order, Moment),
    NeverExpires,
    Expired,
    Callbacks(Order, usize),
    Secrets(Order, usize),
    SecretAge(Order, Moment),
    SecretExpires(Order, Moment),
    SecretNeverExpires,
    SecretExpired,
    Shared,
    Disabled,
    BuiltIn,
    DefaultUrls,
}

#[derive(Debug, Clone, PartialEq)]
enum OwnerTerm {
    Me,
    NoOwner,
    Named(Pattern),
}

/// Operator of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Order {
    fn holds<T: PartialOrd + Copy>(self, one: T, other: T) -> bool {
        match self {
            Self::Less => one < other,
            Self::AtMost => one <= other,
            Self::More => one > other,
            Self::AtLeast => one >= other,
        }
    }
}

/// A duration in seconds, or a day.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Moment {
    Span(i64),
    Day(Date),
}

/// A pattern for the whole value if the text contains `*` or `?`, and a substring otherwise. Case
/// is ignored.
#[derive(Debug, Clone, PartialEq)]
enum Pattern {
    Part(String),
    Whole(wildmatch::WildMatch),
}

impl Pattern {
    fn new(text: &str) -> Self {
        let text = text.to_lowercase();
        if text.contains(['*', '?']) {
            Self::Whole(wildmatch::WildMatch::new(&text))
        } else {
            Self::Part(text)
        }
    }

    fn matches(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        match self {
            Self::Part(part) => text.contains(part.as_str()),
            Self::Whole(whole) => whole.matches(&text),
        }
    }
}

impl Filter {
    /// Parses a filter.
    ///
    /// # Errors
    /// Returns an error with the position of the invalid part if the text is not a valid filter.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::filter(text)
    }

    /// Returns true if the filter has no terms, so that it matches every credential.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Returns the plain words that are not negated, in lower case. The console searches for these
    /// words first.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter(|term| !term.negated).filter_map(|term| match &term.test {
            Test::Word(word) => Some(word.as_str()),
            _ => None,
        })
    }

    /// Returns true if a term is negated or is not a plain word.
    #[must_use]
    pub fn has_more_than_words(&self) -> bool {
        self.terms.iter().any(|term| term.negated || !matches!(term.test, Test::Word(_)))
    }

    /// Returns true if a term requires findings, so that credentials must be audited.
    #[must_use]
    pub fn asks_findings(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Worst(_) | Test::Rule(_)))
    }

    /// Returns the ID of the first rule in the filter that compares credentials with each other, if
    /// any.
    #[must_use]
    pub fn asks_fleet(&self) -> Option<&'static str> {
        self.terms.iter().find_map(|term| match term.test {
            Test::Rule(id) if matcher::asks_fleet(id) => Some(id),
            _ => None,
        })
    }

    /// Returns true if a term depends on the signed-in user, as `owner:me` does.
    #[must_use]
    pub fn asks_me(&self) -> bool {
        let me =
            |test: &Test| matches!(test, Test::Owner(owners) if owners.contains(&OwnerTerm::Me));
        self.terms.iter().any(|term| me(&term.test))
    }

    /// Returns the kinds of credentials that can match. The other kinds need not be fetched.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let allows = |kind: &Kind| {
            self.terms.iter().all(|term| match &term.test {
                Test::Kinds(kinds) => kinds.contains(kind) != term.negated,
                _ => true,
            })
        };
        Kind::ALL.into_iter().filter(allows).collect()
    }
}

/// Current time and signed-in user, which some terms of a filter depend on.
#[derive(Debug, Clone, Default)]
pub struct FilterContext {
    /// Current time, for computing ages and expiries.
    pub now: Timestamp,
    /// ID and email address of the signed-in user, if known.
    pub me: Option<(String, String)>,
}

/// Rule and severity of a finding. Filters can test both.
pub type Found = (&'static Rule, Severity);

#[cfg(test)]
mod tests;
