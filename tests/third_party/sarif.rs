//! SARIF reports of the audit against the official OASIS schema.

use std::{path::PathBuf, process::Command};

use credenza::domain::{
    audit::{
        self, AuditContext, Baseline, Persona, Policy, ProfileInfo, RuleSelection, Severity,
        examples,
        formats::{self, Format, Input, SnapshotPlaces, Style},
    },
    snapshot::Snapshot,
};
use serde_json::Value;

/// Returns the official SARIF schema, read from the crate that contains it.
fn schema() -> Value {
    let manifest =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/third_party/sarif/Cargo.toml");
    let cargo = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO"))
            .args(arguments)
            .args(["--locked", "--manifest-path"])
            .arg(&manifest)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    cargo(&["fetch"]);
    let metadata: Value =
        serde_json::from_slice(&cargo(&["metadata", "--format-version=1"])).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").unwrap();
    let place = PathBuf::from(package["manifest_path"].as_str().unwrap());
    let text = std::fs::read_to_string(place.with_file_name("src/schema.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    // The schema's pattern for languages has an extra bracket and is not a valid regular
    // expression.
    for place in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][place]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern");
    }
    schema
}

/// Returns a snapshot with the credentials of all examples.
fn fleet() -> Snapshot {
    let scenes = examples::all().map(|example| example.scene().unwrap());
    let all = scenes.flat_map(|scene| scene.credentials).collect();
    Snapshot::new(
        examples::now(),
        ProfileInfo::default(),
        all,
        vec!["page 3 was refused".to_owned()],
    )
}

#[test]
fn every_report_is_valid_sarif() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let snapshot = fleet();
    let text = snapshot.write();
    let mut context = AuditContext::new(examples::now(), ProfileInfo::default());
    let policy = "[[suppress]]\nrule = \"URL05\"\nclient = \"a\"\nreason = \"a \\\"demo\\\"\"\nexpires = 2026-12-31\n";
    context.policy = Policy::read(policy).unwrap();
    let selection = RuleSelection::new(Persona::Auditor, Severity::Info, &[], &[]).unwrap();
    let mut report = audit::audit(&snapshot.credentials, &context, &selection);
    assert!(report.findings.len() > 300, "{}", report.findings.len());
    for baseline in [None, Some(Baseline::of(&report, &snapshot.credentials))] {
        let fixed = baseline.map(|it| it.apply(&mut report, &snapshot.credentials));
        let places = SnapshotPlaces::new("snapshots/a b.json", &text);
        let input = Input {
            report: &report,
            snapshot: &snapshot,
            digest: "",
            places: Some(&places),
            context: &context,
            fixed,
        };
        let sarif: Value =
            serde_json::from_str(&formats::write(Format::Sarif, &input, Style::default())).unwrap();
        let wrong: Vec<String> = validator
            .iter_errors(&sarif)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(wrong, Vec::<String>::new());
        // The line of a finding must exist in the snapshot.
        let lines: Vec<&str> = text.lines().collect();
        for result in sarif["runs"][0]["results"].as_array().unwrap() {
            let line = &result["locations"][0]["physicalLocation"]["region"]["startLine"];
            assert!(lines.len() >= usize::try_from(line.as_u64().unwrap()).unwrap());
        }
    }
}
