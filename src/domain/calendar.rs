//! Formats expiries as an iCalendar file (RFC 5545).

use jiff::{Timestamp, tz::TimeZone};

use super::expiry::Expiring;

/// Maximum length of a line, in bytes, without its line break (RFC 5545 section 3.1).
const LINE: usize = 75;

/// Returns a calendar with one event for each expiry in `all`, and an alarm seven days before each
/// event. `all` contains pairs of a profile name and an expiry.
#[must_use]
pub fn ics<'a>(all: impl IntoIterator<Item = (&'a str, &'a Expiring)>, now: Timestamp) -> String {
    let mut out = Calendar::default();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Credenza//Expiries//EN"] {
        out.line(line);
    }
    for (profile, it) in all {
        let (name, part) = (it.name.shown(), it.part.word());
        let summary = escaped(&format!("Expiry: {part} of {name} ({profile})"));
        out.line("BEGIN:VEVENT");
        let seconds = it.at.as_second();
        out.line(&format!(
            "UID:{}",
            escaped(&format!("{part}-{}-{seconds}@{profile}", it.id.shown()))
        ));
        out.line(&format!("DTSTAMP:{}", stamp(now)));
        out.line(&format!("DTSTART:{}", stamp(it.at)));
        out.line(&format!("SUMMARY:{summary}"));
        let owner = it.owner.as_ref().map(|owner| format!("\nOwner: {}", owner.shown()));
        let text = format!("ID: {}{}", it.id.shown(), owner.unwrap_or_default());
        out.line(&format!("DESCRIPTION:{}", escaped(&text)));
        for line in ["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-P7D"] {
            out.line(line);
        }
        out.line(&format!("DESCRIPTION:{summary}"));
        out.line("END:VALARM");
        out.line("END:VEVENT");
    }
    out.line("END:VCALENDAR");
    out.0
}

fn stamp(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Escapes a text value (RFC 5545 section 3.3.11).
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,");
    text.replace('\n', "\\n")
}

#[derive(Default)]
struct Calendar(String);

impl Calendar {
    /// Adds a line of text. Folds it between characters into lines of at most [`LINE`] bytes.
    fn line(&mut self, text: &str) {
        let mut used = 0;
        for c in text.chars() {
            if used + c.len_utf8() > LINE {
                self.0.push_str("\r\n ");
                used = 1;
            }
            self.0.push(c);
            used += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Kind;
    use crate::domain::expiry::ExpiringPart;

    #[test]
    fn names_are_escaped_and_long_lines_folded() {
        let expiring = Expiring {
            kind: Some(Kind::Token),
            id: "sync".into(),
            name: format!("Sync; a, b\\c\u{202e} {}", "ü".repeat(60)).as_str().into(),
            owner: Some("ada@acme.dev".into()),
            part: ExpiringPart::Secret,
            at: "2026-12-01T08:00:00Z".parse().expect("a time"),
            snooze: None,
        };
        let now = "2026-11-01T00:00:00Z".parse().expect("a time");
        let text = ics([("prod", &expiring)], now);
        assert!(text.split("\r\n").all(|line| line.len() <= LINE), "{text}");
        assert!(!text.replace("\r\n", "").contains('\n'));
        let unfolded = text.replace("\r\n ", "");
        assert!(
            unfolded.contains("SUMMARY:Expiry: secret of Sync\\; a\\, b\\\\c<U+202E> ü"),
            "{unfolded}"
        );
        assert!(unfolded.contains("UID:secret-sync-1796112000@prod\r\n"), "{unfolded}");
        assert!(unfolded.contains("DTSTART:20261201T080000Z\r\n"), "{unfolded}");
        assert!(unfolded.contains("DESCRIPTION:ID: sync\\nOwner: ada@acme.dev\r\n"), "{unfolded}");
        assert!(unfolded.ends_with("END:VCALENDAR\r\n"));
    }
}
