//! `credenza create`, `edit`, `add-url`, `rm-url` and `rotate`.

use std::fmt::Write as _;

use clap::{Args, Subcommand, ValueEnum};
use color_eyre::eyre::{Report, Result, eyre};
use jiff::Timestamp;
use serde_json::json;

use super::{
    ConsoleArgs, Exit, Printed,
    bulk::{self, BulkArgs, Step},
    context::runtime,
    desk::{ApiArgs, Desk, refused},
    fleet,
    keep::KeepArgs,
    list::{ShowFormat, WhereArgs, allowed, credential_object},
    person::{ask_line, say},
};
use crate::{
    api::{Secrecy, Written},
    domain::{
        ClientDraft, Credential, Draft, Kind, TokenDraft, Visibility, age,
        audit::{self, Ground, Selection},
        draft::{self, Change, Field, Value},
        export,
        profile::Word as _,
        text,
    },
};

/// What every write takes.
#[derive(Debug, Clone, Default, Args)]
pub struct WriteArgs {
    /// Which API.
    #[command(flatten)]
    pub api: ApiArgs,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The profile's name, where it is production or read-only.
    #[arg(long, value_name = "PROFILE")]
    pub unlock: Option<String>,
    /// How to write it. JSON is never consent.
    #[arg(long, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ShowFormat,
}

/// What is created.
#[derive(Debug, Clone, Subcommand)]
pub enum CreateCommand {
    /// A client for a browser app whose users sign in.
    Spa(Box<CreateSpa>),
    /// A client for a service without users.
    M2m(CreateM2m),
    /// An API access token.
    Token(Box<CreateToken>),
}

/// A SPA client.
#[derive(Debug, Clone, Args)]
pub struct CreateSpa {
    /// Its name.
    #[arg(long)]
    pub name: String,
    /// Where users start to sign in.
    #[arg(long, value_name = "URL")]
    pub login_url: Option<String>,
    /// A redirect URI; may be given again. Without any list the provider derives them from the login URL.
    #[arg(long = "callback", value_name = "URL")]
    pub callbacks: Vec<String>,
    /// Where a browser may be sent after signing out; may be given again.
    #[arg(long = "logout-url", value_name = "URL")]
    pub logout_urls: Vec<String>,
    /// An origin for silent authentication; may be given again.
    #[arg(long = "web-origin", value_name = "ORIGIN")]
    pub web_origins: Vec<String>,
    /// An origin that may call with CORS; may be given again.
    #[arg(long = "allowed-origin", value_name = "ORIGIN")]
    pub allowed_origins: Vec<String>,
    /// What every creation takes.
    #[command(flatten)]
    pub common: CreateCommon,
}

/// An M2M client.
#[derive(Debug, Clone, Args)]
pub struct CreateM2m {
    /// Its name.
    #[arg(long)]
    pub name: String,
    /// What every creation takes.
    #[command(flatten)]
    pub common: CreateCommon,
}

/// A token.
#[derive(Debug, Clone, Args)]
pub struct CreateToken {
    /// Its name; without one the provider makes one.
    #[arg(long, default_value = "")]
    pub name: String,
    /// An API that accepts it; may be given again.
    #[arg(long = "api", value_name = "API")]
    pub apis: Vec<String>,
    /// What it may read, as in `carto_dw=acme.retail.stores`; may be given again.
    #[arg(long = "grant", value_name = "CONNECTION=SOURCE")]
    pub grants: Vec<String>,
    /// A page that may send it, with * and ?; may be given again.
    #[arg(long = "referer", value_name = "PATTERN")]
    pub referers: Vec<String>,
    /// When it ends: 90d, 12h or a day. Cannot be set later.
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
    /// What every creation takes.
    #[command(flatten)]
    pub common: CreateCommon,
}

