//! The audit's reports in every format, and the findings of the seeded fleet.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use credenza::{
    api::{CredentialsApi as _, Http, Scope, Trust, contract::Contract, fleet, http::Fixed},
    domain::{
        audit::{
            self, AuditContext, Persona, Policy, ProfileInfo, RuleSelection, Severity,
            formats::{self, Format, Input, Places, SnapshotPlaces, Style},
        },
        profile::Word as _,
        snapshot::Snapshot,
    },
    server::{
        Config,
        seed::{self, Seed},
    },
};

use crate::common::{
    noon,
    server::{Served, config},
};

/// Snapshot with a client that has a hostile name and a password in a URL, a token without expiry,
/// and a client without an owner. [`POLICY`] suppresses the finding about the missing owner.
const FLEET: &str = r#"{
  "schema": "credenza.snapshot/v1",
  "taken_at": "2026-01-01T00:00:00Z",
  "profile": { "name": "acme", "env": "prod", "base_url": "https://api.acme.dev" },
  "clients": [
    {
      "client_id": "k3Jd",
      "name": "=cmd|'/c calc'!A1 <img src=x> | `x` \u202e",
      "app_type": "spa",
      "callbacks": [
        "https://user:hunter22@app.acme.dev/cb",
        "http://localhost:5173/cb"
      ]
    },
    {
      "client_id": "Tt5x",
      "name": "Nightly sync",
      "app_type": "non_interactive",
      "owner": null
    }
  ],
  "tokens": [
    {
      "id": "tok_1",
      "name": "Store map",
      "created_at": "2025-01-01T00:00:00Z",
      "expiration_date": null,
      "grants": [{ "connection_name": "carto_dw", "source": "*" }]
    }
  ]
}
"#;

const POLICY: &str = r#"
[[suppress]]
rule = "OWN01"
client = "Tt5x"
reason = "it belongs to the platform team"
expires = 2026-06-30
"#;

fn written(format: Format) -> String {
    let snapshot = Snapshot::read(FLEET).unwrap();
    let policy = Policy::read(POLICY).unwrap();
    let context =
        AuditContext { policy, ..AuditContext::new(snapshot.taken_at, snapshot.place.clone()) };
    let rules = ["URL", "OWN", "TOK", "NAM"].map(str::to_owned);
    let selection = RuleSelection::new(Persona::Regular, Severity::Medium, &rules, &[]).unwrap();
    let report = audit::audit(&snapshot.credentials, &context, &selection);
    let places = SnapshotPlaces::new("acme.json", FLEET);
    let input = Input {
        report: &report,
        snapshot: &snapshot,
        digest: "(the hash of the text)",
        places: Some(&places),
        context: &context,
        fixed: None,
    };
    formats::write(format, &input, Style { columns: Some(100), ..Style::default() })
}

#[test]
fn every_format_is_as_it_is_kept() {
    for format in Format::all() {
        let word = format.word();
        let text = written(format);
        assert!(!text.contains("hunter22"), "a password in {word}");
        assert!(!text.contains('\u{202e}'), "a hidden character in {word}");
        let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
        insta::assert_snapshot!(word, text.replace(&version, "\"version\": \"x.y.z\""));
    }
}

