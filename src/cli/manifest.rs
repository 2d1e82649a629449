//! `credenza export`, `credenza plan` and `credenza apply`: credentials as code.
//! `credenza copy-to`: copies credentials between profiles.
//!
//! `plan` only reads from the server, and writes only its plan file. `apply` computes the steps
//! again, and rejects a plan that no longer matches the manifest or the server.

mod copy;
mod records;
mod steps;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum as _, ValueHint};
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::ApiArgs,
    api_session::{ApiSession, not_in_demo, refused},
    bulk::BulkArgs,
    fleet,
    list::{ShowFormat, WhereArgs},
    plan::described,
    prompt::say,
    snapshot,
    write::{WriteArgs, with_api},
};
use crate::{
    domain::{
        Credential, Kind, export,
        manifest::{Manifest, ManifestEntry},
        profile::{Provider, Word as _},
        text, tool_formats,
    },
    files,
    readers::{self, document::Document},
};
pub use copy::{CopyArgs, copy_to};
use records::EntryRecords;
use steps::{ManifestStep, as_plan, invalid, run, steps};

/// Number of clients that are read at the same time.
const AT_ONCE: usize = 8;

/// Value of the member `schema` of a plan file.
const PLAN_SCHEMA: &str = "credenza.manifest-plan/v1";

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// File to write. Default: standard output.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Format: a manifest, or the format of another tool for the provider's clients.
    #[arg(long = "as", value_enum, default_value = "manifest", value_name = "FORMAT")]
    pub format: ExportFormat,
    /// Selection of credentials.
    #[command(flatten)]
    pub filter: WhereArgs,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// Format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    /// Manifest for credenza plan.
    Manifest,
    /// Terraform or `OpenTofu`, with import blocks (Keycloak, Auth0).
    Terraform,
    /// Import file of keycloak-config-cli (Keycloak).
    KeycloakConfigCli,
    /// `tenant.yaml` of the Auth0 deploy CLI (Auth0).
    Auth0Deploy,
    /// Kubernetes resources of hydra-maester (Ory Hydra).
    HydraMaester,
}

/// Arguments of `plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// Manifest, such as the output of credenza export.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Name or ID of a credential to delete that is not in the manifest; repeatable.
    #[arg(long, value_name = "NAME")]
    pub prune: Vec<String>,
    /// Plan file for credenza apply.
    #[arg(long, value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Output format.
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ShowFormat,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// Arguments of `apply`.
#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// Plan file from credenza plan --out.
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub plan: PathBuf,
    /// Common options of bulk changes.
    #[command(flatten)]
    pub bulk: BulkArgs,
    /// Common options of commands that write.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Plan file: the steps that the user reviewed, and the manifest and server that they are for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    schema: String,
    /// Absolute path of the manifest.
    manifest: PathBuf,
    /// SHA-256 of the manifest, in hexadecimal.
    sha256: String,
    /// Server that the plan is for, as in [`ApiSession::server_key`].
    server: String,
    prune: Vec<String>,
    /// Steps as JSON, in order, with the versions of the credentials that they change.
    steps: Vec<Value>,
}

/// Writes the selected credentials as a manifest or in the format of another tool, without secrets.
/// Built-in clients are omitted; tokens are omitted in the format of another tool.
///
/// # Errors
/// Returns an error if the filter is invalid, if a list is incomplete, if the format does not
/// support the provider, if a client cannot be read again, or if the file cannot be written.
pub fn export(console: &ConsoleArgs, args: &ExportArgs) -> Result<Printed> {
    let filter = args.filter.filter()?;
    args.filter.not_empty(&filter)?;
    with_api(console, &args.api, async |session| {
        let selected = args.filter.gather(session, &filter, None, false, false).await?;
        if let Some(why) = selected.incomplete.first() {
            return Err(eyre!("Could not read all credentials, so nothing was exported.\n{why}"));
        }
        let mut chosen: Vec<&Credential> = selected.chosen.iter().collect();
        chosen.retain(|it| !it.record().built_in);
        chosen.sort_by(|a, b| (a.kind(), a.id().raw()).cmp(&(b.kind(), b.id().raw())));
        let text = match args.format {
            ExportFormat::Manifest => exported(session, &chosen).yaml(),
            format => {
                chosen.retain(|it| it.kind() != Kind::Token);
                for_tool(session, format, &chosen).await?
            }
        };
        let count = chosen.len();
        let Some(path) = &args.file else { return Ok(Printed::fine(text)) };
        files::write_to(path, text.as_bytes())
            .wrap_err_with(|| format!("Could not write {}", shown(path)))?;
        say(&format!("Exported {count} credentials to {}.", shown(path)));
        Ok(Printed::fine(String::new()))
    })
}

