//! Audit of all credentials, and changes to the policy file. The audit reads the lists page by
//! page, and runs the rules on a separate thread.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{Read, Runner, on_thread};
use crate::{
    api::{ApiError, Scope},
    app::{AuditMsg, LocalError, Msg, remote::Ticket, screens::audit::Audited},
    config,
    domain::{
        audit::{self, AuditContext, Policy, RuleSelection, Suppression, Workstation},
        snapshot::Snapshot,
    },
};

impl Runner {
    /// Reads and audits all credentials of a scope, and sends the report as a message.
    pub(super) fn audit(&mut self, ticket: Ticket, scope: Scope, now: Timestamp) {
        let outbox = self.outbox.clone();
        let connector = self.target.clone();
        self.ask(Read::Audit, move |api| {
            Box::pin(async move {
                let audited = async {
                    let came = |count| {
                        let _ = outbox.send(Msg::Audit(AuditMsg::Came { ticket, count }));
                    };
                    let snapshot = super::snapshot(&*api, &connector, (scope, now), came).await?;
                    let (target, workstation) = {
                        let connector = connector.lock().await;
                        let base_url = &snapshot.place.base_url;
                        (connector.target.profile(base_url), connector.rest.workstation)
                    };
                    let audit = move || audited(snapshot, workstation(&target), now);
                    on_thread("The audit did not finish", audit).await
                };
                Msg::Audit(AuditMsg::Done { ticket, result: audited.await.map(Box::new) })
            })
        });
    }
}

fn audited(
    snapshot: Snapshot,
    workstation: Workstation,
    now: Timestamp,
) -> Result<Audited, ApiError> {
    let policy = policy().map_err(|error| ApiError::Local {
        why: format!("{error:#}"),
        next: "Correct the policy, then try again.",
    })?;
    let context = AuditContext {
        policy,
        workstation: Some(workstation),
        partial: !snapshot.incomplete.is_empty(),
        ..AuditContext::new(now, snapshot.place.clone())
    };
    let report = audit::audit(&snapshot.credentials, &context, &RuleSelection::default());
    Ok(Audited::new(snapshot, context, report))
}

/// Reads the policy file that applies in the current directory.
fn policy() -> color_eyre::Result<Policy> {
    config::policy(&config::policy_file()?)
}

/// Reads the policy that applies in the current directory, on a thread that may block.
pub(super) async fn read_policy() -> Result<Policy, LocalError> {
    blocking(LocalError::Config, policy).await
}

/// Runs `work` on a thread that may block. `failed` creates the returned error from an error text.
pub(super) async fn blocking<T: Send + 'static>(
    failed: fn(String) -> LocalError,
    work: impl FnOnce() -> color_eyre::Result<T> + Send + 'static,
) -> Result<T, LocalError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| failed(error.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Adds suppressions to the policy file, and creates the file if it is missing. Returns the path of
/// the file.
pub(super) async fn suppress(suppressions: Vec<Suppression>) -> Result<String, LocalError> {
    changed(move || config::suppress(&suppressions)).await
}

/// Removes a suppression from the policy file, and returns the path of the file.
pub(super) async fn unsuppress(suppression: Suppression) -> Result<String, LocalError> {
    changed(move || config::unsuppress(&suppression)).await
}

/// Lock for changes to the policy. A removal rewrites the file, which would discard a concurrent
/// addition.
static CHANGE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Runs one policy change at a time, on a thread that may block. Returns the path of the policy
/// file.
async fn changed(
    change: impl FnOnce() -> color_eyre::Result<PathBuf> + Send + 'static,
) -> Result<String, LocalError> {
    let _one = CHANGE.lock().await;
    let file = blocking(LocalError::Suppression, change).await?;
    Ok(file.display().to_string())
}
