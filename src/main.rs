//! Arguments become the console or a command, and an exit code: 0 all is well, 1 it failed, 2 it
//! cannot be used like this, 128 and more ended by a signal.

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use color_eyre::eyre::Result;
use credenza::{
    cli::{self, Cli, Command},
    keys, report,
};

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    report::install()?;
    let text = match &cli.command {
        None => return cli::console::run(&cli.console),
        Some(Command::Serve(args)) => return cli::serve::run(args),
        Some(Command::Doctor) => cli::doctor::report(&cli.console)?,
        Some(Command::Keys) => keys::docs::plain(),
        Some(Command::Man) => cli::man_page(),
        Some(Command::Completions { shell }) => cli::completions(*shell),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads only the beginning has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        other => Ok(other.map(|()| ExitCode::SUCCESS)?),
    }
}
