//! `credenza doctor`: how this terminal, the clipboard and the files will be used, and why.

use std::{fmt::Write as _, io::IsTerminal as _};

use color_eyre::eyre::Result;

use super::{ConsoleArgs, console};
use crate::{clipboard::Plan, config, shell::terminal, ui, ui::Theme};

/// The report. It holds no secret: of variables that could, it says only whether they are set.
///
/// # Errors
/// When the clipboard choice or the home directory cannot be read.
pub fn report(args: &ConsoleArgs) -> Result<String> {
    let mut out = String::new();
    let variable = |name: &str| config::variable(name).unwrap_or_else(|| "(not set)".to_owned());
    let mut section = |title: &str, lines: &[(&str, String)]| {
        let _ = writeln!(out, "{title}");
        for (name, value) in lines {
            let _ = writeln!(out, "  {name:<16} {value}");
        }
    };
    let theme = Theme::from_environment(config::variable);
    let size = crossterm::terminal::size();
    section(
        "Terminal",
        &[
            (
                "console",
                terminal::unusable()
                    .map_or("can run here".to_owned(), |why| format!("cannot run here: {why}")),
            ),
            ("TERM", variable("TERM")),
            (
                "size",
                match size {
                    Ok((columns, rows)) if std::io::stdout().is_terminal() => {
                        let fits = columns >= ui::SMALLEST.0 && rows >= ui::SMALLEST.1;
                        format!(
                            "{columns}x{rows}{}",
                            if fits { "" } else { " (too small: 60x15 is needed)" }
                        )
                    }
                    _ => "unknown".to_owned(),
                },
            ),
            (
                "multiplexer",
                match (config::variable("TMUX"), config::variable("STY")) {
                    (Some(_), _) => "tmux".to_owned(),
                    (None, Some(_)) => "screen".to_owned(),
                    (None, None) => "none".to_owned(),
                },
            ),
            (
                "over SSH",
                if config::variable("SSH_CONNECTION").is_some() { "yes" } else { "no" }.to_owned(),
            ),
        ],
    );
    section(
        "Look",
        &[
            (
                "colours",
                if theme.colour { "the terminal's own 16" } else { "none (NO_COLOR is set)" }
                    .to_owned(),
            ),
            (
                "glyphs",
                if theme.unicode { "Unicode" } else { "ASCII (the locale is not UTF-8)" }
                    .to_owned(),
            ),
        ],
    );
    let plan = Plan::new(console::choice(args)?, config::variable);
    let mut lines: Vec<(&str, String)> =
        plan.reasons.iter().map(|reason| ("then", reason.clone())).collect();
    match lines.first_mut() {
        Some(first) => first.0 = "first",
        None => lines.push(("copying", "off".to_owned())),
    }
    section("Clipboard", &lines);
    let data = config::data_directory()?;
    section(
        "Files",
        &[
            (
                "data",
                format!(
                    "{}{}",
                    data.display(),
                    if data.exists() { "" } else { " (not there yet)" }
                ),
            ),
            (
                "log",
                config::log_file().map_or("off (CREDENZA_LOG turns it on)".to_owned(), |path| {
                    path.display().to_string()
                }),
            ),
        ],
    );
    section(
        "Environment",
        &[(
            "CREDENZA_TOKEN",
            if config::variable("CREDENZA_TOKEN").is_some() { "set" } else { "not set" }.to_owned(),
        )],
    );
    Ok(out)
}
