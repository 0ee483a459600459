//! Binary floats with a mantissa of 64 bits, rounded to the nearest, half to even. Source: Go's `math/big.Float`.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};

use super::{Decimal, ten_to};

/// A float: `±mantissa * 2^exponent`.
#[derive(Clone, Debug)]
pub(in super::super) struct Extended {
    negative: bool,
    /// Invariant: its highest bit is set, unless the number is zero.
    mantissa: u64,
    exponent: i64,
}

const BITS: u64 = 64;
/// Bits of the mantissa where Go begins with a number of its own: products are counted in these.
const FLOAT_BITS: u64 = 53;

impl Extended {
    const ZERO: Self = Self { negative: false, mantissa: 0, exponent: 0 };

    pub(in super::super) fn from_integer(number: &BigInt) -> Self {
        Self::rounded(number.sign() == Sign::Minus, number.magnitude(), 0, false)
    }

    /// Nothing when the number is beyond all bounds.
    pub(in super::super) fn from_decimal(number: &Decimal) -> Option<Self> {
        if number.exponent >= 0 {
            return number.to_integer().map(|integer| Self::from_integer(&integer));
        }
        let power = ten_to(number.exponent.unsigned_abs());
        Some(Self::quotient(
            number.digits.sign() == Sign::Minus,
            number.digits.magnitude(),
            power.magnitude(),
            0,
        ))
    }

    /// `magnitude * 2^exponent`, and a little more if `sticky`, rounded.
    fn rounded(negative: bool, magnitude: &BigUint, exponent: i64, sticky: bool) -> Self {
        Self::rounded_to(BITS, negative, magnitude, exponent, sticky)
    }

    fn rounded_to(
        bits: u64,
        negative: bool,
        magnitude: &BigUint,
        exponent: i64,
        sticky: bool,
    ) -> Self {
        let n_bits = magnitude.bits();
        if n_bits == 0 {
            return Self { negative, ..Self::ZERO };
        }
        if n_bits <= bits {
            let shift = BITS - n_bits;
            let mantissa = u64::try_from(magnitude).unwrap_or_default() << shift;
            return Self { negative, mantissa, exponent: exponent - signed(shift) };
        }
        let n_dropped = n_bits - bits;
        let spare = BITS - bits;
        let kept = u64::try_from(magnitude >> n_dropped).unwrap_or_default();
        let half = magnitude.bit(n_dropped - 1);
        let rest = sticky || magnitude.trailing_zeros().is_some_and(|zeros| zeros < n_dropped - 1);
        let exponent = exponent + signed(n_dropped) - signed(spare);
        if !(half && (rest || kept & 1 == 1)) {
            return Self { negative, mantissa: kept << spare, exponent };
        }
        match (kept << spare).checked_add(1 << spare) {
            Some(mantissa) => Self { negative, mantissa, exponent },
            None => Self { negative, mantissa: 1 << 63, exponent: exponent + 1 },
        }
    }

    fn quotient(negative: bool, numerator: &BigUint, denominator: &BigUint, exponent: i64) -> Self {
        if denominator.bits() == 0 {
            return Self::ZERO;
        }
        let shift = (denominator.bits() + BITS + 2).saturating_sub(numerator.bits());
        let numerator = numerator << shift;
        let quotient = &numerator / denominator;
        let sticky = &quotient * denominator != numerator;
        Self::rounded(negative, &quotient, exponent - signed(shift), sticky)
    }

    fn magnitude(&self) -> BigUint {
        BigUint::from(self.mantissa)
    }

    fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    fn to_signed(&self) -> BigInt {
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        BigInt::from_biguint(sign, self.magnitude())
    }

    pub(in super::super) fn plus(&self, other: &Self) -> Self {
        let (high, low) =
            if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        if low.is_zero() {
            return high.clone();
        }
        if high.is_zero() {
            return low.clone();
        }
        let distance = high.exponent - low.exponent;
        // So far below, the smaller one is less than half of the last bit.
        if distance > 200 {
            return high.clone();
        }
        let sum = (high.to_signed() << distance) + low.to_signed();
        Self::rounded(sum.sign() == Sign::Minus, sum.magnitude(), low.exponent, false)
    }

    pub(in super::super) fn negated(&self) -> Self {
        Self { negative: !self.negative, ..self.clone() }
    }

    pub(in super::super) fn absolute(&self) -> Self {
        Self { negative: false, ..self.clone() }
    }

    pub(in super::super) fn times(&self, other: &Self) -> Self {
        let product = self.magnitude() * other.magnitude();
        Self::rounded(
            self.negative != other.negative,
            &product,
            self.exponent + other.exponent,
            false,
        )
    }

    /// Multiplied in as many bits as a 64-bit float has.
    pub(in super::super) fn times_as_float(&self, other: &Self) -> Self {
        let product = self.magnitude() * other.magnitude();
        let exponent = self.exponent + other.exponent;
        Self::rounded_to(FLOAT_BITS, self.negative != other.negative, &product, exponent, false)
    }

    /// Nothing when `other` is zero.
    pub(in super::super) fn over(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        let exponent = self.exponent - other.exponent;
        let negative = self.negative != other.negative;
        Some(Self::quotient(negative, &self.magnitude(), &other.magnitude(), exponent))
    }

    /// The integer part, towards zero.
    pub(in super::super) fn truncated(&self) -> BigInt {
        let size = usize::try_from(self.exponent.unsigned_abs()).unwrap_or(usize::MAX);
        let magnitude = match self.exponent {
            0.. => self.magnitude() << size,
            _ => self.magnitude() >> size,
        };
        BigInt::from_biguint(if self.negative { Sign::Minus } else { Sign::Plus }, magnitude)
    }

