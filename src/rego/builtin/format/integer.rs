//! Integers by Go's verbs.

use num_bigint::{BigInt, Sign};

use super::{Output, Spec, TooLarge, Written, push_formatted, quote};

/// Prints a machine integer; nothing when there is no such verb for it.
pub(super) fn printed(output: &mut Output, number: i64, verb: char, spec: Spec) -> Option<Written> {
    Some(match verb {
        'v' | 'd' => digits(output, number, 10, verb, spec),
        'b' => digits(output, number, 2, verb, spec),
        'o' | 'O' => digits(output, number, 8, verb, spec),
        'x' | 'X' => digits(output, number, 16, verb, spec),
        'c' => output.pad(&char_of(number).to_string(), spec),
        'q' => quote::print_char(output, char_of(number), spec),
        'U' => unicode(output, number, spec),
        _ => return None,
    })
}

/// The character of a code; what is none is the replacement character.
fn char_of(number: i64) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
}

fn magnitude_text(magnitude: u64, base: u32, upper: bool) -> String {
    match base {
        2 => format!("{magnitude:b}"),
        8 => format!("{magnitude:o}"),
        16 if upper => format!("{magnitude:X}"),
        16 => format!("{magnitude:x}"),
        _ => magnitude.to_string(),
    }
}

fn digits(output: &mut Output, number: i64, base: u32, verb: char, spec: Spec) -> Written {
    let is_signed = number < 0 || spec.plus || spec.space;
    let mut n_digits = 0;
    if let Some(precision) = spec.precision {
        // Of nothing wanted and nothing there, only the field is left.
        if precision == 0 && number == 0 {
            return output.fill(' ', spec.width.unwrap_or(0));
        }
        n_digits = precision;
    } else if let Some(width) = spec.width.filter(|_| spec.zero && !spec.minus) {
        n_digits = width.saturating_sub(usize::from(is_signed));
    }
    if n_digits > output.max_bytes {
        return Err(TooLarge);
    }
    let magnitude = magnitude_text(number.unsigned_abs(), base, verb == 'X');
    let mut text = "0".repeat(n_digits.saturating_sub(magnitude.len())) + &magnitude;
    if spec.sharp {
        let prefix = match base {
            2 => "0b",
            8 if !text.starts_with('0') => "0",
            16 if verb == 'X' => "0X",
            16 => "0x",
            _ => "",
        };
        text.insert_str(0, prefix);
    }
    if verb == 'O' {
        text.insert_str(0, "0o");
    }
    if let Some(sign) = sign(number < 0, spec) {
        text.insert(0, sign);
    }
    output.pad(&text, Spec { zero: false, ..spec })
}

fn sign(negative: bool, spec: Spec) -> Option<char> {
    match spec {
        _ if negative => Some('-'),
        Spec { plus: true, .. } => Some('+'),
        Spec { space: true, .. } => Some(' '),
        _ => None,
    }
}

/// `U+0078`, with `#` also the character.
fn unicode(output: &mut Output, number: i64, spec: Spec) -> Written {
    let n_digits = spec.precision.filter(|precision| *precision > 4).unwrap_or(4);
    if n_digits > output.max_bytes {
        return Err(TooLarge);
    }
    let digits = format!("{number:X}");
    let mut text = format!("U+{}{digits}", "0".repeat(n_digits.saturating_sub(digits.len())));
    if let Some(char) = u32::try_from(number).ok().and_then(char::from_u32)
        && spec.sharp
        && quote::is_printable(char)
    {
        push_formatted(&mut text, format_args!(" '{char}'"));
    }
    output.pad(&text, Spec { zero: false, ..spec })
}

/// Prints an integer beyond 64 bits, which Go's own type prints by rules of its own.
pub(super) fn print_big(output: &mut Output, number: &BigInt, verb: char, spec: Spec) -> Written {
    let base = match verb {
        'b' => 2,
        'o' | 'O' => 8,
        'd' | 's' | 'v' => 10,
        'x' | 'X' => 16,
        _ => return output.push(&format!("%!{verb}(big.Int={number})")),
    };
    let mut digits = number.magnitude().to_str_radix(base);
    if verb == 'X' {
        digits.make_ascii_uppercase();
    }
    let flags = Spec { plus: spec.plus || spec.plus_v, ..spec };
    let sign = sign(number.sign() == Sign::Minus, flags).map(String::from).unwrap_or_default();
    let prefix = match verb {
        'O' => "0o",
        'b' if spec.sharp => "0b",
        'o' if spec.sharp => "0",
        'x' if spec.sharp => "0x",
        'X' if spec.sharp => "0X",
        _ => "",
    };
    let mut n_zeros = spec.precision.unwrap_or(0).saturating_sub(digits.len());
    let length = sign.len() + prefix.len() + n_zeros + digits.len();
    let missing = spec.width.unwrap_or(0).saturating_sub(length);
    if spec.zero && !spec.minus && spec.precision.is_none() {
        n_zeros = missing;
    }
    if n_zeros > output.max_bytes {
        return Err(TooLarge);
    }
    let text = format!("{sign}{prefix}{}{digits}", "0".repeat(n_zeros));
    output.pad(&text, Spec { zero: false, ..spec })
}
