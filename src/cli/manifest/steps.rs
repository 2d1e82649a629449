//! Computes the steps that make a server match a manifest, compares them with a plan, and runs
//! them.

use color_eyre::eyre::{Result, eyre};
use serde_json::{Value, json};

use super::records::EntryRecords;
use crate::{
    api::{Abilities, ApiError, Scope, Secrecy, Written},
    cli::{
        Exit, Printed,
        api_session::{ApiSession, Writer, refused},
        bulk::{self, BulkArgs},
        create::stated_values,
        edit::editable,
        fleet,
        list::allowed,
        pending::{self, PendingCreates},
        plan::{APPLY, Plan, PlanStep, PlannedAction, described},
        prompt::say,
        rotation,
        write::WriteArgs,
    },
    domain::{
        Credential, Draft, Secret,
        destination::CLIENT_ID,
        draft::{EditRules, Field, FieldProblem},
        manifest::{self, ManifestEntry},
        text,
    },
    lifecycle::destinations,
};

/// Step that makes the server match a manifest, with the data needed to run it.
pub(super) struct ManifestStep {
    /// Credential and action, for output.
    pub step: PlanStep,
    /// Entry of a new credential, or of a credential whose secret is not yet delivered.
    new: Option<ManifestEntry>,
}

impl ManifestStep {
    /// Returns the step as JSON. Steps with equal values make the same change to the same version
    /// of a credential.
    pub(super) fn identity(&self) -> Value {
        let mut object = self.step.object();
        object["version"] = json!(self.step.credential.record().version);
        object["secret_to"] = json!(self.secret_to());
        object
    }

    /// Returns the names of the destinations of the secret.
    fn secret_to(&self) -> &[String] {
        self.new.as_ref().map_or(&[], |entry| &entry.secret_to)
    }

    /// Returns true if the step delivers the secret of a client that an earlier `apply` created for
    /// one of the `planned` steps. Those steps have the format of [`Self::identity`].
    pub(super) fn continues(&self, planned: &[Value]) -> bool {
        let own = self.identity();
        let is_its = |it: &Value| {
            it["action"] == "create"
                && ["kind", "name", "secret_to"].iter().all(|m| it[m] == own[m])
        };
        matches!(self.step.action, PlannedAction::Deliver(_)) && planned.iter().any(is_its)
    }
}

/// Returns the error for a manifest with problems (exit code 2).
pub(super) fn invalid(problems: &[String]) -> color_eyre::eyre::Report {
    Exit::usage(format!("The manifest cannot be applied:\n{}", problems.join("\n")))
}

/// Converts the steps to a plan for output.
pub(super) fn as_plan(steps: &[ManifestStep]) -> Plan {
    let steps = steps.iter().map(|it| it.step.clone()).collect();
    Plan { verb: APPLY, steps, skipped: Vec::new() }
}

/// Returns the steps that make the server match the entries, and that delete the credentials to
/// prune. Only reads from the server. Prints the credentials of `former` entries that are neither
/// in `entries` nor pruned. `place` returns the location of an entry, for error messages.
///
/// # Errors
/// Returns an error if a list is incomplete, or if an entry cannot be applied, a credential cannot
/// be pruned, or clients share a destination (exit code 2; the message lists all problems).
pub(super) async fn steps(
    session: &ApiSession,
    entries: &[ManifestEntry],
    former: &[ManifestEntry],
    prune: &[String],
    place: impl Fn(&ManifestEntry) -> String,
) -> Result<Vec<ManifestStep>> {
    let kinds = fleet::kinds(session, None);
    let fleet = fleet::gather(session, &kinds, Scope::Mine, false).await?;
    bulk::complete(&fleet.incomplete)?;
    let (mut steps, mut problems) = (Vec::new(), Vec::new());
    for entry in entries {
        match step(session, entry, &fleet.credentials).await {
            Ok(step) => steps.extend(step),
            Err(why) => {
                let name = text::shown(match &entry.id {
                    Some(id) if entry.name().is_empty() => id,
                    _ => entry.name(),
                });
                problems.push(format!("{}{name}: {why}", place(entry)));
            }
        }
    }
    for name in prune {
        match pruned(session, entries, name, &fleet.credentials).await {
            Ok(None) => {
                say(&format!("--prune {}: no credential has this ID or name.", text::shown(name)));
            }
            Ok(Some(step)) => {
                let of = step.step.credential.reference();
                if !steps.iter().any(|it| it.step.credential.reference() == of) {
                    steps.push(step);
                }
            }
            Err(why) => problems.push(format!("--prune {}: {why}", text::shown(name))),
        }
    }
    let selects = |entry: &ManifestEntry, of: &Credential| {
        let found = entry.select(&fleet.credentials).ok().flatten();
        found.is_some_and(|it| it.reference() == of.reference())
    };
    for former in former {
        let Ok(Some(credential)) = former.select(&fleet.credentials) else { continue };
        let is_pruned = |it: &ManifestStep| {
            let credential_of = &it.step.credential;
            matches!(it.step.action, PlannedAction::Delete(_))
                && credential_of.reference() == credential.reference()
        };
        if !entries.iter().any(|it| selects(it, credential)) && !steps.iter().any(is_pruned) {
            say(&format!(
                "No longer in the manifest: {}. To delete it: --prune {}",
                described(credential),
                credential.id().shown()
            ));
        }
    }
    problems.extend(shared(session, &steps)?);
    if problems.is_empty() { Ok(steps) } else { Err(invalid(&problems)) }
}

