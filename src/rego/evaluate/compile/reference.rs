//! References: through `input`, through base documents, through packages and rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::value::Value;
use crate::rego::ir::{RuleKind, Term};

use super::super::program::{Expr, Iterate, NodeId, Op, Pattern, Read, RuleId, Step};
use super::{Compiled, Compiler, Scope, number};

impl Compiler {
    pub(super) fn input(&mut self, steps: &[Term], scope: &mut Scope) -> Compiled<Expr> {
        let (constant, rest) = split(steps);
        let mut here = 0;
        for key in constant {
            here = path_id(&mut self.program.inputs, &mut self.input_ids, here, key);
        }
        self.steps(Expr::Input(here), rest, scope)
    }

    pub(super) fn data(&mut self, steps: &[Term], scope: &mut Scope) -> Compiled<Expr> {
        let (constant, _) = split(steps);
        let (mut here, mut n_steps) = (0, 0);
        for key in &constant {
            let Some(node) = self.program.node(here) else { break };
            // A rule that has others below it is read together with them.
            let (Some(child), None) = (node.children.get(key), node.rule) else { break };
            here = *child;
            n_steps += 1;
        }
        let rest = steps.get(n_steps..).unwrap_or_default();
        let Some(node) = self.program.node(here) else { return self.refuse("no such package") };
        match node.rule {
            Some(rule) if node.children.is_empty() => {
                self.evaluated(rule, scope)?;
                self.steps(Expr::Rule(rule), rest, scope)
            }
            None if n_steps < constant.len() => self.base(steps, scope),
            Some(_) | None => self.read(here, rest, scope),
        }
    }

    /// A path on which no package or rule stands.
    fn base(&mut self, steps: &[Term], scope: &mut Scope) -> Compiled<Expr> {
        let (constant, rest) = split(steps);
        let mut here = 0;
        for key in constant {
            here = path_id(&mut self.program.bases, &mut self.base_ids, here, key);
        }
        self.steps(Expr::Base(here), rest, scope)
    }

    fn evaluated(&mut self, rule: RuleId, scope: &mut Scope) -> Compiled<()> {
        let known = self.program.rule(rule);
        if let Some(known) = known
            && let RuleKind::Function { .. } = known.kind
        {
            let message = format!("`{}` is a function: call it with its arguments", known.name);
            return self.refuse(message);
        }
        if self.frame.ready.insert(rule) {
            scope.ops.push(Op::Rule(rule, self.span));
        }
        Ok(())
    }

    fn read(&mut self, node: NodeId, steps: &[Term], scope: &mut Scope) -> Compiled<Expr> {
        let mut keys = Vec::with_capacity(steps.len());
        let mut later = Vec::new();
        for step in steps {
            if self.is_ground(step) && !matches!(step, Term::Local(_)) {
                keys.push(Pattern::Equal(self.expr(step, scope)?));
            } else {
                keys.push(self.pattern(step, scope, &mut later)?);
            }
        }
        let slot = scope.slot();
        self.frame.bound.insert(slot);
        scope.ops.push(Op::Read(Box::new(Read { node, keys, slot, span: self.span })));
        self.compare_later(later, scope)?;
        Ok(Expr::Slot(slot))
    }

    /// Follows steps below a value: bound ones by look-up, the others by iteration.
    pub(super) fn steps(
        &mut self,
        base: Expr,
        steps: &[Term],
        scope: &mut Scope,
    ) -> Compiled<Expr> {
        let (mut here, mut lookups) = (base, Vec::new());
        for step in steps {
            if self.is_ground(step) {
                lookups.push(self.expr(step, scope)?);
                continue;
            }
            let mut later = Vec::new();
            let key = self.pattern(step, scope, &mut later)?;
            let collection = path(here, std::mem::take(&mut lookups));
            let slot = scope.slot();
            self.frame.bound.insert(slot);
            let value = Pattern::Bind(slot);
            let iterate = Iterate { collection, key, value, join: None };
            scope.ops.push(Op::Iterate(Box::new(iterate)));
            self.compare_later(later, scope)?;
            here = Expr::Slot(slot);
        }
        Ok(path(here, lookups))
    }
}

fn path(base: Expr, lookups: Vec<Expr>) -> Expr {
    if lookups.is_empty() { base } else { Expr::Path(Box::new(base), lookups) }
}

/// The leading constant strings, and what follows them.
fn split(steps: &[Term]) -> (Vec<Arc<str>>, &[Term]) {
    let constant: Vec<Arc<str>> = steps
        .iter()
        .map_while(|step| {
            if let Term::Constant(Value::String(key)) = step { Some(Arc::clone(key)) } else { None }
        })
        .collect();
    let rest = steps.get(constant.len()..).unwrap_or_default();
    (constant, rest)
}

fn path_id(
    table: &mut Vec<Step>,
    ids: &mut BTreeMap<(u32, Arc<str>), u32>,
    parent: u32,
    key: Arc<str>,
) -> u32 {
    *ids.entry((parent, Arc::clone(&key))).or_insert_with(|| {
        table.push(Step { parent, key });
        number(table.len() - 1)
    })
}
