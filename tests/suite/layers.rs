//! Who may know whom. The rule stands in the documentation of `lib.rs`; this reads the imports.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A room, the rooms it may know, and the outside crates it may not.
const RULES: &[(&str, &[&str], &[&str])] = &[
    ("domain", &[], NO_WORLD),
    ("keys", &[], NO_WORLD),
    ("api", &["domain"], NO_TERMINAL),
    ("auth", &["domain", "api", "vault", "files", "process"], NO_TERMINAL),
    ("vault", &["domain", "config", "files"], NO_TERMINAL),
    ("process", &[], NO_TERMINAL),
    ("app", &["domain", "keys", "api", "auth", "vault"], NO_WORLD),
    (
        "ui",
        &["domain", "keys", "api", "auth", "vault", "app"],
        &["crossterm", "tokio", "reqwest", "axum", "rusqlite"],
    ),
    ("files", &[], NO_TERMINAL),
    ("clipboard", &["domain", "app", "process"], &["ratatui", "crossterm", "reqwest", "axum"]),
    ("server", &["domain", "files"], &["ratatui", "crossterm", "reqwest", "arboard", "tui_input"]),
    ("config", &["domain", "keys", "app", "clipboard", "files"], NO_TERMINAL),
    (
        "shell",
        &[
            "domain",
            "keys",
            "api",
            "auth",
            "vault",
            "app",
            "ui",
            "clipboard",
            "config",
            "files",
            "server",
            "process",
        ],
        &["axum", "rusqlite"],
    ),
    ("report", &["config", "files", "shell"], &["ratatui"]),
    ("conformance", &["domain", "api", "auth"], NO_TERMINAL),
    (
        "cli",
        &[
            "conformance",
            "domain",
            "keys",
            "api",
            "auth",
            "vault",
            "app",
            "clipboard",
            "config",
            "files",
            "process",
            "server",
            "shell",
            "ui",
        ],
        &["ratatui", "axum", "rusqlite"],
    ),
];

const NO_WORLD: &[&str] = &[
    "ratatui",
    "crossterm",
    "tokio",
    "reqwest",
    "axum",
    "rusqlite",
    "arboard",
    "std::fs",
    "std::net",
    "std::env",
];
const NO_TERMINAL: &[&str] = &["ratatui", "crossterm", "axum", "rusqlite", "arboard", "tui_input"];

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_room_knows_only_those_it_may() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    let mut wrong = Vec::new();
    for path in all {
        let inside = path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
        let room = inside.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        if room == "main" || room == "lib" {
            continue;
        }
        let Some((_, known, banned)) = RULES.iter().find(|(name, ..)| *name == room) else {
            wrong.push(format!("{inside}: a room without a rule"));
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        let code = without_tests(&text);
        for name in rooms_named(code) {
            if name != room && !known.contains(&name.as_str()) {
                wrong.push(format!("{inside} knows crate::{name}"));
            }
        }
        for outside in *banned {
            let used = code.lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//") && line.contains(&format!("{outside}::"))
            });
            if used {
                wrong.push(format!("{inside} uses {outside}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap()
}

/// The rooms behind `crate::x` and `crate::{x, y}`.
fn rooms_named(code: &str) -> Vec<String> {
    let word = |text: &str| {
        text.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let line_start = code[..at].rfind('\n').map_or(0, |line| line + 1);
        if code[line_start..at].trim_start().starts_with("//") {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            rooms.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (index, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if depth == 0 && start && c.is_alphabetic() => {
                    rooms.push(word(&group[index..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    rooms
}

#[test]
fn the_reader_of_imports_reads_groups() {
    let code =
        "use crate::{api::{ApiError, Http}, domain, keys::Chord};\nuse crate::ui;\n// crate::shell";
    assert_eq!(rooms_named(code), ["api", "domain", "keys", "ui"]);
}

#[test]
fn one_function_owns_every_clipboard_write() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    let holding = |text: &str| {
        all.iter()
            .filter(|path| without_tests(&fs::read_to_string(path).unwrap()).contains(text))
            .map(|path| path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // Children are started in one place, which keeps our secrets out of their environment.
    assert_eq!(holding("Command::new("), ["process.rs"]);
    assert_eq!(holding("arboard::"), ["clipboard/native.rs"]);
    assert_eq!(holding("]52;c;"), ["clipboard/osc52.rs"]);
    assert_eq!(holding("\"load-buffer\""), ["clipboard/tmux.rs"]);
    assert_eq!(holding("tmux::load("), ["clipboard.rs"]);
}
