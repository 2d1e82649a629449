//! `--jq` and `--template`, as in `gh`: select from a command's JSON output, or format it.

use clap::Args;
use color_eyre::eyre::{Result, eyre};
use jaq_core::{
    Compiler, Ctx, Vars, data,
    load::{self, Arena, File, Loader, lex, parse},
    unwrap_valr,
};
use jaq_json::Val;
use minijinja::{Environment, UndefinedBehavior, context, value::Serde};
use serde_json::Value;

use super::Exit;
use crate::domain::{export, text};

type JqQuery = jaq_core::Filter<data::JustLut<Val>>;

/// Selection of parts of the JSON output.
#[derive(Debug, Clone, Default, Args)]
#[group(multiple = false)]
pub struct JsonArgs {
    /// Select from the JSON with a jq expression; strings are printed without quotes
    #[arg(long, value_name = "EXPR")]
    pub jq: Option<String>,
    /// Format the JSON with a Jinja template; the variable data contains the JSON
    #[arg(long, value_name = "TEMPLATE")]
    pub template: Option<String>,
}

/// Parsed value of `--jq` or `--template`.
pub enum JsonSelection {
    /// Compiled jq expression.
    Jq(Box<JqQuery>),
    /// Parsed Jinja template.
    Template(Box<Environment<'static>>),
}

impl JsonArgs {
    /// Parses the selection; `None` if neither option is given. Callers parse it before the first
    /// request, so that an invalid expression is reported first.
    ///
    /// # Errors
    /// Returns a usage error (exit code 2) with the position if the expression or the template is
    /// invalid.
    pub fn selection(&self) -> Result<Option<JsonSelection>> {
        if let Some(expression) = &self.jq {
            let wrong = |error: JqError| Exit::usage(error.to_string());
            return Ok(Some(JsonSelection::Jq(Box::new(compile(expression).map_err(wrong)?))));
        }
        let Some(template) = &self.template else { return Ok(None) };
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment
            .add_template_owned("template", template.clone())
            .map_err(|error| Exit::usage(format!("Invalid template: {error}")))?;
        Ok(Some(JsonSelection::Template(Box::new(environment))))
    }
}

impl JsonSelection {
    /// Applies the selection to the JSON, and returns the text to print.
    ///
    /// # Errors
    /// Returns an error if the selection fails for this JSON, for example because a template uses a
    /// missing member.
    pub fn apply(&self, value: &Value) -> Result<String> {
        match self {
            Self::Jq(query) => run(query, value),
            Self::Template(environment) => {
                let failed = |error| eyre!("Could not apply the template: {error}");
                let template = environment.get_template("template").map_err(failed)?;
                let out = template.render(context! { data => Serde(value) }).map_err(failed)?;
                Ok(plain(&out))
            }
        }
    }
}

/// jq's formats `@tsv` and `@csv`, which jaq's library lacks.
const FORMATS: &str = r#"
def @tsv: map(if type == "string" then gsub("\\\\"; "\\\\") | gsub("\t"; "\\t") | gsub("\n"; "\\n") | gsub("\r"; "\\r")
    elif . == null then "" else tojson end) | join("\t");
def @csv: map(if type == "string" then "\"" + gsub("\""; "\"\"") + "\"" elif . == null then "" else tojson end) | join(",");
"#;

/// Error in a jq expression, with its position.
#[derive(Debug, thiserror::Error)]
#[error("Invalid jq expression: {0}")]
struct JqError(String);

fn compile(expression: &str) -> Result<JqQuery, JqError> {
    let formats = load::parse(FORMATS, |parser| parser.defs()).unwrap_or_default();
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(formats);
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let file = File { code: expression, path: () };
    let modules = Loader::new(defs)
        .load(&arena, file)
        .map_err(|errors| JqError(unread(expression, errors)))?;
    Compiler::default().with_funs(funs).compile(modules).map_err(|errors| {
        let mut all = errors.into_iter().flat_map(|(_, errors)| errors);
        JqError(all.next().map_or_else(
            || "it cannot be compiled".to_owned(),
            |(name, undefined)| {
                pointed(expression, name, &format!("there is no such {}", undefined.as_str()))
            },
        ))
    })
}

fn unread(expression: &str, errors: load::Errors<&str, ()>) -> String {
    let expected =
        |what: &str, found: &str| pointed(expression, found, &format!("expected {what} here"));
    for (_, error) in errors {
        match error {
            load::Error::Io(all) => {
                if let Some((path, _)) = all.into_iter().next() {
                    return pointed(expression, path, "modules are not supported");
                }
            }
            load::Error::Lex(all) => {
                if let Some((expect, found)) = all.into_iter().next() {
                    let expect: lex::Expect<&str> = expect;
                    return expected(expect.as_str(), found);
                }
            }
            load::Error::Parse(all) => {
                if let Some((expect, found)) = all.into_iter().next() {
                    let expect: parse::Expect<&str> = expect;
                    return expected(expect.as_str(), found);
                }
            }
        }
    }
    "it cannot be parsed".to_owned()
}

/// Formats an error with the expression and a caret under `found`, a slice of the expression.
fn pointed(expression: &str, found: &str, why: &str) -> String {
    let start = expression.as_ptr() as usize;
    let at = (found.as_ptr() as usize).checked_sub(start).filter(|at| *at <= expression.len());
    // If the expression ends too early, `found` is empty.
    let at = at.filter(|at| expression.is_char_boundary(*at)).unwrap_or(expression.len());
    let columns = text::shown(&expression[..at]).chars().count();
    format!("{why}\n  {}\n  {}^", text::shown(expression), " ".repeat(columns))
}

fn run(query: &JqQuery, value: &Value) -> Result<String> {
    let failed = |why: String| eyre!("Could not apply the jq expression: {}", plain(&why));
    let bytes = serde_json::to_vec(value)?;
    let input = jaq_json::read::parse_single(&bytes).map_err(|error| failed(error.to_string()))?;
    let context = Ctx::<data::JustLut<Val>>::new(&query.lut, Vars::new([]));
    let mut out = String::new();
    for result in query.id.run((context, input)).map(unwrap_valr) {
        match result {
            Ok(Val::TStr(bytes)) => out.push_str(&plain(&String::from_utf8_lossy(&bytes))),
            Ok(value) => match serde_json::from_str::<Value>(&value.to_string()) {
                Ok(value) => out.push_str(&export::json(&value, false)),
                Err(_) => out.push_str(&plain(&value.to_string())),
            },
            Err(error) => return Err(failed(error.to_string())),
        }
        out.push('\n');
    }
    Ok(out)
}

/// Makes control characters visible, except line breaks and tabs.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(['\n', '\t']) {
        let body = piece.trim_end_matches(['\n', '\t']);
        out.push_str(&text::shown(body));
        out.push_str(&piece[body.len()..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn selected(args: &JsonArgs) -> Result<String> {
        let data = json!([
            { "name": "Sync", "client_id": "a1", "count": 1.50 },
            { "name": "Bad\u{1b}]52;c;QQ\u{7}", "client_id": "b2", "count": 2 },
        ]);
        args.selection()?.expect("given").apply(&data)
    }

    fn jq(expression: &str) -> Result<String> {
        selected(&JsonArgs { jq: Some(expression.to_owned()), template: None })
    }

    fn template(text: &str) -> Result<String> {
        selected(&JsonArgs { jq: None, template: Some(text.to_owned()) })
    }

    #[test]
    fn jq_selects_and_prints_strings_without_quotes() {
        for (expression, printed) in [
            (".[0].name", "Sync\n"),
            (".[].client_id", "a1\nb2\n"),
            ("map(.count) | add", "3.5\n"),
            (".[1].name", "Bad<U+001B>]52;c;QQ<U+0007>\n"),
            ("[.[].client_id]", "[\"a1\",\"b2\"]\n"),
            (".[] | select(.name | test(\"^S\")) | .client_id", "a1\n"),
            (".[] | [.client_id, .count] | @tsv", "a1\t1.5\nb2\t2\n"),
            ("[\"a\\tb\\\\\", null, true] | @tsv", "a\\tb\\\\\t\ttrue\n"),
            ("[\"say \\\"hi\\\"\", 1] | @csv", "\"say \"\"hi\"\"\",1\n"),
            ("empty", ""),
        ] {
            assert_eq!(jq(expression).map_err(|it| it.to_string()), Ok(printed.to_owned()));
        }
    }

    #[test]
    fn mistakes_in_jq_are_pointed_at() {
        for (expression, why) in [
            (".[0", "expected closing bracket here\n  .[0\n     ^"),
            (".[] | nme", "there is no such filter\n  .[] | nme\n        ^"),
            (".[] |", "expected term here\n  .[] |\n       ^"),
        ] {
            let error = jq(expression).expect_err(expression).to_string();
            assert!(error.contains(why), "{expression}: {error}");
        }
        let error = jq(".name").expect_err("an array has no name").to_string();
        assert!(error.starts_with("Could not apply the jq expression"), "{error}");
    }

    #[test]
    fn templates_format_and_refuse_what_is_misspelt() {
        let each = "{% for it in data %}{{ it.name }}={{ it.client_id }}\n{% endfor %}";
        let printed = template(each).expect("formats");
        assert_eq!(printed, "Sync=a1\nBad<U+001B>]52;c;QQ<U+0007>=b2\n");
        let misspelt = template("{{ data[0].nme.x }}").expect_err("no such member").to_string();
        assert!(misspelt.contains("Could not apply the template"), "{misspelt}");
        let wrong = template("{% for %}").expect_err("no template").to_string();
        assert!(wrong.starts_with("Invalid template"), "{wrong}");
    }
}
