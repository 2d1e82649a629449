//! Checks texts in sources and documents against the section *Language* of `CONTRIBUTING.md`.

use std::{fs, path::Path, sync::LazyLock};

use regex_lite::Regex;

use crate::common::files_below;

/// Patterns of unclear words and British spellings, each with its replacement for the failure
/// message.
const BANNED: &[(&str, &str)] = &[
    (r"whoever|somebody|nobody|anybody|everybody", "name the user, the caller or the program"),
    (r"mend(s|ed|ing)?", "fix"),
    (r"anew", "again"),
    (r"goes on|go on|went on|going on", "continue"),
    (r"is gone|are gone|was gone", "was deleted, no longer exists"),
    (r"is told|are told|was told", "receives, is reported"),
    (r"turn(s|ed)? (it )?round", "reverse"),
    (r"rests", "is stored"),
    (r"lies", "is"),
    (r"stands?(?: (?:in|on|under|below|above|there|alone|before|after))", "is"),
    (r"at hand", "available"),
    (r"of (its|their) own", "its own ..."),
    (r"thrice", "three times"),
    (r"what came of|what comes of|came of it", "result"),
    (
        r"\w*colour\w*|organisation\w*|\w*behaviour\w*|catalogue\w*|favour\w*|neighbour\w*|labelled|cancell(?:ed|ing)|recognis\w+|authoris\w+|initialis\w+|normalis\w+|optimis\w+|synchronis\w+|summaris\w+",
        "American spelling",
    ),
];

/// Pattern of doc comments that begin with a question word instead of naming the item.
const OPENINGS: &str = r"^//[/!] (What|Whether|Where|How|Which|Who|Whose|Whoever|Why)\b";

/// Compiled patterns of [`BANNED`], each with its replacement.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let pattern = |words| Regex::new(&format!(r"(?i)\b({words})\b")).unwrap();
    BANNED.iter().map(|(words, instead)| (pattern(words), *instead)).collect()
});

static LITERAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""((?:[^"\\]|\\.)*)""#).unwrap());

/// Returns the comment of a line of Rust, and its string literals of more than one word.
fn words(line: &str) -> String {
    let text = line.trim();
    if text.starts_with("//") {
        return text.to_owned();
    }
    let comment = text.split_once("; // ").map_or("", |(_, comment)| comment);
    let texts =
        LITERAL.captures_iter(text).map(|it| it[1].to_owned()).filter(|it| it.contains(' '));
    texts.chain([comment.to_owned()]).collect::<Vec<_>>().join(" ")
}

#[test]
fn texts_use_plain_american_english() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
        .map(|name| root.join(name))
        .to_vec();
    for directory in ["src", "docs", "assets"] {
        paths.extend(files_below(&root.join(directory)));
    }
    let checked = ["rs", "md", "toml", "yaml"];
    paths
        .retain(|path| path.extension().is_some_and(|it| checked.iter().any(|known| it == *known)));
    let opening = Regex::new(OPENINGS).unwrap();
    let mut faults = Vec::new();
    for path in paths {
        let rust = path.extension().is_some_and(|it| it == "rs");
        let text = fs::read_to_string(&path).unwrap();
        let mut before = "";
        for (number, line) in text.lines().enumerate() {
            let place = || format!("{}:{}", path.strip_prefix(root).unwrap().display(), number + 1);
            let words = if rust { words(line) } else { line.to_owned() };
            for (pattern, instead) in &*PATTERNS {
                if let Some(found) = pattern.find(&words) {
                    faults.push(format!("{}: {:?}: {instead}", place(), found.as_str()));
                }
            }
            let line = line.trim();
            let continues = before.starts_with("///") || before.starts_with("//!");
            if rust && !continues && opening.is_match(line) {
                faults.push(format!("{}: name the thing: {line}", place()));
            }
            before = line;
        }
    }
    assert!(faults.is_empty(), "{} texts to rewrite:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_check_finds_what_it_looks_for() {
    let find = |line: &str| {
        let words = words(line);
        PATTERNS.iter().any(|(pattern, _)| pattern.is_match(&words))
    };
    assert!(find("/// Whoever waits for it."));
    assert!(find(r#"say("The colour is wrong");"#));
    assert!(!find("let nobody = 1;"));
    assert!(!find(r#"let key = "colour";"#));
    assert!(Regex::new(OPENINGS).unwrap().is_match("/// Whether it is so."));
}
