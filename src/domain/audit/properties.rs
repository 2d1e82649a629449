//! Property tests of all rules, fixes and formats with generated input.

use proptest::prelude::*;

use super::{
    AuditContext, Persona, Policy, ProfileInfo, RuleSelection, Severity,
    engine::{audit, audit_one},
    entry::UrlEntry,
    examples,
    fact::Fact,
    fix,
    formats::{self, Format, Input, Style},
};
use crate::domain::{
    Client, Credential, Draft, Grant, Token, Untrusted,
    credential::Record,
    filter::Filter,
    profile::Word as _,
    snapshot::{Lines, Snapshot},
};

/// Generates text from parts of URLs and from characters that often break parsers.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("https://".to_owned()),
        Just("http://".to_owned()),
        Just("localhost".to_owned()),
        Just("*".to_owned()),
        Just("app.acme.dev".to_owned()),
        Just("xn--bcher-kva.dev".to_owned()),
        Just("0x7f.1".to_owned()),
        Just("[::1]".to_owned()),
        Just(":443".to_owned()),
        Just("/..//cb?state=1#x".to_owned()),
        Just("user:pw@".to_owned()),
        Just("\u{202e}\u{1b}[31m".to_owned()),
        Just("%2e%2E%".to_owned()),
        Just("\\".to_owned()),
        "\\PC{0,8}",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

fn list() -> impl Strategy<Value = Vec<Untrusted>> {
    // Empty entries are excluded, because forms and servers drop them.
    let entry = text().prop_filter("an entry", |text| !text.is_empty());
    proptest::collection::vec(entry.prop_map(Untrusted::from), 0..5)
}

fn client() -> impl Strategy<Value = Credential> {
    (text(), text(), list(), list(), list(), any::<bool>(), 0..3_u8).prop_map(
        |(name, login, callbacks, logout_urls, origins, use_default_urls, kind)| {
            let client = Client {
                record: Record { id: "a".into(), name: name.into(), ..Record::default() },
                login_url: (!login.is_empty()).then(|| login.into()),
                callbacks,
                logout_urls,
                web_origins: origins.clone(),
                allowed_origins: origins,
                use_default_urls,
                ..Client::default()
            };
            match kind {
                0 => Credential::M2m(client),
                1 => Credential::Other(client),
                _ => Credential::Spa(client),
            }
        },
    )
}

fn token() -> impl Strategy<Value = Credential> {
    (text(), list(), list(), list()).prop_map(|(name, apis, referers, sources)| {
        Credential::Token(Token {
            record: Record { id: "t".into(), name: name.into(), ..Record::default() },
            apis,
            referers,
            grants: sources
                .into_iter()
                .map(|source| Grant { connection: "c".into(), source })
                .collect(),
            ..Token::default()
        })
    })
}

fn context() -> AuditContext {
    AuditContext::new(examples::now(), ProfileInfo::default())
}

fn every_rule() -> RuleSelection {
    RuleSelection::new(Persona::Auditor, Severity::Info, &[], &[]).expect("every rule")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn no_credential_makes_a_rule_or_a_format_panic(all in proptest::collection::vec(prop_oneof![client(), token()], 0..5)) {
        let (context, selection) = (context(), every_rule());
        let snapshot = Snapshot::new(context.now, ProfileInfo::default(), all, Vec::new());
        let report = audit(&snapshot.credentials, &context, &selection);
        let text = snapshot.write();
        let again = Snapshot::read(&text).expect("a written snapshot is valid");
        prop_assert_eq!(again.write(), text.clone(), "a snapshot stays the same");
        prop_assert_eq!(Snapshot::read_from(|| Ok(text.as_bytes())), Ok(again));
        let places = formats::SnapshotPlaces::new("a", &text);
        let input = Input { report: &report, snapshot: &snapshot, digest: "", places: Some(&places), context: &context, fixed: Some(0) };
        for format in Format::all() {
            let written = formats::write(format, &input, Style::default());
            let hidden = written.lines().any(crate::domain::text::has_deceptive);
            prop_assert!(!hidden, "{format:?} contains invisible characters");
        }
        let lines = Lines::of(&text);
        for finding in &report.findings {
            if let Some(at) = finding.subject {
                let line = lines.of_credential(at as usize, finding.fact.wire(), finding.entry);
                prop_assert!(text.lines().count() >= line as usize);
            }
        }
    }

    #[test]
    fn a_fix_removes_its_finding_and_adds_none_worse(credential in prop_oneof![client(), token()]) {
        let (context, selection) = (context(), every_rule());
        let before = audit_one(&credential, &context, &selection);
        let draft = Draft::of(&credential);
        for finding in &before {
            let Some(after) = fix::fixed(&draft, finding) else { continue };
            let fixed = audit_one(&after.filled(Some(&credential)), &context, &selection);
            let same = |other: &&super::Finding| {
                other.rule.id == finding.rule.id && other.fact == finding.fact && other.value == finding.value
            };
            let count = |all: &[super::Finding]| all.iter().filter(same).count();
            prop_assert!(count(&fixed) < count(&before), "{} is not fixed: {:?}", finding.rule.id, finding.value);
            for new in &fixed {
                let known = before.iter().any(|old| old.rule.id == new.rule.id);
                prop_assert!(known || new.severity <= finding.severity, "the fix of {} causes {}", finding.rule.id, new.rule.id);
            }
        }
    }

    #[test]
    fn folding_twice_is_folding_once(raw in text()) {
        let folded = UrlEntry::new(Fact::Callbacks, None, &raw).folded().into_owned();
        let again = UrlEntry::new(Fact::Callbacks, None, &folded).folded().into_owned();
        prop_assert_eq!(folded, again);
    }

    #[test]
    fn no_filter_policy_or_snapshot_makes_a_reader_panic(text in "\\PC{0,40}") {
        if let Err(error) = Filter::parse(&text) {
            let _ = error.pointed(&text);
        }
        let _ = Policy::read(&text);
        let _ = Snapshot::read(&text);
        let _ = Lines::of(&text);
    }
}
