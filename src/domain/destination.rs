//! Destinations: stores outside a provider that contain a client's secret. A rotation writes the
//! new secret to them.

/// Destination that the configuration defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Name in the configuration.
    pub name: String,
    /// Type and address of the store.
    pub store: DestinationStore,
}

/// Type and address of a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DestinationStore {
    /// A file that contains only the secret.
    File {
        /// Path of the file.
        path: String,
    },
    /// One variable of a `.env` file.
    EnvFile {
        /// Path of the file.
        path: String,
        /// Name of the variable.
        variable: String,
    },
    /// Two programs: one reads the secret from standard input, the other prints it.
    Command {
        /// Program that stores the secret, and its arguments.
        write: Vec<String>,
        /// Program that prints the stored secret, and its arguments. If it is empty, the stored
        /// secret cannot be verified.
        read: Vec<String>,
    },
    /// An entry of a key-value engine (version 2) of `OpenBao` or Vault.
    Kv(KvEntry),
    /// A secret of Gitea Actions.
    GiteaActions(ActionsSecret),
    /// A secret of GitHub Actions.
    GithubActions {
        /// The secret.
        secret: ActionsSecret,
        /// Environment of the repository that has the secret; `None` for a secret of the whole
        /// repository.
        environment: Option<String>,
    },
    /// A CI/CD variable of a GitLab project.
    GitlabVariable(GitlabVariable),
    /// One key of a Kubernetes secret.
    Kubernetes(KubernetesSecret),
    /// One value of a file that sops encrypts.
    Sops {
        /// Path of the file.
        path: String,
        /// Name of the value at the top level of the file, or its index in the syntax of sops:
        /// `["shop"]["client_secret"]`.
        key: String,
    },
    /// A credential file of systemd, for `LoadCredentialEncrypted=` of a service.
    SystemdCredential {
        /// Path of the file.
        path: String,
        /// Name of the credential. The file contains this name in encrypted form.
        credential: String,
    },
}

/// An entry of a key-value engine, version 2.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KvEntry {
    /// URL of the server.
    pub address: String,
    /// Mount path of the engine.
    pub mount: String,
    /// Path of the entry.
    pub path: String,
    /// Key within the entry. A write keeps the other keys of the entry unchanged.
    pub key: String,
    /// Source of the access token.
    pub token: TokenSource,
}

/// A secret of Gitea Actions or GitHub Actions, which the workflows of a repository can read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActionsSecret {
    /// URL of the server's API; for Gitea, URL of the server.
    pub address: String,
    /// Owner and name of the repository: `acme/shop`.
    pub repository: String,
    /// Name of the secret.
    pub secret: String,
    /// Source of the access token.
    pub token: TokenSource,
}

/// A CI/CD variable of a GitLab project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GitlabVariable {
    /// URL of the server.
    pub address: String,
    /// Path or number of the project: `acme/shop`.
    pub project: String,
    /// Name of the variable.
    pub variable: String,
    /// Environment scope of the variable; `*` for all environments.
    pub scope: String,
    /// Source of the access token.
    pub token: TokenSource,
}

/// One key of a Kubernetes secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KubernetesSecret {
    /// Path of the kubeconfig; `None` for `KUBECONFIG` or `~/.kube/config`.
    pub kubeconfig: Option<String>,
    /// Context of the kubeconfig; `None` for the current context.
    pub context: Option<String>,
    /// Namespace; `None` for the namespace of the context.
    pub namespace: Option<String>,
    /// Name of the secret.
    pub secret: String,
    /// Key within the secret. A write keeps the other keys unchanged.
    pub key: String,
    /// URL of the cluster, from the kubeconfig; `None` until a rotation starts.
    pub server: Option<String>,
}

/// Source of a destination's access token. The token itself is never in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// Name of an environment variable that contains the token.
    Variable(String),
    /// A program that prints the token as its first line of output, and its arguments.
    Command(Vec<String>),
}

impl Default for TokenSource {
    fn default() -> Self {
        Self::Variable(String::new())
    }
}

/// Placeholder for the client ID in a path, a name, a key or an argument of a destination.
pub const CLIENT_ID: &str = "{client_id}";

/// Error for a client ID that cannot replace [`CLIENT_ID`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the client ID is not safe in a path: only letters, digits, '-', '_' and '.' are allowed, and the first must be a letter or a digit"
)]
pub struct UnsafeClientId;

