//! Literals to steps.

use std::collections::BTreeSet;

use crate::rego::ir::{self, Callee, Literal, LiteralKind, Slot, Term};

use super::super::index;
use super::super::program::{
    Body, Comparison, Every, Expr, Iterate, Join, Op, Pattern, Point, PointKind, Replacement,
    Target, With,
};
use super::{Compiled, Compiler, Scope};
use crate::domain::value::Value;

/// What must still be compared after a pattern has been matched.
type Later<'t> = Vec<(Slot, &'t Term)>;

impl Compiler {
    pub(super) fn body(&mut self, body: &[Literal], scope: &mut Scope) -> Compiled<()> {
        let kind_of = |kind: &LiteralKind| {
            if asks(kind) { PointKind::Condition } else { PointKind::Statement }
        };
        self.counted(body, scope, &kind_of)
    }

    /// A body whose literals coverage counts as `kind_of` says.
    fn counted(
        &mut self,
        body: &[Literal],
        scope: &mut Scope,
        kind_of: &dyn Fn(&LiteralKind) -> PointKind,
    ) -> Compiled<()> {
        for literal in body {
            self.span = literal.span;
            let kind = kind_of(&literal.kind);
            let point = self.cover(Point { span: literal.span, kind }, scope);
            let keeps = self.program.switches.values;
            let before = if keeps { self.frame.bound.clone() } else { BTreeSet::new() };
            self.literal(literal, scope)?;
            if keeps {
                self.show(point, self.shown(literal, &before));
            }
            scope.ops.extend(point.map(Op::Held));
        }
        if self.program.switches.joins && !self.program.switches.coverage {
            let found = index::joins(&mut scope.ops);
            for (position, mut join) in found {
                self.number_join(&scope.ops, position, &mut join);
                index::place_join(&mut scope.ops, position, join);
            }
        }
        Ok(())
    }

    /// Gives a join the numbers of an earlier one that has the same index.
    fn number_join(&mut self, ops: &[Op], position: usize, join: &mut Join) {
        let collection = ops.get(position).and_then(|op| {
            if let Op::Iterate(iterate) = op { index::Named::of(&iterate.collection) } else { None }
        });
        let named = collection.filter(|_| self.program.switches.shared_joins);
        let key = named.map(|collection| (collection, join.path.clone()));
        if let Some((memo, shared)) = key.as_ref().and_then(|key| self.join_ids.get(key)) {
            (join.memo, join.shared) = (*memo, *shared);
            return;
        }
        join.memo = self.memo();
        join.shared = join.shared.map(|_| self.shared_join());
        if let Some(key) = key {
            self.join_ids.insert(key, (join.memo, join.shared));
        }
    }

    fn literal(&mut self, literal: &Literal, scope: &mut Scope) -> Compiled<()> {
        if literal.with.is_empty() {
            return self.kind(&literal.kind, scope);
        }
        let mut replacements = Vec::new();
        for with in &literal.with {
            replacements.push((self.target(&with.target)?, self.replacement(&with.value, scope)?));
        }
        let outside = self.frame.bound.clone();
        let ready = std::mem::take(&mut self.frame.ready);
        let body = self.inside(scope, |compiler, scope| compiler.kind(&literal.kind, scope))?;
        self.frame.ready = ready;
        let binds = self.frame.bound.difference(&outside).copied().collect();
        scope.ops.push(Op::With(Box::new(With { replacements, body, binds, span: literal.span })));
        Ok(())
    }

    fn target(&self, target: &ir::Target) -> Compiled<Target> {
        Ok(match target {
            ir::Target::Input(path) => Target::Input(path.clone()),
            ir::Target::Data(path) => Target::Data(path.clone()),
            ir::Target::Function(Callee::Builtin(name)) => Target::Builtin(self.builtin(name)?),
            ir::Target::Function(Callee::Rule(path)) => Target::Rule(self.function(path)?),
        })
    }

    fn replacement(
        &mut self,
        replacement: &ir::Replacement,
        scope: &mut Scope,
    ) -> Compiled<Replacement> {
        Ok(match replacement {
            ir::Replacement::Value(term) => {
                let expr = self.expr(term, scope)?;
                let slot = scope.slot();
                scope.ops.push(Op::Bind(slot, expr));
                Replacement::Value(Expr::Slot(slot))
            }
            ir::Replacement::Function(callee) => Replacement::Function(self.callee(callee)?),
        })
    }

