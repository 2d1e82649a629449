//! Text for files and programs, made harmless for what opens it.

use std::fmt::Write as _;

use serde::Serialize;

use super::text::{is_deceptive, shown};

/// A value as JSON in which characters that act on terminals, or that nobody sees, are written as
/// `\u…`: it is the same value, and can be looked at. Pretty, or on one line.
#[must_use]
pub fn json(value: &impl Serialize, pretty: bool) -> String {
    let text =
        if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    escaped(text.unwrap_or_default())
}

/// Rows that one thread writes at a time: their text stays in the processor's cache.
const BATCH: usize = 1000;

/// Writes what a value is made of each row, as JSON on a line of its own ([`json`]). All processors make the lines of
/// many rows; `out` takes them in order, and is the only one that keeps them.
///
/// # Errors
/// The first one of `out`.
pub fn json_lines<T: Sync, V: Serialize, E>(
    rows: &[T],
    value: impl Fn(&T) -> V + Sync,
    mut out: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), E> {
    let write = |rows: &[T], text: &mut String| {
        text.clear();
        for row in rows {
            text.push_str(&json(&value(row), false));
            text.push('\n');
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut texts = vec![String::new(); threads];
    for round in rows.chunks(BATCH * threads) {
        let mut work = round.chunks(BATCH).zip(&mut texts);
        let own = work.next();
        std::thread::scope(|scope| {
            for (rows, text) in work {
                scope.spawn(|| write(rows, text));
            }
            if let Some((rows, text)) = own {
                write(rows, text);
            }
        });
        for text in texts.iter().take(round.len().div_ceil(BATCH)) {
            out(text)?;
        }
    }
    Ok(())
}

fn escaped(text: String) -> String {
    let hidden = |c: char| c != '\n' && is_deceptive(c);
    // serde_json escapes what is below a space.
    let harmless = text.is_ascii() && memchr::memchr(0x7F, text.as_bytes()).is_none();
    if harmless || !text.contains(hidden) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hidden(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// A table as CSV (RFC 4180). A cell that a spreadsheet would take for a formula begins with a quote
/// (OWASP, CSV injection).
#[must_use]
pub fn csv<'a>(rows: impl Iterator<Item = Vec<std::borrow::Cow<'a, str>>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let cells = row.iter().map(|cell| {
            let cell = shown(cell);
            if cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '|', '%']) {
                format!("'{cell}")
            } else {
                cell.into_owned()
            }
        });
        // Writing to memory does not fail.
        let _ = writer.write_record(cells);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// A text for a cell or a sentence of Markdown: nothing in it is markup, a link or a mention.
#[must_use]
pub fn markdown(text: &str) -> String {
    let text = shown(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            c if c.is_ascii_alphanumeric() || !c.is_ascii() => out.push(c),
            ' ' | ',' | ';' | '?' | '%' | '=' | '/' | '-' | '.' | '(' | ')' => out.push(c),
            c => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
        }
    }
    out
}

/// Bytes in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// A text for XML 1.0: escaped, and without what that cannot have.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in shown(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_value() {
        let value = "a\u{202e}\u{9b}31m\u{e0041}\nb";
        let text = json(&value, false);
        assert!(text.is_ascii(), "{text}");
        assert_eq!(serde_json::from_str::<String>(&text).ok().as_deref(), Some(value));
    }

    #[test]
    fn a_cell_is_no_formula() {
        let rows = [vec!["=1+1".into(), " @x".into(), "a,\"b\"".into(), "-".into()]];
        assert_eq!(csv(rows.into_iter()), "'=1+1,' @x,\"a,\"\"b\"\"\",'-\n");
    }

    #[test]
    fn markdown_is_only_text() {
        assert_eq!(
            markdown("a|`b`<img>[x](y)@z https://e"),
            "a&#124;&#96;b&#96;&#60;img&#62;&#91;x&#93;(y)&#64;z https&#58;//e"
        );
    }
}
