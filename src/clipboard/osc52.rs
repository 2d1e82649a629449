//! OSC 52: a terminal's clipboard, written through the terminal. It never answers, and is never read.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The longest text, in bytes: terminals and multiplexers cut or drop what is longer.
const LIMIT: usize = 74_994;

/// Asks the terminal to clear its clipboard: what is not base64 clears it (xterm's ctlseqs).
pub const CLEAR: &[u8] = b"\x1b]52;c;!\x1b\\";

/// The sequence that copies a text; `None` when it is too long.
#[must_use]
pub fn encode(text: &str) -> Option<Vec<u8>> {
    (text.len() <= LIMIT).then(|| format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text)).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_carried_as_base64() {
        assert_eq!(encode("abc"), Some(b"\x1b]52;c;YWJj\x1b\\".to_vec()));
        assert_eq!(encode(&"x".repeat(LIMIT + 1)), None);
    }
}
