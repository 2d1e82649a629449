//! Failures during dynamic registration: no client and no token may be lost, and no token may reach
//! another server. Tests with working servers are in `tests/third_party`.

use std::sync::Arc;

use credenza::{
    api::{
        ApiError, Bearer, CredentialsApi, Http, PageQuery, Scope, Trust, fleet,
        http::Fixed,
        registration::{Register as _, Registration},
    },
    auth::register::VaultRegister,
    domain::{
        ClientDraft, CredentialRef, Draft, Kind, Profile, Secret,
        draft::{Change, Field, FieldValue},
        profile::Provider,
    },
    vault::{SessionStore, StoreChoice},
};

use crate::common::faulty::{Fault, Faulty};

struct Person {
    faulty: Faulty,
    api: Registration,
    _state: tempfile::TempDir,
}

impl Person {
    async fn new(store: StoreChoice) -> Self {
        let (faulty, state) = (Faulty::start(), tempfile::tempdir().unwrap());
        let passphrase: credenza::vault::Passphrase =
            Arc::new(|_| Some(Secret::new("a passphrase of the tests".into())));
        let inside = state.path().join("state");
        let vault = Arc::new(SessionStore::open(store, &inside, passphrase).await);
        let profile = Profile {
            name: "it".into(),
            base_url: faulty.base_url.clone(),
            provider: Provider::Registration,
            ..Profile::default()
        };
        let register = VaultRegister::new(vault, inside, &profile);
        let bearer: Arc<dyn Bearer> = Arc::new(Fixed(Arc::new(Secret::new("initial".into()))));
        let base = &faulty.base_url;
        let http = Http::new(base, Some(bearer), &Trust::default()).unwrap();
        let endpoint = format!("{base}/register");
        let api = Registration::new(http, &endpoint, base, Arc::new(register));
        Self { faulty, api, _state: state }
    }

    /// Returns a response that describes the server's only client, with the additional members
    /// `more`.
    fn client(&self, more: &str) -> Fault {
        let base = &self.faulty.base_url;
        Fault::json(
            200,
            &format!(
                r#"{{"client_id":"abc","client_name":"Robot","grant_types":["client_credentials"],
                    "token_endpoint_auth_method":"client_secret_basic",
                    "registration_client_uri":"{base}/register/abc"{more}}}"#
            ),
        )
    }

    async fn creates(&self) -> Result<credenza::api::Written, ApiError> {
        let draft = ClientDraft { name: "Robot".into(), ..ClientDraft::default() };
        self.api.create(Draft::M2m(draft), String::new()).await
    }

    /// Returns the bearer tokens of the requests that begin with `request`.
    fn bearers(&self, request: &str) -> Vec<String> {
        let seen = self.faulty.seen.lock().unwrap();
        let asked = seen.iter().filter(|(line, _)| line.starts_with(request));
        asked
            .filter_map(|(_, head)| {
                let line =
                    head.lines().find(|it| it.to_lowercase().starts_with("authorization:"))?;
                line.rsplit(' ').next().map(str::to_owned)
            })
            .collect()
    }
}

const FIRST: &str = r#","registration_access_token":"first","client_secret":"once""#;

