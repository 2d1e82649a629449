//! Baseline: a file with the fingerprints of known findings. Only findings
//! that are not in the baseline can fail a build.
//!
//! A baseline entry needs no reason; a suppression has a reason and an expiry date
//! ([`super::policy`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Finding, FindingState, Report};
use crate::domain::{Credential, Untrusted, export};

const SCHEMA: &str = "credenza.baseline/v1";

/// Returns the fingerprint of a finding: a hash of the rule, the credential's ID, the field, and
/// the value in lower case without surrounding spaces and trailing slashes. The fingerprint does
/// not change if the list in the field is sorted or extended. Renaming a credential changes only
/// the fingerprints of findings whose value contains the name.
#[must_use]
pub fn fingerprint(finding: &Finding, credentials: &[Credential]) -> String {
    let id = finding.subject.and_then(|at| credentials.get(at as usize)).map(Credential::id);
    let value = finding.value.as_ref().map_or("", Untrusted::raw);
    let value = value.trim().trim_end_matches('/').to_lowercase();
    let mut hash = Sha256::new();
    let id = id.map_or("", Untrusted::raw);
    for part in [finding.rule.id, id, finding.fact.wire(), value.as_str()] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    export::hex(&hash.finalize()[..16])
}

/// Fingerprints of known findings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Baseline {
    known: BTreeMap<String, KnownFinding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KnownFinding {
    fingerprint: String,
    rule: String,
    credential: String,
    field: String,
}

#[derive(Serialize, Deserialize)]
struct BaselineFile {
    schema: String,
    findings: Vec<KnownFinding>,
}

/// Error when parsing a baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// Not JSON, or a member is missing or has an unexpected type.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The schema has a different name or version.
    #[error("its schema is {}, not {SCHEMA}", super::super::text::shown(.0))]
    Schema(String),
}

impl Baseline {
    /// Creates a baseline from the open and the baselined findings of a report.
    #[must_use]
    pub fn of(report: &Report, credentials: &[Credential]) -> Self {
        let kept = report.findings.iter().filter(|finding| {
            matches!(finding.state, FindingState::Open | FindingState::Baselined)
        });
        let known = kept.map(|finding| {
            let fingerprint = fingerprint(finding, credentials);
            let named = finding.subject.and_then(|at| credentials.get(at as usize));
            let known = KnownFinding {
                fingerprint: fingerprint.clone(),
                rule: finding.rule.id.to_owned(),
                credential: named.map_or("", |it| it.id().raw()).to_owned(),
                field: finding.pointer(),
            };
            (fingerprint, known)
        });
        Self { known: known.collect() }
    }

    /// Parses the text of a baseline file.
    ///
    /// # Errors
    /// Returns an error if the text is not JSON, or does not have the schema of a baseline.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let file: BaselineFile = serde_json::from_str(text)?;
        if file.schema != SCHEMA {
            return Err(BaselineError::Schema(file.schema));
        }
        let known = file.findings.into_iter().map(|known| (known.fingerprint.clone(), known));
        Ok(Self { known: known.collect() })
    }

    /// Returns the text of the baseline file. The findings are sorted to keep diffs in version
    /// control small.
    #[must_use]
    pub fn write(&self) -> String {
        let file = BaselineFile {
            schema: SCHEMA.to_owned(),
            findings: self.known.values().cloned().collect(),
        };
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Returns the number of fingerprints.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// True if there are no fingerprints.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Changes the state of open findings that are in the baseline to [`FindingState::Baselined`].
    /// Returns the number of baseline entries without a finding in the report.
    pub fn apply(&self, report: &mut Report, credentials: &[Credential]) -> usize {
        let mut seen = std::collections::BTreeSet::new();
        for finding in &mut report.findings {
            let print = fingerprint(finding, credentials);
            if self.known.contains_key(&print) {
                if finding.state == FindingState::Open {
                    finding.state = FindingState::Baselined;
                }
                seen.insert(print);
            }
        }
        self.known.len() - seen.len()
    }
}
