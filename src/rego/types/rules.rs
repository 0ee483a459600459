//! All rules, each after those that it needs: what their values may be, and what they take.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::InputType;
use super::infer::{Mistake, Scope};
use super::kind::Type;
use crate::domain::place;
use crate::domain::value::Value;
use crate::rego::builtin;
use crate::rego::fault::Fault;
use crate::rego::ir::{Branch, Definition, Head, Path, Rule, RuleKind, Term, Unit};
use crate::rego::module::Module;
use crate::rego::resolve::{Read, Uses};
use crate::rego::syntax::fault::{Code, Report};

/// What a rule gives.
#[derive(Clone, Debug)]
pub(super) enum RuleType {
    Value(Type),
    Function(Signature),
}

/// What a function takes and gives.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) arguments: Vec<Type>,
    pub(super) result: Type,
}

/// The rules of a unit and what is known of them so far.
pub(super) struct Rules<'u> {
    unit: &'u Unit,
    index: BTreeMap<&'u [Arc<str>], usize>,
    known: Vec<Option<RuleType>>,
    builtins: RefCell<BTreeMap<&'static str, Signature>>,
    inputs: BTreeMap<(usize, Option<Vec<String>>), Type>,
    packages: Vec<usize>,
}

impl<'u> Rules<'u> {
    pub(super) fn new(unit: &'u Unit, inputs: &[InputType], modules: &[Module]) -> Self {
        let index = unit.rules.iter().enumerate();
        let inputs = inputs.iter().map(|it| ((it.module, it.rule.clone()), it.input.clone()));
        Self {
            unit,
            index: index.map(|(number, rule)| (rule.path.as_slice(), number)).collect(),
            known: vec![None; unit.rules.len()],
            builtins: RefCell::default(),
            inputs: inputs.collect(),
            packages: modules.iter().map(|module| module.package.len()).collect(),
        }
    }

    /// Checks all rules, each after those that it needs.
    pub(super) fn check(
        mut self,
        edges: &[Vec<usize>],
        modules: &[Module],
        uses: &[Uses],
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        for number in in_order(edges) {
            let Some(rule) = self.unit.rules.get(number) else { continue };
            let (known, mistakes) = self.infer(rule);
            if let Some(slot) = self.known.get_mut(number) {
                *slot = Some(known.bounded());
            }
            faults.extend(mistakes.into_iter().filter_map(|mistake| told(mistake, modules)));
        }
        for (module, uses) in modules.iter().zip(uses) {
            let called = uses.called.iter().filter_map(|call| self.called(call, module));
            faults.extend(called);
        }
        faults
    }

    /// The call of a rule without arguments: OPA takes it where the rule may be anything, which then may be a function.
    fn called(&self, call: &Read, module: &Module) -> Option<Fault> {
        let RuleType::Value(of) = self.rule(&call.path)? else { return None };
        if of.is_anything() {
            return None;
        }
        let mut report = Report::new(&module.file);
        let name = call.path.join(".");
        report
            .fault(Code::Type, call.span, format!("undefined function data.{name}"))
            .help("it is a rule, and no function: leave the brackets away");
        report.faults.pop()
    }

    /// What is known of the rule at a path.
    pub(super) fn rule(&self, path: &Path) -> Option<&RuleType> {
        let number = self.index.get(path.as_slice())?;
        self.known.get(*number)?.as_ref()
    }

    /// What is known of the rule that steps lead into, and how many steps lead to it.
    pub(super) fn at(&self, steps: &[Term]) -> Option<(&RuleType, usize)> {
        let mut path = Vec::new();
        for step in steps {
            let Term::Constant(Value::String(text)) = step else { return None };
            path.push(Arc::clone(text));
            if let Some(number) = self.index.get(path.as_slice()) {
                return Some((self.known.get(*number)?.as_ref()?, path.len()));
            }
        }
        None
    }

    /// What a built-in takes and gives.
    pub(super) fn builtin(&self, name: &str) -> Option<Signature> {
        if let Some(signature) = self.builtins.borrow().get(name) {
            return Some(signature.clone());
        }
        let declared = builtin::lookup(name)?;
        let arguments = declared.parameters.iter().map(|one| Type::from(*one)).collect();
        let result = if declared.relation { Type::anything() } else { declared.result.into() };
        let signature = Signature { arguments, result };
        self.builtins.borrow_mut().insert(declared.name, signature.clone());
        Some(signature)
    }

