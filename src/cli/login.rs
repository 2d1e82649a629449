//! `credenza login`, `logout` and `whoami`: sign in, sign out, and show the session.

use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode, sync::Arc};

use clap::Args;
use clap_complete::ArgValueCandidates;
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use jiff::Timestamp;
use serde_json::json;

use super::{
    ConsoleArgs, Exit, Output, complete,
    context::{Context, explained, forget_lists, given_token, runtime},
    output::terminal_columns,
    prompt::{confirm, prompt, read_all, say},
};
use crate::{
    api::{self, Bearer, Me, http::Fixed},
    auth::{
        Session, SessionManager, carto_cli,
        device::Visit,
        open::try_token,
        session::SessionInfo,
        sign_in::{self, SignInFlow, SignInStep},
        tokens,
    },
    config,
    domain::{
        Profile, Secret, Untrusted, age,
        profile::{Method, Word as _},
    },
    process,
    ui::Theme,
    vault::{StoreKind, Stored},
};

/// Arguments of `login`.
#[derive(Debug, Clone, Args)]
pub struct LoginArgs {
    /// Profile name; without one, the default profile.
    #[arg(add = ArgValueCandidates::new(complete::profiles))]
    pub name: Option<String>,
    /// Sign-in method: browser, device, paste, machine, token or carto-cli. machine and token read the secret from
    /// standard input.
    #[arg(long, value_name = "HOW")]
    pub with: Option<String>,
    /// File with the secret or token.
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// File descriptor to read the secret or token from.
    #[arg(long, value_name = "N", conflicts_with = "secret_file")]
    pub secret_fd: Option<u32>,
    /// Use the CARTO CLI's session without confirmation.
    #[arg(long)]
    pub agree: bool,
    /// Print the address instead of starting a browser.
    #[arg(long)]
    pub no_browser: bool,
}

/// Signs in to a profile, and stores the session.
///
/// # Errors
/// Returns an error with advice if the profile or an option is invalid, if the sign-in fails, or if
/// the session cannot be stored.
pub fn login(console: &ConsoleArgs, args: &LoginArgs) -> Result<ExitCode> {
    let method = |word: &str| {
        Method::of_word(word).ok_or_else(|| {
            let all = Method::all_words();
            Exit::usage(format!("Unknown sign-in method {word:?}: use one of {all}"))
        })
    };
    let given = args.with.as_deref().map(method).transpose()?;
    let context = Context::load(console)?;
    let profile = context.profile(args.name.as_deref())?;
    let chosen = given.or(profile.sign_in);
    runtime()?.block_on(async {
        let session_context = context.session(profile.clone()).await?;
        let first = session_context.vault.first();
        if first.place == StoreKind::Memory {
            let why = first.why.map_or_else(String::new, |why| format!(" ({why})"));
            return Err(eyre!(
                "No store is available for the session{why}.\nSign in inside the console, or use --store file."
            ));
        }
        let trust = session_context.trust.clone();
        let sessions = SessionManager::new(session_context, |_, _| {});
        let session = by(&context, &profile, &trust, &sessions, chosen, args).await?;
        if session.method == Method::Token {
            let bearer: Arc<dyn Bearer> = Arc::new(Fixed(Arc::clone(&session.access)));
            try_token(&*context.open_with(&profile, bearer).await?).await.map_err(|error| {
                explained(&error, "The token was not stored: the API rejected it")
            })?;
        }
        let about = session.about();
        forget_lists(&profile); // the lists may belong to another user
        let kept = sessions.keep(session).await;
        if kept.place == StoreKind::Memory {
            let why = kept.why.unwrap_or_default();
            sessions.discard().await;
            return Err(eyre!(
                "Could not store the session ({why}), so it was discarded.\nSign in inside the console, or use --store file with a passphrase."
            ));
        }
        say(&format!(
            "Signed in to {}{}{}. The session is stored in {}{}.",
            profile.name,
            about.who.as_ref().map(|who| format!(" as {}", who.shown())).unwrap_or_default(),
            lasting(&about),
            kept.place,
            kept.why.map(|why| format!(" ({why})")).unwrap_or_default(),
        ));
        Ok(ExitCode::SUCCESS)
    })
}

