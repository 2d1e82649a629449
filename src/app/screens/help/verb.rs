//! Commands with an argument, typed after `:`, such as `sort -used`.

use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::{
    app::{
        Effect, Model, ProfileEffect, Tone, ViewsEffect, commands,
        rows::RowId,
        screens::{
            audit::AuditPanel,
            detail::{self, Detail},
            help::Help,
            profiles::{self, ProfileEntry},
            views,
        },
    },
    domain::{
        CredentialRef, Kind,
        columns::Column,
        preferences::{SavedView, sort_of},
        profile::Word as _,
        whose::Clues,
    },
    keys::{AppCommand, Command, KeyScope, OpenCommand, TABLE},
};

/// First word of a command with an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Verb {
    /// Filters the list.
    Filter,
    /// Opens a credential.
    Open,
    /// Opens a profile.
    Profile,
    /// Sorts the list.
    Sort,
    /// Selects a tab.
    Tab,
    /// Applies a saved view.
    View,
    /// Opens the credential that a text mentions.
    Whose,
}

/// Screens whose help accepts commands with an argument. None of these screens has unsaved input.
pub const WITH_VERBS: [KeyScope; 5] =
    [KeyScope::List, KeyScope::Detail, KeyScope::Audit, KeyScope::Expiring, KeyScope::Overview];

/// Name of each tab, and the command that opens the tab.
const TABS: [(&str, Command); 7] = [
    ("tokens", Command::App(AppCommand::ShowTokens)),
    ("spa", Command::App(AppCommand::ShowSpa)),
    ("m2m", Command::App(AppCommand::ShowM2m)),
    ("other", Command::App(AppCommand::ShowOther)),
    ("audit", Command::Open(OpenCommand::ShowAudit)),
    ("expiring", Command::Open(OpenCommand::ShowExpiring)),
    ("overview", Command::Open(OpenCommand::ShowOverview)),
];

/// Arguments that are read from the configuration when a verb requires them.
#[derive(Debug, Default)]
pub struct Choices {
    /// Saved views, once loaded.
    pub views: Option<Vec<SavedView>>,
    /// Names of the profiles, once loaded.
    pub profiles: Option<Vec<String>>,
    /// Verbs whose arguments were requested.
    requested: Vec<Verb>,
}

impl Verb {
    /// All verbs, in the order of the help.
    pub const ALL: [Self; 7] =
        [Self::Filter, Self::Open, Self::Whose, Self::Sort, Self::Tab, Self::View, Self::Profile];

    /// Returns the verb with a placeholder for its argument.
    #[must_use]
    pub const fn usage(self) -> &'static str {
        match self {
            Self::Filter => ":filter TERMS",
            Self::Open => ":open ID or name",
            Self::Profile => ":profile NAME",
            Self::Sort => ":sort COLUMN",
            Self::Tab => ":tab NAME",
            Self::View => ":view NAME",
            Self::Whose => ":whose TEXT",
        }
    }

    /// Returns the description of the verb in the help.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Filter => "Filter rows by words or terms, such as :filter !used age>90d.",
            Self::Open => "Open the credential with this ID or name.",
            Self::Profile => "Switch to this profile.",
            Self::Sort => "Sort by this column; a leading - reverses the order.",
            Self::Tab => "Go to this tab.",
            Self::View => "Apply this saved view.",
            Self::Whose => {
                "Open the credential of a pasted URL or log line; show why a login fails."
            }
        }
    }

    /// Splits a text into a verb and the start of its argument; `None` if the text does not start
    /// with a verb and a space.
    #[must_use]
    pub fn parse(text: &str) -> Option<(Self, &str)> {
        let (word, argument) = text.trim_start().split_once(' ')?;
        Some((Self::of_word(word.strip_prefix(':').unwrap_or(word))?, argument.trim()))
    }

    /// Returns the text that the help shows while there is no argument to choose.
    #[must_use]
    pub const fn hint(self, choices: &Choices) -> &'static str {
        match self {
            Self::View if choices.views.is_none() => "Reading the saved views…",
            Self::Profile if choices.profiles.is_none() => "Reading the profiles…",
            Self::View => "No saved view matches.",
            Self::Profile => "No profile matches.",
            Self::Filter | Self::Open | Self::Sort | Self::Tab | Self::Whose => self.help(),
        }
    }

    /// Returns the arguments that contain the typed text, ignoring case; arguments that start with
    /// the text come first. For `filter`, `open` and `whose`, returns only the text itself, or
    /// nothing if the text is empty.
    #[must_use]
    pub fn arguments(self, typed: &str, choices: &Choices) -> Vec<String> {
        let all: Vec<String> = match self {
            Self::Filter | Self::Open | Self::Whose if typed.is_empty() => return Vec::new(),
            Self::Filter | Self::Open | Self::Whose => return vec![typed.to_owned()],
            Self::Sort => Column::SORTED
                .iter()
                .flat_map(|column| [column.word().to_owned(), format!("-{}", column.word())])
                .collect(),
            Self::Tab => TABS.iter().map(|(word, _)| (*word).to_owned()).collect(),
            Self::View => choices.views.iter().flatten().map(|view| view.name.clone()).collect(),
            Self::Profile => choices.profiles.clone().unwrap_or_default(),
        };
        let typed = typed.to_lowercase();
        let (mut starts, rest): (Vec<String>, Vec<String>) =
            all.into_iter().partition(|it| it.to_lowercase().starts_with(&typed));
        starts.extend(rest.into_iter().filter(|it| it.to_lowercase().contains(&typed)));
        starts
    }

    /// Runs the command. The help must be closed already.
    pub(super) fn run(self, model: &mut Model, argument: &str, choices: &Choices) -> Vec<Effect> {
        if self == Self::Filter
            && let Some(panel) = model.top_mut::<AuditPanel>()
        {
            panel.set_filter(argument);
            return Vec::new();
        }
        // The other commands apply to the lists, so all screens over the lists are closed. The
        // screens in [`WITH_VERBS`] have no unsaved input.
        let mut effects = Vec::new();
        while let Some(screen) = model.screens.pop() {
            effects.extend(screen.closed(model));
        }
        effects.extend(self.run_on_list(model, argument, choices));
        effects
    }

    fn run_on_list(self, model: &mut Model, argument: &str, choices: &Choices) -> Vec<Effect> {
        match self {
            Self::Filter => {
                model.list_mut().filter = argument.into();
                model.refilter();
                if let Some(mistake) = &model.list().mistake {
                    let text = format!("Invalid filter: {}", mistake.text);
                    return vec![model.say(Tone::Refused, &text)];
                }
                model.search()
            }
            Self::Sort => {
                if let Some(sort) = sort_of(argument) {
                    model.list_mut().order_by(sort);
                }
                Vec::new()
            }
            Self::Tab => {
                let tab = TABS.iter().find(|(word, _)| *word == argument);
                let key = tab.and_then(|(_, command)| {
                    TABLE.iter().find(|it| it.scope == KeyScope::List && it.command == *command)
                });
                key.map_or_else(Vec::new, |binding| commands::run_binding(model, binding))
            }
            Self::View => {
                let view = choices.views.iter().flatten().find(|view| view.name == argument);
                view.map_or_else(Vec::new, |view| views::apply(model, view.clone()))
            }
            Self::Profile => profiles::switch_to(model, argument),
            Self::Open => open(model, argument),
            Self::Whose => whose(model, argument),
        }
    }
}

