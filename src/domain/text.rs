//! Text that somebody else wrote: names, URLs, error messages from an API.
//!
//! Terminals obey control characters, and readers are fooled by invisible ones, so nothing an API
//! sent is printed as it came. [`Untrusted`] has no `Display`; [`Untrusted::shown`] is the only way
//! to every sink (frames, plain output, logs, errors, the window title).

use std::{borrow::Cow, fmt, fmt::Write as _};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// More combining marks than this on one letter are written out, so that stacked marks cannot
/// paint over the neighbouring rows.
const MARKS_PER_LETTER: usize = 3;

/// A string that an API, a file or a paste brought in.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Untrusted(Box<str>);

impl Untrusted {
    /// Wraps the text unchanged: what is copied or sent back is what came.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text as it came, for sending it back, comparing and copying; never for a screen.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The text with every control, bidirectional, zero-width and tag character made visible.
    #[must_use]
    pub fn shown(&self) -> Cow<'_, str> {
        shown(&self.0)
    }

    /// [`Untrusted::shown`], cut to `columns` terminal columns with an ellipsis.
    #[must_use]
    pub fn clipped(&self, columns: usize) -> String {
        clip(&self.shown(), columns).into_owned()
    }

    /// The first `most` of some names, separated by commas, and how many more there are.
    #[must_use]
    pub fn list(names: &[Self], most: usize) -> String {
        let shown: Vec<String> = names.iter().take(most).map(|name| name.clipped(60)).collect();
        match names.len().saturating_sub(most) {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }

    /// Whether a person can type it as it stands: plain, printable, not too long.
    #[must_use]
    pub fn is_typeable(&self) -> bool {
        !self.0.is_empty()
            && self.0.chars().count() <= 64
            && self.0.trim() == &*self.0
            && matches!(self.shown(), Cow::Borrowed(_))
    }
}

impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

impl From<String> for Untrusted {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// Makes what a terminal or a reader would misread visible as `<U+202E>`.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    let plain = |b: u8| (0x20..0x7f).contains(&b);
    if text.bytes().all(plain) || !needs_escape(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut marks = 0;
    for c in text.chars() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if is_deceptive(c) || marks > MARKS_PER_LETTER {
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// As [`shown`], line by line: line breaks stay, and the last line gets one.
#[must_use]
pub fn shown_lines(text: &str) -> String {
    text.lines().map(|line| shown(line) + "\n").collect()
}

/// As [`shown`], with everything beyond ASCII written out too, for a terminal that is not UTF-8.
#[must_use]
pub fn shown_ascii(text: &str) -> Cow<'_, str> {
    let text = shown(text);
    if text.is_ascii() {
        return text;
    }
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        }
    }
    Cow::Owned(out)
}

/// Cuts text to a number of terminal columns, never inside a grapheme; what is lost shows as `…`.
#[must_use]
pub fn clip(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let width = grapheme.width();
        if used + width > room {
            break;
        }
        used += width;
        out.push_str(grapheme);
    }
    out.push('…');
    Cow::Owned(out)
}

fn needs_escape(text: &str) -> bool {
    let mut marks = 0;
    text.chars().any(|c| {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        is_deceptive(c) || marks > MARKS_PER_LETTER
    })
}

/// Whether a text has any of the characters that act on the terminal or that nobody can see.
#[must_use]
pub fn has_deceptive(text: &str) -> bool {
    if text.is_ascii() {
        text.bytes().any(|byte| byte.is_ascii_control())
    } else {
        text.chars().any(is_deceptive)
    }
}

/// Defines the characters that are invisible, once for comparing and once for a regular expression.
macro_rules! invisible {
    ($($first:literal ..= $last:literal),+ $(,)?) => {
        /// Invisible characters, as a range each.
        ///
        /// Unicode UTS #39 and the `Default_Ignorable_Code_Point` property name most of them.
        pub const INVISIBLE: &[(char, char)] = &[$(($first, $last)),+];

        /// Characters that act on the terminal or that are invisible.
        #[must_use]
        pub fn is_deceptive(c: char) -> bool {
            c.is_control() || matches!(c, $($first..=$last)|+)
        }
    };
}

invisible! {
    '\u{AD}'..='\u{AD}', '\u{34F}'..='\u{34F}', '\u{61C}'..='\u{61C}', '\u{115F}'..='\u{1160}',
    '\u{17B4}'..='\u{17B5}', '\u{180B}'..='\u{180F}', '\u{200B}'..='\u{200F}',
    '\u{2028}'..='\u{202E}', '\u{2060}'..='\u{206F}', '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}', '\u{E000}'..='\u{F8FF}', '\u{FE00}'..='\u{FE0F}',
    '\u{FEFF}'..='\u{FEFF}', '\u{FFA0}'..='\u{FFA0}', '\u{FFF0}'..='\u{FFFC}',
    '\u{1BCA0}'..='\u{1BCA3}', '\u{1D173}'..='\u{1D17A}', '\u{E0000}'..='\u{E0FFF}',
    '\u{F0000}'..='\u{10FFFF}',
}

fn is_mark(c: char) -> bool {
    matches!(
        u32::from(c),
        0x300..=0x36F | 0x483..=0x489 | 0x591..=0x5BD | 0x610..=0x61A | 0x64B..=0x65F
            | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xE31 | 0xE34..=0xE3A
            | 0xE47..=0xE4E | 0xFE20..=0xFE2F
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_becomes_visible() {
        for (raw, visible) in [
            ("Store locator", "Store locator"),
            ("Zürich 東京", "Zürich 東京"),
            ("\u{1b}]52;c;QQ==\u{7}", "<U+001B>]52;c;QQ==<U+0007>"),
            ("adm\u{200b}in", "adm<U+200B>in"),
            ("abc\u{202e}txt.exe", "abc<U+202E>txt.exe"),
            ("line\nbreak", "line<U+000A>break"),
            ("tag\u{e0041}", "tag<U+E0041>"),
            ("csi\u{9b}31m", "csi<U+009B>31m"),
        ] {
            assert_eq!(shown(raw), visible);
        }
    }

    #[test]
    fn stacked_marks_are_written_out_after_the_third() {
        let zalgo = format!("a{}", "\u{301}".repeat(5));
        assert_eq!(shown(&zalgo), "a\u{301}\u{301}\u{301}<U+0301><U+0301>");
    }

    #[test]
    fn clipping_counts_columns_not_characters() {
        for (text, columns, cut) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("東京都", 5, "東京…"),
            ("東京都", 4, "東…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
        ] {
            assert_eq!(clip(text, columns), cut);
        }
    }

    #[test]
    fn a_name_nobody_can_type_says_so() {
        assert!(Untrusted::from("Store locator").is_typeable());
        assert!(!Untrusted::from("").is_typeable());
        assert!(!Untrusted::from(" padded ").is_typeable());
        assert!(!Untrusted::from("adm\u{200b}in").is_typeable());
        assert!(!Untrusted::from("x".repeat(65)).is_typeable());
    }

    #[test]
    fn an_ascii_terminal_gets_ascii() {
        assert_eq!(shown_ascii("Zürich"), "Z<U+00FC>rich");
    }
}