/// What every creation takes.
#[derive(Debug, Clone, Default, Args)]
pub struct CreateCommon {
    /// A scope that it may ask for, where the provider has such; may be given again.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// Let the organisation see it.
    #[arg(long)]
    pub shared: bool,
    /// Where the secret goes.
    #[command(flatten)]
    pub keep: KeepArgs,
    /// How it is written.
    #[command(flatten)]
    pub write: WriteArgs,
}

const fn visibility(shared: bool) -> Visibility {
    if shared { Visibility::Organization } else { Visibility::Private }
}

impl CreateCommand {
    const fn common(&self) -> &CreateCommon {
        match self {
            Self::Spa(it) => &it.common,
            Self::M2m(it) => &it.common,
            Self::Token(it) => &it.common,
        }
    }

    fn draft(&self) -> Result<Draft> {
        let common = self.common();
        let (scopes, visibility) = (common.scopes.clone(), visibility(common.shared));
        Ok(match self {
            Self::Spa(spa) => {
                let lists =
                    [&spa.callbacks, &spa.logout_urls, &spa.web_origins, &spa.allowed_origins];
                Draft::Spa(ClientDraft {
                    name: spa.name.clone(),
                    login_url: spa.login_url.clone().unwrap_or_default(),
                    use_default_urls: lists.into_iter().all(Vec::is_empty),
                    callbacks: spa.callbacks.clone(),
                    logout_urls: spa.logout_urls.clone(),
                    web_origins: spa.web_origins.clone(),
                    allowed_origins: spa.allowed_origins.clone(),
                    scopes,
                    visibility,
                    ..ClientDraft::default()
                })
            }
            Self::M2m(m2m) => Draft::M2m(ClientDraft {
                name: m2m.name.clone(),
                scopes,
                visibility,
                ..ClientDraft::default()
            }),
            Self::Token(token) => {
                let grant = |text: &String| match text.split_once('=') {
                    Some((connection, source)) => Ok((connection.to_owned(), source.to_owned())),
                    // An unpaired connection must never become the whole of it.
                    None => Err(Exit::usage(format!(
                        "--grant {text:?} has no source: write CONNECTION=SOURCE, as in carto_dw=acme.retail.stores"
                    ))),
                };
                let expires_at = match &token.expires {
                    None => None,
                    Some(text) => Some(
                        age::parse_expiry(text, Timestamp::now())
                            .map_err(|why| Exit::usage(format!("--expires {text:?}: {why}")))?,
                    ),
                };
                Draft::Token(TokenDraft {
                    name: token.name.clone(),
                    apis: token.apis.clone(),
                    grants: token.grants.iter().map(grant).collect::<Result<_>>()?,
                    referers: token.referers.clone(),
                    expires_at,
                    scopes,
                    visibility,
                })
            }
        })
    }
}

/// Creates a credential.
///
/// # Errors
/// When it cannot be made, with what is wrong and where.
pub fn create(console: &ConsoleArgs, command: &CreateCommand) -> Result<Printed> {
    let draft = command.draft()?;
    let CreateCommon { keep, write, .. } = command.common();
    keep.check()?;
    on_desk(console, &write.api, async |desk| {
        let abilities = desk.capabilities.of(draft.kind());
        allowed(&abilities.create)?;
        check(&draft, desk)?;
        if let Secrecy::Once(why) = &abilities.secrecy {
            keep.wanted(&format!("the secret ({})", why.shown()))?;
        }
        if write.dry_run {
            let mut out = format!("Would create this {}:\n", draft.kind().singular());
            for (field, value) in draft.values() {
                if abilities.shape.fields.has(field) && !value.is_empty() {
                    let _ = writeln!(out, "  {}: {}", field.label(), shown(&value));
                }
            }
            return Ok(Printed::fine(out));
        }
        let writer = desk.writer(write.unlock.as_deref())?;
        let made = writer.create(draft.clone()).await.map_err(|error| {
            refused(&error, &format!("The {} was not created", draft.kind().singular()))
        })?;
        let left_out = draft.left_out(&made.credential, abilities.shape);
        for field in left_out {
            say(&format!("The server left out: {}", field.label()));
        }
        warn(&made.credential, desk);
        handed_over(desk, made, keep, write.output, "Created").await
    })
}