    fn is_integer(&self) -> bool {
        self.is_zero() || self.exponent >= -i64::from(self.mantissa.trailing_zeros())
    }

    /// The integer that this is, if it is one.
    pub(in super::super) fn exact_integer(&self) -> Option<BigInt> {
        self.is_integer().then(|| self.truncated())
    }

    /// The integer below; between -1 and 0 that is 0, as OPA has it.
    pub(in super::super) fn floor(&self) -> BigInt {
        let whole = self.truncated();
        if whole.sign() == Sign::Minus && !self.is_integer() { whole - 1 } else { whole }
    }

    /// The integer above; between -1 and 0 that is 1, as OPA has it.
    pub(in super::super) fn ceiling(&self) -> BigInt {
        let whole = self.truncated();
        if whole.sign() == Sign::Minus || self.is_integer() { whole } else { whole + 1 }
    }

    /// To the nearest integer, half away from zero.
    pub(in super::super) fn nearest(&self) -> BigInt {
        let half = Self { negative: self.negative, mantissa: 1 << 63, exponent: -64 };
        self.plus(&half).truncated()
    }

    /// The shortest decimal text that reads back the same; an integer without an exponent.
    pub(in super::super) fn text(&self) -> String {
        self.text_of_bits(BITS)
    }

    /// The same for a number that has only as many bits as a 64-bit float.
    pub(in super::super) fn float_text(&self) -> String {
        self.text_of_bits(FLOAT_BITS)
    }

    fn text_of_bits(&self, bits: u64) -> String {
        if self.is_zero() {
            return if self.negative { "-0" } else { "0" }.to_owned();
        }
        let (digits, point) = self.shortest(BITS - bits);
        let sign = if self.negative { "-" } else { "" };
        let n_digits = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        if self.is_integer() {
            return format!("{sign}{digits}{}", zeros(point - n_digits));
        }
        let exponent = point - 1;
        if (-4..6).contains(&exponent) {
            return format!("{sign}{}", plain(&digits, point));
        }
        let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
        let dot = if rest.is_empty() { "" } else { "." };
        let direction = if exponent < 0 { '-' } else { '+' };
        format!("{sign}{first}{dot}{rest}e{direction}{:02}", exponent.unsigned_abs())
    }

    /// The shortest digits between the neighbours, and where the decimal point stands.
    fn shortest(&self, spare: u64) -> (String, i64) {
        let exact = Digits::of(&self.magnitude(), self.exponent);
        let doubled = self.magnitude() << 1_u32;
        let half = BigUint::from(1_u32) << spare;
        let lower = Digits::of(&(&doubled - &half), self.exponent - 1);
        let upper = Digits::of(&(&doubled + &half), self.exponent - 1);
        let inclusive = self.mantissa >> spare & 1 == 0;
        for (position, digit) in exact.digits.bytes().enumerate() {
            let (low, high) = (lower.at(position), upper.at(position));
            let down = low != digit || (inclusive && position + 1 == lower.digits.len());
            let up = digit != high
                && (inclusive || digit + 1 < high || position + 1 < upper.digits.len());
            match (down, up) {
                (true, true) => return exact.nearest(position + 1),
                (true, false) => return exact.cut(position + 1, Ordering::Less),
                (false, true) => return exact.cut(position + 1, Ordering::Greater),
                (false, false) => {}
            }
        }
        (exact.digits, exact.point)
    }
}

fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn zeros(count: i64) -> String {
    "0".repeat(usize::try_from(count).unwrap_or(0))
}

/// Digits with a point between, before or after them.
fn plain(digits: &str, point: i64) -> String {
    match usize::try_from(point) {
        Ok(point) if point > 0 => {
            let (whole, fraction) = digits.split_at_checked(point).unwrap_or((digits, ""));
            format!("{whole}.{fraction}")
        }
        _ => format!("0.{}{digits}", zeros(-point)),
    }
}

/// Every decimal digit of a number: `0.digits * 10^point`.
struct Digits {
    digits: String,
    point: i64,
}

impl Digits {
    fn of(magnitude: &BigUint, exponent: i64) -> Self {
        let size = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX);
        let (text, shift) = if exponent >= 0 {
            ((magnitude << size).to_string(), 0)
        } else {
            ((magnitude * BigUint::from(5_u32).pow(size)).to_string(), exponent)
        };
        let point = i64::try_from(text.len()).unwrap_or(i64::MAX) + shift;
        Self { digits: text.trim_end_matches('0').to_owned(), point }
    }

    /// The digit at a position; zero after the last.
    fn at(&self, position: usize) -> u8 {
        self.digits.as_bytes().get(position).copied().unwrap_or(b'0')
    }

    fn nearest(&self, n_digits: usize) -> (String, i64) {
        let next = self.at(n_digits);
        let is_half = next == b'5' && n_digits + 1 >= self.digits.len();
        let is_odd = n_digits > 0 && self.at(n_digits - 1) % 2 == 1;
        let up = if is_half { is_odd } else { next >= b'5' };
        self.cut(n_digits, if up { Ordering::Greater } else { Ordering::Less })
    }

    /// The first digits, the last one raised if `direction` is up.
    fn cut(&self, n_digits: usize, direction: Ordering) -> (String, i64) {
        let kept = self.digits.get(..n_digits).unwrap_or(&self.digits);
        if direction != Ordering::Greater {
            return (kept.trim_end_matches('0').to_owned(), self.point);
        }
        let raised = kept.trim_end_matches('9');
        let Some(last) = raised.bytes().last() else { return ("1".to_owned(), self.point + 1) };
        let stem = raised.get(..raised.len() - 1).unwrap_or_default();
        (format!("{stem}{}", char::from(last + 1)), self.point)
    }
}
