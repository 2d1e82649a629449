//! Writes credentials, and checks the server if the response is lost.
//!
//! A request that failed after it was sent may have been executed ([`ApiError::is_uncertain`]). The
//! functions of this module then read the state of the server. If the state shows the write, the
//! call succeeds, unless the new secret was lost. If the state does not show the write, the request
//! may still be running. The outcome then stays unknown, and the error contains the result of the
//! check. The write is never sent again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{ApiError, CredentialsApi, PageQuery, RotationRequest, Scope, Secrecy, Written, fleet};
use crate::domain::{Credential, CredentialRef, Draft, Kind, draft::Change};

/// Delay before each check. The effect of a request that is still running may only be visible in
/// the second check.
const LOOKS: [Duration; 2] = [Duration::ZERO, Duration::from_secs(1)];

/// Tolerated clock difference between this machine and the server. With a larger value, an older
/// credential of the same name could be mistaken for the new one.
const SKEW: SignedDuration = SignedDuration::from_secs(2);

/// Result of a check on the server.
enum Seen<T> {
    /// The write was executed.
    Done(T),
    /// No evidence of the write, or its secret was lost. The text is a sentence without its full
    /// stop.
    Unproven(String),
}

/// Creates a credential ([`CredentialsApi::create`]), and checks the server if the response is
/// lost.
///
/// # Errors
/// Returns the error of the call, or [`ApiError::Uncertain`] if the credential may or may not have
/// been created, or its secret was lost.
pub async fn create(
    api: &dyn CredentialsApi,
    draft: Draft,
    attempt: String,
) -> Result<Written, ApiError> {
    let begun = Timestamp::now();
    match api.create(draft.clone(), attempt).await {
        Err(error) if error.is_uncertain() => {
            let abilities = abilities(api, draft.kind()).await;
            let once = abilities.is_some_and(|(secrecy, _)| matches!(secrecy, Secrecy::Once(_)));
            let look = || async {
                let Candidates { dated, undated } = created(api, &draft, begun).await?;
                Ok(match dated.as_slice() {
                    [one] if once => Seen::Unproven(format!(
                        "{} was created, but the response with its secret was lost. Rotate the secret, or delete the client",
                        one.id().shown()
                    )),
                    [one] => Seen::Done(one.clone()),
                    [] if !undated.is_empty() => Seen::Unproven(format!(
                        "The server's list contains this name, without a creation time: {}. It may be the new credential or an older one",
                        ids(&undated)
                    )),
                    [] => Seen::Unproven(
                        "The server's list does not contain the credential".to_owned(),
                    ),
                    several => Seen::Unproven(format!(
                        "Several credentials have this name now: {}",
                        ids(several)
                    )),
                })
            };
            settled(error, look).await.map(Written::from)
        }
        other => other,
    }
}

/// Edits a credential ([`CredentialsApi::edit`]), and checks the server if the response is lost.
///
/// # Errors
/// Returns the error of the call, or [`ApiError::Uncertain`] if the credential may or may not have
/// been changed, or its new secret was lost.
pub async fn edit(
    api: &dyn CredentialsApi,
    of: CredentialRef,
    version: Option<String>,
    changes: Vec<Change>,
) -> Result<Written, ApiError> {
    match api.edit(of.clone(), version, changes.clone()).await {
        Err(error) if error.is_uncertain() => {
            let rotates = abilities(api, of.kind).await.is_none_or(|(_, rotates)| rotates);
            let look = || async {
                let now = api.show(of.clone()).await?;
                let values = Draft::of(&now).values();
                let is_there =
                    |change: &Change| values.contains(&(change.field, change.after.clone()));
                Ok(if !changes.iter().all(is_there) {
                    Seen::Unproven("The server does not have all the new values".to_owned())
                } else if rotates {
                    Seen::Unproven(
                        "The client was changed, but the response with the new secret was lost"
                            .to_owned(),
                    )
                } else {
                    Seen::Done(now)
                })
            };
            settled(error, look).await.map(Written::from)
        }
        other => other,
    }
}

