//! Checks for every provider, through the same trait that the console uses.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    report::{ConformanceReport, Outcome},
    samples::{change, changes_by_itself, draft, walk},
};
use crate::{
    api::{
        Abilities, Access, Answer, ApiError, Capabilities, CredentialsApi, PageQuery,
        RotationRequest, Scope, Secrecy, Written,
    },
    domain::{
        Credential, CredentialRef, Draft, Kind, Secret, Untrusted,
        draft::{Field, FieldValue, changes},
    },
};

/// Input of the suite: connections to the API, and functions that request tokens and generate
/// names.
pub struct Bench {
    /// API with write access.
    pub api: Arc<dyn CredentialsApi>,
    /// API as another user, who owns none of the test credentials; `None` skips the checks of
    /// access by other users.
    pub other: Option<Arc<dyn CredentialsApi>>,
    /// API with an invalid token; `None` skips the check that such a token is rejected.
    pub anonymous: Option<Arc<dyn CredentialsApi>>,
    /// Function that requests an access token with a client; `None` skips the checks that request
    /// tokens.
    pub issue: Option<Issue>,
    /// Scopes of the test tokens. If empty, the token checks are skipped on a server whose tokens
    /// have scopes.
    pub scopes: Vec<String>,
    /// Function that generates a name for each test credential ([`super::name`]).
    pub name: Box<dyn Fn() -> String + Send + Sync>,
}

/// Function that requests an access token with the ID and secret of a client, and discards the
/// token.
pub type Issue = Box<dyn Fn(Untrusted, Secret) -> Answer<'static, ()> + Send + Sync>;

pub(super) type CheckOutcome<T = ()> = std::result::Result<T, Outcome>;

/// Runs the suite, and deletes its test credentials even if checks fail.
pub async fn run(bench: &Bench) -> ConformanceReport {
    let mut report = ConformanceReport::default();
    let capabilities = match bench.api.capabilities().await {
        Ok(all) => all,
        Err(error) => {
            let sentence = "Capabilities are reported.";
            report.note(
                "capabilities",
                None,
                sentence,
                Err(fails("reading the capabilities", &error)),
            );
            return report;
        }
    };
    for kind in Kind::ALL {
        let mut made = Vec::new();
        kind_of(bench, &capabilities, kind, &mut report, &mut made).await;
        if report.outcome("refuses strangers", None).is_none() && !made.is_empty() {
            let sentence = "An invalid token is rejected, and nothing is shown for it.";
            report.note("refuses strangers", None, sentence, stranger(bench, kind).await);
        }
        let left = clean(bench, kind, &made).await;
        if !made.is_empty() {
            let sentence = "All test credentials are deleted.";
            report.note("cleans up", Some(kind), sentence, left);
        }
    }
    report
}

fn fails(what: &str, error: &ApiError) -> Outcome {
    Outcome::Fails(format!("{what}: {}", error.explain("").why))
}

pub(super) fn tried<T>(what: &str, result: std::result::Result<T, ApiError>) -> CheckOutcome<T> {
    result.map_err(|error| fails(what, &error))
}

pub(super) fn must(holds: bool, otherwise: impl Into<String>) -> CheckOutcome {
    if holds { Ok(()) } else { Err(Outcome::Fails(otherwise.into())) }
}

fn offered(access: &Access) -> CheckOutcome {
    match access {
        Access::Allowed => Ok(()),
        Access::Refused(why) => Err(Outcome::NotOffered(why.clipped(120))),
    }
}

/// Checks that the server rejects an invalid token in a request for a list that is not empty.
async fn stranger(bench: &Bench, kind: Kind) -> CheckOutcome {
    let Some(anonymous) = &bench.anonymous else {
        return Err(Outcome::NotOffered("no kind of credential can be listed here".into()));
    };
    let query = PageQuery::first(kind, Scope::Mine, 10);
    match anonymous.page(query).await {
        Err(ApiError::Unauthorized { .. } | ApiError::Forbidden { .. }) => Ok(()),
        Err(error) => Err(fails("an invalid token is not rejected with 401", &error)),
        Ok(page) if page.entries.is_empty() => {
            Err(Outcome::Fails("an invalid token gets an empty list".into()))
        }
        Ok(_) => Err(Outcome::Fails("an invalid token gets the list".into())),
    }
}

