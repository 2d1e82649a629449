//! Start of a rotation: checks its preconditions and locks its client.

use std::io;

use jiff::Timestamp;

use super::twin;
use crate::{
    api::{Abilities, Access, Secrecy},
    domain::{
        Credential, Kind, Untrusted,
        credential::BUILT_IN,
        destination::{Destination, UnsafeClientId},
        draft::Field,
        profile::Word as _,
    },
    files::Locked,
    lifecycle::{
        destinations,
        journal::{Delivery, Journal, Journals, RetireWhen, Twin},
    },
};

/// Rotation to start.
#[derive(Debug, Clone)]
pub struct RotationPlan {
    /// Destinations of the new secret.
    pub to: Vec<Destination>,
    /// Destinations of the client ID of a twin; empty without a twin.
    pub id_to: Vec<Destination>,
    /// Condition for revoking the previous secret.
    pub retire: RetireWhen,
    /// True if the previous secret may stop working before the new one is delivered.
    pub replace: bool,
    /// True to create a second client that takes the place of the first one.
    pub twin: bool,
}

/// Server and profile of a rotation.
#[derive(Debug, Clone, Copy)]
pub struct RotationPlace<'a> {
    /// Name of the profile.
    pub profile: &'a str,
    /// Base URL of the server.
    pub base_url: &'a str,
    /// True for the local workspace, whose port changes with every start.
    pub is_local: bool,
}

impl RotationPlace<'_> {
    /// Returns true if a rotation is for this profile and server. Ignores the URL of the local
    /// workspace.
    #[must_use]
    pub fn has(&self, journal: &Journal) -> bool {
        journal.profile == self.profile && (self.is_local || journal.base_url == self.base_url)
    }
}

/// Reason why a rotation cannot start. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The server or the type of the client does not allow the rotation, for this reason.
    #[error("{}", .0.shown())]
    Refused(Untrusted),
    /// A destination cannot be used for this client.
    #[error("{0}: {1}")]
    NoPlace(String, UnsafeClientId),
    /// A destination would receive both the client ID and the secret.
    #[error("The destination {0} cannot hold both ID and secret. Use two destinations")]
    SharedPlace(String),
    /// A rotation of the client is in progress.
    #[error("A rotation of this client is in progress: {}, {}", .0.id, .0.progress())]
    InProgress(Box<Journal>),
    /// Another process is rotating the client.
    #[error("Another process is rotating this client")]
    Locked,
    /// The server does not report the last use, or reports no ID of the active secret, so the
    /// rotation cannot detect that the previous secret is unused.
    #[error(
        "This server does not report the last use, which is needed to revoke the previous secret"
    )]
    UseUnknown,
    /// The previous secret would stop working before the new one is delivered.
    #[error("The current secret would stop working before the new one is delivered")]
    EndsPrevious,
    /// The journals could not be read or locked.
    #[error("Could not read the rotations: {0}")]
    Journals(#[from] io::Error),
}

/// Rotation whose preconditions are met, with the lock of its client. No other process can start a
/// rotation of this client until the lock is released.
pub struct ReadyRotation {
    /// Destinations of the rotation, for this client.
    pub destinations: Vec<Destination>,
    /// Journal of the rotation; not written yet.
    pub journal: Journal,
    _lock: Locked,
}

