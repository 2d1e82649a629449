//! List of a tab: its rows, the visible rows, and the cursor.

mod export;
mod keys;
pub(super) mod view;

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use tui_input::Input;

use super::{
    auditor::Auditor,
    remote::Ticket,
    rows::{RowId, Rows},
    scroll::Scroll,
};
use crate::{
    api::{ApiError, Page, Scope, fleet::Reading},
    domain::{
        Credential, Kind, Untrusted,
        columns::Column,
        filter::{Filter, FilterContext, FilterError},
    },
};
pub(super) use keys::run;

/// Loading state of a list.
#[derive(Debug, Default)]
pub enum Fetch {
    /// The rows must be requested when the list is shown.
    #[default]
    Idle,
    /// Loading. Replacement rows are collected separately until they are complete.
    Loading {
        /// Ticket of the pending request.
        ticket: Ticket,
        /// Replacement rows loaded so far, while older rows stay visible. `None` during a first
        /// load.
        incoming: Option<Rows>,
    },
    /// Rate limited. Loading continues with the same page after the wait.
    Waiting {
        /// End of the wait.
        until: Timestamp,
        /// Replacement rows loaded so far, as in [`Fetch::Loading`].
        incoming: Option<Rows>,
    },
    /// Stopped by the user; rows that are already visible stay.
    Stopped,
    /// All rows are loaded.
    Ready,
    /// Loading failed; rows that are already visible stay.
    Failed(ApiError),
}

/// Maximum number of rows in a [`Cached`] part, so that auditing them does not delay keys.
pub const CACHED_PART: usize = 500;

/// Part of a list from the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached {
    /// Owner filter of the list.
    pub scope: Scope,
    /// Kind of the credentials.
    pub kind: Kind,
    /// Time at which the list was read from the server.
    pub taken_at: Timestamp,
    /// Credentials of this part, at most [`CACHED_PART`].
    pub credentials: Vec<Credential>,
    /// True for the last part of the list.
    pub last: bool,
}

/// List of the credentials of one kind and owner filter.
#[derive(Debug, Default)]
pub struct List {
    /// All loaded rows, visible or not.
    pub rows: Rows,
    /// Loading state of the rows.
    pub fetch: Fetch,
    /// Progress of the listing: the cursor of the next page, and the checks for an endless list.
    pub reading: Reading,
    /// Total number of rows, once the server has reported it or all rows are loaded.
    pub total: Option<u64>,
    /// Rows that match the filter, in sort order.
    pub order: Vec<RowId>,
    /// All rows in sort order, so that a new filter does not require a new sort. `None` if the rows
    /// must first be sorted again.
    sorted: Option<Vec<RowId>>,
    /// Sort column, and true if the order is reversed.
    pub sort: (Column, bool),
    /// Text of the filter line.
    pub filter: Input,
    /// True if the filter line has the focus.
    pub filtering: bool,
    /// Position of the cursor in `order`, and the visible rows.
    pub scroll: Scroll,
    /// Text and terms of the filter that `order` follows.
    applied: (String, Filter),
    /// Error in the filter text; `order` follows the valid terms.
    pub mistake: Option<FilterError>,
    /// Time and user that the filter compares with.
    setting: FilterContext,
    /// True if a row was saved or deleted, or the audit policy changed, during loading. The loaded
    /// rows may then be outdated, so the list is loaded again.
    pub outdated: bool,
    /// ID that the cursor moves to once the rows are loaded.
    pub wanted: Option<Untrusted>,
    /// Time at which cached rows were read from the server; `None` for rows of this session.
    pub cached_at: Option<Timestamp>,
    /// True if `rows` contains only a part of the list, because loading was stopped or failed, or
    /// because only a part of the cache was read.
    partial: bool,
    /// IDs of the marked rows.
    pub marks: HashSet<Untrusted>,
    /// IDs of rows that a server search found before their page arrived ([`List::found`]).
    ahead: HashSet<Untrusted>,
}

