//! Evidence of use from the events and the sessions of a realm (Server Administration, "Tracking
//! user events"; Admin REST API, `/events` and `/client-session-stats`).

use std::collections::HashSet;

use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;

use super::{ApiError, Body, Keycloak};
use crate::domain::{
    Untrusted,
    evidence::{OpenSessions, RecordedUses},
    text,
};

/// Number of events per page. An event is about 500 bytes long.
const PAGE: usize = 1000;

/// Maximum number of events that are read, the latest first.
const LIMIT: usize = 100_000;

/// Events that a token request or a sign-in causes. Keycloak does not record `REFRESH_TOKEN` by
/// default.
const OF_USES: [&str; 4] = ["CLIENT_LOGIN", "CODE_TO_TOKEN", "LOGIN", "REFRESH_TOKEN"];

/// Events about changes to a client. They do not show that the client's credentials are in use.
const OF_CHANGES: [&str; 4] = ["CLIENT_REGISTER", "CLIENT_UPDATE", "CLIENT_DELETE", "CLIENT_INFO"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventsConfig {
    #[serde(default)]
    events_enabled: bool,
    #[serde(default)]
    enabled_event_types: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    /// ID, if the version of Keycloak reports it.
    id: Option<String>,
    /// Milliseconds since 1970.
    time: i64,
    #[serde(rename = "type")]
    kind: String,
    client_id: Option<String>,
}

/// Open sessions of one client. The numbers are strings.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionStats {
    client_id: String,
    #[serde(default)]
    active: String,
    #[serde(default)]
    offline: String,
}

/// Reads the recorded events and the open sessions.
///
/// # Errors
/// Returns the error of the events if neither the events nor the sessions can be read.
pub(super) async fn recorded_uses(realm: &Keycloak) -> Result<RecordedUses, ApiError> {
    let mut found = RecordedUses::default();
    let events = events(realm, &mut found).await;
    let sessions = sessions(realm, &mut found).await;
    if let (Err(error), Err(_)) = (&events, &sessions) {
        return Err(missing_role(error.clone(), "view-events"));
    }
    for (what, role, read) in
        [("events", "view-events", events), ("open sessions", "view-realm", sessions)]
    {
        if let Err(error) = read {
            let error = missing_role(error, role);
            found.incomplete.push(format!("Could not read the {what}: {}", error.sentence()));
        }
    }
    Ok(found)
}

/// Adds the required role to the error of a forbidden request, because Keycloak's error does not
/// contain the role.
fn missing_role(error: ApiError, role: &str) -> ApiError {
    match error {
        ApiError::Forbidden { said } => {
            let said = format!("{} (required role: {role})", text::shown(said.raw()));
            ApiError::Forbidden { said: Untrusted::from(said) }
        }
        other => other,
    }
}

async fn events(realm: &Keycloak, found: &mut RecordedUses) -> Result<(), ApiError> {
    let path = ["events", "config"];
    let config: EventsConfig =
        realm.realm_call(Method::GET, &path, &[], Body::Empty).await?.json()?;
    if !config.events_enabled {
        let why =
            "The realm records no events. Turn on \"Save events\" in its user event settings.";
        found.incomplete.push(why.to_owned());
    }
    // An empty list means the default types, without REFRESH_TOKEN.
    let is_recorded = |kind: &&str| {
        let recorded = &config.enabled_event_types;
        recorded.iter().any(|it| it == kind) || recorded.is_empty() && *kind != "REFRESH_TOKEN"
    };
    let missing: Vec<&str> = OF_USES.into_iter().filter(|kind| !is_recorded(kind)).collect();
    if config.events_enabled && !missing.is_empty() {
        found
            .notes
            .push(format!("The realm does not record these events: {}.", missing.join(", ")));
    }
    // New events move older ones to the next page, so an event can appear on two pages.
    let mut before: HashSet<String> = HashSet::new();
    let mut first = 0;
    while first < LIMIT {
        let (at, size) = (first.to_string(), PAGE.to_string());
        let query = [("first", at.as_str()), ("max", size.as_str())];
        let page: Vec<Event> =
            realm.realm_call(Method::GET, &["events"], &query, Body::Empty).await?.json()?;
        let count = page.len();
        let mut ids = HashSet::new();
        for event in page {
            if let Some(id) = &event.id {
                if before.contains(id) {
                    continue;
                }
                ids.insert(id.clone());
            }
            add(found, event);
        }
        before = ids;
        first += count;
        if count < PAGE {
            break;
        }
    }
    if first >= LIMIT {
        found.notes.push(format!("Only the latest {LIMIT} events were read."));
    }
    // The events are complete up to now if they are recorded.
    if config.events_enabled && found.coverage.from.is_some() {
        found.coverage.to = Some(Timestamp::now());
    }
    Ok(())
}

fn add(found: &mut RecordedUses, event: Event) {
    let at = Timestamp::from_millisecond(event.time).ok();
    found.coverage.count(at);
    let (kind, is_failure) = match event.kind.strip_suffix("_ERROR") {
        Some(kind) => (kind, true),
        None => (event.kind.as_str(), false),
    };
    if let Some(client) = event.client_id
        && !OF_CHANGES.contains(&kind)
    {
        found.clients.entry(client).or_default().count(at, is_failure);
    }
}

async fn sessions(realm: &Keycloak, found: &mut RecordedUses) -> Result<(), ApiError> {
    let path = ["client-session-stats"];
    let stats: Vec<SessionStats> =
        realm.realm_call(Method::GET, &path, &[], Body::Empty).await?.json()?;
    found.has_sessions = true;
    for stats in stats {
        let number = |text: &str| text.parse().unwrap_or_default();
        let sessions =
            OpenSessions { active: number(&stats.active), offline: number(&stats.offline) };
        found.clients.entry(stats.client_id).or_default().sessions = Some(sessions);
    }
    Ok(())
}
