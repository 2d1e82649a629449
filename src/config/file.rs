//! Reads `config.toml`, and reports all of its errors.

use std::{collections::BTreeMap, fmt, ops::Range, path::Path};

use strum::VariantNames as _;
use toml_edit::{Document, Item, TableLike};

use super::Settings;
use crate::{
    clipboard,
    domain::{
        columns::Column,
        destination::{
            ActionsSecret, Destination, DestinationStore, GitlabVariable, KubernetesSecret,
            KvEntry, TokenSource,
        },
        preferences::{self, SavedView},
        profile::{self, Environment, Method, Profile, Provider, Tint, Word},
        urls,
    },
    ui::{Paint, Palette, theme::parse_style},
    vault::StoreChoice,
};

/// Error in the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// Line number, starting at 1.
    pub line: usize,
    /// Description of the error.
    pub what: String,
    /// Instruction for fixing the error.
    pub fix: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.line, self.what, self.fix)
    }
}

const TOP: &[&str] = &[
    "default_profile",
    "store",
    "theme",
    "themes",
    "linear",
    "low_bandwidth",
    "mouse",
    "notify",
    "clipboard",
    "cache",
    "timers",
    "keys",
    "views",
    "destinations",
    "groups",
    "profiles",
];
const DESTINATION: &[&str] = &[
    "type",
    "path",
    "variable",
    "write",
    "read",
    "entry",
    "address",
    "mount",
    "key",
    "repository",
    "environment",
    "secret",
    "project",
    "scope",
    "kubeconfig",
    "context",
    "namespace",
    "credential",
    "token_variable",
    "token_command",
];
/// Types of destinations, each with its required and its optional settings.
const DESTINATION_TYPES: &[(&str, &[&str], &[&str])] = &[
    ("file", &["path"], &[]),
    ("env-file", &["path", "variable"], &[]),
    ("command", &["write"], &["read"]),
    ("pass", &["entry"], &[]),
    ("openbao", &["address", "path"], &["mount", "key", "token_variable", "token_command"]),
    ("vault", &["address", "path"], &["mount", "key", "token_variable", "token_command"]),
    ("gitea-actions", &["address", "repository", "secret"], &["token_variable", "token_command"]),
    (
        "github-actions",
        &["repository", "secret"],
        &["address", "environment", "token_variable", "token_command"],
    ),
    (
        "gitlab-variable",
        &["project", "variable"],
        &["address", "scope", "token_variable", "token_command"],
    ),
    ("kubernetes", &["secret"], &["key", "namespace", "context", "kubeconfig"]),
    ("sops", &["path"], &["key"]),
    ("systemd-credential", &["path", "credential"], &[]),
];
const VIEW: &[&str] = &["filter", "sort", "wide"];
const TIMERS: &[&str] = &["peek", "clipboard", "unlock"];
const PROFILE: &[&str] = &[
    "provider",
    "base_url",
    "issuer",
    "audience",
    "client_id",
    "scopes",
    "sign_in",
    "env",
    "tint",
    "read_only",
    "trusted_hosts",
    "ca_file",
    "callback_port",
    "token_command",
    "organization",
    "token_header",
    "registration_endpoint",
    "oauth_clients_path",
];

