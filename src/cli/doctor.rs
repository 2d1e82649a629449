//! `credenza doctor`: checks the terminal, clipboard, files, session store and profile.

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, Write as _},
    path::Path,
    process::ExitCode,
};

use color_eyre::eyre::Result;
use jiff::Timestamp;
use serde_json::json;

use super::{
    ConsoleArgs, Output, console,
    context::{Context, runtime, trust},
};
use crate::{
    api::{ApiError, Http, http::Call},
    app::view,
    auth::{SessionManager, discovery, sign_in},
    clipboard::{Choice, ClipboardPlan, Multiplexer},
    config::{self, ConfigFile},
    domain::{
        Profile, age,
        profile::{Method, Provider, Word as _},
        text,
    },
    files,
    server::keys,
    shell::terminal,
    ui::Theme,
    vault::VaultError,
};

/// Clock difference in seconds above which tokens may be rejected.
const SKEW: i64 = 30;

/// Status of a line in the report: no problem, or a problem to fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Fine,
    Finding,
}

/// Sections of the report, with their titles. The report must not contain secrets. For a variable
/// with a secret, the report shows only whether the variable is set.
#[derive(Default)]
struct DoctorReport(Vec<(&'static str, Vec<DoctorLine>)>);

/// Name, value and status of a line.
type DoctorLine = (String, String, Mark);

impl DoctorReport {
    fn section(&mut self, title: &'static str) {
        self.0.push((title, Vec::new()));
    }

    fn line(&mut self, name: &str, value: impl Into<String>, mark: Mark) {
        if let Some((_, lines)) = self.0.last_mut() {
            let value = text::shown(&value.into()).into_owned();
            lines.push((name.to_owned(), value, mark));
        }
    }

    fn fine(&mut self, name: &str, value: impl Into<String>) {
        self.line(name, value, Mark::Fine);
    }

    fn finding(&mut self, name: &str, value: impl Into<String>) {
        self.line(name, value, Mark::Finding);
    }

    fn findings(&self) -> usize {
        self.0.iter().flat_map(|(_, lines)| lines).filter(|(.., it)| *it == Mark::Finding).count()
    }

    fn text(&self) -> String {
        let mut out = String::new();
        for (title, lines) in &self.0 {
            let _ = writeln!(out, "{title}");
            for (name, value, mark) in lines {
                let mark = if *mark == Mark::Finding { '!' } else { ' ' };
                let _ = writeln!(out, "{mark} {name:<16} {value}");
            }
        }
        let _ = match self.findings() {
            0 => writeln!(out, "No problems found."),
            1 => writeln!(out, "1 problem, marked with !."),
            many => writeln!(out, "{many} problems, marked with !."),
        };
        out
    }

    fn json(&self) -> String {
        let sections: Vec<_> = self
            .0
            .iter()
            .map(|(title, lines)| {
                let lines: Vec<_> = lines
                    .iter()
                    .map(|(name, value, mark)| {
                        json!({ "name": name, "value": value, "finding": *mark == Mark::Finding })
                    })
                    .collect();
                json!({ "section": title, "lines": lines })
            })
            .collect();
        format!("{:#}\n", json!({ "findings": self.findings(), "sections": sections }))
    }
}

/// Prints the report. `hardened` contains the description of each hardening measure, and true if
/// the measure succeeded. The exit code is 1 if there is a problem.
///
/// # Errors
/// Returns an error if the clipboard choice is invalid, if a directory cannot be determined, or if
/// the output cannot be written.
pub fn run(args: &ConsoleArgs, output: Output, hardened: &[(&str, bool)]) -> Result<ExitCode> {
    let mut report = DoctorReport::default();
    let settings = ConfigFile::find()?.load().unwrap_or_default();
    terminal_and_look(&mut report, console::is_linear(args, &settings));
    clipboard(&mut report, console::choice(args, &settings)?);
    process(&mut report, hardened);
    places(&mut report)?;
    environment(&mut report);
    match Context::load(args) {
        Ok(context) => {
            report.section("Configuration");
            writable(&mut report, &context.file.path);
            report.fine("profiles", context.settings.names());
            let runtime = runtime()?;
            runtime.block_on(vault_and_profile(&mut report, &context));
            // A keyring that hangs must not keep the process alive.
            runtime.shutdown_background();
        }
        Err(error) => {
            report.section("Configuration");
            report.fine("file", shown_path(&ConfigFile::find()?.path));
            for line in format!("{error}").lines() {
                report.finding("error", line);
            }
        }
    }
    let text = if output == Output::Json { report.json() } else { report.text() };
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    Ok(ExitCode::from(u8::from(report.findings() > 0)))
}

fn terminal_and_look(report: &mut DoctorReport, linear: bool) {
    let variable = |name: &str| config::variable(name).unwrap_or_else(|| "(not set)".to_owned());
    report.section("Terminal");
    report.fine(
        "console",
        terminal::unusable(linear)
            .map_or("available".to_owned(), |why| format!("not available: {why}")),
    );
    report.fine("linear mode", if linear { "on" } else { "off" }.to_owned());
    report.fine("TERM", variable("TERM"));
    report.fine(
        "size",
        match crossterm::terminal::size() {
            Ok((columns, rows)) if std::io::stdout().is_terminal() => {
                let fits = columns >= view::SMALLEST.0 && rows >= view::SMALLEST.1;
                let note = if fits { "" } else { " (too small: at least 60x15 is required)" };
                format!("{columns}x{rows}{note}")
            }
            _ => "unknown".to_owned(),
        },
    );
    report.fine(
        "multiplexer",
        match Multiplexer::inner(config::variable) {
            Some(Multiplexer::Tmux) => "tmux",
            Some(Multiplexer::Screen) => "GNU screen",
            None => "none",
        },
    );
    let remote = config::variable("SSH_CONNECTION").is_some();
    report.fine("over SSH", if remote { "yes" } else { "no" });
    if config::variable("ASCIINEMA_REC").is_some() {
        report.finding("recording", "this terminal is being recorded, including revealed secrets");
    }
    let theme = Theme::from_environment(config::variable);
    report.section("Appearance");
    let colors =
        if theme.palette.has_color() { "the terminal's own 16" } else { "none (NO_COLOR is set)" };
    report.fine("colors", colors);
    let glyphs = if theme.unicode { "Unicode" } else { "ASCII (the locale is not UTF-8)" };
    report.fine("glyphs", glyphs);
}

fn clipboard(report: &mut DoctorReport, choice: Choice) {
    let plan = ClipboardPlan::new(choice, config::variable);
    report.section("Clipboard");
    for (index, reason) in plan.reasons.iter().enumerate() {
        report.fine(if index == 0 { "first" } else { "then" }, reason);
    }
    if plan.reasons.is_empty() {
        report.fine("copying", "off");
    }
}

fn process(report: &mut DoctorReport, hardened: &[(&str, bool)]) {
    report.section("Process");
    for (what, worked) in hardened {
        if *worked {
            report.fine("memory", *what);
        } else {
            report.finding("memory", format!("failed: {what}"));
        }
    }
}

fn places(report: &mut DoctorReport) -> Result<()> {
    report.section("Files");
    let (data, state) = (config::data_directory()?, config::state_directory()?);
    for (name, path) in [("data", &data), ("state", &state)] {
        private(report, name, path);
    }
    if let Some(why) = keys::missing(&data) {
        report.finding("key", why);
    }
    match config::log_file() {
        Some(path) => private(report, "log", &path),
        None => report.fine("log", "off (CREDENZA_LOG turns it on)"),
    }
    Ok(())
}

/// Adds the configuration file to the report, marked as a problem if other users can write to it.
/// The file contains no secret, but it determines the servers that tokens are sent to.
fn writable(report: &mut DoctorReport, path: &Path) {
    match files::loose_mode(path) {
        Ok(Some(mode)) if mode & 0o022 != 0 => {
            let path = path.display();
            report.finding(
                "file",
                format!("{path} is writable by other users (mode {mode:03o}). Run chmod 600 on it"),
            );
        }
        _ => report.fine("file", shown_path(path)),
    }
}

/// Adds a file or directory to the report, marked as a problem if other users can access it.
fn private(report: &mut DoctorReport, name: &str, path: &Path) {
    match files::loose_mode(path) {
        Ok(None) => report.fine(name, path.display().to_string()),
        Ok(Some(mode)) => {
            let (path, right) = (path.display(), if path.is_dir() { "700" } else { "600" });
            report.finding(
                name,
                format!(
                    "{path} is accessible to other users (mode {mode:03o}). Run chmod {right} on it"
                ),
            );
        }
        Err(_) => report.fine(name, shown_path(path)),
    }
}

fn environment(report: &mut DoctorReport) {
    report.section("Environment");
    for name in ["CREDENZA_TOKEN", "CREDENZA_PASSPHRASE"] {
        let set = config::variable(name).is_some();
        report.fine(
            name,
            if set { "set; not passed to programs that Credenza starts" } else { "not set" },
        );
    }
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
        if let Some(value) = config::variable(name) {
            report.fine(name, without_password(&value));
        }
    }
}

/// Returns a proxy URL without its user name and password.
fn without_password(value: &str) -> String {
    match (value.find("://"), value.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            format!("{}://…@{}", &value[..scheme], &value[at + 1..])
        }
        (None, Some(at)) => format!("…@{}", &value[at + 1..]),
        _ => value.to_owned(),
    }
}

