//! Errors of API calls, with their causes and advice for the user.

use crate::domain::{FieldProblem, Untrusted, draft::Field};

/// Failure of an API call. It contains only the error members of a response body, because other
/// members could contain a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// The connection failed before the request was sent.
    Unreachable {
        /// Origin (scheme, host and port) of the server.
        origin: String,
        /// Error text of the operating system or the HTTP library.
        why: Untrusted,
    },
    /// The TLS certificate of the server was rejected. Nothing was sent.
    Untrusted {
        /// Origin (scheme, host and port) of the server.
        origin: String,
        /// Error text of the TLS library.
        why: Untrusted,
    },
    /// The user is not signed in.
    SignedOut {
        /// Reason, as a sentence.
        why: String,
    },
    /// The session store did not respond; the sign-in state is unknown.
    SessionUnknown {
        /// Error text of the store, as a sentence.
        why: String,
    },
    /// The connection closed before the response was complete.
    Broken {
        /// Error text of the operating system, the HTTP library or the provider module.
        why: Untrusted,
    },
    /// A write succeeded, but its result could not be read.
    Unread {
        /// Reason of the failed read, as a sentence.
        why: String,
    },
    /// The response was not complete within the time limit.
    TimedOut {
        /// Time limit, in seconds.
        seconds: u64,
    },
    /// The server rejected the token, or a token is missing (usually status 401).
    Unauthorized {
        /// Error text of the server.
        said: Untrusted,
    },
    /// Status 403, or an action that the provider does not support.
    Forbidden {
        /// Error text of the server or of the provider module.
        said: Untrusted,
    },
    /// Status 403 with the code `plan_required`: the feature is not in the plan.
    PlanRequired {
        /// Plan that includes the feature.
        plan: Untrusted,
    },
    /// Status 404, or the credential is not in the list.
    NotFound {
        /// Error text of the server or of the provider module.
        said: Untrusted,
    },
    /// Status 409: conflict with an existing credential.
    Conflict {
        /// Error text of the server or of the provider module.
        said: Untrusted,
        /// Fields that the error refers to.
        problems: Vec<FieldProblem>,
    },
    /// Status 412, or a version mismatch: the credential has changed since it was read.
    Changed,
    /// Status 400 or 422, or input that the provider module rejects.
    Invalid {
        /// Error text of the server or of the provider module.
        said: Untrusted,
        /// Errors of individual fields.
        problems: Vec<FieldProblem>,
    },
    /// Status 429: rate limited.
    Limited {
        /// Time to wait before a retry, in seconds.
        seconds: u64,
    },
    /// Status 5xx, or any other unexpected status.
    Server {
        /// HTTP status code.
        status: u16,
        /// Error text of the server.
        said: Untrusted,
        /// Request ID, for a report to the operator of the server.
        request_id: Option<Untrusted>,
    },
    /// The response does not match the expected format.
    Malformed {
        /// Defect of the response, without its content.
        why: String,
    },
    /// The response is not JSON, for example a web page.
    NotJson {
        /// Media type of the response.
        media_type: Untrusted,
    },
    /// The response exceeds the size limit and was not read completely.
    TooLarge {
        /// Size limit, in MiB.
        limit: u64,
    },
    /// The server responded with a redirect, or returned a URL on another origin.
    Redirected {
        /// Target of the redirect, or the URL on another origin.
        to: Untrusted,
    },
    /// The authorization server returned an error (RFC 6749 sections 4.1.2.1 and 5.2).
    Refused {
        /// Error code, for example `invalid_client`.
        error: Untrusted,
        /// Error text of the server.
        said: Untrusted,
    },
    /// A write failed and its outcome is unknown, even after a check on the server.
    Uncertain {
        /// Error of the write request.
        cause: Box<ApiError>,
        /// Result of the check, as a sentence without its full stop.
        seen: String,
    },
    /// The API or its issuer cannot be used as configured in the profile.
    Unusable {
        /// Reason, and advice if any, without a final full stop.
        why: String,
    },
    /// Failure on this machine: a file, a port, another program or invalid input.
    Local {
        /// Reason, as a sentence.
        why: String,
        /// Advice, as a sentence.
        next: &'static str,
    },
}

/// Error message for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Operation that failed, without a full stop, for example "Could not load the list".
    pub what: String,
    /// Cause, as a sentence.
    pub why: String,
    /// Advice, as a sentence.
    pub next: String,
}

