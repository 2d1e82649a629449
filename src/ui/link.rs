//! Hyperlinks on the screen, which the terminal opens (OSC 8).

use std::sync::Arc;

use ratatui::layout::{Position, Rect};
use url::Url;

/// Maximum length of a URL, in bytes. Terminals limit it to about 2,000.
const LONGEST: usize = 1_000;

/// Parts of a frame that the terminal links to a URL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links(Vec<(Rect, Arc<str>)>);

impl Links {
    /// Links a part of the frame to a URL. The URL may come from a server, so it is parsed and
    /// serialized again, and only an HTTPS URL without a user name or password is linked.
    pub(super) fn push(&mut self, part: Rect, url: &str) {
        if let Some(url) = safe(url).filter(|_| !part.is_empty()) {
            self.0.push((part, url));
        }
    }

    pub(super) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Returns the URL that a cell links to. Parts drawn later are on top.
    #[must_use]
    pub fn at(&self, x: u16, y: u16) -> Option<&Arc<str>> {
        let position = Position { x, y };
        self.0.iter().rev().find(|(part, _)| part.contains(position)).map(|(_, url)| url)
    }

    /// Returns true if no part is linked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if a row has the same links in another frame.
    #[must_use]
    pub fn is_same_row(&self, other: &Self, y: u16) -> bool {
        let row = |links: &Self| -> Vec<(u16, u16, Arc<str>)> {
            let on_row =
                links.0.iter().filter(|(part, _)| (part.top()..part.bottom()).contains(&y));
            on_row.map(|(part, url)| (part.x, part.width, Arc::clone(url))).collect()
        };
        row(self) == row(other)
    }
}

/// Returns a URL in a form that is safe in a control sequence: printable ASCII. `None` if the URL
/// is not a plain HTTPS URL or is too long.
fn safe(url: &str) -> Option<Arc<str>> {
    let parsed = Url::parse(url.trim()).ok()?;
    let is_plain = parsed.scheme() == "https"
        // A pattern such as https://*.acme.dev cannot be opened.
        && parsed.host_str().is_some_and(|host| !host.contains('*'))
        && parsed.username().is_empty()
        && parsed.password().is_none();
    let written = parsed.as_str();
    let is_printable = written.bytes().all(|byte| byte.is_ascii_graphic());
    (is_plain && is_printable && written.len() <= LONGEST).then(|| written.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_https_urls_are_linked() {
        for (url, link) in [
            ("https://a.example/cb?x=1#y", Some("https://a.example/cb?x=1#y")),
            (
                "https://a.example/\u{1b}]8;;\u{7}\u{202e}",
                Some("https://a.example/%1B]8;;%07%E2%80%AE"),
            ),
            ("https://b\u{fc}cher.example", Some("https://xn--bcher-kva.example/")),
            ("https://*.example.com/cb", None),
            ("https://user:password@a.example/", None),
            ("http://a.example/", None),
            ("file:///etc/passwd", None),
            ("javascript:alert(1)", None),
            ("a.example", None),
        ] {
            assert_eq!(safe(url).as_deref(), link, "{url}");
        }
        assert_eq!(safe(&format!("https://a.example/{}", "x".repeat(LONGEST))), None);
    }
}
