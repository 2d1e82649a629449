//! `credenza rotate --to`: rotations that deliver the new secret to configured destinations, and
//! the subcommands that list, continue, finish, abort or remove them.

use std::borrow::Cow;

use clap::{Args, Subcommand};
use color_eyre::eyre::{Report, Result, eyre};
use jiff::Timestamp;
use serde_json::json;

use super::{
    ConsoleArgs, Exit, InvalidValue, Printed,
    api_session::{ApiArgs, ApiSession, Writer, not_in_demo, refused},
    bulk,
    context::{Context, runtime},
    edit::ON_ITS_OWN,
    fleet,
    list::{ShowFormat, allowed},
    output::{table, terminal_columns},
    plan::{Plan, PlanStep, PlannedAction},
    prompt::say,
    rotate::RotateArgs,
    write::{confirmed, with_api},
};
use crate::{
    api::{Abilities, ApiError, CredentialsApi, Overlap},
    auth::proof::Prover,
    domain::{
        Credential, Kind, age,
        destination::{CLIENT_ID, Destination, UnsafeClientId},
        export,
        profile::Word as _,
        text,
    },
    lifecycle::{
        destinations,
        journal::{Delivered, Journal, Journals, RetireWhen, RotationStage},
        rotation::{
            Rotation, RotationError, can_abort,
            start::{ReadyRotation, RotationPlace, RotationPlan, StartError, undeliverable},
        },
    },
    vault::SessionStore,
};

/// Delivery of a rotated secret to its consumers.
#[derive(Debug, Clone, Default, Args)]
pub struct DeliveryArgs {
    /// Destination in the configuration that gets the new secret; repeatable. Starts a rotation that can be resumed
    /// and aborted.
    #[arg(long, value_name = "DESTINATION", conflicts_with_all = ["reveal", "secret_file", "secret_fd", "exec", "keep_tokens"])]
    pub to: Vec<String>,
    /// Time for which the previous secret keeps working, such as 7d. Default: until credenza rotate finish.
    #[arg(long, value_name = "DURATION", requires = "to", value_parser = duration)]
    pub overlap: Option<i64>,
    /// Time without use, such as 24h, after which credenza rotate resume revokes the previous secret.
    #[arg(long, value_name = "DURATION", requires = "to", conflicts_with = "overlap", value_parser = duration)]
    pub until_unused: Option<i64>,
    /// Accept an outage: the previous secret may stop working before the new one is delivered.
    #[arg(long, requires = "to")]
    pub replace: bool,
    /// Create a second client with the same settings, deliver its ID and secret, and delete this client at the end.
    /// For servers that revoke the current secret immediately.
    #[arg(long, requires = "id_to", conflicts_with_all = ["replace", "filter"])]
    pub twin: bool,
    /// Destination in the configuration that gets the ID of the second client; repeatable.
    #[arg(long, value_name = "DESTINATION", requires_all = ["to", "twin"])]
    pub id_to: Vec<String>,
}

/// Note about the settings that are not copied to the second client.
const NOT_COPIED: &str =
    "Not copied: settings that Credenza does not edit, such as roles and permissions";

impl DeliveryArgs {
    const fn retire(&self) -> RetireWhen {
        match (self.overlap, self.until_unused) {
            (Some(seconds), _) => RetireWhen::After(seconds),
            (None, Some(seconds)) => RetireWhen::Unused(seconds),
            (None, None) => RetireWhen::Finished,
        }
    }
}

/// Parses a duration, such as `30d`, `12h` or `0`, and returns it in seconds.
///
/// # Errors
/// Returns an error if the text is not a duration, if it is zero with a unit, such as `0d`, or if
/// the duration is too long.
pub fn duration(text: &str) -> Result<i64, InvalidValue> {
    if text == "0" {
        return Ok(0);
    }
    let now = Timestamp::now();
    // `parse_expiry` also accepts dates and times, which are not durations.
    let parsed = Some(text)
        .filter(|text| text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains('-'));
    parsed
        .and_then(|text| age::parse_expiry(text, now).ok())
        .map(|at| at.as_second() - now.as_second())
        .ok_or(InvalidValue("use a duration such as 30d or 12h"))
}

