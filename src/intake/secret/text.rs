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
    let holds_secret = text.lines().any(|line| line.contains("kind") && line.contains("Secret"));
    let opens_secret = |key: &str| holds_secret && matches!(key, "data" | "stringData");
    let mut hidden = Hidden::Nothing;
    // The line before may have named the variable whose value stands on this one, or the flag.
    let (mut variable, mut flag) = (false, false);
    // A value whose variable is named on a later line of the same item.
    let mut unnamed: Option<(usize, &str, &str)> = None;
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
        let begins_item = content.starts_with(['-', '{', '}']);
        variable &= !begins_item;
        unnamed = unnamed.filter(|_| !begins_item);
        let item = bare(content.trim_start_matches(['-', ' ']));
        let split = split_key(content);
        let key = split.map_or("", |(key, _)| key);
        let value = match (split, hidden) {
            // What base64 ends with looks like a value of `=`.
            (_, Hidden::Below(_)) => split
                .map(|(_, value)| value)
                .filter(|value| !value.trim_matches('=').is_empty())
                .unwrap_or(content),
            (None, _) if flag => item,
            (Some((_, value)), _) if names_credential(key) || (variable && key == "value") => value,
            (Some((_, value)), _) if opens_secret(key) => value,
            _ => inline_credential(content, holds_secret),
        };
        let names =
            split.is_some_and(|(key, value)| key == "name" && names_credential(bare(value)));
        if names && let Some((start, line, value)) = unnamed.take() {
            mark(text, start, line, value, spans, values);
        }
        unnamed =
            split.filter(|_| key == "value").map(|(_, value)| (start, line, value)).or(unnamed);
        variable = names || (variable && key != "name");
        flag = split.is_none() && is_flag_of_credential(bare(content.trim_start_matches("- ")));
        if (names_credential(key) || opens_secret(key)) && hidden == Hidden::Nothing {
            hidden = Hidden::Opened(indent);
        }
        mark(text, start, line, value, spans, values);
    }
}

/// Adds the places of everything in the comments of a YAML text that looks like a secret. No policy sees a comment, so
/// the words in it are not looked for elsewhere.
pub(in super::super) fn in_comments(text: &str, spans: &mut Vec<Span>) {
    let comments = Comments::of(text);
    if comments.lines.is_empty() {
        return;
    }
    let mut found = Vec::new();
    in_text(&comments.text, &mut found, &mut Vec::new());
    spans.extend(found.into_iter().map(|span| comments.place_of(span)));
}

/// The lines of a text that have a comment, everything but the comment blank: what stands deeper there does so here.
#[derive(Default)]
struct Comments {
    text: String,
    /// Where each line begins, here and in the whole text.
    lines: Vec<(usize, usize)>,
}

impl Comments {
    fn of(text: &str) -> Self {
        let mut comments = Self::default();
        let (mut at, mut rest) = (0, text);
        // Most lines have none, and are passed over without a look at where they end.
        while let Some(sign) = rest.find('#') {
            let start =
                rest.get(..sign).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
            let behind = rest.get(start..).unwrap_or_default();
            let line = behind.split_inclusive('\n').next().unwrap_or_default();
            comments.add(line, at + start);
            let end = start + line.len();
            (at, rest) = (at + end, rest.get(end..).unwrap_or_default());
        }
        comments
    }

    /// Adds a line that begins at byte `start` of the whole text, unless the sign in it stands inside a word.
    fn add(&mut self, line: &str, start: usize) {
        let begins = match line.find(" #") {
            _ if line.starts_with('#') => 0,
            Some(space) => space + 1,
            None => return,
        };
        self.lines.push((self.text.len(), start));
        self.text.extend(std::iter::repeat_n(' ', begins));
        let comment = line.get(begins..).unwrap_or_default();
        self.text.extend(comment.chars().map(|char| if char == '#' { ' ' } else { char }));
    }

