//! Conformance suite: checks of a live credentials API.
//!
//! | module | content |
//! |---|---|
//! | [`behavior`] | checks of every provider, through [`CredentialsApi`](crate::api::CredentialsApi) |
//! | [`contract`] | HTTP-level checks of a server that implements the contract |
//! | [`report`] | results |
//!
//! The suite creates test credentials, whose names begin with [`PREFIX`], and deletes them. It
//! changes nothing else on the server.

pub mod behavior;
pub mod contract;
pub mod report;
mod samples;

pub use report::{CheckResult, ConformanceReport, Outcome};

use crate::{
    api::{Capabilities, Trust},
    auth::{code::GrantRequest, discovery, sign_in, tokens::ClientAuth},
};

/// Prefix of the names of test credentials.
pub const PREFIX: &str = "credenza-check-";

/// Returns a name for a test credential: [`PREFIX`] and eight random hexadecimal digits.
#[must_use]
pub fn name() -> String {
    format!("{PREFIX}{:08x}", rand::random::<u32>())
}

/// Returns a function that requests access tokens from the issuer and discards them, for
/// [`behavior::Bench::issue`]; `None` if the issuer is unknown.
#[must_use]
pub fn issue(capabilities: &Capabilities, trust: &Trust) -> Option<behavior::Issue> {
    let issuer = capabilities.issuer.clone()?;
    let wanted = GrantRequest {
        audience: capabilities.audience.as_ref().map(|it| it.raw().to_owned()),
        scopes: capabilities.token_scope.map(str::to_owned).into_iter().collect(),
        ..GrantRequest::default()
    };
    let trust = trust.clone();
    Some(Box::new(move |id, secret| {
        let (issuer, wanted, trust) = (issuer.clone(), wanted.clone(), trust.clone());
        Box::pin(async move {
            let metadata = discovery::discover(issuer.raw(), &trust).await?;
            let client = ClientAuth { id: id.raw(), secret: Some(&secret) };
            sign_in::machine_tokens(&metadata, &trust, &client, &wanted).await.map(|_| ())
        })
    }))
}
