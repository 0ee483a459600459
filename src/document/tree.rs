//! Assembles values and their places from what a reader sees, bottom-up and without recursion.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Document, DocumentLimits, Fault, FaultKind, shared_key, shown};
use crate::domain::place::{Place, Places, Span};
use crate::domain::value::{Object, Value};

/// Beyond this depth, dropping and printing a value would need more stack than a thread may have.
pub(super) const DEEPEST: usize = 1_000;

/// The sort of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Array,
    Object,
}

/// What the next node is to the collection it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Key,
    Value,
}

/// A tree that grows: finished children of every open collection on one stack, open collections on another.
#[derive(Debug)]
pub(super) struct Tree<'l> {
    limits: &'l DocumentLimits,
    max_depth: usize,
    places: Places,
    frames: Vec<Frame>,
    entries: Vec<Entry>,
    anchors: BTreeMap<usize, Anchor>,
    /// Nodes so far, aliases expanded.
    n_nodes: usize,
    root: Option<Node>,
}

/// An open collection.
#[derive(Debug)]
struct Frame {
    shape: Shape,
    start: u32,
    /// Where its children begin among the entries.
    first: usize,
    key: Option<Key>,
    /// The end of the last child.
    end: u32,
    /// Levels below it, so far.
    height: usize,
    anchor: usize,
    n_nodes_before: usize,
}

#[derive(Debug)]
enum Key {
    Named(Arc<str>, Span),
    /// `<<`
    Merge,
}

#[derive(Debug)]
struct Entry {
    /// `None` in arrays.
    key: Option<Arc<str>>,
    value: Value,
    place: Place,
    /// Whether it came through `<<`, which may be overridden.
    merged: bool,
}

/// A finished value: `place` is without its key.
#[derive(Clone, Debug)]
struct Node {
    value: Value,
    place: Place,
    height: usize,
}

#[derive(Debug)]
struct Anchor {
    node: Node,
    weight: usize,
}

/// Manifests have about one value per this many bytes.
const BYTES_PER_NODE: usize = 16;
/// The most that is reserved in advance, and kept for the next document.
const MAX_RESERVED: usize = 4_096;

/// The stacks of a finished tree, for the next one on this thread.
#[derive(Debug, Default)]
struct Scratch {
    frames: Vec<Frame>,
    entries: Vec<Entry>,
}

thread_local! {
    static SCRATCH: Cell<Scratch> = Cell::default();
}

impl<'l> Tree<'l> {
    /// A tree for a text of `n_bytes`.
    pub(super) fn new(limits: &'l DocumentLimits, n_bytes: usize) -> Self {
        let Scratch { frames, entries } = SCRATCH.take();
        Self {
            limits,
            max_depth: limits.max_depth.min(DEEPEST),
            places: Places::with_capacity((n_bytes / BYTES_PER_NODE).min(MAX_RESERVED)),
            frames,
            entries,
            anchors: BTreeMap::new(),
            n_nodes: 0,
            root: None,
        }
    }

    /// Whether no collection is open.
    pub(super) fn is_at_root(&self) -> bool {
        self.frames.is_empty()
    }

    /// What the next node will be.
    pub(super) fn role(&self) -> Role {
        match self.frames.last() {
            Some(Frame { shape: Shape::Object, key: None, .. }) => Role::Key,
            Some(_) | None => Role::Value,
        }
    }

    /// The key of the next value, if it has one.
    pub(super) fn key_span(&self) -> Option<Span> {
        match self.frames.last()?.key {
            Some(Key::Named(_, span)) => Some(span),
            Some(Key::Merge) | None => None,
        }
    }

    /// Names the next value.
    pub(super) fn key(&mut self, key: &str, span: Span) {
        if let Some(frame) = self.frames.last_mut() {
            frame.key = Some(Key::Named(shared_key(key), span));
            frame.end = span.end;
        }
    }

    /// Makes the next value one that is merged into the open mapping.
    pub(super) fn merge_key(&mut self, span: Span) {
        if let Some(frame) = self.frames.last_mut() {
            frame.key = Some(Key::Merge);
            frame.end = span.end;
        }
    }

