//! Templates filled in.

mod function;

use crate::domain::value::Value;

use super::super::json::json_key;
use super::super::operand::failed;
use super::super::signature::{BuiltinError, CallContext};
use super::super::text::MAX_TEXT_BYTES;
use super::{Node, Operand, Pipeline};

use function::answer;

/// What a pipeline gives.
#[derive(Clone, Debug)]
enum Item {
    /// Of the variables that the policy passes; numbers are texts to Go.
    Data(Value),
    Integer(i64),
    Float(f64),
    Text(String),
    Bool(bool),
    /// Nothing: a key that is missing.
    None,
}

/// Fills a template in.
pub(super) fn rendered(
    nodes: &[Node],
    variables: &Value,
    context: &mut CallContext<'_>,
) -> Result<String, BuiltinError> {
    let data = Item::Data(variables.clone());
    let mut writer =
        Writer { text: String::new(), variables: vec![("$".to_owned(), data.clone())], context };
    writer.nodes(nodes, &data)?;
    Ok(writer.text)
}

/// Whether a loop goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct Writer<'a, 'c> {
    text: String,
    variables: Vec<(String, Item)>,
    context: &'a mut CallContext<'c>,
}

type Ran<T> = Result<T, BuiltinError>;

impl Writer<'_, '_> {
    fn nodes(&mut self, nodes: &[Node], dot: &Item) -> Ran<Flow> {
        for node in nodes {
            self.context.budget.charge(4)?;
            let n_variables = self.variables.len();
            let flow = match node {
                Node::Text(text) => self.push(text)?,
                Node::Print(pipeline) => {
                    let item = self.pipeline(pipeline, dot)?;
                    if pipeline.variables.is_empty() {
                        self.push(&shown(&item, true))?
                    } else {
                        Flow::On
                    }
                }
                Node::If { condition, then, otherwise } => {
                    let holds = is_true(&self.pipeline(condition, dot)?);
                    self.scoped(n_variables, if holds { then } else { otherwise }, dot)?
                }
                Node::With { value, then, otherwise } => {
                    let item = self.pipeline(value, dot)?;
                    if is_true(&item) {
                        self.scoped(n_variables, then, &item)?
                    } else {
                        self.scoped(n_variables, otherwise, dot)?
                    }
                }
                Node::Range { over, each, otherwise } => self.range(over, each, otherwise, dot)?,
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn scoped(&mut self, n_variables: usize, nodes: &[Node], dot: &Item) -> Ran<Flow> {
        let flow = self.nodes(nodes, dot)?;
        self.variables.truncate(n_variables);
        Ok(flow)
    }

    fn push(&mut self, text: &str) -> Ran<Flow> {
        if self.text.len() + text.len() > MAX_TEXT_BYTES {
            return Err(failed("the text would be too large"));
        }
        self.text.push_str(text);
        Ok(Flow::On)
    }

    fn range(
        &mut self,
        over: &Pipeline,
        each: &[Node],
        otherwise: &[Node],
        dot: &Item,
    ) -> Ran<Flow> {
        let n_variables = self.variables.len();
        let item = self.commands(over, dot)?;
        let entries: Vec<(Item, Item)> = match &item {
            Item::Data(Value::Array(items)) => numbered(items),
            Item::Data(Value::Set(set)) => numbered(set.items()),
            Item::Data(value @ (Value::Object(_) | Value::Map(_))) => value
                .pairs()
                .map(|(key, item)| (Item::Text(json_key(&key)), Item::Data(item.clone())))
                .collect(),
            Item::Integer(count) if *count <= 10_000 => {
                (0..*count).map(|number| (Item::Integer(number), Item::Integer(number))).collect()
            }
            Item::None | Item::Data(Value::Null) => Vec::new(),
            other => {
                return Err(failed(format!("range can't iterate over {}", shown(other, true))));
            }
        };
        if entries.is_empty() {
            return self.scoped(n_variables, otherwise, dot);
        }
        for (key, value) in entries {
            match over.variables.as_slice() {
                [only] => self.variables.push((only.clone(), value.clone())),
                [first, second] => {
                    self.variables.push((first.clone(), key));
                    self.variables.push((second.clone(), value.clone()));
                }
                _ => {}
            }
            let flow = self.nodes(each, &value)?;
            self.variables.truncate(n_variables);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Item) -> Ran<Item> {
        let item = self.commands(pipeline, dot)?;
        if let [name] = pipeline.variables.as_slice() {
            if pipeline.declares {
                self.variables.push((name.clone(), item.clone()));
            } else {
                let variable = self.variables.iter_mut().rev().find(|(other, _)| other == name);
                let (_, value) =
                    variable.ok_or_else(|| failed(format!("undefined variable \"{name}\"")))?;
                *value = item.clone();
            }
        }
        Ok(item)
    }

    fn commands(&mut self, pipeline: &Pipeline, dot: &Item) -> Ran<Item> {
        let mut last = None;
        for command in &pipeline.commands {
            last = Some(self.command(command, last, dot)?);
        }
        Ok(last.unwrap_or(Item::None))
    }

    fn command(&mut self, command: &[Operand], last: Option<Item>, dot: &Item) -> Ran<Item> {
        self.context.budget.charge(4)?;
        let [first, rest @ ..] = command else { return Ok(Item::None) };
        if let Operand::Function(name) = first {
            let mut arguments = Vec::new();
            for operand in rest {
                let argument = self.operand(operand, dot)?;
                // These two look at no more than they need.
                let decides =
                    (name == "and" && !is_true(&argument)) || (name == "or" && is_true(&argument));
                arguments.push(argument);
                if decides {
                    break;
                }
            }
            arguments.extend(last);
            return answer(name, &arguments);
        }
        if !rest.is_empty() || last.is_some() {
            return Err(failed("can't give argument to non-function"));
        }
        self.operand(first, dot)
    }

    fn operand(&mut self, operand: &Operand, dot: &Item) -> Ran<Item> {
        match operand {
            Operand::Field(fields) => field_of(dot, fields),
            Operand::Variable(name, fields) => {
                let variable = self.variables.iter().rev().find(|(other, _)| other == name);
                let (_, item) =
                    variable.ok_or_else(|| failed(format!("undefined variable \"{name}\"")))?;
                field_of(&item.clone(), fields)
            }
            Operand::Function(name) => answer(name, &[]),
            Operand::Nested(pipeline, fields) => field_of(&self.pipeline(pipeline, dot)?, fields),
            Operand::Text(text) => Ok(Item::Text(text.clone())),
            Operand::Integer(number) => Ok(Item::Integer(*number)),
            Operand::Float(number) => Ok(Item::Float(*number)),
            Operand::Bool(flag) => Ok(Item::Bool(*flag)),
            Operand::Nil => Err(failed("nil is not a command")),
        }
    }
}

fn numbered(items: &[Value]) -> Vec<(Item, Item)> {
    items
        .iter()
        .zip(0_i64..)
        .map(|(item, index)| (Item::Integer(index), Item::Data(item.clone())))
        .collect()
}

fn field_of(item: &Item, fields: &[String]) -> Ran<Item> {
    fields.iter().try_fold(item.clone(), |item, name| match &item {
        Item::Data(value @ (Value::Object(_) | Value::Map(_))) => Ok(value
            .step(&Value::from(name.as_str()))
            .map_or(Item::None, |value| Item::Data(value.clone()))),
        Item::None => Ok(Item::None),
        Item::Data(Value::Null) => {
            Err(failed(format!("nil pointer evaluating interface {{}}.{name}")))
        }
        _ => Err(failed(format!("can't evaluate field {name} in type interface {{}}"))),
    })
}

/// Empty things are false; numbers of the variables are texts to Go, and so never empty.
fn is_true(item: &Item) -> bool {
    match item {
        Item::None | Item::Data(Value::Null) => false,
        Item::Bool(flag) | Item::Data(Value::Bool(flag)) => *flag,
        Item::Integer(number) => *number != 0,
        Item::Float(number) => *number != 0.0,
        Item::Text(text) => !text.is_empty(),
        Item::Data(Value::String(text)) => !text.is_empty(),
        Item::Data(Value::Number(_)) => true,
        Item::Data(value) => value.size() != Some(0),
    }
}

/// The item as Go prints it.
fn shown(item: &Item, is_outermost: bool) -> String {
    match item {
        Item::None => "<no value>".to_owned(),
        Item::Data(Value::Null) if is_outermost => "<no value>".to_owned(),
        Item::Data(value) => shown_value(value),
        Item::Integer(number) => number.to_string(),
        Item::Float(number) => super::super::format::float_text(*number, 'g', None),
        Item::Text(text) => text.clone(),
        Item::Bool(flag) => flag.to_string(),
    }
}

fn shown_value(value: &Value) -> String {
    let list = |items: &[Value]| {
        let items: Vec<String> = items.iter().map(shown_value).collect();
        format!("[{}]", items.join(" "))
    };
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.to_string(),
        Value::Array(items) => list(items),
        Value::Set(set) => list(set.items()),
        Value::Object(_) | Value::Map(_) => {
            let entries: Vec<String> = value
                .pairs()
                .map(|(key, item)| format!("{}:{}", json_key(&key), shown_value(item)))
                .collect();
            format!("map[{}]", entries.join(" "))
        }
    }
}

/// The text of what Go holds as a text.
fn text_of(item: &Item) -> Option<String> {
    match item {
        Item::Text(text) => Some(text.clone()),
        Item::Data(Value::String(text)) => Some(text.to_string()),
        Item::Data(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}
