//! Audit: rules that read credentials and return fail, pass or unknown.
//!
//! Each rule is an entry of a table in a submodule of [`rules`]: the facts it reads ([`Fact`]), its
//! texts and source, and a check function. A rule never passes if the provider does not report one
//! of its facts. The result is then unknown, or fail if the reported facts show a defect. The same
//! engine audits a fleet ([`audit`]), one credential of a list ([`audit_one`]) and the input of a
//! form; [`formats`] writes the findings.
//!
//! The audit does not access the network, the clock or files. Callers pass the time, the profile
//! and the policy ([`AuditContext`]).

mod baseline;
pub mod engine;
pub mod entry;
pub mod examples;
pub mod explain;
pub mod fact;
mod finding;
pub mod fix;
pub mod formats;
pub mod host;
pub mod names;
pub mod others;
pub mod policy;
#[cfg(test)]
mod properties;
pub mod rules;
mod selection;
mod subject;

use std::sync::Arc;

pub use baseline::{Baseline, fingerprint};
pub use engine::{audit, audit_one};
pub use fact::{Fact, Facts};
pub use finding::{Counts, Finding, FindingState, Group, Report, Tally, groups};
use jiff::{Timestamp, civil::Date};
pub use others::OtherProfile;
pub use policy::{Policy, Suppression};
pub use rules::Rule;
pub use selection::{RuleSelection, UnknownRule};
use strum::{EnumString, IntoStaticStr, VariantNames};
pub use subject::Subject;

use super::{
    Untrusted,
    profile::{Environment, Profile, Provider},
    semantics::Semantics,
    snapshot::Snapshot,
};

/// Severity of a finding.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Severity {
    /// Information without a known risk.
    Info,
    /// Poor practice that does not help an attack by itself.
    Low,
    /// Helps an attacker who already has other access.
    Medium,
    /// Disables one line of defense, or keeps the credential from working.
    High,
    /// Exploitable by an unauthenticated attacker.
    Critical,
}

impl Severity {
    /// All severities, from the worst to the mildest.
    pub const WORST_FIRST: [Self; 5] =
        [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// Returns the next higher severity; `Critical` remains `Critical`.
    #[must_use]
    pub const fn up(self) -> Self {
        match self {
            Self::Info => Self::Low,
            Self::Low => Self::Medium,
            Self::Medium => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }

    /// Returns the mark, two columns wide, that distinguishes severities without color.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Critical => "!!",
            Self::High => "! ",
            Self::Medium => "* ",
            Self::Low => "- ",
            Self::Info => "i ",
        }
    }
}

/// Audience of a rule.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Persona {
    /// All users.
    Regular,
    /// Users who also review consistency and housekeeping.
    Pedantic,
    /// Experts who can rule out false positives.
    Auditor,
}

/// Kind of change that fixes a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum FixKind {
    /// Edit that does not change which URLs are accepted.
    Safe,
    /// Edit that may change which URLs or sources are accepted, so it requires consent.
    Consent,
    /// Change of the name.
    Rename,
    /// Rotation of the secret.
    Rotate,
    /// Creation of a replacement, then deletion of the credential.
    Recreate,
    /// Deletion or deactivation of the credential.
    Delete,
    /// Change that only the user can choose.
    Manual,
}

/// Context of an audit: the profile, the time and the policy.
#[derive(Debug, Clone)]
pub struct AuditContext {
    /// Time of the audit, from which ages are computed.
    pub now: Timestamp,
    /// Properties of the profile of the credentials.
    pub place: ProfileInfo,
    /// Audit policy, including suppressions.
    pub policy: Policy,
    /// Older snapshot to compare with; without it, rules that need it return unknown.
    pub pinned: Option<Snapshot>,
    /// Other profiles of the same audit; without them, rules that compare environments return
    /// unknown.
    pub others: Vec<Arc<OtherProfile>>,
    /// Local security problems of this machine. If `None`, rules about the machine return unknown.
    pub workstation: Option<Workstation>,
    /// True if some credentials could not be read. A missing credential may then still exist.
    pub partial: bool,
}

impl AuditContext {
    /// Creates a context with only the time and the profile.
    #[must_use]
    pub fn new(now: Timestamp, place: ProfileInfo) -> Self {
        Self {
            now,
            place,
            policy: Policy::default(),
            pinned: None,
            others: Vec::new(),
            workstation: None,
            partial: false,
        }
    }

    /// Returns true if the audit compares production with another environment.
    #[must_use]
    pub fn compares_environments(&self) -> bool {
        let is_production = self.place.environment == Some(Environment::Prod);
        self.others.iter().any(|other| other.is_production() != is_production)
    }

    /// Returns the number of whole days since a time, rounded down; negative for a future time.
    #[must_use]
    pub fn days_since(&self, then: Timestamp) -> i64 {
        (self.now.as_second() - then.as_second()).div_euclid(24 * 60 * 60)
    }

    /// Returns the date of the audit, in UTC.
    #[must_use]
    pub fn today(&self) -> Date {
        self.now.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// True if a host is a trusted host of the profile, or a subdomain of one.
    #[must_use]
    pub fn trusts(&self, name: &str) -> bool {
        self.place.trusted_hosts.iter().any(|own| host::is_below(name, own))
    }
}

/// Properties of a profile that an audit uses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileInfo {
    /// Name of the profile; empty if unknown.
    pub name: String,
    /// Environment of the profile; `None` if unknown.
    pub environment: Option<Environment>,
    /// Provider of the API; `None` if unknown.
    pub provider: Option<Provider>,
    /// Rules by which the provider compares URLs.
    pub semantics: &'static Semantics,
    /// Base URL of the API; empty if unknown.
    pub base_url: String,
    /// Hosts that the credentials' owners control.
    pub trusted_hosts: Vec<String>,
    /// APIs that tokens may be limited to; empty if the provider does not list them.
    pub apis: Vec<String>,
}

impl ProfileInfo {
    /// Returns the properties of a profile. `apis` and `semantics` come from its provider.
    #[must_use]
    pub fn of(profile: &Profile, apis: &[Untrusted], semantics: &'static Semantics) -> Self {
        Self {
            name: profile.name.clone(),
            environment: Some(profile.environment),
            provider: Some(profile.provider),
            semantics,
            base_url: profile.base_url.clone(),
            trusted_hosts: profile.trusted_hosts.clone(),
            apis: apis.iter().map(|api| api.raw().to_owned()).collect(),
        }
    }
}

/// Local security problems of the machine that runs the audit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workstation {
    /// Files and directories of this program that other users can read or write, each with its
    /// mode.
    pub lax_files: Vec<String>,
    /// True if sessions are stored in clear text.
    pub clear_sessions: bool,
    /// Path of the file in which CARTO's command-line tool stores a token in clear text.
    pub foreign_token: Option<String>,
    /// Description of a setting that weakens TLS for this profile.
    pub weak_tls: Option<String>,
    /// Names of environment variables with a secret.
    pub secrets_in_environment: Vec<String>,
}
