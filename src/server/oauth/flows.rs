//! Sign-ins in progress. They are kept in memory, expire after their time limit, and are evicted
//! when a limit on their number is reached.
//!
//! A restart of the server discards all sign-ins in progress, and users must start again.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::server::{bounded::Bounded, keys::random_id, store::User};

/// Time limit for login and consent, in seconds.
const PENDING: i64 = 600;

/// Lifetime of an authorization code, in seconds (RFC 6749 section 4.1.2).
const CODE: i64 = 60;

/// Lifetime of a device code, in seconds.
pub(crate) const DEVICE: i64 = 600;

/// Lifetime of a browser's login, in seconds.
const LOGGED_IN: i64 = 3600;

/// Maximum number of entries in each map: browsers, consent requests, codes and devices.
const LIMIT: usize = 5_000;

/// Maximum number of entries per network in each map.
const LIMIT_OF_NETWORK: usize = 1_000;

/// Request for the consent of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConsentRequest {
    /// An application requests an authorization code.
    Code {
        client_id: String,
        client_name: String,
        redirect_uri: String,
        state: Option<String>,
        scope: Option<String>,
        nonce: Option<String>,
        challenge: String,
    },
    /// A device requests a sign-in.
    Device { user_code: String, client_id: String, client_name: String, scope: Option<String> },
}

/// Consent request that a user must answer in a browser.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub ask: ConsentRequest,
    pub csrf: String,
    browser: String,
    since: Timestamp,
    /// True if the user must log in for this request (`prompt=login`).
    fresh: bool,
    /// True if the user has logged in for this request.
    logged_in: bool,
}

/// Consent of a user: the client that receives the tokens, the user, the requested scopes, and the
/// nonce and login time for the ID token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Approved {
    pub client_id: String,
    pub user_id: String,
    pub scope: Option<String>,
    pub nonce: Option<String>,
    pub auth_time: i64,
}

/// Issued authorization code. It is kept after it is redeemed, so that a second use is detected.
#[derive(Debug, Clone)]
struct IssuedCode {
    approved: Approved,
    redirect_uri: String,
    challenge: String,
    since: Timestamp,
    /// Token family that the code was redeemed for; `None` before the code is redeemed.
    family: Option<String>,
    /// True if the code was used a second time.
    replayed: bool,
}

/// Result of redeeming an authorization code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Redeemed {
    /// The code is valid; tokens can be issued for this consent.
    Good(Approved),
    /// The code was redeemed before; the tokens of this family must be revoked (RFC 6749 section
    /// 4.1.2).
    Again(String),
    /// The code is unknown, has expired, or does not match the request.
    Bad,
}

/// State of a device sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeviceState {
    /// The user has not decided yet.
    Waiting,
    /// The user approved the sign-in.
    Approved(Approved),
    /// The user denied the sign-in.
    Denied,
}

/// Result of a device's poll of the token endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    Waiting,
    TooSoon,
    Approved(Approved),
    Denied,
    Ended,
    Unknown,
}

#[derive(Debug, Clone)]
struct PendingDevice {
    user_code: String,
    client_id: String,
    client_name: String,
    scope: Option<String>,
    state: DeviceState,
    since: Timestamp,
    asked: Option<Timestamp>,
}

#[derive(Debug, Clone)]
struct Browser {
    login: Option<(User, Timestamp)>,
}

struct FlowsState {
    browsers: Bounded<String, Browser>,
    pending: Bounded<String, Pending>,
    codes: Bounded<[u8; 32], IssuedCode>,
    devices: Bounded<[u8; 32], PendingDevice>,
}

pub(crate) struct Flows(Mutex<FlowsState>);

impl Default for Flows {
    fn default() -> Self {
        Self(Mutex::new(FlowsState {
            browsers: Bounded::new(LIMIT, LIMIT_OF_NETWORK),
            pending: Bounded::new(LIMIT, LIMIT_OF_NETWORK),
            codes: Bounded::new(LIMIT, LIMIT_OF_NETWORK),
            devices: Bounded::new(LIMIT, LIMIT_OF_NETWORK),
        }))
    }
}

