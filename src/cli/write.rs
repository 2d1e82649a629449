//! Arguments, checks and output shared by the commands that change credentials.

use std::collections::HashSet;

use color_eyre::eyre::{Report, Result, eyre};
use serde_json::json;

use clap::Args;
use clap_complete::ArgValueCompleter;

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::{ApiArgs, ApiSession, refused},
    complete,
    context::runtime,
    list::{ShowFormat, credential_object},
    pending,
    prompt::{ask_line, say},
    secret_output::{SecretOutput, print},
};
use crate::{
    api::{ApiError, Secrecy, Written},
    domain::{
        Credential, Draft, Kind, Secret,
        audit::{self, Finding, RuleSelection, Severity},
        export,
        profile::Word as _,
        snippet, text,
    },
};

/// Common arguments of commands that change credentials.
#[derive(Debug, Clone, Default, Args)]
pub struct WriteArgs {
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
    /// Show the plan and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Name of the profile, required if it is production or read-only.
    #[arg(long, value_name = "PROFILE")]
    pub unlock: Option<String>,
    /// Output format (JSON does not imply confirmation).
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ShowFormat,
}

/// Selection of one credential, without the API.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Client ID, token ID or unique exact name.
    #[arg(add = ArgValueCompleter::new(complete::credentials))]
    pub id: String,
    /// Kind, if the ID or name is ambiguous: token, spa, m2m or other.
    #[arg(long = "type", value_name = "KIND", value_parser = super::list::kind)]
    pub kind: Option<Kind>,
}

/// Opens an API session, runs `work` with it, and closes the session.
///
/// # Errors
/// Returns an error if the session cannot be opened, or if `work` fails.
pub fn with_api(
    console: &ConsoleArgs,
    api: &ApiArgs,
    work: impl AsyncFnOnce(&ApiSession) -> Result<Printed>,
) -> Result<Printed> {
    runtime()?.block_on(async {
        let session = ApiSession::open(console, api).await?;
        let result = work(&session).await;
        session.close().await;
        result
    })
}

/// Validates a draft against the rules of its provider.
///
/// # Errors
/// Returns a usage error (exit code 2) that lists all problems if the draft is invalid.
pub fn check(draft: &Draft, session: &ApiSession) -> Result<()> {
    let problems = draft.problems_in(session.capabilities.of(draft.kind()).shape);
    if problems.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> =
        problems.iter().map(|problem| format!("  {}", problem.sentence())).collect();
    Err(Exit::usage(format!("Could not save:\n{}", lines.join("\n"))))
}

/// Kind of change, which selects the words of error messages.
#[derive(Debug, Clone, Copy)]
pub enum Verb {
    Create,
    Edit,
    Rotate,
    Delete,
}

impl Verb {
    const fn infinitive(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Rotate => "rotate",
            Self::Delete => "delete",
        }
    }

    const fn participle(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Edit => "edited",
            Self::Rotate => "rotated",
            Self::Delete => "deleted",
        }
    }
}

/// Returns the error of a failed change, such as `Could not delete Nightly sync`, or of a change
/// whose outcome is unknown.
pub fn not_done(error: &ApiError, verb: Verb, named: &str) -> Report {
    if error.is_uncertain() {
        let what = format!("Could not confirm that {named} was {}", verb.participle());
        return Exit::unknown(error.explain_for_command(&what).text());
    }
    refused(error, &format!("Could not {} {named}", verb.infinitive()))
}

/// Prints the open findings about a saved credential that have at least medium severity, except
/// those that `before` also has.
pub fn warn(before: Option<&Credential>, after: &Credential, session: &ApiSession) {
    // The change is saved, so an unreadable policy is not an error here. The audit commands report
    // it.
    let Ok(audit_context) = session.audit_context() else { return };
    let audit_one = |it| audit::audit_one(it, &audit_context, &RuleSelection::default());
    // Fingerprints do not depend on positions in a list, so that findings are recognized after URLs
    // are added or sorted.
    let print = |finding: &Finding, of| audit::fingerprint(finding, std::slice::from_ref(of));
    let known: HashSet<String> = before
        .map(|it| audit_one(it).iter().map(|finding| print(finding, it)).collect())
        .unwrap_or_default();
    let mut findings = audit_one(after);
    findings.retain(|finding| {
        finding.is_open()
            && finding.severity >= Severity::Medium
            && !known.contains(&print(finding, after))
    });
    for group in audit::groups(&findings, |_| true) {
        let rule = group.first.rule;
        say(&format!(
            "{} {} {}: {}. {}.",
            group.first.severity.word(),
            rule.id,
            group.pointer(Some(after)),
            group.message(),
            rule.advice
        ));
    }
}

