//! Any text from an API is safe on screen: no control sequences except the console's, no invisible
//! characters, and every line in its place.

use std::sync::Arc;

use credenza::{
    api::{ApiError, Page, Scope},
    app::{
        CredentialMsg, ListMsg, Msg, ServerMsg, list::Fetch, remote::Ticket,
        screens::expiring::FleetExpiries,
    },
    domain::{
        Client, Credential, Grant, Kind, Owner, Secret, Token, Untrusted, Visibility,
        credential::Record, expiry::Expiries,
    },
    keys::chord::parse_sequence,
    shell::connection::Target,
};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::common::desk::{ASCII, COLOR, Desk};

/// Returns a strategy for texts with control sequences, and with invisible, wide or combining
/// characters.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        3 => any::<char>().prop_map(String::from),
        2 => "[a-zA-Z0-9:/.<>=]{0,12}",
        1 => Just("\u{1b}[2J".to_owned()),
        1 => Just("\u{1b}]52;c;QQ==\u{7}".to_owned()),
        1 => Just("\u{9b}31m".to_owned()),
        1 => Just("\u{202e}\u{2066}".to_owned()),
        1 => Just("\u{200b}\u{e0041}\u{fe0f}".to_owned()),
        1 => Just("\r\n\t\u{8}".to_owned()),
        1 => Just("👩‍👩‍👧‍👦🏳️‍🌈e\u{301}\u{301}\u{301}\u{301}\u{301}".to_owned()),
        1 => Just("東京都ｶﾞ\u{0e33}".to_owned()),
    ];
    proptest::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

fn credential(kind: Kind, texts: &[String]) -> Credential {
    let text = |index: usize| Untrusted::from(texts[index % texts.len()].as_str());
    let record = Record {
        id: text(0),
        name: text(1),
        owner: Some(Owner { user_id: text(2), email: text(3), ..Owner::default() }),
        visibility: Visibility::Organization,
        unknown: vec![(text(4), text(5))],
        ..Record::default()
    };
    match kind {
        Kind::Token => Credential::Token(Token {
            record,
            grants: vec![Grant { connection: text(6), source: text(7) }],
            apis: vec![text(8)],
            referers: vec![text(9)],
            ..Token::default()
        }),
        _ => Credential::Spa(Client {
            record,
            login_url: Some(text(6)),
            callbacks: vec![text(7), text(8)],
            grant_types: vec![text(9)],
            auth_method: Some(text(2)),
            ..Client::default()
        }),
    }
}

fn desk(ascii: bool) -> Desk {
    let bearer = Arc::new(Secret::new("x".into()));
    let target = Target::Remote { base_url: "http://127.0.0.1:9".into(), bearer };
    let mut desk = Desk::new("acme", target, 80, 24, if ascii { ASCII } else { COLOR });
    desk.console.take(Msg::Resize { columns: 80, rows: 24 });
    desk.console.take(Msg::Server(ServerMsg::Connected {
        round: 0,
        result: Ok("http://127.0.0.1:9".into()),
    }));
    desk
}

/// Draws a frame; checks every character of the output, and that both horizontal rules are in their
/// rows.
fn look(desk: &mut Desk, ascii: bool) {
    desk.console.draw().unwrap();
    for write in desk.tap.0.borrow().iter() {
        let text = String::from_utf8(write.clone()).expect("frames are UTF-8");
        let mut rest = text.as_str();
        while let Some(at) = rest.find(|c: char| c.is_control()) {
            let after = &rest[at..];
            let length = if after.starts_with("\r\n") { 2 } else { sequence(after) };
            assert!(
                length > 0,
                "the console must not write this control character: {:?}",
                &after[..after.len().min(20)]
            );
            rest = &after[length..];
        }
        for c in text.chars() {
            // Joiners are not checked here. `text::shown` allows them in emoji and in the scripts
            // that need them.
            let invisible = matches!(u32::from(c), 0x200B | 0x200E..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xE0000..=0xE0FFF);
            assert!(!invisible, "{c:?} reaches the terminal");
            assert!(!ascii || c.is_ascii(), "{c:?} reaches an ASCII terminal");
        }
    }
    desk.catch_up();
    let screen = desk.screen();
    for row in [2, 22] {
        let rule: String = screen.lines().nth(row).unwrap_or("").chars().take(60).collect();
        // The filter and the count, or a notice, can follow in the same row after a space.
        let rule = rule.split(' ').next().unwrap_or_default();
        assert!(
            !rule.is_empty() && rule.chars().all(|c| c == '─' || c == '-'),
            "row {row} is {rule:?}\n{screen}"
        );
    }
}

