//! Kept snapshots: compares the credentials with the last one, and keeps a new one.

use std::path::Path;

use jiff::Timestamp;

use tokio::sync::Mutex as AsyncMutex;

use super::{Read, Runner, connect::Connector};
use crate::{
    api::{self, ApiError, CredentialsApi, Scope, fleet},
    app::{ListMsg, Msg, remote::Ticket, screens::overview::Changes},
    domain::snapshot::{Snapshot, SnapshotError, diff},
    lifecycle::snapshots::KeptSnapshots,
    shell::connection::Target,
};

impl Runner {
    /// Compares the credentials with the last kept snapshot, and sends the differences. Reads the
    /// lists only if there is such a snapshot.
    pub(super) fn changes(&mut self, ticket: Ticket, scope: Scope) {
        let (connector, state) = (self.target.clone(), self.state.clone());
        self.ask(Read::Changes, move |api| {
            Box::pin(async move {
                let compared = async {
                    let store = store(&state, &connector.lock().await.target, scope);
                    let Some(before) = blocking(move || last(&store)).await? else {
                        return Ok(None);
                    };
                    let after = taken(&*api, &connector, scope, Timestamp::now()).await?;
                    let compare = move || {
                        Ok(Some(Box::new(Changes {
                            since: before.taken_at,
                            differences: diff(&before.credentials, &after.credentials),
                            is_complete: before.incomplete.is_empty()
                                && after.incomplete.is_empty(),
                        })))
                    };
                    blocking(compare).await
                };
                Msg::List(ListMsg::Changes { ticket, result: compared.await })
            })
        });
    }

    /// Keeps a snapshot of the credentials, and sends their number.
    pub(super) fn keep_snapshot(&mut self, scope: Scope, now: Timestamp) {
        let (connector, state) = (self.target.clone(), self.state.clone());
        self.ask(Read::Snapshot, move |api| {
            Box::pin(async move {
                let kept = async {
                    let store = store(&state, &connector.lock().await.target, scope);
                    let snapshot = taken(&*api, &connector, scope, now).await?;
                    blocking(move || {
                        store
                            .keep(&snapshot, None)
                            .map_err(|error| unusable(&error.to_string()))?;
                        Ok((snapshot.credentials.len(), snapshot.incomplete.is_empty()))
                    })
                    .await
                };
                Msg::List(ListMsg::SnapshotKept(kept.await))
            })
        });
    }
}

fn store(state: &Path, target: &Target, scope: Scope) -> KeptSnapshots {
    KeptSnapshots::below(state, &target.name(), target.base_url(), scope)
}

/// Reads the last kept snapshot; `None` if there is none.
fn last(store: &KeptSnapshots) -> Result<Option<Snapshot>, ApiError> {
    let all = store.all().map_err(|error| unusable(&error.to_string()))?;
    let Some(last) = all.last() else { return Ok(None) };
    let read = Snapshot::read_from(|| std::fs::File::open(&last.path));
    read.map(Some).map_err(|error: SnapshotError| {
        unusable(&format!("{} cannot be read: {error}", last.path.display()))
    })
}

async fn taken(
    api: &dyn CredentialsApi,
    connector: &AsyncMutex<Connector>,
    scope: Scope,
    now: Timestamp,
) -> Result<Snapshot, ApiError> {
    let capabilities = api.capabilities().await?;
    let read = fleet::read_all(api, &capabilities, scope, |_| ()).await?;
    let own = connector.lock().await.target.profile(capabilities.base_url.raw());
    let place = api::profile_info(&own, &capabilities.apis);
    let incomplete = read.incomplete();
    Ok(Snapshot::new(now, place, read.credentials, incomplete))
}

fn unusable(why: &str) -> ApiError {
    ApiError::Local { why: format!("{why}."), next: "Check the state directory." }
}

/// Runs `work` on a thread that may block, because reading or comparing a large fleet must not
/// delay other results.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(ApiError::Local {
            why: format!("The snapshot was not processed: {error}."),
            next: "Report this error.",
        })
    })
}
