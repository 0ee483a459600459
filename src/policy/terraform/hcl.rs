//! The little of HCL that a `policies.hcl` is made of: blocks with a label, and texts in them.
//!
//! Source: Terraform Cloud, "Define custom OPA policies". The file has one sort of block, three attributes, and no expression;
//! everything else is refused with its place.

use std::sync::Arc;

use crate::domain::place::{SourceFile, Span};
use crate::rego::Fault;

/// A text with its place.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) span: Span,
}

/// `policy "name" { key = "text" … }`.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) kind: Text,
    pub(super) label: Text,
    pub(super) attributes: Vec<(Text, Text)>,
}

/// The blocks of a file, and what is wrong with it from the first place on that cannot be read.
pub(super) fn blocks(file: &Arc<SourceFile>, faults: &mut Vec<Fault>) -> Vec<Block> {
    let mut reader = Reader { file, rest: &file.text };
    let mut blocks = Vec::new();
    loop {
        reader.skip();
        if reader.rest.is_empty() {
            return blocks;
        }
        match reader.block() {
            Ok(block) => blocks.push(block),
            Err(fault) => {
                faults.push(fault);
                return blocks;
            }
        }
    }
}

struct Reader<'t> {
    file: &'t Arc<SourceFile>,
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn at(&self) -> usize {
        self.file.text.len() - self.rest.len()
    }

    fn forward(&mut self, bytes: usize) -> &'t str {
        let taken = self.rest.get(..bytes).unwrap_or(self.rest);
        self.rest = self.rest.get(bytes..).unwrap_or("");
        taken
    }

    fn fault(&self, message: String, help: &str) -> Fault {
        let length = self.rest.chars().next().map_or(0, char::len_utf8);
        let span = Span::new(self.at(), self.at() + length);
        Fault::new(self.file, span, message).with_help(help)
    }

    /// What stands here, as a message says it.
    fn shown(&self) -> String {
        match self.rest.split_whitespace().next() {
            Some(word) => format!("`{}`", word.chars().take(30).collect::<String>()),
            None => "the end of the file".to_owned(),
        }
    }

    /// Passes blanks and comments.
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
            let length = if self.rest.starts_with('#') || self.rest.starts_with("//") {
                self.rest.find('\n').unwrap_or(self.rest.len())
            } else if self.rest.starts_with("/*") {
                self.rest.find("*/").map_or(self.rest.len(), |end| end + 2)
            } else {
                return;
            };
            self.forward(length);
        }
    }

    fn sign(&mut self, sign: char) -> Result<(), Fault> {
        self.skip();
        if self.rest.starts_with(sign) {
            self.forward(sign.len_utf8());
            return Ok(());
        }
        let message = format!("expected `{sign}`, found {}", self.shown());
        Err(self
            .fault(message, "write blocks as `policy \"name\" { query = \"data.terraform.…\" }`"))
    }

    fn word(&mut self) -> Result<Text, Fault> {
        self.skip();
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let length = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        if length == 0 {
            let message = format!("expected a name, found {}", self.shown());
            return Err(self.fault(message, "write `policy`, or an attribute such as `query`"));
        }
        let start = self.at();
        let text = self.forward(length).to_owned();
        Ok(Text { text, span: Span::new(start, start + length) })
    }

    fn block(&mut self) -> Result<Block, Fault> {
        let kind = self.word()?;
        let label = self.text()?;
        self.sign('{')?;
        let mut attributes = Vec::new();
        loop {
            self.skip();
            if self.rest.starts_with('}') {
                self.forward(1);
                return Ok(Block { kind, label, attributes });
            }
            let key = self.word()?;
            self.sign('=')?;
            attributes.push((key, self.text()?));
        }
    }

    /// A text in quotes.
    fn text(&mut self) -> Result<Text, Fault> {
        self.skip();
        if !self.rest.starts_with('"') {
            let message = format!("expected a text in quotes, found {}", self.shown());
            return Err(self.fault(message, "write it in double quotes"));
        }
        let start = self.at();
        self.forward(1);
        let mut text = String::new();
        loop {
            let Some(c) = self.rest.chars().next().filter(|c| *c != '\n') else {
                return Err(self.fault("a quote is not closed in its line".to_owned(), "close it"));
            };
            if self.rest.starts_with("${") || self.rest.starts_with("%{") {
                let message = "nothing is computed in this file".to_owned();
                return Err(self.fault(message, "write the text as it is meant"));
            }
            self.forward(c.len_utf8());
            match c {
                '"' => return Ok(Text { text, span: Span::new(start, self.at()) }),
                '\\' => {
                    let escaped = self.rest.chars().next();
                    let known = match escaped {
                        Some('n') => '\n',
                        Some('t') => '\t',
                        Some('r') => '\r',
                        Some(other @ ('"' | '\\')) => other,
                        Some(_) | None => {
                            let message = format!("expected an escape, found {}", self.shown());
                            let help = "write `\\n`, `\\t`, `\\\"` or `\\\\`";
                            return Err(self.fault(message, help));
                        }
                    };
                    self.forward(1);
                    text.push(known);
                }
                other => text.push(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let file = Arc::new(SourceFile::new("policies.hcl", text));
        let mut faults = Vec::new();
        let blocks = blocks(&file, &mut faults);
        let shown = blocks.iter().map(|block| {
            let attributes = block.attributes.iter();
            let attributes = attributes.map(|(key, value)| format!(" {}={}", key.text, value.text));
            format!("{} {}{}", block.kind.text, block.label.text, attributes.collect::<String>())
        });
        (shown.collect(), faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn blocks_and_comments_are_read() {
        let text = "# one\npolicy \"a\" { // two\n  query = \"data.x\" /* three */\n  level=\"a\\\"b\"\n}\npolicy \"b\" {}\n";
        assert_eq!(read(text).0, ["policy a query=data.x level=a\"b", "policy b"]);
    }

    #[test]
    fn what_cannot_be_read_is_a_fault_with_its_place() {
        for (text, said) in [
            ("policy a {}", "1:8: expected a text in quotes, found `a`"),
            ("policy \"a\" {", "1:13: expected a name, found the end of the file"),
            ("policy \"a\" {\n  query = 1\n}", "2:11: expected a text in quotes, found `1`"),
            ("policy \"a\" {\n  query = \"${x}\"\n}", "2:12: nothing is computed"),
            ("policy \"a", "1:10: a quote is not closed"),
            ("policy \"a\\x\" {}", "1:11: expected an escape"),
            ("= 1", "1:1: expected a name, found `=`"),
        ] {
            let faults = read(text).1;
            assert!(faults.len() == 1 && faults[0].contains(said), "{text}: {faults:?}");
        }
    }
}
