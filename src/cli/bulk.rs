//! Bulk changes: a plan, a confirmation by count, and a result for each credential.

use std::{fmt::Write as _, io::IsTerminal as _};

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use super::{
    Exit, Printed,
    api_session::{ApiSession, Writer},
    fleet::progress,
    list::ShowFormat,
    plan::{Plan, PlanStep, StepState, described},
    prompt::{ask_line, say},
    write::WriteArgs,
};
use crate::api::ApiError;

/// Confirmation, error handling and output of a bulk change.
#[derive(Debug, Clone, Default, Args)]
pub struct BulkArgs {
    /// Expected number of credentials (required without a terminal).
    #[arg(long, value_name = "N")]
    pub confirm_count: Option<usize>,
    /// Continue after an error.
    #[arg(long)]
    pub keep_going: bool,
    /// Print only failures and the summary.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Rejects an incomplete list, because a bulk change must not miss a matching credential.
///
/// # Errors
/// Returns an error with the first reason if the list is incomplete.
pub fn complete(incomplete: &[String]) -> Result<()> {
    match incomplete.first() {
        None => Ok(()),
        Some(why) => Err(eyre!("Could not read all credentials, so nothing was changed.\n{why}")),
    }
}

/// Requires a confirmation, and applies the plan. A dry run only returns the plan. An empty plan
/// needs no confirmation.
///
/// # Errors
/// Returns an error if the confirmation is missing or wrong, or if the user does not unlock a
/// production or read-only profile. Failed steps are reported in the output instead.
pub async fn run(
    session: &ApiSession,
    args: &BulkArgs,
    write: &WriteArgs,
    plan: &Plan,
    act: impl AsyncFn(&Writer, &PlanStep) -> Result<(), ApiError>,
) -> Result<Printed> {
    if write.dry_run {
        return Ok(plan.dry_run(write.output));
    }
    let (verb, count) = (plan.verb, plan.steps.len());
    // A repeated command has nothing left to do, and must not fail because its `--confirm-count`
    // is too high.
    if count == 0 {
        let text = match write.output {
            ShowFormat::Json => plan.json(&[], false),
            ShowFormat::Table => format!("{}Nothing to {verb}.\n", plan.text()),
        };
        return Ok(Printed { text, code: plan.exit(&[]).into() });
    }
    agreed(plan, args.confirm_count)?;
    carry_out(session, args, write, plan, act).await
}

/// Applies a confirmed plan, and reports the result of each step. After a failure or an unknown
/// outcome, the remaining steps are not tried, unless `--keep-going` is given.
///
/// # Errors
/// Returns an error if the user does not unlock a production or read-only profile.
pub async fn carry_out(
    session: &ApiSession,
    args: &BulkArgs,
    write: &WriteArgs,
    plan: &Plan,
    act: impl AsyncFn(&Writer, &PlanStep) -> Result<(), ApiError>,
) -> Result<Printed> {
    let (verb, count) = (plan.verb, plan.steps.len());
    let writer = session.writer(write.unlock.as_deref())?;
    let bar = progress(args.quiet, Some(count as u64), &format!("{verb}:"));
    let mut states = Vec::with_capacity(count);
    for step in &plan.steps {
        let failed = states
            .iter()
            .any(|state| matches!(state, StepState::Failed(_) | StepState::Unknown(_)));
        states.push(if failed && !args.keep_going {
            StepState::NotTried
        } else {
            match act(&writer, step).await {
                Ok(()) => StepState::Done,
                Err(error) => {
                    let it = error.explain_for_command("");
                    let why = format!("{} {}", it.why, it.next);
                    if error.is_uncertain() {
                        StepState::Unknown(why)
                    } else {
                        StepState::Failed(why)
                    }
                }
            }
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    let text = match write.output {
        ShowFormat::Json => plan.json(&states, false),
        ShowFormat::Table => report(plan, &states, args.quiet),
    };
    Ok(Printed { text, code: plan.exit(&states).into() })
}

/// Requires the number of steps as a confirmation: in `--confirm-count`, or typed at the terminal.
fn agreed(plan: &Plan, given: Option<usize>) -> Result<()> {
    let (verb, count) = (plan.verb, plan.steps.len());
    match given {
        Some(given) if given == count => Ok(()),
        Some(given) => Err(eyre!(
            "--confirm-count is {given}, but the number of matching credentials is {count}. Nothing was changed"
        )),
        None if std::io::stdin().is_terminal() => {
            say(plan.text().trim_end());
            let typed = ask_line(&format!("Type {count} to {verb} all of them: "))?;
            if typed.trim() == count.to_string() {
                Ok(())
            } else {
                Err(eyre!("The typed number is not {count}. Nothing was changed"))
            }
        }
        None => Err(Exit::usage(format!(
            "Nothing was changed. To {verb} {count} credentials without a terminal, add --confirm-count {count}"
        ))),
    }
}

/// Formats the results as text. Steps that were not tried are only counted. If `quiet` is true,
/// successful steps and skipped credentials are not listed either.
fn report(plan: &Plan, states: &[StepState], quiet: bool) -> String {
    let mut out = String::new();
    let (mut done, mut failed, mut unknown, mut left) = (0, 0, 0, 0);
    for (step, state) in plan.steps.iter().zip(states) {
        let named = described(&step.credential);
        match state {
            StepState::Done => {
                done += 1;
                if !quiet {
                    let _ = writeln!(out, "done    {named}");
                }
            }
            StepState::Failed(why) => {
                failed += 1;
                let _ = writeln!(out, "failed  {named}: {why}");
            }
            StepState::Unknown(why) => {
                unknown += 1;
                let _ = writeln!(out, "unknown {named}: {why}");
            }
            StepState::NotTried | StepState::Planned => left += 1,
        }
    }
    for (credential, why) in plan.skipped.iter().filter(|_| !quiet) {
        let _ = writeln!(out, "skipped {}: {why}", described(credential));
    }
    let _ = write!(out, "{done} of {} done, {failed} failed, {left} not tried", plan.steps.len());
    if unknown > 0 {
        let _ = write!(out, ", {unknown} unknown");
    }
    if !plan.skipped.is_empty() {
        let _ = write!(out, ", {} unchanged", plan.skipped.len());
    }
    out.push_str(".\n");
    if left > 0 {
        // The same `rotate` command would also repeat completed rotations, unless its filter
        // excludes new secrets.
        let again = match plan.verb {
            "rotate" => {
                "Clients whose rotation is in progress are skipped when the command runs again."
            }
            _ => "Run the same command again to continue with the remaining ones.",
        };
        let _ = writeln!(out, "{again} --keep-going continues after an error.");
    }
    out
}
