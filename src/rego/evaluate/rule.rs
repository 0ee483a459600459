//! Rules: definitions to one value, remembered for as long as the documents stay.

use crate::domain::value::Value;
use crate::rego::ir::{RuleKind, Span};

use super::failure::{Failure, FailureKind, Outcome, conflict, exhausted};
use super::machine::Evaluation;
use super::program::{Definition, Rule, RuleId};
use super::sink::{Members, Sink};
use super::tree::Tree;

impl<'p> Evaluation<'p> {
    /// Evaluates a rule into its memo; `false` where it is undefined.
    pub(super) fn rule(&mut self, id: RuleId, span: Span) -> Outcome<bool> {
        if let Some(known) = self.context.rules.get(id) {
            return Ok(known.is_some());
        }
        let Some(rule) = self.program.rule(id) else { return Ok(false) };
        self.reach(rule, span)?;
        let value = self.within(|evaluation| evaluation.value_of(rule))?;
        if let Some(value) = &value {
            self.weights.weigh(value);
        }
        self.is_light()?;
        let is_defined = value.is_some();
        self.context.rules.set(id, value);
        Ok(is_defined)
    }

    /// Counts the step, and refuses a rule that did not compile.
    pub(super) fn reach(&mut self, rule: &Rule, span: Span) -> Outcome<()> {
        self.charge(span)?;
        let refusal = rule.refusal.and_then(|id| self.program.refusals.get(id as usize));
        let Some(refusal) = refusal else { return Ok(()) };
        let message = format!("`{}` was refused: {}", rule.name, refusal.message);
        Err(Box::new(Failure { kind: FailureKind::Refused, message, span: refusal.span }))
    }

    /// Runs with a frame of its own above all others.
    pub(super) fn within<T>(
        &mut self,
        evaluate: impl FnOnce(&mut Self) -> Outcome<T>,
    ) -> Outcome<T> {
        self.budget.descend().map_err(|cause| exhausted(cause, Span::default()))?;
        let (frame, top) = (self.frame, self.slots.len());
        self.frame = top;
        let result = evaluate(self);
        self.slots.truncate(top);
        self.frame = frame;
        self.budget.ascend();
        result
    }

    fn value_of(&mut self, rule: &'p Rule) -> Outcome<Option<Value>> {
        match rule.kind {
            RuleKind::Complete | RuleKind::Function { .. } => self.single(rule, 0),
            RuleKind::Set => self.members_of(rule).map(Some),
            RuleKind::Object => Ok(Some(self.tree_of(rule)?.into_value())),
        }
    }

    /// The one value of a complete rule or of a call, whose arguments stand in the frame.
    pub(super) fn single(&mut self, rule: &'p Rule, arity: usize) -> Outcome<Option<Value>> {
        let mut found: Option<Value> = None;
        for definition in self.definitions(rule) {
            let Some(value) = self.first_branch(definition, rule, arity)? else { continue };
            if rule.settled_by_first {
                return Ok(Some(value));
            }
            match &found {
                None => found = Some(value),
                Some(first) if *first == value => {}
                Some(first) => return Err(several_values(rule, first, &value)),
            }
        }
        match (found, &rule.default) {
            (None, Some(default)) => self.first_branch(default, rule, arity),
            (found, _) => Ok(found),
        }
    }

    /// The definitions that can hold, in their order.
    fn definitions(&self, rule: &'p Rule) -> Chosen<'p> {
        let Some(dispatch) = &rule.dispatch else {
            return Chosen { all: &rule.definitions, numbers: None, next: 0 };
        };
        let value = self.value(&dispatch.on);
        // The index takes a collection for each of its members, and so do the guards of the bodies.
        if value.as_ref().is_some_and(|value| value.size().is_some()) {
            return Chosen { all: &rule.definitions, numbers: None, next: 0 };
        }
        let chosen = value.and_then(|value| dispatch.by_value.get(&*value));
        let numbers = Some(chosen.unwrap_or(&dispatch.others).as_slice());
        Chosen { all: &rule.definitions, numbers, next: 0 }
    }

    /// The value of the first branch that holds.
    fn first_branch(
        &mut self,
        definition: &'p Definition,
        rule: &'p Rule,
        arity: usize,
    ) -> Outcome<Option<Value>> {
        self.make_room(definition);
        let mut result = None;
        for branch in &definition.branches {
            let mut sink = Sink::One {
                value: &branch.value,
                found: None,
                is_settled_by_first: rule.settled_by_first,
                name: &rule.name,
                span: branch.span,
            };
            self.run(&branch.body, &mut sink)?;
            if let Sink::One { found: found @ Some(_), .. } = sink {
                result = found;
                break;
            }
        }
        self.slots.truncate(self.frame + arity);
        Ok(result)
    }

    fn members_of(&mut self, rule: &'p Rule) -> Outcome<Value> {
        let mut items = Members::default();
        for definition in self.definitions(rule) {
            self.make_room(definition);
            for branch in &definition.branches {
                let mut sink = Sink::Set { value: &branch.value, items };
                self.run(&branch.body, &mut sink)?;
                items = if let Sink::Set { items, .. } = sink { items } else { Members::default() };
            }
        }
        Ok(items.into_value())
    }

    /// What a partial object's definitions make, still open for the rules below it.
    pub(super) fn tree_of(&mut self, rule: &'p Rule) -> Outcome<Tree> {
        let mut tree = Tree::default();
        for definition in self.definitions(rule) {
            self.make_room(definition);
            for branch in &definition.branches {
                let mut sink = Sink::Tree { branch, tree };
                self.run(&branch.body, &mut sink)?;
                tree = if let Sink::Tree { tree, .. } = sink { tree } else { Tree::default() };
            }
        }
        Ok(tree)
    }

    fn make_room(&mut self, definition: &Definition) {
        self.slots.resize(self.frame + definition.slots as usize, Value::Null);
    }
}

/// Definitions by their numbers, or all of them.
struct Chosen<'p> {
    all: &'p [Definition],
    numbers: Option<&'p [u32]>,
    next: usize,
}

impl<'p> Iterator for Chosen<'p> {
    type Item = &'p Definition;

    fn next(&mut self) -> Option<&'p Definition> {
        let number = match self.numbers {
            None => self.next,
            Some(numbers) => *numbers.get(self.next)? as usize,
        };
        self.next += 1;
        self.all.get(number)
    }
}

#[expect(clippy::unnecessary_box_returns, reason = "every step of an evaluation returns the box")]
fn several_values(rule: &Rule, a: &Value, b: &Value) -> Box<Failure> {
    let what = match rule.kind {
        RuleKind::Function { .. } => {
            "functions must not produce several values for the same arguments"
        }
        RuleKind::Complete | RuleKind::Set | RuleKind::Object => {
            "complete rules must not produce several values"
        }
    };
    conflict(format!("`{}` has two values, `{a}` and `{b}`: {what}", rule.name), rule.span)
}
