//! Shows the command that does the same as the screen.

use crate::{
    api::Scope,
    app::{
        Effect, Layer, Model, Tone,
        confirm::Step,
        form::{Purpose, Stage},
    },
    domain::{
        Kind,
        cli_command::{self, CliCommand},
        preferences::sort_word,
        profile::Word as _,
    },
};

/// Shows the command on a line of its own, to be selected by hand.
pub(super) fn show(model: &mut Model) -> Vec<Effect> {
    let Some(command) = command(model) else {
        return vec![model.say(Tone::Refused, "No command does the same as this")];
    };
    let label = "The same as a command".to_owned();
    model.layers.push(Layer::PlainValue { label, value: command.line().into() });
    Vec::new()
}

fn command(model: &Model) -> Option<CliCommand> {
    let name = &model.workspace.name;
    let base_url = model.base_url.raw();
    let workspace: &[&str] = match (&model.workspace.profile, name.as_str()) {
        (Some(_), _) => &["--profile", name],
        (None, "demo") => &["--demo"],
        (None, "local") => &[],
        (None, _) => &["--base-url", base_url],
    };
    let now = model.now;
    match model.top() {
        None => {
            let kind = match model.kind {
                Kind::Token => "tokens",
                kind => kind.word(),
            };
            let mut words = vec!["list", kind];
            let filter = model.list().filter.value();
            if !filter.is_empty() {
                words.extend(["--where", filter]);
            }
            let sort = sort_word(model.list().sort);
            if sort != "name" {
                words.extend(["--sort", &sort]);
            }
            if model.wide {
                words.push("--wide");
            }
            if model.scope == Scope::Organization {
                words.push("--organization");
            }
            Some(CliCommand::new(workspace, &words))
        }
        Some(Layer::Detail(detail)) => Some(CliCommand::new(workspace, &["show", detail.id.raw()])),
        Some(Layer::AccessToken(panel)) if panel.kind == Kind::M2m => {
            Some(CliCommand::new(workspace, &["token", panel.client_id.raw()]))
        }
        Some(Layer::Audit(_)) => Some(CliCommand::new(workspace, &["audit"])),
        Some(Layer::Page(page)) => {
            let rule = page.title.split(' ').next()?;
            Some(CliCommand::new(&[], &["audit", "explain", rule]))
        }
        Some(Layer::Confirm(confirm)) => {
            let verb = match confirm.step {
                Step::Delete => "delete",
                Step::Rotate => "rotate",
                Step::EditBuiltIn => return None,
            };
            Some(cli_command::confirmed(workspace, verb, &confirm.credential))
        }
        Some(Layer::Form(form)) => match (&form.purpose, &form.stage) {
            (Purpose::Edit(original), Stage::Review(changes)) => {
                cli_command::edit(workspace, &original.credential, changes)
            }
            (Purpose::Edit(original), _) => {
                let changes = cli_command::changes(&original.credential, &form.draft(now));
                cli_command::edit(workspace, &original.credential, &changes)
            }
            (Purpose::Create, _) => Some(cli_command::create(workspace, &form.draft(now))),
        },
        _ => None,
    }
}
