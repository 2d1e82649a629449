//! Device flow (RFC 8628): the user enters a code in a browser on any device.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde::Deserialize;
use url::form_urlencoded;
use zeroize::Zeroize as _;

use super::{
    code::GrantRequest,
    discovery::Metadata,
    tokens::{self, ClientAuth, Tokens},
};
use crate::{
    api::{
        ApiError, Http, Trust,
        http::{Body, Call, FormText},
    },
    domain::{Secret, Untrusted, qr, urls},
};

/// Increase of the polling interval after each `slow_down` error (RFC 8628 section 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// Verification page, and the code that the user enters on that page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// URL of the verification page.
    pub uri: Untrusted,
    /// URL of the page with the code filled in, if the issuer provides one that uses https or is on
    /// this machine.
    pub complete: Option<Untrusted>,
    /// Code that the user enters, or compares if the page already contains it.
    pub user_code: Untrusted,
    /// Expiry of the code.
    pub ends: Timestamp,
}

impl Visit {
    /// Returns the text before the user code. The text asks the user to enter the code, or to check
    /// it if the page already contains the code.
    #[must_use]
    pub const fn prompt(&self) -> &'static str {
        match self.complete {
            Some(_) => "and check that it shows this code: ",
            None => "and enter this code: ",
        }
    }

    /// Returns the URL to open, with the code filled in if possible.
    #[must_use]
    pub fn page(&self) -> &Untrusted {
        self.complete.as_ref().unwrap_or(&self.uri)
    }

    /// Returns the lines of a QR code of the URL. `None` if the URL is too long, or has hidden
    /// characters, which a phone would not show.
    #[must_use]
    pub fn qr_code(&self) -> Option<Vec<String>> {
        let page = self.page();
        if page.shown() == page.raw() { qr::lines(page.raw()) } else { None }
    }
}

/// Device flow that waits for the user's approval.
#[derive(Debug)]
pub struct Device {
    /// Page and code for the user.
    pub visit: Visit,
    code: Secret,
    interval: Duration,
}

#[derive(Deserialize)]
struct Wire {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: Option<i64>,
    interval: Option<u64>,
}

/// Requests a device code and a user code.
///
/// # Errors
/// [`ApiError`] if the issuer does not support the device flow, cannot be reached, rejects the
/// request, or returns a page that is neither https nor on this machine.
pub async fn begin(
    metadata: &Metadata,
    trust: &Trust,
    client_id: &str,
    wanted: &GrantRequest,
    now: Timestamp,
) -> Result<Device, ApiError> {
    let endpoint = metadata.device_authorization_endpoint.as_deref();
    let endpoint = endpoint.ok_or_else(|| ApiError::Local {
        why: "The issuer does not support the device flow.".into(),
        next: "Sign in with paste instead.",
    })?;
    let body = Body::Form(FormText(form(client_id, wanted)));
    let http = Http::new(endpoint, None, trust)?;
    let mut reply = http.call(Method::POST, Call { body, ..Call::default() }).await?;
    let wire: Result<Wire, ApiError> = reply.json();
    reply.body.zeroize();
    let wire = wire?;
    let unsafe_page = |uri: &str| urls::check_login(uri).is_err();
    if unsafe_page(&wire.verification_uri) {
        let why = "its verification URL is neither https nor on this machine".to_owned();
        return Err(ApiError::Malformed { why });
    }
    let lives = wire.expires_in.unwrap_or(600).clamp(1, 3600);
    Ok(Device {
        visit: Visit {
            uri: wire.verification_uri.into(),
            complete: wire
                .verification_uri_complete
                .filter(|uri| !unsafe_page(uri))
                .map(Untrusted::from),
            user_code: wire.user_code.into(),
            ends: now.checked_add(SignedDuration::from_secs(lives)).unwrap_or(now),
        },
        code: Secret::new(wire.device_code),
        // RFC 8628 section 3.2: five seconds by default.
        interval: Duration::from_secs(wire.interval.unwrap_or(5).min(60))
            .max(Duration::from_millis(50)),
    })
}

fn form(client_id: &str, wanted: &GrantRequest) -> Secret {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("client_id", client_id);
    if !wanted.scopes.is_empty() {
        form.append_pair("scope", &wanted.scopes.join(" "));
    }
    form.extend_pairs(wanted.audience_pairs());
    Secret::new(form.finish())
}

impl Device {
    /// Polls the token endpoint until the user approves, and returns the tokens.
    ///
    /// # Errors
    /// [`ApiError::Refused`] if the user denied access or the code expired; another [`ApiError`] if
    /// polling fails permanently.
    pub async fn wait(
        self,
        metadata: &Metadata,
        trust: &Trust,
        client_id: &str,
        clock: fn() -> Timestamp,
    ) -> Result<Tokens, ApiError> {
        let client = ClientAuth { id: client_id, secret: None };
        let pairs = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", self.code.expose()),
        ];
        let mut interval = self.interval;
        loop {
            // A longer wait would delay the error about an expired code.
            let left = self.visit.ends.duration_since(clock());
            tokio::time::sleep(interval.min(left.try_into().unwrap_or_default())).await;
            match tokens::ask(metadata, trust, &client, &pairs).await {
                Err(ApiError::Refused { error, .. }) if error.raw() == "authorization_pending" => {}
                Err(ApiError::Refused { error, .. }) if error.raw() == "slow_down" => {
                    interval += SLOWER;
                }
                Err(ApiError::Limited { seconds }) => {
                    interval = interval.max(Duration::from_secs(seconds));
                }
                // RFC 8628 section 3.5 requires a longer interval after a timeout. Other temporary
                // failures are handled in the same way.
                Err(
                    ApiError::TimedOut { .. }
                    | ApiError::Unreachable { .. }
                    | ApiError::Broken { .. }
                    | ApiError::Server { .. },
                ) => interval *= 2,
                other => return other,
            }
            if clock() >= self.visit.ends {
                let error = Untrusted::from("expired_token");
                let said = Untrusted::from("the code expired before it was approved");
                return Err(ApiError::Refused { error, said });
            }
        }
    }
}
