//! Commands that use one credential: `credenza secret`, `copy`, `token`, `match`, `snippet` and
//! `open`.

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::ArgValueCompleter;
use color_eyre::eyre::{Result, eyre};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::{ApiArgs, ApiSession, refused},
    complete, console,
    context::{Context, runtime},
    fleet,
    list::{ShowFormat, WhichArgs},
    pending,
    prompt::say,
    secret_output::{SecretOutput, SecretOutputArgs},
    write::with_api,
};
use crate::{
    api::Secrecy,
    auth::{
        code::GrantRequest,
        discovery, sign_in,
        tokens::{ClientAuth, Tokens},
    },
    clipboard::{Cleared, Clipboard, ClipboardPlan, CopyRoute},
    config,
    domain::{
        Credential, Kind, Secret, age, export,
        matching::{self, Compared},
        profile::Word as _,
        semantics::MatchAnswer,
        snippet::{self, Around, Snippet},
        text,
    },
    process,
};

/// Credential and the destination of its secret, or the subcommand for pending secrets.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct SecretArgs {
    /// Subcommands of `secret`.
    #[command(subcommand)]
    pub command: Option<SecretCommand>,
    /// Client ID, token ID or unique exact name.
    #[arg(required = true, add = ArgValueCompleter::new(complete::credentials))]
    pub id: Option<String>,
    /// Kind, if the ID or name is ambiguous: token, spa, m2m or other.
    #[arg(long = "type", value_name = "KIND", value_parser = super::list::kind)]
    pub kind: Option<Kind>,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
    /// Destination of the secret.
    #[command(flatten)]
    pub keep: SecretOutputArgs,
}

/// Subcommands of `secret`.
#[derive(Debug, Clone, Subcommand)]
pub enum SecretCommand {
    /// List the secrets whose delivery failed, or deliver one and remove it.
    Pending {
        /// Client ID or token ID.
        id: Option<String>,
        /// Destination of the secret.
        #[command(flatten)]
        keep: SecretOutputArgs,
    },
}

/// Runs `credenza secret`: delivers the secret of a credential, lists the pending secrets, or
/// delivers one of them.
///
/// # Errors
/// Returns an error if no credential or no destination is given, if the credential or its secret
/// cannot be read, if no secret is pending, or if the delivery fails.
pub fn secret(console: &ConsoleArgs, args: &SecretArgs) -> Result<Printed> {
    if let Some(SecretCommand::Pending { id, keep }) = &args.command {
        let context = Context::load(console)?;
        return runtime()?.block_on(async {
            let Some(id) = id else { return Ok(Printed::fine(pending::list(&context).await?)) };
            keep.wanted("the secret")?;
            let profile = console.profile.as_deref();
            pending::deliver(&context, id, profile, keep.reserve()?).await?;
            Ok(Printed::fine(String::new()))
        });
    }
    let Some(name) = &args.id else {
        return Err(Exit::usage(
            "No credential given. Add its ID or name: credenza secret ID".to_owned(),
        ));
    };
    args.keep.wanted("the secret")?;
    let to = args.keep.reserve()?;
    with_api(console, &args.api, async |session| {
        let found = fleet::named(session, name, args.kind).await?;
        to.put(&read_secret(session, &found).await?)?;
        Ok(Printed::fine(String::new()))
    })
}

/// Reads the secret of a credential.
///
/// # Errors
/// Returns an error if the credential has no secret, or if the server does not return the secret.
pub async fn read_secret(session: &ApiSession, found: &Credential) -> Result<Secret> {
    match &session.capabilities.of(found.kind()).secrecy {
        Secrecy::Readable => {}
        Secrecy::Once(why) | Secrecy::Hidden(why) => return Err(eyre!("{}", why.shown())),
        Secrecy::None => return Err(eyre!("{} have no secret", found.kind().plural())),
    }
    let secret = session.secret(&found.reference()).await;
    secret.map_err(|error| refused(&error, "Could not read the secret"))
}

/// Time in seconds for which this process serves the native clipboard after a copy, if
/// `timers.clipboard` is 0.
const SERVED_SECONDS: u64 = 45;

/// Value to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum CopyWhat {
    /// Client ID or token ID.
    #[default]
    Id,
    /// The name.
    Name,
    /// The login URL.
    Url,
    /// The API base URL.
    BaseUrl,
    /// Secret or token value; cleared from the clipboard where possible.
    Secret,
}

