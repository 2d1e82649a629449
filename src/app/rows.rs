//! Packed rows of a list: 100,000 rows take about 20 MB, and about 30 MB after the first search. A
//! search takes milliseconds.
//!
//! All text except the owners is in one string, escaped for display and truncated, so that rows
//! need no separate allocations and a filter scans memory sequentially. IDs and names that differ
//! from their displayed text are also stored unchanged.

mod order;
mod packed;

use std::{cell::OnceCell, collections::HashMap, ops::Range};

use jiff::Timestamp;
use memchr::memmem::Finder;
use packed::Packed;
use unicode_width::UnicodeWidthStr as _;

use crate::domain::{
    Credential, Kind, Untrusted, Visibility,
    audit::{self, Counts, Finding, rules},
    credential::{DISABLED_WITH_URL, SecretSummary},
    filter::{Filter, FilterContext, Filtered, Label, Matcher, lines_of},
    text, urls,
};

/// Maximum width of one field in a row, in terminal columns. The detail view shows the full value.
const FIELD: usize = 512;

/// Labels of lines that are searched but not shown, each with the control character that starts
/// such a line. Users cannot type these characters, and displayed text never contains them.
const LABELS: [(char, Label); 5] = [
    ('\u{1}', Label::Url),
    ('\u{2}', Label::Api),
    ('\u{3}', Label::Source),
    ('\u{4}', Label::Grant),
    ('\u{5}', Label::Scope),
];

/// Set of the audit rules that a row failed: one bit per rule, at the index of the rule in the
/// catalog.
type RuleSet = [u64; rules::COUNT.div_ceil(64)];

/// Row number, not reused until the list is loaded again. An updated credential gets a new number.
pub type RowId = u32;

/// Packed rows of one list.
#[derive(Debug, Default)]
pub struct Rows {
    text: String,
    /// The text in ASCII lower case, created by the first search.
    lower: OnceCell<Vec<u8>>,
    items: Vec<Item>,
    gone: usize,
    /// Distinct owners: email address and user ID.
    owners: Vec<(Untrusted, Untrusted)>,
    kind: Option<Kind>,
    odd_ids: HashMap<RowId, Untrusted>,
    odd_names: HashMap<RowId, Untrusted>,
    widths: Widths,
}

/// Widths of the longest values, in terminal columns, and presence of optional values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Widths {
    /// Width of the longest name.
    pub name: u16,
    /// Width of the longest ID.
    pub id: u16,
    /// Width of the longest summary ([`ShownRow::about`]), with shortened URLs.
    pub about: u16,
    /// Width of the longest email address of an owner.
    pub owner: u16,
    /// Width of the longest summary of findings.
    pub findings: u16,
    /// True if any row has a creation time.
    pub created: bool,
    /// True if the provider reports the last use of at least one credential.
    pub used: bool,
}

#[derive(Debug, Clone, Copy)]
struct Item {
    at: u32,
    name: u16,
    id: u16,
    about: u16,
    owner: u16,
    callbacks: u16,
    more: u32,
    /// End of the row's text. A search for words ends at `more`; filter terms such as `scope:` also
    /// search the text up to `end`.
    end: u32,
    counts: Counts,
    rules: RuleSet,
    created: Option<Seconds>,
    used: Option<Seconds>,
    /// Expiry of a token, or earliest expiry of a client's secrets.
    expires: Option<Seconds>,
    /// Creation time of the oldest secret.
    secret_created: Option<Seconds>,
    /// Number of active secrets; [`UNKNOWN`] if the provider does not report secrets.
    secrets: u8,
    /// True if the expiry is known. In that case, `expires: None` means that there is no expiry.
    expiry_known: bool,
    shared: bool,
    reports_last_used: bool,
    reports_owner: bool,
    disabled: bool,
    built_in: bool,
    default_urls: bool,
    gone: bool,
}

/// Value of `Item::secrets` if the provider does not report secrets.
const UNKNOWN: u8 = u8::MAX;

/// Seconds since the Unix epoch, never 0, so that an `Option` takes no extra space.
type Seconds = std::num::NonZeroI64;

