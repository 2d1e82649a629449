//! Expiry of the X.509 certificates that clients authenticate with (RFC 5280 section 4.1.2.5).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::Value;
use x509_cert::{Certificate, der::Decode as _};

/// Returns the expiry of a certificate in base64, with or without the PEM header and footer.
/// Returns `None` if the text is not a certificate.
#[must_use]
pub fn expiry(text: &str) -> Option<Timestamp> {
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    let text: String = lines.flat_map(str::split_whitespace).collect();
    let certificate = Certificate::from_der(&STANDARD.decode(text).ok()?).ok()?;
    let end = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    Timestamp::from_second(end.as_secs().try_into().ok()?).ok()
}

/// Returns the expiry of the certificate of each key in a JSON Web Key Set (RFC 7517 section 4.7).
/// The first certificate of `x5c` contains the key. Skips keys without a readable certificate.
#[must_use]
pub fn expiries_of_keys(keys: &Value) -> Vec<Timestamp> {
    let keys = keys.get("keys").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    keys.iter().filter_map(|key| expiry(key.get("x5c")?.get(0)?.as_str()?)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Made by `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256`.
    const PEM: &str = "\
-----BEGIN CERTIFICATE-----
MIIBcjCCARmgAwIBAgIUDBINlJ9HVWJWqmgsHZff84K3yDUwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEc3luYzAeFw0yNjExMzAyMjUyMDFaFw0yOTEyMzEyMjUyMDFa
MA8xDTALBgNVBAMMBHN5bmMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARKDCTj
BDl2/wGU7S3nj52s3T7jfpn2f6NiCrktbFCwBNWGuadjFvsgikX6wkHlKLH38rJ/
tAjAQU+tzXbkmukco1MwUTAdBgNVHQ4EFgQUU7OliavwQjd52hSeWbGlHBlujGcw
HwYDVR0jBBgwFoAUU7OliavwQjd52hSeWbGlHBlujGcwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNHADBEAiBTOyKUu8aslb/dmf7QMw1DXaYY3Z5zkztgBD2P
HSTTmQIgdq4caYyiP2Kyiq9+OXX6yriesMkmFbZdLdo0BpnmTtk=
-----END CERTIFICATE-----
";

    #[test]
    fn expiry_is_read_from_pem_base64_and_key_sets() {
        let end = "2029-12-31T22:52:01Z".parse().ok();
        assert_eq!(expiry(PEM), end);
        let base64: String = PEM.lines().filter(|line| !line.starts_with('-')).collect();
        assert_eq!(expiry(&base64), end);
        let keys = json!({ "keys": [{ "kty": "RSA", "x5c": [base64] }, { "kty": "EC" }] });
        assert_eq!(expiries_of_keys(&keys), Vec::from_iter(end));
        for no_certificate in ["", "x", "AAAA", "-----BEGIN CERTIFICATE-----"] {
            assert_eq!(expiry(no_certificate), None);
        }
    }
}
