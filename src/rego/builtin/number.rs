//! Numbers as OPA counts with them: integers exactly, everything else in floats with a mantissa of 64 bits.
//!
//! Source: OPA 1.x, `topdown/builtins` over Go's `math/big.Float` without a precision.

mod extended;

use num_bigint::BigInt;

use crate::domain::value::Number;

pub(super) use extended::Extended;

/// Decimal exponents beyond this are refused: their digits would fill memory.
const MAX_EXPONENT: i64 = 2_000;
/// Digits of a number that arithmetic takes.
const MAX_DIGITS: usize = 10_000;

/// A decimal number taken apart: `digits * 10^exponent`.
pub(super) struct Decimal {
    pub(super) digits: BigInt,
    pub(super) exponent: i64,
}

impl Decimal {
    /// Reads JSON number text, and also Go's `.5`, `5.` and `+5`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let unsigned = whole.strip_prefix(['-', '+']).unwrap_or(whole);
        let is_decimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_decimal(unsigned) || !is_decimal(fraction) || unsigned.len() + fraction.len() == 0 {
            return None;
        }
        if unsigned.len() + fraction.len() > MAX_DIGITS {
            return None;
        }
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        if exponent.abs() > MAX_EXPONENT + i64::try_from(MAX_DIGITS).ok()? {
            return None;
        }
        let mut digits: BigInt = format!("{unsigned}{fraction}").parse().ok()?;
        if whole.starts_with('-') {
            digits = -digits;
        }
        Some(Self { digits, exponent })
    }

    /// The integer that this is, if it is one.
    pub(super) fn to_integer(&self) -> Option<BigInt> {
        let power = ten_to(self.exponent.unsigned_abs());
        if self.exponent >= 0 {
            return Some(&self.digits * power);
        }
        let whole = &self.digits / &power;
        (&whole * power == self.digits).then_some(whole)
    }
}

pub(super) fn ten_to(exponent: u64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(u32::MAX))
}

/// The integer, if the number has no fraction.
pub(super) fn exact_integer(number: &Number) -> Option<BigInt> {
    match number {
        Number::Int(number) => Some(BigInt::from(*number)),
        Number::Big(number) => Some(number.as_ref().clone()),
        Number::Float(_) | Number::Decimal(_) => Decimal::parse(&number.to_string())?.to_integer(),
    }
}

/// The integer of at most 64 bits, if the number is written as one: `1` and `1.0` are, `1e3` is not.
///
/// Source: OPA 1.x, `util.Atoi64`.
pub(super) fn written_integer(number: &Number) -> Option<i64> {
    match number {
        Number::Int(number) => Some(*number),
        Number::Big(_) => None,
        Number::Float(_) | Number::Decimal(_) => {
            let text = number.to_string();
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            if text.trim_start_matches('-').len() > 19 || fraction.bytes().any(|byte| byte != b'0')
            {
                return None;
            }
            whole.parse().ok()
        }
    }
}

/// The number as a float with a mantissa of 64 bits; nothing when it is beyond all bounds.
pub(super) fn extended(number: &Number) -> Option<Extended> {
    match number {
        Number::Int(number) => Some(Extended::from_integer(&BigInt::from(*number))),
        Number::Big(number) => Some(Extended::from_integer(number)),
        Number::Float(_) | Number::Decimal(_) => {
            Extended::from_decimal(&Decimal::parse(&number.to_string())?)
        }
    }
}

/// The number that multiplying in floats has made.
pub(super) fn number_of_float(result: &Extended) -> Option<Number> {
    Number::from_json_text(&result.float_text())
}

/// The number that arithmetic has made.
pub(super) fn number_of(result: &Extended) -> Option<Number> {
    Number::from_json_text(&result.text())
}
