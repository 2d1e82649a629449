//! OSC 52: a terminal's clipboard, written through the terminal. It never responds, and is never read.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Maximum length of a text, in bytes: terminals and multiplexers cut or drop longer ones.
const LIMIT: usize = 74_994;

/// Clears the terminal's clipboard: data that is not base64 does that (xterm's ctlseqs).
pub const CLEAR: &[u8] = b"\x1b]52;c;!\x1b\\";

/// Sequence that copies a text; `None` if it is too long.
#[must_use]
pub fn encode(text: &str) -> Option<Vec<u8>> {
    (text.len() <= LIMIT).then(|| format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text)).into_bytes())
}

/// Bytes of a sequence that GNU screen passes on in one piece; it cuts longer ones (screen 4.9, `MAXSTR`).
const PIECE: usize = 240;

/// The sequence inside GNU screen, which drops unwrapped ones: it is passed to the outer terminal in pieces, each
/// between `ESC P` and `ESC \`.
#[must_use]
pub fn encode_in_screen(text: &str) -> Option<Vec<u8>> {
    // A string terminator inside would end the wrapping, so a bell ends the sequence.
    let sequence = format!("\x1b]52;c;{}\x07", STANDARD.encode(text)).into_bytes();
    (text.len() <= LIMIT).then(|| wrapped(&sequence))
}

/// [`CLEAR`] inside GNU screen.
#[must_use]
pub fn clear_in_screen() -> Vec<u8> {
    wrapped(b"\x1b]52;c;!\x07")
}

fn wrapped(sequence: &[u8]) -> Vec<u8> {
    sequence.chunks(PIECE).flat_map(|piece| [b"\x1bP", piece, b"\x1b\\"].concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_carried_as_base64() {
        assert_eq!(encode("abc"), Some(b"\x1b]52;c;YWJj\x1b\\".to_vec()));
        assert_eq!(encode(&"x".repeat(LIMIT + 1)), None);
    }

    #[test]
    fn screen_passes_it_on_in_pieces() {
        let text = "secret".repeat(100);
        let bytes = encode_in_screen(&text).unwrap_or_default();
        let pieces = String::from_utf8(bytes).unwrap_or_default();
        let inner: String = pieces
            .split("\x1b\\")
            .filter(|piece| !piece.is_empty())
            .map(|piece| {
                assert!(piece.starts_with("\x1bP") && piece.len() <= PIECE + 2);
                &piece[2..]
            })
            .collect();
        assert_eq!(inner, format!("\x1b]52;c;{}\x07", STANDARD.encode(&text)));
    }
}