/// Parses the text of a configuration file.
///
/// # Errors
/// Returns the syntax error if the text is not TOML, or else all invalid settings, sorted by line.
pub fn read(text: &str) -> Result<Settings, Vec<ConfigFault>> {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let line = line_of(text, error.span());
            let what = error.message().lines().collect::<Vec<_>>().join(", ");
            return Err(vec![ConfigFault { line, what, fix: "correct the TOML".to_owned() }]);
        }
    };
    let mut reader = Reader { text, faults: Vec::new() };
    let mut settings = Settings::default();
    let (mut default, mut theme) = (None, None);
    for (key, item) in reader.entries(document.as_table(), TOP) {
        match key.as_str() {
            "default_profile" => {
                settings.default_profile = reader.string(&key, item);
                default = item.span();
            }
            "store" => settings.store = reader.word(&key, item).unwrap_or(StoreChoice::Auto),
            "theme" => {
                settings.theme = reader.string(&key, item).filter(|name| name != "auto");
                theme = item.span();
            }
            "themes" => {
                for (name, item) in reader.table(&key, item) {
                    let palette = reader.palette(&name, item);
                    settings.themes.push((name, palette));
                }
            }
            "low_bandwidth" if item.as_str() == Some("auto") => settings.low_bandwidth = None,
            "low_bandwidth" => settings.low_bandwidth = Some(reader.flag(&key, item)),
            "linear" => settings.linear = reader.flag(&key, item),
            "mouse" => settings.mouse = Some(reader.flag(&key, item)),
            "notify" => settings.notify = Some(reader.flag(&key, item)),
            "clipboard" => settings.clipboard = reader.word::<clipboard::Choice>(&key, item),
            "cache" => settings.cache = Some(reader.flag(&key, item)),
            "timers" => {
                for (key, item) in reader.section(&key, item, TIMERS) {
                    let timers = &mut settings.timers;
                    match key.as_str() {
                        "peek" => reader.number(&key, item, 1..301, &mut timers.peek),
                        "clipboard" => reader.number(&key, item, 0..301, &mut timers.clipboard),
                        _ => reader.number(&key, item, 1..121, &mut timers.unlock),
                    }
                }
            }
            "keys" => reader.keys(item, &mut settings),
            "views" => {
                for (name, item) in reader.table(&key, item) {
                    let view = reader.view(name, item);
                    settings.views.push(view);
                }
            }
            "groups" => {
                for (name, item) in reader.table(&key, item) {
                    // The members are checked when the group is used, so that a profile in a group
                    // can be removed from the file.
                    let members = reader.strings(&format!("groups.{name}"), item);
                    settings.groups.push((name, members));
                }
            }
            "destinations" => {
                for (name, item) in reader.table(&key, item) {
                    settings.destinations.extend(reader.destination(name, item));
                }
            }
            _ => {
                for (name, item) in reader.table(&key, item) {
                    let profile = reader.profile(&name, item);
                    settings.profiles.push(profile);
                }
            }
        }
    }
    if let Some(name) = &settings.default_profile
        && settings.profile(name).is_none()
    {
        let what = format!("default_profile is {name:?}, but no profile has that name");
        let fix = format!("add [profiles.{name}], or use one of: {}", settings.names());
        reader.fault(default, what, fix);
    }
    if let Err(known) = settings.palette(settings.theme.as_deref()) {
        let name = settings.theme.clone().unwrap_or_default();
        reader.fault(theme, format!("theme is {name:?}"), format!("use one of: {known}"));
    }
    if reader.faults.is_empty() {
        return Ok(settings);
    }
    reader.faults.sort_by_key(|fault| fault.line);
    Err(reader.faults)
}

struct Reader<'a> {
    text: &'a str,
    faults: Vec<ConfigFault>,
}

type TableEntries<'t> = Vec<(String, &'t Item)>;

