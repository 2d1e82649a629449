//! Matches credentials, or rows of a list, against a filter.

use jiff::{Timestamp, tz::TimeZone};
use nucleo_matcher::{
    Config, Matcher as FuzzyMatcher, Utf32Str,
    pattern::{Atom, AtomKind, CaseMatching, Normalization},
};

use super::{Filter, FilterContext, Found, Moment, Order, OwnerTerm, Pattern, Term, Test};
use crate::domain::audit::{
    Severity,
    rules::{self, Check},
};
use crate::domain::credential::SecretSummary;
use crate::domain::{Client, Credential, Kind, Token, Untrusted, Visibility};

/// Kind of a searchable text of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// A URL, an origin or a referer.
    Url,
    /// An API of a token.
    Api,
    /// A source that a token may read, or the connection of a source.
    Source,
    /// An OAuth grant type.
    Grant,
    /// A scope.
    Scope,
}

/// Searchable text of a credential, with its label.
pub type LabeledText<'a> = (Label, &'a str);

/// Credential that a filter can be matched against: an [`AuditedCredential`], or a packed row of a
/// list.
pub trait Filtered {
    /// Returns the kind.
    fn kind(&self) -> Kind;
    /// Returns the display name.
    fn name(&self) -> &str;
    /// Returns the client ID or token ID.
    fn id(&self) -> &str;
    /// Returns the owner's ID and email address, if known.
    fn owner(&self) -> Option<(&str, &str)>;
    /// Returns true if owners are reported. If false, a missing owner is unknown.
    fn reports_owner(&self) -> bool;
    /// Calls `each` with the searchable texts of the credential until `each` returns true. Returns
    /// true if `each` did.
    fn lines(&self, each: &mut dyn FnMut(LabeledText<'_>) -> bool) -> bool;
    /// Returns the creation time, if known.
    fn created(&self) -> Option<Timestamp>;
    /// Returns the time of the last use, if known.
    fn used(&self) -> Option<Timestamp>;
    /// Returns true if the last use is reported. If false, a missing time is unknown.
    fn reports_last_used(&self) -> bool;
    /// Returns the expiry of a token: `None` if it is unknown, `Some(None)` if the token never
    /// expires. Returns `Some(None)` for a client.
    fn expires(&self) -> Option<Option<Timestamp>>;
    /// Returns the number of callbacks; 0 for a token.
    fn callbacks(&self) -> usize;
    /// Returns a summary of a client's active secrets; `None` for a token, or if the secrets are
    /// unknown.
    fn secrets(&self) -> Option<SecretSummary>;
    /// Returns true if the credential is shared with the organization.
    fn is_shared(&self) -> bool;
    /// Returns true if the client is disabled.
    fn is_disabled(&self) -> bool;

    /// Returns true if the server created the client for itself.
    fn is_built_in(&self) -> bool;
    /// Returns true if the provider derives the URL lists from the login URL.
    fn has_default_urls(&self) -> bool;
    /// Calls `each` with the findings until `each` returns true. Returns true if `each` did.
    fn findings(&self, each: &mut dyn FnMut(Found) -> bool) -> bool;
    /// Returns the severity of the worst finding, if there is one.
    fn worst(&self) -> Option<Severity>;
    /// Returns true if the findings include the findings of rules that compare credentials with
    /// each other.
    fn knows_fleet(&self) -> bool;
}

/// Credential with its findings.
pub struct AuditedCredential<'a> {
    /// Credential to match.
    pub credential: &'a Credential,
    /// Findings about the credential.
    pub findings: &'a [Found],
}

/// Filter prepared for matching.
pub struct Matcher<'f> {
    filter: &'f Filter,
    setting: FilterContext,
    fuzzy: Option<Box<FuzzyMatcher>>,
    atoms: Vec<Atom>,
    buffer: Vec<char>,
}

impl<'f> Matcher<'f> {
    /// Prepares a filter for matching.
    #[must_use]
    pub fn new(filter: &'f Filter, setting: FilterContext) -> Self {
        let atom = |term: &Term| match &term.test {
            Test::Fuzzy(letters) => Some(Atom::new(
                letters,
                CaseMatching::Ignore,
                Normalization::Smart,
                AtomKind::Fuzzy,
                false,
            )),
            _ => None,
        };
        let atoms: Vec<Atom> = filter.terms.iter().filter_map(atom).collect();
        let fuzzy = (!atoms.is_empty()).then(|| Box::new(FuzzyMatcher::new(Config::DEFAULT)));
        Self { filter, setting, fuzzy, atoms, buffer: Vec::new() }
    }

    /// Returns true if every term matches.
    pub fn accepts(&mut self, view: &impl Filtered) -> bool {
        self.matches_parts(view, true)
    }

