//! YAML as Kubernetes reads it; where other readers would see something else, it is refused.

mod explain;
mod plain;
mod scalar;
mod stream;
mod unindented;

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, Tag};

use self::scalar::Scalar;
use super::tree::{DEEPEST, Role, Shape, Tree};
use super::{Document, DocumentLimits, Fault, FaultKind};
use crate::domain::place::Span;
use crate::domain::value::{Number, Value};

/// Reads every document of `text`, each on its own: one broken document does not hide the others.
///
/// Empty documents (only comments) are left out.
///
/// Source: sigs.k8s.io/yaml 1.6 for the meaning of scalars, keys and merges; k8s.io/apimachinery, `YAMLReader`, for
/// how a text is split.
pub fn read(text: &str, limits: &DocumentLimits) -> Vec<Result<Document, Fault>> {
    let mut documents = Vec::new();
    for piece in stream::split(text) {
        let document = document(text, &piece, limits);
        let Some(document) = document.transpose() else { continue };
        if documents.len() == limits.max_documents {
            let span = document.map_or_else(|fault| fault.span, |document| document.root.value);
            let what = "the text holds more documents than the limit of";
            let limit = limits.max_documents;
            documents.push(Err(Fault::limit(what, limit, "limits.maxDocuments", span)));
            break;
        }
        documents.push(document);
    }
    documents
}

/// Whether a plain scalar of this text is read as this text, and not as a number, a boolean or nothing.
pub fn reads_as_text(text: &str) -> bool {
    matches!(scalar::plain(text), Scalar::Text)
}

/// Reads one piece of the stream; `None` when nothing stands in it.
fn document(
    text: &str,
    piece: &stream::Piece,
    limits: &DocumentLimits,
) -> Result<Option<Document>, Fault> {
    let characters = stream::check(text, piece)?;
    if characters == stream::Characters::Ascii
        && let Some(source) = text.get(piece.range.clone())
        && let Some(document) = plain::read(source, piece.range.start, limits)
    {
        return Ok(Some(document));
    }
    full(text, piece.range.clone(), limits)
        .or_else(|fault| unindented::read(text, piece.range.clone(), limits, fault))
}

/// Reads one piece of the stream with the whole of YAML.
fn full(
    text: &str,
    range: std::ops::Range<usize>,
    limits: &DocumentLimits,
) -> Result<Option<Document>, Fault> {
    let base = range.start;
    let source = text.get(range).unwrap_or_default();
    let max_depth = limits.max_depth.min(DEEPEST);
    let options = granit_parser::options! {
        emit_comments: false,
        emit_anchor_events: true,
        flow_nesting_limit: max_depth,
        block_nesting_limit: max_depth,
    };
    let mut reader =
        Reader { source, base, tree: Tree::new(limits, source.len()), n_flow: 0, n_documents: 0 };
    for item in Parser::new_from_str_with_options(source, options) {
        let (event, span) = item.map_err(|error| explain::fault(text, base, &error, max_depth))?;
        let start = span.start.byte_offset().unwrap_or(0);
        let end = span.end.byte_offset().unwrap_or(start).max(start);
        reader.event(event, start, end)?;
    }
    Ok(reader.tree.finish())
}

struct Reader<'t, 'l> {
    /// The piece of the text that holds this document.
    source: &'t str,
    /// Where the piece begins in the text.
    base: usize,
    tree: Tree<'l>,
    /// How many flow collections are open.
    n_flow: usize,
    n_documents: usize,
}

