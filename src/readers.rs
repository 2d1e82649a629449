//! Readers that extract OAuth clients from the configuration files of other tools. Each kind of
//! file has its own module.
//!
//! Files are recognized by their content. A fact that a file does not state is unknown, unless the
//! other tool has a default for it. A placeholder that another tool replaces, such as `$(env:URL)`,
//! is also unknown.

mod auth0;
mod authelia;
mod authentik;
pub mod comments;
mod dex;
pub mod document;
mod keycloak;
pub mod manifest;
mod registration;
mod terraform;

use serde_json::{Map, Value};
use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::{
    api,
    domain::{
        Client, Credential, Secret, Untrusted,
        audit::{Fact, Finding},
        credential::Posture,
        draft::Field,
        profile::Provider,
        secret,
        text::is_placeholder,
    },
};
use document::{Document, Mistake, Node, Position};

/// Kind of configuration file, by the tool or format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum FileKind {
    /// Terraform or `OpenTofu`: state file, or output of `terraform show -json`.
    Terraform,
    /// Keycloak: realm, single client, keycloak-config-cli file, or Kubernetes resource.
    Keycloak,
    /// Auth0: file of the deploy CLI.
    Auth0,
    /// Authelia: configuration file.
    Authelia,
    /// Dex: configuration file, or values of the Helm chart.
    Dex,
    /// authentik: blueprint.
    Authentik,
    /// Client metadata of RFC 7591: files of Hydra and hydra-maester, client ID metadata documents.
    Oauth,
}

impl FileKind {
    /// All kinds, in the order in which their readers are tried.
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

/// Search strings. Every file with clients contains at least one of them.
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

/// Returns true if a text may contain clients, and false only if parsing it would find none.
#[must_use]
pub fn may_have_clients(text: &str) -> bool {
    MARKS.iter().any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
}

/// Path from a client object to the member that contains a fact. Empty if several members can
/// contain the fact; the client is then searched for the value.
type MemberPath = &'static [&'static str];

/// OAuth client read from a file.
#[derive(Debug)]
pub struct FileClient<'a> {
    /// Client as the file describes it.
    pub credential: Credential,
    /// Provider whose audit rules apply to the client.
    pub provider: Provider,
    /// Name of the vendor, if Credenza has no provider for its API.
    pub vendor: Option<&'static str>,
    /// Location of the client in the file.
    pub origin: Origin<'a>,
    /// Secret of the client, if the file contains it in clear text and the client authenticates
    /// with it.
    pub secret: Option<Secret>,
    /// Fields whose lists contain both known and unknown values.
    partly_unknown: Vec<Field>,
    idle_grant: Option<&'static str>,
}

impl FileClient<'_> {
    /// Returns the client for a comparison. Lists with unknown values, such as placeholders, are
    /// marked as missing.
    #[must_use]
    pub fn compared(&self) -> Credential {
        let mut credential = self.credential.clone();
        let missing = &mut credential.record_mut().missing;
        *missing = self.partly_unknown.iter().fold(*missing, |fields, field| fields.with(*field));
        credential
    }

    /// Returns the client for an audit. Removes a grant type that the file lists, but that the
    /// client cannot use.
    #[must_use]
    pub fn audited(self) -> Credential {
        let mut credential = self.credential;
        if let (Some(idle), Some(client)) = (self.idle_grant, credential.client_mut()) {
            client.grant_types.retain(|grant| grant.raw() != idle);
        }
        credential
    }
}

/// Location of a client in a file, and the paths of its members.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    node: Node<'a>,
    is_relative: bool,
    entry_text: EntryText,
    paths: fn(Fact, Option<&str>) -> MemberPath,
}

/// Clients of a file, and the errors of clients and embedded files.
#[derive(Debug, Default)]
pub struct FileClients<'a> {
    /// Clients that could be read.
    pub entries: Vec<FileClient<'a>>,
    /// Positions and errors of clients and embedded files that could not be read completely.
    pub unreadable: Vec<(Position, ClientError)>,
}

/// Reason why a client or an embedded file could not be read completely.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The client is not an object.
    #[error("a client is not an object")]
    NotAnObject,
    /// A member occurs more than once. The last value was used.
    #[error("the member {0:?} is repeated, and its last value was used")]
    Repeated(String),
    /// An embedded file, such as one in a Kubernetes `ConfigMap`, cannot be parsed.
    #[error("in an embedded file: {0}")]
    Inside(Mistake),
    /// The object is not a valid client of the provider.
    #[error("{0}")]
    Invalid(String),
}

/// Facts that are marked as missing if the file has only unknown values for them.
const FACTS: [Fact; 6] = [
    Fact::LoginUrl,
    Fact::Callbacks,
    Fact::LogoutUrls,
    Fact::WebOrigins,
    Fact::AllowedOrigins,
    Fact::Scopes,
];