/// Credential, and the value to copy.
#[derive(Debug, Clone, Args)]
pub struct CopyArgs {
    /// Credential.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Value to copy.
    #[arg(value_enum, default_value = "id")]
    pub what: CopyWhat,
}

/// Copies a value of a credential to the clipboard. Before returning, waits until a secret is
/// cleared from the clipboard, or while this process must serve the copy to the desktop. A signal
/// ends the wait. With `timers.clipboard = 0`, a secret is not cleared. The exit code is 1 if the
/// secret could not be cleared.
///
/// # Errors
/// Returns an error if the credential cannot be read or does not have the value, or if no clipboard
/// accepts the value.
pub fn copy(console: &ConsoleArgs, args: &CopyArgs) -> Result<Printed> {
    let context = Context::load(console)?;
    let plan = ClipboardPlan::new(console::choice(console, &context.settings)?, config::variable);
    let seconds = context.settings.timers.clipboard;
    with_api(console, &args.which.api, async |session| {
        let found = fleet::named(session, &args.which.id, args.which.kind).await?;
        let (text, title, secret) = match args.what {
            CopyWhat::Id => (found.id().raw().to_owned(), found.kind().id_label(), None),
            CopyWhat::Name => (found.name().raw().to_owned(), "Name", None),
            CopyWhat::Url => {
                let url = found.client().and_then(|client| client.login_url.clone());
                let url = url.ok_or_else(|| eyre!("This credential has no login URL"))?;
                (url.raw().to_owned(), "Login URL", None)
            }
            CopyWhat::BaseUrl => {
                (session.capabilities.base_url.raw().to_owned(), "API base URL", None)
            }
            CopyWhat::Secret => (
                String::new(),
                found.kind().secret_label(),
                Some(read_secret(session, &found).await?),
            ),
        };
        let (sender, mut terminal) = mpsc::unbounded_channel();
        let mut clipboard = Clipboard::new(plan.clone(), sender);
        let shown = secret.as_ref().map_or(text.as_str(), Secret::expose);
        // From here on, a signal ends the wait below instead of the process, so that the secret is
        // cleared.
        let ended = process::ended()?;
        let delivery =
            clipboard.copy(shown, secret.is_some()).await.map_err(|why| eyre!("{why}"))?;
        let mut to_terminal = || -> Result<()> {
            while let Ok(bytes) = terminal.try_recv() {
                std::io::stderr().write_all(&bytes)?;
            }
            Ok(())
        };
        if delivery == CopyRoute::Terminal && !std::io::stderr().is_terminal() {
            return Err(eyre!(
                "No clipboard available, and no terminal to copy through. Nothing was copied. See the options: credenza doctor"
            ));
        }
        to_terminal()?;
        let how = match delivery {
            CopyRoute::Native => "to the clipboard",
            CopyRoute::Tmux => "to the tmux buffer and the terminal",
            CopyRoute::TmuxAlone if secret.is_some() => {
                "to the tmux buffer (paste with prefix =); the terminal does not accept it from tmux"
            }
            CopyRoute::TmuxAlone => {
                "to the tmux buffer (paste with prefix ]); the terminal does not accept it from tmux"
            }
            CopyRoute::TmuxAndNative => "to the tmux buffer and the clipboard",
            CopyRoute::Terminal => "to your terminal (OSC 52, unconfirmed)",
        };
        say(&format!("{title} of {} sent {how}.", found.name().shown()));
        // Except on macOS and Windows, the desktop fetches the copy from the process that owns the
        // clipboard, so this process must keep running.
        let native = matches!(delivery, CopyRoute::Native | CopyRoute::TmuxAndNative);
        let lasts = cfg!(any(target_os = "macos", windows));
        // `timers.clipboard = 0` means that a secret is not cleared, as in the console.
        let clears = secret.is_some() && seconds > 0;
        if clears || (native && !lasts) {
            let seconds = if seconds > 0 { seconds } else { SERVED_SECONDS };
            say(&if clears {
                format!("The clipboard is cleared in {seconds} s. Ctrl-C clears it now.")
            } else {
                format!("The copy can be pasted for {seconds} s. Ctrl-C ends this now.")
            });
            let wait = tokio::time::sleep(Duration::from_secs(seconds));
            tokio::select! {
                () = wait => {}
                () = ended => {}
            }
            if clears {
                let cleared = clipboard.clear(true).await;
                to_terminal()?;
                say(self::cleared(cleared));
                if cleared == Cleared::Failed {
                    return Ok(Printed { text: String::new(), code: Exit::Failed.into() });
                }
            }
        }
        Ok(Printed::fine(String::new()))
    })
}