impl<'t> Reader<'t, '_> {
    fn event(&mut self, event: Event<'t>, start: usize, end: usize) -> Result<(), Fault> {
        let span = Span::new(self.base + start, self.base + end);
        match event {
            Event::DocumentStart(..) => {
                self.n_documents += 1;
                if self.n_documents > 1 {
                    let message =
                        "Kubernetes leaves out what stands behind `...`, so it is not read";
                    return Err(ambiguous(message, span, "begin the next document with `---`"));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(text, style, anchor, tag.as_deref(), start, end)?;
            }
            Event::Alias(anchor) => self.alias(anchor, start, end)?,
            Event::SequenceStart(style, anchor, _) => {
                self.open(Shape::Array, style, anchor, span)?;
            }
            Event::MappingStart(style, anchor, _) => {
                self.open(Shape::Object, style, anchor, span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let end = if self.n_flow > 0 { Some(span.end) } else { None };
                self.n_flow = self.n_flow.saturating_sub(1);
                self.tree.close(end)?;
            }
            Event::Anchor(_, name) => check_name(&name, span)?,
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentEnd
            | Event::Comment(..)
            | Event::UnresolvedAlias(_) => {}
            _ => {
                let message = "this part of YAML is not understood";
                return Err(ambiguous(message, span, "write it in a simpler way"));
            }
        }
        Ok(())
    }

    fn open(
        &mut self,
        shape: Shape,
        style: StructureStyle,
        anchor: usize,
        span: Span,
    ) -> Result<(), Fault> {
        if self.tree.role() == Role::Key {
            let message = "a list or a mapping cannot be a key";
            return Err(Fault::new(FaultKind::Syntax, message, span)
                .with_help("put the key into quotes if it is text, e.g. `\"{{ name }}\": value`"));
        }
        if style == StructureStyle::Flow {
            self.n_flow += 1;
            return self.tree.open(shape, span, anchor);
        }
        let start = if shape == Shape::Array { self.first_dash(span.start) } else { span.start };
        self.tree.open(shape, Span { start, end: start }, anchor)
    }

    /// Where a block sequence begins: the parser says behind the first dash when it is not indented below its key.
    fn first_dash(&self, start: u32) -> u32 {
        let from = self.tree.key_span().map_or(start, |key| key.end);
        let offset = |at: u32| (at as usize).saturating_sub(self.base);
        let between = self.source.get(offset(from)..offset(start)).unwrap_or_default();
        let mut at = 0;
        for line in between.split_inclusive('\n') {
            let content = line.trim_start();
            if at > 0 && content.starts_with('-') {
                return Span::new(from as usize + at + line.len() - content.len(), 0).start;
            }
            at += line.len();
        }
        start
    }

    fn alias(&mut self, anchor: usize, start: usize, end: usize) -> Result<(), Fault> {
        let span = Span::new(self.base + start, self.base + end);
        let name = self.source.get(start..end).unwrap_or_default();
        check_name(name.trim_start_matches('*'), span)?;
        if self.tree.role() == Role::Value {
            return self.tree.alias(anchor, span);
        }
        // Only text stays the same text when it becomes a key by way of an alias.
        let Some(Value::String(key)) = self.tree.anchored(anchor).cloned() else {
            let message = "an alias of something other than text cannot be a key";
            return Err(ambiguous(message, span, "write the key out"));
        };
        self.tree.key(&key, span);
        Ok(())
    }

    fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        start: usize,
        end: usize,
    ) -> Result<(), Fault> {
        let text = self.checked(text, style, tag.is_some(), start, end)?;
        let span = self.span_of(style, start, end);
        self.tree.check_scalar(text.len(), span)?;
        let is_plain = style == ScalarStyle::Plain;
        if text == "<<" && self.tree.role() == Role::Key && merges(is_plain, tag) {
            self.tree.merge_key(span);
            return Ok(());
        }
        let scalar = scalar::resolve(&text, is_plain, tag).map_err(|fault| fault.at(span))?;
        if self.tree.role() == Role::Value {
            return self.tree.leaf(value_of(scalar, &text), span, anchor);
        }
        let key = scalar::key_text(&scalar, &text).map_err(|fault| fault.at(span))?;
        self.tree.key(&key, span);
        if anchor != 0 {
            self.tree.remember(value_of(scalar, &text), span, anchor);
        }
        Ok(())
    }

    /// The text of a scalar, unless readers disagree on it.
    fn checked(
        &self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        tagged: bool,
        start: usize,
        end: usize,
    ) -> Result<Cow<'t, str>, Fault> {
        let span = Span::new(self.base + start, self.base + end);
        match style {
            ScalarStyle::Plain if start == end => {
                if self.n_flow > 0 && tagged {
                    let message = "readers disagree on a tag without a value inside `[]` or `{}`";
                    return Err(ambiguous(message, span, "write the value, e.g. `\"\"`"));
                }
                // The parser shows an empty value as `~`.
                Ok(Cow::Borrowed(""))
            }
            ScalarStyle::Plain if self.n_flow > 0 => {
                let rest = self.source.get(end..).unwrap_or_default().trim_start().as_bytes();
                let colon = matches!(rest, [b':', b',' | b'[' | b']' | b'{' | b'}', ..]);
                if colon || text.starts_with(['?', ':']) {
                    let message = "readers disagree on this `?` or `:` inside `[]` or `{}`";
                    return Err(ambiguous(message, span, "put the text into quotes"));
                }
                Ok(text)
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                if self.tree.is_at_root() {
                    let message =
                        "the whole document is one block of text, which readers end differently";
                    return Err(ambiguous(message, span, "put it under a key, e.g. `text: |`"));
                }
                self.unterminated(text, start, end)
            }
            ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Ok(text),
        }
    }

    /// A block scalar whose last line has no line break has none in its value either; the parser adds one.
    fn unterminated(
        &self,
        text: Cow<'t, str>,
        start: usize,
        end: usize,
    ) -> Result<Cow<'t, str>, Fault> {
        if end < self.source.len() || self.source.ends_with('\n') {
            return Ok(text);
        }
        let last_line = self.source.rsplit('\n').next().unwrap_or_default();
        if last_line.trim().is_empty() {
            let message =
                "readers disagree on blanks without a line break at the end of a block of text";
            let span = Span::new(self.base + start, self.base + end);
            return Err(ambiguous(message, span, "end the file with a line break"));
        }
        Ok(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.strip_suffix('\n').unwrap_or(text)),
            Cow::Owned(mut text) => {
                if text.ends_with('\n') {
                    text.pop();
                }
                Cow::Owned(text)
            }
        })
    }

    /// The span of a scalar: without the blank lines behind a block scalar, and beside its key when it is empty.
    fn span_of(&self, style: ScalarStyle, start: usize, end: usize) -> Span {
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let text = self.source.get(start..end).unwrap_or_default();
        let length = if is_block { text.trim_end().len() } else { end - start };
        if length == 0
            && let Some(key) = self.tree.key_span()
        {
            return Span { start: key.end, end: key.end };
        }
        Span::new(self.base + start, self.base + start + length)
    }
}