    /// Returns true if every term matches. Skips the plain words that are not negated, because the
    /// caller has already searched for them.
    pub fn accepts_beside_words(&mut self, view: &impl Filtered) -> bool {
        self.matches_parts(view, false)
    }

    fn matches_parts(&mut self, view: &impl Filtered, words: bool) -> bool {
        let mut fuzzy = 0;
        let filter = self.filter;
        filter.terms.iter().all(|term| {
            let holds = match &term.test {
                Test::Word(_) if !words && !term.negated => return true,
                Test::Fuzzy(_) => {
                    fuzzy += 1;
                    Some(self.is_near(view.name(), fuzzy - 1))
                }
                test => self.holds(test, view),
            };
            // An unknown value matches neither a term nor its negation.
            holds == Some(!term.negated)
        })
    }

    fn is_near(&mut self, name: &str, at: usize) -> bool {
        let (Some(matcher), Some(atom)) = (&mut self.fuzzy, self.atoms.get(at)) else {
            return false;
        };
        atom.score(Utf32Str::new(name, &mut self.buffer), matcher).is_some()
    }

    /// Evaluates a test; `None` if the value that it requires is unknown.
    fn holds(&self, test: &Test, view: &impl Filtered) -> Option<bool> {
        let now = self.setting.now;
        Some(match test {
            Test::Word(word) => {
                let has = |text: &str| text.to_lowercase().contains(word.as_str());
                has(view.name())
                    || has(view.id())
                    || view.owner().is_some_and(|(_, email)| has(email))
                    || view.lines(&mut |(label, text)| {
                        !matches!(label, Label::Grant | Label::Scope) && has(text)
                    })
            }
            Test::Fuzzy(_) => false, // `matches_parts` evaluates these
            Test::Kinds(kinds) => kinds.contains(&view.kind()),
            Test::Name(patterns) => any(patterns, view.name()),
            Test::Id(patterns) => any(patterns, view.id()),
            Test::Owner(_) if view.owner().is_none() && !view.reports_owner() => return None,
            Test::Owner(owners) if self.setting.me.is_none() && owners.contains(&OwnerTerm::Me) => {
                return None;
            }
            Test::Owner(owners) => owners.iter().any(|owner| self.owns(owner, view)),
            Test::Line(label, patterns) => {
                view.lines(&mut |(own, text)| own == *label && any(patterns, text))
            }
            Test::Worst(floor) => view.worst() >= Some(*floor),
            Test::Rule(id) if !view.knows_fleet() && asks_fleet(id) => return None,
            Test::Rule(id) => view.findings(&mut |(rule, _)| rule.id == *id),
            Test::Age(order, moment) => since(*order, *moment, view.created()?, now),
            Test::Used(..) | Test::WasUsed
                if view.used().is_none() && !view.reports_last_used() =>
            {
                return None;
            }
            Test::Used(order, moment) => {
                view.used().is_some_and(|used| since(*order, *moment, used, now))
            }
            Test::WasUsed => view.used().is_some(),
            Test::Expires(order, moment) => until(*order, *moment, view.expires()?, now),
            Test::NeverExpires => view.expires()?.is_none() && view.kind() == Kind::Token,
            Test::Expired => view.expires()?.is_some_and(|end| end <= now),
            Test::Callbacks(order, count) => order.holds(view.callbacks(), *count),
            Test::Secrets(order, count) => order.holds(view.secrets()?.active, *count),
            Test::SecretAge(order, moment) => {
                let secrets = view.secrets()?;
                secrets.active > 0 && since(*order, *moment, secrets.oldest?, now)
            }
            Test::SecretExpires(order, moment) => {
                let secrets = view.secrets()?;
                secrets.active > 0 && until(*order, *moment, secrets.expires?, now)
            }
            Test::SecretNeverExpires => {
                let secrets = view.secrets()?;
                secrets.active > 0 && secrets.expires?.is_none()
            }
            Test::SecretExpired => {
                let secrets = view.secrets()?;
                secrets.active > 0 && secrets.expires?.is_some_and(|end| end <= now)
            }
            Test::Shared => view.is_shared(),
            Test::Disabled => view.is_disabled(),
            Test::BuiltIn => view.is_built_in(),
            Test::DefaultUrls => view.has_default_urls(),
        })
    }

    fn owns(&self, owner: &OwnerTerm, view: &impl Filtered) -> bool {
        match (owner, view.owner()) {
            (OwnerTerm::NoOwner, own) => own.is_none(),
            (OwnerTerm::Me, Some((id, email))) => {
                self.setting.me.as_ref().is_some_and(|(me, mail)| {
                    (!id.is_empty() && id == me) || (!email.is_empty() && email == mail)
                })
            }
            (OwnerTerm::Named(pattern), Some((id, email))) => {
                pattern.matches(email) || pattern.matches(id)
            }
            (_, None) => false,
        }
    }
}

