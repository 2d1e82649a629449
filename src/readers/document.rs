//! JSON and YAML documents whose values have positions.
//!
//! JSON is not parsed into a tree. Each node refers to a part of the text, so a large file needs
//! little more memory than its text. YAML is parsed into a tree in which aliases share their
//! values. The total size of the expanded aliases is limited.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::{LazyLock, OnceLock},
};

use memchr::memchr_iter;
use regex_lite::{Captures, Regex};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Number, Value, value::RawValue};

/// Maximum nesting depth of lists and maps in a YAML file.
const DEEPEST: usize = 100;

/// Maximum size of all expanded aliases of a YAML file, in bytes of text plus one per value.
const MOST_EXPANDED: usize = 32 << 20;

/// Position in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Reason why a file cannot be read; never quotes its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// The file is not well-formed JSON or YAML, is nested too deeply, or has aliases that expand
    /// to too much text.
    #[error("{what} (line {}, column {})", .at.line, .at.column)]
    Malformed {
        /// Description of the defect.
        what: String,
        /// Position of the defect.
        at: Position,
    },
    /// The file is a template that another program must render first.
    #[error("it is a template with {{{{ }}}}. Render it first, for example with helm template")]
    Template,
    /// The file is well-formed, but its kind is unknown.
    #[error("unknown kind of configuration file")]
    Unknown,
}

/// Parsed JSON or YAML file.
pub struct Document {
    text: String,
    /// Original text of the file, if `text` was changed for parsing.
    original: Option<String>,
    content: Content,
    starts: OnceLock<Vec<usize>>,
}

enum Content {
    Json,
    Yaml(Vec<Rc<Tree>>, Vec<(Position, Mistake)>),
}

#[derive(Debug)]
struct Tree {
    at: Position,
    value: Branch,
    /// Size of the text in bytes, plus one per value; see [`MOST_EXPANDED`].
    weight: usize,
}

#[derive(Debug)]
enum Branch {
    Scalar(Value),
    List(Vec<Rc<Tree>>),
    Map(Vec<(String, Rc<Tree>)>),
}

/// Value in a document: a part of the JSON text, or a node of a YAML tree.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a>(NodeSource<'a>);

#[derive(Debug, Clone, Copy)]
enum NodeSource<'a> {
    Json(&'a str),
    Yaml(&'a Tree),
}

impl Mistake {
    /// Returns [`Mistake::Template`] if the text starts with `{{`, or is not JSON and has `{{` in
    /// the line of the defect. Otherwise returns the unchanged error.
    fn or_template(self, text: &str) -> Self {
        let Self::Malformed { at, .. } = &self else { return self };
        let line = text.lines().nth(at.line.saturating_sub(1) as usize).unwrap_or_default();
        let json = text.trim_start().starts_with(['{', '[']);
        if line.contains("{{") && !json || text.trim_start().starts_with("{{") {
            Self::Template
        } else {
            self
        }
    }
}

/// Quotes placeholders that replace a whole value, so that the text can be parsed. The length stays
/// the same, so that positions remain correct. For example, `@@X@@` (Auth0 deploy CLI) becomes
/// `"@X@"`, `${X}` becomes `"$X"`, and `{{ X }}` at the end of a line becomes `"$template"`, cut or
/// padded.
fn quoted(text: &str) -> Cow<'_, str> {
    static OPEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?m)([:\-\[,][ \t]+|[:\[,])(?:@(@[A-Za-z0-9_]+@)@|\$\{([^}"\n]+\})([ \t]*[,\]}\r\n]|$))"#).ok()
    });
    static TEMPLATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?m)([:-][ \t]+)(\{\{[^-{}\r\n][^{}\r\n]*\}\})([ \t]*\r?)$").ok()
    });
    let text = match TEMPLATE.as_ref().filter(|_| text.contains("{{")) {
        Some(template) => template.replace_all(text, |found: &Captures<'_>| {
            let part = |at| found.get(at).map_or("", |part| part.as_str());
            let length = part(2).chars().count();
            let name: String = "template".chars().take(length - 3).collect();
            format!("{}{:<length$}{}", part(1), format!("\"${name}\""), part(3))
        }),
        None => Cow::Borrowed(text),
    };
    let Some(open) = OPEN.as_ref().filter(|_| text.contains("@@") || text.contains("${")) else {
        return text;
    };
    let quoted = open.replace_all(&text, |found: &Captures<'_>| {
        let part = |at| found.get(at).map_or("", |part| part.as_str());
        match part(2) {
            "" => format!("{}\"${}\"{}", part(1), &part(3)[..part(3).len() - 1], part(4)),
            name => format!("{}\"{name}\"", part(1)),
        }
    });
    Cow::Owned(quoted.into_owned())
}

