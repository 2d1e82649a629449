//! Preconditions of commands: checks whether the console's state meets a [`Need`], and returns the
//! reason if it does not.

use super::Model;
use crate::{
    api::{Access, Secrecy},
    app::{
        Screen,
        screens::{
            OneOf as _, ScreenSubject, access_token::AccessTokenPanel, audit::AuditPanel,
            once::OncePanel,
        },
    },
    domain::{Kind, Untrusted},
    keys::Need,
};

impl Model {
    /// Returns true if the current state meets the precondition `need`.
    #[must_use]
    pub fn meets(&self, need: Need) -> bool {
        match need {
            Need::Selection => match self.shown_subject() {
                ScreenSubject::OfList => self.list().selected().is_some(),
                ScreenSubject::Nothing => false,
                ScreenSubject::Credential { is_read, .. } => is_read,
            },
            Need::Own => self.owner_of_selection().is_none(),
            Need::OwnOrMarked => {
                self.acts_on_marks()
                    || self.has_marked_findings()
                    || self.owner_of_selection().is_none()
            }
            Need::Writable => self.lock.is_open(self.now),
            Need::Profile => self.workspace.profile.is_some(),
            Need::LoginPage => {
                let screen = self.subject_screen();
                screen.is_some_and(|screen| screen.behavior().login_page().is_some())
            }
            Need::Issuable => self.cannot_issue().is_none(),
            Need::Creation => self.can_create(),
            // The credentials of marked findings can be of several kinds.
            Need::Editing if self.has_marked_findings() => true,
            Need::Rotation | Need::Editing | Need::Deletion | Need::Revealing => {
                self.cannot(need).is_none()
            }
            Need::Finding => self.finding().is_some(),
            Need::AccessToken => {
                let panel = self.subject_screen().and_then(AccessTokenPanel::of);
                panel.is_some_and(|panel| panel.issued.value().is_some())
            }
            Need::Audit => self.has_open::<AuditPanel>(),
            Need::Others => self.has(Kind::Other),
            Need::Organization => self.capabilities.as_ref().is_some_and(|all| all.organization),
            Need::Url => {
                let list = self.list();
                let row = list.selected().and_then(|row| list.rows.get(row));
                self.kind == Kind::Spa && row.is_some_and(|row| row.login_url.is_some())
            }
        }
    }

    /// Returns the reason why the precondition `need` is not met. Requires that [`Self::meets`]
    /// returns false for `need`. A reason from the provider takes precedence, because it is the
    /// most precise.
    #[must_use]
    pub fn refusal(&self, need: Need) -> String {
        let provider = match need {
            Need::Issuable => self.cannot_issue(),
            _ => self.cannot(need),
        };
        if let Some(why) = provider {
            return why.clipped(200);
        }
        match (need, self.owner_of_selection()) {
            (Need::Own | Need::OwnOrMarked, Some(owner)) => {
                format!("Read-only: owned by {}", owner.clipped(40))
            }
            _ => need.sentence().to_owned(),
        }
    }

    /// Returns the reason why the provider does not support an action for the selected kind; `None`
    /// otherwise. Until the capabilities are loaded, only rotation is refused.
    fn cannot(&self, need: Need) -> Option<Untrusted> {
        let Some(all) = &self.capabilities else {
            return (need == Need::Rotation).then(|| need.sentence().into());
        };
        let abilities = all.of(self.selected_kind());
        let access = match need {
            // Creation is refused only if no kind can be created. The reason for the selected kind
            // is then shown.
            Need::Creation => &abilities.create,
            Need::Rotation => &abilities.rotate,
            Need::Editing => &abilities.edit,
            Need::Deletion => &abilities.delete,
            Need::Revealing => {
                return match &abilities.secrecy {
                    Secrecy::Readable => None,
                    Secrecy::Once(why) | Secrecy::Hidden(why) => Some(why.clone()),
                    Secrecy::None => Some("A public client has no secret".into()),
                };
            }
            _ => return None,
        };
        access.refusal().cloned()
    }

