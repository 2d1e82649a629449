//! CARTO's OAuth clients through the `carto` command. The tests cannot install that command, so a
//! script replaces it. The script records each call and prints the responses that CARTO's
//! documentation shows.

#![cfg(unix)]

use std::{os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use credenza::{
    api::{
        ApiError, CredentialsApi, Http, PageQuery, ProviderDeps, Scope, Trust, http::Fixed,
        provider,
    },
    auth::carto_command::CartoCommand,
    domain::{ClientDraft, CredentialRef, Draft, Kind, Profile, Secret, profile::Provider},
};
use serde_json::json;

const API: &str = "https://gcp-us-east1.api.carto.com";

const PROGRAM: &str = r#"#!/bin/sh
folder=$(dirname "$0")
printf '%s|' "$@" >> "$folder/called"; echo >> "$folder/called"
case "$2" in
create) echo '{"clientId":"abc","clientSecret":"canary-secret","title":"Robot"}' ;;
get) [ "$4" = gone ] && { echo '{"error":"Client not found"}'; exit 1; }
     echo '{"clientId":"abc","title":"Robot"}' ;;
list) echo '{"data":[{"clientId":"abc","title":"Robot"},{"clientId":"def","title":"Other"}]}' ;;
esac
"#;

/// Returns an access token like CARTO's: a JWT with a `sub` claim.
fn token_of(subject: &str) -> String {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.x", part(json!({ "alg": "RS256" })), part(json!({ "sub": subject })))
}

struct Carto {
    folder: tempfile::TempDir,
    api: Arc<dyn CredentialsApi>,
}

impl Carto {
    fn new(tenant: &str, theirs: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("carto");
        std::fs::write(&program, PROGRAM).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let session = json!({ "token": token_of(theirs), "tenant_id": tenant }).to_string();
        std::fs::write(folder.path().join(".carto_credentials.json"), session).unwrap();
        let command = CartoCommand::at(program.to_str().unwrap(), folder.path(), API);
        let beside = ProviderDeps { carto: Some(Arc::new(command)), ..ProviderDeps::default() };
        let profile =
            Profile { provider: Provider::Carto, base_url: API.into(), ..Profile::default() };
        let bearer = Arc::new(Fixed(Arc::new(Secret::new(token_of("ada")))));
        let http = Http::new(API, Some(bearer), &Trust::default()).unwrap();
        Self { api: provider(&profile, http, beside).unwrap(), folder }
    }

    fn wrote(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

fn m2m(name: &str) -> Draft {
    Draft::M2m(ClientDraft { name: name.into(), ..ClientDraft::default() })
}

#[tokio::test]
async fn clients_are_made_listed_shown_and_deleted_by_the_command() {
    let carto = Carto::new("gcp-us-east1", "ada");
    let made = carto.api.create(m2m("Robot; rm -rf /"), String::new()).await.unwrap();
    assert_eq!(made.secret.expect("the response contains the secret").expose(), "canary-secret");
    let query = PageQuery::first(Kind::M2m, Scope::Mine, 10);
    assert_eq!(carto.api.page(query).await.unwrap().entries.len(), 2);
    let shown = carto.api.show(CredentialRef::new(Kind::M2m, "abc".into())).await.unwrap();
    assert_eq!((shown.kind(), shown.name().raw()), (Kind::M2m, "Robot"));
    let gone = carto.api.show(CredentialRef::new(Kind::M2m, "gone".into())).await.unwrap_err();
    assert!(matches!(gone, ApiError::NotFound { .. }), "{gone:?}");
    // `get` does not return the secret, so a request for the secret must fail.
    let hidden = carto.api.secret(CredentialRef::new(Kind::M2m, "abc".into())).await.unwrap_err();
    assert!(matches!(hidden, ApiError::Forbidden { .. }), "{hidden:?}");
    carto.api.delete(CredentialRef::new(Kind::M2m, "abc".into()), None).await.unwrap();
    assert!(
        carto.api.delete(CredentialRef::new(Kind::M2m, "--yes".into()), None).await.is_err(),
        "an ID is never passed as an option"
    );
    assert_eq!(
        carto.wrote("called"),
        "credentials|create|m2m|--title=Robot; rm -rf /|--json|\n\
         credentials|list|m2m|--json|\n\
         credentials|get|m2m|abc|--json|\n\
         credentials|get|m2m|gone|--json|\n\
         credentials|get|m2m|abc|--json|\n\
         credentials|delete|m2m|abc|--json|\n"
    );
}

#[tokio::test]
async fn a_command_that_is_signed_in_elsewhere_is_not_even_started() {
    for (tenant, theirs, reason) in [
        ("gcp-europe-west1", "ada", "https://gcp-europe-west1.api.carto.com"),
        ("gcp-us-east1", "grace", "signed in as different users"),
    ] {
        let carto = Carto::new(tenant, theirs);
        let refused = carto.api.create(m2m("Robot"), String::new()).await.unwrap_err();
        let why = refused.explain("").why;
        assert!(why.contains(reason), "{why}");
        assert!(!Path::new(&carto.folder.path().join("called")).exists());
    }
}