impl Document {
    /// Parses text in JSON, JSON Lines or YAML.
    ///
    /// # Errors
    /// [`Mistake::Malformed`] with the position of the first defect if the text cannot be parsed,
    /// or [`Mistake::Template`] if the text is a template.
    pub fn parse(text: String) -> Result<Self, Mistake> {
        let (text, mut original) = match text.strip_prefix('\u{feff}') {
            Some(rest) => (rest.to_owned(), Some(text)),
            None => (text, None),
        };
        let (text, content) = match parsed(&text) {
            Ok(content) => (text, content),
            Err(mistake) => {
                let quoted = quoted(&text);
                let again = if quoted == text { None } else { parsed(&quoted).ok() };
                let content = again.ok_or_else(|| mistake.or_template(&text))?;
                let quoted = quoted.into_owned();
                if quoted != text {
                    original.get_or_insert_with(|| text.clone());
                }
                (quoted, content)
            }
        };
        Ok(Self { text, original, content, starts: OnceLock::new() })
    }

    /// Returns the original text of the file.
    #[must_use]
    pub fn text(&self) -> &str {
        self.original.as_deref().unwrap_or(&self.text)
    }

    /// Returns the text that was parsed, if it is YAML. Unlike [`Self::text`], it has no byte order
    /// mark, and its placeholders may be quoted.
    #[must_use]
    pub fn yaml(&self) -> Option<&str> {
        matches!(self.content, Content::Yaml(..)).then_some(self.text.as_str())
    }

    /// Returns the start and end of each YAML scalar, in characters; empty for JSON.
    #[must_use]
    pub fn scalars(&self) -> Vec<(usize, usize)> {
        let events = Parser::new_from_str(self.yaml().unwrap_or_default()).map_while(Result::ok);
        let spans = events.filter_map(|(event, span)| {
            let is_scalar = matches!(event, Event::Scalar(..));
            is_scalar.then(|| (span.start.index(), span.end.index()))
        });
        spans.collect()
    }

    /// Returns the errors of embedded files that cannot be read, with their positions.
    #[must_use]
    pub fn unreadable(&self) -> &[(Position, Mistake)] {
        match &self.content {
            Content::Json => &[],
            Content::Yaml(_, unreadable) => unreadable,
        }
    }

    /// Returns the documents of the file, followed by the documents of embedded files. A JSON Lines
    /// or YAML file can have several documents.
    #[must_use]
    pub fn roots(&self) -> Vec<Node<'_>> {
        match &self.content {
            Content::Json => raw_values(&self.text).filter_map(Result::ok).map(Node::of).collect(),
            Content::Yaml(trees, _) => {
                trees.iter().map(|tree| Node(NodeSource::Yaml(tree))).collect()
            }
        }
    }

    /// Returns the position of a node of this document.
    #[must_use]
    pub fn position(&self, node: Node<'_>) -> Position {
        match node.0 {
            NodeSource::Yaml(tree) => tree.at,
            NodeSource::Json(part) => {
                let offset = part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
                self.position_of(offset)
            }
        }
    }

    fn position_of(&self, offset: usize) -> Position {
        let starts = self.starts.get_or_init(|| {
            let ends = memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(ends.map(|end| end + 1)).collect()
        });
        let line = starts.partition_point(|start| *start <= offset);
        let start = starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        Position { line: number(line), column: number(before.chars().count() + 1) }
    }
}

