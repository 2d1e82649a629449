//! Escapes text for files and programs: JSON, CSV, Markdown and XML.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::text::{is_deceptive, shown};

/// Returns true if a JSON value is null, or an empty text, list or object.
#[must_use]
pub fn is_empty_value(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Returns a value as JSON, indented or on one line. Characters that control terminals or are
/// invisible are escaped as `\u…`. The JSON is safe to display, and still parses to the same value.
#[must_use]
pub fn json(value: &impl Serialize, pretty: bool) -> String {
    let text =
        if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    escaped(text.unwrap_or_default())
}

/// Number of rows that a thread formats at a time. Their text fits into the processor's cache.
const BATCH: usize = 1000;

/// Writes one line of JSON ([`json`]) per row. All processors format rows, and `out` receives the
/// lines in order, many at a time.
///
/// # Errors
/// Returns the first error of `out`.
pub fn json_lines<T: Sync, V: Serialize, E>(
    rows: &[T],
    value: impl Fn(&T) -> V + Sync,
    mut out: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), E> {
    let write = |rows: &[T], text: &mut Vec<u8>| {
        text.clear();
        for row in rows {
            push_json(text, &value(row));
            text.push(b'\n');
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut texts = vec![Vec::new(); threads];
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
            // serde_json writes only UTF-8, so this never fails. `from_utf8_lossy` is avoided,
            // because it takes as long as the formatting.
            out(str::from_utf8(text).unwrap_or_default())?;
        }
    }
    Ok(())
}

/// Appends a value as JSON, without a line break. Appends nothing if the value cannot be
/// serialized. ASCII JSON is not copied.
fn push_json(text: &mut Vec<u8>, value: &impl Serialize) {
    let start = text.len();
    if serde_json::to_writer(&mut *text, value).is_err() {
        text.truncate(start);
    } else if text.get(start..).is_some_and(|line| !is_harmless(line)) {
        let line = String::from_utf8_lossy(&text.split_off(start)).into_owned();
        text.extend_from_slice(escaped(line).as_bytes());
    }
}

/// Returns true if JSON is ASCII without DEL, and so requires no escaping. `serde_json` already
/// escapes the control characters below U+0020.
fn is_harmless(text: &[u8]) -> bool {
    text.is_ascii() && memchr::memchr(0x7F, text).is_none()
}

fn escaped(text: String) -> String {
    let hidden = |c: char| c != '\n' && is_deceptive(c);
    if is_harmless(text.as_bytes()) || !text.contains(hidden) {
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

/// Returns a table as CSV (RFC 4180, but with LF line breaks). All rows must have the same number
/// of cells. Cells are escaped ([`shown`]). A cell that a spreadsheet would run as a formula is
/// prefixed with an apostrophe (OWASP, CSV injection).
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
        // Writing to memory fails only for a row with a different number of cells.
        let _ = writer.write_record(cells);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// Escapes text for a cell or sentence of Markdown (GFM), so that nothing in it is markup, a link
/// or a mention.
#[must_use]
pub fn markdown(text: &str) -> String {
    let text = shown(text);
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
        match c {
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '@' => out.push_str("&#64;"),
            // GFM turns text that starts with `http://`, `https://` or `www.` into a link.
            ':' if after.starts_with("//") => out.push_str("&#58;"),
            '.' if is_www(before) => out.push_str("&#46;"),
            c => out.push(c),
        }
    }
    out
}

fn is_www(before: &str) -> bool {
    let last = before.get(before.len().saturating_sub(3)..);
    last.is_some_and(|last| last.eq_ignore_ascii_case("www"))
}

/// Returns text as a Markdown (GFM) code span for a table cell: vertical bars are escaped. Returns an
/// empty text unchanged.
#[must_use]
pub fn code_span(text: &str) -> String {
    let text = shown(text).replace(['\n', '\r'], " ");
    if text.is_empty() {
        return text;
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    // A vertical bar ends a cell, even inside code.
    format!("{fence}{space}{}{space}{fence}", text.replace('|', "\\|"))
}

/// Returns bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Escapes text for XML 1.0, and replaces characters that XML does not allow.
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
            r"a\|\`b\`\<img\>\[x\](y)&#64;z https&#58;//e"
        );
        assert_eq!(markdown("www.acme.dev at 12:30, 3.5"), "www&#46;acme.dev at 12:30, 3.5");
        assert_eq!(code_span("a|`b``"), "``` a\\|`b`` ```");
        assert_eq!(code_span("http://a.dev/*"), "`http://a.dev/*`");
    }
}
