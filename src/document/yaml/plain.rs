//! A fast lane for plain block YAML, as people, `kubectl` and `helm` write it.
//!
//! It may give up on anything; then the full reader decides. What it does read must be the full reader's document, with
//! the same places: a property compares the two.

use super::super::tree::{Shape, Tree};
use super::super::{Document, DocumentLimits};
use super::scalar::{self, Scalar};
use super::value_of;
use crate::domain::place::Span;

/// Deeper documents are rare, and each level costs stack.
const MAX_DEPTH: usize = 48;
/// Longer keys would have to be compared with the full parser's own limit.
const MAX_KEY_BYTES: usize = 256;

/// Reads a piece of printable ASCII that begins at `base`; `None` when the full reader has to.
pub(super) fn read(source: &str, base: usize, limits: &DocumentLimits) -> Option<Document> {
    let mut lane = Lane {
        source,
        bytes: source.as_bytes(),
        base,
        tree: Tree::new(limits, source.len()),
        next: 0,
        line: 0,
        at: 0,
        end: 0,
        depth: 0,
    };
    lane.advance()?;
    if lane.indent()? != 0 {
        return None;
    }
    lane.block(0)?;
    if lane.indent().is_some() {
        return None;
    }
    lane.tree.finish()
}

struct Lane<'t, 'l> {
    source: &'t str,
    bytes: &'t [u8],
    base: usize,
    tree: Tree<'l>,
    /// Where the next line begins.
    next: usize,
    /// Where this line begins.
    line: usize,
    /// Where the content of this line, or what is left of it, begins.
    at: usize,
    /// Where it ends, without trailing blanks; equal to `at` behind the last line.
    end: usize,
    depth: usize,
}