/// Test credential, its secret if the creation returned one, and the fields that the server did not
/// keep.
struct Made {
    credential: Credential,
    secret: Option<Secret>,
    left_out: Vec<Field>,
}

async fn kind_of(
    bench: &Bench,
    all: &Capabilities,
    kind: Kind,
    report: &mut ConformanceReport,
    made: &mut Vec<Untrusted>,
) {
    let abilities = all.of(kind);
    let mut note = |name, sentence, result| report.note(name, Some(kind), sentence, result);
    let result = created(bench, abilities, kind, made).await;
    let sentence = "A created credential reads back as requested.";
    let it = match result {
        Ok(it) => {
            note("creates", sentence, Ok(()));
            it
        }
        Err(outcome) => return note("creates", sentence, Err(outcome)),
    };
    let sentence = "Every field is kept.";
    note("keeps every field", sentence, taken(&it));
    let sentence = "The list contains it once, and pages neither skip nor repeat entries.";
    note("lists", sentence, listed(bench, abilities, kind, &it, made).await);
    let sentence = "The secret can always be read, or is shown once only.";
    note("secret", sentence, check_secret(bench, abilities, kind, &it).await);
    let sentence = "An edit changes the named field only.";
    note("edits", sentence, edited(bench, abilities, kind, &it).await);
    let sentence = "An edit of an outdated version is rejected.";
    note("refuses lost updates", sentence, lost(bench, abilities, kind, &it).await);
    let sentence = "Another user's credential can be neither edited nor deleted.";
    note("keeps others out", sentence, others(bench, kind, &it).await);
    let secret = secret_now(bench, kind, &it).await;
    let mut issued = false;
    if kind == Kind::M2m {
        let sentence = "The client gets an access token with its secret (RFC 6749 section 4.4).";
        let result = issues(bench, &it, secret.as_ref()).await;
        issued = result.is_ok();
        note("issues", sentence, result);
    }
    let sentence = "A rotation issues a new secret, and the old one stops working.";
    let rotated = rotated(bench, abilities, kind, &it, secret.as_ref(), issued).await;
    let newest = rotated.as_ref().ok().and_then(|secret| secret.as_ref().map(copy)).or(secret);
    note("rotates", sentence, rotated.map(|_| ()));
    let sentence = "A deleted credential cannot be read and gets no token.";
    note("deletes", sentence, deleted(bench, abilities, kind, &it, newest, made).await);
}

fn copy(secret: &Secret) -> Secret {
    Secret::new(secret.expose().to_owned())
}

async fn make(
    bench: &Bench,
    abilities: &Abilities,
    kind: Kind,
    made: &mut Vec<Untrusted>,
) -> CheckOutcome<(Draft, Made)> {
    let name = (bench.name)();
    let draft = draft(bench, abilities, kind, &name);
    let written = tried("creating", bench.api.create(draft.clone(), name).await)?;
    made.push(written.credential.id().clone());
    let Written { credential, secret, .. } = written;
    Ok((draft, Made { credential, secret, left_out: Vec::new() }))
}

async fn created(
    bench: &Bench,
    abilities: &Abilities,
    kind: Kind,
    made: &mut Vec<Untrusted>,
) -> CheckOutcome<Made> {
    offered(&abilities.create)?;
    let scoped = kind == Kind::Token && abilities.shape.fields.has(Field::Scopes);
    if scoped && bench.scopes.is_empty() {
        let why = "tokens require a scope or a policy here: set one with --token-scope";
        return Err(Outcome::NotOffered(why.into()));
    }
    let (wanted, mut it) = make(bench, abilities, kind, made).await?;
    let read = tried(
        "reading it back",
        bench.api.show(CredentialRef::new(kind, it.credential.id().clone())).await,
    )?;
    must(read.kind() == kind, format!("it was returned as {}", read.kind()))?;
    let differing: Vec<&str> = changes(&wanted, &Draft::of(&read))
        .into_iter()
        .filter(|change| abilities.shape.fields.has(change.field))
        // The server may choose values that were not requested, and omit unsupported members.
        .filter(|change| !change.before.is_empty() && !change.after.is_empty())
        .map(|change| change.field.label())
        .collect();
    must(
        differing.is_empty(),
        format!("it was returned with a different {}", differing.join(", ")),
    )?;
    it.left_out = wanted.left_out(&read, abilities.shape);
    it.credential = read;
    Ok(it)
}

