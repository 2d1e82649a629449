//! Imperative shell around the functional core: the terminal, the event loop and every side effect.
//!
//! [`Console`] contains the model and executes the effects that [`app::update`] returns. It is
//! generic over its output, so that tests can run it on an in-memory terminal. [`run`] uses the
//! terminal of this process.

pub mod connection;
mod editor;
pub mod effects;
mod input;
pub mod list_cache;
pub mod remembered;
pub mod screen;
mod signals;
pub mod status;
pub mod terminal;

use std::{io, io::Write, time::Duration};

use jiff::Timestamp;
use ratatui::Terminal;
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{Instant, sleep_until},
};

use crate::{
    app::{
        self, Effect, Model, Msg,
        linear::{self, Narrator},
        view::Drawn,
        work,
    },
    ui::Theme,
};
use connection::Target;
use effects::{AppDirs, Runner};
use screen::TerminalScreen;
use status::TerminalStatus;
use terminal::Guard;

/// Minimum interval before a frame that only shows results, such as the arriving pages of a long
/// list. Frames for user input and signals are drawn immediately.
const MIN_FRAME_INTERVAL: Duration = Duration::from_millis(50);

/// Action that only the event loop can perform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostAction {
    /// Clear the terminal and redraw everything.
    Redraw,
    /// Suspend the process and return to the user's shell.
    Suspend,
    /// Open a text in the user's editor, and send the result as [`Msg::EditedText`].
    EditText(String),
    /// Exit the console.
    Quit,
}

/// Console that writes its frames to an output `W`.
pub struct Console<W: Write> {
    /// State of the console.
    pub model: Model,
    /// Executor of effects.
    pub effects: Runner,
    /// Terminal that frames are drawn on.
    pub terminal: Terminal<TerminalScreen<W>>,
    /// Result of drawing the last frame.
    pub drawn: Drawn,
    /// Previous frame in linear mode; `None` in other modes.
    narrator: Option<Narrator>,
    theme: Theme,
    status: TerminalStatus,
    /// Speed of the terminal; `None` if the theme must not adapt, or has adapted already.
    pace: Option<Pace>,
    /// True while the terminal reports clicks.
    mouse: bool,
    clock: fn() -> Timestamp,
    inbox: UnboundedReceiver<Msg>,
    bytes: UnboundedReceiver<Vec<u8>>,
    dirty: bool,
}

/// Time after which a write to the terminal counts as slow.
const SLOW: Duration = Duration::from_millis(200);

/// Number of consecutive slow writes after which the terminal counts as slow. A single slow write
/// can have another cause, such as a paused pane.
const SLOW_WRITES: u32 = 3;

/// Speed of the terminal: the number of consecutive slow writes.
#[derive(Debug, Clone, Copy, Default)]
struct Pace {
    slow: u32,
}

impl Pace {
    /// Records the duration of a write. Returns true once the terminal counts as slow.
    const fn is_slow(&mut self, took: Duration) -> bool {
        self.slow = if took.as_millis() > SLOW.as_millis() { self.slow + 1 } else { 0 };
        self.slow >= SLOW_WRITES
    }
}

/// Arguments of [`Console::new`].
pub struct ConsoleParts<W: Write> {
    /// Terminal backend.
    pub screen: TerminalScreen<W>,
    /// Initial state.
    pub setup: app::Setup,
    /// Server to connect to, and the source of the access token.
    pub target: Target,
    /// Directories, configuration and system functions that the console uses.
    pub rest: AppDirs,
    /// Theme to draw with.
    pub theme: Theme,
    /// True if the theme adapts to a slow terminal.
    pub adapts: bool,
    /// Status indicators outside the screen, such as progress and notifications.
    pub status: TerminalStatus,
    /// Clipboard channels to use.
    pub clipboard: crate::clipboard::ClipboardPlan,
    /// Source of the current time.
    pub clock: fn() -> Timestamp,
}

