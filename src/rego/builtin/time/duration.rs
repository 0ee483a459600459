//! Durations: `1h30m`, and OPA's days, weeks and years. Source: Go's `time.ParseDuration`, OPA 1.x `topdown/time.go`.

use super::super::format::{push_formatted, quoted};

/// Reads a duration in nanoseconds.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    if text.is_empty() || !text.contains(['d', 'w', 'y']) {
        return parse_go(text, text);
    }
    let invalid = || format!("time: invalid duration {}", quoted(text));
    let rewritten = rewritten(text).ok_or_else(invalid)?;
    parse_go(&rewritten, text)
}

/// Days, weeks and years as hours.
fn rewritten(text: &str) -> Option<String> {
    let (mut rewritten, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.get(..1)?.to_owned(), rest),
        None => (String::new(), text),
    };
    while !rest.is_empty() {
        let n_digits = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let (digits, after) = rest.split_at_checked(n_digits)?;
        let long = ["ms", "us", "µs", "ns"].into_iter().find(|unit| after.starts_with(unit));
        let unit = match long {
            Some(unit) => unit,
            None => {
                after.get(..1).filter(|unit| unit.bytes().all(|byte| byte.is_ascii_lowercase()))?
            }
        };
        if digits.is_empty() {
            return None;
        }
        let hours = match unit {
            "d" => Some(24.0),
            "w" => Some(168.0),
            "y" => Some(8_760.0),
            _ => None,
        };
        match hours {
            Some(hours) => {
                let value = digits.parse::<f64>().ok().filter(|_| digits != ".")? * hours;
                push_formatted(&mut rewritten, format_args!("{value}h"));
            }
            None => push_formatted(&mut rewritten, format_args!("{digits}{unit}")),
        }
        rest = after.get(unit.len()..)?;
    }
    Some(rewritten)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Go takes fractions of a unit as floats too"
)]
fn parse_go(text: &str, original: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quoted(original));
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after_fraction) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = after_fraction.find(|char: char| char == '.' || char.is_ascii_digit());
        let (name, after_unit) = after_fraction
            .split_at_checked(end.unwrap_or(after_fraction.len()))
            .unwrap_or_default();
        if name.is_empty() {
            return Err(format!("time: missing unit in duration {}", quoted(original)));
        }
        let Some(unit) = unit(name) else {
            return Err(format!(
                "time: unknown unit {} in duration {}",
                quoted(name),
                quoted(original)
            ));
        };
        let value = if whole.is_empty() { Some(0) } else { whole.parse::<u64>().ok() };
        let mut value = value.and_then(|value| value.checked_mul(unit)).ok_or_else(invalid)?;
        // Digits beyond the eighteenth do not count, as in Go.
        let fraction = fraction.get(..18).unwrap_or(fraction);
        if let Ok(numerator) = fraction.parse::<u64>() {
            let scale = 10_f64.powi(i32::try_from(fraction.len()).unwrap_or(18));
            value = value.saturating_add((numerator as f64 * (unit as f64 / scale)) as u64);
        }
        total = total.checked_add(value).filter(|total| *total <= 1 << 63).ok_or_else(invalid)?;
        rest = after_unit;
    }
    if negative {
        return Ok(0_i64.wrapping_sub_unsigned(total));
    }
    i64::try_from(total).or(Err(invalid()))
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn unit(name: &str) -> Option<u64> {
    Some(match name {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}
