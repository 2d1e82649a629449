//! The `carto` command, run for what CARTO has no documented API for.

use std::{process::Stdio, time::Duration};

use serde_json::Value;
use tokio::time::timeout;

use crate::{
    api::{Answer, ApiError, carto::Command},
    process,
};

/// How long one call may take: it starts Node.js and asks CARTO.
const LIMIT: Duration = Duration::from_secs(60);

/// The command, with the profile of its own that is chosen there.
pub struct CartoCommand;

impl CartoCommand {
    /// The command, if it is installed.
    #[must_use]
    pub fn find() -> Option<Self> {
        process::is_installed("carto").then_some(Self)
    }
}

impl Command for CartoCommand {
    fn run(&self, arguments: Vec<String>) -> Answer<'_, Value> {
        Box::pin(async move {
            let failed = |why: String| ApiError::Unusable { why };
            let mut command = process::command("carto");
            command.args(&arguments).stdin(Stdio::null()).kill_on_drop(true);
            let output = match timeout(LIMIT, command.output()).await {
                Ok(Ok(output)) => output,
                Ok(Err(error)) => {
                    return Err(failed(format!("The carto command could not be started: {error}")));
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
                } else if ["log in", "login", "expired", "unauthorized"]
                    .iter()
                    .any(|it| text.contains(it))
                {
                    failed("The carto command is not signed in: run carto auth login".to_owned())
                } else {
                    // Its own words go to a terminal, and may hold what it just made.
                    ApiError::Invalid { said: said.into(), problems: Vec::new() }
                });
            }
            match answer {
                Some(answer) => Ok(answer),
                // Deleting may print nothing.
                None if output.stdout.iter().all(u8::is_ascii_whitespace) => Ok(Value::Null),
                None => {
                    Err(ApiError::Malformed { why: "the carto command printed no JSON".into() })
                }
            }
        })
    }
}
