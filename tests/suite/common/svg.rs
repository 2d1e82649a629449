//! Terminal screens as SVG pictures.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

const CELL: (usize, usize) = (8, 17);
const MARGIN: usize = 12;

/// Returns the screen as SVG. Text is not converted to shapes, so the file is small and searchable.
pub fn draw(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (u16::from(rows), u16::from(columns));
    let width = usize::from(columns) * CELL.0 + 2 * MARGIN;
    let height = usize::from(rows) * CELL.1 + 2 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"13\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#16181d\"/>\n"
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let Some(cell) = screen.cell(row, column) else { break };
            let mut end = column + 1;
            let mut text = cell.contents().to_owned();
            // A piece is a word with one style, or the space between two words. Viewers collapse
            // and trim spaces, so text pieces contain none. A wide character is a piece by itself.
            let blank = is_blank(cell);
            while end < columns && !cell.is_wide() {
                let Some(next) = screen.cell(row, end) else { break };
                if next.is_wide() || look(next) != look(cell) || is_blank(next) != blank {
                    break;
                }
                text.push_str(if next.has_contents() { next.contents() } else { " " });
                end += 1;
            }
            if cell.is_wide() {
                end += 1;
            }
            piece(&mut out, row, column, end, &text, cell);
            column = end;
        }
    }
    out.push_str("</svg>\n");
    out
}

fn is_blank(cell: &Cell) -> bool {
    cell.contents().trim().is_empty()
}

type Look = (Color, bool, bool, bool, bool);

fn look(cell: &Cell) -> Look {
    (cell.fgcolor(), cell.bold(), cell.dim(), cell.underline(), cell.inverse())
}

fn piece(out: &mut String, row: u16, from: u16, to: u16, text: &str, cell: &Cell) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (color, bold, dim, underline, inverse) = look(cell);
    if text.trim().is_empty() && !underline && !inverse {
        return;
    }
    let x = usize::from(from) * CELL.0 + MARGIN;
    let y = usize::from(row) * CELL.1 + MARGIN;
    let width = usize::from(to - from) * CELL.0;
    let mut fill = match (color, dim) {
        (Color::Idx(1), _) => "#ff7b72",
        (Color::Idx(2), _) => "#7ee787",
        (Color::Idx(6), _) => "#76e3ea",
        (_, true) => "#8b949e",
        _ => "#e6edf3",
    };
    if inverse {
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{fill}\"/>",
            CELL.1
        );
        fill = "#16181d";
    }
    let weight = if bold { " font-weight=\"bold\"" } else { "" };
    if underline {
        let line = y + CELL.1 - 2;
        let _ = writeln!(out, "<path d=\"M{x} {line}h{width}\" stroke=\"{fill}\"/>");
    }
    if text.trim().is_empty() {
        return;
    }
    let baseline = y + 13;
    let _ = writeln!(
        out,
        "<text x=\"{x}\" y=\"{baseline}\" fill=\"{fill}\"{weight} textLength=\"{width}\" \
         lengthAdjust=\"spacingAndGlyphs\">{text}</text>"
    );
}
