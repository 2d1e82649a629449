//! Fuzz target: every reader of configuration files, and the audit of the clients that it returns.
//! A panic, a hang or exhausted memory is a defect.

#![no_main]

use credenza::{
    api,
    domain::audit::{AuditContext, ProfileInfo, RuleSelection, audit},
    readers::{self, document::Document},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: String| {
    let Ok(document) = Document::parse(text) else { return };
    let _ = readers::manifest::read(&document);
    let _ = readers::comments::read(&document);
    let Ok(clients) = readers::read(&document, None) else { return };
    for client in clients.entries {
        let place = ProfileInfo {
            provider: Some(client.provider),
            semantics: api::semantics(client.provider),
            ..ProfileInfo::default()
        };
        let context = AuditContext::new(jiff::Timestamp::UNIX_EPOCH, place);
        let origin = client.origin;
        let report = audit(&[client.audited()], &context, &RuleSelection::default());
        for finding in &report.findings {
            let _ = origin.place(&document, Some(finding));
            let _ = finding.message();
        }
    }
});
