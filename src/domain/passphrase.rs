//! Derives keys from passphrases (argon2id, RFC 9106).

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use super::Secret;

/// Cost parameters of argon2id. They determine the cost of guessing a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Number of passes over the memory.
    pub passes: u32,
}

/// Cost for a file that an attacker may copy: 64 MiB, three passes (RFC 9106 section 4).
pub const FOR_FILES: Cost = Cost { memory: 64 * 1024, passes: 3 };

/// Cost for a login that a server rate-limits: 19 MiB, two passes (OWASP's cheat sheet).
pub const FOR_LOGINS: Cost = Cost { memory: 19 * 1024, passes: 2 };

/// Derives a key from a passphrase and a salt; `None` for parameters that argon2 rejects.
#[must_use]
pub fn key(passphrase: &Secret, salt: &[u8; 16], cost: Cost) -> Option<Zeroizing<[u8; 64]>> {
    let params = Params::new(cost.memory, cost.passes, 1, Some(64)).ok()?;
    let mut bytes = Zeroizing::new([0; 64]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose().as_bytes(), salt, &mut bytes[..])
        .ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_passphrase_makes_the_same_key_only_with_the_same_salt_and_cost() {
        let cost = Cost { memory: 8, passes: 1 };
        let make = |word: &str, salt, cost| key(&Secret::new(word.to_owned()), &salt, cost);
        let one = make("word", [1; 16], cost);
        assert_eq!(one, make("word", [1; 16], cost));
        for other in [
            make("Word", [1; 16], cost),
            make("word", [2; 16], cost),
            make("word", [1; 16], Cost { passes: 2, ..cost }),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(make("word", [1; 16], Cost { memory: 0, passes: 0 }), None);
    }
}
