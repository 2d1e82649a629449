//! QR codes as text (ISO/IEC 18004), for the address of a device sign-in.

use qrcodegen::{QrCode, QrCodeEcc};

/// Light margin around the code, in modules. Phones can read codes with a smaller margin than the
/// four modules of the standard.
const MARGIN: i32 = 2;

/// Returns the lines of a QR code, two modules in each character. Dark modules are blanks and light
/// modules are blocks, so a dark terminal shows a dark code on a light background. `None` if the
/// text is too long for a code.
#[must_use]
pub fn lines(text: &str) -> Option<Vec<String>> {
    let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
    let range = -MARGIN..code.size() + MARGIN;
    let line = |y: i32| {
        let glyph = |x: i32| match (code.get_module(x, y), code.get_module(x, y + 1)) {
            (false, false) => '█',
            (false, true) => '▀',
            (true, false) => '▄',
            (true, true) => ' ',
        };
        range.clone().map(glyph).collect()
    };
    Some(range.clone().step_by(2).map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text that a QR code reader decodes from the lines.
    fn read(lines: &[String]) -> String {
        const SCALE: usize = 4;
        let width = lines[0].chars().count();
        let modules: Vec<Vec<bool>> = lines
            .iter()
            .flat_map(|line| [['█', '▀'], ['█', '▄']].map(|light| (line, light)))
            .map(|(line, light)| line.chars().map(|c| light.contains(&c)).collect())
            .collect();
        let light = |x: usize, y: usize| modules[y / SCALE][x / SCALE];
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(
            width * SCALE,
            modules.len() * SCALE,
            |x, y| if light(x, y) { 255 } else { 0 },
        );
        image.detect_grids().first().expect("a code").decode().expect("a text").1
    }

    #[test]
    fn code_is_read_by_another_program() {
        for text in ["https://id.acme.dev/device?user_code=ABCD-EFGH", "http://127.0.0.1:8080/é"] {
            assert_eq!(read(&lines(text).expect("short enough")), text);
        }
    }

    #[test]
    fn code_is_square_with_a_light_margin() {
        let lines = lines("https://id.acme.dev/device?user_code=ABCD-EFGH").expect("short enough");
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width));
        assert_eq!(lines.len(), width.div_ceil(2));
        assert!(lines[0].chars().all(|c| c == '█'));
        assert_eq!(super::lines(&"x".repeat(4000)), None);
    }
}
