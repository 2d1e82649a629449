//! The real program in a pseudo-terminal: its effects on the terminal while it runs and after it
//! ends. The tests find child processes through /proc, so they run only on Linux.
#![cfg(target_os = "linux")]

use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, channel},
    },
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::common::desk::Copies;

/// Time limit of each wait.
const PATIENCE: Duration = Duration::from_secs(20);

/// Program in a pseudo-terminal, with the screen that it has drawn.
struct Pty {
    master: Option<Box<dyn MasterPty + Send>>,
    input: Box<dyn std::io::Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser<Copies>,
    bytes: Vec<u8>,
    gone: Arc<AtomicBool>,
    reading: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

const SIZE: PtySize = PtySize { rows: 24, cols: 100, pixel_width: 0, pixel_height: 0 };

impl Pty {
    /// Starts a shell script in which `$CREDENZA` is the program under test.
    fn script(script: &str, environment: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new("bash");
        command.args(["--norc", "--noprofile", "-c", script]);
        Self::start(command, environment)
    }

    fn start(mut command: CommandBuilder, environment: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(SIZE).unwrap();
        command.env_clear();
        let home = std::env::temp_dir();
        for (name, value) in [
            ("PATH", std::env::var("PATH").unwrap().as_str()),
            ("HOME", home.to_str().unwrap()),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("PS1", "$ "),
            ("CREDENZA", env!("CARGO_BIN_EXE_credenza")),
        ] {
            command.env(name, value);
        }
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        let gone = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&gone);
        let reading = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count) = reader.read(&mut buffer) {
                let stopped = stop.load(Ordering::SeqCst);
                if count == 0 || stopped || sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let input = pair.master.take_writer().unwrap();
        let (rows, columns) = (SIZE.rows.try_into().unwrap(), SIZE.cols.try_into().unwrap());
        let parser = vt100::Parser::new_with_callbacks(rows, columns, 0, Copies::default());
        let bytes = Vec::new();
        let reading = Some(reading);
        Self { master: Some(pair.master), input, child, output, parser, bytes, gone, reading }
    }

    /// Closes the terminal, as a dropped SSH connection does.
    fn hang_up(&mut self) {
        self.gone.store(true, Ordering::SeqCst);
        // The reader thread keeps the terminal open, too. The redraw after a resize wakes the
        // thread, so that the thread ends.
        let size = PtySize { cols: SIZE.cols + 1, ..SIZE };
        self.master.take().unwrap().resize(size).unwrap();
        self.reading.take().unwrap().join().unwrap();
        self.input = Box::new(std::io::sink());
    }

    fn send(&mut self, keys: &str) -> &mut Self {
        self.input.write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Waits until the screen shows `text`.
    #[track_caller]
    fn sees(&mut self, text: &str) -> &mut Self {
        self.until(&format!("the screen shows {text:?}"), |screen| screen.contents().contains(text))
    }

    #[track_caller]
    fn until(&mut self, what: &str, done: impl Fn(&vt100::Screen) -> bool) -> &mut Self {
        let begun = Instant::now();
        while !done(self.parser.screen()) {
            let Ok(bytes) = self.output.recv_timeout(PATIENCE.saturating_sub(begun.elapsed()))
            else {
                panic!("timed out waiting until {what}:\n{}", self.parser.screen().contents());
            };
            self.bytes.extend_from_slice(&bytes);
            self.parser.process(&bytes);
        }
        self
    }

    /// Waits until the program ends and its output is read; returns its exit code.
    fn end(&mut self) -> u32 {
        let status = self.wait();
        self.master = None;
        while let Ok(bytes) = self.output.recv_timeout(PATIENCE) {
            self.bytes.extend_from_slice(&bytes);
            self.parser.process(&bytes);
        }
        status.exit_code()
    }

    #[track_caller]
    fn wait(&mut self) -> portable_pty::ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            // The program blocks while its output is not read.
            if let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(10)) {
                self.bytes.extend_from_slice(&bytes);
                self.parser.process(&bytes);
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "the program does not end:\n{}",
                self.parser.screen().contents()
            );
        }
    }

    #[track_caller]
    fn assert_left_as_found(&self) {
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left on");
        assert!(!screen.hide_cursor(), "the cursor is left hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste is left on");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        let text = screen.contents();
        assert!(text.contains("TTY UNCHANGED"), "the line settings are left changed:\n{text}");
        assert!(!text.contains("credenza · demo"), "the console's frame is left over:\n{text}");
    }
}