/// Says what was made or rotated, and puts its secret where it goes.
async fn handed_over(
    desk: &Desk,
    made: Written,
    keep: &KeepArgs,
    output: ShowFormat,
    verb: &str,
) -> Result<Printed> {
    let Written { credential, secret } = made;
    let secret = match secret {
        None if keep.is_given() => {
            let read = desk.secret(credential.kind(), credential.id()).await;
            Some(read.map_err(|error| {
                let what =
                    format!("{verb} {}, but its secret cannot be read", credential.id().shown());
                refused(&error, &what)
            })?)
        }
        // Where it can be read again nobody has to take it now.
        secret => secret,
    };
    let mut text = match output {
        ShowFormat::Table => format!(
            "{verb} {} {}\n{}\n",
            credential.kind().singular(),
            text::shown(credential.name().raw()),
            credential.id().shown()
        ),
        ShowFormat::Json => String::new(),
    };
    let mut object = credential_object(&credential);
    if let Some(secret) = &secret {
        if keep.reveal && output == ShowFormat::Json {
            let member = if credential.kind() == Kind::Token { "token" } else { "client_secret" };
            object[member] = json!(secret.expose());
        } else {
            let put = keep.put(secret).map_err(|error| {
                eyre!(
                    "{verb} {}, but its secret could not be put there: {error}.\nWhere the server shows it again: credenza secret {}; else rotate it",
                    credential.id().shown(),
                    credential.id().shown()
                )
            })?;
            text.push_str(&put);
        }
    }
    if output == ShowFormat::Json {
        text.push_str(&export::json(&object, true));
        text.push('\n');
    }
    Ok(Printed::fine(text))
}

/// Opens the API, does something, and lets go of it.
///
/// # Errors
/// What went wrong.
pub fn on_desk(
    console: &ConsoleArgs,
    api: &ApiArgs,
    work: impl AsyncFnOnce(&Desk) -> Result<Printed>,
) -> Result<Printed> {
    runtime()?.block_on(async {
        let desk = Desk::open(console, api).await?;
        let result = work(&desk).await;
        desk.close().await;
        result
    })
}

/// Checks a draft by the rules of its provider.
fn check(draft: &Draft, desk: &Desk) -> Result<()> {
    let problems = draft.problems_in(desk.capabilities.of(draft.kind()).shape);
    if problems.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| {
            let entry = problem.entry.map_or_else(String::new, |at| format!(", entry {}", at + 1));
            format!("  {}{entry} {}", problem.field.label(), problem.text.shown())
        })
        .collect();
    Err(Exit::usage(format!("This cannot be saved:\n{}", lines.join("\n"))))
}

/// Says what an audit finds in what was just saved.
fn warn(credential: &Credential, desk: &Desk) {
    let ground = Ground::new(Timestamp::now(), desk.place());
    for finding in audit::glance(credential, &ground, &Selection::default()) {
        if finding.severity >= audit::Severity::Medium {
            say(&format!(
                "{} {} {}: {}. {}.",
                finding.severity.word(),
                finding.rule.id,
                finding.pointer(),
                finding.rule.says,
                finding.rule.advice
            ));
        }
    }
}

/// A list of URLs of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UrlList {
    /// Redirect URIs.
    Callback,
    /// Where a browser may be sent after signing out.
    Logout,
    /// Origins for silent authentication.
    WebOrigin,
    /// Origins that may call with CORS.
    AllowedOrigin,
    /// Pages that may send a token.
    Referer,
}

impl UrlList {
    const fn field(self) -> Field {
        match self {
            Self::Callback => Field::Callbacks,
            Self::Logout => Field::LogoutUrls,
            Self::WebOrigin => Field::WebOrigins,
            Self::AllowedOrigin => Field::AllowedOrigins,
            Self::Referer => Field::Referers,
        }
    }
}