/// Values of one row, for display.
#[derive(Debug, Clone, Copy)]
pub struct ShownRow<'a> {
    /// Name, safe to show.
    pub name: &'a str,
    /// Client ID or token ID, safe to show.
    pub id: &'a str,
    /// Login URL or type of a client, or APIs or scopes of a token; safe to show. Starts with
    /// `disabled` for a disabled client.
    pub about: &'a str,
    /// Login URL of a SPA or M2M client, safe to show.
    pub login_url: Option<&'a str>,
    /// Email address of the owner, if reported.
    pub owner: Option<&'a Untrusted>,
    /// Creation time.
    pub created: Option<Timestamp>,
    /// Time of last use, if reported.
    pub used: Option<Timestamp>,
    /// Expiry of a token, or earliest expiry of a client's secrets: `None` if it is unknown,
    /// `Some(None)` for never.
    pub expires: Option<Option<Timestamp>>,
    /// True if the credential is visible to the organization.
    pub shared: bool,
    /// True for a client that the server created for itself.
    pub built_in: bool,
    /// True if the provider reports the last use.
    pub reports_last_used: bool,
    /// Number of callback URLs.
    pub callbacks: usize,
    /// Number of findings by severity.
    pub counts: Counts,
}

impl Rows {
    /// Returns the number of rows, without removed rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len() - self.gone
    }

    /// Returns the number of rows ever added, which is greater than every row number.
    #[must_use]
    pub const fn highest(&self) -> usize {
        self.items.len()
    }

    /// True if there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the numbers of all rows, in order of arrival.
    #[must_use]
    pub fn ids(&self) -> Vec<RowId> {
        (0..self.items.len() as RowId).filter(|row| !self.items[*row as usize].gone).collect()
    }

    /// Adds a credential with its findings, and returns the number of its row.
    pub fn push(&mut self, credential: &Credential, findings: &[Finding]) -> RowId {
        self.kind = Some(credential.kind());
        let row = RowId::try_from(self.items.len()).unwrap_or(RowId::MAX);
        let record = credential.record();
        let at = self.text.len() as u32;
        let name = self.append(record.name.raw());
        let id = self.append(record.id.raw());
        if self.text[at as usize + usize::from(name)..] != *record.id.raw() {
            self.odd_ids.insert(row, record.id.clone());
        }
        if self.text[at as usize..at as usize + usize::from(name)] != *record.name.raw() {
            self.odd_names.insert(row, record.name.clone());
        }
        let about = self.append(&credential.about());
        self.widen(at as usize, name, id, about);
        let secrets = credential.client().and_then(SecretSummary::of);
        let expiry = match credential {
            Credential::Token(token) => token.expiry(),
            _ => secrets.and_then(|secrets| secrets.expires),
        };
        self.append_more(credential, false);
        let more = self.text.len() as u32;
        self.append_more(credential, true);
        let owner = self.owner(record.owner.as_ref().map(|owner| (&owner.email, &owner.user_id)));
        let counts = Counts::of(&audit::groups(findings, |_| true));
        self.widths.findings = self.widths.findings.max(columns(&counts.words()));
        self.widths.created |= record.created_at.is_some();
        self.widths.used |= record.reports_last_used || record.last_used_at.is_some();
        let mut failed = RuleSet::default();
        for place in findings.iter().filter_map(|finding| rules::place(finding.rule)) {
            failed[place / 64] |= 1 << (place % 64);
        }
        if let Some(lower) = self.lower.get_mut() {
            lower.extend_from_slice(self.text[at as usize..].to_ascii_lowercase().as_bytes());
        }
        let client = credential.client();
        let seconds = |at: Option<Timestamp>| at.and_then(|at| Seconds::new(at.as_second()));
        self.items.push(Item {
            at,
            name,
            id,
            about,
            owner,
            callbacks: client.map_or(0, |it| u16::try_from(it.callbacks.len()).unwrap_or(u16::MAX)),
            more,
            end: self.text.len() as u32,
            counts,
            rules: failed,
            disabled: client.is_some_and(|client| client.enabled == Some(false)),
            built_in: record.built_in,
            default_urls: client.is_some_and(|client| client.use_default_urls),
            created: seconds(record.created_at),
            used: seconds(record.last_used_at),
            expires: seconds(expiry.flatten()),
            secret_created: seconds(secrets.and_then(|secrets| secrets.oldest)),
            secrets: secrets.map_or(UNKNOWN, |secrets| {
                u8::try_from(secrets.active).unwrap_or(UNKNOWN - 1).min(UNKNOWN - 1)
            }),
            expiry_known: expiry.is_some(),
            shared: record.visibility == Visibility::Organization,
            reports_last_used: record.reports_last_used,
            reports_owner: record.reports_owner,
            gone: false,
        });
        row
    }

    /// Returns a filter adapter for each row that was not removed.
    pub fn views(&self) -> impl Iterator<Item = impl Filtered + '_> {
        self.items.iter().filter(|item| !item.gone).map(|item| Packed { rows: self, item })
    }

    /// Returns the widths of the longest values added so far, including those of removed rows.
    #[must_use]
    pub const fn widths(&self) -> Widths {
        self.widths
    }

    fn widen(&mut self, at: usize, name: u16, id: u16, about: u16) {
        let mut start = at;
        let mut next = |length: u16| {
            let part = start..start + usize::from(length);
            start = part.end;
            self.text.get(part).unwrap_or_default()
        };
        let (name, id, about) = (next(name), next(id), urls::short(next(about)));
        let (name, id, about) = (columns(name), columns(id), columns(about));
        let Widths { name: names, id: ids, about: abouts, .. } = &mut self.widths;
        (*names, *ids, *abouts) = ((*names).max(name), (*ids).max(id), (*abouts).max(about));
    }

    /// Frees memory that is reserved but not used.
    pub fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.items.shrink_to_fit();
    }

    /// Removes a row; its number is not reused.
    pub fn remove(&mut self, row: RowId) {
        if let Some(item) = self.items.get_mut(row as usize)
            && !item.gone
        {
            item.gone = true;
            self.gone += 1;
        }
    }

    /// Returns the number of the row with this unescaped ID; `None` if there is none or the row was
    /// removed.
    #[must_use]
    pub fn find(&self, id: &Untrusted) -> Option<RowId> {
        let odd = |row: &RowId| self.odd_ids.get(row);
        (0..self.items.len() as RowId).find(|row| {
            let item = &self.items[*row as usize];
            !item.gone
                && odd(row).map_or_else(|| self.slice(item.id()) == id.raw(), |odd| odd == id)
        })
    }

    /// Returns true if a row has this displayed name. Compares case-sensitively.
    #[must_use]
    pub fn has_name(&self, name: &str) -> bool {
        self.items.iter().any(|item| !item.gone && self.slice(item.name()) == name)
    }

    /// Returns the values of a row for display, even if the row was removed; `None` if the number
    /// was never assigned.
    #[must_use]
    pub fn get(&self, row: RowId) -> Option<ShownRow<'_>> {
        let item = self.items.get(row as usize)?;
        Some(ShownRow {
            name: self.slice(item.name()),
            id: self.slice(item.id()),
            about: self.slice(item.about()),
            login_url: self.login_url(item),
            owner: self.owner_of(item).map(|(email, _)| email),
            created: moment(item.created),
            used: moment(item.used),
            expires: item.expiry(),
            shared: item.shared,
            built_in: item.built_in,
            reports_last_used: item.reports_last_used,
            callbacks: usize::from(item.callbacks),
            counts: item.counts,
        })
    }

    fn owner_of(&self, item: &Item) -> Option<&(Untrusted, Untrusted)> {
        usize::from(item.owner).checked_sub(1).and_then(|at| self.owners.get(at))
    }

    /// Returns the rows that match a filter. Searches `among` and keeps its order; `None` searches
    /// all rows in ascending order.
    #[must_use]
    pub fn passing(
        &self,
        filter: &Filter,
        setting: &FilterContext,
        among: Option<&[RowId]>,
    ) -> Vec<RowId> {
        let words: Vec<&str> = filter.words().collect();
        let found = self.matching(&words, among);
        if !filter.has_more_than_words() {
            return found;
        }
        let mut matcher = Matcher::new(filter, setting.clone());
        let view = |row: &RowId| Packed { rows: self, item: &self.items[*row as usize] };
        found.into_iter().filter(|row| matcher.accepts_beside_words(&view(row))).collect()
    }

    /// Returns the ID of a row as the server sent it; `None` if the number was never assigned.
    #[must_use]
    pub fn id(&self, row: RowId) -> Option<Untrusted> {
        let item = self.items.get(row as usize)?;
        Some(self.odd_ids.get(&row).cloned().unwrap_or_else(|| self.slice(item.id()).into()))
    }

    /// Returns the name of a row as the server sent it; `None` if the number was never assigned.
    #[must_use]
    pub fn name(&self, row: RowId) -> Option<Untrusted> {
        let item = self.items.get(row as usize)?;
        Some(self.odd_names.get(&row).cloned().unwrap_or_else(|| self.slice(item.name()).into()))
    }

    /// Returns the rows whose searched text or owner contains all of these lower-case words,
    /// ignoring case. Searches `among`, or all rows if `among` is `None`.
    fn matching(&self, words: &[&str], among: Option<&[RowId]>) -> Vec<RowId> {
        let words: Vec<Word<'_>> = words.iter().map(|word| Word::new(word, &self.owners)).collect();
        let Some((first, rest)) = words.split_first() else {
            return among.map_or_else(|| self.ids(), <[RowId]>::to_vec);
        };
        let lower = self.lower();
        let contains = |row: &RowId, word: &Word<'_>| {
            let item = &self.items[*row as usize];
            let owner = usize::from(item.owner).checked_sub(1);
            owner.is_some_and(|owner| word.owners[owner]) || word.is_in(&lower[item.all()])
        };
        let candidates = match among {
            Some(rows) => rows.iter().copied().filter(|row| contains(row, first)).collect(),
            // The single pass does not search owners, whose addresses are not in the text.
            None if first.whole.is_some() || first.owners.contains(&true) => {
                self.ids().into_iter().filter(|row| contains(row, first)).collect()
            }
            None => self.sweep(lower, &first.finder),
        };
        candidates.into_iter().filter(|row| rest.iter().all(|word| contains(row, word))).collect()
    }

    /// Returns the text in ASCII lower case, which is kept for the next search.
    fn lower(&self) -> &[u8] {
        self.lower.get_or_init(|| self.text.to_ascii_lowercase().into_bytes())
    }

    /// Returns the rows whose searched text contains a word, in one pass over all text. Does not
    /// search owners.
    fn sweep(&self, lower: &[u8], word: &Finder<'_>) -> Vec<RowId> {
        let (mut found, mut at, mut row) = (Vec::new(), 0, 0);
        while let Some(hit) = lower.get(at..).and_then(|rest| word.find(rest)) {
            let hit = at + hit;
            // The text is in row order. The hit is usually in one of the next rows; otherwise, a
            // binary search finds its row.
            let is_before = |item: &Item| item.end as usize <= hit;
            let near = self.items[row..].iter().take(NEAR).position(|item| !is_before(item));
            row += near.unwrap_or_else(|| self.items[row..].partition_point(is_before));
            let Some(item) = self.items.get(row) else { break };
            if hit >= item.more as usize {
                at = item.end as usize; // the hit is in lines that only filter terms search
            } else if hit + word.needle().len() <= item.more as usize {
                if !item.gone {
                    found.push(row as RowId);
                }
                at = item.end as usize;
            } else {
                at = hit + 1; // the hit crosses the end of the searched lines
            }
        }
        found
    }

    /// Returns the login URL in the visible text of a SPA or M2M client; `None` if there is none,
    /// or for other kinds.
    fn login_url(&self, item: &Item) -> Option<&str> {
        if !matches!(self.kind, Some(Kind::Spa | Kind::M2m)) {
            return None;
        }
        let about = self.slice(item.about());
        let url = if item.disabled { about.strip_prefix(DISABLED_WITH_URL)? } else { about };
        (!url.is_empty()).then_some(url)
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    fn append(&mut self, raw: &str) -> u16 {
        let before = self.text.len();
        self.text.push_str(&text::clip(&text::shown(raw), FIELD));
        u16::try_from(self.text.len() - before).unwrap_or_else(|_| {
            // Combining marks have no width, so 512 columns can exceed `u16::MAX` bytes. Such a
            // field is left empty.
            self.text.truncate(before);
            0
        })
    }

    /// Appends lines that are searched but not shown. If `others` is true, appends grants and
    /// scopes, which only filter terms search. Otherwise appends the other lines, which a search
    /// for words also includes.
    fn append_more(&mut self, credential: &Credential, others: bool) {
        let mut seen: Vec<String> = Vec::new();
        if let (Credential::Spa(client) | Credential::M2m(client), false) = (credential, others) {
            seen.extend(client.login_url.as_ref().map(|url| url.raw().to_owned()));
        }
        let visible_apis =
            matches!(credential, Credential::Token(token) if token.scopes.is_empty());
        let text = &mut self.text;
        lines_of(credential, &mut |(label, line)| {
            let apart = matches!(label, Label::Grant | Label::Scope);
            let visible = label == Label::Api && visible_apis;
            if apart == others && !visible && !seen.iter().any(|known| known == line) {
                let mark =
                    LABELS.iter().find(|(_, own)| *own == label).map_or(' ', |(mark, _)| *mark);
                text.push('\n');
                text.push(mark);
                text.push_str(&text::clip(&text::shown(line), FIELD));
                seen.push(line.to_owned());
            }
            false
        });
        self.text.push('\n');
    }

    fn owner(&mut self, owner: Option<(&Untrusted, &Untrusted)>) -> u16 {
        let Some((email, id)) = owner else { return 0 };
        let known = self.owners.iter().position(|(known, own)| known == email && own == id);
        let at = known.unwrap_or_else(|| {
            self.widths.owner = self.widths.owner.max(columns(&email.shown()));
            self.owners.push((email.clone(), id.clone()));
            self.owners.len() - 1
        });
        u16::try_from(at + 1).unwrap_or(0)
    }
}

