//! Manifest: the desired state of credentials, without secrets (`credenza.manifest/v1`).
//!
//! A manifest manages only the credentials that it lists, and only the fields that it specifies for
//! each of them.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{
    Client, Credential, Draft, Kind, Token,
    credential::Record,
    draft::{
        self, Change, EditAction, EditError, EditRules, Field, FieldEdit, FieldRules, FieldValue,
        is_same,
    },
    profile::Word as _,
    yaml,
};

/// Value of the member `schema`.
pub const SCHEMA: &str = "credenza.manifest/v1";

/// Desired credentials.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manifest {
    /// Base URL of the server that the manifest is for; `None` for any server.
    pub server: Option<String>,
    /// Desired credentials, in the order of the file.
    pub entries: Vec<ManifestEntry>,
}

/// Desired state of one credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestEntry {
    /// Kind of the credential.
    pub kind: Kind,
    /// Client ID or token ID; `None` selects the credential by its name.
    pub id: Option<String>,
    /// Desired values, in the order of [`Field::ALL`].
    pub values: Vec<(Field, FieldValue)>,
    /// Expiry of the token, set only at creation. `None` means never for a new token, and is
    /// ignored for an existing token.
    pub expires_at: Option<Timestamp>,
    /// Names of the destinations that get the secret of a new client.
    pub secret_to: Vec<String>,
    /// Line in the file, from 1.
    pub line: u32,
}

/// Reason why the credential of an entry cannot be selected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The ID belongs to a credential of another kind.
    #[error("the ID belongs to a credential of the kind {}", .0.word())]
    OtherKind(Kind),
    /// Several credentials of the kind have the name.
    #[error("{0} credentials of this kind have this name. Add the id of the one to manage")]
    Ambiguous(usize),
    /// The server created the client for itself.
    #[error("it is a built-in client of the server")]
    BuiltIn,
    /// The credential could not be read completely.
    #[error("the credential could not be read")]
    Unreadable,
}

impl ManifestEntry {
    /// Creates the entry that describes a credential. Includes the name and the fields in `shape`,
    /// as far as their values are known.
    #[must_use]
    pub fn of(credential: &Credential, shape: FieldRules) -> Self {
        let kind = credential.kind();
        let record = credential.record();
        let mut values = Draft::of(credential).all_values();
        // An unknown value must not be written as an empty value. A switch that is off is omitted,
        // because a missing switch is off in `Self::draft`.
        values.retain(|(field, value)| {
            let is_off = *value == FieldValue::Switch(false);
            let is_known = record.has.has(*field) && !record.missing.has(*field);
            is_known
                && (shape.offers(kind, *field) || *field == Field::Name)
                && !(is_off && matches!(field, Field::UseDefaultUrls | Field::Visibility))
        });
        values.sort_by_key(|(field, _)| Field::ALL.iter().position(|it| it == field));
        let expires_at = match credential {
            Credential::Token(token) => token.expires_at,
            _ => None,
        };
        let id = Some(credential.id().raw().to_owned());
        Self { kind, id, values, expires_at, secret_to: Vec::new(), line: 0 }
    }