    /// Returns the reason why no access token can be issued for the selected credential.
    fn cannot_issue(&self) -> Option<Untrusted> {
        let known = self.capabilities.as_ref();
        if known.is_some_and(|all| all.issuer.is_none()) {
            return Some(
                match self.workspace.profile {
                    Some(_) => "No token issuer known. Set issuer in the profile",
                    None => "This server does not report its token issuer",
                }
                .into(),
            );
        }
        match self.selected_kind() {
            Kind::Token | Kind::Other => Some(Need::Issuable.sentence().into()),
            Kind::Spa => None,
            // A secret that was just issued is still cached, so it need not be read from the
            // server.
            Kind::M2m if self.subject_screen().is_some_and(Screen::is::<OncePanel>) => None,
            Kind::M2m => self.cannot(Need::Revealing),
        }
    }

    /// Returns whether the deletion of a credential can be undone, as a sentence.
    #[must_use]
    pub fn after_deletion(&self, kind: Kind) -> &'static str {
        let known = self.capabilities.as_ref();
        known.map_or("This cannot be undone.", |all| all.of(kind).after_deletion())
    }

    /// Returns true if the provider can list `kind`. Until the capabilities are loaded, returns
    /// true for every kind except [`Kind::Other`].
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        match &self.capabilities {
            Some(all) => all.of(kind).list == Access::Allowed,
            None => kind != Kind::Other,
        }
    }

    /// Returns true if the provider can create any kind, or if its capabilities are not loaded yet.
    fn can_create(&self) -> bool {
        let known = self.capabilities.as_ref();
        known.is_none_or(|all| all.kinds.iter().any(|of| of.create == Access::Allowed))
    }

    /// Returns the kinds that have a tab. [`Kind::Other`] has a tab only if the provider can list
    /// it.
    pub fn tabs(&self) -> impl Iterator<Item = Kind> {
        let others = self.has(Kind::Other);
        Kind::ALL.into_iter().filter(move |kind| *kind != Kind::Other || others)
    }

    /// Returns true if copying IDs, editing and deleting apply to the marked rows of the list.
    pub(super) fn acts_on_marks(&self) -> bool {
        !self.list().marks.is_empty() && matches!(self.shown_subject(), ScreenSubject::OfList)
    }

    /// Returns the email address of the selected credential's owner if the owner is another user,
    /// and only owners can change credentials.
    fn owner_of_selection(&self) -> Option<Untrusted> {
        let owner = match self.shown_subject() {
            ScreenSubject::OfList => {
                let list = self.list();
                list.selected().and_then(|row| list.rows.get(row)).and_then(|row| row.owner)
            }
            ScreenSubject::Nothing => None,
            ScreenSubject::Credential { owner, .. } => owner,
        };
        owner.filter(|owner| self.is_other(owner)).cloned()
    }

    /// Returns true if `owner` is the email address of another user, and only owners can change
    /// credentials. Returns false if `owner` is empty, or if the address of the signed-in user is
    /// unknown.
    pub(super) fn is_other(&self, owner: &Untrusted) -> bool {
        if self.capabilities.as_ref().is_some_and(|all| !all.only_owners_write) {
            return false;
        }
        let mine = self.me.as_ref().map(|me| &me.email).filter(|email| !email.raw().is_empty());
        mine.is_some_and(|mine| owner != mine && !owner.raw().is_empty())
    }

    fn selected_kind(&self) -> Kind {
        match self.shown_subject() {
            ScreenSubject::Credential { kind, .. } => kind,
            ScreenSubject::OfList | ScreenSubject::Nothing => self.kind,
        }
    }

    /// Returns the credential that commands apply to, ignoring an open help screen.
    fn shown_subject(&self) -> ScreenSubject<'_> {
        self.subject_screen().map_or(ScreenSubject::OfList, |screen| screen.behavior().subject())
    }
}
