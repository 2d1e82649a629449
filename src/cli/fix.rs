//! `credenza audit --fix`: applies the fixes that an edit can make.

use std::collections::HashMap;

use color_eyre::eyre::Result;

use super::{
    Exit, Printed,
    api_session::ApiSession,
    audit::{AuditArgs, FixExtent},
    bulk,
    edit::{ON_ITS_OWN, editable, tell_side_effects},
    list::ShowFormat,
    plan::{Plan, PlanStep, PlannedAction},
    prompt::say,
    write::{WriteArgs, check},
};
use crate::{
    api::ApiError,
    domain::{
        Draft, Kind, Untrusted,
        audit::{Finding, Report, fix, formats::Format},
        draft,
        snapshot::Snapshot,
    },
};

/// Returns the output format of a fix plan.
///
/// # Errors
/// Returns a usage error (exit code 2) if the format is not supported.
pub fn output(args: &AuditArgs) -> Result<ShowFormat> {
    match args.output {
        Format::Table => Ok(ShowFormat::Table),
        Format::Json => Ok(ShowFormat::Json),
        _ => Err(Exit::usage("--fix supports only the output formats table and json".to_owned())),
    }
}

/// Plans the fixes, requires a confirmation, and applies the fixes. A dry run only returns the
/// plan.
///
/// # Errors
/// Returns an error if the output format is not supported, if some credentials could not be read,
/// if the user does not confirm, or if a production or read-only profile is not unlocked. Failed
/// edits are reported in the output instead.
pub async fn apply(
    session: &ApiSession,
    args: &AuditArgs,
    extent: FixExtent,
    snapshot: &Snapshot,
    report: &Report,
) -> Result<Printed> {
    let output = output(args)?;
    bulk::complete(&snapshot.incomplete)?;
    // Findings by credential. The fixes are computed twice: for the plan, and before each edit
    // from the credential's current state.
    let mut chosen: HashMap<(Kind, &Untrusted), Vec<&Finding>> = HashMap::new();
    for finding in report.open().filter(|it| extent == FixExtent::All || fix::is_safe(it)) {
        let about = finding.subject.and_then(|at| snapshot.credentials.get(at as usize));
        if let Some(credential) = about {
            chosen.entry((credential.kind(), credential.id())).or_default().push(finding);
        }
    }
    let mut plan = Plan { verb: "change", ..Plan::default() };
    for credential in &snapshot.credentials {
        let Some(own) = chosen.get(&(credential.kind(), credential.id())) else { continue };
        let (after, rules) = fix::all_fixed(Draft::of(credential), own.iter().copied());
        let changes = draft::changes(&Draft::of(credential), &after);
        if changes.is_empty() {
            continue;
        }
        let credential = credential.clone();
        if credential.record().built_in {
            plan.skipped.push((credential, ON_ITS_OWN.to_owned()));
            continue;
        }
        match editable(session, credential.kind()).and_then(|()| check(&after, session)) {
            Ok(()) => plan
                .steps
                .push(PlanStep { credential, action: PlannedAction::Change(changes, rules) }),
            Err(why) => plan.skipped.push((credential, why.to_string())),
        }
    }
    let write = WriteArgs {
        dry_run: args.dry_run,
        unlock: args.unlock.clone(),
        output,
        ..WriteArgs::default()
    };
    if plan.steps.is_empty() && extent == FixExtent::Safe && output == ShowFormat::Table {
        let more =
            "Use --fix=all for fixes that change accepted URLs, and --dry-run to preview them";
        say(more);
    }
    bulk::run(session, &args.bulk, &write, &plan, async |writer, step| {
        let fresh = session.fresh(&step.credential).await?;
        let key = (step.credential.kind(), step.credential.id());
        let own = chosen.get(&key).map_or(&[][..], Vec::as_slice);
        let (after, _) = fix::all_fixed(Draft::of(&fresh), own.iter().copied());
        let changes = draft::changes(&Draft::of(&fresh), &after);
        if changes.is_empty() || check(&after, session).is_err() {
            return Err(ApiError::Changed);
        }
        let written = writer.edit(&fresh, changes).await?;
        tell_side_effects(&written);
        Ok(())
    })
    .await
}
