//! Integers as bits. Source: OPA 1.x, `topdown/bits.go`.

use num_bigint::{BigInt, Sign};

use crate::domain::value::{Number, Value};

use super::operand::{Answer, big_int, failed, operand_error};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};

const TWO: &[Type] = &[Type::Number, Type::Number];

pub(super) const BUILTINS: &[Builtin] = &[
    entry("bits.and", TWO, Type::Number, and),
    entry("bits.or", TWO, Type::Number, or),
    entry("bits.xor", TWO, Type::Number, xor),
    entry("bits.negate", &[Type::Number], Type::Number, negate),
    entry("bits.lsh", TWO, Type::Number, shift_left),
    entry("bits.rsh", TWO, Type::Number, shift_right),
];

/// Bits of the result of a shift: a number of about 300,000 digits.
const MAX_BITS: u64 = 1 << 20;

fn integer(result: BigInt) -> Answer {
    Ok(Some(Value::Number(Number::from(result))))
}

fn two(arguments: &[Value]) -> Result<(BigInt, BigInt), BuiltinError> {
    Ok((big_int(arguments, 1)?, big_int(arguments, 2)?))
}

fn and(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (a, b) = two(arguments)?;
    integer(a & b)
}

fn or(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (a, b) = two(arguments)?;
    integer(a | b)
}

fn xor(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (a, b) = two(arguments)?;
    integer(a ^ b)
}

fn negate(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    integer(!big_int(arguments, 1)?)
}

/// The number and by how much it is shifted.
fn shift(arguments: &[Value]) -> Result<(BigInt, u64), BuiltinError> {
    let (number, distance) = two(arguments)?;
    if distance.sign() == Sign::Minus {
        let text = "must be an unsigned integer number but got a negative integer";
        return Err(operand_error(2, text));
    }
    Ok((number, u64::try_from(distance).unwrap_or(u64::MAX)))
}

fn shift_left(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (number, distance) = shift(arguments)?;
    if number.sign() == Sign::NoSign {
        return integer(number);
    }
    if distance.saturating_add(number.bits()) > MAX_BITS {
        return Err(failed("the shifted number would be too large"));
    }
    // Printing a number takes the square of its digits.
    context.budget.charge(distance / 8)?;
    integer(number << distance)
}

fn shift_right(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let (number, distance) = shift(arguments)?;
    if distance > number.bits() {
        return integer(BigInt::from(if number.sign() == Sign::Minus { -1 } else { 0 }));
    }
    integer(number >> distance)
}
