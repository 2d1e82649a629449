//! Generated documentation is what is committed, and what the README promises is there.

use clap_complete::Shell;
use credenza::{cli, keys};

use crate::common::{assert_committed, updating};

const BEGIN: &str = "<!-- keys: made by the tests, see tests/suite/docs.rs -->\n";
const END: &str = "<!-- end of keys -->";
const COMMANDS: &str = "<!-- commands: made by the tests from the command line itself -->\n";
const END_OF_COMMANDS: &str = "<!-- end of commands -->";
const FILTERS: &str = "<!-- filters: made by the tests from the language itself -->\n";
const END_OF_FILTERS: &str = "<!-- end of filters -->";
const EXITS: &str = "<!-- exits: made by the tests -->\n";
const END_OF_EXITS: &str = "<!-- end of exits -->";

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

/// Puts text between two marks.
fn between(text: &str, begin: &str, end: &str, inside: &str) -> String {
    let (before, rest) = text.split_once(begin).expect("the mark before");
    let (_, after) = rest.split_once(end).expect("the mark behind");
    format!("{before}{begin}{inside}{end}{after}")
}

#[test]
fn the_readme_has_the_keys_and_what_was_proven_of_the_providers() {
    let made = between(&readme(), BEGIN, END, &keys::docs::markdown());
    let made = between(&made, PROVIDERS, END_OF_PROVIDERS, &providers());
    let made = between(&made, COMMANDS, END_OF_COMMANDS, &cli::docs::commands());
    let made = between(&made, FILTERS, END_OF_FILTERS, &cli::docs::filter_table());
    let made = between(&made, EXITS, END_OF_EXITS, &cli::docs::exit_table());
    assert_committed("README.md", &made);
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

#[test]
fn every_file_that_the_readme_links_exists() {
    if updating() {
        return; // some are being written right now
    }
    for link in readme().split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        if !link.contains("://") && !link.starts_with('#') {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(link);
            assert!(path.exists(), "{link} is not there");
        }
    }
}

/// The servers that the providers are proven on, in the order of the README's table: the file in
/// `tests/matrix`, and the head of the column.
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

/// The checks of the conformance suite, as a row of the table each.
const ROWS: [(&str, &str); 9] = [
    ("creates", "create, read back"),
    ("lists", "list in pages"),
    ("secret", "secret again, or once"),
    ("edits", "edit, the rest kept"),
    ("refuses lost updates", "lost update refused"),
    ("rotates", "rotate the secret"),
    ("issues", "OAuth access token"),
    ("deletes", "delete"),
    ("keeps others out", "others kept out"),
];

const PROVIDERS: &str = "<!-- providers: made by the tests from tests/matrix -->\n";
const END_OF_PROVIDERS: &str = "<!-- end of providers -->";

/// For which kinds a check works: S for SPA clients, M for M2M clients, T for tokens.
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
    let at_once = kinds.iter().any(|(kind, _)| outcome(kind).contains("given at once"));
    match (works.is_empty(), at_once) {
        (true, true) => "all at once".to_owned(),
        (false, true) => format!("{works}, rest at once"),
        (true, false) => "–".to_owned(),
        (false, false) => works,
    }
}

/// The table of what was proven, from the runs that are committed.
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
