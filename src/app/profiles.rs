//! Choosing a profile, and adding one.

use tui_input::Input;

use super::remote::{Remote, Ticket};
use crate::{
    auth::probe::Found,
    domain::{
        Profile,
        profile::{CARTO_REGIONS, Environment, Word as _},
    },
};

/// A row of the choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The profile's name; `None` is the local workspace.
    pub name: Option<String>,
    /// What depends on it.
    pub environment: Option<Environment>,
    /// Where it is.
    pub base_url: String,
}

impl Entry {
    /// The row of a profile.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self {
            name: Some(profile.name),
            environment: Some(profile.environment),
            base_url: profile.base_url,
        }
    }

    /// The row of the local workspace.
    #[must_use]
    pub fn local() -> Self {
        Self {
            name: None,
            environment: None,
            base_url: "the server inside this program".to_owned(),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or("local")
    }
}

/// The choice of a profile.
#[derive(Debug, Default)]
pub struct Picker {
    /// The rows, once they are read.
    pub entries: Option<Vec<Entry>>,
    /// The row under the cursor.
    pub cursor: usize,
    /// Whether a profile is being opened.
    pub opening: bool,
}

impl Picker {
    /// Takes the rows, with the cursor on the profile that is open.
    pub fn fill(&mut self, mut entries: Vec<Entry>, open: &str) {
        entries.push(Entry::local());
        self.cursor = entries.iter().position(|entry| entry.title() == open).unwrap_or(0);
        self.entries = Some(entries);
    }

    /// Moves the cursor.
    pub fn go(&mut self, down: bool) {
        let last = self.entries.as_ref().map_or(0, |all| all.len().saturating_sub(1));
        self.cursor =
            if down { (self.cursor + 1).min(last) } else { self.cursor.saturating_sub(1) };
    }

    /// The row under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&Entry> {
        self.entries.as_ref()?.get(self.cursor)
    }
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The name.
    Name,
    /// The API base URL.
    BaseUrl,
    /// What depends on it.
    Environment,
    /// The issuer.
    Issuer,
    /// The client that signs in.
    ClientId,
}

impl Place {
    /// The fields in their order.
    pub const ALL: [Self; 5] =
        [Self::Name, Self::BaseUrl, Self::Environment, Self::Issuer, Self::ClientId];

    /// The label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::BaseUrl => "API base URL",
            Self::Environment => "Environment",
            Self::Issuer => "Issuer",
            Self::ClientId => "Client ID",
        }
    }

    /// What to type there.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Name => "letters, digits, '-', '_', '.'",
            Self::BaseUrl => "any URL, or a workspace's domain; up and down offer CARTO's regions",
            Self::Environment => "prod, staging or dev; prod starts read-only",
            Self::Issuer => "who issues access tokens; empty asks the API",
            Self::ClientId => {
                "the public client that signs in; empty takes the server's own for Credenza"
            }
        }
    }
}

/// The form for a new profile.
#[derive(Debug)]
pub struct ProfileForm {
    /// What is typed, in the order of [`Place::ALL`].
    pub inputs: [Input; 5],
    /// Which field has the focus.
    pub focus: usize,
    /// What a look at the URL told.
    pub found: Option<Remote<Found>>,
    /// The URL that was looked at.
    looked_at: String,
    /// What is wrong with which field.
    pub problems: Vec<(Place, String)>,
    /// Whether it is being written.
    pub saving: bool,
    /// Whether leaving was asked for once.
    pub leaving: bool,
    /// What the last look filled in, which another look may take back.
    filled: [Option<String>; 2],
    offered: usize,
}

impl Default for ProfileForm {
    fn default() -> Self {
        let mut inputs: [Input; 5] = Default::default();
        inputs[Place::Environment as usize] = Input::from("dev");
        Self {
            inputs,
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
    /// What is typed in a field.
    #[must_use]
    pub fn value(&self, place: Place) -> &str {
        self.inputs[place as usize].value().trim()
    }

    /// The field with the focus.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::ALL[self.focus.min(Place::ALL.len() - 1)]
    }

    /// The field with the focus, to type in.
    pub fn input(&mut self) -> &mut Input {
        self.problems.clear();
        self.leaving = false;
        &mut self.inputs[self.focus.min(4)]
    }

    /// Whether anything would be lost.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        !self.value(Place::Name).is_empty() || !self.value(Place::BaseUrl).is_empty()
    }

    /// Goes to the next field or the one before; answers a URL that should be looked at now.
    pub fn go(&mut self, down: bool) -> Option<String> {
        let left = self.place();
        let many = Place::ALL.len();
        self.focus = (self.focus + if down { 1 } else { many - 1 }) % many;
        (left == Place::BaseUrl).then(|| self.unseen()).flatten()
    }

    /// The typed URL, if it was not looked at yet.
    fn unseen(&mut self) -> Option<String> {
        let url = self.value(Place::BaseUrl).to_owned();
        if url.is_empty() || url == self.looked_at {
            return None;
        }
        self.looked_at.clone_from(&url);
        Some(url)
    }

