//! The functions of templates.

use crate::domain::value::Value;

use super::super::super::format::{Argument, formatted};
use super::super::super::operand::failed;
use super::super::super::text::MAX_TEXT_BYTES;
use super::{Item, Ran, is_true, shown, text_of};

/// What a function answers.
pub(super) fn answer(name: &str, arguments: &[Item]) -> Ran<Item> {
    let wrong = || failed(format!("error calling {name}: wrong arguments"));
    match (name, arguments) {
        ("not", [item]) => Ok(Item::Bool(!is_true(item))),
        ("and", [.., last]) => {
            Ok(arguments.iter().find(|item| !is_true(item)).unwrap_or(last).clone())
        }
        ("or", [.., last]) => {
            Ok(arguments.iter().find(|item| is_true(item)).unwrap_or(last).clone())
        }
        ("eq", [first, rest @ ..]) if !rest.is_empty() => {
            let equal: Ran<Vec<bool>> = rest
                .iter()
                .map(|other| compared(first, other).map(std::cmp::Ordering::is_eq))
                .collect();
            Ok(Item::Bool(equal?.contains(&true)))
        }
        ("ne", [a, b]) => Ok(Item::Bool(compared(a, b)?.is_ne())),
        ("lt", [a, b]) => Ok(Item::Bool(compared(a, b)?.is_lt())),
        ("le", [a, b]) => Ok(Item::Bool(compared(a, b)?.is_le())),
        ("gt", [a, b]) => Ok(Item::Bool(compared(a, b)?.is_gt())),
        ("ge", [a, b]) => Ok(Item::Bool(compared(a, b)?.is_ge())),
        ("len", [item]) => {
            let length = match item {
                Item::Data(value) if value.size().is_some() => value.size(),
                other => text_of(other).map(|text| text.len()),
            };
            Ok(Item::Integer(i64::try_from(length.ok_or_else(wrong)?).unwrap_or(i64::MAX)))
        }
        ("index", [item, keys @ ..]) => {
            keys.iter().try_fold(item.clone(), |item, key| indexed(&item, key))
        }
        ("printf", [format, values @ ..]) => {
            let format = text_of(format).ok_or_else(wrong)?;
            let values: Vec<Argument> = values.iter().map(argument).collect();
            let text = formatted(&format, &values, MAX_TEXT_BYTES);
            text.map(Item::Text).or(Err(failed("the text would be too large")))
        }
        ("print", values) => Ok(Item::Text(printed(values))),
        ("println", values) => {
            let values: Vec<String> = values.iter().map(|item| shown(item, false)).collect();
            Ok(Item::Text(values.join(" ") + "\n"))
        }
        (
            "not" | "and" | "or" | "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "len" | "index"
            | "printf",
            _,
        ) => Err(wrong()),
        _ => Err(failed(format!("template: template:1: function \"{name}\" not defined"))),
    }
}

/// With a space between two that are both no texts.
fn printed(values: &[Item]) -> String {
    let mut text = String::new();
    let mut after_text = true;
    for item in values {
        let is_text =
            matches!(item, Item::Text(_) | Item::Data(Value::String(_) | Value::Number(_)));
        if !is_text && !after_text {
            text.push(' ');
        }
        text.push_str(&shown(item, false));
        after_text = is_text;
    }
    text
}

fn argument(item: &Item) -> Argument {
    match item {
        Item::Integer(number) => Argument::Int(*number),
        Item::Float(number) => Argument::Float(*number),
        other => Argument::Text(shown(other, false)),
    }
}

fn indexed(item: &Item, key: &Item) -> Ran<Item> {
    match (item, key) {
        (Item::Data(Value::Array(items)), Item::Integer(index)) => {
            let found = usize::try_from(*index).ok().and_then(|index| items.get(index));
            let found = found.ok_or_else(|| {
                failed(format!("error calling index: index out of range: {index}"))
            })?;
            Ok(Item::Data(found.clone()))
        }
        (Item::Data(value @ (Value::Object(_) | Value::Map(_))), key) => {
            let key =
                text_of(key).ok_or_else(|| failed("error calling index: value has wrong type"))?;
            Ok(value.step(&Value::from(key)).map_or(Item::None, |value| Item::Data(value.clone())))
        }
        _ => Err(failed("error calling index: can't index item")),
    }
}

fn compared(a: &Item, b: &Item) -> Ran<std::cmp::Ordering> {
    let flag = |item: &Item| match item {
        Item::Bool(flag) | Item::Data(Value::Bool(flag)) => Some(*flag),
        _ => None,
    };
    let ordering = match (a, b) {
        (Item::Integer(a), Item::Integer(b)) => Some(a.cmp(b)),
        (Item::Float(a), Item::Float(b)) => a.partial_cmp(b),
        _ => match (text_of(a).zip(text_of(b)), flag(a).zip(flag(b))) {
            (Some((a, b)), _) => Some(a.cmp(&b)),
            (_, Some((a, b))) => Some(a.cmp(&b)),
            _ => None,
        },
    };
    ordering.ok_or_else(|| failed("incompatible types for comparison"))
}