/// Returns true if a rule compares credentials with each other.
pub(super) fn asks_fleet(id: &str) -> bool {
    rules::find(id).is_some_and(|rule| matches!(rule.check, Check::Fleet(_)))
}

fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}

/// Compares the time since an event with a duration, or the date of the event in UTC with a day.
fn since(order: Order, moment: Moment, at: Timestamp, now: Timestamp) -> bool {
    match moment {
        Moment::Span(seconds) => order.holds(now.as_second() - at.as_second(), seconds),
        Moment::Day(day) => order.holds(at.to_zoned(TimeZone::UTC).date(), day),
    }
}

/// Compares the time until an event with a duration, or the date of the event in UTC with a day.
/// Returns false for a past event, or if `at` is `None`.
fn until(order: Order, moment: Moment, at: Option<Timestamp>, now: Timestamp) -> bool {
    let Some(at) = at.filter(|at| *at > now) else { return false };
    match moment {
        Moment::Span(seconds) => order.holds(at.as_second() - now.as_second(), seconds),
        Moment::Day(day) => order.holds(at.to_zoned(TimeZone::UTC).date(), day),
    }
}

/// Calls `each` with the URLs, APIs, sources, connections, OAuth grant types and scopes of a
/// credential until `each` returns true. Returns true if `each` did.
pub fn lines_of(credential: &Credential, each: &mut dyn FnMut(LabeledText<'_>) -> bool) -> bool {
    let mut all = |label: Label, list: &[Untrusted]| list.iter().any(|it| each((label, it.raw())));
    match credential {
        Credential::Token(Token { apis, grants, referers, scopes, .. }) => {
            all(Label::Api, apis)
                || all(Label::Url, referers)
                || all(Label::Scope, scopes)
                || grants.iter().any(|grant| {
                    each((Label::Source, grant.source.raw()))
                        || each((Label::Source, grant.connection.raw()))
                })
        }
        Credential::Spa(client) | Credential::M2m(client) | Credential::Other(client) => {
            let Client { callbacks, logout_urls, web_origins, allowed_origins, .. } = client;
            client.login_url.as_ref().is_some_and(|url| all(Label::Url, std::slice::from_ref(url)))
                || [callbacks, logout_urls, web_origins, allowed_origins]
                    .into_iter()
                    .any(|list| all(Label::Url, list))
                || all(Label::Grant, &client.grant_types)
                || all(Label::Scope, &client.scopes)
        }
    }
}

impl Filtered for AuditedCredential<'_> {
    fn kind(&self) -> Kind {
        self.credential.kind()
    }
    fn name(&self) -> &str {
        self.credential.name().raw()
    }
    fn id(&self) -> &str {
        self.credential.id().raw()
    }
    fn owner(&self) -> Option<(&str, &str)> {
        let owner = self.credential.record().owner.as_ref()?;
        Some((owner.user_id.raw(), owner.email.raw()))
    }
    fn reports_owner(&self) -> bool {
        self.credential.record().reports_owner
    }
    fn lines(&self, each: &mut dyn FnMut(LabeledText<'_>) -> bool) -> bool {
        lines_of(self.credential, each)
    }
    fn created(&self) -> Option<Timestamp> {
        self.credential.record().created_at
    }
    fn used(&self) -> Option<Timestamp> {
        self.credential.record().last_used_at
    }
    fn reports_last_used(&self) -> bool {
        self.credential.record().reports_last_used
    }
    fn expires(&self) -> Option<Option<Timestamp>> {
        match self.credential {
            Credential::Token(token) => token.expiry(),
            _ => Some(None),
        }
    }
    fn callbacks(&self) -> usize {
        self.credential.client().map_or(0, |client| client.callbacks.len())
    }
    fn secrets(&self) -> Option<SecretSummary> {
        self.credential.client().and_then(SecretSummary::of)
    }
    fn is_shared(&self) -> bool {
        self.credential.record().visibility == Visibility::Organization
    }
    fn is_disabled(&self) -> bool {
        self.credential.client().is_some_and(|client| client.enabled == Some(false))
    }

    fn is_built_in(&self) -> bool {
        self.credential.record().built_in
    }
    fn has_default_urls(&self) -> bool {
        self.credential.client().is_some_and(|client| client.use_default_urls)
    }
    fn findings(&self, each: &mut dyn FnMut(Found) -> bool) -> bool {
        self.findings.iter().any(|found| each(*found))
    }
    fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|(_, severity)| *severity).max()
    }
    fn knows_fleet(&self) -> bool {
        true
    }
}
