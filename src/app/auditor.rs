//! Audits single credentials, for lists, details and forms.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;

use crate::{
    api::{self, Capabilities},
    domain::{
        Credential, Profile,
        audit::{AuditContext, Finding, Policy, ProfileInfo, RuleSelection, audit_one},
        whose::{AuthorizeRequest, Obstacle},
    },
};

/// Default rule selection, shared by all auditors to save memory.
static USUAL: LazyLock<Arc<RuleSelection>> = LazyLock::new(Arc::default);

/// Auditor of single credentials. It skips the rules that compare credentials with each other.
#[derive(Debug, Clone)]
pub struct Auditor {
    context: Box<AuditContext>,
    selection: Arc<RuleSelection>,
}

impl Default for Auditor {
    fn default() -> Self {
        Self::new(None, None)
    }
}

impl Auditor {
    /// Creates an auditor for a profile and its capabilities, without a policy. Until
    /// [`Self::set_now`] is called, the current time is the Unix epoch.
    #[must_use]
    pub fn new(profile: Option<&Profile>, capabilities: Option<&Capabilities>) -> Self {
        let context = AuditContext::new(Timestamp::UNIX_EPOCH, profile_info(profile, capabilities));
        Self { context: Box::new(context), selection: Arc::clone(&USUAL) }
    }

    /// Sets the profile and the capabilities that audit rules use.
    pub fn set_place(&mut self, profile: Option<&Profile>, capabilities: &Capabilities) {
        self.context.place = profile_info(profile, Some(capabilities));
    }

    /// Returns the audit policy in use.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.context.policy
    }

    /// Sets the audit policy. Returns true if earlier findings may be outdated.
    pub fn set_policy(&mut self, policy: Policy) -> bool {
        let matters = !(self.context.policy.is_empty() && policy.is_empty());
        self.context.policy = policy;
        matters
    }

    /// Sets the current time for rules about ages and expiries.
    pub fn set_now(&mut self, now: Timestamp) {
        self.context.now = now;
    }

    /// Returns the findings of one credential that are not suppressed, the most severe first.
    #[must_use]
    pub fn audit_one(&self, credential: &Credential) -> Vec<Finding> {
        let mut findings = audit_one(credential, &self.context, &self.selection);
        findings.retain(Finding::is_open);
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        findings
    }
}

impl Auditor {
    /// Returns the reasons why an authorization request of a client fails at this provider.
    #[must_use]
    pub fn obstacles(&self, request: &AuthorizeRequest, client: &Credential) -> Vec<Obstacle> {
        let place = &self.context.place;
        request.obstacles(client, place.semantics, &place.base_url)
    }
}

fn profile_info(profile: Option<&Profile>, capabilities: Option<&Capabilities>) -> ProfileInfo {
    let unnamed = Profile::default();
    let profile = profile.unwrap_or(&unnamed);
    let apis = capabilities.map_or(&[][..], |all| &all.apis);
    api::profile_info(profile, apis)
}
