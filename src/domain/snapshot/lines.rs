//! Line numbers in a snapshot's text.

/// Text of a snapshot, with the offsets of its objects.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a [u8],
    clients: Vec<LineStart>,
    tokens: Vec<LineStart>,
    profile: LineStart,
}

#[derive(Debug, Clone, Copy)]
struct LineStart {
    at: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    /// Scans text that is known to be a valid snapshot.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut lines = Self {
            text: bytes,
            clients: Vec::new(),
            tokens: Vec::new(),
            profile: LineStart { at: 0, line: 1 },
        };
        let mut walk = Walk { text: bytes, at: 0, line: 1 };
        walk.members(|name, walk| match name {
            b"clients" => lines.clients = walk.entries(),
            b"tokens" => lines.tokens = walk.entries(),
            b"profile" => {
                lines.profile = walk.spot();
                walk.skip();
            }
            _ => walk.skip(),
        });
        lines
    }

    /// Returns the line of a list entry in a member of a credential, from 1. Falls back to the line
    /// of the member, then to the line of the credential. `at` is the index of the credential,
    /// clients first.
    #[must_use]
    pub fn of_credential(&self, at: usize, member: &str, entry: Option<u32>) -> u32 {
        let spot = match at.checked_sub(self.clients.len()) {
            None => self.clients[at],
            Some(at) => self.tokens.get(at).copied().unwrap_or(self.profile),
        };
        self.of_member(spot, member, entry)
    }

    /// Returns the line of a member of the profile, from 1.
    #[must_use]
    pub fn of_profile(&self, member: &str) -> u32 {
        self.of_member(self.profile, member, None)
    }

    fn of_member(&self, spot: LineStart, member: &str, entry: Option<u32>) -> u32 {
        let mut walk = Walk { text: self.text, at: spot.at, line: spot.line };
        let mut found = spot.line;
        walk.members(|name, walk| {
            if name == member.as_bytes() {
                found = walk.line;
                if let Some(entry) = entry {
                    let entries = walk.entries();
                    found = entries.get(entry as usize).map_or(found, |spot| spot.line);
                    return;
                }
            }
            walk.skip();
        });
        found
    }
}

/// Scans JSON that is known to be well-formed, without decoding it.
struct Walk<'a> {
    text: &'a [u8],
    at: usize,
    line: u32,
}

impl<'a> Walk<'a> {
    fn spot(&mut self) -> LineStart {
        self.space();
        LineStart { at: self.at, line: self.line }
    }

    fn peek(&mut self) -> u8 {
        self.space();
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' | b',' | b':' => {}
                _ => break,
            }
            self.at += 1;
        }
    }

    fn string(&mut self) -> &'a [u8] {
        let start = self.at + 1;
        self.at = start;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        let end = self.at.min(self.text.len());
        self.at = end + 1;
        self.text.get(start..end).unwrap_or_default()
    }

    /// Calls `each` for each member of an object. `each` must consume the value.
    fn members(&mut self, mut each: impl FnMut(&[u8], &mut Self)) {
        if self.peek() != b'{' {
            return self.skip();
        }
        self.at += 1;
        while self.peek() == b'"' {
            let name = self.string();
            self.space();
            each(name, self);
        }
        self.at += 1;
    }

    /// Returns the start of each entry of a list.
    fn entries(&mut self) -> Vec<LineStart> {
        let mut spots = Vec::new();
        if self.peek() != b'[' {
            self.skip();
            return spots;
        }
        self.at += 1;
        while !matches!(self.peek(), b']' | 0) {
            spots.push(self.spot());
            self.skip();
        }
        self.at += 1;
        spots
    }

    /// Skips one value.
    fn skip(&mut self) {
        let mut depth = 0_u32;
        loop {
            match self.peek() {
                0 => return,
                b'"' => {
                    self.string();
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                _ => {
                    let rest = &self.text[self.at..];
                    let end = rest.iter().position(|byte| b",]}\n \t\r".contains(byte));
                    self.at += end.unwrap_or(rest.len());
                }
            }
            if depth == 0 {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_its_line() {
        let text = r#"{
  "schema": "credenza.snapshot/v1",
  "profile": {
    "name": "a \" {[ b",
    "base_url": "https://api.acme.dev"
  },
  "clients": [
    {
      "client_id": "a",
      "callbacks": [
        "https://a.dev/1",
        "https://a.dev/2"
      ],
      "enabled": true
    },
    { "client_id": "b", "callbacks": [] }
  ],
  "tokens": [
    {
      "id": "t",
      "grants": [
        {
          "source": "*"
        }
      ]
    }
  ]
}
"#;
        let lines = Lines::of(text);
        for (at, member, entry, line) in [
            (0, "client_id", None, 9),
            (0, "callbacks", None, 10),
            (0, "callbacks", Some(1), 12),
            (0, "callbacks", Some(9), 10),
            (0, "enabled", None, 14),
            (0, "missing", None, 8),
            (1, "callbacks", None, 16),
            (2, "grants", Some(0), 22),
        ] {
            assert_eq!(lines.of_credential(at, member, entry), line, "{at} {member} {entry:?}");
        }
        assert_eq!(lines.of_profile("base_url"), 5);
    }
}