impl Reader<'_> {
    fn fault(&mut self, at: Option<Range<usize>>, what: String, fix: String) {
        let line = line_of(self.text, at);
        self.faults.push(ConfigFault { line, what, fix });
    }

    /// Returns the entries with known keys, and reports the others as errors.
    fn entries<'t>(&mut self, table: &'t dyn TableLike, known: &[&str]) -> TableEntries<'t> {
        let mut entries = Vec::new();
        for (key, item) in table.iter() {
            if known.contains(&key) {
                entries.push((key.to_owned(), item));
                continue;
            }
            let at = table.key(key).and_then(toml_edit::Key::span);
            let fix = match crate::domain::text::nearest(key, known) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("use one of: {}", known.join(", ")),
            };
            self.fault(at, format!("unknown setting {key:?}"), fix);
        }
        entries
    }

    fn table<'t>(&mut self, key: &str, item: &'t Item) -> TableEntries<'t> {
        match item.as_table_like() {
            Some(table) => table.iter().map(|(key, item)| (key.to_owned(), item)).collect(),
            None => {
                let fix = format!("use [{key}]");
                self.fault(item.span(), format!("{key} is not a table"), fix);
                Vec::new()
            }
        }
    }

    fn section<'t>(&mut self, key: &str, item: &'t Item, known: &[&str]) -> TableEntries<'t> {
        match item.as_table_like() {
            Some(table) => self.entries(table, known),
            None => self.table(key, item),
        }
    }

    fn wrong(&mut self, key: &str, item: &Item, should: &str) {
        self.fault(item.span(), format!("{key} is {}", shown(item)), should.to_owned());
    }

    fn string(&mut self, key: &str, item: &Item) -> Option<String> {
        let text = item.as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong(key, item, "quote it");
        }
        text
    }

    fn strings(&mut self, key: &str, item: &Item) -> Vec<String> {
        let texts: Option<Vec<String>> = item
            .as_array()
            .and_then(|array| array.iter().map(|it| it.as_str().map(str::to_owned)).collect());
        if texts.is_none() {
            self.wrong(key, item, "use a list of strings, such as [\"a\", \"b\"]");
        }
        texts.unwrap_or_default()
    }

    fn flag(&mut self, key: &str, item: &Item) -> bool {
        if item.as_bool().is_none() {
            self.wrong(key, item, "use true or false");
        }
        item.as_bool().unwrap_or_default()
    }

    fn number<N: TryFrom<i64>>(&mut self, key: &str, item: &Item, range: Range<i64>, into: &mut N) {
        let number = item.as_integer().filter(|number| range.contains(number));
        match number.and_then(|number| N::try_from(number).ok()) {
            Some(number) => *into = number,
            None => {
                let should = format!("use a number from {} to {}", range.start, range.end - 1);
                self.wrong(key, item, &should);
            }
        }
    }

    fn word<W: Word>(&mut self, key: &str, item: &Item) -> Option<W> {
        let word = item.as_str().and_then(W::of_word);
        if word.is_none() {
            self.wrong(key, item, &format!("use one of: {}", W::all_words()));
        }
        word
    }

    fn profile(&mut self, name: &str, item: &Item) -> Profile {
        let mut profile = Profile { name: name.to_owned(), ..Profile::default() };
        let mut places = vec![("name", item.span()), ("base_url", item.span())];
        for (key, item) in self.section(&format!("profiles.{name}"), item, PROFILE) {
            let key = key.as_str();
            match key {
                "provider" => {
                    profile.provider = self.word::<Provider>(key, item).unwrap_or_default();
                }
                "base_url" => {
                    let url = self.string(key, item).unwrap_or_default();
                    url.trim_end_matches('/').clone_into(&mut profile.base_url);
                    places.insert(0, ("base_url", item.span()));
                }
                "issuer" => {
                    profile.issuer = self.string(key, item);
                    places.push(("issuer", item.span()));
                }
                "audience" => profile.audience = self.string(key, item),
                "client_id" => profile.client_id = self.string(key, item),
                "scopes" => profile.scopes = self.strings(key, item),
                "sign_in" => profile.sign_in = self.word::<Method>(key, item),
                "env" => {
                    profile.environment = self.word::<Environment>(key, item).unwrap_or_default();
                }
                "tint" => profile.tint = self.word::<Tint>(key, item),
                "read_only" => profile.read_only = self.flag(key, item),
                "trusted_hosts" => profile.trusted_hosts = self.strings(key, item),
                "ca_file" => profile.ca_file = self.string(key, item),
                "callback_port" => {
                    let mut port = 0_u16;
                    self.number(key, item, 1..65536, &mut port);
                    profile.callback_port = Some(port);
                }
                "token_command" => profile.token_command = self.strings(key, item),
                "organization" => profile.organization = self.string(key, item),
                "token_header" => profile.token_header = self.string(key, item),
                "registration_endpoint" => {
                    profile.registration_endpoint = self.string(key, item);
                    places.push(("registration_endpoint", item.span()));
                }
                _ => profile.oauth_clients_path = self.string(key, item),
            }
        }
        for (field, why) in profile.problems() {
            let at = places.iter().find(|(key, _)| *key == field).and_then(|(_, at)| at.clone());
            let (what, fix) = match field {
                "base_url" if profile.base_url.is_empty() => (
                    format!("the profile {name} has no base_url"),
                    "add base_url = \"https://…\"".to_owned(),
                ),
                _ => (format!("{field} {why}"), "correct it".to_owned()),
            };
            self.fault(at, what, fix);
        }
        profile
    }

    /// Reads a destination. If it has errors, reports them and returns `None`.
    fn destination(&mut self, name: String, item: &Item) -> Option<Destination> {
        let (mut texts, mut lists) = (BTreeMap::new(), BTreeMap::new());
        for (key, value) in self.section(&format!("destinations.{name}"), item, DESTINATION) {
            match key.as_str() {
                "write" | "read" | "token_command" => {
                    lists.insert(key.clone(), self.strings(&key, value));
                }
                _ => {
                    texts.insert(key.clone(), self.string(&key, value)?);
                }
            }
        }
        if let Err(why) = profile::check_name(&name) {
            let what = format!("the name {name:?} of a destination {why}");
            self.fault(item.span(), what, "give it another name".to_owned());
            return None;
        }
        let kind = texts.remove("type").unwrap_or_default();
        let Some((kind, needed, optional)) = DESTINATION_TYPES.iter().find(|it| it.0 == kind)
        else {
            let words: Vec<&str> = DESTINATION_TYPES.iter().map(|it| it.0).collect();
            let what = format!("the destination {name} has no valid type");
            self.fault(item.span(), what, format!("set type to one of: {}", words.join(", ")));
            return None;
        };
        let given: Vec<&str> = texts.keys().chain(lists.keys()).map(String::as_str).collect();
        let mut faults = Vec::new();
        for key in needed.iter().filter(|key| !given.contains(key)) {
            faults.push((format!("the destination {name} has no {key}"), format!("add {key} = …")));
        }
        for key in given.iter().filter(|key| !needed.contains(key) && !optional.contains(key)) {
            let fix = "remove it".to_owned();
            faults.push((format!("{key} is not a setting of type {kind}"), fix));
        }
        let path = texts.get("path").map(Path::new);
        if !matches!(*kind, "openbao" | "vault") && path.is_some_and(|path| !path.is_absolute()) {
            faults.push(("path is relative".to_owned(), "use an absolute path".to_owned()));
        }
        if texts.get("kubeconfig").is_some_and(|path| !Path::new(path).is_absolute()) {
            faults.push(("kubeconfig is relative".to_owned(), "use an absolute path".to_owned()));
        }
        if let Some(Err(why)) = texts.get("address").map(|url| urls::check_login(url)) {
            faults.push((format!("address {why}"), "correct it".to_owned()));
        }
        if texts.get("repository").is_some_and(|it| it.split('/').count() != 2) {
            faults.push(("repository is not OWNER/NAME".to_owned(), "correct it".to_owned()));
        }
        let valid = faults.is_empty();
        for (what, fix) in faults {
            self.fault(item.span(), what, fix);
        }
        valid.then(|| Destination { store: store_of(kind, texts, lists), name })
    }

    fn view(&mut self, name: String, item: &Item) -> SavedView {
        if let Err(why) = SavedView::check_name(&name) {
            let fix = "give it another name".to_owned();
            self.fault(item.span(), format!("the name {name:?} of a view {why}"), fix);
        }
        let mut view = SavedView { name, ..SavedView::default() };
        for (key, item) in self.section(&format!("views.{}", view.name), item, VIEW) {
            match key.as_str() {
                // The filter is checked when the view is used, so that an invalid filter does not
                // invalidate the whole file.
                "filter" => view.filter = self.string(&key, item).unwrap_or_default(),
                "sort" => {
                    let sort = item.as_str().and_then(preferences::sort_of);
                    if sort.is_none() {
                        let fix = format!(
                            "use one of: {}; a leading - sorts in reverse",
                            Column::SORTED.map(Column::word).join(", ")
                        );
                        self.wrong(&key, item, &fix);
                    }
                    view.sort = sort.unwrap_or_default();
                }
                _ => view.wide = self.flag(&key, item),
            }
        }
        view
    }

    fn palette(&mut self, name: &str, item: &Item) -> Palette {
        if name == "auto" || Palette::built_in(name).is_some() {
            let what = format!("the theme {name} is built in");
            self.fault(item.span(), what, "give it another name".to_owned());
        }
        let known: Vec<&str> = ["base"].iter().chain(Paint::VARIANTS).copied().collect();
        let entries = self.section(&format!("themes.{name}"), item, &known);
        let base = entries.iter().find(|(key, _)| key == "base");
        let mut palette = Palette::COLOR;
        if let Some((key, item)) = base {
            match item.as_str().and_then(Palette::built_in) {
                Some(built_in) => palette = built_in,
                None => {
                    let known = Palette::BUILT_IN.map(|(name, _)| name).join(", ");
                    self.wrong(key, item, &format!("use one of: {known}"));
                }
            }
        }
        for (key, item) in entries {
            let Some(paint) = Paint::of_word(&key) else { continue };
            match parse_style(&self.string(&key, item).unwrap_or_default()) {
                Ok(style) => palette = palette.with(paint, style),
                Err(word) => {
                    let fix = format!(
                        "{word} is neither an attribute (bold, dim, underlined, reversed) nor one of the 16 colors or #rrggbb"
                    );
                    self.wrong(&key, item, &fix);
                }
            }
        }
        palette
    }

    fn keys(&mut self, item: &Item, settings: &mut Settings) {
        let mut places = Vec::new();
        for (scope, item) in self.table("keys", item) {
            for (command, item) in self.table(&format!("keys.{scope}"), item) {
                let chords = match item.as_str() {
                    Some(one) => vec![one.to_owned()],
                    None => self.strings(&command, item),
                };
                let over = crate::keys::Override { scope: scope.clone(), command, chords };
                settings.keys.push(over);
                places.push(item.span());
            }
        }
        // Check all bindings together, so that two commands can swap their keys.
        for (place, why) in crate::keys::Keymap::faults(&settings.keys) {
            let fix = "credenza keys --names lists scopes, commands and keys".to_owned();
            self.fault(places[place].clone(), why.to_string(), fix);
        }
    }
}

