//! Terminal screens as SVG pictures and animations, for dark and light pages.

use std::{collections::BTreeSet, fmt::Write as _};

use vt100::{Cell, Color, Screen};

const CELL: (usize, usize) = (8, 17);
const MARGIN: usize = 12;

/// Colors of the classes of [`piece`], on a dark background and on a light one. The viewer selects
/// them by its color scheme.
const STYLE: &str = "\
<style>
.paper{fill:#16181d}.plain{fill:#e6edf3;color:#e6edf3}.dim{fill:#8b949e;color:#8b949e}
.red{fill:#ff7b72;color:#ff7b72}.green{fill:#7ee787;color:#7ee787}.cyan{fill:#76e3ea;color:#76e3ea}
.magenta{fill:#e291f0;color:#e291f0}.blue{fill:#1f4b99}path{stroke:currentColor}
@media(prefers-color-scheme:light){
.paper{fill:#fff}.plain{fill:#1f2328;color:#1f2328}.dim{fill:#656d76;color:#656d76}
.red{fill:#cf222e;color:#cf222e}.green{fill:#116329;color:#116329}.cyan{fill:#1b7c83;color:#1b7c83}
.magenta{fill:#8250df;color:#8250df}.blue{fill:#b6d4fb}}
</style>
";

/// Returns the screen as SVG. Text is not converted to shapes, so the file is small and searchable.
pub fn draw(screen: &Screen) -> String {
    format!("{}{}</svg>\n", head(screen), rows(screen).concat())
}

/// Returns an animation of frames as SVG, which repeats. `rows` are the results of [`rows`], with
/// the time of each frame in tenths of a second. Viewers that reduce motion show the first frame.
pub fn animate(screen: &Screen, frames: &[(Vec<String>, usize)]) -> String {
    let total: usize = frames.iter().map(|(_, time)| time).sum();
    let start = |frame: usize| frames[..frame].iter().map(|(_, time)| time).sum::<usize>();
    let mut spans: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut body = String::new();
    for row in 0..frames[0].0.len() {
        let mut from = 0;
        while from < frames.len() {
            let same = |frame: &usize| frames[*frame].0[row] == frames[from].0[row];
            let to = (from..frames.len()).take_while(same).last().expect("the first") + 1;
            let content = &frames[from].0[row];
            if (from, to) == (0, frames.len()) {
                body.push_str(content);
            } else if !content.is_empty() {
                spans.insert((from, to));
                let _ = write!(body, "<g class=\"f s{from}-{to}\">\n{content}</g>\n");
            }
            from = to;
        }
    }
    let mut style = String::from("<style>.f{visibility:hidden}\n");
    for (from, to) in spans {
        let percent = |frame: usize| start(frame) * 1000 / total;
        let (begin, end) = (percent(from), percent(to));
        let decimal = |tenths: usize| format!("{}.{}%", tenths / 10, tenths % 10);
        let (name, seconds) = (format!("s{from}-{to}"), total / 10);
        let before = if begin > 0 { "0%{visibility:hidden}" } else { "" };
        let after = if end < 1000 {
            format!("{}{{visibility:hidden}}", decimal(end))
        } else {
            String::new()
        };
        let _ = writeln!(
            style,
            "@keyframes {name}{{{before}{}{{visibility:visible}}{after}}}\n\
             .{name}{{animation:{name} {seconds}s step-end infinite}}",
            decimal(begin),
        );
        if from == 0 {
            let _ = writeln!(
                style,
                "@media(prefers-reduced-motion:reduce){{.{name}{{visibility:visible}}}}"
            );
        }
    }
    style.push_str("@media(prefers-reduced-motion:reduce){.f{animation:none}}\n</style>\n");
    format!("{}{style}{body}</svg>\n", head(screen))
}

fn head(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let width = usize::from(u16::from(columns)) * CELL.0 + 2 * MARGIN;
    let height = usize::from(u16::from(rows)) * CELL.1 + 2 * MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"13\">\n\
         {STYLE}<rect width=\"{width}\" height=\"{height}\" rx=\"8\" class=\"paper\"/>\n"
    )
}

/// Returns the elements of each row of the screen.
pub fn rows(screen: &Screen) -> Vec<String> {
    let (rows, columns) = screen.size();
    (0..u16::from(rows)).map(|row| row_of(screen, row, u16::from(columns))).collect()
}

fn row_of(screen: &Screen, row: u16, columns: u16) -> String {
    let mut out = String::new();
    let mut column = 0;
    while column < columns {
        let Some(cell) = screen.cell(row, column) else { break };
        let mut end = column + 1;
        let mut text = cell.contents().to_owned();
        // A piece is a word with one style, or the space between two words. Viewers collapse and
        // trim spaces, so text pieces contain none. A wide character is a piece by itself.
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
    out
}

fn is_blank(cell: &Cell) -> bool {
    cell.contents().trim().is_empty()
}

type Look = (Color, Color, bool, bool, bool, bool);

fn look(cell: &Cell) -> Look {
    let colors = (cell.fgcolor(), cell.bgcolor());
    (colors.0, colors.1, cell.bold(), cell.dim(), cell.underline(), cell.inverse())
}

fn piece(out: &mut String, row: u16, from: u16, to: u16, text: &str, cell: &Cell) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (color, background, bold, dim, underline, inverse) = look(cell);
    let is_filled = inverse || background != Color::Default;
    if text.trim().is_empty() && !underline && !is_filled {
        return;
    }
    let x = usize::from(from) * CELL.0 + MARGIN;
    let y = usize::from(row) * CELL.1 + MARGIN;
    let width = usize::from(to - from) * CELL.0;
    let mut ink = match (color, dim) {
        (Color::Idx(1), _) => "red",
        (Color::Idx(2), _) => "green",
        (Color::Idx(5), _) => "magenta",
        (Color::Idx(6), _) => "cyan",
        (_, true) => "dim",
        _ => "plain",
    };
    if is_filled {
        let fill = if inverse { ink } else { "blue" };
        let height = CELL.1;
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" class=\"{fill}\"/>"
        );
        if inverse {
            ink = "paper";
        }
    }
    let weight = if bold { " font-weight=\"bold\"" } else { "" };
    if underline {
        let line = y + CELL.1 - 2;
        let _ = writeln!(out, "<path d=\"M{x} {line}h{width}\" class=\"{ink}\"/>");
    }
    if text.trim().is_empty() {
        return;
    }
    let baseline = y + 13;
    let _ = writeln!(
        out,
        "<text x=\"{x}\" y=\"{baseline}\" class=\"{ink}\"{weight} textLength=\"{width}\" \
         lengthAdjust=\"spacingAndGlyphs\">{text}</text>"
    );
}
