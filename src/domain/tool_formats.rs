//! Clients in the formats of other tools: Terraform, keycloak-config-cli, the Auth0 deploy CLI and
//! hydra-maester.
//!
//! The inputs are the provider's own objects without secrets, so settings that Credenza does not
//! interpret can be exported too.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{export::is_empty_value, text, yaml};

type Object = Map<String, Value>;

/// Members of a Keycloak client that the server computes (`ClientRepresentation`).
const KEYCLOAK_COMPUTED: [&str; 4] = ["access", "surrogateAuthRequired", "notBefore", "origin"];

/// Attributes of a Keycloak client that the server computes.
const KEYCLOAK_COMPUTED_ATTRIBUTES: [&str; 2] = ["client.secret.creation.time", "realm_client"];

/// Members that Auth0 computes. Its Management API does not accept them in an update.
const AUTH0_COMPUTED: [&str; 6] =
    ["tenant", "global", "callback_url_template", "signing_keys", "client_id", "config_route"];

/// Attribute of a Keycloak client that adds the session ID to back-channel logout tokens.
const SESSION_REQUIRED: &str = "backchannel.logout.session.required";

/// Attribute of a Keycloak client that contains its logout URLs, separated by `##`.
const LOGOUT: &str = "post.logout.redirect.uris";

/// Formats clients as an import file for keycloak-config-cli. The import leaves other clients of
/// the realm unchanged only if the managed mode for clients is `no-delete`, which is the default.
#[must_use]
pub fn keycloak_config_cli(realm: &str, clients: &[Object]) -> String {
    let clients: Vec<Value> = clients
        .iter()
        .map(|client| {
            let mut client = client.clone();
            client.retain(|name, _| name != "id" && !KEYCLOAK_COMPUTED.contains(&name.as_str()));
            for value in client.values_mut() {
                *value = sorted(value.take());
            }
            if let Some(attributes) = client.get_mut("attributes").and_then(Value::as_object_mut) {
                // If these attributes are missing, an import sets different values.
                attributes.entry(LOGOUT).or_insert_with(|| json!(""));
                attributes.entry(SESSION_REQUIRED).or_insert_with(|| json!("false"));
                attributes.retain(|name, _| !KEYCLOAK_COMPUTED_ATTRIBUTES.contains(&name.as_str()));
            }
            let mappers = client.get_mut("protocolMappers").and_then(Value::as_array_mut);
            for mapper in mappers.into_iter().flatten().filter_map(Value::as_object_mut) {
                mapper.remove("id");
            }
            Value::Object(client)
        })
        .collect();
    yaml::format(&json!({ "realm": realm, "clients": clients }))
}

/// Formats clients as a `tenant.yaml` of the Auth0 deploy CLI, which finds clients by their names.
#[must_use]
pub fn auth0_deploy(clients: &[Object]) -> String {
    let clients: Vec<Value> = clients
        .iter()
        .map(|client| {
            let mut client = client.clone();
            // An add-on without its secret would be reset.
            client.retain(|name, _| !AUTH0_COMPUTED.contains(&name.as_str()) && name != "addons");
            let jwt = client.get_mut("jwt_configuration").and_then(Value::as_object_mut);
            if let Some(jwt) = jwt {
                jwt.remove("secret_encoded");
            }
            Value::Object(client)
        })
        .collect();
    yaml::format(&json!({ "clients": clients }))
}

/// Members of a Hydra client, each with its name in the `OAuth2ClientSpec` of hydra-maester
/// (`hydra.ory.sh/v1alpha1`).
const MAESTER: [(&str, &str); 15] = [
    ("client_name", "clientName"),
    ("grant_types", "grantTypes"),
    ("response_types", "responseTypes"),
    ("redirect_uris", "redirectUris"),
    ("post_logout_redirect_uris", "postLogoutRedirectUris"),
    ("allowed_cors_origins", "allowedCorsOrigins"),
    ("audience", "audience"),
    ("skip_consent", "skipConsent"),
    ("token_endpoint_auth_method", "tokenEndpointAuthMethod"),
    ("metadata", "metadata"),
    ("jwks_uri", "jwksUri"),
    ("frontchannel_logout_session_required", "frontChannelLogoutSessionRequired"),
    ("frontchannel_logout_uri", "frontChannelLogoutURI"),
    ("backchannel_logout_session_required", "backChannelLogoutSessionRequired"),
    ("backchannel_logout_uri", "backChannelLogoutURI"),
];

