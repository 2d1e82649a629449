//! Progress of long operations, for terminals that show progress outside the screen, such as in a
//! taskbar.

use super::{
    Model,
    list::Fetch,
    screens::{OneOf as _, audit::AuditPanel, marked::MarkedRun},
};

/// Long operation in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Message for the user when the operation has ended, whether or not it succeeded.
    pub ended: &'static str,
    /// Progress, from 0 to 100; `None` if the total is unknown.
    pub percent: Option<u8>,
}

/// Returns the long operation in progress, if there is one.
#[must_use]
pub fn of(model: &Model) -> Option<Work> {
    let run = model.screens.iter().find_map(MarkedRun::of).and_then(MarkedRun::progress);
    if let Some((done, all)) = run {
        return Some(Work {
            ended: "The marked credentials were processed",
            percent: percent(done, all),
        });
    }
    if model.screens.iter().find_map(AuditPanel::of).is_some_and(|it| it.audited.is_loading()) {
        return Some(Work { ended: "The audit has ended", percent: None });
    }
    let list = model.list();
    match &list.fetch {
        Fetch::Loading { incoming, .. } | Fetch::Waiting { incoming, .. } => {
            let rows = incoming.as_ref().unwrap_or(&list.rows).len();
            let percent = list.count().and_then(|all| percent(rows, all as usize));
            Some(Work { ended: "Loading has ended", percent })
        }
        Fetch::Idle | Fetch::Stopped | Fetch::Ready | Fetch::Failed(_) => None,
    }
}

fn percent(done: usize, all: usize) -> Option<u8> {
    let percent = (done.min(all) * 100).checked_div(all)?;
    u8::try_from(percent).ok()
}
