//! `graphql.*`: queries and schemas to syntax trees, and whether they fit.
//!
//! A parser and a validator of our own: trees in the shape of OPA's are what policies read, and no crate gives them.
//!
//! Source: OPA 1.x, `topdown/graphql.go`.

mod check;
mod definition;
mod lexer;
mod parser;
mod schema;
mod syntax;
mod validate;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::value::Value;
use crate::rego::budget::Exhausted;

use super::json::{json_text, parsed};
use super::operand::{Answer, answer, any, failed, string, type_error};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};
use schema::Schema;
use syntax::{Place, QueryDocument, SchemaDocument};

const TREE: Type = Type::Object(&Type::Any, &Type::Any);
const TEXT_OR_TREE: Type = Type::OneOf(&[Type::String, TREE]);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("graphql.parse", &[TEXT_OR_TREE, TEXT_OR_TREE], Type::Tuple(&[TREE, TREE]), parse),
    entry(
        "graphql.parse_and_verify",
        &[TEXT_OR_TREE, TEXT_OR_TREE],
        Type::Tuple(&[Type::Boolean, TREE, TREE]),
        parse_and_verify,
    ),
    entry("graphql.parse_query", &[Type::String], TREE, parse_query),
    entry("graphql.parse_schema", &[Type::String], TREE, parse_schema),
    entry("graphql.is_valid", &[TEXT_OR_TREE, TEXT_OR_TREE], Type::Boolean, is_valid),
    entry("graphql.schema_is_valid", &[TEXT_OR_TREE], Type::Boolean, schema_is_valid),
];

/// What is wrong with a document.
#[derive(Debug)]
struct Fault {
    at: Place,
    message: String,
}

impl Fault {
    fn new(at: Place, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

/// Why a look at a query ended.
enum Stop {
    Fault(Fault),
    Exhausted(Exhausted),
}

impl From<Fault> for BuiltinError {
    fn from(fault: Fault) -> Self {
        let Fault { at, message } = fault;
        if at == Place::default() {
            return failed(format!("GraphQL parse error: {message}"));
        }
        failed(format!("{message} in GraphQL string at location {}:{}", at.line, at.column))
    }
}

impl From<Exhausted> for Stop {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(exhausted)
    }
}

impl From<Stop> for BuiltinError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Fault(fault) => fault.into(),
            Stop::Exhausted(exhausted) => exhausted.into(),
        }
    }
}

fn parse(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (query, schema) = parsed_both(arguments, context)?;
    answer(Value::array(vec![query, schema]))
}

fn parse_and_verify(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    answer(Value::array(match parsed_both(arguments, context) {
        Ok((query, schema)) => vec![Value::Bool(true), query, schema],
        Err(BuiltinError::Exhausted(exhausted)) => return Err(exhausted.into()),
        Err(BuiltinError::Type(_) | BuiltinError::Failed(_)) => {
            let nothing = || Value::object(Vec::new());
            vec![Value::Bool(false), nothing(), nothing()]
        }
    }))
}

fn parse_query(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text, context)?;
    answer(shown(&parser::query(text)?)?)
}

fn parse_schema(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text, context)?;
    answer(shown(&definition::schema(text)?)?)
}

fn is_valid(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    holds(&parsed_both(arguments, context))
}

fn schema_is_valid(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let document = schema_of(arguments, 1, context);
    holds(&document.and_then(|document| Ok(Schema::of(&document)?)))
}

fn holds<T>(looked_at: &Result<T, BuiltinError>) -> Answer {
    match looked_at {
        Ok(_) => answer(true),
        Err(BuiltinError::Exhausted(exhausted)) => Err((*exhausted).into()),
        Err(BuiltinError::Type(_) | BuiltinError::Failed(_)) => answer(false),
    }
}

/// The trees of a query and of the schema that it fits.
fn parsed_both(
    arguments: &[Value],
    context: &mut CallContext<'_>,
) -> Result<(Value, Value), BuiltinError> {
    let query: QueryDocument = document(arguments, 1, context, parser::query)?;
    let document = schema_of(arguments, 2, context)?;
    let schema = Schema::of(&document)?;
    validate::validate(&schema, &query, context.budget)?;
    Ok((shown(&query)?, shown(&document)?))
}

fn schema_of(
    arguments: &[Value],
    position: usize,
    context: &mut CallContext<'_>,
) -> Result<SchemaDocument, BuiltinError> {
    document(arguments, position, context, definition::schema)
}

/// The document of an argument: its text, or its tree.
fn document<T: DeserializeOwned>(
    arguments: &[Value],
    position: usize,
    context: &mut CallContext<'_>,
    parse: impl FnOnce(&str) -> Result<T, Fault>,
) -> Result<T, BuiltinError> {
    match any(arguments, position)? {
        Value::String(text) => {
            charge(text, context)?;
            Ok(parse(text)?)
        }
        tree if tree.is_object() => {
            let text = json_text(&pruned(tree));
            charge(&text, context)?;
            serde_json::from_str(&text).map_err(|fault| failed(fault.to_string()))
        }
        other => Err(type_error(position, other, &["string", "object"])),
    }
}

/// A tree is some ten times as large as its text.
fn charge(text: &str, context: &mut CallContext<'_>) -> Result<(), BuiltinError> {
    context.budget.charge(u64::try_from(text.len()).unwrap_or(u64::MAX) / 16)?;
    Ok(context.budget.charge_memory(text.len().saturating_mul(10))?)
}

/// The tree as a policy sees it.
fn shown(document: &impl Serialize) -> Result<Value, BuiltinError> {
    let text = serde_json::to_string(document).map_err(|fault| failed(fault.to_string()))?;
    Ok(pruned(&parsed(&text).map_err(failed)?))
}

/// The value without what is null or empty, and without places.
fn pruned(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::array(items.iter().filter_map(kept).collect()),
        object if object.is_object() => {
            let is_place = |key: &Value| *key == Value::from("Position");
            let pairs = object.pairs().filter(|(key, _)| !is_place(key));
            Value::map(pairs.filter_map(|(key, value)| Some((key, kept(value)?))).collect())
        }
        other => other.clone(),
    }
}

fn kept(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(_) | Value::Object(_) | Value::Map(_) => {
            let pruned = pruned(value);
            (pruned.size() != Some(0)).then_some(pruned)
        }
        other => Some(other.clone()),
    }
}
