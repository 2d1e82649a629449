//! The real console with an in-memory terminal.

use std::{
    cell::{Cell, RefCell},
    io::{self, Write},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use credenza::{
    app::{ConsoleFacts, Msg, Setup, Timer, Workspace},
    clipboard::{Choice, ClipboardPlan},
    config::ConfigFile,
    domain::{Profile, Secret, audit::Workstation, profile::Method},
    keys::chord::parse_sequence,
    shell::{
        Console, ConsoleParts, HostAction, connection::Target, effects::AppDirs,
        screen::TerminalScreen, status::TerminalStatus,
    },
    ui::{Palette, Theme},
    vault::StoreChoice,
};
use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Size;
use unicode_width::UnicodeWidthStr as _;

use super::{noon, server::Served};

/// Time limit of each wait for a message.
const PATIENCE: Duration = Duration::from_secs(20);

thread_local! {
    static LATER: Cell<i64> = const { Cell::new(0) };
}

/// Returns the time of the console: noon plus the seconds added by [`pass`].
fn clock() -> Timestamp {
    noon() + SignedDuration::from_secs(LATER.get())
}

/// Advances the clock of this thread's console.
pub fn pass(seconds: i64) {
    LATER.set(LATER.get() + seconds);
}

/// Output that the terminal has not processed yet, one entry per write.
#[derive(Clone, Default)]
pub struct Tap(pub Rc<RefCell<Vec<Vec<u8>>>>);

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Texts copied through OSC 52, and links (OSC 8), in order.
#[derive(Default)]
pub struct Copies(pub Vec<String>, pub Vec<Link>);

/// Link in the terminal: its URL, and the first row and column of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub url: String,
    pub at: (u16, u16),
    /// Position after the text; `None` until the link ends.
    pub end: Option<(u16, u16)>,
}

impl vt100::Callbacks for Copies {
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let text = STANDARD.decode(data).map(|bytes| String::from_utf8(bytes).unwrap());
        self.0.push(text.unwrap_or_default());
    }

    fn unhandled_osc(&mut self, screen: &mut vt100::Screen, params: &[&[u8]]) {
        let [b"8", _, url] = params else { return };
        let at = screen.cursor_position();
        if let Some(open) = self.1.last_mut().filter(|link| link.end.is_none()) {
            open.end = Some(at);
        }
        if !url.is_empty() {
            let url = String::from_utf8(url.to_vec()).unwrap();
            self.1.push(Link { url, at, end: None });
        }
    }
}

/// Returns the directories of a user without configuration, keyring or files on disk.
pub fn nowhere() -> AppDirs {
    // No directory can be created below a device file.
    let path = std::path::PathBuf::from("/dev/null/credenza");
    AppDirs {
        config: ConfigFile { path: "/nonexistent/credenza/config.toml".into() },
        store: StoreChoice::Memory,
        state: path.clone(),
        home: path.clone(),
        data: path,
        lists: None,
        workstation: |_| Workstation::default(),
        passphrase: None,
        open_browser: |_| false,
    }
}

/// Console with the terminal that it draws on.
pub struct Desk {
    pub console: Console<Tap>,
    pub tap: Tap,
    pub terminal: vt100::Parser<Copies>,
    size: Rc<Cell<(u16, u16)>>,
    /// Output since the last [`Self::said`], in linear mode only.
    said: Option<Vec<u8>>,
    /// Actions that the console requested from its host.
    pub outside: Vec<HostAction>,
}

pub const COLOR: Theme = Theme::COLOR;
pub const MONO: Theme = Theme { palette: Palette::MONO, ..COLOR };
pub const ASCII: Theme = Theme { unicode: false, ..COLOR };

impl Desk {
    /// Creates a console for a user without files on disk. Does not start it.
    pub fn new(workspace: &str, target: Target, columns: u16, rows: u16, theme: Theme) -> Self {
        let setup = Setup::named(workspace, target.base_url());
        Self::of(setup, target, nowhere(), columns, rows, theme)
    }

    /// Creates a console for a profile, with the given directories. Does not start it.
    pub fn profile(profile: &Profile, rest: AppDirs, columns: u16, rows: u16) -> Self {
        Self::profile_as(profile, profile, rest, columns, rows, COLOR)
    }