    /// Where that stands in the whole text.
    fn place_of(&self, span: Span) -> Span {
        let moved = |at: usize| {
            let line = self.lines.partition_point(|(start, _)| *start <= at).checked_sub(1);
            let (here, there) =
                line.and_then(|line| self.lines.get(line)).copied().unwrap_or_default();
            there + at - here
        };
        // The end is one past the last byte, which may be the last of its line.
        let end = (span.end as usize).saturating_sub(1);
        Span::new(moved(span.start as usize), moved(end) + 1)
    }
}

/// Whether a word of a command line is a flag behind which a credential stands: `--password`, but not `--password=x`.
pub(super) fn is_flag_of_credential(word: &str) -> bool {
    word.starts_with('-') && !word.contains(['=', ' ']) && names_credential(word)
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

/// The rest of a line behind a credential's name inside it, as in `{name: DB_PASSWORD, value: x}` and `?token=x`.
fn inline_credential(content: &str, holds_secret: bool) -> &str {
    const BETWEEN: [char; 10] = ['{', '[', ',', ' ', '\t', '"', '\'', '?', '&', ';'];
    let mut rest = content;
    while let Some((before, behind)) = rest.split_once([':', '=']) {
        let key = before.rsplit(BETWEEN).find(|word| !word.is_empty()).unwrap_or_default();
        let is_name = key == "name"
            && names_credential(bare(behind.trim_start().split([',', '}']).next().unwrap_or("")));
        if is_name && let Some((_, value)) = content.split_once("value") {
            return value.trim_start_matches(['"', '\'', ':', '=', ' ']);
        }
        let opens = holds_secret && matches!(key, "data" | "stringData");
        if opens || names_credential(key) {
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
    fn a_value_before_its_name_and_a_word_behind_its_flag_are_hidden() {
        let text = "env:\n- value: hunter22\n  name: DB_PASSWORD\n- value: x\n  name: PORT\n";
        assert_eq!(
            hidden(text),
            "env:\n- value: ***\n  name: DB_PASSWORD\n- value: x\n  name: PORT\n"
        );
        assert_eq!(hidden("- --client-token\n- hunter22\n- x\n"), "- --client-token\n- ***\n- x\n");
        assert_eq!(hidden("https://x/y?a=1&token=hunter22\n"), "https://x/y?a=1&token=***\n");
    }

    #[test]
    fn comments_are_searched_where_they_stand() {
        let mut spans = Vec::new();
        let text = "a: 1 # password: hunter22\n# - name: API_KEY\n#   value: ü\nb: 'token: x'\n";
        in_comments(text, &mut spans);
        let shown: Vec<&str> = spans.iter().filter_map(|span| text.get(span.range())).collect();
        assert_eq!(shown, ["hunter22", "ü"]);
    }

    #[test]
    fn comments_are_read_on_over_the_lines_between_them() {
        let shown = |text: &str| {
            let mut spans = Vec::new();
            in_comments(text, &mut spans);
            spans
                .iter()
                .filter_map(|span| text.get(span.range()))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(shown("a: 1\nx: b#c # - --password\nb: 2\n\n# - hunter22\n"), ["hunter22"]);
        let key =
            "# -----BEGIN RSA PRIVATE KEY-----\nü: 1\n# MIIE\n# -----END RSA PRIVATE KEY-----";
        assert_eq!(shown(key), [key.trim_start_matches("# ")]);
        assert_eq!(shown("a: b#password: x\r\nc: 'ü' # token: hunter22\r\n"), ["hunter22"]);
    }

    #[test]
    fn json_and_flow_lines_are_hidden_to_their_end() {
        assert_eq!(hidden("- {value: x1, name: DB_PASSWORD}\n"), "- {value: ***\n");
        let text = "{\"kind\": \"Secret\",\n \"data\": {\n   \"a\": \"eHh4\"\n },\n \"x\": 1\n";
        assert_eq!(
            hidden(text),
            "{\"kind\": \"Secret\",\n \"data\": {\n   \"a\": ***\n },\n \"x\": 1\n"
        );
        assert_eq!(
            hidden("- {name: DB_PASSWORD, value: hunter22}: [\n"),
            "- {name: DB_PASSWORD, value: ***\n"
        );
        assert_eq!(hidden("kind: Secret\nstringData: {a: b\n"), "kind: Secret\nstringData: ***\n");
    }
}
