//! Creation of files for the user: reports and exports.

use crate::app::{LocalError, NewFile};

/// Writes a new file in the current directory, with mode 0600. Returns the file name, which
/// includes a number if the requested name is taken.
pub(super) async fn write(file: NewFile) -> Result<String, LocalError> {
    let NewFile { name, text } = file;
    super::audit::blocking(LocalError::File, move || {
        use std::io::Write as _;

        // A number in the file name avoids overwriting an older file.
        let (stem, end) = name.rsplit_once('.').unwrap_or((&name, ""));
        let others = (2..100).map(|number| format!("{stem}-{number}.{end}"));
        for name in std::iter::once(name.clone()).chain(others) {
            match crate::files::private().write(true).create_new(true).open(&name) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                opened => {
                    opened?.write_all(text.as_bytes())?;
                    return Ok(name);
                }
            }
        }
        Err(std::io::Error::from(std::io::ErrorKind::AlreadyExists).into())
    })
    .await
}