impl<W: Write> Console<W> {
    /// Creates a console that has drawn nothing and is not connected.
    ///
    /// # Errors
    /// Returns an error if the terminal's size cannot be read.
    pub fn new(parts: ConsoleParts<W>) -> io::Result<Self> {
        let (outbox, inbox) = unbounded_channel();
        let (to_terminal, bytes) = unbounded_channel();
        let mut model = Model::new(parts.setup, (parts.clock)());
        model.facts.linear = parts.theme.linear;
        let effects = Runner::new(parts.target, parts.rest, parts.clipboard, outbox, to_terminal);
        let terminal = Terminal::new(parts.screen)?;
        Ok(Self {
            model,
            effects,
            terminal,
            drawn: Drawn::default(),
            narrator: parts.theme.linear.then(Narrator::default),
            theme: parts.theme,
            status: parts.status,
            pace: parts.adapts.then(Pace::default),
            mouse: false,
            clock: parts.clock,
            inbox,
            bytes,
            dirty: true,
        })
    }

    /// Draws the first frame and starts connecting to the server.
    ///
    /// # Errors
    /// Returns an error if the terminal's size cannot be read, or the terminal cannot be written
    /// to.
    pub fn start(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.take(Msg::Resize { columns: size.width, rows: size.height });
        self.draw()?;
        for effect in app::start() {
            self.effects.run(effect);
        }
        Ok(())
    }

    /// Handles a message, and returns the actions that the caller must perform.
    pub fn take(&mut self, mut msg: Msg) -> Vec<HostAction> {
        self.dirty = true;
        if let Msg::Click { at, on } = &mut msg {
            *on = self.drawn.targets.at(*at);
        }
        let is_input = matches!(
            msg,
            Msg::Key(_) | Msg::Paste(_) | Msg::Burst(_) | Msg::Click { .. } | Msg::Wheel { .. }
        );
        if is_input || matches!(msg, Msg::Hide) {
            self.status.set_hidden(!is_input);
        }
        // The layout of linear mode does not depend on the size of the terminal.
        if let (Msg::Resize { columns, rows }, true) = (&mut msg, self.narrator.is_some()) {
            (*columns, *rows) = linear::SIZE;
        }
        let effects = app::update(&mut self.model, (self.clock)(), msg);
        effects.into_iter().filter_map(|effect: Effect| self.effects.run(effect)).collect()
    }

    /// Handles all queued messages, and adds queued bytes, such as clipboard sequences, to the next
    /// frame. Returns the actions that the caller must perform.
    pub fn take_waiting(&mut self) -> Vec<HostAction> {
        let mut outside = Vec::new();
        while let Ok(msg) = self.inbox.try_recv() {
            outside.extend(self.take(msg));
        }
        while let Ok(bytes) = self.bytes.try_recv() {
            self.pass(&bytes);
        }
        outside
    }

    /// Adds bytes that draw nothing, such as a clipboard sequence, to the next frame.
    fn pass(&mut self, bytes: &[u8]) {
        self.terminal.backend_mut().pass(bytes);
        self.dirty = true;
    }

