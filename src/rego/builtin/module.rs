//! `rego.parse_module`: a module as the tree in which OPA's tools exchange it.
//!
//! Source: OPA 1.x, `topdown/parse.go`, and the JSON of `opa parse`.

mod form;

use std::sync::Arc;

use crate::domain::place::{SourceFile, Span};
use crate::domain::value::{Number, Value};
use crate::rego::syntax::ast::{
    Else, Head, Makes, Module, Piece, Rule, Statement, StatementKind, Term, TermKind, With,
};
use crate::rego::syntax::{self, Version};

use form::{Form, builtin, import, old_names, order};

use super::operand::{Answer, answer, failed, string};
use super::signature::{Builtin, CallContext, Type, entry};

pub(super) const BUILTINS: &[Builtin] = &[entry(
    "rego.parse_module",
    &[Type::String, Type::String],
    Type::Object(&Type::String, &Type::Any),
    parse_module,
)];

/// A tree is larger than its text by about this.
const TREE_FACTOR: usize = 40;

fn parse_module(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let name = string(arguments, 1)?;
    // OPA calls the second operand the first one as well.
    let text = string(arguments.get(1..).unwrap_or_default(), 1)?;
    context.budget.charge(u64::try_from(text.len()).unwrap_or(u64::MAX))?;
    context.budget.charge_memory(text.len().saturating_mul(TREE_FACTOR))?;
    let file = Arc::new(SourceFile::new(name.to_string(), text.to_string()));
    let module = syntax::parse(&file, Version::V1, &syntax::Limits::default());
    let module = module.map_err(|faults| {
        let shown = faults.iter().map(|fault| {
            let (line, _) = file.line_and_column(fault.span.start);
            format!("{name}:{line}: {}", fault.message)
        });
        failed(shown.collect::<Vec<_>>().join("; "))
    })?;
    let mut tree = Tree { file: &file, n_wildcards: 0 };
    answer(tree.module(&module))
}

fn object(entries: Vec<(&str, Value)>) -> Value {
    Value::object(entries.into_iter().map(|(key, value)| (Arc::from(key), value)).collect())
}

fn typed(kind: &str, value: Value) -> Value {
    object(vec![("type", Value::from(kind)), ("value", value)])
}

fn variable(name: &str) -> Value {
    typed("var", Value::from(name))
}

/// Makes the tree; wildcards are counted through the module.
struct Tree<'m> {
    file: &'m SourceFile,
    n_wildcards: usize,
}

