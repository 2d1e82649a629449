//! Screens to choose and create profiles.

mod view;

use jiff::Timestamp;
use tui_input::{Input, InputRequest};

use crate::{
    app::{
        Effect, Model, ProfileEffect, Tone,
        remote::{Remote, Ticket},
        screens::{Behavior, typed},
    },
    auth::probe::DetectedApi,
    domain::{
        Profile,
        profile::{CARTO_REGIONS, Environment, Method, Provider, Word as _},
    },
    keys::{DialogCommand, EntryCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Entry of the profile list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileEntry {
    /// Name of the profile; `None` for the local workspace.
    pub name: Option<String>,
    /// Environment of the profile; `None` for the local workspace.
    pub environment: Option<Environment>,
    /// API base URL; for the local workspace, a description.
    pub base_url: String,
}

impl ProfileEntry {
    /// Creates the entry of a profile.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self {
            name: Some(profile.name),
            environment: Some(profile.environment),
            base_url: profile.base_url,
        }
    }

    /// Creates the entry of the local workspace.
    #[must_use]
    pub fn local() -> Self {
        Self { name: None, environment: None, base_url: "embedded server".to_owned() }
    }

    /// Returns the name of the profile, or `local` for the local workspace.
    #[must_use]
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or("local")
    }
}

/// Screen to choose a profile.
#[derive(Debug, Default)]
pub struct Picker {
    /// Entries, once loaded.
    pub entries: Option<Vec<ProfileEntry>>,
    /// Index of the entry under the cursor.
    pub cursor: usize,
    /// True while a profile is being opened.
    pub opening: bool,
}

impl Picker {
    /// Shows the profiles and the local workspace, with the cursor on the entry named `open`, or on
    /// the first entry if no entry has this name.
    pub fn fill(&mut self, mut entries: Vec<ProfileEntry>, open: &str) {
        entries.push(ProfileEntry::local());
        self.cursor = entries.iter().position(|entry| entry.title() == open).unwrap_or(0);
        self.entries = Some(entries);
    }

    /// Moves the cursor by one entry, without wrapping.
    pub fn go(&mut self, down: bool) {
        let last = self.entries.as_ref().map_or(0, |all| all.len().saturating_sub(1));
        self.cursor =
            if down { (self.cursor + 1).min(last) } else { self.cursor.saturating_sub(1) };
    }

    /// Returns the entry under the cursor; `None` until the entries are loaded.
    #[must_use]
    pub fn selected(&self) -> Option<&ProfileEntry> {
        self.entries.as_ref()?.get(self.cursor)
    }
}

/// Field of the profile form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileField {
    /// Name of the profile.
    Name,
    /// API base URL.
    BaseUrl,
    /// Kind of API.
    Kind,
    /// Environment: prod, staging or dev.
    Environment,
    /// Token issuer.
    Issuer,
    /// Client ID used to sign in.
    ClientId,
    /// Client registration endpoint.
    RegistrationEndpoint,
    /// HTTP header for the token.
    TokenHeader,
    /// API path of CARTO's OAuth clients.
    ClientsPath,
}

