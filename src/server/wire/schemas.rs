//! Schemas of request bodies, at least as strict as the server. A credential that matches its
//! schema can be rejected only because of permissions, the plan, stored data, the time or a header.
//!
//! The schemas are written by hand, because a struct with optional members cannot express all
//! rules. Examples are a member that is required only on creation, a list that must not be empty,
//! and a member whose value determines which other members are required.

use serde_json::{Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::{CONNECTION_LIMIT, GRANTS_LIMIT, REFERER_LIMIT, REFERERS_LIMIT, SOURCE_LIMIT};
use crate::domain::{
    draft::{NAME_LIMIT, URLS_PER_LIST},
    grants, text, urls,
};

/// Defines a schema by its name and JSON.
macro_rules! schema {
    ($name:ident, $json:expr) => {
        #[doc = concat!("Schema `", stringify!($name), "`.")]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                read($json)
            }
        }

        impl ToSchema for $name {}
    };
}

schema!(
    OAuthClientCreate,
    json!({
        "description": "An OAuth client to create.",
        "oneOf": [
            object("SPA client whose four lists are derived from its login URL", &["app_type", "name", "initiate_login_uri"], json!({
                "app_type": { "type": "string", "enum": ["spa"] },
                "name": name(),
                "initiate_login_uri": login_url(false),
                "use_default_urls": {
                    "type": "boolean", "enum": [true],
                    "description": "Lists in the request are ignored.",
                },
                "callbacks": ignored(), "allowed_logout_urls": ignored(),
                "web_origins": ignored(), "allowed_origins": ignored(),
                "visibility": visibility(),
            })),
            object("SPA client with explicit lists", &["app_type", "name", "use_default_urls", "callbacks"], json!({
                "app_type": { "type": "string", "enum": ["spa"] },
                "name": name(),
                "initiate_login_uri": login_url(true),
                "use_default_urls": { "type": "boolean", "enum": [false] },
                "callbacks": callbacks(),
                "allowed_logout_urls": logout_urls(),
                "web_origins": web_origins(),
                "allowed_origins": allowed_origins(),
                "visibility": visibility(),
            })),
            object("M2M client", &["app_type", "name"], json!({
                "app_type": { "type": "string", "enum": ["non_interactive", "m2m"] },
                "name": name(),
                "visibility": visibility(),
            })),
        ],
    })
);

schema!(
    OAuthClientEdit,
    object(
        "Changes to an OAuth client. Omitted members stay unchanged; a list replaces the stored list. An M2M client has only `name` and `visibility`.",
        &[],
        json!({
            "app_type": {
                "type": "string", "enum": ["spa", "non_interactive", "m2m"],
                "description": "Cannot be changed: a type other than the client's is rejected with 409.",
            },
            "name": name(),
            "initiate_login_uri": login_url(true),
            "use_default_urls": {
                "type": "boolean",
                "description": "True requires a login URL. Lists in the request must be valid, and are then ignored.",
            },
            "callbacks": callbacks(),
            "allowed_logout_urls": logout_urls(),
            "web_origins": web_origins(),
            "allowed_origins": allowed_origins(),
            "visibility": visibility(),
        }),
    )
);

schema!(
    ApiTokenCreate,
    object("An API access token to create.", &["allowed_apis", "grants"], {
        let mut members = token_members();
        members["name"]["description"] = json!(
            "Unique among the tokens of the caller. The server generates one (`tk_…`) if omitted."
        );
        members["expiration_date"] = json!({
            "type": ["string", "null"], "format": "date-time",
            "description": "Expiry of the token. A time in the past is rejected with 409.",
        });
        members
    })
);

schema!(
    ApiTokenEdit,
    object(
        "Changes to an API access token. Omitted members stay unchanged; a list replaces the stored list. The expiry cannot be changed.",
        &[],
        token_members(),
    )
);