impl Explanation {
    /// Returns `what`, `why` and `next`, one per line, for copying and printing.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}", self.what, self.why, self.next)
    }
}

impl ApiError {
    /// Assigns a validation error to the field of the first entry in `words` whose keyword occurs
    /// in the server's message. Keywords must be in lower case. Other errors, and errors that
    /// already have field errors, are unchanged.
    #[must_use]
    pub(super) fn at_field(self, words: &[(&str, Field)]) -> Self {
        match self {
            Self::Invalid { said, problems } if problems.is_empty() => {
                let text = said.raw().to_ascii_lowercase();
                let found = words.iter().find(|(word, _)| text.contains(word));
                let problem = found.map(|(_, field)| FieldProblem::of(*field, said.clipped(160)));
                Self::Invalid { said, problems: problem.into_iter().collect() }
            }
            other => other,
        }
    }

    /// Returns true if the session is missing, or the server rejected the token.
    #[must_use]
    pub const fn is_signed_out(&self) -> bool {
        matches!(self, Self::Unauthorized { .. } | Self::SignedOut { .. })
    }

    /// Returns true if the server may have executed the request although the call failed.
    #[must_use]
    pub const fn is_uncertain(&self) -> bool {
        matches!(
            self,
            Self::Broken { .. }
                | Self::Unread { .. }
                | Self::TimedOut { .. }
                | Self::Malformed { .. }
                | Self::NotJson { .. }
                | Self::TooLarge { .. }
                | Self::Uncertain { .. }
                // A server or gateway can return these statuses after it executed the request.
                | Self::Server { status: 500 | 502 | 504, .. }
        )
    }

    /// Returns the errors of individual fields; empty for errors without this information.
    #[must_use]
    pub fn problems(&self) -> &[FieldProblem] {
        match self {
            Self::Invalid { problems, .. } | Self::Conflict { problems, .. } => problems,
            _ => &[],
        }
    }

    /// Explains the error for the console. `what` is the failed operation, for example "Could not
    /// load the list".
    #[must_use]
    pub fn explain(&self, what: &str) -> Explanation {
        let (why, next) = self.reason();
        Explanation { what: what.to_owned(), why, next: next.to_owned() }
    }

    /// Explains the error for a command, with commands instead of keys in the advice.
    #[must_use]
    pub fn explain_for_command(&self, what: &str) -> Explanation {
        let next = match self {
            Self::SignedOut { .. } => "Sign in: credenza login.",
            Self::Unauthorized { .. } => {
                "Sign in again: credenza login. If the token is from CREDENZA_TOKEN, set a new one."
            }
            _ => return self.explain(what),
        };
        Explanation { next: next.to_owned(), ..self.explain(what) }
    }