/// Subcommands that manage rotations in progress.
#[derive(Debug, Clone, Subcommand)]
pub enum RotationCommand {
    /// List the rotations in progress.
    Status {
        /// Include complete and aborted rotations.
        #[arg(long)]
        all: bool,
        /// Output format.
        #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
        output: ShowFormat,
    },
    /// Continue a rotation: repeat a failed step, or revoke the previous secret when it is due.
    Resume(OneRotation),
    /// Revoke the previous secret now, and complete the rotation.
    Finish(OneRotation),
    /// Restore the destinations and the previous secret.
    Abort(OneRotation),
    /// Delete the record of a rotation that cannot be completed, and its secrets in the session store. The server and
    /// the destinations stay unchanged.
    Forget {
        /// ID of the rotation.
        id: String,
        /// ID of the rotation again, to confirm.
        #[arg(long, value_name = "ID")]
        confirm: String,
    },
}

/// Rotation to continue, finish or abort, and the destinations to skip.
#[derive(Debug, Clone, Args)]
pub struct OneRotation {
    /// ID of the rotation, or client ID. Default: the only rotation in progress.
    pub id: Option<String>,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
    /// Destination to skip, because it cannot be written to; repeatable.
    #[arg(long, value_name = "DESTINATION")]
    pub skip: Vec<String>,
    /// Name of the profile, required if it is production or read-only.
    #[arg(long, value_name = "PROFILE")]
    pub unlock: Option<String>,
}

