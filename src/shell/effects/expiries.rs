//! Expiries of all credentials: reads the lists page by page, and collects the expiries on a
//! separate thread.

use std::path::Path;

use jiff::Timestamp;

use super::{Read, Runner, audit, on_thread};
use crate::{
    api::{Scope, fleet},
    app::{ListMsg, LocalError, Msg, remote::Ticket, screens::expiring::FleetExpiries},
    domain::expiry::{Expiries, Expiring, Snooze, Snoozes},
    lifecycle::profile_file::{self, ProfileFile},
    shell::connection::Target,
};

impl Runner {
    /// Reads all lists of a scope, and sends the expiries to the Expiring tab.
    pub(super) fn expiries(&mut self, ticket: Ticket, scope: Scope, now: Timestamp) {
        let (outbox, connector) = (self.outbox.clone(), self.target.clone());
        let state = self.state.clone();
        self.ask(Read::Expiries, move |api| {
            Box::pin(async move {
                let read = async {
                    let capabilities = api.capabilities().await?;
                    let came = |count| {
                        let _ = outbox.send(Msg::List(ListMsg::ExpiriesCame { ticket, count }));
                    };
                    let read = fleet::read_all(&*api, &capabilities, scope, came).await?;
                    let file = snoozes(&state, &connector.lock().await.target);
                    let collect = move || {
                        let mut expiries = Expiries::default();
                        expiries.add(&read.credentials, now);
                        // If the snoozes cannot be read, no expiry is hidden.
                        expiries.snooze(&file.read().unwrap_or_default(), now);
                        Ok(Box::new(FleetExpiries { expiries, incomplete: read.incomplete() }))
                    };
                    on_thread("The expiries were not collected", collect).await
                };
                Msg::List(ListMsg::Expiries { ticket, result: read.await })
            })
        });
    }

    /// Sets or removes the snooze of an expiry, and sends all snoozes.
    pub(super) fn snooze(&self, expiring: Expiring, snooze: Option<Snooze>, now: Timestamp) {
        let (connector, state) = (self.target.clone(), self.state.clone());
        self.spawn(async move {
            let (file, profile) = {
                let target = &connector.lock().await.target;
                (snoozes(&state, target), target.name())
            };
            let change = move || {
                let mut all = file.read()?;
                all.set(&expiring, snooze, now);
                file.write(&all)?;
                Ok(Box::new(all))
            };
            let result = audit::blocking(LocalError::Snoozes, change).await;
            Msg::List(ListMsg::Snoozed { profile, result })
        });
    }
}

fn snoozes(state: &Path, target: &Target) -> ProfileFile<Snoozes> {
    profile_file::snoozes(state, &target.name(), target.base_url())
}