impl ProfileField {
    /// All fields, from top to bottom.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::BaseUrl,
        Self::Kind,
        Self::Environment,
        Self::Issuer,
        Self::ClientId,
        Self::RegistrationEndpoint,
        Self::TokenHeader,
        Self::ClientsPath,
    ];

    /// Returns the form fields for a kind of API, from top to bottom.
    #[must_use]
    pub const fn of(provider: Provider) -> &'static [Self] {
        use ProfileField::{
            BaseUrl, ClientId, ClientsPath, Environment, Issuer, Kind, Name, RegistrationEndpoint,
            TokenHeader,
        };
        match provider {
            Provider::Contract => &[Name, BaseUrl, Kind, Environment, Issuer, ClientId],
            Provider::Carto => &[Name, BaseUrl, Kind, Environment, Issuer, ClientId, ClientsPath],
            // These providers are their own issuers.
            Provider::Keycloak | Provider::Gitea | Provider::Auth0 => {
                &[Name, BaseUrl, Kind, Environment, ClientId]
            }
            Provider::Entra | Provider::Okta => {
                &[Name, BaseUrl, Kind, Environment, Issuer, ClientId]
            }
            Provider::Hydra => &[Name, BaseUrl, Kind, Environment, Issuer],
            Provider::Registration => &[Name, BaseUrl, Kind, Environment, RegistrationEndpoint],
            Provider::OpenBao => &[Name, BaseUrl, Kind, Environment],
            Provider::BetterAuth => &[Name, BaseUrl, Kind, Environment, TokenHeader],
        }
    }

    /// Returns the label of the field.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::BaseUrl => "API base URL",
            Self::Kind => "Kind of API",
            Self::Environment => "Environment",
            Self::Issuer => "Issuer",
            Self::ClientId => "Client ID",
            Self::RegistrationEndpoint => "Registration",
            Self::TokenHeader => "Token header",
            Self::ClientsPath => "Clients path",
        }
    }

    /// Returns the hint that is shown below the field while it has the focus.
    #[must_use]
    pub const fn hint(self, provider: Provider) -> &'static str {
        match self {
            Self::Name => "letters, digits, '-', '_', '.'",
            Self::BaseUrl => match provider {
                Provider::Keycloak => "the realm, such as https://host/realms/acme",
                Provider::Hydra => "the admin URL, usually port 4445",
                Provider::Registration => {
                    "the issuer, whose metadata has the registration endpoint"
                }
                Provider::BetterAuth => "the base URL of its routes, such as https://host/api/auth",
                Provider::Auth0 => "the tenant, such as https://acme.eu.auth0.com",
                Provider::Entra => "Microsoft Graph: https://graph.microsoft.com",
                Provider::Okta => "the organization, such as https://acme.okta.com",
                Provider::OpenBao | Provider::Gitea => "the server's root URL",
                Provider::Contract | Provider::Carto => {
                    "any URL, or a workspace domain; up and down select CARTO's regions"
                }
            },
            Self::Kind => "up and down select; detected from the URL",
            Self::Environment => "prod, staging or dev; prod starts read-only",
            Self::Issuer => match provider {
                Provider::Hydra => "Hydra's public URL, which issues access tokens",
                Provider::Entra => "https://login.microsoftonline.com/TENANT-ID/v2.0",
                Provider::Okta => {
                    "issuer of the apps' tokens: https://acme.okta.com/oauth2/default"
                }
                _ => "the token issuer; empty: read from the API",
            },
            Self::ClientId => {
                "public client used to sign in; empty: the server's own client for Credenza"
            }
            Self::RegistrationEndpoint => {
                "registration endpoint; empty: from the issuer's metadata"
            }
            Self::TokenHeader => "x-api-key for an API key; empty for a session token",
            Self::ClientsPath => "path of the OAuth clients; empty: use the carto command",
        }
    }
}

/// Form for a new profile.
#[derive(Debug)]
pub struct ProfileForm {
    /// Input, in the order of [`ProfileField::ALL`].
    pub inputs: [Input; 9],
    /// Kind of API.
    pub provider: Provider,
    /// True if the user selected the kind, so that detection does not change it.
    chosen: bool,
    /// Index of the focused field among the fields for the selected kind of API.
    pub focus: usize,
    /// State and result of the API detection; `None` before the first detection.
    pub found: Option<Remote<DetectedApi>>,
    /// URL that was probed last, or the base URL that its detection returned.
    looked_at: String,
    /// Errors by field.
    pub problems: Vec<(ProfileField, String)>,
    /// True while the profile is being saved.
    pub saving: bool,
    /// True if the next esc discards the input.
    pub leaving: bool,
    /// Issuer and client ID that the last detection filled in. The next detection may replace them.
    filled: [Option<String>; 2],
    offered: usize,
}

impl Default for ProfileForm {
    fn default() -> Self {
        let mut inputs: [Input; 9] = Default::default();
        inputs[ProfileField::Environment as usize] = Input::from("dev");
        Self {
            inputs,
            provider: Provider::default(),
            chosen: false,
            focus: 0,
            found: None,
            looked_at: String::new(),
            problems: Vec::new(),
            saving: false,
            leaving: false,
            filled: [None, None],
            offered: 0,
        }
    }
}

