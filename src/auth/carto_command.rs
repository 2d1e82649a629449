//! Runs the `carto` command for operations that CARTO's documented API does not offer.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tokio::time::timeout;

use super::carto_cli;
use crate::{
    api::{Answer, ApiError, carto::CommandRunner},
    process,
};

/// Time limit of a call, which must start Node.js and contact CARTO.
const LIMIT: Duration = Duration::from_secs(60);

/// The `carto` command. The command has its own profiles, so each call checks that it is signed in
/// to the API of the Credenza profile.
pub struct CartoCommand {
    program: String,
    home: PathBuf,
    base_url: String,
}

fn signed_out() -> ApiError {
    ApiError::Local {
        why: "The carto command is not signed in.".into(),
        next: "Run carto auth login, then try again.",
    }
}

impl CartoCommand {
    /// Returns the command for an API, if `carto` is installed. `home` is the directory with the
    /// session file of the CARTO CLI.
    #[must_use]
    pub fn find(home: &Path, base_url: &str) -> Option<Self> {
        process::is_installed("carto").then(|| Self::at("carto", home, base_url))
    }

    /// Creates the command from the name or path of its program.
    #[must_use]
    pub fn at(program: &str, home: &Path, base_url: &str) -> Self {
        Self { program: program.to_owned(), home: home.to_owned(), base_url: base_url.to_owned() }
    }

    fn check(&self) -> Result<(), ApiError> {
        // Not `ApiError::SignedOut`: a Credenza sign-in does not help, because the command has its
        // own session.
        let read = carto_cli::read(&self.home).map_err(|_| signed_out())?;
        let theirs = read.base_url.unwrap_or_default();
        if theirs == self.base_url {
            return Ok(());
        }
        Err(ApiError::Local {
            why: format!(
                "The carto command is signed in to {}, but this profile is for {}.",
                crate::domain::text::shown(&theirs),
                self.base_url
            ),
            next: "Switch the CARTO CLI's profile with carto auth use, then try again.",
        })
    }
}

impl CommandRunner for CartoCommand {
    fn account(&self) -> Option<String> {
        let token = carto_cli::read(&self.home).ok()?.token;
        let claims = crate::domain::jwt::payload(token.expose())?;
        claims.get("sub")?.as_str().map(str::to_owned)
    }

    fn run(&self, arguments: Vec<String>) -> Answer<'_, Value> {
        Box::pin(async move {
            self.check()?;
            let mut command = process::command(&self.program);
            command.args(&arguments).stdin(Stdio::null()).kill_on_drop(true);
            let output = match timeout(LIMIT, command.output()).await {
                Ok(Ok(output)) => output,
                Ok(Err(error)) => {
                    return Err(ApiError::Local {
                        why: format!("Could not start the carto command: {error}."),
                        next: "Check that carto runs in a shell, then try again.",
                    });
                }
                Err(_) => return Err(ApiError::TimedOut { seconds: LIMIT.as_secs() }),
            };
            let answer: Option<Value> = serde_json::from_slice(&output.stdout).ok();
            let said = answer.as_ref().and_then(|it| {
                let error = it.get("error").or_else(|| it.get("message"))?;
                error.as_str().map(str::to_owned)
            });
            if !output.status.success() {
                let said = said.unwrap_or_default();
                let text = said.to_ascii_lowercase();
                return Err(if text.contains("not found") {
                    ApiError::NotFound { said: said.into() }
                } else if ["not logged in", "log in first", "session expired", "unauthorized"]
                    .iter()
                    .any(|it| text.contains(it))
                {
                    signed_out()
                } else {
                    // Only the error from the JSON is quoted, because other output may contain a
                    // new secret.
                    ApiError::Invalid { said: said.into(), problems: Vec::new() }
                });
            }
            match answer {
                Some(answer) => Ok(answer),
                // A deletion may print nothing.
                None if output.stdout.iter().all(u8::is_ascii_whitespace) => Ok(Value::Null),
                None => {
                    Err(ApiError::Malformed { why: "the carto command printed no JSON".into() })
                }
            }
        })
    }
}
