//! Theme: maps the roles of texts and elements on the screen to styles.
//!
//! Built-in palettes use the default foreground and background, the 16 ANSI colors and attributes,
//! so that they follow the colors of the terminal. Color never carries meaning alone.

use ratatui::style::{Color, Modifier, Style};
use strum::{EnumString, IntoStaticStr, VariantNames};

use crate::domain::profile::Tint;

/// Role of a text or an element on the screen, for which a theme defines a style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Paint {
    /// Ordinary text.
    Plain,
    /// Important text.
    Bold,
    /// Less important or unavailable text.
    Dim,
    /// Title of a screen.
    Title,
    /// Label of the open tab.
    Open,
    /// Name of a key.
    Key,
    /// Cursor and focused element.
    Accent,
    /// Success, or an addition.
    Good,
    /// Error, or a removal.
    Bad,
    /// Finding of critical or high severity, or an expiry in the past.
    Severe,
    /// Finding of medium severity, or an expiry within 30 days.
    Warning,
    /// Selected row.
    Selected,
    /// Text that a filter matched.
    Match,
    /// Focused text field.
    Field,
    /// Danger, such as a production profile.
    Alarm,
    /// Name of the profile in the header.
    Profile,
    /// QR code: blocks are light, blanks are dark.
    Code,
}

/// Number of roles.
const PAINTS: usize = Paint::VARIANTS.len();

/// Styles of all roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette([SmallStyle; PAINTS]);

/// Colors and attributes of a [`Style`], in fewer bytes, because every canvas has a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SmallStyle {
    fg: Option<Color>,
    bg: Option<Color>,
    modifier: Modifier,
}

impl SmallStyle {
    const fn of(style: Style) -> Self {
        Self { fg: style.fg, bg: style.bg, modifier: style.add_modifier }
    }
}

impl Palette {
    /// Palette with attributes but no colors, which `NO_COLOR` (no-color.org) selects.
    pub const MONO: Self = Self::of(Tone::None);
    /// Palette of the 16 ANSI colors, for a dark or light background.
    pub const COLOR: Self = Self::of(Tone::Both);
    /// Palette of darker colors, for a light background.
    pub const LIGHT: Self = Self::of(Tone::Light);
    /// Palette of bright colors without dimmed text, for a dark background.
    pub const HIGH_CONTRAST: Self = Self::of(Tone::Strong);

    /// Built-in palettes by name.
    pub const BUILT_IN: [(&'static str, Self); 5] = [
        ("color", Self::COLOR),
        ("dark", Self::COLOR),
        ("light", Self::LIGHT),
        ("high-contrast", Self::HIGH_CONTRAST),
        ("mono", Self::MONO),
    ];

    /// Returns a built-in palette by its name; `None` if the name is unknown.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        Self::BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, palette)| *palette)
    }

    const fn of(tone: Tone) -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let reversed = bold.add_modifier(Modifier::REVERSED);
        let dim = match tone {
            Tone::Strong => plain,
            Tone::None | Tone::Both | Tone::Light => plain.add_modifier(Modifier::DIM),
        };
        // Without colors, a dark background is assumed.
        let code = match tone {
            Tone::None => plain,
            Tone::Both | Tone::Light | Tone::Strong => plain.fg(Color::White).bg(Color::Black),
        };
        let [accent, good, bad, severe, warning, alarm, selected] = match tone {
            Tone::None => {
                let selected = plain.add_modifier(Modifier::REVERSED);
                [bold, bold, bold, bold, plain, reversed, selected]
            }
            Tone::Both => [
                bold.fg(Color::Cyan),
                plain.fg(Color::Green),
                plain.fg(Color::Red),
                bold.fg(Color::Red),
                // Warnings are magenta, because yellow is hard to read on a light background.
                plain.fg(Color::Magenta),
                reversed.fg(Color::Red),
                plain.fg(Color::White).bg(Color::Blue),
            ],
            Tone::Light => [
                bold.fg(Color::Blue),
                plain.fg(Color::Green),
                plain.fg(Color::Red),
                bold.fg(Color::Red),
                bold.fg(Color::Magenta),
                reversed.fg(Color::Red),
                plain.fg(Color::Black).bg(Color::Cyan),
            ],
            Tone::Strong => [
                bold.fg(Color::LightCyan),
                bold.fg(Color::LightGreen),
                bold.fg(Color::LightRed),
                bold.fg(Color::LightRed),
                bold.fg(Color::LightYellow),
                reversed.fg(Color::LightRed),
                bold.fg(Color::Black).bg(Color::LightYellow),
            ],
        };
        let matched = bold.add_modifier(Modifier::UNDERLINED);
        let field = plain.add_modifier(Modifier::UNDERLINED);
        // The styles are in the order of the variants of [`Paint`].
        let styles: [Style; PAINTS] = [
            plain, bold, dim, bold, reversed, bold, accent, good, bad, severe, warning, selected,
            matched, field, alarm, plain, code,
        ];
        let mut small = [SmallStyle::of(plain); PAINTS];
        let mut at = 0;
        while at < PAINTS {
            small[at] = SmallStyle::of(styles[at]);
            at += 1;
        }
        Self(small)
    }

    /// Returns the palette with another style for a role.
    #[must_use]
    pub const fn with(mut self, paint: Paint, style: Style) -> Self {
        self.0[paint as usize] = SmallStyle::of(style);
        self
    }

    /// Returns true if any style has a color.
    #[must_use]
    pub fn has_color(&self) -> bool {
        self.0.iter().any(|style| style.fg.is_some() || style.bg.is_some())
    }
}

/// Colors of a built-in palette.
#[derive(Clone, Copy)]
enum Tone {
    None,
    Both,
    Light,
    Strong,
}