    fn infer(&self, rule: &Rule) -> (RuleType, Vec<Mistake>) {
        let mut mistakes = Vec::new();
        let mut value: Option<Type> = None;
        let mut arguments: Vec<Option<Type>> = Vec::new();
        let default = rule.default.iter();
        for definition in rule.definitions.iter().chain(default) {
            arguments.resize(arguments.len().max(definition.parameters.len()), None);
            for branch in &definition.branches {
                let n_before = mistakes.len();
                let (taken, given) = self.branch(rule, definition, branch, &mut mistakes);
                let given = if mistakes.len() > n_before { Type::anything() } else { given };
                value = Some(match value {
                    Some(value) => value.or(given),
                    None => given,
                });
                for (argument, taken) in arguments.iter_mut().zip(taken) {
                    *argument = Some(match argument.take() {
                        Some(known) => known.or(taken),
                        None => taken,
                    });
                }
            }
        }
        let is_mixed = rule.kind == RuleKind::Object && self.has_rules_below(&rule.path);
        let has_mistakes = !mistakes.is_empty();
        let value = value.filter(|_| !is_mixed && !has_mistakes).unwrap_or_else(Type::anything);
        let known = if let RuleKind::Function { .. } = rule.kind {
            let anything = |argument: Option<Type>| {
                argument.filter(|_| !has_mistakes).unwrap_or_else(Type::anything)
            };
            let arguments = arguments.into_iter().map(anything).collect();
            RuleType::Function(Signature { arguments, result: value })
        } else {
            RuleType::Value(value)
        };
        (known, mistakes)
    }

    fn has_rules_below(&self, path: &[Arc<str>]) -> bool {
        let mut behind = self.index.range(path..).skip(1);
        behind.next().is_some_and(|(other, _)| other.starts_with(path))
    }

    fn branch(
        &self,
        rule: &Rule,
        definition: &Definition,
        branch: &Branch,
        mistakes: &mut Vec<Mistake>,
    ) -> (Vec<Type>, Type) {
        let mut scope = Scope::new(self, definition.slots, self.input(rule, definition));
        scope.body(&branch.body);
        let taken = definition.parameters.iter().map(|pattern| scope.settle(pattern)).collect();
        let given = match &branch.value {
            Head::Value(term) => scope.settle(term),
            Head::Element(term) => Type::set_of(std::iter::once(scope.settle(term))),
        };
        let keys: Vec<Type> = definition.keys.iter().map(|key| scope.settle(key)).collect();
        let nest = |below, key| Type::object(BTreeMap::new(), Some((key, below)));
        let given = keys.into_iter().rev().fold(given, nest);
        mistakes.append(&mut scope.mistakes);
        (taken, given)
    }

    /// What `input` is in a definition.
    fn input(&self, rule: &Rule, definition: &Definition) -> Type {
        if self.inputs.is_empty() {
            return Type::anything();
        }
        let module = definition.span.file as usize;
        let within = self.packages.get(module).and_then(|length| rule.path.get(*length..));
        let path = within.map(|path| path.iter().map(ToString::to_string).collect());
        let of_rule = self.inputs.get(&(module, path));
        let found = of_rule.or_else(|| self.inputs.get(&(module, None)));
        found.cloned().unwrap_or_else(Type::anything)
    }
}

impl RuleType {
    fn bounded(self) -> Self {
        match self {
            Self::Value(value) => Self::Value(value.bounded()),
            Self::Function(Signature { arguments, result }) => {
                let arguments = arguments.into_iter().map(Type::bounded).collect();
                Self::Function(Signature { arguments, result: result.bounded() })
            }
        }
    }
}

/// The mistake at its place.
fn told(mistake: Mistake, modules: &[Module]) -> Option<Fault> {
    let file = &modules.get(mistake.span.file as usize)?.file;
    let span = place::Span { start: mistake.span.start, end: mistake.span.end };
    let mut report = Report::new(file);
    let span = match &mistake.word {
        Some(word) => report.step_in(span, word),
        None => span,
    };
    report.fault(Code::Type, span, mistake.message).help(mistake.help);
    report.faults.pop()
}

/// The rules, each behind those that it needs.
fn in_order(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(edges.len());
    let mut seen = vec![false; edges.len()];
    for start in 0..edges.len() {
        if std::mem::replace(seen.get_mut(start).unwrap_or(&mut true), true) {
            continue;
        }
        let mut stack = vec![(start, 0)];
        while let Some((node, position)) = stack.pop() {
            let Some(next) = edges.get(node).and_then(|next| next.get(position)) else {
                order.push(node);
                continue;
            };
            stack.push((node, position + 1));
            if !std::mem::replace(seen.get_mut(*next).unwrap_or(&mut true), true) {
                stack.push((*next, 0));
            }
        }
    }
    order
}
