//! Configuration files of other tools, read as credentials: each kind of file is one small module.
//!
//! Files are recognized by their content. What a file does not state is unknown; so is a placeholder that another
//! tool fills in, such as `$(env:URL)`.

mod auth0;
mod authelia;
mod authentik;
pub mod comments;
mod dex;
pub mod document;
mod keycloak;
mod registration;
mod terraform;

use serde_json::{Map, Value};
use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::{
    api,
    domain::{
        Client, Credential, Untrusted,
        audit::{Fact, Finding},
        credential::Posture,
        draft::Field,
        profile::Provider,
        secret,
        text::is_placeholder,
    },
};
use document::{Document, Mistake, Node, Position};

/// Kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum FileKind {
    /// State, or output of `terraform show -json`.
    Terraform,
    /// Realm, single client, keycloak-config-cli, or Kubernetes resource.
    Keycloak,
    /// Auth0 deploy CLI.
    Auth0,
    /// Authelia's configuration.
    Authelia,
    /// Dex's configuration.
    Dex,
    /// Blueprint of authentik.
    Authentik,
    /// Members of RFC 7591: Hydra, hydra-maester, client ID metadata documents.
    Oauth,
}

impl FileKind {
    /// All, in the order of recognition.
    const ALL: [Self; 7] = [
        Self::Terraform,
        Self::Keycloak,
        Self::Auth0,
        Self::Authelia,
        Self::Dex,
        Self::Authentik,
        Self::Oauth,
    ];

    fn finder(self) -> Finder {
        match self {
            Self::Terraform => terraform::find,
            Self::Keycloak => keycloak::find,
            Self::Auth0 => auth0::find,
            Self::Authelia => authelia::find,
            Self::Dex => dex::find,
            Self::Authentik => authentik::find,
            Self::Oauth => registration::find,
        }
    }
}

/// Texts of which every file with clients has at least one.
const MARKS: [&str; 15] = [
    "clientId",
    "client_id",
    "redirect_uris",
    "redirectUris",
    "token_endpoint_auth_method",
    "client_name",
    "app_type",
    "keycloak_openid_client",
    "auth0_client",
    "OAuth2Client",
    "staticClients",
    "oauth2provider",
    "okta_app_oauth",
    "azuread_",
    "aws_cognito_user_pool_client",
];

/// True if a text may have clients, and is worth parsing.
#[must_use]
pub fn may_have_clients(text: &str) -> bool {
    MARKS.iter().any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
}

/// A member's path in a client of a file; empty if there are several.
type MemberPath = &'static [&'static str];

/// A client in a file.
#[derive(Debug)]
pub struct FileClient<'a> {
    /// The client.
    pub credential: Credential,
    /// Provider whose rules apply to it.
    pub provider: Provider,
    /// Vendor whose API is no provider here.
    pub vendor: Option<&'static str>,
    /// Its place in the file.
    pub origin: Origin<'a>,
    /// Fields of which the file states a part only: placeholders stand for the rest.
    partly_unknown: Vec<Field>,
    idle_grant: Option<&'static str>,
}

impl FileClient<'_> {
    /// The client for a comparison: without lists of which the file states only a part.
    #[must_use]
    pub fn compared(&self) -> Credential {
        let mut credential = self.credential.clone();
        let missing = &mut credential.record_mut().missing;
        *missing = self.partly_unknown.iter().fold(*missing, |fields, field| fields.with(*field));
        credential
    }

    /// The client for an audit: without a grant that the file gives no use.
    #[must_use]
    pub fn audited(self) -> Credential {
        let mut credential = self.credential;
        if let (Some(idle), Some(client)) = (self.idle_grant, credential.client_mut()) {
            client.grant_types.retain(|grant| grant.raw() != idle);
        }
        credential
    }
}

/// Place of a client in a file.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    node: Node<'a>,
    is_relative: bool,
    entry_text: EntryText,
    paths: fn(Fact, Option<&str>) -> MemberPath,
}

/// Clients of a file, and those that cannot be read.
#[derive(Debug, Default)]
pub struct FileClients<'a> {
    /// The clients.
    pub entries: Vec<FileClient<'a>>,
    /// Reasons why others could not be read, with their places.
    pub unreadable: Vec<(Position, ClientError)>,
}

