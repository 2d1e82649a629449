//! Runs every step of the example repositories in `docs/examples` that calls Credenza.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use credenza::readers::{self, document::Document};
use regex_lite::Regex;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(root().join(path)).unwrap();
    Document::parse(text).expect("YAML").roots()[0].value()
}

/// Runs a command in an example, with this build of Credenza on the `PATH`.
fn runs(example: &str, script: &str, variables: &[(&str, &str)]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let binaries = Path::new(env!("CARGO_BIN_EXE_credenza")).parent().unwrap();
    let path = std::env::join_paths([binaries, Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(root().join("docs/examples").join(example))
        .env_clear()
        .envs([("HOME", home.path().as_os_str()), ("PATH", &path)])
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|it| if it.is_dir() { files_below(&it) } else { vec![it] }).collect()
}

#[test]
fn pre_commit_hook_finds_the_mistakes_of_its_example() {
    let published = &yaml(".pre-commit-hooks.yaml")[0];
    let example = yaml("docs/examples/pre-commit/.pre-commit-config.yaml");
    let hook = &example["repos"][0]["hooks"][0];
    for member in ["id", "name", "language", "entry", "files"] {
        assert_eq!(hook[member], published[member], "{member}");
    }
    let matches = Regex::new(hook["files"].as_str().unwrap()).unwrap();
    let folder = root().join("docs/examples/pre-commit");
    let files: Vec<String> = files_below(&folder)
        .iter()
        .map(|path| path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned())
        .filter(|path| matches.is_match(path))
        .collect();
    assert_eq!(files, ["keycloak/realm-export.json"]);
    let script = format!("{} {}", hook["entry"].as_str().unwrap(), files.join(" "));
    let output = runs("pre-commit", &script, &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(14), "{said}");
    assert!(said.contains("URL09  line 10") && said.contains("SEC12  line 20"), "{said}");
}

#[test]
fn action_reports_the_mistakes_of_its_example() {
    let action = yaml(".github/actions/audit/action.yml");
    let workflow = yaml("docs/examples/github-action/.github/workflows/audit.yml");
    let steps = workflow["jobs"]["audit"]["steps"].as_array().unwrap();
    let uses = |name: &str| {
        let is_it = |step: &&Value| step["uses"].as_str().is_some_and(|it| it.contains(name));
        steps.iter().find(is_it).unwrap_or_else(|| panic!("no step uses {name}"))
    };
    let given = &uses(".github/actions/audit")["with"];
    let place = tempfile::tempdir().unwrap();
    let sarif = place.path().join("credenza.sarif").to_str().unwrap().to_owned();
    let summary = place.path().join("summary.md").to_str().unwrap().to_owned();
    // The runner replaces each expression with the workflow's input, or with its default.
    let step = &action["runs"]["steps"][0];
    let mut variables: Vec<(&str, &str)> = vec![("GITHUB_STEP_SUMMARY", &summary)];
    for (name, expression) in step["env"].as_object().unwrap() {
        let input = expression.as_str().unwrap().trim_start_matches("${{ inputs.");
        let input = input.trim_end_matches(" }}");
        let default = &action["inputs"][input]["default"];
        let value = given.get(input).unwrap_or(default).as_str().unwrap();
        variables.push((name, if name == "SARIF" { &sarif } else { value }));
    }
    let output = runs("github-action", step["run"].as_str().unwrap(), &variables);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(14), "{said}");
    assert!(said.contains("::error file=deploy/tenant.yaml,line=7"), "{said}");
    let report: Value = serde_json::from_str(&fs::read_to_string(&sarif).unwrap()).unwrap();
    let results = report["runs"][0]["results"].as_array().unwrap();
    let open = results.iter().filter(|it| it["suppressions"].as_array().is_none_or(Vec::is_empty));
    assert!(open.count() >= 3 && results.iter().any(|it| it["ruleId"] == "URL02"), "{report}");
    assert!(fs::read_to_string(&summary).unwrap().contains("URL02"));
    let upload = &uses("upload-sarif")["with"]["sarif_file"];
    assert_eq!(*upload, action["inputs"]["sarif"]["default"]);
}

/// A fuzzer gets past the first checks only if it starts with files that pass them.
#[test]
fn every_seed_of_the_fuzz_target_is_read() {
    let seeds = files_below(&root().join("tests/fuzz/corpus/readers"));
    assert!(seeds.len() >= 10);
    for seed in seeds {
        let document = Document::parse(fs::read_to_string(&seed).unwrap()).expect("a document");
        let is_manifest = readers::manifest::read(&document).is_ok();
        let clients = readers::read(&document, None).unwrap_or_default();
        let is_whole = !clients.entries.is_empty() && clients.unreadable.is_empty();
        assert!(is_manifest || is_whole, "{}: {:?}", seed.display(), clients.unreadable);
    }
}