fn parsed(text: &str) -> Result<Content, Mistake> {
    let start = text.trim_start();
    if start.starts_with(['{', '[']) && !start.starts_with("{{") {
        checked_json(text)
    } else {
        yaml(text)
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn raw_values(text: &str) -> impl Iterator<Item = serde_json::Result<&RawValue>> {
    serde_json::Deserializer::from_str(text).into_iter()
}

fn checked_json(text: &str) -> Result<Content, Mistake> {
    let malformed = |error: &serde_json::Error| Mistake::Malformed {
        what: if error.is_eof() { "it is truncated" } else { "it is not JSON" }.to_owned(),
        at: Position { line: number(error.line()), column: number(error.column()) },
    };
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    match values.find_map(Result::err) {
        Some(error) => Err(malformed(&error)),
        None => Ok(Content::Json),
    }
}

impl<'a> Node<'a> {
    fn of(raw: &'a RawValue) -> Self {
        Self(NodeSource::Json(raw.get()))
    }

    /// Returns the members of an object, in order; empty for any other value.
    #[must_use]
    pub fn members(self) -> Vec<(String, Self)> {
        match self.0 {
            NodeSource::Json(text) => {
                let members = serde_json::from_str::<Members<'a>>(text).unwrap_or_default().0;
                members.into_iter().map(|(name, raw)| (name, Self::of(raw))).collect()
            }
            NodeSource::Yaml(Tree { value: Branch::Map(members), .. }) => members
                .iter()
                .map(|(name, tree)| (name.clone(), Self(NodeSource::Yaml(tree))))
                .collect(),
            NodeSource::Yaml(_) => Vec::new(),
        }
    }

    /// Returns a member of an object. If the member is repeated, returns the last one. `None` if
    /// the member does not exist, or if the node is not an object.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Self> {
        member(&self.members(), name)
    }

    /// Returns the member at a path. A list with one entry is replaced by the entry, as in
    /// Terraform's blocks.
    #[must_use]
    pub fn at(self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self, |node, name| match node.entries().as_slice() {
            [only] => only.get(name),
            _ => node.get(name),
        })
    }

    /// Returns the first string equal to `text` in this value, at any depth.
    #[must_use]
    pub fn find(self, text: &str) -> Option<Self> {
        if self.text().as_deref() == Some(text) {
            return Some(self);
        }
        let members = self.members().into_iter().map(|(_, node)| node);
        members.chain(self.entries()).find_map(|node| node.find(text))
    }

    /// Returns the entries of a list; empty for any other value.
    #[must_use]
    pub fn entries(self) -> Vec<Self> {
        match self.0 {
            NodeSource::Json(text) => serde_json::from_str::<Vec<&'a RawValue>>(text)
                .unwrap_or_default()
                .into_iter()
                .map(Self::of)
                .collect(),
            NodeSource::Yaml(Tree { value: Branch::List(list), .. }) => {
                list.iter().map(|tree| Self(NodeSource::Yaml(tree))).collect()
            }
            NodeSource::Yaml(_) => Vec::new(),
        }
    }

    /// Returns the text of a string; `None` for any other value.
    #[must_use]
    pub fn text(self) -> Option<String> {
        match self.0 {
            NodeSource::Json(text) => serde_json::from_str(text).ok(),
            NodeSource::Yaml(Tree { value: Branch::Scalar(Value::String(text)), .. }) => {
                Some(text.clone())
            }
            NodeSource::Yaml(_) => None,
        }
    }

    /// Converts the node to a JSON value; `null` if it is nested too deeply.
    #[must_use]
    pub fn value(self) -> Value {
        match self.0 {
            NodeSource::Json(text) => serde_json::from_str(text).unwrap_or_default(),
            NodeSource::Yaml(tree) => tree.to_value(),
        }
    }

    /// Returns the name of the first repeated member of an object; `None` if no member is repeated.
    #[must_use]
    pub fn repeated_member(self) -> Option<String> {
        let mut seen = HashSet::new();
        let members = self.members();
        members.into_iter().map(|(name, _)| name).find(|name| !seen.insert(name.clone()))
    }
}

/// Returns the member with the name `name`; the last one if it is repeated.
#[must_use]
pub fn member<'a>(members: &[(String, Node<'a>)], name: &str) -> Option<Node<'a>> {
    members.iter().rev().find(|(own, _)| own == name).map(|(_, node)| *node)
}

/// Members of an object in order, including repeated ones.
#[derive(Default)]
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

impl Tree {
    fn new(at: Position, value: Branch) -> Self {
        let weight = match &value {
            Branch::Scalar(Value::String(text)) => text.len(),
            Branch::Scalar(_) => 0,
            Branch::List(list) => list.iter().map(|tree| tree.weight).sum(),
            Branch::Map(members) => {
                members.iter().map(|(name, tree)| name.len() + tree.weight).sum()
            }
        };
        Self { at, value, weight: weight + 1 }
    }

