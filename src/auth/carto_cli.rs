//! Session of the CARTO CLI, read from its file, which Credenza never writes.

use std::path::Path;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::tokens::is_token;
use crate::{
    api::ApiError,
    domain::{Secret, Untrusted},
};

/// Session of the current profile of the CARTO CLI.
#[derive(Debug)]
pub struct CartoCli {
    /// Access token, which the CLI stores in clear text.
    pub token: Secret,
    /// Base URL of the API that the token is for: `https://{tenant_id}.api.carto.com`. `None` if
    /// the file has no valid tenant ID.
    pub base_url: Option<String>,
    /// Email address of the signed-in user.
    pub email: Option<Untrusted>,
}

#[derive(Deserialize)]
struct Wire {
    current_profile: Option<String>,
    #[serde(default)]
    profiles: std::collections::BTreeMap<String, ProfileWire>,
    /// Layout of old versions: one profile at the top level.
    #[serde(flatten)]
    only: ProfileWire,
}

#[derive(Deserialize, Default)]
struct ProfileWire {
    token: Option<String>,
    tenant_id: Option<String>,
    user_email: Option<String>,
}

/// Returns the path of the session file in a home directory.
#[must_use]
pub fn file(home: &Path) -> std::path::PathBuf {
    home.join(".carto_credentials.json")
}

/// Reads the session of the current profile from the file. If no profile is current, reads the
/// session of the first profile, or of the only profile in an old file.
///
/// # Errors
/// [`ApiError::SignedOut`] if the file is missing or invalid, or has no valid token for the
/// profile.
pub fn read(home: &Path) -> Result<CartoCli, ApiError> {
    let path = file(home);
    let signed_out = |why: String| ApiError::SignedOut { why };
    let text = std::fs::read_to_string(&path).map(Zeroizing::new).map_err(|error| {
        signed_out(format!(
            "Could not read the CARTO CLI's session from {}: {error}.",
            path.display()
        ))
    })?;
    // The error of the JSON parser is dropped, because it could quote the token.
    let wire: Wire = serde_json::from_str(&text)
        .map_err(|_| signed_out(format!("{} is not a CARTO CLI session file.", path.display())))?;
    let Wire { current_profile, mut profiles, only } = wire;
    let chosen = match (current_profile, profiles.is_empty()) {
        (Some(name), _) => profiles.remove(&name).unwrap_or_default(),
        (None, true) => only,
        (None, false) => profiles.pop_first().map(|(_, profile)| profile).unwrap_or_default(),
    };
    let ProfileWire { token, tenant_id, user_email } = chosen;
    let token = token.filter(|token| is_token(token)).ok_or_else(|| {
        signed_out("The CARTO CLI is not signed in. Run carto auth login.".into())
    })?;
    let plain = |id: &String| id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    Ok(CartoCli {
        token: Secret::new(token),
        base_url: tenant_id
            .filter(|id| !id.is_empty() && plain(id))
            .map(|id| format!("https://{id}.api.carto.com")),
        email: user_email.map(Untrusted::from),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<CartoCli, ApiError> {
        let home = tempfile::tempdir().expect("a directory");
        std::fs::write(file(home.path()), text).expect("written");
        read(home.path())
    }

    #[test]
    fn the_current_profile_is_read_in_both_layouts() {
        let new = r#"{"current_profile":"gcp/acme/ada@acme.dev","profiles":{
            "other":{"token":"x","tenant_id":"y"},
            "gcp/acme/ada@acme.dev":{"token":"tok","tenant_id":"gcp-us-east1","user_email":"ada@acme.dev"}}}"#;
        let read = read_text(new).expect("signed in");
        assert_eq!(read.token.expose(), "tok");
        assert_eq!(read.base_url.as_deref(), Some("https://gcp-us-east1.api.carto.com"));
        let old = read_text(r#"{"token":"tok","tenant_id":"evil.example/"}"#).expect("signed in");
        assert_eq!((old.token.expose(), old.base_url), ("tok", None));
    }

    #[test]
    fn a_file_that_cannot_be_used_is_never_quoted() {
        for text in [r#"{"token": canary"#, r#"{"profiles":{"a":{"tenant_id":"canary"}}}"#, "[]"] {
            let error = read_text(text).expect_err("signed out");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
        assert!(read(Path::new("/nonexistent")).is_err());
    }
}
