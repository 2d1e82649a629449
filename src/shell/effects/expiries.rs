//! Expiries of all credentials: reads the lists page by page, and collects the expiries on a
//! separate thread.

use jiff::Timestamp;

use super::{Read, Runner};
use crate::{
    api::{ApiError, Scope, fleet},
    app::{ListMsg, Msg, remote::Ticket, screens::expiring::FleetExpiries},
    domain::expiry::Expiries,
};

impl Runner {
    /// Reads all lists of a scope, and sends the expiries to the Expiring tab.
    pub(super) fn expiries(&mut self, ticket: Ticket, scope: Scope, now: Timestamp) {
        let outbox = self.outbox.clone();
        self.ask(Read::Expiries, move |api| {
            Box::pin(async move {
                let read = async {
                    let capabilities = api.capabilities().await?;
                    let came = |count| {
                        let _ = outbox.send(Msg::List(ListMsg::ExpiriesCame { ticket, count }));
                    };
                    let read = fleet::read_all(&*api, &capabilities, scope, came).await?;
                    let collect = move || {
                        let mut expiries = Expiries::default();
                        expiries.add(&read.credentials, now);
                        Box::new(FleetExpiries { expiries, incomplete: read.incomplete() })
                    };
                    // Sorting and freeing a large fleet must not delay other results.
                    tokio::task::spawn_blocking(collect).await.map_err(|error| ApiError::Local {
                        why: format!("The expiries were not collected: {error}."),
                        next: "Report this error.",
                    })
                };
                Msg::List(ListMsg::Expiries { ticket, result: read.await })
            })
        });
    }
}
