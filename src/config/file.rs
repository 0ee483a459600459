//! `goldgate.yaml`: found, read, and turned into given values with their places.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{ConfigFault, KEYS, Key, Kind, Origin};
use crate::document::{self, Document, DocumentLimits};
use crate::domain::place::{Place, SourceFile, Span};
use crate::domain::suggest;
use crate::domain::value::{Number, Object, Value};

/// The name of the file.
pub const FILE_NAME: &str = "goldgate.yaml";

/// A value as a source gave it, before it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// One text, or several for a list.
    pub(super) texts: Vec<String>,
    /// Who gave it.
    pub(super) origin: Origin,
}

/// What one source gave, by the name of the key.
pub(super) type Layer = BTreeMap<&'static str, Given>;

/// The nearest `goldgate.yaml` in `folder` or above, up to the root of the repository that `folder` is in.
///
/// Outside a repository only `folder` itself is looked at, so that a stranger's file in `/tmp` rules over nobody.
pub fn find_file(folder: &Path) -> Option<PathBuf> {
    let ancestors: Vec<&Path> = folder.ancestors().collect();
    let root = ancestors.iter().position(|folder| folder.join(".git").exists()).unwrap_or(0);
    ancestors
        .into_iter()
        .take(root + 1)
        .map(|folder| folder.join(FILE_NAME))
        .find(|file| file.is_file())
}

/// Reads the file at `path`, which the user knows as `shown`. Relative paths in it are joined to the folder of `shown`.
pub(super) fn read(path: &Path, shown: &Path, faults: &mut Vec<ConfigFault>) -> Layer {
    let name = shown.display().to_string();
    let whole = |message: String, help: &str| ConfigFault {
        code: None,
        origin: Origin::File { file: name.clone(), line: 1, column: 1 },
        message,
        help: Some(help.to_owned()),
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(cause) => {
            let help = "name a file that exists and that you may read, or leave `--config` out";
            faults.push(whole(format!("cannot read the configuration: {cause}"), help));
            return Layer::new();
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        faults.push(whole("the configuration is not UTF-8".to_owned(), "save it as UTF-8"));
        return Layer::new();
    };
    let folder = shown.parent().unwrap_or(Path::new(""));
    Reading { file: SourceFile::new(&name, text), folder, layer: Layer::new(), faults }.read()
}

struct Reading<'a> {
    file: SourceFile,
    folder: &'a Path,
    layer: Layer,
    faults: &'a mut Vec<ConfigFault>,
}