impl Flows {
    fn lock(&self) -> std::sync::MutexGuard<'_, FlowsState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the browser ID from the cookie if the ID is known; otherwise creates a new ID.
    pub fn browser(&self, cookie: Option<&str>, network: IpAddr) -> String {
        let mut all = self.lock();
        if let Some(known) = cookie
            && all.browsers.get(known).is_some()
        {
            return known.to_owned();
        }
        let id = random_id("", 32);
        all.browsers.insert(id.clone(), Browser { login: None }, network);
        id
    }

    /// Returns the user who logged in with a browser, and the time of the login. `None` if
    /// the login is missing or expired or, with `prompt=login`, older than the request.
    pub fn logged_in(
        &self,
        browser: &str,
        pending: &Pending,
        now: Timestamp,
    ) -> Option<(User, Timestamp)> {
        if pending.fresh && !pending.logged_in {
            return None;
        }
        let all = self.lock();
        let login = all.browsers.get(browser)?.login.clone()?;
        (!over(login.1, LOGGED_IN, now)).then_some(login)
    }

    /// Logs a user in, and returns the new ID of the browser. Pending requests of the browser move
    /// to the new ID. An old ID that an attacker planted in the cookie becomes invalid.
    pub fn log_in(&self, browser: &str, user: User, network: IpAddr, now: Timestamp) -> String {
        let mut all = self.lock();
        all.browsers.remove(browser);
        let id = random_id("", 32);
        all.browsers.insert(id.clone(), Browser { login: Some((user, now)) }, network);
        for pending in all.pending.values_mut().filter(|pending| pending.browser == browser) {
            pending.browser.clone_from(&id);
            pending.logged_in = true;
        }
        id
    }

    /// Adds a request for consent, and returns its ID.
    pub fn ask(
        &self,
        browser: &str,
        ask: ConsentRequest,
        fresh: bool,
        network: IpAddr,
        now: Timestamp,
    ) -> String {
        let mut all = self.lock();
        let (id, csrf) = (random_id("", 32), random_id("", 32));
        let browser = browser.to_owned();
        let pending = Pending { ask, csrf, browser, since: now, fresh, logged_in: false };
        all.pending.insert(id.clone(), pending, network);
        id
    }

    /// Returns a pending request; `None` if the request is unknown, has expired or belongs to
    /// another browser.
    pub fn asked(&self, id: &str, browser: &str, now: Timestamp) -> Option<Pending> {
        let all = self.lock();
        let pending = all.pending.get(id)?;
        let same = pending.browser.as_bytes().ct_eq(browser.as_bytes());
        (bool::from(same) && !over(pending.since, PENDING, now)).then(|| pending.clone())
    }

    /// Removes a request after the decision of the user.
    pub fn answered(&self, id: &str) {
        self.lock().pending.remove(id);
    }

    /// Creates an authorization code for a consent.
    pub fn code(
        &self,
        approved: Approved,
        redirect_uri: &str,
        challenge: &str,
        network: IpAddr,
        now: Timestamp,
    ) -> String {
        let mut all = self.lock();
        let code = random_id("", 43);
        let kept = IssuedCode {
            approved,
            redirect_uri: redirect_uri.to_owned(),
            challenge: challenge.to_owned(),
            since: now,
            family: None,
            replayed: false,
        };
        all.codes.insert(Sha256::digest(&code).into(), kept, network);
        code
    }

    /// Redeems a code. A code can be redeemed only once, and a failed attempt invalidates it.
    /// `family` is the ID of the new token family.
    pub fn redeem(
        &self,
        code: &str,
        client_id: &str,
        redirect_uri: &str,
        challenge: &str,
        family: &str,
        now: Timestamp,
    ) -> Redeemed {
        let mut all = self.lock();
        let key: [u8; 32] = Sha256::digest(code).into();
        let Some(kept) = all.codes.get_mut(&key) else { return Redeemed::Bad };
        if let Some(family) = &kept.family {
            kept.replayed = true;
            return Redeemed::Again(family.clone());
        }
        let right = kept.approved.client_id == client_id
            && kept.redirect_uri == redirect_uri
            && bool::from(kept.challenge.as_bytes().ct_eq(challenge.as_bytes()))
            && !over(kept.since, CODE, now);
        if !right {
            all.codes.remove(&key); // allows one attempt per code
            return Redeemed::Bad;
        }
        kept.family = Some(family.to_owned());
        Redeemed::Good(kept.approved.clone())
    }

