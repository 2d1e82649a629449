//! Reads terminal events on a separate thread and sends them in batches, so that key repeat causes
//! one redraw per batch.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crossterm::event::{
    self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::{
    app::Msg,
    keys::{Chord, Key},
};

/// Maximum number of events per batch, so that a very large paste does not block rendering.
const BATCH: usize = 1024;

/// Events of the terminal, and control of the thread that reads them.
pub(super) struct Input {
    /// Batches of messages. The channel closes when the terminal closes.
    pub events: UnboundedReceiver<Vec<Msg>>,
    gate: Arc<Gate>,
}

/// Gate that pauses the reader thread.
#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    /// True while another program reads the terminal.
    closed: bool,
    /// True while the thread waits at the gate.
    waits: bool,
}

/// Maximum wait for the reader thread to stop.
const STOP: Duration = Duration::from_secs(1);

impl Gate {
    fn lock(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks the reader thread until the gate is open.
    fn pass(&self) {
        let mut state = self.lock();
        while state.closed {
            state.waits = true;
            self.changed.notify_all();
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waits = false;
    }
}

impl Input {
    /// Stops reading, so that another program receives the keys. Returns once the thread has
    /// stopped, or after [`STOP`].
    pub(super) fn pause(&self) {
        let mut state = self.gate.lock();
        state.closed = true;
        // SIGWINCH wakes the thread, which is blocked in a read.
        #[cfg(unix)]
        {
            let own = rustix::process::getpid();
            let _ = rustix::process::kill_process(own, rustix::process::Signal::WINCH);
        }
        let waiting = |state: &mut GateState| !state.waits;
        drop(self.gate.changed.wait_timeout_while(state, STOP, waiting));
    }

    /// Resumes reading.
    pub(super) fn go_on(&self) {
        self.gate.lock().closed = false;
        self.gate.changed.notify_all();
    }
}

/// Starts the reader thread.
pub(super) fn listen() -> Input {
    let (outbox, events) = unbounded_channel();
    let gate = Arc::new(Gate::default());
    let own = Arc::clone(&gate);
    std::thread::spawn(move || {
        loop {
            own.pass();
            let Ok(event) = event::read() else { return };
            let mut batch: Vec<Msg> = message(event).into_iter().collect();
            while batch.len() < BATCH && event::poll(Duration::ZERO).unwrap_or(false) {
                match event::read() {
                    Ok(event) => batch.extend(message(event)),
                    Err(_) => return,
                }
            }
            if !batch.is_empty() && outbox.send(with_bursts(batch)).is_err() {
                return;
            }
        }
    });
    Input { events, gate }
}

/// Minimum number of keys in a burst. Keys typed over a slow connection also arrive together, but
/// in smaller numbers.
const BURST: usize = 16;

/// Joins each long run of characters with a line break inside into one [`Msg::Burst`]. A terminal
/// without bracketed paste sends pasted text as keys.
fn with_bursts(batch: Vec<Msg>) -> Vec<Msg> {
    let mut joined = Vec::with_capacity(batch.len());
    let mut run: Vec<Chord> = Vec::new();
    let end = |run: &mut Vec<Chord>, joined: &mut Vec<Msg>| {
        let run = std::mem::take(run);
        let inside = run.split_last().map_or(&[][..], |(_, before)| before);
        if run.len() >= BURST && inside.iter().any(|chord| chord.key == Key::Enter) {
            joined.push(Msg::Burst(run));
        } else {
            joined.extend(run.into_iter().map(Msg::Key));
        }
    };
    for msg in batch {
        if let Msg::Key(chord) = &msg
            && !chord.ctrl
            && matches!(chord.key, Key::Char(_) | Key::Enter | Key::Tab)
        {
            run.push(*chord);
        } else {
            end(&mut run, &mut joined);
            joined.push(msg);
        }
    }
    end(&mut run, &mut joined);
    joined
}

fn message(event: Event) -> Option<Msg> {
    match event {
        // Windows also reports key releases.
        Event::Key(key) if key.kind != KeyEventKind::Release => chord(key).map(Msg::Key),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resize { columns, rows }),
        Event::FocusLost => Some(Msg::Hide),
        Event::Mouse(mouse) => mouse_message(mouse),
        _ => None,
    }
}

const fn mouse_message(mouse: MouseEvent) -> Option<Msg> {
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            Some(Msg::Click { at: (mouse.column, mouse.row), on: None })
        }
        MouseEventKind::ScrollDown => Some(Msg::Wheel { down: true }),
        MouseEventKind::ScrollUp => Some(Msg::Wheel { down: false }),
        _ => None,
    }
}

