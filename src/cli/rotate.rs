//! `credenza rotate`.

use clap::Args;
use color_eyre::eyre::Result;

use super::{
    ConsoleArgs, Printed,
    desk::refused,
    fleet,
    keep::KeepArgs,
    list::allowed,
    plan::{Action, Plan},
    write::{Which, WriteArgs, confirmed, handed_over, on_desk},
};
use crate::api::Secrecy;

/// Which client gets a new secret.
#[derive(Debug, Clone, Args)]
pub struct RotateArgs {
    /// Which one.
    #[command(flatten)]
    pub which: Which,
    /// The client's name, to confirm; without it the name is asked for at the terminal.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Where the secret goes.
    #[command(flatten)]
    pub keep: KeepArgs,
    /// How it is written.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Gives a client a new secret.
///
/// # Errors
/// When it was not done.
pub fn rotate(console: &ConsoleArgs, args: &RotateArgs) -> Result<Printed> {
    args.keep.check()?;
    on_desk(console, &args.write.api, async |desk| {
        let found = fleet::named(desk, &args.which.id, args.which.kind).await?;
        let abilities = desk.capabilities.of(found.kind());
        allowed(&abilities.rotate)?;
        if let Secrecy::Once(why) = &abilities.secrecy {
            args.keep.wanted(&format!("the new secret ({})", why.shown()))?;
        }
        let named = format!("{} ({})", found.name().shown(), found.id().shown());
        if args.write.dry_run {
            return Ok(Plan::one("rotate", found, Action::Rotate).dry_run(args.write.output));
        }
        let impact = "The secret that it has now stops working.";
        confirmed(&found, args.confirm.as_deref(), "rotate the secret of", impact)?;
        let writer = desk.writer(args.write.unlock.as_deref())?;
        let made = writer
            .rotate(&found)
            .await
            .map_err(|error| refused(&error, &format!("The secret of {named} was not rotated")))?;
        handed_over(desk, made, &args.keep, args.write.output, "Rotated the secret of").await
    })
}