async fn by(
    context: &Context,
    profile: &Profile,
    trust: &api::Trust,
    sessions: &SessionManager,
    chosen: Option<Method>,
    args: &LoginArgs,
) -> Result<Session> {
    let failed = |error: api::ApiError| explained(&error, "Sign-in failed");
    let named = args.secret_file.is_some() || args.secret_fd.is_some();
    let by_command = !profile.token_command.is_empty() && !named;
    if by_command && profile.runs_command_each_time() {
        return Err(eyre!(
            "No sign-in needed: the token_command of {} runs for each registration",
            profile.name
        ));
    }
    let pasted = profile.takes_pasted_token() && profile.client_id.is_none();
    let chosen = chosen.or((by_command || pasted).then_some(Method::Token));
    match chosen {
        Some(Method::Token) if by_command => {
            return sign_in::by_command(profile, Timestamp::now()).await.map_err(failed);
        }
        Some(Method::Token) => {
            let token = secret(args, "Access token")?;
            if !tokens::is_token(token.expose()) {
                return Err(eyre!(
                    "Invalid token: it must consist of printable characters without spaces"
                ));
            }
            return Ok(Session::of_token(profile, Method::Token, token, Timestamp::now()));
        }
        Some(Method::None) => {
            return Err(eyre!("No sign-in needed: the API of {} requires no token", profile.name));
        }
        Some(Method::CartoCli) => {
            let file = carto_cli::file(&context.auth.home);
            let question = format!("Use the access token in {}? [y/N] ", file.display());
            if !args.agree && !confirm(&question) {
                return Err(eyre!("The token was not read. Answer y, or add --agree"));
            }
            return sign_in::by_carto_cli(profile, &context.auth.home, Timestamp::now())
                .map_err(failed);
        }
        _ => {}
    }
    let flow = SignInFlow::new(profile, trust, Timestamp::now).await.map_err(failed)?;
    let device = flow.metadata.device_authorization_endpoint.is_some();
    let method = chosen.unwrap_or_else(|| match default_method() {
        Method::Device if !device => Method::Paste,
        other => other,
    });
    match method {
        Method::Browser => {
            let open = |url: &str| !args.no_browser && process::open_browser(url);
            flow.browser(open, tell).await.map_err(failed)
        }
        Method::Device => flow.device(tell).await.map_err(failed),
        Method::Paste => {
            let attempt = flow.paste().map_err(failed)?;
            tell(SignInStep::Browse { url: attempt.url.clone(), opened: false });
            say(
                "After the sign-in, the browser fails to load a page. Copy the address of that page.",
            );
            let address = if std::io::stdin().is_terminal() {
                prompt("Paste the address (input is hidden): ")
            } else {
                Some(read_all(std::io::stdin().lock())?)
            };
            let address = address.ok_or_else(|| eyre!("No address given"))?;
            flow.pasted(attempt, &address).await.map_err(failed)
        }
        // At a terminal, the client secret of the stored session is reused, unless `--secret-file`
        // or `--secret-fd` is given.
        Method::Machine if !named && std::io::stdin().is_terminal() => {
            let secret = match sessions.client_secret().await {
                Some(kept) => kept,
                None => secret(args, "Client secret")?,
            };
            flow.machine(secret).await.map_err(failed)
        }
        Method::Machine => flow.machine(secret(args, "Client secret")?).await.map_err(failed),
        // These methods need no issuer, and were handled above.
        Method::Token | Method::CartoCli | Method::None => {
            Err(eyre!("{} needs no issuer", method.title()))
        }
    }
}

