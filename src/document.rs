//! Documents: text to [`Value`] with a place for every value, from YAML or JSON.
//!
//! Intake reads manifests with it, the policy room reads METADATA and data, config reads `goldgate.yaml`: one reader,
//! so that all of them agree on what a text means and where a fault stands.

pub mod json;
pub mod text;
mod tree;
pub mod yaml;

use std::cell::RefCell;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::place::{Place, Places, Span};
use crate::domain::value::{Keys, Value};

/// One document of a text.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its value.
    pub value: Value,
    /// The places of all its values, as byte offsets in the whole text.
    pub places: Arc<Places>,
    /// The place of the root.
    pub root: Place,
}

/// Bounds of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Nesting of collections. Never more than 1,000, whatever is set here.
    pub max_depth: usize,
    /// Values after aliases and merge keys are expanded.
    pub max_nodes: usize,
    /// Bytes of one scalar.
    pub max_scalar_bytes: usize,
    /// Documents in one text.
    pub max_documents: usize,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self {
            max_depth: 100,
            max_nodes: 1_000_000,
            max_scalar_bytes: 1_048_576,
            max_documents: 10_000,
        }
    }
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What sort of fault.
    pub kind: FaultKind,
    /// What is wrong: lower case, no final stop.
    pub message: String,
    /// Where, in bytes of the whole text.
    pub span: Span,
    /// The other place (the first of two equal keys).
    pub related: Option<Span>,
    /// What to write instead.
    pub help: Option<String>,
}

/// The sort of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The text is not YAML or JSON.
    Syntax,
    /// Two equal keys in one mapping.
    DuplicateKey,
    /// It is YAML, but readers disagree on what it means, so it is refused.
    Ambiguous,
    /// A limit is exceeded.
    Limit,
}

impl Fault {
    fn new(kind: FaultKind, message: impl Into<String>, span: Span) -> Self {
        Self { kind, message: message.into(), span, related: None, help: None }
    }

    fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The fault of a limit: which one, its value and the key that raises it.
    fn limit(what: &str, limit: usize, key: &str, span: Span) -> Self {
        Self::new(FaultKind::Limit, format!("{what} {limit} (`{key}`)"), span)
            .with_help(format!("make the document smaller, or raise `{key}` in `goldgate.yaml`"))
    }
}

/// The most that a name from the text may fill in a message.
const MAX_SHOWN_CHARS: usize = 60;

/// A key as a message shows it: in backticks, one line, not too long.
fn shown(key: &str) -> String {
    let mut out = String::from("`");
    for (index, char) in key.chars().enumerate() {
        if index == MAX_SHOWN_CHARS {
            out.push('…');
            break;
        }
        if char.is_control() {
            // Writing to a string does not fail.
            let _ = write!(out, "{}", char.escape_default());
        } else {
            out.push(char);
        }
    }
    out.push('`');
    out
}

/// The span of the character at `at`, so that a caret has something to point at; empty at the end of a line.
fn char_at(text: &str, at: usize) -> Span {
    let char = text.get(at..).and_then(|rest| rest.chars().next());
    let width = char.filter(|char| !matches!(char, '\n' | '\r')).map_or(0, char::len_utf8);
    Span::new(at, at + width)
}

thread_local! {
    static KEYS: RefCell<Keys> = RefCell::new(Keys::default());
}

