//! Configuration files of other tools, read as credentials: each kind of file is one small module.
//!
//! Files are recognized by their content. What a file does not state is unknown; so is a placeholder that another
//! tool fills in, such as `$(env:URL)`.

mod auth0;
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
pub enum Kind {
    /// State, or output of `terraform show -json`.
    Terraform,
    /// Realm, single client, keycloak-config-cli, or Kubernetes resource.
    Keycloak,
    /// Auth0 deploy CLI.
    Auth0,
    /// Members of RFC 7591: Hydra, hydra-maester, client ID metadata documents.
    Oauth,
}

impl Kind {
    /// All, in the order of recognition.
    const ALL: [Self; 4] = [Self::Terraform, Self::Keycloak, Self::Auth0, Self::Oauth];

    fn finder(self) -> Finder {
        match self {
            Self::Terraform => terraform::find,
            Self::Keycloak => keycloak::find,
            Self::Auth0 => auth0::find,
            Self::Oauth => registration::find,
        }
    }
}

/// Texts of which every file with clients has at least one.
const MARKS: [&str; 10] = [
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
];

/// True if a text may have clients, and is worth parsing.
#[must_use]
pub fn may_have_clients(text: &str) -> bool {
    MARKS.iter().any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
}

/// A member's path in a client of a file.
type Path = &'static [&'static str];

/// A client in a file.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The client.
    pub credential: Credential,
    /// Provider whose rules apply to it.
    pub provider: Provider,
    /// Its place in the file.
    pub origin: Origin<'a>,
}

/// Place of a client in a file.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    node: Node<'a>,
    paths: fn(Fact, Option<&str>) -> Path,
}

/// Clients of a file, and those that cannot be read.
#[derive(Debug, Default)]
pub struct Clients<'a> {
    /// The clients.
    pub entries: Vec<Entry<'a>>,
    /// Reasons why others could not be read, with their places.
    pub unreadable: Vec<(Position, String)>,
}

/// A client object in a document, and what its kind of file says about it.
struct Found<'a> {
    node: Node<'a>,
    provider: Provider,
    /// Member with the secret.
    secret: &'static str,
    /// Turns the object into the provider's own representation.
    convert: fn(&mut Map<String, Value>),
    paths: fn(Fact, Option<&str>) -> Path,
}

/// Finds the clients of one kind of file; `None` if it is of another kind.
type Finder = for<'a> fn(&[Node<'a>]) -> Option<Vec<Found<'a>>>;

/// Reads the clients of a document, of any kind or only of one.
///
/// # Errors
/// [`Mistake::Unknown`] if no reader knows the kind of file.
pub fn read(document: &Document, only: Option<Kind>) -> Result<Clients<'_>, Mistake> {
    let roots = document.roots();
    let kinds = Kind::ALL.into_iter().filter(|kind| only.is_none_or(|only| only == *kind));
    let found = kinds.into_iter().find_map(|kind| kind.finder()(&roots));
    let mut clients = Clients::default();
    for found in found.ok_or(Mistake::Unknown)? {
        match entry(&found) {
            Ok(entry) => clients.entries.push(entry),
            Err(why) => clients.unreadable.push((document.position(found.node), why)),
        }
    }
    Ok(clients)
}

fn entry<'a>(found: &Found<'a>) -> Result<Entry<'a>, String> {
    let mut object = found
        .node
        .object()
        .map_err(|name| format!("the member {name:?} is repeated"))?
        .ok_or_else(|| "a client is not an object".to_owned())?;
    (found.convert)(&mut object);
    let secret = object.remove(found.secret).and_then(|it| it.as_str().map(secret::is_live));
    let placeholders = remove_placeholders(&mut object);
    let read = api::read_client(found.provider, &object);
    let mut credential = read.map_err(|error| error.explain("").why)?;
    for member in placeholders {
        for field in Field::ALL.into_iter().filter(|field| names(found.paths, *field, &member)) {
            let missing = &mut credential.record_mut().missing;
            *missing = missing.with(field);
        }
    }
    if let Some(client) = credential.client_mut() {
        let stored = secret.unwrap_or(false) && uses_secret(client);
        let posture = client.posture.get_or_insert_with(|| Box::new(Posture::default()));
        posture.stored_secret = Some(stored);
    }
    let origin = Origin { node: found.node, paths: found.paths };
    Ok(Entry { credential, provider: found.provider, origin })
}

impl Origin<'_> {
    /// Position of a finding about this client; of its ID if the file has no member for it, or without a finding.
    #[must_use]
    pub fn place(&self, document: &Document, finding: Option<&Finding>) -> Position {
        let id = || self.node.at((self.paths)(Fact::Name, None)).unwrap_or(self.node);
        let Some(finding) = finding else { return document.position(id()) };
        let value = finding.value.as_ref().map(Untrusted::raw);
        let path = (self.paths)(finding.fact, value);
        let member = (!path.is_empty()).then(|| self.node.at(path)).flatten();
        let Some(member) = member else { return document.position(id()) };
        let entries = member.entries();
        let kept = entries.iter().filter(|node| node.text().is_none_or(|it| !is_placeholder(&it)));
        let mut kept = kept.into_iter();
        let entry = match finding.entry {
            Some(at) => kept.nth(at as usize),
            None => kept.find(|node| value.is_some() && node.text().as_deref() == value),
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
    oauth && method.is_none_or(|method| method.starts_with("client") && !method.contains("jwt"))
}

/// True if a member of this name holds a field.
fn names(paths: fn(Fact, Option<&str>) -> Path, field: Field, member: &str) -> bool {
    let facts = [
        (Field::LoginUrl, Fact::LoginUrl),
        (Field::Callbacks, Fact::Callbacks),
        (Field::LogoutUrls, Fact::LogoutUrls),
        (Field::WebOrigins, Fact::WebOrigins),
        (Field::AllowedOrigins, Fact::AllowedOrigins),
        (Field::Scopes, Fact::Scopes),
    ];
    let fact = facts.into_iter().find(|(own, _)| *own == field).map(|(_, fact)| fact);
    fact.is_some_and(|fact| paths(fact, None).first() == Some(&member))
}

/// Removes placeholders, and returns the members that are unknown because nothing else is left.
fn remove_placeholders(object: &mut Map<String, Value>) -> Vec<String> {
    let mut unknown = Vec::new();
    object.retain(|name, value| {
        let keeps = match value {
            Value::String(text) => !is_placeholder(text) || is_identity(name),
            Value::Array(list) => {
                let before = list.len();
                list.retain(|it| !it.as_str().is_some_and(is_placeholder));
                !list.is_empty() || before == 0
            }
            _ => true,
        };
        if !keeps {
            unknown.push(name.clone());
        }
        keeps
    });
    unknown
}

/// True for a member that names the client, even by a placeholder.
fn is_identity(name: &str) -> bool {
    ["id", "clientId", "client_id", "name", "client_name"].contains(&name)
}