/// Returns the default sign-in method: the browser on a machine with a display and without SSH,
/// else the device flow.
#[must_use]
pub fn default_method() -> Method {
    let remote = config::variable("SSH_CONNECTION").is_some();
    let seen = cfg!(any(target_os = "macos", windows))
        || config::variable("DISPLAY").is_some()
        || config::variable("WAYLAND_DISPLAY").is_some();
    if seen && !remote { Method::Browser } else { Method::Device }
}

/// Prints the URL to open and, for the device flow, the code to enter or check on that page.
pub fn tell(step: SignInStep) {
    match step {
        SignInStep::Browse { url, opened: true } => {
            say(&format!("Opened your browser. If nothing happened, open:\n\n  {url}\n"));
        }
        SignInStep::Browse { url, opened: false } => {
            say(&format!("Open this in a browser:\n\n  {url}\n"));
        }
        SignInStep::Visit(visit) => {
            if let Some(code) = code(&visit) {
                say(&code);
            }
            say(&format!(
                "Open this in any browser:\n\n  {}\n\n{}{}\n\nWaiting until {} …",
                visit.page().shown(),
                visit.prompt(),
                visit.user_code.shown(),
                age::utc(visit.ends),
            ));
        }
    }
}

/// Returns a QR code of the page to visit, for the terminal. `None` if the URL has no QR code, or
/// if the terminal cannot show the QR code.
fn code(visit: &Visit) -> Option<String> {
    let theme = Theme::from_environment(config::variable);
    if !theme.unicode || !std::io::stderr().is_terminal() {
        return None;
    }
    let lines = visit.qr_code()?;
    let width = lines.first().map_or(0, |line| line.chars().count());
    if terminal_columns().is_none_or(|columns| columns < width) {
        return None;
    }
    // White blocks on black can be scanned on both dark and light terminals.
    let (on, off) =
        if theme.palette.has_color() { ("\u{1b}[97;40m", "\u{1b}[0m") } else { ("", "") };
    Some(format!("{on}{}{off}\n", lines.join(&format!("{off}\n{on}"))))
}

/// Reads a secret from a file, a file descriptor, the terminal or standard input. The secret is
/// never a command-line argument, because other processes can read arguments.
fn secret(args: &LoginArgs, what: &str) -> Result<Secret> {
    let opened = |path: String| {
        std::fs::File::open(&path)
            .wrap_err_with(|| format!("Could not read the secret from {path}"))
    };
    match (&args.secret_file, args.secret_fd) {
        (Some(path), _) => read_all(opened(path.display().to_string())?),
        (None, Some(fd)) => read_all(
            crate::files::descriptor(fd)
                .wrap_err_with(|| format!("Could not read file descriptor {fd}"))?,
        ),
        (None, None) if std::io::stdin().is_terminal() => {
            prompt(&format!("{what} (input is hidden): ")).ok_or_else(|| eyre!("No input"))
        }
        (None, None) => read_all(std::io::stdin().lock()),
    }
}

/// Signs out of a profile: deletes the session and revokes its tokens.
///
/// # Errors
/// Returns an error if the profile does not exist, if the session cannot be deleted, or if the
/// tokens cannot be revoked.
pub fn logout(console: &ConsoleArgs, name: Option<&str>) -> Result<ExitCode> {
    let context = Context::load(console)?;
    let profile = context.profile(name)?;
    runtime()?.block_on(async {
        let sessions = SessionManager::new(context.session(profile.clone()).await?, |_, _| {});
        forget_lists(&profile);
        if let Some(wrong) = sessions.sign_out().await.wrong() {
            return Err(eyre!("{}", wrong.text()));
        }
        say(&format!("Signed out of {}. The session was deleted.", profile.name));
        Ok(ExitCode::SUCCESS)
    })
}