impl ProfileForm {
    /// Returns the input of a field, trimmed.
    #[must_use]
    pub fn value(&self, place: ProfileField) -> &str {
        self.inputs[place as usize].value().trim()
    }

    /// Returns the focused field.
    #[must_use]
    pub fn field(&self) -> ProfileField {
        let places = ProfileField::of(self.provider);
        places[self.focus.min(places.len() - 1)]
    }

    /// Focuses a field, if the selected kind of API has this field.
    pub fn focus_on(&mut self, place: ProfileField) {
        let at = ProfileField::of(self.provider).iter().position(|known| *known == place);
        self.focus = at.unwrap_or(self.focus);
    }

    /// Returns the input of the focused field, to edit it. Clears the errors, and resets a pending
    /// discard, so that esc must be pressed twice again.
    pub fn input(&mut self) -> &mut Input {
        self.problems.clear();
        self.leaving = false;
        &mut self.inputs[self.field() as usize]
    }

    /// Returns true if a visible field differs from its default. Ignores an issuer or client ID
    /// that a detection filled in.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        let untouched = Self::default();
        let places = ProfileField::of(self.provider).iter();
        let own = |place: &ProfileField| match place {
            ProfileField::Issuer => self.filled[0].as_deref() != Some(self.value(*place)),
            ProfileField::ClientId => self.filled[1].as_deref() != Some(self.value(*place)),
            _ => true,
        };
        places.filter(|place| own(place)).any(|place| self.value(*place) != untouched.value(*place))
    }

    /// Moves the focus to the next or previous field. Returns the base URL if it must be probed.
    pub fn go(&mut self, down: bool) -> Option<String> {
        let left = self.field();
        let many = ProfileField::of(self.provider).len();
        self.focus = (self.focus + if down { 1 } else { many - 1 }) % many;
        (left == ProfileField::BaseUrl).then(|| self.unseen()).flatten()
    }

    /// Returns the typed URL if it differs from the last probed URL, and marks it as probed.
    fn unseen(&mut self) -> Option<String> {
        let url = self.value(ProfileField::BaseUrl).to_owned();
        if url.is_empty() || url == self.looked_at {
            return None;
        }
        self.looked_at.clone_from(&url);
        Some(url)
    }

    /// Selects the next or previous kind of API or CARTO region. Returns false if the focused field
    /// has no choices, or contains a typed URL.
    pub fn offer(&mut self, down: bool) -> bool {
        let next = |at: usize, many: usize| (at + if down { 1 } else { many - 1 }) % many;
        match self.field() {
            ProfileField::Kind => {
                let kinds: Vec<Provider> = Provider::all().collect();
                let at = kinds.iter().position(|kind| *kind == self.provider).unwrap_or(0);
                self.provider = kinds[next(at, kinds.len())];
                self.chosen = true;
                self.problems.clear();
                true
            }
            // A typed URL is not replaced.
            ProfileField::BaseUrl
                if self.value(ProfileField::BaseUrl).is_empty()
                    || CARTO_REGIONS
                        .iter()
                        .any(|(_, url)| *url == self.value(ProfileField::BaseUrl)) =>
            {
                let many = CARTO_REGIONS.len();
                let at = CARTO_REGIONS
                    .iter()
                    .position(|(_, url)| *url == self.value(ProfileField::BaseUrl));
                self.offered = at.map_or(self.offered, |at| next(at, many));
                let (_, url) = CARTO_REGIONS[self.offered];
                self.inputs[ProfileField::BaseUrl as usize] = Input::from(url);
                true
            }
            _ => false,
        }
    }

    /// Applies the result of a detection, unless the result is outdated. A successful detection
    /// sets the base URL, the kind of API if the user did not select one, and the issuer and client
    /// ID if the user did not type them.
    pub fn saw(&mut self, ticket: Ticket, result: Result<DetectedApi, crate::api::ApiError>) {
        let Some(remote) = &mut self.found else { return };
        if !remote.answer(ticket, result) {
            return;
        }
        let Some(Remote::Ready(found)) = &self.found else { return };
        let found = found.clone();
        let place = self.field();
        if !self.chosen {
            self.provider = found.provider;
            self.focus_on(place);
        }
        self.looked_at.clone_from(&found.base_url);
        self.inputs[ProfileField::BaseUrl as usize] = Input::from(found.base_url);
        self.fill([found.issuer, found.console_client]);
    }

    /// Fills in the issuer and the client ID, unless the user typed them.
    fn fill(&mut self, told: [Option<String>; 2]) {
        for (index, (place, text)) in
            [ProfileField::Issuer, ProfileField::ClientId].into_iter().zip(told).enumerate()
        {
            let typed = self.value(place);
            let ours = self.filled[index].as_deref() == Some(typed);
            if typed.is_empty() || ours {
                self.inputs[place as usize] = Input::from(text.clone().unwrap_or_default());
                self.filled[index] = text;
            }
        }
    }

    /// Returns the profile if it is valid; otherwise, stores the errors and focuses the first field
    /// with an error.
    pub fn profile(&mut self) -> Option<Profile> {
        self.problems.clear();
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let environment = Environment::of_word(self.value(ProfileField::Environment));
        if environment.is_none() {
            let text = format!("must be one of {}", Environment::all_words());
            self.problems.push((ProfileField::Environment, text));
        }
        // A detection is valid only for the probed URL, because tokens must not be sent to another
        // server.
        let typed = self.value(ProfileField::BaseUrl).trim_end_matches('/').to_owned();
        let seen = matches!(&self.found, Some(Remote::Ready(found)) if found.base_url == typed);
        if !seen {
            self.fill([None, None]);
            if !self.chosen {
                self.provider = Provider::default();
            }
        }
        // The form does not show the fields of other kinds, so the profile does not use them.
        let places = ProfileField::of(self.provider);
        let asked = |place: ProfileField| {
            Some(self.value(place)).filter(|_| places.contains(&place)).and_then(some)
        };
        let profile = Profile {
            name: self.value(ProfileField::Name).to_owned(),
            base_url: typed,
            provider: self.provider,
            environment: environment.unwrap_or_default(),
            issuer: asked(ProfileField::Issuer),
            client_id: asked(ProfileField::ClientId),
            registration_endpoint: asked(ProfileField::RegistrationEndpoint),
            token_header: asked(ProfileField::TokenHeader),
            oauth_clients_path: asked(ProfileField::ClientsPath),
            // Hydra's admin port requires no token.
            sign_in: (self.provider == Provider::Hydra).then_some(Method::None),
            ..Profile::default()
        };
        if profile.name == "local" {
            let text = "is reserved for the local workspace".to_owned();
            self.problems.push((ProfileField::Name, text));
        }
        for (field, why) in profile.problems() {
            let place = match field {
                "name" => ProfileField::Name,
                "issuer" => ProfileField::Issuer,
                "registration_endpoint" => ProfileField::RegistrationEndpoint,
                _ => ProfileField::BaseUrl,
            };
            self.problems.push((place, why));
        }
        if let Some(place) = self.problems.first().map(|(place, _)| *place) {
            self.focus_on(place);
            return None;
        }
        Some(profile)
    }
}