impl<'t> Lane<'t, '_> {
    /// Goes to the next line that has content.
    fn advance(&mut self) -> Option<()> {
        loop {
            self.line = self.next;
            let rest = self.bytes.get(self.line..)?;
            if rest.is_empty() {
                (self.at, self.end) = (self.line, self.line);
                return Some(());
            }
            let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            self.next = (self.line + length + 1).min(self.bytes.len());
            let line = rest.get(..length)?;
            let Some(indent) = line.iter().position(|byte| *byte != b' ') else { continue };
            match line.get(indent)? {
                b'#' => continue,
                b'%' | b'.' if indent == 0 => return None,
                _ => {}
            }
            let blanks = line.iter().rev().take_while(|byte| **byte == b' ').count();
            (self.at, self.end) = (self.line + indent, self.line + length - blanks);
            return Some(());
        }
    }

    /// The column of the content; `None` behind the last line.
    fn indent(&self) -> Option<usize> {
        (self.at < self.end).then(|| self.at - self.line)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        if at < self.end { self.bytes.get(at).copied() } else { None }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.base + start, self.base + end)
    }

    /// Whether a blank or the end of the line stands at `at`.
    fn is_blank(&self, at: usize) -> bool {
        self.byte(at).is_none_or(|byte| byte == b' ')
    }

    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == Some(b'-') && self.is_blank(at + 1)
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        while self.byte(at) == Some(b' ') {
            at += 1;
        }
        at
    }

    fn block(&mut self, indent: usize) -> Option<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        if self.is_dash(self.at) {
            self.sequence(indent)?;
        } else {
            self.mapping(indent)?;
        }
        self.depth -= 1;
        // A line between two levels belongs to neither.
        (self.indent().is_none_or(|next| next <= indent)).then_some(())
    }

    fn mapping(&mut self, indent: usize) -> Option<()> {
        self.tree.open(Shape::Object, self.span(self.at, self.at), 0).ok()?;
        while self.indent() == Some(indent) {
            let start = self.at;
            let end = self.key(start)?;
            self.named(start, end)?;
            let value = self.skip_blanks(end + 1);
            if matches!(self.byte(value), Some(byte) if byte != b'#' || value == end + 1) {
                self.scalar(value)?;
                self.advance()?;
                self.ends_here(indent)?;
                continue;
            }
            self.advance()?;
            match self.indent() {
                Some(deeper) if deeper > indent => self.block(deeper)?,
                Some(same) if same == indent && self.is_dash(self.at) => self.sequence(indent)?,
                Some(_) | None => {
                    let span = self.span(end, end);
                    self.tree.leaf(value_of(Scalar::Null, ""), span, 0).ok()?;
                }
            }
            self.ends_here(indent)?;
        }
        self.tree.close(None).ok()
    }

    fn sequence(&mut self, indent: usize) -> Option<()> {
        self.tree.open(Shape::Array, self.span(self.at, self.at), 0).ok()?;
        while self.indent() == Some(indent) && self.is_dash(self.at) {
            let item = self.skip_blanks(self.at + 1);
            if matches!(self.byte(item), None | Some(b'#')) {
                return None;
            }
            if self.is_dash(item) || self.key(item).is_some() {
                self.at = item;
                self.block(item - self.line)?;
            } else {
                self.scalar(item)?;
                self.advance()?;
            }
            self.ends_here(indent)?;
        }
        self.tree.close(None).ok()
    }

    /// A deeper line behind a finished value would continue it, or be wrong.
    fn ends_here(&self, indent: usize) -> Option<()> {
        self.indent().is_none_or(|next| next <= indent).then_some(())
    }

    /// Where the plain key at `start` ends, when one stands there.
    fn key(&self, start: usize) -> Option<usize> {
        let first = self.byte(start)?;
        if !first.is_ascii_alphabetic() && first != b'_' {
            return None;
        }
        let mut at = start;
        while let Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'/' | b'-') =
            self.byte(at)
        {
            at += 1;
        }
        let ends = self.byte(at) == Some(b':') && self.is_blank(at + 1);
        (ends && at - start <= MAX_KEY_BYTES).then_some(at)
    }

    /// Adds the scalar, or the flow collection, that fills the rest of the line.
    fn scalar(&mut self, start: usize) -> Option<()> {
        match self.byte(start)? {
            b'\'' | b'"' => {
                let end = self.quoted(start)?;
                self.is_tail(end).then_some(())
            }
            b'{' | b'[' => {
                let end = self.flow(start)?;
                self.is_tail(end).then_some(())
            }
            byte if begins_plain(byte) || byte == b'(' => {
                let rest = self.source.get(start..self.end)?;
                self.plain(rest, start)
            }
            _ => None,
        }
    }

    /// Adds the quoted scalar at `start`, which has nothing to unescape, and returns where it ends.
    fn quoted(&mut self, start: usize) -> Option<usize> {
        let quote = self.byte(start)?;
        let inner = self.source.get(start + 1..self.end)?;
        let length = inner.bytes().position(|byte| byte == quote)?;
        let text = inner.get(..length)?;
        let end = start + length + 2;
        if (quote == b'"' && text.contains('\\')) || self.byte(end) == Some(quote) {
            return None;
        }
        self.leaf(Scalar::Text, text, start, end)?;
        Some(end)
    }

    /// Adds the flow collection at `start`, which is closed in this line, and returns where it ends.
    fn flow(&mut self, start: usize) -> Option<usize> {
        let (shape, closing) = match self.byte(start)? {
            b'{' => (Shape::Object, b'}'),
            _ => (Shape::Array, b']'),
        };
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        self.tree.open(shape, self.span(start, start + 1), 0).ok()?;
        let mut at = start + 1;
        if self.byte(at)? != closing {
            loop {
                at = self.skip_blanks(at);
                if shape == Shape::Object {
                    let end = self.key(at)?;
                    self.named(at, end)?;
                    at = self.skip_blanks(end + 1);
                }
                let end = self.flow_value(at)?;
                at = self.skip_blanks(end);
                match self.byte(at)? {
                    b',' => at += 1,
                    byte if byte == closing => break,
                    _ => return None,
                }
            }
        }
        self.depth -= 1;
        self.tree.close(Some(self.span(at, at + 1).end)).ok()?;
        Some(at + 1)
    }

    fn flow_value(&mut self, start: usize) -> Option<usize> {
        match self.byte(start)? {
            b'\'' | b'"' => self.quoted(start),
            b'{' | b'[' => self.flow(start),
            byte if begins_plain(byte) => self.flow_plain(start),
            _ => None,
        }
    }

    /// A word: a plain scalar in a flow collection may hold blanks too, but seldom does.
    fn flow_plain(&mut self, start: usize) -> Option<usize> {
        let mut at = start;
        while let Some(byte) = self.byte(at) {
            let inside = match byte {
                b' ' | b',' | b'}' | b']' => break,
                b':' => self
                    .byte(at + 1)
                    .is_some_and(|next| next.is_ascii_alphanumeric() || next == b'/'),
                b'-' if at == start => self
                    .byte(at + 1)
                    .is_some_and(|next| next.is_ascii_alphanumeric() || next == b'-'),
                _ => begins_plain(byte) || matches!(byte, b'%' | b'@' | b'=' | b'(' | b')'),
            };
            if !inside {
                return None;
            }
            at += 1;
        }
        let text = self.source.get(start..at)?;
        self.resolved(text, start)?;
        Some(at)
    }

    /// Names the next value with the key that stands from `start` to `end`.
    fn named(&mut self, start: usize, end: usize) -> Option<()> {
        let key = self.source.get(start..end)?;
        if scalar::plain(key) != Scalar::Text {
            return None;
        }
        self.tree.key(key, self.span(start, end));
        Some(())
    }

    fn plain(&mut self, rest: &'t str, start: usize) -> Option<()> {
        if self.is_dash(start) {
            return None;
        }
        // One look at each byte: a comment begins behind a blank, and a blank behind a colon would begin a value.
        let (mut last, mut length) = (0, rest.len());
        for (at, byte) in rest.bytes().enumerate() {
            match (last, byte) {
                (b' ', b'#') => {
                    length = at;
                    break;
                }
                (b':', b' ') => return None,
                _ => last = byte,
            }
        }
        let text = rest.get(..length)?.trim_end_matches(' ');
        if text.ends_with(':') {
            return None;
        }
        self.resolved(text, start)
    }

    fn resolved(&mut self, text: &str, start: usize) -> Option<()> {
        let scalar = scalar::plain(text);
        if matches!(scalar, Scalar::Float(float) if !float.is_finite()) {
            return None;
        }
        self.leaf(scalar, text, start, start + text.len())
    }

    fn leaf(&mut self, scalar: Scalar, text: &str, start: usize, end: usize) -> Option<()> {
        let span = self.span(start, end);
        self.tree.check_scalar(text.len(), span).ok()?;
        self.tree.leaf(value_of(scalar, text), span, 0).ok()
    }

    /// Whether nothing but blanks and a comment stands from `at` on.
    fn is_tail(&self, at: usize) -> bool {
        let next = self.skip_blanks(at);
        match self.byte(next) {
            None => true,
            Some(byte) => byte == b'#' && next > at,
        }
    }
}

