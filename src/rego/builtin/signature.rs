//! What a built-in function of the own evaluator is: its name, its types, and the Rust function behind it.

use crate::domain::evidence::Holdings;
use crate::domain::value::Value;
use crate::rego::budget::{Budget, Exhausted};

use super::cache::Cache;

/// The Rust function behind a built-in.
///
/// `Ok(None)` is undefined. The arguments are as many as the signature says and all defined; their types are unchecked.
pub type Function = fn(&[Value], &mut CallContext<'_>) -> Result<Option<Value>, BuiltinError>;

/// One built-in function.
#[derive(Debug)]
pub struct Builtin {
    /// The name as OPA has it: `startswith`, `json.marshal`, `plus`.
    pub name: &'static str,
    /// The types of the arguments.
    pub parameters: &'static [Type],
    /// The type of the result.
    pub result: Type,
    /// Whether equal arguments always give an equal result.
    pub deterministic: bool,
    /// Whether the result is an array of solutions, each of which the call yields (`walk`).
    pub relation: bool,
    /// What is called.
    pub function: Function,
}

impl Builtin {
    /// How many arguments it takes.
    pub fn arity(&self) -> usize {
        self.parameters.len()
    }
}

/// A built-in that answers once and the same for the same arguments, as nearly all do.
pub(super) const fn entry(
    name: &'static str,
    parameters: &'static [Type],
    result: Type,
    function: Function,
) -> Builtin {
    Builtin { name, parameters, result, deterministic: true, relation: false, function }
}

/// A type of OPA's capabilities document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Anything.
    Any,
    /// `null`.
    Null,
    /// A boolean.
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array of items of one type.
    Array(&'static Type),
    /// An array of exactly these items.
    Tuple(&'static [Type]),
    /// A set of items of one type.
    Set(&'static Type),
    /// An object with these types of keys and values.
    Object(&'static Type, &'static Type),
    /// An object with these keys.
    Record(&'static [(&'static str, Type)]),
    /// An object with these keys, and others of this type with values of any type.
    OpenRecord(&'static [(&'static str, Type)], &'static Type),
    /// One of these.
    OneOf(&'static [Type]),
}

/// What a call may use beside its arguments.
#[derive(Debug)]
pub struct CallContext<'a> {
    /// The decision's time, nanoseconds since 1970 UTC: what `time.now_ns` answers.
    pub now_ns: i64,
    /// The decision's seed: the same for the same decision id, so that `rand.intn` and `uuid.rfc4122` replay.
    pub seed: u64,
    /// What the evaluation may still use; charge it inside loops that the arguments can make long.
    pub budget: &'a mut Budget,
    /// Compiled patterns and the like, kept over the calls of one thread.
    pub cache: &'a mut Cache,
    /// What is held of the image that the input is about.
    pub held: Option<Holdings<'a>>,
    /// The base documents, of which one says what `opa.runtime` answers.
    pub data: &'a Value,
}

/// Why a call gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuiltinError {
    /// An argument has the wrong type: `operand 1 must be string but got number`, without the name of the function.
    Type(String),
    /// The arguments have the right types but no answer: `divide by zero`, without the name of the function.
    Failed(String),
    /// The evaluation has used up what it may use; ends it whatever the strictness is.
    Exhausted(Exhausted),
}

impl From<Exhausted> for BuiltinError {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(exhausted)
    }
}
