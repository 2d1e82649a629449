//! Snippets for developers: a credential as environment variables, a request, or an app's
//! configuration. Without a secret, a snippet has a placeholder, or reads the secret when it runs.

use std::fmt::Write as _;

use serde_json::json;
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::{Client, Credential, Kind, Secret, Untrusted, export, text};

/// Format of a snippet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Snippet {
    /// Environment variables, as in a `.env` file.
    Env,
    /// A curl command.
    Curl,
    /// A deck.gl map with a token, or the sign-in of a browser app.
    #[strum(serialize = "deckgl")]
    DeckGl,
    /// A Python script.
    Python,
    /// A Terraform resource.
    Terraform,
    /// Configuration of an app in JSON.
    Json,
}

/// Values in a snippet that are not part of the credential.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Base URL of the API.
    pub base_url: String,
    /// Issuer of the access tokens.
    pub issuer: Option<String>,
    /// Token endpoint, from the issuer's metadata.
    pub token_endpoint: Option<String>,
    /// Audience of the access tokens.
    pub audience: Option<String>,
}

/// Reason why a credential has no snippet in a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSnippet {
    /// curl cannot sign a user in.
    #[error("A SPA client gets tokens when a user signs in, which curl cannot do")]
    CurlSignIn,
    /// A web page cannot protect a secret.
    #[error("An M2M client's secret must not reach a browser. Use a SPA client or a token")]
    SecretInBrowser,
    /// A script cannot sign a user in.
    #[error("A SPA client gets tokens when a user signs in. Use an M2M client for a script")]
    ScriptSignIn,
    /// Terraform has no resource for API access tokens.
    #[error("No Terraform resource exists for API access tokens")]
    NoResource,
}

/// Formats a credential as a snippet. Without a secret, a curl command prompts for it, a Python
/// script reads it from an environment variable, and other snippets that require the secret contain
/// a placeholder.
///
/// # Errors
/// Returns an error if the credential has no snippet in this format.
pub fn write(
    snippet: Snippet,
    credential: &Credential,
    around: &Around,
    secret: Option<&Secret>,
) -> Result<String, NoSnippet> {
    let parts = SnippetInput { credential, around, secret };
    match (snippet, credential.kind()) {
        (Snippet::Env, _) => Ok(parts.env()),
        (Snippet::Json, _) => Ok(parts.json()),
        (Snippet::Terraform, kind) => parts.terraform(kind),
        (Snippet::Curl, Kind::Spa | Kind::Other) => Err(NoSnippet::CurlSignIn),
        (Snippet::Curl, kind) => Ok(parts.curl(kind)),
        (Snippet::DeckGl, Kind::M2m) => Err(NoSnippet::SecretInBrowser),
        (Snippet::DeckGl, kind) => Ok(parts.deckgl(kind)),
        (Snippet::Python, Kind::Spa | Kind::Other) => Err(NoSnippet::ScriptSignIn),
        (Snippet::Python, kind) => Ok(parts.python(kind)),
    }
}

/// Returns the environment variables for a program that uses a credential, named as in
/// [`Snippet::Env`]. Unknown values are omitted.
#[must_use]
pub fn variables(
    credential: &Credential,
    around: &Around,
    secret: Option<&Secret>,
) -> Vec<(&'static str, Secret)> {
    let parts = SnippetInput { credential, around, secret };
    let known = parts.variables().into_iter().filter(|(_, value)| !value.starts_with('<'));
    known.map(|(name, value)| (name, Secret::new(value.to_owned()))).collect()
}

struct SnippetInput<'a> {
    credential: &'a Credential,
    around: &'a Around,
    secret: Option<&'a Secret>,
}

