//! Child processes, which do not inherit the secrets in Credenza's environment, and hardening of
//! this process against other programs.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{ExitCode, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, Ordering},
};

/// Environment variables with secrets, which are removed from the environment of every child
/// process.
pub const PRIVATE: [&str; 2] = ["CREDENZA_TOKEN", "CREDENZA_PASSPHRASE"];

/// True while child processes must not write to the terminal.
static IS_SILENT: AtomicBool = AtomicBool::new(false);

/// Discards the error output of child processes from now on, because it would overwrite the screen.
pub fn silence() {
    IS_SILENT.store(true, Ordering::Relaxed);
}

/// Returns the standard error for a child process: that of this process, or none after [`silence`].
#[must_use]
pub fn stderr() -> Stdio {
    if IS_SILENT.load(Ordering::Relaxed) { Stdio::null() } else { Stdio::inherit() }
}

/// Returns a command that runs a program without `CREDENZA_TOKEN` and `CREDENZA_PASSPHRASE` in its
/// environment.
#[must_use]
pub fn command(program: &str) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(program);
    for name in PRIVATE {
        command.env_remove(name);
    }
    command
}

/// Runs a program with `input` on its standard input, and waits until it exits. Blocks the thread.
///
/// # Errors
/// Returns an error if the program cannot be started. An exit code other than 0 is not an error.
pub fn fed(program: &str, arguments: &[&str], input: &[u8]) -> io::Result<ExitStatus> {
    let mut command = std::process::Command::new(program);
    for name in PRIVATE {
        command.env_remove(name);
    }
    let mut child = command.args(arguments).stdin(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // Errors are ignored, because a program may close its input before reading all of it.
        let _ = stdin.write_all(input);
    }
    child.wait()
}

/// Runs a program with additional environment variables. On Unix, the program replaces this
/// process, so signals and the exit code pass through, and the function returns only on failure. On
/// other systems, returns the exit code of the program; 1 if the code is not from 0 to 255.
///
/// # Errors
/// Returns an error if the program cannot be started.
pub fn run_with(
    program: &str,
    arguments: &[String],
    variables: &[(&str, &str)],
) -> io::Result<ExitCode> {
    let mut command = std::process::Command::new(program);
    for name in PRIVATE {
        command.env_remove(name);
    }
    command.args(arguments).envs(variables.iter().copied());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        Err(command.exec())
    }
    #[cfg(not(unix))]
    {
        let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
        Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
    }
}

/// Finds an executable by its path, or by name on the PATH. Returns `None` if the file does not
/// exist or is not executable.
#[must_use]
pub fn find(program: &str) -> Option<PathBuf> {
    if program.is_empty() {
        return None;
    }
    if Path::new(program).components().count() > 1 {
        return Some(PathBuf::from(program)).filter(|path| is_executable(path));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).find_map(|directory| {
        let plain = directory.join(program);
        let script = plain.with_extension("cmd");
        if is_executable(&plain) {
            return Some(plain);
        }
        (cfg!(windows) && script.is_file()).then_some(script)
    })
}

fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use rustix::fs::{Access, access};
        path.is_file() && access(path, Access::EXEC_OK).is_ok()
    }
    #[cfg(not(unix))]
    {
        path.is_file() || path.with_extension("exe").is_file()
    }
}

/// Returns true if [`find`] finds the program.
#[must_use]
pub fn is_installed(program: &str) -> bool {
    find(program).is_some()
}

/// Starts a browser with a URL, without waiting for it. Returns false if no program to open the URL
/// could be started or, on systems other than macOS and Windows, if the environment sets no display
/// or browser.
pub fn open_browser(url: &str) -> bool {
    let seen = cfg!(any(target_os = "macos", windows))
        || ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if !seen {
        return false;
    }
    open::commands(url).into_iter().any(|mut command| {
        for name in PRIVATE {
            command.env_remove(name);
        }
        command
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .is_ok()
    })
}

/// Disables core dumps and, on Linux, access to the memory of this process by other programs.
/// Returns a description of each measure, and true if it succeeded; empty on systems other than
/// Unix.
#[must_use]
pub fn harden() -> Vec<(&'static str, bool)> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        let cores = setrlimit(Resource::Core, none).is_ok();
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{DumpableBehavior, set_dumpable_behavior};
            // Also hides the environment from other programs of the same user.
            let hidden = set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok();
            vec![("core dumps are off", cores), ("memory is hidden from other programs", hidden)]
        }
        #[cfg(not(target_os = "linux"))]
        vec![("core dumps are off", cores)]
    }
    #[cfg(not(unix))]
    Vec::new()
}

/// Returns a future that resolves on a termination signal: INT, TERM or HUP. After this call, these
/// signals no longer end the process.
///
/// # Errors
/// Returns an error if the signal handlers cannot be installed.
#[cfg(unix)]
pub fn ended() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
            _ = hup.recv() => {}
        }
    })
}

/// Returns a future that resolves on Ctrl-C. Once the future is polled, Ctrl-C no longer ends the
/// process.
///
/// # Errors
/// Never returns an error on this system.
#[cfg(not(unix))]
pub fn ended() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
