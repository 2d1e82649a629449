//! Runs the console or a command, and returns the exit code ([`cli::Exit`]; 128 + n after signal
//! n).

use std::{process::ExitCode, time::Duration};

use clap::Parser as _;
use color_eyre::eyre::Result;
use credenza::{
    api::http,
    cli::{self, Cli, MainCommand, Printed},
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

fn run(cli: &Cli, hardened: &[(&str, bool)]) -> Result<Printed> {
    let console = &cli.console;
    let Some(command) = &cli.command else {
        return cli::console::run(console).map(Printed::from);
    };
    match command {
        MainCommand::List(args) => cli::list::list(console, args),
        MainCommand::Show(args) => cli::list::show(console, args),
        MainCommand::Create(command) => cli::create::create(console, command),
        MainCommand::Edit(args) => cli::edit::edit(console, args),
        MainCommand::Used(args) => cli::used::run(console, args),
        MainCommand::Undo(args) => cli::undo::undo(console, args),
        MainCommand::Restore(args) => cli::undo::restore(console, args),
        MainCommand::AddUrl(args) => cli::edit::urls(console, args, false),
        MainCommand::RmUrl(args) => cli::edit::urls(console, args, true),
        MainCommand::Delete(args) => cli::delete::delete(console, args),
        MainCommand::Rotate(args) => cli::rotate::rotate(console, args),
        MainCommand::Copy(args) => cli::secret::copy(console, args),
        MainCommand::Secret(args) => cli::secret::secret(console, args),
        MainCommand::Token(args) => cli::secret::token(console, args),
        MainCommand::LoginTest(args) => cli::login_test::run(console, args),
        MainCommand::Exec(args) => cli::environment::exec(console, args),
        MainCommand::Env(args) => cli::environment::env(console, args),
        MainCommand::Open(args) => cli::secret::open_page(console, args),
        MainCommand::Api(args) => cli::request::run(console, args),
        MainCommand::Config(command) => cli::settings::run(command),
        MainCommand::Match(args) => cli::secret::matches(console, args),
        MainCommand::Snippet(args) => cli::secret::snippet(console, args),
        MainCommand::Audit(args) => cli::audit::run(console, args),
        MainCommand::Snapshot(args) => cli::snapshot::snapshot(console, args),
        MainCommand::Export(args) => cli::manifest::export(console, args),
        MainCommand::Plan(args) => cli::manifest::plan(console, args),
        MainCommand::Apply(args) => cli::manifest::apply(console, args),
        MainCommand::CopyTo(args) => cli::manifest::copy_to(console, args),
        MainCommand::Expiring(args) => cli::expiring::run(console, args),
        MainCommand::Whose(args) => cli::whose::run(console, args),
        MainCommand::History(args) => cli::history::run(args),
        MainCommand::Diff(args) => cli::snapshot::compare(console, args),
        MainCommand::View(command) => cli::view::run(command),
        MainCommand::Serve(args) => cli::serve::run(args).map(Printed::from),
        MainCommand::Login(args) => cli::login::login(console, args).map(Printed::from),
        MainCommand::Logout { name } => {
            cli::login::logout(console, name.as_deref()).map(Printed::from)
        }
        MainCommand::Whoami { name, output } => {
            cli::login::whoami(console, name.as_deref(), *output).map(Printed::fine)
        }
        MainCommand::Profile(command) => cli::profile::run(console, command).map(Printed::fine),
        MainCommand::Doctor { output } => {
            cli::doctor::run(console, *output, hardened).map(Printed::from)
        }
        MainCommand::Conformance(args) => cli::conformance::run(console, args),
        MainCommand::Register(command) => cli::register::run(console, command).map(Printed::fine),
        MainCommand::Keys { names: false } => Ok(Printed::fine(keys::docs::plain())),
        MainCommand::Keys { names: true } => {
            let settings = ConfigFile::find()?.load()?;
            let keymap = Keymap::new(&settings.keys).unwrap_or_default();
            Ok(Printed::fine(keys::docs::names(&keymap)))
        }
        MainCommand::Man { directory: None } => Ok(Printed::fine(cli::docs::man_page())),
        MainCommand::Man { directory: Some(directory) } => {
            cli::docs::write_man_pages(directory).map(Printed::fine)
        }
        MainCommand::Help { topic } => cli::help::run(topic),
        MainCommand::Completions { shell } => Ok(Printed::fine(cli::complete::script(*shell))),
    }
}

fn print(Printed { text, code }: Printed) -> Result<ExitCode> {
    cli::output::until_closed(cli::output::print(&text))?;
    Ok(code)
}