impl SnippetInput<'_> {
    fn id(&self) -> &str {
        self.credential.id().raw()
    }

    fn secret(&self) -> &str {
        let placeholder = if self.credential.kind() == Kind::Token {
            "<API ACCESS TOKEN>"
        } else {
            "<CLIENT SECRET>"
        };
        self.secret.map_or(placeholder, Secret::expose)
    }

    fn issuer(&self) -> &str {
        self.around.issuer.as_deref().unwrap_or("<ISSUER>")
    }

    fn token_endpoint(&self) -> String {
        self.around
            .token_endpoint
            .clone()
            .unwrap_or_else(|| format!("{}/oauth/token", self.issuer().trim_end_matches('/')))
    }

    fn client(&self) -> Option<&Client> {
        self.credential.client()
    }

    fn callback(&self) -> &str {
        self.client().and_then(|it| it.callbacks.first()).map_or("<REDIRECT URI>", Untrusted::raw)
    }

    /// Returns the first connection that a token can read, or a placeholder.
    fn connection(&self) -> &str {
        match self.credential {
            Credential::Token(token) => token.grants.first().map(|grant| grant.connection.raw()),
            _ => None,
        }
        .unwrap_or("<CONNECTION>")
    }

    /// Returns the connection, percent-encoded for a path.
    fn connection_in_path(&self) -> String {
        let connection = self.connection();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~<>".contains(&byte);
        connection.bytes().fold(String::new(), |mut path, byte| {
            if plain(byte) {
                path.push(char::from(byte));
            } else {
                let _ = write!(path, "%{byte:02X}");
            }
            path
        })
    }

    /// Returns the first source of a token if it is a table, or a placeholder.
    fn table(&self) -> &str {
        let source = match self.credential {
            Credential::Token(token) => token.grants.first().map(|grant| grant.source.raw()),
            _ => None,
        };
        let one = |source: &&str| !source.contains(|c: char| c == '*' || c.is_whitespace());
        source.filter(one).unwrap_or("<TABLE>")
    }

    fn variables(&self) -> Vec<(&'static str, &str)> {
        let mut lines = vec![("API_BASE_URL", self.around.base_url.as_str())];
        match self.credential.kind() {
            Kind::Token => lines.push(("API_ACCESS_TOKEN", self.secret())),
            kind => {
                lines.push(("OAUTH_CLIENT_ID", self.id()));
                if kind != Kind::Spa {
                    lines.push(("OAUTH_CLIENT_SECRET", self.secret()));
                }
                lines.push(("OAUTH_ISSUER", self.issuer()));
                if let Some(audience) = &self.around.audience {
                    lines.push(("OAUTH_AUDIENCE", audience));
                }
                if kind == Kind::Spa {
                    lines.push(("OAUTH_REDIRECT_URI", self.callback()));
                }
            }
        }
        lines
    }

    fn env(&self) -> String {
        let mut out = String::new();
        for (name, value) in self.variables() {
            let _ = writeln!(out, "{name}={}", shell(value));
        }
        out
    }

    fn json(&self) -> String {
        let kind = self.credential.kind();
        let value = if kind == Kind::Token {
            json!({ "apiBaseUrl": self.around.base_url, "accessToken": self.secret() })
        } else {
            let mut value = json!({
                "apiBaseUrl": self.around.base_url,
                "clientId": self.id(),
                "issuer": self.issuer(),
                "audience": self.around.audience,
            });
            if kind == Kind::Spa {
                value["redirectUri"] = json!(self.callback());
            } else {
                value["clientSecret"] = json!(self.secret());
            }
            value
        };
        export::json(&value, true) + "\n"
    }

    fn curl(&self, kind: Kind) -> String {
        if kind == Kind::Token {
            return format!(
                "# the token is read into a variable, so that it is not an argument of curl\n\
                 read -rs API_ACCESS_TOKEN{}\n\
                 printf 'Authorization: Bearer %s' \"$API_ACCESS_TOKEN\" | \\\n  \
                 curl --silent --header @- {}\n",
                given(self.secret),
                shell(&format!(
                    "{}/v3/sql/{}/query?q=SELECT%201",
                    self.around.base_url,
                    self.connection_in_path()
                ))
            );
        }
        let mut out = format!(
            "# the secret is read into a variable, so that it is not an argument of curl\n\
             read -rs OAUTH_CLIENT_SECRET{}\n\
             printf '%s:%s' {} \"$OAUTH_CLIENT_SECRET\" | \\\n  \
             sed 's/[\"\\\\]/\\\\&/g; s/^/user = \"/; s/$/\"/' | \\\n  \
             curl --silent --config - {} \\\n  \
             --data grant_type=client_credentials",
            given(self.secret),
            shell(self.id()),
            shell(&self.token_endpoint())
        );
        if let Some(audience) = &self.around.audience {
            let _ =
                write!(out, " \\\n  --data-urlencode {}", shell(&format!("audience={audience}")));
        }
        out.push('\n');
        out
    }

    fn deckgl(&self, kind: Kind) -> String {
        let base = js(&self.around.base_url);
        if kind == Kind::Token {
            return format!(
                "import {{Deck}} from '@deck.gl/core';\n\
                 import {{VectorTileLayer, vectorTableSource}} from '@deck.gl/carto';\n\n\
                 const data = vectorTableSource({{\n  \
                 apiBaseUrl: {base},\n  \
                 accessToken: {},\n  \
                 connectionName: {},\n  \
                 tableName: {}\n\
                 }});\n\n\
                 new Deck({{layers: [new VectorTileLayer({{id: 'layer', data}})]}});\n",
                js(self.secret()),
                js(self.connection()),
                js(self.table())
            );
        }
        format!(
            "import {{createAuth0Client}} from '@auth0/auth0-spa-js';\n\n\
             const auth = await createAuth0Client({{\n  \
             domain: {},\n  \
             clientId: {},\n  \
             authorizationParams: {{\n    \
             audience: {},\n    \
             redirect_uri: {}\n  \
             }}\n\
             }});\n\n\
             const accessToken = await auth.getTokenSilently();\n\
             const apiBaseUrl = {base};\n",
            js(self.issuer().trim_start_matches("https://").trim_end_matches('/')),
            js(self.id()),
            js(self.around.audience.as_deref().unwrap_or("<AUDIENCE>")),
            js(self.callback()),
        )
    }

    fn python(&self, kind: Kind) -> String {
        if kind == Kind::Token {
            return format!(
                "import os\nimport requests\n\n{}\
                 response = requests.get(\n    \
                 {} + \"/v3/sql/{}/query\",\n    \
                 params={{\"q\": \"SELECT 1\"}},\n    \
                 headers={{\"Authorization\": \"Bearer \" + token}},\n    \
                 timeout=30,\n)\n\
                 response.raise_for_status()\n",
                self.python_secret("token", "API_ACCESS_TOKEN"),
                js(&self.around.base_url),
                self.connection_in_path()
            );
        }
        let audience = self
            .around
            .audience
            .as_ref()
            .map_or_else(String::new, |it| format!(", \"audience\": {}", js(it)));
        format!(
            "import os\nimport requests\n\n{}\
             response = requests.post(\n    \
             {},\n    \
             data={{\"grant_type\": \"client_credentials\"{audience}}},\n    \
             auth=({}, secret),\n    \
             timeout=30,\n)\n\
             response.raise_for_status()\n\
             access_token = response.json()[\"access_token\"]\n\
             api_base_url = {}\n",
            self.python_secret("secret", "OAUTH_CLIENT_SECRET"),
            js(&self.token_endpoint()),
            js(self.id()),
            js(&self.around.base_url),
        )
    }

    fn python_secret(&self, name: &str, variable: &str) -> String {
        match self.secret {
            Some(secret) => format!("{name} = {}\n", js(secret.expose())),
            None => format!("{name} = os.environ[\"{variable}\"]\n"),
        }
    }

    fn terraform(&self, kind: Kind) -> Result<String, NoSnippet> {
        let Some(client) = self.client() else {
            return Err(NoSnippet::NoResource);
        };
        let resource = name_of(self.credential.name().raw());
        let mut out = format!(
            "# terraform import auth0_client.{resource} {}\n\
             resource \"auth0_client\" \"{resource}\" {{\n",
            shell(self.id())
        );
        let app_type = match kind {
            Kind::M2m => "non_interactive",
            Kind::Other => client.app_type.as_ref().map_or("regular_web", Untrusted::raw),
            _ => "spa",
        };
        let mut line = |name: &str, value: String| {
            let _ = writeln!(out, "  {name} = {value}");
        };
        line("name", hcl(self.credential.name().raw()));
        line("app_type", hcl(app_type));
        if let Some(url) = &client.login_url {
            line("initiate_login_uri", hcl(url.raw()));
        }
        for (name, list) in [
            ("callbacks", &client.callbacks),
            ("allowed_logout_urls", &client.logout_urls),
            ("web_origins", &client.web_origins),
            ("allowed_origins", &client.allowed_origins),
            ("grant_types", &client.grant_types),
        ] {
            if !list.is_empty() {
                let items: Vec<String> = list.iter().map(|it| hcl(it.raw())).collect();
                line(name, format!("[{}]", items.join(", ")));
            }
        }
        out.push_str("}\n");
        Ok(out)
    }
}