/// Runs a command that manages rotations.
///
/// # Errors
/// Returns an error if no rotation or several rotations match, if the rotation is for another
/// profile or server, if another process is rotating the client, if a confirmation is wrong, if a
/// production or read-only profile is not unlocked, or if a step fails.
pub fn run(console: &ConsoleArgs, command: &RotationCommand) -> Result<Printed> {
    match command {
        RotationCommand::Status { all, output } => status(console, *all, *output),
        RotationCommand::Resume(one) => resumed(console, one, JournalAction::Resume),
        RotationCommand::Finish(one) => resumed(console, one, JournalAction::Finish),
        RotationCommand::Abort(one) => resumed(console, one, JournalAction::Abort),
        RotationCommand::Forget { id, confirm } => forget(console, id, confirm),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum JournalAction {
    Resume,
    Finish,
    Abort,
}

/// Starts a rotation, and runs its steps up to the first one that must wait. With `--dry-run`,
/// returns a description of the steps instead.
///
/// # Errors
/// Returns an error if the workspace is the demo, if the client cannot be found or has no secret
/// that can be delivered, if a destination is unknown, if a rotation of the client is already in
/// progress, if the previous secret may stop working immediately and `--replace` is not given, if
/// the user does not confirm, or if a check or a step fails.
pub fn start(console: &ConsoleArgs, args: &RotateArgs, id: &str) -> Result<Printed> {
    with_api(console, &args.write.api, async |session| {
        not_in_demo(console, &args.write.api)?;
        let found = fleet::named(session, id, args.kind).await?;
        let ready = ready(session, &args.delivery, &found).await?;
        let vault = session.context.auth.store().await;
        let prover = prover(session).await;
        let mut rotation = ready.rotation(session.reader(), &vault, &prover);
        let checked = rotation.preflight().await;
        checked.map_err(|error| failed(&error, &rotation.journal, &ready.abilities))?;
        let found = &ready.found;
        let overlaps = args.delivery.twin || ready.abilities.keeps_previous_secret(found);
        if args.write.dry_run {
            let plan = plan(&rotation.journal, found, &ready.rotation.destinations, overlaps);
            return Ok(Printed::fine(plan));
        }
        let impact = if args.delivery.twin {
            say(NOT_COPIED);
            "A second client with another ID takes its place. This client is deleted at the end."
        } else if overlaps {
            "Its current secret keeps working for now. Its access tokens stay valid."
        } else {
            "Its current secret may stop working before the new one is delivered."
        };
        confirmed(found, args.confirm.as_deref(), "rotate the secret of", impact)?;
        let writer = session.writer(args.write.unlock.as_deref())?;
        rotation.api = writer.api();
        let result = rotation.advance().await;
        outcome(&rotation.journal, &ready.abilities, result, args.write.output)
    })
}

/// Starts a rotation for each client that matches `--where`, one after the other. Stops at the
/// first failure, unless `--keep-going` is given. With `--dry-run`, returns the plan instead.
///
/// # Errors
/// Returns an error if the filter is invalid, if the workspace is the demo, if a destination is
/// missing, unknown or not different for each client, if the list is incomplete, or if the user
/// does not confirm. Failed rotations are reported in the output instead.
pub fn start_all(console: &ConsoleArgs, args: &RotateArgs) -> Result<Printed> {
    let filter = args.filter.filter()?;
    args.filter.not_empty(&filter)?;
    with_api(console, &args.write.api, async |session| {
        not_in_demo(console, &args.write.api)?;
        let destinations = chosen(session, &args.delivery.to)?;
        if let Some(shared) = destinations.iter().find(|it| !it.is_per_client()) {
            return Err(Exit::usage(format!(
                "The destination {} is the same for every client. Use {CLIENT_ID} in its path to rotate several clients",
                shared.name
            )));
        }
        if args.delivery.to.is_empty() {
            return Err(Exit::usage(format!(
                "--where requires a destination: add --to with a destination whose path contains {CLIENT_ID}"
            )));
        }
        let selected = args.filter.gather(session, &filter, None, false, args.bulk.quiet).await?;
        bulk::complete(&selected.incomplete)?;
        let mut plan = Plan { verb: "rotate", ..Plan::default() };
        let mut open = open(&Journals::below(&session.context.auth.state))?;
        open.retain(|it| place(session).has(it));
        for credential in selected.chosen {
            let refused = match allowed(&session.capabilities.of(credential.kind()).rotate) {
                _ if open.iter().any(|it| it.client_id == credential.id().raw()) => {
                    Some("its rotation is in progress: see credenza rotate status".to_owned())
                }
                Err(why) => Some(why.to_string()),
                Ok(()) if credential.record().built_in => Some(ON_ITS_OWN.to_owned()),
                Ok(()) => {
                    let kind = credential.kind();
                    undeliverable(kind, &session.capabilities.of(kind).secrecy)
                }
            };
            let places: Result<Vec<String>, _> = destinations
                .iter()
                .map(|it| Ok(it.of_client(credential.id().raw())?.store.described()))
                .collect();
            match (refused, places) {
                (Some(why), _) => plan.skipped.push((credential, why)),
                (None, Err(UnsafeClientId)) => {
                    plan.skipped.push((credential, UnsafeClientId.to_string()));
                }
                (None, Ok(places)) => {
                    let action = PlannedAction::Deliver(places);
                    plan.steps.push(PlanStep { credential, action });
                }
            }
        }
        let vault = session.context.auth.store().await;
        let prover = prover(session).await;
        let run = bulk::run(session, &args.bulk, &args.write, &plan, async |writer, step| {
            let begun = async {
                let ready = ready(session, &args.delivery, &step.credential).await?;
                let mut rotation = ready.rotation(writer.api(), &vault, &prover);
                let result = match rotation.preflight().await {
                    Ok(()) => rotation.advance().await,
                    Err(error) => Err(error),
                };
                result.map_err(|error| failed(&error, &rotation.journal, &ready.abilities))
            };
            begun.await.map_err(|error| ApiError::Local {
                why: format!("{}.", format!("{error:#}").trim_end_matches('.')),
                next: "Check its state: credenza rotate status.",
            })
        });
        let mut printed = run.await?;
        if !args.write.dry_run && args.write.output == ShowFormat::Table && !plan.steps.is_empty() {
            printed.text.push_str("Next steps of each rotation: credenza rotate status\n");
        }
        Ok(printed)
    })
}

/// Reads the client, and checks that its rotation can start.
async fn ready(session: &ApiSession, delivery: &DeliveryArgs, found: &Credential) -> Result<Ready> {
    let abilities = session.capabilities.of(found.kind()).clone();
    let plan = RotationPlan {
        to: chosen(session, &delivery.to)?,
        id_to: chosen(session, &delivery.id_to)?,
        retire: delivery.retire(),
        replace: delivery.replace,
        twin: delivery.twin,
    };
    let fresh = session.fresh(found).await;
    let found = fresh.map_err(|error| refused(&error, "Could not read the client"))?;
    let journals = Journals::below(&session.context.auth.state);
    let rotation = ReadyRotation::check(&found, &abilities, &plan, place(session), &journals)
        .map_err(|error| not_started(error, &abilities))?;
    Ok(Ready { found, abilities, journals, rotation })
}

/// Rotation that can start, with its client.
struct Ready {
    found: Credential,
    abilities: Abilities,
    journals: Journals,
    rotation: ReadyRotation,
}

impl Ready {
    fn rotation<'a>(
        &'a self,
        api: &'a dyn CredentialsApi,
        vault: &'a SessionStore,
        prover: &'a Result<Prover, String>,
    ) -> Rotation<'a> {
        Rotation {
            api,
            abilities: &self.abilities,
            prover: prover.as_ref().map_err(Clone::clone),
            vault,
            journals: &self.journals,
            destinations: &self.rotation.destinations,
            skip: &[],
            clock: now,
            report: &say,
            kind: self.found.kind(),
            journal: self.rotation.journal.clone(),
        }
    }
}

