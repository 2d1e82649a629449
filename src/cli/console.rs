//! Startup of the console: configuration, theme, clipboard and runtime.

use std::{process::ExitCode, sync::Arc};

use color_eyre::eyre::{Result, WrapErr as _, eyre};

use super::{ConsoleArgs, Exit, context::Context, login};
use crate::{
    app::{ConsoleFacts, Setup, Workspace},
    clipboard::{Choice, ClipboardPlan},
    config::{self, Settings},
    domain::{Secret, profile::Word as _},
    keys::Keymap,
    process,
    shell::{
        self,
        connection::Target,
        effects::AppDirs,
        status::{NotificationStyle, TerminalStatus},
        terminal,
    },
    ui::{Palette, Theme},
};

/// Opens the console and runs it until the user quits.
///
/// # Errors
/// Returns an error if the configuration, an option or an environment variable is invalid, or if
/// the terminal, the runtime or the workspace cannot be used.
pub fn run(args: &ConsoleArgs) -> Result<ExitCode> {
    let context = Context::load(args)?;
    let linear = is_linear(args, &context.settings);
    if let Some(why) = terminal::unusable(linear) {
        return Err(Exit::usage(format!(
            "{why}\nCommands work without the console. List them: credenza --help"
        )));
    }
    process::silence();
    let target = context.target(args.base_url(), args.demo, true)?;
    let workspace = match &target {
        Target::Profile(profile, _) => Workspace::of((**profile).clone()),
        Target::Local(_) | Target::Remote { .. } => Workspace::named(&target.name()),
    };
    // The event loop runs on this thread. Responses are parsed on the worker thread, so that a
    // large page does not delay a key press.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let plan = ClipboardPlan::new(choice(args, &context.settings)?, config::variable);
    let setup = Setup {
        workspace,
        base_url: target.base_url().to_owned(),
        keymap: Arc::new(Keymap::new(&context.settings.keys).map_err(|why| eyre!("{why}"))?),
        timers: context.settings.timers,
        usual: login::default_method(),
        facts: ConsoleFacts {
            terminal: config::variable("TERM").unwrap_or_default(),
            clipboard: plan.reasons.clone(),
            sessions: context.store.word().to_owned(),
            destinations: context.settings.destinations.clone(),
            ..ConsoleFacts::default()
        },
        tabs: shell::remembered::tabs(&context.auth.state),
        columns: shell::remembered::columns(&context.auth.state),
        mouse: context.settings.mouse.unwrap_or(true) && !linear,
    };
    let mut theme = Theme::from_environment(config::variable);
    if let Some(palette) = palette(&context.settings)? {
        theme.palette = palette;
    }
    theme.links = supports_hyperlinks::supports_hyperlinks();
    theme.low_bandwidth = context.settings.low_bandwidth.unwrap_or(false);
    let adapts = context.settings.low_bandwidth.is_none();
    if linear {
        theme = theme.linear();
    }
    let signs = context.settings.notify.unwrap_or(true) && !linear;
    let status = TerminalStatus::new(
        signs && anstyle_progress::supports_term_progress(true),
        NotificationStyle::from_environment(config::variable).filter(|_| signs),
    );
    let rest = AppDirs {
        config: context.file.clone(),
        store: context.store,
        state: context.auth.state.clone(),
        home: context.auth.home.clone(),
        data: config::data_directory()?,
        lists: match context.settings.cache {
            Some(false) => None,
            _ => Some(config::lists_directory()?),
        },
        workstation: config::workstation,
        passphrase: config::variable("CREDENZA_PASSPHRASE").map(|text| Arc::new(Secret::new(text))),
        open_browser: process::open_browser,
    };
    let code = runtime
        .block_on(shell::run(setup, target, rest, (theme, adapts, status), plan))
        .wrap_err("Could not use the terminal")?;
    // A thread that waits for a display server must not keep the process alive.
    runtime.shutdown_background();
    Ok(ExitCode::from(code))
}

/// Returns true if `--linear`, `CREDENZA_LINEAR` or the configuration file selects linear mode.
#[must_use]
pub fn is_linear(args: &ConsoleArgs, settings: &Settings) -> bool {
    let variable = || config::variable("CREDENZA_LINEAR").is_some_and(|value| value == "1");
    args.linear || settings.linear || variable()
}

/// Returns the palette that `CREDENZA_THEME` or else the configuration file selects. `None` if no
/// theme is set, or the theme is `auto`. In both cases, the palette depends on `NO_COLOR`.
fn palette(settings: &Settings) -> Result<Option<Palette>> {
    let given = config::variable("CREDENZA_THEME");
    let name = given.as_deref().or(settings.theme.as_deref()).filter(|name| *name != "auto");
    settings.palette(name).map_err(|known| {
        eyre!("Invalid CREDENZA_THEME {:?}: use {known}", name.unwrap_or_default())
    })
}

/// Returns the clipboard to use: from `--clipboard`, else from `CREDENZA_CLIPBOARD`, else from the
/// configuration file, else the default.
///
/// # Errors
/// Returns an error if `CREDENZA_CLIPBOARD` has an invalid value.
pub fn choice(args: &ConsoleArgs, settings: &Settings) -> Result<Choice> {
    if let Some(choice) = args.clipboard {
        return Ok(choice);
    }
    match config::variable("CREDENZA_CLIPBOARD") {
        None => Ok(settings.clipboard.unwrap_or_default()),
        Some(text) => clap::ValueEnum::from_str(&text, true).map_err(|_| {
            color_eyre::eyre::eyre!(
                "Invalid CREDENZA_CLIPBOARD {text:?}: use auto, native, tmux, osc52 or off"
            )
        }),
    }
}