/// Returns the here-string that passes the secret to `read -rs`; empty without a secret, so that
/// the user types it.
fn given(secret: Option<&Secret>) -> String {
    secret.map_or_else(String::new, |it| format!(" <<< {}", shell(it.expose())))
}

/// Escapes a word as [`text::shown`] does, and quotes it for a POSIX shell if necessary.
pub fn shell(text: &str) -> String {
    let text = text::shown(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Returns a string literal for JavaScript and Python, which both accept JSON strings.
fn js(text: &str) -> String {
    export::json(&text, false)
}

/// Returns an HCL string, with `${` and `%{` escaped.
fn hcl(text: &str) -> String {
    export::json(&text, false).replace("${", "$${").replace("%{", "%%{")
}

/// Converts a name to a valid Terraform name.
fn name_of(name: &str) -> String {
    let mut out = String::new();
    for word in name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|it| !it.is_empty()) {
        if !out.is_empty() {
            out.push('_');
        }
        out.push_str(&word.to_ascii_lowercase());
    }
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert_str(0, "client_");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Grant, Token, credential::Record};

    #[test]
    fn nothing_in_a_snippet_gets_out_of_its_quotes() {
        let hostile = "a'; rm -rf ~ #\"${x}\n\u{202e}";
        let credential = Credential::M2m(Client {
            record: Record { id: hostile.into(), name: hostile.into(), ..Record::default() },
            ..Client::default()
        });
        let around = Around { base_url: "https://api.acme.dev".into(), ..Around::default() };
        let written = |snippet| write(snippet, &credential, &around, None).expect("a snippet");
        assert!(written(Snippet::Env).contains(r"OAUTH_CLIENT_ID='a'\''; rm -rf ~ #"));
        assert!(written(Snippet::Python).contains(r#""a'; rm -rf ~ #\"${x}\n\u202e""#));
        assert!(written(Snippet::Terraform).contains(r#"name = "a'; rm -rf ~ #\"$${x}\n\u202e""#));
        for snippet in [Snippet::Env, Snippet::Curl, Snippet::Python, Snippet::Json] {
            assert!(!written(snippet).contains('\u{202e}'));
        }
    }

    #[test]
    fn what_a_token_reads_stands_in_its_snippets() {
        let grant = |connection: &str, source: &str| Grant {
            connection: connection.into(),
            source: source.into(),
        };
        let around = Around { base_url: "https://api.acme.dev".into(), ..Around::default() };
        let written = |snippet, grant: Grant| {
            let token = Credential::Token(Token { grants: vec![grant], ..Token::default() });
            write(snippet, &token, &around, None).expect("a snippet")
        };
        let deckgl = written(Snippet::DeckGl, grant("carto_dw", "acme.retail.stores"));
        assert!(deckgl.contains("connectionName: \"carto_dw\""), "{deckgl}");
        assert!(deckgl.contains("tableName: \"acme.retail.stores\""), "{deckgl}");
        assert!(written(Snippet::DeckGl, grant("a", "a.b.*")).contains("\"<TABLE>\""));
        let curl = written(Snippet::Curl, grant("a'/../x", "*"));
        assert!(curl.contains("/v3/sql/a%27%2F..%2Fx/query"), "{curl}");
    }

    #[test]
    fn a_secret_is_a_placeholder_unless_one_is_given() {
        let credential = Credential::M2m(Client::default());
        let around = Around::default();
        let env = |secret: Option<&Secret>| write(Snippet::Env, &credential, &around, secret);
        assert!(env(None).is_ok_and(|it| it.contains("OAUTH_CLIENT_SECRET='<CLIENT SECRET>'")));
        let secret = Secret::new("s3cret".into());
        assert!(env(Some(&secret)).is_ok_and(|it| it.contains("OAUTH_CLIENT_SECRET=s3cret")));
    }
}
