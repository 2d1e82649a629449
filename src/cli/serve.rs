//! `credenza serve`: runs the embedded server without the console.

use std::{
    io::{IsTerminal as _, Write as _},
    net::{SocketAddr, TcpListener, ToSocketAddrs as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Exit, prompt::say};
use crate::{
    config,
    domain::{Secret, text},
    files, process,
    server::{Config, DataDir, Minter, Server, keys::random_id, seed::Seed, store::User},
};

/// Address, data and limits of the embedded server, and the files with its credentials.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Address to listen on; port 0 picks a free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4180")]
    pub listen: String,

    /// Data directory. Default: the local workspace's directory.
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    pub data: Option<PathBuf>,

    /// Keep the data in memory only.
    #[arg(long)]
    pub ephemeral: bool,

    /// Number of example credentials of each kind to create, if there are none yet.
    #[arg(long, value_name = "N")]
    pub seed: Option<u32>,

    /// Plan of the account; M2M clients require enterprise-large.
    #[arg(long, value_enum, value_name = "PLAN", default_value = "enterprise-large")]
    pub plan: crate::server::SubscriptionPlan,

    /// Requests per minute and caller.
    #[arg(long, value_name = "N", default_value_t = 6000, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate_limit: u32,

    /// File with the password of the workspace's user for the login page (first line).
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// File for the bearer token and the first password, written with mode 0600; - for standard output.
    #[arg(long, value_name = "FILE")]
    pub credentials_file: Option<PathBuf>,

    /// Lifetime of a user's access token in seconds; it can be renewed.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(i64).range(5..))]
    pub session_seconds: i64,

    /// Polling interval of the device flow in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(i64).range(0..=60))]
    pub device_interval: i64,

    /// Base URL that clients use, if a proxy in front of the server has a different one.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,

    /// Take the caller's address from the last entry of X-Forwarded-For, behind a proxy that sets it; rate limits
    /// then apply per caller
    #[arg(long)]
    pub forwarded: bool,

    /// Allow plain HTTP on an address that other machines can reach. Use only behind a TLS proxy: tokens and secrets are
    /// not encrypted.
    #[arg(long)]
    pub plain_http: bool,
}

/// Runs the server until a termination signal arrives. The first line of standard output is a JSON
/// object with `base_url`, `issuer`, and the email address of the `user` that owns the credentials.
///
/// The object also contains the bearer `token`, and a newly generated `password` for the login
/// page, if `--credentials-file` is `-`, or if the option is not given and standard output is a
/// terminal. With another `--credentials-file`, the object with the secrets is written to that
/// file. By default, logs and pipes contain no secrets.
///
/// # Errors
/// Returns an error if the address is invalid, in use, or reachable from other machines without
/// `--plain-http`, if it is unspecified and `--public-url` is missing, if the data directory cannot
/// be opened, if a file in the arguments cannot be read or written, or if the password has fewer
/// than 8 characters.
pub fn run(args: &ServeArgs) -> Result<ExitCode> {
    let address = address(&args.listen)?;
    if !address.ip().is_loopback() && !args.plain_http {
        return Err(eyre!(
            "{address} is reachable from other machines, and this server only supports plain HTTP.\nPut a TLS proxy in front of it and add --plain-http, or listen on 127.0.0.1."
        ));
    }
    if address.ip().is_unspecified() && args.public_url.is_none() {
        return Err(eyre!(
            "{address} is every address of this machine. Set the one that clients use with --public-url"
        ));
    }
    let place = match (&args.data, args.ephemeral) {
        (_, true) => DataDir::Ephemeral,
        (Some(directory), false) => DataDir::Directory(directory.clone()),
        (None, false) => DataDir::Directory(config::data_directory()?),
    };
    let config = Config {
        place,
        plan: args.plan,
        public_url: args.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
        seed: args.seed.map_or(Seed::Nothing, Seed::Many),
        requests_per_minute: args.rate_limit,
        session_seconds: args.session_seconds,
        device_interval: args.device_interval,
        forwarded: args.forwarded,
        ..Config::default()
    };
    let listener = TcpListener::bind(address).wrap_err_with(|| {
        format!("Could not listen on {address}: another server may be running there. --listen 127.0.0.1:0 picks a free port")
    })?;
    let server = Server::open(&config, listener)?;
    let minter = server.minter();
    let mut line = json!({
        "base_url": server.base_url(),
        "issuer": server.base_url(),
        "user": User::seeded().email,
    });
    let secrets_in_line = match args.credentials_file.as_deref() {
        Some(file) => file == Path::new("-"),
        None => std::io::stdout().is_terminal(),
    };
    let with_secrets = |mut line: Value, password: Option<Secret>| -> Result<Value> {
        line["token"] = json!(minter.bearer()?.expose());
        if let Some(password) = password {
            line["password"] = json!(password.expose());
        }
        Ok(line)
    };
    let set_password = password_from_file(args, &minter)?;
    let first_password = || if set_password { Ok(None) } else { first_password(&minter) };
    if secrets_in_line {
        line = with_secrets(line, first_password()?)?;
    } else if let Some(file) = &args.credentials_file {
        // Test the file before the password is set, because users could not sign in with a lost
        // password.
        files::write_to(file, format!("{line}\n").as_bytes()).wrap_err_with(|| {
            format!(
                "Could not write the credentials to {}",
                text::shown(&file.display().to_string())
            )
        })?;
        let credentials =
            Zeroizing::new(with_secrets(line.clone(), first_password()?)?.to_string() + "\n");
        files::write_to(file, credentials.as_bytes())?;
    } else {
        say(
            "The bearer token and the password are not printed because standard output is not a terminal. --credentials-file FILE writes them to a file with mode 0600.",
        );
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let stop = process::ended()?;
        let mut out = std::io::stdout();
        writeln!(out, "{line}")?;
        out.flush()?;
        server.serve(stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Sets the password to the first line of `--password-file`. Returns false if the option is not
/// given.
fn password_from_file(args: &ServeArgs, minter: &Minter) -> Result<bool> {
    let Some(path) = &args.password_file else { return Ok(false) };
    let text = Zeroizing::new(
        std::fs::read_to_string(path)
            .wrap_err_with(|| format!("Could not read the password from {}", path.display()))?,
    );
    let first = text.lines().next().unwrap_or_default();
    if first.chars().count() < 8 {
        return Err(eyre!("The password in {} needs at least 8 characters", path.display()));
    }
    minter.set_password(&Secret::new(first.to_owned()))?;
    Ok(true)
}

/// Sets a random password if the workspace has none. Returns the new password; `None` if the
/// workspace already had one.
fn first_password(minter: &Minter) -> Result<Option<Secret>> {
    let made = Secret::new(random_id("", 20));
    Ok(minter.set_first_password(&made)?.then_some(made))
}

fn address(text: &str) -> Result<SocketAddr> {
    text.to_socket_addrs().ok().and_then(|mut all| all.next()).ok_or_else(|| {
        Exit::usage(format!("Invalid address {text:?}: use host:port, such as 127.0.0.1:4180"))
    })
}
