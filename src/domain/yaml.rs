//! YAML output.

use std::fmt::Write as _;

use serde_json::Value;

use super::text;

/// Quotes a text as a double-quoted scalar (YAML 1.2.2 section 5.7). Control characters and
/// invisible characters are escaped.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if !c.is_control() && !text::is_deceptive(c) => out.push(c),
            c if u32::from(c) <= 0xFFFF => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

/// Formats a value as a document in block style. Every string is quoted, so a parser cannot read it
/// as a value of another type.
#[must_use]
pub fn format(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(object) if !object.is_empty() => members(&mut out, value, 0),
        Value::Array(list) if !list.is_empty() => members(&mut out, value, 0),
        other => {
            let _ = writeln!(out, "{}", scalar(other));
        }
    }
    out
}

/// Writes the members of an object or the entries of a list, each on its own line.
fn members(out: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(object) => {
            for (at, (name, inner)) in object.iter().enumerate() {
                // The first member of a list entry is on the same line as the dash.
                if at > 0 || !out.ends_with("- ") {
                    out.push_str(&indent);
                }
                let _ = write!(out, "{}:", key(name));
                nested(out, inner, depth);
            }
        }
        Value::Array(list) => {
            for inner in list {
                let _ = write!(out, "{indent}- ");
                match inner {
                    Value::Object(object) if !object.is_empty() => members(out, inner, depth + 1),
                    Value::Array(list) if !list.is_empty() => {
                        out.truncate(out.len() - 1);
                        out.push('\n');
                        members(out, inner, depth + 1);
                    }
                    other => {
                        let _ = writeln!(out, "{}", scalar(other));
                    }
                }
            }
        }
        _ => {}
    }
}

fn nested(out: &mut String, value: &Value, depth: usize) {
    let is_empty = match value {
        Value::Object(object) => object.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => true,
    };
    if is_empty {
        let _ = writeln!(out, " {}", scalar(value));
    } else {
        out.push('\n');
        members(out, value, depth + 1);
    }
}

/// Formats a value without members.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// Quotes a name unless it is a plain word that YAML parsers always read as a string.
fn key(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let is_other = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .contains(&name.to_ascii_lowercase().as_str());
    if is_plain && !is_other { name.to_owned() } else { quoted(name) }
}
