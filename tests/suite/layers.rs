//! Imports between modules match the list in `docs/architecture.md` and form no cycle. No module
//! uses a crate of another layer. In `app`, `shell` and `keys`, no match over a command, message or
//! effect has a wildcard arm.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::common::files_below;

/// Crates and modules of `std` that each top-level module must not use.
const BANNED: &[(&str, &[&str])] = &[
    ("domain", NO_WORLD),
    ("keys", NO_WORLD),
    ("app", NO_WORLD),
    ("api", NO_TERMINAL),
    ("readers", NO_WORLD),
    ("auth", NO_TERMINAL),
    ("vault", NO_TERMINAL),
    ("process", NO_TERMINAL),
    ("files", NO_TERMINAL),
    ("config", NO_TERMINAL),
    ("lifecycle", NO_TERMINAL),
    ("conformance", NO_TERMINAL),
    ("ui", &["crossterm", "tokio", "reqwest", "axum", "rusqlite"]),
    ("clipboard", &["ratatui", "crossterm", "reqwest", "axum"]),
    ("server", &["ratatui", "crossterm", "reqwest", "arboard", "tui_input"]),
    ("shell", &["axum", "rusqlite"]),
    ("report", &["ratatui"]),
    ("cli", &["ratatui", "axum", "rusqlite"]),
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

/// Returns the source files of the program, without the build script.
fn files(src: &Path) -> impl Iterator<Item = PathBuf> {
    let rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    files_below(src).into_iter().filter(rust).filter(|path| !path.ends_with("src/build.rs"))
}

/// Returns each source file with its top-level module, without `main.rs` and `lib.rs`.
fn sources() -> Vec<(String, PathBuf)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let module = |path: PathBuf| {
        let inside = path.strip_prefix(&src).unwrap().to_str().unwrap();
        let module = inside.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        (!matches!(&*module, "main" | "lib")).then_some((module, path))
    };
    files(&src).filter_map(module).collect()
}

type Imports = BTreeMap<String, BTreeSet<String>>;

/// Returns the imports between top-level modules in the code, without tests.
fn imports() -> Imports {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources = sources();
    let modules: BTreeSet<String> = sources.iter().map(|(module, _)| module.clone()).collect();
    let mut imports = Imports::new();
    for (module, path) in sources {
        let text = fs::read_to_string(&path).unwrap();
        let depth = path.strip_prefix(&src).unwrap().components().count();
        let climbing = "super::".repeat(depth);
        let code = without_tests(&text);
        let named = [modules_named(code, "crate::"), modules_named(code, &climbing)].concat();
        let others = named.into_iter().filter(|it| *it != module && modules.contains(it));
        imports.entry(module.clone()).or_default().extend(others);
    }
    imports.retain(|_, others| !others.is_empty());
    imports
}

/// Returns the imports that the architecture page lists.
fn listed() -> Imports {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let page = fs::read_to_string(page).unwrap();
    let list = page.split("```imports\n").nth(1).unwrap().split("```").next().unwrap();
    let line = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        Some((words.next()?, words.collect()))
    };
    list.lines().filter_map(line).collect()
}

/// Returns a cycle if there is one, as a list of modules in which each imports the next.
fn cycle(imports: &Imports) -> Option<Vec<String>> {
    fn walk(imports: &Imports, way: &mut Vec<String>, done: &mut BTreeSet<String>) -> bool {
        let last = way.last().unwrap().clone();
        for next in imports.get(&last).into_iter().flatten() {
            if let Some(at) = way.iter().position(|it| it == next) {
                way.drain(..at);
                return true;
            }
            way.push(next.clone());
            if !done.contains(next) && walk(imports, way, done) {
                return true;
            }
            way.pop();
        }
        done.insert(last);
        false
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|module| {
        let mut way = vec![module.clone()];
        walk(imports, &mut way, &mut done).then_some(way)
    })
}

#[test]
fn modules_import_what_the_architecture_page_lists() {
    let (imports, listed) = (imports(), listed());
    let lines = |imports: &Imports| -> BTreeSet<String> {
        let each = imports.iter();
        each.flat_map(|(from, all)| all.iter().map(move |to| format!("{from} -> {to}"))).collect()
    };
    let (found, listed) = (lines(&imports), lines(&listed));
    let missing: Vec<_> = found.difference(&listed).collect();
    let unused: Vec<_> = listed.difference(&found).collect();
    assert!(missing.is_empty() && unused.is_empty(), "not listed: {missing:?}, unused: {unused:?}");
    assert_eq!(cycle(&imports), None);
}