/// Script that compares the terminal's line settings before and after the console runs.
const BETWEEN: &str = r#"
    before=$(stty -g); "$CREDENZA" --demo; code=$?
    if [ "$before" = "$(stty -g)" ]; then echo "TTY UNCHANGED"; else echo "TTY CHANGED"; fi
    echo "CODE $code""#;

fn child_of(shell: &Pty) -> Pid {
    let shell = shell.child.process_id().unwrap();
    let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
    let child: i32 = children.split_whitespace().next().unwrap().parse().unwrap();
    Pid::from_raw(child).unwrap()
}

#[test]
fn quitting_leaves_the_terminal_as_it_was() {
    let mut pty = Pty::script(BETWEEN, &[]);
    pty.sees("1 API Access Tokens 4").send("q").sees("CODE 0").end();
    pty.assert_left_as_found();
}

#[test]
fn every_signal_leaves_the_terminal_as_it_was() {
    for (signal, code) in
        [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)]
    {
        let mut pty = Pty::script(BETWEEN, &[]);
        pty.sees("1 API Access Tokens 4");
        kill_process(child_of(&pty), signal).unwrap();
        pty.sees(&format!("CODE {code}")).end();
        pty.assert_left_as_found();
    }
}

#[test]
fn panic_restores_the_terminal_and_writes_a_report() {
    for place in ["main", "thread"] {
        let mut pty = Pty::script(BETWEEN, &[("CREDENZA_PANIC", place)]);
        pty.sees("CODE 101").end();
        pty.assert_left_as_found();
        let text = pty.parser.screen().contents();
        assert!(text.contains("broken down on purpose"), "{text}");
        assert!(text.contains("This is a bug in Credenza"), "{text}");
    }
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let mut pty = Pty::script(r#"exec "$CREDENZA" --demo"#, &[]);
    pty.sees("1 API Access Tokens 4");
    pty.hang_up();
    pty.wait();
}

#[test]
fn it_is_suspended_and_comes_back() {
    let mut command = CommandBuilder::new("bash");
    command.args(["--norc", "--noprofile", "-i"]);
    let mut pty = Pty::start(command, &[]);
    pty.sees("$ ").send("\"$CREDENZA\" --demo\r").sees("1 API Access Tokens 4");
    pty.send("\x1a").sees("Stopped");
    assert!(!pty.parser.screen().alternate_screen() && !pty.parser.screen().hide_cursor());
    pty.send("fg\r").until("the console is back", |screen| {
        screen.alternate_screen() && screen.contents().contains("1 API Access Tokens 4")
    });
    pty.send("2").sees("Store locator").send("q");
    pty.until("the shell is back", |screen| {
        !screen.alternate_screen() && screen.contents().trim_end().ends_with("\n$")
    });
    pty.send("exit\r").end();
}

/// An editor stops all processes of its job, as vi does for ctrl-z, and continues after `fg`.
#[test]
fn an_editor_is_suspended_with_the_console() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let editor = "echo editing; kill -TSTP 0; sed -i 's/Store map/Edited map/' \"$1\"\n";
    std::fs::write(file.path(), editor).unwrap();
    let mut command = CommandBuilder::new("bash");
    command.args(["--norc", "--noprofile", "-i"]);
    let editor = format!("sh {}", file.path().display());
    let mut pty = Pty::start(command, &[("EDITOR", &editor)]);
    pty.sees("$ ").send("\"$CREDENZA\" --demo\r").sees("1 API Access Tokens 4");
    pty.send("GE").sees("Stopped").send("fg\r").sees("Edited map");
    pty.send("\x13").sees("+ Edited map").send("\r").sees("Edited map saved").send("qq");
    pty.until("the shell is back", |screen| {
        !screen.alternate_screen() && screen.contents().trim_end().ends_with("\n$")
    });
    pty.send("exit\r").end();
}

#[test]
fn an_export_contains_the_marked_rows() {
    let script = r#"cd "$(mktemp -d)"; "$CREDENZA" --demo; wc -l < credenza-spa-*.csv
        head -n 1 credenza-spa-*.csv; stat -c mode=%a credenza-spa-*.csv"#;
    let mut pty = Pty::script(script, &[]);
    pty.sees("1 API Access Tokens 4").send("2").sees("Store locator");
    pty.send("  x").sees("2 rows exported to credenza-spa-").send("q");
    pty.sees("3\nname,type,id,about,owner,created,used,expires,callbacks,worst");
    pty.sees("mode=600").end();
}