impl Behavior for Picker {
    fn scope(&self) -> KeyScope {
        KeyScope::Profiles
    }

    fn title(&self, _: &Model) -> String {
        "Profiles".to_owned()
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(model, self, canvas, room);
        0
    }

    fn point(&mut self, row: usize, _: Timestamp) {
        let count = self.entries.as_ref().map_or(0, Vec::len);
        self.cursor = row.min(count.saturating_sub(1));
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(picker) = model.top_mut::<Self>() else { return Vec::new() };
        if picker.opening {
            return Vec::new();
        }
        match command {
            ScreenCommand::Move(step) => picker.go(step.is_down()),
            ScreenCommand::Entry(EntryCommand::AddProfile) => {
                model.open(ProfileForm::default());
            }
            ScreenCommand::Dialog(DialogCommand::Accept) => {
                let Some(entry) = picker.selected() else { return Vec::new() };
                let (name, title) = (entry.name.clone(), entry.title().to_owned());
                if title == model.workspace.name {
                    model.screens.pop();
                    return Vec::new();
                }
                if model.is_typing() {
                    let text = "Another open form has unsaved changes. Close it first";
                    return vec![model.say(Tone::Refused, text)];
                }
                let Some(picker) = model.top_mut::<Self>() else { return Vec::new() };
                picker.opening = true;
                return vec![Effect::Profile(ProfileEffect::Switch(name))];
            }
            ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => {}
        }
        Vec::new()
    }