/// Formats clients as Kubernetes resources for hydra-maester. A resource adopts its existing client
/// if a Kubernetes secret with the name in `secretName` has the client's ID and secret.
#[must_use]
pub fn hydra_maester(clients: &[Object]) -> String {
    let mut names = Names::new('-');
    let documents = clients.iter().map(|client| {
        let mut spec = Object::new();
        for (from, to) in MAESTER {
            spec.extend(
                client.get(from).filter(|it| !is_empty_value(it)).map(|it| (to.into(), it.clone())),
            );
        }
        let scope = member(client, "scope");
        let scopes: Vec<&str> = scope.split_ascii_whitespace().collect();
        if !scopes.is_empty() {
            spec.insert("scopeArray".to_owned(), json!(scopes));
        }
        let mut lifespans = client.clone();
        lifespans.retain(|name, value| name.ends_with("_lifespan") && !is_empty_value(value));
        if !lifespans.is_empty() {
            spec.insert("tokenLifespans".to_owned(), Value::Object(lifespans));
        }
        let name = names.of(member(client, "client_id"));
        spec.insert("secretName".to_owned(), json!(name));
        let resource = json!({
            "apiVersion": "hydra.ory.sh/v1alpha1",
            "kind": "OAuth2Client",
            "metadata": { "name": name },
            "spec": spec,
        });
        let id = text::shown(member(client, "client_id"));
        format!(
            "# Store client ID {id} and its secret in the Kubernetes secret {name}.\n{}",
            yaml::format(&resource)
        )
    });
    documents.collect::<Vec<_>>().join("---\n")
}

/// Attributes of the Terraform resource `keycloak_openid_client`, each with the path of its value
/// in a Keycloak client
/// (<https://registry.terraform.io/providers/keycloak/keycloak/latest/docs/resources/openid_client>).
const TERRAFORM_KEYCLOAK: [(&str, &str); 19] = [
    ("client_id", "clientId"),
    ("name", "name"),
    ("description", "description"),
    ("enabled", "enabled"),
    ("client_authenticator_type", "clientAuthenticatorType"),
    ("standard_flow_enabled", "standardFlowEnabled"),
    ("implicit_flow_enabled", "implicitFlowEnabled"),
    ("direct_access_grants_enabled", "directAccessGrantsEnabled"),
    ("service_accounts_enabled", "serviceAccountsEnabled"),
    ("frontchannel_logout_enabled", "frontchannelLogout"),
    ("full_scope_allowed", "fullScopeAllowed"),
    ("consent_required", "consentRequired"),
    ("always_display_in_console", "alwaysDisplayInConsole"),
    ("root_url", "rootUrl"),
    ("admin_url", "adminUrl"),
    ("base_url", "baseUrl"),
    ("valid_redirect_uris", "redirectUris"),
    ("web_origins", "webOrigins"),
    ("valid_post_logout_redirect_uris", LOGOUT),
];

/// Attributes in [`TERRAFORM_KEYCLOAK`] that enable flows.
const FLOWS: [&str; 4] = [
    "standard_flow_enabled",
    "implicit_flow_enabled",
    "direct_access_grants_enabled",
    "service_accounts_enabled",
];

/// Attributes of a Keycloak client that have their own attribute in Terraform. Other attributes are
/// exported to `extra_config`, except logout URLs, empty attributes and
/// [`KEYCLOAK_COMPUTED_ATTRIBUTES`].
const TERRAFORM_KEYCLOAK_ATTRIBUTES: [(&str, &str); 25] = [
    ("pkce_code_challenge_method", "pkce.code.challenge.method"),
    ("exclude_session_state_from_auth_response", "exclude.session.state.from.auth.response"),
    ("exclude_issuer_from_auth_response", "exclude.issuer.from.auth.response"),
    ("access_token_lifespan", "access.token.lifespan"),
    ("login_theme", "login_theme"),
    ("client_offline_session_idle_timeout", "client.offline.session.idle.timeout"),
    ("client_offline_session_max_lifespan", "client.offline.session.max.lifespan"),
    ("client_session_idle_timeout", "client.session.idle.timeout"),
    ("client_session_max_lifespan", "client.session.max.lifespan"),
    ("display_on_consent_screen", "display.on.consent.screen"),
    ("consent_screen_text", "consent.screen.text"),
    ("use_refresh_tokens", "use.refresh.tokens"),
    ("use_refresh_tokens_client_credentials", "client_credentials.use_refresh_token"),
    ("backchannel_logout_url", "backchannel.logout.url"),
    ("frontchannel_logout_url", "frontchannel.logout.url"),
    ("backchannel_logout_revoke_offline_sessions", "backchannel.logout.revoke.offline.tokens"),
    ("backchannel_logout_session_required", SESSION_REQUIRED),
    ("oauth2_device_authorization_grant_enabled", "oauth2.device.authorization.grant.enabled"),
    ("oauth2_device_code_lifespan", "oauth2.device.code.lifespan"),
    ("oauth2_device_polling_interval", "oauth2.device.polling.interval"),
    ("oauth2_jwt_authorization_grant_enabled", "oauth2.jwt.authorization.grant.enabled"),
    ("oauth2_jwt_authorization_grant_idp", "oauth2.jwt.authorization.grant.idp"),
    ("require_dpop_bound_tokens", "dpop.bound.access.tokens"),
    ("standard_token_exchange_enabled", "standard.token.exchange.enabled"),
    (
        "allow_refresh_token_in_standard_token_exchange",
        "standard.token.exchange.enableRefreshRequestedTokenType",
    ),
];

