//! Runs the console or a command and returns the exit code: 0 success, 1 failure, 2 wrong usage, 128 and more ended
//! by a signal.

use std::{process::ExitCode, time::Duration};

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
    let result = report::install().and_then(|()| run(&cli, &hardened)).and_then(print);
    result.unwrap_or_else(|error| {
        report::say(&error);
        cli::Exit::of(&error).into()
    })
}

/// Dispatches every command; the compiler rejects one without an arm here.
fn run(cli: &Cli, hardened: &[(&str, bool)]) -> Result<Printed> {
    let console = &cli.console;
    let Some(command) = &cli.command else {
        return cli::console::run(console).map(Printed::from);
    };
    match command {
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
        Command::Expiring(args) => cli::expiring::run(console, args),
        Command::History(args) => cli::history::run(args),
        Command::Diff(args) => cli::snapshot::compare(console, args),
        Command::View(command) => cli::view::run(command),
        Command::Serve(args) => cli::serve::run(args).map(Printed::from),
        Command::Login(args) => cli::login::login(console, args).map(Printed::from),
        Command::Logout { name } => cli::login::logout(console, name.as_deref()).map(Printed::from),
        Command::Whoami { name, output } => {
            cli::login::whoami(console, name.as_deref(), *output).map(Printed::fine)
        }
        Command::Profile(command) => cli::profile::run(console, command).map(Printed::fine),
        Command::Doctor { output } => {
            cli::doctor::run(console, *output, hardened).map(Printed::from)
        }
        Command::Conformance(args) => cli::conformance::run(console, args),
        Command::Register(command) => cli::register::run(console, command).map(Printed::fine),
        Command::Keys { names: false } => Ok(Printed::fine(keys::docs::plain())),
        Command::Keys { names: true } => {
            let settings = ConfigFile::find()?.load()?;
            let keymap = Keymap::new(&settings.keys).unwrap_or_default();
            Ok(Printed::fine(keys::docs::names(&keymap)))
        }
        Command::Man { directory: None } => Ok(Printed::fine(cli::docs::man_page())),
        Command::Man { directory: Some(directory) } => {
            cli::docs::write_man_pages(directory).map(Printed::fine)
        }
        Command::Help { topic } => cli::help::run(topic),
        Command::Completions { shell } => Ok(Printed::fine(cli::complete::script(*shell))),
    }
}

fn print(Printed { text, code }: Printed) -> Result<ExitCode> {
    cli::output::until_closed(cli::output::print(&text))?;
    Ok(code)
}