    /// Draws a frame if a message was handled or bytes were queued since the last frame. Sets
    /// [`Theme::low_bandwidth`] once the terminal counts as slow.
    ///
    /// # Errors
    /// Returns an error if the terminal's size cannot be read, or the terminal cannot be written
    /// to.
    pub fn draw(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.dirty) {
            return Ok(());
        }
        if let Some(narrator) = &mut self.narrator {
            let text = narrator.frame(&self.model, self.theme);
            return self.terminal.backend_mut().append(text.as_bytes());
        }
        let signs = self.status.update(work::of(&self.model), (self.clock)());
        self.terminal.backend_mut().pass(signs.as_bytes());
        if self.mouse != self.model.takes_mouse() {
            self.mouse = !self.mouse;
            self.terminal.backend_mut().pass(terminal::mouse(self.mouse));
        }
        let (model, theme, drawn) = (&self.model, self.theme, &mut self.drawn);
        let links = self.terminal.backend().links();
        self.terminal.draw(|frame| {
            *drawn = app::view::draw(model, theme, frame);
            links.replace(std::mem::take(&mut drawn.links));
        })?;
        let took = self.terminal.backend().took();
        if self.pace.as_mut().is_some_and(|pace| pace.is_slow(took)) {
            self.pace = None;
            self.theme.low_bandwidth = true;
            self.take(Msg::SlowTerminal);
        }
        Ok(())
    }

    /// Removes the progress that the terminal shows, and ends an unfinished line in linear mode, so
    /// that the prompt of the shell follows on its own line.
    fn leave_line(&mut self) {
        // The progress of an unfinished operation must not remain in the terminal's tab.
        let signs = self.status.update(None, (self.clock)());
        let _ = self.terminal.backend_mut().append(signs.as_bytes());
        if let Some(narrator) = &mut self.narrator {
            let _ = self.terminal.backend_mut().append(narrator.end().as_bytes());
        }
    }

    /// Clears the terminal and draws everything. In linear mode, writes all lines again.
    ///
    /// # Errors
    /// Returns an error if the terminal's size cannot be read, or the terminal cannot be written
    /// to.
    pub fn redraw(&mut self) -> io::Result<()> {
        match &mut self.narrator {
            Some(narrator) => narrator.forget(),
            None => self.terminal.clear()?,
        }
        // After a suspension, the terminal reports no clicks.
        self.mouse = false;
        self.dirty = true;
        self.draw()
    }

    /// Handles results until no operation is running, and draws a frame. Does not wait for timers.
    /// Returns the actions that the caller must perform.
    ///
    /// # Errors
    /// Returns an error if the terminal's size cannot be read, or the terminal cannot be written
    /// to.
    pub async fn settle(&mut self) -> io::Result<Vec<HostAction>> {
        let mut outside = self.take_waiting();
        while self.effects.in_flight() > 0 {
            outside.extend(self.step().await);
        }
        outside.extend(self.take_waiting());
        self.draw()?;
        Ok(outside)
    }

    /// Lets the user edit a text. Handles messages meanwhile, so that a copied secret is cleared in
    /// time. Returns the edited text or an error, and the number of the last signal that requested
    /// the exit, if any. Ignores signals from keys, such as Ctrl-C, because the keys are meant for
    /// the editor.
    async fn edit(
        &mut self,
        text: &str,
        signals: &mut UnboundedReceiver<signals::Signal>,
    ) -> (Result<String, String>, Option<u8>) {
        let directory = self.effects.state_directory().to_owned();
        let mut editing = std::pin::pin!(editor::edit(&directory, text));
        let mut ended = None;
        loop {
            tokio::select! {
                edited = &mut editing => return (edited, ended),
                Some(msg) = self.inbox.recv() => {
                    self.take(msg);
                }
                Some(signal) = signals.recv() => match signal {
                    // The editor has stopped itself, and waits for the shell to resume this job.
                    signals::Signal::Suspend => terminal::stop(),
                    signals::Signal::End(signals::INTERRUPT | signals::QUIT) => {}
                    signals::Signal::End(number) => ended = Some(number),
                }
            }
        }
    }

    /// Waits for the next message or the end of an operation, and handles all queued messages.
    /// Returns the actions that the caller must perform.
    pub async fn step(&mut self) -> Vec<HostAction> {
        let ended = self.effects.ended();
        let msg = tokio::select! {
            msg = self.inbox.recv() => msg,
            () = ended => None,
        };
        let mut outside = msg.map(|msg| self.take(msg)).unwrap_or_default();
        outside.extend(self.take_waiting());
        outside
    }
}

/// Runs the console on this process's terminal until the user or a signal ends it, or the terminal
/// closes. Returns the exit code: 0, or 128 plus the number of the signal.
///
/// # Errors
/// Returns an error if the terminal cannot be used or signals cannot be received. Restores the
/// terminal before it returns.
pub async fn run(
    setup: app::Setup,
    target: Target,
    rest: AppDirs,
    (theme, adapts, status): (Theme, bool, TerminalStatus),
    clipboard: crate::clipboard::ClipboardPlan,
) -> io::Result<u8> {
    let mut guard = Guard::enter(theme.linear)?;
    let screen = TerminalScreen::new(terminal::TerminalOutput, Box::new(terminal::size));
    let clock = Timestamp::now;
    let (state, columns) = (rest.state.clone(), setup.columns.clone());
    let parts =
        ConsoleParts { screen, setup, target, rest, theme, adapts, status, clipboard, clock };
    let mut console = Console::new(parts)?;
    let ended = process_events(&mut console, &mut guard).await;
    // These steps also run after a terminal error, because pending writes must end and a copied
    // secret must be cleared.
    remembered::write_tabs(&state, &console.model.last_tabs());
    // Unchanged columns are not written, because another console may have written other columns
    // meanwhile.
    if console.model.columns != columns {
        remembered::write_columns(&state, &console.model.columns);
    }
    console.effects.shut_down().await;
    console.leave_line();
    guard.leave();
    ended
}

