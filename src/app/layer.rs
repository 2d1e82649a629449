//! What can lie over a list, and what of it waits for a write.

use super::{
    Model,
    access_token::AccessTokenPanel,
    audit::AuditPanel,
    chooser::Chooser,
    confirm::Confirm,
    detail::Detail,
    form::{Form, Stage},
    help::Help,
    lock::Unlock,
    once::OncePanel,
    page::Page,
    passphrase,
    profiles::{Picker, ProfileForm},
    sign_in::SignIn,
    suppress::SuppressForm,
    views::Views,
};
use crate::domain::{Credential, Untrusted, audit::Finding};

/// What can lie over a list.
#[derive(Debug)]
pub enum Layer {
    /// What to create.
    Chooser(Chooser),
    /// One credential.
    Detail(Box<Detail>),
    /// A form.
    Form(Box<Form>),
    /// A step to confirm.
    Confirm(Box<Confirm>),
    /// An access token.
    AccessToken(Box<AccessTokenPanel>),
    /// A secret that is shown once.
    Once(Box<OncePanel>),
    /// The help.
    Help(Box<Help>),
    /// The choice of a profile.
    Profiles(Picker),
    /// A new profile.
    ProfileForm(Box<ProfileForm>),
    /// Signing in.
    SignIn(Box<SignIn>),
    /// The question before writing is unlocked.
    Unlock(Unlock),
    /// The passphrase of the session file.
    Passphrase(Box<passphrase::Question>),
    /// The audit of everything.
    Audit(Box<AuditPanel>),
    /// The question why a finding is accepted.
    Suppress(Box<SuppressForm>),
    /// The saved views.
    Views(Box<Views>),
    /// A page that explains something.
    Page(Box<Page>),
    /// A value on a line of its own.
    Bare {
        /// What it is.
        label: String,
        /// The value.
        value: Untrusted,
    },
}

impl Model {
    /// The finding under the cursor, and the credential that it is about, where the top has any.
    pub(super) fn finding(&self) -> Option<(&Finding, Option<&Credential>)> {
        match self.subject_layer()? {
            Layer::Detail(detail) => Some((detail.finding()?, detail.credential.value())),
            Layer::Audit(panel) => Some((panel.finding()?, panel.credential())),
            _ => None,
        }
    }

    /// The audit, if it is open.
    pub(super) fn audit_mut(&mut self) -> Option<&mut AuditPanel> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Audit(panel) => Some(&mut **panel),
            _ => None,
        })
    }

    /// The form that waits for a write; a sign-in may have come up over it.
    pub(super) fn waiting_form_mut(&mut self) -> Option<&mut Form> {
        self.layers.iter_mut().rev().find_map(|layer| match layer {
            Layer::Form(form) => Some(&mut **form),
            _ => None,
        })
    }

    /// The question that waits for a write; a sign-in may have come up over it.
    pub(super) fn waiting_confirm_mut(&mut self) -> Option<&mut Confirm> {
        self.layers.iter_mut().rev().find_map(|layer| match layer {
            Layer::Confirm(confirm) => Some(&mut **confirm),
            _ => None,
        })
    }

    /// Lets go of a write that was to be sent again; what was typed for it is still there.
    pub(super) fn drop_held(&mut self) {
        self.held = None;
        self.sent = None;
        if let Some(form) = self.waiting_form_mut() {
            form.stage = Stage::Editing;
        }
        if let Some(confirm) = self.waiting_confirm_mut() {
            confirm.busy = false;
        }
    }

    /// Takes away what waited for a write, and leaves what came up over it.
    pub(super) fn close_waiting(&mut self) -> Option<Layer> {
        let waits = |layer: &Layer| matches!(layer, Layer::Form(_) | Layer::Confirm(_));
        self.layers.iter().rposition(waits).map(|place| self.layers.remove(place))
    }

    /// Whether leaving this workspace would lose something that lies below the forms for profiles.
    pub(super) fn loses_below(&self) -> bool {
        self.layers.iter().any(|layer| match layer {
            Layer::Form(form) => form.is_dirty(),
            Layer::Once(_) => true,
            _ => false,
        })
    }

    /// Whether something was typed that leaving would lose.
    pub(super) fn is_typing(&self) -> bool {
        self.layers.iter().any(|layer| match layer {
            Layer::Form(form) => form.is_dirty(),
            Layer::ProfileForm(form) => form.is_dirty(),
            Layer::Once(_) => true,
            _ => false,
        })
    }
}