    fn to_value(&self) -> Value {
        match &self.value {
            Branch::Scalar(value) => value.clone(),
            Branch::List(list) => list.iter().map(|tree| tree.to_value()).collect(),
            Branch::Map(members) => {
                let members = members.iter().map(|(name, tree)| (name.clone(), tree.to_value()));
                Value::Object(members.collect())
            }
        }
    }
}

/// List or map whose end is not yet parsed.
struct OpenNode {
    at: Position,
    value: Branch,
    anchor: usize,
    /// Placeholder that replaces the collection, if its tag means that another program computes the
    /// value.
    placeholder: Option<Value>,
    /// True if a key is a map or a list. YAML parses `{{ X }}` as a map with a map as its key.
    has_map_for_key: bool,
    /// Key of a map entry whose value is not yet parsed.
    key: Option<String>,
}

/// Builder of the trees of a YAML file from parser events.
#[derive(Default)]
struct Loader {
    /// Lines and columns before the text, if it is embedded in another file.
    before: (u32, u32),
    trees: Vec<Rc<Tree>>,
    /// Literal block scalars that may contain clients, with their positions. For example, a
    /// `ConfigMap` contains whole files in such scalars.
    inner: Vec<(String, Position)>,
    open: Vec<OpenNode>,
    anchors: HashMap<usize, Rc<Tree>>,
    expanded: usize,
}

/// Maximum depth of files embedded in files; deeper ones are ignored.
const DEEPEST_INSIDE: usize = 3;

fn yaml(text: &str) -> Result<Content, Mistake> {
    let mut unreadable = Vec::new();
    // The file and its embedded files share the limit of expanded aliases.
    let Loader { mut trees, inner, mut expanded, .. } = loaded(text, (0, 0), 0)?;
    let mut waiting: Vec<_> = inner.into_iter().rev().map(|inner| (inner, 1)).collect();
    while let Some(((text, at), depth)) = waiting.pop() {
        // The position of a block scalar is the position of its first non-empty line.
        let empty = text.len() - text.trim_start_matches('\n').len();
        let indented = text.trim_start_matches('\n').chars().take_while(|c| *c == ' ').count();
        let before = (
            at.line.saturating_sub(1 + number(empty)),
            at.column.saturating_sub(1 + number(indented)),
        );
        match loaded(&text, before, expanded) {
            Ok(inner) => {
                expanded = inner.expanded;
                trees.extend(inner.trees);
                let deeper = inner.inner.into_iter().rev().map(|inner| (inner, depth + 1));
                waiting.extend(deeper.filter(|(_, depth)| *depth <= DEEPEST_INSIDE));
            }
            Err(mistake) => unreadable.push((at, mistake)),
        }
    }
    Ok(Content::Yaml(trees, unreadable))
}

fn loaded(text: &str, before: (u32, u32), expanded: usize) -> Result<Loader, Mistake> {
    let mut loader = Loader { before, expanded, ..Loader::default() };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Mistake::Malformed {
            what: format!("it is not YAML: {}", crate::domain::text::shown(error.info())),
            at: Position {
                line: number(error.marker().line()),
                column: number(error.marker().col() + 1),
            },
        })?;
        loader.take(event, span)?;
    }
    Ok(loader)
}

