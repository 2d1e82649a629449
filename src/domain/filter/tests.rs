use super::*;
use crate::domain::{Credential, audit::rules, objects::CredentialObject};

/// Returns a small set of credentials, with ages relative to 2026-01-01.
fn fleet() -> Vec<Credential> {
    let client = |text: &str| {
        serde_json::from_str::<CredentialObject>(text).expect("a client").into_client()
    };
    let token =
        |text: &str| serde_json::from_str::<CredentialObject>(text).expect("a token").into_token();
    vec![
        client(
            r#"{"client_id":"k3Jd","name":"Store locator","initiate_login_uri":"https://stores.acme.dev/",
            "callbacks":["https://stores.acme.dev/","https://1a.ngrok.io/"],"use_default_urls":true,
            "owner":{"user_id":"u1","email":"ada@acme.dev"},"created_at":"2025-12-20T00:00:00Z",
            "last_used_at":"2025-12-31T00:00:00Z","visibility":"organization"}"#,
        ),
        client(
            r#"{"client_id":"Tt5x","name":"Nightly sync (staging)","app_type":"m2m","enabled":false,
            "grant_types":["client_credentials","implicit"],"scope":"read:admin","owner":null,
            "client_secrets":[{"created_at":"2025-12-01T00:00:00Z","expires_at":null},
            {"created_at":"2025-03-01T00:00:00Z","expires_at":"2026-01-15T00:00:00Z"}],
            "created_at":"2025-01-01T00:00:00Z","last_used_at":null}"#,
        ),
        token(
            r#"{"id":"tok_1","name":"Used up","allowed_apis":["maps"],"referers":["https://stores.acme.dev*"],
            "grants":[{"connection_name":"dw","source":"acme.retail.stores"}],
            "owner":{"user_id":"u2","email":"grace@acme.dev"},"created_at":"2025-11-01T00:00:00Z",
            "expiration_date":"2026-01-20T00:00:00Z"}"#,
        ),
        token(
            r#"{"id":"tok_2","name":"Old export","allowed_apis":["sql"],"expiration_date":"2025-12-01T00:00:00Z"}"#,
        ),
        token(r#"{"id":"tok_3","name":"For ever","allowed_apis":["lds"],"expiration_date":null}"#),
    ]
}

fn found(filter: &str) -> Vec<String> {
    let now = "2026-01-01T00:00:00Z".parse().expect("a time");
    let me = Some(("u1".to_owned(), "ada@acme.dev".to_owned()));
    let filter = Filter::parse(filter).expect("a filter");
    let mut matcher = Matcher::new(&filter, FilterContext { now, me });
    let url03 = rules::find("URL03").expect("a rule");
    fleet()
        .iter()
        .filter(|credential| {
            let audited = credential.id().raw() == "k3Jd";
            let findings: &[Found] = if audited { &[(url03, Severity::High)] } else { &[] };
            matcher.accepts(&AuditedCredential { credential, findings })
        })
        .map(|credential| credential.id().raw().to_owned())
        .collect()
}