fn place(session: &ApiSession) -> RotationPlace<'_> {
    RotationPlace {
        profile: &session.profile.name,
        base_url: &session.profile.base_url,
        is_local: session.is_local(),
    }
}

fn not_started(error: StartError, abilities: &Abilities) -> Report {
    match error {
        StartError::Refused(why) => eyre!("{}", why.shown()),
        StartError::SharedPlace(_) => Exit::usage(error.to_string()),
        StartError::InProgress(open) => eyre!(
            "A rotation of this client is in progress: {0}, {1}.\nContinue it: credenza rotate resume {0}\nUndo it: credenza rotate abort {0}",
            open.id,
            open.progress()
        ),
        StartError::UseUnknown => {
            Exit::usage(format!("{error}. Use --overlap instead of --until-unused"))
        }
        StartError::EndsPrevious => Exit::usage(replaced_at_once(abilities)),
        StartError::NoPlace(..) | StartError::Locked | StartError::Journals(_) => eyre!("{error}"),
    }
}

/// Continues, finishes or aborts a rotation.
fn resumed(console: &ConsoleArgs, one: &OneRotation, action: JournalAction) -> Result<Printed> {
    let context = Context::load(console)?;
    let journals = Journals::below(&context.auth.state);
    let journal = named(&journals, one.id.as_deref(), console.profile.as_deref())?;
    let mut console = console.clone();
    if one.api.base_url.is_none() {
        console.profile = Some(journal.profile.clone());
    }
    with_api(&console, &one.api, async |session| {
        if !place(session).has(&journal) {
            return Err(eyre!(
                "The rotation {} belongs to the server {}, but the profile uses {}",
                journal.id,
                text::shown(&journal.base_url),
                text::shown(&session.profile.base_url)
            ));
        }
        let kind = Kind::of_word(&journal.kind)
            .ok_or_else(|| eyre!("The journal {} has an unknown kind of client", journal.id))?;
        let abilities = session.capabilities.of(kind).clone();
        let writer: Writer = session.writer(one.unlock.as_deref())?;
        let _lock = lock(&journals, &journal)?;
        // Read the journal again, because another process may have changed it before the lock was
        // acquired.
        let journal = named(&journals, Some(&journal.id), None)?;
        let known = &session.context.settings.destinations;
        let destinations = destinations::of_client(known, &journal.client_id);
        let vault = session.context.auth.store().await;
        let prover = prover(session).await;
        let mut rotation = Rotation {
            api: writer.api(),
            abilities: &abilities,
            prover: prover.as_ref().map_err(Clone::clone),
            vault: &vault,
            journals: &journals,
            destinations: &destinations,
            skip: &one.skip,
            clock: now,
            report: &say,
            kind,
            journal,
        };
        let result = match action {
            JournalAction::Resume => rotation.advance().await,
            JournalAction::Finish => rotation.finish().await,
            JournalAction::Abort => rotation.abort().await,
        };
        outcome(&rotation.journal, &abilities, result, ShowFormat::Table)
    })
}

