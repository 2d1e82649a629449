//! All credentials of an API, page by page; and the one that somebody named.

use std::{io::IsTerminal as _, time::Duration};

use color_eyre::eyre::{Result, eyre};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::desk::{Desk, refused};
use crate::{
    api::{ApiError, PageQuery, Scope},
    domain::{Credential, Kind, Untrusted},
};

/// Rows asked for at once.
const PAGE_SIZE: u32 = 1000;

/// How often a server may ask to wait for one page.
const WAITS: u32 = 5;

/// The longest wait that is kept to, in seconds.
const LONGEST_WAIT: u64 = 120;

/// What could be read of a fleet.
#[derive(Default)]
pub struct Fleet {
    /// The credentials.
    pub credentials: Vec<Credential>,
    /// What could not be read, one sentence each.
    pub incomplete: Vec<String>,
}

/// A line on standard error while something takes time; none when nobody watches.
#[must_use]
pub fn progress(quiet: bool, length: Option<u64>, what: &str) -> ProgressBar {
    let target = if quiet || !std::io::stderr().is_terminal() {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr_with_hz(10)
    };
    let bar = ProgressBar::with_draw_target(length, target);
    let template = if length.is_some() {
        "{msg} {wide_bar} {human_pos}/{human_len} {eta}"
    } else {
        "{msg} {human_pos} {elapsed}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("#. "));
    }
    bar.set_message(what.to_owned());
    bar
}

/// Reads every credential of some kinds.
///
/// # Errors
/// When not even one kind can be read. What fails later, or of another kind, is told in
/// [`Fleet::incomplete`].
pub async fn gather(desk: &Desk, kinds: &[Kind], scope: Scope, quiet: bool) -> Result<Fleet> {
    let bar = progress(quiet, None, "Reading credentials");
    let mut fleet = Fleet::default();
    let mut first = None;
    let mut read = 0;
    for &kind in kinds {
        if desk.capabilities.of(kind).list.refusal().is_some() {
            continue;
        }
        match all_of(desk, kind, scope, &bar, &mut fleet.credentials).await {
            Ok(()) => read += 1,
            Err(error) => {
                let got = fleet.credentials.iter().filter(|it| it.kind() == kind).count();
                let what = format!("The {} cannot be read", kind.plural());
                let why = error.explain(&what).text();
                let part =
                    if got > 0 { format!(" ({got} were read before that)") } else { String::new() };
                fleet
                    .incomplete
                    .push(format!("{}{part}", why.lines().collect::<Vec<_>>().join(" ")));
                first.get_or_insert(refused(&error, &what));
            }
        }
    }
    bar.finish_and_clear();
    match first {
        Some(error) if read == 0 && fleet.credentials.is_empty() => Err(error),
        _ => Ok(fleet),
    }
}

async fn all_of(
    desk: &Desk,
    kind: Kind,
    scope: Scope,
    bar: &ProgressBar,
    into: &mut Vec<Credential>,
) -> Result<(), ApiError> {
    let mut after: Option<String> = None;
    loop {
        let query = PageQuery { kind, scope, after: after.clone(), size: PAGE_SIZE };
        let page = patiently(desk, query).await?;
        bar.inc(page.entries.len() as u64);
        into.extend(page.entries);
        match page.next {
            None => return Ok(()),
            next if next == after => {
                let why = "its next page is the page that it came with".to_owned();
                return Err(ApiError::Malformed { why });
            }
            next => after = next,
        }
    }
}

/// Asks for a page, and waits where the server asks to.
async fn patiently(desk: &Desk, query: PageQuery) -> Result<crate::api::Page, ApiError> {
    let mut waits = 0;
    loop {
        match desk.page(query.clone()).await {
            Err(ApiError::Limited { seconds }) if waits < WAITS && seconds <= LONGEST_WAIT => {
                waits += 1;
                tokio::time::sleep(Duration::from_secs(seconds.max(1))).await;
            }
            other => return other,
        }
    }
}

/// Finds the credential that somebody named by its id, or by its exact name where that is unique, and
/// reads it as it is now.
///
/// # Errors
/// When there is none, or several have the name.
pub async fn named(desk: &Desk, name: &str, only: Option<Kind>) -> Result<Credential> {
    let kinds = kinds(desk, only);
    let id = Untrusted::from(name);
    let mut failed = None;
    for &kind in &kinds {
        match desk.show(kind, &id).await {
            Ok(found) if only.is_none_or(|only| only == found.kind()) => return Ok(found),
            Ok(_) | Err(ApiError::NotFound { .. }) => {}
            // Some servers take only what looks like an id of theirs.
            Err(error @ (ApiError::Invalid { .. } | ApiError::Forbidden { .. })) => {
                failed.get_or_insert(error);
            }
            Err(error) => return Err(refused(&error, &format!("{} cannot be read", id.shown()))),
        }
    }
    let fleet = gather(desk, &kinds, Scope::Mine, false).await?;
    let matching: Vec<&Credential> =
        fleet.credentials.iter().filter(|it| it.name().raw() == name).collect();
    match matching.as_slice() {
        [one] => desk
            .show(one.kind(), one.id())
            .await
            .map_err(|error| refused(&error, &format!("{} cannot be read", id.shown()))),
        [] => {
            if let Some(error) = failed.filter(|_| fleet.credentials.is_empty()) {
                return Err(refused(&error, &format!("{} cannot be read", id.shown())));
            }
            if let Some(why) = fleet.incomplete.first() {
                return Err(eyre!(
                    "No credential of the name {} was found, but not all could be read.\n{why}",
                    id.shown()
                ));
            }
            let near = near(&fleet.credentials, name);
            Err(eyre!(
                "No credential has the id or the name {}.{near}\nSee which there are: credenza list",
                id.shown()
            ))
        }
        several => {
            let ids: Vec<String> = several
                .iter()
                .map(|it| format!("  {} {}", it.id().shown(), it.kind().singular()))
                .collect();
            Err(eyre!(
                "{} credentials have the name {}: name one by its id.\n{}",
                several.len(),
                id.shown(),
                ids.join("\n")
            ))
        }
    }
}

/// The kinds that can be listed.
#[must_use]
pub fn kinds(desk: &Desk, only: Option<Kind>) -> Vec<Kind> {
    Kind::ALL
        .into_iter()
        .filter(|kind| only.is_none_or(|only| only == *kind))
        .filter(|kind| desk.capabilities.of(*kind).list.refusal().is_none())
        .collect()
}

/// A name that differs in its case only, or begins the same.
fn near(all: &[Credential], name: &str) -> String {
    let wanted = name.to_lowercase();
    let found =
        all.iter().map(Credential::name).find(|it| it.raw().to_lowercase() == wanted).or_else(
            || {
                let begins = |it: &&Untrusted| it.raw().to_lowercase().starts_with(&wanted);
                all.iter().map(Credential::name).find(|it| begins(it) && !wanted.is_empty())
            },
        );
    found.map_or_else(String::new, |name| format!(" Do you mean {:?}?", name.shown()))
}
