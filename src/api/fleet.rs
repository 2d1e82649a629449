//! All credentials of an API, page by page.

use std::time::Duration;

use super::{Abilities, ApiError, Capabilities, CredentialsApi, Page, PageQuery, Scope};
use crate::domain::{Credential, Kind};

/// Rows asked for at once.
pub const PAGE_SIZE: u32 = 1000;

/// How often a server may ask to wait before one answer, and for how long, in seconds.
const WAITS: u32 = 5;
const LONGEST_WAIT: u64 = 120;

/// What could be read of a fleet.
#[derive(Debug, Default)]
pub struct Fleet {
    /// The credentials.
    pub credentials: Vec<Credential>,
    /// The kinds of which not all could be read, and why.
    pub failed: Vec<(Kind, ApiError)>,
}

impl Fleet {
    /// What could not be read, one sentence each.
    #[must_use]
    pub fn incomplete(&self) -> Vec<String> {
        let failed = self.failed.iter().map(|(kind, error)| {
            let got = self.credentials.iter().filter(|it| it.kind() == *kind).count();
            let what = format!("The {} cannot be read", kind.plural());
            let why = error.explain(&what).text().replace('\n', " ");
            if got > 0 { format!("{why} ({got} were read before that)") } else { why }
        });
        failed.chain(unreadable(&self.credentials)).collect()
    }
}

/// Says for each kind how many of its credentials could not be read, and why the first of them could not.
fn unreadable(credentials: &[Credential]) -> impl Iterator<Item = String> + '_ {
    Kind::ALL.into_iter().filter_map(|kind| {
        let of_kind = credentials.iter().filter(|it| it.kind() == kind);
        let mut all = of_kind.filter_map(|it| Some((it, it.record().unreadable.as_ref()?)));
        let (first, why) = all.next()?;
        let count = 1 + all.count();
        let what = if count == 1 { kind.singular() } else { kind.plural() };
        Some(format!("{count} {what} could not be read: {}: {}", first.id().shown(), why.shown()))
    })
}

/// The kinds that can be listed.
#[must_use]
pub fn kinds(capabilities: &Capabilities) -> Vec<Kind> {
    let listed = |of: &Abilities| of.list.refusal().is_none();
    Kind::ALL.into_iter().filter(|kind| listed(capabilities.of(*kind))).collect()
}

/// Reads every credential of some kinds; `came` is told how many came with each page.
pub async fn read(
    api: &dyn CredentialsApi,
    kinds: &[Kind],
    scope: Scope,
    mut came: impl FnMut(usize),
) -> Fleet {
    let mut fleet = Fleet::default();
    for &kind in kinds {
        if let Err(error) = of_kind(api, kind, scope, &mut came, &mut fleet.credentials).await {
            fleet.failed.push((kind, error));
        }
    }
    fleet
}

async fn of_kind(
    api: &dyn CredentialsApi,
    kind: Kind,
    scope: Scope,
    came: &mut impl FnMut(usize),
    into: &mut Vec<Credential>,
) -> Result<(), ApiError> {
    let mut after: Option<String> = None;
    loop {
        let query = PageQuery { kind, scope, after: after.clone(), size: PAGE_SIZE };
        let page: Page = patiently(|| api.page(query.clone())).await?;
        came(page.entries.len());
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

/// Asks, and waits where the server asks to.
///
/// # Errors
/// As what is asked.
pub async fn patiently<T, F>(ask: impl Fn() -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    for _ in 0..WAITS {
        match ask().await {
            Err(ApiError::Limited { seconds }) if seconds <= LONGEST_WAIT => {
                tokio::time::sleep(Duration::from_secs(seconds.max(1))).await;
            }
            other => return other,
        }
    }
    ask().await
}
