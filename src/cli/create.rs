//! `credenza create`: creates a client or a token, and delivers its secret.

use clap::{Args, Subcommand};
use clap_complete::ArgValueCompleter;
use color_eyre::eyre::Result;
use jiff::Timestamp;

use super::{
    ConsoleArgs, Exit, InvalidValue, Printed,
    api_session::{ApiArgs, ApiSession, refused},
    complete, fleet,
    list::allowed,
    pending::{PendingCreate, PendingCreates},
    plan::{Plan, PlannedAction, described},
    prompt::{confirm, say},
    secret_output::{SecretOutput, SecretOutputArgs},
    write::{Verb, WriteArgs, check, handed_over, not_done, warn, with_api},
};
use crate::{
    api::Secrecy,
    domain::{
        ClientDraft, Credential, Draft, FieldProblem, Kind, TokenDraft, Untrusted, Visibility, age,
        draft::{Field, FieldRules, FieldValue, Fields},
    },
};

/// Arguments of `create`.
#[derive(Debug, Clone, Subcommand)]
pub enum CreateCommand {
    /// Create a client for a browser app with user sign-in.
    Spa(Box<CreateSpa>),
    /// Create a client for a service without users.
    M2m(Box<CreateM2m>),
    /// Create an API access token.
    Token(Box<CreateToken>),
}

/// A SPA client.
#[derive(Debug, Clone, Args)]
pub struct CreateSpa {
    /// Name.
    #[arg(long)]
    pub name: String,
    /// Page where users start to sign in.
    #[arg(long, value_name = "URL")]
    pub login_url: Option<String>,
    /// Redirect URI; repeatable. Without any list, the provider derives the lists from the login URL.
    #[arg(long = "callback", value_name = "URL")]
    pub callbacks: Vec<String>,
    /// Allowed logout URL; repeatable.
    #[arg(long = "logout-url", value_name = "URL")]
    pub logout_urls: Vec<String>,
    /// Web origin for silent authentication; repeatable.
    #[arg(long = "web-origin", value_name = "ORIGIN")]
    pub web_origins: Vec<String>,
    /// Allowed origin for CORS; repeatable.
    #[arg(long = "allowed-origin", value_name = "ORIGIN")]
    pub allowed_origins: Vec<String>,
    /// Common arguments of `create`.
    #[command(flatten)]
    pub common: CreateCommon,
}

/// An M2M client.
#[derive(Debug, Clone, Args)]
pub struct CreateM2m {
    /// Name.
    #[arg(long)]
    pub name: String,
    /// Redirect URI, if the server requires one for M2M clients; repeatable
    #[arg(long = "callback", value_name = "URL")]
    pub callbacks: Vec<String>,
    /// Common arguments of `create`.
    #[command(flatten)]
    pub common: CreateCommon,
}

/// A token.
#[derive(Debug, Clone, Args)]
pub struct CreateToken {
    /// Name; by default, the provider generates one.
    #[arg(long, default_value = "")]
    pub name: String,
    /// API that accepts the token: sql, maps, imports, lds or mcp; repeatable.
    #[arg(long = "api", value_name = "API")]
    pub apis: Vec<String>,
    /// Connection and source that the token may read, such as `carto_dw=acme.retail.stores`; repeatable.
    #[arg(long = "grant", value_name = "CONNECTION=SOURCE")]
    pub grants: Vec<String>,
    /// Page that may use the token, where * and ? are wildcards; repeatable.
    #[arg(long = "referer", value_name = "PATTERN")]
    pub referers: Vec<String>,
    /// Expiry: 90d, 12h or a date. Cannot be set later.
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
    /// Common arguments of `create`.
    #[command(flatten)]
    pub common: CreateCommon,
}

/// Common arguments of `create`.
#[derive(Debug, Clone, Default, Args)]
pub struct CreateCommon {
    /// Scope that the credential may request, if the provider supports scopes; repeatable.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// Client or token of the same kind to copy settings from; other options override them
    #[arg(long, value_name = "ID", add = ArgValueCompleter::new(complete::credentials))]
    pub from: Option<String>,
    /// Share the credential with the organization.
    #[arg(long)]
    pub shared: bool,
    /// Idempotency-Key, by which the server recognizes a repeated request.
    #[arg(long, value_name = "KEY", value_parser = idempotency_key)]
    pub idempotency_key: Option<String>,
    /// Destination of the secret.
    #[command(flatten)]
    pub keep: SecretOutputArgs,
    /// Common options of commands that write.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Parses an idempotency key: 1 to 255 letters, digits and `-_.:`, as the contract allows.
pub(super) fn idempotency_key(text: &str) -> Result<String, InvalidValue> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if (1..=255).contains(&text.len()) && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    Err(InvalidValue("use 1 to 255 letters, digits and the characters - _ . :"))
}

