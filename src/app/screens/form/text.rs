//! Form as TOML, for an editor outside the console. A form contains no secrets.

use std::fmt::Write as _;

use toml_edit::{Array, Document, Item, Value};

use super::{Control, Form, FormField, Purpose, input};

/// Returns the visible fields as TOML, with their labels and hints as comments.
pub(super) fn write(form: &Form) -> String {
    let what = match &form.purpose {
        Purpose::Create => format!("New {}", form.kind),
        Purpose::Edit(original) => original.credential.name().clipped(60),
    };
    let mut out = format!(
        "# {what}\n# Save and close this file to return to the form. Nothing is sent until you save the form.\n# A field that is removed here keeps its value.\n"
    );
    for field in form.fields.iter().filter(|field| form.is_shown(field.id)) {
        let _ = write!(out, "\n# {}", field.id.label());
        // The hints of the other controls describe keys of the form, not of an editor.
        if matches!(field.control, Control::Line(_)) && !field.hint.is_empty() {
            let _ = write!(out, ": {}", field.hint);
        }
        out.push('\n');
        if let Control::Switch(_, [off, on]) = field.control {
            let _ = write!(out, "# false: {off}\n# true: {on}\n");
        }
        if let Control::Choice(options) = &field.control {
            let names: Vec<&str> = options.iter().map(|(name, _)| name.as_str()).collect();
            let _ = writeln!(
                out,
                "# one or more of: {}",
                crate::domain::text::shown(&names.join(", "))
            );
        }
        let _ = writeln!(out, "{} = {}", field.id.wire(), value(field).decorated("", ""));
    }
    out
}

fn value(field: &FormField) -> Value {
    match &field.control {
        Control::Line(text) => text.value().into(),
        Control::Switch(on, _) => (*on).into(),
        Control::Lines(_) | Control::Choice(_) => array(field.lines()),
        Control::Pairs(_) => {
            array(field.pairs().into_iter().map(|(name, source)| format!("{name} = {source}")))
        }
    }
}

