//! A server whose list never ends: the listing stops at its limits, within a bounded amount of
//! memory.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    time::Duration,
};

use crate::counterparts::binary;

const MIB: u64 = 1024 * 1024;

/// Responds to every page request with 1,000 new rows of about `size` bytes each, and to any other
/// request with 404.
fn serve(stream: TcpStream, size: usize) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap_or(0) > 2 {
            line.clear();
        }
        let page = first.split("page=").nth(1).and_then(|it| it.split('&').next());
        let (status, body) = match page.filter(|_| first.contains("/v3/oauth-clients?")) {
            None => ("404 Not Found", "{}".to_owned()),
            Some(page) => {
                let filler = "x".repeat(size.saturating_sub(90));
                let rows: Vec<String> = (0..1000)
                    .map(|row| {
                        format!(
                            r#"{{"client_id":"{page}-{row}","name":"{filler}","app_type":"non_interactive"}}"#
                        )
                    })
                    .collect();
                let rows = rows.join(",");
                ("200 OK", format!(r#"{{"data":[{rows}],"page":{{"size":1000}}}}"#))
            }
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .is_err()
        {
            return;
        }
    }
}

#[test]
fn list_that_never_ends_stops_at_its_bounds_within_memory() {
    for (size, says) in [(100, "500000 rows in 500 pages"), (10_000, "rows in 2")] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || serve(stream, size));
            }
        });
        let home = tempfile::tempdir().unwrap();
        let mut child = Command::new(binary())
            .args(["list", "m2m", "--jq", "length", "--base-url", &base_url])
            .env_clear()
            .env("HOME", home.path())
            .env("CREDENZA_TOKEN", "a-token")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let status = format!("/proc/{}/status", child.id());
        let mut most = 0;
        while child.try_wait().unwrap().is_none() {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = peak.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok());
            most = most.max(kib.unwrap_or(0) * 1024);
            std::thread::sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{said}");
        assert!(said.contains(says), "{said}");
        assert!(most < 1700 * MIB, "{size}: {} MiB", most / MIB);
    }
}