/// Attributes in [`TERRAFORM_KEYCLOAK_ATTRIBUTES`] that are booleans in Terraform and strings in
/// Keycloak.
const TERRAFORM_SWITCHES: [&str; 11] = [
    "exclude_session_state_from_auth_response",
    "exclude_issuer_from_auth_response",
    "display_on_consent_screen",
    "use_refresh_tokens",
    "use_refresh_tokens_client_credentials",
    "backchannel_logout_revoke_offline_sessions",
    "backchannel_logout_session_required",
    "oauth2_device_authorization_grant_enabled",
    "oauth2_jwt_authorization_grant_enabled",
    "require_dpop_bound_tokens",
    "standard_token_exchange_enabled",
];

/// Formats the OpenID Connect clients of a realm as Terraform resources with import blocks. SAML
/// clients are left out, because Terraform has a different resource for them.
#[must_use]
pub fn terraform_keycloak(realm: &str, clients: &[Object]) -> String {
    let mut names = Names::new('_');
    let mut out = String::new();
    for client in clients {
        let id = member(client, "clientId");
        if !matches!(member(client, "protocol"), "" | "openid-connect") {
            let _ = writeln!(
                out,
                "# Left out: {}, which is not an OpenID Connect client.\n",
                text::shown(id)
            );
            continue;
        }
        let empty = Object::new();
        let attributes = client.get("attributes").and_then(Value::as_object).unwrap_or(&empty);
        let is_on = |name: &str| client.get(name) == Some(&Value::Bool(true));
        let access = match (is_on("publicClient"), is_on("bearerOnly")) {
            (true, _) => "PUBLIC",
            (_, true) => "BEARER-ONLY",
            _ => "CONFIDENTIAL",
        };
        let mut lines: Vec<(&str, String)> =
            vec![("realm_id", hcl(&json!(realm))), ("access_type", hcl(&json!(access)))];
        let redirects = access != "BEARER-ONLY"
            && (is_on("standardFlowEnabled") || is_on("implicitFlowEnabled"));
        for (to, from) in TERRAFORM_KEYCLOAK {
            let value = match to {
                // The Terraform provider rejects flows for a bearer-only client. It also rejects
                // URL lists that no enabled flow uses.
                flow if access == "BEARER-ONLY" && FLOWS.contains(&flow) => json!(false),
                "valid_redirect_uris" if !redirects => continue,
                "web_origins" if !redirects && !is_on("directAccessGrantsEnabled") => continue,
                "valid_post_logout_redirect_uris" => {
                    json!(member(attributes, from).split("##").collect::<Vec<_>>())
                }
                _ => sorted(client.get(from).cloned().unwrap_or_default()),
            };
            if !is_empty_value(&value) && value != json!([""]) {
                lines.push((to, hcl(&value)));
            }
        }
        for (to, from) in TERRAFORM_KEYCLOAK_ATTRIBUTES {
            let value = match member(attributes, from) {
                // If the attribute is missing, the Terraform provider uses true and Keycloak false.
                "" if to == "backchannel_logout_session_required" => "false",
                "" => continue,
                value => value,
            };
            let is_switch = TERRAFORM_SWITCHES.contains(&to);
            lines.push((
                to,
                if is_switch { (value == "true").to_string() } else { hcl(&json!(value)) },
            ));
        }
        let is_known = |name: &str| {
            TERRAFORM_KEYCLOAK_ATTRIBUTES.iter().any(|(_, from)| *from == name)
                || name == LOGOUT
                || KEYCLOAK_COMPUTED_ATTRIBUTES.contains(&name)
        };
        let extra: Vec<(String, String)> = attributes
            .iter()
            .filter(|(name, value)| !is_known(name) && !is_empty_value(value))
            .map(|(name, value)| (hcl(&json!(name)), hcl(value)))
            .collect();
        let name = names.of(id);
        let import = format!("{realm}/{}", member(client, "id"));
        resource(&mut out, "keycloak_openid_client", &name, &import, &lines);
        if !extra.is_empty() {
            out.push_str("\n  extra_config = {\n");
            aligned(&mut out, "    ", &extra);
            out.push_str("  }\n");
        }
        let overrides = client.get("authenticationFlowBindingOverrides").and_then(Value::as_object);
        let flows = [("browser_id", "browser"), ("direct_grant_id", "direct_grant")];
        let flows: Vec<(&str, String)> = flows
            .into_iter()
            .filter_map(|(to, from)| {
                Some((to, overrides?.get(from).filter(|it| !is_empty_value(it))?))
            })
            .map(|(to, flow)| (to, hcl(flow)))
            .collect();
        if !flows.is_empty() {
            out.push_str("\n  authentication_flow_binding_overrides {\n");
            aligned(&mut out, "    ", &flows);
            out.push_str("  }\n");
        }
        if is_on("authorizationServicesEnabled") {
            // Without this block, the provider turns the authorization services off.
            out.push_str("\n  # Defaults, because the client data lacks these settings. Check them in the plan.\n  authorization {\n");
            let defaults = [
                ("policy_enforcement_mode", hcl(&json!("ENFORCING"))),
                ("allow_remote_resource_management", hcl(&json!(true))),
            ];
            aligned(&mut out, "    ", &defaults);
            out.push_str("  }\n");
        }
        out.push_str("}\n\n");
    }
    ended(out)
}