fn columns(text: &str) -> u16 {
    let columns = if text.is_ascii() { text.len() } else { text.width() };
    u16::try_from(columns).unwrap_or(u16::MAX)
}

fn moment(at: Option<Seconds>) -> Option<Timestamp> {
    at.and_then(|at| Timestamp::from_second(at.get()).ok())
}

impl Item {
    /// Returns the expiry: `None` if it is unknown, `Some(None)` for never.
    #[expect(clippy::option_option, reason = "as in SecretSummary::expires")]
    fn expiry(&self) -> Option<Option<Timestamp>> {
        self.expiry_known.then(|| moment(self.expires))
    }

    const fn name(&self) -> Range<usize> {
        self.at as usize..self.at as usize + self.name as usize
    }

    const fn id(&self) -> Range<usize> {
        let start = self.name().end;
        start..start + self.id as usize
    }

    const fn about(&self) -> Range<usize> {
        let start = self.id().end;
        start..start + self.about as usize
    }

    const fn all(&self) -> Range<usize> {
        self.at as usize..self.more as usize
    }
}

/// Number of rows that a search visits in order before it uses a binary search to find a row.
const NEAR: usize = 4;

/// Lower-case word of a search.
struct Word<'a> {
    finder: Finder<'a>,
    /// The word, if it has letters outside ASCII. Lower case can change the length of such letters,
    /// so they are not converted in advance, but during the search.
    whole: Option<&'a str>,
    /// True for each owner whose email address contains the word.
    owners: Vec<bool>,
}

impl<'a> Word<'a> {
    fn new(word: &'a str, owners: &[(Untrusted, Untrusted)]) -> Self {
        let has_word =
            |(email, _): &(Untrusted, Untrusted)| email.raw().to_lowercase().contains(word);
        Self {
            finder: Finder::new(word),
            whole: (!word.is_ascii()).then_some(word),
            owners: owners.iter().map(has_word).collect(),
        }
    }

    /// Returns true if a text in ASCII lower case contains the word.
    fn is_in(&self, lower: &[u8]) -> bool {
        match self.whole {
            Some(word) => String::from_utf8_lossy(lower).to_lowercase().contains(word),
            None => self.finder.find(lower).is_some(),
        }
    }
}

#[cfg(test)]
mod tests;
