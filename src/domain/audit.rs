//! Audit: rules that read credentials and return fail, pass or unknown.
//!
//! A rule is a row of a table below [`rules`]: the facts it reads ([`Fact`]), its texts and source, and a function. A
//! fact that the provider does not report makes a rule unknown, never passed. The same engine audits a fleet
//! ([`audit`]), one credential of a list ([`audit_one`]) and the input of a form; [`formats`] writes the findings.
//!
//! Nothing here uses a network, a clock or a file: the time, the profile and the policy are given ([`AuditContext`]).

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
pub mod policy;
#[cfg(test)]
mod properties;
pub mod rules;
mod selection;
mod subject;

pub use baseline::{Baseline, fingerprint};
pub use engine::{audit, audit_one};
pub use fact::{Fact, Facts};
pub use finding::{Counts, Finding, FindingState, Group, Report, Tally, groups};
use jiff::{Timestamp, civil::Date};
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
    /// Worth knowing.
    Info,
    /// Untidy.
    Low,
    /// Helps an attacker who already has something else.
    Medium,
    /// Breaks one line of defense, or the credential itself.
    High,
    /// Exploitable by an unauthenticated attacker.
    Critical,
}

impl Severity {
    /// All severities, the worst first.
    pub const WORST_FIRST: [Self; 5] =
        [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// One level up.
    #[must_use]
    pub const fn up(self) -> Self {
        match self {
            Self::Info => Self::Low,
            Self::Low => Self::Medium,
            Self::Medium => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }

    /// Mark that distinguishes it without color.
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
    /// Everyone.
    Regular,
    /// For tidy setups.
    Pedantic,
    /// For experts who can rule out false alarms.
    Auditor,
}

/// Kind of fix of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum FixKind {
    /// Edit that does not change accepted URLs.
    Safe,
    /// Edit that changes accepted URLs, and thus needs consent.
    Consent,
    /// Another name.
    Rename,
    /// A new secret.
    Rotate,
    /// Replacement, then deletion.
    Recreate,
    /// Deletion or disabling.
    Delete,
    /// Decision by a user.
    Manual,
}

/// Context of an audit: the profile, the time and the policy.
#[derive(Debug, Clone)]
pub struct AuditContext {
    /// Time that ages are computed at.
    pub now: Timestamp,
    /// Profile of the credentials.
    pub place: ProfileInfo,
    /// Policy of the owners.
    pub policy: Policy,
    /// Older snapshot to compare with.
    pub pinned: Option<Snapshot>,
    /// Facts about this machine; none when a file is audited.
    pub workstation: Option<Workstation>,
    /// True if not all credentials could be read, so that missing ones may exist.
    pub partial: bool,
}

impl AuditContext {
    /// Neutral context.
    #[must_use]
    pub fn new(now: Timestamp, place: ProfileInfo) -> Self {
        Self {
            now,
            place,
            policy: Policy::default(),
            pinned: None,
            workstation: None,
            partial: false,
        }
    }

    /// Whole days between a time and now; negative in the future.
    #[must_use]
    pub fn days_since(&self, then: Timestamp) -> i64 {
        (self.now.as_second() - then.as_second()).div_euclid(24 * 60 * 60)
    }

    /// Date of the audit, in UTC.
    #[must_use]
    pub fn today(&self) -> Date {
        self.now.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// True if a host is one of the profile's own.
    #[must_use]
    pub fn trusts(&self, name: &str) -> bool {
        self.place.trusted_hosts.iter().any(|own| host::is_below(name, own))
    }
}

/// Facts about a profile, for an audit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileInfo {
    /// Name.
    pub name: String,
    /// Environment, if set.
    pub environment: Option<Environment>,
    /// Provider.
    pub provider: Option<Provider>,
    /// Rules for URLs.
    pub semantics: &'static Semantics,
    /// The API base URL.
    pub base_url: String,
    /// Own hosts.
    pub trusted_hosts: Vec<String>,
    /// APIs of tokens, if the provider names them.
    pub apis: Vec<String>,
}

impl ProfileInfo {
    /// Facts about this profile, and the APIs that its provider names.
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

/// Facts about the machine that runs the audit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workstation {
    /// Files and directories of ours that others can read or write.
    pub lax_files: Vec<String>,
    /// True if sessions are stored in clear text.
    pub clear_sessions: bool,
    /// File of CARTO's command with a token in clear text.
    pub foreign_token: Option<String>,
    /// Setting that weakens TLS for this profile.
    pub weak_tls: Option<String>,
    /// Environment variables with a secret.
    pub secrets_in_environment: Vec<String>,
}
