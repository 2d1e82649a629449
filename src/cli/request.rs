//! `credenza api`: sends one request to the profile's API, with the profile's session.

use std::{io::Read as _, path::PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use reqwest::Method;
use serde_json::{Map, Value};

use super::{
    ConsoleArgs, Exit, InvalidValue, Printed,
    api_session::{ApiArgs, refused},
    json_output::JsonArgs,
    write::with_api,
};
use crate::{
    api::http::{Body, Call},
    domain::{export, text},
};

/// Maximum size of a request body from a file or standard input, in bytes.
const BODY_LIMIT: u64 = 16 * 1024 * 1024;

/// Request to send, and the parts of the response to print.
#[derive(Debug, Clone, Args)]
pub struct RequestArgs {
    /// HTTP method: GET, HEAD, POST, PUT, PATCH or DELETE
    #[arg(value_parser = method)]
    pub method: Method,
    /// Path and query, relative to the base URL, or to the server's root if it starts with a slash
    pub path: String,
    /// Member of the JSON body: NAME=TEXT or NAME:=JSON; repeatable
    #[arg(long = "field", short = 'f', value_name = "NAME=VALUE", conflicts_with = "input")]
    pub fields: Vec<String>,
    /// File with the JSON body, or - for standard input
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
    /// Selection of parts of the JSON output.
    #[command(flatten)]
    pub json: JsonArgs,
    /// Name of the profile, required for a write if it is production or read-only
    #[arg(long, value_name = "PROFILE")]
    pub unlock: Option<String>,
}

fn method(word: &str) -> Result<Method, InvalidValue> {
    let known =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    known
        .into_iter()
        .find(|method| method.as_str().eq_ignore_ascii_case(word))
        .ok_or(InvalidValue("use GET, HEAD, POST, PUT, PATCH or DELETE"))
}

/// Sends a request and returns the response, which may contain secrets.
///
/// # Errors
/// Returns an error if an argument or the body is invalid, if a production or read-only profile is
/// not unlocked for a write, if the request fails, or if a selection is given and the response is
/// not JSON.
pub fn run(console: &ConsoleArgs, args: &RequestArgs) -> Result<Printed> {
    let selection = args.json.selection()?;
    let body = body(args)?;
    let reads = matches!(args.method, Method::GET | Method::HEAD);
    let api = ApiArgs { creates: !reads, ..args.api.clone() };
    with_api(console, &api, async |session| {
        if !reads {
            session.writer(args.unlock.as_deref())?;
        }
        let url = below(&session.profile.base_url, &args.path)?;
        let call = Call { url: Some(&url), body, any_type: true, ..Call::default() };
        let what = format!("{} {} failed", args.method, text::shown(&args.path));
        let reply = session.http()?.call(args.method.clone(), call).await;
        let reply = reply.map_err(|error| refused(&error, &what))?;
        let value = serde_json::from_slice::<Value>(&reply.body);
        Ok(Printed::fine(match (value, &selection) {
            (Ok(value), Some(selection)) => selection.apply(&value)?,
            (Ok(value), None) => export::json(&value, true) + "\n",
            (Err(_), None) => text::shown_lines(&String::from_utf8_lossy(&reply.body)),
            (Err(_), Some(_)) => return Err(eyre!("The response is not JSON")),
        }))
    })
}

/// Returns the URL of a path below the base URL. Rejects a path whose dot segments leave the base
/// URL. URLs, and paths that start with a slash, are returned unchanged, because the HTTP call
/// resolves them, and rejects other origins.
fn below(base_url: &str, path: &str) -> Result<String> {
    let is_address = path.starts_with("http://") || path.starts_with("https://");
    if is_address || path.starts_with('/') {
        return Ok(path.to_owned());
    }
    let base = format!("{}/", base_url.trim_end_matches('/'));
    let whole = format!("{base}{path}");
    // Compare parsed URLs, because parsing resolves dot segments, even percent-encoded ones.
    let parsed = |text: &str| url::Url::parse(text).ok();
    match (parsed(&base), parsed(&whole)) {
        (Some(base), Some(url)) if url.path().starts_with(base.path()) => Ok(whole),
        _ => Err(Exit::usage(format!(
            "Invalid path {:?}: it is not below the base URL",
            text::shown(path)
        ))),
    }
}

fn body(args: &RequestArgs) -> Result<Body> {
    if let Some(file) = &args.input {
        let shown = file.display();
        let mut bytes = Vec::new();
        let read = if file.as_os_str() == "-" {
            std::io::stdin().lock().take(BODY_LIMIT + 1).read_to_end(&mut bytes)
        } else {
            std::fs::File::open(file).and_then(|it| it.take(BODY_LIMIT + 1).read_to_end(&mut bytes))
        };
        read.wrap_err_with(|| format!("Could not read {shown}"))?;
        if bytes.len() as u64 > BODY_LIMIT {
            return Err(Exit::usage(format!("{shown} is larger than 16 MiB")));
        }
        let value = serde_json::from_slice(&bytes)
            .map_err(|error| Exit::usage(format!("{shown} is not JSON: {error}")))?;
        return Ok(Body::Json(value));
    }
    if args.fields.is_empty() {
        return Ok(Body::Empty);
    }
    let mut members = Map::new();
    for field in &args.fields {
        let (name, value) = field.split_once('=').ok_or_else(|| {
            Exit::usage(format!("Invalid field {field:?}: use NAME=VALUE or NAME:=JSON"))
        })?;
        let (name, value) = match name.strip_suffix(':') {
            None => (name, Value::from(value)),
            Some(name) => {
                let value = serde_json::from_str(value).map_err(|error| {
                    Exit::usage(format!("The value after := in {field:?} is not JSON: {error}"))
                })?;
                (name, value)
            }
        };
        members.insert(name.to_owned(), value);
    }
    Ok(Body::Json(Value::Object(members)))
}