impl Loader {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Mistake> {
        let (lines, columns) = self.before;
        let at = Position {
            line: number(span.start.line()) + lines,
            column: number(span.start.col() + 1) + columns,
        };
        let malformed = |what: &str| Mistake::Malformed { what: what.to_owned(), at };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                if style == ScalarStyle::Literal && super::may_have_clients(&text) {
                    self.inner.push((text.to_string(), at));
                }
                // A key is a string even if it looks like a number or a Boolean.
                let is_key = self
                    .open
                    .last()
                    .is_some_and(|open| open.key.is_none() && matches!(open.value, Branch::Map(_)));
                let value = match own_tag(tag.as_deref()) {
                    Some(placeholder) if !is_key => placeholder,
                    _ if plain && !is_key => scalar(&text),
                    _ => Value::from(&*text),
                };
                self.put(Tree::new(at, Branch::Scalar(value)).into(), anchor);
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(at, anchor, Branch::List(Vec::new()), own_tag(tag.as_deref()));
            }
            Event::MappingStart(anchor, tag) => {
                self.begin(at, anchor, Branch::Map(Vec::new()), own_tag(tag.as_deref()));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(OpenNode { at, value, anchor, placeholder, has_map_for_key, .. }) =
                    self.open.pop()
                {
                    let value = match (placeholder, value) {
                        (Some(placeholder), _) => Branch::Scalar(placeholder),
                        (None, Branch::Map(members)) if has_map_for_key && members.len() == 1 => {
                            Branch::Scalar("$template".into())
                        }
                        (None, Branch::Map(members)) => Branch::Map(merged(members)),
                        (None, other) => other,
                    };
                    self.put(Tree::new(at, value).into(), anchor);
                }
            }
            Event::Alias(anchor) => {
                let tree = self.anchors.get(&anchor).cloned();
                let tree = tree.ok_or_else(|| malformed("an alias has no anchor before it"))?;
                self.expanded = self.expanded.saturating_add(tree.weight);
                if self.expanded > MOST_EXPANDED {
                    return Err(malformed("its aliases expand to more than 32 MiB"));
                }
                self.put(tree, 0);
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        if self.open.len() > DEEPEST {
            return Err(malformed("it is nested too deeply"));
        }
        Ok(())
    }

    fn begin(&mut self, at: Position, anchor: usize, value: Branch, placeholder: Option<Value>) {
        self.open.push(OpenNode {
            at,
            value,
            anchor,
            placeholder,
            has_map_for_key: false,
            key: None,
        });
    }

    fn put(&mut self, tree: Rc<Tree>, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&tree));
        }
        let Some(open) = self.open.last_mut() else {
            self.trees.push(tree);
            return;
        };
        match (&mut open.value, open.key.take()) {
            (Branch::List(list), _) => list.push(tree),
            (Branch::Map(members), Some(key)) => members.push((key, tree)),
            (Branch::Map(_), None) => {
                open.key = Some(match &tree.value {
                    Branch::Scalar(Value::String(key)) => key.clone(),
                    Branch::Scalar(other) => other.to_string(),
                    Branch::List(_) | Branch::Map(_) => {
                        open.has_map_for_key = true;
                        String::new()
                    }
                });
            }
            (Branch::Scalar(_), _) => {}
        }
    }
}

/// Returns the placeholder for a value with an application tag, such as `!Env`, `!Find` or
/// `!secret`, because another program computes the value.
fn own_tag(tag: Option<&Tag>) -> Option<Value> {
    tag.filter(|tag| !tag.is_yaml_core_schema() && !tag.suffix.is_empty())
        .map(|tag| format!("${{{}}}", tag.suffix.replace('}', "")).into())
}

/// Replaces the merge key `<<` (YAML 1.1) with the members of the merged maps. Members that already
/// exist take precedence.
fn merged(mut members: Vec<(String, Rc<Tree>)>) -> Vec<(String, Rc<Tree>)> {
    let Some(place) = members.iter().position(|(name, _)| name == "<<") else { return members };
    let (_, merged) = members.remove(place);
    let sources = match &merged.value {
        Branch::List(list) => list.clone(),
        _ => vec![merged],
    };
    let mut own: HashSet<String> = members.iter().map(|(name, _)| name.clone()).collect();
    for source in &sources {
        let Branch::Map(more) = &source.value else { continue };
        for (name, tree) in more {
            if own.insert(name.clone()) {
                members.push((name.clone(), Rc::clone(tree)));
            }
        }
    }
    members
}

