//! Numbers: integers of any size are exact, other numbers are floats where a float prints as they were written.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use num_bigint::BigInt;

/// A number of a document.
#[derive(Clone, Debug)]
pub enum Number {
    /// An integer that fits into 64 bits.
    Int(i64),
    /// An integer that does not.
    Big(Arc<BigInt>),
    /// A finite number that was not written as an integer.
    Float(f64),
    /// A number that neither an integer nor a 64-bit float prints as it was written, as JSON text: `1.50`, `1E3`, `-0`,
    /// `0.33333333333333333334`, `1e400`.
    Decimal(Arc<str>),
}

impl Number {
    /// The number `value`, if it is finite.
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self::Float(value))
    }

    /// The integer that these decimal digits (with an optional sign) spell.
    pub fn from_integer_text(text: &str) -> Option<Self> {
        if let Ok(number) = text.parse::<i64>() {
            return Some(Self::Int(number));
        }
        BigInt::from_str(text).ok().map(Self::from)
    }

    /// The number that JSON number text writes, which prints again as it was written.
    ///
    /// Source: RFC 8259, section 6; OPA 1.x keeps the text of numbers (`encoding/json.Number`).
    pub fn from_json_text(text: &str) -> Option<Self> {
        let is_integer = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if is_integer && text != "-0" {
            return Self::from_integer_text(text);
        }
        let float = text.parse::<f64>().ok()?;
        Some(match Self::from_f64(float) {
            Some(float) if float.to_string() == text && !is_integer => float,
            _ => Self::Decimal(Arc::from(text)),
        })
    }

    /// The integer, when this is one that fits, or a number without a fraction that does.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Big(_) => None,
            Self::Float(number) => exact_i64(*number),
            // The float may have lost digits.
            Self::Decimal(text) => {
                text.parse().ok().and_then(exact_i64).filter(|integer| *self == Self::Int(*integer))
            }
        }
    }

    /// The nearest float; beyond the range of floats the largest one.
    #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
    pub fn to_f64(&self) -> f64 {
        match self {
            Self::Int(number) => *number as f64,
            Self::Big(number) => {
                number.to_string().parse::<f64>().unwrap_or(f64::MAX).clamp(f64::MIN, f64::MAX)
            }
            Self::Float(number) => *number,
            Self::Decimal(text) => {
                text.parse::<f64>().unwrap_or_default().clamp(f64::MIN, f64::MAX)
            }
        }
    }
}

/// The integer that a float without a fraction is, as far as floats count by one.
fn exact_i64(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "checked: no fraction and within 2^53")]
    let integer = number as i64;
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(integer)
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or_else(|_| Self::Big(Arc::new(BigInt::from(number))), Self::Int)
    }
}

impl From<BigInt> for Number {
    fn from(number: BigInt) -> Self {
        i64::try_from(&number).map_or_else(|_| Self::Big(Arc::new(number)), Self::Int)
    }
}

impl fmt::Display for Number {
    /// Integers in decimal digits; floats in the shortest form that reads back as the same number, without `.0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Big(number) => write!(f, "{number}"),
            Self::Float(number)
                if number.abs() >= 1e21 || (*number != 0.0 && number.abs() < 1e-6) =>
            {
                // As Go writes it: `1e+21`, `1e-7`.
                let text = format!("{number:e}");
                match text.split_once('e') {
                    Some((digits, exponent)) if !exponent.starts_with('-') => {
                        write!(f, "{digits}e+{exponent}")
                    }
                    _ => f.write_str(&text),
                }
            }
            // It reads back as an integer, so every digit counts.
            Self::Float(number) if number.abs() >= 9_007_199_254_740_992.0 => {
                write!(f, "{number:.0}")
            }
            Self::Float(number) => write!(f, "{number}"),
            Self::Decimal(text) => f.write_str(text),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    /// By value, exactly: an integer and a float are equal only if they are the same number.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Self::Int(_) | Self::Big(_), Self::Int(_) | Self::Big(_)) => {
                self.to_big().cmp(&other.to_big())
            }
            (Self::Decimal(_), _) | (_, Self::Decimal(_)) => {
                compare_texts(&self.to_string(), &other.to_string())
                    .unwrap_or_else(|| self.to_f64().total_cmp(&other.to_f64()))
            }
            (Self::Float(a), _) => compare_float(*a, &other.to_big()),
            (_, Self::Float(b)) => compare_float(*b, &self.to_big()).reverse(),
        }
    }
}