/// What is changed.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = super::docs::filters())]
pub struct EditArgs {
    /// The client id, the token's id, or an exact name where that is unique; or --where for many.
    #[arg(required_unless_present = "filter")]
    pub id: Option<String>,
    /// Its kind, where an id or a name could be of several: token, spa, m2m or other.
    #[arg(long = "type", value_name = "KIND", value_parser = super::list::kind, conflicts_with = "filter")]
    pub kind: Option<Kind>,
    /// Which ones.
    #[command(flatten)]
    pub filter: WhereArgs,
    /// A new name.
    #[arg(long, conflicts_with = "filter")]
    pub name: Option<String>,
    /// Where users start to sign in.
    #[arg(long, value_name = "URL", conflicts_with = "filter")]
    pub login_url: Option<String>,
    /// Whether the provider derives the lists from the login URL.
    #[arg(long, value_name = "BOOL")]
    pub default_urls: Option<bool>,
    /// Whether the organisation sees it.
    #[arg(long, value_name = "BOOL")]
    pub shared: Option<bool>,
    /// Add a URL to a list, as in `callback=https://app.acme.dev/cb`; may be given again.
    #[arg(long, value_name = "LIST=URL")]
    pub add_url: Vec<String>,
    /// Remove a URL from a list; may be given again.
    #[arg(long, value_name = "LIST=URL")]
    pub rm_url: Vec<String>,
    /// How many at a time.
    #[command(flatten)]
    pub bulk: BulkArgs,
    /// How it is written.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Which URL is added or removed.
#[derive(Debug, Clone, Args)]
pub struct UrlArgs {
    /// Which one.
    #[command(flatten)]
    pub which: Which,
    /// Which list.
    #[arg(value_enum)]
    pub list: UrlList,
    /// The URLs.
    #[arg(required = true, value_name = "URL")]
    pub urls: Vec<String>,
    /// Where the lists are derived from the login URL: keep them as they are from now on.
    #[arg(long)]
    pub own_lists: bool,
    /// How it is written.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Which credential is meant, where the API is named with the rest.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Its client id, the token's id, or its exact name where that is unique.
    pub id: String,
    /// Its kind, where an id or a name could be of several: token, spa, m2m or other.
    #[arg(long = "type", value_name = "KIND", value_parser = super::list::kind)]
    pub kind: Option<Kind>,
}

/// What is wanted of each credential.
#[derive(Default)]
struct Wanted {
    name: Option<String>,
    login_url: Option<String>,
    default_urls: Option<bool>,
    shared: Option<bool>,
    add: Vec<(Field, String)>,
    remove: Vec<(Field, String)>,
    /// Whether many are meant: then one that lacks what is removed is left alone.
    lenient: bool,
}

fn listed(text: &str) -> Result<(Field, String)> {
    let wrong = || {
        Exit::usage(format!(
            "{text:?} names no list: write callback=URL, logout=URL, web-origin=URL, allowed-origin=URL or referer=URL"
        ))
    };
    let (list, url) = text.split_once('=').ok_or_else(wrong)?;
    let list = UrlList::from_str(list, true).map_err(|_| wrong())?;
    Ok((list.field(), url.to_owned()))
}

impl Wanted {
    /// The changes that lead there from a credential as it is; none when it is there.
    fn changes(&self, credential: &Credential, desk: &Desk) -> Result<Vec<Change>> {
        let kind = credential.kind();
        let abilities = desk.capabilities.of(kind);
        editable(desk, kind)?;
        let before = Draft::of(credential);
        let mut after = before.clone();
        let mut set = |field: Field, value: Value| -> Result<()> {
            let own = before.values().iter().any(|(own, _)| *own == field);
            if !own || !abilities.shape.fields.has(field) {
                return Err(eyre!("{} here have no {:?}", kind.plural(), field.label()));
            }
            if abilities.fixed.has(field) {
                return Err(eyre!("{} cannot be changed here once it is made", field.label()));
            }
            after.set(field, value);
            Ok(())
        };
        if let Some(name) = &self.name {
            set(Field::Name, Value::Line(name.clone()))?;
        }
        if let Some(url) = &self.login_url {
            set(Field::LoginUrl, Value::Line(url.clone()))?;
        }
        if let Some(on) = self.default_urls {
            set(Field::UseDefaultUrls, Value::Switch(on))?;
        }
        if let Some(on) = self.shared {
            set(Field::Visibility, Value::Switch(on))?;
        }
        for (edits, removes) in [(&self.add, false), (&self.remove, true)] {
            for (field, url) in edits {
                let Some(mut list) = list_of(&after, *field) else {
                    if derives(&after) {
                        return Err(eyre!(
                            "The lists of {} are derived from its login URL: to keep them as they are from now on, \
                             and change them, add --default-urls false to edit, or --own-lists to add-url and rm-url",
                            credential.id().shown()
                        ));
                    }
                    return Err(eyre!("{} have no {:?}", kind.plural(), field.label()));
                };
                let place = list.iter().position(|own| own == url);
                match (removes, place) {
                    (true, Some(at)) => {
                        list.remove(at);
                    }
                    (true, None) if self.lenient => {}
                    (true, None) => {
                        return Err(eyre!(
                            "{} has no {}{}",
                            field.label(),
                            text::shown(url),
                            near(&list, url)
                        ));
                    }
                    (false, Some(_)) => {}
                    (false, None) => list.push(url.clone()),
                }
                if !abilities.shape.fields.has(*field) {
                    return Err(eyre!("{} here have no {:?}", kind.plural(), field.label()));
                }
                after.set(*field, Value::Lines(list));
            }
        }
        let changes = draft::changes(&before, &after);
        if !changes.is_empty() {
            check(&after, desk)?;
        }
        Ok(changes)
    }
}

/// Refuses a kind that cannot be edited, or not without losing a secret: a plain command has no place to
/// keep the one that such an edit makes.
///
/// # Errors
/// Why not.
pub fn editable(desk: &Desk, kind: Kind) -> Result<()> {
    let abilities = desk.capabilities.of(kind);
    allowed(&abilities.edit)?;
    if abilities.edit_rotates {
        return Err(eyre!(
            "Here every edit makes a new secret, so this is only done in the console, which keeps it for you"
        ));
    }
    Ok(())
}

fn derives(draft: &Draft) -> bool {
    matches!(draft, Draft::Spa(client) | Draft::Other(client) if client.use_default_urls)
}

fn list_of(draft: &Draft, field: Field) -> Option<Vec<String>> {
    draft.values().into_iter().find_map(|(own, value)| match value {
        Value::Lines(list) if own == field => Some(list),
        _ => None,
    })
}

/// The entry that was probably meant.
fn near(list: &[String], url: &str) -> String {
    let bare = |text: &str| text.trim_end_matches('/').to_lowercase();
    let found = list.iter().find(|own| bare(own) == bare(url));
    found.map_or_else(String::new, |own| format!("; it has {}", text::shown(own)))
}

/// Changes one credential, or many.
///
/// # Errors
/// When nothing was changed, or not everything.
pub fn edit(console: &ConsoleArgs, args: &EditArgs) -> Result<Printed> {
    let filter = args.filter.filter()?;
    let many = args.filter.filter.is_some();
    let wanted = Wanted {
        name: args.name.clone(),
        login_url: args.login_url.clone(),
        default_urls: args.default_urls,
        shared: args.shared,
        add: args.add_url.iter().map(|it| listed(it)).collect::<Result<_>>()?,
        remove: args.rm_url.iter().map(|it| listed(it)).collect::<Result<_>>()?,
        lenient: many,
    };
    let nothing = wanted.name.is_none()
        && wanted.login_url.is_none()
        && wanted.default_urls.is_none()
        && wanted.shared.is_none()
        && wanted.add.is_empty()
        && wanted.remove.is_empty();
    if nothing {
        return Err(Exit::usage(
            "Say what to change: --name, --login-url, --default-urls, --shared, --add-url or --rm-url"
                .to_owned(),
        ));
    }
    args.filter.not_empty(&filter)?;
    if many && args.id.is_some() {
        return Err(Exit::usage("Name an id, or give --where; not both".to_owned()));
    }
    on_desk(console, &args.write.api, async |desk| {
        if let Some(id) = &args.id {
            let found = fleet::named(desk, id, args.kind).await?;
            return changed(desk, &found, &wanted, &args.write).await;
        }
        let selected = args.filter.gather(desk, &filter, None, false, args.bulk.quiet).await?;
        bulk::complete(&selected.incomplete)?;
        let mut steps = Vec::new();
        for (credential, _) in &selected.chosen {
            // Lists may leave fields out, so each is read again before it is changed.
            let changes =
                wanted.changes(credential, desk).map_err(|error| named(credential, &error))?;
            if !changes.is_empty() {
                steps.push(Step { credential: credential.clone(), lines: change_lines(&changes) });
            }
        }
        bulk::run(desk, &args.bulk, &args.write, "change", steps, async |writer, step| {
            let kind = step.credential.kind();
            let fresh = desk.show(kind, step.credential.id()).await?;
            let changes = wanted
                .changes(&fresh, desk)
                .map_err(|error| crate::api::ApiError::Unusable { why: error.to_string() })?;
            if changes.is_empty() {
                return Ok(());
            }
            writer.edit(&fresh, changes).await.map(|_| ())
        })
        .await
    })
}

fn named(credential: &Credential, error: &Report) -> Report {
    eyre!("{} ({}): {error}", credential.name().shown(), credential.id().shown())
}

async fn changed(
    desk: &Desk,
    found: &Credential,
    wanted: &Wanted,
    write: &WriteArgs,
) -> Result<Printed> {
    let changes = wanted.changes(found, desk)?;
    let named = format!("{} ({})", found.name().shown(), found.id().shown());
    if changes.is_empty() {
        return Ok(Printed::fine(format!("{named} is like that already: nothing was changed\n")));
    }
    let lines = change_lines(&changes);
    if write.dry_run {
        return Ok(Printed::fine(format!("Would change {named}:\n{lines}")));
    }
    let writer = desk.writer(write.unlock.as_deref())?;
    let now = writer
        .edit(found, changes)
        .await
        .map_err(|error| refused(&error, &format!("{named} was not changed")))?;
    warn(&now.credential, desk);
    Ok(Printed::fine(match write.output {
        ShowFormat::Table => format!("Changed {named}:\n{lines}"),
        ShowFormat::Json => export::json(&credential_object(&now.credential), true) + "\n",
    }))
}

/// What an edit does, line by line.
#[must_use]
pub fn change_lines(changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        let label = change.field.label();
        if let (Value::Lines(before), Value::Lines(after)) = (&change.before, &change.after) {
            for gone in before.iter().filter(|it| !after.contains(it)) {
                let _ = writeln!(out, "  {label}: - {}", text::shown(gone));
            }
            for new in after.iter().filter(|it| !before.contains(it)) {
                let _ = writeln!(out, "  {label}: + {}", text::shown(new));
            }
            if before.len() > after.len() && after.iter().all(|it| before.contains(it)) {
                let gone = before.len() - after.len();
                let distinct = before.iter().filter(|it| !after.contains(it)).count();
                if distinct < gone {
                    let _ =
                        writeln!(out, "  {label}: - {} that stood there twice", gone - distinct);
                }
            }
        } else {
            let (before, after) = (shown(&change.before), shown(&change.after));
            let _ = writeln!(out, "  {label}: {before} -> {after}");
        }
    }
    out
}