/// Creates the store of a destination. `texts` and `lists` contain all settings that the type
/// `kind` requires.
fn store_of(
    kind: &str,
    mut texts: BTreeMap<String, String>,
    mut lists: BTreeMap<String, Vec<String>>,
) -> DestinationStore {
    let mut text =
        |key: &str, default: &str| texts.remove(key).unwrap_or_else(|| default.to_owned());
    let variable = match kind {
        "openbao" => "BAO_TOKEN",
        "vault" => "VAULT_TOKEN",
        "github-actions" => "GITHUB_TOKEN",
        "gitlab-variable" => "GITLAB_TOKEN",
        _ => "GITEA_TOKEN",
    };
    let variable = text("token_variable", variable);
    let token = match lists.remove("token_command") {
        Some(command) => TokenSource::Command(command),
        None => TokenSource::Variable(variable),
    };
    match kind {
        "file" => DestinationStore::File { path: text("path", "") },
        "env-file" => {
            DestinationStore::EnvFile { path: text("path", ""), variable: text("variable", "") }
        }
        "command" => DestinationStore::Command {
            write: lists.remove("write").unwrap_or_default(),
            read: lists.remove("read").unwrap_or_default(),
        },
        "pass" => {
            let words = |words: &[&str], entry: &str| {
                words.iter().copied().chain([entry]).map(str::to_owned).collect()
            };
            let entry = text("entry", "");
            DestinationStore::Command {
                write: words(&["pass", "insert", "--multiline", "--force"], &entry),
                read: words(&["pass", "show"], &entry),
            }
        }
        "gitea-actions" => DestinationStore::GiteaActions(ActionsSecret {
            address: text("address", ""),
            repository: text("repository", ""),
            secret: text("secret", ""),
            token,
        }),
        "github-actions" => DestinationStore::GithubActions {
            environment: Some(text("environment", "")).filter(|name| !name.is_empty()),
            secret: ActionsSecret {
                address: text("address", "https://api.github.com"),
                repository: text("repository", ""),
                secret: text("secret", ""),
                token,
            },
        },
        "gitlab-variable" => DestinationStore::GitlabVariable(GitlabVariable {
            address: text("address", "https://gitlab.com"),
            project: text("project", ""),
            variable: text("variable", ""),
            scope: text("scope", "*"),
            token,
        }),
        "kubernetes" => {
            let mut optional = |key: &str| Some(text(key, "")).filter(|text| !text.is_empty());
            DestinationStore::Kubernetes(KubernetesSecret {
                kubeconfig: optional("kubeconfig"),
                context: optional("context"),
                namespace: optional("namespace"),
                secret: text("secret", ""),
                key: text("key", "client_secret"),
                server: None,
            })
        }
        "sops" => {
            DestinationStore::Sops { path: text("path", ""), key: text("key", "client_secret") }
        }
        "systemd-credential" => DestinationStore::SystemdCredential {
            path: text("path", ""),
            credential: text("credential", ""),
        },
        _ => DestinationStore::Kv(KvEntry {
            address: text("address", ""),
            mount: text("mount", "secret"),
            path: text("path", ""),
            key: text("key", "client_secret"),
            token,
        }),
    }
}