fn now() -> Timestamp {
    Timestamp::now()
}

async fn prover(session: &ApiSession) -> Result<Prover, String> {
    let prover = Prover::new(&session.capabilities, session.trust.clone()).await;
    prover.map_err(|error| error.explain_for_command("").why)
}

fn lock(journals: &Journals, journal: &Journal) -> Result<crate::files::Locked> {
    journals.lock(journal)?.ok_or_else(|| eyre!("Another process is rotating this client"))
}

fn every(journals: &Journals) -> Result<Vec<Journal>> {
    journals.all().map_err(|error| eyre!("Could not read the rotations: {error}"))
}

/// Returns the rotations that are neither complete nor aborted.
fn open(journals: &Journals) -> Result<Vec<Journal>> {
    let mut all = every(journals)?;
    all.retain(|journal| !journal.stage.is_final());
    Ok(all)
}

/// Returns the rotation in progress of `profile` whose rotation ID or client ID is `id`. `None`
/// matches every profile or ID. Returns an error if no rotation or several rotations match.
fn named(journals: &Journals, id: Option<&str>, profile: Option<&str>) -> Result<Journal> {
    let open = open(journals)?;
    let mut found: Vec<Journal> = open
        .into_iter()
        .filter(|journal| id.is_none_or(|id| journal.id == id || journal.client_id == id))
        .filter(|journal| profile.is_none_or(|profile| journal.profile == profile))
        .collect();
    match (found.len(), id) {
        (1, _) => Ok(found.remove(0)),
        (0, None) => Err(eyre!("No rotation is in progress")),
        (0, Some(id)) => Err(eyre!(
            "No rotation in progress has the ID {}. List all: credenza rotate status --all",
            text::shown(id)
        )),
        _ => Err(Exit::usage(
            "Several rotations are in progress. Add the ID of one of them. List them: credenza rotate status"
                .to_owned(),
        )),
    }
}

/// Returns the configured destinations with the given names, without duplicates.
///
/// # Errors
/// Returns a usage error (exit code 2) if a name is unknown.
pub(super) fn chosen(session: &ApiSession, names: &[String]) -> Result<Vec<Destination>> {
    let known = &session.context.settings.destinations;
    let mut found: Vec<Destination> = Vec::new();
    for name in names {
        let Some(destination) = known.iter().find(|it| it.name == *name) else {
            let names: Vec<&str> = known.iter().map(|it| it.name.as_str()).collect();
            let names = if names.is_empty() { "none yet".to_owned() } else { names.join(", ") };
            return Err(Exit::usage(format!(
                "Unknown destination {name:?}. Destinations: {names}.\nAdd it as [destinations.NAME] to {}",
                session.context.file.path.display()
            )));
        };
        if !found.iter().any(|it| it.name == *name) {
            found.push(destination.clone());
        }
    }
    Ok(found)
}

fn replaced_at_once(abilities: &Abilities) -> String {
    let why = if abilities.overlap == Overlap::Policy {
        "No rotation policy found for this client: its current secret may stop working immediately"
    } else {
        "This server revokes the current secret immediately"
    };
    format!(
        "{why}, before the new one is delivered. Nothing was changed.\nTo accept an outage: --replace.\nTo avoid it: --twin --id-to DESTINATION. This creates a second client, delivers its ID and secret, and finally deletes the first client."
    )
}

/// Describes the steps of a rotation, for `--dry-run`.
fn plan(
    journal: &Journal,
    client: &Credential,
    destinations: &[Destination],
    overlaps: bool,
) -> String {
    let first = match &journal.twin {
        Some(twin) => format!(
            "Create a second client {}; keep its secret in the session store. {NOT_COPIED}",
            text::shown(&twin.name)
        ),
        None => "Issue a new secret; keep it in the session store".to_owned(),
    };
    let mut steps = vec![first];
    if journal.twin.is_some() {
        steps.push(
            "Wait. Give the new client its roles and permissions, then run credenza rotate resume"
                .to_owned(),
        );
    }
    steps.extend(destinations.iter().zip(&journal.deliveries).map(|(it, delivery)| {
        let value = match (delivery.value, &journal.twin) {
            (Delivered::Secret, None) => "it",
            (Delivered::Secret, Some(_)) => "its secret",
            (Delivered::ClientId, _) => "its ID",
        };
        let (name, place) = (text::shown(&it.name), it.store.described());
        format!("Deliver {value} to {name}: {}", text::shown(&place))
    }));
    steps.push("Request a token with the new secret".to_owned());
    steps.push(waiting(journal, overlaps));
    let steps = steps.iter().enumerate().map(|(at, step)| format!("{}. {step}\n", at + 1));
    format!(
        "Rotate the secret of {} ({})\n{}Nothing was changed.\n",
        client.name().shown(),
        client.id().shown(),
        steps.collect::<String>()
    )
}