/// Returns the length of the control sequence at the start of `text`, in bytes; 0 if the console
/// must not write it.
fn sequence(text: &str) -> usize {
    let Some(body) = text.strip_prefix("\u{1b}[") else { return 0 };
    let end = body.find(|c: char| c.is_ascii_alphabetic());
    let Some(end) = end else { return 0 };
    let letter = body.as_bytes()[end];
    let fine = body[..end].bytes().all(|byte| byte.is_ascii_digit() || b";?".contains(&byte));
    if fine && b"HCKJmrSThl".contains(&letter) { end + 3 } else { 0 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_credential_draws_safely(texts in proptest::collection::vec(nasty(), 10), token: bool, ascii: bool) {
        let kind = if token { Kind::Token } else { Kind::Spa };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut desk = desk(ascii);
            if !token {
                for chord in parse_sequence("2") {
                    desk.console.take(Msg::Key(chord));
                }
            }
            let it = credential(kind, &texts);
            let Fetch::Loading { ticket, .. } = desk.console.model.list().fetch else { unreachable!() };
            let page = Page { entries: vec![it.clone(), it.clone()], total: Some(2), next: None };
            desk.console.take(Msg::List(ListMsg::Page { ticket, scope: Scope::Mine, kind, result: Ok(page) }));
            look(&mut desk, ascii);
            for keys in ["enter", "e", "D", "A"] {
                for chord in parse_sequence(keys) {
                    desk.console.take(Msg::Key(chord));
                }
                look(&mut desk, ascii);
                // The ticket of the pending request is unknown, so each of the first 80 tickets
                // gets the credential.
                for number in 0..80 {
                    let ticket = Ticket(number);
                    desk.console.take(Msg::Credential(CredentialMsg::Shown { ticket, result: Ok(it.clone()) }));
                }
                look(&mut desk, ascii);
                for chord in parse_sequence("down down enter") {
                    desk.console.take(Msg::Key(chord));
                    look(&mut desk, ascii);
                }
                desk.console.take(Msg::Paste(texts[0].clone()));
                look(&mut desk, ascii);
                for chord in parse_sequence("esc y esc y esc esc") {
                    desk.console.take(Msg::Key(chord));
                    look(&mut desk, ascii);
                }
            }
            if let Credential::Token(token) = it {
                let mut desk = self::desk(ascii);
                for chord in parse_sequence("6") {
                    desk.console.take(Msg::Key(chord));
                }
                let at = Timestamp::UNIX_EPOCH;
                let mut expiries = Expiries::default();
                expiries.add(&[Credential::Token(Token { expires_at: Some(at), ..token })], at);
                let incomplete = vec![Untrusted::from(texts[2].as_str()).clipped(200)];
                let read = FleetExpiries { expiries, incomplete };
                for number in 0..400 {
                    let (ticket, result) = (Ticket(number), Ok(Box::new(read.clone())));
                    desk.console.take(Msg::List(ListMsg::Expiries { ticket, result }));
                }
                look(&mut desk, ascii);
                desk.sees("Incomplete");
            }
            let said = Untrusted::from(texts[1].as_str());
            let error = ApiError::Server { status: 500, said: said.clone(), request_id: Some(said) };
            desk.console.take(Msg::Server(ServerMsg::Connected { round: 0, result: Err(error) }));
            look(&mut desk, ascii);
        });
    }
}

