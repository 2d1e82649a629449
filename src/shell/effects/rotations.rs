//! Lists, starts and continues rotations that deliver the new secret. The steps are the same as
//! those of `credenza rotate --to`.

use std::{
    pin::Pin,
    sync::{Arc, PoisonError},
};

use jiff::Timestamp;

use super::{Connector, Runner, audit};
use crate::{
    api::{Abilities, CredentialsApi, Trust},
    app::{
        KeepPrevious, LocalError, Msg, OpenRotation, RotationEffect, RotationMsg, RotationStep,
        remote::Ticket,
    },
    auth::proof::Prover,
    domain::{CredentialRef, Kind, destination::Destination, profile::Word as _, snippet, text},
    lifecycle::{
        destinations,
        journal::{Delivery, Journal, Journals, RetireWhen, RotationStage},
        rotation::{
            Rotation, RotationError,
            start::{ReadyRotation, RotationPlace, RotationPlan, StartError},
        },
    },
    shell::connection::Target,
    vault::SessionStore,
};

/// Callback that receives the description of each step.
type Reporter = dyn Fn(&str) + Send + Sync;

/// Future that runs a part of a rotation. Returns a description of the resulting state, or of the
/// error.
type Work<'a> = Pin<Box<dyn Future<Output = Result<String, String>> + Send + 'a>>;

/// Services that a rotation uses, taken from the connection.
struct Services {
    api: Arc<dyn CredentialsApi>,
    vault: Arc<SessionStore>,
    journals: Journals,
    destinations: Vec<Destination>,
    profile: String,
    base_url: String,
    is_local: bool,
    trust: Trust,
}

impl Services {
    async fn of(
        connector: &tokio::sync::Mutex<Connector>,
        api: Arc<dyn CredentialsApi>,
    ) -> Result<Self, String> {
        let config = connector.lock().await.rest.config.clone();
        let settings = tokio::task::spawn_blocking(move || config.load()).await;
        let settings = settings.map_err(|error| error.to_string())?;
        let connector = connector.lock().await;
        let address = connector.local.as_ref().map_or("", |local| &local.address);
        let profile = connector.target.profile(address);
        let trust = Trust::with_file(profile.ca_file.as_deref());
        Ok(Self {
            api,
            vault: connector.auth.store().await,
            journals: Journals::below(&connector.rest.state),
            destinations: settings.map_err(|error| format!("{error:#}"))?.destinations,
            is_local: matches!(connector.target, Target::Local(_)),
            trust: trust.map_err(|error| error.explain("").text())?,
            profile: profile.name,
            base_url: profile.base_url,
        })
    }