impl Destination {
    /// Returns true if [`CLIENT_ID`] gives each client a separate location. Each program of a
    /// command must have the placeholder in an argument.
    #[must_use]
    pub fn is_per_client(&self) -> bool {
        let has = |text: &String| text.contains(CLIENT_ID);
        match &self.store {
            DestinationStore::File { path } | DestinationStore::EnvFile { path, .. } => has(path),
            DestinationStore::Command { write, read } => {
                write.iter().any(has) && (read.is_empty() || read.iter().any(has))
            }
            DestinationStore::Kv(entry) => has(&entry.path) || has(&entry.key),
            DestinationStore::Kubernetes(it) => has(&it.secret) || has(&it.key),
            DestinationStore::Sops { path, key } => has(path) || has(key),
            DestinationStore::SystemdCredential { path, .. } => has(path),
            DestinationStore::GiteaActions(_)
            | DestinationStore::GithubActions { .. }
            | DestinationStore::GitlabVariable(_) => false,
        }
    }

    /// Returns the destination of one client: the client ID replaces [`CLIENT_ID`].
    ///
    /// # Errors
    /// Returns an error if the destination contains [`CLIENT_ID`], and the client ID is not safe in
    /// a path. The client ID comes from a server.
    pub fn of_client(&self, client_id: &str) -> Result<Self, UnsafeClientId> {
        let mut own = self.clone();
        let mut templates = own.store.templates_mut();
        templates.retain(|text| text.contains(CLIENT_ID));
        if templates.is_empty() {
            return Ok(own);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !client_id.starts_with(|c: char| c.is_ascii_alphanumeric())
            || !client_id.chars().all(plain)
        {
            return Err(UnsafeClientId);
        }
        for text in templates {
            *text = text.replace(CLIENT_ID, client_id);
        }
        Ok(own)
    }
}

impl DestinationStore {
    /// Returns the texts that may contain [`CLIENT_ID`].
    fn templates_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::File { path } | Self::EnvFile { path, .. } => vec![path],
            Self::Command { write, read } => write.iter_mut().chain(read).collect(),
            Self::Kv(entry) => vec![&mut entry.path, &mut entry.key],
            Self::Kubernetes(it) => vec![&mut it.secret, &mut it.key],
            Self::Sops { path, key } => vec![path, key],
            Self::SystemdCredential { path, credential } => vec![path, credential],
            Self::GiteaActions(_) | Self::GithubActions { .. } | Self::GitlabVariable(_) => {
                Vec::new()
            }
        }
    }

    /// Returns the type and the address in one line.
    #[must_use]
    pub fn described(&self) -> String {
        match self {
            Self::File { path } => format!("file {path}"),
            Self::EnvFile { path, variable } => format!("{variable} in {path}"),
            Self::Command { write, .. } => format!("command {}", write.join(" ")),
            Self::Kv(entry) => {
                format!("{} in {}/{} at {}", entry.key, entry.mount, entry.path, entry.address)
            }
            Self::GiteaActions(it) | Self::GithubActions { secret: it, environment: None } => {
                format!("Actions secret {} of {} at {}", it.secret, it.repository, it.address)
            }
            Self::GithubActions { secret: it, environment: Some(environment) } => format!(
                "Actions secret {} of {}, environment {environment}, at {}",
                it.secret, it.repository, it.address
            ),
            Self::GitlabVariable(it) => {
                format!(
                    "variable {} ({}) of {} at {}",
                    it.variable, it.scope, it.project, it.address
                )
            }
            Self::Kubernetes(it) => {
                let namespace = it.namespace.as_deref().unwrap_or("the context's namespace");
                let context = it.context.as_deref().unwrap_or("the current context");
                let at = it.server.as_deref().map_or_else(String::new, |it| format!(" at {it}"));
                format!(
                    "{} in Kubernetes secret {} of {namespace}, {context}{at}",
                    it.key, it.secret
                )
            }
            Self::Sops { path, key } => format!("{key} in {path} (sops)"),
            Self::SystemdCredential { path, credential } => {
                format!("systemd credential {credential} in {path}")
            }
        }
    }

    /// Returns true if the destination runs, or may run, a program that the configuration selects.
    #[must_use]
    pub const fn runs_program(&self) -> bool {
        match self {
            Self::Command { .. } => true,
            Self::Kv(KvEntry { token, .. })
            | Self::GiteaActions(ActionsSecret { token, .. })
            | Self::GithubActions { secret: ActionsSecret { token, .. }, .. }
            | Self::GitlabVariable(GitlabVariable { token, .. }) => {
                matches!(token, TokenSource::Command(_))
            }
            // The configuration does not set the programs of these stores.
            Self::Sops { .. } | Self::SystemdCredential { .. } => false,
            // A configured kubeconfig or context can specify a program for the sign-in.
            Self::Kubernetes(it) => it.kubeconfig.is_some() || it.context.is_some(),
            Self::File { .. } | Self::EnvFile { .. } => false,
        }
    }

    /// Returns true if the stored secret can be read back and compared.
    #[must_use]
    pub const fn is_readable(&self) -> bool {
        match self {
            Self::File { .. }
            | Self::EnvFile { .. }
            | Self::Kv(_)
            | Self::GitlabVariable(_)
            | Self::Kubernetes(_)
            | Self::Sops { .. }
            | Self::SystemdCredential { .. } => true,
            Self::Command { read, .. } => !read.is_empty(),
            Self::GiteaActions(_) | Self::GithubActions { .. } => false,
        }
    }
}