/// Returns [`Outcome::NotOffered`] if the server did not keep all fields, because a server may omit
/// unsupported members (RFC 7591 section 3.2.1).
fn taken(it: &Made) -> CheckOutcome {
    let left: Vec<&str> = it.left_out.iter().map(|field| field.label()).collect();
    if left.is_empty() {
        return Ok(());
    }
    Err(Outcome::NotOffered(format!("the server drops or changes: {}", left.join(", "))))
}

async fn listed(
    bench: &Bench,
    abilities: &Abilities,
    kind: Kind,
    it: &Made,
    made: &mut Vec<Untrusted>,
) -> CheckOutcome {
    offered(&abilities.list)?;
    // These five and the credential of the first check fill three pages of two entries.
    for _ in 0..5 {
        make(bench, abilities, kind, made).await?;
    }
    let (whole, _) = walk(&*bench.api, kind, 1000).await?;
    let (paged, pages) = walk(&*bench.api, kind, 2).await?;
    let set: BTreeSet<&str> = paged.iter().map(Untrusted::raw).collect();
    must(set.len() == paged.len(), "the list has an entry twice")?;
    must(set.contains(it.credential.id().raw()), "the list does not contain it")?;
    must(made.iter().all(|id| set.contains(id.raw())), "a page skips an entry")?;
    let same: BTreeSet<&str> = whole.iter().map(Untrusted::raw).collect();
    must(set == same, "small pages and a large page have different entries")?;
    if pages == 1 {
        // The list is complete, but the check could not test paging.
        return Err(Outcome::NotOffered("the list has no pages".into()));
    }
    must(pages >= 3, format!("{} entries in {pages} pages of 2", paged.len()))
}

/// Returns the secret of a credential, from the response to its creation or from a read.
async fn secret_now(bench: &Bench, kind: Kind, it: &Made) -> Option<Secret> {
    match &it.secret {
        Some(secret) => Some(copy(secret)),
        None => bench.api.secret(CredentialRef::new(kind, it.credential.id().clone())).await.ok(),
    }
}

async fn check_secret(bench: &Bench, abilities: &Abilities, kind: Kind, it: &Made) -> CheckOutcome {
    let id = it.credential.id().clone();
    let read = bench.api.secret(CredentialRef::new(kind, id)).await;
    match (&abilities.secrecy, &it.secret) {
        (Secrecy::None, came) => {
            must(came.is_none(), "a public client got a secret")?;
            Err(Outcome::NotOffered("a public client has no secret".into()))
        }
        (Secrecy::Hidden(why), _) => Err(Outcome::NotOffered(why.clipped(120))),
        (Secrecy::Once(_), came) => {
            must(
                came.as_ref().is_some_and(|it| !it.expose().is_empty()),
                "no secret was returned",
            )?;
            must(read.is_err(), "it was shown once, but can still be read")
        }
        // `Written::secret` is only set if the secret cannot be read later.
        (Secrecy::Readable, Some(came)) => must(
            !came.expose().is_empty() && read.is_err(),
            "it was returned, and can be read again",
        ),
        (Secrecy::Readable, None) => {
            let secret = tried("reading the secret", read)?;
            must(!secret.expose().is_empty(), "it is empty")
        }
    }
}