    /// Returns the desired name; empty if the entry does not specify one.
    #[must_use]
    pub fn name(&self) -> &str {
        self.values
            .iter()
            .find_map(|(field, value)| match value {
                FieldValue::Line(text) if *field == Field::Name => Some(text.as_str()),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// Finds the credential of the entry by its ID or, if the entry has no ID, by its exact name.
    /// Returns `None` if no credential matches.
    ///
    /// # Errors
    /// Returns an error if several credentials have the name, if the ID belongs to a credential of
    /// another kind, or if the credential cannot be managed.
    pub fn select<'a>(&self, all: &'a [Credential]) -> Result<Option<&'a Credential>, SelectError> {
        let found = match &self.id {
            Some(id) => {
                let found: Vec<&Credential> = all.iter().filter(|it| it.id().raw() == id).collect();
                let own = found.iter().find(|it| it.kind() == self.kind);
                match (own, found.first()) {
                    (Some(own), _) => Some(*own),
                    (None, Some(other)) => return Err(SelectError::OtherKind(other.kind())),
                    (None, None) => None,
                }
            }
            None => {
                let is_named =
                    |it: &&Credential| it.kind() == self.kind && it.name().raw() == self.name();
                let mut named = all.iter().filter(is_named);
                match (named.next(), named.count()) {
                    (found, 0) => found,
                    (_, more) => return Err(SelectError::Ambiguous(more + 1)),
                }
            }
        };
        match found.map(Credential::record) {
            Some(record) if record.built_in => Err(SelectError::BuiltIn),
            Some(record) if record.unreadable.is_some() => Err(SelectError::Unreadable),
            _ => Ok(found),
        }
    }

    /// Returns the draft of a new credential.
    ///
    /// # Errors
    /// Returns an error if the provider does not support a field that has a value.
    pub fn draft(&self, shape: FieldRules) -> Result<Draft, EditError> {
        let mut draft = Draft::new(self.kind);
        draft.set(Field::UseDefaultUrls, FieldValue::Switch(false));
        for (field, value) in &self.values {
            if !value.is_unset() && !shape.offers(self.kind, *field) && *field != Field::Name {
                return Err(EditError::NoField(self.kind, *field));
            }
            draft.set(*field, value.clone());
        }
        if let Some(id) = &self.id {
            draft.set(Field::ClientId, FieldValue::Line(id.clone()));
        }
        if let Draft::Token(token) = &mut draft {
            token.expires_at = self.expires_at;
        }
        Ok(draft)
    }

    /// Returns the draft of an existing credential with the desired values.
    ///
    /// # Errors
    /// Returns an error if a desired value differs from the current one and cannot be set.
    pub fn applied_to(&self, current: &Credential, rules: EditRules) -> Result<Draft, EditError> {
        let mut draft = Draft::of(current);
        let states = |wanted: Field| self.values.iter().any(|(field, _)| *field == wanted);
        // Lists in the entry replace derived lists.
        if Field::LISTS.into_iter().any(states) && !states(Field::UseDefaultUrls) {
            draft.set(Field::UseDefaultUrls, FieldValue::Switch(false));
        }
        for (field, value) in &self.values {
            let is_list = Field::LISTS.contains(field);
            if is_list && draft.derives_urls() {
                continue;
            }
            let now = draft.all_values().into_iter().find(|(own, _)| own == field);
            if now.is_some_and(|(_, now)| is_same(&now, value)) {
                continue;
            }
            let edit = FieldEdit { field: *field, action: EditAction::Set(value.clone()) };
            edit.apply(&mut draft, rules)?;
        }
        if let (Draft::Token(token), true) = (&draft, self.expires_at.is_some())
            && token.expires_at != self.expires_at
        {
            return Err(EditError::Fixed(Field::Expires));
        }
        Ok(draft)
    }

    /// Returns a credential with the kind, the ID and the name of the entry, for messages.
    #[must_use]
    pub fn preview(&self) -> Credential {
        let record = Record {
            id: self.id.as_deref().unwrap_or_default().into(),
            name: self.name().into(),
            ..Record::default()
        };
        match self.kind {
            Kind::Token => Credential::Token(Token { record, ..Token::default() }),
            kind => Credential::of_client(kind, Client { record, ..Client::default() }),
        }
    }
}

/// Returns the changes that an entry makes to a credential, in the order of the fields.
///
/// # Errors
/// Returns the errors of [`ManifestEntry::applied_to`].
pub fn changes(
    entry: &ManifestEntry,
    current: &Credential,
    rules: EditRules,
) -> Result<Vec<Change>, EditError> {
    Ok(draft::changes(&Draft::of(current), &entry.applied_to(current, rules)?))
}

impl Manifest {
    /// Formats the manifest as YAML. Every text is quoted, so a YAML parser cannot read it as a
    /// value of another type. Invisible characters are escaped.
    #[must_use]
    pub fn yaml(&self) -> String {
        let mut out = format!(
            "# Written by credenza export. Edit it, then show the changes: credenza plan FILE\nschema: {SCHEMA}\n"
        );
        if let Some(server) = &self.server {
            let _ = writeln!(out, "server: {}", yaml::quoted(server));
        }
        if self.entries.is_empty() {
            out.push_str("credentials: []\n");
            return out;
        }
        out.push_str("credentials:\n");
        for entry in &self.entries {
            let _ = writeln!(out, "  - kind: {}", entry.kind.word());
            if let Some(id) = &entry.id {
                let _ = writeln!(out, "    id: {}", yaml::quoted(id));
            }
            for (field, value) in &entry.values {
                let name = field.wire();
                match (field, value) {
                    (Field::Visibility, FieldValue::Switch(shared)) => {
                        let word = if *shared { "organization" } else { "private" };
                        let _ = writeln!(out, "    {name}: {word}");
                    }
                    (_, FieldValue::Line(text)) => {
                        let _ = writeln!(out, "    {name}: {}", yaml::quoted(text));
                    }
                    (_, FieldValue::Switch(on)) => {
                        let _ = writeln!(out, "    {name}: {on}");
                    }
                    (_, FieldValue::Lines(lines)) => list(&mut out, name, lines),
                }
            }
            if let Some(at) = entry.expires_at {
                let _ = writeln!(out, "    {}: {at}", Field::Expires.wire());
            }
            if !entry.secret_to.is_empty() {
                list(&mut out, "secret_to", &entry.secret_to);
            }
        }
        out
    }
}

fn list(out: &mut String, name: &str, lines: &[String]) {
    if lines.is_empty() {
        let _ = writeln!(out, "    {name}: []");
        return;
    }
    let _ = writeln!(out, "    {name}:");
    for line in lines {
        let _ = writeln!(out, "      - {}", yaml::quoted(line));
    }
}