/// Reason why a client of a file could not be read, or not completely.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Not an object.
    #[error("a client is not an object")]
    NotAnObject,
    /// A member occurs twice; the client was read.
    #[error("the member {0:?} is repeated, and its last value was read")]
    Repeated(String),
    /// A file inside the file cannot be read.
    #[error("a file inside it: {0}")]
    Inside(Mistake),
    /// Not a client of its provider.
    #[error("{0}")]
    Invalid(String),
}

/// Facts that are unknown if only placeholders stand for them.
const FACTS: [Fact; 6] = [
    Fact::LoginUrl,
    Fact::Callbacks,
    Fact::LogoutUrls,
    Fact::WebOrigins,
    Fact::AllowedOrigins,
    Fact::Scopes,
];

/// The text of an entry of a list.
type EntryText = fn(Node<'_>) -> Option<String>;

/// Adds facts to a client from its object in the file.
type Complete = fn(&Map<String, Value>, &mut Client);

/// A client object in a document, and what its kind of file says about it.
struct ClientNode<'a> {
    node: Node<'a>,
    provider: Provider,
    vendor: Option<&'static str>,
    /// Grants that the server allows all its clients.
    grants: Vec<&'static str>,
    /// Grant that the file lists, but gives no use.
    idle_grant: Option<&'static str>,
    /// Member with the secret.
    secret: &'static str,
    /// Turns the object into the provider's own representation.
    convert: fn(&mut Map<String, Value>),
    /// Lifetime of access tokens, in seconds, that the client inherits (Keycloak).
    lifespan: Option<u64>,
    /// True if entries that start with `/` are relative to something that the file does not say.
    is_relative: fn(&Map<String, Value>) -> bool,
    /// Adds facts that the provider's own representation has no member for, from the object as it is in the file.
    complete: Option<Complete>,
    /// Text of an entry of a list, such as the URL of a redirect URI.
    entry_text: EntryText,
    /// True if the provider has a page that starts a sign-in (`initiate_login_uri`).
    has_login_url: bool,
    paths: fn(Fact, Option<&str>) -> MemberPath,
}

impl<'a> ClientNode<'a> {
    /// A client in the provider's own representation, with its secret in `client_secret`.
    fn new(
        node: Node<'a>,
        provider: Provider,
        paths: fn(Fact, Option<&str>) -> MemberPath,
    ) -> Self {
        Self {
            node,
            provider,
            vendor: None,
            grants: Vec::new(),
            idle_grant: None,
            secret: "client_secret",
            convert: |_| {},
            lifespan: None,
            is_relative: |_| false,
            complete: None,
            entry_text: |entry| entry.text(),
            has_login_url: true,
            paths,
        }
    }
}

/// Finds the clients of one kind of file; `None` if it is of another kind.
type Finder = for<'a> fn(Node<'a>) -> Option<Vec<ClientNode<'a>>>;

/// Reads the clients of a document, of any kind or only of one.
///
/// # Errors
/// [`Mistake::Unknown`] if no reader knows the kind of file.
pub fn read(document: &Document, only: Option<FileKind>) -> Result<FileClients<'_>, Mistake> {
    // A YAML file can have resources of several kinds.
    let of_roots = document.roots().into_iter().filter_map(|root| found_in(root, only));
    let found: Vec<Vec<ClientNode<'_>>> = of_roots.collect();
    if found.is_empty() {
        let inside = document.unreadable().first().map(|(_, mistake)| mistake.clone());
        return Err(inside.unwrap_or(Mistake::Unknown));
    }
    let mut clients = FileClients::default();
    for (at, mistake) in document.unreadable() {
        clients.unreadable.push((*at, ClientError::Inside(mistake.clone())));
    }
    for found in found.into_iter().flatten() {
        let at = document.position(found.node);
        if let Some(name) = found.node.repeated_member() {
            clients.unreadable.push((at, ClientError::Repeated(name.clone())));
        }
        match entry(&found) {
            Ok(entry) => clients.entries.push(entry),
            Err(why) => clients.unreadable.push((at, why)),
        }
    }
    Ok(clients)
}

/// True if a document has clients of any kind, or of this one.
#[must_use]
pub fn recognizes(document: &Document, only: Option<FileKind>) -> bool {
    document.roots().into_iter().any(|root| found_in(root, only).is_some())
        || !document.unreadable().is_empty()
}

