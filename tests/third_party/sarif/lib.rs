//! Empty library, needed only to fetch the SARIF schema; see Cargo.toml.
