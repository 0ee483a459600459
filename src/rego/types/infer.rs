//! One branch of a rule: statement by statement, what each variable may be, and what can never hold.

use super::kind::{Type, listed};
use super::rules::{RuleType, Rules, Signature};
use crate::domain::suggest;
use crate::rego::ir::{
    Body, Call, Callee, Collects, Literal, LiteralKind, Replacement, Slot, Span, Target, Term,
};

/// What can never hold.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) span: Span,
    /// The word in the text at which it is shown.
    pub(super) word: Option<String>,
    pub(super) message: String,
    pub(super) help: String,
}

/// The variables of one branch.
pub(super) struct Scope<'r, 'u> {
    rules: &'r Rules<'u>,
    locals: Vec<Option<Type>>,
    input: Type,
    /// Rules may be replaced here, and whatever uses them may be anything.
    data_is_replaced: bool,
    replaced: Vec<&'r Callee>,
    span: Span,
    pub(super) mistakes: Vec<Mistake>,
}

impl<'r, 'u> Scope<'r, 'u> {
    pub(super) fn new(rules: &'r Rules<'u>, n_slots: u32, input: Type) -> Self {
        Self {
            rules,
            locals: vec![None; n_slots as usize],
            input,
            data_is_replaced: false,
            replaced: Vec::new(),
            span: Span::default(),
            mistakes: Vec::new(),
        }
    }

    pub(super) fn local(&self, slot: Slot) -> Option<&Type> {
        self.locals.get(slot as usize)?.as_ref()
    }

    pub(super) fn bind(&mut self, slot: Slot, known: Type) {
        if let Some(local) = self.locals.get_mut(slot as usize) {
            *local = Some(known.bounded());
        }
    }

    /// Variables of a pattern that nothing in the body says anything of may be anything.
    pub(super) fn settle(&mut self, pattern: &Term) -> Type {
        self.type_of(pattern).unwrap_or_else(Type::anything)
    }

    pub(super) fn body(&mut self, body: &'r Body) {
        for literal in body {
            self.literal(literal);
        }
    }

    fn literal(&mut self, literal: &'r Literal) {
        self.span = literal.span;
        for with in &literal.with {
            if let Replacement::Value(value) = &with.value {
                self.visit(value);
            }
        }
        let before = (self.input.clone(), self.data_is_replaced, self.replaced.len());
        for with in &literal.with {
            match &with.target {
                Target::Input(_) => {
                    self.input = Type::anything();
                    // Rules that read the input are other ones then.
                    self.data_is_replaced = true;
                }
                Target::Data(_) => self.data_is_replaced = true,
                Target::Function(callee) => {
                    self.data_is_replaced = true;
                    self.replaced.push(callee);
                }
            }
        }
        self.kind(&literal.kind);
        let (input, data_is_replaced, n_replaced) = before;
        self.input = input;
        self.data_is_replaced = data_is_replaced;
        self.replaced.truncate(n_replaced);
    }

    fn kind(&mut self, kind: &'r LiteralKind) {
        match kind {
            LiteralKind::Expression(term) => {
                self.visit(term);
                let Term::Call(call) = term else { return };
                if is_comparison(&call.callee)
                    && let [left, right] = call.arguments.as_slice()
                {
                    self.compare(left, right);
                }
            }
            LiteralKind::Unify(left, right) => {
                self.visit(left);
                self.visit(right);
                self.compare(left, right);
            }
            LiteralKind::Not(body) => {
                for literal in body {
                    self.literal(literal);
                }
            }
            LiteralKind::SomeIn { key, value, collection } => {
                self.visit(collection);
                let Some(of) = self.type_of(collection) else { return };
                let (Some(keys), Some(values)) = (of.keys(), of.values()) else { return };
                for (pattern, wanted) in
                    key.iter().map(|key| (key, &keys)).chain([(value, &values)])
                {
                    self.visit(pattern);
                    if !self.takes(pattern, wanted, false) {
                        self.never_equal(Some(wanted.clone()), self.type_of(pattern));
                    }
                }
            }
            LiteralKind::Every { domain, body, .. } => {
                self.visit(domain);
                self.body(body);
            }
        }
    }

    fn compare(&mut self, left: &Term, right: &Term) {
        let (known_left, known_right) = (self.type_of(left), self.type_of(right));
        if !self.equals(left, right) {
            self.never_equal(known_left, known_right);
        }
    }

