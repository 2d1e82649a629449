//! Adapter that lets filters read a packed row.

use jiff::Timestamp;

use super::{Item, LABELS, Rows, UNKNOWN, moment};
use crate::domain::{
    Kind,
    audit::{Severity, rules},
    credential::SecretSummary,
    filter::{Filtered, Found, Label, LabeledText},
};

pub(super) struct Packed<'a> {
    pub(super) rows: &'a Rows,
    pub(super) item: &'a Item,
}

impl Filtered for Packed<'_> {
    fn kind(&self) -> Kind {
        self.rows.kind.unwrap_or(Kind::Token)
    }
    fn name(&self) -> &str {
        self.rows.slice(self.item.name())
    }
    fn id(&self) -> &str {
        self.rows.slice(self.item.id())
    }
    fn owner(&self) -> Option<(&str, &str)> {
        self.rows.owner_of(self.item).map(|(email, id)| (id.raw(), email.raw()))
    }
    fn reports_owner(&self) -> bool {
        self.item.reports_owner
    }
    fn lines(&self, each: &mut dyn FnMut(LabeledText<'_>) -> bool) -> bool {
        let hidden = self.item.about().end..self.item.end as usize;
        let hidden = self.rows.slice(hidden).split('\n').filter_map(|line| {
            LABELS.iter().find_map(|(mark, label)| Some((*label, line.strip_prefix(*mark)?)))
        });
        let shown = match self.kind() {
            // The summary of a token with scopes contains the scopes, which are not APIs.
            Kind::Token if hidden.clone().any(|(label, _)| label == Label::Scope) => false,
            Kind::Token => {
                let mut apis = self.rows.slice(self.item.about()).split(' ');
                apis.any(|api| !api.is_empty() && each((Label::Api, api)))
            }
            _ => self.rows.login_url(self.item).is_some_and(|url| each((Label::Url, url))),
        };
        shown || hidden.into_iter().any(each)
    }
    fn created(&self) -> Option<Timestamp> {
        moment(self.item.created)
    }
    fn used(&self) -> Option<Timestamp> {
        moment(self.item.used)
    }
    fn reports_last_used(&self) -> bool {
        self.item.reports_last_used
    }
    fn expires(&self) -> Option<Option<Timestamp>> {
        if self.kind() == Kind::Token { self.item.expiry() } else { Some(None) }
    }
    fn callbacks(&self) -> usize {
        usize::from(self.item.callbacks)
    }
    fn secrets(&self) -> Option<SecretSummary> {
        let item = self.item;
        (item.secrets != UNKNOWN).then(|| SecretSummary {
            active: usize::from(item.secrets),
            oldest: moment(item.secret_created),
            expires: item.expiry(),
        })
    }
    fn is_shared(&self) -> bool {
        self.item.shared
    }
    fn is_disabled(&self) -> bool {
        self.item.disabled
    }

    fn is_built_in(&self) -> bool {
        self.item.built_in
    }
    fn has_default_urls(&self) -> bool {
        self.item.default_urls
    }
    fn findings(&self, each: &mut dyn FnMut(Found) -> bool) -> bool {
        let failed = |place: &usize| self.item.rules[place / 64] & (1 << (place % 64)) != 0;
        let (all, worst) = (rules::all(), self.item.counts.worst());
        // A row does not store the severity of each finding, so the severity is estimated from the
        // rule and from the worst severity of the row.
        (0..all.len()).filter(failed).any(|place| {
            let rule = all[place];
            each((rule, worst.map_or(rule.severity, |worst| worst.min(rule.severity))))
        }) || worst.is_some_and(|worst| {
            (0..all.len()).find(failed).is_some_and(|place| each((all[place], worst)))
        })
    }
    fn worst(&self) -> Option<Severity> {
        self.item.counts.worst()
    }
    fn knows_fleet(&self) -> bool {
        false
    }
}