fn token_members() -> Value {
    let [exclusive, others @ ..] = {
        let mut apis = grants::APIS;
        apis.sort_by_key(|api| *api != grants::EXCLUSIVE_API);
        apis
    };
    json!({
        "name": name(),
        "allowed_apis": {
            "description": format!("`{exclusive}` can write, so it cannot be combined with another API."),
            "oneOf": [
                { "type": "array", "minItems": 1, "maxItems": 1, "items": { "type": "string", "enum": [exclusive] } },
                { "type": "array", "minItems": 1, "maxItems": others.len(), "uniqueItems": true, "items": { "type": "string", "enum": others } },
            ],
        },
        "grants": {
            "type": "array", "minItems": 1, "maxItems": GRANTS_LIMIT,
            "items": object("Source that a token may read", &["connection_name", "source"], json!({
                "connection_name": {
                    "type": "string", "minLength": 1, "maxLength": CONNECTION_LIMIT,
                    "pattern": format!("^[^\\s{CONTROLS}]+$"),
                    "description": "The connection's name.", "example": "carto_dw",
                },
                "source": {
                    "type": "string", "minLength": 1, "maxLength": SOURCE_LIMIT,
                    // Matches `*`, a name without a wildcard in its first two segments, or a query,
                    // which contains a space.
                    "pattern": format!("^(\\*|[^\\s.*{CONTROLS}]+(\\.[^\\s.*{CONTROLS}]+(\\.[^\\s.{CONTROLS}]+)*)?|[^\\s{CONTROLS}]+( [^\\s{CONTROLS}]+)+)$"),
                    "description": "A fully qualified name, a pattern over its segments, an SQL query, or `*` for the whole connection.",
                    "example": "project.dataset.stores",
                },
            })),
        },
        "referers": {
            "type": "array", "maxItems": REFERERS_LIMIT, "uniqueItems": true,
            "items": { "type": "string", "maxLength": REFERER_LIMIT, "pattern": format!("^https?://[^\\s{CONTROLS}]*$") },
            "description": "Pages that may send the token. `*` and `?` are wildcards; an empty list allows every page.",
        },
        "visibility": visibility(),
    })
}

schema!(
    TokenRequestSchema,
    json!({
        "description": "Access token request. The client authenticates with `client_secret` or HTTP Basic.",
        "oneOf": [
            object_open("Client credentials of an M2M client (RFC 6749 section 4.4)", &["grant_type", "audience"], json!({
                "grant_type": { "type": "string", "enum": ["client_credentials"] },
                "client_id": client_id(), "client_secret": client_secret(),
                "audience": audience(), "scope": api_scope(),
            })),
            object_open("Authorization code with PKCE (RFC 6749 section 4.1.3, RFC 7636)",
                &["grant_type", "client_id", "code", "redirect_uri", "code_verifier"], json!({
                "grant_type": { "type": "string", "enum": ["authorization_code"] },
                "client_id": client_id(),
                "code": { "type": "string", "description": "The authorization code from the redirect." },
                "redirect_uri": { "type": "string", "description": "The redirect URI of the authorization request." },
                "code_verifier": { "type": "string", "description": "The verifier of the code challenge." },
            })),
            object_open("Refresh token, which works once (RFC 6749 section 6)",
                &["grant_type", "client_id", "refresh_token"], json!({
                "grant_type": { "type": "string", "enum": ["refresh_token"] },
                "client_id": client_id(),
                "refresh_token": { "type": "string" },
                "scope": { "type": "string", "description": "Subset of the granted scopes, separated by spaces." },
            })),
            object_open("Device flow of the console (RFC 8628 section 3.4)",
                &["grant_type", "client_id", "device_code"], json!({
                "grant_type": { "type": "string", "enum": ["urn:ietf:params:oauth:grant-type:device_code"] },
                "client_id": console_id(),
                "device_code": { "type": "string" },
            })),
        ],
    })
);

schema!(
    RevokeRequestSchema,
    object_open(
        "A token to revoke (RFC 7009 section 2.1)",
        &["token"],
        json!({
            "token": { "type": "string", "description": "The access token or the refresh token." },
            "token_type_hint": { "type": "string", "description": "`access_token` or `refresh_token`; ignored." },
            "client_id": client_id(), "client_secret": client_secret(),
        })
    )
);

schema!(
    DeviceRequestSchema,
    object_open(
        "Device authorization request (RFC 8628 section 3.1)",
        &["client_id"],
        json!({
            "client_id": console_id(), "audience": audience(), "scope": person_scope(),
        })
    )
);

/// Control characters, for a character class of a regular expression.
const CONTROLS: &str = "\\u0000-\\u001f\\u007f-\\u009f";

fn read(value: Value) -> RefOr<Schema> {
    let Ok(schema) = serde_json::from_value(value) else {
        unreachable!("a test parses every schema")
    };
    RefOr::T(schema)
}

fn object(description: &str, required: &[&str], properties: Value) -> Value {
    let mut object = object_open(description, required, properties);
    object["additionalProperties"] = json!(false);
    object
}

/// Returns the schema of an object that allows additional members, which RFC 6749 section 3.2
/// requires servers to ignore.
#[expect(clippy::needless_pass_by_value, reason = "a literal reads better without a reference")]
fn object_open(description: &str, required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object",
        "description": description,
        "required": required,
        "properties": properties,
    })
}