const fn cleared(cleared: Cleared) -> &'static str {
    match cleared {
        Cleared::Yes => "The clipboard was cleared.",
        Cleared::NotOurs => "The clipboard has other content now, which was kept.",
        Cleared::TmuxOnly => "Removed from tmux. The terminal's clipboard may still have it.",
        Cleared::Asked => "Sent the terminal a request to clear its clipboard (unconfirmed).",
        Cleared::Failed => {
            "Could not clear the clipboard. It may still contain the secret. Copy something else."
        }
        Cleared::Cannot => "Nothing to clear.",
        Cleared::TerminalKeeps => "The terminal's clipboard may still have it.",
    }
}

/// Client that gets the access token, requested permissions, and destination of the token.
#[derive(Debug, Clone, Args)]
pub struct TokenArgs {
    /// Credential.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Audience. Default: the API's audience.
    #[arg(long, value_name = "TEXT")]
    pub audience: Option<String>,
    /// Scope to request; repeatable.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// Output format of the claims.
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ShowFormat,
    /// Destination of the access token.
    #[command(flatten)]
    pub keep: SecretOutputArgs,
}

/// Gets an OAuth access token with the ID and secret of a client that is not a SPA. Returns the
/// claims of the token, or delivers the token.
///
/// # Errors
/// Returns an error if the credential is a SPA client or an API access token, if its secret cannot
/// be read, if the issuer is unknown or rejects the request, or if the delivery of the token fails.
pub fn token(console: &ConsoleArgs, args: &TokenArgs) -> Result<Printed> {
    let to = args.keep.reserve()?;
    with_api(console, &args.which.api, async |session| {
        let found = fleet::named(session, &args.which.id, args.which.kind).await?;
        match found.kind() {
            Kind::M2m | Kind::Other => {}
            Kind::Spa => {
                return Err(eyre!(
                    "A SPA client gets tokens when a user signs in. Test that: credenza login-test"
                ));
            }
            Kind::Token => {
                return Err(eyre!(
                    "An API access token is used directly. Print it: credenza secret {} --reveal",
                    found.id().shown()
                ));
            }
        }
        let failed = |error| refused(&error, "Could not get an access token");
        let capabilities = &session.capabilities;
        let issuer = capabilities
            .issuer
            .as_ref()
            .ok_or_else(|| eyre!("This provider does not report the issuer of access tokens. Set issuer in the profile"))?;
        let secret = read_secret(session, &found).await?;
        let metadata = discovery::discover(issuer.raw(), &session.trust).await.map_err(failed)?;
        let own = capabilities.audience.as_ref().map(|it| it.raw().to_owned());
        let mut scopes = args.scopes.clone();
        if scopes.is_empty() {
            scopes.extend(capabilities.token_scope.map(str::to_owned));
        }
        let wanted = GrantRequest {
            audience: args.audience.clone().or(own),
            scopes,
            ..GrantRequest::default()
        };
        let client = ClientAuth { id: found.id().raw(), secret: Some(&secret) };
        let tokens = sign_in::machine_tokens(&metadata, &session.trust, &client, &wanted)
            .await
            .map_err(failed)?;
        let issued = TokenReport { tokens: &tokens, issuer: &metadata.issuer };
        print_token(&issued, &args.keep, to, args.output)
    })
}

/// Issued tokens to print, with their issuer.
pub struct TokenReport<'a> {
    /// Tokens from the response of the issuer.
    pub tokens: &'a Tokens,
    /// Issuer identifier, shown to the user.
    pub issuer: &'a str,
}

