//! The orders that rows can be brought into.

use super::{Item, RowId, Rows};
use crate::domain::profile::Word;

/// By what rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortBy {
    /// The name, without regard to case.
    #[default]
    Name,
    /// When it was made.
    Created,
    /// When it was last used; never comes first, and what nobody records last.
    Used,
    /// When it ends; never comes last.
    Expires,
    /// The owner's address; nobody comes last.
    Owner,
    /// How many callbacks it has; the most first.
    Callbacks,
    /// The worst finding, and how many there are of it; the worst first.
    Worst,
}

impl Word for SortBy {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("name", Self::Name),
        ("created", Self::Created),
        ("used", Self::Used),
        ("expires", Self::Expires),
        ("owner", Self::Owner),
        ("callbacks", Self::Callbacks),
        ("worst", Self::Worst),
    ];
}

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
            SortBy::Used => item.used.is_none() && !item.records_use,
            SortBy::Expires => item.expires.is_none(),
            SortBy::Owner => self.owner_of(item).is_none(),
            SortBy::Worst => item.worst.is_none(),
        }
    }
}