/// A terminal that does not join emoji draws each part separately, so a name could exceed the row.
#[test]
fn joined_emoji_stay_on_their_row() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _inside = runtime.enter();
    for emoji in ["🏳️‍🌈", "👩‍👩‍👧‍👦", "1️⃣", "👍🏽", "🇩🇪"]
    {
        for before in 40..80 {
            let name = format!("{}{emoji}", "x".repeat(before));
            let it = credential(Kind::Token, &[name]);
            let mut desk = desk(false);
            let Fetch::Loading { ticket, .. } = desk.console.model.list().fetch else {
                unreachable!()
            };
            let page = Page { entries: vec![it], total: Some(1), next: None };
            desk.console.take(Msg::List(ListMsg::Page {
                ticket,
                scope: Scope::Mine,
                kind: Kind::Token,
                result: Ok(page),
            }));
            look(&mut desk, false); // draws the rule below the title, which the next frame keeps
            for chord in parse_sequence("enter") {
                desk.console.take(Msg::Key(chord));
            }
            look(&mut desk, false);
        }
    }
}

/// Hostile responses of an issuer: metadata, device authorization, tokens.
mod issuers {
    use credenza::domain::Profile;

    use crate::common::{
        desk::{Desk, nowhere},
        faulty::{Fault, Faulty},
    };

    const DISCOVERY: &str = "GET /.well-known/openid-configuration";

