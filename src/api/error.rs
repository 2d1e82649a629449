//! Everything that can go wrong with a call, worded so that a person can act on it.

use crate::domain::{Problem, Untrusted, draft::Field};

/// Why a call failed. None of it holds the body of an answer, which could contain a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// No connection was made: nothing was sent.
    Unreachable {
        /// The server's origin.
        origin: String,
        /// What the system said.
        why: Untrusted,
    },
    /// TLS: the server's certificate is not accepted. Nothing was sent.
    Untrusted {
        /// The server's origin.
        origin: String,
        /// What the TLS library said.
        why: Untrusted,
    },
    /// Nobody is signed in.
    SignedOut {
        /// Why not, as a sentence.
        why: String,
    },
    /// The store that holds the session did not answer, so it is not known whether anybody is signed in.
    SessionUnknown {
        /// What the store said, as a sentence.
        why: String,
    },
    /// The connection ended before the answer was complete.
    Broken {
        /// What the system said.
        why: Untrusted,
    },
    /// No complete answer in time.
    TimedOut {
        /// How long was waited.
        seconds: u64,
    },
    /// 401.
    Unauthorized {
        /// What the server said.
        said: Untrusted,
    },
    /// 403.
    Forbidden {
        /// What the server said.
        said: Untrusted,
    },
    /// 403 because the plan does not include it.
    PlanRequired {
        /// The plan that does.
        plan: Untrusted,
    },
    /// 404.
    NotFound {
        /// What the server said.
        said: Untrusted,
    },
    /// 409.
    Conflict {
        /// What the server said.
        said: Untrusted,
        /// Which fields it is about.
        problems: Vec<Problem>,
    },
    /// 412: somebody else changed it.
    Changed,
    /// 400 or 422.
    Invalid {
        /// What the server said.
        said: Untrusted,
        /// What is wrong with which field.
        problems: Vec<Problem>,
    },
    /// 429.
    Limited {
        /// When to come back.
        seconds: u64,
    },
    /// 5xx, or a status that the contract does not know.
    Server {
        /// The status.
        status: u16,
        /// What the server said.
        said: Untrusted,
        /// The id of the request, for a report.
        request_id: Option<Untrusted>,
    },
    /// The answer is not what the contract says.
    Malformed {
        /// What is wrong with it, without its content.
        why: String,
    },
    /// The answer is a web page or something else that is not JSON.
    NotJson {
        /// The media type it came as.
        media_type: Untrusted,
    },
    /// The answer is larger than is read.
    TooLarge {
        /// The limit, in MiB.
        limit: u64,
    },
    /// The server sent the request elsewhere.
    Redirected {
        /// Where to.
        to: Untrusted,
    },
    /// The authorization server said no (RFC 6749 section 5.2).
    Refused {
        /// The standard's word.
        error: Untrusted,
        /// What it said.
        said: Untrusted,
    },
    /// A write that may have been carried out although its answer was lost, after a look at the server.
    Uncertain {
        /// How the request failed.
        cause: Box<ApiError>,
        /// What the look showed, as a sentence without its stop.
        seen: String,
    },
    /// The request could not be made at all.
    Unusable {
        /// Why not, and what to do.
        why: String,
    },
}

/// A failure for a person: what failed, why, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What failed.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do next.
    pub next: String,
}

impl Explanation {
    /// All three as one text, to be copied or printed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}", self.what, self.why, self.next)
    }
}

impl ApiError {
    /// A refusal of what was sent, pointed at the field of the first of these words, in lower case, that
    /// the server's sentence contains. What points at fields already stays as it is.
    #[must_use]
    pub(super) fn at_field(self, words: &[(&str, Field)]) -> Self {
        match self {
            Self::Invalid { said, problems } if problems.is_empty() => {
                let text = said.raw().to_ascii_lowercase();
                let found = words.iter().find(|(word, _)| text.contains(word));
                let problem = found.map(|(_, field)| Problem::of(*field, said.clipped(160)));
                Self::Invalid { said, problems: problem.into_iter().collect() }
            }
            other => other,
        }
    }

    /// True where a session is missing, or has ended.
    #[must_use]
    pub const fn is_signed_out(&self) -> bool {
        matches!(self, Self::Unauthorized { .. } | Self::SignedOut { .. })
    }

    /// Whether the request may have been carried out although it failed here.
    #[must_use]
    pub const fn is_uncertain(&self) -> bool {
        matches!(
            self,
            Self::Broken { .. }
                | Self::TimedOut { .. }
                | Self::Malformed { .. }
                | Self::NotJson { .. }
                | Self::TooLarge { .. }
                | Self::Uncertain { .. }
                // What failed inside the server, or behind a gateway, may have been done before.
                | Self::Server { status: 500 | 502 | 504, .. }
        )
    }

