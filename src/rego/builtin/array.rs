//! Arrays and ranges of numbers. Source: OPA 1.x, `topdown/array.go`, `topdown/numbers.go`.

use num_bigint::{BigInt, Sign};

use crate::domain::value::{Number, Value};

use super::operand::{Answer, array, big_int, failed, int};
use super::signature::{Builtin, CallContext, Type, entry};

const ARRAY: Type = Type::Array(&Type::Any);
const NUMBERS: Type = Type::Array(&Type::Number);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("array.concat", &[ARRAY, ARRAY], ARRAY, concat),
    entry("array.flatten", &[ARRAY], ARRAY, flatten),
    entry("array.reverse", &[ARRAY], ARRAY, reverse),
    entry("array.slice", &[ARRAY, Type::Number, Type::Number], ARRAY, slice),
    entry("numbers.range", &[Type::Number, Type::Number], NUMBERS, range),
    entry("numbers.range_step", &[Type::Number, Type::Number, Type::Number], NUMBERS, range_step),
];

/// Charges for an array of so many items about to be made.
fn charge(n_items: usize, context: &mut CallContext<'_>) -> Result<(), super::BuiltinError> {
    context.budget.charge(u64::try_from(n_items / 8).unwrap_or(u64::MAX))?;
    context.budget.charge_memory(n_items.saturating_mul(size_of::<Value>()))?;
    Ok(())
}

fn concat(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (a, b) = (array(arguments, 1)?, array(arguments, 2)?);
    charge(a.len() + b.len(), context)?;
    Ok(Some(Value::array([a, b].concat())))
}

fn flatten(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let mut flat = Vec::new();
    for item in array(arguments, 1)? {
        if let Value::Array(items) = item {
            charge(items.len(), context)?;
            flat.extend(items.iter().cloned());
        } else {
            flat.push(item.clone());
        }
    }
    Ok(Some(Value::array(flat)))
}

fn reverse(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let items = array(arguments, 1)?;
    charge(items.len(), context)?;
    Ok(Some(Value::array(items.iter().rev().cloned().collect())))
}

fn slice(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let items = array(arguments, 1)?;
    let (start, stop) = (int(arguments, 2)?, int(arguments, 3)?);
    let clamp = |index: i64, end: usize| usize::try_from(index.max(0)).unwrap_or(end).min(end);
    let stop = clamp(stop, items.len());
    let start = clamp(start, stop);
    charge(stop - start, context)?;
    Ok(Some(Value::array(items.get(start..stop).unwrap_or_default().to_vec())))
}

fn range(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (from, to) = (big_int(arguments, 1)?, big_int(arguments, 2)?);
    numbers(&from, &to, &BigInt::from(1), context)
}

fn range_step(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let (from, to) = (big_int(arguments, 1)?, big_int(arguments, 2)?);
    let step = big_int(arguments, 3)?;
    if step.sign() != Sign::Plus {
        return Err(failed("numbers.range_step: step must be a positive integer"));
    }
    numbers(&from, &to, &step, context)
}

/// From one number towards the other, both included where the steps meet them.
fn numbers(from: &BigInt, to: &BigInt, step: &BigInt, context: &mut CallContext<'_>) -> Answer {
    let n_steps = BigInt::from((to - from).magnitude() / step.magnitude());
    let n_steps = usize::try_from(n_steps).unwrap_or(usize::MAX);
    charge(n_steps.saturating_add(1), context)?;
    let step = if to < from { -step } else { step.clone() };
    let mut numbers = Vec::new();
    let mut number = from.clone();
    for _ in 0..=n_steps {
        context.budget.charge(1)?;
        numbers.push(Value::Number(Number::from(number.clone())));
        number += &step;
    }
    Ok(Some(Value::array(numbers)))
}
