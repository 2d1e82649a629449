//! Many credentials at a time: a plan, one question with the count, a report of each, and where it stops
//! what is left.

use std::{fmt::Write as _, io::IsTerminal as _};

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use super::{
    Exit, Printed,
    desk::{Desk, Writer},
    fleet::progress,
    person::{ask_line, say},
    write::WriteArgs,
};
use crate::{
    api::{ApiError, fleet::patiently},
    domain::Credential,
};

/// The most steps that a plan is written out for; of more the first are shown.
const SHOWN: usize = 50;

/// How many are done at a time.
#[derive(Debug, Clone, Default, Args)]
pub struct BulkArgs {
    /// How many it must be, to go on without a terminal.
    #[arg(long, value_name = "N")]
    pub confirm_count: Option<usize>,
    /// Go on after an error.
    #[arg(long)]
    pub keep_going: bool,
    /// Say nothing beside what failed and the sum.
    #[arg(long, short)]
    pub quiet: bool,
}

/// What is done to one credential.
pub struct Step {
    /// The credential.
    pub credential: Credential,
    /// What is done, in lines that end.
    pub lines: String,
}

/// Refuses to act on what may not be all.
///
/// # Errors
/// What could not be read.
pub fn complete(incomplete: &[String]) -> Result<()> {
    match incomplete.first() {
        None => Ok(()),
        Some(why) => {
            Err(eyre!("Not all credentials could be read, so nothing was changed.\n{why}"))
        }
    }
}

/// Shows the plan, asks, and carries it out.
///
/// # Errors
/// When nobody agreed.
pub async fn run(
    desk: &Desk,
    args: &BulkArgs,
    write: &WriteArgs,
    verb: &str,
    steps: Vec<Step>,
    act: impl AsyncFn(&Writer, &Step) -> Result<(), ApiError>,
) -> Result<Printed> {
    let count = steps.len();
    let mut plan = String::new();
    for step in steps.iter().take(SHOWN) {
        let it = &step.credential;
        let _ = writeln!(
            plan,
            "{verb} {} ({}, {})",
            it.name().shown(),
            it.kind().singular(),
            it.id().shown()
        );
        plan.push_str(&step.lines);
    }
    if count > SHOWN {
        let _ = writeln!(plan, "… and {} more", count - SHOWN);
    }
    if count == 0 {
        return Ok(Printed::fine(format!("There is nothing to {verb}.\n")));
    }
    if write.dry_run {
        let _ = writeln!(plan, "Would {verb} {count}; nothing was done.");
        return Ok(Printed::fine(plan));
    }
    match args.confirm_count {
        Some(given) if given == count => {}
        Some(given) => {
            return Err(eyre!(
                "--confirm-count says {given}, but it would be {count}: nothing was changed"
            ));
        }
        None if std::io::stdin().is_terminal() => {
            say(plan.trim_end());
            let typed = ask_line(&format!("Type {count} to {verb} all of them: "))?;
            if typed.trim() != count.to_string() {
                return Err(eyre!("That is not {count}: nothing was changed"));
            }
        }
        None => {
            return Err(Exit::usage(format!(
                "To {verb} {count} credentials without a terminal, add --confirm-count {count}. Nothing was changed"
            )));
        }
    }
    let writer = desk.writer(write.unlock.as_deref())?;
    let bar = progress(args.quiet, Some(count as u64), &format!("{verb}:"));
    let (mut out, mut done, mut failed) = (String::new(), 0, 0);
    for step in &steps {
        let it = &step.credential;
        let named = format!("{} ({})", it.name().shown(), it.id().shown());
        match patiently(|| act(&writer, step)).await {
            Ok(()) => {
                done += 1;
                if !args.quiet {
                    let _ = writeln!(out, "done    {named}");
                }
            }
            Err(error) => {
                failed += 1;
                let why = error.explain("It was refused").text().replace('\n', " ");
                let _ = writeln!(out, "failed  {named}: {why}");
                if !args.keep_going {
                    break;
                }
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let left = count - done - failed;
    let _ = writeln!(out, "{done} of {count} done, {failed} failed, {left} not tried.");
    if left > 0 {
        out.push_str(
            "The same command again goes on with those; --keep-going does not stop at an error.\n",
        );
    }
    let code = if failed == 0 { Exit::Fine } else { Exit::Partial };
    Ok(Printed { text: out, code: code.into() })
}
