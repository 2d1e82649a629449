//! Sorting of rows by a column.

use super::{Item, RowId, Rows};
use crate::domain::{Kind, columns::Column};

impl Rows {
    /// Sorts row numbers by a column. Names, times and owners start with the lowest value;
    /// callbacks and findings start with the highest. `descending` reverses the order. Rows without
    /// a value come last in both directions. Equal rows are in order of arrival, or in reverse
    /// order if `descending`.
    pub fn sort(&self, rows: &mut [RowId], by: Column, descending: bool) {
        let item = |row: &RowId| &self.items[*row as usize];
        let name = |row: &RowId| {
            let bytes = self.slice(item(row).name()).bytes();
            bytes.map(|byte| byte.to_ascii_lowercase())
        };
        match by {
            Column::Name => rows.sort_by(|a, b| name(a).cmp(name(b)).then(a.cmp(b))),
            Column::Created => {
                rows.sort_by_key(|row| (item(row).created.is_none(), item(row).created, *row));
            }
            Column::Used => {
                rows.sort_by_key(|row| (self.has_nothing(item(row), by), item(row).used, *row));
            }
            Column::Expires => {
                let expires = |row: &RowId| item(row).expires.filter(|_| self.has_tokens());
                rows.sort_by_key(|row| (expires(row).is_none(), expires(row), *row));
            }
            Column::Owner => {
                let owner = |row: &RowId| {
                    self.owner_of(item(row)).map(|(email, _)| email.raw().to_lowercase())
                };
                rows.sort_by_cached_key(|row| (owner(row).is_none(), owner(row), *row));
            }
            Column::Callbacks => {
                rows.sort_by_key(|row| (std::cmp::Reverse(item(row).callbacks), *row));
            }
            Column::Worst => {
                rows.sort_by_key(|row| (std::cmp::Reverse(item(row).counts), *row));
            }
            // Users can sort only by the columns in `Column::SORTED`.
            _ => {}
        }
        if descending {
            rows.reverse();
            // The sort is stable, so it only moves the rows without a value back to the end.
            rows.sort_by_key(|row| self.has_nothing(item(row), by));
        }
    }

    /// True if the rows are tokens. For clients, the expiry belongs to a secret.
    fn has_tokens(&self) -> bool {
        self.kind == Some(Kind::Token)
    }

    /// Returns true if a row has no value in this column. "Never used" is a value.
    fn has_nothing(&self, item: &Item, by: Column) -> bool {
        match by {
            Column::Created => item.created.is_none(),
            Column::Used => item.used.is_none() && !item.reports_last_used,
            Column::Expires => item.expires.is_none() || !self.has_tokens(),
            Column::Owner => self.owner_of(item).is_none(),
            Column::Worst => item.counts.worst().is_none(),
            _ => false,
        }
    }
}