    /// Returns the cause as a sentence. For [`Self::Local`], the advice follows, because the cause
    /// alone does not help.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Local { why, next } => format!("{why} {next}"),
            _ => self.reason().0,
        }
    }

    fn reason(&self) -> (String, &'static str) {
        match self {
            Self::Unreachable { origin, why } => (
                format!("Could not reach {origin}: {}.", why.shown()),
                "Check the address, the network and the proxy settings, then try again.",
            ),
            Self::Untrusted { origin, why } => (
                format!("The certificate of {origin} was rejected: {}.", why.shown()),
                match why.raw() {
                    text if text.contains("expired") || text.contains("not valid yet") => {
                        "Check this machine's clock. If it is right, the server needs a new certificate."
                    }
                    text if text.contains("not valid for name") => {
                        "The certificate is for another host name. Check the base URL."
                    }
                    text if text.contains("CA certificate") => {
                        "Use a server certificate that the CA signed, or a self-signed one without CA:TRUE, set as ca_file (openssl req -x509 -addext basicConstraints=critical,CA:FALSE)."
                    }
                    _ => {
                        "If your organization has its own CA, set its certificate as the profile's ca_file. Verification cannot be disabled."
                    }
                },
            ),
            Self::SignedOut { why } => (why.clone(), "In a list, press L i to sign in."),
            Self::SessionUnknown { why } => (
                why.clone(),
                "Try again in a moment. Run credenza doctor to see which store is slow.",
            ),
            Self::Broken { why } => (
                format!("The connection closed before the response was complete: {}.", why.shown()),
                "Check the current state before you repeat a change.",
            ),
            Self::Unread { why } => (
                format!("The change was made, but its result could not be read: {why}"),
                "Check the current state before you repeat the change.",
            ),
            Self::TimedOut { seconds } => (
                format!("The server did not respond within {seconds} seconds."),
                "Check the current state before you repeat a change.",
            ),
            Self::Unauthorized { said } => (
                format!("The server rejected the bearer token: {}.", sentence(said)),
                "In a list, press L i to sign in again. If the token is from CREDENZA_TOKEN, quit and set a new one.",
            ),
            Self::Forbidden { said } => (
                format!("Permission denied: {}.", sentence(said)),
                "Ask an administrator for the role, or sign in with another account.",
            ),
            Self::PlanRequired { plan } => (
                format!("Your plan does not include this feature. It requires {}.", plan.shown()),
                "Ask your organization's administrator about the plan.",
            ),
            Self::NotFound { said } => (
                format!("Not found: {}.", sentence(said)),
                "It may have been deleted. If everything is missing, check the base URL.",
            ),
            Self::Conflict { said, .. } => (
                format!("Conflict with an existing credential: {}.", sentence(said)),
                "Check the existing entries, then try again with another value.",
            ),
            Self::Changed => (
                "The credential has changed since it was read.".to_owned(),
                "Check the new version, then repeat the change.",
            ),
            Self::Invalid { said, .. } => (
                format!("The server rejected the request: {}.", sentence(said)),
                "Correct the value, then try again.",
            ),
            Self::Limited { seconds } => {
                (format!("Rate limited: retry after {seconds} s."), "Wait, then try again.")
            }
            Self::Server { status, said, request_id } => {
                let id = request_id
                    .as_ref()
                    .map(|id| format!(" (request {})", id.shown()))
                    .unwrap_or_default();
                (
                    format!("The server failed with status {status}: {}{id}.", sentence(said)),
                    "Try again in a moment. If the error persists, report it with the request ID.",
                )
            }
            Self::Malformed { why } => (
                format!("Unexpected response: {why}."),
                "Check that the base URL is that of a credentials API, and that no proxy changes its responses.",
            ),
            Self::NotJson { media_type } => (
                format!("The response is {} instead of JSON.", media_type.shown()),
                "Check the base URL: the response may come from a web page, a login portal or a proxy.",
            ),
            Self::TooLarge { limit } => (
                format!("The response is larger than {limit} MiB and was not read completely."),
                "Check that the base URL is that of a credentials API.",
            ),
            Self::Redirected { to } => (
                format!("The server redirects to {}.", to.shown()),
                "The token is only sent to the profile's origin. If the new address is right, use it as the base URL.",
            ),
            Self::Refused { error, said } => (
                format!("The authorization server reported {}: {}.", error.shown(), sentence(said)),
                if error.raw() == "access_denied" {
                    "Sign in again and grant access."
                } else {
                    "Check that the client still exists and that its secret was not rotated."
                },
            ),
            Self::Uncertain { cause, seen } => (
                format!("{} {seen}.", cause.explain("").why),
                "Check the current state before you repeat the change.",
            ),
            Self::Unusable { why } => (why.clone(), "Correct the configuration, then start again."),
            Self::Local { why, next } => (why.clone(), next),
        }
    }
}

/// Returns the server's text for use in a sentence: shortened to 300 characters, without final full
/// stops, or "no reason given" if it is empty.
fn sentence(said: &Untrusted) -> String {
    let text = said.clipped(300);
    if text.trim().is_empty() {
        "no reason given".to_owned()
    } else {
        text.trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_cannot_reach_the_terminal_raw() {
        let error = ApiError::Forbidden { said: "\u{1b}[2Jno.".into() };
        let explained = error.explain("Deleting failed");
        assert_eq!(explained.why, "Permission denied: <U+001B>[2Jno.");
    }

    #[test]
    fn only_lost_answers_are_uncertain() {
        assert!(ApiError::TimedOut { seconds: 10 }.is_uncertain());
        let failed = |status| ApiError::Server { status, said: "".into(), request_id: None };
        assert!(failed(500).is_uncertain() && failed(504).is_uncertain());
        assert!(!failed(503).is_uncertain() && !ApiError::Changed.is_uncertain());
        assert!(!ApiError::Unreachable { origin: String::new(), why: "".into() }.is_uncertain());
    }
}
