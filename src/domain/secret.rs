//! A value that must never be printed by accident.

use std::fmt;

use zeroize::Zeroizing;

/// A client secret, an API access token or an OAuth access token.
///
/// It has no `Display`, `Serialize` or `Clone`; its `Debug` is redacted and its memory is overwritten on drop.
/// [`Secret::expose`] is the only access to the text, so every use can be found by searching for that name.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text; the caller should not keep a copy.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for sending, copying or revealing it.
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

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_is_redacted() {
        let secret = Secret::new("canary".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.expose(), "canary");
    }
}