fn chord(key: KeyEvent) -> Option<Chord> {
    let shift = key.modifiers.contains(KeyModifiers::SHIFT);
    let name = match key.code {
        // Some terminals report Shift+A as `A`, others as `a` with Shift. Both become `A`.
        KeyCode::Char(c) if shift => Key::Char(c.to_uppercase().next().unwrap_or(c)),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Tab if shift => Key::BackTab,
        KeyCode::Tab => Key::Tab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::F(1) => Key::F1,
        _ => return None,
    };
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let name = match name {
        Key::Char(c) if ctrl => Key::Char(c.to_ascii_lowercase()),
        other => other,
    };
    if key.modifiers.contains(KeyModifiers::ALT) && !ctrl {
        return word_key(name);
    }
    Some(Chord { key: name, ctrl })
}

/// Maps a key with Alt to readline's word commands. Other keys with Alt are ignored, because
/// terminals and layouts reserve them. Characters typed with `AltGr` are not affected, because
/// known terminals report them without Ctrl or Alt.
const fn word_key(key: Key) -> Option<Chord> {
    let key = match key {
        Key::Char('b') | Key::Left => Key::Left,
        Key::Char('f') | Key::Right => Key::Right,
        Key::Char('d') | Key::Delete => Key::Delete,
        Key::Backspace => Key::Char('w'),
        _ => return None,
    };
    Some(Chord { key, ctrl: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_capital_are_one() {
        let a = KeyEvent::new(KeyCode::Char('A'), KeyModifiers::NONE);
        let b = KeyEvent::new(KeyCode::Char('a'), KeyModifiers::SHIFT);
        assert_eq!(chord(a), Some(Chord::char('A')));
        assert_eq!(chord(b), Some(Chord::char('A')));
        let c = KeyEvent::new(KeyCode::Char('?'), KeyModifiers::SHIFT);
        assert_eq!(chord(c), Some(Chord::char('?')));
    }

    #[test]
    fn alt_moves_and_deletes_words() {
        let alt = |code| chord(KeyEvent::new(code, KeyModifiers::ALT));
        assert_eq!(alt(KeyCode::Char('b')), Some(Chord { key: Key::Left, ctrl: true }));
        assert_eq!(alt(KeyCode::Char('d')), Some(Chord { key: Key::Delete, ctrl: true }));
        assert_eq!(alt(KeyCode::Backspace), Some(Chord::ctrl('w')));
    }

    #[test]
    fn many_keys_at_once_with_a_line_break_inside_are_pasted_text() {
        let keys = |text: &str| -> Vec<Msg> {
            let chord = |c| match c {
                '\n' => Chord::key(Key::Enter),
                '\t' => Chord::key(Key::Tab),
                c => Chord::char(c),
            };
            text.chars().map(|c| Msg::Key(chord(c))).collect()
        };
        for (text, is_burst) in [
            ("https://a.example\nhttps://b.example", true),
            ("\thttps://a.example\n\thttps://b.example", true),
            ("a short\nline", false),
            ("a name that is typed, and its end\n", false),
        ] {
            let joined = with_bursts(keys(text));
            assert_eq!(matches!(joined[..], [Msg::Burst(_)]), is_burst, "{text:?}");
            assert!(is_burst || joined.len() == text.len(), "{text:?}");
        }
    }

    #[test]
    fn releases_and_other_keys_with_alt_do_nothing() {
        let mut release = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        release.kind = KeyEventKind::Release;
        assert!(message(Event::Key(release)).is_none());
        assert_eq!(chord(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::ALT)), None);
    }
}
