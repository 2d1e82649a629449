//! authentik: OAuth2 providers in blueprints (<https://docs.goauthentik.io/customize/blueprints/>).

use serde_json::{Map, Value, json};

use super::{ClientNode, MemberPath, Node};
use crate::domain::{Client, audit::Fact, profile::Provider, text::is_placeholder};

const MODEL: &str = "authentik_providers_oauth2.oauth2provider";

pub(super) fn find(root: Node<'_>) -> Option<Vec<ClientNode<'_>>> {
    let is = |entry: &Node<'_>, name: &str, text: &str| {
        entry.get(name).and_then(Node::text).as_deref() == Some(text)
    };
    // The state `absent` deletes the provider.
    let is_provider = |entry: &Node<'_>| is(entry, "model", MODEL) && !is(entry, "state", "absent");
    let providers = root.get("entries")?.entries().into_iter().filter(is_provider);
    let of = |node| ClientNode {
        convert: of_entry,
        complete: Some(complete),
        has_login_url: false,
        vendor: Some("authentik"),
        entry_text: redirect_text,
        ..ClientNode::new(node, Provider::Registration, paths)
    };
    let found: Vec<ClientNode<'_>> = providers.map(of).collect();
    (!found.is_empty()).then_some(found)
}

/// Returns the URL of an object in `redirect_uris`, the format since version 2024.12. Returns
/// `None` for a logout URL or a missing URL, and the result of [`matching`] for a regular
/// expression.
fn redirect(entry: &Value) -> Option<String> {
    let url = entry.get("url").and_then(Value::as_str)?;
    if entry.get("redirect_uri_type").and_then(Value::as_str) == Some("logout") {
        return None;
    }
    let regex = entry.get("matching_mode").and_then(Value::as_str) == Some("regex");
    Some(if regex { matching(url) } else { url.to_owned() })
}

fn redirect_text(entry: Node<'_>) -> Option<String> {
    entry.text().or_else(|| redirect(&entry.value()))
}

/// Converts a regular expression to a redirect URI: `*` if the expression matches every host, a
/// placeholder if it has special characters, and otherwise the text itself. Even a dot is special,
/// because it matches any character.
fn matching(regex: &str) -> String {
    let inner = regex.trim_start_matches('^').trim_end_matches('$');
    let schemes = ["https?://", "https://", "http://", ""];
    let rest = schemes.into_iter().find_map(|scheme| inner.strip_prefix(scheme));
    if matches!(rest, Some("*" | ".*" | ".+" | "(.*)" | "(.+)")) {
        return "*".to_owned();
    }
    let special = |c: char| r"\.^$|?*+()[]{}".contains(c);
    if inner.contains(special) { "${regex}".to_owned() } else { inner.to_owned() }
}

fn of_entry(entry: &mut Map<String, Value>) {
    let part = |name: &str| entry.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut client = part("identifiers");
    client.extend(part("attrs"));
    let text = |name: &str| client.get(name).and_then(Value::as_str);
    let name = text("name").unwrap_or("(no name)");
    let redirects: Vec<String> = match client.get("redirect_uris") {
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|it| it.as_str().map(str::to_owned).or_else(|| redirect(it)))
            .collect(),
        // Before 2024.12, the value is a string with one regular expression per line.
        Some(Value::String(lines)) => lines.lines().map(|line| matching(line.trim())).collect(),
        _ => vec!["${default}".to_owned()],
    };
    let public = text("client_type") == Some("public");
    let mut read = Map::new();
    read.insert("client_id".into(), json!(text("client_id").unwrap_or(name)));
    read.insert("client_name".into(), json!(name));
    read.insert("redirect_uris".into(), json!(redirects));
    if let Some(grants) = client.get("grant_types") {
        read.insert("grant_types".into(), grants.clone());
    }
    if !text("client_type").is_some_and(is_placeholder) {
        let method = if public { "none" } else { "client_secret_basic" };
        read.insert("token_endpoint_auth_method".into(), json!(method));
    }
    if let Some(secret) = text("client_secret") {
        read.insert("client_secret".into(), json!(secret));
    }
    *entry = read;
}

fn complete(entry: &Map<String, Value>, client: &mut Client) {
    let validity = entry.get("attrs").and_then(|attrs| attrs.get("access_token_validity"));
    if let Some(posture) = client.posture.as_mut() {
        posture.token_lifetime = validity.and_then(Value::as_str).and_then(seconds);
    }
}

/// Converts a duration such as `hours=1;minutes=30` to seconds; `None` if the text is invalid or
/// has an unknown unit.
fn seconds(validity: &str) -> Option<u64> {
    validity.split([';', ',']).map(str::trim).filter(|part| !part.is_empty()).try_fold(
        0,
        |sum, part| {
            let (unit, count) = part.split_once('=')?;
            let unit = match unit.trim() {
                "seconds" => 1,
                "minutes" => 60,
                "hours" => 3_600,
                "days" => 86_400,
                "weeks" => 604_800,
                _ => return None,
            };
            count.trim().parse::<u64>().ok()?.checked_mul(unit)?.checked_add(sum)
        },
    )
}

fn paths(fact: Fact, _: Option<&str>) -> MemberPath {
    match fact {
        Fact::Callbacks => &["attrs", "redirect_uris"],
        Fact::GrantTypes => &["attrs", "grant_types"],
        Fact::AuthMethod => &["attrs", "client_type"],
        Fact::TokenLifetime => &["attrs", "access_token_validity"],
        Fact::StoredSecret => &["attrs", "client_secret"],
        _ => &["attrs", "client_id"],
    }
}

#[cfg(test)]
mod tests {
    use super::{matching, seconds};

    #[test]
    fn a_validity_is_a_sum_of_units() {
        assert_eq!(seconds("hours=1;minutes=30"), Some(5_400));
        assert_eq!(seconds("minutes=10"), Some(600));
        assert_eq!(seconds("fortnights=1"), None);
    }

    #[test]
    fn a_regular_expression_is_unknown_unless_it_matches_everything() {
        assert_eq!(matching(".*"), "*");
        assert_eq!(matching("^https?://.*$"), "*");
        assert_eq!(matching("https://app.acme.dev/cb"), "${regex}");
        assert_eq!(matching("app://callback"), "app://callback");
        assert_eq!(matching(r"https://.*\.acme\.dev/cb"), "${regex}");
    }
}
