//! Theme: maps meanings to styles.
//!
//! Styles use the default foreground and background, the 16 ANSI colors, and attributes. Color
//! never carries meaning alone. Without `Theme::color`, no style sets a color: with `NO_COLOR`,
//! crossterm 0.29 drops a style that has both a color and an attribute (crossterm pull request
//! 1069).

use ratatui::style::{Color, Modifier, Style};

/// Meaning of a text on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Ordinary text.
    Plain,
    /// Emphasized text.
    Bold,
    /// Less important or unavailable text.
    Dim,
    /// A screen title.
    Title,
    /// The open tab, or the title of the focused panel.
    Open,
    /// Name of a key.
    Key,
    /// The cursor and the focused element.
    Accent,
    /// Success, or an addition.
    Good,
    /// An error, or a removal.
    Bad,
    /// A finding of high or critical severity, or an expired credential.
    Severe,
    /// A finding of medium severity.
    Warning,
    /// The selected row.
    Selected,
    /// Text that a filter matched.
    Match,
    /// A focused text field.
    Field,
    /// Danger: a production profile, or a confirmed deletion.
    Alarm,
}

/// Display options that styles and glyphs depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// True if colors are used.
    pub color: bool,
    /// True if glyphs beyond ASCII are used.
    pub unicode: bool,
    /// True if frames must be small: no highlighted row, no dimmed background.
    pub low_bandwidth: bool,
}

impl Theme {
    /// Returns the theme for the environment: `NO_COLOR` (no-color.org), and the locale's charset.
    /// `get` returns a variable.
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
        let locale = locale.to_lowercase();
        Self {
            color: set("NO_COLOR").is_none(),
            unicode: locale.contains("utf-8") || locale.contains("utf8"),
            low_bandwidth: false,
        }
    }

    /// Returns the style of a meaning.
    #[must_use]
    pub const fn style(self, paint: Paint) -> Style {
        let style = Style::new();
        match paint {
            Paint::Plain => style,
            Paint::Bold | Paint::Title | Paint::Key => style.add_modifier(Modifier::BOLD),
            Paint::Dim => style.add_modifier(Modifier::DIM),
            Paint::Open => style.add_modifier(Modifier::BOLD).add_modifier(Modifier::REVERSED),
            Paint::Accent if self.color => style.fg(Color::Cyan).add_modifier(Modifier::BOLD),
            Paint::Accent => style.add_modifier(Modifier::BOLD),
            Paint::Good if self.color => style.fg(Color::Green),
            Paint::Good => style.add_modifier(Modifier::BOLD),
            Paint::Bad if self.color => style.fg(Color::Red),
            Paint::Bad => style.add_modifier(Modifier::BOLD),
            Paint::Severe if self.color => style.fg(Color::Red).add_modifier(Modifier::BOLD),
            Paint::Severe => style.add_modifier(Modifier::BOLD),
            // Yellow is hard to read on a light background.
            Paint::Warning if self.color => style.fg(Color::Magenta),
            Paint::Warning => style,
            Paint::Alarm if self.color => {
                style.fg(Color::Red).add_modifier(Modifier::BOLD).add_modifier(Modifier::REVERSED)
            }
            Paint::Alarm => style.add_modifier(Modifier::BOLD).add_modifier(Modifier::REVERSED),
            Paint::Selected if self.color => style.fg(Color::White).bg(Color::Blue),
            Paint::Selected => style.add_modifier(Modifier::REVERSED),
            Paint::Match => style.add_modifier(Modifier::BOLD).add_modifier(Modifier::UNDERLINED),
            Paint::Field => style.add_modifier(Modifier::UNDERLINED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Paint; 15] = [
        Paint::Plain,
        Paint::Bold,
        Paint::Dim,
        Paint::Title,
        Paint::Open,
        Paint::Key,
        Paint::Accent,
        Paint::Good,
        Paint::Bad,
        Paint::Severe,
        Paint::Warning,
        Paint::Selected,
        Paint::Match,
        Paint::Field,
        Paint::Alarm,
    ];

    #[test]
    fn without_color_there_is_none_at_all() {
        let theme = Theme { color: false, unicode: true, low_bandwidth: false };
        for paint in ALL {
            let style = theme.style(paint);
            assert_eq!((style.fg, style.bg), (None, None), "{paint:?}");
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
        assert!(!theme(&[("NO_COLOR", "1")]).color);
        assert!(theme(&[("NO_COLOR", "")]).color, "an empty value does not count");
    }
}