fn waiting(journal: &Journal, overlaps: bool) -> String {
    let span = |seconds| age::span(seconds);
    let kept = if journal.twin.is_some() { "this client" } else { "the previous secret" };
    match journal.retire {
        _ if !overlaps => "The previous secret stops working when the new one is issued".to_owned(),
        RetireWhen::Finished => format!("Keep {kept} until credenza rotate finish"),
        RetireWhen::After(seconds) => format!("Keep {kept} for {}", span(seconds)),
        RetireWhen::Unused(seconds) => {
            format!("Keep {kept} until it has been unused for {}", span(seconds))
        }
    }
}

/// Returns the output of a rotation command: the rotation as JSON, or its state and the commands
/// for the next steps.
fn outcome(
    journal: &Journal,
    abilities: &Abilities,
    result: Result<(), RotationError>,
    output: ShowFormat,
) -> Result<Printed> {
    result.map_err(|error| failed(&error, journal, abilities))?;
    if output == ShowFormat::Json {
        return Ok(Printed::fine(export::json(&json!(journal), true) + "\n"));
    }
    let (id, name) = (&journal.id, text::shown(&journal.name));
    Ok(Printed::fine(match journal.stage {
        RotationStage::Closed => match journal.twin.as_ref().and_then(|it| it.client_id.as_ref()) {
            Some(new) => format!(
                "Replaced {name} ({}) with {}\n",
                text::shown(&journal.client_id),
                text::shown(new)
            ),
            None => format!("Rotated the secret of {name}\n"),
        },
        RotationStage::Issued => {
            let new = journal.twin.as_ref().and_then(|it| it.client_id.as_deref());
            format!(
                "Created the client {}. Give it the roles and permissions of {name}.\nThen deliver its ID and secret: credenza rotate resume {id}\nUndo the rotation: credenza rotate abort {id}\n",
                text::shown(new.unwrap_or_default())
            )
        }
        RotationStage::Aborted if journal.twin.is_some() => {
            format!("Aborted: {name} is unchanged, and the new client is deleted\n")
        }
        RotationStage::Aborted => format!("Aborted: {name} has its previous secret\n"),
        _ => {
            let state = match journal.previous_works {
                _ if journal.parked_at.is_some() => {
                    "The new secret works, and the previous one is inactive"
                }
                Some(true) if journal.twin.is_some() => "Both clients work",
                Some(true) => "Both secrets work",
                _ => "The new secret is delivered; it is unknown whether the previous one works",
            };
            let next = match (&journal.unproven, journal.retire, journal.due()) {
                _ if journal.stage == RotationStage::Parked => format!(
                    "{state}.{} Delete it now: credenza rotate finish {id}",
                    journal.deletion_due().map_or_else(String::new, |due| format!(
                        " To delete it, run this after {}: credenza rotate resume {id}.",
                        age::utc(due)
                    ))
                ),
                (Some(_), ..) => format!(
                    "{state}. The new one could not be tested.\nTry again: credenza rotate resume {id}\nRevoke the previous one regardless: credenza rotate finish {id}"
                ),
                (None, _, Some(due)) => format!(
                    "{state}. To revoke the previous one, run this after {}: credenza rotate resume {id}",
                    age::utc(due)
                ),
                (None, RetireWhen::Unused(_), _) => format!(
                    "{state}. Once the previous one is unused, revoke it: credenza rotate resume {id}"
                ),
                _ => format!("{state}. Revoke the previous one: credenza rotate finish {id}"),
            };
            let undo = if can_abort(abilities, journal) {
                format!("\nUndo the rotation: credenza rotate abort {id}")
            } else {
                String::new()
            };
            format!("{next}{undo}\n")
        }
    }))
}