    /// Compiles into a body of its own that shares the frame.
    pub(super) fn inside(
        &mut self,
        scope: &mut Scope,
        compile: impl FnOnce(&mut Self, &mut Scope) -> Compiled<()>,
    ) -> Compiled<Body> {
        let mut inner = Scope { slots: scope.slots, ops: Vec::new() };
        compile(self, &mut inner)?;
        scope.slots = inner.slots;
        Ok(inner.ops)
    }

    /// Compiles into a body whose locals are not seen outside.
    pub(super) fn closed(
        &mut self,
        scope: &mut Scope,
        compile: impl FnOnce(&mut Self, &mut Scope) -> Compiled<()>,
    ) -> Compiled<Body> {
        let frame = self.frame.clone();
        let body = self.inside(scope, compile)?;
        self.frame = frame;
        Ok(body)
    }

    fn kind(&mut self, kind: &LiteralKind, scope: &mut Scope) -> Compiled<()> {
        match kind {
            LiteralKind::Expression(term) => {
                let expr = self.expr(term, scope)?;
                scope.ops.push(Op::Test(expr));
            }
            LiteralKind::Unify(a, b) => self.unify(a, b, scope)?,
            LiteralKind::Not(body) => {
                // The `not` itself is the condition.
                let body = self.closed(scope, |compiler, scope| {
                    compiler.counted(body, scope, &|_| PointKind::Statement)
                })?;
                scope.ops.push(Op::Not(body));
            }
            LiteralKind::SomeIn { key, value, collection } => {
                let collection = self.expr(collection, scope)?;
                let mut later = Vec::new();
                let key = match key {
                    Some(key) => self.pattern(key, scope, &mut later)?,
                    None => Pattern::Any,
                };
                let value = self.pattern(value, scope, &mut later)?;
                let iterate = Iterate { collection, key, value, join: None };
                scope.ops.push(Op::Iterate(Box::new(iterate)));
                self.compare_later(later, scope)?;
            }
            LiteralKind::Every { key, value, domain, body } => {
                let domain = self.expr(domain, scope)?;
                let frame = self.frame.clone();
                self.frame.bound.extend(key.iter().chain([value]));
                let ops = self.inside(scope, |compiler, scope| compiler.body(body, scope))?;
                self.frame = frame;
                let every = Every { domain, key: *key, value: *value, body: ops };
                scope.ops.push(Op::Every(Box::new(every)));
            }
        }
        Ok(())
    }

    pub(super) fn parameter(
        &mut self,
        parameter: &Term,
        slot: Slot,
        scope: &mut Scope,
    ) -> Compiled<()> {
        let is_plain = matches!(parameter, Term::Wildcard)
            || matches!(parameter, Term::Local(own) if *own == slot);
        if is_plain { Ok(()) } else { self.unify(parameter, &Term::Local(slot), scope) }
    }

    fn unify(&mut self, a: &Term, b: &Term, scope: &mut Scope) -> Compiled<()> {
        match (a, b) {
            (Term::Call(call), other) | (other, Term::Call(call)) if self.is_walk(call) => {
                let source = self.argument(call, scope)?;
                let mut later = Vec::new();
                let pattern = self.pattern(other, scope, &mut later)?;
                scope.ops.push(Op::Walk(Box::new((source, pattern))));
                return self.compare_later(later, scope);
            }
            (Term::Array(left), Term::Array(right)) if !self.is_ground(a) && !self.is_ground(b) => {
                if left.len() != right.len() {
                    scope.ops.push(Op::Test(Expr::Constant(Value::Bool(false))));
                }
                return left.iter().zip(right).try_for_each(|(a, b)| self.unify(a, b, scope));
            }
            (Term::Object(left), Term::Object(right))
                if !self.is_ground(a) && !self.is_ground(b) =>
            {
                return self.unify_objects(left, right, scope);
            }
            _ => {}
        }
        if self.is_ground(a) && self.is_ground(b) {
            let (a, b) = self.sides(a, b, scope)?;
            scope.ops.push(equal(a, b));
            return Ok(());
        }
        let (pattern, value) = if self.is_ground(b) {
            (a, b)
        } else if self.is_ground(a) {
            (b, a)
        } else {
            return self.refuse("both sides have variables that nothing binds");
        };
        let value = self.expr(value, scope)?;
        self.matched(pattern, value, scope)
    }

