//! Documentation generated from [`TABLE`]: Markdown for the book, roff for the man page, and plain
//! text for `credenza keys`.

use std::fmt::Write as _;

use super::{Binding, KeyScope, TABLE};

/// Returns the rows of [`TABLE`] grouped by scope, in the order of the table.
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

/// Returns a Markdown table of the default keys, for the book.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from("| scope | keys | action |\n|---|---|---|\n");
    for (scope, rows) in sections() {
        for (index, binding) in rows.iter().enumerate() {
            let place = if index == 0 { scope.title() } else { "" };
            let keys: Vec<_> = binding.chords.iter().map(|keys| format!("`{keys}`")).collect();
            let _ = writeln!(out, "| {place} | {} | {} |", keys.join(" "), binding.help);
        }
    }
    out
}

/// Returns the KEYS section of the man page, with the default keys, in roff.
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

/// Returns the default keys as plain text, grouped by scope, for `credenza keys`.
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

/// Returns the current keys in the format of the configuration file, for `credenza keys --names`.
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