/// Returns the signed-in user and the expiry of the session, as text or JSON.
///
/// # Errors
/// Returns an error if the profile is not signed in, if the API request fails, or if `--base-url`
/// or `--demo` is given.
pub fn whoami(console: &ConsoleArgs, name: Option<&str>, output: Output) -> Result<String> {
    if console.base_url.is_some() || console.demo {
        let text = "whoami shows a profile's session. --base-url and --demo have none";
        return Err(super::Exit::usage(text.to_owned()));
    }
    let context = Context::load(console)?;
    let profile = context.profile(name)?;
    runtime()?.block_on(async {
        let failed = |error: api::ApiError| explained(&error, "Could not read the signed-in user");
        let sessions =
            Arc::new(SessionManager::new(context.session(profile.clone()).await?, kept_somewhere));
        let given = given_token().map(|token| {
            Session::of_token(
                &profile,
                Method::Token,
                Secret::new(token.expose().to_owned()),
                Timestamp::now(),
            )
        });
        let bearer: Arc<dyn Bearer> = match &given {
            Some(session) => Arc::new(Fixed(Arc::clone(&session.access))),
            None => Arc::clone(&sessions) as Arc<dyn Bearer>,
        };
        let api = context.open_with(&profile, bearer).await?;
        let renews = given.is_none() && profile.sign_in != Some(Method::None);
        let mut about = match &given {
            Some(session) => session.about(),
            None if !renews => SessionInfo::anonymous(), // avoids a passphrase prompt
            None => match sessions.about().await {
                Err(api::ApiError::SignedOut { .. }) if !profile.needs_session() => {
                    SessionInfo::anonymous()
                }
                known => known.map_err(failed)?,
            },
        };
        let me = match api.me().await {
            Ok(me) => me,
            // Some APIs do not report the signed-in user.
            Err(api::ApiError::NotFound { .. }) => Me::default(),
            Err(error) => return Err(failed(error)),
        };
        if renews && let Ok(renewed) = sessions.about().await {
            about = renewed;
        }
        Ok(match output {
            Output::Json => as_json(&profile, &about, &me),
            Output::Text => as_text(&profile, &about, &me),
        })
    })
}

/// Prints a warning if a renewed session could not be stored.
fn kept_somewhere(_: SessionInfo, kept: Option<Stored>) {
    if let Some(Stored { place: StoreKind::Memory, why }) = kept {
        let why = why.unwrap_or_default();
        say(&format!("Renewed the session, but could not store it ({why}). Sign in again."));
    }
}

fn as_json(profile: &Profile, about: &SessionInfo, me: &Me) -> String {
    let some =
        |text: &Untrusted| Some(text.raw()).filter(|text| !text.is_empty()).map(str::to_owned);
    let who = some(&me.email).or_else(|| about.who.as_ref().and_then(some));
    let value = json!({
        "profile": profile.name,
        "base_url": profile.base_url,
        "env": profile.environment.word(),
        "user": who,
        "user_id": some(&me.user_id),
        "role": some(&me.role),
        "method": about.method.word(),
        "ends": about.ends.map(|ends| ends.to_string()),
        "renewable": about.renewable,
    });
    format!("{value:#}\n")
}

fn as_text(profile: &Profile, about: &SessionInfo, me: &Me) -> String {
    let who = if me.email.raw().is_empty() {
        about.who.clone().unwrap_or_default()
    } else {
        me.email.clone()
    };
    let who = if who.raw().is_empty() { "unknown user".into() } else { who };
    let role = Some(me.role.shown()).filter(|role| !role.is_empty());
    format!(
        "{}{} on {} ({}, {}){}\n",
        who.shown(),
        role.map(|role| format!(", {role},")).unwrap_or_default(),
        profile.name,
        profile.base_url,
        profile.environment,
        lasting(about),
    )
}

/// Returns the last part of a sentence about a session: its automatic renewal, or else its expiry.
/// Empty if the session is not renewed automatically and its expiry is unknown.
fn lasting(about: &SessionInfo) -> String {
    match (about.ends, about.renewable) {
        (_, true) => ", with automatic renewal".to_owned(),
        (Some(ends), false) => format!(", until {}", age::utc(ends)),
        (None, false) => String::new(),
    }
}
