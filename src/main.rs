//! Arguments become the console or a command, and an exit code: 0 all is well, 1 it failed, 2 it
//! cannot be used like this, 128 and more ended by a signal.

use std::{io::Write as _, process::ExitCode, time::Duration};

use clap::Parser as _;
use color_eyre::eyre::Result;
use credenza::{
    api::http,
    cli::{self, Cli, Command, Printed},
    config::ConfigFile,
    keys::{self, Keymap},
    process, report,
};

fn main() -> ExitCode {
    cli::complete::answer();
    let cli = Cli::parse();
    let hardened = process::harden();
    http::set_limits(cli.console.timeout.map(Duration::from_secs), cli.console.retries);
    let result = report::install().and_then(|()| run(&cli, &hardened));
    result.unwrap_or_else(|error| {
        report::say(&error);
        cli::Exit::of(&error).into()
    })
}

fn run(cli: &Cli, hardened: &[(&str, bool)]) -> Result<ExitCode> {
    if let Some(printed) = plain(cli) {
        let Printed { text, code } = printed?;
        return self::printed(&text).map(|_| code);
    }
    let text = match &cli.command {
        None => return cli::console::run(&cli.console),
        Some(Command::Serve(args)) => return cli::serve::run(args),
        Some(Command::Login(args)) => return cli::login::login(&cli.console, args),
        Some(Command::Logout { name }) => {
            return cli::login::logout(&cli.console, name.as_deref());
        }
        Some(Command::Whoami { name, output }) => {
            cli::login::whoami(&cli.console, name.as_deref(), *output)?
        }
        Some(Command::Profile(command)) => cli::profile::run(&cli.console, command)?,
        Some(Command::Doctor { output }) => {
            return cli::doctor::run(&cli.console, *output, hardened);
        }
        Some(Command::Conformance(args)) => {
            let (text, code) = cli::conformance::run(&cli.console, args)?;
            return printed(&text).map(|_| code);
        }
        Some(Command::Register(command)) => cli::register::run(&cli.console, command)?,
        Some(Command::Keys { names: false }) => keys::docs::plain(),
        Some(Command::Keys { names: true }) => {
            let settings = ConfigFile::find()?.load()?;
            keys::docs::names(&Keymap::new(&settings.keys).unwrap_or_default())
        }
        Some(Command::Man) => cli::docs::man_page(),
        Some(Command::Completions { shell }) => cli::complete::script(*shell),
        Some(_) => return Ok(ExitCode::SUCCESS), // plain commands were carried out above
    };
    printed(&text)
}

/// Carries out a command about credentials, if it is one.
fn plain(cli: &Cli) -> Option<Result<Printed>> {
    let console = &cli.console;
    Some(match cli.command.as_ref()? {
        Command::List(args) => cli::list::list(console, args),
        Command::Show(args) => cli::list::show(console, args),
        Command::Create(command) => cli::create::create(console, command),
        Command::Edit(args) => cli::edit::edit(console, args),
        Command::AddUrl(args) => cli::edit::urls(console, args, false),
        Command::RmUrl(args) => cli::edit::urls(console, args, true),
        Command::Delete(args) => cli::delete::delete(console, args),
        Command::Rotate(args) => cli::rotate::rotate(console, args),
        Command::Copy(args) => cli::secret::copy(console, args),
        Command::Secret(args) => cli::secret::secret(console, args),
        Command::Token(args) => cli::secret::token(console, args),
        Command::LoginTest(args) => cli::login_test::run(console, args),
        Command::Exec(args) => cli::environment::exec(console, args),
        Command::Env(args) => cli::environment::env(console, args),
        Command::Open(args) => cli::secret::open_page(console, args),
        Command::Api(args) => cli::request::run(console, args),
        Command::Config(command) => cli::settings::run(command),
        Command::Match(args) => cli::secret::matches(console, args),
        Command::Snippet(args) => cli::secret::snippet(console, args),
        Command::Audit(args) => cli::audit::run(console, args),
        Command::Snapshot(args) => cli::snapshot::snapshot(console, args),
        Command::Diff(args) => cli::snapshot::compare(console, args),
        Command::View(command) => cli::view::run(command),
        _ => return None,
    })
}

fn printed(text: &str) -> Result<ExitCode> {
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads only the beginning has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        other => Ok(other.map(|()| ExitCode::SUCCESS)?),
    }
}