/// Delivers the secret of a created or rotated credential to `to`, and returns the output of the
/// command. Text output starts with `verb`; JSON output does not contain it. If the secret is
/// printed, the output is printed together with the secret, and the returned text is empty.
///
/// # Errors
/// Returns an error if the secret cannot be read or delivered. The change on the server is kept,
/// and a secret that was not delivered is saved in the session store if possible.
pub async fn handed_over(
    session: &ApiSession,
    made: Written,
    to: SecretOutput,
    output: ShowFormat,
    verb: &str,
) -> Result<Printed> {
    let Written { credential, secret, side_effects: _ } = made;
    let given = !matches!(to, SecretOutput::None);
    let secret = match secret {
        None if given => {
            let read = session.secret(&credential.reference()).await;
            Some(read.map_err(|error| {
                let what =
                    format!("{verb} {}, but could not read its secret", credential.id().shown());
                refused(&error, &what)
            })?)
        }
        // Without a destination, a readable secret is not requested.
        secret => secret,
    };
    let mut text = match output {
        ShowFormat::Table => format!(
            "{verb} {} {}\n{}\n",
            credential.kind().singular(),
            text::shown(credential.name().raw()),
            credential.id().shown()
        ),
        ShowFormat::Json => String::new(),
    };
    let mut object = credential_object(&credential);
    let reveal = matches!(to, SecretOutput::Screen);
    if let (Some(secret), true, ShowFormat::Json) = (&secret, reveal, output) {
        let member = if credential.kind() == Kind::Token { "token" } else { "client_secret" };
        object[member] = json!(secret.expose());
    }
    if output == ShowFormat::Json {
        text.push_str(&export::json(&object, true));
        text.push('\n');
    }
    if let Some(secret) = &secret {
        // Write to standard output now, so that a secret that cannot be written is saved in the
        // session store.
        let delivered = match output {
            ShowFormat::Json if reveal => print(&text),
            ShowFormat::Table if reveal => print(&text).and_then(|()| to.put(secret)),
            _ => to.put(secret),
        };
        if let Err(error) = delivered {
            return Err(undelivered(session, &credential, secret, verb, &error).await);
        }
        if reveal {
            text.clear();
        }
    }
    let readable = session.capabilities.of(credential.kind()).secrecy == Secrecy::Readable;
    if readable && !given {
        say(&format!(
            "Get its secret: credenza secret {} with --reveal, --secret-file FILE or --exec COMMAND",
            credential.id().shown()
        ));
    }
    Ok(Printed::fine(text))
}

/// Saves a secret in the session store after its delivery failed. Returns the error to report, with
/// the next command: deliver the secret or, if it could not be saved, read it again or rotate it.
async fn undelivered(
    session: &ApiSession,
    credential: &Credential,
    secret: &Secret,
    verb: &str,
    error: &Report,
) -> Report {
    let id = credential.id().shown();
    let why = format!("{verb} {id}, but its secret was not delivered: {error:#}.");
    match pending::keep(&session.context, &session.profile.name, credential, secret).await {
        Ok(()) => eyre!(
            "{why}\nThe secret is in the session store. Deliver it: credenza secret pending {id} --secret-file FILE"
        ),
        Err(store) if session.capabilities.of(credential.kind()).secrecy == Secrecy::Readable => {
            eyre!(
                "{why}\nThe session store could not save it either ({store}). Read it again: credenza secret {id} --secret-file FILE"
            )
        }
        Err(store) if credential.kind() == Kind::Token => eyre!(
            "{why}\nThe session store could not save it either ({store}), so it is lost. Delete the token and create another one: credenza delete {id}"
        ),
        Err(store) => eyre!(
            "{why}\nThe session store could not save it either ({store}), so it is lost. Rotate it: credenza rotate {id}"
        ),
    }
}

/// Requires the credential's name as the confirmation of a change: in `--confirm`, or typed at the
/// terminal. A name that cannot be typed is replaced with the ID. `what` and `impact` describe the
/// change in the prompt.
///
/// # Errors
/// Returns an error if the name is wrong, or if it is missing and there is no terminal.
pub fn confirmed(found: &Credential, given: Option<&str>, what: &str, impact: &str) -> Result<()> {
    use std::io::IsTerminal as _;

    let word = found.confirmation_word();
    let typed = match given {
        Some(typed) => typed.to_owned(),
        None if std::io::stdin().is_terminal() => {
            say(&format!(
                "This will {what} {} ({}, {}). {}",
                found.name().shown(),
                found.kind().singular(),
                found.id().shown(),
                impact
            ));
            ask_line(&format!("Type {} to continue: ", text::shown(word)))?
        }
        None => {
            return Err(Exit::usage(format!(
                "Nothing was changed. To {what} {} without a terminal, add --confirm {}",
                found.id().shown(),
                snippet::shell(word)
            )));
        }
    };
    if typed == word {
        Ok(())
    } else {
        Err(eyre!("The name does not match: expected {}. Nothing was changed", text::shown(word)))
    }
}
