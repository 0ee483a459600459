//! YAML as a person would write it, keys in the order in which they were put.

use crate::domain::value::Value;

/// A tree of configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    Text(String),
    Count(usize),
    Flag(bool),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    pub(super) fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Tree)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, tree)| (key.into(), tree)).collect())
    }
}

/// The tree as a block of YAML.
pub(super) fn yaml(tree: &Tree) -> String {
    let mut out = String::new();
    block(tree, 0, &mut out);
    out
}

fn block(tree: &Tree, depth: usize, out: &mut String) {
    match tree {
        Tree::Map(entries) => {
            for (key, value) in entries {
                indent(depth, out);
                entry(key, value, depth, out);
            }
        }
        Tree::List(items) => {
            for item in items {
                indent(depth, out);
                out.push_str("- ");
                match item {
                    // The first key stands behind the dash, the others below it.
                    Tree::Map(entries) => {
                        for (index, (key, value)) in entries.iter().enumerate() {
                            if index > 0 {
                                indent(depth + 1, out);
                            }
                            entry(key, value, depth + 1, out);
                        }
                    }
                    Tree::Text(_) | Tree::Count(_) | Tree::Flag(_) | Tree::List(_) => {
                        out.push_str(&scalar(item));
                        out.push('\n');
                    }
                }
            }
        }
        Tree::Text(_) | Tree::Count(_) | Tree::Flag(_) => {
            out.push_str(&scalar(tree));
            out.push('\n');
        }
    }
}

fn entry(key: &str, value: &Tree, depth: usize, out: &mut String) {
    out.push_str(&plain_or_quoted(key));
    out.push(':');
    match value {
        Tree::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            block(value, depth + 1, out);
        }
        Tree::List(items) if !items.is_empty() => {
            out.push('\n');
            block(value, depth + 1, out);
        }
        Tree::Text(text) if is_lines(text) => {
            out.push_str(" |\n");
            for line in text.lines() {
                indent(depth + 1, out);
                out.push_str(line);
                out.push('\n');
            }
        }
        Tree::Text(_) | Tree::Count(_) | Tree::Flag(_) | Tree::List(_) | Tree::Map(_) => {
            out.push(' ');
            out.push_str(&scalar(value));
            out.push('\n');
        }
    }
}

/// Whether a text is some lines that need no escape, like a key in PEM.
fn is_lines(text: &str) -> bool {
    let plain = |line: &str| {
        !line.is_empty() && !line.starts_with(' ') && line.chars().all(|c| (' '..='~').contains(&c))
    };
    text.ends_with('\n') && text.lines().count() > 1 && text.lines().all(plain)
}

fn scalar(tree: &Tree) -> String {
    match tree {
        Tree::Text(text) => plain_or_quoted(text),
        Tree::Count(count) => count.to_string(),
        Tree::Flag(flag) => flag.to_string(),
        Tree::List(_) => "[]".to_owned(),
        Tree::Map(_) => "{}".to_owned(),
    }
}

/// Words that readers of YAML 1.1 take for something else than a text.
const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

/// Quoted as in JSON unless no reader of YAML could take it for something else.
fn plain_or_quoted(text: &str) -> String {
    let safe = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@".contains(c))
        && !text.ends_with(':')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if safe { text.to_owned() } else { Value::string(text).to_string() }
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}
