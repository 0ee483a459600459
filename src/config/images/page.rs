//! A page of configuration: values with their places, and the faults that were found so far.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::config::{ConfigFault, Origin};
use crate::document::{self, DocumentLimits};
use crate::domain::evidence::code::TrustFaultCode;
use crate::domain::place::{Place, Places, SourceFile, Span};
use crate::domain::suggest;
use crate::domain::value::Value;

/// The most bytes of a file that the configuration names.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// A file of configuration and the faults found in it so far.
pub(super) struct Page {
    file: SourceFile,
    folder: PathBuf,
    places: Arc<Places>,
    faults: RefCell<Vec<ConfigFault>>,
}

/// A value and its place.
#[derive(Clone, Copy)]
pub(super) struct Node<'v> {
    pub(super) value: &'v Value,
    pub(super) place: Place,
}

/// Keys with values, of which every key is known.
pub(super) struct Section<'p, 'v> {
    page: &'p Page,
    pub(super) node: Node<'v>,
}

impl Page {
    /// Reads `text`, which is one document; it is `Null` when it cannot be read.
    pub(super) fn read(shown: &Path, text: String) -> (Self, Value, Place) {
        let mut documents = Self::documents(shown, text).into_iter();
        let Some((page, value, place)) = documents.next() else {
            return (Self::new(shown, Arc::from("")), Value::Null, Place::default());
        };
        if let Some((_, _, second)) = documents.next() {
            let help = "put everything into one document, without `---`";
            page.fault(TrustFaultCode::YamlInvalid, second.value, "a second document", help);
        }
        (page, value, place)
    }

    /// Reads every document of `text`, each on a page of its own; one that cannot be read is `Null` and has the fault.
    pub(super) fn documents(shown: &Path, text: String) -> Vec<(Self, Value, Place)> {
        let text: Arc<str> = text.into();
        let read = document::yaml::read(&text, &DocumentLimits::default()).into_iter();
        read.map(|document| {
            let mut page = Self::new(shown, Arc::clone(&text));
            match document {
                Ok(document) => {
                    page.places = document.places;
                    (page, document.value, document.root)
                }
                Err(fault) => {
                    let help = fault.help.unwrap_or_else(|| "mend the YAML".to_owned());
                    page.fault(TrustFaultCode::YamlInvalid, fault.span, fault.message, help);
                    (page, Value::Null, Place::default())
                }
            }
        })
        .collect()
    }

    fn new(shown: &Path, text: Arc<str>) -> Self {
        Self {
            file: SourceFile::new(shown.display().to_string(), text),
            folder: shown.parent().unwrap_or(Path::new("")).to_path_buf(),
            places: Arc::default(),
            faults: RefCell::new(Vec::new()),
        }
    }

    /// Notes something that cannot be carried over from another verifier's policy.
    pub(super) fn refuse(&self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.fault(TrustFaultCode::NotCarriedOver, span, message, help);
    }

    /// Notes a fault.
    pub(super) fn fault(
        &self,
        code: TrustFaultCode,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let (line, column) = self.file.line_and_column(span.start);
        let origin = Origin::File { file: self.file.path.clone(), line, column };
        let (code, message, help) = (Some(code.code()), message.into(), Some(help.into()));
        self.faults.borrow_mut().push(ConfigFault { code, origin, message, help });
    }

    /// The file, line and column of a place, as faults write them.
    pub(super) fn position(&self, span: Span) -> String {
        let (line, column) = self.file.line_and_column(span.start);
        format!("{}:{line}:{column}", self.file.path)
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, span: Span) -> u32 {
        self.file.line_and_column(span.start).0
    }

    /// Whether a fault was noted.
    pub(super) fn has_faults(&self) -> bool {
        !self.faults.borrow().is_empty()
    }