fn value_of(scalar: Scalar, text: &str) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Bool(flag) => Value::Bool(flag),
        Scalar::Integer(number) => Value::Number(number),
        Scalar::Float(float) => Value::Number(number_of(float)),
        Scalar::Text => Value::from(text),
        Scalar::Decoded(text) => Value::from(text),
    }
}

/// Kubernetes turns YAML into JSON, in which `1.0` and `1e3` are written as integers.
fn number_of(float: f64) -> Number {
    let number = Number::Float(float);
    match number.as_i64() {
        // JSON does tell -0 from 0.
        Some(integer) if integer != 0 || float.is_sign_positive() => Number::Int(integer),
        Some(_) | None => number,
    }
}

/// Whether `<<` merges; quoted or with another tag it is an ordinary key.
fn merges(is_plain: bool, tag: Option<&Tag>) -> bool {
    let Some(tag) = tag else { return is_plain };
    tag.original() == "!" || tag.suffix_in_namespace(scalar::NAMESPACE).as_deref() == Some("merge")
}

/// Readers disagree on anchors with other characters: some read `&a: b` as a mapping.
fn check_name(name: &str, span: Span) -> Result<(), Fault> {
    let valid = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if valid {
        return Ok(());
    }
    let message = "readers disagree on anchors and aliases with other characters than letters, digits, `_` and `-`";
    Err(ambiguous(message, span, "rename the anchor, e.g. `&defaults`"))
}