/// Parses a grant in the form `CONNECTION=SOURCE`.
///
/// # Errors
/// Returns a usage error (exit code 2) if there is no `=`, because a connection alone must not
/// grant access to all its sources.
pub fn grant(text: &str) -> Result<(String, String)> {
    let (connection, source) = text.split_once('=').ok_or_else(|| {
        Exit::usage(format!(
            "The grant {text:?} has no source. Use CONNECTION=SOURCE, such as carto_dw=acme.retail.stores"
        ))
    })?;
    Ok((connection.to_owned(), source.to_owned()))
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
                callbacks: m2m.callbacks.clone(),
                scopes,
                visibility,
                ..ClientDraft::default()
            }),
            Self::Token(token) => {
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
                    grants: token.grants.iter().map(|it| grant(it)).collect::<Result<_>>()?,
                    referers: token.referers.clone(),
                    expires_at,
                    scopes,
                    visibility,
                })
            }
        })
    }
}

/// Creates a credential and delivers its secret.
///
/// # Errors
/// Returns an error if a value is invalid, if the credential in `--from` cannot be read, if a
/// secret that is shown only once has no destination, if a production or read-only profile is not
/// unlocked, if the server rejects the credential, if its secret cannot be delivered, or if the
/// outcome is unknown (exit code 5).
pub fn create(console: &ConsoleArgs, command: &CreateCommand) -> Result<Printed> {
    let given = command.draft()?;
    let CreateCommon { keep, write, from, .. } = command.common();
    let to = keep.reserve_unless(write.dry_run)?;
    let api = ApiArgs { creates: !write.dry_run, ..write.api.clone() };
    with_api(console, &api, async |session| {
        let draft = match from {
            Some(from) => {
                let original = fleet::named(session, from, Some(given.kind())).await?;
                like(&original, given.clone(), session.capabilities.of(given.kind()).shape.fields)
            }
            None => given.clone(),
        };
        let wanted = Creation { draft, key: command.common().idempotency_key.clone(), keep, write };
        created(session, wanted, to, |_| ()).await
    })
}

/// Credential to create, with the options of the command.
pub(super) struct Creation<'a> {
    /// Values of the credential.
    pub draft: Draft,
    /// Idempotency key from the user.
    pub key: Option<String>,
    /// Options for the destination of the secret.
    pub keep: &'a SecretOutputArgs,
    /// Common options of commands that write.
    pub write: &'a WriteArgs,
}

/// Creates a credential, calls `tell` with it, and delivers its secret to `to`. With `--dry-run`,
/// only shows the plan.
///
/// # Errors
/// The errors of [`create()`].
pub(super) async fn created(
    session: &ApiSession,
    Creation { draft, key, keep, write }: Creation<'_>,
    to: SecretOutput,
    tell: impl FnOnce(&Credential),
) -> Result<Printed> {
    let abilities = session.capabilities.of(draft.kind());
    allowed(&abilities.create)?;
    offered(&draft, abilities.shape)?;
    check(&draft, session)?;
    if let Secrecy::Once(why) = &abilities.secrecy {
        keep.wanted(&format!("the secret ({})", why.shown()))?;
    }
    if write.dry_run {
        let values = PlannedAction::Create(values(&draft, abilities.shape.fields));
        return Ok(Plan::one("create", draft.filled(None), values).dry_run(write.output));
    }
    let (pending, profile) = (PendingCreates::new(&session.context), &session.profile.name);
    let earlier = pending.find(profile, &draft);
    let key = match (&key, earlier) {
        (Some(key), _) => Some(key.clone()),
        // A confirmed duplicate needs a new key, because for a repeated key the server returns the
        // existing credential.
        (None, Some(earlier)) => {
            let duplicate = confirm_duplicate(session, &draft, &earlier).await?;
            (!duplicate).then_some(earlier.key)
        }
        (None, None) => None,
    };
    let key = key.unwrap_or_else(|| format!("{:032x}", rand::random::<u128>()));
    let writer = session.writer(write.unlock.as_deref())?;
    pending.remember(profile, &draft, &key)?;
    let made = writer.create(draft.clone(), key.clone()).await;
    // The record of the attempt is removed only if the request certainly failed, or at the end,
    // after the delivery of the secret. If the process is killed before then, the next command
    // finds the credential instead of creating another one.
    if made.as_ref().is_err_and(|error| !error.is_uncertain()) {
        pending.forget(profile, &draft);
    }
    let made = made.map_err(|error| {
        let named = format!("the {}", draft.kind().singular());
        let mut report = not_done(&error, Verb::Create, &named);
        let wants = |problem: &FieldProblem| problem.field == Field::Callbacks;
        if draft.kind() == Kind::M2m && error.problems().iter().any(wants) {
            report = report.wrap_err(
                "This server requires a redirect URI for M2M clients. Add --callback URL",
            );
        }
        if error.is_uncertain() {
            say(&format!("To retry safely within ten minutes, add --idempotency-key {key}"));
        }
        report
    })?;
    let left_out = draft.left_out(&made.credential, abilities.shape);
    for field in left_out {
        say(&format!("The server dropped: {}", field.label()));
    }
    let (wanted, kind) = (draft.kind(), made.credential.kind());
    if kind != wanted {
        say(&format!(
            "The server created a {} instead of a {}: {}",
            kind.singular(),
            wanted.singular(),
            type_of(&made.credential)
        ));
    }
    for note in &made.credential.record().notes {
        say(&note.shown());
    }
    warn(None, &made.credential, session);
    tell(&made.credential);
    let printed = handed_over(session, made, to, write.output, "Created").await;
    pending.forget(profile, &draft);
    printed
}

