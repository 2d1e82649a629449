//! Test tools: servers on loopback, and the console with an in-memory terminal.

pub mod cassette;
pub mod desk;
pub mod faulty;
pub mod person;
pub mod proxy;
pub mod server;
pub mod svg;

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

/// Returns the fixed time of the test servers' clock.
pub fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// Returns the files in a directory and below it, sorted.
pub fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Returns path and content of each file in a directory and below it.
pub fn contents_below(directory: &Path) -> impl Iterator<Item = (String, Vec<u8>)> {
    let read = |path: PathBuf| (path.display().to_string(), fs::read(&path).unwrap());
    files_below(directory).into_iter().map(read)
}

/// Returns true if `UPDATE_DOCS` is set, so that committed files are written, not compared.
pub fn updating() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

/// Panics if a committed file differs from the generated text. If [`updating`], writes the file
/// instead.
pub fn assert_committed(path: &str, made: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if updating() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, made).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "{} is out of date. Review the difference, then run UPDATE_DOCS=1 cargo test",
        path.display()
    );
}
