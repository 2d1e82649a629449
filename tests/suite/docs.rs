//! The committed documentation matches the code, its links to files resolve, and its example
//! commands parse.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use clap::Parser as _;
use clap_complete::Shell;
use credenza::{
    cli::{self, Cli},
    domain::audit::{Rule, explain, rules},
    keys,
};

use crate::common::{assert_committed, files_below, updating};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a committed page of the book with a title, an introduction and generated content.
fn page(path: &str, title: &str, about: &str, rest: &str) {
    assert_committed(&format!("docs/{path}"), &format!("# {title}\n\n{about}\n\n{rest}"));
}

/// Replaces the text between two markers with `inside`.
fn between(text: &str, begin: &str, end: &str, inside: &str) -> String {
    let (before, rest) = text.split_once(begin).expect("the begin marker");
    let (_, after) = rest.split_once(end).expect("the end marker");
    format!("{before}{begin}{inside}{end}{after}")
}

#[test]
fn the_reference_is_committed() {
    let keys = keys::docs::markdown();
    page(
        "reference/keys.md",
        "Keys",
        "In text fields, letters are typed as text, but keys with Ctrl and F1 still work. Use `[[keys]]` in the configuration to change keys.",
        &keys,
    );
    page(
        "reference/commands.md",
        "Commands",
        "A command uses the current profile, or the local workspace if there is none. `--demo` uses a temporary workspace, and `--base-url URL` uses any server that implements the credentials contract (bearer token in `CREDENZA_TOKEN`). An ID is a client ID, a token ID, or an exact name if it is unique. `credenza COMMAND --help` lists all options.",
        &cli::docs::commands(),
    );
    page(
        "reference/filters.md",
        "Filters",
        "The console (`/`) and the commands (`--where`) use the same filter syntax. A credential must match all terms.",
        &cli::docs::filter_table(),
    );
    page(
        "reference/exit-codes.md",
        "Exit codes",
        "All commands use the same exit codes.",
        &cli::docs::exit_table(),
    );
    let example = fs::read_to_string(root().join("assets/config.example.toml")).unwrap();
    page(
        "reference/configuration.md",
        "Configuration",
        "All settings of `~/.config/credenza/config.toml`, with their defaults. `credenza config set NAME VALUE` changes a setting and keeps your comments.",
        &format!("```toml\n{}\n```\n", example.trim_end()),
    );
}

#[test]
fn every_rule_has_a_page() {
    let mut index = String::from("| rule | severity | finding |\n|---|---|---|\n");
    for rule in rules::all() {
        assert_committed(&format!("docs/rules/{}.md", rule.id), &rule_page(rule));
        let severity = explain::severity(rule);
        let _ = writeln!(index, "| [{0}]({0}.md) | {severity} | {1} |", rule.id, rule.title);
    }
    let about = format!("{} rules. `credenza audit explain ID` explains a rule.", rules::COUNT);
    page("rules/index.md", "Audit rules", &about, &index);
}

fn rule_page(rule: &Rule) -> String {
    let mut out =
        format!("# {} {}\n\n{}. **Fix:** {}.\n\n", rule.id, rule.title, rule.why, rule.advice);
    let mut examples = String::new();
    out.push_str("| | |\n|---|---|\n");
    let _ = writeln!(out, "| slug | `{}` |", rule.slug);
    for (label, text) in explain::lines(rule) {
        match label {
            "" => {}
            "fails" | "passes" | "is unknown" => {
                let _ = writeln!(examples, "{label:<10}  {text}");
            }
            _ => {
                let _ = writeln!(out, "| {label} | {} |", text.replace('|', "\\|"));
            }
        }
    }
    if !examples.is_empty() {
        let _ = write!(
            out,
            "\n## Examples\n\nAs of 2026-01-01; unstated values are unknown.\n\n```text\n{examples}```\n"
        );
    }
    out
}

#[test]
fn the_readme_is_short_and_counts_the_rules() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.lines().count() <= 150, "details belong in the book");
    assert!(readme.contains(&format!("{} rules", rules::COUNT)));
}

#[test]
fn the_summary_lists_every_page() {
    let path = "docs/SUMMARY.md";
    let summary = fs::read_to_string(root().join(path)).unwrap();
    let mut list = String::new();
    for rule in rules::all() {
        let _ = writeln!(list, "  - [{0} {1}](rules/{0}.md)", rule.id, rule.title);
    }
    let made = between(&summary, "<!-- rules -->\n", "<!-- end of rules -->", &list);
    assert_committed(path, &made);
    for page in pages() {
        let name = page.strip_prefix(root().join("docs")).unwrap().display().to_string();
        assert!(
            name == "SUMMARY.md" || made.contains(&format!("({name})")),
            "{name} is not listed"
        );
    }
}

#[test]
fn what_was_proven_of_the_providers_is_committed() {
    let path = "docs/providers/index.md";
    let text = fs::read_to_string(root().join(path)).unwrap();
    assert_committed(path, &between(&text, PROVIDERS, END_OF_PROVIDERS, &providers()));
}

/// Returns the paths of the book's pages, sorted.
fn pages() -> Vec<PathBuf> {
    let mut found = files_below(&root().join("docs"));
    found.retain(|path| path.extension().is_some_and(|it| it == "md"));
    found
}

