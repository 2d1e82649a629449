//! The filter language: what is typed after `/` in the console, and after `--where` on the command line.
//!
//! Terms stand side by side and all have to hold: `type:m2m age>90d !used nightly`. [`TERMS`] is the
//! whole language; the help, the README and the man page are made from it.

mod matcher;
mod parse;

pub use matcher::{Audited, Label, Line, Matcher, View, lines_of};
pub use parse::FilterError;

use jiff::{Timestamp, civil::Date};

use super::{
    Kind,
    audit::{Rule, Severity},
};

/// One kind of term.
#[derive(Debug, Clone, Copy)]
pub struct TermDoc {
    /// An example that is one.
    pub example: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

const fn term(example: &'static str, meaning: &'static str) -> TermDoc {
    TermDoc { example, meaning }
}

/// Every kind of term, with an example.
pub const TERMS: &[TermDoc] = &[
    term("store", "the word stands in the name, the id, a URL or the owner, whatever its case"),
    term("\"used up\"", "the same for several words, or for one that means something here"),
    term("~stloc", "the letters stand in the name in this order"),
    term("type:spa,m2m", "it is of one of these kinds: token, spa, m2m, other"),
    term("name:*(staging)", "the name; with * and ? it is matched as a whole"),
    term("id:k3Jd", "the client id, or the token's id"),
    term("owner:me", "it is yours; or owner:grace, or owner:none"),
    term("url:*.ngrok*", "one of its URLs, origins or referers"),
    term("api:maps,sql", "a token for one of these APIs"),
    term("source:*.retail.*", "what a token may read"),
    term("grant:implicit", "an OAuth grant that it may use"),
    term("scope:*admin*", "a scope that it may ask for"),
    term("has:high", "it has a finding as bad as this or worse: info, low, medium, high, critical"),
    term("has:URL03", "it has a finding of this rule"),
    term("age>90d", "it was made longer ago than this: h, d, w, mo, y"),
    term("created<2026-01-01", "it was made before this day"),
    term(
        "used>90d",
        "it was last used longer ago than this; also with a day, as in used<2026-01-01",
    ),
    term("used", "it was used ever; !used is never"),
    term("expires<30d", "a token that ends within this time; also with a day, or expires:never"),
    term("expired", "a token that has ended"),
    term("callbacks>5", "it has more callbacks than this"),
    term(
        "is:shared",
        "the organisation sees it; also is:disabled, is:built-in and is:default-urls",
    ),
    term(
        "!type:token",
        "a ! before any term turns it round; what the provider does not say passes neither way",
    ),
];

/// A filter.
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
    Owner(Vec<Owner>),
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
    Shared,
    Disabled,
    BuiltIn,
    DefaultUrls,
}

#[derive(Debug, Clone, PartialEq)]
enum Owner {
    Me,
    Nobody,
    Named(Pattern),
}

/// Which side of a value is meant.
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

/// A length of time in seconds, or a day.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Moment {
    Span(i64),
    Day(Date),
}

/// A text to be contained, or with `*` and `?` to be matched as a whole; without regard to case.
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
    /// Reads a filter.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::filter(text)
    }

    /// Whether it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The plain words that have to be there, in lower case: the console looks for these first.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter(|term| !term.negated).filter_map(|term| match &term.test {
            Test::Word(word) => Some(word.as_str()),
            _ => None,
        })
    }

    /// Whether it has terms beside its plain words.
    #[must_use]
    pub fn has_more_than_words(&self) -> bool {
        self.terms.iter().any(|term| term.negated || !matches!(term.test, Test::Word(_)))
    }

    /// Whether it asks for findings, so that credentials have to be audited for it.
    #[must_use]
    pub fn asks_findings(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Worst(_) | Test::Rule(_)))
    }

    /// The rule that it asks for and that compares credentials with each other, if there is one.
    #[must_use]
    pub fn asks_fleet(&self) -> Option<&'static str> {
        self.terms.iter().find_map(|term| match term.test {
            Test::Rule(id) if matcher::asks_fleet(id) => Some(id),
            _ => None,
        })
    }

    /// Whether it asks who one is.
    #[must_use]
    pub fn asks_me(&self) -> bool {
        let me = |test: &Test| matches!(test, Test::Owner(owners) if owners.contains(&Owner::Me));
        self.terms.iter().any(|term| me(&term.test))
    }

    /// The kinds that can pass at all; what cannot need not be fetched.
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

/// What a filter has to be told beside the credentials.
#[derive(Debug, Clone, Default)]
pub struct FilterContext {
    /// What ages are counted to.
    pub now: Timestamp,
    /// The user's id and address, where known.
    pub me: Option<(String, String)>,
}

/// A finding, as far as a filter asks for one.
pub type Found = (&'static Rule, Severity);

#[cfg(test)]
mod tests;
