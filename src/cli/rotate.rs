//! `credenza rotate`.

use clap::Args;
use color_eyre::eyre::Result;

use super::{
    ConsoleArgs, Exit, Printed, fleet,
    list::allowed,
    plan::{Action, Plan},
    secret_output::SecretOutputArgs,
    write::{Which, WriteArgs, confirmed, handed_over, not_done, with_api},
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
    /// Leave the client's access tokens valid, where the server would end them at once: for a planned
    /// rotation, not for a leaked secret.
    #[arg(long)]
    pub keep_tokens: bool,
    /// Where the secret goes.
    #[command(flatten)]
    pub keep: SecretOutputArgs,
    /// How it is written.
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Gives a client a new secret.
///
/// # Errors
/// When it was not done.
pub fn rotate(console: &ConsoleArgs, args: &RotateArgs) -> Result<Printed> {
    let to = args.keep.reserve_unless(args.write.dry_run)?;
    with_api(console, &args.write.api, async |session| {
        let found = fleet::named(session, &args.which.id, args.which.kind).await?;
        let abilities = session.capabilities.of(found.kind());
        allowed(&abilities.rotate)?;
        if let Secrecy::Once(why) = &abilities.secrecy {
            args.keep.wanted(&format!("the new secret ({})", why.shown()))?;
        }
        if args.keep_tokens && !abilities.rotation_ends_tokens {
            return Err(Exit::usage(
                "--keep-tokens: this server does not offer to end access tokens with a rotation. \
                 Rotate without it"
                    .to_owned(),
            ));
        }
        let named = format!("{} ({})", found.name().shown(), found.id().shown());
        if args.write.dry_run {
            return Ok(Plan::one("rotate", found, Action::Rotate).dry_run(args.write.output));
        }
        let impact = if abilities.rotation_ends_tokens && !args.keep_tokens {
            "The secret that it has now stops working, and so do its access tokens."
        } else {
            "The secret that it has now stops working."
        };
        confirmed(&found, args.confirm.as_deref(), "rotate the secret of", impact)?;
        let writer = session.writer(args.write.unlock.as_deref())?;
        let made = writer
            .rotate(&found, args.keep_tokens)
            .await
            .map_err(|error| not_done(&error, &format!("The secret of {named}"), "rotated"))?;
        handed_over(session, made, to, args.write.output, "Rotated the secret of").await
    })
}