/// Returns the claims of an access token as text or JSON, or delivers the token to a destination.
/// With `--reveal`, the JSON includes the token.
///
/// # Errors
/// Returns an error if the delivery of the token fails.
pub fn print_token(
    issued: &TokenReport<'_>,
    keep: &SecretOutputArgs,
    to: SecretOutput,
    output: ShowFormat,
) -> Result<Printed> {
    let tokens = issued.tokens;
    if keep.is_given() && !(keep.reveal && output == ShowFormat::Json) {
        to.put(&tokens.access)?;
        return Ok(Printed::fine(String::new()));
    }
    let now = Timestamp::now();
    let claims = tokens.claims();
    let ends = claims.as_ref().and_then(|it| it.expires_at).or_else(|| tokens.ends(now));
    if output == ShowFormat::Json {
        let claims = crate::domain::jwt::payload(tokens.access.expose());
        let mut value = json!({
            "issuer": issued.issuer,
            "expires_at": ends,
            "scope": tokens.scope.iter().map(crate::domain::Untrusted::raw).collect::<Vec<_>>(),
            "claims": claims.map_or(Value::Null, |it: Map<String, Value>| Value::Object(it)),
        });
        if keep.reveal {
            value["access_token"] = json!(tokens.access.expose());
        }
        return Ok(Printed::fine(export::json(&value, true) + "\n"));
    }
    let mut out = String::new();
    let mut line = |label: &str, value: &str| {
        let _ = writeln!(out, "{label:<15} {}", text::shown(value));
    };
    line("Issuer", issued.issuer);
    if let Some(at) = ends {
        line("Expires", &format!("{} ({})", age::utc(at), age::ago(now, at)));
    }
    match &claims {
        None => line("Token", "opaque: it cannot be decoded"),
        Some(claims) => {
            line("Algorithm", claims.algorithm.raw());
            for (name, value) in &claims.claims {
                line(name.raw(), value.raw());
            }
            let scopes: Vec<&str> =
                claims.scopes.iter().map(crate::domain::Untrusted::raw).collect();
            line("scope", &scopes.join(" "));
        }
    }
    say(
        "To get the token itself, add --reveal, --secret-file FILE, --secret-fd N or --exec COMMAND.",
    );
    Ok(Printed::fine(out))
}

/// URL, and the credential whose registered URLs it is compared with.
#[derive(Debug, Clone, Args)]
pub struct MatchArgs {
    /// Credential.
    #[command(flatten)]
    pub which: WhichArgs,
    /// URL that the app sends: a redirect URI, an origin or a referer.
    pub url: String,
    /// Output format.
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ShowFormat,
}

/// Returns the registered URLs that accept a URL, else those that may accept it, else the
/// differences from the nearest ones. JSON contains all registered URLs. The exit code is 0 if the
/// URL is accepted, else 3. A token without referers accepts every URL.
///
/// # Errors
/// Returns an error if the credential cannot be read.
pub fn matches(console: &ConsoleArgs, args: &MatchArgs) -> Result<Printed> {
    with_api(console, &args.which.api, async |session| {
        let found = fleet::named(session, &args.which.id, args.which.kind).await?;
        let place = session.profile_info();
        let all = matching::compare(&found, &args.url, place.semantics, &place.base_url);
        let open = matches!(&found, Credential::Token(token) if token.referers.is_empty());
        let accepted = open || all.iter().any(Compared::accepts);
        let text = if args.output == ShowFormat::Json {
            let list: Vec<Value> = all
                .iter()
                .map(|it| {
                    json!({
                        "field": it.field.wire(),
                        "entry": it.entry.raw(),
                        "accepts": match it.answer {
                            MatchAnswer::Depends(_) => Value::Null,
                            _ => json!(it.accepts()),
                        },
                        "remark": remark(&it.answer),
                        "byte": it.difference.as_ref().map(|it| it.at),
                        "why": it.difference.as_ref().map(|it| it.why),
                    })
                })
                .collect();
            export::json(&list, true) + "\n"
        } else {
            compared(&found, &args.url, &all)
        };
        let code = if accepted { Exit::Fine } else { Exit::Nothing };
        Ok(Printed { text, code: code.into() })
    })
}

/// Returns the remark on an accepted URL, or the reason why acceptance is uncertain; `None` if
/// there is neither.
fn remark(answer: &MatchAnswer) -> Option<&str> {
    match answer {
        MatchAnswer::Accepts(remark) => remark.as_deref(),
        MatchAnswer::Depends(why) => Some(why),
        MatchAnswer::Refuses => None,
    }
}

/// Maximum number of registered URLs shown for a URL that none of them accepts.
const NEAREST: usize = 3;

