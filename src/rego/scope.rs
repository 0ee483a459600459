//! Which names a body declares and which of its variables can have a value.

use std::collections::BTreeSet;

use regorus::unstable as ast;

use super::builtin;
use super::module::path_of;

/// The names of one body.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// Declared here, so that they hide rules and imports of the same name.
    pub(super) declared: BTreeSet<String>,
    /// Stand somewhere where they get a value.
    pub(super) bound: BTreeSet<String>,
}

impl Scope {
    /// The names of a function's arguments.
    pub(super) fn of_arguments(args: &[ast::Ref<ast::Expr>]) -> Self {
        let mut scope = Self::default();
        for arg in args {
            pattern(arg, &mut scope.bound);
        }
        scope.declared.clone_from(&scope.bound);
        scope
    }

    /// The names of a body, without those of the bodies inside it.
    pub(super) fn of_query(query: &ast::Query) -> Self {
        let mut scope = Self::default();
        for statement in &query.stmts {
            scope.literal(&statement.literal);
        }
        scope
    }

    fn literal(&mut self, literal: &ast::Literal) {
        match literal {
            ast::Literal::SomeVars { vars, .. } => {
                self.declared.extend(vars.iter().map(|var| var.text().to_owned()));
            }
            ast::Literal::SomeIn { key, value, collection, .. } => {
                let mut names = BTreeSet::new();
                for expr in key.iter().chain([value]) {
                    pattern(expr, &mut names);
                }
                self.declared.extend(names.iter().cloned());
                self.bound.extend(names);
                self.expr(collection);
            }
            ast::Literal::Expr { expr, .. } => self.expr(expr),
            // What is negated gives no variable a value.
            ast::Literal::NotExpr { .. } => {}
            ast::Literal::Every { domain, .. } => self.expr(domain),
        }
    }

    /// Collects the variables that get a value: both sides of `=` and `:=`, indices, output arguments.
    pub(super) fn expr(&mut self, expr: &ast::Expr) {
        if let ast::Expr::AssignExpr { op, lhs, rhs, .. } = expr {
            pattern(lhs, &mut self.bound);
            if *op == ast::AssignOp::ColEq {
                pattern(lhs, &mut self.declared);
            } else {
                pattern(rhs, &mut self.bound);
            }
        }
        if let ast::Expr::RefBrack { index, .. } = expr {
            pattern(index, &mut self.bound);
        }
        if let ast::Expr::Call { fcn, params, .. } = expr {
            let name = path_of(fcn).parts.join(".");
            let arity = builtin::arity(&name);
            // A function of the bundle may have an output argument as well; its arity is not known here.
            if arity.is_none_or(|arity| params.len() > arity)
                && let Some(output) = params.last()
            {
                pattern(output, &mut self.bound);
            }
        }
        for child in children(expr) {
            self.expr(child);
        }
    }
}

/// The variables of a pattern: itself, or inside arrays and values of objects.
pub(super) fn pattern(expr: &ast::Expr, names: &mut BTreeSet<String>) {
    if let ast::Expr::Var { span, .. } = expr {
        names.insert(span.text().to_owned());
    } else if let ast::Expr::Array { items, .. } | ast::Expr::Set { items, .. } = expr {
        for item in items {
            pattern(item, names);
        }
    } else if let ast::Expr::Object { fields, .. } = expr {
        for (_, _, value) in fields {
            pattern(value, names);
        }
    }
}

/// The direct parts of an expression, without the bodies of comprehensions.
pub(super) fn children(expr: &ast::Expr) -> Vec<&ast::Expr> {
    match expr {
        ast::Expr::String { .. }
        | ast::Expr::RawString { .. }
        | ast::Expr::Number { .. }
        | ast::Expr::Bool { .. }
        | ast::Expr::Null { .. }
        | ast::Expr::Var { .. }
        | ast::Expr::ArrayCompr { .. }
        | ast::Expr::SetCompr { .. }
        | ast::Expr::ObjectCompr { .. } => Vec::new(),
        ast::Expr::Array { items, .. } | ast::Expr::Set { items, .. } => {
            items.iter().map(AsRef::as_ref).collect()
        }
        ast::Expr::Object { fields, .. } => {
            fields.iter().flat_map(|(_, key, value)| [key.as_ref(), value.as_ref()]).collect()
        }
        ast::Expr::Call { params, .. } => params.iter().map(AsRef::as_ref).collect(),
        ast::Expr::UnaryExpr { expr, .. } => vec![expr],
        ast::Expr::RefDot { refr, .. } => vec![refr],
        ast::Expr::RefBrack { refr, index, .. } => vec![refr, index],
        ast::Expr::BinExpr { lhs, rhs, .. }
        | ast::Expr::BoolExpr { lhs, rhs, .. }
        | ast::Expr::ArithExpr { lhs, rhs, .. }
        | ast::Expr::AssignExpr { lhs, rhs, .. } => vec![lhs, rhs],
        ast::Expr::Membership { key, value, collection, .. } => {
            let mut parts: Vec<&ast::Expr> = key.iter().map(AsRef::as_ref).collect();
            parts.extend([value.as_ref(), collection.as_ref()]);
            parts
        }
    }
}