    fn matched(&mut self, pattern: &Term, value: Expr, scope: &mut Scope) -> Compiled<()> {
        // The value may have bound what the pattern reads: `xs[i] = i`.
        if self.is_ground(pattern) {
            let other = self.expr(pattern, scope)?;
            scope.ops.push(equal(other, value));
            return Ok(());
        }
        let mut later = Vec::new();
        let pattern = self.pattern(pattern, scope, &mut later)?;
        scope.ops.push(if let Pattern::Bind(slot) = pattern {
            Op::Bind(slot, value)
        } else {
            Op::Match(pattern, value)
        });
        self.compare_later(later, scope)
    }

    /// Objects with the same constant keys are unified key by key.
    fn unify_objects(
        &mut self,
        left: &[(Term, Term)],
        right: &[(Term, Term)],
        scope: &mut Scope,
    ) -> Compiled<()> {
        let key_of =
            |key: &Term| if let Term::Constant(key) = key { Some(key.clone()) } else { None };
        if left.len() != right.len() {
            scope.ops.push(Op::Test(Expr::Constant(Value::Bool(false))));
            return Ok(());
        }
        for (key, value) in left {
            let Some(key) = key_of(key) else {
                return self.refuse("objects on both sides need constant keys");
            };
            match right.iter().find(|(other, _)| key_of(other).as_ref() == Some(&key)) {
                Some((_, other)) => self.unify(value, other, scope)?,
                None => scope.ops.push(Op::Test(Expr::Constant(Value::Bool(false)))),
            }
        }
        Ok(())
    }

    /// The pattern that binds what is unbound in `term`.
    ///
    /// A part that must be computed is bound to a slot of its own and compared afterwards: it may need what the pattern
    /// binds.
    pub(super) fn pattern<'t>(
        &mut self,
        term: &'t Term,
        scope: &mut Scope,
        later: &mut Later<'t>,
    ) -> Compiled<Pattern> {
        Ok(match term {
            Term::Wildcard => Pattern::Any,
            Term::Constant(value) => Pattern::Equal(Expr::Constant(value.clone())),
            Term::Local(slot) if self.frame.bound.insert(*slot) => Pattern::Bind(*slot),
            Term::Local(slot) => Pattern::Equal(Expr::Slot(*slot)),
            Term::Array(items) => Pattern::Array(
                items
                    .iter()
                    .map(|item| self.pattern(item, scope, later))
                    .collect::<Compiled<_>>()?,
            ),
            Term::Object(entries) => Pattern::Object(
                entries
                    .iter()
                    .map(|(key, value)| {
                        Ok((self.expr(key, scope)?, self.pattern(value, scope, later)?))
                    })
                    .collect::<Compiled<_>>()?,
            ),
            Term::Set(_)
            | Term::Input(_)
            | Term::Data(_)
            | Term::Reference(..)
            | Term::Call(_)
            | Term::Comprehension(_) => {
                let slot = scope.slot();
                later.push((slot, term));
                Pattern::Bind(slot)
            }
        })
    }

    pub(super) fn compare_later(&mut self, later: Later<'_>, scope: &mut Scope) -> Compiled<()> {
        for (slot, term) in later {
            let expr = self.expr(term, scope)?;
            scope.ops.push(equal(Expr::Slot(slot), expr));
        }
        Ok(())
    }
}

/// Whether a statement asks something, and does not only give values to variables.
fn asks(kind: &LiteralKind) -> bool {
    match kind {
        LiteralKind::Expression(term) => !matches!(term, Term::Constant(_)),
        LiteralKind::Not(_) | LiteralKind::Every { .. } => true,
        LiteralKind::Unify(..) | LiteralKind::SomeIn { .. } => false,
    }
}

fn equal(a: Expr, b: Expr) -> Op {
    Op::Test(Expr::Compare(Comparison::Equal, Box::new((a, b))))
}