    /// Like [`Self::profile`], but displays the profile `shown`, because the port of the connected
    /// profile differs in each run.
    pub fn profile_as(
        shown: &Profile,
        profile: &Profile,
        rest: AppDirs,
        columns: u16,
        rows: u16,
        theme: Theme,
    ) -> Self {
        let setup = Setup {
            workspace: Workspace::of(shown.clone()),
            base_url: shown.base_url.clone(),
            usual: Method::Device,
            ..Setup::default()
        };
        let target = Target::Profile(Box::new(profile.clone()), None);
        Self::of(setup, target, rest, columns, rows, theme)
    }

    fn of(
        setup: Setup,
        target: Target,
        rest: AppDirs,
        columns: u16,
        rows: u16,
        theme: Theme,
    ) -> Self {
        LATER.set(0);
        let tap = Tap::default();
        let size = Rc::new(Cell::new((columns, rows)));
        let of = Rc::clone(&size);
        let screen = TerminalScreen::new(
            tap.clone(),
            Box::new(move || {
                let (width, height) = of.get();
                Ok(Size { width, height })
            }),
        );
        let clipboard = ClipboardPlan::new(Choice::Osc52, |_| None);
        let facts = ConsoleFacts {
            terminal: "xterm-256color".to_owned(),
            clipboard: clipboard.reasons.clone(),
            sessions: "memory".to_owned(),
            destinations: rest.config.load().map(|it| it.destinations).unwrap_or_default(),
            ..ConsoleFacts::default()
        };
        let setup = Setup { facts, ..setup };
        let adapts = false;
        let status = TerminalStatus::default();
        let parts =
            ConsoleParts { screen, setup, target, rest, theme, adapts, status, clipboard, clock };
        let console = Console::new(parts).unwrap();
        let terminal = vt100::Parser::new_with_callbacks(
            rows.try_into().unwrap(),
            columns.try_into().unwrap(),
            0,
            Copies::default(),
        );
        let said = theme.linear.then(Vec::new);
        Self { console, tap, terminal, size, said, outside: Vec::new() }
    }

    /// Starts a console on a server, signed in as the workspace's owner, and waits until it is
    /// idle.
    pub async fn at(served: &Served, columns: u16, rows: u16) -> Self {
        Self::with(served, columns, rows, COLOR).await
    }

    pub async fn with(served: &Served, columns: u16, rows: u16, theme: Theme) -> Self {
        let bearer = Arc::new(served.minter.bearer().unwrap());
        Self::remote(&served.base_url, bearer, columns, rows, theme).await
    }

    pub async fn remote(
        base_url: &str,
        bearer: Arc<Secret>,
        columns: u16,
        rows: u16,
        theme: Theme,
    ) -> Self {
        let target = Target::Remote { base_url: base_url.to_owned(), bearer };
        let mut desk = Self::new("acme", target, columns, rows, theme);
        desk.start().await;
        desk
    }

    /// Starts a console in a server's workspace with this configuration.
    pub async fn configured(served: &Served, config: ConfigFile, columns: u16, rows: u16) -> Self {
        let bearer = Arc::new(served.minter.bearer().unwrap());
        let target = Target::Remote { base_url: served.base_url.clone(), bearer };
        let setup = Setup::named("acme", target.base_url());
        let rest = AppDirs { config, ..nowhere() };
        let mut desk = Self::of(setup, target, rest, columns, rows, COLOR);
        desk.start().await;
        desk
    }

    /// Starts a console that reads this state directory.
    pub async fn reading(
        target: Target,
        state: std::path::PathBuf,
        columns: u16,
        rows: u16,
    ) -> Self {
        let setup = Setup::named(&target.name(), target.base_url());
        let rest = AppDirs { state, ..nowhere() };
        let mut desk = Self::of(setup, target, rest, columns, rows, COLOR);
        desk.start().await;
        desk
    }

    pub async fn start(&mut self) {
        self.console.start().unwrap();
        self.settle().await;
    }

    /// Presses keys in the notation of the key table, and waits after each until the console is
    /// idle.
    pub async fn keys(&mut self, keys: &str) -> &mut Self {
        for chord in parse_sequence(keys) {
            self.send(Msg::Key(chord)).await;
        }
        self
    }

