//! Editing of a text from the console in the user's editor.

use std::path::Path;

use crate::{config::variable, files, process};

/// Maximum size of an edited text, in bytes.
const LONGEST: u64 = 1 << 20;

/// Opens a text in the editor that `VISUAL` or `EDITOR` selects, and waits until the editor exits.
/// The file is in a private directory. Returns the edited text, and deletes the file.
///
/// # Errors
/// Returns an error if the file cannot be written or read or is larger than 1 MiB, or if the editor
/// cannot be started or fails. In this case, a file that the user changed is kept, and the error
/// contains its path.
pub(super) async fn edit(directory: &Path, text: &str) -> Result<String, String> {
    let path = directory.join(format!("form-{}.toml", std::process::id()));
    let written =
        files::private_directory(directory).and_then(|()| files::replace(&path, text.as_bytes()));
    written.map_err(|error| format!("could not write {}: {error}", path.display()))?;
    let edited = run(&path).await;
    let is_changed = || std::fs::read(&path).is_ok_and(|now| now != text.as_bytes());
    match edited {
        Err(why) if is_changed() => Err(format!("{why}. Your text is in {}", path.display())),
        edited => {
            let _ = std::fs::remove_file(&path);
            edited
        }
    }
}

async fn run(path: &Path) -> Result<String, String> {
    let usual = if cfg!(windows) { "notepad" } else { "vi" };
    let editor = ["VISUAL", "EDITOR"].into_iter().find_map(variable);
    let editor = editor.as_deref().unwrap_or(usual);
    // The variable may contain arguments, as in EDITOR="code --wait".
    let mut command = if cfg!(windows) {
        process::command(editor)
    } else {
        let mut shell = process::command("sh");
        shell.args(["-c", &format!("{editor} \"$1\""), "sh"]);
        shell
    };
    let failed = |why: String| format!("the editor {editor} {why}");
    match command.arg(path).status().await {
        Err(error) => return Err(failed(format!("could not be started: {error}"))),
        Ok(status) if !status.success() => return Err(failed(format!("ended with {status}"))),
        Ok(_) => {}
    }
    let unreadable = |error: std::io::Error| format!("could not read {}: {error}", path.display());
    if std::fs::metadata(path).map_err(unreadable)?.len() > LONGEST {
        return Err("the text is larger than 1 MiB".to_owned());
    }
    std::fs::read_to_string(path).map_err(unreadable)
}
