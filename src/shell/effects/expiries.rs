//! Expiries of all credentials: reads the lists page by page, and collects the expiries on a
//! separate thread.

use jiff::Timestamp;

use super::{Read, Runner, on_thread};
use crate::{
    api::{Scope, fleet},
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
                        Ok(Box::new(FleetExpiries { expiries, incomplete: read.incomplete() }))
                    };
                    on_thread("The expiries were not collected", collect).await
                };
                Msg::List(ListMsg::Expiries { ticket, result: read.await })
            })
        });
    }
}
