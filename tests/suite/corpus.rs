//! Realistic configurations with their expected findings. The test fails if the findings of medium
//! or higher severity differ from the expected ones.
//!
//! Each file of `tests/corpus` contains clients as a server returns them, the expected findings by
//! client, and the reason for these findings. Instead of clients, a file can name a sample of
//! another tool in `../shared/samples`. The file is skipped if that sample is missing.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use credenza::{
    api::{
        CredentialsApi, Http, ProviderDeps, Scope, Trust, fleet, http::Fixed, provider, semantics,
    },
    domain::{
        Profile, Secret,
        audit::{AuditContext, ProfileInfo, RuleSelection, audit, examples},
        profile::{Provider, Word as _},
    },
};
use serde::Deserialize;
use serde_json::Value;

use crate::common::faulty::{Fault, Faulty};

/// Content of a corpus file.
#[derive(Deserialize)]
struct Case {
    provider: String,
    /// Explanation of why exactly these findings are expected.
    argument: String,
    /// Clients as the server returns them; unused if `sample` names a file of another tool.
    #[serde(default)]
    clients: Vec<Value>,
    sample: Option<String>,
    /// Expected findings by client ID, each as rule ID and severity, such as `URL03 medium`.
    expected: BTreeMap<String, BTreeSet<String>>,
}

/// Returns a provider whose server lists these clients, and its profile.
fn served(
    faulty: &Faulty,
    kind: Provider,
    clients: &[Value],
) -> (Arc<dyn CredentialsApi>, Profile) {
    let list = Value::from(clients.to_vec()).to_string();
    let base = faulty.base_url.clone();
    let (path, body, base_url) = match kind {
        Provider::Keycloak => ("/admin/realms/acme/clients", list, format!("{base}/realms/acme")),
        Provider::Auth0 => {
            ("/api/v2/clients", format!(r#"{{"clients":{list},"total":{}}}"#, clients.len()), base)
        }
        Provider::Hydra => ("/admin/clients", list, base),
        other => panic!("{}: no corpus yet", other.word()),
    };
    faulty.on(&format!("GET {path}?"), Fault::json(200, &body));
    let profile = Profile { provider: kind, base_url: base_url.clone(), ..Profile::default() };
    let bearer = Arc::new(Fixed(Arc::new(Secret::new("a token".into()))));
    let http = Http::new(&base_url, Some(bearer), &Trust::default()).unwrap();
    (provider(&profile, http, ProviderDeps::default()).unwrap(), profile)
}

async fn findings(kind: Provider, clients: &[Value]) -> BTreeMap<String, BTreeSet<String>> {
    let faulty = Faulty::start();
    let (api, profile) = served(&faulty, kind, clients);
    let capabilities = api.capabilities().await.unwrap();
    let kinds = fleet::kinds(&capabilities);
    let read = fleet::read(&*api, &capabilities, &kinds, Scope::Mine, |_| {}).await;
    assert!(read.failed.is_empty(), "{:?}", read.failed);
    assert_eq!(read.credentials.len(), clients.len(), "each client is listed once");
    // The audit gets a public address instead of the loopback address of the test server.
    let base_url = format!(
        "https://id.acme-corp.com{}",
        profile.base_url.trim_start_matches(&faulty.base_url)
    );
    let profile = Profile { base_url, ..profile };
    let place = ProfileInfo::of(&profile, &[], semantics(kind));
    let context = AuditContext::new(examples::now(), place);
    let report = audit(&read.credentials, &context, &RuleSelection::default());
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for group in report.groups() {
        let about = group.first.subject.map(|at| &read.credentials[at as usize]);
        let id = about.map_or("-", |it| it.id().raw()).to_owned();
        let line = format!("{} {}", group.first.rule.id, group.first.severity.word());
        found.entry(id).or_default().insert(line);
    }
    found
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples")
}

/// Returns the clients of a case, or `None` if its sample file is missing.
fn clients(case: &Case) -> Option<Vec<Value>> {
    let Some(sample) = &case.sample else { return Some(case.clients.clone()) };
    let text = std::fs::read_to_string(samples().join(sample)).ok()?;
    let value: Value = serde_json::from_str(&text).unwrap();
    Some(match value.get("clients").and_then(Value::as_array) {
        Some(clients) => clients.clone(),
        None => {
            let mut client = value;
            // A client file of Auth0's deploy CLI has no client ID, because the tenant assigns it.
            client["client_id"] = client["name"].clone();
            vec![client]
        }
    })
}

/// Returns true if a finding has at least medium severity. Other findings are not compared.
fn matters(line: &str) -> bool {
    ["medium", "high", "critical"].iter().any(|severity| line.ends_with(severity))
}

#[tokio::test]
async fn clients_of_the_field_get_the_findings_that_they_deserve() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (mut right, mut wrong, mut missed) = (0, Vec::new(), Vec::new());
    let mut read = 0;
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let case: Case = serde_json::from_str(&text).unwrap_or_else(|it| panic!("{name}: {it}"));
        assert!(case.argument.len() > 40, "{name}: the argument is too short");
        let Some(clients) = clients(&case) else { continue };
        read += 1;
        let found = findings(Provider::of_word(&case.provider).unwrap(), &clients).await;
        let lines = |all: &BTreeMap<String, BTreeSet<String>>| -> BTreeSet<String> {
            let each = |(id, rules): (&String, &BTreeSet<String>)| {
                rules.iter().map(|rule| format!("{name} {id}: {rule}")).collect::<Vec<_>>()
            };
            all.iter().flat_map(each).filter(|line| matters(line)).collect()
        };
        let (found, expected) = (lines(&found), lines(&case.expected));
        right += found.intersection(&expected).count();
        wrong.extend(found.difference(&expected).cloned());
        missed.extend(expected.difference(&found).cloned());
    }
    let share = |of: usize| right * 100 / (right + of).max(1);
    let told = format!(
        "{read} files, {right} findings of medium or worse: precision {} %, recall {} %",
        share(wrong.len()),
        share(missed.len())
    );
    println!("{told}");
    assert!(read >= 14, "{told}");
    assert!(
        wrong.is_empty() && missed.is_empty(),
        "{told}\nunexpected: {wrong:#?}\nmissing: {missed:#?}"
    );
}
