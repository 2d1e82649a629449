//! Selection of clipboard channels by the configuration and environment variables.

use strum::{EnumString, IntoStaticStr, VariantNames};

/// Channel to a clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// tmux buffer, written with `tmux load-buffer -w -`.
    Tmux,
    /// Clipboard of this machine's desktop.
    Native,
    /// OSC 52, sent to the terminal.
    Terminal,
    /// OSC 52, sent through GNU screen to the outer terminal.
    Screen,
}

impl Channel {
    /// Returns the channel's name for messages, such as `native clipboard`.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Tmux => "tmux",
            Self::Native => "native clipboard",
            Self::Terminal => "terminal (OSC 52)",
            Self::Screen => "terminal through GNU screen (OSC 52)",
        }
    }
}

/// Configured clipboard.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    clap::ValueEnum,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Choice {
    /// Choose based on the environment.
    #[default]
    Auto,
    /// Only this machine's clipboard.
    Native,
    /// Only tmux.
    Tmux,
    /// Only the terminal.
    Osc52,
    /// No clipboard.
    Off,
}

/// Terminal multiplexer in which this program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplexer {
    /// tmux, which sets `TMUX`.
    Tmux,
    /// GNU screen, which sets `STY`.
    Screen,
}

impl Multiplexer {
    /// Returns the innermost multiplexer, which receives the output of this program. If both `TMUX`
    /// and `STY` are set, `TERM` decides, because only GNU screen appends the name of the outer
    /// terminal to its own, as in `screen.xterm`. Returns `None` if neither is set.
    pub fn inner(get: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let set = |name: &str| get(name).is_some_and(|value| !value.is_empty());
        match (set("TMUX"), set("STY")) {
            (true, true) if get("TERM").is_some_and(|term| term.starts_with("screen.")) => {
                Some(Self::Screen)
            }
            (true, _) => Some(Self::Tmux),
            (false, true) => Some(Self::Screen),
            (false, false) => None,
        }
    }
}

/// Clipboard channels to try, with the reason for each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClipboardPlan {
    /// Channels, in the order of the attempts.
    pub channels: Vec<Channel>,
    /// Reason for each channel, shown by `credenza doctor`.
    pub reasons: Vec<String>,
}

impl ClipboardPlan {
    /// Creates the plan for the configured clipboard. `get` returns the value of an environment
    /// variable.
    pub fn new(choice: Choice, get: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| get(name).is_some_and(|value| !value.is_empty());
        let mut plan = Self::default();
        let mut add = |channel, reason: &str| {
            plan.channels.push(channel);
            plan.reasons.push(format!("{}: {reason}", Channel::title(channel)));
        };
        match choice {
            Choice::Off => {}
            Choice::Native => add(Channel::Native, "chosen"),
            Choice::Tmux => add(Channel::Tmux, "chosen"),
            Choice::Osc52 => add(Channel::Terminal, "chosen"),
            Choice::Auto => {
                let inner = Multiplexer::inner(&get);
                let tmux = inner == Some(Multiplexer::Tmux);
                let remote = set("SSH_CONNECTION") || set("SSH_TTY");
                let display = set("WAYLAND_DISPLAY")
                    || set("DISPLAY")
                    || cfg!(any(target_os = "macos", windows));
                if tmux {
                    add(
                        Channel::Tmux,
                        "TMUX is set; by default, tmux passes copies to the terminal",
                    );
                }
                // Inside tmux, the SSH variables may come from an earlier sign-in, so the native
                // clipboard is used as well.
                if display && (tmux || !remote) {
                    add(Channel::Native, "a display is available");
                }
                if inner == Some(Multiplexer::Screen) {
                    add(Channel::Screen, "STY is set; screen needs the wrapped form");
                } else if remote && !tmux {
                    add(Channel::Terminal, "over SSH, only the terminal reaches your machine");
                } else {
                    add(Channel::Terminal, "fallback");
                }
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels(variables: &[&str]) -> Vec<Channel> {
        ClipboardPlan::new(Choice::Auto, |name| variables.contains(&name).then(|| "x".to_owned()))
            .channels
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_environment_decides() {
        use Channel::{Native, Screen, Terminal, Tmux};
        for (variables, expected) in [
            (&["DISPLAY"][..], vec![Native, Terminal]),
            (&["SSH_CONNECTION"], vec![Terminal]),
            (&["SSH_CONNECTION", "DISPLAY"], vec![Terminal]),
            (&["TMUX"], vec![Tmux, Terminal]),
            (&["TMUX", "SSH_TTY", "WAYLAND_DISPLAY"], vec![Tmux, Native, Terminal]),
            (&["STY", "SSH_TTY"], vec![Screen]),
            (&["STY", "TMUX"], vec![Tmux, Terminal]),
            (&[], vec![Terminal]),
        ] {
            assert_eq!(channels(variables), expected, "{variables:?}");
        }
    }

    #[test]
    fn screen_inside_tmux_is_told_by_its_terminal() {
        let inner = |term: &str| {
            Multiplexer::inner(|name| Some(if name == "TERM" { term } else { "x" }.to_owned()))
        };
        assert_eq!(inner("screen.tmux-256color"), Some(Multiplexer::Screen));
        assert_eq!(inner("screen-256color"), Some(Multiplexer::Tmux));
    }

    #[test]
    fn a_choice_is_a_choice() {
        let plan = |choice| ClipboardPlan::new(choice, |_| Some("x".to_owned())).channels;
        assert_eq!(plan(Choice::Off), []);
        assert_eq!(plan(Choice::Osc52), [Channel::Terminal]);
    }
}