/// The shared copy of a key: manifests repeat the same few hundred keys for ever.
pub(crate) fn shared_key(key: &str) -> Arc<str> {
    KEYS.with_borrow_mut(|keys| keys.share(key))
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::domain::value::Number;

    /// Calls `visit` with every value and its place.
    pub(super) fn walk(document: &Document, visit: &mut dyn FnMut(&Value, Place)) {
        fn step(
            places: &Places,
            value: &Value,
            place: Place,
            visit: &mut dyn FnMut(&Value, Place),
        ) {
            visit(value, place);
            let children: Vec<&Value> = match value {
                Value::Array(items) => items.iter().collect(),
                Value::Object(object) => object.entries().iter().map(|(_, value)| value).collect(),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Map(_)
                | Value::Set(_) => Vec::new(),
            };
            for (index, child) in children.into_iter().enumerate() {
                step(places, child, places.child(place, index).unwrap(), visit);
            }
        }
        step(&document.places, &document.value, document.root, visit);
    }

    fn json(text: &str) -> Document {
        json::read(text, &DocumentLimits::default()).unwrap()
    }

    fn yaml(text: &str) -> Document {
        let mut documents = yaml::read(text, &DocumentLimits::default());
        assert_eq!(documents.len(), 1, "{text:?}");
        documents.pop().unwrap().unwrap()
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(|number| Value::Number(Number::from(number))),
            // Other whole floats print as integers that are near them, not equal to them.
            any::<f64>()
                .prop_filter("exact", |float| float.fract() != 0.0 || float.abs() < 9e15)
                .prop_filter_map("finite", Number::from_f64)
                .prop_map(Value::Number),
            Just(Value::Number(Number::Float(1e300))),
            any::<String>().prop_map(Value::from),
            "[ -~\n\t\u{e9}]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 8, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..8).prop_map(Value::array),
                btree_map("[ -~]{0,8}", inner, 0..8).prop_map(|map| {
                    Value::object(map.into_iter().map(|(key, value)| (key.into(), value)).collect())
                }),
            ]
        })
    }

    /// Text that is nearly YAML or JSON.
    fn mutants() -> impl Strategy<Value = String> {
        let bits = select(vec![
            "\n",
            "  ",
            "- ",
            ": ",
            ":",
            "#",
            " # c",
            "'",
            "\"",
            "{",
            "}",
            "[",
            "]",
            "|\n",
            ">-\n",
            "&a ",
            "*a",
            "!!str ",
            "!!int ",
            "?",
            "---\n",
            "\n---\n",
            "...\n",
            "%",
            "@",
            ",",
            "~",
            "a: b",
            "<<: *a",
            "\\",
            "\t",
            "\r\n",
            "\r",
            "\0",
            "\u{85}",
            "\u{feff}",
            "é",
            "0x1F",
            "1e3",
            ".inf",
            "yes",
            "null",
            "a:\n  b: 1\n",
            "\\ud800",
            "\\u0041",
            "1.5",
            "true",
            "-",
        ]);
        vec(bits, 0..24).prop_map(|bits| bits.concat())
    }

    proptest! {
        #[test]
        fn json_that_was_written_reads_back_with_every_leaf_in_its_place(value in values()) {
            let text = value.to_string();
            let document = json(&text);
            prop_assert_eq!(&document.value, &value);
            walk(&document, &mut |value, place| {
                let written = text.get(place.value.range()).unwrap();
                assert_eq!(&json(written).value, value);
                if !place.key.is_empty() {
                    let key = text.get(place.key.range()).unwrap();
                    assert!(json(key).value.as_str().is_some());
                }
            });
        }

        #[test]
        fn yaml_reads_json_as_json_does_with_the_same_places(value in values()) {
            // YAML forbids some characters that JSON allows in strings.
            let text = value.to_string();
            prop_assume!(text.chars().all(|char| matches!(char, ' '..='~' | '\u{e9}')));
            // A scalar at the root may hold what separates documents.
            prop_assume!(matches!(value, Value::Array(_) | Value::Object(_)));
            let (json, yaml) = (json(&text), yaml(&text));
            prop_assert_eq!(&json.value, &yaml.value);
            let mut places = Vec::new();
            walk(&json, &mut |_, place| places.push((place.value, place.key)));
            let mut others = Vec::new();
            walk(&yaml, &mut |_, place| others.push((place.value, place.key)));
            prop_assert_eq!(places, others);
        }

        #[test]
        fn no_text_makes_a_reader_panic_and_every_place_is_inside_it(text in mutants()) {
            let limits = DocumentLimits::default();
            let inside = |span: Span| assert!(text.get(span.range()).is_some(), "{span:?} {text:?}");
            for document in yaml::read(&text, &limits).into_iter().chain([json::read(&text, &limits)]) {
                match document {
                    Ok(document) => walk(&document, &mut |_, place| {
                        inside(place.value);
                        inside(place.key);
                    }),
                    Err(fault) => {
                        inside(fault.span);
                        fault.related.into_iter().for_each(inside);
                        assert!(!fault.message.is_empty());
                    }
                }
            }
        }
    }

    #[test]
    fn what_nests_too_deep_is_refused_at_once_and_dropped_without_harm() {
        let limits = DocumentLimits { max_depth: usize::MAX, ..DocumentLimits::default() };
        for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "- ".repeat(100_000)] {
            let documents =
                yaml::read(&text, &limits).into_iter().chain([json::read(&text, &limits)]);
            for fault in documents.filter_map(Result::err) {
                assert!(matches!(fault.kind, FaultKind::Limit | FaultKind::Syntax), "{fault:?}");
            }
        }
        let fault = json::read(&"[".repeat(101), &DocumentLimits::default()).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Limit);
        assert!(fault.message.contains("`limits.maxDepth`") && fault.message.contains("100"));
    }

    #[test]
    fn the_deepest_document_is_read_and_dropped_on_a_small_stack() {
        let limits = DocumentLimits { max_depth: usize::MAX, ..DocumentLimits::default() };
        let text = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        let read = move || {
            assert!(json::read(&text, &limits).is_ok());
            assert!(yaml::read(&text, &limits).iter().all(Result::is_ok));
        };
        std::thread::Builder::new().stack_size(1 << 20).spawn(read).unwrap().join().unwrap();
    }

    #[test]
    fn a_key_is_shown_on_one_line_and_not_too_long() {
        assert_eq!(shown("a\nb"), "`a\\nb`");
        assert!(shown(&"x".repeat(1000)).len() < 100);
    }
}