    /// Types text into the focused field, and waits until the console is idle.
    pub async fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.outside.extend(self.console.take(Msg::Key(credenza::keys::Chord::char(c))));
        }
        self.settle().await;
        self
    }

    pub async fn paste(&mut self, text: &str) -> &mut Self {
        self.send(Msg::Paste(text.to_owned())).await;
        self
    }

    /// Advances the clock and fires a timer.
    pub async fn later(&mut self, seconds: i64, timer: Timer) -> &mut Self {
        pass(seconds);
        self.send(Msg::Timer(timer)).await;
        self
    }

    /// Fires the timer of the preview, as if the cursor had paused, to show the selected
    /// credential.
    pub async fn rest(&mut self) -> &mut Self {
        let timer = self.console.model.preview.timer();
        self.later(0, timer).await
    }

    /// Presses keys without waiting for their effects, then waits until the screen shows `text`.
    pub async fn until(&mut self, keys: &str, text: &str) -> &mut Self {
        for chord in parse_sequence(keys) {
            self.outside.extend(self.console.take(Msg::Key(chord)));
        }
        self.wait_for(text).await
    }

    /// Pastes text without waiting until the console is idle, for a prompt that blocks a request.
    pub fn give(&mut self, text: &str) -> &mut Self {
        self.outside.extend(self.console.take(Msg::Paste(text.to_owned())));
        self
    }

    /// Presses a key that copies text to the clipboard; returns that text.
    pub async fn copies(&mut self, key: &str) -> String {
        let before = self.terminal.callbacks().0.len();
        for chord in parse_sequence(key) {
            self.outside.extend(self.console.take(Msg::Key(chord)));
        }
        while self.terminal.callbacks().0.len() == before {
            let step = tokio::time::timeout(PATIENCE, self.console.step()).await;
            let outside =
                step.unwrap_or_else(|_| panic!("{key} copies nothing:\n{}", self.screen()));
            self.outside.extend(outside);
            self.console.draw().unwrap();
            self.catch_up();
        }
        self.copied().to_owned()
    }

    /// Processes messages until the screen shows `text`. Panics if no message arrives within
    /// [`PATIENCE`].
    pub async fn wait_for(&mut self, text: &str) -> &mut Self {
        loop {
            self.outside.extend(self.console.take_waiting());
            self.console.draw().unwrap();
            self.catch_up();
            if self.screen().contains(text) {
                return self;
            }
            let step = tokio::time::timeout(PATIENCE, self.console.step()).await;
            match step {
                Ok(outside) => self.outside.extend(outside),
                Err(late) => panic!("the screen never shows {text:?} ({late}):\n{}", self.screen()),
            }
        }
    }

    /// Clicks the first character of a text on the screen. A second click there is a double click,
    /// unless [`pass`] has advanced the clock.
    pub async fn click(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        let found =
            screen.lines().enumerate().find_map(|(row, line)| Some((row, line.find(text)?)));
        let Some((row, byte)) = found else { panic!("no {text:?} to click on:\n{screen}") };
        let column = screen.lines().nth(row).unwrap()[..byte].width();
        let at = (column.try_into().unwrap(), row.try_into().unwrap());
        self.send(Msg::Click { at, on: None }).await;
        self
    }

    /// Turns the mouse wheel by one step.
    pub async fn wheel(&mut self, down: bool) -> &mut Self {
        self.send(Msg::Wheel { down }).await;
        self
    }

    pub async fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.size.set((columns, rows));
        self.terminal.screen_mut().set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.send(Msg::Resize { columns, rows }).await;
        self
    }

    pub async fn send(&mut self, msg: Msg) {
        self.outside.extend(self.console.take(msg));
        self.settle().await;
    }

    pub async fn settle(&mut self) {
        self.outside.extend(self.console.settle().await.unwrap());
        self.catch_up();
    }

    /// Passes the pending output to the terminal.
    pub fn catch_up(&mut self) {
        for write in self.tap.0.borrow_mut().drain(..) {
            if let Some(said) = &mut self.said {
                said.extend_from_slice(&write);
            }
            self.terminal.process(&write);
        }
    }

    /// Returns the output since the last call, in linear mode.
    pub fn said(&mut self) -> String {
        let said = self.said.as_mut().map(std::mem::take).unwrap_or_default();
        String::from_utf8(said).expect("the output is text")
    }

    /// Returns the text on the screen, without spaces at the ends of lines.
    pub fn screen(&self) -> String {
        let text = self.terminal.screen().contents();
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    /// Panics unless the screen shows `text`.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(screen.contains(text), "the screen does not show {text:?}:\n{screen}");
        self
    }

    #[track_caller]
    pub fn sees_no(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(!screen.contains(text), "the screen shows {text:?}:\n{screen}");
        self
    }

    /// Returns the text that was copied last, or an empty string.
    pub fn copied(&self) -> &str {
        self.terminal.callbacks().0.last().map_or("", String::as_str)
    }
}
