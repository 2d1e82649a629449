//! Browser pages for sign-in and consent: plain HTML without scripts. Inserted values are escaped.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};

use crate::domain::text;

/// Returns a page with security headers. `content` is HTML and is not escaped here. `form_to` is an
/// additional `form-action` source, because browsers also apply the Content Security Policy to the
/// redirect after a form submission.
pub(crate) fn page(
    status: StatusCode,
    title: &str,
    content: &str,
    form_to: Option<&str>,
) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Credenza</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n{content}\n</main>\n</body>\n</html>\n",
        title = escaped(title),
    );
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self' {}",
        form_to.unwrap_or_default()
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    response
}

/// Returns an error page, for an error that cannot be reported to a redirect URI.
pub(crate) fn failure(status: StatusCode, what: &str, next: &str) -> Response {
    let content = format!("<p class=\"bad\">{}</p>\n<p>{}</p>", escaped(what), escaped(next));
    page(status, "Sign-in failed", &content, None)
}

/// Returns the sign-in page; `name` prefills the user name, and `problem` is an error to show.
pub(crate) fn login(
    status: StatusCode,
    request: &str,
    csrf: &str,
    client: &str,
    name: &str,
    problem: Option<&str>,
) -> Response {
    let problem =
        problem.map(|text| format!("<p class=\"bad\" role=\"alert\">{}</p>\n", escaped(text)));
    let content = format!(
        "<p>to continue to <strong>{client}</strong></p>\n{problem}\
         <form method=\"post\" action=\"login\">\n{hidden}\
         <label>User <input name=\"username\" autocomplete=\"username\" value=\"{name}\" required{first}></label>\n\
         <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required{second}></label>\n\
         <button type=\"submit\">Log in</button>\n</form>",
        client = escaped(client),
        problem = problem.unwrap_or_default(),
        hidden = hidden(request, csrf),
        name = escaped(name),
        first = if name.is_empty() { " autofocus" } else { "" },
        second = if name.is_empty() { "" } else { " autofocus" },
    );
    page(status, "Log in", &content, None)
}

/// Returns the consent page. `about` is HTML and is not escaped here.
pub(crate) fn consent(
    request: &str,
    csrf: &str,
    client: &str,
    user: &str,
    scopes: &[String],
    about: &str,
    form_to: Option<&str>,
) -> Response {
    use std::fmt::Write as _;
    let list = scopes.iter().fold(String::new(), |mut out, scope| {
        let _ = write!(out, "<li>{}</li>", escaped(scope));
        out
    });
    let content = format!(
        "<p><strong>{client}</strong> requests access on behalf of <strong>{user}</strong>:</p>\n<ul>{list}</ul>\n{about}\n\
         <form method=\"post\" action=\"consent\">\n{hidden}\
         <button type=\"submit\" name=\"decision\" value=\"approve\">Allow</button>\n\
         <button type=\"submit\" name=\"decision\" value=\"deny\" class=\"quiet\">Deny</button>\n</form>",
        client = escaped(client),
        user = escaped(user),
        hidden = hidden(request, csrf),
    );
    page(StatusCode::OK, "Allow access?", &content, form_to)
}

/// Returns the page on which a user enters the code of a device (RFC 8628 section 3.3). `user_code`
/// prefills the field, and `problem` is an error to show.
pub(crate) fn device(user_code: &str, problem: Option<&str>) -> Response {
    let problem =
        problem.map(|text| format!("<p class=\"bad\" role=\"alert\">{}</p>\n", escaped(text)));
    let content = format!(
        "<p>Type the code that your terminal shows.</p>\n{}\
         <form method=\"get\" action=\"device\">\n\
         <label>Code <input name=\"user_code\" value=\"{}\" autocomplete=\"off\" autocapitalize=\"characters\" required autofocus></label>\n\
         <button type=\"submit\">Continue</button>\n</form>",
        problem.unwrap_or_default(),
        escaped(user_code),
    );
    page(StatusCode::OK, "Sign in another device", &content, None)
}

/// Returns the final page of a device sign-in.
pub(crate) fn device_done(approved: bool) -> Response {
    let (title, text) = if approved {
        ("Success", "Your terminal continues automatically. You can close this page.")
    } else {
        ("Denied", "Access was denied. You can close this page.")
    };
    page(StatusCode::OK, title, &format!("<p>{text}</p>"), None)
}

fn hidden(request: &str, csrf: &str) -> String {
    format!(
        "<input type=\"hidden\" name=\"request\" value=\"{}\">\n<input type=\"hidden\" name=\"csrf\" value=\"{}\">\n",
        escaped(request),
        escaped(csrf)
    )
}

/// Escapes text for HTML, and shows invisible characters as code points.
pub(crate) fn escaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in text::shown(raw).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#fff;color:#111}\
main{max-width:26rem;margin:10vh auto;padding:0 1.5rem}h1{font-size:1.4rem}\
label{display:block;margin:1rem 0}input{display:block;width:100%;box-sizing:border-box;font:inherit;\
padding:.5rem;border:1px solid #767676;border-radius:.3rem}\
button{font:inherit;padding:.5rem 1.2rem;margin:.5rem .5rem 0 0;border:1px solid #111;border-radius:.3rem;\
background:#111;color:#fff}button.quiet{background:#fff;color:#111}.bad{color:#a00;font-weight:600}\
@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}button{background:#eee;color:#111;\
border-color:#eee}button.quiet{background:#161616;color:#eee}.bad{color:#f88}input{background:#222;color:#eee}}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_become_markup() {
        assert_eq!(escaped("<script>\"'&\u{202e}"), "&lt;script&gt;&quot;&#39;&amp;&lt;U+202E&gt;");
    }
}
