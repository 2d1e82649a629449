//! `credenza rotate`: rotates the secret of a client.

use clap::Args;
use clap_complete::ArgValueCompleter;
use color_eyre::eyre::Result;

use super::{
    ConsoleArgs, Exit, Printed,
    bulk::BulkArgs,
    complete, fleet,
    list::{WhereArgs, allowed},
    plan::{Plan, PlannedAction},
    rotation::{self, DeliveryArgs, RotationCommand},
    secret_output::SecretOutputArgs,
    write::{Verb, WriteArgs, confirmed, handed_over, not_done, with_api},
};
use crate::{api::Secrecy, domain::Kind};

/// Client whose secret is rotated, confirmation, and destinations of the new secret.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct RotateArgs {
    /// Subcommand that manages rotations in progress.
    #[command(subcommand)]
    pub command: Option<RotationCommand>,
    /// Client ID or unique exact name; or --where for many.
    #[arg(required_unless_present = "filter", conflicts_with = "filter", add = ArgValueCompleter::new(complete::credentials))]
    pub id: Option<String>,
    /// Kind, if the ID or name is ambiguous: spa, m2m or other.
    #[arg(long = "type", value_name = "KIND", value_parser = super::list::kind, conflicts_with = "filter")]
    pub kind: Option<Kind>,
    /// Selection of several clients, for --to with a destination for each client.
    #[command(flatten)]
    pub filter: WhereArgs,
    /// Confirmation, error handling and output of a bulk rotation.
    #[command(flatten)]
    pub bulk: BulkArgs,
    /// Name of the client, to confirm. Without it, the command prompts for the name.
    #[arg(long, value_name = "NAME", conflicts_with = "filter")]
    pub confirm: Option<String>,
    /// Keep the client's access tokens valid, for a planned rotation. Do not use it for a leaked secret.
    #[arg(long)]
    pub keep_tokens: bool,
    /// Destinations in the configuration.
    #[command(flatten)]
    pub delivery: DeliveryArgs,
    /// Destination of the secret.
    #[command(flatten)]
    pub keep: SecretOutputArgs,
    /// Output format.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Rotates the secret of a client, or of each client that matches `--where`, and delivers the new
/// secret if a destination is given. With `--dry-run`, returns the plan instead. With a subcommand,
/// runs the subcommand.
///
/// # Errors
/// Returns an error if no client is given or found, if the server does not support the rotation or
/// `--keep-tokens`, if a secret that is shown only once has no destination, if the user does not
/// confirm, if a production or read-only profile is not unlocked, or if the server or the delivery
/// fails.
pub fn rotate(console: &ConsoleArgs, args: &RotateArgs) -> Result<Printed> {
    if let Some(command) = &args.command {
        return rotation::run(console, command);
    }
    let Some(id) = &args.id else { return rotation::start_all(console, args) };
    if !args.delivery.to.is_empty() {
        return rotation::start(console, args, id);
    }
    let to = args.keep.reserve_unless(args.write.dry_run)?;
    with_api(console, &args.write.api, async |session| {
        let found = fleet::named(session, id, args.kind).await?;
        let abilities = session.capabilities.of(found.kind());
        allowed(&abilities.rotate)?;
        if let Secrecy::Once(why) = &abilities.secrecy {
            args.keep.wanted(&format!("the new secret ({})", why.shown()))?;
        }
        if args.keep_tokens && !abilities.rotation_ends_tokens {
            return Err(Exit::usage(
                "--keep-tokens is not supported: this server never revokes access tokens on rotation. Rotate without it"
                    .to_owned(),
            ));
        }
        let named = format!("{} ({})", found.name().shown(), found.id().shown());
        if args.write.dry_run {
            return Ok(Plan::one("rotate", found, PlannedAction::Rotate).dry_run(args.write.output));
        }
        let impact = if abilities.rotation_ends_tokens && !args.keep_tokens {
            "Its current secret and its access tokens stop working."
        } else {
            "Its current secret stops working."
        };
        confirmed(&found, args.confirm.as_deref(), "rotate the secret of", impact)?;
        let writer = session.writer(args.write.unlock.as_deref())?;
        let made = writer
            .rotate(&found, args.keep_tokens)
            .await
            .map_err(|error| not_done(&error, Verb::Rotate, &format!("the secret of {named}")))?;
        handed_over(session, made, to, args.write.output, "Rotated the secret of").await
    })
}
