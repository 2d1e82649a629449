//! Compares the credentials with the last kept snapshot, and keeps new snapshots.

use std::path::Path;

use jiff::Timestamp;

use super::{Read, Runner, on_thread};
use crate::{
    api::{ApiError, Scope},
    app::{ListMsg, Msg, remote::Ticket, screens::overview::Changes},
    domain::snapshot::{Snapshot, SnapshotError, diff},
    lifecycle::snapshots::KeptSnapshots,
    shell::connection::Target,
};

const FAILED: &str = "The snapshot was not processed";

impl Runner {
    /// Compares the credentials with the last kept snapshot, and sends the differences. Reads the
    /// lists only if there is such a snapshot.
    pub(super) fn changes(&mut self, ticket: Ticket, scope: Scope) {
        let (connector, state) = (self.target.clone(), self.state.clone());
        self.ask(Read::Changes, move |api| {
            Box::pin(async move {
                let compared = async {
                    let store = store(&state, &connector.lock().await.target, scope);
                    let Some(before) = on_thread(FAILED, move || last(&store)).await? else {
                        return Ok(None);
                    };
                    let after =
                        super::snapshot(&*api, &connector, (scope, Timestamp::now()), |_| ())
                            .await?;
                    let compare = move || {
                        Ok(Some(Box::new(Changes {
                            since: before.taken_at,
                            differences: diff(&before.credentials, &after.credentials),
                            is_complete: before.incomplete.is_empty()
                                && after.incomplete.is_empty(),
                        })))
                    };
                    on_thread(FAILED, compare).await
                };
                Msg::List(ListMsg::Changes { ticket, result: compared.await })
            })
        });
    }

    /// Keeps a snapshot of the credentials. Sends the number of credentials, and whether the
    /// snapshot is complete.
    pub(super) fn keep_snapshot(&mut self, scope: Scope, now: Timestamp) {
        let (connector, state) = (self.target.clone(), self.state.clone());
        self.ask(Read::Snapshot, move |api| {
            Box::pin(async move {
                let kept = async {
                    let store = store(&state, &connector.lock().await.target, scope);
                    let snapshot = super::snapshot(&*api, &connector, (scope, now), |_| ()).await?;
                    on_thread(FAILED, move || {
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

fn unusable(why: &str) -> ApiError {
    ApiError::Local { why: format!("{why}."), next: "Check the state directory." }
}
