//! What a rule uses: rules, data and functions by their full paths, and variables that never get a value.

use std::collections::BTreeSet;

use regorus::unstable as ast;

use super::module::{Module, path_of, span_of};
use super::scope::{Scope, children};
use crate::domain::place::Span;

/// What one rule uses.
#[derive(Debug, Default)]
pub(super) struct Uses<'m> {
    /// Reads of `data`: the parts behind `data`, as far as they are fixed.
    pub(super) reads: Vec<Read>,
    pub(super) calls: Vec<Call<'m>>,
    /// What `with` replaces: never a fault, since the replacement is there.
    pub(super) replaced: Vec<Vec<String>>,
    pub(super) unsafe_variables: Vec<(String, Span)>,
    /// Multiplications of two values that no one has written down.
    pub(super) n_products: usize,
    /// Calls that put values together into a longer one.
    pub(super) n_joins: usize,
}

/// A read of `data`.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) path: Vec<String>,
    pub(super) span: Span,
}

/// A call of a function.
#[derive(Debug)]
pub(super) struct Call<'m> {
    /// The function: a path behind `data`, or a name as written.
    pub(super) target: Target,
    pub(super) span: Span,
    pub(super) arguments: &'m [ast::Ref<ast::Expr>],
}

/// What is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A function of a package, by its path behind `data`.
    Data(Vec<String>),
    /// A built-in function, or nothing that is known.
    Name(String),
}

/// The calls that put values together.
const JOINS: [&str; 8] = [
    "sprintf",
    "concat",
    "array.concat",
    "replace",
    "strings.replace_n",
    "regex.replace",
    "object.union",
    "json.marshal",
];

/// Walks the rules of one module.
pub(super) struct Walker<'m> {
    module: &'m Module,
    /// First parts of the paths of all rules of the package, over all its files.
    siblings: &'m BTreeSet<String>,
    scopes: Vec<Scope>,
    uses: Uses<'m>,
}

/// Where a name leads.
enum Meaning {
    Local,
    Data(Vec<String>),
    Variable,
}

