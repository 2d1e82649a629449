//! Runs the commands of the list.

use crate::{
    api::Scope,
    app::{CredentialEffect, Effect, ListEffect, Model, Tone, screens::detail::Detail},
    domain::{CredentialRef, Kind},
    keys::{ListCommand, ScreenCommand},
};

/// Runs a command on the list. Called while no screen is open over the list.
pub(in crate::app) fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
    match command {
        ScreenCommand::Move(step) => {
            let list = model.list_mut();
            list.go(step.rows(list.scroll.page()));
            Vec::new()
        }
        ScreenCommand::List(command) => run_list(model, command),
        ScreenCommand::Audit(_)
        | ScreenCommand::Dialog(_)
        | ScreenCommand::Value(_)
        | ScreenCommand::Entry(_) => Vec::new(),
    }
}

fn run_list(model: &mut Model, command: ListCommand) -> Vec<Effect> {
    let list = model.list_mut();
    match command {
        ListCommand::Filter => list.filtering = true,
        ListCommand::AcceptFilter if list.mistake.is_some() => {
            let text = "Invalid filter. Correct it, or press esc to clear it";
            return vec![model.say(Tone::Refused, text)];
        }
        ListCommand::AcceptFilter => {
            list.filtering = false;
            return model.search();
        }
        ListCommand::ClearFilter => {
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
                // These lists share one request, which is registered under the kind that it was
                // sent for.
                for kind in &together {
                    model.list_of_mut(scope, *kind).stop();
                }
                return together
                    .into_iter()
                    .map(|kind| Effect::List(ListEffect::StopPage { scope, kind }))
                    .collect();
            }
        }
        ListCommand::Export => return super::export::export(model),
        ListCommand::Mark => list.mark(),
        ListCommand::MarkAll => list.mark_all(),
        ListCommand::SortBy(column) => list.sort_by(column),
        // This command applies only to the overview.
        ListCommand::KeepSnapshot => {}
        ListCommand::ToggleWide => model.wide = !model.wide,
        ListCommand::NextTab | ListCommand::PreviousTab => {
            let tabs: Vec<Kind> = model.tabs().collect();
            let step = if command == ListCommand::NextTab { 1 } else { tabs.len() - 1 };
            let place = tabs.iter().position(|kind| *kind == model.kind).unwrap_or(0);
            model.kind = tabs[(place + step) % tabs.len()];
            return model.load();
        }
        ListCommand::ToggleOrganization => {
            model.scope = match model.scope {
                Scope::Mine => Scope::Organization,
                Scope::Organization => Scope::Mine,
            };
            let mut effects = model.load();
            effects.extend(model.count_others());
            return effects;
        }
        ListCommand::Open => {
            let Some((kind, id, name)) = model.subject() else { return Vec::new() };
            let ticket = model.ticket();
            let detail = match model.preview.read(kind, &id).cloned() {
                Some(credential) => Detail::refreshing(credential, ticket),
                None => Detail::new(kind, id.clone(), name, ticket),
            };
            model.open(detail);
            return vec![Effect::Credential(CredentialEffect::Show {
                ticket,
                of: CredentialRef::new(kind, id),
            })];
        }
    }
    Vec::new()
}
