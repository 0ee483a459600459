//! Floats by Go's verbs. Source: `strconv.FormatFloat`, `fmt.fmtFloat`.

use super::{Output, Spec, TooLarge, Written};

/// Prints a float; nothing when there is no such verb for it.
pub(super) fn printed(output: &mut Output, number: f64, verb: char, spec: Spec) -> Option<Written> {
    let (form, default) = match verb {
        'v' => ('g', None),
        'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
        'f' | 'e' | 'E' => (verb, Some(6)),
        'F' => ('f', Some(6)),
        _ => return None,
    };
    let precision = spec.precision.or(default);
    if precision.is_some_and(|precision| precision > output.max_bytes) {
        return Some(Err(TooLarge));
    }
    let mut text = float_text(number, form, precision);
    if spec.sharp && form != 'b' {
        text = with_point(&text, form, precision);
    }
    Some(signed(output, &text, spec))
}

fn signed(output: &mut Output, text: &str, spec: Spec) -> Written {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None if spec.plus => ("+", text),
        None if spec.space => (" ", text),
        None => ("", text),
    };
    // Zeros stand between the sign and the digits, spaces before the sign.
    if spec.zero && !spec.minus && !sign.is_empty() {
        output.push(sign)?;
        let width = spec.width.map(|width| width.saturating_sub(1));
        return output.pad(digits, Spec { width, ..spec });
    }
    output.pad(&format!("{sign}{digits}"), spec)
}

/// The number in form `b`, `e`, `f`, `g` or `x`; without a precision as short as reads back the same.
pub(in super::super) fn float_text(number: f64, form: char, precision: Option<usize>) -> String {
    match form {
        'b' => binary_text(number),
        'e' | 'E' => {
            let text = match precision {
                Some(precision) => {
                    let digits = precision.min(MAX_DIGITS);
                    let text = format!("{number:.digits$e}");
                    text.replacen('e', &("0".repeat(precision - digits) + "e"), 1)
                }
                None => format!("{number:e}"),
            };
            let text = exponent_text(&text);
            if form == 'E' { text.to_uppercase() } else { text }
        }
        'x' | 'X' => {
            let text = hexadecimal_text(number, precision);
            if form == 'X' { text.to_uppercase() } else { text }
        }
        'g' | 'G' => general_text(number, precision, form == 'G'),
        _ => match precision {
            Some(precision) => {
                let digits = precision.min(MAX_DIGITS);
                format!("{number:.digits$}") + &"0".repeat(precision - digits)
            }
            None => number.to_string(),
        },
    }
}

/// No float has more digits than this, and Rust's own formatting takes no more than 65,535.
const MAX_DIGITS: usize = 1_100;

/// Rust's `1e5` as Go's `1e+05`.
fn exponent_text(text: &str) -> String {
    let Some((digits, exponent)) = text.split_once('e') else { return text.to_owned() };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

fn general_text(number: f64, precision: Option<usize>, upper: bool) -> String {
    let precision = precision.map(|precision| precision.clamp(1, MAX_DIGITS));
    let scientific = match precision {
        Some(precision) => format!("{number:.*e}", precision - 1),
        None => format!("{number:e}"),
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent = exponent.parse::<i64>().unwrap_or_default();
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    let n_digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let threshold = match precision {
        None => 6,
        Some(precision) => {
            let fits = i64::try_from(n_digits).unwrap_or(i64::MAX) > exponent;
            let threshold = if precision > n_digits && fits { n_digits } else { precision };
            i64::try_from(threshold).unwrap_or(i64::MAX)
        }
    };
    if exponent < -4 || exponent >= threshold {
        let text = exponent_text(&format!("{mantissa}e{exponent}"));
        return if upper { text.to_uppercase() } else { text };
    }
    let n_decimals =
        usize::try_from(i64::try_from(n_digits).unwrap_or(0) - exponent - 1).unwrap_or(0);
    match precision {
        None => number.to_string(),
        Some(_) => format!("{number:.n_decimals$}"),
    }
}

/// Mantissa and exponent of a float as two integers.
fn parts(number: f64) -> (u64, i64) {
    let bits = number.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let biased = i64::try_from(bits >> 52 & 0x7ff).unwrap_or_default();
    if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) }
}

fn binary_text(number: f64) -> String {
    let (mantissa, exponent) = parts(number);
    let sign = if number.is_sign_negative() { "-" } else { "" };
    format!("{sign}{mantissa}p{exponent:+}")
}

/// `0x1.8p+01`.
fn hexadecimal_text(number: f64, precision: Option<usize>) -> String {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let (mut mantissa, mut exponent) = parts(number);
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = mantissa.leading_zeros() - 11;
        mantissa <<= shift;
        exponent += 52 - i64::from(shift);
    }
    if let Some(precision) = precision.filter(|precision| *precision < 13) {
        (mantissa, exponent) = rounded(mantissa, exponent, precision);
    }
    let fraction = format!("{:013x}", mantissa & ((1 << 52) - 1));
    let fraction = match precision {
        None => fraction.trim_end_matches('0').to_owned(),
        Some(precision) => {
            let digits: String = fraction.chars().take(precision).collect();
            let n_zeros = precision.saturating_sub(digits.len());
            digits + &"0".repeat(n_zeros)
        }
    };
    let point = if fraction.is_empty() { "" } else { "." };
    let (sign_of_exponent, exponent_size) =
        if exponent < 0 { ('-', -exponent) } else { ('+', exponent) };
    format!("{sign}0x{}{point}{fraction}p{sign_of_exponent}{exponent_size:02}", mantissa >> 52)
}

/// Rounds the mantissa to some hexadecimal digits, half to even.
fn rounded(mantissa: u64, exponent: i64, n_digits: usize) -> (u64, i64) {
    let n_dropped = 4 * (13 - n_digits);
    let (unit, half) = (1_u64 << n_dropped, 1_u64 << (n_dropped - 1));
    let rest = mantissa & (unit - 1);
    let kept = mantissa & !(unit - 1);
    let up = rest > half || (rest == half && kept & unit != 0);
    let mantissa = if up { kept + unit } else { kept };
    if mantissa >> 53 == 0 { (mantissa, exponent) } else { (mantissa >> 1, exponent + 1) }
}

/// What `#` asks for: a decimal point always, and zeros up to the precision.
fn with_point(text: &str, form: char, precision: Option<usize>) -> String {
    let split = text.find(|char| {
        if matches!(form, 'x' | 'X') {
            matches!(char, 'p' | 'P')
        } else {
            matches!(char, 'e' | 'E')
        }
    });
    let (digits, tail) = split.and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""));
    let mut wanted = match form {
        'g' | 'G' | 'x' => precision.unwrap_or(6),
        _ => 0,
    };
    let significant = digits.trim_start_matches('-').trim_start_matches(['0', '.']);
    wanted = wanted.saturating_sub(significant.chars().filter(|char| *char != '.').count());
    let mut text = digits.to_owned();
    if !text.contains('.') {
        if text.trim_start_matches('-') == "0" {
            wanted = wanted.saturating_sub(1);
        }
        text.push('.');
    }
    text.push_str(&"0".repeat(wanted));
    text + tail
}