/// Draws the console and handles events until the user or a signal ends it, or the terminal closes.
/// Returns the exit code.
///
/// # Errors
/// Returns an error if signals cannot be received, if the terminal cannot be used, or if the
/// console cannot be suspended.
async fn process_events(
    console: &mut Console<terminal::TerminalOutput>,
    guard: &mut Guard,
) -> io::Result<u8> {
    let mut input = input::listen();
    let mut signals = signals::listen()?;
    console.start()?;
    #[cfg(debug_assertions)]
    break_down();
    let mut code = 0;
    let mut calm_until: Option<Instant> = None;
    loop {
        let mut urgent = true;
        let outside = tokio::select! {
            biased;
            signal = signals.recv() => match signal {
                Some(signals::Signal::Suspend) => {
                    console.take(Msg::Hide);
                    vec![HostAction::Suspend]
                }
                Some(signals::Signal::End(number)) => {
                    // A second signal exits immediately.
                    if code != 0 { vec![HostAction::Quit] } else {
                        code = 128 + number;
                        console.take(Msg::End)
                    }
                }
                None => vec![HostAction::Quit],
            },
            batch = input.events.recv() => match batch {
                Some(batch) => batch.into_iter().flat_map(|msg| console.take(msg)).collect(),
                None => vec![HostAction::Quit], // the terminal has closed
            },
            Some(msg) = console.inbox.recv() => {
                urgent = false;
                console.take(msg)
            }
            Some(bytes) = console.bytes.recv() => {
                console.pass(&bytes);
                Vec::new()
            }
            () = calm(calm_until) => Vec::new(),
        };
        let mut outside: Vec<HostAction> = outside;
        outside.extend(console.take_waiting());
        for step in outside {
            match step {
                HostAction::Quit => return Ok(code),
                HostAction::Redraw => console.redraw()?,
                HostAction::Suspend => {
                    console.leave_line();
                    guard.suspend()?;
                    console.redraw()?;
                }
                HostAction::EditText(text) => {
                    input.pause();
                    console.leave_line();
                    let edited = guard.lend(console.edit(&text, &mut signals)).await;
                    input.go_on();
                    let (edited, ended) = edited?;
                    console.take(Msg::EditedText(edited));
                    console.redraw()?;
                    if let Some(number) = ended {
                        code = 128 + number;
                        if console.take(Msg::End).contains(&HostAction::Quit) {
                            return Ok(code);
                        }
                    }
                }
            }
        }
        let now = Instant::now();
        let calm = calm_until.is_some_and(|until| now < until);
        if console.dirty && (urgent || !calm) {
            console.draw()?;
            calm_until = Some(now + MIN_FRAME_INTERVAL);
        } else if !console.dirty {
            calm_until = None;
        }
    }
}

/// Panics on this thread if `CREDENZA_PANIC` is `main`, and on a new thread if it is `thread`.
/// Tests use this function to check that the terminal is restored after a panic.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "the function exists to panic")]
fn break_down() {
    match crate::config::variable("CREDENZA_PANIC").as_deref() {
        Some("main") => panic!("broken down on purpose"),
        Some("thread") => {
            std::thread::spawn(|| panic!("broken down on purpose"));
        }
        _ => {}
    }
}

/// Waits until the time at which the next frame may be drawn. Waits forever if `until` is `None`.
async fn calm(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_slow_writes_in_a_row_make_a_slow_terminal() {
        let (fast, slow) = (Duration::from_millis(5), Duration::from_millis(300));
        let mut pace = Pace::default();
        let noted = [slow, slow, fast, slow, slow, slow].map(|took| pace.is_slow(took));
        assert_eq!(noted, [false, false, false, false, false, true]);
    }
}