    fn metadata(issuer: &str) -> String {
        format!(
            r#"{{"issuer":"{issuer}","token_endpoint":"{issuer}/token",
                "authorization_endpoint":"{issuer}/authorize",
                "device_authorization_endpoint":"{issuer}/device"}}"#
        )
    }

    async fn signing_in(faulty: &Faulty) -> Desk {
        let profile = Profile {
            name: "acme".to_owned(),
            base_url: faulty.base_url.clone(),
            issuer: Some(faulty.base_url.clone()),
            client_id: Some("app".to_owned()),
            ..Profile::default()
        };
        let mut desk = Desk::profile(&profile, nowhere(), 120, 30);
        desk.start().await;
        desk.keys("enter").await;
        desk
    }

    fn posted(faulty: &Faulty) -> usize {
        faulty.seen.lock().unwrap().iter().filter(|(head, _)| head.starts_with("POST")).count()
    }

    #[tokio::test]
    async fn nothing_is_sent_to_a_mismatched_issuer() {
        let faulty = Faulty::start();
        let good = metadata(&faulty.base_url);
        let moved: &[(&str, &str)] = &[("Location", "https://evil.example/")];
        for (answer, says) in [
            (Fault::json(200, &metadata("https://evil.example")), "another issuer"),
            (
                Fault::json(
                    200,
                    &good.replace(&format!("{}/token", faulty.base_url), "http://evil.example/t"),
                ),
                "neither https nor on this machine",
            ),
            (
                Fault::json(
                    200,
                    &good.replace(&format!("{}/device", faulty.base_url), "javascript:alert(1)"),
                ),
                "neither https nor on this machine",
            ),
            (Fault::json(200, r#"{"issuer":["x"]}"#), "not have the expected members"),
            (Fault::json(200, "{"), "is truncated"),
            (Fault::Answer(302, moved, String::new()), "evil.example"),
            (Fault::Truncated(good.clone()), "before the response was complete"),
            (Fault::Huge(17), "larger than 16 MiB"),
            (Fault::HangUp, "Sign-in failed"),
        ] {
            faulty.on(DISCOVERY, answer);
            let mut desk = signing_in(&faulty).await;
            desk.sees("Sign-in failed").sees(says);
            assert_eq!(posted(&faulty), 0, "{says}");
        }
    }

    /// The `config.yaml` at the domain of a self-hosted CARTO workspace names the API. The issuer
    /// of a workspace that does not use CARTO's cloud is at `/auth-api` of the API's origin.
    #[tokio::test]
    async fn a_workspaces_domain_leads_to_its_api_and_its_issuer() {
        use credenza::{api::Trust, auth::probe, domain::profile::Provider};

        let faulty = Faulty::start();
        let yaml =
            format!("apis:\n  workspaceUrl: https://w\n  baseUrl: {}/api\n", faulty.base_url);
        faulty.on("GET /config.yaml", Fault::Answer(200, &[("content-type", "text/yaml")], yaml));
        let issuer = format!("{}/auth-api", faulty.base_url);
        faulty.on(
            "GET /auth-api/.well-known/openid-configuration",
            Fault::json(200, &metadata(&issuer)),
        );
        faulty.on(DISCOVERY, Fault::json(404, "{}"));
        let found = probe::look(&faulty.base_url, &Trust::default()).await.unwrap();
        assert_eq!(found.provider, Provider::Carto);
        assert_eq!(found.base_url, format!("{}/api", faulty.base_url));
        assert_eq!(found.issuer, Some(issuer));
        // A configuration with a plain http API URL is rejected.
        let yaml = "apis:\n  baseUrl: http://api.example.com\n".to_owned();
        faulty.on("GET /config.yaml", Fault::Answer(200, &[("content-type", "text/yaml")], yaml));
        faulty.on("GET /v3/credentials/capabilities", Fault::json(401, "{}"));
        // A 401 alone does not identify the API, because any server can require authentication.
        let looked = probe::look(&faulty.base_url, &Trust::default()).await;
        assert!(looked.unwrap_err().explain("").why.contains("--offline --provider KIND"));
        let resource = serde_json::json!({ "authorization_servers": ["https://id.example"] });
        let path = "GET /.well-known/oauth-protected-resource";
        faulty.on(path, Fault::json(200, &resource.to_string()));
        let found = probe::look(&faulty.base_url, &Trust::default()).await.unwrap();
        assert_eq!((found.provider, found.base_url), (Provider::Contract, faulty.base_url.clone()));
    }

    #[tokio::test]
    async fn hostile_issuer_responses_are_shown_safely() {
        let faulty = Faulty::start();
        faulty.on(DISCOVERY, Fault::json(200, &metadata(&faulty.base_url)));
        let uri = format!("{}/here", faulty.base_url);
        let device = |uri: &str, code: &str| {
            let body = serde_json::json!({
                "device_code": "canary-device", "user_code": code, "verification_uri": uri,
                "expires_in": 600, "interval": 0,
            });
            Fault::json(200, &body.to_string())
        };
        for (answer, says) in [
            (device("javascript:alert(1)", "A"), "neither https nor on this machine"),
            (Fault::json(200, "[]"), "not have the expected members"),
            (
                Fault::json(
                    400,
                    r#"{"error":"invalid_scope","error_description":"\u001b[2J\u202eno"}"#,
                ),
                "<U+001B>[2J<U+202E>no",
            ),
        ] {
            faulty.on("POST /device", answer);
            signing_in(&faulty).await.sees("Sign-in failed").sees(says);
        }
        faulty.on("POST /device", device(&uri, "AB\u{1b}[31m\u{202e}CD"));
        for (answer, says) in [
            (
                Fault::json(200, r#"{"access_token":"canary\r\nX-Evil: 1"}"#),
                "not allowed in a header",
            ),
            (
                Fault::json(200, r#"{"access_token":"canary","token_type":"DPoP"}"#),
                "not bearer tokens",
            ),
            (Fault::json(200, r#"{"access_token":"canary"#), "is truncated"),
            (
                Fault::Answer(200, &[("content-type", "text/html")], "<b>canary".to_owned()),
                "text/html",
            ),
            (Fault::Huge(17), "larger than 16 MiB"),
            (Fault::json(400, r#"{"error":"access_denied"}"#), "access_denied"),
            (Fault::json(400, r#"{"error":"expired_token"}"#), "expired_token"),
        ] {
            faulty.on("POST /token", answer);
            let mut desk = signing_in(&faulty).await;
            desk.sees("Sign-in failed").sees(says).sees_no("canary");
            assert!(!format!("{:?}", desk.console.model).contains("canary"), "{says}");
        }
    }
}