    /// Every fault, in the order of the text.
    pub(super) fn into_faults(self) -> Vec<ConfigFault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| match fault.origin {
            Origin::File { line, column, .. } => (line, column),
            Origin::Default | Origin::Variable(_) | Origin::Flag(_) => (0, 0),
        });
        faults
    }

    /// The keys of a map whose keys are names of the author's choice.
    pub(super) fn entries<'v>(&self, node: Node<'v>, what: &str) -> Vec<(&'v str, Node<'v>)> {
        match node.value {
            Value::Null => Vec::new(),
            Value::Object(object) => {
                let entries = object.entries().iter().enumerate();
                let child = |index| self.places.child(node.place, index).unwrap_or(node.place);
                entries
                    .map(|(index, (key, value))| (&**key, Node { value, place: child(index) }))
                    .collect()
            }
            Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Map(_)
            | Value::Set(_) => {
                self.expected(node, what, "keys with values");
                Vec::new()
            }
        }
    }

    /// The keys of a map; those that are not in `known` are faults.
    pub(super) fn section<'v>(
        &self,
        node: Node<'v>,
        what: &str,
        known: &[&str],
    ) -> Section<'_, 'v> {
        for (key, child) in self.entries(node, what) {
            if !known.contains(&key) {
                let otherwise = format!("known here: `{}`", known.join("`, `"));
                let help = suggest::help(key, known.iter().copied(), &otherwise);
                let message = format!("unknown key `{key}` in {what}");
                self.fault(TrustFaultCode::FieldUnknown, child.place.key, message, help);
            }
        }
        Section { page: self, node }
    }

    /// The items of a list; a single text counts as a list of one.
    pub(super) fn items<'v>(&self, node: Node<'v>, what: &str) -> Vec<Node<'v>> {
        match node.value {
            Value::Array(items) => {
                let child = |index| self.places.child(node.place, index).unwrap_or(node.place);
                let items = items.iter().enumerate();
                items.map(|(index, value)| Node { value, place: child(index) }).collect()
            }
            Value::String(_) => vec![node],
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Object(_)
            | Value::Map(_)
            | Value::Set(_) => {
                self.expected(node, what, "a list");
                Vec::new()
            }
        }
    }

    /// A text with something in it.
    pub(super) fn text<'v>(&self, node: Node<'v>, what: &str) -> Option<&'v str> {
        match node.value.as_str() {
            Some("") | None => {
                self.expected(node, what, "a text");
                None
            }
            text => text,
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self, node: Node<'_>, what: &str) -> Vec<String> {
        let items = self.items(node, what);
        items.into_iter().filter_map(|item| self.text(item, what)).map(str::to_owned).collect()
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &self,
        node: Node<'_>,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(node, what)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let otherwise = format!("write one of `{}`", names.join("`, `"));
        let help = suggest::help(text, names, &otherwise);
        let message = format!("`{text}` is no value of `{what}`");
        self.fault(TrustFaultCode::ValueInvalid, node.place.value, message, help);
        None
    }

    /// The bytes of a file that `node` names, relative to the configuration's own folder; `code` says that there are none.
    pub(super) fn file(&self, node: Node<'_>, what: &str, code: TrustFaultCode) -> Option<Vec<u8>> {
        let path = self.path(node, what)?;
        let read = match std::fs::metadata(&path) {
            Ok(data) if data.len() > MAX_FILE_BYTES => {
                Err(format!("it has {} bytes, and {MAX_FILE_BYTES} are the most", data.len()))
            }
            Ok(_) => std::fs::read(&path).map_err(|cause| cause.to_string()),
            Err(cause) => Err(cause.to_string()),
        };
        match read {
            Ok(bytes) => Some(bytes),
            Err(cause) => {
                let message = format!("cannot read `{what}` `{}`: {cause}", path.display());
                let help = "name a file that exists and that the gate may read; a relative path begins at the folder of this file";
                self.fault(code, node.place.value, message, help);
                None
            }
        }
    }

    /// A path, relative to the configuration's own folder.
    pub(super) fn path(&self, node: Node<'_>, what: &str) -> Option<PathBuf> {
        self.text(node, what).map(|path| self.folder.join(path))
    }

    fn expected(&self, node: Node<'_>, what: &str, expected: &str) {
        let message = format!("`{what}` is {expected}, found {}", described(node.value));
        let help = "docs/images.md shows every key with an example";
        self.fault(TrustFaultCode::ValueInvalid, node.place.value, message, help);
    }
}

impl<'v> Section<'_, 'v> {
    /// The value of `key`, when one is written.
    pub(super) fn get(&self, key: &str) -> Option<Node<'v>> {
        let object = self.node.value.as_object()?;
        let index = object.position(key)?;
        let value = &object.entries().get(index)?.1;
        let place = self.page.places.child(self.node.place, index)?;
        (*value != Value::Null).then_some(Node { value, place })
    }

    pub(super) fn text(&self, key: &str) -> Option<&'v str> {
        self.get(key).and_then(|node| self.page.text(node, key))
    }

    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        self.get(key).map(|node| self.page.texts(node, key)).unwrap_or_default()
    }

    pub(super) fn word<T: Copy>(&self, key: &str, words: &[(&str, T)], default: T) -> T {
        self.get(key).and_then(|node| self.page.word(node, key, words)).unwrap_or(default)
    }

    pub(super) fn switch(&self, key: &str) -> bool {
        let Some(node) = self.get(key) else { return false };
        node.value.as_bool().unwrap_or_else(|| {
            self.page.expected(node, key, "`true` or `false`");
            false
        })
    }

    /// A whole number from 1.
    pub(super) fn count(&self, key: &str, default: usize) -> usize {
        let Some(node) = self.get(key) else { return default };
        let count = node.value.as_i64().filter(|count| *count >= 1);
        count.and_then(|count| usize::try_from(count).ok()).unwrap_or_else(|| {
            self.page.expected(node, key, "a whole number from 1");
            default
        })
    }

    /// A duration like `500ms`, `3s`, `10m`, `24h` or `7d`.
    pub(super) fn duration(&self, key: &str, default: Duration) -> Duration {
        let Some(node) = self.get(key) else { return default };
        node.value.as_str().and_then(duration).unwrap_or_else(|| {
            self.page.expected(node, key, "a duration such as `500ms`, `3s`, `10m`, `24h` or `7d`");
            default
        })
    }
}

/// Reads a duration: a whole number and a unit.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

/// The value as a fault names it.
fn described(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(text) if text.chars().count() <= 40 => format!("the text `{text}`"),
        Value::String(_) => "a long text".to_owned(),
        Value::Array(_) | Value::Set(_) => "a list".to_owned(),
        Value::Object(_) | Value::Map(_) => "keys with values".to_owned(),
    }
}
