//! Keys of the list.

use crate::{
    api::Scope,
    app::{CredentialEffect, Effect, ListEffect, Model, Tone, screens::detail::Detail},
    domain::Kind,
    keys::Command,
};

/// Runs a command while no screen is over the list.
pub(in crate::app) fn run(model: &mut Model, command: Command) -> Vec<Effect> {
    let height = model.list().scroll.page();
    let last = model.list().order.len();
    let list = model.list_mut();
    match command {
        Command::Up => list.go(-1),
        Command::Down => list.go(1),
        Command::Top => list.place(0),
        Command::Bottom => list.place(last),
        Command::HalfUp => list.go(-(height / 2).max(1)),
        Command::HalfDown => list.go((height / 2).max(1)),
        Command::PageUp => list.go(-height),
        Command::PageDown => list.go(height),
        Command::Filter => list.filtering = true,
        Command::AcceptFilter if list.mistake.is_some() => {
            let text = "Invalid filter. Correct it, or press esc to clear it";
            return vec![model.say(Tone::Refused, text)];
        }
        Command::AcceptFilter => {
            list.filtering = false;
            return model.search();
        }
        Command::ClearFilter => {
            let had = list.filtering || !list.filter.value().is_empty();
            list.filtering = false;
            list.filter.reset();
            model.refilter();
            let list = model.list_mut();
            if !had && !list.is_loading() {
                list.marks.clear();
            }
            if !had && list.is_loading() {
                let (scope, together) = (model.scope, model.together(model.kind));
                // Each of them may read for all.
                for kind in &together {
                    model.list_of_mut(scope, *kind).stop();
                }
                return together
                    .into_iter()
                    .map(|kind| Effect::List(ListEffect::StopPage { scope, kind }))
                    .collect();
            }
        }
        Command::Mark => list.mark(),
        Command::MarkAll => list.mark_all(),
        Command::SortBy(column) => list.sort_by(column),
        Command::ToggleWide => model.wide = !model.wide,
        Command::NextTab | Command::PreviousTab => {
            let tabs: Vec<Kind> = model.tabs().collect();
            let step = if command == Command::NextTab { 1 } else { tabs.len() - 1 };
            let place = tabs.iter().position(|kind| *kind == model.kind).unwrap_or(0);
            model.kind = tabs[(place + step) % tabs.len()];
            return model.load();
        }
        Command::ToggleOrganization => {
            model.scope = match model.scope {
                Scope::Mine => Scope::Organization,
                Scope::Organization => Scope::Mine,
            };
            let mut effects = model.load();
            effects.extend(model.count_others());
            return effects;
        }
        Command::Open => {
            let Some((kind, id, name)) = model.subject() else { return Vec::new() };
            let ticket = model.ticket();
            let detail = match model.preview.read(kind, &id).cloned() {
                Some(credential) => Detail::refreshing(credential, ticket),
                None => Detail::new(kind, id.clone(), name, ticket),
            };
            model.open(detail);
            return vec![Effect::Credential(CredentialEffect::Show { ticket, kind, id })];
        }
        _ => {}
    }
    Vec::new()
}
