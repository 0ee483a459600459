//! Reading through packages and rules: base documents and rules' values as one document.

use std::borrow::Cow;
use std::sync::Arc;

use crate::domain::value::{Object, Value};
use crate::rego::ir::{RuleKind, Span};

use super::expression::base_step;
use super::failure::{Outcome, conflict};
use super::machine::Evaluation;
use super::program::{NodeId, Op, Pattern, Read};
use super::sink::Sink;
use super::tree::Tree;

/// How far a reading has come.
#[derive(Clone)]
enum Place {
    /// In the tree of packages and rules, with the base document that stands there too.
    Node(NodeId, Option<Value>),
    /// Below a rule or in a base document: a plain value.
    Value(Value),
}

impl<'p> Evaluation<'p> {
    pub(super) fn read(
        &mut self,
        read: &'p Read,
        after: &'p [Op],
        sink: &mut Sink<'p>,
    ) -> Outcome<bool> {
        let base = self.documents_at(read.node);
        self.follow(Place::Node(read.node, base), &read.keys, read, after, sink)
    }

    fn follow(
        &mut self,
        place: Place,
        keys: &'p [Pattern],
        read: &'p Read,
        after: &'p [Op],
        sink: &mut Sink<'p>,
    ) -> Outcome<bool> {
        self.charge(read.span)?;
        let Some(place) = self.settled(place)? else { return Ok(false) };
        let Some((key, rest)) = keys.split_first() else {
            let value = match place {
                Place::Value(value) => Some(value),
                Place::Node(node, _) => self.materialised(node)?,
            };
            let Some(value) = value else { return Ok(false) };
            self.bind(read.slot, value);
            return self.run(after, sink);
        };
        if let Pattern::Equal(expr) = key {
            let next =
                self.value(expr).map(Cow::into_owned).and_then(|key| self.next(&place, &key));
            return match next {
                Some(next) => self.follow(next, rest, read, after, sink),
                None => Ok(false),
            };
        }
        for value in self.keys_of(&place) {
            if !self.fits(key, &value) {
                continue;
            }
            if let Some(next) = self.next(&place, &value)
                && self.follow(next, rest, read, after, sink)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A node with a rule is read as the rule's value, together with what stands below it.
    fn settled(&mut self, place: Place) -> Outcome<Option<Place>> {
        let Place::Node(id, base) = place else { return Ok(Some(place)) };
        let rule = self.program.node(id).and_then(|node| node.rule);
        let Some(rule) = rule.and_then(|rule| self.program.rule(rule)) else {
            return Ok(Some(Place::Node(id, base)));
        };
        if Self::is_function(rule.kind) {
            return Ok(None);
        }
        Ok(self.materialised(id)?.map(Place::Value))
    }

    fn next(&self, place: &Place, key: &Value) -> Option<Place> {
        match place {
            Place::Value(value) => value.step(key).cloned().map(Place::Value),
            Place::Node(id, base) => {
                let base = base.as_ref().and_then(|base| base_step(base, key)).cloned();
                let child =
                    key.as_str().and_then(|key| self.program.node(*id)?.children.get(key).copied());
                match (child, base) {
                    (Some(child), base) => Some(Place::Node(child, base)),
                    (None, base) => base.map(Place::Value),
                }
            }
        }
    }

    fn keys_of(&self, place: &Place) -> Vec<Value> {
        let (base, node) = match place {
            Place::Value(value) => (Some(value), None),
            Place::Node(id, base) => (base.as_ref(), self.program.node(*id)),
        };
        let mut keys: Vec<Value> = match base {
            Some(Value::Array(items)) => {
                (0..).zip(items.iter()).map(|(n, _)| Value::from(n)).collect()
            }
            Some(Value::Set(set)) => set.items().to_vec(),
            Some(object) => object.pairs().map(|(key, _)| key).collect(),
            None => Vec::new(),
        };
        if let Some(node) = node {
            keys.extend(node.children.keys().cloned().map(Value::String));
            keys.sort();
            keys.dedup();
        }
        keys
    }

    fn documents_at(&self, node: NodeId) -> Option<Value> {
        let path = &self.program.node(node)?.path;
        let documents = self.context.documents(self.program);
        path.iter().try_fold(documents, |here, key| here.field(key)).cloned()
    }

    /// Everything at a node: base documents, rules, and what stands below.
    pub(super) fn materialised(&mut self, id: NodeId) -> Outcome<Option<Value>> {
        if let Some(known) = self.context.nodes.get(&id) {
            return Ok(known.clone());
        }
        let Some(node) = self.program.node(id) else { return Ok(None) };
        let base = self.documents_at(id);
        let made = match node.rule {
            Some(rule) if node.children.is_empty() => {
                let is_function =
                    self.program.rule(rule).is_some_and(|rule| Self::is_function(rule.kind));
                if is_function || !self.rule(rule, Span::default())? {
                    None
                } else {
                    self.context.rules.get(rule).cloned().flatten()
                }
            }
            Some(_) | None => self.packaged(id)?,
        };
        let value = match (made, base) {
            (made, None) => made,
            (None, Some(_)) if node.rule.is_some() => None,
            (None, base) => base,
            (Some(made), Some(base)) => Some(merged(&made, &base)),
        };
        self.context.nodes.insert(id, value.clone());
        Ok(value)
    }

    /// A key of the program's tree as one of this thread.
    fn key(&self, key: &Arc<str>) -> Arc<str> {
        if self.program.switches.own_constants { self.copies.of_text(key) } else { Arc::clone(key) }
    }

    /// What the rules at and below a node make, as a value: packages need no tree, since nothing else stands in them.
    fn packaged(&mut self, id: NodeId) -> Outcome<Option<Value>> {
        let Some(node) = self.program.node(id) else { return Ok(None) };
        if !self.program.switches.plain_packages || node.rule.is_some() {
            return Ok(self.tree(id)?.map(Tree::into_value));
        }
        let mut entries = Vec::with_capacity(node.children.len());
        for (key, child) in &node.children {
            if let Some(value) = self.packaged(*child)? {
                entries.push((self.key(key), value));
            }
        }
        Ok(Some(Value::Object(Arc::new(Object::from_ordered(entries)))))
    }

    /// What the rules at and below a node make.
    fn tree(&mut self, id: NodeId) -> Outcome<Option<Tree>> {
        let Some(node) = self.program.node(id) else { return Ok(None) };
        let mut tree = match node.rule {
            None => Tree::default(),
            Some(rule) => {
                if let Some(mask) = self.context.mask(rule) {
                    return Ok(mask.clone().map(Tree::Leaf));
                }
                // Rules stand only below partial objects, which are never undefined.
                let made = self.tree_at(rule, !node.children.is_empty())?;
                let Some(tree) = made else { return Ok(None) };
                tree
            }
        };
        for (key, child) in &node.children {
            let Some(child) = self.tree(*child)? else { continue };
            let key = Value::String(Arc::clone(key));
            let Tree::Node(children) = &mut tree else {
                let message = format!("the rule `{key}` stands below a rule with a complete value");
                return Err(conflict(message, Span::default()));
            };
            let joined = match children.remove(&key) {
                Some(known) => known.joined(child, &key, Span::default())?,
                None => child,
            };
            children.insert(key, joined);
        }
        Ok(Some(tree))
    }

    fn tree_at(&mut self, id: u32, has_children: bool) -> Outcome<Option<Tree>> {
        let Some(rule) = self.program.rule(id) else { return Ok(None) };
        match rule.kind {
            RuleKind::Function { .. } => return Ok(None),
            RuleKind::Object if has_children => {
                self.reach(rule, rule.span)?;
                return self.within(|evaluation| evaluation.tree_of(rule)).map(Some);
            }
            RuleKind::Object | RuleKind::Complete | RuleKind::Set => {}
        }
        if !self.rule(id, rule.span)? {
            return Ok(None);
        }
        let value = self.context.rules.get(id).cloned().flatten();
        Ok(value.map(|value| match (rule.kind, &value) {
            (RuleKind::Set, Value::Set(set)) => Tree::Shared(Arc::clone(set)),
            _ => Tree::Leaf(value),
        }))
    }
}

/// Rules' values and base documents as one; a base document wins where both stand.
fn merged(made: &Value, base: &Value) -> Value {
    if !made.is_object() || !base.is_object() {
        return base.clone();
    }
    let mut entries: Vec<(Value, Value)> =
        made.pairs().map(|(key, value)| (key, value.clone())).collect();
    for (key, value) in base.pairs() {
        let value = made.step(&key).map_or_else(|| value.clone(), |made| merged(made, value));
        entries.push((key, value));
    }
    Value::map(entries)
}
