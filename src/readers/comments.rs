//! Suppressions in comments of YAML files, such as
//! `# credenza: ignore URL03 until 2027-01-31 because the tests need it`.
//!
//! A comment applies to its line. If the line has no other content, the comment applies to the next
//! line with content. A comment that applies to the first line of a client covers the whole client.

use jiff::civil::Date;

use super::Document;
use crate::domain::audit::rules;

/// Text after `#` that starts a suppression.
const START: &str = "credenza: ignore";

/// Suppression read from a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Line to which the comment applies, from 1.
    pub line: u32,
    /// IDs of the suppressed rules, such as `URL03`.
    pub rules: Vec<&'static str>,
    /// Last day on which the suppression is in effect.
    pub until: Date,
    /// Reason for the suppression, from the text after `because`.
    pub reason: String,
}

/// Reason why a comment is not a valid suppression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommentError {
    /// The comment contains an unknown rule ID, or no rule ID.
    #[error("unknown rule {0:?}")]
    Rule(String),
    /// The last day is missing or is not a date.
    #[error("the last day is missing or invalid. Add one, such as: until 2027-01-31")]
    Until,
    /// The reason is missing or empty.
    #[error("the reason is missing. Add one: because …")]
    Reason,
}

/// Returns the suppressions of a YAML file, and the errors of invalid suppressions with their
/// lines. Both are empty for JSON, which has no comments.
#[must_use]
pub fn read(document: &Document) -> (Vec<Comment>, Vec<(u32, CommentError)>) {
    let (mut comments, mut errors) = (Vec::new(), Vec::new());
    let Some(text) = document.yaml().filter(|text| text.contains(START)) else {
        return (comments, errors);
    };
    let scalars = document.scalars();
    let whole_lines: Vec<&str> = text.split_inclusive('\n').collect();
    let lines: Vec<&str> = whole_lines.iter().map(|line| line.trim_end()).collect();
    // For each line, the index of the first line with content at or below it.
    let mut below = vec![0; lines.len()];
    let mut next = lines.len();
    for (at, line) in lines.iter().enumerate().rev() {
        if !matches!(line.trim_start().chars().next(), None | Some('#')) {
            next = at;
        }
        below[at] = next;
    }
    let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
    let mut start = 0;
    for (at, line) in lines.iter().enumerate() {
        // A quoted or multi-line string can contain text that looks like a comment.
        let in_scalar = |column: usize| {
            let place = start + column;
            let before = scalars.partition_point(|(from, _)| *from <= place);
            before.checked_sub(1).is_some_and(|last| place < scalars[last].1)
        };
        if let Some((before, text)) = suppression(line, in_scalar) {
            let target = if before.trim().is_empty() { below[at] } else { at };
            match parsed(text, number(target)) {
                Ok(comment) => comments.push(comment),
                Err(error) => errors.push((number(at), error)),
            }
        }
        start += whole_lines[at].chars().count();
    }
    (comments, errors)
}

/// Splits a line into the text before its suppression comment and the text after [`START`].
fn suppression(line: &str, in_scalar: impl Fn(usize) -> bool) -> Option<(&str, &str)> {
    if !line.contains(START) {
        return None;
    }
    line.match_indices('#').find_map(|(at, _)| {
        let (before, comment) = line.split_at(at);
        // In YAML, a comment begins only at the start of a line or after white space.
        let starts = before.is_empty() || before.ends_with([' ', '\t']);
        if !starts || in_scalar(before.chars().count()) {
            return None;
        }
        let text = comment.trim_start_matches('#').trim_start().strip_prefix(START)?;
        Some((before, text))
    })
}

fn parsed(text: &str, line: u32) -> Result<Comment, CommentError> {
    let (names, rest) = text.split_once(" until ").ok_or(CommentError::Until)?;
    let named = names.split([' ', ',']).filter(|name| !name.is_empty());
    let rules: Vec<&'static str> = named
        .map(|name| {
            rules::find(name).map(|rule| rule.id).ok_or_else(|| CommentError::Rule(name.to_owned()))
        })
        .collect::<Result<_, _>>()?;
    if rules.is_empty() {
        return Err(CommentError::Rule(String::new()));
    }
    let (day, reason) = rest.split_once(" because ").unwrap_or((rest, ""));
    let until = day.trim().parse().map_err(|_| CommentError::Until)?;
    let reason = reason.trim().to_owned();
    if reason.is_empty() {
        return Err(CommentError::Reason);
    }
    Ok(Comment { line, rules, until, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Vec<Comment>, Vec<(u32, CommentError)>) {
        read(&Document::parse(text.to_owned()).expect("a document"))
    }

    #[test]
    fn a_comment_applies_to_its_line_or_to_the_next() {
        let text = "a: 1 # credenza: ignore URL03, GRA01 until 2027-01-31 because the tests need it\n\
                    # credenza: ignore URL02 until 2027-02-01 because of the proxy\n\n# else\nb: 2\n";
        let (comments, errors) = of(text);
        assert_eq!(errors, []);
        let lines: Vec<_> = comments.iter().map(|it| (it.line, it.rules.clone())).collect();
        assert_eq!(lines, [(1, vec!["URL03", "GRA01"]), (5, vec!["URL02"])]);
        assert_eq!(comments[0].reason, "the tests need it");
    }

    #[test]
    fn a_comment_without_day_reason_or_rule_is_an_error() {
        let text = "# credenza: ignore URL03\n\
                    # credenza: ignore URL03 until 2027-01-31\n\
                    # credenza: ignore URL99 until 2027-01-31 because of it\n\
                    # credenza: ignore URL03 until soon because of it\na: 1\n";
        let (comments, errors) = of(text);
        assert_eq!(comments, []);
        let expected = [
            (1, CommentError::Until),
            (2, CommentError::Reason),
            (3, CommentError::Rule("URL99".to_owned())),
            (4, CommentError::Until),
        ];
        assert_eq!(errors, expected);
    }

    #[test]
    fn what_looks_like_a_comment_in_a_value_is_none() {
        let suppression = "# credenza: ignore URL02 until 2027-01-31 because approved";
        let text = format!(
            "a: \"x {suppression}\"\nb: |\n  {suppression}\n  x\nc: 'y\n  {suppression}'\nd: 1 {suppression}\n"
        );
        let (comments, errors) = of(&text);
        assert_eq!(errors, []);
        assert_eq!(comments.iter().map(|it| it.line).collect::<Vec<_>>(), [7]);
    }

    #[test]
    fn lines_end_as_on_windows() {
        let text = "a: 1\r\nb: '\u{fc}'\r\n# credenza: ignore URL02 until 2027-01-31 because approved\r\nc: 2\r\n";
        assert_eq!(of(text).0[0].line, 4);
    }

    #[test]
    fn json_and_texts_have_no_comments() {
        let json = "{\"a\": \" # credenza: ignore URL03 until 2027-01-31 because of it\"}";
        assert_eq!(of(json), (vec![], vec![]));
    }
}
