//! Validation of drafts.

use super::{
    super::{grants, text, urls},
    ClientDraft, Draft, Field, FieldProblem, FieldValue, NAME_LIMIT, TokenDraft, URLS_PER_LIST,
};

pub(super) fn check_name(draft: &Draft, found: &mut Vec<FieldProblem>) {
    let name = draft.name();
    let problem = if name.trim().is_empty() {
        match draft {
            Draft::Token(_) if name.is_empty() => return, // the provider chooses the name
            _ => "is required",
        }
    } else if name.trim() != name {
        "must not start or end with a space"
    } else if name.chars().count() > NAME_LIMIT {
        "is longer than 100 characters"
    } else if name.contains(['<', '>']) {
        "must not contain < or >"
    } else if name.chars().any(char::is_control) {
        "must not contain control characters"
    } else if name.starts_with(text::is_deceptive) {
        "must start with a visible character"
    } else {
        return;
    };
    found.push(FieldProblem::of(Field::Name, problem));
}

/// Returns the violations for a provider without strict rules: control characters and duplicate
/// list entries.
pub(super) fn check_open(draft: &Draft) -> Vec<FieldProblem> {
    let mut found = Vec::new();
    for (field, value) in draft.values() {
        match value {
            FieldValue::Line(text) if text.chars().any(char::is_control) => {
                found.push(FieldProblem::of(field, "must not contain control characters"));
            }
            FieldValue::Lines(list) => {
                let check = |text: &str| {
                    if text.chars().any(char::is_control) {
                        Err("must not contain control characters")
                    } else {
                        Ok(())
                    }
                };
                check_each(field, &list, check, &mut found);
            }
            FieldValue::Line(_) | FieldValue::Switch(_) => {}
        }
    }
    found
}

pub(super) fn check_spa(spa: &ClientDraft, found: &mut Vec<FieldProblem>) {
    if spa.login_url.is_empty() {
        if spa.use_default_urls {
            found.push(FieldProblem::of(Field::LoginUrl, "is required while default URLs are on"));
        }
    } else if let Err(text) = urls::check_login(&spa.login_url) {
        found.push(FieldProblem::of(Field::LoginUrl, text));
    }
    if spa.use_default_urls {
        return;
    }
    if spa.callbacks.is_empty() {
        found.push(FieldProblem::of(
            Field::Callbacks,
            "require at least one entry while default URLs are off",
        ));
    }
    for (field, list) in [
        (Field::Callbacks, &spa.callbacks),
        (Field::LogoutUrls, &spa.logout_urls),
        (Field::WebOrigins, &spa.web_origins),
        (Field::AllowedOrigins, &spa.allowed_origins),
    ] {
        check_count(field, list, found);
    }
    check_each(Field::Callbacks, &spa.callbacks, urls::check_redirect, found);
    check_each(Field::LogoutUrls, &spa.logout_urls, urls::check_redirect, found);
    check_each(Field::WebOrigins, &spa.web_origins, |url| urls::check_origin(url, false), found);
    check_each(
        Field::AllowedOrigins,
        &spa.allowed_origins,
        |url| urls::check_origin(url, true),
        found,
    );
}

pub(super) fn check_token(token: &TokenDraft, found: &mut Vec<FieldProblem>) {
    if let Err(text) = grants::check_apis(&token.apis) {
        found.push(FieldProblem::of(Field::Apis, text));
    }
    if token.grants.is_empty() {
        found.push(FieldProblem::of(Field::Grants, "require at least one entry"));
    }
    for (entry, (connection, source)) in token.grants.iter().enumerate() {
        if let Err(text) = grants::check_connection(connection) {
            found.push(FieldProblem::at(Field::Grants, entry, text));
        } else if let Err(text) = grants::check_source(source) {
            found.push(FieldProblem::at(Field::Grants, entry, text));
        }
    }
    check_count(Field::Referers, &token.referers, found);
    check_each(Field::Referers, &token.referers, grants::check_referer, found);
}

/// Checks the contract's limit for one URL list. Other providers have a different limit or no
/// limit.
fn check_count(field: Field, list: &[String], found: &mut Vec<FieldProblem>) {
    if list.len() > URLS_PER_LIST {
        found.push(FieldProblem::of(field, "has more than 100 entries"));
    }
}

fn check_each(
    field: Field,
    list: &[String],
    check: impl Fn(&str) -> Result<(), &'static str>,
    found: &mut Vec<FieldProblem>,
) {
    for (entry, text) in list.iter().enumerate() {
        if let Err(problem) = check(text) {
            found.push(FieldProblem::at(field, entry, problem));
        } else if list[..entry].contains(text) {
            found.push(FieldProblem::at(field, entry, "is listed twice"));
        }
    }
}
