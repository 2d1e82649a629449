//! Status indicators for a long operation, outside the screen: progress in the tab or the task bar
//! (OSC 9;4), and a desktop notification at the end (OSC 9 or OSC 777). Their texts are constants,
//! which never contain text from a server.

use anstyle_progress::TermProgress;
use jiff::Timestamp;

use crate::app::work::Work;

/// Minimum duration, in seconds, of an operation whose progress is shown.
const SHOWN: i64 = 1;

/// Minimum duration, in seconds, of an operation whose end causes a notification.
const LONG: i64 = 10;

/// Sequence that shows a desktop notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationStyle {
    /// OSC 9: iTerm2 and compatible terminals.
    Osc9,
    /// OSC 777: rxvt-unicode, foot, Ghostty and `WezTerm`.
    Osc777,
}

impl NotificationStyle {
    /// Returns the style of a terminal; `None` if the terminal is unknown, or in tmux, which by
    /// default does not forward the sequences.
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Option<Self> {
        if get("TMUX").is_some() {
            return None;
        }
        let term = get("TERM").unwrap_or_default();
        match get("TERM_PROGRAM").as_deref() {
            Some("iTerm.app") => Some(Self::Osc9),
            Some("ghostty" | "WezTerm") => Some(Self::Osc777),
            _ if ["foot", "rxvt", "xterm-ghostty"].iter().any(|name| term.starts_with(name)) => {
                Some(Self::Osc777)
            }
            _ => None,
        }
    }

    fn sequence(self, text: &str) -> String {
        match self {
            Self::Osc9 => format!("\x1b]9;Credenza: {text}\x07"),
            Self::Osc777 => format!("\x1b]777;notify;Credenza;{text}\x07"),
        }
    }
}

/// Status indicators that the terminal supports, and the operation that they show.
#[derive(Debug, Default)]
pub struct TerminalStatus {
    /// True if the terminal shows progress.
    progress: bool,
    /// Notification style of the terminal; `None` if notifications are not supported.
    notifications: Option<NotificationStyle>,
    /// Operation in progress, and its start.
    running: Option<(Work, Timestamp)>,
    /// Progress that the terminal shows.
    shown: Option<Work>,
    /// True while the terminal does not have the focus.
    hidden: bool,
}

impl TerminalStatus {
    /// Creates the state for a terminal. The arguments are the indicators that the terminal
    /// supports.
    #[must_use]
    pub fn new(progress: bool, notifications: Option<NotificationStyle>) -> Self {
        Self { progress, notifications, ..Self::default() }
    }

    /// Records whether the terminal has the focus.
    pub const fn set_hidden(&mut self, hidden: bool) {
        self.hidden = hidden;
    }

    /// Returns the sequences for a change of the operation in progress; empty without a change.
    pub fn update(&mut self, work: Option<Work>, now: Timestamp) -> String {
        let before = self.running;
        let began = before.map_or(now, |(_, began)| began);
        let seconds = now.as_second() - began.as_second();
        self.running = work.map(|work| (work, began));
        let mut sequences = String::new();
        let shown = work.filter(|_| self.progress && seconds >= SHOWN);
        if self.shown != shown {
            self.shown = shown;
            let progress = match shown {
                None => TermProgress::remove(),
                Some(Work { percent: Some(percent), .. }) => TermProgress::start().percent(percent),
                Some(Work { percent: None, .. }) => TermProgress::start(),
            };
            sequences = progress.to_string();
        }
        if let (Some((ended, _)), None, Some(style)) = (before, work, self.notifications)
            && self.hidden
            && seconds >= LONG
        {
            sequences.push_str(&style.sequence(ended.ended));
        }
        sequences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn progress_is_shown_and_removed_at_the_end() {
        let mut status = TerminalStatus::new(true, None);
        let work = |percent| Some(Work { ended: "Done", percent });
        assert_eq!(status.update(work(None), at(0)), "", "it may end at once");
        assert_eq!(status.update(work(None), at(1)), "\x1b]9;4;3;\x1b\\");
        assert_eq!(status.update(work(Some(40)), at(2)), "\x1b]9;4;1;40\x1b\\");
        assert_eq!(status.update(work(Some(40)), at(3)), "", "nothing has changed");
        assert_eq!(status.update(None, at(60)), "\x1b]9;4;0;\x1b\\");
        assert_eq!(status.update(None, at(61)), "");
    }

    #[test]
    fn the_end_of_a_long_operation_is_notified_without_the_focus() {
        for (hidden, seconds, sequence) in
            [(true, 10, "\x1b]9;Credenza: The audit has ended\x07"), (true, 9, ""), (false, 60, "")]
        {
            let mut status = TerminalStatus::new(false, Some(NotificationStyle::Osc9));
            let work = |percent| Some(Work { ended: "The audit has ended", percent });
            status.update(work(None), at(0));
            status.update(work(Some(50)), at(5));
            status.set_hidden(hidden);
            assert_eq!(status.update(None, at(seconds)), sequence);
        }
    }

    #[test]
    fn known_terminals_get_notifications_but_not_in_tmux() {
        let style = |pairs: &'static [(&str, &str)]| {
            let get = |name: &str| {
                let found = pairs.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            NotificationStyle::from_environment(get)
        };
        assert_eq!(style(&[("TERM_PROGRAM", "iTerm.app")]), Some(NotificationStyle::Osc9));
        assert_eq!(style(&[("TERM", "foot")]), Some(NotificationStyle::Osc777));
        assert_eq!(style(&[("TERM", "xterm-256color")]), None);
        assert_eq!(style(&[("TERM_PROGRAM", "iTerm.app"), ("TMUX", "x")]), None);
    }
}
