//! A desk to test at: servers on loopback, and the console over a terminal in memory.

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

/// The moment at which every server of the tests lives.
pub fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// Files in a directory and in those below it, sorted.
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

/// Path and content of every file below a directory.
pub fn contents_below(directory: &Path) -> impl Iterator<Item = (String, Vec<u8>)> {
    let read = |path: PathBuf| (path.display().to_string(), fs::read(&path).unwrap());
    files_below(directory).into_iter().map(read)
}

/// True if committed files are to be written instead of compared.
pub fn updating() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

/// Compares a committed file with what the code makes of it.
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
        "{} is not what the code makes; look at the difference, then UPDATE_DOCS=1 cargo test",
        path.display()
    );
}
