//! Text with actions: `Hello {{.name}}`. Source: OPA 1.x, `topdown/template.go`, Go's `text/template`.
//!
//! What a policy needs is here: fields, variables, `if`, `with`, `range`, comparisons, `printf`. Templates inside
//! templates and the escaping of other languages are refused by name.

mod execute;
mod parse;

use crate::domain::value::Value;

use super::operand::{Answer, answer, failed, object, string};
use super::signature::{Builtin, CallContext, Type, entry};
use super::text::charge;

const VARIABLES: Type = Type::Object(&Type::String, &Type::Any);

pub(super) const BUILTINS: &[Builtin] =
    &[entry("strings.render_template", &[Type::String, VARIABLES], Type::String, render)];

/// A part of a template.
#[derive(Debug)]
enum Node {
    Text(String),
    /// Prints what the pipeline gives, unless it declares a variable.
    Print(Pipeline),
    If {
        condition: Pipeline,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    With {
        value: Pipeline,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    Range {
        over: Pipeline,
        each: Vec<Node>,
        otherwise: Vec<Node>,
    },
    Break,
    Continue,
}

/// Commands, each of which is given what the one before it gives.
#[derive(Debug)]
struct Pipeline {
    /// Variables that are set, one or (in a range) two.
    variables: Vec<String>,
    /// Whether the variables are new.
    declares: bool,
    commands: Vec<Vec<Operand>>,
}

/// A part of a command.
#[derive(Debug)]
enum Operand {
    /// `.a.b`, or `.` alone.
    Field(Vec<String>),
    /// `$x.a`.
    Variable(String, Vec<String>),
    /// A function, if it stands first.
    Function(String),
    /// A pipeline in parentheses, and fields of what it gives.
    Nested(Pipeline, Vec<String>),
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Nil,
}

/// Whether a value is one of JSON, without sets and without keys that are no strings.
fn is_json(value: &Value) -> bool {
    match value {
        Value::Set(_) | Value::Map(_) => false,
        Value::Array(items) => items.iter().all(is_json),
        _ => value.pairs().all(|(_, item)| is_json(item)),
    }
}

fn render(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (text, variables) = (string(arguments, 1)?, object(arguments, 2)?);
    charge(text.len(), context)?;
    if !is_json(variables) {
        return Err(failed("invalid character looking for beginning of object key string"));
    }
    let nodes =
        parse::parsed(text).map_err(|fault| failed(format!("template: template:1: {fault}")))?;
    let rendered = execute::rendered(&nodes, variables, context)?;
    charge(rendered.len(), context)?;
    answer(rendered.replace("<no value>", "<undefined>"))
}