impl Number {
    /// The integer part as an integer of any size.
    fn to_big(&self) -> BigInt {
        match self {
            Self::Int(number) => BigInt::from(*number),
            Self::Big(number) => number.as_ref().clone(),
            // `{:.0}` prints every digit of a float, so this is exact for a float without a fraction.
            Self::Float(_) | Self::Decimal(_) => {
                format!("{:.0}", self.to_f64().trunc()).parse().unwrap_or_default()
            }
        }
    }
}

/// Compares a float with an integer without rounding either.
fn compare_float(float: f64, integer: &BigInt) -> Ordering {
    let whole = Number::Float(float).to_big();
    whole.cmp(integer).then_with(|| float.fract().partial_cmp(&0.0).unwrap_or(Ordering::Equal))
}

/// Digits and exponents beyond this are compared as floats: exactness there would cost what a caller likes.
const MAX_EXACT: i64 = 500;

/// Compares two numbers by their decimal texts, exactly, as far as that is cheap.
fn compare_texts(a: &str, b: &str) -> Option<Ordering> {
    let ((a, a_exponent), (b, b_exponent)) = (digits_of(a)?, digits_of(b)?);
    let least = a_exponent.min(b_exponent);
    let scaled = |digits: BigInt, exponent: i64| {
        Some(digits * BigInt::from(10).pow(u32::try_from(exponent - least).ok()?))
    };
    Some(scaled(a, a_exponent)?.cmp(&scaled(b, b_exponent)?))
}

/// The digits as an integer, and the power of ten that it is multiplied with.
fn digits_of(text: &str) -> Option<(BigInt, i64)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let n_digits = i64::try_from(mantissa.len()).ok()?;
    if n_digits > MAX_EXACT || exponent.abs() > MAX_EXACT {
        return None;
    }
    let digits = BigInt::from_str(&format!("{whole}{fraction}")).ok()?;
    Some((digits, exponent - i64::try_from(fraction.len()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(text: &str) -> Number {
        Number::from_integer_text(text).unwrap()
    }

    #[test]
    fn large_integers_stay_exact() {
        let text = "340282366920938463463374607431768211457";
        assert_eq!(integer(text).to_string(), text);
        assert!(integer(text) > integer("340282366920938463463374607431768211456"));
    }

    #[test]
    fn an_integer_and_a_float_are_compared_without_rounding() {
        assert_eq!(integer("9007199254740992"), Number::Float(9_007_199_254_740_992.0));
        assert!(integer("9007199254740993") > Number::Float(9_007_199_254_740_992.0));
        assert!(integer("1") < Number::Float(1.5));
        assert!(integer("-1") > Number::Float(-1.5));
        assert_eq!(integer("-0"), Number::Float(0.0));
    }

    #[test]
    fn a_large_float_reads_back_as_the_same_number() {
        let number = Number::Float(232_000_000_002_002_030.000_000_2);
        assert_eq!(integer(&number.to_string()), number);
        assert_eq!(Number::Float(1e20).to_string(), "100000000000000000000");
    }

    #[test]
    fn a_number_of_json_prints_as_it_was_written() {
        for text in ["1.50", "1E3", "-0", "1.0", "0.1", "1e400", "12", "-7", "1e-7", "1e21"] {
            assert_eq!(Number::from_json_text(text).unwrap().to_string(), text);
        }
        assert!(Number::from_json_text("1.x").is_none());
    }

    #[test]
    fn an_integer_is_one_however_it_is_written() {
        let integer = |text: &str| Number::from_json_text(text).unwrap().as_i64();
        assert_eq!(["1.0", "1E3", "-0", "-2.00"].map(integer), [1, 1000, 0, -2].map(Some));
        assert_eq!(["1.5", "0.99999999999999999999", "1e400"].map(integer), [None; 3]);
    }

    #[test]
    fn decimals_are_compared_digit_by_digit() {
        let decimal = |text: &str| Number::Decimal(Arc::from(text));
        assert!(decimal("0.33333333333333333334") > decimal("0.33333333333333333333"));
        assert!(decimal("0.33333333333333333334") < Number::Float(0.5));
        assert_eq!(decimal("1.50"), Number::Float(1.5));
        assert_eq!(decimal("2.0"), integer("2"));
        assert!(decimal("-1e400") < integer("-5"));
        assert!(decimal("1e100000000") > integer("5"));
    }

    #[test]
    fn floats_print_without_a_needless_fraction() {
        assert_eq!(Number::Float(1.0).to_string(), "1");
        assert_eq!(Number::Float(0.25).to_string(), "0.25");
        assert_eq!(Number::Float(1e300).to_string(), "1e+300");
    }
}
