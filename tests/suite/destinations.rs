//! Destinations behind third-party APIs: GitHub Actions secrets and GitLab variables. A fake server
//! responds as the documentation of these APIs describes. Also tests which kubeconfigs are refused.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use credenza::{
    domain::{
        Secret,
        destination::{
            ActionsSecret, Destination, DestinationStore, GitlabVariable, KubernetesSecret,
            TokenSource,
        },
    },
    lifecycle::destinations::{self, Former},
};
use crypto_box::{SecretKey, aead::OsRng};
use serde_json::json;

use crate::common::faulty::{Fault, Faulty};

/// Returns a source that gets the token from a program, so the test needs no environment variable.
fn token() -> TokenSource {
    TokenSource::Command(vec!["echo".to_owned(), "its-token".to_owned()])
}

fn named(store: DestinationStore) -> Destination {
    Destination { name: "ci".to_owned(), store }
}

fn github(server: &Faulty, environment: Option<&str>) -> Destination {
    named(DestinationStore::GithubActions {
        secret: ActionsSecret {
            address: server.base_url.clone(),
            repository: "acme/shop".to_owned(),
            secret: "OAUTH_SECRET".to_owned(),
            token: token(),
        },
        environment: environment.map(str::to_owned),
    })
}

fn gitlab(server: &Faulty) -> Destination {
    named(DestinationStore::GitlabVariable(GitlabVariable {
        address: server.base_url.clone(),
        project: "acme/shop".to_owned(),
        variable: "OAUTH_SECRET".to_owned(),
        scope: "production".to_owned(),
        token: token(),
    }))
}

#[tokio::test]
async fn github_gets_a_box_that_only_the_repository_opens() {
    let server = Faulty::start();
    let key = SecretKey::generate(&mut OsRng);
    let public =
        json!({ "key_id": "568250167242549743", "key": STANDARD.encode(key.public_key()) });
    for (environment, path) in [
        (None, "/repos/acme/shop/actions/secrets"),
        (Some("live"), "/repos/acme/shop/environments/live/secrets"),
    ] {
        server.on(&format!("GET {path}/public-key"), Fault::json(200, &public.to_string()));
        let put = format!("PUT {path}/OAUTH_SECRET");
        server.on(&put, Fault::Answer(204, &[], String::new()));
        let destination = github(&server, environment);
        destinations::check(&destination).await.unwrap();
        destinations::write(&destination, &Secret::new("s3cret".into())).await.unwrap();

        let body = server.bodies(&put).remove(0);
        assert_eq!(body["key_id"], "568250167242549743");
        let sealed = STANDARD.decode(body["encrypted_value"].as_str().unwrap()).unwrap();
        assert_eq!(key.unseal(&sealed).unwrap(), b"s3cret");
        assert!(matches!(destinations::former(&destination).await.unwrap(), Former::Unknown));
    }
    let seen = server.seen.lock().unwrap();
    assert!(seen.iter().all(|(_, request)| request.contains("uthorization: Bearer its-token")));
    assert!(seen.iter().all(|(_, request)| !request.contains("s3cret")));
}