/// Parses a style, such as `bold light-red`, `white on blue` or `underlined #ff8800`.
///
/// # Errors
/// Returns the first word that is not valid at its position, or `on` if it is the last word.
pub fn parse_style(text: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        style = match word {
            "plain" => style,
            "bold" => style.add_modifier(Modifier::BOLD),
            "dim" => style.add_modifier(Modifier::DIM),
            "underlined" => style.add_modifier(Modifier::UNDERLINED),
            "reversed" => style.add_modifier(Modifier::REVERSED),
            "on" => {
                let word = words.next().ok_or("on")?;
                style.bg(parse_color(word)?)
            }
            _ => style.fg(parse_color(word)?),
        };
    }
    Ok(style)
}

/// Parses one of the 16 colors, or `#rrggbb`. The screen draws no other colors.
fn parse_color(word: &str) -> Result<Color, String> {
    match word.parse() {
        Ok(Color::Indexed(_) | Color::Reset) | Err(_) => Err(word.to_owned()),
        Ok(color) => Ok(color),
    }
}

/// Palette, and capabilities of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Styles of all roles.
    pub palette: Palette,
    /// True if non-ASCII glyphs are used.
    pub unicode: bool,
    /// True on a slow terminal and in linear mode. Rows and matches are not highlighted, and
    /// backgrounds are not dimmed, so that frames have few bytes.
    pub low_bandwidth: bool,
    /// True in linear mode, for screen readers: no boxes, rules, charts or QR codes are drawn.
    pub linear: bool,
    /// True if the terminal opens hyperlinks (OSC 8).
    pub links: bool,
}

impl Theme {
    /// Theme in color for a terminal with UTF-8, without hyperlinks.
    pub const COLOR: Self = Self {
        palette: Palette::COLOR,
        unicode: true,
        low_bandwidth: false,
        linear: false,
        links: false,
    };

    /// Returns the theme that the environment selects: by `NO_COLOR` (no-color.org) and the charset
    /// of the locale.
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
        let locale = locale.to_lowercase();
        let no_color = set("NO_COLOR").is_some();
        Self {
            palette: if no_color { Palette::MONO } else { Palette::COLOR },
            unicode: locale.contains("utf-8") || locale.contains("utf8"),
            ..Self::COLOR
        }
    }

    /// Returns the theme of linear mode.
    #[must_use]
    pub const fn linear(self) -> Self {
        Self { low_bandwidth: true, linear: true, links: false, ..self }
    }

    /// Returns the theme with another color for the name of the profile, instead of the theme's own
    /// style for that role. A theme without colors stays unchanged.
    #[must_use]
    pub fn tinted(mut self, tint: Tint) -> Self {
        let color = match tint {
            Tint::Green => Color::Green,
            Tint::Yellow => Color::Yellow,
            Tint::Blue => Color::Blue,
            Tint::Magenta => Color::Magenta,
            Tint::Cyan => Color::Cyan,
        };
        if self.palette.has_color() {
            let style = Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED).fg(color);
            self.palette = self.palette.with(Paint::Profile, style);
        }
        self
    }

    /// Returns the style of a role.
    #[must_use]
    pub const fn style(&self, paint: Paint) -> Style {
        let SmallStyle { fg, bg, modifier } = self.palette.0[paint as usize];
        Style { fg, bg, ..Style::new().add_modifier(modifier) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::profile::Word as _;

    #[test]
    fn mono_has_no_color() {
        assert!(!Palette::MONO.has_color());
        assert!(Palette::HIGH_CONTRAST.has_color());
    }

    #[test]
    fn styles_are_in_the_order_of_their_meanings() {
        assert_eq!(Paint::all_words().split(", ").count(), PAINTS);
        let theme = Theme::COLOR;
        assert_eq!(theme.style(Paint::Selected).bg, Some(Color::Blue));
        assert_eq!(theme.style(Paint::Warning).fg, Some(Color::Magenta));
        let alarm = theme.style(Paint::Alarm).add_modifier;
        assert!(alarm.contains(Modifier::REVERSED));
    }

    #[test]
    fn a_tint_colors_the_profile_only() {
        let theme = Theme::COLOR;
        let tinted = theme.tinted(Tint::Cyan);
        assert_eq!(tinted.style(Paint::Profile).fg, Some(Color::Cyan));
        assert_eq!(tinted.style(Paint::Accent), theme.style(Paint::Accent));
        let mono = Theme { palette: Palette::MONO, ..theme };
        assert_eq!(mono.tinted(Tint::Cyan), mono);
    }

    #[test]
    fn styles_are_parsed() {
        let style = parse_style("bold white on #102030").expect("a style");
        assert_eq!(style.fg, Some(Color::White));
        assert_eq!(style.bg, Some(Color::Rgb(0x10, 0x20, 0x30)));
        assert!(style.add_modifier.contains(Modifier::BOLD));
        for (text, wrong) in [("bold pinkish", "pinkish"), ("red on", "on"), ("17", "17")] {
            assert_eq!(parse_style(text), Err(wrong.to_owned()));
        }
    }

    #[test]
    fn the_environment_decides() {
        let theme = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> =
                pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            Theme::from_environment(|name| {
                pairs.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone())
            })
        };
        assert!(theme(&[("LANG", "de_DE.UTF-8")]).unicode);
        assert!(!theme(&[("LANG", "C")]).unicode);
        assert!(!theme(&[("LC_ALL", "POSIX"), ("LANG", "C.UTF-8")]).unicode);
        assert_eq!(theme(&[("NO_COLOR", "1")]).palette, Palette::MONO);
        assert_eq!(
            theme(&[("NO_COLOR", "")]).palette,
            Palette::COLOR,
            "an empty value does not count"
        );
    }
}
