//! Preview of the selected credential, beside the list on a large terminal.
//!
//! It is read once the cursor has rested, so that moving through a list sends no requests.

use std::{collections::VecDeque, time::Duration};

use super::{
    CredentialEffect, Effect, Model, Timer, auditor::Auditor, remote::Ticket,
    screens::detail::Detail, view::Layout,
};
use crate::{
    api::ApiError,
    domain::{Credential, CredentialRef, Kind, Untrusted},
};

/// Pause after a move of the cursor before the credential is read.
const REST: Duration = Duration::from_millis(150);

/// Number of credentials that are kept.
const KEPT: usize = 64;

/// The preview, and what it showed before.
#[derive(Debug, Default)]
pub struct Preview {
    /// Credential under the cursor.
    wanted: Option<(Kind, Untrusted)>,
    /// Number of the timer that is due when the cursor has rested.
    timer: u64,
    /// Pending requests; results for a credential that the cursor has left are kept too.
    pending: Vec<Ticket>,
    /// Pending requests of another user, whose results are dropped.
    dropped: Vec<Ticket>,
    /// Visible credential.
    shown: Option<Detail>,
    /// Credentials that were read, the newest last.
    read: VecDeque<Credential>,
}

impl Preview {
    /// Visible credential.
    #[must_use]
    pub const fn shown(&self) -> Option<&Detail> {
        self.shown.as_ref()
    }

    /// Timer that is due when the cursor has rested.
    #[must_use]
    pub const fn timer(&self) -> Timer {
        Timer::Preview(self.timer)
    }

    /// Credential, if it was read before.
    pub(super) fn read(&self, kind: Kind, id: &Untrusted) -> Option<&Credential> {
        self.read.iter().find(|it| it.kind() == kind && it.id() == id)
    }

    /// Drops what was read, because it may be outdated.
    pub(super) fn outdate(&mut self) {
        self.read.clear();
        self.wanted = None;
    }

    /// Forgets everything, because another user has signed in.
    pub(super) fn forget(&mut self) {
        let mut dropped = std::mem::take(&mut self.dropped);
        dropped.append(&mut self.pending);
        *self = Self { dropped, ..Self::default() };
    }

    /// Audits the visible credential again, with another policy.
    pub(super) fn audit_again(&mut self, auditor: &Auditor) {
        if let Some(detail) = &mut self.shown {
            detail.audit_again(auditor);
        }
    }

    /// Takes the newest version of a credential.
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

    /// Takes a result. Returns it if it belongs to another request.
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

/// Follows the cursor of the list: arms the timer after a move.
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

/// Shows the credential on which the cursor has rested.
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
