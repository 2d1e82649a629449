//! Local security problems for an audit: files that other users can access, and secrets in
//! environment variables.

use std::path::Path;

use super::{ConfigFile, data_directory, home, state_directory, variable};
use crate::{
    domain::{Profile, audit::Workstation},
    files,
};

/// Checks this machine, and the `ca_file` of a profile, for local security problems.
#[must_use]
pub fn workstation(profile: &Profile) -> Workstation {
    let mut lax_files = Vec::new();
    // The configuration has no secrets, so only write access by others matters, as in
    // ssh_config(5).
    let places = [
        (ConfigFile::find().ok().map(|it| it.path), 0o022),
        (state_directory().ok(), 0o077),
        (data_directory().ok(), 0o077),
    ];
    for (path, wrong) in places {
        let Some(path) = path else { continue };
        if let Ok(Some(mode)) = files::loose_mode(&path)
            && mode & wrong != 0
        {
            lax_files.push(format!("{} has the mode {mode:03o}", path.display()));
        }
    }
    let foreign = home().ok().map(|home| home.join(".carto_credentials.json"));
    let weak_tls = profile.ca_file.as_ref().and_then(|file| {
        let mode = files::loose_mode(Path::new(file)).ok()??;
        (mode & 0o022 != 0)
            .then(|| format!("the ca_file {file} is writable by other users (mode {mode:03o})"))
    });
    let secrets = ["CREDENZA_TOKEN", "CREDENZA_PASSPHRASE"];
    Workstation {
        lax_files,
        // Sessions are never stored in clear text, only in the keyring, in an encrypted file, or in
        // memory.
        clear_sessions: false,
        foreign_token: foreign.filter(|it| it.is_file()).map(|it| it.display().to_string()),
        weak_tls,
        secrets_in_environment: secrets
            .into_iter()
            .filter(|name| variable(name).is_some())
            .map(str::to_owned)
            .collect(),
    }
}