fn line_of(text: &str, at: Option<Range<usize>>) -> usize {
    let end = at.map_or(0, |at| at.start).min(text.len());
    memchr::memchr_iter(b'\n', &text.as_bytes()[..end]).count() + 1
}

fn shown(item: &Item) -> String {
    let text: String = item.to_string().trim().chars().take(40).collect();
    crate::domain::text::shown(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::edit::{
        with_default, with_profile, with_view, without_profile, without_view,
    };

    fn faults(text: &str) -> Vec<String> {
        read(text).expect_err("faults").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_mistake_is_named_with_its_line_and_the_fix() {
        let text = "default_profile = \"nope\"\nstor = \"auto\"\ntheme = \"pink\"\n\
                    [timers]\npeek = 0\n\
                    [profiles.a]\nbase_ur = \"x\"\n\
                    [profiles.b]\nbase_url = \"http://example.com\"\nread_only = 1\ncallback_port = 70000\n\
                    [keys.list]\ncopy-idd = \"c\"\ncopy-id = \"e\"\n";
        let expected = [
            "1: default_profile is \"nope\", but no profile has that name; add [profiles.nope], or use one of: a, b",
            "2: unknown setting \"stor\"; did you mean store?",
            "3: theme is \"pink\"; use one of: auto, color, dark, light, high-contrast, mono",
            "5: peek is 0; use a number from 1 to 300",
            "6: the profile a has no base_url; add base_url = \"https://…\"",
            "7: unknown setting \"base_ur\"; did you mean base_url?",
            "9: base_url must use https (http is for this machine only); correct it",
            "10: read_only is 1; use true or false",
            "11: callback_port is 70000; use a number from 1 to 65535",
            "13: unknown command \"copy-idd\" in list; credenza keys --names lists scopes, commands and keys",
            "14: e is already bound to edit in list; credenza keys --names lists scopes, commands and keys",
        ];
        assert_eq!(faults(text), expected);
        assert_eq!(
            faults("a = "),
            ["1: string values must be quoted, expected literal string; correct the TOML"]
        );
    }

    #[test]
    fn destinations_are_read_and_their_mistakes_named() {
        let text = r#"
[destinations.shop]
type = "openbao"
address = "https://bao.acme.dev"
path = "apps/shop"
token_command = ["cat", "/run/token"]
[destinations.env]
type = "env-file"
path = "/srv/shop/.env"
variable = "OAUTH_SECRET"
"#;
        let read = read(text).expect("settings").destinations;
        let lines: Vec<String> = read.iter().map(|it| it.store.described()).collect();
        assert_eq!(
            lines,
            [
                "client_secret in secret/apps/shop at https://bao.acme.dev",
                "OAUTH_SECRET in /srv/shop/.env"
            ]
        );
        assert!(read[0].store.runs_program() && !read[1].store.runs_program());
        assert_eq!(
            faults(
                "[destinations.a]\ntype = \"s3\"\n[destinations.b]\ntype = \"file\"\npath = \"x\"\nkey = \"y\"\n[destinations.c]\ntype = \"gitea-actions\"\naddress = \"http://acme.dev\"\n"
            ),
            [
                "1: the destination a has no valid type; set type to one of: file, env-file, command, pass, openbao, vault, gitea-actions, github-actions, gitlab-variable, kubernetes, sops, systemd-credential",
                "3: key is not a setting of type file; remove it",
                "3: path is relative; use an absolute path",
                "7: the destination c has no repository; add repository = …",
                "7: the destination c has no secret; add secret = …",
                "7: address must use https (http is for this machine only); correct it",
            ]
        );
    }

    #[test]
    fn themes_are_read_and_their_mistakes_named() {
        let text =
            "theme = \"night\"\n[themes.night]\nbase = \"mono\"\naccent = \"bold #ff8800\"\n";
        let settings = read(text).expect("good");
        let palette = settings.palette(settings.theme.as_deref()).expect("known").expect("named");
        let orange = ratatui::style::Color::Rgb(0xff, 0x88, 0);
        let theme = crate::ui::Theme { palette, ..crate::ui::Theme::COLOR };
        assert_eq!(theme.style(Paint::Accent).fg, Some(orange));
        assert_eq!(theme.style(Paint::Bad).fg, None, "from the base");
        let wrong =
            "[themes.mono]\n[themes.a]\nbase = \"sepia\"\ngood = \"greenish\"\nnice = \"red\"\n";
        let faults: Vec<String> =
            read(wrong).expect_err("faults").iter().map(ToString::to_string).collect();
        assert_eq!(faults.len(), 4, "{faults:?}");
        assert!(faults[0].contains("the theme mono is built in"), "{faults:?}");
        assert!(faults[1].contains("use one of: color, dark, light"), "{faults:?}");
        assert!(faults[2].contains("greenish is neither"), "{faults:?}");
        assert!(faults[3].contains("nice"), "{faults:?}");
    }

    #[test]
    fn views_are_read_and_their_mistakes_named() {
        let text = "[views.stale]\nfilter = \"used>90d\"\nsort = \"-used\"\nwide = true\n";
        let stale = SavedView {
            name: "stale".into(),
            filter: "used>90d".into(),
            sort: (Column::Used, true),
            wide: true,
        };
        let settings = read(text).expect("good");
        assert_eq!(settings.views, std::slice::from_ref(&stale));
        assert_eq!(with_view("", &stale).expect("TOML"), text);
        assert_eq!(without_view(text, "stale").expect("TOML"), "");
        let faults = read("[views.x]\nfilter = 7\nsort = \"color\"\n").expect_err("bad");
        let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [2, 3]);
        let inline = with_view("views = { old = { wide = true } }\n", &stale).expect("TOML");
        let names: Vec<String> =
            read(&inline).expect("good").views.into_iter().map(|view| view.name).collect();
        assert_eq!(names, ["old", "stale"]);
    }

    #[test]
    fn a_view_takes_only_its_own_comment_along() {
        let view = "# about stale\n[views.stale]\nwide = true\n";
        for (before, after) in [
            ("# top\n\n", "\n# later\n[views.other]\nwide = true\n"),
            ("# top\n\n", ""),
            ("store = \"auto\" # here\n\n# apart\n\n", "\n[timers]\npeek = 9\n"),
        ] {
            let without = without_view(&format!("{before}{view}{after}"), "stale").expect("TOML");
            let comments = |text: &str| text.lines().filter(|line| line.contains('#')).count();
            assert_eq!(comments(&without), comments(before) + comments(after), "{without}");
            assert!(read(&without).expect("good").views.iter().all(|view| view.name != "stale"));
        }
    }

    #[test]
    fn edits_keep_comments_and_order() {
        let text = "# mine\nstore = \"auto\" # here\n\n# production\n[profiles.prod]\nbase_url = \"https://old.example\" # moved soon\nenv = \"prod\"\n";
        let settings = read(text).expect("good");
        let mut prod = settings.profile("prod").expect("there").clone();
        prod.base_url = "https://new.example".to_owned();
        let edited = with_profile(text, &prod).expect("TOML");
        assert_eq!(edited, text.replace("old", "new"));
        let local = Profile {
            name: "local".into(),
            base_url: "http://127.0.0.1:4180".into(),
            scopes: vec!["openid".into()],
            ..Profile::default()
        };
        let both = with_default(&with_profile(&edited, &local).expect("TOML"), "local");
        let both = both.expect("TOML");
        let read_back = read(&both).expect("good");
        assert_eq!(read_back.profile("local"), Some(&local));
        assert_eq!(read_back.default_profile.as_deref(), Some("local"));
        assert!(both.contains("# production\n[profiles.prod]") && both.contains("# moved soon"));
        let without = without_profile(&both, "local").expect("TOML");
        assert_eq!(read(&without).expect("good").default_profile, None);
        assert!(without.starts_with("# mine\nstore = \"auto\" # here\n"));
        let headed = "# heading of the file\n\n# of a\n[profiles.a]\nbase_url = \"https://a\"\n";
        assert_eq!(without_profile(headed, "a").expect("TOML"), "# heading of the file\n");
    }
}