fn found_in(root: Node<'_>, only: Option<FileKind>) -> Option<Vec<ClientNode<'_>>> {
    let mut kinds = FileKind::ALL.into_iter().filter(|kind| only.is_none_or(|only| only == *kind));
    kinds.find_map(|kind| kind.finder()(root))
}

fn entry<'a>(found: &ClientNode<'a>) -> Result<FileClient<'a>, ClientError> {
    let Value::Object(mut object) = found.node.value() else {
        return Err(ClientError::NotAnObject);
    };
    let written = found.complete.map(|complete| (complete, object.clone()));
    (found.convert)(&mut object);
    if let Some(Value::Array(grants)) = object.get_mut("grant_types") {
        grants.extend(found.grants.iter().map(|grant| Value::from(*grant)));
    }
    if let (Some(seconds), Some(Value::Object(attributes))) =
        (found.lifespan, object.get_mut("attributes"))
    {
        attributes.entry("access.token.lifespan").or_insert_with(|| seconds.to_string().into());
    }
    for (name, value) in &mut object {
        // In YAML, an unquoted number is still the text of an ID.
        if let Value::Number(number) = value
            && (is_identity(name) || name == found.secret)
        {
            *value = Value::from(number.to_string());
        }
    }
    let secret = object.remove(found.secret).and_then(|it| it.as_str().map(str::to_owned));
    let is_relative = (found.is_relative)(&object);
    let Removed { whole, part } = remove_unknown(&mut object, is_relative);
    let read = api::read_client(found.provider, &object);
    let mut credential = read.map_err(|error| ClientError::Invalid(error.explain("").why))?;
    let is_among = |removed: &[String], fact| {
        let path = (found.paths)(fact, None);
        removed.iter().any(|member| path.contains(&member.as_str()))
    };
    let is_missing = |fact| is_among(&whole, fact);
    let is_unstated =
        |fact: &Fact| is_missing(*fact) || *fact == Fact::LoginUrl && !found.has_login_url;
    for field in FACTS.into_iter().filter(is_unstated).filter_map(Fact::field) {
        let missing = &mut credential.record_mut().missing;
        *missing = missing.with(field);
    }
    if let Some(client) = credential.client_mut() {
        let stored = secret.as_deref().is_some_and(secret::is_live) && uses_secret(client);
        let posture = client.posture.get_or_insert_with(|| Box::new(Posture::default()));
        posture.stored_secret = Some(stored);
        if secret.as_deref().is_some_and(is_placeholder) {
            // Its age is that of an older secret.
            posture.secrets = None;
        }
        if is_missing(Fact::Pkce) {
            posture.code_challenge = None;
        }
        if let Some((complete, written)) = written {
            complete(&written, client);
        }
    }
    let ClientNode { node, entry_text, paths, .. } = *found;
    let origin = Origin { node, is_relative, entry_text, paths };
    let is_part = |fact: &Fact| is_among(&part, *fact);
    let partly_unknown = FACTS.into_iter().filter(is_part).filter_map(Fact::field).collect();
    let (provider, vendor) = (found.provider, found.vendor);
    let idle_grant = found.idle_grant;
    Ok(FileClient { credential, provider, vendor, origin, partly_unknown, idle_grant })
}

