//! Proof that a client secret works, by the token endpoint of its issuer.

use super::{
    code::GrantRequest,
    discovery::{self, Metadata},
    sign_in,
    tokens::{self, ClientAuth},
};
use crate::{
    api::{ApiError, Capabilities, Trust},
    domain::{Kind, Secret, Untrusted, text},
};

/// Result of an attempt with a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The issuer accepted it.
    Works,
    /// The issuer rejected it, with these words.
    Refused(Untrusted),
    /// The issuer gave no answer about it.
    Unknown(String),
}

/// Issuer that checks the secrets of clients.
#[derive(Debug)]
pub struct Prover {
    metadata: Metadata,
    trust: Trust,
    wanted: GrantRequest,
}

impl Prover {
    /// Reads the metadata of the issuer that an API reports.
    ///
    /// # Errors
    /// [`ApiError`] if there is no issuer, or its metadata cannot be read.
    pub async fn new(capabilities: &Capabilities, trust: Trust) -> Result<Self, ApiError> {
        let issuer = capabilities.issuer.as_ref().ok_or_else(|| ApiError::Unusable {
            why: "The provider reports no issuer. Set issuer in the profile".into(),
        })?;
        let metadata = discovery::discover(issuer.raw(), &trust).await?;
        let wanted = GrantRequest {
            audience: capabilities.audience.as_ref().map(|it| it.raw().to_owned()),
            scopes: capabilities.token_scope.map(str::to_owned).into_iter().collect(),
            ..GrantRequest::default()
        };
        Ok(Self { metadata, trust, wanted })
    }

    /// Tries a secret. An M2M client requests a token. Any other client exchanges an invalid code: the issuer
    /// authenticates the client before it looks at the code (RFC 6749 section 3.2.1).
    pub async fn prove(&self, kind: Kind, client_id: &str, secret: &Secret) -> Proof {
        let client = ClientAuth { id: client_id, secret: Some(secret) };
        let result = if kind == Kind::M2m {
            sign_in::machine_tokens(&self.metadata, &self.trust, &client, &self.wanted).await
        } else {
            let pairs = [
                ("grant_type", "authorization_code"),
                ("code", "credenza-checks-the-secret"),
                ("redirect_uri", "https://credenza.invalid/"),
            ];
            tokens::ask(&self.metadata, &self.trust, &client, &pairs).await
        };
        match result {
            Ok(_) => Proof::Works,
            Err(ApiError::Refused { error, said }) => of_error(error.raw(), said, kind),
            Err(error) => Proof::Unknown(error.explain("").why),
        }
    }
}

/// Reads an error of a token endpoint (RFC 6749 section 5.2).
fn of_error(error: &str, said: Untrusted, kind: Kind) -> Proof {
    match error {
        "invalid_client" => Proof::Refused(said),
        // Keycloak's answer to a wrong secret. From others it may mean that an authenticated client lacks the grant.
        "unauthorized_client" if said.raw().contains("client credentials") => Proof::Refused(said),
        // These are about the request of a client that has authenticated.
        "invalid_grant" if kind != Kind::M2m => Proof::Works,
        "invalid_scope" | "invalid_target" => Proof::Works,
        _ => Proof::Unknown(format!("{}: {}", text::shown(error), said.shown())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_after_authentication_prove_a_secret() {
        let read = |error, kind| {
            of_error(error, "Invalid client or Invalid client credentials".into(), kind)
        };
        assert_eq!(read("invalid_grant", Kind::Other), Proof::Works);
        assert_eq!(read("invalid_scope", Kind::M2m), Proof::Works);
        assert!(matches!(read("invalid_client", Kind::Other), Proof::Refused(_)));
        assert!(matches!(read("unauthorized_client", Kind::M2m), Proof::Refused(_)));
        assert!(matches!(read("invalid_grant", Kind::M2m), Proof::Unknown(_)));
        assert!(matches!(read("server_error", Kind::M2m), Proof::Unknown(_)));
        let without_grant =
            of_error("unauthorized_client", "grant not allowed".into(), Kind::Other);
        assert!(matches!(without_grant, Proof::Unknown(_)));
    }
}