    fn never_equal(&mut self, left: Option<Type>, right: Option<Type>) {
        let shown = |side: Option<Type>| side.map_or_else(|| "???".to_owned(), |it| it.to_string());
        let message = format!("match error: {} is never equal to {}", shown(left), shown(right));
        self.mistake(None, message, "compare values of one type".to_owned());
    }

    fn mistake(&mut self, word: Option<String>, message: String, help: String) {
        self.mistakes.push(Mistake { span: self.span, word, message, help });
    }

    /// Looks into a term: calls, comprehensions and steps; variables as steps take the type of the keys.
    fn visit(&mut self, term: &'r Term) {
        match term {
            Term::Constant(_) | Term::Local(_) | Term::Wildcard => {}
            Term::Array(items) | Term::Set(items) => {
                for item in items {
                    self.visit(item);
                }
            }
            Term::Object(entries) => {
                for (key, value) in entries {
                    self.visit(key);
                    self.visit(value);
                }
            }
            Term::Input(steps) => {
                self.visit_all(steps);
                let input = self.input.clone();
                self.walk(input, steps, "input");
            }
            Term::Data(steps) => {
                self.visit_all(steps);
                if let Some((rule, rest)) = self.rule_at(steps) {
                    let known = steps.len() - rest.len();
                    self.walk(rule, rest, &path_of(steps.iter().take(known)));
                } else {
                    self.walk(Type::anything(), steps, "data");
                }
            }
            Term::Reference(base, steps) => {
                self.visit(base);
                self.visit_all(steps);
                let of = self.type_of(base).unwrap_or_else(Type::anything);
                self.walk(of, steps, "the value");
            }
            Term::Call(call) => {
                self.visit_all(&call.arguments);
                self.call(call);
            }
            Term::Comprehension(comprehension) => {
                let outer = self.span;
                self.body(&comprehension.body);
                self.span = comprehension.span;
                match &comprehension.collects {
                    Collects::Array(term) | Collects::Set(term) => self.visit(term),
                    Collects::Object(key, value) => {
                        self.visit(key);
                        self.visit(value);
                    }
                }
                self.span = outer;
            }
        }
    }

    fn visit_all(&mut self, terms: &'r [Term]) {
        for term in terms {
            self.visit(term);
        }
    }

    fn call(&mut self, call: &'r Call) {
        let Some(signature) = self.signature(&call.callee) else { return };
        if signature.arguments.len() != call.arguments.len() {
            return;
        }
        let pairs = call.arguments.iter().zip(&signature.arguments);
        for (number, (argument, wanted)) in (1..).zip(pairs) {
            let known = self.type_of(argument);
            let fits = known.as_ref().is_none_or(|known| known.unifies(wanted))
                && self.takes(argument, wanted, false);
            if fits {
                continue;
            }
            let name = match &call.callee {
                Callee::Builtin(name) => name.to_string(),
                Callee::Rule(path) => format!("data.{}", path.join(".")),
            };
            let given = known.or_else(|| self.type_of(argument));
            let given = given.map_or_else(|| "???".to_owned(), |given| given.to_string());
            let message =
                format!("{name}: invalid argument(s): argument {number} is {given}, not {wanted}");
            self.mistakes.push(Mistake {
                span: call.span,
                word: None,
                message,
                help: format!("hand in {wanted}"),
            });
            return;
        }
    }

    fn signature(&self, callee: &Callee) -> Option<Signature> {
        if self.replaced.contains(&callee) {
            return None;
        }
        match callee {
            Callee::Builtin(name) => self.rules.builtin(name),
            Callee::Rule(path) => match self.rules.rule(path)? {
                RuleType::Function(signature) => Some(signature.clone()),
                RuleType::Value(_) => None,
            },
        }
    }

    /// Steps from a type on; says where there is nothing to step to.
    fn walk(&mut self, from: Type, steps: &'r [Term], root: &str) {
        let mut here = from;
        let mut shown = root.to_owned();
        for step in steps {
            if here.is_anything() && !matches!(step, Term::Local(_)) {
                // Nothing is known from here on, but what variables may be.
                continue;
            }
            let word = match step {
                Term::Constant(key) => key.as_str().map(str::to_owned),
                _ => None,
            };
            let Some(keys) = here.keys() else {
                let message = format!("undefined ref: {shown} is {here}, and nothing is below it");
                return self.mistake(word, message, "end the path here".to_owned());
            };
            if let Term::Constant(key) = step {
                let Some(below) = here.at(key) else {
                    let shown_key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                    let message = format!("undefined ref: {shown} has no `{shown_key}`");
                    let names = here.named_keys();
                    let otherwise = if names.is_empty() {
                        format!("its keys are {keys}")
                    } else {
                        format!("it has {}", listed(&names))
                    };
                    let help = suggest::help(&shown_key, names, &otherwise);
                    return self.mistake(word, message, help);
                };
                shown = format!("{shown}.{}", key.as_str().unwrap_or("…"));
                here = below;
                continue;
            }
            if !self.takes(step, &keys, false) {
                let given = self.type_of(step).map_or_else(String::new, |it| it.to_string());
                let message =
                    format!("undefined ref: the keys of {shown} are {keys}, never {given}");
                return self.mistake(None, message, format!("ask for {keys}"));
            }
            shown.push_str("[…]");
            here = here.values().unwrap_or_else(Type::anything);
        }
    }

