//! The table as documentation: Markdown for the book, roff for the man page, plain text.

use std::fmt::Write as _;

use super::{Binding, KeyScope, TABLE};

/// The scopes in the order of the table, each with its rows.
fn sections() -> Vec<(KeyScope, Vec<&'static Binding>)> {
    let mut sections: Vec<(KeyScope, Vec<&'static Binding>)> = Vec::new();
    for binding in TABLE {
        match sections.iter_mut().find(|(scope, _)| *scope == binding.scope) {
            Some((_, rows)) => rows.push(binding),
            None => sections.push((binding.scope, vec![binding])),
        }
    }
    sections
}

/// Table of all keys (Markdown).
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from("| where | keys | what they do |\n|---|---|---|\n");
    for (scope, rows) in sections() {
        for (index, binding) in rows.iter().enumerate() {
            let place = if index == 0 { scope.title() } else { "" };
            let keys: Vec<_> = binding.chords.iter().map(|keys| format!("`{keys}`")).collect();
            let _ = writeln!(out, "| {place} | {} | {} |", keys.join(" "), binding.help);
        }
    }
    out
}

/// The section of the man page.
#[must_use]
pub fn roff() -> String {
    let mut out = String::from(".SH KEYS\n");
    for (scope, rows) in sections() {
        let _ = writeln!(out, ".SS {}", scope.title());
        for binding in rows {
            let keys = binding.chords.join(", ").replace('-', "\\-").replace('\'', "\\(aq");
            let _ = writeln!(out, ".TP\n.B {keys}\n{}", binding.help.replace('-', "\\-"));
        }
    }
    out
}

/// Plain text for `credenza keys`.
#[must_use]
pub fn plain() -> String {
    let mut out = String::new();
    for (scope, rows) in sections() {
        let _ = writeln!(out, "{}", scope.title());
        for binding in rows {
            let _ = writeln!(out, "  {:<22} {}", binding.chords.join("  "), binding.help);
        }
        out.push('\n');
    }
    out
}

/// The names used in a configuration file, with the current keys.
#[must_use]
pub fn names(keymap: &super::Keymap) -> String {
    let mut out = String::new();
    let mut last = None;
    for row in keymap.rows() {
        let scope = row.binding.scope;
        if last != Some(scope) {
            let _ = writeln!(out, "[keys.{}]", scope.name());
            last = Some(scope);
        }
        let keys: Vec<_> = row.chords.iter().map(|keys| format!("{keys:?}")).collect();
        let _ = writeln!(out, "{} = [{}]", row.binding.command.name(), keys.join(", "));
    }
    out
}
