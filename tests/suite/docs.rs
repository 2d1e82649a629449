//! Generated documentation is what is committed, and what the README promises is there.

use clap_complete::Shell;
use credenza::{cli, keys};

use crate::common::{assert_committed, updating};

const BEGIN: &str = "<!-- keys: made by the tests, see tests/suite/docs.rs -->\n";
const END: &str = "<!-- end of keys -->";

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

#[test]
fn the_readme_has_the_keys_of_the_table() {
    let readme = readme();
    let (before, rest) = readme.split_once(BEGIN).expect("the mark before the keys");
    let (_, after) = rest.split_once(END).expect("the mark behind the keys");
    assert_committed(
        "README.md",
        &format!("{before}{BEGIN}{}{END}{after}", keys::docs::markdown()),
    );
}

#[test]
fn the_man_page_and_the_completions_are_committed() {
    assert_committed("assets/credenza.1", &cli::man_page());
    for (shell, file) in
        [(Shell::Bash, "credenza.bash"), (Shell::Zsh, "_credenza"), (Shell::Fish, "credenza.fish")]
    {
        assert_committed(&format!("assets/completions/{file}"), &cli::completions(shell));
    }
}

#[test]
fn every_file_that_the_readme_links_exists() {
    if updating() {
        return; // some are being written right now
    }
    for link in readme().split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        if !link.contains("://") && !link.starts_with('#') {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(link);
            assert!(path.exists(), "{link} is not there");
        }
    }
}