    fn place(&self) -> RotationPlace<'_> {
        let Self { profile, base_url, is_local, .. } = self;
        RotationPlace { profile, base_url, is_local: *is_local }
    }

    async fn abilities(&self, kind: Kind) -> Result<(Abilities, Result<Prover, String>), String> {
        let capabilities = self.api.capabilities().await;
        let capabilities = capabilities
            .map_err(|error| error.explain("Could not read the features of the server").text())?;
        let prover = Prover::new(&capabilities, self.trust.clone()).await;
        let prover = prover.map_err(|error| error.explain("").why);
        Ok((capabilities.of(kind).clone(), prover))
    }

    /// Starts a rotation, and runs it up to the first step that must wait.
    async fn start(
        &self,
        of: CredentialRef,
        to: &[String],
        keep: Option<KeepPrevious>,
        report: &Reporter,
    ) -> Result<String, String> {
        let (abilities, prover) = self.abilities(of.kind).await?;
        let client = self.api.show(of).await;
        let client = client.map_err(|error| error.explain("Could not read the client").text())?;
        let destination = |name: &String| {
            let known = self.destinations.iter().find(|it| it.name == *name);
            known.cloned().ok_or_else(|| {
                format!(
                    "The destination {name} is no longer in the configuration. Nothing was changed."
                )
            })
        };
        let plan = RotationPlan {
            to: to.iter().map(destination).collect::<Result<_, _>>()?,
            id_to: Vec::new(),
            retire: match keep.and_then(KeepPrevious::days) {
                Some(days) => RetireWhen::After(i64::from(days) * 24 * 60 * 60),
                None => RetireWhen::Finished,
            },
            // The user agreed to the replacement in the confirmation.
            replace: keep.is_none(),
            twin: false,
        };
        let ready = ReadyRotation::check(&client, &abilities, &plan, self.place(), &self.journals);
        let ready = ready.map_err(|error| not_started(&error))?;
        let journal = ready.journal.clone();
        let kind = client.kind();
        let mut rotation =
            self.rotation(&abilities, &prover, &ready.destinations, report, kind, journal);
        let result = match rotation.preflight().await {
            Ok(()) => rotation.advance().await,
            Err(error) => Err(error),
        };
        outcome(result, &rotation.journal)
    }

    /// Resumes, finishes or aborts a rotation.
    async fn continue_rotation(
        &self,
        id: &str,
        step: RotationStep,
        report: &Reporter,
    ) -> Result<String, String> {
        let find = || -> Result<Journal, String> {
            let all = self.journals.all().map_err(|error| shown(&error))?;
            let found = all.into_iter().find(|it| it.id == id && !it.stage.is_final());
            found.ok_or_else(|| {
                format!("The rotation {} is no longer in progress.", text::shown(id))
            })
        };
        let journal = find()?;
        if !self.place().has(&journal) {
            return Err(format!(
                "The rotation {} belongs to the server {}, but the profile uses {}.",
                text::shown(id),
                text::shown(&journal.base_url),
                text::shown(&self.base_url)
            ));
        }
        let kind = Kind::of_word(&journal.kind).ok_or("The kind of the client is unknown.")?;
        let lock = self.journals.lock(&journal).map_err(|error| shown(&error))?;
        let _lock = lock.ok_or_else(|| format!("{}.", StartError::Locked))?;
        // Another process may have changed the journal before the lock was acquired.
        let journal = find()?;
        let (abilities, prover) = self.abilities(kind).await?;
        let destinations = destinations::of_client(&self.destinations, &journal.client_id);
        let mut rotation = self.rotation(&abilities, &prover, &destinations, report, kind, journal);
        let result = match step {
            RotationStep::Resume => rotation.advance().await,
            RotationStep::Finish => rotation.finish().await,
            RotationStep::Abort => rotation.abort().await,
        };
        outcome(result, &rotation.journal)
    }

    fn rotation<'a>(
        &'a self,
        abilities: &'a Abilities,
        prover: &'a Result<Prover, String>,
        destinations: &'a [Destination],
        report: &'a Reporter,
        kind: Kind,
        journal: Journal,
    ) -> Rotation<'a> {
        Rotation {
            api: &*self.api,
            abilities,
            prover: prover.as_ref().map_err(Clone::clone),
            vault: &self.vault,
            journals: &self.journals,
            destinations,
            skip: &[],
            clock: Timestamp::now,
            report,
            kind,
            journal,
        }
    }
}

impl Runner {
    /// Runs steps of a rotation, and sends each step and the result to the console. Steps that are
    /// already running continue after a profile switch, with the journal and the API client of the
    /// previous profile.
    fn rotate<F>(&self, ticket: Ticket, work: F)
    where
        F: for<'a> FnOnce(&'a Services, &'a Reporter) -> Work<'a> + Send + 'static,
    {
        let (connector, outbox) = (Arc::clone(&self.target), self.outbox.clone());
        let (current, asked, api) = {
            let now = self.current();
            (Arc::clone(&self.api), now.asked(), now.api.clone())
        };
        self.spawn(async move {
            let report: Box<Reporter> = Box::new(move |text: &str| {
                // A step may contain text from a server.
                let text = text::shown(text).into_owned();
                let _ = outbox.send(Msg::Rotation(RotationMsg::Step { ticket, text }));
            });
            let services = match api {
                Some(api) => Services::of(&connector, api).await,
                None => Err("Not connected.".to_owned()),
            };
            // The API client and the profile must belong together.
            let is_same =
                || current.lock().unwrap_or_else(PoisonError::into_inner).asked() == asked;
            let result = match services {
                Ok(services) if is_same() => work(&services, &*report).await,
                Ok(_) => Err("The profile or user was switched.\nNothing was changed.".to_owned()),
                Err(why) => Err(format!("{why}\nNothing was changed.")),
            };
            Msg::Rotation(RotationMsg::Ended { ticket, result })
        });
    }

    pub(super) fn run_rotation(&mut self, effect: RotationEffect) {
        match effect {
            RotationEffect::Read { ticket, profile } => {
                let journals = Journals::below(&self.state);
                self.spawn(async move {
                    let result = open_rotations(journals, profile.clone()).await;
                    Msg::Rotation(RotationMsg::Read { ticket, profile, result })
                });
            }
            RotationEffect::Start { ticket, of, to, keep } => {
                self.rotate(ticket, move |services, report| {
                    Box::pin(async move { services.start(of, &to, keep, report).await })
                });
            }
            RotationEffect::Continue { ticket, id, step } => {
                self.rotate(ticket, move |services, report| {
                    Box::pin(async move { services.continue_rotation(&id, step, report).await })
                });
            }
        }
    }
}

/// Returns an error as text that is safe to show.
fn shown(error: &dyn std::fmt::Display) -> String {
    text::shown(&error.to_string()).into_owned()
}

