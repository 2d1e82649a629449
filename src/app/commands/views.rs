//! What keys do about saved views.

use tui_input::Input;

use crate::{
    app::{Effect, Layer, Model, Tone, views::Views},
    domain::preferences::View,
    keys::Command,
};

/// Opens the saved views.
pub(super) fn show(model: &mut Model) -> Vec<Effect> {
    let list = model.list();
    let filter = list.filter.value().trim().to_owned();
    let current = View { name: String::new(), filter, sort: list.sort, wide: model.wide };
    model.layers.push(Layer::Views(Box::new(Views { current, ..Views::default() })));
    vec![Effect::ReadViews]
}

pub(super) fn on_views(model: &mut Model, command: Command) -> Vec<Effect> {
    let armed = std::mem::take(&mut model.view_armed);
    if model.workspace.is_demo() && matches!(command, Command::SaveView | Command::DeleteView) {
        let text = "The demo keeps nothing: views stand in your own configuration";
        return vec![model.say(Tone::Refused, text)];
    }
    let Some(Layer::Views(views)) = model.layers.last_mut() else { return Vec::new() };
    match command {
        Command::Up => views.go(false),
        Command::Down => views.go(true),
        Command::Accept => {
            let Some(view) = views.selected().cloned() else { return Vec::new() };
            model.layers.pop();
            return apply(model, view);
        }
        Command::SaveView if views.entries.is_some() => match views.current.check_filter() {
            Ok(()) => {
                views.naming = Some(Input::default());
                views.problem = None;
            }
            Err(_) => {
                let text = "The filter cannot be read: correct it first, then save it";
                return vec![model.say(Tone::Refused, text)];
            }
        },
        Command::Submit => {
            if let Some(view) = views.named() {
                return vec![Effect::SaveView(view)];
            }
        }
        Command::DeleteView => {
            let Some(name) = views.selected().map(|view| view.name.clone()) else {
                return Vec::new();
            };
            if !armed {
                model.view_armed = true;
                let text = format!("D again deletes the view {name}; any other key keeps it");
                return vec![model.say(Tone::Plain, &text)];
            }
            let said = model.say(Tone::Plain, &format!("Deleting the view {name}…"));
            return vec![said, Effect::DeleteView(name)];
        }
        _ => {}
    }
    Vec::new()
}

/// Goes one step back: from the name to the views. Answers whether that was all.
pub(super) fn back(model: &mut Model) -> bool {
    let Some(Layer::Views(views)) = model.layers.last_mut() else { return false };
    views.naming.take().is_some()
}

/// Shows the list as a view says.
fn apply(model: &mut Model, view: View) -> Vec<Effect> {
    let said = model.say(Tone::Plain, &format!("View {}; esc clears its filter", view.name));
    model.wide = view.wide;
    let list = model.list_mut();
    list.filter = Input::new(view.filter);
    list.order_by(view.sort);
    model.refilter();
    vec![said]
}
