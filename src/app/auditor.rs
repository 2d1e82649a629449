//! What an audit finds in one credential, for lists, details and forms.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;

use crate::{
    api::Capabilities,
    domain::{
        Credential, Profile,
        audit::{Finding, Ground, Place, Selection, glance},
    },
};

/// The rules that everybody is asked, the same for every console.
static USUAL: LazyLock<Arc<Selection>> = LazyLock::new(Arc::default);

/// Audits one credential at a time.
#[derive(Debug, Clone)]
pub struct Auditor {
    ground: Box<Ground>,
    selection: Arc<Selection>,
}

impl Default for Auditor {
    fn default() -> Self {
        Self::new(None, None)
    }
}

impl Auditor {
    /// An auditor for a profile, with what its provider can do.
    #[must_use]
    pub fn new(profile: Option<&Profile>, capabilities: Option<&Capabilities>) -> Self {
        let unnamed = Profile::default();
        let apis = capabilities.map_or(&[][..], |all| &all.apis);
        let place = Place::of(profile.unwrap_or(&unnamed), apis);
        let ground = Ground::new(Timestamp::UNIX_EPOCH, place);
        Self { ground: Box::new(ground), selection: Arc::clone(&USUAL) }
    }

    /// The same at another moment.
    pub fn set_now(&mut self, now: Timestamp) {
        self.ground.now = now;
    }

    /// What is wrong with a credential by itself, the worst first.
    #[must_use]
    pub fn glance(&self, credential: &Credential) -> Vec<Finding> {
        let mut findings = glance(credential, &self.ground, &self.selection);
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        findings
    }
}