    /// True if a code was used a second time.
    pub fn is_replayed(&self, code: &str) -> bool {
        let key: [u8; 32] = Sha256::digest(code).into();
        self.lock().codes.get(&key).is_some_and(|kept| kept.replayed)
    }

    /// Starts a device sign-in, and returns its device code and user code.
    pub fn device(
        &self,
        client_id: &str,
        client_name: &str,
        scope: Option<String>,
        network: IpAddr,
        now: Timestamp,
    ) -> (String, String) {
        let mut all = self.lock();
        let (device_code, user_code) = (random_id("", 43), user_code());
        let device = PendingDevice {
            user_code: user_code.clone(),
            client_id: client_id.to_owned(),
            client_name: client_name.to_owned(),
            scope,
            state: DeviceState::Waiting,
            since: now,
            asked: None,
        };
        all.devices.insert(Sha256::digest(&device_code).into(), device, network);
        (device_code, user_code)
    }

    /// Returns the consent request for a device sign-in; `None` if no device with this user code
    /// waits for a decision. Compares only the letters of the code, and ignores case.
    pub fn device_ask(&self, user_code: &str, now: Timestamp) -> Option<ConsentRequest> {
        let wanted = tidy(user_code);
        let all = self.lock();
        let waiting = |device: &&PendingDevice| {
            tidy(&device.user_code) == wanted
                && device.state == DeviceState::Waiting
                && !over(device.since, DEVICE, now)
        };
        all.devices.values().find(waiting).map(|device| ConsentRequest::Device {
            user_code: device.user_code.clone(),
            client_id: device.client_id.clone(),
            client_name: device.client_name.clone(),
            scope: device.scope.clone(),
        })
    }

    /// Records the decision about a device sign-in. Returns false if no device with this user code
    /// waits for a decision.
    pub fn decide(&self, user_code: &str, state: DeviceState, now: Timestamp) -> bool {
        let mut all = self.lock();
        let found = all.devices.values_mut().find(|it| {
            it.user_code == user_code
                && it.state == DeviceState::Waiting
                && !over(it.since, DEVICE, now)
        });
        found.map(|device| device.state = state).is_some()
    }

    /// Returns the state of a device sign-in. Until the user decides, also records the time of the
    /// poll. `every` is the minimum polling interval, in seconds. An approval is returned only
    /// once.
    pub fn poll(&self, device_code: &str, client_id: &str, every: i64, now: Timestamp) -> Polled {
        let mut all = self.lock();
        let key: [u8; 32] = Sha256::digest(device_code).into();
        let Some(device) = all.devices.get_mut(&key).filter(|it| it.client_id == client_id) else {
            return Polled::Unknown;
        };
        if over(device.since, DEVICE, now) {
            return Polled::Ended;
        }
        match device.state.clone() {
            DeviceState::Waiting => {
                let soon = device.asked.is_some_and(|last| !over(last, every - 1, now));
                device.asked = Some(now);
                if soon && every > 0 { Polled::TooSoon } else { Polled::Waiting }
            }
            DeviceState::Denied => Polled::Denied,
            DeviceState::Approved(approved) => {
                all.devices.remove(&key);
                Polled::Approved(approved)
            }
        }
    }
}

fn over(since: Timestamp, lives: i64, now: Timestamp) -> bool {
    now.as_second() - since.as_second() > lives
}

/// Returns eight random letters with a hyphen in the middle. The alphabet is from RFC 8628 section
/// 6.1. It has no vowels, so that codes do not form words.
fn user_code() -> String {
    const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
    let mut out = String::with_capacity(9);
    while out.len() < 9 {
        let byte: u8 = rand::random();
        if byte < 240 {
            if out.len() == 4 {
                out.push('-');
            }
            out.push(char::from(LETTERS[usize::from(byte % 20)]));
        }
    }
    out
}