impl Origin<'_> {
    /// Position of the member of a fact, or of a value in it; of the client's ID if the file has none.
    #[must_use]
    pub fn member(&self, document: &Document, fact: Fact, value: Option<&str>) -> Position {
        let member = self.at((self.paths)(fact, None), value);
        let entry = member.zip(value).and_then(|(member, value)| member.find(value));
        document.position(entry.or(member).unwrap_or_else(|| self.id()))
    }

    /// Member at a path; where the kind of file has several places for it, the value itself.
    fn at(&self, path: MemberPath, value: Option<&str>) -> Option<Node<'_>> {
        if path.is_empty() { self.node.find(value?) } else { self.node.at(path) }
    }

    /// The client's ID; the client itself if it has none.
    fn id(&self) -> Node<'_> {
        self.node.at((self.paths)(Fact::Name, None)).unwrap_or(self.node)
    }

    /// First line of the client.
    #[must_use]
    pub fn first_line(&self, document: &Document) -> u32 {
        document.position(self.node).line
    }

    /// Position of a finding about this client; of its ID if the file has no member for it, or without a finding.
    #[must_use]
    pub fn place(&self, document: &Document, finding: Option<&Finding>) -> Position {
        let Some(finding) = finding else { return document.position(self.id()) };
        let value = finding.value.as_ref().map(Untrusted::raw);
        let path = (self.paths)(finding.fact, value);
        let member = self.at(path, value);
        // A client is a service by another switch than the standard flow.
        let off = |node: &Node<'_>| node.value() == Value::Bool(false);
        let member = match member.filter(off) {
            Some(member) if finding.fact == Fact::GrantTypes => {
                let service = (self.paths)(Fact::GrantTypes, Some("client_credentials"));
                self.node.at(service).or(Some(member))
            }
            _ => member,
        };
        let Some(member) = member else { return document.position(self.id()) };
        let entries = member.entries();
        let text = |node: &Node<'_>| (self.entry_text)(*node);
        let is_known =
            |node: &&Node<'_>| text(node).is_none_or(|it| !is_unknown(&it, self.is_relative));
        let mut kept = entries.iter().filter(is_known);
        let entry = match finding.entry {
            Some(at) => kept.nth(at as usize),
            None => kept.find(|node| value.is_some() && text(node).as_deref() == value),
        };
        let entry = entry.copied();
        document.position(entry.unwrap_or(member))
    }
}

/// True if the client's secret is of use: public clients and those with keys may have one all the same.
fn uses_secret(client: &Client) -> bool {
    let method = client.auth_method.as_ref().map(Untrusted::raw);
    let oauth =
        client.app_type.as_ref().is_none_or(|it| !["SAML", "bearer only"].contains(&it.raw()));
    oauth && method.is_none_or(|method| method.contains("secret"))
}

/// Texts of a list.
fn texts<'a>(object: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    let list = object.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// True for a text whose value the file does not say.
fn is_unknown(text: &str, is_relative: bool) -> bool {
    is_placeholder(text) || is_relative && text.starts_with('/')
}

/// Names of members from which values were removed.
#[derive(Default)]
struct Removed {
    /// Nothing is left.
    whole: Vec<String>,
    /// Something is left.
    part: Vec<String>,
}

/// Removes values that the file does not say.
fn remove_unknown(object: &mut Map<String, Value>, is_relative: bool) -> Removed {
    let mut removed = Removed::default();
    object.retain(|name, value| {
        let keeps = match value {
            Value::String(text) => !is_unknown(text, is_relative) || is_identity(name),
            Value::Array(list) => {
                let before = list.len();
                list.retain(|it| !it.as_str().is_some_and(|it| is_unknown(it, is_relative)));
                if list.len() < before && !list.is_empty() {
                    removed.part.push(name.clone());
                }
                !list.is_empty() || before == 0
            }
            Value::Object(inner) => {
                let inner = remove_unknown(inner, is_relative);
                removed.whole.extend(inner.whole);
                removed.part.extend(inner.part);
                true
            }
            _ => true,
        };
        if !keeps {
            removed.whole.push(name.clone());
        }
        keeps
    });
    removed
}

/// True for a member that names the client, even by a placeholder.
fn is_identity(name: &str) -> bool {
    ["id", "clientId", "client_id", "name", "client_name"].contains(&name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces of files of every kind.
    const PIECES: [&str; 24] = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"clients\"",
        "\"clientId\"",
        "\"redirectUris\"",
        "\"*\"",
        "clients:\n",
        "  - name: a\n",
        "    app_type: spa\n",
        "&a ",
        "*a",
        "<<: *a\n",
        "@@X@@",
        "${X}",
        "{{ x }}",
        "kind: OAuth2Client\n",
        "---\n",
        "\t",
        "\"resources\"",
        "ü\r\n",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn no_text_makes_a_reader_panic(pieces in proptest::collection::vec(0..PIECES.len(), 0..40)) {
            let text: String = pieces.into_iter().map(|at| PIECES[at]).collect();
            if let Ok(document) = Document::parse(text) {
                for kind in FileKind::ALL {
                    let clients = read(&document, Some(kind)).unwrap_or_default();
                    for entry in &clients.entries {
                        let at = entry.origin.place(&document, None);
                        prop_assert!(at.line >= 1 && at.column >= 1);
                    }
                }
            }
        }
    }
}