#[tokio::test]
async fn a_secret_and_a_token_survive_whatever_follows_a_registration() {
    let person = Person::new(StoreChoice::File).await;
    person.faulty.on("POST /register", person.client(FIRST));
    person.faulty.on("GET /register/abc", Fault::json(500, "{}"));
    let made = person.creates().await.unwrap();
    assert_eq!(made.secret.expect("the response contains the secret").expose(), "once");
    // The next read uses the client's registration access token, and stores the new token of the
    // response. A later failure must not lose that token.
    person
        .faulty
        .on("GET /register/abc", person.client(r#","registration_access_token":"second""#));
    let shown = person.api.show(CredentialRef::new(Kind::M2m, "abc".into())).await.unwrap();
    person.faulty.on("PUT /register/abc", Fault::json(500, "{}"));
    let change = Change {
        field: Field::Name,
        before: FieldValue::Line("Robot".into()),
        after: FieldValue::Line("Other".into()),
    };
    let version = shown.record().version.clone();
    person
        .api
        .edit(CredentialRef::new(Kind::M2m, "abc".into()), version, vec![change])
        .await
        .unwrap_err();
    assert_eq!(person.bearers("POST /register"), ["initial"]);
    assert_eq!(person.bearers("GET /register/abc"), ["first", "first", "second"]);
    assert_eq!(person.bearers("PUT /register/abc"), ["second"]);
}

#[tokio::test]
async fn token_never_goes_to_another_origin() {
    let person = Person::new(StoreChoice::File).await;
    let stranger = Faulty::start();
    let answer = format!(
        r#"{{"client_id":"abc","registration_access_token":"first","client_secret":"once",
            "registration_client_uri":"{}/register/abc"}}"#,
        stranger.base_url
    );
    person.faulty.on("POST /register", Fault::json(201, &answer));
    let made = person.creates().await.unwrap();
    assert!(made.secret.is_some(), "the secret is not lost");
    let error = person.api.show(CredentialRef::new(Kind::M2m, "abc".into())).await.unwrap_err();
    assert!(matches!(error, ApiError::Redirected { .. }), "{error:?}");
    assert!(stranger.seen.lock().unwrap().is_empty(), "no request was sent to the other origin");
}

#[tokio::test]
async fn without_a_place_for_its_token_no_client_is_registered() {
    let person = Person::new(StoreChoice::Memory).await;
    let error = person.creates().await.unwrap_err();
    assert!(
        matches!(&error, ApiError::Local { why, .. } if why.contains("Could not store the register"))
    );
    assert_eq!(person.faulty.count("POST /register"), 0);
}