impl ReadyRotation {
    /// Locks `client`, which was just read, and checks that its rotation can start.
    ///
    /// # Errors
    /// [`StartError`] for the first precondition that is not met.
    pub fn check(
        client: &Credential,
        abilities: &Abilities,
        plan: &RotationPlan,
        place: RotationPlace<'_>,
        journals: &Journals,
    ) -> Result<Self, StartError> {
        let kind = client.kind();
        let needed = if plan.twin { &abilities.create } else { &abilities.rotate };
        if let Access::Refused(why) = needed {
            return Err(StartError::Refused(why.clone()));
        }
        if let Some(why) = undeliverable(kind, &abilities.secrecy) {
            return Err(StartError::Refused(why.into()));
        }
        let own = |all: &[Destination]| -> Result<Vec<Destination>, StartError> {
            let own = |it: &Destination| {
                it.of_client(client.id().raw())
                    .map(destinations::pinned)
                    .map_err(|why| StartError::NoPlace(it.name.clone(), why))
            };
            all.iter().map(own).collect()
        };
        let (mut places, ids) = (own(&plan.to)?, own(&plan.id_to)?);
        if let Some(both) = ids.iter().find(|it| places.iter().any(|other| other.store == it.store))
        {
            return Err(StartError::SharedPlace(both.name.clone()));
        }
        let mut journal = Journal::new(place.profile, place.base_url, Timestamp::now());
        kind.word().clone_into(&mut journal.kind);
        client.id().raw().clone_into(&mut journal.client_id);
        client.name().raw().clone_into(&mut journal.name);
        journal.retire = plan.retire;
        let secrets = places.iter().map(Delivery::to);
        journal.deliveries = secrets.chain(ids.iter().map(Delivery::of_id)).collect();
        places.extend(ids);
        let lock = journals.lock(&journal)?.ok_or(StartError::Locked)?;
        let is_same = |it: &Journal| {
            !it.stage.is_final() && it.client_id == journal.client_id && place.has(it)
        };
        if let Some(open) = journals.all()?.into_iter().find(is_same) {
            return Err(StartError::InProgress(Box::new(open)));
        }
        if matches!(plan.retire, RetireWhen::Unused(_)) && !reports_use(client, plan.twin) {
            return Err(StartError::UseUnknown);
        }
        if plan.twin {
            journal.twin = Some(planned_twin(client, abilities, &journal.id)?);
        } else if !plan.replace && !abilities.keeps_previous_secret(client) {
            return Err(StartError::EndsPrevious);
        }
        Ok(Self { destinations: places, journal, _lock: lock })
    }
}

fn planned_twin(
    client: &Credential,
    abilities: &Abilities,
    rotation: &str,
) -> Result<Twin, StartError> {
    if client.kind() == Kind::Token {
        return Err(StartError::Refused(
            "An API access token has no client that could be copied".into(),
        ));
    }
    if client.record().built_in {
        return Err(StartError::Refused(BUILT_IN.into()));
    }
    let chooses_id = abilities.shape.offers(client.kind(), Field::ClientId);
    let twin = twin::planned(client, rotation, chooses_id);
    let problems = twin::draft(client, &twin, abilities.shape).problems_in(abilities.shape);
    match problems.first() {
        Some(problem) => {
            let why = format!("The client cannot be copied: {}", problem.sentence());
            Err(StartError::Refused(why.into()))
        }
        None => Ok(twin),
    }
}

/// Returns the reason why a new secret of this kind of client could not be delivered, if any.
#[must_use]
pub fn undeliverable(kind: Kind, secrecy: &Secrecy) -> Option<String> {
    if kind == Kind::Spa {
        let why = "SPA clients do not authenticate with a secret, so delivering one has no effect";
        return Some(format!("{why}. Rotate without --to"));
    }
    match secrecy {
        Secrecy::Readable | Secrecy::Once(_) => None,
        Secrecy::Hidden(why) => Some(format!(
            "The new secret cannot be delivered, because the server does not show it: {}",
            why.shown()
        )),
        Secrecy::None => Some("This client has no secret".to_owned()),
    }
}

/// Returns true if the server reports the last use of the client (with a twin), or of the client's
/// first active secret (without a twin). That secret must also have an ID.
fn reports_use(client: &Credential, twin: bool) -> bool {
    if twin {
        return client.record().reports_last_used;
    }
    let current = client.secrets().iter().find(|secret| secret.active);
    current.is_some_and(|secret| secret.reports_last_used && secret.id.is_some())
}