/// Whether a plain scalar may begin with this character whatever follows, but for a dash.
fn begins_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'$' | b'+' | b'~' | b'-')
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::super::full;
    use super::*;
    use crate::document::tests::walk;

    const MANIFEST: &str = "# a Deployment\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: checkout\n  labels:\n    app.kubernetes.io/name: checkout   # who\n    version: '1.2'\n  annotations: {}\n  more: {a: b, c: {d: [1, 'x y', http://x:80/y, --p=1], e: {}}, f: \"q\"} # flow\nspec:\n  replicas: 3\n  empty:\n  template:\n    spec:\n      containers:\n      - name: app\n        image: registry.example/shop/checkout:1.2\n        args: [] # none\n        command:\n        - /bin/app\n        - --port=8080\n        - \"--quoted: yes\"\n        env:\n          - name: A_B\n            value: \"yes\"\n          - name: EMPTY\n      - name: side\n        ports:\n        - containerPort: 0x1F\n      volumes:\n      - - nested\n        - - deeper\n      # the end\n";

    /// The document and the places of all its values.
    fn flat(document: &Document) -> (String, Vec<(Span, Span)>) {
        let mut places = Vec::new();
        walk(document, &mut |_, place| places.push((place.value, place.key)));
        (format!("{:?} {:?}", document.value, document.root), places)
    }

    fn agrees(text: &str) -> bool {
        let limits = DocumentLimits::default();
        let Some(fast) = read(text, 7, &limits) else { return false };
        let text = format!("#234567{text}");
        let text = text.replacen("#234567", "#23456\n", 1);
        let full = full(&text, 7..text.len(), &limits).unwrap().unwrap();
        assert_eq!(flat(&fast), flat(&full), "{text}");
        true
    }

    #[test]
    fn a_manifest_takes_the_lane() {
        assert!(agrees(MANIFEST));
        assert!(agrees("- a\n- b: 1\n  c:\n"));
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_full_reader() {
        for text in [
            "",
            "a: |\n  x\n",
            "a: b\n  c\n",
            "a: {b: c d}\n",
            "a: {b:c}\n",
            "a: [b: c]\n",
            "a: [b,]\n",
            "a: [-]\n",
            "a: [b\n  ]\n",
            "a: {b: }\n",
            "a: [b]: c\n",
            "a: [b:]\n",
            "a: 'x''y'\n",
            "a: \"\\n\"\n",
            "yes: 1\n",
            "1: 2\n",
            "a: .inf\n",
            "a: b: c\n",
            "a: &x b\n",
            "a: *x\n",
            "a: 1\na: 2\n",
            "<<: x\n",
            "-\n",
            "a:\n    b: 1\n  c: 2\n",
            "- a\nb: 1\n",
            "a: x\n...\n",
            "%Y\n",
            " a: 1\n",
            "a: 'x'#c\n",
            "a: []x\n",
            "a:b\n",
            "a: -\n",
            "a: - b\n",
        ] {
            assert!(!agrees(text), "{text}");
        }
    }

    fn edits() -> impl Strategy<Value = Vec<(Index, u8, &'static str)>> {
        let bits = select(vec![
            ", ", "{a: b, ", "[a, b]", "}", ": {", ":x", "{", "[", "\n", " ", "  ", "- ", ": ",
            ":", "#", " #", "'", "\"", "{}", "[]", "{", "]", "|", ">", "&a ", "*a", "!!str ", "?",
            "? ", "-", "...", "%", "@", ",", "~", "null", "a: b", "x", "\n\n", "    ", "\\",
            "<<: ", "=", "- - ", "-\n", "0x1", "1e3", "yes", "_", ".", "'x'", "\"y\"", " # c",
            "true:", "\n  ", "\n- ",
        ]);
        vec((any::<Index>(), 0..4_u8, bits), 1..6)
    }

    fn edited(edits: &[(Index, u8, &str)]) -> String {
        let mut text = MANIFEST.to_owned();
        for (index, what, bit) in edits {
            let at = index.index(text.len().max(1)).min(text.len());
            match what {
                0 if at < text.len() => {
                    text.remove(at);
                }
                1 => text.replace_range(at..(at + bit.len()).min(text.len()), ""),
                _ => text.insert_str(at, bit),
            }
        }
        text
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn what_takes_the_lane_is_what_the_full_reader_reads(edits in edits()) {
            agrees(&edited(&edits));
        }
    }
}