fn ambiguous(message: &str, span: Span, help: &str) -> Fault {
    Fault::new(FaultKind::Ambiguous, message, span).with_help(help)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expect: &Expect) {
        let shown: Vec<String> = read(text, &DocumentLimits::default())
            .into_iter()
            .map(|document| match document {
                Ok(document) => document.value.to_string(),
                Err(fault) => {
                    let place = |span: Span| text.get(span.range()).unwrap_or("?").escape_debug();
                    let related = fault.related.map(|span| format!(" related {}", place(span)));
                    format!(
                        "{:?} {} `{}`{}: {}",
                        fault.kind,
                        fault.span.start,
                        place(fault.span),
                        related.unwrap_or_default(),
                        fault.message
                    )
                }
            })
            .collect();
        expect.assert_eq(&shown.join("\n"));
    }

    /// The text at the place of every value, by pointer.
    fn places(text: &str, pointers: &[&str]) -> String {
        let mut out = String::new();
        for document in read(text, &DocumentLimits::default()) {
            let document = document.unwrap();
            for pointer in pointers {
                let (place, _) = document.places.locate(document.root, &document.value, pointer);
                let part = |span: Span| text.get(span.range()).unwrap_or("?").escape_debug();
                let _ = writeln!(out, "{pointer} {}={}", part(place.key), part(place.value));
            }
        }
        out
    }

    #[test]
    fn scalars_mean_what_kubernetes_takes_them_for() {
        check(
            "a: [yes, off, yEs, ~, null, nULL, 0644, 0o644, -0x1F, 0b11, 1_000, 1e3, 1.0, .5, 08, -0.0, 2001-01-01, '1', ! 1, !foo 1]",
            &expect![[
                r#"{"a":[true,false,"yEs",null,null,"nULL",420,420,-31,3,1000,1000,1,0.5,8,-0,"2001-01-01","1","1","1"]}"#
            ]],
        );
        check(
            "yes: 1\n0644: 2\n1e3: 3\n1e6: 4\n0.5: 5\n!!binary aGk=: 6\n",
            &expect![[r#"{"0.5":5,"1000":3,"1e+06":4,"420":2,"hi":6,"true":1}"#]],
        );
        check(
            "a: .inf",
            &expect![
                "Syntax 3 `.inf`: Kubernetes has no infinity and no value that is not a number"
            ],
        );
        check("a: !!int x", &expect!["Syntax 9 `x`: this value is not what its tag `!!int` says"]);
        check("~: 1", &expect!["Syntax 0 `~`: a key is missing here, or is null"]);
        check("{{ x }}: 1", &expect!["Syntax 0 `{`: a list or a mapping cannot be a key"]);
    }

    #[test]
    fn merges_are_applied_in_order() {
        check("p: 0\n<<: {p: 1}\n", &expect![[r#"{"p":1}"#]]);
        check("<<: {p: 1}\np: 0\n", &expect![[r#"{"p":0}"#]]);
        check(
            "a: &a {p: 1, q: 5}\nb: &b {p: 2, r: 3}\nc:\n  <<: [*a, *b]\n  r: 9\n",
            &expect![[r#"{"a":{"p":1,"q":5},"b":{"p":2,"r":3},"c":{"p":1,"q":5,"r":9}}"#]],
        );
        check("'<<': 1\n", &expect![[r#"{"<<":1}"#]]);
        check(
            "<<: 1\n",
            &expect!["Syntax 4 `1`: `<<` merges mappings, and this is of type number"],
        );
        check(
            "a: &a [{p: 1}]\nb: {<<: *a}\n",
            &expect!["Syntax 23 `*a`: `<<` merges mappings, and this is of type array"],
        );
    }

    #[test]
    fn duplicate_keys_are_refused_even_when_they_are_written_differently() {
        check(
            "a: 1\nb: 2\na: 3\n",
            &expect!["DuplicateKey 10 `a` related a: the key `a` stands twice in one mapping"],
        );
        check(
            "1: x\n\"1\": y\n",
            &expect![[
                r#"DuplicateKey 5 `\"1\"` related 1: the key `1` stands twice in one mapping"#
            ]],
        );
        check(
            "yes: x\n'true': y\n",
            &expect![[
                r"DuplicateKey 7 `\'true\'` related yes: the key `true` stands twice in one mapping"
            ]],
        );
        check(
            "<<: {a: 1}\na: 2\na: 3\n",
            &expect!["DuplicateKey 16 `a` related a: the key `a` stands twice in one mapping"],
        );
    }

    #[test]
    fn a_stream_is_split_like_kubernetes_splits_it() {
        check(
            "a: 1\n---\nb: [\n---\n# nothing\n---\nc: 3\n",
            &expect![[r#"
            {"a":1}
            Syntax 12 `[`: this bracket is not closed
            {"c":3}"#]],
        );
        check(
            "--- # first\na: 1\n---\t\nb: 1\n...\n# end\n",
            &expect![[r#"
            {"a":1}
            {"b":1}"#]],
        );
        check(
            "a: 1\n...\nb: 2\n",
            &expect![
                "Ambiguous 9 ``: Kubernetes leaves out what stands behind `...`, so it is not read"
            ],
        );
        check(
            "--- {a: 1}\n",
            &expect![
                "Ambiguous 0 `--- {a: 1}`: readers disagree on a line that begins with `---` and goes on"
            ],
        );
        check(
            "a: 1\n-----BEGIN\n---\nb: 1\n",
            &expect![[r#"
            {"a":1}
            Ambiguous 5 `-----BEGIN`: readers disagree on a line that begins with `---` and goes on
            {"b":1}"#]],
        );
        check(
            "%YAML 1.2\n---\na: 1\n",
            &expect![[r#"
            Syntax 10 `-`: a document was expected behind this directive
            {"a":1}"#]],
        );
        check("", &expect![""]);
        check("# only\n---\n---\n", &expect![""]);
    }

    #[test]
    fn what_readers_disagree_on_is_refused() {
        check(
            "a: 1\u{2028}b: 2\n",
            &expect![[
                r"Ambiguous 4 `\u{2028}`: readers disagree on the invisible character `\u{2028}`"
            ]],
        );
        check(
            "a: \u{feff}\n",
            &expect![[
                r"Ambiguous 3 `\u{feff}`: readers disagree on the invisible character `\u{feff}`"
            ]],
        );
        check(
            "&a: b\n",
            &expect![[
                r"Ambiguous 0 `&a:`: readers disagree on anchors and aliases with other characters than letters, digits, `_` and `-`"
            ]],
        );
        check(
            "[a, ?b]\n",
            &expect!["Ambiguous 4 `?b`: readers disagree on this `?` or `:` inside `[]` or `{}`"],
        );
        check(
            "{a:}\n",
            &expect!["Ambiguous 1 `a`: readers disagree on this `?` or `:` inside `[]` or `{}`"],
        );
        check(
            "{a: !!str }\n",
            &expect![
                "Ambiguous 9 ``: readers disagree on a tag without a value inside `[]` or `{}`"
            ],
        );
        check(
            "|\n  x\n",
            &expect![
                "Ambiguous 4 `x\\n`: the whole document is one block of text, which readers end differently"
            ],
        );
        check(
            "a: |\n  x\n  ",
            &expect![[
                r"Ambiguous 7 `x\n  `: readers disagree on blanks without a line break at the end of a block of text"
            ]],
        );
        check(
            "a: 1\rb: 2\r",
            &expect![[
                r"Ambiguous 4 `\r`: readers disagree on a carriage return without a line feed"
            ]],
        );
    }

    #[test]
    fn control_characters_are_refused_with_their_place() {
        check(
            "a: b\0c\n",
            &expect![[r"Syntax 4 `\0`: the control character `\u{0}` is not allowed"]],
        );
        check(
            "a: \u{7f}\n",
            &expect![[r"Syntax 3 `\u{7f}`: the control character `\u{7f}` is not allowed"]],
        );
        check("a: \"\\0\"\n", &expect![[r#"{"a":"\u0000"}"#]]);
    }

    #[test]
    fn a_block_scalar_without_final_line_break_has_none() {
        check("a: |\n  x", &expect![[r#"{"a":"x"}"#]]);
        check("a: |\n  x\n", &expect![[r#"{"a":"x\n"}"#]]);
    }

    #[test]
    fn line_ends_and_a_byte_order_mark_are_taken() {
        check(
            "\u{feff}a: 1\r\nb: |\r\n  x\r\n---\r\nc: 2\r\n",
            &expect![[r#"
            {"a":1,"b":"x\n"}
            {"c":2}"#]],
        );
    }

    #[test]
    fn places_are_those_of_the_authors_text() {
        let text = "# c\nb:\n  - x: 'q'\n    z:\n  # c\n\na: &a {k: 1}\nc: *a\nd: |\n  t\n  u\n\ne: &b !!str v\n# end\n";
        expect![[r"
            /b b=- x: \'q\'\n    z
            /b/0 =x: \'q\'\n    z
            /b/0/x x=\'q\'
            /b/0/z z=
            /a a={k: 1}
            /c c=*a
            /c/k k=1
            /d d=t\n  u
            /e e=v
        "]]
        .assert_eq(&places(
            text,
            &["/b", "/b/0", "/b/0/x", "/b/0/z", "/a", "/c", "/c/k", "/d", "/e"],
        ));
    }

    #[test]
    fn offsets_count_from_the_beginning_of_the_whole_text() {
        expect![[r"
            /a a=ü
            /a a=x
        "]]
        .assert_eq(&places("\u{feff}a: ü\n---\na: x\n", &["/a"]));
    }

    #[test]
    fn aliases_are_bounded() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for n in 1..10 {
            let last = n - 1;
            let items = vec![format!("*a{last}"); 10].join(",");
            let _ = writeln!(bomb, "a{n}: &a{n} [{items}]");
        }
        let fault = read(&bomb, &DocumentLimits::default()).pop().unwrap().unwrap_err();
        assert_eq!(fault.kind, FaultKind::Limit);
        assert!(fault.message.contains("`limits.maxNodes`"), "{}", fault.message);
        let mut chain = String::from("a0: &a0 [x]\n");
        for n in 1..200 {
            let _ = writeln!(chain, "a{n}: &a{n} [*a{}]", n - 1);
        }
        let fault = read(&chain, &DocumentLimits::default()).pop().unwrap().unwrap_err();
        assert!(fault.message.contains("`limits.maxDepth`"), "{}", fault.message);
        check(
            "a: &a\n  b: *a\n",
            &expect![
                "Syntax 11 `*a`: an alias stands inside the value that it names, which would never end"
            ],
        );
        check("a: *b\n", &expect!["Syntax 3 `*`: this alias names no anchor"]);
    }

    #[test]
    fn too_many_documents_are_one_fault_behind_the_others() {
        let limits = DocumentLimits { max_documents: 2, ..DocumentLimits::default() };
        let documents = read("a: 1\n---\nb: 1\n---\nc: 1\n---\nd: 1\n", &limits);
        assert_eq!(documents.len(), 3);
        let fault = documents.into_iter().next_back().unwrap().unwrap_err();
        assert!(fault.message.contains("`limits.maxDocuments`"), "{}", fault.message);
    }

    #[test]
    fn common_mistakes_are_explained() {
        check("a: b: c\n", &expect!["Syntax 4 `:`: a `: ` cannot stand here"]);
        check("a:\n\tb: c\n", &expect!["Syntax 4 `b`: a tab stands where only spaces indent"]);
        check(
            "a: 'x\n",
            &expect!["Syntax 6 ``: a quote is not closed, or the text in it is not indented"],
        );
        check("a: @x\n", &expect!["Syntax 3 `@`: a value cannot begin with `@`"]);
        check(
            "  a: 1\nb: 2\n",
            &expect![
                "Syntax 7 `b`: this line belongs to nothing: it is indented like no line above it"
            ],
        );
        check(
            "a: 'x'#c\n",
            &expect!["Syntax 6 `#`: comments must be separated from other tokens by whitespace"],
        );
    }
}