fn failed(error: &RotationError, journal: &Journal, abilities: &Abilities) -> Report {
    let why = match error {
        RotationError::Api { what, error } => error.explain_for_command(what).text(),
        RotationError::NotIssued(error) => {
            error.explain_for_command("Could not issue a new secret").text()
        }
        RotationError::NotCreated(error) => {
            error.explain_for_command("Could not create the new client").text()
        }
        other => other.to_string(),
    };
    let id = &journal.id;
    let next = match (journal.stage, error) {
        (RotationStage::Preflight | RotationStage::Aborted, _) => "Nothing was changed.".to_owned(),
        (RotationStage::Aborting | RotationStage::Restored, RotationError::Destination(error)) => {
            format!(
                "Continue: credenza rotate abort {id}. If the destination cannot be written, add --skip {}",
                text::shown(&error.name)
            )
        }
        (RotationStage::Aborting | RotationStage::Restored, _) => {
            format!("Continue: credenza rotate abort {id}")
        }
        (_, RotationError::CannotAbort(_)) => format!("Continue: credenza rotate resume {id}"),
        (_, RotationError::NotDelivered) => {
            format!("Deliver them: credenza rotate resume {id}")
        }
        (_, RotationError::Superseded | RotationError::TwinChanged)
            if journal.parked_at.is_some() && journal.stage != RotationStage::Retiring =>
        {
            format!("Undo the rotation: credenza rotate abort {id}")
        }
        (
            _,
            RotationError::Superseded | RotationError::TwinChanged | RotationError::SecretsMissing,
        ) => format!(
            "If the rotation cannot be completed, remove it from the list: credenza rotate forget {id} --confirm {id}"
        ),
        (stage, _) => {
            let undo = match stage {
                RotationStage::Retiring | RotationStage::Retired => String::new(),
                _ if !can_abort(abilities, journal) => String::new(),
                _ => format!(" Undo it: credenza rotate abort {id}"),
            };
            format!(
                "The rotation is not complete ({}). Continue it: credenza rotate resume {id}.{undo}",
                journal.progress()
            )
        }
    };
    eyre!("{}.\n{next}", why.trim_end_matches('.'))
}

/// Marks a rotation as aborted, and deletes its secrets from the session store.
fn forget(console: &ConsoleArgs, id: &str, confirm: &str) -> Result<Printed> {
    let context = Context::load(console)?;
    let journals = Journals::below(&context.auth.state);
    let mut journal = named(&journals, Some(id), None)?;
    if confirm != journal.id {
        return Err(Exit::usage(format!("--confirm is not {}. Nothing was changed", journal.id)));
    }
    let _lock = lock(&journals, &journal)?;
    runtime()?.block_on(async { context.auth.store().await.remove(&journal.vault_key()).await })?;
    (journal.stage, journal.ended_at) = (RotationStage::Aborted, Some(now()));
    journals.write(&journal)?;
    Ok(Printed::fine(format!("Removed {} from the list\n", journal.id)))
}

fn status(console: &ConsoleArgs, all: bool, output: ShowFormat) -> Result<Printed> {
    let context = Context::load(console)?;
    let journals = Journals::below(&context.auth.state);
    let journals = if all { every(&journals)? } else { open(&journals)? };
    if output == ShowFormat::Json {
        return Ok(Printed::fine(export::json(&json!(journals), true) + "\n"));
    }
    if journals.is_empty() {
        say("No rotation is in progress.");
        return Ok(Printed::fine(String::new()));
    }
    let rows: Vec<Vec<Cow<'_, str>>> = journals
        .iter()
        .map(|it| {
            vec![
                Cow::from(&it.id),
                Cow::from(&it.name),
                Cow::from(&it.profile),
                age::utc(it.started_at).into(),
                it.progress().into(),
            ]
        })
        .collect();
    let head = ["id", "CLIENT", "PROFILE", "STARTED", "PROGRESS"];
    Ok(Printed::fine(table(&head, &rows, terminal_columns())))
}