    /// What the server found wrong with which field.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Invalid { problems, .. } | Self::Conflict { problems, .. } => problems,
            _ => &[],
        }
    }

    /// Words the failure; `what` says what was tried, as in "The list could not be loaded".
    #[must_use]
    pub fn explain(&self, what: &str) -> Explanation {
        let (why, next) = self.reason();
        Explanation { what: what.to_owned(), why, next: next.to_owned() }
    }

    fn reason(&self) -> (String, &'static str) {
        match self {
            Self::Unreachable { origin, why } => (
                format!("{origin} cannot be reached: {}.", why.shown()),
                "Check the address, the network and a proxy if there is one, then try again.",
            ),
            Self::Untrusted { origin, why } => (
                format!("The certificate of {origin} is not accepted: {}.", why.shown()),
                match why.raw() {
                    text if text.contains("expired") || text.contains("not valid yet") => {
                        "Check this machine's clock; if it is right, the server needs a new certificate."
                    }
                    text if text.contains("not valid for name") => {
                        "The certificate is for another name: check the base URL."
                    }
                    text if text.contains("certificate of a CA") => {
                        "Give the server a certificate without CA:TRUE and name that in ca_file (openssl req -x509 \
                         -addext basicConstraints=critical,CA:FALSE), or one that the CA signed."
                    }
                    _ => {
                        "If your organisation has its own CA, name its certificate in the profile's ca_file. Checking cannot be turned off."
                    }
                },
            ),
            Self::SignedOut { why } => {
                (why.clone(), "Sign in: L i in the console, or credenza login.")
            }
            Self::SessionUnknown { why } => (
                why.clone(),
                "Try again in a moment. To see which store is slow, run credenza doctor.",
            ),
            Self::Broken { why } => (
                format!("The connection ended before the answer was complete: {}.", why.shown()),
                "Look at what is there before you repeat a change.",
            ),
            Self::TimedOut { seconds } => (
                format!("The server did not answer within {seconds} seconds."),
                "Look at what is there before you repeat a change.",
            ),
            Self::Unauthorized { said } => (
                format!("The server does not accept the bearer token: {}.", sentence(said)),
                "Sign in again: L i in the console, or credenza login. A token from CREDENZA_TOKEN has to be set anew.",
            ),
            Self::Forbidden { said } => (
                format!("The server does not allow it: {}.", sentence(said)),
                "Ask the owner or an administrator, or sign in as somebody who may.",
            ),
            Self::PlanRequired { plan } => (
                format!("Your plan does not include it: it needs {}.", plan.shown()),
                "Ask the administrator of your organisation about the plan.",
            ),
            Self::NotFound { said } => (
                format!("It is not there: {}.", sentence(said)),
                "It may have been deleted elsewhere. If everything is missing, check the base URL.",
            ),
            Self::Conflict { said, .. } => (
                format!("It conflicts with something that exists: {}.", sentence(said)),
                "Look at what is there already, then try again with something else.",
            ),
            Self::Changed => (
                "It was changed elsewhere in the meantime.".to_owned(),
                "Look at the new version, then repeat the change.",
            ),
            Self::Invalid { said, .. } => (
                format!("The server does not accept it: {}.", sentence(said)),
                "Correct it, then try again.",
            ),
            Self::Limited { seconds } => (
                format!("Too many requests: the server asks to wait {seconds} s."),
                "Wait, then try again.",
            ),
            Self::Server { status, said, request_id } => {
                let id = request_id
                    .as_ref()
                    .map(|id| format!(" (request {})", id.shown()))
                    .unwrap_or_default();
                (
                    format!("The server failed with status {status}: {}{id}.", sentence(said)),
                    "Try again in a moment; if it stays, report it with the request id.",
                )
            }
            Self::Malformed { why } => (
                format!("The answer is not what the contract says: {why}."),
                "Check that the base URL is a credentials API, and that no proxy changes its answers.",
            ),
            Self::NotJson { media_type } => (
                format!("The answer is {} instead of JSON.", media_type.shown()),
                "Check the base URL: this looks like a web page, a login portal or a proxy.",
            ),
            Self::TooLarge { limit } => (
                format!("The answer is larger than {limit} MiB and was not read to its end."),
                "Check that the base URL is a credentials API.",
            ),
            Self::Redirected { to } => (
                format!("The server sends the request on to {}.", to.shown()),
                "The token is sent to one origin only. If the new address is right, use it as the base URL.",
            ),
            Self::Refused { error, said } => (
                format!("The authorization server says {}: {}.", error.shown(), sentence(said)),
                "Check that the client still exists and that its secret was not rotated.",
            ),
            Self::Uncertain { cause, seen } => (
                format!("{} {seen}.", cause.explain("").why),
                "Look at what is there before you repeat the change.",
            ),
            Self::Unusable { why } => (why.clone(), "Correct it, then start again."),
        }
    }
}

/// What a server said, without the full stop that follows in our sentence.
fn sentence(said: &Untrusted) -> String {
    let text = said.clipped(300);
    if text.trim().is_empty() {
        "it gave no reason".to_owned()
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
        assert_eq!(explained.why, "The server does not allow it: <U+001B>[2Jno.");
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
