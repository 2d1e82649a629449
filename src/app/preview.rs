//! Preview of the selected credential, beside or below the list on a large terminal.
//!
//! The credential is read after the cursor pauses, so that moving through a list sends no requests.

use std::{collections::VecDeque, time::Duration};

use super::{
    CredentialEffect, Effect, Model, Timer, auditor::Auditor, remote::Ticket,
    screens::detail::Detail, view::Layout,
};
use crate::{
    api::ApiError,
    domain::{Credential, CredentialRef, Kind, Untrusted},
};

/// Pause after a cursor move before the credential is read.
const REST: Duration = Duration::from_millis(150);

/// Maximum number of cached credentials.
const KEPT: usize = 64;

/// Preview of the selected credential, with a cache of credentials that were read before.
#[derive(Debug, Default)]
pub struct Preview {
    /// Kind and ID of the credential under the cursor.
    wanted: Option<(Kind, Untrusted)>,
    /// Number of the timer that fires after the cursor pauses.
    timer: u64,
    /// Pending requests. A result is cached even if the cursor has left its credential.
    pending: Vec<Ticket>,
    /// Requests that were pending when another user signed in; their results are dropped.
    dropped: Vec<Ticket>,
    /// Credential in the preview area.
    shown: Option<Detail>,
    /// Cache of credentials, oldest first.
    read: VecDeque<Credential>,
}

impl Preview {
    /// Returns the credential in the preview area; `None` if the area is empty.
    #[must_use]
    pub const fn shown(&self) -> Option<&Detail> {
        self.shown.as_ref()
    }

    /// Returns the timer that fires after the cursor pauses.
    #[must_use]
    pub const fn timer(&self) -> Timer {
        Timer::Preview(self.timer)
    }

    /// Returns the cached credential with this kind and ID.
    pub(super) fn read(&self, kind: Kind, id: &Untrusted) -> Option<&Credential> {
        self.read.iter().find(|it| it.kind() == kind && it.id() == id)
    }

    /// Clears the cache, because its credentials may be outdated. The credential under the cursor
    /// is then read again.
    pub(super) fn outdate(&mut self) {
        self.read.clear();
        self.wanted = None;
    }

    /// Discards all state, because another user has signed in. Results of pending requests are
    /// dropped.
    pub(super) fn forget(&mut self) {
        let mut dropped = std::mem::take(&mut self.dropped);
        dropped.append(&mut self.pending);
        *self = Self { dropped, ..Self::default() };
    }

    /// Audits the visible credential again after the audit policy has changed.
    pub(super) fn audit_again(&mut self, auditor: &Auditor) {
        if let Some(detail) = &mut self.shown {
            detail.audit_again(auditor);
        }
    }

    /// Caches the newest version of a credential, and updates the preview if it shows the
    /// credential.
    pub(super) fn renew(&mut self, credential: &Credential) {
        let same = |it: &Credential| it.kind() == credential.kind() && it.id() == credential.id();
        self.read.retain(|it| !same(it));
        self.read.push_back(credential.clone());
        if self.read.len() > KEPT {
            self.read.pop_front();
        }
        if self.shown.as_ref().and_then(|it| it.credential.value()).is_some_and(same) {
            self.shown = Some(Detail::loaded(credential.clone()));
        }
    }

    /// Applies the result of a preview request. Returns the result if another screen requested it.
    pub(super) fn answer(
        &mut self,
        ticket: Ticket,
        result: Result<Credential, ApiError>,
    ) -> Option<Result<Credential, ApiError>> {
        if let Some(place) = self.dropped.iter().position(|it| *it == ticket) {
            self.dropped.remove(place);
            return None;
        }
        let Some(place) = self.pending.iter().position(|it| *it == ticket) else {
            return Some(result);
        };
        self.pending.remove(place);
        let read = result.as_ref().ok().cloned();
        if let Some(detail) = &mut self.shown {
            detail.credential.answer(ticket, result);
        }
        if let Some(credential) = read {
            self.renew(&credential);
        }
        None
    }
}

/// Starts the timer if no screen covers the list and the list cursor has moved to another
/// credential. Also audits the visible credential, and clears the preview if no row is selected.
/// Does nothing on a terminal without a preview area.
pub(super) fn follow(model: &mut Model) -> Option<Effect> {
    Layout::of(model).preview?;
    if let Some(detail) = &mut model.preview.shown {
        detail.audit_credential(&model.auditor);
    }
    let list = model.list();
    let wanted = list.selected_id().map(|id| (model.kind, id));
    if !model.screens.is_empty() {
        return None;
    }
    if wanted.is_none() {
        model.preview.shown = None;
    }
    if wanted == model.preview.wanted {
        return None;
    }
    model.counter += 1;
    let preview = &mut model.preview;
    (preview.wanted, preview.timer) = (wanted, model.counter);
    preview.wanted.as_ref()?;
    Some(Effect::After { wait: REST, timer: preview.timer() })
}

/// Handles the timer: shows the credential under the cursor from the cache, or requests it. Ignores
/// an outdated timer.
pub(super) fn rested(model: &mut Model, timer: u64) -> Vec<Effect> {
    if timer != model.preview.timer {
        return Vec::new();
    }
    let Some((kind, id)) = model.preview.wanted.clone() else { return Vec::new() };
    if let Some(credential) = model.preview.read(kind, &id).cloned() {
        model.preview.shown = Some(Detail::loaded(credential));
        return Vec::new();
    }
    let ticket = model.ticket();
    let list = model.list();
    let name = list.selected().and_then(|row| list.rows.name(row)).unwrap_or_default();
    model.preview.shown = Some(Detail::new(kind, id.clone(), name, ticket));
    model.preview.pending.push(ticket);
    vec![Effect::Credential(CredentialEffect::Show { ticket, of: CredentialRef::new(kind, id) })]
}