fn shown(value: &Value) -> String {
    match value {
        Value::Line(line) if line.is_empty() => "(none)".to_owned(),
        Value::Line(line) => text::shown(line).into_owned(),
        Value::Switch(on) => if *on { "on" } else { "off" }.to_owned(),
        Value::Lines(lines) => {
            lines.iter().map(|line| text::shown(line)).collect::<Vec<_>>().join(" ")
        }
    }
}

/// Adds URLs to a list, or removes them; nothing else is touched.
///
/// # Errors
/// When it was not done.
pub fn urls(console: &ConsoleArgs, args: &UrlArgs, removes: bool) -> Result<Printed> {
    let edits = args.urls.iter().map(|url| (args.list.field(), url.clone())).collect();
    let (add, remove) = if removes { (Vec::new(), edits) } else { (edits, Vec::new()) };
    on_desk(console, &args.write.api, async |desk| {
        let found = fleet::named(desk, &args.which.id, args.which.kind).await?;
        let derived = derives(&Draft::of(&found)) && args.own_lists;
        let wanted =
            Wanted { default_urls: derived.then_some(false), add, remove, ..Wanted::default() };
        changed(desk, &found, &wanted, &args.write).await
    })
}

/// Which client gets a new secret.
#[derive(Debug, Clone, Args)]
pub struct RotateArgs {
    /// Which one.
    #[command(flatten)]
    pub which: Which,
    /// The client's name, to confirm; without it the name is asked for at the terminal.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Where the secret goes.
    #[command(flatten)]
    pub keep: KeepArgs,
    /// How it is written.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Gives a client a new secret.
///
/// # Errors
/// When it was not done.
pub fn rotate(console: &ConsoleArgs, args: &RotateArgs) -> Result<Printed> {
    args.keep.check()?;
    on_desk(console, &args.write.api, async |desk| {
        let found = fleet::named(desk, &args.which.id, args.which.kind).await?;
        let abilities = desk.capabilities.of(found.kind());
        allowed(&abilities.rotate)?;
        if let Secrecy::Once(why) = &abilities.secrecy {
            args.keep.wanted(&format!("the new secret ({})", why.shown()))?;
        }
        let named = format!("{} ({})", found.name().shown(), found.id().shown());
        if args.write.dry_run {
            return Ok(Printed::fine(format!(
                "Would give {named} a new secret; the one that it has would stop working.\n"
            )));
        }
        confirmed(&found, args.confirm.as_deref(), "rotate the secret of")?;
        let writer = desk.writer(args.write.unlock.as_deref())?;
        let made = writer
            .rotate(&found)
            .await
            .map_err(|error| refused(&error, &format!("The secret of {named} was not rotated")))?;
        handed_over(desk, made, &args.keep, args.write.output, "Rotated the secret of").await
    })
}

/// Wants a credential's name before something that cannot be undone: given with --confirm, or typed.
///
/// # Errors
/// When it is another name, or nobody can be asked.
pub fn confirmed(found: &Credential, given: Option<&str>, what: &str) -> Result<()> {
    use std::io::IsTerminal as _;

    let word = found.confirmation_word();
    let typed = match given {
        Some(typed) => typed.to_owned(),
        None if std::io::stdin().is_terminal() => {
            say(&format!(
                "This will {what} {} ({}, {}). {}",
                found.name().shown(),
                found.kind().singular(),
                found.id().shown(),
                found.kind().deletion_impact()
            ));
            ask_line(&format!("Type {} to go on: ", text::shown(word)))?
        }
        None => {
            return Err(Exit::usage(format!(
                "To {what} {} without a terminal, add --confirm {:?}. Nothing was changed",
                found.id().shown(),
                text::shown(word)
            )));
        }
    };
    if typed == word {
        Ok(())
    } else {
        Err(eyre!("That is not its name, {}: nothing was changed", text::shown(word)))
    }
}
