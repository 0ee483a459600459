//! Bodies: steps one after the other, with the rest of the body run for each solution of a step that has several.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::value::Value;
use crate::rego::ir::{RuleKind, Span};

use super::failure::Outcome;
use super::index::Joined;
use super::machine::Evaluation;
use super::program::{Collect, Collection, Every, Expr, Iterate, Join, Op, Pattern, PointKind};
use super::sink::{Members, Sink};

/// Up to here a collection is searched once before an index of it is made.
const FEW_MEMBERS: usize = 8;

impl<'p> Evaluation<'p> {
    /// Runs a body; `true` when the sink wants no other solution.
    pub(super) fn run(&mut self, body: &'p [Op], sink: &mut Sink<'p>) -> Outcome<bool> {
        let mut rest = body;
        loop {
            let Some((op, after)) = rest.split_first() else { return self.solved(sink) };
            match op {
                Op::Bind(slot, expr) => {
                    let Some(value) = self.owned(expr) else { return Ok(false) };
                    self.is_light()?;
                    self.bind(*slot, value);
                }
                Op::Test(expr) => {
                    if !self.holds(expr) {
                        return Ok(false);
                    }
                }
                Op::Guard(guard) => {
                    if !self.admits(guard) {
                        return Ok(false);
                    }
                }
                Op::Match(pattern, expr) => {
                    let Some(value) = self.owned(expr) else { return Ok(false) };
                    if !self.fits(pattern, &value) {
                        return Ok(false);
                    }
                }
                Op::Rule(id, span) => {
                    if !self.rule(*id, *span)? {
                        return Ok(false);
                    }
                }
                Op::Call(call) => {
                    let Some(value) = self.call(call)? else { return Ok(false) };
                    self.bind(call.slot, value);
                }
                Op::Collect(collect) => {
                    let value = self.collect(collect)?;
                    self.bind(collect.slot, value);
                }
                Op::Not(body) => {
                    if self.exists(body)? {
                        return Ok(false);
                    }
                }
                Op::Every(every) => {
                    if !self.every(every)? {
                        return Ok(false);
                    }
                }
                Op::Cover(point) => {
                    self.hit(*point).reached = true;
                    if self.is_statement(*point) {
                        return self.observed(*point, after, sink);
                    }
                    self.look(*point, true);
                }
                Op::Held(point) => {
                    self.hit(*point).held = true;
                    self.look(*point, true);
                }
                Op::Iterate(iterate) => return self.iterate(iterate, after, sink),
                Op::Walk(walk) => {
                    let Some(value) = self.owned(&walk.0) else { return Ok(false) };
                    return self.walk(&value, &mut Vec::new(), &walk.1, after, sink);
                }
                Op::Read(read) => return self.read(read, after, sink),
                Op::With(with) => return self.with(with, after, sink),
            }
            rest = after;
        }
    }

    /// Whether the body has a solution.
    pub(super) fn exists(&mut self, body: &'p [Op]) -> Outcome<bool> {
        let mut sink = Sink::Exists { found: false };
        self.run(body, &mut sink)?;
        Ok(matches!(sink, Sink::Exists { found: true }))
    }

    /// Runs a statement that coverage counts with all behind it, and notes whether it had a solution.
    fn observed(&mut self, point: u32, after: &'p [Op], sink: &mut Sink<'p>) -> Outcome<bool> {
        let held_before = std::mem::take(&mut self.hit(point).held);
        let result = self.run(after, sink);
        let is_over = result.is_ok();
        let hit = self.hit(point);
        let held = hit.held;
        hit.failed |= is_over && !held;
        hit.held |= held_before;
        if !held {
            self.look(point, false);
        }
        result
    }

    fn is_statement(&self, point: u32) -> bool {
        let point = self.program.points.get(point as usize);
        point.is_some_and(|point| point.kind != PointKind::Head)
    }

