//! `with`: a literal under other documents, rules and functions.

use std::sync::Arc;

use crate::domain::value::Value;
use crate::rego::ir::{Path, Span};

use super::context::{Context, Function, StandIn};
use super::failure::Outcome;
use super::machine::Evaluation;
use super::program::{NodeId, Op, Replacement, RuleId, Target, With};
use super::sink::Sink;

impl<'p> Evaluation<'p> {
    pub(super) fn with(
        &mut self,
        with: &'p With,
        after: &'p [Op],
        sink: &mut Sink<'p>,
    ) -> Outcome<bool> {
        self.charge(with.span)?;
        let Some(inner) = self.replaced(with)? else { return Ok(false) };
        let outer = std::mem::replace(&mut self.context, inner);
        let mut found = Sink::Slots { slots: &with.binds, solutions: Vec::new() };
        let result = self.run(&with.body, &mut found);
        let inner = std::mem::replace(&mut self.context, outer);
        self.release(inner);
        result?;
        let Sink::Slots { solutions, .. } = found else { return Ok(false) };
        for solution in solutions {
            for (slot, value) in with.binds.iter().zip(solution) {
                self.bind(*slot, value);
            }
            if self.run(after, sink)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A context with the same documents and replacements, and nothing computed.
    pub(super) fn derived(&mut self) -> Context {
        let mut context = self.pool.pop().unwrap_or_default();
        context.fit(self.program);
        context.input.clone_from(&self.context.input);
        context.data.clone_from(&self.context.data);
        context.masks = Arc::clone(&self.context.masks);
        context.stand_ins = Arc::clone(&self.context.stand_ins);
        for (rule, value) in context.masks.iter() {
            context.rules.set(*rule, value.clone());
        }
        context
    }

    fn replaced(&mut self, with: &'p With) -> Outcome<Option<Context>> {
        let mut context = self.derived();
        for (target, replacement) in &with.replacements {
            let replacement = match replacement {
                Replacement::Function(callee) => StandIn::Function(*callee),
                Replacement::Value(expr) => {
                    let Some(value) = self.owned(expr) else {
                        self.release(context);
                        return Ok(None);
                    };
                    StandIn::Value(value)
                }
            };
            match (target, replacement) {
                (Target::Input(path), StandIn::Value(value)) => {
                    context.input = Some(placed(context.input.as_ref(), path, value));
                }
                (Target::Data(path), StandIn::Value(value)) => {
                    self.replace_data(&mut context, path, value, with.span)?;
                }
                (Target::Rule(id), stand_in) => {
                    Arc::make_mut(&mut context.stand_ins).push((Function::Rule(*id), stand_in));
                }
                (Target::Builtin(builtin), stand_in) => {
                    Arc::make_mut(&mut context.stand_ins)
                        .push((Function::from(*builtin), stand_in));
                }
                (Target::Input(_) | Target::Data(_), StandIn::Function(_)) => {}
            }
        }
        Ok(Some(context))
    }

    /// Replaces base documents and rules at a path, above it, and below it.
    fn replace_data(
        &mut self,
        context: &mut Context,
        path: &Path,
        value: Value,
        span: Span,
    ) -> Outcome<()> {
        let data = placed(Some(context.documents(self.program)), path, value.clone());
        let (node, n_steps) = self.program.descend(path.iter().map(AsRef::as_ref));
        let mut masks = Vec::new();
        if n_steps == path.len() {
            for rule in self.rules_below(node) {
                let masked = self.path_of(rule).and_then(|path| fields(&data, path)).cloned();
                masks.push((rule, masked));
            }
        } else if let Some(rule) = self.program.node(node).and_then(|node| node.rule) {
            // A part of a rule's value is replaced, and the rest stays as the rule makes it.
            let rest: Path = path.iter().skip(n_steps).cloned().collect();
            self.rule(rule, span)?;
            let known = self.context.rules.get(rule).and_then(Option::as_ref);
            masks.push((rule, Some(placed(known, &rest, value))));
        }
        for (rule, masked) in masks {
            context.rules.set(rule, masked.clone());
            Arc::make_mut(&mut context.masks).push((rule, masked));
        }
        context.data = Some(data);
        Ok(())
    }

    fn rules_below(&self, node: NodeId) -> Vec<RuleId> {
        let (mut found, mut open) = (Vec::new(), vec![node]);
        while let Some(node) = open.pop().and_then(|id| self.program.node(id)) {
            found.extend(node.rule);
            open.extend(node.children.values());
        }
        found
    }

    fn path_of(&self, rule: RuleId) -> Option<&'p Path> {
        let program = self.program;
        Some(&program.node(program.rule(rule)?.node)?.path)
    }
}

fn fields<'v>(value: &'v Value, path: &[Arc<str>]) -> Option<&'v Value> {
    path.iter().try_fold(value, |here, key| here.field(key))
}

/// The document with `value` at `path`; what stands in the way and is no object gives way.
fn placed(document: Option<&Value>, path: &[Arc<str>], value: Value) -> Value {
    let Some((key, rest)) = path.split_first() else { return value };
    let mut entries: Vec<(Value, Value)> = document
        .map(|document| document.pairs().map(|(key, value)| (key, value.clone())).collect())
        .unwrap_or_default();
    let inner = placed(document.and_then(|document| document.field(key)), rest, value);
    entries.push((Value::String(Arc::clone(key)), inner));
    Value::map(entries)
}