impl<'m> Walker<'m> {
    /// What the rule at `index` of `module` uses. Of several bodies the one that multiplies or joins most counts.
    pub(super) fn uses(
        module: &'m Module,
        siblings: &'m BTreeSet<String>,
        rule: &'m ast::Rule,
    ) -> Uses<'m> {
        let mut walker = Self { module, siblings, scopes: Vec::new(), uses: Uses::default() };
        match rule {
            ast::Rule::Default { args, value, .. } => {
                walker.scopes.push(Scope::of_arguments(args));
                walker.expr(value);
            }
            ast::Rule::Spec { head, bodies, .. } => walker.spec(head, bodies),
        }
        walker.uses
    }

    fn spec(&mut self, head: &'m ast::RuleHead, bodies: &'m [ast::RuleBody]) {
        let (refr, args, assign, key) = match head {
            ast::RuleHead::Compr { refr, assign, .. } => (refr, None, assign.as_ref(), None),
            ast::RuleHead::Set { refr, key, .. } => (refr, None, None, key.as_ref()),
            ast::RuleHead::Func { refr, args, assign, .. } => {
                (refr, Some(args.as_slice()), assign.as_ref(), None)
            }
        };
        self.scopes.push(Scope::of_arguments(args.unwrap_or_default()));
        let no_body = bodies.is_empty();
        for (index, body) in bodies.iter().enumerate() {
            let mut scope = Scope::of_query(&body.query);
            for index in indices(refr) {
                scope.expr(index);
            }
            // What stands in a head counts as if it stood in the body.
            let value = body.assign.as_ref().or(assign).map(|assign| &assign.value);
            key.into_iter().chain(value).for_each(|part| scope.expr(part));
            self.scopes.push(scope);
            self.query(&body.query);
            // An `else` has a value of its own; a body without one gives the head's.
            match (&body.assign, index) {
                (Some(own), _) => self.expr(&own.value),
                (None, 0) => self.head(refr, key, assign),
                (None, _) if !body.is_else => self.head(refr, key, assign),
                (None, _) => {}
            }
            self.scopes.pop();
        }
        if no_body {
            let mut scope = Scope::default();
            let value = assign.map(|assign| &assign.value);
            key.into_iter().chain(value).for_each(|part| scope.expr(part));
            for index in indices(refr) {
                scope.expr(index);
            }
            self.scopes.push(scope);
            self.head(refr, key, assign);
            self.scopes.pop();
        }
        self.scopes.pop();
    }

    fn head(
        &mut self,
        refr: &'m ast::Expr,
        key: Option<&'m ast::Ref<ast::Expr>>,
        assign: Option<&'m ast::RuleAssign>,
    ) {
        // The name itself is no use of it; what stands in its brackets is.
        for index in indices(refr) {
            self.expr(index);
        }
        if let Some(key) = key {
            self.expr(key);
        }
        if let Some(assign) = assign {
            self.expr(&assign.value);
        }
    }

    fn inner(&mut self, mut scope: Scope, query: &'m ast::Query, terms: &[&'m ast::Expr]) {
        for term in terms {
            scope.expr(term);
        }
        self.scopes.push(scope);
        self.query(query);
        for term in terms {
            self.expr(term);
        }
        self.scopes.pop();
    }

    fn query(&mut self, query: &'m ast::Query) {
        for statement in &query.stmts {
            match &statement.literal {
                ast::Literal::SomeVars { .. } => {}
                ast::Literal::SomeIn { key, value, collection, .. } => {
                    if let Some(key) = key {
                        self.expr(key);
                    }
                    self.expr(value);
                    self.expr(collection);
                }
                ast::Literal::Expr { expr, .. } | ast::Literal::NotExpr { expr, .. } => {
                    self.expr(expr);
                }
                ast::Literal::Every { key, value, domain, query, .. } => {
                    self.expr(domain);
                    let mut scope = Scope::of_query(query);
                    for name in key.iter().chain([value]) {
                        scope.declared.insert(name.text().to_owned());
                        scope.bound.insert(name.text().to_owned());
                    }
                    self.inner(scope, query, &[]);
                }
            }
            for replacement in &statement.with_mods {
                let path = path_of(&replacement.refr).parts;
                if let Some(path) = self.absolute(&path) {
                    self.uses.replaced.push(path);
                }
                // A function may stand here as a value, and then its name is no variable.
                let value: &'m ast::Expr = &replacement.r#as;
                let name = path_of(value);
                let is_function = name.complete && !self.is_bound(name.parts.first());
                if is_function && let Some(path) = self.absolute(&name.parts) {
                    self.uses.reads.push(Read { path, span: span_of(value.span()) });
                } else if !(is_function && super::builtin::exists(&name.parts.join("."))) {
                    self.expr(value);
                }
            }
        }
    }

    fn is_bound(&self, name: Option<&String>) -> bool {
        name.is_some_and(|name| self.scopes.iter().any(|scope| scope.bound.contains(name)))
    }

    /// The path behind `data` that a written path stands for, if it stands for one.
    fn absolute(&self, parts: &[String]) -> Option<Vec<String>> {
        let (name, rest) = parts.split_first()?;
        match self.meaning(name) {
            Meaning::Data(mut path) => {
                path.extend(rest.iter().cloned());
                Some(path)
            }
            Meaning::Local | Meaning::Variable => None,
        }
    }

    fn meaning(&self, name: &str) -> Meaning {
        if self.scopes.iter().any(|scope| scope.declared.contains(name)) {
            return Meaning::Local;
        }
        if name == "data" {
            return Meaning::Data(Vec::new());
        }
        if name == "input" {
            return Meaning::Local;
        }
        if self.siblings.contains(name) {
            let mut path = self.module.package.clone();
            path.push(name.to_owned());
            return Meaning::Data(path);
        }
        if let Some(import) = self.module.imports.iter().find(|import| import.name == name) {
            return match import.path.split_first() {
                Some((root, rest)) if root == "data" => Meaning::Data(rest.to_vec()),
                Some(_) | None => Meaning::Local,
            };
        }
        Meaning::Variable
    }

    fn expr(&mut self, expr: &'m ast::Expr) {
        if let ast::Expr::ArrayCompr { term, query, .. } | ast::Expr::SetCompr { term, query, .. } =
            expr
        {
            return self.inner(Scope::of_query(query), query, &[term]);
        }
        if let ast::Expr::ObjectCompr { key, value, query, .. } = expr {
            return self.inner(Scope::of_query(query), query, &[key, value]);
        }
        if let ast::Expr::Call { fcn, params, .. } = expr {
            self.call(fcn, params);
        } else if let ast::Expr::ArithExpr { op: ast::ArithOp::Mul, lhs, rhs, .. } = expr {
            let written = |side: &ast::Expr| matches!(side, ast::Expr::Number { .. });
            if !written(lhs) && !written(rhs) {
                self.uses.n_products += 1;
            }
        }
        if matches!(
            expr,
            ast::Expr::Var { .. } | ast::Expr::RefDot { .. } | ast::Expr::RefBrack { .. }
        ) {
            return self.reference(expr);
        }
        for child in children(expr) {
            self.expr(child);
        }
    }

    fn reference(&mut self, expr: &'m ast::Expr) {
        let path = path_of(expr);
        let span = span_of(expr.span());
        if let Some(name) = path.parts.first() {
            match self.meaning(name) {
                Meaning::Data(mut absolute) => {
                    absolute.extend(path.parts.iter().skip(1).cloned());
                    self.uses.reads.push(Read { path: absolute, span });
                }
                Meaning::Variable if name == "_" => {}
                Meaning::Variable | Meaning::Local => self.variable(name, span),
            }
        }
        // What stands in brackets, and what a reference begins with when that is no name.
        for index in indices(expr) {
            self.expr(index);
        }
        let mut here = expr;
        while let ast::Expr::RefBrack { refr, .. } | ast::Expr::RefDot { refr, .. } = here {
            here = refr;
        }
        if !matches!(here, ast::Expr::Var { .. }) {
            self.expr(here);
        }
    }

    /// A variable that stands nowhere where it would get a value.
    fn variable(&mut self, name: &str, span: Span) {
        let imported = self.module.imports.iter().any(|import| import.name == name);
        if matches!(name, "_" | "input") || imported {
            return;
        }
        let known = self.uses.unsafe_variables.iter().any(|(other, _)| other == name);
        if !known && !self.is_bound(Some(&name.to_owned())) {
            let end = span.start + u32::try_from(name.len()).unwrap_or(0);
            self.uses.unsafe_variables.push((name.to_owned(), Span { start: span.start, end }));
        }
    }

    fn call(&mut self, function: &'m ast::Expr, arguments: &'m [ast::Ref<ast::Expr>]) {
        let name = path_of(function).parts;
        let written = name.join(".");
        let target = self.absolute(&name).map_or(Target::Name(written.clone()), Target::Data);
        if JOINS.contains(&written.as_str()) && n_unwritten(arguments) > 1 {
            self.uses.n_joins += 1;
        }
        self.uses.calls.push(Call { target, span: span_of(function.span()), arguments });
    }
}

