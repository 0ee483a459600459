//! Numbers against a schema, exactly.

use num_bigint::BigInt;

use crate::domain::value::{Number, Object, Value};

use super::super::super::number::{Decimal, exact_integer, ten_to};
use super::super::fault::{Outcome, Path, bound_text};

pub(super) fn check(schema: &Object, number: &Number, outcome: &mut Outcome, path: &Path<'_>) {
    let limit = |key: &str| match schema.get(key) {
        Some(Value::Number(number)) => Some(number),
        _ => None,
    };
    let is_exclusive = |key: &str| schema.get(key).and_then(Value::as_bool) == Some(true);
    if let Some(multiple) = limit("multipleOf").filter(|multiple| !is_multiple(number, multiple)) {
        outcome.add("multiple_of", path, format!("Must be a multiple of {}", bound_text(multiple)));
    }
    let (max, min) = (limit("maximum"), limit("minimum"));
    let (below, above) = (is_exclusive("exclusiveMaximum"), is_exclusive("exclusiveMinimum"));
    if let Some(max) = max.filter(|max| !below && number > max) {
        outcome.add(
            "number_lte",
            path,
            format!("Must be less than or equal to {}", bound_text(max)),
        );
    }
    let exclusive = if below { max } else { limit("exclusiveMaximum") };
    if let Some(max) = exclusive.filter(|max| number >= max) {
        outcome.add("number_lt", path, format!("Must be less than {}", bound_text(max)));
    }
    if let Some(min) = min.filter(|min| !above && number < min) {
        outcome.add(
            "number_gte",
            path,
            format!("Must be greater than or equal to {}", bound_text(min)),
        );
    }
    let exclusive = if above { min } else { limit("exclusiveMinimum") };
    if let Some(min) = exclusive.filter(|min| number <= min) {
        outcome.add("number_gt", path, format!("Must be greater than {}", bound_text(min)));
    }
    outcome.score += 1;
}

/// Whether one number is an integer times another, exactly.
fn is_multiple(number: &Number, of: &Number) -> bool {
    if let (Some(number), Some(of)) = (exact_integer(number), exact_integer(of)) {
        return remainder(&number, &of).is_some_and(|rest| rest == BigInt::from(0));
    }
    let decimals = [number, of].map(|number| Decimal::parse(&number.to_string()));
    let [Some(number), Some(of)] = decimals else { return true };
    let exponent = number.exponent.min(of.exponent);
    let scaled =
        |number: &Decimal| &number.digits * ten_to((number.exponent - exponent).unsigned_abs());
    remainder(&scaled(&number), &scaled(&of)).is_some_and(|rest| rest == BigInt::from(0))
}

/// Nothing when the divisor is zero.
fn remainder(number: &BigInt, divisor: &BigInt) -> Option<BigInt> {
    number.checked_div(divisor).map(|quotient| number - quotient * divisor)
}