/// Returns a problem for each destination that would get the secrets of several clients.
fn shared(session: &ApiSession, steps: &[ManifestStep]) -> Result<Vec<String>> {
    let mut names: Vec<&String> = steps.iter().flat_map(ManifestStep::secret_to).collect();
    names.sort_unstable();
    let mut problems = Vec::new();
    for same in names.chunk_by(|a, b| a == b).filter(|same| same.len() > 1) {
        for destination in rotation::chosen(session, &[same[0].clone()])? {
            if !destination.is_per_client() {
                problems.push(format!(
                    "The destination {} would get the secrets of {} clients. Use {CLIENT_ID} in its path",
                    destination.name,
                    same.len()
                ));
            }
        }
    }
    Ok(problems)
}

/// Requires a confirmation, and runs the steps. Except in a dry run, first checks that the
/// destinations can be used, and that the session store can save a secret that is returned only
/// once. A destination whose path depends on an unknown client ID is not checked.
///
/// # Errors
/// Returns an error if a destination or the session store cannot be used. Also the errors of
/// [`bulk::run`].
pub(super) async fn run(
    session: &ApiSession,
    bulk_args: &BulkArgs,
    write: &WriteArgs,
    steps: &[ManifestStep],
) -> Result<Printed> {
    for own in steps.iter().filter(|_| !write.dry_run) {
        let credential = &own.step.credential;
        let is_new = own.new.is_some();
        let secrecy = &session.capabilities.of(credential.kind()).secrecy;
        if is_new && matches!(secrecy, Secrecy::Once(_)) {
            pending::check(&session.context).await?;
        }
        for destination in rotation::chosen(session, own.secret_to())? {
            // The ID of a new client is often unknown until it is created.
            let id = credential.id().raw();
            if !destination.is_per_client() || !id.is_empty() {
                destinations::check(&destination.of_client(id)?).await?;
            }
        }
    }
    let plan = as_plan(steps);
    let act = async |writer: &Writer, step: &PlanStep| {
        let at = plan.steps.iter().position(|it| std::ptr::eq(it, step));
        match at.and_then(|at| steps.get(at)) {
            Some(own) => carried_out(session, writer, own).await,
            None => Ok(()),
        }
    };
    bulk::run(session, bulk_args, write, &plan, act).await
}

/// Returns the steps of one entry; none if the credential already matches it and no delivery is
/// pending.
async fn step(
    session: &ApiSession,
    entry: &ManifestEntry,
    all: &[Credential],
) -> Result<Vec<ManifestStep>> {
    let abilities = session.capabilities.of(entry.kind);
    if !entry.secret_to.is_empty() && abilities.secrecy == Secrecy::None {
        return Err(eyre!("a {} has no secret. Remove secret_to", entry.kind.singular()));
    }
    for name in &entry.secret_to {
        rotation::chosen(session, std::slice::from_ref(name))?;
    }
    match entry.select(all)? {
        Some(listed) => {
            let mut steps: Vec<_> =
                changed(session, entry, listed, abilities).await?.into_iter().collect();
            if !entry.secret_to.is_empty() && EntryRecords::undelivered(session).has(entry) {
                let step = PlanStep {
                    credential: listed.clone(),
                    action: PlannedAction::Deliver(entry.secret_to.clone()),
                };
                steps.push(ManifestStep { step, new: Some(entry.clone()) });
            }
            Ok(steps)
        }
        None => Ok(vec![created(entry, abilities)?]),
    }
}