#[tokio::test]
async fn a_refused_token_is_not_taken_for_a_lost_session() {
    let person = Person::new(StoreChoice::File).await;
    person.faulty.on("POST /register", person.client(FIRST));
    person.faulty.on("GET /register/abc", Fault::json(401, r#"{"error":"invalid_token"}"#));
    person.creates().await.unwrap();
    for error in [
        person.api.show(CredentialRef::new(Kind::M2m, "abc".into())).await.unwrap_err(),
        person.api.delete(CredentialRef::new(Kind::M2m, "abc".into()), None).await.unwrap_err(),
    ] {
        assert!(matches!(error, ApiError::Forbidden { .. }), "{error:?}");
    }
    assert_eq!(person.faulty.count("DELETE /register"), 0);
    // The client stays in the register, because only a user may discard its token.
    let query = credenza::api::PageQuery::first(Kind::M2m, credenza::api::Scope::Mine, 10);
    assert_eq!(person.api.page(query).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn abandoned_read_still_stores_the_new_token() {
    let person = Person::new(StoreChoice::File).await;
    person.faulty.on("POST /register", person.client(FIRST));
    person.faulty.on("GET /register/abc", person.client(""));
    person.creates().await.unwrap();
    person
        .faulty
        .on("GET /register/abc", person.client(r#","registration_access_token":"second""#));
    let before = person.faulty.count("GET /register/abc");
    {
        let reading = person.api.show(CredentialRef::new(Kind::M2m, "abc".into()));
        let asked = async {
            while person.faulty.count("GET /register/abc") == before {
                tokio::task::yield_now().await;
            }
        };
        // Once the request is sent, the caller is dropped.
        tokio::select! { biased; () = asked => {} _ = reading => {} }
    }
    person.api.settled().await.unwrap();
    person.api.show(CredentialRef::new(Kind::M2m, "abc".into())).await.unwrap();
    assert_eq!(person.bearers("GET /register/abc").last().map(String::as_str), Some("second"));
}

#[tokio::test]
async fn client_that_the_server_does_not_delete_keeps_its_token() {
    let gone = || Fault::json(401, r#"{"error":"invalid_token"}"#);
    let deleted = || Fault::Answer(204, &[], String::new());
    for (answer, look, alive) in [
        (Fault::json(404, "{}"), None, true),
        (Fault::json(405, "{}"), None, true),
        (deleted(), None, true),
        (deleted(), Some(gone()), false),
        // A failed read does not prove that the client was deleted.
        (deleted(), Some(Fault::json(500, "{}")), true),
        (deleted(), Some(Fault::HangUp), true),
    ] {
        let person = Person::new(StoreChoice::File).await;
        person.faulty.on("POST /register", person.client(FIRST));
        person.faulty.on("GET /register/abc", person.client(""));
        person.creates().await.unwrap();
        person.faulty.on("DELETE /register/abc", answer);
        if let Some(look) = look {
            person.faulty.after("DELETE /register/abc", "GET /register/abc", look);
        }
        let deleted = person.api.delete(CredentialRef::new(Kind::M2m, "abc".into()), None).await;
        assert_eq!(deleted.is_err(), alive, "{deleted:?}");
        let query = PageQuery::first(Kind::M2m, Scope::Mine, 10);
        let left = person.api.page(query).await.unwrap().entries.len();
        assert_eq!(left, usize::from(alive), "the token is kept as long as the client exists");
    }
}

#[tokio::test]
async fn listed_clients_are_read_from_the_server() {
    let person = Person::new(StoreChoice::File).await;
    person.faulty.on("POST /register", person.client(FIRST));
    let uris = r#","redirect_uris":["https://*.example/cb"],"grant_types":["client_credentials"]"#;
    person.faulty.on("GET /register/abc", person.client(uris));
    person.creates().await.unwrap();
    let query = PageQuery::first(Kind::M2m, Scope::Mine, 10);
    let page = person.api.page(query.clone()).await.unwrap();
    let client = page.entries[0].client().unwrap();
    assert_eq!(client.callbacks, ["https://*.example/cb".into()]);
    // An unreadable client is listed with the reason, and without claims about its fields.
    person.faulty.on("GET /register/abc", Fault::json(500, "{}"));
    let page = person.api.page(query).await.unwrap();
    let record = page.entries[0].record();
    assert_eq!((page.entries.len(), record.name.raw()), (1, "Robot"));
    assert!(record.unreadable.as_ref().unwrap().raw().contains("500"));
    assert!(!record.tells(Field::Callbacks), "unread lists are not reported as empty");
    let kinds = [Kind::M2m];
    let capabilities = person.api.capabilities().await.unwrap();
    let fleet = fleet::read(&person.api, &capabilities, &kinds, Scope::Mine, |_| {}).await;
    let incomplete = fleet.incomplete();
    assert!(
        incomplete[0].starts_with("1 M2M OAuth Client could not be read: abc"),
        "{incomplete:?}"
    );
}

#[tokio::test]
async fn members_that_are_null_are_not_sent_back() {
    let person = Person::new(StoreChoice::File).await;
    person.faulty.on("POST /register", person.client(FIRST));
    let unset = r#","contacts":null,"jwks":{},"logo_uri":"","tos_uri":"https://a.example/tos""#;
    person.faulty.on("GET /register/abc", person.client(unset));
    person.faulty.on("PUT /register/abc", person.client(unset));
    person.creates().await.unwrap();
    let text = |text: &str| FieldValue::Line(text.to_owned());
    let change = Change { field: Field::Name, before: text("Robot"), after: text("Other") };
    person.api.edit(CredentialRef::new(Kind::M2m, "abc".into()), None, vec![change]).await.unwrap();
    let sent = person.faulty.bodies("PUT /register/abc").remove(0);
    for name in ["contacts", "jwks", "logo_uri", "registration_client_uri"] {
        assert_eq!(sent.get(name), None, "{name}");
    }
    assert_eq!(
        (&sent["tos_uri"], &sent["client_name"]),
        (&"https://a.example/tos".into(), &"Other".into())
    );
}

/// A server may deviate from RFC 7591: this one returns lists instead of strings, does not repeat
/// the authentication method, and returns the registration date only once.
#[tokio::test]
async fn sparse_response_keeps_kind_and_date() {
    let person = Person::new(StoreChoice::File).await;
    let base = &person.faulty.base_url;
    let answer = format!(
        r#"{{"client_id":"abc","client_name":["Robot"],"client_id_issued_at":1767225600,"contacts":null,
            "registration_client_uri":"{base}/register/abc","registration_access_token":"t"}}"#
    );
    person.faulty.on("POST /register", Fault::json(200, &answer));
    let read = format!(
        r#"{{"client_id":"abc","client_name":"Robot","token_endpoint_auth_method":null,
            "registration_client_uri":"{base}/register/abc"}}"#
    );
    person.faulty.on("GET /register/abc", Fault::json(200, &read));
    let made = person.creates().await.unwrap().credential;
    assert_eq!((made.kind(), made.name().raw()), (Kind::M2m, "Robot"));
    assert!(made.record().created_at.is_some());
    let query = PageQuery::first(Kind::M2m, Scope::Mine, 10);
    let page = person.api.page(query).await.unwrap();
    let dates: Vec<_> = page.entries.iter().map(|it| it.record().created_at).collect();
    assert_eq!(dates, [made.record().created_at]);
}

/// Versions before 0.2 stored one register per profile name. From the old register of a profile,
/// only clients on the profile's server are moved to the register of the issuer.
#[tokio::test]
async fn register_of_a_profiles_name_is_taken_over() {
    let state = tempfile::tempdir().unwrap();
    let passphrase: credenza::vault::Passphrase =
        Arc::new(|_| Some(Secret::new("a passphrase of the tests".into())));
    let inside = state.path().join("state");
    let vault = Arc::new(SessionStore::open(StoreChoice::File, &inside, passphrase).await);
    let save = async |name: &str, value: serde_json::Value| {
        vault.save_for_good(name, &Secret::new(value.to_string())).await.unwrap();
    };
    let listed = |id: &str| serde_json::json!({ "client_id": id, "name": id, "kind": "m2m" });
    for (name, ids) in [("it", ["abc", "far"]), ("second", ["two", "far"])] {
        save(&format!("register/{name}"), ids.map(listed).into_iter().collect()).await;
        for id in ids {
            let server =
                if id == "far" { "https://elsewhere.example" } else { "https://here.example" };
            let uri = format!("{server}/register/{id}");
            let entry =
                serde_json::json!({ "name": id, "kind": "m2m", "uri": uri, "token": "its-own" });
            save(&format!("register/{name}/{id}"), entry).await;
        }
    }
    let register = |name: &str, base_url: &str| {
        let profile = Profile {
            name: name.into(),
            base_url: base_url.into(),
            provider: Provider::Registration,
            ..Profile::default()
        };
        VaultRegister::new(Arc::clone(&vault), inside.clone(), &profile)
    };
    let ids = async |register: &VaultRegister| -> Vec<String> {
        let all = register.list().await.unwrap();
        all.into_iter().map(|it| it.client_id.raw().to_owned()).collect()
    };
    // An earlier move was killed before it wrote the index, and the token has changed since.
    let changed = serde_json::json!({ "name": "abc", "kind": "m2m",
        "uri": "https://here.example/register/abc", "token": "its-newer" });
    save("register/https://here.example abc", changed).await;
    let first = register("it", "https://here.example");
    let entry = first.get(&"abc".into()).await.unwrap().unwrap();
    assert_eq!(ids(&first).await, ["abc"]);
    let again = first.get(&"abc".into()).await.unwrap().unwrap();
    assert_eq!([entry.token.expose(), again.token.expose()], ["its-newer"; 2]);
    assert!(vault.load("register/it/abc").await.unwrap().is_none(), "the old entry was deleted");
    first.forget(&"abc".into()).await.unwrap();
    let second = register("second", "https://here.example");
    assert_eq!(ids(&second).await, ["two"], "a forgotten client does not come back");
    assert_eq!(ids(&first).await, ["two"], "both profiles share the register");
    assert_eq!(ids(&register("second", "https://elsewhere.example")).await, ["far"]);
}
