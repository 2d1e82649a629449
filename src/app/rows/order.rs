//! The orders that rows can be brought into.

use super::{Item, RowId, Rows};
use crate::domain::preferences::SortBy;

impl Rows {
    /// Sorts row numbers; equal rows keep the order in which they came.
    pub fn sort(&self, rows: &mut [RowId], by: SortBy, descending: bool) {
        let item = |row: &RowId| &self.items[*row as usize];
        let name = |row: &RowId| {
            let bytes = self.slice(item(row).name()).bytes();
            bytes.map(|byte| byte.to_ascii_lowercase())
        };
        match by {
            SortBy::Name => rows.sort_by(|a, b| name(a).cmp(name(b)).then(a.cmp(b))),
            SortBy::Created => {
                rows.sort_by_key(|row| (item(row).created.is_none(), item(row).created, *row));
            }
            SortBy::Used => {
                rows.sort_by_key(|row| (self.has_nothing(item(row), by), item(row).used, *row));
            }
            SortBy::Expires => {
                rows.sort_by_key(|row| (item(row).expires.is_none(), item(row).expires, *row));
            }
            SortBy::Owner => {
                let owner = |row: &RowId| {
                    self.owner_of(item(row)).map(|(email, _)| email.raw().to_lowercase())
                };
                rows.sort_by_cached_key(|row| (owner(row).is_none(), owner(row), *row));
            }
            SortBy::Callbacks => {
                rows.sort_by_key(|row| (std::cmp::Reverse(item(row).callbacks), *row));
            }
            SortBy::Worst => rows.sort_by_key(|row| {
                (std::cmp::Reverse((item(row).worst, item(row).worst_count)), *row)
            }),
        }
        if descending {
            rows.reverse();
            // Nothing comes last, whichever way round.
            rows.sort_by_key(|row| self.has_nothing(item(row), by));
        }
    }

    /// Whether a row has nothing that it could be sorted by.
    fn has_nothing(&self, item: &Item, by: SortBy) -> bool {
        match by {
            SortBy::Name | SortBy::Callbacks => false,
            SortBy::Created => item.created.is_none(),
            SortBy::Used => item.used.is_none() && !item.reports_last_used,
            SortBy::Expires => item.expires.is_none(),
            SortBy::Owner => self.owner_of(item).is_none(),
            SortBy::Worst => item.worst.is_none(),
        }
    }
}