#[test]
fn a_failed_list_shows_no_cursor() {
    let mut pty =
        Pty::script(r#"CREDENZA_TOKEN=x exec "$CREDENZA" --base-url http://127.0.0.1:1"#, &[]);
    pty.sees("Could not load the list");
    pty.until("the cursor is hidden", vt100::Screen::hide_cursor);
    pty.send("q").end();
}

#[test]
fn it_follows_the_size_of_the_terminal() {
    let mut pty = Pty::script(r#"exec "$CREDENZA" --demo"#, &[]);
    pty.sees("1 API Access Tokens 4");
    for (columns, rows, text) in
        [(40, 10, "Need 60x15"), (140, 50, "API base URL"), (60, 15, "1 Tokens 4")]
    {
        pty.parser.screen_mut().set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        pty.master.as_ref().unwrap().resize(size).unwrap();
        pty.sees(text);
    }
    pty.send("q").end();
}

#[test]
fn it_asks_nothing_and_the_mouse_reports_no_movement() {
    let mut pty = Pty::script(r#"exec "$CREDENZA" --demo"#, &[]);
    pty.sees("1 API Access Tokens 4").send("q").end();
    let text = String::from_utf8_lossy(&pty.bytes).into_owned();
    for query in
        ["\x1b[c", "\x1b[>c", "\x1b[6n", "\x1b[5n", "\x1b]11;?", "\x1b]10;?", "\x1bP+q", "\x1b[?u"]
    {
        assert!(!text.contains(query), "the console sends the query {query:?}");
    }
    for mode in ["1002", "1003", "1015"] {
        assert!(!text.contains(&format!("\x1b[?{mode}h")), "mouse mode {mode} is on");
    }
    for mode in ["1000", "1006"] {
        assert!(text.contains(&format!("\x1b[?{mode}h")), "mouse mode {mode} is on");
        assert!(text.contains(&format!("\x1b[?{mode}l")), "mouse mode {mode} is off at the end");
    }
    assert!(text.contains("\x1b[?2004h"), "bracketed paste is on");
}

#[test]
fn a_click_selects_and_the_configuration_turns_the_mouse_off() {
    let mut pty = Pty::script(r#"exec "$CREDENZA" --demo"#, &[]);
    // SGR reports of a press and a release of the left button in column 10 of row 7.
    pty.sees("> Isoline script").send("\x1b[<0;10;7M\x1b[<0;10;7m").sees("> Sensor upload");
    pty.send("q").end();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "mouse = false\n").unwrap();
    let config = file.path().to_str().unwrap();
    let mut pty = Pty::script(r#"exec "$CREDENZA" --demo"#, &[("CREDENZA_CONFIG", config)]);
    pty.sees("> Isoline script").send("q").end();
    let text = String::from_utf8_lossy(&pty.bytes).into_owned();
    assert!(!text.contains("\x1b[?1000h"), "the configuration turns the mouse off");
}

#[test]
fn an_editor_gets_the_terminal_and_gives_it_back() {
    let editor = r#"sed -i 's/Store map/Edited map/' "$1"; stty -a | grep -o -- '-\?icanon'; read -r line; echo "typed $line"; true"#;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{editor}\n")).unwrap();
    let command = format!("sh {}", file.path().display());
    let mut pty = Pty::script(r#"exec "$CREDENZA" --demo"#, &[("EDITOR", &command)]);
    pty.sees("> Isoline script").send("GE").sees("icanon").send("by hand\r").sees("Edited map");
    assert!(!pty.parser.screen().contents().contains("-icanon"));
    let said = String::from_utf8_lossy(&pty.bytes).into_owned();
    assert!(said.contains("typed by hand"), "the editor received every key");
    pty.send("\x13").sees("+ Edited map").send("\r").sees("Edited map saved").send("q").send("q");
    pty.end();
}

#[test]
fn no_color_means_none_and_the_mark_still_shows() {
    let mut pty = Pty::script(r#"exec "$CREDENZA" --demo"#, &[("NO_COLOR", "1")]);
    pty.sees("> Isoline script").send("q").end();
    let text = String::from_utf8_lossy(&pty.bytes).into_owned();
    for sequence in text.split("\x1b[").skip(1) {
        let Some((codes, _)) = sequence.split_once('m') else { continue };
        if codes.chars().all(|c| c.is_ascii_digit() || c == ';') {
            for code in codes.split(';') {
                assert!(["", "0", "1", "2", "4", "7"].contains(&code), "color {codes:?}");
            }
        }
    }
}

#[test]
fn another_locale_gets_ascii() {
    let mut pty = Pty::script(r#"exec "$CREDENZA" --demo"#, &[("LANG", "C"), ("LC_ALL", "C")]);
    pty.sees("1 API Access Tokens 4").send("2").sees("<U+6771>").send("q").end();
    let inside: Vec<u8> = pty.bytes.iter().copied().filter(|byte| *byte >= 0x80).collect();
    assert!(inside.is_empty(), "{inside:?}");
}

#[test]
fn pasted_text_presses_no_keys() {
    let mut pty = Pty::script(r#"exec "$CREDENZA" --demo"#, &[]);
    pty.sees("1 API Access Tokens 4")
        .send("\x1b[200~qqDy\x1b[201~")
        .sees("No text field has the focus");
    pty.send("q").end();
}

#[test]
fn a_copy_reaches_the_terminal() {
    let mut pty = Pty::script(r#"exec "$CREDENZA" --demo --clipboard osc52"#, &[]);
    pty.sees("1 API Access Tokens 4").send("yn").sees("sent to your terminal").send("q").end();
    assert_eq!(pty.parser.callbacks().0, ["Isoline script"]);
}

#[test]
fn linear_mode_neither_switches_nor_clears_the_screen() {
    let mut pty =
        Pty::script(r#""$CREDENZA" --demo --linear; echo "CODE $?""#, &[("TERM", "dumb")]);
    pty.sees("1 of 4, Isoline script, token").send("3").sees("1 of 7, CI smoke tests, M2M");
    pty.send("q").sees("CODE 0").end();
    let output = String::from_utf8_lossy(&pty.bytes).into_owned();
    assert!(output.contains("API Access Tokens"), "{output:?}");
    assert!(!output.contains('\u{1b}'), "{output:?}");
}

#[test]
fn without_a_usable_terminal_it_says_what_works_instead() {
    let mut dumb = Pty::script(r#""$CREDENZA" --demo; echo "CODE $?""#, &[("TERM", "dumb")]);
    dumb.sees("TERM=dumb").sees("credenza --help").sees("CODE 2").end();

    let piped = Command::new(env!("CARGO_BIN_EXE_credenza"))
        .arg("--demo")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(piped.status.code(), Some(2));
    assert!(piped.stdout.is_empty(), "no frame is written to a pipe");
    assert!(String::from_utf8_lossy(&piped.stderr).contains("requires a terminal"));
}

#[test]
fn a_base_url_needs_a_token_and_must_be_safe() {
    let command = r#""$CREDENZA" --base-url "$URL"; echo "CODE $?""#;
    Pty::script(command, &[("URL", "http://127.0.0.1:1")])
        .sees("CREDENZA_TOKEN")
        .sees("CODE 2")
        .end();
    let remote = [("URL", "http://api.example.com"), ("CREDENZA_TOKEN", "canary")];
    let mut pty = Pty::script(command, &remote);
    pty.sees("must use https").sees("CODE 2").end();
    assert!(!String::from_utf8_lossy(&pty.bytes).contains("canary"));
}

/// A wrong passphrase is requested again. After three wrong ones, the new session is not stored,
/// and the old session stays.
#[test]
fn wrong_passphrase_is_asked_for_again() {
    let home = tempfile::tempdir().unwrap();
    let script = "cd; export CREDENZA_STORE=file; printf token-one > token
        $CREDENZA profile add acme --base-url http://127.0.0.1:9 --offline
        $CREDENZA login acme --with token --secret-file token
        $CREDENZA login acme --with token --secret-file token
        $CREDENZA login acme --with token --secret-file token
        CREDENZA_PASSPHRASE='one passphrase' $CREDENZA logout acme; echo CODE $?";
    let mut pty = Pty::script(script, &[("HOME", home.path().to_str().unwrap())]);
    pty.sees("New passphrase:").send("one passphrase\r");
    pty.sees("Repeat passphrase:").send("one passphrase\r").sees("Signed in to acme");
    pty.sees("Passphrase for your sessions:").send("wrong\r");
    pty.sees("Wrong passphrase.").send("one passphrase\r").sees("Signed in to acme");
    for _ in 0..3 {
        pty.sees("Passphrase for your sessions:").send("wrong\r");
    }
    pty.sees("Could not store the session").sees("Signed out of acme").sees("CODE 0").end();
}

/// End of input at a prompt cancels the command.
#[test]
fn end_of_input_cancels() {
    let script = "$CREDENZA delete --demo 'CI smoke tests'; echo CODE $?";
    let mut pty = Pty::script(script, &[]);
    pty.sees("Type CI smoke tests to continue:").send("\u{4}");
    pty.sees("Canceled. Nothing was changed").sees("CODE 1").end();
}
