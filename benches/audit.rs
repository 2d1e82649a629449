//! The audit: all rules of a fleet, by its size; each family of rules; reading and writing a snapshot.

#![allow(missing_docs, clippy::expect_used)]

use std::hint::black_box;

use credenza::domain::{
    Credential,
    audit::{self, AuditContext, Persona, ProfileInfo, RuleSelection, Severity, examples, rules},
    objects::CredentialObject,
    snapshot::Snapshot,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// A believable fleet: of five credentials three are SPA clients, one an M2M client, one a token.
fn fleet(size: usize) -> Vec<Credential> {
    let read = |text: String| serde_json::from_str::<CredentialObject>(&text).expect("an object");
    (0..size)
        .map(|at| {
            let host = format!("app-{at}.region-{}.acme.dev", at % 40);
            let common = format!(
                r#""name":"Store locator {at:06}","owner":{{"user_id":"u{}","email":"u{}@acme.dev"}},
                "created_at":"2025-06-01T00:00:00Z","last_used_at":"2025-12-20T00:00:00Z""#,
                at % 97,
                at % 97
            );
            match at % 5 {
                3 => read(format!(r#"{{"client_id":"m{at}","app_type":"m2m",{common}}}"#)).into_client(),
                4 => read(format!(
                    r#"{{"id":"t{at}",{common},"allowed_apis":["maps","sql"],"expiration_date":"2026-06-01T00:00:00Z",
                    "grants":[{{"connection_name":"dw","source":"acme.retail.t{at}"}}],"referers":["https://{host}*"]}}"#
                ))
                .into_token(),
                _ => read(format!(
                    r#"{{"client_id":"s{at}",{common},"initiate_login_uri":"https://{host}/","use_default_urls":false,
                    "callbacks":["https://{host}/callback","https://{host}/silent","http://localhost:{}/cb"],
                    "allowed_logout_urls":["https://{host}/"],"web_origins":["https://{host}"],
                    "allowed_origins":["https://{host}"],"grant_types":["authorization_code"]}}"#,
                    3000 + at % 10
                ))
                .into_client(),
            }
        })
        .collect()
}

fn ground() -> AuditContext {
    AuditContext::new(examples::now(), ProfileInfo::default())
}

fn growth(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("audit");
    group.sample_size(10);
    let selection =
        RuleSelection::new(Persona::Auditor, Severity::Info, &[], &[]).expect("every rule");
    for size in [1_000, 10_000, 100_000] {
        let fleet = fleet(size);
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), &fleet, |bench, fleet| {
            bench.iter(|| black_box(audit::audit(fleet, &ground(), &selection)));
        });
    }
    group.finish();
}

fn families(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rules of 10,000");
    group.sample_size(10);
    let fleet = fleet(10_000);
    let mut families: Vec<&str> = rules::all()
        .iter()
        .map(|rule| rule.id.trim_end_matches(|c: char| c.is_ascii_digit()))
        .collect();
    families.sort_unstable();
    families.dedup();
    for family in families {
        let named = [family.to_owned()];
        let selection =
            RuleSelection::new(Persona::Auditor, Severity::Info, &named, &[]).expect("a family");
        let count = selection.rules().len();
        group.bench_function(format!("{family} ({count})"), |bench| {
            bench.iter(|| black_box(audit::audit(&fleet, &ground(), &selection)));
        });
    }
    group.finish();
}

fn snapshots(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("snapshot of 10,000");
    group.sample_size(10);
    let snapshot =
        Snapshot::new(examples::now(), ProfileInfo::default(), fleet(10_000), Vec::new());
    let text = snapshot.write();
    group.bench_function("write", |bench| bench.iter(|| black_box(snapshot.write())));
    group.bench_function("read", |bench| bench.iter(|| black_box(Snapshot::read(&text))));
    group.finish();
}

criterion_group!(benches, growth, families, snapshots);
criterion_main!(benches);
