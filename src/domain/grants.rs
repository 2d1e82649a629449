//! Validation of the APIs, sources and pages of an API access token.
//!
//! The rules follow CARTO's documentation of its Tokens API. A wildcard applies to one
//! dot-separated segment, a single `*` means the whole connection, queries are compared as text,
//! and `imports` cannot be combined with other APIs.

/// APIs that a token can be limited to.
pub const APIS: [&str; 5] = ["sql", "maps", "imports", "lds", "mcp"];

/// API that can write, so a token cannot combine it with another API.
pub const EXCLUSIVE_API: &str = "imports";

/// Checks the APIs of a token.
///
/// # Errors
/// Returns an error if the list is empty, has an unknown API, or combines `imports` with another
/// API. The error text follows the label of the field.
pub fn check_apis<S: AsRef<str>>(apis: &[S]) -> Result<(), &'static str> {
    if apis.is_empty() {
        return Err("require at least one");
    }
    if apis.iter().any(|api| !APIS.contains(&api.as_ref())) {
        return Err("has an unknown API: use sql, maps, imports, lds or mcp");
    }
    if apis.len() > 1 && apis.iter().any(|api| api.as_ref() == EXCLUSIVE_API) {
        return Err("must not combine imports, which can write, with another API");
    }
    Ok(())
}

/// Checks one grant's source.
///
/// # Errors
/// Returns an error if the source is empty, has an empty segment, or has a wildcard in its first
/// two segments. The source `*` and queries are always valid. The error text follows the label of
/// the field.
pub fn check_source(source: &str) -> Result<(), &'static str> {
    let source = source.trim();
    if source.is_empty() {
        return Err("must be a table, a pattern, a query, or * for the whole connection");
    }
    if source == "*" || source.contains(char::is_whitespace) {
        return Ok(()); // the whole connection, or a query that is compared as text
    }
    let segments: Vec<&str> = source.split('.').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err("has an empty segment");
    }
    if segments.iter().all(|segment| *segment == "*") {
        return Err("must be a single * for the whole connection");
    }
    if let Some(first) = segments.iter().position(|segment| segment.contains('*'))
        && first < 2
    {
        return Err("requires two plain segments before a wildcard, such as project.dataset.*");
    }
    Ok(())
}

/// Checks a connection's name.
///
/// # Errors
/// Returns an error if the name is empty, or contains white space or control characters. The error
/// text follows the label of the field.
pub fn check_connection(name: &str) -> Result<(), &'static str> {
    if name.trim().is_empty() {
        return Err("must have a connection");
    }
    if name.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("must not contain spaces");
    }
    Ok(())
}

/// Checks one referer pattern: an http(s) URL with `*` and `?` as wildcards.
///
/// # Errors
/// Returns an error if the pattern is `*`, is not an http(s) URL, or contains white space or
/// control characters. The error text follows the label of the field.
pub fn check_referer(pattern: &str) -> Result<(), &'static str> {
    if pattern == "*" {
        return Err("must not be *: leave the list empty to allow every page");
    }
    if !pattern.starts_with("https://") && !pattern.starts_with("http://") {
        return Err("must start with https:// or http://");
    }
    if pattern.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("must not contain spaces");
    }
    Ok(())
}

/// Returns a hint for a valid referer without wildcards that browsers rarely send; `None` for any
/// other referer. By default, a browser sends the origin and a slash (W3C Referrer Policy).
#[must_use]
pub fn referer_hint(pattern: &str) -> Option<&'static str> {
    if pattern.contains(['*', '?']) || check_referer(pattern).is_err() {
        return None;
    }
    let path = pattern.split_once("://").and_then(|(_, rest)| Some(&rest[rest.find('/')?..]));
    match path {
        None => Some("needs a slash at the end: browsers send the origin and a slash"),
        Some("/") => None,
        Some(_) => Some("matches this page only, but browsers send only the origin and a slash"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_stands_alone() {
        assert_eq!(check_apis(&["sql", "maps"]), Ok(()));
        assert_eq!(check_apis(&["imports"]), Ok(()));
        assert!(check_apis(&["imports", "sql"]).is_err());
        assert!(check_apis::<&str>(&[]).is_err());
        assert!(check_apis(&["ftp"]).is_err());
    }

    #[test]
    fn sources() {
        for good in [
            "*",
            "project.dataset.table",
            "project.dataset.*",
            "project.dataset.2024_*",
            "SELECT * FROM project.dataset.table",
        ] {
            assert_eq!(check_source(good), Ok(()), "{good}");
        }
        for bad in ["", "*.*", "project.*", "project..table", "*.dataset.table"] {
            assert!(check_source(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn referers() {
        assert_eq!(check_referer("https://acme.dev/*"), Ok(()));
        assert!(check_referer("acme.dev").is_err());
        assert!(check_referer("*").is_err());
        for unusual in ["http://localhost:5173", "https://acme.dev/map"] {
            assert!(referer_hint(unusual).is_some(), "{unusual}");
        }
        for usual in ["http://localhost:5173/", "https://acme.dev/*", "acme.dev"] {
            assert!(referer_hint(usual).is_none(), "{usual}");
        }
    }
}
