//! A document of a bundle, walked field by field: every fault with its place, and none hides another.

use std::path::Path;
use std::sync::Arc;

use crate::document::{Document, DocumentLimits, json, yaml};
use crate::domain::place::{Place, SourceFile, Span};
use crate::domain::suggest;
use crate::domain::value::Value;
use crate::rego::Fault;

/// Reads the one document of a file, by its name as JSON or YAML; `None` when it is empty.
pub(super) fn read(file: &Arc<SourceFile>) -> Result<Option<Document>, Vec<Fault>> {
    // Data files may be large; nothing in them is expanded.
    let limits = DocumentLimits { max_nodes: 10_000_000, ..DocumentLimits::default() };
    let extension = Path::new(&file.path).extension();
    let is_yaml = extension.is_some_and(|extension| extension == "yaml" || extension == "yml");
    if !is_yaml {
        let document = json::read(&file.text, &limits);
        return document.map(Some).map_err(|cause| vec![unreadable(file, cause)]);
    }
    let (documents, mut faults) = all(file, &limits);
    if let Some(second) = documents.get(1) {
        let message = "this file may hold only one document";
        faults.push(
            Fault::new(file, first_line(file, second.root.value), message)
                .with_help("remove the `---`, or move the rest into a file of its own"),
        );
    }
    if faults.is_empty() { Ok(documents.into_iter().next()) } else { Err(faults) }
}

/// Reads every document of a YAML file, and says which could not be read.
pub(super) fn all(file: &Arc<SourceFile>, limits: &DocumentLimits) -> (Vec<Document>, Vec<Fault>) {
    let mut documents = Vec::new();
    let mut faults = Vec::new();
    for document in yaml::read(&file.text, limits) {
        match document {
            Ok(document) => documents.push(document),
            Err(cause) => faults.push(unreadable(file, cause)),
        }
    }
    (documents, faults)
}

fn unreadable(file: &Arc<SourceFile>, cause: crate::document::Fault) -> Fault {
    let fault = Fault::new(file, cause.span, cause.message);
    let fault = match cause.related {
        Some(related) => fault.with_related(file, related, "the first one"),
        None => fault,
    };
    match cause.help {
        Some(help) => fault.with_help(help),
        None => fault,
    }
}

/// The part of `span` that stands on its first line.
fn first_line(file: &SourceFile, span: Span) -> Span {
    let text = file.text.get(span.range()).unwrap_or("");
    let length = text.lines().next().unwrap_or("").trim_end().len();
    Span::new(span.start as usize, span.start as usize + length)
}

/// A value of a document with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'d> {
    file: &'d Arc<SourceFile>,
    document: &'d Document,
    pub(super) value: &'d Value,
    place: Place,
}

impl<'d> Node<'d> {
    pub(super) fn root(file: &'d Arc<SourceFile>, document: &'d Document) -> Self {
        Self { file, document, value: &document.value, place: document.root }
    }