async fn edited(bench: &Bench, abilities: &Abilities, kind: Kind, it: &Made) -> CheckOutcome {
    offered(&abilities.edit)?;
    let id = it.credential.id().clone();
    let before = tried("reading it", bench.api.show(CredentialRef::new(kind, id.clone())).await)?;
    let change = change(bench, abilities, &Draft::of(&before), 1)
        .ok_or_else(|| Outcome::NotOffered("no field can be edited".into()))?;
    let version = before.record().version.clone();
    let result =
        bench.api.edit(CredentialRef::new(kind, id.clone()), version, vec![change.clone()]).await;
    let answer = tried("editing", result)?.credential;
    let after = tried("reading it again", bench.api.show(CredentialRef::new(kind, id)).await)?;
    must(
        changes(&Draft::of(&answer), &Draft::of(&after)).is_empty(),
        "the response differs from the stored credential",
    )?;
    let mut differing = changes(&Draft::of(&before), &Draft::of(&after));
    // The server may treat a list as a set, and return it in another order.
    let sorted = |value: &FieldValue| match value {
        FieldValue::Lines(lines) => {
            let mut lines = lines.clone();
            lines.sort();
            FieldValue::Lines(lines)
        }
        other => other.clone(),
    };
    differing.retain(|it| sorted(&it.before) != sorted(&it.after));
    let [only] = differing.as_slice() else {
        let fields: Vec<&str> = differing.iter().map(|it| it.field.label()).collect();
        return Err(Outcome::Fails(format!("the edit changed {fields:?}")));
    };
    must(
        only.field == change.field && sorted(&only.after) == sorted(&change.after),
        "the edit had a different effect",
    )?;
    let (before, after) = (&before.record().unknown, &after.record().unknown);
    let kept = before.iter().all(|(name, value)| {
        changes_by_itself(name.raw()) || after.iter().any(|it| it.0 == *name && it.1 == *value)
    });
    must(kept, "an unknown member was changed")
}

async fn lost(bench: &Bench, abilities: &Abilities, kind: Kind, it: &Made) -> CheckOutcome {
    offered(&abilities.edit)?;
    let id = it.credential.id().clone();
    let stale = tried("reading it", bench.api.show(CredentialRef::new(kind, id.clone())).await)?;
    let mine = Draft::of(&stale);
    let nothing = || Outcome::NotOffered("no field can be edited".into());
    let first = change(bench, abilities, &mine, 2).ok_or_else(nothing)?;
    let second = change(bench, abilities, &mine, 3).ok_or_else(nothing)?;
    let version = stale.record().version.clone();
    tried(
        "the first edit",
        bench.api.edit(CredentialRef::new(kind, id.clone()), version.clone(), vec![first]).await,
    )?;
    match bench.api.edit(CredentialRef::new(kind, id.clone()), version.clone(), vec![second]).await
    {
        Err(ApiError::Changed) => {}
        Err(error) => {
            return Err(fails("the second edit was rejected with an unexpected error", &error));
        }
        Ok(_) => return Err(Outcome::Fails("the second edit overwrote the first".into())),
    }
    if abilities.delete == Access::Allowed {
        let deleted = bench.api.delete(CredentialRef::new(kind, id), version).await;
        must(deleted == Err(ApiError::Changed), "a deletion of an outdated version was accepted")?;
    }
    Ok(())
}

async fn others(bench: &Bench, kind: Kind, it: &Made) -> CheckOutcome {
    let Some(other) = &bench.other else {
        return Err(Outcome::NotOffered(
            "clients have no owners here, or no second user's token was given".into(),
        ));
    };
    let id = it.credential.id().clone();
    let refused = |error: &ApiError| {
        matches!(
            error,
            ApiError::NotFound { .. } | ApiError::Forbidden { .. } | ApiError::Unauthorized { .. }
        )
    };
    match other.delete(CredentialRef::new(kind, id.clone()), None).await {
        Err(error) if refused(&error) => {}
        Err(error) => {
            return Err(fails(
                "another user's deletion was rejected with an unexpected error",
                &error,
            ));
        }
        Ok(()) => return Err(Outcome::Fails("another user could delete it".into())),
    }
    // A user who may read the credential, such as an administrator, may also read its secret.
    if other.show(CredentialRef::new(kind, id.clone())).await.is_err() {
        must(
            other.secret(CredentialRef::new(kind, id.clone())).await.is_err(),
            "another user can read its secret",
        )?;
    }
    tried(
        "reading it after the rejected deletion",
        bench.api.show(CredentialRef::new(kind, id)).await,
    )
    .map(|_| ())
}