/// Returns a draft with the values of a credential, overridden by the given ones. The name, ID,
/// expiry and fields that this server lacks are not copied.
fn like(original: &Credential, given: Draft, fields: Fields) -> Draft {
    let given_values = given.values();
    let own_lists =
        given_values.iter().any(|(field, value)| Field::LISTS.contains(field) && !value.is_empty());
    let mut draft = given;
    for (field, value) in Draft::of(original).values() {
        let beside = given_values.iter().find(|(own, _)| *own == field);
        let is_set = match (field, beside) {
            // If URL lists are given, they must not be derived, so this setting of the original is
            // not copied.
            (Field::UseDefaultUrls, _) => own_lists,
            (_, Some((_, value))) => !value.is_unset(),
            (_, None) => false,
        };
        if !is_set && fields.has(field) && field != Field::Name {
            draft.set(field, value);
        }
    }
    draft
}

/// Looks for a credential that an earlier attempt with an unknown outcome may have created. Returns
/// true if the user confirms the creation of a duplicate, and false if no such credential exists.
///
/// # Errors
/// Returns an error if such a credential exists and the user does not confirm the creation of
/// another one (exit code 5), or if the lookup fails.
async fn confirm_duplicate(
    session: &ApiSession,
    draft: &Draft,
    earlier: &PendingCreate,
) -> Result<bool> {
    let failed = |error| refused(&error, "Could not look up an earlier attempt");
    let candidates = session.created(draft, earlier.at).await.map_err(failed)?;
    let at = age::utc(earlier.at);
    let Some(twin) = candidates.dated.first().or(candidates.undated.first()) else {
        return Ok(false);
    };
    let existing = described(twin);
    let what = if candidates.dated.is_empty() {
        format!(
            "An attempt at {at} may have created {existing}. Its response was lost, and the server reports no creation time."
        )
    } else {
        format!("An attempt at {at} created {existing}, but its response was lost.")
    };
    if confirm(&format!("{what} Create another one? [y/N] ")) {
        return Ok(true);
    }
    let id = twin.id().shown();
    Err(Exit::unknown(format!(
        "{what} Nothing was created now.\nUse the existing one: credenza show {id}. To create another one, add --idempotency-key with a new key"
    )))
}

/// Describes the type, grant types and authentication method of a client, which determine its kind.
/// Empty for a token.
fn type_of(made: &Credential) -> String {
    let Some(client) = made.client() else { return String::new() };
    let grants = Untrusted::list(&client.grant_types, 10);
    let shown = |text: &Option<Untrusted>| {
        text.as_ref().map_or_else(|| "not reported".to_owned(), |it| it.clipped(60))
    };
    format!(
        "type {}, grants {}, authentication {}",
        shown(&client.app_type),
        if grants.is_empty() { "not reported" } else { &grants },
        shown(&client.auth_method)
    )
}

/// Rejects values for fields that the provider does not support, because the values would be lost
/// silently.
fn offered(draft: &Draft, shape: FieldRules) -> Result<()> {
    let ends = match draft {
        Draft::Token(token) => token.expires_at.map(|at| FieldValue::Line(at.to_string())),
        _ => None,
    };
    for (field, value) in draft.values().into_iter().chain(ends.map(|it| (Field::Expires, it))) {
        let given = match &value {
            // The command derives this field from the lists; the user does not set it.
            _ if field == Field::UseDefaultUrls => false,
            FieldValue::Switch(on) => *on,
            value => !value.is_empty(),
        };
        if given && !shape.offers(draft.kind(), field) {
            return Err(Exit::usage(format!(
                "{} of this provider have no {:?}. Nothing was created",
                draft.kind().plural(),
                field.label()
            )));
        }
    }
    Ok(())
}

/// Returns the non-empty values of a draft for the fields of this provider. If the draft derives
/// its URL lists from the login URL, the derived lists are included.
fn values(draft: &Draft, fields: Fields) -> Vec<(Field, FieldValue)> {
    let mut values = stated_values(draft, fields);
    if let Draft::Spa(client) = draft
        && client.use_default_urls
        && let Draft::Spa(filled) = Draft::of(&draft.filled(None))
    {
        let own = Draft::Spa(ClientDraft { use_default_urls: false, ..filled });
        let derived = stated_values(&own, fields).into_iter();
        values.extend(derived.filter(|(field, value)| {
            matches!(value, FieldValue::Lines(_)) && *field != Field::Scopes
        }));
    }
    values
}

/// Returns the non-empty values of a draft for the fields of this provider, and the expiry of a
/// token.
pub(super) fn stated_values(draft: &Draft, fields: Fields) -> Vec<(Field, FieldValue)> {
    let mut values = draft.values();
    if let Draft::Token(TokenDraft { expires_at, .. }) = draft {
        let when = expires_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
        values.push((Field::Expires, FieldValue::Line(when)));
    }
    values.retain(|(field, value)| fields.has(*field) && !value.is_empty());
    values
}
