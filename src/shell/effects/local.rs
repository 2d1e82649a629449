//! Embedded server in the console's process: a thread with its own runtime. The console connects
//! over HTTP on loopback, as to any other server.

use std::{net::TcpListener, sync::Arc, thread::JoinHandle};

use tokio::sync::oneshot;

use crate::{
    api::ApiError,
    domain::Secret,
    server::{self, Minter, Server, StartError},
};

/// Preferred port of a server with a data directory: fixed, so that local applications can be
/// configured with it.
const PORT: u16 = 4180;

const CHECK_DATA: &str = "Check the data directory: credenza doctor.";

/// Running embedded server.
pub struct Local {
    /// Base URL of the server.
    pub address: String,
    minter: Minter,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Local {
    /// Starts a server and waits until its data is open.
    ///
    /// # Errors
    /// The data or a port cannot be opened, or the thread cannot be started.
    pub async fn start(config: server::Config) -> Result<Self, ApiError> {
        let (ready, opened) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let failed = |why: &str| ApiError::Local {
            why: format!("Could not open the local workspace: {why}."),
            next: CHECK_DATA,
        };
        let thread = std::thread::Builder::new()
            .name("server".to_owned())
            .spawn(move || {
                let server = match open(&config) {
                    Ok(server) => server,
                    Err(why) => {
                        let _ = ready.send(Err(why));
                        return;
                    }
                };
                let address = server.address().map(|address| format!("http://{address}"));
                let _ =
                    ready.send(address.map(|it| (it, server.minter())).map_err(StartError::from));
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                if let Ok(runtime) = runtime {
                    let stopped = async {
                        let _ = stopped.await;
                    };
                    if let Err(error) = runtime.block_on(server.serve(stopped)) {
                        tracing::error!(%error, "the embedded server ended");
                    }
                }
            })
            .map_err(|error| failed(&error.to_string()))?;
        match opened.await {
            Ok(Ok((address, minter))) => Ok(Self { address, minter, stop, thread }),
            Ok(Err(error)) => Err(failed(&error.to_string())),
            Err(_) => Err(failed("its thread ended")),
        }
    }

    /// Returns an access token for the user of this workspace.
    ///
    /// # Errors
    /// The token cannot be signed.
    pub fn bearer(&self) -> Result<Arc<Secret>, ApiError> {
        let failed = |error: StartError| ApiError::Local {
            why: format!("Could not use the local workspace: {error}."),
            next: CHECK_DATA,
        };
        self.minter.bearer().map(Arc::new).map_err(failed)
    }

    /// Returns the user name to enter on the server's sign-in page.
    pub fn owner(&self) -> &str {
        self.minter.owner()
    }

    /// Creates a one-time password for the server's sign-in page, valid for ten minutes.
    pub fn one_time_password(&self) -> Secret {
        self.minter.one_time_password()
    }

    /// Stops the server and waits until its data is closed.
    pub async fn stop(self) {
        let Self { stop, thread, .. } = self;
        let _ = stop.send(());
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }
}

fn open(config: &server::Config) -> Result<Server, StartError> {
    let any = || TcpListener::bind(("127.0.0.1", 0));
    let listener = match config.place {
        server::DataDir::Directory(_) => TcpListener::bind(("127.0.0.1", PORT)).or_else(|_| any()),
        server::DataDir::Ephemeral => any(),
    };
    Server::open(config, listener?)
}