/// Rotates a secret ([`CredentialsApi::rotate`]), and checks the server if the response is lost.
///
/// # Errors
/// Returns the error of the call, or [`ApiError::Uncertain`] if the secret may or may not have been
/// rotated, or the new secret was lost.
pub async fn rotate(
    api: &dyn CredentialsApi,
    of: CredentialRef,
    rotation: RotationRequest,
) -> Result<Written, ApiError> {
    let version = rotation.version.clone();
    match api.rotate(of.clone(), rotation).await {
        Err(error) if error.is_uncertain() => {
            let abilities = abilities(api, of.kind).await;
            let readable = abilities.is_some_and(|(secrecy, _)| secrecy == Secrecy::Readable);
            let look = || async {
                let now = api.show(of.clone()).await?;
                let changed = version.is_some() && now.record().version != version;
                Ok(match (changed, readable) {
                    (true, true) => Seen::Done(now),
                    (true, false) => Seen::Unproven(
                        "The client changed in the meantime. If that was the rotation, the response with the new secret was lost. Rotate the secret again"
                            .to_owned(),
                    ),
                    // With some providers, a client's version does not depend on its secret.
                    (false, _) => Seen::Unproven(
                        "The client shows no change, but its secret may have been rotated"
                            .to_owned(),
                    ),
                })
            };
            settled(error, look).await.map(Written::from)
        }
        other => other,
    }
}

/// Deletes a credential ([`CredentialsApi::delete`]), and checks the server if the response is
/// lost.
///
/// # Errors
/// Returns the error of the call, or [`ApiError::Uncertain`] if the credential may or may not have
/// been deleted.
pub async fn delete(
    api: &dyn CredentialsApi,
    of: CredentialRef,
    version: Option<String>,
) -> Result<(), ApiError> {
    match api.delete(of.clone(), version).await {
        Err(error) if error.is_uncertain() => {
            let look = || async {
                match api.show(of.clone()).await {
                    Err(ApiError::NotFound { .. }) => Ok(Seen::Done(())),
                    other => other.map(|_| {
                        Seen::Unproven("The credential still exists on the server".to_owned())
                    }),
                }
            };
            settled(error, look).await
        }
        other => other,
    }
}

/// Returns the secrecy of a kind, and true if an edit issues a new secret. `None` if the
/// capabilities cannot be read.
async fn abilities(api: &dyn CredentialsApi, kind: Kind) -> Option<(Secrecy, bool)> {
    let capabilities = api.capabilities().await.ok()?;
    let abilities = capabilities.of(kind);
    Some((abilities.secrecy.clone(), abilities.edit_rotates))
}

async fn settled<T, F>(error: ApiError, look: impl Fn() -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<Seen<T>, ApiError>>,
{
    let mut seen = String::new();
    for wait in LOOKS {
        tokio::time::sleep(wait).await;
        seen = match look().await {
            Ok(Seen::Done(done)) => return Ok(done),
            Ok(Seen::Unproven(seen)) => seen,
            Err(why) => unread(&why),
        };
    }
    Err(ApiError::Uncertain { cause: Box::new(error), seen })
}

fn unread(error: &ApiError) -> String {
    let why = error.explain("").why;
    format!("Could not check the server: {}", why.trim_end_matches('.'))
}

fn ids(credentials: &[Credential]) -> String {
    credentials.iter().map(|it| it.id().shown()).collect::<Vec<_>>().join(", ")
}

/// Credentials with the same name as a draft. One of them may be the result of a create request
/// whose response was lost.
#[derive(Debug, Default)]
pub struct Candidates {
    /// Credentials that were created at the time of the request or later.
    pub dated: Vec<Credential>,
    /// Credentials whose creation time the provider does not report, such as all Keycloak clients.
    pub undated: Vec<Credential>,
}

/// Returns the caller's credentials that a create request may have produced: those with the draft's
/// name that were created at `begun` or later, or have no creation time. A clock difference of 2 s
/// is tolerated. Returns none for a draft without a name.
///
/// # Errors
/// Returns the error of [`CredentialsApi::page`], or [`ApiError::Malformed`] if the list does not
/// end.
pub async fn created(
    api: &dyn CredentialsApi,
    draft: &Draft,
    begun: Timestamp,
) -> Result<Candidates, ApiError> {
    let (kind, name) = (draft.kind(), draft.name());
    let mut found = Candidates::default();
    if name.is_empty() {
        return Ok(found);
    }
    let since = begun.checked_sub(SKEW).unwrap_or(begun);
    let mut reading = fleet::Reading::default();
    loop {
        let first = PageQuery::first(kind, Scope::Mine, fleet::PAGE_SIZE);
        let query = PageQuery { after: reading.after().map(str::to_owned), ..first };
        let page = api.page(query).await?;
        let more = reading.took(&page)?;
        for credential in page.entries.into_iter().filter(|it| it.name().raw() == name) {
            match credential.record().created_at {
                Some(at) if at >= since => found.dated.push(credential),
                Some(_) => {}
                None => found.undated.push(credential),
            }
        }
        if !more {
            return Ok(found);
        }
    }
}