/// What stands in the brackets of a reference.
fn indices(reference: &ast::Expr) -> Vec<&ast::Expr> {
    let mut indices: Vec<&ast::Expr> = Vec::new();
    let mut here = reference;
    loop {
        if let ast::Expr::RefBrack { refr, index, .. } = here {
            indices.push(index);
            here = refr;
        } else if let ast::Expr::RefDot { refr, .. } = here {
            here = refr;
        } else {
            return indices;
        }
    }
}

/// How many values among `parts` no one has written down.
fn n_unwritten(parts: &[ast::Ref<ast::Expr>]) -> usize {
    let count = |expr: &ast::Expr| match expr {
        ast::Expr::String { .. }
        | ast::Expr::RawString { .. }
        | ast::Expr::Number { .. }
        | ast::Expr::Bool { .. }
        | ast::Expr::Null { .. } => 0,
        ast::Expr::Array { items, .. } | ast::Expr::Set { items, .. } => n_unwritten(items),
        ast::Expr::Var { .. }
        | ast::Expr::Object { .. }
        | ast::Expr::ArrayCompr { .. }
        | ast::Expr::SetCompr { .. }
        | ast::Expr::ObjectCompr { .. }
        | ast::Expr::Call { .. }
        | ast::Expr::UnaryExpr { .. }
        | ast::Expr::RefDot { .. }
        | ast::Expr::RefBrack { .. }
        | ast::Expr::BinExpr { .. }
        | ast::Expr::BoolExpr { .. }
        | ast::Expr::ArithExpr { .. }
        | ast::Expr::AssignExpr { .. }
        | ast::Expr::Membership { .. } => 1,
    };
    parts.iter().map(|part| count(part)).sum()
}
