//! Untrusted text: names, URLs and error messages from an API.
//!
//! Text from an API is never printed raw, because terminals execute control characters, and
//! invisible characters mislead readers. [`Untrusted`] has no `Display`. All output (frames, plain
//! output, logs, errors, the window title) must use [`Untrusted::shown`].

use std::{borrow::Cow, fmt, fmt::Write as _, sync::LazyLock};

use regex_lite::Regex;
use unicode_normalization::char::canonical_combining_class;
use unicode_script::{Script, UnicodeScript as _};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Maximum number of combining marks on one letter. Further marks are escaped, so that stacked
/// marks cannot cover neighboring rows.
const MARKS_PER_LETTER: usize = 3;

/// String from an API, a file or a paste.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Untrusted(Box<str>);

impl Untrusted {
    /// Wraps the text unchanged, so that it can be copied or sent back without changes.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the raw text, for sending back, comparing and copying; never for display.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// Returns the text for display, with control and invisible characters escaped ([`shown`]).
    #[must_use]
    pub fn shown(&self) -> Cow<'_, str> {
        shown(&self.0)
    }

    /// Returns [`Untrusted::shown`], truncated to `columns` terminal columns with an ellipsis.
    #[must_use]
    pub fn clipped(&self, columns: usize) -> String {
        clip(&self.shown(), columns).into_owned()
    }

    /// Returns the first `most` names, separated by commas and each truncated to 60 columns, and
    /// the number of remaining names.
    #[must_use]
    pub fn list(names: &[Self], most: usize) -> String {
        let shown: Vec<String> = names.iter().take(most).map(|name| name.clipped(60)).collect();
        match names.len().saturating_sub(most) {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }

    /// Returns true if a user can type the text: it is printable, has 1 to 64 characters, and has
    /// no surrounding spaces.
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

impl From<Cow<'_, str>> for Untrusted {
    fn from(text: Cow<'_, str>) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// Escapes characters that a terminal would execute or a reader would not see, in the form
/// `<U+202E>`. Also escapes the fourth and further combining marks on a letter. Keeps invisible
/// characters that an emoji or a script requires.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    let plain = |b: u8| (0x20..0x7f).contains(&b);
    if text.bytes().all(plain) || !needs_escape(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut marks = 0;
    for (at, c) in text.char_indices() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if deceives(text, at, c) || marks > MARKS_PER_LETTER {
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Escapes each line as [`shown`] does, and ends each line with a line feed.
#[must_use]
pub fn shown_lines(text: &str) -> String {
    text.lines().map(|line| shown(line) + "\n").collect()
}

/// Escapes text as [`shown`] does, and also all characters beyond ASCII, for a terminal without
/// UTF-8.
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

/// Shortens text in the middle to a number of terminal columns: `k3Jd…gA6u`.
#[must_use]
pub fn shorten(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let room = columns.saturating_sub(1);
    let (head, tail) = (room.div_ceil(2), room / 2);
    let until = |wanted: usize, graphemes: &mut dyn Iterator<Item = &str>| {
        let mut used = 0;
        let fits = |grapheme: &&str| {
            used += grapheme.width();
            used <= wanted
        };
        graphemes.take_while(fits).map(str::len).sum::<usize>()
    };
    let first = until(head, &mut text.graphemes(true));
    let last = until(tail, &mut text.graphemes(true).rev());
    Cow::Owned(format!("{}…{}", &text[..first], &text[text.len() - last..]))
}

/// Truncates text to a number of terminal columns at a grapheme boundary; `…` marks the cut.
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
    text.char_indices().any(|(at, c)| {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        deceives(text, at, c) || marks > MARKS_PER_LETTER
    })
}

/// Returns true if a text contains terminal control characters, or invisible characters that are
/// not required by an emoji or a script.
#[must_use]
pub fn has_deceptive(text: &str) -> bool {
    if text.is_ascii() {
        text.bytes().any(|byte| byte.is_ascii_control())
    } else {
        text.char_indices().any(|(at, c)| deceives(text, at, c))
    }
}

/// Returns true if a character of a text controls the terminal or is invisible, unless an emoji or
/// a script requires the character at this position.
fn deceives(text: &str, at: usize, c: char) -> bool {
    is_deceptive(c) && !belongs(&text[..at], c, &text[at + c.len_utf8()..])
}

/// Returns true for a joiner that its script needs (UAX #31 section 2.3: contexts A1, A2 and B),
/// and for the invisible parts of an emoji (UTS #51 section 1.4).
fn belongs(before: &str, c: char, after: &str) -> bool {
    let (last, next) = (before.chars().next_back(), after.chars().next());
    let follows_emoji = last.is_some_and(is_emoji);
    let follows_virama = last.is_some_and(|last| canonical_combining_class(last) == 9);
    match c {
        '\u{FE0E}' | '\u{FE0F}' => {
            let keycap = matches!(last, Some('0'..='9' | '#' | '*')) && next == Some('\u{20E3}');
            follows_emoji || keycap
        }
        '\u{200D}' => {
            let joins = last == Some('\u{FE0F}') || follows_emoji;
            follows_virama || joins && next.is_some_and(is_emoji)
        }
        '\u{200C}' => {
            let letter = |c: &char| canonical_combining_class(*c) == 0 && !is_mark(*c);
            let script = |c: char| c.is_alphabetic().then(|| c.script());
            let right = after.chars().find(letter).and_then(script);
            let left = before.chars().rev().find(letter).and_then(script);
            let cursive = left.is_some_and(|it| CURSIVE.contains(&it));
            (follows_virama || cursive) && left.is_some() && left == right
        }
        // The flags of England, Scotland and Wales.
        '\u{E0020}'..='\u{E007F}' => {
            let is_tag = |c: char| matches!(c, '\u{E0020}'..='\u{E007F}');
            let start = before.trim_end_matches(is_tag);
            let tags = before[start.len()..].chars().chain([c]).chain(after.chars());
            let tags: String =
                tags.take_while(|c| is_tag(*c)).take(7).filter_map(untagged).collect();
            start.ends_with('\u{1F3F4}')
                && ["gbeng\u{7F}", "gbsct\u{7F}", "gbwls\u{7F}"].contains(&tags.as_str())
        }
        _ => false,
    }
}

/// Scripts with joining letters, where a joiner changes the rendering.
const CURSIVE: [Script; 9] = [
    Script::Arabic,
    Script::Syriac,
    Script::Mongolian,
    Script::Nko,
    Script::Mandaic,
    Script::Manichaean,
    Script::Phags_Pa,
    Script::Adlam,
    Script::Hanifi_Rohingya,
];

fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0xA9 | 0xAE | 0x203C | 0x2049 | 0x2122 | 0x2139 | 0x2190..=0x2BFF
        | 0x3030 | 0x303D | 0x3297 | 0x3299 | 0x1F000..=0x1FAFF)
}

/// Returns the ASCII character that a tag character encodes.
fn untagged(tag: char) -> Option<char> {
    char::from_u32(u32::from(tag) - 0xE0000)
}

/// Defines the invisible characters once, for comparison and for a regular expression.
macro_rules! invisible {
    ($($first:literal ..= $last:literal),+ $(,)?) => {
        /// Inclusive ranges of invisible characters.
        ///
        /// UTS #39 and the Unicode property `Default_Ignorable_Code_Point` list most of them.
        pub const INVISIBLE: &[(char, char)] = &[$(($first, $last)),+];

        /// Returns true for characters that control the terminal or are invisible.
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

/// Returns the known word with the smallest edit distance from `word`; `None` if the distance is
/// more than a third of the known word's length, rounded up.
#[must_use]
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |a: &str, b: &str| {
        let b: Vec<char> = b.chars().collect();
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.chars().enumerate() {
            let mut before = std::mem::replace(&mut row[0], i + 1);
            for (j, y) in b.iter().enumerate() {
                let cost = before + usize::from(x != *y);
                before = row[j + 1];
                row[j + 1] = cost.min(before + 1).min(row[j] + 1);
            }
        }
        row[b.len()]
    };
    let best = known.iter().min_by_key(|other| distance(word, other))?;
    (distance(word, best) <= best.len().div_ceil(3)).then_some(*best)
}

fn is_mark(c: char) -> bool {
    matches!(
        u32::from(c),
        0x300..=0x36F | 0x483..=0x489 | 0x591..=0x5BD | 0x610..=0x61A | 0x64B..=0x65F
            | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xE31 | 0xE34..=0xE3A
            | 0xE47..=0xE4E | 0xFE20..=0xFE2F
    )
}

/// Returns true if a text contains a placeholder that another tool replaces: `$(env:X)`, `${X}`,
/// `$X`, `##X##`, `@@X@@`, `@X@`, `{{ X }}`, `#{X}`, `%X%`, `__X__`, `?X?` or `PLACEHOLDER`. Also
/// returns true for encrypted text (`ENC[…]`).
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    static PLACEHOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let forms = [
            r"\$\([^)]+\)",
            r"[$#]\{[^}]+\}",
            r"^\$[A-Za-z_]",
            r"##[A-Za-z0-9_.-]+##",
            r"@@[^@]+@@",
            r"^@[A-Za-z0-9_.-]+@$",
            r"\{\{.+\}\}",
            r"%[A-Z][A-Z0-9_]{2,}%",
            r"__[A-Z][A-Z0-9_]+__",
            r"\?[A-Z][A-Z0-9_]+\?",
            r"^ENC\[",
            r"PLACEHOLDER",
        ];
        Regex::new(&forms.join("|")).ok()
    });
    // Most texts contain none of these characters, so they do not need the slow search.
    let may = text.contains(['$', '#', '@', '{', '%', '?', '['])
        || text.contains("__")
        || text.contains("PLACEHOLDER");
    may && PLACEHOLDER.as_ref().is_some_and(|form| form.is_match(text))
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
            ("\u{1f3f4}\u{e0070}\u{e0077}", "\u{1f3f4}<U+E0070><U+E0077>"),
            ("csi\u{9b}31m", "csi<U+009B>31m"),
        ] {
            assert_eq!(shown(raw), visible);
        }
    }

    #[test]
    fn joiners_stay_where_their_script_or_an_emoji_needs_them() {
        for name in [
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}", // Persian
            "\u{d05}\u{d35}\u{d28}\u{d4d}\u{200d}",                      // Malayalam
            "\u{915}\u{94d}\u{200c}\u{937}",                             // Hindi
            "1\u{fe0f}\u{20e3} First step",
            "\u{2764}\u{fe0f} Maps",
            "\u{1f469}\u{200d}\u{1f527}",
            "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
        ] {
            assert_eq!(shown(name), name);
            assert!(!has_deceptive(name), "{name}");
        }
        for name in
            ["shop\u{200c}front", "a\u{200d}b", "\u{645}\u{200c}a", "1\u{fe0f}2", "x\u{200d}"]
        {
            assert!(has_deceptive(name), "{}", shown(name));
        }
    }

    #[test]
    fn stacked_marks_are_written_out_after_the_third() {
        let zalgo = format!("a{}", "\u{301}".repeat(5));
        assert_eq!(shown(&zalgo), "a\u{301}\u{301}\u{301}<U+0301><U+0301>");
    }

    #[test]
    fn shortening_keeps_both_ends() {
        assert_eq!(shorten("k3Jd81sLq0ZtgA6u", 9), "k3Jd…gA6u");
        assert_eq!(shorten("k3Jd81sLq0ZtgA6u", 16), "k3Jd81sLq0ZtgA6u");
        assert_eq!(shorten("日本語の識別子", 7), "日…子");
        assert_eq!(shorten("abc", 1), "…");
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
