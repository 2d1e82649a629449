//! Splits names into words, folds names for comparison, and detects environments in names.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// Environment that is a part of a credential's name or a host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NamedEnvironment {
    /// Production.
    Prod,
    /// Staging, pre-production or preview.
    Staging,
    /// Development, on a developer's machine or in a sandbox.
    Dev,
    /// Test, quality assurance or continuous integration.
    Test,
}

impl NamedEnvironment {
    /// Returns the environment for a word such as `prod`, ignoring ASCII case; `None` for words
    /// without an environment.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        const WORDS: [(&str, NamedEnvironment); 21] = [
            ("prod", NamedEnvironment::Prod),
            ("production", NamedEnvironment::Prod),
            ("prd", NamedEnvironment::Prod),
            ("live", NamedEnvironment::Prod),
            ("staging", NamedEnvironment::Staging),
            ("stage", NamedEnvironment::Staging),
            ("stg", NamedEnvironment::Staging),
            ("preprod", NamedEnvironment::Staging),
            ("uat", NamedEnvironment::Staging),
            ("preview", NamedEnvironment::Staging),
            ("dev", NamedEnvironment::Dev),
            ("development", NamedEnvironment::Dev),
            ("local", NamedEnvironment::Dev),
            ("localhost", NamedEnvironment::Dev),
            ("sandbox", NamedEnvironment::Dev),
            ("qa", NamedEnvironment::Test),
            ("test", NamedEnvironment::Test),
            ("testing", NamedEnvironment::Test),
            ("tst", NamedEnvironment::Test),
            ("int", NamedEnvironment::Test),
            ("ci", NamedEnvironment::Test),
        ];
        WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|(_, stage)| *stage)
    }

    /// Returns the first result of [`Self::of_word`] for the words of a text; `None` if no word has
    /// an environment.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        words(text).find_map(Self::of_word)
    }

    /// Returns the short name, such as `prod`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Prod => "prod",
            Self::Staging => "staging",
            Self::Dev => "dev",
            Self::Test => "test",
        }
    }
}

/// Splits a name into words, which are runs of letters and digits.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Returns true if `known` contains `word`, ignoring ASCII case.
#[must_use]
pub fn is_one_of(word: &str, known: &[&str]) -> bool {
    known.iter().any(|it| word.eq_ignore_ascii_case(it))
}

/// Folds a name for comparison: NFKC, lower case, single spaces (UAX #15).
#[must_use]
pub fn folded(name: &str) -> String {
    let text: Cow<'_, str> =
        if name.is_ascii() { Cow::Borrowed(name) } else { Cow::Owned(name.nfkc().collect()) };
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        if word.is_ascii() {
            out.extend(word.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
        } else {
            out.push_str(&word.to_lowercase());
        }
    }
    out
}

/// Returns a name in lower case without its numbers and the words for environments. The names of
/// one app in two environments have the same stem.
#[must_use]
pub fn stem(name: &str) -> String {
    let kept: Vec<String> = words(name)
        .filter(|word| {
            NamedEnvironment::of_word(word).is_none()
                && !word.bytes().all(|byte| byte.is_ascii_digit())
        })
        .map(str::to_lowercase)
        .collect();
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_and_cut_into_words() {
        assert_eq!(folded("  Store\u{a0}Locator ＡＢ "), "store locator ab");
        assert_eq!(stem("Store locator (prod) 000012"), "store locator");
        assert_eq!(NamedEnvironment::of_text("stores.staging."), Some(NamedEnvironment::Staging));
        assert_eq!(NamedEnvironment::of_text("latest product"), None);
    }
}