fn documents() -> Vec<PathBuf> {
    let mut all = pages();
    all.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(|it| root().join(it)));
    all
}

#[test]
fn links_lead_to_files() {
    if updating() {
        return; // other tests write pages at the same time
    }
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if !link.contains("://") && !link.is_empty() {
                let path = document.parent().unwrap().join(link);
                assert!(path.exists(), "{}: {link} does not exist", document.display());
            }
        }
    }
}

/// Every `credenza` command in an `sh` block parses, so no page shows a flag that does not exist.
#[test]
fn examples_are_commands_that_exist() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for block in text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            let commands = block.split(['\n', '|']).flat_map(|line| line.split("&&"));
            for line in commands.map(str::trim).filter(|line| line.starts_with("credenza")) {
                if let Err(error) = Cli::try_parse_from(words(line)) {
                    let shown = matches!(
                        error.kind(),
                        clap::error::ErrorKind::DisplayHelp
                            | clap::error::ErrorKind::DisplayVersion
                    );
                    assert!(shown, "{}: {line}\n{error}", document.display());
                }
            }
        }
    }
}

/// Splits a line at spaces outside single quotes, up to a comment or a redirection.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut open) = (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            '\'' => (quoted, open) = (!quoted, true),
            ' ' if !quoted => {
                if open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            '#' | '>' | '<' if !quoted && word.is_empty() => break,
            c => word.push(c),
        }
    }
    if open || !word.is_empty() {
        words.push(word);
    }
    words
}

#[test]
fn the_man_page_and_the_completions_are_committed() {
    assert_committed("assets/credenza.1", &cli::docs::man_page());
    for (shell, file) in
        [(Shell::Bash, "credenza.bash"), (Shell::Zsh, "_credenza"), (Shell::Fish, "credenza.fish")]
    {
        assert_committed(&format!("assets/completions/{file}"), &cli::complete::script(shell));
    }
}

/// Servers that the providers are tested with, in the order of the table, each as the name of its
/// file in `tests/matrix` and the heading of its column.
const SERVERS: [(&str, &str); 8] = [
    ("contract", "the contract (embedded)"),
    ("keycloak", "Keycloak 26.7.3"),
    ("hydra", "Ory Hydra 2.3.0"),
    ("openbao", "OpenBao 2.7.2"),
    ("better-auth", "Better Auth 1.7.5"),
    ("gitea", "Gitea 1.26.0"),
    ("oidc-provider", "RFC 7591: oidc-provider 9.13.3"),
    ("django-oauth-toolkit", "RFC 7591: django-oauth-toolkit 3.4.1"),
];

/// Checks of the conformance suite, each with the label of its row.
const ROWS: [(&str, &str); 9] = [
    ("creates", "create, read back"),
    ("lists", "list in pages"),
    ("secret", "secret readable, or shown once"),
    ("edits", "edit keeps other fields"),
    ("refuses lost updates", "lost update refused"),
    ("rotates", "rotate the secret"),
    ("issues", "OAuth access token"),
    ("deletes", "delete"),
    ("keeps others out", "no access by other users"),
];

const PROVIDERS: &str = "<!-- providers: generated from tests/matrix -->\n";
const END_OF_PROVIDERS: &str = "<!-- end of providers -->";

/// Returns a cell of the table: the kinds for which a check works (S for SPA clients, M for M2M
/// clients, T for tokens), `–` for none, and a note if the list is not paginated.
fn cell(server: &str, check: &str) -> String {
    let path = format!("{}/tests/matrix/{server}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let outcome = |kind: &str| {
        let line = text.lines().find(|line| {
            line.starts_with(&format!("{kind} ")) && line[7..].starts_with(&format!("{check} "))
        });
        line.map_or("", |line| line[7 + check.len()..].trim())
    };
    let kinds = [("spa", 'S'), ("m2m", 'M'), ("token", 'T')];
    let works: String = kinds
        .iter()
        .filter(|(kind, _)| outcome(kind) == "works")
        .map(|(_, letter)| *letter)
        .collect();
    assert!(kinds.iter().all(|(kind, _)| !outcome(kind).starts_with("fails")), "{server} {check}");
    let at_once = kinds.iter().any(|(kind, _)| outcome(kind).contains("the list has no pages"));
    match (works.is_empty(), at_once) {
        (true, true) => "unpaginated".to_owned(),
        (false, true) => format!("{works}, others unpaginated"),
        (true, false) => "–".to_owned(),
        (false, false) => works,
    }
}

/// Returns the table of providers, generated from the committed conformance runs.
fn providers() -> String {
    let row = |label: &str, cells: Vec<String>| format!("| {label} | {} |", cells.join(" | "));
    let heads = SERVERS.iter().map(|(_, head)| (*head).to_owned()).collect();
    let mut lines = vec![row(" ", heads), format!("|---|{}", "---|".repeat(SERVERS.len()))];
    for (check, label) in ROWS {
        let cells = SERVERS.iter().map(|(server, _)| cell(server, check)).collect();
        lines.push(row(label, cells));
    }
    format!("{}\n", lines.join("\n"))
}