async fn vault_and_profile(report: &mut DoctorReport, context: &Context) {
    report.section("Session store");
    let vault = context.auth.store().await;
    report.fine("configured", context.store.word());
    let first = vault.first();
    report.fine("stored in", first.place.to_string());
    for why in vault.missing() {
        report.fine("missing", why);
    }
    for (place, result) in vault.examine().await {
        match result {
            Ok(()) => report.fine("works", place.to_string()),
            Err(VaultError::NoPassphrase) => {
                report.fine("not tried", format!("{place}: no terminal to enter the passphrase"));
            }
            Err(error) => report.finding("broken", format!("{place}: {error}")),
        }
    }
    let Some(name) = context.chosen(None) else { return };
    let Ok(profile) = context.profile(Some(name)) else {
        report.section("Profile");
        report.finding(name, "unknown profile");
        return;
    };
    report.section("Profile");
    report.fine("name", &profile.name);
    let locked = if profile.starts_locked() { ", starts read-only" } else { "" };
    report.fine("environment", format!("{}{locked}", profile.environment));
    let trusted = match trust(&profile) {
        Ok(trusted) => trusted,
        Err(error) => return report.finding("ca_file", format!("{error}")),
    };
    let reached = reach(report, &profile, &trusted).await;
    report.fine("kind of API", profile.provider.word());
    // If users do not sign in with OAuth, only clients use the issuer. The issuer is then checked
    // only if the profile sets it.
    let signs_in =
        !matches!(profile.sign_in, Some(Method::Token | Method::None | Method::CartoCli))
            && profile.provider != Provider::OpenBao;
    if reached && (signs_in || profile.issuer.is_some()) {
        match sign_in::issuer(&profile, &trusted).await {
            Ok(issuer) => match discovery::discover(&issuer, &trusted).await {
                Ok(metadata) => report.fine("issuer", metadata.issuer),
                Err(error) => report.finding("issuer", error.explain_for_command("").why),
            },
            Err(error) => report.finding("issuer", error.explain_for_command("").why),
        }
    }
    if profile.sign_in == Some(Method::None) {
        return report.fine("session", "the API requires no token");
    }
    if profile.runs_command_each_time() {
        return report.fine("session", "none: token_command runs for each registration");
    }
    let needs_session = profile.needs_session();
    let session = match context.session(profile).await {
        Ok(session) => session,
        Err(error) => return report.finding("session", format!("{error}")),
    };
    match SessionManager::new(session, |_, _| {}).about().await {
        Ok(about) => match about.ends {
            Some(ends) if ends <= Timestamp::now() && !about.renewable => {
                report
                    .finding("session", format!("expired {}. Run credenza login", age::utc(ends)));
            }
            Some(ends) => {
                let renewed = if about.renewable { ", with automatic renewal" } else { "" };
                report.fine("session", format!("until {}{renewed}", age::utc(ends)));
            }
            None => report.fine("session", "stored, expiry unknown"),
        },
        Err(ApiError::SignedOut { .. }) if !needs_session => {
            report.fine("session", "none; credenza login stores an initial access token");
        }
        // A signed-out profile is not a problem, but an unreadable session is one.
        Err(ApiError::SignedOut { why }) if why.starts_with("Not signed in") => {
            report.fine("session", why);
        }
        Err(ApiError::SignedOut { why }) => report.finding("session", why),
        Err(error) => report.finding("session", error.explain_for_command("").why),
    }
}