/// Returns an array with one entry on each line.
fn array(entries: impl IntoIterator<Item = String>) -> Value {
    let mut array: Array =
        entries.into_iter().map(|it| Value::from(it).decorated("\n    ", "")).collect();
    if !array.is_empty() {
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
    Value::Array(array)
}

/// Replaces the input of the form with an edited text. A field that the text does not contain keeps
/// its value. Does not validate the values; the form does.
///
/// # Errors
/// Returns an error if the text is not valid TOML, or if it has an unknown key, an unknown option,
/// or a value of the wrong type. The form is then unchanged.
pub(super) fn read(form: &mut Form, text: &str) -> Result<(), String> {
    let line = |span: Option<std::ops::Range<usize>>| {
        let before = text.get(..span.map_or(0, |span| span.start)).unwrap_or_default();
        before.matches('\n').count() + 1
    };
    let document = Document::parse(text).map_err(|error| {
        let what = error.message().lines().collect::<Vec<_>>().join(", ");
        format!("Line {}: {what}", line(error.span()))
    })?;
    let mut controls = Vec::new();
    for (key, item) in document.as_table() {
        let at = || line(document.key(key).and_then(toml_edit::Key::span));
        // The lists of URLs are accepted even if they are hidden, because the same text may turn
        // default URLs off.
        let known = |field: &FormField| field.id.wire() == key;
        let Some(place) = form.fields.iter().position(known) else {
            return Err(format!("Line {}: the form has no field {key:?}", at()));
        };
        let control = control(&form.fields[place].control, item)
            .map_err(|why| format!("Line {}: {key} {why}", at()))?;
        controls.push((place, control));
    }
    for (place, control) in controls {
        form.fields[place].control = control;
    }
    Ok(())
}

/// Returns a control with the value of an item.
fn control(before: &Control, item: &Item) -> Result<Control, String> {
    let one_row = |rows: Vec<_>| if rows.is_empty() { vec![input("")] } else { rows };
    Ok(match before {
        Control::Line(_) => Control::Line(input(item.as_str().ok_or("must be a quoted string")?)),
        Control::Switch(_, words) => {
            Control::Switch(item.as_bool().ok_or("must be true or false")?, *words)
        }
        Control::Lines(_) => {
            Control::Lines(one_row(texts(item)?.iter().map(|text| input(text)).collect()))
        }
        Control::Choice(options) => {
            let chosen = texts(item)?;
            let is_option = |name: &&String| options.iter().any(|(known, _)| known == *name);
            if let Some(unknown) = chosen.iter().find(|name| !is_option(name)) {
                return Err(format!("has no option {unknown:?}"));
            }
            let option = |name: &String| (name.clone(), chosen.contains(name));
            Control::Choice(options.iter().map(|(name, _)| option(name)).collect())
        }
        Control::Pairs(_) => {
            let mut rows = Vec::new();
            for text in texts(item)? {
                // Spaces elsewhere belong to the values.
                let pair = text.split_once(" = ").or_else(|| text.split_once('='));
                let (name, source) =
                    pair.ok_or("must contain strings such as \"connection = source\"")?;
                rows.push([input(name), input(source)]);
            }
            if rows.is_empty() {
                rows.push([input(""), input("")]);
            }
            Control::Pairs(rows)
        }
    })
}

fn texts(item: &Item) -> Result<Vec<String>, &'static str> {
    let wrong = "must be a list of quoted strings";
    let array = item.as_array().ok_or(wrong)?;
    array.iter().map(|entry| entry.as_str().map(str::to_owned).ok_or(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::Capabilities,
        app::screens::form::FormSchema,
        domain::{Kind, draft::Field as Id},
    };
    use jiff::Timestamp;

    fn form(kind: Kind) -> Form {
        let all = Capabilities::basic("");
        let abilities = all.of(kind);
        let means = FormSchema {
            apis: vec!["sql".into(), "maps".into()],
            shape: abilities.shape,
            fixed: abilities.fixed,
            edit_rotates: false,
        };
        Form::create(kind, means)
    }

    #[test]
    fn every_kind_of_form_is_read_as_it_was_written() {
        for kind in [Kind::Token, Kind::Spa, Kind::M2m] {
            let mut form = form(kind);
            let before = form.draft(Timestamp::UNIX_EPOCH);
            let text = write(&form);
            read(&mut form, &text).unwrap_or_else(|why| unreachable!("{why}\n{text}"));
            assert_eq!(form.draft(Timestamp::UNIX_EPOCH), before, "{text}");
        }
    }

    #[test]
    fn edited_values_are_taken_and_removed_keys_keep_theirs() {
        let mut token = form(Kind::Token);
        let text = "name = \"a \\\"b\\\"\"\nallowed_apis = [\"maps\"]\ngrants = [\"w=a=b\"]\n";
        read(&mut token, text).expect("valid");
        let field = |id| token.field(id).expect("a field");
        assert_eq!(field(Id::Name).line(), "a \"b\"");
        assert_eq!(field(Id::Apis).lines(), ["maps"]);
        assert_eq!(field(Id::Grants).pairs(), [("w".to_owned(), "a=b".to_owned())]);
        assert_eq!(field(Id::Expires).line(), "90d", "not in the text");
        let again = write(&token);
        assert!(again.contains("grants = [\n    \"w = a=b\",\n]"), "{again}");
    }

    #[test]
    fn default_urls_and_a_list_are_changed_together() {
        let mut spa = form(Kind::Spa);
        let lists = "use_default_urls = false\ncallbacks = [\"https://a.acme.dev/cb\"]\n";
        read(&mut spa, lists).expect("valid");
        assert!(!spa.field(Id::UseDefaultUrls).expect("a switch").is_on());
        assert_eq!(spa.field(Id::Callbacks).expect("a list").lines(), ["https://a.acme.dev/cb"]);
    }

    #[test]
    fn mistakes_name_their_line_and_change_nothing() {
        for (text, why) in [
            ("name = \"x\"\nname = \"y\"\n", "Line 2: duplicate key"),
            ("name = \"x\"\n\nsecret = \"y\"\n", "Line 3: the form has no field \"secret\""),
            ("name = 5\n", "Line 1: name must be a quoted string"),
            ("name = \"x\"\nallowed_apis = \"sql\"\n", "Line 2: allowed_apis must be a list"),
            ("name = \"x\"\nallowed_apis = [\"no\"]\n", "Line 2: allowed_apis has no option"),
            ("name = \"x\"\ngrants = [\"a\"]\n", "Line 2: grants must contain strings such as"),
        ] {
            let mut form = form(Kind::Token);
            let said = read(&mut form, text).expect_err(text);
            assert!(said.starts_with(why), "{said}");
            assert_eq!(form.field(Id::Name).expect("a field").line(), "", "{text}");
        }
    }
}
