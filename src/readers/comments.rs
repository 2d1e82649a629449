//! Suppressions in comments of YAML files: `# credenza: ignore URL03 until 2027-01-31 because the tests need it`.
//!
//! A comment applies to its line, or to the next one if its line has nothing else; above the first line of a client,
//! it applies to the whole client.

use jiff::civil::Date;

use super::Document;
use crate::domain::audit::rules;

/// Start of a suppression, after `#`.
const START: &str = "credenza: ignore";

/// A suppression in a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Line that it applies to, from 1.
    pub line: u32,
    /// IDs of the rules.
    pub rules: Vec<&'static str>,
    /// Last day.
    pub until: Date,
    /// Reason.
    pub reason: String,
}

/// Reason why a comment is no suppression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommentError {
    /// No rule of this name.
    #[error("unknown rule {0:?}")]
    Rule(String),
    /// No last day.
    #[error("the last day is missing: until 2027-01-31")]
    Until,
    /// No reason.
    #[error("the reason is missing: because …")]
    Reason,
}

/// The suppressions of a file, and the lines of comments that are none.
#[must_use]
pub fn read(document: &Document) -> (Vec<Comment>, Vec<(u32, CommentError)>) {
    let (mut comments, mut errors) = (Vec::new(), Vec::new());
    if !document.has_comments() || !document.text().contains(START) {
        return (comments, errors);
    }
    let lines: Vec<&str> = document.text().lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let Some((before, text)) = suppression(line) else { continue };
        let alone = before.trim().is_empty();
        let is_content =
            |line: &&str| !matches!(line.trim_start().chars().next(), None | Some('#'));
        let below = || lines.iter().skip(at).position(is_content);
        let target = if alone { below().map_or(at, |lines| at + lines) } else { at };
        let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
        match parsed(text, number(target)) {
            Ok(comment) => comments.push(comment),
            Err(error) => errors.push((number(at), error)),
        }
    }
    (comments, errors)
}

/// The parts of a line before its comment and after the comment's start.
fn suppression(line: &str) -> Option<(&str, &str)> {
    let (before, comment) = line.match_indices('#').find_map(|(at, _)| {
        let (before, comment) = line.split_at(at);
        // Inside a word, `#` starts no comment.
        let starts = before.is_empty() || before.ends_with([' ', '\t']);
        starts
            .then(|| comment.trim_start_matches('#').trim_start().strip_prefix(START))?
            .map(|text| (before, text))
    })?;
    Some((before, comment))
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
    fn json_and_texts_have_no_comments() {
        let json = "{\"a\": \" # credenza: ignore URL03 until 2027-01-31 because of it\"}";
        assert_eq!(of(json), (vec![], vec![]));
    }
}
