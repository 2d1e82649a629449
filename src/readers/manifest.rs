//! Reader for manifests of desired credentials (`credenza.manifest/v1`).

use jiff::Timestamp;
use serde_json::Value;

use super::document::{Document, Node};
use crate::domain::{
    Grant, Kind,
    draft::{Field, FieldValue, grant_line},
    manifest::{Manifest, ManifestEntry, SCHEMA},
    profile::Word as _,
    text,
};

/// Members of an entry that are not fields of a credential.
const OWN: [&str; 3] = ["kind", "id", "secret_to"];

/// Problems of a manifest, each with its line.
type Problems = Vec<(u32, String)>;

/// Reads a manifest.
///
/// # Errors
/// Returns the problems found, each with its line (from 1), such as another schema, an unknown
/// member, a value of the wrong type, or two entries for the same credential.
pub fn read(document: &Document) -> Result<Manifest, Problems> {
    let mut reader = Reader { document, problems: Vec::new() };
    let manifest = reader.manifest();
    if reader.problems.is_empty() { Ok(manifest) } else { Err(reader.problems) }
}

struct Reader<'a> {
    document: &'a Document,
    problems: Problems,
}

impl<'a> Reader<'a> {
    fn problem(&mut self, node: Node<'a>, what: impl Into<String>) {
        self.problems.push((self.document.position(node).line, what.into()));
    }

    fn manifest(&mut self) -> Manifest {
        let mut manifest = Manifest::default();
        let document = self.document;
        for (position, mistake) in document.unreadable() {
            self.problems.push((position.line, mistake.to_string()));
        }
        let roots = document.roots();
        let [root] = roots.as_slice() else {
            self.problems.push((1, "a manifest must be one document".to_owned()));
            return manifest;
        };
        let schema = root.get("schema");
        if schema.and_then(Node::text).as_deref() != Some(SCHEMA) {
            self.problem(schema.unwrap_or(*root), format!("schema must be {SCHEMA}"));
            return manifest;
        }
        for (name, node) in root.members() {
            match name.as_str() {
                "schema" => {}
                "server" => manifest.server = self.line(node, "server"),
                "credentials" => match node.value() {
                    Value::Array(_) => {
                        for entry in node.entries() {
                            let entry = self.entry(entry);
                            manifest.entries.extend(entry);
                        }
                    }
                    _ => self.problem(node, "credentials must be a list"),
                },
                name => self.problem(node, unknown(name)),
            }
        }
        self.check_unique(&manifest);
        manifest
    }

    fn check_unique(&mut self, manifest: &Manifest) {
        for (at, entry) in manifest.entries.iter().enumerate() {
            let is_same = |other: &&ManifestEntry| {
                let by_id = entry.id.is_some() && other.id == entry.id;
                let no_id = entry.id.is_none() || other.id.is_none();
                other.kind == entry.kind && (by_id || no_id && other.name() == entry.name())
            };
            if let Some(other) = manifest.entries[..at].iter().find(is_same) {
                let line = other.line;
                self.problems.push((
                    entry.line,
                    format!("the entry on line {line} is for the same credential"),
                ));
            }
        }
    }

    fn entry(&mut self, node: Node<'a>) -> Option<ManifestEntry> {
        let document = self.document;
        let kind = node.get("kind");
        let word = kind.and_then(Node::text);
        let Some(kind) = word.as_deref().and_then(Kind::of_word) else {
            self.problem(kind.unwrap_or(node), "kind must be spa, m2m, token or other");
            return None;
        };
        let line = document.position(node).line;
        let mut entry = ManifestEntry {
            kind,
            id: None,
            values: Vec::new(),
            expires_at: None,
            secret_to: Vec::new(),
            line,
        };
        if let Some(name) = node.repeated_member() {
            self.problem(node, format!("{} is given twice", text::shown(&name)));
        }
        for (name, node) in node.members() {
            let field = Field::ALL.into_iter().find(|field| field.wire() == name);
            match (name.as_str(), field) {
                ("kind", _) => {}
                ("id", _) => entry.id = self.line(node, "id"),
                ("secret_to", _) => entry.secret_to = self.lines(node, "secret_to"),
                (_, Some(Field::Expires)) => entry.expires_at = self.time(node),
                // `id` selects the client. For a new client, it is the client ID.
                (name, None | Some(Field::ClientId)) => self.problem(node, unknown(name)),
                (_, Some(field)) => {
                    let value = self.value(field, node);
                    entry.values.extend(value.map(|value| (field, value)));
                }
            }
        }
        entry.values.sort_by_key(|(field, _)| Field::ALL.iter().position(|it| it == field));
        if entry.id.is_none() && entry.name().is_empty() {
            self.problem(node, "an entry must have a name or an id");
            return None;
        }
        Some(entry)
    }

