//! Rego inside a YAML document, as a file of its own in which every place is the place in the YAML.

use std::sync::Arc;

use crate::domain::place::{SourceFile, Span};

/// The text `rego`, which stands at `span` of `file`.
///
/// Where the YAML shows the text line by line, everything around it is blanked out, so that a fault in it names line and
/// column of the YAML file. A text that is folded, escaped or indented by its quotes stands alone, and so does one with a
/// raw string over several lines, into which the indentation would creep.
pub(super) fn source(file: &SourceFile, span: Span, rego: &str) -> Arc<SourceFile> {
    let raw_lines = rego.lines().any(|line| line.matches('`').count() % 2 == 1);
    let shown = if raw_lines { None } else { blanked(&file.text, span, rego) };
    let text = shown.unwrap_or_else(|| rego.to_owned());
    Arc::new(SourceFile::new(file.path.as_str(), text))
}

/// `text` with blanks for everything but the lines of `rego`; `None` when they do not stand there line by line.
fn blanked(text: &str, span: Span, rego: &str) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let before = text.get(..span.start as usize)?;
    let first = before.matches('\n').count();
    // A block begins at its indicator or behind it, as the reader sees it.
    let begins = [first, first + 1].into_iter().find(|begins| {
        let shown = lines.get(*begins..).unwrap_or_default();
        shows(shown, rego)
    })?;
    let n_lines = rego.lines().count();
    let mut out = String::with_capacity(text.len());
    for (number, line) in lines.iter().enumerate() {
        if (begins..begins + n_lines).contains(&number) {
            out.push_str(line);
        } else {
            let is_break = |c: char| c == '\n' || c == '\r';
            out.extend(line.chars().flat_map(|c| {
                let blank = if is_break(c) { c } else { ' ' };
                std::iter::repeat_n(blank, c.len_utf8())
            }));
        }
    }
    Some(out)
}

/// Whether `lines` are those of `rego`, each behind the same indentation.
fn shows(lines: &[&str], rego: &str) -> bool {
    let bare = |line: &'_ &str| line.trim_end_matches(['\n', '\r']).to_owned();
    let Some(first) = rego.lines().position(|line| !line.trim().is_empty()) else { return false };
    let (Some(wanted), Some(shown)) = (rego.lines().nth(first), lines.get(first).map(bare)) else {
        return false;
    };
    let Some(indent) = shown.strip_suffix(wanted) else { return false };
    if !indent.chars().all(|c| c == ' ') {
        return false;
    }
    rego.lines().enumerate().all(|(number, wanted)| {
        lines.get(number).map(bare).is_some_and(|shown| {
            shown.strip_prefix(indent) == Some(wanted)
                || (wanted.trim().is_empty() && shown.trim().is_empty())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedded(yaml: &str, from: &str, rego: &str) -> String {
        let start = yaml.find(from).unwrap();
        let file = SourceFile::new("t.yaml", yaml);
        source(&file, Span::new(start, yaml.len()), rego).text.to_string()
    }

    #[test]
    fn a_block_keeps_its_lines_and_columns() {
        let yaml = "a: é\nrego: |\n  package p\n\n  x = 1\nb: 2\n";
        let text = embedded(yaml, "|\n", "package p\n\nx = 1\n");
        assert_eq!(text, "     \n       \n  package p\n\n  x = 1\n    \n");
        assert_eq!(embedded(yaml, "package", "package p\n\nx = 1\n"), text);
    }

    #[test]
    fn a_folded_text_and_a_raw_string_over_lines_stand_alone() {
        let folded = "rego: >\n  package p\n  x\n";
        assert_eq!(embedded(folded, ">", "package p x\n"), "package p x\n");
        let raw = "rego: |\n  package p\n  x = `a\n  b`\n";
        let rego = "package p\nx = `a\nb`\n";
        assert_eq!(embedded(raw, "|", rego), rego);
    }
}
