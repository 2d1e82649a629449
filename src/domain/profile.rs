//! A profile: one credentials API and how to sign in to it.

use std::fmt;
use std::str::FromStr;
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::urls;

/// Kind of API that a profile uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Provider {
    /// A server that implements the contract in `assets/openapi.yaml`.
    #[default]
    Contract,
    /// CARTO's API access tokens and OAuth clients.
    Carto,
    /// A Keycloak realm.
    Keycloak,
    /// Ory Hydra's admin API.
    Hydra,
    /// Dynamic client registration (RFC 7591 and 7592).
    Registration,
    /// OpenBao, or HashiCorp Vault.
    #[strum(serialize = "openbao")]
    OpenBao,
    /// An application that uses Better Auth.
    BetterAuth,
    /// Gitea or Forgejo.
    Gitea,
    /// An Auth0 tenant.
    Auth0,
    /// A Microsoft Entra ID tenant.
    Entra,
    /// An Okta organization.
    Okta,
}

/// Sign-in method of a user or a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Method {
    /// A browser on this machine: authorization code with PKCE and a loopback listener (RFC 8252).
    Browser,
    /// A browser on any device, where the user enters a code (RFC 8628).
    Device,
    /// A browser on any device. The user pastes the final address into Credenza.
    Paste,
    /// No user: client credentials (RFC 6749 section 4.4).
    Machine,
    /// An access token the user already has.
    Token,
    /// The CARTO CLI's session, read and never written.
    CartoCli,
    /// No sign-in: the API requires no token, such as an admin port behind a firewall.
    None,
}

/// Environment of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Environment {
    /// Production: read-only until unlocked.
    Prod,
    /// Staging: tests before a release.
    Staging,
    /// Development, which is the default.
    #[default]
    Dev,
}

/// Color of the profile's name in the console, so that users recognize the profile. Red is reserved
/// for production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Tint {
    /// Green.
    Green,
    /// Yellow.
    Yellow,
    /// Blue.
    Blue,
    /// Magenta.
    Magenta,
    /// Cyan.
    Cyan,
}

/// An enum whose variants have names in the configuration and on the command line (derived with
/// strum).
pub trait Word: FromStr + VariantNames + Copy + Into<&'static str> {
    /// Returns the variant with this name; `None` if the name is unknown.
    #[must_use]
    fn of_word(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// Returns all variants, in order.
    fn all() -> impl Iterator<Item = Self> {
        Self::VARIANTS.iter().filter_map(|word| Self::of_word(word))
    }

    /// Returns the name of the variant.
    #[must_use]
    fn word(self) -> &'static str {
        self.into()
    }

    /// Returns all names, separated by commas, for a message.
    #[must_use]
    fn all_words() -> String {
        Self::VARIANTS.join(", ")
    }

    /// Parses a name from a command line.
    ///
    /// # Errors
    /// Returns an error with the list of known names if the name is unknown.
    fn parsed(word: &str) -> Result<Self, UnknownWord> {
        Self::of_word(word).ok_or_else(UnknownWord::of::<Self>)
    }
}

/// Error for an unknown name, which lists the known names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use one of {known}")]
pub struct UnknownWord {
    known: String,
}

impl UnknownWord {
    /// Creates the error for a type, with its known names.
    #[must_use]
    pub fn of<T: Word>() -> Self {
        Self { known: T::all_words() }
    }
}

impl<T: FromStr + VariantNames + Copy + Into<&'static str>> Word for T {}

impl Method {
    /// Returns the title in the list of sign-in methods.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Browser => "Browser on this machine",
            Self::Device => "Browser on any device, with a code",
            Self::Paste => "Browser on any device, paste the address back",
            Self::Machine => "M2M client secret",
            Self::Token => "Access token",
            Self::CartoCli => "The CARTO CLI's session",
            Self::None => "No sign-in",
        }
    }

    /// Returns the purpose of the method, in one or two sentences.
    #[must_use]
    pub const fn when_to_use(self) -> &'static str {
        match self {
            Self::Browser => "Opens the login page and waits on a local port.",
            Self::Device => "Shows a short code to enter on the server's page. Made for SSH.",
            Self::Paste => "Shows a link. Paste the address of the last page in the browser.",
            Self::Machine => "For servers and CI: acts as the owner of an M2M client.",
            Self::Token => "For an existing token, which cannot be renewed.",
            Self::CartoCli => {
                "Reads the token in ~/.carto_credentials.json, and never changes the file."
            }
            Self::None => "The API requires no token.",
        }
    }
}