/// Returns the line of a `.env` file that sets a variable. The value is in single quotes if it
/// requires them. Returns `None` if a value that requires quotes contains a single quote, a line
/// break or a NUL.
#[must_use]
pub fn env_line(variable: &str, value: &str) -> Option<String> {
    // `~` requires quotes, because a shell that sources the file expands it.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+/=:@%,".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return Some(format!("{variable}={value}"));
    }
    // A shell, Docker Compose and the dotenv libraries interpret single quotes in the same way, but
    // differ in how a single quote is written inside the value.
    let quotable = !value.contains(['\'', '\n', '\r', '\0']);
    quotable.then(|| format!("{variable}='{value}'"))
}

/// Replaces every line of a `.env` file that sets a variable, or adds one at the end. Keeps all
/// other lines unchanged. Returns `None` if the value cannot be represented.
#[must_use]
pub fn set_in_env(text: &str, variable: &str, value: &str) -> Option<String> {
    let line = env_line(variable, value)?;
    let mut out = String::with_capacity(text.len() + line.len() + 1);
    let mut written = false;
    for old in text.split_inclusive('\n') {
        let end = &old[old.trim_end_matches(['\n', '\r']).len()..];
        match assignment(old) {
            Some((export, name, _)) if name == variable => {
                // If a file sets a variable twice, the last line wins, so every line that sets it
                // is replaced.
                out.push_str(export);
                out.push_str(&line);
                out.push_str(end);
                written = true;
            }
            _ => out.push_str(old),
        }
    }
    if !written {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(&line);
        out.push('\n');
    }
    Some(out)
}

/// Returns the lines of a `.env` file that set a variable, without their line breaks; `None` if one
/// of the values continues on the next line.
#[must_use]
pub fn lines_in_env<'a>(text: &'a str, variable: &str) -> Option<Vec<&'a str>> {
    let lines = text.lines().filter(|line| assignment(line).is_some_and(|it| it.1 == variable));
    lines
        .map(|line| {
            let value = assignment(line)?.2;
            let open = |quote: char| {
                let inside = value.strip_prefix(quote)?;
                let mut escaped = false;
                let closes = inside.chars().any(|c| {
                    let ends = c == quote && !escaped;
                    escaped = c == '\\' && quote == '"' && !escaped;
                    ends
                });
                Some(!closes)
            };
            let continues = open('"').or_else(|| open('\'')).or_else(|| open('`')).unwrap_or(false);
            (!continues && !value.ends_with('\\')).then_some(line)
        })
        .collect()
}