/// Returns only the letters of a user code, in upper case.
fn tidy(user_code: &str) -> String {
    user_code.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn approved() -> Approved {
        Approved {
            client_id: "app".into(),
            user_id: "user_ada".into(),
            scope: None,
            nonce: None,
            auth_time: 0,
        }
    }

    #[test]
    fn a_code_is_redeemed_once_by_whoever_asked_for_it() {
        let flows = Flows::default();
        let code = flows.code(approved(), "http://a/", "challenge", NETWORK, at(0));
        let redeem = |code: &str, client, uri, challenge, now| {
            flows.redeem(code, client, uri, challenge, "fam", at(now))
        };
        assert_eq!(redeem(&code, "app", "http://a/", "challenge", 60), Redeemed::Good(approved()));
        assert_eq!(
            redeem(&code, "app", "http://a/", "challenge", 61),
            Redeemed::Again("fam".into())
        );
        assert!(flows.is_replayed(&code));
        for (client, uri, challenge, now) in [
            ("other", "http://a/", "challenge", 1),
            ("app", "http://b/", "challenge", 1),
            ("app", "http://a/", "guess", 1),
            ("app", "http://a/", "challenge", 61),
        ] {
            let code = flows.code(approved(), "http://a/", "challenge", NETWORK, at(0));
            assert_eq!(redeem(&code, client, uri, challenge, now), Redeemed::Bad);
            assert_eq!(
                redeem(&code, "app", "http://a/", "challenge", 1),
                Redeemed::Bad,
                "invalid after a failed attempt"
            );
        }
    }

    #[test]
    fn a_device_waits_is_approved_and_hears_it_once() {
        let flows = Flows::default();
        let (device, user) = flows.device("console", "Console", None, NETWORK, at(0));
        assert_eq!(user.len(), 9);
        assert_eq!(flows.poll(&device, "console", 5, at(0)), Polled::Waiting);
        assert_eq!(flows.poll(&device, "console", 5, at(2)), Polled::TooSoon);
        assert_eq!(flows.poll(&device, "console", 5, at(7)), Polled::Waiting);
        assert_eq!(flows.poll(&device, "other", 5, at(20)), Polled::Unknown);
        assert!(flows.device_ask(&user.to_lowercase().replace('-', " "), at(20)).is_some());
        assert!(flows.decide(&user, DeviceState::Approved(approved()), at(20)));
        assert!(!flows.decide(&user, DeviceState::Denied, at(20)), "already decided");
        assert_eq!(flows.poll(&device, "console", 5, at(30)), Polled::Approved(approved()));
        assert_eq!(flows.poll(&device, "console", 5, at(40)), Polled::Unknown);
        let (late, user) = flows.device("console", "Console", None, NETWORK, at(0));
        assert!(!flows.decide(&user, DeviceState::Denied, at(DEVICE + 1)), "too late");
        assert_eq!(flows.poll(&late, "console", 5, at(DEVICE + 1)), Polled::Ended);
        assert_eq!(flows.device_ask(&user, at(DEVICE + 1)), None);
    }

    #[test]
    fn only_the_browser_that_was_asked_can_answer_and_logging_in_changes_its_cookie() {
        let flows = Flows::default();
        let browser = flows.browser(Some("planted"), NETWORK);
        assert_ne!(browser, "planted");
        let ask = ConsentRequest::Device {
            user_code: "X".into(),
            client_id: "c".into(),
            client_name: "C".into(),
            scope: None,
        };
        let id = flows.ask(&browser, ask, true, NETWORK, at(0));
        let asked = |browser: &str| flows.asked(&id, browser, at(1));
        let pending = asked(&browser).expect("asked");
        assert!(flows.logged_in(&browser, &pending, at(1)).is_none());
        assert!(flows.asked(&id, "another", at(0)).is_none());
        let after = flows.log_in(&browser, User::seeded(), NETWORK, at(1));
        assert_ne!(after, browser);
        assert!(
            flows.asked(&id, &browser, at(1)).is_none()
                && flows.asked(&id, &after, at(1)).is_some()
        );
        let pending = asked(&after).expect("asked");
        assert!(flows.logged_in(&after, &pending, at(LOGGED_IN)).is_some());
        assert!(flows.logged_in(&after, &pending, at(LOGGED_IN + 2)).is_none());
        assert!(flows.asked(&id, &after, at(PENDING + 1)).is_none());
    }
}