impl List {
    /// Returns the number of rows: the total if it is known, otherwise the number loaded so far.
    /// `None` if no total is known and no rows are loaded.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        match self.fetch {
            Fetch::Ready => Some(self.rows.len() as u64),
            _ => self.total.or_else(|| (!self.rows.is_empty()).then_some(self.rows.len() as u64)),
        }
    }

    /// Returns the row under the cursor; `None` if no row matches the filter.
    #[must_use]
    pub fn selected(&self) -> Option<RowId> {
        self.order.get(self.scroll.cursor).copied()
    }

    /// Returns the ID of the row under the cursor; `None` if no row matches the filter.
    #[must_use]
    pub fn selected_id(&self) -> Option<Untrusted> {
        self.selected().and_then(|row| self.rows.id(row))
    }

    /// Returns true during loading, including a rate-limit wait.
    #[must_use]
    pub const fn is_loading(&self) -> bool {
        matches!(self.fetch, Fetch::Loading { .. } | Fetch::Waiting { .. })
    }

    /// Starts a rate-limit wait of `seconds`, if `answered` is the ticket of the pending request.
    pub fn wait(&mut self, answered: Ticket, now: Timestamp, seconds: u64) {
        if let Fetch::Loading { ticket, incoming } = &mut self.fetch
            && *ticket == answered
        {
            let wait = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(60));
            let until = now.checked_add(wait).unwrap_or(now);
            self.fetch = Fetch::Waiting { until, incoming: incoming.take() };
        }
    }

    /// Continues loading after a wait. Returns false if the list was not waiting.
    pub fn go_on(&mut self, ticket: Ticket) -> bool {
        let Fetch::Waiting { incoming, .. } = &mut self.fetch else { return false };
        self.fetch = Fetch::Loading { ticket, incoming: incoming.take() };
        true
    }

    /// Stops loading. Rows of a first load are kept. Replacement rows are dropped, so that the
    /// older list stays complete after a canceled refresh.
    pub fn stop(&mut self) {
        if self.is_loading() {
            self.partial = self.is_incomplete();
            self.fetch = if self.partial { Fetch::Stopped } else { Fetch::Ready };
            self.rows.shrink();
            let selected = self.selected_id();
            self.arrange(selected.as_ref());
        }
    }

    /// Returns the plain words of the filter, in lower case.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.applied.1.words()
    }

    /// Returns the longest plain word of the filter, or `None` if the filter contains none.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        self.words().max_by_key(|word| word.len())
    }

    /// Returns true if rows may be missing, because the first load is in progress, was stopped or
    /// failed, or because only a part of the cache was read.
    #[must_use]
    pub const fn is_incomplete(&self) -> bool {
        let is_first_load = matches!(
            self.fetch,
            Fetch::Loading { incoming: None, .. } | Fetch::Waiting { incoming: None, .. }
        );
        self.partial || is_first_load
    }

    /// Adds new rows from a server search before their pages arrive. Does nothing if no rows are
    /// missing ([`Self::is_incomplete`]).
    pub fn found(&mut self, entries: &[Credential], auditor: &Auditor) {
        if !self.is_incomplete() {
            return;
        }
        let selected = self.selected_id();
        for credential in entries {
            if self.rows.find(credential.id()).is_none() {
                self.rows.push(credential, &auditor.audit_one(credential));
                self.ahead.insert(credential.id().clone());
            }
        }
        self.arrange(selected.as_ref());
    }

    /// Removes all rows and marks, and drops a load in progress. The sort order and the filter
    /// stay.
    pub fn clear(&mut self) {
        let Self { sort, filter, mistake, scroll, applied, setting, .. } = std::mem::take(self);
        *self = Self { sort, filter, scroll, applied, mistake, setting, ..Self::default() };
        self.place(0);
    }

    /// Starts loading. `ticket` identifies the request for the first page.
    pub fn ask(&mut self, ticket: Ticket) {
        self.ahead.clear();
        let incoming = (!self.rows.is_empty()).then(Rows::default);
        self.fetch = Fetch::Loading { ticket, incoming };
        self.reading = Reading::default();
    }

    /// Applies the result of a page request. Returns the cursor of the next page; `None` if the
    /// list is complete, the load has failed, or the request is not the pending one.
    pub fn answer(
        &mut self,
        answered: Ticket,
        result: Result<Page, ApiError>,
        auditor: &Auditor,
    ) -> Option<String> {
        let Fetch::Loading { ticket, incoming } = &mut self.fetch else { return None };
        if *ticket != answered {
            return None;
        }
        let came = match result {
            Ok(came) => came,
            Err(error) => {
                self.partial |= incoming.is_none();
                self.fetch = Fetch::Failed(error);
                return None;
            }
        };
        if came.total.is_some() {
            self.total = came.total;
        }
        let more = match self.reading.took(&came) {
            Ok(more) => more,
            Err(error) => {
                self.partial |= incoming.is_none();
                self.fetch = Fetch::Failed(error);
                return None;
            }
        };
        if let Some(incoming) = incoming {
            came.entries.iter().for_each(|credential| {
                incoming.push(credential, &auditor.audit_one(credential));
            });
        } else {
            let ahead = &mut self.ahead;
            let new: Vec<_> = came.entries.iter().filter(|it| !ahead.remove(it.id())).collect();
            self.append(&new, auditor);
        }
        if more {
            return came.next;
        }
        let selected = self.wanted.take().or_else(|| self.selected_id());
        if let Fetch::Loading { incoming: Some(rows), .. } =
            std::mem::replace(&mut self.fetch, Fetch::Ready)
        {
            self.rows = rows;
        }
        self.partial = false;
        self.rows.shrink();
        if !self.marks.is_empty() {
            let ids = self.rows.ids().into_iter().filter_map(|row| self.rows.id(row));
            self.marks = ids.filter(|id| self.marks.contains(id)).collect();
        }
        self.cached_at = None;
        self.total = Some(self.rows.len() as u64);
        self.arrange(selected.as_ref());
        None
    }

    /// Adds rows at the end without sorting, because sorting after every page would be slow.
    fn append(&mut self, new: &[&Credential], auditor: &Auditor) {
        let push = |new: &&Credential| self.rows.push(new, &auditor.audit_one(new));
        let added: Vec<RowId> = new.iter().map(push).collect();
        self.sorted = None;
        self.order.extend(self.rows.passing(&self.applied.1, &self.setting, Some(&added)));
    }

    /// Shows cached rows until the server has returned all rows. Does nothing if rows from the
    /// server arrived first.
    pub fn recall(&mut self, cached: &Cached, auditor: &Auditor) {
        let begun = self.cached_at == Some(cached.taken_at);
        if matches!(self.fetch, Fetch::Ready) || !begun && !self.rows.is_empty() {
            return;
        }
        self.cached_at = Some(cached.taken_at);
        self.partial = !cached.last;
        self.append(&cached.credentials.iter().collect::<Vec<_>>(), auditor);
        if let Fetch::Loading { incoming, .. } | Fetch::Waiting { incoming, .. } = &mut self.fetch {
            incoming.get_or_insert_default();
        }
        if !cached.last {
            return;
        }
        self.rows.shrink();
        let moved = (self.scroll.cursor > 0).then(|| self.selected_id()).flatten();
        let keep = self.wanted.clone().or(moved);
        self.arrange(keep.as_ref());
    }

    /// Marks the loaded rows as outdated. They are read again after the load in progress, or when
    /// the list is opened again. After a load that failed or that the user stopped, this does
    /// nothing.
    pub fn outdate(&mut self) {
        match self.fetch {
            // No rows are loaded yet, so none can be outdated.
            Fetch::Loading { incoming: None, .. } if self.rows.is_empty() => {}
            Fetch::Loading { .. } | Fetch::Waiting { .. } => self.outdated = true,
            Fetch::Ready => self.fetch = Fetch::Idle,
            Fetch::Idle | Fetch::Stopped | Fetch::Failed(_) => {}
        }
    }

    /// Updates or adds the row of a credential, and moves the cursor to it.
    pub fn upsert(&mut self, credential: &Credential, auditor: &Auditor) {
        self.outdated |= self.is_loading();
        self.replace(credential, auditor);
        self.arrange(Some(credential.id()));
    }

    /// Updates the row of a credential that was changed, or marks the list as outdated if it does
    /// not contain the row. The cursor stays on the credential that was selected before.
    pub fn update(&mut self, credential: &Credential, auditor: &Auditor) {
        if self.rows.find(credential.id()).is_some() {
            self.outdated |= self.is_loading();
            self.refresh(credential, auditor);
        } else {
            self.outdate();
        }
    }

    /// Updates or adds the row of a credential that was read again. The cursor stays on the
    /// credential that was selected before.
    pub fn refresh(&mut self, credential: &Credential, auditor: &Auditor) {
        let selected = self.selected_id();
        self.replace(credential, auditor);
        self.arrange(selected.as_ref());
    }

    fn replace(&mut self, credential: &Credential, auditor: &Auditor) {
        match self.rows.find(credential.id()) {
            Some(row) => self.rows.remove(row),
            None => self.total = self.total.map(|total| total + 1),
        }
        self.rows.push(credential, &auditor.audit_one(credential));
    }

    /// Removes the row of a credential. The cursor stays at its position.
    pub fn remove(&mut self, id: &Untrusted) {
        self.outdated |= self.is_loading();
        self.marks.remove(id);
        if let Some(row) = self.rows.find(id) {
            self.rows.remove(row);
            self.order.retain(|shown| *shown != row);
            self.total = self.total.map(|total| total.saturating_sub(1));
            self.place(self.scroll.cursor);
        }
    }

    /// Applies the filter line. If the new text only extends the words of the old filter, and few
    /// rows matched the old filter, only those rows are searched.
    pub fn refilter(&mut self, setting: FilterContext) {
        let typed = self.filter.value().to_owned();
        // Invalid terms are ignored; valid terms apply.
        let (typed, filter) = match Filter::parse(&typed) {
            Ok(filter) => {
                // Each row is audited separately as it arrives, so there are no results of rules
                // that compare credentials.
                self.mistake = filter.asks_fleet().map(|rule| FilterError {
                    at: 0,
                    length: typed.chars().count(),
                    text: format!(
                        "{rule} compares credentials with each other. Press 5 to audit all"
                    ),
                });
                (typed, filter)
            }
            Err(mistake) => {
                self.mistake = Some(mistake);
                readable(typed)
            }
        };
        self.setting = setting;
        if typed == self.applied.0 {
            return;
        }
        let selected = self.selected();
        let (before, old) = &self.applied;
        let plain = |filter: &Filter| !filter.has_more_than_words();
        let quoted = typed.contains('"');
        let grew = !before.is_empty() && typed.starts_with(before.as_str());
        let narrowed = grew && plain(old) && plain(&filter) && !quoted;
        self.applied = (typed, filter);
        // One pass over all text is faster than a search in each of many rows.
        let few = self.order.len() < self.rows.len() / 4;
        if narrowed && few && self.sorted.is_some() {
            let among = std::mem::take(&mut self.order);
            self.order = self.rows.passing(&self.applied.1, &self.setting, Some(&among));
        } else {
            let mut passes = vec![false; self.rows.highest()];
            for row in self.rows.passing(&self.applied.1, &self.setting, None) {
                passes[row as usize] = true;
            }
            let sorted = self.sorted.get_or_insert_with(|| {
                let mut all = self.rows.ids();
                self.rows.sort(&mut all, self.sort.0, self.sort.1);
                all
            });
            let sorted = sorted.iter().copied();
            self.order = sorted.filter(|row| passes[*row as usize]).collect();
        }
        self.keep(selected);
    }

    /// Sorts by a column. Sorting by the same column again reverses the order.
    pub fn sort_by(&mut self, by: Column) {
        self.order_by((by, self.sort.0 == by && !self.sort.1));
    }

    /// Sorts by a column, in reverse order if the flag is true. The cursor stays on its row.
    pub fn order_by(&mut self, sort: (Column, bool)) {
        self.sort = sort;
        let selected = self.selected_id();
        self.arrange(selected.as_ref());
    }

    /// Marks or unmarks the row under the cursor, and moves to the next row.
    pub fn mark(&mut self) {
        if let Some(id) = self.selected_id() {
            if !self.marks.remove(&id) {
                self.marks.insert(id);
            }
            self.go(1);
        }
    }

    /// Marks all rows that match the filter; unmarks them if all are marked.
    pub fn mark_all(&mut self) {
        let ids = self.order.iter().filter_map(|row| self.rows.id(*row));
        let new: Vec<Untrusted> = ids.clone().filter(|id| !self.marks.contains(id)).collect();
        if new.is_empty() {
            ids.for_each(|id| {
                self.marks.remove(&id);
            });
        } else {
            self.marks.extend(new);
        }
    }

    /// Returns the marked rows in list order. Rows that the filter hides are last.
    #[must_use]
    pub fn marked(&self) -> Vec<RowId> {
        if self.marks.is_empty() {
            return Vec::new();
        }
        let is_marked = |row: &RowId| self.rows.id(*row).is_some_and(|id| self.marks.contains(&id));
        let mut marked: Vec<RowId> = self.order.iter().copied().filter(is_marked).collect();
        if marked.len() < self.marks.len() {
            let shown: HashSet<RowId> = marked.iter().copied().collect();
            let hidden = self.rows.ids().into_iter().filter(|row| !shown.contains(row));
            marked.extend(hidden.filter(is_marked));
        }
        marked
    }

    /// Moves the cursor by a number of rows, without wrapping.
    pub fn go(&mut self, rows: isize) {
        self.scroll.go(rows, self.order.len());
    }

    /// Moves the cursor to a row, and scrolls it into view.
    pub fn place(&mut self, cursor: usize) {
        self.scroll.place(cursor, self.order.len());
    }

    /// Sets the number of visible rows.
    pub fn resize(&mut self, height: usize) {
        self.scroll.fit(height, self.order.len());
    }

    /// Filters and sorts all rows again. The cursor stays on the row with the ID in `keep`.
    fn arrange(&mut self, keep: Option<&Untrusted>) {
        self.order = self.rows.passing(&self.applied.1, &self.setting, None);
        self.rows.sort(&mut self.order, self.sort.0, self.sort.1);
        self.sorted = self.applied.0.is_empty().then(|| self.order.clone());
        self.keep(keep.and_then(|id| self.rows.find(id)));
    }

    /// Moves the cursor to a row, or to the first row if the filter hides it. Without a row, the
    /// cursor keeps its position.
    fn keep(&mut self, row: Option<RowId>) {
        let place = row.and_then(|row| self.order.iter().position(|shown| *shown == row));
        self.place(place.unwrap_or(if row.is_some() { 0 } else { self.scroll.cursor }));
    }
}