    fn is_waiting(&self) -> bool {
        self.opening
    }
}

impl Behavior for ProfileForm {
    fn scope(&self) -> KeyScope {
        KeyScope::ProfileForm
    }

    fn title(&self, _: &Model) -> String {
        "Profiles › new".to_owned()
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::form(self, canvas, room);
        0
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let ticket = model.ticket();
        let Some(form) = model.top_mut::<Self>() else { return Vec::new() };
        let look = match command {
            ScreenCommand::Dialog(DialogCommand::NextField) => form.go(true),
            ScreenCommand::Dialog(DialogCommand::PreviousField) => form.go(false),
            ScreenCommand::Move(step) => {
                if !form.offer(step.is_down()) {
                    let url = form.go(step.is_down());
                    return probe(form, ticket, url);
                }
                None
            }
            ScreenCommand::Entry(EntryCommand::Probe) => {
                Some(form.value(ProfileField::BaseUrl).to_owned()).filter(|url| !url.is_empty())
            }
            ScreenCommand::Dialog(DialogCommand::Save) if !form.saving => {
                if let Some(profile) = form.profile() {
                    form.saving = true;
                    return vec![Effect::Profile(ProfileEffect::Add(Box::new(profile)))];
                }
                None
            }
            ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => None,
        };
        probe(form, ticket, look)
    }

    fn back(model: &mut Model) -> Option<Vec<Effect>> {
        let form = model.top_mut::<Self>()?;
        if !form.is_dirty() || form.leaving {
            return None;
        }
        form.leaving = true;
        Some(vec![
            model.say(Tone::Plain, "This profile is not saved. Press esc again to discard it"),
        ])
    }

    fn input(&mut self) -> Option<&mut Input> {
        let typed = !self.saving && self.field() != ProfileField::Kind;
        typed.then(|| Self::input(self))
    }

    fn text(&mut self, request: InputRequest, _: Timestamp) {
        // The kind is selected, not typed.
        if !self.saving && self.field() != ProfileField::Kind {
            self.input().handle(request);
        }
    }

    fn paste(&mut self, text: &str, now: Timestamp) -> Result<(), &'static str> {
        typed(self, text, now);
        Ok(())
    }

    fn is_waiting(&self) -> bool {
        self.saving
    }

    fn would_lose(&self) -> bool {
        self.is_dirty()
    }
}

/// Opens the list of profiles.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    if model.writes > 0 {
        return vec![model.say(Tone::Refused, "A save is in progress. Wait for it to finish")];
    }
    model.open(Picker::default());
    vec![Effect::Profile(ProfileEffect::Read)]
}

/// Switches to a profile by its name, or to the local workspace.
pub(in crate::app) fn switch_to(model: &mut Model, title: &str) -> Vec<Effect> {
    if title == model.workspace.name {
        return vec![model.say(Tone::Plain, "This profile is already open")];
    }
    if model.writes > 0 {
        return vec![model.say(Tone::Refused, "A save is in progress. Wait for it to finish")];
    }
    let local = ProfileEntry::local();
    let name = (title != local.title()).then(|| title.to_owned());
    model.open(Picker { opening: true, ..Picker::default() });
    vec![Effect::Profile(ProfileEffect::Switch(name))]
}

/// Moves the focus to a field that was clicked, and probes the base URL if it changed.
pub(in crate::app) fn focus(model: &mut Model, field: usize) -> Vec<Effect> {
    let ticket = model.ticket();
    let Some(form) = model.top_mut::<ProfileForm>() else { return Vec::new() };
    let url = form.go(true);
    form.focus = field;
    probe(form, ticket, url)
}