/// Function that returns the text of a list entry, such as the URL of a redirect URI.
type EntryText = fn(Node<'_>) -> Option<String>;

/// Function that adds facts to a client from its object in the file.
type Complete = fn(&Map<String, Value>, &mut Client);

/// Client object in a document, with the properties of its kind of file.
struct ClientNode<'a> {
    node: Node<'a>,
    provider: Provider,
    vendor: Option<&'static str>,
    /// Grant types that the server enables for every client.
    grants: Vec<&'static str>,
    /// Grant type that the file lists, but that the client cannot use.
    idle_grant: Option<&'static str>,
    /// Name of the member with the secret.
    secret: &'static str,
    /// Converts the object to the representation that the provider's API uses.
    convert: fn(&mut Map<String, Value>),
    /// Lifetime of access tokens, in seconds, that the client inherits from its realm (Keycloak).
    lifespan: Option<u64>,
    /// Returns true if URLs that start with `/` are relative to a base URL that the file does not
    /// contain.
    is_relative: fn(&Map<String, Value>) -> bool,
    /// Adds facts that the provider's representation has no member for. Receives the original
    /// object.
    complete: Option<Complete>,
    /// Reads the text of a list entry, which some files store as an object.
    entry_text: EntryText,
    /// True if the provider has a login URL for clients (`initiate_login_uri`).
    has_login_url: bool,
    paths: fn(Fact, Option<&str>) -> MemberPath,
}

impl<'a> ClientNode<'a> {
    /// Creates a node for an object in the provider's representation, with its secret in
    /// `client_secret`.
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

/// Function that returns the clients of one kind of file; `None` if the file is of another kind.
type Finder = for<'a> fn(Node<'a>) -> Option<Vec<ClientNode<'a>>>;

/// Reads the clients of a document. With `only`, recognizes only that kind of file.
///
/// # Errors
/// Returns an error if no reader recognizes the file. This is the error of the first embedded file
/// that cannot be parsed, or else [`Mistake::Unknown`].
pub fn read(document: &Document, only: Option<FileKind>) -> Result<FileClients<'_>, Mistake> {
    // The documents of a YAML file can be of different kinds.
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

/// Returns true if a reader recognizes the document, or if an embedded file cannot be parsed. With
/// `only`, only the reader of that kind of file is tried.
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
        // An ID or a secret can be an unquoted number in YAML.
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
    let mut stored = false;
    if let Some(client) = credential.client_mut() {
        stored = secret.as_deref().is_some_and(secret::is_live) && uses_secret(client);
        let posture = client.posture.get_or_insert_with(|| Box::new(Posture::default()));
        posture.stored_secret = Some(stored);
        if secret.as_deref().is_some_and(is_placeholder) {
            // The recorded age belongs to an earlier secret, not to the value of the placeholder.
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
    let secret = secret.filter(|_| stored).map(Secret::new);
    Ok(FileClient { credential, provider, vendor, origin, secret, partly_unknown, idle_grant })
}

impl Origin<'_> {
    /// Returns the position of the member of a fact, or of a value in it. Falls back to the
    /// client's ID if the file has no such member.
    #[must_use]
    pub fn member(&self, document: &Document, fact: Fact, value: Option<&str>) -> Position {
        let member = self.at((self.paths)(fact, None), value);
        let entry = member.zip(value).and_then(|(member, value)| member.find(value));
        document.position(entry.or(member).unwrap_or_else(|| self.id()))
    }

    /// Returns the member at a path. If the path is empty, searches the client for the value.
    fn at(&self, path: MemberPath, value: Option<&str>) -> Option<Node<'_>> {
        if path.is_empty() { self.node.find(value?) } else { self.node.at(path) }
    }

    /// Returns the node of the client's ID; the client itself if it has no ID.
    fn id(&self) -> Node<'_> {
        self.node.at((self.paths)(Fact::Name, None)).unwrap_or(self.node)
    }

    /// Returns the first line of the client, from 1.
    #[must_use]
    pub fn first_line(&self, document: &Document) -> u32 {
        document.position(self.node).line
    }

    /// Returns the position of a finding about this client. Falls back to the client's ID if
    /// `finding` is `None`, or if the file has no member for the finding.
    #[must_use]
    pub fn place(&self, document: &Document, finding: Option<&Finding>) -> Position {
        let Some(finding) = finding else { return document.position(self.id()) };
        let value = finding.value.as_ref().map(Untrusted::raw);
        let path = (self.paths)(finding.fact, value);
        let member = self.at(path, value);
        // In Keycloak, the member can be the switch of the standard flow. If this switch is off, the
        // finding is about `client_credentials`, which has another switch.
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

/// Returns true if an OAuth client authenticates with its secret. A public client, or one that
/// authenticates with keys, may still have a secret in the file.
fn uses_secret(client: &Client) -> bool {
    let method = client.auth_method.as_ref().map(Untrusted::raw);
    let oauth =
        client.app_type.as_ref().is_none_or(|it| !["SAML", "bearer only"].contains(&it.raw()));
    oauth && method.is_none_or(|method| method.contains("secret"))
}

/// Returns the strings of the list `name`; empty if there is no such list.
fn texts<'a>(object: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    let list = object.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Returns true for a placeholder, and for a relative URL without a known base URL.
fn is_unknown(text: &str, is_relative: bool) -> bool {
    is_placeholder(text) || is_relative && text.starts_with('/')
}

/// Names of members from which [`remove_unknown`] removed values.
#[derive(Default)]
struct Removed {
    /// Members that had only unknown values.
    whole: Vec<String>,
    /// Lists that had both unknown and known values.
    part: Vec<String>,
}

/// Removes placeholders from an object and, with `is_relative`, URLs that start with `/`. Does not
/// change strings that identify the client.
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

/// Returns true for a member that identifies the client. Such a member is kept even if its value is
/// a placeholder.
fn is_identity(name: &str) -> bool {
    ["id", "clientId", "client_id", "name", "client_name"].contains(&name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Fragments of files of every kind, to be combined at random.
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
