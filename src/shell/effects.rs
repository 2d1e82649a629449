//! Execution of the effects that the console requests.
//!
//! A newer read aborts an older one with the same key. Writes are never aborted. Secrets are copied
//! from the API to the clipboard here, and enter the model only when they are revealed.

mod audit;
mod connect;
mod expiries;
pub mod local;
mod new_file;
mod rotations;
mod secret_cache;
mod sessions;
mod snapshots;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{Mutex as AsyncMutex, Notify, mpsc::UnboundedSender},
    task::AbortHandle,
};

use crate::{
    api::{self, ApiError, CredentialsApi, PageQuery, RotationRequest, Scope, fleet, settle},
    app::{
        AuditEffect, AuditMsg, ClipboardEffect, ClipboardMsg, Copied, CopyError, CredentialEffect,
        CredentialMsg, Effect, ListEffect, ListMsg, LocalError, Msg, PastChange, SecretRef,
        ServerEffect, ServerMsg,
        remote::Ticket,
        screens::{
            access_token::Issued,
            marked::{MarkedChange, MarkedPlan, MarkedResult},
        },
    },
    auth::{
        code::{Attempt, GrantRequest},
        discovery, sign_in,
        tokens::{ClientAuth, Tokens},
    },
    clipboard::{Clipboard, ClipboardPlan},
    domain::{
        Credential, CredentialRef, Draft, Kind, Secret, Untrusted,
        draft::{change_lines, ignored},
        snapshot::Snapshot,
    },
    lifecycle::{
        history::{History, HistoryEntry},
        profile_file,
    },
    shell::{
        HostAction,
        connection::{Connection, Target},
        list_cache::ListCache,
    },
};
use connect::{Asking, Connector};
use secret_cache::SecretCache;

pub use connect::AppDirs;

/// Time limit at exit for the uninterruptible work of each API client. It allows for three calls
/// and storing their results.
const SETTLING: Duration = Duration::from_secs(40);

/// Executor of effects, which sends the results as messages.
pub struct Runner {
    outbox: UnboundedSender<Msg>,
    target: Arc<AsyncMutex<Connector>>,
    api: Arc<Mutex<Current>>,
    secret_cache: Arc<SecretCache>,
    clipboard: Arc<AsyncMutex<Clipboard>>,
    reads: HashMap<Read, AbortHandle>,
    in_flight: Arc<Counter>,
    timers: Arc<Counter>,
    /// Directory of the history and of edited texts.
    state: PathBuf,
    /// Random ID of this run, part of the idempotency keys of its requests.
    run: String,
    asking: Asking,
    /// API clients of previous connections, which may still have running requests.
    left: Arc<Mutex<Vec<Arc<dyn CredentialsApi>>>>,
    /// Sign-in that waits for a pasted redirect address.
    pasting: Arc<AsyncMutex<Option<(sign_in::SignInFlow, Attempt)>>>,
}

/// Current connection. A profile switch increments `round`, so that results of an older round are
/// dropped.
#[derive(Default)]
struct Current {
    round: u64,
    /// Number of sign-ins, so that a result for one user is never delivered to the next user.
    user: u64,
    api: Option<Arc<dyn CredentialsApi>>,
    /// Cache of the profile's lists, if enabled.
    cache: Option<Arc<ListCache>>,
}

/// Key of a read. A newer read with the same key aborts the older one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Read {
    Connect,
    List(Scope, Kind),
    Total(Scope, Kind),
    Search,
    Expiries,
    Changes,
    Snapshot,
    Credential,
    Plan,
    Me,
    Capabilities,
    Audit,
    Token(Untrusted),
    Secret,
    SignIn,
    Login,
    Probe,
}

/// Guard that counts an operation as running until dropped.
struct Counted(Arc<Counter>);

#[derive(Default)]
struct Counter {
    count: AtomicUsize,
    /// Notified whenever an operation ends, including an aborted one that sends nothing.
    ended: Notify,
}

impl Counter {
    fn get(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

impl Counted {
    fn new(counter: &Arc<Counter>) -> Self {
        counter.count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(counter))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::SeqCst);
        self.0.ended.notify_one();
    }
}

