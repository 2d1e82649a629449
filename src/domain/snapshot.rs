//! Snapshot file: all credentials of a profile as objects of the contract, in a stable order and
//! without secrets.
//!
//! Clients come before tokens, and both are sorted by ID. A changed credential therefore changes
//! only a few lines of the file. The audit of a snapshot evaluates the fleet at the time of the
//! snapshot.

mod difference;
mod lines;

use std::io;

pub use difference::{ChangeKind, Difference, MemberChange, diff};
use jiff::Timestamp;
pub use lines::Lines;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, SeqAccess, Visitor},
};
use serde_json::error::Category;

use super::{
    Credential, Kind,
    audit::ProfileInfo,
    export,
    objects::CredentialObject,
    profile::{Environment, Provider, Word as _},
};

/// Name and version of the snapshot schema.
pub const SCHEMA: &str = "credenza.snapshot/v1";

/// Buffer size for reading a file, in bytes.
const READ_SIZE: usize = 64 * 1024;

/// Credentials of a profile at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Time of the snapshot.
    pub taken_at: Timestamp,
    /// Profile that the credentials are from.
    pub place: ProfileInfo,
    /// Clients, followed by tokens.
    pub credentials: Vec<Credential>,
    /// Reasons why some credentials could not be read, one sentence each; empty if the snapshot is
    /// complete.
    pub incomplete: Vec<String>,
}

#[derive(Serialize)]
struct SnapshotFile<'a> {
    schema: String,
    taken_at: Timestamp,
    profile: ProfileObject,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    incomplete: Vec<String>,
    clients: Vec<CredentialObject<'a>>,
    tokens: Vec<CredentialObject<'a>>,
}

/// Parsed snapshot file. Each object is converted to a credential immediately, because objects need
/// several times as much memory as credentials.
#[derive(Deserialize)]
struct ReadFile {
    schema: Option<String>,
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
    reader.deserialize_seq(CredentialsVisitor(|object: CredentialObject<'_>| {
        CredentialObject::into_client(object)
    }))
}

fn tokens<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<Credential>, D::Error> {
    reader.deserialize_seq(CredentialsVisitor(|object: CredentialObject<'_>| {
        CredentialObject::into_token(object)
    }))
}

