//! `credenza login-test`: tests the login of a SPA client, as a browser app would run it.

use std::io::IsTerminal as _;

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use super::{
    ConsoleArgs, Printed,
    api_session::refused,
    fleet,
    list::{ShowFormat, WhichArgs},
    login::tell,
    prompt::say,
    secret::{TokenReport, print_token},
    secret_output::SecretOutputArgs,
    write::with_api,
};
use crate::{
    auth::login_test,
    domain::{Kind, text},
    process,
};

/// Arguments of `login-test`.
#[derive(Debug, Clone, Args)]
pub struct LoginTestArgs {
    /// Credential.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Print the address of the login page instead of starting a browser
    #[arg(long)]
    pub no_browser: bool,
    /// Output format of the claims.
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ShowFormat,
    /// Destination of the access token.
    #[command(flatten)]
    pub keep: SecretOutputArgs,
}

/// Runs the login. Prints the claims of the access token or, if a destination is given, delivers
/// the token.
///
/// # Errors
/// Returns an error if the client is not found or has no loopback redirect URI, if the
/// issuer is unknown, if the login fails or takes more than three minutes, or if the token cannot
/// be delivered.
pub fn run(console: &ConsoleArgs, args: &LoginTestArgs) -> Result<Printed> {
    let to = args.keep.reserve()?;
    with_api(console, &args.which.api, async |session| {
        let found =
            fleet::named(session, &args.which.id, args.which.kind.or(Some(Kind::Spa))).await?;
        let capabilities = &session.capabilities;
        let issuer = capabilities.issuer.as_ref().ok_or_else(|| {
            eyre!("This provider does not report its token issuer. Set issuer in the profile")
        })?;
        let target = login_test::LoginTarget {
            issuer: issuer.raw(),
            audience: capabilities.audience.as_ref().map(crate::domain::Untrusted::raw),
            trust: &session.trust,
        };
        if let Some((user, password)) =
            session.one_time_login().filter(|_| std::io::stderr().is_terminal())
        {
            say(&format!(
                "Sign in as {} with this one-time password: {}",
                text::shown(user),
                password.expose()
            ));
        }
        let open = |url: &str| !args.no_browser && process::open_browser(url);
        let (tokens, issuer) = login_test::run(&found, target, open, tell)
            .await
            .map_err(|error| refused(&error, "The login failed"))?;
        let issued = TokenReport { tokens: &tokens, issuer: &issuer };
        print_token(&issued, &args.keep, to, args.output)
    })
}
