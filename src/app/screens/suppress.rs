//! Form to suppress a finding, with a reason and an expiry date.

mod view;

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    app::{
        AuditEffect, Effect, Model, Tone,
        screens::{Behavior, typed},
    },
    domain::{
        Credential, Untrusted, age,
        audit::{Finding, Suppression},
    },
    keys::{DialogCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Default duration of a suppression.
const USUAL: &str = "90d";

/// Form for the reason and the expiry of a suppression.
#[derive(Debug)]
pub struct SuppressForm {
    /// ID of the rule of the finding.
    rule: &'static str,
    client: Untrusted,
    value: Option<Untrusted>,
    /// Description of the finding, for the user.
    pub about: String,
    /// Reason for the suppression.
    pub reason: Input,
    /// Expiry: a duration or a date.
    pub until: Input,
    /// True if the expiry has the focus.
    pub second: bool,
    /// Error in the input.
    pub problem: Option<String>,
}

impl SuppressForm {
    /// Creates the form for a finding.
    #[must_use]
    pub fn new(finding: &Finding, credential: Option<&Credential>) -> Self {
        let named = credential.map_or_else(
            || "the profile and this machine".to_owned(),
            |it| format!("{} ({})", it.name().clipped(40), it.id().clipped(40)),
        );
        let value = finding
            .value
            .as_ref()
            .map(|value| format!(", {}: {}", finding.location(), value.clipped(60)));
        Self {
            rule: finding.rule.id,
            client: credential.map(|it| it.id().clone()).unwrap_or_default(),
            value: finding.value.clone(),
            about: format!(
                "{} {}: {named}{}",
                finding.rule.id,
                finding.rule.title,
                value.unwrap_or_default()
            ),
            reason: Input::default(),
            until: Input::new(USUAL.to_owned()),
            second: false,
            problem: None,
        }
    }

    /// Returns the focused field.
    pub const fn input(&mut self) -> &mut Input {
        if self.second { &mut self.until } else { &mut self.reason }
    }

    /// Returns the suppression if the input is valid; otherwise, stores the error and focuses the
    /// field with the error.
    pub fn finished(&mut self, now: Timestamp) -> Option<Suppression> {
        let reason = self.reason.value().trim().to_owned();
        if reason.is_empty() {
            self.second = false;
            self.problem = Some("A reason is required".to_owned());
            return None;
        }
        match age::parse_last_day(self.until.value(), now) {
            Ok(expires) => Some(Suppression {
                rule: self.rule.to_owned(),
                client: self.client.raw().to_owned(),
                value: self.value.as_ref().map(|value| value.raw().to_owned()),
                reason,
                expires,
            }),
            Err(error) => {
                self.second = true;
                self.problem = Some(error.to_string());
                None
            }
        }
    }
}

impl Behavior for SuppressForm {
    fn scope(&self) -> KeyScope {
        KeyScope::Suppress
    }

    fn title(&self, _: &Model) -> String {
        "Suppress finding".to_owned()
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, canvas, room);
        0
    }

    fn dialog(&self) -> Option<u16> {
        Some(view::LINES)
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let now = model.now;
        let Some(form) = model.top_mut::<Self>() else { return Vec::new() };
        match command {
            ScreenCommand::Dialog(DialogCommand::NextField | DialogCommand::PreviousField) => {
                form.second = !form.second;
            }
            ScreenCommand::Dialog(DialogCommand::Submit) if !form.second => form.second = true,
            ScreenCommand::Dialog(DialogCommand::Submit) => {
                if let Some(suppression) = form.finished(now) {
                    model.screens.pop();
                    return vec![Effect::Audit(AuditEffect::Suppress(suppression))];
                }
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

    fn input(&mut self) -> Option<&mut Input> {
        Some(Self::input(self))
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        self.input().handle(request);
        self.problem = None;
    }

    fn paste(&mut self, text: &str, now: Timestamp) -> Result<(), &'static str> {
        typed(self, text, now);
        Ok(())
    }
}

/// Returns a notice that refuses the command in demo mode, because suppressions would change the
/// user's own policy; `None` outside demo mode.
pub(super) fn refused_in_demo(model: &mut Model) -> Option<Vec<Effect>> {
    let text = "Not available in demo mode: suppressions are saved in your own policy";
    model.workspace.is_demo().then(|| vec![model.say(Tone::Refused, text)])
}

/// Opens the form to suppress the finding under the cursor.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    if let Some(refused) = refused_in_demo(model) {
        return refused;
    }
    let form = model.finding().map(|(finding, about)| SuppressForm::new(finding, about));
    if let Some(form) = form {
        model.open(form);
    }
    Vec::new()
}