#[test]
fn each_term_finds_what_it_says() {
    for (filter, expected) in [
        ("", vec!["k3Jd", "Tt5x", "tok_1", "tok_2", "tok_3"]),
        ("STORE", vec!["k3Jd", "tok_1"]),
        ("grace", vec!["tok_1"]),
        ("ngrok.io", vec!["k3Jd"]),
        ("store locator", vec!["k3Jd"]),
        ("\"used up\"", vec!["tok_1"]),
        ("~stloc", vec!["k3Jd"]),
        ("type:spa,m2m", vec!["k3Jd", "Tt5x"]),
        ("!type:token", vec!["k3Jd", "Tt5x"]),
        ("name:*(staging)", vec!["Tt5x"]),
        ("id:TOK", vec!["tok_1", "tok_2", "tok_3"]),
        ("owner:me", vec!["k3Jd"]),
        ("owner:none", vec!["Tt5x"]),
        ("owner:nobodyhere,", vec![]),
        ("owner:grace*", vec!["tok_1"]),
        ("url:*.ngrok*", vec!["k3Jd"]),
        ("api:maps,sql", vec!["tok_1", "tok_2"]),
        ("source:*.retail.*", vec!["tok_1"]),
        ("grant:implicit", vec!["Tt5x"]),
        ("scope:*admin*", vec!["Tt5x"]),
        ("has:medium", vec!["k3Jd"]),
        ("has:critical", vec![]),
        ("has:url03", vec!["k3Jd"]),
        ("!has:any type:spa", vec![]),
        ("age>90d", vec!["Tt5x"]),
        ("age<=12", vec!["k3Jd"]),
        ("created<2025-12-01", vec!["Tt5x", "tok_1"]),
        ("used<1w", vec!["k3Jd"]),
        ("used", vec!["k3Jd"]),
        ("!used", vec!["Tt5x"]),
        ("!used>90d", vec!["k3Jd", "Tt5x"]),
        ("!age>90d", vec!["k3Jd", "tok_1"]),
        ("!owner:me", vec!["Tt5x", "tok_1"]),
        ("is:expired", vec!["tok_2"]),
        ("TYPE:Tokens has:ANY", vec![]),
        ("type:tokens expires<30D", vec!["tok_1"]),
        ("expires<30d", vec!["tok_1"]),
        ("expires>2026-01-01", vec!["tok_1"]),
        ("expires:never", vec!["tok_3"]),
        ("expired", vec!["tok_2"]),
        ("callbacks>1", vec!["k3Jd"]),
        ("secrets>1", vec!["Tt5x"]),
        ("!secrets>2", vec!["Tt5x"]),
        ("secret-age>90d", vec!["Tt5x"]),
        ("secret-expires<30d", vec!["Tt5x"]),
        ("secret-expires<7d", vec![]),
        ("secret-expires:never", vec![]),
        ("secret-expired", vec![]),
        ("!secret-expired", vec!["Tt5x"]),
        ("is:shared", vec!["k3Jd"]),
        ("is:disabled", vec!["Tt5x"]),
        ("is:default-urls", vec!["k3Jd"]),
        ("type:m2m age>90d !used", vec!["Tt5x"]),
        ("https://stores", vec!["k3Jd", "tok_1"]),
        ("localhost:3000", vec![]),
    ] {
        assert_eq!(found(filter), expected, "{filter}");
    }
}

#[test]
fn every_documented_term_is_one() {
    for term in TERMS {
        assert!(Filter::parse(term.example).is_ok(), "{}", term.example);
    }
}

#[test]
fn a_mistake_is_pointed_at() {
    for (filter, pointed) in [
        ("type:m2m age>9x", "             ^^ use a duration, such as 12h, 90d, 2w, 6mo or 1y"),
        ("tpye:m2m", "^^^^ unknown key tpye; did you mean type?"),
        ("a type:web", "       ^^^ must be one of token, spa, m2m, other"),
        ("東京 age:3", "        ^ use age<… or age>…"),
        ("name>3", "    ^ use name:…"),
        ("has:URL99", "    ^^^^^ is neither a rule nor one of info, low, medium, high, critical"),
        ("age>", "   ^ missing value, such as age>90d"),
        ("a \"b", "  ^ missing closing quote"),
        ("owner:,", "     ^ missing value, such as owner:me"),
        ("type=spa", "    ^ use type:…, or !type:… to exclude"),
        ("type!=spa", "    ^^ use type:…, or !type:… to exclude"),
        ("!!used", " ^ one ! is enough"),
        ("a !", "  ^ give a term to negate, such as !used"),
        ("~", "^ give the letters, such as ~stloc"),
        ("expired:true", "       ^ use expired or !expired without a value"),
        (
            "age > 90d",
            "    ^ write key, operator and value without spaces, such as age>90d. Quote it to search for the word",
        ),
        (
            "a NOT b",
            "  ^^^ put a ! before the term, such as !used. Quote it to search for the word",
        ),
        ("a AND b", "  ^^^ leave it out: all terms must match. Quote it to search for the word"),
    ] {
        let error = Filter::parse(filter).expect_err(filter);
        let expected = format!("{filter}\n{pointed}");
        assert_eq!(error.pointed(filter), expected);
    }
}

#[test]
fn only_kinds_that_can_pass_are_asked_for() {
    let kinds = |text| Filter::parse(text).expect("a filter").kinds();
    assert_eq!(kinds("type:m2m x"), [Kind::M2m]);
    assert_eq!(kinds("!type:token"), [Kind::Spa, Kind::M2m, Kind::Other]);
    assert_eq!(kinds("x"), Kind::ALL);
}