#[tokio::test]
async fn github_without_access_is_an_error_before_the_rotation() {
    let server = Faulty::start();
    let path = "GET /repos/acme/shop/actions/secrets/public-key";
    let denied = r#"{"message":"Resource not accessible by personal access token"}"#;
    server.on(path, Fault::json(403, denied));
    let error = destinations::check(&github(&server, None)).await.unwrap_err().to_string();
    assert!(error.contains("Resource not accessible by personal access token"), "{error}");
    server.on(path, Fault::json(200, r#"{"key_id":"1","key":"AAAA"}"#));
    let error = destinations::check(&github(&server, None)).await.unwrap_err().to_string();
    assert!(error.contains("no valid public key"), "{error}");
}

#[tokio::test]
async fn gitlab_variable_is_updated_compared_and_restored() {
    let server = Faulty::start();
    let list = "/api/v4/projects/acme%2Fshop/variables";
    let one = format!("{list}/OAUTH_SECRET?filter%5Benvironment_scope%5D=production");
    let variable =
        json!({ "key": "OAUTH_SECRET", "value": "old", "masked": true, "hidden": false });
    server.on(&format!("GET {one}"), Fault::json(200, &variable.to_string()));
    server.on(&format!("PUT {one}"), Fault::json(200, "{}"));
    let destination = gitlab(&server);
    destinations::check(&destination).await.unwrap();
    let former = destinations::former(&destination).await.unwrap();
    assert!(matches!(&former, Former::Text(text) if &**text == "old"));
    destinations::write(&destination, &Secret::new("new".into())).await.unwrap();
    assert!(destinations::restore(&destination, &former, None).await.unwrap());
    assert_eq!(
        server.bodies(&format!("PUT {one}")),
        [json!({"value": "new"}), json!({"value": "old"})]
    );
    let read = destinations::read(&destination).await.unwrap().unwrap();
    assert_eq!(read.expose(), "old");

    let hidden = json!({ "key": "OAUTH_SECRET", "value": null, "hidden": true });
    server.on(&format!("GET {one}"), Fault::json(200, &hidden.to_string()));
    let error = destinations::check(&destination).await.unwrap_err().to_string();
    assert!(error.contains("hidden"), "{error}");
}

#[tokio::test]
async fn missing_gitlab_variable_is_created_masked_and_deleted_by_an_abort() {
    let server = Faulty::start();
    let list = "/api/v4/projects/acme%2Fshop/variables";
    let one = format!("{list}/OAUTH_SECRET?filter%5Benvironment_scope%5D=production");
    let none = r#"{"message":"404 Variable Not Found"}"#;
    server.on(&format!("GET {one}"), Fault::json(404, none));
    let project = "GET /api/v4/projects/acme%2Fshop ";
    server.on(project, Fault::json(200, r#"{"id": 7}"#));
    server.on(&format!("POST {list} "), Fault::json(201, "{}"));
    server.on(&format!("DELETE {one}"), Fault::Answer(204, &[], String::new()));
    let destination = gitlab(&server);
    let former = destinations::former(&destination).await.unwrap();
    assert!(matches!(former, Former::Absent));
    destinations::write(&destination, &Secret::new("new".into())).await.unwrap();
    let created = server.bodies(&format!("POST {list} ")).remove(0);
    assert_eq!(created["masked"], true);
    assert_eq!(created["environment_scope"], "production");
    assert!(destinations::restore(&destination, &former, None).await.unwrap());
    assert_eq!(server.count(&format!("DELETE {one}")), 1);

    assert_eq!(
        server.count(&format!("GET {list} ")),
        0,
        "the list of variables has all their values, so it must not be requested"
    );
    server.on(project, Fault::json(404, r#"{"message":"404 Project Not Found"}"#));
    let error = destinations::check(&destination).await.unwrap_err().to_string();
    assert!(error.contains("404 Project Not Found"), "{error}");
}

/// A kubeconfig is refused if the configured context is missing, if its server uses plain http, or
/// if certificate verification is disabled.
#[tokio::test]
async fn kubeconfig_without_verified_https_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kubeconfig");
    for (cluster, context, why) in [
        ("server: http://cluster.example", "it", "the address of the cluster must use https"),
        (
            "server: https://cluster.example\n    insecure-skip-tls-verify: true",
            "it",
            "the kubeconfig disables certificate verification",
        ),
        ("server: https://cluster.example", "other", "failed to load current context: other"),
    ] {
        let text = format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: it\n  cluster:\n    {cluster}\nusers:\n- name: it\n  user: {{token: x}}\ncontexts:\n- name: it\n  context: {{cluster: it, user: it}}\n"
        );
        std::fs::write(&path, text).unwrap();
        let destination = named(DestinationStore::Kubernetes(KubernetesSecret {
            kubeconfig: Some(path.display().to_string()),
            context: Some(context.to_owned()),
            secret: "shop".to_owned(),
            key: "client_secret".to_owned(),
            ..KubernetesSecret::default()
        }));
        let error = destinations::check(&destination).await.unwrap_err();
        assert!(error.why.contains(why), "{why:?} is not in {:?}", error.why);
    }
}
