//! `count`, `sum`, `max`, `sort` and their like. Source: OPA 1.x, `topdown/aggregates.go`.

use num_bigint::BigInt;

use crate::domain::value::{Number, Value};

use super::arithmetic::{float_of, product};
use super::number::{Extended, exact_integer, number_of, number_of_float};
use super::operand::{Answer, answer, any, element_error, failed, members, type_error};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};

const LIST: Type = Type::OneOf(&[Type::Array(&Type::Any), Type::Set(&Type::Any)]);
const NUMBERS: Type = Type::OneOf(&[Type::Array(&Type::Number), Type::Set(&Type::Number)]);
const COUNTED: Type = Type::OneOf(&[
    Type::String,
    Type::Array(&Type::Any),
    Type::Object(&Type::Any, &Type::Any),
    Type::Set(&Type::Any),
]);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("count", &[COUNTED], Type::Number, count),
    entry("sum", &[NUMBERS], Type::Number, sum),
    entry("product", &[NUMBERS], Type::Number, product_of_all),
    entry("max", &[LIST], Type::Any, max),
    entry("min", &[LIST], Type::Any, min),
    entry("sort", &[LIST], Type::Array(&Type::Any), sort),
    entry("all", &[LIST], Type::Boolean, all),
    entry("any", &[LIST], Type::Boolean, any_true),
    entry("internal.member_2", &[Type::Any, Type::Any], Type::Boolean, member),
    entry("internal.member_3", &[Type::Any, Type::Any, Type::Any], Type::Boolean, member_with_key),
];

fn count(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let value = any(arguments, 1)?;
    let size = match value {
        Value::String(text) => text.chars().count(),
        other => other
            .size()
            .ok_or_else(|| type_error(1, value, &["array", "object", "set", "string"]))?,
    };
    answer(i64::try_from(size).unwrap_or(i64::MAX))
}

fn list<'a>(arguments: &'a [Value], expected: &[&str]) -> Result<&'a [Value], BuiltinError> {
    let value = any(arguments, 1)?;
    members(value).ok_or_else(|| type_error(1, value, expected))
}

/// Combines integers exactly; as soon as one number has a fraction, all of them as floats.
fn accumulated(
    arguments: &[Value],
    context: &mut CallContext<'_>,
    start: i64,
    exactly: impl Fn(&BigInt, &BigInt, &mut CallContext<'_>) -> Result<BigInt, BuiltinError>,
    as_floats: impl Fn(&Extended, &Extended) -> Extended,
    made: fn(&Extended) -> Option<Number>,
) -> Answer {
    let items = list(arguments, &["set", "array"])?;
    let integers = items.iter().map(|item| match item {
        Value::Number(number) => exact_integer(number),
        _ => None,
    });
    if let Some(integers) = integers.collect::<Option<Vec<_>>>() {
        let mut total = BigInt::from(start);
        for integer in integers {
            context.budget.charge(1)?;
            total = exactly(&total, &integer, context)?;
        }
        return Ok(Some(Value::Number(Number::from(total))));
    }
    let mut total = Extended::from_integer(&BigInt::from(start));
    for item in items {
        let Value::Number(number) = item else {
            return Err(element_error(1, any(arguments, 1)?, item, "number"));
        };
        context.budget.charge(1)?;
        total = as_floats(&total, &float_of(number)?);
    }
    let number = made(&total).ok_or_else(|| failed("number is too large"))?;
    Ok(Some(Value::Number(number)))
}

fn sum(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let items = list(arguments, &["set", "array"])?;
    let small = items.iter().try_fold(0_i64, |total, item| match item {
        Value::Number(Number::Int(number)) => total.checked_add(*number),
        _ => None,
    });
    if let Some(total) = small {
        return answer(total);
    }
    accumulated(arguments, context, 0, |a, b, _| Ok(a + b), Extended::plus, number_of)
}

fn product_of_all(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    accumulated(arguments, context, 1, product, Extended::times_as_float, number_of_float)
}

fn max(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    Ok(list(arguments, &["set", "array"])?.iter().max().cloned())
}

fn min(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    Ok(list(arguments, &["set", "array"])?.iter().rev().min().cloned())
}

fn sort(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let mut items = list(arguments, &["set", "array"])?.to_vec();
    context.budget.charge(u64::try_from(items.len()).unwrap_or(u64::MAX))?;
    items.sort();
    Ok(Some(Value::array(items)))
}

fn all(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    answer(list(arguments, &["array", "set"])?.iter().all(|item| *item == Value::Bool(true)))
}

fn any_true(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    answer(list(arguments, &["array", "set"])?.contains(&Value::Bool(true)))
}

fn member(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (value, collection) = (any(arguments, 1)?, any(arguments, 2)?);
    answer(match collection {
        Value::Set(set) => set.contains(value),
        Value::Array(items) => items.contains(value),
        other => other.pairs().any(|(_, item)| item == value),
    })
}

fn member_with_key(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (key, value, collection) = (any(arguments, 1)?, any(arguments, 2)?, any(arguments, 3)?);
    answer(collection.step(key) == Some(value))
}
