//! Reads all credentials of an API, page by page.

use std::{
    collections::VecDeque,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use super::{
    Abilities, Answer, ApiError, Capabilities, CredentialsApi, Page, PageQuery, Scope, http::limits,
};
use crate::domain::{Credential, Kind};

/// Requested page size of a listing; a provider may return smaller pages.
pub const PAGE_SIZE: u32 = 1000;

/// Longest wait that the server may require before a retry after status 429, in seconds. A longer
/// wait is an error.
const LONGEST_WAIT: u64 = 120;

/// Maximum number of pages of one listing.
pub const MOST_PAGES: usize = 20_000;

/// Time limit of one listing.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Maximum number of rows of one listing.
const MOST_ROWS: usize = 500_000;

/// Maximum size of the text in one listing, in bytes.
const MOST_BYTES: usize = 256 << 20;

/// Progress of one listing, with limits against a server whose list does not end.
///
/// While more pages follow, the listing fails if a page contains only known rows or repeats the
/// cursor, because this means that the server ignores the page number. It also fails at 20,000
/// pages, 500,000 rows, 256 MiB of text, or more than 10,000 rows above the reported total.
#[derive(Debug, Default)]
pub struct Reading {
    after: Option<String>,
    pages: usize,
    rows: usize,
    bytes: usize,
    /// Hashes of the IDs seen so far. Half a million hashes take less than 10 MB, much less than
    /// the IDs.
    ids: std::collections::HashSet<u64, foldhash::fast::RandomState>,
    hasher: foldhash::fast::RandomState,
}

impl Reading {
    /// Returns the cursor of the next page; `None` before the first page.
    #[must_use]
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// Records a page. Returns true if another page follows.
    ///
    /// # Errors
    /// [`ApiError::Malformed`] if another page follows and the list exceeds a limit or repeats
    /// itself.
    pub fn took(&mut self, page: &Page) -> Result<bool, ApiError> {
        use std::hash::BuildHasher as _;

        let endless =
            |what: String| ApiError::Malformed { why: format!("the list does not end: {what}") };
        self.pages += 1;
        self.rows += page.entries.len();
        self.bytes += page.entries.iter().map(Credential::text_size).sum::<usize>();
        let known = self.ids.len();
        self.ids.extend(page.entries.iter().map(|it| self.hasher.hash_one(it.id().raw())));
        // An unreadable row may have its position as its ID, which repeats on every page.
        let odd = page.entries.iter().any(|it| it.record().unreadable.is_some());
        let is_new = self.ids.len() > known || odd;
        let Some(next) = &page.next else { return Ok(false) };
        if self.after.as_ref() == Some(next) {
            return Err(endless("the next page has the same cursor".to_owned()));
        }
        if !page.entries.is_empty() && !is_new {
            return Err(endless(format!(
                "page {} repeats earlier rows, so the server ignores the page number",
                self.pages
            )));
        }
        if page.total.is_some_and(|total| self.rows as u64 > total.saturating_add(GROWTH)) {
            return Err(endless(format!(
                "it exceeds the reported total of {}",
                page.total.unwrap_or(0)
            )));
        }
        if self.pages >= MOST_PAGES || self.rows >= MOST_ROWS || self.bytes >= MOST_BYTES {
            return Err(endless(format!(
                "{} rows in {} pages were read; the limit is {MOST_ROWS} rows, {MOST_PAGES} pages and 256 MiB",
                self.rows, self.pages
            )));
        }
        self.after = Some(next.clone());
        Ok(true)
    }
}

/// Number of rows accepted beyond the reported total, because other users may create credentials
/// during the listing.
const GROWTH: u64 = 10_000;

/// Credentials of a server, possibly incomplete.
#[derive(Debug, Default)]
pub struct Fleet {
    /// Credentials that were read.
    pub credentials: Vec<Credential>,
    /// Kinds that could not be read completely, each with its error.
    pub failed: Vec<(Kind, ApiError)>,
}

impl Fleet {
    /// Returns a sentence for each kind that was not read completely, and for each kind with
    /// unreadable credentials.
    #[must_use]
    pub fn incomplete(&self) -> Vec<String> {
        let failed = self.failed.iter().map(|(kind, error)| {
            let got = self.credentials.iter().filter(|it| it.kind() == *kind).count();
            let why = format!("Could not read the {}: {}", kind.plural(), error.sentence());
            if got > 0 { format!("{why} ({got} were read before the error)") } else { why }
        });
        failed.chain(unreadable(&self.credentials)).collect()
    }
}

/// Returns a sentence for each kind with unreadable credentials: their number and the first reason.
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

/// Returns the kinds that the caller may list.
#[must_use]
pub fn kinds(capabilities: &Capabilities) -> Vec<Kind> {
    let listed = |of: &Abilities| of.list.refusal().is_none();
    Kind::ALL.into_iter().filter(|kind| listed(capabilities.of(*kind))).collect()
}

/// Reads all credentials of `kinds`. Calls `came` with the number of rows of each page. A server
/// list that contains several kinds is read only once. Errors are in [`Fleet::failed`].
pub async fn read(
    api: &dyn CredentialsApi,
    capabilities: &Capabilities,
    kinds: &[Kind],
    scope: Scope,
    mut came: impl FnMut(usize),
) -> Fleet {
    let mut fleet = Fleet::default();
    let mut left: Vec<Kind> = kinds.to_vec();
    while !left.is_empty() {
        let kind = left.remove(0);
        let together = capabilities.together(kind);
        let every_client = left.iter().any(|it| together.contains(it));
        let first = PageQuery { every_client, ..PageQuery::first(kind, scope, PAGE_SIZE) };
        let mut rows = Vec::new();
        let failed = sweep(api, &first, &mut came, &mut rows).await.err();
        let mut read = vec![kind];
        if every_client {
            read.extend(left.extract_if(.., |it| together.contains(it)));
            // Only the requested kinds are kept, in the requested order.
            rows.retain(|it| read.contains(&it.kind()));
            rows.sort_by_key(|it| read.iter().position(|kind| *kind == it.kind()));
        }
        fleet.credentials.extend(rows);
        fleet.failed.extend(
            failed
                .into_iter()
                .flat_map(|error| read.clone().into_iter().map(move |kind| (kind, error.clone()))),
        );
    }
    fleet
}

/// Reads all credentials of every kind that the caller may list.
///
/// # Errors
/// Returns the first error if no credential could be read.
pub async fn read_all(
    api: &dyn CredentialsApi,
    capabilities: &Capabilities,
    scope: Scope,
    came: impl FnMut(usize),
) -> Result<Fleet, ApiError> {
    let read = read(api, capabilities, &kinds(capabilities), scope, came).await;
    match read.failed.first() {
        Some((_, error)) if read.credentials.is_empty() => Err(error.clone()),
        _ => Ok(read),
    }
}

/// Maximum number of pages requested in parallel, if pages can be requested in any order.
const AT_ONCE: usize = 4;

/// Returns the number of pages to request in parallel, starting at page `number`. If the total is
/// unknown, the returned number grows step by step, which avoids requests beyond the end of a short
/// list.
fn pace(number: u32, total_is_known: bool) -> usize {
    match number {
        0 => 1,
        _ if total_is_known => AT_ONCE,
        1 => 1,
        2 => 2,
        _ => AT_ONCE,
    }
}

/// Reads all pages of a list and appends their credentials to `into`. Later pages are requested
/// ahead if the provider supports it ([`CredentialsApi::page_at`]).
async fn sweep(
    api: &dyn CredentialsApi,
    first: &PageQuery,
    came: &mut impl FnMut(usize),
    into: &mut Vec<Credential>,
) -> Result<(), ApiError> {
    let mut reading = Reading::default();
    let begun = Instant::now();
    let mut ahead: VecDeque<Ahead<'_>> = VecDeque::new();
    let (mut number, mut one_by_one) = (0, false);
    // Number of pages; `u64::MAX` until the server reports the number of rows.
    let mut pages = u64::MAX;
    loop {
        let mut asked = ahead.pop_front();
        // If the next cursor differs from the predicted one, the pages requested ahead are
        // discarded.
        if asked.as_ref().is_some_and(|it| it.query.after.as_deref() != reading.after()) {
            ahead.clear();
            (asked, one_by_one) = (None, true);
        }
        let mut page = asked.unwrap_or_else(|| {
            let after = reading.after().map(str::to_owned);
            Ahead::of(api, PageQuery { after, ..first.clone() })
        });
        let at_once = if one_by_one { 1 } else { pace(number, pages < u64::MAX) };
        while ahead.len() + 1 < at_once {
            let place = number + 1 + ahead.len() as u32;
            let after = api.page_at(place, first.size).filter(|_| u64::from(place) < pages);
            let Some(after) = after else { break };
            ahead.push_back(Ahead::of(api, PageQuery { after: Some(after), ..first.clone() }));
        }
        let answer = page.answer(&mut ahead).await;
        let again = match &answer {
            Err(ApiError::Limited { seconds }) if *seconds <= LONGEST_WAIT => {
                Some(Duration::from_secs(*seconds).max(Duration::from_secs(1)))
            }
            // A slow server may fail under parallel requests, so retry with one request at a time.
            Err(ApiError::TimedOut { .. } | ApiError::Broken { .. } | ApiError::Server { .. }) => {
                (at_once > 1).then_some(Duration::ZERO)
            }
            _ => None,
        };
        let page = match again {
            // From here on, pages are requested one at a time, because the server may be
            // overloaded.
            Some(wait) => {
                ahead.clear();
                one_by_one = true;
                tokio::time::sleep(wait).await;
                patiently(|| api.page(page.query.clone())).await?
            }
            None => answer?,
        };
        came(page.entries.len());
        let more = reading.took(&page)?;
        pages = page.total.map_or(pages, |total| total.div_ceil(u64::from(first.size)));
        into.extend(page.entries);
        number += 1;
        if !more {
            return Ok(());
        }
        if begun.elapsed() > LONGEST {
            let why = format!("the list did not end within {} minutes", LONGEST.as_secs() / 60);
            return Err(ApiError::Malformed { why });
        }
    }
}

/// Page requested ahead, with its result once it has arrived.
struct Ahead<'a> {
    query: PageQuery,
    asked: Answer<'a, Page>,
    came: Option<Result<Page, ApiError>>,
}