impl Tree<'_> {
    fn module(&mut self, module: &Module) -> Value {
        let mut path = vec![variable("data")];
        path.extend(
            module.package.path.iter().map(|name| typed("string", Value::from(&*name.text))),
        );
        let mut entries = vec![("package", object(vec![("path", Value::array(path))]))];
        if !module.imports.is_empty() {
            let imports = module.imports.iter().map(import).collect();
            entries.push(("imports", Value::array(imports)));
        }
        if !module.rules.is_empty() {
            let rules = module.rules.iter().map(|rule| self.rule(rule)).collect();
            entries.push(("rules", Value::array(rules)));
        }
        if !module.comments.is_empty() {
            let comments =
                module.comments.iter().map(|comment| self.comment(comment.span)).collect();
            entries.push(("comments", Value::array(comments)));
        }
        object(entries)
    }

    fn text(&self, span: Span) -> &str {
        self.file.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    fn comment(&self, span: Span) -> Value {
        let text = self.text(span);
        let text = text.strip_prefix('#').unwrap_or(text);
        let (line, column) = self.file.line_and_column(span.start);
        let number = |number: u32| Value::from(i64::from(number));
        object(vec![
            ("Text", super::certificate::base64_value(text.as_bytes())),
            (
                "Location",
                object(vec![
                    ("file", Value::from(self.file.path.as_str())),
                    ("row", number(line)),
                    ("col", number(column)),
                ]),
            ),
        ])
    }

    fn rule(&mut self, rule: &Rule) -> Value {
        let mut entries = Vec::new();
        if rule.default {
            entries.push(("default", Value::Bool(true)));
        }
        let value = if let Makes::Value(value) = &rule.head.makes { value.as_ref() } else { None };
        let element =
            if let Makes::Element(element) = &rule.head.makes { Some(element) } else { None };
        let form = match (rule.default, rule.branches.is_empty()) {
            (true, _) => Form::Default,
            (false, true) => Form::Alone,
            (false, false) => Form::Chained,
        };
        entries.push(("head", self.head(&rule.head, value, element, (rule.head.name.span, form))));
        entries.push(("body", self.body(&rule.body)));
        if let Some(branches) = self.branches(&rule.head, &rule.branches) {
            entries.push(("else", branches));
        }
        object(entries)
    }

    /// `else` branches stand inside one another.
    fn branches(&mut self, head: &Head, branches: &[Else]) -> Option<Value> {
        let (branch, rest) = branches.split_first()?;
        let start = Span { start: branch.span.start, end: branch.span.start };
        let place = (start, Form::Chained);
        let head_value = self.head(head, branch.value.as_ref(), None, place);
        let mut entries = vec![("head", head_value), ("body", self.body(&branch.body))];
        if let Some(rest) = self.branches(head, rest) {
            entries.push(("else", rest));
        }
        Some(object(entries))
    }

    fn head(
        &mut self,
        head: &Head,
        value: Option<&Term>,
        element: Option<&Term>,
        (before, form): (Span, Form),
    ) -> Value {
        let mut reference = vec![variable(&head.name.text)];
        reference.extend(head.steps.iter().map(|step| self.term(step)));
        let mut entries = Vec::new();
        if let (Some(step), 2, None) = (reference.get(1), reference.len(), element) {
            entries.extend(old_names(head, step, value.is_some(), form));
        }
        if head.steps.is_empty() {
            entries.push(("name", Value::from(&*head.name.text)));
        }
        if let Some(arguments) = head.arguments.as_ref().filter(|arguments| !arguments.is_empty()) {
            entries.push(("args", self.terms(arguments)));
        }
        match (element, value) {
            (Some(element), _) => entries.push(("key", self.term(element))),
            (None, None) => entries.push(("value", typed("boolean", Value::Bool(true)))),
            (None, Some(value)) => {
                let between = Span { start: before.start, end: value.span.start };
                if self.text(between).trim_end().ends_with(":=") {
                    entries.push(("assign", Value::Bool(true)));
                }
                entries.push(("value", self.term(value)));
            }
        }
        entries.push(("ref", Value::array(reference)));
        object(entries)
    }

    fn body(&mut self, statements: &[Statement]) -> Value {
        if statements.is_empty() {
            let terms = typed("boolean", Value::Bool(true));
            return Value::array(vec![object(vec![("index", Value::from(0)), ("terms", terms)])]);
        }
        let body = (0..).zip(statements);
        Value::array(body.map(|(index, statement)| self.statement(index, statement)).collect())
    }

    fn statement(&mut self, index: i64, statement: &Statement) -> Value {
        let mut entries = vec![("index", Value::from(index))];
        let mut kind = &statement.kind;
        if let StatementKind::Not(inner) = kind {
            entries.push(("negated", Value::Bool(true)));
            kind = &inner.kind;
        }
        entries.push(("terms", self.kind(kind)));
        if !statement.with.is_empty() {
            let with = statement.with.iter().map(|with| self.with(with)).collect();
            entries.push(("with", Value::array(with)));
        }
        object(entries)
    }

    fn with(&mut self, with: &With) -> Value {
        let target = match &with.target.kind {
            TermKind::Name(name) if !matches!(name.as_ref(), "input" | "data") => variable(name),
            _ => self.term(&with.target),
        };
        object(vec![("target", target), ("value", self.term(&with.value))])
    }

    fn kind(&mut self, kind: &StatementKind) -> Value {
        match kind {
            StatementKind::Term(term) => match &term.kind {
                TermKind::Call(operator, arguments) => {
                    let mut terms = vec![self.operator(operator)];
                    terms.extend(arguments.iter().map(|argument| self.term(argument)));
                    Value::array(terms)
                }
                TermKind::Operation(name, arguments) => self.operation(name, arguments),
                _ => self.term(term),
            },
            StatementKind::Assign(left, right) => self.pair("assign", left, right),
            StatementKind::Unify(left, right) => self.pair("eq", left, right),
            // A statement is negated once; more never comes from the parser.
            StatementKind::Not(inner) => self.kind(&inner.kind),
            StatementKind::Some(names) => {
                let symbols = names.iter().map(|name| variable(&name.text)).collect();
                object(vec![("symbols", Value::array(symbols))])
            }
            StatementKind::SomeIn { key, value, collection } => {
                let name = if key.is_some() { "internal.member_3" } else { "internal.member_2" };
                let mut call = vec![builtin(name)];
                call.extend(key.iter().map(|key| self.term(key)));
                call.push(self.term(value));
                call.push(self.term(collection));
                let symbol = typed("call", Value::array(call));
                object(vec![("symbols", Value::array(vec![symbol]))])
            }
            StatementKind::Every { key, value, domain, body } => {
                let key = key.as_ref().map_or(Value::Null, |key| variable(&key.text));
                object(vec![
                    ("key", key),
                    ("value", variable(&value.text)),
                    ("domain", self.term(domain)),
                    ("body", self.body(body)),
                ])
            }
            StatementKind::Logical(logical) => self.logical(logical),
        }
    }

    fn logical(&mut self, logical: &syntax::ast::Logical) -> Value {
        use syntax::ast::Logical;
        match logical {
            Logical::Not(body) => object(vec![("body", self.body(body))]),
            Logical::Both(body) => self.body(body),
            Logical::And(left, right) | Logical::Or(left, right) => {
                object(vec![("lhs", self.body(left)), ("rhs", self.body(right))])
            }
        }
    }

    fn pair(&mut self, name: &str, left: &Term, right: &Term) -> Value {
        Value::array(vec![builtin(name), self.term(left), self.term(right)])
    }

    fn operation(&mut self, name: &str, arguments: &[Term]) -> Value {
        let mut terms = vec![builtin(name)];
        terms.extend(arguments.iter().map(|argument| self.term(argument)));
        Value::array(terms)
    }

    fn operator(&mut self, operator: &Term) -> Value {
        match &operator.kind {
            TermKind::Name(name) => typed("ref", Value::array(vec![variable(name)])),
            _ => self.term(operator),
        }
    }

    fn terms(&mut self, terms: &[Term]) -> Value {
        Value::array(terms.iter().map(|term| self.term(term)).collect())
    }

    fn term(&mut self, term: &Term) -> Value {
        match &term.kind {
            TermKind::Null => typed("null", Value::object(Vec::new())),
            TermKind::Bool(value) => typed("boolean", Value::Bool(*value)),
            TermKind::Number(text) => {
                let number = Number::from_json_text(text).map_or(Value::Null, Value::Number);
                typed("number", number)
            }
            TermKind::String(text) => typed("string", Value::String(Arc::clone(text))),
            TermKind::Template(pieces) => self.template(pieces, term.span),
            TermKind::Name(name) if name.as_ref() == "_" => {
                let name = format!("${}", self.n_wildcards);
                self.n_wildcards += 1;
                variable(&name)
            }
            TermKind::Name(name) if matches!(name.as_ref(), "input" | "data") => {
                typed("ref", Value::array(vec![variable(name)]))
            }
            TermKind::Name(name) => variable(name),
            TermKind::Reference(base, steps) => {
                let base = match &base.kind {
                    TermKind::Name(name) if name.as_ref() != "_" => variable(name),
                    _ => self.term(base),
                };
                let steps = steps.iter().map(|step| self.term(step));
                typed("ref", Value::array(std::iter::once(base).chain(steps).collect()))
            }
            TermKind::Call(operator, arguments) => {
                let mut call = vec![self.operator(operator)];
                call.extend(arguments.iter().map(|argument| self.term(argument)));
                typed("call", Value::array(call))
            }
            TermKind::Operation(name, arguments) => typed("call", self.operation(name, arguments)),
            TermKind::Array(items) => typed("array", self.terms(items)),
            TermKind::Set(items) => {
                let mut items: Vec<Value> = items.iter().map(|item| self.term(item)).collect();
                items.sort_by_cached_key(order);
                items.dedup();
                typed("set", Value::array(items))
            }
            TermKind::Object(entries) => {
                let pair = |(key, value): &(Term, Term)| (self.term(key), self.term(value));
                let mut pairs: Vec<(Value, Value)> = entries.iter().map(pair).collect();
                pairs.sort_by_cached_key(|(key, _)| order(key));
                let pairs = pairs.into_iter().map(|(key, value)| Value::array(vec![key, value]));
                typed("object", Value::array(pairs.collect()))
            }
            TermKind::ArrayComprehension(head, body) => {
                self.comprehension("arraycomprehension", head, body)
            }
            TermKind::SetComprehension(head, body) => {
                self.comprehension("setcomprehension", head, body)
            }
            TermKind::ObjectComprehension(head, body) => {
                let entries = vec![
                    ("key", self.term(&head.0)),
                    ("value", self.term(&head.1)),
                    ("body", self.body(body)),
                ];
                typed("objectcomprehension", object(entries))
            }
        }
    }

    fn comprehension(&mut self, kind: &str, head: &Term, body: &[Statement]) -> Value {
        typed(kind, object(vec![("term", self.term(head)), ("body", self.body(body))]))
    }

    fn template(&mut self, pieces: &[Piece], span: Span) -> Value {
        let parts = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => typed("string", Value::String(Arc::clone(text))),
            Piece::Expression(statement) => self.statement(0, statement),
        });
        let parts = Value::array(parts.collect());
        let is_raw = self.text(span).starts_with("$`");
        typed("templatestring", object(vec![("parts", parts), ("multi_line", Value::Bool(is_raw))]))
    }
}
