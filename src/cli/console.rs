//! Opening the console.

use std::{process::ExitCode, sync::Arc};

use color_eyre::eyre::{Result, WrapErr as _};

use super::ConsoleArgs;
use crate::{
    app::{Setup, Workspace},
    clipboard::{Choice, Plan},
    config,
    domain::Secret,
    server::{Config, Place, seed::Seed},
    shell::{self, effects::Target, terminal},
    ui::Theme,
};

/// Opens the console and stays in it until it ends.
///
/// # Errors
/// When the terminal, the runtime or the workspace cannot be used.
pub fn run(args: &ConsoleArgs) -> Result<ExitCode> {
    if let Some(why) = terminal::unusable() {
        return Ok(refuse(&format!(
            "{why}\nThese work without it: credenza serve, credenza doctor, credenza keys, credenza man."
        )));
    }
    let (name, target) = match (&args.base_url, args.demo) {
        (Some(base_url), _) => match remote(base_url) {
            Ok(remote) => remote,
            Err(why) => return Ok(refuse(&why)),
        },
        (None, true) => {
            let config = Config { seed: Seed::Demo, ..Config::default() };
            ("demo".to_owned(), Target::Local(Box::new(config)))
        }
        (None, false) => {
            let place = Place::Directory(config::data_directory()?);
            let config = Config { place, ..Config::default() };
            ("local".to_owned(), Target::Local(Box::new(config)))
        }
    };
    // The loop runs here; answers are received and read on the worker, so that no page delays a key.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let setup = Setup {
        workspace: Workspace::named(&name),
        base_url: target.base_url().to_owned(),
        ..Setup::default()
    };
    let plan = Plan::new(choice(args)?, config::variable);
    let theme = Theme::from_environment(config::variable);
    let code = runtime
        .block_on(shell::run(setup, target, theme, plan))
        .wrap_err("The terminal could not be used")?;
    // A thread that hangs on a display must not keep the process.
    runtime.shutdown_background();
    Ok(ExitCode::from(code))
}

/// What was chosen for the clipboard: a flag before the environment.
///
/// # Errors
/// When the environment names something that does not exist.
pub fn choice(args: &ConsoleArgs) -> Result<Choice> {
    if let Some(choice) = args.clipboard {
        return Ok(choice);
    }
    match config::variable("CREDENZA_CLIPBOARD") {
        None => Ok(Choice::Auto),
        Some(text) => clap::ValueEnum::from_str(&text, true).map_err(|_| {
            color_eyre::eyre::eyre!(
                "CREDENZA_CLIPBOARD is {text:?}: use auto, native, tmux, osc52 or off"
            )
        }),
    }
}

fn remote(base_url: &str) -> Result<(String, Target), String> {
    let token = config::variable("CREDENZA_TOKEN").filter(|token| !token.trim().is_empty());
    let Some(token) = token else {
        return Err("--base-url needs a bearer token in CREDENZA_TOKEN.\n\
                    Set it without leaving it in the shell's history: read -rs CREDENZA_TOKEN && export CREDENZA_TOKEN"
            .to_owned());
    };
    let base_url = base_url.trim_end_matches('/').to_owned();
    crate::api::http::check_base(&base_url).map_err(|error| {
        let explained = error.explain("The base URL cannot be used");
        explained.text()
    })?;
    let host = url::Url::parse(&base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let bearer = Arc::new(Secret::new(token.trim().to_owned()));
    Ok((host.unwrap_or_default(), Target::Remote { base_url, bearer }))
}

#[expect(clippy::print_stderr, reason = "there is no screen to say it on")]
fn refuse(why: &str) -> ExitCode {
    eprintln!("credenza: {why}");
    ExitCode::from(2)
}