impl<'a> Ahead<'a> {
    fn of(api: &'a dyn CredentialsApi, query: PageQuery) -> Self {
        Self { asked: api.page(query.clone()), query, came: None }
    }

    fn poll(&mut self, context: &mut Context<'_>) {
        if self.came.is_none()
            && let Poll::Ready(came) = self.asked.as_mut().poll(context)
        {
            self.came = Some(came);
        }
    }

    /// Waits for this page, and polls the later pages so that they load in parallel.
    async fn answer(&mut self, behind: &mut VecDeque<Self>) -> Result<Page, ApiError> {
        std::future::poll_fn(|context| {
            self.poll(context);
            for it in behind.iter_mut() {
                it.poll(context);
            }
            self.came.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Sends a request. If the server limits the rate, waits for the required time and retries.
///
/// # Errors
/// Returns the error of the request. This includes [`ApiError::Limited`] after the last retry, or
/// if the required wait is longer than 120 s.
pub async fn patiently<T, F>(ask: impl Fn() -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    for _ in 0..limits().retries {
        match ask().await {
            Err(ApiError::Limited { seconds }) if seconds <= LONGEST_WAIT => {
                tokio::time::sleep(Duration::from_secs(seconds.max(1))).await;
            }
            other => return other,
        }
    }
    ask().await
}