    fn collect(&mut self, collect: &'p Collect) -> Outcome<Value> {
        if let Some(known) = collect.memo.and_then(|memo| self.context.collected.get(memo)) {
            return Ok(known.clone());
        }
        let mut sink = match &collect.what {
            Collection::Array(value) => Sink::Array { value, items: Vec::new() },
            Collection::Set(value) => Sink::Set { value, items: Members::default() },
            Collection::Object(key, value) => {
                Sink::Object { key, value, entries: BTreeMap::new(), span: collect.span }
            }
        };
        self.run(&collect.body, &mut sink)?;
        let value = match sink {
            Sink::Array { items, .. } => Value::array(items),
            Sink::Set { items, .. } => items.into_value(),
            Sink::Object { entries, .. } => Value::map(entries.into_iter().collect()),
            Sink::Exists { .. } | Sink::One { .. } | Sink::Tree { .. } | Sink::Slots { .. } => {
                Value::Null
            }
        };
        self.weights.weigh(&value);
        self.is_light()?;
        if let Some(memo) = collect.memo {
            self.context.collected.set(memo, value.clone());
        }
        Ok(value)
    }

    fn every(&mut self, every: &'p Every) -> Outcome<bool> {
        let Some(domain) = self.owned(&every.domain) else { return Ok(false) };
        let mut all = true;
        self.members(&domain, &mut |evaluation, key, value| {
            if let Some(slot) = every.key {
                evaluation.bind(slot, key.to_value());
            }
            evaluation.bind(every.value, value.clone());
            all = evaluation.exists(&every.body)?;
            Ok(!all)
        })?;
        Ok(all && domain.size().is_some())
    }

    fn iterate(
        &mut self,
        iterate: &'p Iterate,
        after: &'p [Op],
        sink: &mut Sink<'p>,
    ) -> Outcome<bool> {
        if let Some(join) = &iterate.join {
            return self.join(join, iterate, after, sink);
        }
        let Some(collection) = self.owned(&iterate.collection) else { return Ok(false) };
        if let Pattern::Equal(key) = &iterate.key {
            return match self.value(key).and_then(|key| collection.step(&key)) {
                Some(value) if self.fits(&iterate.value, value) => self.run(after, sink),
                Some(_) | None => Ok(false),
            };
        }
        self.members(&collection, &mut |evaluation, key, value| {
            let fits = (matches!(iterate.key, Pattern::Any)
                || evaluation.fits(&iterate.key, &key.to_value()))
                && evaluation.fits(&iterate.value, value);
            if fits { evaluation.run(after, sink) } else { Ok(false) }
        })
    }

