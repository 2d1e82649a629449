//! `credenza delete`: deletes credentials by ID or filter.

use std::io::IsTerminal as _;

use clap::Args;
use clap_complete::ArgValueCompleter;
use color_eyre::eyre::Result;

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::{Writer, not_in_demo},
    bulk::{self, BulkArgs},
    complete,
    edit::ON_ITS_OWN,
    fleet,
    list::{ShowFormat, WhereArgs, allowed},
    plan::{Plan, PlanStep, PlannedAction, StepState, described},
    prompt::say,
    used,
    write::{Verb, WriteArgs, confirmed, not_done, with_api},
};
use crate::domain::{
    Credential, Kind,
    cli_command::CliCommand,
    credential::BUILT_IN,
    evidence::{KnownUse, KnownUses},
    snippet,
};

/// Credentials to delete, and the confirmation and output of `delete`.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = super::docs::filters())]
pub struct DeleteArgs {
    /// Client IDs, token IDs or unique exact names. To select by a filter, use --where.
    #[arg(required_unless_present = "filter", value_name = "ID", add = ArgValueCompleter::new(complete::credentials))]
    pub ids: Vec<String>,
    /// Kind, if an ID or name is ambiguous: token, spa, m2m or other.
    #[arg(long = "type", value_name = "KIND", value_parser = super::list::kind, conflicts_with = "filter")]
    pub kind: Option<Kind>,
    /// Selection of credentials.
    #[command(flatten)]
    pub filter: WhereArgs,
    /// Name for confirmation; once for each ID, in the same order. Without it, the command prompts for
    /// the name.
    #[arg(long, value_name = "NAME", conflicts_with = "filter")]
    pub confirm: Vec<String>,
    /// Confirmation, error handling and output of a bulk change.
    #[command(flatten)]
    pub bulk: BulkArgs,
    /// Common options of commands that write.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Deletes the selected credentials after a confirmation. A dry run only returns the plan.
///
/// # Errors
/// Returns an error if an argument is invalid, if a credential cannot be found, read or deleted, if
/// the user does not confirm, or if a production or read-only profile is not unlocked. With a
/// filter or several IDs, failed deletions are reported in the output instead.
pub fn delete(console: &ConsoleArgs, args: &DeleteArgs) -> Result<Printed> {
    let filter = args.filter.filter()?;
    args.filter.not_empty(&filter)?;
    if args.confirm.len() > args.ids.len() {
        return Err(Exit::usage("There are more --confirm names than IDs".to_owned()));
    }
    if args.filter.filter.is_some() && !args.ids.is_empty() {
        return Err(Exit::usage("Use IDs or --where, not both".to_owned()));
    }
    with_api(console, &args.write.api, async |session| {
        let known = used::evidence(session).read().unwrap_or_else(|error| {
            say(&format!("credenza: {}: {error}", used::UNREADABLE_EVIDENCE));
            KnownUses::default()
        });
        let evidence = |credential: &Credential| known.of(credential).map(KnownUse::sentence);
        if args.filter.filter.is_some() {
            let selected =
                args.filter.gather(session, &filter, None, false, args.bulk.quiet).await?;
            bulk::complete(&selected.incomplete)?;
            let mut plan = Plan { verb: "delete", ..Plan::default() };
            for credential in selected.chosen {
                if credential.record().built_in {
                    plan.skipped.push((credential, ON_ITS_OWN.to_owned()));
                    continue;
                }
                match allowed(&session.capabilities.of(credential.kind()).delete) {
                    Ok(()) => {
                        let action = PlannedAction::Delete(evidence(&credential));
                        plan.steps.push(PlanStep { credential, action });
                    }
                    Err(why) => plan.skipped.push((credential, why.to_string())),
                }
            }
            return bulk::run(session, &args.bulk, &args.write, &plan, async |writer, step| {
                let fresh = session.fresh(&step.credential).await?;
                writer.delete(&fresh).await
            })
            .await;
        }
        // Every credential is found and confirmed before the first one is deleted.
        let mut plan = Plan { verb: "delete", ..Plan::default() };
        for id in &args.ids {
            let credential = fleet::named(session, id, args.kind).await?;
            allowed(&session.capabilities.of(credential.kind()).delete)?;
            let same = |step: &PlanStep| {
                step.credential.kind() == credential.kind()
                    && step.credential.id() == credential.id()
            };
            if plan.steps.iter().any(same) {
                return Err(Exit::usage(format!(
                    "{} is given twice. Nothing was changed",
                    described(&credential)
                )));
            }
            let action = PlannedAction::Delete(evidence(&credential));
            plan.steps.push(PlanStep { credential, action });
        }
        if args.write.dry_run {
            return Ok(plan.dry_run(args.write.output));
        }
        if args.confirm.len() < plan.steps.len() && !std::io::stdin().is_terminal() {
            let missing = plan.steps.iter().skip(args.confirm.len());
            let words = missing.map(|step| step.credential.confirmation_word());
            let each: Vec<String> =
                words.map(|word| format!("--confirm {}", snippet::shell(word))).collect();
            return Err(Exit::usage(format!(
                "Nothing was changed. To delete without a terminal, add {}",
                each.join(" ")
            )));
        }
        for (at, step) in plan.steps.iter().enumerate() {
            let (own, given) = (&step.credential, args.confirm.get(at).map(String::as_str));
            let impact = own.kind().deletion_impact();
            let mut impact = if own.record().built_in {
                format!("{BUILT_IN} {impact}")
            } else {
                impact.to_owned()
            };
            if let Some(evidence) = evidence(own) {
                impact = format!("{impact} {evidence}");
            }
            confirmed(own, given, "delete", &impact)?;
        }
        let [PlanStep { credential, .. }] = plan.steps.as_slice() else {
            let act =
                async |writer: &Writer, step: &PlanStep| writer.delete(&step.credential).await;
            return bulk::carry_out(session, &args.bulk, &args.write, &plan, act).await;
        };
        let named = described(credential);
        let writer = session.writer(args.write.unlock.as_deref())?;
        writer.delete(credential).await.map_err(|error| not_done(&error, Verb::Delete, &named))?;
        let abilities = session.capabilities.of(credential.kind());
        let restores = abilities.restores || allowed(&abilities.create).is_ok();
        if restores && not_in_demo(console, &args.write.api).is_ok() {
            let (profile, base_url) = (console.profile.as_deref(), console.base_url());
            let base_url = args.write.api.base_url.clone().or(base_url);
            let workspace = match (profile, &base_url) {
                (_, Some(url)) => vec!["--base-url", url],
                (Some(name), None) => vec!["--profile", name],
                (None, None) => Vec::new(),
            };
            let command = CliCommand::new(&workspace, &["restore", credential.id().raw()]);
            say(&if abilities.restores {
                format!("To restore it with its ID and its secrets: {}", command.line())
            } else {
                format!(
                    "To create it again, possibly with another ID, and with a new secret: {}",
                    command.line()
                )
            });
        }
        Ok(Printed::fine(match args.write.output {
            ShowFormat::Table => format!("Deleted {named}\n"),
            ShowFormat::Json => plan.json(&[StepState::Done], false),
        }))
    })
}