    /// A fault at this value: at its key when it is a collection with one.
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        let collection = matches!(self.value, Value::Array(_) | Value::Object(_));
        let span = if collection && !self.place.key.is_empty() {
            self.place.key
        } else {
            first_line(self.file, self.place.value)
        };
        Fault::new(self.file, span, message)
    }

    /// A fault at this value's key.
    pub(super) fn key_fault(&self, message: impl Into<String>) -> Fault {
        let span = if self.place.key.is_empty() { self.place.value } else { self.place.key };
        Fault::new(self.file, span, message)
    }

    /// The file it stands in.
    pub(super) fn file(&self) -> &'d Arc<SourceFile> {
        self.file
    }

    /// Its bytes.
    pub(super) fn span(&self) -> Span {
        self.place.value
    }

    /// The value under `key`, when this is an object that has it and it is not `null`.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let index = self.value.as_object()?.position(key)?;
        let (_, value) = self.value.as_object()?.entries().get(index)?;
        if *value == Value::Null { None } else { self.child(index, value) }
    }

    /// The value at a path of keys, when every step is there.
    pub(super) fn at(&self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(*self, |node, key| node.get(key))
    }

    /// The value under `key`; a fault when there is none.
    pub(super) fn required(&self, key: &str, help: &str, faults: &mut Vec<Fault>) -> Option<Self> {
        let found = self.get(key);
        if found.is_none() {
            faults.push(self.fault(format!("there is no `{key}` here")).with_help(help));
        }
        found
    }

    /// The entries, when this is an object; nothing otherwise.
    pub(super) fn entries(&self) -> Vec<(&'d str, Self)> {
        let entries = self.value.as_object().map(crate::domain::value::Object::entries);
        let entries = entries.unwrap_or_default().iter().enumerate();
        entries
            .filter_map(|(index, (key, value))| Some((key.as_ref(), self.child(index, value)?)))
            .collect()
    }

    /// The texts of a list.
    pub(super) fn texts(&self, faults: &mut Vec<Fault>) -> Vec<String> {
        let items = self.items(faults);
        items.iter().filter_map(|item| item.text(faults)).map(str::to_owned).collect()
    }

    /// The fields of an object; a field that is not `known` is a fault.
    pub(super) fn fields(
        &self,
        known: &[&str],
        faults: &mut Vec<Fault>,
    ) -> Vec<(&'d str, Node<'d>)> {
        let Some(object) = self.value.as_object() else {
            faults.push(self.wrong("an object"));
            return Vec::new();
        };
        let fields =
            object.entries().iter().enumerate().filter_map(|(index, (key, value))| {
                Some((key.as_ref(), self.child(index, value)?))
            });
        let mut kept = Vec::new();
        for (key, node) in fields {
            if known.contains(&key) {
                kept.push((key, node));
                continue;
            }
            let otherwise = format!("write one of {}", listed(known));
            faults.push(
                node.key_fault(format!("there is no field `{key}`")).with_help(suggest::help(
                    key,
                    known.iter().copied(),
                    &otherwise,
                )),
            );
        }
        kept
    }

    /// The items of a list.
    pub(super) fn items(&self, faults: &mut Vec<Fault>) -> Vec<Node<'d>> {
        match self.value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .filter_map(|(index, value)| self.child(index, value))
                .collect(),
            Value::Null => Vec::new(),
            Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_)
            | Value::Map(_)
            | Value::Set(_) => {
                faults.push(self.wrong("a list"));
                Vec::new()
            }
        }
    }

    /// The text.
    pub(super) fn text(&self, faults: &mut Vec<Fault>) -> Option<&'d str> {
        let text = self.value.as_str();
        if text.is_none() {
            faults.push(self.wrong("a text"));
        }
        text
    }

    /// The text as a `T`.
    pub(super) fn parsed<T>(&self, faults: &mut Vec<Fault>) -> Option<T>
    where
        T: std::str::FromStr<Err = crate::domain::error::Error>,
    {
        match self.text(faults)?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let fault = self.fault(error.external());
                faults.push(match error.help() {
                    Some(help) => fault.with_help(help),
                    None => fault,
                });
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, words: &[(&str, T)], faults: &mut Vec<Fault>) -> Option<T> {
        // `off` is a boolean in YAML, and still the word that was written.
        let text = match self.value {
            Value::Bool(_) => self.file.text.get(self.place.value.range()).unwrap_or(""),
            Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_)
            | Value::Map(_)
            | Value::Set(_) => self.text(faults)?,
        };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let otherwise = format!("write {}", listed(&known));
            faults.push(
                self.fault(format!("`{text}` is none of {}", listed(&known)))
                    .with_help(suggest::help(text, known.iter().copied(), &otherwise)),
            );
        }
        found
    }

    pub(super) fn wrong(&self, wanted: &str) -> Fault {
        self.fault(format!("expected {wanted}, found {}", phrase(self.value)))
            .with_help(format!("write {wanted} here"))
    }

    fn child(&self, index: usize, value: &'d Value) -> Option<Node<'d>> {
        let place = self.document.places.child(self.place, index)?;
        Some(Node { file: self.file, document: self.document, value, place })
    }
}

/// `` `a`, `b` or `c` ``
pub(super) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// What a value is, with its article.
pub(super) fn phrase(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) | Value::Set(_) => "a list",
        Value::Object(_) | Value::Map(_) => "an object",
    }
}
