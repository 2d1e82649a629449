//! Access token issued to a client, directly or in a login test, with its claims, scopes and
//! remaining lifetime.
//!
//! The token stays in the shell's secret cache and is removed when the panel closes.

mod view;

use jiff::Timestamp;

use crate::{
    api::ApiError,
    app::{
        ClipboardEffect, Copied, CredentialEffect, Effect, Model, SecretRef, Tone,
        commands::token_tick,
        remote::{Remote, Ticket},
        screens::{
            Behavior, OneOf as _, Screen,
            detail::{Peek, peek},
            sign_in::page_of,
        },
    },
    auth::sign_in::SignInStep,
    domain::{Kind, Secret, Untrusted, cli_command::CliCommand, jwt::Claims},
    keys::{KeyScope, Move, ScreenCommand, ValueCommand},
    ui::{Canvas, Rect},
};

/// Claims, expiry, scopes and issuer of an access token, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Claims of the token; `None` if the token is opaque.
    pub claims: Option<Claims>,
    /// Expiry, if the server or the token reports it.
    pub expires_at: Option<Timestamp>,
    /// Scopes granted to the token; empty if the server does not report them.
    pub scopes: Vec<Untrusted>,
    /// Issuer that the token was requested from.
    pub issuer: Untrusted,
}

/// Panel with an access token issued to a client.
#[derive(Debug)]
pub struct AccessTokenPanel {
    /// Kind of the client; a SPA client gets its token through a login test.
    pub kind: Kind,
    /// ID of the client that the token is issued to.
    pub client_id: Untrusted,
    /// Name of the client.
    pub name: Untrusted,
    /// Issued token, and the state of the request.
    pub issued: Remote<Issued>,
    /// Visibility of the token.
    pub peek: Peek,
    /// Index of the first visible line.
    pub top: usize,
    /// Page to open in a browser during a login test.
    pub page: Option<SignInStep>,
    /// One-time password for the login page of the embedded server; `None` for other servers.
    pub password: Option<Secret>,
}

impl Behavior for AccessTokenPanel {
    fn scope(&self) -> KeyScope {
        KeyScope::AccessToken
    }

    fn title(&self, _: &Model) -> String {
        let what = if self.kind == Kind::Spa { "Login test" } else { "Access token" };
        format!("{} › {} › {what}", self.kind.plural(), self.name.clipped(50))
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(model, self, canvas, room);
        0
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let ticket = model.ticket();
        let Some(panel) = model.top_mut::<Self>() else { return Vec::new() };
        let there = panel.issued.value().is_some();
        let secret = SecretRef::AccessToken(panel.client_id.clone());
        match command {
            ScreenCommand::Value(ValueCommand::CopyPage) => {
                let page = panel.page.as_ref().map(page_of);
                let copy = |page: String| {
                    Effect::Clipboard(ClipboardEffect::Copy {
                        what: Copied::LoginPage,
                        text: page.into(),
                    })
                };
                return page.map(copy).into_iter().collect();
            }
            ScreenCommand::Move(Move::Up) => panel.top = panel.top.saturating_sub(1),
            ScreenCommand::Move(Move::Down) => panel.top += 1,
            ScreenCommand::Value(ValueCommand::CopyToken) if there => {
                return vec![Effect::Clipboard(ClipboardEffect::CopySecret {
                    what: Copied::AccessToken,
                    secret,
                })];
            }
            ScreenCommand::Value(ValueCommand::PeekToken) if there => {
                return peek(&mut panel.peek, ticket, secret);
            }
            ScreenCommand::Move(_)
            | ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => {}
        }
        Vec::new()
    }

    fn closed(self, _: &mut Model) -> Vec<Effect> {
        vec![Effect::Credential(CredentialEffect::Forget(SecretRef::AccessToken(self.client_id)))]
    }

    fn peek(&mut self) -> Option<&mut Peek> {
        Some(&mut self.peek)
    }

    fn login_page(&self) -> Option<&SignInStep> {
        self.page.as_ref()
    }

    fn cli_command(&self, workspace: &[&str], _: Timestamp) -> Option<CliCommand> {
        let words = ["token", self.client_id.raw()];
        (self.kind == Kind::M2m).then(|| CliCommand::new(workspace, &words))
    }
}

/// Opens the panel and requests an access token for the selected client, or starts a login test for
/// a SPA client. If the panel is on top, repeats its request.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    let again = model
        .top_as::<AccessTokenPanel>()
        .map(|panel| (panel.kind, panel.client_id.clone(), panel.name.clone()));
    let Some((kind, client_id, name)) = again.or_else(|| model.subject()) else {
        return Vec::new();
    };
    let Some(issuer) = model.capabilities.as_ref().and_then(|all| all.issuer.clone()) else {
        let text = "The token issuer is not loaded yet. Try again in a moment";
        return vec![model.say(Tone::Refused, text)];
    };
    let audience = model.capabilities.as_ref().and_then(|all| all.audience.clone());
    let scope = model.capabilities.as_ref().and_then(|all| all.token_scope);
    let ticket = model.ticket();
    // Screens below the panel must not show secrets.
    model.hide_secrets();
    if let Some(panel) = model.top_mut::<AccessTokenPanel>() {
        panel.issued.ask(ticket);
        panel.peek = Peek::Masked;
        (panel.page, panel.password) = (None, None);
    } else {
        model.open(AccessTokenPanel {
            kind,
            page: None,
            password: None,
            client_id: client_id.clone(),
            name,
            issued: Remote::asked(ticket),
            peek: Peek::Masked,
            top: 0,
        });
    }
    vec![match kind {
        Kind::Spa => {
            Effect::Credential(CredentialEffect::TryLogin { ticket, client_id, issuer, audience })
        }
        Kind::M2m | Kind::Token | Kind::Other => Effect::Credential(CredentialEffect::IssueToken {
            ticket,
            client_id,
            issuer,
            audience,
            scope,
        }),
    }]
}

/// Shows an issued access token. After a failure, shows the error, and closes the panel and the
/// screens above it, unless the panel has an earlier token.
pub(in crate::app) fn issued(
    model: &mut Model,
    ticket: Ticket,
    result: Result<Issued, ApiError>,
) -> Vec<Effect> {
    let now = model.now;
    let tries_login = model.screens_of::<AccessTokenPanel>().any(|it| it.kind == Kind::Spa);
    let what = if tries_login { "The login test failed" } else { "Could not get an access token" };
    let failure = result.as_ref().err().map(|error| error.explain(what));
    let left = result
        .as_ref()
        .ok()
        .and_then(|issued| issued.expires_at)
        .map(|ends| ends.as_second() - now.as_second());
    let Some(place) = model.screens.iter().position(Screen::is::<AccessTokenPanel>) else {
        return Vec::new();
    };
    let Some(panel) = AccessTokenPanel::of_mut(&mut model.screens[place]) else {
        return Vec::new();
    };
    if !panel.issued.answer(ticket, result) {
        return Vec::new();
    }
    (panel.page, panel.password) = (None, None);
    if let Some(failure) = failure {
        if panel.issued.value().is_none() {
            model.screens.truncate(place);
        }
        model.fail(failure);
        return Vec::new();
    }
    left.map(token_tick).into_iter().collect()
}