/// Returns the step that edits a credential; `None` if it already matches the manifest entry. The
/// credential is read again before it is compared, unless the listed fields are complete and match,
/// because a list may omit fields.
async fn changed(
    session: &ApiSession,
    entry: &ManifestEntry,
    listed: &Credential,
    abilities: &Abilities,
) -> Result<Option<ManifestStep>> {
    let rules = EditRules { shape: abilities.shape, fixed: abilities.fixed, lenient: true };
    let omits = entry.values.iter().any(|(field, _)| !listed.record().has.has(*field));
    if !omits && manifest::changes(entry, listed, rules)?.is_empty() {
        return Ok(None);
    }
    let fresh = session.fresh(listed).await;
    let fresh = fresh.map_err(|error| refused(&error, "Could not read the credential again"))?;
    let draft = entry.applied_to(&fresh, rules)?;
    let changes = manifest::changes(entry, &fresh, rules)?;
    if changes.is_empty() {
        return Ok(None);
    }
    editable(session, entry.kind)?;
    valid(&draft, abilities)?;
    let action = PlannedAction::Change(changes, Vec::new());
    let step = PlanStep { credential: fresh, action };
    Ok(Some(ManifestStep { step, new: None }))
}

/// Returns the step that creates a credential.
fn created(entry: &ManifestEntry, abilities: &Abilities) -> Result<ManifestStep> {
    if entry.id.is_some() && !abilities.shape.offers(entry.kind, Field::ClientId) {
        return Err(eyre!(
            "no {} has this id, and the server chooses the IDs of new ones. Remove the id to create one",
            entry.kind.singular()
        ));
    }
    allowed(&abilities.create)?;
    let draft = entry.draft(abilities.shape)?;
    valid(&draft, abilities)?;
    let mut values = stated_values(&draft, abilities.shape.fields);
    values.retain(|(_, value)| !value.is_unset());
    let step = PlanStep { credential: entry.preview(), action: PlannedAction::Create(values) };
    Ok(ManifestStep { step, new: Some(entry.clone()) })
}

fn valid(draft: &Draft, abilities: &Abilities) -> Result<()> {
    let problems = draft.problems_in(abilities.shape);
    let sentences: Vec<String> = problems.iter().map(FieldProblem::sentence).collect();
    if sentences.is_empty() { Ok(()) } else { Err(eyre!("{}", sentences.join("; "))) }
}

/// Returns the step that deletes a credential by its ID or unique name; `None` if it does not exist.
async fn pruned(
    session: &ApiSession,
    entries: &[ManifestEntry],
    name: &str,
    all: &[Credential],
) -> Result<Option<ManifestStep>> {
    let by_id: Vec<&Credential> = all.iter().filter(|it| it.id().raw() == name).collect();
    let by_name = all.iter().filter(|it| it.name().raw() == name);
    let found = if by_id.is_empty() { by_name.collect() } else { by_id };
    let listed = match found.as_slice() {
        [] => return Ok(None),
        [one] => *one,
        several => return Err(eyre!("{} credentials have this name. Use the ID", several.len())),
    };
    if listed.record().built_in {
        return Err(eyre!("it is a built-in client of the server"));
    }
    for entry in entries {
        if entry.select(all).ok().flatten().is_some_and(|it| it.reference() == listed.reference()) {
            return Err(eyre!("the manifest lists it on line {}", entry.line));
        }
    }
    allowed(&session.capabilities.of(listed.kind()).delete)?;
    let fresh = session.fresh(listed).await;
    let credential =
        fresh.map_err(|error| refused(&error, "Could not read the credential again"))?;
    let step = PlanStep { credential, action: PlannedAction::Delete(None) };
    Ok(Some(ManifestStep { step, new: None }))
}

/// Carries out one step. The credential must still have the version of the plan.
async fn carried_out(
    session: &ApiSession,
    writer: &Writer,
    own: &ManifestStep,
) -> Result<(), ApiError> {
    let PlanStep { credential, action } = &own.step;
    let written = match (action, &own.new) {
        (PlannedAction::Create(_), Some(entry)) => return create(session, writer, entry).await,
        (PlannedAction::Deliver(_), Some(entry)) => {
            return continued(session, entry, credential).await;
        }
        (PlannedAction::Change(changes, _), _) => writer.edit(credential, changes.clone()).await?,
        (PlannedAction::Delete(_), _) => return writer.delete(credential).await,
        (PlannedAction::Create(_) | PlannedAction::Rotate | PlannedAction::Deliver(_), _) => {
            return Ok(());
        }
    };
    for member in &written.side_effects {
        say(&format!("{}: the server also changed {}", described(credential), member.shown()));
    }
    Ok(())
}