    /// Visits each member with its key until the visitor says `true`.
    fn members(
        &mut self,
        collection: &Value,
        visit: &mut dyn FnMut(&mut Self, Key<'_>, &Value) -> Outcome<bool>,
    ) -> Outcome<bool> {
        match collection {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.charge(Span::default())?;
                    if visit(self, Key::Index(index), item)? {
                        return Ok(true);
                    }
                }
            }
            Value::Set(set) => {
                for item in set.items() {
                    self.charge(Span::default())?;
                    if visit(self, Key::Value(item), item)? {
                        return Ok(true);
                    }
                }
            }
            Value::Object(object) => {
                for (key, item) in object.entries() {
                    self.charge(Span::default())?;
                    if visit(self, Key::Text(key), item)? {
                        return Ok(true);
                    }
                }
            }
            Value::Map(map) => {
                for (key, item) in map.entries() {
                    self.charge(Span::default())?;
                    if visit(self, Key::Value(key), item)? {
                        return Ok(true);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Ok(false)
    }

    /// The members that the following test finds equal, without trying the others.
    fn join(
        &mut self,
        join: &'p Join,
        iterate: &'p Iterate,
        after: &'p [Op],
        sink: &mut Sink<'p>,
    ) -> Outcome<bool> {
        let Some(probe) = self.owned(&join.probe) else { return Ok(false) };
        // The test stands directly behind the iteration.
        let Some((_, after)) = after.split_first() else { return Ok(false) };
        let shared = join.shared.filter(|_| self.context.data.is_none());
        if let Some(shared) = shared.and_then(|id| self.program.joins.get(id as usize)) {
            let joined = if let Some(joined) = shared.get() {
                joined
            } else {
                let joined = self.joined(join, &iterate.collection)?;
                shared.get_or_init(|| joined)
            };
            return self.found(joined, &probe, iterate, after, sink);
        }
        match self.context.joins.get(&join.memo) {
            Some(Some(known)) => {
                let joined = Arc::clone(known);
                return self.found(&joined, &probe, iterate, after, sink);
            }
            Some(None) => {}
            None => {
                let Some(collection) = self.owned(&iterate.collection) else { return Ok(false) };
                if collection.size().is_some_and(|size| size <= FEW_MEMBERS) {
                    self.context.joins.insert(join.memo, None);
                    return self.searched(&collection, join, &probe, iterate, after, sink);
                }
            }
        }
        let joined = Arc::new(self.joined(join, &iterate.collection)?);
        self.context.joins.insert(join.memo, Some(Arc::clone(&joined)));
        self.found(&joined, &probe, iterate, after, sink)
    }

    /// The same as asking an index, member by member.
    fn searched(
        &mut self,
        collection: &Value,
        join: &'p Join,
        probe: &Value,
        iterate: &'p Iterate,
        after: &'p [Op],
        sink: &mut Sink<'p>,
    ) -> Outcome<bool> {
        self.members(collection, &mut |evaluation, key, member| {
            let is_found = join.compared(member).is_some_and(|compared| compared == probe)
                && evaluation.fits(&iterate.key, &key.to_value())
                && evaluation.fits(&iterate.value, member);
            if is_found { evaluation.run(after, sink) } else { Ok(false) }
        })
    }

    fn found(
        &mut self,
        joined: &Joined,
        probe: &Value,
        iterate: &'p Iterate,
        after: &'p [Op],
        sink: &mut Sink<'p>,
    ) -> Outcome<bool> {
        for (key, member) in joined.get(probe).into_iter().flatten() {
            self.charge(Span::default())?;
            let fits = self.fits(&iterate.key, key) && self.fits(&iterate.value, member);
            if fits && self.run(after, sink)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn joined(&mut self, join: &Join, collection: &Expr) -> Outcome<Joined> {
        let mut joined = Joined::new();
        let Some(collection) = self.owned(collection) else { return Ok(joined) };
        self.members(&collection, &mut |_, key, member| {
            if let Some(compared) = join.compared(member) {
                let members = joined.entry(compared.clone()).or_default();
                members.push((key.to_value(), member.clone()));
            }
            Ok(false)
        })?;
        Ok(joined)
    }

    fn walk(
        &mut self,
        value: &Value,
        path: &mut Vec<Value>,
        pattern: &'p Pattern,
        after: &'p [Op],
        sink: &mut Sink<'p>,
    ) -> Outcome<bool> {
        self.charge(Span::default())?;
        let fits = match pattern {
            Pattern::Array(parts) => match parts.as_slice() {
                [Pattern::Any, inner] => self.fits(inner, value),
                [outer, inner] => {
                    self.fits(outer, &Value::array(path.clone())) && self.fits(inner, value)
                }
                _ => false,
            },
            Pattern::Any => true,
            Pattern::Bind(_) | Pattern::Equal(_) | Pattern::Object(_) => {
                let pair = Value::array(vec![Value::array(path.clone()), value.clone()]);
                self.fits(pattern, &pair)
            }
        };
        if fits && self.run(after, sink)? {
            return Ok(true);
        }
        self.members(value, &mut |evaluation, key, item| {
            path.push(key.to_value());
            let is_enough = evaluation.walk(item, path, pattern, after, sink)?;
            path.pop();
            Ok(is_enough)
        })
    }

    /// Whether a rule of this kind can only be called.
    pub(super) fn is_function(kind: RuleKind) -> bool {
        matches!(kind, RuleKind::Function { .. })
    }
}

impl Join {
    /// What the test compares of a member.
    fn compared<'a>(&self, member: &'a Value) -> Option<&'a Value> {
        self.path.iter().try_fold(member, |here, key| here.field(key))
    }
}

/// The key of a member, made into a value only where it is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key<'a> {
    Index(usize),
    Text(&'a Arc<str>),
    Value(&'a Value),
}

impl Key<'_> {
    pub(super) fn to_value(self) -> Value {
        match self {
            Self::Index(index) => Value::from(i64::try_from(index).unwrap_or(i64::MAX)),
            Self::Text(text) => Value::String(Arc::clone(text)),
            Self::Value(value) => value.clone(),
        }
    }
}
