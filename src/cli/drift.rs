//! Drift between a configuration file and the server or a snapshot.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use color_eyre::eyre::{Result, eyre};
use serde_json::Value;

use super::{audit::named, snapshot::Side};
use crate::{
    domain::{
        Credential, Kind, Untrusted,
        audit::Fact,
        profile::{Provider, Word as _},
        semantics::Semantics,
        snapshot::{ChangeKind, Difference, MemberChange, Snapshot, diff},
    },
    readers::{
        self, FileClient,
        document::{Document, Position},
    },
};

/// Members whose differences are not drift. Only the server records the age and use of client
/// secrets.
const IGNORED: [&str; 1] = ["client_secrets"];

/// Facts that a configuration file can contain. Used to find the line of a changed member.
const FACTS: [Fact; 19] = [
    Fact::Name,
    Fact::LoginUrl,
    Fact::Callbacks,
    Fact::LogoutUrls,
    Fact::WebOrigins,
    Fact::AllowedOrigins,
    Fact::GrantTypes,
    Fact::ResponseTypes,
    Fact::AuthMethod,
    Fact::Pkce,
    Fact::IdTokenAlg,
    Fact::Refresh,
    Fact::TokenLifetime,
    Fact::CrossOrigin,
    Fact::FullScope,
    Fact::Scopes,
    Fact::DefaultScopes,
    Fact::Enabled,
    Fact::Description,
];

/// A configuration file with clients.
pub(super) struct ConfigurationFile {
    name: String,
    document: Document,
    from: Option<readers::FileKind>,
}

impl ConfigurationFile {
    /// Parses a configuration file.
    ///
    /// # Errors
    /// Returns an error if the text is not well-formed.
    pub fn parse(file: &Path, text: String, from: Option<readers::FileKind>) -> Result<Self> {
        let name = if file == Path::new("-") { "standard input".to_owned() } else { named(file) };
        let document = Document::parse(text).map_err(|mistake| eyre!("{name}: {mistake}"))?;
        Ok(Self { name, document, from })
    }

    /// Compares the file with the server. Tokens and built-in clients are skipped, because
    /// configuration files do not manage them. If `managed` is true, clients that are only on the
    /// server are skipped too.
    ///
    /// # Errors
    /// Returns an error if the kind of file is unknown, or if the file has clients of an
    /// unsupported provider, or of a provider that does not fit the server's.
    pub fn compare(&self, server: &Snapshot, managed: bool) -> Result<Drift<'_>> {
        let mistake = |mistake| {
            eyre!("{} is neither a snapshot nor a configuration file: {mistake}", self.name)
        };
        let clients = readers::read(&self.document, self.from).map_err(mistake)?;
        let place = |at: Position, why: &str| format!("{}:{}: {why}", self.name, at.line);
        let mut incomplete: Vec<String> =
            clients.unreadable.iter().map(|(at, why)| place(*at, &why.to_string())).collect();
        let mut own: Vec<FileClient<'_>> = clients.entries;
        own.retain(|it| !it.credential.record().built_in);
        if let Some(vendor) = own.iter().find_map(|it| it.vendor) {
            return Err(eyre!(
                "{} has clients of {vendor}, which Credenza does not support",
                self.name
            ));
        }
        if let Some(of) = server.place.provider
            && let Some(other) = own.iter().map(|it| it.provider).find(|it| !fits(*it, of))
        {
            return Err(eyre!(
                "{} has clients of {}, but the profile {} is for {}. Select another profile: --profile NAME",
                self.name,
                other.word(),
                server.place.name,
                of.word()
            ));
        }
        let comparable = |it: &&Credential| it.kind() != Kind::Token && !it.record().built_in;
        let mut live: Vec<Credential> =
            server.credentials.iter().filter(comparable).cloned().collect();
        let known = ServerClients::of(&live);
        let (mut ids, mut origins) = (HashSet::new(), HashMap::new());
        let mut before: Vec<Credential> = Vec::new();
        for client in own {
            let mut own = client.compared();
            if let Some(id) = known.id_of(&own) {
                own.record_mut().id = id.clone();
            }
            if !ids.insert(own.id().clone()) {
                let at = client.origin.member(&self.document, Fact::Name, None);
                incomplete.push(place(at, "another client in the file has the same ID"));
                before.retain(|it| it.id() != own.id());
            }
            origins.insert(own.id().clone(), client);
            before.push(own);
        }
        if managed {
            live.retain(|it| ids.contains(it.id()));
        }
        let mut differences = diff(&before, &live);
        for difference in &mut differences {
            if let ChangeKind::Changed(changes) = &mut difference.what {
                changes.retain(|change| is_drift(change, server.place.semantics));
            }
        }
        differences.retain(|it| it.what != ChangeKind::Changed(Vec::new()));
        Ok(Drift { file: self, differences, origins, incomplete })
    }
}

/// False for a change that a server makes without a request: to client secrets, or only to default
/// scopes in [`Semantics::own_scopes`].
fn is_drift(change: &MemberChange, semantics: &Semantics) -> bool {
    let own = |value: &&Value| value.as_str().is_some_and(|it| semantics.own_scopes.contains(&it));
    match (change.member.as_str(), change.entries()) {
        (name, _) if IGNORED.contains(&name) => false,
        ("default_scopes", Some((added, removed))) => !added.iter().chain(&removed).all(own),
        _ => true,
    }
}

/// True if the clients of a file can exist on a server of the provider. The RFC 7591 format fits
/// every provider except Keycloak and Auth0.
fn fits(file: Provider, server: Provider) -> bool {
    file == server
        || file == Provider::Registration && !matches!(server, Provider::Keycloak | Provider::Auth0)
}

/// Clients of the server, indexed by ID and by name.
struct ServerClients<'a> {
    ids: HashSet<&'a Untrusted>,
    /// Client ID for each name; `None` if several clients have the name.
    names: HashMap<&'a Untrusted, Option<&'a Untrusted>>,
}

impl<'a> ServerClients<'a> {
    fn of(live: &'a [Credential]) -> Self {
        let mut names = HashMap::new();
        for it in live {
            names.entry(it.name()).and_modify(|id| *id = None).or_insert(Some(it.id()));
        }
        Self { ids: live.iter().map(Credential::id).collect(), names }
    }

    /// Returns the server's ID for a client that the file identifies only by name, if the name is
    /// unique on the server.
    fn id_of(&self, own: &Credential) -> Option<&'a Untrusted> {
        let is_named = own.id() == own.name() && !self.ids.contains(own.id());
        self.names.get(own.name()).copied().flatten().filter(|_| is_named)
    }
}

/// Differences between a file and the server.
pub(super) struct Drift<'a> {
    file: &'a ConfigurationFile,
    /// Differences, sorted by client ID.
    pub differences: Vec<Difference>,
    origins: HashMap<Untrusted, FileClient<'a>>,
    /// Reasons why some clients could not be read or compared.
    pub incomplete: Vec<String>,
}

impl Side for Drift<'_> {
    fn place(
        &self,
        difference: &Difference,
        change: Option<&MemberChange>,
        value: Option<&Value>,
    ) -> Option<(String, u32)> {
        let client = self.origins.get(&difference.id)?;
        let document = &self.file.document;
        let fact =
            change.and_then(|change| FACTS.into_iter().find(|fact| fact.wire() == change.member));
        let value = value.and_then(Value::as_str);
        let Position { line, .. } =
            client.origin.member(document, fact.unwrap_or(Fact::Name), value);
        Some((self.file.name.clone(), line))
    }
}
