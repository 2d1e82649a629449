//! `credenza serve`: the embedded server by itself.

use std::{
    io::Write as _,
    net::{SocketAddr, TcpListener, ToSocketAddrs as _},
    process::ExitCode,
};

use color_eyre::eyre::{Result, WrapErr as _, eyre};
use serde_json::json;

use super::ServeArgs;
use crate::{
    config,
    server::{Config, Place, Server, seed::Seed},
};

/// Serves until TERM or INT. The first line on standard output is JSON with `base_url`, `issuer` and
/// a bearer `token` for the user whose credentials these are.
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
        ..Config::default()
    };
    let listener = TcpListener::bind(address).wrap_err_with(|| {
        format!("Cannot listen on {address}: is another server running there? --listen 127.0.0.1:0 picks a free port")
    })?;
    let server = Server::open(&config, listener)?;
    let bearer = server.minter().bearer()?;
    let line = json!({
        "base_url": server.base_url(),
        "issuer": server.base_url(),
        "token": bearer.expose(),
    });
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