impl Reading<'_> {
    fn read(mut self) -> Layer {
        let documents = document::yaml::read(&self.file.text, &DocumentLimits::default());
        let mut whole = Vec::new();
        for document in documents {
            match document {
                Ok(document) => whole.push(document),
                Err(fault) => self.fault(fault.span, fault.message, fault.help),
            }
        }
        if let Some(second) = whole.get(1) {
            let help = "put everything into one document, without `---`".to_owned();
            self.fault(second.root.value, "a second document".to_owned(), Some(help));
        }
        if let Some(Document { value, places, root }) = whole.first() {
            match value {
                Value::Object(_) => self.section("", value, *root, places),
                Value::Null => {}
                Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Map(_)
                | Value::Set(_) => {
                    let help = "write one `key: value` a line, e.g. `environment: production`";
                    let message = format!("expected keys with values, found {}", described(value));
                    self.fault(root.value, message, Some(help.to_owned()));
                }
            }
        }
        self.layer
    }

    fn section(
        &mut self,
        prefix: &str,
        value: &Value,
        place: Place,
        places: &crate::domain::place::Places,
    ) {
        let entries = value.as_object().map(Object::entries).unwrap_or_default();
        for (index, (name, value)) in entries.iter().enumerate() {
            let child = places.child(place, index).unwrap_or(place);
            let full = format!("{prefix}{name}");
            let section = format!("{full}.");
            if let Some(key) = KEYS.iter().find(|key| key.name == full) {
                self.value(key, value, child);
            } else if KEYS.iter().any(|key| key.name.starts_with(&section)) {
                match value {
                    Value::Object(_) => self.section(&section, value, child, places),
                    Value::Null => {}
                    Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Map(_)
                    | Value::Set(_) => {
                        let help = format!("write keys below it, e.g. {}", known(&section));
                        let message = format!("`{full}` is a section, found {}", described(value));
                        self.fault(child.value, message, Some(help));
                    }
                }
            } else {
                self.unknown(prefix, name, child);
            }
        }
    }

    fn unknown(&mut self, prefix: &str, name: &str, place: Place) {
        let siblings = siblings(prefix);
        let otherwise = format!("known here: {}", known(prefix));
        let help = suggest::help(name, siblings.iter().copied(), &otherwise);
        let place_name = prefix.strip_suffix('.').map(|section| format!(" in `{section}`"));
        let message = format!("unknown key `{name}`{}", place_name.unwrap_or_default());
        self.fault(place.key, message, Some(help));
    }

    fn value(&mut self, key: &'static Key, value: &Value, place: Place) {
        let texts = match (key.kind, value) {
            (_, Value::Null) => return,
            (Kind::Paths, Value::Array(items)) => {
                let paths = items.iter().map(|item| item.as_str().map(|path| self.path(path)));
                paths.collect::<Option<Vec<_>>>()
            }
            (Kind::Paths | Kind::Path, Value::String(path)) => Some(vec![self.path(path)]),
            (Kind::Texts, Value::Array(items)) => {
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
            }
            (Kind::Text | Kind::Texts, Value::String(text)) => Some(vec![text.to_string()]),
            (Kind::Switch, Value::Bool(on)) => Some(vec![on.to_string()]),
            (Kind::Count, Value::Number(number)) => count(number).map(|text| vec![text]),
            (
                Kind::Paths | Kind::Path | Kind::Text | Kind::Texts | Kind::Switch | Kind::Count,
                Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_)
                | Value::Map(_)
                | Value::Set(_),
            ) => None,
        };
        let Some(texts) = texts else {
            let expected = match key.kind {
                Kind::Paths => "a list of paths",
                Kind::Texts => "a list of texts",
                Kind::Path => "a path",
                Kind::Text => "a text",
                Kind::Switch => "`true` or `false`",
                Kind::Count => "a whole number from 1",
            };
            let last = key.name.rsplit('.').next().unwrap_or(key.name);
            let message = format!("`{}` is {expected}, found {}", key.name, described(value));
            self.fault(place.value, message, Some(format!("write e.g. `{last}: {}`", key.example)));
            return;
        };
        let origin = self.origin(place.value);
        self.layer.insert(key.name, Given { texts, origin });
    }

    /// A path of the file, relative to the file's folder; an address with a scheme stays as it is.
    fn path(&self, path: &str) -> String {
        if path.contains("://") {
            return path.to_owned();
        }
        self.folder.join(path).to_string_lossy().into_owned()
    }

    fn origin(&self, span: Span) -> Origin {
        let (line, column) = self.file.line_and_column(span.start);
        Origin::File { file: self.file.path.clone(), line, column }
    }

    fn fault(&mut self, span: Span, message: String, help: Option<String>) {
        let origin = self.origin(span);
        self.faults.push(ConfigFault { code: None, origin, message, help });
    }
}

fn count(number: &Number) -> Option<String> {
    number.as_i64().filter(|count| *count >= 1).map(|count| count.to_string())
}

/// The keys and sections directly below `prefix`.
fn siblings(prefix: &str) -> Vec<&'static str> {
    let below = KEYS.iter().filter_map(|key| key.name.strip_prefix(prefix));
    let mut names: Vec<&str> = below.filter_map(|rest| rest.split('.').next()).collect();
    names.dedup();
    names
}

fn known(prefix: &str) -> String {
    siblings(prefix).iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The value as an error names it: short ones whole, others by their type.
fn described(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
        Value::String(text) if text.chars().count() <= 40 => format!("the text `{text}`"),
        Value::String(_) => "a long text".to_owned(),
        Value::Array(_) | Value::Set(_) => "a list".to_owned(),
        Value::Object(_) | Value::Map(_) => "keys with values".to_owned(),
    }
}