async fn issues(bench: &Bench, it: &Made, secret: Option<&Secret>) -> CheckOutcome {
    let Some(issue) = &bench.issue else {
        return Err(Outcome::NotOffered("no issuer is known".into()));
    };
    let Some(secret) = secret else {
        return Err(Outcome::NotOffered("its secret cannot be read".into()));
    };
    let id = it.credential.id().clone();
    let error = match issue(id.clone(), copy(secret)).await {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    // RFC 6749 section 5.2: `unauthorized_client` means that the secret is valid, but the client
    // may not use the grant type. Some servers also return it for a wrong secret, so the check
    // repeats the request with a wrong secret and compares the two errors.
    if let ApiError::Refused { error: word, said } = &error
        && word.raw() == "unauthorized_client"
        && issue(id, Secret::new("a-wrong-secret".into())).await.as_ref() != Err(&error)
    {
        return Err(Outcome::NotOffered(said.clipped(120)));
    }
    Err(fails("requesting a token", &error))
}

async fn rotated(
    bench: &Bench,
    abilities: &Abilities,
    kind: Kind,
    it: &Made,
    old: Option<&Secret>,
    issues: bool,
) -> CheckOutcome<Option<Secret>> {
    offered(&abilities.rotate)?;
    let id = it.credential.id().clone();
    let before = tried("reading it", bench.api.show(CredentialRef::new(kind, id.clone())).await)?;
    let rotation = RotationRequest { version: before.record().version.clone(), keep_tokens: false };
    let written =
        tried("rotating", bench.api.rotate(CredentialRef::new(kind, id.clone()), rotation).await)?;
    let grace = written.credential.client().is_some_and(|client| client.old_secret_until.is_some());
    let new = match written.secret {
        Some(secret) => secret,
        None => tried(
            "reading the new secret",
            bench.api.secret(CredentialRef::new(kind, id.clone())).await,
        )?,
    };
    must(old.is_none_or(|old| old.expose() != new.expose()), "the secret is the same")?;
    if let (true, Some(issue), Some(old)) = (issues, &bench.issue, old) {
        tried("requesting a token with the new secret", issue(id.clone(), copy(&new)).await)?;
        let still = issue(id, copy(old)).await.is_ok();
        must(
            still == grace,
            if still {
                "the old secret still works"
            } else {
                "the old secret does not work in its grace period"
            },
        )?;
    }
    Ok(Some(new))
}

async fn deleted(
    bench: &Bench,
    abilities: &Abilities,
    kind: Kind,
    it: &Made,
    secret: Option<Secret>,
    made: &mut Vec<Untrusted>,
) -> CheckOutcome {
    offered(&abilities.delete)?;
    let id = it.credential.id().clone();
    let newest = tried("reading it", bench.api.show(CredentialRef::new(kind, id.clone())).await)?;
    let version = newest.record().version.clone();
    tried("deleting", bench.api.delete(CredentialRef::new(kind, id.clone()), version).await)?;
    made.retain(|known| *known != id);
    match bench.api.show(CredentialRef::new(kind, id.clone())).await {
        Err(ApiError::NotFound { .. } | ApiError::Forbidden { .. }) => {}
        Err(error) => {
            return Err(fails("reading it was rejected with an unexpected error", &error));
        }
        Ok(_) => return Err(Outcome::Fails("it can still be read".into())),
    }
    let (ids, _) = walk(&*bench.api, kind, 1000).await?;
    must(!ids.contains(&id), "it is still in the list")?;
    if let (Kind::M2m, Some(issue), Some(secret)) = (kind, &bench.issue, secret) {
        match issue(id, secret).await {
            Err(ApiError::Refused { .. } | ApiError::Unauthorized { .. }) => {}
            Err(error) => {
                return Err(fails("requesting a token failed with an unexpected error", &error));
            }
            Ok(()) => return Err(Outcome::Fails("it still gets tokens".into())),
        }
    }
    Ok(())
}

/// Deletes the test credentials, and reports those that cannot be deleted. A credential that cannot
/// be read is deleted as well, because it may still exist. For example, a server without RFC 7592
/// supports no reads.
async fn clean(bench: &Bench, kind: Kind, made: &[Untrusted]) -> CheckOutcome {
    let mut left = Vec::new();
    for id in made {
        let version = match bench.api.show(CredentialRef::new(kind, id.clone())).await {
            Ok(credential) => credential.record().version.clone(),
            Err(_) => None,
        };
        if bench.api.delete(CredentialRef::new(kind, id.clone()), version).await.is_err() {
            left.push(id.clipped(40));
        }
    }
    must(left.is_empty(), format!("created, but could not be deleted: {}", left.join(", ")))
}
