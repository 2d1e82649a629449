//! Embedded server in the console's process: a thread with its own runtime. The console connects
//! over HTTP on loopback, as to any other server.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use tokio::sync::oneshot;

use crate::{
    api::{Answer, ApiError, Bearer},
    domain::Secret,
    server::{self, Minter, Server, StartError},
};

/// Preferred port of a server with a data directory: fixed, so that local applications can be
/// configured with it.
const PORT: u16 = 4180;

const CHECK_DATA: &str = "Check the data directory with credenza doctor.";

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
    /// Returns an error if the data or a port cannot be opened, or the thread cannot be started.
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
                        tracing::error!(%error, "the embedded server failed");
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

    /// Returns the source of access tokens for the user of this workspace.
    ///
    /// # Errors
    /// Returns an error if a token cannot be signed.
    pub fn bearer(&self) -> Result<LocalBearer, ApiError> {
        let current = Mutex::new(sign(&self.minter)?);
        Ok(LocalBearer { minter: self.minter.clone(), current })
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

/// Source of access tokens for the user of a local workspace. Signs another token when the server
/// rejects the current one, because a token expires after a day and a console can stay open longer.
pub struct LocalBearer {
    minter: Minter,
    current: Mutex<Arc<Secret>>,
}

impl LocalBearer {
    fn current(&self) -> MutexGuard<'_, Arc<Secret>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bearer for LocalBearer {
    fn current(&self) -> Answer<'_, Arc<Secret>> {
        Box::pin(async { Ok(Arc::clone(&self.current())) })
    }

    fn renew<'a>(&'a self, _: &'a Secret) -> Answer<'a, Option<Arc<Secret>>> {
        Box::pin(async {
            let signed = sign(&self.minter)?;
            *self.current() = Arc::clone(&signed);
            Ok(Some(signed))
        })
    }
}

fn sign(minter: &Minter) -> Result<Arc<Secret>, ApiError> {
    let failed = |error: StartError| ApiError::Local {
        why: format!("Could not use the local workspace: {error}."),
        next: CHECK_DATA,
    };
    minter.bearer().map(Arc::new).map_err(failed)
}

fn open(config: &server::Config) -> Result<Server, StartError> {
    let any = || TcpListener::bind(("127.0.0.1", 0));
    let listener = match config.place {
        server::DataDir::Directory(_) => TcpListener::bind(("127.0.0.1", PORT)).or_else(|_| any()),
        server::DataDir::Ephemeral => any(),
    };
    Server::open(config, listener?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_rejected_token_is_replaced() {
        let server = Local::start(server::Config::default()).await.expect("a server");
        let bearer = server.bearer().expect("a token");
        let first = Bearer::current(&bearer).await.expect("a token");
        let second = bearer.renew(&first).await.expect("signed").expect("another token");
        assert_ne!(first.expose(), second.expose());
        assert_eq!(Bearer::current(&bearer).await.expect("a token").expose(), second.expose());
        server.stop().await;
    }
}
