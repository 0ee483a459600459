//! Terms to expressions: what must be evaluated before is pushed as steps.

use std::sync::Arc;

use crate::domain::value::Value;
use crate::rego::builtin::{self, Builtin};
use crate::rego::ir::{self, Collects, RuleKind, Term};

use super::super::direct::Direct;
use super::super::guard::Guard;
use super::super::inspect;
use super::super::program::{
    Call, Callee, Collect, Collection, Comparison, Expr, Op, Pattern, RuleId,
};
use super::{Compiled, Compiler, Scope};

impl Compiler {
    /// Whether all locals of the term are bound; a reference binds its own steps.
    pub(super) fn is_ground(&self, term: &Term) -> bool {
        match term {
            Term::Local(slot) => self.frame.bound.contains(slot),
            Term::Wildcard => false,
            Term::Array(items) | Term::Set(items) => items.iter().all(|item| self.is_ground(item)),
            Term::Object(entries) => entries.iter().all(|(_, value)| self.is_ground(value)),
            Term::Constant(_)
            | Term::Input(_)
            | Term::Data(_)
            | Term::Reference(..)
            | Term::Call(_)
            | Term::Comprehension(_) => true,
        }
    }

    /// Whether a call in the term reads a local that is still unbound.
    fn waits(&self, term: &Term) -> bool {
        match term {
            Term::Constant(_) | Term::Local(_) | Term::Wildcard | Term::Comprehension(_) => false,
            Term::Input(items) | Term::Data(items) | Term::Array(items) | Term::Set(items) => {
                items.iter().any(|item| self.waits(item))
            }
            Term::Reference(base, steps) => {
                self.waits(base) || steps.iter().any(|step| self.waits(step))
            }
            Term::Call(call) => {
                call.arguments.iter().any(|it| !self.is_ground(it) || self.waits(it))
            }
            Term::Object(entries) => {
                entries.iter().any(|(key, value)| self.waits(key) || self.waits(value))
            }
        }
    }

