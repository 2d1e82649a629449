//! `credenza export`, `credenza plan` and `credenza apply`: credentials as code. `credenza copy-to`:
//! copies between profiles.
//!
//! `plan` reads, and writes only its plan file. `apply` computes the steps again, and refuses a plan
//! that no longer matches the manifest or the server.

mod copy;
mod steps;

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::ApiArgs,
    api_session::ApiSession,
    bulk::BulkArgs,
    list::{ShowFormat, WhereArgs},
    plan::described,
    prompt::say,
    snapshot,
    write::{WriteArgs, with_api},
};
use crate::{
    domain::{
        export,
        manifest::{Manifest, ManifestEntry},
        text,
    },
    files,
    readers::{self, document::Document},
};
pub use copy::{CopyArgs, copy_to};
use steps::{ManifestStep, as_plan, invalid, run, steps};

/// Value of the member `schema` of a plan file.
const PLAN_SCHEMA: &str = "credenza.manifest-plan/v1";

/// Arguments of `export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// File to write. Default: standard output.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Selection of credentials.
    #[command(flatten)]
    pub filter: WhereArgs,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// Arguments of `plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// Manifest, such as the output of credenza export.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Name or ID of a credential to delete, which the manifest does not list; repeatable.
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

/// Plan file: the steps that the user has seen, and what they depend on.
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

/// Writes a manifest of the selected credentials, without secrets.
///
/// # Errors
/// The filter is invalid, a list is incomplete, or the file cannot be written.
pub fn export(console: &ConsoleArgs, args: &ExportArgs) -> Result<Printed> {
    let filter = args.filter.filter()?;
    args.filter.not_empty(&filter)?;
    with_api(console, &args.api, async |session| {
        let selected = args.filter.gather(session, &filter, None, false, false).await?;
        if let Some(why) = selected.incomplete.first() {
            return Err(eyre!("Could not read all credentials, so nothing was exported.\n{why}"));
        }
        let mut entries: Vec<ManifestEntry> = selected
            .chosen
            .iter()
            .filter(|it| !it.record().built_in)
            .map(|it| ManifestEntry::of(it, session.capabilities.of(it.kind()).shape))
            .collect();
        entries.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
        let count = entries.len();
        // The local workspace has no base URL.
        let server = Some(session.server_key().to_owned()).filter(|it| !it.is_empty());
        let yaml = Manifest { server, entries }.yaml();
        let Some(path) = &args.file else { return Ok(Printed::fine(yaml)) };
        files::write_to(path, yaml.as_bytes())
            .wrap_err_with(|| format!("Could not write {}", shown(path)))?;
        say(&format!("Exported {count} credentials to {}.", shown(path)));
        Ok(Printed::fine(String::new()))
    })
}

/// Shows the changes that make the server match a manifest, and writes a plan file. The exit code is
/// 0 without changes, and 3 with changes.
///
/// # Errors
/// The manifest is invalid, it is for another server, a list is incomplete, a change is impossible,
/// or the plan file cannot be written.
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

/// Carries out a plan file. Steps that are already done are skipped, so that an interrupted command
/// can be repeated.
///
/// # Errors
/// The manifest or the server changed since the plan was made, a destination cannot be used, or the
/// user does not confirm. A failed step is reported in the output.
pub fn apply(console: &ConsoleArgs, args: &ApplyArgs) -> Result<Printed> {
    let name = shown(&args.plan);
    let file: PlanFile = serde_json::from_str(&snapshot::text_of(&args.plan)?)
        .map_err(|error| Exit::usage(format!("{name} is not a plan file: {error}")))?;
    if file.schema != PLAN_SCHEMA {
        return Err(Exit::usage(format!(
            "{name} is not a plan file: its schema is not {PLAN_SCHEMA}"
        )));
    }
    let again = "Make a new plan: credenza plan FILE --out PLAN";
    let (manifest, sha256) = read(&file.manifest)?;
    if sha256 != file.sha256 {
        return Err(eyre!(
            "The manifest changed since the plan was made. Nothing was changed.\n{again}"
        ));
    }
    with_api(console, &args.write.api, async |session| {
        if session.server_key() != file.server {
            return Err(eyre!(
                "The plan is for {}, and the profile is for {}. Nothing was changed",
                text::shown(&file.server),
                text::shown(session.server_key())
            ));
        }
        let steps = planned(session, &file.manifest, &manifest, &file.prune).await?;
        let is_planned = |step: &ManifestStep| file.steps.contains(&step.identity());
        if let Some(other) = steps.iter().find(|step| !is_planned(step)) {
            return Err(eyre!(
                "{} changed on the server since the plan was made. Nothing was changed.\n{again}",
                described(&other.step.credential)
            ));
        }
        let done = file.steps.len() - steps.len();
        if done > 0 {
            say(&format!("Already done: {done} of {} steps.", file.steps.len()));
        }
        run(session, &args.bulk, &args.write, &steps).await
    })
}

/// Reads a manifest, and returns it with its SHA-256 in hexadecimal.
///
/// # Errors
/// The file cannot be read (exit code 1), or is no valid manifest (exit code 2).
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

/// Returns the steps of a manifest.
async fn planned(
    session: &ApiSession,
    file: &Path,
    manifest: &Manifest,
    prune: &[String],
) -> Result<Vec<ManifestStep>> {
    if let Some(server) = manifest.server.as_deref().filter(|it| *it != session.server_key()) {
        return Err(Exit::usage(format!(
            "The manifest is for {}, and the profile is for {}. Change its member server, or select another profile",
            text::shown(server),
            text::shown(session.server_key())
        )));
    }
    let place = |entry: &ManifestEntry| format!("{}:{}: ", shown(file), entry.line);
    steps(session, &manifest.entries, prune, place).await
}
