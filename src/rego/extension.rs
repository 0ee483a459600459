//! Built-in functions of the second engine that are changed: an input could make them run for ever, or they would answer
//! differently each time.
//!
//! `units.parse_bytes("1e100000000")` computes a number of a hundred million digits, and nothing interrupts it.

use std::cell::Cell;

use regorus::unstable as ast;

use super::budget::{Budget, Limits};
use super::builtin::{Cache, CallContext, lookup, runtime_of};
use super::convert::{from_value, to_value};
use super::own::Circumstances;
use crate::domain::value::Value;

/// The functions, each of one argument, whose texts are bounded.
const BOUNDED: [&str; 3] = ["to_number", "units.parse", "units.parse_bytes"];

/// Characters of a text that is a number.
const MAX_CHARS: usize = 400;
/// Digits of an exponent.
const MAX_EXPONENT_DIGITS: usize = 3;

/// The functions that answer from the decision, with the number of their arguments.
const OF_THE_DECISION: [(&str, u8); 3] =
    [("time.now_ns", 0), ("rand.intn", 2), ("uuid.rfc4122", 1)];

thread_local! {
    /// What those functions answer from on this thread.
    static CIRCUMSTANCES: Cell<Circumstances> = Cell::default();
}

/// Sets what functions answer from that would be different each time.
pub(super) fn answer_from(circumstances: Circumstances) {
    CIRCUMSTANCES.set(circumstances);
}

/// As the own built-in of this name answers.
fn of_the_decision(name: &str, arguments: &[regorus::Value]) -> Option<regorus::Value> {
    let Circumstances { now_ns, seed } = CIRCUMSTANCES.get();
    let (mut budget, mut cache) = (Budget::start(Limits::default()), Cache::default());
    let mut context = CallContext {
        now_ns,
        seed,
        budget: &mut budget,
        cache: &mut cache,
        held: None,
        data: &Value::Null,
    };
    let arguments: Vec<Value> = arguments.iter().filter_map(to_value).collect();
    let answer = (lookup(name)?.function)(&arguments, &mut context).ok()??;
    Some(from_value(&answer))
}

/// Puts bounds before the functions that need them, and what a decision and `data` say in place of what chance and the
/// process say.
pub(super) fn install(engine: &mut regorus::Engine, data: &Value) {
    let runtime = runtime_of(data).map_or(regorus::Value::Undefined, from_value);
    let answer = move |_: Vec<regorus::Value>| Ok(runtime.clone());
    drop(engine.add_extension("opa.runtime".to_owned(), 0, Box::new(answer)));
    for name in BOUNDED {
        let (Some((function, _)), Some((span, argument))) =
            (ast::BUILTINS.get(name), placeholder())
        else {
            continue;
        };
        let bounded = move |arguments: Vec<regorus::Value>| {
            let text = arguments.first().and_then(|argument| argument.as_string().ok());
            if text.is_some_and(|text| is_monstrous(text)) {
                return Err(span.error(&format!("`{name}` is given a number that is too long")));
            }
            function(&span, std::slice::from_ref(&argument), &arguments, true)
        };
        // A name that is taken already is bounded already.
        drop(engine.add_extension(name.to_owned(), 1, Box::new(bounded)));
    }
    for (name, n_arguments) in OF_THE_DECISION {
        let answer = move |arguments: Vec<regorus::Value>| {
            Ok(of_the_decision(name, &arguments).unwrap_or(regorus::Value::Undefined))
        };
        drop(engine.add_extension(name.to_owned(), n_arguments, Box::new(answer)));
    }
}

fn is_monstrous(text: &str) -> bool {
    let exponent = text.rsplit(['e', 'E']).next().filter(|rest| rest.len() < text.len());
    let digits = exponent.map_or(0, |rest| rest.bytes().filter(u8::is_ascii_digit).count());
    text.len() > MAX_CHARS || digits > MAX_EXPONENT_DIGITS
}

/// The functions want to know where they are called, to say so in an error; the engine adds the real place.
fn placeholder() -> Option<(ast::Span, ast::Ref<ast::Expr>)> {
    let source = ast::Source::from_contents(String::new(), String::new()).ok()?;
    let span = ast::Span { source, line: 1, col: 1, start: 0, end: 0 };
    let value = regorus::Value::Null;
    let argument = ast::Expr::Null { span: span.clone(), value, eidx: 0 };
    Some((span, ast::Ref::new(argument)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_beyond_reason_are_refused() {
        for monster in ["1e100000000", "1E+1000", &"9".repeat(401), "1e0001"] {
            assert!(is_monstrous(monster), "{monster}");
        }
        for number in ["2Ki", "1e3", "1.5E-10", "250m", "", "Exabyte"] {
            assert!(!is_monstrous(number), "{number}");
        }
    }
}