/// Converts a plain scalar to a value (YAML 1.2 core schema). Hexadecimal and octal numbers remain
/// strings.
fn scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let number = text.parse::<i64>().map(Number::from).ok().or_else(|| {
        let digits = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        text.parse().ok().filter(|_| digits).and_then(Number::from_f64)
    });
    number.map_or_else(|| Value::from(text), Value::Number)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use serde_json::json;

    use super::*;
    use crate::domain::yaml;

    fn parsed(text: &str) -> Document {
        Document::parse(text.to_owned()).expect("a document")
    }

    fn place(document: &Document, path: &[&str]) -> (u32, u32) {
        let at = document.position(document.roots()[0].at(path).expect("a node"));
        (at.line, at.column)
    }

    /// Any JSON value, nested at most three levels.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let name = prop_oneof!["[a-z.]{1,6}", any::<String>(), Just("no".to_owned())];
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::from),
                vec((name, inner), 0..4).prop_map(|them| Value::Object(them.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn written_yaml_is_read_again(value in value()) {
            let document = parsed(&yaml::format(&json!({ "value": value })));
            prop_assert_eq!(document.roots()[0].value(), json!({ "value": value }));
        }
    }

    #[test]
    fn a_file_inside_a_file_keeps_its_places() {
        let yaml = parsed(
            "kind: ConfigMap\ndata:\n  dex.yaml: |\n    staticClients:\n      - id: a\n  realm.json: |-\n\n    {\n      \"clientId\": \"b\"}\n",
        );
        let roots = yaml.roots();
        assert_eq!(roots.len(), 3);
        let at = |root: usize, path: &[&str]| {
            let at = yaml.position(roots[root].at(path).expect("a node"));
            (at.line, at.column)
        };
        assert_eq!(at(1, &["staticClients"]), (5, 7));
        assert_eq!(at(2, &["clientId"]), (9, 19));
    }

    #[test]
    fn a_template_that_stands_for_a_value_is_unknown() {
        let text = "a: {{ secret \"/run/x\" | mindent 10 \"|\" | msquote }}\nb:\n  - {{ env `B` }}\nc: 1\n";
        let yaml = parsed(text);
        assert_eq!(yaml.text(), text);
        let root = yaml.roots()[0];
        assert_eq!(root.get("a").and_then(Node::text).as_deref(), Some("$template"));
        assert_eq!(place(&yaml, &["c"]), (4, 4));
    }

    #[test]
    fn nodes_know_their_places() {
        let json = parsed(
            "\u{feff}{\r\n  \"clients\": [\r\n\t{ \"ü\": \"é\", \"url\": \"*\" }\r\n  ]\r\n}",
        );
        assert_eq!(place(&json, &["clients"]), (2, 14));
        let client = json.roots()[0].get("clients").map(Node::entries).unwrap_or_default()[0];
        let url = client.get("url").map(|node| json.position(node));
        assert_eq!(url, Some(Position { line: 3, column: 21 }));
        let yaml = parsed("# clients\nclients:\n  - name: a\n    url: \"*\"\n");
        assert_eq!(place(&yaml, &["clients"]), (3, 3));
    }

    #[test]
    fn yaml_reads_as_kubernetes_and_keycloak_write_it() {
        let text = "base: &base\n  enabled: true\n  port: 80\nclient:\n  <<: *base\n  port: '80'\n  id: 0x1\n  none: ~\n---\nsecond: [yes, 1.5]\n";
        let document = parsed(text);
        let roots = document.roots();
        let client = roots[0].get("client").map(Node::value);
        let expected =
            serde_json::json!({ "port": "80", "id": "0x1", "none": null, "enabled": true });
        assert_eq!(client, Some(expected));
        assert_eq!(roots[1].value(), serde_json::json!({ "second": ["yes", 1.5] }));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let lines = (1..30).map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}]", level - 1));
        let bomb = lines.collect::<Vec<_>>().join(
            "
",
        );
        for (text, why) in [
            ("{ \"a\": [1, }".to_owned(), "it is not JSON (line 1, column 12)"),
            ("{\n \"a\": ".to_owned(), "it is truncated (line 2, column "),
            ("a:\n\t- b".to_owned(), "it is not YAML: "),
            (format!("a0: &a0 x\n{bomb}"), "its aliases expand to more than 32 MiB (line "),
            (
                format!("a: &a {}\nb: [{}]", "x".repeat(100_000), "*a, ".repeat(100_000)),
                "its aliases expand to more than 32 MiB (line 2",
            ),
            ("[".repeat(5000), "it is truncated"),
            (
                format!("a: {}", "[".repeat(5000)),
                "it is not YAML: recursion limit exceeded (line 1",
            ),
            ("a: {{ .Values.x }}\nb: {{- if }}".to_owned(), "it is a template"),
        ] {
            let mistake = Document::parse(text.clone()).err().map(|it| it.to_string());
            let mistake = mistake.unwrap_or_default();
            assert!(mistake.starts_with(why), "{}: {mistake}", &text[..text.len().min(60)]);
        }
    }

    #[test]
    fn a_repeated_member_is_named() {
        let document = parsed("{ \"a\": 1, \"a\": 2 }");
        assert_eq!(document.roots()[0].repeated_member(), Some("a".to_owned()));
    }
}
