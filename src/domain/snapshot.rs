//! A fleet as one file: stable, without secrets, in the contract's own objects.
//!
//! Credentials are ordered by their ids, so that two snapshots of the same fleet are the same text and
//! a change is a change of a few lines. An audit of a snapshot is an audit of the fleet at that moment.

mod difference;
mod lines;

pub use difference::{Difference, MemberChange, What, diff};
use jiff::Timestamp;
pub use lines::Lines;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{SeqAccess, Visitor},
};

use super::{
    Credential, Kind,
    audit::ProfileInfo,
    export,
    objects::Object,
    profile::{Environment, Provider, Word as _},
};

/// The schema's name.
pub const SCHEMA: &str = "credenza.snapshot/v1";

/// A fleet at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// Where.
    pub place: ProfileInfo,
    /// The clients, and after them the tokens.
    pub credentials: Vec<Credential>,
    /// What could not be read, one sentence each: with any of these it is not the whole fleet.
    pub incomplete: Vec<String>,
}

#[derive(Serialize)]
struct File {
    schema: String,
    taken_at: Timestamp,
    profile: ProfileObject,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    incomplete: Vec<String>,
    clients: Vec<Object>,
    tokens: Vec<Object>,
}

/// A file that is read: each credential is made of its object at once, since the objects of a large fleet take
/// several times its room.
#[derive(Deserialize)]
struct ReadFile {
    taken_at: Timestamp,
    #[serde(default)]
    profile: ProfileObject,
    #[serde(default)]
    incomplete: Vec<String>,
    #[serde(default, deserialize_with = "clients")]
    clients: Vec<Credential>,
    #[serde(default, deserialize_with = "tokens")]
    tokens: Vec<Credential>,
}

fn clients<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<Credential>, D::Error> {
    reader.deserialize_seq(Each(Object::into_client))
}

fn tokens<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<Credential>, D::Error> {
    reader.deserialize_seq(Each(Object::into_token))
}

/// Makes something of each object of a list.
struct Each(fn(Object) -> Credential);

impl<'de> Visitor<'de> for Each {
    type Value = Vec<Credential>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of credentials")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(object) = list.next_element::<Object>()? {
            all.push((self.0)(object));
        }
        all.shrink_to_fit();
        Ok(all)
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct ProfileObject {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    base_url: String,
    trusted_hosts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    apis: Vec<String>,
}

impl Snapshot {
    /// A snapshot, in the order that it is written in.
    #[must_use]
    pub fn new(
        taken_at: Timestamp,
        place: ProfileInfo,
        mut credentials: Vec<Credential>,
        incomplete: Vec<String>,
    ) -> Self {
        credentials.sort_by(|a, b| {
            let key = |it: &Credential| it.kind() == Kind::Token;
            key(a).cmp(&key(b)).then_with(|| a.id().cmp(b.id()))
        });
        Self { taken_at, place, credentials, incomplete }
    }

    /// How many of the credentials are clients; the tokens come after them.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.credentials.partition_point(|it| it.kind() != Kind::Token)
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// Why it is none, for a person; never with what stands in it.
    pub fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            schema: Option<String>,
        }
        let place =
            |error: &serde_json::Error| format!("line {}, column {}", error.line(), error.column());
        let broken = |error: serde_json::Error| {
            let what = match error.classify() {
                serde_json::error::Category::Eof => "it ends in the middle",
                serde_json::error::Category::Syntax => "it is no JSON",
                _ => "a member is not what it should be",
            };
            format!("{what} ({})", place(&error))
        };
        let head: Head = serde_json::from_str(text).map_err(broken)?;
        match head.schema.as_deref() {
            Some(SCHEMA) => {}
            Some(other) => {
                let other = super::text::shown(other);
                return Err(format!("its schema is {other}, and this program reads {SCHEMA}"));
            }
            None => return Err(format!("it has no \"schema\": \"{SCHEMA}\"")),
        }
        let file: ReadFile = serde_json::from_str(text).map_err(broken)?;
        let environment =
            match file.profile.env.as_deref() {
                None => None,
                Some(word) => Some(Environment::of_word(word).ok_or_else(|| {
                    format!("profile.env is none of {}", Environment::all_words())
                })?),
            };
        let place = ProfileInfo {
            name: file.profile.name,
            environment,
            provider: file.profile.provider.as_deref().and_then(Provider::of_word),
            semantics: Default::default(),
            base_url: file.profile.base_url,
            trusted_hosts: file.profile.trusted_hosts,
            apis: file.profile.apis,
        };
        let mut credentials = file.clients;
        credentials.extend(file.tokens);
        if let Some(at) = credentials.iter().position(|it| it.id().raw().is_empty()) {
            return Err(format!("credential {} has no id", at + 1));
        }
        Ok(Self { taken_at: file.taken_at, place, credentials, incomplete: file.incomplete })
    }

    /// The file's text.
    #[must_use]
    pub fn write(&self) -> String {
        let (clients, tokens) = self.credentials.split_at(self.clients());
        let file = File {
            schema: SCHEMA.to_owned(),
            taken_at: self.taken_at,
            profile: ProfileObject {
                name: self.place.name.clone(),
                env: self.place.environment.map(|it| it.word().to_owned()),
                provider: self.place.provider.map(|it| it.word().to_owned()),
                base_url: self.place.base_url.clone(),
                trusted_hosts: self.place.trusted_hosts.clone(),
                apis: self.place.apis.clone(),
            },
            incomplete: self.incomplete.clone(),
            clients: clients.iter().map(Object::of).collect(),
            tokens: tokens.iter().map(Object::of).collect(),
        };
        let mut text = export::json(&file, true);
        text.push('\n');
        text
    }
}
