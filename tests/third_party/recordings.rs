//! Requests to hosted services and their responses, recorded by the vendors' own Terraform
//! providers. The recordings are not part of this repository. Without them, the tests print a
//! notice and check nothing.

use std::{io::Write as _, path::PathBuf};

use credenza::readers::document::Document;
use serde_json::Value;

use crate::counterparts::repository;

/// Request, and the response to it, with their JSON bodies.
pub struct Exchange {
    pub method: String,
    pub path: String,
    pub query: String,
    pub sent: Value,
    pub answer: Value,
}

/// Returns the exchanges of each recording of a vendor; empty without the recordings.
pub fn recordings(vendor: &str) -> Vec<(String, Vec<Exchange>)> {
    let folder = repository("../shared/tapes").join(vendor);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        let _ = writeln!(std::io::stderr(), "skipped: no recordings in {}", folder.display());
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let document = Document::parse(std::fs::read_to_string(&path).unwrap()).unwrap();
            let tape = document.roots()[0].value();
            let json = |value: &Value| {
                serde_json::from_str(value.as_str().unwrap_or_default()).unwrap_or_default()
            };
            let exchange = |it: &Value| {
                let url = url::Url::parse(it["request"]["url"].as_str().unwrap()).unwrap();
                Exchange {
                    method: it["request"]["method"].as_str().unwrap().to_owned(),
                    path: url.path().to_owned(),
                    query: url.query().unwrap_or_default().to_owned(),
                    sent: json(&it["request"]["body"]),
                    answer: json(&it["response"]["body"]),
                }
            };
            let exchanges = tape["interactions"].as_array().unwrap().iter().map(exchange).collect();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), exchanges)
        })
        .collect()
}
