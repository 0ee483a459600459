//! Amounts with a unit: `10Ki`, `200m`, `1.5GB`. Source: OPA 1.x, `topdown/parse_units.go`, `parse_bytes.go`.

use num_bigint::BigInt;

use crate::domain::value::{Number, Value};

use super::number::{Decimal, Extended, ten_to};
use super::operand::{Answer, failed, string};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};

pub(super) const BUILTINS: &[Builtin] = &[
    entry("units.parse", &[Type::String], Type::Number, parse),
    entry("units.parse_bytes", &[Type::String], Type::Number, parse_bytes),
];

/// Characters of an amount; a longer one has no meaning.
const MAX_CHARS: usize = 400;
/// Digits of an exponent beyond which OPA does not read it.
const MAX_EXPONENT_DIGITS: usize = 6;

/// The number and the unit of an amount.
fn split<'t>(name: &str, text: &'t str) -> Result<(Decimal, &'t str), BuiltinError> {
    let fault = |what: &str| failed(format!("{name}: {what}"));
    if text.len() > MAX_CHARS {
        return Err(fault("the text is too long for a number"));
    }
    if text.contains(' ') {
        return Err(fault("spaces not allowed in resource strings"));
    }
    let end = number_length(text).ok_or_else(|| fault("exponent too large"))?;
    let (number, unit) = text.split_at_checked(end).unwrap_or((text, ""));
    if number.is_empty() {
        let noun = if name == "units.parse" { "amount" } else { "byte amount" };
        return Err(fault(&format!("no {noun} provided")));
    }
    let noun = if name == "units.parse" { "amount" } else { "byte amount" };
    let unreadable = || fault(&format!("could not parse {noun} to a number"));
    let number = Decimal::parse(number).ok_or_else(unreadable)?;
    Ok((number, unit))
}

/// Bytes of the number at the start; nothing when its exponent has too many digits.
fn number_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' | b'.' | b'+' | b'-' => at += 1,
            b'e' | b'E' => {
                match bytes.get(at + 1) {
                    Some(b'0'..=b'9') => at += 1,
                    Some(b'+' | b'-') => at += 2,
                    _ => return Some(at),
                }
                let n_digits =
                    bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
                if n_digits > MAX_EXPONENT_DIGITS {
                    return None;
                }
            }
            _ => return Some(at),
        }
    }
    Some(text.len())
}

fn power(base: u32, exponent: u32) -> BigInt {
    BigInt::from(base).pow(exponent)
}

fn parse(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?.replace('"', "");
    let (number, unit) = split("units.parse", &text)?;
    let mut letters = unit.chars();
    let unit: String =
        letters.next().into_iter().chain(letters.flat_map(char::to_lowercase)).collect();
    let factor = match unit.as_str() {
        "m" => return answer_thousandths(&number),
        "" => power(1, 1),
        "k" | "K" => power(1_000, 1),
        "ki" | "Ki" => power(1_024, 1),
        "M" => power(1_000, 2),
        "mi" | "Mi" => power(1_024, 2),
        "g" | "G" => power(1_000, 3),
        "gi" | "Gi" => power(1_024, 3),
        "t" | "T" => power(1_000, 4),
        "ti" | "Ti" => power(1_024, 4),
        "p" | "P" => power(1_000, 5),
        "pi" | "Pi" => power(1_024, 5),
        "e" | "E" => power(1_000, 6),
        "ei" | "Ei" => power(1_024, 6),
        _ => return Err(failed(format!("units.parse: unit {unit} not recognized"))),
    };
    rational(&number.digits * factor, BigInt::from(1), number.exponent)
}

/// OPA takes a thousandth as the float 0.001, which is not quite that: 1000m is 1.0000000000.
fn answer_thousandths(number: &Decimal) -> Answer {
    let numerator = BigInt::from(1_152_921_504_606_847_u64);
    let denominator = BigInt::from(1_u64 << 60);
    rational(&number.digits * numerator, denominator, number.exponent)
}

/// `numerator / denominator * 10^exponent`: an integer, or with ten digits after the point.
fn rational(numerator: BigInt, denominator: BigInt, exponent: i64) -> Answer {
    let power = ten_to(exponent.unsigned_abs());
    let (numerator, denominator) = if exponent >= 0 {
        (numerator * power, denominator)
    } else {
        (numerator, denominator * power)
    };
    let whole = numerator.checked_div(&denominator).unwrap_or_default();
    if &whole * &denominator == numerator {
        return Ok(Some(Value::Number(Number::from(whole))));
    }
    let scaled: BigInt = numerator.magnitude().clone().into();
    let doubled: BigInt = scaled * ten_to(10) * 2 + &denominator;
    let rounded = doubled.checked_div(&(denominator * 2)).unwrap_or_default().to_string();
    let sign = if numerator.sign() == num_bigint::Sign::Minus { "-" } else { "" };
    let digits = format!("{rounded:0>11}");
    let (whole, fraction) = digits.split_at_checked(digits.len() - 10).unwrap_or((&digits, ""));
    let number = Number::from_json_text(&format!("{sign}{whole}.{fraction}"));
    number.map(|number| Some(Value::Number(number))).ok_or_else(|| failed("number is too large"))
}

fn parse_bytes(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?.to_lowercase().replace('"', "");
    let (number, unit) = split("units.parse_bytes", &text)?;
    let factor = match unit {
        "" => power(1, 1),
        "kb" | "k" => power(1_000, 1),
        "kib" | "ki" => power(1_024, 1),
        "mb" | "m" => power(1_000, 2),
        "mib" | "mi" => power(1_024, 2),
        "gb" | "g" => power(1_000, 3),
        "gib" | "gi" => power(1_024, 3),
        "tb" | "t" => power(1_000, 4),
        "tib" | "ti" => power(1_024, 4),
        "pb" | "p" => power(1_000, 5),
        "pib" | "pi" => power(1_024, 5),
        "eb" | "e" => power(1_000, 6),
        "eib" | "ei" => power(1_024, 6),
        _ => return Err(failed(format!("units.parse_bytes: byte unit {unit} not recognized"))),
    };
    let number = Extended::from_decimal(&number).ok_or_else(|| failed("number is too large"))?;
    let bytes = number.times(&Extended::from_integer(&factor)).truncated();
    Ok(Some(Value::Number(Number::from(bytes))))
}