/// Returns the manifest of the credentials.
fn exported(session: &ApiSession, chosen: &[&Credential]) -> Manifest {
    let entry = |it: &&Credential| ManifestEntry::of(it, session.capabilities.of(it.kind()).shape);
    // The server key of the local workspace is empty.
    let server = Some(session.server_key().to_owned()).filter(|it| !it.is_empty());
    Manifest { server, entries: chosen.iter().map(entry).collect() }
}

/// Returns the clients in the format of another tool. Reads each client again, because that format
/// also has settings that Credenza does not interpret.
async fn for_tool(
    session: &ApiSession,
    format: ExportFormat,
    chosen: &[&Credential],
) -> Result<String> {
    let provider = session.profile.provider;
    let write: fn(&str, &[Map<String, Value>]) -> String = match (format, provider) {
        (ExportFormat::Terraform, Provider::Keycloak) => tool_formats::terraform_keycloak,
        (ExportFormat::Terraform, Provider::Auth0) => |_, them| tool_formats::terraform_auth0(them),
        (ExportFormat::KeycloakConfigCli, Provider::Keycloak) => tool_formats::keycloak_config_cli,
        (ExportFormat::Auth0Deploy, Provider::Auth0) => |_, them| tool_formats::auth0_deploy(them),
        (ExportFormat::HydraMaester, Provider::Hydra) => {
            |_, them| tool_formats::hydra_maester(them)
        }
        _ => {
            let name =
                format.to_possible_value().map_or_else(String::new, |it| it.get_name().into());
            return Err(Exit::usage(format!(
                "--as {name} does not support clients of the provider {}. Export a manifest: omit --as",
                provider.word()
            )));
        }
    };
    let bar = fleet::progress(false, Some(chosen.len() as u64), "Reading clients");
    let objects: Vec<_> = stream::iter(chosen)
        .map(async |it| {
            let object = session.native_object(&it.reference()).await;
            bar.inc(1);
            object.map_err(|error| refused(&error, &format!("Could not read {}", described(it))))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    bar.finish_and_clear();
    // The base URL of a Keycloak profile ends with the name of the realm.
    let realm = session.profile.base_url.trim_end_matches('/').rsplit('/').next();
    let realm = percent_decode_str(realm.unwrap_or_default()).decode_utf8_lossy();
    Ok(write(&realm, &objects))
}

/// Shows the changes that make the server match a manifest. With `--out`, also writes a plan file.
/// The exit code is 0 without changes, and 3 with changes.
///
/// # Errors
/// Returns an error if the manifest is invalid or is for another server, if a list is incomplete,
/// if a change is impossible, or if the plan file cannot be written.
pub fn plan(console: &ConsoleArgs, args: &PlanArgs) -> Result<Printed> {
    let (manifest, sha256) = read(&args.file)?;
    with_api(console, &args.api, async |session| {
        let steps = planned(session, &args.file, &manifest, &args.prune).await?;
        let plan = as_plan(&steps);
        let code = if steps.is_empty() { Exit::Fine } else { Exit::Nothing };
        let printed = if steps.is_empty() && args.output == ShowFormat::Table {
            Printed::fine("The server matches the manifest.\n".to_owned())
        } else {
            plan.dry_run(args.output)
        };
        if let Some(out) = &args.out {
            let manifest = std::path::absolute(&args.file)?;
            let steps = steps.iter().map(ManifestStep::identity).collect();
            let (server, prune) = (session.server_key().to_owned(), args.prune.clone());
            let schema = PLAN_SCHEMA.to_owned();
            let file = PlanFile { schema, manifest, sha256, server, prune, steps };
            let json = export::json(&file, true) + "\n";
            files::write_to(out, json.as_bytes())
                .wrap_err_with(|| format!("Could not write {}", shown(out)))?;
        }
        Ok(Printed { code: code.into(), ..printed })
    })
}

/// Applies a plan file. Steps that are already done are skipped, so that an interrupted command
/// can be repeated.
///
/// # Errors
/// Returns an error if the plan file is invalid or is for another server, if the manifest or the
/// server changed since the plan was made, if a destination cannot be used, if the user does not
/// confirm, or if a production or read-only profile is not unlocked. Failed steps are reported in
/// the output instead.
pub fn apply(console: &ConsoleArgs, args: &ApplyArgs) -> Result<Printed> {
    let name = shown(&args.plan);
    let file: PlanFile = serde_json::from_str(&snapshot::text_of(&args.plan)?)
        .map_err(|error| Exit::usage(format!("{name} is not a plan file: {error}")))?;
    if file.schema != PLAN_SCHEMA {
        return Err(Exit::usage(format!(
            "{name} is not a plan file: its schema is not {PLAN_SCHEMA}"
        )));
    }
    let again = "Create a new plan: credenza plan FILE --out PLAN";
    let (manifest, sha256) = read(&file.manifest).wrap_err_with(|| {
        format!(
            "The plan is for the manifest {}, which must be at this path",
            shown(&file.manifest)
        )
    })?;
    if sha256 != file.sha256 {
        return Err(eyre!(
            "The manifest changed since the plan was made. Nothing was changed.\n{again}"
        ));
    }
    let api = ApiArgs { creates: !args.write.dry_run, ..args.write.api.clone() };
    not_in_demo(console, &api)?;
    with_api(console, &api, async |session| {
        if session.server_key() != file.server {
            return Err(eyre!(
                "The plan is for {}, but the profile is for {}. Nothing was changed",
                text::shown(&file.server),
                text::shown(session.server_key())
            ));
        }
        let steps = planned(session, &file.manifest, &manifest, &file.prune).await?;
        let is_planned = |step: &ManifestStep| {
            file.steps.contains(&step.identity()) || step.continues(&file.steps)
        };
        if let Some(other) = steps.iter().find(|step| !is_planned(step)) {
            return Err(eyre!(
                "{} changed on the server since the plan was made. Nothing was changed.\n{again}",
                described(&other.step.credential)
            ));
        }
        let done = file.steps.len().saturating_sub(steps.len());
        if done > 0 {
            say(&format!("Already done: {done} of {} steps.", file.steps.len()));
        }
        let printed = run(session, &args.bulk, &args.write, &steps).await?;
        if !args.write.dry_run {
            EntryRecords::managed(session, &file.manifest).add(&manifest.entries)?;
        }
        Ok(printed)
    })
}

/// Reads a manifest, and returns it with its SHA-256 in hexadecimal.
///
/// # Errors
/// Returns an error if the file cannot be read (exit code 1), or is not a valid manifest (exit
/// code 2).
fn read(file: &Path) -> Result<(Manifest, String)> {
    let text = snapshot::text_of(file)?;
    let (name, sha256) = (shown(file), export::hex(&Sha256::digest(&text)));
    let document = Document::parse(text)
        .map_err(|mistake| Exit::usage(format!("{name} is not a manifest: {mistake}")))?;
    let manifest = readers::manifest::read(&document).map_err(|problems| {
        let lines = problems.iter().map(|(line, what)| format!("{name}:{line}: {what}"));
        invalid(&lines.collect::<Vec<_>>())
    })?;
    Ok((manifest, sha256))
}

fn shown(path: &Path) -> String {
    text::shown(&path.display().to_string()).into_owned()
}

/// Returns the steps of a manifest. Rejects a manifest for another server.
async fn planned(
    session: &ApiSession,
    file: &Path,
    manifest: &Manifest,
    prune: &[String],
) -> Result<Vec<ManifestStep>> {
    if let Some(server) = manifest.server.as_deref().filter(|it| *it != session.server_key()) {
        return Err(Exit::usage(format!(
            "The manifest is for {}, but the profile is for {}. Change server in the manifest, or select another profile",
            text::shown(server),
            text::shown(session.server_key())
        )));
    }
    let place = |entry: &ManifestEntry| format!("{}:{}: ", shown(file), entry.line);
    let former = EntryRecords::managed(session, &std::path::absolute(file)?).entries();
    steps(session, &manifest.entries, &former, prune, place).await
}