/// Starts the detection of the API at a base URL. Does nothing if `url` is `None`.
fn probe(form: &mut ProfileForm, ticket: Ticket, url: Option<String>) -> Vec<Effect> {
    match url {
        Some(url) => {
            form.found = Some(Remote::asked(ticket));
            vec![Effect::Profile(ProfileEffect::Probe { ticket, url })]
        }
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(place: ProfileField, text: &str, form: &mut ProfileForm) {
        form.inputs[place as usize] = Input::from(text);
    }

    #[test]
    fn a_url_is_looked_at_once_and_typed_text_is_never_overwritten() {
        let mut form = ProfileForm::default();
        form.go(true);
        typed(ProfileField::BaseUrl, "acme.carto.app", &mut form);
        typed(ProfileField::ClientId, "mine", &mut form);
        assert_eq!(form.go(true).as_deref(), Some("acme.carto.app"));
        form.found = Some(Remote::asked(Ticket(1)));
        let found = DetectedApi {
            base_url: "https://gcp-us-east1.api.carto.com".into(),
            provider: Provider::Carto,
            issuer: Some("https://auth.carto.com/".into()),
            console_client: Some("theirs".into()),
            saw: Vec::new(),
        };
        form.saw(Ticket(1), Ok(found));
        assert_eq!(form.value(ProfileField::BaseUrl), "https://gcp-us-east1.api.carto.com");
        assert_eq!(
            (form.value(ProfileField::Issuer), form.value(ProfileField::ClientId)),
            ("https://auth.carto.com/", "mine")
        );
        form.focus_on(ProfileField::BaseUrl);
        assert_eq!(form.go(true), None, "a URL is probed only once");

        // The URL changed after the detection, so the detected values must not be saved.
        typed(ProfileField::Name, "other", &mut form);
        typed(ProfileField::BaseUrl, "https://api.other.example", &mut form);
        let profile = form.profile().expect("a profile");
        assert_eq!(profile.provider, Provider::Contract);
        assert_eq!((profile.issuer, profile.client_id.as_deref()), (None, Some("mine")));
    }

    #[test]
    fn a_kind_asks_only_for_what_it_needs() {
        let mut form = ProfileForm::default();
        typed(ProfileField::Name, "hydra", &mut form);
        typed(ProfileField::BaseUrl, "https://admin.example.com", &mut form);
        typed(ProfileField::ClientId, "typed before the kind was chosen", &mut form);
        form.focus_on(ProfileField::Kind);
        while form.provider != Provider::Hydra {
            assert!(form.offer(true));
        }
        typed(ProfileField::Issuer, "https://id.example.com", &mut form);
        let profile = form.profile().expect("a profile");
        assert_eq!((profile.provider, profile.sign_in), (Provider::Hydra, Some(Method::None)));
        assert_eq!(profile.issuer.as_deref(), Some("https://id.example.com"));
        assert_eq!(profile.client_id, None, "Hydra requires no sign-in");
        for provider in Provider::all() {
            let places = ProfileField::of(provider);
            assert!(places.iter().all(|place| !place.hint(provider).is_empty()));
        }
    }

    #[test]
    fn mistakes_are_named_at_their_field() {
        let mut form = ProfileForm::default();
        typed(ProfileField::Name, "a b", &mut form);
        typed(ProfileField::BaseUrl, "http://example.com", &mut form);
        typed(ProfileField::Environment, "live", &mut form);
        assert_eq!(form.profile(), None);
        let places: Vec<_> = form.problems.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [ProfileField::Environment, ProfileField::Name, ProfileField::BaseUrl]);
        typed(ProfileField::Name, "prod", &mut form);
        typed(ProfileField::BaseUrl, "https://example.com/", &mut form);
        typed(ProfileField::Environment, "prod", &mut form);
        let profile = form.profile().expect("a profile");
        assert_eq!(
            (profile.base_url.as_str(), profile.environment),
            ("https://example.com", Environment::Prod)
        );
    }
}
