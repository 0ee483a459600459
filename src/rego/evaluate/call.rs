//! Calls: of functions that rules define, of built-ins, and of what stands in for them.

use crate::domain::value::Value;
use crate::rego::builtin::{Builtin, BuiltinError, CallContext};
use crate::rego::ir::Span;

use super::context::{Function, StandIn};
use super::direct::Answered;
use super::failure::{Failure, FailureKind, Outcome, exhausted};
use super::machine::Evaluation;
use super::program::{Call, Callee, Expr, RuleId};

/// Texts longer than this are no key of a remembered call.
const MAX_KEY_BYTES: usize = 256;

impl<'p> Evaluation<'p> {
    pub(super) fn call(&mut self, call: &'p Call) -> Outcome<Option<Value>> {
        if call.is_replaceable && !self.context.stand_ins.is_empty() {
            let stand_in = self.context.stand_in(Function::from(call.callee)).cloned();
            if let Some(stand_in) = stand_in {
                let Some(arguments) = self.values(&call.arguments) else { return Ok(None) };
                return self.stand_in(stand_in, arguments, call.span);
            }
        }
        if let Some(direct) = &call.direct
            && let Answered::With(answer) = self.directly(direct, call)?
        {
            return Ok(answer);
        }
        match call.callee {
            Callee::Rule(id) => self.function(id, &call.arguments, call.span),
            Callee::Builtin(builtin) => self.builtin_of(builtin, &call.arguments, call.span),
        }
    }

    fn function(
        &mut self,
        id: RuleId,
        arguments: &'p [Expr],
        span: Span,
    ) -> Outcome<Option<Value>> {
        let top = self.slots.len();
        for argument in arguments {
            let Some(value) = self.owned(argument) else {
                self.slots.truncate(top);
                return Ok(None);
            };
            self.slots.push(value);
        }
        let result = self.function_above(id, top, span);
        self.slots.truncate(top);
        result
    }

    /// Calls a function whose arguments stand above `top`.
    fn function_above(&mut self, id: RuleId, top: usize, span: Span) -> Outcome<Option<Value>> {
        let Some(rule) = self.program.rule(id) else { return Ok(None) };
        self.reach(rule, span)?;
        let key = if rule.remembered { self.call_key(id, top) } else { None };
        if let Some(known) = key.as_ref().and_then(|key| self.context.calls.get(key)) {
            return Ok(known.clone());
        }
        self.budget.descend().map_err(|cause| exhausted(cause, span))?;
        let frame = std::mem::replace(&mut self.frame, top);
        let arity = self.slots.len() - top;
        let result = self.single(rule, arity);
        self.frame = frame;
        self.budget.ascend();
        let value = result?;
        if let Some(key) = key {
            self.context.calls.insert(key, value.clone());
        }
        Ok(value)
    }

    /// The key under which a call is remembered: only small arguments, since a large one costs more to compare.
    fn call_key(&self, id: RuleId, top: usize) -> Option<(RuleId, Vec<Value>)> {
        let arguments = self.slots.get(top..)?;
        let is_small = |value: &Value| match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => true,
            Value::String(text) => text.len() <= MAX_KEY_BYTES,
            Value::Array(_) | Value::Object(_) | Value::Map(_) | Value::Set(_) => false,
        };
        arguments.iter().all(is_small).then(|| (id, arguments.to_vec()))
    }

    fn builtin_of(
        &mut self,
        builtin: &'static Builtin,
        arguments: &'p [Expr],
        span: Span,
    ) -> Outcome<Option<Value>> {
        // Most built-ins take one or two values: no list is made for them.
        match arguments {
            [a] => match self.owned(a) {
                Some(a) => self.builtin(builtin, &[a], span),
                None => Ok(None),
            },
            [a, b] => match (self.owned(a), self.owned(b)) {
                (Some(a), Some(b)) => self.builtin(builtin, &[a, b], span),
                _ => Ok(None),
            },
            _ => match self.values(arguments) {
                Some(arguments) => self.builtin(builtin, &arguments, span),
                None => Ok(None),
            },
        }
    }

    fn builtin(
        &mut self,
        builtin: &'static Builtin,
        arguments: &[Value],
        span: Span,
    ) -> Outcome<Option<Value>> {
        self.charge(span)?;
        let mut context = CallContext {
            now_ns: self.settings.now_ns,
            seed: self.settings.seed,
            budget: &mut self.budget,
            cache: self.cache,
            held: self.held,
            data: &self.program.data,
        };
        // What texts and numbers are made into is no larger than what the function was charged.
        let is_composed = arguments.iter().any(|argument| argument.size().is_some());
        match (builtin.function)(arguments, &mut context) {
            Ok(Some(value)) if is_composed => {
                self.weights.weigh(&value);
                self.is_light().map(|()| Some(value))
            }
            Ok(value) => Ok(value),
            Err(BuiltinError::Exhausted(cause)) => Err(exhausted(cause, span)),
            Err(BuiltinError::Type(_) | BuiltinError::Failed(_)) if !self.settings.is_strict => {
                Ok(None)
            }
            Err(BuiltinError::Type(cause) | BuiltinError::Failed(cause)) => {
                Err(no_answer(builtin, &cause, arguments, span))
            }
        }
    }

    /// Calls what stands in for a function. Inside it nothing is replaced, so that it may call the function itself.
    fn stand_in(
        &mut self,
        stand_in: StandIn,
        arguments: Vec<Value>,
        span: Span,
    ) -> Outcome<Option<Value>> {
        let callee = match stand_in {
            StandIn::Value(value) => return Ok(Some(value)),
            StandIn::Function(callee) => callee,
        };
        let mut inner = self.derived();
        inner.stand_ins = std::sync::Arc::default();
        let outer = std::mem::replace(&mut self.context, inner);
        let result = match callee {
            Callee::Builtin(builtin) => self.builtin(builtin, &arguments, span),
            Callee::Rule(id) => {
                let top = self.slots.len();
                self.slots.extend(arguments);
                let result = self.function_above(id, top, span);
                self.slots.truncate(top);
                result
            }
        };
        let inner = std::mem::replace(&mut self.context, outer);
        self.release(inner);
        result
    }
}

/// The longest text of a value in a message.
const MAX_SHOWN: usize = 80;

#[expect(clippy::unnecessary_box_returns, reason = "every step of an evaluation returns the box")]
fn no_answer(builtin: &Builtin, cause: &str, arguments: &[Value], span: Span) -> Box<Failure> {
    let shown: Vec<String> = arguments.iter().map(|value| shortened(&value.to_string())).collect();
    let named = format!("{}: ", builtin.name);
    let cause = cause.strip_prefix(named.as_str()).unwrap_or(cause);
    let message = format!("{}: {cause}, for `{}`", builtin.name, shown.join("`, `"));
    Box::new(Failure { kind: FailureKind::Builtin, message, span })
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_SHOWN {
        return text.to_owned();
    }
    text.chars().take(MAX_SHOWN).chain(['…']).collect()
}