/// Checks that the API is reachable, and that the server's clock agrees with this machine's.
/// Returns false if the base URL cannot be used, or if the API is not reachable.
async fn reach(report: &mut DoctorReport, profile: &Profile, trust: &crate::api::Trust) -> bool {
    let http = match Http::new(&profile.base_url, None, trust) {
        Ok(http) => http,
        Err(error) => {
            report.finding("base URL", error.explain_for_command("").why);
            return false;
        }
    };
    let path = [".well-known", "oauth-protected-resource"];
    let call = Call { path: &path, any_type: true, ..Call::default() };
    let before = Timestamp::now();
    match http.call(reqwest::Method::GET, call).await {
        Err(
            error @ (ApiError::Unreachable { .. }
            | ApiError::Untrusted { .. }
            | ApiError::TimedOut { .. }
            | ApiError::Broken { .. }
            | ApiError::Unusable { .. }),
        ) => {
            let explained = error.explain_for_command("");
            report.finding("base URL", format!("{} {}", explained.why, explained.next));
            false
        }
        answered => {
            report.fine("base URL", format!("{} responds", profile.base_url));
            if let Some(date) = answered.ok().and_then(|reply| reply.date) {
                let now = Timestamp::now();
                let apart = (before.as_second() - date.as_second())
                    .max(date.as_second() - now.as_second())
                    .max(0);
                if apart > SKEW {
                    report.finding(
                        "clock",
                        format!("{apart} s off the server's clock: tokens may be rejected"),
                    );
                } else {
                    report.fine("clock", "agrees with the server's");
                }
            }
            true
        }
    }
}

fn shown_path(path: &Path) -> String {
    format!("{}{}", path.display(), if path.exists() { "" } else { " (does not exist yet)" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxys_password_is_not_shown() {
        for (value, shown) in [
            ("http://user:canary@proxy:3128", "http://…@proxy:3128"),
            ("user:canary@proxy:3128", "…@proxy:3128"),
            ("http://proxy:3128", "http://proxy:3128"),
        ] {
            assert_eq!(without_password(value), shown);
        }
    }
}