fn compared(found: &Credential, url: &str, all: &[Compared]) -> String {
    if all.is_empty() {
        return match found.kind() {
            Kind::Token => "This token has no referers: any page may use the token.\n".to_owned(),
            kind => {
                format!("This {} has no URLs to match.\n", kind.singular())
            }
        };
    }
    let mut out = String::new();
    for it in all.iter().filter(|it| it.accepts()) {
        let remark = remark(&it.answer).map(|text| format!(" ({})", text::shown(text)));
        let remark = remark.unwrap_or_default();
        let _ = writeln!(out, "accepted by {}: {}{remark}", it.field.label(), it.entry.shown());
    }
    if !out.is_empty() {
        return out;
    }
    for it in all {
        if let MatchAnswer::Depends(why) = it.answer {
            let _ = writeln!(
                out,
                "maybe accepted by {}: {} ({why})",
                it.field.label(),
                it.entry.shown()
            );
        }
    }
    if !out.is_empty() {
        return out;
    }
    out.push_str("No match. Nearest URLs:\n");
    for it in all.iter().take(NEAREST) {
        let _ = writeln!(out, "\n{}: {}", it.field.label(), it.entry.shown());
        match &it.difference {
            None => {
                let _ = writeln!(out, "  does not match");
            }
            Some(difference) => {
                // Measure the printed form, which is wider where characters are escaped, so that
                // the mark is below the difference.
                let before: String = url.chars().take(difference.column).collect();
                let column = unicode_width::UnicodeWidthStr::width(&*text::shown(&before));
                let _ = writeln!(out, "  registered  {}", it.entry.shown());
                let _ = writeln!(out, "  sent        {}", text::shown(url));
                let _ = writeln!(
                    out,
                    "              {}^ byte {}: {}",
                    " ".repeat(column),
                    difference.at,
                    difference.why
                );
            }
        }
    }
    if all.len() > NEAREST {
        let _ = writeln!(out, "\nand {} more.", all.len() - NEAREST);
    }
    out
}

/// Credential that the snippet uses, and the format of the snippet.
#[derive(Debug, Clone, Args)]
pub struct SnippetArgs {
    /// Credential.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Format: env, curl, deckgl, python, terraform or json.
    #[arg(long = "as", value_name = "FORM", value_parser = Snippet::parsed)]
    pub form: Snippet,
    /// Include the secret instead of a placeholder.
    #[arg(long)]
    pub reveal: bool,
}

/// Returns code or settings that use a credential, such as a curl command.
///
/// # Errors
/// Returns an error if the credential or its secret cannot be read, or if the format does not
/// support the credential.
pub fn snippet(console: &ConsoleArgs, args: &SnippetArgs) -> Result<Printed> {
    with_api(console, &args.which.api, async |session| {
        let found = fleet::named(session, &args.which.id, args.which.kind).await?;
        let secret = if args.reveal { Some(read_secret(session, &found).await?) } else { None };
        let around = around(session).await;
        let text = snippet::write(args.form, &found, &around, secret.as_ref());
        Ok(Printed::fine(text?))
    })
}

/// Returns the URLs and the audience for a snippet. `token_endpoint` is `None` if the issuer is
/// unknown or its metadata cannot be read.
pub async fn around(session: &ApiSession) -> Around {
    let capabilities = &session.capabilities;
    let issuer = capabilities.issuer.as_ref().map(|it| it.raw().to_owned());
    let metadata = match &issuer {
        Some(issuer) => discovery::discover(issuer, &session.trust).await.ok(),
        None => None,
    };
    Around {
        base_url: capabilities.base_url.raw().trim_end_matches('/').to_owned(),
        token_endpoint: metadata.map(|it| it.token_endpoint),
        audience: capabilities.audience.as_ref().map(|it| it.raw().to_owned()),
        issuer,
    }
}

/// Opens the web page of a credential at its provider in a browser. Returns the URL instead if
/// `--print` is given or no browser can be opened.
///
/// # Errors
/// Returns an error if the credential cannot be read, or if the provider has no known page for it.
pub fn open_page(console: &ConsoleArgs, args: &OpenArgs) -> Result<Printed> {
    with_api(console, &args.which.api, async |session| {
        let found = fleet::named(session, &args.which.id, args.which.kind).await?;
        let page = session
            .web_page(&found)
            .ok_or_else(|| eyre!("No known web page for this credential at this provider"))?;
        if args.print || !process::open_browser(&page) {
            return Ok(Printed::fine(format!("{}\n", text::shown(&page))));
        }
        say(&format!("Opened in your browser: {}", text::shown(&page)));
        Ok(Printed::fine(String::new()))
    })
}

/// Credential whose web page is opened or printed.
#[derive(Debug, Clone, Args)]
pub struct OpenArgs {
    /// Credential.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Print the URL instead of opening it
    #[arg(long)]
    pub print: bool,
}