/// Opens the loaded credential with this ID in the current tab. If there is none, opens the first
/// credential with this exact name, or else the first whose name starts with the text, ignoring
/// case. Shows a notice if no credential matches.
fn open(model: &mut Model, wanted: &str) -> Vec<Effect> {
    let list = model.list();
    let lower = wanted.to_lowercase();
    let named = |test: &dyn Fn(&str) -> bool| {
        let is_it = |row: &RowId| list.rows.name(*row).is_some_and(|name| test(name.raw()));
        list.rows.ids().into_iter().find(is_it)
    };
    let row = list
        .rows
        .find(&wanted.into())
        .or_else(|| named(&|name| name == wanted))
        .or_else(|| named(&|name| name.to_lowercase().starts_with(&lower)));
    let Some((id, name)) = row.and_then(|row| Some((list.rows.id(row)?, list.rows.name(row)?)))
    else {
        let text = format!("No loaded credential in this tab matches {wanted}");
        return vec![model.say(Tone::Refused, &text)];
    };
    detail::show(model, CredentialRef::new(model.kind, id), name)
}

/// Searches the tabs for a loaded credential whose ID or name occurs in the text, and opens the
/// first match. If the text contains an authorization request of this client, the detail view shows
/// why the request fails.
fn whose(model: &mut Model, text: &str) -> Vec<Effect> {
    let clues = Clues::read(text);
    let found = model.tabs().find_map(|kind| {
        let rows = &model.list_of(model.scope, kind).rows;
        let is_it = |row: &RowId| {
            let both = rows.id(*row).zip(rows.name(*row));
            both.is_some_and(|(id, name)| clues.mention(&id, &name).is_some())
        };
        let row = rows.ids().into_iter().find(is_it)?;
        Some((kind, rows.id(row)?, rows.name(row)?))
    });
    let Some((kind, id, name)) = found else {
        let text = "The text mentions no loaded credential. Search all profiles: credenza whose";
        return vec![model.say(Tone::Refused, text)];
    };
    let request = clues.request_of(&id).filter(|_| kind != Kind::Token).cloned();
    model.kind = kind;
    let mut effects = model.load();
    effects.extend(detail::show(model, CredentialRef::new(kind, id), name));
    if let Some(detail) = model.top_mut::<Detail>() {
        detail.request = request.map(|it| (it, Vec::new()));
    }
    effects
}

/// Requests the saved views or the profiles if the typed verb requires them, unless they were
/// requested before.
pub(in crate::app) fn follow(model: &mut Model) -> Option<Effect> {
    let help = model.top_mut::<Help>()?;
    let (verb, _) = help.typed()?;
    let effect = match verb {
        Verb::View => Effect::Views(ViewsEffect::Read),
        Verb::Profile => Effect::Profile(ProfileEffect::Read),
        Verb::Filter | Verb::Open | Verb::Sort | Verb::Tab | Verb::Whose => return None,
    };
    if help.choices.requested.contains(&verb) {
        return None;
    }
    help.choices.requested.push(verb);
    Some(effect)
}

/// Stores the saved views as arguments, if the help is on top.
pub(in crate::app) fn views_came(model: &mut Model, views: &[SavedView]) {
    if let Some(help) = model.top_mut::<Help>() {
        help.choices.views = Some(views.to_vec());
    }
}

/// Stores the names of the profiles and of the local workspace as arguments, if the help is on top.
pub(in crate::app) fn profiles_came(model: &mut Model, entries: &[ProfileEntry]) {
    if let Some(help) = model.top_mut::<Help>() {
        let names = entries.iter().map(|entry| entry.title().to_owned());
        help.choices.profiles =
            Some(names.chain([ProfileEntry::local().title().to_owned()]).collect());
    }
}
