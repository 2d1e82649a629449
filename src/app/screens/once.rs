//! Secret that the provider sends only once. The panel stays open until the user confirms leaving.

mod view;

use crate::{
    app::{
        CredentialEffect, Effect, Model, SecretRef,
        screens::{
            Behavior, ScreenSubject,
            detail::{Peek, peek},
        },
    },
    domain::{Credential, CredentialRef, Kind, Untrusted},
    keys::{DialogCommand, KeyScope, ScreenCommand, ValueCommand},
    ui::{Canvas, Rect},
};

/// Action that issued the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The credential was created.
    Created,
    /// The secret was rotated.
    Rotated,
    /// The credential was edited, and the provider issued a new secret.
    Edited,
}

/// Panel with a secret that is shown once. The secret itself is in the shell's secret cache, and in
/// the panel only while it is visible.
#[derive(Debug)]
pub struct OncePanel {
    /// Kind of the credential.
    pub kind: Kind,
    /// ID of the credential.
    pub id: Untrusted,
    /// Name of the credential.
    pub name: Untrusted,
    /// Action that issued the secret.
    pub cause: Cause,
    /// Visibility of the secret.
    pub peek: Peek,
    /// True if the secret was copied or shown.
    pub taken: bool,
    /// True while the panel asks for confirmation to leave.
    pub leaving: bool,
}

impl OncePanel {
    /// Returns the kind and ID of the credential.
    #[must_use]
    pub fn reference(&self) -> CredentialRef {
        CredentialRef::new(self.kind, self.id.clone())
    }

    /// Creates the panel for an issued secret.
    #[must_use]
    pub fn new(credential: &Credential, cause: Cause) -> Self {
        Self {
            kind: credential.kind(),
            id: credential.id().clone(),
            name: credential.name().clone(),
            cause,
            peek: Peek::Masked,
            taken: false,
            leaving: false,
        }
    }
}

impl Behavior for OncePanel {
    fn scope(&self) -> KeyScope {
        if self.leaving { KeyScope::OnceLeaving } else { KeyScope::Once }
    }

    fn title(&self, _: &Model) -> String {
        format!("{} › {} › Secret, shown once", self.kind.plural(), self.name.clipped(50))
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(model, self, canvas, room);
        0
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let ticket = model.ticket();
        let Some(panel) = model.top_mut::<Self>() else { return Vec::new() };
        let secret = SecretRef::Once(panel.reference());
        match command {
            ScreenCommand::Value(ValueCommand::Peek) => peek(&mut panel.peek, ticket, secret),
            ScreenCommand::Dialog(DialogCommand::Confirm) => {
                model.screens.pop();
                vec![Effect::Credential(CredentialEffect::Forget(secret))]
            }
            ScreenCommand::Move(_)
            | ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => Vec::new(),
        }
    }

    fn back(model: &mut Model) -> Option<Vec<Effect>> {
        let panel = model.top_mut::<Self>()?;
        panel.peek = Peek::Masked;
        panel.leaving = !panel.leaving;
        Some(Vec::new())
    }

    fn would_lose(&self) -> bool {
        true
    }

    fn peek(&mut self) -> Option<&mut Peek> {
        Some(&mut self.peek)
    }

    fn subject(&self) -> ScreenSubject<'_> {
        let Self { kind, id, name, .. } = self;
        ScreenSubject::Credential { kind: *kind, id, name, owner: None, is_read: true }
    }
}
