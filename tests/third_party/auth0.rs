//! The tests cannot run Auth0. Instead, they compare the requests of its provider with those of
//! Auth0's client library, and check the bodies against the types of that library. A wrong body
//! must fail that check, because otherwise the types would check nothing.

use std::{io::Write as _, process::Stdio, sync::Arc};

use credenza::{
    api::{
        ApiError, Bearer, CredentialsApi, Http, PageQuery, ProviderDeps, RotationRequest, Scope,
        Secrecy, Trust, http::Fixed, provider,
    },
    domain::{
        ClientDraft, CredentialRef, Draft, Kind, Profile, Secret, Untrusted,
        draft::{Change, Field, FieldValue},
        profile::Provider,
    },
};
use serde_json::{Value as Json, json};

use crate::{
    counterparts::{node, repository},
    recorder::Recorder,
};

/// Returns a token whose only claim is its scopes.
fn token(scopes: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = |value: Json| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.x", part(json!({ "alg": "none" })), part(json!({ "scope": scopes })))
}

pub fn api(url: &str, scopes: &str) -> Arc<dyn CredentialsApi> {
    let bearer: Arc<dyn Bearer> = Arc::new(Fixed(Arc::new(Secret::new(token(scopes)))));
    let profile =
        Profile { provider: Provider::Auth0, base_url: url.to_owned(), ..Profile::default() };
    let http = Http::new(url, Some(bearer), &Trust::default()).unwrap();
    provider(&profile, http, ProviderDeps::default()).unwrap()
}

/// Scopes of a token that allows all operations.
pub const ALL: &str =
    "read:clients create:clients update:clients delete:clients read:client_keys update:client_keys";

fn first(kind: Kind) -> PageQuery {
    PageQuery::first(kind, Scope::Mine, 1000)
}

/// Returns one request for each of these operations of the provider: a list, two creates, a read,
/// an edit, a rotation, a deletion.
async fn requests(recorder: &Recorder) -> Vec<Json> {
    let api = api(&recorder.url, ALL);
    let id: Untrusted = "an id/with odd letters".into();
    recorder.answers(json!({
        "clients": [], "total": 0, "start": 0, "limit": 100, "client_id": id.raw(), "app_type": "spa",
    }));
    let mut all = Vec::new();
    let mut only = |recorder: &Recorder, method: &str| {
        let mut seen = recorder.take();
        seen.retain(|it| it["method"] == method);
        all.push(seen.remove(0));
    };
    api.page(first(Kind::Spa)).await.unwrap();
    only(recorder, "GET");
    let urls = vec!["https://shop.example.com/cb".to_owned()];
    let draft = ClientDraft {
        name: "Shop".into(),
        login_url: "https://shop.example.com/".into(),
        callbacks: urls.clone(),
        logout_urls: urls.clone(),
        web_origins: vec!["https://shop.example.com".into()],
        allowed_origins: vec!["https://shop.example.com".into()],
        ..ClientDraft::default()
    };
    api.create(Draft::Spa(draft), String::new()).await.unwrap();
    only(recorder, "POST");
    let draft = ClientDraft { name: "Robot".into(), ..ClientDraft::default() };
    api.create(Draft::M2m(draft), String::new()).await.unwrap();
    only(recorder, "POST");
    api.show(CredentialRef::new(Kind::Spa, id.clone())).await.unwrap();
    only(recorder, "GET");
    let change = |field, after| Change { field, before: FieldValue::Lines(Vec::new()), after };
    let changes = vec![
        change(Field::Name, FieldValue::Line("Shop 2".into())),
        change(Field::LoginUrl, FieldValue::Line("https://shop.example.com/login".into())),
        change(Field::Callbacks, FieldValue::Lines(urls)),
        change(Field::LogoutUrls, FieldValue::Lines(Vec::new())),
    ];
    api.edit(CredentialRef::new(Kind::Spa, id.clone()), None, changes).await.unwrap();
    only(recorder, "PATCH");
    api.rotate(CredentialRef::new(Kind::Spa, id.clone()), RotationRequest::default())
        .await
        .unwrap();
    only(recorder, "POST");
    api.delete(CredentialRef::new(Kind::Spa, id), None).await.unwrap();
    only(recorder, "DELETE");
    all
}