impl Current {
    /// Returns the current round and number of sign-ins, for comparison when a result arrives.
    const fn asked(&self) -> (u64, u64) {
        (self.round, self.user)
    }
}

/// Sends a result if the profile and user of its request are still active. A profile switch and a
/// sign-in take the same lock, so no older result is sent after either of them.
fn deliver(current: &Mutex<Current>, asked: (u64, u64), outbox: &UnboundedSender<Msg>, msg: Msg) {
    let current = current.lock().unwrap_or_else(PoisonError::into_inner);
    if current.asked() == asked {
        let _ = outbox.send(msg);
    }
}

impl Runner {
    /// Creates a runner without a connection.
    #[must_use]
    pub fn new(
        target: Target,
        rest: AppDirs,
        clipboard: ClipboardPlan,
        outbox: UnboundedSender<Msg>,
        terminal: UnboundedSender<Vec<u8>>,
    ) -> Self {
        let asking = Asking::default();
        let state = rest.state.clone();
        Self {
            state,
            target: Arc::new(AsyncMutex::new(Connector::new(
                target,
                rest,
                outbox.clone(),
                Arc::clone(&asking),
            ))),
            outbox,
            pasting: Arc::default(),
            left: Arc::default(),
            asking,
            api: Arc::default(),
            secret_cache: Arc::default(),
            clipboard: Arc::new(AsyncMutex::new(Clipboard::new(clipboard, terminal))),
            reads: HashMap::new(),
            in_flight: Arc::default(),
            timers: Arc::default(),
            run: format!("{:032x}", rand::random::<u128>()),
        }
    }