/// Removes the invalid terms of a filter. Returns the remaining text and its filter.
fn readable(mut text: String) -> (String, Filter) {
    loop {
        let mistake = match Filter::parse(&text) {
            Ok(filter) => return (text, filter),
            Err(mistake) => mistake,
        };
        let at = text.char_indices().nth(mistake.at).map_or(text.len(), |(at, _)| at);
        let start = text[..at].rfind(char::is_whitespace).unwrap_or(0);
        // A quote that is not closed extends to the end.
        let end = match text[at..].chars().next() {
            Some('"') | None => text.len(),
            Some(_) => text[at..].find(char::is_whitespace).map_or(text.len(), |end| at + end),
        };
        if start == end {
            return (String::new(), Filter::default());
        }
        text.replace_range(start..end, "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Client, credential::Record};

    fn client(name: &str) -> Credential {
        let record = Record { id: name.into(), name: name.into(), ..Record::default() };
        Credential::M2m(Client { record, ..Client::default() })
    }

    fn page(names: &[&str], last: bool) -> Page {
        let next = (!last).then(|| "on".to_owned());
        Page { entries: names.iter().map(|name| client(name)).collect(), total: None, next }
    }

    fn answer(list: &mut List, ticket: Ticket, result: Result<Page, ApiError>) -> Option<String> {
        list.answer(ticket, result, &Auditor::default())
    }

    fn shown(list: &List) -> Vec<&str> {
        list.order.iter().filter_map(|row| list.rows.get(*row)).map(|row| row.name).collect()
    }

    fn loaded(names: &[&str]) -> List {
        let mut list =
            List { scroll: Scroll { height: 2, ..Scroll::default() }, ..List::default() };
        list.ask(Ticket(1));
        assert_eq!(answer(&mut list, Ticket(1), Ok(page(names, true))), None);
        list
    }

    #[test]
    fn stopped_refresh_leaves_a_complete_list_complete_and_a_part_a_part() {
        let mut list = loaded(&["a", "b"]);
        list.ask(Ticket(2));
        list.stop();
        assert!(!list.is_incomplete(), "the older rows are complete");
        let mut list = List::default();
        list.ask(Ticket(1));
        answer(&mut list, Ticket(1), Ok(page(&["a"], false)));
        list.stop();
        list.ask(Ticket(2));
        list.stop();
        assert!(list.is_incomplete(), "a stopped first load stays incomplete");
        list.ask(Ticket(3));
        answer(&mut list, Ticket(3), Ok(page(&["a", "b"], true)));
        assert!(!list.is_incomplete());
    }

    #[test]
    fn pages_are_on_show_as_they_come() {
        let mut list =
            List { scroll: Scroll { height: 5, ..Scroll::default() }, ..List::default() };
        list.ask(Ticket(1));
        assert_eq!(answer(&mut list, Ticket(1), Ok(page(&["a", "b"], false))), Some("on".into()));
        assert_eq!(shown(&list), ["a", "b"]);
        assert_eq!(answer(&mut list, Ticket(1), Ok(page(&["c"], true))), None);
        assert_eq!(shown(&list), ["a", "b", "c"]);
        assert_eq!(list.count(), Some(3));
    }

    #[test]
    fn a_refresh_keeps_the_old_rows_until_it_is_complete_and_the_cursor_on_its_credential() {
        let mut list = loaded(&["a", "b", "c"]);
        list.go(2);
        list.ask(Ticket(2));
        assert_eq!(answer(&mut list, Ticket(2), Ok(page(&["aa"], false))), Some("on".into()));
        assert_eq!(shown(&list), ["a", "b", "c"]);
        assert_eq!(answer(&mut list, Ticket(1), Ok(page(&["late"], true))), None, "old ticket");
        answer(&mut list, Ticket(2), Ok(page(&["b", "c", "d"], true)));
        assert_eq!(shown(&list), ["aa", "b", "c", "d"]);
        assert_eq!(list.selected_id(), Some("c".into()));
    }

    #[test]
    fn a_failed_refresh_loses_nothing() {
        let mut list = loaded(&["a", "b"]);
        list.ask(Ticket(2));
        answer(&mut list, Ticket(2), Ok(page(&["x"], false)));
        answer(&mut list, Ticket(2), Err(ApiError::TimedOut { seconds: 10 }));
        assert_eq!(shown(&list), ["a", "b"]);
        assert!(matches!(list.fetch, Fetch::Failed(_)));
    }

    #[test]
    fn the_filter_narrows_and_widens() {
        let mut list = loaded(&["alpha", "alps", "beta"]);
        for (typed, expected) in [
            ("al", vec!["alpha", "alps"]),
            ("alp", vec!["alpha", "alps"]),
            ("alps", vec!["alps"]),
            ("alp", vec!["alpha", "alps"]),
            ("", vec!["alpha", "alps", "beta"]),
        ] {
            list.filter = typed.into();
            list.refilter(FilterContext::default());
            assert_eq!(shown(&list), expected, "{typed}");
        }
    }

    #[test]
    fn a_filter_follows_rows_that_changed() {
        let mut list = loaded(&["alpha", "alps", "beta"]);
        let filtered = |list: &mut List, typed: &str| {
            list.filter = typed.into();
            list.refilter(FilterContext::default());
            shown(list).iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(filtered(&mut list, "al"), ["alpha", "alps"]);
        list.upsert(&client("album"), &Auditor::default());
        assert_eq!(filtered(&mut list, "a"), ["album", "alpha", "alps", "beta"]);
        list.remove(&"alpha".into());
        assert_eq!(filtered(&mut list, "al"), ["album", "alps"]);
        list.sort_by(Column::Name);
        assert_eq!(filtered(&mut list, "a"), ["beta", "alps", "album"]);
        assert_eq!(filtered(&mut list, ""), ["beta", "alps", "album"]);
    }

    #[test]
    fn the_cursor_stays_on_the_screen() {
        let mut list = loaded(&["a", "b", "c", "d"]);
        list.go(3);
        assert_eq!((list.scroll.cursor, list.scroll.top), (3, 2));
        list.go(-1);
        assert_eq!((list.scroll.cursor, list.scroll.top), (2, 2));
        list.go(-2);
        assert_eq!((list.scroll.cursor, list.scroll.top), (0, 0));
        list.go(99);
        list.remove(&"d".into());
        assert_eq!((list.scroll.cursor, list.scroll.top), (2, 1));
    }

    #[test]
    fn sorting_twice_turns_round() {
        let mut list = loaded(&["b", "a"]);
        assert_eq!(shown(&list), ["a", "b"]);
        list.sort_by(Column::Name);
        assert_eq!(shown(&list), ["b", "a"]);
    }

    #[test]
    fn a_row_that_was_read_again_does_not_move_the_cursor() {
        let mut list = loaded(&["a", "b", "c"]);
        list.go(1);
        let mut renamed = client("c");
        if let Credential::M2m(client) = &mut renamed {
            client.record.name = "0".into();
        }
        list.refresh(&renamed, &Auditor::default());
        assert_eq!(shown(&list), ["0", "a", "b"]);
        assert_eq!(list.selected_id(), Some("b".into()));
    }

    #[test]
    fn a_saved_credential_is_where_it_belongs_and_selected() {
        let mut list = loaded(&["a", "c"]);
        list.upsert(&client("b"), &Auditor::default());
        assert_eq!(shown(&list), ["a", "b", "c"]);
        assert_eq!(list.selected_id(), Some("b".into()));
    }
}