/// Visitor that converts each object of a list as soon as it is parsed.
struct CredentialsVisitor(fn(CredentialObject<'_>) -> Credential);

impl<'de> Visitor<'de> for CredentialsVisitor {
    type Value = Vec<Credential>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of credentials")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(object) = list.next_element::<CredentialObject>()? {
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

/// Schema of a file that could not be read as a snapshot.
#[derive(Deserialize)]
struct SnapshotHead {
    schema: Option<String>,
}

/// Error in a snapshot. The error text quotes only the schema from the file, so it cannot contain a
/// secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The file has no schema.
    #[error("it has no \"schema\": \"{SCHEMA}\"")]
    NoSchema,
    /// The file has a different schema.
    #[error("its schema is {}, but this version reads {SCHEMA}", super::text::shown(.0))]
    Schema(String),
    /// The file cannot be read.
    #[error("it is unreadable ({0})")]
    Unreadable(String),
    /// The text is truncated or not JSON, or a member is missing or has an unexpected type.
    #[error("{what} (line {line}, column {column})")]
    Json {
        /// Reason, as a clause without a period.
        what: &'static str,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// The profile has an unknown environment.
    #[error("profile.env must be one of {}", Environment::all_words())]
    Environment,
    /// The credential with this number, from 1, has no ID.
    #[error("credential {0} has no id")]
    NoId(usize),
}

impl From<serde_json::Error> for SnapshotError {
    fn from(error: serde_json::Error) -> Self {
        let what = match error.classify() {
            Category::Io => return Self::Unreadable(error.to_string()),
            Category::Eof => "it is truncated",
            Category::Syntax => "it is not JSON",
            Category::Data => "a member has an unexpected type",
        };
        Self::Json { what, line: error.line(), column: error.column() }
    }
}

fn has_schema(schema: Option<&str>) -> Result<(), SnapshotError> {
    match schema {
        Some(SCHEMA) => Ok(()),
        Some(other) => Err(SnapshotError::Schema(other.to_owned())),
        None => Err(SnapshotError::NoSchema),
    }
}

impl Snapshot {
    /// Creates a snapshot, and sorts the credentials: clients first, then by ID.
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

    /// Returns the number of clients. In `credentials`, they precede the tokens.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.credentials.partition_point(|it| it.kind() != Kind::Token)
    }

    /// Parses a snapshot from its text.
    ///
    /// # Errors
    /// Returns an error if the text is not JSON, has no schema or a different schema, has a member
    /// of an unexpected type, has no `taken_at`, has an unknown environment, or has a credential
    /// without an ID.
    pub fn read(text: &str) -> Result<Self, SnapshotError> {
        Self::checked(serde_json::from_str(text), || serde_json::from_str(text))
    }

    /// Reads a snapshot without loading its whole text into memory. `open` returns a reader at the
    /// start of the file. If the file cannot be parsed, `open` is called again to read its schema
    /// for the error.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, or if [`Self::read`] rejects its text.
    pub fn read_from<R: io::Read>(open: impl Fn() -> io::Result<R>) -> Result<Self, SnapshotError> {
        fn parsed<T: DeserializeOwned>(opened: io::Result<impl io::Read>) -> serde_json::Result<T> {
            let file = opened.map_err(serde_json::Error::io)?;
            serde_json::from_reader(io::BufReader::with_capacity(READ_SIZE, file))
        }
        Self::checked(parsed(open()), || parsed(open()))
    }

    fn checked(
        file: serde_json::Result<ReadFile>,
        head: impl FnOnce() -> serde_json::Result<SnapshotHead>,
    ) -> Result<Self, SnapshotError> {
        let file = match file {
            Ok(file) => file,
            // Parsing a file with a different schema version can fail. The error then reports that
            // schema.
            Err(error) => {
                has_schema(head()?.schema.as_deref())?;
                return Err(error.into());
            }
        };
        has_schema(file.schema.as_deref())?;
        let environment = match file.profile.env.as_deref() {
            None => None,
            Some(word) => Some(Environment::of_word(word).ok_or(SnapshotError::Environment)?),
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
            return Err(SnapshotError::NoId(at + 1));
        }
        Ok(Self { taken_at: file.taken_at, place, credentials, incomplete: file.incomplete })
    }

    /// Returns the JSON text of the snapshot file.
    #[must_use]
    pub fn write(&self) -> String {
        let (clients, tokens) = self.credentials.split_at(self.clients());
        let file = SnapshotFile {
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
            clients: clients.iter().map(CredentialObject::of).collect(),
            tokens: tokens.iter().map(CredentialObject::of).collect(),
        };
        let mut text = export::json(&file, true);
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_snapshot_says_why() {
        let head = r#"{ "schema": "credenza.snapshot/v1", "taken_at": "#;
        for (text, why) in [
            ("{}", "it has no \"schema\"".to_owned()),
            (
                "{ \"schema\": \"other/v9\" }",
                format!("its schema is other/v9, but this version reads {SCHEMA}"),
            ),
            ("{", "it is truncated (line 1, column 1)".to_owned()),
            ("schema: v1", "it is not JSON (line 1, column 1)".to_owned()),
            (&format!("{head}1}}"), "a member has an unexpected type (line 1, column ".to_owned()),
        ] {
            for read in [Snapshot::read(text), Snapshot::read_from(|| Ok(text.as_bytes()))] {
                let said = read.expect_err("not a snapshot");
                assert!(said.to_string().starts_with(&why), "{text}: {said}");
            }
        }
        let missing = Snapshot::read_from(|| std::fs::File::open("/nowhere"));
        assert!(matches!(missing, Err(SnapshotError::Unreadable(_))));
    }
}