    /// Offers the next of CARTO's regions.
    pub fn offer(&mut self, down: bool) {
        let many = CARTO_REGIONS.len();
        let at = CARTO_REGIONS.iter().position(|(_, url)| *url == self.value(Place::BaseUrl));
        self.offered = match at {
            Some(at) => (at + if down { 1 } else { many - 1 }) % many,
            None => self.offered,
        };
        let (_, url) = CARTO_REGIONS[self.offered];
        self.inputs[Place::BaseUrl as usize] = Input::from(url);
    }

    /// Takes what a look told, and fills in what nobody has typed.
    pub fn saw(&mut self, ticket: Ticket, result: Result<Found, crate::api::ApiError>) {
        let Some(remote) = &mut self.found else { return };
        if !remote.answer(ticket, result) {
            return;
        }
        let Some(Remote::Ready(found)) = &self.found else { return };
        let found = found.clone();
        self.looked_at.clone_from(&found.base_url);
        self.inputs[Place::BaseUrl as usize] = Input::from(found.base_url);
        self.fill([found.issuer, found.console_client]);
    }

    /// Fills in what nobody has typed; what an earlier look filled in is taken back.
    fn fill(&mut self, told: [Option<String>; 2]) {
        for (index, (place, text)) in
            [Place::Issuer, Place::ClientId].into_iter().zip(told).enumerate()
        {
            let typed = self.value(place);
            let ours = self.filled[index].as_deref() == Some(typed);
            if typed.is_empty() || ours {
                self.inputs[place as usize] = Input::from(text.clone().unwrap_or_default());
                self.filled[index] = text;
            }
        }
    }

    /// The profile that is typed, if nothing is wrong with it.
    pub fn profile(&mut self) -> Option<Profile> {
        self.problems.clear();
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let environment = Environment::of_word(self.value(Place::Environment));
        if environment.is_none() {
            let text = format!("is one of {}", Environment::all_words());
            self.problems.push((Place::Environment, text));
        }
        // What was seen of one URL says nothing about another: its tokens must not go there.
        let typed = self.value(Place::BaseUrl).trim_end_matches('/').to_owned();
        let provider = match &self.found {
            Some(Remote::Ready(found)) if found.base_url == typed => Some(found.provider),
            _ => None,
        };
        if provider.is_none() {
            self.fill([None, None]);
        }
        let profile = Profile {
            name: self.value(Place::Name).to_owned(),
            base_url: typed,
            provider: provider.unwrap_or_default(),
            environment: environment.unwrap_or_default(),
            issuer: some(self.value(Place::Issuer)),
            client_id: some(self.value(Place::ClientId)),
            ..Profile::default()
        };
        if profile.name == "local" {
            let text = "is the local workspace's own".to_owned();
            self.problems.push((Place::Name, text));
        }
        for (field, why) in profile.problems() {
            let place = match field {
                "name" => Place::Name,
                "issuer" => Place::Issuer,
                _ => Place::BaseUrl,
            };
            self.problems.push((place, why));
        }
        if let Some((place, _)) = self.problems.first() {
            self.focus = *place as usize;
            return None;
        }
        Some(profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::profile::Provider;

    fn typed(place: Place, text: &str, form: &mut ProfileForm) {
        form.inputs[place as usize] = Input::from(text);
    }

    #[test]
    fn a_url_is_looked_at_once_and_typed_text_is_never_overwritten() {
        let mut form = ProfileForm::default();
        form.go(true);
        typed(Place::BaseUrl, "acme.carto.app", &mut form);
        typed(Place::ClientId, "mine", &mut form);
        assert_eq!(form.go(true).as_deref(), Some("acme.carto.app"));
        form.found = Some(Remote::asked(Ticket(1)));
        let found = Found {
            base_url: "https://gcp-us-east1.api.carto.com".into(),
            provider: Provider::Carto,
            issuer: Some("https://auth.carto.com/".into()),
            console_client: Some("theirs".into()),
            saw: Vec::new(),
        };
        form.saw(Ticket(1), Ok(found));
        assert_eq!(form.value(Place::BaseUrl), "https://gcp-us-east1.api.carto.com");
        assert_eq!(
            (form.value(Place::Issuer), form.value(Place::ClientId)),
            ("https://auth.carto.com/", "mine")
        );
        form.focus = Place::BaseUrl as usize;
        assert_eq!(form.go(true), None, "what was seen is not looked at again");

        // Another URL after that: what the first one told must not be saved with it.
        typed(Place::Name, "other", &mut form);
        typed(Place::BaseUrl, "https://api.other.example", &mut form);
        let profile = form.profile().expect("a profile");
        assert_eq!(profile.provider, Provider::Contract);
        assert_eq!((profile.issuer, profile.client_id.as_deref()), (None, Some("mine")));
    }

    #[test]
    fn mistakes_are_named_at_their_field() {
        let mut form = ProfileForm::default();
        typed(Place::Name, "a b", &mut form);
        typed(Place::BaseUrl, "http://example.com", &mut form);
        typed(Place::Environment, "live", &mut form);
        assert_eq!(form.profile(), None);
        let places: Vec<_> = form.problems.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [Place::Environment, Place::Name, Place::BaseUrl]);
        typed(Place::Name, "prod", &mut form);
        typed(Place::BaseUrl, "https://example.com/", &mut form);
        typed(Place::Environment, "prod", &mut form);
        let profile = form.profile().expect("a profile");
        assert_eq!(
            (profile.base_url.as_str(), profile.environment),
            ("https://example.com", Environment::Prod)
        );
    }
}
