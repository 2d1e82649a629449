//! Check of a client secret at the token endpoint of the client's issuer.

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

/// Result of a client secret check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The issuer accepted the secret.
    Works,
    /// The issuer rejected the secret, with this message.
    Refused(Untrusted),
    /// The secret could not be checked, for this reason.
    Unknown(String),
}

/// Issuer at which client secrets are checked.
#[derive(Debug)]
pub struct Prover {
    metadata: Metadata,
    trust: Trust,
    wanted: GrantRequest,
}

impl Prover {
    /// Reads the metadata of the issuer that the provider reports.
    ///
    /// # Errors
    /// [`ApiError`] if the provider reports no issuer, or the issuer's metadata cannot be read.
    pub async fn new(capabilities: &Capabilities, trust: Trust) -> Result<Self, ApiError> {
        let issuer = capabilities.issuer.as_ref().ok_or_else(|| ApiError::Unusable {
            why: "The provider reports no issuer. Set issuer in the profile".into(),
        })?;
        let wanted = GrantRequest {
            audience: capabilities.audience.as_ref().map(|it| it.raw().to_owned()),
            scopes: capabilities.token_scope.map(str::to_owned).into_iter().collect(),
            ..GrantRequest::default()
        };
        Ok(Self { wanted, ..Self::of_issuer(issuer.raw(), trust).await? })
    }

    /// Reads the metadata of an issuer.
    ///
    /// # Errors
    /// [`ApiError`] if the URL is not an issuer, or its metadata cannot be read.
    pub async fn of_issuer(issuer: &str, trust: Trust) -> Result<Self, ApiError> {
        let metadata = discovery::discover(issuer, &trust).await?;
        Ok(Self { metadata, trust, wanted: GrantRequest::default() })
    }

    /// Checks a client secret at the issuer. For an M2M client, and at Entra ID for any client,
    /// requests a token. For any other client, sends an invalid code, because the issuer
    /// authenticates the client before it validates the code (RFC 6749 section 3.2.1). Entra ID
    /// validates the code first.
    pub async fn prove(&self, kind: Kind, client_id: &str, secret: &Secret) -> Proof {
        let client = ClientAuth { id: client_id, secret: Some(secret) };
        let is_entra = self.wanted.scopes.iter().any(|scope| scope.ends_with("/.default"));
        let kind = if is_entra { Kind::M2m } else { kind };
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

/// Derives the result from an error of a token endpoint (RFC 6749 section 5.2).
fn of_error(error: &str, said: Untrusted, kind: Kind) -> Proof {
    match error {
        "invalid_client" => Proof::Refused(said),
        // For a wrong secret, Keycloak sends `unauthorized_client` with this text. Other issuers
        // may send the error to an authenticated client that lacks the grant type.
        "unauthorized_client" if said.raw().contains("client credentials") => Proof::Refused(said),
        // For a new client that is not visible everywhere yet, Entra ID sends this code.
        "unauthorized_client" if said.raw().contains("AADSTS700016") => Proof::Refused(said),
        // The issuer reports the errors below only after it has authenticated the client.
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