    fn value(&mut self, field: Field, node: Node<'a>) -> Option<FieldValue> {
        let name = field.wire();
        match field {
            Field::Name | Field::LoginUrl | Field::ClientId | Field::Expires => {
                self.line(node, name).map(FieldValue::Line)
            }
            Field::UseDefaultUrls => match node.value() {
                Value::Bool(on) => Some(FieldValue::Switch(on)),
                _ => {
                    self.problem(node, format!("{name} must be true or false"));
                    None
                }
            },
            Field::Visibility => match node.text().as_deref() {
                Some("organization") => Some(FieldValue::Switch(true)),
                Some("private") => Some(FieldValue::Switch(false)),
                _ => {
                    self.problem(node, format!("{name} must be private or organization"));
                    None
                }
            },
            Field::Grants => Some(FieldValue::Lines(self.grants(node))),
            Field::Callbacks
            | Field::LogoutUrls
            | Field::WebOrigins
            | Field::AllowedOrigins
            | Field::Apis
            | Field::Referers
            | Field::Scopes => Some(FieldValue::Lines(self.lines(node, name))),
        }
    }

    fn line(&mut self, node: Node<'a>, name: &str) -> Option<String> {
        match node.value() {
            Value::String(text) => Some(text),
            _ => {
                self.problem(node, format!("{name} must be a string. Quote it"));
                None
            }
        }
    }

    fn lines(&mut self, node: Node<'a>, name: &str) -> Vec<String> {
        let Value::Array(list) = node.value() else {
            self.problem(node, format!("{name} must be a list of strings"));
            return Vec::new();
        };
        let texts: Vec<String> = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if texts.len() < list.len() {
            self.problem(node, format!("{name} must be a list of strings. Quote each entry"));
        }
        texts
    }

    /// Reads grants, which are lines such as `carto_dw = acme.retail.stores`, as in the form.
    fn grants(&mut self, node: Node<'a>) -> Vec<String> {
        let lines = self.lines(node, Field::Grants.wire());
        lines
            .into_iter()
            .filter_map(|line| {
                let Some((connection, source)) = line.split_once('=') else {
                    self.problem(
                        node,
                        "a grant must be a string such as \"carto_dw = acme.retail.stores\"",
                    );
                    return None;
                };
                let (connection, source) = (connection.trim().into(), source.trim().into());
                Some(grant_line(&Grant { connection, source }).raw().to_owned())
            })
            .collect()
    }

    fn time(&mut self, node: Node<'a>) -> Option<Timestamp> {
        let time = node.text().and_then(|text| text.parse().ok());
        if time.is_none() {
            let name = Field::Expires.wire();
            self.problem(node, format!("{name} must be a time such as 2027-06-30T00:00:00Z"));
        }
        time
    }
}

/// Describes an unknown member, and suggests the most similar known member.
fn unknown(name: &str) -> String {
    let fields = Field::ALL.into_iter().filter(|it| *it != Field::ClientId).map(Field::wire);
    let known = OWN.into_iter().chain(fields);
    let known: Vec<&str> = known.collect();
    let near = text::nearest(name, &known);
    let near = near.map_or_else(String::new, |it| format!("; did you mean {it}?"));
    format!("unknown member {}{near}", text::shown(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(id: &str, name: &str, callbacks: Vec<String>) -> ManifestEntry {
        let values = vec![
            (Field::Name, FieldValue::Line(name.to_owned())),
            (Field::Callbacks, FieldValue::Lines(callbacks)),
            (Field::Visibility, FieldValue::Switch(true)),
        ];
        ManifestEntry {
            kind: Kind::Spa,
            id: Some(id.to_owned()),
            values,
            expires_at: None,
            secret_to: vec!["ci".to_owned()],
            line: 0,
        }
    }

    fn read_again(manifest: &Manifest) -> Manifest {
        let yaml = manifest.yaml();
        let document =
            Document::parse(yaml.clone()).unwrap_or_else(|error| panic!("{error}: {yaml}"));
        let mut read = read(&document).unwrap_or_else(|error| panic!("{error:?}: {yaml}"));
        for entry in &mut read.entries {
            entry.line = 0;
        }
        read
    }

    proptest! {
        /// Strings from an API are read back unchanged. They never become values of another type,
        /// comments or entries.
        #[test]
        fn written_manifest_is_read_again(
            id in "\\PC{1,20}",
            name in prop_oneof![any::<String>(), Just("null".to_owned()), Just("- a: \u{202e}#\n".to_owned())],
            callbacks in proptest::collection::vec(any::<String>(), 0..4),
            server in proptest::option::of(any::<String>()),
        ) {
            let manifest = Manifest { server, entries: vec![entry(&id, &name, callbacks)] };
            prop_assert_eq!(read_again(&manifest), manifest);
        }
    }
}
