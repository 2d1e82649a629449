//! OSC 52: control sequences that set a terminal's clipboard. The terminal does not confirm them,
//! and its clipboard is never read.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Maximum length of a text, in bytes. Terminals and multiplexers truncate or discard longer texts.
const LIMIT: usize = 74_994;

/// Sequence that clears the terminal's clipboard. Terminals clear it if the data is not base64
/// (xterm's ctlseqs).
pub const CLEAR: &[u8] = b"\x1b]52;c;!\x1b\\";

/// Returns the sequence that copies a text, or `None` if the text is too long.
#[must_use]
pub fn encode(text: &str) -> Option<Vec<u8>> {
    (text.len() <= LIMIT).then(|| format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text)).into_bytes())
}

/// Maximum length of a piece of a sequence for GNU screen, in bytes. Screen truncates longer
/// strings (screen 4.9, `MAXSTR`).
const PIECE: usize = 240;

/// Returns the sequence that copies a text to the terminal in which GNU screen runs, or `None` if
/// the text is too long. Screen drops unwrapped sequences. It forwards sequences that are wrapped
/// in pieces between `ESC P` and `ESC \`.
#[must_use]
pub fn encode_in_screen(text: &str) -> Option<Vec<u8>> {
    // The sequence ends with a bell, because a string terminator would end the wrapping.
    let sequence = format!("\x1b]52;c;{}\x07", STANDARD.encode(text)).into_bytes();
    (text.len() <= LIMIT).then(|| wrapped(&sequence))
}

/// Returns the sequence that clears the clipboard of the terminal in which GNU screen runs.
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
