//! `credenza copy-to`: creates credentials of one profile in another, or edits them to match.

use clap::Args;
use clap_complete::{ArgValueCandidates, ArgValueCompleter};
use color_eyre::eyre::Result;

use super::steps::{run, steps};
use crate::{
    api::{Abilities, Secrecy},
    cli::{
        ConsoleArgs, Exit, Printed,
        api_session::{ApiArgs, ApiSession},
        bulk::BulkArgs,
        complete,
        context::given_token,
        fleet,
        prompt::say,
        write::{WriteArgs, with_api},
    },
    domain::{
        Credential, Draft,
        draft::{Field, FieldValue},
        host_map::HostRule,
        manifest::ManifestEntry,
        text,
    },
};

/// Arguments of `copy-to`.
#[derive(Debug, Clone, Args)]
pub struct CopyArgs {
    /// Profile to copy the credentials to.
    #[arg(value_name = "PROFILE", add = ArgValueCandidates::new(complete::profiles))]
    pub to: String,
    /// Client IDs, token IDs or unique exact names in the current profile.
    #[arg(required = true, value_name = "ID", add = ArgValueCompleter::new(complete::credentials))]
    pub ids: Vec<String>,
    /// Rule for the hosts in URLs, such as staging.acme.dev=acme.dev; repeatable, the first match
    /// applies.
    #[arg(long, value_name = "FROM=TO", value_parser = str::parse::<HostRule>)]
    pub map: Vec<HostRule>,
    /// Destination of the secrets of new clients; repeatable.
    #[arg(long, value_name = "DESTINATION")]
    pub deliver_to: Vec<String>,
    /// Common options of bulk changes.
    #[command(flatten)]
    pub bulk: BulkArgs,
    /// Common options of commands that write.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Copies credentials to another profile. If the other server already has a credential with the
/// same ID or exact name, that credential is edited to match. Secrets are not copied, because each
/// server creates its own.
///
/// # Errors
/// Returns an error if `CREDENZA_TOKEN` is set, if both profiles are for the same server, if a
/// credential cannot be read or copied, if a rule matches no URL, if a destination cannot be used,
/// or if the user does not confirm. Failed steps are reported in the output instead.
pub fn copy_to(console: &ConsoleArgs, args: &CopyArgs) -> Result<Printed> {
    if given_token().is_some() {
        let text = "CREDENZA_TOKEN is a token for one server. Unset it to use copy-to";
        return Err(Exit::usage(text.to_owned()));
    }
    let (mut sources, mut from) = (Vec::<Credential>::new(), String::new());
    with_api(console, &args.write.api, async |session| {
        session.server_key().clone_into(&mut from);
        if session.profile.name == args.to {
            return Err(Exit::usage(format!(
                "{} is the current profile. Name another one, or select the source with --profile",
                text::shown(&args.to)
            )));
        }
        for id in &args.ids {
            let source = fleet::named(session, id, None).await?;
            if !sources.iter().any(|it| it.reference() == source.reference()) {
                sources.push(source);
            }
        }
        Ok(Printed::fine(String::new()))
    })?;
    let target = ConsoleArgs {
        profile: Some(args.to.clone()),
        base_url: None,
        demo: false,
        ..console.clone()
    };
    let api = ApiArgs { creates: !args.write.dry_run, ..ApiArgs::default() };
    with_api(&target, &api, async |session| {
        if session.server_key() == from {
            return Err(Exit::usage(format!(
                "{} is a profile of the same server. Select another one",
                text::shown(&args.to)
            )));
        }
        let mut used = vec![false; args.map.len()];
        let entries = sources
            .iter()
            .map(|source| entry(session, source, args, &mut used))
            .collect::<Result<Vec<_>>>()?;
        if let Some(unused) = used.iter().position(|used| !used) {
            return Err(Exit::usage(format!(
                "The rule {} of --map matches no URL of these credentials",
                unused + 1
            )));
        }
        if let Some(twice) = repeated(&entries) {
            return Err(Exit::usage(format!(
                "Several credentials would be copied to {}. Copy only one of them",
                text::shown(twice.id.as_deref().unwrap_or(twice.name()))
            )));
        }
        let steps = steps(session, &entries, &[], &[], |_| String::new()).await?;
        run(session, &args.bulk, &args.write, &steps).await
    })
}

/// Returns the entry for a copy of a credential, and marks the rules that match its URLs as used.
fn entry(
    target: &ApiSession,
    source: &Credential,
    args: &CopyArgs,
    used: &mut [bool],
) -> Result<ManifestEntry> {
    let named = format!("{} ({})", source.name().shown(), source.id().shown());
    if source.record().built_in {
        return Err(Exit::usage(format!("{named} is a built-in client, which cannot be copied")));
    }
    let kind = source.kind();
    let abilities = target.capabilities.of(kind);
    let mut source = source.clone();
    // For a target that cannot derive lists from the login URL, derived lists become explicit.
    if !abilities.shape.offers(kind, Field::UseDefaultUrls)
        && let Some(client) = source.client_mut()
    {
        client.use_default_urls = false;
    }
    let mut entry = ManifestEntry::of(&source, abilities.shape);
    if !abilities.shape.offers(kind, Field::ClientId) {
        entry.id = None;
    }
    if entry.id.is_none() && entry.name().is_empty() {
        return Err(Exit::usage(format!(
            "{named} has no name, and {} chooses the IDs of new clients. Give it a name first",
            text::shown(&args.to)
        )));
    }
    if abilities.secrecy != Secrecy::None {
        entry.secret_to.clone_from(&args.deliver_to);
    }
    for (field, value) in &mut entry.values {
        let is_url =
            Field::LISTS.contains(field) || matches!(field, Field::LoginUrl | Field::Referers);
        if is_url {
            match value {
                FieldValue::Line(text) => mapped(text, &args.map, used),
                FieldValue::Lines(lines) => {
                    for text in lines {
                        mapped(text, &args.map, used);
                    }
                }
                FieldValue::Switch(_) => {}
            }
        }
    }
    let left_out = left_out(&source, abilities);
    if !left_out.is_empty() {
        say(&format!(
            "{named}: {} does not support {}",
            text::shown(&args.to),
            left_out.join(", ")
        ));
    }
    Ok(entry)
}

/// Returns the first entry that is for the same credential as an earlier entry; `None` if all
/// entries are for different credentials.
fn repeated(entries: &[ManifestEntry]) -> Option<&ManifestEntry> {
    let is_same = |a: &ManifestEntry, b: &ManifestEntry| {
        a.kind == b.kind && a.id == b.id && (a.id.is_some() || a.name() == b.name())
    };
    let mut all = entries.iter().enumerate();
    all.find(|(at, entry)| entries[..*at].iter().any(|it| is_same(it, entry))).map(|(_, it)| it)
}

/// Applies the first matching rule to the host of a URL, and marks the rule as used.
fn mapped(text: &mut String, rules: &[HostRule], used: &mut [bool]) {
    let matching = rules.iter().zip(used).find_map(|(rule, used)| Some((rule.apply(text)?, used)));
    if let Some((new, used)) = matching {
        *text = new;
        *used = true;
    }
}

/// Returns the labels of the fields that have a value but are not supported by the target.
fn left_out(source: &Credential, abilities: &Abilities) -> Vec<&'static str> {
    Draft::of(source)
        .all_values()
        .into_iter()
        // The setting to derive lists is not reported, because the lists themselves are copied.
        .filter(|(field, value)| {
            !matches!(field, Field::Name | Field::UseDefaultUrls)
                && !value.is_unset()
                && !abilities.shape.offers(source.kind(), *field)
        })
        .map(|(field, _)| field.label())
        .collect()
}