#[test]
fn a_line_in_sarif_is_the_line_in_the_snapshot() {
    let sarif: serde_json::Value = serde_json::from_str(&written(Format::Sarif)).unwrap();
    let lines: Vec<&str> = FLEET.lines().collect();
    let mut seen = 0;
    for result in sarif["runs"][0]["results"].as_array().unwrap() {
        let place = &result["locations"][0];
        let line = place["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
        let text = lines[usize::try_from(line).unwrap() - 1];
        let member = place["logicalLocations"][0]["name"].as_str().unwrap();
        let expected = match member {
            "callbacks[0]" => "https://user:hunter22@app.acme.dev/cb",
            "callbacks[1]" => "http://localhost:5173/cb",
            "grants[0]" => "carto_dw",
            other => &format!("\"{other}\""),
        };
        assert!(text.contains(expected), "{member} is not in {text}");
        seen += 1;
    }
    assert!(seen > 5, "{seen}");
}

/// 500 placeholder callbacks are reported as one finding with 500 values.
#[test]
fn one_defect_of_a_whole_list_is_one_finding() {
    let callbacks: Vec<String> =
        (0..500).map(|number| format!("https://app{number}.example.com/cb")).collect();
    let client =
        serde_json::json!({ "client_id": "k3Jd", "name": "Portal", "callbacks": callbacks });
    let text = serde_json::json!({
        "schema": "credenza.snapshot/v1", "taken_at": "2026-01-01T00:00:00Z",
        "profile": { "name": "acme", "base_url": "https://api.acme.dev" }, "clients": [client],
    })
    .to_string();
    let snapshot = Snapshot::read(&text).unwrap();
    let context = AuditContext::new(snapshot.taken_at, snapshot.place.clone());
    let rules = ["URL29".to_owned()];
    let selection = RuleSelection::new(Persona::Regular, Severity::Info, &rules, &[]).unwrap();
    let report = audit::audit(&snapshot.credentials, &context, &selection);
    let places = SnapshotPlaces::new("a", &text);
    let written = |format| {
        let (report, snapshot, context) = (&report, &snapshot, &context);
        let places = Some(&places as &dyn Places);
        let input = Input { report, snapshot, digest: "", places, context, fixed: None };
        formats::write(format, &input, Style::default())
    };
    let table = written(Format::Table);
    let line = "callbacks (500 of 500)  https://app0.example.com/cb, https://app1.example.com/cb, \
                https://app2.example.com/cb, and 497 more";
    assert!(
        table.contains(line) && table.contains("1 credential, 1 of 143 rules: 1 medium"),
        "{table}"
    );
    let json: serde_json::Value = serde_json::from_str(&written(Format::Json)).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), 1);
    assert_eq!(json["findings"][0]["values"].as_array().unwrap().len(), 500);
    assert_eq!(json["findings"][0]["values"][499]["field"], "callbacks[499]");
    let sarif: serde_json::Value = serde_json::from_str(&written(Format::Sarif)).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!((results.len(), results[0]["locations"].as_array().unwrap().len()), (1, 500));
    assert_eq!(written(Format::Junit).matches("<failure").count(), 1);
}

/// IDs of the rules that realistic seeded credentials violate even without a planted defect.
const ORDINARY: [&str; 10] =
    ["SEC01", "SEC02", "TOK01", "TOK02", "TOK04", "TOK07", "TOK19", "TOK22", "USE01", "USE02"];

#[tokio::test]
async fn seeded_fleet_has_the_planted_findings() {
    let served = Served::start(&Config { seed: Seed::Many(1000), ..config() });
    let base_url = served.base_url.as_str();
    let bearer = Arc::new(Fixed(Arc::new(served.ada().bearer)));
    let http = Http::new(base_url, Some(bearer), &Trust::default()).unwrap();
    let api = Contract::new(http, base_url);
    let capabilities = api.capabilities().await.unwrap();
    let kinds = fleet::kinds(&capabilities);
    let read =
        fleet::read(&api, &api.capabilities().await.unwrap(), &kinds, Scope::Mine, |_| {}).await;
    assert!(read.failed.is_empty());
    let snapshot = Snapshot::new(noon(), ProfileInfo::default(), read.credentials, Vec::new());
    let context = AuditContext::new(noon(), ProfileInfo::default());
    let report = audit::audit(&snapshot.credentials, &context, &RuleSelection::default());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for finding in report.open() {
        *counts.entry(finding.rule.id).or_default() += 1;
        let about = &snapshot.credentials[finding.subject.unwrap() as usize];
        found.entry(finding.rule.id).or_default().insert(about.name().raw().to_owned());
    }
    let mut planted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (rules, name) in seed::planted(1000) {
        for rule in rules {
            planted.entry(rule).or_default().insert(name.clone());
        }
    }
    // Every planted defect must be found. Other findings are allowed only for `ORDINARY` rules.
    let mut wrong = Vec::new();
    for rule in found.keys().chain(planted.keys()).collect::<BTreeSet<_>>() {
        let none = BTreeSet::new();
        let (found, planted) =
            (found.get(rule).unwrap_or(&none), planted.get(rule).unwrap_or(&none));
        let missed: Vec<_> = planted.difference(found).collect();
        let more: Vec<_> = found.difference(planted).collect();
        if !missed.is_empty() || !(more.is_empty() || ORDINARY.contains(rule)) {
            wrong.push(format!("{rule}: missing {missed:?}, unexpected {more:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let table: Vec<String> = counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
    insta::assert_snapshot!("seeded_fleet", table.join("\n"));
}
