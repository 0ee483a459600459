//! `+`, `-`, `*`, `/`, `%` and rounding. Source: OPA 1.x, `topdown/arithmetic.go`.

use num_bigint::BigInt;

use crate::domain::value::{Number, Value};

use super::number::{Extended, exact_integer, extended, number_of};
use super::operand::{Answer, any, failed, number, type_error};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};

const NUMBER_OR_SET: Type = Type::OneOf(&[Type::Number, Type::Set(&Type::Any)]);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("plus", &[Type::Number, Type::Number], Type::Number, plus),
    entry("minus", &[NUMBER_OR_SET, NUMBER_OR_SET], NUMBER_OR_SET, minus),
    entry("mul", &[Type::Number, Type::Number], Type::Number, mul),
    entry("div", &[Type::Number, Type::Number], Type::Number, div),
    entry("rem", &[Type::Number, Type::Number], Type::Number, rem),
    entry("abs", &[Type::Number], Type::Number, abs),
    entry("round", &[Type::Number], Type::Number, round),
    entry("ceil", &[Type::Number], Type::Number, ceil),
    entry("floor", &[Type::Number], Type::Number, floor),
];

/// Bits of an integer that multiplication may make.
const MAX_BITS: u64 = 1 << 20;

pub(super) fn float_of(number: &Number) -> Result<Extended, BuiltinError> {
    extended(number).ok_or_else(|| failed("number is too large"))
}

/// Answers with a float of arithmetic.
pub(super) fn float_answer(result: &Extended) -> Answer {
    number_of(result)
        .map(|number| Some(Value::Number(number)))
        .ok_or_else(|| failed("number is too large"))
}

fn integer_answer(integer: BigInt) -> Answer {
    Ok(Some(Value::Number(Number::from(integer))))
}

fn plus(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (a, b) = (number(arguments, 1)?, number(arguments, 2)?);
    if let (Number::Int(a), Number::Int(b)) = (a, b)
        && let Some(sum) = a.checked_add(*b)
    {
        return Ok(Some(Value::from(sum)));
    }
    if let (Some(a), Some(b)) = (exact_integer(a), exact_integer(b)) {
        return integer_answer(a + b);
    }
    float_answer(&float_of(a)?.plus(&float_of(b)?))
}

fn minus(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (first, second) = (any(arguments, 1)?, any(arguments, 2)?);
    match (first, second) {
        (Value::Number(a), Value::Number(b)) => difference(a, b),
        (Value::Set(a), Value::Set(b)) => {
            let left = a.items().iter().filter(|item| !b.contains(item));
            Ok(Some(Value::set(left.cloned().collect())))
        }
        (Value::Set(_), Value::Number(_)) => Err(type_error(2, second, &["set"])),
        (Value::Number(_) | Value::Set(_), _) => Err(type_error(2, second, &["number"])),
        _ => Err(type_error(1, first, &["number", "set"])),
    }
}

fn difference(a: &Number, b: &Number) -> Answer {
    if let (Number::Int(a), Number::Int(b)) = (a, b)
        && let Some(difference) = a.checked_sub(*b)
    {
        return Ok(Some(Value::from(difference)));
    }
    if let (Some(a), Some(b)) = (exact_integer(a), exact_integer(b)) {
        return integer_answer(a - b);
    }
    float_answer(&float_of(a)?.plus(&float_of(b)?.negated()))
}

/// Multiplies integers, within bounds.
pub(super) fn product(
    a: &BigInt,
    b: &BigInt,
    context: &mut CallContext<'_>,
) -> Result<BigInt, BuiltinError> {
    let n_bits = a.bits() + b.bits();
    if n_bits > MAX_BITS {
        return Err(failed("number is too large"));
    }
    context.budget.charge(n_bits / 64)?;
    Ok(a * b)
}

fn mul(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (a, b) = (number(arguments, 1)?, number(arguments, 2)?);
    if let (Number::Int(a), Number::Int(b)) = (a, b)
        && let Some(product) = a.checked_mul(*b)
    {
        return Ok(Some(Value::from(product)));
    }
    if let (Some(a), Some(b)) = (exact_integer(a), exact_integer(b)) {
        return integer_answer(product(&a, &b, context)?);
    }
    float_answer(&float_of(a)?.times(&float_of(b)?))
}

fn div(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (a, b) = (number(arguments, 1)?, number(arguments, 2)?);
    if let (Number::Int(a), Number::Int(b)) = (a, b)
        // Nothing divided by less than nothing is -0, which the floats below know.
        && !(*a == 0 && *b < 0)
        && let (Some(quotient), Some(0)) = (a.checked_div(*b), a.checked_rem(*b))
    {
        return Ok(Some(Value::from(quotient)));
    }
    let quotient = float_of(a)?.over(&float_of(b)?).ok_or_else(|| failed("divide by zero"))?;
    float_answer(&quotient)
}

fn rem(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (a, b) = (number(arguments, 1)?, number(arguments, 2)?);
    let (Some(a), Some(b)) = (exact_integer(a), exact_integer(b)) else {
        return Err(failed("modulo on floating-point number"));
    };
    let remainder = a.checked_div(&b).map(|quotient| &a - quotient * &b);
    integer_answer(remainder.ok_or_else(|| failed("modulo by zero"))?)
}

fn abs(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    float_answer(&float_of(number(arguments, 1)?)?.absolute())
}

fn round(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    integer_answer(float_of(number(arguments, 1)?)?.nearest())
}

fn ceil(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    integer_answer(float_of(number(arguments, 1)?)?.ceiling())
}

fn floor(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    integer_answer(float_of(number(arguments, 1)?)?.floor())
}