    /// Refuses a scalar that is too long.
    pub(super) fn check_scalar(&self, n_bytes: usize, span: Span) -> Result<(), Fault> {
        let limit = self.limits.max_scalar_bytes;
        if n_bytes <= limit {
            return Ok(());
        }
        let what = format!("a scalar of {n_bytes} bytes exceeds the limit of");
        Err(Fault::limit(&what, limit, "limits.maxScalarBytes", span))
    }

    /// Adds a scalar.
    pub(super) fn leaf(&mut self, value: Value, span: Span, anchor: usize) -> Result<(), Fault> {
        self.count(1, span)?;
        let place = Place { value: span, ..Place::default() };
        self.add(Node { value, place, height: 0 }, anchor, 1)
    }

    /// Remembers the value of a scalar that is a key, for aliases that name it.
    pub(super) fn remember(&mut self, value: Value, span: Span, anchor: usize) {
        let place = Place { value: span, ..Place::default() };
        self.anchors.insert(anchor, Anchor { node: Node { value, place, height: 0 }, weight: 1 });
    }

    /// Opens a collection.
    pub(super) fn open(&mut self, shape: Shape, span: Span, anchor: usize) -> Result<(), Fault> {
        self.check_depth(self.frames.len() + 1, span)?;
        let n_nodes_before = self.n_nodes;
        self.count(1, span)?;
        self.frames.push(Frame {
            shape,
            start: span.start,
            first: self.entries.len(),
            key: None,
            end: span.end,
            height: 0,
            anchor,
            n_nodes_before,
        });
        Ok(())
    }

    /// Closes the open collection; without an `end` it ends with its last child.
    pub(super) fn close(&mut self, end: Option<u32>) -> Result<(), Fault> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let (value, children) = match frame.shape {
            Shape::Array => self.array(frame.first),
            Shape::Object => self.object(frame.first)?,
        };
        let span = Span { start: frame.start, end: end.unwrap_or(frame.end) };
        let place = Place { value: span, key: Span::default(), children };
        let weight = self.n_nodes - frame.n_nodes_before;
        self.add(Node { value, place, height: frame.height + 1 }, frame.anchor, weight)
    }

    /// The value that `anchor` names.
    pub(super) fn anchored(&self, anchor: usize) -> Option<&Value> {
        self.anchors.get(&anchor).map(|anchor| &anchor.node.value)
    }

    /// Adds what `anchor` names, once more.
    pub(super) fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Fault> {
        if anchor != 0 && self.frames.iter().any(|frame| frame.anchor == anchor) {
            let message = "an alias stands inside the value that it names, which would never end";
            return Err(Fault::new(FaultKind::Syntax, message, span)
                .with_help("write the value out where the alias stands"));
        }
        let Some(Anchor { node, weight }) = self.anchors.get(&anchor) else {
            return Err(Fault::new(FaultKind::Syntax, "this alias names no anchor", span)
                .with_help("define it earlier in the same document, e.g. `&name`"));
        };
        let (mut node, weight) = (node.clone(), *weight);
        self.count(weight, span)?;
        self.check_depth(self.frames.len() + node.height, span)?;
        node.place.value = span;
        if matches!(self.frames.last(), Some(Frame { key: Some(Key::Merge), .. }))
            && !matches!(node.value, Value::Object(_))
        {
            return Err(not_mergeable(&node.value, span));
        }
        self.add(node, 0, weight)
    }

    /// The finished document; `None` when there was no node at all.
    pub(super) fn finish(self) -> Option<Document> {
        if self.entries.capacity() <= MAX_RESERVED {
            SCRATCH.set(Scratch { frames: self.frames, entries: self.entries });
        }
        let root = self.root?;
        Some(Document { value: root.value, places: Arc::new(self.places), root: root.place })
    }

    fn check_depth(&self, depth: usize, span: Span) -> Result<(), Fault> {
        if depth <= self.max_depth {
            return Ok(());
        }
        Err(too_deep(self.max_depth, span))
    }

    fn count(&mut self, n_nodes: usize, span: Span) -> Result<(), Fault> {
        self.n_nodes = self.n_nodes.saturating_add(n_nodes);
        let limit = self.limits.max_nodes;
        if self.n_nodes <= limit {
            return Ok(());
        }
        let what = "with aliases written out the document has more values than the limit of";
        Err(Fault::limit(what, limit, "limits.maxNodes", span))
    }

    fn add(&mut self, mut node: Node, anchor: usize, weight: usize) -> Result<(), Fault> {
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor { node: node.clone(), weight });
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.end = frame.end.max(node.place.value.end);
        frame.height = frame.height.max(node.height);
        let key = match frame.key.take() {
            Some(Key::Merge) => return self.merge(&node),
            Some(Key::Named(key, span)) => {
                node.place.key = span;
                Some(key)
            }
            None => None,
        };
        self.entries.push(Entry { key, value: node.value, place: node.place, merged: false });
        Ok(())
    }

    /// Merges a mapping, or a list of mappings of which the first wins, into the open mapping.
    fn merge(&mut self, node: &Node) -> Result<(), Fault> {
        let Value::Array(items) = &node.value else {
            return self.merge_mapping(&node.value, node.place);
        };
        for (index, item) in items.iter().enumerate().rev() {
            let place = self.places.child(node.place, index).unwrap_or(node.place);
            self.merge_mapping(item, place)?;
        }
        Ok(())
    }

    fn merge_mapping(&mut self, value: &Value, place: Place) -> Result<(), Fault> {
        let Value::Object(object) = value else { return Err(not_mergeable(value, place.value)) };
        for (index, (key, value)) in object.entries().iter().enumerate() {
            let place = self.places.child(place, index).unwrap_or(place);
            let key = Some(Arc::clone(key));
            self.entries.push(Entry { key, value: value.clone(), place, merged: true });
        }
        Ok(())
    }

    fn array(&mut self, first: usize) -> (Value, u32) {
        let entries = self.entries.get(first..).unwrap_or_default();
        let children = self.places.add_children(entries.iter().map(|entry| entry.place));
        let items = self.entries.drain(first..).map(|entry| entry.value).collect();
        (Value::array(items), children)
    }

    fn object(&mut self, first: usize) -> Result<(Value, u32), Fault> {
        let entries = self.entries.get_mut(first..).unwrap_or_default();
        if !entries.is_sorted_by(|a, b| a.key < b.key) {
            // Equal keys stay in the order in which they stand in the text.
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            if !entries.is_sorted_by(|a, b| a.key < b.key) {
                let all = self.entries.split_off(first);
                self.entries.extend(one_of_each_key(all)?);
            }
        }
        let entries = self.entries.get(first..).unwrap_or_default();
        let children = self.places.add_children(entries.iter().map(|entry| entry.place));
        let entries = self.entries.drain(first..);
        let object = entries.filter_map(|entry| Some((entry.key?, entry.value))).collect();
        Ok((Value::Object(Arc::new(Object::from_ordered(object))), children))
    }
}