#[test]
fn cycle_is_found() {
    let imports = |lines: &[(&str, &str)]| {
        let mut imports = Imports::new();
        for (from, to) in lines {
            imports.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        imports
    };
    assert_eq!(cycle(&imports(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    let found = cycle(&imports(&[("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")]));
    assert_eq!(found, Some(["b", "c", "d"].map(str::to_owned).to_vec()));
}

#[test]
fn modules_use_no_crate_of_another_layer() {
    let mut wrong = Vec::new();
    for (module, path) in sources() {
        let Some((_, banned)) = BANNED.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{module} has no list of crates that it must not use"));
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        // In `app`, only files named `view.rs` may use ratatui.
        let draws = module == "app" && path.ends_with("view.rs");
        for outside in banned.iter().filter(|it| !(draws && **it == "ratatui")) {
            let used = without_tests(&text).lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//") && line.contains(&format!("{outside}::"))
            });
            if used {
                wrong.push(format!("{} uses {outside}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap()
}

/// Returns the module names after a prefix, as in `crate::x` and `crate::{x, y}`.
fn modules_named(code: &str, prefix: &str) -> Vec<String> {
    let word = |text: &str| {
        text.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let mut modules = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let line_start = code[..at].rfind('\n').map_or(0, |line| line + 1);
        if code[line_start..at].trim_start().starts_with("//") {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            modules.push(word(rest));
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
                    modules.push(word(&group[index..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    modules
}

#[test]
fn imports_are_read_in_groups_and_upwards() {
    let code =
        "use crate::{api::{ApiError, Http}, domain, keys::Chord};\nuse crate::ui;\n// crate::shell";
    assert_eq!(modules_named(code, "crate::"), ["api", "domain", "keys", "ui"]);
    assert_eq!(modules_named("use super::super::app::Msg;", "super::super::"), ["app"]);
}

#[test]
fn one_function_owns_every_clipboard_write() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let all: Vec<PathBuf> = files(&src).collect();
    let holding = |text: &str| {
        all.iter()
            .filter(|path| without_tests(&fs::read_to_string(path).unwrap()).contains(text))
            .map(|path| path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // Only `process.rs` starts child processes, and it removes secrets from their environment.
    assert_eq!(holding("process::Command"), ["process.rs"]);
    assert_eq!(holding("arboard::"), ["clipboard/native.rs"]);
    assert_eq!(holding("]52;c;"), ["clipboard/osc52.rs"]);
    assert_eq!(holding("\"load-buffer\""), ["clipboard/tmux.rs"]);
    assert_eq!(holding("tmux::load("), ["clipboard.rs"]);
}

/// Returns the wildcard arms of matches over a command, message or effect, as `line: text`. A new
/// variant would match such an arm unnoticed.
fn wildcards(text: &str) -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_ours = |line: &str| {
        // A pattern over a pair of a command and a state begins with a parenthesis. Its match may
        // have a wildcard, because most pairs have no meaning.
        let pattern = line.trim_start().trim_start_matches("| ");
        let name = pattern.split_once("::").map_or("", |(name, _)| name);
        name.chars().all(char::is_alphanumeric)
            && ["Command", "Msg", "Effect"].iter().any(|end| name.ends_with(end))
    };
    let lines: Vec<&str> = without_tests(text).lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let wild = line
            .trim_start()
            .split_once(" => ")
            .is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        // Lines above the arm, up to the head of its match.
        let arms = lines[..at]
            .iter()
            .rev()
            .take_while(|above| above.is_empty() || indent(above) >= indent(line));
        if wild && arms.filter(|arm| indent(arm) == indent(line)).any(|arm| is_ours(arm)) {
            found.push(format!("{}: {}", at + 1, line.trim()));
        }
    }
    found
}

#[test]
fn no_command_message_or_effect_falls_into_a_wildcard() {
    let mut found = Vec::new();
    for (module, path) in sources() {
        let is_test = path.iter().any(|part| part == "tests" || part == "tests.rs");
        if matches!(&*module, "app" | "shell" | "keys") && !is_test {
            let text = fs::read_to_string(&path).unwrap();
            found.extend(wildcards(&text).iter().map(|it| format!("{}:{it}", path.display())));
        }
    }
    assert!(found.is_empty(), "name the variants instead:\n{}", found.join("\n"));
}

#[test]
fn wildcard_arm_is_found() {
    let over = |last: &str| {
        format!(
            "    match msg {{\n        Msg::Server(it) => {{\n            run(it);\n        }}\n        {last} => {{}}\n    }}\n"
        )
    };
    assert_eq!(wildcards(&over("_")), ["5: _ => {}"]);
    assert_eq!(wildcards(&over("other")), ["5: other => {}"]);
    assert!(wildcards(&over("Msg::List(_)")).is_empty());
    assert!(
        wildcards("    match kind {\n        Kind::Spa => {}\n        _ => {}\n    }\n").is_empty()
    );
}