    pub(super) fn exprs<'t>(
        &mut self,
        terms: impl IntoIterator<Item = &'t Term>,
        scope: &mut Scope,
    ) -> Compiled<Vec<Expr>> {
        let terms: Vec<&Term> = terms.into_iter().collect();
        let calls_first = !terms.iter().any(|term| self.waits(term));
        let mut exprs: Vec<Option<Expr>> = vec![None; terms.len()];
        for is_call in [true, false] {
            for (index, term) in terms.iter().enumerate() {
                // Calls come first, unless they may need what a reference binds.
                if calls_first && is_call != has_call(term) || !calls_first && !is_call {
                    continue;
                }
                let before: Vec<Expr> = exprs.iter().flatten().cloned().collect();
                let expr = self.expr_after(&before, term, scope)?;
                if let Some(place) = exprs.get_mut(index) {
                    *place = Some(expr);
                }
            }
        }
        Ok(exprs.into_iter().flatten().collect())
    }

    /// Compiles what is evaluated behind `before`: where one of these is undefined, it is not evaluated at all, which
    /// is seen when it would fail with an error.
    fn expr_after(&mut self, before: &[Expr], term: &Term, scope: &mut Scope) -> Compiled<Expr> {
        let start = scope.ops.len();
        let expr = self.expr(term, scope)?;
        if scope.ops.iter().skip(start).any(inspect::may_fail) {
            let looked_up = before
                .iter()
                .filter(|expr| matches!(expr, Expr::Input(_) | Expr::Base(_) | Expr::Path(..)));
            let guards = looked_up
                .map(|on| Op::Guard(Box::new(Guard { on: on.clone(), among: Vec::new() })));
            let guards: Vec<Op> = guards.collect();
            scope.ops.splice(start..start, guards);
        }
        Ok(expr)
    }

    /// Both sides of an equation, in the order in which OPA evaluates them: calls first, then references.
    pub(super) fn sides(
        &mut self,
        a: &Term,
        b: &Term,
        scope: &mut Scope,
    ) -> Compiled<(Expr, Expr)> {
        // The other side may bind what this one reads: `x == xs[x]`, `x + 1 = xs[x]`.
        let is_late =
            !self.is_ground(a) || self.waits(a) || !has_call(a) && has_call(b) && !self.waits(b);
        if is_late {
            let b = self.expr(b, scope)?;
            let a = self.expr_after(std::slice::from_ref(&b), a, scope)?;
            return Ok((a, b));
        }
        let a = self.expr(a, scope)?;
        let b = self.expr_after(std::slice::from_ref(&a), b, scope)?;
        Ok((a, b))
    }

    pub(super) fn expr(&mut self, term: &Term, scope: &mut Scope) -> Compiled<Expr> {
        Ok(match term {
            Term::Constant(value) => Expr::Constant(value.clone()),
            Term::Local(slot) if self.frame.bound.contains(slot) => Expr::Slot(*slot),
            Term::Local(_) => return self.refuse("a variable is read that nothing binds"),
            Term::Wildcard => return self.refuse("`_` is read, and nothing binds it"),
            Term::Input(steps) => self.input(steps, scope)?,
            Term::Data(steps) => self.data(steps, scope)?,
            Term::Reference(base, steps) => {
                let base = self.expr(base, scope)?;
                self.steps(base, steps, scope)?
            }
            Term::Call(call) => self.call(call, scope)?,
            Term::Array(items) => {
                let items = self.exprs(items, scope)?;
                constants(&items).map_or(Expr::Array(items), |it| Expr::Constant(Value::array(it)))
            }
            Term::Set(items) => {
                let items = self.exprs(items, scope)?;
                constants(&items).map_or(Expr::Set(items), |it| Expr::Constant(Value::set(it)))
            }
            Term::Object(entries) => self.object(entries, scope)?,
            Term::Comprehension(comprehension) => self.comprehension(comprehension, scope)?,
        })
    }

    fn object(&mut self, entries: &[(Term, Term)], scope: &mut Scope) -> Compiled<Expr> {
        let parts = entries.iter().flat_map(|(key, value)| [key, value]);
        let mut parts = self.exprs(parts, scope)?.into_iter();
        let mut pairs = Vec::with_capacity(entries.len());
        while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
            pairs.push((key, value));
        }
        let constant = pairs.iter().map(|(key, value)| match (key, value) {
            (Expr::Constant(key), Expr::Constant(value)) => Some((key.clone(), value.clone())),
            _ => None,
        });
        if let Some(constant) = constant.collect::<Option<Vec<_>>>() {
            return Ok(Expr::Constant(Value::map(constant)));
        }
        // Of two values under one key the last one counts, and computed keys come behind constant ones.
        pairs.sort_by_key(|(key, _)| !matches!(key, Expr::Constant(_)));
        Ok(Expr::Object(pairs))
    }

    fn comprehension(
        &mut self,
        comprehension: &ir::Comprehension,
        scope: &mut Scope,
    ) -> Compiled<Expr> {
        let outside = self.frame.bound.clone();
        let span = self.span;
        let mut what = None;
        let body = self.closed(scope, |compiler, scope| {
            compiler.body(&comprehension.body, scope)?;
            compiler.span = comprehension.span;
            what = Some(match &comprehension.collects {
                Collects::Array(value) => Collection::Array(compiler.expr(value, scope)?),
                Collects::Set(value) => Collection::Set(compiler.expr(value, scope)?),
                Collects::Object(key, value) => {
                    Collection::Object(compiler.expr(key, scope)?, compiler.expr(value, scope)?)
                }
            });
            Ok(())
        })?;
        self.span = span;
        let Some(what) = what else { return self.refuse("a comprehension collects nothing") };
        let slot = scope.slot();
        let mut collect = Collect { what, body, slot, memo: None, span: comprehension.span };
        let depends = inspect::reads(&collect, &|slot| outside.contains(&slot));
        if self.program.switches.remembered_comprehensions && !depends {
            collect.memo = Some(self.memo());
        }
        scope.ops.push(Op::Collect(Box::new(collect)));
        self.frame.bound.insert(slot);
        Ok(Expr::Slot(slot))
    }

    fn call(&mut self, call: &ir::Call, scope: &mut Scope) -> Compiled<Expr> {
        let is_replaceable = self.replaced.contains(&call.callee);
        if let ir::Callee::Builtin(name) = &call.callee {
            if matches!(name.as_ref(), "print" | "internal.print") {
                return Ok(Expr::Constant(Value::Bool(true)));
            }
            if self.is_walk(call) {
                let source = self.argument(call, scope)?;
                let slot = scope.slot();
                self.frame.bound.insert(slot);
                scope.ops.push(Op::Walk(Box::new((source, Pattern::Bind(slot)))));
                return Ok(Expr::Slot(slot));
            }
            if !is_replaceable && let Some(expr) = self.operator(name, &call.arguments, scope)? {
                return Ok(expr);
            }
        }
        let callee = self.callee(&call.callee)?;
        let arguments = self.exprs(&call.arguments, scope)?;
        self.check_arity(callee, arguments.len())?;
        let slot = scope.slot();
        self.frame.bound.insert(slot);
        let directly = self.program.switches.direct_calls;
        let direct = if directly { Direct::of(callee, &arguments) } else { None };
        let call = Call { callee, arguments, slot, span: call.span, is_replaceable, direct };
        scope.ops.push(Op::Call(Box::new(call)));
        Ok(Expr::Slot(slot))
    }

    /// Operators that an expression has of its own.
    fn operator(
        &mut self,
        name: &str,
        arguments: &[Term],
        scope: &mut Scope,
    ) -> Compiled<Option<Expr>> {
        let comparison = match name {
            "equal" => Some(Comparison::Equal),
            "neq" => Some(Comparison::Unequal),
            "lt" => Some(Comparison::Less),
            "lte" => Some(Comparison::LessOrEqual),
            "gt" => Some(Comparison::Greater),
            "gte" => Some(Comparison::GreaterOrEqual),
            _ => None,
        };
        Ok(match (comparison, name, arguments) {
            (Some(comparison), _, [a, b]) => {
                Some(Expr::Compare(comparison, Box::new(self.sides(a, b, scope)?)))
            }
            (None, "internal.member_2", [value, collection]) => {
                let sides = (self.expr(value, scope)?, self.expr(collection, scope)?);
                Some(Expr::Member(Box::new(sides)))
            }
            (None, "internal.member_3", [key, value, collection]) => {
                let key = self.expr(key, scope)?;
                let sides = (key, self.expr(value, scope)?, self.expr(collection, scope)?);
                Some(Expr::MemberAt(Box::new(sides)))
            }
            _ => None,
        })
    }

    pub(super) fn is_walk(&self, call: &ir::Call) -> bool {
        matches!(&call.callee, ir::Callee::Builtin(name) if name.as_ref() == "walk")
            && !self.replaced.contains(&call.callee)
    }

    /// The one argument of `walk`.
    pub(super) fn argument(&mut self, call: &ir::Call, scope: &mut Scope) -> Compiled<Expr> {
        match call.arguments.as_slice() {
            [source] => self.expr(source, scope),
            _ => self.refuse("`walk` takes one value"),
        }
    }

    pub(super) fn callee(&self, callee: &ir::Callee) -> Compiled<Callee> {
        Ok(match callee {
            ir::Callee::Builtin(name) => Callee::Builtin(self.builtin(name)?),
            ir::Callee::Rule(path) => Callee::Rule(self.function(path)?),
        })
    }

    pub(super) fn builtin(&self, name: &str) -> Compiled<&'static Builtin> {
        match builtin::lookup(name) {
            Some(builtin) => Ok(builtin),
            None => self.refuse(format!("the built-in function `{name}` does not exist here")),
        }
    }

    pub(super) fn function(&self, path: &[Arc<str>]) -> Compiled<RuleId> {
        let id = self.rule_at(path);
        let rule = id.and_then(|id| self.program.rule(id));
        match (id, rule.map(|rule| rule.kind)) {
            (Some(id), Some(RuleKind::Function { .. })) => Ok(id),
            _ => self.refuse(format!("`data.{}` is no function", path.join("."))),
        }
    }

    fn check_arity(&self, callee: Callee, n_arguments: usize) -> Compiled<()> {
        let (name, arity) = match callee {
            Callee::Builtin(builtin) => (builtin.name, builtin.arity()),
            Callee::Rule(id) => match self.program.rule(id) {
                Some(rule) => match rule.kind {
                    RuleKind::Function { arity } => (rule.name.as_str(), arity),
                    RuleKind::Complete | RuleKind::Set | RuleKind::Object => return Ok(()),
                },
                None => return Ok(()),
            },
        };
        if arity == n_arguments {
            return Ok(());
        }
        self.refuse(format!("`{name}` takes {arity} arguments, and {n_arguments} are given"))
    }
}

/// Whether a call stands in the term, outside of comprehensions.
fn has_call(term: &Term) -> bool {
    match term {
        Term::Constant(_) | Term::Local(_) | Term::Wildcard | Term::Comprehension(_) => false,
        Term::Input(items) | Term::Data(items) | Term::Array(items) | Term::Set(items) => {
            items.iter().any(has_call)
        }
        Term::Reference(base, steps) => has_call(base) || steps.iter().any(has_call),
        Term::Call(_) => true,
        Term::Object(entries) => {
            entries.iter().any(|(key, value)| has_call(key) || has_call(value))
        }
    }
}

/// The values, when all are constants.
fn constants(items: &[Expr]) -> Option<Vec<Value>> {
    let values = items
        .iter()
        .map(|item| if let Expr::Constant(value) = item { Some(value.clone()) } else { None });
    values.collect()
}