/// Attributes of the Terraform resource `auth0_client` that have the same name in the Management
/// API (<https://registry.terraform.io/providers/auth0/auth0/latest/docs/resources/client>).
const TERRAFORM_AUTH0: [&str; 27] = [
    "name",
    "description",
    "app_type",
    "callbacks",
    "allowed_logout_urls",
    "web_origins",
    "allowed_origins",
    "allowed_clients",
    "client_aliases",
    "grant_types",
    "initiate_login_uri",
    "is_first_party",
    "is_token_endpoint_ip_header_trusted",
    "oidc_conformant",
    "cross_origin_auth",
    "cross_origin_loc",
    "custom_login_page_on",
    "custom_login_page",
    "form_template",
    "logo_uri",
    "organization_usage",
    "organization_require_behavior",
    "require_proof_of_possession",
    "require_pushed_authorization_requests",
    "compliance_level",
    "sso",
    "sso_disabled",
];

/// Nested blocks of `auth0_client`, with the attributes that are exported.
const TERRAFORM_AUTH0_BLOCKS: [(&str, &[&str]); 2] = [
    ("jwt_configuration", &["alg", "lifetime_in_seconds"]),
    (
        "refresh_token",
        &[
            "rotation_type",
            "expiration_type",
            "leeway",
            "token_lifetime",
            "infinite_token_lifetime",
            "idle_token_lifetime",
            "infinite_idle_token_lifetime",
        ],
    ),
];

/// Formats the clients of a tenant as Terraform resources with import blocks.
#[must_use]
pub fn terraform_auth0(clients: &[Object]) -> String {
    let mut names = Names::new('_');
    let mut out = String::new();
    let known = |object: &Object, names: &[&'static str]| -> Vec<(&'static str, String)> {
        let named = names.iter().filter_map(|name| Some((*name, object.get(*name)?)));
        named.filter(|(_, it)| !is_empty_value(it)).map(|(name, it)| (name, hcl(it))).collect()
    };
    for client in clients {
        let mut client = client.clone();
        // The Terraform provider uses the older name.
        if let Some(value) = client.remove("cross_origin_authentication") {
            client.entry("cross_origin_auth").or_insert(value);
        }
        let client = &client;
        let name = names.of(member(client, "name"));
        let lines = known(client, &TERRAFORM_AUTH0);
        resource(&mut out, "auth0_client", &name, member(client, "client_id"), &lines);
        if let Some(metadata) = client.get("client_metadata").and_then(Value::as_object) {
            let entries: Vec<(String, String)> =
                metadata.iter().map(|(name, value)| (hcl(&json!(name)), hcl(value))).collect();
            if !entries.is_empty() {
                out.push_str("\n  client_metadata = {\n");
                aligned(&mut out, "    ", &entries);
                out.push_str("  }\n");
            }
        }
        for (block, members) in TERRAFORM_AUTH0_BLOCKS {
            let inner = client.get(block).and_then(Value::as_object);
            let lines = inner.map(|inner| known(inner, members)).unwrap_or_default();
            if !lines.is_empty() {
                let _ = writeln!(out, "\n  {block} {{");
                aligned(&mut out, "    ", &lines);
                out.push_str("  }\n");
            }
        }
        out.push_str("}\n\n");
    }
    ended(out)
}