/// Leaves the last of equal keys, which stand beside each other; at most one of them may have been written here.
fn one_of_each_key(entries: Vec<Entry>) -> Result<Vec<Entry>, Fault> {
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    let mut written: Option<Span> = None;
    for entry in entries {
        let same = kept.last().is_some_and(|last| last.key == entry.key);
        if !same {
            written = None;
        }
        if !entry.merged {
            if let Some(first) = written {
                return Err(duplicate_key(first, &entry));
            }
            written = Some(entry.place.key);
        }
        if same {
            kept.pop();
        }
        kept.push(entry);
    }
    Ok(kept)
}

fn duplicate_key(first: Span, second: &Entry) -> Fault {
    let key = shown(second.key.as_deref().unwrap_or_default());
    let mut fault = Fault::new(
        FaultKind::DuplicateKey,
        format!("the key {key} stands twice in one mapping"),
        second.place.key,
    )
    .with_help("keep one of the two: readers disagree on which of them counts");
    fault.related = Some(first);
    fault
}

fn not_mergeable(value: &Value, span: Span) -> Fault {
    let message = format!("`<<` merges mappings, and this is of type {}", value.type_name());
    Fault::new(FaultKind::Syntax, message, span)
        .with_help("name an anchor of a mapping, e.g. `<<: *defaults`")
}

/// The fault of a document that nests too deep.
pub(super) fn too_deep(limit: usize, span: Span) -> Fault {
    Fault::limit("the document nests deeper than the limit of", limit, "limits.maxDepth", span)
}
