//! Endpoints that report the features of this server and the account of the caller.

use axum::{Json, extract::State};

use super::{
    AUDIENCE, AppState, SubscriptionPlan,
    caller::Caller,
    problem::{Problem, ReadErrors},
    store::secrets,
    wire::{CapabilitiesObject, FeaturesBody, KindBody, KindsBody, LimitsBody, MeObject},
};
use crate::domain::{draft, grants};

/// Account ID of every user of this server.
const ACCOUNT: &str = "ac_local";
const ORGANIZATION: &str = "Acme";
const TENANT: &str = "acme.dev";

/// Get the capabilities of this server.
///
/// A client that receives 404 may assume the minimum: all three kinds, no rotation, no
/// organization.
#[utoipa::path(
    get, path = "/v3/credentials/capabilities", tag = "About", security(("bearer" = [])),
    responses((status = 200, body = CapabilitiesObject), ReadErrors)
)]
pub(crate) async fn capabilities(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<CapabilitiesObject>, Problem> {
    let writer = caller.may_write().is_ok();
    let kind = |planned: bool| KindBody {
        create: writer && planned,
        reason: match (writer, planned) {
            (true, true) => None,
            (true, false) => Some("plan_required".to_owned()),
            (false, _) => Some("role_required".to_owned()),
        },
        required_plan: (!planned).then(|| SubscriptionPlan::EnterpriseLarge.title().to_owned()),
    };
    Ok(Json(CapabilitiesObject {
        api_base_url: state.base_url.clone(),
        issuer: state.base_url.clone(),
        audience: AUDIENCE.to_owned(),
        types: KindsBody { token: kind(true), spa: kind(true), m2m: kind(state.plan.allows_m2m()) },
        features: FeaturesBody {
            rotate_secret: true,
            secrets_per_client: secrets::LIMIT,
            keep_tokens: true,
            reveal_secret: true,
            default_urls: true,
            organization: true,
            expiration: "create_only".to_owned(),
        },
        allowed_apis: grants::APIS.map(str::to_owned).to_vec(),
        exclusive_apis: vec![grants::EXCLUSIVE_API.to_owned()],
        limits: LimitsBody { tokens: None, clients: None, urls_per_list: draft::URLS_PER_LIST },
    }))
}

/// Get the user and the account of the caller.
#[utoipa::path(
    get, path = "/v3/me", tag = "About", security(("bearer" = [])),
    responses((status = 200, body = MeObject), ReadErrors)
)]
pub(crate) async fn me(State(state): State<AppState>, caller: Caller) -> Json<MeObject> {
    Json(MeObject {
        user_id: caller.user.user_id,
        email: caller.user.email,
        account_id: ACCOUNT.to_owned(),
        organization_name: ORGANIZATION.to_owned(),
        tenant_domain: TENANT.to_owned(),
        role: caller.user.role,
        plan: state.plan.title().to_owned(),
    })
}