/// Creates a credential, and delivers its secret. A secret in the response is kept in the session
/// store until it is delivered. If the response to an earlier attempt was lost, the idempotency key
/// of that attempt is used.
async fn create(
    session: &ApiSession,
    writer: &Writer,
    entry: &ManifestEntry,
) -> Result<(), ApiError> {
    let shape = session.capabilities.of(entry.kind).shape;
    let draft = &entry.draft(shape).map_err(|error| local(format!("{error}.")))?;
    let (pending, profile) = (PendingCreates::new(&session.context), &session.profile.name);
    let earlier = pending.find(profile, draft).map(|it| it.key);
    let key = earlier.unwrap_or_else(|| format!("{:032x}", rand::random::<u128>()));
    let recorded = pending.remember(profile, draft, &key).and_then(|()| {
        if entry.secret_to.is_empty() {
            return Ok(());
        }
        EntryRecords::undelivered(session).add(std::slice::from_ref(entry))
    });
    recorded.map_err(|error| local(format!("{error:#}.")))?;
    let made = writer.create(draft.clone(), key).await;
    if !made.as_ref().is_err_and(ApiError::is_uncertain) {
        pending.forget(profile, draft);
    }
    let Written { credential, secret, .. } = made?;
    for field in draft.left_out(&credential, shape) {
        say(&format!("{}: the server dropped {}", described(&credential), field.label()));
    }
    let Some(secret) = secret else { return continued(session, entry, &credential).await };
    keep(session, &credential, &secret).await?;
    if entry.secret_to.is_empty() {
        say(&format!(
            "The secret of {} is in the session store. Deliver it: credenza secret pending {} --secret-file FILE",
            described(&credential),
            credential.id().shown()
        ));
        return Ok(());
    }
    handed_over(session, entry, &credential, &secret).await
}

const fn local(why: String) -> ApiError {
    ApiError::Local { why, next: "Correct the cause, then apply the plan again." }
}

/// Delivers the secret of an existing client, from the session store or else from the server.
async fn continued(
    session: &ApiSession,
    entry: &ManifestEntry,
    credential: &Credential,
) -> Result<(), ApiError> {
    if entry.secret_to.is_empty() {
        return Ok(());
    }
    let kept = pending::kept(&session.context, &session.profile.name, credential).await;
    let secret = match kept.map_err(|error| local(format!("{error:#}.")))? {
        Some(secret) => Ok(secret),
        None => session.secret(&credential.reference()).await,
    };
    match secret {
        Ok(secret) => handed_over(session, entry, credential, &secret).await,
        // The server no longer returns the secret, so another attempt would also fail.
        Err(ApiError::Forbidden { .. }) => {
            let forgotten = EntryRecords::undelivered(session).remove(entry);
            forgotten.map_err(|error| local(format!("{error:#}.")))?;
            let id = credential.id().shown();
            Err(ApiError::Local {
                why: format!(
                    "{id} exists, but its secret was not delivered, and the server does not show it again."
                ),
                next: "Issue and deliver another: credenza rotate ID --to DESTINATION.",
            })
        }
        Err(error) => Err(error),
    }
}

/// Delivers a secret to the destinations of an entry, and then removes the pending secret and the
/// record of the entry.
async fn handed_over(
    session: &ApiSession,
    entry: &ManifestEntry,
    credential: &Credential,
    secret: &Secret,
) -> Result<(), ApiError> {
    deliver(session, credential, secret, &entry.secret_to).await.map_err(|why| {
        let id = credential.id().shown();
        local(format!("{id} exists, but its secret was not delivered: {why:#}."))
    })?;
    let profile = &session.profile.name;
    let forgotten = pending::forget(&session.context, profile, credential)
        .await
        .and_then(|()| EntryRecords::undelivered(session).remove(entry));
    if let Err(error) = forgotten {
        let named = described(credential);
        say(&format!(
            "credenza: the secret of {named} was delivered, but is still recorded as pending: {error:#}"
        ));
    }
    Ok(())
}

async fn keep(
    session: &ApiSession,
    credential: &Credential,
    secret: &Secret,
) -> Result<(), ApiError> {
    let kept = pending::keep(&session.context, &session.profile.name, credential, secret).await;
    kept.map_err(|error| {
        local(format!(
            "{} has a new secret, which could not be saved: {error:#}.",
            credential.id().shown()
        ))
    })
}

async fn deliver(
    session: &ApiSession,
    credential: &Credential,
    secret: &Secret,
    secret_to: &[String],
) -> Result<()> {
    for destination in rotation::chosen(session, secret_to)? {
        let destination = destination.of_client(credential.id().raw())?;
        destinations::write(&destination, secret).await?;
        if destination.store.is_readable() {
            let copy = destinations::read(&destination).await?;
            if copy.as_ref().map(Secret::expose) != Some(secret.expose()) {
                return Err(eyre!("the copy in {} differs", destination.name));
            }
        }
        say(&format!("Delivered the secret of {} to {}.", described(credential), destination.name));
    }
    Ok(())
}