fn not_started(error: &StartError) -> String {
    let why = shown(error);
    let why = match error {
        StartError::InProgress(_) => format!("{why}. Continue it with g r."),
        StartError::EndsPrevious => {
            format!("{why}, because the rotation policy of the client has changed.")
        }
        _ => format!("{why}."),
    };
    format!("{why}\nNothing was changed.")
}

/// Describes the state of a rotation, or its error, and the next step in the console.
fn outcome(result: Result<(), RotationError>, journal: &Journal) -> Result<String, String> {
    let name = text::shown(&journal.name);
    let progress = journal.progress();
    let is_possible = |step| next_steps(journal).iter().any(|(possible, _)| *possible == step);
    let undo = if is_possible(RotationStep::Abort) { " or abort" } else { "" };
    let error = match result {
        Ok(()) => {
            let new = journal.twin.as_ref().and_then(|it| it.client_id.as_deref());
            return Ok(match (journal.stage, new) {
                (RotationStage::Closed, Some(new)) => {
                    format!("Replaced {name} with {}.", text::shown(new))
                }
                (RotationStage::Closed, None) => format!("Rotated the secret of {name}."),
                (RotationStage::Aborted, Some(_)) => {
                    format!("Aborted: {name} is unchanged, and the new client is deleted.")
                }
                (RotationStage::Aborted, None) => {
                    format!("Aborted: {name} keeps its previous secret.")
                }
                _ => {
                    let unproven = journal.unproven.as_ref().map_or_else(String::new, |why| {
                        format!("The new secret could not be tested: {}\n", text::shown(why))
                    });
                    let finish = is_possible(RotationStep::Finish);
                    let next = if finish { "Finish" } else { "Continue" };
                    format!("{unproven}In progress: {progress}.\n{next}{undo} it with g r.")
                }
            });
        }
        Err(error) => error,
    };
    let (id, own) = (&journal.id, shown(&error));
    let verb = if journal.stage == RotationStage::Aborting { "abort" } else { "resume" };
    let hint = match &error {
        RotationError::Destination(it) => format!(
            "\nIf the destination cannot be written, skip it: credenza rotate {verb} {id} --skip {}",
            snippet::shell(&text::shown(&it.name)),
        ),
        RotationError::Superseded | RotationError::TwinChanged | RotationError::SecretsMissing => {
            format!(
                "\nIf the rotation cannot be completed, remove it from the list: credenza rotate forget {id} --confirm {id}"
            )
        }
        _ => String::new(),
    };
    let why = match error {
        RotationError::Api { what, error } => error.explain(what).text(),
        RotationError::NotIssued(error) => error.explain("Could not issue a new secret").text(),
        RotationError::NotCreated(error) => error.explain("Could not create the new client").text(),
        _ => format!("{own}."),
    };
    Err(match journal.stage {
        RotationStage::Preflight | RotationStage::Aborted => {
            format!("{why}\nNothing was changed.")
        }
        _ => format!("{why}\nNot complete: {progress}.\nContinue{undo} it with g r.{hint}"),
    })
}

/// Returns the steps that are possible at a stage, each with its effect.
fn next_steps(journal: &Journal) -> Vec<(RotationStep, &'static str)> {
    use RotationStage::{
        Aborting, Delivered, Issued, Issuing, Parked, Parking, Preflight, Restored, Watching,
    };

    let (stage, twin) = (journal.stage, journal.twin.is_some());
    let resume = match stage {
        Aborting | Restored => "continues the abort",
        _ => "continues the rotation",
    };
    let mut next = vec![(RotationStep::Resume, resume)];
    if matches!(stage, Watching | Parking | Parked) {
        let finish =
            if twin { "deletes the previous client" } else { "revokes the previous secret" };
        next.push((RotationStep::Finish, finish));
    }
    if matches!(stage, Preflight | Issuing | Issued | Delivered | Watching | Parking | Parked) {
        let abort = if twin {
            "restores the destinations and deletes the new client"
        } else {
            "restores the destinations and the previous secret"
        };
        next.push((RotationStep::Abort, abort));
    }
    next
}

/// Returns the rotations of a profile that are in progress.
async fn open_rotations(
    journals: Journals,
    profile: String,
) -> Result<Vec<OpenRotation>, LocalError> {
    audit::blocking(LocalError::Rotations, move || {
        let mut open = journals.all()?;
        open.retain(|it| it.profile == profile && !it.stage.is_final());
        let delivery = |it: &Delivery| {
            (format!("{}: {}", it.destination, it.described), it.delivered_at.is_some())
        };
        Ok(open
            .into_iter()
            .map(|it| OpenRotation {
                progress: it.progress(),
                started_at: it.started_at,
                deliveries: it.deliveries.iter().map(delivery).collect(),
                next: next_steps(&it),
                id: it.id,
                name: it.name.into(),
                client_id: it.client_id.into(),
            })
            .collect())
    })
    .await
}