    /// Returns the number of running operations, without timers.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.get()
    }

    /// Waits until an operation ends. Completes immediately if one has ended since the last wait.
    pub fn ended(&self) -> impl Future<Output = ()> + use<> {
        let counter = Arc::clone(&self.in_flight);
        async move { counter.ended.notified().await }
    }

    /// Returns the directory of the history and of edited texts.
    #[must_use]
    pub fn state_directory(&self) -> &Path {
        &self.state
    }

    /// Returns the number of armed timers.
    #[must_use]
    pub fn timers(&self) -> usize {
        self.timers.get()
    }

    /// Returns the number of cached secrets.
    #[must_use]
    pub fn secrets_kept(&self) -> usize {
        self.secret_cache.len()
    }

    /// Executes an effect, or returns the action that only the event loop can perform.
    pub fn run(&mut self, effect: Effect) -> Option<HostAction> {
        match effect {
            Effect::Redraw => return Some(HostAction::Redraw),
            Effect::Suspend => return Some(HostAction::Suspend),
            Effect::EditText(text) => return Some(HostAction::EditText(text)),
            Effect::Quit => return Some(HostAction::Quit),
            Effect::After { wait, timer } => {
                let (outbox, counted) = (self.outbox.clone(), Counted::new(&self.timers));
                tokio::spawn(async move {
                    tokio::time::sleep(wait).await;
                    drop(counted);
                    let _ = outbox.send(Msg::Timer(timer));
                });
            }
            Effect::Server(effect) => self.run_server(effect),
            Effect::List(effect) => self.run_list(effect),
            Effect::Credential(effect) => self.run_credential(effect),
            Effect::Clipboard(effect) => self.run_clipboard(effect),
            Effect::Session(effect) => self.run_session(effect),
            Effect::Profile(effect) => self.run_profile(effect),
            Effect::Audit(effect) => self.run_audit(effect),
            Effect::Views(effect) => self.run_views(effect),
            Effect::Rotation(effect) => self.run_rotation(effect),
            Effect::ReadKnownUses => {
                let (connector, state) = (Arc::clone(&self.target), self.state.clone());
                self.spawn(async move {
                    let (kept, name) = {
                        let target = &connector.lock().await.target;
                        let name = target.name();
                        (profile_file::evidence(&state, &name, target.base_url()), name)
                    };
                    // The evidence only supplements a confirmation, so it is omitted if it cannot
                    // be read.
                    let read = tokio::task::spawn_blocking(move || kept.read()).await;
                    let known = read.ok().and_then(Result::ok).unwrap_or_default();
                    Msg::KnownUses(name, Box::new(known))
                });
            }
            Effect::ReadHistory { ticket, profile, id } => {
                let history = History::below(&self.state);
                self.spawn(async move {
                    let result = past_changes(history, profile, id).await;
                    Msg::History { ticket, result }
                });
            }
        }
        None
    }

    fn run_server(&mut self, effect: ServerEffect) {
        match effect {
            ServerEffect::Connect => self.connect(),
            ServerEffect::FetchMe => {
                self.ask(Read::Me, |api| {
                    Box::pin(async move { Msg::Server(ServerMsg::Me(api.me().await)) })
                });
            }
            ServerEffect::FetchCapabilities => self.ask(Read::Capabilities, |api| {
                Box::pin(async move {
                    Msg::Server(ServerMsg::Capabilities(api.capabilities().await.map(Box::new)))
                })
            }),
        }
    }

    fn run_list(&mut self, effect: ListEffect) {
        match effect {
            ListEffect::FetchPage { ticket, query } => {
                let cache = self.current().cache.clone();
                self.ask(Read::List(query.scope, query.kind), move |api| {
                    let PageQuery { scope, kind, .. } = query;
                    Box::pin(async move {
                        let page = api.page(query.clone()).await;
                        let page = match cache {
                            Some(cache) => cache.took(query, page).await,
                            None => page,
                        };
                        Msg::List(ListMsg::Page { ticket, scope, kind, result: page })
                    })
                });
            }
            ListEffect::Search(query) => {
                self.ask(Read::Search, move |api| {
                    let (scope, kind) = (query.scope, query.kind);
                    Box::pin(async move {
                        Msg::List(ListMsg::Found { scope, kind, result: api.page(query).await })
                    })
                });
            }
            ListEffect::StopPage { scope, kind } => self.stop(&Read::List(scope, kind)),
            ListEffect::FetchExpiries { ticket, scope, now } => self.expiries(ticket, scope, now),
            ListEffect::FetchChanges { ticket, scope } => self.changes(ticket, scope),
            ListEffect::Snooze { expiring, snooze, now } => self.snooze(*expiring, snooze, now),
            ListEffect::KeepSnapshot { scope, now } => self.keep_snapshot(scope, now),
            ListEffect::Export { what, file } => {
                self.spawn(async move {
                    let result = new_file::write(file).await;
                    Msg::List(ListMsg::Exported { what, result })
                });
            }
            ListEffect::StopExpiries => self.stop(&Read::Expiries),
            ListEffect::StopChanges => self.stop(&Read::Changes),
            ListEffect::FetchTotal { scope, kind } => {
                self.ask(Read::Total(scope, kind), move |api| {
                    let query = PageQuery::first(kind, scope, 1);
                    Box::pin(async move {
                        Msg::List(ListMsg::Total {
                            scope,
                            kind,
                            result: api.page(query).await.map(|page| page.total),
                        })
                    })
                });
            }
        }
    }

    fn run_credential(&mut self, effect: CredentialEffect) {
        match effect {
            CredentialEffect::Show { ticket, of } => self.ask(Read::Credential, move |api| {
                Box::pin(async move {
                    Msg::Credential(CredentialMsg::Shown { ticket, result: api.show(of).await })
                })
            }),
            CredentialEffect::Create { draft, attempt } => {
                let attempt = format!("credenza-{}-{attempt}", self.run);
                let secret_cache = Arc::clone(&self.secret_cache);
                self.write(move |api| {
                    Box::pin(async move {
                        let written = settle::create(&*api, draft, attempt).await;
                        Msg::Credential(CredentialMsg::Created(
                            written.map(|written| secret_cache.saved(written)),
                        ))
                    })
                });
            }
            CredentialEffect::Edit { of, version, changes } => {
                let secret_cache = Arc::clone(&self.secret_cache);
                self.write(move |api| {
                    Box::pin(async move {
                        let written = settle::edit(&*api, of, version, changes).await;
                        Msg::Credential(CredentialMsg::Edited(
                            written.map(|written| secret_cache.saved(written)),
                        ))
                    })
                });
            }
            CredentialEffect::Rotate { of, version } => {
                let secret_cache = Arc::clone(&self.secret_cache);
                self.write(move |api| {
                    Box::pin(async move {
                        let written = {
                            let rotation = RotationRequest { version, keep_tokens: false };
                            settle::rotate(&*api, of, rotation).await
                        };
                        Msg::Credential(CredentialMsg::Rotated(
                            written.map(|written| secret_cache.saved(written)),
                        ))
                    })
                });
            }
            CredentialEffect::Delete { of, version } => self.write(move |api| {
                Box::pin(async move {
                    Msg::Credential(CredentialMsg::Deleted(
                        settle::delete(&*api, of, version).await,
                    ))
                })
            }),
            CredentialEffect::PlanMarked { ticket, of, name, change } => {
                self.ask(Read::Plan, move |api| {
                    Box::pin(async move {
                        let result = plan(&*api, of, &name, &change).await;
                        Msg::Credential(CredentialMsg::MarkedPlanned { ticket, result })
                    })
                });
            }
            CredentialEffect::ChangeMarked { ticket, of, name, change } => {
                let secret_cache = Arc::clone(&self.secret_cache);
                self.write(move |api| {
                    Box::pin(async move {
                        let change = (&name, &change);
                        let result = change_as_confirmed(&*api, &secret_cache, of, change).await;
                        Msg::Credential(CredentialMsg::MarkedChanged { ticket, result })
                    })
                });
            }
            CredentialEffect::IssueToken { ticket, client_id, issuer, audience, scope } => {
                let wanted = GrantRequest {
                    audience: audience.map(|audience| audience.raw().to_owned()),
                    scopes: scope.map(str::to_owned).into_iter().collect(),
                    ..GrantRequest::default()
                };
                self.issue(ticket, client_id, issuer, wanted);
            }
            CredentialEffect::Reveal { ticket, secret: which } => {
                let secret_cache = Arc::clone(&self.secret_cache);
                self.ask(Read::Secret, move |api| {
                    Box::pin(async move {
                        Msg::Credential(CredentialMsg::Revealed {
                            ticket,
                            result: secret(&*api, &secret_cache, which).await,
                        })
                    })
                });
            }
            CredentialEffect::Forget(which) => {
                self.secret_cache.forget(&which);
                if let SecretRef::AccessToken(id) = which {
                    for place in [Read::Token(id), Read::Login] {
                        self.stop(&place);
                    }
                }
            }
            CredentialEffect::TryLogin { ticket, client_id, issuer, audience } => {
                self.try_login(ticket, client_id, issuer, audience);
            }
        }
    }

    fn run_clipboard(&mut self, effect: ClipboardEffect) {
        match effect {
            ClipboardEffect::Copy { what, text } => self.copy(what, text),
            ClipboardEffect::CopySecret { what, secret: which } => self.copy_secret(what, which),
            ClipboardEffect::Clear { asked } => {
                let clipboard = Arc::clone(&self.clipboard);
                self.spawn(async move {
                    Msg::Clipboard(ClipboardMsg::Cleared(clipboard.lock().await.clear(asked).await))
                });
            }
        }
    }

    fn run_audit(&mut self, effect: AuditEffect) {
        match effect {
            AuditEffect::Run { ticket, scope, now } => self.audit(ticket, scope, now),
            AuditEffect::ReadPolicy => {
                self.spawn(async {
                    Msg::Audit(AuditMsg::Policy(audit::read_policy().await.map(Box::new)))
                });
            }
            AuditEffect::RemoveSuppression(suppression) => {
                self.spawn(async move {
                    let removed = audit::unsuppress(suppression).await;
                    Msg::Audit(AuditMsg::SuppressionRemoved(removed))
                });
            }
            AuditEffect::Suppress(suppressions) => {
                self.spawn(async move {
                    Msg::Audit(AuditMsg::Suppressed(audit::suppress(suppressions).await))
                });
            }
            AuditEffect::SaveReport(report) => {
                self.spawn(async move {
                    Msg::Audit(AuditMsg::ReportSaved(new_file::write(report).await))
                });
            }
        }
    }

    /// Aborts reads, clears a copied secret from the clipboard, and stops the embedded server.
    /// Waits, with a time limit, for work of the API clients that must not be interrupted.
    pub async fn shut_down(&mut self) {
        for read in self.reads.values() {
            read.abort();
        }
        let mut apis =
            std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner));
        apis.extend(self.connected());
        let settled = async {
            // A server may just have changed a registration token, which must be saved before the
            // process exits.
            for api in &apis {
                let _ = tokio::time::timeout(SETTLING, api.settled()).await;
            }
        };
        let work = async {
            self.clipboard.lock().await.clear(false).await;
            if let Some(local) = self.target.lock().await.local.take() {
                local.stop().await;
            }
        };
        // Both run concurrently, so that clearing the clipboard does not wait for the API clients.
        let _ = tokio::join!(tokio::time::timeout(Duration::from_secs(1), work), settled);
    }

    fn spawn(&self, work: impl Future<Output = Msg> + Send + 'static) -> AbortHandle {
        let (outbox, counted) = (self.outbox.clone(), Counted::new(&self.in_flight));
        let task = tokio::spawn(async move {
            let msg = work.await;
            // The result is sent before the operation counts as ended. Code that waits for all
            // operations then always receives the result.
            let _ = outbox.send(msg);
            drop(counted);
        });
        task.abort_handle()
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Current> {
        self.api.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connected(&self) -> Option<Arc<dyn CredentialsApi>> {
        self.current().api.clone()
    }

    /// Starts a read, and aborts an older one with the same key. Drops the result if it arrives
    /// after a profile switch or a sign-in. Does nothing without a connection.
    fn ask<F>(&mut self, place: Read, call: F)
    where
        F: FnOnce(Arc<dyn CredentialsApi>) -> std::pin::Pin<Box<dyn Future<Output = Msg> + Send>>,
    {
        let (asked, api) = {
            let current = self.current();
            (current.asked(), current.api.clone())
        };
        let Some(api) = api else { return };
        let (current, outbox) = (Arc::clone(&self.api), self.outbox.clone());
        let (work, counted) = (call(api), Counted::new(&self.in_flight));
        let task = tokio::spawn(async move {
            let msg = work.await;
            deliver(&current, asked, &outbox, msg);
            drop(counted);
        })
        .abort_handle();
        if let Some(older) = self.reads.insert(place, task) {
            older.abort();
        }
    }

    /// Aborts a running read.
    fn stop(&mut self, read: &Read) {
        if let Some(read) = self.reads.remove(read) {
            read.abort();
        }
    }

    /// Starts a write, which is never aborted. Does nothing without a connection.
    fn write<F>(&self, call: F)
    where
        F: FnOnce(Arc<dyn CredentialsApi>) -> std::pin::Pin<Box<dyn Future<Output = Msg> + Send>>,
    {
        if let Some(api) = self.connected() {
            self.spawn(call(api));
        }
    }

    fn connect(&mut self) {
        let (connector, api) = (Arc::clone(&self.target), Arc::clone(&self.api));
        let left = Arc::clone(&self.left);
        let (asked, recalled_to) = (self.current().asked(), Arc::clone(&self.api));
        let (round, _) = asked;
        let (outbox, recalling) = (self.outbox.clone(), Counted::new(&self.in_flight));
        let task = self.spawn(async move {
            let result = async {
                let mut connector = connector.lock().await;
                let cache = connector.list_cache();
                if let Some(cache) = cache.clone() {
                    // The cache is read on another thread, so that reading it does not delay the
                    // connection.
                    tokio::task::spawn_blocking(move || {
                        for cached in cache.recall() {
                            let part = Msg::List(ListMsg::Recalled { round, cached });
                            deliver(&recalled_to, asked, &outbox, part);
                        }
                        drop(recalling);
                    });
                }
                let Connection { profile, api: reached, sessions, .. } =
                    connector.connect().await?;
                drop(connector);
                // The session is loaded before the first request, so that a missing session is
                // reported as a failed connection.
                if let Some(sessions) = sessions.filter(|_| profile.needs_session()) {
                    sessions.about().await?;
                }
                let mut current = api.lock().unwrap_or_else(PoisonError::into_inner);
                if current.round == round {
                    current.cache = cache;
                }
                if current.round == round
                    && let Some(older) = current.api.replace(reached)
                {
                    left.lock().unwrap_or_else(PoisonError::into_inner).push(older);
                }
                Ok(profile.base_url)
            };
            let result = result.await;
            Msg::Server(ServerMsg::Connected { round, result })
        });
        if let Some(older) = self.reads.insert(Read::Connect, task) {
            older.abort();
        }
    }

    fn issue(
        &mut self,
        ticket: Ticket,
        client_id: Untrusted,
        issuer: Untrusted,
        wanted: GrantRequest,
    ) {
        let secret_cache = Arc::clone(&self.secret_cache);
        let connector = Arc::clone(&self.target);
        self.ask(Read::Token(client_id.clone()), move |api| {
            Box::pin(async move {
                let result = async {
                    let trust = connector.lock().await.trust()?;
                    let metadata = discovery::discover(issuer.raw(), &trust).await?;
                    let client = CredentialRef::new(Kind::M2m, client_id.clone());
                    let stored = SecretRef::Stored(client.clone());
                    let once = SecretRef::Once(client);
                    let secret = match secret_cache.copy(&once) {
                        Some(secret) => secret,
                        None => secret(&*api, &secret_cache, stored).await?,
                    };
                    let client = ClientAuth { id: client_id.raw(), secret: Some(&secret) };
                    let tokens =
                        sign_in::machine_tokens(&metadata, &trust, &client, &wanted).await?;
                    let issued = issued(&tokens, metadata.issuer.into());
                    secret_cache.keep(SecretRef::AccessToken(client_id), tokens.access);
                    Ok(issued)
                };
                Msg::Credential(CredentialMsg::Issued { ticket, result: result.await })
            })
        });
    }

    fn copy(&self, what: Copied, text: Untrusted) {
        let clipboard = Arc::clone(&self.clipboard);
        self.spawn(async move {
            let result = clipboard.lock().await.copy(text.raw(), false).await;
            Msg::Clipboard(ClipboardMsg::Copied {
                what,
                result: result.map_err(CopyError::Clipboard),
            })
        });
    }

    fn copy_secret(&self, what: Copied, which: SecretRef) {
        let (clipboard, secret_cache) =
            (Arc::clone(&self.clipboard), Arc::clone(&self.secret_cache));
        let outbox = self.outbox.clone();
        self.write(move |api| {
            Box::pin(async move {
                let result = async {
                    let secret = secret(&*api, &secret_cache, which.clone())
                        .await
                        .map_err(CopyError::Api)?;
                    let mut clipboard = clipboard.lock().await;
                    let copied = clipboard.copy(secret.expose(), true).await;
                    if copied.is_ok() {
                        let _ = outbox.send(Msg::Clipboard(ClipboardMsg::Taken(which)));
                    }
                    copied.map_err(CopyError::Clipboard)
                };
                Msg::Clipboard(ClipboardMsg::Copied { what, result: result.await })
            })
        });
    }
}

/// Returns a stored secret from the API. Returns an access token, or a secret that the server sent
/// only once, from the secret cache.
async fn secret(
    api: &dyn CredentialsApi,
    secret_cache: &SecretCache,
    which: SecretRef,
) -> Result<Secret, ApiError> {
    match which {
        SecretRef::Stored(of) => api.secret(of).await,
        SecretRef::Once(..) => secret_cache.copy(&which).ok_or_else(|| ApiError::Local {
            why: "The secret is no longer in memory.".into(),
            next: "Rotate it to get a new one.",
        }),
        SecretRef::AccessToken(_) => secret_cache.copy(&which).ok_or_else(|| ApiError::Local {
            why: "The access token is no longer in memory.".into(),
            next: "Get a new one.",
        }),
    }
}

/// Returns the claims, expiry, scopes and issuer of tokens, without the tokens themselves.
fn issued(tokens: &Tokens, issuer: Untrusted) -> Issued {
    let claims = tokens.claims();
    let expires_at = claims
        .as_ref()
        .and_then(|claims| claims.expires_at)
        .or_else(|| tokens.ends(Timestamp::now()));
    let mut scopes = tokens.scope.clone();
    if let (true, Some(claims)) = (scopes.is_empty(), &claims) {
        scopes.clone_from(&claims.scopes);
    }
    Issued { claims, expires_at, scopes, issuer }
}

/// Reads a marked credential. Fails with [`ApiError::Changed`] if its name differs from the name in
/// the marked row.
async fn named(
    api: &dyn CredentialsApi,
    of: CredentialRef,
    name: &Untrusted,
) -> Result<Credential, ApiError> {
    let fresh = api.show(of).await?;
    if fresh.name() == name { Ok(fresh) } else { Err(ApiError::Changed) }
}

/// Applies the confirmed change to the latest version of a marked credential, or deletes the
/// credential.
async fn change_as_confirmed(
    api: &dyn CredentialsApi,
    secret_cache: &SecretCache,
    of: CredentialRef,
    (name, change): (&Untrusted, &MarkedChange),
) -> Result<MarkedResult, ApiError> {
    let fresh = named(api, of.clone(), name).await?;
    let version = fresh.record().version.clone();
    if *change == MarkedChange::Delete {
        return settle::delete(api, of, version).await.map(|()| MarkedResult::Deleted);
    }
    let before = Draft::of(&fresh);
    let changes = change
        .changes(&before)
        .map_err(|why| ApiError::Local { why, next: "Edit the credential individually." })?;
    if changes.is_empty() {
        return Ok(MarkedResult::Unchanged);
    }
    let written = settle::edit(api, of, version, changes.clone()).await?;
    let ignored = ignored(&before, &changes, &Draft::of(&written.credential));
    Ok(MarkedResult::Changed(Box::new(secret_cache.saved(written)), ignored))
}

/// Plans a change to the latest version of a marked credential.
async fn plan(
    api: &dyn CredentialsApi,
    of: CredentialRef,
    name: &Untrusted,
    change: &MarkedChange,
) -> Result<MarkedPlan, ApiError> {
    let fresh = named(api, of, name).await?;
    Ok(match change.changes(&Draft::of(&fresh)) {
        Ok(changes) if changes.is_empty() => MarkedPlan::Unchanged,
        Ok(changes) => MarkedPlan::Change(change_lines(&changes)),
        Err(why) => MarkedPlan::Refused(why),
    })
}

/// Returns the recorded changes of a profile, or of one of its credentials, newest first.
async fn past_changes(
    history: History,
    profile: String,
    id: Option<Untrusted>,
) -> Result<Vec<PastChange>, LocalError> {
    audit::blocking(LocalError::History, move || {
        let is_asked = |it: &HistoryEntry| {
            it.profile == profile && id.as_ref().is_none_or(|id| id.raw() == it.id)
        };
        let all = history.all()?;
        let asked = all.into_iter().rev().filter(is_asked);
        Ok(asked
            .map(|it| PastChange {
                at: it.at,
                user: it.user.into(),
                action: it.action,
                name: it.name.map(Into::into),
                id: it.id.into(),
                outcome: it.outcome,
                changes: it.changes,
            })
            .collect())
    })
    .await
}

/// Reads all credentials of a scope, and returns them as a snapshot with the time `now`. `came`
/// receives the number of rows of each page.
async fn snapshot(
    api: &dyn CredentialsApi,
    connector: &AsyncMutex<Connector>,
    (scope, now): (Scope, Timestamp),
    came: impl FnMut(usize),
) -> Result<Snapshot, ApiError> {
    let capabilities = api.capabilities().await?;
    let read = fleet::read_all(api, &capabilities, scope, came).await?;
    let profile = connector.lock().await.target.profile(capabilities.base_url.raw());
    let place = api::profile_info(&profile, &capabilities.apis);
    let incomplete = read.incomplete();
    Ok(Snapshot::new(now, place, read.credentials, incomplete))
}

/// Runs `work` on a thread that may block, because processing or freeing a large fleet must not
/// delay other results. `failed` is the first part of the error message after a panic.
async fn on_thread<T: Send + 'static>(
    failed: &str,
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(ApiError::Local { why: format!("{failed}: {error}."), next: "Report this error." })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_for_another_profile_or_user_are_dropped() {
        let current = Mutex::new(Current::default());
        let (outbox, mut inbox) = tokio::sync::mpsc::unbounded_channel();
        deliver(&current, (0, 0), &outbox, Msg::End);
        assert!(inbox.try_recv().is_ok());
        for now in
            [Current { round: 1, ..Current::default() }, Current { user: 1, ..Current::default() }]
        {
            *current.lock().unwrap() = now;
            deliver(&current, (0, 0), &outbox, Msg::End);
            assert!(inbox.try_recv().is_err());
        }
    }
}