    /// The rule that a path below `data` leads into, and the steps behind it.
    fn rule_at(&self, steps: &'r [Term]) -> Option<(Type, &'r [Term])> {
        if self.data_is_replaced {
            return None;
        }
        let (known, length) = self.rules.at(steps)?;
        match known {
            RuleType::Value(of) => Some((of.clone(), steps.get(length..)?)),
            RuleType::Function(_) => None,
        }
    }

    /// What a term may be; `None` as long as nothing is known of a variable in it.
    pub(super) fn type_of(&self, term: &Term) -> Option<Type> {
        match term {
            Term::Constant(value) => Some(Type::of(value)),
            Term::Local(slot) => self.local(*slot).cloned(),
            Term::Wildcard => None,
            Term::Input(steps) => Some(below(self.input.clone(), steps)),
            Term::Data(steps) => {
                let rule = if self.data_is_replaced { None } else { self.rules.at(steps) };
                match rule {
                    Some((RuleType::Value(of), length)) => {
                        Some(below(of.clone(), steps.get(length..).unwrap_or_default()))
                    }
                    _ => Some(Type::anything()),
                }
            }
            Term::Reference(base, steps) => Some(below(self.type_of(base)?, steps)),
            Term::Call(call) => {
                let result = self.signature(&call.callee).map(|signature| signature.result);
                Some(result.unwrap_or_else(Type::anything))
            }
            Term::Array(items) => {
                let fixed: Option<Vec<Type>> = items.iter().map(|it| self.type_of(it)).collect();
                Some(Type::array(fixed?, None))
            }
            Term::Set(items) => {
                let items: Option<Vec<Type>> = items.iter().map(|it| self.type_of(it)).collect();
                Some(Type::set_of(items?.into_iter()))
            }
            Term::Object(entries) => {
                let mut fixed = std::collections::BTreeMap::new();
                let mut rest: Option<(Type, Type)> = None;
                for (key, value) in entries {
                    let value = self.type_of(value)?;
                    if let Term::Constant(key) = key {
                        fixed.insert(key.clone(), value);
                        continue;
                    }
                    let key = self.type_of(key)?;
                    rest = Some(match rest {
                        Some((keys, values)) => (keys.or(key), values.or(value)),
                        None => (key, value),
                    });
                }
                Some(Type::object(fixed, rest))
            }
            Term::Comprehension(comprehension) => {
                let of = |term: &Term| self.type_of(term).unwrap_or_else(Type::anything);
                Some(match &comprehension.collects {
                    Collects::Array(term) => Type::array(Vec::new(), Some(of(term))),
                    Collects::Set(term) => Type::set_of(std::iter::once(of(term))),
                    Collects::Object(key, value) => {
                        Type::object(std::collections::BTreeMap::new(), Some((of(key), of(value))))
                    }
                })
            }
        }
    }
}

/// What stands behind steps. A step into nothing is told where it is walked; behind it anything may stand.
fn below(from: Type, steps: &[Term]) -> Type {
    steps.iter().fold(from, |here, step| {
        let next = match step {
            Term::Constant(key) => here.at(key),
            _ => here.values(),
        };
        next.unwrap_or_else(Type::anything)
    })
}

/// `data.a.b`, of constant steps.
fn path_of<'t>(steps: impl Iterator<Item = &'t Term>) -> String {
    let mut path = "data".to_owned();
    for step in steps {
        if let Term::Constant(key) = step {
            path.push('.');
            path.push_str(key.as_str().unwrap_or("…"));
        }
    }
    path
}

fn is_comparison(callee: &Callee) -> bool {
    matches!(callee, Callee::Builtin(name) if matches!(name.as_ref(), "equal" | "eq"))
}