/// Returns the text of a `.env` file in which `lines` replace the lines that set a variable, in
/// order. Surplus lines that set the variable are removed, and missing lines are added at the end.
#[must_use]
pub fn restore_in_env(text: &str, variable: &str, lines: &[&str]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut former = lines.iter();
    for now in text.split_inclusive('\n') {
        if assignment(now).is_none_or(|it| it.1 != variable) {
            out.push_str(now);
            continue;
        }
        if let Some(line) = former.next() {
            out.push_str(line);
            out.push_str(&now[now.trim_end_matches(['\n', '\r']).len()..]);
        }
    }
    for line in former {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Returns the value of a variable from the last line of a `.env` file that sets it; `None` if no
/// line does.
#[must_use]
pub fn get_from_env(text: &str, variable: &str) -> Option<String> {
    let mut found = text.lines().filter_map(assignment).filter(|(_, name, _)| *name == variable);
    let value = found.next_back()?.2;
    let quoted = |quote: char| {
        value.strip_prefix(quote)?.split_once(quote).map(|(inside, _)| inside.to_owned())
    };
    let plain = || value.split(" #").next().unwrap_or_default().trim_end().to_owned();
    Some(quoted('\'').or_else(|| quoted('"')).unwrap_or_else(plain))
}

/// Splits a line that sets a variable into the text before the name (such as `export `), the name,
/// and the raw value; `None` for any other line.
fn assignment(line: &str) -> Option<(&str, &str, &str)> {
    let body = line.trim_end_matches(['\n', '\r']);
    let (name, value) = body.split_once('=')?;
    let bare = name.trim();
    let bare = bare.strip_prefix("export ").map_or(bare, str::trim);
    let starts = name.rfind(bare)?;
    let valid = !bare.is_empty() && bare.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    valid.then(|| (&line[..starts], bare, value.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_place() {
        let destination = |path: &str| Destination {
            name: "apps".into(),
            store: DestinationStore::File { path: path.into() },
        };
        let one = destination("/srv/{client_id}/secret");
        assert!(one.is_per_client() && !destination("/srv/secret").is_per_client());
        assert_eq!(one.of_client("k3Jd-81.a"), Ok(destination("/srv/k3Jd-81.a/secret")));
        for id in ["", "..", "../etc", "a/b", "-rf", "a b", "{client_id}", "ü"] {
            assert_eq!(one.of_client(id), Err(UnsafeClientId), "{id}");
            assert_eq!(destination("/srv/secret").of_client(id), Ok(destination("/srv/secret")));
        }
    }

    #[test]
    fn command_writes_each_client_to_another_place() {
        let command = |write: &str, read: &[&str]| Destination {
            name: "apps".into(),
            store: DestinationStore::Command {
                write: vec![write.into()],
                read: read.iter().map(|&it| it.into()).collect(),
            },
        };
        assert!(command("{client_id}", &[]).is_per_client());
        assert!(command("{client_id}", &["{client_id}"]).is_per_client());
        assert!(!command("store", &["{client_id}"]).is_per_client(), "one place for all");
        assert!(!command("{client_id}", &["show"]).is_per_client(), "compares with another secret");
    }

    #[test]
    fn only_the_variable_of_an_env_file_changes() {
        let text = "# keep\r\nA=1\r\nexport SECRET='old'\r\nSECRET_2=x\nB=\"two\"";
        let set = set_in_env(text, "SECRET", "n3w/value=").expect("a value");
        assert_eq!(set, "# keep\r\nA=1\r\nexport SECRET=n3w/value=\r\nSECRET_2=x\nB=\"two\"");
        assert_eq!(get_from_env(&set, "SECRET").as_deref(), Some("n3w/value="));
        assert_eq!(get_from_env(&set, "B").as_deref(), Some("two"));
        assert_eq!(set_in_env("A=1", "B", "2").as_deref(), Some("A=1\nB=2\n"));
        assert_eq!(set_in_env("", "B", "2").as_deref(), Some("B=2\n"));
    }

    #[test]
    fn values_are_quoted_so_that_they_are_read_back() {
        for value in ["p$w #x", "a b", "\"", "~plus+", "ünï", ""] {
            let text = set_in_env("X=1\n", "SECRET", value).expect("a value");
            assert_eq!(get_from_env(&text, "SECRET").as_deref(), Some(value), "{text}");
        }
        assert_eq!(env_line("A", "~ada").as_deref(), Some("A='~ada'"), "a shell expands it");
        for value in ["it's", "two\nlines"] {
            assert_eq!(set_in_env("", "SECRET", value), None);
        }
    }

    #[test]
    fn lines_of_a_variable_are_put_back_as_they_were() {
        for text in [
            "A=1\nexport SECRET=\"it's \\\"quoted\\\"\" # note\nB=2\n",
            "SECRET=one\r\nSECRET='two'\r\n",
            "A=1\n",
            "SECRET=last",
            "",
        ] {
            let lines = lines_in_env(text, "SECRET").expect("lines");
            let set = set_in_env(text, "SECRET", "new").expect("a value");
            assert_eq!(get_from_env(&set, "SECRET").as_deref(), Some("new"));
            assert_eq!(restore_in_env(&set, "SECRET", &lines), text);
        }
        assert_eq!(lines_in_env("SECRET=\"two\nlines\"\n", "SECRET"), None);
        assert_eq!(lines_in_env("SECRET=two\\\nlines\n", "SECRET"), None);
    }

    #[test]
    fn last_of_two_lines_wins_and_comments_are_no_values() {
        let text = "SECRET=first\n#SECRET=comment\nSECRET=second # note\n";
        assert_eq!(get_from_env(text, "SECRET").as_deref(), Some("second"));
        let set = set_in_env(text, "SECRET", "new").expect("a value");
        assert_eq!(set, "SECRET=new\n#SECRET=comment\nSECRET=new\n");
    }
}
