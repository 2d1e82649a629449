//! A desk to test at: servers on loopback, and the console over a terminal in memory.

pub mod cassette;
pub mod desk;
pub mod faulty;
pub mod person;
pub mod proxy;
pub mod server;
pub mod svg;

use jiff::Timestamp;

/// The moment at which every server of the tests lives.
pub fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// Whether what is committed is to be written again instead of compared.
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