/// Checks bodies against Auth0's types; returns whether they fit, and the compiler's output.
fn typed(spa: &Json, m2m: &Json, edit: &Json) -> (bool, String) {
    let folder = tempfile::tempdir_in(repository("target/third-party")).unwrap();
    let text = format!(
        "import type {{ Management }} from 'auth0';\n\
         export const spa: Management.CreateClientRequestContent = {spa};\n\
         export const m2m: Management.CreateClientRequestContent = {m2m};\n\
         export const edit: Management.UpdateClientRequestContent = {edit};\n"
    );
    let options = json!({ "compilerOptions": {
        "noEmit": true, "strict": true, "skipLibCheck": true, "target": "es2022", "module": "nodenext",
        "types": [],
    }});
    std::fs::write(folder.path().join("bodies.mts"), text).unwrap();
    std::fs::write(folder.path().join("tsconfig.json"), options.to_string()).unwrap();
    let project = folder.path().display().to_string();
    let output =
        node("node_modules/typescript/bin/tsc", &["--project", &project]).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test]
async fn the_requests_are_those_of_auth0s_own_library() {
    let recorder = Recorder::start();
    let ours = requests(&recorder).await;
    let [_, spa, m2m, _, edit, ..] = &ours[..] else { panic!("{ours:?}") };
    let mut child = node("auth0.mjs", &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let bodies = json!({ "spa": spa["body"], "m2m": m2m["body"], "edit": edit["body"] });
    child.stdin.take().unwrap().write_all(bodies.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let theirs: Vec<Json> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }

    let (taken, said) = typed(&spa["body"], &m2m["body"], &edit["body"]);
    assert!(taken, "{said}");
    for (member, value) in
        [("app_type", json!("browser")), ("callbacks", json!("x")), ("odd", json!(1))]
    {
        let mut wrong = spa["body"].clone();
        wrong[member] = value;
        let (taken, _) = typed(&wrong, &m2m["body"], &edit["body"]);
        assert!(!taken, "the types accept a wrong {member}, so they check nothing");
    }
}

#[tokio::test]
async fn scopes_decide_and_many_clients_are_read_by_checkpoints() {
    let recorder = Recorder::start();
    let reader = api(&recorder.url, "read:clients");
    let all = reader.capabilities().await.unwrap();
    let m2m = all.of(Kind::M2m);
    let why = m2m.create.refusal().map(|why| why.raw().to_owned());
    assert_eq!(why.as_deref(), Some("Your token has no create:clients scope"));
    assert!(matches!(m2m.secrecy, Secrecy::Hidden(_)));
    recorder.answers(json!({ "client_id": "c", "app_type": "non_interactive" }));
    let hidden = reader.secret(CredentialRef::new(Kind::M2m, "c".into())).await.unwrap_err();
    assert!(matches!(hidden, ApiError::Forbidden { .. }));

    let api = api(&recorder.url, ALL);
    recorder.take();
    let client = json!({ "client_id": "c", "name": "n", "app_type": "spa" });
    recorder.answers(
        json!({ "clients": [client], "total": 5000, "start": 0, "limit": 100, "next": "c" }),
    );
    let page = api.page(first(Kind::Spa)).await.unwrap();
    assert_eq!((page.entries.len(), page.next.as_deref()), (1, Some("from=c")));
    assert_eq!(recorder.query(0)["include_totals"], "true");
    assert_eq!(
        recorder.query(1),
        json!({ "is_global": "false", "app_type": "spa", "take": "100" })
    );
    recorder.answers(json!({ "clients": [client] }));
    let last = api.page(PageQuery { after: page.next, ..first(Kind::Spa) }).await.unwrap();
    assert_eq!(last.next, None);
    assert_eq!(recorder.query(2)["from"], "c");
}
