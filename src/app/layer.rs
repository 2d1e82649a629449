//! What can lie over a list, and what of it waits for a write.

use super::{
    Effect, Model,
    access_token::AccessTokenPanel,
    audit::AuditPanel,
    chooser::Chooser,
    confirm::Confirm,
    detail::Detail,
    form::{self, Form, Stage},
    help::Help,
    lock::Unlock,
    once::OncePanel,
    page::Page,
    passphrase,
    profiles::{Picker, ProfileForm},
    sign_in::{self, SignIn},
    suppress::SuppressForm,
    views::Views,
};
use crate::{
    domain::{Credential, Untrusted, audit::Finding},
    keys::Scope,
};

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
    PlainValue {
        /// What it is.
        label: String,
        /// The value.
        value: Untrusted,
    },
}

impl Model {
    /// The scopes of the keys that apply now, from the innermost outwards.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        let mut scopes = Vec::with_capacity(3);
        if self.failure.is_some() {
            scopes.push(Scope::Failure);
        }
        scopes.push(self.scope_of_top());
        scopes.push(Scope::Global);
        scopes
    }

    pub(super) fn scope_of_top(&self) -> Scope {
        match self.top() {
            None if self.list().filtering => Scope::Filter,
            None => Scope::List,
            Some(Layer::Chooser(_)) => Scope::Chooser,
            Some(Layer::Detail(_)) => Scope::Detail,
            Some(Layer::Form(form)) => match form.stage {
                form::Stage::Review(_) => Scope::Review,
                form::Stage::Conflict(_) => Scope::Conflict,
                form::Stage::Discard => Scope::Discard,
                form::Stage::Editing | form::Stage::Saving | form::Stage::ReadingTheirs => {
                    Scope::Form
                }
            },
            Some(Layer::Confirm(_)) => Scope::Confirm,
            Some(Layer::AccessToken(_)) => Scope::AccessToken,
            Some(Layer::Once(panel)) if panel.leaving => Scope::OnceLeaving,
            Some(Layer::Once(_)) => Scope::Once,
            Some(Layer::Help(_)) => Scope::Help,
            Some(Layer::PlainValue { .. }) => Scope::PlainValue,
            Some(Layer::Page(_)) => Scope::Page,
            Some(Layer::Audit(_)) => Scope::Audit,
            Some(Layer::Suppress(_)) => Scope::Suppress,
            Some(Layer::Views(views)) if views.naming.is_some() => Scope::ViewName,
            Some(Layer::Views(_)) => Scope::Views,
            Some(Layer::Profiles(_)) => Scope::Profiles,
            Some(Layer::ProfileForm(_)) => Scope::ProfileForm,
            Some(Layer::Unlock(_)) => Scope::Unlock,
            Some(Layer::Passphrase(_)) => Scope::Passphrase,
            Some(Layer::SignIn(sign_in)) => match sign_in.stage {
                sign_in::Stage::Choosing => Scope::SignIn,
                sign_in::Stage::Typing(_) => Scope::SignInSecret,
                sign_in::Stage::Waiting { .. } => Scope::SignInWaiting,
            },
        }
    }

    /// The finding under the cursor, and the credential that it is about, where the top has any.
    pub(super) fn finding(&self) -> Option<(&Finding, Option<&Credential>)> {
        match self.subject_layer()? {
            Layer::Detail(detail) => Some((detail.finding()?, detail.credential.value())),
            Layer::Audit(panel) => Some((panel.finding()?, panel.credential())),
            _ => None,
        }
    }

    /// The findings that are read as one with the one under the cursor.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let Some((finding, _)) = self.finding() else { return Vec::new() };
        let all = match self.subject_layer() {
            Some(Layer::Detail(detail)) => &detail.findings[..],
            Some(Layer::Audit(panel)) => {
                panel.audited.value().map_or(&[][..], |audited| &audited.report.findings)
            }
            _ => &[],
        };
        all.iter().filter(|it| it.is_one_with(finding)).cloned().collect()
    }

    /// The audit, if it is open.
    pub(super) fn audit_mut(&mut self) -> Option<&mut AuditPanel> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Audit(panel) => Some(&mut **panel),
            _ => None,
        })
    }

    /// Audits everything again, if the audit is open: what it found may not hold any more.
    pub(super) fn audit_again(&mut self) -> Vec<Effect> {
        let (ticket, scope, now) = (self.ticket(), self.scope, self.now);
        let Some(panel) = self.audit_mut() else { return Vec::new() };
        panel.audited.ask(ticket);
        panel.came = 0;
        vec![Effect::Audit(ticket, scope, now)]
    }

    /// The saved views, if they are open.
    pub(super) fn views_mut(&mut self) -> Option<&mut Views> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Views(views) => Some(&mut **views),
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
