//! What is known under one set of replacements: documents, and everything already computed from them.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::value::Value;
use crate::rego::builtin::Builtin;

use super::index::Joined;
use super::program::{Callee, MemoId, NodeId, Program, RuleId, Step};

/// The documents, what replaces rules and functions, and memos of it all.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub(super) input: Option<Value>,
    /// The base documents where something replaces a part of them.
    pub(super) data: Option<Value>,
    inputs: Paths,
    bases: Paths,
    pub(super) rules: Table<Option<Value>>,
    pub(super) collected: Table<Value>,
    pub(super) nodes: BTreeMap<NodeId, Option<Value>>,
    /// Nothing where a small collection was searched once: an index is worth it from the second time on.
    pub(super) joins: BTreeMap<MemoId, Option<Arc<Joined>>>,
    pub(super) calls: BTreeMap<(RuleId, Vec<Value>), Option<Value>>,
    /// Rules that have another value now; the last one of a rule counts.
    pub(super) masks: Arc<Vec<(RuleId, Option<Value>)>>,
    /// Functions that are another now; the last one of a function counts.
    pub(super) stand_ins: Arc<Vec<(Function, StandIn)>>,
}

/// A function that may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Rule(RuleId),
    Builtin(&'static str),
}

impl From<&'static Builtin> for Function {
    fn from(builtin: &'static Builtin) -> Self {
        Self::Builtin(builtin.name)
    }
}

impl From<Callee> for Function {
    fn from(callee: Callee) -> Self {
        match callee {
            Callee::Rule(id) => Self::Rule(id),
            Callee::Builtin(builtin) => Self::from(builtin),
        }
    }
}

/// What answers in a function's place.
#[derive(Clone, Debug)]
pub(super) enum StandIn {
    Value(Value),
    Function(Callee),
}

impl Context {
    /// Makes room for what the program numbers. The context has been cleared.
    pub(super) fn fit(&mut self, program: &Program) {
        self.inputs.cells.resize_with(program.inputs.len(), OnceCell::new);
        self.bases.cells.resize_with(program.bases.len(), OnceCell::new);
        self.rules.entries.resize_with(program.rules.len(), || None);
        self.collected.entries.resize_with(program.n_memos as usize, || None);
    }

    /// Forgets everything and keeps the room.
    pub(super) fn clear(&mut self) {
        (self.input, self.data) = (None, None);
        self.inputs.clear();
        self.bases.clear();
        self.rules.clear();
        self.collected.clear();
        self.nodes.clear();
        self.joins.clear();
        self.calls.clear();
        if !self.masks.is_empty() {
            self.masks = Arc::default();
        }
        if !self.stand_ins.is_empty() {
            self.stand_ins = Arc::default();
        }
    }

    /// What stands at an input path.
    pub(super) fn input(&self, program: &Program, id: MemoId) -> Option<&Value> {
        self.inputs.follow(&program.inputs, id, self.input.as_ref())
    }

    /// What stands at a path of base documents.
    pub(super) fn base<'a>(&'a self, program: &'a Program, id: MemoId) -> Option<&'a Value> {
        match &self.data {
            None => program.base_values.get(id as usize)?.as_ref(),
            data @ Some(_) => self.bases.follow(&program.bases, id, data.as_ref()),
        }
    }

    /// The base documents.
    pub(super) fn documents<'a>(&'a self, program: &'a Program) -> &'a Value {
        self.data.as_ref().unwrap_or(&program.data)
    }

    pub(super) fn mask(&self, rule: RuleId) -> Option<&Option<Value>> {
        self.masks.iter().rev().find(|(other, _)| *other == rule).map(|(_, value)| value)
    }

    pub(super) fn stand_in(&self, function: Function) -> Option<&StandIn> {
        self.stand_ins.iter().rev().find(|(other, _)| *other == function).map(|(_, it)| it)
    }
}

/// Values at paths, looked up once each.
#[derive(Debug, Default)]
struct Paths {
    cells: Vec<OnceCell<Option<Value>>>,
    touched: RefCell<Vec<u32>>,
}

impl Paths {
    fn follow<'a>(&'a self, steps: &[Step], id: u32, root: Option<&'a Value>) -> Option<&'a Value> {
        if id == 0 {
            return root;
        }
        let cell = self.cells.get(id as usize)?;
        let found = cell.get_or_init(|| {
            self.touched.borrow_mut().push(id);
            let step = steps.get(id as usize)?;
            self.follow(steps, step.parent, root)?.field(&step.key).cloned()
        });
        found.as_ref()
    }

    fn clear(&mut self) {
        for id in self.touched.get_mut().drain(..) {
            if let Some(cell) = self.cells.get_mut(id as usize) {
                cell.take();
            }
        }
    }
}

/// One entry for each number, cheap to clear.
#[derive(Debug)]
pub(super) struct Table<T> {
    entries: Vec<Option<T>>,
    touched: Vec<u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), touched: Vec::new() }
    }
}

impl<T> Table<T> {
    pub(super) fn get(&self, id: u32) -> Option<&T> {
        self.entries.get(id as usize)?.as_ref()
    }

    pub(super) fn set(&mut self, id: u32, value: T) {
        if let Some(entry) = self.entries.get_mut(id as usize) {
            *entry = Some(value);
            self.touched.push(id);
        }
    }

    fn clear(&mut self) {
        for id in self.touched.drain(..) {
            if let Some(entry) = self.entries.get_mut(id as usize) {
                *entry = None;
            }
        }
    }
}