fn name() -> Value {
    let invisible: String = text::INVISIBLE.iter().flat_map(|(a, b)| [*a, '-', *b]).collect();
    json!({
        "type": "string", "minLength": 1, "maxLength": NAME_LIMIT,
        "pattern": format!("^[^\\s<>{CONTROLS}{invisible}]([^<>{CONTROLS}]*[^\\s<>{CONTROLS}])?$"),
        "description": "Display name: starts with a visible character, does not end with a space, and has no `<` or `>`.",
        "example": "Store locator",
    })
}

fn visibility() -> Value {
    json!({
        "type": "string", "enum": ["private", "organization"],
        "description": "Visibility; private by default.",
    })
}

fn login_url(nullable: bool) -> Value {
    let kind = if nullable { json!(["string", "null"]) } else { json!("string") };
    json!({
        "type": kind, "maxLength": urls::LIMIT, "pattern": format!("^({}){PATH}$", web()),
        "description": "Application login URL: https, or http on a loopback host.",
        "example": "https://stores.acme.dev/",
    })
}

fn callbacks() -> Value {
    let mut list =
        list("Redirect URIs, compared exactly.", &format!("^(({}){PATH}|{PRIVATE_USE})$", web()));
    list["minItems"] = json!(1);
    list
}

fn logout_urls() -> Value {
    list(
        "URLs that a browser may be sent to after sign-out.",
        &format!("^(({}){PATH}|{PRIVATE_USE})$", web()),
    )
}

fn web_origins() -> Value {
    list("Origins that may use silent authentication.", &format!("^({})$", web()))
}

fn allowed_origins() -> Value {
    list(
        "Allowed origins for CORS; `https://*.host` matches all subdomains of `host`.",
        &format!("^({}|https://\\*\\.{HOST}{PORT})$", web()),
    )
}

fn list(description: &str, pattern: &str) -> Value {
    json!({
        "type": "array", "maxItems": URLS_PER_LIST, "uniqueItems": true,
        "items": { "type": "string", "maxLength": urls::LIMIT, "pattern": pattern },
        "description": description,
    })
}

fn ignored() -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": "Ignored." })
}

/// Pattern of a host name in ASCII form. The last label starts with a letter, which excludes IPv4
/// addresses.
const HOST: &str = "([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?";
const PORT: &str = "(:[1-9][0-9]{0,3})?";

/// Returns the pattern of an origin: https, or http on a loopback host.
fn web() -> String {
    format!("https://{HOST}{PORT}|http://(localhost|127\\.0\\.0\\.1|\\[::1\\]){PORT}")
}

/// Pattern of the path and query of a URL, without a wildcard.
const PATH: &str = "([/?][A-Za-z0-9._~!$&'()+,;=:@%/?-]*)?";

/// Pattern of a URI with a private-use scheme, which contains a dot (RFC 8252 section 7.1).
const PRIVATE_USE: &str =
    "[a-z][a-z0-9+-]*(\\.[a-z0-9][a-z0-9+-]*)+:/[A-Za-z0-9._~!$&'()+,;=:@%-]*";

fn client_id() -> Value {
    json!({ "type": "string", "description": "Client ID, unless sent with HTTP Basic." })
}

fn console_id() -> Value {
    json!({
        "type": "string", "enum": [crate::server::oauth::CONSOLE],
        "description": "Client ID of the console; other clients cannot use the device flow.",
    })
}

fn client_secret() -> Value {
    json!({ "type": "string", "description": "Client secret, unless sent with HTTP Basic." })
}

fn audience() -> Value {
    json!({ "type": "string", "enum": [crate::server::AUDIENCE], "description": "Value of `audience` in the capabilities." })
}

fn api_scope() -> Value {
    scope(&crate::server::oauth::permissions("admin"))
}

fn person_scope() -> Value {
    let mut scopes = crate::server::oauth::permissions("admin");
    scopes.extend(crate::server::oauth::IDENTITY);
    scope(&scopes)
}

fn scope(scopes: &[&str]) -> Value {
    let one = scopes.join("|");
    json!({
        "type": "string", "maxLength": crate::server::oauth::SCOPE_LIMIT,
        "pattern": format!("^(({one})( ({one}))*)?$"),
        "description": "Scopes, separated by spaces. Default: all scopes of the role.",
    })
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::schema::Schema;

    use super::*;

    #[test]
    fn every_schema_is_read() {
        for schema in [
            OAuthClientCreate::schema(),
            OAuthClientEdit::schema(),
            ApiTokenCreate::schema(),
            ApiTokenEdit::schema(),
            TokenRequestSchema::schema(),
            RevokeRequestSchema::schema(),
            DeviceRequestSchema::schema(),
        ] {
            assert!(matches!(schema, RefOr::T(Schema::Object(_) | Schema::OneOf(_))));
        }
    }
}
