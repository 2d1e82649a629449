//! `credenza serve`: the embedded server by itself.

use std::{
    io::Write as _,
    net::{SocketAddr, TcpListener, ToSocketAddrs as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{
    config,
    domain::Secret,
    server::{Config, Minter, Place, Server, keys::random_id, seed::Seed, store::Person},
};

/// How the server is run.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4180")]
    pub listen: String,

    /// Keep the data in this directory instead of the one of the local workspace.
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    pub data: Option<PathBuf>,

    /// Keep the data in memory, gone when the server ends.
    #[arg(long)]
    pub ephemeral: bool,

    /// Make this many example credentials on each tab, if there are none yet.
    #[arg(long, value_name = "N")]
    pub seed: Option<u32>,

    /// The account's plan; M2M clients need enterprise-large.
    #[arg(long, value_enum, value_name = "PLAN", default_value = "enterprise-large")]
    pub plan: crate::server::Plan,

    /// Requests that one caller may make in a minute.
    #[arg(long, value_name = "N", default_value_t = 6000, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate_limit: u32,

    /// Give the workspace's user the password in this file (its first line), for the login page.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// How long a signed-in user's access token lives, in seconds; it can be renewed.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(i64).range(5..))]
    pub session_seconds: i64,

    /// How long a waiting device should wait between two questions, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(i64).range(0..=60))]
    pub device_interval: i64,

    /// The base URL that clients use, when something in front of the server has another one.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,

    /// Listen in plain HTTP on an address that others can reach. Only behind something that does TLS:
    /// tokens and secrets cross the network as they are.
    #[arg(long)]
    pub plain_http: bool,
}

/// Serves until TERM or INT. The first line on standard output is JSON with `base_url`, `issuer` and
/// a bearer `token` for the `user` whose credentials these are; with a new `password` for the login
/// page if there was none.
///
/// # Errors
/// When the address or the data cannot be used.
pub fn run(args: &ServeArgs) -> Result<ExitCode> {
    let address = address(&args.listen)?;
    if !address.ip().is_loopback() && !args.plain_http {
        return Err(eyre!(
            "{address} can be reached from other machines, and this server speaks plain HTTP only.\n\
             Put something that does TLS in front of it and add --plain-http, or listen on 127.0.0.1."
        ));
    }
    if address.ip().is_unspecified() && args.public_url.is_none() {
        return Err(eyre!(
            "{address} is every address of this machine: say with --public-url which one clients use"
        ));
    }
    let place = match (&args.data, args.ephemeral) {
        (_, true) => Place::Ephemeral,
        (Some(directory), false) => Place::Directory(directory.clone()),
        (None, false) => Place::Directory(config::data_directory()?),
    };
    let config = Config {
        place,
        plan: args.plan,
        public_url: args.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
        seed: args.seed.map_or(Seed::Nothing, Seed::Many),
        requests_per_minute: args.rate_limit,
        session_seconds: args.session_seconds,
        device_interval: args.device_interval,
        ..Config::default()
    };
    let listener = TcpListener::bind(address).wrap_err_with(|| {
        format!("Cannot listen on {address}: is another server running there? --listen 127.0.0.1:0 picks a free port")
    })?;
    let server = Server::open(&config, listener)?;
    let minter = server.minter();
    let bearer = minter.bearer()?;
    let mut line = json!({
        "base_url": server.base_url(),
        "issuer": server.base_url(),
        "token": bearer.expose(),
        "user": Person::seeded().email,
    });
    if let Some(password) = password(args, &minter)? {
        line["password"] = json!(password.expose());
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let stop = stop()?;
        let mut out = std::io::stdout();
        writeln!(out, "{line}")?;
        out.flush()?;
        server.serve(stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Gives the user a password: the one in a file; else, where there is none yet, a new one, which is
/// answered so that it can be told.
fn password(args: &ServeArgs, minter: &Minter) -> Result<Option<Secret>> {
    if let Some(path) = &args.password_file {
        let text = Zeroizing::new(
            std::fs::read_to_string(path)
                .wrap_err_with(|| format!("Cannot read the password from {}", path.display()))?,
        );
        let first = text.lines().next().unwrap_or_default();
        if first.chars().count() < 8 {
            return Err(eyre!("The password in {} needs at least 8 characters", path.display()));
        }
        minter.set_password(&Secret::new(first.to_owned()))?;
        return Ok(None);
    }
    if minter.has_password()? {
        return Ok(None);
    }
    let made = Secret::new(random_id("", 20));
    minter.set_password(&made)?;
    Ok(Some(made))
}

fn address(text: &str) -> Result<SocketAddr> {
    text.to_socket_addrs().ok().and_then(|mut all| all.next()).ok_or_else(|| {
        eyre!("{text:?} is not an address to listen on: write host:port, as in 127.0.0.1:4180")
    })
}

#[cfg(unix)]
fn stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
            _ = hup.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
