//! Build script that records the commit of a release build for `credenza --version`.

use std::{env, fs, process::Command};

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rerun-if-env-changed=CREDENZA_COMMIT");
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    // Debug builds omit the commit, because otherwise they would be rebuilt after every commit.
    let commit = env::var("CREDENZA_COMMIT").ok().or_else(|| release.then(commit).flatten());
    println!("cargo:rustc-env=CREDENZA_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
}

/// Returns the abbreviated hash of the commit, from this checkout or else from the downloaded
/// package. `None` if the commit is unknown.
fn commit() -> Option<String> {
    println!("cargo:rerun-if-changed=.git/HEAD");
    println!("cargo:rerun-if-changed=.git/refs/heads");
    // A repository in a parent directory belongs to another project.
    let own = fs::exists(".git").unwrap_or(false);
    let git = || Command::new("git").args(["rev-parse", "--short=10", "HEAD"]).output().ok();
    let git = own.then(git).flatten().filter(|output| output.status.success());
    if let Some(output) = git {
        return String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned());
    }
    // `cargo package` writes this file.
    let text = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, rest) = text.split_once("\"sha1\": \"")?;
    rest.get(..10).map(str::to_owned)
}
