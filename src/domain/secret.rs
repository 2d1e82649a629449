//! Type for secrets, which must never be printed by accident.

use std::fmt;

use zeroize::Zeroizing;

use super::text::is_placeholder;

/// A client secret, an API access token or an OAuth access token.
///
/// The type has no `Display`, `Serialize` or `Clone`. Its `Debug` output is redacted, and its
/// memory is overwritten on drop. [`Secret::expose`] is the only access to the text, so a search
/// for that name finds every use.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text; the caller should not keep a copy.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the text, for sending, copying or revealing it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Returns true if a secret in a file looks usable. Returns false if it is empty, masked, a
/// placeholder, or a filler such as `changeme`.
#[must_use]
pub fn is_live(secret: &str) -> bool {
    const FILLERS: [&str; 6] =
        ["changeme", "replaceme", "yoursecret", "yourclientsecret", "todo", "redacted"];
    let masked = secret.chars().all(|c| matches!(c, '*' | 'x' | 'X' | '.' | '•' | '-'));
    let bracketed = secret.starts_with('<') && secret.ends_with('>');
    let letters = secret.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    !masked && !bracketed && !is_placeholder(secret) && !FILLERS.contains(&&*letters)
}

#[cfg(test)]
mod tests {
    use super::{Secret, is_live};

    #[test]
    fn debug_is_redacted() {
        let secret = Secret::new("canary".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.expose(), "canary");
    }

    #[test]
    fn only_a_usable_secret_is_live() {
        for text in [
            "**********",
            "xxxx",
            "",
            "${SECRET}",
            "$(env:S)",
            "##S##",
            "@@S@@",
            "$SECRET",
            "?UUID?",
            "%SECRET%",
            "ENC[AES256_GCM,data:x]",
            "<secret>",
            "change-me",
        ] {
            assert!(!is_live(text), "{text}");
        }
        for text in ["secret", "6YBQ1bTrWn4xYtVQFmKj", "a#b@c"] {
            assert!(is_live(text), "{text}");
        }
    }
}
