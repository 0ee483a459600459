//! Where things stand: byte spans kept beside a document, files with lines, and locations as people read them.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::value::Value;

/// A range of bytes in a file, end excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Makes a span; offsets beyond 4 GiB do not occur, since intake refuses such files.
    pub fn new(start: usize, end: usize) -> Self {
        let offset = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Self { start: offset(start), end: offset(end) }
    }

    /// The bytes as a range for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether it holds no byte.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// The place of one value: its own bytes, its key's, and where its children's places begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The bytes of the value.
    pub value: Span,
    /// The bytes of its key; empty for items of arrays and for roots.
    pub key: Span,
    /// Index in [`Places`] of the first child; children stand together, in the order of the value's children
    /// (arrays: by index; objects: by ascending key).
    pub children: u32,
}

/// The places of all values of a document.
#[derive(Debug, Default)]
pub struct Places {
    places: Vec<Place>,
}

impl Places {
    /// Makes an empty table with room for `n` places.
    pub fn with_capacity(n: usize) -> Self {
        Self { places: Vec::with_capacity(n) }
    }

    /// Adds the places of one container's children and returns where they begin.
    ///
    /// They must stand in the order of the value's children. A shared subtree (an alias) is added once and
    /// pointed at twice.
    pub fn add_children(&mut self, children: impl IntoIterator<Item = Place>) -> u32 {
        let first = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.places.extend(children);
        first
    }

    /// The same places, each where `moved` puts it.
    #[must_use]
    pub fn moved(&self, moved: impl Fn(Place) -> Place) -> Self {
        Self { places: self.places.iter().map(|place| moved(*place)).collect() }
    }

    /// The place of child number `index` of a container at `place`.
    pub fn child(&self, place: Place, index: usize) -> Option<Place> {
        self.places.get(place.children as usize + index).copied()
    }

    /// The place of `pointer` below `root`, whose value is `value`.
    ///
    /// When the pointer leads nowhere, the nearest place that exists on its way is returned.
    pub fn locate<'v>(&self, root: Place, value: &'v Value, pointer: &str) -> (Place, &'v Value) {
        let mut here = (root, value);
        for step in steps(pointer) {
            let next = match here.1 {
                Value::Object(object) => object
                    .position(&step)
                    .and_then(|index| Some((index, &object.entries().get(index)?.1))),
                Value::Array(items) => {
                    step.parse::<usize>().ok().and_then(|index| Some((index, items.get(index)?)))
                }
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Map(_)
                | Value::Set(_) => None,
            };
            let Some((index, value)) = next else { break };
            let Some(place) = self.child(here.0, index) else { break };
            here = (place, value);
        }
        here
    }
}

/// The steps of a JSON pointer (RFC 6901), unescaped. A leading `/` is not required.
pub fn steps(pointer: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let rest = pointer.strip_prefix('/').unwrap_or(pointer);
    let steps = if pointer.is_empty() { None } else { Some(rest.split('/')) };
    steps.into_iter().flatten().map(|step| {
        if step.contains('~') {
            Cow::Owned(step.replace("~1", "/").replace("~0", "~"))
        } else {
            Cow::Borrowed(step)
        }
    })
}

/// A file that was handed in, by the name that its author knows it by.
pub struct SourceFile {
    /// The path as the caller gave it.
    pub path: String,
    /// The text.
    pub text: Arc<str>,
    line_starts: OnceLock<Vec<u32>>,
    digest: OnceLock<Digest>,
}

impl SourceFile {
    /// Makes a file of its path and text.
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            line_starts: OnceLock::new(),
            digest: OnceLock::new(),
        }
    }

    /// The digest of the text.
    pub fn digest(&self) -> Digest {
        *self.digest.get_or_init(|| Digest::of(self.text.as_bytes()))
    }

    /// Line and column (both from 1; columns count characters) of a byte offset.
    pub fn line_and_column(&self, offset: u32) -> (u32, u32) {
        let starts = self.line_starts.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0)
                .chain(breaks.map(|index| u32::try_from(index + 1).unwrap_or(u32::MAX)))
                .collect()
        });
        let line = starts.partition_point(|start| *start <= offset);
        let start = starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(start as usize..offset as usize).unwrap_or("");
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (count(line), count(before.chars().count() + 1))
    }

    /// The location of `span`, whose path in the document is `pointer`.
    pub fn location(&self, span: Span, pointer: impl Into<String>) -> Location {
        let (line, column) = self.line_and_column(span.start);
        let (end_line, end_column) = self.line_and_column(span.end.max(span.start));
        Location {
            file: self.path.clone(),
            line,
            column,
            end_line,
            end_column,
            path: pointer.into(),
        }
    }

    /// The location of the value at `place`: key and value of a scalar, the key alone of a collection, and of a
    /// collection without a key its first line.
    pub fn location_of(&self, place: Place, value: &Value, pointer: impl Into<String>) -> Location {
        let collection = matches!(value, Value::Array(_) | Value::Object(_));
        let span = match (place.key.is_empty(), collection) {
            (false, true) => place.key,
            (false, false) => {
                Span { start: place.key.start, end: place.value.end.max(place.key.end) }
            }
            (true, _) => place.value,
        };
        let text = self.text.get(span.range()).unwrap_or("");
        let first_line = text.lines().next().unwrap_or("").trim_end().len();
        self.location(Span::new(span.start as usize, span.start as usize + first_line), pointer)
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile")
            .field("path", &self.path)
            .field("size_bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// A place as people read it. Lines and columns count from 1, columns in characters; the end is excluded.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// The file's path as the caller gave it.
    pub file: String,
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the character behind the last.
    pub end_line: u32,
    /// Column of the character behind the last.
    pub end_column: u32,
    /// JSON pointer in the document, empty for the document itself.
    pub path: String,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let file = SourceFile::new("a.yaml", "a: ü\nbb: x\n");
        assert_eq!(file.line_and_column(0), (1, 1));
        assert_eq!(file.line_and_column(5), (1, 5));
        assert_eq!(file.line_and_column(6), (2, 1));
        assert_eq!(file.line_and_column(999), (3, 1));
    }

    #[test]
    fn a_scalar_is_shown_with_its_key_and_a_collection_by_its_key() {
        let file = SourceFile::new("a.yaml", "spec:\n  run: true\n");
        let scalar = Place { key: Span::new(8, 11), value: Span::new(13, 17), children: 0 };
        let shown = file.location_of(scalar, &Value::Bool(true), "/spec/run");
        assert_eq!((shown.line, shown.column, shown.end_column), (2, 3, 12));
        let mapping = Place { key: Span::new(0, 4), value: Span::new(8, 17), children: 0 };
        let shown = file.location_of(mapping, &Value::array(vec![]), "/spec");
        assert_eq!((shown.line, shown.column, shown.end_column), (1, 1, 5));
    }

    #[test]
    fn steps_unescape_and_the_empty_pointer_has_none() {
        assert_eq!(steps("").count(), 0);
        assert_eq!(steps("/a~1b/~0/").collect::<Vec<_>>(), ["a/b", "~", ""]);
    }
}