/// Writes an import block, and a resource without its closing brace.
fn resource(out: &mut String, kind: &str, name: &str, id: &str, lines: &[(&str, String)]) {
    out.push_str("import {\n");
    let import = [("to", format!("{kind}.{name}")), ("id", hcl(&json!(id)))];
    aligned(out, "  ", &import);
    let _ = writeln!(out, "}}\n\nresource \"{kind}\" \"{name}\" {{");
    aligned(out, "  ", lines);
}

/// Writes lines with aligned equals signs, as `terraform fmt` does.
fn aligned(out: &mut String, indent: &str, lines: &[(impl AsRef<str>, String)]) {
    let widest = lines.iter().map(|(name, _)| name.as_ref().chars().count()).max().unwrap_or(0);
    for (name, value) in lines {
        let _ = writeln!(out, "{indent}{:widest$} = {value}", name.as_ref());
    }
}

/// Removes the empty line at the end.
fn ended(mut out: String) -> String {
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Formats a value in HCL on one line. In strings, templates and invisible characters are escaped.
fn hcl(value: &Value) -> String {
    match value {
        Value::String(text) => {
            // A quoted YAML string is also a valid HCL string, except for template sequences.
            yaml::quoted(text).replace("${", "$${").replace("%{", "%%{")
        }
        Value::Array(list) => {
            format!("[{}]", list.iter().map(hcl).collect::<Vec<_>>().join(", "))
        }
        Value::Object(object) => {
            let entries =
                object.iter().map(|(name, it)| format!("{} = {}", hcl(&json!(name)), hcl(it)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Sorts a list of strings, because Keycloak returns sets in no fixed order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(mut list) if list.iter().all(Value::is_string) => {
            list.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            Value::Array(list)
        }
        other => other,
    }
}

fn member<'a>(object: &'a Object, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Unique names of resources, made from the IDs or names of clients.
struct Names {
    /// Replacement for characters that are not allowed in a name.
    filler: char,
    used: Vec<String>,
}

impl Names {
    const fn new(filler: char) -> Self {
        Self { filler, used: Vec::new() }
    }

    /// Returns a unique name that starts with a letter and consists of lowercase letters, digits
    /// and the filler.
    fn of(&mut self, id: &str) -> String {
        let mut name = String::new();
        for c in id.chars().map(|c| c.to_ascii_lowercase()) {
            if c.is_ascii_lowercase() || c.is_ascii_digit() {
                name.push(c);
            } else if !name.ends_with(self.filler) && !name.is_empty() {
                name.push(self.filler);
            }
        }
        // Kubernetes resource names that are used as labels have at most 63 characters.
        name.truncate(50);
        let name = name.trim_end_matches(self.filler);
        let name = if name.starts_with(|c: char| c.is_ascii_lowercase()) {
            name.to_owned()
        } else {
            format!("client{}{name}", self.filler).trim_end_matches(self.filler).to_owned()
        };
        let mut unique = name.clone();
        let mut number = 2;
        while self.used.contains(&unique) {
            unique = format!("{name}{}{number}", self.filler);
            number += 1;
        }
        self.used.push(unique.clone());
        unique
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        match value {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }

    #[test]
    fn keycloak_client_becomes_a_terraform_resource() {
        let portal = object(
            json!({ "id": "7f", "clientId": "Web Portal", "name": "${name} \"x\"", "enabled": true,
            "publicClient": true, "standardFlowEnabled": true, "protocol": "openid-connect",
            "redirectUris": ["https://a.example/cb"], "webOrigins": ["+"],
            "attributes": { "pkce.code.challenge.method": "S256", "use.refresh.tokens": "false",
                "post.logout.redirect.uris": "https://a.example/##https://b.example/", "x.y": "z",
                "realm_client": "false" } }),
        );
        // The Terraform provider rejects redirect URIs if no enabled flow uses them.
        let robot = object(json!({ "id": "8f", "clientId": "web-portal", "redirectUris": ["/*"],
            "serviceAccountsEnabled": true, "attributes": {} }));
        let saml = object(json!({ "id": "9f", "clientId": "s", "protocol": "saml" }));
        let text = terraform_keycloak("acme", &[portal, robot, saml]);
        let expected = r#"import {
  to = keycloak_openid_client.web_portal
  id = "acme/7f"
}

resource "keycloak_openid_client" "web_portal" {
  realm_id                            = "acme"
  access_type                         = "PUBLIC"
  client_id                           = "Web Portal"
  name                                = "$${name} \"x\""
  enabled                             = true
  standard_flow_enabled               = true
  valid_redirect_uris                 = ["https://a.example/cb"]
  web_origins                         = ["+"]
  valid_post_logout_redirect_uris     = ["https://a.example/", "https://b.example/"]
  pkce_code_challenge_method          = "S256"
  use_refresh_tokens                  = false
  backchannel_logout_session_required = false

  extra_config = {
    "x.y" = "z"
  }
}

import {
  to = keycloak_openid_client.web_portal_2
  id = "acme/8f"
}

resource "keycloak_openid_client" "web_portal_2" {
  realm_id                            = "acme"
  access_type                         = "CONFIDENTIAL"
  client_id                           = "web-portal"
  service_accounts_enabled            = true
  backchannel_logout_session_required = false
}

# Left out: s, which is not an OpenID Connect client.
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn auth0_client_becomes_a_terraform_resource_and_a_tenant_file() {
        let shop = object(
            json!({ "client_id": "abc", "tenant": "acme", "name": "Shop", "app_type": "spa",
            "callbacks": ["https://a.example/cb"], "oidc_conformant": true,
            "jwt_configuration": { "alg": "RS256", "lifetime_in_seconds": 36000, "secret_encoded": false },
            "client_metadata": { "team": "web" }, "refresh_token": { "rotation_type": "rotating" } }),
        );
        let expected = r#"import {
  to = auth0_client.shop
  id = "abc"
}

resource "auth0_client" "shop" {
  name            = "Shop"
  app_type        = "spa"
  callbacks       = ["https://a.example/cb"]
  oidc_conformant = true

  client_metadata = {
    "team" = "web"
  }

  jwt_configuration {
    alg                 = "RS256"
    lifetime_in_seconds = 36000
  }

  refresh_token {
    rotation_type = "rotating"
  }
}
"#;
        assert_eq!(terraform_auth0(std::slice::from_ref(&shop)), expected);
        let expected = r#"clients:
  - app_type: "spa"
    callbacks:
      - "https://a.example/cb"
    client_metadata:
      team: "web"
    jwt_configuration:
      alg: "RS256"
      lifetime_in_seconds: 36000
    name: "Shop"
    oidc_conformant: true
    refresh_token:
      rotation_type: "rotating"
"#;
        assert_eq!(auth0_deploy(&[shop]), expected);
    }

    #[test]
    fn hydra_client_becomes_a_kubernetes_resource() {
        let portal = object(
            json!({ "client_id": "4c2", "client_name": "Portal", "scope": "openid offline",
            "grant_types": ["authorization_code"], "redirect_uris": ["https://a.example/cb"],
            "authorization_code_grant_access_token_lifespan": "10m0s", "metadata": {},
            "refresh_token_grant_access_token_lifespan": null, "created_at": "2026-01-01T00:00:00Z" }),
        );
        let expected = r#"# Store client ID 4c2 and its secret in the Kubernetes secret client-4c2.
apiVersion: "hydra.ory.sh/v1alpha1"
kind: "OAuth2Client"
metadata:
  name: "client-4c2"
spec:
  clientName: "Portal"
  grantTypes:
    - "authorization_code"
  redirectUris:
    - "https://a.example/cb"
  scopeArray:
    - "openid"
    - "offline"
  secretName: "client-4c2"
  tokenLifespans:
    authorization_code_grant_access_token_lifespan: "10m0s"
"#;
        assert_eq!(hydra_maester(&[portal]), expected);
    }
}
