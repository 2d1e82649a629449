//! `credenza edit`, `add-url` and `rm-url`: change one credential, or many.

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCompleter;
use color_eyre::eyre::{Result, eyre};

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::ApiSession,
    bulk::{self, BulkArgs},
    complete, fleet,
    list::{ShowFormat, WhereArgs, allowed, credential_object},
    plan::{Plan, PlanStep, PlannedAction},
    prompt::say,
    write::{Verb, Which, WriteArgs, check, confirmed, not_done, warn, with_api},
};
use crate::{
    api::Written,
    domain::{
        Credential, Draft, Grant, Kind, Untrusted,
        credential::BUILT_IN,
        draft::{self, Change, EditAction, EditError, EditRules, Field, FieldEdit, FieldValue},
        export,
    },
};

/// List of URLs of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UrlList {
    /// Redirect URIs.
    Callback,
    /// Allowed logout URLs.
    Logout,
    /// Origins for silent authentication.
    WebOrigin,
    /// Allowed origins for CORS.
    AllowedOrigin,
    /// Pages that may use a token.
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

/// Arguments of `edit`.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = super::docs::filters())]
pub struct EditArgs {
    /// Client ID, token ID or unique exact name; or --where for many.
    #[arg(required_unless_present = "filter", add = ArgValueCompleter::new(complete::credentials))]
    pub id: Option<String>,
    /// Kind, if the ID or name is ambiguous: token, spa, m2m or other.
    #[arg(long = "type", value_name = "KIND", value_parser = super::list::kind, conflicts_with = "filter")]
    pub kind: Option<Kind>,
    /// Selection of credentials.
    #[command(flatten)]
    pub filter: WhereArgs,
    /// New name.
    #[arg(long, conflicts_with = "filter")]
    pub name: Option<String>,
    /// Page where users start to sign in.
    #[arg(long, value_name = "URL", conflicts_with = "filter")]
    pub login_url: Option<String>,
    /// Derive the URL lists from the login URL (true or false).
    #[arg(long, value_name = "BOOL")]
    pub default_urls: Option<bool>,
    /// Share the credential with the organization (true or false).
    #[arg(long, value_name = "BOOL")]
    pub shared: Option<bool>,
    /// Add a URL to a list, such as `callback=https://app.acme.dev/cb`; repeatable.
    #[arg(long, value_name = "LIST=URL")]
    pub add_url: Vec<String>,
    /// Remove a URL from a list; repeatable.
    #[arg(long, value_name = "LIST=URL")]
    pub rm_url: Vec<String>,
    /// API to allow for a token; repeatable
    #[arg(long, value_name = "API")]
    pub add_api: Vec<String>,
    /// API to remove from a token; repeatable
    #[arg(long, value_name = "API")]
    pub rm_api: Vec<String>,
    /// Connection and source to grant to a token; repeatable
    #[arg(long, value_name = "CONNECTION=SOURCE")]
    pub add_grant: Vec<String>,
    /// Connection and source to remove from a token; repeatable
    #[arg(long, value_name = "CONNECTION=SOURCE")]
    pub rm_grant: Vec<String>,
    /// Scope to allow, where the provider supports scopes; repeatable
    #[arg(long, value_name = "SCOPE")]
    pub add_scope: Vec<String>,
    /// Scope to remove; repeatable
    #[arg(long, value_name = "SCOPE")]
    pub rm_scope: Vec<String>,
    /// Name of a built-in client, to confirm the change.
    #[arg(long, value_name = "NAME", conflicts_with = "filter")]
    pub confirm: Option<String>,
    /// Confirmation, error handling and output of a bulk change.
    #[command(flatten)]
    pub bulk: BulkArgs,
    /// Common options of commands that write.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Arguments of `add-url` and `rm-url`.
#[derive(Debug, Clone, Args)]
pub struct UrlArgs {
    /// Credential.
    #[command(flatten)]
    pub which: Which,
    /// List to change.
    #[arg(value_enum)]
    pub list: UrlList,
    /// URLs.
    #[arg(required = true, value_name = "URL")]
    pub urls: Vec<String>,
    /// Stop deriving the lists from the login URL, and keep their current values.
    #[arg(long)]
    pub own_lists: bool,
    /// Name of a built-in client, to confirm the change.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Common options of commands that write.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Edits to make to each selected credential.
#[derive(Default)]
pub(super) struct WantedChanges {
    pub edits: Vec<FieldEdit>,
    /// True for a bulk edit or an undo: removing a value that a credential does not have is not an
    /// error.
    pub lenient: bool,
}

fn listed(text: &str) -> Result<(Field, String)> {
    let wrong = || {
        Exit::usage(format!(
            "{text:?} has no known list. Use callback=URL, logout=URL, web-origin=URL, allowed-origin=URL or referer=URL"
        ))
    };
    let (list, url) = text.split_once('=').ok_or_else(wrong)?;
    let list = UrlList::from_str(list, true).map_err(|_| wrong())?;
    Ok((list.field(), url.to_owned()))
}

/// Converts the values of the add or remove options to list entries with their fields.
fn entries(
    urls: &[String],
    apis: &[String],
    grants: &[String],
    scopes: &[String],
) -> Result<Vec<(Field, String)>> {
    let mut all = urls.iter().map(|it| listed(it)).collect::<Result<Vec<_>>>()?;
    all.extend(apis.iter().map(|api| (Field::Apis, api.clone())));
    for grant in grants {
        let (connection, source) = super::create::grant(grant)?;
        let line =
            draft::grant_line(&Grant { connection: connection.into(), source: source.into() });
        all.push((Field::Grants, line.raw().to_owned()));
    }
    all.extend(scopes.iter().map(|scope| (Field::Scopes, scope.clone())));
    Ok(all)
}

/// Returns an edit for each list entry.
fn listed_edits(
    entries: impl IntoIterator<Item = (Field, String)>,
    action: fn(String) -> EditAction,
) -> impl Iterator<Item = FieldEdit> {
    entries.into_iter().map(move |(field, entry)| FieldEdit { field, action: action(entry) })
}

impl WantedChanges {
    /// Returns the changes that give a credential the requested values; empty if it already has
    /// them.
    fn changes(&self, credential: &Credential, session: &ApiSession) -> Result<Vec<Change>> {
        let kind = credential.kind();
        let abilities = session.capabilities.of(kind);
        editable(session, kind)?;
        let rules =
            EditRules { shape: abilities.shape, fixed: abilities.fixed, lenient: self.lenient };
        let before = Draft::of(credential);
        let mut after = before.clone();
        for edit in &self.edits {
            edit.apply(&mut after, rules).map_err(|error| match error {
                EditError::Derived => eyre!(
                    "{error}. To edit them, stop deriving them: add --default-urls false to edit, or --own-lists to add-url and rm-url"
                ),
                EditError::NoField(..) | EditError::Fixed(_) | EditError::NoEntry { .. } => {
                    eyre!("{error}")
                }
            })?;
        }
        let changes = draft::changes(&before, &after);
        if !changes.is_empty() {
            check(&after, session)?;
        }
        Ok(changes)
    }
}

/// Reason why a built-in client is not part of a bulk change.
pub const ON_ITS_OWN: &str = "Built-in client of the server. To change or delete it, use its ID";

/// Rejects a kind that the provider does not allow to be edited. A kind whose edits issue a new
/// secret is also rejected, because the edit commands have no destination for the secret.
///
/// # Errors
/// Returns an error if the provider does not allow edits of this kind, or if an edit would issue a
/// new secret.
pub fn editable(session: &ApiSession, kind: Kind) -> Result<()> {
    let abilities = session.capabilities.of(kind);
    allowed(&abilities.edit)?;
    if abilities.edit_rotates {
        return Err(eyre!(
            "Every edit on this server issues a new secret. Edit the client in the console, which shows the secret"
        ));
    }
    Ok(())
}

/// Edits one credential, or all that match a filter.
///
/// # Errors
/// Returns an error if an argument is invalid, if a credential cannot be found or read, if the user
/// does not confirm, if a production or read-only profile is not unlocked, or if the edit of a
/// single credential fails. Failures of a bulk edit are reported in the output instead.
pub fn edit(console: &ConsoleArgs, args: &EditArgs) -> Result<Printed> {
    let filter = args.filter.filter()?;
    let many = args.filter.filter.is_some();
    let mut edits = Vec::new();
    let mut set = |field, value: Option<FieldValue>| {
        edits.extend(value.map(|value| FieldEdit { field, action: EditAction::Set(value) }));
    };
    set(Field::Name, args.name.clone().map(FieldValue::Line));
    set(Field::LoginUrl, args.login_url.clone().map(FieldValue::Line));
    set(Field::UseDefaultUrls, args.default_urls.map(FieldValue::Switch));
    set(Field::Visibility, args.shared.map(FieldValue::Switch));
    let add = entries(&args.add_url, &args.add_api, &args.add_grant, &args.add_scope)?;
    let remove = entries(&args.rm_url, &args.rm_api, &args.rm_grant, &args.rm_scope)?;
    edits.extend(listed_edits(add, EditAction::Add));
    edits.extend(listed_edits(remove, EditAction::Remove));
    let wanted = WantedChanges { edits, lenient: many };
    if wanted.edits.is_empty() {
        return Err(Exit::usage(
            "No change given. Use --name, --login-url, --default-urls, --shared, or --add-X and --rm-X, where X is url, api, grant or scope"
                .to_owned(),
        ));
    }
    args.filter.not_empty(&filter)?;
    if many && args.id.is_some() {
        return Err(Exit::usage("Use an ID or --where, not both".to_owned()));
    }
    with_api(console, &args.write.api, async |session| {
        if let Some(id) = &args.id {
            let found = fleet::named(session, id, args.kind).await?;
            return changed(session, &found, &wanted, &args.write, args.confirm.as_deref()).await;
        }
        let selected = args.filter.gather(session, &filter, None, false, args.bulk.quiet).await?;
        bulk::complete(&selected.incomplete)?;
        let mut plan = Plan { verb: "change", ..Plan::default() };
        for credential in selected.chosen {
            if credential.record().built_in {
                plan.skipped.push((credential, ON_ITS_OWN.to_owned()));
                continue;
            }
            match wanted.changes(&credential, session) {
                Ok(changes) if changes.is_empty() => {}
                Ok(changes) => {
                    plan.steps.push(PlanStep {
                        credential,
                        action: PlannedAction::Change(changes, Vec::new()),
                    });
                }
                // One credential that cannot be changed must not prevent the other changes.
                Err(why) => plan.skipped.push((credential, why.to_string())),
            }
        }
        bulk::run(session, &args.bulk, &args.write, &plan, async |writer, step| {
            // Lists may omit fields, so each credential is read again before it is changed.
            let fresh = session.fresh(&step.credential).await?;
            let changes =
                wanted.changes(&fresh, session).map_err(|error| crate::api::ApiError::Local {
                    why: format!("{error:#}."),
                    next: "Correct the option, then try again.",
                })?;
            if changes.is_empty() {
                return Ok(());
            }
            let written = writer.edit(&fresh, changes).await?;
            tell_side_effects(&written);
            Ok(())
        })
        .await
    })
}

/// Makes the changes to a credential, or shows them with `--dry-run`.
///
/// # Errors
/// Returns an error if a change is not possible, if the user does not confirm the change of a
/// built-in client, if the profile is not unlocked, or if the edit fails.
pub(super) async fn changed(
    session: &ApiSession,
    found: &Credential,
    wanted: &WantedChanges,
    write: &WriteArgs,
    confirm: Option<&str>,
) -> Result<Printed> {
    let changes = wanted.changes(found, session)?;
    let named = format!("{} ({})", found.name().shown(), found.id().shown());
    if changes.is_empty() {
        let nothing = Plan { verb: "change", ..Plan::default() };
        return Ok(match write.output {
            ShowFormat::Table => {
                Printed::fine(format!("{named} already has these values. Nothing was changed\n"))
            }
            ShowFormat::Json if write.dry_run => nothing.dry_run(write.output),
            ShowFormat::Json => Printed::fine(export::json(&credential_object(found), true) + "\n"),
        });
    }
    let plan =
        Plan::one("change", found.clone(), PlannedAction::Change(changes.clone(), Vec::new()));
    if write.dry_run {
        return Ok(plan.dry_run(write.output));
    }
    if found.record().built_in {
        confirmed(found, confirm, "change", BUILT_IN)?;
    }
    let writer = session.writer(write.unlock.as_deref())?;
    let now =
        writer.edit(found, changes).await.map_err(|error| not_done(&error, Verb::Edit, &named))?;
    warn(Some(found), &now.credential, session);
    tell_side_effects(&now);
    Ok(Printed::fine(match write.output {
        ShowFormat::Table => format!("{}Changed.\n", plan.text()),
        ShowFormat::Json => export::json(&credential_object(&now.credential), true) + "\n",
    }))
}

/// Prints the members that the server changed in addition to the requested ones.
pub fn tell_side_effects(written: &Written) {
    if !written.side_effects.is_empty() {
        let members = Untrusted::list(&written.side_effects, 10);
        say(&format!("The server also changed: {members}"));
    }
}

/// Adds URLs to a list, or removes them if `removes` is true.
///
/// # Errors
/// Returns an error if the credential is not found, if it does not have the list or a URL to
/// remove, or if it cannot be edited.
pub fn urls(console: &ConsoleArgs, args: &UrlArgs, removes: bool) -> Result<Printed> {
    let action = if removes { EditAction::Remove } else { EditAction::Add };
    with_api(console, &args.write.api, async |session| {
        let found = fleet::named(session, &args.which.id, args.which.kind).await?;
        let own_lists = Draft::of(&found).derives_urls() && args.own_lists;
        let first = own_lists.then_some(FieldEdit {
            field: Field::UseDefaultUrls,
            action: EditAction::Set(FieldValue::Switch(false)),
        });
        let entries = args.urls.iter().map(|url| (args.list.field(), url.clone()));
        let edits = first.into_iter().chain(listed_edits(entries, action)).collect();
        let wanted = WantedChanges { edits, lenient: false };
        changed(session, &found, &wanted, &args.write, args.confirm.as_deref()).await
    })
}