/// One credentials API, and how to sign in to it. It contains no secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// Name of the profile, which is also its key in the configuration.
    pub name: String,
    /// Provider of the API.
    pub provider: Provider,
    /// Base URL of the API. The bearer token is sent to its origin only.
    pub base_url: String,
    /// Issuer of the access tokens that the API accepts. If `None`, contract servers report their
    /// issuer, and other providers have a default.
    pub issuer: Option<String>,
    /// Audience of the access tokens; `None` requests the provider's default, if there is one.
    pub audience: Option<String>,
    /// Client ID for the sign-in. For `machine`, the ID of the M2M client.
    pub client_id: Option<String>,
    /// Scopes to request; empty means the scopes for identity, a refresh token and access to the
    /// credentials, as far as the issuer supports them.
    pub scopes: Vec<String>,
    /// Default sign-in method; `None` selects one that works on this machine.
    pub sign_in: Option<Method>,
    /// Environment of the profile. Production starts read-only.
    pub environment: Environment,
    /// Color of the name in the console. A production profile has a red label instead.
    pub tint: Option<Tint>,
    /// True if writing must be unlocked first. A production profile starts read-only in any case.
    pub read_only: bool,
    /// Hosts that an audit treats as owned by the user, including their subdomains.
    pub trusted_hosts: Vec<String>,
    /// PEM file with additional CA certificates.
    pub ca_file: Option<String>,
    /// Port of the browser sign-in's listener; `None` selects a free port.
    pub callback_port: Option<u16>,
    /// Program that prints an access token, and its arguments; empty if there is none.
    pub token_command: Vec<String>,
    /// Organization to sign in to, if the issuer requires one (CARTO's SSO).
    pub organization: Option<String>,
    /// Name of the header for the token; `None` means `Authorization: Bearer`.
    pub token_header: Option<String>,
    /// Registration endpoint, if the issuer's metadata has none (RFC 7591).
    pub registration_endpoint: Option<String>,
    /// Path of CARTO's OAuth clients, if known.
    pub oauth_clients_path: Option<String>,
}

impl Profile {
    /// Returns true if writing must be unlocked first.
    #[must_use]
    pub fn starts_locked(&self) -> bool {
        self.read_only || self.environment == Environment::Prod
    }

    /// Returns true if every request requires a session. Dynamic registration may require no token
    /// (RFC 7591 section 3), and manages each client with that client's own token.
    #[must_use]
    pub fn needs_session(&self) -> bool {
        self.sign_in != Some(Method::None) && self.provider != Provider::Registration
    }

    /// Returns the issuer for dynamic registration: the issuer of the profile or, if it is not set,
    /// the base URL.
    #[must_use]
    pub fn registers_at(&self) -> &str {
        self.issuer.as_deref().unwrap_or(&self.base_url)
    }

    /// Returns true if the token command runs for each request, because an initial access token may
    /// be valid for one registration only.
    #[must_use]
    pub fn runs_command_each_time(&self) -> bool {
        self.provider == Provider::Registration && !self.token_command.is_empty()
    }

    /// Returns true if signing in means pasting a token, which the provider shows on a page or an
    /// administrator issues.
    #[must_use]
    pub const fn takes_pasted_token(&self) -> bool {
        matches!(
            self.provider,
            Provider::OpenBao | Provider::BetterAuth | Provider::Gitea | Provider::Registration
        )
    }

    /// Validates the name, the base URL, the issuer and the registration endpoint, without network
    /// requests. Returns each error with the key of its field.
    #[must_use]
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if let Err(why) = check_name(&self.name) {
            problems.push(("name", why.to_owned()));
        }
        if let Err(why) = urls::check_login(&self.base_url) {
            problems.push(("base_url", why.to_owned()));
        }
        for (key, url) in
            [("issuer", &self.issuer), ("registration_endpoint", &self.registration_endpoint)]
        {
            if let Some(Err(why)) = url.as_deref().map(urls::check_login) {
                problems.push((key, why.to_owned()));
            }
        }
        problems
    }
}

/// Validates a profile's name, which is used as a key in a file and as an argument.
///
/// # Errors
/// Returns an error if the name is empty, is longer than 64 characters, does not start with an
/// ASCII letter or digit, or has characters other than ASCII letters, digits, `-`, `_` and `.`.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    let mut letters = name.chars();
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !letters.next().is_some_and(|c| c.is_ascii_alphanumeric()) || !letters.all(good) {
        return Err(
            "must consist of letters, digits, '-', '_' and '.', and start with a letter or digit",
        );
    }
    if name.len() > 64 {
        return Err("is longer than 64 characters");
    }
    Ok(())
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// CARTO's regions and their API base URLs. CARTO's pages disagree about some hosts, so these are
/// suggestions. The URL under Developers in the CARTO workspace is authoritative.
pub const CARTO_REGIONS: &[(&str, &str)] = &[
    ("US", "https://gcp-us-east1.api.carto.com"),
    ("Europe", "https://gcp-europe-west1.api.carto.com"),
    ("Asia", "https://gcp-asia-northeast1.api.carto.com"),
    ("Australia", "https://gcp-australia-southeast1.api.carto.com"),
];

/// Issuer of CARTO's cloud.
pub const CARTO_ISSUER: &str = "https://auth.carto.com/";

/// Audience of CARTO's APIs.
pub const CARTO_AUDIENCE: &str = "carto-cloud-native-api";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_there_and_back() {
        assert_eq!(Method::all().count(), 7);
        for method in Method::all() {
            assert_eq!(Method::of_word(method.word()), Some(method));
        }
        assert_eq!((Method::CartoCli.word(), Provider::OpenBao.word()), ("carto-cli", "openbao"));
        assert_eq!(Provider::of_word("unknown"), None);
        assert_eq!(Environment::all_words(), "prod, staging, dev");
    }

    #[test]
    fn names_are_safe_as_keys_and_arguments() {
        for good in ["prod", "acme.eu-1", "7"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in ["", "-x", "a b", "a/b", "\u{202e}x", &"x".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn production_is_locked_whatever_else_is_said() {
        let profile = Profile { environment: Environment::Prod, ..Profile::default() };
        assert!(profile.starts_locked());
        assert!(!Profile::default().starts_locked());
        assert!(Profile { read_only: true, ..Profile::default() }.starts_locked());
    }
}
