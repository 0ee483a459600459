//! Secrets in text that could not be read as a document: line by line, rather too much than too little.

use super::credential::{is_literal, names_credential, shapes};
use super::keep;
use crate::domain::place::Span;

/// Adds the places and values of everything in a text that looks like a secret.
pub(in super::super) fn in_text(text: &str, spans: &mut Vec<Span>, values: &mut Vec<String>) {
    shapes(text, &mut |range| {
        if let Some(secret) = text.get(range.clone()) {
            keep(secret, values);
            spans.push(Span::new(range.start, range.end));
        }
    });
    let holds_secret = ["kind: Secret", "kind: 'Secret'", "\"Secret\"", "kind:Secret"]
        .iter()
        .any(|word| text.contains(word));
    let mut hidden = Hidden::Nothing;
    // The line before may have named the variable whose value stands on this one.
    let mut variable = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim();
        if content.is_empty() {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        hidden = hidden.at(indent, content);
        let split = split_key(content);
        let key = split.map_or("", |(key, _)| key);
        let value = match (split, hidden) {
            (_, Hidden::Below(_)) => split.map_or(content, |(_, value)| value),
            (Some((_, value)), _) if names_credential(key) || (variable && key == "value") => value,
            (Some((_, value)), _) if holds_secret && matches!(key, "data" | "stringData") => value,
            _ => inline_credential(content),
        };
        variable = split.is_some_and(|(key, value)| key == "name" && names_credential(bare(value)))
            || (variable && key != "name" && !content.starts_with('-'));
        let opens = names_credential(key) || (holds_secret && matches!(key, "data" | "stringData"));
        if opens && hidden == Hidden::Nothing {
            hidden = Hidden::Opened(indent);
        }
        mark(text, start, line, value, spans, values);
    }
}

/// Whether lines are hidden as a whole, because a line above says that what is below it is secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hidden {
    Nothing,
    /// The line itself, at this indentation.
    Opened(usize),
    /// The lines that are indented deeper than this.
    Below(usize),
}

impl Hidden {
    fn at(self, indent: usize, content: &str) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Opened(opener) | Self::Below(opener) => {
                let closes = content.starts_with(['}', ']']);
                if indent > opener && !closes { Self::Below(opener) } else { Self::Nothing }
            }
        }
    }
}

/// `key: value`, `"key": value`, `KEY=value`, each also as an item of a list.
fn split_key(content: &str) -> Option<(&str, &str)> {
    let content = content.trim_start_matches(['-', '{', ' ']);
    let (key, value) = content.split_once([':', '='])?;
    Some((bare(key), value.trim()))
}

fn bare(text: &str) -> &str {
    text.trim().trim_end_matches(',').trim_matches(['"', '\''])
}

/// The rest of a line behind a credential's name inside it, as in `{name: DB_PASSWORD, value: x}`.
fn inline_credential(content: &str) -> &str {
    let mut rest = content;
    while let Some((before, behind)) = rest.split_once([':', '=']) {
        let key = before.rsplit(['{', ',', ' ', '\t', '"', '\'']).find(|word| !word.is_empty());
        let value = behind.trim_start();
        let named = key == Some("name")
            && behind.contains("value")
            && names_credential(bare(value.split([',', '}']).next().unwrap_or_default()));
        if named || key.is_some_and(names_credential) {
            return behind;
        }
        rest = behind;
    }
    ""
}

/// Marks `value`, a part of the `line` that begins at `start`.
fn mark(
    text: &str,
    start: usize,
    line: &str,
    value: &str,
    spans: &mut Vec<Span>,
    values: &mut Vec<String>,
) {
    let secret = bare(value);
    if secret.is_empty()
        || !is_literal(secret)
        || matches!(value, "|" | ">" | "{" | "[" | "|-" | ">-")
    {
        return;
    }
    let Some(at) = line.rfind(value) else { return };
    let span = Span::new(start + at, start + at + value.trim_end().len());
    if text.get(span.range()).is_some() {
        spans.push(span);
    }
    // A whole line of flow syntax is no secret that stands elsewhere.
    if !secret.contains(['{', '}', ',', ':']) {
        keep(secret, values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> String {
        let (mut spans, mut values) = (Vec::new(), Vec::new());
        in_text(text, &mut spans, &mut values);
        let mut out = text.to_owned();
        for span in super::super::merged(spans).into_iter().rev() {
            out.replace_range(span.range(), "***");
        }
        out
    }

    #[test]
    fn lines_under_a_secrets_data_and_beside_credentials_names_are_hidden() {
        let text = "kind: Secret\ndata:\n  a: eHh4\n  b: |\n    eHh4\nmetadata:\n  name: x\n";
        assert_eq!(
            hidden(text),
            "kind: Secret\ndata:\n  a: ***\n  b: |\n    ***\nmetadata:\n  name: x\n"
        );
        let text = "env:\n- name: DB_PASSWORD\n  value: hunter22\n- name: PORT\n  value: 80\npassword: x y\nKEY=1\nAPI_KEY=2\n";
        assert_eq!(
            hidden(text),
            "env:\n- name: DB_PASSWORD\n  value: ***\n- name: PORT\n  value: 80\npassword: ***\nKEY=1\nAPI_KEY=***\n"
        );
    }

    #[test]
    fn json_and_flow_lines_are_hidden_to_their_end() {
        let text = "{\"kind\": \"Secret\",\n \"data\": {\n   \"a\": \"eHh4\"\n },\n \"x\": 1\n";
        assert_eq!(
            hidden(text),
            "{\"kind\": \"Secret\",\n \"data\": {\n   \"a\": ***\n },\n \"x\": 1\n"
        );
        assert_eq!(hidden("- {name: DB_PASSWORD, value: hunter22}: [\n"), "- {name:***\n");
        assert_eq!(hidden("kind: Secret\nstringData: {a: b\n"), "kind: Secret\nstringData: ***\n");
    }
}
